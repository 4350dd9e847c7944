//! The view of a Lambda consumer: what it runs, what it may do, what it is told, and how it reads.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::{Value, json};

use super::assets::target_model;
use super::scene::{Fragment, Protection, Scene, Statement, attribute, reference};
use super::{stream, table};
use crate::diagnostic::{Code, Diagnostic};
use crate::pipeline::{Consumer, FailureDestination, Model, ReadMode, StageKind, StageRef, StartPosition, Ttl, names};
use crate::units::{LogicalId, StageName};

/// How long pointers to discarded records wait: the longest that SQS keeps a message.
const QUEUE_RETENTION_SECONDS: u32 = 1_209_600;

#[derive(Serialize)]
struct View<'a> {
    ids: Ids,
    stream_id: LogicalId,
    endpoint_id: Option<LogicalId>,
    function_name: String,
    description: String,
    runtime: &'a str,
    handler: &'a str,
    code: CodeAt<'a>,
    memory_mib: u64,
    timeout_seconds: u64,
    environment: BTreeMap<String, Value>,
    log_group_name: String,
    log_retention_days: u32,
    statements: Vec<Statement>,
    queue: Option<Queue>,
    fan_out: Option<FanOut>,
    start: Start,
    batch: Batch,
    failure: Failure,
    filters: Vec<String>,
    protection: Protection,
    outputs: Outputs<LogicalId>,
    descriptions: Outputs<String>,
}

/// The logical ids of a consumer's resources.
#[derive(Serialize)]
pub(super) struct Ids {
    pub(super) function: LogicalId,
    role: LogicalId,
    log_group: LogicalId,
    version: LogicalId,
    alias: LogicalId,
    pub(super) mapping: LogicalId,
    stream_consumer: LogicalId,
    queue: LogicalId,
    queue_policy: LogicalId,
}

#[derive(Serialize)]
struct CodeAt<'a> {
    bucket: &'a str,
    key: &'a str,
}

#[derive(Serialize)]
struct Queue {
    name: String,
    retention_seconds: u32,
}

#[derive(Serialize)]
struct FanOut {
    name: String,
}

#[derive(Serialize)]
struct Start {
    position: &'static str,
    timestamp: Option<i64>,
}

#[derive(Serialize)]
struct Batch {
    size: u32,
    window_seconds: u64,
    parallel: u32,
    tumbling_seconds: Option<u64>,
}

#[derive(Serialize)]
struct Failure {
    retries: i64,
    max_age_seconds: i64,
    bisect: bool,
    report_items: bool,
    destination: Value,
}

#[derive(Serialize)]
struct Outputs<T> {
    function: T,
    queue: T,
}

fn stage(name: &StageName) -> StageRef {
    StageRef::new(StageKind::Consumer, name)
}

/// The logical ids of a consumer.
pub(super) fn ids(consumer: &StageName) -> Ids {
    let id = |part| names::logical_id(&stage(consumer), part);
    Ids {
        function: id("Function"),
        role: id("Role"),
        log_group: id("LogGroup"),
        version: version_id(consumer),
        alias: id("Alias"),
        mapping: id("Mapping"),
        stream_consumer: id("FanOut"),
        queue: id("FailedRecords"),
        queue_policy: id("FailedRecordsPolicy"),
    }
}

/// The logical id of a consumer's version before its hash is added.
pub(super) fn version_id(consumer: &StageName) -> LogicalId {
    names::logical_id(&stage(consumer), "Version")
}

pub(super) fn fragment(scene: &Scene<'_>, consumer: &Consumer) -> Result<Fragment, Diagnostic> {
    let pipeline = scene.pipeline;
    let ids = ids(&consumer.name);
    let Some(key) = scene.assets.code.get(&consumer.name) else {
        return Err(Diagnostic::error(
            Code::AssetMissing,
            format!("the code of consumer `{}` was not collected", consumer.name),
        ));
    };
    let id = |part| names::logical_id(&stage(&consumer.name), part);
    let own_queue = consumer.failure.to == FailureDestination::OwnQueue;
    let view = View {
        stream_id: stream::id(consumer.from.stream()),
        endpoint_id: consumer.function.scores_with.as_ref().map(super::endpoint::id),
        function_name: pipeline.physical_name(&consumer.name),
        // Not the pipeline's own description: a function's is part of what a version freezes.
        description: format!("Consumer {} of pipeline {}", consumer.name, pipeline.name()),
        runtime: &consumer.function.runtime,
        handler: &consumer.function.handler,
        code: CodeAt { bucket: &scene.assets.bucket, key },
        memory_mib: consumer.function.memory.as_mib(),
        timeout_seconds: consumer.function.timeout.as_secs(),
        environment: environment(scene, consumer),
        log_group_name: pipeline.log_group_name(&consumer.name),
        log_retention_days: consumer.function.log_retention_days,
        statements: statements(scene, consumer, &ids),
        queue: own_queue.then(|| Queue {
            name: pipeline.failure_queue_name(&consumer.name),
            retention_seconds: QUEUE_RETENTION_SECONDS,
        }),
        fan_out: match consumer.read {
            ReadMode::FanOut => Some(FanOut { name: pipeline.physical_name(&consumer.name) }),
            ReadMode::Shared => None,
        },
        start: start(consumer.start),
        batch: Batch {
            size: consumer.batch.size,
            window_seconds: consumer.batch.window.as_secs(),
            parallel: consumer.batch.parallel,
            tumbling_seconds: consumer.batch.tumbling.map(|window| window.as_secs()),
        },
        failure: failure(scene, consumer, &ids),
        filters: consumer.filters.iter().map(Value::to_string).collect(),
        protection: scene.protection(),
        outputs: Outputs { function: id("Name"), queue: id("FailedRecordsUrl") },
        descriptions: Outputs {
            function: format!("Name of the function of consumer {}", consumer.name),
            queue: format!("URL of the queue of records that consumer {} gave up on", consumer.name),
        },
        ids,
    };
    let narrower = [
        (&view.ids.mapping, "batch"),
        (&view.ids.stream_consumer, "read"),
        (&view.ids.queue, "failure.to"),
        (&view.ids.queue_policy, "failure.to"),
        (&view.ids.version, "code"),
    ];
    Ok(Fragment::of(pipeline, &stage(&consumer.name), &view, &narrower))
}

fn start(position: StartPosition) -> Start {
    match position {
        StartPosition::TrimHorizon => Start { position: "TRIM_HORIZON", timestamp: None },
        StartPosition::Latest => Start { position: "LATEST", timestamp: None },
        // Lambda keeps whole seconds (stream-behaviour.md CKPT-3).
        StartPosition::At(moment) => {
            Start { position: "AT_TIMESTAMP", timestamp: Some(moment.as_millis().div_euclid(1_000)) }
        }
    }
}

fn failure(scene: &Scene<'_>, consumer: &Consumer, ids: &Ids) -> Failure {
    let asked = &consumer.failure;
    Failure {
        retries: asked.retries.map_or(-1, i64::from),
        max_age_seconds: asked.max_age.map_or(-1, |age| i64::try_from(age.as_secs()).unwrap_or(i64::MAX)),
        bisect: asked.bisect,
        report_items: asked.report_items,
        destination: destination(scene, &asked.to, ids),
    }
}

fn destination(scene: &Scene<'_>, to: &FailureDestination, ids: &Ids) -> Value {
    match to {
        FailureDestination::OwnQueue => attribute(&ids.queue, "Arn"),
        FailureDestination::Queue(name) => scene.arn("sqs", name).into(),
        FailureDestination::Topic(name) => scene.arn("sns", name).into(),
        FailureDestination::Bucket(name) => bucket_arn(scene, name).into(),
    }
}

fn bucket_arn(scene: &Scene<'_>, name: &str) -> String {
    format!("arn:{}:s3:::{name}", scene.partition())
}

/// What the handler is told: names of what its edges lead to, then whatever the file sets by hand.
///
/// `TABLE_<NAME>`, `TTL_ATTRIBUTE_<NAME>` and `TTL_SECONDS_<NAME>` of a written table, `STREAM_<NAME>`,
/// `ENDPOINT_<NAME>`, `DEFAULT_MODEL`, `FALLBACK_MODEL`, with `<NAME>` the stage's in capitals.
fn environment(scene: &Scene<'_>, consumer: &Consumer) -> BTreeMap<String, Value> {
    let mut variables = BTreeMap::new();
    for name in consumer.function.features.iter().chain(&consumer.function.writes) {
        variables.insert(variable("TABLE", name), reference(&table::id(name)));
    }
    for name in &consumer.function.writes {
        if let Some(Ttl::Expires { attribute, after }) = scene.pipeline.tables().get(name).map(|table| &table.ttl) {
            variables.insert(variable("TTL_ATTRIBUTE", name), json!(attribute));
            let told = after.map(|after| (variable("TTL_SECONDS", name), json!(after.as_secs().to_string())));
            variables.extend(told);
        }
    }
    if let Some(name) = &consumer.late_to {
        variables.insert(variable("STREAM", name), reference(&stream::id(name)));
    }
    if let Some(name) = &consumer.function.scores_with {
        variables.insert(variable("ENDPOINT", name), json!(scene.pipeline.physical_name(name)));
        if let Some(Model::Multi { default, fallback, .. }) =
            scene.pipeline.endpoints().get(name).map(|endpoint| &endpoint.model)
        {
            variables.insert("DEFAULT_MODEL".to_owned(), json!(target_model(default)));
            variables.extend(fallback.as_ref().map(|model| ("FALLBACK_MODEL".to_owned(), json!(target_model(model)))));
        }
    }
    variables.extend(consumer.function.environment.iter().map(|(name, value)| (name.clone(), json!(value))));
    variables
}

fn variable(prefix: &str, stage: &StageName) -> String {
    format!("{prefix}_{}", stage.as_str().replace('-', "_").to_uppercase())
}

/// Exactly what the edges need (aws-facts.md 1.3; stream-behaviour.md STATE-8 for what the mapping checks).
fn statements(scene: &Scene<'_>, consumer: &Consumer, ids: &Ids) -> Vec<Statement> {
    let source = attribute(&stream::id(consumer.from.stream()), "Arn");
    let mut statements = vec![
        Statement::new(
            "WriteLogs",
            &["logs:CreateLogStream", "logs:PutLogEvents"],
            vec![attribute(&ids.log_group, "Arn")],
        ),
        Statement::new(
            "ReadStream",
            &[
                "kinesis:DescribeStream",
                "kinesis:DescribeStreamSummary",
                "kinesis:GetRecords",
                "kinesis:GetShardIterator",
                "kinesis:ListShards",
            ],
            vec![source],
        ),
    ];
    if consumer.read == ReadMode::FanOut {
        let registration = attribute(&ids.stream_consumer, "ConsumerARN");
        statements.push(Statement::new("Subscribe", &["kinesis:SubscribeToShard"], vec![registration]));
    }
    statements.extend(edge_statements(scene, consumer));
    statements.extend(failure_statements(scene, &consumer.failure.to, ids));
    statements
}

fn edge_statements(scene: &Scene<'_>, consumer: &Consumer) -> Vec<Statement> {
    let arns =
        |tables: &[StageName]| -> Vec<Value> { tables.iter().map(|name| attribute(&table::id(name), "Arn")).collect() };
    let mut statements = Vec::new();
    if !consumer.function.features.is_empty() {
        let actions = ["dynamodb:BatchGetItem", "dynamodb:GetItem", "dynamodb:Query"];
        statements.push(Statement::new("ReadFeatures", &actions, arns(&consumer.function.features)));
    }
    if !consumer.function.writes.is_empty() {
        let actions = ["dynamodb:PutItem", "dynamodb:UpdateItem"];
        statements.push(Statement::new("WriteTables", &actions, arns(&consumer.function.writes)));
    }
    if let Some(name) = &consumer.function.scores_with {
        // By literal name: the function may be made while the endpoint still starts; the alias waits for it.
        let endpoint = scene.arn("sagemaker", &format!("endpoint/{}", scene.pipeline.physical_name(name)));
        statements.push(Statement::new("Score", &["sagemaker:InvokeEndpoint"], vec![endpoint.into()]));
    }
    if let Some(name) = &consumer.late_to {
        let stream = attribute(&stream::id(name), "Arn");
        statements.push(Statement::new("PutLateRecords", &["kinesis:PutRecord", "kinesis:PutRecords"], vec![stream]));
    }
    statements
}

fn failure_statements(scene: &Scene<'_>, to: &FailureDestination, ids: &Ids) -> Vec<Statement> {
    let arn = destination(scene, to, ids);
    match to {
        FailureDestination::OwnQueue | FailureDestination::Queue(_) => {
            vec![Statement::new("SendFailedRecords", &["sqs:SendMessage"], vec![arn])]
        }
        FailureDestination::Topic(_) => vec![Statement::new("PublishFailedRecords", &["sns:Publish"], vec![arn])],
        FailureDestination::Bucket(name) => {
            let objects = format!("{}/*", bucket_arn(scene, name));
            vec![
                Statement::new("PutFailedRecords", &["s3:PutObject"], vec![objects.into()]),
                Statement::new("ListFailedRecords", &["s3:ListBucket"], vec![arn]),
            ]
        }
    }
}
