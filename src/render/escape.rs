//! The escape hatch: `cloudformation:` merged over what was rendered.
//!
//! `patch` merges into a resource by logical id as JSON merge patch does (RFC 7396: objects merge, `null`
//! removes, everything else replaces); `null` for a whole resource leaves it out; `resources` adds. Long-form
//! intrinsics only, and the result is checked like everything else.

use serde_json::{Map, Value};

use crate::diagnostic::{Code, Diagnostic, closest};
use crate::pipeline::{Escape, Origin, Origins, Pipeline};
use crate::template::{Resource, Template, references_in};
use crate::units::LogicalId;

/// Applies the escape hatch; what it got wrong is returned.
pub(super) fn apply(pipeline: &Pipeline, template: &mut Template, origins: &mut Origins) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    for (name, value) in &pipeline.escape().resources {
        let path = format!("cloudformation.resources.{name}");
        match extra(name, value, template) {
            Ok((id, resource)) => {
                origins.insert(id.clone(), Origin { escapes: vec![Escape::Resource], ..pipeline.origin(&path) });
                template.resources.insert(id, resource);
            }
            Err(told) => found.push(told.at_maybe(pipeline.origin(&path).place, "here")),
        }
    }
    // What is left out goes first: a patch of what refers to it then sees what is left.
    for name in pipeline.escape().patch.iter().filter(|(_, value)| value.is_null()).map(|(name, _)| name) {
        let origin = pipeline.origin(&format!("cloudformation.patch.{name}"));
        match leave_out(name, template) {
            // Its origin stays: a plan that removes it, or never makes it, says who wanted that.
            Ok(id) => origins.escape(&id, Escape::LeftOut { spec_path: origin.spec_path, place: origin.place }),
            Err(told) => found.push(told.at_maybe(origin.place, "here")),
        }
    }
    for (name, value) in pipeline.escape().patch.iter().filter(|(_, value)| !value.is_null()) {
        let origin = pipeline.origin(&format!("cloudformation.patch.{name}"));
        match patch(name, value, template) {
            Ok(id) => origins.escape(&id, Escape::Patch { spec_path: origin.spec_path, place: origin.place }),
            Err(told) => found.push(told.at_maybe(origin.place, "here")),
        }
    }
    found
}

fn extra(name: &str, value: &Value, template: &Template) -> Result<(LogicalId, Resource), Diagnostic> {
    let refused = |why: String| Diagnostic::error(Code::EscapeHatch, why);
    let id = LogicalId::new(name).map_err(|error| refused(format!("`{name}` is not a logical id: it {error}")))?;
    if template.resources.contains_key(&id) {
        return Err(
            refused(format!("`{id}` is already made by a stage")).help("use `cloudformation.patch` to change it")
        );
    }
    let resource = Resource::from_value(&id, value.clone())
        .map_err(|error| refused(format!("`{id}` is not a resource: {error}")))?;
    Ok((id, resource))
}

fn patch(name: &str, value: &Value, template: &mut Template) -> Result<LogicalId, Diagnostic> {
    let near = closest(name, template.resources.keys().map(LogicalId::as_str)).map(str::to_owned);
    let Some(resource) = template.resources.get_mut(name) else { return Err(nowhere(name, near)) };
    // The usual patch is of properties alone; a patch with `Properties` (or any other attribute) is of the resource.
    let Some(members) = value.as_object() else {
        return Err(Diagnostic::error(Code::EscapeHatch, format!("the patch of `{name}` is not a mapping")));
    };
    let attributes =
        ["Properties", "DependsOn", "DeletionPolicy", "UpdateReplacePolicy", "Condition", "Metadata", "UpdatePolicy"];
    let whole = members.keys().any(|key| attributes.contains(&key.as_str()));
    let mut patched = whole_value(resource);
    if whole {
        merge(&mut patched, value);
    } else if let Some(properties) = patched.get_mut("Properties") {
        merge(properties, value);
    }
    let id = LogicalId::new(name).map_err(|error| Diagnostic::error(Code::EscapeHatch, error.to_string()))?;
    *resource = Resource::from_value(&id, patched).map_err(|error| {
        Diagnostic::error(Code::EscapeHatch, format!("`{name}` as patched is not a resource: {error}"))
    })?;
    Ok(id)
}

fn nowhere(name: &str, near: Option<String>) -> Diagnostic {
    let unknown = Diagnostic::error(Code::EscapeHatch, format!("there is no resource `{name}` to patch"));
    match near {
        Some(near) => unknown.help(format!("did you mean `{near}`?")),
        None => unknown.help("`sluice render` shows every logical id"),
    }
}

/// Takes a resource out, with what only says something about it: outputs, and orders to wait for it. Whatever else
/// refers to it has to be patched too; the check of the result says where.
fn leave_out(name: &str, template: &mut Template) -> Result<LogicalId, Diagnostic> {
    let Some(id) = template.resources.keys().find(|id| id.as_str() == name).cloned() else {
        return Err(nowhere(name, closest(name, template.resources.keys().map(LogicalId::as_str)).map(str::to_owned)));
    };
    template.resources.remove(&id);
    for resource in template.resources.values_mut() {
        resource.depends_on.retain(|other| *other != id);
    }
    template
        .outputs
        .retain(|_, output| references_in(&output.value).iter().all(|reference| reference.target != id.as_str()));
    Ok(id)
}

/// A resource as it stands in a template, with the attributes a patch may touch.
fn whole_value(resource: &Resource) -> Value {
    let mut members = Map::new();
    members.insert("Type".to_owned(), resource.type_name.clone().into());
    members.insert("Properties".to_owned(), Value::Object(resource.properties.clone()));
    if !resource.depends_on.is_empty() {
        members.insert("DependsOn".to_owned(), resource.depends_on.iter().map(|id| Value::from(id.as_str())).collect());
    }
    for (name, policy) in
        [("DeletionPolicy", resource.deletion_policy), ("UpdateReplacePolicy", resource.update_replace_policy)]
    {
        members
            .extend(policy.and_then(|policy| serde_json::to_value(policy).ok()).map(|value| (name.to_owned(), value)));
    }
    members.extend(resource.condition.as_ref().map(|name| ("Condition".to_owned(), name.as_str().into())));
    if !resource.metadata.is_empty() {
        members.insert("Metadata".to_owned(), Value::Object(resource.metadata.clone()));
    }
    members.extend(resource.update_policy.clone().map(|policy| ("UpdatePolicy".to_owned(), policy)));
    Value::Object(members)
}

/// RFC 7396.
fn merge(target: &mut Value, patch: &Value) {
    let Value::Object(members) = patch else {
        *target = patch.clone();
        return;
    };
    if !target.is_object() {
        *target = Value::Object(Map::new());
    }
    let Some(object) = target.as_object_mut() else { return };
    for (name, member) in members {
        if member.is_null() {
            object.shift_remove(name);
        } else {
            merge(object.entry(name.clone()).or_insert(Value::Null), member);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn template() -> Template {
        Template::parse(
            "Resources: {A: {Type: AWS::SQS::Queue, Properties: {QueueName: a, Tags: [{Key: k, Value: v}]}}}",
        )
        .expect("a template")
    }

    #[test]
    fn a_patch_merges_objects_replaces_lists_and_removes_with_null() {
        let mut template = template();
        patch("A", &json!({"QueueName": null, "Tags": [], "RedrivePolicy": {"maxReceiveCount": 3}}), &mut template)
            .expect("patches");
        let properties = Value::Object(template.resources["A"].properties.clone());
        assert_eq!(properties, json!({"Tags": [], "RedrivePolicy": {"maxReceiveCount": 3}}));
    }

    #[test]
    fn a_patch_of_attributes_reaches_the_resource_itself() {
        let mut template = template();
        patch("A", &json!({"DeletionPolicy": "Retain", "Properties": {"DelaySeconds": 5}}), &mut template)
            .expect("patches");
        let a = &template.resources["A"];
        assert_eq!(a.deletion_policy, Some(crate::template::DeletionPolicy::Retain));
        assert_eq!(a.properties["DelaySeconds"], 5);
        assert_eq!(a.properties["QueueName"], "a");
    }

    #[test]
    fn a_patch_of_nothing_names_the_nearest_resource() {
        let mut named = template();
        let queue = named.resources.remove("A").expect("is there");
        named.resources.insert(LogicalId::new("StreamTransactions").expect("an id"), queue);
        let told = patch("StreamTransaction", &json!({}), &mut named).expect_err("is refused");
        assert_eq!(told.help, ["did you mean `StreamTransactions`?"]);
    }

    #[test]
    fn a_resource_that_is_left_out_takes_its_outputs_and_orders_along() {
        let mut template = Template::parse(
            "Resources: {A: {Type: AWS::SQS::Queue}, B: {Type: AWS::SQS::Queue, DependsOn: A, Properties: {QueueName: !Ref A}}}\n\
             Outputs: {Url: {Value: !Ref A}, Other: {Value: !Ref B}}",
        )
        .expect("a template");
        leave_out("A", &mut template).expect("is left out");
        assert_eq!(template.outputs.keys().map(LogicalId::as_str).collect::<Vec<_>>(), ["Other"]);
        assert!(template.resources["B"].depends_on.is_empty());
        let told = crate::template::check(&template);
        assert!(told.iter().any(|v| v.rule == crate::template::Rule::Reference), "{told:?}");
        assert!(leave_out("A", &mut template).is_err());
    }

    #[test]
    fn an_extra_resource_may_not_take_an_id_that_is_made_already() {
        let value = json!({"Type": "AWS::SQS::Queue"});
        assert!(extra("A", &value, &template()).is_err());
        assert!(extra("B", &value, &template()).is_ok());
        assert!(extra("not an id", &value, &template()).is_err());
    }
}
