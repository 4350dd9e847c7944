//! Traffic and streams.

use std::collections::{BTreeMap, BTreeSet};

use super::{Resolver, defaults};
use crate::diagnostic::Code;
use crate::pipeline::model::{KeySpread, Stream, StreamCapacity, Traffic};
use crate::pipeline::stage::{StageKind, StageRef};
use crate::spec::{CapacityChoice, KeySpec, ShardMetricsChoice, Source, StreamSpec, TrafficSpec};
use crate::units::{ByteSize, Percent, Rate, ShardMetric, StageName};

/// Largest record that a stream takes as it is rendered: 10 MiB need `MaxRecordSizeInKiB`, which nothing here sets.
const LARGEST_RECORD: ByteSize = ByteSize::from_mib(1);

impl Resolver<'_> {
    pub(super) fn traffic(&mut self) -> BTreeMap<StageName, Traffic> {
        let file = self.file;
        file.traffic
            .iter()
            .map(|(name, spec)| {
                self.check_known(StageKind::Stream, name, &format!("traffic.{name}"));
                (name.clone(), self.load(name, spec))
            })
            .collect()
    }

    fn load(&mut self, name: &StageName, spec: &TrafficSpec) -> Traffic {
        let steady = spec.steady.0;
        let peak = spec.peak.map_or_else(|| scaled(steady, defaults::PEAK_FACTOR), |peak| peak.0);
        let path = |field: &str| format!("traffic.{name}.{field}");
        let comparable =
            matches!((steady, peak), (Rate::Records(_), Rate::Records(_)) | (Rate::Bytes(_), Rate::Bytes(_)));
        if !comparable {
            let title = "`steady` and `peak` must both count records, or both bytes";
            let finding = self.error(Code::Conflict, &path("peak"), title);
            self.push(self.also(finding, &path("steady"), "the other one"));
        } else if peak.per_second() < steady.per_second() {
            let title = format!("the peak of {peak} is below the steady load of {steady}");
            let finding = self.error(Code::Conflict, &path("peak"), title);
            self.push(self.also(finding, &path("steady"), "the steady load"));
        }
        self.check_record(&path("record"), spec);
        Traffic {
            steady,
            peak,
            burst: spec.burst.map_or(defaults::BURST, |burst| burst.0),
            record: spec.record.map_or(defaults::RECORD, |record| record.0),
            key: spec.key.as_ref().map(spread),
        }
    }

    /// A mean above the maximum would be refused with every second record, and only once producers write.
    fn check_record(&mut self, path: &str, spec: &TrafficSpec) {
        let Some(record) = spec.record.map(|record| record.0).filter(|size| *size > LARGEST_RECORD) else { return };
        let title = format!("`{record}` is out of range: a record of a stream is at most {LARGEST_RECORD}");
        let finding = self.error(Code::OutOfRange, path, title);
        let finding = finding
            .note("streams are made with Kinesis's own maximum, `MaxRecordSizeInKiB: 1024`")
            .source(Source::KinesisQuotas);
        self.push(finding.help("put the payload into a bucket, and its address into the record"));
    }

    pub(super) fn streams(&mut self) -> BTreeMap<StageName, Stream> {
        let file = self.file;
        file.streams.iter().map(|(name, spec)| (name.clone(), self.stream(name, spec))).collect()
    }

    fn stream(&mut self, name: &StageName, spec: &StreamSpec) -> Stream {
        Stream {
            name: name.clone(),
            capacity: match &spec.capacity {
                None | Some(CapacityChoice::Auto) => StreamCapacity::Auto,
                Some(CapacityChoice::OnDemand) => StreamCapacity::OnDemand,
                Some(CapacityChoice::Provisioned(fixed)) => StreamCapacity::Provisioned { shards: fixed.shards.0 },
            },
            retention: spec
                .retention
                .map_or_else(|| defaults::retention(self.environment().tier()), |retention| retention.0),
            shard_metrics: match &spec.shard_metrics {
                None | Some(ShardMetricsChoice::None) => BTreeSet::new(),
                Some(ShardMetricsChoice::All) => ShardMetric::ALL.into_iter().collect(),
                Some(ShardMetricsChoice::Only(some)) => some.iter().copied().collect(),
            },
            encryption: self.encryption(&StageRef::new(StageKind::Stream, name), spec.encryption.as_ref()),
        }
    }
}

fn scaled(rate: Rate, factor: f64) -> Rate {
    match rate {
        Rate::Records(records) => Rate::Records(records * factor),
        Rate::Bytes(bytes) => Rate::Bytes(bytes * factor),
    }
}

fn spread(key: &KeySpec) -> KeySpread {
    let even = 100.0 / key.distinct.0.0 as f64;
    KeySpread {
        field: key.field.0.clone(),
        distinct: key.distinct.0,
        hottest: key.hottest.map_or_else(|| Percent::new(even), |share| share.0),
    }
}
