//! Many deployments: which may start now, which never will, and why. Knows nothing of clouds, plans or time.
//!
//! A job starts as soon as everything it reads is deployed and its lane has room: there are no batches that wait for their
//! slowest. Waves do wait: that is what they are for.

use std::collections::{BTreeMap, BTreeSet};
use std::num::NonZeroUsize;

/// One deployment among many. Jobs are known by their position.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Job {
    /// The jobs that must have ended well before; a job never waits for itself.
    pub after: BTreeSet<usize>,
    /// A wave begins when every job of the waves before it has ended.
    pub wave: usize,
    /// What it shares its room with: one account in one region.
    pub lane: String,
}

/// How much may happen at once, and how much may go wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Jobs that run at the same time in one lane.
    pub per_lane: NonZeroUsize,
    /// Failures after which others are still started; one more, and nothing is.
    pub max_failures: usize,
}

/// Why a job is never started.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Skip {
    /// A job that it comes after did not end well: that one, the first cause of it.
    Behind {
        /// The job that failed.
        job: usize,
    },
    /// Too many others failed.
    TooManyFailures,
    /// The person left.
    Left,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Standing {
    Waiting,
    Running,
    Well,
    /// Failed, or skipped because of the job that did.
    Badly {
        because: usize,
    },
    Dropped,
}

/// The jobs and how far they are.
#[derive(Clone, Debug)]
pub struct Fleet {
    jobs: Vec<Job>,
    limits: Limits,
    standing: Vec<Standing>,
    /// How many jobs come one after another behind each, itself included: the longest chain starts first.
    chain: Vec<usize>,
    failures: usize,
}

impl Fleet {
    /// Every job waits.
    #[must_use]
    pub fn new(jobs: Vec<Job>, limits: Limits) -> Self {
        let standing = vec![Standing::Waiting; jobs.len()];
        let chain = chains(&jobs);
        Self { jobs, limits, standing, chain, failures: 0 }
    }

    /// Starts the next job, if one may start now: the one with the longest chain behind it, then the first.
    ///
    /// Jobs that wait for each other in a circle would wait for ever: where nothing runs and nothing else can start, the
    /// first of them starts all the same.
    pub fn start(&mut self) -> Option<usize> {
        let wave = self.wave()?;
        let room = self.room();
        let waiting: Vec<usize> = self
            .of(Standing::Waiting)
            .filter(|&job| self.jobs.get(job).is_some_and(|it| it.wave == wave && room(&it.lane)))
            .collect();
        let free = waiting.iter().copied().filter(|&job| self.is_free(job));
        let next = free
            .max_by_key(|&job| (self.chain.get(job).copied(), std::cmp::Reverse(job)))
            .or_else(|| waiting.first().copied().filter(|_| self.of(Standing::Running).next().is_none()))?;
        self.set(next, Standing::Running);
        Some(next)
    }

    /// Takes down how a job ended; gives back those that are never started because of it.
    pub fn ended(&mut self, job: usize, well: bool) -> Vec<(usize, Skip)> {
        if well {
            self.set(job, Standing::Well);
            return Vec::new();
        }
        self.failures += 1;
        self.set(job, Standing::Badly { because: job });
        let mut skipped = self.skip_behind();
        if self.failures > self.limits.max_failures {
            skipped.extend(self.drop_waiting(Skip::TooManyFailures));
        }
        skipped
    }

    /// Starts nothing more; gives back everything that is never started.
    pub fn stop(&mut self) -> Vec<(usize, Skip)> {
        self.drop_waiting(Skip::Left)
    }

    fn skip_behind(&mut self) -> Vec<(usize, Skip)> {
        let mut skipped = Vec::new();
        loop {
            let next = self.of(Standing::Waiting).find_map(|job| Some((job, self.blocked(job)?)));
            let Some((job, because)) = next else { break };
            self.set(job, Standing::Badly { because });
            skipped.push((job, Skip::Behind { job: because }));
        }
        skipped
    }

    /// The failure that a job will never get past.
    fn blocked(&self, job: usize) -> Option<usize> {
        self.jobs.get(job)?.after.iter().find_map(|before| match self.standing.get(*before)? {
            Standing::Badly { because } => Some(*because),
            Standing::Waiting | Standing::Running | Standing::Well | Standing::Dropped => None,
        })
    }

    fn drop_waiting(&mut self, why: Skip) -> Vec<(usize, Skip)> {
        let waiting: Vec<usize> = self.of(Standing::Waiting).collect();
        for &job in &waiting {
            self.set(job, Standing::Dropped);
        }
        waiting.into_iter().map(|job| (job, why)).collect()
    }

    /// The wave that is at work: the first with a job that has not ended.
    fn wave(&self) -> Option<usize> {
        let open = self.of(Standing::Waiting).chain(self.of(Standing::Running));
        open.filter_map(|job| self.jobs.get(job)).map(|job| job.wave).min()
    }

    /// Whether a lane has room for one more.
    fn room(&self) -> impl Fn(&str) -> bool + use<> {
        let mut taken: BTreeMap<String, usize> = BTreeMap::new();
        for job in self.of(Standing::Running).filter_map(|job| self.jobs.get(job)) {
            *taken.entry(job.lane.clone()).or_default() += 1;
        }
        let most = self.limits.per_lane.get();
        move |lane| taken.get(lane).is_none_or(|taken| *taken < most)
    }

    /// Whether everything that a job comes after ended well.
    fn is_free(&self, job: usize) -> bool {
        self.jobs.get(job).is_some_and(|it| {
            it.after
                .iter()
                .all(|before| *before == job || self.standing.get(*before).is_none_or(|it| *it == Standing::Well))
        })
    }

    fn of(&self, standing: Standing) -> impl Iterator<Item = usize> {
        self.standing.iter().enumerate().filter(move |(_, it)| **it == standing).map(|(job, _)| job)
    }

    fn set(&mut self, job: usize, standing: Standing) {
        if let Some(it) = self.standing.get_mut(job) {
            *it = standing;
        }
    }
}

/// The longest chain of jobs that begins with each. In a circle, every job counts once.
fn chains(jobs: &[Job]) -> Vec<usize> {
    let mut behind: Vec<Vec<usize>> = vec![Vec::new(); jobs.len()];
    for (job, it) in jobs.iter().enumerate() {
        for before in &it.after {
            if let Some(behind) = behind.get_mut(*before).filter(|_| *before != job) {
                behind.push(job);
            }
        }
    }
    // From those that nobody waits for, backwards.
    let mut chain = vec![1; jobs.len()];
    let mut open: Vec<usize> = behind.iter().map(Vec::len).collect();
    let mut last: Vec<usize> = (0..jobs.len()).filter(|job| open.get(*job) == Some(&0)).collect();
    while let Some(job) = last.pop() {
        let length = chain.get(job).copied().unwrap_or(1) + 1;
        for &before in jobs.get(job).iter().flat_map(|it| &it.after).filter(|before| **before != job) {
            if let (Some(longest), Some(left)) = (chain.get_mut(before), open.get_mut(before)) {
                *longest = length.max(*longest);
                *left = left.saturating_sub(1);
                if *left == 0 {
                    last.push(before);
                }
            }
        }
    }
    chain
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn job(after: &[usize]) -> Job {
        Job { after: after.iter().copied().collect(), wave: 0, lane: "111122223333 eu-west-1".to_owned() }
    }

    fn limits(per_lane: usize, max_failures: usize) -> Limits {
        Limits { per_lane: NonZeroUsize::new(per_lane).unwrap(), max_failures }
    }

    fn all_that_start(fleet: &mut Fleet) -> Vec<usize> {
        std::iter::from_fn(|| fleet.start()).collect()
    }

    #[test]
    fn a_job_starts_the_moment_that_what_it_reads_is_there_whatever_else_still_runs() {
        let mut fleet = Fleet::new(vec![job(&[]), job(&[]), job(&[0])], limits(8, 0));
        assert_eq!(all_that_start(&mut fleet), [0, 1]);
        assert!(fleet.ended(0, true).is_empty());
        assert_eq!(all_that_start(&mut fleet), [2], "1 still runs");
    }

    #[test]
    fn the_longest_chain_starts_first_and_a_lane_has_only_so_much_room() {
        let mut elsewhere = job(&[]);
        elsewhere.lane = "111122223333 us-east-1".to_owned();
        let mut fleet = Fleet::new(vec![job(&[]), job(&[]), job(&[1]), job(&[2]), elsewhere], limits(1, 0));
        assert_eq!(all_that_start(&mut fleet), [1, 4]);
        fleet.ended(1, true);
        assert_eq!(all_that_start(&mut fleet), [2]);
    }

    #[test]
    fn whoever_reads_what_failed_is_skipped_by_name_and_others_go_on_within_the_allowance() {
        let mut fleet = Fleet::new(vec![job(&[]), job(&[0]), job(&[1]), job(&[]), job(&[3])], limits(2, 1));
        assert_eq!(all_that_start(&mut fleet), [0, 3]);
        assert_eq!(fleet.ended(0, false), [(1, Skip::Behind { job: 0 }), (2, Skip::Behind { job: 0 })]);
        fleet.ended(3, true);
        assert_eq!(all_that_start(&mut fleet), [4]);
    }

    #[test]
    fn one_failure_more_than_allowed_and_nothing_else_starts() {
        let mut fleet = Fleet::new(vec![job(&[]), job(&[]), job(&[])], limits(2, 0));
        assert_eq!(all_that_start(&mut fleet), [0, 1]);
        assert_eq!(fleet.ended(0, false), [(2, Skip::TooManyFailures)]);
        assert_eq!(fleet.start(), None);
    }

    #[test]
    fn a_wave_waits_for_the_one_before_it() {
        let second = Job { wave: 1, ..job(&[0]) };
        let mut fleet = Fleet::new(vec![job(&[]), job(&[]), second], limits(8, 0));
        assert_eq!(all_that_start(&mut fleet), [0, 1]);
        fleet.ended(0, true);
        assert_eq!(fleet.start(), None);
        fleet.ended(1, true);
        assert_eq!(fleet.start(), Some(2));
    }

    #[test]
    fn in_a_circle_the_first_starts_all_the_same() {
        let mut fleet = Fleet::new(vec![job(&[1]), job(&[0])], limits(8, 0));
        assert_eq!(all_that_start(&mut fleet), [0]);
        fleet.ended(0, true);
        assert_eq!(all_that_start(&mut fleet), [1]);
    }

    #[test]
    fn who_leaves_starts_nothing_more() {
        let mut fleet = Fleet::new(vec![job(&[]), job(&[0])], limits(8, 0));
        fleet.start();
        assert_eq!(fleet.stop(), [(1, Skip::Left)]);
        fleet.ended(0, true);
        assert_eq!(fleet.start(), None);
    }

    proptest! {
        /// Whatever reads whatever and whatever fails: every job is started or skipped exactly once, after all it reads.
        #[test]
        fn every_job_is_started_or_skipped_once_and_never_before_what_it_reads(
            reads in prop::collection::vec((prop::collection::vec(any::<prop::sample::Index>(), 0..4), any::<bool>()), 1..20),
            cut in 0usize..20, per_lane in 1usize..5, max_failures in 0usize..5,
        ) {
            let jobs: Vec<Job> = reads.iter().enumerate().map(|(at, (before, _))| {
                let after = before.iter().filter(|_| at > 0).map(|index| index.index(at)).collect();
                Job { after, wave: usize::from(at >= cut), lane: format!("lane {}", at % 2) }
            }).collect();
            let mut fleet = Fleet::new(jobs.clone(), limits(per_lane, max_failures));
            let mut seen: Vec<Option<bool>> = vec![None; jobs.len()];
            let mut running = std::collections::VecDeque::new();
            loop {
                while let Some(started) = fleet.start() {
                    prop_assert!(seen[started].is_none(), "{started} twice");
                    prop_assert!(jobs[started].after.iter().all(|before| seen[*before] == Some(true)));
                    let beside = running.iter().filter(|&&other: &&usize| jobs[other].lane == jobs[started].lane);
                    prop_assert!(beside.count() < per_lane);
                    running.push_back(started);
                }
                let Some(first) = running.pop_front() else { break };
                seen[first] = Some(reads[first].1);
                for (skipped, _) in fleet.ended(first, reads[first].1) {
                    prop_assert!(seen[skipped].is_none());
                    seen[skipped] = Some(false);
                }
            }
            prop_assert!(seen.iter().all(Option::is_some), "{seen:?}");
        }
    }
}
