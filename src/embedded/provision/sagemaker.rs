//! `AWS::SageMaker::Model`, `EndpointConfig` and `Endpoint`.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

use super::autoscaling::is_scaled;
use super::props::{as_text, boolean, loosen, object, required, text};
use super::{Made, Retag, already_exists, gone, invented_name, made, not_found, retag, tag_list};
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
        let attribute = format!("{}Arn", self.noun);
        made(arn.clone(), [(attribute.as_str(), arn), (self.name, name.to_owned())])
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
        body.remove("Tags");
        let body = loosen(&Value::Object(body), &[self.name, "Environment", "Image", "ModelDataUrl"]);
        call(back, &format!("Create{}", self.noun), body).await?;
        let arn = self.arn(back, &name);
        self.put_tags(back, effect, &name).await.map_err(|error| error.after_making(arn))?;
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
            // Tags are all that can change without a new one.
            EffectAction::Update { physical_id, .. } => {
                let name = self.name_of(back, physical_id);
                self.put_tags(back, effect, &name).await?;
                self.made(back, &name)
            }
            EffectAction::Read { physical_id } => {
                let name = self.name_of(back, physical_id);
                self.describe(back, effect, &name).await?;
                self.made(back, &name)
            }
            EffectAction::Delete { physical_id, .. } => self.delete(back, physical_id).await,
        }
    }

    async fn put_tags(&self, back: &mut Back, effect: &Effect, name: &str) -> Result<(), HandlerError> {
        self.describe(back, effect, name).await?;
        let arn = self.arn(back, name);
        let Retag { put, removed } = retag(effect);
        if !removed.is_empty() {
            call(back, "DeleteTags", json!({"ResourceArn": arn, "TagKeys": removed})).await?;
        }
        if !put.is_empty() {
            call(back, "AddTags", json!({"ResourceArn": arn, "Tags": tag_list(&put)})).await?;
        }
        Ok(())
    }
}

pub(crate) async fn model(back: &mut Back, effect: &Effect) -> Made {
    MODEL.simple(back, effect).await
}

pub(crate) async fn endpoint_config(back: &mut Back, effect: &Effect) -> Made {
    if let EffectAction::Create { properties } = &effect.action {
        check_config(back, properties).await?;
    }
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
            check_rollout(back, &config, properties)?;
            let name = ENDPOINT.create(back, effect, &given).await?;
            describe_endpoint(back, &name, &config, properties);
            ENDPOINT.made(back, &name)
        }
        EffectAction::Update { physical_id, after, .. } => {
            let name = ENDPOINT.name_of(back, physical_id);
            let config = required(after, "EndpointConfigName")?;
            let config = CONFIG.name_of(back, &config);
            check_rollout(back, &config, after)?;
            check_fleets(back, effect, &name, &config).await?;
            let body = json!({"EndpointName": name, "EndpointConfigName": config});
            call(back, "UpdateEndpoint", body).await?;
            ENDPOINT.put_tags(back, effect, &name).await?;
            let serving = endpoint_variants(back, &name);
            describe_endpoint(back, &name, &config, after);
            retain(back, &name, &serving, after);
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

fn invalid(message: impl Into<String>) -> HandlerError {
    HandlerError::new(HandlerErrorCode::InvalidRequest, message)
}

fn variants<'a>(properties: &'a Properties, list: &str) -> Vec<&'a Map<String, Value>> {
    properties.get(list).and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_object).collect()
}

/// What SageMaker refuses of an endpoint configuration (SageMaker API reference, ProductionVariant,
/// CreateEndpointConfig; its developer guide on serverless, asynchronous and shadow inference).
async fn check_config(back: &mut Back, properties: &Properties) -> Result<(), HandlerError> {
    let production = variants(properties, "ProductionVariants");
    let shadow = variants(properties, "ShadowProductionVariants");
    if !shadow.is_empty() && (production.len() != 1 || shadow.len() != 1) {
        return Err(invalid(
            "With ShadowProductionVariants, exactly one variant in ProductionVariants and one in ShadowProductionVariants may be specified.",
        ));
    }
    let asynchronous = object(properties, "AsyncInferenceConfig");
    if properties.contains_key("AsyncInferenceConfig")
        && text(&object(&asynchronous, "OutputConfig"), "S3OutputPath").is_none()
    {
        return Err(invalid("AsyncInferenceConfig needs an OutputConfig with an S3OutputPath."));
    }
    let mut names = BTreeSet::new();
    for variant in production.iter().chain(&shadow) {
        let name = required(variant, "VariantName")?;
        let serverless = variant.contains_key("ServerlessConfig");
        let instances = variant.contains_key("InstanceType") || variant.contains_key("InitialInstanceCount");
        if serverless == instances {
            return Err(invalid(format!(
                "Variant {name} must specify either ServerlessConfig or an InstanceType with an InitialInstanceCount, and not both."
            )));
        }
        if serverless && (!asynchronous.is_empty() || !shadow.is_empty()) {
            return Err(invalid(format!(
                "Variant {name}: ServerlessConfig cannot be combined with AsyncInferenceConfig or ShadowProductionVariants."
            )));
        }
        let model = required(variant, "ModelName")?;
        let model = MODEL.name_of(back, &model);
        if call(back, "DescribeModel", json!({"ModelName": model})).await.is_err() {
            return Err(invalid(format!("Could not find model \"{}\".", MODEL.arn(back, &model))));
        }
        if multi_model(back, &model) && (serverless || !asynchronous.is_empty() || !shadow.is_empty()) {
            return Err(invalid(format!(
                "Variant {name}: a multi-model container serves neither serverless nor asynchronous nor shadow variants."
            )));
        }
        if !names.insert(name.clone()) {
            return Err(invalid(format!("Variant name {name} is used more than once.")));
        }
    }
    Ok(())
}

fn multi_model(back: &Back, model: &str) -> bool {
    let mode = back.world.details.get(&MODEL.subject(model)).and_then(|known| known.pointer("/PrimaryContainer/Mode"));
    mode.and_then(Value::as_str) == Some("MultiModel")
}

/// Guardrails shift traffic between fleets of instances; serverless variants have none.
fn check_rollout(back: &Back, config: &str, properties: &Properties) -> Result<(), HandlerError> {
    let serverless = described_variants(back, config, "ProductionVariants")
        .iter()
        .any(|variant| variant.get("ServerlessConfig").is_some());
    if serverless && properties.contains_key("DeploymentConfig") {
        return Err(invalid("DeploymentConfig is not supported for endpoints with serverless variants."));
    }
    Ok(())
}

/// Instances do not become serverless, and a variant that scales by itself neither goes nor gets other instances (Amazon
/// SageMaker developer guide, "Update a serverless endpoint" and "Update endpoints that use auto scaling").
async fn check_fleets(back: &mut Back, effect: &Effect, name: &str, config: &str) -> Result<(), HandlerError> {
    let live = ENDPOINT.describe(back, effect, name).await?;
    let present = text(live.as_object().unwrap_or(&Map::new()), "EndpointConfigName").unwrap_or_default();
    let instances = |back: &Back, config: &str| -> BTreeMap<String, Option<Value>> {
        let variants = described_variants(back, config, "ProductionVariants").into_iter();
        let of = |variant: Value| Some((as_text(variant.get("VariantName")?), variant.get("InstanceType").cloned()));
        variants.filter_map(of).collect()
    };
    let (old, new) = (instances(back, &present), instances(back, config));
    let any = |variants: &BTreeMap<String, Option<Value>>| variants.values().flatten().next().is_some();
    if any(&old) && !any(&new) {
        return Err(invalid("Updating a real-time endpoint to a serverless endpoint is not supported."));
    }
    let mut refused = Vec::new();
    for variant in old.keys().filter(|variant| old.get(*variant) != new.get(*variant)) {
        if is_scaled(back, &format!("endpoint/{name}/variant/{variant}"), "sagemaker").await? {
            refused.push(variant);
        }
    }
    match refused.is_empty() {
        true => Ok(()),
        false => Err(invalid(format!(
            "The variant(s) \"{}\" must be deregistered as scalable targets with AWS Auto Scaling before they can be removed or have their instance type updated.",
            json!(refused)
        ))),
    }
}

fn described_variants(back: &Back, config: &str, list: &str) -> Vec<Value> {
    let known = back.world.details.get(&CONFIG.subject(config));
    known.and_then(|known| known.get(list)).and_then(Value::as_array).cloned().unwrap_or_default()
}

fn endpoint_variants(back: &Back, name: &str) -> Vec<Value> {
    let known = back.world.details.get(&ENDPOINT.subject(name)).and_then(|known| known.get("ProductionVariants"));
    known.and_then(Value::as_array).cloned().unwrap_or_default()
}

/// Variants of the same name go on with the instances and weights that they have now, where the update says so.
fn retain(back: &mut Back, name: &str, serving: &[Value], properties: &Properties) {
    if !boolean(properties, "RetainAllVariantProperties").unwrap_or(false) {
        return;
    }
    let excluded: Vec<String> = properties
        .get("ExcludeRetainedVariantProperties")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(|one| text(one.as_object()?, "VariantPropertyType"))
        .collect();
    let mut variants = endpoint_variants(back, name);
    for variant in &mut variants {
        let Some(before) = serving.iter().find(|one| one.get("VariantName") == variant.get("VariantName")) else {
            continue;
        };
        for (kind, fields) in [
            ("DesiredInstanceCount", ["DesiredInstanceCount", "CurrentInstanceCount"]),
            ("DesiredWeight", ["DesiredWeight", "CurrentWeight"]),
        ] {
            for field in fields.iter().filter(|_| !excluded.iter().any(|one| one == kind)) {
                if let (Some(value), Some(map)) = (before.get(*field), variant.as_object_mut()) {
                    map.insert((*field).to_owned(), value.clone());
                }
            }
        }
    }
    back.remember(&ENDPOINT.subject(name), json!({"ProductionVariants": variants}));
}

impl Back {
    /// Somebody gave an endpoint another configuration, past CloudFormation.
    pub(crate) fn endpoint_moved(&mut self, name: &str, config: &str, asked: &Properties) {
        let serving = endpoint_variants(self, name);
        describe_endpoint(self, name, config, asked);
        retain(self, name, &serving, asked);
    }

    /// Somebody, or what scales by itself, gave variants of an endpoint other instances or weights.
    pub(crate) fn endpoint_resized(&mut self, name: &str, wanted: &[Value]) {
        let mut variants = endpoint_variants(self, name);
        for variant in &mut variants {
            let of = |one: &&Value| one.get("VariantName") == variant.get("VariantName");
            let Some(wanted) = wanted.iter().find(of) else { continue };
            for (given, fields) in [
                ("DesiredInstanceCount", ["DesiredInstanceCount", "CurrentInstanceCount"]),
                ("DesiredWeight", ["DesiredWeight", "CurrentWeight"]),
            ] {
                for field in fields {
                    if let (Some(value), Some(map)) = (wanted.get(given), variant.as_object_mut()) {
                        map.insert(field.to_owned(), value.clone());
                    }
                }
            }
        }
        self.remember(&ENDPOINT.subject(name), json!({"ProductionVariants": variants}));
    }

    /// Whether an endpoint serves a variant of that name.
    #[must_use]
    pub(crate) fn endpoint_has_variant(&self, endpoint: &str, variant: &str) -> bool {
        let known = self.world.details.get(&ENDPOINT.subject(endpoint));
        let listed = known.and_then(|known| known.get("ProductionVariants")).and_then(Value::as_array);
        listed.into_iter().flatten().any(|one| one.get("VariantName").and_then(Value::as_str) == Some(variant))
    }
}

/// What the service's own description of an endpoint lacks: its variants and how it is rolled out.
fn describe_endpoint(back: &mut Back, name: &str, config: &str, properties: &Properties) {
    let mut known = json!({"EndpointStatus": "InService"});
    if let Some(map) = known.as_object_mut() {
        for list in ["ProductionVariants", "ShadowProductionVariants"] {
            let variants: Vec<Value> = described_variants(back, config, list).iter().map(variant_summary).collect();
            if !variants.is_empty() {
                map.insert(list.to_owned(), json!(variants));
            }
        }
        let asynchronous = back.world.details.get(&CONFIG.subject(config));
        if let Some(asynchronous) = asynchronous.and_then(|known| known.get("AsyncInferenceConfig")) {
            map.insert("AsyncInferenceConfig".to_owned(), asynchronous.clone());
        }
        if let Some(deployment) = properties.get("DeploymentConfig") {
            map.insert("LastDeploymentConfig".to_owned(), loosen(deployment, &[]));
        }
    }
    let subject = ENDPOINT.subject(name);
    back.forget(&subject);
    back.remember(&subject, known);
}

fn variant_summary(variant: &Value) -> Value {
    let weight = variant.get("InitialVariantWeight").cloned().unwrap_or(json!(1.0));
    let mut summary = json!({
        "VariantName": variant.get("VariantName"),
        "CurrentWeight": weight,
        "DesiredWeight": weight,
    });
    if let Some(map) = summary.as_object_mut() {
        match variant.get("ServerlessConfig") {
            Some(serverless) => {
                map.insert("CurrentServerlessConfig".to_owned(), serverless.clone());
                map.insert("DesiredServerlessConfig".to_owned(), serverless.clone());
            }
            None => {
                let count = variant.get("InitialInstanceCount").cloned().unwrap_or(json!(1));
                map.insert("CurrentInstanceCount".to_owned(), count.clone());
                map.insert("DesiredInstanceCount".to_owned(), count);
            }
        }
    }
    summary
}
