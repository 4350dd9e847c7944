//! A Python file with its comments, and then its strings, blanked out, byte for byte; and its statements.

use std::ops::Range;

/// A statement: its bytes, all its lines together, and how far it is indented.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Statement {
    /// From its first character to the end of its last line.
    pub(super) range: Range<usize>,
    /// Columns before it.
    pub(super) indent: usize,
}

/// A file in three readings of the same length, so that a place in one is the place in all.
#[derive(Debug)]
pub(super) struct Source<'a> {
    /// As it is.
    pub(super) text: &'a str,
    /// Comments and docstrings are blanks.
    pub(super) uncommented: String,
    /// Strings are blanks as well.
    pub(super) bare: String,
    /// Its statements, in order.
    pub(super) statements: Vec<Statement>,
}

/// What a character belongs to.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Part {
    Code,
    Text,
    Comment,
}

impl<'a> Source<'a> {
    pub(super) fn of(text: &'a str) -> Self {
        let parts = parts(text);
        let blanked = |keep: fn(Part) -> bool| -> String {
            let mut shown = String::with_capacity(text.len());
            for (c, part) in text.chars().zip(&parts) {
                match (c, keep(*part)) {
                    ('\n', _) | (_, true) => shown.push(c),
                    (_, false) => shown.extend(std::iter::repeat_n(' ', c.len_utf8())),
                }
            }
            shown
        };
        let uncommented = blanked(|part| part != Part::Comment);
        let bare = blanked(|part| part == Part::Code);
        let statements = statements(&bare);
        Self { text, uncommented, bare, statements }
    }

    /// The places behind the names of calls of a function or method, each at its opening bracket.
    pub(super) fn calls_of<'s>(&'s self, name: &'s str) -> impl Iterator<Item = usize> + 's {
        self.bare.match_indices(name).filter_map(move |(at, found)| {
            let before = self.bare.get(..at)?.chars().next_back();
            let end = at + found.len();
            let opens = self.bare.get(end..)?.starts_with('(');
            (opens && !before.is_some_and(is_word)).then_some(end)
        })
    }

    /// What stands between an opening bracket and the one that closes it.
    pub(super) fn bracketed(&self, open: usize) -> Range<usize> {
        let mut depth = 0_usize;
        for (at, c) in self.bare.get(open..).unwrap_or_default().char_indices() {
            match c {
                '(' | '[' | '{' => depth += 1,
                ')' | ']' | '}' => depth = depth.saturating_sub(1),
                _ => {}
            }
            if depth == 0 {
                return open + 1..open + at;
            }
        }
        open..self.bare.len()
    }

    /// The code of a range with its strings.
    pub(super) fn with_strings(&self, range: Range<usize>) -> &str {
        self.uncommented.get(range).unwrap_or_default()
    }

    /// The code of a range without its strings.
    pub(super) fn without_strings(&self, range: Range<usize>) -> &str {
        self.bare.get(range).unwrap_or_default()
    }

    /// The statements that are indented below one: its body.
    pub(super) fn body(&self, head: usize) -> Range<usize> {
        let Some(indent) = self.statements.get(head).map(|statement| statement.indent) else { return head..head };
        let below = self.statements.iter().skip(head + 1).take_while(|statement| statement.indent > indent).count();
        head + 1..head + 1 + below
    }
}

/// Whether a character may stand in a name.
pub(super) fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// What each character of a text belongs to. A string that begins a statement is a docstring, and so a comment.
fn parts(text: &str) -> Vec<Part> {
    let mut parts = Vec::with_capacity(text.len());
    let mut rest = text;
    let mut begins = true;
    let mut depth = 0_usize;
    while let Some(c) = rest.chars().next() {
        let (length, part) = match c {
            '#' => (rest.find('\n').unwrap_or(rest.len()), Part::Comment),
            '"' | '\'' => (string(rest, c), if begins && depth == 0 { Part::Comment } else { Part::Text }),
            _ => (c.len_utf8(), Part::Code),
        };
        match c {
            '(' | '[' | '{' => depth += 1,
            ')' | ']' | '}' => depth = depth.saturating_sub(1),
            _ => {}
        }
        begins = c == '\n' || (begins && (c.is_whitespace() || c == '#'));
        let (piece, after) = rest.split_at_checked(length).unwrap_or((rest, ""));
        parts.extend(piece.chars().map(|_| part));
        rest = after;
    }
    parts
}

/// How many bytes a string takes that begins a text; one that is not closed ends with its line.
fn string(text: &str, quote: char) -> usize {
    let triple = quote.to_string().repeat(3);
    let close = if text.starts_with(&triple) { triple } else { quote.to_string() };
    let mut at = close.len();
    while let Some(rest) = text.get(at..).filter(|rest| !rest.is_empty()) {
        if rest.starts_with(&close) {
            return at + close.len();
        }
        if close.len() == 1 && rest.starts_with('\n') {
            return at;
        }
        let escaped = rest.starts_with('\\');
        at += rest.chars().take(if escaped { 2 } else { 1 }).map(char::len_utf8).sum::<usize>();
    }
    text.len()
}

/// The statements of a text without strings and comments: lines, joined where a bracket is open or a backslash ends one.
fn statements(bare: &str) -> Vec<Statement> {
    let mut found: Vec<Statement> = Vec::new();
    let (mut at, mut depth, mut goes_on) = (0_usize, 0_usize, false);
    for line in bare.split_inclusive('\n') {
        let code = line.trim_end();
        let indent = code.len() - code.trim_start().len();
        match found.last_mut() {
            Some(last) if depth > 0 || goes_on => last.range.end = at + code.len(),
            _ if code.trim().is_empty() => {}
            _ => found.push(Statement { range: at + indent..at + code.len(), indent }),
        }
        for c in code.chars() {
            match c {
                '(' | '[' | '{' => depth += 1,
                ')' | ']' | '}' => depth = depth.saturating_sub(1),
                _ => {}
            }
        }
        goes_on = code.ends_with('\\');
        at += line.len();
    }
    found
}
