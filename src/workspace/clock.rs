//! Time as something that is handed in: the machine's, or one that stands still until somebody sleeps.

use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicI64, Ordering};

use crate::units::{Duration, Timestamp};

/// A clock that can be read and slept on.
pub trait Clock: Send + Sync + std::fmt::Debug {
    /// The present moment.
    fn now(&self) -> Timestamp;
    /// Waits for `pause`. A standing clock moves on at once.
    fn sleep(&self, pause: Duration) -> Pin<Box<dyn Future<Output = ()> + Send + '_>>;
    /// Whether nobody waits for real: sleeping moves the clock.
    fn is_virtual(&self) -> bool;
}

/// The machine's clock.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        let millis = std::time::SystemTime::now()
            .duration_since(std::time::UNIX_EPOCH)
            .map_or(0, |since| i64::try_from(since.as_millis()).unwrap_or(i64::MAX));
        Timestamp::from_millis(millis)
    }

    fn sleep(&self, pause: Duration) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        Box::pin(tokio::time::sleep(std::time::Duration::from_micros(pause.as_micros())))
    }

    fn is_virtual(&self) -> bool {
        false
    }
}

/// A clock that stands still until somebody sleeps on it: the same run gives the same moments.
#[derive(Debug)]
pub struct StandingClock(AtomicI64);

impl StandingClock {
    /// Returns a clock that stands at `start`.
    #[must_use]
    pub fn at(start: Timestamp) -> Self {
        Self(AtomicI64::new(start.as_millis()))
    }
}

impl Clock for StandingClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(self.0.load(Ordering::SeqCst))
    }

    fn sleep(&self, pause: Duration) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        self.0.fetch_add(i64::try_from(pause.as_millis()).unwrap_or(0), Ordering::SeqCst);
        // Others that wait on the same thread get their turn, as they would during a real sleep.
        Box::pin(tokio::task::yield_now())
    }

    fn is_virtual(&self) -> bool {
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_standing_clock_moves_only_by_sleeping() {
        let clock = StandingClock::at(Timestamp::from_millis(1_000));
        assert_eq!(clock.now(), clock.now());
        clock.sleep(Duration::from_secs(2)).await;
        assert_eq!(clock.now().as_millis(), 3_000);
    }
}
