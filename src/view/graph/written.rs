//! A topology as documents hold it: edges name nodes by id.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::value::{Flow, FlowKind, Graph, Node};

/// The topology of a pipeline.
#[derive(Clone, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "Topology")]
pub(super) struct Written {
    /// The pipeline.
    pipeline: String,
    /// The environment that it was resolved for.
    environment: String,
    /// Stages and outside worlds.
    nodes: Vec<Node>,
    /// What flows.
    edges: Vec<Edge>,
}

/// One arrow of a topology.
#[derive(Clone, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "TopologyEdge")]
struct Edge {
    /// The node where it begins.
    from: String,
    /// The node where it ends.
    to: String,
    /// What it means.
    kind: FlowKind,
    /// The words on it; may be empty.
    label: String,
}

impl From<Graph> for Written {
    fn from(graph: Graph) -> Self {
        let Graph { pipeline, environment, nodes, edges } = graph;
        let id = |at: usize| nodes.get(at).map(|node| node.id.clone()).unwrap_or_default();
        let edges = edges.into_iter().map(|flow| {
            let Flow { from, to, kind, label } = flow;
            Edge { from: id(from), to: id(to), kind, label }
        });
        Self { pipeline, environment, edges: edges.collect(), nodes }
    }
}

impl TryFrom<Written> for Graph {
    type Error = String;

    fn try_from(written: Written) -> Result<Self, String> {
        let Written { pipeline, environment, nodes, edges } = written;
        let places: BTreeMap<&str, usize> = nodes.iter().enumerate().map(|(at, node)| (node.id.as_str(), at)).collect();
        let place =
            |id: &str| places.get(id).copied().ok_or_else(|| format!("an edge of the topology leads to no node: {id}"));
        let edges = edges.into_iter().map(|edge| {
            let Edge { from, to, kind, label } = edge;
            Ok(Flow { from: place(&from)?, to: place(&to)?, kind, label })
        });
        Ok(Self { pipeline, environment, edges: edges.collect::<Result<_, String>>()?, nodes })
    }
}
