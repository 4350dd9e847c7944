//! The pages of diagnostic codes on a terminal: light Markdown, and the list of all codes.

use super::style::{Label, Look};
use super::table::{Cell, Table};
use super::words::wrap;
use crate::diagnostic::{Area, Code};

/// Lines longer than this tire the eye, however wide the screen.
const LONGEST_LINE: usize = 100;

/// Returns a code's page: headings set off, examples indented, paragraphs wrapped to the screen.
#[must_use]
pub fn page(look: &Look, code: Code) -> String {
    let width = look.columns().min(LONGEST_LINE);
    let mut out = String::new();
    let mut paragraph = String::new();
    let mut table = Table::new();
    let mut in_example = false;
    for line in code.page().lines() {
        let fence = line.trim_start().starts_with("```");
        if in_example && !fence {
            out.push_str(format!("    {line}").trim_end());
            out.push('\n');
        } else if let Some(row) = line.strip_prefix('|') {
            flush(look, &mut out, &mut paragraph, width);
            add_row(&mut table, row);
        } else if fence || line.trim().is_empty() || is_block(line) {
            flush(look, &mut out, &mut paragraph, width);
            out.push_str(&std::mem::take(&mut table).render(&Look { width, ..*look }, 2));
            in_example ^= fence;
            if let Some(title) = line.strip_prefix("# ") {
                out.push_str(&format!("{}\n", look.paint(Label::Heading, title)));
            } else if let Some(title) = line.strip_prefix("## ") {
                // Capitals set a section off where there is no bold.
                out.push_str(&format!("{}\n", look.paint(Label::Heading, title.to_uppercase())));
            } else if is_block(line) {
                paragraph.push_str(line);
            } else if line.trim().is_empty() && !out.ends_with("\n\n") {
                out.push('\n');
            }
        } else {
            paragraph.push(' ');
            paragraph.push_str(line);
        }
    }
    flush(look, &mut out, &mut paragraph, width);
    out.push_str(&table.render(&Look { width, ..*look }, 2));
    out
}

/// Adds a row of a Markdown table; the line under its headings only draws.
fn add_row(table: &mut Table, row: &str) {
    let cells: Vec<&str> = row.trim_end().trim_end_matches('|').split('|').map(str::trim).collect();
    if !cells.iter().all(|cell| !cell.is_empty() && cell.chars().all(|c| matches!(c, '-' | ':'))) {
        table.row(cells.into_iter().map(Cell::plain));
    }
}

/// Whether a line begins something of its own: a heading or an item of a list.
fn is_block(line: &str) -> bool {
    line.starts_with('#') || line.starts_with("- ")
}

fn flush(look: &Look, out: &mut String, paragraph: &mut String, width: usize) {
    let rest = if paragraph.starts_with("- ") { "  " } else { "" };
    for (at, line) in wrap(paragraph, width.saturating_sub(rest.len())).into_iter().enumerate() {
        out.push_str(if at == 0 { "" } else { rest });
        out.push_str(&spans(look, &line));
        out.push('\n');
    }
    paragraph.clear();
}

/// Sets `code` off where there is colour; without colour the backquotes stay, so nothing is lost.
fn spans(look: &Look, line: &str) -> String {
    let mut out = String::new();
    for (at, part) in line.split('`').enumerate() {
        if at % 2 == 1 {
            out.push_str(&look.paint(Label::Command, format_args!("`{part}`")));
        } else {
            out.push_str(part);
        }
    }
    out
}

/// Returns every code with its title, by area.
#[must_use]
pub fn list(look: &Look) -> String {
    let mut out = String::new();
    let mut codes: Vec<Code> = Code::ALL.to_vec();
    codes.sort_by_key(|code| (code.area(), code.as_str().get(1..)));
    for area in codes.chunk_by(|a, b| a.area() == b.area()) {
        let Some(first) = area.first() else { continue };
        let mut table = Table::new();
        for code in area {
            table.row([Cell::new(Label::Command, code.as_str()), Cell::plain(code.title())]);
        }
        out.push_str(&format!("{}\n{}\n", look.paint(Label::Heading, heading(first.area())), table.render(look, 2)));
    }
    out.push_str(
        "`sluice explain CODE` prints the page of a code, `sluice explain causes` the known causes of failures.\n",
    );
    out
}

fn heading(area: Area) -> &'static str {
    match area {
        Area::Spec => "The pipeline file and environment files",
        Area::Resolve => "What pipeline and environment mean together",
        Area::Template => "Templates and rendering",
        Area::Plan => "Plans",
        Area::Deploy => "Deployments",
        Area::Readiness => "Readiness: the rules of `sluice check`",
        Area::Release => "Releases and promotion",
        Area::Aws => "AWS and credentials",
        Area::Files => "Files and the command line",
        Area::Internal => "Faults in Sluice itself",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::view::style::Palette;

    #[test]
    fn every_page_keeps_its_title_and_its_example() {
        for code in Code::ALL {
            let text = page(&Look::plain(), *code);
            assert!(text.starts_with(&format!("{code}: {}\n\n", code.title())), "{text}");
            assert!(text.contains("\n    "), "{text}");
            assert!(!text.contains("```"), "{text}");
        }
    }

    #[test]
    fn colour_adds_nothing_to_a_page_but_colour() {
        let painted = page(&Look { palette: Palette::Ansi, ..Look::plain() }, Code::BadUnit);
        assert_eq!(anstream::adapter::strip_str(&painted).to_string(), page(&Look::plain(), Code::BadUnit));
    }

    #[test]
    fn a_table_of_a_page_is_aligned() {
        let mut table = Table::new();
        for row in [" quantity | written as |", "---|---|", " size | `KiB` |"] {
            add_row(&mut table, row);
        }
        assert_eq!(table.render(&Look::plain(), 2), "  quantity  written as\n  size      `KiB`\n");
    }

    #[test]
    fn the_list_holds_every_code_once() {
        let text = list(&Look::plain());
        for code in Code::ALL {
            assert_eq!(text.matches(code.as_str()).count(), 1, "{code}");
        }
    }
}
