//! Work that is shared out over the processors.

use std::num::NonZeroUsize;

/// How many pieces of work run side by side.
pub(super) fn workers() -> usize {
    std::thread::available_parallelism().map_or(1, NonZeroUsize::get)
}

/// Runs a share of the work on every processor and puts the results together again, in order.
pub(super) fn side_by_side<T: Send, R: Send>(shares: Vec<T>, work: impl Fn(T) -> R + Sync) -> Vec<R> {
    let work = &work;
    std::thread::scope(|scope| {
        let running: Vec<_> = shares.into_iter().map(|share| scope.spawn(move || work(share))).collect();
        running.into_iter().map(|one| one.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))).collect()
    })
}

/// The items in as many shares as run side by side.
pub(super) fn shares<T>(items: &[T]) -> Vec<&[T]> {
    items.chunks(items.len().div_ceil(workers()).max(1)).collect()
}
