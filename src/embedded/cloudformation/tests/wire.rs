//! The wire: WI-01 to WI-10, ER-40, ER-47.

use serde_json::json;

use super::{Cloud, topics};
use crate::embedded::cloudformation::QueryRequest;

#[test]
fn an_answer_has_its_frame_and_its_request_id() {
    let mut cloud = Cloud::new();
    let request = QueryRequest { action: "ListStacks".to_owned(), ..QueryRequest::default() };
    let reply = cloud.engine.handle(&request, cloud.now);
    let expected = format!(
        "<ListStacksResponse xmlns=\"http://cloudformation.amazonaws.com/doc/2010-05-15/\"><ListStacksResult><StackSummaries/></ListStacksResult><ResponseMetadata><RequestId>{}</RequestId></ResponseMetadata></ListStacksResponse>",
        reply.request_id
    );
    assert_eq!(reply.xml, expected);
    assert_eq!(reply.request_id.len(), 36);
}

#[test]
fn a_refusal_has_the_request_id_beside_the_error() {
    let mut cloud = Cloud::new();
    let request = QueryRequest { action: "Nonsense".to_owned(), ..QueryRequest::default() };
    let reply = cloud.engine.handle(&request, cloud.now);
    let expected = format!(
        "<ErrorResponse xmlns=\"http://cloudformation.amazonaws.com/doc/2010-05-15/\"><Error><Type>Sender</Type><Code>InvalidAction</Code><Message>Could not find operation Nonsense for version 2010-05-15</Message></Error><RequestId>{}</RequestId></ErrorResponse>",
        reply.request_id
    );
    assert_eq!((reply.status, reply.xml), (400, expected));
}

#[test]
fn a_missing_action_and_a_missing_member_are_refused() {
    let mut cloud = Cloud::new();
    assert_eq!(cloud.send("", &[]).get("Code").as_deref(), Some("MissingAction"));
    assert_eq!(cloud.send("DescribeStackEvents", &[]).get("Code").as_deref(), Some("ValidationError"));
}

#[test]
fn an_empty_list_is_sent_as_an_empty_parameter() {
    let mut cloud = Cloud::new();
    let body = topics(&[("A", json!({}))]).to_string();
    let params =
        [("StackName", "s"), ("TemplateBody", &body), ("Tags.member.1.Key", "k"), ("Tags.member.1.Value", "v")];
    cloud.send("CreateStack", &params).ok();
    cloud.finish();
    cloud.send("UpdateStack", &[("StackName", "s"), ("TemplateBody", &body), ("Tags", "")]).ok();
    cloud.finish();
    assert!(cloud.send("DescribeStacks", &[("StackName", "s")]).has("<Tags/>"));
}

#[test]
fn values_full_of_markup_survive() {
    let mut cloud = Cloud::new();
    let nasty = "<a> & \"b\" 'c' {{ }} !Ref \u{1} \u{e9}";
    let mut template = topics(&[("A", json!({}))]);
    template["Outputs"] = json!({"O": {"Value": nasty}});
    cloud.create("s", &template);
    let value = cloud.send("DescribeStacks", &[("StackName", "s")]).get("OutputValue");
    assert_eq!(value.as_deref(), Some("<a> & \"b\" 'c' {{ }} !Ref \u{fffd} \u{e9}"));
}

#[test]
fn moments_are_written_with_milliseconds() {
    let mut cloud = Cloud::new();
    cloud.create("s", &topics(&[("A", json!({}))]));
    let created = cloud.send("DescribeStacks", &[("StackName", "s")]).get("CreationTime");
    assert_eq!(created.as_deref(), Some("2026-09-26T22:21:45.000Z"));
}

#[test]
fn no_bytes_make_the_engine_panic() {
    use proptest::prelude::*;
    let actions =
        ["CreateStack", "UpdateStack", "CreateChangeSet", "ValidateTemplate", "SetStackPolicy", "DescribeStackEvents"];
    let mut runner = proptest::test_runner::TestRunner::new(ProptestConfig::with_cases(400));
    let text = prop_oneof![
        "\\PC{0,80}",
        Just(
            r#"{"Resources":{"A":{"Type":"AWS::SNS::Topic","Properties":{"DisplayName":{"Fn::Sub":"${"}}}}}"#
                .to_owned()
        ),
        "\\{\"Resources\":\\{\"A\":\\{\"Type\":\"AWS::SNS::Topic\",\"Properties\":\\{\"x\":\\{\"Fn::(If|Sub|Join|Select|Split|FindInMap|GetAtt)\":\\[[\"a0,]{0,9}\\]\\}\\}\\}\\}\\}",
    ];
    let input = (0..actions.len(), text.clone(), text);
    runner
        .run(&input, |(action, body, token)| {
            let mut cloud = Cloud::new();
            let params = [
                ("StackName", "s"),
                ("ChangeSetName", "c"),
                ("ChangeSetType", "CREATE"),
                ("TemplateBody", body.as_str()),
                ("StackPolicyBody", body.as_str()),
                ("NextToken", token.as_str()),
            ];
            cloud.send(actions[action], &params);
            cloud.finish();
            Ok(())
        })
        .expect("no panic");
}

#[test]
fn a_stored_state_of_a_newer_version_is_refused_by_name() {
    let cloud = Cloud::new();
    let mut stored = cloud.engine.save().expect("save");
    stored["format"] = json!(99);
    let error = crate::embedded::cloudformation::Engine::load(&stored).expect_err("newer");
    assert!(error.to_string().contains("format 99"));
}
