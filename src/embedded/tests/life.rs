//! State, time, faults, load, and how it is reached.

use super::types::one_of_each;
use super::*;

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
    assert_eq!(ttl.pointer("/TimeToLiveDescription/TimeToLiveStatus"), Some(&json!("ENABLING")));
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
async fn what_a_cloud_holds_is_there_for_others_once_it_is_kept() {
    let store = StateStore::memory();
    let start = Timestamp::parse("2026-01-01T00:00:00Z").unwrap();
    let clock = Arc::new(StandingClock::at(start));
    let held = EmbeddedCloud::held(store.clone(), cloud().settings().clone(), clock);
    create(&held, Kind::Stream, json!({"Name": "a", "ShardCount": 1})).await;
    held.advance(Duration::from_secs(600)).await.unwrap();
    let fork = cloud_in(store.fork().unwrap());
    let listed = json_call(&fork, "kinesis", "Kinesis_20131202.ListStreams", json!({})).await;
    assert_eq!(listed.get("StreamNames"), Some(&json!([])));
    held.keep().await.unwrap();
    let other = cloud_in(store);
    let listed = json_call(&other, "kinesis", "Kinesis_20131202.ListStreams", json!({})).await;
    assert_eq!(listed.get("StreamNames"), Some(&json!(["a"])));
    assert_eq!(other.status().await.unwrap().now, start.plus(Duration::from_secs(600)));
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
    let records = Records {
        stream: "s".to_owned(),
        rate: 1_500.0,
        lasting: Duration::from_secs(7_200),
        size: crate::units::ByteSize::from_bytes(200),
        keys: 10_000,
        work: BTreeMap::from([(
            "f".to_owned(),
            Work { fixed: Duration::from_millis(170), per_record: Duration::from_millis(10) },
        )]),
        sends: BTreeMap::new(),
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
