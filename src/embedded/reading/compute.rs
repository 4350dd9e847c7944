//! Functions, their aliases and mappings, and what scales by itself, as they are.

use serde_json::{Value, json};

use super::{gone, if_there, in_order, like, member, same_names};
use crate::embedded::back::Back;
use crate::embedded::calls::Refusal;
use crate::embedded::cloudformation::Properties;
use crate::embedded::services::ServiceName;

/// The function's name in a name or an ARN, and what qualifies it.
fn function_name(given: &str) -> (&str, Option<&str>) {
    let tail = given.split(":function:").nth(1).unwrap_or(given);
    tail.split_once(':').map_or((tail, None), |(name, qualifier)| (name, Some(qualifier)))
}

pub(super) fn mapping(back: &Back, uuid: &str, wanted: &Properties) -> Result<Properties, Refusal> {
    let mapping = back.world.mappings.get(uuid).ok_or_else(gone)?;
    let mut live = mapping.settings.clone();
    live.insert("Enabled".to_owned(), json!(mapping.enabled));
    live.insert("EventSourceArn".to_owned(), json!(mapping.source));
    if let Some(key) = live.remove("KMSKeyArn") {
        live.insert("KmsKeyArn".to_owned(), key);
    }
    let live = Value::Object(live);
    let names: Vec<&str> = wanted.keys().map(String::as_str).collect();
    let mut seen = same_names(&live, wanted, &names);
    let called = wanted.get("FunctionName").and_then(Value::as_str).unwrap_or_default();
    let arn =
        if called.starts_with("arn:") { called.to_owned() } else { back.arn("lambda", &format!("function:{called}")) };
    let function = if arn == mapping.function { called } else { mapping.function.as_str() };
    seen.insert("FunctionName".to_owned(), json!(function));
    // Set once, when it was made.
    for once in ["StartingPosition", "StartingPositionTimestamp", "Tags"] {
        seen.remove(once);
    }
    Ok(seen)
}

pub(super) async fn function(back: &mut Back, name: &str, wanted: &Properties) -> Result<Properties, Refusal> {
    let live = back.seen_at(ServiceName::Lambda, &format!("/2015-03-31/functions/{name}/configuration")).await?;
    let names = [
        "Architectures",
        "DeadLetterConfig",
        "Description",
        "EphemeralStorage",
        "Handler",
        "LoggingConfig",
        "MemorySize",
        "Role",
        "Runtime",
        "Timeout",
        "TracingConfig",
        "VpcConfig",
    ];
    let mut seen = same_names(&live, wanted, &names);
    if let Some(environment) = wanted.get("Environment") {
        let variables = live.pointer("/Environment/Variables").cloned().unwrap_or_else(|| json!({}));
        let variables = with_all(&variables, environment.get("Variables").unwrap_or(&Value::Null));
        seen.insert("Environment".to_owned(), json!({"Variables": variables}));
    }
    if wanted.contains_key("Layers") {
        let layers = live.get("Layers").and_then(Value::as_array).into_iter().flatten();
        let layers = layers.filter_map(|layer| layer.get("Arn").unwrap_or(layer).as_str()).map(str::to_owned).collect();
        seen.insert("Layers".to_owned(), in_order(layers, wanted.get("Layers")));
    }
    if wanted.contains_key("ReservedConcurrentExecutions") {
        let path = format!("/2019-09-30/functions/{name}/concurrency");
        let reserved = if_there(back.rest(ServiceName::Lambda, "GET", &path, None).await)?;
        let reserved = reserved.and_then(|found| found.get("ReservedConcurrentExecutions").cloned());
        seen.insert("ReservedConcurrentExecutions".to_owned(), reserved.unwrap_or_default());
    }
    Ok(seen)
}

/// A map whose every key counts, those included that the template does not have.
fn with_all(live: &Value, wanted: &Value) -> Value {
    let Value::Object(live) = live else { return Value::Null };
    let of = |(name, value): (&String, &Value)| (name.clone(), like(value, wanted.get(name).unwrap_or(&Value::Null)));
    Value::Object(live.iter().map(of).collect())
}

pub(super) async fn alias(back: &mut Back, arn: &str, wanted: &Properties) -> Result<Properties, Refusal> {
    let (name, alias) = function_name(arn);
    let alias = alias.unwrap_or_default();
    let path = format!("/2015-03-31/functions/{name}/aliases/{alias}");
    let live = back.rest(ServiceName::Lambda, "GET", &path, None).await?;
    let mut seen = same_names(&live, wanted, &["Description", "FunctionVersion"]);
    if wanted.contains_key("ProvisionedConcurrencyConfig") {
        let path = format!("/2019-09-30/functions/{name}/provisioned-concurrency?Qualifier={alias}");
        let live = if_there(back.rest(ServiceName::Lambda, "GET", &path, None).await)?;
        let live = live.and_then(|live| live.get("RequestedProvisionedConcurrentExecutions").cloned());
        let live = live.map(|count| json!({"ProvisionedConcurrentExecutions": count}));
        seen.insert("ProvisionedConcurrencyConfig".to_owned(), live.unwrap_or_default());
    }
    Ok(seen)
}

pub(super) fn invoke_config(back: &Back, id: &str, wanted: &Properties) -> Result<Properties, Refusal> {
    let (name, qualifier) = id.split_once('|').unwrap_or((id, "$LATEST"));
    let live = back.get_invoke_config(name, qualifier)?;
    Ok(same_names(&live, wanted, &["DestinationConfig", "MaximumEventAgeInSeconds", "MaximumRetryAttempts"]))
}

/// A permission is a statement of its function's policy: it is there, or not.
pub(super) async fn permission(back: &mut Back, id: &str, wanted: &Properties) -> Result<Properties, Refusal> {
    let given = wanted.get("FunctionName").and_then(Value::as_str).unwrap_or_default();
    let (name, _) = function_name(given);
    let live = back.rest(ServiceName::Lambda, "GET", &format!("/2015-03-31/functions/{name}/policy"), None).await?;
    let text = live.get("Policy").and_then(Value::as_str).unwrap_or_default();
    let policy: Value = serde_json::from_str(text).unwrap_or_default();
    let statements = policy.get("Statement").and_then(Value::as_array).into_iter().flatten();
    let there = statements.filter_map(|statement| statement.get("Sid")).any(|sid| sid == &json!(id));
    if there { Ok(Properties::new()) } else { Err(gone()) }
}

pub(super) async fn scalable_target(back: &mut Back, id: &str) -> Result<Properties, Refusal> {
    let mut parts = id.split('|');
    let (resource, dimension, namespace) = (parts.next(), parts.next(), parts.next());
    let body = json!({"ServiceNamespace": namespace, "ResourceIds": [resource], "ScalableDimension": dimension});
    let target = "AnyScaleFrontendService.DescribeScalableTargets";
    let found = back.seen(ServiceName::Autoscaling, target, body).await?;
    let live = member(&found, "/ScalableTargets/0").cloned().ok_or_else(gone)?;
    Ok(live.into_iter().filter(|(name, _)| name == "MinCapacity" || name == "MaxCapacity").collect())
}

pub(super) async fn scaling_policy(back: &mut Back, wanted: &Properties) -> Result<Properties, Refusal> {
    let text = |name: &str| wanted.get(name).and_then(Value::as_str).map(str::to_owned);
    let named = text("ScalingTargetId");
    let mut parts = named.as_deref().unwrap_or_default().split('|').map(str::to_owned);
    let resource = text("ResourceId").or_else(|| parts.next());
    let namespace = text("ServiceNamespace").or_else(|| parts.nth(1));
    let body = json!({"ServiceNamespace": namespace, "ResourceId": resource, "PolicyNames": [text("PolicyName")]});
    let target = "AnyScaleFrontendService.DescribeScalingPolicies";
    let found = back.seen(ServiceName::Autoscaling, target, body).await?;
    let mut listed = found.get("ScalingPolicies").and_then(Value::as_array).into_iter().flatten();
    let name = text("PolicyName");
    let live = listed.find(|one| one.get("PolicyName").and_then(Value::as_str) == name.as_deref()).ok_or_else(gone)?;
    Ok(same_names(live, wanted, &["StepScalingPolicyConfiguration", "TargetTrackingScalingPolicyConfiguration"]))
}
