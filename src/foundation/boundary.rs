//! The most that any role of a pipeline may do, whatever its own policy says.

use serde_json::{Value, json};

/// What roles of the built-in templates do on resources that have names, by service, and what handlers of their own
/// commonly need beside it. Nothing here makes, changes or removes a resource, or gives anybody a right. Which resources are
/// meant is said by each role's own policy; `tests/foundation.rs` holds this list against every rendered role.
#[rustfmt::skip]
const NAMED: &[(&str, &str)] = &[
    ("cloudwatch", "DescribeAlarms"),
    ("dynamodb", "BatchGetItem BatchWriteItem ConditionCheckItem DeleteItem DescribeTable GetItem PutItem Query \
        Scan UpdateItem"),
    ("ec2", "AssignPrivateIpAddresses CreateNetworkInterface DeleteNetworkInterface UnassignPrivateIpAddresses"),
    ("ecr", "BatchCheckLayerAvailability BatchGetImage GetDownloadUrlForLayer"),
    ("glue", "GetTable GetTableVersion GetTableVersions"),
    ("kinesis", "DescribeStream DescribeStreamSummary GetRecords GetShardIterator ListShards PutRecord PutRecords \
        SubscribeToShard"),
    ("kms", "Decrypt DescribeKey Encrypt GenerateDataKey ReEncryptFrom ReEncryptTo"),
    ("lambda", "InvokeFunction"),
    ("logs", "CreateLogStream DescribeLogStreams PutLogEvents"),
    ("s3", "AbortMultipartUpload GetBucketLocation GetObject ListBucket ListBucketMultipartUploads PutObject"),
    ("sagemaker", "InvokeEndpoint InvokeEndpointAsync InvokeEndpointWithResponseStream"),
    ("secretsmanager", "DescribeSecret GetSecretValue"),
    ("sns", "Publish"),
    ("sqs", "DeleteMessage GetQueueAttributes GetQueueUrl ReceiveMessage SendMessage"),
    ("ssm", "GetParameter GetParameters GetParametersByPath"),
];

/// The same of actions for which AWS has no narrower resource (`docs/security.md`).
const UNNAMED: &[&str] = &[
    "cloudwatch:PutMetricData",
    "ec2:DescribeNetworkInterfaces",
    "ec2:DescribeSubnets",
    "ecr:GetAuthorizationToken",
    "xray:PutTelemetryRecords",
    "xray:PutTraceSegments",
];

/// The policy document in a partition.
pub(super) fn document(partition: &str) -> Value {
    let actions: Vec<String> = NAMED
        .iter()
        .flat_map(|(service, acts)| acts.split_whitespace().map(move |act| format!("{service}:{act}")))
        .collect();
    let resources: Vec<String> = NAMED
        .iter()
        .map(|(service, _)| match *service {
            // Names of buckets carry neither region nor account.
            "s3" => format!("arn:{partition}:s3:::*"),
            service => format!("arn:{partition}:{service}:*:*:*"),
        })
        .collect();
    json!({
        "Version": "2012-10-17",
        "Statement": [
            {"Sid": "UseWhatThereIs", "Effect": "Allow", "Action": actions, "Resource": resources},
            {"Sid": "UseWhatHasNoName", "Effect": "Allow", "Action": UNNAMED, "Resource": "*"},
        ],
    })
}
