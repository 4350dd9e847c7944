//! What describing shows: ST-01 to ST-11, DE-01 to DE-13, EV-*.

use serde_json::json;

use super::{Cloud, topics};

fn one() -> serde_json::Value {
    topics(&[("A", json!({"DisplayName": "1"}))])
}

fn two() -> serde_json::Value {
    topics(&[("A", json!({"DisplayName": "2"}))])
}

#[test]
fn always_present_members_are_there_and_empty_ones_are_left_out() {
    let mut cloud = Cloud::new();
    let body = one().to_string();
    cloud.send("CreateStack", &[("StackName", "s"), ("TemplateBody", &body)]).ok();
    cloud.finish();
    let shown = cloud.send("DescribeStacks", &[("StackName", "s")]).ok();
    for present in [
        "<Tags/>",
        "<NotificationARNs/>",
        "<RollbackConfiguration/>",
        "<DriftInformation><StackDriftStatus>NOT_CHECKED</StackDriftStatus></DriftInformation>",
        "<DisableRollback>false</DisableRollback>",
        "<EnableTerminationProtection>false</EnableTerminationProtection>",
        "<DeploymentConfig><Mode>STANDARD</Mode><DisableRollback>false</DisableRollback></DeploymentConfig>",
        "<LastOperations><member><OperationType>CREATE_STACK</OperationType>",
    ] {
        assert!(shown.has(present), "{present} in {}", shown.xml);
    }
    for absent in [
        "<Capabilities",
        "<Parameters",
        "<Outputs",
        "<Description",
        "<RoleARN",
        "<TimeoutInMinutes",
        "<StackStatusReason",
        "<LastUpdatedTime",
        "<ChangeSetId",
    ] {
        assert!(!shown.has(absent), "{absent} in {}", shown.xml);
    }
}

#[test]
fn only_a_stack_made_by_change_set_tells_it() {
    let mut cloud = Cloud::new();
    let id = cloud.change_set("s", "c", "CREATE", &one(), &[]);
    cloud.execute(&id);
    let shown = cloud.send("DescribeStacks", &[("StackName", "s")]);
    assert_eq!(shown.get("ChangeSetId"), Some(id));
    assert!(shown.get("LastUpdatedTime").is_some());
    cloud.update("s", &two());
    let shown = cloud.send("DescribeStacks", &[("StackName", "s")]);
    assert_eq!(shown.get("ChangeSetId"), None);
    assert_eq!(shown.get("CreationTime").as_deref(), Some("2026-09-26T22:21:45.000Z"));
}

#[test]
fn capabilities_vanish_with_a_change_set_that_gave_none() {
    let mut cloud = Cloud::new();
    let id = cloud.change_set("s", "c", "CREATE", &one(), &[]);
    cloud.execute(&id);
    assert!(cloud.send("DescribeStacks", &[("StackName", "s")]).has("<Capabilities>"));
    let body = two().to_string();
    let id = cloud
        .send("CreateChangeSet", &[("StackName", "s"), ("ChangeSetName", "d"), ("TemplateBody", &body)])
        .ok()
        .get("Id")
        .expect("id");
    cloud.finish();
    cloud.execute(&id);
    assert!(!cloud.send("DescribeStacks", &[("StackName", "s")]).has("<Capabilities"));
}

#[test]
fn events_are_paged_newest_first_without_gap_or_repeat() {
    let mut cloud = Cloud::new();
    let ids: Vec<String> = (0..60).map(|at| format!("T{at:02}")).collect();
    let many: Vec<(&str, serde_json::Value)> = ids.iter().map(|id| (id.as_str(), json!({}))).collect();
    cloud.create("s", &topics(&many));
    let first = cloud.send("DescribeStackEvents", &[("StackName", "s")]);
    assert_eq!(first.all("EventId").len(), 100);
    assert_eq!(first.all("ResourceStatus").first().map(String::as_str), Some("CREATE_COMPLETE"));
    let token = first.get("NextToken").expect("token");
    assert!(token.len() <= 1024);
    let events = cloud.events("s");
    assert_eq!(events.len(), 2 + 60 * 4);
    assert_eq!(events.first().map(String::as_str), Some("stack CREATE_IN_PROGRESS User Initiated"));
}

#[test]
fn all_events_of_a_stack_are_kept_over_its_operations() {
    let mut cloud = Cloud::new();
    cloud.create("s", &one());
    let seen = cloud.events("s").len();
    cloud.update("s", &two());
    assert!(cloud.events("s").len() > seen);
}

#[test]
fn resources_are_sorted_and_tell_their_physical_ids() {
    let mut cloud = Cloud::new();
    cloud.create("s", &topics(&[("B", json!({"TopicName": "b"})), ("A", json!({"TopicName": "a"}))]));
    let listed = cloud.send("DescribeStackResources", &[("StackName", "s")]).ok();
    assert_eq!(listed.all("LogicalResourceId"), ["A", "B"]);
    assert_eq!(listed.all("PhysicalResourceId"), ["a", "b"]);
    let shown = cloud.send("DescribeStackResource", &[("StackName", "s"), ("LogicalResourceId", "A")]).ok();
    assert_eq!(shown.get("Metadata").as_deref(), Some("{}"));
    let summaries = cloud.send("ListStackResources", &[("StackName", "s")]).ok();
    assert_eq!(summaries.all("LogicalResourceId"), ["A", "B"]);
    let found = cloud.send("DescribeStackResources", &[("PhysicalResourceId", "b")]).ok();
    assert_eq!(found.get("StackName").as_deref(), Some("s"));
}

#[test]
fn a_resource_that_was_never_made_is_listed_without_physical_id_but_not_described() {
    let mut cloud = Cloud::new();
    cloud.fault("create A", super::boom());
    let body = one().to_string();
    cloud.send("CreateStack", &[("StackName", "s"), ("TemplateBody", &body), ("DisableRollback", "true")]).ok();
    cloud.finish();
    let listed = cloud.send("DescribeStackResources", &[("StackName", "s")]).ok();
    assert_eq!(listed.all("ResourceStatus"), ["CREATE_FAILED"]);
    assert!(!listed.has("PhysicalResourceId"));
    let refused = cloud.send("DescribeStackResource", &[("StackName", "s"), ("LogicalResourceId", "A")]);
    assert_eq!(refused.error(), "ValidationError: Resource A does not exist for stack s");
}

#[test]
fn list_stacks_tells_deleted_ones_too_newest_first_and_filters() {
    let mut cloud = Cloud::new();
    cloud.create("old", &one());
    cloud.create("new", &one());
    cloud.send("DeleteStack", &[("StackName", "old")]).ok();
    cloud.finish();
    let all = cloud.send("ListStacks", &[]).ok();
    assert_eq!(all.all("StackName"), ["new", "old"]);
    assert!(all.get("DeletionTime").is_some());
    let live = cloud.send("ListStacks", &[("StackStatusFilter.member.1", "CREATE_COMPLETE")]).ok();
    assert_eq!(live.all("StackName"), ["new"]);
    assert_eq!(cloud.send("DescribeStacks", &[]).all("StackName"), ["new"]);
}

#[test]
fn describe_events_tells_operations_from_beginning_to_end() {
    let mut cloud = Cloud::new();
    let body = one().to_string();
    let params = [("StackName", "s"), ("TemplateBody", body.as_str()), ("ClientRequestToken", "t")];
    let operation = cloud.send("CreateStack", &params).ok().get("OperationId").expect("operation");
    cloud.finish();
    let reply = cloud.send("DescribeEvents", &[("OperationId", &operation)]).ok();
    let kinds = reply.all("EventType");
    assert_eq!(kinds.first().map(String::as_str), Some("STACK_EVENT"));
    assert_eq!(kinds.last().map(String::as_str), Some("STACK_EVENT"));
    assert!(kinds[1..kinds.len() - 1].iter().all(|kind| kind == "PROGRESS"));
    assert_eq!(reply.all("OperationStatus"), ["SUCCEEDED", "IN_PROGRESS"]);
    assert!(reply.all("OperationType").iter().all(|kind| kind == "CREATE_STACK"));
    let members: Vec<&str> = reply.xml.split("<member>").skip(1).collect();
    assert!(
        members[0].contains("<StartTime>")
            && members[0].contains("<EndTime>")
            && !members[0].contains("ClientRequestToken")
    );
    assert!(members[1].contains("<ClientRequestToken>t<"));
    assert!(reply.all("EventId").iter().all(|id| id.as_bytes()[14] == b'4'));
}

#[test]
fn describe_events_tells_failures_alone_when_asked() {
    let mut cloud = Cloud::new();
    cloud.fault("create A", super::boom());
    cloud.create("s", &one());
    let reply = cloud.send("DescribeEvents", &[("StackName", "s"), ("Filters.FailedEvents", "true")]).ok();
    assert_eq!(reply.all("EventType"), ["PROVISIONING_ERROR"]);
    let refused = cloud.send("DescribeEvents", &[("ChangeSetName", "c")]);
    assert_eq!(refused.error(), "ValidationError: One of ChangeSetName, OperationId or StackName must be specified");
}

#[test]
fn an_update_shows_its_target_while_it_runs() {
    let mut cloud = Cloud::new();
    cloud.create("s", &one());
    let mut next = two();
    next["Description"] = json!("next");
    cloud.update_with("s", &next, &[]).ok();
    cloud.advance(1);
    assert_eq!(cloud.send("DescribeStacks", &[("StackName", "s")]).get("Description").as_deref(), Some("next"));
}
