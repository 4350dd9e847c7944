//! Virtual time for many who wait at once: when nobody has anything to do, it moves on to the first who wakes.

use std::collections::BTreeMap;
use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Wake, Waker};

use sluicegate::units::{Duration, Timestamp};
use sluicegate::workspace::Clock;

/// A clock on which many may sleep at the same time.
#[derive(Debug)]
pub struct SharedClock(Mutex<Sleepers>);

#[derive(Debug)]
struct Sleepers {
    now: i64,
    number: u64,
    waiting: BTreeMap<(i64, u64), Waker>,
}

impl SharedClock {
    pub fn at(start: Timestamp) -> Self {
        Self(Mutex::new(Sleepers { now: start.as_millis(), number: 0, waiting: BTreeMap::new() }))
    }

    /// Moves on to the first who wakes; false where nobody sleeps.
    fn advance(&self) -> bool {
        let mut sleepers = self.0.lock().expect("nobody panicked");
        let Some(((moment, _), waker)) = sleepers.waiting.pop_first() else { return false };
        sleepers.now = sleepers.now.max(moment);
        drop(sleepers);
        waker.wake();
        true
    }
}

impl Clock for SharedClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(self.0.lock().expect("nobody panicked").now)
    }

    fn sleep(&self, pause: Duration) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        let until = self.now().plus(pause).as_millis();
        Box::pin(poll_fn(move |context: &mut Context<'_>| {
            let mut sleepers = self.0.lock().expect("nobody panicked");
            if sleepers.now >= until {
                return Poll::Ready(());
            }
            sleepers.number += 1;
            let number = sleepers.number;
            sleepers.waiting.insert((until, number), context.waker().clone());
            Poll::Pending
        }))
    }

    fn is_virtual(&self) -> bool {
        true
    }
}

/// Hears that something can go on.
struct Woken {
    woken: AtomicBool,
    outer: Waker,
}

impl Wake for Woken {
    fn wake(self: Arc<Self>) {
        self.woken.store(true, Ordering::SeqCst);
        self.outer.wake_by_ref();
    }
}

/// Runs a future to its end; time passes when nothing can go on without it.
pub fn run<F: Future>(clock: &SharedClock, future: F) -> F::Output {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        // A future whose turn the runtime thinks over would be put off until time has moved on.
        let mut future = pin!(tokio::task::unconstrained(future));
        poll_fn(|outer| {
            let heard = Arc::new(Woken { woken: AtomicBool::new(true), outer: outer.waker().clone() });
            let waker = Waker::from(Arc::clone(&heard));
            while heard.woken.swap(false, Ordering::SeqCst) || clock.advance() {
                if let Poll::Ready(done) = future.as_mut().poll(&mut Context::from_waker(&waker)) {
                    return Poll::Ready(done);
                }
            }
            Poll::Pending
        })
        .await
    })
}
