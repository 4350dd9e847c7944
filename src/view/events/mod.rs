//! Events as they come: plain lines for logs, JSON lines for programs, a live tree for terminals, and the last
//! screen with the outputs or the root cause.

mod ending;
mod frame;
mod jsonl;
mod kept;
mod plain;
mod step;
mod story;
mod tree;

pub use ending::ending;
pub use jsonl::JsonLines;
pub use plain::PlainLines;
pub use story::{Failure, Finish, Kept, Story};
pub use tree::LiveTree;

pub(crate) use plain::doing;

use crate::observed::StackEvent;

/// What is known before the first event: which stack, and which resources of which stages will be touched.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Scene {
    /// The stack's name.
    pub stack: String,
    /// Whether all of this happens in the embedded cloud.
    pub embedded: bool,
    /// The resources that the operation will touch, in the order in which they are shown.
    pub resources: Vec<SceneResource>,
}

/// A resource before its first event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SceneResource {
    /// Its logical id.
    pub logical_id: String,
    /// `AWS::…::…`.
    pub type_name: String,
    /// The stage it belongs to, for instance `consumer score`.
    pub stage: String,
}

impl Scene {
    /// The stage that a resource belongs to.
    #[must_use]
    pub fn stage_of(&self, logical_id: &str) -> Option<&str> {
        self.resources.iter().find(|resource| resource.logical_id == logical_id).map(|resource| resource.stage.as_str())
    }
}

/// Whether a resource failed by itself.
pub(crate) fn is_failure(event: &StackEvent) -> bool {
    step::read(&event.status, event.reason.as_deref()).0 == step::State::Failed
}

/// Whether nothing more is going on with a resource for now.
pub(crate) fn is_step_done(event: &StackEvent) -> bool {
    step::read(&event.status, event.reason.as_deref()).0.is_over()
}

#[cfg(test)]
pub(crate) mod fixtures;
