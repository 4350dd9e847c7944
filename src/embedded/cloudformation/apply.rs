//! The forward phase: what a template wants, resource by resource, with the values that are real by then.

use std::collections::BTreeSet;

use serde_json::Value;

use super::change::{Leaf, leaves};
use super::document::{Definition, scalar_text, stringly};
use super::durations::CALL;
use super::engine::Engine;
use super::evaluate::Scope;
use super::facts;
use super::operation::{Job, Node, NodeState, Work, WorkKind};
use super::policy;
use super::record::Happening;
use super::run::{node_mut, physical_of, set_state, under_way};
use super::state::{Deployment, Live, Stack, StackResource, Step, Touched};
use super::world::Actual;
use crate::template::Recreation;
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
        // Out of the stack while it is read, for it is large.
        let Some(target) = stack.operation.as_mut().and_then(|operation| operation.target.take()) else { return };
        let definition = target.document.resources.get(logical_id).cloned();
        let resolved = definition.as_ref().map(|definition| self.resolve(stack, &target, definition));
        if let Some(operation) = stack.operation.as_mut() {
            operation.target = Some(target);
        }
        let Some((definition, resolved)) = definition.as_ref().zip(resolved) else { return };
        match resolved {
            Err(text) => {
                set_state(stack, key, NodeState::Blocked);
                self.fail_operation(stack, at, &text);
            }
            Ok(live) => match plan(stack, logical_id, definition, &live) {
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
        let tagged = facts::of(&definition.type_name).is_some_and(facts::Facts::tagged);
        Ok(Live {
            properties: scope.members(&definition.properties, &world)?,
            attributes: std::collections::BTreeMap::new(),
            tags: if tagged { target.tags.clone() } else { std::collections::BTreeMap::new() },
            metadata,
        })
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
                imported: work.kind == WorkKind::Import,
            };
            stack.resources.insert(logical_id.to_owned(), resource);
        }
    }
}

/// Compares what is there with what shall be (CH-14): equal values mean no events at all.
fn plan(stack: &Stack, logical_id: &str, definition: &Definition, live: &Live) -> Plan {
    let facts = facts::of(&definition.type_name);
    let old = stack.resources.get(logical_id).filter(|old| !old.status.gone() && old.physical_id.is_some());
    let (kind, refusal) = match old {
        None => {
            let operation = stack.operation.as_ref();
            let importing = operation.is_some_and(|operation| operation.imports.contains_key(logical_id));
            (if importing { WorkKind::Import } else { WorkKind::Create }, None)
        }
        Some(old) => match difference(facts, old, live) {
            None => return Plan::Nothing,
            Some(kind) => (kind, update_refusal(stack, logical_id, definition, kind, old, live)),
        },
    };
    let missing = facts.map(facts::Facts::required).unwrap_or_default();
    let missing = missing.into_iter().find(|name| !live.properties.contains_key(*name));
    match refusal.or_else(|| missing.filter(|_| kind != WorkKind::Quiet).map(required)) {
        Some(text) => Plan::Refuse(kind, text),
        None => Plan::Work(kind),
    }
}

/// How a resource has to change; `None` if it is as it shall be.
fn difference(facts: Option<facts::Facts>, old: &StackResource, live: &Live) -> Option<WorkKind> {
    let changed = changed(old, live);
    let tags = old.live.tags != live.tags;
    if changed.is_empty() && !tags {
        let metadata = old.live.metadata.as_ref().map(stringly) != live.metadata.as_ref().map(stringly);
        return metadata.then_some(WorkKind::Quiet);
    }
    let replace = facts.is_some_and(|facts| {
        let recreates = |leaf: &Leaf| facts.recreation(leaf) != Recreation::Never;
        changed.iter().any(recreates) || (tags && facts.tag_recreation() != Recreation::Never)
    });
    Some(if replace { WorkKind::Replace } else { WorkKind::Update })
}

fn changed(old: &StackResource, live: &Live) -> Vec<Leaf> {
    let mut found = Vec::new();
    let (before, after) = (Value::Object(old.live.properties.clone()), Value::Object(live.properties.clone()));
    leaves(Some(&before), Some(&after), "", &mut found);
    found
}

/// Why CloudFormation itself refuses an update: stack policy, rollback switched off (SQ-34), a custom name (ER-33),
/// a property that nobody can change.
fn update_refusal(
    stack: &Stack,
    logical_id: &str,
    definition: &Definition,
    kind: WorkKind,
    old: &StackResource,
    live: &Live,
) -> Option<String> {
    let replace = kind == WorkKind::Replace;
    if let Some(text) = policy::denial(stack, logical_id, &definition.type_name, replace) {
        return Some(text);
    }
    let facts = facts::of(&definition.type_name)?;
    if changed(old, live).iter().any(|leaf| facts.not_updatable(leaf)) {
        let text = format!("Update to resource type {} is not supported for the changed properties.", old.type_name);
        return Some(text);
    }
    if !replace {
        return None;
    }
    if stack.operation.as_ref().is_some_and(|operation| operation.options.disable_rollback) {
        return Some("Replacement type updates not supported on stack with disable-rollback.".to_owned());
    }
    let name = facts.sole_name()?;
    let (before, after) = (old.live.properties.get(name)?, live.properties.get(name)?);
    (stringly(before) == stringly(after)).then(|| custom_named(&scalar_text(after).unwrap_or_default()))
}

fn custom_named(name: &str) -> String {
    format!(
        "CloudFormation cannot update a stack when a custom-named resource requires replacing. Rename {name} and \
         update the stack again."
    )
}

fn required(name: &str) -> String {
    format!("Property validation failure: [The property {{/{name}}} is required]")
}
