//! From a sized pipeline to its graph: which boxes, which arrows. What is encrypted with what is no flow; a key of the
//! pipeline's own is named in the line about the stage.

use std::collections::{BTreeMap, BTreeSet};

use super::detail;
use super::value::{Flow, FlowKind, Graph, Node, NodeKind};
use crate::capacity::Sized;
use crate::pipeline::{Edge, EdgeKind, End, Pipeline, ReadMode, StageKind, StageRef, edges};

/// Draws up the topology of a pipeline.
#[must_use]
pub fn topology(sized: &Sized) -> Graph {
    let pipeline = sized.pipeline();
    let mut plan = Builder {
        graph: Graph {
            pipeline: pipeline.name().to_string(),
            environment: pipeline.environment().name().to_string(),
            nodes: Vec::new(),
            edges: Vec::new(),
        },
        known: BTreeMap::new(),
    };
    let edges: Vec<Edge> = edges(pipeline).into_iter().filter(|edge| edge.kind != EdgeKind::Encrypts).collect();
    for stage in pipeline.stages() {
        if let Some(kind) = kind(stage.kind) {
            let node = Node {
                id: format!("{}-{}", stage.kind, stage.name),
                kind,
                label: stage.name.to_string(),
                detail: detail::of(sized, &stage),
            };
            plan.node(End::Stage(stage), node);
        }
    }
    plan.producers(pipeline, &edges);
    for edge in &edges {
        plan.edge(pipeline, edge);
    }
    plan.graph
}

/// How stages of a kind are drawn; keys are not.
fn kind(kind: StageKind) -> Option<NodeKind> {
    Some(match kind {
        StageKind::Key => return None,
        StageKind::Stream => NodeKind::Stream,
        StageKind::Table => NodeKind::Table,
        StageKind::Queue => NodeKind::Queue,
        StageKind::Topic => NodeKind::Topic,
        StageKind::Bucket => NodeKind::Bucket,
        StageKind::Endpoint => NodeKind::Endpoint,
        StageKind::Consumer => NodeKind::Consumer,
        StageKind::Worker => NodeKind::Worker,
        StageKind::Archive => NodeKind::Archive,
        StageKind::Metric => NodeKind::Metric,
    })
}

struct Builder {
    graph: Graph,
    known: BTreeMap<End, usize>,
}

impl Builder {
    fn push(&mut self, node: Node) -> usize {
        self.graph.nodes.push(node);
        self.graph.nodes.len() - 1
    }

    fn node(&mut self, end: End, node: Node) -> usize {
        let at = self.push(node);
        self.known.insert(end, at);
        at
    }

    /// Streams that nothing of the pipeline puts records into are fed from outside.
    fn producers(&mut self, pipeline: &Pipeline, edges: &[Edge]) {
        let fed: BTreeSet<&End> = edges.iter().map(|edge| &edge.to).collect();
        let streams = pipeline.streams().keys().map(|name| (name, End::Stage(StageRef::new(StageKind::Stream, name))));
        let unfed: Vec<_> = streams.filter(|(_, end)| !fed.contains(end)).collect();
        if unfed.is_empty() {
            return;
        }
        let from = self.push(Node {
            id: "producers".to_owned(),
            kind: NodeKind::Producers,
            label: "producers".to_owned(),
            detail: String::new(),
        });
        for (name, end) in unfed {
            let load = pipeline.traffic().get(name);
            let label = load.map(|load| format!("peak {}", load.peak)).unwrap_or_default();
            let to = self.end(&end);
            self.graph.edges.push(Flow { from, to, kind: FlowKind::Sends, label });
        }
    }

    fn edge(&mut self, pipeline: &Pipeline, edge: &Edge) {
        let (from, to) = (self.end(&edge.from), self.end(&edge.to));
        let (kind, word) = words(edge.kind);
        let fan_out = edge.to.stage().is_some_and(|stage| {
            let consumer = pipeline.consumers().get(&stage.name).filter(|_| stage.kind == StageKind::Consumer);
            edge.kind == EdgeKind::Records && consumer.is_some_and(|consumer| consumer.read == ReadMode::FanOut)
        });
        let label = if fan_out { "fan-out" } else { word }.to_owned();
        self.graph.edges.push(Flow { from, to, kind, label });
    }

    /// The node of an end; what is outside the stages is drawn when it is first met.
    fn end(&mut self, end: &End) -> usize {
        if let Some(at) = self.known.get(end) {
            return *at;
        }
        let number = self.graph.nodes.len();
        let node = match end {
            End::Stage(stage) => Node {
                id: format!("{}-{}", stage.kind, stage.name),
                kind: kind(stage.kind).unwrap_or(NodeKind::Outside),
                label: stage.name.to_string(),
                detail: String::new(),
            },
            End::OtherStream(other, stream) => Node {
                id: format!("other-{number}"),
                kind: NodeKind::OtherStream,
                label: format!("{other}/{stream}"),
                detail: String::new(),
            },
            End::FailureQueue(stage) => Node {
                id: format!("failed-{}-{}", stage.kind, stage.name),
                kind: NodeKind::DeadLetters,
                label: stage.name.to_string(),
                detail: "queue".to_owned(),
            },
            End::Outside { what, name } => Node {
                id: format!("outside-{number}"),
                kind: NodeKind::Outside,
                label: name.clone(),
                detail: (*what).to_owned(),
            },
        };
        self.node(end.clone(), node)
    }
}

/// What an edge is to a reader of the picture, and the word on it.
fn words(kind: EdgeKind) -> (FlowKind, &'static str) {
    match kind {
        EdgeKind::Records | EdgeKind::Messages | EdgeKind::Objects => (FlowKind::Reads, "reads"),
        EdgeKind::Input => (FlowKind::Reads, "input"),
        EdgeKind::Delivers => (FlowKind::Notify, "delivers"),
        EdgeKind::Archives => (FlowKind::Archive, "archives"),
        EdgeKind::Features => (FlowKind::Features, "features"),
        EdgeKind::Writes => (FlowKind::Writes, "writes"),
        EdgeKind::Output => (FlowKind::Writes, "output"),
        EdgeKind::Sends => (FlowKind::Sends, "sends"),
        EdgeKind::Late => (FlowKind::Late, "late"),
        EdgeKind::Scores => (FlowKind::Scores, "scores"),
        EdgeKind::FallsBack => (FlowKind::Scores, "falls back"),
        EdgeKind::Success => (FlowKind::Notify, "success"),
        EdgeKind::Error => (FlowKind::Notify, "errors"),
        EdgeKind::GivesUp => (FlowKind::Failure, "gives up"),
        EdgeKind::Emits => (FlowKind::Measures, "measures"),
        // Keys are not drawn.
        EdgeKind::Encrypts => (FlowKind::Reads, ""),
    }
}
