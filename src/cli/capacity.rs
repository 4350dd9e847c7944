//! `sluice capacity` and `sluice decide`.

use super::args::{CapacityArgs, DecideArgs, One};
use super::exit::Exit;
use super::forms::{Layout, PageOutput};
use super::offline::{fail, open, typed_region};
use super::screen::{out_look, print_diagnostics};
use super::world::{World, print_out};
use crate::diagnostic::{Code, Diagnostic};
use crate::operate::{self, CapacityOrder, Failure, Placed, Shelf};
use crate::units::{Duration, QuantityError, Rate};
use crate::view::capacity::{self as view, About, Page};

/// `sluice capacity`.
pub(crate) fn capacity(world: &World, args: &CapacityArgs) -> Exit {
    let outage = match quantity("--outage", &args.outage, Duration::parse) {
        Ok(outage) => outage,
        Err(failure) => return fail(world, &failure, super::offline::NO_TEXTS),
    };
    shown(world, &args.one, args.traffic.as_deref(), args.output, |about, placed| {
        let found = placed.assess(outage);
        let decisions = placed.sized.decisions();
        (view::assessment(about, &found, decisions), view::assessment_to_json(about, &found, decisions))
    })
}

/// `sluice decide`.
pub(crate) fn decide(world: &World, args: &DecideArgs) -> Exit {
    shown(world, &args.one, args.traffic.as_deref(), args.output, |about, placed| {
        let choices = placed.choices();
        (view::choices(about, &choices), view::choices_to_json(about, &choices))
    })
}

fn shown(
    world: &World,
    one: &One,
    traffic: Option<&str>,
    output: PageOutput,
    page: impl FnOnce(&About, &Placed) -> (Page, serde_json::Value),
) -> Exit {
    let project = match open(world) {
        Ok(project) => project,
        Err(exit) => return exit,
    };
    let mut shelf = Shelf::new(&project);
    let placed = operate::only_pipeline(&project, one.pipeline.as_deref()).and_then(|pipeline| {
        let rate = traffic.map(load).transpose()?;
        let region = typed_region(one.region.as_deref())?;
        let order = CapacityOrder { pipeline, environment: one.environment.clone(), region, traffic: rate };
        let placed = operate::place(&mut shelf, &order)?;
        Ok((order, placed))
    });
    let (order, placed) = match placed {
        Ok(placed) => placed,
        Err(failure) => return fail(world, &failure, shelf.texts()),
    };
    print_diagnostics(world, &placed.warnings, shelf.texts());
    let about = About {
        pipeline: order.pipeline,
        environment: order.environment,
        region: placed.sized.pipeline().region().to_string(),
        traffic: order.traffic.map(|rate| rate.to_string()),
        unread: placed.unread.clone(),
    };
    let (page, json) = page(&about, &placed);
    print_out(&match output {
        PageOutput::Json => Layout::Indented.of(&json),
        PageOutput::Jsonl => Layout::Line.of(&json),
        PageOutput::Markdown => page.to_markdown(),
        PageOutput::Text => page.to_text(&out_look(world)),
    });
    Exit::Done
}

/// A load that somebody typed: above nothing.
fn load(typed: &str) -> Result<Rate, Failure> {
    let rate = quantity("--traffic", typed, Rate::parse)?;
    if rate.per_second() > 0.0 {
        return Ok(rate);
    }
    let zero = Diagnostic::error(Code::BadArgument, format!("--traffic: `{typed}` is no load at all"));
    Err(zero.help("name a rate above zero, for instance `500G/day`").into())
}

fn quantity<T>(flag: &str, typed: &str, parse: fn(&str) -> Result<T, QuantityError>) -> Result<T, Failure> {
    parse(typed).map_err(|error| {
        let refused = Diagnostic::error(Code::BadArgument, format!("{flag}: {}", error.message));
        match error.suggestion {
            Some(meant) => refused.help(format!("did you mean `{meant}`?")).into(),
            None => refused.into(),
        }
    })
}
