//! What a pipeline takes of what all pipelines of an environment share.

use std::collections::BTreeMap;

use super::flow::{Flows, Site};
use super::function::running;
use super::report::Level;
use super::{Sized, SizedStream};
use crate::pipeline::{ReadMode, Serving, StreamFrom};
use crate::units::{PipelineName, StageName};

/// What a pipeline takes of its account, reckoned once so that many pipelines can be added up.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Footprint {
    /// Function instances that are reserved.
    pub(super) reserved: f64,
    /// Function instances that run at the peak where none are reserved, as far as that is known.
    pub(super) shared: f64,
    /// Invocations a second at the peak.
    pub(super) invocations: f64,
    /// Open shards of provisioned streams.
    pub(super) shards: f64,
    /// On-demand streams.
    pub(super) on_demand: f64,
    /// Instances of endpoints at most, by instance type.
    pub(super) instances: BTreeMap<String, f64>,
    /// Streams of other pipelines that it reads.
    pub(super) reads: Vec<(PipelineName, StageName, ReadMode)>,
}

impl Footprint {
    pub(super) fn of(sized: &Sized) -> Self {
        let pipeline = sized.pipeline();
        let mut print = Self::default();
        for capacity in pipeline.streams().keys().filter_map(|stream| sized.stream_capacity(stream)) {
            match capacity {
                SizedStream::OnDemand => print.on_demand += 1.0,
                SizedStream::Provisioned { shards } => print.shards += f64::from(shards),
            }
        }
        for endpoint in pipeline.endpoints().values() {
            match &endpoint.serving {
                Serving::RealTime { instance, max, .. } | Serving::Async { instance, max, .. } => {
                    *print.instances.entry(instance.clone()).or_default() += f64::from(*max);
                }
                Serving::Serverless { .. } => {}
            }
        }
        for consumer in pipeline.consumers().values() {
            if let StreamFrom::Other(other) = &consumer.from {
                print.reads.push((other.pipeline.clone(), other.stream.clone(), consumer.read));
            }
        }
        for (_, function) in pipeline.functions() {
            print.reserved += function.concurrency.reserved.map_or(0.0, f64::from);
        }
        let site = Site { sized, neighbours: &[] };
        let flows = Flows::of(site);
        for run in running(site, &flows, &mut Vec::new()) {
            print.invocations += run.invocations(Level::Peak);
            if run.function.concurrency.reserved.is_none() {
                print.shared += run.concurrency(Level::Peak);
            }
        }
        print
    }
}
