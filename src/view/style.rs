//! How things look: labels say what a text *is*, one table says how that is shown.
//!
//! Colour only ever repeats what words or symbols already say, so that nothing is lost without it.

use std::fmt::{Display, Write as _};

use anstyle::{AnsiColor, Style};

/// Whether escape sequences are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Palette {
    /// Plain text: pipes, files, `NO_COLOR`.
    Plain,
    /// ANSI escape sequences.
    Ansi,
}

/// Which characters may be used for symbols and lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Symbols {
    /// Unicode box drawing, check marks and the like.
    Unicode,
    /// Nothing beyond ASCII.
    Ascii,
}

/// What a piece of text is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Label {
    /// A heading or the name of what a screen is about.
    Heading,
    /// Background: units, types, times.
    Faint,
    /// It went well.
    Good,
    /// It went wrong, or something is lost.
    Bad,
    /// Somebody should look.
    Warning,
    /// It is going on right now.
    Busy,
    /// Something new.
    Added,
    /// Something that changes and stays itself.
    Changed,
    /// Something that goes away.
    Removed,
    /// A file, line and column.
    Place,
    /// Something to type.
    Command,
    /// Nothing in particular.
    Plain,
}

/// The one table from label to style.
const fn style(label: Label) -> Style {
    match label {
        Label::Heading => Style::new().bold(),
        Label::Faint => Style::new().dimmed(),
        Label::Good | Label::Added => AnsiColor::Green.on_default(),
        Label::Bad => AnsiColor::Red.on_default().bold(),
        Label::Removed => AnsiColor::Red.on_default(),
        Label::Warning | Label::Changed => AnsiColor::Yellow.on_default(),
        Label::Busy => AnsiColor::Cyan.on_default(),
        Label::Place => AnsiColor::Blue.on_default(),
        Label::Command => AnsiColor::Cyan.on_default().bold(),
        Label::Plain => Style::new(),
    }
}

/// What a screen can show.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Look {
    /// Escape sequences or not.
    pub palette: Palette,
    /// Which symbols.
    pub symbols: Symbols,
    /// Columns; views never count on fewer than [`Look::NARROWEST`].
    pub width: usize,
}

impl Look {
    /// Narrower screens are treated as if they had this many columns.
    pub const NARROWEST: usize = 40;

    /// Returns plain ASCII text of a hundred columns: what a log gets.
    #[must_use]
    pub const fn plain() -> Self {
        Self { palette: Palette::Plain, symbols: Symbols::Ascii, width: 100 }
    }

    /// The columns there are.
    #[must_use]
    pub fn columns(&self) -> usize {
        self.width.max(Self::NARROWEST)
    }

    /// Returns `text` in the style of `label`.
    #[must_use]
    pub fn paint(&self, label: Label, text: impl Display) -> String {
        let style = style(label);
        let mut painted = String::new();
        let written = match self.palette {
            Palette::Plain => write!(painted, "{text}"),
            Palette::Ansi if style.is_plain() => write!(painted, "{text}"),
            Palette::Ansi => write!(painted, "{style}{text}{style:#}"),
        };
        debug_assert!(written.is_ok(), "writing to a String succeeds");
        painted
    }

    /// Returns the Unicode or the ASCII spelling of a symbol.
    #[must_use]
    pub const fn symbol(&self, unicode: &'static str, ascii: &'static str) -> &'static str {
        match self.symbols {
            Symbols::Unicode => unicode,
            Symbols::Ascii => ascii,
        }
    }

    /// The arrow between a value before and after.
    #[must_use]
    pub const fn arrow(&self) -> &'static str {
        self.symbol("→", "->")
    }

    /// What stands for text that was cut.
    #[must_use]
    pub const fn ellipsis(&self) -> &'static str {
        self.symbol("…", "...")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_text_holds_no_escape_sequence() {
        assert_eq!(Look::plain().paint(Label::Bad, "failed"), "failed");
    }

    #[test]
    fn a_painted_text_ends_its_style() {
        let look = Look { palette: Palette::Ansi, ..Look::plain() };
        assert_eq!(look.paint(Label::Heading, "x"), "\u{1b}[1mx\u{1b}[0m");
        assert_eq!(look.paint(Label::Plain, "x"), "x");
    }
}
