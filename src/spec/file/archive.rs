//! Archives.

use indexmap::IndexMap;

use super::super::declare::{choice, record};
use super::super::leaf::{ColumnName, Days, GlueTypeText, Mib, RecordField, Seconds};
use super::EncryptionChoice;

record! {
    /// A Firehose archive of a stream into S3.
    "an archive" ArchiveSpec {
        /// Format of objects. Left out, `json`: records as they are, one per line.
        format: Option<FormatChoice>,
        /// Compression of objects. Left out, `gzip`; Parquet compresses itself.
        compress: Option<CompressChoice>,
        /// When an object is written.
        buffer: Option<BufferSpec>,
        /// How long objects are kept, and where.
        keep: Option<KeepSpec>,
        /// By which fields of the records objects are laid out: prefix key and record field, in the order of the
        /// prefixes. At most 50. Left out, by time.
        partition_by: IndexMap<ColumnName, RecordField>,
        /// How objects are encrypted. Left out, as the file's `encryption` says.
        encryption: Option<EncryptionChoice>,
    }

    /// Parquet with a table of the Glue catalogue.
    "a Parquet format" ParquetSpec {
        /// Columns and their types in Hive's spelling, for instance `amount: double`.
        columns: IndexMap<ColumnName, GlueTypeText>,
    }

    /// When an object is written: whichever comes first.
    "a buffer" BufferSpec {
        /// 1 MiB to 128 MiB (Firehose's `SizeInMBs`). Left out, 64 MiB.
        size: Option<Mib<1, 128>>,
        /// 0s to 15m (Firehose's `IntervalInSeconds`); 0s writes at once. Left out, 5m.
        every: Option<Seconds<0, 900>>,
    }

    /// How long objects are kept, and where.
    "a retention of objects" KeepSpec {
        /// How long in standard storage. Left out, 90d.
        standard: Option<Days<1, 3650>>,
        /// What happens then. Left out, `glacier`; in development, `delete`.
        then: Option<ThenChoice>,
    }
}

choice! {
    /// Format of archived objects.
    "a format" FormatChoice {
        /// Records as they are, one per line.
        "json" => Json,
        /// Parquet with a table of the Glue catalogue.
        "parquet" => Parquet(ParquetSpec),
    }

    /// Compression of archived objects.
    "a compression" CompressChoice {
        /// As they are.
        "none" => None,
        /// Gzip.
        "gzip" => Gzip,
        /// Zip.
        "zip" => Zip,
        /// Snappy framing.
        "snappy" => Snappy,
    }

    /// What happens to archived objects after standard storage.
    "what comes after standard storage" ThenChoice {
        /// S3 Glacier Flexible Retrieval.
        "glacier" => Glacier,
        /// S3 Glacier Deep Archive.
        "deep-archive" => DeepArchive,
        /// They are deleted.
        "delete" => Delete,
    }
}
