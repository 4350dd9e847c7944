//! What came of a comment.

use serde::Serialize;

use super::words::json;
use super::{FORMAT_VERSION, TOOL_VERSION};

/// A comment that is there.
#[derive(Clone, Debug, Serialize)]
pub struct Commented<'a> {
    /// `created`, `edited` or `unchanged`.
    pub result: &'static str,
    /// Its number.
    pub id: u64,
    /// Where people read it, where the code host says so.
    pub url: Option<&'a str>,
    /// Its first line.
    pub marker: &'a str,
}

#[derive(Serialize)]
struct Document<'a> {
    format_version: &'static str,
    tool_version: &'static str,
    comment: &'a Commented<'a>,
}

/// Returns `{"format_version": …, "tool_version": …, "comment": {"result": …, "id": …, "url": …, "marker": …}}`.
#[must_use]
pub fn to_json(commented: &Commented<'_>) -> serde_json::Value {
    json(&Document { format_version: FORMAT_VERSION, tool_version: TOOL_VERSION, comment: commented })
}

/// Returns one line.
#[must_use]
pub fn to_text(commented: &Commented<'_>) -> String {
    let place = commented.url.map_or_else(|| format!("number {}", commented.id), str::to_owned);
    format!("comment {}: {place}\n", commented.result)
}
