//! Change sets: make, describe, execute, delete.

use std::collections::BTreeMap;

use aws_sdk_cloudformation::types::{
    Capability, ChangeSetType, DeploymentMode, RollbackConfiguration, RollbackTrigger, Tag,
};

use super::{Cloud, CloudError, failure, read};
use crate::observed::{ChangeSet, FailureKind, Objection};
use crate::template::limits;
use crate::units::Duration;

const SERVICE: &str = "CloudFormation";

/// What kind of change set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChangeSetKind {
    /// Of a stack that is not there or has only been reviewed.
    Create,
    /// Of a stack that is there.
    Update,
}

/// A change set to be made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChangeSetRequest {
    /// Stack name.
    pub stack: String,
    /// Change-set name; making it twice is making it once.
    pub name: String,
    /// What kind.
    pub kind: ChangeSetKind,
    /// The template.
    pub template: String,
    /// Where the template goes if it is too large for a request.
    pub artifact_bucket: String,
    /// Tags of the stack; all of them, since a change set replaces them as a whole.
    pub tags: BTreeMap<String, String>,
    /// The role CloudFormation acts as.
    pub role: Option<String>,
    /// Whether resources that exist under their names already are taken into the stack (CI-03).
    pub import_existing: bool,
    /// ARNs of alarms that roll the operation back (RB-01); for an update the whole set.
    pub rollback_alarms: Vec<String>,
    /// How long they are watched after the last resource is done; whole minutes count.
    pub watch: Option<Duration>,
    /// What people see in the console.
    pub description: String,
}

impl Cloud {
    /// Asks for a change set. That it is there already under this name counts as done. CAPABILITY_IAM is all
    /// that is claimed: Sluice gives no role a name.
    ///
    /// # Errors
    /// The template is refused outright, the stack is in a state that forbids it, or the caller may not.
    pub async fn create_change_set(&self, request: &ChangeSetRequest) -> Result<(), CloudError> {
        self.make_change_set(request, None).await
    }

    /// Asks for a drift-aware change set: what is really there is compared with the template, and put back to it (CloudFormation
    /// user guide, "Using drift-aware change sets").
    ///
    /// # Errors
    /// As [`Cloud::create_change_set`].
    pub async fn create_reverting_change_set(&self, request: &ChangeSetRequest) -> Result<(), CloudError> {
        self.make_change_set(request, Some(DeploymentMode::RevertDrift)).await
    }

    async fn make_change_set(
        &self,
        request: &ChangeSetRequest,
        mode: Option<DeploymentMode>,
    ) -> Result<(), CloudError> {
        let mut call = self
            .cloudformation
            .create_change_set()
            .stack_name(&request.stack)
            .change_set_name(&request.name)
            .description(&request.description)
            .capabilities(Capability::CapabilityIam)
            .set_role_arn(request.role.clone())
            .set_deployment_mode(mode)
            .change_set_type(match request.kind {
                ChangeSetKind::Create => ChangeSetType::Create,
                ChangeSetKind::Update => ChangeSetType::Update,
            });
        if request.import_existing {
            call = call.import_existing_resources(true);
        }
        if request.kind == ChangeSetKind::Update {
            // Without it CloudFormation keeps the triggers of the operation before (RB-05).
            call = call.rollback_configuration(rollback_configuration(&request.rollback_alarms, request.watch));
        }
        for (key, value) in &request.tags {
            call = call.tags(Tag::builder().key(key).value(value).build());
        }
        call = if request.template.len() > limits::BODY_BYTES {
            call.template_url(self.put_template(&request.artifact_bucket, &request.template).await?)
        } else {
            call.template_body(&request.template)
        };
        match call.send().await.map_err(|error| failure::of(SERVICE, "CreateChangeSet", error)) {
            Ok(_) => Ok(()),
            // The stack's existence is told with other words; this is about the change set's own name.
            Err(refusal)
                if refusal.kind == FailureKind::AlreadyExists
                    && refusal.message.contains(&request.name)
                    && !refusal.message.contains("cannot be created again") =>
            {
                Ok(())
            }
            Err(refusal) => Err(refusal),
        }
    }

    /// A change set with all its changes and their values; `None` if there is none of that name.
    ///
    /// # Errors
    /// Any refusal but "does not exist".
    pub async fn describe_change_set(&self, stack: &str, name: &str) -> Result<Option<ChangeSet>, CloudError> {
        let mut found: Option<ChangeSet> = None;
        let mut token = None;
        loop {
            let request = self.cloudformation.describe_change_set().stack_name(stack).change_set_name(name);
            let answer = request.include_property_values(true).set_next_token(token).send().await;
            let answer = match answer.map_err(|error| failure::of(SERVICE, "DescribeChangeSet", error)) {
                Ok(answer) => answer,
                Err(refusal) if refusal.kind == FailureKind::NotFound => return Ok(None),
                Err(refusal) => return Err(refusal),
            };
            let set = found.get_or_insert_with(|| read::change_set(&answer));
            set.changes.extend(answer.changes().iter().filter_map(read::change));
            token = answer.next_token;
            if token.is_none() {
                return Ok(found);
            }
        }
    }

    /// Everything that early validation objects to in a change set, in the template's order (CV-01, DE-02).
    ///
    /// # Errors
    /// The change set is gone, or the caller may not read its events.
    pub async fn objections(&self, change_set: &str) -> Result<Vec<Objection>, CloudError> {
        let mut found = Vec::new();
        let mut token = None;
        loop {
            let request = self.cloudformation.describe_events().change_set_name(change_set);
            let answer = request.set_next_token(token).send().await;
            let answer = answer.map_err(|error| failure::of(SERVICE, "DescribeEvents", error))?;
            found.extend(answer.operation_events().iter().filter_map(read::objection));
            token = answer.next_token;
            if token.is_none() {
                // Events come newest first.
                found.reverse();
                return Ok(found);
            }
        }
    }

    /// Starts the operation that a change set describes. The same token starts it once (CS-15).
    ///
    /// # Errors
    /// The change set is gone, obsolete or being executed, or the stack may not be updated.
    pub async fn execute_change_set(&self, stack: &str, name: &str, token: &str) -> Result<(), CloudError> {
        let request = self.cloudformation.execute_change_set().stack_name(stack).change_set_name(name);
        let answer = request.client_request_token(token).send().await;
        answer.map(drop).map_err(|error| failure::of(SERVICE, "ExecuteChangeSet", error))
    }

    /// Removes a change set; that it is gone already, or its stack, counts as done.
    ///
    /// # Errors
    /// It is being executed, or the caller may not.
    pub async fn delete_change_set(&self, stack: &str, name: &str) -> Result<(), CloudError> {
        let answer = self.cloudformation.delete_change_set().stack_name(stack).change_set_name(name).send().await;
        match answer.map_err(|error| failure::of(SERVICE, "DeleteChangeSet", error)) {
            Ok(_) => Ok(()),
            Err(refusal) if refusal.kind == FailureKind::NotFound => Ok(()),
            Err(refusal) => Err(refusal),
        }
    }
}

fn rollback_configuration(alarms: &[String], watch: Option<Duration>) -> RollbackConfiguration {
    let trigger = |arn: &String| RollbackTrigger::builder().arn(arn).r#type("AWS::CloudWatch::CompositeAlarm").build();
    let minutes = watch.map_or(0, |watch| i32::try_from(watch.as_secs() / 60).unwrap_or(i32::MAX));
    RollbackConfiguration::builder()
        .set_rollback_triggers(Some(alarms.iter().map(trigger).collect()))
        .monitoring_time_in_minutes(minutes)
        .build()
}
