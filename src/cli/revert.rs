//! `sluice deploy --revert-drift`.

use std::cell::RefCell;
use std::rc::Rc;

use super::args::{DeployArgs, Global, One};
use super::clouds::Clouds;
use super::exit::Exit;
use super::forms::{Layout, Output};
use super::offline::fail;
use super::online::{Shared, block_on, failed, one, watched};
use super::screen::{Screen, out_look};
use super::world::{World, print_err, print_out};
use crate::environment::Target;
use crate::event::OperationResult;
use crate::operate::{self, Company, Interrupt, RevertOrder, Revertible, Shelf, Tools};
use crate::view::drift::{self as view, About};

/// Shows what is put back, asks, and puts it back.
pub(crate) fn revert(world: &World, global: &Global, args: &DeployArgs, typed: &One) -> Exit {
    let (project, pipeline, region) = match one(world, typed) {
        Ok(one) => one,
        Err(exit) => return exit,
    };
    let order = RevertOrder { pipeline, environment: typed.environment.clone(), region };
    let mut shelf = Shelf::new(&project);
    let (clouds, interrupt) = (Clouds::new(world, global, &project), Interrupt::new());
    let tools = Tools { connector: &clouds, clock: &*world.clock, interrupt: &interrupt };
    let found = match block_on(operate::revertible(&mut shelf, &order, tools)) {
        Ok(Ok(found)) => found,
        Ok(Err(failure)) => return fail(world, &failure, shelf.texts()),
        Err(exit) => return exit,
    };
    let screen = Rc::new(RefCell::new(Screen::new(world, args.output)));
    screen.borrow_mut().warned(&found.warnings, shelf.texts());
    show(world, args.output, &found, &order);
    screen.borrow_mut().standing(&found.stuck);
    let mut company = Shared(Rc::clone(&screen));
    let going = operate::revert(&project, &found, args.consent.yes, tools, &mut company);
    match block_on(watched(going, &screen, &interrupt)) {
        Ok(Ok(result)) => {
            if screen.borrow().saw_an_end() {
                screen.borrow_mut().end(shelf.texts(), &[]);
            }
            match result {
                OperationResult::Detached => Exit::Interrupted,
                OperationResult::Succeeded if args.detailed_exitcode => Exit::Changes,
                _ => Exit::Done,
            }
        }
        Ok(Err(failure)) => failed(world, &screen, &shelf, &failure),
        Err(exit) => exit,
    }
}

/// The drift, and what becomes of it.
fn show(world: &World, output: Output, found: &Revertible, order: &RevertOrder) {
    let about = About {
        pipeline: &order.pipeline,
        environment: &order.environment,
        region: found.stuck.region.as_str(),
        stack: &found.stuck.name,
        embedded: *found.stuck.environment.target() == Target::Embedded,
        at: found.at,
        next: &[],
    };
    print_out(&match output {
        Output::Text => view::to_text(&out_look(world), &about, &found.drift),
        Output::Json => Layout::Indented.of(&view::to_json(&about, &found.drift)),
        Output::Jsonl => view::to_json_lines(&about, &found.drift).iter().map(|line| Layout::Line.of(line)).collect(),
    });
    let look = super::screen::err_look(world);
    print_err(&view::reverting(&look, &found.put_back().collect::<Vec<_>>(), &found.beyond().collect::<Vec<_>>()));
}
