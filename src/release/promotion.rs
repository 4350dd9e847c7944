//! The rules of promotion: from what is known of a release, the environment that it was proven in and the one that it goes to,
//! whether it goes there now.
//!
//! What gates measured comes from outside; whether a release is proven, has soaked, and is approved is decided here, from the
//! ledger and the approvals themselves. A gate that is asked for and of which nobody says anything is not passed.

use super::approval::{self, Approved, Subject};
use super::digest::ReleaseDigest;
use super::gate::{Asked, GateKind, GateResult, Verdict, asked_for};
use super::judge;
use super::ledger::{Ended, Fact, Ledger, Overridden};
use super::stay::{longest, stays};
use crate::environment::Environment;
use crate::units::Timestamp;

/// The environment that a release was to prove itself in, and its ledger.
#[derive(Clone, Copy, Debug)]
pub struct Proving<'a> {
    /// The environment.
    pub environment: &'a Environment,
    /// What ran there.
    pub ledger: &'a Ledger,
    /// The present moment there, by the server's clock: soak time is counted by it.
    pub now: Timestamp,
}

/// What is asked: whether a release may go to an environment now.
#[derive(Clone, Copy, Debug)]
pub struct Candidate<'a> {
    /// The release, and what it would do there.
    pub subject: &'a Subject,
    /// Where it goes.
    pub target: &'a Environment,
    /// Where it was to prove itself; none where that is not known.
    pub source: Option<Proving<'a>>,
    /// How the gates turned out that measure something.
    pub measured: &'a [GateResult],
    /// Every approval that was found.
    pub approvals: &'a [Approved],
    /// Gates that somebody overrides.
    pub overrides: &'a [Overridden],
    /// The present moment where it goes, by the server's clock: windows open by it.
    pub now: Timestamp,
}

/// What is decided.
#[derive(Clone, Debug, PartialEq)]
pub enum Decision {
    /// It may go.
    Go {
        /// How the gates turned out.
        gates: Vec<GateResult>,
        /// Who agreed, by ARN.
        approvals: Vec<String>,
        /// The overrides without which it would not have been so.
        overrides: Vec<Overridden>,
    },
    /// Not yet: nothing speaks against it, but something is not known.
    Wait {
        /// How the gates turned out.
        gates: Vec<GateResult>,
        /// Until when at least, where that is known of everything that it waits for.
        until: Option<Timestamp>,
    },
    /// No.
    Refused {
        /// How the gates turned out.
        gates: Vec<GateResult>,
        /// Why.
        why: Refusal,
    },
}

impl Decision {
    /// How the gates turned out, in the order in which they are shown.
    #[must_use]
    pub fn gates(&self) -> &[GateResult] {
        match self {
            Self::Go { gates, .. } | Self::Wait { gates, .. } | Self::Refused { gates, .. } => gates,
        }
    }
}

/// Why a promotion is refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// Gates failed, and nobody overrides them.
    Failed(Vec<Asked>),
    /// Somebody overrides a gate that may not be overridden.
    MayNotOverride(GateKind),
    /// Somebody overrides a gate without saying why.
    NoReason(GateKind),
}

/// Decides whether a release goes to an environment now.
#[must_use]
pub fn decide(candidate: &Candidate<'_>) -> Decision {
    let gates = results(candidate);
    let rules = candidate.target.gates();
    if let Some(wrong) = candidate.overrides.iter().find(|one| !one.gate.may_be_overridden(rules)) {
        return Decision::Refused { gates, why: Refusal::MayNotOverride(wrong.gate) };
    }
    if let Some(wrong) = candidate.overrides.iter().find(|one| one.reason.trim().is_empty()) {
        return Decision::Refused { gates, why: Refusal::NoReason(wrong.gate) };
    }
    let overridden = |kind: GateKind| candidate.overrides.iter().any(|one| one.gate == kind);
    let open = |verdict: Verdict| gates.iter().filter(move |gate| gate.verdict == verdict && !overridden(gate.gate));
    let failed: Vec<Asked> = open(Verdict::Fail).map(|gate| (gate.gate, gate.name.clone())).collect();
    if !failed.is_empty() {
        return Decision::Refused { gates, why: Refusal::Failed(failed) };
    }
    let waiting: Vec<Option<Timestamp>> = open(Verdict::Inconclusive).map(|gate| gate.until).collect();
    if !waiting.is_empty() {
        // One of which nobody knows when it is over leaves the whole open.
        let until = waiting.into_iter().collect::<Option<Vec<_>>>().and_then(|all| all.into_iter().max());
        return Decision::Wait { gates, until };
    }
    let needed = |one: &&Overridden| gates.iter().any(|gate| gate.gate == one.gate && gate.verdict != Verdict::Pass);
    let overrides = candidate.overrides.iter().filter(needed).cloned().collect();
    let approvals = rules.approval.as_ref().map(|gate| {
        let by = approval::approvers(gate, candidate.approvals, candidate.subject);
        by.into_iter().collect()
    });
    Decision::Go { gates, approvals: approvals.unwrap_or_default(), overrides }
}

/// How every gate turned out that the target asks for.
fn results(candidate: &Candidate<'_>) -> Vec<GateResult> {
    let target = candidate.target;
    let asked = asked_for(target.gates(), &candidate.subject.pipeline, target.promotes_from().is_some());
    asked.iter().map(|gate| result(candidate, gate)).collect()
}

fn result(candidate: &Candidate<'_>, asked: &Asked) -> GateResult {
    let (rules, release) = (candidate.target.gates(), &candidate.subject.release);
    match asked.0 {
        GateKind::Verified => proven(candidate, release),
        GateKind::Soak => {
            let stay = candidate.source.and_then(|source| {
                let judged = is_judged(source.environment);
                longest(&stays(source.ledger, release, judged), source.now)
            });
            let now = candidate.source.map_or(candidate.now, |source| source.now);
            judge::soak(rules.soak.unwrap_or_default(), stay, now)
        }
        GateKind::Window => judge::window(&rules.windows, &rules.freezes, candidate.now),
        GateKind::Approval => match &rules.approval {
            Some(gate) => approval::judge(gate, candidate.approvals, candidate.subject),
            None => GateResult::new(GateKind::Approval, Verdict::Pass, "nobody need approve"),
        },
        GateKind::IteratorAge
        | GateKind::FailedRecords
        | GateKind::Errors
        | GateKind::Throttles
        | GateKind::EndpointErrors
        | GateKind::EndpointLatency
        | GateKind::ArchiveFreshness
        | GateKind::Metric
        | GateKind::Alarms
        | GateKind::Readiness
        | GateKind::Drift
        | GateKind::Budget
        | GateKind::Command => measured(candidate.measured, asked),
    }
}

/// The worst that was measured of a gate; that it was not measured, if nothing was.
fn measured(results: &[GateResult], asked: &Asked) -> GateResult {
    let rank = |result: &&GateResult| match result.verdict {
        Verdict::Fail => 2,
        Verdict::Inconclusive => 1,
        Verdict::Pass => 0,
    };
    let found = results.iter().filter(|result| result.is_of(asked)).max_by_key(rank).cloned();
    found.unwrap_or_else(|| {
        let unasked = GateResult::new(asked.0, Verdict::Inconclusive, "nobody measured it");
        GateResult { name: asked.1.clone(), ..unasked }
    })
}

fn proven(candidate: &Candidate<'_>, release: &ReleaseDigest) -> GateResult {
    match (candidate.source, candidate.target.promotes_from()) {
        (Some(source), Some(from)) if source.environment.name() == from => {
            let since = source.ledger.verified(release, is_judged(source.environment));
            judge::verified(from.as_str(), since, source.ledger.running() == Some(release))
        }
        (_, Some(from)) => {
            GateResult::new(GateKind::Verified, Verdict::Inconclusive, format!("what ran in {from} is not known"))
        }
        (_, None) => GateResult::new(GateKind::Verified, Verdict::Fail, "there is no environment to be proven in"),
    }
}

/// Whether an environment judges what was promoted to it: then nothing counts as proven before.
#[must_use]
pub fn is_judged(environment: &Environment) -> bool {
    environment.gates().bake.is_some()
}

/// Whether a release may come back to an environment without passing its gates: it ran there and was proven there, so it
/// passed them then.
#[must_use]
pub fn may_return(environment: &Environment, ledger: &Ledger, release: &ReleaseDigest) -> bool {
    ledger.verified(release, is_judged(environment)).is_some()
}

/// The release to go back to: the newest that ran before the one that runs, and may return.
#[must_use]
pub fn previous_good<'a>(environment: &Environment, ledger: &'a Ledger) -> Option<&'a ReleaseDigest> {
    let runs = ledger.running();
    ledger.entries().iter().rev().find_map(|entry| match &entry.fact {
        Fact::Deployment { release, outcome: Ended::Succeeded, .. } => {
            (Some(release) != runs && may_return(environment, ledger, release)).then_some(release)
        }
        Fact::Deployment { .. } | Fact::Judged { .. } | Fact::Removal { .. } => None,
    })
}
