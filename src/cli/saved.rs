//! Saved plans: written by `sluice plan --out`, shown by `sluice show`, deployed by `sluice deploy --plan`.

use std::path::Path;

use serde_json::Value;

use super::args::{DeployTarget, DetailArgs, One, ShowArgs};
use super::exit::Exit;
use super::forms::{Layout, PlanOutput};
use super::offline::{NO_TEXTS, fail};
use super::screen::out_look;
use super::world::{World, print_err, print_out};
use crate::diagnostic::{Code, Diagnostic, Diagnostics, FilePath};
use crate::operate::{self, Failure, Reviewed};
use crate::plan::{Inputs, Plan};
use crate::view::plan as view;
use crate::workspace::write_file;

/// Bytes of a plan: one of 500 resources, the most that a stack has, is about two million.
const LARGEST_PLAN: u64 = 64 << 20;

/// `sluice show`.
pub(crate) fn show(world: &World, args: &ShowArgs) -> Exit {
    let read = operate::named_file(&world.folder, &args.file, "plan", LARGEST_PLAN).and_then(|(name, text)| {
        let (plan, whole) = operate::read_plan(&name, &text)?;
        Ok((held(&name, &plan, &whole)?, plan))
    });
    let (about, plan) = match read {
        Ok(read) => read,
        Err(failure) => return fail(world, &failure, NO_TEXTS),
    };
    print(world, args.output, args.detail, &plan, &about, &Diagnostics::new());
    if args.detailed_exitcode && !plan.is_empty() { Exit::Changes } else { Exit::Done }
}

/// What a plan that was read is about, if its document says one thing throughout.
fn held(name: &FilePath, plan: &Plan, whole: &Value) -> Result<view::About, Failure> {
    let about = view::About::read(whole).map_err(|error| {
        let foreign = Diagnostic::error(Code::NoPlan, format!("{name} does not say what its plan is about"));
        Failure::from(foreign.note(error.to_string()).help("`sluice plan … --out plan.json` writes one"))
    })?;
    let contradictions = view::contradictions(whole, plan, &about);
    if contradictions.is_empty() { Ok(about) } else { Err(operate::edited(name, contradictions)) }
}

/// Prints a plan in a form; `warnings` of its files are among the findings for code scanning.
pub(crate) fn print(
    world: &World,
    output: PlanOutput,
    detail: DetailArgs,
    plan: &Plan,
    about: &view::About,
    warnings: &Diagnostics,
) {
    let detail = shown(detail);
    print_out(&match output {
        PlanOutput::Text => view::to_text(&out_look(world), plan, about, detail),
        PlanOutput::Json => Layout::Indented.of(&view::to_json(plan, about)),
        PlanOutput::Jsonl => Layout::Line.of(&view::to_json(plan, about)),
        PlanOutput::Markdown => view::to_markdown(plan, about, detail),
        PlanOutput::Sarif => Layout::Indented.of(&view::to_sarif(plan, about, warnings)),
        PlanOutput::Html => view::to_html(plan, about, detail),
    });
}

/// How much is shown, as the views take it.
pub(crate) fn shown(detail: DetailArgs) -> view::Detail {
    view::Detail { compact: detail.compact, unchanged: detail.show_unchanged }
}

/// Makes sure, before anything is planned, that a plan may be saved in a file.
///
/// # Errors
/// When its folder is missing, or something else than a plan is in its place.
pub(crate) fn may_save(world: &World, file: Option<&Path>) -> Result<(), Failure> {
    file.map_or(Ok(()), |file| operate::may_save(&world.folder, file, LARGEST_PLAN))
}

/// Saves a plan with what it was made from.
///
/// # Errors
/// When the file cannot be written.
pub(crate) fn save(
    world: &World,
    file: &Path,
    plan: &Plan,
    about: &view::About,
    inputs: &Inputs,
) -> Result<(), Failure> {
    let document = view::saved_to_json(plan, about, inputs);
    write_file(&world.folder.join(file), format!("{document:#}\n").as_bytes())?;
    let shown = file.display();
    print_err(&format!("saved to {shown}; deploy exactly that: sluice deploy --plan {shown}\n"));
    Ok(())
}

/// What is to be deployed: as typed, or as a saved plan says.
///
/// # Errors
/// When there is no such plan.
pub(crate) fn target(world: &World, target: &DeployTarget) -> Result<(One, Option<Reviewed>), Failure> {
    let Some(file) = &target.plan else {
        let (pipeline, environment) = (target.pipelines.first().cloned(), target.environments.first().cloned());
        let environment = environment.unwrap_or_default();
        return Ok((One { pipeline, environment, region: target.region.clone() }, None));
    };
    let (name, text) = operate::named_file(&world.folder, file, "plan", LARGEST_PLAN)?;
    let (reviewed, whole) = operate::read_saved(&name, &text)?;
    held(&name, &reviewed.plan, &whole)?;
    let Inputs { pipeline, environment, region, .. } = &reviewed.inputs;
    if let Some(typed) = target.environments.iter().find(|typed| *typed != environment.as_str()) {
        let other = Diagnostic::error(
            Code::BadArgument,
            format!("{name} is a plan for the environment {environment}, and `{typed}` was asked for"),
        );
        return Err(other.help("leave out `--env`, or name the plan of that environment").into());
    }
    let one = One {
        pipeline: Some(pipeline.to_string()),
        environment: environment.to_string(),
        region: Some(region.to_string()),
    };
    Ok((one, Some(reviewed)))
}
