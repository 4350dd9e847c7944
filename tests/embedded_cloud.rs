//! The facade over AWS, through the SDK's own clients, against the embedded cloud plugged in as their HTTP client.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test stops where it cannot go on")]

use std::collections::BTreeMap;
use std::sync::Arc;

use sluicegate::cloud::{ChangeSetKind, ChangeSetRequest, Cloud, CloudSettings, Credentials, EventsUntil, Uploaded};
use sluicegate::embedded::{EmbeddedCloud, Settings, Speed};
use sluicegate::observed::{Observed, StackStatus};
use sluicegate::units::{AccountId, Duration, EnvironmentName, Region, Timestamp};
use sluicegate::workspace::{Clock, StandingClock, StateStore};

const TEMPLATE: &str = include_str!("golden/fraud-detection.dev.yaml");
const BUCKET: &str = "sluice-artifacts-111122223333-eu-west-1";

async fn connected() -> (Cloud, EmbeddedCloud, Arc<StandingClock>) {
    let clock = Arc::new(StandingClock::at(Timestamp::parse("2026-01-01T00:00:00Z").unwrap()));
    let region = Region::new("eu-west-1").unwrap();
    let settings = Settings {
        account: AccountId::new("111122223333").unwrap(),
        region: region.clone(),
        environment: EnvironmentName::new("dev").unwrap(),
        speed: Speed::Real,
    };
    let embedded = EmbeddedCloud::open(StateStore::memory(), settings, clock.clone());
    let now = clock.clone();
    let cloud = Cloud::connect(CloudSettings {
        region,
        endpoint_url: None,
        credentials: Credentials::Static { access_key: "embedded".to_owned(), secret: "embedded".to_owned() },
        http_client: Some(embedded.http_client()),
        now: Arc::new(move || now.now()),
        sleep: None,
        trace: None,
    })
    .await;
    (cloud, embedded, clock)
}

async fn wait(cloud: &Cloud, clock: &StandingClock) -> StackStatus {
    for _ in 0..400 {
        clock.sleep(Duration::from_secs(10)).await;
        match cloud.stack_head("fraud-detection-dev").await.unwrap() {
            Some(head) if head.status.as_str().ends_with("_IN_PROGRESS") => {}
            Some(head) => return head.status,
            None => return StackStatus::parse("DELETE_COMPLETE"),
        }
    }
    panic!("the operation does not end");
}

fn request(kind: ChangeSetKind, name: &str, template: &str) -> ChangeSetRequest {
    ChangeSetRequest {
        stack: "fraud-detection-dev".to_owned(),
        name: name.to_owned(),
        kind,
        template: template.to_owned(),
        artifact_bucket: BUCKET.to_owned(),
        tags: BTreeMap::from([("sluice:pipeline".to_owned(), "fraud-detection".to_owned())]),
        role: None,
        import_existing: false,
        rollback_alarms: Vec::new(),
        watch: None,
        description: "a test".to_owned(),
    }
}

async fn change(cloud: &Cloud, clock: &StandingClock, request: &ChangeSetRequest) -> StackStatus {
    cloud.create_change_set(request).await.unwrap();
    clock.sleep(Duration::from_secs(60)).await;
    let set = cloud.describe_change_set(&request.stack, &request.name).await.unwrap().unwrap();
    assert!(!set.changes.is_empty(), "{set:?}");
    cloud.execute_change_set(&request.stack, &request.name, &request.name).await.unwrap();
    wait(cloud, clock).await
}

#[tokio::test]
async fn the_facade_deploys_looks_changes_and_deletes() {
    let (cloud, _, clock) = connected().await;
    assert_eq!(cloud.identity().await.unwrap().account.as_str(), "111122223333");
    assert!(cloud.bucket_exists(BUCKET).await.unwrap());
    let key = TEMPLATE.split("S3Key: ").nth(1).and_then(|rest| rest.split('\n').next()).unwrap();
    assert_eq!(cloud.put_artifact(BUCKET, key, b"zipped".to_vec()).await.unwrap(), Uploaded::Sent);
    assert_eq!(cloud.put_artifact(BUCKET, key, b"zipped".to_vec()).await.unwrap(), Uploaded::AlreadyThere);

    let created = change(&cloud, &clock, &request(ChangeSetKind::Create, "one", TEMPLATE)).await;
    let events = cloud.stack_events("fraud-detection-dev", &EventsUntil::OperationStart).await.unwrap();
    let reasons: Vec<_> = events.iter().filter(|event| event.status.as_str().ends_with("_FAILED")).collect();
    assert_eq!(created.as_str(), "CREATE_COMPLETE", "{reasons:#?}");
    let Observed::Present(stack) = cloud.describe_stack("fraud-detection-dev").await.unwrap() else {
        panic!("no stack")
    };
    assert!(!stack.resources.is_empty());
    assert!(events.len() > stack.resources.len());

    let stream = cloud.live_stream("fraud-detection-dev-transactions").await.unwrap().unwrap();
    assert_eq!((stream.status.as_str(), stream.on_demand, stream.fan_out_consumers), ("ACTIVE", false, 1));
    let function = cloud.live_function("fraud-detection-dev-score", Some("live")).await.unwrap().unwrap();
    assert_eq!((function.version.as_str(), function.memory_mib), ("1", 1_024));
    let mappings = cloud.live_mappings("fraud-detection-dev-score:live").await.unwrap();
    assert_eq!(mappings.first().map(|mapping| (mapping.state.as_str(), mapping.parallel)), Some(("Enabled", Some(4))));
    let endpoint = cloud.live_endpoint("fraud-detection-dev-scoring").await.unwrap().unwrap();
    assert_eq!(endpoint.status, "InService");
    let delivery = cloud.live_delivery("fraud-detection-dev-transactions").await.unwrap().unwrap();
    assert_eq!(delivery.status, "ACTIVE");
    assert_eq!(cloud.live_stream("nowhere").await.unwrap(), None);
    assert_eq!(cloud.live_endpoint("nowhere").await.unwrap(), None);
    assert_eq!(cloud.live_delivery("nowhere").await.unwrap(), None);
    assert_eq!(cloud.live_function("nowhere", None).await.unwrap(), None);
    assert_eq!(cloud.live_function("fraud-detection-dev-score", Some("no-alias")).await.unwrap(), None);

    let changed = TEMPLATE.replace("ParallelizationFactor: 4", "ParallelizationFactor: 8");
    let updated = change(&cloud, &clock, &request(ChangeSetKind::Update, "two", &changed)).await;
    assert_eq!(updated.as_str(), "UPDATE_COMPLETE");
    let mappings = cloud.live_mappings("fraud-detection-dev-score:live").await.unwrap();
    assert_eq!(mappings.first().and_then(|mapping| mapping.parallel), Some(8));

    cloud.delete_stack("fraud-detection-dev", "gone", None, &[]).await.unwrap();
    assert_eq!(wait(&cloud, &clock).await.as_str(), "DELETE_COMPLETE");
    assert_eq!(cloud.live_stream("fraud-detection-dev-transactions").await.unwrap(), None);
}
