//! Updates: SQ-05 to SQ-08, SQ-20, CH-14, ER-33, TR-02.

use serde_json::json;

use super::{Cloud, boom, names, short, topics};
use crate::embedded::cloudformation::effect::EffectAction;

#[test]
fn an_update_in_place_touches_only_what_changed() {
    let mut cloud = Cloud::new();
    cloud.create("s", &topics(&[("A", json!({"DisplayName": "a"})), ("B", json!({"DisplayName": "b"}))]));
    let seen = cloud.events("s").len();
    cloud.update("s", &topics(&[("A", json!({"DisplayName": "z"})), ("B", json!({"DisplayName": "b"}))]));
    assert_eq!(
        cloud.events_after("s", seen),
        [
            "stack UPDATE_IN_PROGRESS User Initiated",
            "A UPDATE_IN_PROGRESS",
            "A UPDATE_COMPLETE",
            "stack UPDATE_COMPLETE_CLEANUP_IN_PROGRESS",
            "stack UPDATE_COMPLETE",
        ]
    );
    let effect = cloud.effects.last().expect("effect");
    let EffectAction::Update { before, after, .. } = &effect.action else { panic!("{effect:?}") };
    assert_eq!((&before["DisplayName"], &after["DisplayName"]), (&json!("a"), &json!("z")));
}

#[test]
fn a_replacement_creates_first_and_deletes_in_the_cleanup() {
    let mut cloud = Cloud::new();
    let template = |name: &str| {
        json!({"Resources": {
            "Topic": {"Type": "AWS::SNS::Topic", "Properties": {"TopicName": name}},
            "User": {"Type": "AWS::SQS::Queue", "Properties": {"KmsMasterKeyId": {"Ref": "Topic"}}},
        }})
    };
    cloud.create("s", &template("one"));
    let seen = cloud.events("s").len();
    cloud.update("s", &template("two"));
    assert_eq!(
        cloud.events_after("s", seen),
        [
            "stack UPDATE_IN_PROGRESS User Initiated",
            "Topic UPDATE_IN_PROGRESS Requested update requires the creation of a new physical resource; hence creating one.",
            "Topic UPDATE_IN_PROGRESS Resource creation Initiated",
            "Topic UPDATE_IN_PROGRESS Eventual consistency check initiated",
            "Topic UPDATE_COMPLETE",
            "User UPDATE_IN_PROGRESS",
            "User UPDATE_COMPLETE",
            "stack UPDATE_COMPLETE_CLEANUP_IN_PROGRESS",
            "Topic DELETE_IN_PROGRESS",
            "Topic DELETE_COMPLETE",
            "stack UPDATE_COMPLETE",
        ]
    );
    assert!(cloud.live.contains_key("two") && !cloud.live.contains_key("one"));
    let shown = cloud.send("DescribeStackResource", &[("StackName", "s"), ("LogicalResourceId", "Topic")]).ok();
    assert_eq!(shown.get("PhysicalResourceId").as_deref(), Some("two"));
    assert_eq!(shown.get("ResourceStatus").as_deref(), Some("UPDATE_COMPLETE"));
}

#[test]
fn replacement_events_carry_the_old_then_the_new_physical_id() {
    let mut cloud = Cloud::new();
    cloud.create("s", &topics(&[("T", json!({"TopicName": "one"}))]));
    cloud.update("s", &topics(&[("T", json!({"TopicName": "two"}))]));
    let reply = cloud.send("DescribeStackEvents", &[("StackName", "s")]);
    let of = |status: &str| -> Vec<String> {
        let mut found: Vec<String> = reply
            .xml
            .split("<member>")
            .filter(|e| e.contains("<LogicalResourceId>T<") && e.contains(&format!("<ResourceStatus>{status}<")))
            .filter_map(|event| super::texts(event, "PhysicalResourceId").into_iter().next())
            .collect();
        found.reverse();
        found
    };
    assert_eq!(of("UPDATE_IN_PROGRESS"), ["one", "two", "two"]);
    assert_eq!(of("UPDATE_COMPLETE"), ["two"]);
    assert_eq!(of("DELETE_COMPLETE"), ["one"]);
}

#[test]
fn update_replace_policy_retain_skips_the_deletion_of_the_old_one() {
    let mut cloud = Cloud::new();
    let template = |name: &str| json!({"Resources": {"T": {"Type": "AWS::SNS::Topic", "UpdateReplacePolicy": "Retain", "Properties": {"TopicName": name}}}});
    cloud.create("s", &template("one"));
    let seen = cloud.events("s").len();
    cloud.update("s", &template("two"));
    let events = cloud.events_after("s", seen);
    assert_eq!(
        events[events.len() - 3..],
        ["stack UPDATE_COMPLETE_CLEANUP_IN_PROGRESS", "T DELETE_SKIPPED", "stack UPDATE_COMPLETE"]
    );
    assert_eq!(names(&cloud.live), ["one".to_owned(), "two".to_owned()].into());
}

#[test]
fn deletion_policy_does_not_act_on_replacement() {
    let mut cloud = Cloud::new();
    let template = |name: &str| json!({"Resources": {"T": {"Type": "AWS::SNS::Topic", "DeletionPolicy": "Retain", "Properties": {"TopicName": name}}}});
    cloud.create("s", &template("one"));
    cloud.update("s", &template("two"));
    assert_eq!(names(&cloud.live), ["two".to_owned()].into());
}

#[test]
fn a_removed_resource_goes_in_the_cleanup_and_leaves_the_stack() {
    let mut cloud = Cloud::new();
    let kept = json!({"Type": "AWS::SNS::Topic", "DeletionPolicy": "Retain", "Properties": {"TopicName": "kept"}});
    cloud.create(
        "s",
        &json!({"Resources": {"A": {"Type": "AWS::SNS::Topic"}, "B": {"Type": "AWS::SNS::Topic"}, "C": kept}}),
    );
    let seen = cloud.events("s").len();
    cloud.update("s", &topics(&[("A", json!({}))]));
    assert_eq!(
        cloud.events_after("s", seen),
        [
            "stack UPDATE_IN_PROGRESS User Initiated",
            "stack UPDATE_COMPLETE_CLEANUP_IN_PROGRESS",
            "B DELETE_IN_PROGRESS",
            "C DELETE_SKIPPED",
            "B DELETE_COMPLETE",
            "stack UPDATE_COMPLETE",
        ]
    );
    let gone = cloud.send("DescribeStackResource", &[("StackName", "s"), ("LogicalResourceId", "B")]);
    assert_eq!(gone.error(), "ValidationError: Resource B does not exist for stack s");
    assert_eq!(cloud.send("DescribeStackResources", &[("StackName", "s")]).all("LogicalResourceId"), ["A"]);
}

#[test]
fn a_dependent_is_updated_only_where_its_real_value_changes() {
    let mut cloud = Cloud::new();
    let template = |display: &str| {
        json!({"Resources": {
            "A": {"Type": "AWS::SNS::Topic", "Properties": {"TopicName": "a", "DisplayName": display}},
            "Same": {"Type": "AWS::SNS::Topic", "Properties": {"DisplayName": {"Fn::GetAtt": ["A", "TopicName"]}}},
            "Other": {"Type": "AWS::SNS::Topic", "Properties": {"DisplayName": {"Fn::GetAtt": ["A", "DisplayName"]}}},
        }})
    };
    cloud.create("s", &template("one"));
    let seen = cloud.events("s").len();
    cloud.update("s", &template("two"));
    let events = cloud.events_after("s", seen);
    assert!(events.contains(&"Other UPDATE_COMPLETE".to_owned()), "{events:?}");
    assert!(!events.iter().any(|event| event.starts_with("Same")), "{events:?}");
}

#[test]
fn a_custom_named_resource_cannot_be_replaced_under_its_name() {
    let mut cloud = Cloud::new();
    let template = |fifo: bool| topics(&[("T", json!({"TopicName": "name.fifo", "FifoTopic": fifo}))]);
    cloud.create("s", &template(true));
    let seen = cloud.events("s").len();
    cloud.update("s", &template(false));
    let text = "T UPDATE_FAILED CloudFormation cannot update a stack when a custom-named resource requires replacing. Rename name.fifo and update the stack again.";
    assert!(cloud.events_after("s", seen).contains(&text.to_owned()), "{:?}", cloud.events_after("s", seen));
    assert_eq!(cloud.status("s"), "UPDATE_ROLLBACK_COMPLETE");
    assert_eq!(names(&cloud.live), ["name.fifo".to_owned()].into());
}

#[test]
fn a_cleanup_that_fails_three_times_does_not_fail_the_update() {
    let mut cloud = Cloud::new();
    cloud.create("s", &topics(&[("A", json!({})), ("B", json!({"TopicName": "b"}))]));
    for _ in 0..3 {
        cloud.fault("delete B", boom());
    }
    let seen = cloud.events("s").len();
    cloud.update("s", &topics(&[("A", json!({}))]));
    assert_eq!(
        short(cloud.events_after("s", seen)),
        [
            "stack UPDATE_IN_PROGRESS User Initiated",
            "stack UPDATE_COMPLETE_CLEANUP_IN_PROGRESS",
            "B DELETE_IN_PROGRESS",
            "B DELETE_FAILED boom",
            "stack UPDATE_COMPLETE Update successful. One or more resources could not be deleted.",
        ]
    );
    assert_eq!(cloud.log.iter().filter(|what| *what == "delete B").count(), 3);
    assert_eq!(cloud.send("DescribeStackResources", &[("StackName", "s")]).all("LogicalResourceId"), ["A"]);
}

#[test]
fn a_metadata_edit_is_an_update_that_calls_no_service() {
    let mut cloud = Cloud::new();
    let template = |text: &str| json!({"Resources": {"T": {"Type": "AWS::SNS::Topic", "Metadata": {"note": text}}}});
    cloud.create("s", &template("a"));
    let calls = cloud.log.len();
    let seen = cloud.events("s").len();
    cloud.update("s", &template("b"));
    assert!(cloud.events_after("s", seen).contains(&"T UPDATE_COMPLETE".to_owned()));
    assert_eq!(cloud.log.len(), calls);
    let shown = cloud.send("DescribeStackResource", &[("StackName", "s"), ("LogicalResourceId", "T")]);
    assert_eq!(shown.get("Metadata").as_deref(), Some(r#"{"note":"b"}"#));
}

#[test]
fn changed_stack_tags_reach_every_taggable_resource() {
    let mut cloud = Cloud::new();
    let template = topics(&[("T", json!({}))]);
    cloud.create("s", &template);
    cloud.update_with("s", &template, &[("Tags.member.1.Key", "k"), ("Tags.member.1.Value", "v")]).ok();
    cloud.finish();
    let effect = cloud.effects.last().expect("effect");
    assert_eq!(effect.tags.get("k").map(String::as_str), Some("v"));
    let EffectAction::Update { tags_before, .. } = &effect.action else { panic!("{effect:?}") };
    assert!(tags_before.is_empty());
}

#[test]
fn the_type_of_a_resource_cannot_change() {
    let mut cloud = Cloud::new();
    cloud.create("s", &topics(&[("T", json!({}))]));
    let refused = cloud.update_with("s", &json!({"Resources": {"T": {"Type": "AWS::SQS::Queue"}}}), &[]);
    assert_eq!(
        refused.error(),
        "ValidationError: Update of resource type is not permitted. The new template modifies resource type of the following resources: [T]"
    );
}

#[test]
fn a_big_jump_of_the_clock_gives_the_same_events_as_small_steps() {
    let run = |step: u64| {
        let mut cloud = Cloud::new();
        let body = topics(&[("A", json!({})), ("B", json!({"DisplayName": {"Ref": "A"}}))]).to_string();
        cloud.send("CreateStack", &[("StackName", "s"), ("TemplateBody", &body)]).ok();
        for _ in 0..(600 / step) {
            cloud.advance(step);
        }
        cloud.send("DescribeStackEvents", &[("StackName", "s")]).all("Timestamp")
    };
    assert_eq!(run(1), run(600));
}
