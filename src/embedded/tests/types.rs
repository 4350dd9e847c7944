//! A pipeline's worth of resources, described by their own services.

use super::*;

/// What a pipeline is made of, in an order in which each finds what it names.
pub(super) async fn one_of_each(cloud: &EmbeddedCloud) -> Vec<(Kind, Properties, Provisioned)> {
    let mut out = Vec::new();
    upload(cloud, "code/one.zip", b"zipped").await;
    let trust = json!({"Version": "2012-10-17", "Statement": []});
    let stream_arn = format!("arn:aws:kinesis:eu-west-1:{ACCOUNT}:stream/s");
    let function_arn = format!("arn:aws:lambda:eu-west-1:{ACCOUNT}:function:f");
    let topic_arn = format!("arn:aws:sns:eu-west-1:{ACCOUNT}:t");
    let role = format!("arn:aws:iam::{ACCOUNT}:role/r");
    let queue = format!("https://sqs.eu-west-1.amazonaws.com/{ACCOUNT}/q");
    let all = vec![
        (Kind::Key, json!({"KeyPolicy": trust, "EnableKeyRotation": true})),
        (
            Kind::Role,
            json!({"AssumeRolePolicyDocument": trust, "Policies": [{"PolicyName": "x", "PolicyDocument": trust}]}),
        ),
        (
            Kind::Stream,
            json!({"Name": "s", "StreamModeDetails": {"StreamMode": "PROVISIONED"}, "ShardCount": "2", "RetentionPeriodHours": 168,
            "StreamEncryption": {"EncryptionType": "KMS", "KeyId": "alias/aws/kinesis"}, "DesiredShardLevelMetrics": ["IncomingBytes"]}),
        ),
        (Kind::StreamConsumer, json!({"ConsumerName": "c", "StreamARN": stream_arn})),
        (Kind::LogGroup, json!({"LogGroupName": "/aws/lambda/f", "RetentionInDays": 30})),
        (Kind::LogStream, json!({"LogGroupName": "/aws/lambda/f", "LogStreamName": "delivery"})),
        (
            Kind::Function,
            json!({"FunctionName": "f", "Runtime": "python3.13", "Handler": "app.handler", "Role": role, "MemorySize": 1024, "Timeout": 60,
            "Code": {"S3Bucket": cloud.artifact_bucket(), "S3Key": "code/one.zip"}, "Architectures": ["arm64"]}),
        ),
        (Kind::FunctionVersion, json!({"FunctionName": "f"})),
        (Kind::FunctionAlias, json!({"FunctionName": "f", "Name": "live", "FunctionVersion": "1"})),
        (
            Kind::Permission,
            json!({"FunctionName": "f", "Action": "lambda:InvokeFunction", "Principal": "firehose.amazonaws.com"}),
        ),
        (
            Kind::Mapping,
            json!({"FunctionName": format!("{function_arn}:live"), "EventSourceArn": stream_arn, "StartingPosition": "TRIM_HORIZON",
            "BatchSize": "20", "ParallelizationFactor": 4}),
        ),
        (Kind::Queue, json!({"QueueName": "q", "SqsManagedSseEnabled": true, "MessageRetentionPeriod": 1209600})),
        (Kind::QueuePolicy, json!({"Queues": [queue], "PolicyDocument": trust})),
        (Kind::Topic, json!({"TopicName": "t", "KmsMasterKeyId": "alias/x"})),
        (Kind::TopicPolicy, json!({"Topics": [topic_arn], "PolicyDocument": trust})),
        (Kind::Subscription, json!({"TopicArn": topic_arn, "Protocol": "email", "Endpoint": "a@example.com"})),
        (
            Kind::Bucket,
            json!({"BucketName": "archive-1", "VersioningConfiguration": {"Status": "Enabled"},
            "PublicAccessBlockConfiguration": {"BlockPublicAcls": true},
            "BucketEncryption": {"ServerSideEncryptionConfiguration": [{"ServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms"}}]},
            "LifecycleConfiguration": {"Rules": [{"Id": "a", "Status": "Enabled", "Transitions": [{"StorageClass": "GLACIER", "TransitionInDays": 90}]}]}}),
        ),
        (Kind::BucketPolicy, json!({"Bucket": "archive-1", "PolicyDocument": trust})),
        (
            Kind::DeliveryStream,
            json!({"DeliveryStreamName": "d", "DeliveryStreamType": "KinesisStreamAsSource",
            "KinesisStreamSourceConfiguration": {"KinesisStreamARN": stream_arn, "RoleARN": role},
            "ExtendedS3DestinationConfiguration": {"BucketARN": "arn:aws:s3:::archive-1", "RoleARN": role, "CompressionFormat": "GZIP",
                "BufferingHints": {"SizeInMBs": 64, "IntervalInSeconds": 300}}}),
        ),
        (
            Kind::Table,
            json!({"TableName": "features", "BillingMode": "PAY_PER_REQUEST", "DeletionProtectionEnabled": false,
            "AttributeDefinitions": [{"AttributeName": "card_id", "AttributeType": "S"}], "KeySchema": [{"AttributeName": "card_id", "KeyType": "HASH"}],
            "TimeToLiveSpecification": {"AttributeName": "expires_at", "Enabled": true},
            "PointInTimeRecoverySpecification": {"PointInTimeRecoveryEnabled": true}, "SSESpecification": {"SSEEnabled": true, "SSEType": "KMS"}}),
        ),
        (
            Kind::Model,
            json!({"ModelName": "m-1", "ExecutionRoleArn": role, "PrimaryContainer": {"Image": "1.dkr.ecr/x:1", "Mode": "MultiModel", "ModelDataUrl": "s3://b/m/"}}),
        ),
        (
            Kind::EndpointConfig,
            json!({"EndpointConfigName": "Config-1", "ProductionVariants": [{"VariantName": "main", "ModelName": "m-1",
            "InstanceType": "ml.c5.xlarge", "InitialInstanceCount": 2, "InitialVariantWeight": 1}]}),
        ),
        (
            Kind::Endpoint,
            json!({"EndpointName": "e", "EndpointConfigName": "Config-1", "DeploymentConfig": {"BlueGreenUpdatePolicy":
            {"TrafficRoutingConfiguration": {"Type": "CANARY", "WaitIntervalInSeconds": 300, "CanarySize": {"Type": "INSTANCE_COUNT", "Value": 1}}}}}),
        ),
        (
            Kind::ScalableTarget,
            json!({"ServiceNamespace": "sagemaker", "ResourceId": "endpoint/e/variant/main",
            "ScalableDimension": "sagemaker:variant:DesiredInstanceCount", "MinCapacity": 2, "MaxCapacity": 8}),
        ),
        (
            Kind::ScalingPolicy,
            json!({"PolicyName": "track", "PolicyType": "TargetTrackingScaling", "ScalingTargetId":
            "endpoint/e/variant/main|sagemaker:variant:DesiredInstanceCount|sagemaker",
            "TargetTrackingScalingPolicyConfiguration": {"TargetValue": 70.5, "PredefinedMetricSpecification": {"PredefinedMetricType": "SageMakerVariantInvocationsPerInstance"}}}),
        ),
        (
            Kind::Alarm,
            json!({"AlarmName": "age", "Namespace": "AWS/Lambda", "MetricName": "IteratorAge", "Statistic": "Maximum", "Period": 60,
            "EvaluationPeriods": 3, "DatapointsToAlarm": 1, "Threshold": 30000, "ComparisonOperator": "GreaterThanThreshold",
            "TreatMissingData": "notBreaching", "Dimensions": [{"Name": "FunctionName", "Value": "f"}]}),
        ),
        (Kind::CompositeAlarm, json!({"AlarmName": "any", "AlarmRule": "ALARM(\"age\")"})),
        (Kind::Dashboard, json!({"DashboardName": "board", "DashboardBody": "{\"widgets\":[]}"})),
    ];
    for (kind, given) in all {
        let given = properties(given);
        let made = effect(cloud, "It", kind, EffectAction::Create { properties: given.clone() }).await;
        out.push((kind, given, made.unwrap_or_else(|error| panic!("{}: {error}", kind.name()))));
    }
    let key = out.first().map(|(_, _, key)| key.physical_id.clone()).unwrap();
    let alias = properties(json!({"AliasName": "alias/p", "TargetKeyId": key}));
    let made = effect(cloud, "It", Kind::KeyAlias, EffectAction::Create { properties: alias.clone() }).await.unwrap();
    out.push((Kind::KeyAlias, alias, made));
    let role = out.get(1).map(|(_, _, role)| role.physical_id.clone()).unwrap();
    let policy = properties(json!({"PolicyName": "own", "PolicyDocument": trust, "Roles": [role]}));
    let made = effect(cloud, "It", Kind::Policy, EffectAction::Create { properties: policy.clone() }).await.unwrap();
    out.push((Kind::Policy, policy, made));
    out
}

#[tokio::test]
async fn what_was_provisioned_is_described_by_its_own_service() {
    let cloud = cloud();
    let made = one_of_each(&cloud).await;
    let summary =
        json_call(&cloud, "kinesis", "Kinesis_20131202.DescribeStreamSummary", json!({"StreamName": "s"})).await;
    let summary = summary.get("StreamDescriptionSummary").unwrap();
    assert_eq!(summary.get("StreamARN"), Some(&json!(format!("arn:aws:kinesis:eu-west-1:{ACCOUNT}:stream/s"))));
    assert_eq!(summary.get("OpenShardCount"), Some(&json!(2)));
    assert_eq!(summary.get("RetentionPeriodHours"), Some(&json!(168)));
    assert_eq!(summary.get("EncryptionType"), Some(&json!("KMS")));
    assert_eq!(summary.pointer("/StreamModeDetails/StreamMode"), Some(&json!("PROVISIONED")));
    assert_eq!(summary.pointer("/EnhancedMonitoring/0/ShardLevelMetrics/0"), Some(&json!("IncomingBytes")));
    assert_eq!(summary.get("StreamCreationTimestamp").and_then(Value::as_f64), Some(1_767_225_600.0));

    let ttl =
        json_call(&cloud, "dynamodb", "DynamoDB_20120810.DescribeTimeToLive", json!({"TableName": "features"})).await;
    assert_eq!(
        ttl.get("TimeToLiveDescription"),
        Some(&json!({"AttributeName": "expires_at", "TimeToLiveStatus": "ENABLING"}))
    );
    let table =
        json_call(&cloud, "dynamodb", "DynamoDB_20120810.DescribeTable", json!({"TableName": "features"})).await;
    assert_eq!(table.pointer("/Table/DeletionProtectionEnabled"), Some(&json!(false)));
    assert_eq!(table.pointer("/Table/SSEDescription/SSEType"), Some(&json!("KMS")));
    assert_eq!(table.pointer("/Table/BillingModeSummary/BillingMode"), Some(&json!("PAY_PER_REQUEST")));
    let backups =
        json_call(&cloud, "dynamodb", "DynamoDB_20120810.DescribeContinuousBackups", json!({"TableName": "features"}))
            .await;
    let status = "/ContinuousBackupsDescription/PointInTimeRecoveryDescription/PointInTimeRecoveryStatus";
    assert_eq!(backups.pointer(status), Some(&json!("ENABLED")));

    let endpoint = json_call(&cloud, "sagemaker", "SageMaker.DescribeEndpoint", json!({"EndpointName": "e"})).await;
    assert_eq!(endpoint.get("EndpointStatus"), Some(&json!("InService")));
    assert_eq!(endpoint.get("EndpointConfigName"), Some(&json!("Config-1")));
    assert_eq!(endpoint.pointer("/ProductionVariants/0/DesiredInstanceCount"), Some(&json!(2)));
    let canary = "/LastDeploymentConfig/BlueGreenUpdatePolicy/TrafficRoutingConfiguration/CanarySize/Value";
    assert_eq!(endpoint.pointer(canary), Some(&json!(1)));

    let firehose =
        json_call(&cloud, "firehose", "Firehose_20150804.DescribeDeliveryStream", json!({"DeliveryStreamName": "d"}))
            .await;
    let firehose = firehose.get("DeliveryStreamDescription").unwrap();
    assert_eq!(firehose.get("DeliveryStreamType"), Some(&json!("KinesisStreamAsSource")));
    assert_eq!(firehose.get("DeliveryStreamStatus"), Some(&json!("ACTIVE")));
    assert_eq!(
        firehose.pointer("/Destinations/0/ExtendedS3DestinationDescription/CompressionFormat"),
        Some(&json!("GZIP"))
    );
    assert_eq!(
        firehose.pointer("/Destinations/0/ExtendedS3DestinationDescription/BufferingHints/SizeInMBs"),
        Some(&json!(64))
    );
    assert!(firehose.pointer("/Source/KinesisStreamSourceDescription/KinesisStreamARN").is_some());

    let mapping =
        made.iter().find(|(kind, _, _)| *kind == Kind::Mapping).map(|(_, _, it)| it.physical_id.clone()).unwrap();
    let mapping = get(&cloud, "lambda", &format!("/2015-03-31/event-source-mappings/{mapping}")).await;
    assert_eq!(mapping.get("BatchSize"), Some(&json!(20)));
    assert_eq!(mapping.get("StartingPosition"), Some(&json!("TRIM_HORIZON")));
    assert_eq!(mapping.get("State"), Some(&json!("Creating")));
    cloud.advance(Duration::from_secs(3)).await.unwrap();
    let listed = get(&cloud, "lambda", "/2015-03-31/event-source-mappings/?FunctionName=f:live").await;
    assert_eq!(listed.pointer("/EventSourceMappings/0/State"), Some(&json!("Enabled")));

    let function = get(&cloud, "lambda", "/2015-03-31/functions/f/configuration").await;
    assert_eq!(function.get("Architectures"), Some(&json!(["arm64"])));
    assert_eq!(function.get("CodeSize"), Some(&json!(6)));
    assert_eq!(function.get("MemorySize"), Some(&json!(1024)));
}
