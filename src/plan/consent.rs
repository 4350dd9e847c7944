//! From a plan to one that may be carried out: what somebody must agree to by name, in which tier, and whether they did.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::compare::baseline;
use super::model::{Action, Plan, PlanKind, ResourcePlan, Verdict};
use super::riskiest::MADE_ANEW;
use crate::cost;
use crate::diagnostic::{Code, Diagnostic, Diagnostics, closest};
use crate::environment::Tier;
use crate::observed::Observed;
use crate::units::LogicalId;

/// Something grave that is agreed to by name: `--yes` never covers it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case", tag = "allows")]
pub enum Permission {
    /// The resource's data may be lost.
    DataLoss {
        /// The resource.
        logical_id: LogicalId,
    },
    /// The reader may forget its position: it skips records or reads them again.
    ConsumerReset {
        /// The mapping or the delivery stream that reads.
        logical_id: LogicalId,
    },
    /// The resource may become another one.
    Replacement {
        /// The resource.
        logical_id: LogicalId,
    },
    /// An alarm that would roll the deployment back is in ALARM, and the deployment may go on without it.
    Alarm {
        /// The composite alarm.
        logical_id: LogicalId,
    },
    /// A month may cost more than the budget.
    OverBudget,
}

impl Permission {
    /// The flag that gives it.
    #[must_use]
    pub fn flag(&self) -> String {
        match self {
            Self::DataLoss { logical_id } => format!("--allow-data-loss {logical_id}"),
            Self::ConsumerReset { logical_id } => format!("--allow-consumer-reset {logical_id}"),
            Self::Replacement { logical_id } => format!("--allow-replacement {logical_id}"),
            Self::Alarm { logical_id } => format!("--allow-alarm {logical_id}"),
            Self::OverBudget => "--allow-over-budget".to_owned(),
        }
    }

    /// The resource that it is about; none for the budget.
    #[must_use]
    pub fn logical_id(&self) -> Option<&LogicalId> {
        match self {
            Self::DataLoss { logical_id }
            | Self::ConsumerReset { logical_id }
            | Self::Replacement { logical_id }
            | Self::Alarm { logical_id } => Some(logical_id),
            Self::OverBudget => None,
        }
    }

    /// The code of its lack.
    #[must_use]
    pub fn code(&self) -> Code {
        match self {
            Self::DataLoss { .. } => Code::PlanDataLoss,
            Self::ConsumerReset { .. } => Code::PlanConsumerReset,
            Self::Replacement { .. } => Code::PlanReplacement,
            Self::Alarm { .. } => Code::PlanAlarm,
            Self::OverBudget => Code::PlanOverBudget,
        }
    }

    /// Whether a tier deploys nothing without it. What it does not ask for stands in the plan all the same.
    #[must_use]
    pub fn needed_in(&self, tier: Tier) -> bool {
        match (self, tier) {
            (Self::DataLoss { .. } | Self::Alarm { .. }, Tier::Development | Tier::Staging | Tier::Production)
            | (Self::ConsumerReset { .. }, Tier::Staging | Tier::Production)
            | (Self::Replacement { .. } | Self::OverBudget, Tier::Production) => true,
            (Self::ConsumerReset { .. }, Tier::Development)
            | (Self::Replacement { .. } | Self::OverBudget, Tier::Development | Tier::Staging) => false,
        }
    }
}

/// What an environment asks of whoever deploys to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Policy {
    /// How strict it is.
    pub tier: Tier,
    /// What the budget says of the month's cost; none where there is no budget or no sum.
    pub budget: Option<cost::Verdict>,
}

impl Policy {
    /// What a plan needs beyond a yes, the gravest first. Each resource stands once, with the gravest of what happens to it.
    ///
    /// Destroying a stack needs no names: that everything goes is what the command says, and what it asks.
    #[must_use]
    pub fn demands(&self, plan: &Plan) -> Vec<Permission> {
        if plan.kind == PlanKind::Destroy || plan.is_empty() {
            return Vec::new();
        }
        self.grave(plan).into_iter().filter(|permission| permission.needed_in(self.tier)).collect()
    }

    /// Whatever of a plan is asked for by name in some tier.
    fn grave(&self, plan: &Plan) -> BTreeSet<Permission> {
        let over = self.budget == Some(cost::Verdict::Above);
        risks(plan).into_iter().chain(over.then_some(Permission::OverBudget)).collect()
    }

    /// What was agreed to by name and does not fit a plan: a name that no resource of it has is an error; what nothing asks
    /// for is worth a warning, since scripts keep their flags.
    #[must_use]
    pub fn unfitting(&self, plan: &Plan, given: &BTreeSet<Permission>) -> Diagnostics {
        if plan.is_empty() {
            // A command that is repeated after it was done names what is gone.
            return given.iter().map(|permission| idle(permission, "there is nothing to do")).collect();
        }
        let asked = self.grave(plan);
        let unasked = given.iter().filter(|permission| !asked.contains(*permission));
        let told = unasked.filter_map(|permission| match permission.logical_id() {
            None => Some(idle(permission, "no budget would be passed")),
            Some(id) => match asked.iter().find(|other| other.logical_id() == Some(id)) {
                Some(other) if given.contains(other) => None,
                Some(other) => Some(mistaken(permission, id, other)),
                None => Some(match undergone(plan, id) {
                    Some(what) => idle(permission, &format!("{id} {what}")),
                    None => unknown(permission, id, plan, &asked),
                }),
            },
        });
        told.collect()
    }
}

/// What happens to a resource that nothing grave happens to; `None` where the plan has no such resource.
fn undergone(plan: &Plan, id: &LogicalId) -> Option<&'static str> {
    if let Some(resource) = plan.resource(id) {
        return Some(match resource.action {
            Action::Create => "is made",
            Action::Update => "changes in place",
            Action::Replace | Action::ReplaceDeletingFirst | Action::Undecided => {
                "may become another one and loses nothing"
            }
            Action::Delete => "leaves the stack and loses nothing",
            Action::Import => "is taken in",
            Action::Cannot => "cannot be changed as planned, and no agreement helps",
        });
    }
    if plan.left_out.iter().any(|left| left.logical_id == *id) {
        return Some("is left out");
    }
    plan.unchanged.iter().any(|same| same.logical_id == *id).then_some("stays as it is")
}

fn idle(permission: &Permission, why: &str) -> Diagnostic {
    Diagnostic::warning(Code::ConsentIdle, format!("`{}` is not asked for", permission.flag()))
        .note(why)
        .help("leave it away: where it stays, it agrees to what some later plan may hold")
}

fn mistaken(permission: &Permission, id: &LogicalId, asked: &Permission) -> Diagnostic {
    Diagnostic::warning(Code::ConsentIdle, format!("`{}` is not what {id} asks for", permission.flag()))
        .help(format!("if that is what you want, give `{}` instead", asked.flag()))
}

fn unknown(permission: &Permission, id: &LogicalId, plan: &Plan, asked: &BTreeSet<Permission>) -> Diagnostic {
    let wrong = Diagnostic::error(Code::BadArgument, format!("`{}`: the plan has no resource {id}", permission.flag()));
    let flags: Vec<String> = asked.iter().map(Permission::flag).collect();
    let wrong = match flags.as_slice() {
        [] => wrong.note("the plan asks for nothing by name"),
        flags => wrong.note(format!("the plan asks for: {}", flags.join(" "))),
    };
    let all = plan.resources.iter().map(|resource| &resource.logical_id);
    let all = all.chain(plan.unchanged.iter().map(|same| &same.logical_id));
    // What asks for something is more likely to be meant than what does not.
    let grave = || asked.iter().filter_map(Permission::logical_id).map(LogicalId::as_str);
    match closest(id.as_str(), grave()).or_else(|| closest(id.as_str(), all.map(LogicalId::as_str))) {
        Some(close) => wrong.help(format!("did you mean `{close}`?")),
        None => wrong.help("`sluice plan … --show-unchanged` lists the resources"),
    }
}

/// What happens to whom, once for each.
fn risks(plan: &Plan) -> Vec<Permission> {
    let unread = plan.consumers.iter().filter(|effect| effect.loses_unread()).map(|effect| &effect.logical_id);
    let lost: BTreeSet<&LogicalId> = plan.data_loss().map(|data| &data.logical_id).chain(unread).collect();
    let resets = plan.consumers.iter().filter(|effect| effect.verdict == Verdict::Resets);
    let reset: BTreeSet<&LogicalId> = resets.map(|effect| &effect.logical_id).filter(|id| !lost.contains(id)).collect();
    let other = |plan: &&ResourcePlan| {
        (plan.action.replaces() || plan.action == Action::Undecided)
            && !MADE_ANEW.contains(&plan.type_name.as_str())
            && !lost.contains(&plan.logical_id)
            && !reset.contains(&plan.logical_id)
    };
    let replaced = plan.resources.iter().filter(other).map(|plan| plan.logical_id.clone());
    let mut found: Vec<Permission> = replaced.map(|logical_id| Permission::Replacement { logical_id }).collect();
    found.extend(reset.iter().map(|id| Permission::ConsumerReset { logical_id: (*id).clone() }));
    let alarming = plan.rollback.iter().flat_map(|guard| guard.alarming());
    found.extend(alarming.map(|alarm| Permission::Alarm { logical_id: alarm.logical_id.clone() }));
    found.extend(lost.iter().map(|id| Permission::DataLoss { logical_id: (*id).clone() }));
    found
}

/// What a person agreed to, after having seen the plan or beforehand on the command line.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Consent {
    /// The plan as a whole. Never implies a permission.
    pub yes: bool,
    /// What was agreed to by name.
    pub given: BTreeSet<Permission>,
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
    #[error("{} cannot be changed as planned", list(.0))]
    Impossible(Vec<LogicalId>),
    /// The stack is not the one that the plan was made against.
    #[error("the stack changed since the plan was made")]
    Stale,
    /// Something grave would happen, and nobody named it.
    #[error("{} not agreed to", .0.iter().map(Permission::flag).collect::<Vec<_>>().join(" "))]
    Unnamed(Vec<Permission>),
    /// Nobody agreed.
    #[error("the plan was not approved")]
    NotApproved,
}

fn list(ids: &[LogicalId]) -> String {
    ids.iter().map(LogicalId::as_str).collect::<Vec<_>>().join(", ")
}

impl Refusal {
    /// The refusal with its codes and what to type next.
    #[must_use]
    pub fn diagnostics(&self) -> Diagnostics {
        match self {
            Self::Impossible(_) => Diagnostic::error(Code::PlanImpossible, self.to_string())
                .note("the service would refuse the change after minutes and the stack would roll back")
                .help("see the plan for what works instead")
                .into(),
            Self::Stale => {
                Diagnostic::error(Code::PlanStale, self.to_string()).help("plan again and look at the new plan").into()
            }
            Self::Unnamed(permissions) => permissions.chunk_by(|a, b| a.code() == b.code()).map(unnamed).collect(),
            Self::NotApproved => Diagnostic::error(Code::PlanNotApproved, self.to_string())
                .help("answer the question with yes, or give `--yes`")
                .into(),
        }
    }
}

/// What is missing of one kind.
fn unnamed(permissions: &[Permission]) -> Diagnostic {
    let ids: Vec<LogicalId> = permissions.iter().filter_map(Permission::logical_id).cloned().collect();
    let (names, one) = (list(&ids), ids.len() == 1);
    let flags: Vec<String> = permissions.iter().map(Permission::flag).collect();
    let code = permissions.first().map_or(Code::PlanNotApproved, Permission::code);
    let text = match code {
        Code::PlanConsumerReset if one => format!("{names} would lose its position"),
        Code::PlanConsumerReset => format!("{names} would lose their positions"),
        Code::PlanAlarm => {
            format!("{names} {} in ALARM and would not watch this deployment", if one { "is" } else { "are" })
        }
        Code::PlanReplacement => format!("{names} would be replaced"),
        Code::PlanOverBudget => "a month would cost more than the budget".to_owned(),
        _ => format!("{names} would lose data"),
    };
    let each = if one || ids.is_empty() { "say so" } else { "name each" };
    Diagnostic::error(code, text)
        .note("`--yes` never covers it")
        .help(format!("if that is what you want, {each}: {}", flags.join(" ")))
}

/// Lets a plan through if it is possible, still about the world as it is, and agreed to.
///
/// # Errors
/// Why it may not be carried out; the gravest reason first.
pub fn approve(plan: Plan, observed: &Observed, policy: Policy, consent: &Consent) -> Result<ApprovedPlan, Refusal> {
    let impossible: Vec<LogicalId> = plan.impossible().map(|resource| resource.logical_id.clone()).collect();
    if !impossible.is_empty() {
        return Err(Refusal::Impossible(impossible));
    }
    if plan.baseline != baseline(observed) {
        return Err(Refusal::Stale);
    }
    let demands = policy.demands(&plan);
    let unnamed: Vec<Permission> = demands.into_iter().filter(|demand| !consent.given.contains(demand)).collect();
    if !unnamed.is_empty() {
        return Err(Refusal::Unnamed(unnamed));
    }
    if !consent.yes {
        return Err(Refusal::NotApproved);
    }
    Ok(ApprovedPlan { plan })
}
