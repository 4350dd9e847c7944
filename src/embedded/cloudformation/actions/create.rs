//! `CreateStack`, and everything that begins an operation.

use std::collections::BTreeMap;

use super::super::engine::{Engine, SECOND};
use super::super::error::{Answer, Refusal};
use super::super::mode::Mode;
use super::super::operation::{Operation, Options, Phase};
use super::super::policy;
use super::super::state::{Deployment, OnFailure, Stack, TokenUse, Wake};
use super::super::status::{ExecutionStatus, OperationType, Status};
use super::super::validate;
use super::super::wire::{QueryRequest, Xml};
use crate::units::{Duration, Timestamp};

/// From a request to the first resource event.
const PREPARATION: Duration = Duration::from_secs(2);

/// What begins an operation.
pub(super) struct Beginning {
    pub kind: OperationType,
    pub status: Status,
    pub target: Option<Deployment>,
    pub options: Options,
    pub token: Option<String>,
    pub change_set: Option<String>,
    pub imports: BTreeMap<String, String>,
    pub policy: Option<String>,
}

impl Beginning {
    pub(super) fn new(kind: OperationType, status: Status) -> Self {
        Self {
            kind,
            status,
            target: None,
            options: Options::default(),
            token: None,
            change_set: None,
            imports: BTreeMap::new(),
            policy: None,
        }
    }
}

impl Engine {
    pub(super) fn create_stack(&mut self, request: &QueryRequest, now: Timestamp) -> Answer<Xml> {
        let name = request.required("StackName")?.to_owned();
        validate::stack_name(&name)?;
        if let Some(id) = self.find_id(&name) {
            if let Some(done) = self.repeated(&id, request)? {
                return Ok(done);
            }
            if self.find(&name).is_some_and(|stack| stack.status != Status::ReviewInProgress) {
                return Err(Refusal::stack_exists(&name));
            }
        }
        if let Some(policy) = request.text("StackPolicyBody") {
            policy::check(policy)?;
        }
        if request.number("TimeoutInMinutes") == Some(0) {
            return Err(Refusal::constraint("0", "timeoutInMinutes", "have value greater than or equal to 1"));
        }
        let options = creation_options(request)?;
        let id = match self.find_id(&name) {
            Some(id) => id,
            None => self.new_stack_id(&name, now),
        };
        let target = self.target(request, None, &name, &id)?;
        let validates = !request.flag("DisableValidation").unwrap_or(false);
        let findings = if validates { self.incomplete(&name, &id, &target) } else { Vec::new() };
        self.state.stacks.entry(id.clone()).or_insert_with(|| blank(&name, &id, now));
        let operation = self.with(&id, |engine, stack| {
            obsolete(stack);
            stack.protected = request.flag("EnableTerminationProtection").unwrap_or(false);
            stack.policy = request.text("StackPolicyBody").map(str::to_owned);
            stack.timeout_minutes = request.number("TimeoutInMinutes");
            remember_token(stack, request);
            let beginning = Beginning {
                target: Some(target),
                options,
                token: request.text("ClientRequestToken").map(str::to_owned),
                ..Beginning::new(OperationType::CreateStack, Status::CreateInProgress)
            };
            let operation = engine.begin(stack, beginning, now);
            if !findings.is_empty() {
                engine.refuse_early(stack, findings, now);
            }
            operation
        });
        let mut xml = Xml::default();
        xml.text("StackId", &id).maybe("OperationId", operation.as_deref());
        Ok(xml)
    }

    pub(super) fn new_stack_id(&mut self, name: &str, now: Timestamp) -> String {
        let uuid = self.uuid1(now);
        let (partition, region, account) = (&self.state.partition, &self.state.region, &self.state.account);
        format!("arn:{partition}:cloudformation:{region}:{account}:stack/{name}/{uuid}")
    }

    /// Begins an operation: its events, its first phase. Gives the operation's id.
    pub(super) fn begin(&mut self, stack: &mut Stack, beginning: Beginning, now: Timestamp) -> String {
        let Beginning { kind, status, target, options, token, change_set, imports, policy } = beginning;
        // DE-07: a creation's operation id is the id of its first event.
        let event_id = self.uuid1(now);
        let id = if kind == OperationType::CreateStack && change_set.is_none() {
            event_id.clone()
        } else {
            self.uuid4("operation")
        };
        let before = stack.status;
        stack.disable_rollback = options.disable_rollback || options.on_failure == OnFailure::DoNothing;
        stack.on_failure = options.on_failure;
        stack.express = options.express;
        stack.retain_except_on_create = options.retain_except_on_create;
        stack.last_operations.retain(|(one, _)| *one != kind);
        stack.last_operations.insert(0, (kind, id.clone()));
        stack.operation = Some(Operation {
            id: id.clone(),
            kind,
            token,
            started: now,
            phase: Phase::Apply,
            run: 0,
            launched: false,
            settling: false,
            target,
            nodes: BTreeMap::new(),
            options,
            change_set,
            imports,
            outputs: Vec::new(),
            failure: None,
            before,
            policy,
            findings: Vec::new(),
        });
        self.operation_event(stack, now, "IN_PROGRESS");
        self.stack_event_with_id(stack, now, status, Some("User Initiated"), event_id);
        if let Some(target) = stack.operation.as_ref().and_then(|operation| operation.target.clone()) {
            self.begin_forward(stack, &target, now);
        }
        id
    }

    fn begin_forward(&mut self, stack: &mut Stack, target: &Deployment, now: Timestamp) {
        let nodes = match self.apply_nodes(stack, target) {
            Ok(nodes) => nodes,
            Err(text) => {
                if let Some(operation) = stack.operation.as_mut() {
                    operation.failure = Some(text);
                }
                Vec::new()
            }
        };
        self.enter(stack, Phase::Apply, nodes, now, PREPARATION);
        self.watch_again(stack, now.plus(SECOND));
        let creating = stack.operation.as_ref().is_some_and(|operation| operation.kind == OperationType::CreateStack);
        if let (true, Some(minutes)) = (creating, stack.timeout_minutes) {
            let run = stack.operation.as_ref().map_or(0, |operation| operation.run);
            let limit = Duration::from_secs(u64::from(minutes) * 60);
            self.wake(now.plus(limit), Wake::Timeout { stack: stack.id.clone(), run });
        }
    }

    /// ER-06: the same token with the same input is answered again, with another input refused.
    pub(super) fn repeated(&self, stack_id: &str, request: &QueryRequest) -> Answer<Option<Xml>> {
        let Some(token) = request.text("ClientRequestToken") else { return Ok(None) };
        let Some(used) = self.state.stacks.get(stack_id).and_then(|stack| stack.tokens.get(token)) else {
            return Ok(None);
        };
        if used.fingerprint != request.fingerprint() {
            return Err(token_used(token));
        }
        let mut xml = Xml::default();
        if matches!(request.action.as_str(), "CreateStack" | "UpdateStack") {
            xml.text("StackId", stack_id);
        }
        Ok(Some(xml))
    }
}

pub(super) fn token_used(token: &str) -> Refusal {
    Refusal::coded(
        "TokenAlreadyExistsException",
        format!(
            "The client request token {token} has already been used for this stack. Retry the request with a different \
             client request token"
        ),
    )
}

pub(super) fn remember_token(stack: &mut Stack, request: &QueryRequest) {
    if let Some(token) = request.text("ClientRequestToken") {
        let used = TokenUse { fingerprint: request.fingerprint(), change_set: None };
        stack.tokens.insert(token.to_owned(), used);
    }
}

/// A direct operation makes the change sets of a stack unusable (CS-16).
pub(super) fn obsolete(stack: &mut Stack) {
    for change_set in &mut stack.change_sets {
        if matches!(change_set.execution, ExecutionStatus::Available | ExecutionStatus::Unavailable) {
            change_set.execution = ExecutionStatus::Obsolete;
        }
    }
}

fn creation_options(request: &QueryRequest) -> Answer<Options> {
    let on_failure = match request.text("OnFailure") {
        None | Some("ROLLBACK") => OnFailure::Rollback,
        Some("DELETE") => OnFailure::Delete,
        Some("DO_NOTHING") => OnFailure::DoNothing,
        Some(other) => {
            let rule = "satisfy enum value set: [ROLLBACK, DO_NOTHING, DELETE]";
            return Err(Refusal::constraint(other, "onFailure", rule));
        }
    };
    if request.text("OnFailure").is_some() && request.text("DisableRollback").is_some() {
        return Err(Refusal::validation("You can specify either DisableRollback or OnFailure, but not both."));
    }
    let mode = Mode::of(request)?;
    Ok(Options {
        disable_rollback: mode.keeps_failures(),
        express: mode.express,
        on_failure,
        retain_except_on_create: request.flag("RetainExceptOnCreate").unwrap_or(false),
        ..Options::default()
    })
}

/// A stack that nothing has happened to.
pub(super) fn blank(name: &str, id: &str, now: Timestamp) -> Stack {
    Stack {
        name: name.to_owned(),
        id: id.to_owned(),
        created: now,
        updated: None,
        deleted: None,
        status: Status::ReviewInProgress,
        reason: None,
        deployed: None,
        halfway: None,
        outputs: Vec::new(),
        resources: BTreeMap::new(),
        leftovers: Vec::new(),
        events: Vec::new(),
        operation_events: Vec::new(),
        change_sets: Vec::new(),
        change_set_id: None,
        protected: false,
        disable_rollback: false,
        on_failure: OnFailure::Rollback,
        retain_except_on_create: false,
        timeout_minutes: None,
        policy: None,
        operation: None,
        tokens: BTreeMap::new(),
        last_operations: Vec::new(),
        drift: None,
        express: false,
    }
}
