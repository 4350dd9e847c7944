//! Endpoints in every shape: `tests/features/endpoints.yaml`.

use super::*;
use crate::pipeline::fixture::written;

const ENDPOINTS: &str = include_str!("../../../tests/features/endpoints.yaml");
const ENVIRONMENT: &str = include_str!("../../../tests/features/prod.yaml");

fn pipeline() -> Pipeline {
    written(ENDPOINTS, ENVIRONMENT, &[])
}

fn endpoints() -> Rendered {
    rendered(pipeline())
}

#[test]
fn a_shadow_gets_its_share_and_has_a_model_and_an_image_of_its_own() {
    let rendered = endpoints();
    let config = rendered.properties("EndpointShadowedConfig");
    let (production, shadow) = (&config["ProductionVariants"][0], &config["ShadowProductionVariants"][0]);
    assert_eq!((&production["VariantName"], &production["InitialVariantWeight"]), (&json!("AllTraffic"), &json!(1)));
    assert_eq!((&shadow["VariantName"], &shadow["InitialVariantWeight"]), (&json!("Shadow"), &json!(0.25)));
    assert_eq!(shadow["ModelName"], json!({"Fn::GetAtt": ["EndpointShadowedModelShadow", "ModelName"]}));
    assert_eq!(shadow["InitialInstanceCount"], 2);
    let image = rendered.properties("EndpointShadowedModelShadow")["PrimaryContainer"]["Image"].clone();
    assert!(image.as_str().is_some_and(|image| image.contains("sagemaker-scikit-learn")), "{image}");
    let pulled = rendered.statement("EndpointShadowedRole", "PullImage").expect("is granted")["Resource"].clone();
    assert_eq!(pulled.as_array().map(Vec::len), Some(2), "{pulled}");
}

#[test]
fn variants_share_requests_by_weight_and_grow_each_by_itself() {
    let rendered = endpoints();
    let variants = rendered.properties("EndpointSplitConfig")["ProductionVariants"].clone();
    let weights: Vec<_> = variants
        .as_array()
        .expect("variants")
        .iter()
        .map(|variant| (variant["VariantName"].as_str().expect("a name"), variant["InitialVariantWeight"].as_u64()))
        .collect();
    assert_eq!(weights, [("challenger", Some(10)), ("champion", Some(90))]);
    for (id, variant) in [("Challenger", "challenger"), ("Champion", "champion")] {
        let target = rendered.properties(&format!("EndpointSplitScalingTarget{id}"));
        assert_eq!(target["ResourceId"], format!("endpoint/endpoints-prod-split/variant/{variant}"));
    }
}

#[test]
fn two_variants_of_one_artifact_are_two_models() {
    let text = ENDPOINTS.replace("artifact: models/b.tar.gz, weight: 10", "artifact: models/a.tar.gz, weight: 10");
    let rendered = rendered(written(&text, ENVIRONMENT, &[]));
    let name = |id: &str| rendered.properties(id)["ModelName"].clone();
    assert_ne!(name("EndpointSplitModelChampion"), name("EndpointSplitModelChallenger"));
}

#[test]
fn a_new_artifact_of_one_variant_leaves_the_others_model_as_it_is() {
    let plain = endpoints();
    let mut newer = assets(&pipeline());
    let keys = newer.models.get_mut("split").expect("is there");
    keys.insert("challenger".to_owned(), "models/new/model.tar.gz".to_owned());
    let other = render(&capacity::size(pipeline()), sources(), &newer).expect("renders");
    let same = |id: &str, property: &str| plain.properties(id)[property] == other.properties(id)[property];
    assert!(same("EndpointSplitModelChampion", "ModelName"));
    assert!(!same("EndpointSplitModelChallenger", "ModelName"));
    assert!(!same("EndpointSplitConfig", "EndpointConfigName"));
}

#[test]
fn an_asynchronous_endpoint_writes_to_its_buckets_and_tells_its_topics() {
    let rendered = endpoints();
    let config = rendered.properties("EndpointWaitingConfig")["AsyncInferenceConfig"].clone();
    assert_eq!(config["ClientConfig"], json!({"MaxConcurrentInvocationsPerInstance": 2}));
    let output = &config["OutputConfig"];
    let path =
        |folder: &str| json!({"Fn::Join": ["", ["s3://", {"Ref": "BucketOutbox"}, format!("/waiting/{folder}/")]]});
    assert_eq!((&output["S3OutputPath"], &output["S3FailurePath"]), (&path("results"), &path("failures")));
    let topic = json!({"Ref": "TopicAnswered"});
    assert_eq!(output["NotificationConfig"], json!({"SuccessTopic": topic, "ErrorTopic": topic}));
    let silent = rendered.properties("EndpointSleepingConfig")["AsyncInferenceConfig"].clone();
    assert_eq!((silent.get("ClientConfig"), silent["OutputConfig"].get("NotificationConfig")), (None, None));

    let published = rendered.statement("EndpointWaitingRole", "PublishNotifications").expect("is granted");
    assert_eq!(published["Resource"], json!([topic]));
    let written = rendered.statement("EndpointWaitingRole", "PutAnswers").expect("is granted");
    assert_eq!(written["Resource"], json!([{"Fn::Join": ["", [{"Fn::GetAtt": ["BucketOutbox", "Arn"]}, "/*"]]}]));
    assert!(rendered.statement("EndpointSleepingRole", "PublishNotifications").is_none());
}

#[test]
fn an_endpoint_that_sleeps_is_woken_by_the_first_request_and_grows_with_its_backlog() {
    let rendered = endpoints();
    let variant = rendered.properties("EndpointSleepingConfig")["ProductionVariants"][0].clone();
    assert_eq!(variant["InitialInstanceCount"], 1, "a configuration takes no less");
    assert_eq!(rendered.properties("EndpointSleepingScalingTarget")["MinCapacity"], 0);
    let tracked =
        rendered.properties("EndpointSleepingScalingPolicy")["TargetTrackingScalingPolicyConfiguration"].clone();
    let metric = &tracked["CustomizedMetricSpecification"];
    assert_eq!(metric["MetricName"], "ApproximateBacklogSizePerInstance");
    assert_eq!(metric["Dimensions"], json!([{"Name": "EndpointName", "Value": "endpoints-prod-sleeping"}]));
    assert_eq!(tracked["TargetValue"], 5);
    let alarm = rendered.properties("EndpointSleepingWakeAlarm");
    assert_eq!(alarm["MetricName"], "HasBacklogWithoutCapacity");
    assert_eq!(alarm["AlarmActions"], json!([{"Ref": "EndpointSleepingWakePolicy"}]));
    assert!(!rendered.has("EndpointWaitingScalingTarget"), "one instance, fixed");
}

#[test]
fn a_serverless_endpoint_has_no_instances_no_guardrails_and_nothing_to_roll_back() {
    let rendered = endpoints();
    let variant = rendered.properties("EndpointOccasionalConfig")["ProductionVariants"][0].clone();
    assert_eq!(
        variant["ServerlessConfig"],
        json!({"MemorySizeInMB": 2_048, "MaxConcurrency": 20, "ProvisionedConcurrency": 2})
    );
    assert_eq!((variant.get("InstanceType"), variant.get("InitialInstanceCount")), (None, None));
    let endpoint = rendered.properties("EndpointOccasional");
    assert_eq!((endpoint.get("DeploymentConfig"), endpoint.get("RetainAllVariantProperties")), (None, None));
    assert!(rendered.statement("EndpointOccasionalRole", "WatchRollback").is_none());
    assert!(!rendered.has("EndpointOccasionalScalingTarget"));
}

#[test]
fn what_rolls_back_is_gathered_in_at_most_as_many_composites_as_cloudformation_arms() {
    let rendered = endpoints();
    assert!(crate::pipeline::RollbackGroup::ALL.len() <= crate::template::limits::ROLLBACK_TRIGGERS);
    assert!(rendered.rollback_alarms.contains(&"endpoints-prod-endpoints-rollback".to_owned()));
}
