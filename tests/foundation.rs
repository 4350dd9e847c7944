//! What the roles of a foundation may do, held against `docs/foundation.md`, and that its boundary lets every rendered role
//! do its work. `SLUICE_BLESS=1` writes the table.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::disallowed_methods,
    reason = "a test reads the repository and stops where it cannot"
)]

#[path = "support/served.rs"]
mod served;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::Value;
use served::Served;
use sluicegate::operate::{Shelf, foundation_template, prepare};
use sluicegate::template::Template;
use sluicegate::workspace::Project;

const ENVIRONMENT: &str = "environment: qa
tier: production
account: \"123456789012\"
regions: [eu-west-1]
foundation: {roles: {people: [\"arn:aws:iam::123456789012:role/ml-platform\"]}}
";

fn template() -> Template {
    let dir = tempfile::tempdir().unwrap();
    fs::create_dir_all(dir.path().join("stacks")).unwrap();
    fs::create_dir_all(dir.path().join("environments")).unwrap();
    fs::write(dir.path().join("environments/qa.yaml"), ENVIRONMENT).unwrap();
    let project = Project::find(dir.path()).unwrap();
    foundation_template(&mut Shelf::new(&project), "qa", None).unwrap()
}

fn texts(value: &Value) -> Vec<String> {
    match value {
        Value::String(text) => vec![text.clone()],
        Value::Array(items) => {
            items.iter().map(|item| item.as_str().map_or_else(|| item.to_string(), str::to_owned)).collect()
        }
        _ => Vec::new(),
    }
}

/// Statements of policies by the beginning of their names.
fn statements(template: &Template, begins: &str) -> Vec<Value> {
    let policies = template.resources.iter().filter(|(id, _)| id.as_str().starts_with(begins));
    let documents = policies.filter_map(|(_, policy)| policy.properties.get("PolicyDocument"));
    documents.flat_map(|document| document["Statement"].as_array().cloned().unwrap_or_default()).collect()
}

fn row(role: &str, statement: &Value) -> String {
    let sid = statement["Sid"].as_str().unwrap();
    let actions = texts(&statement["Action"]);
    let acts = if sid.starts_with("Change") || sid.starts_with("LookAt") && sid != "LookAtStacks" {
        let services: BTreeSet<&str> = actions.iter().filter_map(|action| action.split(':').next()).collect();
        let through = if sid.starts_with("Change") { ", through CloudFormation" } else { "" };
        let bound = if sid == "ChangeBoundedRole" { ", with the boundary" } else { through };
        format!("{} of {}{bound}", actions.len(), services.into_iter().collect::<Vec<_>>().join(", "))
    } else {
        actions.iter().map(|action| format!("`{action}`")).collect::<Vec<_>>().join(" ")
    };
    let on = texts(&statement["Resource"]).iter().map(|resource| format!("`{resource}`")).collect::<Vec<_>>().join(" ");
    format!("| {role} | {sid}: {acts} | {on} |\n")
}

#[test]
fn what_the_roles_may_do_is_what_the_page_says() {
    let template = template();
    let mut table = "| role | statement | on |\n|---|---|---|\n".to_owned();
    for (role, begins) in [("plan", "PlanQaPolicy"), ("deploy", "DeployQaPolicy")] {
        let found = statements(&template, begins);
        assert!(found.len() > 10, "{begins}");
        found.iter().for_each(|statement| table.push_str(&row(role, statement)));
    }
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/foundation.md");
    let page = fs::read_to_string(&path).unwrap();
    let (before, rest) = page.split_once("<!-- rights -->\n").unwrap();
    let (there, after) = rest.split_once("<!-- /rights -->").unwrap();
    if std::env::var_os("SLUICE_BLESS").is_some() {
        fs::write(&path, format!("{before}<!-- rights -->\n{table}<!-- /rights -->{after}")).unwrap();
        return;
    }
    assert_eq!(there, table, "run with SLUICE_BLESS=1");
}

#[test]
fn the_boundary_lets_every_role_of_every_pipeline_do_its_work_and_makes_nothing() {
    let bound = statements(&template(), "BoundaryQa");
    let allowed: BTreeSet<String> = bound.iter().flat_map(|statement| texts(&statement["Action"])).collect();
    assert!(allowed.len() > 50);
    let makes = ["Create", "Delete", "Update", "Attach"];
    let of_use = ["dynamodb:", "sqs:DeleteMessage", "logs:CreateLogStream", "ec2:"];
    for action in allowed.iter().filter(|action| !of_use.iter().any(|fine| action.starts_with(fine))) {
        assert!(!makes.iter().any(|verb| action.split(':').nth(1).unwrap().starts_with(verb)), "{action}");
    }
    assert!(!allowed.iter().any(|action| action.starts_with("iam:") || action.contains('*')));

    let project = Project::find(Path::new(env!("CARGO_MANIFEST_DIR"))).unwrap();
    let mut shelf = Shelf::new(&project);
    let mut outside: BTreeMap<String, String> = BTreeMap::new();
    for pipeline in project.pipelines().unwrap() {
        for environment in project.environments().unwrap() {
            let prepared = prepare(&mut shelf, &pipeline, &environment, None).unwrap();
            for (id, role) in &prepared.rendered.template.resources {
                let policies = role.properties.get("Policies").and_then(Value::as_array).cloned().unwrap_or_default();
                let statements = policies
                    .iter()
                    .flat_map(|policy| policy["PolicyDocument"]["Statement"].as_array().cloned().unwrap_or_default());
                for action in statements.filter(|one| one["Effect"] == "Allow").flat_map(|one| texts(&one["Action"])) {
                    if !allowed.contains(&action) {
                        outside.insert(action, format!("{pipeline} in {environment}: {id}"));
                    }
                }
            }
        }
    }
    assert!(outside.is_empty(), "{outside:?}");
}

/// A project on the embedded cloud from which somebody took the bucket away.
fn without_bucket(more: &str) -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    fs::create_dir_all(dir.path().join("stacks/orders")).unwrap();
    fs::create_dir_all(dir.path().join("environments")).unwrap();
    let orders = "pipeline: orders\nowner: commerce-ml\nstreams:\n  orders: {capacity: on-demand}\n";
    fs::write(dir.path().join("stacks/orders/pipeline.yaml"), orders).unwrap();
    let local = format!("environment: local\ntier: development\ntarget: embedded\n{more}");
    fs::write(dir.path().join("environments/local.yaml"), local).unwrap();
    let served = Served::start(dir.path());
    let gone = served.ask("DELETE", "/sluice-artifacts-123456789012-eu-west-1");
    assert!(gone.contains("204"), "{gone}");
    dir
}

fn sluice(folder: &Path, arguments: &[&str], code: i32) -> String {
    let mut command = Command::new(env!("CARGO_BIN_EXE_sluice"));
    command.args(arguments).current_dir(folder).env_clear().env("HOME", folder).env("NO_COLOR", "1");
    let done = command.stdin(Stdio::null()).output().unwrap();
    let told = format!("{}{}", String::from_utf8_lossy(&done.stdout), String::from_utf8_lossy(&done.stderr));
    assert_eq!(done.status.code(), Some(code), "{arguments:?}: {told}");
    told
}

#[test]
fn whoever_deploys_without_a_foundation_is_told_what_to_type_before_anything_is_asked_and_plans_work() {
    let project = without_bucket("");
    let refused = sluice(project.path(), &["deploy", "orders", "--env", "local", "--yes"], 1);
    assert!(refused.contains("E7006") && refused.contains("make it: sluice bootstrap --env local"), "{refused}");
    assert!(!refused.contains("Plan:"), "{refused}");
    assert!(sluice(project.path(), &["plan", "orders", "--env", "local"], 0).contains("to add"));
    let made = sluice(project.path(), &["bootstrap", "--env", "local", "--yes"], 0);
    assert!(made.contains("2 to add") && !made.contains("to import"), "{made}");
    sluice(project.path(), &["deploy", "orders", "--env", "local", "--yes"], 0);
}

#[test]
fn one_that_no_request_takes_has_its_bucket_first() {
    let regions: Vec<String> = (1..=4).map(|number| format!("eu-west-{number}")).collect();
    let more = format!(
        "regions: [{}]\nfoundation: {{roles: {{people: [\"arn:aws:iam::123456789012:role/ml\"]}}}}\n",
        regions.join(", ")
    );
    let project = without_bucket(&more);
    let printed = sluice(project.path(), &["bootstrap", "--env", "local", "--print"], 0);
    assert!(printed.len() > 55_000, "{}", printed.len());
    sluice(project.path(), &["bootstrap", "--env", "local", "--yes"], 0);
    let again = sluice(project.path(), &["bootstrap", "--env", "local", "--yes"], 0);
    assert!(again.contains("No changes."), "{again}");
}
