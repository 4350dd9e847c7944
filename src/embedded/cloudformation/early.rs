//! Early validation: what is found wrong before any resource is touched (CV-01 to CV-04).

use super::engine::{Engine, SECOND};
use super::evaluate::Scope;
use super::facts;
use super::operation::Phase;
use super::state::{Deployment, Finding, OnFailure, Stack};
use super::status::Status;
use super::validate::resolved;
use crate::units::Timestamp;

/// A name that something else has already.
pub(super) const NAME_CONFLICT: &str = "NAME_CONFLICT_VALIDATION";
/// A property that is required and not given.
const PROPERTY: &str = "PROPERTY_VALIDATION";

/// Why a change set failed that early validation found fault with (CV-01). Only the first of the two checks' names is
/// recorded.
pub(super) fn failed_checks(findings: &[Finding]) -> String {
    let mut checks: Vec<&str> = findings
        .iter()
        .map(|finding| match finding.name.as_str() {
            NAME_CONFLICT => "AWS::EarlyValidation::ResourceExistenceCheck",
            _ => "AWS::EarlyValidation::PropertyValidation",
        })
        .collect();
    checks.dedup();
    format!(
        "The following hook(s)/validation failed: [{}]. To troubleshoot Early Validation errors, use the DescribeEvents API \
         for detailed failure information.",
        checks.join(", ")
    )
}

impl Engine {
    /// What is required and not given, of the properties at the top of every resource that is to be there.
    pub(super) fn incomplete(&self, stack_name: &str, stack_id: &str, target: &Deployment) -> Vec<Finding> {
        let pseudo = self.pseudo(stack_name, stack_id, target);
        let Ok(scope) = Scope::new(&target.document, &target.parameters, pseudo) else { return Vec::new() };
        let mut found = Vec::new();
        for (logical_id, definition) in &target.document.resources {
            let Some(facts) = facts::of(&definition.type_name).filter(|_| scope.exists(logical_id)) else { continue };
            let Some(properties) = resolved(&scope, definition) else { continue };
            let missing = facts.required().into_iter().find(|name| !properties.contains_key(*name));
            found.extend(missing.map(|name| Finding {
                name: PROPERTY.to_owned(),
                reason: format!("Required property [{name}] not found"),
                path: format!("/Resources/{logical_id}/Properties"),
                logical_id: logical_id.clone(),
                type_name: definition.type_name.clone(),
            }));
        }
        found
    }

    /// A creation that is found wrong at once: it fails a moment later, and no resource is touched (DE-08).
    pub(super) fn refuse_early(&mut self, stack: &mut Stack, findings: Vec<Finding>, at: Timestamp) {
        self.enter(stack, Phase::Apply, Vec::new(), at, SECOND);
        if let Some(operation) = stack.operation.as_mut() {
            operation.findings = findings;
        }
    }

    /// The end of such a creation.
    pub(super) fn failed_early(&mut self, stack: &mut Stack, at: Timestamp, findings: &[Finding]) {
        let Some(operation) = stack.operation.as_ref() else { return };
        let (kind, id, options) = (operation.kind, operation.id.clone(), operation.options.clone());
        for finding in findings {
            self.finding_event(stack, at, (kind, &id, None), finding);
        }
        let reason = format!(
            "Validation failed with {} error(s). Call DescribeEvents to retrieve the full list of issues with resource and \
             property details, resolve each error, then retry the operation.",
            findings.len()
        );
        if options.disable_rollback || options.on_failure == OnFailure::DoNothing {
            self.stay(stack, at, Status::CreateFailed, &reason);
            self.detail_last(stack);
            return;
        }
        self.stack_event(stack, at, Status::CreateFailed, Some(&reason));
        self.detail_last(stack);
        let status = match options.on_failure {
            OnFailure::Delete => Status::DeleteInProgress,
            OnFailure::Rollback | OnFailure::DoNothing => Status::RollbackInProgress,
        };
        let why = "Validation failure detected. See the operation's FAILED event for details.";
        self.roll_creation_back(stack, at, status, why);
    }

    fn detail_last(&self, stack: &mut Stack) {
        if let Some(event) = stack.events.last_mut() {
            event.detailed = Some("VALIDATION_FAILED".to_owned());
        }
    }
}
