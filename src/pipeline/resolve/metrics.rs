//! Metrics of the file's own, and composites.

use std::collections::BTreeMap;

use super::{Resolver, defaults};
use crate::diagnostic::Code;
use crate::pipeline::model::{
    AlarmRef, Composite, CompositeRule, Condition, EmittedUnit, Metric, MetricAlarm, MissingData, Pipeline,
};
use crate::pipeline::stage::{AlarmId, StageKind, StageRef};
use crate::spec::{
    AlarmPath, CompositeChoice, Decimal, MetricAlarmSpec, MetricSpec, MetricUnitChoice, MissingChoice, WhenChoice,
};
use crate::units::{ByteSize, Count, Duration, LocalName, LogicalId, Percent, QuantityError, StageName, Statistic};

/// Most dimensions of a metric (CloudWatch user guide, quotas; embedded metric format specification).
const MOST_DIMENSIONS: usize = 30;
/// An alarm looks at most a day back, a week where a data point gathers an hour or more (CloudWatch API,
/// `PutMetricAlarm`).
const LOOKS_BACK: Duration = Duration::from_secs(86_400);
const LOOKS_BACK_BY_HOURS: Duration = Duration::from_secs(7 * 86_400);

impl Resolver<'_> {
    pub(super) fn metrics(&mut self) -> BTreeMap<StageName, Metric> {
        let file = self.file;
        file.metrics.iter().map(|(name, spec)| (name.clone(), self.metric(name, spec))).collect()
    }

    fn metric(&mut self, name: &StageName, spec: &MetricSpec) -> Metric {
        let path = StageRef::new(StageKind::Metric, name).path();
        let source = "CloudWatch takes 30 dimensions of a metric";
        self.check_most(&format!("{path}.dimensions"), spec.dimensions.len(), MOST_DIMENSIONS, "dimensions", source);
        let statistic = spec.statistic.unwrap_or(Statistic::Average);
        let unit = unit(spec.unit.as_ref());
        let alarms = spec.alarms.iter().map(|(alarm, spec)| {
            let path = format!("{path}.alarms.{alarm}");
            (alarm.clone(), self.metric_alarm(&path, spec, unit, statistic))
        });
        let alarms = alarms.collect();
        Metric {
            name: name.clone(),
            namespace: spec
                .namespace
                .as_ref()
                .map_or_else(|| format!("Sluice/{}", self.file.pipeline), |namespace| namespace.0.clone()),
            metric: spec
                .name
                .as_ref()
                .map_or_else(|| LogicalId::from_words(&[name.as_str()]).to_string(), |name| name.0.clone()),
            by: self.emitter(&path, &spec.by),
            dimensions: spec.dimensions.iter().map(|(name, value)| (name.0.clone(), value.0.clone())).collect(),
            unit,
            statistic,
            alarms,
        }
    }

    /// The consumer or worker that emits a metric.
    fn emitter(&mut self, path: &str, by: &StageName) -> StageRef {
        let kinds = [StageKind::Consumer, StageKind::Worker];
        let found = kinds.into_iter().find(|kind| self.names(*kind).contains(&by.as_str()));
        if found.is_none() {
            let known: Vec<&str> = kinds.into_iter().flat_map(|kind| self.names(kind)).collect();
            let title = format!("there is no consumer or worker `{by}`");
            let finding = self.error(Code::UnknownReference, &format!("{path}.by"), title);
            self.push(finding.meant(by.as_str(), known).note("a metric is emitted by the handler of one of them"));
        }
        StageRef::new(found.unwrap_or(StageKind::Consumer), by)
    }

    fn metric_alarm(&mut self, path: &str, spec: &MetricAlarmSpec, unit: EmittedUnit, of: Statistic) -> MetricAlarm {
        let period = spec.period.map_or(defaults::ALARM_PERIOD, |period| period.0);
        let (points, window) = defaults::ALARM_POINTS;
        let (asked, asked_of) = (spec.datapoints.map(|points| points.0), spec.of.map(|of| of.0));
        let datapoints = asked.unwrap_or_else(|| points.min(asked_of.unwrap_or(points)));
        let window = asked_of.unwrap_or_else(|| window.max(datapoints));
        if datapoints > window {
            let title = format!("{datapoints} bad data points of {window} can never be");
            let finding = self.error(Code::Conflict, &format!("{path}.datapoints"), title);
            let finding = self.also(finding, &format!("{path}.of"), "of so many");
            self.push(finding.help(format!("write `datapoints: {window}` or fewer")));
        }
        let longest = if period < Duration::from_secs(3_600) { LOOKS_BACK } else { LOOKS_BACK_BY_HOURS };
        let looks_back = Duration::from_secs(period.as_secs().saturating_mul(u64::from(window)));
        if looks_back > longest {
            let title =
                format!("{window} data points of {period} look {looks_back} back; an alarm looks at most {longest}");
            let finding = self.error(Code::OutOfRange, &format!("{path}.of"), title);
            let note = "a day, or a week where a data point gathers an hour or more (CloudWatch API, PutMetricAlarm)";
            self.push(finding.note(note).help("lower `of` or `period`"));
        }
        MetricAlarm {
            when: self.condition(path, &spec.when, unit, spec.statistic.unwrap_or(of)),
            statistic: spec.statistic.unwrap_or(of),
            period,
            datapoints,
            of: window,
            missing: match spec.missing {
                None | Some(MissingChoice::Missing) => MissingData::Missing,
                Some(MissingChoice::Ignore) => MissingData::Ignore,
                Some(MissingChoice::Breaching) => MissingData::Breaching,
                Some(MissingChoice::NotBreaching) => MissingData::NotBreaching,
            },
        }
    }

    fn condition(&mut self, path: &str, when: &WhenChoice, unit: EmittedUnit, statistic: Statistic) -> Condition {
        // How many samples there are is a number of things, whatever they measure.
        let unit = if statistic == Statistic::SampleCount { EmittedUnit::Count } else { unit };
        let mut value = |word: &str, text: &str| {
            value_in(unit, text).unwrap_or_else(|error| {
                let finding = self.error(Code::BadUnit, &format!("{path}.when.{word}"), error.message);
                self.push(match error.suggestion {
                    Some(meant) => finding.help(format!("did you mean `{meant}`?")),
                    None => finding,
                });
                0.0
            })
        };
        match when {
            WhenChoice::Above(raw) => Condition::Above(value("above", &raw.0)),
            WhenChoice::Below(raw) => Condition::Below(value("below", &raw.0)),
            WhenChoice::Outside(band) => Condition::Outside { band: band.band.0.0 },
        }
    }

    pub(super) fn composites(&mut self, pipeline: &Pipeline) -> BTreeMap<LocalName, Composite> {
        let file = self.file;
        let composite = |(name, choice): (&LocalName, &CompositeChoice)| {
            let (rule, word, paths) = match choice {
                CompositeChoice::Any(paths) => (CompositeRule::Any, "any", paths),
                CompositeChoice::All(paths) => (CompositeRule::All, "all", paths),
            };
            let path = format!("composites.{name}.{word}");
            if paths.is_empty() {
                let finding = self.error(Code::MissingSetting, &path, "a composite needs at least one alarm");
                self.push(finding.help("name one as `<stage>.<alarm>`, for instance `score.iterator_age`"));
            }
            let mut alarms: Vec<AlarmRef> = Vec::new();
            for (index, alarm) in paths.iter().enumerate() {
                let path = format!("{path}.{index}");
                for found in self.alarm_refs(pipeline, alarm, &path) {
                    if alarms.contains(&found) {
                        let title = format!("`{}.{}` is given twice", alarm.stage, alarm.alarm);
                        self.push(self.error(Code::DuplicateField, &path, title).help("keep one of the two"));
                    } else {
                        alarms.push(found);
                    }
                }
            }
            (name.clone(), Composite { name: name.clone(), rule, alarms })
        };
        file.composites.iter().map(composite).collect()
    }

    /// The alarms that a path names: a name may be that of a stream and of its archive, each with such an alarm.
    fn alarm_refs(&mut self, pipeline: &Pipeline, alarm: &AlarmPath, path: &str) -> Vec<AlarmRef> {
        if !self.is_stage(&alarm.stage) {
            self.unknown_stage(&alarm.stage, path, "whose alarms could be watched");
            return Vec::new();
        }
        let mut found = Vec::new();
        let mut known = Vec::new();
        let stages: Vec<StageRef> = pipeline.stages().filter(|stage| stage.name == alarm.stage).collect();
        for stage in &stages {
            let ids = AlarmId::of(stage.kind).filter(|id| pipeline.has_alarm(stage, *id));
            for id in ids {
                known.push(id.as_str().to_owned());
                if id.as_str() == alarm.alarm {
                    found.push(AlarmRef::Recommended(stage.name.clone(), id));
                }
            }
        }
        for name in pipeline.metrics().get(&alarm.stage).into_iter().flat_map(|metric| metric.alarms.keys()) {
            known.push(name.to_string());
            if name.as_str() == alarm.alarm {
                found.push(AlarmRef::Metric(alarm.stage.clone(), name.clone()));
            }
        }
        if found.is_empty() && !stages.is_empty() {
            self.unknown_alarm(alarm, path, &known);
        }
        found
    }
}

fn unit(choice: Option<&MetricUnitChoice>) -> EmittedUnit {
    match choice {
        None | Some(MetricUnitChoice::None) => EmittedUnit::None,
        Some(MetricUnitChoice::Count) => EmittedUnit::Count,
        Some(MetricUnitChoice::Percent) => EmittedUnit::Percent,
        Some(MetricUnitChoice::Microseconds) => EmittedUnit::Microseconds,
        Some(MetricUnitChoice::Milliseconds) => EmittedUnit::Milliseconds,
        Some(MetricUnitChoice::Seconds) => EmittedUnit::Seconds,
        Some(MetricUnitChoice::Bytes) => EmittedUnit::Bytes,
    }
}

/// Reads a value as people write it and turns it into the metric's unit.
fn value_in(unit: EmittedUnit, text: &str) -> Result<f64, QuantityError> {
    let micros = || Duration::parse(text).map(|duration| duration.as_micros() as f64);
    match unit {
        EmittedUnit::None => Decimal::parse(text).map(|number| number.0).ok_or_else(|| QuantityError {
            message: format!("`{}` is not a number, and the metric has no unit", text.escape_debug()),
            suggestion: None,
        }),
        EmittedUnit::Count => Count::parse(text).map(|count| count.0 as f64),
        EmittedUnit::Percent => Percent::parse(text).map(Percent::as_percent),
        EmittedUnit::Microseconds => micros(),
        EmittedUnit::Milliseconds => micros().map(|micros| micros / 1e3),
        EmittedUnit::Seconds => micros().map(|micros| micros / 1e6),
        EmittedUnit::Bytes => ByteSize::parse(text).map(|size| size.as_bytes() as f64),
    }
}
