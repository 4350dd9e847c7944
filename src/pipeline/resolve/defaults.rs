//! What a field means that nobody wrote, by tier. The documentation of each field says the same in words.

use crate::environment::Tier;
use crate::pipeline::model::AfterStandard;
use crate::units::{ByteSize, Duration, Percent};

/// Longest run of a build.
pub(super) const BUILD_TIMEOUT: Duration = Duration::from_secs(600);

/// Retention of a stream: a week leaves time to mend a consumer over a weekend; development pays for a day.
pub(super) fn retention(tier: Tier) -> Duration {
    match tier {
        Tier::Development => Duration::from_secs(24 * 3_600),
        Tier::Staging | Tier::Production => Duration::from_secs(7 * 86_400),
    }
}

/// Point-in-time recovery of a table.
pub(super) fn point_in_time_recovery(tier: Tier) -> bool {
    match tier {
        Tier::Development => false,
        Tier::Staging | Tier::Production => true,
    }
}

/// Days that logs are kept.
pub(super) fn log_retention_days(tier: Tier) -> u32 {
    match tier {
        Tier::Development => 7,
        Tier::Staging => 30,
        Tier::Production => 90,
    }
}

/// Least and most instances of an endpoint: one instance is an outage at every hardware failure.
pub(super) fn instances(tier: Tier) -> (u32, u32) {
    match tier {
        Tier::Development => (1, 1),
        Tier::Staging | Tier::Production => (2, 4),
    }
}

/// What happens to archived objects after standard storage.
pub(super) fn after_standard(tier: Tier) -> AfterStandard {
    match tier {
        Tier::Development => AfterStandard::Delete,
        Tier::Staging | Tier::Production => AfterStandard::Glacier,
    }
}

/// How long archived objects stay in standard storage.
pub(super) const KEEP_STANDARD: Duration = Duration::from_secs(90 * 86_400);
/// How long a canary is watched.
pub(super) const CANARY_WAIT: Duration = Duration::from_secs(300);
/// Peak over ordinary load where no peak is declared.
pub(super) const PEAK_FACTOR: f64 = 3.0;
/// How long a peak lasts.
pub(super) const BURST: Duration = Duration::from_secs(20 * 60);
/// Mean size of a record.
pub(super) const RECORD: ByteSize = ByteSize::from_bytes(1024);
/// A handler's memory.
pub(super) const MEMORY: ByteSize = ByteSize::from_mib(512);
/// A handler's longest invocation.
pub(super) const TIMEOUT: Duration = Duration::from_secs(60);
/// A handler's runtime.
pub(super) const RUNTIME: &str = "python3.13";
/// Records of a batch.
pub(super) const BATCH_SIZE: u32 = 100;
/// Retries after the first attempt: without a bound one bad record blocks its shard until it expires.
pub(super) const RETRIES: u32 = 3;
/// Oldest record that is still tried.
pub(super) const MAX_AGE: Duration = Duration::from_secs(3_600);
/// A Firehose buffer.
pub(super) const BUFFER_SIZE: ByteSize = ByteSize::from_mib(64);
/// How long a Firehose buffer gathers.
pub(super) const BUFFER_EVERY: Duration = Duration::from_secs(300);
/// How often a key's material changes (AWS's own default).
pub(super) const KEY_ROTATION: Duration = Duration::from_secs(365 * 86_400);
/// Shares of a budget at which somebody is told.
pub(super) const BUDGET_ALERTS: [f64; 2] = [80.0, 100.0];
/// How full an autoscaled table's capacity is kept.
pub(super) const TABLE_TARGET: Percent = Percent::new(70.0);
/// How long a queue keeps messages (SQS's own default).
pub(super) const QUEUE_RETENTION: Duration = Duration::from_secs(4 * 86_400);
/// How long a message is hidden where no worker says otherwise (SQS's own default).
pub(super) const VISIBILITY: Duration = Duration::from_secs(30);
/// Attempts before a message goes to the dead-letter queue.
pub(super) const ATTEMPTS: u32 = 5;
/// Messages of a batch.
pub(super) const MESSAGES: u32 = 10;
/// Retries of an asynchronous invocation (Lambda's own default).
pub(super) const ASYNC_RETRIES: u32 = 2;
/// How long a request to an asynchronous endpoint may wait (SageMaker's own default).
pub(super) const REQUEST_EXPIRES: Duration = Duration::from_secs(21_600);
/// Share of requests that a shadow gets.
pub(super) const SHADOW_SHARE: Percent = Percent::new(50.0);
/// How long a data point of a metric's alarm gathers.
pub(super) const ALARM_PERIOD: Duration = Duration::from_secs(60);
/// How many data points must be bad, and of how many: one slow minute wakes nobody.
pub(super) const ALARM_POINTS: (u32, u32) = (3, 5);

/// Least and most instances of an asynchronous endpoint.
pub(super) fn async_instances(tier: Tier) -> (u32, u32) {
    match tier {
        Tier::Development => (1, 1),
        Tier::Staging | Tier::Production => (1, 4),
    }
}
