//! Exports and imports: CH-28, ER-13 to ER-18.

use serde_json::{Value, json};

use super::{Cloud, topics};

fn producer(value: Option<&str>) -> Value {
    let mut template = topics(&[("A", json!({"DisplayName": value.unwrap_or("none")}))]);
    if let Some(value) = value {
        template["Outputs"] = json!({"O": {"Value": value, "Export": {"Name": "shared"}}});
    }
    template
}

fn consumer() -> Value {
    topics(&[("B", json!({"DisplayName": {"Fn::ImportValue": "shared"}}))])
}

#[test]
fn an_export_in_use_can_be_neither_changed_nor_dropped() {
    for (next, verb) in [(Some("2"), "Update canceled. Cannot update"), (None, "Delete canceled. Cannot delete")] {
        let mut cloud = Cloud::new();
        cloud.create("p", &producer(Some("1")));
        cloud.create("c", &consumer());
        let seen = cloud.events("p").len();
        cloud.update("p", &producer(next));
        let expected = format!("stack UPDATE_ROLLBACK_IN_PROGRESS {verb} export shared as it is in use by c.");
        assert!(cloud.events_after("p", seen).contains(&expected), "{:?}", cloud.events_after("p", seen));
        assert_eq!(cloud.status("p"), "UPDATE_ROLLBACK_COMPLETE");
    }
}

#[test]
fn a_stack_whose_export_is_in_use_is_not_deleted() {
    let mut cloud = Cloud::new();
    cloud.create("p", &producer(Some("1")));
    cloud.create("c", &consumer());
    let seen = cloud.events("p").len();
    cloud.send("DeleteStack", &[("StackName", "p")]).ok();
    cloud.finish();
    assert_eq!(
        cloud.events_after("p", seen),
        [
            "stack DELETE_IN_PROGRESS User Initiated",
            "stack CREATE_COMPLETE Delete canceled. Cannot delete export shared as it is in use by c.",
        ]
    );
    assert_eq!(cloud.live.len(), 2);
}

#[test]
fn a_name_is_exported_once() {
    let mut cloud = Cloud::new();
    cloud.create("p", &producer(Some("1")));
    cloud.create("q", &producer(Some("2")));
    let expected = "stack ROLLBACK_IN_PROGRESS Export with name shared is already exported by stack p. Rollback requested by user.";
    assert!(cloud.events("q").iter().any(|event| event == expected), "{:?}", cloud.events("q"));
}

#[test]
fn a_missing_export_fails_the_execution_not_the_change_set() {
    let mut cloud = Cloud::new();
    let id = cloud.change_set("c", "one", "CREATE", &consumer(), &[]);
    assert_eq!(cloud.describe_changes(&id, false).get("Status").as_deref(), Some("CREATE_COMPLETE"));
    cloud.execute(&id);
    let expected = "stack ROLLBACK_IN_PROGRESS No export named shared found. Rollback requested by user.";
    assert!(cloud.events("c").contains(&expected.to_owned()), "{:?}", cloud.events("c"));
    assert_eq!(cloud.status("c"), "ROLLBACK_COMPLETE");
}

#[test]
fn exports_and_their_importers_are_listed() {
    let mut cloud = Cloud::new();
    cloud.create("p", &producer(Some("1")));
    assert_eq!(
        cloud.send("ListImports", &[("ExportName", "shared")]).error(),
        "ValidationError: Export 'shared' is not imported by any stack."
    );
    cloud.create("c", &consumer());
    let exports = cloud.send("ListExports", &[]).ok();
    assert_eq!((exports.get("Name").as_deref(), exports.get("Value").as_deref()), (Some("shared"), Some("1")));
    assert!(cloud.send("ListImports", &[("ExportName", "shared")]).ok().has("<Imports><member>c</member></Imports>"));
    assert_eq!(cloud.live.values().filter(|topic| topic["DisplayName"] == json!("1")).count(), 2);
}
