//! What was written stays readable, and what was promised stays true.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;
use sluicegate::diagnostic::{Code, FilePath};
use sluicegate::operate;
use sluicegate::plan::FORMAT_VERSION;
use sluicegate::view::Look;
use sluicegate::view::plan::{self as view, About, Detail};

use super::schema::{broken_promises, violations};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/plans")
}

fn json(path: &Path) -> Value {
    let text = fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The versions of which documents are kept.
fn versions() -> Vec<PathBuf> {
    let all = fs::read_dir(folder()).expect("is there").map(|entry| entry.expect("is readable").path());
    let mut all: Vec<PathBuf> = all.filter(|path| path.is_dir()).collect();
    all.sort();
    assert!(!all.is_empty());
    all
}

/// Every document that is kept, but for the schemas beside them.
fn documents() -> Vec<(PathBuf, Value)> {
    let files = versions().into_iter().flat_map(|version| fs::read_dir(version).expect("is there"));
    let mut paths: Vec<PathBuf> = files.map(|entry| entry.expect("is readable").path()).collect();
    paths.retain(|path| !path.ends_with("plan.schema.json"));
    paths.sort();
    paths.into_iter().map(|path| (path.clone(), json(&path))).collect()
}

#[test]
fn documents_of_every_version_are_as_the_present_schema_says() {
    let schema = view::schema();
    for (path, document) in documents() {
        assert_eq!(violations(&schema, &document, false), Vec::<String>::new(), "{}", path.display());
    }
}

#[test]
fn every_plan_that_was_ever_written_is_read_and_shown_in_every_form() {
    let mut shown = 0;
    for (path, document) in documents() {
        let plans = match document.get("plans") {
            Some(plans) => plans.as_array().cloned().expect("a list"),
            None => vec![document],
        };
        for document in plans {
            let file = FilePath::new(&path.display().to_string());
            let (plan, whole) = operate::read_plan(&file, &document.to_string()).expect("is read");
            let about = About::read(&whole).expect("says what it is about");
            assert_eq!(view::contradictions(&whole, &plan, &about), Vec::<String>::new(), "{}", path.display());
            let all = Detail { compact: false, unchanged: true };
            for text in [
                view::to_text(&Look::plain(), &plan, &about, all),
                view::to_markdown(&plan, &about, all),
                view::to_html(&plan, &about, all),
                view::to_sarif(&plan, &about, &sluicegate::diagnostic::Diagnostics::new()).to_string(),
            ] {
                let pipeline = document["pipeline"].as_str().expect("a name");
                assert!(plan.is_empty() || text.contains(pipeline) || text.contains("\"results\":[]"), "{text}");
            }
            // Whoever writes it again writes it as it is written today.
            let again = view::to_json(&plan, &about);
            assert_eq!(again["format_version"], FORMAT_VERSION);
            assert_eq!(violations(&view::schema(), &again, true), Vec::<String>::new(), "{}", path.display());
            shown += 1;
        }
    }
    assert!(shown >= 7, "{shown}");
}

#[test]
fn a_saved_plan_that_was_ever_written_can_still_be_deployed() {
    for version in versions() {
        let path = version.join("saved.json");
        let text = fs::read_to_string(&path).expect("is there");
        let (reviewed, _) = operate::read_saved(&FilePath::new("saved.json"), &text).expect("is read");
        assert!(reviewed.inputs.change_set.is_some() && !reviewed.plan.is_empty());
    }
}

#[test]
fn the_present_schema_only_adds_to_the_ones_that_were_published() {
    for version in versions() {
        let before = json(&version.join("plan.schema.json"));
        assert_eq!(broken_promises(&before, &view::schema()), Vec::<String>::new(), "{}", version.display());
    }
}

fn read(document: &Value) -> Result<(), Code> {
    let read = operate::read_plan(&FilePath::new("plan.json"), &document.to_string());
    read.map(|_| ()).map_err(|failure| failure.diagnostics.iter().next().expect("a reason").code)
}

#[test]
fn a_later_minor_version_is_read_as_far_as_it_is_known_and_a_later_major_one_is_refused() {
    let (_, document) = documents().into_iter().find(|(path, _)| path.ends_with("update.json")).expect("is kept");
    let with = |version: &str, pointer: &str, name: &str, value: Value| {
        let mut document = document.clone();
        document["format_version"] = version.into();
        let part = document.pointer_mut(pointer).and_then(Value::as_object_mut).expect("is there");
        part.insert(name.to_owned(), value);
        document
    };
    let later = "1.999";
    assert_eq!(read(&with(later, "", "weather", "fine".into())), Ok(()));
    assert_eq!(read(&with(later, "/resources/0", "mood", serde_json::json!({"a": [1]}))), Ok(()));
    // What it says with a word that nobody knows here is no plan to show.
    assert_eq!(read(&with(later, "/resources/0", "action", "teleport".into())), Err(Code::NewerFormat));
    assert_eq!(read(&with(FORMAT_VERSION, "/resources/0", "action", "teleport".into())), Err(Code::NoPlan));
    assert_eq!(read(&with("2.0", "", "weather", "fine".into())), Err(Code::NewerFormat));
    assert_eq!(read(&with("0.9", "", "weather", "fine".into())), Err(Code::NewerFormat));
    for none in ["new", "1.x", "1", "1.1.1", "+1.1", ""] {
        assert_eq!(read(&with(none, "", "weather", "fine".into())), Err(Code::NoPlan), "{none}");
    }
}
