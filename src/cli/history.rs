//! `sluice history`.

use super::args::{Global, HistoryArgs};
use super::clouds::Clouds;
use super::exit::Exit;
use super::forms::{HistoryOutput, Layout};
use super::offline::{fail, open, typed_region};
use super::online::block_on;
use super::screen::{out_look, print_diagnostics};
use super::world::{World, print_out};
use crate::operate::{self, Chronicle, HistoryOrder, Interrupt, Shelf, Tools};
use crate::view::history::{self as view, Chapter};

/// `sluice history`.
pub(crate) fn history(world: &World, global: &Global, args: &HistoryArgs) -> Exit {
    let project = match open(world) {
        Ok(project) => project,
        Err(exit) => return exit,
    };
    let mut shelf = Shelf::new(&project);
    let order = operate::only_pipeline(&project, args.pipeline.as_deref()).and_then(|pipeline| {
        let region = typed_region(args.region.as_deref())?;
        Ok(HistoryOrder { pipeline, environments: args.env.clone(), region })
    });
    let order = match order {
        Ok(order) => order,
        Err(failure) => return fail(world, &failure, shelf.texts()),
    };
    let (clouds, interrupt) = (Clouds::new(world, global, &project), Interrupt::new());
    let tools = Tools { connector: &clouds, clock: &*world.clock, interrupt: &interrupt };
    let found = match block_on(operate::history(&mut shelf, &order, tools)) {
        Ok(Ok(found)) => found,
        Ok(Err(failure)) => return fail(world, &failure, shelf.texts()),
        Err(exit) => return exit,
    };
    print_diagnostics(world, &found.unread, shelf.texts());
    let chapters: Vec<Chapter<'_>> = found.chronicles.iter().map(chapter).collect();
    let pipeline = found.pipeline.as_str();
    print_out(&match args.output {
        HistoryOutput::Text => view::to_text(&out_look(world), pipeline, &chapters),
        HistoryOutput::Json => Layout::Indented.of(&view::to_json(pipeline, &chapters)),
        HistoryOutput::Jsonl => view::to_json_lines(&chapters).iter().map(|line| Layout::Line.of(line)).collect(),
        HistoryOutput::Html => view::to_html(pipeline, &chapters),
    });
    Exit::Done
}

fn chapter(found: &Chronicle) -> Chapter<'_> {
    let (environment, region) = (found.environment.as_str(), found.region.as_str());
    Chapter::new(environment, region, found.embedded, found.at, &found.ledger, found.under_way.as_ref())
}
