//! Event source mappings of Lambda. Ours, because their states, their uniqueness and their answers matter to
//! a deployment, and because the consumer model moves their checkpoints. Row ids as in `docs/embedded.md`.

use std::collections::BTreeMap;

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
    /// Tags.
    #[serde(default)]
    pub tags: BTreeMap<String, String>,
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

/// What a mapping reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SourceKind {
    /// A Kinesis stream, or a registered consumer of one.
    Stream,
    /// A queue.
    Queue,
}

impl SourceKind {
    /// What an ARN names.
    #[must_use]
    pub(crate) fn of(arn: &str) -> Self {
        if arn.split(':').nth(2) == Some("sqs") { Self::Queue } else { Self::Stream }
    }

    /// What a mapping has when nothing is said (STATE-10, RTY-2; Lambda API reference for queues).
    fn defaults(self) -> Map<String, Value> {
        let defaults = match self {
            Self::Stream => json!({
                "BatchSize": 100,
                "MaximumBatchingWindowInSeconds": 0,
                "ParallelizationFactor": 1,
                "MaximumRecordAgeInSeconds": -1,
                "MaximumRetryAttempts": -1,
                "BisectBatchOnFunctionError": false,
                "TumblingWindowInSeconds": 0,
                "FunctionResponseTypes": [],
                "DestinationConfig": {"OnFailure": {}},
            }),
            Self::Queue => json!({"BatchSize": 10, "MaximumBatchingWindowInSeconds": 0, "FunctionResponseTypes": []}),
        };
        defaults.as_object().cloned().unwrap_or_default()
    }

    /// Settings that only the other kind of source has.
    fn foreign(self) -> &'static [&'static str] {
        match self {
            Self::Stream => &["ScalingConfig"],
            Self::Queue => &[
                "BisectBatchOnFunctionError",
                "DestinationConfig",
                "MaximumRecordAgeInSeconds",
                "MaximumRetryAttempts",
                "ParallelizationFactor",
                "StartingPosition",
                "StartingPositionTimestamp",
                "TumblingWindowInSeconds",
            ],
        }
    }
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
    "ScalingConfig",
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
    let segments = request.segments();
    match segments.get(1).map(String::as_str) {
        Some("event-source-mappings") => true,
        Some("tags") => segments.get(2).is_some_and(|arn| arn.contains(":event-source-mapping:")),
        Some(_) | None => false,
    }
}

impl Back {
    /// Answers a request about event source mappings.
    pub(crate) async fn mappings_call(&mut self, request: &Request) -> Response {
        let body: Value = serde_json::from_slice(&request.body).unwrap_or(Value::Null);
        let segments = request.segments();
        let uuid = segments.get(2).map(|one| one.rsplit(':').next().unwrap_or(one).to_owned());
        let tags = segments.get(1).map(String::as_str) == Some("tags");
        let answer = match (request.method.as_str(), uuid) {
            ("GET", Some(uuid)) if tags => {
                let tags = self.world.mappings.get(&uuid).map(|mapping| mapping.tags.clone());
                tags.map(|tags| (200, json!({"Tags": tags}))).ok_or_else(missing)
            }
            (_, Some(uuid)) if tags => {
                let put = body.get("Tags").and_then(|tags| serde_json::from_value(tags.clone()).ok());
                let keys: Vec<String> = request
                    .query
                    .split('&')
                    .filter_map(|pair| pair.strip_prefix("tagKeys="))
                    .map(super::wire::decode)
                    .collect();
                self.tag_mapping(&uuid, &keys, &put.unwrap_or_default()).map(|()| (204, Value::Null))
            }
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
        let kind = SourceKind::of(&source);
        check_position(kind, &text("StartingPosition"))?;
        check_settings(kind, body)?;
        self.check_source(&source).await?;
        let configuration = self.check_function(&function).await?;
        self.check_reading(&source, &configuration).await?;
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
        let mut settings = kind.defaults();
        apply(&mut settings, body);
        check_batch(kind, &settings)?;
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
            tags: BTreeMap::new(),
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
        let kind = SourceKind::of(&mapping.source);
        check_settings(kind, body)?;
        if let Some(name) = body.get("FunctionName").and_then(Value::as_str) {
            mapping.function = self.function_arn(name);
            self.check_function(&mapping.function).await?;
        }
        apply(&mut mapping.settings, body);
        check_batch(kind, &mapping.settings)?;
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

    /// What a mapping goes back to where nothing is said of it.
    ///
    /// # Errors
    /// When there is none.
    pub(crate) fn mapping_defaults(&self, uuid: &str) -> Result<Map<String, Value>, Refusal> {
        let mapping = self.world.mappings.get(uuid).ok_or_else(missing)?;
        let kind = SourceKind::of(&mapping.source);
        let mut defaults = kind.defaults();
        defaults.insert("FilterCriteria".to_owned(), json!({}));
        defaults.insert("MetricsConfig".to_owned(), json!({}));
        defaults.insert("KMSKeyArn".to_owned(), json!(""));
        defaults.insert("Enabled".to_owned(), json!(true));
        if kind == SourceKind::Queue {
            defaults.insert("ScalingConfig".to_owned(), json!({}));
        }
        Ok(defaults)
    }

    /// Changes a mapping's tags.
    ///
    /// # Errors
    /// When there is none.
    pub(crate) fn tag_mapping(
        &mut self,
        uuid: &str,
        removed: &[String],
        put: &BTreeMap<String, String>,
    ) -> Result<(), Refusal> {
        let mapping = self.world.mappings.get_mut(uuid).ok_or_else(missing)?;
        mapping.tags.retain(|key, _| !removed.contains(key));
        mapping.tags.extend(put.clone());
        Ok(())
    }

    async fn check_source(&mut self, source: &str) -> Result<(), Refusal> {
        if SourceKind::of(source) == SourceKind::Queue {
            let name = source.rsplit(':').next().unwrap_or_default();
            return match self.queue_attribute(name, "QueueArn").await {
                Some(_) => Ok(()),
                None => Err(invalid(
                    "InvalidParameterValueException",
                    "Error occurred while ReceiveMessage. SQS Error Code: AWS.SimpleQueueService.NonExistentQueue. SQS Error Message: The specified queue does not exist.",
                )),
            };
        }
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

    async fn check_function(&mut self, function: &str) -> Result<Value, Refusal> {
        let found = self.function_behind(function).await;
        found.map_err(|_| invalid("InvalidParameterValueException", "Function does not exist"))
    }

    /// The function's role may read the source, and a queue hides what is read for as long as the function runs.
    async fn check_reading(&mut self, source: &str, function: &Value) -> Result<(), Refusal> {
        let role = function.get("Role").and_then(Value::as_str).unwrap_or_default();
        let may = |action: &str, resource: &str| self.role_allows(role, action, resource) != Some(false);
        let refusal = |message: String| Err(invalid("InvalidParameterValueException", message));
        match SourceKind::of(source) {
            SourceKind::Stream => {
                let (stream, consumer) =
                    source.split_once("/consumer/").map_or((source, None), |(stream, _)| (stream, Some(source)));
                let reads = ["GetRecords", "GetShardIterator", "DescribeStream", "ListShards"];
                if !reads.iter().all(|action| may(&format!("kinesis:{action}"), stream)) {
                    return refusal(format!(
                        "Cannot access stream {stream}. Please ensure the role can perform the GetRecords, GetShardIterator, DescribeStream, ListShards, and ListStreams Actions on your stream in IAM."
                    ));
                }
                if let Some(consumer) = consumer.filter(|consumer| !may("kinesis:SubscribeToShard", consumer)) {
                    return refusal(format!(
                        "Cannot access stream consumer {consumer}. Please ensure the role can perform the SubscribeToShard Action on your stream consumer in IAM."
                    ));
                }
            }
            SourceKind::Queue => {
                for action in ["ReceiveMessage", "DeleteMessage", "GetQueueAttributes"] {
                    if !may(&format!("sqs:{action}"), source) {
                        return refusal(format!(
                            "The function execution role does not have permissions to call {action} on SQS"
                        ));
                    }
                }
                let name = source.rsplit(':').next().unwrap_or_default().to_owned();
                let hidden = self.queue_attribute(&name, "VisibilityTimeout").await;
                let hidden = hidden.and_then(|text| text.parse::<i64>().ok()).unwrap_or(30);
                let runs = function.get("Timeout").and_then(Value::as_i64).unwrap_or(3);
                if hidden < runs {
                    return refusal(format!(
                        "Queue visibility timeout: {hidden} seconds is less than Function timeout: {runs} seconds"
                    ));
                }
            }
        }
        Ok(())
    }
}

/// CKPT-1: a stream is read from somewhere; a queue has no positions.
fn check_position(kind: SourceKind, position: &str) -> Result<(), Refusal> {
    match (kind, position) {
        (SourceKind::Stream, "LATEST" | "TRIM_HORIZON" | "AT_TIMESTAMP") | (SourceKind::Queue, _) => Ok(()),
        (SourceKind::Stream, "") => Err(invalid(
            "InvalidParameterValueException",
            "1 validation error detected: Value null at 'startingPosition' failed to satisfy constraint: Member must not be null.",
        )),
        (SourceKind::Stream, other) => Err(invalid(
            "ValidationException",
            format!(
                "1 validation error detected: Value '{other}' at 'startingPosition' failed to satisfy constraint: Member must satisfy enum value set: [LATEST, AT_TIMESTAMP, TRIM_HORIZON]"
            ),
        )),
    }
}

/// A setting that the other kind of source has is refused.
fn check_settings(kind: SourceKind, body: &Value) -> Result<(), Refusal> {
    let given = |name: &&&str| body.get(**name).is_some_and(|value| !value.is_null() && *value != json!({}));
    match kind.foreign().iter().find(given) {
        Some(name) => {
            let source = match kind {
                SourceKind::Stream => "Kinesis",
                SourceKind::Queue => "SQS",
            };
            let message = format!("Unsupported parameter for {source} event source mappings: {name}");
            Err(invalid("InvalidParameterValueException", message))
        }
        None => Ok(()),
    }
}

/// A queue fills a batch of more than ten only if Lambda may wait for it.
fn check_batch(kind: SourceKind, settings: &Map<String, Value>) -> Result<(), Refusal> {
    let number = |name: &str| settings.get(name).and_then(Value::as_i64).unwrap_or(0);
    if kind == SourceKind::Queue && number("BatchSize") > 10 && number("MaximumBatchingWindowInSeconds") < 1 {
        return Err(invalid(
            "InvalidParameterValueException",
            "Maximum batch window in seconds must be greater than 0 if maximum batch size is greater than 10",
        ));
    }
    Ok(())
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
