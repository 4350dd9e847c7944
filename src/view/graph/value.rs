//! The topology of a pipeline as data: what its writers draw.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::written::Written;

/// What takes part in a pipeline, and what flows between.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(into = "Written", try_from = "Written")]
#[schemars(rename = "Topology")]
pub struct Graph {
    /// The pipeline.
    pub pipeline: String,
    /// The environment that it was resolved for.
    pub environment: String,
    /// Stages and outside worlds; edges name them by their place in this list.
    pub nodes: Vec<Node>,
    /// What flows.
    pub edges: Vec<Flow>,
}

impl Graph {
    /// What the picture is of, in one line.
    #[must_use]
    pub fn title(&self) -> String {
        format!("Topology of {} in {}", self.pipeline, self.environment)
    }

    /// The node that an edge begins or ends at.
    #[must_use]
    pub fn node(&self, at: usize) -> Option<&Node> {
        self.nodes.get(at)
    }
}

/// One box of the picture.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "TopologyNode")]
pub struct Node {
    /// Unique in the graph: the kind and, for stages, the name (`stream-transactions`); letters, digits and hyphens.
    pub id: String,
    /// What it is.
    pub kind: NodeKind,
    /// Its name.
    pub label: String,
    /// One line about it, for instance `16 shards · 7d`; may be empty.
    pub detail: String,
}

/// What a node is. Writers choose its shape by it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[schemars(rename = "TopologyNodeKind")]
pub enum NodeKind {
    /// Whoever puts records into a stream from outside.
    Producers,
    /// A stream of another pipeline.
    OtherStream,
    /// Something of the account that no pipeline makes, or an address.
    Outside,
    /// A Kinesis stream.
    Stream,
    /// A DynamoDB table.
    Table,
    /// An SQS queue.
    Queue,
    /// The queue of what was given up.
    DeadLetters,
    /// An SNS topic.
    Topic,
    /// An S3 bucket.
    Bucket,
    /// A SageMaker endpoint.
    Endpoint,
    /// A Lambda consumer.
    Consumer,
    /// A Lambda worker.
    Worker,
    /// A Firehose archive.
    Archive,
    /// A metric that a handler emits.
    Metric,
}

impl NodeKind {
    /// Every kind.
    pub const ALL: [Self; 14] = [
        Self::Producers,
        Self::OtherStream,
        Self::Outside,
        Self::Stream,
        Self::Table,
        Self::Queue,
        Self::DeadLetters,
        Self::Topic,
        Self::Bucket,
        Self::Endpoint,
        Self::Consumer,
        Self::Worker,
        Self::Archive,
        Self::Metric,
    ];

    /// What it is, in a word or two, above its name.
    #[must_use]
    pub fn caption(self) -> &'static str {
        match self {
            Self::Producers | Self::Outside => "outside",
            Self::OtherStream => "other pipeline",
            Self::Stream => "stream",
            Self::Table => "table",
            Self::Queue => "queue",
            Self::DeadLetters => "failed",
            Self::Topic => "topic",
            Self::Bucket => "bucket",
            Self::Endpoint => "endpoint",
            Self::Consumer => "consumer",
            Self::Worker => "worker",
            Self::Archive => "archive",
            Self::Metric => "metric",
        }
    }

    /// The class that writers colour it by.
    #[must_use]
    pub fn class(self) -> Class {
        match self {
            Self::Producers | Self::OtherStream | Self::Outside => Class::Outside,
            Self::Stream | Self::Queue | Self::Topic => Class::Carrier,
            Self::Table | Self::Bucket | Self::Archive => Class::Store,
            Self::Consumer | Self::Worker => Class::Code,
            Self::Endpoint => Class::Model,
            Self::DeadLetters => Class::Failure,
            Self::Metric => Class::Measure,
        }
    }
}

/// Families of nodes: one colour each.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Class {
    /// What the pipeline does not make.
    Outside,
    /// What hands things on.
    Carrier,
    /// What keeps things.
    Store,
    /// What runs handlers.
    Code,
    /// What answers with a model.
    Model,
    /// Where failures end.
    Failure,
    /// What is measured.
    Measure,
}

impl Class {
    /// Every class.
    pub const ALL: [Self; 7] =
        [Self::Outside, Self::Carrier, Self::Store, Self::Code, Self::Model, Self::Failure, Self::Measure];

    /// Its name in style sheets.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Outside => "outside",
            Self::Carrier => "carrier",
            Self::Store => "store",
            Self::Code => "code",
            Self::Model => "model",
            Self::Failure => "failure",
            Self::Measure => "measure",
        }
    }

    /// Fill, stroke and text on a light page.
    #[must_use]
    pub fn light(self) -> [&'static str; 3] {
        match self {
            Self::Outside => ["#f6f8fa", "#8c959f", "#424a53"],
            Self::Carrier => ["#ddf4ff", "#0969da", "#0a3069"],
            Self::Store => ["#dafbe1", "#1a7f37", "#044f1e"],
            Self::Code => ["#fff1e5", "#bc4c00", "#5c2200"],
            Self::Model => ["#fbefff", "#8250df", "#3e1f79"],
            Self::Failure => ["#ffebe9", "#cf222e", "#82071e"],
            Self::Measure => ["#fff8c5", "#9a6700", "#4d2d00"],
        }
    }

    /// Fill, stroke and text on a dark page.
    #[must_use]
    pub fn dark(self) -> [&'static str; 3] {
        match self {
            Self::Outside => ["#21262d", "#8b949e", "#c9d1d9"],
            Self::Carrier => ["#0c2d6b", "#58a6ff", "#cae8ff"],
            Self::Store => ["#033a16", "#3fb950", "#aff5b4"],
            Self::Code => ["#5a1e02", "#f0883e", "#ffdfb6"],
            Self::Model => ["#3c1e70", "#bc8cff", "#eddeff"],
            Self::Failure => ["#67060c", "#ff7b72", "#ffdcd7"],
            Self::Measure => ["#4b2900", "#d29922", "#f8e3a1"],
        }
    }
}

/// One arrow of the picture.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Flow {
    /// Index of the node where it begins.
    pub from: usize,
    /// Index of the node where it ends.
    pub to: usize,
    /// What it means.
    pub kind: FlowKind,
    /// The words on it; may be empty.
    pub label: String,
}

/// What an arrow means. Data, or the request for it, goes along it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[schemars(rename = "TopologyEdgeKind")]
pub enum FlowKind {
    /// Records, messages or objects are read.
    Reads,
    /// Items, records or answers are written.
    Writes,
    /// Features are looked up.
    Features,
    /// A model is asked.
    Scores,
    /// Something is sent on.
    Sends,
    /// Late records are put aside.
    Late,
    /// Records are archived.
    Archive,
    /// What failed is put aside.
    Failure,
    /// Somebody is told.
    Notify,
    /// Something is measured.
    Measures,
}

impl FlowKind {
    /// Whether it is off the ordinary way of a record.
    #[must_use]
    pub fn is_aside(self) -> bool {
        match self {
            Self::Late | Self::Failure | Self::Measures => true,
            Self::Reads | Self::Writes | Self::Features | Self::Scores | Self::Sends | Self::Archive | Self::Notify => {
                false
            }
        }
    }
}
