//! `sluice bootstrap`: the foundation on the embedded cloud.

use super::support::{Project, ends};

const PLAIN: &str =
    "environment: local\ntier: development\ntarget: embedded\naccount: \"123456789012\"\nregions: [eu-west-1]\n";

const ROLES: &str = "foundation:
  key: customer-managed
  roles:
    people: [arn:aws:iam::123456789012:role/ml-platform]
    jobs: {github: {repository: acme/streams}}
";

fn project(more: &str) -> Project {
    let project = Project::empty();
    project.write(
        "stacks/orders/pipeline.yaml",
        "pipeline: orders\nowner: commerce-ml\nstreams:\n  orders: {capacity: on-demand}\n",
    );
    project.write("environments/local.yaml", format!("{PLAIN}{more}"));
    project
}

#[test]
fn a_bucket_that_is_there_is_taken_in_and_gets_its_settings() {
    let project = project("");
    insta::assert_snapshot!(project.sluice("bootstrap --env local --yes").folded());
    // Once more there is nothing to do, and deployments go on as before.
    let again = project.sluice("bootstrap --env local --yes --detailed-exitcode");
    ends(&again, 0);
    assert!(again.stdout.contains("No changes."), "{again}");
    ends(&project.sluice("deploy orders --env local --yes"), 0);
}

#[test]
fn roles_that_the_file_asks_for_are_made_and_the_file_is_told_what_to_name() {
    let project = project("");
    ends(&project.sluice("bootstrap --env local --yes"), 0);
    project.write("environments/local.yaml", format!("{PLAIN}{ROLES}"));
    let made = project.sluice("bootstrap --env local --yes --detailed-exitcode");
    ends(&made, 2);
    for told in ["permissions_boundary: arn:aws:iam::123456789012:policy/", "role: arn:aws:iam::123456789012:role/"] {
        assert!(made.stdout.contains(told), "{made}");
    }
    // What the file then names is the foundation's own, so nothing changes.
    let boundary = made.stdout.split("permissions_boundary: ").nth(1).expect("is told");
    let boundary = boundary.split_whitespace().next().expect("has an ARN");
    project.write("environments/local.yaml", format!("{PLAIN}{ROLES}permissions_boundary: {boundary}\n"));
    let again = project.sluice("bootstrap --env local --yes");
    ends(&again, 0);
    assert!(again.stdout.contains("No changes."), "{again}");
}

#[test]
fn it_is_asked_for_and_as_one_document() {
    let project = project("");
    let asked = project.sluice("bootstrap --env local");
    ends(&asked, 3);
    assert!(asked.stderr.contains("nobody is there to ask"), "{asked}");
    let document = project.sluice("bootstrap --env local --yes --output json");
    ends(&document, 0);
    let plan: serde_json::Value = serde_json::from_str(&document.stdout).expect("is JSON");
    assert_eq!((&plan["pipeline"], &plan["stack"]), (&"foundation".into(), &"SluiceFoundation".into()));
}

#[test]
fn its_template_is_shown_without_any_call() {
    let project = project(ROLES);
    let shown = project.sluice("bootstrap --env local --print --log-file calls.jsonl");
    ends(&shown, 0);
    assert!(shown.stdout.contains("AWS::S3::Bucket") && shown.stdout.contains("DeployLocalRole"), "{shown}");
    assert!(!project.path("calls.jsonl").exists());
}

#[test]
fn a_wish_that_cannot_be_granted_is_told_before_anything_is_made() {
    let wishes = [
        ("foundation: {roles: {people: []}}\n", "nobody may take the roles"),
        ("foundation: {roles: {jobs: {github: {repository: a/b/c}}}}\n", "a repository of GitHub is OWNER/NAME"),
        ("foundation: {roles: {jobs: {github: {repository: streams}}}}\n", "is not the path of a repository"),
        ("foundation: {key: mine}\n", "mine"),
    ];
    for (wish, why) in wishes {
        let refused = project(wish).sluice("bootstrap --env local --yes");
        ends(&refused, 1);
        assert!(refused.stderr.contains(why), "{refused}");
    }
    ends(&project("").sluice("bootstrap --env nowhere --yes"), 1);
    ends(&project("").sluice("bootstrap --env local --region us-east-1 --yes"), 64);
}
