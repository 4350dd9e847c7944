//! The topology in Graphviz' language.

use std::fmt::Write as _;

use super::svg::picture;
use super::value::{FlowKind, Graph, Node, NodeKind};
use crate::view::words::printable;

/// Returns a directed graph for `dot`.
#[must_use]
pub fn to_dot(graph: &Graph) -> String {
    let direction = picture(graph).direction.word();
    let mut out = format!(
        "digraph {} {{\n  graph [rankdir={direction}, label={}, labelloc=t, fontname=\"sans-serif\"];\n  \
         node [style=filled, fontname=\"sans-serif\", fontsize=12];\n  edge [fontname=\"sans-serif\", fontsize=10];\n",
        quoted(&graph.pipeline),
        quoted(&graph.title())
    );
    for node in &graph.nodes {
        let [fill, stroke, color] = node.kind.class().light();
        // Writing into a String cannot fail.
        let _ = writeln!(
            out,
            "  {} [label={}, shape={}, style={}, fillcolor=\"{fill}\", color=\"{stroke}\", fontcolor=\"{color}\"];",
            quoted(&node.id),
            quoted(&text(node)),
            shape(node.kind),
            style(node.kind),
        );
    }
    for flow in &graph.edges {
        let (Some(from), Some(to)) = (graph.node(flow.from), graph.node(flow.to)) else { continue };
        let mut attributes = Vec::new();
        if !flow.label.is_empty() {
            attributes.push(format!("label={}", quoted(&flow.label)));
        }
        if flow.kind.is_aside() {
            attributes.push("style=dashed".to_owned());
        }
        if flow.kind == FlowKind::Failure {
            attributes.push("color=\"#cf222e\"".to_owned());
        }
        let attributes = if attributes.is_empty() { String::new() } else { format!(" [{}]", attributes.join(", ")) };
        let _ = writeln!(out, "  {} -> {}{attributes};", quoted(&from.id), quoted(&to.id));
    }
    out.push_str("}\n");
    out
}

fn shape(kind: NodeKind) -> &'static str {
    match kind {
        NodeKind::Producers | NodeKind::Outside | NodeKind::Consumer | NodeKind::Worker => "box",
        NodeKind::Stream | NodeKind::OtherStream => "cds",
        NodeKind::Table => "cylinder",
        NodeKind::Queue | NodeKind::DeadLetters => "component",
        NodeKind::Topic => "hexagon",
        NodeKind::Bucket | NodeKind::Archive => "invtrapezium",
        NodeKind::Endpoint => "octagon",
        NodeKind::Metric => "note",
    }
}

fn style(kind: NodeKind) -> &'static str {
    match kind {
        NodeKind::Producers | NodeKind::Outside | NodeKind::OtherStream => "\"filled,dashed\"",
        NodeKind::Consumer | NodeKind::Worker => "\"filled,rounded\"",
        NodeKind::Stream
        | NodeKind::Table
        | NodeKind::Queue
        | NodeKind::DeadLetters
        | NodeKind::Topic
        | NodeKind::Bucket
        | NodeKind::Archive
        | NodeKind::Endpoint
        | NodeKind::Metric => "filled",
    }
}

fn text(node: &Node) -> String {
    let lines = [node.kind.caption(), &node.label, &node.detail];
    lines.into_iter().filter(|line| !line.is_empty()).collect::<Vec<_>>().join("\n")
}

/// A quoted string; `\` begins Graphviz' own escapes, of which only the line break is meant.
fn quoted(text: &str) -> String {
    let lines: Vec<String> =
        text.split('\n').map(|line| printable(line).replace('\\', "\\\\").replace('"', "\\\"")).collect();
    format!("\"{}\"", lines.join("\\n"))
}
