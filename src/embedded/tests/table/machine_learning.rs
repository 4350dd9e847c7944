//! Models, endpoints of every kind, and what scales them.

use super::*;

fn sagemaker(action: &str, body: Value) -> Ask {
    let target = match action {
        "DescribeModel" => "SageMaker.DescribeModel",
        "DescribeEndpointConfig" => "SageMaker.DescribeEndpointConfig",
        "DescribeEndpoint" => "SageMaker.DescribeEndpoint",
        _ => "SageMaker.ListTags",
    };
    Ask::Json("sagemaker", target, body)
}

fn model(id: &'static str, name: &str) -> (&'static str, &'static str, Value) {
    let given = json!({"ModelName": name, "ExecutionRoleArn": role_arn(), "PrimaryContainer": {"Image": "1.dkr.ecr/x:1", "ModelDataUrl": "s3://b/m.tar.gz"}});
    (id, "AWS::SageMaker::Model", given)
}

fn instances(variant: &str, model: &str, weight: f64) -> Value {
    json!({"VariantName": variant, "ModelName": model, "InstanceType": "ml.c5.xlarge", "InitialInstanceCount": 2, "InitialVariantWeight": weight})
}

fn config(id: &'static str, name: &str, variant: Value) -> (&'static str, &'static str, Value) {
    (id, "AWS::SageMaker::EndpointConfig", json!({"EndpointConfigName": name, "ProductionVariants": [variant]}))
}

fn endpoint() -> (&'static str, &'static str, Value) {
    ("Endpoint", "AWS::SageMaker::Endpoint", json!({"EndpointName": "e", "EndpointConfigName": "c-1"}))
}

pub(super) fn cases() -> Vec<Case> {
    [models(), configs(), endpoints(), scaling()].into_iter().flatten().collect()
}

fn models() -> Vec<Case> {
    let described = || sagemaker("DescribeModel", json!({"ModelName": "m-1"}));
    let model_arn = arn("sagemaker", "model/m-1");
    vec![
        Case::of(
            Kind::Model,
            json!({
                "ModelName": "m-1",
                "ExecutionRoleArn": role_arn(),
                "PrimaryContainer": {"Image": "1.dkr.ecr/x:1", "Mode": "MultiModel", "ModelDataUrl": "s3://b/m/",
                    "Environment": {"THREADS": "2"}, "MultiModelConfig": {"ModelCacheSetting": "Enabled"}},
                "EnableNetworkIsolation": true,
                "VpcConfig": {"Subnets": ["subnet-1"], "SecurityGroupIds": ["sg-1"]},
            }),
        )
        .needs([role()])
        .reads(
            described(),
            &[
                ("/ModelName", "/ModelName"),
                ("/ExecutionRoleArn", "/ExecutionRoleArn"),
                ("/PrimaryContainer", "/PrimaryContainer"),
                ("/EnableNetworkIsolation", "/EnableNetworkIsolation"),
                ("/VpcConfig", "/VpcConfig"),
            ],
        )
        .tags(sagemaker("ListTags", json!({"ResourceArn": model_arn})), "/Tags")
        .gives(model_arn.clone(), &[("ModelName", "m-1".to_owned()), ("ModelArn", model_arn.clone())]),
        Case::of(
            Kind::Model,
            json!({"ModelName": "m-1", "ExecutionRoleArn": role_arn(), "Containers": [{"Image": "1.dkr.ecr/x:1"}, {"Image": "1.dkr.ecr/y:1"}]}),
        )
        .needs([role()])
        .reads(
            described(),
            &[("/ModelName", "/ModelName"), ("/ExecutionRoleArn", "/ExecutionRoleArn"), ("/Containers", "/Containers")],
        )
        .gives(model_arn, &[]),
    ]
}

fn configs() -> Vec<Case> {
    let config_arn = arn("sagemaker", "endpoint-config/c-1");
    let described = || sagemaker("DescribeEndpointConfig", json!({"EndpointConfigName": "c-1"}));
    let case = |properties: Value| {
        Case::of(Kind::EndpointConfig, properties)
            .needs([role(), model("Model", "m-1"), model("Other", "m-2")])
            .reads(
                described(),
                &[("/EndpointConfigName", "/EndpointConfigName"), ("/ProductionVariants", "/ProductionVariants")],
            )
            .gives(
                config_arn.clone(),
                &[("EndpointConfigName", "c-1".to_owned()), ("EndpointConfigArn", config_arn.clone())],
            )
    };
    vec![
        case(json!({
            "EndpointConfigName": "c-1",
            "ProductionVariants": [instances("a", "m-1", 0.9), instances("b", "m-2", 0.1)],
            "KmsKeyId": arn("kms", "key/k"),
        }))
        .reads(described(), &[("/KmsKeyId", "/KmsKeyId")])
        .tags(sagemaker("ListTags", json!({"ResourceArn": config_arn})), "/Tags"),
        case(json!({
            "EndpointConfigName": "c-1",
            "ProductionVariants": [instances("main", "m-1", 1.0)],
            "ShadowProductionVariants": [instances("shadow", "m-2", 0.5)],
        }))
        .reads(described(), &[("/ShadowProductionVariants", "/ShadowProductionVariants")]),
        case(json!({
            "EndpointConfigName": "c-1",
            "ProductionVariants": [{"VariantName": "main", "ModelName": "m-1",
                "ServerlessConfig": {"MemorySizeInMB": 2_048, "MaxConcurrency": 20, "ProvisionedConcurrency": 5}}],
        })),
        case(json!({
            "EndpointConfigName": "c-1",
            "ProductionVariants": [instances("main", "m-1", 1.0)],
            "AsyncInferenceConfig": {
                "ClientConfig": {"MaxConcurrentInvocationsPerInstance": 4},
                "OutputConfig": {"S3OutputPath": "s3://out/", "S3FailurePath": "s3://out/failed/",
                    "NotificationConfig": {"SuccessTopic": arn("sns", "done"), "ErrorTopic": arn("sns", "failed"),
                        "IncludeInferenceResponseIn": ["SUCCESS_NOTIFICATION_TOPIC"]}}},
            "EnableNetworkIsolation": true,
            "ExecutionRoleArn": role_arn(),
            "VpcConfig": {"Subnets": ["subnet-1"], "SecurityGroupIds": ["sg-1"]},
        }))
        .reads(
            described(),
            &[
                ("/AsyncInferenceConfig", "/AsyncInferenceConfig"),
                ("/EnableNetworkIsolation", "/EnableNetworkIsolation"),
                ("/ExecutionRoleArn", "/ExecutionRoleArn"),
                ("/VpcConfig", "/VpcConfig"),
            ],
        ),
    ]
}

fn endpoints() -> Vec<Case> {
    let endpoint_arn = arn("sagemaker", "endpoint/e");
    vec![
        Case::of(
            Kind::Endpoint,
            json!({
                "EndpointName": "e",
                "EndpointConfigName": "c-1",
                "RetainAllVariantProperties": true,
                "ExcludeRetainedVariantProperties": [{"VariantPropertyType": "DesiredWeight"}],
                "DeploymentConfig": {
                    "AutoRollbackConfiguration": {"Alarms": [{"AlarmName": "errors"}]},
                    "BlueGreenUpdatePolicy": {"MaximumExecutionTimeoutInSeconds": 3_600, "TerminationWaitInSeconds": 300,
                        "TrafficRoutingConfiguration": {"Type": "CANARY", "WaitIntervalInSeconds": 300, "CanarySize": {"Type": "INSTANCE_COUNT", "Value": 1}}}},
            }),
        )
        .needs([
            role(),
            model("Model", "m-1"),
            config("First", "c-1", instances("main", "m-1", 1.0)),
            config("Second", "c-2", instances("main", "m-1", 0.5)),
        ])
        .reads(
            sagemaker("DescribeEndpoint", json!({"EndpointName": "e"})),
            &[
                ("/EndpointName", "/EndpointName"),
                ("/EndpointConfigName", "/EndpointConfigName"),
                ("/DeploymentConfig", "/LastDeploymentConfig"),
            ],
        )
        // They say what an update does: `retained_variants_keep_their_instances` tries it.
        .untold(&["RetainAllVariantProperties", "ExcludeRetainedVariantProperties"])
        .tags(sagemaker("ListTags", json!({"ResourceArn": endpoint_arn})), "/Tags")
        .change("/EndpointConfigName", json!("c-2"))
        .gives(endpoint_arn.clone(), &[("EndpointName", "e".to_owned()), ("EndpointArn", endpoint_arn)]),
    ]
}

fn scaling() -> Vec<Case> {
    let resource = "endpoint/e/variant/main";
    let dimension = "sagemaker:variant:DesiredInstanceCount";
    let targets = Ask::Json(
        "application-autoscaling",
        "AnyScaleFrontendService.DescribeScalableTargets",
        json!({"ServiceNamespace": "sagemaker", "ResourceIds": [resource]}),
    );
    let policies = || {
        Ask::Json(
            "application-autoscaling",
            "AnyScaleFrontendService.DescribeScalingPolicies",
            json!({"ServiceNamespace": "sagemaker"}),
        )
    };
    let first = || [role(), model("Model", "m-1"), config("First", "c-1", instances("main", "m-1", 1.0)), endpoint()];
    let target = || {
        let given = json!({"ServiceNamespace": "sagemaker", "ResourceId": resource, "ScalableDimension": dimension, "MinCapacity": 0, "MaxCapacity": 4});
        ("Target", "AWS::ApplicationAutoScaling::ScalableTarget", given)
    };
    vec![
        Case::of(
            Kind::ScalableTarget,
            json!({
                "ServiceNamespace": "sagemaker", "ResourceId": resource, "ScalableDimension": dimension,
                "MinCapacity": 0, "MaxCapacity": 8, "RoleARN": role_arn(),
                "SuspendedState": {"DynamicScalingInSuspended": true, "DynamicScalingOutSuspended": false, "ScheduledScalingSuspended": false},
            }),
        )
        .needs(first())
        .reads(
            targets,
            &[
                ("/ServiceNamespace", "/ScalableTargets/0/ServiceNamespace"),
                ("/ResourceId", "/ScalableTargets/0/ResourceId"),
                ("/ScalableDimension", "/ScalableTargets/0/ScalableDimension"),
                ("/MinCapacity", "/ScalableTargets/0/MinCapacity"),
                ("/MaxCapacity", "/ScalableTargets/0/MaxCapacity"),
                ("/RoleARN", "/ScalableTargets/0/RoleARN"),
                ("/SuspendedState", "/ScalableTargets/0/SuspendedState"),
            ],
        )
        .untold(&["Tags"])
        .change("/MinCapacity", json!(1))
        .change("/SuspendedState/DynamicScalingInSuspended", json!(false))
        .gives(
            format!("{resource}|{dimension}|sagemaker"),
            &[("Id", format!("{resource}|{dimension}|sagemaker"))],
        ),
        Case::of(
            Kind::ScalingPolicy,
            json!({
                "PolicyName": "wake", "PolicyType": "StepScaling",
                "ServiceNamespace": "sagemaker", "ResourceId": resource, "ScalableDimension": dimension,
                "StepScalingPolicyConfiguration": {"AdjustmentType": "ExactCapacity", "Cooldown": 300, "MetricAggregationType": "Maximum",
                    "StepAdjustments": [{"MetricIntervalLowerBound": 0, "ScalingAdjustment": 1}]},
            }),
        )
        .needs(first())
        .needs([target()])
        .reads(
            policies(),
            &[
                ("/PolicyName", "/ScalingPolicies/0/PolicyName"),
                ("/PolicyType", "/ScalingPolicies/0/PolicyType"),
                ("/ServiceNamespace", "/ScalingPolicies/0/ServiceNamespace"),
                ("/ResourceId", "/ScalingPolicies/0/ResourceId"),
                ("/ScalableDimension", "/ScalingPolicies/0/ScalableDimension"),
                ("/StepScalingPolicyConfiguration", "/ScalingPolicies/0/StepScalingPolicyConfiguration"),
            ],
        )
        .change("/StepScalingPolicyConfiguration/Cooldown", json!(60))
        .gives(arn("autoscaling", "scalingPolicy:*"), &[("Arn", arn("autoscaling", "scalingPolicy:*"))]),
        Case::of(
            Kind::ScalingPolicy,
            json!({
                "PolicyName": "track", "PolicyType": "TargetTrackingScaling",
                "ScalingTargetId": format!("{resource}|{dimension}|sagemaker"),
                "TargetTrackingScalingPolicyConfiguration": {"TargetValue": 5, "ScaleInCooldown": 600, "ScaleOutCooldown": 60, "DisableScaleIn": false,
                    "CustomizedMetricSpecification": {"MetricName": "ApproximateBacklogSizePerInstance", "Namespace": "AWS/SageMaker",
                        "Statistic": "Average", "Dimensions": [{"Name": "EndpointName", "Value": "e"}]}},
            }),
        )
        .needs(first())
        .needs([target()])
        .reads(
            policies(),
            &[
                ("/PolicyName", "/ScalingPolicies/0/PolicyName"),
                ("/PolicyType", "/ScalingPolicies/0/PolicyType"),
                (
                    "/TargetTrackingScalingPolicyConfiguration",
                    "/ScalingPolicies/0/TargetTrackingScalingPolicyConfiguration",
                ),
            ],
        )
        .untold(&["ScalingTargetId"])
        .change("/TargetTrackingScalingPolicyConfiguration/TargetValue", json!(10))
        .gives("*", &[]),
        Case::of(
            Kind::ScalableTarget,
            json!({"ServiceNamespace": "dynamodb", "ResourceId": "table/t/index/by-card", "ScalableDimension": "dynamodb:index:ReadCapacityUnits", "MinCapacity": 5, "MaxCapacity": 50}),
        )
        .needs([("Table", "AWS::DynamoDB::Table", json!({
            "TableName": "t", "BillingMode": "PROVISIONED", "ProvisionedThroughput": {"ReadCapacityUnits": 5, "WriteCapacityUnits": 5},
            "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}, {"AttributeName": "card", "AttributeType": "S"}],
            "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
            "GlobalSecondaryIndexes": [{"IndexName": "by-card", "KeySchema": [{"AttributeName": "card", "KeyType": "HASH"}],
                "Projection": {"ProjectionType": "ALL"}, "ProvisionedThroughput": {"ReadCapacityUnits": 5, "WriteCapacityUnits": 5}}],
        }))])
        .reads(
            Ask::Json(
                "application-autoscaling",
                "AnyScaleFrontendService.DescribeScalableTargets",
                json!({"ServiceNamespace": "dynamodb"}),
            ),
            &[
                ("/ServiceNamespace", "/ScalableTargets/0/ServiceNamespace"),
                ("/ResourceId", "/ScalableTargets/0/ResourceId"),
                ("/ScalableDimension", "/ScalableTargets/0/ScalableDimension"),
                ("/MinCapacity", "/ScalableTargets/0/MinCapacity"),
                ("/MaxCapacity", "/ScalableTargets/0/MaxCapacity"),
            ],
        )
        .change("/MaxCapacity", json!(100))
        .gives("table/t/index/by-card|dynamodb:index:ReadCapacityUnits|dynamodb", &[]),
    ]
}
