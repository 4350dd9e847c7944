//! What AWS says of single fields: of some that have bounds or must be there, and of some that people look for where
//! AWS has no such setting. The latter are not misspelt, so "did you mean" would lead astray.

use super::source::Source;
use super::tree::{Node, Value};
use crate::diagnostic::Diagnostic;

/// What AWS says of fields of some records or choices.
#[derive(Debug)]
pub(super) struct Limit {
    /// The records and choices, as their errors call them.
    of: &'static [&'static str],
    /// The fields, in this language's spelling or in AWS's.
    fields: &'static [&'static str],
    why: &'static str,
    help: Option<&'static str>,
    source: Source,
}

const LIMITS: &[Limit] = &[
    Limit {
        of: &["a batch"],
        fields: &["parallel"],
        why: "Lambda works on at most 10 batches of a shard at once",
        help: None,
        source: Source::LambdaKinesis,
    },
    Limit {
        of: &["a consumer", "a batch"],
        fields: &["pollers", "provisioned_pollers", "provisioned_poller_config", "minimum_pollers", "maximum_pollers"],
        why: "`ProvisionedPollerConfig` is for SQS, Amazon MSK and self-managed Apache Kafka only; Lambda polls each \
              shard of a Kinesis stream by itself",
        help: Some("remove it; `batch.parallel`, 1 to 10, has more batches of a shard worked on at once"),
        source: Source::LambdaMapping,
    },
    Limit {
        of: &["a consumer", "a batch"],
        fields: &["scaling", "scaling_config", "maximum_concurrency"],
        why: "`ScalingConfig` is for SQS only; of a Kinesis stream there are `parallel` batches of each shard at once",
        help: Some("remove it; `concurrency.reserved` is a ceiling for the whole function"),
        source: Source::LambdaMapping,
    },
    Limit {
        of: &["a consumer", "a batch"],
        fields: &["logging_config"],
        why: "`LoggingConfig` of an event source mapping is for Amazon MSK and self-managed Apache Kafka only",
        help: Some("remove it"),
        source: Source::LambdaMapping,
    },
    Limit {
        of: &["a stream", "a capacity"],
        fields: &["shards", "shard_count"],
        why: "Kinesis manages the shards of an on-demand stream by itself; only a provisioned one has a `ShardCount`",
        help: Some("for a fixed number, write `capacity: {provisioned: {shards: …}}`"),
        source: Source::KinesisCreateStream,
    },
    Limit {
        of: &["a time to live"],
        fields: &["attribute"],
        why: "DynamoDB expires items by one attribute of the table, and has to be told its name (`AttributeName`, 1 to \
              255 characters)",
        help: None,
        source: Source::DynamoTimeToLive,
    },
    Limit {
        of: &["a multi-model"],
        fields: &["shadow", "shadows", "shadow_variants"],
        why: "SageMaker excludes multi-model endpoints from shadow tests",
        help: Some("remove it, or serve the model with `single`, which can have a `shadow`"),
        source: Source::SageMakerShadow,
    },
    Limit {
        of: &["serverless serving"],
        fields: &["rollout", "canary", "guardrails"],
        why: "deployment guardrails are for real-time and asynchronous endpoints only; a serverless one has no \
              instances to shift traffic between",
        help: Some("remove it, or serve `real-time`"),
        source: Source::SageMakerGuardrails,
    },
];

impl Limit {
    /// What AWS says of a field of a record or a choice, if there is more to say than its declaration does.
    pub(super) fn on(what: &str, field: &str) -> Option<&'static Self> {
        let field = bare(field);
        LIMITS.iter().find(|limit| limit.of.contains(&what) && limit.fields.iter().any(|known| bare(known) == field))
    }

    /// Adds the reason, where it is written, and what to do instead.
    pub(super) fn tell(&self, diagnostic: Diagnostic) -> Diagnostic {
        let diagnostic = self.notes().into_iter().fold(diagnostic, Diagnostic::note);
        match self.help {
            Some(help) => diagnostic.help(help),
            None => diagnostic,
        }
    }

    /// The reason, and where it is written.
    pub(super) fn notes(&self) -> [String; 2] {
        [self.why.to_owned(), self.source.to_string()]
    }
}

/// Adds what AWS says of a field, if anything.
pub(super) fn tell_of(what: &str, field: &str, diagnostic: Diagnostic) -> Diagnostic {
    match Limit::on(what, field) {
        Some(limit) => limit.tell(diagnostic),
        None => diagnostic,
    }
}

/// Adds what AWS says of the fields that a choice was given and does not have, each at its own place.
pub(super) fn tell_of_all(what: &str, given: &Node, diagnostic: Diagnostic) -> Diagnostic {
    let Value::Mapping(entries) = &given.value else { return diagnostic };
    entries.iter().fold(diagnostic, |diagnostic, entry| match Limit::on(what, &entry.key) {
        Some(limit) => limit.tell(diagnostic.at(entry.key_place.clone(), "asked for here")),
        None => diagnostic,
    })
}

/// A name as it is compared: `ShardCount`, `shard-count` and `shard_count` are one.
fn bare(name: &str) -> String {
    name.chars().filter(char::is_ascii_alphanumeric).map(|letter| letter.to_ascii_lowercase()).collect()
}
