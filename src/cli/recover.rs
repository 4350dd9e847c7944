//! `sluice recover`, `sluice watch` and `sluice cancel`.

use std::cell::RefCell;
use std::rc::Rc;

use super::args::{CancelArgs, Global, One, RecoverArgs, WatchArgs};
use super::clouds::Clouds;
use super::exit::Exit;
use super::forms::Output;
use super::offline::fail;
use super::online::{Shared, block_on, failed, one, watched};
use super::screen::Screen;
use super::world::{World, print_err};
use crate::environment::Target;
use crate::event::OperationResult;
use crate::operate::{self, Interrupt, RecoverOrder, Shelf, Stuck, Tools};
use crate::rollout::Way;
use crate::view::recover as view;

/// What is to be done with a stack that somebody looked at.
enum Doing {
    /// Get it out of its state.
    Recover,
    /// Follow it.
    Watch,
    /// Call off what runs.
    Cancel,
}

/// `sluice recover`.
pub(crate) fn recover(world: &World, global: &Global, args: &RecoverArgs) -> Exit {
    run(world, global, &args.one, args.yes, args.without, args.output.into(), &Doing::Recover)
}

/// `sluice watch`.
pub(crate) fn watch(world: &World, global: &Global, args: &WatchArgs) -> Exit {
    run(world, global, &args.one, false, false, args.output.into(), &Doing::Watch)
}

/// `sluice cancel`.
pub(crate) fn cancel(world: &World, global: &Global, args: &CancelArgs) -> Exit {
    run(world, global, &args.one, args.yes, false, args.output.into(), &Doing::Cancel)
}

fn run(world: &World, global: &Global, typed: &One, yes: bool, without: bool, output: Output, doing: &Doing) -> Exit {
    let (project, pipeline, region) = match one(world, typed) {
        Ok(one) => one,
        Err(exit) => return exit,
    };
    let order = RecoverOrder { pipeline, environment: typed.environment.clone(), region, without };
    let mut shelf = Shelf::new(&project);
    let (clouds, interrupt) = (Clouds::new(world, global, &project), Interrupt::new());
    let tools = Tools { connector: &clouds, clock: &*world.clock, interrupt: &interrupt };
    let stuck = match block_on(operate::stuck(&mut shelf, &order, tools)) {
        Ok(Ok(stuck)) => stuck,
        Ok(Err(failure)) => return fail(world, &failure, shelf.texts()),
        Err(exit) => return exit,
    };
    let screen = Rc::new(RefCell::new(Screen::new(world, output)));
    screen.borrow_mut().standing(&stuck);
    let way = match decided(world, &stuck, &order, doing) {
        Ok(way) => way,
        Err(exit) => return exit,
    };
    let mut company = Shared(Rc::clone(&screen));
    let going = async {
        match way {
            Some(way) => operate::recover(&project, &stuck, way, yes, tools, &mut company).await,
            None => operate::watch(&project, &stuck, tools, &mut company).await,
        }
    };
    match block_on(watched(going, &screen, &interrupt)) {
        Ok(Ok(result)) => {
            if screen.borrow().saw_an_end() {
                screen.borrow_mut().end(shelf.texts(), &[]);
            }
            if result == OperationResult::Detached { Exit::Interrupted } else { Exit::Done }
        }
        Ok(Err(failure)) => failed(world, &screen, &shelf, &failure),
        Err(exit) => exit,
    }
}

/// The way to go, none where there is only something to follow; or the end, where there is neither.
fn decided(world: &World, stuck: &Stuck, order: &RecoverOrder, doing: &Doing) -> Result<Option<Way>, Exit> {
    let target = format!("{} --env {}", order.pipeline, order.environment);
    let say = |text: String| print_err(&format!("{text}\n"));
    let Some(stack) = &stuck.stack else {
        say(format!("{} is not deployed", stuck.name));
        return Err(Exit::Done);
    };
    let running = !stack.status.is_settled();
    match (doing, &stuck.way) {
        (Doing::Watch, _) | (Doing::Cancel, Some(Way::Cancel)) if !running => {
            say(format!("nothing runs on {}: it is {}", stuck.name, stack.status));
            Err(Exit::Done)
        }
        (Doing::Watch, _) => Ok(None),
        (Doing::Cancel, Some(Way::Cancel)) => Ok(Some(Way::Cancel)),
        (Doing::Cancel, _) if running => {
            say(format!("{} is {}, which cannot be called off: sluice watch {target}", stuck.name, stack.status));
            Err(Exit::Error)
        }
        (Doing::Cancel, _) => {
            say(format!("nothing runs on {}: it is {}", stuck.name, stack.status));
            Err(Exit::Done)
        }
        (Doing::Recover, _) if running => {
            say(format!("{} is {}: sluice watch {target} follows it", stuck.name, stack.status));
            Err(Exit::NeedsAttention)
        }
        (Doing::Recover, Some(way)) => {
            let embedded = *stuck.environment.target() == Target::Embedded;
            let look = super::screen::err_look(world);
            print_err(&view::to_text(&look, &stuck.name, stack, way, &stuck.obstacles, &stuck.origins, embedded));
            Ok(Some(way.clone()))
        }
        (Doing::Recover, None) => {
            say(format!("nothing to recover: {} is {}", stuck.name, stack.status));
            Err(Exit::Done)
        }
    }
}
