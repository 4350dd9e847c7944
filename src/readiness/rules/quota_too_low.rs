//! R6011: a quota of the account must be raised first.

use super::pages;
use crate::diagnostic::Code;
use crate::readiness::case::{Case, amount};
use crate::readiness::finding::{Finding, Verdict};
use crate::readiness::rule::{Letter, Rule, Tiers};

pub(super) const RULE: Rule = Rule {
    code: Code::QuotaTooLow,
    rationale: "a large increase of a quota is reviewed by people at AWS, which takes time that nobody has during a spike",
    text: "Lambda concurrency limits (28 % of failures); SCALE framework, Ceiling Identification",
    page: Some(pages::SERVICE_QUOTAS),
    serves: &[Letter::Ceiling, Letter::Elasticity, Letter::DeploymentList],
    tiers: Tiers::MATTERS,
    look,
};

fn look(case: &Case<'_>) -> Vec<Verdict> {
    let verdict = |quota: &crate::capacity::QuotaUse| {
        if !quota.raise {
            return None;
        }
        let what = quota.quota.words();
        let title = format!("{what}: the peak needs {}, an account has {}", amount(quota.need), amount(quota.default));
        let finding = Finding::at("traffic", title).note(quota.how.clone()).note(quota.source);
        Some(finding.help("ask AWS for more before the load comes, then say so in `readiness.suppress`"))
    };
    case.assessment().quotas.iter().map(verdict).collect()
}
