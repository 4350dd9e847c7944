//! The same pipeline under another load.

use std::collections::{BTreeMap, BTreeSet};

use super::load::Load;
use crate::pipeline::{Pipeline, Traffic};
use crate::units::{Rate, StageName};

/// Returns a pipeline at another total steady load of the streams that records enter it by, each of which keeps its part of
/// it. Peaks, and the loads of streams that its own functions fill, change by the same factor. `None` where no traffic of
/// such a stream is declared: then nobody can say how large a record is.
#[must_use]
pub fn at_load(pipeline: Pipeline, steady: Rate) -> Option<Pipeline> {
    let filled = filled(&pipeline);
    let entries = pipeline.traffic().iter().filter(|(stream, _)| !filled.contains(*stream));
    let entering = entries
        .map(|(_, traffic)| Load::of(traffic, traffic.steady))
        .fold(Load::default(), |sum, load| Load { records: sum.records + load.records, bytes: sum.bytes + load.bytes });
    let (now, then) = match steady {
        Rate::Records(records) => (entering.records, records),
        Rate::Bytes(bytes) => (entering.bytes, bytes),
    };
    let factor = (now > 0.0).then(|| then / now)?;
    let scaled = |rate: Rate| match rate {
        Rate::Records(records) => Rate::Records(records * factor),
        Rate::Bytes(bytes) => Rate::Bytes(bytes * factor),
    };
    let traffic: BTreeMap<StageName, Traffic> = pipeline
        .traffic()
        .iter()
        .map(|(stream, traffic)| {
            (stream.clone(), Traffic { steady: scaled(traffic.steady), peak: scaled(traffic.peak), ..traffic.clone() })
        })
        .collect();
    Some(pipeline.with_traffic(traffic))
}

/// Streams that the pipeline's own functions fill.
fn filled(pipeline: &Pipeline) -> BTreeSet<StageName> {
    let sent = pipeline.functions().flat_map(|(_, function)| &function.sends.streams);
    let late = pipeline.consumers().values().filter_map(|consumer| consumer.late_to.as_ref());
    sent.chain(late).cloned().collect()
}
