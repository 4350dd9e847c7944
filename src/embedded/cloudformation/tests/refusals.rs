//! Refusals by existence, state and token: section 2.2, ER-01 to ER-12, CS-26 to CS-38.

use serde_json::json;

use super::{Cloud, boom, topics};

fn one() -> serde_json::Value {
    topics(&[("A", json!({"DisplayName": "1"}))])
}

fn two() -> serde_json::Value {
    topics(&[("A", json!({"DisplayName": "2"}))])
}

#[test]
fn each_action_has_its_own_words_for_a_stack_that_is_not_there() {
    let mut cloud = Cloud::new();
    for (action, more, text) in [
        ("DescribeStacks", ("", ""), "Stack with id x does not exist"),
        ("GetTemplate", ("", ""), "Stack with id x does not exist"),
        ("GetTemplateSummary", ("", ""), "Stack with id x does not exist"),
        ("DescribeStackEvents", ("", ""), "Stack [x] does not exist"),
        ("UpdateStack", ("TemplateBody", "{}"), "Stack [x] does not exist"),
        ("ListChangeSets", ("", ""), "Stack [x] does not exist"),
        ("DescribeStackResource", ("LogicalResourceId", "A"), "Stack 'x' does not exist"),
        ("CancelUpdateStack", ("", ""), "Stack [x] does not exist"),
        ("ContinueUpdateRollback", ("", ""), "Stack [x] does not exist"),
        ("DetectStackDrift", ("", ""), "Stack [x] does not exist"),
    ] {
        let refused = cloud.send(action, &[("StackName", "x"), more]);
        assert_eq!((refused.status, refused.error()), (400, format!("ValidationError: {text}")), "{action}");
    }
}

#[test]
fn a_live_name_cannot_be_created_again() {
    let mut cloud = Cloud::new();
    cloud.fault("create A", boom());
    cloud.create("s", &one());
    assert_eq!(cloud.status("s"), "ROLLBACK_COMPLETE");
    let body = one().to_string();
    let refused = cloud.send("CreateStack", &[("StackName", "s"), ("TemplateBody", &body)]);
    assert_eq!((refused.status, refused.error()), (400, "AlreadyExistsException: Stack [s] already exists".to_owned()));
    let refused = cloud.update_with("s", &two(), &[]);
    assert!(refused.error().ends_with("is in ROLLBACK_COMPLETE state and can not be updated."));
}

#[test]
fn an_update_without_change_is_refused() {
    let mut cloud = Cloud::new();
    cloud.create("s", &one());
    assert_eq!(cloud.update_with("s", &one(), &[]).error(), "ValidationError: No updates are to be performed.");
}

#[test]
fn a_token_answers_the_same_request_again_and_refuses_another() {
    let mut cloud = Cloud::new();
    let body = one().to_string();
    let params = [("StackName", "s"), ("TemplateBody", body.as_str()), ("ClientRequestToken", "t")];
    let first = cloud.send("CreateStack", &params).ok();
    let again = cloud.send("CreateStack", &params).ok();
    assert_eq!(again.get("StackId"), first.get("StackId"));
    assert_eq!(again.get("OperationId"), None);
    cloud.finish();
    let events = cloud.events("s").len();
    cloud.send("CreateStack", &params).ok();
    cloud.finish();
    assert_eq!(cloud.events("s").len(), events);
    let other = two().to_string();
    let refused =
        cloud.send("CreateStack", &[("StackName", "s"), ("TemplateBody", &other), ("ClientRequestToken", "t")]);
    assert_eq!(
        (refused.status, refused.error()),
        (400, "TokenAlreadyExistsException: The client request token t has already been used for this stack. Retry the request with a different client request token".to_owned())
    );
}

#[test]
fn an_update_under_way_refuses_another() {
    let mut cloud = Cloud::new();
    let id = cloud.create("s", &one());
    cloud.update_with("s", &two(), &[]).ok();
    let refused = cloud.update_with("s", &one(), &[]);
    assert_eq!(
        refused.error(),
        format!("ValidationError: Stack:{id} is in UPDATE_IN_PROGRESS state and can not be updated.")
    );
    let body = one().to_string();
    let refused = cloud.send("CreateChangeSet", &[("StackName", "s"), ("ChangeSetName", "c"), ("TemplateBody", &body)]);
    assert_eq!(
        refused.error(),
        format!("ValidationError: Stack:{id} is in UPDATE_IN_PROGRESS state and can not be updated.")
    );
}

#[test]
fn each_way_back_belongs_to_one_status() {
    let mut cloud = Cloud::new();
    cloud.create("s", &one());
    for (action, text) in [
        ("CancelUpdateStack", "CancelUpdateStack cannot be called from current stack status"),
        ("ContinueUpdateRollback", "RollbackUpdatedStack cannot be called from current stack status"),
        ("RollbackStack", "RollbackStack cannot be called from current stack status"),
    ] {
        assert_eq!(cloud.send(action, &[("StackName", "s")]).error(), format!("ValidationError: {text}"));
    }
}

#[test]
fn a_capability_has_to_be_acknowledged_and_named_iam_satisfies_iam() {
    let mut cloud = Cloud::new();
    let role = |named: bool| {
        let mut properties = json!({"AssumeRolePolicyDocument": {}});
        if named {
            properties["RoleName"] = json!("r");
        }
        json!({"Resources": {"R": {"Type": "AWS::IAM::Role", "Properties": properties}}}).to_string()
    };
    let mut ask = |body: &str, given: &str| {
        let params = [("StackName", "s"), ("TemplateBody", body), ("Capabilities.member.1", given)];
        let params = if given.is_empty() { &params[..2] } else { &params[..] };
        cloud.send("CreateStack", params).error()
    };
    assert_eq!(ask(&role(false), ""), "InsufficientCapabilitiesException: Requires capabilities : [CAPABILITY_IAM]");
    assert_eq!(
        ask(&role(true), "CAPABILITY_IAM"),
        "InsufficientCapabilitiesException: Requires capabilities : [CAPABILITY_NAMED_IAM]"
    );
    let transform = r#"{"Transform":"AWS::LanguageExtensions","Resources":{"T":{"Type":"AWS::SNS::Topic"}}}"#;
    assert_eq!(
        ask(transform, ""),
        "InsufficientCapabilitiesException: Requires capabilities : [CAPABILITY_AUTO_EXPAND]"
    );
    assert_eq!(ask(&role(false), "CAPABILITY_NAMED_IAM"), ": ");
}

#[test]
fn parameters_must_have_values_exist_and_fit() {
    let mut cloud = Cloud::new();
    let template = json!({"Parameters": {"N": {"Type": "Number"}, "S": {"Type": "String", "Default": "d", "AllowedValues": ["d", ""]}},
        "Resources": {"A": {"Type": "AWS::SNS::Topic"}}})
    .to_string();
    let mut ask = |given: &[(&str, &str)]| {
        let mut params = vec![("StackName".to_owned(), "s".to_owned()), ("TemplateBody".to_owned(), template.clone())];
        for (at, (key, value)) in given.iter().enumerate() {
            params.push((format!("Parameters.member.{}.ParameterKey", at + 1), (*key).to_owned()));
            params.push((format!("Parameters.member.{}.ParameterValue", at + 1), (*value).to_owned()));
        }
        let params: Vec<(&str, &str)> = params.iter().map(|(key, value)| (key.as_str(), value.as_str())).collect();
        cloud.send("CreateStack", &params).error()
    };
    assert_eq!(ask(&[]), "ValidationError: Parameters: [N] must have values");
    assert_eq!(ask(&[("N", "x")]), "ValidationError: Parameter 'N' must be a number.");
    assert_eq!(ask(&[("N", "1"), ("X", "1")]), "ValidationError: Parameters: [X] do not exist in the template");
    assert_eq!(ask(&[("N", "1"), ("S", "z")]), "ValidationError: Parameter 'S' must be one of AllowedValues");
    assert_eq!(ask(&[("N", "1"), ("S", "")]), ": ", "an empty string is a value");
}

#[test]
fn a_parameter_left_out_of_an_update_falls_back_to_its_default() {
    let mut cloud = Cloud::new();
    let template = json!({"Parameters": {"P": {"Type": "String", "Default": "default"}},
        "Resources": {"A": {"Type": "AWS::SNS::Topic", "Properties": {"DisplayName": {"Ref": "P"}}}}});
    let body = template.to_string();
    let key = ("Parameters.member.1.ParameterKey", "P");
    cloud
        .send(
            "CreateStack",
            &[("StackName", "s"), ("TemplateBody", &body), key, ("Parameters.member.1.ParameterValue", "given")],
        )
        .ok();
    cloud.finish();
    let keep = cloud.send(
        "UpdateStack",
        &[("StackName", "s"), ("UsePreviousTemplate", "true"), key, ("Parameters.member.1.UsePreviousValue", "true")],
    );
    assert_eq!(keep.error(), "ValidationError: No updates are to be performed.");
    cloud.send("UpdateStack", &[("StackName", "s"), ("UsePreviousTemplate", "true")]).ok();
    cloud.finish();
    assert_eq!(cloud.send("DescribeStacks", &[("StackName", "s")]).get("ParameterValue").as_deref(), Some("default"));
}

#[test]
fn a_no_echo_parameter_is_masked() {
    let mut cloud = Cloud::new();
    let template = json!({"Parameters": {"P": {"Type": "String", "NoEcho": true, "Default": "secret"}},
        "Resources": {"A": {"Type": "AWS::SNS::Topic"}}, "Outputs": {"O": {"Value": {"Ref": "P"}}}});
    cloud.create("s", &template);
    let shown = cloud.send("DescribeStacks", &[("StackName", "s")]);
    assert_eq!(shown.get("ParameterValue").as_deref(), Some("****"));
    assert_eq!(shown.get("OutputValue").as_deref(), Some("secret"));
}

#[test]
fn resource_types_forbid_others() {
    let mut cloud = Cloud::new();
    let body = one().to_string();
    let refused = cloud
        .send("CreateStack", &[("StackName", "s"), ("TemplateBody", &body), ("ResourceTypes.member.1", "AWS::EC2::*")]);
    assert_eq!(
        refused.error(),
        "ValidationError: Resource type AWS::SNS::Topic is not allowed by parameter ResourceTypes [AWS::EC2::*]"
    );
}

#[test]
fn a_second_change_set_of_a_live_name_is_refused() {
    let mut cloud = Cloud::new();
    cloud.change_set("s", "c", "CREATE", &one(), &[]);
    let body = two().to_string();
    let refused = cloud.send(
        "CreateChangeSet",
        &[("StackName", "s"), ("ChangeSetName", "c"), ("ChangeSetType", "CREATE"), ("TemplateBody", &body)],
    );
    assert_eq!(refused.get("Code").as_deref(), Some("AlreadyExistsException"));
}

#[test]
fn retaining_resources_belongs_to_delete_failed() {
    let mut cloud = Cloud::new();
    cloud.create("s", &one());
    let refused = cloud.send("DeleteStack", &[("StackName", "s"), ("RetainResources.member.1", "A")]);
    assert_eq!(refused.get("Code").as_deref(), Some("ValidationError"));
}

#[test]
fn on_failure_and_disable_rollback_exclude_each_other() {
    let mut cloud = Cloud::new();
    let body = one().to_string();
    let refused = cloud.send(
        "CreateStack",
        &[("StackName", "s"), ("TemplateBody", &body), ("OnFailure", "DELETE"), ("DisableRollback", "true")],
    );
    assert_eq!(refused.get("Code").as_deref(), Some("ValidationError"));
}
