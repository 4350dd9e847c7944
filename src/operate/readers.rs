//! Readers of streams as they run: which mapping a consumer has, whether it reads, how far it is behind; switching it off
//! and on, and waiting until that is so.

use super::connect::cadence;
use super::drive::Interrupt;
use super::failure::Failure;
use crate::cloud::{Cloud, CloudError, Reader as Source};
use crate::diagnostic::{Code, Diagnostic};
use crate::environment::Environment;
use crate::observed::{FailureKind, LiveMapping, StackDescription};
use crate::rollout::Cadence;
use crate::units::{Duration, LogicalId, Timestamp};
use crate::workspace::Clock;

/// How long a mapping may take to be switched off or on: it shows after about a second (STATE-2).
const LONGEST_SWITCH: Duration = Duration::from_secs(300);

/// A reader that is there.
#[derive(Clone, Debug)]
pub(super) struct Reader {
    /// Its mapping in the template.
    pub(super) logical_id: LogicalId,
    /// Its mapping in Lambda.
    pub(super) mapping: LiveMapping,
}

impl Reader {
    /// The reader of a mapping of a stack; none where there is none (any more).
    pub(super) async fn of(
        cloud: &Cloud,
        stack: &StackDescription,
        id: &LogicalId,
    ) -> Result<Option<Self>, CloudError> {
        let physical = stack.resources.get(id).and_then(|found| found.physical_id.as_deref());
        let Some(physical) = physical else { return Ok(None) };
        let mapping = cloud.live_mapping(physical).await?;
        Ok(mapping.map(|mapping| Self { logical_id: id.clone(), mapping }))
    }

    /// The function that it calls: `arn:aws:lambda:REGION:ACCOUNT:function:NAME:ALIAS`.
    pub(super) fn function(&self) -> Option<&str> {
        self.mapping.function_arn.as_deref()?.split(':').nth(6)
    }

    /// The stream that it reads, directly or through a fan-out consumer; none where it reads a queue.
    pub(super) fn stream(&self) -> Option<&str> {
        self.mapping.source_arn.as_deref()?.split(":stream/").nth(1)?.split('/').next()
    }

    /// Whether it is paused, or about to be.
    pub(super) fn is_paused(&self) -> bool {
        self.mapping.is_off()
    }

    /// How far it was behind lately, at most.
    pub(super) async fn behind(&self, cloud: &Cloud) -> Result<Option<Duration>, CloudError> {
        let Some(function) = self.function() else { return Ok(None) };
        Ok(cloud.behind(Source::Function(function)).await?.map(|behind| behind.0))
    }

    /// How far it was behind in the newest minute after a moment.
    pub(super) async fn behind_since(&self, cloud: &Cloud, since: Timestamp) -> Result<Option<Duration>, CloudError> {
        let Some(function) = self.function() else { return Ok(None) };
        Ok(cloud.behind_since(Source::Function(function), since).await?.map(|behind| behind.0))
    }
}

/// How readers are waited for.
#[derive(Clone, Copy)]
pub(super) struct Patience<'a> {
    pub(super) cloud: &'a Cloud,
    pub(super) clock: &'a dyn Clock,
    pub(super) interrupt: &'a Interrupt,
    cadence: Cadence,
}

impl<'a> Patience<'a> {
    /// As long as it takes in an environment.
    pub(super) fn new(
        cloud: &'a Cloud,
        environment: &Environment,
        clock: &'a dyn Clock,
        interrupt: &'a Interrupt,
    ) -> Self {
        Self { cloud, clock, interrupt, cadence: cadence(environment, clock.is_virtual()) }
    }

    /// Waits a little; false when the person wants to leave.
    pub(super) async fn a_little(&self) -> bool {
        self.for_a(self.cadence.first).await
    }

    /// Waits a little longer; false when the person wants to leave.
    pub(super) async fn a_while(&self) -> bool {
        self.for_a(self.cadence.longest).await
    }

    async fn for_a(&self, pause: Duration) -> bool {
        if self.interrupt.is_raised() {
            return false;
        }
        tokio::select! {
            () = self.clock.sleep(pause) => true,
            () = self.interrupt.raised() => false,
        }
    }
}

/// How switching a reader came out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Switched {
    /// It is as wanted.
    Done,
    /// There is no such mapping any more.
    Gone,
    /// The person wants to leave; it is on its way.
    Left,
}

/// Switches a reader on or off and waits until it is. Repeating it does no harm.
///
/// # Errors
/// Lambda refuses, or it takes far too long.
pub(super) async fn switch(patience: Patience<'_>, mapping: &str, on: bool) -> Result<Switched, Failure> {
    let (wanted, cloud) = (if on { "Enabled" } else { "Disabled" }, patience.cloud);
    let began = cloud.time();
    let mut ordered = false;
    loop {
        let Some(live) = cloud.live_mapping(mapping).await? else { return Ok(Switched::Gone) };
        if live.state == wanted {
            return Ok(Switched::Done);
        }
        // While it changes for another reason Lambda refuses; then it is asked again.
        if !ordered {
            match cloud.switch_mapping(mapping, on).await {
                Ok(()) => ordered = true,
                Err(refusal) if refusal.kind == FailureKind::NotFound => return Ok(Switched::Gone),
                Err(refusal) if refusal.kind == FailureKind::WrongState || refusal.kind.is_transient() => {}
                Err(refusal) => return Err(refusal.into()),
            }
        }
        if cloud.time().since(began) > LONGEST_SWITCH {
            let title = format!("the mapping {mapping} is still {} after {LONGEST_SWITCH}", live.state);
            let why = live.reason.unwrap_or_else(|| "Lambda does not say why".to_owned());
            return Err(Failure::error(Diagnostic::error(Code::ReaderStuck, title).note(why)));
        }
        if on {
            // Whoever wants to leave wants no reader left half-way that was to read again.
            patience.clock.sleep(patience.cadence.first).await;
        } else if !patience.a_little().await {
            return Ok(Switched::Left);
        }
    }
}
