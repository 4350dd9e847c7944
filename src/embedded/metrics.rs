//! Metrics and alarms: data points as they are published, and the state that each alarm has because of them.
//!
//! Points are kept in ten-second sums for a day. A percentile is read as the maximum, because the single values
//! are not kept: an alarm on it can only be too careful. What is expected of a metric (`ANOMALY_DETECTION_BAND`) is
//! the mean of the kept day and so many standard deviations around it; CloudWatch's own model also knows hours and
//! weekdays.

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::back::Back;
use super::{expression, rule};
use crate::units::{Duration, Timestamp};

const BUCKET: i64 = 10_000;
const KEPT: Duration = Duration::from_secs(86_400);

/// The state of an alarm.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum AlarmState {
    /// Within its bounds.
    #[serde(rename = "OK")]
    Ok,
    /// Beyond them.
    #[serde(rename = "ALARM")]
    Alarm,
    /// Nothing to judge by.
    #[serde(rename = "INSUFFICIENT_DATA")]
    InsufficientData,
}

impl AlarmState {
    /// As CloudWatch writes it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "OK",
            Self::Alarm => "ALARM",
            Self::InsufficientData => "INSUFFICIENT_DATA",
        }
    }
}

/// An alarm and its state.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Alarm {
    definition: Map<String, Value>,
    #[serde(skip)]
    read: Read,
    /// Its state.
    pub state: AlarmState,
    /// Since when it has it.
    pub since: Timestamp,
}

/// What was published in ten seconds.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Sum {
    total: f64,
    count: f64,
    least: f64,
    most: f64,
}

/// What the definition of an alarm says, read when it is first judged: alarms are judged again and again.
#[derive(Clone, Debug, Default)]
struct Read {
    watched: OnceLock<Option<Arc<Watched>>>,
    /// For composites: judged at least once since it was defined.
    judged: OnceLock<()>,
}

impl PartialEq for Read {
    /// It follows from the definition.
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

/// What an alarm watches: keys and statistics of metrics, by the ids under which an expression names them.
#[derive(Debug)]
struct Watched {
    metrics: BTreeMap<String, (String, String)>,
    expression: String,
    /// Seconds.
    period: f64,
    /// What it is compared with, if not with a number.
    band: Option<Band>,
}

/// What is expected of a metric: `ANOMALY_DETECTION_BAND(metric, width)`.
#[derive(Debug)]
struct Band {
    metric: String,
    /// Standard deviations.
    width: f64,
}

impl Band {
    fn read(expression: &str) -> Option<Self> {
        let inner = expression.trim().strip_prefix("ANOMALY_DETECTION_BAND")?.trim_start().strip_prefix('(')?;
        let (metric, width) = inner.trim_end().strip_suffix(')')?.split_once(',').unwrap_or((inner, "2"));
        Some(Self { metric: metric.trim().trim_end_matches(')').to_owned(), width: width.trim().parse().ok()? })
    }
}

/// What a value is compared with.
#[derive(Clone, Copy)]
struct Limits {
    low: f64,
    high: f64,
}

/// So many periods have to lie behind before anything is expected of a metric.
const TRAINED: usize = 60;

/// A metric's name: namespace, name, dimensions in order.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct MetricName {
    /// For instance `AWS/Lambda`.
    pub namespace: String,
    /// For instance `IteratorAge`.
    pub name: String,
    /// By dimension name.
    pub dimensions: BTreeMap<String, String>,
}

impl MetricName {
    /// A metric with one dimension.
    #[must_use]
    pub(crate) fn of(namespace: &str, name: &str, dimension: &str, value: &str) -> Self {
        Self {
            namespace: namespace.to_owned(),
            name: name.to_owned(),
            dimensions: BTreeMap::from([(dimension.to_owned(), value.to_owned())]),
        }
    }

    /// Under which its points are kept.
    #[must_use]
    pub(crate) fn key(&self) -> String {
        let dimensions: Vec<String> = self.dimensions.iter().map(|(name, value)| format!("{name}={value}")).collect();
        format!("{}|{}|{}", self.namespace, self.name, dimensions.join(","))
    }

    /// Reads what it is kept under. A comma in the value of a dimension is taken for the end of the value.
    fn of_key(key: &str) -> Option<Self> {
        let mut parts = key.splitn(3, '|');
        let (namespace, name, dimensions) = (parts.next()?, parts.next()?, parts.next()?);
        let dimensions = dimensions.split(',').filter_map(|pair| pair.split_once('='));
        Some(Self {
            namespace: namespace.to_owned(),
            name: name.to_owned(),
            dimensions: dimensions.map(|(name, value)| (name.to_owned(), value.to_owned())).collect(),
        })
    }

    /// Reads namespace, name and dimensions of anything that has them.
    #[must_use]
    pub(crate) fn read(from: &Map<String, Value>) -> Option<Self> {
        let field = |name: &str| from.get(name).and_then(Value::as_str).map(str::to_owned);
        let dimensions = from
            .get("Dimensions")
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
            .filter_map(|pair| Some((pair.get("Name")?.as_str()?.to_owned(), pair.get("Value")?.as_str()?.to_owned())))
            .collect();
        Some(Self { namespace: field("Namespace")?, name: field("MetricName")?, dimensions })
    }
}

/// Every metric's points.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct Metrics(BTreeMap<String, BTreeMap<i64, Sum>>);

impl Metrics {
    /// Adds a point.
    pub(crate) fn publish(&mut self, metric: &MetricName, at: Timestamp, value: f64) {
        let series = self.0.entry(metric.key()).or_default();
        let bucket = at.as_millis().div_euclid(BUCKET) * BUCKET;
        series
            .entry(bucket)
            .and_modify(|sum| {
                sum.total += value;
                sum.count += 1.0;
                sum.least = sum.least.min(value);
                sum.most = sum.most.max(value);
            })
            .or_insert(Sum { total: value, count: 1.0, least: value, most: value });
        let oldest = at.as_millis() - i64::try_from(KEPT.as_millis()).unwrap_or(i64::MAX);
        while series.first_key_value().is_some_and(|(&first, _)| first < oldest) {
            series.pop_first();
        }
    }

    /// The names of metrics of which points are kept, of a namespace and a name where they are given.
    pub(crate) fn names(&self, namespace: Option<&str>, name: Option<&str>) -> Vec<MetricName> {
        let read = self.0.keys().filter_map(|key| MetricName::of_key(key));
        read.filter(|metric| namespace.is_none_or(|wanted| metric.namespace == wanted))
            .filter(|metric| name.is_none_or(|wanted| metric.name == wanted))
            .collect()
    }

    /// What is expected of a metric's periods before `until`: the mean and so many standard deviations around it.
    /// `None` until enough periods lie behind.
    #[must_use]
    pub(crate) fn expected(
        &self,
        key: &str,
        statistic: &str,
        period: i64,
        until: i64,
        width: f64,
    ) -> Option<(f64, f64)> {
        let first = *self.0.get(key)?.first_key_value()?.0;
        let starts = (first.div_euclid(period) * period..until).step_by(usize::try_from(period).ok()?.max(1));
        let values: Vec<f64> = starts
            .filter(|start| start + period <= until)
            .filter_map(|start| {
                let (from, to) = (Timestamp::from_millis(start), Timestamp::from_millis(start + period));
                self.statistic(key, statistic, from, to)
            })
            .collect();
        if values.len() < TRAINED {
            return None;
        }
        let count = values.len() as f64;
        let mean = values.iter().sum::<f64>() / count;
        let deviation = (values.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / count).sqrt();
        Some((mean - width * deviation, mean + width * deviation))
    }

    /// A statistic over `[from, until)`; `None` if nothing was published.
    #[must_use]
    pub(crate) fn statistic(&self, key: &str, statistic: &str, from: Timestamp, until: Timestamp) -> Option<f64> {
        let series = self.0.get(key)?;
        let sums: Vec<&Sum> = series.range(from.as_millis()..until.as_millis()).map(|(_, sum)| sum).collect();
        if sums.is_empty() {
            return None;
        }
        let total: f64 = sums.iter().map(|sum| sum.total).sum();
        let count: f64 = sums.iter().map(|sum| sum.count).sum();
        Some(match statistic {
            "Sum" => total,
            "SampleCount" => count,
            "Minimum" => sums.iter().map(|sum| sum.least).fold(f64::INFINITY, f64::min),
            "Average" => total / count,
            // Maximum, and every percentile.
            _ => sums.iter().map(|sum| sum.most).fold(f64::NEG_INFINITY, f64::max),
        })
    }
}

impl Alarm {
    /// An alarm as defined; one that was there keeps its state until it is judged again.
    #[must_use]
    pub(crate) fn defined(definition: &Map<String, Value>, old: Option<Self>, now: Timestamp) -> Self {
        let (state, since) = old.map_or((AlarmState::InsufficientData, now), |old| (old.state, old.since));
        Self { definition: definition.clone(), read: Read::default(), state, since }
    }

    /// Its definition, by property.
    #[must_use]
    pub(crate) fn definition(&self) -> &Map<String, Value> {
        &self.definition
    }

    /// The rule of a composite alarm.
    #[must_use]
    pub(crate) fn rule(&self) -> Option<&str> {
        self.definition.get("AlarmRule").and_then(Value::as_str)
    }

    fn number(&self, name: &str) -> Option<f64> {
        match self.definition.get(name)? {
            Value::Number(number) => number.as_f64(),
            Value::String(text) => text.parse().ok(),
            Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
        }
    }

    fn text(&self, name: &str) -> Option<&str> {
        self.definition.get(name).and_then(Value::as_str)
    }

    /// What is watched: one metric, or an expression over several.
    fn watched(&self) -> Option<Watched> {
        let Some(queries) = self.definition.get("Metrics").and_then(Value::as_array) else {
            let metric = MetricName::read(&self.definition)?;
            let statistic = self.text("Statistic").or_else(|| self.text("ExtendedStatistic")).unwrap_or("Average");
            let one = (metric.key(), statistic.to_owned());
            let period = self.number("Period").unwrap_or(60.0);
            return Some(Watched {
                metrics: BTreeMap::from([("m".to_owned(), one)]),
                expression: "m".to_owned(),
                period,
                band: None,
            });
        };
        let text = |query: &Value, name: &str| query.get(name).and_then(Value::as_str).map(str::to_owned);
        let mut watched = Watched { metrics: BTreeMap::new(), expression: String::new(), period: 60.0, band: None };
        for query in queries {
            let id = text(query, "Id")?;
            // The one that is returned decides; all of them are, unless they say otherwise.
            let decides = !matches!(query.get("ReturnData"), Some(Value::Bool(false)))
                && query.get("ReturnData").and_then(Value::as_str) != Some("false");
            match query.get("MetricStat") {
                Some(stat) => {
                    let metric = MetricName::read(stat.get("Metric")?.as_object()?)?;
                    watched.metrics.insert(id.clone(), (metric.key(), text(stat, "Stat")?));
                    watched.period = stat.get("Period").and_then(Value::as_f64).unwrap_or(60.0);
                    if decides {
                        watched.expression = id;
                    }
                }
                None => {
                    let expression = text(query, "Expression")?;
                    match Band::read(&expression) {
                        Some(band) => watched.band = Some(band),
                        None if decides => watched.expression = expression,
                        None => {}
                    }
                }
            }
        }
        Some(watched)
    }

    /// What values are compared with: a number, or what is expected of the metric before the periods that are judged.
    fn limits(&self, watched: &Watched, metrics: &Metrics, period: i64, until: i64) -> Option<Limits> {
        match &watched.band {
            None => {
                let threshold = self.number("Threshold").unwrap_or(0.0);
                Some(Limits { low: threshold, high: threshold })
            }
            Some(band) => {
                let (metric, statistic) = watched.metrics.get(&band.metric)?;
                let (low, high) = metrics.expected(metric, statistic, period, until, band.width)?;
                Some(Limits { low, high })
            }
        }
    }

    fn compare(&self, value: f64, limits: Limits) -> bool {
        match self.text("ComparisonOperator").unwrap_or_default() {
            "GreaterThanOrEqualToThreshold" => value >= limits.high,
            "LessThanThreshold" | "LessThanLowerThreshold" => value < limits.low,
            "LessThanOrEqualToThreshold" => value <= limits.low,
            "LessThanLowerOrGreaterThanUpperThreshold" => value < limits.low || value > limits.high,
            _ => value > limits.high,
        }
    }

    /// M of N: the state that the metric's last N periods give. The period under way counts
    /// once it has data, against an upper bound.
    #[must_use]
    pub(crate) fn judge(&self, metrics: &Metrics, now: Timestamp) -> AlarmState {
        let read = self.read.watched.get_or_init(|| self.watched().map(Arc::new));
        let Some(watched) = read.as_deref() else { return AlarmState::InsufficientData };
        if let Some(state) = self.without_data(watched, metrics) {
            return state;
        }
        let period = (watched.period as i64).max(10) * 1_000;
        let periods = self.number("EvaluationPeriods").unwrap_or(1.0).max(1.0) as i64;
        let needed = self.number("DatapointsToAlarm").unwrap_or(periods as f64).max(1.0) as i64;
        let value = |start: i64| {
            let (from, until) = (Timestamp::from_millis(start), Timestamp::from_millis(start + period));
            let of = |(key, statistic): &(String, String)| metrics.statistic(key, statistic, from, until);
            match watched.metrics.get(&watched.expression) {
                Some(one) => of(one),
                None => expression::evaluate(&watched.expression, &|id| of(watched.metrics.get(id)?)),
            }
        };
        let current = now.as_millis().div_euclid(period) * period;
        // A sum under way can only grow: beyond an upper bound it is beyond it for good, below a lower one not yet.
        let upper =
            watched.band.is_none() && self.text("ComparisonOperator").unwrap_or_default().starts_with("Greater");
        let fresh = upper
            && watched.metrics.values().any(|(metric, statistic)| {
                let (from, until) = (Timestamp::from_millis(current), Timestamp::from_millis(current + period));
                metrics.statistic(metric, statistic, from, until).is_some()
            });
        let last = if fresh { current } else { current - period };
        // As long as nothing is expected of the metric, nothing can be judged: its periods count as missing.
        let limits = self.limits(watched, metrics, period, last - (periods - 1) * period);
        let values: Vec<Option<f64>> = match watched.metrics.values().any(|(key, _)| metrics.0.contains_key(key)) {
            true => (0..periods).map(|back| limits.and(value(last - back * period))).collect(),
            // Where nothing was ever published, one period is like another.
            false => vec![limits.and(value(last)); usize::try_from(periods).unwrap_or(1)],
        };
        let beyond = |value: f64| limits.is_some_and(|limits| self.compare(value, limits));
        let breaching = values.iter().flatten().filter(|value| beyond(**value)).count() as i64;
        let missing = values.iter().filter(|value| value.is_none()).count() as i64;
        let treatment = self.text("TreatMissingData").unwrap_or("missing");
        if breaching >= needed || (treatment == "breaching" && breaching + missing >= needed) {
            AlarmState::Alarm
        } else if missing < periods {
            AlarmState::Ok
        } else {
            self.when_missing(treatment)
        }
    }

    fn when_missing(&self, treatment: &str) -> AlarmState {
        match treatment {
            "breaching" => AlarmState::Alarm,
            "notBreaching" => AlarmState::Ok,
            "ignore" => self.state,
            _ => AlarmState::InsufficientData,
        }
    }

    /// The state of an alarm on a metric that nobody ever published: all its periods are missing, now and until somebody
    /// does. Most alarms of a cloud are, and all are judged whenever time passes.
    fn without_data(&self, watched: &Watched, metrics: &Metrics) -> Option<AlarmState> {
        let (key, _) = watched.metrics.get(&watched.expression).filter(|_| watched.band.is_none())?;
        let silent = !metrics.0.contains_key(key);
        silent.then(|| self.when_missing(self.text("TreatMissingData").unwrap_or("missing")))
    }
}

impl Back {
    /// Judges every alarm at this moment; composites after what they are made of.
    pub(crate) fn judge_alarms(&mut self) {
        let now = self.now;
        let judged: Vec<(String, AlarmState)> = self
            .world
            .alarms
            .iter()
            .filter(|(_, alarm)| alarm.rule().is_none())
            .filter_map(|(name, alarm)| {
                let state = alarm.judge(&self.world.metrics, now);
                (state != alarm.state).then(|| (name.clone(), state))
            })
            .collect();
        // A rule can only give another answer where a state changed, or where the rule is new.
        let is_new = |alarm: &Alarm| alarm.rule().is_some() && alarm.read.judged.set(()).is_ok();
        let new = self.world.alarms.values().filter(|alarm| is_new(alarm)).count() > 0;
        if !self.enter(judged, now) && !new {
            return;
        }
        // Composites may be made of composites; each pass settles one more level.
        for _ in 0..self.world.alarms.len() {
            let judged: Vec<(String, AlarmState)> = self
                .world
                .alarms
                .iter()
                .filter_map(|(name, alarm)| {
                    let state_of = |name: &str| self.world.alarms.get(name).map(|alarm| alarm.state);
                    let on = rule::holds(alarm.rule()?, &state_of)?;
                    let state = if on { AlarmState::Alarm } else { AlarmState::Ok };
                    (state != alarm.state).then(|| (name.clone(), state))
                })
                .collect();
            if !self.enter(judged, now) {
                break;
            }
        }
    }

    fn enter(&mut self, judged: Vec<(String, AlarmState)>, now: Timestamp) -> bool {
        let mut changed = false;
        for (name, state) in judged {
            if let Some(alarm) = self.world.alarms.get_mut(&name).filter(|alarm| alarm.state != state) {
                alarm.state = state;
                alarm.since = now;
                changed = true;
            }
        }
        changed
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn at(minute: i64) -> Timestamp {
        Timestamp::from_millis(minute * 60_000)
    }

    fn alarm(extra: Value) -> Alarm {
        let mut definition = json!({
            "Namespace": "AWS/Lambda", "MetricName": "IteratorAge", "Statistic": "Maximum", "Period": 60,
            "Dimensions": [{"Name": "FunctionName", "Value": "f"}],
            "EvaluationPeriods": 3, "DatapointsToAlarm": 2, "Threshold": 100, "ComparisonOperator": "GreaterThanThreshold",
        });
        super::super::back::merge(&mut definition, &extra);
        Alarm::defined(definition.as_object().unwrap(), None, at(0))
    }

    fn metric() -> MetricName {
        MetricName::of("AWS/Lambda", "IteratorAge", "FunctionName", "f")
    }

    #[test]
    fn two_of_three_periods_beyond_the_threshold_alarm() {
        let mut metrics = Metrics::default();
        let alarm = alarm(json!({}));
        metrics.publish(&metric(), at(10), 500.0);
        assert_eq!(alarm.judge(&metrics, at(10)), AlarmState::Ok);
        metrics.publish(&metric(), at(12), 500.0);
        assert_eq!(alarm.judge(&metrics, at(12)), AlarmState::Alarm);
        assert_eq!(alarm.judge(&metrics, at(14)), AlarmState::Ok, "the first point has left the window");
    }

    #[test]
    fn what_leaves_the_expected_band_alarms_once_the_band_is_known() {
        let metric_stat = json!({"Metric": {"Namespace": "AWS/Lambda", "MetricName": "IteratorAge",
            "Dimensions": [{"Name": "FunctionName", "Value": "f"}]}, "Period": 60, "Stat": "Maximum"});
        let definition = json!({
            "EvaluationPeriods": 1, "ComparisonOperator": "LessThanLowerOrGreaterThanUpperThreshold", "ThresholdMetricId": "band",
            "Metrics": [{"Id": "m", "MetricStat": metric_stat}, {"Id": "band", "Expression": "ANOMALY_DETECTION_BAND(m, 3)"}],
        });
        let alarm = Alarm::defined(definition.as_object().unwrap(), None, at(0));
        let mut metrics = Metrics::default();
        let usual = |minute: i64| if minute % 2 == 0 { 90.0 } else { 110.0 };
        (0..30).for_each(|minute| metrics.publish(&metric(), at(minute), usual(minute)));
        assert_eq!(alarm.judge(&metrics, at(30)), AlarmState::InsufficientData, "too little lies behind");
        (30..90).for_each(|minute| metrics.publish(&metric(), at(minute), usual(minute)));
        assert_eq!(alarm.judge(&metrics, at(90)), AlarmState::Ok);
        metrics.publish(&metric(), at(90), 200.0);
        assert_eq!(alarm.judge(&metrics, at(91)), AlarmState::Alarm);
        metrics.publish(&metric(), at(91), 1.0);
        assert_eq!(alarm.judge(&metrics, at(92)), AlarmState::Alarm);
    }

    #[test]
    fn missing_data_is_treated_as_the_alarm_says() {
        let metrics = Metrics::default();
        assert_eq!(alarm(json!({})).judge(&metrics, at(10)), AlarmState::InsufficientData);
        assert_eq!(alarm(json!({"TreatMissingData": "notBreaching"})).judge(&metrics, at(10)), AlarmState::Ok);
        assert_eq!(alarm(json!({"TreatMissingData": "breaching"})).judge(&metrics, at(10)), AlarmState::Alarm);
        assert_eq!(alarm(json!({"TreatMissingData": "ignore"})).judge(&metrics, at(10)), AlarmState::InsufficientData);
    }
}
