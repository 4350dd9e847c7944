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
    /// The release that runs after it; none where nothing does, or nobody knows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub running: Option<ReleaseDigest>,
    /// What happened.
    #[serde(flatten)]
    pub fact: Fact,
}

/// A deployment that is under way: everything of it that is known before its end. Kept in the lease, so that whoever finds the
/// lease of a dead run can record what became of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Draft {
    /// Which deployment.
    pub id: DeploymentId,
    /// Who began it, by ARN.
    pub by: String,
    /// Which release.
    pub release: ReleaseDigest,
    /// By which command.
    pub via: Via,
    /// When it began, by the server's clock.
    pub began: Timestamp,
    /// SHA-256 of the plan.
    pub plan: Digest,
    /// SHA-256 of the environment file.
    pub environment_file: Digest,
    /// The name of its change set; none where nothing is to be changed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub change_set: Option<String>,
    /// How the gates turned out that it had to pass.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub gates: Vec<GateResult>,
    /// Who agreed, by ARN.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub approvals: Vec<String>,
    /// Gates that were overridden.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub overrides: Vec<Overridden>,
}

impl Draft {
    /// The deployment as it ended.
    #[must_use]
    pub fn ended(self, outcome: Ended, ended: Timestamp, previous: Option<ReleaseDigest>, reconciled: bool) -> Fact {
        let Self { id, by: _, release, via, began, plan, environment_file, change_set, gates, approvals, overrides } =
            self;
        Fact::Deployment {
            id,
            release,
            previous,
            via,
            began,
            ended,
            outcome,
            plan,
            environment_file,
            change_set,
            gates,
            approvals,
            overrides,
            reconciled,
        }
    }
}

impl Fact {
    /// The deployment that it is about.
    #[must_use]
    pub fn deployment(&self) -> Option<&DeploymentId> {
        match self {
            Self::Deployment { id, .. } | Self::Judged { id, .. } => Some(id),
            Self::Removal { .. } => None,
        }
    }

    /// The release that runs after it, where `before` ran before.
    #[must_use]
    pub fn running(&self, before: Option<ReleaseDigest>) -> Option<ReleaseDigest> {
        match self {
            Self::Deployment { release, outcome: Ended::Succeeded | Ended::Unverified, .. } => Some(release.clone()),
            Self::Deployment { outcome: Ended::RolledBack, .. } | Self::Judged { .. } => before,
            Self::Deployment { outcome: Ended::Stuck, .. } | Self::Removal { .. } => None,
        }
    }
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
        /// The name of its change set; none where nothing was to be changed.
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

    /// Whether it says that a release runs, and was found well.
    #[must_use]
    pub fn tells_of(&self, wanted: &ReleaseDigest) -> bool {
        match &self.fact {
            Fact::Deployment { release, outcome: Ended::Succeeded, .. } | Fact::Judged { release, .. } => {
                release == wanted
            }
            Fact::Deployment { .. } => false,
            Fact::Removal { .. } => false,
        }
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

    /// The release that runs now; none where nothing does, or nobody knows.
    #[must_use]
    pub fn running(&self) -> Option<&ReleaseDigest> {
        self.entries.last()?.running.as_ref()
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

#[cfg(test)]
mod tests {
    use super::*;

    fn release(letter: char) -> ReleaseDigest {
        letter.to_string().repeat(64).parse().unwrap()
    }

    fn deployment(letter: char, ended: i64, outcome: Ended) -> Fact {
        let draft = Draft {
            id: DeploymentId(format!("{letter}{ended}")),
            by: "jo".to_owned(),
            release: release(letter),
            via: Via::Deploy,
            began: Timestamp::from_millis(0),
            plan: Digest::new(&"0".repeat(64)).unwrap(),
            environment_file: Digest::new(&"1".repeat(64)).unwrap(),
            change_set: Some("c".to_owned()),
            gates: Vec::new(),
            approvals: Vec::new(),
            overrides: Vec::new(),
        };
        draft.ended(outcome, Timestamp::from_millis(ended), None, false)
    }

    fn judged(letter: char, passed: bool) -> Fact {
        Fact::Judged { id: DeploymentId("x".to_owned()), release: release(letter), passed, gates: Vec::new() }
    }

    fn ledger(facts: impl IntoIterator<Item = Fact>) -> Ledger {
        let mut running = None;
        let entries = facts.into_iter().zip(1_u64..).map(|(fact, number)| {
            running = fact.running(running.take());
            Entry {
                format_version: LEDGER_FORMAT,
                number,
                at: Timestamp::from_millis(i64::try_from(number).unwrap() * 1_000),
                by: "jo".to_owned(),
                pipeline: PipelineName::new("orders").unwrap(),
                environment: EnvironmentName::new("prod").unwrap(),
                account: AccountId::new("123456789012").unwrap(),
                region: Region::new("eu-west-1").unwrap(),
                running: running.clone(),
                fact,
            }
        });
        Ledger::of(entries.collect())
    }

    #[test]
    fn what_was_rolled_back_does_not_run_and_what_was_removed_neither() {
        let (a, b) = (|end| deployment('a', 1, end), |end| deployment('b', 2, end));
        let runs = |facts: Vec<Fact>| ledger(facts).running().cloned();
        assert_eq!(runs(vec![]), None);
        assert_eq!(runs(vec![a(Ended::Succeeded), b(Ended::RolledBack)]), Some(release('a')));
        assert_eq!(runs(vec![a(Ended::Succeeded), b(Ended::Unverified)]), Some(release('b')));
        assert_eq!(runs(vec![a(Ended::Succeeded), b(Ended::Stuck)]), None);
        assert_eq!(runs(vec![a(Ended::Succeeded), Fact::Removal { release: Some(release('a')) }]), None);
    }

    #[test]
    fn that_a_release_was_verified_outlasts_newer_releases_but_not_a_failure_of_its_own() {
        let since = |facts: Vec<Fact>, judged| ledger(facts).verified(&release('a'), judged).map(Timestamp::as_millis);
        let (good, newer) = (deployment('a', 1, Ended::Succeeded), deployment('b', 2, Ended::Succeeded));
        assert_eq!(since(vec![good.clone(), newer.clone()], false), Some(1));
        assert_eq!(since(vec![good.clone(), deployment('a', 5, Ended::Succeeded)], false), Some(1), "it goes on");
        assert_eq!(since(vec![good.clone(), deployment('a', 5, Ended::RolledBack)], false), None);
        assert_eq!(since(vec![deployment('a', 1, Ended::Unverified)], false), None);
        assert_eq!(since(vec![good.clone()], true), None, "nobody has judged it");
        assert_eq!(since(vec![good.clone(), judged('a', true)], true), Some(2_000));
        assert_eq!(since(vec![good, judged('a', true), judged('a', false)], true), None);
    }

    #[test]
    fn what_was_written_is_read_back_and_what_is_newer_or_foreign_is_told() {
        for fact in [deployment('a', 1, Ended::Succeeded), judged('a', false), Fact::Removal { release: None }] {
            let written = ledger([fact]);
            let entry = written.entries().first().unwrap();
            assert_eq!(Entry::read(&entry.to_bytes()).as_ref(), Ok(entry));
            let mut newer: serde_json::Value = serde_json::from_slice(&entry.to_bytes()).unwrap();
            newer["format_version"] = 9.into();
            assert_eq!(Entry::read(newer.to_string().as_bytes()), Err(UnreadableEntry::Newer(9)));
        }
        assert_eq!(Entry::read(b"{}"), Err(UnreadableEntry::Foreign));
    }
}
