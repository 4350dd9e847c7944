//! Drift: asking CloudFormation to look, whether it has looked, and what it saw.

use aws_sdk_cloudformation::types::{DifferenceType, StackDriftDetectionStatus, StackResourceDriftStatus};
use aws_sdk_cloudwatch::types::AlarmType;

use super::{Cloud, CloudError, failure};
use crate::observed::{Detection, DriftStatus, LiveAlarm, SeenDifference, SeenDrift};
use crate::units::LogicalId;

const SERVICE: &str = "CloudFormation";
/// Alarms of one question at most (CloudWatch API reference, DescribeAlarms).
const ALARMS: usize = 100;

impl Cloud {
    /// Begins to detect drift in a stack; returns the detection's id. It changes nothing but what CloudFormation remembers of
    /// the stack's drift.
    ///
    /// # Errors
    /// The stack is in a state that forbids it (DR-07), or the caller may not read one of its resources.
    pub async fn detect_drift(&self, stack: &str) -> Result<String, CloudError> {
        let answer = self.cloudformation.detect_stack_drift().stack_name(stack).send().await;
        let answer = answer.map_err(|error| failure::of(SERVICE, "DetectStackDrift", error))?;
        let id = answer.stack_drift_detection_id().map(str::to_owned);
        id.ok_or_else(|| failure::answer(SERVICE, "DetectStackDrift", "no id in the answer"))
    }

    /// How far a detection is.
    ///
    /// # Errors
    /// There is none of this id.
    pub async fn drift_detection(&self, id: &str) -> Result<Detection, CloudError> {
        let request = self.cloudformation.describe_stack_drift_detection_status().stack_drift_detection_id(id);
        let answer = request.send().await;
        let answer = answer.map_err(|error| failure::of(SERVICE, "DescribeStackDriftDetectionStatus", error))?;
        Ok(match answer.detection_status() {
            Some(StackDriftDetectionStatus::DetectionComplete) => Detection::Done,
            Some(StackDriftDetectionStatus::DetectionFailed) => {
                Detection::Failed(answer.detection_status_reason().unwrap_or("it gives no reason").to_owned())
            }
            Some(_) | None => Detection::Running,
        })
    }

    /// What the newest detection saw, of every resource that it checked.
    ///
    /// # Errors
    /// There is no such stack.
    pub async fn drifts(&self, stack: &str) -> Result<Vec<SeenDrift>, CloudError> {
        let mut seen = Vec::new();
        let mut token = None;
        loop {
            let request = self.cloudformation.describe_stack_resource_drifts().stack_name(stack).max_results(100);
            let answer = request.set_next_token(token).send().await;
            let answer = answer.map_err(|error| failure::of(SERVICE, "DescribeStackResourceDrifts", error))?;
            seen.extend(answer.stack_resource_drifts().iter().filter_map(one));
            token = answer.next_token.filter(|token| !token.is_empty());
            if token.is_none() {
                return Ok(seen);
            }
        }
    }

    /// Alarms of both kinds, by name; those that are not there are left out.
    ///
    /// # Errors
    /// The alarms may not be read.
    pub async fn live_alarms(&self, names: &[String]) -> Result<Vec<LiveAlarm>, CloudError> {
        let mut seen = Vec::new();
        for names in names.chunks(ALARMS) {
            let request = self.cloudwatch.describe_alarms().max_records(100).set_alarm_names(Some(names.to_vec()));
            let request = request.alarm_types(AlarmType::MetricAlarm).alarm_types(AlarmType::CompositeAlarm);
            let answer = request.send().await;
            let answer = answer.map_err(|error| failure::of("CloudWatch", "DescribeAlarms", error))?;
            let of = |name: Option<&str>, enabled: Option<bool>| LiveAlarm {
                name: name.unwrap_or_default().to_owned(),
                actions_enabled: enabled.unwrap_or(true),
            };
            seen.extend(answer.metric_alarms().iter().map(|alarm| of(alarm.alarm_name(), alarm.actions_enabled())));
            seen.extend(answer.composite_alarms().iter().map(|alarm| of(alarm.alarm_name(), alarm.actions_enabled())));
        }
        Ok(seen)
    }
}

/// One resource; none where its logical id is none.
fn one(drift: &aws_sdk_cloudformation::types::StackResourceDrift) -> Option<SeenDrift> {
    let status = match drift.stack_resource_drift_status() {
        Some(StackResourceDriftStatus::InSync) => DriftStatus::InSync,
        Some(StackResourceDriftStatus::Modified) => DriftStatus::Modified,
        Some(StackResourceDriftStatus::Deleted) => DriftStatus::Deleted,
        Some(_) | None => DriftStatus::NotChecked,
    };
    let differences = drift.property_differences().iter().map(|difference| {
        let kind = difference.difference_type();
        let text = |text: Option<&str>| text.filter(|text| !text.is_empty()).map(str::to_owned);
        SeenDifference {
            path: difference.property_path().unwrap_or_default().to_owned(),
            expected: text(difference.expected_value()).filter(|_| kind != Some(&DifferenceType::Add)),
            actual: text(difference.actual_value()).filter(|_| kind != Some(&DifferenceType::Remove)),
        }
    });
    Some(SeenDrift {
        logical_id: LogicalId::new(drift.logical_resource_id()?).ok()?,
        type_name: drift.resource_type().unwrap_or_default().to_owned(),
        physical_id: drift.physical_resource_id().map(str::to_owned),
        status,
        differences: differences.collect(),
        reason: drift.drift_status_reason().map(str::to_owned),
    })
}
