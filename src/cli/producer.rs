//! `sluice producer`.

use std::path::Path;

use super::args::ProducerArgs;
use super::exit::Exit;
use super::forms::{Layout, PageOutput};
use super::offline::{NO_TEXTS, fail, open, typed_region};
use super::screen::{out_look, print_diagnostics};
use super::world::{World, print_err, print_out};
use crate::operate::{self, Failure, Producers, Shelf};
use crate::render::Producer;
use crate::view::producer as view;
use crate::workspace::write_file;

/// `sluice producer`.
pub(crate) fn producer(world: &World, args: &ProducerArgs) -> Exit {
    let project = match open(world) {
        Ok(project) => project,
        Err(exit) => return exit,
    };
    let mut shelf = Shelf::new(&project);
    let asked = operate::only_pipeline(&project, args.one.pipeline.as_deref()).and_then(|pipeline| {
        let region = typed_region(args.one.region.as_deref())?;
        let found = operate::producers(&mut shelf, &pipeline, &args.one.environment, region.as_ref())?;
        Ok((pipeline, found))
    });
    let (pipeline, Producers { producers, warnings }) = match asked {
        Ok(asked) => asked,
        Err(failure) => return fail(world, &failure, shelf.texts()),
    };
    print_diagnostics(world, &warnings, shelf.texts());
    if let Some(folder) = &args.out {
        match write(&world.folder.join(folder), &pipeline, &producers) {
            Ok(files) => print_err(&format!("wrote {} to {}\n", files.join(", "), folder.display())),
            Err(failure) => return fail(world, &failure, NO_TEXTS),
        }
    }
    print_out(&match args.output {
        PageOutput::Json => Layout::Indented.of(&view::to_json(&pipeline, &producers)),
        PageOutput::Jsonl => Layout::Line.of(&view::to_json(&pipeline, &producers)),
        PageOutput::Markdown => view::to_markdown(&pipeline, &producers),
        PageOutput::Text => view::to_text(&out_look(world), &pipeline, &producers),
    });
    Exit::Done
}

/// Writes the page and a policy for each stream; the names of the files.
fn write(folder: &Path, pipeline: &str, producers: &[Producer]) -> Result<Vec<String>, Failure> {
    let mut files = vec![("producer.md".to_owned(), view::to_markdown(pipeline, producers))];
    for producer in producers {
        // One policy is for one stream: nobody should get more than what they put into.
        let name = match producers.len() {
            1 => "producer-policy.json".to_owned(),
            _ => format!("producer-policy-{}.json", producer.stream),
        };
        files.push((name, format!("{:#}\n", producer.policy)));
    }
    files
        .into_iter()
        .map(|(name, text)| {
            write_file(&folder.join(&name), text.as_bytes())?;
            Ok(name)
        })
        .collect()
}
