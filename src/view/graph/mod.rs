//! The topology of a pipeline: a graph as data, and its writers.

mod build;
mod detail;
mod dot;
mod layout;
mod mermaid;
mod outline;
mod svg;
mod value;
mod written;

pub use build::topology;
pub use dot::to_dot;
pub use mermaid::to_mermaid;
pub use svg::{Mark, figure_style, to_figure, to_svg};
pub use value::{Class, Flow, FlowKind, Graph, Node, NodeKind};

use serde_json::{Map, Value, json};

use crate::view::FORMAT_VERSION;

/// Around the topology in a page.
const MARKERS: [&str; 2] = ["<!-- topology -->", "<!-- /topology -->"];

/// Returns a Markdown page with a flowchart between its markers, in the place of what stood there; `None` where the
/// page does not have both, once each and in order.
#[must_use]
pub fn placed(page: &str, mermaid: &str) -> Option<String> {
    let [open, close] = MARKERS;
    let (before, rest) = page.split_once(open)?;
    let (_, after) = rest.split_once(close)?;
    let again = MARKERS.iter().any(|marker| before.contains(marker) || after.contains(marker));
    (!again).then(|| format!("{before}{open}\n\n```mermaid\n{mermaid}```\n\n{close}{after}"))
}

/// Returns the graph as one JSON document; edges name nodes by id.
#[must_use]
pub fn to_json(graph: &Graph) -> Value {
    let mut document = Map::from_iter([("format_version".to_owned(), json!(FORMAT_VERSION))]);
    if let Value::Object(fields) = crate::view::words::json(graph) {
        document.extend(fields);
    }
    Value::Object(document)
}

#[cfg(test)]
mod tests;
