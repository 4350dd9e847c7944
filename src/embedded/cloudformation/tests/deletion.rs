//! Deleting stacks: SQ-09, SQ-14, SQ-21, SQ-22, ER-07 to ER-10, ST-07.

use serde_json::json;

use super::{Cloud, boom, names, short, topics};

#[test]
fn resources_go_in_reverse_order_and_retained_ones_are_skipped() {
    let mut cloud = Cloud::new();
    let id = cloud.create(
        "s",
        &json!({"Resources": {
            "A": {"Type": "AWS::SNS::Topic"},
            "B": {"Type": "AWS::SNS::Topic", "Properties": {"DisplayName": {"Ref": "A"}}},
            "Kept": {"Type": "AWS::SNS::Topic", "DeletionPolicy": "Retain", "Properties": {"TopicName": "kept"}},
            "Too": {"Type": "AWS::SNS::Topic", "DeletionPolicy": "RetainExceptOnCreate", "Properties": {"TopicName": "too"}},
        }}),
    );
    let seen = cloud.events("s").len();
    let reply = cloud.send("DeleteStack", &[("StackName", "s")]).ok();
    assert!(!reply.has("DeleteStackResult"));
    cloud.finish();
    assert_eq!(
        cloud.events_after(&id, seen),
        [
            "stack DELETE_IN_PROGRESS User Initiated",
            "B DELETE_IN_PROGRESS",
            "Kept DELETE_SKIPPED",
            "Too DELETE_SKIPPED",
            "B DELETE_COMPLETE",
            "A DELETE_IN_PROGRESS",
            "A DELETE_COMPLETE",
            "stack DELETE_COMPLETE",
        ]
    );
    assert_eq!(names(&cloud.live), ["kept".to_owned(), "too".to_owned()].into());
}

#[test]
fn a_deleted_stack_is_found_by_arn_only() {
    let mut cloud = Cloud::new();
    let mut template = topics(&[("A", json!({}))]);
    template["Outputs"] = json!({"O": {"Value": "v"}});
    let id = cloud.create("s", &template);
    cloud.send("DeleteStack", &[("StackName", "s")]).ok();
    cloud.finish();
    let gone = cloud.send("DescribeStacks", &[("StackName", "s")]);
    assert_eq!(gone.error(), "ValidationError: Stack with id s does not exist");
    assert_eq!(
        cloud.send("DescribeStackEvents", &[("StackName", "s")]).error(),
        "ValidationError: Stack [s] does not exist"
    );
    let shown = cloud.send("DescribeStacks", &[("StackName", &id)]).ok();
    assert_eq!(shown.get("StackStatus").as_deref(), Some("DELETE_COMPLETE"));
    assert_eq!(shown.get("OutputValue").as_deref(), Some("v"));
    assert!(shown.get("DeletionTime").is_some());
    assert!(!shown.has("EnableTerminationProtection"));
    let resources = cloud.send("DescribeStackResources", &[("StackName", &id)]).ok();
    assert_eq!(resources.all("ResourceStatus"), ["DELETE_COMPLETE"]);
    let again = cloud.create("s", &template);
    assert_ne!(again, id);
}

#[test]
fn deleting_what_is_not_there_is_fine() {
    let mut cloud = Cloud::new();
    cloud.send("DeleteStack", &[("StackName", "nothing")]).ok();
    let id = cloud.create("s", &topics(&[("A", json!({}))]));
    cloud.send("DeleteStack", &[("StackName", "s")]).ok();
    cloud.finish();
    let seen = cloud.events(&id).len();
    cloud.send("DeleteStack", &[("StackName", &id)]).ok();
    cloud.finish();
    assert_eq!(cloud.events(&id).len(), seen);
}

#[test]
fn a_stack_under_review_can_be_deleted() {
    let mut cloud = Cloud::new();
    cloud.change_set("s", "c", "CREATE", &topics(&[("A", json!({}))]), &[]);
    let id = cloud.send("DescribeStacks", &[("StackName", "s")]).get("StackId").expect("id");
    cloud.send("DeleteStack", &[("StackName", "s")]).ok();
    cloud.finish();
    assert_eq!(cloud.status(&id), "DELETE_COMPLETE");
}

#[test]
fn termination_protection_refuses_deletion_until_it_is_switched_off() {
    let mut cloud = Cloud::new();
    let body = topics(&[("A", json!({}))]).to_string();
    cloud
        .send("CreateStack", &[("StackName", "s"), ("TemplateBody", &body), ("EnableTerminationProtection", "true")])
        .ok();
    cloud.finish();
    let refused = cloud.send("DeleteStack", &[("StackName", "s")]);
    assert_eq!(refused.error(), "ValidationError: Stack [s] cannot be deleted while TerminationProtection is enabled");
    cloud.send("UpdateTerminationProtection", &[("StackName", "s"), ("EnableTerminationProtection", "false")]).ok();
    let id = cloud.send("DescribeStacks", &[("StackName", "s")]).get("StackId").expect("id");
    cloud.send("DeleteStack", &[("StackName", "s")]).ok();
    cloud.finish();
    let refused =
        cloud.send("UpdateTerminationProtection", &[("StackName", &id), ("EnableTerminationProtection", "true")]);
    assert_eq!(refused.status, 400);
}

#[test]
fn a_stack_under_update_cannot_be_deleted() {
    let mut cloud = Cloud::new();
    cloud.create("s", &topics(&[("A", json!({"DisplayName": "1"}))]));
    cloud.update_with("s", &topics(&[("A", json!({"DisplayName": "2"}))]), &[]).ok();
    let refused = cloud.send("DeleteStack", &[("StackName", "s")]);
    assert_eq!(refused.error(), "ValidationError: Stack [s] cannot be deleted while in status UPDATE_IN_PROGRESS");
}

#[test]
fn when_one_deletion_fails_independent_ones_go_on_and_what_it_needs_is_left_alone() {
    let mut cloud = Cloud::new();
    cloud.create(
        "s",
        &json!({"Resources": {
            "Base": {"Type": "AWS::SNS::Topic", "Properties": {"TopicName": "base"}},
            "Stuck": {"Type": "AWS::SNS::Topic", "DependsOn": "Base", "Properties": {"TopicName": "stuck"}},
            "Leaf": {"Type": "AWS::SNS::Topic", "DependsOn": "Stuck"},
            "Other": {"Type": "AWS::SNS::Topic"},
        }}),
    );
    cloud.fault("delete Stuck", boom());
    let seen = cloud.events("s").len();
    cloud.send("DeleteStack", &[("StackName", "s")]).ok();
    cloud.finish();
    let events = short(cloud.events_after("s", seen));
    assert!(!events.iter().any(|event| event.starts_with("Base")), "{events:?}");
    assert!(
        events.contains(&"Leaf DELETE_COMPLETE".to_owned()) && events.contains(&"Other DELETE_COMPLETE".to_owned())
    );
    assert!(events.contains(&"Stuck DELETE_FAILED boom".to_owned()));
    assert_eq!(
        events.last().map(String::as_str),
        Some("stack DELETE_FAILED The following resource(s) failed to delete: [Stuck]. ")
    );
    let refused = cloud.update_with("s", &topics(&[("A", json!({}))]), &[]);
    assert!(refused.error().ends_with("is in DELETE_FAILED state and can not be updated."));
    let refused = cloud.send("DeleteStack", &[("StackName", "s"), ("RetainResources.member.1", "Leaf")]);
    assert_eq!(
        refused.error(),
        "ValidationError: The specified resources to retain must be in a valid state. Do not specify resources that are in the DELETE_COMPLETE state."
    );
    cloud.send("DeleteStack", &[("StackName", "s")]).ok();
    cloud.finish();
    assert!(cloud.live.is_empty());
}

#[test]
fn a_forced_deletion_leaves_behind_what_cannot_be_deleted() {
    let mut cloud = Cloud::new();
    let id = cloud.create("s", &topics(&[("A", json!({"TopicName": "a"}))]));
    let refused = cloud.send("DeleteStack", &[("StackName", "s"), ("DeletionMode", "FORCE_DELETE_STACK")]);
    assert_eq!(
        refused.error(),
        format!(
            "ValidationError: Invalid operation on stack [{id}]. You can activate DeletionMode FORCE_DELETE_STACK in a delete stack operation only when the stack is in the DELETE_FAILED state."
        )
    );
    cloud.fault("delete A", boom());
    cloud.fault("delete A", boom());
    cloud.send("DeleteStack", &[("StackName", "s")]).ok();
    cloud.finish();
    assert_eq!(cloud.status("s"), "DELETE_FAILED");
    cloud.send("DeleteStack", &[("StackName", "s"), ("DeletionMode", "FORCE_DELETE_STACK")]).ok();
    cloud.finish();
    assert_eq!(cloud.status(&id), "DELETE_COMPLETE");
}

#[test]
fn a_resource_that_is_gone_already_counts_as_deleted() {
    let mut cloud = Cloud::new();
    let id = cloud.create("s", &topics(&[("A", json!({}))]));
    cloud.live.clear();
    cloud.send("DeleteStack", &[("StackName", "s")]).ok();
    cloud.finish();
    assert_eq!(cloud.status(&id), "DELETE_COMPLETE");
}

#[test]
fn a_creation_under_way_can_be_deleted() {
    let mut cloud = Cloud::new();
    let body = topics(&[("A", json!({})), ("B", json!({"DisplayName": {"Ref": "A"}}))]).to_string();
    let id = cloud.send("CreateStack", &[("StackName", "s"), ("TemplateBody", &body)]).ok().get("StackId").expect("id");
    cloud.advance(5);
    cloud.send("DeleteStack", &[("StackName", "s")]).ok();
    cloud.finish();
    assert_eq!(cloud.status(&id), "DELETE_COMPLETE");
    assert!(cloud.live.is_empty());
}
