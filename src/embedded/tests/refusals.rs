//! What a service refuses when CloudFormation asks for it.

use super::*;

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
    assert!(missing.unwrap_err().message.starts_with("Invalid request provided: Stream not found: "));
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
async fn a_function_that_is_made_anew_publishes_its_first_version_again() {
    let cloud = cloud();
    let made = function(&cloud).await;
    create(&cloud, Kind::FunctionVersion, json!({"FunctionName": "f"})).await;
    let delete = EffectAction::Delete { physical_id: made.physical_id, properties: Properties::new() };
    effect(&cloud, "It", Kind::Function, delete).await.unwrap();
    function(&cloud).await;
    let again = create(&cloud, Kind::FunctionVersion, json!({"FunctionName": "f"})).await;
    assert_eq!(again.attributes.get("Version"), Some(&json!("1")));
}

/// The refusal of a creation, without what the frame adds.
async fn refused(cloud: &EmbeddedCloud, kind: Kind, given: Value) -> String {
    let made = effect(cloud, "Refused", kind, EffectAction::Create { properties: properties(given) }).await;
    let message = made.map(|made| made.physical_id).unwrap_err().message;
    message.split(" (Service: ").next().unwrap().to_owned()
}

async fn changed(
    cloud: &EmbeddedCloud,
    kind: Kind,
    id: &str,
    before: Value,
    after: Value,
) -> Result<Provisioned, HandlerError> {
    let update = EffectAction::Update {
        physical_id: id.to_owned(),
        before: properties(before),
        after: properties(after),
        tags_before: BTreeMap::new(),
    };
    effect(cloud, "It", kind, update).await
}

#[tokio::test]
async fn the_name_of_a_deleted_queue_is_free_after_a_minute() {
    let cloud = cloud();
    let made = create(&cloud, Kind::Queue, json!({"QueueName": "q"})).await;
    let delete = EffectAction::Delete { physical_id: made.physical_id, properties: Properties::new() };
    effect(&cloud, "It", Kind::Queue, delete).await.unwrap();
    let words = "You must wait 60 seconds after deleting a queue before you can create another with the same name.";
    assert_eq!(refused(&cloud, Kind::Queue, json!({"QueueName": "q"})).await, words);
    let by_api = request("sqs", "POST", "/", Some("AmazonSQS.CreateQueue"), r#"{"QueueName": "q"}"#);
    assert_eq!(cloud.handle(by_api).await.unwrap().status, 400);
    cloud.advance(Duration::from_secs(61)).await.unwrap();
    create(&cloud, Kind::Queue, json!({"QueueName": "q"})).await;
}

#[tokio::test]
async fn a_queue_hands_failures_only_to_a_queue_that_is_there() {
    let policy = json!({"deadLetterTargetArn": format!("arn:aws:sqs:eu-west-1:{ACCOUNT}:dead"), "maxReceiveCount": 5});
    let given = json!({"QueueName": "q", "RedrivePolicy": policy});
    assert!(refused(&cloud(), Kind::Queue, given).await.ends_with("Reason: Dead letter target does not exist."));
}

#[tokio::test]
async fn a_missing_topic_takes_no_subscription_and_an_endpoint_has_its_form() {
    let cloud = cloud();
    let topic = format!("arn:aws:sns:eu-west-1:{ACCOUNT}:t");
    let given = json!({"TopicArn": topic, "Protocol": "email", "Endpoint": "a@example.com"});
    let missing =
        effect(&cloud, "It", Kind::Subscription, EffectAction::Create { properties: properties(given) }).await;
    assert_eq!(missing.map_err(|error| error.code), Err(HandlerErrorCode::NotFound));
    create(&cloud, Kind::Topic, json!({"TopicName": "t"})).await;
    let given = json!({"TopicArn": topic, "Protocol": "sqs", "Endpoint": "q"});
    assert_eq!(refused(&cloud, Kind::Subscription, given).await, "Invalid parameter: SQS endpoint ARN");
}

#[tokio::test]
async fn an_archive_that_converts_or_partitions_needs_a_large_buffer() {
    let cloud = cloud();
    let given = |part: &str, more: Value| {
        let mut destination = json!({"BucketARN": "arn:aws:s3:::b", "RoleARN": "arn:aws:iam::1:role/r",
            "BufferingHints": {"SizeInMBs": 5, "IntervalInSeconds": 300}});
        destination[part] = json!({"Enabled": true});
        crate::embedded::back::merge(&mut destination, &more);
        json!({"DeliveryStreamName": "d", "ExtendedS3DestinationConfiguration": destination})
    };
    let converts = given("DataFormatConversionConfiguration", json!({}));
    let words = "BufferingHints.SizeInMBs must be at least 64 when data format conversion is enabled.";
    assert_eq!(refused(&cloud, Kind::DeliveryStream, converts).await, words);
    let large = json!({"BufferingHints": {"SizeInMBs": 64}, "CompressionFormat": "GZIP"});
    let compressed = given("DataFormatConversionConfiguration", large);
    assert!(
        refused(&cloud, Kind::DeliveryStream, compressed).await.starts_with("CompressionFormat must be UNCOMPRESSED")
    );
    let partitions = given("DynamicPartitioningConfiguration", json!({}));
    assert!(refused(&cloud, Kind::DeliveryStream, partitions).await.contains("Dynamic Partitioning is enabled"));
    let unhurried = json!({"BufferingHints": {"SizeInMBs": 64, "IntervalInSeconds": 0}, "ErrorOutputPrefix": "e/"});
    let hurried = given("DynamicPartitioningConfiguration", unhurried);
    assert!(refused(&cloud, Kind::DeliveryStream, hurried).await.contains("IntervalInSeconds"));
}

#[tokio::test]
async fn one_index_comes_or_goes_in_an_update() {
    let cloud = cloud();
    let index = |name: &str, key: &str| json!({"IndexName": name, "KeySchema": [{"AttributeName": key, "KeyType": "HASH"}], "Projection": {"ProjectionType": "ALL"}});
    let given = |indexes: Value| {
        json!({"TableName": "t", "BillingMode": "PAY_PER_REQUEST", "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
            "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}], "GlobalSecondaryIndexes": indexes})
    };
    create(&cloud, Kind::Table, given(json!([index("a", "id")]))).await;
    let (one, three) = (json!([index("a", "id")]), json!([index("a", "id"), index("b", "id"), index("c", "id")]));
    let refused = changed(&cloud, Kind::Table, "t", given(one.clone()), given(three)).await.unwrap_err();
    assert_eq!(refused.message, "Cannot perform more than one GSI creation or deletion in a single update");
    let exchanged = changed(&cloud, Kind::Table, "t", given(one.clone()), given(json!([index("b", "id")]))).await;
    assert!(exchanged.is_err());
    let mut keys_only = index("a", "id");
    keys_only["Projection"] = json!({"ProjectionType": "KEYS_ONLY"});
    let projected = changed(&cloud, Kind::Table, "t", given(one), given(json!([keys_only]))).await.unwrap_err();
    assert!(projected.message.starts_with("Cannot update GSI's properties"), "{projected}");
    let unused = given(json!([index("a", "other")]));
    assert!(self::refused(&cloud, Kind::Table, unused).await.contains("are not defined in AttributeDefinitions"));
}

#[tokio::test]
async fn the_time_to_live_moves_to_another_attribute_only_when_it_is_off() {
    let cloud = cloud();
    let given = |attribute: &str, on: bool| {
        json!({"TableName": "t", "BillingMode": "PAY_PER_REQUEST", "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
            "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
            "TimeToLiveSpecification": {"AttributeName": attribute, "Enabled": on}})
    };
    create(&cloud, Kind::Table, given("a", true)).await;
    let refused = changed(&cloud, Kind::Table, "t", given("a", true), given("b", true)).await.unwrap_err();
    assert_eq!(refused.message, "TimeToLive is active on a different AttributeName: current AttributeName is a");
    let mut silent = given("a", true);
    silent.as_object_mut().unwrap().remove("TimeToLiveSpecification");
    let refused = changed(&cloud, Kind::Table, "t", given("a", true), silent.clone()).await.unwrap_err();
    assert!(refused.message.contains("AttributeName property of TimeToLiveSpecification is required"), "{refused}");
    let hasty = changed(&cloud, Kind::Table, "t", given("a", true), given("a", false)).await.unwrap_err();
    assert_eq!(hasty.message, "Time to live has been modified multiple times within a fixed interval");
    let hour = Duration::from_secs(3_600);
    cloud.advance(hour).await.unwrap();
    changed(&cloud, Kind::Table, "t", given("a", true), given("a", false)).await.unwrap();
    changed(&cloud, Kind::Table, "t", given("a", false), silent).await.unwrap();
    cloud.advance(hour).await.unwrap();
    changed(&cloud, Kind::Table, "t", given("a", false), given("b", true)).await.unwrap();
}

#[tokio::test]
async fn concurrency_is_provisioned_for_what_is_published_and_within_what_is_reserved() {
    let cloud = cloud();
    function(&cloud).await;
    let alias = |version: &str, wanted: u32| {
        json!({"FunctionName": "f", "Name": "live", "FunctionVersion": version,
            "ProvisionedConcurrencyConfig": {"ProvisionedConcurrentExecutions": wanted}})
    };
    let words = "Provisioned Concurrency Configs cannot be applied to unpublished function versions.";
    assert_eq!(refused(&cloud, Kind::FunctionAlias, alias("$LATEST", 1)).await, words);
    create(&cloud, Kind::FunctionVersion, json!({"FunctionName": "f"})).await;
    assert!(refused(&cloud, Kind::FunctionAlias, alias("1", 901)).await.contains("below its minimum value of [100]"));
    let function = |name: &str, reserved: u32| {
        json!({"FunctionName": name, "Runtime": "python3.13", "Handler": "a.b", "Role": "arn:aws:iam::1:role/r",
            "Code": {"S3Bucket": cloud.artifact_bucket(), "S3Key": "code/one.zip"}, "ReservedConcurrentExecutions": reserved})
    };
    let words = "Specified ReservedConcurrentExecutions for function decreases account's UnreservedConcurrentExecution below its minimum value of [100].";
    assert_eq!(refused(&cloud, Kind::Function, function("g", 901)).await, words);
    create(&cloud, Kind::Function, function("g", 500)).await;
    assert_eq!(refused(&cloud, Kind::Function, function("h", 401)).await, words);
    create(&cloud, Kind::Function, function("h", 400)).await;
    create(&cloud, Kind::FunctionVersion, json!({"FunctionName": "g"})).await;
    let beyond = json!({"FunctionName": "g", "Name": "live", "FunctionVersion": "1",
        "ProvisionedConcurrencyConfig": {"ProvisionedConcurrentExecutions": 501}});
    let words =
        "Requested Provisioned Concurrency should not be greater than the reservedConcurrentExecution for function";
    assert_eq!(refused(&cloud, Kind::FunctionAlias, beyond).await, words);
}

async fn role(cloud: &EmbeddedCloud, service: &str, actions: &[&str]) -> String {
    let document = |statement: Value| json!({"Version": "2012-10-17", "Statement": [statement]});
    let trust = json!({"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": service}});
    let may = json!({"Effect": "Allow", "Action": actions, "Resource": "*"});
    let given = json!({"RoleName": "of-f", "AssumeRolePolicyDocument": document(trust),
        "Policies": [{"PolicyName": "own", "PolicyDocument": document(may)}]});
    create(cloud, Kind::Role, given).await.attributes["Arn"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_mapping_of_a_queue_needs_time_rights_and_a_window() {
    let cloud = cloud();
    upload(&cloud, "code/one.zip", b"zipped").await;
    let role = role(&cloud, "lambda.amazonaws.com", &["sqs:ReceiveMessage", "sqs:GetQueueAttributes"]).await;
    let function = |name: &str, role: &str| {
        json!({"FunctionName": name, "Runtime": "python3.13", "Handler": "a.b", "Role": role, "Timeout": 60,
            "Code": {"S3Bucket": cloud.artifact_bucket(), "S3Key": "code/one.zip"}})
    };
    create(&cloud, Kind::Function, function("poor", &role)).await;
    create(&cloud, Kind::Function, function("f", "arn:aws:iam::1:role/elsewhere")).await;
    let queue = format!("arn:aws:sqs:eu-west-1:{ACCOUNT}:q");
    let given = |function: &str, more: Value| {
        let mut given = json!({"FunctionName": function, "EventSourceArn": queue});
        crate::embedded::back::merge(&mut given, &more);
        given
    };
    let missing = refused(&cloud, Kind::Mapping, given("f", json!({}))).await;
    assert!(missing.contains("AWS.SimpleQueueService.NonExistentQueue"), "{missing}");
    create(&cloud, Kind::Queue, json!({"QueueName": "q", "VisibilityTimeout": 30})).await;
    let words =
        "Invalid request provided: Queue visibility timeout: 30 seconds is less than Function timeout: 60 seconds";
    assert_eq!(refused(&cloud, Kind::Mapping, given("f", json!({}))).await, words);
    let (before, after) =
        (json!({"QueueName": "q", "VisibilityTimeout": 30}), json!({"QueueName": "q", "VisibilityTimeout": 60}));
    let url = format!("https://sqs.eu-west-1.amazonaws.com/{ACCOUNT}/q");
    changed(&cloud, Kind::Queue, &url, before, after).await.unwrap();
    let words =
        "Invalid request provided: The function execution role does not have permissions to call DeleteMessage on SQS";
    assert_eq!(refused(&cloud, Kind::Mapping, given("poor", json!({}))).await, words);
    let batch = given("f", json!({"BatchSize": 11}));
    assert!(
        refused(&cloud, Kind::Mapping, batch).await.contains("Maximum batch window in seconds must be greater than 0")
    );
    for (name, value) in [("StartingPosition", json!("LATEST")), ("ParallelizationFactor", json!(2))] {
        let mut foreign = given("f", json!({}));
        foreign[name] = value;
        assert!(refused(&cloud, Kind::Mapping, foreign).await.contains("Unsupported parameter for SQS"));
    }
    create(&cloud, Kind::Mapping, given("f", json!({}))).await;
    let twice = refused(&cloud, Kind::Mapping, given("f", json!({}))).await;
    assert!(twice.contains("provided mapping already exists"), "{twice}");
}

#[tokio::test]
async fn a_stream_is_read_with_the_rights_for_it_and_a_role_is_one_that_lambda_may_assume() {
    let cloud = cloud();
    upload(&cloud, "code/one.zip", b"zipped").await;
    let role = role(&cloud, "lambda.amazonaws.com", &["logs:PutLogEvents"]).await;
    let function = |role: &str, more: Value| {
        let mut given = json!({"FunctionName": "f", "Runtime": "python3.13", "Handler": "a.b", "Role": role,
            "Code": {"S3Bucket": cloud.artifact_bucket(), "S3Key": "code/one.zip"}});
        crate::embedded::back::merge(&mut given, &more);
        given
    };
    let network = json!({"VpcConfig": {"SubnetIds": ["subnet-1"], "SecurityGroupIds": ["sg-1"]}});
    let words = "The provided execution role does not have permissions to call CreateNetworkInterface on EC2";
    assert_eq!(refused(&cloud, Kind::Function, function(&role, network)).await, words);
    create(&cloud, Kind::Function, function(&role, json!({}))).await;
    create(&cloud, Kind::Stream, json!({"Name": "s", "ShardCount": 1})).await;
    let given = json!({"FunctionName": "f", "EventSourceArn": format!("arn:aws:kinesis:eu-west-1:{ACCOUNT}:stream/s"), "StartingPosition": "LATEST"});
    let denied = refused(&cloud, Kind::Mapping, given).await;
    assert!(denied.starts_with("Invalid request provided: Cannot access stream arn:aws:kinesis"), "{denied}");
    let destination = json!({"FunctionName": "f", "Qualifier": "$LATEST",
        "DestinationConfig": {"OnFailure": {"Destination": format!("arn:aws:sqs:eu-west-1:{ACCOUNT}:q")}}});
    let denied = refused(&cloud, Kind::InvokeConfig, destination).await;
    assert!(denied.contains("does not have permissions to call SendMessage"), "{denied}");
}

#[tokio::test]
async fn a_role_of_another_service_is_not_taken() {
    let cloud = cloud();
    upload(&cloud, "code/one.zip", b"zipped").await;
    let role = role(&cloud, "ec2.amazonaws.com", &["*"]).await;
    let given = json!({"FunctionName": "f", "Runtime": "python3.13", "Handler": "a.b", "Role": role,
        "Code": {"S3Bucket": cloud.artifact_bucket(), "S3Key": "code/one.zip"}});
    let words = "The role defined for the function cannot be assumed by Lambda.";
    assert_eq!(refused(&cloud, Kind::Function, given).await, words);
    let archive = json!({"DeliveryStreamName": "d",
        "ExtendedS3DestinationConfiguration": {"BucketARN": "arn:aws:s3:::b", "RoleARN": role}});
    assert!(refused(&cloud, Kind::DeliveryStream, archive).await.starts_with("Firehose is unable to assume role"));
}

#[tokio::test]
async fn variants_that_exclude_each_other_are_refused() {
    let cloud = cloud();
    for (name, mode) in [("m", "SingleModel"), ("many", "MultiModel")] {
        let container = json!({"Image": "1.dkr.ecr/x:1", "Mode": mode, "ModelDataUrl": "s3://b/"});
        create(
            &cloud,
            Kind::Model,
            json!({"ModelName": name, "ExecutionRoleArn": "arn:aws:iam::1:role/r", "PrimaryContainer": container}),
        )
        .await;
    }
    let serverless = json!({"MemorySizeInMB": 1024, "MaxConcurrency": 5});
    let variant = |model: &str, more: Value| {
        let mut variant = json!({"VariantName": "a", "ModelName": model});
        crate::embedded::back::merge(&mut variant, &more);
        variant
    };
    let instances = json!({"InstanceType": "ml.c5.xlarge", "InitialInstanceCount": 1});
    let config = |variants: Value, more: Value| {
        let mut config = json!({"EndpointConfigName": "c", "ProductionVariants": variants});
        crate::embedded::back::merge(&mut config, &more);
        config
    };
    let both = variant("m", json!({"ServerlessConfig": serverless, "InstanceType": "ml.c5.xlarge"}));
    let twice = json!([variant("m", instances.clone()), variant("m", instances.clone())]);
    let output = json!({"AsyncInferenceConfig": {"OutputConfig": {}}});
    let asynchronous = json!({"AsyncInferenceConfig": {"OutputConfig": {"S3OutputPath": "s3://out/"}}});
    let shadow = json!({"ShadowProductionVariants": [variant("m", json!({"VariantName": "s", "InstanceType": "ml.c5.xlarge", "InitialInstanceCount": 1}))]});
    for (given, words) in [
        (config(json!([both]), json!({})), "and not both"),
        (config(json!([variant("m", json!({}))]), json!({})), "must specify either"),
        (config(json!([variant("nowhere", instances.clone())]), json!({})), "Could not find model"),
        (config(twice, json!({})), "used more than once"),
        (config(json!([variant("m", instances.clone())]), output), "S3OutputPath"),
        (
            config(json!([variant("m", json!({"ServerlessConfig": serverless}))]), asynchronous.clone()),
            "cannot be combined",
        ),
        (config(json!([variant("many", instances.clone())]), asynchronous), "multi-model"),
        (config(json!([variant("many", instances.clone())]), shadow.clone()), "multi-model"),
        (
            config(
                json!([
                    variant(
                        "m",
                        json!({"VariantName": "a", "InstanceType": "ml.c5.xlarge", "InitialInstanceCount": 1})
                    ),
                    variant(
                        "m",
                        json!({"VariantName": "b", "InstanceType": "ml.c5.xlarge", "InitialInstanceCount": 1})
                    )
                ]),
                shadow,
            ),
            "exactly one",
        ),
    ] {
        let refused = refused(&cloud, Kind::EndpointConfig, given).await;
        assert!(refused.contains(words), "{words}: {refused}");
    }
    create(
        &cloud,
        Kind::EndpointConfig,
        config(json!([variant("m", json!({"ServerlessConfig": serverless}))]), json!({})),
    )
    .await;
    let given =
        json!({"EndpointName": "e", "EndpointConfigName": "c", "DeploymentConfig": {"BlueGreenUpdatePolicy": {}}});
    assert!(refused(&cloud, Kind::Endpoint, given).await.contains("serverless variants"));
}

#[tokio::test]
async fn a_variant_that_scales_keeps_its_instance_type_and_stays() {
    let cloud = cloud();
    let model =
        json!({"ModelName": "m", "ExecutionRoleArn": "arn:aws:iam::1:role/r", "PrimaryContainer": {"Image": "i"}});
    create(&cloud, Kind::Model, model).await;
    for (name, variant, instance) in
        [("c-1", "a", "ml.c5.large"), ("c-2", "a", "ml.c5.xlarge"), ("c-3", "b", "ml.c5.large")]
    {
        let variant =
            json!({"VariantName": variant, "ModelName": "m", "InstanceType": instance, "InitialInstanceCount": 1});
        let given = json!({"EndpointConfigName": name, "ProductionVariants": [variant]});
        create(&cloud, Kind::EndpointConfig, given).await;
    }
    let given = |config: &str| json!({"EndpointName": "e", "EndpointConfigName": config});
    create(&cloud, Kind::Endpoint, given("c-1")).await;
    changed(&cloud, Kind::Endpoint, "e", given("c-1"), given("c-2")).await.unwrap();
    changed(&cloud, Kind::Endpoint, "e", given("c-2"), given("c-3")).await.unwrap();
    changed(&cloud, Kind::Endpoint, "e", given("c-3"), given("c-2")).await.unwrap();
    let target = json!({"ServiceNamespace": "sagemaker", "ResourceId": "endpoint/e/variant/a",
        "ScalableDimension": "sagemaker:variant:DesiredInstanceCount", "MinCapacity": 1, "MaxCapacity": 2});
    create(&cloud, Kind::ScalableTarget, target).await;
    for config in ["c-1", "c-3"] {
        let refused = changed(&cloud, Kind::Endpoint, "e", given("c-2"), given(config)).await.unwrap_err();
        assert!(refused.message.starts_with("The variant(s) \"[\"a\"]\" must be deregistered"), "{refused}");
    }
}

#[tokio::test]
async fn instances_do_not_become_serverless() {
    let cloud = cloud();
    let model =
        json!({"ModelName": "m", "ExecutionRoleArn": "arn:aws:iam::1:role/r", "PrimaryContainer": {"Image": "i"}});
    create(&cloud, Kind::Model, model).await;
    let variants = [
        ("fleet", json!({"InstanceType": "ml.c5.large", "InitialInstanceCount": 1})),
        ("none", json!({"ServerlessConfig": {"MemorySizeInMB": 1024, "MaxConcurrency": 5}})),
    ];
    for (name, mut variant) in variants {
        crate::embedded::back::merge(&mut variant, &json!({"VariantName": "a", "ModelName": "m"}));
        let given = json!({"EndpointConfigName": name, "ProductionVariants": [variant]});
        create(&cloud, Kind::EndpointConfig, given).await;
    }
    let given = |config: &str| json!({"EndpointName": "e", "EndpointConfigName": config});
    create(&cloud, Kind::Endpoint, given("none")).await;
    changed(&cloud, Kind::Endpoint, "e", given("none"), given("fleet")).await.unwrap();
    let refused = changed(&cloud, Kind::Endpoint, "e", given("fleet"), given("none")).await.unwrap_err();
    assert!(refused.message.contains("to a serverless endpoint is not supported"), "{refused}");
}

#[tokio::test]
async fn what_a_delivery_stream_began_with_is_for_good() {
    let cloud = cloud();
    let given = |part: &str, value: Value| {
        let mut destination = json!({"BucketARN": "arn:aws:s3:::b", "RoleARN": "arn:aws:iam::1:role/r",
            "ErrorOutputPrefix": "e/", "BufferingHints": {"SizeInMBs": 64, "IntervalInSeconds": 300}});
        destination[part] = value;
        json!({"DeliveryStreamName": "d", "ExtendedS3DestinationConfiguration": destination})
    };
    let (off, on) = (given("S3BackupMode", json!("Disabled")), given("S3BackupMode", json!("Enabled")));
    create(&cloud, Kind::DeliveryStream, off.clone()).await;
    changed(&cloud, Kind::DeliveryStream, "d", off.clone(), on.clone()).await.unwrap();
    let refused = changed(&cloud, Kind::DeliveryStream, "d", on, off.clone()).await.unwrap_err();
    assert!(refused.message.contains("cannot be disabled"), "{refused}");
    let partitions = given("DynamicPartitioningConfiguration", json!({"Enabled": true}));
    assert!(changed(&cloud, Kind::DeliveryStream, "d", off, partitions).await.is_err());
}

#[tokio::test]
async fn what_is_not_there_is_not_scaled() {
    let cloud = cloud();
    let target = |resource: &str, namespace: &str, dimension: &str| json!({"ServiceNamespace": namespace, "ResourceId": resource, "ScalableDimension": dimension, "MinCapacity": 1, "MaxCapacity": 2});
    let endpoint = target("endpoint/e/variant/a", "sagemaker", "sagemaker:variant:DesiredInstanceCount");
    assert!(refused(&cloud, Kind::ScalableTarget, endpoint).await.ends_with("endpoint/e/variant/a"));
    let index = target("table/t/index/i", "dynamodb", "dynamodb:index:ReadCapacityUnits");
    assert!(refused(&cloud, Kind::ScalableTarget, index).await.ends_with("table/t/index/i"));
}

#[tokio::test]
async fn a_property_that_would_not_be_kept_is_refused() {
    let words = "The embedded cloud does not model the property CorsConfiguration of AWS::S3::Bucket.";
    let given = json!({"BucketName": "b-1", "CorsConfiguration": {"CorsRules": []}});
    assert_eq!(refused(&cloud(), Kind::Bucket, given).await, words);
    let given =
        json!({"BucketName": "b-1", "LifecycleConfiguration": {"Rules": [{"Status": "Enabled", "TagFilters": []}]}});
    assert!(refused(&cloud(), Kind::Bucket, given).await.contains("TagFilters of a lifecycle rule"));
}

#[tokio::test]
async fn the_newest_version_of_a_managed_policy_is_in_force_and_old_ones_make_room() {
    let cloud = cloud();
    let given = |action: &str| {
        json!({"ManagedPolicyName": "shared", "PolicyDocument":
            {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": action, "Resource": "*"}]}})
    };
    let made = create(&cloud, Kind::ManagedPolicy, given("a:0")).await;
    for number in 1..8 {
        let (before, after) = (given(&format!("a:{}", number - 1)), given(&format!("a:{number}")));
        let changed = changed(&cloud, Kind::ManagedPolicy, &made.physical_id, before, after).await.unwrap();
        assert_eq!(changed.attributes["DefaultVersionId"], json!(format!("v{}", number + 1)));
    }
    let body = format!("Action=GetPolicyVersion&Version=2010-05-08&PolicyArn={}&VersionId=v8", made.physical_id);
    let answer = cloud.handle(request("iam", "POST", "/", None, body)).await.unwrap();
    assert!(String::from_utf8_lossy(&answer.body).contains("a:7"), "{}", String::from_utf8_lossy(&answer.body));
}

#[tokio::test]
async fn retained_variants_keep_their_instances() {
    let cloud = cloud();
    create(
        &cloud,
        Kind::Model,
        json!({"ModelName": "m", "ExecutionRoleArn": "arn:aws:iam::1:role/r", "PrimaryContainer": {"Image": "i"}}),
    )
    .await;
    for (name, count, weight) in [("c-1", 2, 1.0), ("c-2", 5, 0.5)] {
        let variant = json!({"VariantName": "a", "ModelName": "m", "InstanceType": "ml.c5.xlarge", "InitialInstanceCount": count, "InitialVariantWeight": weight});
        create(&cloud, Kind::EndpointConfig, json!({"EndpointConfigName": name, "ProductionVariants": [variant]}))
            .await;
    }
    let given = |config: &str| {
        json!({"EndpointName": "e", "EndpointConfigName": config, "RetainAllVariantProperties": true,
            "ExcludeRetainedVariantProperties": [{"VariantPropertyType": "DesiredWeight"}]})
    };
    create(&cloud, Kind::Endpoint, given("c-1")).await;
    changed(&cloud, Kind::Endpoint, "e", given("c-1"), given("c-2")).await.unwrap();
    let told = json_call(&cloud, "sagemaker", "SageMaker.DescribeEndpoint", json!({"EndpointName": "e"})).await;
    assert_eq!(told.pointer("/ProductionVariants/0/DesiredInstanceCount"), Some(&json!(2)), "{told}");
    assert_eq!(told.pointer("/ProductionVariants/0/DesiredWeight"), Some(&json!(0.5)), "{told}");
}
