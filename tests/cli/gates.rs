//! Gates and approvals, in two environments of the embedded cloud.

use serde_json::{Value, json};

use super::drift::ends;
use super::support::{Outcome, Project};

const ORDERS: &str = "pipeline: orders
owner: commerce-ml
streams:
  orders: {capacity: {provisioned: {shards: 2}}, retention: 24h}
tables:
  state: {key: id, ttl: {attribute: expires_at, after: 30d}}
consumers:
  score: {from: orders, code: handlers/score, handler: app.handler, writes: [state], batch: {size: 100, parallel: 2}}
";

/// The release that runs in staging, as a ledger has it.
const RELEASE: &str = "3fa9c1d2e4b53fa9c1d2e4b53fa9c1d2e4b53fa9c1d2e4b53fa9c1d2e4b5abcd";
const OWNER: &str = "arn:aws:sts::222222222222:assumed-role/release-owner/alice";
const RISK: &str = "arn:aws:iam::222222222222:user/carol";

fn environment(name: &str, tier: &str, account: &str, rest: &str) -> String {
    format!("environment: {name}\ntier: {tier}\ntarget: embedded\naccount: \"{account}\"\nregions: [eu-west-1]\n{rest}")
}

/// `orders` runs in staging; what production asks for is given.
fn project(gates: &str) -> Project {
    let project = Project::empty();
    project.write("stacks/orders/pipeline.yaml", ORDERS);
    project.write("stacks/orders/handlers/score/app.py", "def handler(event, context):\n    return {}\n");
    project.write("environments/staging.yaml", environment("staging", "staging", "111111111111", ""));
    let rest = format!("promotes_from: staging\ngates:\n{gates}");
    project.write("environments/prod.yaml", environment("prod", "production", "222222222222", &rest));
    ends(&project.sluice("deploy orders --env staging --yes"), 0);
    deployed(&project, "staging", "111111111111", 1, RELEASE);
    project
}

/// Now, by the clock of an environment.
fn now(project: &Project, environment: &str) -> String {
    let status = project.sluice(&format!("embedded status --env {environment} --output json"));
    let document: Value = serde_json::from_str(&status.stdout).expect("JSON");
    document.pointer("/now").and_then(Value::as_str).expect("the time").to_owned()
}

/// Writes into an environment's ledger that a release was deployed now.
fn deployed(project: &Project, environment: &str, account: &str, number: u32, release: &str) {
    let at = now(project, environment);
    let entry = json!({
        "format_version": 1, "number": number, "at": at, "by": "arn:aws:iam::111111111111:role/deploy",
        "pipeline": "orders", "environment": environment, "account": account, "region": "eu-west-1",
        "fact": "deployment", "id": number.to_string(), "release": release, "via": {"command": "deploy"},
        "began": at, "ended": at, "outcome": "succeeded",
        "plan": "0".repeat(64), "environment_file": "0".repeat(64),
    });
    let key = format!("ledger/{environment}/orders/{number}.json");
    put(project, environment, account, &key, &entry.to_string());
}

/// Puts an object into an environment's artifact bucket.
fn put(project: &Project, environment: &str, account: &str, key: &str, body: &str) {
    let path = format!("/sluice-artifacts-{account}-eu-west-1/{key}");
    super::drift::call_in(project, (environment, account), "s3", "PUT", &path, None, body);
}

fn advance(project: &Project, span: &str) {
    ends(&project.sluice(&format!("embedded advance {span} --env staging")), 0);
}

fn metric(project: &Project, namespace: &str, name: &str, dimension: &str, value: &str) {
    let told = format!("embedded metric {namespace} {name} {value} --dimension {dimension} --env staging");
    ends(&project.sluice(&told), 0);
}

fn gates(project: &Project) -> Outcome {
    project.sluice("gates orders --to prod --detailed-exitcode")
}

/// Verdict and reason of a gate.
fn of(project: &Project, gate: &str) -> (String, String) {
    let found = project.sluice("gates orders --to prod --output json");
    ends(&found, 0);
    let document: Value = serde_json::from_str(&found.stdout).expect("JSON");
    let all = document.pointer("/gates").and_then(Value::as_array).expect("gates");
    let one = all.iter().find(|one| one["gate"] == gate).expect("the gate is asked for");
    let text = |field: &str| one[field].as_str().expect(field).to_owned();
    (text("verdict"), text("why"))
}

/// The plan that is to be approved.
fn plan(project: &Project) -> String {
    let found = project.sluice("gates orders --to prod --output json");
    let document: Value = serde_json::from_str(&found.stdout).expect("JSON");
    document["plan"].as_str().expect("a plan").to_owned()
}

fn becomes(project: &Project, arn: &str) {
    ends(&project.sluice(&format!("embedded identity {arn} --env prod")), 0);
}

#[test]
fn soak_and_measurements_wait_pass_and_fail() {
    let project =
        project("  soak: 30m\n  least_traffic: 100\n  iterator_age: {p99: 10s}\n  errors: 0\n  alarms: quiet\n");
    let found = gates(&project);
    ends(&found, 3);
    insta::assert_snapshot!("just_deployed", found.to_string());
    ends(&project.sluice("embedded records orders-staging-orders --rate 10/s --for 40m --env staging"), 0);
    advance(&project, "35m");
    let found = gates(&project);
    ends(&found, 0);
    insta::assert_snapshot!("soaked", found.to_string());
    metric(&project, "AWS/Lambda", "Errors", "FunctionName=orders-staging-score", "3");
    let (verdict, why) = of(&project, "errors");
    assert_eq!((verdict.as_str(), why.as_str()), ("fail", "3 failed invocations, at most 0 may be: score 3"));
}

#[test]
fn too_little_traffic_is_never_a_pass() {
    let project = project("  least_traffic: 100\n  errors: 0\n");
    // Past the minute that the release came in: what was published in it before is not counted.
    advance(&project, "1m");
    ends(&project.sluice("embedded records orders-staging-orders --rate 1/s --for 30s --env staging"), 0);
    advance(&project, "10m");
    let (verdict, why) = of(&project, "errors");
    assert_eq!(verdict, "inconclusive");
    assert_eq!(why, "only 30 of 100 records came in that a judgement needs");
}

#[test]
fn a_metric_that_does_not_exist_is_told_apart_from_one_that_is_good() {
    let gate = "  metrics:\n    drift:\n      of: {metric: {namespace: \"Sluice/{pipeline}\", name: Drift, \
                dimensions: {Stack: \"{pipeline}-{environment}\"}, statistic: maximum}}\n      keep: {below: 0.2}\n";
    let project = project(gate);
    ends(&project.sluice("embedded records orders-staging-orders --rate 10/s --for 10m --env staging"), 0);
    advance(&project, "10m");
    let missing = (
        "inconclusive".to_owned(),
        "there is no metric Sluice/orders Drift of Stack=orders-staging (W6020)".to_owned(),
    );
    assert_eq!(of(&project, "metric"), missing);
    metric(&project, "Sluice/orders", "Drift", "Stack=orders-staging", "0.1");
    assert_eq!(of(&project, "metric"), ("pass".to_owned(), "0.1 is below 0.2".to_owned()));
    metric(&project, "Sluice/orders", "Drift", "Stack=orders-staging", "0.3");
    assert_eq!(of(&project, "metric"), ("fail".to_owned(), "0.3 is not below 0.2".to_owned()));
}

#[test]
fn a_release_that_never_ran_where_it_was_to_prove_itself_fails() {
    let project = project("  soak: 30m\n  errors: 0\n");
    let other = "a".repeat(64);
    let found = project.sluice(&format!("gates orders --to prod --release {other}"));
    ends(&found, 0);
    insta::assert_snapshot!(found.to_string());
    let unknown = project.sluice("gates orders --to prod --release abcdef");
    ends(&unknown, 1);
    insta::assert_snapshot!("unknown_release", unknown.to_string());
}

#[test]
fn two_must_approve_exactly_this_and_no_longer_than_it_is_this() {
    let gate = "  approval: {by: [\"arn:aws:iam::222222222222:role/release-owner\", \"arn:aws:iam::222222222222:user/carol\"], count: 2}\n";
    let project = project(gate);
    ends(&gates(&project), 3);
    let stranger = project.sluice(&format!("approve orders --to prod --release {RELEASE} --yes"));
    ends(&stranger, 3);
    insta::assert_snapshot!("stranger", stranger.to_string());

    becomes(&project, OWNER);
    let plan = plan(&project);
    let given = project.sluice(&format!("approve orders --to prod --release 3fa9c1 --plan {plan} --yes --output json"));
    ends(&given, 0);
    let document: Value = serde_json::from_str(&given.stdout).expect("JSON");
    assert_eq!(document["by"], json!(["arn:aws:iam::222222222222:role/release-owner"]), "{given}");
    ends(&gates(&project), 3);
    becomes(&project, RISK);
    ends(&project.sluice(&format!("approve orders --to prod --release {RELEASE} --reason seen --yes")), 0);
    ends(&gates(&project), 0);

    // Whatever changes what would happen takes both away.
    project.edit("stacks/orders/pipeline.yaml", "retention: 24h", "retention: 48h");
    let (verdict, why) = of(&project, "approval");
    assert_eq!(verdict, "inconclusive");
    assert!(why.contains("is not what would happen now"), "{why}");
    let stale = project.sluice(&format!("approve orders --to prod --release {RELEASE} --plan {plan} --yes"));
    ends(&stale, 3);
    assert!(stale.stderr.contains("error[E6026]"), "{stale}");
    project.edit("stacks/orders/pipeline.yaml", "retention: 48h", "retention: 24h");
    ends(&gates(&project), 0);

    let withdrawn = project.sluice(&format!("approve orders --to prod --release {RELEASE} --withdraw"));
    ends(&withdrawn, 0);
    insta::assert_snapshot!("withdrawn", withdrawn.to_string());
    let (verdict, why) = of(&project, "approval");
    assert_eq!(verdict, "inconclusive");
    assert!(why.starts_with("1 of 2 approved"), "{why}");
}

#[test]
fn nobody_to_ask_means_nothing_is_approved() {
    let project = project("  approval: {by: [\"arn:aws:iam::222222222222:role/release-owner\"]}\n");
    becomes(&project, OWNER);
    let asked = project.sluice(&format!("approve orders --to prod --release {RELEASE}"));
    ends(&asked, 3);
    assert!(asked.stderr.contains("E8009"), "{asked}");
    let (verdict, _) = of(&project, "approval");
    assert_eq!(verdict, "inconclusive");
    let nobody = project.sluice(&format!("approve orders --to staging --release {RELEASE} --yes"));
    ends(&nobody, 1);
    assert!(nobody.stderr.contains("error[E6024]"), "{nobody}");
}

#[test]
fn a_forged_approval_does_not_count_and_a_damaged_ledger_decides_nothing() {
    let project = project("  approval: {by: [\"arn:aws:iam::222222222222:role/release-owner\"]}\n");
    let plan = plan(&project);
    let key = format!("approvals/prod/orders/{RELEASE}/{plan}/{}.json", "0".repeat(64));
    let forged = json!({
        "format_version": 1, "pipeline": "orders", "environment": "prod", "region": "eu-west-1", "release": RELEASE,
        "plan": plan, "by": OWNER, "at": "2026-01-02T03:04:05Z",
    });
    put(&project, "prod", "222222222222", &key, &forged.to_string());
    let found = gates(&project);
    ends(&found, 3);
    assert!(found.stderr.contains("warning[W6022]"), "{found}");
    put(&project, "staging", "111111111111", "ledger/staging/orders/2.json", "{\"format_version\": 9}");
    let damaged = gates(&project);
    ends(&damaged, 1);
    assert!(damaged.stderr.contains("error[E6023]"), "{damaged}");
}

#[cfg(unix)]
#[test]
fn a_command_reads_what_it_is_about_and_says_yes_no_or_not_yet() {
    let gate = "  commands:\n    ticket: {run: [sh, ticket.sh], timeout: 10s}\n    absent: {run: [no-such-program]}\n";
    let project = project(gate);
    let script = |text: &str| project.write("ticket.sh", text);
    script("grep -q '\"release\":\"3fa9c1' && echo CHG-7 is approved\n");
    assert_eq!(of(&project, "command").1, "there is no program `no-such-program`");
    let found = gates(&project);
    ends(&found, 3);
    insta::assert_snapshot!("commands", found.to_string());
    script("echo no ticket; exit 1\n");
    assert!(gates(&project).stdout.contains("may not go: command ticket"));
    script("echo nobody has looked yet; exit 2\n");
    assert!(gates(&project).stdout.contains("nobody has looked yet"));
}

#[test]
fn readiness_drift_budget_and_windows_are_judged() {
    let gate = "  readiness: feature-store\n  drift: none\n  budget: within\n  windows: [{days: [monday], from: \"09:00\", to: \"10:00\"}]\n\
                budget: {max_monthly_increase: 5000 USD}\n";
    let project = project(gate);
    let found = project.sluice("gates orders --to prod --output markdown");
    ends(&found, 0);
    insta::assert_snapshot!("others", found.to_string());
}

#[test]
fn what_runs_is_judged_since_it_was_deployed() {
    let project = project("  errors: 0\n");
    project.write(
        "environments/staging.yaml",
        environment("staging", "staging", "111111111111", "gates: {errors: 0, bake: 10m}\n"),
    );
    ends(&project.sluice("embedded records orders-staging-orders --rate 10/s --for 10m --env staging"), 0);
    advance(&project, "5m");
    let found = project.sluice("gates orders --to staging --running --detailed-exitcode");
    ends(&found, 0);
    insta::assert_snapshot!("running", found.to_string());
    metric(&project, "AWS/Lambda", "Errors", "FunctionName=orders-staging-score", "1");
    ends(&project.sluice("gates orders --to staging --running --detailed-exitcode"), 3);
}

#[test]
fn environments_that_promote_in_a_circle_or_from_nowhere_do_not_pass_their_check() {
    let project = Project::of_orders(ORDERS, "development");
    project.write("environments/a.yaml", environment("a", "staging", "111111111111", "promotes_from: b\n"));
    project.write("environments/b.yaml", environment("b", "staging", "111111111111", "promotes_from: a\n"));
    project.write("environments/c.yaml", environment("c", "production", "111111111111", "promotes_from: b\n"));
    let found = project.sluice("check orders --env c");
    ends(&found, 1);
    insta::assert_snapshot!("circle", found.to_string());
    assert!(!project.sluice("check orders --env here").stderr.contains("E8311"));
    project.write("environments/b.yaml", environment("b", "staging", "111111111111", "promotes_from: heer\n"));
    let lost = project.sluice("check orders --env c");
    ends(&lost, 1);
    assert!(lost.stderr.contains("did you mean `here`?"), "{lost}");
}

#[test]
fn gates_that_nobody_could_pass_are_refused_when_they_are_read() {
    let project = Project::of_orders(ORDERS, "development");
    let wrong = "gates:
  endpoint: {}
  budget: within
  freezes: [{from: 2026-02-01, to: 2026-01-01, reason: typo}]
  commands: {ticket: {run: []}}
  metrics: {m: {of: {expression: {text: a + b}}, keep: {below: 1}}}
  windows: [{from: \"25:00\", to: \"10:00\", zone: Europe/Berlin}]
  approval: {by: [\"arn:aws:iam::222222222222:user/carol\", \"arn:aws:iam::222222222222:user/carol\"], count: 2}
";
    project.write("environments/b.yaml", environment("b", "staging", "111111111111", wrong));
    let found = project.sluice("check orders --env b");
    ends(&found, 1);
    insta::assert_snapshot!("unpassable", found.to_string());
    project.edit("environments/b.yaml", "  windows: [{from: \"25:00\", to: \"10:00\", zone: Europe/Berlin}]\n", "");
    let found = project.sluice("check orders --env b");
    ends(&found, 1);
    insta::assert_snapshot!("unpassable_together", found.to_string());
}
