//! Queues, topics, buckets.

use super::{AfterStandard, Encryption};
use crate::units::{Duration, StageName};

/// An SQS queue with a dead-letter queue of its own.
#[derive(Clone, Debug, PartialEq)]
pub struct Queue {
    /// Its name in the pipeline.
    pub name: StageName,
    /// How long messages wait, 60 s to 14 d.
    pub retention: Duration,
    /// How long a message is hidden while it is worked on, up to 12 h; at least the timeout of every worker.
    pub visibility: Duration,
    /// Attempts before a message goes to the dead-letter queue, 1 to 1,000.
    pub attempts: u32,
    /// How long a new message is hidden, up to 15 min.
    pub delay: Duration,
    /// Who works on the messages besides the pipeline's own workers.
    pub read_by: Option<String>,
    /// How messages are encrypted.
    pub encryption: Encryption,
}

/// An SNS topic. Workers that read it are not listed here; see [`crate::pipeline::edges`].
#[derive(Clone, Debug, PartialEq)]
pub struct Topic {
    /// Its name in the pipeline.
    pub name: StageName,
    /// Queues of this pipeline that get every message.
    pub queues: Vec<StageName>,
    /// Addresses of mail that get every message.
    pub emails: Vec<String>,
    /// How messages are encrypted.
    pub encryption: Encryption,
}

/// An S3 bucket.
#[derive(Clone, Debug, PartialEq)]
pub struct Bucket {
    /// Its name in the pipeline.
    pub name: StageName,
    /// How long objects are kept; `None` for ever.
    pub keep: Option<BucketKeep>,
    /// Whether old versions of objects are kept.
    pub versioned: bool,
    /// How objects are encrypted.
    pub encryption: Encryption,
}

/// How long objects of a bucket are kept, and where.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BucketKeep {
    /// How long in standard storage, in whole days.
    pub standard: Duration,
    /// What happens then.
    pub then: AfterStandard,
}
