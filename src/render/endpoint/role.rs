//! What serving may do.

use serde_json::json;

use super::variants::Served;
use crate::pipeline::{Endpoint, Serving, StageKind};
use crate::render::access::{Access, Use, key};
use crate::render::scene::{Scene, Statement, attribute, below, main_id, reference};
use crate::units::LogicalId;

/// Its artifacts, its images, its logs and metrics, the alarms of its roll-back, and what an asynchronous one reads,
/// writes and tells.
pub(super) fn statements(
    scene: &Scene<'_>,
    endpoint: &Endpoint,
    served: &Served<'_>,
    log_group: &LogicalId,
    alarms: &[&str],
) -> Vec<Statement> {
    let partition = scene.partition();
    let bucket = format!("arn:{partition}:s3:::{}", scene.assets.bucket);
    // Multi-model: everything below the prefix; otherwise the object itself.
    let below_prefix = |key: &str| if key.ends_with('/') { format!("{key}*") } else { key.to_owned() };
    let listed: Vec<String> = served.keys.iter().map(|key| below_prefix(key)).collect();
    let objects = listed.iter().map(|key| format!("{bucket}/{key}").into()).collect();
    let mut statements = vec![
        Statement::new("ReadModels", &["s3:GetObject"], objects),
        Statement::new("ListModels", &["s3:ListBucket"], vec![bucket.into()])
            .when(json!({"StringLike": {"s3:prefix": listed}})),
        Statement::new(
            "WriteLogs",
            &["logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents"],
            vec![attribute(log_group, "Arn")],
        ),
        Statement::new("PublishMetrics", &["cloudwatch:PutMetricData"], vec!["*".into()])
            .when(json!({"StringEquals": {"cloudwatch:namespace": ["/aws/sagemaker/Endpoints", "AWS/SageMaker"]}})),
    ];
    if !served.repositories.is_empty() {
        let actions = ["ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"];
        let repositories = served.repositories.iter().map(|arn| arn.as_str().into()).collect();
        statements.push(Statement::new("PullImage", &actions, repositories));
        // Has no resource to be limited to.
        statements.push(Statement::new("LogInToRegistry", &["ecr:GetAuthorizationToken"], vec!["*".into()]));
    }
    if !alarms.is_empty() {
        let arns = alarms.iter().map(|name| scene.arn("cloudwatch", &format!("alarm:{name}")).into()).collect();
        statements.push(Statement::new("WatchRollback", &["cloudwatch:DescribeAlarms"], arns));
    }
    statements.extend(queued(scene, endpoint));
    statements
}

/// What SageMaker does for an asynchronous endpoint in its role's name ("Complete the prerequisites" of asynchronous
/// inference, SageMaker developer guide): it reads requests, writes answers in parts, and tells the topics.
fn queued(scene: &Scene<'_>, endpoint: &Endpoint) -> Vec<Statement> {
    let Serving::Async { input, output, success, error, .. } = &endpoint.serving else { return Vec::new() };
    let pipeline = scene.pipeline;
    let mut access = Access::default();
    for (name, usage) in [(input, Use::GetObjects), (output, Use::PutAnswers)] {
        if let Some(bucket) = pipeline.buckets().get(name) {
            let arn = attribute(&main_id(StageKind::Bucket, name), "Arn");
            access.allow(usage, [below(&arn, "/*")], key(&bucket.encryption));
            access.allow(Use::ListBuckets, [arn], None);
        }
    }
    for topic in success.iter().chain(error).filter_map(|name| pipeline.topics().get(name)) {
        let arn = reference(&main_id(StageKind::Topic, &topic.name));
        access.allow(Use::PublishNotifications, [arn], key(&topic.encryption));
    }
    access.statements(scene)
}
