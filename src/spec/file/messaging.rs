//! Queues, topics, buckets.

use super::super::declare::record;
use super::super::leaf::{Days, Email, Seconds, Text, Whole};
use super::{EncryptionChoice, ThenChoice};
use crate::units::StageName;

record! {
    /// An SQS queue with a dead-letter queue of its own.
    "a queue" QueueSpec {
        /// How long messages wait, 1m to 14d (SQS's `MessageRetentionPeriod`). Left out, 4d.
        retention: Option<Seconds<60, 1_209_600>>,
        /// How long a message is hidden while it is worked on, 0s to 12h (SQS's `VisibilityTimeout`). Left out, six times the timeout of the
        /// slowest worker that reads the queue, or 30s.
        visibility: Option<Seconds<0, 43_200>>,
        /// How often a message is tried before it goes to the dead-letter queue, 1 to 1,000 (SQS's `maxReceiveCount`). Left out, 5.
        attempts: Option<Whole<1, 1000>>,
        /// How long a new message is hidden, 0s to 15m (SQS's `DelaySeconds`). Left out, 0s.
        delay: Option<Seconds<0, 900>>,
        /// Who works on the messages where no worker of this file does, for instance `moderators' console`.
        read_by: Option<Text<100>>,
        /// How messages are encrypted. Left out, as the file's `encryption` says.
        encryption: Option<EncryptionChoice>,
    }

    /// An SNS topic.
    "a topic" TopicSpec {
        /// Who gets what is published, besides the workers that read the topic.
        deliver_to: Option<DeliverToSpec>,
        /// How messages are encrypted. Left out, as the file's `encryption` says.
        encryption: Option<EncryptionChoice>,
    }

    /// Who gets what is published to a topic.
    "a delivery" DeliverToSpec {
        /// Queues of this file.
        queues: Vec<StageName>,
        /// Addresses of mail; each must confirm once.
        emails: Vec<Email>,
    }

    /// An S3 bucket: private, reached over TLS only, its objects the owner's.
    "a bucket" BucketSpec {
        /// How long objects are kept, and where. Left out, for ever.
        keep: Option<BucketKeepSpec>,
        /// Whether old versions of objects are kept. Left out, false.
        versioned: Option<bool>,
        /// How objects are encrypted. Left out, as the file's `encryption` says.
        encryption: Option<EncryptionChoice>,
    }

    /// How long objects of a bucket are kept, and where.
    "a retention of objects" BucketKeepSpec {
        /// How long in standard storage.
        standard: Days<1, 3650>,
        /// What happens then.
        then: ThenChoice,
    }
}
