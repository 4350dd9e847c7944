//! Alarm tuning: which alarm of which stage, and its threshold in the metric's own unit.

use std::collections::BTreeMap;

use super::Resolver;
use crate::diagnostic::Code;
use crate::pipeline::model::{AlarmTuning, Pipeline};
use crate::pipeline::stage::{AlarmId, MetricUnit, StageRef};
use crate::spec::{AlarmChoice, AlarmPath, Text};
use crate::units::{Count, Duration, Percent, QuantityError, StageName};

/// Tuning by stage and alarm.
pub(super) type Tuning = BTreeMap<StageRef, BTreeMap<AlarmId, AlarmTuning>>;

impl Resolver<'_> {
    pub(super) fn alarms(&mut self, pipeline: &Pipeline) -> Tuning {
        let mut tuning = Tuning::new();
        let file = self.file;
        for (stage, alarms) in &file.alarms {
            if !self.is_stage(stage) {
                self.unknown_stage(stage, &format!("alarms.{stage}"), "whose alarms could be changed");
                continue;
            }
            for (alarm, change) in alarms {
                for (stage, id, change) in self.tune(pipeline, stage, alarm, change) {
                    tuning.entry(stage).or_default().insert(id, change);
                }
            }
        }
        tuning
    }

    /// A name may be that of a stream and of its archive; an alarm is changed wherever it exists.
    fn tune(
        &mut self,
        pipeline: &Pipeline,
        name: &StageName,
        alarm: &Text<64>,
        change: &AlarmChoice,
    ) -> Vec<(StageRef, AlarmId, AlarmTuning)> {
        let path = format!("alarms.{name}.{}", alarm.0);
        let stages: Vec<StageRef> = pipeline.stages().filter(|stage| stage.name == *name).collect();
        let named = |stage: &StageRef| AlarmId::find(stage.kind, &alarm.0).map(|id| (stage.clone(), id));
        let ids: Vec<(StageRef, AlarmId)> = stages.iter().filter_map(named).collect();
        if ids.is_empty() && !stages.is_empty() {
            let of = |stage: &StageRef| -> Vec<AlarmId> {
                AlarmId::of(stage.kind).filter(|id| pipeline.has_alarm(stage, *id)).collect()
            };
            let known: Vec<Vec<AlarmId>> = stages.iter().map(of).collect();
            let known: Vec<String> = known.concat().into_iter().map(|id| id.to_string()).collect();
            self.unknown_alarm(&AlarmPath { stage: name.clone(), alarm: alarm.0.clone() }, &path, &known);
        }
        let mut tuned = Vec::new();
        for (stage, id) in ids {
            if !pipeline.has_alarm(&stage, id) {
                let title = format!("{} `{name}` has no alarm `{}` as it is configured", stage.kind, alarm.0);
                self.push(self.error(Code::UnknownReference, &path, title));
                continue;
            }
            let tuning = match change {
                AlarmChoice::Silence(silence) => {
                    AlarmTuning::Silence { reason: silence.reason.0.clone(), until: silence.until }
                }
                AlarmChoice::Anomaly(band) => AlarmTuning::Anomaly { band: band.band.0.0 },
                AlarmChoice::Threshold(raw) => match threshold(id.unit(), &raw.0) {
                    Ok(value) => AlarmTuning::Threshold(value),
                    Err(error) => {
                        let finding = self.error(Code::BadUnit, &format!("{path}.threshold"), error.message);
                        self.push(match error.suggestion {
                            Some(meant) => finding.help(format!("did you mean `{meant}`?")),
                            None => finding,
                        });
                        continue;
                    }
                },
            };
            tuned.push((stage, id, tuning));
        }
        tuned
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
