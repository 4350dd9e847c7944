//! Values that nobody should read are left out of a plan before anybody sees it: what a dynamic reference or a parameter
//! with `NoEcho` stands for, and what stood, or will stand, in its place.

use std::collections::BTreeSet;

use serde_json::Value;

use super::model::{Change, ChangeKind, OutputChange, Remedy, ResourcePlan};
use crate::template::{PropertyPath, Resource, Template, is_intrinsic, references_in};

/// What stands for a secret inside a larger value.
const HIDDEN: &str = "(secret)";

/// How references to secrets begin (user guide, "Get values stored in other services using dynamic references"). What
/// `ssm` refers to is plain text.
const DYNAMIC: [&str; 2] = ["{{resolve:secretsmanager:", "{{resolve:ssm-secure:"];

/// Leaves every secret out.
pub(super) fn leave_out(resources: &mut [ResourcePlan], outputs: &mut [OutputChange], [before, after]: [&Template; 2]) {
    let secrets = Secrets::of([before, after]);
    for plan in resources {
        let sides = [before, after].map(|template| template.resources.get(&plan.logical_id));
        let mut hidden = BTreeSet::new();
        for change in &mut plan.changes {
            if secrets.concerns(change, sides) {
                hidden.insert(change.path.to_string());
                secrets.hide(change);
            }
        }
        for remedy in &mut plan.remedies {
            if let Remedy::KeepValue { path, deployed } = remedy
                && (hidden.contains(path) || secrets.are_in(deployed))
            {
                *deployed = HIDDEN.into();
            }
        }
    }
    for output in outputs {
        if [&output.before, &output.after].into_iter().flatten().any(|value| secrets.are_in(value)) {
            for value in [&mut output.before, &mut output.after].into_iter().flatten() {
                *value = HIDDEN.into();
            }
        }
    }
}

struct Secrets<'a> {
    /// Parameters with `NoEcho`.
    parameters: BTreeSet<&'a str>,
}

impl<'a> Secrets<'a> {
    fn of(templates: [&'a Template; 2]) -> Self {
        let parameters = templates.into_iter().flat_map(|template| &template.parameters);
        let unheard = parameters.filter(|(_, declared)| match declared.get("NoEcho") {
            Some(Value::Bool(flag)) => *flag,
            Some(Value::String(flag)) => flag == "true",
            _ => false,
        });
        Self { parameters: unheard.map(|(name, _)| name.as_str()).collect() }
    }

    /// Whether a value is a secret or holds one.
    fn are_in(&self, value: &Value) -> bool {
        is_dynamic(value)
            || !self.parameters.is_empty()
                && references_in(value).iter().any(|found| self.parameters.contains(found.target.as_str()))
    }

    /// Whether either side of a change is a secret or holds one; CloudFormation's change sets name values that no template does.
    fn concerns(&self, change: &Change, sides: [Option<&Resource>; 2]) -> bool {
        let told = [&change.before, &change.after].into_iter().flatten();
        let written = sides.into_iter().flatten().filter_map(|resource| nearest(resource, &change.path));
        told.chain(written).any(|value| self.are_in(value))
    }

    fn hide(&self, change: &mut Change) {
        let part = match change.kind {
            ChangeKind::Added => change.after.as_mut(),
            ChangeKind::Removed => change.before.as_mut(),
            ChangeKind::Modified => None,
        };
        match part {
            Some(value) if (value.is_object() || value.is_array()) && !is_intrinsic(value) => self.cover(value),
            _ => {
                change.sensitive = true;
                (change.before, change.after) = (None, None);
            }
        }
    }

    /// Covers every secret inside a value.
    fn cover(&self, value: &mut Value) {
        let whole = is_intrinsic(value);
        match value {
            Value::Object(members) if !whole => members.values_mut().for_each(|member| self.cover(member)),
            Value::Array(items) => items.iter_mut().for_each(|item| self.cover(item)),
            other => {
                if self.are_in(other) {
                    *other = HIDDEN.into();
                }
            }
        }
    }
}

/// Whether a text anywhere in a value refers to a secret of another service.
fn is_dynamic(value: &Value) -> bool {
    match value {
        Value::String(text) => DYNAMIC.iter().any(|begins| text.contains(begins)),
        Value::Array(items) => items.iter().any(is_dynamic),
        Value::Object(members) => members.values().any(is_dynamic),
        Value::Null | Value::Bool(_) | Value::Number(_) => false,
    }
}

/// The value at a path, or the closest one round it that is no list and no object.
fn nearest<'a>(resource: &'a Resource, path: &PropertyPath) -> Option<&'a Value> {
    let pointer = path.to_pointer();
    let mut rest = pointer.strip_prefix('/')?.split('/').map(|step| step.replace("~1", "/").replace("~0", "~"));
    let mut value = resource.properties.get(&rest.next()?)?;
    for step in rest {
        let inner = match value {
            Value::Object(members) => members.get(&step),
            Value::Array(items) => step.parse::<usize>().ok().and_then(|at| items.get(at)),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => return Some(value),
        };
        value = inner?;
    }
    Some(value)
}
