//! Gates: how each stands for a release, why, and what it waits for.

use serde::Serialize;
use serde_json::{Value, json};

use super::next_steps::{self, NextStep};
use super::style::{Label, Look};
use super::table::{Cell, Table};
use super::words::{json as to_value, markup, printable, wrap};
use super::{EMBEDDED_NOTICE, FORMAT_VERSION, TOOL_VERSION};
use crate::release::{Decision, GateResult, Overridden, Refusal, Verdict};
use crate::units::Timestamp;

/// What the gates are of.
#[derive(Clone, Debug, Serialize)]
pub struct About<'a> {
    /// The pipeline.
    pub pipeline: &'a str,
    /// The environment.
    pub environment: &'a str,
    /// The region.
    pub region: &'a str,
    /// The environment that the release was to prove itself in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<&'a str>,
    /// The release.
    pub release: &'a str,
    /// The plan that an approval is bound to; none where what runs is judged.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub plan: Option<&'a str>,
    /// Since when what runs is judged.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub since: Option<Timestamp>,
    /// Whether it stands in the embedded cloud.
    pub embedded: bool,
    /// When it was looked at.
    pub at: Timestamp,
    /// What to type next.
    pub next: &'a [NextStep],
}

/// What comes of the gates.
#[derive(Clone, Copy, Debug)]
pub enum Outcome<'a> {
    /// Whether the release may go.
    Decided(&'a Decision),
    /// How what runs was judged.
    Judged(&'a [GateResult]),
}

impl<'a> Outcome<'a> {
    fn gates(self) -> &'a [GateResult] {
        match self {
            Self::Decided(decision) => decision.gates(),
            Self::Judged(gates) => gates,
        }
    }

    /// One word for it, in documents.
    fn word(self) -> &'static str {
        match self {
            Self::Decided(Decision::Go { .. }) => "go",
            Self::Decided(Decision::Wait { .. }) => "wait",
            Self::Decided(Decision::Refused { .. }) => "refused",
            Self::Judged(gates) => match worst(gates) {
                Verdict::Pass => "pass",
                Verdict::Inconclusive => "inconclusive",
                Verdict::Fail => "fail",
            },
        }
    }

    fn until(self) -> Option<Timestamp> {
        match self {
            Self::Decided(Decision::Wait { until, .. }) => *until,
            Self::Decided(Decision::Go { .. } | Decision::Refused { .. }) | Self::Judged(_) => None,
        }
    }

    /// What it comes to, in a few words.
    fn said(self) -> (Label, String) {
        match self {
            Self::Decided(Decision::Go { .. }) => (Label::Good, "may go".to_owned()),
            Self::Decided(Decision::Wait { until: Some(until), .. }) => {
                (Label::Warning, format!("waits, at least until {until}"))
            }
            Self::Decided(Decision::Wait { until: None, .. }) => (Label::Warning, "waits".to_owned()),
            Self::Decided(Decision::Refused { why, .. }) => (Label::Bad, refusal(why)),
            Self::Judged(gates) => match worst(gates) {
                Verdict::Pass if gates.is_empty() => (Label::Warning, "nothing is measured here".to_owned()),
                Verdict::Pass => (Label::Good, "holds".to_owned()),
                Verdict::Inconclusive => (Label::Warning, "nobody can say".to_owned()),
                Verdict::Fail => (Label::Bad, "does not hold".to_owned()),
            },
        }
    }
}

/// The worst of several verdicts; a pass where there are none.
fn worst(gates: &[GateResult]) -> Verdict {
    let is = |verdict: Verdict| gates.iter().any(|gate| gate.verdict == verdict);
    match (is(Verdict::Fail), is(Verdict::Inconclusive)) {
        (true, _) => Verdict::Fail,
        (false, true) => Verdict::Inconclusive,
        (false, false) => Verdict::Pass,
    }
}

/// Why a promotion is refused, in a few words.
fn refusal(why: &Refusal) -> String {
    match why {
        Refusal::Failed(gates) => {
            let called: Vec<String> = gates
                .iter()
                .map(|(kind, name)| name.as_ref().map_or_else(|| kind.to_string(), |name| format!("{kind} {name}")))
                .collect();
            format!("may not go: {}", called.join(", "))
        }
        Refusal::MayNotOverride(gate) => format!("may not go: {gate} may not be overridden"),
        Refusal::NoReason(gate) => format!("may not go: {gate} is overridden without a reason"),
    }
}

/// Returns the document: `format_version`, `tool_version`, what [`About`] has, `outcome` (`go`, `wait`, `refused`; where what
/// runs is judged `pass`, `inconclusive`, `fail`), `until`, `gates` (each `gate`, `name`, `verdict`, `why`, `until`),
/// `approvals` and `overrides` where it may go.
#[must_use]
pub fn to_json(about: &About<'_>, outcome: Outcome<'_>) -> Value {
    let mut document = json!({"format_version": FORMAT_VERSION, "tool_version": TOOL_VERSION});
    let (approvals, overrides): (&[String], &[Overridden]) = match outcome {
        Outcome::Decided(Decision::Go { approvals, overrides, .. }) => (approvals, overrides),
        Outcome::Decided(Decision::Wait { .. } | Decision::Refused { .. }) | Outcome::Judged(_) => (&[], &[]),
    };
    if let (Some(fields), Value::Object(more)) = (document.as_object_mut(), to_value(about)) {
        fields.extend(more);
        fields.insert("outcome".to_owned(), json!(outcome.word()));
        fields.insert("until".to_owned(), json!(outcome.until()));
        fields.insert("gates".to_owned(), json!(outcome.gates()));
        fields.insert("approvals".to_owned(), json!(approvals));
        fields.insert("overrides".to_owned(), json!(overrides));
    }
    document
}

/// Returns a line for each gate (`kind` is `gate`), and at last one with what comes of them (`summary`).
#[must_use]
pub fn to_json_lines(about: &About<'_>, outcome: Outcome<'_>) -> Vec<Value> {
    let line = |kind: &str, value: Value| {
        let mut line = json!({"format_version": FORMAT_VERSION, "kind": kind});
        if let (Some(fields), Value::Object(more)) = (line.as_object_mut(), value) {
            fields.extend(more);
        }
        line
    };
    let mut end = to_json(about, outcome);
    if let Some(fields) = end.as_object_mut() {
        fields.remove("gates");
    }
    let gates = outcome.gates().iter().map(|gate| line("gate", to_value(gate)));
    gates.chain([line("summary", end)]).collect()
}

/// What a verdict is shown as.
fn shown(look: &Look, verdict: Verdict) -> (Label, &'static str) {
    match verdict {
        Verdict::Pass => (Label::Good, look.symbol("✓", "ok")),
        Verdict::Inconclusive => (Label::Warning, "?"),
        Verdict::Fail => (Label::Bad, look.symbol("✗", "x")),
    }
}

/// The first twelve digits of a digest.
fn short(digest: &str) -> &str {
    digest.get(..12).unwrap_or(digest)
}

/// Returns what a person reads.
#[must_use]
pub fn to_text(look: &Look, about: &About<'_>, outcome: Outcome<'_>) -> String {
    let (label, said) = outcome.said();
    let way = match about.from {
        Some(from) => format!("{from} {} {}", look.arrow(), about.environment),
        None => about.environment.to_owned(),
    };
    let heading = printable(&format!("{} {way}", about.pipeline)).into_owned();
    let mut out = format!("{}  {}\n", look.paint(Label::Heading, heading), look.paint(label, said));
    if about.embedded {
        out.push_str(&format!("{}\n", look.paint(Label::Warning, EMBEDDED_NOTICE)));
    }
    let mut of = format!("release {}", short(about.release));
    if let Some(plan) = about.plan {
        of.push_str(&format!(", plan {}", short(plan)));
    }
    if let Some(since) = about.since {
        of.push_str(&format!(", since {since}"));
    }
    out.push_str(&format!("{}\n\n", look.paint(Label::Faint, of)));
    if outcome.gates().is_empty() {
        let none = format!("{} asks for no gate.", about.environment);
        wrap(&none, look.columns()).iter().for_each(|line| out.push_str(&format!("{line}\n")));
    }
    let mut table = Table::new();
    for gate in outcome.gates() {
        let (label, mark) = shown(look, gate.verdict);
        let why = match gate.until {
            Some(until) if !gate.why.contains(&until.to_string()) => format!("{}; until {until}", gate.why),
            _ => gate.why.clone(),
        };
        table.row([Cell::new(label, mark), Cell::plain(gate.called()), Cell::plain(why)]);
    }
    out.push_str(&table.render(look, 2));
    out.push_str(&next_steps::to_text(look, about.next));
    out
}

/// Returns a table for a code host.
#[must_use]
pub fn to_markdown(about: &About<'_>, outcome: Outcome<'_>) -> String {
    let way = about.from.map_or_else(String::new, |from| format!("{} to ", markup(from)));
    let (_, said) = outcome.said();
    let mut out = format!(
        "**{}** {way}{}: {}\n\nRelease `{}`",
        markup(about.pipeline),
        markup(about.environment),
        markup(&said),
        short(about.release)
    );
    if let Some(plan) = about.plan {
        out.push_str(&format!(", plan `{}`", short(plan)));
    }
    out.push_str("\n\n| | gate | |\n|---|---|---|\n");
    for gate in outcome.gates() {
        let mark = match gate.verdict {
            Verdict::Pass => "✅",
            Verdict::Inconclusive => "❔",
            Verdict::Fail => "❌",
        };
        let until = gate.until.map_or_else(String::new, |until| format!("; until {until}"));
        let cell = |text: &str| markup(text).replace('|', "\\|");
        out.push_str(&format!("| {mark} | {} | {}{until} |\n", cell(&gate.called()), cell(&gate.why)));
    }
    if about.embedded {
        out.push_str(&format!("\n{EMBEDDED_NOTICE}\n"));
    }
    out
}
