//! What AWS counts: every kind of line that a pipeline's bill can have.

use std::borrow::Cow;
use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::diagnostic::closest;

macro_rules! services {
    ($($(#[$doc:meta])* $name:ident: $key:literal, $called:literal, $code:literal, $page:literal;)*) => {
        /// A service that charges.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub enum Service {
            $($(#[$doc])* $name,)*
        }

        impl Service {
            /// Every service.
            pub const ALL: &'static [Self] = &[$(Self::$name,)*];

            /// The service in one word, as price files write it.
            #[must_use]
            pub fn key(self) -> &'static str {
                match self { $(Self::$name => $key,)* }
            }

            /// Its name.
            #[must_use]
            pub fn called(self) -> &'static str {
                match self { $(Self::$name => $called,)* }
            }

            /// Its code in AWS's price list.
            #[must_use]
            pub fn code(self) -> &'static str {
                match self { $(Self::$name => $code,)* }
            }

            /// AWS's page of its prices.
            #[must_use]
            pub fn page(self) -> &'static str {
                match self { $(Self::$name => $page,)* }
            }
        }
    };
}

services! {
    /// Kinesis Data Streams.
    Kinesis: "kinesis", "Kinesis", "AmazonKinesis", "https://aws.amazon.com/kinesis/data-streams/pricing/";
    /// Data Firehose.
    Firehose: "firehose", "Firehose", "AmazonKinesisFirehose", "https://aws.amazon.com/firehose/pricing/";
    /// Lambda.
    Lambda: "lambda", "Lambda", "AWSLambda", "https://aws.amazon.com/lambda/pricing/";
    /// DynamoDB.
    DynamoDb: "dynamodb", "DynamoDB", "AmazonDynamoDB", "https://aws.amazon.com/dynamodb/pricing/";
    /// S3.
    S3: "s3", "S3", "AmazonS3", "https://aws.amazon.com/s3/pricing/";
    /// SageMaker.
    SageMaker: "sagemaker", "SageMaker", "AmazonSageMaker", "https://aws.amazon.com/sagemaker/pricing/";
    /// SQS.
    Sqs: "sqs", "SQS", "AWSQueueService", "https://aws.amazon.com/sqs/pricing/";
    /// SNS.
    Sns: "sns", "SNS", "AmazonSNS", "https://aws.amazon.com/sns/pricing/";
    /// KMS.
    Kms: "kms", "KMS", "awskms", "https://aws.amazon.com/kms/pricing/";
    /// CloudWatch.
    CloudWatch: "cloudwatch", "CloudWatch", "AmazonCloudWatch", "https://aws.amazon.com/cloudwatch/pricing/";
    /// X-Ray.
    XRay: "xray", "X-Ray", "AWSXRay", "https://aws.amazon.com/xray/pricing/";
}

macro_rules! meters {
    ($($(#[$doc:meta])* $name:ident: $service:ident, $key:literal, $what:literal, $unit:literal;)*) => {
        /// One kind of line of a bill: what is counted, and in which unit.
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub enum Meter {
            $($(#[$doc])* $name,)*
            /// Hours of a SageMaker instance that serves, by instance type (`ml.c5.xlarge`).
            Hosting(String),
        }

        impl Meter {
            /// Every meter but those of instance types, which nobody can count.
            pub const NAMED: &'static [Self] = &[$(Self::$name,)*];

            /// The service that charges.
            #[must_use]
            pub fn service(&self) -> Service {
                match self { $(Self::$name => Service::$service,)* Self::Hosting(_) => Service::SageMaker }
            }

            /// The meter's name in a price file.
            #[must_use]
            pub fn key(&self) -> Cow<'static, str> {
                match self {
                    $(Self::$name => Cow::Borrowed($key),)*
                    Self::Hosting(instance) => Cow::Owned(format!("{HOSTING}{instance}")),
                }
            }

            /// What is charged, in a few words.
            #[must_use]
            pub fn what(&self) -> Cow<'static, str> {
                match self {
                    $(Self::$name => Cow::Borrowed($what),)*
                    Self::Hosting(instance) => Cow::Owned(format!("{instance} instances")),
                }
            }

            /// What it is counted in.
            #[must_use]
            pub fn unit(&self) -> &'static str {
                match self { $(Self::$name => $unit,)* Self::Hosting(_) => "instance-hour" }
            }
        }
    };
}

/// How the meters of instance types begin.
const HOSTING: &str = "sagemaker.hosting.";

meters! {
    /// An open shard of a provisioned stream.
    ShardHour: Kinesis, "kinesis.shard_hour", "shards", "shard-hour";
    /// 25 KiB of a record put into a provisioned stream, or a part of them.
    PutPayloadUnit: Kinesis, "kinesis.put_payload_unit", "PUT payload units", "unit";
    /// Keeping records longer than a day, per shard, whatever the days.
    ExtendedRetentionShardHour: Kinesis, "kinesis.extended_retention_shard_hour", "extended retention", "shard-hour";
    /// Keeping records longer than seven days.
    LongTermRetention: Kinesis, "kinesis.long_term_retention_gb_month", "long-term retention", "GB-month";
    /// A fan-out consumer of a provisioned stream, per shard.
    FanOutConsumerShardHour: Kinesis, "kinesis.fan_out_consumer_shard_hour", "fan-out consumer", "shard-hour";
    /// What a fan-out consumer of a provisioned stream reads.
    FanOutGb: Kinesis, "kinesis.fan_out_gb", "fan-out reads", "GB";
    /// An on-demand stream.
    OnDemandStreamHour: Kinesis, "kinesis.on_demand_stream_hour", "on-demand stream", "stream-hour";
    /// What is put into an on-demand stream, each record rounded up to 1 KiB.
    OnDemandGbIn: Kinesis, "kinesis.on_demand_gb_in", "data in", "GB";
    /// What is read from an on-demand stream.
    OnDemandGbOut: Kinesis, "kinesis.on_demand_gb_out", "shared reads", "GB";
    /// What a fan-out consumer of an on-demand stream reads.
    OnDemandFanOutGb: Kinesis, "kinesis.on_demand_fan_out_gb", "fan-out reads", "GB";
    /// Keeping records of an on-demand stream for a day to seven days.
    OnDemandExtendedRetention: Kinesis, "kinesis.on_demand_extended_retention_gb_month", "extended retention", "GB-month";
    /// Keeping records of an on-demand stream longer than seven days.
    OnDemandLongTermRetention: Kinesis, "kinesis.on_demand_long_term_retention_gb_month", "long-term retention", "GB-month";
    /// What is put into streams of an account in On-demand Advantage mode.
    AdvantageGbIn: Kinesis, "kinesis.advantage_gb_in", "data in (Advantage)", "GB";
    /// What is read from streams of an account in On-demand Advantage mode.
    AdvantageGbOut: Kinesis, "kinesis.advantage_gb_out", "data out (Advantage)", "GB";
    /// Keeping records longer than a day in On-demand Advantage mode.
    AdvantageRetention: Kinesis, "kinesis.advantage_retention_gb_month", "retention (Advantage)", "GB-month";
    /// What a delivery stream takes, each record rounded up to 5 KiB.
    FirehoseGb: Firehose, "firehose.gb", "data delivered", "GB";
    /// What is converted to Parquet.
    ConversionGb: Firehose, "firehose.conversion_gb", "format conversion", "GB";
    /// What is delivered by dynamic partitioning.
    PartitioningGb: Firehose, "firehose.partitioning_gb", "dynamic partitioning", "GB";
    /// Objects that dynamic partitioning writes.
    PartitioningObject: Firehose, "firehose.partitioning_object", "partitioned objects", "object";
    /// Time in which dynamic partitioning looks into records.
    PartitioningJqHour: Firehose, "firehose.partitioning_jq_hour", "partition keys by JQ", "JQ-hour";
    /// An invocation.
    LambdaRequest: Lambda, "lambda.request", "invocations", "request";
    /// Duration of invocations, by memory.
    LambdaGbSecond: Lambda, "lambda.gb_second", "duration", "GB-second";
    /// Keeping instances of a function warm.
    ProvisionedGbSecond: Lambda, "lambda.provisioned_gb_second", "provisioned concurrency", "GB-second";
    /// Duration of invocations in instances that are kept warm.
    ProvisionedDuration: Lambda, "lambda.provisioned_duration_gb_second", "duration, provisioned", "GB-second";
    /// A write of up to 1 KiB to an on-demand table.
    WriteRequestUnit: DynamoDb, "dynamodb.write_request_unit", "writes", "WRU";
    /// A strongly consistent read of up to 4 KiB from an on-demand table; an eventually consistent one is half.
    ReadRequestUnit: DynamoDb, "dynamodb.read_request_unit", "reads", "RRU";
    /// Provisioned write capacity.
    WriteCapacityUnitHour: DynamoDb, "dynamodb.write_capacity_unit_hour", "write capacity", "WCU-hour";
    /// Provisioned read capacity.
    ReadCapacityUnitHour: DynamoDb, "dynamodb.read_capacity_unit_hour", "read capacity", "RCU-hour";
    /// What a table holds.
    TableStorage: DynamoDb, "dynamodb.storage_gb_month", "storage", "GB-month";
    /// Point-in-time recovery, by what the table holds.
    Recovery: DynamoDb, "dynamodb.recovery_gb_month", "point-in-time recovery", "GB-month";
    /// Objects in S3 Standard.
    StandardStorage: S3, "s3.standard_gb_month", "storage, Standard", "GB-month";
    /// Objects in S3 Glacier Flexible Retrieval.
    GlacierStorage: S3, "s3.glacier_gb_month", "storage, Glacier", "GB-month";
    /// Objects in S3 Glacier Deep Archive.
    DeepArchiveStorage: S3, "s3.deep_archive_gb_month", "storage, Deep Archive", "GB-month";
    /// `PUT` and its like.
    PutRequest: S3, "s3.put_request", "PUT requests", "request";
    /// Objects that a lifecycle rule moves to Glacier.
    GlacierTransition: S3, "s3.glacier_transition", "moves to Glacier", "request";
    /// Objects that a lifecycle rule moves to Deep Archive.
    DeepArchiveTransition: S3, "s3.deep_archive_transition", "moves to Deep Archive", "request";
    /// Memory and time of serverless inference.
    ServerlessGbSecond: SageMaker, "sagemaker.serverless_gb_second", "serverless inference", "GB-second";
    /// Serverless inference that is kept warm.
    ServerlessProvisioned: SageMaker, "sagemaker.serverless_provisioned_gb_second", "provisioned concurrency", "GB-second";
    /// Requests to and answers from endpoints.
    InferenceGb: SageMaker, "sagemaker.data_gb", "requests and answers", "GB";
    /// A request to SQS.
    QueueRequest: Sqs, "sqs.request", "requests", "request";
    /// A publish to SNS.
    TopicRequest: Sns, "sns.request", "publishes", "request";
    /// A key that a customer keeps.
    KeyMonth: Kms, "kms.key_month", "key", "key-month";
    /// A use of a key.
    KeyRequest: Kms, "kms.request", "uses of the key", "request";
    /// A metric that an alarm watches.
    AlarmMetric: CloudWatch, "cloudwatch.alarm_metric_month", "alarms", "alarm-metric";
    /// A composite alarm.
    CompositeAlarm: CloudWatch, "cloudwatch.composite_alarm_month", "composite alarms", "alarm";
    /// A custom metric; shard-level metrics of streams are such.
    CustomMetric: CloudWatch, "cloudwatch.metric_month", "custom metrics", "metric";
    /// What is written to logs.
    LogGb: CloudWatch, "cloudwatch.log_gb", "logs", "GB";
    /// A dashboard.
    Dashboard: CloudWatch, "cloudwatch.dashboard_month", "dashboard", "dashboard";
    /// A recorded trace.
    Trace: XRay, "xray.trace", "traces", "trace";
}

impl Meter {
    /// The meter of a key in a price file.
    ///
    /// # Errors
    /// Says which one was probably meant.
    pub fn parse(key: &str) -> Result<Self, String> {
        if let Some(instance) = key.strip_prefix(HOSTING) {
            let shaped = instance.starts_with("ml.") && instance.matches('.').count() == 2;
            let shaped = shaped && instance.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-'));
            return if shaped {
                Ok(Self::Hosting(instance.to_owned()))
            } else {
                Err(format!("`{instance}` is not an instance type, for instance `ml.m5.large`"))
            };
        }
        if let Some(meter) = Self::NAMED.iter().find(|meter| meter.key() == key) {
            return Ok(meter.clone());
        }
        let known: Vec<_> = Self::NAMED.iter().map(Self::key).collect();
        Err(match closest(key, known.iter().map(|key| &**key)) {
            Some(close) => format!("`{key}` is not a rate that Sluice knows; did you mean `{close}`?"),
            None => format!("`{key}` is not a rate that Sluice knows; `sluice prices show` lists them"),
        })
    }
}

impl fmt::Display for Meter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.service().called(), self.what())
    }
}

impl Serialize for Meter {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.key())
    }
}

impl<'de> Deserialize<'de> for Meter {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let key = Cow::<str>::deserialize(deserializer)?;
        Self::parse(&key).map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_meter_is_found_by_its_key_and_begins_with_its_service() {
        for meter in Meter::NAMED.iter().cloned().chain([Meter::Hosting("ml.g5.2xlarge".to_owned())]) {
            assert_eq!(Meter::parse(&meter.key()), Ok(meter.clone()));
            assert!(meter.key().starts_with(&format!("{}.", meter.service().key())), "{meter:?}");
        }
    }

    #[test]
    fn a_slip_gets_the_key_that_was_meant() {
        assert!(Meter::parse("kinesis.shard_hours").unwrap_err().contains("`kinesis.shard_hour`"));
        assert!(Meter::parse("sagemaker.hosting.m5.large").unwrap_err().contains("not an instance type"));
    }
}
