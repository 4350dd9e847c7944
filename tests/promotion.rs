//! A promotion that is killed at any request ends well when it is run again: one deployment, one entry in the ledger, no lock.
//!
//! The commands run in this process against two embedded clouds on disk, one for each environment. The second run has nothing to
//! go by but the disk.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::disallowed_methods,
    reason = "a test sets up projects of its own and stops where it cannot"
)]

#[path = "support/company.rs"]
mod company;
#[path = "support/kept.rs"]
mod kept;

use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use sluicegate::embedded::EmbeddedCloud;
use sluicegate::environment::Environment;
use sluicegate::operate::{
    self, Connecting, Connector, DeployOrder, Failure, HistoryOrder, Interrupt, PromoteOrder, Promoted, PromotionEnd,
    Shelf, Tools, TowardOrder,
};
use sluicegate::release::{Ended, Fact, Via};
use sluicegate::units::Region;
use sluicegate::workspace::{Project, StandingClock};
use tokio::sync::Notify;

use company::{Clouds, Nobody, clock};
use kept::embedded;

const ORDERS: &str = "pipeline: orders
owner: commerce-ml
streams:
  orders: {capacity: on-demand, retention: 24h}
tables:
  state: {key: id, ttl: {attribute: expires_at, after: 30d}}
consumers:
  score: {from: orders, code: handlers/score, handler: app.handler, writes: [state]}
";

/// When, in the life of a request, the process dies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Dies {
    BeforeTheRequest,
    BeforeTheAnswer,
}

/// Lets requests to all environments together through until one is the last.
#[derive(Clone, Debug)]
struct Doomed {
    cloud: EmbeddedCloud,
    fate: Arc<Fate>,
}

#[derive(Debug)]
struct Fate {
    sent: AtomicUsize,
    last: Option<(usize, Dies)>,
    dead: Notify,
}

impl HttpClient for Doomed {
    fn http_connector(&self, _: &HttpConnectorSettings, _: &RuntimeComponents) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }
}

impl HttpConnector for Doomed {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let number = self.fate.sent.fetch_add(1, Ordering::SeqCst);
        let (cloud, fate) = (self.cloud.clone(), Arc::clone(&self.fate));
        match self.fate.last {
            Some((last, dies)) if number == last => HttpConnectorFuture::new(async move {
                if dies == Dies::BeforeTheAnswer {
                    let _ = HttpConnector::call(&cloud, request).await;
                }
                fate.dead.notify_one();
                std::future::pending().await
            }),
            _ => HttpConnector::call(&cloud, request),
        }
    }
}

/// An embedded cloud for each environment.
struct Accounts<'a> {
    folder: &'a Path,
    clock: Arc<StandingClock>,
    fate: Arc<Fate>,
}

impl Connector for Accounts<'_> {
    fn connect<'a>(&'a self, environment: &'a Environment, region: &'a Region) -> Connecting<'a> {
        let cloud = embedded(self.folder, environment.name().as_str(), &self.clock);
        let http = SharedHttpClient::new(Doomed { cloud, fate: Arc::clone(&self.fate) });
        let clouds = Clouds { http, clock: Arc::clone(&self.clock) };
        Box::pin(async move { Ok(clouds.open(region).await) })
    }
}

/// What a command does with a shelf, in a folder, until it ends or dies; how many requests it made.
async fn until<T>(
    folder: &Path,
    last: Option<(usize, Dies)>,
    act: impl AsyncFnOnce(&mut Shelf<'_>, Tools<'_>) -> Result<T, Failure>,
) -> (Option<Result<T, Failure>>, usize) {
    let clock = clock();
    let fate = Arc::new(Fate { sent: AtomicUsize::new(0), last, dead: Notify::new() });
    let accounts = Accounts { folder, clock: Arc::clone(&clock), fate: Arc::clone(&fate) };
    let project = Project::find(folder).unwrap();
    let mut shelf = Shelf::new(&project);
    let interrupt = Interrupt::new();
    let tools = Tools { connector: &accounts, clock: &*clock, interrupt: &interrupt };
    let result = tokio::select! {
        result = Box::pin(act(&mut shelf, tools)) => Some(result),
        () = fate.dead.notified() => None,
    };
    (result, fate.sent.load(Ordering::SeqCst))
}

async fn promote(folder: &Path, last: Option<(usize, Dies)>) -> (Option<Result<Promoted, Failure>>, usize) {
    let toward =
        TowardOrder { pipeline: "orders".to_owned(), environment: "staging".to_owned(), region: None, release: None };
    let order = PromoteOrder {
        toward,
        from: None,
        overrides: Vec::new(),
        given: std::collections::BTreeSet::new(),
        yes: true,
        wait: false,
    };
    until(folder, last, async |shelf: &mut Shelf<'_>, tools: Tools<'_>| {
        operate::promote(shelf, &order, tools, &mut Nobody).await
    })
    .await
}

/// A project whose release runs in dev.
async fn project() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let write = |file: &str, text: &str| {
        let path = folder.path().join(file);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    };
    write("stacks/orders/pipeline.yaml", ORDERS);
    write("stacks/orders/handlers/score/app.py", "def handler(event, context):\n    return {}\n");
    for (name, rest) in [("dev", ""), ("staging", "promotes_from: dev\n")] {
        let file = format!(
            "environment: {name}\ntier: development\ntarget: embedded\naccount: \"123456789012\"\nregions: [eu-west-1]\n{rest}"
        );
        write(&format!("environments/{name}.yaml"), &file);
    }
    let order = DeployOrder {
        pipeline: "orders".to_owned(),
        environment: "dev".to_owned(),
        region: None,
        yes: true,
        given: std::collections::BTreeSet::new(),
        reviewed: None,
        drain: None,
        hand_over: None,
    };
    let (deployed, _) = until(folder.path(), None, async |shelf: &mut Shelf<'_>, tools: Tools<'_>| {
        operate::deploy(shelf, &order, tools, &mut Nobody).await
    })
    .await;
    deployed.unwrap().unwrap();
    folder
}

/// What staging's ledger says.
async fn facts(folder: &Path) -> Vec<Fact> {
    let order = HistoryOrder { pipeline: "orders".to_owned(), environments: vec!["staging".to_owned()], region: None };
    let (history, _) = until(folder, None, async |shelf: &mut Shelf<'_>, tools: Tools<'_>| {
        operate::history(shelf, &order, tools).await
    })
    .await;
    let history = history.unwrap().unwrap();
    let chronicle = history.chronicles.first().unwrap();
    assert!(chronicle.under_way.is_none(), "{:?}", chronicle.under_way);
    chronicle.ledger.entries().iter().map(|entry| entry.fact.clone()).collect()
}

async fn locks(folder: &Path) -> Vec<String> {
    let clock = clock();
    let http = SharedHttpClient::new(embedded(folder, "staging", &clock));
    let cloud = Clouds { http, clock }.open(&Region::new("eu-west-1").unwrap()).await;
    let found = cloud.list_artifacts("sluice-artifacts-123456789012-eu-west-1", "locks/").await.unwrap();
    found.into_iter().map(|(key, _)| key).collect()
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}

async fn ends_well_after(before: &Path, death: (usize, Dies)) {
    let folder = tempfile::tempdir().unwrap();
    copy(before, folder.path());
    let (killed, _) = promote(folder.path(), Some(death)).await;
    assert!(killed.is_none(), "request {death:?} was never made");
    let (again, _) = promote(folder.path(), None).await;
    let again = again.unwrap().unwrap_or_else(|failure| panic!("killed at {death:?}: {:?}", failure.diagnostics));
    assert!(
        matches!(again.end, PromotionEnd::Done(_) | PromotionEnd::AlreadyThere),
        "killed at {death:?}: {:?}",
        again.end
    );
    let facts = facts(folder.path()).await;
    let [Fact::Deployment { release, via, outcome, .. }] = facts.as_slice() else {
        panic!("killed at {death:?}: {facts:?}")
    };
    assert_eq!(*release, again.release, "killed at {death:?}");
    assert_eq!(*outcome, Ended::Succeeded, "killed at {death:?}");
    assert!(matches!(via, Via::Promote { .. }), "killed at {death:?}: {via:?}");
    assert_eq!(locks(folder.path()).await, Vec::<String>::new(), "killed at {death:?}");
}

#[test]
fn a_promotion_killed_at_any_request_is_one_deployment_and_one_entry_when_it_is_run_again() {
    let runtime = || tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let before = runtime().block_on(project());
    let undisturbed = tempfile::tempdir().unwrap();
    copy(before.path(), undisturbed.path());
    let requests = runtime().block_on(async {
        let (promoted, requests) = promote(undisturbed.path(), None).await;
        assert!(matches!(promoted.unwrap().unwrap().end, PromotionEnd::Done(_)));
        let (again, _) = promote(undisturbed.path(), None).await;
        assert!(matches!(again.unwrap().unwrap().end, PromotionEnd::AlreadyThere));
        requests
    });
    assert!(requests > 20, "the command made only {requests} requests");
    let deaths: Vec<(usize, Dies)> =
        (0..requests).flat_map(|last| [(last, Dies::BeforeTheRequest), (last, Dies::BeforeTheAnswer)]).collect();
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        for first in 0..cores {
            let (deaths, before) = (&deaths, before.path());
            scope.spawn(move || {
                for death in deaths.iter().skip(first).step_by(cores) {
                    runtime().block_on(ends_well_after(before, *death));
                }
            });
        }
    });
}
