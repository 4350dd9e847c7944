//! Writing down what happened: stack events, resource events, beginnings and ends of operations.

use serde_json::Value;

use super::document::stringly;
use super::effect::Properties;
use super::engine::Engine;
use super::state::{Event, Finding, OperationEvent, Stack};
use super::status::{OperationType, ResourceStatus, Status};
use crate::units::Timestamp;

/// A resource event about to be written.
#[derive(Clone, Debug)]
pub(super) struct Happening<'a> {
    pub logical_id: &'a str,
    pub type_name: &'a str,
    /// Empty until known (EV-05).
    pub physical_id: &'a str,
    pub status: ResourceStatus,
    pub reason: Option<String>,
    pub properties: Option<&'a Properties>,
    pub detailed: Option<&'a str>,
}

impl Engine {
    /// Moves the stack to a status and writes the event (EV-01).
    pub(super) fn stack_event(&mut self, stack: &mut Stack, at: Timestamp, status: Status, reason: Option<&str>) {
        let id = self.uuid1(at);
        self.stack_event_with_id(stack, at, status, reason, id);
    }

    pub(super) fn stack_event_with_id(
        &mut self,
        stack: &mut Stack,
        at: Timestamp,
        status: Status,
        reason: Option<&str>,
        id: String,
    ) {
        stack.status = status;
        stack.reason = reason.map(str::to_owned);
        let (operation, operation_type, token) = current(stack);
        stack.events.push(Event {
            id,
            at,
            logical_id: stack.name.clone(),
            physical_id: stack.id.clone(),
            type_name: "AWS::CloudFormation::Stack".to_owned(),
            status: status.to_string(),
            reason: reason.map(str::to_owned),
            properties: None,
            token,
            operation,
            operation_type,
            detailed: None,
        });
    }

    /// Moves a resource to a status and writes the event (EV-02, EV-03).
    pub(super) fn resource_event(&mut self, stack: &mut Stack, at: Timestamp, happening: Happening<'_>) {
        if let Some(resource) = stack.resources.get_mut(happening.logical_id) {
            // The deletion of a replaced predecessor is not the resource's own story.
            let own = resource.physical_id.as_deref().unwrap_or_default() == happening.physical_id
                || !matches!(
                    happening.status,
                    ResourceStatus::DeleteInProgress
                        | ResourceStatus::DeleteComplete
                        | ResourceStatus::DeleteSkipped
                        | ResourceStatus::DeleteFailed
                );
            if own {
                resource.status = happening.status;
                resource.reason.clone_from(&happening.reason);
                resource.updated = at;
            }
        }
        let (operation, operation_type, token) = current(stack);
        let properties = happening.properties.map(|p| stringly(&Value::Object(p.clone())).to_string());
        stack.events.push(Event {
            id: format!("{}-{}-{at}", happening.logical_id, happening.status),
            at,
            logical_id: happening.logical_id.to_owned(),
            physical_id: happening.physical_id.to_owned(),
            type_name: happening.type_name.to_owned(),
            status: happening.status.to_string(),
            reason: happening.reason,
            properties: Some(properties.unwrap_or_else(|| "{}".to_owned())),
            token,
            operation,
            operation_type,
            detailed: happening.detailed.map(str::to_owned),
        });
    }

    /// Writes the beginning or the end of the present operation (DE-06).
    pub(super) fn operation_event(&mut self, stack: &mut Stack, at: Timestamp, status: &str) {
        let Some(operation) = &stack.operation else { return };
        let (operation_id, started) = (operation.id.clone(), operation.started);
        let operation_type = told_as(operation.kind, stack.status);
        let id = self.uuid4("operation-event");
        stack.operation_events.push(OperationEvent {
            id,
            at,
            operation: operation_id,
            operation_type,
            status: Some(status.to_owned()),
            started,
            change_set: None,
            finding: None,
            position: stack.events.len(),
        });
    }

    /// Writes what early validation found: for which operation, and for which change set.
    pub(super) fn finding_event(
        &mut self,
        stack: &mut Stack,
        at: Timestamp,
        about: (OperationType, &str, Option<&str>),
        finding: &Finding,
    ) {
        let id = self.uuid4("finding");
        stack.operation_events.push(OperationEvent {
            id,
            at,
            operation: about.1.to_owned(),
            operation_type: about.0,
            status: None,
            started: at,
            change_set: about.2.map(str::to_owned),
            finding: Some(finding.clone()),
            position: stack.events.len(),
        });
    }
}

/// A creation that goes back is told as a rollback (DE-08).
const fn told_as(kind: OperationType, status: Status) -> OperationType {
    match (kind, status) {
        (
            OperationType::CreateStack,
            Status::RollbackInProgress | Status::RollbackComplete | Status::RollbackFailed,
        ) => OperationType::Rollback,
        _ => kind,
    }
}

fn current(stack: &Stack) -> (String, OperationType, Option<String>) {
    match &stack.operation {
        Some(operation) => (operation.id.clone(), told_as(operation.kind, stack.status), operation.token.clone()),
        None => match stack.last_operations.first() {
            Some((kind, id)) => (id.clone(), *kind, None),
            None => (String::new(), OperationType::CreateStack, None),
        },
    }
}
