//! Archives: Firehose from a stream into S3.

use super::parts::Left;
use super::{Carry, seconds};
use crate::import::document::{Block, Out};
use crate::import::value::Item;
use crate::import::world::{Kind, Resource, View};
use crate::spec::{ColumnName, GlueTypeText, RecordField, refused};
use crate::units::ByteSize;

impl<'w> Carry<'w> {
    pub(super) fn archives(&self) -> Block {
        let mut section = Block::default();
        let mut archived: Vec<&str> = Vec::new();
        for resource in self.world.of(Kind::Delivery) {
            let view = resource.view();
            let source = view.get("KinesisStreamSourceConfiguration.KinesisStreamARN");
            let stream = source
                .and_then(|item| self.world.meant(item, &[Kind::Stream]))
                .and_then(|stream| self.parts.stage(stream));
            let Some((stream, destination)) = stream.zip(view.part("ExtendedS3DestinationConfiguration")) else {
                let why = "a pipeline archives its streams into S3; this one reads or writes something else".to_owned();
                self.parts.leave(resource, Left::Lost(why));
                continue;
            };
            if archived.contains(&stream) {
                let why = format!("stream `{stream}` is archived already, and has one archive");
                self.parts.leave(resource, Left::Lost(why));
                continue;
            }
            archived.push(stream);
            view.skip(&[
                "DeliveryStreamName",
                "DeliveryStreamType",
                "Destination",
                "KinesisStreamSourceConfiguration.RoleARN",
            ]);
            let archive = self.archive(&destination);
            self.stage(&mut section, "archive of stream", stream, archive, resource);
        }
        section
    }

    fn archive(&self, view: &View<'w>) -> Block {
        view.skip(&["RoleARN", "BucketARN", "CloudWatchLoggingOptions", "DataFormatConversionConfiguration.Enabled"]);
        self.lost_unless(view, "S3BackupMode", "Disabled", "records are archived once, and as they are");
        let mut archive = Block::default();
        let parquet = self.parquet(view, &mut archive);
        self.compression(view, parquet, &mut archive);
        let partitions = self.partitions(view);
        archive.put_block("buffer", self.buffer(view, parquet, !partitions.is_empty()));
        archive.put_block("partition_by", partitions);
        let bucket = view.get("BucketARN").and_then(|item| self.world.meant(item, &[Kind::Bucket]));
        match bucket.and_then(|bucket| self.keep(bucket, &written_below(view))) {
            Some(keep) => archive.put("keep", Out::Map(keep)),
            None => self.to_decide(
                view.resource,
                "nothing says how long its objects are kept; Sluice moves them to Glacier after 90d (in development it deletes them): write `keep`",
            ),
        }
        let path = "EncryptionConfiguration.KMSEncryptionConfig.AWSKMSKeyARN";
        let of_bucket = bucket.and_then(|bucket| self.bucket_encryption(bucket));
        archive.put_some("encryption", self.encryption(view, path).or(of_bucket));
        archive
    }

    /// When an object is written.
    fn buffer(&self, view: &View<'_>, parquet: bool, partitioned: bool) -> Block {
        let mut buffer = Block::default();
        // Firehose's own defaults: 5 MB and 300 seconds.
        let size = self.whole_or(view, "BufferingHints.SizeInMBs", if parquet { 128 } else { 5 }, 1..=128);
        buffer.put_unless("size", size, 64, |mib| Out::word(ByteSize::from_mib(mib)));
        let path = "BufferingHints.IntervalInSeconds";
        let every = self.whole_or(view, path, 300, 0..=900);
        if partitioned && every.is_some_and(|every| every < 60) {
            // Firehose: "must be at least 60 when Dynamic Partitioning is enabled".
            self.lost(view, path, "with dynamic partitioning an object takes a minute at least; 5m is taken");
        } else {
            buffer.put_unless("every", every, 300, seconds);
        }
        buffer
    }

    fn compression(&self, view: &View<'_>, parquet: bool, archive: &mut Block) {
        let path = "CompressionFormat";
        let format = if view.get(path).is_some() { self.text(view, path) } else { Some("UNCOMPRESSED".to_owned()) };
        let word = match format.as_deref() {
            _ if parquet => return,
            Some("GZIP") | None => return,
            Some("UNCOMPRESSED") => "none",
            Some("ZIP") => "zip",
            Some("Snappy") => "snappy",
            Some(other) => {
                return self.lost(view, path, &format!("`{other}` is no compression of an archive; gzip is taken"));
            }
        };
        archive.put("compress", Out::word(word));
    }

    /// Writes the format; true where it is Parquet.
    fn parquet(&self, view: &View<'w>, archive: &mut Block) -> bool {
        let Some(conversion) = view.part("DataFormatConversionConfiguration") else { return false };
        if self.flag(&conversion, "Enabled", true) == Some(false) {
            return false;
        }
        let serializer = conversion.part("OutputFormatConfiguration.Serializer");
        if !serializer.is_some_and(|serializer| serializer.names().contains(&"ParquetSerDe")) {
            conversion.skip(&["InputFormatConfiguration", "SchemaConfiguration"]);
            self.lost(&conversion, "OutputFormatConfiguration", "objects are JSON or Parquet; JSON is taken");
            return false;
        }
        conversion.skip(&["InputFormatConfiguration", "OutputFormatConfiguration", "SchemaConfiguration"]);
        let table = conversion.get("SchemaConfiguration.TableName");
        let table = table
            .and_then(|item| self.world.meant(item, &[Kind::GlueTable]).or_else(|| self.glue_table(&item.as_text()?)));
        let mut columns = Block::default();
        for column in table.map(|table| table.view().each(columns_path(table))).unwrap_or_default() {
            if let (Some(name), Some(kind)) =
                (self.checked::<ColumnName>(&column, "Name"), self.checked::<GlueTypeText>(&column, "Type"))
            {
                columns.put(&name, Out::text(kind));
            }
        }
        if columns.is_empty() {
            let what = "it writes Parquet, and the columns of its table are not in the source: write `format` with `columns`; JSON is taken until then";
            self.to_decide(view.resource, what);
            return false;
        }
        let detail = Block::default().with("columns", Out::Map(columns));
        archive.put("format", Out::choice("parquet", Out::Map(detail)));
        true
    }

    fn glue_table(&self, name: &str) -> Option<&'w Resource> {
        self.world.of(Kind::GlueTable).find(|table| {
            let view = table.view();
            ["TableInput.Name", "Name"]
                .iter()
                .any(|path| view.get(path).and_then(Item::as_text).is_some_and(|known| known == name))
        })
    }

    /// Dynamic partitioning: what the metadata extraction names, from the fields of records.
    fn partitions(&self, view: &View<'_>) -> Block {
        let enabled = self.flag(view, "DynamicPartitioningConfiguration.Enabled", false) == Some(true);
        self.retries_of_partitions(view, enabled);
        view.skip(&["ProcessingConfiguration.Enabled"]);
        let mut keys = Block::default();
        for processor in view.each("ProcessingConfiguration.Processors") {
            let kind = self.text(&processor, "Type").unwrap_or_default();
            match kind.as_str() {
                // Every archive writes one record a line.
                "AppendDelimiterToRecord" => processor.skip(&["Parameters"]),
                "MetadataExtraction" if enabled => {
                    for parameter in processor.each("Parameters") {
                        let name = self.text(&parameter, "ParameterName");
                        let value = self.text(&parameter, "ParameterValue").unwrap_or_default();
                        match (name.as_deref(), extraction(&value)) {
                            (Some("MetadataExtractionQuery"), Some(pairs)) => {
                                for (key, field) in pairs {
                                    keys.put(&key, Out::text(field));
                                }
                            }
                            (Some("MetadataExtractionQuery"), None) => {
                                self.lost(
                                    &parameter,
                                    "ParameterValue",
                                    "objects are laid out by fields of records, not by computed values",
                                );
                            }
                            _ => {}
                        }
                    }
                }
                _ => self.lost(&processor, "Type", "records are archived as they are"),
            }
        }
        if enabled && keys.is_empty() {
            self.lost(
                view,
                "DynamicPartitioningConfiguration.Enabled",
                "by which fields cannot be told; write `partition_by`",
            );
        }
        // The layout of keys is Sluice's own.
        for path in ["Prefix", "ErrorOutputPrefix"] {
            let ours = self.world.mark.is_some();
            if view.field(path).is_some() && !ours {
                self.lost(view, path, "objects stand under `data/` and `errors/` by time, and by `partition_by`");
            }
        }
        keys
    }

    fn retries_of_partitions(&self, view: &View<'_>, enabled: bool) {
        let path = "DynamicPartitioningConfiguration.RetryOptions.DurationInSeconds";
        if enabled {
            self.anew_unless(view, path, "300", "records that cannot be laid out are tried for 5m");
        } else {
            view.skip(&[path]);
        }
    }
}

/// The beginning that the keys of all archived objects have.
fn written_below(view: &View<'_>) -> String {
    let prefix = view.get("Prefix").and_then(Item::as_text).unwrap_or_default();
    // What follows is computed from records and time.
    prefix.split("!{").next().unwrap_or_default().to_owned()
}

/// Where a Glue table's columns stand.
fn columns_path(table: &Resource) -> &'static str {
    if table.fields.get("TableInput").is_some() {
        "TableInput.StorageDescriptor.Columns"
    } else {
        "StorageDescriptor.Columns"
    }
}

/// The keys and fields of a query such as `{tenant:.tenant_id, day:.day}`.
fn extraction(query: &str) -> Option<Vec<(String, String)>> {
    let inner = query.trim().strip_prefix('{')?.strip_suffix('}')?;
    let pairs = inner.split(',').map(|pair| {
        let (key, field) = pair.split_once(':')?;
        let (key, field) = (key.trim().trim_matches('"'), field.trim().strip_prefix('.')?);
        (refused::<ColumnName>(key).is_none() && refused::<RecordField>(field).is_none())
            .then(|| (key.to_owned(), field.to_owned()))
    });
    pairs.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_query_of_plain_fields_is_understood_and_a_computed_one_is_not() {
        let pairs = extraction("{tenant:.tenant_id, \"day\": .at.day}").unwrap();
        assert_eq!(pairs, [("tenant".into(), "tenant_id".into()), ("day".into(), "at.day".into())]);
        assert_eq!(extraction("{day:.at| strftime(\"%d\")}"), None);
        assert_eq!(extraction("tenant"), None);
    }
}
