//! R6006: there is no room for ten times the load.

use crate::capacity::{Level, Need};
use crate::diagnostic::{Code, Severity};
use crate::readiness::case::Case;
use crate::readiness::finding::Verdict;
use crate::readiness::rule::{Letter, Rule, Tiers};

pub(super) const RULE: Rule = Rule {
    code: Code::NoRoomForTenfold,
    rationale: "what cannot grow tenfold without a change of design is rebuilt in the middle of its success",
    text: "STREAM framework, Scalability Design: plan for ten times the current load from day one",
    page: None,
    serves: &[Letter::Scalability, Letter::Elasticity],
    tiers: Tiers { development: None, staging: None, production: Some(Severity::Info) },
    look,
};

/// One verdict a stage: of what runs out there first.
fn look(case: &Case<'_>) -> Vec<Verdict> {
    let stages = case.assessment().stages.iter().filter(|stage| !stage.needs.is_empty());
    stages
        .filter_map(|stage| {
            // Where the peak does not fit, other rules have said so.
            if stage.needs.iter().any(|need| !need.fits(Level::Peak)) {
                return None;
            }
            let fuller = |a: &&Need, b: &&Need| a.utilisation(Level::Tenfold).total_cmp(&b.utilisation(Level::Tenfold));
            let fullest = stage.needs.iter().max_by(fuller)?;
            Some(case.short(&stage.stage, "", fullest, Level::Tenfold))
        })
        .collect()
}
