//! What is meant: pipeline file and environment resolved into one typed whole, with physical names,
//! logical ids and the place of every value.

mod alarms;
mod edges;
mod facts;
#[cfg(test)]
pub(crate) mod fixture;
mod model;
pub mod names;
mod origin;
mod places;
mod resolve;
mod rollback;
mod stage;

pub use edges::{Edge, EdgeKind, End, edges};
pub use facts::{FolderFacts, Neighbour, PathFact};
pub use model::*;
pub use origin::{Escape, Origin, Origins};
pub use places::{Places, SetAt};
pub use resolve::{collisions, resolve};
pub use rollback::RollbackGroup;
pub use stage::{AlarmId, MetricUnit, StageKind, StageRef};
