//! `sluice deploy` of several: all files first, then one question, then every deployment as soon as what it reads is there.

use std::collections::{BTreeMap, BTreeSet};
use std::num::NonZeroUsize;

use futures_util::stream::{self, FuturesUnordered, StreamExt};

use super::deploy::{Answer, Company, DeployOrder, Deployed, Tools, answered, nobody};
use super::deployment::{Ready, deploy_ready};
use super::failure::Failure;
use super::load::{Shelf, region_of};
use super::plan::{Keep, Planned, plan_ready};
use super::plans::{pairs_to_plan, upstreams};
use super::prepare::Prepared;
use crate::diagnostic::Diagnostics;
use crate::environment::{Environment, Target};
use crate::event::OperationResult;
use crate::rollout::{Fleet, Job, Limits, Skip};
use crate::units::{Duration, Region};

/// What is to be deployed, and how.
#[derive(Clone, Debug)]
pub struct ManyOrder {
    /// Pipelines; none means every one there is.
    pub pipelines: Vec<String>,
    /// Every pipeline there is.
    pub all: bool,
    /// Environments, in the order of their waves.
    pub environments: Vec<String>,
    /// In which regions.
    pub regions: Regions,
    /// Do not ask.
    pub yes: bool,
    /// How much at once, and how much may go wrong.
    pub limits: Limits,
}

/// In which of an environment's regions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Regions {
    /// In this one.
    One(Region),
    /// In the first that each environment lists.
    First,
    /// In each that it lists, one wave after the other.
    Every,
}

/// Deployments of one account and region that run at the same time, where nothing else is said.
pub const PER_LANE: NonZeroUsize = match NonZeroUsize::new(8) {
    Some(eight) => eight,
    None => NonZeroUsize::MIN,
};

/// One deployment of several.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Task {
    /// The pipeline.
    pub pipeline: String,
    /// The environment.
    pub environment: String,
    /// The region.
    pub region: Region,
    /// Its wave, from 0.
    pub wave: usize,
    /// Whether it happens in the embedded cloud.
    pub embedded: bool,
    /// The tasks that it comes after, by position.
    pub after: BTreeSet<usize>,
}

/// How one of several ended.
#[derive(Debug)]
pub enum TaskEnd {
    /// It came to an end.
    Ended {
        /// Which.
        outcome: Result<Box<Deployed>, Failure>,
        /// How long it took.
        took: Duration,
    },
    /// It was never started.
    Skipped(Skip),
}

impl TaskEnd {
    /// Whether what comes after it may go on.
    #[must_use]
    pub fn is_well(&self) -> bool {
        match self {
            Self::Ended { outcome: Ok(deployed), .. } => match deployed.result {
                OperationResult::Succeeded | OperationResult::NothingToDo => true,
                OperationResult::RolledBack { .. } | OperationResult::Stuck { .. } | OperationResult::Detached => false,
            },
            Self::Ended { outcome: Err(_), .. } | Self::Skipped(_) => false,
        }
    }
}

/// Whoever watches several deployments. Methods take `&self`: many are told of at once.
pub trait Convoy {
    /// What will be deployed, in this order where nothing else decides.
    fn mustered(&self, tasks: &[Task]);
    /// The plans, before the question.
    fn planned(&self, tasks: &[Task], plans: &[Result<Planned, Failure>], shelf: &Shelf<'_>);
    /// Whether somebody is there to answer.
    fn listens(&self) -> bool;
    /// Asks whether to go on.
    fn agree(&self, question: &str) -> Answer;
    /// A task begins; who is told of it.
    fn started<'a>(&'a self, task: usize) -> Box<dyn Company + 'a>;
    /// A task ended, or will never begin.
    fn ended(&self, task: usize, end: &TaskEnd);
}

/// What became of all.
#[derive(Debug)]
pub struct ManyDeployed {
    /// The tasks.
    pub tasks: Vec<Task>,
    /// How each ended, in the same order.
    pub ends: Vec<TaskEnd>,
}

/// Deploys several pipelines, into several environments and regions.
///
/// # Errors
/// What is wrong with the files of any, or that nobody agreed: then nothing was begun.
pub async fn deploy_many(
    shelf: &mut Shelf<'_>,
    order: &ManyOrder,
    tools: Tools<'_>,
    convoy: &dyn Convoy,
) -> Result<ManyDeployed, Failure> {
    let (tasks, ready) = muster(shelf, order)?;
    let shelf = &*shelf;
    convoy.mustered(&tasks);
    let ready = if order.yes { ready } else { agreed(shelf, &tasks, ready, order, tools, convoy).await? };
    let ends = run(shelf, &tasks, ready, order, tools, convoy).await;
    Ok(ManyDeployed { tasks, ends })
}

/// Reads, resolves and renders everything: a mistake in one file is told before anything is written.
fn muster(shelf: &mut Shelf<'_>, order: &ManyOrder) -> Result<(Vec<Task>, Vec<Ready>), Failure> {
    let pairs = pairs_to_plan(shelf.project(), &order.pipelines, order.all, &order.environments)?;
    let mut wrong = Diagnostics::new();
    let (mut tasks, mut all) = (Vec::new(), Vec::new());
    let mut wave = 0;
    for environment in once(order.environments.iter()) {
        let read = shelf.environment(environment).and_then(|read| regions(read.environment(), &order.regions));
        let regions = match read {
            Ok(regions) => regions,
            Err(failure) => {
                wrong.extend(failure.diagnostics);
                continue;
            }
        };
        for region in regions {
            for (pipeline, _) in pairs.iter().filter(|(_, other)| other == environment) {
                match Ready::of_files(shelf, pipeline, environment, Some(&region)) {
                    Ok(ready) => {
                        tasks.push(task(&ready.prepared, &region, wave));
                        all.push(ready);
                    }
                    Err(failure) => wrong.extend(failure.diagnostics),
                }
            }
            wave += 1;
        }
    }
    if !wrong.is_empty() {
        // The same mistake of a file is found in every region.
        return Err(once(wrong).into_iter().collect::<Diagnostics>().into());
    }
    let reads: Vec<BTreeSet<String>> = all.iter().map(|ready| upstreams(ready.prepared.sized.pipeline())).collect();
    connect(&mut tasks, &reads);
    Ok((tasks, all))
}

fn task(prepared: &Prepared, region: &Region, wave: usize) -> Task {
    let pipeline = prepared.sized.pipeline();
    let environment = pipeline.environment();
    Task {
        pipeline: pipeline.name().to_string(),
        environment: environment.name().to_string(),
        region: region.clone(),
        wave,
        embedded: *environment.target() == Target::Embedded,
        after: BTreeSet::new(),
    }
}

/// Each once, in order.
fn once<T: PartialEq>(all: impl IntoIterator<Item = T>) -> Vec<T> {
    let mut kept: Vec<T> = Vec::new();
    for one in all {
        if !kept.contains(&one) {
            kept.push(one);
        }
    }
    kept
}

fn regions(environment: &Environment, asked: &Regions) -> Result<Vec<Region>, Failure> {
    Ok(match asked {
        Regions::One(region) => vec![region_of(environment, Some(region))?],
        Regions::First => vec![region_of(environment, None)?],
        Regions::Every => environment.regions().to_vec(),
    })
}

/// Puts each task behind those whose streams it reads in the same place, and behind its own pipeline in the wave before.
fn connect(tasks: &mut [Task], reads: &[BTreeSet<String>]) {
    let mut at: BTreeMap<(&str, &str, usize), usize> = BTreeMap::new();
    let mut by_wave: BTreeMap<(&str, usize), usize> = BTreeMap::new();
    for (number, task) in tasks.iter().enumerate() {
        at.insert((&task.pipeline, &task.environment, task.wave), number);
        by_wave.insert((&task.pipeline, task.wave), number);
    }
    let after: Vec<BTreeSet<usize>> = tasks
        .iter()
        .zip(reads)
        .map(|(task, reads)| {
            let upstream = reads
                .iter()
                .filter(|other| **other != task.pipeline)
                .filter_map(|other| at.get(&(other.as_str(), task.environment.as_str(), task.wave)));
            let before = (0..task.wave).rev().find_map(|wave| by_wave.get(&(task.pipeline.as_str(), wave)));
            upstream.chain(before).copied().collect()
        })
        .collect();
    for (task, after) in tasks.iter_mut().zip(after) {
        task.after = after;
    }
}

/// Plans everything, shows it and asks once.
async fn agreed(
    shelf: &Shelf<'_>,
    tasks: &[Task],
    ready: Vec<Ready>,
    order: &ManyOrder,
    tools: Tools<'_>,
    convoy: &dyn Convoy,
) -> Result<Vec<Ready>, Failure> {
    if !convoy.listens() {
        return Err(nobody("; `sluice plan --all` shows what it would be"));
    }
    let (prepared, carried): (Vec<_>, Vec<_>) = ready.into_iter().map(|ready| (ready.prepared, ready.carried)).unzip();
    let plans = prepared.into_iter().map(|prepared| plan_ready(prepared, Keep::Nothing, tools, shelf.texts()));
    let plans: Vec<Result<Planned, Failure>> =
        stream::iter(plans).buffered(order.limits.per_lane.get()).collect().await;
    convoy.planned(tasks, &plans, shelf);
    let mut kind = None;
    let mut wrong = Diagnostics::new();
    let mut ready = Vec::with_capacity(plans.len());
    for (plan, carried) in plans.into_iter().zip(carried) {
        match plan {
            Ok(Planned { prepared, plan, .. }) => ready.push(Ready { prepared, carried, shown: Some(plan) }),
            Err(failure) => {
                kind.get_or_insert(failure.kind);
                wrong.extend(failure.diagnostics);
            }
        }
    }
    if let Some(kind) = kind {
        return Err(Failure { kind, diagnostics: wrong });
    }
    let changed = ready.iter().filter(|ready| ready.shown.as_ref().is_some_and(|plan| !plan.is_empty())).count();
    if changed > 0 {
        answered(convoy.agree(&format!("Deploy these changes of {changed} of {} stacks?", tasks.len())))?;
    }
    Ok(ready)
}

/// Runs everything that may run until nothing is left.
async fn run(
    shelf: &Shelf<'_>,
    tasks: &[Task],
    ready: Vec<Ready>,
    order: &ManyOrder,
    tools: Tools<'_>,
    convoy: &dyn Convoy,
) -> Vec<TaskEnd> {
    let lane = |task: &Task, ready: &Ready| {
        format!("{} {}", ready.prepared.sized.pipeline().environment().account(), task.region)
    };
    let jobs = tasks.iter().zip(&ready).map(|(task, ready)| Job {
        after: task.after.clone(),
        wave: task.wave,
        lane: lane(task, ready),
    });
    let mut fleet = Fleet::new(jobs.collect(), order.limits);
    let mut ready: Vec<Option<Ready>> = ready.into_iter().map(Some).collect();
    let mut ends: Vec<Option<TaskEnd>> = tasks.iter().map(|_| None).collect();
    let mut end = |at: usize, end: TaskEnd| {
        convoy.ended(at, &end);
        if let Some(slot) = ends.get_mut(at) {
            *slot = Some(end);
        }
    };
    let mut running = FuturesUnordered::new();
    loop {
        while let Some(at) = if tools.interrupt.is_raised() { None } else { fleet.start() } {
            let (Some(task), Some(ready)) = (tasks.get(at), ready.get_mut(at).and_then(Option::take)) else { continue };
            running.push(one(shelf, at, task, ready, tools, convoy));
        }
        let Some((at, ended)) = running.next().await else { break };
        let well = ended.is_well();
        end(at, ended);
        let mut skipped = fleet.ended(at, well);
        if tools.interrupt.is_raised() {
            skipped.extend(fleet.stop());
        }
        for (at, why) in skipped {
            end(at, TaskEnd::Skipped(why));
        }
    }
    ends.into_iter().map(|end| end.unwrap_or(TaskEnd::Skipped(Skip::Left))).collect()
}

async fn one(
    shelf: &Shelf<'_>,
    at: usize,
    task: &Task,
    ready: Ready,
    tools: Tools<'_>,
    convoy: &dyn Convoy,
) -> (usize, TaskEnd) {
    let order = DeployOrder {
        pipeline: task.pipeline.clone(),
        environment: task.environment.clone(),
        region: Some(task.region.clone()),
        yes: true,
        given: BTreeSet::new(),
        reviewed: None,
        drain: None,
        hand_over: None,
    };
    let began = tools.clock.now();
    let mut company = convoy.started(at);
    let outcome = Box::pin(deploy_ready(shelf, ready, &order, tools, &mut *company)).await.map(Box::new);
    (at, TaskEnd::Ended { outcome, took: tools.clock.now().since(began) })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn task(pipeline: &str, environment: &str, wave: usize) -> Task {
        let region = Region::new("eu-west-1").unwrap();
        Task {
            pipeline: pipeline.to_owned(),
            environment: environment.to_owned(),
            region,
            wave,
            embedded: true,
            after: BTreeSet::new(),
        }
    }

    #[test]
    fn a_reader_comes_after_its_pipeline_and_every_pipeline_after_itself_in_the_wave_before() {
        let mut tasks = vec![
            task("audits", "dev", 0),
            task("orders", "dev", 0),
            task("audits", "prod", 1),
            task("orders", "prod", 1),
        ];
        let audits = || BTreeSet::from(["orders".to_owned(), "elsewhere".to_owned()]);
        connect(&mut tasks, &[audits(), BTreeSet::new(), audits(), BTreeSet::from(["orders".to_owned()])]);
        let after: Vec<Vec<usize>> = tasks.iter().map(|task| task.after.iter().copied().collect()).collect();
        assert_eq!(after, [vec![1], vec![], vec![0, 3], vec![1]]);
    }
}
