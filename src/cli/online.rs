//! Commands that talk to a cloud.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::future::Future;
use std::rc::Rc;

use super::args::{ConsentArgs, DeployArgs, DestroyArgs, Global, One, StatusArgs};
use super::clouds::Clouds;
use super::exit::Exit;
use super::forms::{Layout, Output};
use super::many;
use super::offline::{NO_TEXTS, exit_of, fail, open, running, typed_region};
use super::revert;
use super::saved;
use super::screen::{Screen, about, out_look};
use super::world::{World, print_err, print_out};
use crate::diagnostic::{Code, Diagnostic, Diagnostics, FilePath};
use crate::event::{Event, OperationResult};
use crate::operate::{
    self, Answer, Company, DeployOrder, Deployed, DestroyOrder, Failure, Founding, Interrupt, Leaving, Prepared, Promotion, Shelf,
    Tools,
};
use crate::plan::{Permission, Plan};
use crate::rollout::LeftBehind;
use crate::units::Region;
use crate::view::next_steps::NextStep;
use crate::view::{plan as plan_view, status as status_view};
use crate::workspace::Project;

/// A screen that the command and the ticking clock share.
pub(crate) struct Shared<'w>(pub(crate) Rc<RefCell<Screen<'w>>>);

impl Company for Shared<'_> {
    fn warned(&mut self, warnings: &Diagnostics, texts: &BTreeMap<FilePath, String>) {
        self.0.borrow_mut().warned(warnings, texts);
    }
    fn planned(&mut self, prepared: &Prepared, plan: &Plan) {
        self.0.borrow_mut().planned(prepared, plan);
    }
    fn leaving(&mut self, leaving: &Leaving<'_>) {
        self.0.borrow_mut().leaving(leaving);
    }
    fn founding(&mut self, founding: &Founding<'_>) {
        self.0.borrow_mut().founding(founding);
    }
    fn promoting(&mut self, promotion: &Promotion<'_>) {
        self.0.borrow_mut().promoting(promotion);
    }
    fn listens(&self) -> bool {
        self.0.borrow().listens()
    }
    fn agree(&mut self, question: &str) -> Answer {
        self.0.borrow_mut().agree(question)
    }
    fn tell(&mut self, event: Event) {
        self.0.borrow_mut().tell(event);
    }
}

/// `sluice deploy`.
pub(crate) fn deploy(world: &World, global: &Global, args: &DeployArgs) -> Exit {
    if many::is_meant(args) {
        return many::deploy(world, global, args);
    }
    let (typed, reviewed) = match saved::target(world, &args.target) {
        Ok(target) => target,
        Err(failure) => return fail(world, &failure, NO_TEXTS),
    };
    if args.revert_drift {
        return revert::revert(world, global, args, &typed);
    }
    let (project, name, region) = match one(world, &typed) {
        Ok((project, name, region)) => (running(project), name, region),
        Err(exit) => return exit,
    };
    let order = DeployOrder {
        pipeline: name.clone(),
        environment: typed.environment.clone(),
        region,
        yes: args.consent.yes,
        given: given(&args.consent),
        reviewed,
        drain: args.drain.clone(),
        hand_over: args.hand_over.clone(),
    };
    let mut shelf = Shelf::new(&project);
    let (clouds, interrupt) = (Clouds::new(world, global, &project), Interrupt::new());
    let tools = Tools { connector: &clouds, clock: &*world.clock, interrupt: &interrupt };
    let screen = Rc::new(RefCell::new(Screen::new(world, args.output)));
    let mut company = Shared(Rc::clone(&screen));
    let outcome = block_on(watched(operate::deploy(&mut shelf, &order, tools, &mut company), &screen, &interrupt));
    let outcome = match outcome {
        Ok(outcome) => outcome,
        Err(exit) => return exit,
    };
    match outcome {
        Ok(deployed) => {
            let next = after_deploy(&deployed, &name, &typed.environment);
            screen.borrow_mut().end(shelf.texts(), &next);
            if args.output == Output::Json {
                let about = about(&deployed.prepared, &deployed.plan, None);
                print_out(&Layout::Indented.of(&plan_view::to_json(&deployed.plan, &about)));
            }
            match deployed.result {
                OperationResult::Detached => Exit::Interrupted,
                OperationResult::Succeeded if args.detailed_exitcode => Exit::Changes,
                _ => Exit::Done,
            }
        }
        Err(failure) => failed(world, &screen, &shelf, &failure),
    }
}

/// `sluice destroy`.
pub(crate) fn destroy(world: &World, global: &Global, args: &DestroyArgs) -> Exit {
    let (project, name, region) = match one(world, &args.one) {
        Ok(one) => one,
        Err(exit) => return exit,
    };
    let order = DestroyOrder {
        pipeline: name.clone(),
        environment: args.one.environment.clone(),
        region,
        yes: args.yes,
        unprotect: args.unprotect,
    };
    let mut shelf = Shelf::new(&project);
    let (clouds, interrupt) = (Clouds::new(world, global, &project), Interrupt::new());
    let tools = Tools { connector: &clouds, clock: &*world.clock, interrupt: &interrupt };
    let screen = Rc::new(RefCell::new(Screen::new(world, args.output.into())));
    let mut company = Shared(Rc::clone(&screen));
    let outcome = block_on(watched(operate::destroy(&mut shelf, &order, tools, &mut company), &screen, &interrupt));
    let outcome = match outcome {
        Ok(outcome) => outcome,
        Err(exit) => return exit,
    };
    match outcome {
        Ok(destroyed) => {
            if destroyed.result == OperationResult::NothingToDo {
                print_err(&format!("{} is not there, nothing to remove\n", destroyed.stack));
                return Exit::Done;
            }
            let next = after_destroy(&destroyed.left_behind, &name, &args.one.environment);
            screen.borrow_mut().end(shelf.texts(), &next);
            if destroyed.result == OperationResult::Detached { Exit::Interrupted } else { Exit::Done }
        }
        Err(failure) => failed(world, &screen, &shelf, &failure),
    }
}

/// `sluice status`.
pub(crate) fn status(world: &World, global: &Global, args: &StatusArgs) -> Exit {
    let (project, name, region) = match one(world, &args.one) {
        Ok(one) => one,
        Err(exit) => return exit,
    };
    let mut shelf = Shelf::new(&project);
    let clouds = Clouds::new(world, global, &project);
    let read = operate::status(&mut shelf, &name, &args.one.environment, region.as_ref(), &clouds);
    let status = match block_on(read) {
        Ok(Ok(status)) => status,
        Ok(Err(failure)) => return fail(world, &failure, shelf.texts()),
        Err(exit) => return exit,
    };
    let document = || status_view::to_json(&status.stack, &status.observed, &status.origins, status.embedded);
    print_out(&match args.output {
        Output::Json => Layout::Indented.of(&document()),
        Output::Jsonl => Layout::Line.of(&document()),
        Output::Text => {
            status_view::to_text(&out_look(world), &status.stack, &status.observed, &status.origins, status.embedded)
        }
    });
    Exit::Done
}

/// The project, the one pipeline that is meant, and the region.
pub(crate) fn one(world: &World, one: &One) -> Result<(Project, String, Option<Region>), Exit> {
    let project = open(world)?;
    let meant = operate::only_pipeline(&project, one.pipeline.as_deref())
        .and_then(|name| Ok((name, typed_region(one.region.as_deref())?)));
    match meant {
        Ok((name, region)) => Ok((project, name, region)),
        Err(failure) => Err(fail(world, &failure, NO_TEXTS)),
    }
}

/// What was agreed to by name.
pub(crate) fn given(consent: &ConsentArgs) -> BTreeSet<Permission> {
    let losses = consent.allow_data_loss.iter().cloned().map(|logical_id| Permission::DataLoss { logical_id });
    let resets =
        consent.allow_consumer_reset.iter().cloned().map(|logical_id| Permission::ConsumerReset { logical_id });
    let replaced = consent.allow_replacement.iter().cloned().map(|logical_id| Permission::Replacement { logical_id });
    let alarms = consent.allow_alarm.iter().cloned().map(|logical_id| Permission::Alarm { logical_id });
    let over = consent.allow_over_budget.then_some(Permission::OverBudget);
    losses.chain(resets).chain(replaced).chain(alarms).chain(over).collect()
}

/// Runs a command's future on this thread.
pub(crate) fn block_on<F: Future>(future: F) -> Result<F::Output, Exit> {
    match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => Ok(runtime.block_on(future)),
        Err(error) => {
            print_err(&format!("error: cannot start: {error}\n"));
            Err(Exit::Error)
        }
    }
}

/// The same for what is a step of a command.
pub(crate) fn started<T>(future: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let refused = |error| Failure::from(Diagnostic::error(Code::FileTrouble, format!("cannot start: {error}")));
    runtime.map_err(refused)?.block_on(future)
}

/// Runs a command while the screen is redrawn and Ctrl-C is listened to.
pub(crate) async fn watched<T>(
    command: impl Future<Output = T>,
    screen: &RefCell<Screen<'_>>,
    interrupt: &Interrupt,
) -> T {
    ticking(command, || screen.borrow_mut().redraw(), interrupt).await
}

/// The same with whatever is to be drawn again and again.
pub(crate) async fn ticking<T>(command: impl Future<Output = T>, redraw: impl Fn(), interrupt: &Interrupt) -> T {
    let mut ticks = tokio::time::interval(std::time::Duration::from_millis(125));
    tokio::pin!(command);
    loop {
        tokio::select! {
            done = &mut command => return done,
            _ = ticks.tick() => redraw(),
            Ok(()) = tokio::signal::ctrl_c() => {
                print_err("\nleaving; what was started goes on by itself\n");
                interrupt.raise();
            }
        }
    }
}

/// Says how a command ended that did not end well: with its last screen where an operation ended, else in words.
pub(crate) fn failed(world: &World, screen: &RefCell<Screen<'_>>, shelf: &Shelf<'_>, failure: &Failure) -> Exit {
    if screen.borrow().saw_an_end() {
        screen.borrow_mut().end(shelf.texts(), &[]);
        // The last screen tells what CloudFormation says; that something else runs is told by nobody yet.
        let told_by_nobody = [Code::NotVerified, Code::ReaderBehind, Code::ReaderStuck, Code::PausesUnusable];
        if failure.diagnostics.iter().any(|diagnostic| told_by_nobody.contains(&diagnostic.code)) {
            return fail(world, failure, shelf.texts());
        }
        for help in failure.diagnostics.iter().flat_map(|diagnostic| &diagnostic.help) {
            print_err(&format!("help: {help}\n"));
        }
        return exit_of(failure.kind);
    }
    fail(world, failure, shelf.texts())
}

fn after_deploy(deployed: &Deployed, pipeline: &str, environment: &str) -> Vec<NextStep> {
    match deployed.result {
        OperationResult::NothingToDo => Vec::new(),
        OperationResult::Detached => vec![
            NextStep::new(format!("sluice watch {pipeline} --env {environment}"), "follow it again"),
            NextStep::new(format!("sluice cancel {pipeline} --env {environment}"), "call it off"),
        ],
        OperationResult::Succeeded | OperationResult::RolledBack { .. } | OperationResult::Stuck { .. } => vec![
            NextStep::new(format!("sluice status {pipeline} --env {environment}"), "what is there"),
            NextStep::new(format!("sluice plan {pipeline} --env {environment}"), "what an edit would change"),
        ],
    }
}

fn after_destroy(left_behind: &[LeftBehind], pipeline: &str, environment: &str) -> Vec<NextStep> {
    if left_behind.is_empty() {
        return Vec::new();
    }
    vec![NextStep::new(
        format!("sluice deploy {pipeline} --env {environment}"),
        "takes what stayed behind into the stack again",
    )]
}
