//! The view of a DynamoDB table.

use serde::Serialize;

use super::scene::{Fragment, Protection, Scene};
use crate::pipeline::{StageKind, StageRef, Table, TableCapacity, Ttl, names};
use crate::units::{LogicalId, StageName};

#[derive(Serialize)]
struct View<'a> {
    id: LogicalId,
    name: String,
    attributes: Vec<Named<'a>>,
    keys: Vec<Named<'a>>,
    billing_mode: &'static str,
    provisioned: Option<Units>,
    ttl_attribute: Option<&'a str>,
    point_in_time_recovery: bool,
    protection: Protection,
    outputs: Outputs<LogicalId>,
    descriptions: Outputs<String>,
}

#[derive(Serialize)]
struct Named<'a> {
    name: &'a str,
    r#type: &'static str,
}

#[derive(Serialize)]
struct Units {
    read: u32,
    write: u32,
}

#[derive(Serialize)]
struct Outputs<T> {
    name: T,
}

/// The logical id of a table.
pub(super) fn id(table: &StageName) -> LogicalId {
    names::logical_id(&StageRef::new(StageKind::Table, table), "")
}

pub(super) fn fragment(scene: &Scene<'_>, table: &Table) -> Fragment {
    let stage = StageRef::new(StageKind::Table, &table.name);
    let mut attributes = vec![Named { name: &table.key, r#type: "S" }];
    let mut keys = vec![Named { name: &table.key, r#type: "HASH" }];
    if let Some(sort) = &table.sort {
        attributes.push(Named { name: sort, r#type: "S" });
        keys.push(Named { name: sort, r#type: "RANGE" });
    }
    let (billing_mode, provisioned) = match table.capacity {
        TableCapacity::OnDemand => ("PAY_PER_REQUEST", None),
        TableCapacity::Provisioned { read, write } => ("PROVISIONED", Some(Units { read, write })),
        TableCapacity::Autoscaled { read, write, .. } => {
            ("PROVISIONED", Some(Units { read: read.min, write: write.min }))
        }
    };
    let view = View {
        id: id(&table.name),
        name: scene.pipeline.physical_name(&table.name),
        attributes,
        keys,
        billing_mode,
        provisioned,
        ttl_attribute: match &table.ttl {
            Ttl::Expires { attribute, .. } => Some(attribute),
            Ttl::Never { .. } => None,
        },
        point_in_time_recovery: table.point_in_time_recovery,
        protection: scene.protection(),
        outputs: Outputs { name: names::logical_id(&stage, "Name") },
        descriptions: Outputs { name: format!("Name of table {}", table.name) },
    };
    Fragment::of(scene.pipeline, &stage, &view, &[])
}
