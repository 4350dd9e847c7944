//! What the handlers of a project were measured to cost, for whoever models the load on them.

use std::collections::{BTreeMap, BTreeSet};

use super::failure::Failure;
use super::load::Shelf;
use crate::pipeline::Work;
use crate::units::Region;

/// Measured work, and the pipelines that could not be asked.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Measured {
    /// By the function's physical name.
    pub work: BTreeMap<String, Work>,
    /// Queues to which a handler sends, both by physical name.
    pub sends: BTreeMap<String, BTreeSet<String>>,
    /// Pipelines that do not pass their check.
    pub unread: Vec<String>,
}

/// Collects the measured work of every consumer of every pipeline in an environment.
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
        let consumers = pipeline.consumers().iter().map(|(name, consumer)| (name, &consumer.function));
        let workers = pipeline.workers().iter().map(|(name, worker)| (name, &worker.function));
        for (name, function) in consumers.chain(workers) {
            if let Some(work) = &function.work {
                measured.work.insert(pipeline.physical_name(name), work.clone());
            }
        }
    }
    Ok(measured)
}
