//! What drift means, seen from outside.

use std::collections::BTreeMap;

use serde_json::json;

use super::*;
use crate::observed::{
    LiveAlarm, LiveEndpoint, LiveMapping, LiveStream, ObservedResource, ResourceStatus, SeenDifference, StackStatus,
};
use crate::units::{Duration, Timestamp};

fn id(text: &str) -> LogicalId {
    LogicalId::new(text).expect("a logical id")
}

fn stack() -> StackDescription {
    let template = Template::from_value(json!({"Resources": {
        "Stream": {"Type": "AWS::Kinesis::Stream", "Properties": {"StreamModeDetails": {"StreamMode": "ON_DEMAND"}}},
        "Table": {"Type": "AWS::DynamoDB::Table", "Properties": {}},
        "Scaling": {"Type": "AWS::ApplicationAutoScaling::ScalableTarget", "Properties": {
            "ResourceId": "table/t", "ScalableDimension": "dynamodb:table:ReadCapacityUnits", "MinCapacity": 5, "MaxCapacity": 50}},
        "Config": {"Type": "AWS::SageMaker::EndpointConfig", "Properties": {"ProductionVariants": [
            {"VariantName": "AllTraffic", "InitialInstanceCount": 2}]}},
        "Endpoint": {"Type": "AWS::SageMaker::Endpoint", "Properties": {"EndpointConfigName": {"Fn::GetAtt": ["Config", "EndpointConfigName"]}}},
        "Fleet": {"Type": "AWS::ApplicationAutoScaling::ScalableTarget", "Properties": {
            "ResourceId": "endpoint/e/variant/AllTraffic", "ScalableDimension": "sagemaker:variant:DesiredInstanceCount", "MinCapacity": 2, "MaxCapacity": 8}},
        "Mapping": {"Type": "AWS::Lambda::EventSourceMapping", "Properties": {}},
        "Alarm": {"Type": "AWS::CloudWatch::CompositeAlarm", "Properties": {}}
    }}))
    .expect("a template");
    let resources = template.resources.iter().map(|(id, resource)| {
        let physical = match id.as_str() {
            "Config" => "arn:aws:sagemaker:eu-west-1:1:endpoint-config/deployed".to_owned(),
            "Table" => "t".to_owned(),
            other => other.to_lowercase(),
        };
        let seen = ObservedResource {
            type_name: resource.type_name.clone(),
            physical_id: Some(physical),
            status: ResourceStatus::CreateComplete,
            reason: None,
        };
        (id.clone(), seen)
    });
    StackDescription {
        id: "arn".to_owned(),
        name: "p-prod".to_owned(),
        status: StackStatus::CreateComplete,
        status_reason: None,
        resources: resources.collect(),
        template: Some(template),
        parameters: BTreeMap::new(),
        tags: BTreeMap::new(),
        outputs: BTreeMap::new(),
        created: Timestamp::from_millis(0),
        updated: None,
        termination_protection: false,
        change_set_id: None,
    }
}

fn modified(one: &str, type_name: &str, physical: &str, path: &str, expected: &str, actual: Option<&str>) -> SeenDrift {
    SeenDrift {
        logical_id: id(one),
        type_name: type_name.to_owned(),
        physical_id: Some(physical.to_owned()),
        status: DriftStatus::Modified,
        differences: vec![SeenDifference {
            path: path.to_owned(),
            expected: Some(expected.to_owned()),
            actual: actual.map(str::to_owned),
        }],
        reason: None,
    }
}

fn told(seen: &[SeenDrift], live: &BTreeMap<LogicalId, Live>, paused: &BTreeMap<LogicalId, Paused>) -> Drift {
    let (stack, origins) = (stack(), Origins::new());
    Drift::of(Sighting { stack: &stack, seen, live, paused, pipeline: None, origins: &origins })
}

fn only(drift: &Drift) -> &Drifted {
    assert_eq!(drift.drifted.len(), 1, "{drift:#?}");
    drift.drifted.first().expect("one")
}

#[test]
fn capacity_within_the_bounds_of_auto_scaling_is_meant_and_outside_of_them_is_not() {
    let seen = |now| {
        let path = "/ProvisionedThroughput/ReadCapacityUnits";
        [modified("Table", "AWS::DynamoDB::Table", "t", path, "5", Some(now))]
    };
    let within = told(&seen("17"), &BTreeMap::new(), &BTreeMap::new());
    assert_eq!(only(&within).verdict, Verdict::intended("auto scaling keeps it between 5 and 50"));
    assert_eq!(within.unintended().count(), 0);
    let outside = told(&seen("2"), &BTreeMap::new(), &BTreeMap::new());
    assert!(only(&outside).verdict.is_unintended());
}

#[test]
fn a_reader_that_is_noted_as_paused_is_meant_and_one_that_somebody_disabled_is_dangerous() {
    let seen = [modified("Mapping", "AWS::Lambda::EventSourceMapping", "mapping", "/Enabled", "true", Some("false"))];
    let paused = BTreeMap::from([(id("Mapping"), Paused { by: "arn:jo".to_owned(), since: None })]);
    assert_eq!(only(&told(&seen, &BTreeMap::new(), &paused)).verdict, Verdict::intended("arn:jo paused it"));
    let drift = told(&seen, &BTreeMap::new(), &BTreeMap::new());
    assert!(matches!(only(&drift).verdict, Verdict::Dangerous { .. }));
}

#[test]
fn a_reader_that_is_off_is_told_where_cloudformation_does_not_compare() {
    let mapping = LiveMapping {
        uuid: "mapping".to_owned(),
        state: "Disabled".to_owned(),
        reason: None,
        function_arn: None,
        source_arn: None,
        batch_size: None,
        parallel: None,
        last_result: None,
        modified: None,
    };
    let live = |state: &str| {
        BTreeMap::from([(id("Mapping"), Live::Mapping(LiveMapping { state: state.to_owned(), ..mapping.clone() }))])
    };
    for state in ["Disabled", "Disabling"] {
        let drift = told(&[], &live(state), &BTreeMap::new());
        assert!(
            matches!(only(&drift).verdict, Verdict::Dangerous { .. }) && only(&drift).is_switched_off(),
            "{drift:#?}"
        );
    }
    let paused = BTreeMap::from([(id("Mapping"), Paused { by: "jo".to_owned(), since: None })]);
    assert_eq!(only(&told(&[], &live("Disabled"), &paused)).verdict, Verdict::intended("jo paused it"));
    assert_eq!(told(&[], &live("Enabled"), &BTreeMap::new()).drifted, []);
}

#[test]
fn a_retention_that_is_shorter_is_dangerous_and_one_that_is_longer_is_not() {
    let seen =
        |actual| [modified("Stream", "AWS::Kinesis::Stream", "stream", "/RetentionPeriodHours", "168", Some(actual))];
    let shorter = told(&seen("24"), &BTreeMap::new(), &BTreeMap::new());
    let Verdict::Dangerous { meaning } = &only(&shorter).verdict else { panic!("{shorter:#?}") };
    assert!(meaning.contains("24h"), "{meaning}");
    let longer = told(&seen("720"), &BTreeMap::new(), &BTreeMap::new());
    assert!(matches!(only(&longer).verdict, Verdict::Unexpected { .. }));
}

fn endpoint(config: &str, desired: u32) -> Live {
    Live::Endpoint(LiveEndpoint {
        name: "e".to_owned(),
        status: "InService".to_owned(),
        config: config.to_owned(),
        failure: None,
        instances: desired,
        desired_instances: desired,
    })
}

#[test]
fn an_endpoint_is_asked_itself_since_cloudformation_does_not_look() {
    let live = |one| BTreeMap::from([(id("Endpoint"), one)]);
    let as_deployed = told(&[], &live(endpoint("deployed", 2)), &BTreeMap::new());
    assert_eq!(as_deployed.drifted, []);
    let unchecked = as_deployed.unchecked.iter().find(|one| one.type_name == "AWS::SageMaker::Endpoint");
    assert!(unchecked.is_some_and(|one| one.asked), "{as_deployed:#?}");
    let scaled = told(&[], &live(endpoint("deployed", 5)), &BTreeMap::new());
    assert_eq!(only(&scaled).verdict, Verdict::intended("auto scaling keeps it between 2 and 8"));
    let moved = told(&[], &live(endpoint("by-hand", 2)), &BTreeMap::new());
    assert!(matches!(only(&moved).verdict, Verdict::Dangerous { .. }));
    assert_eq!((only(&moved).expected.as_deref(), only(&moved).actual.as_deref()), (Some("deployed"), Some("by-hand")));
}

#[test]
fn shards_of_a_stream_on_demand_are_kinesis_own_affair() {
    let stream = Live::Stream(LiveStream {
        name: "s".to_owned(),
        arn: String::new(),
        status: "ACTIVE".to_owned(),
        on_demand: true,
        open_shards: 16,
        retention: Duration::from_secs(86_400),
        key: None,
        shard_metrics: Default::default(),
        fan_out_consumers: 0,
    });
    let drift = told(&[], &BTreeMap::from([(id("Stream"), stream)]), &BTreeMap::new());
    assert!(!only(&drift).verdict.is_unintended());
}

#[test]
fn an_alarm_that_tells_nobody_is_dangerous_though_the_template_says_nothing_of_it() {
    let alarm = Live::Alarm(LiveAlarm { name: "a".to_owned(), actions_enabled: false });
    let drift = told(&[], &BTreeMap::from([(id("Alarm"), alarm)]), &BTreeMap::new());
    assert!(matches!(only(&drift).verdict, Verdict::Dangerous { .. }));
}

#[test]
fn what_was_not_checked_is_named_by_its_type() {
    let drift = told(&[], &BTreeMap::new(), &BTreeMap::new());
    assert!(drift.unchecked.iter().any(|one| one.type_name == "AWS::SageMaker::EndpointConfig" && !one.asked));
    assert_eq!(drift.checked, 0);
}

#[test]
fn the_most_dangerous_comes_first() {
    let seen = [
        modified("Stream", "AWS::Kinesis::Stream", "stream", "/RetentionPeriodHours", "24", Some("168")),
        modified("Mapping", "AWS::Lambda::EventSourceMapping", "mapping", "/Enabled", "true", Some("false")),
    ];
    let drift = told(&seen, &BTreeMap::new(), &BTreeMap::new());
    let order: Vec<&str> = drift.drifted.iter().map(|drifted| drifted.logical_id.as_str()).collect();
    assert_eq!(order, ["Mapping", "Stream"]);
    assert_eq!(drift.counts(), (1, 1, 0));
}
