//! Saved plans: what a plan was made from, kept beside it, so that exactly what was reviewed is deployed, or nothing.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

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
/// When the text is no plan, or one of a format that this Sluice does not know.
pub fn read_plan(file: &FilePath, text: &str) -> Result<(Plan, Value), Failure> {
    let none = |why: String| {
        Failure::from(
            Diagnostic::error(Code::NoPlan, format!("{file} holds no plan"))
                .note(why)
                .help("`sluice plan PIPELINE --env ENV --out plan.json` writes one"),
        )
    };
    let whole: Value = serde_json::from_str(text).map_err(|error| none(error.to_string()))?;
    let Some(version) = whole.get("format_version").and_then(Value::as_str) else {
        return Err(none("it has no `format_version`".to_owned()));
    };
    let newer = || {
        Failure::from(
            Diagnostic::error(Code::NewerFormat, format!("{file} has format version {version}"))
                .note(format!("this Sluice reads plans of version {FORMAT_VERSION}"))
                .help("use the Sluice that wrote it, or plan again"),
        )
    };
    let ours = numbers(FORMAT_VERSION);
    let theirs = numbers(version);
    if theirs.0 != ours.0 {
        return Err(newer());
    }
    match serde_json::from_value(whole.clone()) {
        Ok(plan) => Ok((plan, whole)),
        // A later minor version may hold values that nobody knew of yet, and no guess is presented as a plan.
        Err(_) if theirs.1 > ours.1 => Err(newer()),
        Err(error) => Err(none(error.to_string())),
    }
}

/// The two numbers of a version.
fn numbers(version: &str) -> (Option<u64>, Option<u64>) {
    let mut numbers = version.split('.').map(|number| number.parse().ok());
    (numbers.next().flatten(), numbers.next().flatten())
}

/// Reads a saved plan: a plan with what it was made from.
///
/// # Errors
/// As [`read_plan`]; when it was only printed, not saved.
pub fn read_saved(file: &FilePath, text: &str) -> Result<Reviewed, Failure> {
    let (plan, mut whole) = read_plan(file, text)?;
    let saved = whole.get_mut("saved").map(Value::take).unwrap_or_default();
    let inputs = serde_json::from_value(saved).map_err(|error| {
        Failure::from(
            Diagnostic::error(Code::NoPlan, format!("{file} does not say what its plan was made from"))
                .note(error.to_string())
                .help(
                    "only what `sluice plan … --out` saved can be deployed; what `--output json` printed can be shown",
                ),
        )
    })?;
    Ok(Reviewed { plan, inputs })
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
        moved.extend(self.otherwise(plan));
        let reviewed = self.inputs.change_set.as_deref();
        if moved.is_empty() && reviewed != change_set.map(|set| set.id.as_str()) {
            moved.push("the change set that was reviewed is gone".to_owned());
        }
        refuse(moved)
    }

    /// What a resource would undergo now that is not what was reviewed.
    fn otherwise(&self, plan: &Plan) -> Vec<String> {
        // A path reads back as it is written, which need not be step by step what it was: both are compared as text.
        let told = |plan: &Plan| -> BTreeMap<LogicalId, (String, String)> {
            let changes = |one: &ResourcePlan| serde_json::to_string(&one.changes).unwrap_or_default();
            let all = plan.resources.iter();
            all.map(|one| (one.logical_id.clone(), (one.action.symbol().to_owned(), changes(one)))).collect()
        };
        let (then, now) = (told(&self.plan), told(plan));
        let ids: BTreeSet<&LogicalId> = then.keys().chain(now.keys()).collect();
        let says = |one: Option<&(String, String)>| one.map_or("nothing", |(symbol, _)| symbol.as_str()).to_owned();
        ids.into_iter()
            .filter(|id| then.get(*id) != now.get(*id))
            .map(|id| match (then.get(id), now.get(id)) {
                (Some((then, _)), Some((now, _))) if then == now => format!("{id} changes in other properties"),
                (then, now) => format!("{id}: `{}` was reviewed, and it would be `{}`", says(then), says(now)),
            })
            .collect()
    }

    /// Removes the change set of a plan that can no longer be deployed. One that was executed, or is gone already, stays as
    /// it is: why the plan is refused is what has to be told.
    pub(super) async fn forget(&self, cloud: &Cloud) {
        if let (Some(change_set), Some(stack)) = (&self.inputs.change_set, &self.inputs.stack_id) {
            let _ = cloud.delete_change_set(stack, change_set).await;
        }
    }
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
