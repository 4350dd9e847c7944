//! Clients of AWS that a handler makes, and how long one call of theirs may take.

use super::lex::Source;
use crate::units::Duration;

/// A client as it is configured.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::readiness) struct Client {
    /// How long it waits for a connection.
    pub(in crate::readiness) connect: Duration,
    /// How long it waits for an answer.
    pub(in crate::readiness) read: Duration,
    /// How often it tries.
    pub(in crate::readiness) attempts: u32,
    /// Whether somebody chose these, rather than nobody.
    pub(in crate::readiness) chosen: bool,
}

/// What botocore does where nothing is chosen: a minute to connect, a minute to wait, five attempts in legacy mode.
const NOBODY_CHOSE: Client =
    Client { connect: Duration::from_secs(60), read: Duration::from_secs(60), attempts: 5, chosen: false };

impl Client {
    /// The longest that one call may take.
    pub(in crate::readiness) fn longest(&self) -> Duration {
        let once = self.connect.as_micros().saturating_add(self.read.as_micros());
        Duration::from_micros(once.saturating_mul(u64::from(self.attempts)))
    }
}

/// Every configuration, and every client that is made without one.
pub(super) fn of(source: &Source<'_>) -> Vec<(usize, Client)> {
    let configured = source.calls_of("Config").map(|open| (open - "Config".len(), configuration(source, open)));
    let bare = ["boto3.client", "boto3.resource"].into_iter().flat_map(|name| {
        let unconfigured = source.calls_of(name).filter(|open| {
            let given = source.without_strings(source.bracketed(*open));
            !given.contains("config=") && !given.contains("**")
        });
        unconfigured.map(move |open| (open - name.len(), NOBODY_CHOSE))
    });
    configured.chain(bare).collect()
}

fn configuration(source: &Source<'_>, open: usize) -> Client {
    let given = source.with_strings(source.bracketed(open));
    let seconds = |name: &str, otherwise: Duration| {
        number(given, name).map_or(otherwise, |seconds| Duration::from_micros((seconds * 1e6) as u64))
    };
    let retries = |name: &str| number(given, name).map(|count| count.clamp(0.0, 1e3) as u32);
    let attempts = retries("total_max_attempts").or_else(|| retries("max_attempts").map(|retries| retries + 1));
    Client {
        connect: seconds("connect_timeout", NOBODY_CHOSE.connect),
        read: seconds("read_timeout", NOBODY_CHOSE.read),
        attempts: attempts.unwrap_or(NOBODY_CHOSE.attempts).max(1),
        chosen: true,
    }
}

/// The number that is given to a name: `read_timeout=10`, `"max_attempts": 3`.
fn number(given: &str, name: &str) -> Option<f64> {
    let mut rest = given;
    while let Some(at) = rest.find(name) {
        let word_before = rest.get(..at)?.chars().next_back().is_some_and(super::lex::is_word);
        rest = rest.get(at + name.len()..)?;
        let value = rest.trim_start_matches(['"', '\'', ' ']).strip_prefix(['=', ':']).map(str::trim_start);
        if let (false, Some(value)) = (word_before, value) {
            let end = value.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(value.len());
            return value.get(..end)?.parse().ok();
        }
    }
    None
}
