//! What may be done for each resource type, as the `handlers` of its published resource schema ask for it (cfn-lint 1.58.0
//! carries them), less what serves settings that Sluice never writes. `tests/tools.rs` holds it against a copy of AWS's
//! service authorization reference: where an action has a narrower resource, it does not stand under [`On::Anything`].

/// What an action is allowed on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum On {
    /// Every resource: AWS offers nothing narrower.
    Anything,
    Alarm,
    Alias,
    /// A role of the pipeline's own; an act that the role's boundary is a condition for.
    BoundedRole,
    Bucket,
    Budget,
    Catalog,
    Dashboard,
    DeliveryStream,
    Endpoint,
    EndpointConfig,
    Function,
    Key,
    LogGroup,
    Mapping,
    Model,
    /// A role of the pipeline's own that a service is given.
    PassedRole,
    Policy,
    Queue,
    Role,
    ScalableTarget,
    /// A role that a service of AWS makes for itself.
    ServiceRole,
    Stream,
    Table,
    Topic,
    /// Alarms by which target tracking scales.
    TrackingAlarm,
}

/// Actions on one kind of resource.
pub(super) type Grant = (On, &'static [&'static str]);

/// What a resource type takes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rights {
    /// To look at what is there.
    pub(super) read: &'static [Grant],
    /// To make, change and remove it.
    pub(super) write: &'static [Grant],
}

const fn rights(read: &'static [Grant], write: &'static [Grant]) -> Rights {
    Rights { read, write }
}

/// The rights of a resource type; none of one that no built-in template makes.
pub(super) fn of(type_name: &str) -> Option<Rights> {
    TYPES.iter().find(|(name, _)| *name == type_name).map(|(_, rights)| *rights)
}

const ALARM_READ: &[Grant] = &[(On::Alarm, &["cloudwatch:DescribeAlarms", "cloudwatch:ListTagsForResource"])];
const STREAM_TAGS: &[&str] = &["kinesis:TagResource", "kinesis:UntagResource"];
const TOPIC_POLICY: &[Grant] = &[(On::Topic, &["sns:SetTopicAttributes"])];

/// By type name, sorted.
pub(super) const TYPES: &[(&str, Rights)] = &[
    (
        "AWS::ApplicationAutoScaling::ScalableTarget",
        rights(
            &[
                (
                    On::Anything,
                    &[
                        "application-autoscaling:DescribeScalableTargets",
                        "application-autoscaling:DescribeScheduledActions",
                    ],
                ),
                (On::ScalableTarget, &["application-autoscaling:ListTagsForResource"]),
            ],
            &[
                (
                    On::ScalableTarget,
                    &[
                        "application-autoscaling:DeleteScheduledAction",
                        "application-autoscaling:DeregisterScalableTarget",
                        "application-autoscaling:PutScheduledAction",
                        "application-autoscaling:RegisterScalableTarget",
                        "application-autoscaling:TagResource",
                        "application-autoscaling:UntagResource",
                    ],
                ),
                (On::ServiceRole, &["iam:CreateServiceLinkedRole"]),
                (
                    On::Function,
                    &[
                        "lambda:DeleteProvisionedConcurrencyConfig",
                        "lambda:GetProvisionedConcurrencyConfig",
                        "lambda:PutProvisionedConcurrencyConfig",
                    ],
                ),
            ],
        ),
    ),
    (
        "AWS::ApplicationAutoScaling::ScalingPolicy",
        rights(
            &[(On::Anything, &["application-autoscaling:DescribeScalingPolicies"])],
            &[
                (
                    On::ScalableTarget,
                    &["application-autoscaling:DeleteScalingPolicy", "application-autoscaling:PutScalingPolicy"],
                ),
                (
                    On::TrackingAlarm,
                    &["cloudwatch:DeleteAlarms", "cloudwatch:DescribeAlarms", "cloudwatch:PutMetricAlarm"],
                ),
            ],
        ),
    ),
    (
        "AWS::Budgets::Budget",
        rights(
            &[(On::Budget, &["budgets:ListTagsForResource", "budgets:ViewBudget"])],
            &[(On::Budget, &["budgets:ModifyBudget", "budgets:TagResource", "budgets:UntagResource"])],
        ),
    ),
    (
        "AWS::CloudWatch::Alarm",
        rights(
            ALARM_READ,
            &[(
                On::Alarm,
                &[
                    "cloudwatch:DeleteAlarms",
                    "cloudwatch:PutMetricAlarm",
                    "cloudwatch:TagResource",
                    "cloudwatch:UntagResource",
                ],
            )],
        ),
    ),
    (
        "AWS::CloudWatch::CompositeAlarm",
        rights(
            ALARM_READ,
            &[(
                On::Alarm,
                &[
                    "cloudwatch:DeleteAlarms",
                    "cloudwatch:PutCompositeAlarm",
                    "cloudwatch:TagResource",
                    "cloudwatch:UntagResource",
                ],
            )],
        ),
    ),
    (
        "AWS::CloudWatch::Dashboard",
        rights(
            &[(On::Dashboard, &["cloudwatch:GetDashboard"])],
            &[(On::Dashboard, &["cloudwatch:DeleteDashboards", "cloudwatch:PutDashboard"])],
        ),
    ),
    (
        "AWS::DynamoDB::Table",
        rights(
            &[(
                On::Table,
                &[
                    "dynamodb:DescribeContinuousBackups",
                    "dynamodb:DescribeContributorInsights",
                    "dynamodb:DescribeKinesisStreamingDestination",
                    "dynamodb:DescribeTable",
                    "dynamodb:DescribeTimeToLive",
                    "dynamodb:GetResourcePolicy",
                    "dynamodb:ListTagsOfResource",
                ],
            )],
            &[
                (
                    On::Table,
                    &[
                        "dynamodb:CreateTable",
                        "dynamodb:DeleteTable",
                        "dynamodb:TagResource",
                        "dynamodb:UntagResource",
                        "dynamodb:UpdateContinuousBackups",
                        "dynamodb:UpdateTable",
                        "dynamodb:UpdateTimeToLive",
                    ],
                ),
                (On::Key, &["kms:CreateGrant", "kms:Decrypt", "kms:DescribeKey", "kms:Encrypt"]),
                (On::ServiceRole, &["iam:CreateServiceLinkedRole"]),
            ],
        ),
    ),
    (
        "AWS::Glue::Database",
        rights(
            &[(On::Catalog, &["glue:GetDatabase"])],
            &[(On::Catalog, &["glue:CreateDatabase", "glue:DeleteDatabase", "glue:UpdateDatabase"])],
        ),
    ),
    (
        "AWS::Glue::Table",
        rights(
            &[(On::Catalog, &["glue:GetDatabase", "glue:GetTable"])],
            &[(On::Catalog, &["glue:CreateTable", "glue:DeleteTable", "glue:UpdateTable"])],
        ),
    ),
    (
        "AWS::IAM::ManagedPolicy",
        rights(
            &[(
                On::Policy,
                &["iam:GetPolicy", "iam:GetPolicyVersion", "iam:ListEntitiesForPolicy", "iam:ListPolicyVersions"],
            )],
            &[(
                On::Policy,
                &["iam:CreatePolicy", "iam:CreatePolicyVersion", "iam:DeletePolicy", "iam:DeletePolicyVersion"],
            )],
        ),
    ),
    (
        "AWS::IAM::Role",
        rights(
            &[(
                On::Role,
                &["iam:GetRole", "iam:GetRolePolicy", "iam:ListAttachedRolePolicies", "iam:ListRolePolicies"],
            )],
            &[
                (
                    On::BoundedRole,
                    &[
                        "iam:AttachRolePolicy",
                        "iam:CreateRole",
                        "iam:DeleteRolePolicy",
                        "iam:DetachRolePolicy",
                        "iam:PutRolePermissionsBoundary",
                        "iam:PutRolePolicy",
                    ],
                ),
                (
                    On::Role,
                    &[
                        "iam:DeleteRole",
                        "iam:TagRole",
                        "iam:UntagRole",
                        "iam:UpdateAssumeRolePolicy",
                        "iam:UpdateRole",
                        "iam:UpdateRoleDescription",
                    ],
                ),
                (On::PassedRole, &["iam:PassRole"]),
            ],
        ),
    ),
    (
        "AWS::KMS::Alias",
        rights(
            &[(On::Anything, &["kms:ListAliases"])],
            &[
                (On::Alias, &["kms:CreateAlias", "kms:DeleteAlias", "kms:UpdateAlias"]),
                (On::Key, &["kms:CreateAlias", "kms:DeleteAlias", "kms:UpdateAlias"]),
            ],
        ),
    ),
    (
        "AWS::KMS::Key",
        rights(
            &[(On::Key, &["kms:DescribeKey", "kms:GetKeyPolicy", "kms:GetKeyRotationStatus", "kms:ListResourceTags"])],
            &[
                (On::Anything, &["kms:CreateKey"]),
                (
                    On::Key,
                    &[
                        "kms:DisableKey",
                        "kms:DisableKeyRotation",
                        "kms:EnableKey",
                        "kms:EnableKeyRotation",
                        "kms:PutKeyPolicy",
                        "kms:ScheduleKeyDeletion",
                        "kms:TagResource",
                        "kms:UntagResource",
                        "kms:UpdateKeyDescription",
                    ],
                ),
            ],
        ),
    ),
    (
        "AWS::Kinesis::Stream",
        rights(
            &[(
                On::Stream,
                &["kinesis:DescribeStreamSummary", "kinesis:ListTagsForResource", "kinesis:ListTagsForStream"],
            )],
            &[
                (
                    On::Anything,
                    &[
                        "kinesis:DisableEnhancedMonitoring",
                        "kinesis:EnableEnhancedMonitoring",
                        "kinesis:UpdateShardCount",
                        "kinesis:UpdateStreamMode",
                    ],
                ),
                (
                    On::Stream,
                    &[
                        "kinesis:AddTagsToStream",
                        "kinesis:CreateStream",
                        "kinesis:DecreaseStreamRetentionPeriod",
                        "kinesis:DeleteStream",
                        "kinesis:IncreaseStreamRetentionPeriod",
                        "kinesis:RemoveTagsFromStream",
                        "kinesis:StartStreamEncryption",
                        "kinesis:StopStreamEncryption",
                    ],
                ),
                (On::Stream, STREAM_TAGS),
            ],
        ),
    ),
    (
        "AWS::Kinesis::StreamConsumer",
        rights(
            &[(On::Stream, &["kinesis:DescribeStreamConsumer", "kinesis:ListTagsForResource"])],
            &[
                (On::Stream, &["kinesis:DeregisterStreamConsumer", "kinesis:RegisterStreamConsumer"]),
                (On::Stream, STREAM_TAGS),
            ],
        ),
    ),
    (
        "AWS::KinesisFirehose::DeliveryStream",
        rights(
            &[(On::DeliveryStream, &["firehose:DescribeDeliveryStream", "firehose:ListTagsForDeliveryStream"])],
            &[(
                On::DeliveryStream,
                &[
                    "firehose:CreateDeliveryStream",
                    "firehose:DeleteDeliveryStream",
                    "firehose:StartDeliveryStreamEncryption",
                    "firehose:StopDeliveryStreamEncryption",
                    "firehose:TagDeliveryStream",
                    "firehose:UntagDeliveryStream",
                    "firehose:UpdateDestination",
                ],
            )],
        ),
    ),
    (
        "AWS::Lambda::Alias",
        rights(
            &[(On::Function, &["lambda:GetAlias", "lambda:GetProvisionedConcurrencyConfig"])],
            &[(
                On::Function,
                &[
                    "lambda:CreateAlias",
                    "lambda:DeleteAlias",
                    "lambda:DeleteProvisionedConcurrencyConfig",
                    "lambda:PutProvisionedConcurrencyConfig",
                    "lambda:UpdateAlias",
                ],
            )],
        ),
    ),
    (
        "AWS::Lambda::EventInvokeConfig",
        rights(
            &[(On::Function, &["lambda:GetFunctionEventInvokeConfig"])],
            &[(
                On::Function,
                &[
                    "lambda:DeleteFunctionEventInvokeConfig",
                    "lambda:PutFunctionEventInvokeConfig",
                    "lambda:UpdateFunctionEventInvokeConfig",
                ],
            )],
        ),
    ),
    (
        "AWS::Lambda::EventSourceMapping",
        rights(
            &[
                (On::Anything, &["lambda:ListEventSourceMappings"]),
                (On::Mapping, &["lambda:GetEventSourceMapping", "lambda:ListTags"]),
            ],
            &[
                (On::Anything, &["lambda:CreateEventSourceMapping"]),
                (
                    On::Mapping,
                    &[
                        "lambda:DeleteEventSourceMapping",
                        "lambda:TagResource",
                        "lambda:UntagResource",
                        "lambda:UpdateEventSourceMapping",
                    ],
                ),
            ],
        ),
    ),
    (
        "AWS::Lambda::Function",
        rights(
            &[(
                On::Function,
                &[
                    "lambda:GetFunction",
                    "lambda:GetFunctionCodeSigningConfig",
                    "lambda:GetFunctionConfiguration",
                    "lambda:GetFunctionRecursionConfig",
                    "lambda:GetRuntimeManagementConfig",
                ],
            )],
            &[
                (
                    On::Anything,
                    &[
                        "ec2:DescribeNetworkInterfaces",
                        "ec2:DescribeSecurityGroups",
                        "ec2:DescribeSubnets",
                        "ec2:DescribeVpcs",
                    ],
                ),
                (
                    On::Function,
                    &[
                        "lambda:CreateFunction",
                        "lambda:DeleteFunction",
                        "lambda:DeleteFunctionConcurrency",
                        "lambda:PutFunctionConcurrency",
                        "lambda:PutFunctionRecursionConfig",
                        "lambda:PutRuntimeManagementConfig",
                        "lambda:TagResource",
                        "lambda:UntagResource",
                        "lambda:UpdateFunctionCode",
                        "lambda:UpdateFunctionConfiguration",
                    ],
                ),
            ],
        ),
    ),
    (
        "AWS::Lambda::Permission",
        rights(
            &[(On::Function, &["lambda:GetPolicy"])],
            &[(On::Function, &["lambda:AddPermission", "lambda:RemovePermission"])],
        ),
    ),
    (
        "AWS::Lambda::Version",
        rights(
            &[(On::Function, &["lambda:GetFunctionConfiguration", "lambda:GetProvisionedConcurrencyConfig"])],
            &[(
                On::Function,
                &[
                    "lambda:DeleteFunction",
                    "lambda:ListVersionsByFunction",
                    "lambda:PublishVersion",
                    "lambda:PutProvisionedConcurrencyConfig",
                    "lambda:PutRuntimeManagementConfig",
                ],
            )],
        ),
    ),
    (
        "AWS::Logs::LogGroup",
        rights(
            &[
                (On::Anything, &["logs:DescribeIndexPolicies", "logs:DescribeLogGroups"]),
                (On::LogGroup, &["logs:GetDataProtectionPolicy", "logs:ListTagsForResource"]),
            ],
            &[
                (
                    On::LogGroup,
                    &[
                        "logs:CreateLogGroup",
                        "logs:DeleteLogGroup",
                        "logs:DeleteRetentionPolicy",
                        "logs:PutRetentionPolicy",
                        "logs:TagResource",
                        "logs:UntagResource",
                    ],
                ),
                (On::LogGroup, &["logs:AssociateKmsKey", "logs:DisassociateKmsKey"]),
            ],
        ),
    ),
    (
        "AWS::Logs::LogStream",
        rights(
            &[(On::LogGroup, &["logs:DescribeLogStreams"])],
            &[(On::LogGroup, &["logs:CreateLogStream", "logs:DeleteLogStream"])],
        ),
    ),
    (
        "AWS::S3::Bucket",
        rights(
            &[(
                On::Bucket,
                &[
                    "s3:GetAccelerateConfiguration",
                    "s3:GetAnalyticsConfiguration",
                    "s3:GetBucketCORS",
                    "s3:GetBucketLogging",
                    "s3:GetBucketNotification",
                    "s3:GetBucketObjectLockConfiguration",
                    "s3:GetBucketOwnershipControls",
                    "s3:GetBucketPublicAccessBlock",
                    "s3:GetBucketTagging",
                    "s3:GetBucketVersioning",
                    "s3:GetBucketWebsite",
                    "s3:GetEncryptionConfiguration",
                    "s3:GetIntelligentTieringConfiguration",
                    "s3:GetInventoryConfiguration",
                    "s3:GetLifecycleConfiguration",
                    "s3:GetMetricsConfiguration",
                    "s3:GetReplicationConfiguration",
                    "s3:ListBucket",
                    "s3:ListTagsForResource",
                ],
            )],
            &[(
                On::Bucket,
                &[
                    "s3:CreateBucket",
                    "s3:DeleteBucket",
                    "s3:PutBucketNotification",
                    "s3:PutBucketOwnershipControls",
                    "s3:PutBucketPublicAccessBlock",
                    "s3:PutBucketTagging",
                    "s3:PutBucketVersioning",
                    "s3:PutEncryptionConfiguration",
                    "s3:PutLifecycleConfiguration",
                    "s3:TagResource",
                    "s3:UntagResource",
                ],
            )],
        ),
    ),
    (
        "AWS::S3::BucketPolicy",
        rights(
            &[(On::Bucket, &["s3:GetBucketPolicy"])],
            &[(On::Bucket, &["s3:DeleteBucketPolicy", "s3:PutBucketPolicy"])],
        ),
    ),
    (
        "AWS::SNS::Subscription",
        rights(
            &[(On::Anything, &["sns:GetSubscriptionAttributes"])],
            &[(On::Anything, &["sns:SetSubscriptionAttributes", "sns:Unsubscribe"]), (On::Topic, &["sns:Subscribe"])],
        ),
    ),
    (
        "AWS::SNS::Topic",
        rights(
            &[(
                On::Topic,
                &[
                    "sns:GetDataProtectionPolicy",
                    "sns:GetTopicAttributes",
                    "sns:ListSubscriptionsByTopic",
                    "sns:ListTagsForResource",
                ],
            )],
            &[(
                On::Topic,
                &[
                    "sns:CreateTopic",
                    "sns:DeleteTopic",
                    "sns:SetTopicAttributes",
                    "sns:TagResource",
                    "sns:UntagResource",
                ],
            )],
        ),
    ),
    ("AWS::SNS::TopicPolicy", rights(&[], TOPIC_POLICY)),
    (
        "AWS::SQS::Queue",
        rights(
            &[(On::Queue, &["sqs:GetQueueAttributes", "sqs:GetQueueUrl", "sqs:ListQueueTags"])],
            &[(
                On::Queue,
                &["sqs:CreateQueue", "sqs:DeleteQueue", "sqs:SetQueueAttributes", "sqs:TagQueue", "sqs:UntagQueue"],
            )],
        ),
    ),
    (
        "AWS::SQS::QueuePolicy",
        rights(&[(On::Queue, &["sqs:GetQueueAttributes"])], &[(On::Queue, &["sqs:SetQueueAttributes"])]),
    ),
    (
        "AWS::SageMaker::Endpoint",
        rights(
            &[(On::Endpoint, &["sagemaker:DescribeEndpoint", "sagemaker:ListTags"])],
            &[
                (
                    On::Endpoint,
                    &[
                        "sagemaker:AddTags",
                        "sagemaker:CreateEndpoint",
                        "sagemaker:DeleteEndpoint",
                        "sagemaker:DeleteTags",
                        "sagemaker:UpdateEndpoint",
                        "sagemaker:UpdateEndpointWeightsAndCapacities",
                    ],
                ),
                // Making an endpoint is an act on its configuration too.
                (On::EndpointConfig, &["sagemaker:CreateEndpoint", "sagemaker:UpdateEndpoint"]),
            ],
        ),
    ),
    (
        "AWS::SageMaker::EndpointConfig",
        rights(
            &[(On::EndpointConfig, &["sagemaker:DescribeEndpointConfig", "sagemaker:ListTags"])],
            &[
                (
                    On::EndpointConfig,
                    &[
                        "sagemaker:AddTags",
                        "sagemaker:CreateEndpointConfig",
                        "sagemaker:DeleteEndpointConfig",
                        "sagemaker:DeleteTags",
                    ],
                ),
                (On::Model, &["sagemaker:CreateEndpointConfig"]),
            ],
        ),
    ),
    (
        "AWS::SageMaker::Model",
        rights(
            &[(On::Model, &["sagemaker:DescribeModel", "sagemaker:ListTags"])],
            &[(
                On::Model,
                &["sagemaker:AddTags", "sagemaker:CreateModel", "sagemaker:DeleteModel", "sagemaker:DeleteTags"],
            )],
        ),
    ),
];

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    #[expect(clippy::disallowed_methods, reason = "a test looks at the repository itself")]
    fn every_type_that_a_built_in_template_makes_has_its_rights() {
        let templates = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("templates");
        let mut made = BTreeSet::new();
        for entry in std::fs::read_dir(templates).unwrap() {
            let text = std::fs::read_to_string(entry.unwrap().path()).unwrap();
            made.extend(text.lines().filter_map(|line| Some(line.trim().strip_prefix("Type: AWS::")?.to_owned())));
        }
        let known: BTreeSet<String> =
            TYPES.iter().filter_map(|(name, _)| name.strip_prefix("AWS::")).map(str::to_owned).collect();
        assert_eq!(made, known);
    }

    #[test]
    fn reading_changes_nothing() {
        let changes = ["Create", "Delete", "Put", "Update", "Tag", "Untag", "Set", "Add", "Remove", "Pass", "Attach"];
        for (name, rights) in TYPES {
            for action in rights.read.iter().flat_map(|(_, actions)| *actions) {
                let act = action.split_once(':').unwrap().1;
                assert!(!changes.iter().any(|verb| act.starts_with(verb)), "{name}: {action}");
            }
        }
    }
}
