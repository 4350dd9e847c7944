//! What a pipeline means in one environment: every default filled in, every name resolved.
//!
//! Only [`super::resolve`] builds a [`Pipeline`]; whoever holds one may rely on it: references lead
//! somewhere, numbers are within AWS's bounds, names fit. Sizing that was left open
//! (`capacity: auto`) is still open here; `capacity::size` decides it.

use std::collections::BTreeMap;

mod archive;
mod endpoint;
mod function;
mod messaging;
mod metric;
mod readiness;
mod security;
mod stream;
mod table;

pub use archive::*;
pub use endpoint::*;
pub use function::*;
pub use messaging::*;
pub use metric::*;
pub use readiness::*;
pub use security::*;
pub use stream::*;
pub use table::*;

use super::places::Places;
use super::stage::{AlarmId, StageKind, StageRef};
use crate::environment::Environment;
use crate::units::{AccountId, Duration, LocalName, PipelineName, Region, StageName};

/// A resolved pipeline in one environment and one region.
#[derive(Clone, Debug)]
pub struct Pipeline {
    pub(in crate::pipeline) name: PipelineName,
    pub(in crate::pipeline) owner: String,
    pub(in crate::pipeline) description: String,
    pub(in crate::pipeline) environment: Environment,
    pub(in crate::pipeline) region: Region,
    pub(in crate::pipeline) traffic: BTreeMap<StageName, Traffic>,
    pub(in crate::pipeline) latency: Option<LatencyTarget>,
    pub(in crate::pipeline) budget: Option<CostBudget>,
    pub(in crate::pipeline) keys: BTreeMap<StageName, Key>,
    pub(in crate::pipeline) streams: BTreeMap<StageName, Stream>,
    pub(in crate::pipeline) tables: BTreeMap<StageName, Table>,
    pub(in crate::pipeline) queues: BTreeMap<StageName, Queue>,
    pub(in crate::pipeline) topics: BTreeMap<StageName, Topic>,
    pub(in crate::pipeline) buckets: BTreeMap<StageName, Bucket>,
    pub(in crate::pipeline) endpoints: BTreeMap<StageName, Endpoint>,
    pub(in crate::pipeline) consumers: BTreeMap<StageName, Consumer>,
    pub(in crate::pipeline) workers: BTreeMap<StageName, Worker>,
    pub(in crate::pipeline) archives: BTreeMap<StageName, Archive>,
    pub(in crate::pipeline) metrics: BTreeMap<StageName, Metric>,
    pub(in crate::pipeline) alarms: BTreeMap<StageRef, BTreeMap<AlarmId, AlarmTuning>>,
    pub(in crate::pipeline) composites: BTreeMap<LocalName, Composite>,
    pub(in crate::pipeline) readiness: Readiness,
    pub(in crate::pipeline) escape: EscapeHatch,
    pub(in crate::pipeline) places: Places,
}

impl Pipeline {
    /// The pipeline's name.
    #[must_use]
    pub fn name(&self) -> &PipelineName {
        &self.name
    }
    /// The team that owns it.
    #[must_use]
    pub fn owner(&self) -> &str {
        &self.owner
    }
    /// What it does, in a sentence; may be empty.
    #[must_use]
    pub fn description(&self) -> &str {
        &self.description
    }
    /// The environment it is resolved for.
    #[must_use]
    pub fn environment(&self) -> &Environment {
        &self.environment
    }
    /// The region it is resolved for.
    #[must_use]
    pub fn region(&self) -> &Region {
        &self.region
    }
    /// The account it is resolved for.
    #[must_use]
    pub fn account(&self) -> &AccountId {
        self.environment.account()
    }
    /// Declared load, by stream.
    #[must_use]
    pub fn traffic(&self) -> &BTreeMap<StageName, Traffic> {
        &self.traffic
    }
    /// The same pipeline under another load.
    #[must_use]
    pub fn with_traffic(self, traffic: BTreeMap<StageName, Traffic>) -> Self {
        Self { traffic, ..self }
    }
    /// The same pipeline with another endpoint in the place of the one of its name.
    #[must_use]
    pub fn with_endpoint(mut self, endpoint: Endpoint) -> Self {
        self.endpoints.insert(endpoint.name.clone(), endpoint);
        self
    }
    /// The same pipeline with another table in the place of the one of its name.
    #[must_use]
    pub fn with_table(mut self, table: Table) -> Self {
        self.tables.insert(table.name.clone(), table);
        self
    }
    /// The same pipeline with another consumer in the place of the one of its name.
    #[must_use]
    pub fn with_consumer(mut self, consumer: Consumer) -> Self {
        self.consumers.insert(consumer.name.clone(), consumer);
        self
    }
    /// The end-to-end latency that is aimed for.
    #[must_use]
    pub fn latency(&self) -> Option<&LatencyTarget> {
        self.latency.as_ref()
    }
    /// What it may cost in a month.
    #[must_use]
    pub fn budget(&self) -> Option<&CostBudget> {
        self.budget.as_ref()
    }
    /// KMS keys.
    #[must_use]
    pub fn keys(&self) -> &BTreeMap<StageName, Key> {
        &self.keys
    }
    /// Kinesis streams.
    #[must_use]
    pub fn streams(&self) -> &BTreeMap<StageName, Stream> {
        &self.streams
    }
    /// DynamoDB tables.
    #[must_use]
    pub fn tables(&self) -> &BTreeMap<StageName, Table> {
        &self.tables
    }
    /// SQS queues.
    #[must_use]
    pub fn queues(&self) -> &BTreeMap<StageName, Queue> {
        &self.queues
    }
    /// SNS topics.
    #[must_use]
    pub fn topics(&self) -> &BTreeMap<StageName, Topic> {
        &self.topics
    }
    /// S3 buckets.
    #[must_use]
    pub fn buckets(&self) -> &BTreeMap<StageName, Bucket> {
        &self.buckets
    }
    /// SageMaker endpoints.
    #[must_use]
    pub fn endpoints(&self) -> &BTreeMap<StageName, Endpoint> {
        &self.endpoints
    }
    /// Lambda consumers.
    #[must_use]
    pub fn consumers(&self) -> &BTreeMap<StageName, Consumer> {
        &self.consumers
    }
    /// Lambda workers.
    #[must_use]
    pub fn workers(&self) -> &BTreeMap<StageName, Worker> {
        &self.workers
    }
    /// Every Lambda function: those of consumers, then those of workers.
    pub fn functions(&self) -> impl Iterator<Item = (StageRef, &Function)> {
        let consumers = self.consumers.values().map(|c| (StageRef::new(StageKind::Consumer, &c.name), &c.function));
        let workers = self.workers.values().map(|w| (StageRef::new(StageKind::Worker, &w.name), &w.function));
        consumers.chain(workers)
    }
    /// Firehose archives, by the stream they archive.
    #[must_use]
    pub fn archives(&self) -> &BTreeMap<StageName, Archive> {
        &self.archives
    }
    /// Metrics that handlers emit.
    #[must_use]
    pub fn metrics(&self) -> &BTreeMap<StageName, Metric> {
        &self.metrics
    }
    /// Alarms made of other alarms.
    #[must_use]
    pub fn composites(&self) -> &BTreeMap<LocalName, Composite> {
        &self.composites
    }
    /// Alarm tuning, by stage and then by alarm. Most alarms are not tuned and have no entry.
    #[must_use]
    pub fn alarms(&self) -> &BTreeMap<StageRef, BTreeMap<AlarmId, AlarmTuning>> {
        &self.alarms
    }
    /// Every stage, by kind and then by name.
    pub fn stages(&self) -> impl Iterator<Item = StageRef> {
        StageKind::ALL.into_iter().flat_map(|kind| self.names_of(kind).map(move |name| StageRef::new(kind, name)))
    }
    /// The names of all stages of a kind.
    pub fn names_of(&self, kind: StageKind) -> Box<dyn Iterator<Item = &StageName> + '_> {
        match kind {
            StageKind::Key => Box::new(self.keys.keys()),
            StageKind::Stream => Box::new(self.streams.keys()),
            StageKind::Table => Box::new(self.tables.keys()),
            StageKind::Queue => Box::new(self.queues.keys()),
            StageKind::Topic => Box::new(self.topics.keys()),
            StageKind::Bucket => Box::new(self.buckets.keys()),
            StageKind::Endpoint => Box::new(self.endpoints.keys()),
            StageKind::Consumer => Box::new(self.consumers.keys()),
            StageKind::Worker => Box::new(self.workers.keys()),
            StageKind::Archive => Box::new(self.archives.keys()),
            StageKind::Metric => Box::new(self.metrics.keys()),
        }
    }
    /// How what a stage keeps is encrypted; `None` for kinds that keep nothing.
    #[must_use]
    pub fn encryption_of(&self, stage: &StageRef) -> Option<&Encryption> {
        let name = &stage.name;
        match stage.kind {
            StageKind::Stream => self.streams.get(name).map(|stream| &stream.encryption),
            StageKind::Table => self.tables.get(name).map(|table| &table.encryption),
            StageKind::Queue => self.queues.get(name).map(|queue| &queue.encryption),
            StageKind::Topic => self.topics.get(name).map(|topic| &topic.encryption),
            StageKind::Bucket => self.buckets.get(name).map(|bucket| &bucket.encryption),
            StageKind::Archive => self.archives.get(name).map(|archive| &archive.encryption),
            StageKind::Key | StageKind::Endpoint | StageKind::Consumer | StageKind::Worker | StageKind::Metric => None,
        }
    }
    /// How the file tunes one alarm, if it does.
    #[must_use]
    pub fn alarm_tuning(&self, stage: &StageRef, alarm: AlarmId) -> Option<&AlarmTuning> {
        self.alarms.get(stage)?.get(&alarm)
    }
    /// What `sluice check` is told of it.
    #[must_use]
    pub fn readiness(&self) -> &Readiness {
        &self.readiness
    }
    /// How long the stream that a consumer reads keeps records; `None` where another pipeline's file was not read.
    #[must_use]
    pub fn retention_of(&self, from: &StreamFrom) -> Option<Duration> {
        match from {
            StreamFrom::Own(stream) => self.streams.get(stream).map(|stream| stream.retention),
            StreamFrom::Other(other) => other.facts.as_ref().map(|facts| facts.retention),
        }
    }
    /// How far a consumer may be behind before somebody is told, unless the file says otherwise: the latency class's own
    /// time scale, and never more than half of what the stream keeps, from where on records are at risk.
    #[must_use]
    pub fn tolerated_lag(&self, consumer: &Consumer) -> Duration {
        let by_class = Duration::from_secs(match self.latency().map(|latency| latency.class) {
            Some(LatencyClass::UltraLow | LatencyClass::Low) => 60,
            Some(LatencyClass::Medium) | None => 300,
            Some(LatencyClass::High) => 3_600,
        });
        let half = |kept: Duration| Duration::from_micros(kept.as_micros() / 2);
        self.retention_of(&consumer.from).map_or(by_class, |kept| by_class.min(half(kept)))
    }
    /// The `cloudformation:` section.
    #[must_use]
    pub fn escape(&self) -> &EscapeHatch {
        &self.escape
    }
    /// Which file and line set which value.
    #[must_use]
    pub fn places(&self) -> &Places {
        &self.places
    }
}

/// The `cloudformation:` section: merged over what is rendered.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct EscapeHatch {
    /// Merge patches by logical id.
    pub patch: BTreeMap<String, serde_json::Value>,
    /// Extra resources by logical id.
    pub resources: BTreeMap<String, serde_json::Value>,
}
