//! Alarms, and metrics of the file's own.

use std::collections::BTreeMap;

use super::super::declare::{choice, record};
use super::super::leaf::{
    AlarmPath, Decimal, DimensionText, MetricText, Minutes, Namespace, Positive, Raw, Text, Whole,
};
use crate::units::{LocalName, StageName, Statistic, Timestamp};

record! {
    /// A metric that a handler emits in the embedded metric format.
    "a metric" MetricSpec {
        /// The consumer or worker that emits it.
        by: StageName,
        /// Its namespace. Left out, `Sluice/<pipeline>`.
        namespace: Option<Namespace>,
        /// Its name. Left out, this entry's name in CamelCase.
        name: Option<MetricText>,
        /// Its dimensions, at most 30.
        dimensions: BTreeMap<MetricText, DimensionText>,
        /// Its unit. Left out, `none`.
        unit: Option<MetricUnitChoice>,
        /// What the dashboard shows of it. Left out, `average`.
        statistic: Option<Statistic>,
        /// Alarms on it.
        alarms: BTreeMap<LocalName, MetricAlarmSpec>,
    }

    /// An alarm on a metric of the file's own.
    "an alarm" MetricAlarmSpec {
        /// When it goes off.
        when: WhenChoice,
        /// What is compared. Left out, the metric's statistic.
        statistic: Option<Statistic>,
        /// How long one data point gathers, 1m to 1d. Left out, 1m.
        period: Option<Minutes<1, 1440>>,
        /// How many data points must be bad. Left out, 3, but not more than `of`.
        datapoints: Option<Whole<1, 1440>>,
        /// Of how many data points. Left out, 5, but not fewer than `datapoints`.
        of: Option<Whole<1, 1440>>,
        /// What a missing data point counts as. Left out, `missing`.
        missing: Option<MissingChoice>,
    }

    /// What is normal is learnt.
    "a band" BandSpec {
        /// Its width, in standard deviations.
        band: Positive<Decimal>,
    }

    /// No alarm for a while.
    "a silence" SilenceSpec {
        /// Why.
        reason: Text<500>,
        /// From this day on the alarm is there again.
        until: Timestamp,
    }
}

choice! {
    /// A change to one alarm.
    "a change to an alarm" AlarmChoice {
        /// Another threshold: a duration, a count or a share, as the alarm's metric has it.
        "threshold" => Threshold(Raw),
        /// No alarm until a day, for a stated reason.
        "silence" => Silence(SilenceSpec),
        /// What is normal is learnt, instead of a threshold.
        "anomaly" => Anomaly(BandSpec),
    }

    /// When an alarm goes off.
    "a condition" WhenChoice {
        /// Above a value, in the metric's unit.
        "above" => Above(Raw),
        /// Below a value, in the metric's unit.
        "below" => Below(Raw),
        /// Outside of what is normal.
        "outside" => Outside(BandSpec),
    }

    /// The unit of a metric.
    "a unit" MetricUnitChoice {
        /// A plain number.
        "none" => None,
        /// A number of things.
        "count" => Count,
        /// Percent.
        "percent" => Percent,
        /// Microseconds.
        "microseconds" => Microseconds,
        /// Milliseconds.
        "milliseconds" => Milliseconds,
        /// Seconds.
        "seconds" => Seconds,
        /// Bytes.
        "bytes" => Bytes,
    }

    /// What a missing data point counts as.
    "a meaning of missing data" MissingChoice {
        /// Nothing: the alarm keeps its state.
        "ignore" => Ignore,
        /// Bad.
        "breaching" => Breaching,
        /// Good.
        "not-breaching" => NotBreaching,
        /// The alarm says that it does not know.
        "missing" => Missing,
    }

    /// Alarms that make another one.
    "a composite" CompositeChoice {
        /// It goes off when any of them does: `<stage>.<alarm>`.
        "any" => Any(Vec<AlarmPath>),
        /// It goes off when all of them have.
        "all" => All(Vec<AlarmPath>),
    }
}
