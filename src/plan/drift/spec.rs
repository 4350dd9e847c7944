//! The line of the pipeline file that says what a property should be.

use super::Sighting;
use crate::pipeline::Origin;
use crate::units::LogicalId;

/// Where a property comes from: the field that sets it, or else the stage that its resource belongs to.
pub(super) fn origin(sighting: &Sighting<'_>, id: &LogicalId, type_name: &str, path: Option<&str>) -> Option<Origin> {
    let origin = sighting.origins.get(id)?;
    let field = path.and_then(|path| field(type_name, path));
    match (field, &origin.stage, sighting.pipeline) {
        (Some(field), Some(stage), Some(pipeline)) => {
            Some(Origin { escapes: origin.escapes.clone(), ..pipeline.stage_origin(stage, field) })
        }
        _ => Some(origin.clone()),
    }
}

/// The field of a stage that decides a property.
fn field(type_name: &str, path: &str) -> Option<&'static str> {
    let top = path.trim_start_matches('/').split('/').next().unwrap_or_default();
    Some(match (type_name, top) {
        ("AWS::Kinesis::Stream", "RetentionPeriodHours") => "retention",
        ("AWS::Kinesis::Stream", "ShardCount" | "StreamModeDetails") => "capacity",
        ("AWS::Kinesis::Stream", "DesiredShardLevelMetrics") => "shard_metrics",
        ("AWS::Kinesis::Stream", "StreamEncryption") => "encryption",
        ("AWS::DynamoDB::Table", "TimeToLiveSpecification") => "ttl",
        ("AWS::DynamoDB::Table", "PointInTimeRecoverySpecification") => "point_in_time_recovery",
        ("AWS::DynamoDB::Table", "SSESpecification") => "encryption",
        ("AWS::DynamoDB::Table", "BillingMode" | "ProvisionedThroughput") => "capacity",
        ("AWS::ApplicationAutoScaling::ScalableTarget", _) => "capacity",
        ("AWS::Lambda::EventSourceMapping", "EventSourceArn") => "from",
        (
            "AWS::Lambda::EventSourceMapping",
            "BatchSize" | "ParallelizationFactor" | "MaximumBatchingWindowInSeconds",
        ) => "batch",
        (
            "AWS::Lambda::EventSourceMapping",
            "DestinationConfig"
            | "MaximumRetryAttempts"
            | "MaximumRecordAgeInSeconds"
            | "BisectBatchOnFunctionError"
            | "FunctionResponseTypes",
        )
        | ("AWS::Lambda::EventInvokeConfig", _) => "failure",
        ("AWS::Lambda::EventSourceMapping", "FilterCriteria") => "filter",
        ("AWS::Lambda::Function", "MemorySize") => "memory",
        ("AWS::Lambda::Function", "Timeout") => "timeout",
        ("AWS::Lambda::Function", "Runtime") => "runtime",
        ("AWS::Lambda::Function", "Handler") => "handler",
        ("AWS::Lambda::Function", "Code") => "code",
        ("AWS::Lambda::Function", "Environment") => "environment",
        ("AWS::Lambda::Function", "ReservedConcurrentExecutions")
        | ("AWS::Lambda::Alias", "ProvisionedConcurrencyConfig") => "concurrency",
        ("AWS::SageMaker::Endpoint", "EndpointConfigName") => "model",
        ("AWS::SageMaker::Endpoint", "DesiredInstanceCount") => "serving",
        ("AWS::SQS::Queue", "VisibilityTimeout") => "visibility",
        ("AWS::SQS::Queue", "MessageRetentionPeriod") => "retention",
        ("AWS::SQS::Queue" | "AWS::SNS::Topic", "KmsMasterKeyId") | ("AWS::S3::Bucket", "BucketEncryption") => {
            "encryption"
        }
        _ => return None,
    })
}
