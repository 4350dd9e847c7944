//! The example of every page about files gives the code that the page is about.

use super::*;
use crate::diagnostic::Area;
use crate::diagnostic::FilePath;
use crate::pipeline::Neighbour;
use crate::units::PipelineName;
use crate::{environment, spec};

/// The first block of YAML of a page.
fn example(page: &str) -> Option<&str> {
    page.split_once("```yaml\n")?.1.split_once("```").map(|(block, _)| block)
}

fn codes_of(example: &str) -> Vec<Code> {
    let mut text = String::new();
    for (field, line) in [("pipeline:", "pipeline: example\n"), ("owner:", "owner: me\n")] {
        if !example.lines().any(|written| written.starts_with(field)) {
            text.push_str(line);
        }
    }
    text.push_str(example);
    let environment = environment::read(
        &FilePath::new("environments/local.yaml"),
        b"environment: local\ntier: development\ntarget: embedded\n",
    )
    .expect("an environment");
    let mut folder = FolderFacts::none();
    let payments = PipelineName::new("payments").expect("a name");
    folder.insert_neighbour(payments, Neighbour::Missing(vec!["example".to_owned()]));
    let found = spec::read_partly(&FilePath::new("pipeline.yaml"), text.as_bytes())
        .and_then(|spec| resolve(&spec, &environment, None, &folder).map(|(_, found)| found))
        .unwrap_or_else(|found| found);
    found.iter().map(|diagnostic| diagnostic.code).collect()
}

#[test]
fn the_example_of_a_page_gives_its_code_and_nothing_else() {
    let mut seen = 0;
    for code in Code::ALL.iter().filter(|code| matches!(code.area(), Area::Spec | Area::Resolve)) {
        let Some(example) = example(code.page()) else { continue };
        let codes = codes_of(example);
        assert!(!codes.is_empty() && codes.iter().all(|given| given == code), "{code}: {codes:?}\n{example}");
        seen += 1;
    }
    assert!(seen >= 20, "only {seen} pages have an example");
}
