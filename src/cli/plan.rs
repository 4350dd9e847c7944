//! `sluice plan` and `sluice diff`.

use std::collections::BTreeSet;

use super::args::{Against, DiffArgs, Global, PlanArgs};
use super::clouds::Clouds;
use super::exit::Exit;
use super::forms::{Layout, PageOutput, PlanOutput};
use super::offline::{NO_TEXTS, exit_of, fail, open, running, typed_region};
use super::online::{block_on, started};
use super::saved;
use super::screen::{about, out_look, print_diagnostics};
use super::world::{World, print_err, print_out};
use crate::capacity::Sized;
use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::operate::{
    self, EarlierFiles, Failure, Footing, Interrupt, Keep, PlanOutcome, Planned, Prepared, ReleasePlace, Shelf, Tools,
};
use crate::plan::Plan;
use crate::units::Region;
use crate::view::environments as diff_view;
use crate::view::graph::topology;
use crate::view::plan::{self as view, About, Entry};
use crate::workspace::Project;

/// What was asked for, found in the project.
struct Asked<'a> {
    world: &'a World,
    global: &'a Global,
    args: &'a PlanArgs,
    project: &'a Project,
    region: Option<&'a Region>,
    /// What is compared with, where it is neither the live stack nor nothing.
    earlier: Option<&'a EarlierFiles>,
}

/// Whether the form of a plan holds the picture of its topology.
fn draws(args: &PlanArgs) -> bool {
    match args.output {
        PlanOutput::Json | PlanOutput::Jsonl | PlanOutput::Html => true,
        PlanOutput::Text | PlanOutput::Markdown | PlanOutput::Sarif => args.out.is_some(),
    }
}

/// What a plan is about, with the picture where that is asked for.
fn described(prepared: &Prepared, plan: &Plan, earlier: Option<&Sized>, drawn: bool) -> About {
    About { topology: drawn.then(|| topology(&prepared.sized)), ..about(prepared, plan, earlier) }
}

/// `sluice plan`.
pub(crate) fn plan(world: &World, global: &Global, args: &PlanArgs) -> Exit {
    let project = match open(world) {
        Ok(project) => running(project),
        Err(exit) => return exit,
    };
    let found = operate::pairs_to_plan(&project, &args.pipelines, args.all, &args.environments).and_then(|pairs| {
        let region = typed_region(args.region.as_deref())?;
        let earlier = match &args.against {
            Against::Live | Against::Nothing => None,
            Against::Files(typed) => match typed.strip_prefix("release:") {
                Some(digest) => Some(released(world, global, &project, digest, (&pairs, region.as_ref()))?),
                None => Some(operate::earlier_files(&project, &world.folder, typed)?),
            },
        };
        Ok((pairs, region, earlier))
    });
    let (pairs, region, earlier) = match found {
        Ok(found) => found,
        Err(failure) => return fail(world, &failure, NO_TEXTS),
    };
    let asked = Asked { world, global, args, project: &project, region: region.as_ref(), earlier: earlier.as_ref() };
    // Whoever asks for several gets their form even where there happens to be only one.
    let several = args.all || args.pipelines.len() > 1 || args.environments.len() > 1;
    if several && args.out.is_some() {
        let one = Diagnostic::error(Code::BadArgument, "a saved plan is of one pipeline in one environment");
        return fail(world, &one.help("save them one by one: `--out` for each").into(), NO_TEXTS);
    }
    if let Err(failure) = saved::may_save(world, args.out.as_deref()) {
        return fail(world, &failure, NO_TEXTS);
    }
    match pairs.as_slice() {
        [(pipeline, environment)] if !several => alone(&asked, pipeline, environment),
        pairs => many(&asked, pairs),
    }
}

/// The release that is compared with: looked for in the buckets of the environments that are planned, where it is not here.
fn released(
    world: &World,
    global: &Global,
    project: &Project,
    digest: &str,
    (pairs, region): (&[(String, String)], Option<&Region>),
) -> Result<EarlierFiles, Failure> {
    let (clouds, interrupt) = (Clouds::new(world, global, project), Interrupt::new());
    let tools = Tools { connector: &clouds, clock: &*world.clock, interrupt: &interrupt };
    let environments: BTreeSet<&String> = pairs.iter().map(|(_, environment)| environment).collect();
    let place = |environment: &String| ReleasePlace { environment: Some(environment.clone()), region: region.cloned() };
    let places: Vec<ReleasePlace> = environments.into_iter().map(place).collect();
    started(operate::earlier_release(project, digest, &places, tools))
}

fn alone(asked: &Asked<'_>, pipeline: &str, environment: &str) -> Exit {
    let world = asked.world;
    let mut shelf = Shelf::new(asked.project);
    let planned = match (&asked.args.against, asked.earlier) {
        (_, Some(earlier)) => operate::plan_against(&mut shelf, pipeline, environment, asked.region, earlier),
        (Against::Live, None) => {
            let (clouds, interrupt) = (Clouds::new(world, asked.global, asked.project), Interrupt::new());
            let tools = Tools { connector: &clouds, clock: &*world.clock, interrupt: &interrupt };
            let keep = if asked.args.out.is_some() { Keep::ChangeSet } else { Keep::Nothing };
            match block_on(operate::plan_live(&mut shelf, pipeline, environment, asked.region, keep, tools)) {
                Ok(planned) => planned,
                Err(exit) => return exit,
            }
        }
        (Against::Nothing | Against::Files(_), None) => {
            operate::plan_afresh(&mut shelf, pipeline, environment, asked.region)
        }
    };
    let Planned { prepared, plan, earlier, saved: inputs } = match planned {
        Ok(planned) => planned,
        Err(failure) => return fail(world, &failure, shelf.texts()),
    };
    print_diagnostics(world, &prepared.warnings, shelf.texts());
    let about = described(&prepared, &plan, earlier.as_ref(), draws(asked.args));
    saved::print(world, asked.args.output, asked.args.detail, &plan, &about, &prepared.warnings);
    if let (Some(file), Some(inputs)) = (&asked.args.out, &inputs)
        && let Err(failure) = saved::save(world, file, &plan, &about, inputs)
    {
        return fail(world, &failure, shelf.texts());
    }
    changed(asked.args.detailed_exitcode, !plan.is_empty())
}

fn changed(detailed: bool, changes: bool) -> Exit {
    if detailed && changes { Exit::Changes } else { Exit::Done }
}

/// What is kept of each of many plans.
type Kept = (Plan, About, Diagnostics);

fn many(asked: &Asked<'_>, pairs: &[(String, String)]) -> Exit {
    let drawn = draws(asked.args);
    let keep = |planned: Planned| -> Kept {
        let about = described(&planned.prepared, &planned.plan, planned.earlier.as_ref(), drawn);
        (planned.plan, about, planned.prepared.warnings)
    };
    let all = match (&asked.args.against, asked.earlier) {
        (_, Some(files)) => operate::plan_all(asked.project, pairs, asked.region, Footing::Files(files), &keep),
        (Against::Live, None) => {
            let (clouds, interrupt) = (Clouds::new(asked.world, asked.global, asked.project), Interrupt::new());
            let tools = Tools { connector: &clouds, clock: &*asked.world.clock, interrupt: &interrupt };
            match block_on(operate::plan_all_live(asked.project, pairs, asked.region, tools, &keep)) {
                Ok(all) => Ok(all),
                Err(exit) => return exit,
            }
        }
        (Against::Nothing | Against::Files(_), None) => {
            operate::plan_all(asked.project, pairs, asked.region, Footing::Nothing, &keep)
        }
    };
    match all {
        Ok(all) => tell(asked, operate::in_order(all)),
        Err(failure) => fail(asked.world, &failure, NO_TEXTS),
    }
}

/// Tells every plan as it is, what is wrong on standard error, and the table of all.
fn tell(asked: &Asked<'_>, all: Vec<PlanOutcome<Kept>>) -> Exit {
    let (world, look) = (asked.world, out_look(asked.world));
    let mut exit = Exit::Done;
    let detail = saved::shown(asked.args.detail);
    let mut entries = Vec::with_capacity(all.len());
    let mut told = Diagnostics::new();
    for one in all {
        let outcome = match one.outcome {
            Ok((plan, about, warnings)) => {
                print_diagnostics(world, &warnings, &one.texts);
                if asked.args.output == PlanOutput::Text {
                    print_out(&format!("{}\n", view::to_text(&look, &plan, &about, detail)));
                }
                told.extend(warnings);
                exit = exit.worse(changed(asked.args.detailed_exitcode, !plan.is_empty()));
                Ok((plan, about))
            }
            Err(failure) => {
                print_err(&format!("{} in {} cannot be planned\n", one.pipeline, one.environment));
                print_diagnostics(world, &failure.diagnostics, &one.texts);
                exit = exit.worse(exit_of(failure.kind));
                Err(failure.diagnostics)
            }
        };
        entries.push(Entry { pipeline: one.pipeline, environment: one.environment, outcome });
    }
    print_out(&match asked.args.output {
        PlanOutput::Text => view::many_to_text(&look, &entries),
        PlanOutput::Json => Layout::Indented.of(&view::many_to_json(&entries)),
        PlanOutput::Jsonl => Layout::Line.of(&view::many_to_json(&entries)),
        PlanOutput::Sarif => Layout::Indented.of(&view::many_to_sarif(&entries, &told)),
        PlanOutput::Html => view::many_to_html(&entries, detail),
        PlanOutput::Markdown => {
            let called =
                if asked.args.pipelines.is_empty() { "all".to_owned() } else { asked.args.pipelines.join(",") };
            view::many_to_markdown(&entries, &called, asked.region, detail)
        }
    });
    exit
}

/// `sluice diff`.
pub(crate) fn diff(world: &World, args: &DiffArgs) -> Exit {
    let project = match open(world) {
        Ok(project) => project,
        Err(exit) => return exit,
    };
    let mut shelf = Shelf::new(&project);
    let compared = operate::only_pipeline(&project, args.pipeline.as_deref())
        .and_then(|pipeline| operate::diff(&mut shelf, &pipeline, &args.before, &args.after));
    let (diff, warnings) = match compared {
        Ok(compared) => compared,
        Err(failure) => return fail(world, &failure, shelf.texts()),
    };
    print_diagnostics(world, &warnings, shelf.texts());
    print_out(&match args.output {
        PageOutput::Text => diff_view::to_text(&out_look(world), &diff),
        PageOutput::Json => Layout::Indented.of(&diff_view::to_json(&diff)),
        PageOutput::Jsonl => Layout::Line.of(&diff_view::to_json(&diff)),
        PageOutput::Markdown => diff_view::to_markdown(&diff),
    });
    changed(args.detailed_exitcode, !diff.is_empty())
}
