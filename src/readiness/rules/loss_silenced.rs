//! R6061: an alarm that tells of lost records is silent.

use super::pages;
use crate::diagnostic::Code;
use crate::pipeline::{AlarmId, AlarmTuning};
use crate::readiness::case::Case;
use crate::readiness::finding::{Finding, Verdict};
use crate::readiness::rule::{Letter, Rule, Tiers};

pub(super) const RULE: Rule = Rule {
    code: Code::LossSilenced,
    rationale: "these alarms tell of records that are lost, or will be: for them there is no quiet time",
    text: "Streaming ML Monitoring and Alerting Checklist",
    page: Some(pages::RECOMMENDED_ALARMS),
    serves: &[Letter::MonitoringList],
    tiers: Tiers::RISKS,
    look,
};

const OF_LOSS: [AlarmId; 7] = [
    AlarmId::StreamWriteThrottled,
    AlarmId::StreamFailedPuts,
    AlarmId::QueueDeadLetters,
    AlarmId::ConsumerIteratorAge,
    AlarmId::ConsumerFailedRecords,
    AlarmId::ConsumerNotReading,
    AlarmId::WorkerFailedMessages,
];

fn look(case: &Case<'_>) -> Vec<Verdict> {
    let pipeline = case.pipeline();
    let of_stage = |stage| OF_LOSS.into_iter().filter(move |alarm| pipeline.has_alarm(stage, *alarm));
    let stages: Vec<_> = pipeline.stages().collect();
    let verdict = |stage: &crate::pipeline::StageRef, alarm: AlarmId| match pipeline.alarm_tuning(stage, alarm) {
        Some(AlarmTuning::Silence { until, .. }) => {
            let title = format!("alarm `{alarm}` of {stage} is silent until {until}");
            let path = format!("alarms.{}.{alarm}", stage.name);
            let help = "tune it instead: a higher `threshold`, or `anomaly`, which learns what is normal";
            Some(Finding { stage: Some(stage.clone()), ..Finding::at(path, title).help(help) })
        }
        Some(AlarmTuning::Threshold(_) | AlarmTuning::Anomaly { .. }) | None => None,
    };
    stages.iter().flat_map(|stage| of_stage(stage).map(|alarm| verdict(stage, alarm)).collect::<Vec<_>>()).collect()
}
