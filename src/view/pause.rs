//! Readers that were paused or resumed.

use serde::Serialize;

use super::style::{Label, Look};
use super::words::{json, short_duration};
use super::{FORMAT_VERSION, TOOL_VERSION};
use crate::units::{Duration, LogicalId};

/// How readers stand after they were switched.
#[derive(Clone, Debug, Serialize)]
pub struct Paused<'a> {
    /// The pipeline.
    pub pipeline: &'a str,
    /// The environment.
    pub environment: &'a str,
    /// The region.
    pub region: &'a str,
    /// The readers that were meant.
    pub readers: Vec<PausedReader<'a>>,
}

/// One reader.
#[derive(Clone, Debug, Serialize)]
pub struct PausedReader<'a> {
    /// Its mapping.
    pub logical_id: &'a LogicalId,
    /// Whether the command switched it.
    pub switched: bool,
    /// Whether it is paused now.
    pub paused: bool,
    /// How far it was behind lately, at most; unknown where it published nothing.
    #[serde(rename = "behind_micros")]
    pub behind: Option<Duration>,
    /// How long its stream keeps records.
    #[serde(rename = "retention_micros")]
    pub retention: Option<Duration>,
}

#[derive(Serialize)]
struct Document<'a> {
    format_version: &'static str,
    tool_version: &'static str,
    #[serde(flatten)]
    paused: &'a Paused<'a>,
}

/// Returns the document.
#[must_use]
pub fn to_json(paused: &Paused<'_>) -> serde_json::Value {
    json(&Document { format_version: FORMAT_VERSION, tool_version: TOOL_VERSION, paused })
}

/// Returns a line or two for each reader.
#[must_use]
pub fn to_text(look: &Look, paused: &Paused<'_>) -> String {
    if paused.readers.is_empty() {
        return format!("no reader of a stream is deployed of {} in {}\n", paused.pipeline, paused.environment);
    }
    let mut out = String::new();
    for reader in &paused.readers {
        let (label, state) = match (reader.paused, reader.switched) {
            (true, true) => (Label::Warning, "is paused, and keeps its position"),
            (true, false) => (Label::Warning, "was paused already"),
            (false, true) => (Label::Good, "reads on from where it was"),
            (false, false) => (Label::Good, "was reading already"),
        };
        let name = look.paint(Label::Heading, reader.logical_id);
        out.push_str(&format!("{name} {}\n", look.paint(label, state)));
        let behind = reader.behind.map(|behind| format!("it was {} behind just now", short_duration(behind)));
        let kept = reader.retention.map(|kept| format!("its stream keeps records for {kept}"));
        let more: Vec<String> = behind.into_iter().chain(kept).collect();
        if reader.paused && !more.is_empty() {
            out.push_str(&format!("  {}\n", look.paint(Label::Faint, more.join("; "))));
        }
    }
    out
}
