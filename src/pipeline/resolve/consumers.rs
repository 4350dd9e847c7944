//! Consumers: what they read, batches, failure, filters.

use std::collections::BTreeMap;

use super::{Resolver, defaults};
use crate::diagnostic::Code;
use crate::pipeline::model::{Batch, Consumer, Failure, FailureDestination, ReadMode, StartPosition, StreamFrom};
use crate::pipeline::stage::{StageKind, StageRef};
use crate::spec::{ConsumerSpec, FailureSpec, FailureToChoice, ReadChoice, Source, StartChoice};
use crate::units::{Duration, StageName};

/// Most filter patterns of a mapping, and the longest of them (aws-facts.md 2.2).
const MOST_FILTERS: usize = 20;
const LONGEST_FILTER: usize = 4_096;

impl Resolver<'_> {
    pub(super) fn consumers(&mut self) -> BTreeMap<StageName, Consumer> {
        let file = self.file;
        file.consumers.iter().map(|(name, spec)| (name.clone(), self.consumer(name, spec))).collect()
    }

    fn consumer(&mut self, name: &StageName, spec: &ConsumerSpec) -> Consumer {
        let stage = StageRef::new(StageKind::Consumer, name);
        let path = stage.path();
        self.check_filters(&path, spec);
        self.refuse_queue_setting(
            &path,
            spec.function.concurrency.as_ref(),
            "`parallel` batches of each shard at once",
        );
        if let Some(stream) = &spec.late_to {
            self.check_known(StageKind::Stream, stream, &format!("{path}.late_to"));
        }
        let consumer = Consumer {
            name: name.clone(),
            from: self.source(&path, &spec.from),
            function: self.function(&stage, &spec.function),
            read: match spec.read {
                None | Some(ReadChoice::Shared) => ReadMode::Shared,
                Some(ReadChoice::FanOut) => ReadMode::FanOut,
            },
            start: match spec.start {
                None | Some(StartChoice::TrimHorizon) => StartPosition::TrimHorizon,
                Some(StartChoice::Latest) => StartPosition::Latest,
                Some(StartChoice::At(moment)) => StartPosition::At(moment),
            },
            batch: self.batch(&path, spec),
            failure: failure(spec.failure.as_ref()),
            late_to: spec.late_to.clone(),
            filters: spec.filters.iter().map(|filter| filter.0.clone()).collect(),
        };
        self.check_age(&path, &consumer);
        consumer
    }

    fn check_filters(&mut self, path: &str, spec: &ConsumerSpec) {
        if spec.filters.len() > MOST_FILTERS {
            let title = format!("{} filters; a mapping takes at most {MOST_FILTERS}", spec.filters.len());
            self.push(self.error(Code::OutOfRange, &format!("{path}.filters"), title));
        }
        for (index, filter) in spec.filters.iter().enumerate() {
            let at = format!("{path}.filters.{index}");
            let length = filter.0.to_string().chars().count();
            if !filter.0.is_object() {
                let help = "write a mapping, for instance `{data: {amount: [{numeric: [\">\", 100]}]}}`";
                self.push(self.error(Code::WrongType, &at, "a filter pattern is a mapping").help(help));
            } else if length > LONGEST_FILTER {
                let title =
                    format!("the pattern has {length} characters as JSON; at most {LONGEST_FILTER} are allowed");
                self.push(self.error(Code::OutOfRange, &at, title));
            }
        }
    }

    fn batch(&mut self, path: &str, consumer: &ConsumerSpec) -> Batch {
        let spec = consumer.batch.as_ref();
        let batch = Batch {
            size: spec.and_then(|spec| spec.size).map_or(defaults::BATCH_SIZE, |size| size.0),
            window: spec.and_then(|spec| spec.window).map_or(Duration::ZERO, |window| window.0),
            parallel: spec.and_then(|spec| spec.parallel).map_or(1, |parallel| parallel.0),
            tumbling: spec.and_then(|spec| spec.tumbling).map(|tumbling| tumbling.0),
        };
        if batch.tumbling.is_some() && batch.parallel > 1 {
            let title = "`tumbling` and `parallel` above 1 exclude each other";
            let note = "a tumbling window carries state from batch to batch of a shard, so there is one batch at a \
                        time: Lambda refuses `ParallelizationFactor` above 1 beside `TumblingWindowInSeconds`";
            let finding = self.error(Code::Conflict, &format!("{path}.batch.parallel"), title);
            let finding = finding.note(note).source(Source::LambdaKinesis);
            let finding = self.also(finding, &format!("{path}.batch.tumbling"), "the window");
            self.push(finding.help("write `parallel: 1`, or remove `tumbling`"));
        }
        if batch.tumbling.is_some() && !consumer.filters.is_empty() {
            let title = "`tumbling` and `filters` exclude each other";
            let note = "Lambda does not filter events of a mapping with a tumbling window: it refuses \
                        `FilterCriteria` beside `TumblingWindowInSeconds`";
            let finding = self.error(Code::Conflict, &format!("{path}.filters"), title);
            let finding = finding.note(note).source(Source::LambdaMapping);
            let finding = self.also(finding, &format!("{path}.batch.tumbling"), "the window");
            self.push(finding.help("filter in the handler, or remove `tumbling`"));
        }
        batch
    }

    /// Records that the stream forgets before the consumer gives up are lost without a trace in the queue.
    fn check_age(&mut self, path: &str, consumer: &Consumer) {
        let retention = match &consumer.from {
            StreamFrom::Own(name) => self.file.streams.get(name).map(|stream| {
                stream.retention.map_or_else(|| defaults::retention(self.environment().tier()), |kept| kept.0)
            }),
            StreamFrom::Other(other) => other.facts.as_ref().map(|facts| facts.retention),
        };
        let Some(retention) = retention else { return };
        let Some(max_age) = consumer.failure.max_age.filter(|age| *age >= retention) else { return };
        let stream = consumer.from.stream();
        let title = format!("records are tried for {max_age}, but `{stream}` forgets them after {retention}");
        let finding = self.warning(Code::AgeBeyondRetention, &format!("{path}.failure.max_age"), title);
        let note = "a record that expires is gone without reaching the failure destination";
        self.push(
            finding.note(note).help(format!("lower `max_age` below {retention}, or raise the stream's retention")),
        );
    }
}

fn failure(spec: Option<&FailureSpec>) -> Failure {
    let to = match spec.and_then(|spec| spec.to.as_ref()) {
        None | Some(FailureToChoice::OwnQueue) => FailureDestination::OwnQueue,
        Some(FailureToChoice::Queue(name)) => FailureDestination::Queue(name.0.clone()),
        Some(FailureToChoice::Topic(name)) => FailureDestination::Topic(name.0.clone()),
        Some(FailureToChoice::Bucket(name)) => FailureDestination::Bucket(name.0.clone()),
    };
    Failure {
        retries: Some(spec.and_then(|spec| spec.retries).map_or(defaults::RETRIES, |retries| retries.0)),
        max_age: Some(spec.and_then(|spec| spec.max_age).map_or(defaults::MAX_AGE, |age| age.0)),
        bisect: spec.and_then(|spec| spec.bisect).unwrap_or(true),
        report_items: spec.and_then(|spec| spec.report_items).unwrap_or(true),
        to,
    }
}
