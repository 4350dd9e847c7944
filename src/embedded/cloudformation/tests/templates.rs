//! Template validation and template actions: TV-01 to TV-30, ER-32, ST-11.

use serde_json::json;

use super::super::wire::QueryRequest;
use super::{Cloud, topics};

#[track_caller]
fn refused(body: &str) -> String {
    let mut cloud = Cloud::new();
    let reply = cloud.send(
        "CreateStack",
        &[("StackName", "s"), ("TemplateBody", body), ("Capabilities.member.1", "CAPABILITY_AUTO_EXPAND")],
    );
    let text = reply.error();
    text.strip_prefix("ValidationError: ").unwrap_or(&text).to_owned()
}

#[test]
fn unresolved_references_are_refused() {
    for properties in [
        r#"{"DisplayName":{"Ref":"X"}}"#,
        r#"{"DisplayName":{"Fn::GetAtt":["X","Arn"]}}"#,
        r#"{"DisplayName":{"Fn::Sub":"${X}"}}"#,
    ] {
        let body = format!(r#"{{"Resources":{{"A":{{"Type":"AWS::SNS::Topic","Properties":{properties}}}}}}}"#);
        assert_eq!(
            refused(&body),
            "Template format error: Unresolved resource dependencies [X] in the Resources block of the template"
        );
    }
    let body = r#"{"Resources":{"A":{"Type":"AWS::SNS::Topic","DependsOn":"X"}}}"#;
    assert_eq!(
        refused(body),
        "Template format error: Unresolved resource dependencies [X] in the Resources block of the template"
    );
}

#[test]
fn a_reference_to_a_resource_that_its_condition_removes_is_refused() {
    let base = json!({"Conditions": {"No": {"Fn::Equals": ["a", "b"]}},
        "Resources": {"MyTopic": {"Type": "AWS::SNS::Topic", "Condition": "No"}, "A": {"Type": "AWS::SNS::Topic"}}});
    let mut inside = base.clone();
    inside["Resources"]["A"]["Properties"] = json!({"DisplayName": {"Ref": "MyTopic"}});
    assert_eq!(
        refused(&inside.to_string()),
        "Template format error: Unresolved resource dependencies [MyTopic] in the Resources block of the template"
    );
    let mut output = base;
    output["Outputs"] = json!({"O": {"Value": {"Ref": "MyTopic"}}});
    assert_eq!(
        refused(&output.to_string()),
        "Unresolved resource dependencies [MyTopic] in the Outputs block of the template"
    );
}

#[test]
fn cycles_are_refused() {
    let body = json!({"Resources": {
        "A": {"Type": "AWS::SNS::Topic", "DependsOn": "B"},
        "B": {"Type": "AWS::SNS::Topic", "Properties": {"DisplayName": {"Ref": "A"}}},
    }});
    assert_eq!(refused(&body.to_string()), "Circular dependency between resources: [A, B]");
}

#[test]
fn malformed_templates_are_refused_with_the_services_texts() {
    for (body, text) in [
        (
            r#"{"Resources":{"A":{"Type":"AWS::X::Y"}}}"#,
            "Template format error: Unrecognized resource types: [AWS::X::Y]",
        ),
        (r#"{"Resources":{}}"#, "Template format error: At least one Resources member must be defined."),
        (r#"{"Description":"x"}"#, "Template format error: At least one Resources member must be defined."),
        (
            r#"{"Resources":{"A":{"Properties":{}}}}"#,
            "Template format error: [/Resources/A] Every Resources object must contain a Type member.",
        ),
        (r#"{"Resources":{"A":"x"}}"#, "Template format error: Any Resources member must be an object."),
        (
            r#"{"Resources":{"A":{"Type":"AWS::SNS::Topic","Invalid":1}}}"#,
            "Invalid template resource property 'Invalid'",
        ),
        (
            r#"{"Resources":{"A":{"Type":"AWS::SNS::Topic"}},"Outputs":{"MyOutput":{"Value":null}}}"#,
            "[/Outputs/MyOutput/Value] 'null' values are not allowed in templates",
        ),
        (
            r#"{"Resources":{"A":{"Type":"AWS::SNS::Topic"}},"Outputs":{"O":{"Description":"x"}}}"#,
            "Template format error: Every Outputs member must contain a Value object",
        ),
        (
            r#"{"Resources":{"my-bad-resource-id":{"Type":"AWS::SNS::Topic"}}}"#,
            "Template format error: Resource name my-bad-resource-id is non alphanumeric.",
        ),
        (
            r#"{"Parameters":{"AWS::NoValue":{"Type":"String"}},"Resources":{"A":{"Type":"AWS::SNS::Topic"}}}"#,
            "Template format error: Parameter name AWS::NoValue is non alphanumeric.",
        ),
        ("https://example.com/template", "Template format error: unsupported structure."),
        (r#"{"Resources": {"A": {"Type" 1}}}"#, "Template format error: JSON not well-formed. (line 1, column 29)"),
        ("Resources:\n  A: [", "Template format error: YAML not well-formed. (line 3, column 1)"),
        (
            r#"{"Mappings":{"M":{"C":{"L":{"x":"y"}}}},"Resources":{"A":{"Type":"AWS::SNS::Topic"}}}"#,
            "Template format error: Every Mappings attribute must be a String or a List.",
        ),
        (
            r#"{"Mappings":{"M":{"A":"x"}},"Resources":{"A":{"Type":"AWS::SNS::Topic"}}}"#,
            "Template format error: Every Mappings member A must be a map",
        ),
        (
            r#"{"Conditions":{"C":{"Fn::Equals":["a"]}},"Resources":{"A":{"Type":"AWS::SNS::Topic"}}}"#,
            "Template error: every Fn::Equals object requires a list of 2 string parameters.",
        ),
        (
            r#"{"Resources":{"A":{"Type":"AWS::SNS::Topic","Properties":{"DisplayName":{"Fn::If":["MissingCondition","a","b"]}}}}}"#,
            "Template error: unresolved condition dependency MissingCondition in Fn::If",
        ),
        (
            r#"{"Transform":{"Name":{"Ref":"x"}},"Resources":{"A":{"Type":"AWS::SNS::Topic"}}}"#,
            "Key Name of transform definition must be a string.",
        ),
    ] {
        assert_eq!(refused(body), text, "{body}");
    }
}

#[test]
fn malformed_functions_in_resources_are_refused_at_once() {
    for (value, text) in [
        (
            json!({"Fn::GetAtt": ["A", ""]}),
            "Template error: every Fn::GetAtt object requires two non-empty parameters, the resource name and the resource attribute",
        ),
        (
            json!({"Fn::Select": [0]}),
            "Template error: Fn::Select requires a list argument with two elements: an integer index and a list",
        ),
        (
            json!({"Fn::Split": ["", "x"]}),
            "Template error: every Fn::Split object requires two parameters, (1) a string delimiter and (2) a string to be split or a function that returns a string to be split.",
        ),
        (json!({"Fn::FindInMap": ["M", "C", "Suffix"]}), "Template error: Unable to get mapping for M::C::Suffix"),
    ] {
        let body = json!({"Resources": {"A": {"Type": "AWS::SNS::Topic"}, "B": {"Type": "AWS::SNS::Topic", "Properties": {"DisplayName": value}}}});
        assert_eq!(refused(&body.to_string()), text);
    }
}

#[test]
fn limits_hold_for_the_body_the_resources_and_the_name() {
    let long = format!("{{\"Description\":\"{}\"}}", "x".repeat(51_200));
    assert!(refused(&long).ends_with(
        "at 'templateBody' failed to satisfy constraint: Member must have length less than or equal to 51200"
    ));
    let ids: Vec<String> = (0..501).map(|at| format!("T{at}")).collect();
    let many: Vec<(&str, serde_json::Value)> = ids.iter().map(|id| (id.as_str(), json!({}))).collect();
    assert_eq!(
        refused(&topics(&many).to_string()),
        "Template format error: Number of resources, 501, is greater than maximum allowed, 500"
    );
    let mut cloud = Cloud::new();
    let reply = cloud.send("CreateStack", &[("StackName", "bad_name"), ("TemplateBody", "{}")]);
    assert_eq!(
        reply.error(),
        "ValidationError: 1 validation error detected: Value 'bad_name' at 'stackName' failed to satisfy constraint: Member must satisfy regular expression pattern: [a-zA-Z][-a-zA-Z0-9]*|arn:[-a-zA-Z0-9:/._+]*"
    );
}

#[test]
fn a_template_by_url_is_what_was_fetched() {
    let mut cloud = Cloud::new();
    let mut ask = |url: &str, fetched: Option<Result<String, String>>| {
        let request = QueryRequest {
            action: "CreateStack".to_owned(),
            params: [("StackName".to_owned(), "s".to_owned()), ("TemplateURL".to_owned(), url.to_owned())].into(),
            caller: String::new(),
            documents: fetched.into_iter().map(|fetched| (url.to_owned(), fetched)).collect(),
            ..QueryRequest::default()
        };
        let reply = cloud.engine.handle(&request, cloud.now);
        super::texts(&reply.xml, "Message").into_iter().next()
    };
    assert_eq!(ask("nonsense", None).as_deref(), Some("TemplateURL must be a supported URL."));
    assert_eq!(
        ask("https://example.com/t", None).as_deref(),
        Some("S3 error: Domain name specified in example.com is not a valid S3 domain")
    );
    let s3 = "https://b.s3.eu-west-1.amazonaws.com/t";
    assert_eq!(
        ask(s3, Some(Err("NoSuchKey".to_owned()))).as_deref(),
        Some("S3 error: The specified key does not exist.")
    );
    assert_eq!(ask(s3, Some(Err("AccessDenied".to_owned()))).as_deref(), Some("S3 error: Access Denied"));
    assert_eq!(ask(s3, Some(Ok(topics(&[("A", json!({}))]).to_string()))), None);
}

#[test]
fn yaml_with_short_forms_is_read_like_json() {
    let mut cloud = Cloud::new();
    let body = "Resources:\n  A:\n    Type: AWS::SNS::Topic\n  B:\n    Type: AWS::SNS::Topic\n    Properties:\n      DisplayName: !Sub '${A.Arn}-${AWS::Region}'\n      TopicName: !GetAtt A.DisplayName\n";
    let refused = cloud.send("CreateStack", &[("StackName", "s"), ("TemplateBody", body)]);
    assert_eq!(refused.status, 200, "{}", refused.xml);
    cloud.finish();
    assert!(cloud.status("s").starts_with("ROLLBACK"), "the attribute is not there");
    let body = body.replace("A.DisplayName", "A.Arn");
    let id = cloud.send("CreateStack", &[("StackName", "t"), ("TemplateBody", &body)]).ok().get("StackId").expect("id");
    cloud.finish();
    assert_eq!(cloud.status(&id), "CREATE_COMPLETE");
    assert_eq!(cloud.send("GetTemplate", &[("StackName", "t")]).get("TemplateBody"), Some(body));
}

#[test]
fn validating_tells_parameters_and_capabilities() {
    let mut cloud = Cloud::new();
    let body = json!({"Description": "d", "Parameters": {"Delay": {"Type": "Number", "Default": 0}},
        "Resources": {"R": {"Type": "AWS::IAM::Role", "Properties": {"RoleName": "r", "AssumeRolePolicyDocument": {}}}}})
    .to_string();
    let reply = cloud.send("ValidateTemplate", &[("TemplateBody", &body)]).ok();
    assert!(reply.has("<Parameters><member><ParameterKey>Delay</ParameterKey><DefaultValue>0</DefaultValue><NoEcho>false</NoEcho></member></Parameters><Description>d</Description>"));
    assert!(reply.has("<Capabilities><member>CAPABILITY_NAMED_IAM</member></Capabilities>"));
    assert_eq!(
        reply.get("CapabilitiesReason").as_deref(),
        Some("The following resource(s) require capabilities: [AWS::IAM::Role]")
    );
    let summary = cloud.send("GetTemplateSummary", &[("TemplateBody", &body)]).ok();
    assert!(summary.has("<ResourceTypes><member>AWS::IAM::Role</member></ResourceTypes>"));
}

#[test]
fn the_template_of_a_stack_under_review_is_empty() {
    let mut cloud = Cloud::new();
    cloud.change_set("s", "c", "CREATE", &topics(&[("A", json!({}))]), &[]);
    let reply = cloud.send("GetTemplate", &[("StackName", "s")]).ok();
    assert_eq!(reply.get("TemplateBody").as_deref(), Some(""));
    assert!(reply.has("<StagesAvailable><member>Original</member><member>Processed</member></StagesAvailable>"));
    let refused = cloud.send("GetTemplateSummary", &[("StackName", "s")]);
    assert_eq!(refused.error(), "ValidationError: GetTemplateSummary cannot be called on REVIEW_IN_PROGRESS stacks.");
}

#[test]
fn get_template_needs_to_know_the_stack() {
    let mut cloud = Cloud::new();
    assert_eq!(
        cloud.send("GetTemplate", &[]).error(),
        "ValidationError: StackName is required if ChangeSetName is not specified."
    );
    assert_eq!(
        cloud.send("GetTemplate", &[("ChangeSetName", "c")]).error(),
        "ValidationError: StackName is a required parameter."
    );
    let unknown =
        cloud.send("GetTemplate", &[("ChangeSetName", "arn:aws:cloudformation:eu-west-1:123456789012:changeSet/c/1")]);
    assert_eq!((unknown.status, unknown.get("Code").as_deref()), (404, Some("ChangeSetNotFound")));
}
