//! Drift: DR-01 to DR-08.

use serde_json::{Value, json};

use super::{Cloud, Reply, boom, topics};

#[test]
fn drift_is_told_by_path_and_reset_by_an_update() {
    let mut cloud = Cloud::new();
    cloud.create(
        "s",
        &topics(&[
            ("A", json!({"TopicName": "a", "DisplayName": "1"})),
            ("B", json!({"TopicName": "b"})),
            ("C", json!({"TopicName": "c"})),
        ]),
    );
    cloud.live.get_mut("a").expect("a").insert("DisplayName".to_owned(), json!("changed"));
    cloud.live.get_mut("a").expect("a").insert("Unset".to_owned(), json!("default"));
    cloud.live.remove("b");
    let detection =
        cloud.send("DetectStackDrift", &[("StackName", "s")]).ok().get("StackDriftDetectionId").expect("id");
    let running = cloud.send("DescribeStackDriftDetectionStatus", &[("StackDriftDetectionId", &detection)]).ok();
    assert_eq!(running.get("DetectionStatus").as_deref(), Some("DETECTION_IN_PROGRESS"));
    cloud.finish();
    let done = cloud.send("DescribeStackDriftDetectionStatus", &[("StackDriftDetectionId", &detection)]).ok();
    assert_eq!(done.get("DetectionStatus").as_deref(), Some("DETECTION_COMPLETE"));
    assert_eq!(done.get("StackDriftStatus").as_deref(), Some("DRIFTED"));
    assert_eq!(done.get("DriftedStackResourceCount").as_deref(), Some("2"));
    let drifts = cloud.send("DescribeStackResourceDrifts", &[("StackName", "s")]).ok();
    assert_eq!(drifts.all("StackResourceDriftStatus"), ["MODIFIED", "DELETED", "IN_SYNC"]);
    assert_eq!(drifts.all("PropertyPath"), ["/DisplayName"]);
    assert_eq!(
        (drifts.get("ExpectedValue").as_deref(), drifts.get("ActualValue").as_deref()),
        (Some("1"), Some("changed"))
    );
    assert_eq!(drifts.get("DifferenceType").as_deref(), Some("NOT_EQUAL"));
    assert_eq!(drifts.all("ActualProperties").len(), 2, "a deleted one has none");
    let filtered = cloud.send(
        "DescribeStackResourceDrifts",
        &[("StackName", "s"), ("StackResourceDriftStatusFilters.member.1", "DELETED")],
    );
    assert_eq!(filtered.all("LogicalResourceId"), ["B"]);
    assert!(
        cloud
            .send("DescribeStacks", &[("StackName", "s")])
            .has("<StackDriftStatus>DRIFTED</StackDriftStatus><LastCheckTimestamp>")
    );
    cloud.update(
        "s",
        &topics(&[
            ("A", json!({"TopicName": "a", "DisplayName": "2"})),
            ("B", json!({"TopicName": "b"})),
            ("C", json!({"TopicName": "c"})),
        ]),
    );
    let shown = cloud.send("DescribeStackResource", &[("StackName", "s"), ("LogicalResourceId", "A")]);
    assert_eq!(shown.get("StackResourceDriftStatus").as_deref(), Some("NOT_CHECKED"));
}

#[test]
fn a_standard_update_overwrites_only_what_the_template_changes() {
    let mut cloud = Cloud::new();
    cloud.create(
        "s",
        &topics(&[
            ("A", json!({"TopicName": "a", "DisplayName": "1"})),
            ("B", json!({"TopicName": "b", "DisplayName": "1"})),
        ]),
    );
    cloud.live.get_mut("b").expect("b").insert("DisplayName".to_owned(), json!("drifted"));
    cloud.update(
        "s",
        &topics(&[
            ("A", json!({"TopicName": "a", "DisplayName": "2"})),
            ("B", json!({"TopicName": "b", "DisplayName": "1"})),
        ]),
    );
    assert_eq!(cloud.live["b"]["DisplayName"], json!("drifted"));
}

#[test]
fn drift_is_detected_only_from_a_settled_stack() {
    let mut cloud = Cloud::new();
    cloud.fault("create A", boom());
    cloud.create("s", &topics(&[("A", json!({}))]));
    assert_eq!(cloud.send("DetectStackDrift", &[("StackName", "s")]).get("Code").as_deref(), Some("ValidationError"));
}

/// Makes a drift-aware change set of the template, and lets it be made.
fn reverting(cloud: &mut Cloud, template: &Value) -> Reply {
    let template = template.to_string();
    let asked = [
        ("StackName", "s"),
        ("ChangeSetName", "back"),
        ("ChangeSetType", "UPDATE"),
        ("DeploymentMode", "REVERT_DRIFT"),
        ("TemplateBody", template.as_str()),
    ];
    cloud.send("CreateChangeSet", &asked).ok();
    cloud.finish();
    cloud.send("DescribeChangeSet", &[("StackName", "s"), ("ChangeSetName", "back")]).ok()
}

#[test]
fn a_drift_aware_change_set_puts_back_what_the_template_says() {
    let mut cloud = Cloud::new();
    let template = topics(&[
        ("A", json!({"TopicName": "a", "DisplayName": "1"})),
        ("B", json!({"TopicName": "b", "DisplayName": "1"})),
    ]);
    cloud.create("s", &template);
    cloud.live.get_mut("a").expect("a").insert("DisplayName".to_owned(), json!("drifted"));
    cloud.live.remove("b");
    let described = reverting(&mut cloud, &template);
    assert_eq!(described.get("Status").as_deref(), Some("CREATE_COMPLETE"));
    assert_eq!(described.all("LogicalResourceId"), ["A", "B"]);
    cloud.send("ExecuteChangeSet", &[("StackName", "s"), ("ChangeSetName", "back")]).ok();
    cloud.finish();
    assert_eq!(cloud.live["a"]["DisplayName"], json!("1"));
    assert!(cloud.live.contains_key("b"), "it is made anew");
}

#[test]
fn a_drift_aware_change_set_of_a_template_that_says_what_is_there_changes_nothing() {
    let mut cloud = Cloud::new();
    let of = |name: &str| topics(&[("A", json!({"TopicName": "a", "DisplayName": name}))]);
    cloud.create("s", &of("1"));
    cloud.live.get_mut("a").expect("a").insert("DisplayName".to_owned(), json!("drifted"));
    let described = reverting(&mut cloud, &of("drifted"));
    assert_eq!(described.get("Status").as_deref(), Some("CREATE_COMPLETE"));
    assert!(described.all("LogicalResourceId").is_empty());
    cloud.send("ExecuteChangeSet", &[("StackName", "s"), ("ChangeSetName", "back")]).ok();
    cloud.finish();
    let detection =
        cloud.send("DetectStackDrift", &[("StackName", "s")]).ok().get("StackDriftDetectionId").expect("id");
    cloud.finish();
    let done = cloud.send("DescribeStackDriftDetectionStatus", &[("StackDriftDetectionId", &detection)]).ok();
    assert_eq!(done.get("StackDriftStatus").as_deref(), Some("IN_SYNC"));
}

#[test]
fn a_drift_aware_change_set_that_fails_rolls_back_to_what_was_there() {
    let mut cloud = Cloud::new();
    let template = topics(&[
        ("A", json!({"TopicName": "a", "DisplayName": "1"})),
        ("B", json!({"TopicName": "b", "DisplayName": "1"})),
    ]);
    cloud.create("s", &template);
    for name in ["a", "b"] {
        cloud.live.get_mut(name).expect("one").insert("DisplayName".to_owned(), json!("drifted"));
    }
    reverting(&mut cloud, &template);
    cloud.fault("update B", boom());
    cloud.send("ExecuteChangeSet", &[("StackName", "s"), ("ChangeSetName", "back")]).ok();
    cloud.finish();
    assert_eq!(cloud.live["a"]["DisplayName"], json!("drifted"), "and not what the template said before (DR-11)");
}
