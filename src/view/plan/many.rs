//! Many plans at once: a row for each, what needs a look first, and how many of what in all.

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use super::json::Counts;
use super::markdown::{MARKDOWN_LIMIT, code, escape, is_alarming, marked, within};
use super::schema::Document;
use super::{About, Detail, to_json, words};
use crate::diagnostic::{Diagnostics, Severity};
use crate::plan::{Action, FORMAT_VERSION, Plan, Riskiest, Summary};
use crate::units::Region;
use crate::view::TOOL_VERSION;
use crate::view::diagnostics::{self, Report};
use crate::view::style::{Label, Look};
use crate::view::table::{Cell, Table};
use crate::view::words::{json as to_value, plural};

/// One of many plans.
#[derive(Clone, Debug)]
pub struct Entry {
    /// The pipeline.
    pub pipeline: String,
    /// The environment.
    pub environment: String,
    /// Its plan, or why there is none.
    pub outcome: Result<(Plan, About), Diagnostics>,
}

impl Entry {
    fn plan(&self) -> Option<&Plan> {
        self.outcome.as_ref().ok().map(|(plan, _)| plan)
    }

    pub(super) fn changes(&self) -> bool {
        self.plan().is_some_and(|plan| !plan.is_empty())
    }

    /// What needs a look first; why there is no plan where there is none.
    pub(super) fn worst(&self) -> Option<(Label, String)> {
        match &self.outcome {
            Ok((plan, _)) => {
                let found = plan.riskiest()?;
                let more = if found.more == 0 { String::new() } else { format!(", and {} more", found.more) };
                Some((Label::Warning, format!("{}: {}{more}", found.logical_id, words::risk(found.risk))))
            }
            Err(found) => {
                let first =
                    found.iter().find(|found| found.severity == Severity::Error).or_else(|| found.iter().next());
                let text = first.map_or_else(|| "failed".to_owned(), |first| format!("{} {}", first.code, first.title));
                Some((Label::Bad, format!("NOT PLANNED: {text}")))
            }
        }
    }
}

/// What is new, changed, replaced, removed and taken in.
pub(super) fn counts(summary: &Summary) -> [usize; 5] {
    let replaced = summary.count(Action::Replace) + summary.count(Action::ReplaceDeletingFirst);
    [
        summary.count(Action::Create),
        summary.count(Action::Update),
        replaced,
        summary.count(Action::Delete),
        summary.count(Action::Import),
    ]
}

/// How many plans there are, how many of them change something, how many failed.
pub(super) fn tally(entries: &[Entry]) -> String {
    let changed = entries.iter().filter(|entry| entry.changes()).count();
    let failed = entries.iter().filter(|entry| entry.outcome.is_err()).count();
    let mut text = match changed {
        0 => format!("{}, none with changes", plural(entries.len() - failed, "plan")),
        changed => format!("{}, {changed} with changes", plural(entries.len() - failed, "plan")),
    };
    if failed > 0 {
        text.push_str(&format!(", {failed} not planned"));
    }
    text
}

pub(super) fn total(entries: &[Entry]) -> Summary {
    entries.iter().filter_map(Entry::plan).map(|plan| plan.summary.clone()).sum()
}

/// Returns the summary that follows the plans: a row for each, how many there are, and the counts of all as the last line.
#[must_use]
pub fn table(look: &Look, entries: &[Entry]) -> String {
    let words = ["ADD", "CHANGE", "REPLACE", "DESTROY", "IMPORT"];
    let wide = rows_under(words, entries);
    // Where words leave no room for what is riskiest, the signs of the plans say the same.
    let signs = [Action::Create, Action::Update, Action::Replace, Action::Delete, Action::Import].map(Action::symbol);
    let table = if wide.fits(look, 0) { wide } else { rows_under(signs, entries) };
    let total = look.paint(Label::Heading, total(entries));
    format!("{}\n{}.\n{total}\n", table.render(look, 0), tally(entries))
}

/// The table with these headings over its counts; numbers stand under each other by their last digit.
fn rows_under(headings: [&str; 5], entries: &[Entry]) -> Table {
    let counted: Vec<Option<[String; 5]>> =
        entries.iter().map(|entry| Some(counts(&entry.plan()?.summary).map(|count| count.to_string()))).collect();
    let widest = |at: usize, heading: &str| {
        let numbers = counted.iter().flatten().filter_map(|row| row.get(at)).map(String::len);
        numbers.chain([heading.len()]).max().unwrap_or(0)
    };
    let widths: Vec<usize> = headings.iter().enumerate().map(|(at, heading)| widest(at, heading)).collect();
    let right = |text: &str, at: usize| format!("{text:>width$}", width = widths.get(at).copied().unwrap_or(0));
    let above: Vec<String> = headings.iter().enumerate().map(|(at, heading)| right(heading, at)).collect();
    let above: Vec<&str> =
        ["PIPELINE", "ENV"].into_iter().chain(above.iter().map(String::as_str)).chain(["RISKIEST"]).collect();
    let mut table = Table::with_headings(&above);
    for (entry, counted) in entries.iter().zip(&counted) {
        let mut row = vec![Cell::plain(&entry.pipeline), Cell::plain(&entry.environment)];
        row.extend((0..headings.len()).map(|at| {
            let count = counted.as_ref().and_then(|row| row.get(at)).map_or("-", String::as_str);
            Cell::new(if count == "0" { Label::Faint } else { Label::Plain }, right(count, at))
        }));
        let (label, worst) = entry
            .worst()
            .unwrap_or_else(|| (Label::Faint, if entry.changes() { "-".to_owned() } else { "no changes".to_owned() }));
        row.push(Cell::new(label, worst));
        table.row(row);
    }
    table
}

/// Several plans, in their order.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "PlansDocument")]
pub(super) struct Plans<'a> {
    /// Version of this format, MAJOR.MINOR: within a major version fields and values are only added.
    format_version: &'static str,
    /// The Sluice that wrote it.
    tool_version: &'static str,
    /// Tells it from one plan.
    kind: PlansKind,
    /// Whether there is anything to do in any.
    changes: bool,
    /// Whether every one could be planned.
    complete: bool,
    /// Resources of all by verb.
    counts: Counts,
    /// A row for each.
    summary: Vec<Row<'a>>,
    /// Each that could be planned.
    #[schemars(with = "Vec<Document>")]
    plans: Vec<Value>,
    /// Each that could not.
    failed: Vec<Failed<'a>>,
}

/// What tells several plans from one.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum PlansKind {
    /// Several plans.
    Plans,
}

/// One of several plans, in a row.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "PlansRow")]
struct Row<'a> {
    /// The pipeline.
    pipeline: &'a str,
    /// The environment.
    environment: &'a str,
    /// Whether it could be planned.
    planned: bool,
    /// Whether there is anything to do.
    changes: bool,
    /// Resources by verb; null where it could not be planned.
    counts: Option<Counts>,
    /// What needs a look first; null where nothing does.
    riskiest: Option<Riskiest>,
}

/// A pipeline that could not be planned.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "PlanFailure")]
struct Failed<'a> {
    /// The pipeline.
    pipeline: &'a str,
    /// The environment.
    environment: &'a str,
    /// Why.
    diagnostics: Report<'a>,
}

/// Returns the plans for a program, in their order: `plans` as a single plan's JSON is, `failed` with what is wrong, a `summary` with a
/// row for each, and the `counts` of all.
#[must_use]
pub fn many_to_json(entries: &[Entry]) -> Value {
    let plans = entries.iter().filter_map(|entry| entry.outcome.as_ref().ok());
    to_value(&Plans {
        format_version: FORMAT_VERSION,
        tool_version: TOOL_VERSION,
        kind: PlansKind::Plans,
        changes: entries.iter().any(Entry::changes),
        complete: entries.iter().all(|entry| entry.outcome.is_ok()),
        counts: Counts::from(&total(entries)),
        summary: entries.iter().map(row).collect(),
        plans: plans.map(|(plan, about)| to_json(plan, about)).collect(),
        failed: entries.iter().filter_map(failed).collect(),
    })
}

fn row(entry: &Entry) -> Row<'_> {
    Row {
        pipeline: &entry.pipeline,
        environment: &entry.environment,
        planned: entry.outcome.is_ok(),
        changes: entry.changes(),
        counts: entry.plan().map(|plan| Counts::from(&plan.summary)),
        riskiest: entry.plan().and_then(Plan::riskiest),
    }
}

fn failed(entry: &Entry) -> Option<Failed<'_>> {
    let diagnostics = diagnostics::report(entry.outcome.as_ref().err()?);
    Some(Failed { pipeline: &entry.pipeline, environment: &entry.environment, diagnostics })
}

/// Characters kept free for what is said of plans that did not fit.
const TAIL: usize = 2_000;

/// Returns one comment for all plans, at most as long as a comment may be: the table whole, then each plan with changes folded. What
/// did not fit is said loudly. The hidden marker says which pipelines were `called` for, and in which region where one was asked
/// for, so that the next comment on the same ones takes its place.
#[must_use]
pub fn many_to_markdown(entries: &[Entry], called: &str, region: Option<&Region>, detail: Detail) -> String {
    let alarming = entries.iter().any(|entry| {
        entry.outcome.is_err() || entry.outcome.as_ref().is_ok_and(|(plan, about)| is_alarming(plan, about))
    });
    let symbol = if alarming { "⚠️ " } else { "" };
    let mut environments: Vec<&str> = entries.iter().map(|entry| entry.environment.as_str()).collect();
    environments.dedup();
    let environments = environments.join(",");
    let mut out = format!(
        "<!-- sluice:plan pipelines={} env={}{} -->\n### {symbol}{}: {}\n\n`{}`\n",
        marked(called),
        marked(&environments),
        region.map(|region| format!(" region={region}")).unwrap_or_default(),
        escape(&environments),
        tally(entries),
        total(entries)
    );
    let cut_rows = rows(&mut out, entries);
    let mut used = out.chars().count();
    let changed: Vec<(&Plan, &About)> = entries
        .iter()
        .filter_map(|entry| entry.outcome.as_ref().ok())
        .filter(|(plan, _)| !plan.is_empty())
        .map(|(plan, about)| (plan, about))
        .collect();
    let mut left_out = Vec::new();
    for (at, (plan, about)) in changed.iter().enumerate() {
        let room = MARKDOWN_LIMIT.saturating_sub(used + TAIL) / (changed.len() - at);
        let block = folded(plan, about, detail, room);
        let long = block.chars().count();
        if long > room {
            left_out.push(format!("`{}` in `{}`", code(&about.pipeline), code(&about.environment)));
        } else {
            used += long;
            out.push_str(&block);
        }
    }
    out.push_str(&cut(cut_rows, &left_out));
    out
}

/// Writes the table; returns how many rows did not fit.
fn rows(out: &mut String, entries: &[Entry]) -> usize {
    out.push_str("\n| Pipeline | Environment | Add | Change | Replace | Destroy | Import | Riskiest |\n|---|---|--:|--:|--:|--:|--:|---|\n");
    let mut used = out.chars().count();
    for (at, entry) in entries.iter().enumerate() {
        let numbers: Vec<String> = match entry.plan() {
            Some(plan) => counts(&plan.summary).iter().map(ToString::to_string).collect(),
            None => vec!["-".to_owned(); 5],
        };
        let worst = match entry.worst() {
            Some((Label::Bad, text)) => format!("**{}**", escape(&text)),
            Some((_, text)) => escape(&text),
            None if entry.changes() => String::new(),
            None => "no changes".to_owned(),
        };
        let row = format!(
            "| {} | {} | {} | {worst} |\n",
            escape(&entry.pipeline),
            escape(&entry.environment),
            numbers.join(" | ")
        );
        used += row.chars().count();
        if used > MARKDOWN_LIMIT / 2 {
            return entries.len() - at;
        }
        out.push_str(&row);
    }
    0
}

fn folded(plan: &Plan, about: &About, detail: Detail, room: usize) -> String {
    let opening = format!(
        "\n<details><summary>{} · {}: {}</summary>\n\n",
        escape(&about.pipeline),
        escape(&about.environment),
        plan.summary.to_string().trim_start_matches("Plan: ").trim_end_matches('.')
    );
    let closing = "\n</details>\n";
    let frame = opening.chars().count() + closing.chars().count();
    format!("{opening}{}{closing}", within(plan, about, detail, room.saturating_sub(frame)))
}

fn cut(rows: usize, plans: &[String]) -> String {
    let mut told = Vec::new();
    if rows > 0 {
        told.push(format!("{} of the table", plural(rows, "row")));
    }
    if !plans.is_empty() {
        const NAMED: usize = 10;
        let more = if plans.len() > NAMED { format!(" and {} more", plans.len() - NAMED) } else { String::new() };
        let named: Vec<&str> = plans.iter().take(NAMED).map(String::as_str).collect();
        told.push(format!("the plans of {}{more}", named.join(", ")));
    }
    if told.is_empty() {
        return String::new();
    }
    format!(
        "\n> [!WARNING]\n> **Cut:** {} did not fit into this comment. `--output json` has everything.\n",
        told.join(" and ")
    )
}

#[cfg(test)]
mod tests {
    use super::super::fixtures::{about, change_of_parallel, create, empty, risky};
    use serde_json::json;

    use super::*;
    use crate::diagnostic::{Code, Diagnostic};

    fn entries() -> Vec<Entry> {
        let plans = [("calm", change_of_parallel()), ("risky", risky()), ("same", empty()), ("new", create())];
        let mut all: Vec<Entry> = plans
            .into_iter()
            .map(|(name, plan)| Entry {
                pipeline: name.to_owned(),
                environment: "prod".to_owned(),
                outcome: Ok((plan, About { pipeline: name.to_owned(), environment: "prod".to_owned(), ..about() })),
            })
            .collect();
        let wrong = Diagnostic::error(Code::UnknownReference, "`orders` leads nowhere | <b>");
        all.push(Entry { pipeline: "wrong".to_owned(), environment: "prod".to_owned(), outcome: Err(wrong.into()) });
        all
    }

    #[test]
    fn the_table_has_a_row_for_each_and_ends_with_the_counts_of_all() {
        insta::assert_snapshot!(table(&Look { width: 120, ..Look::plain() }, &entries()));
    }

    #[test]
    fn on_a_narrow_screen_signs_stand_for_words() {
        insta::assert_snapshot!(table(&Look { width: 80, ..Look::plain() }, &entries()));
    }

    #[test]
    fn one_comment_tells_all_of_them_and_folds_each() {
        insta::assert_snapshot!(many_to_markdown(&entries(), "calm,risky,same,new,wrong", None, Detail::default()));
    }

    #[test]
    fn json_holds_every_plan_and_every_failure() {
        let json = many_to_json(&entries());
        let length = |name: &str| json.get(name).and_then(Value::as_array).map(Vec::len);
        assert_eq!((length("plans"), length("failed"), length("summary")), (Some(4), Some(1), Some(5)));
        assert_eq!(json.pointer("/summary/1/riskiest/risk"), Some(&json!("impossible")));
        assert_eq!(json.pointer("/counts/add"), Some(&json!(4)));
        assert_eq!((json.get("complete"), json.get("changes")), (Some(&json!(false)), Some(&json!(true))));
    }

    #[test]
    fn a_comment_of_many_huge_plans_stays_under_the_limit_and_says_what_was_cut() {
        let mut huge = create();
        let one = huge.resources.first().cloned().unwrap();
        huge.resources = vec![one; 2_000];
        for count in [1, 3, 40, 900] {
            let entry = Entry {
                pipeline: "p".repeat(30),
                environment: "prod".to_owned(),
                outcome: Ok((huge.clone(), about())),
            };
            let text = many_to_markdown(&vec![entry; count], "all", None, Detail::default());
            assert!(text.chars().count() <= MARKDOWN_LIMIT, "{count}: {}", text.chars().count());
            assert!(text.contains("**Cut:**"), "{count}");
            assert_eq!(text.matches("<details>").count(), text.matches("</details>").count(), "{count}");
        }
    }
}
