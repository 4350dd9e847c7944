//! CloudFormation as data: resources, references, canonical form, schema facts, limits.
//!
//! Knows the template language and the published resource schemas; knows nothing of pipelines and
//! talks to nobody.

pub mod model;

pub use model::{DeletionPolicy, Output, Resource, Template};
