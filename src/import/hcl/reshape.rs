//! Terraform's names and shapes into CloudFormation's, which the rest of the room reads.
//!
//! Most names differ in spelling only (`batch_size`, `BatchSize`); here is what differs in more (Terraform AWS
//! provider documentation, resource pages).

use crate::import::value::{Field, Fields, Item, Value};

/// By type, then by dotted path as written: the dotted path in CloudFormation's words.
type Renames = &'static [(&'static str, &'static str)];

fn renames(type_name: &str) -> Renames {
    match type_name {
        "aws_kinesis_stream" => &[
            ("retention_period", "RetentionPeriodHours"),
            ("shard_level_metrics", "DesiredShardLevelMetrics"),
            ("encryption_type", "StreamEncryption.EncryptionType"),
            ("kms_key_id", "StreamEncryption.KeyId"),
        ],
        "aws_kinesis_stream_consumer" => &[("name", "ConsumerName"), ("stream_arn", "StreamARN")],
        "aws_lambda_function" => &[
            ("filename", "Code.File"),
            ("s3_bucket", "Code.S3Bucket"),
            ("s3_key", "Code.S3Key"),
            ("s3_object_version", "Code.S3ObjectVersion"),
            ("image_uri", "Code.ImageUri"),
            ("source_code_hash", "Code.Hash"),
        ],
        "aws_lambda_event_source_mapping" => {
            &[("destination_config.on_failure.destination_arn", "Destination"), ("filter_criteria.filter", "Filters")]
        }
        "aws_lambda_function_event_invoke_config" => &[("destination_config.on_failure.destination", "Destination")],
        "aws_kinesis_firehose_delivery_stream" => &[
            ("name", "DeliveryStreamName"),
            ("kinesis_source_configuration", "KinesisStreamSourceConfiguration"),
            ("kinesis_source_configuration.kinesis_stream_arn", "KinesisStreamARN"),
            ("kinesis_source_configuration.role_arn", "RoleARN"),
            ("extended_s3_configuration", "ExtendedS3DestinationConfiguration"),
            ("extended_s3_configuration.bucket_arn", "BucketARN"),
            ("extended_s3_configuration.role_arn", "RoleARN"),
            ("extended_s3_configuration.buffering_size", "BufferingHints.SizeInMBs"),
            ("extended_s3_configuration.buffer_size", "BufferingHints.SizeInMBs"),
            ("extended_s3_configuration.buffering_interval", "BufferingHints.IntervalInSeconds"),
            ("extended_s3_configuration.buffer_interval", "BufferingHints.IntervalInSeconds"),
            ("extended_s3_configuration.kms_key_arn", "EncryptionConfiguration.KMSEncryptionConfig.AWSKMSKeyARN"),
            ("extended_s3_configuration.cloudwatch_logging_options", "CloudWatchLoggingOptions"),
            ("extended_s3_configuration.data_format_conversion_configuration.schema_configuration.role_arn", "RoleARN"),
            (
                "extended_s3_configuration.dynamic_partitioning_configuration.retry_duration",
                "RetryOptions.DurationInSeconds",
            ),
        ],
        "aws_dynamodb_table" => &[
            ("name", "TableName"),
            ("attribute", "AttributeDefinitions"),
            ("attribute.name", "AttributeName"),
            ("attribute.type", "AttributeType"),
            ("ttl", "TimeToLiveSpecification"),
            ("point_in_time_recovery", "PointInTimeRecoverySpecification"),
            ("point_in_time_recovery.enabled", "PointInTimeRecoveryEnabled"),
            ("read_capacity", "ProvisionedThroughput.ReadCapacityUnits"),
            ("write_capacity", "ProvisionedThroughput.WriteCapacityUnits"),
            ("server_side_encryption", "SSESpecification"),
            ("server_side_encryption.enabled", "SSEEnabled"),
            ("server_side_encryption.kms_key_arn", "KMSMasterKeyId"),
            ("stream_enabled", "StreamSpecification.Enabled"),
            ("stream_view_type", "StreamSpecification.StreamViewType"),
            ("global_secondary_index", "GlobalSecondaryIndexes"),
            ("global_secondary_index.name", "IndexName"),
            ("global_secondary_index.projection_type", "Projection.ProjectionType"),
            ("global_secondary_index.non_key_attributes", "Projection.NonKeyAttributes"),
            ("global_secondary_index.read_capacity", "ProvisionedThroughput.ReadCapacityUnits"),
            ("global_secondary_index.write_capacity", "ProvisionedThroughput.WriteCapacityUnits"),
            ("local_secondary_index", "LocalSecondaryIndexes"),
        ],
        "aws_sqs_queue" => &[
            ("name", "QueueName"),
            ("message_retention_seconds", "MessageRetentionPeriod"),
            ("visibility_timeout_seconds", "VisibilityTimeout"),
        ],
        "aws_sns_topic" => &[("name", "TopicName")],
        "aws_sagemaker_model" => &[("name", "ModelName")],
        "aws_sagemaker_endpoint_configuration" => &[
            ("name", "EndpointConfigName"),
            ("kms_key_arn", "KmsKeyId"),
            ("production_variants.serverless_config.memory_size_in_mb", "MemorySizeInMB"),
        ],
        "aws_sagemaker_endpoint" => &[("name", "EndpointName")],
        "aws_appautoscaling_policy" => &[("name", "PolicyName")],
        "aws_cloudwatch_metric_alarm" => &[("ok_actions", "OKActions")],
        "aws_s3_bucket_lifecycle_configuration" => &[
            ("rule", "Rules"),
            ("rule.transition", "Transitions"),
            ("rule.transition.days", "TransitionInDays"),
            ("rule.expiration.days", "ExpirationInDays"),
        ],
        "aws_s3_bucket_server_side_encryption_configuration" => &[
            ("rule", "ServerSideEncryptionConfiguration"),
            ("rule.apply_server_side_encryption_by_default", "ServerSideEncryptionByDefault"),
            ("rule.apply_server_side_encryption_by_default.kms_master_key_id", "KMSMasterKeyID"),
            ("rule.apply_server_side_encryption_by_default.sse_algorithm", "SSEAlgorithm"),
        ],
        "aws_s3_bucket" => &[("bucket", "BucketName")],
        "aws_kms_key" => &[("deletion_window_in_days", "PendingWindowInDays")],
        "aws_cloudwatch_log_group" => &[("name", "LogGroupName"), ("retention_in_days", "RetentionInDays")],
        "aws_iam_role" => &[
            ("inline_policy", "Policies"),
            ("inline_policy.policy", "PolicyDocument"),
            ("assume_role_policy", "AssumeRolePolicyDocument"),
        ],
        "aws_iam_role_policy" | "aws_iam_policy" => &[("policy", "PolicyDocument")],
        "data.aws_iam_policy_document" => &[("statement.actions", "Action"), ("statement.resources", "Resource")],
        _ => &[],
    }
}

/// The fields of a resource in CloudFormation's words.
pub(super) fn fields(type_name: &str, written: Fields) -> Fields {
    let mut shaped = rename(renames(type_name), "", written);
    match type_name {
        "aws_dynamodb_table" => {
            keys(&mut shaped);
            for field in shaped.0.iter_mut().filter(|field| field.name == "GlobalSecondaryIndexes") {
                for_each_mapping(&mut field.item, &keys);
            }
        }
        "aws_cloudwatch_metric_alarm" => dimensions(&mut shaped),
        _ => {}
    }
    shaped
}

/// Blocks and their attributes are renamed; the inside of a value is data and stays.
fn rename(renames: Renames, path: &str, written: Fields) -> Fields {
    let mut shaped = Fields::default();
    for field in written.0 {
        let path = if path.is_empty() { field.written.clone() } else { format!("{path}.{}", field.written) };
        let known = renames.iter().find(|(from, _)| *from == path).map(|(_, to)| (*to).to_owned());
        let name = known.unwrap_or_else(|| pascal(&field.written));
        // A block stands where its name stands, a value elsewhere.
        let is_block = field.item.place == field.place;
        let mut item = field.item;
        if is_block {
            for_each_mapping(&mut item, &|inner| *inner = rename(renames, &path, std::mem::take(inner)));
        }
        shaped.insert(&name, Field { name: String::new(), written: field.written, place: field.place, item });
    }
    shaped
}

/// `batch_size` as `BatchSize`.
fn pascal(written: &str) -> String {
    let mut name = String::new();
    for word in written.split('_') {
        let mut letters = word.chars();
        name.extend(letters.next().map(|first| first.to_ascii_uppercase()));
        name.push_str(letters.as_str());
    }
    name
}

/// `hash_key` and `range_key` as a key schema.
fn keys(fields: &mut Fields) {
    let mut schema = Vec::new();
    for (name, kind) in [("HashKey", "HASH"), ("RangeKey", "RANGE")] {
        let Some(at) = fields.0.iter().position(|field| field.name == name) else { continue };
        let field = fields.0.remove(at);
        let mut key = Fields::default();
        key.push("KeyType", Item::text(kind, field.place.clone()));
        let name = Field { name: "AttributeName".to_owned(), ..field };
        let place = name.place.clone();
        key.0.push(name);
        schema.push(Item::new(Value::Map(key), place));
    }
    if let Some(first) = schema.first() {
        let item = Item::new(Value::List(schema.clone()), first.place.clone());
        fields.push("KeySchema", item);
    }
}

fn for_each_mapping(item: &mut Item, change: &dyn Fn(&mut Fields)) {
    match &mut item.value {
        Value::Map(fields) => change(fields),
        Value::List(members) => members.iter_mut().for_each(|member| for_each_mapping(member, change)),
        _ => {}
    }
}

/// A mapping of dimensions as a list of names and values.
fn dimensions(fields: &mut Fields) {
    for field in fields.0.iter_mut().filter(|field| field.name == "Dimensions") {
        let Value::Map(by_name) = &field.item.value else { continue };
        let pairs = by_name.0.iter().map(|dimension| {
            let mut pair = Fields::default();
            pair.push("Name", Item::text(dimension.name.as_str(), dimension.place.clone()));
            pair.push("Value", dimension.item.clone());
            Item::new(Value::Map(pair), dimension.place.clone())
        });
        field.item.value = Value::List(pairs.collect());
    }
}
