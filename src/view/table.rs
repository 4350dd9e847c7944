//! Aligned columns for terminals and logs. Cells are never cut: a name that is shown is the whole name.

use super::style::{Label, Look};
use super::words::{columns, printable, wrap};

/// The narrowest last column that is still wrapped rather than left to run on.
const NARROWEST_LAST: usize = 24;

/// How far a cell that does not fit beside its row is indented below it.
const HANGING: usize = 4;

/// One cell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cell {
    text: String,
    label: Label,
}

impl Cell {
    /// Returns a cell; anything a terminal would act upon is written out.
    #[must_use]
    pub fn new(label: Label, text: impl AsRef<str>) -> Self {
        Self { text: printable(text.as_ref()).into_owned(), label }
    }

    /// Returns a cell without a particular meaning.
    #[must_use]
    pub fn plain(text: impl AsRef<str>) -> Self {
        Self::new(Label::Plain, text)
    }

    /// The lines of a last cell in a room beside its row; `None` where it does not fit.
    fn beside(&self, room: usize) -> Option<Vec<String>> {
        let lines = if room >= NARROWEST_LAST { wrap(&self.text, room) } else { vec![self.text.clone()] };
        lines.iter().all(|line| columns(line) <= room).then_some(lines)
    }
}

/// Rows of cells under optional headings.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Table {
    rows: Vec<Vec<Cell>>,
}

impl Table {
    /// Returns an empty table without headings.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Returns an empty table with headings.
    #[must_use]
    pub fn with_headings(headings: &[&str]) -> Self {
        Self { rows: vec![headings.iter().map(|text| Cell::new(Label::Faint, text)).collect()] }
    }

    /// Adds a row.
    pub fn row(&mut self, cells: impl IntoIterator<Item = Cell>) {
        self.rows.push(cells.into_iter().collect());
    }

    /// Returns the table as lines, each indented by `indent` blanks and ended by a newline. Every column but
    /// the last is as wide as its widest cell; the last one is wrapped at blanks where the screen ends, and stands below
    /// its row where it does not fit even so.
    #[must_use]
    pub fn render(&self, look: &Look, indent: usize) -> String {
        let (widths, before_last, room) = self.layout(look, indent);
        let mut out = String::new();
        for row in &self.rows {
            let Some((last, cells)) = row.split_last() else { continue };
            let mut line = " ".repeat(indent);
            for (cell, width) in cells.iter().zip(&widths) {
                line.push_str(&look.paint(cell.label, &cell.text));
                line.push_str(&" ".repeat(width - columns(&cell.text) + 2));
            }
            let beside = if row.len() == widths.len() { last.beside(room) } else { Some(vec![last.text.clone()]) };
            let below = beside.is_none();
            let hanging = indent + if below { HANGING } else { before_last };
            let parts = beside.unwrap_or_else(|| wrap(&last.text, look.columns().saturating_sub(hanging)));
            for (at, part) in parts.iter().enumerate() {
                if at > 0 || below {
                    out.push_str(line.trim_end());
                    out.push('\n');
                    line = " ".repeat(hanging);
                }
                line.push_str(&look.paint(last.label, part));
            }
            out.push_str(line.trim_end());
            out.push('\n');
        }
        out
    }

    /// Whether every last cell stands beside its row.
    #[must_use]
    pub fn fits(&self, look: &Look, indent: usize) -> bool {
        let (_, _, room) = self.layout(look, indent);
        self.rows.iter().all(|row| row.last().is_none_or(|last| last.beside(room).is_some()))
    }

    /// The widths of all columns, of all before the last one, and what is left for the last one.
    fn layout(&self, look: &Look, indent: usize) -> (Vec<usize>, usize, usize) {
        let widths = self.widths();
        let before_last: usize = widths.iter().rev().skip(1).map(|width| width + 2).sum();
        (widths, before_last, look.columns().saturating_sub(indent + before_last))
    }

    fn widths(&self) -> Vec<usize> {
        let mut widths = Vec::new();
        for row in &self.rows {
            widths.resize(widths.len().max(row.len()), 0);
            for (width, cell) in widths.iter_mut().zip(row) {
                *width = columns(&cell.text).max(*width);
            }
        }
        widths
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_align_and_the_last_one_wraps_under_itself() {
        let mut table = Table::with_headings(&["ID", "STATUS", "REASON"]);
        table.row(
            ["StreamTransactions", "CREATE_FAILED", "the limit of shards in this account is reached"].map(Cell::plain),
        );
        table.row(["A", "B", ""].map(Cell::plain));
        let look = Look { width: 64, ..Look::plain() };
        assert_eq!(
            table.render(&look, 2),
            "  ID                  STATUS         REASON\n  \
               StreamTransactions  CREATE_FAILED  the limit of shards in this\n                                     \
               account is reached\n  A                   B\n"
        );
    }

    #[test]
    fn a_last_cell_that_fits_nowhere_stands_below_its_row() {
        let mut table = Table::new();
        table.row(["ConsumerScoreAlias", "CREATE_COMPLETE", "arn:aws:lambda:eu-west-1:123456789012"].map(Cell::plain));
        table.row(["A", "B", "short"].map(Cell::plain));
        let look = Look { width: 64, ..Look::plain() };
        assert_eq!(
            table.render(&look, 2),
            "  ConsumerScoreAlias  CREATE_COMPLETE\n      arn:aws:lambda:eu-west-1:123456789012\n  A                   B                short\n"
        );
    }

    #[test]
    fn a_cell_cannot_break_out_of_its_line() {
        let mut table = Table::new();
        table.row([Cell::plain("a\nb\u{1b}[2J")]);
        assert_eq!(table.render(&Look::plain(), 0), "a\\nb\\u{1b}[2J\n");
    }
}
