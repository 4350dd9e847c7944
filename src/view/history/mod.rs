//! The history of a pipeline: what ran where, since when, by whom, and how it went. As a table, as data and as a timeline.

mod timeline;

use serde::Serialize;

pub use timeline::to_html;

use super::style::{Label, Look};
use super::table::{Cell, Table};
use super::words::{json, plural, short_duration};
use super::{EMBEDDED_NOTICE, FORMAT_VERSION, TOOL_VERSION};
use crate::release::{Draft, Ended, Entry, Fact, GateResult, Ledger, Overridden, Verdict, Via};
use crate::units::Timestamp;

/// One environment's part.
#[derive(Clone, Debug, Serialize)]
pub struct Chapter<'a> {
    /// The environment.
    pub environment: &'a str,
    /// The region.
    pub region: &'a str,
    /// Whether it is the embedded cloud's.
    pub embedded: bool,
    /// When it was looked at.
    pub at: Timestamp,
    /// The entries, the oldest first.
    pub entries: &'a [Entry],
    /// What is under way, or was left unrecorded.
    pub under_way: Option<&'a Draft>,
    #[serde(skip)]
    running: Option<&'a str>,
}

impl<'a> Chapter<'a> {
    /// A chapter from a ledger.
    #[must_use]
    pub fn new(
        environment: &'a str,
        region: &'a str,
        embedded: bool,
        at: Timestamp,
        ledger: &'a Ledger,
        under_way: Option<&'a Draft>,
    ) -> Self {
        let running = ledger.running().map(|digest| digest.short());
        Self { environment, region, embedded, at, entries: ledger.entries(), under_way, running }
    }
}

#[derive(Serialize)]
struct Document<'a> {
    format_version: &'static str,
    tool_version: &'static str,
    pipeline: &'a str,
    environments: &'a [Chapter<'a>],
}

/// Returns the document.
#[must_use]
pub fn to_json(pipeline: &str, chapters: &[Chapter<'_>]) -> serde_json::Value {
    json(&Document { format_version: FORMAT_VERSION, tool_version: TOOL_VERSION, pipeline, environments: chapters })
}

/// Returns a line for each entry.
#[must_use]
pub fn to_json_lines(chapters: &[Chapter<'_>]) -> Vec<serde_json::Value> {
    chapters.iter().flat_map(|chapter| chapter.entries).map(json).collect()
}

/// Returns the table, the newest entry of each environment first.
#[must_use]
pub fn to_text(look: &Look, pipeline: &str, chapters: &[Chapter<'_>]) -> String {
    let mut out = String::new();
    for chapter in chapters {
        let runs = chapter.running.map_or_else(|| "nothing runs".to_owned(), |digest| format!("runs {digest}"));
        let heading = format!("{pipeline} in {}", chapter.environment);
        out.push_str(&format!("{}  {}  {runs}\n", look.paint(Label::Heading, &heading), chapter.region));
        if chapter.embedded {
            out.push_str(&format!("{}\n", look.paint(Label::Warning, EMBEDDED_NOTICE)));
        }
        if chapter.entries.is_empty() {
            out.push_str("Nothing is recorded here.\n");
        } else {
            let mut table = Table::with_headings(&["NO", "WHEN", "RELEASE", "HOW", "TOOK", "WHAT"]);
            chapter.entries.iter().rev().for_each(|entry| table.row(row(entry)));
            out.push_str(&table.render(look, 0));
        }
        if let Some(draft) = chapter.under_way {
            out.push_str(&format!(
                "{} {} by {} since {}: under way, or its run died; the next `sluice deploy` records how it ended\n",
                look.paint(Label::Busy, "?"),
                draft.release.short(),
                name(&draft.by),
                minute(draft.began)
            ));
        }
        out.push('\n');
    }
    out.truncate(out.trim_end().len());
    out.push('\n');
    out
}

fn row(entry: &Entry) -> [Cell; 6] {
    let [number, when, release, how, took, what] = row_words(entry);
    let label = match &entry.fact {
        Fact::Deployment { outcome, .. } => outcome_words(*outcome).0,
        Fact::Judged { passed: true, .. } => Label::Good,
        Fact::Judged { passed: false, .. } => Label::Bad,
        Fact::Removal { .. } => Label::Removed,
    };
    [
        Cell::plain(number),
        Cell::new(Label::Faint, when),
        Cell::plain(release),
        Cell::new(label, how),
        Cell::new(Label::Faint, took),
        Cell::plain(what),
    ]
}

/// An entry in words: its number, when, which release, how it ended, how long it took, and the rest.
fn row_words(entry: &Entry) -> [String; 6] {
    let (release, how, took, what) = match &entry.fact {
        Fact::Deployment { release, outcome, began, ended, .. } => {
            let took = short_duration(ended.since(*began));
            (release.short(), outcome_words(*outcome).1, took, deployment(entry))
        }
        Fact::Judged { release, passed, gates, .. } => {
            let how = if *passed { "verified" } else { "failed its gates" };
            (release.short(), how, String::new(), gates_said(gates))
        }
        Fact::Removal { release } => {
            let release = release.as_ref().map_or("", |release| release.short());
            (release, "removed", String::new(), format!("by {}", name(&entry.by)))
        }
    };
    [entry.number.to_string(), minute(entry.at), release.to_owned(), how.to_owned(), took, what]
}

fn outcome_words(outcome: Ended) -> (Label, &'static str) {
    match outcome {
        Ended::Succeeded => (Label::Good, "deployed"),
        Ended::Unverified => (Label::Warning, "deployed, not verified"),
        Ended::RolledBack => (Label::Bad, "rolled back"),
        Ended::Stuck => (Label::Bad, "stuck"),
    }
}

/// A deployment in words: by which way, by whom, with what besides.
fn deployment(entry: &Entry) -> String {
    let Fact::Deployment { via, change_set, gates, approvals, overrides, reconciled, .. } = &entry.fact else {
        return String::new();
    };
    let way = match via {
        Via::Deploy if change_set.is_none() => "recorded; nothing to change".to_owned(),
        Via::Deploy => "deployed".to_owned(),
        Via::Promote { from } => format!("promoted from {from}"),
        Via::Rollback { .. } => "gone back to".to_owned(),
    };
    let mut said = vec![format!("{way} by {}", name(&entry.by))];
    if *via == (Via::Rollback { automatic: true }) {
        said.push("because gates failed".to_owned());
    }
    if !gates.is_empty() {
        said.push(gates_said(gates));
    }
    if !approvals.is_empty() {
        said.push(format!("agreed: {}", approvals.iter().map(|arn| name(arn)).collect::<Vec<_>>().join(", ")));
    }
    said.extend(overrides.iter().map(overridden));
    if *reconciled {
        said.push("recorded by a later run".to_owned());
    }
    said.join("; ")
}

fn overridden(one: &Overridden) -> String {
    format!("{} overridden by {}: {}", json_name(&one.gate), name(&one.by), one.reason)
}

fn gates_said(gates: &[GateResult]) -> String {
    let not: Vec<String> = gates
        .iter()
        .filter(|gate| gate.verdict != Verdict::Pass)
        .map(|gate| format!("{} {}: {}", json_name(&gate.gate), json_name(&gate.verdict), gate.why))
        .collect();
    let passed = gates.len() - not.len();
    match (passed, not.as_slice()) {
        (passed, []) => format!("{} passed", plural(passed, "gate")),
        (0, not) => not.join("; "),
        (passed, not) => format!("{}; {} passed", not.join("; "), plural(passed, "gate")),
    }
}

/// The name that a word of a document has.
fn json_name(word: &impl Serialize) -> String {
    json(word).as_str().unwrap_or_default().replace('_', " ")
}

/// Who somebody is, without the account: `role/deploy/jo` of an assumed role.
fn name(arn: &str) -> &str {
    let last = arn.splitn(6, ':').nth(5).unwrap_or(arn);
    last.strip_prefix("assumed-role/").unwrap_or(last)
}

/// A moment to the minute, in UTC.
fn minute(moment: Timestamp) -> String {
    let text = moment.to_string();
    text.get(..16).map_or(text.clone(), |text| text.replace('T', " "))
}
