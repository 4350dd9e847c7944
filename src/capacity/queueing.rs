//! Queues: how long a request waits where several servers work one off.
//!
//! Arrivals are taken as Poisson. M/M/c is exact for exponential service times; for other ones its waits are scaled by
//! (1 + c²)/2, with c the coefficient of variation of the service time (Allen and Cunneen), which is exact for M/M/c, for
//! M/D/1 (half of M/M/1) and for every M/G/1 (Pollaczek and Khinchine).

/// Offered loads beyond which counting servers one by one takes longer than it tells; the square-root rule says the
/// same to a server or two.
const COUNTED: f64 = 20_000.0;
/// Servers beyond the offered load, in units of its square root, where they are no longer counted.
const SAFETY: f64 = 3.0;

/// How long requests take, and how much that varies.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Service {
    /// Mean, in seconds; above 0.
    pub(super) mean: f64,
    /// Squared coefficient of variation: 0 is always the same, 1 exponential.
    pub(super) variation: f64,
}

/// The 99th percentile of a standard normal.
const Z99: f64 = 2.326_348;

impl Service {
    /// The log-normal distribution through a measured median and 99th percentile, in seconds.
    pub(super) fn measured(p50: f64, p99: f64) -> Self {
        let sigma = (p99.max(p50) / p50).ln() / Z99;
        let squared = sigma * sigma;
        Self { mean: p50 * (squared / 2.0).exp(), variation: squared.exp() - 1.0 }
    }

    /// Always the same, in seconds.
    #[cfg(test)]
    pub(super) fn constant(seconds: f64) -> Self {
        Self { mean: seconds, variation: 0.0 }
    }

    fn scale(self) -> f64 {
        f64::midpoint(1.0, self.variation)
    }
}

/// Servers that work off what arrives.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Queue {
    /// Requests per second.
    pub(super) rate: f64,
    /// How long one takes.
    pub(super) service: Service,
    /// How many are worked on at once; at least 1.
    pub(super) servers: f64,
}

impl Queue {
    /// Servers that are busy on average, were there enough of them (Little's law).
    pub(super) fn offered(&self) -> f64 {
        self.rate * self.service.mean
    }

    /// The probability that a request has to wait (Erlang C); 1 where the servers do not keep up.
    pub(super) fn waits(&self) -> f64 {
        delayed(blocked(self.offered(), self.servers), self.offered(), self.servers)
    }

    /// The mean wait in seconds, of all requests; `None` where the servers do not keep up.
    #[cfg(test)]
    pub(super) fn mean_wait(&self) -> Option<f64> {
        let spare = self.servers / self.service.mean - self.rate;
        (spare > 0.0).then(|| self.waits() / spare * self.service.scale())
    }

    /// The wait in seconds that only a part `tail` of all requests exceeds; `None` where the servers do not keep up.
    pub(super) fn wait_beyond(&self, tail: f64) -> Option<f64> {
        let spare = self.servers / self.service.mean - self.rate;
        (spare > 0.0).then(|| ((self.waits() / tail).ln() / spare * self.service.scale()).max(0.0))
    }
}

/// The probability that all of `servers` are busy where what finds them busy goes away (Erlang B), by its recursion.
fn blocked(offered: f64, servers: f64) -> f64 {
    if offered > COUNTED {
        return if servers >= offered + SAFETY * offered.sqrt() { 0.0 } else { 1.0 };
    }
    let most = servers.clamp(0.0, 2.0 * COUNTED) as u32;
    (1..=most).fold(1.0, |blocked, server| offered * blocked / (f64::from(server) + offered * blocked))
}

/// Erlang C from Erlang B.
fn delayed(blocked: f64, offered: f64, servers: f64) -> f64 {
    let busy = offered / servers.max(1.0);
    if busy >= 1.0 { 1.0 } else { blocked / (1.0 - busy * (1.0 - blocked)) }
}

/// The fewest servers at which 99 of 100 requests wait no longer than `wait` seconds.
pub(super) fn servers_for(rate: f64, service: Service, wait: f64) -> f64 {
    let offered = rate * service.mean;
    if offered <= 0.0 {
        return 0.0;
    }
    if offered > COUNTED {
        return (offered + SAFETY * offered.sqrt()).ceil();
    }
    let (mut servers, mut blocked) = (0.0_f64, 1.0_f64);
    loop {
        servers += 1.0;
        blocked = offered * blocked / (servers + offered * blocked);
        let spare = servers / service.mean - rate;
        let tail = (delayed(blocked, offered, servers) / 0.01).ln() / spare * service.scale();
        if spare > 0.0 && tail <= wait || servers > 2.0 * COUNTED {
            return servers;
        }
    }
}

/// The fewest servers at which at most one request of a hundred finds them all busy and is turned away.
pub(super) fn servers_without_queue(rate: f64, service: Service) -> f64 {
    let offered = rate * service.mean;
    if offered <= 0.0 {
        return 0.0;
    }
    if offered > COUNTED {
        return (offered + SAFETY * offered.sqrt()).ceil();
    }
    let (mut servers, mut blocked) = (0.0_f64, 1.0_f64);
    while blocked > 0.01 {
        servers += 1.0;
        blocked = offered * blocked / (servers + offered * blocked);
    }
    servers
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const EXPONENTIAL: Service = Service { mean: 1.0, variation: 1.0 };

    fn close(found: f64, published: f64) {
        assert!((found - published).abs() < 0.000_5 + 1e-9, "{found} is not {published}");
    }

    /// Requests that wait: W. J. Stevenson, *Operations Management*, table 18.4 ("Infinite-source values for Lq and P0
    /// given λ/μ and M"): λ/μ, M, Lq.
    const WAITING: [(f64, f64, f64); 30] = [
        (0.15, 1.0, 0.026),
        (0.15, 2.0, 0.001),
        (0.20, 1.0, 0.050),
        (0.25, 1.0, 0.083),
        (0.30, 1.0, 0.129),
        (0.35, 1.0, 0.188),
        (0.40, 1.0, 0.267),
        (0.45, 2.0, 0.024),
        (0.50, 1.0, 0.500),
        (0.50, 3.0, 0.003),
        (0.60, 1.0, 0.900),
        (0.65, 2.0, 0.077),
        (0.70, 1.0, 1.633),
        (0.75, 3.0, 0.015),
        (0.80, 1.0, 3.200),
        (0.85, 1.0, 4.817),
        (1.1, 2.0, 0.477),
        (1.2, 2.0, 0.675),
        (1.3, 3.0, 0.130),
        (1.4, 2.0, 1.345),
        (1.5, 3.0, 0.237),
        (1.6, 4.0, 0.060),
        (1.7, 3.0, 0.409),
        (1.8, 2.0, 7.674),
        (1.9, 3.0, 0.688),
        (2.0, 5.0, 0.040),
        (2.4, 4.0, 0.431),
        (2.5, 3.0, 3.511),
        (2.8, 3.0, 12.273),
        (3.0, 8.0, 0.008),
    ];

    #[test]
    fn as_many_wait_for_several_servers_as_the_published_table_says() {
        for (offered, servers, waiting) in WAITING {
            let queue = Queue { rate: offered, service: EXPONENTIAL, servers };
            close(offered * queue.mean_wait().expect("keeps up"), waiting);
        }
    }

    /// The probability to wait: the documentation of `pyworkforce` (100 calls of 3 minutes in 30, 14 agents), and
    /// M/M/10 at 6 erlangs.
    #[test]
    fn the_probability_to_wait_is_the_published_one() {
        for (offered, servers, probability) in [(10.0, 14.0, 0.174), (6.0, 10.0, 0.101)] {
            close(Queue { rate: offered, service: EXPONENTIAL, servers }.waits(), probability);
        }
    }

    /// Constant service: the same table's rule that it halves the line, the example of Wikipedia's "M/D/1 queue" (20 an
    /// hour arrive, 30 can be served: 0.6667 wait, for 0.033 hours), and Heizer and Render's Garcia-Golding recycling
    /// (8 trucks an hour, 12 can be unloaded: a twelfth of an hour).
    #[test]
    fn constant_service_waits_as_published() {
        for (offered, _, waiting) in WAITING.into_iter().filter(|(_, servers, _)| *servers == 1.0) {
            let queue = Queue { rate: offered, service: Service::constant(1.0), servers: 1.0 };
            let found = offered * queue.mean_wait().expect("keeps up");
            assert!((found - waiting / 2.0).abs() < 0.000_5, "{found} is not half of {waiting}");
        }
        let wait = |rate, served: f64| {
            let queue = Queue { rate, service: Service::constant(1.0 / served), servers: 1.0 };
            queue.mean_wait().expect("keeps up")
        };
        close(20.0 * wait(20.0, 30.0), 0.6667);
        close(wait(20.0, 30.0), 0.0333);
        close(wait(8.0, 12.0), 0.0833);
    }

    #[test]
    fn a_measured_service_time_goes_through_its_percentiles() {
        let service = Service::measured(0.009, 0.035);
        // sigma = ln(35/9)/2.3263 = 0.5838; mean = 9 ms × e^(sigma²/2) = 10.67 ms; variation = e^(sigma²) - 1 = 0.406
        assert!((service.mean - 0.010_672).abs() < 1e-5 && (service.variation - 0.406).abs() < 1e-3, "{service:?}");
        assert_eq!(Service::measured(0.005, 0.005), Service::constant(0.005));
    }

    proptest! {
        #[test]
        fn more_requests_never_need_fewer_servers(rate in 0.0f64..1e5, more in 0.0f64..1e5, p50 in 0.001f64..2.0, tail in 1.0f64..20.0) {
            let service = Service::measured(p50, p50 * tail);
            prop_assert!(servers_for(rate + more, service, p50) >= servers_for(rate, service, p50));
            prop_assert!(servers_without_queue(rate + more, service) >= servers_without_queue(rate, service));
        }

        #[test]
        fn so_many_servers_keep_the_promise(rate in 0.1f64..3e3, p50 in 0.001f64..0.5, tail in 1.0f64..20.0) {
            let service = Service::measured(p50, p50 * tail);
            let servers = servers_for(rate, service, p50);
            let queue = |servers| Queue { rate, service, servers };
            prop_assert!(queue(servers).wait_beyond(0.01).expect("keeps up") <= p50);
            let fewer = queue(servers - 1.0).wait_beyond(0.01);
            prop_assert!(servers == 1.0 || fewer.is_none_or(|wait| wait > p50));
        }

        #[test]
        fn absurd_loads_give_finite_numbers(rate in 1e9f64..1e30, p50 in 1e-6f64..1e6) {
            let service = Service::measured(p50, p50 * 3.0);
            prop_assert!(servers_for(rate, service, p50).is_finite() && servers_without_queue(rate, service).is_finite());
            let waits = Queue { rate, service, servers: 10.0 }.waits();
            prop_assert!((0.0..=1.0).contains(&waits));
        }
    }
}
