//! R6071: data leaves the key that protects it.

use super::pages;
use crate::diagnostic::Code;
use crate::pipeline::{Edge, EdgeKind, Encryption, End, Pipeline, StageRef, StreamFrom, edges};
use crate::readiness::case::Case;
use crate::readiness::finding::{Finding, Verdict};
use crate::readiness::rule::{Letter, Rule, Tiers};

pub(super) const RULE: Rule = Rule {
    code: Code::KeyLeft,
    rationale: "whoever may not use the key may still read the copy that was made without it",
    text: "Production Streaming ML Readiness Checklist",
    page: Some(pages::KEY_POLICIES),
    serves: &[Letter::ProductionList, Letter::DeploymentList],
    tiers: Tiers::MATTERS,
    look,
};

fn look(case: &Case<'_>) -> Vec<Verdict> {
    let pipeline = case.pipeline();
    let edges = edges(pipeline);
    let protected = |stage: &StageRef| edges.iter().any(|edge| comes_in(edge, stage) && has_own_key(pipeline, edge));
    let copies = edges.iter().filter(|edge| goes_out(edge.kind));
    copies
        .filter_map(|edge| {
            let (from, to) = (edge.from.stage()?, edge.to.stage()?);
            let kept = pipeline.encryption_of(to)?;
            let source = if edge.kind == EdgeKind::Archives { own_key(pipeline, from) } else { protected(from) };
            if !source {
                return None;
            }
            let title = format!("what {from} hands on is protected by a key of its own, and {to} is not");
            let help = format!("give it the same key: `{}.encryption`", to.path());
            let managed = *kept == Encryption::Managed;
            Some(managed.then(|| Finding::of(to, "encryption", title).help(help)))
        })
        .collect()
}

fn goes_out(kind: EdgeKind) -> bool {
    matches!(kind, EdgeKind::Writes | EdgeKind::Sends | EdgeKind::Late | EdgeKind::Archives)
}

/// Whether an edge brings records, messages or objects into a stage.
fn comes_in(edge: &Edge, stage: &StageRef) -> bool {
    edge.to.stage() == Some(stage) && matches!(edge.kind, EdgeKind::Records | EdgeKind::Messages | EdgeKind::Objects)
}

/// Whether what an edge brings is encrypted with a key that somebody chose.
fn has_own_key(pipeline: &Pipeline, edge: &Edge) -> bool {
    match &edge.from {
        End::Stage(stage) => own_key(pipeline, stage),
        End::OtherStream(other, stream) => pipeline.consumers().values().any(|consumer| match &consumer.from {
            StreamFrom::Other(from) => {
                from.pipeline == *other
                    && from.stream == *stream
                    && from.facts.as_ref().is_some_and(|facts| facts.key.is_some())
            }
            StreamFrom::Own(_) => false,
        }),
        End::FailureQueue(_) | End::Outside { .. } => false,
    }
}

fn own_key(pipeline: &Pipeline, stage: &StageRef) -> bool {
    pipeline.encryption_of(stage).is_some_and(|encryption| *encryption != Encryption::Managed)
}
