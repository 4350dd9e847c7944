//! The schemas of the files that people write stand in `schemas/` for editors, that of plans for whoever reads them; all are
//! what the code declares.
//! `SLUICE_BLESS=1` writes them anew.
#![expect(clippy::disallowed_methods, clippy::expect_used, reason = "tests read the repository")]

use std::path::Path;

use sluicegate::environment::{self, EnvironmentSpec};
use sluicegate::spec::{self, Decode as _, PipelineFile};
use sluicegate::view::{causes, plan};

fn check_file(name: &str, fresh: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(name);
    if std::env::var_os("SLUICE_BLESS").is_some() {
        std::fs::write(&path, fresh).expect("can be written");
    }
    let stored = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(stored == fresh, "{name} is stale: run the tests with SLUICE_BLESS=1");
}

fn check(name: &str, schema: &serde_json::Value) {
    let fresh = format!("{}\n", serde_json::to_string_pretty(schema).expect("is JSON"));
    check_file(&format!("schemas/{name}"), &fresh);
}

/// What stands above the generated reference.
const ABOUT_THE_LANGUAGE: &str = "\
# The language

Every field of `stacks/<name>/pipeline.yaml` and of `environments/<name>.yaml`: what may stand there, what it means where
it is left out, and the codes with which a value is refused (`sluice explain CODE`). A field marked * is required, every
other one may be left out. Unknown fields, duplicate keys and wrong units are errors with line and column.

Choices are bare words, or one word with its details: `capacity: on-demand`, `capacity: {provisioned: {shards: 4}}`.
An environment's overlay merges by key; scalars, lists and choices replace whole, `null` goes back to the default.

This page is made from the declarations that read the files.

";

#[test]
fn the_reference_of_the_language_is_fresh() {
    let reference = spec::reference(&[PipelineFile::schema, EnvironmentSpec::schema]);
    check_file("docs/language.md", &format!("{ABOUT_THE_LANGUAGE}{}\n", reference.trim_end()));
}

#[test]
fn the_page_of_known_causes_is_fresh() {
    check_file("docs/causes.md", &causes::to_markdown());
}

#[test]
fn the_schema_of_pipeline_files_is_fresh() {
    check("pipeline.schema.json", &spec::json_schema());
}

#[test]
fn the_schema_of_environment_files_is_fresh() {
    check("environment.schema.json", &environment::json_schema());
}

#[test]
fn the_schema_of_plans_is_fresh() {
    check("plan.schema.json", &plan::schema());
}

#[test]
fn every_reference_of_a_schema_leads_somewhere_and_every_part_is_described() {
    for schema in [spec::json_schema(), environment::json_schema(), plan::schema()] {
        let parts = schema["$defs"].as_object().expect("has parts");
        let text = schema.to_string();
        for reference in text.split("\"#/$defs/").skip(1).filter_map(|rest| rest.split('"').next()) {
            assert!(parts.contains_key(reference), "{reference}");
        }
        for (name, part) in parts {
            assert!(part["description"].as_str().is_some_and(|text| !text.is_empty()), "{name}");
        }
    }
}
