//! Functions and what calls them.

use super::*;

const FUNCTIONS: &str = "/2015-03-31/functions";

fn version() -> (&'static str, &'static str, Value) {
    ("Version", "AWS::Lambda::Version", json!({"FunctionName": "f"}))
}

fn alias() -> (&'static str, &'static str, Value) {
    ("Alias", "AWS::Lambda::Alias", json!({"FunctionName": "f", "Name": "live", "FunctionVersion": "1"}))
}

fn bucket() -> String {
    format!("sluice-artifacts-{ACCOUNT}-eu-west-1")
}

pub(super) fn cases() -> Vec<Case> {
    [functions(), mappings(), logs()].into_iter().flatten().collect()
}

fn functions() -> Vec<Case> {
    let configuration = || Ask::Get("lambda", format!("{FUNCTIONS}/f/configuration"));
    let live = arn("lambda", "function:f:live");
    vec![
        Case::of(
            Kind::Function,
            json!({
                "FunctionName": "f",
                "Description": "Scores",
                "Runtime": "python3.13",
                "Handler": "app.handler",
                "Role": role_arn(),
                "MemorySize": 1_024,
                "Timeout": 60,
                "Architectures": ["arm64"],
                "PackageType": "Zip",
                "Code": {"S3Bucket": bucket(), "S3Key": "code/one.zip"},
                "Environment": {"Variables": {"STREAM_OUT": "s", "LIMIT": "3"}},
                "EphemeralStorage": {"Size": 1_024},
                "KmsKeyArn": arn("kms", "key/k"),
                "Layers": [arn("lambda", "layer:tools:3")],
                "LoggingConfig": {"LogFormat": "JSON", "LogGroup": "/aws/lambda/f", "ApplicationLogLevel": "INFO", "SystemLogLevel": "WARN"},
                "TracingConfig": {"Mode": "Active"},
                "VpcConfig": {"SubnetIds": ["subnet-1", "subnet-2"], "SecurityGroupIds": ["sg-1"]},
                "SnapStart": {"ApplyOn": "PublishedVersions"},
                "DeadLetterConfig": {"TargetArn": arn("sqs", "q")},
                "ReservedConcurrentExecutions": 20,
            }),
        )
        .needs([role()])
        .reads(
            configuration(),
            &[
                ("/FunctionName", "/FunctionName"),
                ("/Description", "/Description"),
                ("/Runtime", "/Runtime"),
                ("/Handler", "/Handler"),
                ("/Role", "/Role"),
                ("/MemorySize", "/MemorySize"),
                ("/Timeout", "/Timeout"),
                ("/Architectures", "/Architectures"),
                ("/PackageType", "/PackageType"),
                ("/Environment", "/Environment"),
                ("/EphemeralStorage", "/EphemeralStorage"),
                ("/KmsKeyArn", "/KMSKeyArn"),
                ("/Layers/0", "/Layers/0/Arn"),
                ("/LoggingConfig", "/LoggingConfig"),
                ("/TracingConfig", "/TracingConfig"),
                ("/VpcConfig", "/VpcConfig"),
                ("/SnapStart/ApplyOn", "/SnapStart/ApplyOn"),
                ("/DeadLetterConfig", "/DeadLetterConfig"),
            ],
        )
        .reads(
            Ask::Get("lambda", "/2019-09-30/functions/f/concurrency".to_owned()),
            &[("/ReservedConcurrentExecutions", "/ReservedConcurrentExecutions")],
        )
        .untold(&["Code", "Layers"])
        .tags(Ask::Get("lambda", format!("/2017-03-31/tags/{}", arn("lambda", "function:f"))), "/Tags")
        .change("/MemorySize", json!(2_048))
        .change("/Code/S3Key", json!("code/two.zip"))
        .change("/Environment/Variables/LIMIT", json!("4"))
        .change("/ReservedConcurrentExecutions", json!(30))
        .change("/TracingConfig/Mode", json!("PassThrough"))
        .change("/VpcConfig/SubnetIds", json!(["subnet-3"]))
        .gives("f", &[("Arn", arn("lambda", "function:f"))]),
        Case::of(Kind::FunctionVersion, json!({"FunctionName": "f", "Description": "one"}))
            .needs([role(), function("code/one.zip")])
            .reads(
                Ask::Get("lambda", format!("{FUNCTIONS}/f/configuration?Qualifier=1")),
                &[("/FunctionName", "/FunctionName"), ("/Description", "/Description")],
            )
            .gives(
                arn("lambda", "function:f:1"),
                &[("Version", "1".to_owned()), ("FunctionArn", arn("lambda", "function:f:1"))],
            ),
        Case::of(
            Kind::FunctionAlias,
            json!({
                "FunctionName": "f", "Name": "live", "FunctionVersion": "1", "Description": "what is called",
                "ProvisionedConcurrencyConfig": {"ProvisionedConcurrentExecutions": 5},
            }),
        )
        .needs([role(), function("code/one.zip"), version()])
        .reads(
            Ask::Get("lambda", format!("{FUNCTIONS}/f/aliases/live")),
            &[("/Name", "/Name"), ("/FunctionVersion", "/FunctionVersion"), ("/Description", "/Description")],
        )
        .reads(
            Ask::Get("lambda", "/2019-09-30/functions/f/provisioned-concurrency?Qualifier=live".to_owned()),
            &[(
                "/ProvisionedConcurrencyConfig/ProvisionedConcurrentExecutions",
                "/RequestedProvisionedConcurrentExecutions",
            )],
        )
        .untold(&["FunctionName"])
        .change("/Description", json!("what is called now"))
        .change("/ProvisionedConcurrencyConfig/ProvisionedConcurrentExecutions", json!(7))
        .gives(live.clone(), &[("AliasArn", live.clone())]),
        Case::of(
            Kind::FunctionAlias,
            json!({"FunctionName": "f", "Name": "live", "FunctionVersion": "1",
                "RoutingConfig": {"AdditionalVersionWeights": [{"FunctionVersion": "$LATEST", "FunctionWeight": 0.1}]}}),
        )
        .needs([role(), function("code/one.zip"), version()])
        .reads(
            Ask::Get("lambda", format!("{FUNCTIONS}/f/aliases/live")),
            &[
                ("/Name", "/Name"),
                ("/FunctionVersion", "/FunctionVersion"),
                (
                    "/RoutingConfig/AdditionalVersionWeights/0/FunctionWeight",
                    "/RoutingConfig/AdditionalVersionWeights/$LATEST",
                ),
            ],
        )
        .untold(&["FunctionName", "RoutingConfig"])
        .gives(live.clone(), &[]),
        Case::of(
            Kind::InvokeConfig,
            json!({"FunctionName": "f", "Qualifier": "live", "MaximumRetryAttempts": 1, "MaximumEventAgeInSeconds": 3_600,
                "DestinationConfig": {"OnFailure": {"Destination": arn("sqs", "q")}}}),
        )
        .needs([role(), function("code/one.zip"), version(), alias()])
        .reads(
            Ask::Get("lambda", "/2019-09-25/functions/f/event-invoke-config?Qualifier=live".to_owned()),
            &[
                ("/MaximumRetryAttempts", "/MaximumRetryAttempts"),
                ("/MaximumEventAgeInSeconds", "/MaximumEventAgeInSeconds"),
                ("/DestinationConfig", "/DestinationConfig"),
            ],
        )
        .untold(&["FunctionName", "Qualifier"])
        .change("/MaximumRetryAttempts", json!(2))
        .change("/DestinationConfig/OnFailure/Destination", json!(arn("sqs", "other")))
        .gives("f|live", &[]),
        Case::of(
            Kind::Permission,
            json!({"FunctionName": live, "Action": "lambda:InvokeFunction", "Principal": "sns.amazonaws.com",
                "SourceArn": arn("sns", "t"), "SourceAccount": ACCOUNT}),
        )
        .needs([role(), function("code/one.zip"), version(), alias()])
        .reads(
            Ask::Get("lambda", format!("{FUNCTIONS}/f/policy?Qualifier=live")),
            &[
                ("/FunctionName", "/Policy/Statement/0/Resource"),
                ("/Action", "/Policy/Statement/0/Action"),
                ("/Principal", "/Policy/Statement/0/Principal/Service"),
                ("/SourceArn", "/Policy/Statement/0/Condition/ArnLike/AWS:SourceArn"),
                ("/SourceAccount", "/Policy/Statement/0/Condition/StringEquals/AWS:SourceAccount"),
            ],
        )
        .change("/SourceArn", json!(arn("sns", "u")))
        .gives("*", &[]),
    ]
}

fn mappings() -> Vec<Case> {
    let described = || Ask::Get("lambda", "/2015-03-31/event-source-mappings/$REF".to_owned());
    let tags = || Ask::Get("lambda", format!("/2017-03-31/tags/{}", arn("lambda", "event-source-mapping:$REF")));
    let filters = json!({"Filters": [{"Pattern": "{\"data\":{\"amount\":[{\"numeric\":[\">\",100]}]}}"}]});
    vec![
        Case::of(
            Kind::Mapping,
            json!({
                "FunctionName": arn("lambda", "function:f:live"),
                "EventSourceArn": arn("kinesis", "stream/s"),
                "StartingPosition": "AT_TIMESTAMP",
                "StartingPositionTimestamp": 1_767_225_600,
                "BatchSize": 20,
                "MaximumBatchingWindowInSeconds": 1,
                "ParallelizationFactor": 4,
                "MaximumRecordAgeInSeconds": 3_600,
                "MaximumRetryAttempts": 3,
                "BisectBatchOnFunctionError": true,
                "TumblingWindowInSeconds": 0,
                "FunctionResponseTypes": ["ReportBatchItemFailures"],
                "DestinationConfig": {"OnFailure": {"Destination": arn("sqs", "q")}},
                "FilterCriteria": filters,
                "KmsKeyArn": arn("kms", "key/k"),
                "MetricsConfig": {"Metrics": ["EventCount"]},
                "Enabled": true,
            }),
        )
        .needs([
            role(),
            function("code/one.zip"),
            version(),
            alias(),
            ("Stream", "AWS::Kinesis::Stream", json!({"Name": "s", "ShardCount": 1})),
        ])
        .reads(
            described(),
            &[
                ("/FunctionName", "/FunctionArn"),
                ("/EventSourceArn", "/EventSourceArn"),
                ("/StartingPosition", "/StartingPosition"),
                ("/StartingPositionTimestamp", "/StartingPositionTimestamp"),
                ("/BatchSize", "/BatchSize"),
                ("/MaximumBatchingWindowInSeconds", "/MaximumBatchingWindowInSeconds"),
                ("/ParallelizationFactor", "/ParallelizationFactor"),
                ("/MaximumRecordAgeInSeconds", "/MaximumRecordAgeInSeconds"),
                ("/MaximumRetryAttempts", "/MaximumRetryAttempts"),
                ("/BisectBatchOnFunctionError", "/BisectBatchOnFunctionError"),
                ("/TumblingWindowInSeconds", "/TumblingWindowInSeconds"),
                ("/FunctionResponseTypes", "/FunctionResponseTypes"),
                ("/DestinationConfig", "/DestinationConfig"),
                ("/FilterCriteria", "/FilterCriteria"),
                ("/KmsKeyArn", "/KMSKeyArn"),
                ("/MetricsConfig", "/MetricsConfig"),
            ],
        )
        // Whether it reads is told as its state.
        .untold(&["Enabled"])
        .tags(tags(), "/Tags")
        .change("/BatchSize", json!(40))
        .change("/FilterCriteria", json!({"Filters": []}))
        .change("/Enabled", json!(false))
        .gives("*-*-*-*-*", &[("EventSourceMappingArn", arn("lambda", "event-source-mapping:*"))]),
        Case::of(
            Kind::Mapping,
            json!({
                "FunctionName": arn("lambda", "function:f:live"),
                "EventSourceArn": arn("sqs", "q"),
                "BatchSize": 100,
                "MaximumBatchingWindowInSeconds": 5,
                "FunctionResponseTypes": ["ReportBatchItemFailures"],
                "ScalingConfig": {"MaximumConcurrency": 10},
            }),
        )
        .needs([
            role(),
            function("code/one.zip"),
            version(),
            alias(),
            ("Queue", "AWS::SQS::Queue", json!({"QueueName": "q", "VisibilityTimeout": 360})),
        ])
        .reads(
            described(),
            &[
                ("/FunctionName", "/FunctionArn"),
                ("/EventSourceArn", "/EventSourceArn"),
                ("/BatchSize", "/BatchSize"),
                ("/MaximumBatchingWindowInSeconds", "/MaximumBatchingWindowInSeconds"),
                ("/FunctionResponseTypes", "/FunctionResponseTypes"),
                ("/ScalingConfig", "/ScalingConfig"),
            ],
        )
        .tags(tags(), "/Tags")
        .change("/ScalingConfig/MaximumConcurrency", json!(20))
        .change("/BatchSize", json!(50))
        .gives("*-*-*-*-*", &[]),
    ]
}

fn logs() -> Vec<Case> {
    vec![
        Case::of(
            Kind::LogGroup,
            json!({"LogGroupName": "/aws/lambda/f", "RetentionInDays": 30, "KmsKeyId": arn("kms", "key/k"),
                "LogGroupClass": "STANDARD", "DeletionProtectionEnabled": false}),
        )
        .reads(
            Ask::Json("logs", "Logs_20140328.DescribeLogGroups", json!({"logGroupNamePrefix": "/aws/lambda/f"})),
            &[
                ("/LogGroupName", "/logGroups/0/logGroupName"),
                ("/RetentionInDays", "/logGroups/0/retentionInDays"),
                ("/KmsKeyId", "/logGroups/0/kmsKeyId"),
                ("/LogGroupClass", "/logGroups/0/logGroupClass"),
                ("/DeletionProtectionEnabled", "/logGroups/0/deletionProtectionEnabled"),
            ],
        )
        .tags(
            Ask::Json(
                "logs",
                "Logs_20140328.ListTagsForResource",
                json!({"resourceArn": arn("logs", "log-group:/aws/lambda/f")}),
            ),
            "/tags",
        )
        .change("/RetentionInDays", json!(90))
        .change("/KmsKeyId", json!(arn("kms", "key/other")))
        .gives("/aws/lambda/f", &[("Arn", arn("logs", "log-group:/aws/lambda/f:*"))]),
        Case::of(Kind::LogStream, json!({"LogGroupName": "/g", "LogStreamName": "delivery"}))
            .needs([("Group", "AWS::Logs::LogGroup", json!({"LogGroupName": "/g"}))])
            .reads(
                Ask::Json("logs", "Logs_20140328.DescribeLogStreams", json!({"logGroupName": "/g"})),
                &[("/LogStreamName", "/logStreams/0/logStreamName")],
            )
            .untold(&["LogGroupName"])
            .change("/LogStreamName", json!("other"))
            .gives("delivery", &[]),
    ]
}
