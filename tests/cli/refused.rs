//! Wrong input of commands, seen from outside: what is refused, with which exit code, and what it says to type instead.

use super::support::{Outcome, Project};
use super::{LOCAL, SPEC};

/// The outcome of a command, which ends as it should.
fn passes(project: &Project, arguments: &str, code: i32) -> Outcome {
    let outcome = project.sluice(arguments);
    assert_eq!(outcome.code, Some(code), "{outcome}");
    outcome
}

fn ends(project: &Project, arguments: &str, code: i32) {
    drop(passes(project, arguments, code));
}

/// Checks that a command is refused, and that it says so in certain words.
fn says(project: &Project, arguments: &str, code: i32, words: &[&str]) {
    let outcome = passes(project, arguments, code);
    for word in words {
        assert!(outcome.stderr.contains(word), "{word}: {outcome}");
    }
}

#[test]
fn an_environment_is_given_by_its_name() {
    let project = super::orders();
    for typed in ["--env local,", "--env=", "--env ,local"] {
        for command in ["check", "plan orders --against nothing"] {
            says(&project, &format!("{command} {typed}"), 64, &["it is empty; it takes the name of an environment"]);
        }
    }
    for typed in ["../environments/local", "environments/local.yaml", "./local.yaml"] {
        says(&project, &format!("capacity --env {typed}"), 64, &["it is a path", "probably `local`"]);
    }
    for typed in ["stacks/orders/", "stacks/orders/pipeline.yaml"] {
        says(&project, &format!("check {typed}"), 64, &["it is a path", "the name of a pipeline", "probably `orders`"]);
    }
    let empty = project.sluice_with("check", &[("SLUICE_ENV", "")]);
    assert!(empty.code == Some(64) && empty.stderr.contains("it is empty"), "{empty}");
}

#[test]
fn what_is_named_twice_is_done_once() {
    let project = super::orders();
    let once = passes(&project, "check orders --env local --output json", 0);
    let twice = passes(&project, "check orders orders --env local,local --output json", 0);
    assert_eq!(once.stdout, twice.stdout);
    let rendered = passes(&project, "render orders orders --env local,local", 0);
    assert_eq!(rendered.stdout, passes(&project, "render orders --env local", 0).stdout);
    let planned = passes(&project, "plan orders orders --env local,local --against nothing", 0);
    assert!(planned.stdout.contains("1 plan"), "{planned}");
}

#[test]
fn what_is_typed_wrong_is_a_usage_error() {
    let project = super::orders();
    project.write("stacks/refunds/pipeline.yaml", "pipeline: refunds\nowner: me\nstreams: {refunds: {}}\n");
    for arguments in [
        "plan orders refunds --env local --out plan.json",
        "plan orders --env local --region mars",
        "plan --env local --against nothing",
        "diff local local orders",
        "render --env local",
        "capacity orders --env local --traffic 12",
        "embedded advance 30",
        "embedded fail DescribeStacks",
    ] {
        ends(&project, arguments, 64);
    }
    // What is named rightly and is not there is none.
    for arguments in ["plan ordres --env local", "plan orders --env prod", "show plan.json"] {
        ends(&project, arguments, 1);
    }
}

#[test]
fn a_baseline_that_is_none_is_told_for_what_it_is() {
    let project = super::orders();
    project.write("notes.txt", "x");
    let plan = "plan orders --env local --against";
    says(&project, &format!("{plan} ."), 64, &["`.` is this project itself", "git:HEAD"]);
    says(&project, &format!("{plan} notes.txt"), 64, &["notes.txt is neither the folder of a project nor a rendered"]);
    says(&project, &format!("{plan} stacks"), 64, &["the folder stacks is no project"]);
    ends(&project, "plan orders --env local --out saved.json", 0);
    says(&project, &format!("{plan} saved.json"), 64, &["saved.json is a plan", "`sluice show saved.json`"]);
}

#[test]
fn a_template_of_another_pipeline_is_worth_a_warning() {
    let project = super::orders();
    let spec = std::fs::read_to_string(project.path(SPEC)).expect("is there");
    project.write("stacks/refunds/pipeline.yaml", spec.replace("pipeline: orders", "pipeline: refunds"));
    project.write("stacks/refunds/handlers/score/app.py", "def handler(event, context):\n    return {}\n");
    project.write("environments/other.yaml", LOCAL.replace("local", "other"));
    for (rendered, words) in [
        ("refunds --env local", "refunds.json is a template of the pipeline refunds in local"),
        ("orders --env other", "is a template of orders in other"),
    ] {
        let template = passes(&project, &format!("render {rendered} --output json"), 0);
        project.write("refunds.json", template.stdout);
        let outcome = project.sluice("plan orders --env local --against refunds.json");
        assert!(
            outcome.code == Some(0) && outcome.stderr.contains("W4012") && outcome.stderr.contains(words),
            "{outcome}"
        );
    }
    project.write("refunds.json", "{\"Resources\": {\"Strange\": {\"Type\": \"AWS::SNS::Topic\"}}}");
    let outcome = project.sluice("plan orders --env local --against refunds.json");
    assert!(outcome.stderr.contains("no logical id in common"), "{outcome}");
    project.write("orders.json", passes(&project, "render orders --env local --output json", 0).stdout);
    let outcome = project.sluice("plan orders --env local --against orders.json");
    assert!(outcome.code == Some(0) && outcome.stderr.is_empty(), "{outcome}");
}

#[test]
fn destroying_shows_what_would_go_before_it_says_that_nobody_is_there() {
    let project = super::orders();
    ends(&project, "deploy orders --env local --yes", 0);
    let refused = passes(&project, "destroy orders --env local", 3);
    insta::with_settings!({filters => super::FILTERS.to_vec()}, { insta::assert_snapshot!(refused.folded()) });
    assert!(passes(&project, "status orders --env local", 0).stdout.contains("CREATE_COMPLETE"));
}

mod faults {
    use super::*;

    #[test]
    fn a_resource_that_nobody_has_is_refused_with_the_one_that_is_meant() {
        let project = super::super::orders();
        for (typed, close) in [
            ("StreamOrdres", "`StreamOrders`"),
            ("streamorders", "`StreamOrders`"),
            ("AWS::Kinesis::Steam", "`AWS::Kinesis::Stream`"),
        ] {
            says(&project, &format!("embedded fail {typed}"), 64, &["E8011", &format!("did you mean {close}?")]);
        }
        for typed in ["StreamOrders", "AWS::Kinesis::Stream"] {
            ends(&project, &format!("embedded fail {typed} --on update"), 0);
        }
    }

    #[test]
    fn what_is_deployed_can_fail_whatever_became_of_its_pipeline() {
        let project = super::super::orders();
        ends(&project, "deploy orders --env local --yes", 0);
        project.write(SPEC, "pipeline: orders\n");
        ends(&project, "embedded fail StreamOrders --on delete", 0);
    }

    #[test]
    fn where_nothing_is_known_it_is_said_and_done() {
        let project = super::super::orders();
        project.write(SPEC, "pipeline: orders\n");
        let outcome = passes(&project, "embedded fail StreamOrders", 0);
        assert!(outcome.stderr.contains("warning: nothing is deployed in local"), "{outcome}");
    }

    #[test]
    fn an_operation_that_nobody_answers_is_refused_with_the_one_that_is_meant() {
        let project = super::super::orders();
        for (typed, words) in [
            ("DescribeStack --call deny", "did you mean `DescribeStacks`?"),
            ("createchangeset --call throttle", "did you mean `CreateChangeSet`?"),
            ("PutRecrods --call throttle", "did you mean `PutRecords`?"),
            ("StreamOrders --call deny", "E8011"),
            ("DescribeStacks", "`--call throttle`"),
            ("PutRecords --call stale", "only reads of CloudFormation"),
            ("DescribeStacks --call deny --times 0", "--times"),
        ] {
            says(&project, &format!("embedded fail {typed}"), 64, &[words]);
        }
        for typed in
            ["DescribeStacks --call stale", "PutRecords --call throttle", "HeadBucket --call deny", "* --call deny"]
        {
            ends(&project, &format!("embedded fail {typed}"), 0);
        }
    }

    #[test]
    fn operations_that_have_no_name_on_the_wire_fail_by_the_name_of_the_reference() {
        let project = super::super::orders();
        ends(&project, "embedded fail PutObject --call deny --times 9", 0);
        says(&project, "deploy orders --env local --yes", 1, &["error[E7002]: AWS denies s3:PutObject"]);
        // What was made in order to plan is gone again.
        assert!(passes(&project, "status orders --env local", 0).to_string().contains("is not deployed"));
    }
}

#[test]
fn a_denied_action_is_named_with_what_would_allow_it_and_leaves_no_stack_behind() {
    let project = super::orders();
    for command in ["deploy orders --env local --yes", "plan orders --env local --out plan.json"] {
        ends(&project, "embedded fail CreateChangeSet --call deny --times 1", 0);
        let refused = passes(&project, command, 1);
        if command.starts_with("deploy") {
            let told: Vec<&str> = refused.stderr.lines().skip_while(|line| !line.starts_with("error")).collect();
            let filters = vec![(r"request [0-9a-f-]{36}", "request [ID]")];
            insta::with_settings!({filters => filters}, { insta::assert_snapshot!(told.join("\n")) });
        }
        assert!(refused.stderr.contains("AWS denies cloudformation:CreateChangeSet"), "{refused}");
        assert!(passes(&project, "status orders --env local", 0).to_string().contains("is not deployed"));
        assert!(!project.path("plan.json").exists());
    }
    ends(&project, "deploy orders --env local --yes", 0);
}
