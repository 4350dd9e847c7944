//! Decisions laid open: what each choice would cost and bring, for a person to make it.

mod consumer;
mod mode;

use serde::Serialize;

use super::flow::{Flows, Site};
use super::function::running;
use super::producer::HotKey;
use super::rates::StreamRates;
use super::report::{Answer, Surroundings, Unknown};
use super::{Sized, SizedStream};
use crate::pipeline::StageRef;
use crate::units::Duration;

/// A way to pay for a stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum StreamMode {
    /// Shards by the hour.
    Provisioned,
    /// Bytes, and the stream by the hour.
    OnDemand,
    /// Bytes at a lower rate, with a minimum for the account and region.
    OnDemandAdvantage,
}

impl StreamMode {
    /// The mode as it is called in text.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Provisioned => "provisioned",
            Self::OnDemand => "on-demand",
            Self::OnDemandAdvantage => "on-demand advantage",
        }
    }
}

/// What the modes of a stream cost at a multiple of the declared traffic, in USD a month.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct ModePoint {
    /// How many times the declared traffic.
    pub multiple: f64,
    /// Records per second on average over a day.
    pub records: f64,
    /// Shards that provisioned mode needs then.
    pub shards: u32,
    /// Provisioned mode.
    pub provisioned: f64,
    /// On-demand mode (Standard).
    pub on_demand: f64,
    /// On-demand Advantage, were this the account's only stream in the region.
    pub advantage: f64,
}

impl ModePoint {
    /// What a mode costs, in USD a month.
    #[must_use]
    pub fn cost(&self, mode: StreamMode) -> f64 {
        match mode {
            StreamMode::Provisioned => self.provisioned,
            StreamMode::OnDemand => self.on_demand,
            StreamMode::OnDemandAdvantage => self.advantage,
        }
    }

    /// The mode that costs least.
    #[must_use]
    pub fn cheapest(&self) -> StreamMode {
        [StreamMode::Provisioned, StreamMode::OnDemand, StreamMode::OnDemandAdvantage]
            .into_iter()
            .min_by(|one, other| self.cost(*one).total_cmp(&self.cost(*other)))
            .unwrap_or(StreamMode::OnDemand)
    }
}

/// How a stream may be paid for, and what its key does.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct StreamChoice {
    /// The stream.
    pub stage: StageRef,
    /// What it has.
    pub now: SizedStream,
    /// What the modes cost at the declared traffic, one peak a day.
    pub costs: ModePoint,
    /// The same from a hundredth to a hundred times of it.
    pub curve: Vec<ModePoint>,
    /// The mode that suits the traffic.
    pub better: StreamMode,
    /// Why, with the numbers.
    pub why: String,
    /// Average records per second, at this shape, beyond which the cheaper of provisioned and on-demand is another one than
    /// below; `None` where one is always cheaper.
    pub break_even_records: Option<f64>,
    /// How many times its average the peak must be for on-demand to cost no more than provisioned; `None` where it never
    /// does up to a thousand times.
    pub break_even_peak: Option<f64>,
    /// Average records per second beyond which On-demand Advantage costs less than on-demand.
    pub advantage_records: Option<f64>,
    /// The busiest key, where the file says how keys spread.
    pub key: Option<HotKey>,
    /// What to make of the key.
    pub key_advice: Vec<String>,
    /// The region whose list prices were taken.
    pub prices: std::borrow::Cow<'static, str>,
}

/// How a consumer may read its stream.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ReadChoice {
    /// The consumer.
    pub stage: StageRef,
    /// Whether it has a fan-out reader of its own.
    pub fan_out: bool,
    /// Whether it should.
    pub better_fan_out: bool,
    /// Why, with the numbers.
    pub why: String,
}

/// How a model may be asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Inference {
    /// The consumer waits for the answer.
    Synchronous,
    /// A queue stands between stream and model; a worker waits for the answer.
    Queued,
    /// The request waits in the endpoint's own queue, and its answer comes later.
    Asynchronous,
}

impl Inference {
    /// The way as it is called in text.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Synchronous => "synchronous",
            Self::Queued => "queued",
            Self::Asynchronous => "asynchronous",
        }
    }
}

/// How a function may ask its model.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct InferenceChoice {
    /// The function.
    pub stage: StageRef,
    /// The endpoint that it asks.
    pub endpoint: StageRef,
    /// How it asks.
    pub now: Inference,
    /// How it should.
    pub better: Inference,
    /// Why, with the numbers.
    pub why: String,
}

/// What a batch size brings and takes.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct BatchPoint {
    /// Records of a batch.
    pub size: u32,
    /// How long so many take to come together, at the steady load of one lane.
    pub gathers: Duration,
    /// How long the invocation takes.
    pub takes: Duration,
    /// Invocations for a million records.
    pub invocations_per_million: f64,
    /// Whether the consumer keeps up with the peak.
    pub keeps_up: bool,
}

/// Batch size against latency.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct BatchCurve {
    /// The consumer.
    pub stage: StageRef,
    /// The batch size that it has.
    pub now: u32,
    /// The smallest size that keeps up with the peak; `None` where none does.
    pub least: Option<u32>,
    /// The curve, by size.
    pub points: Vec<BatchPoint>,
}

/// Every decision of a pipeline.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Choices {
    /// Streams.
    pub streams: Vec<StreamChoice>,
    /// Consumers of own streams.
    pub reads: Vec<ReadChoice>,
    /// Functions that ask a model.
    pub inference: Vec<InferenceChoice>,
    /// Consumers whose work was measured.
    pub batches: Vec<BatchCurve>,
    /// What cannot be told.
    pub unknown: Vec<Unknown>,
}

/// Lays open what could be chosen otherwise, at list prices.
#[must_use]
pub fn choices(sized: &Sized, around: &Surroundings<'_>, rates: &StreamRates) -> Choices {
    let site = Site { sized, neighbours: around.neighbours };
    let pipeline = sized.pipeline();
    let mut unknown = Vec::new();
    let flows = Flows::of(site);
    let running = running(site, &flows, &mut unknown);
    let streams = pipeline.streams().values().filter_map(|stream| {
        let traffic = pipeline.traffic().get(&stream.name);
        if traffic.is_none() {
            unknown.push(Unknown {
                question: format!("which mode suits stream {}", stream.name),
                answer: Answer::Declare(format!("traffic.{}", stream.name)),
            });
        }
        mode::stream_choice(site, stream, traffic?, rates)
    });
    let streams = streams.collect();
    let reads = consumer::reads(site);
    let inference = running.iter().filter_map(|run| consumer::inference(pipeline, run)).collect();
    let batches = running.iter().filter_map(consumer::curve).collect();
    unknown.sort();
    unknown.dedup();
    Choices { streams, reads, inference, batches, unknown }
}
