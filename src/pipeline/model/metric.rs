//! Alarms, and metrics of the file's own.

use std::collections::BTreeMap;

use crate::pipeline::stage::{AlarmId, StageRef};
use crate::units::{Duration, LocalName, StageName, Statistic, Timestamp};

/// A change to one recommended alarm.
#[derive(Clone, Debug, PartialEq)]
pub enum AlarmTuning {
    /// Another threshold, as a number in the unit of the alarm's metric ([`super::AlarmId::unit`]).
    Threshold(f64),
    /// What is normal is learnt, instead of a threshold.
    Anomaly {
        /// Width of the band in standard deviations, above 0.
        band: f64,
    },
    /// No alarm until a day, for a stated reason.
    Silence {
        /// Why.
        reason: String,
        /// From this moment on the alarm is there again.
        until: Timestamp,
    },
}

/// A metric that a handler emits in the embedded metric format.
#[derive(Clone, Debug, PartialEq)]
pub struct Metric {
    /// Its name in the pipeline.
    pub name: StageName,
    /// Its namespace in CloudWatch.
    pub namespace: String,
    /// Its name in CloudWatch.
    pub metric: String,
    /// The consumer or worker that emits it.
    pub by: StageRef,
    /// Its dimensions, at most 30.
    pub dimensions: BTreeMap<String, String>,
    /// Its unit.
    pub unit: EmittedUnit,
    /// What the dashboard shows of it.
    pub statistic: Statistic,
    /// Alarms on it.
    pub alarms: BTreeMap<LocalName, MetricAlarm>,
}

/// An alarm on a metric of the file's own.
#[derive(Clone, Debug, PartialEq)]
pub struct MetricAlarm {
    /// When it goes off.
    pub when: Condition,
    /// What is compared.
    pub statistic: Statistic,
    /// How long one data point gathers, in whole minutes.
    pub period: Duration,
    /// How many data points must be bad, at most `of`.
    pub datapoints: u32,
    /// Of how many.
    pub of: u32,
    /// What a missing data point counts as.
    pub missing: MissingData,
}

/// When an alarm goes off. Numbers are in the metric's unit.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Condition {
    /// Above a value.
    Above(f64),
    /// Below a value.
    Below(f64),
    /// Outside of what is normal.
    Outside {
        /// Width of the band in standard deviations, above 0.
        band: f64,
    },
}

/// What a missing data point counts as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MissingData {
    /// Nothing: the alarm keeps its state.
    Ignore,
    /// Bad.
    Breaching,
    /// Good.
    NotBreaching,
    /// The alarm says that it does not know.
    Missing,
}

impl MissingData {
    /// As CloudWatch spells it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ignore => "ignore",
            Self::Breaching => "breaching",
            Self::NotBreaching => "notBreaching",
            Self::Missing => "missing",
        }
    }
}

/// The unit that a handler gives with a metric.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EmittedUnit {
    /// A plain number.
    None,
    /// A number of things.
    Count,
    /// Percent, 0 to 100.
    Percent,
    /// Microseconds.
    Microseconds,
    /// Milliseconds.
    Milliseconds,
    /// Seconds.
    Seconds,
    /// Bytes.
    Bytes,
}

impl EmittedUnit {
    /// As CloudWatch spells it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::None => "None",
            Self::Count => "Count",
            Self::Percent => "Percent",
            Self::Microseconds => "Microseconds",
            Self::Milliseconds => "Milliseconds",
            Self::Seconds => "Seconds",
            Self::Bytes => "Bytes",
        }
    }
}

/// An alarm made of other alarms.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Composite {
    /// Its name in the pipeline.
    pub name: LocalName,
    /// Whether any of them is enough.
    pub rule: CompositeRule,
    /// The alarms, at least one, each once.
    pub alarms: Vec<AlarmRef>,
}

/// When a composite goes off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CompositeRule {
    /// When any of its alarms does.
    Any,
    /// When all of its alarms have.
    All,
}

/// One alarm.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum AlarmRef {
    /// A recommended one.
    Recommended(StageName, AlarmId),
    /// One of a metric.
    Metric(StageName, LocalName),
}
