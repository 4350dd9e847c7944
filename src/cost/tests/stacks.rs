//! The pipelines of this repository: what their templates hold is on the bill.

use super::*;
use crate::pipeline::Pipeline;

const STACKS: &[(&str, &str, &str)] = &[
    (
        "anomaly-detection",
        include_str!("../../../stacks/anomaly-detection/pipeline.yaml"),
        include_str!("../../../tests/golden/anomaly-detection.prod.yaml"),
    ),
    (
        "content-moderation",
        include_str!("../../../stacks/content-moderation/pipeline.yaml"),
        include_str!("../../../tests/golden/content-moderation.prod.yaml"),
    ),
    (
        "delivery-eta",
        include_str!("../../../stacks/delivery-eta/pipeline.yaml"),
        include_str!("../../../tests/golden/delivery-eta.prod.yaml"),
    ),
    (
        "fraud-detection",
        include_str!("../../../stacks/fraud-detection/pipeline.yaml"),
        include_str!("../../../tests/golden/fraud-detection.prod.yaml"),
    ),
    (
        "multi-model-inference",
        include_str!("../../../stacks/multi-model-inference/pipeline.yaml"),
        include_str!("../../../tests/golden/multi-model-inference.prod.yaml"),
    ),
    (
        "observability",
        include_str!("../../../stacks/observability/pipeline.yaml"),
        include_str!("../../../tests/golden/observability.prod.yaml"),
    ),
    (
        "personalization",
        include_str!("../../../stacks/personalization/pipeline.yaml"),
        include_str!("../../../tests/golden/personalization.prod.yaml"),
    ),
    (
        "windowed-aggregation",
        include_str!("../../../stacks/windowed-aggregation/pipeline.yaml"),
        include_str!("../../../tests/golden/windowed-aggregation.prod.yaml"),
    ),
];

fn resolved(name: &str) -> Pipeline {
    let (_, file, _) = STACKS.iter().find(|(stack, ..)| *stack == name).expect("is a stack");
    let neighbours: Vec<&str> = STACKS.iter().filter(|(stack, ..)| *stack != name).map(|(_, file, _)| *file).collect();
    written(file, include_str!("../../../environments/prod.yaml"), &neighbours)
}

fn of_stack(name: &str) -> Estimate {
    estimate(&capacity::size(resolved(name)), &Prices::built_in().expect("is sound")).expect("can be reckoned").0
}

/// Resources of a template, each as its own text.
fn resources<'a>(template: &'a str, type_name: &str) -> Vec<&'a str> {
    let template = template.split_once("\nResources:\n").expect("has resources").1;
    let mut begins: Vec<usize> = template.match_indices("\n  ").map(|(at, _)| at).collect();
    begins.retain(|at| template[at + 3..].starts_with(|c: char| c.is_ascii_alphanumeric()));
    begins.insert(0, 0);
    begins.push(template.len());
    let bodies = begins.windows(2).map(|pair| &template[pair[0]..pair[1]]);
    bodies.filter(|body| body.contains(&format!("    Type: {type_name}\n"))).collect()
}

/// How much of a meter the whole bill has.
fn quantity(estimate: &Estimate, meter: &Meter) -> Quantity {
    let items = estimate.items.iter().filter(|item| item.meter == *meter);
    items.filter_map(|item| item.quantity).fold(Quantity::ZERO, |sum, quantity| sum.plus(quantity.steady))
}

#[test]
fn every_alarm_composite_dashboard_and_key_of_a_template_is_on_the_bill() {
    for (name, _, template) in STACKS {
        let estimate = of_stack(name);
        let alarms = resources(template, "AWS::CloudWatch::Alarm");
        let metrics = |alarm: &&str| {
            alarm.matches("MetricName:").count() + if alarm.contains("ANOMALY_DETECTION_BAND") { 2 } else { 0 }
        };
        let scaling = resources(template, "AWS::ApplicationAutoScaling::ScalingPolicy");
        let tracking = scaling.iter().filter(|policy| policy.contains("PolicyType: TargetTrackingScaling")).count();
        let watched = alarms.iter().map(metrics).sum::<usize>() + 2 * tracking;
        assert_eq!(quantity(&estimate, &Meter::AlarmMetric), Quantity::whole(watched as u64), "{name}");
        let pipeline = resolved(name);
        for (meter, type_name) in [
            (Meter::CompositeAlarm, "AWS::CloudWatch::CompositeAlarm"),
            (Meter::Dashboard, "AWS::CloudWatch::Dashboard"),
            (Meter::KeyMonth, "AWS::KMS::Key"),
        ] {
            let added = pipeline.escape().resources.values().filter(|resource| resource["Type"] == type_name).count();
            let count = resources(template, type_name).len() - added;
            assert_eq!(quantity(&estimate, &meter), Quantity::whole(count as u64), "{name} {meter:?}");
        }
    }
}

#[test]
fn every_stage_of_every_stack_has_a_line() {
    for (name, ..) in STACKS {
        let estimate = of_stack(name);
        let total = estimate.total();
        assert!(total.known.steady.0 > 0 && total.known.steady <= total.known.peak, "{name}: {total:?}");
        for owner in estimate.owners() {
            assert!(estimate.of(owner).next().is_some(), "{name} {owner}");
        }
        assert!(
            estimate.items.iter().all(|item| !item.how.is_empty() || matches!(item.amount, Amount::Unknown(_))),
            "{name}"
        );
    }
}
