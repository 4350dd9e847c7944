//! Places in files that people write.

use std::fmt;
use std::sync::Arc;

/// A file as people name it: relative to the project's root, forward slashes on every platform.
#[derive(
    Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize, schemars::JsonSchema,
)]
#[serde(transparent)]
pub struct FilePath(Arc<str>);

impl FilePath {
    /// Names a file by its path from the project's root.
    #[must_use]
    pub fn new(path: &str) -> Self {
        Self(Arc::from(path.replace('\\', "/")))
    }

    /// The path as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for FilePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A range of bytes of a file, zero-based, end exclusive.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize, schemars::JsonSchema,
)]
pub struct Span {
    /// First byte.
    pub start: usize,
    /// One past the last byte.
    pub end: usize,
}

/// Who set a value: the pipeline file, the environment's overlay, or a default.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Layer {
    /// The pipeline file.
    Base,
    /// The environment file (its own settings or its overlay on the pipeline).
    Environment,
}

/// A place in a file: what an editor needs to jump there and what a renderer needs to underline it.
#[derive(Clone, Debug, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
pub struct Place {
    /// The file.
    pub file: FilePath,
    /// The bytes.
    pub span: Span,
    /// One-based line of the first byte.
    pub line: u32,
    /// One-based column of the first byte, counted in Unicode characters.
    pub column: u32,
}

impl Place {
    /// Returns the place of `span` in `text`, counting lines and columns.
    #[must_use]
    pub fn locate(file: &FilePath, text: &str, span: Span) -> Self {
        let mut start = span.start.min(text.len());
        while !text.is_char_boundary(start) {
            start -= 1;
        }
        let before = &text[..start];
        let line_start = before.rfind('\n').map_or(0, |at| at + 1);
        let line = before.matches('\n').count() + 1;
        let column = before[line_start..].chars().count() + 1;
        Self {
            file: file.clone(),
            span,
            line: u32::try_from(line).unwrap_or(u32::MAX),
            column: u32::try_from(column).unwrap_or(u32::MAX),
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}", self.file, self.line, self.column)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_count_characters_not_bytes() {
        let file = FilePath::new("a.yaml");
        let place = Place::locate(&file, "é: 1\nöä: x", Span { start: 10, end: 11 });
        assert_eq!((place.line, place.column), (2, 3));
    }

    #[test]
    fn a_span_past_the_end_is_the_end() {
        let place = Place::locate(&FilePath::new("a.yaml"), "a\n", Span { start: 99, end: 100 });
        assert_eq!((place.line, place.column), (2, 1));
    }
}
