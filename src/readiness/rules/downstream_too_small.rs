//! R6010: what comes after a function is too small for the peak.

use crate::capacity::Resource;
use crate::diagnostic::Code;
use crate::pipeline::{StageKind, StageRef};
use crate::readiness::case::Case;
use crate::readiness::finding::Verdict;
use crate::readiness::rule::{Letter, Rule, Tiers};

pub(super) const RULE: Rule = Rule {
    code: Code::DownstreamTooSmall,
    rationale: "a function is only as fast as what it reads and writes; what throttles there waits in the shards",
    text: "Downstream service throttling (24 % of failures); SCALE framework, Amplification Factors",
    page: None,
    serves: &[Letter::Ceiling, Letter::Amplification, Letter::ProductionList],
    tiers: Tiers::BREAKS,
    look,
};

const DOWNSTREAM: &[StageKind] = &[StageKind::Table, StageKind::Queue, StageKind::Archive, StageKind::Key];

fn look(case: &Case<'_>) -> Vec<Verdict> {
    let resources = &[
        Resource::ReadUnits,
        Resource::WriteUnits,
        Resource::PartitionHeat,
        Resource::Delivery,
        Resource::KmsRequests,
        Resource::QueueInFlight,
    ];
    let field = |stage: &StageRef| if stage.kind == StageKind::Table { "capacity" } else { "" };
    case.short_at_peak(DOWNSTREAM, resources, field)
}
