//! The lines of a plan that are not about its changes: what gives way first, how long a record takes, which quotas
//! must be raised, what a month costs, and what cannot be told.

use serde_json::{Value, json};

use super::About;
use crate::capacity::{Assessment, LatencyBudget};
use crate::cost::{CURRENCY, Total, Verdict};
use crate::units::Money;
use crate::view::style::Label;
use crate::view::words::{json as to_value, plural};
use crate::view::{capacity, cost};

/// How the load meets a pipeline, and what a month of it costs.
#[derive(Clone, Debug, PartialEq)]
pub struct Outlook {
    /// Its capacity, as if nothing else ran in the account.
    pub assessment: Assessment,
    /// What a month costs; `None` where the declared load cannot be reckoned with.
    pub bill: Option<Total>,
    /// The pipeline's budget, and whether the bill is within it.
    pub budget: Option<(Money, Verdict)>,
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
    let assessment = &outlook.assessment;
    let mut lines = Vec::new();
    let mut line = |label, what, place: String, text| lines.push(Line { label, what, place, text });
    if let Some(bottleneck) = &assessment.bottleneck {
        let (label, text) = capacity::carries(bottleneck);
        line(label, "Load", bottleneck.stage.to_string(), text);
    }
    if let Some(budget) = &assessment.latency {
        let (label, text) = latency(budget);
        line(label, "Latency", String::new(), text);
    }
    for quota in assessment.quotas.iter().filter(|quota| quota.raise) {
        let [need, default] = [quota.need, quota.default].map(|number| quota.quota.amount(number));
        let text = format!("the peak needs {need}, and an account has {default} unless it was raised");
        line(Label::Warning, "Quota", quota.quota.words().to_owned(), text);
    }
    if !assessment.unknown.is_empty() {
        let text = format!("{}: `sluice capacity` says what to declare", plural(assessment.unknown.len(), "question"));
        line(Label::Faint, "Not known", String::new(), text);
    }
    if let Some(bill) = outlook.bill {
        let (label, text) = monthly(bill, outlook.budget, about.embedded);
        line(label, "Cost", "a month".to_owned(), text);
    }
    lines
}

fn latency(budget: &LatencyBudget) -> (Label, String) {
    let (label, against) = capacity::against_target(budget);
    let text = format!("99 of 100 records in {} at the peak, {against}", capacity::exact(budget.total_p99));
    (label, text)
}

fn monthly(bill: Total, budget: Option<(Money, Verdict)>, embedded: bool) -> (Label, String) {
    let mut text = cost::total_in_words(bill);
    if embedded {
        text.push_str(", if this were AWS");
    }
    match budget {
        None => (Label::Plain, text),
        Some((monthly, verdict)) => {
            let label = match verdict {
                Verdict::Within | Verdict::WithinAsFarAsKnown => Label::Plain,
                Verdict::AboveAtPeak => Label::Warning,
                Verdict::Above => Label::Bad,
            };
            (label, format!("{text}; budget {monthly}: {}", cost::verdict_in_words(verdict)))
        }
    }
}

/// The same for a program; `null` where nothing was reckoned. Durations in microseconds, amounts in millionths.
pub(super) fn to_json(about: &About) -> Value {
    let Some(outlook) = &about.outlook else { return Value::Null };
    let assessment = &outlook.assessment;
    json!({
        "bottleneck": to_value(&assessment.bottleneck),
        "latency": assessment.latency.as_ref().map(|budget| json!({
            "p50": budget.total_p50,
            "p99": budget.total_p99,
            "target": budget.target,
            "assumes": budget.assumes,
        })),
        "quotas_to_raise": assessment.quotas.iter().filter(|quota| quota.raise).map(to_value).collect::<Vec<_>>(),
        "unknown": to_value(&assessment.unknown),
        "cost": outlook.bill.map(|bill| json!({
            "currency": CURRENCY,
            "amounts_in": "millionths",
            "total": to_value(&bill),
            "budget": outlook.budget.map(|(monthly, verdict)| json!({"monthly": monthly, "verdict": verdict})),
        })),
    })
}

#[cfg(test)]
mod tests {
    use super::super::fixtures::{about, change_of_parallel, strained};
    use super::super::{to_json, to_markdown, to_text};
    use super::*;
    use crate::view::Look;

    #[test]
    fn what_gives_way_how_long_it_takes_and_what_it_costs_stand_in_every_form() {
        let about = strained();
        insta::assert_snapshot!(to_text(&Look::plain(), &change_of_parallel(), &about));
        insta::assert_snapshot!(to_markdown(&change_of_parallel(), &about));
        insta::assert_json_snapshot!(to_json(&change_of_parallel(), &about).get("outlook"));
    }

    #[test]
    fn a_plan_whose_outlook_nobody_reckoned_says_nothing_of_it() {
        assert!(lines(&about()).is_empty());
        assert_eq!(to_json(&change_of_parallel(), &about()).get("outlook"), Some(&Value::Null));
    }
}
