//! Each difference goes to what makes it.

use serde_json::{Value, json};

use super::*;
use crate::units::AccountId;

fn stand(resources: Value, tags: &[(&str, &str)]) -> Stand {
    Stand {
        template: Template::from_value(json!({"Resources": resources})).expect("a template"),
        tags: tags.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect(),
        termination_protection: false,
        origins: Origins::new(),
    }
}

fn stream(name: &str, shards: u32, hours: u32) -> Value {
    json!({"Stream": {"Type": "AWS::Kinesis::Stream", "DeletionPolicy": if hours > 24 { "Retain" } else { "Delete" },
        "Properties": {"Name": name, "ShardCount": shards, "RetentionPeriodHours": hours}}})
}

fn side(name: &str) -> Side {
    Side {
        environment: EnvironmentName::new(name).expect("a name"),
        tier: Tier::Staging,
        account: AccountId::new("123456789012").expect("an account"),
        region: Region::new("eu-west-1").expect("a region"),
        stack: format!("p-{name}"),
    }
}

fn setting(path: &str) -> Setting {
    Setting { path: path.to_owned(), kind: SettingKind::Pipeline, before: Setter::default(), after: Setter::default() }
}

fn told(real: &Stand, start: &Stand, steps: Vec<(&str, Stand)>) -> EnvironmentDiff {
    let steps = steps.into_iter().map(|(path, after)| Step { settings: vec![setting(path)], after }).collect();
    environments(&PipelineName::new("p").expect("a name"), [side("dev"), side("prod")], real, start, steps)
}

/// The paths that a setting changes, by resource.
fn paths(diff: &EnvironmentDiff, setting: &str) -> Vec<String> {
    let found =
        diff.deliberate.iter().find(|found| found.settings.iter().any(|s| s.path == setting)).expect("a setting");
    let of = |difference: &ResourceDifference| {
        let id = difference.logical_id.to_string();
        difference.changes.iter().map(move |change| format!("{id}.{}", change.path)).collect::<Vec<_>>()
    };
    found.resources.iter().flat_map(of).chain(found.stack.iter().map(|change| change.path.to_string())).collect()
}

#[test]
fn a_value_is_told_by_the_setting_that_made_it_what_it_is_in_the_end() {
    let real = stand(stream("p-dev-s", 1, 24), &[("env", "dev")]);
    let start = stand(stream("p-prod-s", 1, 24), &[("env", "prod")]);
    let steps = vec![
        ("capacity", stand(stream("p-prod-s", 8, 24), &[("env", "prod")])),
        ("tags", stand(stream("p-prod-s", 8, 24), &[("env", "prod"), ("team", "a")])),
        ("gates", stand(stream("p-prod-s", 8, 24), &[("env", "prod"), ("team", "a")])),
        ("tier", stand(stream("p-prod-s", 8, 168), &[("env", "prod"), ("team", "a")])),
    ];
    let diff = told(&real, &start, steps);
    assert_eq!(paths(&diff, "capacity"), ["Stream.ShardCount"]);
    assert_eq!(paths(&diff, "tags"), ["Tags.team"]);
    assert!(paths(&diff, "gates").is_empty() && !diff.deliberate[2].reaches_something());
    assert_eq!(paths(&diff, "tier"), ["Stream.RetentionPeriodHours", "Stream.DeletionPolicy"]);
    assert_eq!((diff.derived.values, diff.derived.resources.len()), (2, 1), "the stream's name and the tag");
}

#[test]
fn what_comes_and_goes_on_the_way_is_no_difference() {
    let start = stand(stream("s", 2, 24), &[]);
    let steps = vec![("overlay", stand(stream("s", 1, 24), &[])), ("tier", stand(stream("s", 2, 24), &[]))];
    let diff = told(&start, &start, steps);
    assert!(diff.deliberate.iter().all(|found| !found.reaches_something()));
    assert_eq!(diff.derived.values, 0);
    let steps = vec![("overlay", stand(stream("s", 1, 24), &[])), ("tier", stand(stream("s", 4, 24), &[]))];
    let diff = told(&start, &start, steps);
    assert!(paths(&diff, "overlay").is_empty());
    assert_eq!(paths(&diff, "tier"), ["Stream.ShardCount"]);
    let change = &diff.deliberate[1].resources[0].changes[0];
    assert_eq!((change.before.clone(), change.after.clone()), (Some(json!(2)), Some(json!(4))), "from end to end");
}

#[test]
fn a_resource_that_only_one_side_has_is_told_once() {
    let both = |extra: Value| {
        let mut resources = stream("s", 1, 24);
        resources.as_object_mut().expect("a map").extend(extra.as_object().expect("a map").clone());
        stand(resources, &[])
    };
    let alarm = json!({"Alarm": {"Type": "AWS::CloudWatch::Alarm", "Properties": {"Threshold": 1}}});
    let other = json!({"Alarm": {"Type": "AWS::CloudWatch::Alarm", "Properties": {"Threshold": 2}}});
    let start = both(json!({}));
    let diff = told(&start, &start, vec![("alarms", both(alarm)), ("threshold", both(other))]);
    let told: Vec<_> = diff.deliberate.iter().map(|found| found.resources.len()).collect();
    assert_eq!(told, [1, 0]);
    assert_eq!(diff.deliberate[0].resources[0].presence, Presence::OnlyAfter);
}

#[test]
fn a_version_is_the_same_version_whatever_it_holds() {
    let function = |digits: &str, memory: u32| {
        let (id, mut resources) = (format!("ScoreVersion{digits}"), serde_json::Map::new());
        resources
            .insert("Score".to_owned(), json!({"Type": "AWS::Lambda::Function", "Properties": {"MemorySize": memory}}));
        resources.insert(
            "Alias".to_owned(),
            json!({"Type": "AWS::Lambda::Alias", "Properties": {"FunctionVersion": {"Fn::GetAtt": [id, "Version"]}}}),
        );
        resources.insert(id, json!({"Type": "AWS::Lambda::Version", "Properties": {"FunctionName": {"Ref": "Score"}}}));
        stand(resources.into(), &[])
    };
    let start = function("0123456789ab", 512);
    let diff = told(&function("ffffffffffff", 512), &start, vec![("memory", function("cafecafecafe", 1024))]);
    assert_eq!(diff.derived.values, 0);
    assert_eq!(paths(&diff, "memory"), ["Score.MemorySize"]);
}

#[test]
fn two_that_are_alike_have_nothing_to_tell() {
    let diff = told(&stand(stream("a", 1, 24), &[]), &stand(stream("b", 1, 24), &[]), Vec::new());
    assert!(diff.is_empty());
    assert_eq!(diff.derived.values, 1);
}

#[test]
fn a_name_that_follows_from_content_and_metadata_are_no_differences() {
    let config = |name: &str, count: u32, skip: &str| {
        let config = json!({"Type": "AWS::SageMaker::EndpointConfig", "Metadata": {"checkov": skip},
            "Properties": {"EndpointConfigName": name, "Count": count}});
        stand(json!({"Config": config}), &[])
    };
    let start = config("c-1", 1, "a");
    let diff = told(&start, &start, vec![("instances", config("c-2", 2, "b"))]);
    assert_eq!(paths(&diff, "instances"), ["Config.Count"]);
}
