//! An estimate for a terminal.

use super::lines::{self, Line};
use super::{Comparison, Page};
use crate::cost::{Estimate, Owner, Total, Verdict};
use crate::units::Money;
use crate::view::plural;
use crate::view::style::{Label, Look};
use crate::view::table::{Cell, Table};
use crate::view::words::{pad, wrap};

/// From this width on quantities and rates have columns of their own.
const WIDE: usize = 130;

/// Returns the estimate as text.
#[must_use]
pub fn to_text(look: &Look, page: &Page<'_>) -> String {
    let estimate = page.estimate;
    let heading = format!("{} in {}, {}", estimate.pipeline, estimate.environment, estimate.region);
    let mut out = format!("{}  cost of a month, USD\n\n", look.paint(Label::Heading, heading));
    out.push_str(&bill(look, estimate));
    out.push_str(&paragraph(look, Label::Heading, "A month costs ", &lines::total(estimate.total())));
    if let Some((budget, verdict)) = page.budget {
        out.push_str(&judged(look, &format!("The budget is {budget}: the estimate is "), verdict));
    }
    if let Some(compared) = &page.compared {
        out.push_str(&comparison(look, compared));
    }
    let savings: Vec<String> = page.savings.iter().map(lines::saving).collect();
    out.push_str(&list(look, "Larger than the load asks for", &savings));
    out.push_str(&list(look, "Assumed", &estimate.assumptions));
    out.push_str(&list(look, "Prices", &lines::sources(&estimate.items)));
    out
}

/// The table; numbers stand under each other by their last digit.
fn bill(look: &Look, estimate: &Estimate) -> String {
    let wide = look.columns() >= WIDE;
    let shown: Vec<(&Owner, Total, Vec<Line>)> = estimate
        .owners()
        .into_iter()
        .map(|owner| (owner, estimate.of(owner).collect(), estimate.of(owner).map(lines::line).collect()))
        .collect();
    let widths = Widths::of(&shown);
    let headings: &[&str] = if wide {
        &["STAGE AND ITEM", "QUANTITY", "RATE", "STEADY", "PEAK", "HOW"]
    } else {
        // The last column of a table is broken at blanks; an empty one keeps numbers at the end of theirs.
        &["STAGE AND ITEM", "RATE", "STEADY", "PEAK", ""]
    };
    let placed: Vec<String> = headings.iter().map(|heading| widths.place(heading)).collect();
    let mut table = Table::with_headings(&placed.iter().map(String::as_str).collect::<Vec<_>>());
    for (owner, total, lines) in &shown {
        let amount = |amount: Money| Cell::new(Label::Heading, right(&amount.to_cents(), widths.amount));
        let mut row = vec![Cell::new(Label::Heading, owner.to_string())];
        row.extend(std::iter::repeat_n(Cell::plain(""), if wide { 2 } else { 1 }));
        row.extend([amount(total.known.steady), amount(total.known.peak), Cell::plain("")]);
        table.row(row);
        for line in lines {
            table.row(cells(line, &widths, wide));
        }
    }
    let text = table.render(look, 0);
    if wide { text } else { with_how(look, &text, &shown) }
}

struct Widths {
    quantity: usize,
    rate: usize,
    amount: usize,
}

impl Widths {
    fn of(shown: &[(&Owner, Total, Vec<Line>)]) -> Self {
        let all = || shown.iter().flat_map(|(_, _, lines)| lines);
        let totals = shown.iter().flat_map(|(_, total, _)| [total.known.steady, total.known.peak]);
        let amounts = all().flat_map(|line| [line.steady.len(), line.peak.len()]);
        Self {
            quantity: all().map(|line| line.quantity.len()).max().unwrap_or(0).max(8),
            rate: all().map(|line| line.rate.len()).max().unwrap_or(0).max(7),
            amount: amounts.chain(totals.map(|total| total.to_cents().len())).max().unwrap_or(0).max(7),
        }
    }

    fn place(&self, heading: &str) -> String {
        match heading {
            "RATE" => right(heading, self.rate),
            "STEADY" | "PEAK" => right(heading, self.amount),
            "QUANTITY" => right(heading, self.quantity),
            other => other.to_owned(),
        }
    }
}

fn cells(line: &Line, widths: &Widths, wide: bool) -> Vec<Cell> {
    let label = if line.known { Label::Plain } else { Label::Warning };
    let mut cells = vec![Cell::plain(format!("  {}", line.what))];
    if wide {
        cells.push(Cell::new(Label::Faint, right(&line.quantity, widths.quantity)));
    }
    cells.push(Cell::new(Label::Faint, right(&line.rate, widths.rate)));
    cells.push(Cell::new(label, right(&line.steady, widths.amount)));
    cells.push(Cell::new(label, right(&line.peak, widths.amount)));
    cells.push(Cell::new(Label::Faint, if wide { line.how.as_str() } else { "" }));
    cells
}

/// On a narrow screen what a line rests on stands under it.
fn with_how(look: &Look, table: &str, shown: &[(&Owner, Total, Vec<Line>)]) -> String {
    let mut rows = table.lines();
    let mut out = String::new();
    let mut keep = |row: Option<&str>| out.push_str(&format!("{}\n", row.unwrap_or_default()));
    keep(rows.next());
    let mut all = Vec::new();
    for (_, _, lines) in shown {
        all.push(None);
        all.extend(lines.iter().map(Some));
    }
    for line in all {
        keep(rows.next());
        let Some(line) = line else { continue };
        let rests_on = [line.quantity.as_str(), line.how.as_str()];
        let rests_on: Vec<&str> = rests_on.into_iter().filter(|text| !text.is_empty()).collect();
        for part in wrap(&rests_on.join(": "), look.columns().saturating_sub(6)) {
            keep(Some(&look.paint(Label::Faint, format!("      {part}"))));
        }
    }
    out
}

fn comparison(look: &Look, compared: &Comparison<'_>) -> String {
    let delta = compared.delta;
    let mut out = format!("\n{}\n", look.paint(Label::Heading, format!("Against {}", against(compared))));
    if delta.is_none() {
        out.push_str("  nothing changes\n");
        return out;
    }
    let mut rows: Vec<[String; 6]> = Vec::new();
    let mut owner = None;
    for change in &delta.changes {
        if owner.replace(&change.owner) != Some(&change.owner) {
            rows.push([
                change.owner.to_string(),
                String::new(),
                String::new(),
                String::new(),
                String::new(),
                String::new(),
            ]);
        }
        let (steady, peak) = lines::differences(change);
        let name = format!("  {}", change.meter);
        rows.push([name, lines::side(change.before), lines::side(change.after), steady, peak, String::new()]);
    }
    let width = |at: usize| rows.iter().filter_map(|row| row.get(at)).map(String::len).max().unwrap_or(0).max(8);
    let headings = ["", "BEFORE", "AFTER", "STEADY", "AT PEAK", ""];
    let place = |at: usize, text: &str| if matches!(at, 0 | 5) { text.to_owned() } else { right(text, width(at)) };
    let placed: Vec<String> = headings.iter().enumerate().map(|(at, text)| place(at, text)).collect();
    let mut table = Table::with_headings(&placed.iter().map(String::as_str).collect::<Vec<_>>());
    for row in &rows {
        let rising = row.get(3).is_some_and(|by| by.starts_with('+'));
        table.row(row.iter().enumerate().map(|(at, text)| {
            let label = match (at, text.as_str()) {
                (0, name) if !name.starts_with(' ') => Label::Heading,
                (_, lines::UNKNOWN) => Label::Warning,
                (3 | 4, _) if rising => Label::Changed,
                (3 | 4, _) => Label::Good,
                _ => Label::Plain,
            };
            Cell::new(label, place(at, text))
        }));
    }
    out.push_str(&table.render(look, 2));
    out.push_str(&paragraph(look, Label::Heading, "A month changes by ", &sum(compared)));
    if let Some((most, verdict)) = compared.increase {
        out.push_str(&judged(
            look,
            &format!("The most that it may become dearer by is {most}: the change is "),
            verdict,
        ));
    }
    out
}

/// What two estimates differ in besides the pipeline.
fn against(compared: &Comparison<'_>) -> String {
    format!("{} {}, {}", compared.before.pipeline, compared.called, compared.before.region)
}

/// The sum of the changes in words.
pub(super) fn sum(compared: &Comparison<'_>) -> String {
    let delta = compared.delta;
    let mut sum = format!(
        "{} USD at the steady load, {} USD at the peak",
        lines::signed(delta.known.steady),
        lines::signed(delta.known.peak)
    );
    if delta.unknown > 0 {
        sum.push_str(&format!(", and by {}", plural(delta.unknown, "unknown amount")));
    }
    sum
}

fn judged(look: &Look, begins: &str, verdict: Verdict) -> String {
    let label = match verdict {
        Verdict::Within => Label::Good,
        Verdict::WithinAsFarAsKnown => Label::Warning,
        Verdict::AboveAtPeak | Verdict::Above => Label::Bad,
    };
    paragraph(look, label, begins, lines::verdict(verdict))
}

/// A sentence, wrapped, its end in the style of a label.
fn paragraph(look: &Look, label: Label, begins: &str, end: &str) -> String {
    let text = wrap(&format!("{begins}{end}"), look.columns());
    let one = match text.as_slice() {
        [_] => format!("{begins}{}", look.paint(label, end)),
        several => several.join("\n"),
    };
    format!("\n{one}\n")
}

fn list(look: &Look, title: &str, sentences: &[String]) -> String {
    if sentences.is_empty() {
        return String::new();
    }
    let mut out = format!("\n{}\n", look.paint(Label::Heading, title));
    for sentence in sentences {
        for (at, part) in wrap(sentence, look.columns().saturating_sub(4)).iter().enumerate() {
            out.push_str(&format!("  {} {part}\n", if at == 0 { "-" } else { " " }));
        }
    }
    out
}

/// A text at the end of a field.
pub(super) fn right(text: &str, width: usize) -> String {
    format!("{}{text}", pad("", width.saturating_sub(text.len())))
}
