//! The view of a SageMaker endpoint.

use serde::Serialize;
use serde_json::json;

use super::alarm::AlarmView;
use super::image;
use super::scene::{Fragment, Scene, Statement, attribute};
use crate::diagnostic::{Code, Diagnostic};
use crate::pipeline::{Endpoint, EndpointRollout, Image, Model, Serving, StageKind, StageRef, names};
use crate::units::{LogicalId, StageName};

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
    model: ModelView,
    instance: &'a str,
    instances: Instances,
    rollout: Rollout,
    rollback_alarms: Vec<&'a str>,
    depends_on: Vec<LogicalId>,
    keep_instances: bool,
    scaling: Option<Scaling>,
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
    model: LogicalId,
    config: LogicalId,
    endpoint: LogicalId,
    scaling_target: LogicalId,
    scaling_policy: LogicalId,
}

#[derive(Serialize)]
struct ModelView {
    name: String,
    image: String,
    mode: &'static str,
    data_url: String,
}

#[derive(Serialize)]
struct Instances {
    min: u32,
    max: u32,
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
struct Scaling {
    resource_id: String,
    policy_name: String,
    target: u32,
}

#[derive(Serialize)]
struct Outputs<T> {
    name: T,
}

fn stage(name: &StageName) -> StageRef {
    StageRef::new(StageKind::Endpoint, name)
}

/// The logical id of an endpoint.
pub(super) fn id(endpoint: &StageName) -> LogicalId {
    names::logical_id(&stage(endpoint), "")
}

/// The logical ids of what is immutable and therefore named by content: model, then configuration.
pub(super) fn hashed_ids(endpoint: &StageName) -> (LogicalId, LogicalId) {
    (names::logical_id(&stage(endpoint), "Model"), names::logical_id(&stage(endpoint), "Config"))
}

pub(super) fn fragment(scene: &Scene<'_>, endpoint: &Endpoint, alarms: &[AlarmView]) -> Result<Fragment, Diagnostic> {
    let pipeline = scene.pipeline;
    let stage = stage(&endpoint.name);
    let name = pipeline.physical_name(&endpoint.name);
    let Serving::RealTime { instance, min, max, .. } = &endpoint.serving else {
        return Err(Diagnostic::error(Code::TemplateValue, "this way of serving cannot be rendered yet"));
    };
    let sized = scene.sized.endpoint(&endpoint.name);
    let own: Vec<&AlarmView> = alarms.iter().filter(|alarm| alarm.stage() == &stage && alarm.arms_rollback()).collect();

    let (model, image) = match &endpoint.model {
        Model::Multi { image, .. } => ("MultiModel", image),
        Model::Single { image, .. } => ("SingleModel", image),
        Model::Variants(_) => return Err(Diagnostic::error(Code::TemplateValue, "variants cannot be rendered yet")),
    };
    let Some(key) = scene.assets.models.get(&endpoint.name) else {
        return Err(Diagnostic::error(
            Code::AssetMissing,
            format!("the models of endpoint `{}` were not collected", endpoint.name),
        ));
    };
    let image = resolve_image(scene, &stage, image)?;
    let (model_id, config_id) = hashed_ids(&endpoint.name);
    let ids = Ids {
        log_group: names::logical_id(&stage, "LogGroup"),
        role: names::logical_id(&stage, "Role"),
        model: model_id,
        config: config_id,
        endpoint: id(&endpoint.name),
        scaling_target: names::logical_id(&stage, "ScalingTarget"),
        scaling_policy: names::logical_id(&stage, "ScalingPolicy"),
    };
    let log_group_name = format!("/aws/sagemaker/Endpoints/{name}");
    let mut depends_on: Vec<LogicalId> = own.iter().map(|alarm| alarm.id().clone()).collect();
    depends_on.push(ids.log_group.clone());
    let rollback_alarms: Vec<&str> = own.iter().map(|alarm| alarm.name()).collect();
    let view = View {
        statements: statements(scene, &image, key, &ids, &rollback_alarms),
        config_name: name.clone(),
        model: ModelView {
            name: name.clone(),
            image: image.uri,
            mode: model,
            data_url: format!("s3://{}/{key}", scene.assets.bucket),
        },
        instance,
        instances: Instances { min: *min, max: *max },
        rollout: rollout(sized.map(|sized| &sized.rollout)),
        rollback_alarms,
        depends_on,
        // Without autoscaling the count is the file's, and keeping it would ignore a change of it.
        keep_instances: max > min,
        scaling: (max > min).then(|| Scaling {
            resource_id: format!("endpoint/{name}/variant/AllTraffic"),
            policy_name: format!("{name}-invocations"),
            target: sized.map_or(1, |sized| sized.scale_at),
        }),
        log_group_name,
        log_retention_days: LOG_RETENTION_DAYS,
        outputs: Outputs { name: names::logical_id(&stage, "Name") },
        descriptions: Outputs { name: format!("Name of endpoint {}", endpoint.name) },
        name,
        ids,
    };
    let narrower = [
        (&view.ids.model, "model"),
        (&view.ids.config, "serving"),
        (&view.ids.scaling_target, "serving"),
        (&view.ids.scaling_policy, "serving"),
    ];
    Ok(Fragment::of(pipeline, &stage, &view, &narrower))
}

fn rollout(asked: Option<&EndpointRollout>) -> Rollout {
    let (r#type, wait, canary_instances) = match asked {
        Some(EndpointRollout::Canary { instances, wait }) => ("CANARY", wait.as_secs(), Some(*instances)),
        Some(EndpointRollout::AllAtOnce) | None => ("ALL_AT_ONCE", 0, None),
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

fn resolve_image(scene: &Scene<'_>, stage: &StageRef, image: &Image) -> Result<image::Resolved, Diagnostic> {
    match image {
        Image::Uri(uri) => Ok(image::Resolved::given(uri)),
        Image::Builtin { name, version } => {
            image::built_in(name, version, scene.pipeline.region()).map_err(|refusal| {
                let place = scene.pipeline.stage_origin(stage, "model").place;
                refusal.at_maybe(place, "asked for here")
            })
        }
    }
}

/// What serving needs: its artifacts, its image, its logs and metrics, and the alarms of its roll-back.
fn statements(scene: &Scene<'_>, image: &image::Resolved, key: &str, ids: &Ids, alarms: &[&str]) -> Vec<Statement> {
    let partition = scene.partition();
    let bucket = format!("arn:{partition}:s3:::{}", scene.assets.bucket);
    // Multi-model: everything below the prefix; single: the object itself.
    let objects = if key.ends_with('/') { format!("{bucket}/{key}*") } else { format!("{bucket}/{key}") };
    let listed = if key.ends_with('/') { format!("{key}*") } else { key.to_owned() };
    let mut statements = vec![
        Statement::new("ReadModels", &["s3:GetObject"], vec![objects.into()]),
        Statement::new("ListModels", &["s3:ListBucket"], vec![bucket.into()])
            .when(json!({"StringLike": {"s3:prefix": listed}})),
        Statement::new(
            "WriteLogs",
            &["logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents"],
            vec![attribute(&ids.log_group, "Arn")],
        ),
        Statement::new("PublishMetrics", &["cloudwatch:PutMetricData"], vec!["*".into()])
            .when(json!({"StringEquals": {"cloudwatch:namespace": ["/aws/sagemaker/Endpoints", "AWS/SageMaker"]}})),
    ];
    if let Some(repository) = &image.repository_arn {
        let actions = ["ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"];
        statements.push(Statement::new("PullImage", &actions, vec![repository.as_str().into()]));
        // Has no resource to be limited to.
        statements.push(Statement::new("LogInToRegistry", &["ecr:GetAuthorizationToken"], vec!["*".into()]));
    }
    if !alarms.is_empty() {
        let arns = alarms.iter().map(|name| scene.arn("cloudwatch", &format!("alarm:{name}")).into()).collect();
        statements.push(Statement::new("WatchRollback", &["cloudwatch:DescribeAlarms"], arns));
    }
    statements
}
