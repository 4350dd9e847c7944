//! The actions of the API, one file per group.

mod change_sets;
mod create;
mod delete;
mod describe;
mod drift;
mod events;
mod execute;
mod lists;
mod policies;
mod revert_drift;
mod rollback;
mod templates;
mod update;

use super::engine::Engine;
use super::error::{Answer, Refusal};
use super::state::Stack;
use super::wire::{QueryRequest, Xml};
use crate::units::Timestamp;

/// Every action that is answered, in alphabetical order.
pub const ACTIONS: [&str; 33] = [
    "CancelUpdateStack",
    "ContinueUpdateRollback",
    "CreateChangeSet",
    "CreateStack",
    "DeleteChangeSet",
    "DeleteStack",
    "DescribeChangeSet",
    "DescribeEvents",
    "DescribeStackDriftDetectionStatus",
    "DescribeStackEvents",
    "DescribeStackResource",
    "DescribeStackResourceDrifts",
    "DescribeStackResources",
    "DescribeStackSet",
    "DescribeStacks",
    "DetectStackDrift",
    "ExecuteChangeSet",
    "GetStackPolicy",
    "GetTemplate",
    "GetTemplateSummary",
    "ListChangeSets",
    "ListExports",
    "ListImports",
    "ListStackInstances",
    "ListStackResources",
    "ListStackSets",
    "ListStacks",
    "RollbackStack",
    "SetStackPolicy",
    "UpdateStack",
    "UpdateStackSet",
    "UpdateTerminationProtection",
    "ValidateTemplate",
];

impl Engine {
    pub(super) fn dispatch(&mut self, request: &QueryRequest, now: Timestamp) -> Answer<Xml> {
        match request.action.as_str() {
            "CreateStack" => self.create_stack(request, now),
            "UpdateStack" => self.update_stack(request, now),
            "DeleteStack" => self.delete_stack(request, now),
            "CreateChangeSet" => self.create_change_set(request, now),
            "DescribeChangeSet" => self.describe_change_set(request),
            "ExecuteChangeSet" => self.execute_change_set(request, now),
            "DeleteChangeSet" => self.delete_change_set(request),
            "ListChangeSets" => self.list_change_sets(request),
            "DescribeStacks" => self.describe_stacks(request),
            "ListStacks" => self.list_stacks(request),
            "DescribeStackEvents" => self.describe_stack_events(request),
            "DescribeEvents" => self.describe_events(request),
            "DescribeStackResource" => self.describe_stack_resource(request),
            "DescribeStackResources" => self.describe_stack_resources(request),
            "ListStackResources" => self.list_stack_resources(request),
            "GetTemplate" => self.get_template(request),
            "GetTemplateSummary" => self.get_template_summary(request),
            "ValidateTemplate" => self.validate_template(request),
            "UpdateTerminationProtection" => self.update_termination_protection(request),
            "CancelUpdateStack" => self.cancel_update(request, now),
            "ContinueUpdateRollback" => self.continue_update_rollback(request, now),
            "RollbackStack" => self.rollback_stack(request, now),
            "SetStackPolicy" => self.set_stack_policy(request),
            "GetStackPolicy" => self.get_stack_policy(request),
            "DetectStackDrift" => self.detect_drift(request, now),
            "DescribeStackDriftDetectionStatus" => self.drift_detection_status(request),
            "DescribeStackResourceDrifts" => self.describe_drifts(request),
            "ListExports" => Ok(self.list_exports(request)),
            "ListImports" => self.list_imports(request),
            "DescribeStackSet" | "ListStackInstances" | "UpdateStackSet" => self.no_stack_set(request),
            "ListStackSets" => Ok(self.list_stack_sets()),
            "" => Err(Refusal::coded("MissingAction", "The request must contain the parameter Action")),
            other => {
                Err(Refusal::coded("InvalidAction", format!("Could not find operation {other} for version 2010-05-15")))
            }
        }
    }

    /// A stack by name (live ones only) or by ARN (deleted ones too, ST-07).
    pub(super) fn find(&self, given: &str) -> Option<&Stack> {
        if given.starts_with("arn:") {
            return self.state.stacks.get(given);
        }
        self.state.stacks.values().find(|stack| stack.name == given && stack.deleted.is_none())
    }

    fn find_id(&self, given: &str) -> Option<String> {
        self.find(given).map(|stack| stack.id.clone())
    }
}

/// One page of a list, and the token of the next one. Tokens are positions.
pub(super) fn page<'a, T>(items: &'a [T], request: &QueryRequest, size: usize) -> (&'a [T], Option<String>) {
    let from = request.text("NextToken").and_then(|token| token.parse().ok()).unwrap_or(0_usize).min(items.len());
    let to = from.saturating_add(size).min(items.len());
    (items.get(from..to).unwrap_or_default(), (to < items.len()).then(|| to.to_string()))
}
