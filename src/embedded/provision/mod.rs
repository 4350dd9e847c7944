//! Carrying out what CloudFormation asks: each resource type speaks its service's own wire protocol to the
//! in-process service, so what was deployed can be described, put to and read back like anything else.
//!
//! A service's refusal becomes a handler error with the service's words. One file per service; how long a
//! resource takes is not known here.

mod autoscaling;
mod budgets;
mod cloudwatch;
mod dynamodb;
mod firehose;
mod glue;
mod iam;
mod kinesis;
mod kms;
mod lambda;
mod logs;
mod mappings;
mod props;
mod refused;
mod s3;
mod sagemaker;
mod sns;
mod sqs;
mod ssm;

pub(crate) use dynamodb::expiry_is_changing;

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::back::{Back, Record};
use super::cloudformation::{
    Effect, EffectAction, HandlerError, HandlerErrorCode, Properties, Provisioned, Provisioner,
};

macro_rules! kinds {
    ($($kind:ident = $name:literal => $apply:path;)*) => {
        /// A resource type that the embedded cloud provisions.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub enum Kind {
            $(#[doc = $name] $kind,)*
        }

        impl Kind {
            /// Every type.
            pub const ALL: &'static [Self] = &[$(Self::$kind,)*];

            /// The type's name.
            #[must_use]
            pub fn name(self) -> &'static str {
                match self { $(Self::$kind => $name,)* }
            }

            async fn apply(self, back: &mut Back, effect: &Effect) -> Made {
                match self { $(Self::$kind => $apply(back, effect).await,)* }
            }
        }
    };
}

/// What provisioning one resource gives.
pub(crate) type Made = Result<Provisioned, HandlerError>;

kinds! {
    Alarm = "AWS::CloudWatch::Alarm" => cloudwatch::alarm;
    AnomalyDetector = "AWS::CloudWatch::AnomalyDetector" => cloudwatch::detector;
    Budget = "AWS::Budgets::Budget" => budgets::budget;
    CatalogDatabase = "AWS::Glue::Database" => glue::database;
    CatalogTable = "AWS::Glue::Table" => glue::table;
    CompositeAlarm = "AWS::CloudWatch::CompositeAlarm" => cloudwatch::composite;
    Dashboard = "AWS::CloudWatch::Dashboard" => cloudwatch::dashboard;
    ScalableTarget = "AWS::ApplicationAutoScaling::ScalableTarget" => autoscaling::target;
    ScalingPolicy = "AWS::ApplicationAutoScaling::ScalingPolicy" => autoscaling::policy;
    Table = "AWS::DynamoDB::Table" => dynamodb::table;
    DeliveryStream = "AWS::KinesisFirehose::DeliveryStream" => firehose::delivery_stream;
    Role = "AWS::IAM::Role" => iam::role;
    Policy = "AWS::IAM::Policy" => iam::policy;
    ManagedPolicy = "AWS::IAM::ManagedPolicy" => iam::managed_policy;
    Stream = "AWS::Kinesis::Stream" => kinesis::stream;
    StreamConsumer = "AWS::Kinesis::StreamConsumer" => kinesis::consumer;
    StreamPolicy = "AWS::Kinesis::ResourcePolicy" => kinesis::policy;
    Key = "AWS::KMS::Key" => kms::key;
    KeyAlias = "AWS::KMS::Alias" => kms::alias;
    Function = "AWS::Lambda::Function" => lambda::function;
    FunctionVersion = "AWS::Lambda::Version" => lambda::version;
    FunctionAlias = "AWS::Lambda::Alias" => lambda::alias;
    Mapping = "AWS::Lambda::EventSourceMapping" => mappings::mapping;
    InvokeConfig = "AWS::Lambda::EventInvokeConfig" => lambda::invoke_config;
    Permission = "AWS::Lambda::Permission" => lambda::permission;
    LogGroup = "AWS::Logs::LogGroup" => logs::group;
    LogStream = "AWS::Logs::LogStream" => logs::stream;
    Bucket = "AWS::S3::Bucket" => s3::bucket;
    BucketPolicy = "AWS::S3::BucketPolicy" => s3::bucket_policy;
    Model = "AWS::SageMaker::Model" => sagemaker::model;
    EndpointConfig = "AWS::SageMaker::EndpointConfig" => sagemaker::endpoint_config;
    Endpoint = "AWS::SageMaker::Endpoint" => sagemaker::endpoint;
    Topic = "AWS::SNS::Topic" => sns::topic;
    TopicPolicy = "AWS::SNS::TopicPolicy" => sns::topic_policy;
    Subscription = "AWS::SNS::Subscription" => sns::subscription;
    Parameter = "AWS::SSM::Parameter" => ssm::parameter;
    Queue = "AWS::SQS::Queue" => sqs::queue;
    QueuePolicy = "AWS::SQS::QueuePolicy" => sqs::queue_policy;
}

impl Kind {
    /// Finds a type by its name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|kind| kind.name() == name)
    }
}

impl Provisioner for Back {
    async fn apply(&mut self, effect: &Effect) -> Result<Provisioned, HandlerError> {
        let Some(kind) = Kind::parse(&effect.type_name) else {
            return Err(HandlerError::new(
                HandlerErrorCode::InvalidRequest,
                format!("Unrecognized resource types: [{}]", effect.type_name),
            ));
        };
        if let Some(message) = self.injected_failure(effect) {
            return Err(HandlerError::new(HandlerErrorCode::GeneralServiceException, message));
        }
        refuse_unkept(kind, effect)?;
        let made = kind.apply(self, effect).await;
        let made = match (&effect.action, made) {
            (EffectAction::Read { .. }, Ok(made)) => self.looked_at(kind, effect, made).await,
            (_, made) => made,
        };
        self.note(effect, made)
    }
}

impl Back {
    /// Carries an effect out at its own moment.
    pub(crate) async fn carry_out(&mut self, effect: &Effect) -> Made {
        self.apply(effect).await
    }

    /// Adds to a read how the resource really is, where CloudFormation applied it once: what it set is what is looked at.
    async fn looked_at(&mut self, kind: Kind, effect: &Effect, mut made: Provisioned) -> Made {
        let Some(record) = self.record(&effect.type_name, &made.physical_id) else { return Ok(made) };
        let wanted = record.properties.clone();
        let id = made.physical_id.clone();
        match self.as_it_is(kind, &id, &wanted).await {
            Ok(live) => {
                made.properties.extend(live);
                Ok(made)
            }
            Err(refusal) if refusal.is_not_found() => Err(not_found(effect, &id)),
            Err(refusal) => Err(refusal.into()),
        }
    }

    /// Keeps the record of what was applied in step, and answers reads from it.
    fn note(&mut self, effect: &Effect, made: Made) -> Made {
        let key = |physical_id: &str, properties: &Properties| record_key(&effect.type_name, physical_id, properties);
        match (&effect.action, made) {
            (EffectAction::Create { properties }, Ok(made)) => {
                self.keep(key(&made.physical_id, properties), properties, &made);
                Ok(made)
            }
            (EffectAction::Update { physical_id, after, .. }, Ok(made)) => {
                if made.physical_id != *physical_id {
                    self.world.records.remove(&key(physical_id, after));
                }
                self.keep(key(&made.physical_id, after), after, &made);
                Ok(made)
            }
            (EffectAction::Delete { physical_id, properties }, Ok(_)) => {
                self.world.records.remove(&key(physical_id, properties));
                Ok(Provisioned { physical_id: physical_id.clone(), ..Provisioned::default() })
            }
            (EffectAction::Delete { physical_id, properties }, Err(error))
                if error.code == HandlerErrorCode::NotFound =>
            {
                self.world.records.remove(&key(physical_id, properties));
                Ok(Provisioned { physical_id: physical_id.clone(), ..Provisioned::default() })
            }
            (EffectAction::Read { .. }, Ok(mut made)) => {
                if let Some(record) = self.record(&effect.type_name, &made.physical_id) {
                    let mut properties = record.properties.clone();
                    properties.extend(std::mem::take(&mut made.properties));
                    made.properties = properties;
                    let mut attributes = record.attributes.clone();
                    attributes.append(&mut made.attributes);
                    made.attributes = attributes;
                }
                Ok(made)
            }
            (
                EffectAction::Create { .. }
                | EffectAction::Update { .. }
                | EffectAction::Delete { .. }
                | EffectAction::Read { .. },
                Err(error),
            ) => Err(error),
        }
    }

    fn keep(&mut self, key: String, properties: &Properties, made: &Provisioned) {
        let now = self.now;
        let record = self.world.records.entry(key).or_default();
        record.properties = properties.clone();
        record.attributes = made.attributes.clone();
        record.made.get_or_insert(now);
    }
}

/// The key of a resource's record: its type and its identifier, and between them what it lies in where the
/// identifier alone is not unique.
fn record_key(type_name: &str, physical_id: &str, properties: &Properties) -> String {
    let within = match Kind::parse(type_name) {
        Some(Kind::LogStream) => props::text(properties, "LogGroupName"),
        Some(Kind::CatalogTable) => props::text(properties, "DatabaseName"),
        Some(_) | None => None,
    };
    match within {
        Some(within) => format!("{type_name}|{within}|{physical_id}"),
        None => format!("{type_name}|{physical_id}"),
    }
}

/// A property that would not be kept is refused, not forgotten (docs/embedded.md).
fn refuse_unkept(kind: Kind, effect: &Effect) -> Result<(), HandlerError> {
    let (EffectAction::Create { properties } | EffectAction::Update { after: properties, .. }) = &effect.action else {
        return Ok(());
    };
    match kind.refuses().iter().find(|name| properties.contains_key(**name)) {
        Some(name) => Err(HandlerError::new(
            HandlerErrorCode::InvalidRequest,
            format!("The embedded cloud does not model the property {name} of {}.", kind.name()),
        )),
        None => Ok(()),
    }
}

/// A resource with its attributes.
pub(super) fn made<const N: usize>(physical_id: impl Into<String>, attributes: [(&str, String); N]) -> Made {
    let attributes: BTreeMap<String, Value> =
        attributes.into_iter().map(|(name, value)| (name.to_owned(), Value::String(value))).collect();
    Ok(Provisioned { physical_id: physical_id.into(), attributes, properties: Properties::new() })
}

/// Nothing is left to tell.
pub(super) fn gone() -> Made {
    Ok(Provisioned::default())
}

/// "There is none", in CloudFormation's words for a type and its identifier.
pub(super) fn not_found(effect: &Effect, physical_id: &str) -> HandlerError {
    HandlerError::new(
        HandlerErrorCode::NotFound,
        format!("Resource of type '{}' with identifier '{physical_id}' was not found.", effect.type_name),
    )
}

/// "There is one already", in CloudFormation's words (ER-35).
pub(super) fn already_exists(effect: &Effect, physical_id: &str) -> HandlerError {
    HandlerError::new(
        HandlerErrorCode::AlreadyExists,
        format!("Resource of type '{}' with identifier '{physical_id}' already exists.", effect.type_name),
    )
}

/// The name CloudFormation makes up: `<stack>-<logical id>-<suffix>`, the suffix from the effect's token so
/// that a repeated effect makes the same name.
pub(super) fn invented_name(effect: &Effect, longest: usize) -> String {
    use sha2::Digest as _;
    const ALPHABET: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    let suffix: String = sha2::Sha256::digest(format!("{}{}", effect.token, effect.logical_id))
        .iter()
        .take(12)
        .filter_map(|byte| ALPHABET.get(usize::from(byte % 32)).copied().map(char::from))
        .collect();
    let room = longest.saturating_sub(suffix.len() + 2);
    let stack: String = effect.stack.name.chars().take(room / 2).collect();
    let logical: String = effect.logical_id.chars().take(room.saturating_sub(stack.len())).collect();
    format!("{stack}-{logical}-{suffix}")
}

/// The effect's tags with the properties' own on top, by key.
pub(super) fn tags(effect: &Effect, properties: &Properties) -> BTreeMap<String, String> {
    let mut tags = effect.tags.clone();
    match properties.get("Tags") {
        Some(Value::Array(list)) => {
            for tag in list {
                if let (Some(key), Some(value)) = (tag.get("Key").and_then(Value::as_str), tag.get("Value")) {
                    tags.insert(key.to_owned(), props::as_text(value));
                }
            }
        }
        Some(Value::Object(map)) => {
            for (key, value) in map {
                tags.insert(key.clone(), props::as_text(value));
            }
        }
        Some(_) | None => {}
    }
    tags
}

/// Tags as `[{"Key": …, "Value": …}]`.
pub(super) fn tag_list(tags: &BTreeMap<String, String>) -> Value {
    tags.iter().map(|(key, value)| json!({"Key": key, "Value": value})).collect()
}

/// Tags as parameters of the Query protocol.
pub(super) fn tag_parameters(tags: BTreeMap<String, String>) -> Vec<(String, String)> {
    let numbered = (1..).zip(tags);
    numbered
        .flat_map(|(at, (key, value)): (u32, _)| {
            [(format!("Tags.member.{at}.Key"), key), (format!("Tags.member.{at}.Value"), value)]
        })
        .collect()
}

/// A list as parameters of the Query protocol.
pub(super) fn numbered(name: &str, list: Vec<String>) -> Vec<(String, String)> {
    (1..).zip(list).map(|(at, item): (u32, String)| (format!("{name}.member.{at}"), item)).collect()
}

/// Keys that were there and are no longer.
pub(super) fn removed_tags(before: &BTreeMap<String, String>, after: &BTreeMap<String, String>) -> Vec<String> {
    before.keys().filter(|key| !after.contains_key(*key)).cloned().collect()
}

/// How the tags of a resource change.
pub(super) struct Retag {
    /// All that it shall have.
    pub put: BTreeMap<String, String>,
    /// Keys that it shall have no longer.
    pub removed: Vec<String>,
}

/// How an update changes a resource's tags; for any other effect, all tags are new.
pub(super) fn retag(effect: &Effect) -> Retag {
    match &effect.action {
        EffectAction::Update { before, after, tags_before, .. } => {
            let put = tags(effect, after);
            let mut old = tags_before.clone();
            old.extend(tags(effect, before));
            Retag { removed: removed_tags(&old, &put), put }
        }
        EffectAction::Create { properties } | EffectAction::Delete { properties, .. } => {
            Retag { put: tags(effect, properties), removed: Vec::new() }
        }
        EffectAction::Read { .. } => Retag { put: BTreeMap::new(), removed: Vec::new() },
    }
}

/// What was known of a resource, for a read of one that CloudFormation did not make.
pub(super) fn known(back: &Back, effect: &Effect, physical_id: &str) -> Option<Record> {
    back.record(&effect.type_name, physical_id).cloned()
}
