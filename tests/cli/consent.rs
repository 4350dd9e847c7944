//! What must be agreed to by name, seen from outside: what each tier asks for, the flag that gives it, and exit code 3.

use super::support::{Project, ends};

const SPEC: &str = "stacks/orders/pipeline.yaml";

const ORDERS: &str = "pipeline: orders
owner: commerce-ml
traffic: {orders: {steady: 100/s, peak: 500/s, record: 1 KiB}}
budget: {monthly: 2000 USD}
streams:
  orders: {capacity: {provisioned: {shards: 2}}, retention: 24h}
tables:
  state: {key: id, ttl: {attribute: expires_at, after: 30d}}
consumers:
  score: {from: orders, read: fan-out, code: handlers/score, handler: app.handler, writes: [state], batch: {size: 100, parallel: 2}}
";

/// A pipeline deployed in an environment of a tier.
fn deployed(tier: &str) -> Project {
    let project = Project::of_orders(ORDERS, tier);
    ends(&project.sluice("deploy orders --env here --yes"), 0);
    project
}

/// The only reader reads another way: another source, so another mapping, and no checkpoint.
fn switched(tier: &str) -> Project {
    let project = deployed(tier);
    project.edit(SPEC, "read: fan-out", "read: shared");
    project
}

#[test]
fn production_does_not_forget_a_position_unless_somebody_says_so_by_name() {
    let project = switched("production");
    let planned = project.sluice("plan orders --env here");
    ends(&planned, 0);
    assert!(planned.stdout.contains("refused without --allow-consumer-reset ConsumerScoreMapping"), "{planned}");
    let refused = project.sluice("deploy orders --env here --yes");
    ends(&refused, 3);
    insta::assert_snapshot!(
        refused.stderr.lines().skip_while(|line| !line.starts_with("error")).collect::<Vec<_>>().join("\n")
    );
    ends(&project.sluice("deploy orders --env here --yes --allow-consumer-reset ConsumerScoreMapping"), 0);
}

#[test]
fn a_comment_names_the_flags_of_the_deployment() {
    let project = switched("staging");
    let comment = project.sluice("plan orders --env here --output markdown");
    ends(&comment, 0);
    let command = "`sluice deploy orders --env here --allow-consumer-reset ConsumerScoreMapping`";
    assert!(comment.stdout.contains(command), "{comment}");
    let document = project.sluice("plan orders --env here --output json");
    let document: serde_json::Value = serde_json::from_str(&document.stdout).expect("is JSON");
    assert_eq!(document["consent"][0]["flag"], "--allow-consumer-reset ConsumerScoreMapping");
    assert_eq!(document["consent"][0]["code"], "E4006");
}

#[test]
fn development_tells_the_same_and_goes_on() {
    let project = switched("development");
    let planned = project.sluice("plan orders --env here");
    assert!(
        planned.stdout.contains("ConsumerScoreMapping") && !planned.stdout.contains("refused without"),
        "{planned}"
    );
    ends(&project.sluice("deploy orders --env here --yes"), 0);
}

#[test]
fn production_takes_no_change_above_the_budget_without_a_word() {
    let project = deployed("production");
    project.edit(SPEC, "2000 USD", "2 USD");
    project.edit(SPEC, "retention: 24h", "retention: 2d");
    let refused = project.sluice("deploy orders --env here --yes");
    ends(&refused, 3);
    assert!(refused.stderr.contains("error[E4008]") && refused.stderr.contains("--allow-over-budget"), "{refused}");
    ends(&project.sluice("deploy orders --env here --yes --allow-over-budget"), 0);
}

#[test]
fn a_name_that_can_be_no_logical_id_is_refused_at_once() {
    let refused = Project::empty().sluice("deploy orders --env here --allow-replacement no-such-id");
    ends(&refused, 64);
    assert!(refused.stderr.contains("the plan names them"), "{refused}");
}

/// Two pipelines whose stages come to one physical name: `a` with `here-x`, and `a-here` with `x`.
#[test]
fn a_name_that_is_taken_is_told_at_the_stage_that_wants_it_and_nothing_is_left_behind() {
    let project = deployed("development");
    let named = |pipeline: &str, stream: &str| {
        format!(
            "pipeline: {pipeline}\nowner: commerce-ml\nstreams:\n  {stream}: {{capacity: on-demand, retention: 24h}}\n"
        )
    };
    project.write("stacks/a/pipeline.yaml", named("a", "here-x"));
    project.write("stacks/a-here/pipeline.yaml", named("a-here", "x"));
    ends(&project.sluice("deploy a --env here --yes"), 0);
    let refused = project.sluice("plan a-here --env here");
    ends(&refused, 1);
    insta::assert_snapshot!(refused.to_string());
    ends(&project.sluice("deploy a-here --env here --yes"), 1);
    let status = project.sluice("status a-here --env here");
    assert!(status.to_string().contains("is not deployed"), "{status}");
}

#[test]
fn a_name_that_the_plan_does_not_have_is_refused_with_the_one_that_is_meant() {
    let project = switched("staging");
    let refused = project.sluice("deploy orders --env here --yes --allow-consumer-reset ConsumerScoreMaping");
    ends(&refused, 64);
    insta::assert_snapshot!(
        refused.stderr.lines().skip_while(|line| !line.starts_with("error")).collect::<Vec<_>>().join("\n")
    );
    let untouched = project.sluice("plan orders --env here --detailed-exitcode");
    ends(&untouched, 2);
}

#[test]
fn a_flag_that_is_not_the_one_that_is_asked_for_is_told_with_the_one_that_is() {
    let project = switched("staging");
    let refused = project.sluice("deploy orders --env here --yes --allow-data-loss ConsumerScoreMapping");
    ends(&refused, 3);
    assert!(
        refused.stderr.contains("`--allow-data-loss ConsumerScoreMapping` is not what ConsumerScoreMapping asks for")
            && refused.stderr.contains("give `--allow-consumer-reset ConsumerScoreMapping` instead"),
        "{refused}"
    );
}

#[test]
fn what_nothing_asks_for_is_worth_a_warning_and_goes_on() {
    let project = switched("staging");
    let flags = "--allow-consumer-reset ConsumerScoreMapping --allow-data-loss StreamOrders --allow-over-budget";
    let deployed = project.sluice(&format!("deploy orders --env here --yes {flags}"));
    ends(&deployed, 0);
    for says in [
        "warning[W4011]: `--allow-data-loss StreamOrders` is not asked for",
        "StreamOrders stays as it is",
        "warning[W4011]: `--allow-over-budget` is not asked for",
    ] {
        assert!(deployed.stderr.contains(says), "{deployed}");
    }
    assert_eq!(deployed.stderr.matches("W4011]").count(), 2, "{deployed}");
    // What other tiers ask for is no idle word in this one.
    let project = switched("development");
    let deployed = project.sluice("deploy orders --env here --yes --allow-consumer-reset ConsumerScoreMapping");
    ends(&deployed, 0);
    assert!(!deployed.stderr.contains("W4011"), "{deployed}");
}

#[test]
fn an_alarm_that_would_roll_back_at_once_is_named_before_anything_starts() {
    let project = deployed("staging");
    project.edit(SPEC, "size: 100", "size: 200");
    let planned = project.sluice("plan orders --env here");
    ends(&planned, 0);
    assert!(planned.stdout.contains("RollbackFunctions in ALARM rolls it back"), "{planned}");
    for _ in 0..16 {
        ends(
            &project.sluice(
                "embedded metric AWS/Lambda IteratorAge 9000000 --dimension FunctionName=orders-here-score --env here",
            ),
            0,
        );
        ends(&project.sluice("embedded advance 1m --env here"), 0);
    }
    let refused = project.sluice("deploy orders --env here --yes");
    ends(&refused, 3);
    assert!(refused.stderr.contains("error[E4014]"), "{refused}");
    assert!(refused.stderr.contains("--allow-alarm RollbackFunctions"), "{refused}");
    ends(&project.sluice("deploy orders --env here --yes --allow-alarm RollbackFunctions"), 0);
}
