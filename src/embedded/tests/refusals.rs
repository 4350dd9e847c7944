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
