//! `sluice gates`: how every gate of an environment stands for a release, and what it waits for.

use super::deploy::Tools;
use super::failure::Failure;
use super::gates::{bake, decide};
use super::load::Shelf;
use super::toward::{Site, Stand, TowardOrder, toward};
use crate::diagnostic::Diagnostics;
use crate::environment::Target;
use crate::release::{Decision, Ended, Fact, GateResult, Ledger, ReleaseDigest};
use crate::units::{Digest, EnvironmentName, PipelineName, Region, Timestamp};

/// How gates stand.
#[derive(Clone, Debug)]
pub struct Gated {
    /// The pipeline.
    pub pipeline: PipelineName,
    /// The environment.
    pub environment: EnvironmentName,
    /// The region.
    pub region: Region,
    /// Whether it stands in the embedded cloud.
    pub embedded: bool,
    /// When it was looked at, by the server's clock.
    pub at: Timestamp,
    /// The release.
    pub release: ReleaseDigest,
    /// What was judged.
    pub judged: Judged,
    /// What should be looked at besides.
    pub warnings: Diagnostics,
}

/// What was judged.
#[derive(Clone, Debug)]
pub enum Judged {
    /// Whether the release may go to the environment now.
    Promotion {
        /// Where it was to prove itself; none where the environment takes releases from nowhere.
        from: Option<EnvironmentName>,
        /// The plan that an approval is bound to.
        plan: Digest,
        /// What is decided.
        decision: Decision,
    },
    /// What runs there, since it does.
    Running {
        /// Since when.
        since: Timestamp,
        /// How the gates turned out that measure.
        gates: Vec<GateResult>,
    },
}

impl Gated {
    /// How the gates turned out.
    #[must_use]
    pub fn gates(&self) -> &[GateResult] {
        match &self.judged {
            Judged::Promotion { decision, .. } => decision.gates(),
            Judged::Running { gates, .. } => gates,
        }
    }
}

/// Judges the gates that a release has to pass on its way to an environment.
///
/// # Errors
/// What is wrong with the files, or what AWS refuses.
pub async fn gates(shelf: &mut Shelf<'_>, order: &TowardOrder, tools: Tools<'_>) -> Result<Gated, Failure> {
    let toward = Box::pin(toward(shelf, order, tools)).await?;
    let way = &toward.way;
    let mut warnings = way.target.prepared.warnings.clone();
    let judging = toward.judging(shelf.project(), tools);
    let decision = Box::pin(decide(&judging, &[], &mut warnings)).await?;
    let judged = Judged::Promotion {
        from: way.source.as_ref().map(|source| source.environment().name().clone()),
        plan: toward.plan.digest(),
        decision,
    };
    Ok(gated(&way.target, way.release.digest.clone(), judged, warnings))
}

/// Judges what runs in an environment since it was deployed, by the gates that measure.
///
/// # Errors
/// What is wrong with the files, what AWS refuses, or that nothing runs there that the ledger knows.
pub async fn gates_running(shelf: &mut Shelf<'_>, order: &TowardOrder, tools: Tools<'_>) -> Result<Gated, Failure> {
    let region = order.region.as_ref();
    let target = Site::open(shelf, &order.pipeline, &order.environment, region, tools).await?;
    let release = target.running().await?;
    let target = target.with(shelf, &release)?;
    let since = running_since(&target.site.ledger).unwrap_or(target.site.cloud.time());
    let gates = bake(target.side(), since).await;
    let warnings = target.prepared.warnings.clone();
    Ok(gated(&target, release.digest, Judged::Running { since, gates }, warnings))
}

/// Since when the release runs that does.
pub(super) fn running_since(ledger: &Ledger) -> Option<Timestamp> {
    let wanted = ledger.running()?;
    ledger.entries().iter().rev().find_map(|entry| match &entry.fact {
        Fact::Deployment { release, outcome: Ended::Succeeded | Ended::Unverified, ended, .. } if release == wanted => {
            Some(*ended)
        }
        Fact::Deployment { .. } | Fact::Judged { .. } | Fact::Removal { .. } => None,
    })
}

fn gated(target: &Stand, release: ReleaseDigest, judged: Judged, warnings: Diagnostics) -> Gated {
    let pipeline = target.prepared.sized.pipeline();
    Gated {
        pipeline: pipeline.name().clone(),
        environment: pipeline.environment().name().clone(),
        region: pipeline.region().clone(),
        embedded: *pipeline.environment().target() == Target::Embedded,
        at: target.site.cloud.time(),
        release,
        judged,
        warnings,
    }
}
