//! Sized pipeline to CloudFormation template, through the Handlebars files of `templates/`.
//!
//! Every stage becomes a typed, fully decided view; a template only places the view's values; the text it
//! gives is parsed, merged with the others and settled (content-hashed names). No I/O, no clock: the same
//! pipeline, templates and assets give the same bytes.

mod access;
mod administration;
mod alarm;
mod archive;
mod assets;
mod boundary;
mod bucket;
mod budget;
mod catalog;
mod check;
mod consumer;
mod dashboard;
mod draft;
mod endpoint;
mod escape;
mod function;
mod identity;
mod image;
mod key;
mod notifications;
mod producer;
mod queue;
mod scene;
mod slots;
mod sources;
mod stream;
mod suppress;
mod table;
mod tags;
#[cfg(test)]
mod tests;
mod topic;
mod worker;

pub use administration::KEY_ADMINISTRATION;
pub use assets::{Assets, target_model};
pub use endpoint::production_variants;
pub use producer::{Producer, producers};
pub use sources::{TemplateName, TemplateSources};
pub use suppress::answer_findings;
pub use tags::PIPELINE as PIPELINE_TAG;

use std::collections::BTreeMap;

use crate::capacity::Sized;
use crate::diagnostic::Diagnostics;
use crate::environment::Tier;
use crate::pipeline::{Origins, RollbackGroup};
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
    let mut draft = Draft::new(pipeline, sources);
    let alarms = alarm::all(&scene);

    draft.place(TemplateName::Notifications, Ok(notifications::fragment(&scene)));
    place_kept(&scene, &mut draft);
    for stage in pipeline.endpoints().values() {
        draft.place(TemplateName::Endpoint, endpoint::fragment(&scene, stage, &alarms));
    }
    for stage in pipeline.consumers().values() {
        draft.place(TemplateName::Function, function::fragment(&scene, consumer::invoked(&scene, stage)));
        draft.place(TemplateName::Consumer, Ok(consumer::fragment(&scene, stage)));
    }
    for stage in pipeline.workers().values() {
        draft.place(TemplateName::Function, function::fragment(&scene, worker::invoked(&scene, stage)));
        draft.place(TemplateName::Worker, Ok(worker::fragment(&scene, stage)));
    }
    place_archives(&scene, &mut draft);
    if let Some(budget) = pipeline.budget() {
        draft.place(TemplateName::Budget, Ok(budget::fragment(&scene, budget)));
    }
    if !alarms.is_empty() {
        draft.place(TemplateName::Alarms, Ok(alarm::fragment(&scene, &alarms)));
    }
    draft.place(TemplateName::Dashboard, Ok(dashboard::fragment(&scene)));

    let (mut template, mut origins) = draft.finish(|template, origins| escape::apply(pipeline, template, origins))?;
    boundary::settle(pipeline, &mut template);
    identity::settle(pipeline, &mut template, &mut origins);
    suppress::annotate(pipeline, &mut template);
    let tags = tags::tags(pipeline)?;
    let warnings = check::check(&template, &origins, pipeline)?;

    Ok(Rendered {
        stack_name: pipeline.stack_name(),
        tags,
        template,
        origins,
        termination_protection: pipeline.environment().tier() == Tier::Production,
        rollback_alarms: RollbackGroup::ALL
            .into_iter()
            .filter(|group| alarm::rollback_members(&alarms, *group).next().is_some())
            .map(|group| pipeline.rollback_alarm_name(group))
            .collect(),
        warnings,
    })
}

/// Keys, and what keeps or carries records and messages.
fn place_kept(scene: &Scene<'_>, draft: &mut Draft<'_>) {
    let pipeline = scene.pipeline;
    for stage in pipeline.keys().values() {
        draft.place(TemplateName::Key, Ok(key::fragment(scene, stage)));
    }
    for stage in pipeline.streams().values() {
        draft.place(TemplateName::Stream, Ok(stream::fragment(scene, stage)));
    }
    for stage in producer::entry_streams(pipeline) {
        draft.place(TemplateName::Producer, Ok(producer::fragment(scene, stage)));
    }
    for stage in pipeline.tables().values() {
        draft.place(TemplateName::Table, Ok(table::fragment(scene, stage)));
    }
    for stage in pipeline.queues().values() {
        draft.place(TemplateName::Queue, Ok(queue::fragment(scene, stage)));
    }
    for stage in pipeline.topics().values() {
        draft.place(TemplateName::Topic, Ok(topic::fragment(scene, stage)));
    }
    for stage in pipeline.buckets().values() {
        draft.place(TemplateName::Bucket, Ok(bucket::fragment(scene, stage)));
    }
}

/// Archives, each with its bucket, and the one database of their tables.
fn place_archives(scene: &Scene<'_>, draft: &mut Draft<'_>) {
    for stage in scene.pipeline.archives().values() {
        draft.place(TemplateName::Bucket, Ok(bucket::of_archive(scene, stage)));
        draft.place(TemplateName::Archive, Ok(archive::fragment(scene, stage)));
    }
    if let Some(database) = catalog::database(scene) {
        draft.place(TemplateName::Catalog, Ok(database));
    }
}
