//! Consumers of streams.

use super::edges::Edges;
use super::parts::ConsumerPart;
use super::{Carry, seconds};
use crate::import::document::{Block, Out};
use crate::import::value::Item;
use crate::import::world::{Kind, View};
use crate::units::Timestamp;

impl Carry<'_> {
    pub(super) fn consumers(&self) -> Block {
        let mut section = Block::default();
        for part in &self.parts.consumers {
            let Some(stream) = self.parts.stage(part.stream) else { continue };
            let consumer = self.consumer(stream, part);
            self.stage(&mut section, "consumer", &part.name, consumer, part.mapping);
        }
        section
    }

    fn consumer(&self, stream: &str, part: &ConsumerPart<'_>) -> Block {
        let view = part.mapping.view();
        view.skip(&["EventSourceArn", "FunctionName", "MetricsConfig.Metrics", "Tags"]);
        self.enabled(&view);
        let mut consumer = Block::default().with("from", Out::word(stream));
        let edges = Edges::of(self, part.function);
        let mut function = Block::default();
        self.function(&part.name, part.function, &edges, &mut function);
        self.concurrency(part.function, Block::default(), &mut function);
        consumer.absorb(function);
        if let Some(registration) = part.fan_out {
            registration.view().skip(&["ConsumerName", "StreamARN", "Tags"]);
            consumer.put("read", Out::word("fan-out"));
        }
        consumer.put_some("start", self.start(&view));
        consumer.put_block("batch", self.batch(&view));
        consumer.put_block("failure", self.failure(&view));
        consumer.put_some("late_to", edges.late().map(Out::word));
        self.filters(&view, &mut consumer);
        consumer
    }

    fn start(&self, view: &View<'_>) -> Option<Out> {
        match self.text(view, "StartingPosition")?.as_str() {
            "LATEST" => Some(Out::word("latest")),
            "AT_TIMESTAMP" => {
                let moment = self.read(view, "StartingPositionTimestamp", moment)?;
                // Lambda keeps whole seconds.
                Some(Out::choice("at", Out::word(moment.to_string().replace(".000Z", "Z"))))
            }
            "TRIM_HORIZON" => None,
            other => {
                self.lost(view, "StartingPosition", &format!("`{other}` is no place to start at"));
                None
            }
        }
    }

    fn batch(&self, view: &View<'_>) -> Block {
        let mut batch = Block::default();
        batch.put_unless("size", self.whole_or(view, "BatchSize", 100, 1..=10_000), 100, Out::word);
        batch.put_unless("window", self.whole_or(view, "MaximumBatchingWindowInSeconds", 0, 0..=300), 0, seconds);
        batch.put_unless("parallel", self.whole_or(view, "ParallelizationFactor", 1, 1..=10), 1, Out::word);
        batch.put_unless("tumbling", self.whole_or(view, "TumblingWindowInSeconds", 0, 0..=900), 0, seconds);
        batch
    }

    fn failure(&self, view: &View<'_>) -> Block {
        let mut failure = Block::default();
        if self.is_endless(view, "MaximumRetryAttempts", "tried again three times") {
            failure.put_unless("retries", self.whole(view, "MaximumRetryAttempts", 0..=10_000), 3, Out::word);
        }
        if self.is_endless(view, "MaximumRecordAgeInSeconds", "tried for an hour") {
            failure.put_unless("max_age", self.whole(view, "MaximumRecordAgeInSeconds", 60..=604_800), 3_600, seconds);
        }
        failure.put_unless("bisect", self.flag(view, "BisectBatchOnFunctionError", false), true, Out::word);
        failure.put_unless("report_items", Some(self.reports_items(view)), true, Out::word);
        failure.put_some("to", self.destination(view));
        failure
    }

    /// Says so where a bound is left out or -1, which is without end on AWS; true where there is one.
    fn is_endless(&self, view: &View<'_>, path: &str, instead: &str) -> bool {
        let number = view.get(path).map(Item::as_number);
        if matches!(number, None | Some(Some(-1.0))) {
            let why =
                format!("it is without end, and one bad record then blocks its shard; a record is {instead} instead");
            self.lost(view, path, &why);
            return false;
        }
        true
    }

    /// Where records go that are given up on; `None` for a queue of the consumer's own.
    fn destination(&self, view: &View<'_>) -> Option<Out> {
        let path = "DestinationConfig.OnFailure.Destination";
        let field = view.field(path)?;
        let found = self.world.meant(&field.item, &[Kind::Queue, Kind::Topic, Kind::Bucket]);
        let own_queue = found.is_some_and(|queue| queue.kind == Some(Kind::Queue) && self.parts.stage(queue).is_none());
        if own_queue {
            return None;
        }
        let arn = field.item.as_text();
        let name =
            found.and_then(|target| target.name()).or_else(|| arn.as_ref()?.rsplit(':').next().map(str::to_owned));
        let service = arn.as_ref().and_then(|arn| arn.split(':').nth(2));
        let word = match (found.and_then(|target| target.kind), service) {
            (Some(Kind::Queue), _) | (None, Some("sqs")) => "queue",
            (Some(Kind::Topic), _) | (None, Some("sns")) => "topic",
            (Some(Kind::Bucket), _) | (None, Some("s3")) => "bucket",
            _ => {
                self.open(view, field);
                return None;
            }
        };
        let Some(name) = name.filter(|name| (1..=63).contains(&name.chars().count())) else {
            self.lost(view, path, "its name is made by AWS; name the destination, or take the consumer's own queue");
            return None;
        };
        Some(Out::choice(word, Out::text(name)))
    }
}

/// A moment: seconds since 1970 (CloudFormation), or a text (Terraform).
fn moment(item: &Item) -> Option<Timestamp> {
    match item.as_number() {
        Some(seconds) if seconds.abs() < 1e11 => Some(Timestamp::from_millis((seconds * 1_000.0) as i64)),
        Some(_) => None,
        None => Timestamp::parse(&item.as_text()?),
    }
}
