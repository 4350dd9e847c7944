//! What a plan counts in AWS: how much is lost, how far readers are behind, and what cannot be counted.

use super::support::{Outcome, Project, ends};

const SPEC: &str = "stacks/orders/pipeline.yaml";

const ORDERS: &str = "pipeline: orders
owner: commerce-ml
traffic: {orders: {steady: 100/s, peak: 500/s, record: 1 KiB}}
streams:
  orders: {capacity: {provisioned: {shards: 2}}, retention: 48h}
tables:
  state: {key: id, ttl: {attribute: expires_at, after: 30d}}
  other: {key: id, ttl: {attribute: expires_at, after: 30d}}
consumers:
  score: {from: orders, code: handlers/score, handler: app.handler, writes: [state], batch: {size: 100, parallel: 2}}
";

fn deployed() -> Project {
    let project = Project::of_orders(ORDERS, "development");
    ends(&project.sluice("deploy orders --env here --yes"), 0);
    project
}

/// From the line on that says what happens to records, data and the rest.
fn consequences(outcome: &Outcome) -> String {
    let lines = outcome.stdout.lines().filter(|line| !line.contains("sluice "));
    lines
        .skip_while(|line| !["Reader", "Data"].iter().any(|what| line.starts_with(what)))
        .collect::<Vec<_>>()
        .join("\n")
}

#[test]
fn records_that_a_reader_has_not_read_are_not_thrown_away_with_a_shorter_retention() {
    let project = deployed();
    // Thirty hours behind.
    ends(
        &project.sluice(
            "embedded metric AWS/Lambda IteratorAge 108000000 --dimension FunctionName=orders-here-score --env here",
        ),
        0,
    );
    project.edit(SPEC, "retention: 48h", "retention: 24h");
    let planned = project.sluice("plan orders --env here");
    ends(&planned, 0);
    insta::assert_snapshot!(consequences(&planned));
    let refused = project.sluice("deploy orders --env here --yes");
    ends(&refused, 3);
    assert!(refused.stderr.contains("error[E4003]"), "{refused}");
    ends(&project.sluice("deploy orders --env here --yes --allow-data-loss ConsumerScoreMapping"), 0);
}

#[test]
fn what_a_table_holds_is_said_where_it_goes() {
    let project = deployed();
    project.edit(SPEC, "  other: {key: id, ttl: {attribute: expires_at, after: 30d}}\n", "");
    let planned = project.sluice("plan orders --env here");
    ends(&planned, 0);
    insta::assert_snapshot!(consequences(&planned));
}

#[test]
fn what_may_not_be_counted_is_said_to_be_unknown() {
    let project = deployed();
    project.edit(SPEC, "  other: {key: id, ttl: {attribute: expires_at, after: 30d}}\n", "");
    ends(&project.sluice("embedded fail DescribeTable --call deny --env here --times 9"), 0);
    let planned = project.sluice("plan orders --env here");
    ends(&planned, 0);
    assert!(planned.stdout.contains("TableOther: how much it holds is not known"), "{planned}");
}

#[test]
fn an_expiry_changes_once_an_hour() {
    let project = deployed();
    let patch = "cloudformation: {patch: {TableState: {Properties: {TimeToLiveSpecification: {Enabled: false}}}}}\n";
    project.write(SPEC, format!("{ORDERS}{patch}"));
    let planned = project.sluice("plan orders --env here");
    ends(&planned, 0);
    assert!(planned.stdout.contains("takes one such change an hour"), "{planned}");
    assert!(planned.stdout.contains("deploy again in 1h"), "{planned}");
    ends(&project.sluice("deploy orders --env here --yes"), 3);
    ends(&project.sluice("embedded advance 61m --env here"), 0);
    ends(&project.sluice("deploy orders --env here --yes"), 0);
}
