//! Which line of the pipeline file a resource comes from.

use std::collections::BTreeMap;

use super::model::Pipeline;
use super::stage::StageRef;
use crate::diagnostic::{FilePath, Place};
use crate::units::LogicalId;

/// What a resource comes from.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
pub struct Origin {
    /// Dotted path in the pipeline file, for instance `consumers.score.batch`; empty for the file as a whole.
    pub spec_path: String,
    /// Where that (or the closest enclosing value that somebody wrote) stands.
    pub place: Option<Place>,
    /// The stage it belongs to; none for what belongs to the whole pipeline.
    pub stage: Option<StageRef>,
    /// What had its hand in it besides the stage, in the order in which it did.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub escapes: Vec<Escape>,
}

/// A way past what a stage alone would give.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case", tag = "by")]
pub enum Escape {
    /// The project's own template in the place of the built-in one.
    Template {
        /// The file.
        file: FilePath,
    },
    /// A patch under `cloudformation.patch`.
    Patch {
        /// Dotted path of the patch, for instance `cloudformation.patch.StreamTransactions`.
        spec_path: String,
        /// Where it stands.
        place: Option<Place>,
    },
    /// The resource stands under `cloudformation.resources`; the origin's path says where.
    Resource,
    /// A patch of `null` took the resource out of the template.
    LeftOut {
        /// Dotted path of the patch, for instance `cloudformation.patch.StreamTransactions`.
        spec_path: String,
        /// Where it stands.
        place: Option<Place>,
    },
}

/// Origins by logical id: of what is in the template, and of what a patch of `null` took out of it.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(transparent)]
pub struct Origins(BTreeMap<LogicalId, Origin>);

impl Origins {
    /// Returns an empty map.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }
    /// Remembers where a resource comes from.
    pub fn insert(&mut self, id: LogicalId, origin: Origin) {
        self.0.insert(id, origin);
    }
    /// Forgets a resource and says where it came from.
    pub fn remove(&mut self, id: &LogicalId) -> Option<Origin> {
        self.0.remove(id)
    }
    /// Remembers what had its hand in a resource.
    pub fn escape(&mut self, id: &LogicalId, escape: Escape) {
        if let Some(origin) = self.0.get_mut(id) {
            origin.escapes.push(escape);
        }
    }
    /// Where a resource comes from.
    #[must_use]
    pub fn get(&self, id: &LogicalId) -> Option<&Origin> {
        self.0.get(id)
    }
    /// All of them, by logical id.
    pub fn iter(&self) -> impl Iterator<Item = (&LogicalId, &Origin)> {
        self.0.iter()
    }
}

impl FromIterator<(LogicalId, Origin)> for Origins {
    fn from_iter<I: IntoIterator<Item = (LogicalId, Origin)>>(iter: I) -> Self {
        Self(iter.into_iter().collect())
    }
}

impl Pipeline {
    /// The origin of a resource of a stage; `field` narrows it down (`batch`, `failure.to`), empty for the stage.
    #[must_use]
    pub fn stage_origin(&self, stage: &StageRef, field: &str) -> Origin {
        let path = if field.is_empty() { stage.path() } else { format!("{}.{field}", stage.path()) };
        Origin { stage: Some(stage.clone()), ..self.origin(&path) }
    }

    /// The origin of a resource of the whole pipeline, by dotted path; empty for the file.
    #[must_use]
    pub fn origin(&self, path: &str) -> Origin {
        let place = self.places().nearest(path).map(|set_at| set_at.place.clone());
        Origin { spec_path: path.to_owned(), place, stage: None, escapes: Vec::new() }
    }
}
