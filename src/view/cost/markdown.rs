//! An estimate for a pull request.

use super::lines;
use super::text::sum;
use super::{Comparison, Page};
use crate::view::printable;

/// Returns the estimate as Markdown.
#[must_use]
pub fn to_markdown(page: &Page<'_>) -> String {
    let estimate = page.estimate;
    let mut out = format!(
        "### Cost of {} in {} ({})\n\nA month costs **{}**.\n",
        estimate.pipeline,
        estimate.environment,
        estimate.region,
        lines::total(estimate.total())
    );
    if let Some((budget, verdict)) = page.budget {
        out.push_str(&format!("\nThe budget is {budget}: the estimate is {}.\n", lines::verdict(verdict)));
    }
    if let Some(compared) = &page.compared {
        out.push_str(&comparison(compared));
    }
    if !page.savings.is_empty() {
        out.push_str("\nLarger than the load asks for:\n\n");
        out.extend(page.savings.iter().map(|saving| format!("- {}\n", cell(&lines::saving(saving)))));
    }
    out.push_str("\n<details><summary>Every line</summary>\n\n");
    out.push_str("| stage | item | quantity | rate | steady | peak | how |\n|---|---|---:|---:|---:|---:|---|\n");
    for item in &estimate.items {
        let line = lines::line(item);
        let owner = item.owner.to_string();
        let cells = [&owner, &line.what, &line.quantity, &line.rate, &line.steady, &line.peak, &line.how];
        out.push_str(&row(cells.into_iter().map(String::as_str)));
    }
    out.push_str("\nAssumed:\n\n");
    out.extend(estimate.assumptions.iter().map(|sentence| format!("- {}\n", cell(sentence))));
    out.push_str("\nPrices, in US dollars:\n\n");
    out.extend(lines::sources(&estimate.items).iter().map(|source| format!("- {}\n", cell(source))));
    out.push_str("\n</details>\n");
    out
}

fn comparison(compared: &Comparison<'_>) -> String {
    let mut out = format!("\nAgainst the one {}", cell(compared.called));
    if compared.delta.is_none() {
        out.push_str(" nothing changes.\n");
        return out;
    }
    out.push_str(&format!(" a month changes by **{}**.\n", sum(compared)));
    if let Some((most, verdict)) = compared.increase {
        let verdict = lines::verdict(verdict);
        out.push_str(&format!("The most that it may become dearer by is {most}: the change is {verdict}.\n"));
    }
    out.push_str("\n| stage | item | before | after | steady | at peak |\n|---|---|---:|---:|---:|---:|\n");
    for change in &compared.delta.changes {
        let (steady, peak) = lines::differences(change);
        let (owner, meter) = (change.owner.to_string(), change.meter.to_string());
        let cells = [owner, meter, lines::side(change.before), lines::side(change.after), steady, peak];
        out.push_str(&row(cells.iter().map(String::as_str)));
    }
    out
}

fn row<'a>(cells: impl Iterator<Item = &'a str>) -> String {
    let mut out = String::from("|");
    for text in cells {
        out.push_str(&format!(" {} |", cell(text)));
    }
    out.push('\n');
    out
}

/// A text that cannot break out of its cell.
fn cell(text: &str) -> String {
    printable(text).replace('|', "\\|").replace('<', "&lt;")
}
