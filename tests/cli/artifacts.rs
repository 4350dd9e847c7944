//! What is packed and uploaded: its size, its way into the bucket, and what is left when that fails.

use super::support::{Outcome, Project};

const SPEC: &str = "stacks/orders/pipeline.yaml";

const ORDERS: &str = "pipeline: orders
owner: commerce-ml
streams:
  orders: {capacity: on-demand}
endpoints:
  scoring:
    model:
      single: {image: {builtin: {name: xgboost, version: \"1.7-1\"}}, artifact: models/orders.tar.gz}
    serving:
      real-time: {instance: ml.m5.large, instances: {min: 2, max: 4}}
consumers:
  score: {from: orders, code: handlers/score, handler: app.handler, scores_with: scoring}
";

/// A model of two whole parts and a bit, which compresses to nothing in a repository of blobs.
const MODEL: usize = (20 << 20) + 7;

fn project() -> Project {
    let project = Project::empty();
    project.write(SPEC, ORDERS);
    project.write("stacks/orders/handlers/score/app.py", "def handler(event, context):\n    return {}\n");
    project.write("stacks/orders/models/orders.tar.gz", vec![7; MODEL]);
    project.write(
        "environments/here.yaml",
        "environment: here\ntier: development\ntarget: embedded\naccount: \"123456789012\"\nregions: [eu-west-1]\n",
    );
    project
}

fn ends(outcome: &Outcome, code: i32) {
    assert_eq!(outcome.code, Some(code), "{outcome}");
}

/// The calls of a service that a run made, by their names.
fn calls(project: &Project, service: &str) -> Vec<String> {
    let text = std::fs::read_to_string(project.path("calls.jsonl")).expect("the calls were kept");
    std::fs::remove_file(project.path("calls.jsonl")).expect("the file can be removed");
    let calls = text.lines().map(|line| serde_json::from_str::<serde_json::Value>(line).expect("a call is JSON"));
    calls
        .filter(|call| call["service"] == service)
        .filter_map(|call| call["action"].as_str().map(str::to_owned))
        .collect()
}

fn count(calls: &[String], action: &str) -> usize {
    calls.iter().filter(|call| *call == action).count()
}

#[test]
fn a_large_model_goes_in_parts_and_only_once() {
    let project = project();
    let deployed = project.sluice("deploy orders --env here --yes --log-file calls.jsonl");
    ends(&deployed, 0);
    let sent = calls(&project, "S3");
    let parts = ["CreateMultipartUpload", "UploadPart", "CompleteMultipartUpload", "AbortMultipartUpload"];
    assert_eq!(parts.map(|action| count(&sent, action)), [1, 3, 1, 0], "{sent:?}");
    let told: Vec<&str> = deployed.stderr.lines().filter(|line| line.contains("UPLOADING")).collect();
    assert_eq!(told.len(), 5, "{deployed}");
    assert!(told.last().is_some_and(|last| last.ends_with("20.0 MiB of 20.0 MiB, 2 of 2 artifacts")), "{told:?}");
    assert!(deployed.stderr.contains("ARTIFACT_UPLOADED   models/orders.tar.gz"), "{deployed}");
    // Another deployment finds it there.
    project.edit(SPEC, "{min: 2, max: 4}", "{min: 2, max: 5}");
    let again = project.sluice("deploy orders --env here --yes --log-file calls.jsonl");
    ends(&again, 0);
    assert!(again.stderr.contains("ARTIFACT_FOUND      models/orders.tar.gz"), "{again}");
    let again = calls(&project, "S3");
    assert_eq!(parts.map(|action| count(&again, action)), [0; 4], "{again:?}");
}

#[test]
fn an_upload_that_fails_leaves_no_parts_and_no_lease_and_the_next_one_does_all_of_it() {
    let project = project();
    ends(&project.sluice("embedded fail UploadPart --call deny --env here"), 0);
    let refused = project.sluice("deploy orders --env here --yes --log-file calls.jsonl");
    ends(&refused, 1);
    assert!(refused.stderr.contains("s3:PutObject"), "{refused}");
    let sent = calls(&project, "S3");
    assert_eq!((count(&sent, "AbortMultipartUpload"), count(&sent, "CompleteMultipartUpload")), (1, 0), "{sent:?}");
    assert!(project.sluice("status orders --env here").stdout.contains("not deployed"));
    assert!(project.sluice("unlock orders --env here").stdout.contains("is not locked"));
    ends(&project.sluice("deploy orders --env here --yes"), 0);
}

#[test]
fn how_far_an_upload_is_stands_in_the_json_lines() {
    let deployed = project().sluice("deploy orders --env here --yes --output jsonl");
    ends(&deployed, 0);
    let lines = deployed.stdout.lines().map(|line| serde_json::from_str::<serde_json::Value>(line).expect("is JSON"));
    let sent: Vec<u64> =
        lines.filter(|line| line["type"] == "uploading").filter_map(|line| line["sent_bytes"].as_u64()).collect();
    assert!(sent.is_sorted() && sent.len() == 5 && *sent.last().expect("told") > MODEL as u64, "{sent:?}");
}

#[test]
fn what_lambda_would_not_unpack_is_refused_at_its_line_before_it_is_read() {
    let project = project();
    let large = project.path("stacks/orders/handlers/score/weights.bin");
    let file = std::fs::File::create(&large).expect("the file can be made");
    file.set_len(300 << 20).expect("a file may have a hole");
    insta::assert_snapshot!(project.sluice("plan orders --env here --against nothing"));
    project.write("stacks/orders/handlers/score/.sluiceignore", "*.bin\n");
    ends(&project.sluice("check orders --env here"), 0);
}
