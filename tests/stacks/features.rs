//! Together the stacks use every field and every alternative of the language.

use std::collections::BTreeSet;

use super::language::Language;
use super::project::{environments, pipelines};

#[test]
fn every_field_of_the_pipeline_language_is_used_by_a_stack_or_an_overlay() {
    /// What runs commands and installers of this machine: no stack is to need them to be rendered. `tests/cli/builds.rs` has them.
    const TOOLCHAIN: [&str; 2] = ["workers.build", "workers.requirements"];
    let language = Language::of_pipeline_files();
    let (pipelines, environments) = (pipelines(), environments());
    let overlays = environments.values().filter_map(|environment| environment["pipelines"].as_object()).flatten();
    let documents = pipelines.values().chain(overlays.map(|(_, overlay)| overlay));
    let used: BTreeSet<&str> = documents.flat_map(|document| language.used(document)).collect();
    let here = |path: &str| !TOOLCHAIN.iter().any(|outside| path.starts_with(outside));
    let unused = language.declarations().into_iter().filter(|(field, path)| here(path) && !used.contains(field));
    let unused: Vec<_> = unused.collect();
    assert!(unused.is_empty(), "no stack uses {unused:#?}");
}

#[test]
fn every_field_of_environment_files_is_used_by_an_environment() {
    /// A server that stands in for AWS has an address of its own; tests that use one write it.
    const ELSEWHERE: &str = "target.endpoint";
    /// One day, level or gate shows how the others are written.
    const ALIKE: [&str; 3] = ["gates.windows.days.", "gates.readiness.", "gates.overridable."];
    let language = Language::new(sluicegate::environment::json_schema());
    let environments = environments();
    let used: BTreeSet<&str> = environments.values().flat_map(|environment| language.used(environment)).collect();
    let own = |path: &str| {
        !path.starts_with("pipelines.")
            && !path.starts_with(ELSEWHERE)
            && !ALIKE.iter().any(|one| path.starts_with(one))
    };
    let unused = language.declarations().into_iter().filter(|(field, path)| own(path) && !used.contains(field));
    let unused: Vec<_> = unused.collect();
    assert!(unused.is_empty(), "no environment uses {unused:#?}");
}
