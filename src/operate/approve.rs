//! `sluice approve`: somebody agrees that a release may do to an environment what its plan says, or takes that back.

use super::approvals;
use super::deploy::{Company, Tools, ask};
use super::failure::Failure;
use super::load::Shelf;
use super::toward::{Stand, TowardOrder, Way, toward, way};
use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::environment::{Approval, Environment};
use crate::release::{APPROVAL_FORMAT, Approved, ReleaseDigest, Subject, approvers, may_approve, principal};
use crate::units::Digest;

/// What is approved, and what was agreed to beforehand.
#[derive(Clone, Debug)]
pub struct ApproveOrder {
    /// The release and where it goes.
    pub toward: TowardOrder,
    /// The digest of the plan that was looked at, or its beginning; none to look at it now.
    pub plan: Option<String>,
    /// Why.
    pub reason: Option<String>,
    /// Do not ask.
    pub yes: bool,
}

/// An approval that is kept now.
#[derive(Clone, Debug)]
pub struct Approving {
    /// The approval.
    pub approved: Approved,
    /// Who has approved the same, this one included.
    pub by: Vec<String>,
    /// How many must.
    pub needed: u32,
    /// What should be looked at besides.
    pub warnings: Diagnostics,
}

/// Approvals that are gone now.
#[derive(Clone, Debug)]
pub struct Withdrawn {
    /// Whose: somebody's ARN, apart from the session.
    pub by: String,
    /// The release.
    pub release: ReleaseDigest,
    /// What each was of.
    pub subjects: Vec<Subject>,
    /// What should be looked at besides.
    pub warnings: Diagnostics,
}

/// The shortest beginning of a plan's digest that is taken for one.
const LEAST: usize = 6;

/// Approves a release, after having shown what it would do and asked.
///
/// # Errors
/// Nobody need approve, the caller may not, the plan is another one than was looked at, or nobody agreed.
pub async fn approve(
    shelf: &mut Shelf<'_>,
    order: &ApproveOrder,
    tools: Tools<'_>,
    company: &mut dyn Company,
) -> Result<Approving, Failure> {
    let toward = Box::pin(toward(shelf, &order.toward, tools)).await?;
    let (target, by) = (&toward.way.target, toward.way.target.site.by.clone());
    let gate = allowed(target.environment(), &by)?;
    let judging = toward.judging(shelf.project(), tools);
    let subject = judging.subject();
    same_plan(order, &subject.plan, target.environment())?;
    company.warned(&target.prepared.warnings, shelf.texts());
    company.planned(&target.prepared, &toward.plan);
    ask(order.yes, company, &question(&subject, &by))?;
    let approved = Approved {
        format_version: APPROVAL_FORMAT,
        subject,
        by,
        at: target.site.cloud.time(),
        reason: order.reason.clone(),
    };
    approvals::keep(target.side(), &approved).await?;
    let mut warnings = Diagnostics::new();
    let kept = approvals::read(target.side(), &toward.way.release.digest, &mut warnings).await?;
    let kept: Vec<Approved> = kept.into_iter().map(|kept| kept.approved).collect();
    let by = approvers(gate, &kept, &approved.subject).into_iter().collect();
    Ok(Approving { by, needed: gate.count, approved, warnings })
}

fn question(subject: &Subject, by: &str) -> String {
    let Subject { pipeline, environment, release, plan, .. } = subject;
    format!(
        "You are {by}.\nApprove that release {} of {pipeline} does this to {environment}? It counts for exactly this plan \
         ({}), and no longer than it is the one.",
        release.short(),
        short(plan)
    )
}

/// The first twelve digits of a plan's digest.
fn short(plan: &Digest) -> String {
    plan.to_string().chars().take(12).collect()
}

/// The gate, if there is one and the caller may.
fn allowed<'a>(environment: &'a Environment, by: &str) -> Result<&'a Approval, Failure> {
    let name = environment.name();
    let Some(gate) = &environment.gates().approval else {
        let told = Diagnostic::error(Code::NothingToApprove, format!("{name} asks for nobody's approval"));
        let help = format!(
            "to ask for one, write `gates: {{approval: {{by: [\"{}\"]}}}}` in {}",
            principal(by),
            environment.file()
        );
        return Err(Failure::error(told.help(help)));
    };
    if may_approve(gate, by) {
        return Ok(gate);
    }
    let title = format!("{by} may not approve what goes to {name}");
    Err(Failure::refused(
        Diagnostic::error(Code::MayNotApprove, title)
            .note(format!("who may: {}", gate.by.join(", ")))
            .help("use the credentials of one of them (`--profile`)"),
    ))
}

/// Makes sure that what was looked at is what would happen.
fn same_plan(order: &ApproveOrder, plan: &Digest, environment: &Environment) -> Result<(), Failure> {
    let Some(typed) = &order.plan else { return Ok(()) };
    let plan = plan.to_string();
    if typed.len() >= LEAST && plan.starts_with(typed.as_str()) {
        return Ok(());
    }
    let title = format!("`{typed}` is not the plan of this release for {} now: that is {plan}", environment.name());
    Err(Failure::refused(
        Diagnostic::error(Code::ApprovalStale, title)
            .note("the files, the environment or what is deployed there changed since it was made")
            .help(format!("look at it again: sluice gates {} --to {}", order.toward.pipeline, environment.name())),
    ))
}

/// Takes the caller's approvals of a release back, whatever plan they are of.
///
/// # Errors
/// The approvals cannot be read or removed.
pub async fn withdraw(shelf: &mut Shelf<'_>, order: &TowardOrder, tools: Tools<'_>) -> Result<Withdrawn, Failure> {
    let Way { target, release, .. } = Box::pin(way(shelf, order, tools)).await?;
    let mut warnings = Diagnostics::new();
    let by = principal(&target.site.by);
    let mut subjects = Vec::new();
    for kept in approvals::read(target.side(), &release.digest, &mut warnings).await? {
        if principal(&kept.approved.by) == by && remove(&target, &kept).await? {
            subjects.push(kept.approved.subject);
        }
    }
    Ok(Withdrawn { by, release: release.digest, subjects, warnings })
}

/// Removes an approval; false where somebody wrote it anew meanwhile, which is an approval of its own.
async fn remove(target: &Stand, kept: &approvals::Kept) -> Result<bool, Failure> {
    Ok(target.site.cloud.remove_guarded(&target.prepared.bucket, &kept.key, &kept.etag).await?)
}
