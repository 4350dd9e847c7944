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

/// What is allowed on one kind of resource: the service, and its actions, blanks between them.
pub(super) type Grant = (On, &'static str, &'static str);

/// The actions of a grant, with their service.
pub(super) fn actions((_, service, acts): &Grant) -> impl Iterator<Item = String> {
    acts.split(' ').map(move |act| format!("{service}:{act}"))
}

/// What a resource type takes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rights {
    /// To look at what is there.
    pub(super) read: &'static [Grant],
    /// To make, change and remove it.
    pub(super) write: &'static [Grant],
}

/// The rights of a resource type; none of one that no built-in template makes.
pub(super) fn of(type_name: &str) -> Option<Rights> {
    TYPES.iter().find(|(name, _)| *name == type_name).map(|(_, rights)| *rights)
}

/// By type name, sorted.
#[rustfmt::skip]
pub(super) const TYPES: &[(&str, Rights)] = &[
    ("AWS::ApplicationAutoScaling::ScalableTarget", Rights {
        read: &[
            (On::Anything, "application-autoscaling", "DescribeScalableTargets DescribeScheduledActions"),
            (On::ScalableTarget, "application-autoscaling", "ListTagsForResource"),
        ],
        write: &[
            (On::ScalableTarget, "application-autoscaling", "DeleteScheduledAction DeregisterScalableTarget \
                PutScheduledAction RegisterScalableTarget TagResource UntagResource"),
            (On::ServiceRole, "iam", "CreateServiceLinkedRole"),
            (On::Function, "lambda", "DeleteProvisionedConcurrencyConfig GetProvisionedConcurrencyConfig \
                PutProvisionedConcurrencyConfig"),
        ],
    }),
    ("AWS::ApplicationAutoScaling::ScalingPolicy", Rights {
        read: &[
            (On::Anything, "application-autoscaling", "DescribeScalingPolicies"),
        ],
        write: &[
            (On::ScalableTarget, "application-autoscaling", "DeleteScalingPolicy PutScalingPolicy"),
            (On::TrackingAlarm, "cloudwatch", "DeleteAlarms DescribeAlarms PutMetricAlarm"),
        ],
    }),
    ("AWS::Budgets::Budget", Rights {
        read: &[
            (On::Budget, "budgets", "ListTagsForResource ViewBudget"),
        ],
        write: &[
            (On::Budget, "budgets", "ModifyBudget TagResource UntagResource"),
        ],
    }),
    ("AWS::CloudWatch::Alarm", Rights {
        read: &[
            (On::Alarm, "cloudwatch", "DescribeAlarms ListTagsForResource"),
        ],
        write: &[
            (On::Alarm, "cloudwatch", "DeleteAlarms PutMetricAlarm TagResource UntagResource"),
        ],
    }),
    ("AWS::CloudWatch::CompositeAlarm", Rights {
        read: &[
            (On::Alarm, "cloudwatch", "DescribeAlarms ListTagsForResource"),
        ],
        write: &[
            (On::Alarm, "cloudwatch", "DeleteAlarms PutCompositeAlarm TagResource UntagResource"),
        ],
    }),
    ("AWS::CloudWatch::Dashboard", Rights {
        read: &[
            (On::Dashboard, "cloudwatch", "GetDashboard"),
        ],
        write: &[
            (On::Dashboard, "cloudwatch", "DeleteDashboards PutDashboard"),
        ],
    }),
    ("AWS::DynamoDB::Table", Rights {
        read: &[
            (On::Table, "dynamodb", "DescribeContinuousBackups DescribeContributorInsights \
                DescribeKinesisStreamingDestination DescribeTable DescribeTimeToLive GetResourcePolicy \
                ListTagsOfResource"),
        ],
        write: &[
            (On::Table, "dynamodb", "CreateTable DeleteTable TagResource UntagResource UpdateContinuousBackups \
                UpdateTable UpdateTimeToLive"),
            (On::Key, "kms", "CreateGrant Decrypt DescribeKey Encrypt"),
            (On::ServiceRole, "iam", "CreateServiceLinkedRole"),
        ],
    }),
    ("AWS::Glue::Database", Rights {
        read: &[
            (On::Catalog, "glue", "GetDatabase"),
        ],
        write: &[
            (On::Catalog, "glue", "CreateDatabase DeleteDatabase UpdateDatabase"),
        ],
    }),
    ("AWS::Glue::Table", Rights {
        read: &[
            (On::Catalog, "glue", "GetDatabase GetTable"),
        ],
        write: &[
            (On::Catalog, "glue", "CreateTable DeleteTable UpdateTable"),
        ],
    }),
    ("AWS::IAM::ManagedPolicy", Rights {
        read: &[
            (On::Policy, "iam", "GetPolicy GetPolicyVersion ListEntitiesForPolicy ListPolicyVersions"),
        ],
        write: &[
            (On::Policy, "iam", "CreatePolicy CreatePolicyVersion DeletePolicy DeletePolicyVersion"),
        ],
    }),
    ("AWS::IAM::Role", Rights {
        read: &[
            (On::Role, "iam", "GetRole GetRolePolicy ListAttachedRolePolicies ListRolePolicies"),
        ],
        write: &[
            (On::BoundedRole, "iam", "AttachRolePolicy CreateRole DeleteRolePolicy DetachRolePolicy \
                PutRolePermissionsBoundary PutRolePolicy"),
            (On::Role, "iam", "DeleteRole TagRole UntagRole UpdateAssumeRolePolicy UpdateRole \
                UpdateRoleDescription"),
            (On::PassedRole, "iam", "PassRole"),
        ],
    }),
    ("AWS::KMS::Alias", Rights {
        read: &[
            (On::Anything, "kms", "ListAliases"),
        ],
        write: &[
            (On::Alias, "kms", "CreateAlias DeleteAlias UpdateAlias"),
            (On::Key, "kms", "CreateAlias DeleteAlias UpdateAlias"),
        ],
    }),
    ("AWS::KMS::Key", Rights {
        read: &[
            (On::Key, "kms", "DescribeKey GetKeyPolicy GetKeyRotationStatus ListResourceTags"),
        ],
        write: &[
            (On::Anything, "kms", "CreateKey"),
            (On::Key, "kms", "DisableKey DisableKeyRotation EnableKey EnableKeyRotation PutKeyPolicy \
                ScheduleKeyDeletion TagResource UntagResource UpdateKeyDescription"),
        ],
    }),
    ("AWS::Kinesis::Stream", Rights {
        read: &[
            (On::Stream, "kinesis", "DescribeStreamSummary ListTagsForResource ListTagsForStream"),
        ],
        write: &[
            (On::Anything, "kinesis", "DisableEnhancedMonitoring EnableEnhancedMonitoring UpdateShardCount \
                UpdateStreamMode"),
            (On::Stream, "kinesis", "AddTagsToStream CreateStream DecreaseStreamRetentionPeriod DeleteStream \
                IncreaseStreamRetentionPeriod RemoveTagsFromStream StartStreamEncryption StopStreamEncryption \
                TagResource UntagResource"),
        ],
    }),
    ("AWS::Kinesis::StreamConsumer", Rights {
        read: &[
            (On::Stream, "kinesis", "DescribeStreamConsumer ListTagsForResource"),
        ],
        write: &[
            (On::Stream, "kinesis", "DeregisterStreamConsumer RegisterStreamConsumer TagResource UntagResource"),
        ],
    }),
    ("AWS::KinesisFirehose::DeliveryStream", Rights {
        read: &[
            (On::DeliveryStream, "firehose", "DescribeDeliveryStream ListTagsForDeliveryStream"),
        ],
        write: &[
            (On::DeliveryStream, "firehose", "CreateDeliveryStream DeleteDeliveryStream \
                StartDeliveryStreamEncryption StopDeliveryStreamEncryption TagDeliveryStream \
                UntagDeliveryStream UpdateDestination"),
        ],
    }),
    ("AWS::Lambda::Alias", Rights {
        read: &[
            (On::Function, "lambda", "GetAlias GetProvisionedConcurrencyConfig"),
        ],
        write: &[
            (On::Function, "lambda", "CreateAlias DeleteAlias DeleteProvisionedConcurrencyConfig \
                PutProvisionedConcurrencyConfig UpdateAlias"),
        ],
    }),
    ("AWS::Lambda::EventInvokeConfig", Rights {
        read: &[
            (On::Function, "lambda", "GetFunctionEventInvokeConfig"),
        ],
        write: &[
            (On::Function, "lambda", "DeleteFunctionEventInvokeConfig PutFunctionEventInvokeConfig \
                UpdateFunctionEventInvokeConfig"),
        ],
    }),
    ("AWS::Lambda::EventSourceMapping", Rights {
        read: &[
            (On::Anything, "lambda", "ListEventSourceMappings"),
            (On::Mapping, "lambda", "GetEventSourceMapping ListTags"),
        ],
        write: &[
            (On::Anything, "lambda", "CreateEventSourceMapping"),
            (On::Mapping, "lambda", "DeleteEventSourceMapping TagResource UntagResource UpdateEventSourceMapping"),
        ],
    }),
    ("AWS::Lambda::Function", Rights {
        read: &[
            (On::Function, "lambda", "GetFunction GetFunctionCodeSigningConfig GetFunctionConfiguration \
                GetFunctionRecursionConfig GetRuntimeManagementConfig"),
        ],
        write: &[
            (On::Anything, "ec2", "DescribeNetworkInterfaces DescribeSecurityGroups DescribeSubnets DescribeVpcs"),
            (On::Function, "lambda", "CreateFunction DeleteFunction DeleteFunctionConcurrency \
                PutFunctionConcurrency PutFunctionRecursionConfig PutRuntimeManagementConfig TagResource \
                UntagResource UpdateFunctionCode UpdateFunctionConfiguration"),
        ],
    }),
    ("AWS::Lambda::Permission", Rights {
        read: &[
            (On::Function, "lambda", "GetPolicy"),
        ],
        write: &[
            (On::Function, "lambda", "AddPermission RemovePermission"),
        ],
    }),
    ("AWS::Lambda::Version", Rights {
        read: &[
            (On::Function, "lambda", "GetFunctionConfiguration GetProvisionedConcurrencyConfig"),
        ],
        write: &[
            (On::Function, "lambda", "DeleteFunction ListVersionsByFunction PublishVersion \
                PutProvisionedConcurrencyConfig PutRuntimeManagementConfig"),
        ],
    }),
    ("AWS::Logs::LogGroup", Rights {
        read: &[
            (On::Anything, "logs", "DescribeIndexPolicies DescribeLogGroups"),
            (On::LogGroup, "logs", "GetDataProtectionPolicy ListTagsForResource"),
        ],
        write: &[
            (On::LogGroup, "logs", "AssociateKmsKey CreateLogGroup DeleteLogGroup DeleteRetentionPolicy \
                DisassociateKmsKey PutRetentionPolicy TagResource UntagResource"),
        ],
    }),
    ("AWS::Logs::LogStream", Rights {
        read: &[
            (On::LogGroup, "logs", "DescribeLogStreams"),
        ],
        write: &[
            (On::LogGroup, "logs", "CreateLogStream DeleteLogStream"),
        ],
    }),
    ("AWS::S3::Bucket", Rights {
        read: &[
            (On::Bucket, "s3", "GetAccelerateConfiguration GetAnalyticsConfiguration GetBucketCORS \
                GetBucketLogging GetBucketNotification GetBucketObjectLockConfiguration \
                GetBucketOwnershipControls GetBucketPublicAccessBlock GetBucketTagging GetBucketVersioning \
                GetBucketWebsite GetEncryptionConfiguration GetIntelligentTieringConfiguration \
                GetInventoryConfiguration GetLifecycleConfiguration GetMetricsConfiguration \
                GetReplicationConfiguration ListBucket ListTagsForResource"),
        ],
        write: &[
            (On::Bucket, "s3", "CreateBucket DeleteBucket PutBucketNotification PutBucketOwnershipControls \
                PutBucketPublicAccessBlock PutBucketTagging PutBucketVersioning PutEncryptionConfiguration \
                PutLifecycleConfiguration TagResource UntagResource"),
        ],
    }),
    ("AWS::S3::BucketPolicy", Rights {
        read: &[
            (On::Bucket, "s3", "GetBucketPolicy"),
        ],
        write: &[
            (On::Bucket, "s3", "DeleteBucketPolicy PutBucketPolicy"),
        ],
    }),
    ("AWS::SNS::Subscription", Rights {
        read: &[
            (On::Anything, "sns", "GetSubscriptionAttributes"),
        ],
        write: &[
            (On::Anything, "sns", "SetSubscriptionAttributes Unsubscribe"),
            (On::Topic, "sns", "Subscribe"),
        ],
    }),
    ("AWS::SNS::Topic", Rights {
        read: &[
            (On::Topic, "sns", "GetDataProtectionPolicy GetTopicAttributes ListSubscriptionsByTopic \
                ListTagsForResource"),
        ],
        write: &[
            (On::Topic, "sns", "CreateTopic DeleteTopic SetTopicAttributes TagResource UntagResource"),
        ],
    }),
    ("AWS::SNS::TopicPolicy", Rights {
        read: &[],
        write: &[
            (On::Topic, "sns", "SetTopicAttributes"),
        ],
    }),
    ("AWS::SQS::Queue", Rights {
        read: &[
            (On::Queue, "sqs", "GetQueueAttributes GetQueueUrl ListQueueTags"),
        ],
        write: &[
            (On::Queue, "sqs", "CreateQueue DeleteQueue SetQueueAttributes TagQueue UntagQueue"),
        ],
    }),
    ("AWS::SQS::QueuePolicy", Rights {
        read: &[
            (On::Queue, "sqs", "GetQueueAttributes"),
        ],
        write: &[
            (On::Queue, "sqs", "SetQueueAttributes"),
        ],
    }),
    ("AWS::SageMaker::Endpoint", Rights {
        read: &[
            (On::Endpoint, "sagemaker", "DescribeEndpoint ListTags"),
        ],
        write: &[
            (On::Endpoint, "sagemaker", "AddTags CreateEndpoint DeleteEndpoint DeleteTags UpdateEndpoint \
                UpdateEndpointWeightsAndCapacities"),
            // Making an endpoint is an act on its configuration too.
            (On::EndpointConfig, "sagemaker", "CreateEndpoint UpdateEndpoint"),
        ],
    }),
    ("AWS::SageMaker::EndpointConfig", Rights {
        read: &[
            (On::EndpointConfig, "sagemaker", "DescribeEndpointConfig ListTags"),
        ],
        write: &[
            (On::EndpointConfig, "sagemaker", "AddTags CreateEndpointConfig DeleteEndpointConfig DeleteTags"),
        ],
    }),
    ("AWS::SageMaker::Model", Rights {
        read: &[
            (On::Model, "sagemaker", "DescribeModel ListTags"),
        ],
        write: &[
            (On::Model, "sagemaker", "AddTags CreateModel DeleteModel DeleteTags"),
        ],
    }),
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
            for act in rights.read.iter().flat_map(|(_, _, acts)| acts.split(' ')) {
                assert!(!changes.iter().any(|verb| act.starts_with(verb)), "{name}: {act}");
            }
        }
    }
}
