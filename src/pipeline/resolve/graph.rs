//! The graph of streams: circles, and how many readers a stream has.

use std::collections::{BTreeMap, BTreeSet};

use super::Resolver;
use crate::diagnostic::Code;
use crate::spec::{PipelineFile, ReadChoice};
use crate::units::StageName;

/// Most enhanced fan-out registrations of one stream (aws-facts.md 2.1).
const MOST_FAN_OUT: usize = 20;

impl Resolver<'_> {
    /// A record that a consumer sends back to a stream it came from would go round for ever.
    /// Reading features from a table that is also written is no circle: nothing is triggered by a table.
    pub(super) fn check_circles(&mut self) {
        let mut reported = BTreeSet::new();
        let file = self.file;
        for (name, spec) in &file.consumers {
            let Some(late) = &spec.late_to else { continue };
            let Some(chain) = way(file, late, &spec.from.stream) else { continue };
            let members: BTreeSet<&StageName> = chain.iter().copied().chain([name]).collect();
            if !reported.insert(members) {
                continue;
            }
            let path = format!("consumers.{name}.late_to");
            let title = if chain.is_empty() {
                format!("consumer `{name}` sends late records back to `{late}`, the stream it reads")
            } else {
                let others: Vec<String> = chain.iter().map(|other| format!("`{other}`")).collect();
                format!("records of `{late}` come back to it through consumers `{name}` and {}", others.join(", "))
            };
            let mut diagnostic = self.error(Code::Cycle, &path, title);
            for other in &chain {
                diagnostic = self.also(diagnostic, &format!("consumers.{other}.late_to"), "goes on from here");
            }
            self.push(diagnostic.help("send late records to a stream that leads nowhere back"));
        }
    }

    pub(super) fn check_readers(&mut self) {
        let file = self.file;
        for stream in file.streams.keys() {
            let fan_out = |(_, spec): &(&StageName, &crate::spec::ConsumerSpec)| {
                spec.from.stream == *stream && spec.read == Some(ReadChoice::FanOut)
            };
            let readers: Vec<&StageName> = file.consumers.iter().filter(fan_out).map(|(name, _)| name).collect();
            if let Some(one_too_many) = readers.get(MOST_FAN_OUT) {
                let title =
                    format!("{} consumers read `{stream}` by fan-out; Kinesis allows {MOST_FAN_OUT}", readers.len());
                let diagnostic = self.error(Code::OutOfRange, &format!("consumers.{one_too_many}.read"), title);
                self.push(diagnostic.help("let those that can wait read `shared`"));
            }
        }
    }
}

/// The consumers over which records get from one stream to another; empty where they are the same.
fn way<'file>(file: &'file PipelineFile, start: &'file StageName, goal: &StageName) -> Option<Vec<&'file StageName>> {
    let mut ways: BTreeMap<&StageName, Vec<&StageName>> = BTreeMap::new();
    let mut next = vec![(start, Vec::new())];
    while let Some((stream, way)) = next.pop() {
        if stream == goal {
            return Some(way);
        }
        if ways.insert(stream, way.clone()).is_some() {
            continue;
        }
        for (name, spec) in file.consumers.iter().filter(|(_, spec)| spec.from.stream == *stream) {
            if let Some(late) = spec.late_to.as_ref().filter(|late| !ways.contains_key(late)) {
                let mut longer = way.clone();
                longer.push(name);
                next.push((late, longer));
            }
        }
    }
    None
}
