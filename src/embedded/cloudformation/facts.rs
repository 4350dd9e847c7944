//! What the engine needs to know of a resource type: what recreates it, what names it, whether it has tags.

/// Whether changing a property recreates the resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
pub(super) enum Recreation {
    Never,
    Conditionally,
    Always,
}

impl Recreation {
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Never => "Never",
            Self::Conditionally => "Conditionally",
            Self::Always => "Always",
        }
    }
}

/// Facts of one type (aws-facts.md 1.1, from the published schemas).
#[derive(Clone, Copy, Debug)]
pub(super) struct Facts {
    type_name: &'static str,
    /// The property that names it, if people may name it.
    pub name: Option<&'static str>,
    create_only: &'static [&'static str],
    conditional: &'static [&'static str],
    required: &'static [&'static str],
    /// Whether tags of the stack reach it.
    pub tagged: bool,
}

const ALL: &[&str] = &["*"];

macro_rules! types {
    ($($type_name:literal: $name:expr, $create_only:expr, $conditional:expr, $required:expr, $tagged:literal;)*) => {
        &[$(Facts {
            type_name: $type_name, name: $name, create_only: $create_only, conditional: $conditional,
            required: $required, tagged: $tagged,
        },)*]
    };
}

static TYPES: &[Facts] = types! {
    "AWS::ApplicationAutoScaling::ScalableTarget": None, &["ResourceId", "ScalableDimension", "ServiceNamespace"], &[],
        &["ResourceId", "ScalableDimension", "ServiceNamespace", "MinCapacity", "MaxCapacity"], false;
    "AWS::ApplicationAutoScaling::ScalingPolicy": None,
        &["PolicyName", "ServiceNamespace", "ResourceId", "ScalableDimension", "ScalingTargetId"], &[],
        &["PolicyName", "PolicyType"], false;
    "AWS::CloudWatch::Alarm": Some("AlarmName"), &["AlarmName"], &[], &["ComparisonOperator", "EvaluationPeriods"], true;
    "AWS::CloudWatch::CompositeAlarm": Some("AlarmName"), &["AlarmName"], &[], &["AlarmRule"], true;
    "AWS::CloudWatch::Dashboard": Some("DashboardName"), &["DashboardName"], &[], &["DashboardBody"], false;
    "AWS::DynamoDB::Table": Some("TableName"), &["TableName", "ImportSourceSpecification"], &["KeySchema"],
        &["KeySchema"], true;
    "AWS::IAM::ManagedPolicy": Some("ManagedPolicyName"), &["ManagedPolicyName", "Path", "Description"], &[],
        &["PolicyDocument"], false;
    "AWS::IAM::Policy": None, &[], &[], &["PolicyName", "PolicyDocument"], false;
    "AWS::IAM::Role": Some("RoleName"), &["RoleName", "Path"], &[], &["AssumeRolePolicyDocument"], true;
    "AWS::KMS::Alias": Some("AliasName"), &["AliasName"], &[], &["AliasName", "TargetKeyId"], false;
    "AWS::KMS::Key": None, &[], &[], &[], true;
    "AWS::Kinesis::ResourcePolicy": None, &["ResourceArn"], &[], &["ResourceArn", "ResourcePolicy"], false;
    "AWS::Kinesis::Stream": Some("Name"), &["Name"], &[], &[], true;
    "AWS::Kinesis::StreamConsumer": None, &["ConsumerName", "StreamARN", "Tags"], &[],
        &["ConsumerName", "StreamARN"], true;
    "AWS::KinesisFirehose::DeliveryStream": Some("DeliveryStreamName"),
        &["DeliveryStreamName", "DeliveryStreamType", "KinesisStreamSourceConfiguration", "DirectPutSourceConfiguration",
          "MSKSourceConfiguration", "DatabaseSourceConfiguration"], &[], &[], true;
    "AWS::Lambda::Alias": None, &["Name", "FunctionName"], &[], &["FunctionName", "FunctionVersion", "Name"], false;
    "AWS::Lambda::EventInvokeConfig": None, &["FunctionName", "Qualifier"], &[], &["FunctionName", "Qualifier"], false;
    "AWS::Lambda::EventSourceMapping": None,
        &["EventSourceArn", "StartingPosition", "StartingPositionTimestamp", "SelfManagedEventSource"], &[],
        &["FunctionName"], true;
    "AWS::Lambda::Function": Some("FunctionName"), &["FunctionName", "PackageType", "TenancyConfig"],
        &["DurableConfig"], &["Code", "Role"], true;
    "AWS::Lambda::Permission": None, ALL, &[], &["Action", "FunctionName", "Principal"], false;
    "AWS::Lambda::Version": None,
        &["FunctionName", "Description", "CodeSha256", "ProvisionedConcurrencyConfig", "RuntimePolicy"], &[],
        &["FunctionName"], false;
    "AWS::Logs::LogGroup": Some("LogGroupName"), &["LogGroupName"], &[], &[], true;
    "AWS::Logs::MetricFilter": None, &["FilterName", "LogGroupName"], &[],
        &["FilterPattern", "LogGroupName", "MetricTransformations"], false;
    "AWS::S3::Bucket": Some("BucketName"), &["BucketName", "BucketNamePrefix", "BucketNamespace"], &[], &[], true;
    "AWS::S3::BucketPolicy": None, &["Bucket"], &[], &["Bucket", "PolicyDocument"], false;
    "AWS::SNS::Subscription": None, &["Endpoint", "Protocol", "TopicArn"], &["Region"], &["Protocol", "TopicArn"], false;
    "AWS::SNS::Topic": Some("TopicName"), &["TopicName", "FifoTopic"], &[], &[], true;
    "AWS::SNS::TopicPolicy": None, &[], &[], &["PolicyDocument", "Topics"], false;
    "AWS::SQS::Queue": Some("QueueName"), &["QueueName", "FifoQueue"], &[], &[], true;
    "AWS::SQS::QueuePolicy": None, &[], &[], &["PolicyDocument", "Queues"], false;
    "AWS::SageMaker::Endpoint": Some("EndpointName"), &["EndpointName"], &[], &["EndpointConfigName"], true;
    "AWS::SageMaker::EndpointConfig": Some("EndpointConfigName"),
        &["EndpointConfigName", "ProductionVariants", "AsyncInferenceConfig", "DataCaptureConfig", "KmsKeyId",
          "MetricsConfig", "ShadowProductionVariants", "ExplainerConfig", "VpcConfig", "ExecutionRoleArn",
          "EnableNetworkIsolation"], &[], &["ProductionVariants"], true;
    "AWS::SageMaker::Model": Some("ModelName"),
        &["ModelName", "PrimaryContainer", "Containers", "ExecutionRoleArn", "EnableNetworkIsolation",
          "InferenceExecutionConfig", "VpcConfig"], &[], &[], true;
    "AWS::SSM::Parameter": Some("Name"), &["Name"], &[], &["Type", "Value"], true;
};

/// The facts of a type; `None` for one that this cloud does not know.
pub(super) fn of(type_name: &str) -> Option<&'static Facts> {
    TYPES.iter().find(|facts| facts.type_name == type_name)
}

impl Facts {
    /// What changing the property at a path (`["KeySchema", "0", "AttributeName"]`) does.
    pub(super) fn recreation(&self, path: &[&str]) -> Recreation {
        let covers = |paths: &[&str]| paths.iter().any(|one| *one == "*" || path.first() == Some(one));
        if covers(self.create_only) {
            Recreation::Always
        } else if covers(self.conditional) {
            Recreation::Conditionally
        } else {
            Recreation::Never
        }
    }

    /// Top-level properties that must be given.
    pub(super) fn required(&self) -> impl Iterator<Item = &'static str> {
        self.required.iter().copied()
    }
}
