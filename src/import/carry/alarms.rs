//! CloudWatch alarms that are recommended ones with another threshold.

use std::collections::BTreeMap;

use super::Carry;
use super::parts::{Left, function_of};
use crate::import::document::{Block, Out};
use crate::import::value::Item;
use crate::import::world::{Kind, Resource, View};
use crate::units::Duration;

/// The unit of a metric, as thresholds are written in.
#[derive(Clone, Copy)]
enum Unit {
    Count,
    Fraction,
    Microseconds,
    Milliseconds,
    Seconds,
}

/// A recommended alarm: namespace, metric, whether it goes off below, its name in a pipeline file, its unit, and
/// its threshold where that is always the same.
type Row = (&'static str, &'static str, bool, &'static str, Unit, Option<f64>);

const ROWS: [Row; 23] = [
    ("AWS/Kinesis", "WriteProvisionedThroughputExceeded", false, "write_throttled", Unit::Fraction, Some(0.01)),
    ("AWS/Kinesis", "ReadProvisionedThroughputExceeded", false, "read_throttled", Unit::Fraction, Some(0.01)),
    ("AWS/Kinesis", "PutRecords.FailedRecords", false, "failed_puts", Unit::Count, Some(0.0)),
    ("AWS/Kinesis", "PutRecord.Success", true, "put_success", Unit::Fraction, Some(0.99)),
    ("AWS/Kinesis", "GetRecords.Success", true, "get_success", Unit::Fraction, Some(0.99)),
    ("AWS/DynamoDB", "ReadThrottleEvents", false, "read_throttled", Unit::Count, Some(0.0)),
    ("AWS/DynamoDB", "WriteThrottleEvents", false, "write_throttled", Unit::Count, Some(0.0)),
    ("AWS/DynamoDB", "SystemErrors", false, "system_errors", Unit::Count, Some(0.0)),
    ("AWS/SageMaker", "Invocation5XXErrors", false, "errors_5xx", Unit::Fraction, Some(0.01)),
    ("AWS/SageMaker", "Invocation4XXErrors", false, "errors_4xx", Unit::Fraction, Some(0.05)),
    ("AWS/SageMaker", "InvocationModelErrors", false, "model_errors", Unit::Fraction, Some(0.01)),
    ("AWS/SageMaker", "ModelLatency", false, "latency", Unit::Microseconds, None),
    ("AWS/SageMaker", "ModelCacheHit", true, "cache_hit", Unit::Fraction, Some(0.8)),
    ("AWS/Lambda", "IteratorAge", false, "iterator_age", Unit::Milliseconds, None),
    ("AWS/Lambda", "Errors", false, "errors", Unit::Count, Some(0.0)),
    ("AWS/Lambda", "Throttles", false, "throttles", Unit::Count, Some(0.0)),
    ("AWS/Lambda", "Duration", false, "duration", Unit::Milliseconds, None),
    ("AWS/Lambda", "ConcurrentExecutions", false, "concurrency", Unit::Count, Some(900.0)),
    ("AWS/SQS", "ApproximateAgeOfOldestMessage", false, "oldest_message", Unit::Seconds, None),
    ("AWS/Firehose", "DeliveryToS3.Success", true, "delivery_success", Unit::Fraction, Some(0.99)),
    ("AWS/Firehose", "DeliveryToS3.DataFreshness", false, "freshness", Unit::Seconds, None),
    ("AWS/Firehose", "ThrottledGetRecords", false, "throttled", Unit::Count, None),
    ("AWS/SNS", "NumberOfNotificationsFailed", false, "failed_notifications", Unit::Count, Some(0.0)),
];

/// What becomes of an alarm that Sluice recommends.
const RECOMMENDED: &str = "it is a recommended alarm, which exists by default";

impl<'w> Carry<'w> {
    pub(super) fn alarms(&self) -> Block {
        let mut stages: BTreeMap<String, BTreeMap<&str, (Out, &'w Resource)>> = BTreeMap::new();
        for alarm in self.world.of(Kind::Alarm) {
            match self.alarm(alarm) {
                Ok((stage, name, threshold)) => {
                    stages.entry(stage).or_default().entry(name).or_insert((threshold, alarm));
                }
                Err(left) => self.parts.leave(alarm, left),
            }
        }
        let mut section = Block::default();
        for (stage, alarms) in stages {
            let mut block = Block::default();
            for (name, (threshold, alarm)) in alarms {
                let detail = Block::default().with("threshold", threshold);
                self.stage(&mut block, &format!("alarm of {stage}"), name, detail, alarm);
            }
            section.put(&stage, Out::Map(block));
        }
        section
    }

    fn alarm(&self, alarm: &'w Resource) -> Result<(String, &'static str, Out), Left> {
        let view = alarm.view();
        let lost = |why: &str| match self.world.mark {
            Some(_) => Left::Anew(RECOMMENDED),
            None => Left::Lost(format!("{why}; every recommended alarm exists anyway")),
        };
        let text = |path: &str| view.get(path).and_then(Item::as_text);
        let (Some(namespace), Some(metric)) = (text("Namespace"), text("MetricName")) else {
            return Err(lost("it watches an expression"));
        };
        let below = text("ComparisonOperator").is_some_and(|operator| operator.starts_with("LessThan"));
        let Some(row) = ROWS.iter().find(|row| row.0 == namespace && row.1 == metric && row.2 == below) else {
            return Err(lost("no recommended alarm watches that metric that way"));
        };
        let Some(stage) = self.watched(&view) else {
            return Err(lost("what it watches is no stage of this pipeline"));
        };
        let Some(threshold) = view.get("Threshold").and_then(Item::as_number) else {
            return Err(lost("its threshold cannot be told"));
        };
        if row.5 == Some(threshold) {
            return Err(Left::Anew(RECOMMENDED));
        }
        let Some(written) = written(row.4, threshold) else {
            return Err(lost("its threshold is none that a pipeline file can say"));
        };
        view.skip(&[
            "AlarmName",
            "AlarmDescription",
            "AlarmActions",
            "OKActions",
            "ActionsEnabled",
            "Dimensions",
            "Tags",
        ]);
        if self.world.mark.is_some() {
            view.skip(&[
                "Statistic",
                "ExtendedStatistic",
                "Period",
                "EvaluationPeriods",
                "DatapointsToAlarm",
                "TreatMissingData",
            ]);
        }
        Ok((stage, row.3, written))
    }

    /// The stage that an alarm's dimensions name.
    fn watched(&self, view: &View<'w>) -> Option<String> {
        view.each("Dimensions").into_iter().find_map(|dimension| {
            let item = dimension.get("Value")?;
            match dimension.get("Name")?.as_text()?.as_str() {
                "FunctionName" => {
                    let function = function_of(self.world, item)?;
                    let consumers = self.parts.consumers.iter().map(|part| (part.function, &part.name));
                    let mut all = consumers.chain(self.parts.workers.iter().map(|part| (part.function, &part.name)));
                    all.find(|(known, _)| known.address == function.address).map(|(_, name)| name.clone())
                }
                "StreamName" => self.named(item, Kind::Stream),
                "TableName" => self.named(item, Kind::Table),
                "EndpointName" => self.named(item, Kind::Endpoint),
                "QueueName" => self.named(item, Kind::Queue),
                "TopicName" => self.named(item, Kind::Topic),
                "DeliveryStreamName" => {
                    let delivery = self.world.meant(item, &[Kind::Delivery])?;
                    let source = delivery.view().get("KinesisStreamSourceConfiguration.KinesisStreamARN")?;
                    self.named(source, Kind::Stream)
                }
                _ => None,
            }
        })
    }

    fn named(&self, item: &Item, kind: Kind) -> Option<String> {
        self.parts.stage(self.world.meant(item, &[kind])?).map(str::to_owned)
    }
}

/// A threshold as people write it.
fn written(unit: Unit, threshold: f64) -> Option<Out> {
    let duration = |micros: f64| Some(Out::word(Duration::from_micros(micros.round() as u64)));
    if !(0.0..1e15).contains(&threshold) {
        return None;
    }
    match unit {
        Unit::Count if threshold.fract() == 0.0 => Some(Out::word(threshold)),
        Unit::Count => None,
        Unit::Fraction => Some(Out::word(format!("{}%", (threshold * 1e8).round() / 1e6))),
        Unit::Microseconds => duration(threshold),
        Unit::Milliseconds => duration(threshold * 1e3),
        Unit::Seconds => duration(threshold * 1e6),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thresholds_are_written_in_human_units() {
        let text = |unit, threshold| written(unit, threshold).map(|out| out.to_string());
        assert_eq!(text(Unit::Milliseconds, 60_000.0).unwrap(), "1m");
        assert_eq!(text(Unit::Fraction, 0.005).unwrap(), "0.5%");
        assert_eq!(text(Unit::Count, 12.0).unwrap(), "12");
        assert_eq!(text(Unit::Count, 1.5), None);
        assert_eq!(text(Unit::Seconds, -1.0), None);
    }
}
