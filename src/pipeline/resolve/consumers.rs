//! Consumers: edges, batches, failure, filters.

use std::collections::BTreeMap;

use super::{Resolver, defaults};
use crate::diagnostic::{Code, Diagnostic, closest};
use crate::pipeline::model::{Batch, Consumer, Failure, FailureDestination, ReadMode, StartPosition, Work};
use crate::pipeline::stage::StageKind;
use crate::spec::{BatchSpec, ConsumerSpec, FailureSpec, FailureToChoice, ReadChoice, StartChoice};
use crate::units::{Duration, StageName};

/// Runtimes that can be created today (Lambda developer guide, supported runtimes).
const RUNTIMES: [&str; 17] = [
    "python3.10",
    "python3.11",
    "python3.12",
    "python3.13",
    "python3.14",
    "nodejs20.x",
    "nodejs22.x",
    "nodejs24.x",
    "java11",
    "java17",
    "java21",
    "java25",
    "dotnet8",
    "ruby3.3",
    "ruby3.4",
    "provided.al2",
    "provided.al2023",
];

/// Days that CloudWatch Logs can keep (the schema of `AWS::Logs::LogGroup`).
const LOG_DAYS: [u32; 22] =
    [1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653];

/// Most filter patterns of a mapping, and the longest of them (aws-facts.md 2.2).
const MOST_FILTERS: usize = 20;
const LONGEST_FILTER: usize = 4_096;
/// All environment variables of a function together.
const VARIABLES_BYTES: usize = 4_096;

impl Resolver<'_> {
    pub(super) fn consumers(&mut self) -> BTreeMap<StageName, Consumer> {
        let file = self.file;
        file.consumers.iter().map(|(name, spec)| (name.clone(), self.consumer(name, spec))).collect()
    }

    fn consumer(&mut self, name: &StageName, spec: &ConsumerSpec) -> Consumer {
        let path = format!("consumers.{name}");
        self.check_edges(&path, spec);
        let runtime = spec.runtime.as_ref().map_or(defaults::RUNTIME, |runtime| runtime.0.as_str());
        self.check_runtime(&path, runtime, &spec.handler.0);
        self.check_handler(&path, &spec.code.0, &spec.handler.0, runtime);
        self.check_filters(&path, spec);
        self.check_variables(&path, spec);
        let consumer = Consumer {
            name: name.clone(),
            from: spec.from.stream.clone(),
            code: spec.code.0.trim_end_matches('/').to_owned(),
            handler: spec.handler.0.clone(),
            runtime: runtime.to_owned(),
            memory: spec.memory.map_or(defaults::MEMORY, |memory| memory.0),
            timeout: spec.timeout.map_or(defaults::TIMEOUT, |timeout| timeout.0),
            read: match spec.read {
                None | Some(ReadChoice::Shared) => ReadMode::Shared,
                Some(ReadChoice::FanOut) => ReadMode::FanOut,
            },
            start: match spec.start {
                None | Some(StartChoice::TrimHorizon) => StartPosition::TrimHorizon,
                Some(StartChoice::Latest) => StartPosition::Latest,
                Some(StartChoice::At(moment)) => StartPosition::At(moment),
            },
            batch: self.batch(&path, spec.batch.as_ref()),
            failure: failure(spec.failure.as_ref()),
            features: spec.features.clone(),
            scores_with: spec.scores_with.clone(),
            writes: spec.writes.clone(),
            late_to: spec.late_to.clone(),
            filters: spec.filters.iter().map(|filter| filter.0.clone()).collect(),
            work: spec.work.as_ref().map(|work| Work { fixed: work.fixed, per_record: work.per_record }),
            environment: spec.environment.iter().map(|(key, value)| (key.0.clone(), value.0.clone())).collect(),
            log_retention_days: self.log_days(&path, spec),
        };
        self.check_age(&path, &consumer);
        consumer
    }

    fn check_edges(&mut self, path: &str, spec: &ConsumerSpec) {
        let from = format!("{path}.from");
        match &spec.from.pipeline {
            None => {
                self.check_known(StageKind::Stream, &spec.from.stream, &from);
            }
            Some(pipeline) if *pipeline == self.file.pipeline => {
                let help = format!("write `from: {}`", spec.from.stream);
                self.push(self.error(Code::Conflict, &from, "this is the pipeline itself").help(help));
            }
            Some(pipeline) => {
                let title =
                    format!("`{}` is a stream of pipeline `{pipeline}`, which cannot be read yet", spec.from.stream);
                let help = "read a stream of this pipeline, or declare the consumer in the other one";
                self.push(self.error(Code::OtherPipeline, &from, title).help(help));
            }
        }
        for (field, names) in [("features", &spec.features), ("writes", &spec.writes)] {
            for (index, name) in names.iter().enumerate() {
                let at = format!("{path}.{field}.{index}");
                self.check_known(StageKind::Table, name, &at);
                if names.iter().take(index).any(|earlier| earlier == name) {
                    let title = format!("`{name}` is given twice");
                    self.push(self.error(Code::DuplicateField, &at, title).help("keep one of the two"));
                }
            }
        }
        if let Some(endpoint) = &spec.scores_with {
            self.check_known(StageKind::Endpoint, endpoint, &format!("{path}.scores_with"));
        }
        if let Some(stream) = &spec.late_to {
            self.check_known(StageKind::Stream, stream, &format!("{path}.late_to"));
        }
    }

    fn check_runtime(&mut self, path: &str, runtime: &str, handler: &str) {
        if !RUNTIMES.contains(&runtime) {
            let title = format!("`{runtime}` is not a runtime of Lambda that can be created today");
            let diagnostic = self.error(Code::UnknownChoice, &format!("{path}.runtime"), title);
            let diagnostic = diagnostic.note(format!("runtimes are `{}`", RUNTIMES.join("`, `")));
            self.push(match closest(runtime, RUNTIMES) {
                Some(meant) => diagnostic.help(format!("did you mean `{meant}`?")),
                None => diagnostic,
            });
        }
        let needs_module = ["python", "nodejs", "ruby"].iter().any(|family| runtime.starts_with(family));
        let well_formed = !handler.contains(char::is_whitespace)
            && (!needs_module
                || handler.rsplit_once('.').is_some_and(|(file, function)| !file.is_empty() && !function.is_empty()));
        if !well_formed {
            let title = format!("`{}` is not a handler", handler.escape_debug());
            let diagnostic = self.error(Code::BadName, &format!("{path}.handler"), title);
            self.push(diagnostic.help("write `module.function`, for instance `app.handler`"));
        }
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

    fn check_variables(&mut self, path: &str, spec: &ConsumerSpec) {
        let bytes: usize = spec.environment.iter().map(|(key, value)| key.0.len() + value.0.len()).sum();
        if bytes > VARIABLES_BYTES {
            let title = format!("the environment variables have {bytes} bytes; Lambda takes at most {VARIABLES_BYTES}");
            self.push(self.error(Code::OutOfRange, &format!("{path}.environment"), title));
        }
    }

    fn batch(&mut self, path: &str, spec: Option<&BatchSpec>) -> Batch {
        let batch = Batch {
            size: spec.and_then(|spec| spec.size).map_or(defaults::BATCH_SIZE, |size| size.0),
            window: spec.and_then(|spec| spec.window).map_or(Duration::ZERO, |window| window.0),
            parallel: spec.and_then(|spec| spec.parallel).map_or(1, |parallel| parallel.0),
            tumbling: spec.and_then(|spec| spec.tumbling).map(|tumbling| tumbling.0),
        };
        if batch.tumbling.is_some() && batch.parallel > 1 {
            let title = "`tumbling` and `parallel` above 1 exclude each other";
            let note =
                "a tumbling window carries state from batch to batch of a shard, so there is one batch at a time";
            let diagnostic = self.error(Code::Conflict, &format!("{path}.batch.parallel"), title).note(note);
            let diagnostic = self.also(diagnostic, &format!("{path}.batch.tumbling"), "the window");
            self.push(diagnostic.help("write `parallel: 1`, or remove `tumbling`"));
        }
        batch
    }

    fn log_days(&mut self, path: &str, spec: &ConsumerSpec) -> u32 {
        let Some(kept) = spec.log_retention else { return defaults::log_retention_days(self.tier) };
        let days = u32::try_from(kept.0.as_days()).unwrap_or(u32::MAX);
        if !LOG_DAYS.contains(&days) {
            let longer = LOG_DAYS.iter().find(|choice| **choice > days).unwrap_or(&3653);
            let title = format!("CloudWatch Logs cannot keep logs for {days} days");
            let all: Vec<String> = LOG_DAYS.iter().map(u32::to_string).collect();
            let diagnostic = self.error(Code::OutOfRange, &format!("{path}.log_retention"), title);
            self.push(
                diagnostic.note(format!("it keeps {} days", all.join(", "))).help(format!("did you mean `{longer}d`?")),
            );
        }
        days
    }

    /// Records that the stream forgets before the consumer gives up are lost without a trace in the queue.
    fn check_age(&mut self, path: &str, consumer: &Consumer) {
        let Some(stream) = self.file.streams.get(&consumer.from) else { return };
        let retention = stream.retention.map_or_else(|| defaults::retention(self.tier), |retention| retention.0);
        let Some(max_age) = consumer.failure.max_age.filter(|age| *age >= retention) else { return };
        let title = format!("records are tried for {max_age}, but `{}` forgets them after {retention}", consumer.from);
        let place = self.places.nearest(&format!("{path}.failure.max_age")).map(|at| at.place.clone());
        let diagnostic = Diagnostic::warning(Code::AgeBeyondRetention, title).at_maybe(place, "");
        let note = "a record that expires is gone without reaching the failure destination";
        self.push(
            diagnostic.note(note).help(format!("lower `max_age` below {retention}, or raise the stream's retention")),
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
