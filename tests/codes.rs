//! The registry of codes, their pages and their use are held together.
#![expect(
    clippy::expect_used,
    clippy::disallowed_methods,
    reason = "a test reads the repository and stops where it cannot"
)]

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use sluicegate::diagnostic::Code;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Every Rust file under `folder`.
fn sources(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).expect("the folder is readable") {
        let path = entry.expect("the entry is readable").path();
        if path.is_dir() {
            found.extend(sources(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
    found
}

#[test]
fn no_two_codes_are_the_same_and_each_begins_with_its_severity_and_has_four_digits() {
    let texts: BTreeSet<&str> = Code::ALL.iter().map(|code| code.as_str()).collect();
    assert_eq!(texts.len(), Code::ALL.len());
    for text in texts {
        let digits = text.strip_prefix(['E', 'W', 'I', 'R']).unwrap_or_default();
        assert!(digits.len() == 4 && digits.bytes().all(|b| b.is_ascii_digit()), "{text}");
    }
}

#[test]
fn the_first_line_of_a_page_is_the_code_and_its_title() {
    for code in Code::ALL {
        let first = code.page().lines().next().unwrap_or_default();
        assert_eq!(first, format!("# {code}: {}", code.title()));
    }
}

#[test]
fn every_page_belongs_to_a_code() {
    for entry in std::fs::read_dir(root().join("docs/codes")).expect("docs/codes is readable") {
        let name = entry.expect("the entry is readable").file_name().into_string().expect("the name is UTF-8");
        let code = name.strip_suffix(".md").and_then(Code::parse);
        assert!(code.is_some_and(|code| format!("{code}.md") == name), "docs/codes/{name} belongs to no code");
    }
}

#[test]
fn every_page_says_what_to_do_and_shows_an_example() {
    for code in Code::ALL {
        let page = code.page();
        assert!(page.matches("\n```").count() >= 2, "{code}: the page has no example block");
        assert!(page.contains("\n## What to do\n"), "{code}: the page does not say what to do");
        assert!(page.lines().count() >= 8, "{code}: the page is too thin to help anybody");
    }
}

#[test]
fn every_code_is_given_by_something() {
    let registry = root().join("src/diagnostic/code.rs");
    let text: String = sources(&root().join("src"))
        .into_iter()
        .filter(|path| *path != registry)
        .map(|path| std::fs::read_to_string(path).expect("the source is readable"))
        .flat_map(|text| {
            // Tests may name a code, but only the program gives it.
            let end = text.find("#[cfg(test)]\nmod tests").unwrap_or(text.len());
            [text[..end].to_owned(), "\n".to_owned()]
        })
        .collect();
    let unused: Vec<String> = Code::ALL
        .iter()
        .filter(|code| {
            let name = format!("Code::{code:?}");
            !text.match_indices(&name).any(|(at, _)| {
                !text[at + name.len()..].starts_with(|next: char| next.is_ascii_alphanumeric() || next == '_')
            })
        })
        .map(|code| format!("{code} {code:?}"))
        .collect();
    assert!(unused.is_empty(), "codes that nothing gives: {unused:?}");
}
