//! What arrived in a stream, as straight lines between moments.

use serde::{Deserialize, Serialize};

/// What arrived: moments and how much had arrived by then, straight lines between.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub(super) struct History(Vec<(i64, f64)>);

impl History {
    /// Counts from a moment on, unless it does already.
    pub(super) fn begin(&mut self, at: i64) {
        if self.0.is_empty() {
            self.0.push((at, 0.0));
        }
    }

    /// How much had arrived by a moment.
    pub(super) fn by(&self, at: i64) -> f64 {
        let after = self.0.partition_point(|(moment, _)| *moment <= at);
        let before = after.checked_sub(1).and_then(|index| self.0.get(index));
        match (before, self.0.get(after)) {
            (Some((t0, n0)), Some((t1, n1))) => n0 + (n1 - n0) * ((at - t0) as f64 / (t1 - t0).max(1) as f64),
            (Some((_, n)), None) => *n,
            (None, Some(_)) | (None, None) => 0.0,
        }
    }

    /// When the next record after `count` arrived.
    pub(super) fn when(&self, count: f64) -> Option<i64> {
        let after = self.0.iter().position(|(_, n)| *n > count)?;
        let (t1, n1) = self.0.get(after)?;
        let Some((t0, n0)) = after.checked_sub(1).and_then(|index| self.0.get(index)) else { return Some(*t1) };
        Some(t0 + ((t1 - t0) as f64 * ((count - n0) / (n1 - n0)).clamp(0.0, 1.0)) as i64)
    }

    pub(super) fn total(&self) -> f64 {
        self.0.last().map_or(0.0, |(_, n)| *n)
    }

    pub(super) fn push(&mut self, at: i64, total: f64) {
        // Three points on one line need no middle one.
        if let [.., (t0, n0), (t1, n1)] = self.0.as_slice() {
            let (first, second) = ((n1 - n0) / (t1 - t0).max(1) as f64, (total - n1) / (at - t1).max(1) as f64);
            if (first - second).abs() < 1e-9 {
                self.0.pop();
            }
        }
        self.0.push((at, total));
    }

    pub(super) fn forget_before(&mut self, at: i64) {
        let gone = self.0.partition_point(|(moment, _)| *moment < at).saturating_sub(1);
        self.0.drain(..gone);
    }
}
