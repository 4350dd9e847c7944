//! Handlers and what is rendered for them agree: a handler reads only variables that its function is told, and calls only
//! what its role allows.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use serde_json::Value;
use sluicegate::operate::{self, Shelf};
use sluicegate::template::Template;
use sluicegate::workspace::Project;

use super::project::{pipelines, root};

/// The action that a call needs, by client and method; where one call needs several, all of them.
const ACTIONS: &[(&str, &str, &[&str])] = &[
    ("dynamodb", "batch_get_item", &["dynamodb:BatchGetItem"]),
    ("dynamodb", "get_item", &["dynamodb:GetItem"]),
    ("dynamodb", "put_item", &["dynamodb:PutItem"]),
    ("dynamodb", "update_item", &["dynamodb:UpdateItem"]),
    ("dynamodb", "transact_write_items", &["dynamodb:PutItem", "dynamodb:UpdateItem"]),
    ("kinesis", "put_record", &["kinesis:PutRecord"]),
    ("kinesis", "put_records", &["kinesis:PutRecords"]),
    ("s3", "get_object", &["s3:GetObject"]),
    ("s3", "put_object", &["s3:PutObject"]),
    ("sagemaker", "invoke_endpoint", &["sagemaker:InvokeEndpoint"]),
    ("sagemaker", "invoke_endpoint_async", &["sagemaker:InvokeEndpointAsync"]),
    ("sns", "publish", &["sns:Publish"]),
    ("sns", "publish_batch", &["sns:Publish"]),
    ("sqs", "send_message", &["sqs:SendMessage"]),
    ("sqs", "send_message_batch", &["sqs:SendMessage"]),
];

/// What stands between `before` and the next character that is no part of a name.
fn words<'t>(text: &'t str, before: &str) -> BTreeSet<&'t str> {
    let part = |c: char| c.is_ascii_alphanumeric() || c == '_';
    text.split(before).skip(1).map(|rest| rest.split(|c| !part(c)).next().unwrap_or_default()).collect()
}

/// Every function of every stack: its stack, its name, its source, its template's part.
fn functions() -> Vec<(String, String, String, Value, Vec<Value>)> {
    let project = Project::find(root()).unwrap();
    let mut shelf = Shelf::new(&project);
    let mut found = Vec::new();
    for (stack, pipeline) in pipelines() {
        let prepared = operate::prepare(&mut shelf, &stack, "prod", None).unwrap();
        for section in ["consumers", "workers"] {
            for (name, stage) in pipeline.get(section).and_then(Value::as_object).into_iter().flatten() {
                let code = stage["code"].as_str().unwrap();
                let source = fs::read_to_string(root().join(format!("stacks/{stack}/{code}/app.py"))).unwrap();
                let template: &Template = &prepared.rendered.template;
                let id = |part: &str| {
                    let words = [section.trim_end_matches('s'), name.as_str(), part].join("-");
                    let capital = |word: &str| word[..1].to_uppercase() + &word[1..];
                    words.split('-').map(capital).collect::<String>()
                };
                let part = |id: String| template.resources[id.as_str()].properties.clone();
                let role = Value::from_iter(part(id("Role")));
                let statements = role["Policies"]
                    .as_array()
                    .unwrap()
                    .iter()
                    .flat_map(|policy| policy["PolicyDocument"]["Statement"].as_array().unwrap().clone())
                    .collect();
                let function = Value::from_iter(part(id("Function")));
                found.push((stack.clone(), name.clone(), source, function, statements));
            }
        }
    }
    assert!(found.len() > 15, "only {} functions", found.len());
    found
}

#[test]
fn a_handler_reads_only_variables_that_its_function_is_told() {
    for (stack, name, source, function, _) in functions() {
        let told: BTreeSet<&str> = function["Environment"]["Variables"]
            .as_object()
            .map(|variables| variables.keys().map(String::as_str).collect())
            .unwrap_or_default();
        let read = words(&source, "os.environ[\"");
        let missing: Vec<_> = read.difference(&told).collect();
        assert!(missing.is_empty(), "{stack}/{name} reads {missing:?}, it is told {told:?}");
    }
}

#[test]
fn a_handler_calls_only_what_its_role_allows() {
    let known: BTreeMap<(&str, &str), &[&str]> =
        ACTIONS.iter().map(|(client, method, actions)| ((*client, *method), *actions)).collect();
    // Two functions may run one handler, each a part of it.
    let mut allowed: BTreeMap<(String, String), BTreeSet<String>> = BTreeMap::new();
    for (stack, _, source, _, statements) in functions() {
        let actions = statements.iter().flat_map(|statement| match &statement["Action"] {
            Value::Array(actions) => actions.iter().filter_map(Value::as_str).collect(),
            action => Vec::from_iter(action.as_str()),
        });
        allowed.entry((stack, source)).or_default().extend(actions.map(str::to_owned));
    }
    for ((stack, source), allowed) in allowed {
        let about = source.lines().next().unwrap_or_default();
        for client in ["dynamodb", "kinesis", "s3", "sagemaker", "sns", "sqs"] {
            for method in
                words(&source, &format!(" {client}.")).into_iter().chain(words(&source, &format!("({client}.")))
            {
                let needed = known.get(&(client, method));
                let needed = needed.unwrap_or_else(|| panic!("{stack}: which action is {client}.{method}?"));
                let missing: Vec<_> = needed.iter().filter(|action| !allowed.contains(**action)).collect();
                assert!(missing.is_empty(), "{stack}: {about}\nneeds {missing:?}, its role allows {allowed:?}");
            }
        }
    }
}
