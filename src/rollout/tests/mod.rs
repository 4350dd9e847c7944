//! A small CloudFormation to roll out to, what must come of every state it can be in, and the laws.

mod laws;
mod states;
mod world;

use std::collections::{BTreeMap, BTreeSet};

use super::{Basis, Cadence, Command, Deployment, FailedCreate, Goal, Machine, Next, Observation, Outcome, Removal};
use crate::event::EventKind;
use crate::observed::{Failure, FailureKind};
use crate::units::{Duration, LogicalId};
use world::World;

const STACK: &str = "fraud-local";

fn cadence() -> Cadence {
    Cadence { first: Duration::from_secs(1), longest: Duration::from_secs(4), slowest: Duration::from_secs(8) }
}

fn id(text: &str) -> LogicalId {
    LogicalId::new(text).unwrap()
}

/// What the plan of `template` against the world as it is would roll out.
fn deployment(world: &World, template: &str) -> Deployment {
    Deployment {
        stack: STACK.to_owned(),
        template: template.to_owned(),
        tags: BTreeMap::from([("sluice:pipeline".to_owned(), "fraud".to_owned())]),
        artifact_bucket: "bucket".to_owned(),
        role: None,
        basis: world.head(STACK).map_or(Basis::New, |head| Basis::of_head(&head)),
        approved_losses: BTreeSet::new(),
        reviewed: false,
        failed_create: FailedCreate::RemoveShell,
        import_existing: false,
        protect: false,
        rollback_alarms: Vec::new(),
        watch: None,
        origins: BTreeMap::from([(id("Queue"), "stacks/fraud/pipeline.yaml:7:3".to_owned())]),
        resources: 2,
        expected: Duration::from_secs(60),
    }
}

fn removal(world: &World) -> Removal {
    Removal {
        stack: STACK.to_owned(),
        stack_id: world.head(STACK).map(|head| head.id),
        unprotect: false,
        role: None,
        origins: BTreeMap::new(),
        resources: 2,
        expected: Duration::from_secs(60),
    }
}

/// What a run did: its commands, its events, its end.
#[derive(Debug, Default)]
struct Run {
    commands: Vec<Command>,
    events: Vec<EventKind>,
    outcome: Option<Outcome>,
}

impl Run {
    fn outcome(&self) -> &Outcome {
        self.outcome.as_ref().expect("the run came to an end")
    }

    fn executed(&self) -> bool {
        self.commands.iter().any(|command| matches!(command, Command::ExecuteChangeSet { .. }))
    }

    fn finished(&self) -> usize {
        self.events.iter().filter(|event| matches!(event, EventKind::OperationFinished { .. })).count()
    }

    fn shown(&self) -> Vec<String> {
        let told = |event: &EventKind| match event {
            EventKind::Resource { event, .. } => Some(event.event_id.clone()),
            _ => None,
        };
        self.events.iter().filter_map(told).collect()
    }
}

/// What comes between a command and its answer.
enum Trouble {
    /// The world never hears of the command.
    Instead(Observation),
    /// The world does it, and the answer is lost on the way.
    After(Observation),
}

/// Runs to the end, or until `budget` commands have been performed.
fn run(
    world: &mut World,
    goal: Goal,
    budget: usize,
    trouble: &mut dyn FnMut(usize, &Command) -> Option<Trouble>,
) -> Run {
    let mut machine = Machine::new(goal, cadence());
    let mut run = Run::default();
    let mut observation = Observation::Begin;
    for count in 0..=budget {
        let step = machine.on(world.now(), observation);
        run.events.extend(step.events);
        let command = match step.next {
            Next::End(outcome) => {
                run.outcome = Some(*outcome);
                return run;
            }
            Next::Do(command) => command,
        };
        if count == budget {
            break;
        }
        run.commands.push(command.clone());
        observation = match trouble(count, &command) {
            None => world.perform(&command),
            Some(Trouble::Instead(answer)) => answer,
            Some(Trouble::After(answer)) => {
                let _ = world.perform(&command);
                answer
            }
        };
    }
    run
}

fn run_all(world: &mut World, goal: Goal) -> Run {
    let run = run(world, goal, 2_000, &mut |_, _| None);
    assert!(run.outcome.is_some(), "does not end: {:?}", run.commands.iter().rev().take(8).collect::<Vec<_>>());
    run
}

fn deploy(world: &mut World, template: &str) -> Run {
    let goal = Goal::Deploy(Box::new(deployment(world, template)));
    run_all(world, goal)
}

fn destroy(world: &mut World) -> Run {
    let goal = Goal::Destroy(Box::new(removal(world)));
    run_all(world, goal)
}

fn refusal(kind: FailureKind) -> Observation {
    Observation::Refused(Failure {
        kind,
        service: "CloudFormation".to_owned(),
        action: "Any".to_owned(),
        message: "Rate exceeded".to_owned(),
        request_id: None,
    })
}
