//! `sluice promote` and `sluice rollback`.

use std::cell::RefCell;
use std::rc::Rc;

use super::args::{Global, PromoteArgs, RollbackArgs};
use super::clouds::Clouds;
use super::exit::Exit;
use super::forms::{Layout, Output};
use super::offline::{NO_TEXTS, fail, open, running, typed_region};
use super::online::{Shared, block_on, failed, given, one, watched};
use super::screen::{Screen, out_look};
use super::world::{World, print_out};
use crate::event::OperationResult;
use crate::operate::{
    self, GoneBack, Interrupt, PromoteOrder, Promoted, PromotionEnd, RollbackOrder, Shelf, Tools, TowardOrder,
};
use crate::view::next_steps::NextStep;
use crate::view::promotion::{self as view, End, Ending};
use crate::workspace::Project;

/// `sluice promote`: every pipeline that is meant, into one environment after the other. The worst end is the exit code; what
/// comes after an end that is not good is not begun.
pub(crate) fn promote(world: &World, global: &Global, args: &PromoteArgs) -> Exit {
    let project = match open(world) {
        Ok(project) => running(project),
        Err(exit) => return exit,
    };
    let pipelines = if args.all {
        operate::promotion_order(&project)
    } else {
        operate::only_pipeline(&project, args.pipeline.as_deref()).map(|pipeline| vec![pipeline])
    };
    let pipelines = match pipelines {
        Ok(pipelines) => pipelines,
        Err(failure) => return fail(world, &failure, NO_TEXTS),
    };
    let mut worst = Exit::Done;
    for to in &args.to {
        for pipeline in &pipelines {
            match promote_one(world, global, args, &project, pipeline, to) {
                Exit::Done => {}
                Exit::Changes => worst = Exit::Changes,
                other => return other,
            }
        }
    }
    worst
}

fn promote_one(world: &World, global: &Global, args: &PromoteArgs, project: &Project, pipeline: &str, to: &str) -> Exit {
    let region = match typed_region(args.region.as_deref()) {
        Ok(region) => region,
        Err(failure) => return fail(world, &failure, NO_TEXTS),
    };
    let reason = args.reason.clone().unwrap_or_default();
    let order = PromoteOrder {
        toward: TowardOrder {
            pipeline: pipeline.to_owned(),
            environment: to.to_owned(),
            region,
            release: args.release.clone(),
        },
        from: args.from.clone(),
        overrides: args.overrides.iter().map(|gate| (*gate, reason.clone())).collect(),
        given: given(&args.consent),
        yes: args.consent.yes,
        wait: args.wait,
    };
    let mut shelf = Shelf::new(project);
    let (clouds, interrupt) = (Clouds::new(world, global, project), Interrupt::new());
    let tools = Tools { connector: &clouds, clock: &*world.clock, interrupt: &interrupt };
    let screen = Rc::new(RefCell::new(Screen::new(world, args.output)));
    let mut company = Shared(Rc::clone(&screen));
    let outcome = block_on(watched(operate::promote(&mut shelf, &order, tools, &mut company), &screen, &interrupt));
    match outcome {
        Ok(Ok(promoted)) => {
            screen.borrow_mut().end(shelf.texts(), &[]);
            promoted_exit(world, args, pipeline, &promoted)
        }
        Ok(Err(failure)) => failed(world, &screen, &shelf, &failure),
        Err(exit) => exit,
    }
}

fn promoted_exit(world: &World, args: &PromoteArgs, pipeline: &str, promoted: &Promoted) -> Exit {
    let (mut until, mut gates, mut running) = (None, [].as_slice(), None);
    let (result, exit) = match &promoted.end {
        PromotionEnd::AlreadyThere => (End::AlreadyThere, Exit::Done),
        PromotionEnd::Done(OperationResult::Detached) => (End::Detached, Exit::Interrupted),
        PromotionEnd::Done(_) => (End::Deployed, changed(args.detailed_exitcode)),
        PromotionEnd::Baking { until: moment } => {
            until = Some(*moment);
            (End::Baking, changed(args.detailed_exitcode))
        }
        PromotionEnd::Verified(judged) => {
            gates = judged;
            (End::Verified, changed(args.detailed_exitcode))
        }
        PromotionEnd::Held(judged) => {
            gates = judged;
            (End::Held, Exit::Refused)
        }
        PromotionEnd::GoneBack { gates: judged, to } => {
            (gates, running) = (judged, Some(to.as_str()));
            (End::GoneBack, Exit::RolledBack)
        }
    };
    let target = format!("{pipeline} --to {}", promoted.to);
    let next = match result {
        End::Baking => vec![NextStep::new(format!("sluice promote {target}"), "then: judge it by the gates")],
        End::Held => vec![
            NextStep::new(format!("sluice promote {target}"), "judge it again, once there is more traffic"),
            NextStep::new(format!("sluice rollback {pipeline} --env {}", promoted.to), "put the release before it back"),
        ],
        _ => Vec::new(),
    };
    let (from, to) = (promoted.from.as_str(), promoted.to.as_str());
    let release = promoted.release.as_str();
    tell(world, args.output, &Ending { pipeline, from: Some(from), to, release, result, until, gates, running, next: &next });
    exit
}

fn changed(detailed: bool) -> Exit {
    if detailed { Exit::Changes } else { Exit::Done }
}

fn tell(world: &World, output: Output, ending: &Ending<'_>) {
    print_out(&match output {
        Output::Text => view::to_text(&out_look(world), ending),
        Output::Json => Layout::Indented.of(&view::to_json(ending)),
        Output::Jsonl => Layout::Line.of(&view::to_json(ending)),
    });
}

/// `sluice rollback`.
pub(crate) fn rollback(world: &World, global: &Global, args: &RollbackArgs) -> Exit {
    let (project, pipeline, region) = match one(world, &args.one) {
        Ok((project, pipeline, region)) => (running(project), pipeline, region),
        Err(exit) => return exit,
    };
    let order = RollbackOrder {
        pipeline: pipeline.clone(),
        environment: args.one.environment.clone(),
        region,
        to: args.to.clone(),
        given: given(&args.consent),
        yes: args.consent.yes,
        automatic: false,
    };
    let mut shelf = Shelf::new(&project);
    let (clouds, interrupt) = (Clouds::new(world, global, &project), Interrupt::new());
    let tools = Tools { connector: &clouds, clock: &*world.clock, interrupt: &interrupt };
    let screen = Rc::new(RefCell::new(Screen::new(world, args.output)));
    let mut company = Shared(Rc::clone(&screen));
    let outcome = block_on(watched(operate::go_back(&mut shelf, &order, tools, &mut company), &screen, &interrupt));
    match outcome {
        Ok(Ok(GoneBack { release, ran, result })) => {
            screen.borrow_mut().end(shelf.texts(), &[]);
            let (end, exit) = match result {
                OperationResult::NothingToDo if ran.as_ref() == Some(&release) => (End::AlreadyThere, Exit::Done),
                OperationResult::Detached => (End::Detached, Exit::Interrupted),
                _ => (End::Deployed, changed(args.detailed_exitcode)),
            };
            let ending = Ending {
                pipeline: &pipeline,
                from: None,
                to: &args.one.environment,
                release: release.as_str(),
                result: end,
                until: None,
                gates: &[],
                running: None,
                next: &[],
            };
            tell(world, args.output, &ending);
            exit
        }
        Ok(Err(failure)) => failed(world, &screen, &shelf, &failure),
        Err(exit) => exit,
    }
}
