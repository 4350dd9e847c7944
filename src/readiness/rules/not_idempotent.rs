//! R6050: a repeated record is counted twice.

use super::pages;
use crate::diagnostic::Code;
use crate::readiness::case::Case;
use crate::readiness::finding::{Finding, Verdict};
use crate::readiness::rule::{Letter, Rule, Tiers};
use crate::readiness::scan::WriteKind;

pub(super) const RULE: Rule = Rule {
    code: Code::NotIdempotent,
    rationale: "Lambda delivers at least once: after a failure, a timeout or a reshard the same record comes again",
    text: "STREAM framework, Exactly-Once Semantics",
    page: Some(pages::CONDITIONS),
    serves: &[Letter::ExactlyOnce, Letter::ProductionList],
    tiers: Tiers::RISKS,
    look,
};

fn look(case: &Case<'_>) -> Vec<Verdict> {
    case.scanned()
        .filter(|(_, function, _)| !function.writes.is_empty())
        .map(|(stage, _, scan)| {
            let writes = scan.writes();
            let first = writes.first()?;
            let counts = writes.iter().any(|seen| seen.what.kind == WriteKind::Counts);
            let title = if counts {
                format!("{stage} counts a record again when it is delivered again")
            } else {
                format!("{stage} writes without a condition: a record that comes again may overwrite what is newer")
            };
            let help = match first.what.kind {
                WriteKind::Counts => {
                    "remember what was counted: one `transact_write_items` of a conditional put of the record's id and the update"
                }
                WriteKind::Overwrites => {
                    "add a `ConditionExpression`, for instance `attribute_not_exists(id) OR event_time < :event_time`"
                }
            };
            let mut finding = Finding::of(&stage, "writes", title).help(help).mild_if(!counts);
            for seen in &writes {
                finding = finding.also(seen.place.clone(), format!("`{}` without a condition", seen.what.name));
            }
            Some(finding)
        })
        .collect()
}
