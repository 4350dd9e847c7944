//! Several deployments as they go on: a line for each thing that matters, a frame of what is running, JSON lines, and the
//! table at the end. What every resource does is for whoever watches one deployment alone.

mod document;
mod frame;
mod lines;

use serde::Serialize;

use super::style::Label;
use crate::diagnostic::Code;
use crate::units::Duration;

pub use document::{ManyJsonLines, to_json};
pub use frame::Frame;
pub use lines::{Lines, table};

/// One of several deployments.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Member {
    /// The pipeline.
    pub pipeline: String,
    /// The environment.
    pub environment: String,
    /// The region.
    pub region: String,
    /// Its wave, from 1.
    pub wave: usize,
}

/// How one of several ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Ending {
    /// It is live as planned.
    Deployed,
    /// Nothing had to be done.
    Unchanged,
    /// Something stands in the way that a person must lift.
    Refused,
    /// It was not begun, or broke off.
    Failed,
    /// What was there before is live again.
    RolledBack,
    /// Its stack needs a person.
    NeedsAttention,
    /// It goes on by itself; nobody follows it.
    Detached,
    /// It was never started.
    Skipped,
}

impl Ending {
    /// The word, as logs have it.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Deployed => "DEPLOYED",
            Self::Unchanged => "UNCHANGED",
            Self::Refused => "REFUSED",
            Self::Failed => "FAILED",
            Self::RolledBack => "ROLLED_BACK",
            Self::NeedsAttention => "NEEDS_ATTENTION",
            Self::Detached => "DETACHED",
            Self::Skipped => "SKIPPED",
        }
    }

    fn label(self) -> Label {
        match self {
            Self::Deployed => Label::Good,
            Self::Unchanged => Label::Faint,
            Self::Refused | Self::Detached | Self::Skipped => Label::Warning,
            Self::Failed | Self::RolledBack | Self::NeedsAttention => Label::Bad,
        }
    }
}

/// What is told of an end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ended {
    /// How.
    pub ending: Ending,
    /// How long it took; none where it was never started.
    pub took: Option<Duration>,
    /// The code of the first error, where there is one.
    pub code: Option<Code>,
    /// Why, where it did not end well.
    pub why: Option<String>,
}

/// The name of each member, no longer than it must be: the environment and the region where there are several.
fn names(members: &[Member]) -> Vec<String> {
    let several = |of: fn(&Member) -> &str| {
        let mut all = members.iter().map(of);
        let first = all.next();
        all.any(|other| Some(other) != first)
    };
    let environments = several(|member| &member.environment);
    let regions = several(|member| &member.region);
    members
        .iter()
        .map(|member| {
            let environment = environments.then_some(member.environment.as_str());
            let region = regions.then_some(member.region.as_str());
            let parts: Vec<&str> =
                [Some(member.pipeline.as_str()), environment, region].into_iter().flatten().collect();
            parts.join(" ")
        })
        .collect()
}

#[cfg(test)]
mod fixtures {
    use super::*;
    use crate::event::{Event, EventKind, OperationKind, OperationResult};
    use crate::units::Timestamp;

    pub(super) fn members() -> Vec<Member> {
        let one = |pipeline: &str, environment: &str, wave| Member {
            pipeline: pipeline.to_owned(),
            environment: environment.to_owned(),
            region: "eu-west-1".to_owned(),
            wave,
        };
        vec![one("orders", "staging", 1), one("audits", "staging", 1), one("orders", "prod", 2)]
    }

    pub(super) fn at(seconds: u64) -> Timestamp {
        let start = Timestamp::parse("2026-03-01T08:00:00Z").unwrap();
        start.plus(Duration::from_secs(seconds))
    }

    pub(super) fn started(seconds: u64) -> Event {
        let (operation, expected) = (OperationKind::Update, Duration::from_secs(90));
        let kind =
            EventKind::OperationStarted { stack: "orders-staging".to_owned(), operation, resources: 3, expected };
        Event { at: at(seconds), kind }
    }

    pub(super) fn failed_resource(seconds: u64) -> Event {
        let reason = Some("Table is being updated");
        let event =
            crate::view::events::fixtures::resource(0, "TableResults", "AWS::DynamoDB::Table", "UPDATE_FAILED", reason);
        Event { at: at(seconds), ..event }
    }

    pub(super) fn finished(seconds: u64) -> Event {
        let outcome = OperationResult::RolledBack { root_cause: None };
        Event {
            at: at(seconds),
            kind: EventKind::OperationFinished {
                stack: "orders-staging".to_owned(),
                operation: OperationKind::Update,
                outcome,
                status: None,
                took: Duration::from_secs(61),
                outputs: Default::default(),
            },
        }
    }

    pub(super) fn ended(ending: Ending, why: Option<&str>) -> Ended {
        let took = (ending != Ending::Skipped).then(|| Duration::from_secs(61));
        let code = (ending == Ending::RolledBack).then_some(Code::DeploymentFailed);
        Ended { ending, took, code, why: why.map(str::to_owned) }
    }
}
