//! `sluice graph`.

use std::path::Path;

use super::args::{GraphArgs, GraphOutput};
use super::exit::Exit;
use super::offline::{fail, open, typed_region};
use super::screen::print_diagnostics;
use super::world::{World, print_err, print_out};
use crate::diagnostic::{Code, Diagnostic};
use crate::operate::{self, Failure, Shelf};
use crate::view::graph as view;
use crate::workspace::{read_text, write_file};

/// `sluice graph`.
pub(crate) fn graph(world: &World, args: &GraphArgs) -> Exit {
    let project = match open(world) {
        Ok(project) => project,
        Err(exit) => return exit,
    };
    let mut shelf = Shelf::new(&project);
    let shape = operate::only_pipeline(&project, args.pipeline.as_deref()).and_then(|name| {
        let region = typed_region(args.region.as_deref())?;
        operate::shape(&mut shelf, &name, args.environment.as_deref(), region.as_ref())
    });
    let shape = match shape {
        Ok(shape) => shape,
        Err(failure) => return fail(world, &failure, shelf.texts()),
    };
    print_diagnostics(world, &shape.warnings, shelf.texts());
    let form = match form(args) {
        Ok(form) => form,
        Err(failure) => return fail(world, &failure, shelf.texts()),
    };
    let graph = view::topology(&shape.sized);
    let text = match form {
        GraphOutput::Mermaid => view::to_mermaid(&graph),
        GraphOutput::Dot => view::to_dot(&graph),
        GraphOutput::Svg => view::to_svg(&graph),
        GraphOutput::Json => format!("{:#}\n", view::to_json(&graph)),
    };
    let Some(file) = &args.out else {
        print_out(&text);
        return Exit::Done;
    };
    match keep(&world.folder.join(file), &text) {
        Ok(()) => {
            print_err(&format!("wrote {} to {}\n", graph.title(), file.display()));
            Exit::Done
        }
        Err(failure) => fail(world, &failure, shelf.texts()),
    }
}

/// The form that was asked for, or that the file's ending asks for.
fn form(args: &GraphArgs) -> Result<GraphOutput, Failure> {
    if let Some(form) = args.output {
        return Ok(form);
    }
    let Some(file) = args.out.as_deref() else { return Ok(GraphOutput::Mermaid) };
    match file.extension().map(|ending| ending.to_string_lossy()).as_deref() {
        Some("svg") => Ok(GraphOutput::Svg),
        Some("dot" | "gv") => Ok(GraphOutput::Dot),
        Some("json") => Ok(GraphOutput::Json),
        Some("md" | "mmd" | "mermaid") | None => Ok(GraphOutput::Mermaid),
        Some(_) => Err(Failure::error(
            Diagnostic::error(
                Code::FileTrouble,
                format!("no form of a topology belongs to the ending of {}", file.display()),
            )
            .help("end its name in `.svg`, `.dot`, `.json`, `.mmd` or `.md`, or choose a form with `--output`"),
        )),
    }
}

/// Writes a file; a Markdown file keeps everything outside the markers.
fn keep(path: &Path, text: &str) -> Result<(), Failure> {
    if path.extension().is_none_or(|ending| ending != "md") {
        return Ok(write_file(path, text.as_bytes())?);
    }
    let page = read_text(path)?;
    let page = view::placed(&page, text).ok_or_else(|| {
        let title = format!("{} has no place for a topology", path.display());
        Failure::error(
            Diagnostic::error(Code::FileTrouble, title)
                .help("add two lines where it belongs: `<!-- topology -->` and `<!-- /topology -->`"),
        )
    })?;
    Ok(write_file(path, page.as_bytes())?)
}
