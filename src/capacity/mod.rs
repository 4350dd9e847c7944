//! Sizing: what a pipeline leaves open is decided once, here, each decision with its reason as data.
//!
//! Nothing downstream meets an undecided value: whoever holds a [`Sized`] may ask for the capacity of a
//! stream, the roll-out of an endpoint and the load at which it scales, and gets an answer. What a
//! decision costs is not this room's business; list prices appear only where two modes are compared.

mod account;
mod advice;
mod assess;
mod batch;
mod choice;
mod endpoint;
mod flow;
mod footprint;
mod function;
mod latency;
mod limit;
mod load;
mod producer;
mod queueing;
mod rates;
mod recovery;
mod report;
mod scale;
mod serving;
mod spare;
mod storage;
mod stream;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use crate::pipeline::{EndpointRollout, Pipeline};
use crate::units::StageName;

use footprint::Footprint;

pub use assess::assess;
pub use choice::{
    BatchCurve, BatchPoint, Choices, Inference, InferenceChoice, ModePoint, ReadChoice, StreamChoice, StreamMode,
    choices,
};
pub use producer::{HotKey, KeyVerdict, PUT_LIMITS, PutLimits, hottest_key};
pub use rates::{StreamRates, US_EAST_1};
pub use report::{
    Advice, Answer, Assessment, Bottleneck, LatencyBudget, LatencyPart, LatencyStep, Level, Lever, Need, Quota,
    QuotaUse, Recovery, Resource, StageCapacity, Supply, Surroundings, Unknown,
};
pub use scale::at_load;
pub use spare::{Spare, spare};

/// The capacity of a stream, decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum SizedStream {
    /// Kinesis scales by itself.
    OnDemand,
    /// A fixed number of open shards, 1 to 100,000.
    Provisioned {
        /// Open shards.
        shards: u32,
    },
}

/// One value that the pipeline file left open, or that could not be taken as it was written.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Decision {
    /// Dotted path in the pipeline file, for instance `streams.transactions.capacity`.
    pub spec_path: String,
    /// What was chosen, as a person would write it.
    pub chosen: String,
    /// Why, in one or two sentences with the numbers that decided.
    pub reason: String,
}

/// How an endpoint runs, decided.
#[derive(Clone, Debug, PartialEq)]
pub struct SizedEndpoint {
    /// How a new configuration takes over; `None` where SageMaker offers no choice (serverless).
    pub rollout: Option<EndpointRollout>,
    /// Load per instance at which the fleet grows: invocations per minute, or waiting requests of an asynchronous
    /// endpoint. `None` where the fleet is fixed, or there is none.
    pub scale_at: Option<u32>,
}

/// A pipeline in which nothing is left open.
#[derive(Clone, Debug)]
pub struct Sized {
    pipeline: Pipeline,
    streams: BTreeMap<StageName, SizedStream>,
    endpoints: BTreeMap<StageName, SizedEndpoint>,
    decisions: Vec<Decision>,
    footprint: Footprint,
}

impl Sized {
    /// The pipeline that was sized.
    #[must_use]
    pub fn pipeline(&self) -> &Pipeline {
        &self.pipeline
    }

    /// The capacity of a stream; `None` if the pipeline has no such stream.
    #[must_use]
    pub fn stream_capacity(&self, stream: &StageName) -> Option<SizedStream> {
        self.streams.get(stream).copied()
    }

    /// How an endpoint runs; `None` if the pipeline has no such endpoint.
    #[must_use]
    pub fn endpoint(&self, endpoint: &StageName) -> Option<&SizedEndpoint> {
        self.endpoints.get(endpoint)
    }

    /// What was decided, ordered by path.
    #[must_use]
    pub fn decisions(&self) -> &[Decision] {
        &self.decisions
    }
}

/// Decides everything that `pipeline` leaves open.
#[must_use]
pub fn size(pipeline: Pipeline) -> Sized {
    let mut decisions = Vec::new();
    let mut streams = BTreeMap::new();
    for (name, asked) in pipeline.streams() {
        let (capacity, decision) = stream::decide(&pipeline, asked);
        streams.insert(name.clone(), capacity);
        decisions.extend(decision);
    }
    let mut endpoints = BTreeMap::new();
    for (name, asked) in pipeline.endpoints() {
        let (sized, decided) = endpoint::decide(asked);
        endpoints.insert(name.clone(), sized);
        decisions.extend(decided);
    }
    decisions.sort_by(|a, b| a.spec_path.cmp(&b.spec_path));
    let mut sized = Sized { pipeline, streams, endpoints, decisions, footprint: Footprint::default() };
    sized.footprint = Footprint::of(&sized);
    sized
}
