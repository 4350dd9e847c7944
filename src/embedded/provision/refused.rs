//! Properties that the embedded cloud would not keep, and therefore refuses.

use super::Kind;

impl Kind {
    /// Top-level properties of the type that are refused; every other one is kept and can be read back.
    #[must_use]
    pub(crate) fn refuses(self) -> &'static [&'static str] {
        match self {
            Self::Alarm => &[
                "ActionConfiguration",
                "EvaluationCriteria",
                "EvaluationInterval",
                "EvaluationWindow",
                "WarmUpConfiguration",
            ],
            Self::CompositeAlarm => &["ActionConfiguration"],
            Self::ScalableTarget => &["ScheduledActions"],
            Self::ScalingPolicy => &["PredictiveScalingPolicyConfiguration"],
            Self::Table => &[
                "ContributorInsightsSpecification",
                "ImportSourceSpecification",
                "KinesisStreamSpecification",
                "ResourcePolicy",
                "VectorIndexes",
                "WarmThroughput",
            ],
            Self::DeliveryStream => &[
                "AmazonOpenSearchServerlessDestinationConfiguration",
                "AmazonopensearchserviceDestinationConfiguration",
                "DatabaseSourceConfiguration",
                "DirectPutSourceConfiguration",
                "ElasticsearchDestinationConfiguration",
                "HttpEndpointDestinationConfiguration",
                "IcebergDestinationConfiguration",
                "MSKSourceConfiguration",
                "RedshiftDestinationConfiguration",
                "S3DestinationConfiguration",
                "SnowflakeDestinationConfiguration",
                "SplunkDestinationConfiguration",
            ],
            Self::CatalogTable => &["OpenTableFormatInput"],
            Self::Policy | Self::ManagedPolicy => &["Groups", "Users"],
            Self::Stream => &["MaxRecordSizeInKiB", "RecordDistributionStrategy", "WarmThroughputMiBps"],
            Self::Function => &[
                "CapacityProviderConfig",
                "CodeSigningConfigArn",
                "DurableConfig",
                "FileSystemConfigs",
                "FunctionScalingConfig",
                "ImageConfig",
                "PublishToLatestPublished",
                "RecursiveLoop",
                "RuntimeManagementConfig",
                "TenancyConfig",
            ],
            Self::FunctionVersion => {
                &["CodeSha256", "FunctionScalingConfig", "ProvisionedConcurrencyConfig", "RuntimePolicy"]
            }
            Self::Mapping => &[
                "AmazonManagedKafkaEventSourceConfig",
                "DocumentDBEventSourceConfig",
                "LoggingConfig",
                "ProvisionedPollerConfig",
                "Queues",
                "SelfManagedEventSource",
                "SelfManagedKafkaEventSourceConfig",
                "SourceAccessConfigurations",
                "Topics",
            ],
            Self::Permission => &["EventSourceToken", "FunctionUrlAuthType", "InvokedViaFunctionUrl", "PrincipalOrgID"],
            Self::LogGroup => &[
                "BearerTokenAuthenticationEnabled",
                "DataProtectionPolicy",
                "FieldIndexPolicies",
                "ResourcePolicyDocument",
            ],
            Self::Bucket => &[
                "AbacStatus",
                "AccelerateConfiguration",
                "AccessControl",
                "AnalyticsConfigurations",
                "BucketNamePrefix",
                "BucketNamespace",
                "CorsConfiguration",
                "IntelligentTieringConfigurations",
                "InventoryConfigurations",
                "LoggingConfiguration",
                "MetadataConfiguration",
                "MetadataTableConfiguration",
                "MetricsConfigurations",
                "NotificationConfiguration",
                "ObjectLockConfiguration",
                "ObjectLockEnabled",
                "ReplicationConfiguration",
                "WebsiteConfiguration",
            ],
            Self::EndpointConfig => &["DataCaptureConfig", "ExplainerConfig", "MetricsConfig"],
            Self::Endpoint => &["RetainDeploymentConfig"],
            Self::Model => &["InferenceExecutionConfig"],
            Self::Subscription => &["Region", "ReplayPolicy"],
            Self::Topic => &[
                "ArchivePolicy",
                "DataProtectionPolicy",
                "DeliveryStatusLogging",
                "FifoThroughputScope",
                "MaximumMessageSize",
                "Subscription",
            ],
            Self::Parameter => &["Policies"],
            Self::Key => &["Origin"],
            Self::AnomalyDetector
            | Self::Budget
            | Self::CatalogDatabase
            | Self::Dashboard
            | Self::FunctionAlias
            | Self::InvokeConfig
            | Self::KeyAlias
            | Self::LogStream
            | Self::BucketPolicy
            | Self::QueuePolicy
            | Self::Queue
            | Self::Role
            | Self::StreamConsumer
            | Self::StreamPolicy
            | Self::TopicPolicy => &[],
        }
    }
}
