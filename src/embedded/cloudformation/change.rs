//! A change as data: what happens to a resource, which values differ, and where that comes from.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::document::{scalar_text, stringly};
use crate::template::{PropertyPath, Recreation};

/// The changes as told without and with property values: the two differ (CH-10, CH-11).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Changes {
    pub plain: Vec<Change>,
    pub valued: Vec<Change>,
}

/// What happens to a resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Action {
    Add,
    Modify,
    Remove,
    Import,
}

/// One resource's change.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Change {
    pub action: Action,
    pub logical_id: String,
    pub physical_id: Option<String>,
    pub type_name: String,
    pub replacement: Option<String>,
    pub policy_action: Option<String>,
    pub scope: Vec<String>,
    pub details: Vec<Detail>,
    pub before: Option<String>,
    pub after: Option<String>,
}

/// One reason of a change.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Detail {
    /// `Properties`, `Tags` or `Metadata`.
    pub attribute: String,
    pub name: Option<String>,
    #[serde(with = "recreation")]
    pub recreation: Recreation,
    pub is_static: bool,
    pub source: Source,
    pub cause: Option<String>,
    pub leaf: Option<Leaf>,
}

/// Where a change comes from (CH-23).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(super) enum Source {
    DirectModification,
    ParameterReference,
    ResourceReference,
    ResourceAttribute,
}

/// One changed value.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Leaf {
    /// `/QueueName`, below the properties.
    pub path: String,
    pub before: Option<String>,
    pub after: Option<String>,
}

impl Leaf {
    /// The value's place below the properties.
    pub(super) fn place(&self) -> PropertyPath {
        self.path.split('/').skip(1).fold(PropertyPath::root(), |path, step| match step.parse() {
            Ok(index) => path.index(index),
            Err(_) => path.key(step),
        })
    }
}

/// How `Recreation` is written in answers and in the stored state.
pub(super) const fn recreation_text(recreation: Recreation) -> &'static str {
    match recreation {
        Recreation::Never => "Never",
        Recreation::Conditionally => "Conditionally",
        Recreation::Always => "Always",
    }
}

/// `Recreation` in the stored state.
mod recreation {
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    use crate::template::Recreation;

    pub(super) fn serialize<S: Serializer>(value: &Recreation, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(super::recreation_text(*value))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Recreation, D::Error> {
        let text = String::deserialize(deserializer)?;
        [Recreation::Never, Recreation::Conditionally, Recreation::Always]
            .into_iter()
            .find(|one| super::recreation_text(*one) == text)
            .ok_or_else(|| D::Error::custom("unknown recreation"))
    }
}

/// Every value that differs, leaf by leaf; lists of unequal length differ as a whole.
pub(super) fn leaves(before: Option<&Value>, after: Option<&Value>, path: &str, found: &mut Vec<Leaf>) {
    match (before, after) {
        (Some(Value::Object(old)), Some(Value::Object(new))) => {
            for key in old.keys().chain(new.keys().filter(|key| !old.contains_key(*key))) {
                leaves(old.get(key), new.get(key), &format!("{path}/{key}"), found);
            }
        }
        (Some(Value::Array(old)), Some(Value::Array(new))) if old.len() == new.len() => {
            for (at, (old, new)) in old.iter().zip(new).enumerate() {
                leaves(Some(old), Some(new), &format!("{path}/{at}"), found);
            }
        }
        (old, new) => {
            let text = |value: &Value| scalar_text(value).unwrap_or_else(|| stringly(value).to_string());
            let (before, after) = (old.map(text), new.map(text));
            if before != after {
                found.push(Leaf { path: path.to_owned(), before, after });
            }
        }
    }
}
