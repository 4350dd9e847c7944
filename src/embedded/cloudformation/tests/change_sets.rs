//! Life cycle of change sets: CS-01 to CS-38, SQ-03, CV-01.

use serde_json::json;

use super::{Cloud, topics};

fn one() -> serde_json::Value {
    topics(&[("Topic", json!({"DisplayName": "a"}))])
}

fn two() -> serde_json::Value {
    topics(&[("Topic", json!({"DisplayName": "b"}))])
}

#[test]
fn creating_by_change_set_goes_from_review_to_complete() {
    let mut cloud = Cloud::new();
    let id = cloud.change_set("s", "c", "CREATE", &one(), &[]);
    assert!(id.starts_with("arn:aws:cloudformation:eu-west-1:123456789012:changeSet/c/"));
    let stack = cloud.send("DescribeStacks", &[("StackName", "s")]).ok();
    assert_eq!(stack.get("StackStatus").as_deref(), Some("REVIEW_IN_PROGRESS"));
    assert_eq!(stack.get("StackStatusReason").as_deref(), Some("User Initiated"));
    cloud.execute(&id);
    assert_eq!(
        cloud.events("s"),
        [
            "stack REVIEW_IN_PROGRESS User Initiated",
            "stack CREATE_IN_PROGRESS User Initiated",
            "Topic CREATE_IN_PROGRESS",
            "Topic CREATE_IN_PROGRESS Resource creation Initiated",
            "Topic CREATE_IN_PROGRESS Eventual consistency check initiated",
            "Topic CREATE_COMPLETE",
            "stack CREATE_COMPLETE",
        ]
    );
}

#[test]
fn a_stack_under_review_shows_only_its_shell() {
    let mut cloud = Cloud::new();
    let template = json!({"Description": "d", "Parameters": {"P": {"Type": "String", "Default": "x"}},
        "Resources": {"Topic": {"Type": "AWS::SNS::Topic"}}});
    cloud.change_set("s", "c", "CREATE", &template, &[("Tags.member.1.Key", "k"), ("Tags.member.1.Value", "v")]);
    let stack = cloud.send("DescribeStacks", &[("StackName", "s")]).ok();
    assert!(stack.has("<Tags/>"));
    for absent in ["<Description>", "<Capabilities", "<Parameters", "<Outputs"] {
        assert!(!stack.has(absent), "{absent} in {}", stack.xml);
    }
}

#[test]
fn a_change_set_is_pending_then_in_progress_then_complete() {
    let mut cloud = Cloud::new();
    let body = one().to_string();
    let params =
        [("StackName", "s"), ("ChangeSetName", "c"), ("ChangeSetType", "CREATE"), ("TemplateBody", body.as_str())];
    let id = cloud.send("CreateChangeSet", &params).ok().get("Id").expect("id");
    let pending = cloud.describe_changes(&id, false);
    assert_eq!(pending.get("Status").as_deref(), Some("CREATE_PENDING"));
    assert_eq!(pending.get("ExecutionStatus").as_deref(), Some("UNAVAILABLE"));
    assert!(pending.has("<Changes/>"));
    let refused = cloud.send("ExecuteChangeSet", &[("ChangeSetName", &id)]);
    assert_eq!(
        refused.error(),
        format!(
            "InvalidChangeSetStatus: ChangeSet [{id}] cannot be executed in its current status of [CREATE_PENDING]"
        )
    );
    cloud.advance(1);
    assert_eq!(cloud.describe_changes(&id, false).get("Status").as_deref(), Some("CREATE_IN_PROGRESS"));
    cloud.advance(4);
    let done = cloud.describe_changes(&id, false);
    assert_eq!(done.get("Status").as_deref(), Some("CREATE_COMPLETE"));
    assert_eq!(done.get("ExecutionStatus").as_deref(), Some("AVAILABLE"));
}

#[test]
fn describing_a_change_set_shows_empty_lists_and_leaves_out_empty_members() {
    let mut cloud = Cloud::new();
    let body = one().to_string();
    let params =
        [("StackName", "s"), ("ChangeSetName", "c"), ("ChangeSetType", "CREATE"), ("TemplateBody", body.as_str())];
    let id = cloud.send("CreateChangeSet", &params).ok().get("Id").expect("id");
    cloud.finish();
    let shown = cloud.describe_changes(&id, false);
    for present in [
        "<NotificationARNs/>",
        "<RollbackConfiguration/>",
        "<Capabilities/>",
        "<IncludeNestedStacks>false</IncludeNestedStacks>",
        "<DeploymentConfig><Mode>STANDARD</Mode><DisableRollback>false</DisableRollback></DeploymentConfig>",
    ] {
        assert!(shown.has(present), "{present} in {}", shown.xml);
    }
    for absent in ["<Parameters", "<Tags", "<StatusReason"] {
        assert!(!shown.has(absent), "{absent} in {}", shown.xml);
    }
}

#[test]
fn an_update_change_set_keeps_tags_but_not_capabilities() {
    let mut cloud = Cloud::new();
    let id = cloud.change_set("s", "c", "CREATE", &one(), &[("Tags.member.1.Key", "k"), ("Tags.member.1.Value", "v")]);
    cloud.execute(&id);
    let body = two().to_string();
    let params = [("StackName", "s"), ("ChangeSetName", "d"), ("TemplateBody", body.as_str())];
    let id = cloud.send("CreateChangeSet", &params).ok().get("Id").expect("id");
    cloud.finish();
    let shown = cloud.describe_changes(&id, false);
    assert!(shown.has("<Tags><member><Key>k</Key><Value>v</Value></member></Tags>"));
    assert!(shown.has("<Capabilities/>"));
}

#[test]
fn a_change_set_without_changes_fails_at_once_and_cannot_be_executed() {
    let mut cloud = Cloud::new();
    cloud.create("s", &one());
    let body = one().to_string();
    let params = [("StackName", "s"), ("ChangeSetName", "c"), ("TemplateBody", body.as_str())];
    let id = cloud.send("CreateChangeSet", &params).ok().get("Id").expect("id");
    cloud.now = cloud.now.plus(crate::units::Duration::from_millis(250));
    let shown = cloud.describe_changes(&id, false);
    assert_eq!(shown.get("Status").as_deref(), Some("FAILED"));
    assert_eq!(shown.get("ExecutionStatus").as_deref(), Some("UNAVAILABLE"));
    assert_eq!(
        shown.get("StatusReason").as_deref(),
        Some("The submitted information didn't contain changes. Submit different information to create a change set.")
    );
    assert!(shown.has("<Changes/>"));
    let refused = cloud.send("ExecuteChangeSet", &[("ChangeSetName", &id)]);
    assert_eq!(refused.status, 400);
    assert_eq!(
        refused.error(),
        format!("InvalidChangeSetStatus: ChangeSet [{id}] cannot be executed in its current status of [FAILED]")
    );
}

#[test]
fn an_explicit_value_equal_to_the_default_is_no_change() {
    let mut cloud = Cloud::new();
    let template = json!({"Parameters": {"P": {"Type": "String", "Default": "x"}},
        "Resources": {"Topic": {"Type": "AWS::SNS::Topic", "Properties": {"DisplayName": {"Ref": "P"}}}}});
    cloud.create("s", &template);
    let more = [("Parameters.member.1.ParameterKey", "P"), ("Parameters.member.1.ParameterValue", "x")];
    let id = cloud.change_set("s", "c", "UPDATE", &template, &more);
    assert_eq!(cloud.describe_changes(&id, false).get("Status").as_deref(), Some("FAILED"));
}

#[test]
fn a_template_with_a_transform_never_counts_as_no_change() {
    let mut cloud = Cloud::new();
    let template = json!({"Transform": "AWS::LanguageExtensions", "Resources": {"Topic": {"Type": "AWS::SNS::Topic"}}});
    let more = [("Capabilities.member.1", "CAPABILITY_AUTO_EXPAND")];
    let body = template.to_string();
    cloud.send("CreateStack", &[("StackName", "s"), ("TemplateBody", &body), more[0]]).ok();
    cloud.finish();
    let params = [("StackName", "s"), ("ChangeSetName", "c"), ("TemplateBody", body.as_str()), more[0]];
    let id = cloud.send("CreateChangeSet", &params).ok().get("Id").expect("id");
    cloud.finish();
    let shown = cloud.describe_changes(&id, false);
    assert!(shown.has("<Changes/>"));
    assert_eq!(shown.get("ExecutionStatus").as_deref(), Some("AVAILABLE"));
    cloud.send("UpdateStack", &[("StackName", "s"), ("TemplateBody", &body), more[0]]).ok();
}

#[test]
fn an_executed_change_set_gives_its_name_up_and_stays_known_by_its_arn() {
    let mut cloud = Cloud::new();
    let id = cloud.change_set("s", "c", "CREATE", &one(), &[]);
    let other = cloud.change_set("s", "other", "CREATE", &one(), &[]);
    cloud.execute(&id);
    let by_name = cloud.send("DescribeChangeSet", &[("StackName", "s"), ("ChangeSetName", "c")]);
    assert_eq!((by_name.status, by_name.error()), (404, "ChangeSetNotFound: ChangeSet [c] does not exist".to_owned()));
    assert_eq!(cloud.describe_changes(&id, false).get("ExecutionStatus").as_deref(), Some("EXECUTE_COMPLETE"));
    assert_eq!(cloud.describe_changes(&id, false).get("Status").as_deref(), Some("CREATE_COMPLETE"));
    assert_eq!(cloud.send("DescribeChangeSet", &[("ChangeSetName", &other)]).status, 404, "the others are deleted");
    assert!(cloud.send("ListChangeSets", &[("StackName", "s")]).has("<Summaries/>"));
    cloud.send("DeleteChangeSet", &[("StackName", "s"), ("ChangeSetName", "c")]).ok();
    let refused = cloud.send("DeleteChangeSet", &[("ChangeSetName", &id)]);
    assert_eq!(refused.error(), "InvalidChangeSetStatus: Cannot delete ChangeSet in execution status EXECUTE_COMPLETE");
    let again = cloud.change_set("s", "c", "UPDATE", &two(), &[]);
    assert_ne!(again, id);
}

#[test]
fn a_change_set_under_execution_can_be_neither_executed_nor_deleted() {
    let mut cloud = Cloud::new();
    let id = cloud.change_set("s", "c", "CREATE", &one(), &[]);
    cloud.send("ExecuteChangeSet", &[("ChangeSetName", &id), ("ClientRequestToken", "t")]).ok();
    cloud.advance(3);
    assert_eq!(cloud.describe_changes(&id, false).get("ExecutionStatus").as_deref(), Some("EXECUTE_IN_PROGRESS"));
    let text = "InvalidChangeSetStatus: An operation on this ChangeSet is currently in progress.  Please attempt this operation again later.";
    assert_eq!(cloud.send("DeleteChangeSet", &[("ChangeSetName", &id)]).error(), text);
    assert_eq!(cloud.send("ExecuteChangeSet", &[("ChangeSetName", &id)]).error(), text);
    let again = cloud.send("ExecuteChangeSet", &[("ChangeSetName", &id), ("ClientRequestToken", "t")]).ok();
    assert!(again.has("<ExecuteChangeSetResult/>"));
}

#[test]
fn a_direct_update_makes_change_sets_obsolete() {
    let mut cloud = Cloud::new();
    cloud.create("s", &one());
    let id = cloud.change_set("s", "c", "UPDATE", &two(), &[]);
    cloud.update("s", &topics(&[("Topic", json!({"DisplayName": "z"}))]));
    assert_eq!(cloud.describe_changes(&id, false).get("ExecutionStatus").as_deref(), Some("OBSOLETE"));
    let refused = cloud.send("ExecuteChangeSet", &[("ChangeSetName", &id)]);
    assert_eq!(
        refused.error(),
        format!(
            "InvalidChangeSetStatus: ChangeSet [{id}] cannot be executed in its current execution status of [OBSOLETE]"
        )
    );
}

#[test]
fn a_stack_may_be_created_directly_while_under_review() {
    let mut cloud = Cloud::new();
    let id = cloud.change_set("s", "c", "CREATE", &one(), &[]);
    let review = cloud.send("DescribeStacks", &[("StackName", "s")]).get("StackId");
    let stack = cloud.create("s", &one());
    assert_eq!(review, Some(stack));
    assert_eq!(cloud.status("s"), "CREATE_COMPLETE");
    assert_eq!(cloud.describe_changes(&id, false).get("ExecutionStatus").as_deref(), Some("OBSOLETE"));
}

#[test]
fn several_change_sets_may_stand_side_by_side_under_review() {
    let mut cloud = Cloud::new();
    cloud.change_set("s", "a", "CREATE", &one(), &[]);
    cloud.change_set("s", "b", "CREATE", &two(), &[]);
    let listed = cloud.send("ListChangeSets", &[("StackName", "s")]).ok();
    assert_eq!(listed.all("ChangeSetName"), ["a", "b"]);
}

#[test]
fn change_sets_of_unknown_or_unfit_stacks_are_refused() {
    let mut cloud = Cloud::new();
    let body = one().to_string();
    let make = |cloud: &mut Cloud, stack: &str, kind: &str| {
        let params =
            [("StackName", stack), ("ChangeSetName", "c"), ("ChangeSetType", kind), ("TemplateBody", body.as_str())];
        cloud.send("CreateChangeSet", &params).error()
    };
    assert_eq!(make(&mut cloud, "x", "UPDATE"), "ValidationError: Stack [x] does not exist");
    let id = cloud.create("s", &one());
    assert_eq!(
        make(&mut cloud, "s", "CREATE"),
        "ValidationError: Stack [s] already exists and cannot be created again with the changeSet [c]."
    );
    cloud.send("DeleteStack", &[("StackName", "s")]).ok();
    cloud.finish();
    assert_eq!(
        make(&mut cloud, &id, "UPDATE"),
        format!("ValidationError: Stack:{id} is in DELETE_COMPLETE state and can not be updated.")
    );
    assert_eq!(
        make(&mut cloud, &id, "CREATE"),
        format!("ValidationError: Stack [{id}] already exists and cannot be created again with the changeSet [c].")
    );
}

#[test]
fn a_deleted_change_set_is_not_found() {
    let mut cloud = Cloud::new();
    let id = cloud.change_set("s", "c", "CREATE", &one(), &[]);
    cloud.send("DeleteChangeSet", &[("ChangeSetName", &id)]).ok();
    let gone = cloud.send("DescribeChangeSet", &[("ChangeSetName", &id)]);
    assert_eq!((gone.status, gone.error()), (404, format!("ChangeSetNotFound: ChangeSet [{id}] does not exist")));
}

#[test]
fn a_change_set_is_addressed_by_arn_or_by_name_and_stack() {
    let mut cloud = Cloud::new();
    assert_eq!(
        cloud.send("DeleteChangeSet", &[("ChangeSetName", "c")]).error(),
        "ValidationError: StackName must be specified if ChangeSetName is not specified as an ARN."
    );
    for action in ["DescribeChangeSet", "DeleteChangeSet"] {
        let refused = cloud.send(action, &[("StackName", "nostack"), ("ChangeSetName", "c")]);
        assert_eq!(refused.error(), "ValidationError: Stack [nostack] does not exist");
    }
}

#[test]
fn the_template_of_a_change_set_comes_from_exactly_one_place() {
    let mut cloud = Cloud::new();
    cloud.create("s", &one());
    let body = two().to_string();
    let base = [("StackName", "s"), ("ChangeSetName", "c")];
    let both = [base[0], base[1], ("UsePreviousTemplate", "true"), ("TemplateBody", body.as_str())];
    assert_eq!(
        cloud.send("CreateChangeSet", &both).error(),
        "ValidationError: You cannot specify both usePreviousTemplate and Template Body/Template URL."
    );
    assert_eq!(
        cloud.send("CreateChangeSet", &base).error(),
        "ValidationError: Either Template URL or Template Body must be specified."
    );
}

#[test]
fn a_name_that_is_taken_fails_early_validation() {
    let mut cloud = Cloud::new();
    cloud.live.insert("taken".to_owned(), serde_json::Map::new());
    let template = topics(&[("Topic", json!({"TopicName": "taken"}))]);
    let id = cloud.change_set("s", "c", "CREATE", &template, &[]);
    let shown = cloud.describe_changes(&id, false);
    assert_eq!(shown.get("Status").as_deref(), Some("FAILED"));
    assert_eq!(
        shown.get("StatusReason").as_deref(),
        Some(
            "The following hook(s)/validation failed: [AWS::EarlyValidation::ResourceExistenceCheck]. To troubleshoot Early Validation errors, use the DescribeEvents API for detailed failure information."
        )
    );
    let events = cloud.send("DescribeEvents", &[("ChangeSetName", &id)]).ok();
    assert_eq!(events.get("ValidationName").as_deref(), Some("NAME_CONFLICT_VALIDATION"));
    assert_eq!(
        events.get("ValidationStatusReason").as_deref(),
        Some("Resource of type 'AWS::SNS::Topic' with identifier 'taken' already exists.")
    );
    assert_eq!(events.get("ValidationPath").as_deref(), Some("/Resources/Topic"));
    let id = cloud.change_set("s", "d", "CREATE", &template, &[("DisableValidation", "true")]);
    assert_eq!(cloud.describe_changes(&id, false).get("Status").as_deref(), Some("CREATE_COMPLETE"));
}

#[test]
fn a_client_token_makes_one_change_set_only() {
    let mut cloud = Cloud::new();
    let body = one().to_string();
    let params = [
        ("StackName", "s"),
        ("ChangeSetName", "c"),
        ("ChangeSetType", "CREATE"),
        ("TemplateBody", body.as_str()),
        ("ClientToken", "t"),
    ];
    let first = cloud.send("CreateChangeSet", &params).ok().get("Id");
    assert_eq!(cloud.send("CreateChangeSet", &params).ok().get("Id"), first);
}

#[test]
fn a_failed_execution_is_told_by_the_change_set() {
    let mut cloud = Cloud::new();
    cloud.fault("create Topic", super::boom());
    let id = cloud.change_set("s", "c", "CREATE", &one(), &[]);
    cloud.execute(&id);
    assert_eq!(cloud.describe_changes(&id, false).get("ExecutionStatus").as_deref(), Some("EXECUTE_FAILED"));
    assert_eq!(cloud.status("s"), "ROLLBACK_COMPLETE");
}
