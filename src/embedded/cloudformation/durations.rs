//! How long a resource is under way, by type and action.
//!
//! Typical times as seen in stack event logs; the ones with a source say so. Real ones scatter, these do
//! not: a test must be able to name the second. Whoever wants it faster runs the clock faster.

use crate::units::Duration;

/// What is done to the resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Act {
    Create,
    Update,
    Delete,
}

/// How long, and whether a consistency check is seen before the end of a creation (SQ-02).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Course {
    /// From the first event to the last.
    pub whole: Duration,
    /// When `Eventual consistency check initiated` is seen, from the first event.
    pub check: Option<Duration>,
}

/// From the first event to the call of the service.
pub(super) const CALL: Duration = Duration::from_secs(1);

/// Seconds of creation, update and deletion.
const fn seconds(type_name: &[u8]) -> Option<(u64, u64, u64)> {
    Some(match type_name {
        // CreateStream returns at once; ACTIVE follows within seconds. Resharding and mode changes take longer.
        b"AWS::Kinesis::Stream" => (6, 30, 12),
        b"AWS::Kinesis::StreamConsumer" => (10, 2, 10),
        b"AWS::DynamoDB::Table" => (11, 12, 16),
        // Endpoint creation provisions instances; an update is a blue/green shift and longer.
        b"AWS::SageMaker::Endpoint" => (270, 420, 20),
        b"AWS::SageMaker::Model" => (3, 3, 2),
        b"AWS::SageMaker::EndpointConfig" => (2, 2, 2),
        b"AWS::KinesisFirehose::DeliveryStream" => (75, 20, 25),
        b"AWS::Lambda::Function" => (6, 8, 4),
        b"AWS::Lambda::Version" => (5, 2, 2),
        b"AWS::Lambda::Alias" => (2, 2, 2),
        b"AWS::Lambda::EventSourceMapping" => (25, 25, 25),
        // IAM is eventually consistent; the handlers wait for it.
        b"AWS::IAM::Role" => (18, 16, 3),
        b"AWS::IAM::Policy" => (17, 16, 2),
        b"AWS::IAM::ManagedPolicy" => (17, 16, 2),
        b"AWS::S3::Bucket" => (14, 13, 3),
        b"AWS::S3::BucketPolicy" => (2, 2, 2),
        // stream: a queue's creation was recorded with 61 s (SQ-04).
        b"AWS::SQS::Queue" => (61, 60, 61),
        b"AWS::SNS::Topic" => (10, 3, 3),
        b"AWS::KMS::Key" => (124, 12, 3),
        b"AWS::Logs::LogGroup" => (4, 3, 2),
        b"AWS::CloudWatch::Alarm" => (2, 2, 2),
        b"AWS::CloudWatch::CompositeAlarm" => (2, 2, 2),
        b"AWS::ApplicationAutoScaling::ScalableTarget" => (3, 3, 2),
        _ => return None,
    })
}

/// Types whose handlers show the consistency check as a step of its own.
const CHECKED: &[&str] =
    &["AWS::SQS::Queue", "AWS::IAM::Role", "AWS::S3::Bucket", "AWS::DynamoDB::Table", "AWS::SNS::Topic"];

/// The course of an action on a type.
pub(super) fn course(type_name: &str, act: Act) -> Course {
    let (create, update, delete) = seconds(type_name.as_bytes()).unwrap_or((3, 3, 2));
    let whole = match act {
        Act::Create => create,
        Act::Update => update,
        Act::Delete => delete,
    };
    let checked = act == Act::Create && whole >= 6 && CHECKED.contains(&type_name);
    Course { whole: Duration::from_secs(whole), check: checked.then(|| Duration::from_secs(2)) }
}
