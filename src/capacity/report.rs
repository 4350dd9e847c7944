//! What an assessment says: needs by stage, the bottleneck, the latency budget, recovery, advice, quotas, and what
//! cannot be told.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::Sized;
use super::load::{Levels, bytes, number, time};
use crate::pipeline::StageRef;
use crate::units::Duration;

/// The loads at which needs are reckoned.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, schemars::JsonSchema)]
#[schemars(rename = "LoadLevel")]
#[serde(rename_all = "kebab-case")]
pub enum Level {
    /// The declared ordinary load.
    Steady,
    /// The declared highest load.
    Peak,
    /// Ten times the ordinary load.
    Tenfold,
}

impl Level {
    /// Every level, from the declared to the imagined.
    pub const ALL: [Self; 3] = [Self::Steady, Self::Peak, Self::Tenfold];

    /// The level as it is called in text.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Steady => "steady",
            Self::Peak => "peak",
            Self::Tenfold => "10x",
        }
    }
}

macro_rules! words {
    ($(#[$what:meta])* $name:ident { $($(#[$doc:meta])* $variant:ident = $word:literal, $words:literal;)* }) => {
        $(#[$what])*
        #[derive(
            Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, schemars::JsonSchema,
        )]
        pub enum $name {
            $($(#[$doc])* #[serde(rename = $word)] $variant,)*
        }

        impl $name {
            /// Its stable name, as JSON carries it.
            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word,)* }
            }

            /// The same for people, with its unit.
            #[must_use]
            pub fn words(self) -> &'static str {
                match self { $(Self::$variant => $words,)* }
            }
        }
    };
}

words! {
    /// What runs out.
    Resource {
        /// Bytes per second into a stream.
        WriteBytes = "write-bytes", "bytes/s written";
        /// Records per second into a stream.
        WriteRecords = "write-records", "records/s written";
        /// The share of one shard that the busiest one is asked for: 1 is all of it.
        HottestShard = "hottest-shard", "of the busiest shard";
        /// Batches at once of the busiest partition key, which never gets more than one.
        HottestKey = "hottest-key", "batches at once of the busiest key";
        /// Bytes per second to all shared readers together.
        SharedReadBytes = "shared-read-bytes", "bytes/s to shared readers";
        /// `GetRecords` calls per second on one shard.
        SharedReads = "shared-reads", "GetRecords calls/s a shard";
        /// Bytes per second to one fan-out reader.
        FanOutReadBytes = "fan-out-read-bytes", "bytes/s to a fan-out reader";
        /// Batches at once: at most shards × parallel. Of an on-demand stream, batches at once of one shard.
        Parallelism = "parallelism", "batches at once";
        /// Instances of a function, or requests of a serverless endpoint, at once.
        Concurrency = "concurrency", "at once";
        /// Seconds of one invocation, against its timeout.
        Timeout = "timeout", "seconds of an invocation";
        /// Instances of an endpoint.
        Instances = "instances", "instances";
        /// Requests per second to an endpoint, or invocations per second of a function.
        Invocations = "invocations", "invocations/s";
        /// Read units per second of a table.
        ReadUnits = "read-units", "read units/s";
        /// Write units per second of a table.
        WriteUnits = "write-units", "write units/s";
        /// Units per second of the busiest item's partition.
        PartitionHeat = "partition-heat", "write units/s of the busiest key";
        /// Bytes per second into an archive.
        Delivery = "delivery", "bytes/s archived";
        /// Requests per second to KMS.
        KmsRequests = "kms-requests", "KMS requests/s";
        /// Messages of a queue that are being worked on.
        QueueInFlight = "queue-in-flight", "messages in flight";
        /// Fan-out readers of a stream.
        FanOutReaders = "fan-out-readers", "fan-out readers";
    }
}

words! {
    /// A quota of an account in a region.
    Quota {
        /// Function instances at once, of all functions together.
        LambdaConcurrency = "lambda-concurrency", "Lambda: concurrent executions";
        /// Open shards of provisioned streams.
        Shards = "kinesis-shards", "Kinesis: shards per region";
        /// Streams in on-demand mode.
        OnDemandStreams = "kinesis-on-demand-streams", "Kinesis: on-demand streams";
        /// Bytes per second into one on-demand stream.
        OnDemandWrite = "kinesis-on-demand-write", "Kinesis: bytes/s written to an on-demand stream";
        /// Shards that a stream can be scaled to by one call.
        ShardsPerStream = "kinesis-shards-per-stream", "Kinesis: shards by UpdateShardCount";
        /// Requests per second to functions, of all functions together.
        LambdaRequests = "lambda-requests", "Lambda: requests/s";
        /// Write units of one table.
        TableWriteUnits = "dynamodb-table-write-units", "DynamoDB: write units of a table";
        /// Read units of one table.
        TableReadUnits = "dynamodb-table-read-units", "DynamoDB: read units of a table";
        /// Cryptographic requests per second to KMS.
        KmsRequests = "kms-requests", "KMS: cryptographic requests/s";
    }
}

words! {
    /// A part of the way from a producer to a result.
    LatencyStep {
        /// From the producer's put until a reader has the record.
        Ingest = "ingest", "ingest";
        /// A batch is gathered.
        BatchWait = "batch-wait", "wait for batch";
        /// Everything that could work on it is busy.
        Queue = "queue", "queue";
        /// Features are read. Part of [`LatencyStep::Compute`] where only the whole was measured.
        Features = "features", "features";
        /// The handler's own time.
        Compute = "compute", "compute";
        /// The model answers.
        Inference = "inference", "inference";
        /// The result is written. Part of [`LatencyStep::Compute`] where only the whole was measured.
        Write = "write", "write";
    }
}

impl Resource {
    /// An amount of it for people.
    #[must_use]
    pub fn amount(self, amount: f64) -> String {
        match self {
            Self::WriteBytes | Self::SharedReadBytes | Self::FanOutReadBytes | Self::Delivery => {
                format!("{}/s", bytes(amount))
            }
            Self::WriteRecords
            | Self::SharedReads
            | Self::Invocations
            | Self::ReadUnits
            | Self::WriteUnits
            | Self::PartitionHeat
            | Self::KmsRequests => format!("{}/s", number(amount)),
            Self::HottestShard => format!("{} %", number(amount * 100.0)),
            Self::Timeout => time(amount),
            Self::HottestKey
            | Self::Parallelism
            | Self::Concurrency
            | Self::Instances
            | Self::QueueInFlight
            | Self::FanOutReaders => number(amount),
        }
    }
}

impl Quota {
    /// An amount of it for people.
    #[must_use]
    pub fn amount(self, amount: f64) -> String {
        match self {
            Self::OnDemandWrite => format!("{}/s", bytes(amount)),
            Self::LambdaRequests | Self::TableWriteUnits | Self::TableReadUnits | Self::KmsRequests => {
                format!("{}/s", number(amount))
            }
            Self::LambdaConcurrency | Self::Shards | Self::OnDemandStreams | Self::ShardsPerStream => number(amount),
        }
    }
}

/// How much there is of a resource.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Supply {
    /// So much, whatever the load.
    Fixed(f64),
    /// It scales by itself.
    Elastic {
        /// What is there at the steady load, without waiting.
        now: f64,
        /// What it scales up to.
        most: f64,
    },
    /// Nothing that AWS documents bounds it.
    Unbounded,
}

impl Supply {
    /// What is there without waiting; `None` where nothing bounds it.
    #[must_use]
    pub fn now(self) -> Option<f64> {
        match self {
            Self::Fixed(have) | Self::Elastic { now: have, .. } => Some(have),
            Self::Unbounded => None,
        }
    }

    /// What there can be at most; `None` where nothing bounds it.
    #[must_use]
    pub fn most(self) -> Option<f64> {
        match self {
            Self::Fixed(have) | Self::Elastic { most: have, .. } => Some(have),
            Self::Unbounded => None,
        }
    }
}

/// What a stage needs of one resource, and what it has.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Need {
    /// What is needed.
    pub resource: Resource,
    /// At the steady load.
    pub steady: f64,
    /// At the peak.
    pub peak: f64,
    /// At ten times the steady load.
    pub tenfold: f64,
    /// What there is.
    pub have: Supply,
    /// The sum, with its numbers.
    pub how: String,
    /// The page of AWS that names the limit.
    pub source: &'static str,
    /// What the sum takes for granted that no file says; then the need is no more than a guess of its upper bound.
    pub assumes: Option<String>,
}

/// Stands for "without end" where a number must be finite.
const ENDLESS: f64 = 1e9;

impl Need {
    pub(super) fn new(resource: Resource, need: Levels, have: Supply, source: &'static str) -> Self {
        let Levels { steady, peak, tenfold } = need;
        Self { resource, steady, peak, tenfold, have, how: String::new(), source, assumes: None }
    }

    pub(super) fn how(self, how: String) -> Self {
        Self { how, ..self }
    }

    pub(super) fn assuming(self, assumes: Option<String>) -> Self {
        Self { assumes, ..self }
    }

    /// The need at a load.
    #[must_use]
    pub fn at(&self, level: Level) -> f64 {
        match level {
            Level::Steady => self.steady,
            Level::Peak => self.peak,
            Level::Tenfold => self.tenfold,
        }
    }

    /// The part of what there can be at most that a load takes: above 1 it does not fit. 0 where nothing bounds it.
    #[must_use]
    pub fn utilisation(&self, level: Level) -> f64 {
        match self.have.most() {
            None => 0.0,
            Some(_) if self.at(level) <= 0.0 => 0.0,
            Some(most) => (self.at(level) / most.max(f64::MIN_POSITIVE)).min(ENDLESS),
        }
    }

    /// How many times the peak there can be at most: below 1 the peak does not fit. At most 10⁹.
    #[must_use]
    pub fn headroom(&self) -> f64 {
        match self.have.most() {
            Some(most) if self.peak > 0.0 => (most / self.peak).min(ENDLESS),
            Some(_) | None => ENDLESS,
        }
    }

    /// The multiple of the steady load beyond which it does not fit. Needs grow with the load, in a line from one level to
    /// the next; at most 10⁹.
    pub(super) fn gives_way(&self) -> f64 {
        let Some(most) = self.have.most() else { return ENDLESS };
        let multiple = if self.tenfold <= self.steady || most <= self.steady {
            most / self.steady.max(f64::MIN_POSITIVE)
        } else {
            1.0 + 9.0 * (most - self.steady) / (self.tenfold - self.steady)
        };
        multiple.clamp(0.0, ENDLESS)
    }

    /// Whether a load fits.
    #[must_use]
    pub fn fits(&self, level: Level) -> bool {
        self.utilisation(level) <= 1.0
    }

    /// Whether a load has to wait until something has scaled up.
    #[must_use]
    pub fn outgrows(&self, level: Level) -> bool {
        self.have.now().is_some_and(|now| self.at(level) > now)
    }
}

/// What one stage needs.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct StageCapacity {
    /// The stage.
    pub stage: StageRef,
    /// Its needs.
    pub needs: Vec<Need>,
}

impl StageCapacity {
    /// The need of a resource, if the stage has one.
    #[must_use]
    pub fn need(&self, resource: Resource) -> Option<&Need> {
        self.needs.iter().find(|need| need.resource == resource)
    }
}

/// A setting that would be chosen: `sluice capacity` prints it, `check` offers it as a fix.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Advice {
    /// Dotted path in the pipeline file.
    pub spec_path: String,
    /// The value in force, as YAML.
    pub from: String,
    /// The value that would be chosen, as YAML: what would stand in the file.
    pub to: String,
    /// Why, with the numbers.
    pub why: String,
}

/// The stage that gives way first.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Bottleneck {
    /// The stage.
    pub stage: StageRef,
    /// What runs out there.
    pub resource: Resource,
    /// At how many times the steady load: below 1 it gives way at the steady load already. At most 10⁹.
    pub multiple: f64,
    /// The lowest load at which it gives way; `None` where even ten times the steady load fits.
    pub at: Option<Level>,
}

/// A part of the way from a producer to a result.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct LatencyPart {
    /// What takes the time.
    pub name: LatencyStep,
    /// Where.
    pub stage: StageRef,
    /// Median, at the steady load.
    pub p50: Duration,
    /// 99th percentile, at the peak.
    pub p99: Duration,
    /// The sum, with its numbers.
    pub how: String,
}

/// The setting that would shorten the way most.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Lever {
    /// The stage it belongs to.
    pub stage: StageRef,
    /// What to do, with the spec path.
    pub what: String,
    /// How much of the 99th percentile it takes away.
    pub gain: Duration,
}

/// The way from a producer to a result, as a sum.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct LatencyBudget {
    /// Its parts, in order.
    pub parts: Vec<LatencyPart>,
    /// Sum of the medians.
    pub total_p50: Duration,
    /// Sum of the 99th percentiles: no less than the 99th percentile of the sum.
    pub total_p99: Duration,
    /// The declared target.
    pub target: Option<Duration>,
    /// What would shorten it most.
    pub lever: Option<Lever>,
    /// What the sum takes for granted that no file says; then it is no more than an upper bound.
    pub assumes: Option<String>,
}

/// How a consumer comes back after an outage.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Recovery {
    /// The consumer.
    pub consumer: StageRef,
    /// How long it stood still.
    pub outage: Duration,
    /// Records that waited then, at the steady load.
    pub backlog_records: f64,
    /// How long until nothing waits any more, at the steady load; `None` where it never catches up.
    pub catch_up: Option<Duration>,
    /// The sum, with its numbers.
    pub how: String,
}

/// What a quota of the account is asked for.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct QuotaUse {
    /// The quota.
    pub quota: Quota,
    /// What is needed at the peak.
    pub need: f64,
    /// What an account has where nobody raised it.
    pub default: f64,
    /// The page of AWS that names it.
    pub source: &'static str,
    /// Whether it must be raised.
    pub raise: bool,
    /// The sum, with its numbers.
    pub how: String,
}

/// How an open question is answered.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Answer {
    /// By declaring something: its spec path, or in words what it is.
    Declare(String),
    /// By looking it up: no file can say it.
    LookUp(String),
}

impl fmt::Display for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Declare(path) => write!(f, "declare {path}"),
            Self::LookUp(place) => f.write_str(place),
        }
    }
}

/// What cannot be told from what is declared.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, schemars::JsonSchema)]
#[schemars(rename = "OpenQuestion")]
pub struct Unknown {
    /// What is not known.
    pub question: String,
    /// How it could be.
    #[serde(flatten)]
    pub answer: Answer,
}

/// Everything that can be said of a pipeline's capacity.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Assessment {
    /// Needs, by stage in the order of the pipeline.
    pub stages: Vec<StageCapacity>,
    /// The stage that gives way first; `None` where no need is known.
    pub bottleneck: Option<Bottleneck>,
    /// The latency budget; `None` where what it takes was not measured.
    pub latency: Option<LatencyBudget>,
    /// How consumers come back after the outage.
    pub recovery: Vec<Recovery>,
    /// Settings that would be chosen instead.
    pub advice: Vec<Advice>,
    /// Quotas of the account, all pipelines of the environment together.
    pub quotas: Vec<QuotaUse>,
    /// What cannot be told.
    pub unknown: Vec<Unknown>,
}

impl Assessment {
    /// What a stage needs, if anything is known of it.
    #[must_use]
    pub fn stage(&self, stage: &StageRef) -> Option<&StageCapacity> {
        self.stages.iter().find(|known| known.stage == *stage)
    }
}

/// What stands beside a pipeline in its environment.
#[derive(Clone, Copy, Debug, Default)]
pub struct Surroundings<'a> {
    /// The other pipelines of the environment, in the same region.
    pub neighbours: &'a [Sized],
}
