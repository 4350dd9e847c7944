//! A release on its way to an environment: what it would do there, where it was to prove itself, and what ran in both.

use super::connect::same_account;
use super::deploy::Tools;
use super::failure::Failure;
use super::gates::{Judging, Side};
use super::ledger::Book;
use super::load::{Shelf, region_of};
use super::plan::{Keep, plan_ready};
use super::prepare::{Prepared, prepare};
use crate::cloud::Cloud;
use crate::diagnostic::{Code, Diagnostic};
use crate::environment::Environment;
use crate::plan::Plan;
use crate::release::{Fact, Ledger, ReleaseDigest};
use crate::units::{EnvironmentName, Region};
use crate::workspace::Project;

/// What is asked about.
#[derive(Clone, Debug)]
pub struct TowardOrder {
    /// Pipeline.
    pub pipeline: String,
    /// The environment that the release goes to.
    pub environment: String,
    /// Region, where the environment has several.
    pub region: Option<Region>,
    /// The release, by its digest or the beginning of it; none for the one that runs where it is to prove itself.
    pub release: Option<String>,
}

/// An environment, looked at.
pub(super) struct Stand {
    /// The pipeline there.
    pub(super) prepared: Prepared,
    /// Its cloud.
    pub(super) cloud: Cloud,
    /// What ran there.
    pub(super) ledger: Ledger,
    /// Who is calling, by ARN.
    pub(super) by: String,
}

impl Stand {
    /// Looks at an environment.
    async fn at(prepared: Prepared, tools: Tools<'_>) -> Result<Self, Failure> {
        let pipeline = prepared.sized.pipeline();
        let cloud = tools.connector.connect(pipeline.environment(), pipeline.region()).await?;
        let by = same_account(&cloud, pipeline.environment()).await?.arn;
        let ledger = Book::of_prepared(&cloud, &prepared).read().await?;
        Ok(Self { prepared, cloud, ledger, by })
    }

    pub(super) fn side(&self) -> Side<'_> {
        Side { cloud: &self.cloud, prepared: &self.prepared }
    }

    pub(super) fn environment(&self) -> &Environment {
        self.prepared.sized.pipeline().environment()
    }
}

/// A release on its way.
pub(super) struct Toward {
    /// Where it was to prove itself; none where the environment takes releases from nowhere.
    pub(super) source: Option<Stand>,
    /// Where it goes.
    pub(super) target: Stand,
    /// The release.
    pub(super) release: ReleaseDigest,
    /// What it would do there.
    pub(super) plan: Plan,
}

impl Toward {
    /// What there is to be judged.
    pub(super) fn judging<'a>(&'a self, project: &'a Project, tools: Tools<'a>) -> Judging<'a> {
        Judging {
            source: self.source.as_ref().map(|source| (source.side(), &source.ledger)),
            target: self.target.side(),
            release: &self.release,
            plan: &self.plan,
            running: None,
            by: &self.target.by,
            project,
            tools,
        }
    }
}

/// Looks at both environments and plans.
///
/// # Errors
/// What is wrong with the files, or what AWS refuses; nobody knows which release is meant.
pub(super) async fn toward(shelf: &mut Shelf<'_>, order: &TowardOrder, tools: Tools<'_>) -> Result<Toward, Failure> {
    let (target, source) = stands(shelf, order, tools).await?;
    let release = meant(order, &target, source.as_ref())?;
    let planned = Box::pin(plan_ready(target.prepared.clone(), Keep::Nothing, tools, shelf.texts())).await?;
    Ok(Toward { source, target, release, plan: planned.plan })
}

/// Looks at the environment that a release goes to, and at the one that it comes from.
pub(super) async fn stands(
    shelf: &mut Shelf<'_>,
    order: &TowardOrder,
    tools: Tools<'_>,
) -> Result<(Stand, Option<Stand>), Failure> {
    let target = prepare(shelf, &order.pipeline, &order.environment, order.region.as_ref())?;
    let region = target.sized.pipeline().region().clone();
    let from: Option<EnvironmentName> = target.sized.pipeline().environment().promotes_from().cloned();
    let target = Stand::at(target, tools).await?;
    let Some(from) = from else { return Ok((target, None)) };
    let environment = shelf.environment(from.as_str())?.environment().clone();
    // The same region proves most; where the environment before has no such one, its first.
    let region = region_of(&environment, Some(&region)).or_else(|_| region_of(&environment, None))?;
    let source = prepare(shelf, &order.pipeline, from.as_str(), Some(&region))?;
    Ok((target, Some(Stand::at(source, tools).await?)))
}

/// The release that is meant: of those that the ledgers know.
pub(super) fn meant(order: &TowardOrder, target: &Stand, source: Option<&Stand>) -> Result<ReleaseDigest, Failure> {
    let proving = source.unwrap_or(target);
    let known = releases(&proving.ledger);
    let Some(typed) = &order.release else {
        return proving.ledger.running().cloned().ok_or_else(|| unclear(order, proving, &known));
    };
    // One that never ran there is judged too: it fails, and says why.
    if let Ok(digest) = typed.parse::<ReleaseDigest>() {
        return Ok(digest);
    }
    let mut found = known.iter().filter(|digest| digest.is_meant_by(typed));
    match (found.next(), found.next()) {
        (Some(digest), None) => Ok(digest.clone()),
        (Some(_), Some(_)) => {
            let title = format!("several releases begin with `{typed}`");
            Err(Failure::error(Diagnostic::error(Code::ReleaseUnclear, title).help("type more of it")))
        }
        (None, _) => {
            let title = format!("no release that ran in {} begins with `{typed}`", proving.environment().name());
            Err(Failure::error(known_of(Diagnostic::error(Code::ReleaseUnclear, title), &known)))
        }
    }
}

fn unclear(order: &TowardOrder, proving: &Stand, known: &[ReleaseDigest]) -> Failure {
    let environment = proving.environment().name();
    let title = format!("{environment} runs no release of {} that its ledger knows", order.pipeline);
    let told = known_of(Diagnostic::error(Code::ReleaseUnclear, title), known);
    Failure::error(told.help(format!("sluice deploy {} --env {environment}", order.pipeline)))
}

fn known_of(told: Diagnostic, known: &[ReleaseDigest]) -> Diagnostic {
    let names: Vec<&str> = known.iter().rev().take(5).map(ReleaseDigest::short).collect();
    if names.is_empty() { told } else { told.note(format!("the newest that it knows: {}", names.join(", "))) }
}

/// Every release of a ledger once, the newest last.
fn releases(ledger: &Ledger) -> Vec<ReleaseDigest> {
    let mut found: Vec<ReleaseDigest> = Vec::new();
    for entry in ledger.entries() {
        if let Fact::Deployment { release, .. } = &entry.fact {
            found.retain(|known| known != release);
            found.push(release.clone());
        }
    }
    found
}
