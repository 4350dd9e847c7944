//! How long a release ran in an environment after it had proven itself there: what soak time is counted by, and when its
//! metrics were its own.

use super::digest::ReleaseDigest;
use super::ledger::{Ended, Fact, Ledger};
use crate::units::{Duration, Timestamp};

/// A time during which a proven release ran.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stay {
    /// Since when it was both there and proven.
    pub since: Timestamp,
    /// When something else took its place; none while it runs.
    pub until: Option<Timestamp>,
}

impl Stay {
    /// How long it is, as of now.
    #[must_use]
    pub fn length(&self, now: Timestamp) -> Duration {
        self.until.unwrap_or(now).since(self.since)
    }

    /// The moments of it that a measurement looks at: the last `span` of it.
    #[must_use]
    pub fn window(&self, span: Duration, now: Timestamp) -> (Timestamp, Timestamp) {
        let until = self.until.unwrap_or(now);
        let back = i64::try_from(span.as_millis()).unwrap_or(i64::MAX);
        (self.since.max(Timestamp::from_millis(until.as_millis().saturating_sub(back))), until)
    }
}

/// The times that a release ran in an environment after it was proven there, the oldest first. What proves it is what
/// [`Ledger::verified`] says; whatever takes that from it takes all of them. It is remembered when another release follows.
#[must_use]
pub fn stays(ledger: &Ledger, wanted: &ReleaseDigest, judged: bool) -> Vec<Stay> {
    let mut stays: Vec<Stay> = Vec::new();
    let (mut runs, mut proven) = (false, false);
    let close = |stays: &mut Vec<Stay>, at: Timestamp| {
        if let Some(last) = stays.last_mut().filter(|last| last.until.is_none()) {
            last.until = Some(at);
        }
    };
    for entry in ledger.entries() {
        match &entry.fact {
            Fact::Deployment { release, outcome: Ended::Succeeded, ended, .. } if release == wanted => {
                proven |= !judged;
                if proven && (!runs || stays.last().is_none_or(|last| last.until.is_some())) {
                    stays.push(Stay { since: *ended, until: None });
                }
                runs = true;
            }
            Fact::Deployment { release, outcome, .. } if release == wanted => {
                stays.clear();
                proven = false;
                match outcome {
                    Ended::Unverified => runs = true,
                    Ended::Stuck => runs = false,
                    // What ran before runs on, which may be the same release.
                    Ended::RolledBack | Ended::Succeeded => {}
                }
            }
            Fact::Deployment { outcome: Ended::Succeeded | Ended::Unverified | Ended::Stuck, began, .. } => {
                close(&mut stays, *began);
                runs = false;
            }
            Fact::Deployment { outcome: Ended::RolledBack, .. } => {}
            Fact::Judged { release, passed: true, .. } if release == wanted => {
                proven = true;
                if runs && stays.last().is_none_or(|last| last.until.is_some()) {
                    stays.push(Stay { since: entry.at, until: None });
                }
            }
            Fact::Judged { release, passed: false, .. } if release == wanted => {
                stays.clear();
                proven = false;
            }
            Fact::Judged { .. } => {}
            Fact::Removal { .. } => {
                close(&mut stays, entry.at);
                runs = false;
            }
        }
    }
    stays
}

/// The longest of several stays, the newest of those that are as long.
#[must_use]
pub fn longest(stays: &[Stay], now: Timestamp) -> Option<Stay> {
    stays.iter().copied().max_by_key(|stay| (stay.length(now), stay.since))
}
