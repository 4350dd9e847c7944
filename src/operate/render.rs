//! `sluice render`: templates of many pipelines and environments, on every processor.

use std::sync::Arc;

use super::failure::Failure;
use super::load::Shelf;
use super::prepare::prepare;
use super::share::{shares, side_by_side};
use crate::diagnostic::Diagnostics;
use crate::units::Region;
use crate::workspace::Project;

/// The language of a rendered template.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TemplateForm {
    /// YAML.
    Yaml,
    /// JSON.
    Json,
}

/// A rendered template.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RenderedFile {
    /// `<pipeline>.<environment>`.
    pub stem: String,
    /// The template.
    pub text: String,
}

/// Renders every pair of pipeline and environment and hands each to `keep` as soon as it is there, in no
/// particular order; `keep` may be called from several threads.
///
/// # Errors
/// Everything that is wrong with any of them.
pub fn render_all(
    project: &Project,
    pairs: &[(String, String)],
    region: Option<&Region>,
    form: TemplateForm,
    keep: &(dyn Fn(RenderedFile) -> Result<(), Failure> + Sync),
) -> Result<Diagnostics, Failure> {
    let templates = Shelf::new(project).templates()?;
    let outcomes = side_by_side(shares(pairs), |chunk| {
        render_share(Shelf::sibling(project, Arc::clone(&templates)), chunk, region, form, keep)
    });
    let mut found = Diagnostics::new();
    let mut failed = false;
    for outcome in outcomes {
        match outcome {
            Ok(warnings) => found.extend(warnings),
            Err(failure) => {
                failed = true;
                found.extend(failure.diagnostics);
            }
        }
    }
    if failed { Err(found.into()) } else { Ok(found) }
}

fn render_share(
    mut shelf: Shelf<'_>,
    pairs: &[(String, String)],
    region: Option<&Region>,
    form: TemplateForm,
    keep: &(dyn Fn(RenderedFile) -> Result<(), Failure> + Sync),
) -> Result<Diagnostics, Failure> {
    let mut found = Diagnostics::new();
    let mut last: Option<&str> = None;
    for (pipeline, environment) in pairs {
        if last.is_some_and(|last| last != pipeline) {
            // Pairs come pipeline by pipeline: what is read of one is of no use to the next.
            shelf.forget_specs();
        }
        last = Some(pipeline);
        match prepare(&mut shelf, pipeline, environment, region) {
            Ok(prepared) => {
                found.extend(prepared.warnings);
                let text = match form {
                    TemplateForm::Yaml => prepared.rendered.template.to_canonical_yaml(),
                    TemplateForm::Json => prepared.rendered.template.to_canonical_json(),
                };
                keep(RenderedFile { stem: format!("{pipeline}.{environment}"), text })?;
            }
            Err(failure) => found.extend(failure.diagnostics),
        }
    }
    found.into_result(()).map(|((), warnings)| warnings).map_err(Failure::from)
}
