//! One pass over a pipeline: every stage's needs, and what follows from them.

use std::collections::BTreeMap;

use super::Sized;
use super::flow::{Flows, Site};
use super::function::{self, Running};
use super::limit::{CONCURRENCY, UNRESERVED};
use super::report::{Assessment, Bottleneck, Level, Need, StageCapacity, Surroundings, Unknown};
use super::stream::{self, Readers};
use crate::pipeline::{StageKind, StageRef};
use crate::units::Duration;

/// Says what every stage needs and has, what gives way first, how long a record takes, how consumers come back after an
/// outage, what would be chosen instead, and what cannot be told.
#[must_use]
pub fn assess(sized: &Sized, around: &Surroundings<'_>, outage: Duration) -> Assessment {
    let site = Site { sized, neighbours: around.neighbours };
    let mut unknown = Vec::new();
    let flows = Flows::of(site);
    let running = function::running(site, &flows, &mut unknown);
    let mut needs: BTreeMap<StageRef, Vec<Need>> = BTreeMap::new();
    streams(site, &mut needs, &mut unknown);
    functions(site, &running, &mut needs);
    let _ = outage;
    let stages: Vec<StageCapacity> = needs.into_iter().map(|(stage, needs)| StageCapacity { stage, needs }).collect();
    unknown.sort();
    unknown.dedup();
    Assessment {
        bottleneck: bottleneck(&stages),
        stages,
        latency: None,
        recovery: Vec::new(),
        advice: Vec::new(),
        quotas: Vec::new(),
        unknown,
    }
}

fn streams(site: Site<'_>, needs: &mut BTreeMap<StageRef, Vec<Need>>, unknown: &mut Vec<Unknown>) {
    let pipeline = site.pipeline();
    for (name, stream) in pipeline.streams() {
        let stage = StageRef::new(StageKind::Stream, &stream.name);
        let Some(traffic) = pipeline.traffic().get(name) else {
            unknown.push(Unknown {
                question: format!("how many records reach {stage}, and so what it needs"),
                declare: format!("traffic.{name}"),
            });
            continue;
        };
        if traffic.key.is_none() {
            unknown.push(Unknown {
                question: format!("how unevenly keys spread over the shards of {stage}"),
                declare: format!("traffic.{name}.key"),
            });
        }
        let Some(capacity) = site.sized.stream_capacity(name) else { continue };
        let found = stream::needs(capacity, pipeline.region().as_str(), traffic, readers(site, name));
        needs.insert(stage, found);
    }
}

/// Everybody who reads a stream, in this pipeline and in others.
pub(super) fn readers(site: Site<'_>, stream: &crate::units::StageName) -> Readers {
    let mut readers = Readers::of(site.pipeline(), stream);
    let name = site.pipeline().name();
    for (pipeline, other, read) in site.neighbours.iter().flat_map(|sized| &sized.footprint.reads) {
        if pipeline == name && other == stream {
            readers.add(*read);
        }
    }
    readers
}

fn functions(site: Site<'_>, running: &[Running<'_>], needs: &mut BTreeMap<StageRef, Vec<Need>>) {
    let reserved: f64 = site.neighbours.iter().chain([site.sized]).map(|sized| sized.footprint.reserved).sum();
    let pool = (CONCURRENCY - reserved).max(UNRESERVED);
    for run in running {
        needs.insert(run.stage.clone(), function::needs(run, pool));
    }
}

/// The need with the least room, guesses left out.
fn bottleneck(stages: &[StageCapacity]) -> Option<Bottleneck> {
    let known = stages.iter().flat_map(|stage| stage.needs.iter().map(move |need| (&stage.stage, need)));
    let bounded = known.filter(|(_, need)| need.assumes.is_none() && need.peak > 0.0);
    let tightest = bounded.filter_map(|(stage, need)| Some((stage, need, need.have.most()? / need.peak)));
    let (stage, need, _) = tightest.min_by(|(_, _, one), (_, _, other)| one.total_cmp(other))?;
    Some(Bottleneck {
        stage: stage.clone(),
        resource: need.resource,
        multiple: need.gives_way(),
        at: Level::ALL.into_iter().find(|level| !need.fits(*level)),
    })
}
