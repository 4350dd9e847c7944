//! `sluice gates` and `sluice approve`.

use std::cell::RefCell;
use std::rc::Rc;

use super::args::{ApproveArgs, GatesArgs, Global, TowardArgs};
use super::clouds::Clouds;
use super::exit::Exit;
use super::forms::{Layout, Output, PageOutput};
use super::offline::{NO_TEXTS, fail, open, typed_region};
use super::online::{Shared, block_on};
use super::screen::{Screen, out_look, print_diagnostics};
use super::world::{World, print_out};
use crate::operate::{self, ApproveOrder, Gated, Interrupt, Judged, Shelf, Tools, TowardOrder};
use crate::release::{Decision, GateKind, Verdict};
use crate::view::approval::{self as approval, Given, Withdrawn};
use crate::view::gates::{self as view, About, Outcome};
use crate::view::next_steps::NextStep;
use crate::workspace::Project;

/// The project and what is asked about.
fn order(world: &World, typed: &TowardArgs, release: Option<&str>) -> Result<(Project, TowardOrder), Exit> {
    let project = open(world)?;
    let meant = operate::only_pipeline(&project, typed.pipeline.as_deref())
        .and_then(|name| Ok((name, typed_region(typed.region.as_deref())?)));
    match meant {
        Ok((pipeline, region)) => {
            let release = release.map(str::to_owned);
            Ok((project, TowardOrder { pipeline, environment: typed.to.clone(), region, release }))
        }
        Err(failure) => Err(fail(world, &failure, NO_TEXTS)),
    }
}

/// `sluice gates`.
pub(crate) fn gates(world: &World, global: &Global, args: &GatesArgs) -> Exit {
    let (project, order) = match order(world, &args.toward, args.release.as_deref()) {
        Ok(found) => found,
        Err(exit) => return exit,
    };
    let mut shelf = Shelf::new(&project);
    let (clouds, interrupt) = (Clouds::new(world, global, &project), Interrupt::new());
    let tools = Tools { connector: &clouds, clock: &*world.clock, interrupt: &interrupt };
    let looked = match args.running {
        false => block_on(operate::gates(&mut shelf, &order, tools)),
        true => block_on(operate::gates_running(&mut shelf, &order, tools)),
    };
    let found = match looked {
        Ok(Ok(found)) => found,
        Ok(Err(failure)) => return fail(world, &failure, shelf.texts()),
        Err(exit) => return exit,
    };
    print_diagnostics(world, &found.warnings, shelf.texts());
    print_out(&shown(world, args.output, &found));
    let passed = match &found.judged {
        Judged::Promotion { decision, .. } => matches!(decision, Decision::Go { .. }),
        Judged::Running { gates, .. } => gates.iter().all(|gate| gate.verdict == Verdict::Pass),
    };
    if args.detailed_exitcode && !passed { Exit::Refused } else { Exit::Done }
}

fn shown(world: &World, output: PageOutput, found: &Gated) -> String {
    let next = next(found);
    let (from, plan, since, outcome) = match &found.judged {
        Judged::Promotion { from, plan, decision } => {
            (from.as_ref(), Some(plan.to_string()), None, Outcome::Decided(decision))
        }
        Judged::Running { since, gates } => (None, None, Some(*since), Outcome::Judged(gates)),
    };
    let about = About {
        pipeline: found.pipeline.as_str(),
        environment: found.environment.as_str(),
        region: found.region.as_str(),
        from: from.map(|from| from.as_str()),
        release: found.release.as_str(),
        plan: plan.as_deref(),
        since,
        embedded: found.embedded,
        at: found.at,
        next: &next,
    };
    match output {
        PageOutput::Text => view::to_text(&out_look(world), &about, outcome),
        PageOutput::Json => Layout::Indented.of(&view::to_json(&about, outcome)),
        PageOutput::Jsonl => view::to_json_lines(&about, outcome).iter().map(|line| Layout::Line.of(line)).collect(),
        PageOutput::Markdown => view::to_markdown(&about, outcome),
    }
}

/// What to type about it.
fn next(found: &Gated) -> Vec<NextStep> {
    let Judged::Promotion { plan, .. } = &found.judged else { return Vec::new() };
    let (pipeline, environment, release) = (&found.pipeline, &found.environment, found.release.short());
    let waits = |gate: GateKind| found.gates().iter().any(|one| one.gate == gate && one.verdict != Verdict::Pass);
    if !waits(GateKind::Approval) {
        return Vec::new();
    }
    let plan: String = plan.to_string().chars().take(12).collect();
    vec![NextStep::new(
        format!("sluice approve {pipeline} --to {environment} --release {release} --plan {plan}"),
        "by one of those who may: agree to exactly this",
    )]
}

/// `sluice approve`.
pub(crate) fn approve(world: &World, global: &Global, args: &ApproveArgs) -> Exit {
    let (project, toward) = match order(world, &args.toward, Some(&args.release)) {
        Ok(found) => found,
        Err(exit) => return exit,
    };
    let mut shelf = Shelf::new(&project);
    let (clouds, interrupt) = (Clouds::new(world, global, &project), Interrupt::new());
    let tools = Tools { connector: &clouds, clock: &*world.clock, interrupt: &interrupt };
    if args.withdraw {
        return withdraw(world, &mut shelf, &toward, tools, args.output);
    }
    let mut company = Shared(Rc::new(RefCell::new(Screen::new(world, args.output))));
    let order = ApproveOrder { toward, plan: args.plan.clone(), reason: args.reason.clone(), yes: args.yes };
    let done = match block_on(operate::approve(&mut shelf, &order, tools, &mut company)) {
        Ok(Ok(done)) => done,
        Ok(Err(failure)) => return fail(world, &failure, shelf.texts()),
        Err(exit) => return exit,
    };
    print_diagnostics(world, &done.warnings, shelf.texts());
    let given = Given { approved: &done.approved, by: &done.by, needed: done.needed };
    print_out(&match args.output {
        Output::Text => approval::given_to_text(&out_look(world), &given),
        Output::Json => Layout::Indented.of(&approval::given_to_json(&given)),
        Output::Jsonl => Layout::Line.of(&approval::given_to_json(&given)),
    });
    Exit::Done
}

fn withdraw(world: &World, shelf: &mut Shelf<'_>, order: &TowardOrder, tools: Tools<'_>, output: Output) -> Exit {
    let done = match block_on(operate::withdraw(shelf, order, tools)) {
        Ok(Ok(done)) => done,
        Ok(Err(failure)) => return fail(world, &failure, shelf.texts()),
        Err(exit) => return exit,
    };
    print_diagnostics(world, &done.warnings, shelf.texts());
    let withdrawn = Withdrawn { by: &done.by, release: &done.release, subjects: &done.subjects };
    print_out(&match output {
        Output::Text => approval::withdrawn_to_text(&out_look(world), &withdrawn),
        Output::Json => Layout::Indented.of(&approval::withdrawn_to_json(&withdrawn)),
        Output::Jsonl => Layout::Line.of(&approval::withdrawn_to_json(&withdrawn)),
    });
    Exit::Done
}
