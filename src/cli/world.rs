//! The process's surroundings, read once: folder, clock, environment variables, terminal.
#![expect(clippy::disallowed_methods, reason = "the surroundings are read here, once, and passed on as data")]

use std::io::{IsTerminal, Write};
use std::path::PathBuf;
use std::sync::Arc;

use super::args::{ColorChoice, Global};
use crate::units::Timestamp;
use crate::view::{Palette, Symbols};
use crate::workspace::{Clock, StandingClock, SystemClock, terminal_size};

/// A hidden setting: the clock stands at this moment and moves only by sleeping. It makes runs repeatable.
const CLOCK: &str = "SLUICE_CLOCK";
/// Columns where nothing else says how wide the screen is.
const DEFAULT_WIDTH: usize = 100;

/// The process's surroundings.
pub(crate) struct World {
    /// The folder the command works in.
    pub(crate) folder: PathBuf,
    /// The clock.
    pub(crate) clock: Arc<dyn Clock>,
    /// Columns of the screen.
    pub(crate) width: usize,
    /// Rows of the screen, if there is one.
    pub(crate) height: Option<usize>,
    /// Colours of standard output.
    pub(crate) out_palette: Palette,
    /// Colours of standard error.
    pub(crate) err_palette: Palette,
    /// Characters the screen can show.
    pub(crate) symbols: Symbols,
    /// Whether progress may be redrawn in place.
    pub(crate) live: bool,
    /// Whether somebody can answer a question.
    pub(crate) interactive: bool,
}

impl World {
    /// Reads the surroundings.
    ///
    /// # Errors
    /// When the present folder is gone, or the hidden clock setting is no moment.
    pub(crate) fn read(global: &Global) -> Result<Self, String> {
        let folder = match &global.project {
            Some(folder) => folder.clone(),
            None => std::env::current_dir().map_err(|error| format!("cannot tell the present folder: {error}"))?,
        };
        let clock: Arc<dyn Clock> = match std::env::var(CLOCK) {
            Ok(text) => Arc::new(StandingClock::at(
                Timestamp::parse(&text).ok_or_else(|| format!("{CLOCK}: `{text}` is no moment"))?,
            )),
            Err(_) => Arc::new(SystemClock),
        };
        let (out_terminal, err_terminal) = (std::io::stdout().is_terminal(), std::io::stderr().is_terminal());
        let dumb = set("TERM").is_some_and(|term| term == "dumb");
        let size = terminal_size().filter(|_| err_terminal);
        let columns = set("COLUMNS").and_then(|text| text.parse::<usize>().ok());
        Ok(Self {
            folder,
            clock,
            width: columns.or(size.map(|(columns, _)| usize::from(columns))).unwrap_or(DEFAULT_WIDTH).clamp(40, 400),
            height: size.map(|(_, rows)| usize::from(rows)),
            out_palette: palette(global, out_terminal && !dumb),
            err_palette: palette(global, err_terminal && !dumb),
            symbols: if unicode() { Symbols::Unicode } else { Symbols::Ascii },
            live: err_terminal && !dumb && set("CI").is_none(),
            interactive: std::io::stdin().is_terminal() && err_terminal,
        })
    }
}

/// A variable of somebody else's that is set to something: a token or an address that a code host gives its jobs.
pub(crate) fn variable(name: &str) -> Option<String> {
    set(name)
}

/// A variable that is set to something.
fn set(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

fn palette(global: &Global, terminal: bool) -> Palette {
    let choice = if global.no_color { ColorChoice::Never } else { global.color };
    let forced = set("FORCE_COLOR").or_else(|| set("CLICOLOR_FORCE")).is_some_and(|value| value != "0");
    let colour = match choice {
        ColorChoice::Always => true,
        ColorChoice::Never => false,
        ColorChoice::Auto => set("NO_COLOR").is_none() && (terminal || forced),
    };
    if colour { Palette::Ansi } else { Palette::Plain }
}

/// Whether the locale says that the screen shows more than ASCII; where nothing says so, it does.
fn unicode() -> bool {
    match set("LC_ALL").or_else(|| set("LC_CTYPE")).or_else(|| set("LANG")) {
        Some(locale) => {
            let locale = locale.to_ascii_lowercase();
            locale.contains("utf-8") || locale.contains("utf8")
        }
        None => true,
    }
}

/// Writes a result to standard output. A reader that has gone away is no error: `sluice render | head` is fine.
pub(crate) fn print_out(text: &str) {
    let mut out = std::io::stdout().lock();
    let _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
}

/// Writes progress, questions and diagnostics to standard error.
pub(crate) fn print_err(text: &str) {
    let mut err = std::io::stderr().lock();
    let _ = err.write_all(text.as_bytes()).and_then(|()| err.flush());
}
