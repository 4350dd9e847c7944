//! Which effect of a plan needs a look most: the one that a summary of many plans shows.

use serde::Serialize;

use super::model::{Action, ConsumerEffect, Plan, Records, Removal, ResourcePlan, Verdict};
use crate::units::LogicalId;

/// An effect that somebody should look at, the worst first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Risk {
    /// A service will refuse the change.
    Impossible,
    /// Data are lost for good.
    DataLost,
    /// A change of a consumer is refused by the service.
    ReaderFails,
    /// A consumer forgets its position.
    ReaderResets,
    /// Nobody reads any more.
    ReaderStops,
    /// Records may not be read.
    RecordsAtRisk,
    /// A resource is replaced.
    Replaced,
    /// Data stay behind, outside the stack.
    DataLeft,
    /// Only when it happens will it be known whether a resource is replaced.
    Undecided,
    /// A resource is removed.
    Removed,
}

/// The worst effect of a plan, and the resource it is about.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, schemars::JsonSchema)]
pub struct Riskiest {
    /// What kind of effect.
    pub risk: Risk,
    /// On what; the first by name where several have it.
    pub logical_id: LogicalId,
    /// How many more have the same.
    pub more: usize,
}

/// Types that are made anew by design whenever what they hold changes: nobody needs to look because of that.
pub(super) const MADE_ANEW: [&str; 3] =
    ["AWS::Lambda::Version", "AWS::SageMaker::EndpointConfig", "AWS::SageMaker::Model"];

impl Plan {
    /// The effect that needs a look most; `None` where nothing is lost, replaced or removed.
    #[must_use]
    pub fn riskiest(&self) -> Option<Riskiest> {
        let resources = self.resources.iter().filter_map(|plan| Some((of_resource(plan)?, &plan.logical_id)));
        let consumers = self.consumers.iter().filter_map(|effect| Some((of_consumer(effect)?, &effect.logical_id)));
        let data = self.data.iter().map(|data| match data.removal {
            Removal::Deleted => (Risk::DataLost, &data.logical_id),
            // What is not empty stays; what is deleted held nothing.
            Removal::Retained | Removal::DeletedIfEmpty => (Risk::DataLeft, &data.logical_id),
        });
        let mut all: Vec<(Risk, &LogicalId)> = resources.chain(consumers).chain(data).collect();
        all.sort();
        let (risk, id) = *all.first()?;
        let more = all.iter().filter(|(other, _)| *other == risk).count() - 1;
        Some(Riskiest { risk, logical_id: id.clone(), more })
    }
}

impl ResourcePlan {
    /// What of it needs a look because of its action; `None` where nothing does.
    #[must_use]
    pub fn risk(&self) -> Option<Risk> {
        of_resource(self)
    }
}

impl ConsumerEffect {
    /// What of it needs a look; `None` where no record is at risk.
    #[must_use]
    pub fn risk(&self) -> Option<Risk> {
        of_consumer(self)
    }
}

fn of_resource(plan: &ResourcePlan) -> Option<Risk> {
    match plan.action {
        Action::Cannot => Some(Risk::Impossible),
        _ if MADE_ANEW.contains(&plan.type_name.as_str()) => None,
        Action::Replace | Action::ReplaceDeletingFirst => Some(Risk::Replaced),
        Action::Undecided => Some(Risk::Undecided),
        Action::Delete => Some(Risk::Removed),
        Action::Create | Action::Update | Action::Import => None,
    }
}

fn of_consumer(effect: &ConsumerEffect) -> Option<Risk> {
    match (effect.verdict, &effect.records) {
        _ if effect.loses_unread() => Some(Risk::DataLost),
        (Verdict::Fails, _) => Some(Risk::ReaderFails),
        (Verdict::Resets, _) => Some(Risk::ReaderResets),
        (Verdict::Stops, _) => Some(Risk::ReaderStops),
        (Verdict::Starts | Verdict::Continues | Verdict::Resumes | Verdict::Pauses, records) => match records {
            Records::Untouched | Records::ReadFrom(_) | Records::NotRead => None,
            Records::ReadAgain { .. }
            | Records::Skipped
            | Records::ExpireSooner { .. }
            | Records::Filtered
            | Records::LostWithStream { .. } => Some(Risk::RecordsAtRisk),
        },
    }
}
