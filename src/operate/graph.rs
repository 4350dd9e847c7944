//! `sluice graph`: a pipeline resolved and sized, for whoever draws it.

use super::failure::Failure;
use super::load::{Resolved, Shelf};
use crate::capacity::{self, Sized};
use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::environment::Tier;
use crate::units::Region;

/// What is to be drawn.
#[derive(Clone, Debug)]
pub struct Shape {
    /// With every sizing decided.
    pub sized: Sized,
    /// Warnings, never errors.
    pub warnings: Diagnostics,
}

/// Resolves and sizes a pipeline, in the strictest environment of the project where none is named: what a picture
/// should show is the system that is meant, not a reduced one.
///
/// # Errors
/// What is wrong with the files.
pub fn shape(
    shelf: &mut Shelf<'_>,
    pipeline: &str,
    environment: Option<&str>,
    region: Option<&Region>,
) -> Result<Shape, Failure> {
    let environment = match environment {
        Some(environment) => environment.to_owned(),
        None => strictest(shelf)?,
    };
    let Resolved { pipeline, warnings } = shelf.resolve(pipeline, &environment, region)?;
    Ok(Shape { sized: capacity::size(pipeline), warnings })
}

/// The first environment by name among those of the strictest tier.
fn strictest(shelf: &mut Shelf<'_>) -> Result<String, Failure> {
    let mut best: Option<(u8, String)> = None;
    for name in shelf.project().environments()? {
        let rank = match shelf.environment(&name)?.environment().tier() {
            Tier::Production => 0,
            Tier::Staging => 1,
            Tier::Development => 2,
        };
        if best.as_ref().is_none_or(|(before, _)| rank < *before) {
            best = Some((rank, name));
        }
    }
    best.map(|(_, name)| name)
        .ok_or_else(|| Diagnostic::error(Code::Ambiguous, "this project has no environment yet").into())
}
