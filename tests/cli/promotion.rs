//! A change on its way from dev to staging to prod, each an embedded cloud of its own: the script of docs/promotion.md.

use serde_json::Value;

use super::drift::ends;
use super::support::Project;

const PAGE: &str = include_str!("../../docs/promotion.md");

const ORDERS: &str = "pipeline: orders
owner: commerce-ml
streams:
  orders: {capacity: {provisioned: {shards: 2}}, retention: 24h}
tables:
  state: {key: id, ttl: {attribute: expires_at, after: 30d}}
consumers:
  score: {from: orders, code: handlers/score, handler: app.handler, writes: [state], batch: {size: 100, parallel: 2}}
";

fn environment(name: &str, tier: &str, account: &str, rest: &str) -> String {
    format!("environment: {name}\ntier: {tier}\ntarget: embedded\naccount: \"{account}\"\nregions: [eu-west-1]\n{rest}")
}

/// The text of a block of the page: the one that begins with `first`.
fn block(first: &str) -> &'static str {
    let blocks = PAGE.split("```").skip(1).step_by(2);
    let bodies = blocks.filter_map(|block| block.split_once('\n').map(|(_, body)| body));
    let mut meant = bodies.filter(|body| body.starts_with(first));
    meant.next().expect("the page has such a block")
}

pub(super) fn project() -> Project {
    let project = Project::empty();
    project.write("stacks/orders/pipeline.yaml", ORDERS);
    project.write("stacks/orders/handlers/score/app.py", "def handler(event, context):\n    return {}\n");
    project.write("environments/dev.yaml", environment("dev", "development", "111111111111", ""));
    project
        .write("environments/staging.yaml", environment("staging", "staging", "222222222222", "promotes_from: dev\n"));
    project.write("environments/prod.yaml", block("# environments/prod.yaml"));
    project
}

/// The release that runs in an environment.
fn running(project: &Project, environment: &str) -> String {
    let told = project.sluice(&format!("history orders --env {environment} --output json"));
    ends(&told, 0);
    let document: Value = serde_json::from_str(&told.stdout).expect("JSON");
    let entries = document["environments"][0]["entries"].as_array().expect("entries").clone();
    entries.last().expect("an entry")["running"].as_str().expect("a release").to_owned()
}

/// What a line of the script says: the command and its exit code.
fn command(line: &str) -> (String, i32) {
    match line.split_once('#') {
        None => (line.trim().to_owned(), 0),
        Some((command, comment)) => {
            let code = comment.trim().split(':').next().expect("a code").parse().expect("a number");
            (command.trim().to_owned(), code)
        }
    }
}

/// Runs the script; gives every release that staging ran, in order.
fn run(project: &Project, script: &str) -> Vec<String> {
    let mut releases = Vec::new();
    for line in script.lines().filter(|line| !line.trim().is_empty()) {
        let (command, code) = command(line);
        if let Some(edit) = command.strip_prefix("sed -i 's/") {
            let (change, file) = edit.split_once("/' ").expect("an edit");
            let (before, after) = change.split_once('/').expect("an edit");
            project.edit(file, before, after);
            continue;
        }
        let typed = command.strip_prefix("sluice ").expect("a command of Sluice");
        let typed = match typed.contains("RELEASE") {
            true => typed.replace("RELEASE", &running(project, "staging")),
            false => typed.to_owned(),
        };
        let outcome = project.sluice(&typed);
        assert_eq!(outcome.code, Some(code), "{line}\n{outcome}");
        if typed.starts_with("promote orders --to staging") {
            releases.push(running(project, "staging"));
        }
    }
    releases
}

#[test]
fn a_change_goes_from_dev_to_prod_as_the_page_says_and_the_ledgers_end_as_it_says() {
    let project = project();
    let releases = run(&project, block("sluice deploy orders --env dev"));
    let [first, second] = releases.as_slice() else { panic!("two releases: {releases:?}") };
    assert_eq!(running(&project, "prod"), *first, "the second was put back");
    assert_eq!(running(&project, "staging"), *first, "the second was gone back from");
    let told = project.sluice("history orders --env staging,prod");
    ends(&told, 0);
    let told = told.stdout.replace(&first[..12], &"a".repeat(12)).replace(&second[..12], &"b".repeat(12));
    assert!(PAGE.contains(&told), "docs/promotion.md should say:\n{told}");
    let page = project.sluice("history orders --env staging,prod --output html");
    ends(&page, 0);
    assert!(page.stdout.contains("<svg") && page.stdout.contains(&first[..12]), "a timeline with the release");
}

#[test]
fn what_is_promoted_twice_is_promoted_once() {
    let project = project();
    ends(&project.sluice("deploy orders --env dev --yes"), 0);
    ends(&project.sluice("promote orders --to staging --yes --detailed-exitcode"), 2);
    let again = project.sluice("promote orders --to staging --yes --detailed-exitcode");
    ends(&again, 0);
    assert!(again.stdout.contains("already"), "{again}");
    let told = project.sluice("history orders --env staging --output jsonl");
    assert_eq!(told.stdout.lines().count(), 1, "{told}");
}

#[test]
fn nothing_goes_the_wrong_way_or_past_a_gate() {
    let project = project();
    ends(&project.sluice("deploy orders --env dev --yes"), 0);
    let never = project.sluice("promote orders --to prod --yes");
    ends(&never, 1);
    assert!(never.stderr.contains("E6021"), "staging runs nothing: {never}");
    for (typed, code, said) in [
        ("promote orders --from dev --to prod --yes", 3, "E6053"),
        ("promote orders --to dev --yes", 3, "E6053"),
        ("promote orders --to staging --release ffffff --yes", 1, "E6001"),
        ("promote orders --to staging --override soka --reason x --yes", 64, "no such gate"),
        ("promote orders --to staging --override soak --yes", 64, "--reason"),
        ("rollback orders --env dev --yes", 3, "E6058"),
        ("rollback orders --env staging --yes", 3, "E6058"),
    ] {
        // Before anything is proven in staging only what needs no release of it is refused by its own code.
        if typed.contains("dev --to prod") {
            ends(&project.sluice("promote orders --to staging --yes"), 0);
        }
        let outcome = project.sluice(typed);
        assert_eq!(outcome.code, Some(code), "{outcome}");
        assert!(outcome.stderr.contains(said), "{typed}: {outcome}");
    }
}

#[test]
fn going_back_needs_neither_the_files_nor_a_pipeline_that_parses() {
    let project = project();
    ends(&project.sluice("deploy orders --env dev --yes"), 0);
    let first = running(&project, "dev");
    project.edit("stacks/orders/pipeline.yaml", "retention: 24h", "retention: 30h");
    ends(&project.sluice("deploy orders --env dev --yes"), 0);
    project.write("stacks/orders/pipeline.yaml", "pipeline: [\n");
    std::fs::remove_dir_all(project.path("stacks/orders/handlers")).expect("the handlers go");
    let back = project.sluice("rollback orders --env dev --yes");
    ends(&back, 0);
    assert!(back.stderr.contains("W6059"), "{back}");
    assert_eq!(running(&project, "dev"), first);
}

#[test]
fn an_artifact_that_is_not_what_its_key_says_ends_a_promotion_with_its_name() {
    let project = project();
    ends(&project.sluice("deploy orders --env dev --yes"), 0);
    let shown = project.sluice("release list orders --env dev --output json");
    ends(&shown, 0);
    let digest = running(&project, "dev");
    let record = super::drift::call_in(
        &project,
        ("dev", "111111111111"),
        "s3",
        "GET",
        &format!("/sluice-artifacts-111111111111-eu-west-1/releases/orders/{digest}.json"),
        None,
        "",
    );
    let key = record.pointer("/content/code/score").and_then(Value::as_str).expect("a key").to_owned();
    let path = format!("/sluice-artifacts-111111111111-eu-west-1/{key}");
    super::drift::call_in(&project, ("dev", "111111111111"), "s3", "PUT", &path, None, "something else");
    let refused = project.sluice("promote orders --to staging --yes");
    assert_ne!(refused.code, Some(0), "{refused}");
    assert!(refused.stderr.contains(&key), "{refused}");
    ends(&project.sluice("status orders --env staging"), 0);
    assert_eq!(project.sluice("history orders --env staging --output jsonl").stdout, "", "nothing went there");
}

#[test]
fn a_scheduler_promotes_what_may_go_and_hears_what_waits() {
    let project = project();
    let state = |outcome: &super::support::Outcome| {
        let document: Value = serde_json::from_str(&outcome.stdout).expect("JSON");
        document["pipelines"][0]["state"].as_str().expect("a state").to_owned()
    };
    let nothing = project.sluice("reconcile --env staging --output json");
    ends(&nothing, 0);
    assert_eq!(state(&nothing), "nothing", "{nothing}");
    ends(&project.sluice("deploy orders --env dev --yes"), 0);
    let promoted = project.sluice("reconcile --env staging --output json --detailed-exitcode");
    ends(&promoted, 2);
    assert_eq!(state(&promoted), "promoted", "{promoted}");
    let again = project.sluice("reconcile --env staging --output json --detailed-exitcode");
    ends(&again, 0);
    assert_eq!(state(&again), "up_to_date", "{again}");
    let waits = project.sluice("reconcile --env prod");
    ends(&waits, 0);
    assert!(waits.stdout.contains("waits") && waits.stdout.contains("soak"), "{waits}");
    ends(&project.sluice("reconcile --env dev"), 3);
}
