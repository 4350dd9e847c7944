//! `sluice promote`: the release that was proven in one environment, and nothing else, is deployed to the next.
//!
//! Run again it goes on from where it is: what was copied is not copied again, what was deployed is only judged, what was
//! judged is done.

use std::collections::{BTreeMap, BTreeSet};

use super::carry::copy_artifacts;
use super::deploy::{Company, DeployOrder, Tools};
use super::deployment::{Carried, Ready, deploy_ready, environment_file};
use super::diff::diff;
use super::failure::{Failure, FailureKind};
use super::gated::running_since;
use super::gates::{bake, decide};
use super::lease::{self, Place};
use super::load::Shelf;
use super::prepare::Prepared;
use super::release::pin;
use super::rollback::{RollbackOrder, go_back};
use super::toward::{Stand, Toward, TowardOrder, Way, way};
use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::event::OperationResult;
use crate::plan::{EnvironmentDiff, Permission, Plan};
use crate::release::{
    Decision, Fact, GateKind, GateResult, Overridden, Refusal, Release, ReleaseDigest, Verdict, Via, is_judged,
};
use crate::units::{EnvironmentName, Timestamp};
use crate::workspace::Project;

/// What is to be promoted.
#[derive(Clone, Debug)]
pub struct PromoteOrder {
    /// The pipeline, the environment that it goes to, and the release.
    pub toward: TowardOrder,
    /// The environment that it comes from, as typed; the target's own file says it too.
    pub from: Option<String>,
    /// Gates that are overridden, and why.
    pub overrides: Vec<(GateKind, String)>,
    /// What was agreed to by name.
    pub given: BTreeSet<Permission>,
    /// Do not ask.
    pub yes: bool,
    /// Stay until what was promoted has been judged.
    pub wait: bool,
}

/// A promotion, as it is shown before anybody is asked.
#[derive(Clone, Copy, Debug)]
pub struct Promotion<'a> {
    /// Where it comes from.
    pub from: &'a EnvironmentName,
    /// Where it goes, prepared.
    pub prepared: &'a Prepared,
    /// The release.
    pub release: &'a ReleaseDigest,
    /// The release that runs where it goes.
    pub running: Option<&'a ReleaseDigest>,
    /// What it would do there.
    pub plan: &'a Plan,
    /// What the two environments are meant to differ in; none where that cannot be told.
    pub difference: Option<&'a EnvironmentDiff>,
    /// How the gates stand.
    pub decision: &'a Decision,
    /// When that was, by the server's clock.
    pub at: Timestamp,
}

/// How a promotion ended that was not refused.
#[derive(Clone, Debug)]
pub struct Promoted {
    /// The release.
    pub release: ReleaseDigest,
    /// Where it comes from.
    pub from: EnvironmentName,
    /// Where it went.
    pub to: EnvironmentName,
    /// What became of it.
    pub end: PromotionEnd,
}

/// What became of a promotion.
#[derive(Clone, Debug)]
pub enum PromotionEnd {
    /// It ran there already, and has proven itself as far as anybody asks.
    AlreadyThere,
    /// It is there, and nobody asks for more.
    Done(OperationResult),
    /// It is there and is being judged.
    Baking {
        /// Until when at least.
        until: Timestamp,
    },
    /// It has proven itself there.
    Verified(Vec<GateResult>),
    /// It is there, and nobody can say whether it does well: somebody has to look.
    Held(Vec<GateResult>),
    /// It did not do well there, and the release before it was put back.
    GoneBack {
        /// How the gates turned out.
        gates: Vec<GateResult>,
        /// The release that runs again.
        to: ReleaseDigest,
    },
}

/// Promotes a release.
///
/// # Errors
/// It may not go: [`FailureKind::Refused`]. Or whatever kept it from being deployed.
pub async fn promote(
    shelf: &mut Shelf<'_>,
    order: &PromoteOrder,
    tools: Tools<'_>,
    company: &mut dyn Company,
) -> Result<Promoted, Failure> {
    let way = Box::pin(way(shelf, &order.toward, tools)).await?;
    let from = comes_from(order, &way)?;
    let promoted = |way: &Way, end| Promoted {
        release: way.release.digest.clone(),
        from: from.clone(),
        to: way.target.environment().name().clone(),
        end,
    };
    if is_there(&way) {
        let site = &way.target.site;
        let place = Place {
            project: shelf.project(),
            cloud: &site.cloud,
            environment: &site.environment,
            region: &site.region,
            pipeline: &site.pipeline,
        };
        lease::clear_after_death(place).await?;
        let end = Box::pin(judge_there(shelf, order, &way, tools, company)).await?;
        return Ok(promoted(&way, end));
    }
    let toward = Box::pin(way.planned(shelf, tools)).await?;
    let result = Box::pin(go(shelf, order, &toward, &from, tools, company)).await?;
    let way = toward.way;
    if result == OperationResult::Detached || !is_judged(way.target.environment()) {
        return Ok(promoted(&way, PromotionEnd::Done(result)));
    }
    let again = Box::pin(self::way(shelf, &order.toward, tools)).await?;
    let end = Box::pin(judge_there(shelf, order, &again, tools, company)).await?;
    Ok(promoted(&again, end))
}

/// Every pipeline of a project, each after those whose streams it reads; by name where nothing else decides.
///
/// # Errors
/// When the project cannot be listed.
pub fn promotion_order(project: &Project) -> Result<Vec<String>, Failure> {
    let mut shelf = Shelf::new(project);
    let mut waiting: BTreeMap<String, BTreeSet<String>> =
        project.pipelines()?.into_iter().map(|name| (name.clone(), shelf.reads(&name))).collect();
    let mut order = Vec::new();
    // Those that read each other in a circle begin with the first by name.
    while let Some(name) = waiting
        .iter()
        .find(|(name, reads)| reads.iter().all(|other| other == *name || !waiting.contains_key(other)))
        .or_else(|| waiting.first_key_value())
        .map(|(name, _)| name.clone())
    {
        waiting.remove(&name);
        order.push(name);
    }
    Ok(order)
}

/// The environment that it comes from: the one that the target's file names.
fn comes_from(order: &PromoteOrder, way: &Way) -> Result<EnvironmentName, Failure> {
    let target = way.target.environment();
    let wrong =
        |title: String, help: String| Err(Failure::refused(Diagnostic::error(Code::PromotionPath, title).help(help)));
    match (target.promotes_from(), &order.from) {
        (None, _) => wrong(
            format!("{} takes releases from no other environment", target.name()),
            format!("write `promotes_from:` into {}, or deploy the files: `sluice deploy`", target.file()),
        ),
        (Some(from), Some(typed)) if from.as_str() != typed => wrong(
            format!("{} takes releases from {from}, not from {typed}", target.name()),
            format!("sluice promote {} --from {from} --to {}", order.toward.pipeline, target.name()),
        ),
        (Some(from), _) => Ok(from.clone()),
    }
}

/// Whether the release runs in the target and was found well.
fn is_there(way: &Way) -> bool {
    let newest = way.target.site.ledger.entries().last();
    way.target.site.ledger.running() == Some(&way.release.digest)
        && newest.is_some_and(|newest| newest.tells_of(&way.release.digest))
}

/// Plans, passes the gates, asks, copies and deploys.
async fn go(
    shelf: &mut Shelf<'_>,
    order: &PromoteOrder,
    toward: &Toward,
    from: &EnvironmentName,
    tools: Tools<'_>,
    company: &mut dyn Company,
) -> Result<OperationResult, Failure> {
    let Way { source, target, release } = &toward.way;
    let by = &target.site.by;
    let overrides: Vec<Overridden> = order
        .overrides
        .iter()
        .map(|(gate, reason)| Overridden { gate: *gate, by: by.clone(), reason: reason.clone() })
        .collect();
    let mut warnings = Diagnostics::new();
    let judging = toward.judging(shelf.project(), tools);
    let decision = Box::pin(decide(&judging, &overrides, &mut warnings)).await?;
    let difference = difference(shelf, release, from, target, &mut warnings);
    company.warned(&warnings, shelf.texts());
    company.promoting(&Promotion {
        from,
        prepared: &target.prepared,
        release: &release.digest,
        running: target.site.ledger.running(),
        plan: &toward.plan,
        difference: difference.as_ref(),
        decision: &decision,
        at: target.site.cloud.time(),
    });
    if !matches!(decision, Decision::Go { .. }) {
        // Whoever has to approve it, or waits for it, sees what it is about.
        company.planned(&target.prepared, &toward.plan);
    }
    let (gates, approvals, overrides) = match decision {
        Decision::Go { gates, approvals, overrides } => (gates, approvals, overrides),
        Decision::Wait { gates, until } => return Err(waits(order, target, &gates, until)),
        Decision::Refused { gates, why } => return Err(refused(order, target, &gates, &why)),
    };
    if let Some(source) = source {
        let (from, to) = (source.site.bucket(), target.site.bucket());
        super::foundation::needed(&target.site.cloud, target.environment(), &to).await?;
        let (from, to) = ((&source.site.cloud, from.as_str()), (&target.site.cloud, to.as_str()));
        Box::pin(copy_artifacts(from, to, release, company)).await?;
    }
    let carried = Carried {
        release: release.clone(),
        via: Via::Promote { from: from.clone() },
        gates,
        approvals,
        overrides,
        environment_file: environment_file(shelf, target.environment().name().as_str()),
    };
    // Exactly the plan that was judged and approved, or nothing.
    let ready = Ready { prepared: target.prepared.clone(), carried, shown: Some(toward.plan.clone()) };
    let deployment = deploy_order(order, target);
    let deployed = Box::pin(deploy_ready(shelf, ready, &deployment, tools, company)).await?;
    Ok(deployed.result)
}

fn deploy_order(order: &PromoteOrder, target: &Stand) -> DeployOrder {
    DeployOrder {
        pipeline: order.toward.pipeline.clone(),
        environment: target.environment().name().to_string(),
        region: Some(target.site.region.clone()),
        yes: order.yes,
        given: order.given.clone(),
        reviewed: None,
        drain: None,
        hand_over: None,
    }
}

/// What the two environments make of the release otherwise. That it cannot be told is a warning: the plan says it all.
fn difference(
    shelf: &Shelf<'_>,
    release: &Release,
    from: &EnvironmentName,
    target: &Stand,
    warnings: &mut Diagnostics,
) -> Option<EnvironmentDiff> {
    let to = target.environment().name();
    let told = pin(shelf.project(), release)
        .and_then(|mut pinned| diff(&mut pinned, release.content.pipeline.as_str(), from.as_str(), to.as_str()));
    match told {
        Ok((difference, _)) => Some(difference),
        Err(failure) => {
            let why = failure.diagnostics.into_iter().map(|why| why.title).collect::<Vec<_>>().join("; ");
            let title = format!("what {to} makes otherwise than {from} cannot be told setting by setting");
            warnings.push(Diagnostic::warning(Code::PromotionDifference, title).note(why));
            None
        }
    }
}

fn gates_command(order: &PromoteOrder, target: &Stand) -> String {
    format!("sluice gates {} --to {}", order.toward.pipeline, target.environment().name())
}

fn told(mut diagnostic: Diagnostic, gates: &[GateResult], of: Verdict) -> Diagnostic {
    for gate in gates.iter().filter(|gate| gate.verdict == of) {
        let name = gate.name.as_ref().map(|name| format!(" {name}")).unwrap_or_default();
        diagnostic = diagnostic.note(format!("{}{name}: {}", gate.gate, gate.why));
    }
    diagnostic
}

fn waits(order: &PromoteOrder, target: &Stand, gates: &[GateResult], until: Option<Timestamp>) -> Failure {
    let when = until.map(|until| format!(" until {until} at least")).unwrap_or_default();
    let title = format!("the release waits{when}: not every gate of {} is passed", target.environment().name());
    let diagnostic = told(Diagnostic::error(Code::PromotionWaits, title), gates, Verdict::Inconclusive);
    Failure::refused(diagnostic.help(gates_command(order, target)))
}

fn refused(order: &PromoteOrder, target: &Stand, gates: &[GateResult], why: &Refusal) -> Failure {
    let environment = target.environment().name();
    let diagnostic = match why {
        Refusal::Failed(_) => {
            let title = format!("the release may not go to {environment}: gates failed");
            told(Diagnostic::error(Code::PromotionRefused, title), gates, Verdict::Fail)
        }
        Refusal::MayNotOverride(gate) => {
            Diagnostic::error(Code::PromotionRefused, format!("{gate} may not be overridden in {environment}"))
        }
        Refusal::NoReason(gate) => {
            Diagnostic::error(Code::PromotionRefused, format!("{gate} is overridden without a reason"))
        }
    };
    Failure::refused(diagnostic.help(gates_command(order, target)))
}

/// The release is there: judges it where that is asked for and nobody did yet.
async fn judge_there(
    shelf: &mut Shelf<'_>,
    order: &PromoteOrder,
    way: &Way,
    tools: Tools<'_>,
    company: &mut dyn Company,
) -> Result<PromotionEnd, Failure> {
    let (target, digest) = (&way.target, &way.release.digest);
    let Some(asked) = target.environment().gates().bake else { return Ok(PromotionEnd::AlreadyThere) };
    let Some((id, judged)) = deployment_of(target, digest) else { return Ok(PromotionEnd::AlreadyThere) };
    if judged {
        return Ok(PromotionEnd::AlreadyThere);
    }
    let cloud = &target.site.cloud;
    let since = running_since(&target.site.ledger).unwrap_or_else(|| cloud.time());
    let until = since.plus(asked);
    if cloud.time() < until {
        if !order.wait {
            return Ok(PromotionEnd::Baking { until });
        }
        tokio::select! {
            () = tools.clock.sleep(until.since(cloud.time())) => {}
            () = tools.interrupt.raised() => return Ok(PromotionEnd::Baking { until }),
        }
        // The server's clock tells the time by its newest answer.
        cloud.identity().await?;
    }
    let gates = bake(target.side(), since).await;
    let worst = |verdict: Verdict| gates.iter().any(|gate| gate.verdict == verdict);
    if worst(Verdict::Inconclusive) && !worst(Verdict::Fail) {
        return Ok(PromotionEnd::Held(gates));
    }
    let passed = !worst(Verdict::Fail);
    let fact = |_: Option<&_>| Fact::Judged { id: id.clone(), release: digest.clone(), passed, gates: gates.clone() };
    target.site.book().add(&target.site.by, fact).await?;
    if passed {
        return Ok(PromotionEnd::Verified(gates));
    }
    let back = RollbackOrder {
        pipeline: order.toward.pipeline.clone(),
        environment: target.environment().name().to_string(),
        region: Some(target.site.region.clone()),
        to: None,
        given: order.given.clone(),
        yes: true,
        automatic: true,
    };
    let gone = Box::pin(go_back(shelf, &back, tools, company)).await.map_err(|mut failure| {
        failure.kind = FailureKind::NeedsAttention;
        failure.diagnostics.push(
            told(Diagnostic::error(Code::PromotionFailed, "what was promoted does not do well"), &gates, Verdict::Fail)
                .help(format!("sluice rollback {} --env {}", order.toward.pipeline, back.environment)),
        );
        failure
    })?;
    Ok(PromotionEnd::GoneBack { gates, to: gone.release })
}

/// The deployment by which a release runs, and whether it was judged already.
fn deployment_of(target: &Stand, digest: &ReleaseDigest) -> Option<(crate::release::DeploymentId, bool)> {
    let mut judged = false;
    for entry in target.site.ledger.entries().iter().rev() {
        match &entry.fact {
            Fact::Judged { release, .. } if release == digest => judged = true,
            Fact::Deployment { id, release, .. } if release == digest => return Some((id.clone(), judged)),
            Fact::Deployment { .. } | Fact::Judged { .. } | Fact::Removal { .. } => {}
        }
    }
    None
}
