//! What arrives where: declared traffic, followed along the graph.
//!
//! Nothing is invented. A function that sends on is taken to send one message for each record at most, and whatever is
//! reckoned from that says so; what reaches a stream must be declared.

use std::collections::BTreeMap;

use super::load::{Levels, Load};
use super::report::Level;
use super::{Sized, SizedStream};
use crate::pipeline::{Edge, EdgeKind, End, Pipeline, StageKind, StageRef, StreamCapacity, StreamFrom, Traffic, edges};

/// What arrives at a stage.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Flow {
    /// Records or messages per second.
    pub(super) records: Levels,
    /// Bytes of one, where that is declared.
    pub(super) record: Option<f64>,
    /// What is taken for granted; then it is at most so much.
    pub(super) assumes: Option<String>,
}

impl Flow {
    fn declared(traffic: &Traffic) -> Self {
        Self {
            records: Levels::of(|level| Load::at(traffic, level).records),
            record: Some(traffic.record.as_bytes() as f64),
            assumes: None,
        }
    }

    /// The same as an upper bound.
    fn at_most(self, assumes: impl Into<String>) -> Self {
        Self { assumes: self.assumes.or_else(|| Some(assumes.into())), ..self }
    }
}

/// A stream, wherever it stands.
#[derive(Clone, Copy, Debug)]
pub(super) struct Source<'a> {
    /// The declared load.
    pub(super) traffic: Option<&'a Traffic>,
    /// Its capacity; `None` where only another pipeline could decide it.
    pub(super) capacity: Option<SizedStream>,
}

/// A pipeline among others.
#[derive(Clone, Copy, Debug)]
pub(super) struct Site<'a> {
    pub(super) sized: &'a Sized,
    pub(super) neighbours: &'a [Sized],
}

impl<'a> Site<'a> {
    pub(super) fn pipeline(&self) -> &'a Pipeline {
        self.sized.pipeline()
    }

    /// The stream that a consumer reads.
    pub(super) fn source(&self, from: &'a StreamFrom) -> Source<'a> {
        match from {
            StreamFrom::Own(stream) => {
                Source { traffic: self.pipeline().traffic().get(stream), capacity: self.sized.stream_capacity(stream) }
            }
            StreamFrom::Other(other) => {
                let facts = other.facts.as_ref();
                let neighbour = self.neighbours.iter().find(|sized| *sized.pipeline().name() == other.pipeline);
                Source {
                    traffic: facts
                        .and_then(|facts| facts.traffic.as_ref())
                        .or_else(|| neighbour?.pipeline().traffic().get(&other.stream)),
                    capacity: neighbour.and_then(|sized| sized.stream_capacity(&other.stream)).or_else(|| match facts?
                        .capacity
                    {
                        StreamCapacity::OnDemand => Some(SizedStream::OnDemand),
                        StreamCapacity::Provisioned { shards } => Some(SizedStream::Provisioned { shards }),
                        StreamCapacity::Auto => None,
                    }),
                }
            }
        }
    }
}

/// What arrives at every stage of a pipeline that works on something; stages of which nothing is known are missing.
#[derive(Debug)]
pub(super) struct Flows {
    known: BTreeMap<StageRef, Option<Flow>>,
}

impl Flows {
    pub(super) fn of(site: Site<'_>) -> Self {
        let mut incoming: BTreeMap<StageRef, Vec<(StageRef, EdgeKind)>> = BTreeMap::new();
        for Edge { from, to, kind, .. } in edges(site.pipeline()) {
            if let (End::Stage(from), End::Stage(to)) = (from, to) {
                incoming.entry(to).or_default().push((from, kind));
            }
        }
        let mut search = Search { site, incoming, known: BTreeMap::new() };
        for stage in site.pipeline().stages() {
            search.flow(&stage);
        }
        Self { known: search.known }
    }

    /// What arrives at a stage, if that is known.
    pub(super) fn get(&self, stage: &StageRef) -> Option<&Flow> {
        self.known.get(stage)?.as_ref()
    }
}

struct Search<'a> {
    site: Site<'a>,
    incoming: BTreeMap<StageRef, Vec<(StageRef, EdgeKind)>>,
    known: BTreeMap<StageRef, Option<Flow>>,
}

impl Search<'_> {
    fn flow(&mut self, stage: &StageRef) -> Option<Flow> {
        if let Some(known) = self.known.get(stage) {
            return known.clone();
        }
        // Should stages feed each other in a circle, nothing is known of it.
        self.known.insert(stage.clone(), None);
        let found = self.find(stage);
        self.known.insert(stage.clone(), found.clone());
        found
    }

    fn find(&mut self, stage: &StageRef) -> Option<Flow> {
        let pipeline = self.site.pipeline();
        match stage.kind {
            StageKind::Stream | StageKind::Archive => pipeline.traffic().get(&stage.name).map(Flow::declared),
            StageKind::Consumer => {
                let consumer = pipeline.consumers().get(&stage.name)?;
                let flow = Flow::declared(self.site.source(&consumer.from).traffic?);
                let filtered = !consumer.filters.is_empty();
                Some(if filtered { flow.at_most(format!("every record passes the filters of {stage}")) } else { flow })
            }
            StageKind::Worker | StageKind::Queue | StageKind::Topic | StageKind::Endpoint => self.sum(stage),
            StageKind::Key | StageKind::Table | StageKind::Bucket | StageKind::Metric => None,
        }
    }

    /// Everything that is sent to a stage together; unknown as soon as one part of it is.
    fn sum(&mut self, stage: &StageRef) -> Option<Flow> {
        let mut total: Option<Flow> = None;
        for (from, kind) in self.incoming.get(stage).cloned().unwrap_or_default() {
            let one = match kind {
                EdgeKind::Messages | EdgeKind::Delivers => self.flow(&from)?,
                EdgeKind::Success | EdgeKind::Error => {
                    self.flow(&from)?.at_most(format!("each request of {from} tells {stage} once"))
                }
                EdgeKind::Sends => {
                    self.flow(&from)?.at_most(format!("{from} sends one message to {stage} for each record"))
                }
                // What an endpoint is asked for is a sum of its own; this is how many records that is for.
                EdgeKind::Scores => self.flow(&from)?.at_most(format!("{from} asks {stage} once for each record")),
                EdgeKind::FallsBack
                | EdgeKind::Records
                | EdgeKind::Archives
                | EdgeKind::Features
                | EdgeKind::Writes
                | EdgeKind::Objects
                | EdgeKind::Late
                | EdgeKind::Input
                | EdgeKind::Output
                | EdgeKind::GivesUp
                | EdgeKind::Emits
                | EdgeKind::Encrypts => continue,
            };
            total = Some(match total {
                None => Flow { record: None, ..one },
                Some(sum) => {
                    Flow { records: sum.records.plus(one.records), record: None, assumes: sum.assumes.or(one.assumes) }
                }
            });
        }
        total
    }
}

/// What to declare where nothing is known of a stream's load.
pub(super) fn undeclared(from: &StreamFrom) -> String {
    match from {
        StreamFrom::Own(stream) => format!("traffic.{stream}"),
        StreamFrom::Other(other) => format!("traffic.{} in the file of pipeline {}", other.stream, other.pipeline),
    }
}

/// The shards under a load at a level.
pub(super) fn shards_at(capacity: SizedStream, traffic: &Traffic, level: Level) -> f64 {
    super::stream::shards_under(capacity, Load::at(traffic, level))
}
