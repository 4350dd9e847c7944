//! Taking resources in: CI-01 to CI-04.

use serde_json::{Value, json};

use super::{Cloud, topics};

fn kept(name: &str) -> Value {
    json!({"Type": "AWS::SNS::Topic", "DeletionPolicy": "Retain", "Properties": {"TopicName": name}})
}

const IMPORT: [(&str, &str); 4] = [
    ("ResourcesToImport.member.1.LogicalResourceId", "T"),
    ("ResourcesToImport.member.1.ResourceType", "AWS::SNS::Topic"),
    ("ResourcesToImport.member.1.ResourceIdentifier.entry.1.key", "TopicArn"),
    ("ResourcesToImport.member.1.ResourceIdentifier.entry.1.value", "there"),
];

#[test]
fn an_import_takes_a_resource_in_and_gives_it_the_stacks_tags() {
    let mut cloud = Cloud::new();
    cloud.live.insert("there".to_owned(), serde_json::Map::new());
    let id = cloud.change_set("s", "c", "IMPORT", &json!({"Resources": {"T": kept("there")}}), &IMPORT);
    let shown = cloud.describe_changes(&id, false);
    assert_eq!(shown.get("Action").as_deref(), Some("Import"));
    cloud.execute(&id);
    assert_eq!(
        cloud.events("s"),
        [
            "stack REVIEW_IN_PROGRESS User Initiated",
            "stack IMPORT_IN_PROGRESS User Initiated",
            "T IMPORT_IN_PROGRESS",
            "T IMPORT_COMPLETE",
            "T UPDATE_IN_PROGRESS Apply stack-level tags to imported resource if applicable.",
            "T UPDATE_COMPLETE",
            "stack IMPORT_COMPLETE",
        ]
    );
    let shown = cloud.send("DescribeStackResource", &[("StackName", "s"), ("LogicalResourceId", "T")]).ok();
    assert_eq!(shown.get("PhysicalResourceId").as_deref(), Some("there"));
}

#[test]
fn an_import_that_fails_gives_everything_back() {
    let mut cloud = Cloud::new();
    let id = cloud.change_set("s", "c", "IMPORT", &json!({"Resources": {"T": kept("there")}}), &IMPORT);
    cloud.execute(&id);
    assert_eq!(cloud.status("s"), "IMPORT_ROLLBACK_COMPLETE");
    assert!(cloud.events("s").iter().any(|event| event.starts_with("T IMPORT_FAILED")));
}

#[test]
fn an_imported_resource_needs_a_deletion_policy() {
    let mut cloud = Cloud::new();
    let body = topics(&[("T", json!({"TopicName": "there"}))]).to_string();
    let mut params =
        vec![("StackName", "s"), ("ChangeSetName", "c"), ("ChangeSetType", "IMPORT"), ("TemplateBody", body.as_str())];
    params.extend(IMPORT);
    assert_eq!(
        cloud.send("CreateChangeSet", &params).error(),
        "ValidationError: The following resources to import [T] must have DeletionPolicy attribute specified in the template."
    );
}

#[test]
fn an_import_changes_nothing_else() {
    let mut cloud = Cloud::new();
    cloud.create("s", &json!({"Resources": {"A": kept("a")}}));
    let body = json!({"Resources": {"A": kept("a"), "T": kept("there")}, "Outputs": {"O": {"Value": "v"}}}).to_string();
    let mut params =
        vec![("StackName", "s"), ("ChangeSetName", "c"), ("ChangeSetType", "IMPORT"), ("TemplateBody", body.as_str())];
    params.extend(IMPORT);
    assert_eq!(
        cloud.send("CreateChangeSet", &params).error(),
        "ValidationError: As part of the import operation, you cannot modify or add [Outputs]"
    );
}

#[test]
fn existing_resources_are_taken_in_by_name_when_asked() {
    let mut cloud = Cloud::new();
    cloud.live.insert("there".to_owned(), serde_json::Map::new());
    let template = json!({"Resources": {"T": kept("there"), "New": {"Type": "AWS::SNS::Topic"}}});
    let id = cloud.change_set("s", "c", "CREATE", &template, &[("ImportExistingResources", "true")]);
    let shown = cloud.describe_changes(&id, false);
    assert_eq!(shown.all("Action"), ["Add", "Import"]);
    assert!(shown.has("<ImportExistingResources>true</ImportExistingResources>"));
    cloud.execute(&id);
    assert_eq!(cloud.status("s"), "CREATE_COMPLETE");
    assert!(!cloud.log.contains(&"create T".to_owned()));
}

#[test]
fn an_existing_resource_without_a_retaining_policy_fails_the_change_set() {
    let mut cloud = Cloud::new();
    cloud.live.insert("there".to_owned(), serde_json::Map::new());
    let template = topics(&[("T", json!({"TopicName": "there"}))]);
    let id = cloud.change_set("s", "c", "CREATE", &template, &[("ImportExistingResources", "true")]);
    let shown = cloud.describe_changes(&id, false);
    assert_eq!(shown.get("Status").as_deref(), Some("FAILED"));
    assert_eq!(
        shown.get("StatusReason").as_deref(),
        Some(
            "CloudFormation is attempting to import some resources because they already exist in your account. The resources must have the DeletionPolicy attribute set to 'Retain' or 'RetainExceptOnCreate' in the template for successful import. The affected resources are T ({TopicName=there})"
        )
    );
}

#[test]
fn a_rollback_never_deletes_what_was_taken_in() {
    let adopted = json!({"Type": "AWS::SNS::Topic", "DeletionPolicy": "RetainExceptOnCreate", "Properties": {"TopicName": "there"}});
    let bad = json!({"Type": "AWS::SNS::Topic", "DependsOn": "T"});
    let template = json!({"Resources": {"T": adopted, "Bad": bad}});
    let import = [("ImportExistingResources", "true")];
    let mut cloud = Cloud::new();
    cloud.live.insert("there".to_owned(), serde_json::Map::new());
    cloud.fault("create Bad", super::boom());
    let id = cloud.change_set("s", "c", "CREATE", &template, &import);
    cloud.execute(&id);
    assert_eq!(cloud.status("s"), "ROLLBACK_COMPLETE");
    assert!(cloud.events("s").contains(&"T DELETE_SKIPPED".to_owned()), "{:?}", cloud.events("s"));
    assert!(cloud.live.contains_key("there"));
    cloud.create("t", &topics(&[("Other", json!({}))]));
    cloud.fault("create Bad", super::boom());
    let mut more = template.clone();
    more["Resources"]["Other"] = json!({"Type": "AWS::SNS::Topic"});
    let id = cloud.change_set("t", "c", "UPDATE", &more, &import);
    cloud.execute(&id);
    assert_eq!(cloud.status("t"), "UPDATE_ROLLBACK_COMPLETE");
    assert!(cloud.live.contains_key("there"));
}
