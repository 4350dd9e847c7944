//! The pipeline file: its tree, its types, its reader, its JSON Schema.
//!
//! One declaration per record or choice (`file/`) gives the Rust type, the decoder, the shape by which
//! overlays merge, and the JSON Schema; they cannot drift apart. Reading collects every error it can. What a
//! file *means* (defaults, references, AWS's bounds between fields) is the business of `pipeline`.

mod declare;
mod decode;
mod differ;
mod edit;
mod file;
mod leaf;
mod limit;
mod merge;
mod read;
mod reference;
mod schema;
mod source;
mod tree;
mod undecided;
mod yaml;

pub(crate) use declare::{choice, record};
pub use decode::{Decode, FieldShape, Fields, Reader, Reading, Record, Shape};
pub use differ::{Difference, differences};
pub use edit::{EditError, set};
pub use file::*;
pub(crate) use leaf::checked_texts;
pub use leaf::{
    AlarmPath, Between, ColumnName, Days, Decimal, DimensionText, Email, FormatVersion, Gib, GlueTypeText, Hours,
    Instance, Json, KmsArn, LayerArn, MetricText, Mib, Minutes, Namespace, PercentFrom, Positive, Raw, RecordField,
    RuleCode, Seconds, Share, StagePath, StreamSource, TagKey, TagText, Text, VariableName, Whole, kebab,
};
pub use merge::merge;
pub use read::{
    Merged, Reference, ReferenceKind, SpecFile, handler_files, in_folder, read, read_partly, read_pipelines,
    referenced_paths, too_large,
};
pub use reference::reference;
pub use schema::{Definitions, Properties, document, json_schema};
pub use source::Source;
pub use tree::{Entry, Node, Value};
pub use undecided::{PLACEHOLDER, refused};
pub use yaml::{MAX_BYTES, parse, parse_tagged, text_of};

#[cfg(test)]
mod tests;
