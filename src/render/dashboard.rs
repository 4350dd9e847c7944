//! The dashboard: a row per stage, in the order in which records pass.

use serde::Serialize;
use serde_json::{Value, json};

use super::scene::{Fragment, Scene};
use crate::pipeline::{FailureDestination, Model, names};
use crate::units::{LogicalId, StageName};

/// Columns of CloudWatch's grid.
const GRID: u32 = 24;
/// Widgets of one row.
const PER_ROW: u32 = 4;
/// Height of a metric widget.
const HEIGHT: u32 = 6;

#[derive(Serialize)]
struct View {
    id: LogicalId,
    name: String,
    body: String,
    url: String,
    outputs: Outputs<LogicalId>,
    descriptions: Outputs<&'static str>,
}

#[derive(Serialize)]
struct Outputs<T> {
    url: T,
}

pub(super) fn fragment(scene: &Scene<'_>) -> Fragment {
    let pipeline = scene.pipeline;
    let name = pipeline.dashboard_name();
    let region = pipeline.region();
    let domain = match scene.partition() {
        "aws-cn" => "console.amazonaws.cn".to_owned(),
        "aws-us-gov" => "console.amazonaws-us-gov.com".to_owned(),
        _ => format!("{region}.console.aws.amazon.com"),
    };
    let view = View {
        id: names::shared_id(&["dashboard"]),
        body: Page::of(scene).into_body().to_string(),
        url: format!("https://{domain}/cloudwatch/home?region={region}#dashboards:name={name}"),
        name,
        outputs: Outputs { url: names::shared_id(&["dashboard", "url"]) },
        descriptions: Outputs { url: "Dashboard of the pipeline" },
    };
    Fragment::shared(pipeline, &view)
}

/// A line of a widget: namespace, metric, dimensions, statistic, label.
struct Line<'a> {
    namespace: &'a str,
    metric: &'a str,
    dimensions: Vec<(&'a str, &'a str)>,
    statistic: &'a str,
}

impl Line<'_> {
    fn to_value(&self) -> Value {
        let mut parts = vec![json!(self.namespace), json!(self.metric)];
        for (name, value) in &self.dimensions {
            parts.push(json!(name));
            parts.push(json!(value));
        }
        parts.push(json!({"stat": self.statistic, "label": format!("{} {}", self.metric, self.statistic)}));
        Value::Array(parts)
    }
}

struct Page<'a> {
    scene: &'a Scene<'a>,
    widgets: Vec<Value>,
    y: u32,
    column: u32,
}

impl<'a> Page<'a> {
    fn of(scene: &'a Scene<'a>) -> Self {
        let mut page = Self { scene, widgets: Vec::new(), y: 0, column: 0 };
        let pipeline = scene.pipeline;
        for name in pipeline.streams().keys() {
            page.stream(name);
        }
        for consumer in pipeline.consumers().values() {
            page.consumer(&consumer.name, consumer.failure.to == FailureDestination::OwnQueue);
        }
        for endpoint in pipeline.endpoints().values() {
            page.endpoint(&endpoint.name, matches!(endpoint.model, Model::Multi { .. }));
        }
        for name in pipeline.tables().keys() {
            page.table(name);
        }
        for name in pipeline.archives().keys() {
            page.archive(name);
        }
        page
    }

    fn into_body(self) -> Value {
        json!({ "periodOverride": "inherit", "widgets": self.widgets })
    }

    fn heading(&mut self, text: &str) {
        if self.column > 0 {
            self.y += HEIGHT;
            self.column = 0;
        }
        self.widgets.push(json!({
            "type": "text", "x": 0, "y": self.y, "width": GRID, "height": 1,
            "properties": {"markdown": format!("## {text}"), "background": "transparent"},
        }));
        self.y += 1;
    }

    fn graph(&mut self, title: &str, lines: &[Line<'_>]) {
        if self.column == PER_ROW {
            self.y += HEIGHT;
            self.column = 0;
        }
        let width = GRID / PER_ROW;
        self.widgets.push(json!({
            "type": "metric", "x": self.column * width, "y": self.y, "width": width, "height": HEIGHT,
            "properties": {
                "title": title,
                "region": self.scene.pipeline.region(),
                "view": "timeSeries",
                "stacked": false,
                "period": 60,
                "metrics": lines.iter().map(Line::to_value).collect::<Vec<_>>(),
            },
        }));
        self.column += 1;
    }

    /// A graph of several metrics of one thing.
    fn of_one(&mut self, title: &str, namespace: &str, dimensions: &[(&str, &str)], metrics: &[(&str, &str)]) {
        let lines: Vec<Line<'_>> = metrics
            .iter()
            .map(|(metric, statistic)| Line { namespace, metric, dimensions: dimensions.to_vec(), statistic })
            .collect();
        self.graph(title, &lines);
    }

    fn stream(&mut self, name: &StageName) {
        let stream = self.scene.pipeline.physical_name(name);
        let on = [("StreamName", stream.as_str())];
        self.heading(&format!("stream {name}"));
        self.of_one(
            "records in and out",
            "AWS/Kinesis",
            &on,
            &[("IncomingRecords", "Sum"), ("GetRecords.Records", "Sum")],
        );
        self.of_one("bytes in and out", "AWS/Kinesis", &on, &[("IncomingBytes", "Sum"), ("GetRecords.Bytes", "Sum")]);
        self.of_one(
            "throttled",
            "AWS/Kinesis",
            &on,
            &[
                ("WriteProvisionedThroughputExceeded", "Sum"),
                ("ReadProvisionedThroughputExceeded", "Sum"),
                ("PutRecords.FailedRecords", "Sum"),
            ],
        );
        self.of_one("age of what is read", "AWS/Kinesis", &on, &[("GetRecords.IteratorAgeMilliseconds", "Maximum")]);
    }

    fn consumer(&mut self, name: &StageName, own_queue: bool) {
        let function = self.scene.pipeline.physical_name(name);
        let on = [("FunctionName", function.as_str())];
        self.heading(&format!("consumer {name}"));
        self.of_one("iterator age", "AWS/Lambda", &on, &[("IteratorAge", "Maximum"), ("IteratorAge", "p99")]);
        self.of_one(
            "invocations",
            "AWS/Lambda",
            &on,
            &[("Invocations", "Sum"), ("Errors", "Sum"), ("Throttles", "Sum")],
        );
        self.of_one("duration", "AWS/Lambda", &on, &[("Duration", "p50"), ("Duration", "p90"), ("Duration", "p99")]);
        self.of_one("concurrency", "AWS/Lambda", &on, &[("ConcurrentExecutions", "Maximum")]);
        if own_queue {
            let queue = self.scene.pipeline.failure_queue_name(name);
            self.of_one(
                "discarded records",
                "AWS/SQS",
                &[("QueueName", &queue)],
                &[("ApproximateNumberOfMessagesVisible", "Maximum")],
            );
        }
    }

    fn endpoint(&mut self, name: &StageName, multi_model: bool) {
        let endpoint = self.scene.pipeline.physical_name(name);
        let on = [("EndpointName", endpoint.as_str()), ("VariantName", "AllTraffic")];
        self.heading(&format!("endpoint {name}"));
        self.of_one("invocations", "AWS/SageMaker", &on, &[("Invocations", "Sum"), ("InvocationsPerInstance", "Sum")]);
        self.of_one(
            "errors",
            "AWS/SageMaker",
            &on,
            &[("Invocation5XXErrors", "Sum"), ("Invocation4XXErrors", "Sum"), ("InvocationModelErrors", "Sum")],
        );
        self.of_one(
            "latency (µs)",
            "AWS/SageMaker",
            &on,
            &[("ModelLatency", "p50"), ("ModelLatency", "p99"), ("OverheadLatency", "p99")],
        );
        self.of_one(
            "instances (%)",
            "/aws/sagemaker/Endpoints",
            &on,
            &[("CPUUtilization", "Average"), ("MemoryUtilization", "Average"), ("DiskUtilization", "Average")],
        );
        if multi_model {
            self.of_one("models found in memory", "AWS/SageMaker", &on, &[("ModelCacheHit", "Average")]);
            self.of_one("models loaded", "/aws/sagemaker/Endpoints", &on, &[("LoadedModelCount", "Average")]);
        }
    }

    fn table(&mut self, name: &StageName) {
        let table = self.scene.pipeline.physical_name(name);
        let on = [("TableName", table.as_str())];
        self.heading(&format!("table {name}"));
        self.of_one(
            "capacity used",
            "AWS/DynamoDB",
            &on,
            &[("ConsumedReadCapacityUnits", "Sum"), ("ConsumedWriteCapacityUnits", "Sum")],
        );
        self.of_one("throttled", "AWS/DynamoDB", &on, &[("ReadThrottleEvents", "Sum"), ("WriteThrottleEvents", "Sum")]);
        let reads = [("TableName", table.as_str()), ("Operation", "GetItem")];
        self.of_one("latency of GetItem", "AWS/DynamoDB", &reads, &[("SuccessfulRequestLatency", "Average")]);
        let writes = [("TableName", table.as_str()), ("Operation", "PutItem")];
        self.of_one("latency of PutItem", "AWS/DynamoDB", &writes, &[("SuccessfulRequestLatency", "Average")]);
    }

    fn archive(&mut self, name: &StageName) {
        let delivery = self.scene.pipeline.physical_name(name);
        let on = [("DeliveryStreamName", delivery.as_str())];
        self.heading(&format!("archive of {name}"));
        self.of_one(
            "read",
            "AWS/Firehose",
            &on,
            &[("DataReadFromKinesisStream.Records", "Sum"), ("ThrottledGetRecords", "Sum")],
        );
        self.of_one("written", "AWS/Firehose", &on, &[("DeliveryToS3.Records", "Sum")]);
        self.of_one("freshness (s)", "AWS/Firehose", &on, &[("DeliveryToS3.DataFreshness", "Maximum")]);
        self.of_one("success", "AWS/Firehose", &on, &[("DeliveryToS3.Success", "Average")]);
    }
}
