//! What is larger than the peak with its headroom asks for, and is paid for all month: the sizes to look at before anything
//! is scaled up.

use super::advice::{enough_shards, setting};
use super::flow::{Flows, Site};
use super::footprint::Footprint;
use super::load::number;
use super::report::{Advice, Assessment, Level, Need, Resource, Surroundings};
use super::stream::HEADROOM;
use super::{Sized, SizedStream, assess, function};
use crate::pipeline::{EndpointRollout, Pipeline, Serving, StageKind, StageRef, Table, TableCapacity};
use crate::units::{Duration, StageName};

/// Fewest instances that outlive the loss of a zone.
const TWO_ZONES: u32 = 2;

/// A size that could be smaller.
#[derive(Clone, Debug)]
pub struct Spare {
    /// What would be chosen.
    pub advice: Advice,
    /// The pipeline with it.
    pub smaller: Sized,
}

/// Returns every size that is more than the peak with a quarter of headroom asks for, one by one. Each alone leaves
/// everything carried that is carried now; where the load of a stage is not known, nothing is said of it.
#[must_use]
pub fn spare(sized: &Sized, around: &Surroundings<'_>) -> Vec<Spare> {
    let site = Site { sized, neighbours: around.neighbours };
    let now = assess(sized, around, Duration::ZERO);
    let stage = |kind, name: &StageName| StageRef::new(kind, name);
    let pipeline = sized.pipeline();
    let mut all = Vec::new();
    let flows = Flows::of(site);
    let running = function::running(site, &flows, &mut Vec::new());
    for name in pipeline.streams().keys() {
        let enough = enough_shards(site, &running, name).map(|enough| enough.shards);
        if let (Some(SizedStream::Provisioned { shards }), Some(enough)) = (sized.stream_capacity(name), enough)
            && enough < shards
        {
            all.push(fewer_shards(sized, &stage(StageKind::Stream, name), shards, enough));
        }
    }
    all.extend(
        pipeline.endpoints().keys().filter_map(|name| smaller_fleet(sized, &now, &stage(StageKind::Endpoint, name))),
    );
    all.extend(pipeline.tables().values().filter_map(|table| fewer_units(sized, &now, table)));
    all.extend(
        pipeline.consumers().keys().filter_map(|name| fewer_warm(sized, &now, &stage(StageKind::Consumer, name))),
    );
    all.retain(|spare| carries_as_much(&now, &assess(&spare.smaller, around, Duration::ZERO)));
    all
}

/// Whether nothing is advised afterwards that was not before: what was saved must not be asked for again.
fn carries_as_much(now: &Assessment, then: &Assessment) -> bool {
    let known = |advice: &Advice| now.advice.iter().any(|old| old.spec_path == advice.spec_path);
    then.advice.iter().all(known)
}

fn need<'a>(now: &'a Assessment, stage: &StageRef, resource: Resource) -> Option<&'a Need> {
    now.stage(stage)?.need(resource)
}

fn fewer_shards(sized: &Sized, stage: &StageRef, shards: u32, enough: u32) -> Spare {
    let yaml = |shards: u32| format!("{{provisioned: {{shards: {shards}}}}}");
    let why = format!("the peak with a quarter of headroom takes {enough}, and every shard is paid for by the hour");
    let mut smaller = sized.clone();
    smaller.streams.insert(stage.name.clone(), SizedStream::Provisioned { shards: enough });
    smaller.footprint = Footprint::of(&smaller);
    Spare { advice: setting(stage, "capacity", yaml(shards), yaml(enough), why), smaller }
}

/// Instances that stand all month although the steady load does not ask for them; the peak is what scaling is for.
fn smaller_fleet(sized: &Sized, now: &Assessment, stage: &StageRef) -> Option<Spare> {
    let mut endpoint = sized.pipeline().endpoints().get(&stage.name)?.clone();
    let need = need(now, stage, Resource::Instances)?.steady.ceil();
    let canary = match sized.endpoint(&stage.name)?.rollout {
        // A canary may be half of the fleet at most.
        Some(EndpointRollout::Canary { instances, .. }) => instances.saturating_mul(2),
        Some(EndpointRollout::AllAtOnce) | None => 1,
    };
    let Serving::RealTime { min, max, .. } = &mut endpoint.serving else { return None };
    let (from, most) = (*min, *max);
    let enough = (need as u32).max(TWO_ZONES).max(canary);
    if enough >= from {
        return None;
    }
    *min = enough;
    let yaml = |min: u32| format!("{{min: {min}, max: {most}}}");
    let why = format!("the steady load keeps {} busy, and the fleet grows to {most} by itself", number(need));
    let advice = setting(stage, "serving.real-time.instances", yaml(from), yaml(enough), why);
    Some(with(sized, |pipeline| pipeline.with_endpoint(endpoint), advice))
}

fn fewer_units(sized: &Sized, now: &Assessment, table: &Table) -> Option<Spare> {
    let TableCapacity::Provisioned { read, write } = table.capacity else { return None };
    let stage = StageRef::new(StageKind::Table, &table.name);
    let enough = |resource, has: u32| match need(now, &stage, resource) {
        Some(need) => ((need.at(Level::Peak) * HEADROOM).ceil().max(1.0) as u32).min(has),
        // Nobody in this pipeline does it; whoever else does is not known here.
        None => has,
    };
    let (reads, writes) = (enough(Resource::ReadUnits, read), enough(Resource::WriteUnits, write));
    if (reads, writes) == (read, write) {
        return None;
    }
    let yaml = |read: u32, write: u32| format!("{{provisioned: {{read: {read}, write: {write}}}}}");
    let why = "the peak with a quarter of headroom takes no more, at one item for each record".to_owned();
    let mut smaller = table.clone();
    smaller.capacity = TableCapacity::Provisioned { read: reads, write: writes };
    let advice = setting(&stage, "capacity", yaml(read, write), yaml(reads, writes), why);
    Some(with(sized, |pipeline| pipeline.with_table(smaller), advice))
}

/// Instances of a function that are kept warm beyond what is ever busy.
fn fewer_warm(sized: &Sized, now: &Assessment, stage: &StageRef) -> Option<Spare> {
    let mut consumer = sized.pipeline().consumers().get(&stage.name)?.clone();
    let busy = need(now, stage, Resource::Concurrency)?.peak;
    let from = consumer.function.concurrency.provisioned?;
    let enough = ((busy * HEADROOM).ceil() as u32).max(1);
    if enough >= from {
        return None;
    }
    consumer.function.concurrency.provisioned = Some(enough);
    let why = format!("{} run at once at the peak, and warm ones are paid for whether they run or not", number(busy));
    let advice = setting(stage, "concurrency.provisioned", from, enough, why);
    Some(with(sized, |pipeline| pipeline.with_consumer(consumer), advice))
}

fn with(sized: &Sized, change: impl FnOnce(Pipeline) -> Pipeline, advice: Advice) -> Spare {
    let pipeline = change(sized.pipeline.clone());
    let mut smaller = Sized { pipeline, ..sized.clone() };
    smaller.footprint = Footprint::of(&smaller);
    Spare { advice, smaller }
}
