//! What a difference means for the flow of records.

use super::model::Verdict;
use crate::observed::SeenDifference;

/// What it means that a resource is gone.
pub(super) fn gone(type_name: &str) -> Verdict {
    Verdict::dangerous(match type_name {
        "AWS::Kinesis::Stream" => "producers cannot write, and every record that was in it is lost",
        "AWS::Kinesis::StreamConsumer" => "the readers of its fan-out read nothing",
        "AWS::Lambda::EventSourceMapping" => "nothing is read; where it stood in the stream is forgotten",
        "AWS::Lambda::Function" | "AWS::Lambda::Alias" | "AWS::Lambda::Version" => "nobody handles the records",
        "AWS::Lambda::Permission" => "who called the function may no longer call it",
        "AWS::Lambda::EventInvokeConfig" => "calls that fail for good go nowhere",
        "AWS::DynamoDB::Table" => "its items are lost, and who writes to it fails",
        "AWS::S3::Bucket" => "its objects are lost, and who writes to it fails",
        "AWS::S3::BucketPolicy" => "the bucket takes requests without TLS, and whatever else it refused",
        "AWS::SQS::Queue" => "its messages are lost, and who sends to it fails",
        "AWS::SNS::Topic" | "AWS::SNS::Subscription" => "nobody is told any more",
        "AWS::KinesisFirehose::DeliveryStream" => {
            "nothing is archived; records that nobody delivered expire in their stream"
        }
        "AWS::SageMaker::Endpoint" => "nothing answers",
        "AWS::CloudWatch::Alarm" | "AWS::CloudWatch::CompositeAlarm" => "nobody is told when it goes wrong",
        "AWS::ApplicationAutoScaling::ScalableTarget" | "AWS::ApplicationAutoScaling::ScalingPolicy" => {
            "it no longer follows its load"
        }
        "AWS::IAM::Role" | "AWS::IAM::ManagedPolicy" | "AWS::Kinesis::ResourcePolicy" => "who acted by it is denied",
        "AWS::KMS::Key" | "AWS::KMS::Alias" => "what is encrypted with it cannot be read",
        "AWS::Logs::LogGroup" => "its logs are lost",
        "AWS::CloudWatch::Dashboard" => return Verdict::unexpected("the dashboard is gone"),
        _ => "it is gone, and nobody deployed that",
    })
}

/// What it means that a property has another value.
pub(super) fn changed(type_name: &str, difference: &SeenDifference) -> Verdict {
    let seen =
        Seen { path: &difference.path, expected: difference.expected.as_deref(), actual: difference.actual.as_deref() };
    let found = match type_name {
        "AWS::Kinesis::Stream" => stream(seen),
        "AWS::Lambda::EventSourceMapping" => mapping(seen),
        "AWS::Lambda::Function" | "AWS::Lambda::Alias" | "AWS::Lambda::EventInvokeConfig" => function(seen),
        "AWS::DynamoDB::Table" => table(seen),
        "AWS::S3::Bucket" | "AWS::S3::BucketPolicy" => bucket(seen),
        "AWS::SQS::Queue" | "AWS::SNS::Topic" | "AWS::SNS::Subscription" => message(seen),
        "AWS::KinesisFirehose::DeliveryStream" => delivery(seen),
        "AWS::CloudWatch::Alarm" | "AWS::CloudWatch::CompositeAlarm" => alarm(seen),
        "AWS::IAM::Role" | "AWS::IAM::ManagedPolicy" | "AWS::Kinesis::ResourcePolicy" | "AWS::KMS::Key" => right(seen),
        "AWS::ApplicationAutoScaling::ScalableTarget" => Some(Verdict::unexpected("it scales between other bounds")),
        "AWS::ApplicationAutoScaling::ScalingPolicy" => Some(Verdict::unexpected("it scales at another load")),
        "AWS::Logs::LogGroup" if seen.top() == "RetentionInDays" => {
            Some(Verdict::unexpected("logs are kept for another time, at another price"))
        }
        _ => None,
    };
    found.unwrap_or_else(|| Verdict::unexpected("somebody changed it past the pipeline file"))
}

/// A difference, taken apart.
#[derive(Clone, Copy)]
struct Seen<'a> {
    path: &'a str,
    expected: Option<&'a str>,
    actual: Option<&'a str>,
}

impl Seen<'_> {
    fn top(&self) -> &str {
        self.path.trim_start_matches('/').split('/').next().unwrap_or_default()
    }

    /// Whether the number that is there is smaller than it should be.
    fn less(&self) -> bool {
        let number = |text: Option<&str>| text.and_then(|text| text.parse::<f64>().ok());
        matches!((number(self.expected), number(self.actual)), (Some(expected), Some(actual)) if actual < expected)
    }

    /// Whether what was switched on is off, or not there.
    fn off(&self) -> bool {
        matches!(self.actual, None | Some("false" | "null" | "Disabled" | "Suspended" | "DISABLED"))
    }
}

fn dangerous(meaning: &str) -> Option<Verdict> {
    Some(Verdict::dangerous(meaning))
}

fn unexpected(meaning: &str) -> Option<Verdict> {
    Some(Verdict::unexpected(meaning))
}

fn stream(seen: Seen<'_>) -> Option<Verdict> {
    match seen.top() {
        "RetentionPeriodHours" if seen.less() => {
            let hours = seen.actual.unwrap_or_default();
            Some(Verdict::dangerous(format!(
                "records expire {hours}h after they arrived: a reader that is further behind loses them"
            )))
        }
        "RetentionPeriodHours" => unexpected("records are kept longer, which costs more"),
        "StreamEncryption" if seen.off() => dangerous("records are stored unencrypted"),
        "StreamEncryption" => {
            dangerous("records are encrypted with another key: who has no right on it can neither write nor read")
        }
        "ShardCount" if seen.less() => dangerous("it takes in less than the load needs: producers are throttled"),
        "ShardCount" => unexpected("it takes in more than was sized, and costs more"),
        "StreamModeDetails" => unexpected("its capacity is found in another way: other limits, another price"),
        "DesiredShardLevelMetrics" => unexpected("alarms and dashboards on metrics of shards see other data"),
        _ => None,
    }
}

/// What it means that a reader is switched off.
pub(super) fn nothing_is_read() -> Verdict {
    Verdict::dangerous("nothing is read: the consumer falls behind, and loses what expires before it reads again")
}

fn mapping(seen: Seen<'_>) -> Option<Verdict> {
    match seen.top() {
        "Enabled" if seen.off() => Some(nothing_is_read()),
        "Enabled" => dangerous("it reads, and should not"),
        "FunctionName" => dangerous("its records go to another function"),
        "EventSourceArn" => dangerous("it reads something else"),
        "DestinationConfig" if seen.actual.is_none() => {
            dangerous("records that fail for good are dropped, and nobody keeps them")
        }
        "DestinationConfig" => dangerous("records that fail for good go somewhere else"),
        "MaximumRetryAttempts" | "MaximumRecordAgeInSeconds" if seen.actual == Some("-1") => {
            dangerous("a record that fails blocks its shard until it expires")
        }
        "MaximumRetryAttempts" | "MaximumRecordAgeInSeconds" if seen.less() => {
            dangerous("records are given up sooner than was meant")
        }
        "FunctionResponseTypes" => {
            dangerous("a batch of which one record fails is handled again as a whole, or no longer")
        }
        "BisectBatchOnFunctionError" => dangerous("one bad record takes its whole batch with it, or no longer"),
        "FilterCriteria" => dangerous("other records are passed over than was meant"),
        "MaximumRetryAttempts" | "MaximumRecordAgeInSeconds" => unexpected("a record that fails is tried for longer"),
        "BatchSize" | "ParallelizationFactor" | "MaximumBatchingWindowInSeconds" => {
            unexpected("it reads at another pace: latency and catching up are not as sized")
        }
        _ => None,
    }
}

fn function(seen: Seen<'_>) -> Option<Verdict> {
    match seen.top() {
        "FunctionVersion" => dangerous("other code is called than was deployed"),
        "RoutingConfig" => dangerous("a share of the calls goes to another version"),
        "ReservedConcurrentExecutions" if seen.actual == Some("0") => dangerous("it is never called"),
        "ReservedConcurrentExecutions" => unexpected("it runs more or fewer times at once than was sized"),
        "Role" => dangerous("it acts with other rights"),
        "DeadLetterConfig" | "DestinationConfig" => dangerous("calls that fail for good go elsewhere, or nowhere"),
        "Runtime" | "Handler" => dangerous("the code runs in another way than it was deployed"),
        "Environment" => unexpected("new instances see other settings than were deployed"),
        "MemorySize" | "Timeout" => unexpected("it is given other means than was sized"),
        "ProvisionedConcurrencyConfig" => unexpected("another number of instances is kept warm"),
        _ => None,
    }
}

fn table(seen: Seen<'_>) -> Option<Verdict> {
    match seen.top() {
        "TimeToLiveSpecification" => dangerous("items do not expire as meant: the table grows, and old state is read"),
        "DeletionProtectionEnabled" if seen.off() => dangerous("anybody who may delete tables can delete it"),
        "PointInTimeRecoverySpecification" => dangerous("it cannot be put back to an earlier moment as meant"),
        "SSESpecification" => dangerous("items are not encrypted with the key that was meant"),
        "ProvisionedThroughput" if seen.less() => {
            dangerous("it takes less than was sized: reads or writes are throttled")
        }
        "ProvisionedThroughput" | "BillingMode" => unexpected("its capacity is found in another way, or costs more"),
        _ => None,
    }
}

fn bucket(seen: Seen<'_>) -> Option<Verdict> {
    match seen.top() {
        "PolicyDocument" => dangerous("who may reach the bucket, and whether only with TLS, is not as deployed"),
        "BucketEncryption" => dangerous("new objects are not encrypted as meant"),
        "PublicAccessBlockConfiguration" | "OwnershipControls" => dangerous("it can be made public"),
        "VersioningConfiguration" => dangerous("what is overwritten or deleted is gone for good"),
        "LifecycleConfiguration" => dangerous("objects are not kept as long, or not removed as soon, as meant"),
        _ => None,
    }
}

fn message(seen: Seen<'_>) -> Option<Verdict> {
    match seen.top() {
        "RedrivePolicy" => dangerous("messages that fail again and again go elsewhere, or nowhere"),
        "MessageRetentionPeriod" if seen.less() => dangerous("messages are lost sooner than was meant"),
        "KmsMasterKeyId" | "SqsManagedSseEnabled" => dangerous("messages are not encrypted as meant"),
        "VisibilityTimeout" if seen.less() => {
            dangerous("a message may be handed out again while it is still being handled")
        }
        "FilterPolicy" => dangerous("other messages are passed over than was meant"),
        _ => None,
    }
}

fn delivery(seen: Seen<'_>) -> Option<Verdict> {
    if seen.top() != "ExtendedS3DestinationConfiguration" {
        return match seen.top() {
            "DeliveryStreamEncryptionConfigurationInput" => dangerous("records wait unencrypted, or with another key"),
            _ => None,
        };
    }
    match seen.path.split('/').nth(2).unwrap_or_default() {
        "BucketARN" | "Prefix" | "ErrorOutputPrefix" => dangerous("records are archived somewhere else"),
        "RoleARN" => dangerous("it acts with other rights"),
        "EncryptionConfiguration" => dangerous("objects are not encrypted as meant"),
        "S3BackupMode" | "ProcessingConfiguration" | "DynamicPartitioningConfiguration" => {
            dangerous("records are archived in another form than who reads them expects")
        }
        "CompressionFormat" | "DataFormatConversionConfiguration" => {
            dangerous("objects have another form than who reads them expects")
        }
        "" => dangerous("records are archived somewhere else"),
        _ => unexpected("objects come at another pace, or in another size"),
    }
}

fn alarm(seen: Seen<'_>) -> Option<Verdict> {
    match seen.top() {
        "ActionsEnabled" => dangerous("it rings and nobody hears it"),
        "AlarmActions" => dangerous("somebody else, or nobody, is told"),
        "Threshold" | "EvaluationPeriods" | "DatapointsToAlarm" | "Period" | "TreatMissingData" | "AlarmRule"
        | "ComparisonOperator" => dangerous("it rings at something else than was meant"),
        _ => None,
    }
}

fn right(seen: Seen<'_>) -> Option<Verdict> {
    match seen.top() {
        "Enabled" => dangerous("what is encrypted with it cannot be read"),
        "EnableKeyRotation" => dangerous("its material does not change as meant"),
        "AssumeRolePolicyDocument" => dangerous("others may act in this role"),
        "Policies"
        | "PolicyDocument"
        | "ManagedPolicyArns"
        | "PermissionsBoundary"
        | "KeyPolicy"
        | "ResourcePolicy" => dangerous("rights are not as deployed: something is denied, or too much is allowed"),
        _ => None,
    }
}
