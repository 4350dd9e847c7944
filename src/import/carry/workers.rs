//! Workers of queues and topics.

use super::edges::Edges;
use super::parts::WorkerPart;
use super::{Carry, seconds};
use crate::import::document::{Block, Out};
use crate::import::world::{Kind, View};

impl Carry<'_> {
    pub(super) fn workers(&self) -> Block {
        let mut section = Block::default();
        for part in &self.parts.workers {
            let Some(source) = self.parts.stage(part.source) else { continue };
            let of_queue = part.source.kind == Some(Kind::Queue);
            let word = if of_queue { "queue" } else { "topic" };
            let mut worker = Block::default().with("from", Out::choice(word, Out::word(source)));
            let edges = Edges::of(self, part.function);
            self.function(&part.name, part.function, &edges, &mut worker);
            let view = part.trigger.view();
            if of_queue {
                self.of_queue(&view, part, &mut worker)
            } else {
                self.of_topic(&view, part, &mut worker)
            }
            self.stage(&mut section, "worker", &part.name, worker, part.trigger);
        }
        section
    }

    fn of_queue(&self, view: &View<'_>, part: &WorkerPart<'_>, worker: &mut Block) {
        view.skip(&["EventSourceArn", "FunctionName", "MetricsConfig.Metrics", "Tags"]);
        self.enabled(view);
        let mut batch = Block::default();
        batch.put_unless("size", self.whole_or(view, "BatchSize", 10, 1..=10_000), 10, Out::word);
        batch.put_unless("window", self.whole_or(view, "MaximumBatchingWindowInSeconds", 0, 0..=300), 0, seconds);
        worker.put_block("batch", batch);
        worker.put_unless("report_items", Some(self.reports_items(view)), true, Out::word);
        let most = self.whole(view, "ScalingConfig.MaximumConcurrency", 2..=1000);
        let mut concurrency = Block::default();
        concurrency.put_some("max", most.map(Out::word));
        self.concurrency(part.function, concurrency, worker);
        if view.field("FilterCriteria").is_some() {
            self.lost(view, "FilterCriteria", "workers of queues have no filters");
        }
    }

    fn of_topic(&self, view: &View<'_>, part: &WorkerPart<'_>, worker: &mut Block) {
        view.skip(&["TopicArn", "Protocol", "Endpoint", "EndpointAutoConfirms"]);
        if let Some(config) = self.belonging(Kind::InvokeConfig, part.function) {
            let view = config.view();
            view.skip(&["FunctionName", "Qualifier", "DestinationConfig.OnFailure.Destination"]);
            worker.put_unless("retries", self.whole_or(&view, "MaximumRetryAttempts", 2, 0..=2), 2, Out::word);
            // Lambda gives up after six hours where nothing is said, Sluice after one.
            let age = self.whole_or(&view, "MaximumEventAgeInSeconds", 21_600, 60..=21_600);
            worker.put_unless("max_age", age, 3_600, seconds);
        } else {
            worker.put("max_age", seconds(21_600));
        }
        self.concurrency(part.function, Block::default(), worker);
    }
}
