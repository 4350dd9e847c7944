//! Imports, seen from the pipeline that they give: what was carried over is what is rendered.
#![expect(
    clippy::expect_used,
    clippy::disallowed_methods,
    clippy::panic,
    reason = "a test reads the repository and stops where it cannot"
)]

#[path = "support/assets.rs"]
mod assets;

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::{Value, json};
use sluicegate::capacity;
use sluicegate::diagnostic::FilePath;
use sluicegate::environment;
use sluicegate::import::{self, Imported, Source, Wish};
use sluicegate::pipeline::{self, FolderFacts};
use sluicegate::render::{TemplateSources, render};
use sluicegate::spec;
use sluicegate::template::{Resource, Template};

fn read(path: &str) -> Vec<u8> {
    std::fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

fn wish() -> Wish {
    Wish { name: None, otherwise: "ml-inference".to_owned(), owner: Some("ml-platform".to_owned()) }
}

fn imported_template(text: &str) -> Imported {
    let source = Source { file: FilePath::new("template.yaml"), bytes: text.as_bytes().to_vec() };
    import::template(&source, &wish()).expect("imports")
}

/// Renders a pipeline file in an environment of this repository.
fn rendered(text: &str, environment: &str) -> Template {
    let spec = spec::read(&FilePath::new("pipeline.yaml"), text.as_bytes()).expect("reads");
    let path = format!("environments/{environment}.yaml");
    let environment = environment::read(&FilePath::new(&path), &read(&path)).expect("the environment file");
    let resolved = pipeline::resolve(&spec, &environment, None, &FolderFacts::none());
    let (pipeline, _) = resolved.unwrap_or_else(|found| panic!("{found:#?}"));
    let assets = assets::assets(&pipeline);
    let sources = TemplateSources::built_in().expect("templates");
    render(&capacity::size(pipeline), &sources, &assets).expect("renders").template
}

/// The resources of a type.
fn of_type<'t>(template: &'t Template, type_name: &str) -> Vec<&'t Resource> {
    template.resources.values().filter(|resource| resource.type_name == type_name).collect()
}

#[test]
fn the_terraform_of_the_text_gives_a_stream_of_the_same_shards_retention_and_metrics() {
    let source = Source { file: FilePath::new("main.tf"), bytes: read("tests/import/ml-inference.tf") };
    let imported = import::terraform(&[source], &wish()).expect("imports");
    assert!(
        imported.told.iter().all(|told| told.code != sluicegate::diagnostic::Code::NotCarriedOver),
        "{:#?}",
        imported.told
    );
    for environment in ["local", "dev", "prod"] {
        let template = rendered(&imported.text, environment);
        let streams = of_type(&template, "AWS::Kinesis::Stream");
        assert_eq!(streams.len(), 1);
        let stream = &streams[0].properties;
        assert_eq!(stream["ShardCount"], json!(16));
        assert_eq!(stream["RetentionPeriodHours"], json!(168));
        assert_eq!(stream["StreamModeDetails"], json!({"StreamMode": "PROVISIONED"}));
        assert_eq!(stream["StreamEncryption"], json!({"EncryptionType": "KMS", "KeyId": "alias/aws/kinesis"}));
        let mut metrics: Vec<&str> =
            stream["DesiredShardLevelMetrics"].as_array().expect("a list").iter().filter_map(Value::as_str).collect();
        metrics.sort_unstable();
        let wanted = [
            "IncomingBytes",
            "IncomingRecords",
            "IteratorAgeMilliseconds",
            "OutgoingBytes",
            "OutgoingRecords",
            "ReadProvisionedThroughputExceeded",
            "WriteProvisionedThroughputExceeded",
        ];
        assert_eq!(metrics, wanted);
    }
}

/// Settings that must come through rendering, importing and rendering again, by type.
const KEPT: &[(&str, &[&str])] = &[
    (
        "AWS::Kinesis::Stream",
        &[
            "Name",
            "StreamModeDetails",
            "ShardCount",
            "RetentionPeriodHours",
            "DesiredShardLevelMetrics",
            "StreamEncryption",
        ],
    ),
    ("AWS::Kinesis::StreamConsumer", &["ConsumerName", "StreamARN"]),
    (
        "AWS::DynamoDB::Table",
        &[
            "TableName",
            "KeySchema",
            "AttributeDefinitions",
            "BillingMode",
            "TimeToLiveSpecification",
            "PointInTimeRecoverySpecification",
            "GlobalSecondaryIndexes",
            "ProvisionedThroughput",
        ],
    ),
    (
        "AWS::Lambda::EventSourceMapping",
        &[
            "EventSourceArn",
            "StartingPosition",
            "StartingPositionTimestamp",
            "BatchSize",
            "MaximumBatchingWindowInSeconds",
            "ParallelizationFactor",
            "TumblingWindowInSeconds",
            "MaximumRetryAttempts",
            "MaximumRecordAgeInSeconds",
            "BisectBatchOnFunctionError",
            "FunctionResponseTypes",
            "DestinationConfig",
            "FilterCriteria",
            "ScalingConfig",
        ],
    ),
    (
        "AWS::Lambda::Function",
        &["FunctionName", "Handler", "Runtime", "MemorySize", "Timeout", "Environment", "Layers", "TracingConfig"],
    ),
    ("AWS::SQS::Queue", &["QueueName", "MessageRetentionPeriod", "VisibilityTimeout", "DelaySeconds", "RedrivePolicy"]),
    ("AWS::SNS::Topic", &["TopicName"]),
    ("AWS::KinesisFirehose::DeliveryStream", &["DeliveryStreamName", "KinesisStreamSourceConfiguration"]),
    ("AWS::SageMaker::Endpoint", &["EndpointName"]),
];

fn kept(template: &Template) -> BTreeMap<String, BTreeMap<&'static str, Value>> {
    let mut found = BTreeMap::new();
    for (type_name, properties) in KEPT {
        for (id, resource) in template.resources.iter().filter(|(_, resource)| resource.type_name == *type_name) {
            let values = properties.iter().filter_map(|name| Some((*name, resource.properties.get(*name)?.clone())));
            let mut values: BTreeMap<&'static str, Value> = values.collect();
            // What a function measures is in its code, not in its template.
            if let Some(variables) = values.get_mut("Environment").and_then(|own| own.pointer_mut("/Variables")) {
                variables.as_object_mut().expect("variables").remove("METRICS_NAMESPACE");
            }
            found.insert(format!("{type_name} {id}"), values);
        }
    }
    found
}

#[test]
fn what_sluice_renders_comes_back_as_the_same_settings() {
    for environment in ["local", "dev", "rehearsal", "staging", "prod"] {
        let golden =
            String::from_utf8(read(&format!("tests/golden/fraud-detection.{environment}.yaml"))).expect("UTF-8");
        let before = Template::parse(&golden).expect("a template");
        let imported = imported_template(&golden);
        assert_eq!(imported.name.as_str(), "fraud-detection");
        // Which models an endpoint serves is in its bucket, not in its template.
        let text = imported
            .text
            .replace(
                "to-be-decided: models/to-be-decided.tar.gz",
                "fraud-v7: models/fraud-v7.tar.gz, fraud-v6: models/fraud-v6.tar.gz",
            )
            .replace("        default: to-be-decided", "        default: fraud-v7\n        fallback: fraud-v6");
        assert_eq!(kept(&rendered(&text, environment)), kept(&before), "{environment}\n{}", imported.text);
    }
}

#[test]
fn every_golden_template_can_be_imported() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden");
    for entry in std::fs::read_dir(folder).expect("the folder is readable") {
        let path = entry.expect("the entry is readable").path();
        let text = std::fs::read_to_string(&path).expect("UTF-8");
        let imported = imported_template(&text);
        assert!(!imported.carried.is_empty(), "{}", path.display());
    }
}
