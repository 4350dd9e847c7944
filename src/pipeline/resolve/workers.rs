//! Workers of queues and topics.

use std::collections::BTreeMap;

use super::{Resolver, defaults};
use crate::diagnostic::Code;
use crate::pipeline::model::{WorkSource, Worker};
use crate::pipeline::stage::{StageKind, StageRef};
use crate::spec::{ConcurrencySpec, Source, WorkSourceChoice, WorkerSpec};
use crate::units::{Duration, StageName};

/// Largest batch that needs no window (Lambda developer guide, SQS event source mappings).
const BATCH_WITHOUT_WINDOW: u32 = 10;

impl Resolver<'_> {
    pub(super) fn workers(&mut self) -> BTreeMap<StageName, Worker> {
        let file = self.file;
        file.workers.iter().map(|(name, spec)| (name.clone(), self.worker(name, spec))).collect()
    }

    fn worker(&mut self, name: &StageName, spec: &WorkerSpec) -> Worker {
        let stage = StageRef::new(StageKind::Worker, name);
        let path = stage.path();
        let from = match &spec.from {
            WorkSourceChoice::Queue(queue) => self.queue_source(&path, queue, spec),
            WorkSourceChoice::Topic(topic) => self.topic_source(&path, topic, spec),
        };
        Worker { name: name.clone(), from, function: self.function(&stage, &spec.function) }
    }

    fn queue_source(&mut self, path: &str, queue: &StageName, spec: &WorkerSpec) -> WorkSource {
        self.check_known(StageKind::Queue, queue, &format!("{path}.from.queue"));
        for (field, given, instead) in
            [("retries", spec.retries.is_some(), "attempts"), ("max_age", spec.max_age.is_some(), "retention")]
        {
            if given {
                let title = format!("`{field}` is of workers of topics");
                let finding = self.error(Code::Conflict, &format!("{path}.{field}"), title);
                self.push(finding.help(format!("set `{instead}` of the queue")));
            }
        }
        let batch = spec.batch.as_ref().and_then(|batch| batch.size).map_or(defaults::MESSAGES, |size| size.0);
        let window = spec.batch.as_ref().and_then(|batch| batch.window).map_or(Duration::ZERO, |window| window.0);
        if batch > BATCH_WITHOUT_WINDOW && window < Duration::from_secs(1) {
            let title = format!("a batch of {batch} messages needs a window");
            let finding = self.error(Code::Conflict, &format!("{path}.batch.window"), title);
            let finding = self.also(finding, &format!("{path}.batch.size"), "the batch");
            let note = "Lambda polls at most 10 messages at once; above that it must wait for more";
            self.push(
                finding
                    .note(note)
                    .source(Source::LambdaMapping)
                    .help("write `window: 1s` or more, or `size: 10` or less"),
            );
        }
        let most_at_once = spec.function.concurrency.as_ref().and_then(|asked| asked.max).map(|max| max.0);
        let reserved = spec.function.concurrency.as_ref().and_then(|asked| asked.reserved).map(|n| n.0);
        if let (Some(most), Some(reserved)) = (most_at_once, reserved)
            && most > reserved
        {
            let title = format!("{most} batches at once are more than the {reserved} reserved instances");
            let finding = self.error(Code::Conflict, &format!("{path}.concurrency.max"), title);
            let finding = self.also(finding, &format!("{path}.concurrency.reserved"), "the function's ceiling");
            let note = "what is throttled is counted as an attempt and goes to the dead-letter queue in the end";
            self.push(finding.note(note).help(format!("lower `max` to {reserved}, or raise `reserved`")));
        }
        let report_items = spec.report_items.unwrap_or(true);
        WorkSource::Queue { queue: queue.clone(), batch, window, report_items, most_at_once }
    }

    fn topic_source(&mut self, path: &str, topic: &StageName, spec: &WorkerSpec) -> WorkSource {
        self.check_known(StageKind::Topic, topic, &format!("{path}.from.topic"));
        for (field, given) in [("batch", spec.batch.is_some()), ("report_items", spec.report_items.is_some())] {
            if given {
                let title = format!("`{field}` is of workers of queues: a topic invokes its worker once per message");
                let finding = self.error(Code::Conflict, &format!("{path}.{field}"), title);
                self.push(finding.help("remove it, or let the topic deliver to a queue and work on that"));
            }
        }
        self.refuse_queue_setting(path, spec.function.concurrency.as_ref(), "one instance for each message");
        WorkSource::Topic {
            topic: topic.clone(),
            retries: spec.retries.map_or(defaults::ASYNC_RETRIES, |retries| retries.0),
            max_age: spec.max_age.map_or(defaults::MAX_AGE, |age| age.0),
        }
    }

    /// `concurrency.max` exists for event source mappings of queues only.
    pub(super) fn refuse_queue_setting(&mut self, path: &str, spec: Option<&ConcurrencySpec>, instead: &str) {
        if spec.is_some_and(|asked| asked.max.is_some()) {
            let title = "`concurrency.max` is of workers of queues";
            let finding = self.error(Code::Conflict, &format!("{path}.concurrency.max"), title);
            let note = format!(
                "Lambda bounds the batches of a queue with it (`ScalingConfig`, SQS only); here there are {instead}"
            );
            let finding = finding.note(note).source(Source::LambdaMapping);
            self.push(finding.help("use `reserved` as a ceiling, or remove `max`"));
        }
    }
}
