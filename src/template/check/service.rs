//! What the published schemas allow and the services refuse: properties that contradict each other, and ranges that
//! are narrower than the schema's. Each rule names the page that says so.

use serde_json::Value;

use super::values::is_set;
use super::{Findings, Rule};
use crate::template::intrinsic::{function, get_att, opaque, sub_text};
use crate::template::model::{Resource, Template};
use crate::template::path::PropertyPath;

const MAPPING: &str = "AWS::Lambda::EventSourceMapping";
const STREAM: &str = "AWS::Kinesis::Stream";
const STREAM_CONSUMER: &str = "AWS::Kinesis::StreamConsumer";

/// `TumblingWindowInSeconds` and what goes with it.
const WINDOWS: &str = "https://docs.aws.amazon.com/lambda/latest/dg/services-kinesis-windows.html";
const FILTERS: &str = "https://docs.aws.amazon.com/lambda/latest/dg/invocation-eventfiltering.html";
/// Which settings are for which sources.
const MAPPINGS: &str = "https://docs.aws.amazon.com/lambda/latest/api/API_CreateEventSourceMapping.html";
const CREATE_STREAM: &str = "https://docs.aws.amazon.com/kinesis/latest/APIReference/API_CreateStream.html";
const RETENTION: &str =
    "https://docs.aws.amazon.com/kinesis/latest/APIReference/API_DecreaseStreamRetentionPeriod.html";

/// One thing that a service refuses.
struct ServiceRule {
    type_name: &'static str,
    /// The property at which it is told.
    at: &'static str,
    broken: fn(Looked<'_>) -> bool,
    message: &'static str,
    source: &'static str,
}

const RULES: &[ServiceRule] = &[
    ServiceRule {
        type_name: MAPPING,
        at: "ParallelizationFactor",
        broken: |it| {
            it.number("TumblingWindowInSeconds") >= Some(1.0) && it.number("ParallelizationFactor") > Some(1.0)
        },
        message: "Lambda refuses more than 1 beside `TumblingWindowInSeconds`: a window is read by one invocation of a shard at a time",
        source: WINDOWS,
    },
    ServiceRule {
        type_name: MAPPING,
        at: "FilterCriteria",
        broken: |it| it.number("TumblingWindowInSeconds") >= Some(1.0) && it.filters(),
        message: "Lambda refuses filters beside `TumblingWindowInSeconds`: 0 filters, or a window of 0 seconds",
        source: FILTERS,
    },
    ServiceRule {
        type_name: MAPPING,
        at: "ProvisionedPollerConfig",
        broken: |it| it.has("ProvisionedPollerConfig") && it.reads_kinesis(),
        message: "Lambda takes it for Amazon SQS, Amazon MSK and self-managed Apache Kafka only, and this mapping reads Kinesis",
        source: MAPPINGS,
    },
    ServiceRule {
        type_name: MAPPING,
        at: "ScalingConfig",
        broken: |it| it.has("ScalingConfig") && it.reads_kinesis(),
        message: "Lambda takes it for Amazon SQS only, and this mapping reads Kinesis; there `ParallelizationFactor` (1 to 10) sets how much runs at once",
        source: MAPPINGS,
    },
    ServiceRule {
        type_name: STREAM,
        at: "ShardCount",
        broken: |it| it.has("ShardCount") && it.text("/StreamModeDetails/StreamMode") == Some("ON_DEMAND"),
        message: "Kinesis refuses a number of shards on a stream whose `StreamMode` is ON_DEMAND; a patch of `ShardCount: null` takes it out",
        source: CREATE_STREAM,
    },
    ServiceRule {
        type_name: STREAM,
        at: "RetentionPeriodHours",
        broken: |it| it.number("RetentionPeriodHours").is_some_and(|hours| hours < 24.0),
        message: "Kinesis keeps records for 24 hours at least, 8760 at most",
        source: RETENTION,
    },
];

/// Checks one resource against the rules of its type.
pub(super) fn of_resource(template: &Template, resource: &Resource, findings: &mut Findings<'_>) {
    let looked = Looked { template, resource };
    for rule in RULES.iter().filter(|rule| rule.type_name == resource.type_name && (rule.broken)(looked)) {
        findings.push(&PropertyPath::of(rule.at), Rule::Service, rule.message.to_owned(), Some(rule.source));
    }
}

/// A resource in its template. What a function computes is not known, and breaks no rule.
#[derive(Clone, Copy)]
struct Looked<'a> {
    template: &'a Template,
    resource: &'a Resource,
}

impl<'a> Looked<'a> {
    fn has(self, property: &str) -> bool {
        is_set(&self.resource.properties, property)
    }

    /// A number, which CloudFormation takes as text as well.
    fn number(self, property: &str) -> Option<f64> {
        match self.resource.properties.get(property)? {
            Value::Number(number) => number.as_f64(),
            Value::String(text) => text.parse().ok(),
            Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
        }
    }

    /// A text, by the pointer of a property and of a member below it.
    fn text(self, pointer: &str) -> Option<&'a str> {
        let (property, rest) = match pointer.strip_prefix('/')?.split_once('/') {
            Some((property, rest)) => (property, format!("/{rest}")),
            None => (pointer.strip_prefix('/')?, String::new()),
        };
        self.resource.properties.get(property)?.pointer(&rest)?.as_str()
    }

    /// Whether there is a filter; an empty list of them is none.
    fn filters(self) -> bool {
        let criteria = self.resource.properties.get("FilterCriteria");
        match criteria.and_then(|criteria| criteria.get("Filters")) {
            Some(Value::Array(filters)) => !filters.is_empty(),
            Some(_) | None => false,
        }
    }

    /// Whether the source of a mapping is a stream, or a fan-out consumer of one.
    fn reads_kinesis(self) -> bool {
        let Some(source) = self.resource.properties.get("EventSourceArn") else { return false };
        match (function(source), source) {
            (Some(("Fn::GetAtt", argument)), _) => {
                get_att(argument).is_some_and(|(target, _)| self.is_a(target, &[STREAM, STREAM_CONSUMER]))
            }
            // `Ref` of a consumer is its ARN; of a stream it is the name, which no mapping takes.
            (Some(("Ref", Value::String(target))), _) => self.is_a(target, &[STREAM_CONSUMER]),
            (Some(("Fn::Sub", argument)), _) => sub_text(argument).is_some_and(kinesis_arn),
            (Some(_), _) => false,
            (None, source) => source.as_str().is_some_and(kinesis_arn),
        }
    }

    fn is_a(self, logical_id: &str, types: &[&str]) -> bool {
        self.template.resources.get(logical_id).is_some_and(|target| types.contains(&target.type_name.as_str()))
    }
}

fn kinesis_arn(text: &str) -> bool {
    let text = opaque(text);
    let mut parts = text.split(':');
    parts.next() == Some("arn") && parts.nth(1) == Some("kinesis")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::template::check;

    /// The properties at which the services refuse resource `A`.
    fn refused(type_name: &str, properties: Value) -> Vec<String> {
        let template = json!({"Resources": {
            "A": {"Type": type_name, "Properties": properties},
            "S": {"Type": STREAM, "Properties": {"ShardCount": 1}},
            "C": {"Type": STREAM_CONSUMER, "Properties": {"ConsumerName": "c", "StreamARN": {"Fn::GetAtt": ["S", "Arn"]}}},
            "Q": {"Type": "AWS::SQS::Queue"},
        }});
        let found = check(&Template::from_value(template).expect("a template"));
        assert!(found.iter().all(|v| v.rule == Rule::Service), "{found:?}");
        assert!(found.iter().all(|v| v.source.is_some_and(|url| url.starts_with("https://docs.aws.amazon.com/"))));
        found.iter().map(|v| v.path.to_string()).collect()
    }

    /// A mapping of `source` with one more property.
    fn mapping(source: Value, more: Value) -> Vec<String> {
        let mut properties = json!({"FunctionName": "f", "EventSourceArn": source});
        if let (Some(properties), Value::Object(more)) = (properties.as_object_mut(), more) {
            properties.extend(more);
        }
        refused(MAPPING, properties)
    }

    fn stream() -> Value {
        json!({"Fn::GetAtt": ["S", "Arn"]})
    }

    #[test]
    fn a_window_excludes_parallel_batches_and_filters() {
        let filters = json!({"Filters": [{"Pattern": "{}"}]});
        assert_eq!(
            mapping(stream(), json!({"TumblingWindowInSeconds": 60, "ParallelizationFactor": 2})),
            ["ParallelizationFactor"]
        );
        assert_eq!(
            mapping(stream(), json!({"TumblingWindowInSeconds": "60", "FilterCriteria": filters})),
            ["FilterCriteria"]
        );
        for allowed in [
            json!({"TumblingWindowInSeconds": 60, "ParallelizationFactor": 1}),
            json!({"TumblingWindowInSeconds": 60, "FilterCriteria": {}}),
            json!({"TumblingWindowInSeconds": 0, "ParallelizationFactor": 10, "FilterCriteria": filters}),
            json!({"ParallelizationFactor": 10, "FilterCriteria": filters}),
        ] {
            assert_eq!(mapping(stream(), allowed), Vec::<String>::new());
        }
    }

    #[test]
    fn a_mapping_of_a_stream_takes_no_settings_of_queues_and_one_of_a_queue_does() {
        let arn = "arn:aws:kinesis:eu-west-1:123456789012:stream/s";
        let pollers = json!({"ProvisionedPollerConfig": {"MinimumPollers": 1}});
        let scaling = json!({"ScalingConfig": {"MaximumConcurrency": 2}});
        let sources = [
            stream(),
            json!({"Ref": "C"}),
            json!(arn),
            json!({"Fn::Sub": "arn:${AWS::Partition}:kinesis:${AWS::Region}:${AWS::AccountId}:stream/s"}),
        ];
        for source in sources {
            assert_eq!(mapping(source.clone(), pollers.clone()), ["ProvisionedPollerConfig"]);
            assert_eq!(mapping(source, scaling.clone()), ["ScalingConfig"]);
        }
        for source in [json!({"Fn::GetAtt": ["Q", "Arn"]}), json!("arn:aws:sqs:eu-west-1:123456789012:q")] {
            assert_eq!(mapping(source.clone(), pollers.clone()), Vec::<String>::new());
            assert_eq!(mapping(source, scaling.clone()), Vec::<String>::new());
        }
    }

    #[test]
    fn a_stream_on_demand_has_no_number_of_shards() {
        let of = |properties: Value| refused(STREAM, properties);
        let mode = |mode: &str| json!({ "StreamMode": mode });
        assert_eq!(of(json!({"ShardCount": 2, "StreamModeDetails": mode("ON_DEMAND")})), ["ShardCount"]);
        assert_eq!(of(json!({"ShardCount": 2, "StreamModeDetails": mode("PROVISIONED")})), Vec::<String>::new());
        let none = json!({"Ref": "AWS::NoValue"});
        assert_eq!(of(json!({"ShardCount": none, "StreamModeDetails": mode("ON_DEMAND")})), Vec::<String>::new());
    }

    #[test]
    fn records_are_kept_for_a_day_at_least() {
        for (hours, expected) in [(json!(23), 1), (json!("1"), 1), (json!(24), 0), (json!("24"), 0), (json!(8_760), 0)]
        {
            assert_eq!(refused(STREAM, json!({"ShardCount": 1, "RetentionPeriodHours": hours})).len(), expected);
        }
    }
}
