//! What was changed past the pipeline: found, told apart, and put back.

use std::sync::Arc;

use serde_json::{Value, json};
use sluicegate::embedded::{EmbeddedCloud, Request, Settings, Speed};
use sluicegate::units::{AccountId, EnvironmentName, Region, Timestamp};
use sluicegate::workspace::{StandingClock, StateStore};

use super::support::{Outcome, Project};

const SPEC: &str = "stacks/orders/pipeline.yaml";

const ORDERS: &str = "pipeline: orders
owner: commerce-ml
streams:
  orders:
    capacity: {provisioned: {shards: 2}}
    retention: 7d
tables:
  state: {key: id, ttl: {attribute: expires_at, after: 30d}, capacity: {autoscaled: {read: {min: 5, max: 50}, write: {min: 5, max: 50}}}}
consumers:
  score: {from: orders, code: handlers/score, handler: app.handler, writes: [state]}
archive:
  orders: {}
";

fn project() -> Project {
    let project = Project::empty();
    project.write(SPEC, ORDERS);
    project.write("stacks/orders/handlers/score/app.py", "def handler(event, context):\n    return {}\n");
    project.write(
        "environments/here.yaml",
        "environment: here\ntier: development\ntarget: embedded\naccount: \"123456789012\"\nregions: [eu-west-1]\n",
    );
    project
}

pub(super) fn ends(outcome: &Outcome, code: i32) {
    assert_eq!(outcome.code, Some(code), "{outcome}");
}

/// The embedded cloud that the binary keeps, from inside.
fn cloud(project: &Project, environment: &str, account: &str) -> EmbeddedCloud {
    let settings = Settings {
        account: AccountId::new(account).expect("an account"),
        region: Region::new("eu-west-1").expect("a region"),
        environment: EnvironmentName::new(environment).expect("a name"),
        speed: Speed::Real,
    };
    let store = StateStore::folder(project.path(&format!(".sluice/embedded/{environment}")));
    let now = Timestamp::parse("2026-01-02T03:04:05Z").expect("a moment");
    EmbeddedCloud::open(store, settings, Arc::new(StandingClock::at(now)))
}

/// A call of somebody who goes past the pipeline.
pub(super) fn call(
    project: &Project,
    service: &str,
    method: &str,
    path: &str,
    target: Option<&str>,
    body: &str,
) -> Value {
    call_in(project, ("here", "123456789012"), service, method, path, target, body)
}

/// The same in another environment of another account.
pub(super) fn call_in(
    project: &Project,
    (environment, account): (&str, &str),
    service: &str,
    method: &str,
    path: &str,
    target: Option<&str>,
    body: &str,
) -> Value {
    let mut headers = http::HeaderMap::new();
    let scope = format!(
        "AWS4-HMAC-SHA256 Credential=A/20260101/eu-west-1/{service}/aws4_request, SignedHeaders=host, Signature=0"
    );
    headers.insert("authorization", scope.parse().expect("a header"));
    if let Some(target) = target {
        headers.insert("x-amz-target", target.parse().expect("a header"));
    }
    let (path, query) = path.split_once('?').unwrap_or((path, ""));
    let request = Request {
        method: method.to_owned(),
        host: "127.0.0.1".to_owned(),
        path: path.to_owned(),
        query: query.to_owned(),
        headers,
        body: body.to_owned().into(),
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let answer = runtime.block_on(cloud(project, environment, account).handle(request)).expect("an answer");
    let text = String::from_utf8_lossy(&answer.body).into_owned();
    assert!(answer.is_success(), "{service} {method} {path} {target:?}: {text}");
    serde_json::from_str(&text).unwrap_or_default()
}

fn json_call(project: &Project, service: &str, target: &str, body: &Value) {
    call(project, service, "POST", "/", Some(target), &body.to_string());
}

fn deployed() -> Project {
    let project = project();
    ends(&project.sluice("deploy orders --env here --yes"), 0);
    project
}

/// The id of the one event source mapping.
fn mapping(project: &Project) -> String {
    let listed = call(project, "lambda", "GET", "/2015-03-31/event-source-mappings", None, "");
    listed.pointer("/EventSourceMappings/0/UUID").and_then(Value::as_str).expect("a mapping").to_owned()
}

fn disable(project: &Project) {
    let path = format!("/2015-03-31/event-source-mappings/{}", mapping(project));
    call(project, "lambda", "PUT", &path, None, r#"{"Enabled": false}"#);
}

fn told(outcome: &Outcome) -> String {
    outcome.to_string()
}

#[test]
fn nothing_has_drifted_of_what_nobody_touched() {
    let project = deployed();
    let drift = project.sluice("drift orders --env here --detailed-exitcode");
    ends(&drift, 0);
    insta::assert_snapshot!(told(&drift));
}

#[test]
fn what_is_meant_to_move_is_told_as_such() {
    let project = deployed();
    json_call(
        &project,
        "dynamodb",
        "DynamoDB_20120810.UpdateTable",
        &json!({"TableName": "orders-here-state", "ProvisionedThroughput": {"ReadCapacityUnits": 20, "WriteCapacityUnits": 5}}),
    );
    disable(&project);
    let note = json!({"format_version": 1, "readers": {"ConsumerScoreMapping": {"mapping": "x", "for": "a_while",
        "by": "arn:aws:sts::123456789012:assumed-role/deploy/jo", "since": "2026-01-02T03:04:05Z"}}});
    let path = "/sluice-artifacts-123456789012-eu-west-1/locks/here/orders.paused";
    call(&project, "s3", "PUT", path, None, &note.to_string());
    let drift = project.sluice("drift orders --env here --detailed-exitcode");
    ends(&drift, 0);
    insta::assert_snapshot!(told(&drift));
}

fn harm(project: &Project) {
    json_call(
        project,
        "kinesis",
        "Kinesis_20131202.DecreaseStreamRetentionPeriod",
        &json!({"StreamName": "orders-here-orders", "RetentionPeriodHours": 24}),
    );
    json_call(
        project,
        "dynamodb",
        "DynamoDB_20120810.UpdateTimeToLive",
        &json!({"TableName": "orders-here-state", "TimeToLiveSpecification": {"AttributeName": "expires_at", "Enabled": false}}),
    );
    disable(project);
}

#[test]
fn what_puts_records_at_risk_is_raised() {
    let project = deployed();
    harm(&project);
    let drift = project.sluice("drift orders --env here --detailed-exitcode");
    ends(&drift, 2);
    insta::assert_snapshot!(told(&drift));
    ends(&project.sluice("drift orders --env here"), 0);
    let lines = project.sluice("drift orders --env here --output jsonl");
    ends(&lines, 0);
    let last: Value = serde_json::from_str(lines.stdout.lines().last().expect("lines")).expect("JSON");
    assert_eq!(last.pointer("/summary/dangerous"), Some(&json!(4)), "{lines}");
    let document = project.sluice("drift orders --env here --output json");
    let document: Value = serde_json::from_str(&document.stdout).expect("JSON");
    let first = document.pointer("/drifted/0").expect("a difference");
    assert_eq!(first.get("verdict"), Some(&json!("dangerous")));
    assert!(first.pointer("/origin/place").is_some(), "{first:#}");
}

#[test]
fn only_what_is_there_can_have_drifted() {
    let project = project();
    let drift = project.sluice("drift orders --env here");
    ends(&drift, 1);
    assert!(drift.stderr.contains("E5040"), "{drift}");
}

#[test]
fn what_nobody_meant_is_put_back_and_what_is_meant_to_be_so_stays() {
    let project = deployed();
    json_call(
        &project,
        "kinesis",
        "Kinesis_20131202.DecreaseStreamRetentionPeriod",
        &json!({"StreamName": "orders-here-orders", "RetentionPeriodHours": 24}),
    );
    json_call(
        &project,
        "dynamodb",
        "DynamoDB_20120810.UpdateTable",
        &json!({"TableName": "orders-here-state", "ProvisionedThroughput": {"ReadCapacityUnits": 20, "WriteCapacityUnits": 5}}),
    );
    disable(&project);
    let note = json!({"format_version": 1, "readers": {"ConsumerScoreMapping": {"mapping": "x", "for": "a_while",
        "by": "jo", "since": "2026-01-02T03:04:05Z"}}});
    let path = "/sluice-artifacts-123456789012-eu-west-1/locks/here/orders.paused";
    call(&project, "s3", "PUT", path, None, &note.to_string());
    let unasked = project.sluice("deploy orders --env here --revert-drift");
    ends(&unasked, 3);
    insta::assert_snapshot!(told(&unasked));
    let reverted = project.sluice("deploy orders --env here --revert-drift --yes --detailed-exitcode");
    ends(&reverted, 2);
    let after = project.sluice("drift orders --env here --detailed-exitcode");
    ends(&after, 0);
    assert!(after.stdout.contains("auto scaling keeps it between 5 and 50"), "{after}");
    let path = format!("/2015-03-31/event-source-mappings/{}", mapping(&project));
    let mapping = call(&project, "lambda", "GET", &path, None, "");
    assert_eq!(mapping.get("State").and_then(Value::as_str), Some("Disabled"), "the paused reader stays paused");
    ends(&project.sluice("deploy orders --env here --revert-drift --yes --detailed-exitcode"), 0);
}

#[test]
fn what_is_gone_is_made_anew() {
    let project = deployed();
    let queue = "https://sqs.eu-west-1.amazonaws.com/123456789012/orders-here-score-failed";
    json_call(&project, "sqs", "AmazonSQS.DeleteQueue", &json!({"QueueUrl": queue}));
    let drift = project.sluice("drift orders --env here --detailed-exitcode");
    ends(&drift, 2);
    assert!(drift.stdout.contains("is gone"), "{drift}");
    // A queue's name is free again after a minute.
    ends(&project.sluice("embedded advance 2m --env here"), 0);
    ends(&project.sluice("deploy orders --env here --revert-drift --yes"), 0);
    ends(&project.sluice("drift orders --env here --detailed-exitcode"), 0);
}
