//! Which environment comes before which: what is wrong with `promotes_from`, beyond the one file that says it.

use std::collections::BTreeSet;

use super::failure::Failure;
use super::load::Shelf;
use crate::diagnostic::{Code, Diagnostic, Diagnostics, closest};
use crate::environment::EnvironmentFile;
use crate::units::EnvironmentName;
use crate::workspace::Project;

/// Follows `promotes_from` upwards from environments: it must lead to files that are there, and come to an end.
///
/// # Errors
/// When the project cannot be listed. What is wrong with the files themselves is told by whoever reads them.
pub(super) fn promotions<'a>(
    project: &Project,
    environments: impl Iterator<Item = &'a str>,
) -> Result<Diagnostics, Failure> {
    let known = project.environments()?;
    let mut shelf = Shelf::new(project);
    let mut found = Diagnostics::new();
    let mut looked: BTreeSet<String> = BTreeSet::new();
    for first in environments {
        let mut way: Vec<EnvironmentName> = Vec::new();
        let mut next = Some(first.to_owned());
        while let Some(name) = next.take() {
            let Ok(file) = shelf.environment(&name) else { break };
            let environment = file.environment();
            if let Some(at) = way.iter().position(|seen| seen == environment.name()) {
                found.extend(way.get(at..).and_then(|around| circle(&mut shelf, around)));
                break;
            }
            // The rest of the way was walked before.
            if !looked.insert(name) {
                break;
            }
            way.push(environment.name().clone());
            let Some(from) = environment.promotes_from() else { break };
            if known.iter().any(|known| known == from.as_str()) {
                next = Some(from.to_string());
            } else {
                found.extend(unknown_promotion(file, known.iter().map(String::as_str)));
            }
        }
    }
    Ok(found)
}

/// Environments that promote from each other, at the line of the first by name.
fn circle(shelf: &mut Shelf<'_>, around: &[EnvironmentName]) -> Option<Diagnostic> {
    let first = around.iter().min()?;
    let at = around.iter().position(|name| name == first)?;
    let (before, after) = around.split_at_checked(at)?;
    let names: Vec<&str> = after.iter().chain(before).chain([first]).map(EnvironmentName::as_str).collect();
    let place = shelf.environment(first.as_str()).ok()?.place("promotes_from").cloned();
    Some(circular(&names.join(", which comes from ")).at_maybe(place, ""))
}

/// That environments are promoted from each other in a circle.
pub(super) fn circular(names: &str) -> Diagnostic {
    let title = format!("environments are promoted from each other in a circle: {names}");
    Diagnostic::error(Code::PromotionCircle, title).help("take `promotes_from` out of the one that comes first")
}

/// That an environment takes releases from one that is not there.
pub(super) fn unknown_promotion<'a>(
    file: &EnvironmentFile,
    known: impl Iterator<Item = &'a str> + Clone,
) -> Option<Diagnostic> {
    let from = file.environment().promotes_from()?;
    if known.clone().any(|name| name == from.as_str()) {
        return None;
    }
    let told = Diagnostic::error(Code::UnknownReference, format!("there is no environment `{from}`"))
        .at_maybe(file.place("promotes_from").cloned(), "");
    Some(match closest(from.as_str(), known) {
        Some(close) => told.help(format!("did you mean `{close}`?")),
        None => told.help(format!("write `environments/{from}.yaml`, or take `promotes_from` out")),
    })
}
