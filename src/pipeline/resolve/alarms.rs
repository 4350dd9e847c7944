//! Alarm tuning: which alarm of which stage, and its threshold in the metric's own unit.

use std::collections::BTreeMap;

use super::Resolver;
use crate::diagnostic::{Code, closest};
use crate::pipeline::model::AlarmTuning;
use crate::pipeline::stage::{AlarmId, MetricUnit, StageKind, StageRef};
use crate::spec::{AlarmChoice, FailureToChoice, ModelChoice, ReadChoice, Text};
use crate::units::{Count, Duration, Percent, QuantityError, StageName};

/// Tuning by stage and alarm.
pub(super) type Tuning = BTreeMap<StageRef, BTreeMap<AlarmId, AlarmTuning>>;

impl Resolver<'_> {
    pub(super) fn alarms(&mut self) -> Tuning {
        let mut tuning = Tuning::new();
        let file = self.file;
        for (stage, alarms) in &file.alarms {
            let kinds: Vec<StageKind> =
                StageKind::ALL.into_iter().filter(|kind| self.names(*kind).contains(&stage)).collect();
            if kinds.is_empty() {
                self.unknown_stage(stage);
                continue;
            }
            for (alarm, change) in alarms {
                for (kind, id, change) in self.tune(stage, &kinds, alarm, change) {
                    tuning.entry(StageRef::new(kind, stage)).or_default().insert(id, change);
                }
            }
        }
        tuning
    }

    fn unknown_stage(&mut self, stage: &StageName) {
        let all: Vec<&str> =
            StageKind::ALL.into_iter().flat_map(|kind| self.names(kind)).map(StageName::as_str).collect();
        let title = format!("there is no stage `{stage}` whose alarms could be changed");
        let diagnostic = self.error(Code::UnknownReference, &format!("alarms.{stage}"), title);
        self.push(match closest(stage.as_str(), all) {
            Some(meant) => diagnostic.help(format!("did you mean `{meant}`?")),
            None => diagnostic,
        });
    }

    /// A name may be that of a stream and of its archive; an alarm is changed wherever it exists.
    fn tune(
        &mut self,
        stage: &StageName,
        kinds: &[StageKind],
        alarm: &Text<64>,
        change: &AlarmChoice,
    ) -> Vec<(StageKind, AlarmId, AlarmTuning)> {
        let path = format!("alarms.{stage}.{}", alarm.0);
        let ids: Vec<(StageKind, AlarmId)> =
            kinds.iter().filter_map(|kind| Some((*kind, AlarmId::find(*kind, &alarm.0)?))).collect();
        if ids.is_empty() {
            let known: Vec<&str> = kinds
                .iter()
                .flat_map(|kind| AlarmId::of(*kind))
                .filter(|id| self.has(stage, *id))
                .map(AlarmId::as_str)
                .collect();
            let title = format!("`{stage}` has no alarm `{}`", alarm.0);
            let diagnostic = self.error(Code::UnknownReference, &path, title);
            let diagnostic = diagnostic.note(format!("its alarms are `{}`", known.join("`, `")));
            self.push(match closest(&alarm.0, known) {
                Some(meant) => diagnostic.help(format!("did you mean `{meant}`?")),
                None => diagnostic,
            });
        }
        let mut tuned = Vec::new();
        for (kind, id) in ids {
            if !self.has(stage, id) {
                let title = format!("{kind} `{stage}` has no alarm `{}` as it is configured", alarm.0);
                self.push(self.error(Code::UnknownReference, &path, title));
                continue;
            }
            match change {
                AlarmChoice::Silence(silence) => {
                    let (reason, until) = (silence.reason.0.clone(), silence.until);
                    tuned.push((kind, id, AlarmTuning::Silence { reason, until }));
                }
                AlarmChoice::Threshold(raw) => match threshold(id.unit(), &raw.0) {
                    Ok(value) => tuned.push((kind, id, AlarmTuning::Threshold(value))),
                    Err(error) => {
                        let diagnostic = self.error(Code::BadUnit, &format!("{path}.threshold"), error.message);
                        self.push(match error.suggestion {
                            Some(meant) => diagnostic.help(format!("did you mean `{meant}`?")),
                            None => diagnostic,
                        });
                    }
                },
            }
        }
        tuned
    }

    /// Whether a stage has an alarm as it is configured: some exist only with fan-out, an own queue or several models.
    fn has(&self, stage: &StageName, alarm: AlarmId) -> bool {
        let consumer = self.file.consumers.get(stage);
        if alarm == AlarmId::ConsumerFanOutLag {
            return consumer.is_some_and(|spec| spec.read == Some(ReadChoice::FanOut));
        }
        if alarm == AlarmId::ConsumerFailedRecords {
            let to = consumer.and_then(|spec| spec.failure.as_ref()?.to.as_ref());
            return consumer.is_some() && matches!(to, None | Some(FailureToChoice::OwnQueue));
        }
        if alarm == AlarmId::EndpointCacheHit {
            let endpoint = self.file.endpoints.get(stage);
            return endpoint.is_some_and(|spec| matches!(spec.model, ModelChoice::Multi(_)));
        }
        true
    }
}

/// Reads a threshold in the unit that people write and turns it into the metric's own.
fn threshold(unit: MetricUnit, text: &str) -> Result<f64, QuantityError> {
    match unit {
        MetricUnit::Count => Count::parse(text).map(|count| count.0 as f64),
        MetricUnit::Fraction => Percent::parse(text).map(Percent::as_fraction),
        MetricUnit::Microseconds => Duration::parse(text).map(|duration| duration.as_micros() as f64),
        MetricUnit::Milliseconds => Duration::parse(text).map(|duration| duration.as_micros() as f64 / 1e3),
        MetricUnit::Seconds => Duration::parse(text).map(Duration::as_secs_f64),
    }
}
