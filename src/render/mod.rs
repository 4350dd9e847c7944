//! Sized pipeline to CloudFormation template, through the Handlebars files of `templates/`.
//!
//! Every stage becomes a typed, fully decided view; a template only places the view's values; the text it
//! gives is parsed, merged with the others and settled (content-hashed names). No I/O, no clock: the same
//! pipeline, templates and assets give the same bytes.

mod alarm;
mod archive;
mod assets;
mod check;
mod consumer;
mod dashboard;
mod draft;
mod endpoint;
mod escape;
mod identity;
mod image;
mod notifications;
mod pending;
mod scene;
mod slots;
mod sources;
mod stream;
mod table;
mod tags;
#[cfg(test)]
mod tests;

pub use assets::{Assets, target_model};
pub use sources::{TemplateName, TemplateSources};

use std::collections::BTreeMap;

use crate::capacity::Sized;
use crate::diagnostic::Diagnostics;
use crate::environment::Tier;
use crate::pipeline::{Origins, StageKind};
use crate::template::Template;
use draft::Draft;
use scene::Scene;

/// A rendered stack: everything that a deployment sends.
#[derive(Clone, Debug, PartialEq)]
pub struct Rendered {
    /// The stack's name.
    pub stack_name: String,
    /// The template.
    pub template: Template,
    /// Tags of the stack, which CloudFormation puts on every resource that takes tags. They never change from
    /// release to release: the tags of a fan-out consumer are create-only.
    pub tags: BTreeMap<String, String>,
    /// Which line of the pipeline file each resource comes from.
    pub origins: Origins,
    /// Whether the stack must not be deleted without `--unprotect`.
    pub termination_protection: bool,
    /// Names of the composite alarms that may roll a deployment back, at most five (CloudFormation's bound).
    pub rollback_alarms: Vec<String>,
    /// What somebody should look at although it was rendered.
    pub warnings: Diagnostics,
}

/// Renders a sized pipeline.
///
/// # Errors
/// Every diagnostic that was found: templates that cannot be placed, a built-in image that does not exist in
/// the region, an escape hatch that names nothing, a result that the resource schemas refuse.
pub fn render(sized: &Sized, sources: &TemplateSources, assets: &Assets) -> Result<Rendered, Diagnostics> {
    let scene = Scene::new(sized, assets);
    let pipeline = sized.pipeline();
    pending::refuse(pipeline)?;
    let mut draft = Draft::new(pipeline, sources);
    let alarms = alarm::all(&scene);

    draft.place(TemplateName::Notifications, Ok(notifications::fragment(&scene)));
    for stage in pipeline.streams().values() {
        draft.place(TemplateName::Stream, Ok(stream::fragment(&scene, stage)));
    }
    for stage in pipeline.tables().values() {
        draft.place(TemplateName::Table, Ok(table::fragment(&scene, stage)));
    }
    for stage in pipeline.endpoints().values() {
        draft.place(TemplateName::Endpoint, endpoint::fragment(&scene, stage, &alarms));
    }
    for stage in pipeline.consumers().values() {
        draft.place(TemplateName::Consumer, consumer::fragment(&scene, stage));
    }
    for stage in pipeline.archives().values() {
        draft.place(TemplateName::Archive, Ok(archive::fragment(&scene, stage)));
    }
    if !alarms.is_empty() {
        draft.place(TemplateName::Alarms, Ok(alarm::fragment(&scene, &alarms)));
    }
    draft.place(TemplateName::Dashboard, Ok(dashboard::fragment(&scene)));

    let (mut template, mut origins) = draft.finish(|template, origins| escape::apply(pipeline, template, origins))?;
    identity::settle(pipeline, &mut template, &mut origins);
    let tags = tags::tags(pipeline)?;
    let warnings = check::check(&template, &origins)?;

    Ok(Rendered {
        stack_name: pipeline.stack_name(),
        tags,
        template,
        origins,
        termination_protection: pipeline.environment().tier() == Tier::Production,
        rollback_alarms: StageKind::ALL
            .into_iter()
            .filter(|kind| alarm::rollback_members(&alarms, *kind).next().is_some())
            .map(|kind| pipeline.rollback_alarm_name(kind))
            .collect(),
        warnings,
    })
}
