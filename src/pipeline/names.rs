//! Physical names and logical ids (DESIGN section 8): the one place that spells them.
//!
//! A physical name is `<pipeline>-<environment>-<stage>`, so that producers, people and commands find a
//! resource without a look-up. `resolve` refuses names that AWS would refuse; whoever holds a
//! [`Pipeline`] may rely on every name here being within its limit.

use sha2::{Digest as _, Sha256};

use super::model::Pipeline;
use super::stage::{AlarmId, StageKind, StageRef};
use crate::units::{AccountId, EnvironmentName, LogicalId, PipelineName, Region, StageName};

/// Longest bucket name, `s3` (aws-facts.md, bucket naming rules).
const BUCKET: usize = 63;
/// Longest SageMaker model, endpoint and endpoint configuration name.
const SAGEMAKER: usize = 63;

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

    /// The log group of a consumer's function; Lambda's own default name, so that nothing is logged elsewhere.
    #[must_use]
    pub fn log_group_name(&self, consumer: &StageName) -> String {
        format!("/aws/lambda/{}", self.physical_name(consumer))
    }

    /// The log group of an archive's delivery errors.
    #[must_use]
    pub fn archive_log_group_name(&self, stream: &StageName) -> String {
        format!("/aws/kinesisfirehose/{}", self.physical_name(stream))
    }

    /// The queue of a consumer's discarded records.
    #[must_use]
    pub fn failure_queue_name(&self, consumer: &StageName) -> String {
        format!("{}-failed", self.physical_name(consumer))
    }

    /// The bucket of an archive: with account and region, since bucket names are global; shortened with a hash.
    #[must_use]
    pub fn archive_bucket_name(&self, stream: &StageName) -> String {
        shorten(&format!("{}-{}-{}", self.physical_name(stream), self.account(), self.region()), BUCKET)
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
}

/// The bucket of handlers and models of an account and region, made by the foundation.
#[must_use]
pub fn artifact_bucket(account: &AccountId, region: &Region) -> String {
    format!("sluice-artifacts-{account}-{region}")
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

/// The logical id of what belongs to the pipeline as a whole: `AlarmTopic`, `Dashboard`.
#[must_use]
pub fn shared_id(words: &[&str]) -> LogicalId {
    LogicalId::from_words(words)
}

/// Longest name that AWS takes for a stage's resources, in characters, and what that resource is
/// (aws-facts.md section 2 and the resource schemas).
#[must_use]
pub fn limits(kind: StageKind) -> &'static [(&'static str, usize, &'static str)] {
    match kind {
        StageKind::Stream => &[("stream", 128, "")],
        StageKind::Table => &[("table", 255, "")],
        StageKind::Endpoint => &[("endpoint", SAGEMAKER, "")],
        StageKind::Consumer => &[("function", 64, ""), ("queue", 80, "-failed")],
        StageKind::Archive => &[("delivery stream", 64, "")],
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
