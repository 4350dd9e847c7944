//! From a plan to one that may be carried out.

use std::collections::BTreeSet;

use super::compare::baseline;
use super::model::{Action, Plan, PlanKind};
use crate::diagnostic::{Code, Diagnostic};
use crate::observed::Observed;
use crate::units::LogicalId;

/// What a person agreed to, after having seen the plan or beforehand on the command line.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Consent {
    /// The plan as a whole. Never implies the loss of data.
    pub yes: bool,
    /// Resources whose data may be lost.
    pub allow_data_loss: BTreeSet<LogicalId>,
}

/// A plan that may be carried out. Only [`approve`] makes one.
#[derive(Clone, Debug, PartialEq)]
pub struct ApprovedPlan {
    plan: Plan,
}

impl ApprovedPlan {
    /// The plan.
    #[must_use]
    pub fn plan(&self) -> &Plan {
        &self.plan
    }

    /// Resources whose removal or replacement was part of what was approved. A change set that takes another one is
    /// not this plan's.
    #[must_use]
    pub fn removals(&self) -> BTreeSet<LogicalId> {
        let leaves = |action: Action| action.replaces() || matches!(action, Action::Delete | Action::Undecided);
        let leaving = self.plan.resources.iter().filter(|resource| leaves(resource.action));
        leaving.map(|resource| resource.logical_id.clone()).collect()
    }
}

/// Why a plan may not be carried out.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The services would refuse part of it.
    #[error("{} cannot be changed as planned", names(.0))]
    Impossible(Vec<LogicalId>),
    /// The stack is not the one that the plan was made against.
    #[error("the stack changed since the plan was made")]
    Stale,
    /// Data would be lost, and nobody named it.
    #[error("{} would lose data", names(.0))]
    DataLoss(Vec<LogicalId>),
    /// Nobody agreed.
    #[error("the plan was not approved")]
    NotApproved,
}

fn names(ids: &[LogicalId]) -> String {
    ids.iter().map(LogicalId::as_str).collect::<Vec<_>>().join(", ")
}

impl Refusal {
    /// The refusal with its code and what to type next.
    #[must_use]
    pub fn diagnostic(&self) -> Diagnostic {
        match self {
            Self::Impossible(_) => Diagnostic::error(Code::PlanImpossible, self.to_string())
                .note("the service would refuse the change after minutes and the stack would roll back")
                .help("see the plan for what works instead"),
            Self::Stale => {
                Diagnostic::error(Code::PlanStale, self.to_string()).help("plan again and look at the new plan")
            }
            Self::DataLoss(ids) => {
                let flags: Vec<String> = ids.iter().map(|id| format!("--allow-data-loss {id}")).collect();
                Diagnostic::error(Code::PlanDataLoss, self.to_string())
                    .note("`--yes` never covers the loss of data")
                    .help(format!("if that is what you want, name each: {}", flags.join(" ")))
            }
            Self::NotApproved => Diagnostic::error(Code::PlanNotApproved, self.to_string())
                .help("answer the question with yes, or give `--yes`"),
        }
    }
}

/// Lets a plan through if it is possible, still about the world as it is, and agreed to.
///
/// Destroying a stack needs no names for its data: that the data go is what the command says, and what it asks.
///
/// # Errors
/// Why it may not be carried out; the gravest reason first.
pub fn approve(plan: Plan, observed: &Observed, consent: &Consent) -> Result<ApprovedPlan, Refusal> {
    let impossible: Vec<LogicalId> = plan.impossible().map(|resource| resource.logical_id.clone()).collect();
    if !impossible.is_empty() {
        return Err(Refusal::Impossible(impossible));
    }
    if plan.baseline != baseline(observed) {
        return Err(Refusal::Stale);
    }
    let unnamed = plan.data_loss().map(|data| data.logical_id.clone());
    let unnamed: Vec<LogicalId> = unnamed.filter(|id| !consent.allow_data_loss.contains(id)).collect();
    if plan.kind != PlanKind::Destroy && !unnamed.is_empty() {
        return Err(Refusal::DataLoss(unnamed));
    }
    if !consent.yes {
        return Err(Refusal::NotApproved);
    }
    Ok(ApprovedPlan { plan })
}
