//! Advice: what would be chosen where something does not fit the peak.

use super::flow::Site;
use super::function::{Feed, Running};
use super::limit::{MOST_BATCH, MOST_PARALLEL, SHARD_READS};
use super::load::{Load, number, time};
use super::report::{Advice, Level, Need, Resource, StageCapacity};
use super::stream::{HEADROOM, Pressure, Shards, shards_for};
use super::{SizedStream, assess};
use crate::pipeline::{ReadMode, Serving, StageKind, StageRef, TableCapacity, Traffic, WorkSource};
use crate::units::StageName;

/// Longest that a function may take.
const LONGEST_TIMEOUT: f64 = 900.0;
/// Most requests at once of a serverless endpoint.
const MOST_SERVERLESS: f64 = 200.0;
/// Most instances, shards and reserved instances of a function that a pipeline file can name: beyond them nothing is
/// advised, because the answer is another design and not a larger number.
const MOST_INSTANCES: f64 = 1_000.0;
const MOST_SHARDS: u32 = 100_000;
const MOST_RESERVED: f64 = 100_000.0;

/// What would be chosen instead, stage by stage.
pub(super) fn advice(site: Site<'_>, running: &[Running<'_>], stages: &[StageCapacity]) -> Vec<Advice> {
    let mut all = Vec::new();
    for stage in stages {
        let run = running.iter().find(|run| run.stage == stage.stage);
        let lacks = |resource| stage.need(resource).filter(|need| !need.fits(Level::Peak));
        match stage.stage.kind {
            StageKind::Stream => all.extend(stream(site, running, stage)),
            StageKind::Consumer | StageKind::Worker => {
                let Some(run) = run else { continue };
                all.extend(lacks(Resource::Parallelism).and_then(|need| parallel(site, run, need)));
                all.extend(lacks(Resource::Timeout).map(|need| timeout(run, need)));
                all.extend(lacks(Resource::Concurrency).and_then(|need| reserved(run, need)));
            }
            StageKind::Endpoint => all.extend(endpoint(site, stage)),
            StageKind::Table => all.extend(table(site, stage)),
            StageKind::Key
            | StageKind::Queue
            | StageKind::Topic
            | StageKind::Bucket
            | StageKind::Archive
            | StageKind::Metric => {}
        }
    }
    all.sort_by(|one, other| one.spec_path.cmp(&other.spec_path));
    all
}

/// What a need takes for granted, as the end of a sentence.
fn given(need: &Need) -> String {
    need.assumes.as_ref().map_or_else(String::new, |assumes| format!(", if {assumes}"))
}

pub(super) fn setting(stage: &StageRef, field: &str, from: impl ToString, to: impl ToString, why: String) -> Advice {
    Advice { spec_path: format!("{}.{field}", stage.path()), from: from.to_string(), to: to.to_string(), why }
}

/// Shards for a peak that does not fit; a reader of its own where too many poll.
fn stream(site: Site<'_>, running: &[Running<'_>], stage: &StageCapacity) -> Vec<Advice> {
    let name = &stage.stage.name;
    let mut all = Vec::new();
    if stage.need(Resource::SharedReads).is_some_and(|need| !need.fits(Level::Peak)) {
        all.extend(own_reader(site, name));
    }
    let (Some(traffic), Some(SizedStream::Provisioned { shards })) =
        (site.pipeline().traffic().get(name), site.sized.stream_capacity(name))
    else {
        return all;
    };
    let peak = Load::at(traffic, Level::Peak);
    let (pressure, chosen) = pressed(site, running, name, traffic, shards);
    let lacks = |need: &Need| !need.fits(Level::Peak) && need.assumes.is_none();
    let slow =
        pressure.batches.iter().any(|batches| batches.at_once(peak.records) > f64::from(shards) * batches.parallel);
    if chosen.shards > shards && chosen.shards <= MOST_SHARDS && (stage.needs.iter().any(lacks) || slow) {
        all.push(setting(
            &stage.stage,
            "capacity",
            format!("{{provisioned: {{shards: {shards}}}}}"),
            format!("{{provisioned: {{shards: {}}}}}", chosen.shards),
            format!("the peak with a quarter of headroom, bound by {}, needs as many", chosen.bound),
        ));
    }
    all
}

/// The shards that hold the peak of a provisioned stream with its headroom; `None` where its load is not declared.
pub(super) fn enough_shards(site: Site<'_>, running: &[Running<'_>], stream: &StageName) -> Option<Shards> {
    let traffic = site.pipeline().traffic().get(stream)?;
    let Some(SizedStream::Provisioned { shards }) = site.sized.stream_capacity(stream) else { return None };
    // A key whose weight nobody knows may need any number of them.
    traffic.key.as_ref()?;
    Some(pressed(site, running, stream, traffic, shards).1)
}

fn pressed(
    site: Site<'_>,
    running: &[Running<'_>],
    stream: &StageName,
    traffic: &Traffic,
    shards: u32,
) -> (Pressure, Shards) {
    let mut pressure = Pressure::of(site.pipeline(), stream, traffic);
    pressure.readers = assess::readers(site, stream);
    // What more batches of a shard at once can mend needs no shards.
    let reads =
        |run: &&Running<'_>| matches!(run.feed, Feed::Stream { consumer, .. } if consumer.from.own() == Some(stream));
    let of_own = running.iter().filter(reads).filter(|run| wider(run, f64::from(shards)).is_none());
    pressure.batches = of_own.map(|run| run.batches).collect();
    let chosen = shards_for(Load::at(traffic, Level::Peak), &pressure);
    (pressure, chosen)
}

/// The shared reader that gains most from reading by itself: one that asks a model, or the first.
fn own_reader(site: Site<'_>, stream: &StageName) -> Option<Advice> {
    let shared = site.pipeline().consumers().values();
    let shared = shared.filter(|consumer| consumer.read == ReadMode::Shared && consumer.from.own() == Some(stream));
    let consumer = shared.max_by_key(|consumer| consumer.function.scores_with.is_some())?;
    let stage = StageRef::new(StageKind::Consumer, &consumer.name);
    let why = format!("a shard answers {} GetRecords calls/s, and each shared reader makes one", number(SHARD_READS));
    Some(setting(&stage, "read", "shared", "fan-out", why))
}

/// How many batches of a shard at once are enough; `None` where more shards are needed.
fn wider(run: &Running<'_>, shards: f64) -> Option<u32> {
    if run.batches.tumbling.is_some() || shards <= 0.0 {
        return None;
    }
    let needed = (run.batches.at_once(run.records(Level::Peak)) * HEADROOM / shards).ceil();
    (needed <= f64::from(MOST_PARALLEL)).then_some(needed.max(1.0) as u32)
}

fn parallel(site: Site<'_>, run: &Running<'_>, need: &Need) -> Option<Advice> {
    match run.feed {
        Feed::Stream { consumer, .. } => {
            let from = consumer.batch.parallel;
            let why = |to: u32| {
                format!(
                    "{} batches at once are needed at the peak{}; {to} of each shard are enough, and a key stays in order",
                    number(run.batches.at_once(run.records(Level::Peak))),
                    given(need)
                )
            };
            match wider(run, run.shards(Level::Peak)) {
                Some(to) if to > from => Some(setting(&run.stage, "batch.parallel", from, to, why(to))),
                Some(_) | None => larger_batch(run),
            }
        }
        Feed::Queue { most, .. } => {
            let to = (need.peak * HEADROOM).ceil().max(2.0);
            let bounded = site
                .pipeline()
                .workers()
                .get(&run.stage.name)
                .is_some_and(|worker| matches!(worker.from, WorkSource::Queue { most_at_once: Some(_), .. }));
            let why = format!("{} batches at once are needed at the peak{}", number(need.peak), given(need));
            (bounded && to <= 1_000.0).then(|| setting(&run.stage, "concurrency.max", number(most), to, why))
        }
        Feed::Topic => None,
    }
}

/// Where most of an invocation is its fixed part, a larger batch has fewer of them.
fn larger_batch(run: &Running<'_>) -> Option<Advice> {
    let lanes = run.lanes(Level::Peak);
    let spare = lanes / HEADROOM - run.records(Level::Peak) * run.batches.per_record;
    let size = (run.records(Level::Peak) * run.batches.fixed / spare).ceil();
    let fits = spare > 0.0
        && size > run.batches.size
        && size <= f64::from(MOST_BATCH)
        && run.batches.takes(size) <= run.function.timeout.as_secs_f64();
    let why = format!("the {} of each invocation are shared by more records", time(run.batches.fixed));
    fits.then(|| setting(&run.stage, "batch.size", number(run.batches.size), size, why))
}

fn timeout(run: &Running<'_>, need: &Need) -> Advice {
    let to = (need.peak * HEADROOM).ceil();
    let from = run.function.timeout;
    if to <= LONGEST_TIMEOUT {
        let why = format!("a full batch takes {}", time(need.peak));
        return setting(&run.stage, "timeout", from, format!("{to}s"), why);
    }
    let limit = from.as_secs_f64() / HEADROOM;
    let size = ((limit - run.batches.fixed) / run.batches.per_record.max(f64::MIN_POSITIVE)).floor().max(1.0);
    let why = format!("a full batch takes {}, longer than any function may", time(need.peak));
    setting(&run.stage, "batch.size", number(run.batches.size), size, why)
}

fn reserved(run: &Running<'_>, need: &Need) -> Option<Advice> {
    let from = run.function.concurrency.reserved?;
    let to = (need.peak * HEADROOM).ceil();
    let why = format!("{} run at once at the peak{}", number(need.peak), given(need));
    (to <= MOST_RESERVED).then(|| setting(&run.stage, "concurrency.reserved", from, to, why))
}

fn endpoint(site: Site<'_>, stage: &StageCapacity) -> Option<Advice> {
    let endpoint = site.pipeline().endpoints().get(&stage.stage.name)?;
    let need = stage.needs.first()?;
    // `standing`: what must be there without scaling.
    let fleet = |way: &str, min: u32, max: u32, standing: f64| {
        let lacking = !need.fits(Level::Peak) || standing > f64::from(min);
        let grown = if need.fits(Level::Peak) { 0.0 } else { (need.peak * HEADROOM).ceil() };
        let least = standing.max(f64::from(min));
        let most = grown.max(f64::from(max)).max(least);
        (lacking && most <= MOST_INSTANCES).then(|| {
            let stands = if standing > 0.0 { ", which must be there without scaling," } else { "" };
            setting(
                &stage.stage,
                &format!("serving.{way}.instances"),
                format!("{{min: {min}, max: {max}}}"),
                format!("{{min: {least:.0}, max: {most:.0}}}"),
                format!(
                    "{} are needed at the steady load{stands} and {} at the peak{}",
                    number(need.steady),
                    number(need.peak),
                    given(need)
                ),
            )
        })
    };
    match &endpoint.serving {
        Serving::RealTime { min, max, .. } => fleet("real-time", *min, *max, need.steady),
        // Requests wait while an asynchronous fleet grows.
        Serving::Async { min, max, .. } if !need.fits(Level::Peak) => fleet("async", *min, *max, 0.0),
        Serving::Async { .. } => None,
        Serving::Serverless { max, .. } if !need.fits(Level::Peak) && need.peak <= MOST_SERVERLESS => {
            let why = format!("{} requests are there at once at the peak{}", number(need.peak), given(need));
            Some(setting(&stage.stage, "serving.serverless.concurrency.max", max, need.peak, why))
        }
        Serving::Serverless { .. } => None,
    }
}

/// A table grows with its load where nobody fixes its units.
fn table(site: Site<'_>, stage: &StageCapacity) -> Option<Advice> {
    let table = site.pipeline().tables().get(&stage.stage.name)?;
    let short = |need: &&Need| need.resource != Resource::PartitionHeat && !need.fits(Level::Peak);
    let need = stage.needs.iter().find(short)?;
    let from = match &table.capacity {
        TableCapacity::OnDemand => return None,
        TableCapacity::Provisioned { read, write } => format!("{{provisioned: {{read: {read}, write: {write}}}}}"),
        TableCapacity::Autoscaled { read, write, .. } => format!(
            "{{autoscaled: {{read: {{min: {}, max: {}}}, write: {{min: {}, max: {}}}}}}}",
            read.min, read.max, write.min, write.max
        ),
    };
    let assumes = need.assumes.as_deref().unwrap_or("what is declared");
    let why = format!("{} {} at the peak, if {assumes}", number(need.peak), need.resource.words());
    Some(setting(&stage.stage, "capacity", from, "on-demand", why))
}
