//! The language of `gates` in an environment file.

use std::collections::BTreeMap;

use super::super::file::RoleArn;
use crate::diagnostic::{Code, Diagnostic};
use crate::spec::{
    Decimal, Decode, Definitions, DimensionText, MetricText, Minutes, Node, Positive, Reader, Seconds, Text, Whole,
    checked_texts, choice, record,
};
use crate::units::{Duration, LocalName, PipelineName, Statistic, Timestamp};

record! {
    /// What a promotion must pass.
    "gates" GatesSpec {
        /// How long a release must have run in the environment before.
        soak: Option<Positive<Duration>>,
        /// How long a release is judged here after it was promoted, by the gates that measure.
        bake: Option<Positive<Duration>>,
        /// How many records must have come in before a measurement counts. Left out, 1.
        least_traffic: Option<Whole<1, 1_000_000_000>>,
        /// How far consumers may be behind.
        iterator_age: Option<IteratorAgeGateSpec>,
        /// How many records may have failed.
        failed_records: Option<Whole<0, 1_000_000>>,
        /// How many invocations of functions may have failed.
        errors: Option<Whole<0, 1_000_000>>,
        /// How often functions may have been throttled, and reads and writes of streams.
        throttles: Option<Whole<0, 1_000_000>>,
        /// How endpoints must have answered.
        endpoint: Option<EndpointGateSpec>,
        /// How old records may have been when they were archived, at most.
        freshness: Option<Seconds<1, 604_800>>,
        /// Other metrics, each under a name that people type.
        metrics: BTreeMap<LocalName, MetricGateSpec>,
        /// What alarms must be.
        alarms: Option<AlarmsGateChoice>,
        /// The level of the maturity model that the pipeline must have reached.
        readiness: Option<ReadinessGateChoice>,
        /// How much may have drifted.
        drift: Option<DriftGateChoice>,
        /// Whether the change must be within the environment's `budget`.
        budget: Option<BudgetGateChoice>,
        /// When changes are made. Left out, at any time.
        windows: Vec<WindowSpec>,
        /// When nothing is changed.
        freezes: Vec<FreezeSpec>,
        /// Who must have agreed.
        approval: Option<ApprovalSpec>,
        /// Commands that are asked, each under a name that people type.
        commands: BTreeMap<LocalName, CommandGateSpec>,
        /// Gates that may be overridden although they usually may not.
        overridable: Vec<OverridableChoice>,
    }

    /// How far consumers may be behind.
    "an iterator age gate" IteratorAgeGateSpec {
        /// 99th percentile over the soak time.
        p99: Seconds<1, 604_800>,
    }

    /// How endpoints must have answered; at least one of the two.
    "an endpoint gate" EndpointGateSpec {
        /// How many requests may have failed with an error of the server's.
        errors: Option<Whole<0, 1_000_000>>,
        /// How long a model may take to answer: 99th percentile over the soak time.
        p99: Option<Positive<Duration>>,
    }

    /// A metric that must stay within a bound.
    "a metric gate" MetricGateSpec {
        /// What is measured.
        of: MeasureChoice,
        /// The bound that every data point keeps.
        keep: BoundChoice,
        /// How long one data point gathers, 1m to 1d. Left out, 1m.
        period: Option<Minutes<1, 1440>>,
        /// The pipelines that it is about. Left out, all.
        pipelines: Vec<PipelineName>,
    }

    /// A metric of CloudWatch. `{pipeline}` and `{environment}` in values of dimensions stand for their names.
    "a metric of CloudWatch" MetricOfSpec {
        /// Its namespace, for instance `AWS/Lambda`.
        namespace: Text<255>,
        /// Its name.
        name: MetricText,
        /// Its dimensions, at most 30.
        dimensions: BTreeMap<MetricText, DimensionText>,
        /// What becomes of a period's points. Left out, `average`.
        statistic: Option<Statistic>,
    }

    /// An expression of CloudWatch. `{pipeline}` and `{environment}` in it stand for their names.
    "an expression of CloudWatch" ExpressionSpec {
        /// The expression, as `GetMetricData` takes it.
        text: Text<1024>,
        /// The metrics that it names.
        inputs: BTreeMap<MetricId, MetricOfSpec>,
    }

    /// A time at which changes are made.
    "a window" WindowSpec {
        /// The days of the week on which it begins. Left out, all.
        days: Vec<DayChoice>,
        /// When it begins, for instance `09:00`.
        from: TimeOfDay,
        /// When it ends. What is not after `from` is of the next day.
        to: TimeOfDay,
        /// The offset from UTC that `from` and `to` are in, for instance `+01:00`. Left out, UTC.
        zone: Option<Offset>,
    }

    /// A time at which nothing is changed.
    "a freeze" FreezeSpec {
        /// Its first moment.
        from: Timestamp,
        /// The first moment after it.
        to: Timestamp,
        /// Why.
        reason: Text<500>,
    }

    /// Who must have agreed.
    "an approval gate" ApprovalSpec {
        /// Roles or users, by ARN.
        by: Vec<RoleArn>,
        /// How many of them. Left out, 1.
        count: Option<Whole<1, 20>>,
    }

    /// A command that is asked.
    "a command gate" CommandGateSpec {
        /// The command and its arguments; no shell is between. It gets a JSON document on its standard input.
        run: Vec<Text<1024>>,
        /// How long it may take. Left out, 1m.
        timeout: Option<Seconds<1, 3_600>>,
        /// Variables that it sees besides the usual ones; a name may end with `*`.
        variables: Vec<VariablePattern>,
        /// The pipelines that it is about. Left out, all.
        pipelines: Vec<PipelineName>,
    }
}

choice! {
    /// What a metric gate measures.
    "a measurement" MeasureChoice {
        /// One metric.
        "metric" => Metric(MetricOfSpec),
        /// An expression over metrics, a search or a query.
        "expression" => Expression(ExpressionSpec),
    }

    /// The bound that every data point keeps.
    "a bound" BoundChoice {
        /// Each is below this.
        "below" => Below(Decimal),
        /// Each is above this.
        "above" => Above(Decimal),
    }

    /// What alarms must be.
    "an alarm gate" AlarmsGateChoice {
        /// None is in ALARM.
        "quiet" => Quiet,
    }

    /// A level of the maturity model.
    "a readiness level" ReadinessGateChoice {
        /// 1: records are worked on, one by one.
        "reactive" => Reactive,
        /// 2: state is kept over time, and forgotten again.
        "stateful" => Stateful,
        /// 3: features are kept for models, and records for their training.
        "feature-store" => FeatureStore,
        /// 4: a model that drifts is seen, and the next one proves itself on live records.
        "continuous" => Continuous,
    }

    /// How much may have drifted.
    "a drift gate" DriftGateChoice {
        /// Nothing that nobody meant.
        "none" => None,
    }

    /// Whether the budget is held.
    "a budget gate" BudgetGateChoice {
        /// The change adds no more to a month than the environment's `budget` allows.
        "within" => Within,
    }

    /// A gate that may be overridden although it usually may not.
    "a gate" OverridableChoice {
        /// That the release was verified in the environment before.
        "verified" => Verified,
        /// That who must agree did.
        "approval" => Approval,
    }

    /// A day of the week.
    "a day of the week" DayChoice {
        /// Monday.
        "monday" => Monday,
        /// Tuesday.
        "tuesday" => Tuesday,
        /// Wednesday.
        "wednesday" => Wednesday,
        /// Thursday.
        "thursday" => Thursday,
        /// Friday.
        "friday" => Friday,
        /// Saturday.
        "saturday" => Saturday,
        /// Sunday.
        "sunday" => Sunday,
    }
}

checked_texts! {
    /// The name of a metric inside an expression.
    MetricId <= 255, "the name of a metric in an expression", "errors", "^[a-z][A-Za-z0-9_]*$",
        |text| text.starts_with(|c: char| c.is_ascii_lowercase())
            && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
    /// A time of the day.
    TimeOfDay <= 64, "a time of the day", "09:00", "^([01][0-9]|2[0-3]):[0-5][0-9]$",
        |text| minutes_of_day(text).is_some();
    /// An offset from UTC.
    Offset <= 64, "an offset from UTC", "+01:00", "^[+-](0[0-9]|1[0-4]):[0-5][0-9]$",
        |text| offset_minutes(text).is_some();
    /// A variable, or the beginning of the names of several.
    VariablePattern <= 256, "the name of a variable", "CHANGE_*", "^[A-Za-z_][A-Za-z0-9_]*\\*?$",
        |text| text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
            && text.strip_suffix('*').unwrap_or(text).bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
}

/// Minutes since midnight of a time of the day: `09:30` is 570.
pub(super) fn minutes_of_day(text: &str) -> Option<u32> {
    let (hours, minutes) = text.split_once(':')?;
    let number = |text: &str, most: u32| {
        let digits = text.len() == 2 && text.bytes().all(|b| b.is_ascii_digit());
        text.parse::<u32>().ok().filter(|number| digits && *number <= most)
    };
    Some(number(hours, 23)? * 60 + number(minutes, 59)?)
}

/// Minutes that an offset is ahead of UTC: `-01:30` is -90.
pub(super) fn offset_minutes(text: &str) -> Option<i32> {
    let (sign, rest) = match (text.strip_prefix('+'), text.strip_prefix('-')) {
        (Some(rest), _) => (1, rest),
        (None, Some(rest)) => (-1, rest),
        (None, None) => return None,
    };
    let minutes = i32::try_from(minutes_of_day(rest)?).ok()?;
    (minutes <= 14 * 60).then_some(sign * minutes)
}
