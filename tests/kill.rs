//! A deployment that is killed at any moment ends well when it is run again.
//!
//! The command runs in this process against an embedded cloud on disk, in virtual time. At its n-th request it
//! is killed: its future is dropped, either before the request reached the cloud or after the cloud acted on it
//! and before the answer came. A second run, with nothing but the disk to go by, must reach the same end.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::disallowed_methods,
    reason = "a test sets up projects of its own and stops where it cannot"
)]

#[path = "support/company.rs"]
mod company;
#[path = "support/folder.rs"]
mod folder;
#[path = "support/kept.rs"]
mod kept;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use sluicegate::diagnostic::{Code, Diagnostics, FilePath};
use sluicegate::embedded::EmbeddedCloud;
use sluicegate::event::{Event, EventKind, OperationResult, ReaderNow};
use sluicegate::observed::{Observed, StackStatus};
use sluicegate::operate::{
    self, Answer, Company, DeployOrder, Deployed, Failure, FailureKind, Founding, Interrupt, Leaving, Prepared, Shelf,
    Tools,
};
use sluicegate::plan::{DrainOf, Plan};
use sluicegate::units::Region;
use sluicegate::workspace::Project;
use tokio::sync::Notify;

use company::{Clouds, Nobody, clock};
use folder::copy;
use kept::embedded;

/// When, in the life of a request, the process dies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Dies {
    BeforeTheRequest,
    BeforeTheAnswer,
}

/// Lets requests through until one is the last.
#[derive(Clone, Debug)]
struct Doomed {
    cloud: EmbeddedCloud,
    sent: Arc<AtomicUsize>,
    writes: Arc<Mutex<BTreeSet<usize>>>,
    last: Option<(usize, Dies)>,
    dead: Arc<Notify>,
}

/// Operations that only look.
const READS: [&str; 6] = ["Action=Describe", "Action=Get", "Action=List", "Action=Validate", "Action=Head", "HEAD"];

/// Whether a request may change the world.
fn writes(request: &HttpRequest) -> bool {
    let body = request.body().bytes().map(|bytes| String::from_utf8_lossy(bytes).into_owned()).unwrap_or_default();
    let looks = ["/operation/Describe", "/operation/Get"].iter().any(|read| request.uri().contains(read));
    !looks
        && !READS
            .iter()
            .any(|read| body.starts_with(read) || body.contains(&format!("&{read}")) || request.method() == *read)
}

impl HttpClient for Doomed {
    fn http_connector(&self, _: &HttpConnectorSettings, _: &RuntimeComponents) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }
}

impl HttpConnector for Doomed {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let number = self.sent.fetch_add(1, Ordering::SeqCst);
        let (cloud, dead) = (self.cloud.clone(), Arc::clone(&self.dead));
        if writes(&request) {
            self.writes.lock().unwrap().insert(number);
        }
        match self.last {
            Some((last, dies)) if number == last => HttpConnectorFuture::new(async move {
                if dies == Dies::BeforeTheAnswer {
                    let _ = HttpConnector::call(&cloud, request).await;
                }
                dead.notify_one();
                std::future::pending().await
            }),
            _ => HttpConnector::call(&cloud, request),
        }
    }
}

/// What one run of the command came to.
struct Ran {
    /// `None` where it was killed.
    result: Option<Result<Deployed, Failure>>,
    /// How many requests it made.
    requests: usize,
    /// Which of them may have changed the world.
    writes: BTreeSet<usize>,
}

async fn deploy(folder: &Path, last: Option<(usize, Dies)>) -> Ran {
    deploy_with(folder, last, None).await
}

async fn deploy_with(folder: &Path, last: Option<(usize, Dies)>, drain: Option<DrainOf>) -> Ran {
    let clock = clock();
    let (sent, dead) = (Arc::new(AtomicUsize::new(0)), Arc::new(Notify::new()));
    let writes = Arc::new(Mutex::new(BTreeSet::new()));
    let http = Doomed {
        cloud: embedded(folder, "rehearsal", &clock),
        sent: Arc::clone(&sent),
        writes: Arc::clone(&writes),
        last,
        dead: Arc::clone(&dead),
    };
    let clouds = Clouds { http: SharedHttpClient::new(http), clock: Arc::clone(&clock) };
    let project = Project::find(folder).unwrap();
    let mut shelf = Shelf::new(&project);
    let interrupt = Interrupt::new();
    let order = DeployOrder {
        pipeline: "fraud-detection".to_owned(),
        environment: "rehearsal".to_owned(),
        region: None,
        yes: true,
        given: BTreeSet::new(),
        reviewed: None,
        drain,
        hand_over: None,
    };
    let tools = Tools { connector: &clouds, clock: &*clock, interrupt: &interrupt };
    let mut nobody = Nobody;
    let result = tokio::select! {
        result = operate::deploy(&mut shelf, &order, tools, &mut nobody) => Some(result),
        () = dead.notified() => None,
    };
    let writes = writes.lock().unwrap().clone();
    Ran { result, requests: sent.load(Ordering::SeqCst), writes }
}

/// What can be seen of the stack from outside, without what differs from run to run: its state, that of its resources, and
/// its outputs with the digest of its template.
type Seen = (StackStatus, BTreeMap<String, String>, BTreeMap<String, String>);

async fn seen(folder: &Path) -> Seen {
    let clock = clock();
    let (sent, dead) = (Arc::new(AtomicUsize::new(0)), Arc::new(Notify::new()));
    let http = Doomed { cloud: embedded(folder, "rehearsal", &clock), sent, writes: Arc::default(), last: None, dead };
    let clouds = Clouds { http: SharedHttpClient::new(http), clock };
    let project = Project::find(folder).unwrap();
    let mut shelf = Shelf::new(&project);
    let status = operate::status(&mut shelf, "fraud-detection", "rehearsal", None, &clouds).await.unwrap();
    let Observed::Present(stack) = status.observed else { panic!("there is no stack") };
    let resources =
        stack.resources.iter().map(|(id, r)| (id.to_string(), format!("{} {}", r.type_name, r.status))).collect();
    let template = stack.template.unwrap().digest().to_string();
    let mut outputs: BTreeMap<String, String> = stack.outputs.keys().map(|k| (k.clone(), String::new())).collect();
    outputs.insert("template".to_owned(), template);
    (stack.status, resources, outputs)
}

/// The leases that are there.
async fn locks(folder: &Path) -> Vec<String> {
    let clock = clock();
    let http = SharedHttpClient::new(embedded(folder, "rehearsal", &clock));
    let cloud = Clouds { http, clock }.open(&Region::new("eu-west-1").unwrap()).await;
    let found = cloud.list_artifacts("sluice-artifacts-123456789012-eu-west-1", "locks/").await.unwrap();
    found.into_iter().map(|(key, _)| key).collect()
}

fn project() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    folder::fill(folder.path());
    folder
}

fn edit(folder: &Path, from: &str, to: &str) {
    let path = folder.join("stacks/fraud-detection/pipeline.yaml");
    let text = fs::read_to_string(&path).unwrap();
    assert!(text.contains(from), "`{from}` is not in the pipeline file");
    fs::write(&path, text.replace(from, to)).unwrap();
}

/// Kills the command at every request, runs it again, and compares the end with that of an undisturbed run. The deaths
/// have nothing to do with each other and are spread over the cores.
async fn converges_from_everywhere(before: &Path, drain: Option<DrainOf>) {
    let undisturbed = tempfile::tempdir().unwrap();
    copy(before, undisturbed.path());
    let reference = deploy_with(undisturbed.path(), None, drain.clone()).await;
    assert_eq!(reference.result.unwrap().unwrap().result, OperationResult::Succeeded);
    let wanted = seen(undisturbed.path()).await;
    assert!((3..reference.requests).contains(&reference.writes.len()), "writes: {:?}", reference.writes);
    assert!(reference.requests > 10, "the command made only {} requests", reference.requests);

    // Whether a read dies before or after it was answered makes no difference to the world.
    let early = (0..reference.requests).map(|last| (last, Dies::BeforeTheRequest));
    let late = reference.writes.iter().map(|last| (*last, Dies::BeforeTheAnswer));
    let deaths: Vec<_> = early.chain(late).collect();
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        for first in 0..cores {
            let (deaths, wanted, drain) = (&deaths, &wanted, &drain);
            scope.spawn(move || {
                let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
                for death in deaths.iter().skip(first).step_by(cores) {
                    runtime.block_on(converges_after(before, *death, wanted, drain.clone()));
                }
            });
        }
    });
}

async fn converges_after(before: &Path, death: (usize, Dies), wanted: &Seen, drain: Option<DrainOf>) {
    let dir = tempfile::tempdir().unwrap();
    copy(before, dir.path());
    let killed = deploy_with(dir.path(), Some(death), drain).await;
    assert!(killed.result.is_none(), "request {death:?} was never made");
    let again = deploy(dir.path(), None).await.result.unwrap();
    let again = again.unwrap_or_else(|failure| panic!("killed at {death:?}: {:?}", failure.diagnostics));
    assert!(
        matches!(again.result, OperationResult::Succeeded | OperationResult::NothingToDo),
        "killed at {death:?}: {:?}",
        again.result
    );
    assert_eq!(seen(dir.path()).await, *wanted, "killed at {death:?}");
    assert!(locks(dir.path()).await.is_empty(), "killed at {death:?}: a lock, or a note of a paused reader, is left");
    assert_eq!(silent(dir.path()).await, Vec::<String>::new(), "killed at {death:?}: readers are left paused");
}

/// Mappings that do not read.
async fn silent(folder: &Path) -> Vec<String> {
    let clock = clock();
    let all = embedded(folder, "rehearsal", &clock).status().await.unwrap().consumers;
    all.into_iter().filter(|one| one.state != "Enabled").map(|one| format!("{} {}", one.function, one.state)).collect()
}

#[tokio::test]
async fn a_first_deployment_killed_at_any_request_ends_well_when_run_again() {
    let project = project();
    converges_from_everywhere(project.path(), None).await;
}

#[tokio::test]
async fn an_update_killed_at_any_request_ends_well_when_run_again() {
    let project = project();
    deploy(project.path(), None).await.result.unwrap().unwrap();
    edit(project.path(), "parallel: 4", "parallel: 8");
    converges_from_everywhere(project.path(), None).await;
}

#[tokio::test]
async fn a_drained_update_killed_at_any_request_leaves_no_reader_paused_when_run_again_undrained() {
    let project = project();
    deploy(project.path(), None).await.result.unwrap().unwrap();
    edit(project.path(), "parallel: 4", "parallel: 8");
    converges_from_everywhere(project.path(), Some(DrainOf::All)).await;
}

/// Leaves as soon as something happens, and hears what it is warned of.
struct Leaver<'a> {
    interrupt: &'a Interrupt,
    at: fn(&EventKind) -> bool,
    warned: Vec<Code>,
}

impl Company for Leaver<'_> {
    fn planned(&mut self, _: &Prepared, _: &Plan) {}
    fn leaving(&mut self, _: &Leaving<'_>) {}
    fn founding(&mut self, _: &Founding<'_>) {}
    fn warned(&mut self, warnings: &Diagnostics, _: &BTreeMap<FilePath, String>) {
        self.warned.extend(warnings.iter().map(|warning| warning.code));
    }
    fn listens(&self) -> bool {
        false
    }
    fn agree(&mut self, _: &str) -> Answer {
        Answer::Nobody
    }
    fn tell(&mut self, event: Event) {
        if (self.at)(&event.kind) {
            self.interrupt.raise();
        }
    }
}

/// A drained deployment that somebody leaves; what it came to, and what it warned of.
async fn left(folder: &Path, at: fn(&EventKind) -> bool) -> (Result<OperationResult, FailureKind>, Vec<Code>) {
    let clock = clock();
    let http = SharedHttpClient::new(embedded(folder, "rehearsal", &clock));
    let clouds = Clouds { http, clock: Arc::clone(&clock) };
    let project = Project::find(folder).unwrap();
    let mut shelf = Shelf::new(&project);
    let interrupt = Interrupt::new();
    let mut company = Leaver { interrupt: &interrupt, at, warned: Vec::new() };
    let order = DeployOrder {
        pipeline: "fraud-detection".to_owned(),
        environment: "rehearsal".to_owned(),
        region: None,
        yes: true,
        given: BTreeSet::new(),
        reviewed: None,
        drain: Some(DrainOf::All),
        hand_over: None,
    };
    let tools = Tools { connector: &clouds, clock: &*clock, interrupt: &interrupt };
    let result = operate::deploy(&mut shelf, &order, tools, &mut company).await;
    (result.map(|deployed| deployed.result).map_err(|failure| failure.kind), company.warned)
}

#[tokio::test]
async fn whoever_leaves_before_the_deployment_is_started_leaves_every_reader_reading() {
    let project = project();
    deploy(project.path(), None).await.result.unwrap().unwrap();
    edit(project.path(), "parallel: 4", "parallel: 8");
    let at = |kind: &EventKind| matches!(kind, EventKind::Reader { now: ReaderNow::Pausing, .. });
    let (result, _) = left(project.path(), at).await;
    assert_eq!(result, Err(FailureKind::Interrupted));
    assert_eq!(silent(project.path()).await, Vec::<String>::new());
    assert!(locks(project.path()).await.is_empty());
}

#[tokio::test]
async fn whoever_leaves_a_deployment_at_work_is_told_and_the_next_run_resumes_the_readers() {
    let project = project();
    deploy(project.path(), None).await.result.unwrap().unwrap();
    edit(project.path(), "parallel: 4", "parallel: 8");
    let at = |kind: &EventKind| matches!(kind, EventKind::OperationStarted { .. });
    let (result, warned) = left(project.path(), at).await;
    assert_eq!(result, Ok(OperationResult::Detached));
    assert!(warned.contains(&Code::ReaderLeftPaused), "{warned:?}");
    assert!(!silent(project.path()).await.is_empty());
    // The lease is given back, the note of the readers is not.
    assert_eq!(locks(project.path()).await, ["locks/rehearsal/fraud-detection.paused"]);
    let again = deploy(project.path(), None).await.result.unwrap().unwrap();
    assert!(matches!(again.result, OperationResult::NothingToDo | OperationResult::Succeeded), "{:?}", again.result);
    assert_eq!(silent(project.path()).await, Vec::<String>::new());
    assert!(locks(project.path()).await.is_empty());
}
