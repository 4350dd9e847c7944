//! Drives a roll-out: does what the machine says, tells it what came of it, and tells the world what
//! happened. It decides nothing.

use std::sync::Arc;

use tokio::sync::watch;

use super::lease::Held;
use crate::cloud::{ChangeSetKind, ChangeSetRequest, Cloud, CloudError, EventsUntil};
use crate::event::Event;
use crate::rollout::{ChangeSetOrder, Command, Machine, Next, Observation, Outcome, Reach};
use crate::workspace::Clock;

/// Whether the person wants to leave. Clones hear of it together.
#[derive(Clone, Debug)]
pub struct Interrupt(Arc<watch::Sender<bool>>);

impl Interrupt {
    /// One that has not been raised.
    #[must_use]
    pub fn new() -> Self {
        Self(Arc::new(watch::Sender::new(false)))
    }

    /// Says that the person wants to leave.
    pub fn raise(&self) {
        self.0.send_replace(true);
    }

    /// Whether it has been raised.
    #[must_use]
    pub fn is_raised(&self) -> bool {
        *self.0.borrow()
    }

    /// Waits until it is raised.
    pub async fn raised(&self) {
        let mut heard = self.0.subscribe();
        // The sender lives in `self`, so that the wait cannot end for another reason.
        let _ = heard.wait_for(|raised| *raised).await;
    }
}

impl Default for Interrupt {
    fn default() -> Self {
        Self::new()
    }
}

/// Runs `machine` to its end. Every event goes to `tell` at once, in order.
///
/// An interrupt is heeded between calls and during pauses, never in the middle of a call.
pub async fn drive(
    machine: &mut Machine,
    cloud: &Cloud,
    clock: &dyn Clock,
    interrupt: &Interrupt,
    tell: &mut dyn FnMut(Event),
) -> Outcome {
    drive_under(machine, cloud, clock, interrupt, tell, None).await
}

/// The same under a lease, which is kept; when it is lost the machine is left as at an interrupt.
pub(super) async fn drive_under(
    machine: &mut Machine,
    cloud: &Cloud,
    clock: &dyn Clock,
    interrupt: &Interrupt,
    tell: &mut dyn FnMut(Event),
    mut held: Option<&mut Held<'_>>,
) -> Outcome {
    let mut observation = Observation::Begin;
    loop {
        let step = machine.on(clock.now(), observation);
        for kind in step.events {
            tell(Event { at: clock.now(), kind });
        }
        let ours = match (&step.next, held.as_deref_mut()) {
            (Next::Do(_), Some(held)) => held.keep().await,
            (Next::Do(_), None) | (Next::End(_), _) => true,
        };
        observation = match step.next {
            Next::End(outcome) => return *outcome,
            Next::Do(_) if !ours || interrupt.is_raised() => Observation::Interrupted,
            Next::Do(Command::Wait(pause)) => tokio::select! {
                () = clock.sleep(pause) => Observation::Waited,
                () = interrupt.raised() => Observation::Interrupted,
            },
            Next::Do(command) => perform(cloud, command).await.unwrap_or_else(Observation::Refused),
        };
    }
}

async fn perform(cloud: &Cloud, command: Command) -> Result<Observation, CloudError> {
    Ok(match command {
        Command::DescribeStack { stack } => Observation::Stack(cloud.stack_head(&stack).await?.map(Box::new)),
        Command::ReadEvents { stack, reach } => Observation::Events(cloud.stack_events(&stack, &until(reach)).await?),
        Command::DescribeChangeSet { stack, name } => {
            Observation::ChangeSet(cloud.describe_change_set(&stack, &name).await?.map(Box::new))
        }
        Command::CreateChangeSet(order) => {
            cloud.create_change_set(&request(*order)).await?;
            Observation::Done
        }
        Command::DeleteChangeSet { stack, name } => {
            cloud.delete_change_set(&stack, &name).await?;
            Observation::Done
        }
        Command::ExecuteChangeSet { stack, change_set, token } => {
            cloud.execute_change_set(&stack, &change_set, &token).await?;
            Observation::Done
        }
        Command::DeleteStack { stack, token, role, retain } => {
            cloud.delete_stack(&stack, &token, role.as_deref(), &retain).await?;
            Observation::Done
        }
        Command::CancelUpdate { stack, token } => {
            cloud.cancel_update(&stack, &token).await?;
            Observation::Done
        }
        Command::ContinueRollback { stack, skip, token } => {
            cloud.continue_update_rollback(&stack, &skip, &token).await?;
            Observation::Done
        }
        Command::RollBack { stack, token } => {
            cloud.roll_back(&stack, &token).await?;
            Observation::Done
        }
        Command::SetProtection { stack, on } => {
            cloud.set_termination_protection(&stack, on).await?;
            Observation::Done
        }
        // Pauses are the caller's, which can be interrupted in them.
        Command::Wait(_) => Observation::Waited,
    })
}

fn until(reach: Reach) -> EventsUntil {
    match reach {
        Reach::NewestPage => EventsUntil::NewestPage,
        Reach::Event(id) => EventsUntil::Event(id),
        Reach::OperationStart => EventsUntil::OperationStart,
    }
}

/// The order as the facade takes it.
pub(super) fn request(order: ChangeSetOrder) -> ChangeSetRequest {
    ChangeSetRequest {
        stack: order.stack,
        name: order.name,
        kind: if order.creates { ChangeSetKind::Create } else { ChangeSetKind::Update },
        template: order.template,
        artifact_bucket: order.artifact_bucket,
        tags: order.tags,
        role: order.role,
        import_existing: order.import_existing,
        rollback_alarms: order.rollback_alarms,
        watch: order.watch,
        description: "made by sluice".to_owned(),
    }
}
