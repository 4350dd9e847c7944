//! `sluice gc` beside somebody who begins to deploy while it works: nothing that may be needed is lost.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::disallowed_methods,
    reason = "a test makes files and stops where it cannot"
)]

#[path = "support/company.rs"]
mod company;

use std::collections::BTreeSet;
use std::fs;
use std::sync::Arc;

use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use company::{Clouds, Nobody, clock, settings};
use sluicegate::cloud::Cloud;
use sluicegate::diagnostic::Code;
use sluicegate::embedded::EmbeddedCloud;
use sluicegate::operate::{self, BootstrapOrder, Failure, FailureKind, GcOrder, Interrupt, Shelf, Tools};
use sluicegate::rollout::{HolderId, LEASE_FORMAT, Lease};
use sluicegate::units::{Duration, EnvironmentName, PipelineName, Region};
use sluicegate::workspace::{Project, StandingClock, StateStore};

const BUCKET: &str = "sluice-artifacts-123456789012-eu-west-1";
const LEASE: &str = "locks/dev/orders";
const DAY: u64 = 86_400;

fn key() -> String {
    format!("functions/score/{}.zip", "ab".repeat(32))
}

fn region() -> Region {
    Region::new("eu-west-1").unwrap()
}

/// An HTTP client beside which somebody takes a lease, just after objects were deleted.
#[derive(Clone, Debug)]
struct Beside {
    client: SharedHttpClient,
    other: Cloud,
}

impl HttpClient for Beside {
    fn http_connector(&self, settings: &HttpConnectorSettings, parts: &RuntimeComponents) -> SharedHttpConnector {
        let inner = self.client.http_connector(settings, parts);
        SharedHttpConnector::new(Racing { inner, other: self.other.clone() })
    }
}

#[derive(Clone, Debug)]
struct Racing {
    inner: SharedHttpConnector,
    other: Cloud,
}

impl HttpConnector for Racing {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let racing = self.clone();
        HttpConnectorFuture::new(async move {
            let deletes = request.method() == "POST" && request.uri().contains("?delete");
            let answer = racing.inner.call(request).await;
            if deletes {
                lease(&racing.other).await;
            }
            answer
        })
    }
}

/// Somebody takes a lease.
async fn lease(cloud: &Cloud) {
    let (since, until) = (cloud.time(), cloud.time().plus(Duration::from_secs(300)));
    let lease = Lease {
        format_version: LEASE_FORMAT,
        pipeline: PipelineName::new("orders").unwrap(),
        environment: EnvironmentName::new("dev").unwrap(),
        region: region(),
        owner: "arn:aws:iam::123456789012:user/jo".to_owned(),
        holder: HolderId::noted("1"),
        command: "deploy".to_owned(),
        since,
        until,
        work: None,
    };
    // A second deletion, which takes the first back, finds it taken.
    let _ = cloud.write_guarded(BUCKET, LEASE, lease.to_bytes(), None).await.unwrap();
}

struct Stage {
    folder: tempfile::TempDir,
    clock: Arc<StandingClock>,
    embedded: EmbeddedCloud,
}

impl Stage {
    /// A foundation with an artifact that nobody has needed for forty days.
    async fn set() -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir_all(folder.path().join("stacks")).unwrap();
        fs::create_dir_all(folder.path().join("environments")).unwrap();
        let environment =
            "environment: dev\ntier: development\ntarget: embedded\naccount: \"123456789012\"\nregions: [eu-west-1]\n";
        fs::write(folder.path().join("environments/dev.yaml"), environment).unwrap();
        let clock = clock();
        let embedded = EmbeddedCloud::open(StateStore::memory(), settings("dev"), Arc::<StandingClock>::clone(&clock));
        let stage = Self { folder, clock, embedded };
        let project = Project::find(stage.folder.path()).unwrap();
        let (clouds, interrupt) = (stage.clouds(), Interrupt::new());
        let tools = Tools { connector: &clouds, clock: &*stage.clock, interrupt: &interrupt };
        let order =
            BootstrapOrder { environment: "dev".to_owned(), region: None, yes: true, given: BTreeSet::default() };
        operate::bootstrap(&mut Shelf::new(&project), &order, tools, &mut Nobody).await.unwrap();
        stage.cloud().await.put_artifact(BUCKET, &key(), b"archive".to_vec()).await.unwrap();
        stage.embedded.advance(Duration::from_secs(40 * DAY)).await.unwrap();
        stage
    }

    fn clouds(&self) -> Clouds {
        Clouds { http: self.embedded.http_client(), clock: Arc::clone(&self.clock) }
    }

    async fn cloud(&self) -> Cloud {
        let cloud = self.clouds().open(&region()).await;
        // It knows the cloud's time from its first answer.
        cloud.identity().await.unwrap();
        cloud
    }

    /// Surveys, lets something happen, and removes.
    async fn sweep(&self, clouds: &Clouds, meanwhile: impl AsyncFnOnce(&Cloud)) -> Result<usize, Failure> {
        let project = Project::find(self.folder.path()).unwrap();
        let interrupt = Interrupt::new();
        let tools = Tools { connector: clouds, clock: &*self.clock, interrupt: &interrupt };
        let keep = Duration::from_secs(30 * DAY);
        let order = GcOrder { environment: "dev".to_owned(), region: None, keep };
        let surveyed = operate::survey(&mut Shelf::new(&project), &order, tools).await?;
        assert_eq!((surveyed.sweep.unneeded.len(), surveyed.busy.as_slice()), (1, [].as_slice()));
        meanwhile(&self.cloud().await).await;
        operate::collect(&surveyed, true, &mut Nobody).await.map(|sweep| sweep.unneeded.len())
    }

    async fn is_there(&self) -> bool {
        self.cloud().await.head_artifact(BUCKET, &key()).await.unwrap().is_some()
    }
}

fn is_unsafe(failure: &Failure) -> bool {
    failure.kind == FailureKind::Refused && failure.diagnostics.iter().all(|told| told.code == Code::SweepUnsafe)
}

#[tokio::test]
async fn with_nobody_about_what_nobody_needs_goes() {
    let stage = Stage::set().await;
    assert_eq!(stage.sweep(&stage.clouds(), async |_| {}).await.unwrap(), 1);
    assert!(!stage.is_there().await);
    // Its last version is still there: the bucket's lifecycle ends it.
    let versions = stage.cloud().await.kept_versions(BUCKET, "functions/").await.unwrap();
    assert_eq!(versions.iter().map(|version| version.current).collect::<Vec<_>>(), [false]);
}

#[tokio::test]
async fn whoever_begins_before_the_removal_stops_it() {
    let stage = Stage::set().await;
    let failure = stage.sweep(&stage.clouds(), lease).await.unwrap_err();
    assert!(is_unsafe(&failure), "{failure:?}");
    assert!(stage.is_there().await);
}

#[tokio::test]
async fn whoever_begins_during_the_removal_gets_everything_back() {
    let stage = Stage::set().await;
    let racing = Beside { client: stage.embedded.http_client(), other: stage.cloud().await };
    let clouds = Clouds { http: SharedHttpClient::new(racing), clock: Arc::clone(&stage.clock) };
    let failure = stage.sweep(&clouds, async |_| {}).await.unwrap_err();
    assert!(is_unsafe(&failure), "{failure:?}");
    assert!(failure.diagnostics.iter().any(|told| told.title.contains("everything was put back")), "{failure:?}");
    assert!(stage.is_there().await);
}
