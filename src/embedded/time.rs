//! The cloud's own time: a function of the wall clock that is handed in.
//!
//! Time runs as fast as the wall clock while nothing is under way, and [`Speed`] times as fast while
//! CloudFormation is at work, so that an operation of minutes takes seconds. It never goes back, not even
//! when the wall clock does, and it is the same in every process that reads the saved state.

use serde::{Deserialize, Serialize};

use crate::units::{Duration, Timestamp};

/// How fast time runs while an operation is under way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Speed {
    /// As fast as the wall clock. With a clock that a test moves, this is virtual time.
    Real,
    /// So many times as fast, 1 to 1,000.
    Compressed(u32),
}

impl Speed {
    /// What people get who do not ask: an operation of ten minutes takes six seconds.
    pub const INTERACTIVE: Self = Self::Compressed(100);

    fn factor(self) -> u64 {
        match self {
            Self::Real => 1,
            Self::Compressed(factor) => u64::from(factor.clamp(1, 1_000)),
        }
    }
}

/// A moment of the cloud's time tied to a moment of the wall clock's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct VirtualClock {
    here: Timestamp,
    wall: Timestamp,
}

impl VirtualClock {
    /// Starts with the wall clock's moment.
    #[must_use]
    pub(crate) fn start(wall: Timestamp) -> Self {
        Self { here: wall, wall }
    }

    /// The moment as last settled.
    #[must_use]
    pub(crate) fn here(&self) -> Timestamp {
        self.here
    }

    /// The moment it is now if nothing is under way.
    #[must_use]
    pub(crate) fn idle(&self, wall: Timestamp) -> Timestamp {
        self.here.plus(wall.since(self.wall))
    }

    /// The moment it is now if an operation has been under way all the time.
    #[must_use]
    pub(crate) fn busy(&self, wall: Timestamp, speed: Speed) -> Timestamp {
        self.here.plus(times(wall.since(self.wall), speed.factor()))
    }

    /// The moment it is now if the operation that was under way ended at `end`: fast until then, at the wall
    /// clock's pace since.
    #[must_use]
    pub(crate) fn ended(&self, wall: Timestamp, speed: Speed, end: Timestamp) -> Timestamp {
        let spent = Duration::from_micros(end.since(self.here).as_micros() / speed.factor());
        let left = wall.since(self.wall).as_micros().saturating_sub(spent.as_micros());
        end.max(self.here).plus(Duration::from_micros(left))
    }

    /// Ties `here` to `wall`; never back.
    pub(crate) fn settle(&mut self, here: Timestamp, wall: Timestamp) {
        self.here = self.here.max(here);
        self.wall = wall;
    }
}

fn times(span: Duration, factor: u64) -> Duration {
    Duration::from_micros(span.as_micros().saturating_mul(factor))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_millis(seconds * 1_000)
    }

    #[test]
    fn an_operation_of_minutes_takes_seconds_and_then_time_is_ordinary_again() {
        let clock = VirtualClock::start(at(0));
        assert_eq!(clock.busy(at(3), Speed::Compressed(100)), at(300));
        assert_eq!(clock.ended(at(10), Speed::Compressed(100), at(500)), at(505));
        assert_eq!(clock.idle(at(10)), at(10));
    }

    #[test]
    fn time_never_goes_back() {
        let mut clock = VirtualClock::start(at(100));
        assert_eq!(clock.idle(at(50)), at(100));
        clock.settle(at(90), at(50));
        assert_eq!(clock.here(), at(100));
    }
}
