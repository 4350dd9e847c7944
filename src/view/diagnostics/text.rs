//! Diagnostics for people: the fact, the lines it is about with the words underlined, why, and what to type.

use std::borrow::Cow;
use std::ops::Range;

use annotate_snippets::renderer::DecorStyle;
use annotate_snippets::{Annotation, AnnotationKind, Group, Level, Origin, Renderer, Snippet};

use super::{SourceMap, Tally};
use crate::diagnostic::{Diagnostic, Diagnostics, FilePath, Label, Severity};
use crate::view::style::{Look, Palette, Symbols};
use crate::view::words::{is_unprintable, printable};

/// A quoted value in a title may be as long as a file; nobody reads more than this many characters of it.
const LONGEST_SENTENCE: usize = 500;

/// Bytes shown of a line on each side of what is underlined; the renderer trims further to the screen.
const LINE_CONTEXT: usize = 400;

/// Lines farther apart than this are shown as two pieces of the file.
const FARTHEST_TOGETHER: u32 = 60;

/// Returns all diagnostics one after the other, a blank line between them, then how many there were and
/// where to read more. Empty for none.
#[must_use]
pub fn to_text(diagnostics: &Diagnostics, sources: &SourceMap, look: &Look) -> String {
    let renderer = renderer(look);
    let mut out = String::new();
    for diagnostic in diagnostics {
        out.push_str(renderer.render(&[group(diagnostic, sources)]).trim_end());
        out.push_str("\n\n");
    }
    let summary = Tally::of(diagnostics).summary();
    if !summary.is_empty() {
        out.push_str(&summary);
        if let Some(first) = diagnostics.iter().min_by_key(|diagnostic| diagnostic.severity) {
            out.push_str(&format!("; `sluice explain {}` tells more", first.code));
        }
        out.push('\n');
    }
    out
}

fn renderer(look: &Look) -> Renderer {
    let renderer = match look.palette {
        Palette::Plain => Renderer::plain(),
        Palette::Ansi => Renderer::styled().hyperlink(false),
    };
    let decor = match look.symbols {
        Symbols::Unicode => DecorStyle::Unicode,
        Symbols::Ascii => DecorStyle::Ascii,
    };
    renderer.decor_style(decor).term_width(look.columns())
}

fn group<'a>(diagnostic: &'a Diagnostic, sources: &'a SourceMap) -> Group<'a> {
    let level = match diagnostic.severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
        Severity::Info => Level::INFO,
    };
    let title = level.primary_title(sentence(&diagnostic.title)).id(diagnostic.code.as_str());
    let mut group = Group::with_title(title);
    for piece in pieces(&diagnostic.labels) {
        group = match sources.get(piece.file) {
            Some(text) => group.element(snippet(text, &piece)),
            None => group.element(origin(&piece)),
        };
    }
    for note in &diagnostic.notes {
        group = group.element(Level::NOTE.message(paragraph(note)));
    }
    for help in &diagnostic.help {
        group = group.element(Level::HELP.message(paragraph(help)));
    }
    group
}

/// Labels that are shown together: same file, not far apart. The first label of the first piece is the primary one.
struct Piece<'a> {
    file: &'a FilePath,
    labels: Vec<(AnnotationKind, &'a Label)>,
}

fn pieces(labels: &[Label]) -> Vec<Piece<'_>> {
    let mut pieces: Vec<Piece<'_>> = Vec::new();
    for (at, label) in labels.iter().enumerate() {
        let kind = if at == 0 { AnnotationKind::Primary } else { AnnotationKind::Context };
        let near = |piece: &&mut Piece<'_>| {
            *piece.file == label.place.file
                && piece
                    .labels
                    .iter()
                    .all(|(_, other)| other.place.line.abs_diff(label.place.line) <= FARTHEST_TOGETHER)
        };
        match pieces.iter_mut().find(near) {
            Some(piece) => piece.labels.push((kind, label)),
            None => pieces.push(Piece { file: &label.place.file, labels: vec![(kind, label)] }),
        }
    }
    pieces
}

fn origin<'a>(piece: &Piece<'a>) -> Origin<'a> {
    let origin = Origin::path(printable(piece.file.as_str()));
    match piece.labels.first() {
        Some((_, label)) => origin.line(label.place.line as usize).char_column(label.place.column as usize),
        None => origin,
    }
}

fn snippet<'a>(text: &'a str, piece: &Piece<'a>) -> Snippet<'a, Annotation<'a>> {
    let spans: Vec<Range<usize>> = piece.labels.iter().map(|(_, label)| first_line(text, label)).collect();
    let window = window(text, &spans);
    let shown = text.get(window.clone()).unwrap_or_default();
    let line = text.get(..window.start).unwrap_or_default().matches('\n').count() + 1;
    let annotations = piece.labels.iter().zip(&spans).map(|((kind, label), span)| {
        let annotation = kind.span(span.start - window.start..span.end - window.start);
        if label.text.is_empty() { annotation } else { annotation.label(sentence(&label.text)) }
    });
    Snippet::source(harmless(shown)).path(printable(piece.file.as_str())).line_start(line).annotations(annotations)
}

/// The part of a label's span on its first line, moved to character boundaries inside the text.
fn first_line(text: &str, label: &Label) -> Range<usize> {
    let start = boundary(text, label.place.span.start);
    let end = boundary(text, label.place.span.end.max(start));
    let line = text.get(start..end).unwrap_or_default().lines().next().unwrap_or_default();
    start..start + line.trim_end().len()
}

/// The lines that hold all spans, the first and the last of them cut where they are very long.
fn window(text: &str, spans: &[Range<usize>]) -> Range<usize> {
    let first = spans.iter().map(|span| span.start).min().unwrap_or(0);
    let last = spans.iter().map(|span| span.end).max().unwrap_or(first);
    let start = text.get(..first).and_then(|before| before.rfind('\n')).map_or(0, |at| at + 1);
    let end = text.get(last..).and_then(|after| after.find('\n')).map_or(text.len(), |at| last + at);
    // A start inside a line would shift its column, so only a line that nobody could read is cut there.
    let cut = end.min(last.saturating_add(LINE_CONTEXT));
    start..boundary(text, cut)
}

fn boundary(text: &str, at: usize) -> usize {
    let mut at = at.min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}

/// Replaces what the renderer would pass on to the terminal, byte for byte, so that spans stay right.
fn harmless(text: &str) -> Cow<'_, str> {
    let risky = |c: char| is_unprintable(c) && !matches!(c, '\n' | '\r' | '\t');
    if !text.contains(risky) {
        return Cow::Borrowed(text);
    }
    let stand_in = |c: char| match c.len_utf8() {
        1 => '?',
        2 => '¿',
        _ => '\u{fffd}',
    };
    Cow::Owned(text.chars().map(|c| if risky(c) { stand_in(c) } else { c }).collect())
}

fn sentence(text: &str) -> Cow<'_, str> {
    let text = printable(text);
    match text.char_indices().nth(LONGEST_SENTENCE) {
        Some((end, _)) => {
            Cow::Owned(format!("{}... ({} more bytes)", text.get(..end).unwrap_or_default(), text.len() - end))
        }
        None => text,
    }
}

/// Like [`sentence`], but line breaks stay: notes and helps may hold an example.
fn paragraph(text: &str) -> String {
    text.lines().map(sentence).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::super::fixtures::{SPEC, place, sources, two};
    use super::*;
    use crate::diagnostic::{Code, Place, Span};

    #[test]
    fn two_files_are_shown_with_their_words_underlined_and_counted() {
        insta::assert_snapshot!(to_text(&two(), &sources(), &Look::plain()));
    }

    #[test]
    fn unicode_lines_say_the_same() {
        let look = Look { symbols: Symbols::Unicode, ..Look::plain() };
        insta::assert_snapshot!(to_text(&two(), &sources(), &look));
    }

    #[test]
    fn nothing_is_said_of_nothing() {
        assert_eq!(to_text(&Diagnostics::new(), &sources(), &Look::plain()), "");
    }

    #[test]
    fn a_file_without_text_is_still_named() {
        let text = to_text(&two(), &SourceMap::new(), &Look::plain());
        assert!(text.contains("--> spec.yaml:5:5"), "{text}");
    }

    #[test]
    fn a_label_over_many_lines_underlines_the_first() {
        let span = Span { start: SPEC.find("transactions").unwrap(), end: SPEC.len() };
        let place = Place::locate(&FilePath::new("spec.yaml"), SPEC, span);
        let diagnostics = Diagnostic::error(Code::MissingField, "x").at(place, "here").into();
        let text = to_text(&diagnostics, &sources(), &Look::plain());
        assert!(text.contains("3 |   transactions:\n"), "{text}");
        assert!(!text.contains("capacity"), "{text}");
    }

    #[test]
    fn a_very_long_line_is_trimmed_to_the_screen() {
        let source = format!("a: \"{}\" # oops {}\n", "x".repeat(50_000), "y".repeat(50_000));
        let place = place("long.yaml", &source, "oops");
        let diagnostics = Diagnostic::error(Code::BadName, "é".repeat(9_000)).at(place, "here").into();
        let sources = [(FilePath::new("long.yaml"), source)].into_iter().collect();
        let text = to_text(&diagnostics, &sources, &Look::plain());
        assert!(text.contains("oops"), "{text}");
        assert!(text.lines().skip(1).all(|line| line.chars().count() <= 110), "{text}");
        assert!(text.len() < 4_000, "{}", text.len());
    }

    #[test]
    fn no_byte_of_a_file_reaches_the_terminal_as_a_command() {
        let source = "a: \u{1b}[31m\u{9b}2J\u{202e}z\rq\n".to_owned();
        let place = place("evil.yaml", &source, "z");
        let diagnostics =
            Diagnostic::error(Code::BadName, "bad \u{1b}[2J name").at(place, "\u{7}").help("x\u{1b}").into();
        let sources = [(FilePath::new("evil.yaml"), source)].into_iter().collect();
        let text = to_text(&diagnostics, &sources, &Look::plain());
        assert!(text.chars().all(|c| c == '\n' || !is_unprintable(c)), "{text:?}");
    }

    proptest::proptest! {
        #[test]
        fn no_span_and_no_text_panics(source in "(?s).{0,200}", start in 0usize..300, length in 0usize..300, other in 0usize..300) {
            let file = FilePath::new("a.yaml");
            let at = |start: usize, length: usize| Place::locate(&file, &source, Span { start, end: start + length });
            let diagnostic = Diagnostic::error(Code::BadName, source.clone())
                .at(at(start, length), source.clone()).at(at(other, length), "").note(source.clone());
            let sources = [(file.clone(), source.clone())].into_iter().collect();
            let _ = to_text(&diagnostic.into(), &sources, &Look::plain());
        }
    }
}
