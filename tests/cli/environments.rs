//! `sluice diff`, seen from outside.

use super::support::{Outcome, Project};
use super::{FILTERS, SPEC};

const STAGING: &str = "environment: staging
tier: staging
account: \"444455556666\"
regions: [eu-west-1]
notify: {email: team@example.com}
permissions_boundary: arn:aws:iam::444455556666:policy/workload-boundary
networks: {private: {subnets: [subnet-0aaaaaaaaaaaaaaa1], security_groups: [sg-0aaaaaaaaaaaaaaa1]}}
";

const PROD: &str = "environment: prod
tier: production
account: \"123456789012\"
regions: [us-east-1]
notify: {email: team@example.com}
permissions_boundary: arn:aws:iam::123456789012:policy/workload-boundary
networks: {private: {subnets: [subnet-0bbbbbbbbbbbbbbb1], security_groups: [sg-0bbbbbbbbbbbbbbb1]}}
gates: {soak: 30m}
tags: {data-class: confidential}
pipelines:
  orders:
    streams: {orders: {capacity: {provisioned: {shards: 24}}}}
    consumers: {score: {batch: {size: 50}}}
";

fn project() -> Project {
    let project = super::orders();
    project.edit(SPEC, "    runtime: python3.13\n", "    runtime: python3.13\n    network: private\n");
    project.write("environments/staging.yaml", STAGING);
    project.write("environments/prod.yaml", PROD);
    project
}

macro_rules! snapshot {
    ($outcome:expr) => {
        insta::with_settings!({filters => FILTERS.to_vec()}, { insta::assert_snapshot!($outcome.to_string()) })
    };
}

fn json(outcome: &Outcome) -> serde_json::Value {
    serde_json::from_str(&outcome.stdout).expect("is JSON")
}

#[test]
fn what_is_meant_stands_by_its_line_and_the_rest_is_counted() {
    let outcome = project().sluice("diff staging prod --detailed-exitcode");
    assert_eq!(outcome.code, Some(2), "{outcome}");
    snapshot!(outcome);
}

#[test]
fn as_markdown() {
    snapshot!(project().sluice("diff staging prod orders --output markdown"));
}

#[test]
fn environments_that_differ_only_in_where_they_are_are_alike() {
    let project = project();
    project.write(
        "environments/other.yaml",
        STAGING
            .replace("staging\ntier", "other\ntier")
            .replace("444455556666", "777788889999")
            .replace("eu-west-1", "eu-central-1")
            .replace("0aaa", "0ccc"),
    );
    let outcome = project.sluice("diff staging other --detailed-exitcode");
    assert_eq!(outcome.code, Some(0), "{outcome}");
    assert!(outcome.stdout.contains("Nothing is meant to differ."), "{outcome}");
    let json = json(&project.sluice("diff staging other --output json"));
    assert_eq!(json.get("differs"), Some(&false.into()));
    assert!(json.pointer("/derived/values").and_then(|values| values.as_u64()).expect("a number") > 10, "{json:#}");
}

#[test]
fn there_and_back_tell_the_same_differences() {
    let project = project();
    let count = |arguments: &str| {
        let json = json(&project.sluice(arguments));
        let deliberate = json["deliberate"].as_array().expect("a list").clone();
        let values = |found: &serde_json::Value| -> usize {
            let resources = found["resources"].as_array().expect("a list");
            resources.iter().map(|resource| resource["changes"].as_array().expect("a list").len().max(1)).sum::<usize>()
        };
        (deliberate.len(), deliberate.iter().map(values).sum::<usize>())
    };
    assert_eq!(count("diff staging prod --output json"), count("diff prod staging --output json"));
}

#[test]
fn settings_that_only_fit_together_are_told_together() {
    let project = project();
    project.edit(SPEC, "    writes: [results]", "    filters: [{data: {shop: [1]}}]\n    writes: [results]");
    project.edit(
        "environments/prod.yaml",
        "batch: {size: 50}",
        "batch: {parallel: null, tumbling: 60s}, filters: null",
    );
    let told = |arguments: &str| -> Vec<String> {
        let json = json(&project.sluice(arguments));
        let paths = |found: &serde_json::Value| -> String {
            let settings = found["settings"].as_array().expect("a list");
            let paths = settings.iter().map(|setting| setting["path"].as_str().expect("a path"));
            paths.filter_map(|path| path.strip_prefix("consumers.score.")).collect::<Vec<_>>().join(" and ")
        };
        let all = json["deliberate"].as_array().expect("a list");
        all.iter().map(paths).filter(|paths| !paths.is_empty()).collect()
    };
    // A window does not go with filters: it is told with the filters that it makes go.
    assert_eq!(told("diff staging prod --output json"), ["batch.parallel", "batch.tumbling and filters"]);
    // The other way round each fits what is there so far.
    assert_eq!(told("diff prod staging --output json"), ["batch.tumbling", "batch.parallel", "filters"]);
}

#[test]
fn every_pipeline_of_this_repository_is_told_apart_in_every_two_environments() {
    let project = Project::of_this_repository();
    for pipeline in ["fraud-detection", "personalization", "observability", "multi-model-inference"] {
        for (before, after) in [("dev", "prod"), ("staging", "prod"), ("prod", "local")] {
            let outcome =
                project.sluice(&format!("diff {before} {after} {pipeline} --output json --detailed-exitcode"));
            assert_eq!(outcome.code, Some(2), "{outcome}");
            let json = json(&outcome);
            let tier = json["deliberate"]
                .as_array()
                .expect("a list")
                .iter()
                .any(|found| found["settings"][0]["kind"] == "tier");
            assert_eq!(tier, (before, after) != ("dev", "local"), "{outcome}");
        }
    }
}

mod wrong_input {
    use super::*;

    #[test]
    fn one_environment_twice() {
        snapshot!(project().sluice("diff prod prod"));
    }

    #[test]
    fn an_environment_that_is_not_there() {
        snapshot!(project().sluice("diff stagng prod"));
    }

    #[test]
    fn one_environment_only() {
        let outcome = project().sluice("diff prod");
        assert!(outcome.code == Some(64) && outcome.stderr.contains("ENV_B"), "{outcome}");
    }

    #[test]
    fn what_is_wrong_in_both_is_told_once() {
        let project = project();
        project.edit(SPEC, "from: orders", "from: odrers");
        let outcome = project.sluice("diff staging prod");
        assert_eq!((outcome.code, outcome.stderr.matches("error[E2002]").count()), (Some(1), 1), "{outcome}");
    }
}
