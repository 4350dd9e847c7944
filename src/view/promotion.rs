//! Promotions and going back: how they ended, in words and as data.

use serde::Serialize;

use super::next_steps::{self, NextStep};
use super::style::{Label, Look};
use super::words::{json, plural};
use super::{FORMAT_VERSION, TOOL_VERSION};
use crate::release::{GateResult, Verdict};
use crate::units::Timestamp;

/// What became of a release.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum End {
    /// It ran there already.
    AlreadyThere,
    /// It is there now.
    Deployed,
    /// It is being judged.
    Baking,
    /// It has proven itself.
    Verified,
    /// Nobody can say whether it does well.
    Held,
    /// It did not do well, and the one before it runs again.
    GoneBack,
    /// It was left running.
    Detached,
}

/// How it ended.
#[derive(Clone, Debug, Serialize)]
pub struct Ending<'a> {
    /// The pipeline.
    pub pipeline: &'a str,
    /// Where it comes from; none where somebody goes back.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<&'a str>,
    /// Where it went.
    pub to: &'a str,
    /// The release.
    pub release: &'a str,
    /// What became of it.
    pub result: End,
    /// Until when it is judged.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub until: Option<Timestamp>,
    /// How what runs was judged.
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    pub gates: &'a [GateResult],
    /// The release that runs now, where it is another one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub running: Option<&'a str>,
    /// What to type next.
    pub next: &'a [NextStep],
}

#[derive(Serialize)]
struct Document<'a> {
    format_version: &'static str,
    tool_version: &'static str,
    #[serde(flatten)]
    ending: &'a Ending<'a>,
}

/// Returns the document.
#[must_use]
pub fn to_json(ending: &Ending<'_>) -> serde_json::Value {
    json(&Document { format_version: FORMAT_VERSION, tool_version: TOOL_VERSION, ending })
}

fn short(digest: &str) -> &str {
    digest.get(..12).unwrap_or(digest)
}

/// Returns what a person reads at the end.
#[must_use]
pub fn to_text(look: &Look, ending: &Ending<'_>) -> String {
    let (release, to) = (short(ending.release), ending.to);
    let (label, said) = match ending.result {
        End::AlreadyThere => (Label::Good, format!("{to} runs {release} already, nothing to do")),
        End::Deployed => (Label::Good, format!("{to} runs {release}")),
        End::Baking => {
            let until = ending.until.map(|until| until.to_string()).unwrap_or_default();
            (Label::Busy, format!("{to} runs {release}, and is watched until {until}"))
        }
        End::Verified => {
            let gates = plural(ending.gates.len(), "gate");
            (Label::Good, format!("{release} has proven itself in {to}: {gates} passed"))
        }
        End::Held => (Label::Warning, format!("{to} runs {release}, and nobody can say yet whether it does well")),
        End::GoneBack => {
            let runs = ending.running.map_or("the release before it", short);
            (Label::Bad, format!("{release} did not do well in {to}: {runs} runs again"))
        }
        End::Detached => (Label::Busy, format!("{to} goes on to {release} by itself")),
    };
    let mut out = format!("{}\n", look.paint(label, said));
    for gate in ending.gates.iter().filter(|gate| gate.verdict != Verdict::Pass) {
        let name = gate.name.as_ref().map(|name| format!(" {name}")).unwrap_or_default();
        out.push_str(&format!("  {}{name}: {}\n", gate.gate, gate.why));
    }
    let next = next_steps::to_text(look, ending.next);
    if !next.is_empty() {
        out.push_str(&format!("\n{next}"));
    }
    out
}
