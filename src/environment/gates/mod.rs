//! `gates`: what a promotion to an environment must pass, as it is written and as it is meant.

mod file;
mod model;
mod read;

pub use file::GatesSpec;
pub use model::{
    Approval, Bound, CommandGate, Day, Freeze, Gates, Measured, MetricGate, MetricOf, Opening, Overridable,
    ReadinessLevel, Window,
};
pub(super) use read::{gates, wrong};
