//! `sluice plan --against git:REVISION` and `--against PATH`, seen from outside: no credentials, no network, and nobody's work
//! tree or index is touched.

use super::support::git::{commit, git, repository};
use super::support::{Outcome, Project};
use super::{FILTERS, ORDERS, SPEC};

const PROD: &str = "environment: prod
tier: staging
target: aws
account: \"123456789012\"
regions: [eu-west-1]
";

/// The small pipeline in an environment of AWS, in no repository yet.
fn bare() -> Project {
    let project = super::orders();
    project.write("environments/prod.yaml", PROD);
    project
}

/// The same, committed.
fn committed() -> Project {
    let project = bare();
    repository(&project.path(""));
    project
}

/// The same with a second commit: eight batches at once instead of four.
fn edited() -> Project {
    let project = committed();
    project.edit(SPEC, "parallel: 4", "parallel: 8");
    commit(&project.path(""), "More at once");
    project
}

fn snapshot(outcome: &Outcome) -> String {
    outcome.to_string()
}

macro_rules! snapshot {
    ($outcome:expr) => {
        insta::with_settings!({filters => FILTERS.to_vec()}, { insta::assert_snapshot!(snapshot(&$outcome)) })
    };
}

const PLAN: &str = "plan orders --env prod --detailed-exitcode --against";

#[test]
fn an_unchanged_tree_has_no_changes() {
    let outcome = committed().sluice(&format!("{PLAN} git:HEAD"));
    assert_eq!(outcome.code, Some(0), "{outcome}");
    snapshot!(outcome);
}

#[test]
fn a_change_is_told_with_what_it_was_compared_with() {
    let outcome = edited().sluice(&format!("{PLAN} git:HEAD~1"));
    assert_eq!(outcome.code, Some(2), "{outcome}");
    snapshot!(outcome);
}

#[test]
fn the_comment_for_a_pull_request_says_what_was_compared() {
    snapshot!(edited().sluice("plan orders --env prod --against git:HEAD~1 --output markdown"));
}

#[test]
fn json_names_the_commit() {
    let project = edited();
    let outcome = project.sluice("plan orders --env prod --against git:HEAD~1 --output json");
    let json: serde_json::Value = serde_json::from_str(&outcome.stdout).expect("is JSON");
    let commit = git(&project.path(""), &["rev-parse", "HEAD~1"]);
    assert_eq!(
        json.pointer("/baseline/source"),
        Some(&serde_json::json!({"from": "revision", "revision": "HEAD~1", "commit": commit}))
    );
    assert_eq!(json.pointer("/baseline/kind"), Some(&"files".into()));
    assert_eq!(json.pointer("/counts/change"), Some(&1.into()), "{outcome}");
}

#[test]
fn a_plan_against_files_is_shown_again_and_never_deployed() {
    let project = edited();
    let plan = "plan orders --env prod --against git:HEAD~1";
    project.write("plan.json", project.sluice(&format!("{plan} --output json")).stdout);
    for form in ["text", "markdown", "json"] {
        let (shown, planned) = (format!("show plan.json --output {form}"), format!("{plan} --output {form}"));
        assert_eq!(project.sluice(&shown).stdout, project.sluice(&planned).stdout);
    }
    let outcome = project.sluice("deploy --plan plan.json --yes");
    assert!(outcome.code == Some(1) && outcome.stderr.contains("E4005"), "{outcome}");
    assert_eq!(project.sluice(&format!("{plan} --out saved.json")).code, Some(64));
}

#[test]
fn aws_is_not_asked() {
    let outcome = edited().sluice(&format!("--verbose {PLAN} git:HEAD~1"));
    assert!(outcome.code == Some(2) && !outcome.stderr.contains("aws #"), "{outcome}");
}

#[test]
fn a_project_in_a_folder_of_its_repository_is_compared_and_nothing_of_the_user_is_touched() {
    let project = Project::empty();
    for (path, bytes) in bare().files() {
        let path = path.to_string_lossy().into_owned();
        let (_, inside) = path.split_once("/project/").expect("a file of the project");
        project.write(&format!("services/ml/{inside}"), bytes);
    }
    project.write("README.md", "elsewhere\n");
    let top = project.path("");
    repository(&top);
    project.edit(&format!("services/ml/{SPEC}"), "parallel: 4", "parallel: 8");
    project.write("services/ml/staged", "s");
    git(&top, &["add", "services/ml/staged"]);
    let state = || {
        (
            git(&top, &["status", "--porcelain"]),
            std::fs::read(top.join(".git/index")).expect("an index"),
            project.files().len(),
        )
    };
    let before = state();
    let outcome = project.sluice(&format!("-C services/ml/stacks/orders {PLAN} git:main"));
    assert_eq!(outcome.code, Some(2), "{outcome}");
    assert!(
        outcome.stdout.contains("against git:main (") && outcome.stdout.contains("ParallelizationFactor"),
        "{outcome}"
    );
    assert_eq!(state(), before);
    // As a hook of git would start it: its own folder and index are told by variables.
    let git_folder = top.join(".git");
    let hook =
        [("GIT_DIR", git_folder.to_str().expect("a path")), ("GIT_INDEX_FILE", ".git/index"), ("GIT_PREFIX", "")];
    let outcome = project.sluice_with(&format!("-C services/ml {PLAN} git:main"), &hook);
    assert_eq!((outcome.code, state()), (Some(2), before), "{outcome}");
}

#[test]
fn what_is_not_there_yet_counts_as_new() {
    let project = committed();
    project.write("environments/fresh.yaml", PROD.replace("prod", "fresh"));
    for (path, bytes) in project.files() {
        let path = path.to_string_lossy().into_owned();
        if let Some((_, inside)) = path.split_once("/stacks/orders/") {
            project.write(
                &format!("stacks/refunds/{inside}"),
                String::from_utf8_lossy(&bytes).replace("pipeline: orders", "pipeline: refunds"),
            );
        }
    }
    let cases = [("refunds", "prod", "has no such pipeline"), ("orders", "fresh", "has no such environment")];
    for (pipeline, environment, why) in cases {
        let outcome =
            project.sluice(&format!("plan {pipeline} --env {environment} --detailed-exitcode --against git:main"));
        assert_eq!(outcome.code, Some(2), "{outcome}");
        assert!(outcome.stdout.contains("a new stack: git:main (") && outcome.stdout.contains(why), "{outcome}");
    }
    project.edit("environments/prod.yaml", "123456789012", "999988887777");
    let outcome = project.sluice(&format!("{PLAN} git:main"));
    assert!(outcome.code == Some(2) && outcome.stdout.contains("the environment is in another account"), "{outcome}");
    project.write("environments/prod.yaml", PROD.replace("eu-west-1", "us-east-1"));
    let outcome = project.sluice(&format!("{PLAN} git:main"));
    assert!(outcome.code == Some(2) && outcome.stdout.contains("the environment is not in this region"), "{outcome}");
}

#[test]
fn a_revision_from_before_the_project_has_none() {
    let project = bare();
    let top = project.path("");
    git(&top, &["init", "--quiet", "--initial-branch=main"]);
    git(&top, &["commit", "--quiet", "--allow-empty", "--message", "nothing"]);
    let outcome = project.sluice(&format!("{PLAN} git:main"));
    assert!(outcome.code == Some(2) && outcome.stdout.contains("has no project here"), "{outcome}");
}

#[test]
fn another_folder_and_a_rendered_template_are_compared_with() {
    let project = edited();
    git(&project.path(""), &["worktree", "add", "--quiet", "--detach", "../before", "HEAD~1"]);
    let outcome = project.sluice(&format!("{PLAN} ../before"));
    assert!(
        outcome.code == Some(2) && outcome.stdout.contains("against the project in ../before, template"),
        "{outcome}"
    );
    for form in ["yaml", "json"] {
        let outcome = project.sluice(&format!("-C ../before render orders --env prod --output {form}"));
        project.write(&format!("orders.{form}"), &outcome.stdout);
        let outcome = project.sluice(&format!("{PLAN} orders.{form}"));
        assert!(
            outcome.code == Some(2) && outcome.stdout.contains("Plan: 0 to add, 1 to change, 0 to replace"),
            "{outcome}"
        );
        project.write(
            &format!("orders.{form}"),
            project.sluice(&format!("render orders --env prod --output {form}")).stdout,
        );
        let outcome = project.sluice(&format!("{PLAN} orders.{form}"));
        assert!(
            outcome.code == Some(0)
                && outcome
                    .stdout
                    .contains(&format!("No changes. The files describe the same as the template orders.{form}.")),
            "{outcome}"
        );
    }
}

#[test]
fn cost_is_compared_with_a_revision() {
    let project = committed();
    project.edit(
        SPEC,
        "streams:",
        "traffic:\n  orders: {steady: 100/s, peak: 200/s, burst: 5m, record: 4 KiB}\n\nstreams:",
    );
    let outcome = project.sluice("cost orders --env prod --against git:main --output json");
    assert_eq!(outcome.code, Some(0), "{outcome}");
    let json: serde_json::Value = serde_json::from_str(&outcome.stdout).expect("is JSON");
    assert_eq!(json.pointer("/against/called"), Some(&"in git:main".into()), "{outcome}");
    let outcome = project.sluice("cost orders --env prod --against git:mian");
    assert!(outcome.code == Some(1) && outcome.stderr.contains("did you mean `git:main`?"), "{outcome}");
}

mod wrong_input {
    use super::*;

    #[test]
    fn a_revision_that_does_not_render() {
        let project = bare();
        project.write(SPEC, ORDERS.replace("capacity: on-demand", "capacity: on-demand, retentoin: 7d"));
        repository(&project.path(""));
        project.write(SPEC, ORDERS);
        snapshot!(project.sluice(&format!("{PLAN} git:HEAD")));
    }

    #[test]
    fn a_revision_that_is_not_there() {
        snapshot!(committed().sluice(&format!("{PLAN} git:mian")));
    }

    #[test]
    fn an_option_in_the_place_of_a_revision() {
        let outcome = committed().sluice(&format!("{PLAN} git:--output=x"));
        assert!(outcome.code == Some(1) && outcome.stderr.contains("E8402"), "{outcome}");
    }

    #[test]
    fn a_project_in_no_repository() {
        snapshot!(bare().sluice(&format!("{PLAN} git:main")));
    }

    #[test]
    fn a_machine_without_git() {
        snapshot!(committed().sluice_with(&format!("{PLAN} git:main"), &[("PATH", "/nowhere")]));
    }

    #[test]
    fn a_clone_of_the_newest_commit_only() {
        let project = edited();
        let from = format!("file://{}", project.path("").display());
        let clone = Project::empty();
        clone.write("above", "");
        git(&clone.path(""), &["clone", "--quiet", "--depth=1", &from, "clone"]);
        snapshot!(clone.sluice(&format!("-C clone {PLAN} git:HEAD~1")));
        let outcome = clone.sluice(&format!("-C clone {PLAN} git:HEAD"));
        assert_eq!(outcome.code, Some(0), "{outcome}");
    }

    #[test]
    fn a_branch_that_only_the_remote_has() {
        let project = committed();
        let clone = Project::empty();
        clone.write("above", "");
        git(&project.path(""), &["branch", "release"]);
        git(&clone.path(""), &["clone", "--quiet", project.path("").to_str().expect("a path"), "clone"]);
        let outcome = clone.sluice(&format!("-C clone {PLAN} git:release"));
        assert!(outcome.code == Some(1) && outcome.stderr.contains("did you mean `git:origin/release`?"), "{outcome}");
    }

    #[test]
    fn a_path_that_leads_to_nothing_that_can_be_compared_with() {
        let project = bare();
        project.write("notes.txt", "x");
        project.write("broken.yaml", "Resources: [");
        project.write("list.json", "[1]");
        let cases = [
            ("main", "`git:main`"),
            ("liev", "did you mean `live`?"),
            ("prod", "`sluice diff prod OTHER`"),
            ("notes.txt", "notes.txt is neither the folder of a project nor a rendered template"),
            ("stacks", "the folder stacks is no project"),
            ("gone.yaml", "there is no template gone.yaml"),
            ("broken.yaml", "broken.yaml is no template that can be compared with"),
            ("list.json", "list.json is no template that can be compared with"),
        ];
        for (typed, says) in cases {
            let outcome = project.sluice(&format!("{PLAN} {typed}"));
            let code = if outcome.stderr.contains("error[E8011]") { 64 } else { 1 };
            assert!(
                outcome.code == Some(code) && outcome.stderr.contains(says) && outcome.stdout.is_empty(),
                "{outcome}"
            );
        }
        let outcome = project.sluice(&format!("{PLAN} git:"));
        assert!(outcome.code == Some(64) && outcome.stderr.contains("a revision follows `git:`"), "{outcome}");
    }
}
