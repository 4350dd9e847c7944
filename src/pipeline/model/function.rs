//! Functions: consumers of streams, workers of queues and topics, and what both have.

use std::collections::BTreeMap;

use super::StreamFrom;
use crate::units::{ByteSize, Duration, LocalName, StageName, Timestamp};

/// What a Lambda function runs, and what it may reach.
#[derive(Clone, Debug, PartialEq)]
pub struct Function {
    /// Folder of the handler's code, relative to the pipeline's folder, checked to stay inside it.
    pub code: String,
    /// The command that makes what is packed; none where the folder is packed as it is.
    pub build: Option<Build>,
    /// A requirements file in the folder whose Python packages are packed too.
    pub requirements: Option<String>,
    /// `module.function`.
    pub handler: String,
    /// Lambda runtime identifier.
    pub runtime: String,
    /// 128 MiB to 10,240 MiB.
    pub memory: ByteSize,
    /// 1 s to 900 s.
    pub timeout: Duration,
    /// Tables it reads features from, their indexes included.
    pub features: Vec<StageName>,
    /// The endpoint it scores with.
    pub scores_with: Option<StageName>,
    /// The endpoint it asks when the first one fails; never without `scores_with`.
    pub falls_back_to: Option<StageName>,
    /// Tables it writes.
    pub writes: Vec<StageName>,
    /// What else it sends to.
    pub sends: Sends,
    /// Buckets whose objects it gets.
    pub reads: Vec<StageName>,
    /// Environment variables set by hand, besides those that follow from the edges.
    pub environment: BTreeMap<String, String>,
    /// The network it stands in.
    pub network: Option<FunctionNetwork>,
    /// ARNs of layer versions, at most 5.
    pub layers: Vec<String>,
    /// How many instances of it run at once.
    pub concurrency: Concurrency,
    /// Whether X-Ray traces it.
    pub tracing: bool,
    /// How long its logs are kept, in days (one of CloudWatch Logs' values).
    pub log_retention_days: u32,
    /// Measured work per invocation.
    pub work: Option<Work>,
}

impl Function {
    /// The endpoints it asks, the preferred one first.
    pub fn endpoints(&self) -> impl Iterator<Item = &StageName> {
        self.scores_with.iter().chain(&self.falls_back_to)
    }
}

/// A command that makes what is packed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Build {
    /// The program and its arguments, at least the program.
    pub command: Vec<String>,
    /// The folder that it leaves what is packed in, relative to the code's; empty for the code's own.
    pub output: String,
    /// Files and folders that it reads besides the code's, relative to the pipeline's folder.
    pub inputs: Vec<String>,
    /// Variables of the caller that it sees, by name.
    pub variables: Vec<String>,
    /// Longest run, 1 s to 1 h.
    pub timeout: Duration,
}

/// What a function sends to, besides tables.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sends {
    /// Streams it puts records into.
    pub streams: Vec<StageName>,
    /// Queues it sends messages to.
    pub queues: Vec<StageName>,
    /// Topics it publishes to.
    pub topics: Vec<StageName>,
    /// Buckets it puts objects into.
    pub buckets: Vec<StageName>,
}

/// The network that a function stands in, as the environment file gives it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FunctionNetwork {
    /// Its name there.
    pub name: LocalName,
    /// Subnets, 1 to 16.
    pub subnets: Vec<String>,
    /// Security groups, 1 to 5.
    pub security_groups: Vec<String>,
}

/// How many instances of a function run at once.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Concurrency {
    /// Kept for it, and its ceiling; `None` shares the account's.
    pub reserved: Option<u32>,
    /// Kept warm, on the alias; at most `reserved`.
    pub provisioned: Option<u32>,
}

/// A Lambda consumer of a stream.
#[derive(Clone, Debug, PartialEq)]
pub struct Consumer {
    /// Its name in the pipeline.
    pub name: StageName,
    /// The stream it reads.
    pub from: StreamFrom,
    /// What it runs, and what it may reach.
    pub function: Function,
    /// How it reads.
    pub read: ReadMode,
    /// Where a new mapping starts.
    pub start: StartPosition,
    /// How records are batched.
    pub batch: Batch,
    /// What happens to records that cannot be processed.
    pub failure: Failure,
    /// The stream late records go to.
    pub late_to: Option<StageName>,
    /// Event filter patterns (JSON objects), at most 20.
    pub filters: Vec<serde_json::Value>,
}

/// How a consumer reads its stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReadMode {
    /// Polls, sharing each shard's 2 MB/s with every other shared reader.
    Shared,
    /// Enhanced fan-out: 2 MB/s of its own per shard.
    FanOut,
}

/// Where a new event source mapping starts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StartPosition {
    /// The oldest record that is still there.
    TrimHorizon,
    /// The tip at the moment polling really starts.
    Latest,
    /// A moment.
    At(Timestamp),
}

/// How records are batched.
#[derive(Clone, Debug, PartialEq)]
pub struct Batch {
    /// 1 to 10,000 records.
    pub size: u32,
    /// 0 s to 300 s.
    pub window: Duration,
    /// Batches of one shard at a time, 1 to 10.
    pub parallel: u32,
    /// Tumbling window, 1 s to 900 s; excludes `parallel` above 1.
    pub tumbling: Option<Duration>,
}

/// What happens to records that cannot be processed.
#[derive(Clone, Debug, PartialEq)]
pub struct Failure {
    /// Retries after the first attempt; `None` retries until the record expires.
    pub retries: Option<u32>,
    /// Oldest record that is still tried, 60 s to 7 d; `None` tries until the record expires.
    pub max_age: Option<Duration>,
    /// Split a failed batch in two.
    pub bisect: bool,
    /// The handler names the records that failed.
    pub report_items: bool,
    /// Where the pointers to discarded records go.
    pub to: FailureDestination,
}

/// Where the pointers to discarded records go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FailureDestination {
    /// A queue that is made for this consumer.
    OwnQueue,
    /// An existing queue in the account, by name.
    Queue(String),
    /// An existing topic in the account, by name.
    Topic(String),
    /// An existing bucket, by name; it receives the records themselves.
    Bucket(String),
}

/// Measured work of one invocation.
#[derive(Clone, Debug, PartialEq)]
pub struct Work {
    /// Per invocation, whatever the batch.
    pub fixed: Duration,
    /// Per record; microsecond resolution.
    pub per_record: Duration,
}

/// A Lambda worker of a queue or a topic.
#[derive(Clone, Debug, PartialEq)]
pub struct Worker {
    /// Its name in the pipeline.
    pub name: StageName,
    /// What it works on.
    pub from: WorkSource,
    /// What it runs, and what it may reach.
    pub function: Function,
}

/// What a worker works on.
#[derive(Clone, Debug, PartialEq)]
pub enum WorkSource {
    /// Messages of a queue, polled in batches.
    Queue {
        /// The queue.
        queue: StageName,
        /// Most messages of a batch, 1 to 10,000.
        batch: u32,
        /// How long a batch is gathered, 0 s to 300 s; at least 1 s where `batch` is above 10.
        window: Duration,
        /// The handler names the messages that failed.
        report_items: bool,
        /// At most so many batches at once, 2 to 1,000 (`ScalingConfig`).
        most_at_once: Option<u32>,
    },
    /// Messages of a topic, by asynchronous invocation; what fails goes to a queue of the worker's own.
    Topic {
        /// The topic.
        topic: StageName,
        /// Retries after the first attempt, 0 to 2.
        retries: u32,
        /// Oldest message that is still tried, 60 s to 6 h.
        max_age: Duration,
    },
}
