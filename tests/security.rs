//! What the policies of every pipeline in every environment allow, computed, and held against `docs/security.md`.

#![expect(
    clippy::expect_used,
    clippy::disallowed_methods,
    reason = "a test reads the repository and stops where it cannot"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde_json::Value;
use sluicegate::operate::{Shelf, prepare};
use sluicegate::template::Template;
use sluicegate::workspace::Project;

/// One statement of one policy of one template.
struct Statement {
    /// `<pipeline>.<environment> <LogicalId> <Sid>`.
    at: String,
    /// Whether it belongs to an identity (a role), not to what is accessed.
    of_identity: bool,
    body: Value,
}

impl Statement {
    fn allows(&self) -> bool {
        self.body["Effect"] == "Allow"
    }

    /// The texts of `Action`, `Resource`, …; what is no text (an intrinsic) names something particular.
    fn texts(&self, field: &str) -> Vec<&str> {
        match &self.body[field] {
            Value::String(text) => vec![text],
            Value::Array(items) => items.iter().filter_map(Value::as_str).collect(),
            _ => Vec::new(),
        }
    }
}

fn templates() -> BTreeMap<String, Template> {
    let project = Project::find(Path::new(env!("CARGO_MANIFEST_DIR"))).expect("this repository is a project");
    let mut shelf = Shelf::new(&project);
    let environments = project.environments().expect("the environments are readable");
    let mut rendered = BTreeMap::new();
    for pipeline in project.pipelines().expect("the pipelines are readable") {
        for environment in &environments {
            let prepared = prepare(&mut shelf, &pipeline, environment, None).expect("every pipeline renders");
            rendered.insert(format!("{pipeline}.{environment}"), prepared.rendered.template);
        }
    }
    rendered
}

/// Every statement of every policy, whatever the property that holds it.
fn statements() -> Vec<Statement> {
    let mut found = Vec::new();
    for (stem, template) in templates() {
        for (id, resource) in &template.resources {
            let of_identity = resource.type_name.starts_with("AWS::IAM::");
            for property in resource.properties.values() {
                collect(property, &mut |body| {
                    let sid = body["Sid"].as_str().unwrap_or_default();
                    found.push(Statement { at: format!("{stem} {id} {sid}"), of_identity, body: body.clone() });
                });
            }
        }
    }
    assert!(found.iter().filter(|statement| statement.of_identity).count() > 50, "the policies were not found");
    assert!(found.iter().filter(|statement| !statement.of_identity).count() > 20, "the policies were not found");
    found
}

fn collect(value: &Value, found: &mut impl FnMut(&Value)) {
    match value {
        Value::Object(members) => {
            match members.get("Statement") {
                Some(Value::Array(statements)) => statements.iter().for_each(&mut *found),
                Some(statement) => found(statement),
                None => {}
            }
            members.values().for_each(|member| collect(member, found));
        }
        Value::Array(items) => items.iter().for_each(|item| collect(item, found)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// How much a resource takes in, where it names nothing.
#[derive(Clone, Copy, PartialEq)]
enum Reach {
    /// `*`, or an ARN of any account.
    Everything,
    /// An ARN that names nothing but an account and a region.
    Account,
    /// Something that has a name.
    Named,
}

fn reach(resource: &str) -> Reach {
    let parts: Vec<&str> = resource.splitn(6, ':').collect();
    let nameless = |name: &str| name.chars().all(|c| matches!(c, '*' | '/' | ':'));
    match parts.as_slice() {
        [_, _, _, region, account, name] if nameless(name) => {
            if nameless(region) || nameless(account) {
                Reach::Everything
            } else {
                Reach::Account
            }
        }
        [name] if nameless(name) => Reach::Everything,
        _ => Reach::Named,
    }
}

/// The actions in the first column of the table below a heading of `docs/security.md`; none without the heading.
fn listed(heading: &str) -> BTreeSet<String> {
    let page = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/security.md"))
        .expect("docs/security.md is readable");
    let section = page.split("\n## ").find(|section| section.lines().next() == Some(heading)).unwrap_or_default();
    let rows = section.lines().filter_map(|line| line.strip_prefix("| `")?.split('`').next());
    rows.map(str::to_owned).collect()
}

#[test]
fn no_statement_that_allows_has_a_wildcard_among_its_actions() {
    let wide: Vec<String> = statements()
        .iter()
        .filter(|statement| statement.allows())
        .filter(|statement| {
            let actions = statement.texts("Action");
            actions.is_empty() || actions.iter().any(|action| action.contains(['*', '?']))
        })
        .map(|statement| format!("{}: {}", statement.at, statement.body["Action"]))
        .collect();
    assert!(wide.is_empty(), "{}", wide.join("\n"));
}

/// Holds the actions that roles have on resources of a reach against a table of `docs/security.md`, both ways.
fn are_those_of_the_table(wanted: Reach, heading: &str) {
    let used: BTreeMap<String, String> = statements()
        .iter()
        .filter(|statement| statement.allows() && statement.of_identity)
        .filter(|statement| statement.texts("Resource").into_iter().any(|resource| reach(resource) == wanted))
        .flat_map(|statement| {
            let at = &statement.at;
            statement.texts("Action").into_iter().map(move |action| (action.to_owned(), at.clone())).collect::<Vec<_>>()
        })
        .collect();
    let listed = listed(heading);
    let unlisted: Vec<_> = used.iter().filter(|(action, _)| !listed.contains(*action)).collect();
    assert!(unlisted.is_empty(), "not in docs/security.md, {heading}: {unlisted:?}");
    let unused: Vec<_> = listed.iter().filter(|action| !used.contains_key(*action)).collect();
    assert!(unused.is_empty(), "docs/security.md, {heading}, lists what no policy allows: {unused:?}");
}

#[test]
fn actions_on_every_resource_are_those_of_the_table() {
    are_those_of_the_table(Reach::Everything, "Actions on every resource");
}

#[test]
fn actions_on_a_whole_account_are_those_of_the_table() {
    are_those_of_the_table(Reach::Account, "Actions on every resource of one account and region");
}

#[test]
fn what_a_policy_grants_is_in_the_template_and_to_whom_is_named() {
    let mut wrong = Vec::new();
    for (stem, template) in templates() {
        for (id, resource) in template.resources.iter().filter(|(_, r)| r.type_name == "AWS::IAM::Role") {
            if resource.properties.contains_key("ManagedPolicyArns") {
                wrong.push(format!("{stem} {id}: a managed policy grants what no review of the template shows"));
            }
            if resource.properties.contains_key("RoleName") {
                wrong.push(format!("{stem} {id}: a named role collides in a second region"));
            }
        }
    }
    for statement in statements() {
        let body = &statement.body;
        let anybody = body["Principal"] == "*" || body["Principal"]["AWS"] == "*";
        if statement.allows() && anybody {
            wrong.push(format!("{}: allows anybody", statement.at));
        }
        for inverted in ["NotAction", "NotResource", "NotPrincipal"] {
            if body.get(inverted).is_some() {
                wrong.push(format!("{}: {inverted} grants what nobody listed", statement.at));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn whatever_holds_data_refuses_plain_text_connections() {
    let mut open = Vec::new();
    for (stem, template) in templates() {
        for (data, policy, field) in [
            ("AWS::S3::Bucket", "AWS::S3::BucketPolicy", "Bucket"),
            ("AWS::SQS::Queue", "AWS::SQS::QueuePolicy", "Queues"),
            ("AWS::SNS::Topic", "AWS::SNS::TopicPolicy", "Topics"),
        ] {
            let refusing: Vec<String> = template
                .resources
                .values()
                .filter(|resource| resource.type_name == policy)
                .filter(|resource| {
                    let mut refuses = false;
                    collect(&resource.properties["PolicyDocument"], &mut |body| {
                        refuses |= body["Effect"] == "Deny"
                            && body["Condition"]["Bool"]["aws:SecureTransport"] == "false"
                            && body["Principal"] == "*";
                    });
                    refuses
                })
                .map(|resource| resource.properties[field].to_string())
                .collect();
            for id in template.resources.iter().filter(|(_, r)| r.type_name == data).map(|(id, _)| id) {
                if !refusing.iter().any(|field| field.contains(&format!("\"{id}\""))) {
                    open.push(format!("{stem} {id}"));
                }
            }
        }
    }
    assert!(open.is_empty(), "no policy refuses plain text: {}", open.join(", "));
}
