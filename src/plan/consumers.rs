//! What happens to the records of each consumer: the verdicts of `stream-behaviour.md` 0.1.

use std::cmp::Reverse;
use std::collections::BTreeSet;

use serde_json::Value;

use super::bounds::whole;
use super::desired::Desired;
use super::model::{
    Action, BlockedBy, Change, ConsumerEffect, DataAtRisk, PositionReset, Reason, Records, ResourcePlan, Verdict,
};
use crate::template::{Resource, Template, references_in};
use crate::units::LogicalId;

const MAPPING: &str = "AWS::Lambda::EventSourceMapping";
const DELIVERY: &str = "AWS::KinesisFirehose::DeliveryStream";
const STREAM: &str = "AWS::Kinesis::Stream";

/// What each planned change means for the readers of streams.
pub(super) fn effects(
    desired: &Desired,
    before: &Template,
    resources: &[ResourcePlan],
    data: &[DataAtRisk],
) -> Vec<ConsumerEffect> {
    let mut found = Vec::new();
    for plan in resources {
        match plan.type_name.as_str() {
            MAPPING if has_position(desired, before, plan) => found.extend(mapping(desired, before, plan, data)),
            DELIVERY => found.extend(delivery(desired, before, plan)),
            STREAM => found.extend(readers(desired, plan, resources)),
            _ => {}
        }
    }
    // The gravest first.
    found.sort_by(|a, b| {
        (Reverse(a.verdict), &a.logical_id, &a.rule).cmp(&(Reverse(b.verdict), &b.logical_id, &b.rule))
    });
    found
}

/// Whether a mapping reads from a position. A queue has none: whoever reads it, a message waits until it is deleted.
fn has_position(desired: &Desired, before: &Template, plan: &ResourcePlan) -> bool {
    [&desired.template, before]
        .into_iter()
        .filter_map(|template| template.resources.get(&plan.logical_id))
        .any(|mapping| mapping.properties.contains_key("StartingPosition"))
}

fn effect(
    plan: &ResourcePlan,
    verdict: Verdict,
    records: Records,
    rule: &'static str,
    because: &[&Change],
) -> ConsumerEffect {
    let because: BTreeSet<_> = because.iter().map(|change| change.path.clone()).collect();
    ConsumerEffect {
        logical_id: plan.logical_id.clone(),
        verdict,
        records,
        behind: None,
        amount: None,
        rule: rule.into(),
        because: because.into_iter().collect(),
        origin: plan.origin.clone(),
    }
}

fn changes_of<'a>(plan: &'a ResourcePlan, property: &str) -> Vec<&'a Change> {
    plan.changes.iter().filter(|change| change.path.top() == Some(property)).collect()
}

fn mapping(desired: &Desired, before: &Template, plan: &ResourcePlan, data: &[DataAtRisk]) -> Option<ConsumerEffect> {
    let start = desired.template.resources.get(&plan.logical_id).map_or(PositionReset::Unknown, position);
    Some(match plan.action {
        Action::Create | Action::Import => effect(plan, Verdict::Starts, Records::ReadFrom(start), "SIM-1", &[]),
        Action::Delete => effect(plan, Verdict::Stops, Records::NotRead, "V-6", &[]),
        Action::Cannot => {
            let conflict = plan.reasons.iter().any(|r| matches!(r, Reason::Blocked(BlockedBy::MappingExists { .. })));
            let rule = if conflict { "V-5" } else { "V-4" };
            effect(plan, Verdict::Fails, Records::Untouched, rule, &changes_of(plan, "StartingPosition"))
        }
        Action::Replace | Action::ReplaceDeletingFirst | Action::Undecided => {
            let because: Vec<&Change> =
                plan.changes.iter().filter(|c| c.recreation > crate::template::Recreation::Never).collect();
            let lost = before.resources.get(&plan.logical_id).and_then(|old| stream_of(before, old));
            match lost.filter(|stream| data.iter().any(|at_risk| at_risk.logical_id == *stream)) {
                Some(stream) => effect(plan, Verdict::Resets, Records::LostWithStream { stream }, "V-8", &because),
                None => effect(plan, Verdict::Resets, reset(start), "V-4", &because),
            }
        }
        Action::Update => in_place(desired, before, plan)?,
    })
}

fn in_place(desired: &Desired, before: &Template, plan: &ResourcePlan) -> Option<ConsumerEffect> {
    let enabled = changes_of(plan, "Enabled");
    if !enabled.is_empty() {
        let is_on = |template: &Template| {
            let value =
                template.resources.get(&plan.logical_id).and_then(|resource| resource.properties.get("Enabled"));
            value.is_none_or(|value| *value != Value::Bool(false) && value.as_str() != Some("false"))
        };
        let said =
            desired.template.resources.get(&plan.logical_id).is_some_and(|one| one.properties.contains_key("Enabled"));
        return match (is_on(before), is_on(&desired.template)) {
            // Whoever says nothing leaves it as it is.
            (false, true) if !said => Some(effect(plan, Verdict::Pauses, Records::NotRead, "V-3", &enabled)),
            (false, true) => Some(effect(plan, Verdict::Resumes, Records::Untouched, "V-3", &enabled)),
            (true, false) => Some(effect(plan, Verdict::Pauses, Records::NotRead, "V-3", &enabled)),
            (true, true) | (false, false) => None,
        };
    }
    let filters = changes_of(plan, "FilterCriteria");
    if !filters.is_empty() {
        return Some(effect(plan, Verdict::Continues, Records::Filtered, "V-14", &filters));
    }
    let function = changes_of(plan, "FunctionName");
    if !function.is_empty() {
        return Some(effect(plan, Verdict::Continues, Records::Untouched, "V-2", &function));
    }
    let all: Vec<&Change> = plan.changes.iter().collect();
    (!all.is_empty()).then(|| effect(plan, Verdict::Continues, Records::Untouched, "V-1", &all))
}

/// What a reader that begins anew does to records.
fn reset(start: PositionReset) -> Records {
    match start {
        PositionReset::Latest => Records::Skipped,
        from @ (PositionReset::TrimHorizon | PositionReset::AtTimestamp { .. } | PositionReset::Unknown) => {
            Records::ReadAgain { from }
        }
    }
}

fn position(mapping: &Resource) -> PositionReset {
    match mapping.properties.get("StartingPosition").and_then(Value::as_str) {
        Some("TRIM_HORIZON") => PositionReset::TrimHorizon,
        Some("LATEST") => PositionReset::Latest,
        Some("AT_TIMESTAMP") => mapping
            .properties
            .get("StartingPositionTimestamp")
            .map_or(PositionReset::Unknown, |at| PositionReset::AtTimestamp { at: at.clone() }),
        _ => PositionReset::Unknown,
    }
}

fn delivery(desired: &Desired, before: &Template, plan: &ResourcePlan) -> Option<ConsumerEffect> {
    let source = "KinesisStreamSourceConfiguration";
    let reads = |template: &Template| {
        template.resources.get(&plan.logical_id).is_some_and(|resource| resource.properties.contains_key(source))
    };
    if !reads(&desired.template) && !reads(before) {
        return None;
    }
    let all: Vec<&Change> = plan.changes.iter().collect();
    Some(match plan.action {
        Action::Create | Action::Import => {
            effect(plan, Verdict::Starts, Records::ReadFrom(PositionReset::Latest), "V-12", &[])
        }
        Action::Delete => effect(plan, Verdict::Stops, Records::NotRead, "V-12", &[]),
        Action::Cannot => effect(plan, Verdict::Fails, Records::Untouched, "V-12", &all),
        Action::Replace | Action::ReplaceDeletingFirst | Action::Undecided => {
            effect(plan, Verdict::Resets, Records::Skipped, "V-12", &changes_of(plan, source))
        }
        Action::Update => effect(plan, Verdict::Continues, Records::Untouched, "V-11", &all),
    })
}

/// What a stream's own change means for those who read it and are not touched themselves.
fn readers(desired: &Desired, plan: &ResourcePlan, resources: &[ResourcePlan]) -> Vec<ConsumerEffect> {
    if plan.action != Action::Update {
        return Vec::new();
    }
    let hours = |value: &Option<Value>| whole(value.as_ref());
    let shorter = plan.changes.iter().find(|change| {
        // A retention that nobody gives is 24 hours.
        let (before, after) = (hours(&change.before).unwrap_or(24), hours(&change.after).unwrap_or(24));
        change.path.top() == Some("RetentionPeriodHours") && after < before
    });
    let shards: Vec<&Change> = plan
        .changes
        .iter()
        .filter(|change| matches!(change.path.top(), Some("ShardCount" | "StreamModeDetails")))
        .collect();
    let mut found = Vec::new();
    let reads = |resource: &Resource| [MAPPING, DELIVERY].contains(&resource.type_name.as_str());
    for (id, mapping) in desired.template.resources.iter().filter(|(_, resource)| reads(resource)) {
        let stays = resources.iter().all(|other| other.logical_id != *id || other.action == Action::Update);
        if !stays || stream_of(&desired.template, mapping).as_ref() != Some(&plan.logical_id) {
            continue;
        }
        let reader = ResourcePlan { logical_id: id.clone(), origin: desired.origins.get(id).cloned(), ..plan.clone() };
        if let Some(change) = shorter {
            let day = || Value::from(24);
            let records = Records::ExpireSooner {
                before: change.before.clone().unwrap_or_else(day),
                after: change.after.clone().unwrap_or_else(day),
            };
            found.push(effect(&reader, Verdict::Continues, records, "V-9", &[change]));
        }
        if !shards.is_empty() {
            found.push(effect(&reader, Verdict::Continues, Records::Untouched, "V-7", &shards));
        }
    }
    found
}

/// The stream of this template that a mapping or a delivery stream reads, directly or through a fan-out consumer.
pub(super) fn stream_of(template: &Template, reader: &Resource) -> Option<LogicalId> {
    let source = match reader.type_name.as_str() {
        DELIVERY => reader.properties.get("KinesisStreamSourceConfiguration")?.get("KinesisStreamARN")?,
        _ => reader.properties.get("EventSourceArn")?,
    };
    let target = referred(template, source)?;
    let resource = template.resources.get(&target)?;
    match resource.type_name.as_str() {
        STREAM => Some(target),
        "AWS::Kinesis::StreamConsumer" => referred(template, resource.properties.get("StreamARN")?),
        _ => None,
    }
}

fn referred(template: &Template, value: &Value) -> Option<LogicalId> {
    let reference = references_in(value).into_iter().next()?;
    template.resources.get_key_value(reference.target.as_str()).map(|(id, _)| id.clone())
}
