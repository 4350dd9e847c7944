//! Parameters of Systems Manager.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::{Answer, KeptService, drop_tags, items, put_tags, text};
use crate::embedded::back::Back;
use crate::embedded::calls::Refusal;

const PARAMETERS: &str = "ssm/parameter";
/// The longest value of a parameter of the standard tier, in bytes (Systems Manager user guide, parameter tiers).
const STANDARD: usize = 4_096;

pub(super) fn answer(back: &mut Back, action: &str, body: &Value) -> Answer {
    Some(match action {
        "PutParameter" => put(back, body),
        "GetParameter" => parameter(back, &text(body, "Name")).map(|found| json!({"Parameter": shown(found)})),
        "GetParameters" => {
            let names: Vec<String> = items(body, "Names").iter().filter_map(Value::as_str).map(str::to_owned).collect();
            let (found, missing): (Vec<&String>, Vec<&String>) =
                names.iter().partition(|name| parameter(back, name).is_ok());
            let found: Vec<Value> = found.iter().filter_map(|name| parameter(back, name).ok()).map(shown).collect();
            Ok(json!({"Parameters": found, "InvalidParameters": missing}))
        }
        "DescribeParameters" => Ok(json!({"Parameters": described(back, body)})),
        "DeleteParameter" => {
            let name = text(body, "Name");
            parameter(back, &name).map(|_| ()).map(|()| {
                back.shelf(PARAMETERS).remove(&name);
                json!({})
            })
        }
        "ListTagsForResource" => tagged(back, body, |tags| json!({"TagList": tags})),
        "AddTagsToResource" => tagged(back, body, |tags| {
            put_tags(tags, &items(body, "Tags"));
            json!({})
        }),
        "RemoveTagsFromResource" => tagged(back, body, |tags| {
            drop_tags(tags, &items(body, "TagKeys"));
            json!({})
        }),
        _ => return None,
    })
}

/// Every parameter's value, by name: what CloudFormation reads for a parameter that is kept there.
pub(crate) fn stored_parameters(back: &Back) -> BTreeMap<String, String> {
    back.all_on_shelf(PARAMETERS).map(|(name, document)| (name.clone(), text(document, "Value"))).collect()
}

fn parameter<'a>(back: &'a Back, name: &str) -> Result<&'a Value, Refusal> {
    back.on_shelf(PARAMETERS, name).ok_or_else(|| KeptService::Ssm.refuse("ParameterNotFound", ""))
}

fn put(back: &mut Back, body: &Value) -> Result<Value, Refusal> {
    let (name, value) = (text(body, "Name"), text(body, "Value"));
    let known = parameter(back, &name).ok().cloned();
    if known.is_some() && body.get("Overwrite").and_then(Value::as_bool) != Some(true) {
        let message =
            "The parameter already exists. To overwrite this value, set the overwrite option in the request to true.";
        return Err(KeptService::Ssm.refuse("ParameterAlreadyExists", message));
    }
    let tier = body.get("Tier").and_then(Value::as_str).unwrap_or("Standard").to_owned();
    if tier == "Standard" && value.len() > STANDARD {
        let message = format!(
            "Standard tier parameters support a maximum parameter value of {STANDARD} characters. To create a larger parameter value, upgrade the parameter to use the advanced-parameter tier."
        );
        return Err(KeptService::Ssm.refuse("ValidationException", message));
    }
    let pattern = text(body, "AllowedPattern");
    if !pattern.is_empty() && regex_lite::Regex::new(&pattern).is_ok_and(|pattern| !pattern.is_match(&value)) {
        let message = format!("Parameter value, {value}, failed to satisfy the pattern, {pattern}.");
        return Err(KeptService::Ssm.refuse("ParameterPatternMismatchException", message));
    }
    let version = known.as_ref().and_then(|known| known.get("Version")?.as_u64()).unwrap_or_default() + 1;
    let tags = known.as_ref().map_or_else(|| items(body, "Tags"), |known| items(known, "Tags"));
    let path = name.trim_start_matches('/');
    let mut document = json!({
        "Name": name,
        "Value": value,
        "Type": body.get("Type").cloned().or_else(|| known?.get("Type").cloned()).unwrap_or_else(|| json!("String")),
        "Version": version,
        "ARN": back.arn("ssm", &format!("parameter/{path}")),
        "DataType": body.get("DataType").cloned().unwrap_or_else(|| json!("text")),
        "Tier": tier,
        "Policies": [],
        "LastModifiedDate": back.now.as_millis() as f64 / 1_000.0,
        "LastModifiedUser": back.caller(),
        "Tags": tags,
    });
    for optional in ["Description", "AllowedPattern"] {
        if let (Some(given), Some(map)) = (body.get(optional), document.as_object_mut()) {
            map.insert(optional.to_owned(), given.clone());
        }
    }
    back.shelf(PARAMETERS).insert(name, document);
    Ok(json!({"Version": version, "Tier": tier}))
}

fn without(document: &Value, names: &[&str]) -> Value {
    let mut shown = document.clone();
    if let Some(map) = shown.as_object_mut() {
        map.retain(|name, _| !names.contains(&name.as_str()));
    }
    shown
}

/// What reading a parameter tells.
fn shown(document: &Value) -> Value {
    without(document, &["Tags", "Tier", "Policies", "Description", "AllowedPattern", "LastModifiedUser"])
}

/// What describing parameters tells; filters on the name, equal or by beginning.
fn described(back: &Back, body: &Value) -> Vec<Value> {
    let filters = items(body, "ParameterFilters");
    let wanted = |name: &str| {
        filters.iter().filter(|filter| text(filter, "Key") == "Name").all(|filter| {
            let beginning = text(filter, "Option") == "BeginsWith";
            items(filter, "Values")
                .iter()
                .filter_map(Value::as_str)
                .any(|value| if beginning { name.starts_with(value) } else { name == value })
        })
    };
    back.all_on_shelf(PARAMETERS)
        .filter(|(name, _)| wanted(name))
        .map(|(_, document)| without(document, &["Tags", "Value"]))
        .collect()
}

fn tagged(back: &mut Back, body: &Value, act: impl FnOnce(&mut Vec<Value>) -> Value) -> Result<Value, Refusal> {
    let name = text(body, "ResourceId");
    let missing = || KeptService::Ssm.refuse("InvalidResourceId", "");
    let document = back.shelf(PARAMETERS).get_mut(&name).ok_or_else(missing)?;
    let mut tags = items(document, "Tags");
    let answer = act(&mut tags);
    if let Some(place) = document.get_mut("Tags") {
        *place = Value::Array(tags);
    }
    Ok(answer)
}
