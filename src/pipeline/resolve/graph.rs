//! The stage graph: circles, and how many readers a stream has.

use std::collections::{BTreeMap, BTreeSet};

use super::Resolver;
use crate::diagnostic::Code;
use crate::pipeline::edges::{Edge, EdgeKind, End, edges};
use crate::pipeline::model::{Pipeline, ReadMode};
use crate::pipeline::stage::StageKind;
use crate::units::PipelineName;

/// Most enhanced fan-out registrations of one stream (aws-facts.md 2.1).
const MOST_FAN_OUT: usize = 20;

/// An end of an edge among all pipelines that read from each other.
type Spot = (PipelineName, End);

/// One step that makes the next stage act.
struct Step {
    from: Spot,
    to: Spot,
    edge: Edge,
    /// Whether this pipeline declares it.
    own: bool,
}

impl Resolver<'_> {
    /// What a stage sends back to where it came from would go round for ever. Reading features from a table that is
    /// also written is no circle: nothing is triggered by a table.
    pub(super) fn check_circles(&mut self, pipeline: &Pipeline) {
        let mut steps = steps(pipeline, true);
        for neighbour in self.folder.neighbours() {
            steps.extend(self.outline(neighbour).iter().flat_map(|other| self::steps(other, false)));
        }
        let mut reported = BTreeSet::new();
        for (index, step) in steps.iter().enumerate().filter(|(_, step)| step.own && sends(step.edge.kind)) {
            let Some(way) = way(&steps, &step.to, &step.from) else { continue };
            let members: BTreeSet<usize> = way.iter().copied().chain([index]).collect();
            if !reported.insert(members) {
                continue;
            }
            let circle: Vec<&Step> = [index].iter().chain(&way).filter_map(|at| steps.get(*at)).collect();
            let spots: Vec<String> = circle.iter().map(|step| self.spot(&step.from)).collect();
            let start = self.spot(&step.from);
            let title = format!("what {start} sends comes back to it: {} → {start}", spots.join(" → "));
            let mut finding = self.error(Code::Cycle, &step.edge.path, title);
            for next in circle.iter().skip(1).filter(|next| next.own && sends(next.edge.kind)) {
                finding = self.also(finding, &next.edge.path, "goes on from here");
            }
            self.push(finding.help("send to a stage that leads nowhere back"));
        }
    }

    fn spot(&self, (pipeline, end): &Spot) -> String {
        let of = |text: String| if *pipeline == self.file.pipeline { text } else { format!("{text} of `{pipeline}`") };
        match end {
            End::Stage(stage) => of(format!("{} `{}`", stage.kind, stage.name)),
            End::FailureQueue(stage) => of(format!("the queue of {} `{}`", stage.kind, stage.name)),
            End::OtherStream(other, stream) => format!("stream `{stream}` of `{other}`"),
            End::Outside { what, name } => format!("{what} `{name}`"),
        }
    }

    pub(super) fn check_readers(&mut self, pipeline: &Pipeline) {
        for stream in pipeline.streams().keys() {
            let consumers = pipeline.consumers().values();
            let readers = consumers.filter(|c| c.from.own() == Some(stream) && c.read == ReadMode::FanOut);
            let readers: Vec<_> = readers.map(|consumer| &consumer.name).collect();
            if let Some(one_too_many) = readers.get(MOST_FAN_OUT) {
                let title =
                    format!("{} consumers read `{stream}` by fan-out; Kinesis allows {MOST_FAN_OUT}", readers.len());
                let finding = self.error(Code::OutOfRange, &format!("consumers.{one_too_many}.read"), title);
                self.push(finding.help("let those that can wait read `shared`"));
            }
        }
    }
}

/// Whether somebody decides to send along an edge, rather than only to listen.
fn sends(kind: EdgeKind) -> bool {
    kind.triggers() && !matches!(kind, EdgeKind::Records | EdgeKind::Messages)
}

/// The steps of one pipeline, its ends told apart from those of others.
fn steps(pipeline: &Pipeline, own: bool) -> Vec<Step> {
    let spot = |end: &End| match end {
        End::OtherStream(other, stream) => {
            (other.clone(), End::Stage(crate::pipeline::StageRef::new(StageKind::Stream, stream)))
        }
        end => (pipeline.name().clone(), end.clone()),
    };
    let triggering = edges(pipeline).into_iter().filter(|edge| edge.kind.triggers());
    triggering.map(|edge| Step { from: spot(&edge.from), to: spot(&edge.to), edge, own }).collect()
}

/// The shortest way from one spot to another, as positions of steps; empty where they are the same.
fn way(steps: &[Step], start: &Spot, goal: &Spot) -> Option<Vec<usize>> {
    let mut came_by: BTreeMap<&Spot, Option<usize>> = BTreeMap::from([(start, None)]);
    let mut next = std::collections::VecDeque::from([start]);
    while let Some(spot) = next.pop_front() {
        if spot == goal {
            let mut way = Vec::new();
            let mut at = spot;
            while let Some(index) = came_by.get(at).copied().flatten() {
                way.push(index);
                at = &steps.get(index)?.from;
            }
            way.reverse();
            return Some(way);
        }
        for (index, step) in steps.iter().enumerate().filter(|(_, step)| step.from == *spot) {
            if !came_by.contains_key(&step.to) {
                came_by.insert(&step.to, Some(index));
                next.push_back(&step.to);
            }
        }
    }
    None
}
