//! In which order a reader meets the stages: as records pass them.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use crate::pipeline::{Edge, EdgeKind, Pipeline, StageRef, edges};

/// Every stage, those nearest to where records enter first; at the same distance by kind and name.
pub(super) fn in_flow(pipeline: &Pipeline) -> Vec<StageRef> {
    let mut next: BTreeMap<StageRef, Vec<StageRef>> = BTreeMap::new();
    let mut reached: BTreeSet<StageRef> = BTreeSet::new();
    for (from, to) in edges(pipeline).into_iter().filter_map(step) {
        reached.insert(to.clone());
        next.entry(from).or_default().push(to);
    }
    let stages: BTreeSet<StageRef> = pipeline.stages().collect();
    let mut distances: BTreeMap<StageRef, usize> =
        stages.iter().filter(|stage| !reached.contains(stage)).map(|stage| (stage.clone(), 0)).collect();
    let mut waiting: VecDeque<StageRef> = distances.keys().cloned().collect();
    while let Some(stage) = waiting.pop_front() {
        let distance = distances.get(&stage).copied().unwrap_or_default() + 1;
        for to in next.get(&stage).into_iter().flatten() {
            if !distances.contains_key(to) {
                distances.insert(to.clone(), distance);
                waiting.push_back(to.clone());
            }
        }
    }
    let mut ordered: Vec<StageRef> = stages.into_iter().collect();
    ordered.sort_by_key(|stage| distances.get(stage).copied().unwrap_or(usize::MAX));
    ordered
}

/// From where to where an edge leads the eye. What a function looks up (features, objects) stands after the function, like
/// what it writes.
fn step(edge: Edge) -> Option<(StageRef, StageRef)> {
    let (from, to) = (edge.from.stage()?.clone(), edge.to.stage()?.clone());
    match edge.kind {
        EdgeKind::Features | EdgeKind::Objects | EdgeKind::Input => Some((to, from)),
        EdgeKind::Encrypts => None,
        EdgeKind::Records
        | EdgeKind::Messages
        | EdgeKind::Delivers
        | EdgeKind::Archives
        | EdgeKind::Writes
        | EdgeKind::Sends
        | EdgeKind::Late
        | EdgeKind::Scores
        | EdgeKind::FallsBack
        | EdgeKind::Output
        | EdgeKind::Success
        | EdgeKind::Error
        | EdgeKind::GivesUp
        | EdgeKind::Emits => Some((from, to)),
    }
}
