//! `sluice drift`.

use super::args::{DriftArgs, Global};
use super::clouds::Clouds;
use super::exit::Exit;
use super::forms::{Layout, Output};
use super::offline::fail;
use super::online::{block_on, one};
use super::screen::{Screen, out_look};
use super::world::{World, print_out};
use crate::operate::{self, Company, DriftOrder, Drifting, Interrupt, Shelf, Tools};
use crate::plan::{Drifted, SeenBy};
use crate::view::drift::{self as view, About};
use crate::view::next_steps::NextStep;

/// `sluice drift`.
pub(crate) fn drift(world: &World, global: &Global, args: &DriftArgs) -> Exit {
    let (project, pipeline, region) = match one(world, &args.one) {
        Ok(one) => one,
        Err(exit) => return exit,
    };
    let order = DriftOrder { pipeline, environment: args.one.environment.clone(), region };
    let mut shelf = Shelf::new(&project);
    let (clouds, interrupt) = (Clouds::new(world, global, &project), Interrupt::new());
    let tools = Tools { connector: &clouds, clock: &*world.clock, interrupt: &interrupt };
    let found = match block_on(operate::drift(&mut shelf, &order, tools)) {
        Ok(Ok(found)) => found,
        Ok(Err(failure)) => return fail(world, &failure, shelf.texts()),
        Err(exit) => return exit,
    };
    Screen::new(world, args.output).warned(&found.warnings, shelf.texts());
    let next = next(&found);
    let about = About {
        pipeline: found.pipeline.as_str(),
        environment: found.environment.as_str(),
        region: found.region.as_str(),
        stack: &found.stack,
        embedded: found.embedded,
        at: found.at,
        next: &next,
    };
    print_out(&match args.output {
        Output::Text => view::to_text(&out_look(world), &about, &found.drift),
        Output::Json => Layout::Indented.of(&view::to_json(&about, &found.drift)),
        Output::Jsonl => view::to_json_lines(&about, &found.drift).iter().map(|line| Layout::Line.of(line)).collect(),
    });
    let unintended = found.drift.unintended().next().is_some();
    if unintended && args.detailed_exitcode { Exit::Changes } else { Exit::Done }
}

/// What to type about it.
fn next(found: &Drifting) -> Vec<NextStep> {
    if found.drift.unintended().next().is_none() {
        return Vec::new();
    }
    let region = if found.several_regions { format!(" --region {}", found.region) } else { String::new() };
    let at = format!("{} --env {}{region}", found.pipeline, found.environment);
    let mut next = Vec::new();
    if found.drift.unintended().any(|one| one.seen_by == SeenBy::CloudFormation) {
        next.push(NextStep::new(
            format!("sluice deploy {at} --revert-drift"),
            "put back what was deployed, after a plan and a question",
        ));
    }
    if found.drift.unintended().any(Drifted::is_switched_off) {
        next.push(NextStep::new(format!("sluice resume {at}"), "read on from where it stopped, after a question"));
    }
    next.push(NextStep::new(
        format!("sluice plan {at}"),
        "after the pipeline file says what is to stay: what the next deployment would do",
    ));
    next
}
