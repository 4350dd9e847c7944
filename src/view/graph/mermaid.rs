//! The topology as a Mermaid flowchart, as code hosts show it inside Markdown.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use super::svg::picture;
use super::value::{Class, FlowKind, Graph, Node, NodeKind};
use crate::view::words::printable;

/// Returns the flowchart, without a fence around it.
#[must_use]
pub fn to_mermaid(graph: &Graph) -> String {
    let direction = picture(graph).direction.word();
    let mut out = format!("flowchart {direction}\n");
    for node in &graph.nodes {
        let [open, close] = brackets(node.kind);
        // Writing into a String cannot fail.
        let _ = writeln!(out, "  {}{open}\"{}\"{close}:::{}", id(node), text(node), node.kind.class().name());
    }
    for flow in &graph.edges {
        let (Some(from), Some(to)) = (graph.node(flow.from), graph.node(flow.to)) else { continue };
        let line = if flow.kind.is_aside() { "-.->" } else { "-->" };
        let words = if flow.label.is_empty() { String::new() } else { format!("|\"{}\"|", escaped(&flow.label)) };
        let _ = writeln!(out, "  {} {line}{words} {}", id(from), id(to));
    }
    let classes: BTreeSet<Class> = graph.nodes.iter().map(|node| node.kind.class()).collect();
    for class in classes {
        let [fill, stroke, color] = class.light();
        let dashed = if class == Class::Outside { ",stroke-dasharray:4 3" } else { "" };
        let _ = writeln!(out, "  classDef {} fill:{fill},stroke:{stroke},color:{color}{dashed}", class.name());
    }
    let failures: Vec<String> = graph
        .edges
        .iter()
        .enumerate()
        .filter(|(_, flow)| flow.kind == FlowKind::Failure)
        .map(|(at, _)| at.to_string())
        .collect();
    if !failures.is_empty() {
        let [_, stroke, _] = Class::Failure.light();
        let _ = writeln!(out, "  linkStyle {} stroke:{stroke}", failures.join(","));
    }
    out
}

/// The brackets that give a node its shape.
fn brackets(kind: NodeKind) -> [&'static str; 2] {
    match kind {
        NodeKind::Producers | NodeKind::Outside => ["([", "])"],
        NodeKind::Stream | NodeKind::OtherStream => ["[[", "]]"],
        NodeKind::Table => ["[(", ")]"],
        NodeKind::Queue | NodeKind::DeadLetters => ["[", "]"],
        NodeKind::Topic => [">", "]"],
        NodeKind::Bucket | NodeKind::Archive => ["[\\", "/]"],
        NodeKind::Endpoint => ["{{", "}}"],
        NodeKind::Consumer | NodeKind::Worker => ["(", ")"],
        NodeKind::Metric => ["[/", "/]"],
    }
}

/// A node's id: none of Mermaid's own words, such as `end`, has an underscore in it.
fn id(node: &Node) -> String {
    node.id.replace('-', "_")
}

fn text(node: &Node) -> String {
    let mut out = format!("<small>{}</small><br/><b>{}</b>", node.kind.caption(), escaped(&node.label));
    if !node.detail.is_empty() {
        let _ = write!(out, "<br/><small>{}</small>", escaped(&node.detail));
    }
    out
}

/// A text inside quotes: everything that Mermaid, Markdown or HTML would take for its own as an entity code.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in printable(text).chars() {
        if c.is_alphanumeric() || c == ' ' || "-_.,:/·×–%+@≤≥…".contains(c) {
            out.push(c);
        } else {
            let _ = write!(out, "#{};", u32::from(c));
        }
    }
    out
}
