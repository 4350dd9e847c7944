//! The resources of a source in one form, whichever language they were written in: CloudFormation's property
//! names, the source's own spelling beside them, and a record of what has been read, so that what nobody read
//! can be listed.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

use super::value::{DYNAMIC, Field, Fields, Item, Reference, Value};
use crate::diagnostic::Place;

macro_rules! kinds {
    ($($name:ident: $($type:literal)|+;)*) => {
        /// The kinds of resources that mean something to a pipeline.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub(super) enum Kind { $($name,)* }

        impl Kind {
            /// The kind of a CloudFormation or Terraform type.
            pub(super) fn of(type_name: &str) -> Option<Self> {
                match type_name {
                    $($($type)|+ => Some(Self::$name),)*
                    _ => None,
                }
            }
        }
    };
}

kinds! {
    Stream: "AWS::Kinesis::Stream" | "aws_kinesis_stream";
    StreamConsumer: "AWS::Kinesis::StreamConsumer" | "aws_kinesis_stream_consumer";
    Function: "AWS::Lambda::Function" | "aws_lambda_function";
    Version: "AWS::Lambda::Version";
    Alias: "AWS::Lambda::Alias" | "aws_lambda_alias";
    Mapping: "AWS::Lambda::EventSourceMapping" | "aws_lambda_event_source_mapping";
    InvokeConfig: "AWS::Lambda::EventInvokeConfig" | "aws_lambda_function_event_invoke_config";
    ProvisionedConcurrency: "aws_lambda_provisioned_concurrency_config";
    Delivery: "AWS::KinesisFirehose::DeliveryStream" | "aws_kinesis_firehose_delivery_stream";
    Table: "AWS::DynamoDB::Table" | "aws_dynamodb_table";
    Queue: "AWS::SQS::Queue" | "aws_sqs_queue";
    Topic: "AWS::SNS::Topic" | "aws_sns_topic";
    Subscription: "AWS::SNS::Subscription" | "aws_sns_topic_subscription";
    Model: "AWS::SageMaker::Model" | "aws_sagemaker_model";
    EndpointConfig: "AWS::SageMaker::EndpointConfig" | "aws_sagemaker_endpoint_configuration";
    Endpoint: "AWS::SageMaker::Endpoint" | "aws_sagemaker_endpoint";
    ScalableTarget: "AWS::ApplicationAutoScaling::ScalableTarget" | "aws_appautoscaling_target";
    ScalingPolicy: "AWS::ApplicationAutoScaling::ScalingPolicy" | "aws_appautoscaling_policy";
    Alarm: "AWS::CloudWatch::Alarm" | "aws_cloudwatch_metric_alarm";
    CompositeAlarm: "AWS::CloudWatch::CompositeAlarm" | "aws_cloudwatch_composite_alarm";
    Bucket: "AWS::S3::Bucket" | "aws_s3_bucket";
    BucketLifecycle: "aws_s3_bucket_lifecycle_configuration";
    BucketVersioning: "aws_s3_bucket_versioning";
    BucketAccess: "aws_s3_bucket_public_access_block";
    BucketOwnership: "aws_s3_bucket_ownership_controls";
    BucketEncryption: "aws_s3_bucket_server_side_encryption_configuration";
    Key: "AWS::KMS::Key" | "aws_kms_key";
    KeyAlias: "AWS::KMS::Alias" | "aws_kms_alias";
    LogGroup: "AWS::Logs::LogGroup" | "aws_cloudwatch_log_group";
    LogStream: "AWS::Logs::LogStream" | "aws_cloudwatch_log_stream";
    Role: "AWS::IAM::Role" | "aws_iam_role";
    RolePolicy: "AWS::IAM::Policy" | "aws_iam_role_policy";
    ManagedPolicy: "AWS::IAM::ManagedPolicy" | "aws_iam_policy";
    PolicyAttachment: "aws_iam_role_policy_attachment";
    PolicyDocument: "data.aws_iam_policy_document";
    Permission: "AWS::Lambda::Permission" | "aws_lambda_permission";
    QueuePolicy: "AWS::SQS::QueuePolicy" | "aws_sqs_queue_policy";
    DeadLetterPolicy: "aws_sqs_queue_redrive_policy";
    TopicPolicy: "AWS::SNS::TopicPolicy" | "aws_sns_topic_policy";
    BucketPolicy: "AWS::S3::BucketPolicy" | "aws_s3_bucket_policy";
    Dashboard: "AWS::CloudWatch::Dashboard" | "aws_cloudwatch_dashboard";
    GlueDatabase: "AWS::Glue::Database" | "aws_glue_catalog_database";
    GlueTable: "AWS::Glue::Table" | "aws_glue_catalog_table";
    Budget: "AWS::Budgets::Budget" | "aws_budgets_budget";
}

impl Kind {
    /// The service in ARNs of the kind, where anything names it by ARN.
    fn service(self) -> Option<&'static str> {
        Some(match self {
            Self::Stream | Self::StreamConsumer => "kinesis",
            Self::Function | Self::Alias | Self::Version => "lambda",
            Self::Table => "dynamodb",
            Self::Queue => "sqs",
            Self::Topic => "sns",
            Self::Bucket => "s3",
            Self::Endpoint => "sagemaker",
            Self::Key => "kms",
            Self::Role | Self::ManagedPolicy => "iam",
            _ => return None,
        })
    }
}

/// A resource of a source.
#[derive(Debug)]
pub(super) struct Resource {
    /// As the source refers to it: `aws_kinesis_stream.events`, `Events`.
    pub(super) address: String,
    /// Its own part of the address: `events`.
    pub(super) label: String,
    /// Its type as written.
    pub(super) type_name: String,
    /// What it is to a pipeline; `None` for types that mean nothing to one.
    pub(super) kind: Option<Kind>,
    pub(super) place: Option<Place>,
    pub(super) fields: Fields,
    used: RefCell<BTreeSet<String>>,
}

impl Resource {
    pub(super) fn new(address: String, label: String, type_name: String, place: Option<Place>, fields: Fields) -> Self {
        let kind = Kind::of(&type_name);
        Self { address, label, type_name, kind, place, fields, used: RefCell::default() }
    }

    /// The resource's fields, to be read.
    pub(super) fn view(&self) -> View<'_> {
        View { resource: self, fields: &self.fields, path: String::new() }
    }

    /// A name of CloudFormation's as the resource's own language spells it.
    pub(super) fn spelt(&self, path: &str) -> String {
        let name = path.rsplit('.').next().unwrap_or(path);
        if !self.type_name.starts_with("aws_") {
            return name.to_owned();
        }
        let mut snake = String::new();
        for c in name.chars() {
            if c.is_ascii_uppercase() && !snake.is_empty() {
                snake.push('_');
            }
            snake.push(c.to_ascii_lowercase());
        }
        snake
    }

    /// What nobody has read: dotted path as written, and the field.
    pub(super) fn unread(&self) -> Vec<(String, &Field)> {
        let mut left = Vec::new();
        collect_unread(&self.fields, &self.used.borrow(), "", "", &mut left);
        left
    }
}

fn collect_unread<'a>(
    fields: &'a Fields,
    used: &BTreeSet<String>,
    path: &str,
    written: &str,
    left: &mut Vec<(String, &'a Field)>,
) {
    for field in &fields.0 {
        let (path, written) = (below(path, &field.name), below(written, &field.written));
        // A dynamic block was told where it was met.
        let told = matches!(&field.item.value, Value::Unknown(why) if why == DYNAMIC);
        if told || used.contains(&path) || field.item.value == Value::Null {
            continue;
        }
        let inner = format!("{path}.");
        if !used.range(inner.clone()..).next().is_some_and(|next| next.starts_with(&inner)) {
            left.push((written, field));
            continue;
        }
        let single = matches!(field.item.value, Value::Map(_));
        for (index, member) in field.item.members().into_iter().enumerate() {
            let at = if single { path.clone() } else { below(&path, &index.to_string()) };
            if let Some(fields) = member.fields() {
                collect_unread(fields, used, &at, &written, left);
            }
        }
    }
}

fn below(path: &str, name: &str) -> String {
    if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") }
}

/// Some fields of a resource; whatever is got from it counts as read.
#[derive(Clone, Debug)]
pub(super) struct View<'w> {
    pub(super) resource: &'w Resource,
    fields: &'w Fields,
    path: String,
}

impl<'w> View<'w> {
    /// The value at a dotted path of names; `None` where there is none, or nothing in it.
    pub(super) fn get(&self, path: &str) -> Option<&'w Item> {
        self.field(path).map(|field| &field.item)
    }

    /// The field at a dotted path of names; a list on the way is followed into its first member.
    pub(super) fn field(&self, path: &str) -> Option<&'w Field> {
        let mut fields = self.fields;
        let mut at = self.path.clone();
        let mut parts = path.split('.').peekable();
        while let Some(part) = parts.next() {
            let field = fields.get(part)?;
            at = below(&at, part);
            if parts.peek().is_none() {
                self.resource.used.borrow_mut().insert(at);
                return (field.item.value != Value::Null).then_some(field);
            }
            fields = match &field.item.value {
                Value::Map(fields) => fields,
                Value::List(members) => {
                    at = below(&at, "0");
                    members.first()?.fields()?
                }
                _ => return None,
            };
        }
        None
    }

    /// Each mapping of a list, to be read on its own; a single mapping is a list of one.
    pub(super) fn each(&self, path: &str) -> Vec<View<'w>> {
        let Some((field, at)) = self.peek(path) else { return Vec::new() };
        let single = matches!(field.item.value, Value::Map(_));
        let members = field.item.members().into_iter().enumerate();
        members
            .filter_map(|(index, member)| {
                let path = if single { at.clone() } else { below(&at, &index.to_string()) };
                Some(View { resource: self.resource, fields: member.fields()?, path })
            })
            .collect()
    }

    /// The first mapping at a path, to be read on its own.
    pub(super) fn part(&self, path: &str) -> Option<View<'w>> {
        self.each(path).into_iter().next()
    }

    /// How a field is spelt and where it stands; the resource's place where it is left out.
    pub(super) fn spot(&self, path: &str) -> (String, Option<Place>) {
        let field = self.field(path);
        let written = field.map_or_else(|| self.resource.spelt(path), |field| field.written.clone());
        (written, field.and_then(|field| field.place.clone()).or_else(|| self.resource.place.clone()))
    }

    /// Counts fields as read that mean nothing to a pipeline, or that Sluice sets anew.
    pub(super) fn skip(&self, paths: &[&str]) {
        for path in paths {
            self.get(path);
        }
    }

    /// The names of the fields.
    pub(super) fn names(&self) -> Vec<&'w str> {
        self.fields.0.iter().map(|field| field.name.as_str()).collect()
    }

    fn peek(&self, path: &str) -> Option<(&'w Field, String)> {
        match path.rsplit_once('.') {
            None => Some((self.fields.get(path)?, below(&self.path, path))),
            Some((outer, last)) => {
                let outer = self.part(outer)?;
                Some((outer.fields.get(last)?, below(&outer.path, last)))
            }
        }
    }
}

/// Who rendered a template, where Sluice did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Mark {
    pub(super) pipeline: String,
    pub(super) environment: String,
}

/// Everything a source describes.
#[derive(Debug, Default)]
pub(super) struct World {
    pub(super) resources: Vec<Resource>,
    pub(super) description: Option<String>,
    pub(super) mark: Option<Mark>,
    by_address: BTreeMap<String, usize>,
}

impl World {
    /// Adds a resource; gives back the one that has its address already.
    pub(super) fn add(&mut self, resource: Resource) -> Option<&Resource> {
        if let Some(known) = self.by_address.get(&resource.address) {
            return self.resources.get(*known);
        }
        self.by_address.insert(resource.address.clone(), self.resources.len());
        self.resources.push(resource);
        None
    }

    pub(super) fn of(&self, kind: Kind) -> impl Iterator<Item = &Resource> {
        self.resources.iter().filter(move |resource| resource.kind == Some(kind))
    }

    /// The resource that a reference leads to.
    pub(super) fn at(&self, reference: &Reference) -> Option<&Resource> {
        self.by_address.get(&reference.address).and_then(|index| self.resources.get(*index))
    }

    /// The resource of a kind that a value means: by reference, or by a name or ARN spelt out.
    pub(super) fn meant(&self, item: &Item, kinds: &[Kind]) -> Option<&Resource> {
        let fits = |resource: &&Resource| resource.kind.is_some_and(|kind| kinds.contains(&kind));
        if let Some(found) = item.references().into_iter().filter_map(|reference| self.at(reference)).find(fits) {
            return Some(found);
        }
        let text = item.as_text()?;
        let service = text.strip_prefix("arn:").and_then(|arn| arn.split(':').nth(1));
        let fits = |resource: &&Resource| {
            fits(resource) && service.is_none_or(|service| resource.kind.and_then(Kind::service) == Some(service))
        };
        let last = text.rsplit([':', '/']).find(|part| !part.is_empty() && *part != "*")?;
        self.resources.iter().filter(fits).find(|resource| resource.name().is_some_and(|name| name == last))
    }
}

impl Resource {
    /// The physical name, where the source spells it out.
    pub(super) fn name(&self) -> Option<String> {
        let field = match self.kind? {
            Kind::Stream => "Name",
            Kind::StreamConsumer => "ConsumerName",
            Kind::Function => "FunctionName",
            Kind::Delivery => "DeliveryStreamName",
            Kind::Table => "TableName",
            Kind::Queue => "QueueName",
            Kind::Topic => "TopicName",
            Kind::Model => "ModelName",
            Kind::EndpointConfig => "EndpointConfigName",
            Kind::Endpoint => "EndpointName",
            Kind::Bucket => "BucketName",
            Kind::LogGroup => "LogGroupName",
            Kind::Alarm => "AlarmName",
            _ => return None,
        };
        self.fields.get(field)?.item.as_text()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn resource(properties: serde_json::Value) -> Resource {
        let item = Item::from_json(properties, &None);
        let fields = item.fields().cloned().unwrap();
        Resource::new("S".into(), "S".into(), "AWS::Kinesis::Stream".into(), None, fields)
    }

    #[test]
    fn what_nobody_reads_is_left() {
        let stream = resource(json!({
            "Name": "a", "Tags": [{"Key": "k"}],
            "StreamModeDetails": {"StreamMode": "ON_DEMAND", "Other": 1},
            "Rules": [{"A": 1, "B": 2}, {"A": 3}],
        }));
        let view = stream.view();
        assert_eq!(view.get("Name").unwrap().as_text().unwrap(), "a");
        assert_eq!(view.get("StreamModeDetails.StreamMode").unwrap().as_text().unwrap(), "ON_DEMAND");
        for rule in view.each("Rules") {
            rule.get("A");
        }
        let left: Vec<String> = stream.unread().into_iter().map(|(path, _)| path).collect();
        assert_eq!(left, ["Tags", "StreamModeDetails.Other", "Rules.B"]);
    }

    #[test]
    fn a_resource_is_meant_by_reference_by_name_and_by_arn() {
        let mut world = World::default();
        assert!(world.add(resource(json!({"Name": "events"}))).is_none());
        assert!(world.add(resource(json!({}))).is_some(), "two of one address");
        let by_name = Item::text("arn:aws:kinesis:eu-west-1:123456789012:stream/events", None);
        let reference = Reference { address: "S".into(), attribute: "Arn".into() };
        for item in [by_name, Item::new(Value::Reference(reference), None)] {
            assert!(world.meant(&item, &[Kind::Stream]).is_some());
            assert!(world.meant(&item, &[Kind::Table]).is_none());
        }
    }
}
