//! Stacks: describe, events, delete, protect, cancel, continue.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_cloudformation::types::TemplateStage;

use super::{Cloud, CloudError, failure, read};
use crate::observed::{FailureKind, Observed, ObservedResource, StackDescription, StackEvent, StackHead};
use crate::template::Template;
use crate::units::LogicalId;

const SERVICE: &str = "CloudFormation";

/// How far back to read events, newest first. Pages are read whole, so that an event that became visible
/// late beside a known one is not missed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EventsUntil {
    /// The newest page only.
    NewestPage,
    /// To the page that holds this event.
    Event(String),
    /// To the page that holds the beginning of the newest operation.
    OperationStart,
}

impl EventsUntil {
    fn is_reached(&self, event: &StackEvent) -> bool {
        match self {
            Self::NewestPage => true,
            Self::Event(id) => event.event_id == *id,
            Self::OperationStart => event.starts_operation(),
        }
    }
}

impl Cloud {
    /// One `DescribeStacks`; `None` if there is no such stack. `stack` is a name, or an ARN, which also finds a
    /// deleted stack for 90 days (ST-07).
    ///
    /// # Errors
    /// Any refusal but "does not exist".
    pub async fn stack_head(&self, stack: &str) -> Result<Option<StackHead>, CloudError> {
        Ok(self.describe(stack).await?.map(|stack| read::head(&stack)))
    }

    /// Everything about a stack: description, template as written, resources.
    ///
    /// # Errors
    /// Any refusal but "does not exist"; a deployed template that is not one this product reads.
    pub async fn describe_stack(&self, name: &str) -> Result<Observed, CloudError> {
        let Some(stack) = self.describe(name).await? else { return Ok(Observed::Absent) };
        let head = read::head(&stack);
        let template = self.template(&head.id).await?;
        let resources = self.resources(&head.id).await?;
        Ok(Observed::Present(Box::new(StackDescription {
            parameters: read::parameters(stack.parameters()),
            tags: read::tags(stack.tags()),
            template,
            resources,
            id: head.id,
            name: head.name,
            status: head.status,
            status_reason: head.status_reason,
            outputs: head.outputs,
            created: head.created,
            updated: head.updated,
            termination_protection: head.termination_protection,
            change_set_id: head.change_set_id,
        })))
    }

    async fn describe(&self, stack: &str) -> Result<Option<aws_sdk_cloudformation::types::Stack>, CloudError> {
        let answer = self.cloudformation.describe_stacks().stack_name(stack).send().await;
        match answer.map_err(|error| failure::of(SERVICE, "DescribeStacks", error)) {
            Ok(answer) => Ok(answer.stacks.unwrap_or_default().into_iter().next()),
            Err(refusal) if refusal.kind == FailureKind::NotFound => Ok(None),
            Err(refusal) => Err(refusal),
        }
    }

    /// The template as it was sent; `None` where there is none yet (ST-11).
    async fn template(&self, stack_id: &str) -> Result<Option<Template>, CloudError> {
        let request = self.cloudformation.get_template().stack_name(stack_id).template_stage(TemplateStage::Original);
        let answer = request.send().await.map_err(|error| failure::of(SERVICE, "GetTemplate", error))?;
        let Some(body) = answer.template_body().filter(|body| !body.trim().is_empty() && body.trim() != "{}") else {
            return Ok(None);
        };
        let parsed = Template::parse(body).map(Some);
        parsed.map_err(|error| {
            let mut refusal = failure::answer(SERVICE, "GetTemplate", format!("the deployed template: {error}"));
            refusal.kind = FailureKind::Other;
            refusal
        })
    }

    /// The resources of a stack.
    ///
    /// # Errors
    /// Any refusal, "does not exist" included.
    pub async fn resources(&self, stack_id: &str) -> Result<BTreeMap<LogicalId, ObservedResource>, CloudError> {
        let mut resources = BTreeMap::new();
        let mut token = None;
        loop {
            let request = self.cloudformation.list_stack_resources().stack_name(stack_id).set_next_token(token);
            let answer = request.send().await.map_err(|error| failure::of(SERVICE, "ListStackResources", error))?;
            resources.extend(answer.stack_resource_summaries().iter().filter_map(read::resource));
            token = answer.next_token;
            if token.is_none() {
                return Ok(resources);
            }
        }
    }

    /// Events of a stack from the page that `until` is on up to now, oldest first, each once. `stack` should be
    /// the ARN, which does not confuse a stack with an earlier one of its name.
    ///
    /// # Errors
    /// Any refusal, "does not exist" included.
    pub async fn stack_events(&self, stack: &str, until: &EventsUntil) -> Result<Vec<StackEvent>, CloudError> {
        let mut events = Vec::new();
        let mut seen = BTreeSet::new();
        let mut token = None;
        loop {
            let request = self.cloudformation.describe_stack_events().stack_name(stack).set_next_token(token);
            let answer = request.send().await.map_err(|error| failure::of(SERVICE, "DescribeStackEvents", error))?;
            let mut reached = matches!(until, EventsUntil::NewestPage);
            for event in answer.stack_events().iter().map(read::event) {
                reached |= until.is_reached(&event);
                // Events that arrive while paging push others on to the next page, where they come again.
                if seen.insert(event.event_id.clone()) {
                    events.push(event);
                }
            }
            token = answer.next_token;
            if reached || token.is_none() {
                events.reverse();
                return Ok(events);
            }
        }
    }

    /// Starts the deletion of a stack; what is to be retained stays outside it, which only a stack in DELETE_FAILED takes
    /// (ER-11). The same token starts it once (ER-06).
    ///
    /// # Errors
    /// Protection is on, an operation is running, or the caller may not.
    pub async fn delete_stack(
        &self,
        stack: &str,
        token: &str,
        role: Option<&str>,
        retain: &[LogicalId],
    ) -> Result<(), CloudError> {
        let mut request = self.cloudformation.delete_stack().stack_name(stack).client_request_token(token);
        for id in retain {
            request = request.retain_resources(id.as_str());
        }
        let answer = request.set_role_arn(role.map(str::to_owned)).send().await;
        answer.map(drop).map_err(|error| failure::of(SERVICE, "DeleteStack", error))
    }

    /// Switches termination protection. Setting what is set is no error.
    ///
    /// # Errors
    /// There is no such stack, it is being deleted, or the caller may not.
    pub async fn set_termination_protection(&self, stack: &str, on: bool) -> Result<(), CloudError> {
        let request = self.cloudformation.update_termination_protection().stack_name(stack);
        let answer = request.enable_termination_protection(on).send().await;
        answer.map(drop).map_err(|error| failure::of(SERVICE, "UpdateTerminationProtection", error))
    }

    /// Goes on with a failed rollback, leaving the named resources as they are.
    ///
    /// # Errors
    /// The stack is not in UPDATE_ROLLBACK_FAILED, or the caller may not.
    pub async fn continue_update_rollback(
        &self,
        stack: &str,
        skip: &[LogicalId],
        token: &str,
    ) -> Result<(), CloudError> {
        let mut request = self.cloudformation.continue_update_rollback().stack_name(stack).client_request_token(token);
        for id in skip {
            request = request.resources_to_skip(id.as_str());
        }
        request.send().await.map(drop).map_err(|error| failure::of(SERVICE, "ContinueUpdateRollback", error))
    }

    /// Puts the last good state of a stack back whose failure was left as it was.
    ///
    /// # Errors
    /// The stack is in no state to be rolled back, or the caller may not.
    pub async fn roll_back(&self, stack: &str, token: &str) -> Result<(), CloudError> {
        let request = self.cloudformation.rollback_stack().stack_name(stack).client_request_token(token);
        request.send().await.map(drop).map_err(|error| failure::of(SERVICE, "RollbackStack", error))
    }

    /// Cancels a running update, which rolls back.
    ///
    /// # Errors
    /// The stack is not in UPDATE_IN_PROGRESS, or the caller may not.
    pub async fn cancel_update(&self, stack: &str, token: &str) -> Result<(), CloudError> {
        let request = self.cloudformation.cancel_update_stack().stack_name(stack).client_request_token(token);
        request.send().await.map(drop).map_err(|error| failure::of(SERVICE, "CancelUpdateStack", error))
    }

    /// Has CloudFormation check a template's form. Bodies over the size that a request may hold must be in S3.
    ///
    /// # Errors
    /// The service's words about what is wrong.
    pub async fn validate_template(&self, body: &str) -> Result<(), CloudError> {
        let answer = self.cloudformation.validate_template().template_body(body).send().await;
        answer.map(drop).map_err(|error| failure::of(SERVICE, "ValidateTemplate", error))
    }
}
