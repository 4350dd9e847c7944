//! CloudFormation as data: resources, references, canonical form, schema facts, limits.
//!
//! Knows the template language and the published resource schemas; knows nothing of pipelines and
//! talks to nobody.

pub mod access;
mod canonical;
mod check;
mod graph;
mod intrinsic;
pub mod limits;
pub mod model;
mod parse;
mod path;
pub mod schema;
mod yaml;

pub use check::{Rule, Violation, check};
pub use graph::Cycle;
pub use intrinsic::{Reference, ReferenceKind, is_intrinsic, pseudo_parameter, references_in, substitutions};
pub use model::{DeletionPolicy, Output, Resource, Template};
pub use parse::{Format, Problem, TemplateError};
pub use path::{PropertyPath, Step};
pub use schema::Recreation;
pub use yaml::text_scalar as yaml_scalar;
