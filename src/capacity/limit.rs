//! What AWS gives: limits and quotas, each with the page that names it.

/// Pages of AWS, as people are shown them.
pub(super) mod page {
    /// Shards, on-demand mode, quotas of Kinesis.
    pub(in crate::capacity) const KINESIS: &str =
        "https://docs.aws.amazon.com/streams/latest/dev/service-sizes-and-limits.html";
    /// How on-demand streams grow.
    pub(in crate::capacity) const KINESIS_MODES: &str =
        "https://docs.aws.amazon.com/streams/latest/dev/how-do-i-size-a-stream.html";
    /// What a fan-out reader gets.
    pub(in crate::capacity) const FAN_OUT: &str =
        "https://docs.aws.amazon.com/streams/latest/dev/enhanced-consumers.html";
    /// How often, and how much, shared readers read.
    pub(in crate::capacity) const GET_RECORDS: &str =
        "https://docs.aws.amazon.com/kinesis/latest/APIReference/API_GetRecords.html";
    /// How a stream is scaled.
    pub(in crate::capacity) const UPDATE_SHARDS: &str =
        "https://docs.aws.amazon.com/kinesis/latest/APIReference/API_UpdateShardCount.html";
    /// Batches of a shard at once.
    pub(in crate::capacity) const LAMBDA_KINESIS: &str =
        "https://docs.aws.amazon.com/lambda/latest/dg/with-kinesis.html";
    /// Batches of a queue at once.
    pub(in crate::capacity) const LAMBDA_SQS: &str =
        "https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-scaling.html";
    /// Instances at once, by rate and duration.
    pub(in crate::capacity) const LAMBDA_CONCURRENCY: &str =
        "https://docs.aws.amazon.com/lambda/latest/dg/lambda-concurrency.html";
    /// Quotas of Lambda.
    pub(in crate::capacity) const LAMBDA_QUOTAS: &str =
        "https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html";
    /// How endpoints grow.
    pub(in crate::capacity) const ENDPOINT_SCALING: &str =
        "https://docs.aws.amazon.com/sagemaker/latest/dg/endpoint-auto-scaling.html";
    /// How asynchronous endpoints grow.
    pub(in crate::capacity) const ASYNC_SCALING: &str =
        "https://docs.aws.amazon.com/sagemaker/latest/dg/async-inference-autoscale.html";
    /// Requests at once of a serverless endpoint.
    pub(in crate::capacity) const SERVERLESS: &str =
        "https://docs.aws.amazon.com/sagemaker/latest/dg/serverless-endpoints.html";
    /// Units of a table.
    pub(in crate::capacity) const TABLE_UNITS: &str =
        "https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/capacity-mode.html";
    /// How on-demand tables grow.
    pub(in crate::capacity) const TABLE_ON_DEMAND: &str =
        "https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/on-demand-capacity-mode.html";
    /// What one partition takes.
    pub(in crate::capacity) const PARTITION: &str =
        "https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/bp-partition-key-design.html";
    /// Quotas of DynamoDB.
    pub(in crate::capacity) const TABLE_QUOTAS: &str =
        "https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ServiceQuotas.html";
    /// Quotas of Firehose.
    pub(in crate::capacity) const FIREHOSE: &str = "https://docs.aws.amazon.com/firehose/latest/dev/limits.html";
    /// Quotas of KMS.
    pub(in crate::capacity) const KMS: &str =
        "https://docs.aws.amazon.com/kms/latest/developerguide/requests-per-second.html";
    /// Quotas of SQS.
    pub(in crate::capacity) const SQS: &str =
        "https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-queues.html";
}

/// A shard takes 1 MB/s (aws-facts.md 2.1; the decimal megabyte is the careful reading) …
pub(super) const SHARD_WRITE_BYTES: f64 = 1e6;
/// … or 1,000 records/s, whichever comes first,
pub(super) const SHARD_WRITE_RECORDS: f64 = 1_000.0;
/// and gives 2 MB/s to all shared readers together, and 2 MB/s to each fan-out reader,
pub(super) const SHARD_READ_BYTES: f64 = 2e6;
/// in at most 5 `GetRecords` calls a second of all shared readers together,
pub(super) const SHARD_READS: f64 = 5.0;
/// each of at most 10,000 records …
pub(super) const READ_RECORDS: f64 = 10_000.0;
/// … and 10 MB.
pub(super) const READ_BYTES: f64 = 10e6;
/// Fan-out readers of a stream (aws-facts.md 2.1).
pub(super) const FAN_OUT_READERS: f64 = 20.0;
/// Most shards a stream can have (resource schema).
pub(super) const MOST_SHARDS: f64 = 100_000.0;
/// Most shards to which `UpdateShardCount` scales a stream (aws-facts.md 2.1).
pub(super) const UPDATED_SHARDS: f64 = 10_000.0;
/// Shards worth of an on-demand stream that is new: 4 MB/s and 4,000 records/s (aws-facts.md 2.1).
pub(super) const ON_DEMAND_START: f64 = 4.0;
/// What an on-demand stream takes at once: so many times the highest load of the last 30 days (aws-facts.md 2.1).
pub(super) const ON_DEMAND_GROWTH: f64 = 2.0;
/// Streams in on-demand mode in an account and region (aws-facts.md 2.1).
pub(super) const ON_DEMAND_STREAMS: f64 = 50.0;

/// Regions with the higher quotas of Kinesis and KMS.
const LARGE: [&str; 3] = ["us-east-1", "us-west-2", "eu-west-1"];

/// Bytes per second into one on-demand stream at most (aws-facts.md 2.1).
pub(super) fn on_demand_write(region: &str) -> f64 {
    if LARGE.contains(&region) { 10e9 } else { 200e6 }
}

/// Shards in an account and region; elsewhere AWS lists 1,000 or 6,000, of which this is the careful one
/// (aws-facts.md 2.1).
pub(super) fn shards(region: &str) -> f64 {
    if LARGE.contains(&region) { 20_000.0 } else { 1_000.0 }
}

/// Symmetric cryptographic requests a second in an account and region.
pub(super) fn kms_requests(region: &str) -> f64 {
    const MEDIUM: [&str; 6] =
        ["us-east-2", "ap-southeast-1", "ap-southeast-2", "ap-northeast-1", "eu-central-1", "eu-west-2"];
    if LARGE.contains(&region) {
        100_000.0
    } else if MEDIUM.contains(&region) {
        20_000.0
    } else {
        10_000.0
    }
}

/// Lambda polls a shard of a shared reader once a second while there is nothing to catch up with (aws-facts.md 2.2).
pub(super) const POLL: f64 = 1.0;
/// A record is with a fan-out reader so many seconds after it was put (aws-facts.md 2.1: "typically within 70 ms").
pub(super) const FAN_OUT_DELAY: f64 = 0.070;
/// Bytes of a synchronous invocation's event: a batch is cut before it grows beyond (aws-facts.md 2.2).
pub(super) const PAYLOAD: f64 = 6e6;
/// Most batches of a shard at once.
pub(super) const MOST_PARALLEL: u32 = 10;
/// Most records of a batch.
pub(super) const MOST_BATCH: u32 = 10_000;
/// Function instances at once in an account where nobody raised it (aws-facts.md 2.2) …
pub(super) const CONCURRENCY: f64 = 1_000.0;
/// … of which so many can never be reserved.
pub(super) const UNRESERVED: f64 = 100.0;
/// Requests a second to functions, for each instance that the account may have (aws-facts.md 2.2).
pub(super) const REQUESTS_PER_CONCURRENCY: f64 = 10.0;
/// Batches of a queue at once where the file sets no bound: Lambda's own.
pub(super) const QUEUE_AT_ONCE: f64 = 1_250.0;
/// Messages of a standard queue that may be worked on.
pub(super) const QUEUE_IN_FLIGHT: f64 = 120_000.0;

/// Writes a second that a new on-demand table takes (aws-facts.md 2.4), …
pub(super) const TABLE_START_WRITES: f64 = 4_000.0;
/// … reads, …
pub(super) const TABLE_START_READS: f64 = 12_000.0;
/// … and the units of each that it has where nobody raised the quota.
pub(super) const TABLE_UNITS: f64 = 40_000.0;
/// Write units a second of one partition (aws-facts.md 2.4).
pub(super) const PARTITION_WRITES: f64 = 1_000.0;
/// Bytes of a write unit.
pub(super) const WRITE_UNIT: f64 = 1_024.0;
