//! The pipeline file, declared. What is written here is the language: see `declare.rs` for what follows from it.
//!
//! Bounds in types are AWS's (aws-facts.md section 2 and the resource schemas).

mod archive;
mod endpoint;
mod function;
mod messaging;
mod metric;
mod readiness;
mod security;
mod stream;
mod table;

use std::collections::BTreeMap;

pub use archive::*;
pub use endpoint::*;
pub use function::*;
pub use messaging::*;
pub use metric::*;
pub use readiness::*;
pub use security::*;
pub use stream::*;
pub use table::*;

use super::declare::record;
use super::leaf::{FormatVersion, Json, TagText, Text};
use crate::units::{LocalName, LogicalId, PipelineName, StageName};

/// Tuning of all alarms: by stage, then by alarm.
pub type AllTuning = BTreeMap<StageName, BTreeMap<Text<64>, AlarmChoice>>;

record! {
    /// A streaming machine-learning pipeline.
    "a pipeline file" PipelineFile {
        /// The version of this file's format; left out, it is 1.
        sluice: Option<FormatVersion>,
        /// The pipeline's name: lower-case letters, digits and hyphens. It begins the name of everything that is made.
        pipeline: PipelineName,
        /// The team that owns it; becomes a tag on every resource.
        owner: TagText,
        /// What it does, in a sentence.
        description: Option<Text<800>>,
        /// The load, by stream. Capacity, cost and simulation read it.
        traffic: BTreeMap<StageName, TrafficSpec>,
        /// The end-to-end latency that is aimed for.
        latency: Option<LatencySpec>,
        /// How what is kept is encrypted, unless a stage says otherwise. Left out, `managed`.
        encryption: Option<EncryptionChoice>,
        /// KMS keys of the pipeline's own.
        keys: BTreeMap<StageName, KmsKeySpec>,
        /// What the pipeline may cost in a month, in this environment and region; somebody is told when it does.
        budget: Option<CostBudgetSpec>,
        /// Kinesis data streams.
        streams: BTreeMap<StageName, StreamSpec>,
        /// DynamoDB tables.
        tables: BTreeMap<StageName, TableSpec>,
        /// SQS queues, each with a dead-letter queue of its own.
        queues: BTreeMap<StageName, QueueSpec>,
        /// SNS topics.
        topics: BTreeMap<StageName, TopicSpec>,
        /// S3 buckets.
        buckets: BTreeMap<StageName, BucketSpec>,
        /// SageMaker endpoints.
        endpoints: BTreeMap<StageName, EndpointSpec>,
        /// Lambda consumers of streams.
        consumers: BTreeMap<StageName, ConsumerSpec>,
        /// Lambda workers of queues and topics.
        workers: BTreeMap<StageName, WorkerSpec>,
        /// Archives into S3, by the stream that is archived.
        archive: BTreeMap<StageName, ArchiveSpec>,
        /// Metrics that handlers emit, in the embedded metric format.
        metrics: BTreeMap<StageName, MetricSpec>,
        /// Alarms that differ from what is recommended, by stage. Every recommended alarm exists by default.
        alarms: AllTuning,
        /// Alarms made of other alarms.
        composites: BTreeMap<LocalName, CompositeChoice>,
        /// What `sluice check` is told: findings that are as they should be, failures that were tried out.
        readiness: Option<ReadinessSpec>,
        /// What this file cannot say, said in CloudFormation.
        cloudformation: Option<CloudFormationSpec>,
    }

    /// What this file cannot say, said in CloudFormation. Long-form intrinsics only.
    "`cloudformation`" CloudFormationSpec {
        /// Merge patches by logical id: `null` takes a property away, or the whole resource.
        patch: BTreeMap<LogicalId, Json>,
        /// Extra resources by logical id.
        resources: BTreeMap<LogicalId, Json>,
    }
}
