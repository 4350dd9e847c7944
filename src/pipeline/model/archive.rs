//! Archives.

use super::Encryption;
use crate::units::{ByteSize, Duration, StageName};

/// A Firehose archive of a stream into S3.
#[derive(Clone, Debug, PartialEq)]
pub struct Archive {
    /// The stream that is archived.
    pub stream: StageName,
    /// Format of objects.
    pub format: ArchiveFormat,
    /// When a buffer is written: 1 to 128 MiB.
    pub buffer_size: ByteSize,
    /// When a buffer is written at the latest: 0 s to 900 s; 0 s writes at once.
    pub buffer_every: Duration,
    /// How long objects stay in standard storage before they go on.
    pub keep_standard: Duration,
    /// What happens to them then.
    pub then: AfterStandard,
    /// Prefix keys of objects and the record fields (`tenant_id`, `customer.tenant_id`) they come from, in the order
    /// of the prefixes; at most 50. Empty: objects are laid out by time.
    pub partition_by: Vec<(String, String)>,
    /// How objects are encrypted.
    pub encryption: Encryption,
}

/// Format of archived objects.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ArchiveFormat {
    /// Records as they are, one per line.
    Json {
        /// How objects are compressed.
        compress: Compression,
    },
    /// Parquet, compressed by itself, with a table of the Glue catalogue.
    Parquet {
        /// Columns and their types in Hive's spelling, in the order of the file.
        columns: Vec<(String, String)>,
    },
}

/// Compression of archived objects.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Compression {
    /// As they are.
    None,
    /// Gzip.
    Gzip,
    /// Zip.
    Zip,
    /// Snappy framing.
    Snappy,
}

/// What happens to archived objects after standard storage.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AfterStandard {
    /// S3 Glacier Flexible Retrieval.
    Glacier,
    /// S3 Glacier Deep Archive.
    DeepArchive,
    /// They are deleted.
    Delete,
}
