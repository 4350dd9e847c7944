//! The first line of a file that Sluice wrote: a digest of the rest, by which an edit is told from an older version.

use sha2::{Digest as _, Sha256};

use crate::units::Digest;

const MARK: &str = "# sluice:ci ";

/// What a file is that would be written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileState {
    /// There is none.
    Missing,
    /// It is what would be written.
    Same,
    /// It is as Sluice wrote it, from other files or by another version.
    Older,
    /// Somebody edited it, or it never was Sluice's.
    Edited,
}

/// A text with its mark.
pub(super) fn marked(text: &str) -> String {
    format!("{MARK}{}\n{text}", digest(text))
}

/// Compares what is there with what would be written. Ends of lines do not count.
#[must_use]
pub fn state(there: Option<&str>, wanted: &str) -> FileState {
    let Some(there) = there else { return FileState::Missing };
    let there = there.replace("\r\n", "\n");
    if there == wanted {
        return FileState::Same;
    }
    let ours = there.strip_prefix(MARK).and_then(|rest| rest.split_once('\n'));
    if ours.is_some_and(|(mark, text)| mark.trim() == digest(text)) { FileState::Older } else { FileState::Edited }
}

fn digest(text: &str) -> String {
    Digest::of_sha256(&Sha256::digest(text.as_bytes()).into()).short().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_edit_is_told_from_an_older_version() {
        let (old, new) = (marked("a: 1\n"), marked("a: 2\n"));
        assert_eq!(state(None, &new), FileState::Missing);
        assert_eq!(state(Some(&new), &new), FileState::Same);
        assert_eq!(state(Some(&new.replace('\n', "\r\n")), &new), FileState::Same);
        assert_eq!(state(Some(&old), &new), FileState::Older);
        assert_eq!(state(Some(&old.replace("\n", "\r\n")), &new), FileState::Older);
        assert_eq!(state(Some(&old.replace("a: 1", "a: 3")), &new), FileState::Edited);
        assert_eq!(state(Some("a: 1\n"), &new), FileState::Edited);
    }
}
