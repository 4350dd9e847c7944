//! The lease of a pipeline in an environment and region: what its record means, and who may take it.
//!
//! The record is one object that is only ever written and removed on the condition that it is what was read. Times are the
//! server's: whoever holds a lease and whoever wants it may have clocks that disagree. Pure: reading, writing and the order
//! of calls are the affair of others.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::identity::token;
use crate::units::{Duration, EnvironmentName, PipelineName, Region, Timestamp};

/// Version of the record.
pub const LEASE_FORMAT: u32 = 1;

/// How long a lease lasts that nobody renews: as long as others wait for a holder that died.
pub const TERM: Duration = Duration::from_secs(300);

/// The same where a server stands in for AWS, whose time may run a hundred times as fast as ours.
pub const STAND_IN_TERM: Duration = Duration::from_secs(3_600);

/// One taking of a lease, told from every other: whatever happens twice has two.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct HolderId(String);

impl HolderId {
    /// An id from what nobody else has.
    #[must_use]
    pub fn new(chance: u64, caller: &str, at: Timestamp) -> Self {
        Self(token(&[caller, &at.to_string(), &chance.to_string()]))
    }

    /// One that was written down.
    #[must_use]
    pub fn noted(text: &str) -> Self {
        Self(text.to_owned())
    }

    /// The id as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A lease as its record tells it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lease {
    /// [`LEASE_FORMAT`].
    pub format_version: u32,
    /// The pipeline.
    pub pipeline: PipelineName,
    /// The environment.
    pub environment: EnvironmentName,
    /// The region.
    pub region: Region,
    /// The ARN of who holds it.
    pub owner: String,
    /// Which taking of it this is.
    pub holder: HolderId,
    /// What is being done, as people type it: `deploy`.
    pub command: String,
    /// Since when, by the server's clock.
    pub since: Timestamp,
    /// Until when, unless it is renewed, by the server's clock.
    pub until: Timestamp,
    /// The deployment that is under way, for whoever has to record what became of it; means nothing here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub work: Option<serde_json::Value>,
}

/// Why a record cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UnreadableLease {
    /// A newer Sluice wrote it.
    #[error("it has format {0}, which is newer than this Sluice")]
    Newer(u32),
    /// It is no lease.
    #[error("it is no lease that Sluice wrote")]
    Foreign,
}

/// What somebody who wants a lease finds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Claim {
    /// It is theirs: the answer to their own writing was lost.
    Own,
    /// A run of their own left it that died: nobody works under it any more.
    Orphaned,
    /// Its time is over.
    Expired,
    /// Somebody else works under it.
    Held,
}

impl Lease {
    /// Reads a record.
    ///
    /// # Errors
    /// When it is none, or a newer Sluice's.
    pub fn read(bytes: &[u8]) -> Result<Self, UnreadableLease> {
        #[derive(Deserialize)]
        struct Version {
            format_version: u32,
        }
        let Version { format_version } = serde_json::from_slice(bytes).map_err(|_| UnreadableLease::Foreign)?;
        if format_version > LEASE_FORMAT {
            return Err(UnreadableLease::Newer(format_version));
        }
        serde_json::from_slice(bytes).map_err(|_| UnreadableLease::Foreign)
    }

    /// The record.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        // Names, texts and moments only: nothing that could not be written.
        serde_json::to_vec(self).unwrap_or_default()
    }

    /// What this lease means to somebody who wants one as `own`. `dead` are the takings of theirs of which they know that
    /// nobody works under them any more.
    #[must_use]
    pub fn claim(&self, own: &HolderId, dead: &BTreeSet<HolderId>, now: Timestamp) -> Claim {
        if self.holder == *own {
            Claim::Own
        } else if dead.contains(&self.holder) {
            Claim::Orphaned
        } else if self.is_expired(now) {
            Claim::Expired
        } else {
            Claim::Held
        }
    }

    /// Whether its time is over.
    #[must_use]
    pub fn is_expired(&self, now: Timestamp) -> bool {
        now >= self.until
    }

    /// Whether it is time to renew it: a third of its term is over, and calls that fail can be repeated for the rest.
    #[must_use]
    pub fn is_due(&self, now: Timestamp, term: Duration) -> bool {
        now.plus(term) >= self.until.plus(Duration::from_micros(term.as_micros() / 3))
    }

    /// The lease for another term. It never ends earlier than it did.
    #[must_use]
    pub fn renewed(&self, now: Timestamp, term: Duration) -> Self {
        Self { until: self.until.max(now.plus(term)), ..self.clone() }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_millis(seconds * 1_000)
    }

    fn lease(holder: &str, since: i64) -> Lease {
        Lease {
            format_version: LEASE_FORMAT,
            pipeline: PipelineName::new("scoring").unwrap(),
            environment: EnvironmentName::new("prod").unwrap(),
            region: Region::new("eu-west-1").unwrap(),
            owner: "arn:aws:sts::123456789012:assumed-role/deploy/jo".to_owned(),
            holder: HolderId::noted(holder),
            command: "deploy".to_owned(),
            since: at(since),
            until: at(since).plus(TERM),
            work: None,
        }
    }

    #[test]
    fn a_record_of_a_newer_sluice_is_refused_by_its_number_and_what_is_none_by_name() {
        let mut record: serde_json::Value = serde_json::from_slice(&lease("a", 0).to_bytes()).unwrap();
        record["format_version"] = 9.into();
        record["how"] = "otherwise".into();
        assert_eq!(Lease::read(record.to_string().as_bytes()), Err(UnreadableLease::Newer(9)));
        assert_eq!(Lease::read(b"{}"), Err(UnreadableLease::Foreign));
        assert_eq!(Lease::read(b"\"format_version\""), Err(UnreadableLease::Foreign));
    }

    #[test]
    fn two_takings_at_one_moment_by_one_caller_are_told_apart() {
        assert_ne!(HolderId::new(1, "jo", at(0)), HolderId::new(2, "jo", at(0)));
    }

    proptest! {
        #[test]
        fn what_was_written_is_read_back(since in 0_i64..4_000_000_000, holder in "[0-9a-f]{1,40}") {
            let lease = lease(&holder, since);
            prop_assert_eq!(Lease::read(&lease.to_bytes()), Ok(lease));
        }

        #[test]
        fn no_bytes_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = Lease::read(&bytes);
        }

        /// Somebody else's lease is taken only when its time is over.
        #[test]
        fn a_lease_that_lasts_is_nobody_elses(since in 0_i64..1_000, later in 0_i64..1_000) {
            let claim = lease("theirs", since).claim(&HolderId::noted("mine"), &BTreeSet::new(), at(since + later));
            let over = later >= i64::try_from(TERM.as_secs()).unwrap();
            prop_assert_eq!(claim, if over { Claim::Expired } else { Claim::Held });
        }

        /// A holder that looks at the clock at least twice in a term and renews when it is due is never found expired.
        #[test]
        fn whoever_renews_when_it_is_due_keeps_it(pauses in proptest::collection::vec(0_i64..190, 1..40)) {
            let (mut held, mut now) = (lease("mine", 0), 0);
            for pause in pauses {
                now += pause;
                prop_assert!(!held.is_expired(at(now)));
                if held.is_due(at(now), TERM) {
                    held = held.renewed(at(now), TERM);
                    prop_assert!(!held.is_due(at(now), TERM));
                }
            }
        }

        /// A clock that goes back shortens nothing.
        #[test]
        fn a_renewal_never_ends_earlier(first in 0_i64..1_000, then in 0_i64..1_000) {
            let held = lease("mine", 0).renewed(at(first), TERM);
            prop_assert!(held.renewed(at(then), TERM).until >= held.until);
        }

        #[test]
        fn what_ones_own_dead_run_left_is_taken_at_once(since in 0_i64..1_000) {
            let dead = BTreeSet::from([HolderId::noted("died")]);
            let claim = lease("died", since).claim(&HolderId::noted("mine"), &dead, at(since));
            prop_assert_eq!(claim, Claim::Orphaned);
        }
    }
}
