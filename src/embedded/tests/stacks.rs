//! Stacks deployed into the services.

use super::*;

const STACK: &str = r#"{"Resources": {
    "Role": {"Type": "AWS::IAM::Role", "Properties": {
        "AssumeRolePolicyDocument": {"Version": "2012-10-17", "Statement": [
            {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "lambda.amazonaws.com"}}]},
        "Policies": [{"PolicyName": "read", "PolicyDocument": {"Version": "2012-10-17", "Statement": [
            {"Effect": "Allow", "Action": "kinesis:*", "Resource": {"Fn::GetAtt": ["Stream", "Arn"]}}]}}]}},
    "Stream": {"Type": "AWS::Kinesis::Stream", "Properties": {"Name": "deployed", "StreamModeDetails": {"StreamMode": "ON_DEMAND"}}},
    "Function": {"Type": "AWS::Lambda::Function", "Properties": {"FunctionName": "f", "Runtime": "python3.13", "Handler": "a.b",
        "Role": {"Fn::GetAtt": ["Role", "Arn"]}, "Code": {"S3Bucket": "sluice-artifacts-999988887777-eu-west-1", "S3Key": "code/one.zip"}}},
    "Mapping": {"Type": "AWS::Lambda::EventSourceMapping", "Properties": {"FunctionName": {"Ref": "Function"},
        "EventSourceArn": {"Fn::GetAtt": ["Stream", "Arn"]}, "StartingPosition": "TRIM_HORIZON"}}},
    "Outputs": {"StreamArn": {"Value": {"Fn::GetAtt": ["Stream", "Arn"]}}}}"#;

pub(super) async fn formation(cloud: &EmbeddedCloud, action: &str, parameters: &[(&str, &str)]) -> (u16, String) {
    let mut form: BTreeMap<String, String> =
        parameters.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    form.insert("Action".to_owned(), action.to_owned());
    form.insert("Version".to_owned(), "2010-05-15".to_owned());
    let response = cloud
        .handle(request("cloudformation", "POST", "/", None, crate::embedded::wire::write_form(&form)))
        .await
        .unwrap();
    (response.status, String::from_utf8_lossy(&response.body).into_owned())
}

async fn status_of(cloud: &EmbeddedCloud) -> String {
    let (_, xml) = formation(cloud, "DescribeStacks", &[("StackName", "p")]).await;
    crate::embedded::wire::xml_text(&xml, "StackStatus").unwrap_or(xml)
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
        crate::embedded::wire::xml_text(&xml, "OutputValue"),
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
async fn deploy_golden(yaml: &str, times: u32) -> EmbeddedCloud {
    let settings = Settings {
        account: AccountId::new(yaml.split("sluice-artifacts-").nth(1).unwrap().get(..12).unwrap()).unwrap(),
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
        assert_eq!(status, 200, "{xml} {:?}", reasons(&cloud).await);
        cloud.advance(Duration::from_secs(7_200)).await.unwrap();
    }
    cloud
}

pub(super) async fn reasons(cloud: &EmbeddedCloud) -> Vec<String> {
    let (mut found, mut token) = (Vec::new(), None);
    loop {
        let mut asked = vec![("StackName", "p")];
        asked.extend(token.as_deref().map(|token| ("NextToken", token)));
        let (_, events) = formation(cloud, "DescribeStackEvents", &asked).await;
        let telling = |event: &&str| event.contains("_FAILED") || event.contains("ROLLBACK_IN_PROGRESS");
        found.extend(
            events
                .split("<member>")
                .filter(telling)
                .filter_map(|event| crate::embedded::wire::xml_text(event, "ResourceStatusReason")),
        );
        token = crate::embedded::wire::xml_text(&events, "NextToken");
        if token.is_none() {
            return found;
        }
    }
}

#[tokio::test]
async fn the_rendered_pipeline_of_every_tier_deploys_updates_and_alarms_nowhere() {
    for yaml in [
        include_str!("../../../tests/golden/fraud-detection.dev.yaml"),
        include_str!("../../../tests/golden/fraud-detection.staging.yaml"),
        include_str!("../../../tests/golden/fraud-detection.prod.yaml"),
    ] {
        let cloud = deploy_golden(yaml, 2).await;
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
    let cloud = deploy_golden(include_str!("../../../tests/golden/fraud-detection.dev.yaml"), 1).await;
    let status = cloud.status().await.unwrap();
    let consumer = status.consumers.first().unwrap();
    let path = format!("/2015-03-31/event-source-mappings/{}", consumer.uuid);
    let paused = cloud.handle(request("lambda", "PUT", &path, None, r#"{"Enabled": false}"#)).await.unwrap();
    assert_eq!(paused.status, 202);
    let records = Records {
        stream: consumer.stream.clone(),
        rate: 1_000.0,
        lasting: Duration::from_secs(7_200),
        size: crate::units::ByteSize::from_bytes(1_200),
        keys: 2_000_000,
        work: BTreeMap::new(),
        sends: BTreeMap::new(),
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
    let cloud = deploy_golden(include_str!("../../../tests/golden/fraud-detection.dev.yaml"), 1).await;
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
