//! The forward phase: what a template wants, resource by resource, with the values that are real by then.

use std::collections::BTreeSet;

use serde_json::Value;

use super::changes::{Leaf, leaves};
use super::document::{Definition, stringly};
use super::durations::CALL;
use super::engine::Engine;
use super::evaluate::Scope;
use super::facts::{self, Recreation};
use super::operation::{Job, Node, NodeState, Work, WorkKind};
use super::policy;
use super::record::Happening;
use super::run::{node_mut, physical_of, set_state, under_way};
use super::state::{Deployment, Live, Stack, StackResource, Step, Touched};
use super::world::Actual;
use crate::units::Timestamp;

/// What becomes of a resource in the forward phase.
enum Plan {
    Nothing,
    Work(WorkKind),
    Refuse(WorkKind, String),
}

impl Engine {
    /// One node per resource of the target that exists under its condition.
    pub(super) fn apply_nodes(&self, stack: &Stack, target: &Deployment) -> Result<Vec<(String, Node)>, String> {
        let scope = Scope::new(&target.document, &target.parameters, self.pseudo(&stack.name, &stack.id, target))?;
        let existing = target.document.resources.keys().filter(|logical_id| scope.exists(logical_id));
        Ok(existing
            .map(|logical_id| {
                let needs: BTreeSet<String> = target.document.needs(logical_id);
                (logical_id.clone(), Node::new(logical_id, Job::Apply, needs))
            })
            .collect())
    }

    pub(super) fn start_apply(&mut self, stack: &mut Stack, key: &str, logical_id: &str, at: Timestamp) {
        let Some(target) = stack.operation.as_ref().and_then(|operation| operation.target.clone()) else { return };
        let Some(definition) = target.document.resources.get(logical_id) else { return };
        match self.resolve(stack, &target, definition) {
            Err(text) => {
                set_state(stack, key, NodeState::Blocked);
                self.fail_operation(stack, at, &text);
            }
            Ok(live) => match self.plan(stack, logical_id, definition, &live) {
                Plan::Nothing => set_state(stack, key, NodeState::Done),
                Plan::Work(kind) => {
                    let work = Work { kind, live, started: at, failing: None };
                    self.begin_work(stack, key, logical_id, definition, work, at);
                }
                Plan::Refuse(kind, text) => {
                    let work = Work { kind, live, started: at, failing: Some(text) };
                    self.begin_work(stack, key, logical_id, definition, work, at);
                }
            },
        }
    }

    /// Stops the operation for a reason that is no resource's.
    pub(super) fn fail_operation(&mut self, stack: &mut Stack, at: Timestamp, text: &str) {
        if let Some(operation) = stack.operation.as_mut() {
            operation.failure.get_or_insert_with(|| text.to_owned());
        }
        self.cancel_others(stack, at);
    }

    fn resolve(&self, stack: &Stack, target: &Deployment, definition: &Definition) -> Result<Live, String> {
        let scope = Scope::new(&target.document, &target.parameters, self.pseudo(&stack.name, &stack.id, target))?;
        let exports = self.exports();
        let world = Actual { stack, exports: &exports };
        let metadata = match &definition.metadata {
            Some(metadata) => scope.value(metadata, &world)?,
            None => None,
        };
        let tagged = facts::of(&definition.type_name).is_some_and(|facts| facts.tagged);
        Ok(Live {
            properties: scope.members(&definition.properties, &world)?,
            attributes: std::collections::BTreeMap::new(),
            tags: if tagged { target.tags.clone() } else { std::collections::BTreeMap::new() },
            metadata,
        })
    }

    /// Compares what is there with what shall be (CH-14): equal values mean no events at all.
    fn plan(&self, stack: &Stack, logical_id: &str, definition: &Definition, live: &Live) -> Plan {
        let facts = facts::of(&definition.type_name);
        let missing = facts.and_then(|facts| facts.required().find(|name| !live.properties.contains_key(*name)));
        let old = stack.resources.get(logical_id).filter(|old| !old.status.gone() && old.physical_id.is_some());
        let Some(old) = old else {
            let importing =
                stack.operation.as_ref().is_some_and(|operation| operation.imports.contains_key(logical_id));
            let kind = if importing { WorkKind::Import } else { WorkKind::Create };
            return match missing {
                Some(name) => Plan::Refuse(kind, required(name)),
                None => Plan::Work(kind),
            };
        };
        let mut changed: Vec<Leaf> = Vec::new();
        let (before, after) = (Value::Object(old.live.properties.clone()), Value::Object(live.properties.clone()));
        leaves(Some(&before), Some(&after), "", &mut changed);
        let tags = old.live.tags != live.tags;
        let metadata = old.live.metadata.as_ref().map(stringly) != live.metadata.as_ref().map(stringly);
        if changed.is_empty() && !tags {
            return if metadata { Plan::Work(WorkKind::Quiet) } else { Plan::Nothing };
        }
        let recreates = |path: &[&str]| facts.is_some_and(|facts| facts.recreation(path) != Recreation::Never);
        let replace = changed.iter().any(|leaf| recreates(&leaf.path.split('/').skip(1).collect::<Vec<_>>()))
            || (tags && recreates(&["Tags"]));
        let kind = if replace { WorkKind::Replace } else { WorkKind::Update };
        if let Some(text) = policy::denial(stack, logical_id, &definition.type_name, replace) {
            return Plan::Refuse(kind, text);
        }
        if replace {
            if stack.operation.as_ref().is_some_and(|operation| operation.options.disable_rollback) {
                let text = "Replacement type updates not supported on stack with disable-rollback.";
                return Plan::Refuse(kind, text.to_owned());
            }
            if let Some(name) = custom_name(facts, old, live) {
                return Plan::Refuse(kind, custom_named(&name));
            }
        }
        match missing {
            Some(name) => Plan::Refuse(kind, required(name)),
            None => Plan::Work(kind),
        }
    }

    fn begin_work(
        &mut self,
        stack: &mut Stack,
        key: &str,
        logical_id: &str,
        definition: &Definition,
        work: Work,
        at: Timestamp,
    ) {
        touch(stack, logical_id, definition, &work, at);
        let physical_id = physical_of(stack, logical_id);
        let replaces = work.kind == WorkKind::Replace && work.failing.is_none();
        let reason = replaces.then(|| {
            "Requested update requires the creation of a new physical resource; hence creating one.".to_owned()
        });
        self.resource_event(
            stack,
            at,
            Happening {
                logical_id,
                type_name: &definition.type_name,
                physical_id: &physical_id,
                status: under_way(work.kind),
                reason,
                properties: Some(&work.live.properties),
                detailed: None,
            },
        );
        let step = match (&work.failing, work.kind) {
            (Some(_), _) => Step::Fail,
            (None, WorkKind::Quiet) => Step::Finish,
            (None, WorkKind::Create | WorkKind::Update | WorkKind::Replace | WorkKind::Import | WorkKind::Delete) => {
                Step::Provision
            }
        };
        if let Some(node) = node_mut(stack, key) {
            node.work = Some(work);
        }
        self.schedule(stack, key, at.plus(CALL), step);
    }
}

/// Remembers how a resource was before this operation, once, and brings in its new definition.
fn touch(stack: &mut Stack, logical_id: &str, definition: &Definition, work: &Work, at: Timestamp) {
    let needs = stack
        .operation
        .as_ref()
        .and_then(|operation| operation.target.as_ref())
        .map(|target| target.document.needs(logical_id))
        .unwrap_or_default();
    let known = stack.resources.get_mut(logical_id).filter(|known| !known.status.gone());
    match known {
        Some(known) => {
            if known.touched.is_none() {
                known.touched = Some(match &known.physical_id {
                    Some(physical_id) => Touched::Was {
                        physical_id: physical_id.clone(),
                        live: Box::new(known.live.clone()),
                        deletion: known.deletion,
                    },
                    None => Touched::New,
                });
            }
            known.needs = needs;
            known.deletion = definition.deletion.unwrap_or_default();
        }
        None => {
            let resource = StackResource {
                type_name: definition.type_name.clone(),
                physical_id: None,
                status: under_way(work.kind),
                reason: None,
                updated: at,
                live: Live::default(),
                needs,
                deletion: definition.deletion.unwrap_or_default(),
                touched: Some(Touched::New),
                drift: None,
            };
            stack.resources.insert(logical_id.to_owned(), resource);
        }
    }
}

/// The name a person gave, where it stays the same although the resource has to be replaced (ER-33).
fn custom_name(facts: Option<&facts::Facts>, old: &StackResource, live: &Live) -> Option<String> {
    let name = facts?.name?;
    let (before, after) = (old.live.properties.get(name)?, live.properties.get(name)?);
    (stringly(before) == stringly(after)).then(|| old.physical_id.clone().unwrap_or_default())
}

fn custom_named(physical_id: &str) -> String {
    format!(
        "CloudFormation cannot update a stack when a custom-named resource requires replacing. Rename {physical_id} and \
         update the stack again."
    )
}

fn required(name: &str) -> String {
    format!("Property validation failure: [The property {{/{name}}} is required]")
}
