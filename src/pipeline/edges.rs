//! The stage graph as data: who feeds, asks, encrypts or measures whom. Rendering, the topology picture and the search
//! for circles all read this one list.

use super::model::{Encryption, FailureDestination, Function, Pipeline, Serving, StreamFrom, WorkSource};
use super::stage::{StageKind, StageRef};
use crate::units::{PipelineName, StageName};

/// One end of an edge.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum End {
    /// A stage of this pipeline.
    Stage(StageRef),
    /// A stream of another pipeline in the same environment.
    OtherStream(PipelineName, StageName),
    /// The queue of what a stage gave up: the dead-letter queue of a queue, the failure queue of a consumer or worker.
    FailureQueue(StageRef),
    /// Something of the account that no pipeline makes: an existing queue, topic or bucket by name, or an address.
    Outside {
        /// What it is: `queue`, `topic`, `bucket`, `email`, `reader`.
        what: &'static str,
        /// Its name.
        name: String,
    },
}

impl End {
    /// The stage, if it is one of this pipeline.
    #[must_use]
    pub fn stage(&self) -> Option<&StageRef> {
        match self {
            Self::Stage(stage) => Some(stage),
            Self::OtherStream(..) | Self::FailureQueue(_) | Self::Outside { .. } => None,
        }
    }
}

/// What an edge means. Data, or the request for it, goes from its `from` to its `to`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum EdgeKind {
    /// Stream → consumer: records.
    Records,
    /// Queue or topic → worker: messages.
    Messages,
    /// Topic → queue or address: notifications.
    Delivers,
    /// Stream → archive: records.
    Archives,
    /// Table → function: features.
    Features,
    /// Function → table: items.
    Writes,
    /// Bucket → function: objects.
    Objects,
    /// Function → stream, queue, topic or bucket: what `sends` names.
    Sends,
    /// Consumer → stream: late records.
    Late,
    /// Function → endpoint: requests.
    Scores,
    /// Function → endpoint: requests when the first endpoint fails.
    FallsBack,
    /// Bucket → asynchronous endpoint: requests.
    Input,
    /// Asynchronous endpoint → bucket: answers.
    Output,
    /// Asynchronous endpoint → topic: news of answers.
    Success,
    /// Asynchronous endpoint → topic: news of failures.
    Error,
    /// Queue, consumer or worker → where what it gave up goes.
    GivesUp,
    /// Function → metric.
    Emits,
    /// Key → what it encrypts.
    Encrypts,
}

impl EdgeKind {
    /// Whether what arrives makes the other end act, so that a circle of such edges would never come to rest.
    #[must_use]
    pub fn triggers(self) -> bool {
        match self {
            Self::Records
            | Self::Messages
            | Self::Delivers
            | Self::Sends
            | Self::Late
            | Self::Scores
            | Self::FallsBack
            | Self::Success
            | Self::Error => true,
            Self::Archives
            | Self::Features
            | Self::Writes
            | Self::Objects
            | Self::Input
            | Self::Output
            | Self::GivesUp
            | Self::Emits
            | Self::Encrypts => false,
        }
    }
}

/// One edge of the stage graph.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Edge {
    /// Where it begins.
    pub from: End,
    /// Where it ends.
    pub to: End,
    /// What it means.
    pub kind: EdgeKind,
    /// Dotted path of the field that declares it, for instance `consumers.score.features.0`.
    pub path: String,
}

/// Every edge of a pipeline, by the stage that declares it and then as that stage lists them.
#[must_use]
pub fn edges(pipeline: &Pipeline) -> Vec<Edge> {
    let mut list = List::default();
    list.messaging(pipeline);
    list.endpoints(pipeline);
    for consumer in pipeline.consumers().values() {
        let stage = StageRef::new(StageKind::Consumer, &consumer.name);
        let source = match &consumer.from {
            StreamFrom::Own(stream) => end(StageKind::Stream, stream),
            StreamFrom::Other(other) => End::OtherStream(other.pipeline.clone(), other.stream.clone()),
        };
        list.add(source, stage.end(), EdgeKind::Records, stage.path_of("from"));
        list.function(&stage, &consumer.function);
        if let Some(late) = &consumer.late_to {
            list.add(stage.end(), end(StageKind::Stream, late), EdgeKind::Late, stage.path_of("late_to"));
        }
        let (given_up, path) = (given_up(&stage, &consumer.failure.to), stage.path_of("failure.to"));
        list.add(stage.end(), given_up, EdgeKind::GivesUp, path);
    }
    list.workers(pipeline);
    for archive in pipeline.archives().values() {
        let stage = StageRef::new(StageKind::Archive, &archive.stream);
        list.add(end(StageKind::Stream, &archive.stream), stage.end(), EdgeKind::Archives, stage.path());
    }
    for metric in pipeline.metrics().values() {
        let stage = StageRef::new(StageKind::Metric, &metric.name);
        list.add(metric.by.end(), stage.end(), EdgeKind::Emits, stage.path_of("by"));
    }
    list.encryption(pipeline);
    list.0
}

/// Where what a consumer gave up goes.
fn given_up(stage: &StageRef, to: &FailureDestination) -> End {
    let outside = |what, name: &String| End::Outside { what, name: name.clone() };
    match to {
        FailureDestination::OwnQueue => End::FailureQueue(stage.clone()),
        FailureDestination::Queue(name) => outside("queue", name),
        FailureDestination::Topic(name) => outside("topic", name),
        FailureDestination::Bucket(name) => outside("bucket", name),
    }
}

fn end(kind: StageKind, name: &StageName) -> End {
    End::Stage(StageRef::new(kind, name))
}

impl StageRef {
    fn end(&self) -> End {
        End::Stage(self.clone())
    }

    fn path_of(&self, field: &str) -> String {
        format!("{}.{field}", self.path())
    }
}

#[derive(Default)]
struct List(Vec<Edge>);

impl List {
    fn add(&mut self, from: End, to: End, kind: EdgeKind, path: String) {
        self.0.push(Edge { from, to, kind, path });
    }

    fn messaging(&mut self, pipeline: &Pipeline) {
        for queue in pipeline.queues().values() {
            let stage = StageRef::new(StageKind::Queue, &queue.name);
            self.add(stage.end(), End::FailureQueue(stage.clone()), EdgeKind::GivesUp, stage.path());
            if let Some(who) = &queue.read_by {
                let reader = End::Outside { what: "reader", name: who.clone() };
                self.add(stage.end(), reader, EdgeKind::Messages, stage.path_of("read_by"));
            }
        }
        for topic in pipeline.topics().values() {
            let stage = StageRef::new(StageKind::Topic, &topic.name);
            let queues = topic.queues.iter().map(|queue| end(StageKind::Queue, queue));
            let emails = topic.emails.iter().map(|email| End::Outside { what: "email", name: email.clone() });
            for (index, queue) in queues.enumerate() {
                self.add(stage.end(), queue, EdgeKind::Delivers, stage.path_of(&format!("deliver_to.queues.{index}")));
            }
            for (index, email) in emails.enumerate() {
                self.add(stage.end(), email, EdgeKind::Delivers, stage.path_of(&format!("deliver_to.emails.{index}")));
            }
        }
    }

    fn endpoints(&mut self, pipeline: &Pipeline) {
        for endpoint in pipeline.endpoints().values() {
            let stage = StageRef::new(StageKind::Endpoint, &endpoint.name);
            let Serving::Async { input, output, success, error, .. } = &endpoint.serving else { continue };
            let path = |field: &str| stage.path_of(&format!("serving.async.{field}"));
            self.add(end(StageKind::Bucket, input), stage.end(), EdgeKind::Input, path("input"));
            self.add(stage.end(), end(StageKind::Bucket, output), EdgeKind::Output, path("output"));
            if let Some(topic) = success {
                self.add(stage.end(), end(StageKind::Topic, topic), EdgeKind::Success, path("success"));
            }
            if let Some(topic) = error {
                self.add(stage.end(), end(StageKind::Topic, topic), EdgeKind::Error, path("error"));
            }
        }
    }

    fn workers(&mut self, pipeline: &Pipeline) {
        for worker in pipeline.workers().values() {
            let stage = StageRef::new(StageKind::Worker, &worker.name);
            let (source, field, own_queue) = match &worker.from {
                WorkSource::Queue { queue, .. } => (end(StageKind::Queue, queue), "from.queue", false),
                WorkSource::Topic { topic, .. } => (end(StageKind::Topic, topic), "from.topic", true),
            };
            self.add(source, stage.end(), EdgeKind::Messages, stage.path_of(field));
            self.function(&stage, &worker.function);
            if own_queue {
                self.add(stage.end(), End::FailureQueue(stage.clone()), EdgeKind::GivesUp, stage.path());
            }
        }
    }

    fn function(&mut self, stage: &StageRef, function: &Function) {
        let one = |list: &mut Self, name: &Option<StageName>, kind: EdgeKind, field: &str| {
            if let Some(name) = name {
                list.add(stage.end(), end(StageKind::Endpoint, name), kind, stage.path_of(field));
            }
        };
        one(self, &function.scores_with, EdgeKind::Scores, "scores_with");
        one(self, &function.falls_back_to, EdgeKind::FallsBack, "falls_back_to");
        let sends = &function.sends;
        let groups: [(&[StageName], StageKind, EdgeKind, &str); 7] = [
            (&function.features, StageKind::Table, EdgeKind::Features, "features"),
            (&function.reads, StageKind::Bucket, EdgeKind::Objects, "reads"),
            (&function.writes, StageKind::Table, EdgeKind::Writes, "writes"),
            (&sends.streams, StageKind::Stream, EdgeKind::Sends, "sends.streams"),
            (&sends.queues, StageKind::Queue, EdgeKind::Sends, "sends.queues"),
            (&sends.topics, StageKind::Topic, EdgeKind::Sends, "sends.topics"),
            (&sends.buckets, StageKind::Bucket, EdgeKind::Sends, "sends.buckets"),
        ];
        for (names, kind, edge, field) in groups {
            for (index, name) in names.iter().enumerate() {
                let (path, other) = (stage.path_of(&format!("{field}.{index}")), end(kind, name));
                let comes_in = matches!(edge, EdgeKind::Features | EdgeKind::Objects);
                let (from, to) = if comes_in { (other, stage.end()) } else { (stage.end(), other) };
                self.add(from, to, edge, path);
            }
        }
    }

    fn encryption(&mut self, pipeline: &Pipeline) {
        for stage in pipeline.stages() {
            let Some(Encryption::Key(key)) = pipeline.encryption_of(&stage) else { continue };
            let (key, path) = (end(StageKind::Key, key), stage.path_of("encryption"));
            self.add(key, stage.end(), EdgeKind::Encrypts, path);
        }
    }
}
