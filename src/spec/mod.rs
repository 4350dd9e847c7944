//! The pipeline file: its tree, its types, its reader, its JSON Schema.
//!
//! One declaration per record or choice (`file.rs`) gives the Rust type, the decoder, the shape by which
//! overlays merge, and the JSON Schema; they cannot drift apart. Reading collects every error it can. What a
//! file *means* (defaults, references, AWS's bounds between fields) is the business of `pipeline`.

mod declare;
mod decode;
mod file;
mod leaf;
mod merge;
mod read;
mod schema;
mod tree;
mod undecided;
mod yaml;

pub(crate) use declare::{choice, record};
pub use decode::{Decode, Fields, Reader, Shape};
pub use file::{
    AlarmChoice, AllTuning, ArchiveSpec, BatchSpec, BufferSpec, CanarySpec, CapacityChoice, CloudFormationSpec,
    CompressChoice, ConsumerSpec, EndpointSpec, FailureSpec, FailureToChoice, FormatChoice, ImageBuiltinSpec,
    ImageChoice, InstancesSpec, KeepSpec, KeySpec, LatencyClassChoice, LatencySpec, ModelChoice, MultiModelSpec,
    NoTtlSpec, PipelineFile, ProvisionedSpec, ReadChoice, RealTimeSpec, RolloutChoice, ServiceTimeSpec, ServingChoice,
    ShardMetricsChoice, SilenceSpec, SingleModelSpec, StartChoice, StreamSpec, TableCapacityChoice, TableSpec,
    TableUnitsSpec, ThenChoice, TrafficSpec, TtlSpec, WorkSpec,
};
pub use leaf::{
    Between, Days, FormatVersion, Hours, Instance, Json, Mib, Positive, Raw, Seconds, Share, StreamSource, TagKey,
    TagText, Text, VariableName, Whole,
};
pub use merge::merge;
pub use read::{Merged, Reference, ReferenceKind, SpecFile, handler_files, read, referenced_paths, too_large};
pub use schema::{Definitions, document, json_schema};
pub use tree::{Entry, Node, Value};
pub use undecided::{PLACEHOLDER, refused};
pub use yaml::{MAX_BYTES, parse, parse_tagged, text_of};

#[cfg(test)]
mod tests;
