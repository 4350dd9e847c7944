//! What is meant: pipeline file and environment resolved into one typed whole, with physical names,
//! logical ids and the place of every value.

mod facts;
#[cfg(test)]
pub(crate) mod fixture;
mod model;
pub mod names;
mod origin;
mod places;
mod resolve;
mod stage;

pub use facts::{FolderFacts, PathFact};
pub use model::{
    AfterStandard, AlarmTuning, Archive, Batch, Compression, Consumer, Endpoint, EndpointRollout, EscapeHatch, Failure,
    FailureDestination, Image, KeySpread, LatencyClass, LatencyTarget, Model, Pipeline, ReadMode, ServiceTime, Serving,
    ShardMetrics, StartPosition, Stream, StreamCapacity, Table, TableCapacity, Traffic, Ttl, Work,
};
pub use origin::{Escape, Origin, Origins};
pub use places::{Places, SetAt};
pub use resolve::{collisions, resolve};
pub use stage::{AlarmId, MetricUnit, StageKind, StageRef};
