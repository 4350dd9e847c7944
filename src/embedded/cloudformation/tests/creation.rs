//! Creating stacks: sequences SQ-01 to SQ-04, SQ-10 to SQ-14, SQ-23, SQ-27 to SQ-31.

use serde_json::json;

use super::{Cloud, boom, names, short, topics};
use crate::embedded::cloudformation::effect::EffectAction;

#[test]
fn a_creation_tells_every_step_of_every_resource() {
    let mut cloud = Cloud::new();
    let id = cloud.create("s", &topics(&[("Topic", json!({"DisplayName": "d"}))]));
    assert_eq!(
        cloud.events("s"),
        [
            "stack CREATE_IN_PROGRESS User Initiated",
            "Topic CREATE_IN_PROGRESS",
            "Topic CREATE_IN_PROGRESS Resource creation Initiated",
            "Topic CREATE_IN_PROGRESS Eventual consistency check initiated",
            "Topic CREATE_COMPLETE",
            "stack CREATE_COMPLETE",
        ]
    );
    assert!(id.starts_with("arn:aws:cloudformation:eu-west-1:123456789012:stack/s/"));
}

#[test]
fn the_consistency_check_carries_its_detailed_status() {
    let mut cloud = Cloud::new();
    cloud.create("s", &topics(&[("Topic", json!({}))]));
    let reply = cloud.send("DescribeStackEvents", &[("StackName", "s")]);
    let check = reply
        .xml
        .split("<member>")
        .find(|event| event.contains("Eventual consistency check initiated"))
        .expect("check");
    assert!(check.contains("<DetailedStatus>CONFIGURATION_COMPLETE</DetailedStatus>"));
}

#[test]
fn a_dependent_waits_for_completion_and_independent_ones_run_side_by_side() {
    let mut cloud = Cloud::new();
    cloud.create(
        "s",
        &json!({"Resources": {
            "A": {"Type": "AWS::SNS::Topic"},
            "B": {"Type": "AWS::SNS::Topic", "Properties": {"DisplayName": {"Ref": "A"}}},
            "C": {"Type": "AWS::SQS::Queue", "DependsOn": "B"},
            "D": {"Type": "AWS::SNS::Topic"},
        }}),
    );
    let events = cloud.events("s");
    let place =
        |text: &str| events.iter().position(|event| event == text).unwrap_or_else(|| panic!("{text} in {events:?}"));
    assert!(place("A CREATE_COMPLETE") < place("B CREATE_IN_PROGRESS"));
    assert!(place("B CREATE_COMPLETE") < place("C CREATE_IN_PROGRESS"));
    assert!(place("D CREATE_IN_PROGRESS") < place("A CREATE_COMPLETE"));
    assert!(place("D CREATE_COMPLETE") < place("B CREATE_COMPLETE"));
}

#[test]
fn events_carry_ids_properties_and_physical_ids_in_the_services_shapes() {
    let mut cloud = Cloud::new();
    let params = [
        ("StackName", "s"),
        (
            "TemplateBody",
            r#"{"Resources":{"Queue":{"Type":"AWS::SQS::Queue","Properties":{"DelaySeconds":5}},"Bare":{"Type":"AWS::SNS::Topic"}}}"#,
        ),
        ("ClientRequestToken", "tok"),
    ];
    let reply = cloud.send("CreateStack", &params).ok();
    let operation = reply.get("OperationId").expect("operation");
    cloud.finish();
    let reply = cloud.send("DescribeStackEvents", &[("StackName", "s")]);
    let members: Vec<&str> = reply.xml.split("<member>").skip(1).collect();
    let first = members.last().expect("first");
    assert!(first.contains(&format!("<EventId>{operation}</EventId>")), "{first}");
    assert!(!first.contains("ResourceProperties"));
    assert!(first.contains("<PhysicalResourceId>arn:aws:cloudformation"));
    let queue = members.iter().rev().find(|event| event.contains("<LogicalResourceId>Queue<")).expect("queue");
    assert!(queue.contains("<EventId>Queue-CREATE_IN_PROGRESS-2026-09-26T22:21:47.000Z</EventId>"), "{queue}");
    assert!(queue.contains("<PhysicalResourceId></PhysicalResourceId>"), "{queue}");
    assert!(
        queue.contains("<ResourceProperties>{&quot;DelaySeconds&quot;:&quot;5&quot;}</ResourceProperties>"),
        "{queue}"
    );
    let bare = members.iter().find(|event| event.contains("<LogicalResourceId>Bare<")).expect("bare");
    assert!(bare.contains("<ResourceProperties>{}</ResourceProperties>"));
    assert!(members.iter().all(|event| event.contains("<ClientRequestToken>tok</ClientRequestToken>")));
    assert!(members.iter().all(|event| event.contains(&format!("<OperationId>{operation}</OperationId>"))));
}

#[test]
fn a_failed_creation_cancels_siblings_and_deletes_what_was_made() {
    let mut cloud = Cloud::new();
    cloud.fault("create Bad", boom());
    cloud.create(
        "s",
        &json!({"Resources": {
            "First": {"Type": "AWS::SNS::Topic"},
            "Bad": {"Type": "AWS::SNS::Topic", "DependsOn": "First"},
            "Slow": {"Type": "AWS::SQS::Queue", "DependsOn": "First"},
            "Never": {"Type": "AWS::SNS::Topic", "DependsOn": "Bad"},
        }}),
    );
    let events = short(cloud.events("s"));
    assert_eq!(
        events[5..],
        [
            "Bad CREATE_IN_PROGRESS",
            "Slow CREATE_IN_PROGRESS",
            "Bad CREATE_FAILED boom",
            "Slow CREATE_FAILED Resource creation cancelled",
            "stack ROLLBACK_IN_PROGRESS The following resource(s) failed to create: [Bad, Slow]. Rollback requested by user.",
            "Bad DELETE_COMPLETE",
            "Slow DELETE_COMPLETE",
            "First DELETE_IN_PROGRESS",
            "First DELETE_COMPLETE",
            "stack ROLLBACK_COMPLETE",
        ]
    );
    assert!(cloud.live.is_empty());
}

#[test]
fn a_resource_that_was_made_before_it_failed_is_deleted_too() {
    let mut cloud = Cloud::new();
    cloud.live.insert("half".to_owned(), serde_json::Map::new());
    cloud.fault("create Bad", boom().after_making("half"));
    cloud.create("s", &topics(&[("Bad", json!({}))]));
    assert_eq!(
        short(cloud.events("s"))[1..],
        [
            "Bad CREATE_IN_PROGRESS",
            "Bad CREATE_IN_PROGRESS Resource creation Initiated",
            "Bad CREATE_FAILED boom",
            "stack ROLLBACK_IN_PROGRESS The following resource(s) failed to create: [Bad]. Rollback requested by user.",
            "Bad DELETE_IN_PROGRESS",
            "Bad DELETE_COMPLETE",
            "stack ROLLBACK_COMPLETE",
        ]
    );
    assert!(cloud.live.is_empty());
}

#[test]
fn a_sibling_that_was_already_made_when_cancelled_is_deleted() {
    let mut cloud = Cloud::new();
    cloud.fault("create Bad", boom());
    cloud.create(
        "s",
        &json!({"Resources": {
            "Early": {"Type": "AWS::SQS::Queue"},
            "Wait": {"Type": "AWS::SNS::Topic"},
            "Bad": {"Type": "AWS::SNS::Topic", "DependsOn": "Wait"},
        }}),
    );
    let events = cloud.events("s");
    assert!(events.contains(&"Early CREATE_FAILED Resource creation cancelled".to_owned()), "{events:?}");
    assert!(events.contains(&"Early DELETE_COMPLETE".to_owned()));
    assert_eq!(cloud.status("s"), "ROLLBACK_COMPLETE");
    assert!(cloud.live.is_empty(), "{:?}", cloud.live);
}

#[test]
fn on_failure_do_nothing_keeps_everything() {
    let mut cloud = Cloud::new();
    cloud.fault("create Bad", boom());
    let body = topics(&[("Bad", json!({})), ("Good", json!({}))]).to_string();
    cloud.send("CreateStack", &[("StackName", "s"), ("TemplateBody", &body), ("OnFailure", "DO_NOTHING")]).ok();
    cloud.finish();
    assert_eq!(cloud.status("s"), "CREATE_FAILED");
    assert_eq!(cloud.reason("s").as_deref(), Some("The following resource(s) failed to create: [Bad]. "));
    assert_eq!(cloud.live.len(), 1);
    assert!(cloud.send("DescribeStacks", &[("StackName", "s")]).has("<DisableRollback>true</DisableRollback>"));
    assert!(cloud.events("s").contains(&"Good CREATE_COMPLETE".to_owned()));
}

#[test]
fn on_failure_delete_removes_the_stack() {
    let mut cloud = Cloud::new();
    cloud.fault("create Bad", boom());
    let body = topics(&[("Bad", json!({}))]).to_string();
    let id = cloud
        .send("CreateStack", &[("StackName", "s"), ("TemplateBody", &body), ("OnFailure", "DELETE")])
        .ok()
        .get("StackId")
        .expect("id");
    cloud.finish();
    let events = cloud.events(&id);
    let expected =
        "stack DELETE_IN_PROGRESS The following resource(s) failed to create: [Bad]. Delete requested by user.";
    assert!(events.contains(&expected.to_owned()), "{events:?}");
    assert_eq!(cloud.status(&id), "DELETE_COMPLETE");
}

#[test]
fn retain_except_on_create_leaves_nothing_after_a_failed_creation_and_retain_does() {
    let mut cloud = Cloud::new();
    cloud.fault("create Bad", boom());
    cloud.create(
        "s",
        &json!({"Resources": {
            "Kept": {"Type": "AWS::SNS::Topic", "DeletionPolicy": "Retain", "Properties": {"TopicName": "kept"}},
            "Gone": {"Type": "AWS::SNS::Topic", "DeletionPolicy": "RetainExceptOnCreate"},
            "Bad": {"Type": "AWS::SNS::Topic", "DependsOn": ["Kept", "Gone"]},
        }}),
    );
    let events = cloud.events("s");
    assert!(events.contains(&"Kept DELETE_SKIPPED".to_owned()), "{events:?}");
    assert!(events.contains(&"Gone DELETE_COMPLETE".to_owned()));
    assert_eq!(names(&cloud.live), ["kept".to_owned()].into());
}

#[test]
fn a_rollback_that_cannot_delete_ends_in_rollback_failed() {
    let mut cloud = Cloud::new();
    cloud.fault("create Bad", boom());
    cloud.fault("delete Good", boom());
    cloud.fault("delete Good", boom());
    cloud.create(
        "s",
        &json!({"Resources": {
            "Good": {"Type": "AWS::SNS::Topic"},
            "Bad": {"Type": "AWS::SNS::Topic", "DependsOn": "Good"},
        }}),
    );
    assert_eq!(cloud.status("s"), "ROLLBACK_FAILED");
    assert_eq!(cloud.reason("s").as_deref(), Some("The following resource(s) failed to delete: [Good]. "));
    let seen = cloud.events("s").len();
    cloud.send("DeleteStack", &[("StackName", "s")]).ok();
    cloud.finish();
    assert_eq!(cloud.status("s"), "DELETE_FAILED");
    assert_eq!(
        short(cloud.events_after("s", seen)),
        [
            "stack DELETE_IN_PROGRESS User Initiated",
            "Good DELETE_IN_PROGRESS",
            "Good DELETE_FAILED boom",
            "stack DELETE_FAILED The following resource(s) failed to delete: [Good]. ",
        ]
    );
    let seen = cloud.events("s").len();
    let id = cloud.send("DescribeStacks", &[("StackName", "s")]).get("StackId").expect("id");
    cloud.send("DeleteStack", &[("StackName", "s"), ("RetainResources.member.1", "Good")]).ok();
    cloud.finish();
    assert_eq!(
        cloud.events_after(&id, seen),
        ["stack DELETE_IN_PROGRESS User Initiated", "Good DELETE_SKIPPED", "stack DELETE_COMPLETE"]
    );
}

#[test]
fn a_creation_that_takes_too_long_is_rolled_back() {
    let mut cloud = Cloud::new();
    let body = r#"{"Resources":{"E":{"Type":"AWS::SageMaker::Endpoint","Properties":{"EndpointConfigName":"c"}}}}"#;
    cloud.send("CreateStack", &[("StackName", "s"), ("TemplateBody", body), ("TimeoutInMinutes", "1")]).ok();
    cloud.finish();
    let events = cloud.events("s");
    let expected =
        "stack ROLLBACK_IN_PROGRESS Stack creation time exceeded the specified timeout. Rollback requested by user.";
    assert!(events.contains(&expected.to_owned()), "{events:?}");
    assert_eq!(cloud.status("s"), "ROLLBACK_COMPLETE");
    assert!(cloud.live.is_empty());
}

#[test]
fn an_output_that_cannot_be_evaluated_rolls_the_creation_back() {
    let mut cloud = Cloud::new();
    cloud.create(
        "s",
        &json!({
            "Resources": {"P": {"Type": "AWS::SSM::Parameter", "Properties": {"Type": "String", "Value": "v"}}},
            "Outputs": {"InvalidOutput": {"Value": {"Fn::GetAtt": ["P", "Invalid"]}}},
        }),
    );
    let events = cloud.events("s");
    let expected = "stack ROLLBACK_IN_PROGRESS [Error] /Outputs/InvalidOutput/Value/Fn::GetAtt: Resource type \
                    AWS::SSM::Parameter does not support attribute {Invalid}. Rollback requested by user.";
    assert!(events.contains(&expected.to_owned()), "{events:?}");
    assert_eq!(cloud.status("s"), "ROLLBACK_COMPLETE");
}

fn untyped() -> String {
    json!({"Resources": {"P": {"Type": "AWS::SSM::Parameter", "Properties": {"Value": "v"}}}}).to_string()
}

#[test]
fn a_missing_required_property_fails_before_the_handler_is_called() {
    let mut cloud = Cloud::new();
    let params = [("StackName", "s"), ("TemplateBody", &untyped()), ("DisableValidation", "true")];
    cloud.send("CreateStack", &params).ok();
    cloud.finish();
    let events = cloud.events("s");
    let expected = "P CREATE_FAILED Property validation failure: [The property {/Type} is required]";
    assert!(events.contains(&expected.to_owned()), "{events:?}");
    assert!(!cloud.log.contains(&"create P".to_owned()));
}

#[test]
fn early_validation_fails_a_creation_before_any_resource_is_touched() {
    let mut cloud = Cloud::new();
    cloud.send("CreateStack", &[("StackName", "s"), ("TemplateBody", &untyped())]).ok();
    assert_eq!(cloud.status("s"), "CREATE_IN_PROGRESS");
    cloud.finish();
    let events = cloud.events("s");
    assert_eq!(events.len(), 4, "{events:?}");
    assert!(events[1].starts_with("stack CREATE_FAILED Validation failed with 1 error(s). "), "{events:?}");
    assert!(events[2].starts_with("stack ROLLBACK_IN_PROGRESS Validation failure detected."), "{events:?}");
    let told = cloud.send("DescribeEvents", &[("StackName", "s"), ("Filters.FailedEvents", "true")]).ok();
    assert_eq!(told.all("EventType"), ["PROVISIONING_ERROR", "VALIDATION_ERROR"]);
    assert_eq!(told.get("ValidationStatusReason").as_deref(), Some("Required property [Type] not found"));
    let kept = [("StackName", "k"), ("TemplateBody", &untyped()), ("OnFailure", "DO_NOTHING")];
    cloud.send("CreateStack", &kept).ok();
    cloud.finish();
    assert_eq!(cloud.status("k"), "CREATE_FAILED");
}

#[test]
fn an_express_creation_waits_for_nothing_and_keeps_what_fails() {
    let mut cloud = Cloud::new();
    let body = json!({"Resources": {"Q": {"Type": "AWS::SQS::Queue"}}}).to_string();
    let params = [("StackName", "s"), ("TemplateBody", body.as_str()), ("DeploymentConfig.Mode", "EXPRESS")];
    cloud.send("CreateStack", &params).ok();
    cloud.advance(10);
    assert_eq!(cloud.status("s"), "CREATE_COMPLETE");
    let told = "Q CREATE_COMPLETE Resource operation completed using Express Mode. It may continue becoming available in the background.";
    assert!(cloud.events("s").contains(&told.to_owned()), "{:?}", cloud.events("s"));
    cloud.fault("create Q", boom());
    cloud.send("CreateStack", &[("StackName", "t"), params[1], params[2]]).ok();
    cloud.finish();
    assert_eq!(cloud.status("t"), "CREATE_FAILED");
}

#[test]
fn effects_carry_resolved_properties_and_the_stacks_tags() {
    let mut cloud = Cloud::new();
    let body = json!({"Resources": {
        "A": {"Type": "AWS::SNS::Topic", "Properties": {"TopicName": "a"}},
        "B": {"Type": "AWS::SNS::Topic", "Properties": {"DisplayName": {"Fn::Sub": "${A}-${A.Arn}-${AWS::StackName}"}}},
    }})
    .to_string();
    let params =
        [("StackName", "s"), ("TemplateBody", &body), ("Tags.member.1.Key", "team"), ("Tags.member.1.Value", "ml")];
    cloud.send("CreateStack", &params).ok();
    cloud.finish();
    let effect = cloud.effects.iter().find(|effect| effect.logical_id == "B").expect("effect");
    let EffectAction::Create { properties } = &effect.action else { panic!("{effect:?}") };
    assert_eq!(properties["DisplayName"], json!("a-arn:aws:test:eu-west-1:123456789012:a-s"));
    assert_eq!(effect.tags.get("team").map(String::as_str), Some("ml"));
    assert_eq!(effect.tags.get("aws:cloudformation:stack-name").map(String::as_str), Some("s"));
    assert_eq!(effect.tags.get("aws:cloudformation:logical-id").map(String::as_str), Some("B"));
}

#[test]
fn progress_is_a_function_of_time_and_survives_a_stored_state() {
    let mut cloud = Cloud::new();
    let body = topics(&[("A", json!({})), ("B", json!({}))]).to_string();
    cloud.send("CreateStack", &[("StackName", "s"), ("TemplateBody", &body)]).ok();
    cloud.advance(3);
    let stored = cloud.engine.save().expect("save");
    cloud.engine = crate::embedded::cloudformation::Engine::load(&stored).expect("load");
    assert_eq!(cloud.status("s"), "CREATE_IN_PROGRESS");
    cloud.advance(3600);
    assert_eq!(cloud.status("s"), "CREATE_COMPLETE");
    let times: Vec<String> = cloud.send("DescribeStackEvents", &[("StackName", "s")]).all("Timestamp");
    assert!(times.windows(2).all(|pair| pair[0] >= pair[1]), "{times:?}");
    assert!(times[0].as_str() < "2026-09-26T22:23:00.000Z", "an event keeps its own time: {}", times[0]);
}

#[test]
fn an_effect_that_was_not_answered_is_handed_out_again() {
    let mut cloud = Cloud::new();
    let body = topics(&[("A", json!({}))]).to_string();
    cloud.send("CreateStack", &[("StackName", "s"), ("TemplateBody", &body)]).ok();
    cloud.now = cloud.now.plus(crate::units::Duration::from_secs(10));
    let first = cloud.engine.poll(cloud.now);
    assert_eq!(first.len(), 1);
    let stored = cloud.engine.save().expect("save");
    cloud.engine = crate::embedded::cloudformation::Engine::load(&stored).expect("load");
    assert_eq!(cloud.engine.poll(cloud.now), first);
    cloud.finish();
    assert_eq!(cloud.status("s"), "CREATE_COMPLETE");
}
