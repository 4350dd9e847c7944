//! Which findings of checkov are answered instead of cured, and why.
//!
//! The answer stands where checkov looks for it, in the metadata of the resource, with its reason. It is computed from
//! the finished resource: a bucket that keeps versions is not excused from keeping them. What people add themselves
//! (`cloudformation.resources`) is theirs to answer for.

use serde_json::{Map, Value, json};

use crate::pipeline::Pipeline;
use crate::template::{Resource, Template};

/// One finding and its answer.
struct Suppression {
    /// checkov's name of the check.
    check: &'static str,
    /// The resource type that it looks at.
    type_name: &'static str,
    /// Whether what the check asks for is missing here, so that it would fail, and may be.
    excused: fn(&Resource) -> bool,
    /// Why it may be.
    reason: &'static str,
}

/// All of them, by type. Each reason is one sentence that a reviewer can disagree with.
const SUPPRESSIONS: &[Suppression] = &[
    Suppression {
        check: "CKV_AWS_119",
        type_name: "AWS::DynamoDB::Table",
        excused: |table| {
            is(table, "/SSESpecification/SSEEnabled", &json!(true)) && !has(table, "/SSESpecification/KMSMasterKeyId")
        },
        reason: "Encrypted with the key that AWS manages for DynamoDB; a customer key is a choice of the pipeline file, because it is billed and must admit every reader",
    },
    Suppression {
        check: "CKV_AWS_28",
        type_name: "AWS::DynamoDB::Table",
        excused: |table| !is(table, "/PointInTimeRecoverySpecification/PointInTimeRecoveryEnabled", &json!(true)),
        reason: "Point-in-time recovery is billed by size: it is on by default outside development, and off where the pipeline file says so, for what can be made again",
    },
    Suppression {
        check: "CKV_AWS_33",
        type_name: "AWS::KMS::Key",
        excused: |key| value(key, "/KeyPolicy").is_some_and(|policy| policy.to_string().contains(r#"{"AWS":"*"}"#)),
        reason: "Only callers of the account itself, and only through S3, whose own permissions decide: the policy of AWS's own key for S3 says the same",
    },
    Suppression {
        check: "CKV_AWS_115",
        type_name: "AWS::Lambda::Function",
        excused: |function| !has(function, "/ReservedConcurrentExecutions"),
        reason: "What invokes it bounds it already (shards times parallel batches, or the scaling of a queue); a reservation would be taken from every other function of the account",
    },
    Suppression {
        check: "CKV_AWS_116",
        type_name: "AWS::Lambda::Function",
        excused: |function| !has(function, "/DeadLetterConfig"),
        reason: "What fails goes to the failure destination of its mapping or invocation, or to the dead-letter queue of its source; the function's own is only for asynchronous invocations and tells less",
    },
    Suppression {
        check: "CKV_AWS_117",
        type_name: "AWS::Lambda::Function",
        excused: |function| !has(function, "/VpcConfig"),
        reason: "It calls the AWS APIs of its pipeline only, over TLS and with exactly their permissions; a network is a choice of the pipeline file, because it needs endpoints that are billed",
    },
    Suppression {
        check: "CKV_AWS_173",
        type_name: "AWS::Lambda::Function",
        excused: |function| has(function, "/Environment") && !has(function, "/KmsKeyArn"),
        reason: "Its variables are names of resources and settings, never secrets, and Lambda encrypts them with a key of its own",
    },
    Suppression {
        check: "CKV_AWS_158",
        type_name: "AWS::Logs::LogGroup",
        excused: |group| !has(group, "/KmsKeyId"),
        reason: "CloudWatch Logs encrypts every group with a key of its own; a customer key is billed and must admit every writer and reader",
    },
    Suppression {
        check: "CKV_AWS_18",
        type_name: "AWS::S3::Bucket",
        excused: |bucket| !has(bucket, "/LoggingConfiguration"),
        reason: "Access logs need a second bucket and are billed; CloudTrail data events tell who read what, for an account that wants to know",
    },
    Suppression {
        check: "CKV_AWS_21",
        type_name: "AWS::S3::Bucket",
        excused: |bucket| !is(bucket, "/VersioningConfiguration/Status", &json!("Enabled")),
        reason: "Old versions are stored and billed beside the new ones: an archive never writes a name twice, and any other bucket asks for them in the pipeline file",
    },
    Suppression {
        check: "CKV_AWS_370",
        type_name: "AWS::SageMaker::Model",
        excused: |model| !is(model, "/EnableNetworkIsolation", &json!(true)),
        reason: "The image is not one of SageMaker's own, so that whether it calls out is not known, or the endpoint is serverless, where isolation does not exist; a patch isolates an image that needs no network",
    },
    Suppression {
        check: "CKV_AWS_27",
        type_name: "AWS::SQS::Queue",
        excused: |queue| is(queue, "/SqsManagedSseEnabled", &json!(true)) && !has(queue, "/KmsMasterKeyId"),
        reason: "Encrypted with the key that SQS manages (SSE-SQS), which the check does not know; it costs nothing and needs no grants",
    },
];

fn has(resource: &Resource, pointer: &str) -> bool {
    value(resource, pointer).is_some()
}

fn is(resource: &Resource, pointer: &str, wanted: &Value) -> bool {
    value(resource, pointer) == Some(wanted)
}

/// What stands at a JSON pointer below the properties.
fn value<'a>(resource: &'a Resource, pointer: &str) -> Option<&'a Value> {
    let (first, rest) =
        pointer.trim_start_matches('/').split_once('/').unwrap_or((pointer.trim_start_matches('/'), ""));
    let property = resource.properties.get(first)?;
    if rest.is_empty() { Some(property) } else { property.pointer(&format!("/{rest}")) }
}

/// Writes the answers into the template.
pub(super) fn annotate(pipeline: &Pipeline, template: &mut Template) {
    for (id, resource) in &mut template.resources {
        if !pipeline.escape().resources.contains_key(id.as_str()) {
            answer(resource);
        }
    }
}

/// The same for a template that no pipeline made.
pub fn answer_findings(template: &mut Template) {
    template.resources.values_mut().for_each(answer);
}

fn answer(resource: &mut Resource) {
    let answers: Vec<Value> = SUPPRESSIONS
        .iter()
        .filter(|entry| entry.type_name == resource.type_name && (entry.excused)(resource))
        .map(|entry| json!({"id": entry.check, "comment": entry.reason}))
        .collect();
    if answers.is_empty() {
        return;
    }
    // A patch may answer more.
    let checkov = resource.metadata.entry("checkov").or_insert_with(|| Value::Object(Map::new()));
    let Some(checkov) = checkov.as_object_mut() else { return };
    if let Some(skip) = checkov.entry("skip").or_insert_with(|| Value::Array(Vec::new())).as_array_mut() {
        skip.extend(answers);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answered(type_name: &str, properties: &Value) -> Vec<String> {
        let value = json!({"Resources": {"A": {"Type": type_name, "Properties": properties}}});
        let mut template = Template::from_value(value).expect("a template");
        let resource = template.resources.values_mut().next().expect("one");
        answer(resource);
        let skip = resource.metadata.get("checkov").and_then(|checkov| checkov["skip"].as_array().cloned());
        skip.unwrap_or_default().iter().map(|entry| entry["id"].as_str().expect("an id").to_owned()).collect()
    }

    #[test]
    fn an_answer_ends_with_its_reason() {
        let queue = "AWS::SQS::Queue";
        assert_eq!(answered(queue, &json!({"SqsManagedSseEnabled": true})), ["CKV_AWS_27"]);
        assert!(answered(queue, &json!({"SqsManagedSseEnabled": false})).is_empty());
        assert!(answered(queue, &json!({"KmsMasterKeyId": "k"})).is_empty());
        let table = json!({"SSESpecification": {"SSEEnabled": true, "KMSMasterKeyId": "k"}});
        assert_eq!(answered("AWS::DynamoDB::Table", &table), ["CKV_AWS_28"]);
        let kept = json!({"PointInTimeRecoverySpecification": {"PointInTimeRecoveryEnabled": true}});
        assert!(answered("AWS::DynamoDB::Table", &kept).is_empty());
    }

    #[test]
    fn a_patch_may_answer_more() {
        let value = json!({"Resources": {"A": {
            "Type": "AWS::Logs::LogGroup",
            "Properties": {},
            "Metadata": {"checkov": {"skip": [{"id": "CKV_AWS_66", "comment": "kept for ever"}]}},
        }}});
        let mut template = Template::from_value(value).expect("a template");
        let resource = template.resources.values_mut().next().expect("one");
        answer(resource);
        assert_eq!(resource.metadata["checkov"]["skip"].as_array().map(Vec::len), Some(2));
    }

    #[test]
    fn every_answer_is_one_sentence_about_one_check_of_one_type() {
        for (index, entry) in SUPPRESSIONS.iter().enumerate() {
            assert!(entry.check.starts_with("CKV_AWS_") && entry.type_name.starts_with("AWS::"), "{}", entry.check);
            assert!(entry.reason.len() > 40 && !entry.reason.ends_with('.'), "{}", entry.reason);
            let again = SUPPRESSIONS.iter().skip(index + 1);
            assert!(again.clone().all(|other| (other.check, other.type_name) != (entry.check, entry.type_name)));
        }
    }
}
