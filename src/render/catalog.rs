//! Glue: the database of a pipeline's Parquet archives, and the table of each.
//!
//! The table describes both what Firehose writes and where Athena finds it. Its partitions are projected from the
//! objects' keys (Athena, "partition projection"): values of `partition_by` are whatever a query asks for, and the hour
//! of arrival lies between now and the day on which objects leave standard storage, since later ones cannot be queried.

use std::collections::BTreeMap;

use serde::Serialize;

use super::scene::{Fragment, Scene};
use crate::pipeline::{Archive, ArchiveFormat, names};
use crate::units::LogicalId;

/// How the hour of arrival stands in an object's key, for Firehose and for Athena alike.
pub(super) const HOUR_FORMAT: &str = "yyyy/MM/dd/HH";
/// The partition that is the hour of arrival.
const ARRIVAL_HOUR: &str = "arrival_hour";

#[derive(Serialize)]
struct DatabaseView<'a> {
    id: LogicalId,
    name: String,
    account: &'a str,
    description: String,
    outputs: Outputs<LogicalId>,
    descriptions: Outputs<&'static str>,
}

#[derive(Serialize)]
struct Outputs<T> {
    database: T,
}

/// The table of one archive.
#[derive(Serialize)]
pub(super) struct Table {
    database_id: LogicalId,
    name: String,
    description: String,
    parameters: BTreeMap<String, String>,
    partition_keys: Vec<Column>,
    columns: Vec<Column>,
    location: String,
}

/// One column, in Glue's spelling.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Column {
    name: String,
    r#type: String,
}

/// The logical id of the pipeline's database.
fn database_id() -> LogicalId {
    names::shared_id(&["archive", "database"])
}

/// The database; none where nothing is archived as Parquet.
pub(super) fn database(scene: &Scene<'_>) -> Option<Fragment> {
    let pipeline = scene.pipeline;
    let parquet = pipeline.archives().values().any(|archive| matches!(archive.format, ArchiveFormat::Parquet { .. }));
    let view = DatabaseView {
        id: database_id(),
        name: pipeline.glue_database_name(),
        account: pipeline.account().as_str(),
        description: format!("Archived streams of {}", pipeline.stack_name()),
        outputs: Outputs { database: names::shared_id(&["archive", "database", "name"]) },
        descriptions: Outputs { database: "Glue database of the archived streams" },
    };
    parquet.then(|| Fragment::shared(pipeline, &view))
}

/// The table of an archive; none where it is not Parquet.
pub(super) fn table(scene: &Scene<'_>, archive: &Archive) -> Option<Table> {
    let ArchiveFormat::Parquet { columns } = &archive.format else { return None };
    let bucket = scene.pipeline.bucket_name(&archive.stream);
    let taken = columns.iter().chain(&archive.partition_by).any(|(name, _)| name == ARRIVAL_HOUR);
    let hour = if taken { format!("{ARRIVAL_HOUR}_of_object") } else { ARRIVAL_HOUR.to_owned() };

    let mut parameters = BTreeMap::from([
        ("classification".to_owned(), "parquet".to_owned()),
        ("projection.enabled".to_owned(), "true".to_owned()),
    ]);
    let mut partition_keys = Vec::new();
    let mut template = format!("s3://{bucket}/data/");
    for (key, _) in &archive.partition_by {
        // Only queries that say which value they want are answered; there is no list of all of them.
        parameters.insert(format!("projection.{key}.type"), "injected".to_owned());
        template.push_str(&format!("{key}=${{{key}}}/"));
        partition_keys.push(Column { name: key.clone(), r#type: "string".to_owned() });
    }
    let days = archive.keep_standard.as_days().max(1);
    for (property, value) in [
        ("type", "date".to_owned()),
        ("format", HOUR_FORMAT.to_owned()),
        ("interval", "1".to_owned()),
        ("interval.unit", "HOURS".to_owned()),
        ("range", format!("NOW-{days}DAYS,NOW")),
    ] {
        parameters.insert(format!("projection.{hour}.{property}"), value);
    }
    parameters.insert("storage.location.template".to_owned(), format!("{template}${{{hour}}}/"));
    partition_keys.push(Column { name: hour, r#type: "string".to_owned() });

    Some(Table {
        database_id: database_id(),
        name: scene.pipeline.glue_table_name(&archive.stream),
        description: format!("Stream {} as it was archived", archive.stream),
        parameters,
        partition_keys,
        columns: columns.iter().map(|(name, kind)| Column { name: name.clone(), r#type: kind.clone() }).collect(),
        location: format!("s3://{bucket}/data/"),
    })
}
