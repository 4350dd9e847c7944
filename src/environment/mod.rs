//! Environment files: where a pipeline runs, how strict the rules are, and what differs there.

mod model;

pub use model::{Environment, Notify, Target, Tier};
