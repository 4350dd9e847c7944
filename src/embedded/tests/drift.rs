//! Drift: what somebody changes past CloudFormation shows in its drift, and nothing else does.

use super::stacks::formation;
use super::*;
use crate::embedded::wire::xml_text;

/// Detects drift in the stack `p`, and returns what is not as CloudFormation left it.
pub(super) async fn drifted(cloud: &EmbeddedCloud) -> Vec<String> {
    let (_, xml) = formation(cloud, "DetectStackDrift", &[("StackName", "p")]).await;
    let id = xml_text(&xml, "StackDriftDetectionId").unwrap_or_else(|| panic!("{xml}"));
    cloud.advance(Duration::from_secs(60)).await.unwrap();
    let asked = [("StackDriftDetectionId", id.as_str())];
    let (_, xml) = formation(cloud, "DescribeStackDriftDetectionStatus", &asked).await;
    assert_eq!(xml_text(&xml, "DetectionStatus").as_deref(), Some("DETECTION_COMPLETE"), "{xml}");
    let (_, xml) = formation(cloud, "DescribeStackResourceDrifts", &[("StackName", "p")]).await;
    let parts: Vec<&str> = xml.split("<StackResourceDriftStatus>").collect();
    let ends = parts.windows(2).filter(|pair| !pair[1].starts_with("IN_SYNC"));
    ends.map(|pair| {
        format!("{} {}", pair[1].split('<').next().unwrap(), pair[0].split("<LogicalResourceId>").last().unwrap())
    })
    .collect()
}

const STACK: &str = r#"{"Resources": {
  "Key": {"Type": "AWS::KMS::Key", "Properties": {"EnableKeyRotation": true, "KeyPolicy": {"Version": "2012-10-17", "Statement": []}}},
  "Stream": {"Type": "AWS::Kinesis::Stream", "Properties": {"Name": "s", "ShardCount": 2, "RetentionPeriodHours": 168,
    "StreamEncryption": {"EncryptionType": "KMS", "KeyId": "alias/aws/kinesis"}}},
  "Table": {"Type": "AWS::DynamoDB::Table", "Properties": {"TableName": "t", "BillingMode": "PAY_PER_REQUEST",
    "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}], "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
    "DeletionProtectionEnabled": true, "TimeToLiveSpecification": {"AttributeName": "ttl", "Enabled": true},
    "PointInTimeRecoverySpecification": {"PointInTimeRecoveryEnabled": true}}},
  "Dead": {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": "dead"}},
  "Queue": {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": "q", "MessageRetentionPeriod": 345600,
    "RedrivePolicy": {"deadLetterTargetArn": {"Fn::GetAtt": ["Dead", "Arn"]}, "maxReceiveCount": 3}}},
  "Topic": {"Type": "AWS::SNS::Topic", "Properties": {"TopicName": "n"}},
  "Mail": {"Type": "AWS::SNS::Subscription", "Properties": {"TopicArn": {"Ref": "Topic"}, "Protocol": "email", "Endpoint": "a@example.com"}},
  "Bucket": {"Type": "AWS::S3::Bucket", "Properties": {"BucketName": "b-999988887777",
    "VersioningConfiguration": {"Status": "Enabled"}}},
  "BucketPolicy": {"Type": "AWS::S3::BucketPolicy", "Properties": {"Bucket": {"Ref": "Bucket"}, "PolicyDocument":
    {"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "*",
      "Condition": {"Bool": {"aws:SecureTransport": "false"}}}]}}},
  "Alarm": {"Type": "AWS::CloudWatch::Alarm", "Properties": {"AlarmName": "a", "ActionsEnabled": true, "MetricName": "M",
    "Namespace": "N", "Statistic": "Sum", "Period": 60, "EvaluationPeriods": 1, "Threshold": 1,
    "ComparisonOperator": "GreaterThanThreshold"}},
  "Logs": {"Type": "AWS::Logs::LogGroup", "Properties": {"LogGroupName": "/l", "RetentionInDays": 30}},
  "Role": {"Type": "AWS::IAM::Role", "Properties": {"AssumeRolePolicyDocument": {"Version": "2012-10-17", "Statement": [
    {"Effect": "Allow", "Principal": {"Service": ["lambda.amazonaws.com", "firehose.amazonaws.com"]}, "Action": "sts:AssumeRole"}]},
    "Policies": [{"PolicyName": "own", "PolicyDocument": {"Version": "2012-10-17", "Statement": [
      {"Effect": "Allow", "Action": ["kinesis:*", "sqs:*", "s3:*"], "Resource": "*"}]}}]}},
  "Function": {"Type": "AWS::Lambda::Function", "Properties": {"FunctionName": "f", "Role": {"Fn::GetAtt": ["Role", "Arn"]},
    "Handler": "app.handler", "Runtime": "python3.13", "MemorySize": 512, "Code": {"S3Bucket": "sluice-artifacts-999988887777-eu-west-1", "S3Key": "code/one.zip"}}},
  "Mapping": {"Type": "AWS::Lambda::EventSourceMapping", "Properties": {"EventSourceArn": {"Fn::GetAtt": ["Stream", "Arn"]},
    "FunctionName": {"Ref": "Function"}, "StartingPosition": "LATEST", "Enabled": true, "BatchSize": 10,
    "DestinationConfig": {"OnFailure": {"Destination": {"Fn::GetAtt": ["Dead", "Arn"]}}}}},
  "Delivery": {"Type": "AWS::KinesisFirehose::DeliveryStream", "Properties": {"DeliveryStreamName": "d",
    "ExtendedS3DestinationConfiguration": {"BucketARN": {"Fn::GetAtt": ["Bucket", "Arn"]}, "RoleARN": {"Fn::GetAtt": ["Role", "Arn"]},
      "BufferingHints": {"SizeInMBs": 64, "IntervalInSeconds": 300}}}}
}}"#;

async fn deployed() -> EmbeddedCloud {
    let cloud = cloud();
    upload(&cloud, "code/one.zip", b"one").await;
    let asked = [("StackName", "p"), ("TemplateBody", STACK), ("Capabilities.member.1", "CAPABILITY_IAM")];
    let (status, xml) = formation(&cloud, "CreateStack", &asked).await;
    assert_eq!(status, 200, "{xml}");
    cloud.advance(Duration::from_secs(3_600)).await.unwrap();
    let (_, xml) = formation(&cloud, "DescribeStacks", &[("StackName", "p")]).await;
    assert_eq!(
        xml_text(&xml, "StackStatus").as_deref(),
        Some("CREATE_COMPLETE"),
        "{:?}",
        super::stacks::reasons(&cloud).await
    );
    cloud
}

async fn physical(cloud: &EmbeddedCloud, id: &str) -> String {
    let asked = [("StackName", "p"), ("LogicalResourceId", id)];
    let (_, xml) = formation(cloud, "DescribeStackResource", &asked).await;
    xml_text(&xml, "PhysicalResourceId").unwrap_or_else(|| panic!("{xml}"))
}

async fn sent(cloud: &EmbeddedCloud, service: &str, method: &str, path: &str, body: &str) {
    let answer = cloud.handle(request(service, method, path, None, body.to_owned())).await.unwrap();
    assert!(answer.is_success(), "{method} {path}: {}", String::from_utf8_lossy(&answer.body));
}

/// Which paths of which resource drift tells.
fn tells(drifted: &[String], id: &str) -> Vec<String> {
    let prefix = format!("{id}</");
    let of: Vec<&String> =
        drifted.iter().filter(|one| one.split_once(' ').is_some_and(|(_, rest)| rest.starts_with(&prefix))).collect();
    let one = of.first().unwrap_or_else(|| panic!("{id} has not drifted: {drifted:#?}"));
    if one.starts_with("DELETED") {
        return vec!["DELETED".to_owned()];
    }
    one.split("<PropertyPath>").skip(1).map(|part| part.split('<').next().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn what_is_changed_through_the_services_shows_in_the_drift() {
    let cloud = deployed().await;
    assert_eq!(drifted(&cloud).await, Vec::<String>::new());
    let (key, mapping, topic) =
        (physical(&cloud, "Key").await, physical(&cloud, "Mapping").await, physical(&cloud, "Mail").await);
    let url = physical(&cloud, "Queue").await;
    for (service, target, body) in [
        (
            "kinesis",
            "Kinesis_20131202.DecreaseStreamRetentionPeriod",
            json!({"StreamName": "s", "RetentionPeriodHours": 24}),
        ),
        (
            "kinesis",
            "Kinesis_20131202.StopStreamEncryption",
            json!({"StreamName": "s", "EncryptionType": "KMS", "KeyId": "alias/aws/kinesis"}),
        ),
        ("dynamodb", "DynamoDB_20120810.UpdateTable", json!({"TableName": "t", "DeletionProtectionEnabled": false})),
        (
            "dynamodb",
            "DynamoDB_20120810.UpdateTimeToLive",
            json!({"TableName": "t", "TimeToLiveSpecification": {"AttributeName": "ttl", "Enabled": false}}),
        ),
        (
            "dynamodb",
            "DynamoDB_20120810.UpdateContinuousBackups",
            json!({"TableName": "t", "PointInTimeRecoverySpecification": {"PointInTimeRecoveryEnabled": false}}),
        ),
        (
            "sqs",
            "AmazonSQS.SetQueueAttributes",
            json!({"QueueUrl": url, "Attributes": {"RedrivePolicy": "", "MessageRetentionPeriod": "60"}}),
        ),
        ("monitoring", "GraniteServiceVersion20100801.DisableAlarmActions", json!({"AlarmNames": ["a"]})),
        ("logs", "Logs_20140328.PutRetentionPolicy", json!({"logGroupName": "/l", "retentionInDays": 1})),
        ("kms", "TrentService.DisableKeyRotation", json!({"KeyId": key})),
        (
            "firehose",
            "Firehose_20150804.UpdateDestination",
            json!({"DeliveryStreamName": "d", "CurrentDeliveryStreamVersionId": "1",
            "DestinationId": "destinationId-000000000001", "ExtendedS3DestinationUpdate": {"BucketARN": "arn:aws:s3:::elsewhere"}}),
        ),
    ] {
        json_call(&cloud, service, target, body).await;
    }
    let path = format!("/2015-03-31/event-source-mappings/{mapping}");
    sent(&cloud, "lambda", "PUT", &path, r#"{"Enabled": false, "DestinationConfig": {"OnFailure": {}}}"#).await;
    sent(&cloud, "lambda", "PUT", "/2015-03-31/functions/f/configuration", r#"{"MemorySize": 128}"#).await;
    sent(&cloud, "s3", "DELETE", "/b-999988887777?policy", "").await;
    let versioning = "<VersioningConfiguration><Status>Suspended</Status></VersioningConfiguration>";
    sent(&cloud, "s3", "PUT", "/b-999988887777?versioning", versioning).await;
    let form =
        format!("Action=Unsubscribe&Version=2010-03-31&SubscriptionArn={}", crate::embedded::wire::encode(&topic));
    sent(&cloud, "sns", "POST", "/", &form).await;
    let role = physical(&cloud, "Role").await;
    let form = format!("Action=DeleteRolePolicy&Version=2010-05-08&RoleName={role}&PolicyName=own");
    sent(&cloud, "iam", "POST", "/", &form).await;

    let drifted = drifted(&cloud).await;
    for (id, paths) in [
        ("Alarm", vec!["/ActionsEnabled"]),
        ("Bucket", vec!["/VersioningConfiguration/Status"]),
        ("BucketPolicy", vec!["DELETED"]),
        ("Delivery", vec!["/ExtendedS3DestinationConfiguration/BucketARN"]),
        ("Function", vec!["/MemorySize"]),
        ("Key", vec!["/EnableKeyRotation"]),
        ("Logs", vec!["/RetentionInDays"]),
        ("Mail", vec!["DELETED"]),
        ("Mapping", vec!["/DestinationConfig/OnFailure/Destination", "/Enabled"]),
        ("Queue", vec!["/MessageRetentionPeriod", "/RedrivePolicy"]),
        ("Role", vec!["/Policies"]),
        ("Stream", vec!["/RetentionPeriodHours", "/StreamEncryption"]),
        (
            "Table",
            vec![
                "/DeletionProtectionEnabled",
                "/PointInTimeRecoverySpecification/PointInTimeRecoveryEnabled",
                "/TimeToLiveSpecification/AttributeName",
                "/TimeToLiveSpecification/Enabled",
            ],
        ),
    ] {
        assert_eq!(tells(&drifted, id), paths, "{id}");
    }
    assert_eq!(drifted.len(), 13, "and nothing else: {drifted:#?}");
}
