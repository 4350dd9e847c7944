//! Drift detection (section 6): the template's properties against the live ones.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

use super::super::change::{Leaf, leaves};
use super::super::document::stringly;
use super::super::effect::{EffectAction, HandlerError, HandlerErrorCode, Provisioned};
use super::super::engine::{About, Engine};
use super::super::error::{Answer, Refusal};
use super::super::facts;
use super::super::state::{Detection, Difference, Purpose, ResourceDrift, Wake};
use super::super::status::{DriftStatus, Status};
use super::super::wire::{QueryRequest, Xml};
use super::page;
use crate::units::{Duration, Timestamp};

/// How long a detection takes.
const DETECTION: Duration = Duration::from_secs(5);

impl Engine {
    pub(super) fn detect_drift(&mut self, request: &QueryRequest, now: Timestamp) -> Answer<Xml> {
        let given = request.required("StackName")?;
        let id = self.find_id(given).ok_or_else(|| Refusal::no_stack(given))?;
        let stack = self.find(&id).ok_or_else(|| Refusal::no_stack(given))?;
        let allowed = matches!(
            stack.status,
            Status::CreateComplete
                | Status::UpdateComplete
                | Status::UpdateRollbackComplete
                | Status::UpdateRollbackFailed
                | Status::ImportComplete
                | Status::ImportRollbackComplete
        );
        if !allowed {
            return Err(Refusal::validation(format!(
                "Drift detection cannot be performed on stack [{}] while in status {}",
                stack.id, stack.status
            )));
        }
        let detection = self.uuid1(now);
        self.with(&id, |engine, stack| {
            let mut waiting = BTreeSet::new();
            let tags = BTreeMap::new();
            for (logical_id, resource) in stack.present() {
                if !facts::detects_drift(&resource.type_name) {
                    continue;
                }
                let Some(physical_id) = resource.physical_id.clone() else { continue };
                let about = About { logical_id, type_name: &resource.type_name, tags: &tags };
                let purpose = Purpose::Drift { detection: detection.clone(), logical_id: logical_id.clone() };
                waiting.insert(logical_id.clone());
                engine.ask(now, stack, about, EffectAction::Read { physical_id }, purpose);
            }
            let status = DriftStatus::InSync;
            let found = Detection { stack: stack.id.clone(), started: now, waiting, done: false, drifted: 0, status };
            engine.state.detections.insert(detection.clone(), found);
        });
        self.wake(now.plus(DETECTION), Wake::Detection { id: detection.clone() });
        let mut xml = Xml::default();
        xml.text("StackDriftDetectionId", &detection);
        Ok(xml)
    }

    /// A resource's live properties arrived.
    pub(in super::super) fn drift_read(
        &mut self,
        detection: &str,
        logical_id: &str,
        result: Result<Provisioned, HandlerError>,
        at: Timestamp,
    ) {
        let Some(found) = self.state.detections.get_mut(detection) else { return };
        found.waiting.remove(logical_id);
        let Some(stack) = self.state.stacks.get_mut(&found.stack) else { return };
        let Some(resource) = stack.resources.get_mut(logical_id) else { return };
        let wanted = resource.live.properties.clone();
        let drift = match result {
            Err(error) if error.code == HandlerErrorCode::NotFound => ResourceDrift {
                status: DriftStatus::Deleted,
                at,
                expected: Value::Null,
                actual: Value::Null,
                differences: Vec::new(),
            },
            // What cannot be read, or has no live properties to compare, is not checked (DR-06).
            Err(_) => return,
            Ok(live) if live.properties.is_empty() => return,
            Ok(live) => compare(&resource.type_name, &wanted, &live.properties, at),
        };
        if drift.status != DriftStatus::InSync {
            found.drifted += 1;
            found.status = DriftStatus::Drifted;
        }
        resource.drift = Some(drift);
    }

    pub(in super::super) fn detection_done(&mut self, id: &str, at: Timestamp) {
        let Some(found) = self.state.detections.get_mut(id) else { return };
        found.done = true;
        if let Some(stack) = self.state.stacks.get_mut(&found.stack) {
            stack.drift = Some((found.status, at));
        }
    }

    pub(super) fn drift_detection_status(&self, request: &QueryRequest) -> Answer<Xml> {
        let given = request.required("StackDriftDetectionId")?;
        let found = self
            .state
            .detections
            .get(given)
            .ok_or_else(|| Refusal::validation(format!("Drift detection with id {given} does not exist")))?;
        let mut xml = Xml::default();
        xml.text("StackId", &found.stack).text("StackDriftDetectionId", given);
        if found.done {
            xml.text("StackDriftStatus", found.status.as_str()).text("DetectionStatus", "DETECTION_COMPLETE");
            xml.text("DriftedStackResourceCount", &found.drifted.to_string());
        } else {
            xml.text("DetectionStatus", "DETECTION_IN_PROGRESS");
        }
        xml.time("Timestamp", found.started);
        Ok(xml)
    }

    pub(super) fn describe_drifts(&self, request: &QueryRequest) -> Answer<Xml> {
        let given = request.required("StackName")?;
        let stack = self.find(given).ok_or_else(|| Refusal::no_stack(given))?;
        let wanted = request.list("StackResourceDriftStatusFilters").filter(|wanted| !wanted.is_empty());
        let listed: Vec<_> = stack
            .resources
            .iter()
            .filter_map(|(logical_id, resource)| Some((logical_id, resource, resource.drift.as_ref()?)))
            .filter(|(_, _, drift)| wanted.as_ref().is_none_or(|w| w.iter().any(|one| one == drift.status.as_str())))
            .collect();
        let size =
            request.number("MaxResults").and_then(|most| usize::try_from(most).ok()).unwrap_or(100).clamp(1, 100);
        let (shown, next) = page(&listed, request, size);
        let mut xml = Xml::default();
        xml.list("StackResourceDrifts", shown, |xml, (logical_id, resource, drift)| {
            xml.text("StackId", &stack.id).text("LogicalResourceId", logical_id);
            xml.maybe("PhysicalResourceId", resource.physical_id.as_deref()).text("ResourceType", &resource.type_name);
            if drift.status != DriftStatus::Deleted {
                xml.text("ExpectedProperties", &drift.expected.to_string());
                xml.text("ActualProperties", &drift.actual.to_string());
                xml.list("PropertyDifferences", &drift.differences, |xml, difference| {
                    xml.text("PropertyPath", &difference.path).text("ExpectedValue", &difference.expected);
                    xml.text("ActualValue", &difference.actual).text("DifferenceType", &difference.kind);
                });
            }
            xml.text("StackResourceDriftStatus", drift.status.as_str()).time("Timestamp", drift.at);
        });
        xml.maybe("NextToken", next.as_deref());
        Ok(xml)
    }
}

/// DR-03 to DR-05: only what the template sets is compared; differences sorted by path.
fn compare(type_name: &str, wanted: &Map<String, Value>, live: &Map<String, Value>, at: Timestamp) -> ResourceDrift {
    let facts = facts::of(type_name);
    let readable =
        |name: &str| facts.is_none_or(|facts| !facts.write_only(name)) && name != "KMSKeyId" && name != "Code";
    let checked = |name: &&String| live.contains_key(*name) && readable(name);
    let names: Vec<&String> = wanted.keys().filter(checked).collect();
    let pick = |from: &Map<String, Value>| {
        // `null` is what a resource no longer has.
        let there = |name: &&&String| from.get(**name).is_some_and(|value| !value.is_null());
        let members = names.iter().filter(there).filter_map(|name| Some(((*name).clone(), stringly(from.get(*name)?))));
        Value::Object(members.collect())
    };
    let (expected, actual) = (pick(wanted), pick(live));
    let mut found: Vec<Leaf> = Vec::new();
    leaves(Some(&expected), Some(&actual), "", &mut found);
    let mut differences: Vec<Difference> = found
        .into_iter()
        .map(|leaf| {
            let kind = match (&leaf.before, &leaf.after) {
                (None, _) => "ADD",
                (_, None) => "REMOVE",
                (Some(_), Some(_)) => "NOT_EQUAL",
            };
            Difference {
                path: leaf.path,
                expected: leaf.before.unwrap_or_else(|| "null".to_owned()),
                actual: leaf.after.unwrap_or_else(|| "null".to_owned()),
                kind: kind.to_owned(),
            }
        })
        .collect();
    differences.sort_by(|a, b| a.path.cmp(&b.path));
    let status = if differences.is_empty() { DriftStatus::InSync } else { DriftStatus::Modified };
    ResourceDrift { status, at, expected, actual, differences }
}
