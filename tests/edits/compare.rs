//! What the plan said against what happened.

use std::collections::{BTreeMap, BTreeSet};

use sluicegate::observed::{StackEvent, StackStatus};
use sluicegate::plan::{
    Action, ConsumerEffect, DataEnd, Plan, PositionReset, Reason, Records, Removal, ResourcePlan, Verdict,
};
use sluicegate::units::LogicalId;

use crate::seen::{Position, Seen};
use crate::world::{PUT, Ran};

/// Records that a reader may move on by while one looks.
const A_FEW: u64 = PUT / 100;

/// Everything in which the plan and the world disagree.
pub fn compare(ran: &Ran, before: &Seen, after: &Seen) -> Vec<String> {
    let world = Happened::between(before, after);
    let mut wrong = Vec::new();
    let impossible: BTreeSet<&str> = ran.plan.impossible().map(|plan| plan.logical_id.as_str()).collect();
    let refused = ran.refused.is_some() || after.stack.status == StackStatus::UpdateRollbackComplete;
    match (refused, impossible.is_empty()) {
        (true, true) => wrong.push(format!("MISSED CANNOT: {} {:?}", world.failures(), ran.refused)),
        (false, false) => wrong.push(format!("FALSE CANNOT: {impossible:?} went through")),
        (true, false) => {
            let others = world.failed.iter().filter(|(id, _)| !impossible.contains(id.as_str()));
            wrong.extend(others.map(|(id, why)| format!("MISSED CANNOT: {id}: {why}")));
        }
        (false, true) => {
            let stays = |id: &str| {
                let stays = |resource: &ResourcePlan| resource.removal == Some(Removal::DeletedIfEmpty);
                ran.plan.resources.iter().any(|resource| resource.logical_id.as_str() == id && stays(resource))
            };
            let failed = world.failed.iter().filter(|(id, _)| !stays(id));
            wrong.extend(failed.map(|(id, why)| format!("failed: {id}: {why}")));
        }
    }
    if refused {
        wrong.extend(rolled_back(before, after));
    } else {
        wrong.extend(resources(&ran.plan, before, after, &world));
        wrong.extend(data(&ran.plan, before, after));
    }
    wrong.extend(readers(&ran.plan, refused, before, after));
    wrong
}

/// What the events of an operation tell.
struct Happened {
    touched: BTreeSet<String>,
    replaced: BTreeSet<String>,
    failed: BTreeMap<String, String>,
}

impl Happened {
    fn between(before: &Seen, after: &Seen) -> Self {
        let old: BTreeSet<&str> = before.events.iter().map(|event| event.event_id.as_str()).collect();
        let new =
            || after.events.iter().filter(|event| !old.contains(event.event_id.as_str()) && !event.is_about_stack());
        let reason = |event: &StackEvent| event.reason.clone().unwrap_or_default();
        let recreated =
            |event: &&StackEvent| reason(event).contains("requires the creation of a new physical resource");
        let failed = |event: &&StackEvent| {
            format!("{:?}", event.status).ends_with("Failed") && !reason(event).to_lowercase().contains("cancel")
        };
        Self {
            touched: new().map(|event| event.logical_id.clone()).collect(),
            replaced: new().filter(recreated).map(|event| event.logical_id.clone()).collect(),
            failed: new().filter(failed).map(|event| (event.logical_id.clone(), reason(event))).collect(),
        }
    }

    fn failures(&self) -> String {
        self.failed.iter().map(|(id, why)| format!("{id}: {why}")).collect::<Vec<_>>().join("; ")
    }
}

fn physical<'a>(seen: &'a Seen, id: &LogicalId) -> Option<&'a str> {
    seen.stack.resources.get(id)?.physical_id.as_deref()
}

/// After a rollback everything is as it was.
fn rolled_back(before: &Seen, after: &Seen) -> Vec<String> {
    let others = before.stack.resources.keys().filter(|id| physical(before, id) != physical(after, id));
    let gone = before.data.iter().filter(|(place, there)| **there && after.data.get(*place) != Some(&true));
    others
        .map(|id| format!("{id} is another one after the rollback"))
        .chain(gone.map(|((_, id), _)| format!("the data of {id} are gone after the rollback")))
        .collect()
}

fn resources(plan: &Plan, before: &Seen, after: &Seen, world: &Happened) -> Vec<String> {
    let ids: BTreeSet<&LogicalId> = before.stack.resources.keys().chain(after.stack.resources.keys()).collect();
    let mut wrong = Vec::new();
    for id in ids {
        let (old, new) = (physical(before, id), physical(after, id));
        let replaced = world.replaced.contains(id.as_str()) || (old.is_some() && new.is_some() && old != new);
        let action = plan.resource(id).map(|plan| plan.action);
        let fault = match action {
            None if replaced || world.touched.contains(id.as_str()) => "MISSED: it changed and is not in the plan",
            Some(Action::Update) if replaced => "FALSE IN PLACE",
            Some(Action::Update) if old.is_none() || new.is_none() => "FALSE IN PLACE: it came or went",
            Some(Action::Replace | Action::ReplaceDeletingFirst) if !replaced => "FALSE REPLACE",
            Some(Action::Create) if old.is_some() || new.is_none() => "FALSE CREATE",
            Some(Action::Delete) if new.is_some() => "FALSE DELETE",
            Some(Action::Cannot) => "FALSE CANNOT",
            _ => continue,
        };
        wrong.push(format!("{fault}: {id} {old:?} -> {new:?}"));
    }
    let planned = plan.resources.iter().filter(|plan| plan.action == Action::Update);
    // A policy beside the properties is no work for anybody.
    let working = planned.filter(|plan| !plan.changes.is_empty() || plan.reasons == [Reason::StackTags]);
    let idle = working.filter(|plan| !world.touched.contains(plan.logical_id.as_str()));
    wrong.extend(idle.map(|plan| format!("FALSE CHANGE: nothing happened to {}: {:?}", plan.logical_id, plan.reasons)));
    wrong
}

fn data(plan: &Plan, before: &Seen, after: &Seen) -> Vec<String> {
    let mut wrong = Vec::new();
    for (id, resource) in &before.stack.resources {
        let Some(place) = resource.physical_id.clone().map(|physical| (resource.type_name.clone(), physical)) else {
            continue;
        };
        if before.data.get(&place) != Some(&true) {
            continue;
        }
        let there = after.data.get(&place) == Some(&true);
        let fault = match plan.data.iter().find(|data| data.logical_id == *id) {
            None if !there => "MISSED DATA LOSS",
            None if physical(after, id) != Some(place.1.as_str()) => "MISSED: its data are left behind",
            Some(data) if data.end == DataEnd::MaybeReplaced => continue,
            Some(data) if data.removal == Removal::Deleted && there => "FALSE DATA LOSS",
            // There is something in every bucket.
            Some(data) if data.removal != Removal::Deleted && !there => "MISSED DATA LOSS, said to be kept",
            _ => continue,
        };
        wrong.push(format!("{fault}: {id} {}", place.1));
    }
    wrong
}

fn readers(plan: &Plan, refused: bool, before: &Seen, after: &Seen) -> Vec<String> {
    let ids: BTreeSet<&LogicalId> = before.readers.keys().chain(after.readers.keys()).collect();
    let mut wrong = Vec::new();
    for id in ids {
        let effects: Vec<&ConsumerEffect> = plan.consumers.iter().filter(|effect| effect.logical_id == *id).collect();
        let (old, new) = (before.readers.get(id), after.readers.get(id));
        if let Some(fault) = reader(&effects, refused, old, new) {
            wrong.push(format!("READER {id}: {fault}: {old:?} -> {new:?}"));
        }
    }
    let known = |effect: &&ConsumerEffect| {
        before.readers.contains_key(&effect.logical_id) || after.readers.contains_key(&effect.logical_id)
    };
    // A reader that never came, because the change was refused, is in neither.
    let unknown = plan.consumers.iter().filter(|effect| !known(effect) && !refused);
    wrong.extend(unknown.map(|effect| format!("READER {}: there is none", effect.logical_id)));
    wrong
}

fn reader(
    effects: &[&ConsumerEffect],
    refused: bool,
    old: Option<&Position>,
    new: Option<&Position>,
) -> Option<&'static str> {
    let gravest = effects.iter().max_by_key(|effect| effect.verdict);
    let verdict = gravest.map_or(Verdict::Continues, |effect| effect.verdict);
    let (old, new) = match (old, new) {
        (Some(old), Some(new)) => (old, new),
        (None, Some(_)) => return (verdict != Verdict::Starts).then_some("it starts"),
        (Some(_), None) => return (verdict != Verdict::Stops).then_some("it stops"),
        (None, None) => return None,
    };
    // Whatever was planned for it: after a rollback it is where it was.
    let verdict = if refused { Verdict::Fails } else { verdict };
    match verdict {
        Verdict::Starts => Some("it was there before"),
        Verdict::Stops => Some("it is still there"),
        Verdict::Resets => match gravest.map(|effect| &effect.records) {
            _ if old.holder == new.holder && old.began == new.began => Some("it keeps its position"),
            Some(Records::Skipped) => (new.lag > A_FEW).then_some("it skips nothing"),
            Some(Records::ReadAgain { from: PositionReset::Unknown }) => None,
            Some(Records::ReadAgain { .. }) => (new.lag + A_FEW < PUT).then_some("it does not read everything again"),
            Some(Records::LostWithStream { .. }) => (new.lag > A_FEW).then_some("the records are not lost"),
            _ => Some("a reset has no such records"),
        },
        Verdict::Continues | Verdict::Resumes | Verdict::Pauses | Verdict::Fails => kept(effects, verdict, old, new),
    }
}

/// What keeps its position has the same holder, and what waited for it waits on, but for what expired.
fn kept(effects: &[&ConsumerEffect], verdict: Verdict, old: &Position, new: &Position) -> Option<&'static str> {
    let expires = effects.iter().find_map(|effect| match &effect.records {
        Records::ExpireSooner { after, .. } => after.as_u64().or_else(|| after.as_str()?.parse().ok()),
        _ => None,
    });
    let gone = new.lost.saturating_sub(old.lost);
    let reads = match verdict {
        Verdict::Pauses => false,
        Verdict::Resumes => true,
        _ => old.enabled,
    };
    let behind = expires.is_some_and(|hours| old.age > hours * 3_600);
    if old.holder != new.holder || old.stream != new.stream || old.began != new.began {
        Some("it loses its position")
    } else if old.function == new.function && old.lag.abs_diff(new.lag + gone) > A_FEW {
        Some("its position moves")
    } else if (gone > 0) != behind {
        Some("not what was said expires")
    } else if new.enabled != reads {
        Some("it reads where it should not, or the other way round")
    } else {
        None
    }
}
