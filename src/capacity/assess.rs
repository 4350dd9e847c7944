//! One pass over a pipeline: every stage's needs, and what follows from them.

use std::collections::BTreeMap;

use super::account::quotas;
use super::advice::advice;
use super::flow::{Flows, Site};
use super::function::{self, Running};
use super::latency::way;
use super::limit::{CONCURRENCY, UNRESERVED};
use super::recovery::recovery;
use super::report::{Answer, Assessment, Bottleneck, Level, Need, StageCapacity, Surroundings, Unknown};
use super::stream::{self, Readers};
use super::{Sized, serving, storage};
use crate::pipeline::{StageKind, StageRef, StreamFrom};
use crate::units::{Duration, StageName};

/// Says what every stage needs and has, what gives way first, how long a record takes, how consumers come back after an
/// outage, what would be chosen instead, and what cannot be told.
#[must_use]
pub fn assess(sized: &Sized, around: &Surroundings<'_>, outage: Duration) -> Assessment {
    let site = Site { sized, neighbours: around.neighbours };
    let mut unknown = Vec::new();
    let flows = Flows::of(site);
    let running = function::running(site, &flows, &mut unknown);
    let pool = pool(site);
    let stages = stages(site, &running, pool, &mut unknown);
    let recovery = running.iter().filter_map(|run| {
        let readers = match run.feed {
            function::Feed::Stream { consumer, .. } => readers_of(site, &consumer.from),
            function::Feed::Queue { .. } | function::Feed::Topic => return None,
        };
        recovery(run, readers, pool, outage)
    });
    let recovery = recovery.collect();
    let way = way(site, &running, &mut unknown);
    let mut advice = advice(site, &running, &stages);
    let (latency, shorter) = way.map_or((None, None), |way| (Some(way.budget), way.advice));
    advice.extend(shorter.filter(|shorter| advice.iter().all(|known| known.spec_path != shorter.spec_path)));
    let quotas = quotas(site, &stages, &mut unknown);
    unknown.sort();
    unknown.dedup();
    Assessment { bottleneck: bottleneck(&stages), stages, latency, recovery, advice, quotas, unknown }
}

/// Every stage's needs, in the order of the pipeline.
fn stages(site: Site<'_>, running: &[Running<'_>], pool: f64, unknown: &mut Vec<Unknown>) -> Vec<StageCapacity> {
    let mut needs: BTreeMap<StageRef, Vec<Need>> = streams(site, unknown);
    needs.extend(running.iter().map(|run| (run.stage.clone(), function::needs(run, pool))));
    needs.extend(serving::needs(site.pipeline(), running, unknown));
    needs.extend(storage::tables(site.pipeline(), running));
    needs.extend(storage::archives(site.pipeline()));
    needs.into_iter().map(|(stage, needs)| StageCapacity { stage, needs }).collect()
}

fn streams(site: Site<'_>, unknown: &mut Vec<Unknown>) -> BTreeMap<StageRef, Vec<Need>> {
    let pipeline = site.pipeline();
    let mut needs = BTreeMap::new();
    for name in pipeline.streams().keys() {
        let stage = StageRef::new(StageKind::Stream, name);
        let (Some(traffic), Some(capacity)) = (pipeline.traffic().get(name), site.sized.stream_capacity(name)) else {
            unknown.push(Unknown {
                question: format!("how many records reach {stage}, and so what it needs"),
                answer: Answer::Declare(format!("traffic.{name}")),
            });
            continue;
        };
        if traffic.key.is_none() {
            unknown.push(Unknown {
                question: format!("how unevenly keys spread over the shards of {stage}"),
                answer: Answer::Declare(format!("traffic.{name}.key")),
            });
        }
        let found = stream::needs(capacity, pipeline.region().as_str(), traffic, readers(site, name));
        needs.insert(stage, found);
    }
    for consumer in pipeline.consumers().values().filter(|consumer| !consumer.filters.is_empty()) {
        let stage = StageRef::new(StageKind::Consumer, &consumer.name);
        unknown.push(Unknown {
            question: format!("which part of its records passes the filters of {stage}; all of them are reckoned"),
            answer: Answer::LookUp("compare the function's records with the stream's".to_owned()),
        });
    }
    needs
}

/// Everybody who reads a stream of the pipeline, in this pipeline and in others.
pub(super) fn readers(site: Site<'_>, stream: &StageName) -> Readers {
    let mut readers = Readers::of(site.pipeline(), stream);
    let name = site.pipeline().name();
    for (pipeline, other, read) in site.neighbours.iter().flat_map(|sized| &sized.footprint.reads) {
        if pipeline == name && other == stream {
            readers.add(*read);
        }
    }
    readers
}

/// Everybody who reads the stream that a consumer reads, as far as the pipelines at hand tell.
fn readers_of(site: Site<'_>, from: &StreamFrom) -> Readers {
    match from {
        StreamFrom::Own(stream) => readers(site, stream),
        StreamFrom::Other(other) => {
            let owner = site.neighbours.iter().find(|sized| *sized.pipeline().name() == other.pipeline);
            let mut readers = owner.map_or_else(Readers::default, |sized| Readers::of(sized.pipeline(), &other.stream));
            for (pipeline, stream, read) in
                site.neighbours.iter().chain([site.sized]).flat_map(|one| &one.footprint.reads)
            {
                if *pipeline == other.pipeline && *stream == other.stream {
                    readers.add(*read);
                }
            }
            readers
        }
    }
}

/// Function instances of the account that nobody reserved. Where more is reserved than an account has to begin with, its quota
/// was raised, at least by what is reserved; the quota itself is told among the quotas.
fn pool(site: Site<'_>) -> f64 {
    let reserved: f64 = site.neighbours.iter().chain([site.sized]).map(|sized| sized.footprint.reserved).sum();
    if reserved + UNRESERVED > CONCURRENCY { CONCURRENCY } else { CONCURRENCY - reserved }
}

/// The need with the least room, guesses left out.
fn bottleneck(stages: &[StageCapacity]) -> Option<Bottleneck> {
    let known = stages.iter().flat_map(|stage| stage.needs.iter().map(move |need| (&stage.stage, need)));
    let bounded = known.filter(|(_, need)| need.assumes.is_none() && need.have.most().is_some() && need.peak > 0.0);
    let (stage, need) = bounded.min_by(|(_, one), (_, other)| one.headroom().total_cmp(&other.headroom()))?;
    Some(Bottleneck {
        stage: stage.clone(),
        resource: need.resource,
        multiple: need.gives_way(),
        at: Level::ALL.into_iter().find(|level| !need.fits(*level)),
    })
}
