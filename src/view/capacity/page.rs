//! A page of sections, each with sentences and a table, as text or as Markdown.

use crate::view::style::{Label, Look};
use crate::view::table::{Cell, Table};
use crate::view::words::{printable, wrap};

/// A cell: what it says, and what that is.
pub(super) type Said = (Label, String);

/// A part of a page.
#[derive(Clone, Debug, Default)]
pub(super) struct Section {
    pub(super) title: String,
    /// What is said before the table.
    pub(super) says: Vec<Said>,
    pub(super) headings: Vec<&'static str>,
    pub(super) rows: Vec<Vec<Said>>,
    /// Points below the table.
    pub(super) points: Vec<Said>,
    /// A drawing, line by line, for terminals of at least so many columns; its ASCII form comes second.
    pub(super) drawing: Option<(Vec<String>, Vec<String>)>,
}

impl Section {
    pub(super) fn new(title: impl Into<String>) -> Self {
        Self { title: title.into(), ..Self::default() }
    }

    /// Whether there is nothing in it.
    pub(super) fn is_empty(&self) -> bool {
        self.says.is_empty() && self.rows.is_empty() && self.points.is_empty() && self.drawing.is_none()
    }
}

/// Sections under a heading.
#[derive(Clone, Debug)]
pub struct Page {
    pub(super) heading: String,
    pub(super) intro: Vec<Said>,
    pub(super) sections: Vec<Section>,
}

impl Page {
    /// Returns the page as text.
    #[must_use]
    pub fn to_text(&self, look: &Look) -> String {
        let mut out = format!("{}\n", look.paint(Label::Heading, printable(&self.heading)));
        paragraphs(look, &mut out, &self.intro, "");
        for section in self.sections.iter().filter(|section| !section.is_empty()) {
            out.push_str(&format!("\n{}\n", look.paint(Label::Heading, printable(&section.title))));
            paragraphs(look, &mut out, &section.says, "  ");
            if !section.rows.is_empty() {
                let mut table = match section.headings.as_slice() {
                    [] => Table::new(),
                    headings => Table::with_headings(headings),
                };
                for row in &section.rows {
                    table.row(row.iter().map(|(label, text)| Cell::new(*label, text)));
                }
                out.push_str(&table.render(look, 2));
            }
            if let Some((unicode, ascii)) = &section.drawing {
                let lines = if look.symbol("u", "a") == "u" { unicode } else { ascii };
                out.extend(lines.iter().map(|line| format!("  {}\n", line.trim_end())));
            }
            paragraphs(look, &mut out, &section.points, "  - ");
        }
        out
    }

    /// Returns the page as Markdown.
    #[must_use]
    pub fn to_markdown(&self) -> String {
        let mut out = format!("### {}\n", escaped(&self.heading));
        list(&mut out, &self.intro);
        for section in self.sections.iter().filter(|section| !section.is_empty()) {
            out.push_str(&format!("\n#### {}\n", escaped(&section.title)));
            list(&mut out, &section.says);
            if !section.rows.is_empty() {
                let columns = section.rows.iter().map(Vec::len).max().unwrap_or(0);
                let headings = (0..columns).map(|at| section.headings.get(at).copied().unwrap_or(" "));
                out.push_str(&format!(
                    "\n| {} |\n|{}\n",
                    headings.collect::<Vec<_>>().join(" | "),
                    "---|".repeat(columns)
                ));
                for row in &section.rows {
                    let cells: Vec<String> = row.iter().map(|(_, text)| escaped(text)).collect();
                    out.push_str(&format!("| {} |\n", cells.join(" | ")));
                }
            }
            if let Some((unicode, _)) = &section.drawing {
                out.push_str(&format!("\n```text\n{}\n```\n", unicode.join("\n")));
            }
            list(&mut out, &section.points);
        }
        out
    }
}

fn paragraphs(look: &Look, out: &mut String, said: &[Said], mark: &str) {
    let blanks = " ".repeat(mark.len());
    for (label, text) in said {
        for (at, line) in wrap(&printable(text), look.columns().saturating_sub(mark.len())).into_iter().enumerate() {
            out.push_str(if at == 0 { mark } else { &blanks });
            out.push_str(&look.paint(*label, line));
            out.push('\n');
        }
    }
}

fn list(out: &mut String, said: &[Said]) {
    if !said.is_empty() {
        out.push('\n');
    }
    out.extend(said.iter().map(|(_, text)| format!("- {}\n", escaped(text))));
}

/// Text as Markdown shows it as it is.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in printable(text).chars() {
        if matches!(c, '|' | '<' | '*' | '_' | '`' | '\\' | '@') {
            out.push('\\');
        }
        out.push(c);
    }
    out
}
