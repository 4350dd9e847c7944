//! From the SDK's shapes to those of `observed`.

use std::collections::BTreeMap;

use aws_sdk_cloudformation::operation::describe_change_set::DescribeChangeSetOutput;
use aws_sdk_cloudformation::types as sdk;
use aws_smithy_types::DateTime;

use crate::observed::{
    ChangeSet, ChangeSetState, DetailTarget, ExecutionState, Objection, ObservedResource, PropertyChange, Recreation,
    Replacement, ResourceAction, ResourceChange, ResourceStatus, StackEvent, StackHead, StackStatus,
};
use crate::units::{LogicalId, Timestamp};

/// Milliseconds are all that AWS gives; what cannot be told is the beginning of time.
pub(super) fn moment(time: Option<&DateTime>) -> Timestamp {
    Timestamp::from_millis(time.and_then(|time| time.to_millis().ok()).unwrap_or_default())
}

fn text(value: Option<&str>) -> String {
    value.unwrap_or_default().to_owned()
}

pub(super) fn head(stack: &sdk::Stack) -> StackHead {
    let outputs = stack.outputs().iter().map(|o| (text(o.output_key()), text(o.output_value())));
    StackHead {
        id: text(stack.stack_id()),
        name: text(stack.stack_name()),
        status: StackStatus::parse(stack.stack_status().map_or("", sdk::StackStatus::as_str)),
        status_reason: stack.stack_status_reason().map(str::to_owned),
        outputs: outputs.collect(),
        created: moment(stack.creation_time()),
        updated: stack.last_updated_time().map(|time| moment(Some(time))),
        termination_protection: stack.enable_termination_protection().unwrap_or(false),
        change_set_id: stack.change_set_id().map(str::to_owned),
    }
}

pub(super) fn tags(tags: &[sdk::Tag]) -> BTreeMap<String, String> {
    tags.iter().map(|tag| (text(tag.key()), text(tag.value()))).collect()
}

pub(super) fn parameters(parameters: &[sdk::Parameter]) -> BTreeMap<String, String> {
    parameters.iter().map(|p| (text(p.parameter_key()), text(p.parameter_value()))).collect()
}

pub(super) fn resource(summary: &sdk::StackResourceSummary) -> Option<(LogicalId, ObservedResource)> {
    let id = LogicalId::new(summary.logical_resource_id()?).ok()?;
    let physical_id = summary.physical_resource_id().filter(|id| !id.is_empty()).map(str::to_owned);
    let status = ResourceStatus::parse(summary.resource_status().map_or("", sdk::ResourceStatus::as_str));
    let reason = summary.resource_status_reason().map(str::to_owned);
    Some((id, ObservedResource { type_name: text(summary.resource_type()), physical_id, status, reason }))
}

pub(super) fn event(event: &sdk::StackEvent) -> StackEvent {
    // A hook that fails tells its words apart from the resource's own (SQ-32).
    let reason = event.resource_status_reason().or_else(|| event.hook_status_reason());
    StackEvent {
        event_id: text(event.event_id()),
        stack_id: text(event.stack_id()),
        timestamp: moment(event.timestamp()),
        logical_id: text(event.logical_resource_id()),
        physical_id: text(event.physical_resource_id()),
        type_name: text(event.resource_type()),
        status: ResourceStatus::parse(event.resource_status().map_or("", sdk::ResourceStatus::as_str)),
        reason: reason.map(str::to_owned),
        token: event.client_request_token().map(str::to_owned),
        operation_id: event.operation_id().map(str::to_owned),
    }
}

/// A change set without its changes, which come in pages.
pub(super) fn change_set(answer: &DescribeChangeSetOutput) -> ChangeSet {
    ChangeSet {
        id: text(answer.change_set_id()),
        name: text(answer.change_set_name()),
        stack_id: text(answer.stack_id()),
        state: state(answer.status().map_or("", sdk::ChangeSetStatus::as_str)),
        execution: execution(answer.execution_status().map_or("", sdk::ExecutionStatus::as_str)),
        reason: answer.status_reason().map(str::to_owned),
        changes: Vec::new(),
        created: answer.creation_time().map(|time| moment(Some(time))),
    }
}

/// CS-04; a status that this version does not know is one that cannot be used.
fn state(status: &str) -> ChangeSetState {
    match status {
        "CREATE_PENDING" | "CREATE_IN_PROGRESS" => ChangeSetState::Creating,
        "CREATE_COMPLETE" => ChangeSetState::Ready,
        "DELETE_PENDING" | "DELETE_IN_PROGRESS" | "DELETE_COMPLETE" => ChangeSetState::Gone,
        _ => ChangeSetState::Failed,
    }
}

fn execution(status: &str) -> ExecutionState {
    match status {
        "AVAILABLE" => ExecutionState::Available,
        "EXECUTE_IN_PROGRESS" => ExecutionState::InProgress,
        "EXECUTE_COMPLETE" => ExecutionState::Complete,
        "EXECUTE_FAILED" => ExecutionState::Failed,
        "OBSOLETE" => ExecutionState::Obsolete,
        _ => ExecutionState::Unavailable,
    }
}

pub(super) fn change(change: &sdk::Change) -> Option<ResourceChange> {
    let change = change.resource_change()?;
    Some(ResourceChange {
        logical_id: LogicalId::new(change.logical_resource_id()?).ok()?,
        type_name: text(change.resource_type()),
        physical_id: change.physical_resource_id().filter(|id| !id.is_empty()).map(str::to_owned),
        action: action(change.action().map_or("", sdk::ChangeAction::as_str)),
        replacement: change.replacement().and_then(|replacement| replaced(replacement.as_str())),
        details: change.details().iter().filter_map(detail).collect(),
    })
}

/// A failed validation among the events of an operation; none for any other event.
pub(super) fn objection(event: &sdk::OperationEvent) -> Option<Objection> {
    event.validation_status().filter(|status| status.as_str() == "FAILED")?;
    Some(Objection {
        logical_id: event.logical_resource_id().and_then(|id| LogicalId::new(id).ok()),
        validation: text(event.validation_name()),
        reason: text(event.validation_status_reason()),
        path: event.validation_path().map(str::to_owned),
    })
}

fn action(action: &str) -> ResourceAction {
    match action {
        "Add" => ResourceAction::Add,
        "Remove" => ResourceAction::Remove,
        "Import" => ResourceAction::Import,
        // SyncWithActual (DR-10) touches nothing but is listed as a modification.
        "Modify" | "SyncWithActual" => ResourceAction::Modify,
        _ => ResourceAction::Dynamic,
    }
}

fn replaced(replacement: &str) -> Option<Replacement> {
    match replacement {
        "True" => Some(Replacement::True),
        "False" => Some(Replacement::False),
        "Conditional" => Some(Replacement::Conditional),
        _ => None,
    }
}

fn detail(detail: &sdk::ResourceChangeDetail) -> Option<PropertyChange> {
    let target = detail.target()?;
    let attribute = target.attribute().map_or("", sdk::ResourceAttribute::as_str);
    Some(PropertyChange {
        target: match (attribute, target.path().or_else(|| target.name())) {
            ("Tags", _) => DetailTarget::Tags,
            ("Properties", Some(path)) => DetailTarget::Property(path.to_owned()),
            (attribute, _) => DetailTarget::Attribute(attribute.to_owned()),
        },
        recreation: match target.requires_recreation().map_or("", sdk::RequiresRecreation::as_str) {
            "Always" => Recreation::Always,
            "Conditionally" => Recreation::Conditionally,
            _ => Recreation::Never,
        },
        before: target.before_value().map(str::to_owned),
        after: target.after_value().map(str::to_owned),
        causing_entity: detail.causing_entity().map(str::to_owned),
        is_static: detail.evaluation().is_none_or(|evaluation| evaluation.as_str() == "Static"),
    })
}
