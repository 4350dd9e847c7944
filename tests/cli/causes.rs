//! Failures whose cause is known: on the last screen, in JSON lines, and by name.

use super::support::{Outcome, Project};

fn project() -> Project {
    let project = Project::empty();
    project.write(
        "stacks/orders/pipeline.yaml",
        "pipeline: orders\nowner: commerce-ml\nstreams:\n  orders: {capacity: {provisioned: {shards: 2}}, retention: 24h}\nconsumers:\n  \
         score: {from: orders, code: handlers/score, handler: app.handler}\n",
    );
    project.write("stacks/orders/handlers/score/app.py", "def handler(event, context):\n    return {}\n");
    project.write(
        "environments/here.yaml",
        "environment: here\ntier: development\ntarget: embedded\naccount: \"123456789012\"\nregions: [eu-west-1]\n",
    );
    project
}

fn failing(message: &str, more: &str) -> Outcome {
    let project = project();
    let fail = project.sluice(&format!("embedded fail ConsumerScoreFunction --message {message} --env here"));
    assert_eq!(fail.code, Some(0), "{fail}");
    project.sluice(&format!("deploy orders --env here --yes{more}"))
}

#[test]
fn a_known_cause_stands_on_the_last_screen_with_the_way_out() {
    let outcome = failing("CodeStorageExceededException", "");
    assert_eq!(outcome.code, Some(4), "{outcome}");
    let from = outcome.stdout.find("Root cause").unwrap_or_default();
    insta::assert_snapshot!(outcome.stdout[from..].to_owned());
    assert!(outcome.stderr.contains("known cause: code-storage-full"), "{outcome}");
}

#[test]
fn json_lines_have_the_cause_as_data() {
    let outcome = failing("CodeStorageExceededException", " --output jsonl");
    assert_eq!(outcome.code, Some(4), "{outcome}");
    let last = outcome.stdout.lines().find(|line| line.contains("operation_finished")).expect("an end");
    let last: serde_json::Value = serde_json::from_str(last).expect("JSON");
    let known = &last["outcome"]["root_cause"]["known"];
    assert_eq!(known["id"], "code-storage-full", "{last}");
    assert_eq!(known["again"]["when"], "when_mended", "{last}");
}

#[test]
fn a_failure_that_nobody_knows_is_told_in_the_services_words_alone() {
    let outcome = failing("unheard-of", "");
    assert_eq!(outcome.code, Some(4), "{outcome}");
    assert!(outcome.stdout.contains("unheard-of") && !outcome.stdout.contains("Known cause"), "{outcome}");
}

#[test]
fn a_cause_is_explained_by_its_name_and_a_misspelt_one_is_guessed() {
    let project = project();
    insta::assert_snapshot!(project.sluice("explain no-capacity").to_string());
    let listed = project.sluice("explain causes");
    assert!(listed.stdout.contains("no-capacity") && listed.code == Some(0), "{listed}");
    let misspelt = project.sluice("explain no-capasity");
    assert!(misspelt.code == Some(1) && misspelt.stderr.contains("did you mean `no-capacity`"), "{misspelt}");
}
