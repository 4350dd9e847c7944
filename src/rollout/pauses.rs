//! Which readers of a pipeline are paused, by whom and why: the record beside the lease.
//!
//! Whether a reader is paused is Lambda's to say. The record adds what Lambda does not keep: whether a person paused it, who
//! resumes it too, or a deployment, which resumes it when it is over, in a later run if the first one died. It is
//! written before the first reader is paused and loses a reader only after that one reads again, so that a run that ends
//! anywhere leaves no paused reader that nobody knows of.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::units::{LogicalId, Timestamp};

/// Version of the record.
pub const PAUSES_FORMAT: u32 = 1;

/// Why a reader is paused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PausedFor {
    /// A person wanted it, until a person wants it no more.
    AWhile,
    /// A deployment, until it is over.
    Deployment,
}

/// One reader that is paused.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pause {
    /// The id of its event source mapping.
    pub mapping: String,
    /// Why.
    #[serde(rename = "for")]
    pub why: PausedFor,
    /// The ARN of who paused it.
    pub by: String,
    /// Since when, by the server's clock.
    pub since: Timestamp,
}

/// The paused readers of a pipeline, by the logical ids of their mappings.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pauses {
    /// [`PAUSES_FORMAT`].
    pub format_version: u32,
    /// The readers.
    pub readers: BTreeMap<LogicalId, Pause>,
}

/// Why a record cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UnreadablePauses {
    /// A newer Sluice wrote it.
    #[error("it has format {0}, which is newer than this Sluice")]
    Newer(u32),
    /// It is none.
    #[error("it is no record that Sluice wrote")]
    Foreign,
}

impl Default for Pauses {
    fn default() -> Self {
        Self { format_version: PAUSES_FORMAT, readers: BTreeMap::new() }
    }
}

impl Pauses {
    /// Reads a record.
    ///
    /// # Errors
    /// When it is none, or a newer Sluice's.
    pub fn read(bytes: &[u8]) -> Result<Self, UnreadablePauses> {
        #[derive(Deserialize)]
        struct Version {
            format_version: u32,
        }
        let Version { format_version } = serde_json::from_slice(bytes).map_err(|_| UnreadablePauses::Foreign)?;
        if format_version > PAUSES_FORMAT {
            return Err(UnreadablePauses::Newer(format_version));
        }
        serde_json::from_slice(bytes).map_err(|_| UnreadablePauses::Foreign)
    }

    /// The record.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        // Names, texts and moments only: nothing that could not be written.
        serde_json::to_vec(self).unwrap_or_default()
    }

    /// Whether nobody is paused, so that no record is needed.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.readers.is_empty()
    }

    /// Readers that a deployment paused and has not resumed.
    pub fn of_deployments(&self) -> impl Iterator<Item = (&LogicalId, &Pause)> {
        self.readers.iter().filter(|(_, pause)| pause.why == PausedFor::Deployment)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn pause(why: PausedFor) -> Pause {
        let by = "arn:aws:sts::123456789012:assumed-role/deploy/jo".to_owned();
        Pause { mapping: "8a6c".to_owned(), why, by, since: Timestamp::from_millis(1_767_323_045_000) }
    }

    fn pauses() -> Pauses {
        let readers = [("ByDeployment", PausedFor::Deployment), ("ByHand", PausedFor::AWhile)];
        let readers = readers.map(|(id, why)| (LogicalId::new(id).unwrap(), pause(why))).into();
        Pauses { readers, ..Pauses::default() }
    }

    #[test]
    fn what_was_written_is_read_back_and_deployments_know_their_own() {
        let read = Pauses::read(&pauses().to_bytes()).unwrap();
        assert_eq!(read, pauses());
        assert_eq!(read.of_deployments().map(|(id, _)| id.as_str()).collect::<Vec<_>>(), ["ByDeployment"]);
    }

    #[test]
    fn a_record_of_a_newer_sluice_is_refused_by_its_number_and_what_is_none_by_name() {
        let mut record: serde_json::Value = serde_json::from_slice(&pauses().to_bytes()).unwrap();
        record["format_version"] = 7.into();
        assert_eq!(Pauses::read(record.to_string().as_bytes()), Err(UnreadablePauses::Newer(7)));
        assert_eq!(Pauses::read(b"[]"), Err(UnreadablePauses::Foreign));
    }

    proptest! {
        #[test]
        fn no_bytes_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = Pauses::read(&bytes);
        }
    }
}
