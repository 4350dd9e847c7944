//! `UpdateStack`.

use std::collections::BTreeMap;

use super::super::change::Changes;
use super::super::changes::Comparison;
use super::super::engine::Engine;
use super::super::error::{Answer, Refusal};
use super::super::evaluate::Scope;
use super::super::mode::Mode;
use super::super::operation::Options;
use super::super::policy;
use super::super::state::{Deployment, OnFailure, Stack};
use super::super::status::{OperationType, Status};
use super::super::wire::{QueryRequest, Xml};
use super::create::{Beginning, obsolete, remember_token};
use crate::units::Timestamp;

impl Engine {
    pub(super) fn update_stack(&mut self, request: &QueryRequest, now: Timestamp) -> Answer<Xml> {
        let given = request.required("StackName")?;
        let id = self.find_id(given).ok_or_else(|| Refusal::no_stack(given))?;
        if let Some(done) = self.repeated(&id, request)? {
            return Ok(done);
        }
        let stack = self.find(&id).ok_or_else(|| Refusal::no_stack(given))?;
        let mode = Mode::of(request)?;
        updatable(stack, mode)?;
        if request.text("StackPolicyBody").is_some() && request.text("StackPolicyURL").is_some() {
            return Err(Refusal::validation("You cannot specify both StackPolicyURL and StackPolicyBody"));
        }
        for name in ["StackPolicyBody", "StackPolicyDuringUpdateBody"] {
            if let Some(text) = request.text(name) {
                policy::check(text)?;
            }
        }
        let target = self.target(request, stack.deployed.as_ref(), &stack.name, &stack.id)?;
        let changes = self.compare(stack, &target, &BTreeMap::new())?;
        let unfinished = matches!(stack.status, Status::UpdateFailed | Status::CreateFailed);
        if !unfinished && !differs(stack, &target, &changes) {
            return Err(Refusal::validation("No updates are to be performed."));
        }
        let options = Options {
            disable_rollback: mode.keeps_failures(),
            express: mode.express,
            retain_except_on_create: request.flag("RetainExceptOnCreate").unwrap_or(false),
            ..Options::default()
        };
        let operation = self.with(&id, |engine, stack| {
            obsolete(stack);
            stack.updated = Some(now);
            stack.change_set_id = None;
            if let Some(policy) = request.text("StackPolicyBody") {
                stack.policy = Some(policy.to_owned());
            }
            remember_token(stack, request);
            let beginning = Beginning {
                target: Some(target),
                options,
                token: request.text("ClientRequestToken").map(str::to_owned),
                policy: request.text("StackPolicyDuringUpdateBody").map(str::to_owned),
                ..Beginning::new(OperationType::UpdateStack, Status::UpdateInProgress)
            };
            engine.begin(stack, beginning, now)
        });
        let mut xml = Xml::default();
        xml.text("StackId", &id).maybe("OperationId", operation.as_deref());
        Ok(xml)
    }

    /// The changes from a stack to a target.
    pub(super) fn compare(
        &self,
        stack: &Stack,
        target: &Deployment,
        imports: &BTreeMap<String, String>,
    ) -> Answer<Changes> {
        let retyped: Vec<&str> = stack
            .present()
            .filter(|(logical_id, resource)| {
                let new = target.document.resources.get(*logical_id);
                new.is_some_and(|new| new.type_name != resource.type_name)
            })
            .map(|(logical_id, _)| logical_id.as_str())
            .collect();
        if !retyped.is_empty() {
            return Err(Refusal::validation(format!(
                "Update of resource type is not permitted. The new template modifies resource type of the following \
                 resources: [{}]",
                retyped.join(", ")
            )));
        }
        let scope = Scope::new(&target.document, &target.parameters, self.pseudo(&stack.name, &stack.id, target))
            .map_err(Refusal::validation)?;
        let exports = self.exports();
        let comparison = Comparison { stack, target, scope: &scope, exports: &exports, imports };
        comparison.changes().map_err(Refusal::validation)
    }
}

/// Whether a target is an update at all (CH-19, CS-10): a resource, a tag or an output differs, or a transform
/// forbids to tell.
pub(in super::super) fn differs(stack: &Stack, target: &Deployment, changes: &Changes) -> bool {
    let Some(deployed) = stack.deployed.as_ref() else { return true };
    let echoed = |deployment: &Deployment| {
        let names: Vec<_> = deployment.document.outputs.iter().map(|(k, v)| (k.clone(), v.clone())).collect();
        names.into_iter().collect::<BTreeMap<_, _>>()
    };
    !changes.plain.is_empty()
        || !changes.valued.is_empty()
        || !target.document.transforms.is_empty()
        || echoed(deployed) != echoed(target)
        || outputs_use_changed_parameters(deployed, target)
        || deployed.tags != target.tags
        || deployed.notifications != target.notifications
        || deployed.rollback != target.rollback
}

fn outputs_use_changed_parameters(deployed: &Deployment, target: &Deployment) -> bool {
    let references = target.document.outputs.values().flat_map(super::super::references::in_value);
    references.into_iter().any(|reference| {
        let value = |d: &Deployment| d.parameters.get(&reference.target).map(|parameter| parameter.used().to_owned());
        value(deployed) != value(target)
    })
}

/// The `Upd` column of section 2.2, ER-41 to ER-43.
pub(in super::super) fn updatable(stack: &Stack, mode: Mode) -> Answer<()> {
    if matches!(stack.status, Status::CreateFailed | Status::UpdateFailed) {
        if stack.express && !mode.express {
            return Err(Refusal::validation(format!(
                "This stack is in a {} state from a previous operation that used EXPRESS deployment mode with \
                 disable-rollback. Follow-up operations must use the same DeploymentConfig (mode=EXPRESS) until the stack \
                 reaches a *_COMPLETE state.",
                stack.status
            )));
        }
        if stack.on_failure == OnFailure::DoNothing && stack.status == Status::CreateFailed {
            return Err(Refusal::validation(
                "This stack cannot be updated from [CREATE_FAILED] state because it contains [on-failure: DO_NOTHING]. \
                 Please use disable-rollback option instead during stack creation.",
            ));
        }
        if mode.keeps_failures() {
            return Ok(());
        }
        return Err(Refusal::validation(format!(
            "This stack is currently in a non-terminal [{}] state. To update the stack from this state, please use the \
             disable-rollback parameter with update-stack API. To rollback to the last known good state, use the \
             rollback-stack API",
            stack.status
        )));
    }
    if stack.status.updatable() {
        return Ok(());
    }
    Err(not_updatable(stack))
}

/// CS-20.
pub(in super::super) fn not_updatable(stack: &Stack) -> Refusal {
    Refusal::validation(format!("Stack:{} is in {} state and can not be updated.", stack.id, stack.status))
}
