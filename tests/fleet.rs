//! Two hundred stacks at once, in a cloud that allows ten calls of each operation a second.
//!
//! Everything runs in this process and in virtual time: whoever sleeps waits for the moment, and when everybody sleeps, time
//! moves on to the first who wakes. So hundreds of deployments pass side by side, and how long they would take is exact.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::disallowed_methods,
    reason = "a test sets up projects of its own and stops where it cannot"
)]

#[path = "support/side_by_side.rs"]
mod side_by_side;

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::num::NonZeroUsize;
use std::path::Path;
use std::sync::{Arc, Mutex};

use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use sluicegate::cloud::{Cloud, CloudSettings, Credentials, Sleeper};
use sluicegate::diagnostic::{Diagnostics, FilePath};
use sluicegate::embedded::{CallFault, EmbeddedCloud, Settings, Speed};
use sluicegate::environment::Environment;
use sluicegate::event::Event;
use sluicegate::operate::{
    self, Answer, Company, Connecting, Connector, Convoy, Failure, Founding, Interrupt, Leaving, ManyDeployed,
    ManyOrder, Planned, Prepared, Regions, Shelf, Task, TaskEnd, Tools,
};
use sluicegate::plan::Plan;
use sluicegate::rollout::Limits;
use sluicegate::units::{AccountId, Duration, EnvironmentName, Region, Timestamp};
use sluicegate::workspace::{Clock, Project, StateStore};

use side_by_side::{SharedClock, run};

const STACKS: usize = 200;
/// Streams that one of them reads at most.
const MOST_READ: usize = 3;
/// Calls of each operation that the cloud allows in a second.
const ALLOWED: f64 = 10.0;

/// Numbers that look random and are the same every time (xorshift).
struct Dice(u64);

impl Dice {
    fn below(&mut self, most: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % u64::try_from(most).unwrap()).unwrap()
    }
}

/// A project of many small pipelines: each has a stream, and consumers of the streams of some that come before it.
fn project(root: &Path, reads: &[BTreeSet<usize>]) {
    fs::create_dir_all(root.join("environments")).unwrap();
    fs::write(
        root.join("environments/many.yaml"),
        "environment: many\ntier: development\ntarget: embedded\naccount: \"123456789012\"\nregions: [eu-west-1]\n",
    )
    .unwrap();
    for (number, upstream) in reads.iter().enumerate() {
        let mut spec = format!("pipeline: p{number}\nowner: ml\nstreams:\n  out: {{capacity: on-demand}}\n");
        if !upstream.is_empty() {
            spec.push_str("consumers:\n");
        }
        for other in upstream {
            spec.push_str(&format!(
                "  c{other}:\n    from: p{other}/out\n    code: handlers/c\n    handler: app.handler\n    runtime: python3.13\n"
            ));
        }
        let folder = root.join(format!("stacks/p{number}"));
        fs::create_dir_all(folder.join("handlers/c")).unwrap();
        fs::write(folder.join("pipeline.yaml"), spec).unwrap();
        fs::write(folder.join("handlers/c/app.py"), "def handler(event, context):\n    return {}\n").unwrap();
    }
}

/// Who reads whose stream: up to three of the forty before it, so that chains grow long.
fn graph() -> Vec<BTreeSet<usize>> {
    let mut dice = Dice(0x5eed_cafe);
    (0..STACKS)
        .map(|number| {
            let most = if number == 0 { 0 } else { dice.below(MOST_READ + 1) };
            (0..most).map(|_| number - 1 - dice.below(number.min(40))).collect()
        })
        .collect()
}

/// Counts every call, and throttles what is too much: a bucket of one second's calls for every operation.
#[derive(Clone, Debug)]
struct Gate {
    cloud: EmbeddedCloud,
    clock: Arc<SharedClock>,
    limited: bool,
    seen: Arc<Mutex<BTreeMap<String, Seen>>>,
}

#[derive(Debug, Default)]
struct Seen {
    calls: u32,
    throttled: u32,
    level: f64,
    at: i64,
}

/// What an operation is called, where its request says so.
fn operation(request: &HttpRequest) -> Option<String> {
    let body = request.body().bytes().map(|bytes| String::from_utf8_lossy(bytes).into_owned()).unwrap_or_default();
    let named = body.split('&').find_map(|field| field.strip_prefix("Action="));
    let target = request.headers().get("x-amz-target").and_then(|target| target.rsplit('.').next());
    let id = request.uri().split(['?', '&']).find_map(|field| field.strip_prefix("x-id="));
    named.or(target).or(id).map(str::to_owned)
}

impl Gate {
    /// Whether the call is one too many.
    fn is_too_much(&self, operation: &str) -> bool {
        let now = self.clock.now().as_millis();
        let mut seen = self.seen.lock().unwrap();
        let seen =
            seen.entry(operation.to_owned()).or_insert_with(|| Seen { level: ALLOWED, at: now, ..Seen::default() });
        seen.level = ALLOWED.min(seen.level + ALLOWED * (now - seen.at) as f64 / 1000.0);
        seen.at = now;
        seen.calls += 1;
        if self.limited && seen.level < 1.0 {
            seen.throttled += 1;
            return true;
        }
        seen.level -= 1.0;
        false
    }
}

impl HttpClient for Gate {
    fn http_connector(&self, _: &HttpConnectorSettings, _: &RuntimeComponents) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }
}

impl HttpConnector for Gate {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let throttled = operation(&request).filter(|operation| self.is_too_much(operation));
        let cloud = self.cloud.clone();
        HttpConnectorFuture::new(async move {
            if let Some(operation) = throttled {
                cloud.fail_calls(&operation, CallFault::Throttle, 1).await.expect("faults are kept");
            }
            HttpConnector::call(&cloud, request).await
        })
    }
}

/// One connection for everybody, as the program has it.
struct Clouds {
    http: SharedHttpClient,
    clock: Arc<SharedClock>,
    opened: RefCell<Option<Cloud>>,
}

impl Connector for Clouds {
    fn connect<'a>(&'a self, _: &'a Environment, region: &'a Region) -> Connecting<'a> {
        Box::pin(async move {
            if let Some(cloud) = self.opened.borrow().as_ref() {
                return Ok(cloud.clone());
            }
            let (now, sleeping) = (Arc::clone(&self.clock), Arc::clone(&self.clock));
            let sleep: Sleeper = Arc::new(move |pause: Duration| {
                let clock = Arc::clone(&sleeping);
                Box::pin(async move { clock.sleep(pause).await })
            });
            let settings = CloudSettings {
                region: region.clone(),
                endpoint_url: None,
                credentials: Credentials::Static { access_key: "sluice".to_owned(), secret: "sluice".to_owned() },
                http_client: Some(self.http.clone()),
                now: Arc::new(move || now.now()),
                sleep: Some(sleep),
                trace: None,
            };
            let cloud = Cloud::connect(settings).await;
            self.opened.replace(Some(cloud.clone()));
            Ok(cloud)
        })
    }
}

/// When each began and ended.
struct Watcher {
    clock: Arc<SharedClock>,
    began: RefCell<BTreeMap<usize, Timestamp>>,
    ended: RefCell<BTreeMap<usize, Timestamp>>,
}

impl Convoy for Watcher {
    fn mustered(&self, _: &[Task]) {}
    fn planned(&self, _: &[Task], _: &[Result<Planned, Failure>], _: &Shelf<'_>) {}
    fn listens(&self) -> bool {
        false
    }
    fn agree(&self, _: &str) -> Answer {
        Answer::Nobody
    }
    fn started<'a>(&'a self, task: usize) -> Box<dyn Company + 'a> {
        self.began.borrow_mut().insert(task, self.clock.now());
        Box::new(Nobody)
    }
    fn ended(&self, task: usize, _: &TaskEnd) {
        self.ended.borrow_mut().insert(task, self.clock.now());
    }
}

struct Nobody;

impl Company for Nobody {
    fn warned(&mut self, _: &Diagnostics, _: &BTreeMap<FilePath, String>) {}
    fn planned(&mut self, _: &Prepared, _: &Plan) {}
    fn leaving(&mut self, _: &Leaving<'_>) {}
    fn founding(&mut self, _: &Founding<'_>) {}
    fn listens(&self) -> bool {
        false
    }
    fn agree(&mut self, _: &str) -> Answer {
        Answer::Nobody
    }
    fn tell(&mut self, _: Event) {}
}

/// What a run of all of them came to.
struct Ran {
    done: ManyDeployed,
    began: BTreeMap<usize, Timestamp>,
    ended: BTreeMap<usize, Timestamp>,
    wall: Duration,
    seen: BTreeMap<String, Seen>,
}

fn deploy_all(root: &Path, limited: bool) -> Ran {
    let clock = Arc::new(SharedClock::at(Timestamp::parse("2026-03-01T08:00:00Z").unwrap()));
    let settings = Settings {
        account: AccountId::new("123456789012").unwrap(),
        region: Region::new("eu-west-1").unwrap(),
        environment: EnvironmentName::new("many").unwrap(),
        speed: Speed::Real,
    };
    let cloud = EmbeddedCloud::held(StateStore::memory(), settings, Arc::<SharedClock>::clone(&clock));
    let seen = Arc::new(Mutex::new(BTreeMap::new()));
    let gate = Gate { cloud, clock: Arc::clone(&clock), limited, seen: Arc::clone(&seen) };
    let clouds = Clouds { http: SharedHttpClient::new(gate), clock: Arc::clone(&clock), opened: RefCell::default() };
    let watcher = Watcher { clock: Arc::clone(&clock), began: RefCell::default(), ended: RefCell::default() };
    let order = ManyOrder {
        pipelines: Vec::new(),
        all: true,
        environments: vec!["many".to_owned()],
        regions: Regions::First,
        yes: true,
        limits: Limits { per_lane: NonZeroUsize::new(STACKS).unwrap(), max_failures: 0 },
    };
    let project = Project::find(root).unwrap();
    let (mut shelf, interrupt) = (Shelf::new(&project), Interrupt::new());
    let tools = Tools { connector: &clouds, clock: &*clock, interrupt: &interrupt };
    let start = clock.now();
    let done = run(&clock, operate::deploy_many(&mut shelf, &order, tools, &watcher)).unwrap();
    let wall = clock.now().since(start);
    let seen = std::mem::take(&mut *seen.lock().unwrap());
    Ran { done, began: watcher.began.into_inner(), ended: watcher.ended.into_inner(), wall, seen }
}

/// How long one takes that reads so many streams, alone in a cloud that allows every call; and its calls of each operation.
fn alone(reads: usize) -> (Duration, BTreeMap<String, u32>) {
    let folder = tempfile::tempdir().unwrap();
    let mut graph: Vec<BTreeSet<usize>> = vec![BTreeSet::new(); reads];
    graph.push((0..reads).collect());
    project(folder.path(), &graph);
    let ran = deploy_all(folder.path(), false);
    let last = ran.done.tasks.iter().position(|task| task.pipeline == format!("p{reads}")).unwrap();
    // Those before it begin at once and are of one kind: what they called is told by the run of one of them alone.
    let calls = ran.seen.into_iter().map(|(operation, seen)| (operation, seen.calls)).collect();
    (ran.ended[&last].since(ran.began[&last]), calls)
}

/// The longest chain of deployments that wait for each other, and the calls of the operation that is called most.
fn bounds(reads: &[BTreeSet<usize>]) -> (f64, f64) {
    let shapes: Vec<(Duration, BTreeMap<String, u32>)> = (0..=MOST_READ).map(alone).collect();
    let mut longest: Vec<f64> = Vec::new();
    let mut calls: BTreeMap<&str, f64> = BTreeMap::new();
    for upstream in reads {
        let (took, called) = &shapes[upstream.len()];
        let before = upstream.iter().map(|other| longest[*other]).fold(0.0, f64::max);
        longest.push(before + took.as_millis() as f64 / 1000.0);
        for (operation, count) in called {
            let roots = upstream.len() as f64 * shapes[0].1.get(operation).copied().map_or(0.0, f64::from);
            *calls.entry(operation).or_default() += f64::from(*count) - roots;
        }
    }
    let most = calls.into_values().fold(0.0, f64::max);
    (longest.into_iter().fold(0.0, f64::max), most / ALLOWED)
}

#[test]
fn two_hundred_stacks_keep_their_order_and_lose_little_time_to_throttling() {
    let folder = tempfile::tempdir().unwrap();
    let reads = graph();
    project(folder.path(), &reads);
    let ran = deploy_all(folder.path(), true);

    // What failed by itself is told before what was skipped because of it.
    let mut ends: Vec<_> = ran.done.tasks.iter().zip(&ran.done.ends).collect();
    ends.sort_by_key(|(_, end)| matches!(end, TaskEnd::Skipped(_)));
    for (task, end) in ends {
        assert!(end.is_well(), "{}: {end:?}", task.pipeline);
    }
    let numbers: BTreeMap<usize, usize> =
        ran.done.tasks.iter().enumerate().map(|(task, it)| (it.pipeline[1..].parse().unwrap(), task)).collect();
    for (number, upstream) in reads.iter().enumerate() {
        for other in upstream {
            let (reader, read) = (numbers[&number], numbers[other]);
            assert!(ran.began[&reader] >= ran.ended[&read], "p{number} began before p{other} was there");
        }
    }

    // No faster than the longest chain, and no faster than the calls of one operation are allowed.
    let (chain, calls) = bounds(&reads);
    let wall = ran.wall.as_millis() as f64 / 1000.0;
    let throttled: u32 = ran.seen.values().map(|seen| seen.throttled).sum();
    let called: u32 = ran.seen.values().map(|seen| seen.calls).sum();
    eprintln!(
        "{STACKS} stacks in {wall:.0} s; the longest chain takes {chain:.0} s, the calls of one operation {calls:.0} s; \
         {called} calls, {throttled} of them throttled"
    );
    assert!(throttled > 0, "nothing was throttled: the test proves nothing");
    assert!(wall <= 1.3 * chain.max(calls), "{wall:.0} s is more than 1.3 times the bound");
}
