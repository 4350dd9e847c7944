//! A text that may be posted: it begins with a marker by which it is found again.

/// Most characters of a comment. GitHub refuses more than 65,536, GitLab more than 1,000,000; plans are written to fit both.
pub const LONGEST: usize = 60_000;

/// How a marker begins and ends; what stands between is the comment's identity.
const BEGIN: &str = "<!-- sluice:";
const END: &str = "-->";

/// Why a text may not be posted.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoComment {
    /// There is nothing in it.
    #[error("it is empty")]
    Empty,
    /// Its first line is no marker, so that it could never be edited in place.
    #[error("its first line is no marker such as `<!-- sluice:plan pipeline=… env=… -->`")]
    NoMarker,
    /// It is longer than code hosts take.
    #[error("it has {characters} characters, and a comment takes {LONGEST}")]
    TooLong {
        /// How many it has.
        characters: usize,
    },
}

/// A text with its marker.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Comment {
    marker: String,
    text: String,
}

impl Comment {
    /// Checks a text.
    ///
    /// # Errors
    /// When it is empty or too long, or does not begin with a marker.
    pub fn new(text: &str) -> Result<Self, NoComment> {
        let text = text.trim_start_matches('\u{feff}').trim();
        if text.is_empty() {
            return Err(NoComment::Empty);
        }
        let marker = marker(text).ok_or(NoComment::NoMarker)?.to_owned();
        let characters = text.chars().count();
        if characters > LONGEST {
            return Err(NoComment::TooLong { characters });
        }
        Ok(Self { marker, text: format!("{text}\n") })
    }

    /// Its first line.
    #[must_use]
    pub fn marker(&self) -> &str {
        &self.marker
    }

    /// The whole text.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Whether a posted text is an earlier version of this one.
    pub(super) fn is_of(&self, posted: &str) -> bool {
        marker(posted.trim_start()) == Some(self.marker.as_str())
    }

    /// Whether a posted text says the same. Code hosts change ends of lines.
    pub(super) fn says(&self, posted: &str) -> bool {
        posted.replace("\r\n", "\n").trim() == self.text.trim()
    }
}

/// The marker that a text begins with.
fn marker(text: &str) -> Option<&str> {
    let line = text.lines().next()?.trim();
    let inner = line.strip_prefix(BEGIN)?.strip_suffix(END)?;
    (!inner.trim().is_empty() && !inner.contains(END)).then_some(line)
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLAN: &str = "<!-- sluice:plan pipeline=a env=b -->\n### a · b\n";

    #[test]
    fn a_comment_is_found_again_by_its_first_line_alone() {
        let comment = Comment::new(PLAN).unwrap();
        assert!(comment.is_of("<!-- sluice:plan pipeline=a env=b -->\r\nolder"));
        assert!(!comment.is_of("<!-- sluice:plan pipeline=a env=bb -->\nolder"));
        assert!(!comment.is_of("> <!-- sluice:plan pipeline=a env=b -->"));
        assert!(!comment.is_of(""));
        assert!(comment.says("<!-- sluice:plan pipeline=a env=b -->\r\n### a · b"));
    }

    #[test]
    fn what_could_not_be_found_again_or_is_too_long_is_refused() {
        assert_eq!(Comment::new(" \n"), Err(NoComment::Empty));
        for text in
            ["### a", "<!-- sluice: -->\nx", "<!-- other -->\nx", "<!-- sluice:plan\n-->", "\n### a\n<!-- sluice:x -->"]
        {
            assert_eq!(Comment::new(text), Err(NoComment::NoMarker), "{text}");
        }
        let fits = format!("{PLAN}{}", "ß".repeat(LONGEST - PLAN.chars().count()));
        assert!(Comment::new(&fits).is_ok());
        assert_eq!(Comment::new(&format!("{fits}ß")), Err(NoComment::TooLong { characters: LONGEST + 1 }));
    }
}
