//! `ExecuteChangeSet`, `DeleteChangeSet`, `ListChangeSets`.

use super::super::engine::Engine;
use super::super::error::{Answer, Refusal};
use super::super::mode::Mode;
use super::super::operation::Options;
use super::super::state::{ChangeSet, ChangeSetType, Stack};
use super::super::status::{ChangeSetStatus, ExecutionStatus, OperationType, Status};
use super::super::wire::{QueryRequest, Xml};
use super::create::{Beginning, token_used};
use super::page;
use super::update::{not_updatable, updatable};
use crate::units::Timestamp;

impl Engine {
    /// The stack and the change set that a request means: by ARN from anywhere, by name within a stack, where
    /// an executed one has given its name up.
    pub(super) fn locate(&self, request: &QueryRequest) -> Answer<(&Stack, &ChangeSet)> {
        let given = request.required("ChangeSetName")?;
        if given.starts_with("arn:") {
            let all = self.state.stacks.values();
            let found = all.flat_map(|stack| stack.change_sets.iter().map(move |one| (stack, one)));
            return found.into_iter().find(|(_, one)| one.id == given).ok_or_else(|| Refusal::no_change_set(given));
        }
        let Some(stack_name) = request.text("StackName") else {
            return Err(Refusal::validation(
                "StackName must be specified if ChangeSetName is not specified as an ARN.",
            ));
        };
        let stack = self.find(stack_name).ok_or_else(|| Refusal::no_stack(stack_name))?;
        let active = stack.change_sets.iter().find(|one| one.name == given && one.active());
        active.map(|one| (stack, one)).ok_or_else(|| Refusal::no_change_set(given))
    }

    pub(super) fn execute_change_set(&mut self, request: &QueryRequest, now: Timestamp) -> Answer<Xml> {
        let (stack, change_set) = self.locate(request)?;
        let token = request.text("ClientRequestToken").map(str::to_owned);
        let mode = Mode {
            disable_rollback: request.flag("DisableRollback").or(change_set.mode.disable_rollback),
            ..change_set.mode
        };
        if token.is_some() && change_set.execute_token == token {
            return Ok(Xml::default());
        }
        if let Some(token) = &token
            && stack.tokens.get(token).is_some_and(|used| used.change_set.as_ref() != Some(&change_set.id))
        {
            return Err(token_used(token));
        }
        executable(stack, change_set, mode)?;
        if request.text("DisableRollback").is_some() && change_set.on_failure.is_some() {
            return Err(Refusal::validation(
                "You can specify either OnStackFailure on the change set or DisableRollback on its execution, but not both.",
            ));
        }
        let (stack_id, change_set) = (stack.id.clone(), change_set.clone());
        let options = Options {
            disable_rollback: mode.keeps_failures(),
            express: mode.express,
            on_failure: change_set.on_failure.unwrap_or_default(),
            retain_except_on_create: request.flag("RetainExceptOnCreate").unwrap_or(false),
            ..Options::default()
        };
        self.with(&stack_id, |engine, stack| {
            stack.change_sets.retain(|one| one.id == change_set.id || !one.active());
            if let Some(one) = stack.change_sets.iter_mut().find(|one| one.id == change_set.id) {
                one.execution = ExecutionStatus::InProgress;
                one.execute_token.clone_from(&token);
            }
            if let Some(token) = &token {
                let used = super::super::state::TokenUse {
                    fingerprint: request.fingerprint(),
                    change_set: Some(change_set.id.clone()),
                };
                stack.tokens.insert(token.clone(), used);
            }
            if let Some(reverting) = &change_set.reverting {
                // What is there is what is changed, and what a failure rolls back to (DR-11).
                stack.resources = super::revert_drift::as_it_is(stack, reverting).resources;
            }
            stack.updated = Some(now);
            stack.change_set_id = Some(change_set.id.clone());
            let (kind, status) = match change_set.kind {
                ChangeSetType::Create => (OperationType::CreateStack, Status::CreateInProgress),
                ChangeSetType::Update => (OperationType::UpdateStack, Status::UpdateInProgress),
                ChangeSetType::Import => (OperationType::UpdateStack, Status::ImportInProgress),
            };
            let beginning = Beginning {
                target: Some(change_set.target),
                options,
                token,
                change_set: Some(change_set.id),
                imports: change_set.imports,
                ..Beginning::new(kind, status)
            };
            engine.begin(stack, beginning, now);
        });
        Ok(Xml::default())
    }

    pub(super) fn delete_change_set(&mut self, request: &QueryRequest) -> Answer<Xml> {
        let given = request.required("ChangeSetName")?.to_owned();
        let (stack_id, change_set) = match self.locate(request) {
            Ok((stack, change_set)) => (stack.id.clone(), change_set),
            // Deleting one that is not there is fine.
            Err(refusal) if refusal.code == "ChangeSetNotFound" => return Ok(Xml::default()),
            Err(refusal) => return Err(refusal),
        };
        match change_set.execution {
            ExecutionStatus::InProgress => return Err(in_progress()),
            ExecutionStatus::Complete | ExecutionStatus::Failed => {
                return Err(Refusal::coded(
                    "InvalidChangeSetStatus",
                    format!("Cannot delete ChangeSet in execution status {}", change_set.execution),
                ));
            }
            ExecutionStatus::Available | ExecutionStatus::Unavailable | ExecutionStatus::Obsolete => {}
        }
        self.with(&stack_id, |_, stack| {
            stack.change_sets.retain(|one| one.id != given && !(one.name == given && one.active()));
        });
        Ok(Xml::default())
    }

    pub(super) fn list_change_sets(&self, request: &QueryRequest) -> Answer<Xml> {
        let given = request.required("StackName")?;
        let stack = self.find(given).ok_or_else(|| Refusal::no_stack(given))?;
        let active: Vec<&ChangeSet> = stack.change_sets.iter().filter(|one| one.active()).collect();
        let (shown, next) = page(&active, request, 100);
        let mut xml = Xml::default();
        xml.list("Summaries", shown, |xml, one| {
            xml.text("StackId", &stack.id).text("StackName", &stack.name);
            xml.text("ChangeSetId", &one.id).text("ChangeSetName", &one.name);
            xml.text("ExecutionStatus", one.execution.as_str()).text("Status", one.status.as_str());
            xml.maybe("StatusReason", one.reason.as_deref()).time("CreationTime", one.created);
            xml.maybe("Description", one.description.as_deref()).flag("IncludeNestedStacks", false);
        });
        xml.maybe("NextToken", next.as_deref());
        Ok(xml)
    }
}

impl ChangeSet {
    /// Whether it still holds its name: an executed one does not.
    pub(in super::super) const fn active(&self) -> bool {
        !matches!(self.execution, ExecutionStatus::InProgress | ExecutionStatus::Complete | ExecutionStatus::Failed)
    }
}

fn in_progress() -> Refusal {
    Refusal::coded(
        "InvalidChangeSetStatus",
        "An operation on this ChangeSet is currently in progress.  Please attempt this operation again later.",
    )
}

/// CS-11 to CS-14, and the `Exe` column of section 2.2.
fn executable(stack: &Stack, change_set: &ChangeSet, mode: Mode) -> Answer<()> {
    let refuse = |what: &str, found: &str| {
        Err(Refusal::coded(
            "InvalidChangeSetStatus",
            format!("ChangeSet [{}] cannot be executed in its current {what} of [{found}]", change_set.id),
        ))
    };
    if change_set.status != ChangeSetStatus::CreateComplete {
        return refuse("status", change_set.status.as_str());
    }
    match change_set.execution {
        ExecutionStatus::Available => {}
        ExecutionStatus::InProgress => return Err(in_progress()),
        ExecutionStatus::Unavailable
        | ExecutionStatus::Complete
        | ExecutionStatus::Failed
        | ExecutionStatus::Obsolete => {
            return refuse("execution status", change_set.execution.as_str());
        }
    }
    if stack.status == Status::ReviewInProgress {
        return Ok(());
    }
    if change_set.kind == ChangeSetType::Create {
        return Err(not_updatable(stack));
    }
    updatable(stack, mode)
}
