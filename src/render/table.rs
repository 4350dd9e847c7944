//! The view of a DynamoDB table.

use serde::Serialize;
use serde_json::Value;

use super::access::key_arn;
use super::scene::{Fragment, Protection, Scene, number};
use crate::pipeline::{Projection, StageKind, StageRef, Table, TableCapacity, Ttl, UnitRange, names};
use crate::units::{LocalName, LogicalId, Percent, StageName};

#[derive(Serialize)]
struct View<'a> {
    id: LogicalId,
    name: String,
    attributes: Vec<Named<'a>>,
    keys: Vec<Named<'a>>,
    billing_mode: &'static str,
    provisioned: Option<Units>,
    indexes: Vec<IndexView<'a>>,
    ttl_attribute: Option<&'a str>,
    point_in_time_recovery: bool,
    key: Option<Value>,
    scaling: Vec<Scaling>,
    protection: Protection,
    outputs: Outputs<LogicalId>,
    descriptions: Outputs<String>,
}

#[derive(Serialize)]
struct Named<'a> {
    name: &'a str,
    r#type: &'static str,
}

#[derive(Clone, Copy, Serialize)]
struct Units {
    read: u32,
    write: u32,
}

#[derive(Serialize)]
struct IndexView<'a> {
    name: &'a str,
    keys: Vec<Named<'a>>,
    projection: &'static str,
    provisioned: Option<Units>,
}

/// One dimension that follows its load: reads or writes, of the table or of an index.
#[derive(Serialize)]
struct Scaling {
    target_id: LogicalId,
    policy_id: LogicalId,
    table_id: LogicalId,
    policy_name: String,
    dimension: &'static str,
    resource_id: String,
    metric: &'static str,
    min: u32,
    max: u32,
    target_percent: Value,
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
    let (billing_mode, provisioned) = match table.capacity {
        TableCapacity::OnDemand => ("PAY_PER_REQUEST", None),
        TableCapacity::Provisioned { read, write } => ("PROVISIONED", Some(Units { read, write })),
        // Where it begins; from there on it follows its load.
        TableCapacity::Autoscaled { read, write, .. } => {
            ("PROVISIONED", Some(Units { read: read.min, write: write.min }))
        }
    };
    let indexes = table.indexes.iter().map(|(name, index)| IndexView {
        name: name.as_str(),
        keys: key_schema(&index.key, index.sort.as_deref()),
        projection: match index.project {
            Projection::All => "ALL",
            Projection::KeysOnly => "KEYS_ONLY",
        },
        provisioned,
    });
    let view = View {
        id: id(&table.name),
        name: scene.pipeline.physical_name(&table.name),
        attributes: attributes(table),
        keys: key_schema(&table.key, table.sort.as_deref()),
        billing_mode,
        provisioned,
        indexes: indexes.collect(),
        ttl_attribute: match &table.ttl {
            Ttl::Expires { attribute, .. } => Some(attribute),
            Ttl::Never { .. } => None,
        },
        point_in_time_recovery: table.point_in_time_recovery,
        key: key_arn(&table.encryption),
        scaling: scaling(scene, table),
        protection: scene.protection(),
        outputs: Outputs { name: names::logical_id(&stage, "Name") },
        descriptions: Outputs { name: format!("Name of table {}", table.name) },
    };
    let scaled = view.scaling.iter().flat_map(|scaling| [&scaling.target_id, &scaling.policy_id]);
    let narrower: Vec<(&LogicalId, &str)> = scaled.map(|id| (id, "capacity")).collect();
    Fragment::of(scene.pipeline, &stage, &view, &narrower)
}

fn key_schema<'a>(key: &'a str, sort: Option<&'a str>) -> Vec<Named<'a>> {
    let sort = sort.map(|name| Named { name, r#type: "RANGE" });
    [Named { name: key, r#type: "HASH" }].into_iter().chain(sort).collect()
}

/// Every attribute that is a key of the table or of an index, each once: DynamoDB refuses one that is neither.
fn attributes(table: &Table) -> Vec<Named<'_>> {
    let of_indexes = table.indexes.values().flat_map(|index| [Some(&index.key), index.sort.as_ref()]);
    let mut attributes: Vec<Named<'_>> = Vec::new();
    for name in [Some(&table.key), table.sort.as_ref()].into_iter().chain(of_indexes).flatten() {
        if attributes.iter().all(|attribute| attribute.name != name) {
            attributes.push(Named { name, r#type: "S" });
        }
    }
    attributes
}

/// A target and a policy for reads and for writes of the table and of each of its indexes: an index that cannot keep up
/// throttles the table's writes.
fn scaling(scene: &Scene<'_>, table: &Table) -> Vec<Scaling> {
    let TableCapacity::Autoscaled { read, write, target } = table.capacity else { return Vec::new() };
    let of = |index: Option<&LocalName>| {
        let dimensions = if index.is_some() {
            ["dynamodb:index:ReadCapacityUnits", "dynamodb:index:WriteCapacityUnits"]
        } else {
            ["dynamodb:table:ReadCapacityUnits", "dynamodb:table:WriteCapacityUnits"]
        };
        let [reads, writes] = dimensions;
        [
            scaled(scene, table, index, ("read", reads, "DynamoDBReadCapacityUtilization"), read, target),
            scaled(scene, table, index, ("write", writes, "DynamoDBWriteCapacityUtilization"), write, target),
        ]
    };
    [None].into_iter().chain(table.indexes.keys().map(Some)).flat_map(of).collect()
}

fn scaled(
    scene: &Scene<'_>,
    table: &Table,
    index: Option<&LocalName>,
    (what, dimension, metric): (&str, &'static str, &'static str),
    range: UnitRange,
    target: Percent,
) -> Scaling {
    let name = scene.pipeline.physical_name(&table.name);
    let (resource_id, part, policy_name) = match index {
        None => (format!("table/{name}"), what.to_owned(), format!("{name}-{what}")),
        Some(index) => {
            (format!("table/{name}/index/{index}"), format!("index-{index}-{what}"), format!("{name}-{index}-{what}"))
        }
    };
    let id = |end: &str| names::logical_id(&StageRef::new(StageKind::Table, &table.name), &format!("{part}-{end}"));
    Scaling {
        target_id: id("ScalingTarget"),
        policy_id: id("ScalingPolicy"),
        table_id: self::id(&table.name),
        policy_name,
        dimension,
        resource_id,
        metric,
        min: range.min,
        max: range.max,
        target_percent: number(target.as_percent()),
    }
}
