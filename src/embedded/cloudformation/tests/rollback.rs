//! Failing updates and ways back: SQ-15 to SQ-19, SQ-34, TR-03 to TR-06, ER-41, ER-42.

use serde_json::{Value, json};

use super::{Cloud, boom, names, short, topics};

fn pair(a: &str, b: &str) -> Value {
    json!({"Resources": {
        "A": {"Type": "AWS::SNS::Topic", "Properties": {"DisplayName": a}},
        "B": {"Type": "AWS::SNS::Topic", "DependsOn": "A", "Properties": {"DisplayName": b}},
    }})
}

#[test]
fn a_failed_update_puts_everything_back() {
    let mut cloud = Cloud::new();
    cloud.create("s", &pair("1", "1"));
    cloud.fault("update B", boom());
    let seen = cloud.events("s").len();
    let mut next = pair("2", "2");
    next["Resources"]["New"] = json!({"Type": "AWS::SNS::Topic", "DependsOn": "A"});
    cloud.update("s", &next);
    assert_eq!(
        short(cloud.events_after("s", seen)),
        [
            "stack UPDATE_IN_PROGRESS User Initiated",
            "A UPDATE_IN_PROGRESS",
            "A UPDATE_COMPLETE",
            "B UPDATE_IN_PROGRESS",
            "New CREATE_IN_PROGRESS",
            "B UPDATE_FAILED boom",
            "New CREATE_FAILED Resource creation cancelled",
            "stack UPDATE_ROLLBACK_IN_PROGRESS The following resource(s) failed to create: [New]. The following resource(s) failed to update: [B]. ",
            "A UPDATE_IN_PROGRESS",
            "A UPDATE_COMPLETE",
            "B UPDATE_IN_PROGRESS",
            "B UPDATE_COMPLETE",
            "stack UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS",
            "New DELETE_COMPLETE",
            "stack UPDATE_ROLLBACK_COMPLETE",
        ]
    );
    let topic = cloud.live.values().next().expect("topic");
    assert_eq!(topic["DisplayName"], json!("1"));
}

#[test]
fn a_removal_in_a_failed_update_was_never_begun() {
    let mut cloud = Cloud::new();
    let mut first = pair("1", "1");
    first["Resources"]["Old"] = json!({"Type": "AWS::SNS::Topic", "Properties": {"TopicName": "old"}});
    cloud.create("s", &first);
    cloud.fault("update B", boom());
    cloud.update("s", &pair("1", "2"));
    assert_eq!(cloud.status("s"), "UPDATE_ROLLBACK_COMPLETE");
    assert!(cloud.live.contains_key("old"));
    assert!(!cloud.log.contains(&"delete Old".to_owned()));
}

#[test]
fn a_replacement_is_undone_by_going_back_to_the_old_resource() {
    let mut cloud = Cloud::new();
    let template = |name: &str, display: &str| {
        json!({"Resources": {
            "T": {"Type": "AWS::SNS::Topic", "Properties": {"TopicName": name}},
            "B": {"Type": "AWS::SNS::Topic", "DependsOn": "T", "Properties": {"TopicName": "b", "DisplayName": display}},
        }})
    };
    cloud.create("s", &template("one", "1"));
    cloud.fault("update B", boom());
    cloud.update("s", &template("two", "2"));
    assert_eq!(cloud.status("s"), "UPDATE_ROLLBACK_COMPLETE");
    assert_eq!(names(&cloud.live), ["b".to_owned(), "one".to_owned()].into());
    let shown = cloud.send("DescribeStackResource", &[("StackName", "s"), ("LogicalResourceId", "T")]);
    assert_eq!(shown.get("PhysicalResourceId").as_deref(), Some("one"));
}

#[test]
fn a_failed_update_keeps_the_old_template_parameters_tags_and_capabilities() {
    let mut cloud = Cloud::new();
    let template = |display: &str| {
        json!({"Description": display, "Parameters": {"P": {"Type": "String"}},
            "Resources": {"T": {"Type": "AWS::SNS::Topic", "Properties": {"DisplayName": {"Ref": "P"}}}}})
    };
    let body = template("old").to_string();
    let parameter = |value| [("Parameters.member.1.ParameterKey", "P"), ("Parameters.member.1.ParameterValue", value)];
    let [key, value] = parameter("1");
    cloud.send("CreateStack", &[("StackName", "s"), ("TemplateBody", &body), key, value]).ok();
    cloud.finish();
    cloud.fault("update T", boom());
    let [key, value] = parameter("2");
    cloud
        .update_with("s", &template("new"), &[key, value, ("Tags.member.1.Key", "k"), ("Tags.member.1.Value", "v")])
        .ok();
    cloud.finish();
    let shown = cloud.send("DescribeStacks", &[("StackName", "s")]);
    assert_eq!(shown.get("Description").as_deref(), Some("old"));
    assert_eq!(shown.get("ParameterValue").as_deref(), Some("1"));
    assert!(shown.has("<Tags/>"));
    assert!(!shown.has("<Capabilities"));
    assert!(cloud.send("GetTemplate", &[("StackName", "s")]).get("TemplateBody").expect("body").contains("old"));
}

/// A stack whose rollback failed at B.
fn stuck() -> Cloud {
    let mut cloud = Cloud::new();
    cloud.create("s", &pair("1", "1"));
    cloud.fault("update B", boom());
    cloud.fault("update B", boom());
    cloud.update("s", &pair("2", "2"));
    cloud
}

#[test]
fn a_failing_rollback_ends_in_update_rollback_failed() {
    let mut cloud = stuck();
    assert_eq!(cloud.status("s"), "UPDATE_ROLLBACK_FAILED");
    assert_eq!(cloud.reason("s").as_deref(), Some("The following resource(s) failed to update: [B]. "));
    let refused = cloud.update_with("s", &pair("3", "3"), &[]);
    assert!(refused.error().ends_with(" is in UPDATE_ROLLBACK_FAILED state and can not be updated."));
}

#[test]
fn continuing_a_rollback_finishes_what_is_left() {
    let mut cloud = stuck();
    let seen = cloud.events("s").len();
    let reply = cloud.send("ContinueUpdateRollback", &[("StackName", "s")]).ok();
    assert!(reply.has("<ContinueUpdateRollbackResult/>"));
    cloud.finish();
    assert_eq!(
        cloud.events_after("s", seen),
        [
            "stack UPDATE_ROLLBACK_IN_PROGRESS User Initiated",
            "B UPDATE_IN_PROGRESS",
            "B UPDATE_COMPLETE",
            "stack UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS",
            "stack UPDATE_ROLLBACK_COMPLETE",
        ]
    );
}

#[test]
fn a_skipped_resource_is_taken_as_it_is() {
    let mut cloud = stuck();
    let calls = cloud.log.len();
    let seen = cloud.events("s").len();
    cloud.send("ContinueUpdateRollback", &[("StackName", "s"), ("ResourcesToSkip.member.1", "B")]).ok();
    cloud.finish();
    assert_eq!(
        cloud.events_after("s", seen),
        [
            "stack UPDATE_ROLLBACK_IN_PROGRESS User Initiated",
            "B UPDATE_COMPLETE Resource skipped during UpdateRollback",
            "stack UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS",
            "stack UPDATE_ROLLBACK_COMPLETE",
        ]
    );
    assert_eq!(cloud.log.len(), calls);
}

#[test]
fn bad_resources_to_skip_are_accepted_and_fail_the_stack_again() {
    for (skip, reason) in [
        ("Missing", "Resources with logicalIds [Missing] do not belong to stack s"),
        ("A", "Only the resources in UPDATE_FAILED state are allowed to be skipped"),
        ("Nested.X", "Stack [Nested] does not exist"),
    ] {
        let mut cloud = stuck();
        cloud.send("ContinueUpdateRollback", &[("StackName", "s"), ("ResourcesToSkip.member.1", skip)]).ok();
        cloud.finish();
        assert_eq!(cloud.status("s"), "UPDATE_ROLLBACK_FAILED");
        assert_eq!(cloud.reason("s").as_deref(), Some(reason));
    }
}

#[test]
fn a_cancelled_update_goes_back() {
    let mut cloud = Cloud::new();
    cloud.create("s", &pair("1", "1"));
    cloud.update_with("s", &pair("2", "2"), &[]).ok();
    cloud.advance(3);
    let seen = cloud.events("s").len();
    let reply = cloud.send("CancelUpdateStack", &[("StackName", "s")]).ok();
    assert!(!reply.has("CancelUpdateStackResult"));
    cloud.finish();
    assert_eq!(
        cloud.events_after("s", seen),
        [
            "stack UPDATE_ROLLBACK_IN_PROGRESS User Initiated",
            "A UPDATE_FAILED Resource update cancelled",
            "A UPDATE_IN_PROGRESS",
            "A UPDATE_COMPLETE",
            "stack UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS",
            "stack UPDATE_ROLLBACK_COMPLETE",
        ]
    );
    let refused = cloud.send("CancelUpdateStack", &[("StackName", "s")]);
    assert_eq!(refused.error(), "ValidationError: CancelUpdateStack cannot be called from current stack status");
}

#[test]
fn with_rollback_disabled_a_failed_update_stays_and_can_be_repeated_or_rolled_back() {
    let mut cloud = Cloud::new();
    cloud.create("s", &pair("1", "1"));
    cloud.fault("update B", boom());
    cloud.update_with("s", &pair("2", "2"), &[("DisableRollback", "true")]).ok();
    cloud.finish();
    assert_eq!(cloud.status("s"), "UPDATE_FAILED");
    let refused = cloud.update_with("s", &pair("2", "2"), &[]);
    assert_eq!(
        refused.error(),
        "ValidationError: This stack is currently in a non-terminal [UPDATE_FAILED] state. To update the stack from this state, please use the disable-rollback parameter with update-stack API. To rollback to the last known good state, use the rollback-stack API"
    );
    let mut other = cloud.engine.clone();
    cloud.update_with("s", &pair("2", "2"), &[("DisableRollback", "true")]).ok();
    cloud.finish();
    assert_eq!(cloud.status("s"), "UPDATE_COMPLETE");
    std::mem::swap(&mut cloud.engine, &mut other);
    let reply = cloud.send("RollbackStack", &[("StackName", "s")]).ok();
    assert!(reply.get("OperationId").is_some());
    cloud.finish();
    assert_eq!(cloud.status("s"), "UPDATE_ROLLBACK_COMPLETE");
}

#[test]
fn a_failed_creation_without_rollback_is_rolled_back_on_request() {
    let mut cloud = Cloud::new();
    cloud.fault("create B", boom());
    let body = pair("1", "1").to_string();
    cloud.send("CreateStack", &[("StackName", "s"), ("TemplateBody", &body), ("DisableRollback", "true")]).ok();
    cloud.finish();
    assert_eq!(cloud.status("s"), "CREATE_FAILED");
    cloud.send("RollbackStack", &[("StackName", "s")]).ok();
    cloud.finish();
    assert_eq!(cloud.status("s"), "ROLLBACK_COMPLETE");
    assert!(cloud.live.is_empty());
    let refused = cloud.send("RollbackStack", &[("StackName", "s")]);
    assert_eq!(refused.error(), "ValidationError: RollbackStack cannot be called from current stack status");
}

#[test]
fn a_failed_creation_can_be_repaired_by_an_update_without_rollback() {
    let mut cloud = Cloud::new();
    cloud.fault("create B", boom());
    let body = pair("1", "1").to_string();
    cloud.send("CreateStack", &[("StackName", "s"), ("TemplateBody", &body), ("DisableRollback", "true")]).ok();
    cloud.finish();
    cloud.update_with("s", &pair("1", "1"), &[("DisableRollback", "true")]).ok();
    cloud.finish();
    assert_eq!(cloud.status("s"), "UPDATE_COMPLETE");
    assert_eq!(cloud.live.len(), 2);
}

#[test]
fn a_stack_made_with_do_nothing_cannot_be_repaired() {
    let mut cloud = Cloud::new();
    cloud.fault("create B", boom());
    let body = pair("1", "1").to_string();
    cloud.send("CreateStack", &[("StackName", "s"), ("TemplateBody", &body), ("OnFailure", "DO_NOTHING")]).ok();
    cloud.finish();
    assert_eq!(
        cloud.update_with("s", &pair("1", "1"), &[("DisableRollback", "true")]).error(),
        "ValidationError: This stack cannot be updated from [CREATE_FAILED] state because it contains [on-failure: DO_NOTHING]. Please use disable-rollback option instead during stack creation."
    );
}

#[test]
fn from_a_failed_stack_a_change_set_is_refused_only_when_executed() {
    let mut cloud = Cloud::new();
    cloud.create("s", &pair("1", "1"));
    cloud.fault("update B", boom());
    cloud.update_with("s", &pair("2", "2"), &[("DisableRollback", "true")]).ok();
    cloud.finish();
    let id = cloud.change_set("s", "c", "UPDATE", &pair("2", "3"), &[]);
    let refused = cloud.send("ExecuteChangeSet", &[("ChangeSetName", &id)]);
    assert!(
        refused
            .error()
            .starts_with("ValidationError: This stack is currently in a non-terminal [UPDATE_FAILED] state.")
    );
    cloud.send("ExecuteChangeSet", &[("ChangeSetName", &id), ("DisableRollback", "true")]).ok();
    cloud.finish();
    assert_eq!(cloud.status("s"), "UPDATE_COMPLETE");
}

#[test]
fn a_replacement_is_refused_while_rollback_is_disabled() {
    let mut cloud = Cloud::new();
    cloud.create("s", &topics(&[("T", json!({"TopicName": "one"}))]));
    let seen = cloud.events("s").len();
    cloud.update_with("s", &topics(&[("T", json!({"TopicName": "two"}))]), &[("DisableRollback", "true")]).ok();
    cloud.finish();
    let events = cloud.events_after("s", seen);
    assert!(events.contains(
        &"T UPDATE_FAILED Replacement type updates not supported on stack with disable-rollback.".to_owned()
    ));
    assert_eq!(cloud.status("s"), "UPDATE_FAILED");
}
