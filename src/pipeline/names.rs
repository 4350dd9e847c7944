//! Physical names and logical ids (DESIGN section 8): the one place that spells them.
//!
//! A physical name is `<pipeline>-<environment>-<stage>`, so that producers, people and commands find a
//! resource without a look-up. `resolve` refuses names that AWS would refuse; whoever holds a
//! [`Pipeline`] may rely on every name here being within its limit.

use sha2::{Digest as _, Sha256};

use super::model::{OtherStream, Pipeline, StreamFrom};
use super::stage::{AlarmId, StageKind, StageRef};
use crate::units::{AccountId, EnvironmentName, LocalName, LogicalId, PipelineName, Region, StageName};

/// Longest bucket name, `s3` (aws-facts.md, bucket naming rules).
const BUCKET: usize = 63;
/// Longest SageMaker model, endpoint and endpoint configuration name.
const SAGEMAKER: usize = 63;

/// Ends the name of the queue of what a function gave up.
const FAILED: &str = "-failed";
/// Ends the name of a dead-letter queue.
const DEAD: &str = "-dead";

/// The stack: `<pipeline>-<environment>`.
#[must_use]
pub fn stack(pipeline: &PipelineName, environment: &EnvironmentName) -> String {
    format!("{pipeline}-{environment}")
}

impl Pipeline {
    /// The stack's name.
    #[must_use]
    pub fn stack_name(&self) -> String {
        stack(self.name(), self.environment().name())
    }

    /// The name of a stage's main resource: stream, table, endpoint, function or delivery stream.
    /// Also of a consumer's alias-bearing function and of its enhanced fan-out registration.
    #[must_use]
    pub fn physical_name(&self, stage: &StageName) -> String {
        format!("{}-{stage}", self.stack_name())
    }

    /// The name of a stream, of this pipeline or of another one.
    #[must_use]
    pub fn stream_name(&self, from: &StreamFrom) -> String {
        match from {
            StreamFrom::Own(stream) => self.physical_name(stream),
            StreamFrom::Other(other) => self.other_stream_name(other),
        }
    }

    fn other_stream_name(&self, other: &OtherStream) -> String {
        format!("{}-{}", stack(&other.pipeline, self.environment().name()), other.stream)
    }

    /// The ARN of another pipeline's stream in the same environment and region.
    #[must_use]
    pub fn other_stream_arn(&self, other: &OtherStream) -> String {
        let name = self.other_stream_name(other);
        format!("arn:{}:kinesis:{}:{}:stream/{name}", partition(self.region().as_str()), self.region(), self.account())
    }

    /// The log group of a consumer's or worker's function; Lambda's own default name, so that nothing is logged
    /// elsewhere.
    #[must_use]
    pub fn log_group_name(&self, function: &StageName) -> String {
        format!("/aws/lambda/{}", self.physical_name(function))
    }

    /// The log group of an archive's delivery errors.
    #[must_use]
    pub fn archive_log_group_name(&self, stream: &StageName) -> String {
        format!("/aws/kinesisfirehose/{}", self.physical_name(stream))
    }

    /// The queue of what a consumer or a worker gave up.
    #[must_use]
    pub fn failure_queue_name(&self, function: &StageName) -> String {
        format!("{}{FAILED}", self.physical_name(function))
    }

    /// The dead-letter queue of a queue.
    #[must_use]
    pub fn dead_letter_queue_name(&self, queue: &StageName) -> String {
        format!("{}{DEAD}", self.physical_name(queue))
    }

    /// The alias of a key, with its `alias/`.
    #[must_use]
    pub fn key_alias(&self, key: &StageName) -> String {
        key_alias(self.name(), self.environment().name(), key)
    }

    /// The bucket of a bucket stage or of an archive: with account and region, since bucket names are global; shortened
    /// with a hash.
    #[must_use]
    pub fn bucket_name(&self, stage: &StageName) -> String {
        shorten(&format!("{}-{}-{}", self.physical_name(stage), self.account(), self.region()), BUCKET)
    }

    /// The Glue database of a pipeline's archives; it knows no hyphens.
    #[must_use]
    pub fn glue_database_name(&self) -> String {
        self.stack_name().replace('-', "_")
    }

    /// The Glue table of an archive.
    #[must_use]
    pub fn glue_table_name(&self, stream: &StageName) -> String {
        stream.as_str().replace('-', "_")
    }

    /// The budget; with the region, since budgets are an account's.
    #[must_use]
    pub fn budget_name(&self) -> String {
        format!("{}-{}", self.stack_name(), self.region())
    }

    /// A SageMaker model: its content decides the name, since every property is immutable.
    #[must_use]
    pub fn model_name(&self, endpoint: &StageName, content_hash: &str) -> String {
        hashed(&self.physical_name(endpoint), content_hash, SAGEMAKER)
    }

    /// An endpoint configuration: its content decides the name, since every property is immutable.
    #[must_use]
    pub fn endpoint_config_name(&self, endpoint: &StageName, content_hash: &str) -> String {
        hashed(&self.physical_name(endpoint), content_hash, SAGEMAKER)
    }

    /// The topic that alarms speak to.
    #[must_use]
    pub fn topic_name(&self) -> String {
        format!("{}-alarms", self.stack_name())
    }

    /// The dashboard.
    #[must_use]
    pub fn dashboard_name(&self) -> String {
        self.stack_name()
    }

    /// An alarm of a stage; the kind is in the name because a stream and its archive share theirs.
    #[must_use]
    pub fn alarm_name(&self, stage: &StageName, alarm: AlarmId) -> String {
        let alarm_text = alarm.as_str().replace('_', "-");
        format!("{}-{}-{alarm_text}", self.physical_name(stage), alarm.kind())
    }

    /// An alarm of a metric.
    #[must_use]
    pub fn metric_alarm_name(&self, metric: &StageName, alarm: &LocalName) -> String {
        format!("{}-{}-{alarm}", self.physical_name(metric), StageKind::Metric)
    }

    /// A composite alarm of the file's own.
    #[must_use]
    pub fn composite_name(&self, composite: &LocalName) -> String {
        format!("{}-{composite}-composite", self.stack_name())
    }
}

/// The bucket of handlers and models of an account and region, made by the foundation.
#[must_use]
pub fn artifact_bucket(account: &AccountId, region: &Region) -> String {
    format!("sluice-artifacts-{account}-{region}")
}

/// Where the leases of an environment lie in the artifact bucket: one object for each pipeline.
#[must_use]
pub fn lease_prefix(environment: &EnvironmentName) -> String {
    format!("locks/{environment}/")
}

/// Ends the name of a record of paused readers.
pub const PAUSED: &str = ".paused";

/// Where it is noted which readers of a pipeline are paused: beside its lease. No pipeline's name holds a dot.
#[must_use]
pub fn pauses_key(environment: &EnvironmentName, pipeline: &PipelineName) -> String {
    format!("{}{pipeline}{PAUSED}", lease_prefix(environment))
}

/// Where all ledgers of an account and region lie in the artifact bucket.
pub const LEDGERS: &str = "ledger/";

/// Where the ledgers of an environment lie in the artifact bucket.
#[must_use]
pub fn ledgers_prefix(environment: &EnvironmentName) -> String {
    format!("{LEDGERS}{environment}/")
}

/// Where the ledger of a pipeline in an environment lies in the artifact bucket.
#[must_use]
pub fn ledger_prefix(environment: &EnvironmentName, pipeline: &PipelineName) -> String {
    format!("{}{pipeline}/", ledgers_prefix(environment))
}

/// An entry of a ledger. The newest comes first where names are sorted.
#[must_use]
pub fn ledger_key(environment: &EnvironmentName, pipeline: &PipelineName, number: u64) -> String {
    const LAST: u64 = 9_999_999_999;
    format!("{}{:010}.json", ledger_prefix(environment, pipeline), LAST.saturating_sub(number))
}

/// Where all releases of an account and region lie in the artifact bucket.
pub const RELEASES: &str = "releases/";

/// Where the releases of a pipeline lie in the artifact bucket: every environment of an account and region shares them, since a
/// release belongs to none.
#[must_use]
pub fn release_prefix(pipeline: &PipelineName) -> String {
    format!("{RELEASES}{pipeline}/")
}

/// Where a release lies. Its provenance lies beside it, ended by `.intoto.json`.
#[must_use]
pub fn release_key(pipeline: &PipelineName, digest: &str) -> String {
    format!("{}{digest}.json", release_prefix(pipeline))
}

/// Where approvals for an environment lie in its artifact bucket.
#[must_use]
pub fn approvals_prefix(environment: &EnvironmentName) -> String {
    format!("approvals/{environment}/")
}

/// The logical id of a part of a stage: `logical_id(Consumer, "score", "Function")` is `ConsumerScoreFunction`;
/// the stage's main resource has no part (`StreamTransactions`).
#[must_use]
pub fn logical_id(stage: &StageRef, part: &str) -> LogicalId {
    LogicalId::from_words(&[stage.kind.as_str(), stage.name.as_str(), part])
}

/// The logical id of an alarm: `AlarmConsumerScoreIteratorAge`.
#[must_use]
pub fn alarm_id(stage: &StageName, alarm: AlarmId) -> LogicalId {
    LogicalId::from_words(&["alarm", alarm.kind().as_str(), stage.as_str(), alarm.as_str()])
}

/// The logical id of an alarm of a metric: `AlarmMetricFraudScoreHigh`.
#[must_use]
pub fn metric_alarm_id(metric: &StageName, alarm: &LocalName) -> LogicalId {
    LogicalId::from_words(&["alarm", StageKind::Metric.as_str(), metric.as_str(), alarm.as_str()])
}

/// The logical id of a composite: `CompositeUnhealthy`.
#[must_use]
pub fn composite_id(composite: &LocalName) -> LogicalId {
    LogicalId::from_words(&["composite", composite.as_str()])
}

/// The logical id of what belongs to the pipeline as a whole: `AlarmTopic`, `Dashboard`.
#[must_use]
pub fn shared_id(words: &[&str]) -> LogicalId {
    LogicalId::from_words(words)
}

/// What a name must be unique among: the kinds of resources of an account and region that have names of their own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum NameSpace {
    /// Kinesis streams.
    Stream,
    /// DynamoDB tables.
    Table,
    /// SQS queues.
    Queue,
    /// SNS topics.
    Topic,
    /// S3 buckets.
    Bucket,
    /// KMS aliases.
    Alias,
    /// SageMaker endpoints.
    Endpoint,
    /// Lambda functions.
    Function,
    /// Firehose delivery streams.
    DeliveryStream,
    /// Tables of the Glue catalogue.
    GlueTable,
}

impl NameSpace {
    /// What such a resource is called.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Stream => "stream",
            Self::Table => "table",
            Self::Queue => "queue",
            Self::Topic => "topic",
            Self::Bucket => "bucket",
            Self::Alias => "alias",
            Self::Endpoint => "endpoint",
            Self::Function => "function",
            Self::DeliveryStream => "delivery stream",
            Self::GlueTable => "Glue table",
        }
    }

    /// The longest name that AWS takes, in characters (aws-facts.md section 2 and the resource schemas).
    #[must_use]
    pub fn longest(self) -> usize {
        match self {
            Self::Stream => 128,
            Self::Table | Self::GlueTable => 255,
            Self::Queue => 80,
            Self::Topic | Self::Alias => 256,
            Self::Bucket => BUCKET,
            Self::Endpoint => SAGEMAKER,
            Self::Function | Self::DeliveryStream => 64,
        }
    }
}

impl Pipeline {
    /// Every physical name that a stage takes.
    #[must_use]
    pub fn taken_names(&self, stage: &StageRef) -> Vec<(NameSpace, String)> {
        let name = &stage.name;
        let physical = self.physical_name(name);
        match stage.kind {
            StageKind::Key => vec![(NameSpace::Alias, self.key_alias(name))],
            StageKind::Stream => vec![(NameSpace::Stream, physical)],
            StageKind::Table => vec![(NameSpace::Table, physical)],
            StageKind::Queue => {
                vec![(NameSpace::Queue, physical), (NameSpace::Queue, self.dead_letter_queue_name(name))]
            }
            StageKind::Topic => vec![(NameSpace::Topic, physical)],
            StageKind::Bucket => vec![(NameSpace::Bucket, self.bucket_name(name))],
            StageKind::Endpoint => vec![(NameSpace::Endpoint, physical)],
            // The queue's name is taken whether or not there is one, so that there can be one later.
            StageKind::Consumer | StageKind::Worker => {
                vec![(NameSpace::Function, physical), (NameSpace::Queue, self.failure_queue_name(name))]
            }
            StageKind::Archive => vec![
                (NameSpace::DeliveryStream, physical),
                (NameSpace::Bucket, self.bucket_name(name)),
                (NameSpace::GlueTable, format!("{}.{}", self.glue_database_name(), self.glue_table_name(name))),
            ],
            StageKind::Metric => Vec::new(),
        }
    }
}

/// The alias of a key, with its `alias/`.
#[must_use]
pub fn key_alias(pipeline: &PipelineName, environment: &EnvironmentName, key: &StageName) -> String {
    format!("alias/{}-{key}", stack(pipeline, environment))
}

/// The partition that a region belongs to, by its prefix.
#[must_use]
pub fn partition(region: &str) -> &'static str {
    match region {
        china if china.starts_with("cn-") => "aws-cn",
        government if government.starts_with("us-gov-") => "aws-us-gov",
        _ => "aws",
    }
}

/// A name with the first twelve digits of a content hash at its end, the stem cut so that it fits.
fn hashed(stem: &str, content_hash: &str, longest: usize) -> String {
    let hash: String = content_hash.chars().take(12).collect();
    let room = longest.saturating_sub(hash.len() + 1);
    let stem = if stem.len() > room { shorten(stem, room) } else { stem.to_owned() };
    format!("{stem}-{hash}")
}

/// The name itself if it fits, else its beginning and eight digits of its hash.
fn shorten(name: &str, longest: usize) -> String {
    if name.len() <= longest {
        return name.to_owned();
    }
    let digest = Sha256::digest(name.as_bytes());
    let hash: String = digest.iter().take(4).map(|byte| format!("{byte:02x}")).collect();
    let stem: String = name.chars().take(longest.saturating_sub(hash.len() + 1)).collect();
    format!("{}-{hash}", stem.trim_end_matches('-'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_fits_is_kept_and_a_long_one_stays_within_the_limit_and_distinct() {
        assert_eq!(shorten("fraud-prod", 63), "fraud-prod");
        let a = shorten(&format!("{}a", "x".repeat(80)), 63);
        let b = shorten(&format!("{}b", "x".repeat(80)), 63);
        assert!(a.len() <= 63 && b.len() <= 63);
        assert_ne!(a, b);
    }

    #[test]
    fn content_decides_the_name_of_what_cannot_change() {
        let long = "p".repeat(63);
        let a = hashed(&long, "aaaaaaaaaaaaaaaa", 63);
        assert!(a.len() <= 63 && a.ends_with("-aaaaaaaaaaaa"));
        assert_eq!(hashed("fraud-prod-scoring", "0123456789abcdef", 63), "fraud-prod-scoring-0123456789ab");
    }

    #[test]
    fn logical_ids_carry_the_kind_and_the_words_of_the_stage() {
        let name = StageName::new("late-score").expect("a name");
        let stage = StageRef::new(StageKind::Consumer, &name);
        assert_eq!(logical_id(&stage, "Function").as_str(), "ConsumerLateScoreFunction");
        assert_eq!(alarm_id(&name, AlarmId::ConsumerIteratorAge).as_str(), "AlarmConsumerLateScoreIteratorAge");
    }
}
