//! The command line, seen from outside: one snapshot of stdout, stderr and exit code per case.
#![expect(clippy::disallowed_methods, clippy::expect_used, reason = "tests make the files that the program reads")]

mod support;

use support::{Outcome, Project};

const SPEC: &str = "stacks/orders/pipeline.yaml";

/// A small pipeline that passes its check.
const ORDERS: &str = "pipeline: orders
owner: commerce-ml

streams:
  orders: {capacity: on-demand}

tables:
  results: {key: order_id, ttl: {attribute: expires_at, after: 30d}}

consumers:
  score:
    from: orders
    code: handlers/score
    handler: app.handler
    runtime: python3.13
    batch: {size: 20, parallel: 4}
    writes: [results]
";

const LOCAL: &str = "environment: local
tier: development
target: embedded
account: \"000000000000\"
regions: [eu-west-1]
";

/// Returns a project with the small pipeline.
fn orders() -> Project {
    let project = Project::empty();
    project.write(SPEC, ORDERS);
    project.write(
        "stacks/orders/handlers/score/app.py",
        "def handler(event, context):\n    return {\"batchItemFailures\": []}\n",
    );
    project.write("environments/local.yaml", LOCAL);
    project
}

/// Checks the small pipeline with one thing changed: it is refused, and nothing is written.
fn refused(change: impl FnOnce(&Project)) -> Outcome {
    let project = orders();
    change(&project);
    let before = project.files();
    let outcome = project.sluice("check orders --env local");
    assert_eq!(outcome.code, Some(1), "{outcome}");
    assert!(outcome.stdout.is_empty(), "{outcome}");
    assert!(!outcome.stderr.contains("panicked"), "{outcome}");
    assert_eq!(project.files(), before, "nothing is written");
    outcome
}

/// What changes with every refinement of templates or of the embedded cloud's pace, and is proven elsewhere.
const FILTERS: &[(&str, &str)] = &[
    (r"template [0-9a-f]{12}", "template [DIGEST]"),
    (r"(in|about|after|took) (\d+h )?(\d+m )?[\d.]+s", "$1 [TIME]"),
    (r"(\d+h )?(\d+m )?[\d.]+s when", "[TIME] when"),
    (r"\d{4}-\d\d-\d\dT[\d:.]+Z", "[MOMENT]"),
    (r"scalingPolicy:[0-9a-f-]{36}", "scalingPolicy:[ID]"),
];

macro_rules! snapshot {
    ($outcome:expr) => {
        insta::assert_snapshot!($outcome.to_string())
    };
}

mod basics {
    use super::*;

    #[test]
    fn version() {
        snapshot!(Project::empty().sluice("--version"));
    }

    #[test]
    fn unknown_command_is_a_usage_error() {
        let outcome = Project::empty().sluice("deplyo fraud-detection");
        assert_eq!(outcome.code, Some(64), "{outcome}");
        snapshot!(outcome);
    }

    #[test]
    fn outside_of_a_project_it_says_what_a_project_is() {
        snapshot!(Project::empty().sluice("check"));
    }

    #[test]
    fn explain_a_code() {
        snapshot!(Project::empty().sluice("explain e1009"));
    }

    #[test]
    fn explain_an_unknown_code() {
        snapshot!(Project::empty().sluice("explain E1099"));
    }

    #[test]
    fn schemas_are_json_and_name_their_fields() {
        let fields = [("pipeline", "PipelineFile", "consumers"), ("environment", "EnvironmentSpec", "promotes_from")];
        for (of, kind, field) in fields {
            let outcome = Project::empty().sluice(&format!("schema {of}"));
            let schema: serde_json::Value = serde_json::from_str(&outcome.stdout).expect("a schema is JSON");
            assert!(schema.pointer(&format!("/$defs/{kind}/properties/{field}")).is_some(), "{outcome}");
        }
    }
}

mod producers {
    use super::*;

    const EVENT: &str = r#"{"Records": [
        {"kinesis": {"data": "eyJvcmRlcl9pZCI6ICJvLTEifQ=="}, "eventSourceARN": "arn:aws:kinesis:eu-west-1:1:stream/orders-dev-orders"}
    ]}"#;

    const TRAFFIC: &str = "traffic:
  orders: {steady: 100/s, peak: 2k/s, burst: 5m, record: 4 KiB, key: {field: shop_id, distinct: 400, hottest: 10%}}

streams:";

    fn project() -> Project {
        let project = orders();
        project.edit(SPEC, "streams:", TRAFFIC);
        project.write("stacks/orders/events/ordinary.json", EVENT);
        project
    }

    fn read(project: &Project, name: &str) -> String {
        std::fs::read_to_string(project.path(&format!("handed-over/{name}"))).expect("is written")
    }

    #[test]
    fn a_page_says_what_to_put_where_and_how() {
        snapshot!(project().sluice("producer orders --env local"));
    }

    #[test]
    fn page_and_policy_are_kept_as_files() {
        let project = project();
        let outcome = project.sluice("producer --env local --output markdown --out handed-over");
        assert_eq!(outcome.code, Some(0), "{outcome}");
        assert_eq!(read(&project, "producer.md"), outcome.stdout);
        let policy: serde_json::Value =
            serde_json::from_str(&read(&project, "producer-policy.json")).expect("a policy is JSON");
        let json: serde_json::Value =
            serde_json::from_str(&project.sluice("producer --env local --output json").stdout).expect("JSON");
        assert_eq!(json.pointer("/producers/0/policy"), Some(&policy));
        assert_eq!(json.pointer("/producers/0/key/verdict"), Some(&"tight".into()));
    }
}

mod capacity {
    use super::*;

    const TRAFFIC: &str = "traffic:
  orders: {steady: 100/s, peak: 2k/s, burst: 5m, record: 4 KiB, key: {field: shop_id, distinct: 400, hottest: 10%}}

latency: {target: 800ms, class: low}

streams:";

    fn project() -> Project {
        let project = orders();
        project.edit(SPEC, "streams:", TRAFFIC);
        project.edit(SPEC, "    writes: [results]", "    writes: [results]\n    work: {fixed: 20ms, per_record: 5ms}");
        project
    }

    #[test]
    fn every_stage_is_reckoned_and_what_would_be_chosen_is_told() {
        snapshot!(project().sluice("capacity orders --env local --outage 10m"));
    }

    #[test]
    fn decisions_are_laid_open() {
        snapshot!(project().sluice("decide --env local"));
    }

    #[test]
    fn without_traffic_it_says_what_to_declare() {
        snapshot!(orders().sluice("capacity --env local"));
    }

    #[test]
    fn another_load_takes_the_place_of_the_declared_one() {
        let outcome = project().sluice("capacity --env local --traffic 500G/day --output json");
        assert_eq!(outcome.code, Some(0), "{outcome}");
        let found: serde_json::Value = serde_json::from_str(&outcome.stdout).expect("JSON");
        let raised = found.pointer("/assessment/quotas").and_then(|quotas| quotas.as_array()).expect("quotas");
        assert!(raised.iter().any(|quota| quota["raise"] == true), "{outcome}");
        let markdown = project().sluice("decide --env local --traffic 1000000000T/s --output markdown");
        assert!(markdown.code == Some(0) && !markdown.stdout.contains("NaN"), "{markdown}");
    }

    #[test]
    fn a_load_that_is_none_is_refused() {
        for (typed, help) in [
            ("capacity --env local --traffic 0/s", "500G/day"),
            ("capacity --env local --traffic 500B/day", "500G/day"),
            ("capacity --env local --traffic 30k/m", "30k/min"),
            ("capacity --env local --outage 30", "30s"),
            ("decide --env local --traffic 1200", "1200/s"),
        ] {
            let outcome = project().sluice(typed);
            assert_eq!(outcome.code, Some(64), "{outcome}");
            assert!(outcome.stderr.contains("E8011") && outcome.stderr.contains(help), "{outcome}");
        }
        let outcome = orders().sluice("capacity --env local --traffic 500G/day");
        assert_eq!(outcome.code, Some(64), "{outcome}");
        snapshot!(outcome);
    }
}

mod check {
    use super::*;

    #[test]
    fn a_sound_pipeline_passes() {
        snapshot!(orders().sluice("check orders --env local"));
    }

    #[test]
    fn every_pipeline_of_this_repository_passes_in_every_environment() {
        snapshot!(Project::of_this_repository().sluice("check"));
    }

    #[test]
    fn unknown_field() {
        snapshot!(refused(|project| project.edit(SPEC, "runtime:", "runtme:")));
    }

    #[test]
    fn duplicate_field() {
        snapshot!(refused(|project| project.edit(
            SPEC,
            "    handler: app.handler\n",
            "    handler: a.b\n    handler: c.d\n"
        )));
    }

    #[test]
    fn two_stages_with_one_name() {
        let twice = "  orders: {capacity: on-demand}\n  orders: {capacity: auto}\n";
        snapshot!(refused(|project| project.edit(SPEC, "  orders: {capacity: on-demand}\n", twice)));
    }

    #[test]
    fn wrong_unit() {
        snapshot!(refused(|project| project.edit(SPEC, "after: 30d", "after: 30 dayz")));
    }

    #[test]
    fn several_mistakes_in_one_run() {
        snapshot!(refused(|project| {
            project.edit(SPEC, "from: orders", "from: order");
            project.edit(SPEC, "writes: [results]", "writes: [result]");
            project.edit(SPEC, "handlers/score", "handlers/none");
        }));
    }

    #[test]
    fn a_consumer_of_a_stream_that_is_not_there() {
        snapshot!(refused(|project| project.edit(SPEC, "from: orders", "from: ordrs")));
    }

    #[test]
    fn a_cycle_of_streams() {
        snapshot!(refused(|project| project.edit(SPEC, "    writes: [results]\n", "    late_to: orders\n")));
    }

    #[test]
    fn a_name_too_long_for_aws() {
        let long = format!("pipeline: {}", "o".repeat(60));
        snapshot!(refused(|project| project.edit(SPEC, "pipeline: orders", &long)));
    }

    #[test]
    fn shards_out_of_range() {
        snapshot!(refused(|project| project.edit(SPEC, "on-demand", "{provisioned: {shards: 0}}")));
    }

    #[test]
    fn a_yaml_bomb() {
        let mut bomb = "a0: &a0 [x, x]\n".to_owned();
        for level in 1..40 {
            let below = level - 1;
            bomb.push_str(&format!("a{level}: &a{level} [*a{below}, *a{below}]\n"));
        }
        snapshot!(refused(|project| project.write(SPEC, &bomb)));
    }

    #[test]
    fn deep_nesting() {
        let deep = format!("pipeline: {}{}\n", "[".repeat(10_000), "]".repeat(10_000));
        let outcome = refused(|project| project.write(SPEC, &deep));
        assert!(outcome.stderr.contains("E1012"), "{outcome}");
    }

    #[test]
    fn not_utf_8() {
        snapshot!(refused(|project| project.write(SPEC, b"pipeline: caf\xe9\n")));
    }

    #[test]
    fn fifty_megabytes() {
        snapshot!(refused(|project| project.write(SPEC, vec![b'#'; 50 << 20])));
    }

    #[test]
    fn a_missing_handler_folder() {
        snapshot!(refused(|project| project.edit(SPEC, "handlers/score", "handlers/scor")));
    }

    #[test]
    fn a_handler_that_leaves_the_project() {
        snapshot!(refused(|project| project.edit(SPEC, "handlers/score", "../../../etc")));
    }

    #[cfg(unix)]
    #[test]
    fn a_loop_of_symbolic_links() {
        snapshot!(refused(|project| {
            let link = project.path("stacks/orders/handlers/score/again");
            std::os::unix::fs::symlink(project.path("stacks/orders/handlers/score"), link).expect("a link can be made");
        }));
    }

    #[test]
    fn values_full_of_traps_are_values() {
        let project = orders();
        project.edit(
            SPEC,
            "owner: commerce-ml",
            "owner: commerce-ml\ndescription: \"{{json x}} {{{y}}} \\\" ' \\n !Ref A ${B}\"",
        );
        let checked = project.sluice("check orders --env local");
        assert_eq!(checked.code, Some(0), "{checked}");
        let rendered = project.sluice("render orders --env local --output json");
        let template: serde_json::Value = serde_json::from_str(&rendered.stdout).expect("a template is JSON");
        let description = template.get("Description").and_then(serde_json::Value::as_str).unwrap_or_default();
        assert!(description.contains("{{json x}} {{{y}}} \" ' \n !Ref A ${B}"), "{rendered}");
    }

    #[test]
    fn a_tag() {
        snapshot!(refused(|project| project.edit(SPEC, "owner: commerce-ml", "owner: !Ref Owner")));
    }

    #[test]
    fn an_environment_with_an_unknown_field_and_a_wrong_account() {
        snapshot!(refused(|project| project.edit("environments/local.yaml", "tier: development", "teir: development")));
        snapshot!(refused(|project| project.edit("environments/local.yaml", "\"000000000000\"", "\"12345\"")));
    }

    #[test]
    fn an_overlay_with_a_mistake_is_told_at_the_overlay() {
        snapshot!(refused(|project| {
            let overlay = "pipelines:\n  orders: {streams: {orders: {retention: 7 dayz}}}\n";
            project.write("environments/local.yaml", format!("{LOCAL}{overlay}"));
        }));
    }

    #[test]
    fn json_has_what_the_text_has() {
        let project = orders();
        project.edit(SPEC, "runtime:", "runtme:");
        let outcome = project.sluice("check orders --env local --output json");
        let report: serde_json::Value = serde_json::from_str(&outcome.stdout).expect("the report is JSON");
        assert_eq!(report.pointer("/diagnostics/0/line"), Some(&15.into()), "{outcome}");
        assert_eq!(outcome.code, Some(1));
    }

    #[test]
    fn sarif_points_at_the_line() {
        let project = orders();
        project.edit(SPEC, "runtime:", "runtme:");
        let outcome = project.sluice("check orders --env local --output sarif");
        let log: serde_json::Value = serde_json::from_str(&outcome.stdout).expect("the log is JSON");
        let line = log.pointer("/runs/0/results/0/locations/0/physicalLocation/region/startLine");
        assert_eq!(line, Some(&15.into()), "{outcome}");
    }
}

mod readiness {
    use super::*;

    const PROD: &str = "environment: prod
tier: production
target: aws
account: \"123456789012\"
regions: [eu-west-1]
notify: {email: oncall@example.com}
pipelines:
  orders:
    # kept apart on purpose
    consumers: {score: {failure: {bisect: false}}}  # until the spring
";

    /// The small pipeline in production, with settings that its rules do not like.
    fn project() -> Project {
        let project = orders();
        project.write("environments/prod.yaml", PROD);
        let batch = "    batch: {size: 20, parallel: 4}\n";
        let more = "    # as often as it takes\n    failure:\n      retries: 10000   # was 5\n      max_age: 1h\n";
        project.edit(SPEC, batch, &format!("{batch}{more}"));
        project
    }

    fn read(project: &Project, file: &str) -> String {
        std::fs::read_to_string(project.path(file)).expect("is there")
    }

    #[test]
    fn findings_stand_at_their_lines_with_scores_and_the_level() {
        let outcome = project().sluice("check orders --env prod");
        assert_eq!(outcome.code, Some(1), "{outcome}");
        snapshot!(outcome);
    }

    #[test]
    fn a_fix_goes_into_the_file_that_set_the_value_and_leaves_the_rest_as_it_was() {
        let project = project();
        let (pipeline, overlay) = (read(&project, SPEC), read(&project, "environments/prod.yaml"));
        let outcome = project.sluice("check orders --env prod --fix");
        assert_eq!(outcome.code, Some(0), "{outcome}");
        assert_eq!(read(&project, SPEC), pipeline.replace("retries: 10000 ", "retries: 3 "));
        assert_eq!(read(&project, "environments/prod.yaml"), overlay.replace("bisect: false", "bisect: true"));
        for told in ["wrote `3` at `consumers.score.failure.retries` (R6040)", "(R6041)"] {
            assert!(outcome.stderr.contains(told), "{outcome}");
        }
        let files = project.files();
        let again = project.sluice("check orders --env prod --fix");
        assert!(again.stderr.contains("nothing to fix"), "{again}");
        assert_eq!(project.files(), files, "nothing is written twice");
    }

    #[test]
    fn a_file_that_cannot_be_changed_alone_is_left_and_told() {
        let project = project();
        let anchored = "    failure: &policy\n      retries: 10000   # was 5\n";
        project.edit(SPEC, "    failure:\n      retries: 10000   # was 5\n", anchored);
        let more = "  again: {from: orders, code: handlers/score, handler: app.handler, failure: *policy}\n";
        let text = read(&project, SPEC);
        project.write(SPEC, format!("{text}{more}"));
        let before = read(&project, SPEC);
        let outcome = project.sluice("check orders --env prod --fix");
        assert_eq!(outcome.code, Some(1), "{outcome}");
        assert!(outcome.stderr.contains("left `consumers.score.failure.retries` as it is (R6040)"), "{outcome}");
        assert_eq!(read(&project, SPEC), before);
    }

    #[test]
    fn a_suppression_is_counted_and_one_that_is_over_is_told() {
        let project = project();
        let entry = |until: &str| {
            format!(
                "readiness:\n  suppress:\n    - {{rule: R6040, stage: consumers.score, reason: tried, until: {until}}}\n"
            )
        };
        let text = read(&project, SPEC);
        project.write(SPEC, format!("{text}{}", entry("2027-01-01")));
        let quiet = project.sluice("check orders --env prod");
        assert_eq!(quiet.code, Some(0), "{quiet}");
        let told = quiet.stdout.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(told.contains("suppressed R6040") && told.contains("until 2027-01-01: tried"), "{quiet}");
        project.write(SPEC, format!("{text}{}", entry("2025-12-31")));
        let over = project.sluice("check orders --env prod");
        assert_eq!(over.code, Some(1), "{over}");
        assert!(over.stderr.contains("W2013") && over.stderr.contains("R6040"), "{over}");
    }

    #[test]
    fn a_suppression_of_what_is_not_there_is_refused() {
        for (entry, code) in [
            ("{rule: R6999, reason: x, until: 2027-01-01}", "E1008"),
            ("{rule: R6040, stage: consumers.scor, reason: x, until: 2027-01-01}", "E2002"),
            ("{rule: R6040, until: 2027-01-01}", "E1006"),
        ] {
            let project = project();
            let text = read(&project, SPEC);
            project.write(SPEC, format!("{text}readiness: {{suppress: [{entry}]}}\n"));
            let outcome = project.sluice("check orders --env prod");
            assert_eq!(outcome.code, Some(1), "{outcome}");
            assert!(outcome.stderr.contains(code), "{outcome}");
        }
    }

    #[test]
    fn junit_has_a_suite_for_files_and_one_for_each_pair_with_a_case_for_each_rule() {
        let outcome = project().sluice("check orders --output junit");
        assert_eq!(outcome.code, Some(1), "{outcome}");
        for part in [
            "<testsuite name=\"files\" tests=\"0\"",
            "<testsuite name=\"orders in local\"",
            "<testcase classname=\"orders.prod\" name=\"R6040 a failed record is tried as good as for ever\">",
            "<failure type=\"R6040\"",
        ] {
            assert!(outcome.stdout.contains(part), "{part}: {outcome}");
        }
    }

    #[test]
    fn json_has_scores_and_levels_beside_the_findings() {
        let outcome = project().sluice("check --all --output json");
        let document: serde_json::Value = serde_json::from_str(&outcome.stdout).expect("is JSON");
        let prod = document.pointer("/readiness/1").expect("the second pair");
        assert_eq!(prod.pointer("/environment"), Some(&"prod".into()));
        assert!(prod.pointer("/scores/0/percent").is_some_and(serde_json::Value::is_u64), "{prod:#}");
        assert_eq!(prod.pointer("/maturity/level"), Some(&2.into()));
        // What two environments say of one line is told once, as bad as in the stricter one.
        let of = |code: &str| {
            let found = document["diagnostics"].as_array().expect("a list").iter();
            found.filter(|one| one["code"] == code).map(|one| one["severity"].clone()).collect::<Vec<_>>()
        };
        assert_eq!(of("R6040"), ["error"]);
    }
}

mod render {
    use super::*;

    #[test]
    fn the_same_input_gives_the_same_bytes() {
        let (one, two) = (Project::of_this_repository(), Project::of_this_repository());
        let [one, two] = [one, two].map(|project| project.sluice("render fraud-detection --env local"));
        assert_eq!(one.code, Some(0), "{one}");
        assert_eq!(one.stdout, two.stdout);
        assert!(one.stdout.contains("AWS::Kinesis::Stream"), "{one}");
    }
}

mod escape_hatch {
    use super::*;

    /// The small pipeline with a queue that everybody may send to.
    fn open_to_everybody() -> Project {
        let project = orders();
        let patch = "cloudformation:
  patch:
    ConsumerScoreFailedRecordsPolicy:
      PolicyDocument:
        Statement:
          - Effect: Allow
            Principal: \"*\"
            Action: sqs:SendMessage
            Resource: {\"Fn::GetAtt\": [ConsumerScoreFailedRecords, Arn]}
";
        project.write(SPEC, format!("{ORDERS}\n{patch}"));
        project
    }

    #[test]
    fn a_warning_about_the_template_is_shown_by_every_command_that_renders_it() {
        let project = open_to_everybody();
        for command in ["check", "render", "plan --against nothing", "plan", "deploy --yes"] {
            let (verb, flags) = command.split_once(' ').unwrap_or((command, ""));
            let outcome = project.sluice(&format!("{verb} orders --env local {flags}"));
            assert_eq!(outcome.code, Some(0), "{outcome}");
            assert_eq!(outcome.stderr.matches("warning[E3034]").count(), 1, "{outcome}");
            assert!(outcome.stderr.contains("stacks/orders/pipeline.yaml:22:"), "{outcome}");
        }
    }

    #[test]
    fn a_plan_says_what_was_patched_added_and_shadowed() {
        let project = orders();
        let built_in = include_str!("../templates/dashboard.yaml.hbs");
        project.write("templates/dashboard.yaml.hbs", format!("# ours\n{built_in}"));
        let hatch = "cloudformation:
  patch:
    StreamOrders: {RetentionPeriodHours: 48}
  resources:
    Extra: {Type: \"AWS::SQS::Queue\"}
";
        project.write(SPEC, format!("{ORDERS}\n{hatch}"));
        let outcome = project.sluice("plan orders --env local --against nothing");
        for words in [
            "patched by cloudformation.patch.StreamOrders at stacks/orders/pipeline.yaml:21:5",
            "added by cloudformation.resources.Extra at stacks/orders/pipeline.yaml:23:5",
            "made by templates/dashboard.yaml.hbs instead of the built-in template",
        ] {
            assert_eq!(outcome.stdout.matches(words).count(), 1, "{words}: {outcome}");
        }
        let json = project.sluice("plan orders --env local --against nothing --output json");
        assert!(json.stdout.contains("\"spec_path\": \"cloudformation.patch.StreamOrders\""), "{json}");
    }

    #[test]
    fn a_plan_says_what_is_left_out_before_there_is_a_stack_and_once_there_is_one() {
        let project = orders();
        let flat = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
        let left_out = "left out by cloudformation.patch.Dashboard at stacks/orders/pipeline.yaml:21:5";
        assert_eq!(project.sluice("deploy orders --env local --yes").code, Some(0));
        project.write(SPEC, format!("{ORDERS}\ncloudformation:\n  patch:\n    Dashboard: null\n"));
        let first = project.sluice("plan orders --env local --against nothing");
        assert!(flat(&first.stdout).contains(&format!("Not made Dashboard {left_out}")), "{first}");
        let removal = project.sluice("plan orders --env local");
        assert!(flat(&removal.stdout).contains(left_out), "{removal}");
        assert!(!removal.stdout.contains("Not made"), "{removal}");
        for against in ["", "--against nothing"] {
            let json = project.sluice(&format!("plan orders --env local --output json {against}"));
            assert!(json.stdout.contains("\"left_out\": ["), "{json}");
            let markdown = project.sluice(&format!("plan orders --env local --output markdown {against}"));
            assert!(markdown.stdout.contains("left out by cloudformation.patch.Dashboard"), "{markdown}");
        }
    }

    #[test]
    fn what_a_service_refuses_is_told_at_the_patch_and_what_is_wrong_as_a_whole_at_the_pipeline() {
        let project = orders();
        project.write(
            SPEC,
            format!("{ORDERS}\ncloudformation:\n  patch:\n    StreamOrders: {{RetentionPeriodHours: 23}}\n"),
        );
        let refused = project.sluice("check orders --env local");
        assert_eq!(refused.code, Some(1), "{refused}");
        assert!(refused.stderr.contains("error[E3035]"), "{refused}");
        assert!(refused.stderr.contains("stacks/orders/pipeline.yaml:21:42"), "{refused}");
        let circle = "cloudformation:
  resources:
    One: {Type: \"AWS::SQS::Queue\", DependsOn: [Other]}
    Other: {Type: \"AWS::SQS::Queue\", DependsOn: [One]}
";
        project.write(SPEC, format!("{ORDERS}\n{circle}"));
        let whole = project.sluice("check orders --env local");
        assert!(whole.stderr.contains("circular dependency: One"), "{whole}");
        assert!(whole.stderr.contains("stacks/orders/pipeline.yaml:1:"), "{whole}");
        assert!(whole.stderr.contains("pipeline `orders` in environment `local`"), "{whole}");
    }

    #[test]
    fn a_right_without_bounds_is_refused_outside_of_development() {
        let project = open_to_everybody();
        project.edit("environments/local.yaml", "tier: development", "tier: staging");
        let outcome = project.sluice("check orders --env local");
        assert_eq!(outcome.code, Some(1), "{outcome}");
        assert!(outcome.stderr.contains("error[E3034]"), "{outcome}");
    }
}

mod graph {
    use super::*;

    #[test]
    fn the_small_pipeline_in_every_form() {
        let project = orders();
        for (form, begins) in
            [("mermaid", "flowchart LR\n"), ("dot", "digraph \"orders\" {"), ("svg", "<svg "), ("json", "{\n")]
        {
            let outcome = project.sluice(&format!("graph orders --output {form}"));
            assert_eq!(outcome.code, Some(0), "{outcome}");
            assert!(outcome.stdout.starts_with(begins) && outcome.stdout.contains("results"), "{outcome}");
        }
    }

    #[test]
    fn a_file_says_by_its_ending_what_it_is_and_a_page_keeps_the_rest() {
        let project = orders();
        project.write("README.md", "# orders\n<!-- topology -->\n<!-- /topology -->\nrest\n");
        for file in ["orders.svg", "orders.dot", "orders.json", "README.md"] {
            assert_eq!(project.sluice(&format!("graph --env local --out {file}")).code, Some(0), "{file}");
        }
        let read = |file: &str| std::fs::read_to_string(project.path(file)).expect("was written");
        assert!(read("orders.svg").starts_with("<svg ") && read("orders.dot").starts_with("digraph "));
        assert!(read("orders.json").starts_with('{'));
        let page = read("README.md");
        assert!(page.contains("```mermaid\nflowchart LR\n") && page.ends_with("<!-- /topology -->\nrest\n"), "{page}");
        project.write("other.md", "# no place\n");
        let outcome = project.sluice("graph --out other.md");
        assert_eq!((outcome.code, read("other.md").as_str()), (Some(1), "# no place\n"), "{outcome}");
        let outcome = project.sluice("graph --out orders.png");
        assert!(outcome.stderr.contains("`.svg`"), "{outcome}");
        assert_eq!((outcome.code, project.path("orders.png").exists()), (Some(1), false), "{outcome}");
    }
}

mod deployments {
    use super::*;

    const FRAUD: &str = "stacks/fraud-detection/pipeline.yaml";

    #[test]
    fn a_first_plan_needs_no_credentials() {
        let outcome = Project::of_this_repository().sluice("plan fraud-detection --env local --against nothing");
        step("first_plan", &outcome, 0);
    }

    /// Snapshots one step of a stack's life, its list of resources and its events counted.
    fn step(name: &str, outcome: &Outcome, code: i32) {
        assert_eq!(outcome.code, Some(code), "{outcome}");
        insta::with_settings!({filters => FILTERS.to_vec()}, { insta::assert_snapshot!(name, outcome.folded()) });
    }

    #[test]
    fn a_stack_lives_from_creation_to_removal() {
        let project = Project::of_this_repository();
        step("life_1_deploy", &project.sluice("deploy fraud-detection --env local --yes"), 0);
        step("life_2_nothing_to_do", &project.sluice("deploy fraud-detection --env local --yes"), 0);
        step("life_3_status", &project.sluice("status fraud-detection --env local"), 0);
        project.edit(FRAUD, "parallel: 4", "parallel: 8");
        step("life_4_plan", &project.sluice("plan fraud-detection --env local --detailed-exitcode"), 2);
        step("life_5_update", &project.sluice("deploy fraud-detection --env local --yes"), 0);
        let plan = project.sluice("plan fraud-detection --env local --detailed-exitcode");
        assert_eq!(plan.code, Some(0), "{plan}");
        step("life_6_destroy", &project.sluice("destroy fraud-detection --env local --yes"), 0);
        step("life_7_gone", &project.sluice("status fraud-detection --env local"), 0);
    }

    #[test]
    fn load_meets_the_handlers_at_their_measured_work() {
        let project = Project::of_this_repository();
        let outcome = project.sluice("deploy fraud-detection --env local --yes");
        assert_eq!(outcome.code, Some(0), "{outcome}");
        let load = "embedded records fraud-detection-local-transactions --rate 1000/s --for 30m --env local";
        let outcome = project.sluice(load);
        assert_eq!(outcome.code, Some(0), "{outcome}");
        let status = project.sluice("embedded status --env local --output json");
        let status: serde_json::Value = serde_json::from_str(&status.stdout).expect("the status is JSON");
        let capacity = status.pointer("/consumers/0/capacity").and_then(serde_json::Value::as_f64).expect("a capacity");
        // work: {fixed: 5ms, per_record: 100us}, batches of 10, 30 ms between batches: a lane reads 10 in 36 ms.
        let lanes = capacity / (10.0 / 0.036);
        assert!((lanes - lanes.round()).abs() < 1e-6 && lanes >= 1.0, "{capacity}");
    }

    /// Puts objects into the archive's bucket of the local environment; returns the bucket's name.
    fn put_into_archive(project: &Project, keys: &[&str]) -> String {
        use std::sync::Arc;

        use sluicegate::embedded::{EmbeddedCloud, Request, Settings, Speed};
        use sluicegate::units::{AccountId, EnvironmentName, Region, Timestamp};
        use sluicegate::workspace::{StandingClock, StateStore};
        let start = Timestamp::parse("2026-01-01T00:00:00Z").expect("a moment");
        let settings = Settings {
            account: AccountId::new("000000000000").expect("an account"),
            region: Region::new("eu-west-1").expect("a region"),
            environment: EnvironmentName::new("local").expect("a name"),
            speed: Speed::Real,
        };
        let store = StateStore::folder(project.path(".sluice/embedded/local"));
        let cloud = EmbeddedCloud::open(store, settings, Arc::new(StandingClock::at(start)));
        let ask = |method: &str, path: &str, body: &'static str| Request {
            method: method.to_owned(),
            host: "s3.eu-west-1.amazonaws.com".to_owned(),
            path: path.to_owned(),
            query: String::new(),
            headers: http::HeaderMap::new(),
            body: body.into(),
        };
        let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
        runtime.block_on(async {
            let listed = cloud.handle(ask("GET", "/", "")).await.expect("the buckets");
            let listed = String::from_utf8_lossy(&listed.body).into_owned();
            let names = listed.split("<Name>").filter_map(|part| part.split("</Name>").next());
            let bucket = names.into_iter().find(|name| name.contains("-transactions")).expect("an archive").to_owned();
            for key in keys {
                let put = cloud.handle(ask("PUT", &format!("/{bucket}/{key}"), "records")).await.expect("an answer");
                assert!(put.is_success());
            }
            bucket
        })
    }

    #[test]
    fn a_development_environment_is_left_empty_even_where_objects_were_written() {
        let project = Project::of_this_repository();
        let outcome = project.sluice("deploy fraud-detection --env local --yes");
        assert_eq!(outcome.code, Some(0), "{outcome}");
        let bucket = put_into_archive(&project, &["a.gz", "b/c.gz"]);
        let outcome = project.sluice("destroy fraud-detection --env local --yes");
        assert_eq!(outcome.code, Some(0), "{outcome}");
        assert!(outcome.stderr.contains("Emptied first, every version"), "{outcome}");
        assert!(outcome.stderr.contains(&format!("{bucket}  2 objects")), "{outcome}");
        let status = project.sluice("status fraud-detection --env local");
        assert!(status.stdout.contains("is not deployed"), "{status}");
    }

    #[test]
    fn a_reader_of_another_pipelines_stream_is_deployed_after_it() {
        let project = Project::empty();
        assert_eq!(project.sluice("init . --stack observability").code, Some(0));
        let plan = project.sluice("plan observability --env local");
        assert_eq!((plan.code, plan.stderr.matches("warning[E5008]").count()), (Some(0), 1), "{plan}");
        let deploy = project.sluice("deploy observability --env local --yes");
        assert_eq!((deploy.code, deploy.stderr.matches("error[E5008]").count()), (Some(1), 1), "{deploy}");
        assert!(deploy.stderr.contains("`sluice deploy fraud-detection --env local`"), "{deploy}");
        let status = project.sluice("status observability --env local");
        assert!(status.stdout.contains("is not deployed"), "{status}");
    }

    #[test]
    fn without_a_terminal_and_without_yes_nothing_is_written() {
        let project = Project::of_this_repository();
        let outcome = project.sluice("deploy fraud-detection --env local");
        assert_eq!(outcome.code, Some(3), "{outcome}");
        let status = project.sluice("status fraud-detection --env local");
        assert!(status.stdout.contains("is not deployed"), "{status}");
    }

    #[test]
    fn json_lines_are_numbered_and_end_with_the_end_and_what_was_looked_at() {
        let project = orders();
        let outcome = project.sluice("deploy orders --env local --yes --output jsonl");
        assert_eq!(outcome.code, Some(0), "{outcome}");
        let lines: Vec<serde_json::Value> =
            outcome.stdout.lines().map(|line| serde_json::from_str(line).expect("a line is JSON")).collect();
        let kind = |line: Option<&serde_json::Value>| line.and_then(|line| line.get("type")).cloned();
        assert_eq!(kind(lines.first()), Some("version".into()));
        let ends: Vec<_> = lines.iter().rev().take(2).map(|line| kind(Some(line))).collect();
        assert_eq!(ends, [Some("verified".into()), Some("operation_finished".into())]);
        for (at, line) in lines.iter().enumerate() {
            assert_eq!(line.get("seq"), Some(&at.into()));
        }
    }
}

mod import {
    use super::*;

    const STREAM: &str = include_str!("import/ml-inference.tf");

    /// Runs an import that is refused, and checks that nothing was written.
    fn refused(file: &str, bytes: impl AsRef<[u8]>, arguments: &str) -> Outcome {
        let project = orders();
        project.write(file, bytes);
        let before = project.files();
        let outcome = project.sluice(arguments);
        let code = if outcome.stderr.contains("error[E8011]") { 64 } else { 1 };
        assert_eq!(outcome.code, Some(code), "{outcome}");
        assert!(outcome.stdout.is_empty(), "{outcome}");
        assert_eq!(project.files(), before, "nothing is written");
        outcome
    }

    #[test]
    fn a_stream_to_standard_output() {
        let project = Project::empty();
        project.write("main.tf", STREAM);
        let outcome = project.sluice("import terraform main.tf --name ml-inference");
        assert_eq!(outcome.code, Some(0), "{outcome}");
        snapshot!(outcome);
    }

    #[test]
    fn the_report_as_json() {
        let project = Project::empty();
        project.write("main.tf", STREAM.replace("168", "var.hours"));
        let outcome = project.sluice("import terraform main.tf --name ml-inference --output json");
        assert_eq!(outcome.code, Some(0), "{outcome}");
        snapshot!(outcome);
    }

    #[test]
    fn into_a_folder_where_its_check_says_what_is_to_be_decided() {
        let project = orders();
        project.write("old/template.yaml", include_str!("import/orders.yaml"));
        let outcome = project.sluice("import template old/template.yaml --out stacks/shop");
        assert_eq!(outcome.code, Some(0), "{outcome}");
        snapshot!(outcome);
        let check = project.sluice("check shop --env local");
        assert_eq!(check.code, Some(1), "{check}");
        snapshot!(check);
    }

    #[test]
    fn a_pipeline_that_is_there_is_left_alone() {
        snapshot!(refused("main.tf", STREAM, "import terraform main.tf --out stacks/orders"));
    }

    #[test]
    fn hcl_that_does_not_parse() {
        snapshot!(refused(
            "main.tf",
            "resource \"a\" \"b\" {\n  x = = 1\n}\n",
            "import terraform main.tf --out stacks/new"
        ));
    }

    #[test]
    fn a_template_that_does_not_parse() {
        snapshot!(refused("t.yaml", "Resources:\n  A:\n    Type: [\n", "import template t.yaml --out stacks/new"));
    }

    #[test]
    fn a_file_that_is_not_there() {
        snapshot!(refused("main.tf", STREAM, "import terraform other.tf --out stacks/new"));
    }

    #[test]
    fn fifty_megabytes() {
        snapshot!(refused("main.tf", vec![b'\n'; 50 << 20], "import terraform main.tf"));
    }

    #[test]
    fn nothing_that_a_pipeline_has_a_word_for() {
        snapshot!(refused("main.tf", "resource \"aws_vpc\" \"v\" {}\n", "import terraform main.tf"));
    }

    #[test]
    fn a_name_that_is_none() {
        snapshot!(refused("main.tf", STREAM, "import terraform main.tf --name Orders_X"));
    }
}

#[path = "cli/artifacts.rs"]
mod artifacts;
#[path = "cli/baseline.rs"]
mod baseline;
#[path = "cli/builds.rs"]
mod builds;
#[path = "cli/calls.rs"]
mod calls;
#[path = "cli/causes.rs"]
mod causes;
#[path = "cli/ci.rs"]
mod ci;
#[path = "cli/consent.rs"]
mod consent;
#[path = "cli/consumers.rs"]
mod consumers;
#[path = "cli/cost.rs"]
mod cost;
#[path = "cli/doctor.rs"]
mod doctor;
#[path = "cli/drift.rs"]
mod drift;
#[path = "cli/environments.rs"]
mod environments;
#[path = "cli/forms.rs"]
mod forms;
#[path = "cli/foundation.rs"]
mod foundation;
#[path = "cli/gates.rs"]
mod gates;
#[path = "cli/gc.rs"]
mod gc;
#[path = "cli/leases.rs"]
mod leases;
#[path = "cli/many.rs"]
mod many;
#[path = "cli/measured.rs"]
mod measured;
#[path = "cli/reads.rs"]
mod reads;
#[path = "cli/recover.rs"]
mod recover;
#[path = "cli/refused.rs"]
mod refused;
#[path = "cli/releases.rs"]
mod releases;
#[path = "cli/saved.rs"]
mod saved;
#[path = "cli/several.rs"]
mod several;
#[path = "cli/sizing.rs"]
mod sizing;
#[path = "cli/stand_in.rs"]
mod stand_in;
