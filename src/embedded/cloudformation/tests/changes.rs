//! The `Changes` array: CH-01 to CH-26.

use serde_json::{Value, json};

use super::{Cloud, Reply, texts, topics};

/// The `ResourceChange` of each change as written.
fn changes(reply: &Reply) -> Vec<String> {
    texts(&reply.xml, "ResourceChange")
}

fn two_step(before: &Value, after: &Value, valued: bool) -> (Cloud, Reply) {
    let mut cloud = Cloud::new();
    cloud.create("s", before);
    let id = cloud.change_set("s", "c", "UPDATE", after, &[("Capabilities.member.1", "CAPABILITY_NAMED_IAM")]);
    let reply = cloud.describe_changes(&id, valued);
    (cloud, reply)
}

#[test]
fn an_addition_has_no_details_and_with_values_an_after_context() {
    let mut cloud = Cloud::new();
    let id =
        cloud.change_set("s", "c", "CREATE", &topics(&[("A", json!({"DisplayName": "d"})), ("B", json!({}))]), &[]);
    let plain = cloud.describe_changes(&id, false);
    assert_eq!(
        changes(&plain)[0],
        "<Action>Add</Action><LogicalResourceId>A</LogicalResourceId><ResourceType>AWS::SNS::Topic</ResourceType><Scope/><Details/>"
    );
    let valued = cloud.describe_changes(&id, true);
    assert_eq!(valued.all("AfterContext"), [r#"{"Properties":{"DisplayName":"d"}}"#, r#"{"Properties":{}}"#]);
}

#[test]
fn a_removal_tells_its_policy_and_its_before_context() {
    let kept = json!({"Type": "AWS::SNS::Topic", "DeletionPolicy": "Retain"});
    let before = json!({"Resources": {"A": {"Type": "AWS::SNS::Topic"}, "B": {"Type": "AWS::SNS::Topic"}, "C": kept}});
    let (_, reply) = two_step(&before, &topics(&[("A", json!({}))]), true);
    let found = changes(&reply);
    assert!(found[0].starts_with("<PolicyAction>Delete</PolicyAction><Action>Remove</Action><LogicalResourceId>B</LogicalResourceId><PhysicalResourceId>"));
    assert!(found[0].ends_with("<Scope/><Details/><BeforeContext>{\"Properties\":{}}</BeforeContext>"), "{}", found[0]);
    assert!(!found[0].contains("Replacement"));
    assert!(found[1].starts_with("<PolicyAction>Retain</PolicyAction>"));
}

#[test]
fn a_change_in_place_names_the_property() {
    let before = topics(&[("A", json!({"DisplayName": "1"}))]);
    let after = topics(&[("A", json!({"DisplayName": "2"}))]);
    let (_, reply) = two_step(&before, &after, false);
    let found = changes(&reply);
    assert!(found[0].contains("<Action>Modify</Action>") && !found[0].contains("PolicyAction"));
    assert!(found[0].contains("<Replacement>False</Replacement><Scope><member>Properties</member></Scope>"));
    assert!(found[0].ends_with(
        "<Details><member><Target><Attribute>Properties</Attribute><Name>DisplayName</Name><RequiresRecreation>Never</RequiresRecreation></Target><Evaluation>Static</Evaluation><ChangeSource>DirectModification</ChangeSource></member></Details>"
    ), "{}", found[0]);
}

#[test]
fn with_values_every_leaf_has_its_path_and_its_values_as_text() {
    let queue = |properties: Value| json!({"Resources": {"Q": {"Type": "AWS::SQS::Queue", "Properties": properties}}});
    let before = queue(json!({"DelaySeconds": 0, "RedrivePolicy": {"maxReceiveCount": 3, "deadLetterTargetArn": "x"}}));
    let after = queue(
        json!({"DelaySeconds": 5, "RedrivePolicy": {"maxReceiveCount": 4, "deadLetterTargetArn": "y"}, "MaximumMessageSize": 1024}),
    );
    let (_, reply) = two_step(&before, &after, true);
    assert_eq!(
        reply.all("Path"),
        [
            "/Properties/DelaySeconds",
            "/Properties/RedrivePolicy/maxReceiveCount",
            "/Properties/RedrivePolicy/deadLetterTargetArn",
            "/Properties/MaximumMessageSize"
        ]
    );
    assert_eq!(reply.all("BeforeValue"), ["0", "3", "x"]);
    assert_eq!(reply.all("AfterValue"), ["5", "4", "y", "1024"]);
    assert_eq!(reply.all("AttributeChangeType"), ["Modify", "Modify", "Modify", "Add"]);
    assert_eq!(reply.all("Name"), ["DelaySeconds", "RedrivePolicy", "RedrivePolicy", "MaximumMessageSize"]);
}

#[test]
fn a_replacement_keeps_the_old_physical_id_and_tells_its_policy() {
    let topic = |name: &str, policy: &str| json!({"Resources": {"A": {"Type": "AWS::SNS::Topic", "UpdateReplacePolicy": policy, "Properties": {"TopicName": name}}}});
    for (policy, told) in [("Delete", "ReplaceAndDelete"), ("Retain", "ReplaceAndRetain")] {
        let (_, reply) = two_step(&topic("one", policy), &topic("two", policy), false);
        let found = changes(&reply);
        assert!(found[0].starts_with(&format!("<PolicyAction>{told}</PolicyAction>")));
        assert!(found[0].contains("<PhysicalResourceId>one</PhysicalResourceId>"));
        assert!(found[0].contains("<Replacement>True</Replacement>"));
        assert_eq!(reply.get("RequiresRecreation").as_deref(), Some("Always"));
    }
}

#[test]
fn a_conditionally_create_only_property_makes_the_replacement_conditional() {
    let table = |key: &str| {
        json!({"Resources": {"T": {"Type": "AWS::DynamoDB::Table", "Properties": {
            "BillingMode": "PAY_PER_REQUEST",
            "AttributeDefinitions": [{"AttributeName": "k", "AttributeType": "S"}],
            "KeySchema": [{"AttributeName": key, "KeyType": "HASH"}]}}}})
    };
    let (_, reply) = two_step(&table("k"), &table("j"), false);
    assert_eq!(reply.get("Replacement").as_deref(), Some("Conditional"));
    assert_eq!(reply.get("RequiresRecreation").as_deref(), Some("Conditionally"));
}

#[test]
fn a_parameter_that_causes_a_change_is_named() {
    let template = json!({"Parameters": {"P": {"Type": "String"}},
        "Resources": {"A": {"Type": "AWS::SNS::Topic", "Properties": {"DisplayName": {"Fn::Sub": "x-${P}"}}}}});
    let mut cloud = Cloud::new();
    let body = template.to_string();
    let parameter = |value| [("Parameters.member.1.ParameterKey", "P"), ("Parameters.member.1.ParameterValue", value)];
    let [key, value] = parameter("1");
    cloud.send("CreateStack", &[("StackName", "s"), ("TemplateBody", &body), key, value]).ok();
    cloud.finish();
    let id = cloud.change_set("s", "c", "UPDATE", &template, &parameter("2"));
    let reply = cloud.describe_changes(&id, false);
    assert_eq!(reply.get("ChangeSource").as_deref(), Some("ParameterReference"));
    assert_eq!(reply.get("CausingEntity").as_deref(), Some("P"));
    assert_eq!(reply.get("Evaluation").as_deref(), Some("Static"));
}

fn chain(name: &str, display: &str) -> Value {
    json!({"Resources": {
        "T1": {"Type": "AWS::SNS::Topic", "Properties": {"TopicName": name, "DisplayName": display}},
        "T2": {"Type": "AWS::SNS::Topic", "Properties": {"TopicName": "t2", "DisplayName": {"Fn::GetAtt": ["T1", "DisplayName"]}}},
        "T3": {"Type": "AWS::SNS::Topic", "Properties": {"TopicName": "t3", "DisplayName": {"Fn::GetAtt": ["T2", "DisplayName"]}}},
        "R": {"Type": "AWS::SNS::Topic", "Properties": {"TopicName": "r", "DisplayName": {"Ref": "T1"}}},
        "D": {"Type": "AWS::SNS::Topic", "DependsOn": "T1"},
    }})
}

#[test]
fn attributes_of_a_resource_changed_in_place_are_dynamic_and_only_told_without_values() {
    let (mut cloud, reply) = two_step(&chain("n", "1"), &chain("n", "2"), false);
    assert_eq!(reply.all("LogicalResourceId"), ["T1", "T2", "T3"]);
    assert_eq!(reply.all("Evaluation"), ["Static", "Dynamic", "Dynamic"]);
    assert_eq!(reply.all("CausingEntity"), ["T1.DisplayName", "T2.DisplayName"]);
    assert_eq!(reply.all("Replacement"), ["False", "False", "False"]);
    let id = reply.get("ChangeSetId").expect("id");
    assert_eq!(cloud.describe_changes(&id, true).all("LogicalResourceId"), ["T1"]);
}

#[test]
fn references_to_a_replaced_resource_are_static_and_known_after_apply() {
    let (mut cloud, reply) = two_step(&chain("n", "1"), &chain("m", "1"), false);
    assert_eq!(reply.all("LogicalResourceId"), ["R", "T1", "T2", "T3"]);
    let found = changes(&reply);
    assert!(found[0].contains(
        "<Evaluation>Static</Evaluation><ChangeSource>ResourceReference</ChangeSource><CausingEntity>T1</CausingEntity>"
    ));
    assert!(
        found[2]
            .contains("<ChangeSource>ResourceAttribute</ChangeSource><CausingEntity>T1.DisplayName</CausingEntity>")
    );
    assert!(found[3].contains("<Evaluation>Dynamic</Evaluation><ChangeSource>ResourceAttribute</ChangeSource><CausingEntity>T2.DisplayName</CausingEntity>"));
    let id = reply.get("ChangeSetId").expect("id");
    let valued = cloud.describe_changes(&id, true);
    let found = changes(&valued);
    assert!(found[0].contains("<AfterValue>{{changeSet:KNOWN_AFTER_APPLY}}</AfterValue>"), "{}", found[0]);
    assert!(
        found[0].contains("<Evaluation>Dynamic</Evaluation><ChangeSource>DirectModification</ChangeSource>"),
        "{}",
        found[0]
    );
    assert!(
        found[0].contains(
            r#"<AfterContext>{"Properties":{"TopicName":"r","DisplayName":"{{changeSet:KNOWN_AFTER_APPLY}}"}}"#
        ),
        "{}",
        found[0]
    );
}

#[test]
fn an_attribute_of_a_resource_being_added_is_known_after_apply_even_inside_text() {
    let mut cloud = Cloud::new();
    let template = json!({"Resources": {
        "A": {"Type": "AWS::SNS::Topic", "Properties": {"DisplayName": "d"}},
        "B": {"Type": "AWS::SNS::Topic", "Properties": {"DisplayName": {"Fn::Join": ["", ["x/", {"Fn::GetAtt": ["A", "TopicName"]}, "/y"]]}}},
    }});
    let id = cloud.change_set("s", "c", "CREATE", &template, &[]);
    let contexts = cloud.describe_changes(&id, true).all("AfterContext");
    assert_eq!(contexts[1], r#"{"Properties":{"DisplayName":"x/{{changeSet:KNOWN_AFTER_APPLY}}/y"}}"#);
}

#[test]
fn a_new_resource_sees_the_old_value_of_one_changed_in_place() {
    let before = topics(&[("A", json!({"DisplayName": "1"}))]);
    let after = topics(&[
        ("A", json!({"DisplayName": "2"})),
        ("B", json!({"DisplayName": {"Fn::GetAtt": ["A", "DisplayName"]}})),
    ]);
    let (_, reply) = two_step(&before, &after, true);
    assert_eq!(reply.all("AfterContext")[1], r#"{"Properties":{"DisplayName":"1"}}"#);
}

#[test]
fn metadata_edits_count_and_stand_in_the_scope() {
    let template = |note: &str, display: &str| json!({"Resources": {"A": {"Type": "AWS::SNS::Topic", "Metadata": {"n": note}, "Properties": {"DisplayName": display}}}});
    let (_, reply) = two_step(&template("1", "1"), &template("2", "1"), false);
    assert!(reply.has("<Scope><member>Metadata</member></Scope>"));
    assert!(
        reply.has("<Target><Attribute>Metadata</Attribute><RequiresRecreation>Never</RequiresRecreation></Target>")
    );
    let (_, reply) = two_step(&template("1", "1"), &template("2", "2"), false);
    assert!(reply.has("<Scope><member>Metadata</member><member>Properties</member></Scope>"));
}

#[test]
fn tags_as_a_property_are_a_property_and_tags_of_the_stack_are_tags() {
    let tagged = |value: &str| topics(&[("A", json!({"Tags": [{"Key": "k", "Value": value}]}))]);
    let (_, reply) = two_step(&tagged("1"), &tagged("2"), true);
    assert_eq!(reply.get("Name").as_deref(), Some("Tags"));
    assert_eq!(reply.get("Attribute").as_deref(), Some("Properties"));
    let mut cloud = Cloud::new();
    let template = json!({"Resources": {
        "A": {"Type": "AWS::SNS::Topic"},
        "B": {"Type": "AWS::SNS::TopicPolicy", "Properties": {"PolicyDocument": {}, "Topics": [{"Ref": "A"}]}},
    }});
    cloud.create("s", &template);
    let id =
        cloud.change_set("s", "c", "UPDATE", &template, &[("Tags.member.1.Key", "k"), ("Tags.member.1.Value", "v")]);
    let reply = cloud.describe_changes(&id, false);
    assert_eq!(reply.all("LogicalResourceId"), ["A"]);
    assert!(reply.has("<Scope><member>Tags</member></Scope>"));
    assert!(reply.has("<Target><Attribute>Tags</Attribute><RequiresRecreation>Never</RequiresRecreation></Target><Evaluation>Static</Evaluation><ChangeSource>DirectModification</ChangeSource>"));
}

#[test]
fn tags_of_the_stack_replace_a_stream_consumer() {
    let template = json!({"Resources": {"C": {"Type": "AWS::Kinesis::StreamConsumer",
        "Properties": {"ConsumerName": "c", "StreamARN": "arn:aws:kinesis:eu-west-1:123456789012:stream/x"}}}});
    let mut cloud = Cloud::new();
    cloud.create("s", &template);
    let id =
        cloud.change_set("s", "c", "UPDATE", &template, &[("Tags.member.1.Key", "k"), ("Tags.member.1.Value", "v")]);
    assert_eq!(cloud.describe_changes(&id, false).get("Replacement").as_deref(), Some("True"));
}

#[test]
fn policies_alone_are_no_change_but_outputs_are() {
    let template = |policy: &str, output: &str| json!({"Resources": {"A": {"Type": "AWS::SNS::Topic", "DeletionPolicy": policy}}, "Outputs": {"O": {"Value": output}}});
    let (_, reply) = two_step(&template("Delete", "1"), &template("Retain", "1"), false);
    assert_eq!(reply.get("Status").as_deref(), Some("FAILED"));
    let mut cloud = Cloud::new();
    cloud.create("s", &template("Delete", "1"));
    cloud.update("s", &template("Delete", "2"));
    assert_eq!(cloud.send("DescribeStacks", &[("StackName", "s")]).get("OutputValue").as_deref(), Some("2"));
}

#[test]
fn a_condition_adds_and_removes() {
    let template = json!({"Parameters": {"On": {"Type": "String"}},
        "Conditions": {"Is": {"Fn::Equals": [{"Ref": "On"}, "yes"]}},
        "Resources": {"A": {"Type": "AWS::SNS::Topic"}, "B": {"Type": "AWS::SNS::Topic", "Condition": "Is"}}});
    let parameter = |value| [("Parameters.member.1.ParameterKey", "On"), ("Parameters.member.1.ParameterValue", value)];
    let mut cloud = Cloud::new();
    let body = template.to_string();
    let [key, value] = parameter("no");
    cloud.send("CreateStack", &[("StackName", "s"), ("TemplateBody", &body), key, value]).ok();
    cloud.finish();
    let id = cloud.change_set("s", "on", "UPDATE", &template, &parameter("yes"));
    let reply = cloud.describe_changes(&id, false);
    assert_eq!((reply.all("Action"), reply.all("LogicalResourceId")), (vec!["Add".to_owned()], vec!["B".to_owned()]));
    cloud.execute(&id);
    let id = cloud.change_set("s", "off", "UPDATE", &template, &parameter("no"));
    assert_eq!(cloud.describe_changes(&id, false).all("Action"), ["Remove"]);
    cloud.execute(&id);
    assert_eq!(cloud.live.len(), 1);
}

#[test]
fn changes_are_sorted_by_logical_id_and_a_longer_id_comes_before_its_beginning() {
    let mut cloud = Cloud::new();
    let ids = ["StagingBucket", "StagingBucketPolicy", "Alpha", "Zeta"];
    let template = topics(&ids.map(|id| (id, json!({}))));
    let id = cloud.change_set("s", "c", "CREATE", &template, &[]);
    assert_eq!(
        cloud.describe_changes(&id, false).all("LogicalResourceId"),
        ["Alpha", "StagingBucketPolicy", "StagingBucket", "Zeta"]
    );
}

#[test]
fn a_depends_on_or_reference_to_something_changed_in_place_is_not_listed() {
    let (_, reply) = two_step(&chain("n", "1"), &chain("n", "2"), false);
    let listed = reply.all("LogicalResourceId");
    assert!(!listed.contains(&"R".to_owned()) && !listed.contains(&"D".to_owned()), "{listed:?}");
}

#[test]
fn a_mapping_leaf_reached_by_the_same_key_is_a_direct_modification() {
    let template = |value: &str| {
        json!({"Mappings": {"M": {"k": {"leaf": value}}},
            "Resources": {"A": {"Type": "AWS::SNS::Topic", "Properties": {"DisplayName": {"Fn::FindInMap": ["M", "k", "leaf"]}}}}})
    };
    let (_, reply) = two_step(&template("1"), &template("2"), false);
    assert_eq!(reply.get("ChangeSource").as_deref(), Some("DirectModification"));
    assert_eq!(reply.get("Evaluation").as_deref(), Some("Static"));
}

#[test]
fn a_number_and_its_text_are_the_same_value() {
    let queue =
        |delay: Value| json!({"Resources": {"Q": {"Type": "AWS::SQS::Queue", "Properties": {"DelaySeconds": delay}}}});
    let (_, reply) = two_step(&queue(json!(5)), &queue(json!("5")), false);
    assert_eq!(reply.get("Status").as_deref(), Some("FAILED"));
}
