//! `AWS::Lambda::Function`, `Version`, `Alias` and `Permission`.

use bytes::Bytes;
use serde_json::{Map, Value, json};

use super::props::{as_text, int, loosen, object, pick, required, text, texts};
use super::{Made, Retag, already_exists, gone, invented_name, made, not_found, retag, tags};
use crate::embedded::back::{Back, merge};
use crate::embedded::calls::Refusal;
use crate::embedded::cloudformation::{Effect, EffectAction, HandlerError, HandlerErrorCode, Properties};
use crate::embedded::services::ServiceName;
use crate::embedded::wire::encode;

const FUNCTIONS: &str = "/2015-03-31/functions";

async fn call(back: &mut Back, method: &str, path: &str, body: Option<Value>) -> Result<Value, Refusal> {
    back.rest(ServiceName::Lambda, method, path, body).await
}

fn invalid(message: impl Into<String>) -> HandlerError {
    HandlerError::new(HandlerErrorCode::InvalidRequest, message)
}

/// The function's name in a name, partial ARN or ARN.
fn function_name(given: &str) -> String {
    let tail = given.split(":function:").nth(1).unwrap_or(given);
    tail.split(':').next().unwrap_or(tail).to_owned()
}

/// Settings of a function that both Create and UpdateConfiguration take.
const CONFIGURATION: &[&str] = &[
    "DeadLetterConfig",
    "Description",
    "Environment",
    "EphemeralStorage",
    "Handler",
    "ImageConfig",
    "KmsKeyArn",
    "Layers",
    "LoggingConfig",
    "MemorySize",
    "Role",
    "Runtime",
    "SnapStart",
    "Timeout",
    "TracingConfig",
    "VpcConfig",
];

fn configuration(properties: &Properties) -> Value {
    let picked = Value::Object(pick(properties, CONFIGURATION));
    let mut loose = loosen(&picked, &["Description", "Environment", "Handler", "Role", "Runtime", "KmsKeyArn"]);
    if let Some(Value::Object(variables)) = loose.pointer_mut("/Environment/Variables") {
        for value in variables.values_mut() {
            *value = Value::String(as_text(value));
        }
    }
    loose
}

/// The bytes of the code: uploaded, or written into the template.
async fn code(back: &mut Back, properties: &Properties) -> Result<Bytes, HandlerError> {
    let code = object(properties, "Code");
    if let Some(inline) = text(&code, "ZipFile") {
        return Ok(Bytes::from(inline));
    }
    let (Some(bucket), Some(key)) = (text(&code, "S3Bucket"), text(&code, "S3Key")) else {
        return Err(invalid("Please provide a source for function code."));
    };
    let answer = back.s3("GET", &format!("/{bucket}/{}", encode_key(&key)), &[], Bytes::new()).await;
    match answer {
        Ok(response) => Ok(response.body),
        Err(refusal) => Err(invalid(format!(
            "Error occurred while GetObject. S3 Error Code: {}. S3 Error Message: {}",
            refusal.code, refusal.message
        ))),
    }
}

fn encode_key(key: &str) -> String {
    key.split('/').map(encode).collect::<Vec<_>>().join("/")
}

pub(crate) async fn function(back: &mut Back, effect: &Effect) -> Made {
    match &effect.action {
        EffectAction::Create { properties } => {
            let name = text(properties, "FunctionName").unwrap_or_else(|| invented_name(effect, 64));
            let code = code(back, properties).await?;
            check_role(back, properties)?;
            check_reserved(back, &name, properties)?;
            let mut body = configuration(properties);
            if let Some(map) = body.as_object_mut() {
                map.insert("FunctionName".to_owned(), json!(name));
                map.insert("Code".to_owned(), json!({"ZipFile": aws_smithy_types::base64::encode(&code)}));
                map.insert("Tags".to_owned(), json!(tags(effect, properties)));
            }
            call(back, "POST", FUNCTIONS, Some(body)).await.map_err(|refusal| {
                if refusal.status == 409 { already_exists(effect, &name) } else { refusal.into() }
            })?;
            concurrency(back, &name, properties)
                .await
                .map_err(|refusal| HandlerError::from(refusal).after_making(&name))?;
            detail(back, &name, properties);
            function_made(back, &name)
        }
        EffectAction::Update { physical_id: name, before, after, .. } => {
            check_role(back, after)?;
            check_reserved(back, name, after)?;
            // Architectures go with the code.
            if before.get("Code") != after.get("Code") || before.get("Architectures") != after.get("Architectures") {
                let code = code(back, after).await?;
                let body = json!({"ZipFile": aws_smithy_types::base64::encode(&code)});
                call(back, "PUT", &format!("{FUNCTIONS}/{name}/code"), Some(body)).await?;
            }
            let path = format!("{FUNCTIONS}/{name}/configuration");
            call(back, "PUT", &path, Some(configuration(after))).await?;
            concurrency(back, name, after).await?;
            let Retag { put, removed } = retag(effect);
            let arn = back.arn("lambda", &format!("function:{name}"));
            let path = format!("/2017-03-31/tags/{}", encode(&arn));
            if !removed.is_empty() {
                let keys: Vec<String> = removed.iter().map(|key| format!("tagKeys={}", encode(key))).collect();
                call(back, "DELETE", &format!("{path}?{}", keys.join("&")), None).await?;
            }
            call(back, "POST", &path, Some(json!({"Tags": put}))).await?;
            detail(back, name, after);
            function_made(back, name)
        }
        EffectAction::Delete { physical_id: name, .. } => {
            call(back, "DELETE", &format!("{FUNCTIONS}/{name}"), None).await?;
            back.forget(&format!("lambda/{name}"));
            back.forget(&format!("published/{name}"));
            back.forget_invoke_configs(name);
            let versions = format!("lambda/{name}:");
            back.world.details.retain(|subject, _| !subject.starts_with(&versions));
            gone()
        }
        EffectAction::Read { physical_id: name } => {
            let live = call(back, "GET", &format!("{FUNCTIONS}/{name}/configuration"), None).await?;
            let mut read = function_made(back, name)?;
            for field in ["FunctionName", "Runtime", "Handler", "Role", "MemorySize", "Timeout"] {
                if let Some(value) = live.get(field) {
                    read.properties.insert(field.to_owned(), value.clone());
                }
            }
            Ok(read)
        }
    }
}

/// Lambda takes a role only if it may assume it, and a network only if the role may attach to one.
fn check_role(back: &Back, properties: &Properties) -> Result<(), HandlerError> {
    let role = required(properties, "Role")?;
    if back.role_trusts(&role, "lambda.amazonaws.com") == Some(false) {
        return Err(invalid("The role defined for the function cannot be assumed by Lambda."));
    }
    let network = object(properties, "VpcConfig");
    let attached = !texts(&network, "SubnetIds").is_empty();
    let any = back.arn("ec2", "network-interface/*");
    if attached && back.role_allows(&role, "ec2:CreateNetworkInterface", &any) == Some(false) {
        return Err(invalid(
            "The provided execution role does not have permissions to call CreateNetworkInterface on EC2",
        ));
    }
    Ok(())
}

/// Concurrent executions of an account, and how many of them no function may reserve (Lambda quotas).
const CONCURRENCY: i64 = 1_000;
const UNRESERVED: i64 = 100;

/// What is reserved, or provisioned without being reserved, by everything but the resource itself.
fn taken(back: &Back, but: &str) -> i64 {
    let records = back.world.records.iter().filter(|(key, _)| !key.ends_with(but));
    records
        .map(|(key, record)| {
            let properties = &record.properties;
            if key.starts_with("AWS::Lambda::Function|") {
                int(properties, "ReservedConcurrentExecutions").unwrap_or(0)
            } else if key.starts_with("AWS::Lambda::Alias|") {
                let function = function_name(&text(properties, "FunctionName").unwrap_or_default());
                if reserved(back, &function).is_some() { 0 } else { provisioned(properties).unwrap_or(0) }
            } else {
                0
            }
        })
        .sum()
}

fn reserved(back: &Back, function: &str) -> Option<i64> {
    int(&back.record("AWS::Lambda::Function", function)?.properties, "ReservedConcurrentExecutions")
}

/// What an alias provisions.
fn provisioned(properties: &Properties) -> Option<i64> {
    int(&object(properties, "ProvisionedConcurrencyConfig"), "ProvisionedConcurrentExecutions")
}

fn check_reserved(back: &Back, name: &str, properties: &Properties) -> Result<(), HandlerError> {
    let wanted = int(properties, "ReservedConcurrentExecutions").unwrap_or(0);
    if wanted > 0 && taken(back, &format!("|{name}")) + wanted > CONCURRENCY - UNRESERVED {
        return Err(invalid(format!(
            "Specified ReservedConcurrentExecutions for function decreases account's UnreservedConcurrentExecution below its minimum value of [{UNRESERVED}]."
        )));
    }
    Ok(())
}

async fn concurrency(back: &mut Back, name: &str, properties: &Properties) -> Result<(), Refusal> {
    let path = format!("/2017-10-31/functions/{name}/concurrency");
    match int(properties, "ReservedConcurrentExecutions") {
        Some(reserved) => {
            call(back, "PUT", &path, Some(json!({"ReservedConcurrentExecutions": reserved}))).await.map(|_| ())
        }
        None => match call(back, "DELETE", &path, None).await {
            Err(refusal) if !refusal.is_not_found() => Err(refusal),
            Ok(_) | Err(_) => Ok(()),
        },
    }
}

/// What the service's own description of a function lacks.
fn detail(back: &mut Back, name: &str, properties: &Properties) {
    let mut known = json!({
        "Architectures": ["x86_64"],
        "PackageType": "Zip",
        "State": "Active",
        "LastUpdateStatus": "Successful",
        "TracingConfig": {"Mode": "PassThrough"},
        "EphemeralStorage": {"Size": 512},
        "SnapStart": {"ApplyOn": "None", "OptimizationStatus": "Off"},
        "LoggingConfig": {"LogFormat": "Text", "LogGroup": format!("/aws/lambda/{name}")},
    });
    let given = pick(
        properties,
        &[
            "Architectures",
            "DeadLetterConfig",
            "EphemeralStorage",
            "LoggingConfig",
            "PackageType",
            "TracingConfig",
            "VpcConfig",
        ],
    );
    merge(&mut known, &loosen(&Value::Object(given), &[]));
    if let (Some(key), Some(map)) = (text(properties, "KmsKeyArn"), known.as_object_mut()) {
        map.insert("KMSKeyArn".to_owned(), json!(key));
    }
    if let Some(snap) = text(&object(properties, "SnapStart"), "ApplyOn") {
        merge(&mut known, &json!({"SnapStart": {"ApplyOn": snap}}));
    }
    if let (Some(layers), Some(map)) = (properties.get("Layers").and_then(Value::as_array), known.as_object_mut()) {
        map.insert("Layers".to_owned(), layers.iter().map(|arn| json!({"Arn": arn})).collect());
    }
    back.forget(&format!("lambda/{name}"));
    back.remember(&format!("lambda/{name}"), known);
}

fn function_made(back: &Back, name: &str) -> Made {
    let known = back.world.details.get(&format!("lambda/{name}"));
    let snap = |field: &str| known.and_then(|known| known.pointer(&format!("/SnapStart/{field}"))).map(as_text);
    made(
        name,
        [
            ("Arn", back.arn("lambda", &format!("function:{name}"))),
            ("SnapStartResponse", snap("ApplyOn").unwrap_or_default()),
            ("SnapStartResponse.ApplyOn", snap("ApplyOn").unwrap_or_default()),
            ("SnapStartResponse.OptimizationStatus", snap("OptimizationStatus").unwrap_or_default()),
        ],
    )
}

pub(crate) async fn version(back: &mut Back, effect: &Effect) -> Made {
    match &effect.action {
        EffectAction::Create { properties } => {
            let name = function_name(&required(properties, "FunctionName")?);
            let live = call(back, "GET", &format!("{FUNCTIONS}/{name}/configuration"), None).await?;
            let print = fingerprint(back, &name, &live);
            let subject = format!("published/{name}");
            if let Some(existing) = back.world.details.get(&subject).filter(|known| known.get("print") == Some(&print))
            {
                let number = existing.get("version").map(as_text).unwrap_or_default();
                // Publishing what is published already gives the old version, which the stack must not own twice.
                return Err(HandlerError::new(
                    HandlerErrorCode::AlreadyExists,
                    format!(
                        "A version for this Lambda function exists ( {number} ). Modify the function to create a new version ."
                    ),
                ));
            }
            let mut body = Map::new();
            if let Some(description) = text(properties, "Description") {
                body.insert("Description".to_owned(), json!(description));
            }
            let published =
                call(back, "POST", &format!("{FUNCTIONS}/{name}/versions"), Some(Value::Object(body))).await?;
            let number = published.get("Version").map(as_text).unwrap_or_default();
            back.remember(&subject, json!({"print": print, "version": number}));
            // A version keeps the configuration that it was published with.
            let mut kept = live;
            if let Some(known) = back.world.details.get(&format!("lambda/{name}")) {
                merge(&mut kept, known);
            }
            if let Some(description) = text(properties, "Description") {
                merge(&mut kept, &json!({"Description": description}));
            }
            let subject = format!("lambda/{name}:{number}");
            back.forget(&subject);
            back.remember(&subject, kept);
            version_made(back, &name, &number)
        }
        EffectAction::Update { physical_id, .. } | EffectAction::Read { physical_id } => {
            let (name, number) = split_version(physical_id);
            if !back.world.details.contains_key(&format!("lambda/{name}:{number}")) {
                return Err(not_found(effect, physical_id));
            }
            version_made(back, &name, &number)
        }
        EffectAction::Delete { physical_id, .. } => {
            let (name, number) = split_version(physical_id);
            if !back.world.details.contains_key(&format!("lambda/{name}:{number}")) {
                return Err(not_found(effect, physical_id));
            }
            // The service behind takes no notice of a qualifier and would remove the whole function, aliases included.
            back.version_is_gone(&name, &number);
            gone()
        }
    }
}

fn split_version(arn: &str) -> (String, String) {
    (function_name(arn), arn.rsplit(':').next().unwrap_or_default().to_owned())
}

/// Code and configuration: what makes two versions the same to Lambda.
fn fingerprint(back: &Back, name: &str, live: &Value) -> Value {
    let mut known = live.clone();
    if let Some(map) = known.as_object_mut() {
        for passing in
            ["LastModified", "RevisionId", "Version", "Description", "FunctionArn", "State", "LastUpdateStatus"]
        {
            map.remove(passing);
        }
    }
    if let Some(details) = back.world.details.get(&format!("lambda/{name}")) {
        merge(&mut known, details);
    }
    // Compared as text with sorted keys: the service's answer has no order of its own.
    let sorted: std::collections::BTreeMap<String, Value> =
        known.as_object().cloned().unwrap_or_default().into_iter().collect();
    json!(sorted)
}

fn version_made(back: &Back, name: &str, number: &str) -> Made {
    let arn = back.arn("lambda", &format!("function:{name}:{number}"));
    made(arn.clone(), [("Version", number.to_owned()), ("FunctionArn", arn)])
}

pub(crate) async fn alias(back: &mut Back, effect: &Effect) -> Made {
    match &effect.action {
        EffectAction::Create { properties } => {
            let name = function_name(&required(properties, "FunctionName")?);
            let alias = required(properties, "Name")?;
            check_provisioned(back, &name, &alias, properties)?;
            let body = alias_body(properties);
            call(back, "POST", &format!("{FUNCTIONS}/{name}/aliases"), Some(body)).await.map_err(|refusal| {
                if refusal.status == 409 { already_exists(effect, &format!("{name}|{alias}")) } else { refusal.into() }
            })?;
            let made = alias_made(back, &name, &alias)?;
            provision(back, &name, &alias, &Properties::new(), properties)
                .await
                .map_err(|refusal| HandlerError::from(refusal).after_making(&made.physical_id))?;
            Ok(made)
        }
        EffectAction::Update { physical_id, before, after, .. } => {
            let (name, alias) = split_version(physical_id);
            check_provisioned(back, &name, &alias, after)?;
            call(back, "PUT", &format!("{FUNCTIONS}/{name}/aliases/{alias}"), Some(alias_body(after))).await?;
            provision(back, &name, &alias, before, after).await?;
            alias_made(back, &name, &alias)
        }
        EffectAction::Delete { physical_id, properties } => {
            let (name, alias) = split_version(physical_id);
            provision(back, &name, &alias, properties, &Properties::new()).await?;
            call(back, "DELETE", &format!("{FUNCTIONS}/{name}/aliases/{alias}"), None).await?;
            gone()
        }
        EffectAction::Read { physical_id } => {
            let (name, alias) = split_version(physical_id);
            let live = call(back, "GET", &format!("{FUNCTIONS}/{name}/aliases/{alias}"), None).await?;
            let mut read = alias_made(back, &name, &alias)?;
            if let Some(version) = live.get("FunctionVersion") {
                read.properties.insert("FunctionVersion".to_owned(), version.clone());
            }
            Ok(read)
        }
    }
}

/// Concurrency is provisioned for what is published, and within what the function reserves.
fn check_provisioned(back: &Back, name: &str, alias: &str, properties: &Properties) -> Result<(), HandlerError> {
    let Some(wanted) = provisioned(properties) else { return Ok(()) };
    if text(properties, "FunctionVersion").as_deref() == Some("$LATEST") {
        return Err(invalid("Provisioned Concurrency Configs cannot be applied to unpublished function versions."));
    }
    match reserved(back, name) {
        Some(reserved) if wanted > reserved => Err(invalid(
            "Requested Provisioned Concurrency should not be greater than the reservedConcurrentExecution for function",
        )),
        None if taken(back, &format!(":{name}:{alias}")) + wanted > CONCURRENCY - UNRESERVED => Err(invalid(format!(
            "Specified ConcurrentExecutions for function decreases account's UnreservedConcurrentExecution below its minimum value of [{UNRESERVED}]."
        ))),
        Some(_) | None => Ok(()),
    }
}

async fn provision(
    back: &mut Back,
    name: &str,
    alias: &str,
    before: &Properties,
    after: &Properties,
) -> Result<(), Refusal> {
    let path = format!("/2019-09-30/functions/{name}/provisioned-concurrency?Qualifier={alias}");
    match (provisioned(before), provisioned(after)) {
        (_, Some(wanted)) => {
            call(back, "PUT", &path, Some(json!({"ProvisionedConcurrentExecutions": wanted}))).await.map(|_| ())
        }
        (Some(_), None) => call(back, "DELETE", &path, None).await.map(|_| ()),
        (None, None) => Ok(()),
    }
}

fn alias_body(properties: &Properties) -> Value {
    let mut body = pick(properties, &["Name"]);
    body.insert("Description".to_owned(), json!(text(properties, "Description").unwrap_or_default()));
    if let Some(version) = properties.get("FunctionVersion") {
        body.insert("FunctionVersion".to_owned(), json!(as_text(version)));
    }
    let weights: Map<String, Value> = object(properties, "RoutingConfig")
        .get("AdditionalVersionWeights")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(|one| Some((as_text(one.get("FunctionVersion")?), loosen(one.get("FunctionWeight")?, &[]))))
        .collect();
    body.insert("RoutingConfig".to_owned(), json!({"AdditionalVersionWeights": weights}));
    Value::Object(body)
}

fn alias_made(back: &Back, name: &str, alias: &str) -> Made {
    let arn = back.arn("lambda", &format!("function:{name}:{alias}"));
    made(arn.clone(), [("AliasArn", arn)])
}

pub(crate) async fn permission(back: &mut Back, effect: &Effect) -> Made {
    match &effect.action {
        EffectAction::Create { properties } => {
            let name = function_name(&required(properties, "FunctionName")?);
            let id = invented_name(effect, 100);
            let mut body = pick(
                properties,
                &["Action", "Principal", "SourceArn", "SourceAccount", "EventSourceToken", "PrincipalOrgID"],
            );
            body.insert("StatementId".to_owned(), json!(id));
            call(back, "POST", &format!("{FUNCTIONS}/{name}/policy"), Some(Value::Object(body))).await?;
            made(id.clone(), [("Id", id)])
        }
        EffectAction::Update { physical_id, .. } => made(physical_id, [("Id", physical_id.clone())]),
        EffectAction::Delete { physical_id, properties } => {
            let name = function_name(&required(properties, "FunctionName")?);
            call(back, "DELETE", &format!("{FUNCTIONS}/{name}/policy/{physical_id}"), None).await?;
            gone()
        }
        EffectAction::Read { physical_id } => {
            super::known(back, effect, physical_id).ok_or_else(|| not_found(effect, physical_id))?;
            made(physical_id, [("Id", physical_id.clone())])
        }
    }
}

pub(crate) async fn invoke_config(back: &mut Back, effect: &Effect) -> Made {
    match &effect.action {
        EffectAction::Create { properties } | EffectAction::Update { after: properties, .. } => {
            let name = function_name(&required(properties, "FunctionName")?);
            let qualifier = required(properties, "Qualifier")?;
            let id = format!("{name}|{qualifier}");
            let creates = matches!(effect.action, EffectAction::Create { .. });
            if creates && back.get_invoke_config(&name, &qualifier).is_ok() {
                return Err(already_exists(effect, &id));
            }
            let body = loosen(&Value::Object(properties.clone()), &["FunctionName", "Qualifier"]);
            back.put_invoke_config(&name, &qualifier, &body, false).await?;
            made(id, [])
        }
        EffectAction::Delete { physical_id, .. } => {
            let (name, qualifier) = physical_id.split_once('|').unwrap_or((physical_id, "$LATEST"));
            back.delete_invoke_config(name, qualifier)?;
            gone()
        }
        EffectAction::Read { physical_id } => {
            let (name, qualifier) = physical_id.split_once('|').unwrap_or((physical_id, "$LATEST"));
            back.get_invoke_config(name, qualifier)?;
            made(physical_id, [])
        }
    }
}
