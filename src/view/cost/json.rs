//! An estimate for a program.

use serde_json::{Value, json};

use super::Page;
use crate::view::words::json as to_value;
use crate::view::{FORMAT_VERSION, TOOL_VERSION};

/// Returns the estimate as JSON: `pipeline`, `environment`, `region`, `currency`, `hours`, `total` (`known` in millionths of
/// a dollar at the `steady` and the `peak` load, `unknown` as a number of lines), `stages` (each with its total and
/// `items`), `assumptions`, `budget`, and where it was compared `against`.
#[must_use]
pub fn to_json(page: &Page<'_>) -> Value {
    let estimate = page.estimate;
    let stages = estimate.owners().into_iter().map(|owner| {
        let items: Vec<_> = estimate.of(owner).collect();
        json!({"stage": to_value(owner), "total": to_value(&total(&items)), "items": to_value(&items)})
    });
    json!({
        "format_version": FORMAT_VERSION,
        "tool_version": TOOL_VERSION,
        "pipeline": estimate.pipeline,
        "environment": estimate.environment,
        "region": estimate.region,
        "currency": crate::cost::CURRENCY,
        "amounts_in": "millionths",
        "hours": crate::cost::HOURS,
        "total": to_value(&estimate.total()),
        "stages": stages.collect::<Vec<_>>(),
        "assumptions": estimate.assumptions,
        "savings": to_value(&page.savings),
        "budget": page.budget.map(|(amount, verdict)| json!({"monthly": amount, "verdict": verdict})),
        "against": page.compared.as_ref().map(|compared| json!({
            "called": compared.called,
            "environment": compared.before.environment,
            "region": compared.before.region,
            "total": to_value(&compared.before.total()),
            "delta": to_value(compared.delta),
            "increase": compared.increase.map(|(most, verdict)| json!({"most": most, "verdict": verdict})),
        })),
    })
}

fn total(items: &[&crate::cost::Item]) -> crate::cost::Total {
    items.iter().copied().collect()
}
