//! Which alarms a stage has as it is configured, and whose silence is over.

use super::model::{AlarmTuning, FailureDestination, Model, Pipeline, ReadMode, Serving, WorkSource, Worker};
use super::stage::{AlarmId, StageRef};
use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::units::Timestamp;

impl Pipeline {
    /// Whether a stage has an alarm as it is configured: some exist only with fan-out, a queue of its own, several
    /// models, asynchronous serving.
    #[must_use]
    pub fn has_alarm(&self, stage: &StageRef, alarm: AlarmId) -> bool {
        let name = &stage.name;
        let consumer = self.consumers().get(name);
        let endpoint = self.endpoints().get(name);
        let worker = self.workers().get(name);
        let of_kind = stage.kind == alarm.kind() && self.names_of(stage.kind).any(|known| known == name);
        of_kind
            && match alarm {
                AlarmId::ConsumerFanOutLag => consumer.is_some_and(|consumer| consumer.read == ReadMode::FanOut),
                AlarmId::ConsumerFailedRecords => {
                    consumer.is_some_and(|consumer| consumer.failure.to == FailureDestination::OwnQueue)
                }
                AlarmId::EndpointCacheHit => endpoint.is_some_and(|spec| matches!(spec.model, Model::Multi { .. })),
                AlarmId::EndpointModelErrors => {
                    endpoint.is_some_and(|spec| !matches!(spec.serving, Serving::Async { .. }))
                }
                AlarmId::EndpointBacklog
                | AlarmId::EndpointNoCapacity
                | AlarmId::EndpointFailures
                | AlarmId::EndpointExpired => {
                    endpoint.is_some_and(|spec| matches!(spec.serving, Serving::Async { .. }))
                }
                AlarmId::WorkerConcurrency => worker.is_some_and(has_ceiling),
                AlarmId::WorkerFailedMessages => {
                    worker.is_some_and(|worker| matches!(worker.from, WorkSource::Topic { .. }))
                }
                AlarmId::ArchivePartitions => {
                    self.archives().get(name).is_some_and(|archive| !archive.partition_by.is_empty())
                }
                AlarmId::StreamWriteThrottled
                | AlarmId::StreamReadThrottled
                | AlarmId::StreamFailedPuts
                | AlarmId::StreamPutSuccess
                | AlarmId::StreamGetSuccess
                | AlarmId::TableReadThrottled
                | AlarmId::TableWriteThrottled
                | AlarmId::TableSystemErrors
                | AlarmId::QueueOldestMessage
                | AlarmId::QueueDeadLetters
                | AlarmId::TopicFailedNotifications
                | AlarmId::EndpointErrors5xx
                | AlarmId::EndpointErrors4xx
                | AlarmId::EndpointLatency
                | AlarmId::ConsumerIteratorAge
                | AlarmId::ConsumerErrors
                | AlarmId::ConsumerThrottles
                | AlarmId::ConsumerDuration
                | AlarmId::ConsumerConcurrency
                | AlarmId::ConsumerNotReading
                | AlarmId::WorkerErrors
                | AlarmId::WorkerThrottles
                | AlarmId::WorkerDuration
                | AlarmId::ArchiveFreshness
                | AlarmId::ArchiveDeliverySuccess
                | AlarmId::ArchiveThrottled => true,
            }
    }

    /// Warns of alarms whose silence is over and that are silent all the same: rendering has no clock (ADR 0011).
    #[must_use]
    pub fn lapsed_silences(&self, now: Timestamp) -> Diagnostics {
        let tunings = self.alarms().iter().flat_map(|(stage, alarms)| alarms.iter().map(move |(id, t)| (stage, id, t)));
        let lapsed = tunings.filter_map(|(stage, id, tuning)| match tuning {
            AlarmTuning::Silence { until, .. } if *until <= now => Some((stage, id, until)),
            AlarmTuning::Silence { .. } | AlarmTuning::Threshold(_) | AlarmTuning::Anomaly { .. } => None,
        });
        lapsed
            .map(|(stage, id, until)| {
                let title = format!("the silence of alarm `{id}` of {stage} ended on {until}, and it is still silent");
                let path = format!("alarms.{}.{id}.silence.until", stage.name);
                let place = self.places().nearest(&path).map(|at| at.place.clone());
                Diagnostic::warning(Code::SilenceOver, title)
                    .at_maybe(place, "")
                    .note("a template knows no date: the alarm speaks again only after the next deployment without the silence")
                    .help("remove `silence` and deploy, or move `until`")
            })
            .collect()
    }
}

/// Whether a worker's concurrency has a ceiling that it could near.
fn has_ceiling(worker: &Worker) -> bool {
    let bounded = match worker.from {
        WorkSource::Queue { most_at_once, .. } => most_at_once.is_some(),
        WorkSource::Topic { .. } => false,
    };
    bounded || worker.function.concurrency.reserved.is_some()
}
