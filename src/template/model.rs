//! A template as data. Property values are JSON with long-form intrinsics (`{"Ref": …}`,
//! `{"Fn::GetAtt": [id, attribute]}`, `{"Fn::Sub": …}`, `{"Fn::Join": …}`).

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use crate::units::LogicalId;

/// A CloudFormation template of the shape that Sluice writes and reads: no mappings, no transforms.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Template {
    /// `Description`; at most 1,024 bytes.
    pub description: Option<String>,
    /// `Metadata`.
    pub metadata: Map<String, Value>,
    /// `Parameters`, as written.
    pub parameters: BTreeMap<String, Value>,
    /// `Conditions`, as written.
    pub conditions: BTreeMap<String, Value>,
    /// `Resources`; at most 500.
    pub resources: BTreeMap<LogicalId, Resource>,
    /// `Outputs`; at most 200.
    pub outputs: BTreeMap<LogicalId, Output>,
}

/// One resource.
#[derive(Clone, Debug, PartialEq)]
pub struct Resource {
    /// For instance `AWS::Kinesis::Stream`.
    pub type_name: String,
    /// Properties with intrinsics unresolved.
    pub properties: Map<String, Value>,
    /// Explicit dependencies, sorted.
    pub depends_on: Vec<LogicalId>,
    /// What happens on removal.
    pub deletion_policy: Option<DeletionPolicy>,
    /// What happens to the old one on replacement (`Delete` or `Retain`).
    pub update_replace_policy: Option<DeletionPolicy>,
    /// Condition name.
    pub condition: Option<String>,
    /// `Metadata`.
    pub metadata: Map<String, Value>,
    /// `UpdatePolicy`, as written.
    pub update_policy: Option<Value>,
}

/// What CloudFormation does with a resource that leaves the stack.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
pub enum DeletionPolicy {
    /// Delete it.
    Delete,
    /// Leave it.
    Retain,
    /// Leave it, except when the operation that created it rolls back.
    RetainExceptOnCreate,
}

/// One output.
#[derive(Clone, Debug, PartialEq)]
pub struct Output {
    /// The value, intrinsics unresolved.
    pub value: Value,
    /// What it is.
    pub description: Option<String>,
}
