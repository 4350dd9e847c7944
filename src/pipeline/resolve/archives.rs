//! Archives.

use std::collections::BTreeMap;

use super::{Resolver, defaults};
use crate::diagnostic::Code;
use crate::pipeline::model::{AfterStandard, Archive, ArchiveFormat, Compression};
use crate::pipeline::stage::{StageKind, StageRef};
use crate::spec::{ArchiveSpec, CompressChoice, FormatChoice, Source, ThenChoice};
use crate::units::{ByteSize, Duration, StageName};

/// Most prefix keys of dynamic partitioning (Firehose developer guide, dynamic partitioning).
const MOST_PREFIX_KEYS: usize = 50;
/// Smallest buffer with dynamic partitioning or Parquet (Firehose answers "BufferingHints.SizeInMBs must be at least 64").
const SMALLEST_BUFFER: ByteSize = ByteSize::from_mib(64);

impl Resolver<'_> {
    pub(super) fn archives(&mut self) -> BTreeMap<StageName, Archive> {
        let file = self.file;
        file.archive
            .iter()
            .map(|(name, spec)| {
                self.check_known(StageKind::Stream, name, &format!("archive.{name}"));
                (name.clone(), self.archive(name, spec))
            })
            .collect()
    }

    fn archive(&mut self, stream: &StageName, spec: &ArchiveSpec) -> Archive {
        let stage = StageRef::new(StageKind::Archive, stream);
        let path = stage.path();
        let (buffer, keep) = (spec.buffer.as_ref(), spec.keep.as_ref());
        self.check_partitions(&path, spec);
        Archive {
            stream: stream.clone(),
            format: self.archive_format(&path, spec),
            buffer_size: buffer.and_then(|buffer| buffer.size).map_or(defaults::BUFFER_SIZE, |size| size.0),
            buffer_every: buffer.and_then(|buffer| buffer.every).map_or(defaults::BUFFER_EVERY, |every| every.0),
            keep_standard: keep.and_then(|keep| keep.standard).map_or(defaults::KEEP_STANDARD, |days| days.0),
            then: keep
                .and_then(|keep| keep.then.as_ref())
                .map_or_else(|| defaults::after_standard(self.environment().tier()), after_standard),
            partition_by: spec.partition_by.iter().map(|(key, field)| (key.0.clone(), field.0.clone())).collect(),
            encryption: self.encryption(&stage, spec.encryption.as_ref()),
        }
    }

    fn archive_format(&mut self, path: &str, spec: &ArchiveSpec) -> ArchiveFormat {
        let Some(FormatChoice::Parquet(parquet)) = &spec.format else {
            return ArchiveFormat::Json {
                compress: match spec.compress {
                    None | Some(CompressChoice::Gzip) => Compression::Gzip,
                    Some(CompressChoice::None) => Compression::None,
                    Some(CompressChoice::Zip) => Compression::Zip,
                    Some(CompressChoice::Snappy) => Compression::Snappy,
                },
            };
        };
        if spec.compress.is_some() {
            let note = "Parquet is compressed inside the file (Snappy); Firehose refuses another compression around it";
            let finding = self.error(Code::Conflict, &format!("{path}.compress"), "Parquet compresses itself");
            self.push(finding.note(note).help("remove `compress`"));
        }
        let columns_path = format!("{path}.format.parquet.columns");
        if parquet.columns.is_empty() {
            let finding = self.error(Code::MissingSetting, &columns_path, "a Parquet file needs at least one column");
            self.push(finding.help("add one, for instance `amount: double`"));
        }
        for column in parquet.columns.keys().filter(|column| spec.partition_by.contains_key(*column)) {
            let title = format!("`{}` is a column and a partition at once", column.0);
            let finding = self.error(Code::Conflict, &format!("{columns_path}.{}", column.0), title);
            let finding = self.also(finding, &format!("{path}.partition_by.{}", column.0), "the partition");
            self.push(finding.note("a table of the Glue catalogue has each name once").help("rename the partition"));
        }
        let pairs = parquet.columns.iter().map(|(name, of)| (name.0.clone(), of.0.clone()));
        ArchiveFormat::Parquet { columns: pairs.collect() }
    }

    /// Dynamic partitioning and Parquet need large buffers, and partitions some time.
    fn check_partitions(&mut self, path: &str, spec: &ArchiveSpec) {
        let partitions = format!("{path}.partition_by");
        let source = "Firehose takes 50 keys of dynamic partitioning (Firehose developer guide)";
        self.check_most(&partitions, spec.partition_by.len(), MOST_PREFIX_KEYS, "prefix keys", source);
        let buffer = spec.buffer.as_ref();
        if !spec.partition_by.is_empty()
            && buffer.and_then(|buffer| buffer.every).is_some_and(|every| every.0 == Duration::ZERO)
        {
            let title = "dynamic partitioning needs a buffer, and `every: 0s` is none";
            let finding = self.error(Code::Conflict, &format!("{path}.buffer.every"), title);
            let finding = self.also(finding, &partitions, "asked for here");
            let note = "Firehose has no zero buffering (`IntervalInSeconds: 0`) with dynamic partitioning";
            let finding = finding.note(note).source(Source::FirehoseBuffering);
            self.push(finding.help("write `every: 1m` or more, or remove `partition_by`"));
        }
        let parquet = matches!(spec.format, Some(FormatChoice::Parquet(_)));
        let small = buffer.and_then(|buffer| buffer.size).filter(|size| size.0 < SMALLEST_BUFFER);
        let (Some(size), true) = (small, parquet || !spec.partition_by.is_empty()) else { return };
        let (cause, what) =
            if parquet { (format!("{path}.format"), "Parquet") } else { (partitions, "dynamic partitioning") };
        let title = format!("{what} needs a buffer of at least {SMALLEST_BUFFER}, this one has {}", size.0);
        let finding = self.error(Code::Conflict, &format!("{path}.buffer.size"), title);
        let finding = self.also(finding, &cause, "asked for here");
        let note = "Firehose refuses less: \"BufferingHints.SizeInMBs must be at least 64\"";
        self.push(finding.note(note).help("write `size: 64 MiB` or more"));
    }
}

/// What happens to objects after standard storage.
pub(super) fn after_standard(choice: &ThenChoice) -> AfterStandard {
    match choice {
        ThenChoice::Glacier => AfterStandard::Glacier,
        ThenChoice::DeepArchive => AfterStandard::DeepArchive,
        ThenChoice::Delete => AfterStandard::Delete,
    }
}
