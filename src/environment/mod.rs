//! Environment files: where a pipeline runs, how strict the rules are, and what differs there.

mod file;
#[cfg(test)]
mod fixture;
mod gates;
mod model;
mod read;

pub use file::{EnvironmentSpec, Overlay};
pub use gates::{
    Approval, Bound, CommandGate, Day, Freeze, Gates, Measured, MetricGate, MetricOf, Opening, Overridable,
    ReadinessLevel, Window,
};
pub use model::{Environment, FoundationWish, Jobs, Network, Notify, Takers, Target, Tier};
pub use read::{EnvironmentFile, read, read_tree};

/// The schema of environment files, for editors: `schemas/environment.schema.json`.
#[must_use]
pub fn json_schema() -> serde_json::Value {
    crate::spec::document::<EnvironmentSpec>("Sluice environment file")
}

#[cfg(test)]
mod tests;
