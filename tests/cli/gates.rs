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

const OWNER: &str = "arn:aws:sts::222222222222:assumed-role/release-owner/alice";
const RISK: &str = "arn:aws:iam::222222222222:user/carol";

fn environment(name: &str, tier: &str, account: &str, rest: &str) -> String {
    format!("environment: {name}\ntier: {tier}\ntarget: embedded\naccount: \"{account}\"\nregions: [eu-west-1]\n{rest}")
}

/// `orders` runs in staging; what production asks for is given.
fn project(gates: &str) -> Project {
    let project = undeployed(gates);
    ends(&project.sluice("deploy orders --env staging --yes"), 0);
    project
}

/// The same before anything is deployed.
fn undeployed(gates: &str) -> Project {
    let project = Project::empty();
    project.write("stacks/orders/pipeline.yaml", ORDERS);
    project.write("stacks/orders/handlers/score/app.py", "def handler(event, context):\n    return {}\n");
    project.write("environments/staging.yaml", environment("staging", "staging", "111111111111", ""));
    let rest = format!("promotes_from: staging\ngates:\n{gates}");
    project.write("environments/prod.yaml", environment("prod", "production", "222222222222", &rest));
    project
}

/// The release that runs in staging.
fn release(project: &Project) -> String {
    field(project, "release")
}

/// The plan that is to be approved.
fn plan(project: &Project) -> String {
    field(project, "plan")
}

fn field(project: &Project, name: &str) -> String {
    let found = project.sluice("gates orders --to prod --output json");
    ends(&found, 0);
    let document: Value = serde_json::from_str(&found.stdout).expect("JSON");
    document[name].as_str().expect(name).to_owned()
}

/// An outcome without digests, which are others with every version of a template.
fn told(project: &Project, outcome: &Outcome) -> String {
    let (mut text, release, plan) = (outcome.to_string(), release(project), plan(project));
    for (digest, name) in [(release, "release"), (plan, "plan")] {
        text = text.replace(&digest, &format!("[{name}]")).replace(&digest[..12], &format!("[{name}]"));
    }
    text
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

fn becomes(project: &Project, arn: &str) {
    ends(&project.sluice(&format!("embedded identity {arn} --env prod")), 0);
}

#[test]
fn soak_and_measurements_wait_pass_and_fail() {
    let project =
        project("  soak: 30m\n  least_traffic: 100\n  iterator_age: {p99: 10s}\n  errors: 0\n  alarms: quiet\n");
    let found = gates(&project);
    ends(&found, 3);
    insta::assert_snapshot!("just_deployed", told(&project, &found));
    ends(&project.sluice("embedded records orders-staging-orders --rate 10/s --for 40m --env staging"), 0);
    advance(&project, "35m");
    let found = gates(&project);
    ends(&found, 0);
    insta::assert_snapshot!("soaked", told(&project, &found));
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
    let runs = release(&project);
    project.edit("stacks/orders/pipeline.yaml", "retention: 24h", "retention: 48h");
    // It is kept where it was to prove itself, and never ran there.
    ends(&project.sluice("release create orders --env staging"), 0);
    let kept = project.sluice("release list orders --env staging --output json");
    let digests = kept.stdout.split('"').filter(|text| text.len() == 64 && text.bytes().all(|b| b.is_ascii_hexdigit()));
    let other = digests.into_iter().find(|digest| *digest != runs).expect("another release").to_owned();
    let found = project.sluice(&format!("gates orders --to prod --release {}", &other[..8]));
    ends(&found, 0);
    let shown = found.to_string().replace(&other[..12], "[other]").replace(&other[..8], "[other]");
    let lines = shown.lines().filter(|line| !line.contains("plan"));
    insta::assert_snapshot!("never_ran", lines.collect::<Vec<_>>().join("\n"));
    let unknown = project.sluice("gates orders --to prod --release abcdef");
    ends(&unknown, 1);
    assert!(unknown.stderr.contains("error[E6001]"), "{unknown}");
}

#[test]
fn where_nothing_runs_nothing_is_on_its_way() {
    let found = gates(&undeployed("  soak: 30m\n"));
    ends(&found, 1);
    insta::assert_snapshot!("nothing_runs", found.to_string());
}

#[test]
fn two_must_approve_exactly_this_and_no_longer_than_it_is_this() {
    let gate = "  approval: {by: [\"arn:aws:iam::222222222222:role/release-owner\", \"arn:aws:iam::222222222222:user/carol\"], count: 2}\n";
    let project = project(gate);
    let release = release(&project);
    ends(&gates(&project), 3);
    let stranger = project.sluice(&format!("approve orders --to prod --release {release} --yes"));
    ends(&stranger, 3);
    insta::assert_snapshot!("stranger", told(&project, &stranger));

    becomes(&project, OWNER);
    let plan = plan(&project);
    let given = project
        .sluice(&format!("approve orders --to prod --release {} --plan {plan} --yes --output json", &release[..6]));
    ends(&given, 0);
    let document: Value = serde_json::from_str(&given.stdout).expect("JSON");
    assert_eq!(document["by"], json!(["arn:aws:iam::222222222222:role/release-owner"]), "{given}");
    ends(&gates(&project), 3);
    becomes(&project, RISK);
    ends(&project.sluice(&format!("approve orders --to prod --release {release} --reason seen --yes")), 0);
    ends(&gates(&project), 0);

    // Whatever changes what would happen takes both away.
    let overlay = "pipelines: {orders: {streams: {orders: {retention: 48h}}}}\n";
    project.edit("environments/prod.yaml", "promotes_from: staging\n", &format!("promotes_from: staging\n{overlay}"));
    let (verdict, why) = of(&project, "approval");
    assert_eq!(verdict, "inconclusive");
    assert!(why.contains("is not what would happen now"), "{why}");
    let stale = project.sluice(&format!("approve orders --to prod --release {release} --plan {plan} --yes"));
    ends(&stale, 3);
    assert!(stale.stderr.contains("error[E6026]"), "{stale}");
    project.edit("environments/prod.yaml", overlay, "");
    ends(&gates(&project), 0);
    // What lies in the folder is another release, and changes nothing about this one.
    project.edit("stacks/orders/pipeline.yaml", "retention: 24h", "retention: 72h");
    ends(&gates(&project), 0);

    let withdrawn = project.sluice(&format!("approve orders --to prod --release {release} --withdraw"));
    ends(&withdrawn, 0);
    insta::assert_snapshot!("withdrawn", told(&project, &withdrawn));
    let (verdict, why) = of(&project, "approval");
    assert_eq!(verdict, "inconclusive");
    assert!(why.starts_with("1 of 2 approved"), "{why}");
}

#[test]
fn nobody_to_ask_means_nothing_is_approved() {
    let project = project("  approval: {by: [\"arn:aws:iam::222222222222:role/release-owner\"]}\n");
    let release = release(&project);
    becomes(&project, OWNER);
    let asked = project.sluice(&format!("approve orders --to prod --release {release}"));
    ends(&asked, 3);
    assert!(asked.stderr.contains("E8009"), "{asked}");
    let (verdict, _) = of(&project, "approval");
    assert_eq!(verdict, "inconclusive");
    let nobody = project.sluice(&format!("approve orders --to staging --release {release} --yes"));
    ends(&nobody, 1);
    assert!(nobody.stderr.contains("error[E6024]"), "{nobody}");
}

#[test]
fn a_forged_approval_does_not_count_and_a_damaged_ledger_decides_nothing() {
    let project = project("  approval: {by: [\"arn:aws:iam::222222222222:role/release-owner\"]}\n");
    let (plan, release) = (plan(&project), release(&project));
    let key = format!("approvals/prod/orders/{release}/{plan}/{}.json", "0".repeat(64));
    let forged = json!({
        "format_version": 1, "pipeline": "orders", "environment": "prod", "region": "eu-west-1", "release": release,
        "plan": plan, "by": OWNER, "at": "2026-01-02T03:04:05Z",
    });
    put(&project, "prod", "222222222222", &key, &forged.to_string());
    let found = gates(&project);
    ends(&found, 3);
    assert!(found.stderr.contains("warning[W6022]"), "{found}");
    put(&project, "staging", "111111111111", "ledger/staging/orders/0000000000.json", "{\"format_version\": 9}");
    let damaged = gates(&project);
    ends(&damaged, 1);
    assert!(damaged.stderr.contains("error[E6050]"), "{damaged}");
}

#[cfg(unix)]
#[test]
fn a_command_reads_what_it_is_about_and_says_yes_no_or_not_yet() {
    let gate = "  commands:\n    ticket: {run: [sh, ticket.sh], timeout: 10s}\n    absent: {run: [no-such-program]}\n";
    let project = project(gate);
    let script = |text: &str| project.write("ticket.sh", text);
    script("grep -q '\"from\":\"staging\"' && echo CHG-7 is approved\n");
    assert_eq!(of(&project, "command").1, "there is no program `no-such-program`");
    let found = gates(&project);
    ends(&found, 3);
    insta::assert_snapshot!("commands", told(&project, &found));
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
    insta::assert_snapshot!("others", told(&project, &found));
}

#[test]
fn the_budget_is_held_against_what_the_running_release_costs() {
    let project = project("  budget: within\nbudget: {max_monthly_increase: 10 USD}\n");
    project.edit("environments/prod.yaml", "promotes_from: staging\n", "");
    ends(&project.sluice("deploy orders --env prod --yes"), 0);
    project.edit("environments/prod.yaml", "regions: [eu-west-1]\n", "regions: [eu-west-1]\npromotes_from: staging\n");
    let same = ("pass".to_owned(), "a month becomes dearer by 0.00 USD, 10 USD are allowed".to_owned());
    assert_eq!(of(&project, "budget"), same);
    project.edit("stacks/orders/pipeline.yaml", "shards: 2", "shards: 4");
    ends(&project.sluice("deploy orders --env staging --yes"), 0);
    let (verdict, why) = of(&project, "budget");
    assert_eq!(verdict, "fail", "{why}");
    assert!(why.ends_with("USD, 10 USD are allowed"), "{why}");
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
    insta::assert_snapshot!("running", told(&project, &found));
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
