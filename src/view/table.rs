//! Aligned columns for terminals and logs. Cells are never cut: a name that is shown is the whole name.

use super::style::{Label, Look};
use super::words::{columns, pad, printable, wrap};

/// The narrowest last column that is still wrapped rather than left to run on.
const NARROWEST_LAST: usize = 24;

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
    /// the last is as wide as its widest cell; the last one is wrapped at blanks where the screen ends.
    #[must_use]
    pub fn render(&self, look: &Look, indent: usize) -> String {
        let widths = self.widths();
        let before_last: usize = widths.iter().rev().skip(1).map(|width| width + 2).sum();
        let room = look.columns().saturating_sub(indent + before_last);
        let mut out = String::new();
        for row in &self.rows {
            let last = row.len().saturating_sub(1);
            let mut line = " ".repeat(indent);
            let mut more = Vec::new();
            for (at, cell) in row.iter().enumerate() {
                if at < last {
                    let blanks = widths.get(at).map_or(0, |width| width - columns(&cell.text)) + 2;
                    line.push_str(&look.paint(cell.label, &cell.text));
                    line.push_str(&" ".repeat(blanks));
                } else if at + 1 == widths.len() && room >= NARROWEST_LAST {
                    let mut parts = wrap(&cell.text, room).into_iter();
                    line.push_str(&look.paint(cell.label, parts.next().unwrap_or_default()));
                    more.extend(parts.map(|part| look.paint(cell.label, part)));
                } else {
                    line.push_str(&look.paint(cell.label, &cell.text));
                }
            }
            out.push_str(line.trim_end());
            out.push('\n');
            for part in more {
                out.push_str(&pad("", indent + before_last));
                out.push_str(&part);
                out.push('\n');
            }
        }
        out
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
    fn a_cell_cannot_break_out_of_its_line() {
        let mut table = Table::new();
        table.row([Cell::plain("a\nb\u{1b}[2J")]);
        assert_eq!(table.render(&Look::plain(), 0), "a\\nb\\u{1b}[2J\n");
    }
}
