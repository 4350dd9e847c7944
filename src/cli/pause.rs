//! `sluice pause` and `sluice resume`.

use std::cell::RefCell;
use std::rc::Rc;

use super::args::{Global, PauseArgs};
use super::clouds::Clouds;
use super::exit::Exit;
use super::forms::{Layout, Output};
use super::offline::{NO_TEXTS, fail, open, typed_region};
use super::online::{Shared, block_on};
use super::screen::{Screen, out_look};
use super::world::{World, print_out};
use crate::operate::{self, Interrupt, PauseOrder, Shelf, Switching, Tools};
use crate::view::pause::{self as view, Paused, PausedReader};

/// `sluice pause` and `sluice resume`.
pub(crate) fn pause(world: &World, global: &Global, args: &PauseArgs, switching: Switching) -> Exit {
    let project = match open(world) {
        Ok(project) => project,
        Err(exit) => return exit,
    };
    let region = match typed_region(args.region.as_deref()) {
        Ok(region) => region,
        Err(failure) => return fail(world, &failure, NO_TEXTS),
    };
    let order = PauseOrder {
        pipeline: args.pipeline.clone(),
        environment: args.environment.clone(),
        region,
        consumers: args.consumers.iter().cloned().collect(),
        switching,
        yes: args.yes,
    };
    let mut shelf = Shelf::new(&project);
    let (clouds, interrupt) = (Clouds::new(world, global, &project), Interrupt::new());
    let tools = Tools { connector: &clouds, clock: &*world.clock, interrupt: &interrupt };
    let mut company = Shared(Rc::new(RefCell::new(Screen::new(world, args.output))));
    let done = match block_on(operate::pause(&mut shelf, &order, tools, &mut company)) {
        Ok(Ok(done)) => done,
        Ok(Err(failure)) => return fail(world, &failure, shelf.texts()),
        Err(exit) => return exit,
    };
    let readers = done.readers.iter().map(|reader| PausedReader {
        logical_id: &reader.logical_id,
        switched: reader.switched,
        paused: reader.paused,
        behind: reader.behind,
        retention: reader.retention,
    });
    let paused = Paused {
        pipeline: done.pipeline.as_str(),
        environment: done.environment.as_str(),
        region: done.region.as_str(),
        readers: readers.collect(),
    };
    print_out(&match args.output {
        Output::Text => view::to_text(&out_look(world), &paused),
        Output::Json => Layout::Indented.of(&view::to_json(&paused)),
        Output::Jsonl => Layout::Line.of(&view::to_json(&paused)),
    });
    Exit::Done
}
