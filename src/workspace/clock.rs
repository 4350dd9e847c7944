//! Time as something that is handed in: the machine's, or a test's.

use std::future::Future;
use std::pin::Pin;

use crate::units::{Duration, Timestamp};

/// A clock that can be read and slept on.
pub trait Clock: Send + Sync + std::fmt::Debug {
    /// The present moment.
    fn now(&self) -> Timestamp;
    /// Waits for `pause`. A test's clock moves on at once.
    fn sleep(&self, pause: Duration) -> Pin<Box<dyn Future<Output = ()> + Send + '_>>;
}
