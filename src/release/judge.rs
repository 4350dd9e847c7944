//! Judging: what was measured, against what a gate asks. Too little traffic and missing data are never a pass.

use super::gate::{GateKind, GateResult, Verdict};
use super::stay::Stay;
use crate::diagnostic::Code;
use crate::environment::{Bound, Freeze, Opening, ReadinessLevel, Window};
use crate::units::{Duration, Money, Timestamp};

/// What a metric said in a window.
#[derive(Clone, Debug, PartialEq)]
pub enum Reading {
    /// Data points, one for each period that has one; at least one.
    Points(Vec<f64>),
    /// Nothing, although the metric is known.
    Silent,
    /// There is no such metric: its name.
    Unknown(String),
    /// It may not be read, or could not: why.
    Refused(String),
}

/// What the metric of one thing said, by the thing's name.
pub type Of = (String, Reading);

/// How much came in while it was measured.
#[derive(Clone, Debug, PartialEq)]
pub struct Traffic {
    /// Records; why nobody knows otherwise.
    pub records: Result<u64, String>,
    /// How many there must be for a measurement to count, at least 1.
    pub least: u32,
}

impl Traffic {
    /// Why there is too little to judge by; none where there is enough.
    fn short(&self) -> Option<String> {
        match &self.records {
            Ok(records) if *records >= u64::from(self.least) => None,
            Ok(records) => Some(format!("only {records} of {} records came in that a judgement needs", self.least)),
            Err(why) => Some(format!("how many records came in is not known: {why}")),
        }
    }
}

/// The release is proven in the source, or not.
#[must_use]
pub fn verified(source: &str, since: Option<Timestamp>, runs: bool) -> GateResult {
    match (since, runs) {
        (Some(since), _) => {
            GateResult::new(GateKind::Verified, Verdict::Pass, format!("verified in {source} since {since}"))
        }
        (None, true) => {
            let why = format!("it runs in {source} and has not proven itself there");
            GateResult::new(GateKind::Verified, Verdict::Fail, why)
        }
        (None, false) => {
            GateResult::new(GateKind::Verified, Verdict::Fail, format!("it was never verified in {source}"))
        }
    }
}

/// It ran for long enough: `stay` is the longest time that it did.
#[must_use]
pub fn soak(wanted: Duration, stay: Option<Stay>, now: Timestamp) -> GateResult {
    let Some(stay) = stay else {
        return GateResult::new(
            GateKind::Soak,
            Verdict::Fail,
            format!("it never ran verified; {wanted} are asked for"),
        );
    };
    let ran = stay.length(now);
    let shown = Duration::from_secs(ran.as_secs());
    match stay.until {
        _ if ran >= wanted => GateResult::new(GateKind::Soak, Verdict::Pass, format!("{shown} of {wanted}")),
        None => GateResult::new(GateKind::Soak, Verdict::Inconclusive, format!("{shown} of {wanted}"))
            .until(Some(stay.since.plus(wanted))),
        Some(_) => {
            let why = format!("{shown} of {wanted}, and another release runs there now");
            GateResult::new(GateKind::Soak, Verdict::Fail, why)
        }
    }
}

/// What readings lack, in words; none where each has points.
fn lacking(readings: &[Of], quiet_is_none: bool) -> Option<String> {
    let lacks: Vec<String> = readings
        .iter()
        .filter_map(|(name, reading)| match reading {
            Reading::Points(_) => None,
            Reading::Silent | Reading::Unknown(_) if quiet_is_none => None,
            Reading::Silent => Some(format!("{name} published nothing")),
            Reading::Unknown(metric) => Some(format!("there is no metric {metric} ({})", Code::MetricUnknown)),
            Reading::Refused(why) => Some(format!("{name} cannot be read: {why}")),
        })
        .collect();
    if lacks.is_empty() { None } else { Some(lacks.join("; ")) }
}

/// Names that begin a list, and how many there are beyond.
fn several(names: &[String]) -> String {
    let shown: Vec<&str> = names.iter().take(3).map(String::as_str).collect();
    match names.len().saturating_sub(shown.len()) {
        0 => shown.join(", "),
        more => format!("{} and {more} more", shown.join(", ")),
    }
}

/// Sums of what must not happen more often than `most`. A metric that only speaks when it happens counts as nothing where it
/// is silent, as long as there was traffic.
#[must_use]
pub fn count(gate: GateKind, what: &str, readings: &[Of], most: u32, traffic: &Traffic) -> GateResult {
    let of = |reading: &Reading| match reading {
        Reading::Points(points) => points.iter().sum::<f64>(),
        Reading::Silent | Reading::Unknown(_) | Reading::Refused(_) => 0.0,
    };
    let total: f64 = readings.iter().map(|(_, reading)| of(reading)).sum();
    if total > f64::from(most) {
        let guilty: Vec<String> = readings
            .iter()
            .filter(|(_, reading)| of(reading) > 0.0)
            .map(|(name, reading)| format!("{name} {}", of(reading)))
            .collect();
        let why = format!("{total} {what}, at most {most} may be: {}", several(&guilty));
        return GateResult::new(gate, Verdict::Fail, why);
    }
    if readings.is_empty() {
        return GateResult::new(gate, Verdict::Pass, "the pipeline has nothing of the kind");
    }
    if let Some(why) = lacking(readings, true).or_else(|| traffic.short()) {
        return GateResult::new(gate, Verdict::Inconclusive, why);
    }
    GateResult::new(gate, Verdict::Pass, format!("{total} {what}, at most {most} may be"))
}

/// How a level is taken from its points.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Taken {
    /// The point that at most one in a hundred is above (nearest rank): of a hundred minutes, one may be worse.
    P99,
    /// The highest.
    Most,
}

impl Taken {
    fn of(self, points: &[f64]) -> f64 {
        let mut sorted = points.to_vec();
        sorted.sort_by(f64::total_cmp);
        let rank = match self {
            // Nearest rank: ⌈0.99 n⌉.
            Self::P99 => sorted.len().saturating_mul(99).div_ceil(100),
            Self::Most => sorted.len(),
        };
        sorted.get(rank.saturating_sub(1)).copied().unwrap_or_default()
    }

    fn words(self) -> &'static str {
        match self {
            Self::P99 => "p99 ",
            Self::Most => "at most ",
        }
    }
}

/// Times that must not be longer than `most`; points are in units of `unit` microseconds.
#[must_use]
pub fn level(
    gate: GateKind,
    readings: &[Of],
    taken: Taken,
    unit: u64,
    most: Duration,
    traffic: &Traffic,
) -> GateResult {
    let worst = readings
        .iter()
        .filter_map(|(name, reading)| match reading {
            Reading::Points(points) => Some((micros(taken.of(points), unit), name)),
            Reading::Silent | Reading::Unknown(_) | Reading::Refused(_) => None,
        })
        .max();
    if let Some((found, name)) = worst.filter(|(found, _)| *found > most) {
        let why = format!("{}{found} of {name}, {most} are allowed", taken.words());
        return GateResult::new(gate, Verdict::Fail, why);
    }
    if readings.is_empty() {
        return GateResult::new(gate, Verdict::Pass, "the pipeline has nothing of the kind");
    }
    if let Some(why) = lacking(readings, false).or_else(|| traffic.short()) {
        return GateResult::new(gate, Verdict::Inconclusive, why);
    }
    let found = worst.map_or(Duration::ZERO, |(found, _)| found);
    GateResult::new(gate, Verdict::Pass, format!("{}{found}, {most} are allowed", taken.words()))
}

/// A time of a metric, cut at the bounds of what counts.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "cut at the bounds of what counts")]
fn micros(value: f64, unit: u64) -> Duration {
    Duration::from_micros((value.max(0.0) * unit as f64).round() as u64)
}

/// A metric of the environment file's own.
#[must_use]
pub fn metric(name: &str, reading: &Reading, keep: Bound, traffic: &Traffic) -> GateResult {
    let asked = match keep {
        Bound::Below(bound) => format!("below {bound}"),
        Bound::Above(bound) => format!("above {bound}"),
    };
    let result = |verdict, why| GateResult::new(GateKind::Metric, verdict, why).named(name);
    let worst = match reading {
        Reading::Points(points) => points.iter().copied().reduce(|one, other| keep.worse(one, other)),
        Reading::Silent | Reading::Unknown(_) | Reading::Refused(_) => None,
    };
    let Some(worst) = worst else {
        let why = lacking(&[("it".to_owned(), reading.clone())], false);
        return result(Verdict::Inconclusive, why.unwrap_or_else(|| "it published nothing".to_owned()));
    };
    if !keep.holds(worst) {
        return result(Verdict::Fail, format!("{worst} is not {asked}"));
    }
    match traffic.short() {
        Some(why) => result(Verdict::Inconclusive, why),
        None => result(Verdict::Pass, format!("{worst} is {asked}")),
    }
}

/// Alarms, of which some ring; or why they cannot be read.
#[must_use]
pub fn alarms(ringing: &Result<Vec<String>, String>, watched: usize) -> GateResult {
    match ringing {
        Ok(names) if names.is_empty() && watched == 0 => {
            GateResult::new(GateKind::Alarms, Verdict::Inconclusive, "there is no alarm that could ring")
        }
        Ok(names) if names.is_empty() => {
            GateResult::new(GateKind::Alarms, Verdict::Pass, format!("none of {watched} is in ALARM"))
        }
        Ok(names) => GateResult::new(GateKind::Alarms, Verdict::Fail, format!("in ALARM: {}", several(names))),
        Err(why) => GateResult::new(GateKind::Alarms, Verdict::Inconclusive, format!("alarms cannot be read: {why}")),
    }
}

/// The level that a pipeline has reached, and the one that is asked for.
#[must_use]
pub fn readiness(wanted: ReadinessLevel, reached: u8, needs: &[&str]) -> GateResult {
    let asked = wanted.number();
    if reached >= asked {
        return GateResult::new(GateKind::Readiness, Verdict::Pass, format!("level {reached} of {asked}"));
    }
    let why = format!("level {reached} of {asked}; the next one needs {}", needs.join(", and "));
    GateResult::new(GateKind::Readiness, Verdict::Fail, why)
}

/// What drifted in environments that nobody meant; or why nobody can say. Environments in which nothing is deployed are left out.
#[must_use]
pub fn drift(environments: &[&str], unintended: &Result<Vec<String>, String>) -> GateResult {
    let named = environments.join(" and ");
    match unintended {
        Ok(found) if found.is_empty() && named.is_empty() => {
            GateResult::new(GateKind::Drift, Verdict::Pass, "nothing is deployed that could have drifted")
        }
        Ok(found) if found.is_empty() => {
            GateResult::new(GateKind::Drift, Verdict::Pass, format!("as deployed: {named}"))
        }
        Ok(found) => {
            let why = format!("{} in {named} drifted: {}", found.len(), several(found));
            GateResult::new(GateKind::Drift, Verdict::Fail, why)
        }
        Err(why) => GateResult::new(GateKind::Drift, Verdict::Inconclusive, format!("{named}: {why}")),
    }
}

/// What a month becomes dearer by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Dearer {
    /// By how much, at the ordinary load or at the peak, whichever is judged.
    pub by: Money,
    /// Whether that is above what is allowed.
    pub above: bool,
    /// How many lines nobody can price.
    pub unknown: usize,
}

/// What the change costs, against what it may.
#[must_use]
pub fn budget(most: Money, dearer: &Result<Dearer, String>) -> GateResult {
    match dearer {
        Ok(Dearer { by, above: true, .. }) => {
            let why = format!("a month becomes dearer by {} USD, {most} are allowed", by.to_cents());
            GateResult::new(GateKind::Budget, Verdict::Fail, why)
        }
        Ok(Dearer { by, above: false, unknown: 0 }) => {
            let why = format!("a month becomes dearer by {} USD, {most} are allowed", by.to_cents());
            GateResult::new(GateKind::Budget, Verdict::Pass, why)
        }
        Ok(Dearer { by, above: false, unknown }) => {
            let why =
                format!("a month becomes dearer by at least {} USD, and {unknown} lines have no price", by.to_cents());
            GateResult::new(GateKind::Budget, Verdict::Inconclusive, why)
        }
        Err(why) => GateResult::new(GateKind::Budget, Verdict::Inconclusive, why.clone()),
    }
}

/// Whether changes are made at a moment.
#[must_use]
pub fn window(windows: &[Window], freezes: &[Freeze], now: Timestamp) -> GateResult {
    if let Some(freeze) = freezes.iter().filter(|freeze| freeze.from <= now && now < freeze.to).max_by_key(|f| f.to) {
        let why = format!("frozen until {}: {}", freeze.to, freeze.reason);
        return GateResult::new(GateKind::Window, Verdict::Inconclusive, why).until(Some(freeze.to));
    }
    let mut opens: Option<Timestamp> = None;
    for window in windows {
        match window.at(now) {
            Opening::Open { until } => {
                return GateResult::new(GateKind::Window, Verdict::Pass, format!("open until {until}"));
            }
            Opening::Closed { until } => opens = [opens, until].into_iter().flatten().min(),
        }
    }
    if windows.is_empty() {
        return GateResult::new(GateKind::Window, Verdict::Pass, "nothing is frozen");
    }
    let why =
        opens.map_or_else(|| "no window ever opens".to_owned(), |opens| format!("the next window opens at {opens}"));
    GateResult::new(GateKind::Window, Verdict::Inconclusive, why).until(opens)
}

/// How a command gate ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answered {
    /// With a code, and the last line that it said.
    Code(i32, String),
    /// By a signal.
    Signal,
    /// It took too long and was ended.
    TooLong(Duration),
    /// There is no such program, or it cannot be run: why.
    NotRun(String),
}

/// What a command said: 0 is a pass, 1 a fail, anything else nobody can say.
#[must_use]
pub fn command(name: &str, answered: &Answered) -> GateResult {
    let (verdict, why) = match answered {
        Answered::Code(code, said) => {
            let verdict = match code {
                0 => Verdict::Pass,
                1 => Verdict::Fail,
                _ => Verdict::Inconclusive,
            };
            let said = if said.is_empty() { format!("it ended with {code}") } else { said.clone() };
            (verdict, said)
        }
        Answered::Signal => (Verdict::Inconclusive, "a signal ended it".to_owned()),
        Answered::TooLong(limit) => (Verdict::Inconclusive, format!("it was not done after {limit}")),
        Answered::NotRun(why) => (Verdict::Inconclusive, why.clone()),
    };
    GateResult::new(GateKind::Command, verdict, why).named(name)
}
