//! Which calls a plan makes, as `--log-file` lists them.

use super::support::{Project, ends};

const SPEC: &str = "stacks/orders/pipeline.yaml";

const ORDERS: &str = "pipeline: orders
owner: commerce-ml
streams:
  orders: {capacity: {provisioned: {shards: 2}}, retention: 24h}
tables:
  state: {key: id, ttl: {attribute: expires_at, after: 30d}}
";

pub(super) fn deployed() -> Project {
    let project = Project::empty();
    project.write(SPEC, ORDERS);
    project.write(
        "environments/local.yaml",
        "environment: local\ntier: development\ntarget: embedded\naccount: \"123456789012\"\nregions: [eu-west-1]\n",
    );
    ends(&project.sluice("deploy orders --env local --yes"), 0);
    project
}

/// The operations that a command called, in order.
pub(super) fn calls(project: &Project, arguments: &str, code: i32) -> Vec<String> {
    ends(&project.sluice(&format!("{arguments} --log-file calls.jsonl")), code);
    let log = std::fs::read_to_string(project.path("calls.jsonl")).expect("is written");
    std::fs::remove_file(project.path("calls.jsonl")).expect("can be removed");
    let operation = |line: &str| {
        let call: serde_json::Value = serde_json::from_str(line).expect("is JSON");
        call["action"].as_str().expect("has a name").to_owned()
    };
    log.lines().map(operation).collect()
}

fn is_read(operation: &str) -> bool {
    ["Describe", "Get", "List", "Head"].iter().any(|verb| operation.starts_with(verb))
}

#[test]
fn an_unchanged_stack_is_planned_by_a_handful_of_reads() {
    let project = deployed();
    let planned = calls(&project, "plan orders --env local --detailed-exitcode", 0);
    assert!(planned.iter().all(|operation| is_read(operation)), "{planned:?}");
    insta::assert_snapshot!(planned.join("\n"));
    // And so is it deployed.
    let again = calls(&project, "deploy orders --env local --yes --detailed-exitcode", 0);
    assert!(again.iter().all(|operation| is_read(operation)), "{again:?}");
}

#[test]
fn a_changed_one_costs_a_change_set_that_is_gone_afterwards() {
    let project = deployed();
    project.edit(SPEC, "shards: 2", "shards: 4");
    let planned = calls(&project, "plan orders --env local --detailed-exitcode", 2);
    let writes: Vec<&String> = planned.iter().filter(|operation| !is_read(operation)).collect();
    assert_eq!(writes, ["CreateChangeSet", "DeleteChangeSet"], "{planned:?}");
}

#[test]
fn what_is_compared_with_files_calls_nobody() {
    let project = deployed();
    ends(&project.sluice("plan orders --env local --against nothing --log-file calls.jsonl"), 0);
    let log = std::fs::read_to_string(project.path("calls.jsonl")).unwrap_or_default();
    assert_eq!(log, "");
}

#[test]
fn whoever_may_not_ask_cloudformation_gets_a_plan_that_says_so_and_no_deployment() {
    let project = deployed();
    project.edit(SPEC, "shards: 2", "shards: 4");
    let deny = "embedded fail CreateChangeSet --call deny --env local --times 3";
    ends(&project.sluice(deny), 0);
    let planned = project.sluice("plan orders --env local --detailed-exitcode");
    ends(&planned, 2);
    assert!(planned.stdout.contains("CloudFormation was not asked, for it was refused"), "{planned}");
    assert!(planned.stdout.contains("ShardCount"), "{planned}");
    let comment = project.sluice("plan orders --env local --output markdown");
    assert!(comment.stdout.contains("`cloudformation:CreateChangeSet` lets it be confirmed"), "{comment}");
    // Whoever deploys needs more than the schemas' word.
    let refused = project.sluice("deploy orders --env local --yes");
    ends(&refused, 1);
    assert!(refused.stderr.contains("AWS denies cloudformation:CreateChangeSet"), "{refused}");
    ends(&project.sluice("plan orders --env local --out plan.json"), 0);
}
