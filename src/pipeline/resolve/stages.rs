//! Traffic, streams, tables and archives.

use std::collections::BTreeMap;

use super::{Resolver, defaults};
use crate::diagnostic::Code;
use crate::pipeline::model::{
    AfterStandard, Archive, Compression, KeySpread, ShardMetrics, Stream, StreamCapacity, Table, TableCapacity,
    Traffic, Ttl,
};
use crate::pipeline::stage::StageKind;
use crate::spec::{
    ArchiveSpec, CapacityChoice, CompressChoice, KeySpec, ShardMetricsChoice, StreamSpec, TableCapacityChoice,
    TableSpec, ThenChoice, TrafficSpec,
};
use crate::units::{ByteSize, Percent, Rate, StageName};

/// Largest record that a Kinesis stream can be set to take (aws-facts.md 2.1).
const LARGEST_RECORD: ByteSize = ByteSize::from_mib(10);

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
            let diagnostic = self.error(Code::Conflict, &path("peak"), title);
            self.push(self.also(diagnostic, &path("steady"), "the other one"));
        } else if peak.per_second() < steady.per_second() {
            let title = format!("the peak of {peak} is below the steady load of {steady}");
            let diagnostic = self.error(Code::Conflict, &path("peak"), title);
            self.push(self.also(diagnostic, &path("steady"), "the steady load"));
        }
        if spec.record.is_some_and(|record| record.0 > LARGEST_RECORD) {
            self.push(self.error(Code::OutOfRange, &path("record"), "a record of a stream is at most 10 MiB"));
        }
        Traffic {
            steady,
            peak,
            burst: spec.burst.map_or(defaults::BURST, |burst| burst.0),
            record: spec.record.map_or(defaults::RECORD, |record| record.0),
            key: spec.key.as_ref().map(spread),
        }
    }

    pub(super) fn streams(&mut self) -> BTreeMap<StageName, Stream> {
        self.file.streams.iter().map(|(name, spec)| (name.clone(), self.stream(name, spec))).collect()
    }

    fn stream(&self, name: &StageName, spec: &StreamSpec) -> Stream {
        Stream {
            name: name.clone(),
            capacity: match &spec.capacity {
                None | Some(CapacityChoice::Auto) => StreamCapacity::Auto,
                Some(CapacityChoice::OnDemand) => StreamCapacity::OnDemand,
                Some(CapacityChoice::Provisioned(fixed)) => StreamCapacity::Provisioned { shards: fixed.shards.0 },
            },
            retention: spec.retention.map_or_else(|| defaults::retention(self.tier), |retention| retention.0),
            shard_metrics: match spec.shard_metrics {
                None | Some(ShardMetricsChoice::None) => ShardMetrics::None,
                Some(ShardMetricsChoice::All) => ShardMetrics::All,
            },
        }
    }

    pub(super) fn tables(&mut self) -> BTreeMap<StageName, Table> {
        let file = self.file;
        file.tables.iter().filter_map(|(name, spec)| Some((name.clone(), self.table(name, spec)?))).collect()
    }

    fn table(&mut self, name: &StageName, spec: &TableSpec) -> Option<Table> {
        let path = format!("tables.{name}");
        let ttl = match (&spec.ttl, &spec.no_ttl) {
            (Some(ttl), None) => Some(Ttl::Expires { attribute: ttl.attribute.0.clone(), after: ttl.after.0 }),
            (None, Some(never)) => Some(Ttl::Never { reason: never.reason.0.clone() }),
            (Some(_), Some(_)) => {
                let diagnostic =
                    self.error(Code::Conflict, &format!("{path}.no_ttl"), "a table has `ttl` or `no_ttl`, not both");
                let diagnostic = self.also(diagnostic, &format!("{path}.ttl"), "items expire");
                self.push(diagnostic.help("keep one of the two"));
                None
            }
            (None, None) => {
                let title = format!("table `{name}` does not say when its items expire");
                let help = "add `ttl: {attribute: expires_at, after: 30d}`, or `no_ttl: {reason: …}` if they never do";
                let note = "state that only grows is paid for every month";
                self.push(self.error(Code::MissingSetting, &path, title).note(note).help(help));
                None
            }
        };
        if let Some(sort) = spec.sort.as_ref().filter(|sort| **sort == spec.key) {
            let title = format!("`{}` is both partition key and sort key", sort.0);
            let diagnostic = self.error(Code::Conflict, &format!("{path}.sort"), title);
            self.push(diagnostic.help("remove `sort`, or name another attribute"));
        }
        if let Some(Ttl::Expires { attribute, .. }) = &ttl
            && (*attribute == spec.key.0 || spec.sort.as_ref().is_some_and(|sort| sort.0 == *attribute))
        {
            // Keys are strings here, and DynamoDB expires by numbers only.
            let title = format!("`{attribute}` is a key and cannot hold the time to live");
            let diagnostic = self.error(Code::Conflict, &format!("{path}.ttl.attribute"), title);
            self.push(diagnostic.help("name an attribute of its own, for instance `expires_at`"));
        }
        let capacity = match &spec.capacity {
            None | Some(TableCapacityChoice::OnDemand) => TableCapacity::OnDemand,
            Some(TableCapacityChoice::Provisioned(units)) => {
                TableCapacity::Provisioned { read: units.read.0, write: units.write.0 }
            }
        };
        Some(Table {
            name: name.clone(),
            key: spec.key.0.clone(),
            sort: spec.sort.as_ref().map(|sort| sort.0.clone()),
            ttl: ttl?,
            capacity,
            point_in_time_recovery: spec
                .point_in_time_recovery
                .unwrap_or_else(|| defaults::point_in_time_recovery(self.tier)),
        })
    }

    pub(super) fn archives(&mut self) -> BTreeMap<StageName, Archive> {
        let file = self.file;
        file.archive
            .iter()
            .map(|(name, spec)| {
                self.check_known(StageKind::Stream, name, &format!("archive.{name}"));
                (name.clone(), self.archive(name, spec))
            })
            .collect()
    }

    fn archive(&self, stream: &StageName, spec: &ArchiveSpec) -> Archive {
        let (buffer, keep) = (spec.buffer.as_ref(), spec.keep.as_ref());
        Archive {
            stream: stream.clone(),
            compress: match spec.compress {
                None | Some(CompressChoice::Gzip) => Compression::Gzip,
                Some(CompressChoice::None) => Compression::None,
                Some(CompressChoice::Zip) => Compression::Zip,
                Some(CompressChoice::Snappy) => Compression::Snappy,
            },
            buffer_size: buffer.and_then(|buffer| buffer.size).map_or(defaults::BUFFER_SIZE, |size| size.0),
            buffer_every: buffer.and_then(|buffer| buffer.every).map_or(defaults::BUFFER_EVERY, |every| every.0),
            keep_standard: keep.and_then(|keep| keep.standard).map_or(defaults::KEEP_STANDARD, |days| days.0),
            then: match keep.and_then(|keep| keep.then.as_ref()) {
                None => defaults::after_standard(self.tier),
                Some(ThenChoice::Glacier) => AfterStandard::Glacier,
                Some(ThenChoice::DeepArchive) => AfterStandard::DeepArchive,
                Some(ThenChoice::Delete) => AfterStandard::Delete,
            },
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
