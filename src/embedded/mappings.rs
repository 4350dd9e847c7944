//! Event source mappings of Lambda. Ours, because their states, their uniqueness and their answers matter to
//! a deployment, and because the consumer model moves their checkpoints. Row ids as in `docs/embedded.md`.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::back::Back;
use super::calls::Refusal;
use super::services::ServiceName;
use super::wire::{Request, Response};
use crate::units::{Duration, Timestamp};

/// How long a mapping shows `Creating` (STATE-2: 1 to 3 s).
const CREATING: Duration = Duration::from_secs(2);
/// How long it shows `Updating`, `Enabling` or `Disabling` (STATE-2: about 1 s).
const CHANGING: Duration = Duration::from_secs(1);

/// An event source mapping.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Mapping {
    /// Its id.
    pub uuid: String,
    /// Stream or consumer ARN.
    pub source: String,
    /// Function ARN with its qualifier.
    pub function: String,
    /// Settings by their API names.
    pub settings: Map<String, Value>,
    /// Whether it reads.
    pub enabled: bool,
    /// When it was made.
    pub made: Timestamp,
    /// When it was last changed.
    pub changed: Timestamp,
    /// The state until it settles after `changed`.
    pub passing: Passing,
}

/// A state that passes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Passing {
    /// Just made.
    Creating,
    /// Just switched on.
    Enabling,
    /// Just switched off.
    Disabling,
    /// Just changed.
    Updating,
}

impl Mapping {
    /// The state at a moment.
    #[must_use]
    pub(crate) fn state(&self, now: Timestamp) -> &'static str {
        let (during, text) = match self.passing {
            Passing::Creating => (CREATING, "Creating"),
            Passing::Enabling => (CHANGING, "Enabling"),
            Passing::Disabling => (CHANGING, "Disabling"),
            Passing::Updating => (CHANGING, "Updating"),
        };
        if now < self.changed.plus(during) {
            text
        } else if self.enabled {
            "Enabled"
        } else {
            "Disabled"
        }
    }

    /// The answer of Get, Create and Update (STATE-10).
    #[must_use]
    pub(crate) fn describe(&self, arn: &str, now: Timestamp, result: &str) -> Value {
        let mut out = self.settings.clone();
        out.insert("UUID".to_owned(), json!(self.uuid));
        out.insert("EventSourceArn".to_owned(), json!(self.source));
        out.insert("FunctionArn".to_owned(), json!(self.function));
        out.insert("EventSourceMappingArn".to_owned(), json!(arn));
        out.insert("State".to_owned(), json!(self.state(now)));
        out.insert("StateTransitionReason".to_owned(), json!("User action"));
        out.insert("LastProcessingResult".to_owned(), json!(result));
        out.insert("LastModified".to_owned(), json!(self.changed.as_millis() as f64 / 1_000.0));
        Value::Object(out)
    }

    /// A whole-number setting.
    #[must_use]
    pub(crate) fn number(&self, name: &str) -> Option<i64> {
        self.settings.get(name).and_then(Value::as_i64)
    }
}

/// What a stream mapping has when nothing is said (STATE-10, RTY-2).
fn defaults() -> Map<String, Value> {
    let defaults = json!({
        "BatchSize": 100,
        "MaximumBatchingWindowInSeconds": 0,
        "ParallelizationFactor": 1,
        "MaximumRecordAgeInSeconds": -1,
        "MaximumRetryAttempts": -1,
        "BisectBatchOnFunctionError": false,
        "TumblingWindowInSeconds": 0,
        "FunctionResponseTypes": [],
        "DestinationConfig": {"OnFailure": {}},
    });
    defaults.as_object().cloned().unwrap_or_default()
}

const SETTINGS: &[&str] = &[
    "BatchSize",
    "MaximumBatchingWindowInSeconds",
    "ParallelizationFactor",
    "MaximumRecordAgeInSeconds",
    "MaximumRetryAttempts",
    "BisectBatchOnFunctionError",
    "TumblingWindowInSeconds",
    "FunctionResponseTypes",
    "DestinationConfig",
    "FilterCriteria",
    "KMSKeyArn",
    "MetricsConfig",
    "StartingPosition",
    "StartingPositionTimestamp",
];

fn invalid(code: &str, message: impl Into<String>) -> Refusal {
    Refusal { status: 400, code: code.to_owned(), message: message.into(), service: Some("Lambda") }
}

fn missing() -> Refusal {
    Refusal {
        status: 404,
        code: "ResourceNotFoundException".to_owned(),
        message: "The resource you requested does not exist.".to_owned(),
        service: Some("Lambda"),
    }
}

/// Whether a request to Lambda is about event source mappings.
#[must_use]
pub(crate) fn is_about_mappings(request: &Request) -> bool {
    request.path.trim_start_matches('/').split('/').nth(1) == Some("event-source-mappings")
}

impl Back {
    /// Answers a request about event source mappings.
    pub(crate) async fn mappings_call(&mut self, request: &Request) -> Response {
        let body: Value = serde_json::from_slice(&request.body).unwrap_or(Value::Null);
        let uuid = request.segments().get(2).cloned();
        let answer = match (request.method.as_str(), uuid) {
            ("POST", None) => self.create_mapping(&body).await.map(|answer| (202, answer)),
            ("GET", None) => Ok((200, self.list_mappings(&request.query))),
            ("GET", Some(uuid)) => self.get_mapping(&uuid).map(|answer| (200, answer)),
            ("PUT", Some(uuid)) => self.update_mapping(&uuid, &body).await.map(|answer| (202, answer)),
            ("DELETE", Some(uuid)) => self.delete_mapping(&uuid).map(|answer| (202, answer)),
            _ => Err(missing()),
        };
        match answer {
            Ok((status, answer)) => Response::new(status, "application/json", answer.to_string()),
            Err(refusal) => {
                let mut response = Response::new(
                    refusal.status,
                    "application/json",
                    json!({"Type": "User", "Message": refusal.message, "message": refusal.message}).to_string(),
                );
                response.set("x-amzn-errortype", &refusal.code);
                response
            }
        }
    }

    /// Makes a mapping.
    ///
    /// # Errors
    /// As Lambda refuses: CKPT-1, STATE-5, STATE-6.
    pub(crate) async fn create_mapping(&mut self, body: &Value) -> Result<Value, Refusal> {
        let text = |name: &str| body.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
        let (source, function) = (text("EventSourceArn"), self.function_arn(&text("FunctionName")));
        let position = text("StartingPosition");
        match position.as_str() {
            "LATEST" | "TRIM_HORIZON" | "AT_TIMESTAMP" => {}
            "" => {
                return Err(invalid(
                    "InvalidParameterValueException",
                    "1 validation error detected: Value null at 'startingPosition' failed to satisfy constraint: Member must not be null.",
                ));
            }
            other => {
                return Err(invalid(
                    "ValidationException",
                    format!(
                        "1 validation error detected: Value '{other}' at 'startingPosition' failed to satisfy constraint: Member must satisfy enum value set: [LATEST, AT_TIMESTAMP, TRIM_HORIZON]"
                    ),
                ));
            }
        }
        self.check_source(&source).await?;
        self.check_function(&function).await?;
        if let Some(other) =
            self.world.mappings.values().find(|other| other.source == source && other.function == function)
        {
            let name = function.split(":function:").nth(1).unwrap_or(&function);
            return Err(Refusal {
                status: 409,
                code: "ResourceConflictException".to_owned(),
                message: format!(
                    "The event source arn (\" {source} \") and function (\" {name} \") provided mapping already exists. Please update or delete the existing mapping with UUID {}",
                    other.uuid
                ),
                service: Some("Lambda"),
            });
        }
        let mut settings = defaults();
        apply(&mut settings, body);
        let uuid = made_up_uuid(self.next(), &source, &function);
        let mapping = Mapping {
            uuid: uuid.clone(),
            source,
            function,
            settings,
            enabled: body.get("Enabled").and_then(Value::as_bool).unwrap_or(true),
            made: self.now,
            changed: self.now,
            passing: Passing::Creating,
        };
        let answer = self.describe_mapping(&mapping);
        self.world.mappings.insert(uuid, mapping);
        Ok(answer)
    }

    fn list_mappings(&self, query: &str) -> Value {
        let wanted = super::wire::parse_form(query);
        let function = wanted.get("FunctionName").map(|name| self.function_arn(name));
        let found: Vec<Value> = self
            .world
            .mappings
            .values()
            .filter(|mapping| wanted.get("EventSourceArn").is_none_or(|source| *source == mapping.source))
            .filter(|mapping| function.as_ref().is_none_or(|function| *function == mapping.function))
            .map(|mapping| self.describe_mapping(mapping))
            .collect();
        json!({"EventSourceMappings": found})
    }

    /// Describes a mapping.
    ///
    /// # Errors
    /// When there is none.
    pub(crate) fn get_mapping(&self, uuid: &str) -> Result<Value, Refusal> {
        self.world.mappings.get(uuid).map(|mapping| self.describe_mapping(mapping)).ok_or_else(missing)
    }

    /// Changes a mapping in place (V-1, V-2, V-3).
    ///
    /// # Errors
    /// When there is none, or its new function does not exist.
    pub(crate) async fn update_mapping(&mut self, uuid: &str, body: &Value) -> Result<Value, Refusal> {
        let Some(mut mapping) = self.world.mappings.get(uuid).cloned() else { return Err(missing()) };
        if let Some(name) = body.get("FunctionName").and_then(Value::as_str) {
            mapping.function = self.function_arn(name);
            self.check_function(&mapping.function).await?;
        }
        apply(&mut mapping.settings, body);
        let enabled = body.get("Enabled").and_then(Value::as_bool).unwrap_or(mapping.enabled);
        if mapping.enabled && !enabled {
            self.world.flows.hold(&mapping, self.now);
        }
        mapping.passing = match (mapping.enabled, enabled) {
            (false, true) => Passing::Enabling,
            (true, false) => Passing::Disabling,
            (true, true) | (false, false) => Passing::Updating,
        };
        mapping.enabled = enabled;
        mapping.changed = self.now;
        let answer = self.describe_mapping(&mapping);
        self.world.mappings.insert(uuid.to_owned(), mapping);
        Ok(answer)
    }

    /// Deletes a mapping; its checkpoint is lost with it (CKPT-7).
    ///
    /// # Errors
    /// When there is none.
    pub(crate) fn delete_mapping(&mut self, uuid: &str) -> Result<Value, Refusal> {
        let mapping = self.world.mappings.remove(uuid).ok_or_else(missing)?;
        let mut answer = self.describe_mapping(&mapping);
        if let Some(state) = answer.get_mut("State") {
            *state = json!("Deleting");
        }
        Ok(answer)
    }

    fn describe_mapping(&self, mapping: &Mapping) -> Value {
        let arn = self.arn("lambda", &format!("event-source-mapping:{}", mapping.uuid));
        mapping.describe(&arn, self.now, self.last_result(&mapping.uuid))
    }

    fn function_arn(&self, name: &str) -> String {
        if name.starts_with("arn:") { name.to_owned() } else { self.arn("lambda", &format!("function:{name}")) }
    }

    async fn check_source(&mut self, source: &str) -> Result<(), Refusal> {
        let body = if source.contains("/consumer/") {
            ("DescribeStreamConsumer", json!({"ConsumerARN": source}))
        } else {
            ("DescribeStreamSummary", json!({"StreamARN": source}))
        };
        match self.json(ServiceName::Kinesis, &format!("Kinesis_20131202.{}", body.0), body.1).await {
            Ok(_) => Ok(()),
            Err(_) => Err(invalid("InvalidParameterValueException", format!("Stream not found: {source}"))),
        }
    }

    async fn check_function(&mut self, function: &str) -> Result<(), Refusal> {
        let name =
            function.split(":function:").nth(1).unwrap_or(function).split(':').next().unwrap_or_default().to_owned();
        match self.rest(ServiceName::Lambda, "GET", &format!("/2015-03-31/functions/{name}/configuration"), None).await
        {
            Ok(_) => Ok(()),
            Err(_) => Err(invalid("InvalidParameterValueException", "Function does not exist")),
        }
    }
}

fn apply(settings: &mut Map<String, Value>, body: &Value) {
    for name in SETTINGS {
        if let Some(value) = body.get(*name).filter(|value| !value.is_null()) {
            settings.insert((*name).to_owned(), value.clone());
        }
    }
}

/// A UUID of its content: the same in every run, different for every mapping.
#[must_use]
pub(crate) fn made_up_uuid(number: u64, first: &str, second: &str) -> String {
    use sha2::Digest as _;
    let hash = sha2::Sha256::digest(format!("{number}|{first}|{second}"));
    let hex: String = hash.iter().take(16).map(|byte| format!("{byte:02x}")).collect();
    let part = |from: usize, to: usize| hex.get(from..to).unwrap_or_default();
    format!("{}-{}-4{}-8{}-{}", part(0, 8), part(8, 12), part(13, 16), part(17, 20), part(20, 32))
}
