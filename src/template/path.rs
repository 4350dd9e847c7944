//! Where in a resource's properties a value stands.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// One step into a JSON value.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Step {
    /// A member of an object.
    Key(String),
    /// An element of an array, from 0.
    Index(usize),
}

/// A path from a resource's `Properties` (or another root) to a value inside them.
///
/// Shown as `Environment.Variables.STAGE` and `KeySchema[0].AttributeName`.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, schemars::JsonSchema)]
pub struct PropertyPath(#[schemars(with = "String")] Vec<Step>);

impl PropertyPath {
    /// The root itself.
    #[must_use]
    pub fn root() -> Self {
        Self::default()
    }

    /// A path of one key.
    #[must_use]
    pub fn of(key: &str) -> Self {
        Self(vec![Step::Key(key.to_owned())])
    }

    /// This path and one key more.
    #[must_use]
    pub fn key(&self, key: &str) -> Self {
        let mut steps = self.0.clone();
        steps.push(Step::Key(key.to_owned()));
        Self(steps)
    }

    /// This path and one index more.
    #[must_use]
    pub fn index(&self, index: usize) -> Self {
        let mut steps = self.0.clone();
        steps.push(Step::Index(index));
        Self(steps)
    }

    /// This path and one step more.
    #[must_use]
    pub fn then(&self, step: &Step) -> Self {
        let mut steps = self.0.clone();
        steps.push(step.clone());
        Self(steps)
    }

    /// The steps in order.
    #[must_use]
    pub fn steps(&self) -> &[Step] {
        &self.0
    }

    /// The top-level property the path leads into; `None` for the root.
    #[must_use]
    pub fn top(&self) -> Option<&str> {
        match self.0.first()? {
            Step::Key(key) => Some(key),
            Step::Index(_) => None,
        }
    }

    /// Whether this is the root.
    #[must_use]
    pub fn is_root(&self) -> bool {
        self.0.is_empty()
    }

    /// The path as a JSON pointer (RFC 6901), for instance `/KeySchema/0/AttributeName`.
    #[must_use]
    pub fn to_pointer(&self) -> String {
        let mut pointer = String::new();
        for step in &self.0 {
            pointer.push('/');
            match step {
                Step::Key(key) => pointer.push_str(&key.replace('~', "~0").replace('/', "~1")),
                Step::Index(index) => pointer.push_str(&index.to_string()),
            }
        }
        pointer
    }
}

/// A path while a value is being walked: nothing is copied until somebody asks for the [`PropertyPath`].
#[derive(Clone, Copy, Debug)]
pub(super) enum Trail<'a> {
    /// Where the walk began.
    Root(&'a PropertyPath),
    /// A member.
    Key(&'a Trail<'a>, &'a str),
    /// An element.
    Index(&'a Trail<'a>, usize),
}

impl Trail<'_> {
    /// The path so far.
    pub(super) fn path(&self) -> PropertyPath {
        match self {
            Self::Root(path) => (*path).clone(),
            Self::Key(before, key) => before.path().key(key),
            Self::Index(before, index) => before.path().index(*index),
        }
    }
}

impl fmt::Display for PropertyPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, step) in self.0.iter().enumerate() {
            match step {
                Step::Key(key) if at == 0 => f.write_str(key)?,
                Step::Key(key) => write!(f, ".{key}")?,
                Step::Index(index) => write!(f, "[{index}]")?,
            }
        }
        Ok(())
    }
}

impl PropertyPath {
    /// Reads a path as it is written. A key with a dot or an index in it comes back as several steps, which are written the
    /// same.
    #[must_use]
    pub fn written(text: &str) -> Self {
        if text.is_empty() {
            return Self::root();
        }
        let mut steps = Vec::new();
        for part in text.split('.') {
            let mut rest = part;
            let mut indices = Vec::new();
            while let Some((before, index)) = rest.strip_suffix(']').and_then(|open| open.rsplit_once('[')) {
                let Some(index) = index.parse::<usize>().ok().filter(|number| number.to_string() == index) else {
                    break;
                };
                indices.push(Step::Index(index));
                rest = before;
            }
            // An index at the very beginning stands on the root, or on the step before.
            if !rest.is_empty() || indices.is_empty() || !steps.is_empty() {
                steps.push(Step::Key(rest.to_owned()));
            }
            steps.extend(indices.into_iter().rev());
        }
        Self(steps)
    }
}

impl<'de> Deserialize<'de> for PropertyPath {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Self::written(&String::deserialize(deserializer)?))
    }
}

impl Serialize for PropertyPath {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_read_from_text_is_written_the_same() {
        for text in
            ["", "Name", "A.B", "A[0]", "A[0][12].B", "A[x]", "A[01]", "[3]", "a..b", ".a", "a.", "a]", "[", "a.[0]"]
        {
            assert_eq!(PropertyPath::written(text).to_string(), text);
        }
        let path = PropertyPath::of("Rules").index(2).key("Name");
        assert_eq!(PropertyPath::written(&path.to_string()), path);
    }
}
