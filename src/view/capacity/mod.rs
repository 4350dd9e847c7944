//! What a pipeline needs, has and could choose: text for a terminal, Markdown for a pull request, JSON for a program.
//!
//! Text and Markdown show the same pages; JSON carries the data they are made from.

mod assessment;
mod chart;
mod choices;
mod page;

use serde_json::{Value, json};

pub(super) use assessment::{against_target, carries, exact};
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::capacity::{Surroundings, US_EAST_1, assess, size};
    use crate::environment::Tier;
    use crate::pipeline::Pipeline;
    use crate::units::Duration;
    use crate::view::style::Look;

    fn about() -> About {
        About {
            pipeline: "fraud-detection".to_owned(),
            environment: "prod".to_owned(),
            region: "eu-west-1".to_owned(),
            traffic: None,
            unread: Vec::new(),
        }
    }

    fn assessed() -> Page {
        let sized = size(Pipeline::fixture(Tier::Production));
        let found = assess(&sized, &Surroundings::default(), Duration::from_secs(1_800));
        assessment(&about(), &found, sized.decisions())
    }

    fn chosen() -> Page {
        let sized = size(Pipeline::fixture(Tier::Production));
        choices(&about(), &crate::capacity::choices(&sized, &Surroundings::default(), &US_EAST_1))
    }

    #[test]
    fn an_assessment_on_a_narrow_and_on_a_wide_screen() {
        insta::assert_snapshot!(assessed().to_text(&Look { width: 80, ..Look::plain() }));
        insta::assert_snapshot!(assessed().to_text(&Look { width: 200, ..Look::plain() }));
    }

    #[test]
    fn decisions_on_a_narrow_and_on_a_wide_screen() {
        insta::assert_snapshot!(chosen().to_text(&Look { width: 80, ..Look::plain() }));
        insta::assert_snapshot!(chosen().to_text(&Look { width: 200, ..Look::plain() }));
    }

    #[test]
    fn markdown_holds_the_same_numbers_and_breaks_out_of_no_table() {
        let markdown = assessed().to_markdown();
        let rows = markdown.lines().filter(|line| line.starts_with("| "));
        assert!(rows.clone().count() > 20, "{markdown}");
        assert!(markdown.contains("| batches at once |") && chosen().to_markdown().contains("```text"), "{markdown}");
    }

    #[test]
    fn programs_get_the_data_with_stable_names() {
        let sized = size(Pipeline::fixture(Tier::Production));
        let found = assess(&sized, &Surroundings::default(), Duration::from_secs(1_800));
        let json = assessment_to_json(&about(), &found, sized.decisions());
        assert_eq!(json.pointer("/assessment/bottleneck/stage/kind"), Some(&"endpoint".into()), "{json:#}");
        let resources = json.pointer("/assessment/stages/0/needs/0/resource");
        assert_eq!((resources, json.pointer("/format_version")), (Some(&"write-bytes".into()), Some(&"1.0".into())));
        assert!(json.pointer("/decisions/0/reason").is_some());
    }
}
