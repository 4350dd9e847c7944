//! The embedded cloud from the outside: requests in, answers out; and each provisioned type through the API
//! of its service.

use std::collections::BTreeMap;
use std::sync::Arc;

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue};
use serde_json::{Value, json};

use super::cloudformation::{Effect, EffectAction, HandlerError, HandlerErrorCode, Properties, Provisioned, StackRef};
use super::*;
use crate::units::{AccountId, Duration, EnvironmentName, Region, Timestamp};
use crate::workspace::{StandingClock, StateStore};

const ACCOUNT: &str = "999988887777";

pub(super) fn cloud_in(store: StateStore) -> EmbeddedCloud {
    let settings = Settings {
        account: AccountId::new(ACCOUNT).unwrap(),
        region: Region::new("eu-west-1").unwrap(),
        environment: EnvironmentName::new("local").unwrap(),
        speed: Speed::Real,
    };
    let start = Timestamp::parse("2026-01-01T00:00:00Z").unwrap();
    EmbeddedCloud::open(store, settings, Arc::new(StandingClock::at(start)))
}

fn cloud() -> EmbeddedCloud {
    cloud_in(StateStore::memory())
}

fn request(service: &str, method: &str, path: &str, target: Option<&str>, body: impl Into<Bytes>) -> Request {
    let (path, query) = path.split_once('?').unwrap_or((path, ""));
    let mut headers = HeaderMap::new();
    let scope = format!(
        "AWS4-HMAC-SHA256 Credential=AKID/20260101/eu-west-1/{service}/aws4_request, SignedHeaders=host, Signature=0"
    );
    headers.insert(http::header::AUTHORIZATION, HeaderValue::from_str(&scope).unwrap());
    if let Some(target) = target {
        headers.insert(HeaderName::from_static("x-amz-target"), HeaderValue::from_str(target).unwrap());
    }
    Request {
        method: method.to_owned(),
        host: "127.0.0.1".to_owned(),
        path: path.to_owned(),
        query: query.to_owned(),
        headers,
        body: body.into(),
    }
}

async fn json_call(cloud: &EmbeddedCloud, service: &str, target: &str, body: Value) -> Value {
    let response = cloud.handle(request(service, "POST", "/", Some(target), body.to_string())).await.unwrap();
    assert!(response.is_success(), "{target}: {}", String::from_utf8_lossy(&response.body));
    serde_json::from_slice(&response.body).unwrap()
}

async fn get(cloud: &EmbeddedCloud, service: &str, path: &str) -> Value {
    let response = cloud.handle(request(service, "GET", path, None, "")).await.unwrap();
    assert!(response.is_success(), "{path}: {}", String::from_utf8_lossy(&response.body));
    serde_json::from_slice(&response.body).unwrap()
}

fn properties(value: Value) -> Properties {
    value.as_object().cloned().unwrap()
}

async fn effect(
    cloud: &EmbeddedCloud,
    logical_id: &str,
    kind: Kind,
    action: EffectAction,
) -> Result<Provisioned, HandlerError> {
    let mut turn = cloud.turn().await.unwrap();
    turn.settle().await.unwrap();
    let inner = turn.inner().unwrap();
    let effect = Effect {
        id: 1,
        at: inner.back.now,
        stack: StackRef {
            name: "p-local".to_owned(),
            id: format!("arn:aws:cloudformation:eu-west-1:{ACCOUNT}:stack/p-local/1"),
            account: AccountId::new(ACCOUNT).unwrap(),
            region: Region::new("eu-west-1").unwrap(),
        },
        logical_id: logical_id.to_owned(),
        type_name: kind.name().to_owned(),
        action,
        tags: BTreeMap::from([("sluice:pipeline".to_owned(), "p".to_owned())]),
        token: format!("token-{logical_id}"),
    };
    let made = inner.back.carry_out(&effect).await;
    turn.save().await.unwrap();
    made
}

async fn create(cloud: &EmbeddedCloud, kind: Kind, given: Value) -> Provisioned {
    let made = effect(cloud, "It", kind, EffectAction::Create { properties: properties(given) }).await;
    made.unwrap_or_else(|error| panic!("{}: {error}", kind.name()))
}

async fn upload(cloud: &EmbeddedCloud, key: &str, bytes: &'static [u8]) {
    let path = format!("/{}/{key}", cloud.artifact_bucket());
    let response = cloud.handle(request("s3", "PUT", &path, None, Bytes::from_static(bytes))).await.unwrap();
    assert!(response.is_success(), "{}", String::from_utf8_lossy(&response.body));
}

async fn function(cloud: &EmbeddedCloud) -> Provisioned {
    upload(cloud, "code/one.zip", b"zipped").await;
    create(
        cloud,
        Kind::Function,
        json!({
            "FunctionName": "f", "Runtime": "python3.13", "Handler": "app.handler", "MemorySize": 1024, "Timeout": 60,
            "Role": format!("arn:aws:iam::{ACCOUNT}:role/r"), "Architectures": ["arm64"],
            "Code": {"S3Bucket": cloud.artifact_bucket(), "S3Key": "code/one.zip"},
            "Environment": {"Variables": {"TABLE": "t"}},
            "LoggingConfig": {"LogFormat": "JSON", "LogGroup": "/aws/lambda/f"},
        }),
    )
    .await
}

/// One of each type, in an order in which each finds what it names.
async fn one_of_each(cloud: &EmbeddedCloud) -> Vec<(Kind, Properties, Provisioned)> {
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
async fn every_type_is_made_read_updated_removed_and_then_gone() {
    let cloud = cloud();
    let made = one_of_each(&cloud).await;
    let kinds: std::collections::BTreeSet<Kind> = made.iter().map(|(kind, _, _)| *kind).collect();
    assert_eq!(kinds.len(), Kind::ALL.len(), "a type is missing from the test");
    for (kind, given, it) in &made {
        let read = effect(&cloud, "It", *kind, EffectAction::Read { physical_id: it.physical_id.clone() }).await;
        let read = read.unwrap_or_else(|error| panic!("read {}: {error}", kind.name()));
        assert_eq!(read.physical_id, it.physical_id, "{}", kind.name());
        let update = EffectAction::Update {
            physical_id: it.physical_id.clone(),
            before: given.clone(),
            after: given.clone(),
            tags_before: BTreeMap::new(),
        };
        let updated = effect(&cloud, "It", *kind, update).await;
        let updated = updated.unwrap_or_else(|error| panic!("update {}: {error}", kind.name()));
        assert_eq!(updated.physical_id, it.physical_id, "{}", kind.name());
    }
    for (kind, given, it) in made.iter().rev() {
        let delete = || EffectAction::Delete { physical_id: it.physical_id.clone(), properties: given.clone() };
        let gone = effect(&cloud, "It", *kind, delete()).await;
        gone.unwrap_or_else(|error| panic!("delete {}: {error}", kind.name()));
        let read = effect(&cloud, "It", *kind, EffectAction::Read { physical_id: it.physical_id.clone() }).await;
        assert_eq!(read.map_err(|error| error.code), Err(HandlerErrorCode::NotFound), "{}", kind.name());
    }
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
        Some(&json!({"AttributeName": "expires_at", "TimeToLiveStatus": "ENABLED"}))
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

#[tokio::test]
async fn an_on_demand_stream_begins_with_four_shards() {
    let cloud = cloud();
    create(&cloud, Kind::Stream, json!({"Name": "s", "StreamModeDetails": {"StreamMode": "ON_DEMAND"}})).await;
    let summary =
        json_call(&cloud, "kinesis", "Kinesis_20131202.DescribeStreamSummary", json!({"StreamName": "s"})).await;
    assert_eq!(summary.pointer("/StreamDescriptionSummary/OpenShardCount"), Some(&json!(4)));
    assert_eq!(summary.pointer("/StreamDescriptionSummary/StreamModeDetails/StreamMode"), Some(&json!("ON_DEMAND")));
}

#[tokio::test]
async fn a_second_mapping_of_the_same_stream_and_function_is_refused_in_lambdas_words() {
    let cloud = cloud();
    function(&cloud).await;
    create(&cloud, Kind::Stream, json!({"Name": "s", "ShardCount": 1})).await;
    let source = format!("arn:aws:kinesis:eu-west-1:{ACCOUNT}:stream/s");
    let given = json!({"FunctionName": "f", "EventSourceArn": source, "StartingPosition": "LATEST"});
    let first = create(&cloud, Kind::Mapping, given.clone()).await;
    let second = effect(&cloud, "Other", Kind::Mapping, EffectAction::Create { properties: properties(given) }).await;
    let expected = format!(
        "The event source arn (\" {source} \") and function (\" f \") provided mapping already exists. Please update or delete the existing mapping with UUID {}",
        first.physical_id
    );
    assert!(second.unwrap_err().message.starts_with(&expected));
    let nowhere = json!({"FunctionName": "f", "EventSourceArn": format!("{source}x"), "StartingPosition": "LATEST"});
    let missing =
        effect(&cloud, "Other", Kind::Mapping, EffectAction::Create { properties: properties(nowhere) }).await;
    assert!(missing.unwrap_err().message.starts_with("Stream not found: "));
}

#[tokio::test]
async fn a_function_whose_code_was_not_uploaded_is_refused() {
    let cloud = cloud();
    let given = json!({
        "FunctionName": "f", "Runtime": "python3.13", "Handler": "a.b", "Role": "arn:aws:iam::1:role/r",
        "Code": {"S3Bucket": cloud.artifact_bucket(), "S3Key": "nothing.zip"},
    });
    let refused =
        effect(&cloud, "F", Kind::Function, EffectAction::Create { properties: properties(given) }).await.unwrap_err();
    assert!(refused.message.starts_with("Error occurred while GetObject. S3 Error Code: NoSuchKey."), "{refused}");
    assert_eq!(refused.physical_id, None);
}

#[tokio::test]
async fn a_name_that_is_taken_is_refused_and_a_retained_resource_can_be_read_back_by_name() {
    let cloud = cloud();
    let given = json!({"Name": "kept", "ShardCount": 1});
    create(&cloud, Kind::Stream, given.clone()).await;
    let again = effect(&cloud, "Other", Kind::Stream, EffectAction::Create { properties: properties(given) })
        .await
        .unwrap_err();
    assert_eq!(again.code, HandlerErrorCode::AlreadyExists);
    assert!(again.message.contains("kept"));
    let read =
        effect(&cloud, "Other", Kind::Stream, EffectAction::Read { physical_id: "kept".to_owned() }).await.unwrap();
    assert_eq!(read.properties.get("ShardCount"), Some(&json!(1)));
}

#[tokio::test]
async fn a_bucket_with_objects_cannot_be_removed() {
    let cloud = cloud();
    create(&cloud, Kind::Bucket, json!({"BucketName": "full-1"})).await;
    let put = cloud.handle(request("s3", "PUT", "/full-1/a", None, "x")).await.unwrap();
    assert!(put.is_success());
    let delete = EffectAction::Delete { physical_id: "full-1".to_owned(), properties: Properties::new() };
    let refused = effect(&cloud, "B", Kind::Bucket, delete).await.unwrap_err();
    assert!(refused.message.starts_with("The bucket you tried to delete is not empty"), "{refused}");
}

#[tokio::test]
async fn publishing_unchanged_code_again_is_refused() {
    let cloud = cloud();
    function(&cloud).await;
    let first = create(&cloud, Kind::FunctionVersion, json!({"FunctionName": "f"})).await;
    assert_eq!(first.attributes.get("Version"), Some(&json!("1")));
    let again = effect(
        &cloud,
        "Other",
        Kind::FunctionVersion,
        EffectAction::Create { properties: properties(json!({"FunctionName": "f"})) },
    )
    .await;
    assert!(again.unwrap_err().message.contains("A version for this Lambda function exists ( 1 )"));
}

#[tokio::test]
async fn state_survives_being_opened_again() {
    let folder = tempfile::tempdir().unwrap();
    {
        let cloud = cloud_in(StateStore::folder(folder.path()));
        one_of_each(&cloud).await;
        cloud.advance(Duration::from_secs(600)).await.unwrap();
    }
    let cloud = cloud_in(StateStore::folder(folder.path()));
    let summary =
        json_call(&cloud, "kinesis", "Kinesis_20131202.DescribeStreamSummary", json!({"StreamName": "s"})).await;
    assert_eq!(summary.pointer("/StreamDescriptionSummary/ConsumerCount"), Some(&json!(1)));
    let code = cloud
        .handle(request("s3", "GET", &format!("/{}/code/one.zip", cloud.artifact_bucket()), None, ""))
        .await
        .unwrap();
    assert_eq!(&code.body[..], b"zipped");
    let endpoint = json_call(&cloud, "sagemaker", "SageMaker.DescribeEndpoint", json!({"EndpointName": "e"})).await;
    assert_eq!(endpoint.pointer("/ProductionVariants/0/VariantName"), Some(&json!("main")));
    let ttl =
        json_call(&cloud, "dynamodb", "DynamoDB_20120810.DescribeTimeToLive", json!({"TableName": "features"})).await;
    assert_eq!(ttl.pointer("/TimeToLiveDescription/TimeToLiveStatus"), Some(&json!("ENABLED")));
    let status = cloud.status().await.unwrap();
    assert_eq!(status.now, Timestamp::parse("2026-01-01T00:10:00Z").unwrap());
    assert_eq!(status.consumers.len(), 1);
}

#[expect(clippy::disallowed_methods, reason = "damages the state's files as a kill would")]
#[tokio::test]
async fn a_kill_at_any_point_of_a_write_leaves_a_state_that_opens() {
    let folder = tempfile::tempdir().unwrap();
    let cloud = cloud_in(StateStore::folder(folder.path()));
    create(&cloud, Kind::Stream, json!({"Name": "first", "ShardCount": 1})).await;
    let before = std::fs::read(folder.path().join("state.json")).unwrap();
    create(&cloud, Kind::Stream, json!({"Name": "second", "ShardCount": 1})).await;
    drop(cloud);
    // Killed after the blobs and half of the new root, before the rename: the old root is what counts.
    let after = std::fs::read(folder.path().join("state.json")).unwrap();
    std::fs::write(folder.path().join("state.json"), &before).unwrap();
    std::fs::write(folder.path().join("state.new"), &after[..after.len() / 2]).unwrap();
    let cloud = cloud_in(StateStore::folder(folder.path()));
    let listed = json_call(&cloud, "kinesis", "Kinesis_20131202.ListStreams", json!({})).await;
    assert_eq!(listed.get("StreamNames"), Some(&json!(["first"])));
    create(&cloud, Kind::Stream, json!({"Name": "second", "ShardCount": 1})).await;
}

#[tokio::test]
async fn two_processes_see_each_others_changes() {
    let folder = tempfile::tempdir().unwrap();
    let (one, two) = (cloud_in(StateStore::folder(folder.path())), cloud_in(StateStore::folder(folder.path())));
    create(&one, Kind::Stream, json!({"Name": "a", "ShardCount": 1})).await;
    create(&two, Kind::Stream, json!({"Name": "b", "ShardCount": 1})).await;
    let listed = json_call(&one, "kinesis", "Kinesis_20131202.ListStreams", json!({})).await;
    assert_eq!(listed.get("StreamNames").and_then(Value::as_array).map(Vec::len), Some(2));
}

#[tokio::test]
async fn who_is_calling_can_be_changed() {
    let cloud = cloud();
    let ask = || request("sts", "POST", "/", None, "Action=GetCallerIdentity&Version=2011-06-15");
    let answer = cloud.handle(ask()).await.unwrap();
    assert!(String::from_utf8_lossy(&answer.body).contains(ACCOUNT));
    cloud.identity(Some("arn:aws:iam::999988887777:user/eve")).await.unwrap();
    let answer = cloud.handle(ask()).await.unwrap();
    assert!(String::from_utf8_lossy(&answer.body).contains("user/eve"));
}

#[tokio::test]
async fn faults_happen_as_often_as_asked_and_answers_carry_a_request_id() {
    let cloud = cloud();
    cloud.fail_calls("ListStreams", CallFault::Throttle, 1).await.unwrap();
    let ask = || request("kinesis", "POST", "/", Some("Kinesis_20131202.ListStreams"), "{}");
    let throttled = cloud.handle(ask()).await.unwrap();
    assert_eq!(throttled.status, 400);
    assert!(String::from_utf8_lossy(&throttled.body).contains("ThrottlingException"));
    let answered = cloud.handle(ask()).await.unwrap();
    assert!(answered.is_success() && answered.headers.contains_key("x-amzn-requestid"));

    cloud.fail("Orders", FailOn::Create, "Internal Failure", 1).await.unwrap();
    let create = || EffectAction::Create { properties: properties(json!({"Name": "o", "ShardCount": 1})) };
    assert!(effect(&cloud, "Orders", Kind::Stream, create()).await.is_err());
    assert!(effect(&cloud, "Orders", Kind::Stream, create()).await.is_ok());
}

#[tokio::test]
async fn load_reaches_the_alarm_through_the_consumers_iterator_age() {
    let cloud = cloud();
    one_of_each(&cloud).await;
    let records = super::commands::Records {
        stream: "s".to_owned(),
        rate: 1_500.0,
        lasting: Duration::from_secs(7_200),
        size: crate::units::ByteSize::from_bytes(200),
        keys: 10_000,
        work: BTreeMap::from([(
            "f".to_owned(),
            Work { fixed: Duration::from_millis(170), per_record: Duration::from_millis(10) },
        )]),
    };
    cloud.records(records).await.unwrap();
    cloud.advance(Duration::from_secs(1_800)).await.unwrap();
    let status = cloud.status().await.unwrap();
    let consumer = status.consumers.first().unwrap();
    assert!(consumer.lag_records > 100_000 && consumer.lag_age > Duration::from_secs(60), "{consumer:?}");
    assert_eq!(
        status.alarms,
        BTreeMap::from([("age".to_owned(), AlarmState::Alarm), ("any".to_owned(), AlarmState::Alarm)])
    );
}

#[tokio::test]
async fn resetting_leaves_the_artifact_bucket_and_nothing_else() {
    let cloud = cloud();
    create(&cloud, Kind::Stream, json!({"Name": "s", "ShardCount": 1})).await;
    upload(&cloud, "k", b"v").await;
    cloud.reset().await.unwrap();
    let listed = json_call(&cloud, "kinesis", "Kinesis_20131202.ListStreams", json!({})).await;
    assert_eq!(listed.get("StreamNames"), Some(&json!([])));
    let head = |path: String| request("s3", "HEAD", &path, None, "");
    assert!(cloud.handle(head(format!("/{}", cloud.artifact_bucket()))).await.unwrap().is_success());
    assert!(!cloud.handle(head(format!("/{}/k", cloud.artifact_bucket()))).await.unwrap().is_success());
}

#[tokio::test]
async fn the_artifact_bucket_carries_the_clouds_own_account() {
    let cloud = cloud();
    let listed = cloud.handle(request("s3", "GET", "/", None, "")).await.unwrap();
    let listed = String::from_utf8_lossy(&listed.body).into_owned();
    assert!(
        listed.contains(&format!("sluice-artifacts-{ACCOUNT}-eu-west-1")) && !listed.contains("-123456789012-"),
        "{listed}"
    );
}

#[tokio::test]
async fn points_put_through_the_api_move_the_alarms_that_it_describes() {
    let cloud = cloud();
    one_of_each(&cloud).await;
    let target = |action: &str| format!("GraniteServiceVersion20100801.{action}");
    let describe = || {
        json_call(
            &cloud,
            "monitoring",
            "GraniteServiceVersion20100801.DescribeAlarms",
            json!({"AlarmTypes": ["MetricAlarm", "CompositeAlarm"]}),
        )
    };
    assert_eq!(describe().await.pointer("/MetricAlarms/0/StateValue"), Some(&json!("OK")));
    let point =
        json!({"MetricName": "IteratorAge", "Value": 90_000, "Dimensions": [{"Name": "FunctionName", "Value": "f"}]});
    json_call(
        &cloud,
        "monitoring",
        &target("PutMetricData"),
        json!({"Namespace": "AWS/Lambda", "MetricData": [point]}),
    )
    .await;
    let described = describe().await;
    assert_eq!(described.pointer("/MetricAlarms/0/StateValue"), Some(&json!("ALARM")));
    assert_eq!(described.pointer("/MetricAlarms/0/TreatMissingData"), Some(&json!("notBreaching")));
    assert_eq!(described.pointer("/CompositeAlarms/0/StateValue"), Some(&json!("ALARM")));
}

#[tokio::test]
async fn it_is_served_on_loopback_only() {
    let refused = Server::bind(cloud(), "0.0.0.0:0".parse().unwrap()).await;
    assert!(matches!(refused, Err(EmbeddedError::NotLoopback(_))));
    let server = Server::bind(cloud(), "127.0.0.1:0".parse().unwrap()).await.unwrap();
    let address = server.address();
    let running = tokio::spawn(server.run());
    let mut stream = tokio::net::TcpStream::connect(address).await.unwrap();
    let ask = "POST / HTTP/1.1\r\nhost: localhost\r\nx-amz-target: Kinesis_20131202.ListStreams\r\ncontent-length: 2\r\nconnection: close\r\n\r\n{}";
    tokio::io::AsyncWriteExt::write_all(&mut stream, ask.as_bytes()).await.unwrap();
    let mut answer = String::new();
    tokio::io::AsyncReadExt::read_to_string(&mut stream, &mut answer).await.unwrap();
    running.abort();
    assert!(answer.starts_with("HTTP/1.1 200 OK") && answer.contains("StreamNames"), "{answer}");
}

const STACK: &str = r#"{"Resources": {
    "Role": {"Type": "AWS::IAM::Role", "Properties": {"AssumeRolePolicyDocument": {"Version": "2012-10-17", "Statement": []}}},
    "Stream": {"Type": "AWS::Kinesis::Stream", "Properties": {"Name": "deployed", "StreamModeDetails": {"StreamMode": "ON_DEMAND"}}},
    "Function": {"Type": "AWS::Lambda::Function", "Properties": {"FunctionName": "f", "Runtime": "python3.13", "Handler": "a.b",
        "Role": {"Fn::GetAtt": ["Role", "Arn"]}, "Code": {"S3Bucket": "sluice-artifacts-999988887777-eu-west-1", "S3Key": "code/one.zip"}}},
    "Mapping": {"Type": "AWS::Lambda::EventSourceMapping", "Properties": {"FunctionName": {"Ref": "Function"},
        "EventSourceArn": {"Fn::GetAtt": ["Stream", "Arn"]}, "StartingPosition": "TRIM_HORIZON"}}},
    "Outputs": {"StreamArn": {"Value": {"Fn::GetAtt": ["Stream", "Arn"]}}}}"#;

async fn formation(cloud: &EmbeddedCloud, action: &str, parameters: &[(&str, &str)]) -> (u16, String) {
    let mut form: BTreeMap<String, String> =
        parameters.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    form.insert("Action".to_owned(), action.to_owned());
    form.insert("Version".to_owned(), "2010-05-15".to_owned());
    let response =
        cloud.handle(request("cloudformation", "POST", "/", None, super::wire::write_form(&form))).await.unwrap();
    (response.status, String::from_utf8_lossy(&response.body).into_owned())
}

async fn status_of(cloud: &EmbeddedCloud) -> String {
    let (_, xml) = formation(cloud, "DescribeStacks", &[("StackName", "p")]).await;
    super::wire::xml_text(&xml, "StackStatus").unwrap_or(xml)
}

async fn begin(cloud: &EmbeddedCloud) {
    upload(cloud, "code/one.zip", b"zipped").await;
    let asked = [("StackName", "p"), ("TemplateBody", STACK), ("Capabilities.member.1", "CAPABILITY_IAM")];
    let (status, xml) = formation(cloud, "CreateStack", &asked).await;
    assert_eq!(status, 200, "{xml}");
}

#[tokio::test]
async fn a_stack_is_deployed_into_the_services_and_removed_from_them() {
    let cloud = cloud();
    begin(&cloud).await;
    assert_eq!(status_of(&cloud).await, "CREATE_IN_PROGRESS");
    cloud.advance(Duration::from_secs(3_600)).await.unwrap();
    assert_eq!(status_of(&cloud).await, "CREATE_COMPLETE");
    let (_, xml) = formation(&cloud, "DescribeStacks", &[("StackName", "p")]).await;
    assert_eq!(
        super::wire::xml_text(&xml, "OutputValue"),
        Some(format!("arn:aws:kinesis:eu-west-1:{ACCOUNT}:stream/deployed"))
    );
    let summary =
        json_call(&cloud, "kinesis", "Kinesis_20131202.DescribeStreamSummary", json!({"StreamName": "deployed"})).await;
    assert_eq!(summary.pointer("/StreamDescriptionSummary/OpenShardCount"), Some(&json!(4)));
    assert_eq!(cloud.status().await.unwrap().consumers.len(), 1);
    formation(&cloud, "DeleteStack", &[("StackName", "p")]).await;
    cloud.advance(Duration::from_secs(3_600)).await.unwrap();
    let listed = json_call(&cloud, "kinesis", "Kinesis_20131202.ListStreams", json!({})).await;
    assert_eq!(listed.get("StreamNames"), Some(&json!([])));
    assert!(cloud.status().await.unwrap().consumers.is_empty());
}

#[tokio::test]
async fn a_resource_that_is_made_to_fail_takes_the_stack_back_and_leaves_nothing() {
    let cloud = cloud();
    cloud.fail("Mapping", FailOn::Create, "Received Exception while reading from provided stream.", 1).await.unwrap();
    begin(&cloud).await;
    cloud.advance(Duration::from_secs(3_600)).await.unwrap();
    assert_eq!(status_of(&cloud).await, "ROLLBACK_COMPLETE");
    let (_, events) = formation(&cloud, "DescribeStackEvents", &[("StackName", "p")]).await;
    assert!(events.contains("Received Exception while reading from provided stream."), "{events}");
    let listed = json_call(&cloud, "kinesis", "Kinesis_20131202.ListStreams", json!({})).await;
    assert_eq!(listed.get("StreamNames"), Some(&json!([])));
}

#[tokio::test]
async fn a_deployment_goes_on_while_nobody_is_there_to_watch() {
    let folder = tempfile::tempdir().unwrap();
    let settings = |speed| Settings {
        account: AccountId::new(ACCOUNT).unwrap(),
        region: Region::new("eu-west-1").unwrap(),
        environment: EnvironmentName::new("local").unwrap(),
        speed,
    };
    let start = Timestamp::parse("2026-01-01T00:00:00Z").unwrap();
    let at = |seconds| Arc::new(StandingClock::at(start.plus(Duration::from_secs(seconds))));
    let open =
        |seconds| EmbeddedCloud::open(StateStore::folder(folder.path()), settings(Speed::INTERACTIVE), at(seconds));
    begin(&open(0)).await;
    assert_eq!(status_of(&open(0)).await, "CREATE_IN_PROGRESS");
    let later = open(60);
    assert_eq!(status_of(&later).await, "CREATE_COMPLETE");
    // A minute of the machine's: fast while there was work, ordinary since.
    let now = later.status().await.unwrap().now;
    assert!(now > start.plus(Duration::from_secs(60)) && now < start.plus(Duration::from_secs(6_000)), "{now}");
}

#[tokio::test]
async fn a_read_can_be_behind_the_last_change() {
    let cloud = cloud();
    begin(&cloud).await;
    cloud.advance(Duration::from_secs(3_600)).await.unwrap();
    cloud.fail_calls("DescribeStacks", CallFault::Stale, 1).await.unwrap();
    assert_ne!(status_of(&cloud).await, "CREATE_COMPLETE");
    assert_eq!(status_of(&cloud).await, "CREATE_COMPLETE");
}

/// The template of the README's pipeline, as rendered for a tier.
async fn deploy_golden(yaml: &str, account: &str, times: u32) -> EmbeddedCloud {
    let settings = Settings {
        account: AccountId::new(account).unwrap(),
        region: Region::new("eu-west-1").unwrap(),
        environment: EnvironmentName::new("local").unwrap(),
        speed: Speed::Real,
    };
    let start = Timestamp::parse("2026-01-01T00:00:00Z").unwrap();
    let cloud = EmbeddedCloud::open(StateStore::memory(), settings, Arc::new(StandingClock::at(start)));
    let key = yaml.split("S3Key: ").nth(1).and_then(|rest| rest.split('\n').next()).unwrap();
    upload(&cloud, key, b"zipped").await;
    for attempt in 0..times {
        let action = if attempt == 0 { "CreateStack" } else { "UpdateStack" };
        let body = if attempt == 0 {
            yaml.to_owned()
        } else {
            yaml.replace("ParallelizationFactor: 4", "ParallelizationFactor: 8")
        };
        let path = format!("/{}/templates/{attempt}.yaml", cloud.artifact_bucket());
        let put = cloud.handle(request("s3", "PUT", &path, None, body)).await.unwrap();
        assert!(put.is_success());
        let url = format!("https://s3.eu-west-1.amazonaws.com{path}");
        let asked = [("StackName", "p"), ("TemplateURL", url.as_str()), ("Capabilities.member.1", "CAPABILITY_IAM")];
        let (status, xml) = formation(&cloud, action, &asked).await;
        assert_eq!(status, 200, "{xml}");
        cloud.advance(Duration::from_secs(7_200)).await.unwrap();
    }
    cloud
}

async fn reasons(cloud: &EmbeddedCloud) -> Vec<String> {
    let (_, events) = formation(cloud, "DescribeStackEvents", &[("StackName", "p")]).await;
    events
        .split("<member>")
        .filter(|event| event.contains("_FAILED"))
        .filter_map(|event| super::wire::xml_text(event, "ResourceStatusReason"))
        .collect()
}

#[tokio::test]
async fn the_rendered_pipeline_of_every_tier_deploys_updates_and_alarms_nowhere() {
    for yaml in [
        include_str!("../../tests/golden/fraud-detection.dev.yaml"),
        include_str!("../../tests/golden/fraud-detection.staging.yaml"),
        include_str!("../../tests/golden/fraud-detection.prod.yaml"),
    ] {
        let cloud = deploy_golden(yaml, "123456789012", 2).await;
        assert_eq!(status_of(&cloud).await, "UPDATE_COMPLETE", "{:?}", reasons(&cloud).await);
        let status = cloud.status().await.unwrap();
        let alarming: Vec<&String> =
            status.alarms.iter().filter(|(_, state)| **state == AlarmState::Alarm).map(|(name, _)| name).collect();
        assert_eq!(alarming, Vec::<&String>::new());
        let listed = get(&cloud, "lambda", "/2015-03-31/event-source-mappings/").await;
        assert_eq!(listed.pointer("/EventSourceMappings/0/ParallelizationFactor"), Some(&json!(8)));
    }
}

#[tokio::test]
async fn an_unread_stream_raises_the_alarm_that_is_for_it() {
    let cloud = deploy_golden(include_str!("../../tests/golden/fraud-detection.dev.yaml"), "123456789012", 1).await;
    let status = cloud.status().await.unwrap();
    let consumer = status.consumers.first().unwrap();
    let path = format!("/2015-03-31/event-source-mappings/{}", consumer.uuid);
    let paused = cloud.handle(request("lambda", "PUT", &path, None, r#"{"Enabled": false}"#)).await.unwrap();
    assert_eq!(paused.status, 202);
    let records = super::commands::Records {
        stream: consumer.stream.clone(),
        rate: 1_000.0,
        lasting: Duration::from_secs(7_200),
        size: crate::units::ByteSize::from_bytes(1_200),
        keys: 2_000_000,
        work: BTreeMap::new(),
    };
    cloud.records(records).await.unwrap();
    cloud.advance(Duration::from_secs(3_600)).await.unwrap();
    let status = cloud.status().await.unwrap();
    assert_eq!(status.consumers.first().unwrap().lag_records, 3_600_000);
    let alarming: Vec<&str> =
        status.alarms.iter().filter(|(_, state)| **state == AlarmState::Alarm).map(|(name, _)| name.as_str()).collect();
    assert!(alarming.iter().any(|name| name.ends_with("not-reading")), "{alarming:?}");
}

#[tokio::test]
async fn a_deleted_stack_of_the_development_tier_leaves_nothing() {
    let cloud = deploy_golden(include_str!("../../tests/golden/fraud-detection.dev.yaml"), "123456789012", 1).await;
    formation(&cloud, "DeleteStack", &[("StackName", "p")]).await;
    cloud.advance(Duration::from_secs(7_200)).await.unwrap();
    let left: Vec<String> = {
        let mut turn = cloud.turn().await.unwrap();
        turn.inner().unwrap().back.world.records.keys().cloned().collect()
    };
    assert_eq!(left, Vec::<String>::new(), "{:?}", reasons(&cloud).await);
    let (status, xml) = formation(&cloud, "DescribeStacks", &[("StackName", "p")]).await;
    assert_eq!(status, 400, "{xml}");
}
