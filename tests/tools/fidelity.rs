//! The embedded CloudFormation against the behaviour reference, row by row, through boto3; and that every row is either held
//! or left out with a reason.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::process::Command;

use super::{SLUICE, python, root};

/// Rows that are held, at least.
const LEAST: usize = 200;

const FOLDER: &str = "tests/python/fidelity";

/// Every row of the reference and what kind of evidence it has.
fn rows() -> BTreeMap<String, String> {
    let table = fs::read_to_string(root().join(FOLDER).join("rows.tsv")).unwrap();
    let row = |line: &str| {
        let [row, evidence, about] = line.split('\t').collect::<Vec<_>>()[..] else { panic!("{line}") };
        assert!(["recorded", "documented", "quoted", "none"].contains(&evidence) && !about.is_empty(), "{line}");
        (row.to_owned(), evidence.to_owned())
    };
    let rows: Vec<(String, String)> = table.lines().skip(1).map(row).collect();
    let count = rows.len();
    let rows: BTreeMap<String, String> = rows.into_iter().collect();
    assert_eq!(rows.len(), count, "each row once");
    rows
}

/// The rows that the tests name: the texts in `@rows("CS-01", "CS-02")`.
fn named() -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for entry in fs::read_dir(root().join(FOLDER)).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|extension| extension != "py") {
            continue;
        }
        let source = fs::read_to_string(&path).unwrap();
        for marked in source.split("\n@rows(").skip(1) {
            let ids = marked.split(')').next().unwrap().split(',').map(|id| id.trim().trim_matches('"').to_owned());
            found.extend(ids.filter(|id| !id.is_empty()));
        }
    }
    found
}

/// The section of `docs/embedded.md` about this.
fn section() -> String {
    let page = fs::read_to_string(root().join("docs/embedded.md")).unwrap();
    let found = page.split("\n## ").find(|part| part.starts_with("CloudFormation: the rows"));
    found.expect("docs/embedded.md has the section").to_owned()
}

/// The rows that the page leaves out, each with its reason.
fn left_out() -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    for line in section().lines().filter(|line| line.starts_with("| ") && !line.starts_with("| rows left out")) {
        let cells: Vec<&str> = line.trim_matches('|').split('|').map(str::trim).collect();
        let [ids, reason] = cells.as_slice() else { panic!("{line}") };
        for id in ids.split(", ") {
            assert!(reason.len() > 20, "{id} is left out without a reason");
            assert_eq!(found.insert(id.to_owned(), (*reason).to_owned()), None, "{id} twice");
        }
    }
    found
}

/// What the page says is held.
fn stated() -> usize {
    let section = section();
    let (lead, _) = section.split_once(" rows are held").expect("the page says how many rows are held");
    lead.rsplit(char::is_whitespace).next().unwrap().parse().unwrap()
}

#[test]
fn every_row_of_the_behaviour_reference_is_held_by_a_test_or_left_out_with_a_reason() {
    let (rows, named, left_out) = (rows(), named(), left_out());
    let strange: Vec<&String> = named.iter().chain(left_out.keys()).filter(|id| !rows.contains_key(*id)).collect();
    assert!(strange.is_empty(), "not rows: {strange:?}");
    let both: Vec<&String> = left_out.keys().filter(|id| named.contains(*id)).collect();
    assert!(both.is_empty(), "held and left out: {both:?}");
    let neither: Vec<&String> = rows
        .iter()
        .filter(|(id, evidence)| *evidence != "none" && !named.contains(*id) && !left_out.contains_key(*id))
        .map(|(id, _)| id)
        .collect();
    assert!(neither.is_empty(), "neither held nor left out: {neither:?}");
    assert_eq!(named.len(), stated(), "docs/embedded.md says another number");
    assert!(named.len() >= LEAST, "{} rows", named.len());
}

#[test]
fn the_embedded_cloud_behaves_as_the_reference_says_row_by_row_through_boto3() {
    let script = root().join(FOLDER).join("run.py");
    let ran = Command::new(python::python())
        .arg(&script)
        .arg(SLUICE)
        .arg(root().join("environments/local.yaml"))
        .output()
        .unwrap_or_else(|error| panic!("{error}; {}", python::HOW));
    let said = format!("{}{}", String::from_utf8_lossy(&ran.stdout), String::from_utf8_lossy(&ran.stderr));
    assert!(ran.status.success(), "{said}");
    let last = said.lines().last().unwrap_or_default();
    println!("{last}");
    assert_eq!(last, format!("{} rows held, 0 tests failed", stated()), "docs/embedded.md says another number");
}
