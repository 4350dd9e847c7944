//! Desired × observed → plan.

use std::collections::{BTreeMap, BTreeSet};

use super::desired::{Desired, Earlier, Known, keeps};
use super::model::{
    Action, Baseline, DataAtRisk, DataEnd, Decider, Expected, FORMAT_VERSION, LeftOut, OutputChange, Plan, PlanKind,
    Reason, Removal, ResourcePlan, Summary, Sureness, TagChange, Unchanged,
};
use super::{access, amounts, change_set, classify, consumers, duration, effects, moves, secrets};
use crate::observed::{NextAction, Observed, ObservedResource, StackDescription};
use crate::pipeline::{Escape, Origins};
use crate::template::Template;
use crate::units::LogicalId;

/// Compares what should be there with what is.
#[must_use]
pub fn compare(desired: &Desired, observed: &Observed, known: &Known) -> Plan {
    let (live, empty) = (deployed(observed), Template::default());
    let standing = live.map(|stack| Standing {
        template: stack.template.as_ref().unwrap_or(&empty),
        tags: &stack.tags,
        resources: Some(&stack.resources),
    });
    against(desired, standing.as_ref(), baseline(observed), known)
}

/// Compares what should be there with what another state of the files says.
#[must_use]
pub fn compare_files(desired: &Desired, earlier: &Earlier) -> Plan {
    let source = earlier.source.clone();
    match &earlier.stack {
        Err(lacking) => against(desired, None, Baseline::Missing { source, lacking: *lacking }, &Known::default()),
        Ok(stack) => {
            let tags = stack.tags.as_ref().unwrap_or(&desired.tags);
            let standing = Standing { template: &stack.template, tags, resources: None };
            let baseline = Baseline::Files { source, template: stack.template.digest() };
            against(desired, Some(&standing), baseline, &Known::default())
        }
    }
}

/// What stands before a change.
struct Standing<'a> {
    template: &'a Template,
    tags: &'a BTreeMap<String, String>,
    /// What there is in AWS; none where files are compared.
    resources: Option<&'a BTreeMap<LogicalId, ObservedResource>>,
}

fn against(desired: &Desired, standing: Option<&Standing<'_>>, baseline: Baseline, known: &Known) -> Plan {
    let empty = Template::default();
    let before = standing.map_or(&empty, |standing| standing.template);
    let tags = tag_changes(standing.map(|standing| standing.tags), &desired.tags);
    let mut resources = classify::resources(desired, before, known, standing.is_some() && !tags.is_empty());
    for plan in &mut resources {
        let found = standing.and_then(|standing| standing.resources).and_then(|all| all.get(&plan.logical_id));
        if let Some(found) = found {
            plan.physical_id = found.physical_id.clone();
        }
    }
    if let Some(change_set) = &known.change_set {
        change_set::merge(&mut resources, change_set, desired);
    }
    for plan in &mut resources {
        plan.removal = removal(plan, desired, before);
        plan.expected = duration::of_resource(&plan.type_name, plan.action);
    }
    let planned: BTreeSet<&LogicalId> = resources.iter().map(|plan| &plan.logical_id).collect();
    let rest = desired.template.resources.iter().filter(|(id, _)| !planned.contains(id));
    let unchanged = rest.map(|(id, resource)| Unchanged {
        logical_id: id.clone(),
        type_name: resource.type_name.clone(),
        stage: desired.origins.get(id).and_then(|origin| origin.stage.clone()),
    });
    let unchanged = unchanged.collect();
    let kind = if standing.is_some() { PlanKind::Update } else { PlanKind::Create };
    let outputs = output_changes(before, &desired.template);
    let mut plan =
        finish(desired, before, kind, baseline, &known.open_shards, resources, Changes { outputs, tags, unchanged });
    secrets::leave_out(&mut plan.resources, &mut plan.outputs, [before, &desired.template]);
    plan
}

/// What destroying a stack does. `origins` may be empty where the pipeline file is gone.
#[must_use]
pub fn destroy(stack: &str, observed: &Observed, origins: &Origins) -> Plan {
    let empty = Template::default();
    let before = observed.stack().and_then(|stack| stack.template.as_ref()).unwrap_or(&empty);
    let desired = Desired {
        stack: stack.to_owned(),
        template: Template::default(),
        tags: BTreeMap::new(),
        origins: origins.clone(),
        loads: BTreeMap::new(),
    };
    let mut resources = classify::removals(&desired, before, &Reason::StackDestroyed);
    for plan in &mut resources {
        let found = observed.stack().and_then(|stack| stack.resources.get(&plan.logical_id));
        plan.physical_id = found.and_then(|found| found.physical_id.clone());
        plan.origin = origins.get(&plan.logical_id).cloned();
        // Whoever destroys a stack empties its buckets first.
        plan.removal = removal(plan, &desired, before).map(|removal| match removal {
            Removal::Deleted | Removal::DeletedIfEmpty => Removal::Deleted,
            Removal::Retained => Removal::Retained,
        });
        plan.expected = duration::of_resource(&plan.type_name, plan.action);
    }
    let changes = Changes { outputs: Vec::new(), tags: Vec::new(), unchanged: Vec::new() };
    let mut plan =
        finish(&desired, before, PlanKind::Destroy, baseline(observed), &BTreeMap::new(), resources, changes);
    plan.template = before.digest();
    plan
}

struct Changes {
    outputs: Vec<OutputChange>,
    tags: Vec<TagChange>,
    unchanged: Vec<Unchanged>,
}

fn finish(
    desired: &Desired,
    before: &Template,
    kind: PlanKind,
    baseline: Baseline,
    open_shards: &BTreeMap<LogicalId, u64>,
    resources: Vec<ResourcePlan>,
    changes: Changes,
) -> Plan {
    let mut data = data_at_risk(&resources);
    let mut consumers = consumers::effects(desired, before, &resources, &data);
    amounts::fill(&mut consumers, &mut data, desired, before);
    let effects = effects::effects(desired, before, open_shards, &resources);
    let (access, moves) = match kind {
        PlanKind::Update => (
            access::changes(before, &desired.template, &resources),
            moves::moves(before, &desired.template, &resources),
        ),
        PlanKind::Create | PlanKind::Destroy => (Vec::new(), Vec::new()),
    };
    let summary = Summary::of(&resources, &consumers, &data, changes.unchanged.len());
    let shape = if kind == PlanKind::Destroy { before } else { &desired.template };
    let expected = match resources.iter().all(|plan| plan.action == Action::Cannot) {
        true => Expected::default(),
        false => duration::of_all(&resources, shape),
    };
    Plan {
        format_version: FORMAT_VERSION.into(),
        stack: desired.stack.clone(),
        kind,
        baseline,
        template: desired.template.digest(),
        not_asked: None,
        resources,
        outputs: changes.outputs,
        tags: changes.tags,
        consumers,
        data,
        effects,
        access,
        moves,
        left_out: if kind == PlanKind::Destroy { Vec::new() } else { left_out(&desired.origins) },
        rollback: None,
        drain: None,
        hand_overs: Vec::new(),
        paused: Vec::new(),
        unmeasured: Vec::new(),
        unchanged: changes.unchanged,
        expected,
        summary,
    }
}

fn left_out(origins: &Origins) -> Vec<LeftOut> {
    let out = origins.iter().filter(|(_, origin)| matches!(origin.escapes.last(), Some(Escape::LeftOut { .. })));
    out.map(|(id, origin)| LeftOut { logical_id: id.clone(), origin: origin.clone() }).collect()
}

/// The stack, if it was ever deployed: a shell in review and what a failed first create left count as none.
fn deployed(observed: &Observed) -> Option<&StackDescription> {
    let stack = observed.stack()?;
    match stack.status.next_action() {
        NextAction::Create | NextAction::Review | NextAction::Delete | NextAction::WaitForDeletion => None,
        NextAction::Update
        | NextAction::Wait
        | NextAction::RollBack
        | NextAction::ContinueRollback
        | NextAction::DeleteAgain
        | NextAction::Blocked => Some(stack),
    }
}

/// What a comparison with `observed` stands on.
pub(super) fn baseline(observed: &Observed) -> Baseline {
    match deployed(observed) {
        None => Baseline::Absent,
        Some(stack) => Baseline::Stack {
            id: stack.id.clone(),
            template: stack.template.as_ref().map_or_else(|| Template::default().digest(), Template::digest),
            updated: stack.updated.unwrap_or(stack.created),
        },
    }
}

/// What becomes of the present resource. `DeletionPolicy` counts as deployed, `UpdateReplacePolicy` as desired (SQ-25).
fn removal(plan: &ResourcePlan, desired: &Desired, before: &Template) -> Option<Removal> {
    let policy = match plan.action {
        Action::Delete => before.resources.get(&plan.logical_id)?.deletion_policy,
        Action::Replace | Action::ReplaceDeletingFirst | Action::Undecided => {
            desired.template.resources.get(&plan.logical_id)?.update_replace_policy
        }
        Action::Create | Action::Update | Action::Import | Action::Cannot => return None,
    };
    Some(match keeps(policy) {
        true => Removal::Retained,
        false if plan.type_name == "AWS::S3::Bucket" => Removal::DeletedIfEmpty,
        false => Removal::Deleted,
    })
}

/// Types that hold what nobody can make again (DESIGN 8): records, items, objects, messages, keys.
const STATEFUL: [&str; 5] =
    ["AWS::DynamoDB::Table", "AWS::KMS::Key", "AWS::Kinesis::Stream", "AWS::S3::Bucket", "AWS::SQS::Queue"];

fn data_at_risk(resources: &[ResourcePlan]) -> Vec<DataAtRisk> {
    let stateful = resources.iter().filter(|plan| STATEFUL.contains(&plan.type_name.as_str()));
    let found = stateful.filter_map(|plan| {
        let end = match plan.action {
            Action::Delete => DataEnd::Removed,
            Action::Replace | Action::ReplaceDeletingFirst => DataEnd::Replaced,
            Action::Undecided => DataEnd::MaybeReplaced,
            Action::Create | Action::Update | Action::Import | Action::Cannot => return None,
        };
        Some(DataAtRisk {
            logical_id: plan.logical_id.clone(),
            type_name: plan.type_name.clone(),
            physical_id: plan.physical_id.clone(),
            end,
            removal: plan.removal?,
            held: None,
            amount: None,
            origin: plan.origin.clone(),
        })
    });
    found.collect()
}

fn output_changes(before: &Template, after: &Template) -> Vec<OutputChange> {
    let names: BTreeSet<&LogicalId> = before.outputs.keys().chain(after.outputs.keys()).collect();
    let value = |template: &Template, name: &LogicalId| template.outputs.get(name).map(|output| output.value.clone());
    let all = names.into_iter().map(|name| OutputChange {
        name: name.clone(),
        before: value(before, name),
        after: value(after, name),
    });
    all.filter(|change| change.before != change.after).collect()
}

fn tag_changes(before: Option<&BTreeMap<String, String>>, after: &BTreeMap<String, String>) -> Vec<TagChange> {
    let empty = BTreeMap::new();
    let before = before.unwrap_or(&empty);
    let keys: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
    let all = keys.into_iter().map(|key| TagChange {
        key: key.clone(),
        before: before.get(key).cloned(),
        after: after.get(key).cloned(),
    });
    all.filter(|change| change.before != change.after).collect()
}

/// A plan of one resource with nothing but an action and its reason.
pub(super) fn bare(id: &LogicalId, type_name: &str, action: Action, reason: Reason, origins: &Origins) -> ResourcePlan {
    ResourcePlan {
        logical_id: id.clone(),
        type_name: type_name.to_owned(),
        physical_id: None,
        action,
        reasons: vec![reason],
        changes: Vec::new(),
        sureness: Sureness::Certain,
        decided_by: BTreeSet::from([Decider::Schema]),
        removal: None,
        remedies: Vec::new(),
        expected: Expected::default(),
        origin: origins.get(id).cloned(),
    }
}
