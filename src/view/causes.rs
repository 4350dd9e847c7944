//! Known causes of failures: a few lines on the last screen, a page each on a terminal, all of them as Markdown.

use super::style::{Label, Look};
use super::table::{Cell, Table};
use super::words::wrap;
use crate::observed::{KnownCause, RunAgain};

/// Lines longer than this tire the eye, however wide the screen.
const LONGEST_LINE: usize = 100;

/// Returns what the last screen of a failed operation says of its cause.
#[must_use]
pub fn in_short(look: &Look, known: &KnownCause) -> String {
    let mut out = format!(
        "  {}  {}\n",
        look.paint(Label::Heading, "Known cause"),
        look.paint(Label::Command, format_args!("sluice explain {}", known.id))
    );
    let width = look.columns().min(LONGEST_LINE).saturating_sub(4);
    for text in [known.cause, known.fix].into_iter().map(str::to_owned).chain(place(known)).chain([again(known.again)])
    {
        for line in wrap(&text, width) {
            out.push_str(&format!("    {line}\n"));
        }
    }
    out
}

/// Returns the page of a cause.
#[must_use]
pub fn page(look: &Look, known: &KnownCause) -> String {
    let width = look.columns().min(LONGEST_LINE);
    let mut out = format!("{}\n", look.paint(Label::Heading, known.id));
    let mut paragraph = |text: &str| {
        out.push('\n');
        for line in wrap(text, width) {
            out.push_str(&format!("{line}\n"));
        }
    };
    paragraph(known.cause);
    paragraph(known.fix);
    if let Some(place) = place(known) {
        paragraph(&place);
    }
    paragraph(&again(known.again));
    if !known.types.is_empty() {
        paragraph(&format!("It happens to {}.", known.types.join(", ")));
    }
    out.push_str(&format!("\n{}\n", look.paint(Label::Heading, "AS IT WAS SEEN")));
    for seen in known.recorded {
        for line in wrap(seen.reason, width.saturating_sub(4)) {
            out.push_str(&format!("    {line}\n"));
        }
        out.push_str(&format!(
            "    {}\n",
            look.paint(Label::Faint, format_args!("{}; {}", seen.type_name, source(seen.source)))
        ));
    }
    out
}

/// Returns every cause by its name.
#[must_use]
pub fn list(look: &Look) -> String {
    let mut table = Table::new();
    for known in KnownCause::all() {
        table.row([Cell::new(Label::Command, known.id), Cell::plain(known.cause)]);
    }
    let heading = look.paint(Label::Heading, "Known causes of failed deployments");
    format!("{heading}\n{}\n`sluice explain NAME` prints what to do.\n", table.render(look, 2))
}

/// Returns all causes as a page of the documentation.
#[must_use]
pub fn to_markdown() -> String {
    let mut out = "# Known causes of failed deployments\n\nWhen a deployment fails, its last screen names the first resource that failed, in the \
                   service's own words, with the line of the pipeline file. Where somebody met that before, it adds what is on this page: \
                   the cause, the way out, and whether it pays to run the command again. `sluice explain NAME` prints it; JSON lines have it as \
                   `outcome.root_cause.known`. Nothing is decided on a service's words: a failure that is not on this page is told as it came.\n\n\
                   This page is written from the table in `src/observed/cause/`. A message that ends in `COM` is quoted in many \
                   places and recorded in none that could be named.\n"
        .to_owned();
    for known in KnownCause::all() {
        out.push_str(&format!("\n## {}\n\n{} {}", known.id, known.cause, known.fix));
        if let Some(place) = place(known) {
            out.push_str(&format!(" {place}"));
        }
        out.push_str(&format!(" {}\n", again(known.again)));
        for seen in known.recorded {
            out.push_str(&format!("\n```text\n{}: {}\n```\n{}\n", seen.type_name, seen.reason, seen.source));
        }
    }
    out
}

fn place(known: &KnownCause) -> Option<String> {
    known.field.map(|field| format!("In the pipeline file: `{field}`."))
}

fn again(again: RunAgain) -> String {
    match again {
        RunAgain::AsItIs => "Run it again as it is.".to_owned(),
        RunAgain::Later { wait } => format!("Run it again as it is, after {wait} or more."),
        RunAgain::WhenMended => "Run it again when that is done, not before.".to_owned(),
    }
}

fn source(source: &str) -> &str {
    if source == "COM" { "quoted in many places" } else { source }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_says_what_happened_what_to_do_and_where() {
        let known = KnownCause::parse("concurrency-floor").unwrap();
        insta::assert_snapshot!(page(&Look::plain(), known));
    }

    #[test]
    fn the_list_and_the_markdown_hold_every_cause_once() {
        let (list, markdown) = (list(&Look::plain()), to_markdown());
        for known in KnownCause::all() {
            let named = |line: &&str| line.split_whitespace().next() == Some(known.id);
            assert_eq!(list.lines().filter(named).count(), 1, "{}", known.id);
            assert_eq!(markdown.matches(&format!("\n## {}\n", known.id)).count(), 1, "{}", known.id);
        }
    }
}
