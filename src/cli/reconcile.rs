//! `sluice reconcile`.

use super::args::{Global, ReconcileArgs};
use super::clouds::Clouds;
use super::exit::Exit;
use super::forms::{Layout, Output};
use super::offline::{NO_TEXTS, exit_of, fail, open, running, typed_region};
use super::online::block_on;
use super::screen::out_look;
use super::world::{World, print_out};
use crate::operate::{self, Failure, Interrupt, PromotionEnd, ReconcileOrder, Shelf, Standing, Tools};
use crate::release::Verdict;
use crate::view::reconcile::{self as view, Row, State};

/// `sluice reconcile`.
pub(crate) fn reconcile(world: &World, global: &Global, args: &ReconcileArgs) -> Exit {
    let project = match open(world) {
        Ok(project) => running(project),
        Err(exit) => return exit,
    };
    let region = match typed_region(args.region.as_deref()) {
        Ok(region) => region,
        Err(failure) => return fail(world, &failure, NO_TEXTS),
    };
    let order = ReconcileOrder { pipelines: args.pipelines.clone(), environment: args.environment.clone(), region };
    let mut shelf = Shelf::new(&project);
    let (clouds, interrupt) = (Clouds::new(world, global, &project), Interrupt::new());
    let tools = Tools { connector: &clouds, clock: &*world.clock, interrupt: &interrupt };
    let done = match block_on(operate::reconcile(&mut shelf, &order, tools)) {
        Ok(Ok(done)) => done,
        Ok(Err(failure)) => return fail(world, &failure, shelf.texts()),
        Err(exit) => return exit,
    };
    let rows: Vec<Row> = done.pipelines.iter().map(|(name, standing)| row(name, standing)).collect();
    let environment = done.environment.as_str();
    print_out(&match args.output {
        Output::Text => view::to_text(&out_look(world), environment, &rows),
        Output::Json => Layout::Indented.of(&view::to_json(environment, &rows)),
        Output::Jsonl => Layout::Line.of(&view::to_json(environment, &rows)),
    });
    let changed = done.pipelines.iter().any(|(_, standing)| standing.changed());
    let quiet = if changed && args.detailed_exitcode { Exit::Changes } else { Exit::Done };
    done.pipelines.iter().map(|(_, standing)| exit(standing)).fold(quiet, worse)
}

fn exit(standing: &Standing) -> Exit {
    match standing {
        Standing::Promoted(promoted) if matches!(promoted.end, PromotionEnd::GoneBack { .. }) => Exit::RolledBack,
        Standing::Promoted(_) | Standing::Waits(_) | Standing::Nothing(_) => Exit::Done,
        Standing::Failed(failure) => exit_of(failure.kind),
    }
}

/// The worse of two ends: a person is needed, a failure, an error, the rest.
fn worse(one: Exit, other: Exit) -> Exit {
    let rank = |exit: Exit| match exit {
        Exit::Bug => 7,
        Exit::NeedsAttention => 6,
        Exit::RolledBack => 5,
        Exit::Error => 4,
        Exit::Refused => 3,
        Exit::Interrupted => 2,
        Exit::Changes => 1,
        Exit::Done | Exit::Usage => 0,
    };
    if rank(other) > rank(one) { other } else { one }
}

fn row(pipeline: &str, standing: &Standing) -> Row {
    let (mut release, mut until) = (None, None);
    let (state, why) = match standing {
        Standing::Promoted(promoted) => {
            release = Some(promoted.release.to_string());
            match &promoted.end {
                PromotionEnd::AlreadyThere => (State::UpToDate, Vec::new()),
                PromotionEnd::Done(_) => (State::Promoted, vec![format!("from {}", promoted.from)]),
                PromotionEnd::Baking { until: moment } => {
                    until = Some(*moment);
                    (State::Baking, vec![format!("until {moment}")])
                }
                PromotionEnd::Verified(gates) => (State::Verified, vec![format!("{} gates passed", gates.len())]),
                PromotionEnd::Held(gates) | PromotionEnd::GoneBack { gates, .. } => {
                    let held = matches!(promoted.end, PromotionEnd::Held(_));
                    let not = gates.iter().filter(|gate| gate.verdict != Verdict::Pass);
                    let why = not.map(|gate| format!("{}: {}", gate.gate, gate.why)).collect();
                    (if held { State::Held } else { State::GoneBack }, why)
                }
            }
        }
        Standing::Waits(failure) => (State::Waits, said(failure)),
        Standing::Nothing(failure) => (State::Nothing, said(failure)),
        Standing::Failed(failure) => (State::Failed, said(failure)),
    };
    Row { pipeline: pipeline.to_owned(), state, release, until, why }
}

/// What a failure says: its reasons, or else its title.
fn said(failure: &Failure) -> Vec<String> {
    let errors = failure.diagnostics.iter();
    errors.flat_map(|told| if told.notes.is_empty() { vec![told.title.clone()] } else { told.notes.clone() }).collect()
}
