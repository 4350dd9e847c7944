//! The ledger of a pipeline in an environment and region: what ran there, by whom, when, and how it went. Only ever added to.

use serde::{Deserialize, Serialize};

use super::digest::ReleaseDigest;
use super::gate::{GateKind, GateResult};
use crate::units::{AccountId, Digest, EnvironmentName, PipelineName, Region, Timestamp};

/// Version of an entry.
pub const LEDGER_FORMAT: u32 = 1;

/// One deployment, told from every other: whoever records it twice records it once.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct DeploymentId(pub String);

/// One line of the ledger.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Entry {
    /// [`LEDGER_FORMAT`].
    pub format_version: u32,
    /// Its number: 1 is the first.
    pub number: u64,
    /// When it was written, by the server's clock.
    pub at: Timestamp,
    /// Who did it, by ARN.
    pub by: String,
    /// The pipeline.
    pub pipeline: PipelineName,
    /// The environment.
    pub environment: EnvironmentName,
    /// The account.
    pub account: AccountId,
    /// The region.
    pub region: Region,
    /// What happened.
    #[serde(flatten)]
    pub fact: Fact,
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "fact")]
pub enum Fact {
    /// A release was deployed, or it was tried.
    Deployment {
        /// Which deployment.
        id: DeploymentId,
        /// Which release.
        release: ReleaseDigest,
        /// The release that ran before; none on a first deployment, or where nobody knows.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        previous: Option<ReleaseDigest>,
        /// By which command.
        via: Via,
        /// When it began, by the server's clock.
        began: Timestamp,
        /// When it was over.
        ended: Timestamp,
        /// How.
        outcome: Ended,
        /// SHA-256 of the plan.
        plan: Digest,
        /// SHA-256 of the environment file.
        environment_file: Digest,
        /// ARN of the change set; none where nothing was to be changed.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        change_set: Option<String>,
        /// How the gates turned out that it had to pass.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        gates: Vec<GateResult>,
        /// Who agreed, by ARN.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        approvals: Vec<String>,
        /// Gates that were overridden.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        overrides: Vec<Overridden>,
        /// Whether it was found out afterwards, because the run that did it died.
        #[serde(default)]
        reconciled: bool,
    },
    /// What was deployed was judged while it ran.
    Judged {
        /// Which deployment.
        id: DeploymentId,
        /// Which release.
        release: ReleaseDigest,
        /// Whether it proved itself; otherwise it failed.
        passed: bool,
        /// How the gates turned out.
        gates: Vec<GateResult>,
    },
    /// The stack was removed.
    Removal {
        /// The release that ran.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        release: Option<ReleaseDigest>,
    },
}

/// By which command a release came.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "command")]
pub enum Via {
    /// `sluice deploy`.
    Deploy,
    /// `sluice promote`.
    Promote {
        /// The environment that it was proven in.
        from: EnvironmentName,
    },
    /// `sluice rollback`.
    Rollback {
        /// Whether a failed gate asked for it, not a person.
        automatic: bool,
    },
}

/// How a deployment ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ended {
    /// It runs, and was looked at.
    Succeeded,
    /// It runs, but what was looked at is not as deployed.
    Unverified,
    /// It failed, and the release before it runs.
    RolledBack,
    /// It failed, and the stack needs a person.
    Stuck,
}

/// A gate that somebody overrode.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Overridden {
    /// Which.
    pub gate: GateKind,
    /// By whom.
    pub by: String,
    /// Why.
    pub reason: String,
}

/// Why an entry cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UnreadableEntry {
    /// A newer Sluice wrote it.
    #[error("it has format {0}, which is newer than this Sluice")]
    Newer(u32),
    /// It is no entry.
    #[error("it is no entry that Sluice wrote")]
    Foreign,
}

/// All entries of a pipeline in an environment and region, the oldest first.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Ledger {
    entries: Vec<Entry>,
}

impl Entry {
    /// Reads an entry.
    ///
    /// # Errors
    /// When it is none, or a newer Sluice's.
    pub fn read(bytes: &[u8]) -> Result<Self, UnreadableEntry> {
        #[derive(Deserialize)]
        struct Version {
            format_version: u32,
        }
        let Version { format_version } = serde_json::from_slice(bytes).map_err(|_| UnreadableEntry::Foreign)?;
        if format_version > LEDGER_FORMAT {
            return Err(UnreadableEntry::Newer(format_version));
        }
        serde_json::from_slice(bytes).map_err(|_| UnreadableEntry::Foreign)
    }

    /// The entry as it is written.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        // Names, texts and moments only: nothing that could not be written.
        serde_json::to_vec_pretty(self).unwrap_or_default()
    }
}

impl Ledger {
    /// A ledger of these entries.
    #[must_use]
    pub fn of(mut entries: Vec<Entry>) -> Self {
        entries.sort_by_key(|entry| entry.number);
        Self { entries }
    }

    /// The entries, the oldest first.
    #[must_use]
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// The number of the next entry.
    #[must_use]
    pub fn next_number(&self) -> u64 {
        self.entries.last().map_or(1, |entry| entry.number.saturating_add(1))
    }

    /// The release that runs now: that of the newest deployment that was not undone; none where nothing does, or nobody knows.
    #[must_use]
    pub fn running(&self) -> Option<&ReleaseDigest> {
        self.entries.iter().rev().find_map(|entry| match &entry.fact {
            Fact::Deployment { release, outcome: Ended::Succeeded | Ended::Unverified, .. } => Some(Some(release)),
            Fact::Deployment { outcome: Ended::Stuck, .. } | Fact::Removal { .. } => Some(None),
            Fact::Deployment { outcome: Ended::RolledBack, .. } | Fact::Judged { .. } => None,
        })?
    }

    /// Since when a release counts as verified here: its newest deployment succeeded, or the judgement of it passed. A later
    /// deployment of another release takes nothing from it; a failed judgement of the same one does.
    ///
    /// `judged` says whether this environment judges what is deployed: then nothing counts before its judgement.
    #[must_use]
    pub fn verified(&self, wanted: &ReleaseDigest, judged: bool) -> Option<Timestamp> {
        let mut since = None;
        for entry in &self.entries {
            match &entry.fact {
                Fact::Deployment { release, outcome: Ended::Succeeded, ended, .. } if release == wanted && !judged => {
                    since = since.or(Some(*ended));
                }
                Fact::Deployment { release, outcome: Ended::Unverified | Ended::Stuck | Ended::RolledBack, .. }
                    if release == wanted =>
                {
                    since = None;
                }
                Fact::Judged { release, passed, .. } if release == wanted => {
                    since = if *passed { since.or(Some(entry.at)) } else { None };
                }
                Fact::Deployment { .. } | Fact::Judged { .. } | Fact::Removal { .. } => {}
            }
        }
        since
    }
}
