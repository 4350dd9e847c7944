//! Stack policies: SP-01 to SP-03, ER-38, TV-27.

use serde_json::json;

use super::{Cloud, topics};

const DENY: &str = r#"{"Statement":[{"Effect":"Allow","Action":"Update:*","Principal":"*","Resource":"*"},{"Effect":"Deny","Action":"Update:Replace","Principal":"*","Resource":"LogicalResourceId/T*"}]}"#;

#[test]
fn a_denied_update_fails_the_resource_and_goes_back() {
    let mut cloud = Cloud::new();
    cloud.create("s", &topics(&[("Topic", json!({"TopicName": "one", "DisplayName": "1"}))]));
    cloud.send("SetStackPolicy", &[("StackName", "s"), ("StackPolicyBody", DENY)]).ok();
    cloud.update("s", &topics(&[("Topic", json!({"TopicName": "one", "DisplayName": "2"}))]));
    assert_eq!(cloud.status("s"), "UPDATE_COMPLETE");
    cloud.update("s", &topics(&[("Topic", json!({"TopicName": "two"}))]));
    let expected = "Topic UPDATE_FAILED Action denied by stack policy: Statement [#2] does not allow [Update:Replace] for resource [LogicalResourceId/T*];";
    assert!(cloud.events("s").contains(&expected.to_owned()), "{:?}", cloud.events("s"));
    assert_eq!(cloud.status("s"), "UPDATE_ROLLBACK_COMPLETE");
}

#[test]
fn what_a_policy_does_not_allow_is_denied() {
    let mut cloud = Cloud::new();
    cloud.create("s", &topics(&[("Topic", json!({"DisplayName": "1"}))]));
    let only_queues = r#"{"Statement":[{"Effect":"Allow","Action":"Update:*","Principal":"*","Resource":"*","Condition":{"StringEquals":{"ResourceType":["AWS::SQS::Queue"]}}}]}"#;
    cloud.send("SetStackPolicy", &[("StackName", "s"), ("StackPolicyBody", only_queues)]).ok();
    cloud.update("s", &topics(&[("Topic", json!({"DisplayName": "2"}))]));
    assert!(cloud.events("s").contains(&"Topic UPDATE_FAILED Action not allowed by stack policy".to_owned()));
}

#[test]
fn a_policy_for_one_update_replaces_the_policy_for_that_update_only() {
    let mut cloud = Cloud::new();
    cloud.create("s", &topics(&[("Topic", json!({"TopicName": "one"}))]));
    cloud.send("SetStackPolicy", &[("StackName", "s"), ("StackPolicyBody", DENY)]).ok();
    let allow = r#"{"Statement":[{"Effect":"Allow","Action":"Update:*","Principal":"*","Resource":"*"}]}"#;
    cloud
        .update_with("s", &topics(&[("Topic", json!({"TopicName": "two"}))]), &[("StackPolicyDuringUpdateBody", allow)])
        .ok();
    cloud.finish();
    assert_eq!(cloud.status("s"), "UPDATE_COMPLETE");
    assert_eq!(cloud.send("GetStackPolicy", &[("StackName", "s")]).get("StackPolicyBody").as_deref(), Some(DENY));
}

#[test]
fn malformed_policies_are_refused_and_none_is_told_as_none() {
    let mut cloud = Cloud::new();
    cloud.create("s", &topics(&[("Topic", json!({}))]));
    assert!(!cloud.send("GetStackPolicy", &[("StackName", "s")]).ok().has("StackPolicyBody"));
    for bad in ["nonsense", "[]", r#"{"Statement":[{"Effect":"Maybe"}]}"#] {
        let refused = cloud.send("SetStackPolicy", &[("StackName", "s"), ("StackPolicyBody", bad)]);
        assert_eq!(refused.error(), "ValidationError: Error validating stack policy: Invalid stack policy");
    }
    let both =
        cloud.send("SetStackPolicy", &[("StackName", "s"), ("StackPolicyBody", "{}"), ("StackPolicyURL", "https://x")]);
    assert_eq!(both.error(), "ValidationError: You cannot specify both StackPolicyURL and StackPolicyBody");
    cloud.send("SetStackPolicy", &[("StackName", "s"), ("StackPolicyBody", "{}")]).ok();
    assert_eq!(cloud.send("GetStackPolicy", &[("StackName", "s")]).get("StackPolicyBody").as_deref(), Some("{}"));
}
