//! The course of one resource: the service is called, it is made, checked, done, or refused.

use super::document::scalar_text;
use super::durations::{CALL, course};
use super::effect::{Effect, EffectAction, HandlerError, HandlerErrorCode, Provisioned};
use super::engine::{About, Engine};
use super::facts;
use super::mode::COMPLETED;
use super::operation::{Job, NodeState, Phase, Work, WorkKind};
use super::record::Happening;
use super::run::{node_mut, physical_of, set_state, type_of, under_way};
use super::state::{Live, Purpose, Stack, StackResource, Step, Wake};
use super::status::ResourceStatus;
use crate::units::{Duration, Timestamp};

/// Between two attempts to delete in a clean-up (SQ-20: three attempts).
const RETRY: Duration = Duration::from_secs(10);

impl Engine {
    /// Sets the timer of a node's next step.
    pub(super) fn schedule(&mut self, stack: &mut Stack, key: &str, at: Timestamp, step: Step) {
        let id = stack.id.clone();
        let fresh = self.next_count();
        let Some(node) = node_mut(stack, key) else { return };
        if node.run == 0 {
            node.run = fresh;
        }
        let run = node.run;
        self.wake(at, Wake::Node { stack: id, node: key.to_owned(), run, step });
    }

    /// A node's timer is due.
    pub(super) fn node_step(&mut self, stack: &mut Stack, key: &str, run: u64, step: Step, at: Timestamp) {
        let Some(node) = node_mut(stack, key).filter(|node| node.run == run && node.state == NodeState::Running) else {
            return;
        };
        let (logical_id, work) = (node.logical_id.clone(), node.work.clone());
        let Some(work) = work else { return };
        match step {
            Step::Provision => self.call(stack, key, run, at),
            Step::Check => {
                let physical = physical_of(stack, &logical_id);
                self.resource_event(
                    stack,
                    at,
                    Happening {
                        logical_id: &logical_id,
                        type_name: &type_of(stack, &logical_id),
                        physical_id: &physical,
                        status: under_way(work.kind),
                        reason: Some("Eventual consistency check initiated".to_owned()),
                        properties: Some(&work.live.properties),
                        detailed: Some("CONFIGURATION_COMPLETE"),
                    },
                );
            }
            Step::Finish => self.finish(stack, key, at),
            Step::Fail => self.fail(stack, key, at, &work.failing.unwrap_or_default()),
        }
    }

    /// Hands out the effect that a node is about.
    fn call(&mut self, stack: &mut Stack, key: &str, run: u64, at: Timestamp) {
        let Some(node) = node_mut(stack, key) else { return };
        let (logical_id, job) = (node.logical_id.clone(), node.job.clone());
        let Some(work) = node.work.clone() else { return };
        let purpose = Purpose::Node { stack: stack.id.clone(), node: key.to_owned(), run };
        let current = stack.resources.get(&logical_id);
        let physical_id = current.and_then(|resource| resource.physical_id.clone()).unwrap_or_default();
        let type_name = match &job {
            Job::Delete(leftover) => leftover.type_name.clone(),
            Job::Apply | Job::Revert => current.map(|resource| resource.type_name.clone()).unwrap_or_default(),
        };
        let action = match (&job, work.kind) {
            (Job::Delete(leftover), _) => EffectAction::Delete {
                physical_id: leftover.physical_id.clone(),
                properties: leftover.live.properties.clone(),
            },
            (_, WorkKind::Create | WorkKind::Replace) => {
                EffectAction::Create { properties: work.live.properties.clone() }
            }
            (_, WorkKind::Import) => {
                let wanted = stack.operation.as_ref().and_then(|operation| operation.imports.get(&logical_id).cloned());
                EffectAction::Read { physical_id: wanted.unwrap_or_default() }
            }
            (_, WorkKind::Update | WorkKind::Quiet | WorkKind::Delete) => EffectAction::Update {
                physical_id,
                before: current.map(|resource| resource.live.properties.clone()).unwrap_or_default(),
                after: work.live.properties.clone(),
                tags_before: current.map(|resource| resource.live.tags.clone()).unwrap_or_default(),
            },
        };
        let about = About { logical_id: &logical_id, type_name: &type_name, tags: &work.live.tags };
        self.ask(at, stack, about, action, purpose);
    }

    /// The result of a node's effect.
    pub(super) fn provisioned(
        &mut self,
        stack: &mut Stack,
        key: &str,
        run: u64,
        effect: &Effect,
        result: Result<Provisioned, HandlerError>,
    ) {
        let at = effect.at;
        let current = node_mut(stack, key).is_some_and(|node| node.run == run && node.state == NodeState::Running);
        if !current {
            keep_trace(stack, effect, result);
            return;
        }
        let is_delete = matches!(effect.action, EffectAction::Delete { .. });
        match result {
            Ok(_) if is_delete => self.finish_at_end(stack, key, at),
            Err(error) if is_delete && error.code == HandlerErrorCode::NotFound => self.finish_at_end(stack, key, at),
            Ok(found) => self.made(stack, key, at, found),
            Err(error) => self.refused(stack, key, effect, &error),
        }
    }

    fn finish_at_end(&mut self, stack: &mut Stack, key: &str, at: Timestamp) {
        let Some((end, _)) = end_of(stack, key) else { return };
        self.schedule(stack, key, end.max(at), Step::Finish);
    }

    fn made(&mut self, stack: &mut Stack, key: &str, at: Timestamp, found: Provisioned) {
        let Some(node) = node_mut(stack, key) else { return };
        let (logical_id, Some(work)) = (node.logical_id.clone(), node.work.clone()) else { return };
        let Some(resource) = stack.resources.get_mut(&logical_id) else { return };
        let physical_id = if found.physical_id.is_empty() {
            resource.physical_id.clone().unwrap_or_default()
        } else {
            found.physical_id
        };
        resource.physical_id = Some(physical_id.clone());
        resource.live.clone_from(&work.live);
        resource.live.attributes = found.attributes;
        if matches!(work.kind, WorkKind::Create | WorkKind::Replace) {
            self.initiated(stack, &logical_id, &physical_id, &work, at);
        }
        let Some((end, check)) = end_of(stack, key) else { return };
        if let Some(check) = check {
            self.schedule(stack, key, check.max(at), Step::Check);
        }
        self.schedule(stack, key, end.max(at), Step::Finish);
    }

    fn initiated(&mut self, stack: &mut Stack, logical_id: &str, physical_id: &str, work: &Work, at: Timestamp) {
        let type_name = type_of(stack, logical_id);
        self.resource_event(
            stack,
            at,
            Happening {
                logical_id,
                type_name: &type_name,
                physical_id,
                status: under_way(work.kind),
                reason: Some("Resource creation Initiated".to_owned()),
                properties: Some(&work.live.properties),
                detailed: None,
            },
        );
    }

    fn refused(&mut self, stack: &mut Stack, key: &str, effect: &Effect, error: &HandlerError) {
        let at = effect.at;
        let text = self.owned_elsewhere(stack, key, effect, error);
        let text = text.unwrap_or_else(|| handler_message(error, &effect.token));
        let phase = stack.operation.as_ref().map(|operation| operation.phase);
        let Some(node) = node_mut(stack, key) else { return };
        let logical_id = node.logical_id.clone();
        let Some(work) = node.work.as_mut() else { return };
        if let (Some(physical_id), WorkKind::Create | WorkKind::Replace) = (&error.physical_id, work.kind) {
            work.failing = Some(text);
            let work = work.clone();
            if let Some(resource) = stack.resources.get_mut(&logical_id) {
                resource.physical_id = Some(physical_id.clone());
                resource.live.clone_from(&work.live);
            }
            self.initiated(stack, &logical_id, physical_id, &work, at);
            let Some((end, _)) = end_of(stack, key) else { return };
            self.schedule(stack, key, end.max(at), Step::Fail);
            return;
        }
        node.attempts += 1;
        let cleaning = matches!(phase, Some(Phase::Clean | Phase::RevertClean));
        if cleaning && node.attempts < 3 {
            self.schedule(stack, key, at.plus(RETRY), Step::Provision);
            return;
        }
        let forced = phase == Some(Phase::Remove) && stack.operation.as_ref().is_some_and(|o| o.options.force);
        if let (true, Job::Delete(leftover)) = (forced, node_job(stack, key)) {
            self.delete_event(stack, &leftover, at, ResourceStatus::DeleteSkipped, None);
            set_state(stack, key, NodeState::Done);
            self.advance(stack, at);
            return;
        }
        self.fail(stack, key, at, &text);
    }

    /// ER-34: a name that is taken, and that CloudFormation knows from another stack.
    fn owned_elsewhere(&self, stack: &Stack, key: &str, effect: &Effect, error: &HandlerError) -> Option<String> {
        if error.code != HandlerErrorCode::AlreadyExists {
            return None;
        }
        let work = stack.operation.as_ref()?.nodes.get(key)?.work.as_ref()?;
        let name = work.live.properties.get(facts::of(&effect.type_name)?.sole_name()?).and_then(scalar_text)?;
        // The stack itself is out of the map meanwhile. Where an ARN is the physical id, it ends with the name.
        let has = |resource: &StackResource| {
            let id = resource.physical_id.as_deref().unwrap_or_default();
            resource.type_name == effect.type_name
                && id.strip_suffix(name.as_str()).is_some_and(|lead| lead.is_empty() || lead.ends_with([':', '/']))
        };
        let owner = self.state.stacks.values().find(|other| other.present().any(|(_, resource)| has(resource)))?;
        Some(format!("{name} already exists in stack {}", owner.id))
    }

    /// A node is done.
    fn finish(&mut self, stack: &mut Stack, key: &str, at: Timestamp) {
        let Some(node) = node_mut(stack, key) else { return };
        let (logical_id, job, Some(work)) = (node.logical_id.clone(), node.job.clone(), node.work.clone()) else {
            return;
        };
        let express = stack.operation.as_ref().is_some_and(|operation| operation.options.express);
        let reason = express.then_some(COMPLETED);
        match job {
            Job::Delete(leftover) => {
                self.delete_event(stack, &leftover, at, ResourceStatus::DeleteComplete, reason);
                self.left(stack, &leftover);
            }
            Job::Apply | Job::Revert => {
                let physical_id = physical_of(stack, &logical_id);
                let type_name = type_of(stack, &logical_id);
                if let Some(resource) = stack.resources.get_mut(&logical_id) {
                    let attributes = std::mem::take(&mut resource.live.attributes);
                    resource.live = Live { attributes, ..work.live.clone() };
                    // Touched resources have to be checked for drift again (DR-08).
                    resource.drift = None;
                    if job == Job::Revert {
                        resource.touched = None;
                    }
                }
                let status = if work.kind == WorkKind::Create {
                    ResourceStatus::CreateComplete
                } else if work.kind == WorkKind::Import {
                    ResourceStatus::ImportComplete
                } else {
                    ResourceStatus::UpdateComplete
                };
                self.resource_event(
                    stack,
                    at,
                    Happening {
                        logical_id: &logical_id,
                        type_name: &type_name,
                        physical_id: &physical_id,
                        status,
                        reason: reason.map(str::to_owned),
                        properties: Some(&work.live.properties),
                        detailed: None,
                    },
                );
                if work.kind == WorkKind::Import {
                    self.adopt(stack, key, &logical_id, at);
                    return;
                }
            }
        }
        set_state(stack, key, NodeState::Done);
        self.advance(stack, at);
    }

    /// An imported resource gets the tags of the stack by an ordinary update (CI-04).
    fn adopt(&mut self, stack: &mut Stack, key: &str, logical_id: &str, at: Timestamp) {
        let (physical_id, type_name) = (physical_of(stack, logical_id), type_of(stack, logical_id));
        let Some(node) = node_mut(stack, key) else { return };
        let Some(work) = node.work.as_mut() else { return };
        work.kind = WorkKind::Update;
        work.started = at;
        let properties = work.live.properties.clone();
        self.resource_event(
            stack,
            at,
            Happening {
                logical_id,
                type_name: &type_name,
                physical_id: &physical_id,
                status: ResourceStatus::UpdateInProgress,
                reason: Some("Apply stack-level tags to imported resource if applicable.".to_owned()),
                properties: Some(&properties),
                detailed: None,
            },
        );
        self.schedule(stack, key, at.plus(CALL), Step::Provision);
    }
}

fn node_job(stack: &Stack, key: &str) -> Job {
    let node = stack.operation.as_ref().and_then(|operation| operation.nodes.get(key));
    node.map_or(Job::Apply, |node| node.job.clone())
}

/// When a node's work ends and when its consistency check is seen.
fn end_of(stack: &Stack, key: &str) -> Option<(Timestamp, Option<Timestamp>)> {
    let node = stack.operation.as_ref()?.nodes.get(key)?;
    let work = node.work.as_ref()?;
    let type_name = match &node.job {
        Job::Delete(leftover) => leftover.type_name.clone(),
        Job::Apply | Job::Revert => type_of(stack, &node.logical_id),
    };
    if stack.operation.as_ref().is_some_and(|operation| operation.options.express) {
        return Some((work.started.plus(CALL), None));
    }
    let course = course(&type_name, work.kind.act());
    Some((work.started.plus(course.whole), course.check.map(|check| work.started.plus(check))))
}

/// ER-36.
fn handler_message(error: &HandlerError, token: &str) -> String {
    format!(
        "Resource handler returned message: \"{}\" (RequestToken: {token}, HandlerErrorCode: {:?})",
        error.message, error.code
    )
}

/// What an effect left behind whose node was cancelled meanwhile: the rollback has to know of it.
fn keep_trace(stack: &mut Stack, effect: &Effect, result: Result<Provisioned, HandlerError>) {
    let made = match result {
        Ok(found) => Some(found.physical_id),
        Err(error) => error.physical_id,
    };
    let EffectAction::Create { properties } = &effect.action else { return };
    let (Some(resource), Some(physical_id)) = (stack.resources.get_mut(&effect.logical_id), made) else { return };
    resource.physical_id = Some(physical_id);
    resource.live.properties.clone_from(properties);
}
