//! Lines of alarms, metrics and the dashboard (aws-facts.md 3.5).

use super::endpoint::fleets;
use super::exact::Quantity;
use super::item::{Ledger, Owner, Range};
use super::meter::Meter;
use crate::capacity::{Sized, SizedStream};
use crate::pipeline::{
    AlarmId, AlarmTuning, Condition, Pipeline, RollbackGroup, Serving, StageKind, StageRef, TableCapacity,
};
use crate::units::StageName;

/// An anomaly band counts as two metrics beside the one that it is drawn around.
const BAND: u64 = 2;
/// Target tracking watches one side and the other.
const SCALING_ALARMS: u64 = 2;

/// Lines of every stage's alarms and metrics, then of what belongs to the whole.
pub(super) fn lines(ledger: &mut Ledger<'_>, sized: &Sized) {
    let pipeline = sized.pipeline();
    for stage in pipeline.stages() {
        let owner = Owner::Stage(stage.clone());
        let (recommended, scaling) = (metrics_watched(pipeline, &stage), scaling_alarms(sized, &stage));
        let mut how = "every metric that an alarm watches".to_owned();
        if scaling > 0 {
            how.push_str(&format!(", {scaling} of them for the autoscaling"));
        }
        let count = Range::flat(Quantity::whole(recommended + scaling));
        ledger.add(&owner, Meter::AlarmMetric, count, how);
        match stage.kind {
            StageKind::Metric => {
                ledger.add(&owner, Meter::CustomMetric, Range::flat(Quantity::whole(1_u32)), "one set of dimensions");
            }
            StageKind::Stream => shard_metrics(ledger, sized, &owner, &stage.name),
            _ => {}
        }
    }
    let composites = pipeline.composites().len() as u64 + rollback_composites(pipeline);
    let how = "those that roll a deployment back among them";
    ledger.add(&Owner::Pipeline, Meter::CompositeAlarm, Range::flat(Quantity::whole(composites)), how);
    let one = Range::flat(Quantity::whole(1_u32));
    ledger.add(&Owner::Pipeline, Meter::Dashboard, one, "one for all stages");
    ledger.add(&Owner::Pipeline, Meter::KeyMonth, one, "the key of the topic that alarms speak to");
}

/// Metrics that the alarms of a stage watch; a silenced alarm watches on.
fn metrics_watched(pipeline: &Pipeline, stage: &StageRef) -> u64 {
    let recommended = AlarmId::of(stage.kind).filter(|alarm| pipeline.has_alarm(stage, *alarm)).map(|alarm| {
        let band = matches!(pipeline.alarm_tuning(stage, alarm), Some(AlarmTuning::Anomaly { .. }));
        metrics_of(pipeline, &stage.name, alarm) + if band { BAND } else { 0 }
    });
    let own = pipeline.metrics().get(&stage.name).filter(|_| stage.kind == StageKind::Metric);
    let own = own.into_iter().flat_map(|metric| metric.alarms.values()).map(|alarm| match alarm.when {
        Condition::Outside { .. } => 1 + BAND,
        Condition::Above(_) | Condition::Below(_) => 1,
    });
    recommended.chain(own).sum()
}

/// Metrics that one alarm puts together.
fn metrics_of(pipeline: &Pipeline, stage: &StageName, alarm: AlarmId) -> u64 {
    let fleets = || pipeline.endpoints().get(stage).map_or(1, |endpoint| fleets(&endpoint.model));
    match alarm {
        // Records that came in, those that were polled, and invocations.
        AlarmId::ConsumerNotReading => 3,
        // An index is throttled under its own name.
        AlarmId::TableReadThrottled | AlarmId::TableWriteThrottled => {
            1 + pipeline.tables().get(stage).map_or(0, |table| table.indexes.len() as u64)
        }
        AlarmId::EndpointErrors5xx
        | AlarmId::EndpointErrors4xx
        | AlarmId::EndpointModelErrors
        | AlarmId::EndpointLatency
        | AlarmId::EndpointCacheHit
        | AlarmId::EndpointFailures
        | AlarmId::EndpointExpired => fleets(),
        _ => 1,
    }
}

/// Alarms that scaling policies make, and the one that wakes a fleet of none.
fn scaling_alarms(sized: &Sized, stage: &StageRef) -> u64 {
    let pipeline = sized.pipeline();
    match stage.kind {
        StageKind::Table => match pipeline.tables().get(&stage.name) {
            Some(table) if matches!(table.capacity, TableCapacity::Autoscaled { .. }) => {
                2 * SCALING_ALARMS * (1 + table.indexes.len() as u64)
            }
            _ => 0,
        },
        StageKind::Endpoint => {
            let Some(endpoint) = pipeline.endpoints().get(&stage.name) else { return 0 };
            let scales = sized.endpoint(&stage.name).is_some_and(|endpoint| endpoint.scale_at.is_some());
            let wakes = matches!(endpoint.serving, Serving::Async { min: 0, .. });
            if scales { fleets(&endpoint.model) * (SCALING_ALARMS + u64::from(wakes)) } else { 0 }
        }
        _ => 0,
    }
}

/// Shard-level metrics are billed as custom metrics, one for each shard.
fn shard_metrics(ledger: &mut Ledger<'_>, sized: &Sized, owner: &Owner, stream: &StageName) {
    let chosen = sized.pipeline().streams().get(stream).map_or(0, |stream| stream.shard_metrics.len() as u64);
    if chosen == 0 {
        return;
    }
    match sized.stream_capacity(stream) {
        Some(SizedStream::Provisioned { shards }) => {
            let how = format!("{chosen} shard-level metrics x {shards} shards");
            let count = Range::flat(Quantity::whole(u64::from(shards) * chosen));
            ledger.add(owner, Meter::CustomMetric, count, how);
        }
        Some(SizedStream::OnDemand) | None => {
            let why = format!("{chosen} metrics for each shard, and how many there are is up to Kinesis");
            ledger.add_unknown(owner, Meter::CustomMetric, why);
        }
    }
}

/// Groups with an alarm that may roll a deployment back, and is not silenced.
fn rollback_composites(pipeline: &Pipeline) -> u64 {
    let armed = |stage: &StageRef| {
        AlarmId::of(stage.kind).any(|alarm| {
            let silenced = matches!(pipeline.alarm_tuning(stage, alarm), Some(AlarmTuning::Silence { .. }));
            alarm.rolls_back() && pipeline.has_alarm(stage, alarm) && !silenced
        })
    };
    let group =
        |group: &&RollbackGroup| pipeline.stages().any(|stage| stage.kind.rollback_group() == **group && armed(&stage));
    RollbackGroup::ALL.iter().filter(group).count() as u64
}
