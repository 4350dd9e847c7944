//! `AWS::SSM::Parameter`.

use serde_json::{Value, json};

use super::props::{pick, required, text};
use super::{Made, Retag, already_exists, gone, invented_name, made, retag, tag_list, tags};
use crate::embedded::back::Back;
use crate::embedded::calls::Refusal;
use crate::embedded::cloudformation::{Effect, EffectAction, HandlerError, Properties};
use crate::embedded::kept::KeptService;

fn call(back: &mut Back, action: &str, body: Value) -> Result<Value, Refusal> {
    back.kept(KeptService::Ssm, action, &body)
}

fn body(properties: &Properties, name: &str) -> Value {
    let mut body = pick(properties, &["AllowedPattern", "DataType", "Description", "Tier", "Type", "Value"]);
    body.insert("Name".to_owned(), json!(name));
    Value::Object(body)
}

pub(crate) async fn parameter(back: &mut Back, effect: &Effect) -> Made {
    match &effect.action {
        EffectAction::Create { properties } => {
            let name = text(properties, "Name").unwrap_or_else(|| invented_name(effect, 1_011));
            let mut body = body(properties, &name);
            if let Some(map) = body.as_object_mut() {
                map.insert("Tags".to_owned(), tag_list(&tags(effect, properties)));
            }
            call(back, "PutParameter", body).map_err(|refusal| match refusal.code.as_str() {
                "ParameterAlreadyExists" => already_exists(effect, &name),
                _ => HandlerError::from(refusal),
            })?;
            parameter_made(back, &name, properties)
        }
        EffectAction::Update { physical_id: name, after, .. } => {
            let mut body = body(after, name);
            if let Some(map) = body.as_object_mut() {
                map.insert("Overwrite".to_owned(), json!(true));
            }
            call(back, "PutParameter", body)?;
            let Retag { put, removed } = retag(effect);
            call(back, "RemoveTagsFromResource", json!({"ResourceId": name, "TagKeys": removed}))?;
            call(back, "AddTagsToResource", json!({"ResourceId": name, "Tags": tag_list(&put)}))?;
            parameter_made(back, name, after)
        }
        EffectAction::Delete { physical_id: name, .. } => {
            call(back, "DeleteParameter", json!({"Name": name}))?;
            gone()
        }
        EffectAction::Read { physical_id: name } => {
            let live = call(back, "GetParameter", json!({"Name": name}))?;
            let live = live.get("Parameter").and_then(Value::as_object).cloned().unwrap_or_default();
            let mut read = parameter_made(back, name, &live)?;
            read.properties.extend(pick(&live, &["Name", "Type", "Value", "DataType"]));
            Ok(read)
        }
    }
}

fn parameter_made(back: &Back, name: &str, properties: &Properties) -> Made {
    let arn = back.arn("ssm", &format!("parameter/{}", name.trim_start_matches('/')));
    let mut parameter = made(
        name,
        [
            ("Arn", arn),
            ("Name", name.to_owned()),
            ("Type", required(properties, "Type")?),
            ("Value", required(properties, "Value")?),
            ("Tier", text(properties, "Tier").unwrap_or_else(|| "Standard".to_owned())),
            ("DataType", text(properties, "DataType").unwrap_or_else(|| "text".to_owned())),
            ("Policies", String::new()),
        ],
    )?;
    for optional in ["AllowedPattern", "Description"] {
        parameter.attributes.insert(optional.to_owned(), json!(text(properties, optional).unwrap_or_default()));
    }
    Ok(parameter)
}
