//! The stages, what flows between them, and which of them change.

use std::collections::BTreeMap;

use super::super::markdown::rank;
use super::super::words;
use super::Level;
use super::resources::{anchor, class_of};
use crate::plan::{Action, Plan};
use crate::view::graph::{Graph, Mark, to_figure};
use crate::view::words::plural;

/// The picture, and what its rings mean.
pub(super) fn section(plan: &Plan, graph: &Graph, level: Level<'_>) -> String {
    let marks = marks(plan);
    let mut meant: Vec<(Action, &str)> = Vec::new();
    for action in Action::ALL {
        let class = class_of(action);
        if marks.values().any(|mark| mark.class == class) && meant.iter().all(|(_, known)| *known != class) {
            meant.push((action, class));
        }
    }
    let legend: String =
        meant.iter().map(|(_, class)| format!("<li class=\"{class}\"><i></i>{}</li>", meaning(class))).collect();
    let legend = if legend.is_empty() {
        "<figcaption>No stage changes.</figcaption>".to_owned()
    } else {
        format!("<figcaption><ul class=\"legend\">{legend}</ul></figcaption>")
    };
    format!(
        "<section>\n{}<figure>\n<div class=\"topology\" tabindex=\"0\" role=\"group\" aria-label=\"Topology\">\n{}</div>\n{legend}\n</figure></section>\n",
        level.heading(1, "", "Topology"),
        to_figure(graph, &marks, level.prefix)
    )
}

/// What happens to each stage: its worst change, and how many there are. By the ids of the picture.
fn marks(plan: &Plan) -> BTreeMap<String, Mark> {
    let mut stages: BTreeMap<String, (Action, usize)> = BTreeMap::new();
    for resource in &plan.resources {
        let Some(stage) = resource.origin.as_ref().and_then(|origin| origin.stage.as_ref()) else { continue };
        let (worst, count) = stages.entry(anchor(&stage.to_string())).or_insert((resource.action, 0));
        if rank(resource.action) < rank(*worst) {
            *worst = resource.action;
        }
        *count += 1;
    }
    let mark = |(action, count): (Action, usize)| Mark {
        sign: format!("{} {count}", action.symbol()),
        class: class_of(action),
        words: format!("{}: {}", plural(count, "change"), words::action(action)),
    };
    stages.into_iter().map(|(id, found)| (id, mark(found))).collect()
}

fn meaning(class: &str) -> &'static str {
    match class {
        "new" => "something is new",
        "changed" => "something changes in place",
        "replaced" => "something is replaced",
        "removed" => "something goes",
        _ => "something is refused",
    }
}
