//! What part each resource plays: which are stages, under which names, and why the others are none.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

use crate::import::names::Names;
use crate::import::value::Item;
use crate::import::world::{Kind, Resource, World};

/// A function that reads a stream.
pub(super) struct ConsumerPart<'w> {
    pub(super) name: String,
    pub(super) mapping: &'w Resource,
    pub(super) function: &'w Resource,
    pub(super) stream: &'w Resource,
    /// Its registration, where it has throughput of its own.
    pub(super) fan_out: Option<&'w Resource>,
}

/// A function that works on a queue or a topic.
pub(super) struct WorkerPart<'w> {
    pub(super) name: String,
    /// The mapping of a queue, the subscription to a topic.
    pub(super) trigger: &'w Resource,
    pub(super) function: &'w Resource,
    /// The queue or the topic.
    pub(super) source: &'w Resource,
}

/// Why a resource is no stage.
#[derive(Clone, Debug)]
pub(super) enum Left {
    /// Sluice makes something of its own instead; what.
    Anew(&'static str),
    /// It is not carried over; why.
    Lost(String),
}

/// The parts of all resources.
pub(super) struct Parts<'w> {
    pub(super) consumers: Vec<ConsumerPart<'w>>,
    pub(super) workers: Vec<WorkerPart<'w>>,
    /// Names by address; functions are among consumers and workers.
    stages: BTreeMap<&'w str, String>,
    /// Names that differ from what the source says: what it says, the name, the resource.
    pub(super) renamed: Vec<(String, String, &'w Resource)>,
    left: RefCell<BTreeMap<&'w str, Left>>,
}

/// Sections whose stages are resources of one kind.
const SECTIONS: [(Kind, &str); 7] = [
    (Kind::Key, "keys"),
    (Kind::Stream, "streams"),
    (Kind::Table, "tables"),
    (Kind::Queue, "queues"),
    (Kind::Topic, "topics"),
    (Kind::Bucket, "buckets"),
    (Kind::Endpoint, "endpoints"),
];

impl<'w> Parts<'w> {
    pub(super) fn of(world: &'w World) -> Self {
        let physical = world.resources.iter().filter(|resource| {
            resource.kind == Some(Kind::Function) || SECTIONS.iter().any(|(kind, _)| resource.kind == Some(*kind))
        });
        let physical: Vec<String> = physical.filter_map(Resource::name).collect();
        let mut names = Names::new(world.mark.as_ref(), &physical);
        let mut parts = Self {
            consumers: Vec::new(),
            workers: Vec::new(),
            stages: BTreeMap::new(),
            renamed: Vec::new(),
            left: RefCell::default(),
        };
        parts.triggers(world, &mut names);
        parts.helpers(world);
        for (kind, section) in SECTIONS {
            let stages: Vec<&Resource> = world
                .of(kind)
                .filter(|resource| !parts.left.borrow().contains_key(resource.address.as_str()))
                .collect();
            for resource in stages {
                let name = parts.name(section, resource, &mut names);
                parts.stages.insert(&resource.address, name);
            }
        }
        parts
    }

    /// The name of the stage that a resource is.
    pub(super) fn stage(&self, resource: &Resource) -> Option<&str> {
        self.stages.get(resource.address.as_str()).map(String::as_str)
    }

    /// Takes a resource out of what is carried over.
    pub(super) fn leave(&self, resource: &'w Resource, left: Left) {
        self.left.borrow_mut().entry(&resource.address).or_insert(left);
    }

    /// Why a resource is no stage, where it is none.
    pub(super) fn why_left(&self, resource: &Resource) -> Option<Left> {
        if let Some(left) = self.left.borrow().get(resource.address.as_str()) {
            return Some(left.clone());
        }
        match resource.kind {
            None => {
                let why = format!("no stage of a pipeline is made from `{}`", resource.type_name);
                Some(Left::Lost(why))
            }
            Some(kind) => anew(kind).map(Left::Anew),
        }
    }

    fn name(&mut self, section: &'static str, resource: &'w Resource, names: &mut Names) -> String {
        let (name, whole) = names.give(section, resource);
        if !whole.ends_with(&name) {
            self.renamed.push((whole, name.clone(), resource));
        }
        name
    }

    /// Functions and what calls them.
    fn triggers(&mut self, world: &'w World, names: &mut Names) {
        for mapping in world.of(Kind::Mapping) {
            let view = mapping.view();
            let sources = [Kind::Stream, Kind::StreamConsumer, Kind::Queue];
            let source = view.get("EventSourceArn").and_then(|item| world.meant(item, &sources));
            let function = view.get("FunctionName").and_then(|item| function_of(world, item));
            let (Some(source), Some(function)) = (source, function) else {
                let missing = if function.is_none() { "its function" } else { "the stream or queue that it reads" };
                let why = format!("{missing} is not in the source, or not of a kind that a pipeline has");
                self.leave(mapping, Left::Lost(why));
                continue;
            };
            let fan_out = (source.kind == Some(Kind::StreamConsumer)).then_some(source);
            let stream = match fan_out {
                Some(registration) => {
                    let stream =
                        registration.view().get("StreamARN").and_then(|item| world.meant(item, &[Kind::Stream]));
                    let Some(stream) = stream else {
                        self.leave(mapping, Left::Lost("the stream that it reads is not in the source".to_owned()));
                        continue;
                    };
                    stream
                }
                None => source,
            };
            let name = self.name("functions", function, names);
            if stream.kind == Some(Kind::Queue) {
                self.workers.push(WorkerPart { name, trigger: mapping, function, source });
            } else {
                self.consumers.push(ConsumerPart { name, mapping, function, stream, fan_out });
            }
        }
        for subscription in world.of(Kind::Subscription) {
            let view = subscription.view();
            let function = view.get("Endpoint").and_then(|item| function_of(world, item));
            let topic = view.get("TopicArn").and_then(|item| world.meant(item, &[Kind::Topic]));
            if let (Some(function), Some(source)) = (function, topic) {
                let name = self.name("functions", function, names);
                self.workers.push(WorkerPart { name, trigger: subscription, function, source });
            }
        }
        for function in world.of(Kind::Function) {
            let called =
                self.consumers.iter().map(|part| part.function).chain(self.workers.iter().map(|part| part.function));
            if !called.into_iter().any(|known| known.address == function.address) {
                let why = "no stream, queue or topic of the source calls it".to_owned();
                self.leave(function, Left::Lost(why));
            }
        }
    }

    /// Queues, topics, buckets and keys that only serve others, and get a successor of Sluice's own.
    fn helpers(&mut self, world: &'w World) {
        let mut busy: BTreeSet<&str> = self.workers.iter().map(|part| part.source.address.as_str()).collect();
        for subscription in world.of(Kind::Subscription) {
            let view = subscription.view();
            let target =
                view.get("Endpoint").and_then(|item| world.meant(item, &[Kind::Queue, Kind::Function, Kind::Alias]));
            if let Some(target) = target {
                busy.insert(&target.address);
                let topic = view.get("TopicArn").and_then(|item| world.meant(item, &[Kind::Topic]));
                busy.extend(topic.map(|topic| topic.address.as_str()));
            }
        }
        let spare = |resource: Option<&'w Resource>, how: &'static str| {
            if let Some(resource) = resource.filter(|resource| !busy.contains(resource.address.as_str())) {
                self.leave(resource, Left::Anew(how));
            }
        };
        for queue in world.of(Kind::Queue).chain(world.of(Kind::DeadLetterPolicy)) {
            spare(dead_letters(world, queue), "every queue gets a dead-letter queue of its own");
        }
        for mapping in world.of(Kind::Mapping).chain(world.of(Kind::InvokeConfig)) {
            let target = mapping.view().get("DestinationConfig.OnFailure.Destination");
            let how = "every consumer gets a queue of its own for what it gives up on";
            spare(target.and_then(|item| world.meant(item, &[Kind::Queue])), how);
        }
        for delivery in world.of(Kind::Delivery) {
            let bucket = delivery.view().get("ExtendedS3DestinationConfiguration.BucketARN");
            let how = "every archive gets a bucket of its own; objects stay where they are";
            spare(bucket.and_then(|item| world.meant(item, &[Kind::Bucket])), how);
        }
        for alarm in world.of(Kind::Alarm).chain(world.of(Kind::CompositeAlarm)) {
            for action in alarm.view().get("AlarmActions").map(Item::members).unwrap_or_default() {
                let how =
                    "alarms speak to a topic of Sluice's own; the environment file's `notify` says who hears them";
                spare(world.meant(action, &[Kind::Topic]), how);
            }
        }
        self.unused_keys(world);
    }

    fn unused_keys(&self, world: &'w World) {
        let kept = |resource: &&Resource| match resource.kind {
            Some(Kind::Stream | Kind::Table | Kind::Queue | Kind::Topic) => {
                !self.left.borrow().contains_key(resource.address.as_str())
            }
            // The bucket of an archive is made anew, and its key becomes the archive's.
            Some(Kind::Bucket | Kind::BucketEncryption | Kind::Delivery) => true,
            _ => false,
        };
        let mut used: BTreeSet<&str> = world.resources.iter().filter(kept).flat_map(led_to).collect();
        for alias in world.of(Kind::KeyAlias) {
            if used.contains(alias.address.as_str()) {
                used.extend(led_to(alias));
            }
        }
        for key in world.of(Kind::Key).filter(|key| !used.contains(key.address.as_str())) {
            self.leave(
                key,
                Left::Anew("no stage that is carried over is encrypted with it; Sluice makes the keys it needs"),
            );
        }
    }
}

/// The addresses that the fields of a resource lead to.
fn led_to(resource: &Resource) -> impl Iterator<Item = &str> {
    let references = resource.fields.0.iter().flat_map(|field| field.item.references());
    references.map(|reference| reference.address.as_str())
}

/// The queue that takes what another one gives up on.
pub(super) fn dead_letters<'w>(world: &'w World, queue: &'w Resource) -> Option<&'w Resource> {
    let policy = queue.view().get("RedrivePolicy")?.decoded()?;
    let target = policy.fields()?.get("deadLetterTargetArn")?;
    world.meant(&target.item, &[Kind::Queue])
}

/// The function that a name, a version or an alias leads to.
pub(super) fn function_of<'w>(world: &'w World, item: &Item) -> Option<&'w Resource> {
    let mut found = world.meant(item, &[Kind::Function, Kind::Alias, Kind::Version])?;
    // An alias leads to a version at most, a version to a function.
    for _ in 0..2 {
        if found.kind != Some(Kind::Function) {
            let next = found.view().get("FunctionName")?;
            found = world.meant(next, &[Kind::Function, Kind::Alias, Kind::Version])?;
        }
    }
    (found.kind == Some(Kind::Function)).then_some(found)
}

/// Whether settings of a kind are carried over, although the resource itself is made anew.
pub(super) fn is_read(kind: Kind) -> bool {
    matches!(
        kind,
        Kind::Model | Kind::EndpointConfig | Kind::BucketLifecycle | Kind::BucketVersioning | Kind::BucketEncryption
    )
}

/// What Sluice makes by itself, whatever the source says.
fn anew(kind: Kind) -> Option<&'static str> {
    Some(match kind {
        Kind::Role
        | Kind::RolePolicy
        | Kind::ManagedPolicy
        | Kind::PolicyAttachment
        | Kind::PolicyDocument
        | Kind::Permission
        | Kind::QueuePolicy
        | Kind::TopicPolicy
        | Kind::BucketPolicy => "roles and policies follow from the edges of the pipeline file",
        Kind::Version | Kind::Alias => "every function gets versions and the alias `live`",
        Kind::LogGroup | Kind::LogStream => "every stage that writes logs gets a log group",
        Kind::BucketAccess | Kind::BucketOwnership => "every bucket is private and encrypted, its objects the owner's",
        Kind::ScalableTarget | Kind::ScalingPolicy => "what scales follows from the bounds in the pipeline file",
        Kind::KeyAlias => "every key gets an alias",
        Kind::Dashboard => "every pipeline gets a dashboard",
        Kind::GlueDatabase | Kind::GlueTable => "an archive in Parquet gets a table of its own",
        Kind::Model | Kind::EndpointConfig => "models and endpoint configurations follow from their endpoint",
        Kind::BucketLifecycle | Kind::BucketVersioning | Kind::BucketEncryption | Kind::DeadLetterPolicy => {
            "it is part of its bucket or queue"
        }
        Kind::CompositeAlarm => "Sluice joins alarms of its own; write further ones under `composites`",
        Kind::Budget => "budgets count a pipeline's own resources; write one under `budget`",
        Kind::Stream
        | Kind::StreamConsumer
        | Kind::Function
        | Kind::Mapping
        | Kind::InvokeConfig
        | Kind::ProvisionedConcurrency
        | Kind::Delivery
        | Kind::Table
        | Kind::Queue
        | Kind::Topic
        | Kind::Subscription
        | Kind::Endpoint
        | Kind::Alarm
        | Kind::Bucket
        | Kind::Key => return None,
    })
}
