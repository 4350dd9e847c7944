//! `sluice deploy` of several pipelines, environments or regions.

use std::cell::RefCell;
use std::collections::BTreeMap;

use super::args::{ConsentArgs, DeployArgs, Global};
use super::clouds::Clouds;
use super::exit::Exit;
use super::forms::{Layout, Output};
use super::offline::{NO_TEXTS, exit_of, fail, open, typed_region};
use super::online::{block_on, ticking};
use super::screen::{about, err_look, out_look, print_diagnostics};
use super::world::{World, print_err, print_out};
use crate::diagnostic::{Code, Diagnostic, Diagnostics, FilePath};
use crate::event::{Event, OperationResult};
use crate::operate::{
    self, Answer, Company, Convoy, Failure, FailureKind, Founding, Interrupt, Leaving, ManyDeployed, ManyOrder,
    Planned, Prepared, Regions, Shelf, Task, TaskEnd, Tools,
};
use crate::plan::Plan;
use crate::rollout::{Limits, Skip};
use crate::units::Timestamp;
use crate::view::EMBEDDED_NOTICE;
use crate::view::many::{self as view, Ended, Ending, Frame, Lines, ManyJsonLines, Member};
use crate::view::plan::{self as plan_view, Entry};
use crate::view::style::Label;
use crate::workspace::ask_line;

/// Whether several deployments are asked for, or may be.
pub(crate) fn is_meant(args: &DeployArgs) -> bool {
    let target = &args.target;
    target.all || target.all_regions || target.pipelines.len() > 1 || target.environments.len() > 1
}

/// Deploys them.
pub(crate) fn deploy(world: &World, global: &Global, args: &DeployArgs) -> Exit {
    let order = match order(args) {
        Ok(order) => order,
        Err(failure) => return fail(world, &failure, NO_TEXTS),
    };
    let project = match open(world) {
        Ok(project) => project,
        Err(exit) => return exit,
    };
    let mut shelf = Shelf::new(&project);
    let (clouds, interrupt) = (Clouds::new(world, global, &project), Interrupt::new());
    let tools = Tools { connector: &clouds, clock: &*world.clock, interrupt: &interrupt };
    let screen = Many::new(world, args.output);
    let began = world.clock.now();
    let run = ticking(operate::deploy_many(&mut shelf, &order, tools, &screen), || screen.redraw(), &interrupt);
    match block_on(run) {
        Ok(Ok(done)) => screen.end(&done, &shelf, began, args.detailed_exitcode),
        Ok(Err(failure)) => fail(world, &failure, shelf.texts()),
        Err(exit) => exit,
    }
}

fn order(args: &DeployArgs) -> Result<ManyOrder, Failure> {
    let target = &args.target;
    if target.plan.is_some() {
        let one = Diagnostic::error(Code::BadArgument, "a saved plan is of one pipeline in one environment");
        return Err(one.help("leave out `--plan`, or name what it is a plan of").into());
    }
    if args.drain.is_some() || args.hand_over.is_some() || args.revert_drift {
        let one = Diagnostic::error(
            Code::BadArgument,
            "readers are drained and handed over, and drift is reverted, pipeline by pipeline",
        );
        return Err(one.help("deploy that pipeline by itself, then the others").into());
    }
    if names_something(&args.consent) {
        let one = Diagnostic::error(Code::BadArgument, "an agreement by name is to the plan of one pipeline");
        return Err(one.help("deploy that pipeline by itself, then the others").into());
    }
    let regions = match typed_region(target.region.as_deref())? {
        Some(region) => Regions::One(region),
        None if target.all_regions => Regions::Every,
        None => Regions::First,
    };
    Ok(ManyOrder {
        pipelines: target.pipelines.clone(),
        all: target.all,
        environments: target.environments.clone(),
        regions,
        yes: args.consent.yes,
        limits: Limits { per_lane: args.pace.parallel, max_failures: args.pace.max_failures },
    })
}

fn names_something(consent: &ConsentArgs) -> bool {
    consent.allow_over_budget
        || [&consent.allow_data_loss, &consent.allow_consumer_reset, &consent.allow_replacement, &consent.allow_alarm]
            .iter()
            .any(|named| !named.is_empty())
}

/// How it is shown.
enum Show {
    /// A line for each thing that matters; with a frame of what is running below them where somebody watches.
    Text { lines: Lines, frame: Option<Frame>, shown: usize },
    /// A JSON object for each.
    Jsonl(ManyJsonLines),
}

/// What is known of all of them while they go on.
struct Stage {
    members: Vec<Member>,
    stacks: Vec<String>,
    show: Option<Show>,
}

/// The screen of several deployments.
struct Many<'w> {
    world: &'w World,
    output: Output,
    stage: RefCell<Stage>,
}

impl<'w> Many<'w> {
    fn new(world: &'w World, output: Output) -> Self {
        let stage = Stage { members: Vec::new(), stacks: Vec::new(), show: None };
        Self { world, output, stage: RefCell::new(stage) }
    }

    fn now(&self) -> Timestamp {
        self.world.clock.now()
    }

    /// Draws the frame again.
    fn redraw(&self) {
        if let Some(Show::Text { frame: Some(frame), shown, .. }) = &mut self.stage.borrow_mut().show {
            let height = self.world.height.unwrap_or(24).saturating_sub(1);
            let lines = frame.lines(&err_look(self.world), height, self.now());
            print_err(&over(*shown, &lines));
            *shown = lines.len();
        }
    }

    /// Prints a line above the frame.
    fn say(
        &self,
        line: impl FnOnce(&mut Lines) -> Option<String>,
        json: impl FnOnce(&mut ManyJsonLines, &[String]) -> String,
    ) {
        let stage = &mut *self.stage.borrow_mut();
        match &mut stage.show {
            Some(Show::Text { lines, shown, .. }) => {
                if let Some(line) = line(lines) {
                    print_err(&over(*shown, &[line]));
                    *shown = 0;
                }
            }
            Some(Show::Jsonl(lines)) => print_out(&format!("{}\n", json(lines, &stage.stacks))),
            None => {}
        }
    }

    fn on_frame(&self, change: impl FnOnce(&mut Frame)) {
        if let Some(Show::Text { frame: Some(frame), .. }) = &mut self.stage.borrow_mut().show {
            change(frame);
        }
    }

    /// Says how everything ended.
    fn end(&self, done: &ManyDeployed, shelf: &Shelf<'_>, began: Timestamp, detailed: bool) -> Exit {
        if let Some(Show::Text { shown, .. }) = &mut self.stage.borrow_mut().show {
            print_err(&over(*shown, &[]));
        }
        let ends: Vec<Ended> = done.ends.iter().map(|end| ended(end, &self.stage.borrow().members)).collect();
        let mut exit = Exit::Done;
        for (task, end) in done.tasks.iter().zip(&done.ends) {
            exit = exit.worse(exit_after(end, detailed));
            if let TaskEnd::Ended { outcome: Err(failure), .. } = end {
                print_err(&format!("\n{} in {} {}\n", task.pipeline, task.environment, task.region));
                print_diagnostics(self.world, &failure.diagnostics, shelf.texts());
            }
        }
        let took = self.now().since(began);
        let members = &self.stage.borrow().members;
        match self.output {
            Output::Text => print_out(&format!("\n{}", view::table(&out_look(self.world), members, &ends, took))),
            Output::Json => print_out(&Layout::Indented.of(&view::to_json(members, &ends, took))),
            Output::Jsonl => print_out(&Layout::Line.of(&view::to_json(members, &ends, took))),
        }
        exit
    }
}

/// Lines in the place of `shown` lines that were drawn before.
fn over(shown: usize, lines: &[String]) -> String {
    let mut text = if shown > 0 { format!("\x1b[{shown}A\x1b[J") } else { String::new() };
    for line in lines {
        text.push_str(line);
        text.push('\n');
    }
    text
}

impl Convoy for Many<'_> {
    fn mustered(&self, tasks: &[Task]) {
        let member = |task: &Task| Member {
            pipeline: task.pipeline.clone(),
            environment: task.environment.clone(),
            region: task.region.to_string(),
            wave: task.wave + 1,
        };
        let members: Vec<Member> = tasks.iter().map(member).collect();
        let embedded = tasks.iter().any(|task| task.embedded);
        let show = if self.output == Output::Jsonl {
            let lines = ManyJsonLines::new(&members);
            print_out(&format!("{}\n", lines.opening(embedded)));
            Show::Jsonl(lines)
        } else {
            let look = err_look(self.world);
            if embedded {
                print_err(&format!("{}\n", look.paint(Label::Warning, EMBEDDED_NOTICE)));
            }
            let live = self.world.live && self.output == Output::Text;
            let frame = live.then(|| Frame::new(&members, self.now()));
            Show::Text { lines: Lines::new(look, &members, self.now()), frame, shown: 0 }
        };
        *self.stage.borrow_mut() = Stage { stacks: vec![String::new(); members.len()], members, show: Some(show) };
    }

    fn planned(&self, tasks: &[Task], plans: &[Result<Planned, Failure>], shelf: &Shelf<'_>) {
        let look = out_look(self.world);
        let entry = |(task, plan): (&Task, &Result<Planned, Failure>)| Entry {
            pipeline: task.pipeline.clone(),
            environment: task.environment.clone(),
            outcome: match plan {
                Ok(planned) => Ok((planned.plan.clone(), about(&planned.prepared, &planned.plan, None))),
                Err(failure) => Err(failure.diagnostics.clone()),
            },
        };
        let entries: Vec<Entry> = tasks.iter().zip(plans).map(entry).collect();
        for (entry, plan) in entries.iter().zip(plans) {
            if let (Ok((shown, about)), Ok(planned)) = (&entry.outcome, plan) {
                print_diagnostics(self.world, &planned.prepared.warnings, shelf.texts());
                if !shown.is_empty() {
                    let detail = plan_view::Detail { compact: true, unchanged: false };
                    print_out(&format!("{}\n", plan_view::to_text(&look, shown, about, detail)));
                }
            }
        }
        print_out(&plan_view::many_to_text(&look, &entries));
    }

    fn listens(&self) -> bool {
        self.world.interactive && self.output != Output::Jsonl
    }

    fn agree(&self, question: &str) -> Answer {
        print_err(&format!("\n{question} [y/N] "));
        match ask_line() {
            Some(line) if matches!(line.to_ascii_lowercase().as_str(), "y" | "yes") => Answer::Yes,
            Some(_) => Answer::No,
            None => Answer::Nobody,
        }
    }

    fn started<'a>(&'a self, task: usize) -> Box<dyn Company + 'a> {
        self.on_frame(|frame| frame.started(task, self.now()));
        Box::new(Guest { screen: self, task })
    }

    fn ended(&self, task: usize, end: &TaskEnd) {
        let now = self.now();
        let ended = ended(end, &self.stage.borrow().members);
        self.on_frame(|frame| frame.ended(task, &ended));
        self.say(|lines| Some(lines.ended(task, now, &ended)), |lines, _| lines.ended(task, now, &ended));
    }
}

/// One of them, as its own deployment tells of it.
struct Guest<'a, 'w> {
    screen: &'a Many<'w>,
    task: usize,
}

impl Company for Guest<'_, '_> {
    fn warned(&mut self, warnings: &Diagnostics, texts: &BTreeMap<FilePath, String>) {
        if !warnings.is_empty() {
            if let Some(Show::Text { shown, .. }) = &mut self.screen.stage.borrow_mut().show {
                print_err(&over(std::mem::take(shown), &[]));
            }
            print_diagnostics(self.screen.world, warnings, texts);
        }
    }

    fn planned(&mut self, _: &Prepared, plan: &Plan) {
        let (task, now) = (self.task, self.screen.now());
        if let Some(stack) = self.screen.stage.borrow_mut().stacks.get_mut(task) {
            stack.clone_from(&plan.stack);
        }
        self.screen.say(|lines| Some(lines.planned(task, now, plan)), |lines, _| lines.planned(task, now, plan));
    }

    // Neither stacks nor foundations are removed or made here.
    fn leaving(&mut self, _: &Leaving<'_>) {}
    fn founding(&mut self, _: &Founding<'_>) {}

    fn listens(&self) -> bool {
        false
    }

    fn agree(&mut self, _: &str) -> Answer {
        Answer::Nobody
    }

    fn tell(&mut self, event: Event) {
        let task = self.task;
        self.screen.on_frame(|frame| frame.event(task, &event));
        let stack = |stacks: &[String]| stacks.get(task).cloned().unwrap_or_default();
        self.screen.say(|lines| lines.event(task, &event), |lines, stacks| lines.event(task, &stack(stacks), &event));
    }
}

/// How one ended, as it is told.
fn ended(end: &TaskEnd, tasks: &[Member]) -> Ended {
    match end {
        TaskEnd::Ended { outcome: Ok(deployed), took } => {
            let ending = match deployed.result {
                OperationResult::Succeeded => Ending::Deployed,
                OperationResult::NothingToDo => Ending::Unchanged,
                OperationResult::RolledBack { .. } => Ending::RolledBack,
                OperationResult::Stuck { .. } => Ending::NeedsAttention,
                OperationResult::Detached => Ending::Detached,
            };
            Ended { ending, took: Some(*took), code: None, why: None }
        }
        TaskEnd::Ended { outcome: Err(failure), took } => {
            let ending = match failure.kind {
                FailureKind::Refused => Ending::Refused,
                FailureKind::Error | FailureKind::Usage => Ending::Failed,
                FailureKind::RolledBack => Ending::RolledBack,
                FailureKind::NeedsAttention => Ending::NeedsAttention,
                FailureKind::Interrupted => Ending::Detached,
            };
            let first = failure.diagnostics.iter().next();
            let why = first.map(|first| first.title.clone());
            Ended { ending, took: Some(*took), code: first.map(|first| first.code), why }
        }
        TaskEnd::Skipped(why) => {
            let why = match why {
                Skip::Behind { job } => tasks.get(*job).map_or_else(String::new, |before| {
                    format!("{} in {} {} did not end well", before.pipeline, before.environment, before.region)
                }),
                Skip::TooManyFailures => "too many others failed".to_owned(),
                Skip::Left => "it was not begun when you left".to_owned(),
            };
            Ended { ending: Ending::Skipped, took: None, code: None, why: Some(why) }
        }
    }
}

fn exit_after(end: &TaskEnd, detailed: bool) -> Exit {
    match end {
        TaskEnd::Ended { outcome: Ok(deployed), .. } => match deployed.result {
            OperationResult::Succeeded if detailed => Exit::Changes,
            OperationResult::Detached => Exit::Interrupted,
            OperationResult::Succeeded
            | OperationResult::NothingToDo
            | OperationResult::RolledBack { .. }
            | OperationResult::Stuck { .. } => Exit::Done,
        },
        TaskEnd::Ended { outcome: Err(failure), .. } => exit_of(failure.kind),
        TaskEnd::Skipped(Skip::Left) => Exit::Interrupted,
        // Whatever it was skipped for has an exit code of its own.
        TaskEnd::Skipped(Skip::Behind { .. } | Skip::TooManyFailures) => Exit::Done,
    }
}
