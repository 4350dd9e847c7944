//! R6051: state grows without bound.

use super::pages;
use crate::diagnostic::Code;
use crate::pipeline::{StageKind, StageRef, Ttl};
use crate::readiness::case::Case;
use crate::readiness::finding::{Finding, Verdict};
use crate::readiness::rule::{Letter, Rule, Tiers};

pub(super) const RULE: Rule = Rule {
    code: Code::UnboundedState,
    rationale: "what every record adds to and nothing takes from grows until it costs too much or fails",
    text: "Unbounded state: implement TTL on all state from day one",
    page: Some(pages::TIME_TO_LIVE),
    serves: &[Letter::Scalability, Letter::ProductionList],
    tiers: Tiers::RISKS,
    look,
};

fn look(case: &Case<'_>) -> Vec<Verdict> {
    let pipeline = case.pipeline();
    let written =
        |name| pipeline.functions().find(|(_, function)| function.writes.contains(name)).map(|(stage, _)| stage);
    let tables = pipeline.tables().iter().filter_map(|(name, table)| {
        let writer = written(name)?;
        let stage = StageRef::new(StageKind::Table, name);
        let Ttl::Never { .. } = table.ttl else { return Some(None) };
        let title = format!("{stage} never forgets, and {writer} writes to it with every record");
        let help = "write `ttl: {attribute: expires_at, after: 90d}` instead of `no_ttl`";
        Some(Some(Finding::of(&stage, "no_ttl", title).help(help)))
    });
    let filled =
        |name| pipeline.functions().find(|(_, function)| function.sends.buckets.contains(name)).map(|(stage, _)| stage);
    let buckets = pipeline.buckets().iter().filter_map(|(name, bucket)| {
        let writer = filled(name)?;
        let stage = StageRef::new(StageKind::Bucket, name);
        let title = format!("{stage} keeps every object for ever, and {writer} adds to it");
        let help = "write `keep: {standard: 30d, then: delete}`, or let objects go to `glacier`";
        Some(bucket.keep.is_none().then(|| Finding::of(&stage, "keep", title).help(help)))
    });
    tables.chain(buckets).collect()
}
