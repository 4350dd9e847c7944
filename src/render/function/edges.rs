//! What a function's edges ask for: rights, environment variables, and endpoints that must serve first.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use crate::pipeline::{Endpoint, Function, Model, Serving, StageKind, StageRef, Ttl};
use crate::render::access::{Access, Use, key};
use crate::render::assets::target_model;
use crate::render::scene::{Scene, Statement, attribute, below, main_id, reference};
use crate::units::{LogicalId, StageName};

/// The edges of one function.
pub(super) struct Edges<'a> {
    pub(super) function: &'a Function,
    /// A stream that it puts late records to.
    pub(super) late_to: Option<&'a StageName>,
}

fn arn(kind: StageKind, name: &StageName) -> Value {
    attribute(&main_id(kind, name), "Arn")
}

impl<'a> Edges<'a> {
    /// The endpoints that it asks, in the order in which it asks them.
    fn asked(&self, scene: &Scene<'a>) -> impl Iterator<Item = &'a Endpoint> {
        let endpoints = scene.pipeline.endpoints();
        self.function.endpoints().filter_map(move |name| endpoints.get(name))
    }

    fn streams(&self) -> BTreeSet<&'a StageName> {
        self.function.sends.streams.iter().chain(self.late_to).collect()
    }

    /// The buckets it puts objects to: an endpoint that answers asynchronously reads its input from one.
    fn buckets(&self, scene: &Scene<'a>) -> BTreeSet<&'a StageName> {
        let inputs = self.asked(scene).filter_map(|endpoint| match &endpoint.serving {
            Serving::Async { input, .. } => Some(input),
            Serving::RealTime { .. } | Serving::Serverless { .. } => None,
        });
        self.function.sends.buckets.iter().chain(inputs).collect()
    }

    /// The endpoints that must be in service before new code is.
    pub(super) fn endpoints(&self) -> Vec<LogicalId> {
        self.function.endpoints().map(|name| main_id(StageKind::Endpoint, name)).collect()
    }

    /// What the edges may do, keys included.
    pub(super) fn allow(&self, scene: &Scene<'a>, access: &mut Access) {
        let (pipeline, function) = (scene.pipeline, self.function);
        for (tables, usage) in [(&function.features, Use::ReadFeatures), (&function.writes, Use::WriteTables)] {
            for table in tables.iter().filter_map(|name| pipeline.tables().get(name)) {
                let of_table = arn(StageKind::Table, &table.name);
                let indexes = table.indexes.keys().map(|index| below(&of_table, &format!("/index/{index}")));
                // Indexes are read, never written.
                let read = indexes.filter(|_| usage == Use::ReadFeatures);
                access.allow(usage, [of_table.clone()].into_iter().chain(read), key(&table.encryption));
            }
        }
        for stream in self.streams().into_iter().filter_map(|name| pipeline.streams().get(name)) {
            access.allow(Use::PutRecords, [arn(StageKind::Stream, &stream.name)], key(&stream.encryption));
        }
        for queue in function.sends.queues.iter().filter_map(|name| pipeline.queues().get(name)) {
            access.allow(Use::SendMessages, [arn(StageKind::Queue, &queue.name)], key(&queue.encryption));
        }
        for topic in function.sends.topics.iter().filter_map(|name| pipeline.topics().get(name)) {
            access.allow(
                Use::PublishNotifications,
                [reference(&main_id(StageKind::Topic, &topic.name))],
                key(&topic.encryption),
            );
        }
        for (buckets, usage) in
            [(self.buckets(scene), Use::PutObjects), (function.reads.iter().collect(), Use::GetObjects)]
        {
            for bucket in buckets.into_iter().filter_map(|name| pipeline.buckets().get(name)) {
                access.allow(usage, [below(&arn(StageKind::Bucket, &bucket.name), "/*")], key(&bucket.encryption));
            }
        }
    }

    /// Asking endpoints, by their literal names: the function may be made while an endpoint still starts; the alias waits.
    pub(super) fn score(&self, scene: &Scene<'a>) -> Vec<Statement> {
        let (mut now, mut later) = (Vec::new(), Vec::new());
        for endpoint in self.asked(scene) {
            let arn = scene.arn("sagemaker", &format!("endpoint/{}", scene.pipeline.physical_name(&endpoint.name)));
            match endpoint.serving {
                Serving::RealTime { .. } | Serving::Serverless { .. } => now.push(arn.into()),
                Serving::Async { .. } => later.push(arn.into()),
            }
        }
        [("Score", "sagemaker:InvokeEndpoint", now), ("ScoreLater", "sagemaker:InvokeEndpointAsync", later)]
            .into_iter()
            .filter(|(_, _, endpoints)| !endpoints.is_empty())
            .map(|(sid, action, endpoints)| Statement::new(sid, &[action], endpoints))
            .collect()
    }

    /// What the handler is told: where its edges lead, then whatever the file sets by hand.
    ///
    /// `TABLE_<NAME>`, `TTL_ATTRIBUTE_<NAME>` and `TTL_SECONDS_<NAME>` of a written table, `STREAM_<NAME>`,
    /// `QUEUE_<NAME>` (its URL), `TOPIC_<NAME>` (its ARN), `BUCKET_<NAME>`, `ENDPOINT_<NAME>`, `FALLBACK_ENDPOINT`,
    /// `REQUEST_TTL_SECONDS_<NAME>` of one that answers later, `DEFAULT_MODEL`, `FALLBACK_MODEL`, with `<NAME>` the
    /// stage's in capitals, and `METRICS_NAMESPACE`.
    pub(super) fn environment(&self, scene: &Scene<'a>, stage: &StageRef) -> BTreeMap<String, Value> {
        let function = self.function;
        let mut variables = BTreeMap::new();
        let mut tell = |prefix, kind, names: Vec<&StageName>| {
            variables.extend(names.into_iter().map(|name| (variable(prefix, name), reference(&main_id(kind, name)))));
        };
        tell("TABLE", StageKind::Table, function.features.iter().chain(&function.writes).collect());
        tell("STREAM", StageKind::Stream, self.streams().into_iter().collect());
        tell("QUEUE", StageKind::Queue, function.sends.queues.iter().collect());
        tell("TOPIC", StageKind::Topic, function.sends.topics.iter().collect());
        tell("BUCKET", StageKind::Bucket, self.buckets(scene).into_iter().chain(&function.reads).collect());
        for name in &function.writes {
            if let Some(Ttl::Expires { attribute, after }) = scene.pipeline.tables().get(name).map(|table| &table.ttl) {
                variables.insert(variable("TTL_ATTRIBUTE", name), json!(attribute));
                let told = after.map(|after| (variable("TTL_SECONDS", name), json!(after.as_secs().to_string())));
                variables.extend(told);
            }
        }
        self.tell_endpoints(scene, &mut variables);
        let emitted = scene.pipeline.metrics().values().find(|metric| metric.by == *stage);
        variables.extend(emitted.map(|metric| ("METRICS_NAMESPACE".to_owned(), json!(metric.namespace))));
        variables.extend(function.environment.iter().map(|(name, value)| (name.clone(), json!(value))));
        variables
    }

    fn tell_endpoints(&self, scene: &Scene<'a>, variables: &mut BTreeMap<String, Value>) {
        let named = |name: &StageName| json!(scene.pipeline.physical_name(name));
        for Endpoint { name, serving, .. } in self.asked(scene) {
            variables.insert(variable("ENDPOINT", name), named(name));
            if let Serving::Async { expires, .. } = serving {
                variables.insert(variable("REQUEST_TTL_SECONDS", name), json!(expires.as_secs().to_string()));
            }
        }
        variables.extend(self.function.falls_back_to.iter().map(|name| ("FALLBACK_ENDPOINT".to_owned(), named(name))));
        let first = self.function.scores_with.as_ref().and_then(|name| scene.pipeline.endpoints().get(name));
        if let Some(Model::Multi { default, fallback, .. }) = first.map(|endpoint| &endpoint.model) {
            variables.insert("DEFAULT_MODEL".to_owned(), json!(target_model(default)));
            variables.extend(fallback.as_ref().map(|model| ("FALLBACK_MODEL".to_owned(), json!(target_model(model)))));
        }
    }
}

fn variable(prefix: &str, stage: &StageName) -> String {
    format!("{prefix}_{}", stage.as_str().replace('-', "_").to_uppercase())
}
