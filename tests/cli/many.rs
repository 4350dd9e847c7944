//! `sluice plan` of several pipelines, seen from outside.

use super::support::Project;
use super::support::git::repository;
use super::{FILTERS, ORDERS, SPEC};

/// Reads the stream of `orders`, and comes before it in the alphabet.
const AUDITS: &str = "pipeline: audits
owner: commerce-ml

consumers:
  keep:
    from: orders/orders
    code: handlers/keep
    handler: app.handler
    runtime: python3.13
";

const HANDLER: &str = "def handler(event, context):\n    return {\"batchItemFailures\": []}\n";
const AUDITS_SPEC: &str = "stacks/audits/pipeline.yaml";

fn project() -> Project {
    let project = super::orders();
    project.write(AUDITS_SPEC, AUDITS);
    project.write("stacks/audits/handlers/keep/app.py", HANDLER);
    project.write("stacks/refunds/pipeline.yaml", ORDERS.replace("pipeline: orders", "pipeline: refunds"));
    project.write("stacks/refunds/handlers/score/app.py", HANDLER);
    project.write(
        "environments/dev.yaml",
        "environment: dev\ntier: development\naccount: \"111122223333\"\nregions: [eu-west-1]\n",
    );
    repository(&project.path(""));
    project
}

/// One pipeline changed, one without its table, one as it was.
fn edited() -> Project {
    let project = project();
    project.edit(AUDITS_SPEC, "    runtime: python3.13\n", "    runtime: python3.13\n    batch: {parallel: 2}\n");
    project.edit(SPEC, "\ntables:\n  results: {key: order_id, ttl: {attribute: expires_at, after: 30d}}\n", "");
    project.edit(SPEC, "    writes: [results]\n", "");
    project
}

const ALL: &str = "plan --all --env local --detailed-exitcode --against";

#[test]
fn every_pipeline_is_planned_in_the_order_of_deployment_and_summed_up() {
    let outcome = edited().sluice(&format!("{ALL} git:main"));
    assert_eq!(outcome.code, Some(2), "{outcome}");
    insta::with_settings!({filters => FILTERS.to_vec()}, { insta::assert_snapshot!(outcome.to_string()) });
}

#[test]
fn without_a_change_in_any_it_exits_with_0() {
    let outcome = project().sluice(&format!("{ALL} git:main"));
    assert_eq!(outcome.code, Some(0), "{outcome}");
    assert!(outcome.stdout.contains("3 plans, none with changes."), "{outcome}");
}

#[test]
fn one_comment_holds_all() {
    let outcome = edited().sluice(&format!("{ALL} git:main --output markdown"));
    insta::with_settings!({filters => FILTERS.to_vec()}, { insta::assert_snapshot!(outcome.to_string()) });
}

#[test]
fn what_is_wrong_with_one_keeps_nobody_from_being_planned() {
    let project = edited();
    project.edit("stacks/refunds/pipeline.yaml", "from: orders", "from: odrers");
    for output in ["text", "markdown", "json"] {
        let outcome = project.sluice(&format!("{ALL} git:main --output {output}"));
        assert_eq!(outcome.code, Some(1), "{outcome}");
        assert!(
            outcome.stderr.contains("refunds in local cannot be planned")
                && outcome.stderr.contains("did you mean `orders`?"),
            "{outcome}"
        );
        assert!(outcome.stdout.contains("audits") && outcome.stdout.contains("E2002"), "{outcome}");
    }
    let json: serde_json::Value =
        serde_json::from_str(&project.sluice(&format!("{ALL} git:main --output json")).stdout).expect("JSON");
    let names = |list: &str| -> Vec<String> {
        let found = json.pointer(list).and_then(|list| list.as_array()).expect("a list");
        found.iter().map(|one| one["pipeline"].as_str().expect("a name").to_owned()).collect()
    };
    assert_eq!(names("/plans"), ["orders", "audits"]);
    assert_eq!(
        (names("/failed"), names("/summary")),
        (vec!["refunds".to_owned()], vec!["orders".to_owned(), "audits".to_owned(), "refunds".to_owned()])
    );
    assert_eq!(json.get("complete"), Some(&false.into()));
}

#[test]
fn several_names_in_several_environments() {
    let outcome = edited().sluice("plan orders refunds orders --env dev,local --against git:main --output json");
    assert_eq!(outcome.code, Some(0), "{outcome}");
    let json: serde_json::Value = serde_json::from_str(&outcome.stdout).expect("JSON");
    let rows = json["summary"].as_array().expect("rows");
    let rows: Vec<_> = rows
        .iter()
        .map(|row| {
            (
                row["pipeline"].as_str().expect("a name"),
                row["environment"].as_str().expect("a name"),
                row["changes"] == true,
            )
        })
        .collect();
    assert_eq!(
        rows,
        [("orders", "dev", true), ("refunds", "dev", false), ("orders", "local", true), ("refunds", "local", false)]
    );
}

#[test]
fn live_stacks_are_planned_one_after_the_other() {
    let project = project();
    let outcome = project.sluice("deploy orders --env local --yes");
    assert_eq!(outcome.code, Some(0), "{outcome}");
    let outcome = project.sluice("plan --all --env local --detailed-exitcode --output json");
    assert_eq!(outcome.code, Some(2), "{outcome}");
    let json: serde_json::Value = serde_json::from_str(&outcome.stdout).expect("JSON");
    let changes: Vec<_> = json["summary"]
        .as_array()
        .expect("rows")
        .iter()
        .map(|row| (row["pipeline"].as_str().expect("a name"), row["changes"] == true))
        .collect();
    assert_eq!(changes, [("orders", false), ("audits", true), ("refunds", true)]);
}

mod wrong_input {
    use super::*;

    #[test]
    fn several_pipelines_and_none_named() {
        let outcome = project().sluice("plan --env local --against nothing");
        assert!(
            outcome.code == Some(64) && outcome.stderr.contains("there are several pipelines: audits, orders, refunds"),
            "{outcome}"
        );
        assert!(outcome.stderr.contains("--all"), "{outcome}");
    }

    #[test]
    fn a_name_beside_all() {
        let outcome = project().sluice("plan orders --all --env local");
        assert_eq!(outcome.code, Some(64), "{outcome}");
    }

    #[test]
    fn a_name_that_is_none_among_others() {
        let outcome = project().sluice("plan orders rfunds --env local --against nothing --detailed-exitcode");
        assert!(outcome.code == Some(1) && outcome.stderr.contains("did you mean `refunds`?"), "{outcome}");
        assert!(outcome.stdout.contains("orders in local") && outcome.stdout.contains("1 not planned"), "{outcome}");
    }

    #[test]
    fn several_plans_in_one_file() {
        let project = project();
        for several in ["orders refunds --env local", "orders --env local,dev"] {
            let outcome = project.sluice(&format!("plan {several} --out plan.json"));
            assert!(outcome.code == Some(64) && outcome.stderr.contains("E8011"), "{outcome}");
            assert!(!project.path("plan.json").exists(), "{outcome}");
        }
        assert_eq!(project.sluice("plan --all --env local --out plan.json").code, Some(64));
    }

    #[test]
    fn no_environment() {
        let outcome = project().sluice("plan --all --against nothing");
        assert!(outcome.code == Some(64) && outcome.stderr.contains("--env"), "{outcome}");
    }
}
