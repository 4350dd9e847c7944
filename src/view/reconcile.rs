//! What became of every pipeline that was reconciled.

use serde::Serialize;

use super::style::{Label, Look};
use super::table::{Cell, Table};
use super::words::json;
use super::{FORMAT_VERSION, TOOL_VERSION};
use crate::units::Timestamp;

/// How a pipeline stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// The newest proven release runs, and nobody asks for more.
    UpToDate,
    /// A release was promoted.
    Promoted,
    /// What was promoted is being judged.
    Baking,
    /// What was promoted has proven itself.
    Verified,
    /// Nobody can say whether what was promoted does well.
    Held,
    /// What was promoted did not do well; the release before it runs again.
    GoneBack,
    /// A release waits, or may not go.
    Waits,
    /// There is nothing to promote.
    Nothing,
    /// It went wrong.
    Failed,
}

/// One pipeline.
#[derive(Clone, Debug, Serialize)]
pub struct Row {
    /// The pipeline.
    pub pipeline: String,
    /// How it stands.
    pub state: State,
    /// The release.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub release: Option<String>,
    /// Until when it waits, where that is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub until: Option<Timestamp>,
    /// Why, a line for each reason.
    pub why: Vec<String>,
}

#[derive(Serialize)]
struct Document<'a> {
    format_version: &'static str,
    tool_version: &'static str,
    environment: &'a str,
    pipelines: &'a [Row],
}

/// Returns the document.
#[must_use]
pub fn to_json(environment: &str, rows: &[Row]) -> serde_json::Value {
    json(&Document { format_version: FORMAT_VERSION, tool_version: TOOL_VERSION, environment, pipelines: rows })
}

/// Returns a table.
#[must_use]
pub fn to_text(look: &Look, environment: &str, rows: &[Row]) -> String {
    let mut table = Table::with_headings(&["PIPELINE", "STATE", "RELEASE", "WHY"]);
    for row in rows {
        let (label, state) = match row.state {
            State::UpToDate => (Label::Good, "up to date"),
            State::Promoted => (Label::Good, "promoted"),
            State::Baking => (Label::Busy, "watched"),
            State::Verified => (Label::Good, "verified"),
            State::Held => (Label::Warning, "held"),
            State::GoneBack => (Label::Bad, "gone back"),
            State::Waits => (Label::Warning, "waits"),
            State::Nothing => (Label::Faint, "nothing"),
            State::Failed => (Label::Bad, "failed"),
        };
        let release = row.release.as_deref().and_then(|release| release.get(..12)).unwrap_or_default();
        table.row([
            Cell::plain(&row.pipeline),
            Cell::new(label, state),
            Cell::plain(release),
            Cell::plain(row.why.join("; ")),
        ]);
    }
    format!("{}\n{}\n", look.paint(Label::Heading, environment), table.render(look, 0))
}
