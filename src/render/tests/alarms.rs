//! Alarms, composites and the dashboard of `tests/features/`.

use std::collections::BTreeSet;

use super::*;
use crate::pipeline::fixture::written;
use crate::pipeline::names;

const ENVIRONMENT: &str = include_str!("../../../tests/features/prod.yaml");
const NEIGHBOUR: &str = include_str!("../../../tests/features/neighbour.yaml");
const FEATURES: [&str; 3] = [
    include_str!("../../../tests/features/data.yaml"),
    include_str!("../../../tests/features/endpoints.yaml"),
    include_str!("../../../tests/features/functions.yaml"),
];

fn features() -> impl Iterator<Item = Pipeline> {
    FEATURES.into_iter().map(|text| written(text, ENVIRONMENT, &[NEIGHBOUR]))
}

fn data() -> Rendered {
    rendered(written(FEATURES[0], ENVIRONMENT, &[]))
}

fn endpoints() -> Rendered {
    rendered(written(FEATURES[1], ENVIRONMENT, &[]))
}

#[test]
fn a_stage_has_exactly_the_alarms_that_the_language_says_it_has() {
    for pipeline in features() {
        let expected: BTreeSet<LogicalId> = pipeline
            .stages()
            .flat_map(|stage| AlarmId::of(stage.kind).map(move |alarm| (stage.clone(), alarm)))
            .filter(|(stage, alarm)| pipeline.has_alarm(stage, *alarm))
            .map(|(stage, alarm)| names::alarm_id(&stage.name, alarm))
            .collect();
        let own: BTreeSet<LogicalId> = pipeline
            .metrics()
            .values()
            .flat_map(|metric| metric.alarms.keys().map(|alarm| names::metric_alarm_id(&metric.name, alarm)))
            .collect();
        let rendered = rendered(pipeline);
        let found: BTreeSet<LogicalId> = rendered
            .of_type("AWS::CloudWatch::Alarm")
            .map(|(id, _)| id.clone())
            .filter(|id| id.as_str().starts_with("Alarm"))
            .collect();
        assert_eq!(found, expected.union(&own).cloned().collect());
    }
}

#[test]
fn nothing_idle_rings() {
    for pipeline in features() {
        for (id, alarm) in rendered(pipeline).of_type("AWS::CloudWatch::Alarm") {
            assert_ne!(alarm.properties["TreatMissingData"], "breaching", "{id}");
        }
    }
}

#[test]
fn a_queue_is_watched_by_age_and_by_what_was_given_up() {
    let rendered = data();
    let age = rendered.properties("AlarmQueueWorkOldestMessage");
    assert_eq!((&age["MetricName"], &age["Statistic"]), (&json!("ApproximateAgeOfOldestMessage"), &json!("Maximum")));
    // Half as much again as the six minutes a message is hidden, and the ten seconds before.
    assert_eq!((&age["Threshold"], &age["EvaluationPeriods"]), (&json!(550), &json!(15)));
    // Nobody of this pipeline reads it: half of its fourteen days.
    assert_eq!(rendered.properties("AlarmQueueHumanReviewOldestMessage")["Threshold"], json!(604_800));
    let dead = rendered.properties("AlarmQueueWorkDeadLetters");
    assert_eq!(dead["Dimensions"], json!([{"Name": "QueueName", "Value": "data-prod-work-dead"}]));
    assert_eq!((&dead["Threshold"], &dead["EvaluationPeriods"]), (&json!(0), &json!(1)));
}

#[test]
fn what_a_topic_cannot_deliver_rings() {
    let alarm = data().properties("AlarmTopicModeratedFailedNotifications");
    assert_eq!(alarm["Dimensions"], json!([{"Name": "TopicName", "Value": "data-prod-moderated"}]));
    assert_eq!((&alarm["Statistic"], &alarm["TreatMissingData"]), (&json!("Sum"), &json!("notBreaching")));
}

#[test]
fn a_throttled_index_rings_with_its_table() {
    let alarm = data().properties("AlarmTableScaledReadThrottled");
    let metrics = alarm["Metrics"].as_array().expect("metrics");
    assert_eq!(metrics[0]["Expression"], "SUM([part1, part2, part3])");
    assert_eq!(metrics[2]["MetricStat"]["Metric"]["Dimensions"][1]["Value"], "by-kind");
    assert_eq!(metrics[0]["ReturnData"], true);
    assert!(metrics[1..].iter().all(|metric| metric["ReturnData"] == false));
}

#[test]
fn an_anomaly_is_a_band_around_the_same_metric_instead_of_a_threshold() {
    let alarm = data().properties("AlarmConsumerCountDuration");
    assert_eq!(alarm.get("Threshold"), None);
    assert_eq!(alarm.get("MetricName"), None);
    assert_eq!(
        (&alarm["ComparisonOperator"], &alarm["ThresholdMetricId"]),
        (&json!("GreaterThanUpperThreshold"), &json!("usual"))
    );
    let metrics = &alarm["Metrics"];
    assert_eq!(metrics[0]["MetricStat"]["Stat"], "p90");
    assert_eq!(metrics[1]["Expression"], "ANOMALY_DETECTION_BAND(observed, 2)");
    let summed = data().properties("AlarmTableScaledWriteThrottled");
    let last = summed["Metrics"].as_array().and_then(|metrics| metrics.last().cloned()).expect("metrics");
    assert_eq!(last["Expression"], "ANOMALY_DETECTION_BAND(observed, 4)");
}

#[test]
fn a_metric_of_the_files_own_is_watched_as_the_file_says() {
    let rendered = data();
    let high = rendered.properties("AlarmMetricScoreHigh");
    assert_eq!((&high["Namespace"], &high["MetricName"]), (&json!("StreamingML/Production"), &json!("FraudScore")));
    assert_eq!(
        high["Dimensions"],
        json!([{"Name": "Model", "Value": "v7"}, {"Name": "Service", "Value": "fraud"}]),
        "all of them, or the metric is another one"
    );
    assert_eq!((&high["ExtendedStatistic"], &high["Period"]), (&json!("p99"), &json!(300)));
    assert_eq!((&high["DatapointsToAlarm"], &high["EvaluationPeriods"]), (&json!(2), &json!(3)));
    assert_eq!((&high["Threshold"], &high["ComparisonOperator"]), (&json!(0.9), &json!("GreaterThanThreshold")));
    assert_eq!(rendered.properties("AlarmMetricScoreLow")["ComparisonOperator"], "LessThanThreshold");
    let odd = rendered.properties("AlarmMetricScoreOdd");
    assert_eq!(odd["ComparisonOperator"], "LessThanLowerOrGreaterThanUpperThreshold");
    let id = LogicalId::new("AlarmMetricScoreHigh").expect("an id");
    assert_eq!(rendered.origins.get(&id).expect("an origin").spec_path, "metrics.score.alarms.high");
}

#[test]
fn composites_name_their_alarms_and_wait_for_them() {
    let rendered = data();
    let any = rendered.resource("CompositeUnhealthy");
    assert_eq!(
        any.properties["AlarmRule"],
        "ALARM(\"data-prod-count-consumer-iterator-age\") OR ALARM(\"data-prod-score-metric-high\")"
    );
    let ids: Vec<&str> = any.depends_on.iter().map(LogicalId::as_str).collect();
    assert_eq!(ids, ["AlarmConsumerCountIteratorAge", "AlarmMetricScoreHigh"]);
    assert_eq!(any.properties["AlarmActions"], json!([{"Ref": "AlarmTopic"}]));
    let all = rendered.properties("CompositeBroken");
    assert!(all["AlarmRule"].as_str().is_some_and(|rule| rule.contains("\") AND ALARM(\"")));
    for (_, alarm) in rendered.of_type("AWS::CloudWatch::CompositeAlarm") {
        let rule = alarm.properties["AlarmRule"].as_str().expect("a literal rule");
        for name in rule.split('"').skip(1).step_by(2) {
            assert!(
                rendered.of_type("AWS::CloudWatch::Alarm").any(|(_, alarm)| alarm.properties["AlarmName"] == name),
                "{name}"
            );
        }
    }
}

#[test]
fn a_waiting_endpoint_is_watched_by_what_waits_and_has_no_alarm_on_what_it_does_not_publish() {
    let rendered = endpoints();
    let backlog = rendered.properties("AlarmEndpointWaitingBacklog");
    assert_eq!(backlog["Dimensions"], json!([{"Name": "EndpointName", "Value": "endpoints-prod-waiting"}]));
    assert_eq!(backlog["Threshold"], json!(20), "ten for each of the two it works on");
    let failures = rendered.properties("AlarmEndpointWaitingFailures");
    assert_eq!(failures["Dimensions"].as_array().map(Vec::len), Some(2));
    assert!(!rendered.has("AlarmEndpointWaitingModelErrors"));
    assert!(rendered.has("AlarmEndpointOccasionalModelErrors") && !rendered.has("AlarmEndpointOccasionalBacklog"));
}

#[test]
fn the_worst_of_several_variants_rings() {
    let alarm = endpoints().properties("AlarmEndpointSplitErrors5xx");
    assert_eq!(alarm["Metrics"][0]["Expression"], "MAX([part1, part2])");
    let variants: Vec<&Value> =
        (1..3).map(|index| &alarm["Metrics"][index]["MetricStat"]["Metric"]["Dimensions"][1]["Value"]).collect();
    assert_eq!(variants, ["challenger", "champion"]);
}

// ---- dashboard --------------------------------------------------------------------------------------------------

fn dashboard(rendered: &Rendered) -> Value {
    serde_json::from_str(rendered.properties("Dashboard")["DashboardBody"].as_str().expect("a text")).expect("JSON")
}

fn headings(rendered: &Rendered) -> Vec<String> {
    let body = dashboard(rendered);
    let texts = body["widgets"].as_array().expect("widgets").iter().filter(|widget| widget["type"] == "text");
    texts.map(|text| text["properties"]["markdown"].as_str().expect("words").replace("## ", "")).collect()
}

#[test]
fn the_dashboard_shows_every_stage_that_publishes_as_records_pass_it() {
    let headings = headings(&data());
    let at = |heading: &str| {
        headings.iter().position(|found| found == heading).unwrap_or_else(|| panic!("no {heading} in {headings:?}"))
    };
    let flow = ["stream events", "consumer count", "queue work", "worker work"];
    assert!(flow.windows(2).all(|pair| at(pair[0]) < at(pair[1])), "{headings:?}");
    for heading in
        ["stream results", "table scaled", "topic moderated", "archive of events", "metric score of consumer count"]
    {
        at(heading);
    }
    assert!(at("consumer count") < at("topic moderated") && at("topic moderated") < at("worker tell"));
}

#[test]
fn a_serverless_endpoint_shows_no_instances() {
    let body = dashboard(&endpoints());
    let shown = |metric: &str, endpoint: &str| {
        body["widgets"].as_array().expect("widgets").iter().any(|widget| {
            widget["properties"]["metrics"].as_array().is_some_and(|lines| {
                lines.iter().any(|line| line[1] == metric && line[3] == format!("endpoints-prod-{endpoint}"))
            })
        })
    };
    assert!(shown("CPUUtilization", "split") && !shown("CPUUtilization", "occasional"));
    assert!(shown("ModelSetupTime", "occasional"));
    assert!(shown("ApproximateBacklogSize", "waiting") && !shown("Invocations", "waiting"));
}

#[test]
fn no_widget_lies_upon_another() {
    let body = dashboard(&data());
    let mut taken = BTreeSet::new();
    for widget in body["widgets"].as_array().expect("widgets") {
        let of = |side: &str| widget[side].as_u64().expect("a number");
        for x in of("x")..of("x") + of("width") {
            for y in of("y")..of("y") + of("height") {
                assert!(x < 24 && taken.insert((x, y)), "{widget}");
            }
        }
    }
}
