//! `sluice gc`.

use std::cell::RefCell;
use std::rc::Rc;

use super::args::{GcArgs, Global};
use super::clouds::Clouds;
use super::exit::Exit;
use super::forms::{Layout, Output};
use super::offline::{NO_TEXTS, fail, open, typed_region};
use super::online::{Shared, block_on};
use super::screen::{Screen, out_look};
use super::world::{World, print_out};
use crate::artifact::Sweep;
use crate::environment::Target;
use crate::operate::{self, GcOrder, Interrupt, Shelf, Surveyed, Tools};
use crate::view::gc::{self as view, Collected};

/// `sluice gc`.
pub(crate) fn gc(world: &World, global: &Global, args: &GcArgs) -> Exit {
    let project = match open(world) {
        Ok(project) => project,
        Err(exit) => return exit,
    };
    let region = match typed_region(args.region.as_deref()) {
        Ok(region) => region,
        Err(failure) => return fail(world, &failure, NO_TEXTS),
    };
    let order = GcOrder { environment: args.environment.clone(), region, keep: args.keep };
    let mut shelf = Shelf::new(&project);
    // The bucket is the account's: no role of an environment may remove what others need.
    let (clouds, interrupt) = (Clouds::new(world, global, &project).with_own_credentials(), Interrupt::new());
    let tools = Tools { connector: &clouds, clock: &*world.clock, interrupt: &interrupt };
    let surveyed = match block_on(operate::survey(&mut shelf, &order, tools)) {
        Ok(Ok(surveyed)) => surveyed,
        Ok(Err(failure)) => return fail(world, &failure, shelf.texts()),
        Err(exit) => return exit,
    };
    let asked = args.delete && !surveyed.sweep.unneeded.is_empty();
    if !asked || args.output == Output::Text {
        show(world, args, &surveyed, &surveyed.sweep, asked);
    }
    if !asked {
        return Exit::Done;
    }
    let mut company = Shared(Rc::new(RefCell::new(Screen::new(world, args.output))));
    match block_on(operate::collect(&surveyed, args.yes, &mut company)) {
        Ok(Ok(sweep)) if args.output == Output::Text => {
            print_out(&view::removed_to_text(&out_look(world), sweep.pile()));
            Exit::Done
        }
        Ok(Ok(sweep)) => {
            show(world, args, &surveyed, &sweep, true);
            Exit::Done
        }
        Ok(Err(failure)) => fail(world, &failure, shelf.texts()),
        Err(exit) => exit,
    }
}

/// `removed` is whether what can go has gone, or is about to.
fn show(world: &World, args: &GcArgs, surveyed: &Surveyed, sweep: &Sweep, removed: bool) {
    let environment = &surveyed.environment;
    let (name, region) = (environment.name(), &surveyed.region);
    let place = if environment.regions().len() > 1 { format!(" --region {region}") } else { String::new() };
    let command = format!("sluice gc --env {name}{place} --keep {} --delete", surveyed.keep);
    let collected = Collected {
        environment: environment.name().as_str(),
        account: environment.account().as_str(),
        region: surveyed.region.as_str(),
        embedded: *environment.target() == Target::Embedded,
        bucket: &surveyed.bucket,
        keep: surveyed.keep,
        stacks: surveyed.stacks,
        sweep,
        removable: sweep.pile(),
        waiting: surveyed.waiting,
        monthly: surveyed.monthly,
        busy: &surveyed.busy,
        removed,
        command: &command,
    };
    print_out(&match args.output {
        Output::Text => view::to_text(&out_look(world), &collected),
        Output::Json => Layout::Indented.of(&view::to_json(&collected)),
        Output::Jsonl => Layout::Line.of(&view::to_json(&collected)),
    });
}
