//! Queues, topics, buckets.

use std::collections::BTreeMap;

use super::archives::after_standard;
use super::{Resolver, defaults};
use crate::diagnostic::Code;
use crate::pipeline::edges::{EdgeKind, End, edges};
use crate::pipeline::model::{Bucket, BucketKeep, Pipeline, Queue, Topic};
use crate::pipeline::stage::{StageKind, StageRef};
use crate::spec::{QueueSpec, TopicSpec, WorkSourceChoice};
use crate::units::{Duration, StageName};

/// Timeouts of the slowest worker that a message is hidden for where nothing is asked (Lambda developer guide, SQS
/// event source mappings: at least six).
const TIMEOUTS_HIDDEN: u64 = 6;

impl Resolver<'_> {
    pub(super) fn queues(&mut self) -> BTreeMap<StageName, Queue> {
        let file = self.file;
        file.queues.iter().map(|(name, spec)| (name.clone(), self.queue(name, spec))).collect()
    }

    fn queue(&mut self, name: &StageName, spec: &QueueSpec) -> Queue {
        let stage = StageRef::new(StageKind::Queue, name);
        let slowest = self.slowest_worker(name);
        let path = format!("{}.visibility", stage.path());
        if let (Some(visibility), Some((worker, timeout))) = (spec.visibility, &slowest)
            && visibility.0 < *timeout
        {
            let title = format!("messages are hidden for {}, worker `{worker}` may take {timeout}", visibility.0);
            let finding = self.error(Code::Conflict, &path, title);
            let finding = self.also(finding, &format!("workers.{worker}.timeout"), "the worker's timeout");
            let note = "a message that appears again is worked on twice; Lambda refuses such a mapping (Lambda developer guide)";
            let help = format!("write `visibility: {}`, or remove it", six_times(*timeout));
            self.push(finding.note(note).help(help));
        }
        Queue {
            name: name.clone(),
            retention: spec.retention.map_or(defaults::QUEUE_RETENTION, |kept| kept.0),
            visibility: spec.visibility.map_or_else(
                || slowest.map_or(defaults::VISIBILITY, |(_, timeout)| six_times(timeout)),
                |visibility| visibility.0,
            ),
            attempts: spec.attempts.map_or(defaults::ATTEMPTS, |attempts| attempts.0),
            delay: spec.delay.map_or(Duration::ZERO, |delay| delay.0),
            read_by: spec.read_by.as_ref().map(|who| who.0.clone()),
            encryption: self.encryption(&stage, spec.encryption.as_ref()),
        }
    }

    /// The worker of a queue that may take longest, and how long.
    fn slowest_worker(&self, queue: &StageName) -> Option<(StageName, Duration)> {
        let reads = |from: &WorkSourceChoice| matches!(from, WorkSourceChoice::Queue(name) if name == queue);
        let workers = self.file.workers.iter().filter(|(_, worker)| reads(&worker.from));
        let timeout = |worker: &crate::spec::WorkerSpec| worker.function.timeout.map_or(defaults::TIMEOUT, |t| t.0);
        workers.map(|(name, worker)| (name.clone(), timeout(worker))).max_by_key(|(_, timeout)| *timeout)
    }

    pub(super) fn topics(&mut self) -> BTreeMap<StageName, Topic> {
        let file = self.file;
        file.topics.iter().map(|(name, spec)| (name.clone(), self.topic(name, spec))).collect()
    }

    fn topic(&mut self, name: &StageName, spec: &TopicSpec) -> Topic {
        let stage = StageRef::new(StageKind::Topic, name);
        let path = format!("{}.deliver_to", stage.path());
        let to = spec.deliver_to.as_ref();
        let queues = to.map(|to| to.queues.clone()).unwrap_or_default();
        let emails: Vec<String> = to.iter().flat_map(|to| &to.emails).map(|email| email.0.clone()).collect();
        self.check_list(StageKind::Queue, &queues, &format!("{path}.queues"));
        self.check_distinct(&format!("{path}.emails"), &emails);
        Topic { name: name.clone(), queues, emails, encryption: self.encryption(&stage, spec.encryption.as_ref()) }
    }

    pub(super) fn buckets(&mut self) -> BTreeMap<StageName, Bucket> {
        let file = self.file;
        let bucket = |(name, spec): (&StageName, &crate::spec::BucketSpec)| {
            let keep = spec.keep.as_ref();
            let bucket = Bucket {
                name: name.clone(),
                keep: keep.map(|keep| BucketKeep { standard: keep.standard.0, then: after_standard(&keep.then) }),
                versioned: spec.versioned.unwrap_or(false),
                encryption: self.encryption(&StageRef::new(StageKind::Bucket, name), spec.encryption.as_ref()),
            };
            (name.clone(), bucket)
        };
        file.buckets.iter().map(bucket).collect()
    }

    /// A queue that nobody fills or nobody empties is probably a forgotten edge.
    pub(super) fn check_queues(&mut self, pipeline: &Pipeline) {
        let edges = edges(pipeline);
        for queue in pipeline.queues().values() {
            let stage = StageRef::new(StageKind::Queue, &queue.name);
            let end = End::Stage(stage.clone());
            let fills = |kind| matches!(kind, EdgeKind::Sends | EdgeKind::Delivers);
            if !edges.iter().any(|edge| edge.to == end && fills(edge.kind)) {
                let title = format!("nothing in this file sends to queue `{}`", queue.name);
                let help = "name it in `sends: {queues: […]}` of a function or in `deliver_to` of a topic";
                self.push(self.warning(Code::IdleQueue, &stage.path(), title).help(help));
            }
            let read_outside = queue.read_by.is_some();
            let worked_on = edges.iter().any(|edge| edge.from == end && edge.kind == EdgeKind::Messages);
            if !worked_on && !read_outside {
                let title = format!("nothing in this file works on queue `{}`", queue.name);
                let help = "add a worker with `from: {queue: …}`, or say in `read_by` who reads it";
                self.push(self.warning(Code::IdleQueue, &stage.path(), title).help(help));
            }
        }
    }
}

fn six_times(timeout: Duration) -> Duration {
    Duration::from_secs(timeout.as_secs() * TIMEOUTS_HIDDEN)
}
