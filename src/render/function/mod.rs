//! The view of a Lambda function, whatever invokes it: what it runs, what it may do and what it is told.
//!
//! Consumers and workers differ in what invokes them, and so in what their roles need besides the edges; everything
//! else is here once.

mod edges;

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::{Value, json};

use super::access::{Access, Key, Use, key_arn};
use super::scene::{Fragment, Protection, Scene, Statement, attribute};
use crate::diagnostic::{Code, Diagnostic};
use crate::pipeline::{Encryption, Function, FunctionNetwork, StageRef, names};
use crate::units::{LogicalId, StageName};

/// How long what was given up on waits: the longest that SQS keeps a message.
const QUEUE_RETENTION_SECONDS: u32 = 1_209_600;

/// A function and what invokes it.
pub(super) struct Invoked<'a> {
    /// The stage that it is the function of.
    pub(super) stage: StageRef,
    pub(super) function: &'a Function,
    /// What its role may do besides its edges: what invoking it takes.
    pub(super) access: Access,
    /// A stream that it puts late records to.
    pub(super) late_to: Option<&'a StageName>,
    /// The queue of what it gave up on, if it has one of its own.
    pub(super) queue: Option<FailureQueue>,
}

/// The queue of what a function gave up on.
#[derive(Serialize)]
pub(super) struct FailureQueue {
    name: String,
    retention_seconds: u32,
    key: Option<Value>,
    /// The topic that may put there what it cannot hand over.
    undelivered_from: Option<LogicalId>,
}

impl FailureQueue {
    pub(super) fn of(scene: &Scene<'_>, function: &StageName) -> Self {
        Self {
            name: scene.pipeline.failure_queue_name(function),
            retention_seconds: QUEUE_RETENTION_SECONDS,
            key: None,
            undelivered_from: None,
        }
    }

    /// Besides, what a topic cannot hand over; encrypted as the topic, whose messages it holds.
    pub(super) fn taking_from(self, topic: LogicalId, encryption: &Encryption) -> Self {
        Self { undelivered_from: Some(topic), key: key_arn(encryption), ..self }
    }
}

/// The logical ids of a function's resources.
#[derive(Serialize)]
pub(super) struct Ids {
    pub(super) function: LogicalId,
    role: LogicalId,
    log_group: LogicalId,
    pub(super) version: LogicalId,
    pub(super) alias: LogicalId,
    pub(super) queue: LogicalId,
    pub(super) queue_policy: LogicalId,
}

impl Ids {
    pub(super) fn of(stage: &StageRef) -> Self {
        let id = |part| names::logical_id(stage, part);
        Self {
            function: id("Function"),
            role: id("Role"),
            log_group: id("LogGroup"),
            version: id("Version"),
            alias: id("Alias"),
            queue: id("FailedRecords"),
            queue_policy: id("FailedRecordsPolicy"),
        }
    }
}

#[derive(Serialize)]
struct View<'a> {
    ids: &'a Ids,
    /// The endpoints that it asks.
    endpoints: Vec<LogicalId>,
    function_name: String,
    description: String,
    runtime: &'a str,
    handler: &'a str,
    code: CodeAt<'a>,
    layers: &'a [String],
    memory_mib: u64,
    timeout_seconds: u64,
    environment: BTreeMap<String, Value>,
    tracing: bool,
    network: Option<NetworkView<'a>>,
    reserved: Option<Reserved>,
    provisioned: Option<u32>,
    log_group_name: String,
    log_retention_days: u32,
    statements: Vec<Statement>,
    queue: &'a Option<FailureQueue>,
    protection: Protection,
    outputs: Outputs<LogicalId>,
    descriptions: Outputs<String>,
}

#[derive(Serialize)]
struct CodeAt<'a> {
    bucket: &'a str,
    key: &'a str,
}

#[derive(Serialize)]
struct NetworkView<'a> {
    subnets: &'a [String],
    security_groups: &'a [String],
}

impl<'a> NetworkView<'a> {
    fn of(network: &'a FunctionNetwork) -> Self {
        Self { subnets: &network.subnets, security_groups: &network.security_groups }
    }
}

/// In a struct, because 0 is a number that says something.
#[derive(Serialize)]
struct Reserved {
    executions: u32,
}

#[derive(Serialize)]
struct Outputs<T> {
    function: T,
    queue: T,
}

pub(super) fn fragment(scene: &Scene<'_>, invoked: Invoked<'_>) -> Result<Fragment, Diagnostic> {
    let pipeline = scene.pipeline;
    let Invoked { stage, function, mut access, late_to, queue } = invoked;
    let ids = Ids::of(&stage);
    let Some(code) = scene.assets.code.get(&stage.name) else {
        return Err(Diagnostic::error(Code::AssetMissing, format!("the code of {stage} was not collected")));
    };
    let id = |part| names::logical_id(&stage, part);
    let edges = edges::Edges { function, late_to };
    edges.allow(scene, &mut access);
    if let Some(queue) = &queue {
        let arn = attribute(&ids.queue, "Arn");
        access.allow(Use::SendFailures, [arn], queue.key.clone().map(Key::Is));
    }
    let view = View {
        endpoints: edges.endpoints(),
        function_name: pipeline.physical_name(&stage.name),
        // Not the pipeline's own description: a function's is part of what a version freezes.
        description: capitalised(&format!("{stage} of pipeline {}", pipeline.name())),
        runtime: &function.runtime,
        handler: &function.handler,
        code: CodeAt { bucket: &scene.assets.bucket, key: code },
        layers: &function.layers,
        memory_mib: function.memory.as_mib(),
        timeout_seconds: function.timeout.as_secs(),
        environment: edges.environment(scene, &stage),
        tracing: function.tracing,
        network: function.network.as_ref().map(NetworkView::of),
        reserved: function.concurrency.reserved.map(|executions| Reserved { executions }),
        provisioned: function.concurrency.provisioned,
        log_group_name: pipeline.log_group_name(&stage.name),
        log_retention_days: function.log_retention_days,
        statements: statements(scene, function, &ids, access, edges.score(scene)),
        queue: &queue,
        protection: scene.protection(),
        outputs: Outputs { function: id("Name"), queue: id("FailedRecordsUrl") },
        descriptions: Outputs {
            function: format!("Name of the function of {stage}"),
            queue: format!("URL of the queue of what {stage} gave up on"),
        },
        ids: &ids,
    };
    let narrower = [(&ids.queue, "failure.to"), (&ids.queue_policy, "failure.to"), (&ids.version, "code")];
    Ok(Fragment::of(pipeline, &stage, &view, &narrower))
}

fn statements(
    scene: &Scene<'_>,
    function: &Function,
    ids: &Ids,
    access: Access,
    score: Vec<Statement>,
) -> Vec<Statement> {
    let logs = vec![attribute(&ids.log_group, "Arn")];
    let mut statements = vec![Statement::new("WriteLogs", &["logs:CreateLogStream", "logs:PutLogEvents"], logs)];
    statements.extend(access.statements(scene));
    statements.extend(score);
    if function.network.is_some() {
        statements.extend(network_statements(scene));
    }
    if function.tracing {
        // X-Ray has no resource to be limited to.
        let actions = ["xray:PutTelemetryRecords", "xray:PutTraceSegments"];
        statements.push(Statement::new("Trace", &actions, vec!["*".into()]));
    }
    statements
}

/// What Lambda does in the role's name to put a function into a network ("Giving Lambda functions access to resources in
/// an Amazon VPC", Lambda developer guide). Interfaces that do not exist yet have no ids: AWS asks for every id of the
/// account and region there. Reading has no resource to be limited to. The code itself never gets these rights: its
/// requests carry `lambda:SourceFunctionArn`, Lambda's own do not.
fn network_statements(scene: &Scene<'_>) -> [Statement; 2] {
    let not_by_code = json!({"lambda:SourceFunctionArn": "true"});
    let manage = [
        "ec2:AssignPrivateIpAddresses",
        "ec2:CreateNetworkInterface",
        "ec2:DeleteNetworkInterface",
        "ec2:UnassignPrivateIpAddresses",
    ];
    let read = ["ec2:DescribeNetworkInterfaces", "ec2:DescribeSubnets"];
    [
        Statement::new("JoinNetwork", &manage, vec![scene.arn("ec2", "*/*").into()]).when(json!({"Null": not_by_code})),
        Statement::new("ReadNetwork", &read, vec!["*".into()]).when(json!({
            "Null": not_by_code,
            "StringEquals": {"ec2:Region": scene.pipeline.region()},
        })),
    ]
}

fn capitalised(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map(|first| first.to_uppercase().chain(chars).collect()).unwrap_or_default()
}
