//! The fidelity table of `docs/embedded.md`: every test it names is there.

use std::collections::BTreeSet;

const TABLE: &str = include_str!("../../../../docs/embedded.md");

const SOURCES: [(&str, &str); 15] = [
    ("change_sets", include_str!("change_sets.rs")),
    ("changes", include_str!("changes.rs")),
    ("creation", include_str!("creation.rs")),
    ("deletion", include_str!("deletion.rs")),
    ("describing", include_str!("describing.rs")),
    ("drift", include_str!("drift.rs")),
    ("exports", include_str!("exports.rs")),
    ("imports", include_str!("imports.rs")),
    ("policies", include_str!("policies.rs")),
    ("refusals", include_str!("refusals.rs")),
    ("rollback", include_str!("rollback.rs")),
    ("templates", include_str!("templates.rs")),
    ("triggers", include_str!("triggers.rs")),
    ("update", include_str!("update.rs")),
    ("wire", include_str!("wire.rs")),
];

/// Row and test of every line of CloudFormation's table.
fn rows() -> Vec<(&'static str, &'static str)> {
    let table = TABLE.split("\n## ").find(|part| part.starts_with("CloudFormation: what is modelled")).expect("table");
    let cells = |line: &'static str| -> Option<(&'static str, &'static str)> {
        let cells: Vec<&str> = line.trim_matches('|').split('|').map(str::trim).collect();
        let [row, _, test] = cells.as_slice() else { return None };
        test.starts_with('`').then(|| (*row, test.trim_matches('`')))
    };
    table.lines().filter_map(cells).collect()
}

#[test]
fn every_test_that_the_fidelity_table_names_is_there() {
    for (row, test) in rows() {
        let (module, name) = test.split_once("::").unwrap_or_else(|| panic!("{row}: {test}"));
        let source = SOURCES.iter().find(|(known, _)| *known == module).unwrap_or_else(|| panic!("{row}: {test}")).1;
        assert!(source.contains(&format!("#[test]\nfn {name}()")), "{row}: {test}");
    }
}

#[test]
fn the_fidelity_table_has_at_least_eighty_rows_each_once() {
    let rows: Vec<&str> = rows().into_iter().map(|(row, _)| row).filter(|row| *row != "-").collect();
    let distinct: BTreeSet<&str> = rows.iter().copied().collect();
    assert_eq!(rows.len(), distinct.len());
    assert!(distinct.len() >= 80, "{}", distinct.len());
}
