//! `sluice release …` and `sluice plan --against release:DIGEST`: what a release is, what it is not, and what its words are.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use serde_json::Value;

use super::support::git::repository;
use super::support::{Outcome, Project, ends};
use super::{SPEC, orders};

/// Digests change with every template and version of the tool.
const FILTERS: &[(&str, &str)] =
    &[(r"\b[0-9a-f]{64}\b", "[DIGEST]"), (r"\b[0-9a-f]{40}\b", "[COMMIT]"), (r"\b[0-9a-f]{12}\b", "[SHORT]")];

macro_rules! snapshot {
    ($name:expr, $outcome:expr) => {
        insta::with_settings!({filters => FILTERS.to_vec()}, { insta::assert_snapshot!($name, $outcome) })
    };
}

/// Keys that nobody uses: `openssl genpkey -algorithm ed25519` writes such.
const PRIVATE: &str = "-----BEGIN PRIVATE KEY-----
MC4CAQAwBQYDK2VwBCIEIAEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEB
-----END PRIVATE KEY-----
";
const PUBLIC: &str = "-----BEGIN PUBLIC KEY-----
MCowBQYDK2VwAyEAiojj3XQJ8ZX9UtstPLpdcspnCb8dlBIb83SIAbQPb1w=
-----END PUBLIC KEY-----
";
const OTHER: &str = "-----BEGIN PUBLIC KEY-----
MCowBQYDK2VwAyEAgTl3Dqh9F19Wo1Rmw0x+zMuNipG07jeiXfYPW4/Js5Q=
-----END PUBLIC KEY-----
";

/// What is done to a project.
type Change<'a> = &'a dyn Fn(&Project);

fn document(outcome: &Outcome) -> Value {
    ends(outcome, 0);
    serde_json::from_str(&outcome.stdout).expect("is JSON")
}

/// Makes the release of a pipeline and returns its digest.
fn made(project: &Project, pipeline: &str) -> String {
    let told = document(&project.sluice(&format!("release create {pipeline} --output json")));
    told["digest"].as_str().expect("is a digest").to_owned()
}

fn record(project: &Project, digest: &str) -> std::path::PathBuf {
    project.path(&format!(".sluice/releases/orders/{digest}.json"))
}

/// The small pipeline with keys beside it.
fn keyed() -> Project {
    let project = orders();
    project.write("release.pem", PRIVATE);
    project.write("release.pub.pem", PUBLIC);
    project.write("other.pub.pem", OTHER);
    project
}

#[test]
fn every_stack_has_the_same_digest_in_two_copies_with_different_environments() {
    let (one, other) = (Project::of_this_repository(), Project::of_this_repository());
    fs::remove_dir_all(other.path("environments")).expect("is there");
    let stacks: Vec<String> = fs::read_dir(one.path("stacks"))
        .expect("is there")
        .map(|entry| entry.expect("is readable").file_name().into_string().expect("is UTF-8"))
        .collect();
    assert!(stacks.len() >= 8);
    other.write(
        "environments/zoo.yaml",
        "environment: zoo\ntier: production\ntarget: aws\naccount: \"999988887777\"\nregions: [us-west-2, eu-west-1]\n\
         tags: {team: zoo}\nnetworks:\n  private: {subnets: [subnet-0aaaaaaaaaaaaaaa9], security_groups: \
         [sg-0aaaaaaaaaaaaaaa9]}\npipelines:\n  fraud-detection: {streams: {transactions: {capacity: {provisioned: \
         {shards: 99}}}}}\n",
    );
    repository(&other.path(""));
    let digests: BTreeMap<&String, [String; 2]> =
        stacks.iter().map(|stack| (stack, [&one, &other].map(|project| made(project, stack)))).collect();
    for (stack, [here, there]) in &digests {
        assert_eq!(here, there, "{stack}");
    }
    let different: BTreeSet<&String> = digests.values().map(|[digest, _]| digest).collect();
    assert_eq!(different.len(), stacks.len());
}

#[test]
fn a_digest_changes_with_each_ingredient_and_with_nothing_else() {
    let digest_of = |change: &dyn Fn(&Project)| {
        let project = orders();
        change(&project);
        made(&project, "orders")
    };
    let first = digest_of(&|_| ());
    let same: [(&str, Change); 6] = [
        ("the environment", &|p| p.edit("environments/local.yaml", "000000000000", "111111111111")),
        ("another environment", &|p| {
            p.write("environments/a.yaml", "environment: a\ntier: production\ntarget: embedded\npipelines: {orders: {streams: {orders: {retention: 3d}}}}\n");
        }),
        ("another pipeline", &|p| p.write("stacks/other/pipeline.yaml", "pipeline: other\nowner: x\n")),
        ("git", &|p| repository(&p.path(""))),
        ("a file that is packed nowhere", &|p| p.write("stacks/orders/README.md", "read me")),
        ("a template that says what the built-in one says", &|p| {
            p.write("templates/stream.yaml.hbs", include_str!("../../templates/stream.yaml.hbs"));
        }),
    ];
    for (what, change) in same {
        assert_eq!(digest_of(change), first, "{what}");
    }
    let ingredients: [(&str, Change); 4] = [
        ("the pipeline file", &|p| p.edit(SPEC, "parallel: 4", "parallel: 8")),
        ("a comment in it", &|p| p.edit(SPEC, "owner: commerce-ml", "owner: commerce-ml # us")),
        ("the code", &|p| p.write("stacks/orders/handlers/score/more.py", "x = 1\n")),
        ("a template", &|p| {
            let text = format!("{}\n# ours\n", include_str!("../../templates/stream.yaml.hbs"));
            p.write("templates/stream.yaml.hbs", text);
        }),
    ];
    let mut seen = BTreeSet::from([first]);
    for (what, change) in ingredients {
        assert!(seen.insert(digest_of(change)), "{what}");
    }
}

#[test]
fn a_release_is_made_once_and_listed_shown_and_verified() {
    let project = orders();
    snapshot!("release_1_create", project.sluice("release create orders"));
    snapshot!("release_2_again", project.sluice("release create"));
    snapshot!("release_3_list", project.sluice("release list"));
    let digest = made(&project, "orders");
    let short = &digest[..12];
    snapshot!(
        "release_4_show",
        project.sluice(&format!("release show {short}")).to_string().replace(short, "0123456789ab")
    );
    snapshot!("release_5_verify", project.sluice(&format!("release verify {digest}")));
    let files = project.files().into_keys().filter(|path| path.components().any(|part| part.as_os_str() == "releases"));
    assert_eq!(files.count(), 2, "a record and one provenance, however often it is made");
}

#[test]
fn a_release_without_any_is_told_how_to_be_made() {
    snapshot!("release_list_empty", orders().sluice("release list"));
}

#[test]
fn what_two_releases_do_not_have_in_common_is_named() {
    let project = orders();
    let before = made(&project, "orders");
    project.edit(SPEC, "parallel: 4", "parallel: 8");
    project.write("stacks/orders/handlers/score/app.py", "def handler(event, context):\n    return None\n");
    let after = made(&project, "orders");
    let diff = |a: &str, b: &str| project.sluice(&format!("release diff {} {} --detailed-exitcode", &a[..8], &b[..8]));
    let outcome = diff(&before, &after);
    ends(&outcome, 2);
    assert!(outcome.stdout.contains("pipeline file") && outcome.stdout.contains("code"), "{outcome}");
    let same = diff(&after, &after);
    ends(&same, 0);
    assert!(same.stdout.contains("They are the same release."), "{same}");
    let told = document(&project.sluice(&format!("release diff {before} {after} --output json")));
    let what: Vec<_> =
        told["changes"].as_array().expect("a list").iter().map(|change| change["what"].as_str()).collect();
    assert_eq!(what, [Some("spec"), Some("code")]);
}

#[test]
fn a_signature_is_checked_with_the_key_that_is_given() {
    let project = keyed();
    snapshot!(
        "release_signed_1_create",
        project.sluice("release create orders --key release.pem --out out/orders.json")
    );
    let digest = made(&project, "orders");
    let verify = |rest: &str| project.sluice(&format!("release verify {digest}{rest}"));
    snapshot!("release_signed_2_verified", verify(" --key release.pub.pem"));
    snapshot!("release_signed_3_wrong_key", verify(" --key other.pub.pem"));
    snapshot!("release_signed_4_no_key", verify(""));
    ends(&project.sluice("release verify out/orders.json --key release.pub.pem"), 0);
    ends(&project.sluice("release verify out/orders.json --key other.pub.pem"), 3);
    // Whoever only has the files needs no project.
    let elsewhere = Project::empty();
    for name in ["orders.json", "orders.intoto.json"] {
        elsewhere.write(name, fs::read(project.path(&format!("out/{name}"))).expect("is there"));
    }
    elsewhere.write("release.pub.pem", PUBLIC);
    ends(&elsewhere.sluice("release verify orders.json --key release.pub.pem"), 0);
    ends(&elsewhere.sluice(&format!("release verify {digest}")), 1);
    // The signature of the same key is not made twice, and nobody's stands in another's place.
    ends(&project.sluice("release create orders --key release.pem"), 0);
    let provenances = project.files().into_keys().filter(|path| path.to_string_lossy().ends_with(".intoto.json"));
    assert_eq!(provenances.count(), 2);
}

#[test]
fn a_signed_provenance_is_written_beside_an_unsigned_one() {
    let project = keyed();
    let digest = made(&project, "orders");
    let verify = || project.sluice(&format!("release verify {digest} --key release.pub.pem"));
    snapshot!("release_unsigned_with_key", verify());
    ends(&verify(), 3);
    ends(&project.sluice("release create orders --key release.pem"), 0);
    ends(&verify(), 0);
    assert!(project.path(&format!(".sluice/releases/orders/{digest}.2.intoto.json")).exists());
}

#[test]
fn what_is_no_key_is_refused_before_anything_is_written() {
    let project = keyed();
    let before = project.files();
    let outcome = project.sluice("release create orders --key release.pub.pem");
    snapshot!("release_bad_key", outcome);
    ends(&outcome, 1);
    assert_eq!(project.files(), before);
}

#[test]
fn a_record_that_was_altered_is_not_used() {
    let project = orders();
    let digest = made(&project, "orders");
    let bytes = fs::read(record(&project, &digest)).expect("is there");
    let text = String::from_utf8(bytes.clone()).expect("is text");
    let cases = [
        ("truncated", bytes[..bytes.len() / 3].to_vec()),
        ("source", text.replacen("owner: commerce-ml", "owner: somebody", 1).into_bytes()),
        ("newer", text.replacen("\"format_version\": 1", "\"format_version\": 2", 1).into_bytes()),
        ("foreign", b"{}\n".to_vec()),
    ];
    for (name, altered) in cases {
        fs::write(record(&project, &digest), altered).expect("can be written");
        let outcome = project.sluice(&format!("release verify {}", &digest[..10]));
        ends(&outcome, 1);
        snapshot!(format!("release_altered_{name}"), outcome.to_string().replace(&digest[..10], "0123456789"));
    }
    let listed = document(&project.sluice("release list --output json"));
    assert_eq!(listed["releases"][0]["whole"], false, "{listed}");
    assert!(project.sluice("release list").stdout.contains("ALTERED"));
    // And nothing is written over it.
    ends(&project.sluice("release create orders"), 1);
}

#[test]
fn a_provenance_of_something_else_is_not_believed() {
    let project = orders();
    let first = made(&project, "orders");
    project.edit(SPEC, "parallel: 4", "parallel: 8");
    let second = made(&project, "orders");
    let beside = |digest: &str| project.path(&format!(".sluice/releases/orders/{digest}.intoto.json"));
    fs::copy(beside(&first), beside(&second)).expect("can be copied");
    let outcome = project.sluice(&format!("release verify {second}"));
    snapshot!("release_foreign_provenance", outcome.to_string().replace(&second, &"0".repeat(64)));
    ends(&outcome, 1);
}

#[test]
fn what_nobody_knows_is_told_with_what_there_is() {
    let project = orders();
    made(&project, "orders");
    snapshot!("release_unknown", project.sluice("release show 0000000"));
    snapshot!("release_too_short", project.sluice("release show 12"));
}

#[test]
fn a_plan_against_a_release_shows_what_it_would_change() {
    let project = orders();
    let digest = made(&project, "orders");
    let plan = |rest: &str| {
        project
            .sluice(&format!("plan orders --env local --detailed-exitcode --against release:{}{rest}", &digest[..12]))
    };
    ends(&plan(""), 0);
    project.edit(SPEC, "parallel: 4", "parallel: 8");
    snapshot!("release_plan", plan(""));
    ends(&plan(""), 2);
    let told: Value = serde_json::from_str(&plan(" --output json").stdout).expect("is JSON");
    assert!(told.to_string().contains(&format!("{{\"from\":\"release\",\"digest\":\"{digest}\"}}")), "{told}");
    // It is what it was, whatever became of the files.
    project.write("stacks/orders/handlers/score/app.py", "changed = True\n");
    ends(&plan(""), 2);
    ends(&project.sluice("plan orders --env local --against release:000000"), 1);
    ends(&project.sluice("plan orders --env local --against release:"), 64);
    let cost = project.sluice(&format!("cost orders --env local --against release:{digest}"));
    ends(&cost, 0);
}

#[test]
fn an_environment_that_changes_what_a_release_carries_cannot_take_it() {
    let project = orders();
    project.write("stacks/orders/handlers/mine/app.py", "def handler(event, context):\n    return 1\n");
    let digest = made(&project, "orders");
    project.write(
        "environments/odd.yaml",
        "environment: odd\ntier: development\ntarget: embedded\npipelines:\n  orders:\n    consumers: {score: {code: \
         handlers/mine}}\n",
    );
    assert_eq!(made(&project, "orders"), digest, "what an environment changes is no part of a release");
    let outcome = project.sluice(&format!("plan orders --env odd --against release:{digest}"));
    assert!(outcome.stderr.contains("E6007") && outcome.stderr.contains("environments/odd.yaml:6"), "{outcome}");
    snapshot!("release_overlaid", outcome);
}

#[test]
fn a_release_in_a_bucket_is_found_there_and_copied_to_another_one() {
    let project = Project::of_orders(super::ORDERS, "development");
    let text = fs::read_to_string(project.path("environments/here.yaml")).expect("is there");
    project.write("environments/there.yaml", text.replace("here", "there").replace("123456789012", "210987654321"));
    for environment in ["here", "there"] {
        ends(&project.sluice(&format!("bootstrap --env {environment} --yes")), 0);
    }
    snapshot!("release_bucket_1_create", project.sluice("release create orders --env here"));
    fs::remove_dir_all(project.path(".sluice/releases")).expect("is there");
    let listed = document(&project.sluice("release list --env here --output json"));
    let digest = listed["releases"][0]["digest"].as_str().expect("is there").to_owned();
    snapshot!("release_bucket_2_list", project.sluice("release list --env here"));
    ends(&project.sluice(&format!("release verify {digest}")), 1);
    snapshot!("release_bucket_3_copy", project.sluice(&format!("release copy {digest} --from here --to there")));
    snapshot!("release_bucket_4_verify", project.sluice(&format!("release verify {digest} --env there")));
    // A plan finds it in the bucket of its environment.
    ends(&project.sluice(&format!("plan orders --env there --against release:{}", &digest[..8])), 0);
}

#[test]
fn uncommitted_changes_are_told() {
    let project = orders();
    project.write(".gitignore", ".sluice/\n");
    repository(&project.path(""));
    project.edit(SPEC, "parallel: 4", "parallel: 8");
    ends(&project.sluice_with("release create orders", &[("PATH", &std::env::var("PATH").unwrap_or_default())]), 0);
    let listed = document(&project.sluice("release list --output json"));
    assert_eq!(listed["releases"][0]["uncommitted"], true, "{listed}");
    assert_eq!(listed["releases"][0]["commit"].as_str().map(str::len), Some(40), "{listed}");
}
