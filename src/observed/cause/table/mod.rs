//! The known causes, service by service. Narrow ones come before wide ones: the first that fits explains a failure.

mod functions;
mod general;
mod models;
mod storage;
mod streams;

use super::{KnownCause, Recorded, RunAgain};
use crate::units::Duration;

/// All of them, in the order in which they are tried.
pub(super) const TABLES: [&[KnownCause]; 5] =
    [functions::CAUSES, streams::CAUSES, models::CAUSES, storage::CAUSES, general::CAUSES];

/// What an entry says where it says nothing else.
const ANY: KnownCause = KnownCause {
    id: "",
    cause: "",
    fix: "",
    field: None,
    again: RunAgain::WhenMended,
    types: &[],
    codes: &[],
    texts: &[],
    recorded: &[],
};

const FUNCTION: &str = "AWS::Lambda::Function";
const VERSION: &str = "AWS::Lambda::Version";
const ALIAS: &str = "AWS::Lambda::Alias";
const MAPPING: &str = "AWS::Lambda::EventSourceMapping";
const STREAM: &str = "AWS::Kinesis::Stream";
const DELIVERY: &str = "AWS::KinesisFirehose::DeliveryStream";
const MODEL: &str = "AWS::SageMaker::Model";
const ENDPOINT: &str = "AWS::SageMaker::Endpoint";
const TABLE: &str = "AWS::DynamoDB::Table";
const BUCKET: &str = "AWS::S3::Bucket";
const QUEUE: &str = "AWS::SQS::Queue";
const LOG_GROUP: &str = "AWS::Logs::LogGroup";
const ROLE: &str = "AWS::IAM::Role";
const POLICY: &str = "AWS::IAM::Policy";
const MANAGED_POLICY: &str = "AWS::IAM::ManagedPolicy";

/// Nothing is to be mended.
const AS_IT_IS: RunAgain = RunAgain::AsItIs;

const fn later(seconds: u64) -> RunAgain {
    RunAgain::Later { wait: Duration::from_secs(seconds) }
}

const fn seen(type_name: &'static str, reason: &'static str, source: &'static str) -> Recorded {
    Recorded { type_name, reason, source }
}
