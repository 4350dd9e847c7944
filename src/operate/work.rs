//! What the handlers of a project were measured to cost and to which queues they send, for whoever models the load
//! on them.

use std::collections::{BTreeMap, BTreeSet};

use super::failure::Failure;
use super::load::Shelf;
use crate::pipeline::{Function, Pipeline, Work};
use crate::units::Region;

/// What is known of handlers, and the pipelines that could not be asked.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Measured {
    /// By the function's physical name.
    pub work: BTreeMap<String, Work>,
    /// Queues to which a handler sends, itself or through a topic; both by physical name.
    pub sends: BTreeMap<String, BTreeSet<String>>,
    /// Pipelines that do not pass their check.
    pub unread: Vec<String>,
}

/// Collects the measured work of every consumer and worker of every pipeline in an environment.
///
/// # Errors
/// When the project cannot be listed.
pub fn measured_work(shelf: &mut Shelf<'_>, environment: &str, region: Option<&Region>) -> Result<Measured, Failure> {
    let mut measured = Measured::default();
    for name in shelf.project().pipelines()? {
        let Ok(resolved) = shelf.resolve(&name, environment, region) else {
            measured.unread.push(name);
            continue;
        };
        let pipeline = &resolved.pipeline;
        for (stage, function) in pipeline.functions() {
            let name = pipeline.physical_name(&stage.name);
            let queues = queues_of(pipeline, function);
            if !queues.is_empty() {
                measured.sends.insert(name.clone(), queues);
            }
            if let Some(work) = &function.work {
                measured.work.insert(name, work.clone());
            }
        }
    }
    Ok(measured)
}

fn queues_of(pipeline: &Pipeline, function: &Function) -> BTreeSet<String> {
    let topics = function.sends.topics.iter().filter_map(|topic| pipeline.topics().get(topic));
    let queues = function.sends.queues.iter().chain(topics.flat_map(|topic| &topic.queues));
    queues.map(|queue| pipeline.physical_name(queue)).collect()
}
