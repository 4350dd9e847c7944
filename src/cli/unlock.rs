//! `sluice unlock`.

use std::cell::RefCell;
use std::rc::Rc;

use super::args::{Global, UnlockArgs};
use super::clouds::Clouds;
use super::exit::Exit;
use super::forms::{Layout, Output};
use super::offline::fail;
use super::online::{Shared, block_on, one};
use super::screen::{Screen, out_look};
use super::world::{World, print_out};
use crate::operate::{self, Interrupt, Shelf, Tools, UnlockOrder};
use crate::view::lease::{self as view, Unlocked};

/// `sluice unlock`.
pub(crate) fn unlock(world: &World, global: &Global, args: &UnlockArgs) -> Exit {
    let (project, pipeline, region) = match one(world, &args.one) {
        Ok(one) => one,
        Err(exit) => return exit,
    };
    let order = UnlockOrder { pipeline, environment: args.one.environment.clone(), region, yes: args.yes };
    let mut shelf = Shelf::new(&project);
    let (clouds, interrupt) = (Clouds::new(world, global, &project), Interrupt::new());
    let tools = Tools { connector: &clouds, clock: &*world.clock, interrupt: &interrupt };
    let mut company = Shared(Rc::new(RefCell::new(Screen::new(world, args.output))));
    let done = match block_on(operate::unlock(&mut shelf, &order, tools, &mut company)) {
        Ok(Ok(done)) => done,
        Ok(Err(failure)) => return fail(world, &failure, shelf.texts()),
        Err(exit) => return exit,
    };
    let unlocked = Unlocked {
        pipeline: done.pipeline.as_str(),
        environment: done.environment.as_str(),
        region: done.region.as_str(),
        removed: done.lease.is_some(),
        expired: done.expired,
        lease: done.lease.as_ref().and_then(|lease| lease.as_ref().ok()),
    };
    print_out(&match args.output {
        Output::Text => view::to_text(&out_look(world), &unlocked),
        Output::Json => Layout::Indented.of(&view::to_json(&unlocked)),
        Output::Jsonl => Layout::Line.of(&view::to_json(&unlocked)),
    });
    Exit::Done
}
