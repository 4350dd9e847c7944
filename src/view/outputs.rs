//! A stack's outputs: names and values.

use std::collections::BTreeMap;

use super::style::{Label, Look};
use super::table::{Cell, Table};

/// Returns one line per output, values aligned.
#[must_use]
pub fn to_text(look: &Look, outputs: &BTreeMap<String, String>) -> String {
    let mut table = Table::new();
    for (name, value) in outputs {
        table.row([Cell::plain(name), Cell::new(Label::Place, value)]);
    }
    table.render(look, 2)
}
