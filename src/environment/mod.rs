//! Environment files: where a pipeline runs, how strict the rules are, and what differs there.

#[cfg(test)]
mod fixture;
mod model;

pub use model::{Environment, Notify, Target, Tier};
