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
    /// Quotas of SQS.
    pub(in crate::capacity) const SQS: &str =
        "https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-messages.html";
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
/// Shards worth of an on-demand stream that is new: 4 MB/s and 4,000 records/s (aws-facts.md 2.1).
pub(super) const ON_DEMAND_START: f64 = 4.0;
/// What an on-demand stream takes at once: so many times the highest load of the last 30 days (aws-facts.md 2.1).
pub(super) const ON_DEMAND_GROWTH: f64 = 2.0;

/// Regions with the higher quotas of Kinesis and KMS.
const LARGE: [&str; 3] = ["us-east-1", "us-west-2", "eu-west-1"];

/// Bytes per second into one on-demand stream at most (aws-facts.md 2.1).
pub(super) fn on_demand_write(region: &str) -> f64 {
    if LARGE.contains(&region) { 10e9 } else { 200e6 }
}

/// Lambda polls a shard of a shared reader once a second while there is nothing to catch up with (aws-facts.md 2.2).
pub(super) const POLL: f64 = 1.0;
/// Bytes of a synchronous invocation's event: a batch is cut before it grows beyond (aws-facts.md 2.2).
pub(super) const PAYLOAD: f64 = 6e6;
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
