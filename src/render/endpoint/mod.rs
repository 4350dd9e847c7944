//! The view of a SageMaker endpoint.

mod role;
mod scaling;
mod variants;

use serde::Serialize;
use serde_json::{Value, json};

use super::alarm::AlarmView;
use super::scene::{Fragment, Scene, Statement, main_id, reference};
use crate::diagnostic::Diagnostic;
use crate::pipeline::{Endpoint, EndpointRollout, Serving, StageKind, StageRef, names};
use crate::units::{LogicalId, StageName};
use scaling::Scaling;
pub(super) use variants::model_ids;
pub use variants::names_of as production_variants;
use variants::{ModelView, VariantView};

/// How long an endpoint's logs are kept.
const LOG_RETENTION_DAYS: u32 = 30;
/// How long the old fleet waits after the new one has all traffic, so that a late alarm can still go back to it.
const TERMINATION_WAIT_SECONDS: u64 = 300;
/// What starting two fleets may take besides the waits; SageMaker wants the timeout above their sum.
const PROVISIONING_SECONDS: u64 = 3_600;
/// Bounds of `MaximumExecutionTimeoutInSeconds` (aws-facts.md 1.5).
const TIMEOUT_SECONDS: (u64, u64) = (600, 28_800);
/// Longest `WaitIntervalInSeconds` (aws-facts.md 1.5).
const LONGEST_WAIT_SECONDS: u64 = 3_600;

#[derive(Serialize)]
struct View<'a> {
    ids: Ids,
    name: String,
    config_name: String,
    models: Vec<ModelView>,
    variants: Vec<VariantView<'a>>,
    shadows: Vec<VariantView<'a>>,
    queued: Option<Queued>,
    rollout: Option<Rollout>,
    rollback_alarms: Vec<&'a str>,
    depends_on: Vec<LogicalId>,
    keep_instances: bool,
    scaling: Vec<Scaling>,
    statements: Vec<Statement>,
    log_group_name: String,
    log_retention_days: u32,
    outputs: Outputs<LogicalId>,
    descriptions: Outputs<String>,
}

#[derive(Serialize)]
struct Ids {
    log_group: LogicalId,
    role: LogicalId,
    config: LogicalId,
    endpoint: LogicalId,
}

/// Where an asynchronous endpoint's answers go.
#[derive(Serialize)]
struct Queued {
    parallel: Option<u32>,
    results: Value,
    failures: Value,
    topics: Option<Topics>,
}

/// In CloudFormation's spelling.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Topics {
    #[serde(skip_serializing_if = "Option::is_none")]
    success_topic: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error_topic: Option<Value>,
}

#[derive(Serialize)]
struct Rollout {
    r#type: &'static str,
    wait_seconds: u64,
    canary_instances: Option<u32>,
    termination_wait_seconds: u64,
    timeout_seconds: u64,
}

#[derive(Serialize)]
struct Outputs<T> {
    name: T,
}

fn stage(name: &StageName) -> StageRef {
    StageRef::new(StageKind::Endpoint, name)
}

/// The logical id of an endpoint's configuration, which is immutable and therefore named by content.
pub(super) fn config_id(endpoint: &StageName) -> LogicalId {
    names::logical_id(&stage(endpoint), "Config")
}

pub(super) fn fragment(scene: &Scene<'_>, endpoint: &Endpoint, alarms: &[AlarmView]) -> Result<Fragment, Diagnostic> {
    let pipeline = scene.pipeline;
    let stage = stage(&endpoint.name);
    let name = pipeline.physical_name(&endpoint.name);
    let ids = Ids {
        log_group: names::logical_id(&stage, "LogGroup"),
        role: names::logical_id(&stage, "Role"),
        config: config_id(&endpoint.name),
        endpoint: main_id(StageKind::Endpoint, &endpoint.name),
    };
    let served = variants::served(scene, endpoint, &ids.role)?;
    let rollout = scene.sized.endpoint(&endpoint.name).and_then(|sized| sized.rollout.as_ref()).map(rollout);
    // Alarms roll a roll-out back; where SageMaker offers none they have nothing to do.
    let own: Vec<&AlarmView> =
        alarms.iter().filter(|alarm| rollout.is_some() && alarm.stage() == &stage && alarm.arms_rollback()).collect();
    let rollback_alarms: Vec<&str> = own.iter().map(|alarm| alarm.name()).collect();
    let scaling = scaling::of(scene, endpoint, &ids.endpoint);
    let mut depends_on: Vec<LogicalId> = own.iter().map(|alarm| alarm.id().clone()).collect();
    depends_on.push(ids.log_group.clone());
    let view = View {
        statements: role::statements(scene, endpoint, &served, &ids.log_group, &rollback_alarms),
        config_name: name.clone(),
        models: served.models,
        variants: served.variants,
        shadows: served.shadows,
        queued: queued(endpoint),
        rollout,
        rollback_alarms,
        depends_on,
        // Without autoscaling the count is the file's, and keeping it would ignore a change of it.
        keep_instances: !scaling.is_empty(),
        scaling,
        log_group_name: format!("/aws/sagemaker/Endpoints/{name}"),
        log_retention_days: LOG_RETENTION_DAYS,
        outputs: Outputs { name: names::logical_id(&stage, "Name") },
        descriptions: Outputs { name: format!("Name of endpoint {}", endpoint.name) },
        name,
        ids,
    };
    let mut narrower = vec![(&view.ids.config, "serving")];
    narrower.extend(view.models.iter().map(|model| (&model.id, "model")));
    narrower.extend(view.scaling.iter().flat_map(Scaling::ids).map(|id| (id, "serving")));
    Ok(Fragment::of(pipeline, &stage, &view, &narrower))
}

/// SageMaker's guardrails are for real-time and asynchronous endpoints ("Deployment guardrails", SageMaker developer
/// guide); what is not sized to roll out has none.
fn rollout(asked: &EndpointRollout) -> Rollout {
    let (r#type, wait, canary_instances) = match asked {
        EndpointRollout::Canary { instances, wait } => ("CANARY", wait.as_secs(), Some(*instances)),
        EndpointRollout::AllAtOnce => ("ALL_AT_ONCE", 0, None),
    };
    let wait_seconds = wait.min(LONGEST_WAIT_SECONDS);
    let (least, most) = TIMEOUT_SECONDS;
    Rollout {
        r#type,
        wait_seconds,
        canary_instances,
        termination_wait_seconds: TERMINATION_WAIT_SECONDS,
        timeout_seconds: (PROVISIONING_SECONDS + wait_seconds + TERMINATION_WAIT_SECONDS).clamp(least, most),
    }
}

fn queued(endpoint: &Endpoint) -> Option<Queued> {
    let Serving::Async { parallel, output, success, error, .. } = &endpoint.serving else { return None };
    let bucket = reference(&main_id(StageKind::Bucket, output));
    let path = |folder| json!({ "Fn::Join": ["", ["s3://", bucket, format!("/{}/{folder}/", endpoint.name)]] });
    let topic = |name: &Option<StageName>| name.as_ref().map(|name| reference(&main_id(StageKind::Topic, name)));
    let topics = Topics { success_topic: topic(success), error_topic: topic(error) };
    Some(Queued {
        parallel: *parallel,
        results: path("results"),
        failures: path("failures"),
        topics: (success.is_some() || error.is_some()).then_some(topics),
    })
}
