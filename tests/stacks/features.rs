//! Together the stacks use every field and every alternative of the language.

use std::collections::BTreeSet;

use super::language::Language;
use super::project::{environments, pipelines};

/// What no stack has a use for, and why.
const UNUSED: &[(&str, &str)] = &[];

/// Whether a path, or what it is part of, is left out for a reason.
fn has_a_reason(path: &str) -> bool {
    UNUSED
        .iter()
        .any(|(unused, _)| path == *unused || path.strip_prefix(unused).is_some_and(|rest| rest.starts_with('.')))
}

#[test]
fn every_field_of_the_pipeline_language_is_used_by_a_stack_or_an_overlay() {
    let language = Language::of_pipeline_files();
    let mut used: BTreeSet<String> = pipelines().values().flat_map(|pipeline| language.used(pipeline)).collect();
    for environment in environments().values() {
        let overlays = environment.get("pipelines").and_then(|pipelines| pipelines.as_object());
        used.extend(overlays.into_iter().flatten().flat_map(|(_, overlay)| language.used(overlay)));
    }
    let unused: Vec<&String> = language.paths().difference(&used).filter(|path| !has_a_reason(path)).collect();
    assert!(unused.is_empty(), "no stack uses {unused:#?}");
    for (path, _) in UNUSED {
        assert!(language.paths().contains(*path) && !used.contains(*path), "{path} needs no reason");
    }
}

#[test]
fn every_field_of_environment_files_is_used_by_an_environment() {
    /// A server that stands in for AWS has an address of its own; tests that use one write it.
    const ELSEWHERE: &str = "target.endpoint";
    let language = Language::new(sluicegate::environment::json_schema());
    let used: BTreeSet<String> = environments().values().flat_map(|environment| language.used(environment)).collect();
    let own = |path: &&String| !path.starts_with("pipelines.") && !path.starts_with(ELSEWHERE);
    let unused: Vec<&String> = language.paths().difference(&used).filter(own).collect();
    assert!(unused.is_empty(), "no environment uses {unused:#?}");
}
