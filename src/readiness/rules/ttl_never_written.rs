//! R6052: items are written without their expiry.

use super::pages;
use crate::diagnostic::Code;
use crate::pipeline::Ttl;
use crate::readiness::case::Case;
use crate::readiness::finding::{Finding, Verdict};
use crate::readiness::rule::{Letter, Rule, Tiers};

pub(super) const RULE: Rule = Rule {
    code: Code::TtlNeverWritten,
    rationale: "DynamoDB deletes items by an attribute of theirs; an item without it stays for ever",
    text: "Unbounded state: implement TTL on all state from day one",
    page: Some(pages::TIME_TO_LIVE),
    serves: &[Letter::Scalability, Letter::ProductionList],
    tiers: Tiers::RISKS,
    look,
};

fn look(case: &Case<'_>) -> Vec<Verdict> {
    let tables = case.pipeline().tables();
    case.scanned()
        .flat_map(|(stage, function, scan)| {
            let expiring = function.writes.iter().filter_map(|name| match &tables.get(name)?.ttl {
                Ttl::Expires { attribute, .. } => Some((name, attribute)),
                Ttl::Never { .. } => None,
            });
            let verdict = |(name, attribute): (&crate::units::StageName, &String)| {
                let variable = format!("TTL_ATTRIBUTE_{}", name.as_str().replace('-', "_").to_uppercase());
                // Built from a part of the name, or the attribute itself: either will do.
                let written = scan.mentions("TTL_ATTRIBUTE_") || scan.mentions(attribute);
                let title = format!("the handler of {stage} writes to table `{name}` and never sets `{attribute}`");
                let help = format!("set the attribute that `os.environ[\"{variable}\"]` names to the second of expiry");
                (!written).then(|| Finding::of(&stage, "writes", title).help(help))
            };
            expiring.map(verdict).collect::<Vec<_>>()
        })
        .collect()
}
