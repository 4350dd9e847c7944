//! Arguments, settings, exit codes, composition: the only room that sees the whole program.

mod args;
mod exit;

pub use exit::Exit;

use std::io::Write;
use std::process::ExitCode;

use clap::{CommandFactory, Parser};

use args::{Cli, Command};

/// Runs the program with the process's own arguments, streams and clock.
#[must_use]
pub fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            let wanted = !error.use_stderr();
            let _ = error.print();
            return ExitCode::from(if wanted { Exit::Done } else { Exit::Usage }.code());
        }
    };
    match cli.command {
        Command::Completions(args) => {
            let mut script = Vec::new();
            clap_complete::generate(args.shell, &mut Cli::command(), "sluice", &mut script);
            let _ = std::io::stdout().write_all(&script);
            ExitCode::from(Exit::Done.code())
        }
        _ => ExitCode::from(Exit::Bug.code()),
    }
}
