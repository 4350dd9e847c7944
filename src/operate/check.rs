//! `sluice check`: every problem of every selected pipeline in every selected environment, in one run.

use std::collections::BTreeSet;

use super::failure::Failure;
use super::load::Shelf;
use super::prepare::prepare;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::pipeline;
use crate::units::{Region, Timestamp};

/// What a check found.
#[derive(Clone, Debug, Default)]
pub struct Checked {
    /// Everything found, each problem once even where it concerns several environments.
    pub diagnostics: Diagnostics,
    /// The pairs of pipeline and environment that were looked at.
    pub looked_at: Vec<(String, String)>,
}

/// Checks pipelines in environments, up to the rendered template, as of a moment.
///
/// # Errors
/// Only when the project itself cannot be read; what is wrong with its files is the result.
pub fn check(
    shelf: &mut Shelf<'_>,
    pairs: &[(String, String)],
    region: Option<&Region>,
    now: Timestamp,
) -> Result<Checked, Failure> {
    let mut checked = Checked { looked_at: pairs.to_vec(), ..Checked::default() };
    let mut seen = BTreeSet::new();
    let mut found = Diagnostics::new();
    let mut resolved = Vec::new();
    for (pipeline, environment) in pairs {
        match prepare(shelf, pipeline, environment, region) {
            Ok(prepared) => {
                found.extend(prepared.warnings);
                found.extend(prepared.sized.pipeline().lapsed_silences(now));
                resolved.push(prepared.sized.pipeline().clone());
            }
            Err(failure) => found.extend(failure.diagnostics),
        }
    }
    found.extend(pipeline::collisions(&resolved));
    checked.diagnostics.extend(found.into_iter().filter(|diagnostic| seen.insert(identity(diagnostic))));
    Ok(checked)
}

/// What makes two findings the same: code, words and place.
fn identity(diagnostic: &Diagnostic) -> String {
    diagnostic.to_string()
}
