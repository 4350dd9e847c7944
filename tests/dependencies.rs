//! Every dependency has its reason, and every reason its dependency.
#![expect(
    clippy::expect_used,
    clippy::disallowed_methods,
    reason = "a test reads the repository and stops where it cannot"
)]

use std::collections::BTreeSet;
use std::path::Path;

/// The keys of the manifest's dependency tables.
fn manifest() -> BTreeSet<String> {
    let text = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.toml"))
        .expect("Cargo.toml is readable");
    let mut names = BTreeSet::new();
    let mut inside = false;
    for line in text.lines() {
        if line.starts_with('[') {
            inside = line == "[dependencies]" || line == "[dev-dependencies]";
        } else if let (true, Some((name, _))) = (inside, line.split_once('=')) {
            names.insert(name.trim().to_owned());
        }
    }
    names
}

/// The names that `docs/dependencies.md` gives a reason for.
fn reasons() -> BTreeSet<String> {
    include_str!("../docs/dependencies.md")
        .lines()
        .filter_map(|line| line.strip_prefix("- `")?.split_once('`'))
        .filter(|(_, reason)| reason.len() > 10)
        .map(|(name, _)| name.to_owned())
        .collect()
}

#[test]
fn each_dependency_says_why_it_is_here() {
    assert_eq!(manifest(), reasons());
}
