//! `AWS::SageMaker::Model`, `EndpointConfig` and `Endpoint`.

use serde_json::{Map, Value, json};

use super::props::{loosen, required, text};
use super::{Made, already_exists, gone, invented_name, made, not_found, tag_list, tags};
use crate::embedded::back::Back;
use crate::embedded::calls::Refusal;
use crate::embedded::cloudformation::{Effect, EffectAction, HandlerError, HandlerErrorCode, Properties};
use crate::embedded::services::ServiceName;

async fn call(back: &mut Back, action: &str, body: Value) -> Result<Value, Refusal> {
    back.json(ServiceName::Sagemaker, &format!("SageMaker.{action}"), body).await
}

/// One of the three, which differ in little but their names.
struct What {
    noun: &'static str,
    name: &'static str,
    arn: &'static str,
}

const MODEL: What = What { noun: "Model", name: "ModelName", arn: "model" };
const CONFIG: What = What { noun: "EndpointConfig", name: "EndpointConfigName", arn: "endpoint-config" };
const ENDPOINT: What = What { noun: "Endpoint", name: "EndpointName", arn: "endpoint" };

impl What {
    /// SageMaker's ARNs are in lower case.
    fn arn(&self, back: &Back, name: &str) -> String {
        back.arn("sagemaker", &format!("{}/{}", self.arn, name.to_lowercase()))
    }

    /// `Ref` of all three gives the ARN.
    fn made(&self, back: &Back, name: &str) -> Made {
        let arn = self.arn(back, name);
        made(arn.clone(), [("Arn", arn), (self.name, name.to_owned())])
    }

    fn subject(&self, name: &str) -> String {
        format!("sagemaker/{}/{name}", self.arn)
    }

    /// The name behind a name or an ARN. ARNs are in lower case, so the case is looked up.
    fn name_of(&self, back: &Back, physical_id: &str) -> String {
        let Some(tail) = physical_id.strip_prefix("arn:").and_then(|arn| arn.rsplit('/').next()) else {
            return physical_id.to_owned();
        };
        let prefix = self.subject("");
        back.world
            .details
            .keys()
            .filter_map(|subject| subject.strip_prefix(&prefix))
            .find(|name| name.eq_ignore_ascii_case(tail))
            .map_or_else(|| tail.to_owned(), str::to_owned)
    }

    async fn describe(&self, back: &mut Back, effect: &Effect, name: &str) -> Result<Value, HandlerError> {
        call(back, &format!("Describe{}", self.noun), json!({self.name: name})).await.map_err(|refusal| {
            if refusal.message.contains("Could not find") || refusal.is_not_found() {
                not_found(effect, name)
            } else {
                HandlerError::from(refusal)
            }
        })
    }

    async fn create(&self, back: &mut Back, effect: &Effect, properties: &Properties) -> Result<String, HandlerError> {
        let name = text(properties, self.name).unwrap_or_else(|| invented_name(effect, 63));
        if self.describe(back, effect, &name).await.is_ok() {
            return Err(already_exists(effect, &name));
        }
        let mut body: Map<String, Value> = properties.clone();
        body.insert(self.name.to_owned(), json!(name));
        body.insert("Tags".to_owned(), tag_list(&tags(effect, properties)));
        let body = loosen(&Value::Object(body), &["Tags", self.name, "Environment", "Image", "ModelDataUrl"]);
        call(back, &format!("Create{}", self.noun), body).await?;
        Ok(name)
    }

    async fn delete(&self, back: &mut Back, physical_id: &str) -> Made {
        let name = self.name_of(back, physical_id);
        call(back, &format!("Delete{}", self.noun), json!({self.name: name})).await.map_err(|refusal| {
            let code = if refusal.message.contains("Could not find") {
                HandlerErrorCode::NotFound
            } else {
                refusal.handler_code()
            };
            HandlerError::new(code, refusal.message)
        })?;
        let subject = self.subject(&name);
        back.forget(&subject);
        gone()
    }

    async fn simple(&self, back: &mut Back, effect: &Effect) -> Made {
        match &effect.action {
            EffectAction::Create { properties } => {
                let name = self.create(back, effect, properties).await?;
                let mut known = loosen(&Value::Object(properties.clone()), &["Environment", "Tags"]);
                if let Some(map) = known.as_object_mut() {
                    map.remove("Tags");
                }
                back.remember(&self.subject(&name), known);
                self.made(back, &name)
            }
            EffectAction::Update { physical_id, .. } | EffectAction::Read { physical_id } => {
                let name = self.name_of(back, physical_id);
                self.describe(back, effect, &name).await?;
                self.made(back, &name)
            }
            EffectAction::Delete { physical_id, .. } => self.delete(back, physical_id).await,
        }
    }
}

pub(crate) async fn model(back: &mut Back, effect: &Effect) -> Made {
    MODEL.simple(back, effect).await
}

pub(crate) async fn endpoint_config(back: &mut Back, effect: &Effect) -> Made {
    CONFIG.simple(back, effect).await
}

pub(crate) async fn endpoint(back: &mut Back, effect: &Effect) -> Made {
    match &effect.action {
        EffectAction::Create { properties } => {
            let config = required(properties, "EndpointConfigName")?;
            let config = CONFIG.name_of(back, &config);
            let mut given = properties.clone();
            given.insert("EndpointConfigName".to_owned(), json!(config));
            CONFIG.describe(back, effect, &config).await.map_err(|_| {
                HandlerError::new(
                    HandlerErrorCode::InvalidRequest,
                    format!("Could not find endpoint configuration \"{}\".", CONFIG.arn(back, &config)),
                )
            })?;
            let name = ENDPOINT.create(back, effect, &given).await?;
            describe_endpoint(back, &name, &config, properties);
            ENDPOINT.made(back, &name)
        }
        EffectAction::Update { physical_id, after, .. } => {
            let name = ENDPOINT.name_of(back, physical_id);
            let config = required(after, "EndpointConfigName")?;
            let config = CONFIG.name_of(back, &config);
            let body = json!({"EndpointName": name, "EndpointConfigName": config});
            call(back, "UpdateEndpoint", body).await?;
            describe_endpoint(back, &name, &config, after);
            ENDPOINT.made(back, &name)
        }
        EffectAction::Delete { physical_id, .. } => ENDPOINT.delete(back, physical_id).await,
        EffectAction::Read { physical_id } => {
            let name = ENDPOINT.name_of(back, physical_id);
            let live = ENDPOINT.describe(back, effect, &name).await?;
            let mut read = ENDPOINT.made(back, &name)?;
            read.properties.insert("EndpointName".to_owned(), json!(name));
            if let Some(config) = live.get("EndpointConfigName") {
                read.properties.insert("EndpointConfigName".to_owned(), config.clone());
            }
            Ok(read)
        }
    }
}

/// What the service's own description of an endpoint lacks: its variants and how it is rolled out.
fn describe_endpoint(back: &mut Back, name: &str, config: &str, properties: &Properties) {
    let variants: Vec<Value> = back
        .world
        .details
        .get(&CONFIG.subject(config))
        .and_then(|known| known.get("ProductionVariants"))
        .and_then(Value::as_array)
        .map(|list| list.iter().map(variant_summary).collect())
        .unwrap_or_default();
    let mut known = json!({"EndpointStatus": "InService", "ProductionVariants": variants});
    if let (Some(deployment), Some(map)) = (properties.get("DeploymentConfig"), known.as_object_mut()) {
        map.insert("LastDeploymentConfig".to_owned(), loosen(deployment, &[]));
    }
    let subject = ENDPOINT.subject(name);
    back.forget(&subject);
    back.remember(&subject, known);
}

fn variant_summary(variant: &Value) -> Value {
    let count = variant.get("InitialInstanceCount").cloned().unwrap_or(json!(1));
    let weight = variant.get("InitialVariantWeight").cloned().unwrap_or(json!(1.0));
    json!({
        "VariantName": variant.get("VariantName"),
        "CurrentWeight": weight,
        "DesiredWeight": weight,
        "CurrentInstanceCount": count,
        "DesiredInstanceCount": count,
    })
}
