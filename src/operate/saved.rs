//! Saved plans: what a plan was made from, kept beside it, so that exactly what was reviewed is deployed, or nothing.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

use super::failure::Failure;
use super::prepare::Prepared;
use crate::artifact::digest_of;
use crate::cloud::Cloud;
use crate::diagnostic::{Code, Diagnostic, FilePath};
use crate::observed::ChangeSet;
use crate::plan::{Baseline, FORMAT_VERSION, Inputs, Plan, ResourcePlan};
use crate::units::{Digest, LogicalId};

impl Inputs {
    /// Notes what a plan was made from.
    #[must_use]
    pub fn of(prepared: &Prepared, texts: &BTreeMap<FilePath, String>, change_set: Option<&ChangeSet>) -> Self {
        let pipeline = prepared.sized.pipeline();
        Self {
            pipeline: pipeline.name().clone(),
            environment: pipeline.environment().name().clone(),
            account: pipeline.account().clone(),
            region: pipeline.region().clone(),
            files: texts.iter().map(|(file, text)| (file.clone(), digest_of(text.as_bytes()))).collect(),
            artifacts: prepared.uploads.iter().map(|upload| (upload.name.clone(), upload.key.clone())).collect(),
            change_set: change_set.map(|set| set.id.clone()),
            stack_id: change_set.map(|set| set.stack_id.clone()),
            document: None,
        }
    }
}

/// A saved plan, read again.
#[derive(Clone, Debug)]
pub struct Reviewed {
    /// The plan that somebody looked at.
    pub plan: Plan,
    /// What it was made from.
    pub inputs: Inputs,
}

/// Reads a plan that `plan --output json` or `plan --out` wrote.
///
/// # Errors
/// When the text is no plan, one of a format that this Sluice does not know, or a saved one that was changed since.
pub fn read_plan(file: &FilePath, text: &str) -> Result<(Plan, Value), Failure> {
    let none = |why: String| {
        Failure::from(
            Diagnostic::error(Code::NoPlan, format!("{file} holds no plan"))
                .note(why)
                .help("`sluice plan PIPELINE --env ENV --out plan.json` writes one"),
        )
    };
    let whole: Value = serde_json::from_str(text).map_err(|error| none(error.to_string()))?;
    let (version, theirs) = version(&whole).map_err(none)?;
    let newer = || {
        Failure::from(
            Diagnostic::error(Code::NewerFormat, format!("{file} has format version {version}"))
                .note(format!("this Sluice reads plans of version {FORMAT_VERSION}"))
                .help("use the Sluice that wrote it, or plan again"),
        )
    };
    let ours = numbers(FORMAT_VERSION).unwrap_or_default();
    if theirs.0 != ours.0 {
        return Err(newer());
    }
    sealed(&whole, theirs).map_err(|why| edited(file, [why]))?;
    match serde_json::from_value(whole.clone()) {
        Ok(plan) => Ok((plan, whole)),
        // A later minor version may hold values that nobody knew of yet, and no guess is presented as a plan.
        Err(_) if theirs.1 > ours.1 => Err(newer()),
        Err(error) => Err(none(placed(text).unwrap_or_else(|| error.to_string()))),
    }
}

/// Whether a text is what `sluice plan` writes, of whatever version: one plan or several.
pub(super) fn is_plan(text: &str) -> bool {
    let plan = |document: Value| {
        document["format_version"].is_string() && (document["resources"].is_array() || document["plans"].is_array())
    };
    serde_json::from_str(text).is_ok_and(plan)
}

/// The format version of a document, as it stands there and in numbers.
fn version(whole: &Value) -> Result<(&str, (u64, u64)), String> {
    match whole.get("format_version") {
        Some(Value::String(version)) => match numbers(version) {
            Some(numbers) => Ok((version, numbers)),
            None => Err(format!("its `format_version` is `{version}`, which is no version such as `{FORMAT_VERSION}`")),
        },
        Some(Value::Number(number)) => Err(format!(
            "its `format_version` is the number {number}; that of a plan is text, such as \"{FORMAT_VERSION}\""
        )),
        Some(_) => Err(format!("its `format_version` is no text such as \"{FORMAT_VERSION}\"")),
        None => Err("it has no `format_version`".to_owned()),
    }
}

/// The two numbers of a version.
fn numbers(version: &str) -> Option<(u64, u64)> {
    let (major, minor) = version.split_once('.')?;
    let number = |text: &str| if text.bytes().all(|b| b.is_ascii_digit()) { text.parse().ok() } else { None };
    Some((number(major)?, number(minor)?))
}

/// The first version whose saved plans carry a digest of themselves.
const SEALED_SINCE: (u64, u64) = (1, 1);

/// Makes sure that a saved document is as it was saved.
fn sealed(whole: &Value, version: (u64, u64)) -> Result<(), String> {
    let Some(saved) = whole.get("saved").filter(|saved| !saved.is_null()) else { return Ok(()) };
    match saved.get("document") {
        Some(seal) if seal.as_str() == Some(Inputs::seal(whole).as_str()) => Ok(()),
        Some(_) => Err("its content is not what `saved.document` is the digest of".to_owned()),
        None if version < SEALED_SINCE => Ok(()),
        None => Err("its digest, `saved.document`, is missing".to_owned()),
    }
}

/// The refusal of a document that is not as it was written; `why` says what gives it away.
#[must_use]
pub fn edited(file: &FilePath, why: impl IntoIterator<Item = String>) -> Failure {
    let told = Diagnostic::error(Code::PlanEdited, format!("{file} was changed after it was written"));
    let told = why.into_iter().take(MOST_TOLD).fold(told, Diagnostic::note);
    Failure::refused(
        told.help("plan again, and leave the file as it is: `sluice plan PIPELINE --env ENV --out plan.json`"),
    )
}

/// More contradictions than these say nothing new.
const MOST_TOLD: usize = 5;

/// Why a text is no plan, with the line and the member where that shows.
fn placed(text: &str) -> Option<String> {
    let error = serde_json::from_str::<Plan>(text).err()?;
    let line = text.lines().nth(error.line().checked_sub(1)?)?.trim_start();
    let member = line.strip_prefix('"').and_then(|rest| rest.split_once("\":")).map(|(member, _)| member);
    Some(match member {
        Some(member) => format!("`{member}`: {error}"),
        None => error.to_string(),
    })
}

/// Reads a saved plan, a plan with what it was made from, and gives the document as it stands, too.
///
/// # Errors
/// As [`read_plan`]; when it was only printed, not saved.
pub fn read_saved(file: &FilePath, text: &str) -> Result<(Reviewed, Value), Failure> {
    let (plan, whole) = read_plan(file, text)?;
    let saved = whole.get("saved").cloned().unwrap_or_default();
    let inputs = serde_json::from_value(saved).map_err(|error| {
        Failure::from(
            Diagnostic::error(Code::NoPlan, format!("{file} does not say what its plan was made from"))
                .note(error.to_string())
                .help(
                    "only what `sluice plan … --out` saved can be deployed; what `--output json` printed can be shown",
                ),
        )
    })?;
    Ok((Reviewed { plan, inputs }, whole))
}

impl Reviewed {
    /// Refuses when anything that was reviewed reads otherwise now.
    ///
    /// # Errors
    /// [`Code::PlanStale`], naming everything that moved.
    pub(super) fn same_files(&self, now: &Inputs, template: &Digest) -> Result<(), Failure> {
        let then = &self.inputs;
        let mut moved = Vec::new();
        let mut said = |what: &str, then: &dyn std::fmt::Display, now: &dyn std::fmt::Display| {
            let (then, now) = (then.to_string(), now.to_string());
            if then != now {
                moved.push(format!("{what} was {then} and is {now}"));
            }
        };
        said("the pipeline", &then.pipeline, &now.pipeline);
        said("the environment", &then.environment, &now.environment);
        said("the account", &then.account, &now.account);
        said("the region", &then.region, &now.region);
        moved.extend(differing("file", &then.files, &now.files));
        moved.extend(differing("artifact", &then.artifacts, &now.artifacts));
        if moved.is_empty() && self.plan.template != *template {
            moved.push("the files render another template; the plan was made by another version of Sluice".to_owned());
        }
        refuse(moved)
    }

    /// Refuses when the stack, or what would be done to it, is not what was reviewed.
    ///
    /// # Errors
    /// [`Code::PlanStale`], naming everything that moved.
    pub(super) fn same_stack(&self, plan: &Plan, change_set: Option<&ChangeSet>) -> Result<(), Failure> {
        let mut moved = Vec::new();
        if self.plan.baseline != plan.baseline {
            moved.push(match (&self.plan.baseline, &plan.baseline) {
                (Baseline::Absent, Baseline::Stack { updated, .. }) => {
                    format!("{} was not there, and was deployed at {updated}", plan.stack)
                }
                (Baseline::Stack { updated, .. }, Baseline::Absent) => {
                    format!("{} as of {updated} is gone", plan.stack)
                }
                (Baseline::Stack { updated: then, .. }, Baseline::Stack { updated: now, .. }) => {
                    format!("{} was last changed at {then}, and was changed again at {now}", plan.stack)
                }
                _ => format!("{} is not what it was", plan.stack),
            });
        }
        moved.extend(otherwise(&self.plan, plan));
        let reviewed = self.inputs.change_set.as_deref();
        if moved.is_empty() && reviewed != change_set.map(|set| set.id.as_str()) {
            moved.push("the change set that was reviewed is gone".to_owned());
        }
        refuse(moved)
    }

    /// Removes the change set of a plan that can no longer be deployed. One that was executed, or is gone already, stays as
    /// it is: why the plan is refused is what has to be told.
    pub(super) async fn forget(&self, cloud: &Cloud) {
        if let (Some(change_set), Some(stack)) = (&self.inputs.change_set, &self.inputs.stack_id) {
            let _ = cloud.delete_change_set(stack, change_set).await;
        }
    }
}

/// Makes sure that a plan is the one that was shown.
///
/// # Errors
/// What is no longer as it was.
pub(super) fn as_shown(shown: &Plan, plan: &Plan) -> Result<(), Failure> {
    // Who decided what, and how long it takes, may be told otherwise a moment later: what it does counts.
    if shown.digest() == plan.digest() {
        return Ok(());
    }
    refuse(otherwise(shown, plan))
}

/// What a resource would undergo now, or what else the plan says, that is not what was reviewed.
fn otherwise(reviewed: &Plan, plan: &Plan) -> Vec<String> {
    let (then, now) = (told(reviewed), told(plan));
    let (was, is) = (by_id(reviewed), by_id(plan));
    let ids: BTreeSet<&LogicalId> = was.keys().chain(is.keys()).copied().collect();
    let says = |one: Option<&&ResourcePlan>| one.map_or("nothing", |one| one.action.symbol());
    let mut found: Vec<String> = ids
        .into_iter()
        .filter_map(|id| match (was.get(id), is.get(id)) {
            (Some(then), Some(now)) if then.action == now.action => {
                let parts = differing_parts(&told(then), &told(now));
                match parts.as_slice() {
                    [] => None,
                    parts if parts.contains(&"changes".to_owned()) => Some(format!("{id} changes in other properties")),
                    parts => Some(format!("{id} reads otherwise in `{}`", parts.join("`, `"))),
                }
            }
            (then, now) => Some(format!("{id}: `{}` was reviewed, and it would be `{}`", says(then), says(now))),
        })
        .collect();
    // What an older version did not write could not be reviewed.
    let same_version = reviewed.format_version == plan.format_version;
    let parts = differing_parts(&then, &now).into_iter();
    let parts = parts.filter(|part| !TOLD_APART.contains(&part.as_str()) && (same_version || then.contains_key(part)));
    found.extend(parts.map(|part| format!("its `{part}` are not those that were reviewed")));
    found
}

/// Parts of a plan whose difference is told in words of their own, or follows from what is told.
const TOLD_APART: [&str; 5] = ["baseline", "format_version", "resources", "summary", "template"];

/// What is measured at the moment of planning, or reckoned: other numbers make no other plan. And the places in files, which
/// are compared by their digests.
const NOT_COMPARED: [&str; 6] = ["amount", "behind_micros", "expected", "held", "origin", "unmeasured"];

/// Something of a plan as it is compared. A path reads back as it is written, which need not be step by step what it was:
/// so both sides are compared as they are written.
fn told(part: &impl serde::Serialize) -> Map<String, Value> {
    let Ok(mut value) = serde_json::to_value(part) else { return Map::new() };
    leave_out(&mut value);
    match value {
        Value::Object(members) => members,
        other => Map::from_iter([(String::new(), other)]),
    }
}

fn leave_out(value: &mut Value) {
    match value {
        Value::Object(members) => {
            members.retain(|name, _| !NOT_COMPARED.contains(&name.as_str()));
            members.values_mut().for_each(leave_out);
        }
        Value::Array(items) => items.iter_mut().for_each(leave_out),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// The members that are not the same on both sides.
fn differing_parts(then: &Map<String, Value>, now: &Map<String, Value>) -> Vec<String> {
    let names: BTreeSet<&String> = then.keys().chain(now.keys()).collect();
    names.into_iter().filter(|name| then.get(*name) != now.get(*name)).cloned().collect()
}

fn by_id(plan: &Plan) -> BTreeMap<&LogicalId, &ResourcePlan> {
    plan.resources.iter().map(|one| (&one.logical_id, one)).collect()
}

/// What one side has otherwise than the other.
fn differing<K: Ord + std::fmt::Display, V: PartialEq>(
    what: &str,
    then: &BTreeMap<K, V>,
    now: &BTreeMap<K, V>,
) -> Vec<String> {
    let keys: BTreeSet<&K> = then.keys().chain(now.keys()).collect();
    let told = keys.into_iter().filter_map(|key| match (then.get(key), now.get(key)) {
        (Some(then), Some(now)) if then == now => None,
        (Some(_), Some(_)) => Some(format!("{what} {key} has another content")),
        (Some(_), None) => Some(format!("{what} {key} is no longer used")),
        (None, _) => Some(format!("{what} {key} was not used then")),
    });
    told.collect()
}

fn refuse(moved: Vec<String>) -> Result<(), Failure> {
    if moved.is_empty() {
        return Ok(());
    }
    let stale = Diagnostic::error(Code::PlanStale, "what was reviewed is not what would be deployed");
    let stale = moved.into_iter().fold(stale, |stale, what| stale.note(what));
    Err(Failure::refused(stale.help("plan again and look at the new plan: `sluice plan … --out plan.json`")))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_measured_or_reckoned_makes_no_other_plan_and_anything_else_does() {
        let plan = |records: u64, slow: u64, end: &str| {
            told(&json!({
                "data": [{"logical_id": "StreamOrders", "end": end, "amount": {"records": records}}],
                "expected": {"slow_micros": slow},
                "access": [],
            }))
        };
        assert_eq!(differing_parts(&plan(1, 2, "removed"), &plan(70, 80, "removed")), Vec::<String>::new());
        assert_eq!(differing_parts(&plan(1, 2, "removed"), &plan(1, 2, "replaced")), ["data"]);
    }

    #[test]
    fn a_version_is_two_numbers() {
        assert_eq!((numbers("1.0"), numbers("12.345")), (Some((1, 0)), Some((12, 345))));
        for none in ["1", "1.", ".1", "1.x", "1.1.1", "+1.1", "1.-1", " 1.1", "", "99999999999999999999.1"] {
            assert_eq!(numbers(none), None, "{none}");
        }
    }
}
