//! Rollback triggers: RB-01 to RB-05, TV-28.

use serde_json::json;

use super::{Cloud, topics};

const ALARM: &str = "arn:aws:cloudwatch:eu-west-1:123456789012:alarm:lag";
const TRIGGER: [(&str, &str); 2] = [
    ("RollbackConfiguration.RollbackTriggers.member.1.Arn", ALARM),
    ("RollbackConfiguration.RollbackTriggers.member.1.Type", "AWS::CloudWatch::Alarm"),
];

fn update(cloud: &mut Cloud, minutes: &str) {
    let more = [TRIGGER[0], TRIGGER[1], ("RollbackConfiguration.MonitoringTimeInMinutes", minutes)];
    cloud.update_with("s", &topics(&[("A", json!({"DisplayName": "2"}))]), &more).ok();
}

fn ready() -> Cloud {
    let mut cloud = Cloud::new();
    cloud.create("s", &topics(&[("A", json!({"DisplayName": "1"}))]));
    cloud
}

#[test]
fn an_alarm_during_the_monitoring_time_rolls_back() {
    let mut cloud = ready();
    cloud.alarms.insert(ALARM.to_owned(), "OK".to_owned());
    update(&mut cloud, "10");
    cloud.advance(120);
    assert_eq!(cloud.status("s"), "UPDATE_IN_PROGRESS", "still watched");
    cloud.alarms.insert(ALARM.to_owned(), "ALARM".to_owned());
    cloud.advance(60);
    cloud.finish();
    assert_eq!(cloud.status("s"), "UPDATE_ROLLBACK_COMPLETE");
    let topic = cloud.live.values().next().expect("topic");
    assert_eq!(topic["DisplayName"], json!("1"));
}

#[test]
fn a_quiet_alarm_lets_the_update_complete_after_the_monitoring_time() {
    for quiet in ["OK", "INSUFFICIENT_DATA"] {
        let mut cloud = ready();
        cloud.alarms.insert(ALARM.to_owned(), quiet.to_owned());
        update(&mut cloud, "10");
        cloud.advance(500);
        assert_eq!(cloud.status("s"), "UPDATE_IN_PROGRESS");
        cloud.finish();
        assert_eq!(cloud.status("s"), "UPDATE_COMPLETE");
    }
}

#[test]
fn an_alarm_that_rings_already_rolls_back_while_resources_change() {
    let mut cloud = ready();
    cloud.alarms.insert(ALARM.to_owned(), "ALARM".to_owned());
    update(&mut cloud, "0");
    cloud.finish();
    assert_eq!(cloud.status("s"), "UPDATE_ROLLBACK_COMPLETE");
}

#[test]
fn a_missing_alarm_fails_the_operation() {
    let mut cloud = ready();
    update(&mut cloud, "0");
    cloud.finish();
    assert_eq!(cloud.status("s"), "UPDATE_ROLLBACK_COMPLETE");
}

#[test]
fn monitoring_time_without_triggers_still_waits() {
    let mut cloud = ready();
    let more = [("RollbackConfiguration.MonitoringTimeInMinutes", "5")];
    cloud.update_with("s", &topics(&[("A", json!({"DisplayName": "2"}))]), &more).ok();
    cloud.advance(290);
    assert_eq!(cloud.status("s"), "UPDATE_IN_PROGRESS");
    cloud.finish();
    assert_eq!(cloud.status("s"), "UPDATE_COMPLETE");
}

#[test]
fn the_configuration_is_kept_until_it_is_replaced() {
    let mut cloud = ready();
    cloud.alarms.insert(ALARM.to_owned(), "OK".to_owned());
    update(&mut cloud, "1");
    cloud.finish();
    assert!(cloud.send("DescribeStacks", &[("StackName", "s")]).has(ALARM));
    cloud.update("s", &topics(&[("A", json!({"DisplayName": "3"}))]));
    assert!(cloud.send("DescribeStacks", &[("StackName", "s")]).has(ALARM));
    let more = [("RollbackConfiguration.RollbackTriggers", "")];
    cloud.update_with("s", &topics(&[("A", json!({"DisplayName": "4"}))]), &more).ok();
    cloud.finish();
    assert!(!cloud.send("DescribeStacks", &[("StackName", "s")]).has(ALARM));
}

#[test]
fn malformed_triggers_are_refused() {
    let mut cloud = ready();
    let mut ask = |arn: &str, kind: &str| {
        let more = [(TRIGGER[0].0, arn), (TRIGGER[1].0, kind)];
        cloud.update_with("s", &topics(&[("A", json!({"DisplayName": "2"}))]), &more).error()
    };
    assert_eq!(ask(ALARM, "AWS::SNS::Topic"), "ValidationError: Rollback Trigger Type not supported");
    assert_eq!(
        ask("arn:aws:cloudwatch:eu-west-1:123456789012:dashboard:x", "AWS::CloudWatch::Alarm"),
        "ValidationError: RelativeId of a Rollback Trigger's ARN is incorrect"
    );
}
