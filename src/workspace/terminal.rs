//! The terminal's input and size.

use std::io::{BufRead, IsTerminal};

/// Reads one line from the terminal; `None` where there is no terminal or no line.
#[must_use]
pub fn ask_line() -> Option<String> {
    let stdin = std::io::stdin();
    if !stdin.is_terminal() {
        return None;
    }
    let mut line = String::new();
    match stdin.lock().read_line(&mut line) {
        Ok(0) | Err(_) => None,
        Ok(_) => Some(line.trim().to_owned()),
    }
}

/// The columns and rows of the terminal on standard error, if it is one.
#[must_use]
pub fn terminal_size() -> Option<(u16, u16)> {
    let (terminal_size::Width(columns), terminal_size::Height(rows)) =
        terminal_size::terminal_size_of(std::io::stderr())?;
    Some((columns, rows))
}
