//! Consumers and workers, and what every function has.

use std::collections::BTreeMap;

use super::super::declare::{choice, record};
use super::super::leaf::{Days, Json, LayerArn, Mib, Seconds, StreamSource, Text, VariableName, Whole};
use crate::units::{Duration, LocalName, StageName, Timestamp};

record! {
    /// What every function has.
    "a function" FunctionSpec {
        /// Folder of the handler's code, relative to this file.
        code: Text<512>,
        /// The command that makes what is packed, run in a copy of `code`. Left out, the folder itself is packed.
        build: Option<BuildSpec>,
        /// The requirements file in `code` whose Python packages are put into the archive. Left out, none are.
        requirements: Option<Text<512>>,
        /// The function: `module.function`.
        handler: Text<128>,
        /// Lambda runtime. Left out, `python3.13`.
        runtime: Option<Text<64>>,
        /// Memory, 128 MiB to 10 GiB (Lambda's `MemorySize`). Left out, 512 MiB.
        memory: Option<Mib<128, 10_240>>,
        /// Longest invocation, 1s to 15m (Lambda's `Timeout`). Left out, 60s.
        timeout: Option<Seconds<1, 900>>,
        /// Tables it reads features from, their indexes included.
        features: Vec<StageName>,
        /// The endpoint it scores with.
        scores_with: Option<StageName>,
        /// The endpoint it asks when the first one fails.
        falls_back_to: Option<StageName>,
        /// Tables it writes.
        writes: Vec<StageName>,
        /// What else it sends to.
        sends: Option<SendsSpec>,
        /// Buckets whose objects it gets.
        reads: Vec<StageName>,
        /// Environment variables besides those that follow from the edges.
        environment: BTreeMap<VariableName, Text<4096>>,
        /// The network of the environment file that it stands in. Left out, none: it reaches the internet and AWS.
        network: Option<LocalName>,
        /// Versions of Lambda layers, at most five.
        layers: Vec<LayerArn>,
        /// How many instances of it run at once.
        concurrency: Option<ConcurrencySpec>,
        /// Whether X-Ray traces it. Left out, false.
        tracing: Option<bool>,
        /// How long its logs are kept. Left out, 7d in development, 30d in staging, 90d in production.
        log_retention: Option<Days<1, 3653>>,
        /// Measured work of one invocation; capacity uses it.
        work: Option<WorkSpec>,
    }

    /// A command that makes what is packed.
    "a build" BuildSpec {
        /// The program and its arguments. No shell is started unless it is one: `[sh, -c, "…"]`.
        command: Vec<Text<4096>>,
        /// The folder in `code` that it leaves what is packed in. Left out, `code` itself.
        output: Option<Text<512>>,
        /// Files and folders that it reads besides `code`, relative to this file.
        inputs: Vec<Text<512>>,
        /// Variables of the caller that it sees besides `PATH`, `HOME` and those of the language and the proxy.
        variables: Vec<VariableName>,
        /// Longest run, 1s to 1h. Left out, 10m.
        timeout: Option<Seconds<1, 3600>>,
    }

    /// What a function sends to, besides tables.
    "what a function sends to" SendsSpec {
        /// Streams it puts records into.
        streams: Vec<StageName>,
        /// Queues it sends messages to.
        queues: Vec<StageName>,
        /// Topics it publishes to.
        topics: Vec<StageName>,
        /// Buckets it puts objects into.
        buckets: Vec<StageName>,
    }

    /// How many instances of a function run at once.
    "a concurrency" ConcurrencySpec {
        /// So many are kept for it, and it never has more. Left out, it shares the account's.
        reserved: Option<Whole<0, 100_000>>,
        /// So many are kept warm; at most `reserved`. Left out, none.
        provisioned: Option<Whole<1, 100_000>>,
        /// At most so many batches of a queue at once, 2 to 1,000 (Lambda's `ScalingConfig`). Workers of queues only.
        max: Option<Whole<2, 1000>>,
    }

    /// A Lambda worker of a queue or a topic.
    "a worker" WorkerSpec {
        /// What it works on.
        from: WorkSourceChoice,
        /// How messages are batched. Workers of queues only.
        batch: Option<QueueBatchSpec>,
        /// The handler names the messages that failed. Workers of queues only. Left out, true.
        report_items: Option<bool>,
        /// Retries of a failed message, 0 to 2 (Lambda's `MaximumRetryAttempts`). Workers of topics only; a queue has `attempts`. Left out, 2.
        retries: Option<Whole<0, 2>>,
        /// Oldest message that is still tried, 1m to 6h (Lambda's
        /// `MaximumEventAgeInSeconds`). Workers of topics only; a queue has `retention`. Left out, 1h.
        max_age: Option<Seconds<60, 21_600>>,
        ..function: FunctionSpec,
    }

    /// How messages of a queue are batched.
    "a batch of messages" QueueBatchSpec {
        /// Most messages of a batch, 1 to 10,000; above 10, `window` is at least 1s. Left out, 10.
        size: Option<Whole<1, 10_000>>,
        /// How long a batch is gathered, 0s to 5m. Left out, 0s.
        window: Option<Seconds<0, 300>>,
    }

    /// A Lambda consumer of a stream.
    "a consumer" ConsumerSpec {
        /// The stream it reads: one of this pipeline, or `other-pipeline/stream`.
        from: StreamSource,
        /// How it reads. Left out, `shared`.
        read: Option<ReadChoice>,
        /// Where a new mapping starts. Left out, `trim-horizon`: nothing is skipped.
        start: Option<StartChoice>,
        /// How records are batched.
        batch: Option<BatchSpec>,
        /// What happens to records that cannot be processed.
        failure: Option<FailureSpec>,
        /// The stream that late records go to.
        late_to: Option<StageName>,
        /// Event filter patterns; a record that matches none is skipped. At most 20.
        filters: Vec<Json>,
        ..function: FunctionSpec,
    }

    /// How records are batched.
    "a batch" BatchSpec {
        /// Most records of a batch, 1 to 10,000 (Lambda's `BatchSize`). Left out, 100.
        size: Option<Whole<1, 10_000>>,
        /// How long a batch is gathered, 0s to 5m. Left out, 0s; batches above 10 records still fill from what is there.
        window: Option<Seconds<0, 300>>,
        /// Batches of one shard at a time, 1 to 10 (Lambda's `ParallelizationFactor`). Left out, 1.
        parallel: Option<Whole<1, 10>>,
        /// Tumbling window, 1s to 15m; excludes `parallel` above 1.
        tumbling: Option<Seconds<1, 900>>,
    }

    /// What happens to records that cannot be processed.
    "a failure policy" FailureSpec {
        /// Retries after the first attempt, 0 to 10,000 (Lambda's `MaximumRetryAttempts`). Left out, 3.
        retries: Option<Whole<0, 10_000>>,
        /// Oldest record that is still tried, 1m to 7d (Lambda's `MaximumRecordAgeInSeconds`). Left out, 1h.
        max_age: Option<Seconds<60, 604_800>>,
        /// Split a failed batch in two. Left out, true.
        bisect: Option<bool>,
        /// The handler names the records that failed. Left out, true.
        report_items: Option<bool>,
        /// Where pointers to discarded records go. Left out, `own-queue`.
        to: Option<FailureToChoice>,
    }

    /// Measured work of one invocation.
    "a work measurement" WorkSpec {
        /// Per invocation, whatever the batch.
        fixed: Duration,
        /// Per record.
        per_record: Duration,
    }
}

choice! {
    /// What a worker works on.
    "a source" WorkSourceChoice {
        /// A queue of this file.
        "queue" => Queue(StageName),
        /// A topic of this file.
        "topic" => Topic(StageName),
    }

    /// How a consumer reads.
    "a way of reading" ReadChoice {
        /// Polls, sharing each shard's 2 MiB/s with the other shared readers.
        "shared" => Shared,
        /// Enhanced fan-out: 2 MiB/s of its own per shard.
        "fan-out" => FanOut,
    }

    /// Where a new mapping starts.
    "a start" StartChoice {
        /// The oldest record that is still there.
        "trim-horizon" => TrimHorizon,
        /// The tip of the stream.
        "latest" => Latest,
        /// A moment.
        "at" => At(Timestamp),
    }

    /// Where pointers to discarded records go.
    "a destination" FailureToChoice {
        /// A queue that is made for this consumer.
        "own-queue" => OwnQueue,
        /// An existing queue of the account, by name.
        "queue" => Queue(Text<80>),
        /// An existing topic of the account, by name.
        "topic" => Topic(Text<256>),
        /// An existing bucket, by name; it receives the records themselves.
        "bucket" => Bucket(Text<63>),
    }
}
