//! The last screen of an operation: outputs and what to do next, or the root cause, the line of the
//! specification that caused it, and the commands that help.

use super::{Failure, Finish, Scene, Story, kept};
use crate::diagnostic::FilePath;
use crate::event::{OperationKind, OperationResult, RootCause};
use crate::observed::{KnownCause, StackStatus};
use crate::view::EMBEDDED_NOTICE;
use crate::view::causes;
use crate::view::diagnostics::SourceMap;
use crate::view::next_steps::{self, NextStep};
use crate::view::outputs;
use crate::view::style::{Label, Look};
use crate::view::words::{clip, plural, printable, short_duration, wrap};

/// Returns the last screen; empty as long as the operation has not ended.
#[must_use]
pub fn ending(look: &Look, scene: &Scene, story: &Story, sources: &SourceMap, next: &[NextStep]) -> String {
    let Some(finish) = &story.finish else { return String::new() };
    let mut out = verdict(look, scene, finish);
    if scene.embedded {
        out.push_str(&format!("{}\n", look.paint(Label::Warning, EMBEDDED_NOTICE)));
    }
    if let OperationResult::RolledBack { root_cause } | OperationResult::Stuck { root_cause } = &finish.outcome {
        out.push_str(&failures(look, root_cause.as_ref(), story, sources));
    }
    if !story.kept.is_empty() {
        out.push_str(&format!("\n{}\n", look.paint(Label::Heading, "Kept, no longer in the stack")));
        out.push_str(&kept::to_text(look, &story.kept));
    }
    if !finish.outputs.is_empty() && finish.status.is_some() {
        out.push_str(&format!("\n{}\n", look.paint(Label::Heading, "Outputs")));
        out.push_str(&outputs::to_text(look, &finish.outputs));
    }
    out.push_str(&next_steps::to_text(look, next));
    out
}

fn verdict(look: &Look, scene: &Scene, finish: &Finish) -> String {
    let took = short_duration(finish.took);
    let done = match finish.operation {
        OperationKind::Create => "created",
        OperationKind::Update => "updated",
        OperationKind::Import => "imported",
        OperationKind::Delete => "deleted",
        OperationKind::Rollback => "rolled back",
    };
    let stack = &scene.stack;
    let (label, symbol, text) = match &finish.outcome {
        OperationResult::Succeeded => (Label::Good, look.symbol("✔", "+"), format!("{stack} {done} in {took}")),
        OperationResult::NothingToDo => {
            (Label::Good, look.symbol("✔", "+"), format!("{stack}: no changes, nothing to do"))
        }
        OperationResult::Detached => {
            (Label::Warning, look.symbol("…", "..."), format!("{stack}: the operation goes on without us after {took}"))
        }
        OperationResult::RolledBack { .. } => {
            let left = match finish.operation {
                OperationKind::Create | OperationKind::Import => "nothing of this deployment is live",
                OperationKind::Update => "the previous release is live",
                OperationKind::Delete => "the stack is still there",
                OperationKind::Rollback => "the last good state is live",
            };
            (
                Label::Bad,
                look.symbol("✘", "x"),
                format!("{stack} was not {done}; it was rolled back after {took}, {left}"),
            )
        }
        OperationResult::Stuck { .. } => {
            (Label::Bad, look.symbol("✘", "x"), format!("{stack} was not {done} and needs attention after {took}"))
        }
    };
    let status = finish.status.as_ref().map(StackStatus::as_str).unwrap_or("gone");
    format!(
        "{} {}  {}\n",
        look.paint(label, symbol),
        look.paint(Label::Heading, text),
        look.paint(Label::Faint, status)
    )
}

fn failures(look: &Look, root: Option<&RootCause>, story: &Story, sources: &SourceMap) -> String {
    let named = root.map(|root| Failure {
        logical_id: root.logical_id.clone(),
        type_name: root.type_name.clone(),
        reason: root.reason.clone(),
        spec_place: root.spec_place.clone(),
    });
    let Some(root) = named.as_ref().or_else(|| story.failures.first()) else { return String::new() };
    let mut out = format!("\n{}\n", look.paint(Label::Heading, "Root cause"));
    out.push_str(&format!(
        "  {}  {}\n",
        look.paint(Label::Bad, printable(&root.logical_id)),
        look.paint(Label::Faint, printable(&root.type_name))
    ));
    for line in wrap(&printable(&root.reason), look.columns() - 4) {
        out.push_str(&format!("    {line}\n"));
    }
    if let Some(place) = &root.spec_place {
        out.push_str(&format!("  caused by {}\n", look.paint(Label::Place, printable(place))));
        out.push_str(&source_line(look, place, sources).unwrap_or_default());
    }
    if let Some(known) = KnownCause::of(&root.type_name, &root.reason) {
        out.push_str(&causes::in_short(look, known));
    }
    let others: Vec<&Failure> = story.failures.iter().filter(|failure| failure.logical_id != root.logical_id).collect();
    if !others.is_empty() {
        out.push_str(&format!("  {} failed too\n", plural(others.len(), "other resource")));
        for failure in others {
            let text = format!("{}: {}", failure.logical_id, failure.reason);
            out.push_str(&format!("    {}\n", clip(look, &printable(&text), look.columns() - 4)));
        }
    }
    if story.cancelled > 0 {
        let text = format!("{} cancelled because of it", plural(story.cancelled, "other resource"));
        out.push_str(&format!("  {}\n", look.paint(Label::Faint, text)));
    }
    out
}

/// The line that `file:line:column` names, if its file is at hand.
fn source_line(look: &Look, place: &str, sources: &SourceMap) -> Option<String> {
    let mut parts = place.rsplitn(3, ':');
    let (_column, line, file) = (parts.next()?, parts.next()?, parts.next()?);
    let number: usize = line.parse().ok()?;
    let text = sources.get(&FilePath::new(file))?.lines().nth(number.checked_sub(1)?)?;
    let text = printable(text);
    Some(format!(
        "    {} {}\n",
        look.paint(Label::Faint, format_args!("{number} |")),
        clip(look, &text, look.columns() - 12)
    ))
}

#[cfg(test)]
mod tests {
    use super::super::fixtures::{failing_create, good_create, scene};
    use super::*;
    use crate::event::Event;

    fn story(events: &[Event]) -> Story {
        let mut story = Story::default();
        events.iter().for_each(|event| story.on(event));
        story
    }

    #[test]
    fn a_failure_ends_with_its_root_cause_and_the_line_that_caused_it() {
        let spec = format!("{}  score: {{from: transactions}}\n", "# line\n".repeat(43));
        let sources = [(FilePath::new("stacks/fraud-detection/pipeline.yaml"), spec)].into_iter().collect();
        let next = [NextStep::new("sluice deploy fraud-detection --env local", "try again when it is mended")];
        insta::assert_snapshot!(ending(&Look::plain(), &scene(), &story(&failing_create()), &sources, &next));
    }

    #[test]
    fn a_success_ends_with_outputs_and_next_steps() {
        let next = [NextStep::new("sluice status fraud-detection --env local", "what stands")];
        insta::assert_snapshot!(ending(&Look::plain(), &scene(), &story(&good_create()), &SourceMap::new(), &next));
    }

    #[test]
    fn there_is_no_last_screen_before_the_end() {
        assert_eq!(ending(&Look::plain(), &scene(), &Story::default(), &SourceMap::new(), &[]), "");
    }
}
