//! What a pipeline needs, has and could choose: text for a terminal, Markdown for a pull request, JSON for a program.
//!
//! Text and Markdown show the same pages; JSON carries the data they are made from.

mod assessment;
mod chart;
mod choices;
mod page;

use serde_json::{Value, json};

pub use page::Page;

use super::FORMAT_VERSION;
use super::words::json as to_value;
use crate::capacity::{Assessment, Choices, Decision};

/// What a page is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct About {
    /// The pipeline.
    pub pipeline: String,
    /// The environment.
    pub environment: String,
    /// The region.
    pub region: String,
    /// The total steady load that was asked for instead of the declared one.
    pub traffic: Option<String>,
    /// Pipelines of the environment that could not be read, and so are not reckoned with.
    pub unread: Vec<String>,
}

/// Returns the page of an assessment.
#[must_use]
pub fn assessment(about: &About, assessment: &Assessment, decisions: &[Decision]) -> Page {
    assessment::page(about, assessment, decisions)
}

/// Returns the page of what could be chosen.
#[must_use]
pub fn choices(about: &About, choices: &Choices) -> Page {
    choices::page(about, choices)
}

/// Returns an assessment as JSON: `pipeline`, `environment`, `region`, `traffic`, `unread`, `decisions` (what was left open
/// and chosen), and `assessment` with `stages`, `bottleneck`, `latency`, `recovery`, `advice`, `quotas`, `unknown`.
/// Durations are microseconds, loads per second, sizes bytes.
#[must_use]
pub fn assessment_to_json(about: &About, assessment: &Assessment, decisions: &[Decision]) -> Value {
    with(about, "assessment", to_value(assessment), Some(to_value(&decisions)))
}

/// Returns what could be chosen as JSON: as an assessment, but `choices` with `streams`, `reads`, `inference`, `batches`,
/// `unknown`.
#[must_use]
pub fn choices_to_json(about: &About, choices: &Choices) -> Value {
    with(about, "choices", to_value(choices), None)
}

fn with(about: &About, name: &str, data: Value, decisions: Option<Value>) -> Value {
    let mut whole = json!({
        "format_version": FORMAT_VERSION,
        "pipeline": about.pipeline,
        "environment": about.environment,
        "region": about.region,
        "traffic": about.traffic,
        "unread": about.unread,
    });
    if let Some(members) = whole.as_object_mut() {
        members.insert(name.to_owned(), data);
        members.extend(decisions.map(|decisions| ("decisions".to_owned(), decisions)));
    }
    whole
}
