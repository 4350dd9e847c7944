//! The lines of a plan that are not about its changes: what gives way first, how long a record takes, which quotas
//! must be raised, what a month costs, and what cannot be told.

use serde::{Deserialize, Serialize};

use super::About;
use crate::capacity::{Assessment, Bottleneck, LatencyBudget, Quota, QuotaUse, Unknown};
use crate::cost::{CURRENCY, Total, Verdict};
use crate::units::{Duration, Money};
use crate::view::style::Label;
use crate::view::words::plural;
use crate::view::{capacity, cost};

/// How the load meets a pipeline, and what a month of it costs. Durations in microseconds, amounts in millionths.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Outlook {
    /// What gives way first, as if nothing else ran in the account.
    pub bottleneck: Option<Bottleneck>,
    /// How long a record takes.
    pub latency: Option<Latency>,
    /// Quotas that must be raised.
    pub quotas_to_raise: Vec<Raise>,
    /// What cannot be told.
    pub unknown: Vec<Unknown>,
    /// What a month costs; `None` where the declared load cannot be reckoned with.
    pub cost: Option<Cost>,
    /// What it was before, where the files say it that the plan compares with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<Before>,
}

/// What a pipeline was in for before.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[schemars(rename = "OutlookBefore")]
pub struct Before {
    /// What gave way first.
    pub bottleneck: Option<Bottleneck>,
    /// How long a record took.
    pub latency: Option<Latency>,
    /// What a month cost.
    pub cost: Option<Total>,
}

/// How long a record takes from its producer to its result.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Latency {
    /// Half of them, at the steady load.
    pub p50: Duration,
    /// 99 of 100, at the peak.
    pub p99: Duration,
    /// What is aimed for.
    pub target: Option<Duration>,
    /// What the sum takes for granted.
    pub assumes: Option<String>,
}

/// A quota that must be raised.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Raise {
    /// The quota.
    pub quota: Quota,
    /// What is needed at the peak.
    pub need: f64,
    /// What an account has where nobody raised it.
    pub default: f64,
    /// The page of AWS that names it.
    pub source: String,
}

/// What a month costs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Cost {
    /// `USD`.
    pub currency: String,
    /// The sum.
    pub total: Total,
    /// What it may come to.
    pub budget: Option<Budget>,
}

/// What a month may come to.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Budget {
    /// As declared.
    pub monthly: Money,
    /// Whether the sum is within it.
    pub verdict: Verdict,
}

impl Outlook {
    /// Picks what a plan tells of what was reckoned.
    #[must_use]
    pub fn of(assessment: Assessment, bill: Option<Total>, budget: Option<(Money, Verdict)>) -> Self {
        let latency = |budget: LatencyBudget| Latency {
            p50: budget.total_p50,
            p99: budget.total_p99,
            target: budget.target,
            assumes: budget.assumes,
        };
        let raise = |quota: QuotaUse| Raise {
            quota: quota.quota,
            need: quota.need,
            default: quota.default,
            source: quota.source.to_owned(),
        };
        Self {
            bottleneck: assessment.bottleneck,
            latency: assessment.latency.map(latency),
            quotas_to_raise: assessment.quotas.into_iter().filter(|quota| quota.raise).map(raise).collect(),
            unknown: assessment.unknown,
            cost: bill.map(|total| Cost {
                currency: CURRENCY.to_owned(),
                total,
                budget: budget.map(|(monthly, verdict)| Budget { monthly, verdict }),
            }),
            before: None,
        }
    }

    /// The same with what it was before.
    #[must_use]
    pub fn after(self, past: Option<Self>) -> Self {
        let before = past.map(|past| Before {
            bottleneck: past.bottleneck,
            latency: past.latency,
            cost: past.cost.map(|cost| cost.total),
        });
        Self { before, ..self }
    }
}

/// One line: how it is meant, what it is about, where, and what there is to say.
pub(super) struct Line {
    pub(super) label: Label,
    pub(super) what: &'static str,
    pub(super) place: String,
    pub(super) text: String,
}

/// Returns the lines, none where nothing was reckoned.
pub(super) fn lines(about: &About) -> Vec<Line> {
    let Some(outlook) = &about.outlook else { return Vec::new() };
    let mut lines = Vec::new();
    let mut line = |label, what, place: String, text| lines.push(Line { label, what, place, text });
    let before = outlook.before.as_ref();
    let was = |text: String, before: Option<String>| match before {
        Some(before) if before == text => format!("{text}, as before"),
        Some(before) => format!("{text}; before: {before}"),
        None => text,
    };
    if let Some(bottleneck) = &outlook.bottleneck {
        let (label, text) = capacity::carries(bottleneck);
        let past = before.and_then(|before| before.bottleneck.as_ref());
        let past = past.map(|past| match past.stage == bottleneck.stage {
            true => capacity::carries(past).1,
            false => format!("{}, {}", past.stage, capacity::carries(past).1),
        });
        line(label, "Load", bottleneck.stage.to_string(), was(text, past));
    }
    if let Some(found) = &outlook.latency {
        let (label, text) = latency(found);
        let past = before.and_then(|before| before.latency.as_ref()).map(|past| latency(past).1);
        line(label, "Latency", String::new(), was(text, past));
    }
    for quota in &outlook.quotas_to_raise {
        let [need, default] = [quota.need, quota.default].map(|number| quota.quota.amount(number));
        let text = format!("the peak needs {need}, and an account has {default} unless it was raised");
        line(Label::Warning, "Quota", quota.quota.words().to_owned(), text);
    }
    if !outlook.unknown.is_empty() {
        let text = format!("{}: `sluice capacity` says what to declare", plural(outlook.unknown.len(), "question"));
        line(Label::Faint, "Not known", String::new(), text);
    }
    if let Some(cost) = &outlook.cost {
        let (label, text) = monthly(cost, before.and_then(|before| before.cost), about.embedded);
        line(label, "Cost", "a month".to_owned(), text);
    }
    lines
}

fn latency(found: &Latency) -> (Label, String) {
    let (label, against) = capacity::against_target(found.p99, found.target, found.assumes.as_deref());
    (label, format!("99 of 100 records in {} at the peak, {against}", capacity::exact(found.p99)))
}

fn monthly(found: &Cost, before: Option<Total>, embedded: bool) -> (Label, String) {
    let mut text = cost::total_in_words(found.total);
    match before {
        Some(before) if before == found.total => text.push_str(", as before"),
        Some(before) => text.push_str(&format!(", before {}", cost::total_in_words(before))),
        None => {}
    }
    if embedded {
        text.push_str(", if this were AWS");
    }
    match found.budget {
        None => (Label::Plain, text),
        Some(Budget { monthly, verdict }) => {
            let label = match verdict {
                Verdict::Within | Verdict::WithinAsFarAsKnown => Label::Plain,
                Verdict::AboveAtPeak => Label::Warning,
                Verdict::Above => Label::Bad,
            };
            (label, format!("{text}; budget {monthly}: {}", cost::verdict_in_words(verdict)))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::fixtures::{about, change_of_parallel, strained};
    use super::super::{Detail, to_json, to_markdown, to_text};
    use super::*;
    use crate::view::Look;

    #[test]
    fn what_gives_way_how_long_it_takes_and_what_it_costs_stand_in_every_form() {
        let about = strained();
        insta::assert_snapshot!(to_text(&Look::plain(), &change_of_parallel(), &about, Detail::default()));
        insta::assert_snapshot!(to_markdown(&change_of_parallel(), &about, Detail::default()));
        insta::assert_json_snapshot!(to_json(&change_of_parallel(), &about).get("outlook"));
    }

    #[test]
    fn a_plan_whose_outlook_nobody_reckoned_says_nothing_of_it() {
        assert!(lines(&about()).is_empty());
        assert_eq!(to_json(&change_of_parallel(), &about()).get("outlook"), Some(&serde_json::Value::Null));
    }
}
