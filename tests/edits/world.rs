//! A project, its cloud and its time; and one change of it.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::sync::Arc;

use serde_json::Value;
use sluicegate::cloud::{ChangeSetKind, ChangeSetRequest, Cloud, EventsUntil};
use sluicegate::embedded::{EmbeddedCloud, Records, Work};
use sluicegate::observed::{ChangeSetState, Observed, StackDescription};
use sluicegate::operate::{self, DeployOrder, Interrupt, Keep, Planned, Shelf, Tools, UploadSource};
use sluicegate::plan::Plan;
use sluicegate::units::{ByteSize, Duration};
use sluicegate::workspace::{Clock, Project, StandingClock, StateStore};

use crate::company::{Clouds, Nobody, clock, settings};
use crate::folder;
use crate::seen::{Seen, fill, holds, readers};
use crate::table::{Edit, Table};

/// Longer than any mapping takes to begin polling (SIM-1).
const PICKUP: Duration = Duration::from_secs(150);
/// Records of each stream, in two waves of half an hour: the first is read, the second waits.
const RATE: f64 = 100.0;
/// How many records were put into every stream.
pub const PUT: u64 = 2 * 1_800 * RATE as u64;

pub struct World {
    folder: tempfile::TempDir,
    stack: String,
    environment: String,
    clock: Arc<StandingClock>,
    /// What the cloud keeps is here, so that a copy of it takes no time.
    store: StateStore,
    cloud: EmbeddedCloud,
}

/// What was planned and how it ended.
pub struct Ran {
    pub plan: Plan,
    /// What CloudFormation refused before it began.
    pub refused: Option<String>,
}

impl World {
    /// A stack as deployed, with everything that it reads from, data in what holds data, and readers that are behind.
    pub async fn of(table: &Table) -> Self {
        let (stack, environment) = (table.stack.clone(), table.environment.clone());
        let world = Self::with(stack, environment, clock(), StateStore::memory());
        folder::fill(world.folder.path());
        let upstream = world.upstream();
        for entry in fs::read_dir(world.folder.path().join("stacks")).unwrap() {
            let (path, name) = entry.map(|entry| (entry.path(), entry.file_name())).unwrap();
            let name = name.to_str().unwrap();
            // What nobody needs makes every copy slower.
            if name != world.stack && upstream.values().all(|other| other != name) {
                fs::remove_dir_all(path).unwrap();
            }
        }
        for other in upstream.values() {
            world.deploy(other).await;
        }
        world.deploy(&world.stack).await;
        world.load().await;
        world.cloud.keep().await.unwrap();
        world
    }

    fn with(stack: String, environment: String, clock: Arc<StandingClock>, store: StateStore) -> Self {
        let cloud = EmbeddedCloud::held(store.clone(), settings(&environment), Arc::<StandingClock>::clone(&clock));
        Self { folder: tempfile::tempdir().unwrap(), stack, environment, clock, store, cloud }
    }

    /// The same, to be changed at will.
    pub fn copy(&self) -> Self {
        let clock = Arc::new(StandingClock::at(self.clock.now()));
        let copy = Self::with(self.stack.clone(), self.environment.clone(), clock, self.store.fork().unwrap());
        folder::copy(self.folder.path(), copy.folder.path());
        copy
    }

    fn pipeline_file(&self) -> std::path::PathBuf {
        self.folder.path().join(format!("stacks/{}/pipeline.yaml", self.stack))
    }

    /// Stacks whose streams this one reads.
    fn upstream(&self) -> BTreeMap<String, String> {
        let pipeline = read(&self.pipeline_file());
        let consumers = pipeline["consumers"].as_object().cloned().unwrap_or_default();
        let from = consumers.values().filter_map(|consumer| consumer["from"].as_str()?.split_once('/'));
        from.map(|(stack, stream)| (stream.to_owned(), stack.to_owned())).collect()
    }

    /// Lets time pass.
    pub async fn wait(&self, span: Duration) {
        self.cloud.advance(span).await.unwrap();
    }

    pub fn edit(&self, edits: &[Edit]) {
        let environment = self.folder.path().join(format!("environments/{}.yaml", self.environment));
        for edit in edits {
            let path = if edit.environment { environment.clone() } else { self.pipeline_file() };
            let mut file = read(&path);
            edit.apply(&mut file);
            // JSON is YAML.
            fs::write(&path, serde_json::to_string_pretty(&file).unwrap()).unwrap();
        }
    }

    fn clouds(&self) -> Clouds {
        Clouds { http: self.cloud.http_client(), clock: Arc::clone(&self.clock) }
    }

    async fn client(&self) -> Cloud {
        self.clouds().open(&self.cloud.settings().region).await
    }

    async fn described(&self) -> StackDescription {
        let name = format!("{}-{}", self.stack, self.environment);
        let observed = self.client().await.describe_stack(&name).await.unwrap();
        let Observed::Present(stack) = observed else { panic!("there is no stack") };
        *stack
    }

    async fn deploy(&self, stack: &str) {
        let project = Project::find(self.folder.path()).unwrap();
        let (mut shelf, interrupt, clouds) = (Shelf::new(&project), Interrupt::new(), self.clouds());
        let tools = Tools { connector: &clouds, clock: &*self.clock, interrupt: &interrupt };
        let order = DeployOrder {
            pipeline: stack.to_owned(),
            environment: self.environment.clone(),
            region: None,
            yes: true,
            given: BTreeSet::new(),
            reviewed: None,
            drain: None,
            hand_over: None,
        };
        let deployed = operate::deploy(&mut shelf, &order, tools, &mut Nobody).await;
        deployed.unwrap_or_else(|failure| panic!("{stack}: {:#?}", failure.diagnostics));
    }

    /// Puts data into everything and leaves every reader half an hour behind: what arrived first was read, what came then is
    /// read so slowly that nobody gets anywhere.
    async fn load(&self) {
        let (stack, cloud) = (self.described().await, &self.cloud);
        let of = |name: &str| {
            let all = stack.resources.values().filter(move |resource| resource.type_name == name);
            all.filter_map(|resource| resource.physical_id.clone()).collect::<Vec<String>>()
        };
        let mut streams = of("AWS::Kinesis::Stream");
        let elsewhere = self.upstream().into_iter();
        streams.extend(elsewhere.map(|(stream, stack)| format!("{stack}-{}-{stream}", self.environment)));
        let never = Work { fixed: Duration::ZERO, per_record: Duration::from_secs(100_000) };
        let slow: BTreeMap<String, Work> = of("AWS::Lambda::Function").into_iter().map(|name| (name, never)).collect();
        cloud.advance(PICKUP).await.unwrap();
        for work in [BTreeMap::new(), slow] {
            for stream in &streams {
                let records = Records {
                    stream: stream.clone(),
                    rate: RATE,
                    lasting: Duration::from_secs(1_800),
                    size: ByteSize::from_bytes(1_000),
                    keys: 1_000_000,
                    work: work.clone(),
                    sends: BTreeMap::new(),
                };
                cloud.records(records).await.unwrap();
            }
            cloud.advance(Duration::from_secs(2_400)).await.unwrap();
        }
        for resource in stack.resources.values() {
            if let Some(id) = &resource.physical_id {
                fill(cloud, &resource.type_name, id).await;
            }
        }
    }

    /// Plans the change, then has it executed in one update, whatever the plan says of it: as somebody with the console
    /// could, who asks nobody.
    ///
    /// # Errors
    /// What is wrong with the edited files.
    pub async fn run(&self) -> Result<Ran, String> {
        let project = Project::find(self.folder.path()).unwrap();
        let (mut shelf, interrupt, clouds) = (Shelf::new(&project), Interrupt::new(), self.clouds());
        let tools = Tools { connector: &clouds, clock: &*self.clock, interrupt: &interrupt };
        let planned = operate::plan_live(&mut shelf, &self.stack, &self.environment, None, Keep::Nothing, tools).await;
        let planned = planned.map_err(|failure| {
            let all = failure.diagnostics.iter();
            all.map(|one| format!("{:?} {}", one.code, one.title)).collect::<Vec<_>>().join("; ")
        })?;
        let cloud = clouds.open(&self.cloud.settings().region).await;
        for upload in &planned.prepared.uploads {
            let bytes = match &upload.source {
                UploadSource::Packed(bytes) => bytes.to_vec(),
                UploadSource::File { path, .. } => project.read_asset(&self.stack, path).unwrap(),
            };
            cloud.put_artifact(&planned.prepared.bucket, &upload.key, bytes).await.unwrap();
        }
        Ok(Ran { refused: self.execute(&cloud, &planned).await, plan: planned.plan })
    }

    /// Why CloudFormation did not even begin; nothing where it did.
    async fn execute(&self, cloud: &Cloud, planned: &Planned) -> Option<String> {
        let rendered = &planned.prepared.rendered;
        let request = ChangeSetRequest {
            stack: rendered.stack_name.clone(),
            name: "edited".to_owned(),
            kind: ChangeSetKind::Update,
            template: rendered.template.to_canonical_json(),
            artifact_bucket: planned.prepared.bucket.clone(),
            tags: rendered.tags.clone(),
            role: None,
            import_existing: false,
            rollback_alarms: Vec::new(),
            watch: None,
            description: "an edit".to_owned(),
        };
        if let Err(refusal) = cloud.create_change_set(&request).await {
            return Some(refusal.message);
        }
        loop {
            let set = cloud.describe_change_set(&request.stack, &request.name).await.unwrap().unwrap();
            match set.state {
                ChangeSetState::Ready => break,
                ChangeSetState::Failed if set.is_empty_change() => return None,
                ChangeSetState::Failed => return Some(set.reason.unwrap_or_default()),
                ChangeSetState::Creating | ChangeSetState::Gone => self.clock.sleep(Duration::from_secs(10)).await,
            }
        }
        cloud.execute_change_set(&request.stack, &request.name, "edited").await.unwrap();
        loop {
            self.clock.sleep(Duration::from_secs(60)).await;
            let head = cloud.stack_head(&request.stack).await.unwrap().unwrap();
            if head.status.is_settled() {
                return None;
            }
        }
    }

    /// Looks at everything, after a change once new readers poll.
    pub async fn look(&self, before: Option<&Seen>) -> Seen {
        let cloud = &self.cloud;
        let mut known: BTreeSet<(String, String)> = BTreeSet::new();
        if let Some(before) = before {
            cloud.advance(PICKUP).await.unwrap();
            known.extend(before.data.keys().cloned());
        }
        let stack = self.described().await;
        let made = stack.resources.values().filter_map(|one| Some((one.type_name.clone(), one.physical_id.clone()?)));
        known.extend(made);
        let mut data = BTreeMap::new();
        for (type_name, id) in known {
            if let Some(there) = holds(cloud, &type_name, &id).await {
                data.insert((type_name, id), there);
            }
        }
        let client = self.client().await;
        let events = client.stack_events(&stack.id, &EventsUntil::OperationStart).await.unwrap();
        let start = events.iter().rposition(|event| event.starts_operation()).unwrap_or(0);
        let events = events.into_iter().skip(start).collect();
        Seen { readers: readers(cloud, &stack).await, stack, events, data }
    }
}

fn read(path: &Path) -> Value {
    serde_yaml::from_str(&fs::read_to_string(path).unwrap()).unwrap()
}
