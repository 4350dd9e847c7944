//! `sluice import`.

use super::args::{ImportArgs, ImportCommand};
use super::exit::Exit;
use super::forms::{ImportOutput, Layout};
use super::offline::fail;
use super::screen::{err_look, out_look, source_map};
use super::world::{World, print_err, print_out};
use crate::operate::{self, ImportOrder, Language};
use crate::view::diagnostics;
use crate::view::{import as view, next_steps};

/// Runs an import.
pub(crate) fn run(world: &World, command: ImportCommand) -> Exit {
    let (language, files, args) = match command {
        ImportCommand::Terraform { files, args } => (Language::Terraform, files, args),
        ImportCommand::Template { file, args } => (Language::Template, vec![file], args),
    };
    let ImportArgs { name, owner, out, output } = args;
    let run = operate::import(&world.folder, &ImportOrder { language, files, name, owner, out });
    let written = match run.outcome {
        Ok(written) => written,
        Err(failure) => return fail(world, &failure, &run.texts),
    };
    let (imported, file) = (&written.imported, written.file.as_ref().map(|file| file.display().to_string()));
    match output {
        ImportOutput::Json => print_out(&Layout::Indented.of(&view::to_json(imported, file.as_deref()))),
        ImportOutput::Jsonl => print_out(&Layout::Line.of(&view::to_json(imported, file.as_deref()))),
        ImportOutput::Sarif => print_out(&Layout::Indented.of(&diagnostics::to_sarif(&imported.told))),
        ImportOutput::Text => {
            print_err(&view::to_text(&err_look(world), imported, &source_map(&run.texts)));
            match &file {
                None => print_out(&imported.text),
                Some(file) => {
                    print_err(&format!("\nwrote {file}\n"));
                    let check = next_steps::NextStep::new(
                        format!("sluice check {}", imported.name),
                        "what is still to be decided, with its place",
                    );
                    print_out(&next_steps::to_text(&out_look(world), &[check]));
                }
            }
        }
    }
    Exit::Done
}
