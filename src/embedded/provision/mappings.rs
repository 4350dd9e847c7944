//! `AWS::Lambda::EventSourceMapping`.

use serde_json::Value;

use super::props::{as_text, loosen};
use super::{Made, Retag, gone, made, retag};
use crate::embedded::back::Back;
use crate::embedded::calls::Refusal;
use crate::embedded::cloudformation::{Effect, EffectAction, HandlerError, HandlerErrorCode, Properties};

fn mapping_body(properties: &Properties) -> Value {
    let mut body = loosen(
        &Value::Object(properties.clone()),
        &["EventSourceArn", "FunctionName", "FilterCriteria", "DestinationConfig", "KmsKeyArn", "Tags"],
    );
    if let Some(map) = body.as_object_mut() {
        map.remove("Tags");
        if let Some(key) = map.remove("KmsKeyArn") {
            map.insert("KMSKeyArn".to_owned(), key);
        }
    }
    body
}

pub(crate) async fn mapping(back: &mut Back, effect: &Effect) -> Made {
    match &effect.action {
        EffectAction::Create { properties } => {
            let answer = back.create_mapping(&mapping_body(properties)).await.map_err(refused)?;
            let made = mapping_made(&answer)?;
            back.tag_mapping(&made.physical_id, &[], &retag(effect).put)?;
            Ok(made)
        }
        EffectAction::Update { physical_id, after, .. } => {
            let mut body = mapping_body(after);
            // A property taken out of the template goes back to its default.
            if let Some(map) = body.as_object_mut() {
                for (name, value) in back.mapping_defaults(physical_id)? {
                    map.entry(name).or_insert(value);
                }
            }
            let answer = back.update_mapping(physical_id, &body).await.map_err(refused)?;
            let Retag { put, removed } = retag(effect);
            back.tag_mapping(physical_id, &removed, &put)?;
            mapping_made(&answer)
        }
        EffectAction::Delete { physical_id, .. } => {
            back.delete_mapping(physical_id)?;
            gone()
        }
        EffectAction::Read { physical_id } => {
            let live = back.get_mapping(physical_id)?;
            let mut read = mapping_made(&live)?;
            for field in [
                "EventSourceArn",
                "BatchSize",
                "ParallelizationFactor",
                "MaximumRetryAttempts",
                "MaximumRecordAgeInSeconds",
                "StartingPosition",
            ] {
                if let Some(value) = live.get(field) {
                    read.properties.insert(field.to_owned(), value.clone());
                }
            }
            Ok(read)
        }
    }
}

/// The words that the type's handler puts before those of Lambda.
fn refused(refusal: Refusal) -> HandlerError {
    if refusal.status == 409 {
        return HandlerError::new(HandlerErrorCode::AlreadyExists, refusal.message);
    }
    let error = HandlerError::from(refusal);
    match error.code {
        HandlerErrorCode::InvalidRequest => {
            HandlerError { message: format!("Invalid request provided: {}", error.message), ..error }
        }
        _ => error,
    }
}

fn mapping_made(answer: &Value) -> Made {
    let field = |name: &str| answer.get(name).map(as_text).unwrap_or_default();
    made(field("UUID"), [("Id", field("UUID")), ("EventSourceMappingArn", field("EventSourceMappingArn"))])
}
