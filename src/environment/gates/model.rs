//! Gates as read, every default filled in.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::units::{Duration, LocalName, PipelineName, Statistic, Timestamp};

/// What a promotion to an environment must pass. A gate that is `None`, `false` or empty is not asked for.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Gates {
    /// How long the release must have run in the environment before.
    pub soak: Option<Duration>,
    /// How long a release is judged here after it was promoted.
    pub bake: Option<Duration>,
    /// How many records must have come in before a measurement counts, at least 1.
    pub least_traffic: Option<u32>,
    /// How far consumers may have been behind, 99th percentile over the soak time.
    pub iterator_age_p99: Option<Duration>,
    /// How many records may have failed.
    pub failed_records: Option<u32>,
    /// How many invocations may have failed.
    pub errors: Option<u32>,
    /// How often functions may have been throttled, and reads and writes of streams.
    pub throttles: Option<u32>,
    /// How many requests to endpoints may have failed with an error of the server's.
    pub endpoint_errors: Option<u32>,
    /// How long a model may have taken to answer, 99th percentile over the soak time.
    pub endpoint_p99: Option<Duration>,
    /// How old records may have been when they were archived.
    pub freshness: Option<Duration>,
    /// Other metrics.
    pub metrics: BTreeMap<LocalName, MetricGate>,
    /// Whether no alarm may ring.
    pub alarms_quiet: bool,
    /// The level that the pipeline must have reached.
    pub readiness: Option<ReadinessLevel>,
    /// Whether nothing may have drifted.
    pub no_drift: bool,
    /// Whether the change must be within the environment's budget.
    pub within_budget: bool,
    /// When changes are made; at any time where there is none.
    pub windows: Vec<Window>,
    /// When nothing is changed.
    pub freezes: Vec<Freeze>,
    /// Who must have agreed.
    pub approval: Option<Approval>,
    /// Commands that are asked.
    pub commands: BTreeMap<LocalName, CommandGate>,
    /// Gates that may be overridden although they usually may not.
    pub overridable: Vec<Overridable>,
}

/// Who must agree to a promotion.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Approval {
    /// Roles or users, by ARN.
    pub by: Vec<String>,
    /// How many of them; at most as many as there are.
    pub count: u32,
}

/// A metric that must stay within a bound.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct MetricGate {
    /// What is measured.
    pub of: Measured,
    /// The bound that every data point keeps.
    pub keep: Bound,
    /// How long one data point gathers.
    pub period: Duration,
    /// The pipelines that it is about; all where there is none.
    pub pipelines: Vec<PipelineName>,
}

/// What a metric gate measures.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Measured {
    /// One metric.
    Metric(MetricOf),
    /// An expression over metrics.
    Expression {
        /// As `GetMetricData` takes it.
        text: String,
        /// The metrics that it names.
        inputs: BTreeMap<String, MetricOf>,
    },
}

/// A metric of CloudWatch.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct MetricOf {
    /// Its namespace.
    pub namespace: String,
    /// Its name.
    pub name: String,
    /// Its dimensions.
    pub dimensions: BTreeMap<String, String>,
    /// What becomes of a period's points.
    #[serde(serialize_with = "as_text")]
    pub statistic: Statistic,
}

fn as_text<S: serde::Serializer>(statistic: &Statistic, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(statistic)
}

/// The bound that every data point keeps.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Bound {
    /// Each is below this.
    Below(f64),
    /// Each is above this.
    Above(f64),
}

impl Bound {
    /// Whether a value keeps it.
    #[must_use]
    pub fn holds(self, value: f64) -> bool {
        match self {
            Self::Below(bound) => value < bound,
            Self::Above(bound) => value > bound,
        }
    }

    /// Of two values, the one that is nearer to breaking it.
    #[must_use]
    pub fn worse(self, one: f64, other: f64) -> f64 {
        match self {
            Self::Below(_) => one.max(other),
            Self::Above(_) => one.min(other),
        }
    }
}

/// A level of the maturity model.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum ReadinessLevel {
    /// 1: records are worked on, one by one.
    Reactive,
    /// 2: state is kept over time, and forgotten again.
    Stateful,
    /// 3: features are kept for models, and records for their training.
    FeatureStore,
    /// 4: a model that drifts is seen, and the next one proves itself on live records.
    Continuous,
}

impl ReadinessLevel {
    /// 1 to 4.
    #[must_use]
    pub fn number(self) -> u8 {
        match self {
            Self::Reactive => 1,
            Self::Stateful => 2,
            Self::FeatureStore => 3,
            Self::Continuous => 4,
        }
    }
}

/// A day of the week.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Day {
    /// Monday.
    Monday,
    /// Tuesday.
    Tuesday,
    /// Wednesday.
    Wednesday,
    /// Thursday.
    Thursday,
    /// Friday.
    Friday,
    /// Saturday.
    Saturday,
    /// Sunday.
    Sunday,
}

impl Day {
    /// The week, from Monday.
    pub const ALL: [Self; 7] =
        [Self::Monday, Self::Tuesday, Self::Wednesday, Self::Thursday, Self::Friday, Self::Saturday, Self::Sunday];
}

/// A time of the week at which changes are made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Window {
    /// The days on which it begins; never empty.
    pub days: Vec<Day>,
    /// When it begins: minutes since midnight.
    pub from: u32,
    /// When it ends: minutes since midnight; of the next day where it is not after `from`.
    pub to: u32,
    /// Minutes that `from` and `to` are ahead of UTC.
    pub offset: i32,
}

const MINUTE: i64 = 60_000;
const DAY: i64 = 1_440;

impl Window {
    /// Minutes that it is open each time, 1 to 1,440.
    fn length(&self) -> i64 {
        let (from, to) = (i64::from(self.from), i64::from(self.to));
        if to > from { to - from } else { to - from + DAY }
    }

    /// Whether it is open at a moment, until when; and if it is not, when it opens next.
    #[must_use]
    pub fn at(&self, moment: Timestamp) -> Opening {
        // Minutes since 1970 by the window's own clock; that day was a Thursday.
        let now = moment.as_millis().div_euclid(MINUTE) + i64::from(self.offset);
        let back = |local: i64| Timestamp::from_millis((local - i64::from(self.offset)) * MINUTE);
        let today = now.div_euclid(DAY);
        let mut next = None;
        // One that began yesterday may still be open, and within a week every day comes.
        for day in (today - 1)..=(today + 7) {
            let weekday = usize::try_from((day + 3).rem_euclid(7)).unwrap_or_default();
            if !Day::ALL.get(weekday).is_some_and(|day| self.days.contains(day)) {
                continue;
            }
            let (opens, closes) = (day * DAY + i64::from(self.from), day * DAY + i64::from(self.from) + self.length());
            if (opens..closes).contains(&now) {
                return Opening::Open { until: back(closes) };
            }
            if opens > now {
                next = next.or(Some(back(opens)));
            }
        }
        Opening::Closed { until: next }
    }
}

/// Whether a window is open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Opening {
    /// It is.
    Open {
        /// The first moment after it.
        until: Timestamp,
    },
    /// It is not.
    Closed {
        /// When it opens next; none where it never does.
        until: Option<Timestamp>,
    },
}

/// A time at which nothing is changed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Freeze {
    /// Its first moment.
    pub from: Timestamp,
    /// The first moment after it.
    pub to: Timestamp,
    /// Why.
    pub reason: String,
}

/// A command that is asked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct CommandGate {
    /// The command and its arguments; never empty.
    pub run: Vec<String>,
    /// How long it may take.
    pub timeout: Duration,
    /// Variables that it sees besides the usual ones; a name may end with `*`.
    pub variables: Vec<String>,
    /// The pipelines that it is about; all where there is none.
    pub pipelines: Vec<PipelineName>,
}

/// A gate that may be overridden although it usually may not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Overridable {
    /// That the release was verified in the environment before.
    Verified,
    /// That who must agree did.
    Approval,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn moment(text: &str) -> Timestamp {
        Timestamp::parse(text).expect(text)
    }

    fn window(days: &[Day], from: u32, to: u32, offset: i32) -> Window {
        Window { days: days.to_vec(), from, to, offset }
    }

    #[test]
    fn a_window_is_open_from_its_first_minute_to_before_its_last() {
        // 2026-01-05 is a Monday.
        let office = window(&[Day::Monday, Day::Tuesday], 9 * 60, 17 * 60, 0);
        let open = Opening::Open { until: moment("2026-01-05T17:00:00Z") };
        assert_eq!(office.at(moment("2026-01-05T09:00:00Z")), open);
        assert_eq!(office.at(moment("2026-01-05T16:59:59Z")), open);
        let closed = |text| Opening::Closed { until: Some(moment(text)) };
        assert_eq!(office.at(moment("2026-01-05T08:59:59Z")), closed("2026-01-05T09:00:00Z"));
        assert_eq!(office.at(moment("2026-01-05T17:00:00Z")), closed("2026-01-06T09:00:00Z"));
        assert_eq!(office.at(moment("2026-01-06T17:00:00Z")), closed("2026-01-12T09:00:00Z"));
    }

    #[test]
    fn a_window_over_midnight_belongs_to_the_day_on_which_it_begins() {
        let night = window(&[Day::Friday], 22 * 60, 2 * 60, 0);
        let open = Opening::Open { until: moment("2026-01-10T02:00:00Z") };
        assert_eq!(night.at(moment("2026-01-09T23:00:00Z")), open);
        assert_eq!(night.at(moment("2026-01-10T01:59:00Z")), open);
        let closed = Opening::Closed { until: Some(moment("2026-01-09T22:00:00Z")) };
        assert_eq!(night.at(moment("2026-01-09T01:00:00Z")), closed);
    }

    #[test]
    fn a_windows_clock_is_its_own() {
        let office = window(&[Day::Monday], 60, 120, 120);
        assert_eq!(
            office.at(moment("2026-01-04T23:00:00Z")),
            Opening::Open { until: moment("2026-01-05T00:00:00Z") },
            "01:00 on Monday at +02:00 is Sunday, 23:00 UTC"
        );
        let whole = window(&Day::ALL, 0, 0, 0);
        assert!(matches!(whole.at(moment("2026-01-04T23:00:00Z")), Opening::Open { .. }), "a day from 0:00 to 0:00");
    }
}
