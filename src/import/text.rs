//! The text of a source and the places in it.

use std::borrow::Cow;
use std::ops::Range;

use crate::diagnostic::{Diagnostics, FilePath, Place, Span};
use crate::spec;

/// Bytes between two remembered positions.
const STEP: usize = 1024;

/// What some editors put before a text.
const BYTE_ORDER_MARK: char = '\u{feff}';

/// A text whose places are found quickly, however many are asked for.
pub(super) struct SourceText<'t> {
    pub(super) file: FilePath,
    pub(super) text: &'t str,
    /// Line and column at every [`STEP`]th byte.
    marks: Vec<(u32, u32)>,
}

impl<'t> SourceText<'t> {
    /// Takes the bytes of a file.
    ///
    /// # Errors
    /// When it is too large or no UTF-8.
    pub(super) fn read(file: &FilePath, bytes: &'t [u8]) -> Result<Self, Diagnostics> {
        let text = spec::text_of(file, bytes)?;
        let mut marks = Vec::with_capacity(text.len() / STEP + 1);
        // A byte order mark takes no column.
        let mut at = if text.starts_with(BYTE_ORDER_MARK) { (1, 0) } else { (1, 1) };
        for piece in text.as_bytes().chunks(STEP) {
            marks.push(at);
            at = advance(at, piece);
        }
        Ok(Self { file: file.clone(), text, marks })
    }

    /// The text without a byte order mark: blanks stand for it, so that every byte keeps its place.
    pub(super) fn unmarked(&self) -> Cow<'t, str> {
        match self.text.strip_prefix(BYTE_ORDER_MARK) {
            Some(rest) => Cow::Owned(format!("{:1$}{rest}", "", BYTE_ORDER_MARK.len_utf8())),
            None => Cow::Borrowed(self.text),
        }
    }

    /// The place of a range of bytes.
    pub(super) fn place(&self, range: Range<usize>) -> Place {
        let start = range.start.min(self.text.len());
        let mark = (start / STEP).min(self.marks.len().saturating_sub(1));
        let known = self.marks.get(mark).copied().unwrap_or((1, 1));
        let between = self.text.as_bytes().get(mark * STEP..start).unwrap_or_default();
        let (line, column) = advance(known, between);
        let span = Span { start, end: range.end.max(start) };
        Place { file: self.file.clone(), span, line, column: column.max(1) }
    }
}

/// Line and column after some bytes; columns count characters, so continuation bytes do not count.
fn advance((mut line, mut column): (u32, u32), bytes: &[u8]) -> (u32, u32) {
    for byte in bytes {
        if *byte == b'\n' {
            (line, column) = (line.saturating_add(1), 1);
        } else if byte & 0xC0 != 0x80 {
            column = column.saturating_add(1);
        }
    }
    (line, column)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_the_one_that_counting_from_the_start_finds() {
        let text = "é = 1\n".repeat(900) + "x";
        let file = FilePath::new("main.tf");
        let source = SourceText::read(&file, text.as_bytes()).unwrap();
        for start in [0, 2, 7, 1022, 1024, 1029, 4_001, text.len() - 1, text.len()] {
            let counted = Place::locate(&file, &text, Span { start, end: start });
            let found = source.place(start..start);
            assert_eq!((found.line, found.column), (counted.line, counted.column), "at byte {start}");
        }
    }
}
