//! `sluice check`.

use std::collections::BTreeMap;

use super::args::CheckArgs;
use super::exit::Exit;
use super::forms::{CheckOutput, Layout};
use super::offline::{fail, open, selected, texts_of};
use super::screen::{out_look, print_diagnostics};
use super::world::{World, print_err, print_out};
use crate::diagnostic::FilePath;
use crate::operate::{self, Checked, Fixed};
use crate::view::{Label, diagnostics, plural, readiness as view};
use crate::workspace::Project;

/// `sluice check`.
pub(crate) fn check(world: &World, args: &CheckArgs) -> Exit {
    let project = match open(world) {
        Ok(project) => project,
        Err(exit) => return exit,
    };
    let outcome = selected(&project, &args.select).and_then(|(pairs, region)| {
        let check = || operate::check(&project, &pairs, region.as_ref(), world.clock.now());
        let checked = check()?;
        if !args.fix {
            return Ok((checked, Vec::new()));
        }
        let fixed = operate::fix(&project, &checked)?;
        // What is told is how things are now.
        Ok((check()?, fixed))
    });
    let (checked, fixed) = match outcome {
        Ok(done) => done,
        Err(failure) => return fail(world, &failure, &texts_of(&project, &failure.diagnostics)),
    };
    print_err(&told(&fixed, args.fix));
    show(world, &project, args.output, &checked);
    if checked.diagnostics.has_errors() { Exit::Error } else { Exit::Done }
}

fn show(world: &World, project: &Project, output: CheckOutput, checked: &Checked) {
    let pairs: Vec<view::Pair<'_>> = checked
        .reports
        .iter()
        .filter_map(|looked| {
            let (pipeline, environment) = checked.looked_at.get(looked.index)?;
            Some(view::Pair { pipeline, environment, report: &looked.report })
        })
        .collect();
    match output {
        CheckOutput::Json | CheckOutput::Jsonl => {
            let mut document = diagnostics::to_json(&checked.diagnostics);
            if let Some(fields) = document.as_object_mut() {
                fields.insert("readiness".to_owned(), view::to_json(&pairs));
            }
            let layout = if output == CheckOutput::Jsonl { Layout::Line } else { Layout::Indented };
            print_out(&layout.of(&document));
        }
        CheckOutput::Sarif => print_out(&Layout::Indented.of(&diagnostics::to_sarif(&checked.diagnostics))),
        CheckOutput::Junit => print_out(&view::to_junit(&checked.diagnostics, &pairs)),
        CheckOutput::Text => {
            let texts: BTreeMap<FilePath, String> = texts_of(project, &checked.diagnostics);
            print_diagnostics(world, &checked.diagnostics, &texts);
            if !checked.diagnostics.has_errors() {
                let what = match checked.looked_at.as_slice() {
                    [(pipeline, environment)] => format!("{pipeline} in {environment}"),
                    several => format!("{} of pipeline and environment", plural(several.len(), "pair")),
                };
                print_out(&format!("{} {what}\n", out_look(world).paint(Label::Good, "ok")));
            }
            print_out(&view::to_text(&out_look(world), &pairs));
        }
    }
}

/// What was written, line by line; that nothing was, where something was asked for.
fn told(fixed: &[Fixed], asked: bool) -> String {
    let line = |fixed: &Fixed| match &fixed.left {
        None => format!("{}: wrote `{}` at `{}` ({})\n", fixed.file, fixed.to, fixed.path, fixed.rule),
        Some(why) => format!("{}: left `{}` as it is ({}): {why}\n", fixed.file, fixed.path, fixed.rule),
    };
    match fixed {
        [] if asked => "nothing to fix: no finding has a value that is safe to write\n".to_owned(),
        fixed => fixed.iter().map(line).collect(),
    }
}
