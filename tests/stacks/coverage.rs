//! `docs/coverage.md` names only what exists.

use std::process::Command;

use sluicegate::diagnostic::Code;
use sluicegate::pipeline::AlarmId;

use super::language::Language;
use super::project::{root, stacks};

const PAGE: &str = include_str!("../../docs/coverage.md");

/// What stands between backticks, with the line it stands in.
fn names() -> Vec<(usize, &'static str)> {
    PAGE.lines()
        .enumerate()
        .flat_map(|(at, line)| line.split('`').skip(1).step_by(2).map(move |name| (at + 1, name)))
        .collect()
}

fn is_command(words: &str) -> bool {
    let mut arguments: Vec<&str> = words.split_whitespace().skip(1).collect();
    arguments.push("--help");
    let done = Command::new(env!("CARGO_BIN_EXE_sluice")).args(arguments).output().expect("the binary runs");
    done.status.success()
}

/// Whether a stage of a stack is called so.
fn is_a_stage(name: &str) -> bool {
    let declares = |line: &str| line.trim_start().strip_prefix(name).is_some_and(|rest| rest.starts_with(':'));
    stacks().iter().any(|stack| {
        std::fs::read_to_string(root().join(format!("stacks/{stack}/pipeline.yaml"))).unwrap().lines().any(declares)
    })
}

/// Whether a name in the page is anything.
fn exists(language: &Language, name: &str) -> bool {
    if name.starts_with("sluice ") {
        return is_command(name);
    }
    if name.contains('/') {
        return root().join(name).exists();
    }
    Code::parse(name).is_some()
        || language.has(name)
        || AlarmId::ALL.iter().any(|alarm| alarm.as_str() == name)
        || is_a_stage(name)
}

#[test]
fn every_name_in_the_page_is_something_that_exists() {
    let language = Language::of_pipeline_files();
    // Values, not names.
    let values = ["B", "500G/day"];
    let missing: Vec<String> = names()
        .into_iter()
        .filter(|(_, name)| !values.contains(name) && !exists(&language, name))
        .map(|(line, name)| format!("docs/coverage.md:{line}: `{name}` is nowhere"))
        .collect();
    assert!(missing.is_empty(), "{missing:#?}");
}

#[test]
fn every_stack_is_in_the_page() {
    for stack in stacks() {
        assert!(PAGE.contains(&format!("`stacks/{stack}`")), "`stacks/{stack}` serves nothing of the text");
    }
}

#[test]
fn whatever_is_not_served_says_so_in_the_third_column() {
    for (at, line) in PAGE.lines().enumerate().filter(|(_, line)| line.starts_with("| ")) {
        let cells: Vec<&str> = line.trim_matches('|').split('|').map(str::trim).collect();
        assert_eq!(cells.len(), 3, "line {}", at + 1);
        assert!(cells.iter().skip(1).any(|cell| !cell.is_empty()), "line {}: neither served nor not", at + 1);
    }
}
