//! `sluice bootstrap`.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use super::args::{BootstrapArgs, Global};
use super::clouds::Clouds;
use super::exit::Exit;
use super::forms::{Layout, Output};
use super::offline::{NO_TEXTS, fail, open, typed_region};
use super::online::{Shared, block_on, failed, watched};
use super::screen::{Screen, of_foundation};
use super::world::{World, print_out};
use crate::event::OperationResult;
use crate::operate::{self, BootstrapOrder, Bootstrapped, Interrupt, Shelf, Tools};
use crate::plan::Permission;
use crate::view::next_steps::NextStep;
use crate::view::plan as plan_view;

/// `sluice bootstrap`.
pub(crate) fn bootstrap(world: &World, global: &Global, args: &BootstrapArgs) -> Exit {
    let project = match open(world) {
        Ok(project) => project,
        Err(exit) => return exit,
    };
    let region = match typed_region(args.region.as_deref()) {
        Ok(region) => region,
        Err(failure) => return fail(world, &failure, NO_TEXTS),
    };
    let mut shelf = Shelf::new(&project);
    if args.print {
        return match operate::foundation_template(&mut shelf, &args.environment, region.as_ref()) {
            Ok(template) => {
                print_out(&template.to_canonical_yaml());
                Exit::Done
            }
            Err(failure) => fail(world, &failure, shelf.texts()),
        };
    }
    let losses = args.allow_data_loss.iter().cloned().map(|logical_id| Permission::DataLoss { logical_id });
    let replaced = args.allow_replacement.iter().cloned().map(|logical_id| Permission::Replacement { logical_id });
    let order = BootstrapOrder {
        environment: args.environment.clone(),
        region,
        yes: args.yes,
        given: losses.chain(replaced).collect(),
    };
    // The environment's role may be one that is only about to be made.
    let (clouds, interrupt) = (Clouds::new(world, global, &project).with_own_credentials(), Interrupt::new());
    let tools = Tools { connector: &clouds, clock: &*world.clock, interrupt: &interrupt };
    let screen = Rc::new(RefCell::new(Screen::new(world, args.output)));
    let mut company = Shared(Rc::clone(&screen));
    let outcome = block_on(watched(operate::bootstrap(&mut shelf, &order, tools, &mut company), &screen, &interrupt));
    let outcome = match outcome {
        Ok(outcome) => outcome,
        Err(exit) => return exit,
    };
    match outcome {
        Ok(done) => {
            screen.borrow_mut().end(shelf.texts(), &next(&done));
            if args.output == Output::Json {
                let about = of_foundation(&done.environment, &done.region, &done.plan);
                print_out(&Layout::Indented.of(&plan_view::to_json(&done.plan, &about)));
            }
            match done.result {
                OperationResult::Detached => Exit::Interrupted,
                OperationResult::Succeeded if args.detailed_exitcode => Exit::Changes,
                _ => Exit::Done,
            }
        }
        Err(failure) => failed(world, &screen, &shelf, &failure),
    }
}

/// What the environment's file should say of what was made, and what comes after it.
fn next(done: &Bootstrapped) -> Vec<NextStep> {
    let (name, file) = (done.environment.name(), done.environment.file());
    let mut steps = match done.result {
        OperationResult::NothingToDo => return Vec::new(),
        OperationResult::Detached => {
            return vec![NextStep::new(format!("sluice bootstrap --env {name}"), "follow it again")];
        }
        OperationResult::Succeeded | OperationResult::RolledBack { .. } | OperationResult::Stuck { .. } => Vec::new(),
    };
    let made = |of: &str| output(&done.outputs, of, name.as_str());
    let lines = [
        ("permissions_boundary", made("boundary"), done.environment.permissions_boundary()),
        ("role", made("deploy"), done.environment.role()),
    ];
    for (field, made, given) in lines {
        if let (Some(made), None) = (made, given) {
            steps.push(NextStep::new(format!("{field}: {made}"), format!("write it into {file}")));
        }
    }
    steps.push(NextStep::new(format!("sluice plan --env {name}"), "what a deployment would make"));
    steps
}

/// The ARN of what was made for an environment: its boundary, or its role of a kind.
fn output(outputs: &BTreeMap<String, String>, of: &str, environment: &str) -> Option<String> {
    let words = ["arn", "role-arn"].map(|end| crate::units::LogicalId::from_words(&[of, environment, end]));
    words.iter().find_map(|name| outputs.get(name.as_str())).cloned()
}
