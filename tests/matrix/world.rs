//! A cloud with a stack in it, its project and its time; commands that are run on it, and what is there afterwards.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use aws_smithy_runtime_api::client::http::SharedHttpClient;
use sluicegate::diagnostic::{Diagnostics, FilePath};
use sluicegate::embedded::EmbeddedCloud;
use sluicegate::event::{Event, EventKind, OperationResult};
use sluicegate::observed::{Observed, StackDescription, StackStatus};
use sluicegate::operate::{
    self, Answer, Company, DeployOrder, Failure, FailureKind, Interrupt, Keep, Leaving, Planned, Prepared,
    RecoverOrder, Shelf, Tools,
};
use sluicegate::plan::{Permission, Plan};
use sluicegate::rollout::LeftBehind;
use sluicegate::workspace::{Clock, Project, StandingClock, StateStore};

use crate::change::{self, ENVIRONMENT, Files, Update};
use crate::company::{Clouds, Nobody, clock, settings};
use crate::data::{self, Held};
use crate::faulty::{Call, Faulty, Instead, Past, Trouble};

/// A stack as deployed before an update, to be copied for each case.
pub struct Base {
    pub stack: &'static str,
    pub update: Update,
    past: Option<Past>,
    now: Past,
    /// What holds data, with data in it.
    pub held: Vec<Held>,
    /// What the plan asks for by name.
    given: BTreeSet<Permission>,
    /// What the update does.
    pub plan: Plan,
    /// Digests of the templates before and after.
    pub before: Option<String>,
    pub after: String,
    /// The update as it goes when nothing goes wrong.
    pub reference: Ran,
}

/// A project's files.
pub struct Site {
    folder: tempfile::TempDir,
}

impl Site {
    pub fn of(stack: &str, files: Files) -> Self {
        let folder = tempfile::tempdir().unwrap();
        change::write(folder.path(), stack, files);
        Self { folder }
    }

    fn project(&self) -> Project {
        Project::find(self.folder.path()).unwrap()
    }

    /// Forgets what commands left here.
    pub fn clean(&self) {
        let _ = std::fs::remove_dir_all(self.folder.path().join(".sluice"));
    }
}

/// One cloud, to be changed at will.
pub struct World<'a> {
    stack: &'static str,
    site: &'a Site,
    clock: Arc<StandingClock>,
    store: StateStore,
    pub cloud: EmbeddedCloud,
    past: Option<Past>,
    given: BTreeSet<Permission>,
}

/// How a command ended.
#[derive(Clone, Debug)]
pub struct Ran {
    /// The exit code; none where it was killed.
    pub exit: Option<u8>,
    /// What it said.
    pub said: String,
    pub left_behind: Vec<LeftBehind>,
    pub calls: Vec<Call>,
    /// What was told, and how many calls had been made by then.
    pub events: Vec<(usize, EventKind)>,
}

/// What is there.
#[derive(Clone, Debug)]
pub struct Look {
    pub status: Option<StackStatus>,
    pub template: Option<String>,
    pub locks: Vec<String>,
    pub change_sets: Vec<String>,
    pub lost: Vec<Held>,
}

/// Nobody answers; what is told is kept, each with how many calls had been made.
struct Listener {
    sent: Arc<AtomicUsize>,
    told: Vec<(usize, EventKind)>,
}

impl Company for Listener {
    fn planned(&mut self, _: &Prepared, _: &Plan) {}
    fn leaving(&mut self, _: &Leaving<'_>) {}
    fn founding(&mut self, _: &operate::Founding<'_>) {}
    fn warned(&mut self, _: &Diagnostics, _: &std::collections::BTreeMap<FilePath, String>) {}
    fn listens(&self) -> bool {
        false
    }
    fn agree(&mut self, _: &str) -> Answer {
        Answer::Nobody
    }
    fn tell(&mut self, event: Event) {
        self.told.push((self.sent.load(Ordering::SeqCst), event.kind));
    }
}

impl Base {
    /// Deploys what is there before the update.
    pub async fn of(stack: &'static str, update: Update) -> Self {
        let (clock, store) = (clock(), StateStore::memory());
        let target = Site::of(stack, update.after());
        let mut world = World::with(stack, &target, clock, store);
        if let Some(other) = change::upstream(stack) {
            world.deploy_stack(other, None).await.succeeded(other);
        }
        let mut held = Vec::new();
        let mut past = None;
        if let Some(files) = update.before() {
            let site = Site::of(stack, files);
            world.site = &site;
            let (ran, before) = world.deploy_remembering().await;
            ran.succeeded(stack);
            past = before;
            let described = world.described().await.unwrap();
            for (id, resource) in described.resources {
                if let (true, Some(physical_id)) = (data::is_held(&resource.type_name), resource.physical_id) {
                    held.push(Held { logical_id: id.to_string(), type_name: resource.type_name, physical_id });
                }
            }
            for one in &held {
                data::put(&world.cloud, one).await;
            }
            world.site = &target;
            let before = world.look(&held).await;
            return world.base(update, held, past, before.template).await;
        }
        world.base(update, held, past, None).await
    }
}

impl Ran {
    pub fn succeeded(&self, stack: &str) {
        assert_eq!(self.exit, Some(0), "{stack}: {}", self.said);
    }
}

impl<'a> World<'a> {
    fn with(stack: &'static str, site: &'a Site, clock: Arc<StandingClock>, store: StateStore) -> Self {
        let cloud = EmbeddedCloud::held(store.clone(), settings(ENVIRONMENT), Arc::<StandingClock>::clone(&clock));
        Self { stack, site, clock, store, cloud, past: None, given: BTreeSet::new() }
    }

    async fn base(self, update: Update, held: Vec<Held>, past: Option<Past>, before: Option<String>) -> Base {
        let planned = self.plan().await;
        let policy =
            operate::outlook(&planned.prepared.sized).policy(planned.prepared.sized.pipeline().environment().tier());
        let given = policy.demands(&planned.plan).into_iter().collect();
        self.cloud.keep().await.unwrap();
        let now = Past { at: self.clock.now(), store: self.store.fork().unwrap() };
        let after = planned.prepared.rendered.template.digest().to_string();
        let reference = ran(None, Vec::new(), Vec::new(), Vec::new());
        let mut base =
            Base { stack: self.stack, update, past, now, held, given, plan: planned.plan, before, after, reference };
        base.reference = World::of(&base, self.site).deploy(None).await;
        base.reference.succeeded(self.stack);
        base
    }

    /// A copy of a base, whose project is at `site`.
    pub fn of(base: &Base, site: &'a Site) -> Self {
        site.clean();
        let clock = Arc::new(StandingClock::at(base.now.at));
        let mut world = Self::with(base.stack, site, clock, base.now.store.fork().unwrap());
        world.past.clone_from(&base.past);
        world.given.clone_from(&base.given);
        world
    }

    fn clouds(&self) -> Clouds {
        Clouds { http: self.cloud.http_client(), clock: Arc::clone(&self.clock) }
    }

    async fn plan(&self) -> Planned {
        let project = self.site.project();
        let (mut shelf, interrupt, clouds) = (Shelf::new(&project), Interrupt::new(), self.clouds());
        let tools = Tools { connector: &clouds, clock: &*self.clock, interrupt: &interrupt };
        let planned = operate::plan_live(&mut shelf, self.stack, ENVIRONMENT, None, Keep::Nothing, tools).await;
        planned.unwrap_or_else(|failure| panic!("{}: {:#?}", self.stack, failure.diagnostics))
    }

    /// Deploys, with something going wrong.
    pub async fn deploy(&self, trouble: Option<Trouble>) -> Ran {
        self.deploy_stack(self.stack, trouble).await
    }

    /// Deploys where something else answers.
    pub async fn deploy_instead(&self, instead: Instead) -> Ran {
        let mut network = Faulty::new(self.cloud.clone(), self.store.clone(), Arc::clone(&self.clock));
        network.instead = Some(instead);
        self.run(self.stack, network).await
    }

    async fn deploy_stack(&self, stack: &str, trouble: Option<Trouble>) -> Ran {
        let mut network = Faulty::new(self.cloud.clone(), self.store.clone(), Arc::clone(&self.clock));
        network.trouble = trouble;
        network.remembers = matches!(trouble, Some(Trouble::Call { fault: crate::faulty::Fault::Stale, .. }));
        network.past.lock().unwrap().clone_from(&self.past);
        self.run(stack, network).await
    }

    async fn deploy_remembering(&self) -> (Ran, Option<Past>) {
        let mut network = Faulty::new(self.cloud.clone(), self.store.clone(), Arc::clone(&self.clock));
        network.remembers = true;
        let past = Arc::clone(&network.past);
        let ran = self.run(self.stack, network).await;
        let past = past.lock().unwrap().clone();
        (ran, past)
    }

    async fn run(&self, stack: &str, network: Faulty) -> Ran {
        let (calls, dead, sent) = (network.calls.clone(), network.dead.clone(), network.sent.clone());
        let clouds = Clouds { http: SharedHttpClient::new(network), clock: Arc::clone(&self.clock) };
        let project = self.site.project();
        let (mut shelf, interrupt) = (Shelf::new(&project), Interrupt::new());
        let tools = Tools { connector: &clouds, clock: &*self.clock, interrupt: &interrupt };
        let order = DeployOrder {
            pipeline: stack.to_owned(),
            environment: ENVIRONMENT.to_owned(),
            region: None,
            yes: true,
            given: self.given.clone(),
            reviewed: None,
            drain: None,
            hand_over: None,
        };
        let mut company = Listener { sent, told: Vec::new() };
        let result = tokio::select! {
            biased;
            result = operate::deploy(&mut shelf, &order, tools, &mut company) => Some(result),
            () = dead.notified() => None,
        };
        let mut left_behind = Vec::new();
        let ended = result.map(|result| {
            result.map(|deployed| {
                left_behind = deployed.left_behind;
                deployed.result
            })
        });
        let calls = calls.lock().unwrap().clone();
        ran(ended, left_behind, calls, company.told)
    }

    /// Leads the stack out of its state.
    pub async fn recover(&self, without: bool) -> Ran {
        let project = self.site.project();
        let (mut shelf, interrupt, clouds) = (Shelf::new(&project), Interrupt::new(), self.clouds());
        let tools = Tools { connector: &clouds, clock: &*self.clock, interrupt: &interrupt };
        let order = RecoverOrder {
            pipeline: self.stack.to_owned(),
            environment: ENVIRONMENT.to_owned(),
            region: None,
            without,
        };
        let mut company = Nobody;
        let result = async {
            let stuck = operate::stuck(&mut shelf, &order, tools).await?;
            let Some(way) = stuck.way.clone() else { return Ok(OperationResult::NothingToDo) };
            operate::recover(&project, &stuck, way, true, tools, &mut company).await
        };
        ran(Some(result.await), Vec::new(), Vec::new(), Vec::new())
    }

    fn stack_name(&self) -> String {
        format!("{}-{ENVIRONMENT}", self.stack)
    }

    async fn described(&self) -> Option<StackDescription> {
        let cloud = self.clouds().open(&self.cloud.settings().region).await;
        match cloud.describe_stack(&self.stack_name()).await.unwrap() {
            Observed::Present(stack) => Some(*stack),
            Observed::Absent => None,
        }
    }

    /// Looks at everything.
    pub async fn look(&self, held: &[Held]) -> Look {
        let stack = self.described().await;
        let cloud = self.clouds().open(&self.cloud.settings().region).await;
        let bucket = self.cloud.artifact_bucket();
        let locks = cloud.list_artifacts(&bucket, "locks/").await.unwrap();
        let change_sets = data::change_sets(&self.cloud, &self.stack_name()).await;
        let mut lost = Vec::new();
        for one in held {
            if !data::is_there(&self.cloud, one).await {
                lost.push(one.clone());
            }
        }
        Look {
            status: stack.as_ref().map(|stack| stack.status.clone()),
            template: stack.and_then(|stack| Some(stack.template?.digest().to_string())),
            locks: locks.into_iter().map(|(key, _)| key).collect(),
            change_sets,
            lost,
        }
    }
}

fn ran(
    ended: Option<Result<OperationResult, Failure>>,
    left_behind: Vec<LeftBehind>,
    calls: Vec<Call>,
    events: Vec<(usize, EventKind)>,
) -> Ran {
    let (exit, said) = match ended {
        None => (None, String::new()),
        Some(Ok(result)) => (Some(0), format!("{result:?}")),
        Some(Err(failure)) => {
            let all = failure.diagnostics.iter().map(|one| format!("{:?} {} {:?}", one.code, one.title, one.notes));
            (Some(exit(failure.kind)), all.collect::<Vec<_>>().join("; "))
        }
    };
    Ran { exit, said, left_behind, calls, events }
}

/// The exit code of a kind of ending (DESIGN section 9).
fn exit(kind: FailureKind) -> u8 {
    match kind {
        FailureKind::Error => 1,
        FailureKind::Refused => 3,
        FailureKind::RolledBack => 4,
        FailureKind::NeedsAttention => 5,
        FailureKind::Usage => 64,
        FailureKind::Interrupted => 130,
    }
}
