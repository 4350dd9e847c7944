//! What a role may do with what its edges lead to, keys included.
//!
//! One statement per kind of use, over exactly the resources that are used so, and beside it what the service asks of the
//! customer's key that a resource is encrypted with: nothing for keys that AWS manages, since those admit every
//! principal of the account that may use the service.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::scene::{Scene, Statement, attribute, main_id};
use crate::pipeline::{Encryption, StageKind};

/// One kind of use of one service.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Use {
    ReadStream,
    /// What Firehose reads a stream with,
    ArchiveStream,
    /// and writes objects with, of any size.
    DeliverObjects,
    /// What producers outside of the pipeline need; those that batch look up shards.
    ProduceRecords,
    SubscribeToShards,
    ReceiveMessages,
    ReadFeatures,
    WriteTables,
    ListBuckets,
    GetObjects,
    PutObjects,
    /// Objects of any size, in parts.
    PutAnswers,
    PutRecords,
    SendMessages,
    PublishNotifications,
    /// What a function gave up on, to a queue,
    SendFailures,
    /// to a topic,
    PublishFailures,
    /// or to a bucket, which Lambda also looks at.
    PutFailures,
    ListFailures,
}

/// A use as IAM spells it.
struct Spelled {
    sid: &'static str,
    actions: &'static [&'static str],
    /// What the service asks of a customer's key on the role's behalf.
    of_keys: &'static [&'static str],
}

const OPENS: &[&str] = &["kms:Decrypt"];
const SEALS: &[&str] = &["kms:Decrypt", "kms:GenerateDataKey"];

impl Use {
    /// What each service asks of a key: the developer guides of Kinesis ("Permissions to use user-generated KMS keys"),
    /// SQS and SNS ("Configuring KMS permissions"), S3 ("Using SSE-KMS") and DynamoDB ("Encryption at rest").
    fn spelled(self) -> Spelled {
        let (sid, actions, of_keys): (_, &'static [_], &'static [_]) = match self {
            // aws-facts.md 1.3; stream-behaviour.md STATE-8 for what is really checked.
            Self::ReadStream => (
                "ReadStream",
                &[
                    "kinesis:DescribeStream",
                    "kinesis:DescribeStreamSummary",
                    "kinesis:GetRecords",
                    "kinesis:GetShardIterator",
                    "kinesis:ListShards",
                ],
                OPENS,
            ),
            Self::ArchiveStream => (
                "ReadStream",
                &["kinesis:DescribeStream", "kinesis:GetRecords", "kinesis:GetShardIterator", "kinesis:ListShards"],
                OPENS,
            ),
            Self::DeliverObjects => {
                ("WriteObjects", &["s3:AbortMultipartUpload", "s3:GetObject", "s3:PutObject"], SEALS)
            }
            Self::ProduceRecords => (
                "PutRecords",
                &["kinesis:DescribeStreamSummary", "kinesis:ListShards", "kinesis:PutRecord", "kinesis:PutRecords"],
                &["kms:GenerateDataKey"],
            ),
            Self::SubscribeToShards => ("Subscribe", &["kinesis:SubscribeToShard"], &[]),
            // Those of AWS's managed policy `AWSLambdaSQSQueueExecutionRole`.
            Self::ReceiveMessages => {
                ("ReceiveMessages", &["sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ReceiveMessage"], OPENS)
            }
            Self::ReadFeatures => (
                "ReadFeatures",
                &["dynamodb:BatchGetItem", "dynamodb:GetItem", "dynamodb:Query"],
                &["kms:Decrypt", "kms:DescribeKey"],
            ),
            Self::WriteTables => (
                "WriteTables",
                &["dynamodb:PutItem", "dynamodb:UpdateItem"],
                &[
                    "kms:Decrypt",
                    "kms:DescribeKey",
                    "kms:Encrypt",
                    "kms:GenerateDataKey",
                    "kms:ReEncryptFrom",
                    "kms:ReEncryptTo",
                ],
            ),
            Self::ListBuckets => ("ListBuckets", &["s3:ListBucket"], &[]),
            Self::GetObjects => ("GetObjects", &["s3:GetObject"], OPENS),
            Self::PutObjects => ("PutObjects", &["s3:PutObject"], SEALS),
            Self::PutAnswers => ("PutAnswers", &["s3:AbortMultipartUpload", "s3:PutObject"], SEALS),
            Self::PutRecords => ("PutRecords", &["kinesis:PutRecord", "kinesis:PutRecords"], &["kms:GenerateDataKey"]),
            Self::SendMessages => ("SendMessages", &["sqs:SendMessage"], SEALS),
            Self::PublishNotifications => ("PublishNotifications", &["sns:Publish"], SEALS),
            Self::SendFailures => ("SendFailedRecords", &["sqs:SendMessage"], SEALS),
            Self::PublishFailures => ("PublishFailedRecords", &["sns:Publish"], SEALS),
            Self::PutFailures => ("PutFailedRecords", &["s3:PutObject"], SEALS),
            Self::ListFailures => ("ListFailedRecords", &["s3:ListBucket"], &[]),
        };
        Spelled { sid, actions, of_keys }
    }
}

/// The customer's key that a resource is encrypted with.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Key {
    /// By its ARN.
    Is(Value),
    /// Whichever key of this account and region bears an alias: another pipeline's, whose id nobody here knows.
    Bears(String),
}

/// The key of an encryption; none where AWS manages it.
pub(super) fn key(encryption: &Encryption) -> Option<Key> {
    key_arn(encryption).map(Key::Is)
}

/// The ARN of an encryption's key; none where AWS manages it.
pub(super) fn key_arn(encryption: &Encryption) -> Option<Value> {
    match encryption {
        Encryption::Managed => None,
        Encryption::Key(name) => Some(attribute(&main_id(StageKind::Key, name), "Arn")),
        Encryption::Arn(arn) => Some(arn.as_str().into()),
    }
}

/// What a role may do, collected edge by edge.
#[derive(Default)]
pub(super) struct Access {
    uses: BTreeMap<Use, Used>,
}

#[derive(Default)]
struct Used {
    resources: Vec<Value>,
    keys: Vec<Key>,
}

impl Access {
    /// Allows one more use; what is allowed twice is written once.
    pub(super) fn allow(&mut self, usage: Use, resources: impl IntoIterator<Item = Value>, key: Option<Key>) {
        let used = self.uses.entry(usage).or_default();
        for resource in resources {
            if !used.resources.contains(&resource) {
                used.resources.push(resource);
            }
        }
        used.keys.extend(key.filter(|key| !used.keys.contains(key)));
    }

    /// The statements, uses in a fixed order, each followed by what it asks of keys.
    pub(super) fn statements(self, scene: &Scene<'_>) -> Vec<Statement> {
        self.uses.into_iter().flat_map(|(usage, used)| used.statements(scene, &usage.spelled())).collect()
    }
}

impl Used {
    fn statements(self, scene: &Scene<'_>, spelled: &Spelled) -> Vec<Statement> {
        let service = spelled.actions.first().and_then(|action| action.split(':').next()).unwrap_or_default();
        let via = json!(scene.service_host(service));
        let (mut own, mut aliases) = (Vec::new(), Vec::new());
        for key in self.keys {
            match key {
                Key::Is(arn) => own.push(arn),
                Key::Bears(alias) => aliases.push(alias),
            }
        }
        let mut statements = vec![Statement::new(spelled.sid, spelled.actions, self.resources)];
        if !own.is_empty() {
            let only = json!({"StringEquals": {"kms:ViaService": via}});
            statements.push(Statement::new(format!("{}Key", spelled.sid), spelled.of_keys, own).when(only));
        }
        if !aliases.is_empty() {
            let any_key = vec![scene.arn("kms", "key/*").into()];
            let only = json!({
                "StringEquals": {"kms:ViaService": via},
                "ForAnyValue:StringEquals": {"kms:ResourceAliases": aliases},
            });
            statements.push(Statement::new(format!("{}KeyOfOthers", spelled.sid), spelled.of_keys, any_key).when(only));
        }
        statements
    }
}
