//! R6062: an alarm on an age that says nothing.

use serde_json::Value;

use super::pages;
use crate::diagnostic::Code;
use crate::pipeline::{Pipeline, ReadMode, StageKind, StageRef, names};
use crate::readiness::case::Case;
use crate::readiness::finding::{Finding, Verdict};
use crate::readiness::rule::{Letter, Rule, Tiers};

pub(super) const RULE: Rule = Rule {
    code: Code::MeaninglessAge,
    rationale: "a stream's own age is that of whoever polls it: fan-out readers do not appear in it, and several pollers \
                cannot be told apart",
    text: "Iterator Age Is Your Most Important Metric",
    page: Some(pages::KINESIS_METRICS),
    serves: &[Letter::MonitoringList, Letter::StreamList],
    tiers: Tiers::WRONG,
    look,
};

const AGE: &str = "GetRecords.IteratorAgeMilliseconds";

fn look(case: &Case<'_>) -> Vec<Verdict> {
    let pipeline = case.pipeline();
    let resources = pipeline.escape().resources.iter().map(|(id, value)| ("resources", id, value));
    let patches = pipeline.escape().patch.iter().map(|(id, value)| ("patch", id, value));
    let on_age = resources.chain(patches).filter(|(_, _, value)| watches_age(value));
    on_age
        .map(|(section, id, value)| {
            let streams = pipeline.streams().keys().map(|name| StageRef::new(StageKind::Stream, name));
            let stream = streams.filter(|stream| is_about(pipeline, stream, value)).find_map(|stream| {
                let why = blind(pipeline, &stream)?;
                Some((stream, why))
            });
            let (stream, why) = stream?;
            let title = format!("the alarm `{id}` watches the age of {stream}, {why}");
            let help = "remove it: every consumer has an alarm on its own age, and a fan-out reader one on its lag";
            let finding = Finding::at(format!("cloudformation.{section}.{id}"), title).help(help);
            Some(Finding { stage: Some(stream), ..finding })
        })
        .collect()
}

/// Whether a resource compares the age of a stream's polling readers with something.
fn watches_age(value: &Value) -> bool {
    let properties = value.get("Properties");
    let direct = properties.and_then(|properties| properties.get("MetricName")) == Some(&Value::from(AGE));
    direct
        || properties
            .and_then(|properties| properties.get("Metrics"))
            .is_some_and(|metrics| metrics.to_string().contains(AGE))
}

/// Whether it names the stream: by a reference, or by its name.
fn is_about(pipeline: &Pipeline, stream: &StageRef, value: &Value) -> bool {
    let text = value.to_string();
    let id = format!("\"{}\"", names::logical_id(stream, ""));
    text.contains(&id) || text.contains(&pipeline.physical_name(&stream.name))
}

/// Why the age of a stream's polling readers says nothing of its consumers.
fn blind(pipeline: &Pipeline, stream: &StageRef) -> Option<String> {
    let readers = || pipeline.consumers().values().filter(|consumer| consumer.from.own() == Some(&stream.name));
    let fan_out = readers().find(|consumer| consumer.read == ReadMode::FanOut);
    if let Some(consumer) = fan_out {
        return Some(format!("in which its fan-out reader `{}` does not appear", consumer.name));
    }
    let archived = usize::from(pipeline.archives().contains_key(&stream.name));
    let pollers = readers().count() + archived;
    (pollers > 1).then(|| format!("which is that of the slowest of {pollers} readers, whoever that is"))
}
