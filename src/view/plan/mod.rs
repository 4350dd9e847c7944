//! Plans as text for a terminal, JSON for a program, Markdown for a pull request, a page for a browser and SARIF for code
//! scanning.
//!
//! All tell the same plan; the words for reasons, readers and risks are in one place.

mod findings;
mod held;
mod html;
mod json;
mod many;
mod markdown;
mod outlook;
mod schema;
mod stages;
mod text;
mod words;

pub use findings::{many_to_sarif, to_sarif};
pub use held::contradictions;
pub use html::{many_to_html, to_html};
pub use json::{saved_to_json, to_json};
pub use many::{Entry, many_to_json, many_to_markdown, table as many_to_text};
pub use markdown::{MARKDOWN_LIMIT, to_markdown};
pub(super) use markdown::{code, escape, fence};
pub use outlook::Outlook;
pub use schema::schema;
pub use stages::whole;
pub(super) use text::{changes, name as change_name, values as change_values};
pub use text::{removal_to_text, to_text};

use serde::de::Error as _;

use crate::plan::Permission;
use crate::units::{AccountId, EnvironmentName, PipelineName, Region};
use crate::view::graph::Graph;

/// How much of a plan is shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Detail {
    /// Only what happens to which resource, and what is dangerous.
    pub compact: bool,
    /// What stays as it is, too.
    pub unchanged: bool,
}

/// What a plan is about.
#[derive(Clone, Debug, Default, PartialEq, serde::Deserialize)]
pub struct About {
    /// The pipeline.
    pub pipeline: String,
    /// The environment.
    pub environment: String,
    /// The account it deploys to.
    pub account: String,
    /// The region it deploys to.
    pub region: String,
    /// Whether that is the embedded cloud.
    pub embedded: bool,
    /// How the load meets it and what a month costs; `None` where it is being removed.
    pub outlook: Option<Outlook>,
    /// The stages and what flows between them; `None` where nobody drew it.
    #[serde(default)]
    pub topology: Option<Graph>,
    /// What must be agreed to by name before it is deployed.
    #[serde(default)]
    pub consent: Vec<Permission>,
}

impl About {
    /// Reads what a plan's JSON says that it is about; what it does not know is left out.
    ///
    /// # Errors
    /// When it does not say it, or says it with names that are none: some of them are part of what is to be typed next.
    pub fn read(plan: &serde_json::Value) -> Result<Self, serde_json::Error> {
        let about: Self = serde_json::from_value(plan.clone())?;
        let names = [
            ("pipeline", PipelineName::new(&about.pipeline).err()),
            ("environment", EnvironmentName::new(&about.environment).err()),
            ("account", AccountId::new(&about.account).err()),
            ("region", Region::new(&about.region).err()),
        ];
        match names.into_iter().find_map(|(what, error)| Some((what, error?))) {
            Some((what, error)) => Err(serde_json::Error::custom(format!("its {what} {error}"))),
            None => Ok(about),
        }
    }
}

#[cfg(test)]
pub(super) mod fixtures;
