//! Who may do what: the statements that a change of policies adds and takes away.
//!
//! Statements are compared action by action and resource by resource, so that one that was only written in another way,
//! split or put elsewhere in the same policy is no change. What they mean together (a deny beside an allow, a boundary) is not decided
//! here.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::model::ResourcePlan;
use crate::template::{Resource, Template};
use crate::units::LogicalId;

/// What one resource of the template lets somebody do, before and after.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct AccessChange {
    /// The role, the policy or the permission.
    pub logical_id: LogicalId,
    /// What it says now.
    pub gained: Vec<Grant>,
    /// What it said before.
    pub lost: Vec<Grant>,
}

/// A statement, with all its actions on one resource.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Grant {
    /// Whether it denies.
    pub denies: bool,
    /// Who; the role itself in its own policies.
    pub who: String,
    /// What, for instance `kinesis:PutRecords`; `not …` for every action but one.
    pub actions: BTreeSet<String>,
    /// On what, as text; references as `Id.Attribute`.
    pub on: String,
    /// Under which condition, as JSON.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub condition: Option<String>,
}

impl Grant {
    /// Whether it reaches further than named resources, named actions and named principals.
    #[must_use]
    pub fn is_broad(&self) -> bool {
        let wild = |text: &str| text == "*" || text.starts_with("not ");
        !self.denies
            && (self.who == "*" || wild(&self.on) || self.actions.iter().any(|it| wild(it) || it.ends_with(":*")))
    }
}

/// What the planned changes of policies give and take, by logical id.
pub(super) fn changes(before: &Template, after: &Template, resources: &[ResourcePlan]) -> Vec<AccessChange> {
    let found = resources.iter().filter_map(|plan| {
        let id = &plan.logical_id;
        let of =
            |template: &Template| template.resources.get(id).map(|resource| grants(id, resource)).unwrap_or_default();
        let (old, new) = (of(before), of(after));
        let gained = together(new.difference(&old));
        let lost = together(old.difference(&new));
        (!gained.is_empty() || !lost.is_empty()).then(|| AccessChange { logical_id: id.clone(), gained, lost })
    });
    found.collect()
}

/// A single action of a single statement: denies, who, action, on what, condition.
type Atom = (bool, String, String, String, Option<String>);

/// The actions of statements that say the same of the same, together again.
fn together<'a>(atoms: impl Iterator<Item = &'a Atom>) -> Vec<Grant> {
    let mut found: BTreeMap<(bool, String, String, Option<String>), BTreeSet<String>> = BTreeMap::new();
    for (denies, who, action, on, condition) in atoms {
        let key = (*denies, who.clone(), on.clone(), condition.clone());
        found.entry(key).or_default().insert(action.clone());
    }
    let grant = |((denies, who, on, condition), actions)| Grant { denies, who, actions, on, condition };
    found.into_iter().map(grant).collect()
}

/// Everything that a resource lets somebody do.
fn grants(id: &LogicalId, resource: &Resource) -> BTreeSet<Atom> {
    let property = |name: &str| resource.properties.get(name);
    let mut found = BTreeSet::new();
    match resource.type_name.as_str() {
        "AWS::IAM::Role" => {
            read(property("AssumeRolePolicyDocument"), None, Some(id.as_str()), &mut found);
            for policy in items(property("Policies")) {
                read(policy.get("PolicyDocument"), Some(id.as_str()), None, &mut found);
            }
            for policy in items(property("ManagedPolicyArns")) {
                found.insert((false, id.to_string(), "everything it allows".to_owned(), told(policy), None));
            }
        }
        "AWS::IAM::Policy" | "AWS::IAM::ManagedPolicy" => {
            let holders = ["Roles", "Groups", "Users"].into_iter().flat_map(|kind| items(property(kind)));
            let holders: Vec<String> = holders.map(told).collect();
            let who = if holders.is_empty() { "whoever it is attached to".to_owned() } else { holders.join(", ") };
            read(property("PolicyDocument"), Some(&who), None, &mut found);
        }
        "AWS::Lambda::Permission" => {
            let text = |name: &str| property(name).map(told).unwrap_or_default();
            let condition = property("SourceArn").map(|from| format!("from {}", told(from)));
            found.insert((false, text("Principal"), text("Action"), text("FunctionName"), condition));
        }
        "AWS::KMS::Key" => read(property("KeyPolicy"), None, None, &mut found),
        "AWS::SQS::QueuePolicy" | "AWS::SNS::TopicPolicy" | "AWS::S3::BucketPolicy" => {
            read(property("PolicyDocument"), None, None, &mut found);
        }
        "AWS::Kinesis::ResourcePolicy" => read(property("ResourcePolicy"), None, None, &mut found),
        "AWS::DynamoDB::Table" => {
            let policy = property("ResourcePolicy").and_then(|policy| policy.get("PolicyDocument"));
            read(policy, None, None, &mut found);
        }
        _ => {}
    }
    found
}

/// Reads a policy document. `who` holds it, where no statement names a principal; `on` is what it is about, where none
/// names a resource.
fn read(document: Option<&Value>, who: Option<&str>, on: Option<&str>, found: &mut BTreeSet<Atom>) {
    for statement in items(document.and_then(|document| document.get("Statement"))) {
        let part = |name: &str, otherwise: Option<&str>| -> Vec<String> {
            let positive = items(statement.get(name)).map(told);
            let negative =
                items(statement.get(format!("Not{name}").as_str())).map(|value| format!("not {}", told(value)));
            let all: Vec<String> = positive.chain(negative).collect();
            // A statement that is itself chosen by a condition says nothing that could be taken apart.
            if all.is_empty() { vec![otherwise.map_or_else(|| told(statement), str::to_owned)] } else { all }
        };
        let denies = statement.get("Effect").and_then(Value::as_str) == Some("Deny");
        let condition = statement.get("Condition").map(told);
        let principals = match statement.get("Principal") {
            // `{"Service": ["a", "b"]}`, `{"AWS": "*"}`
            Some(Value::Object(kinds)) => kinds.values().flat_map(|value| items(Some(value))).map(told).collect(),
            _ => part("Principal", who),
        };
        for who in &principals {
            for action in part("Action", None) {
                for on in part("Resource", on) {
                    found.insert((denies, who.clone(), action.clone(), on, condition.clone()));
                }
            }
        }
    }
}

/// The items of a list, or the one value that stands for a list of one.
fn items(value: Option<&Value>) -> impl Iterator<Item = &Value> {
    match value {
        Some(Value::Array(items)) => items.as_slice(),
        Some(value) => std::slice::from_ref(value),
        None => &[],
    }
    .iter()
}

/// A value as text: references as `Id` and `Id.Attribute`, texts with references as they are.
fn told(value: &Value) -> String {
    let only = |name: &str| value.as_object().filter(|fields| fields.len() == 1).and_then(|fields| fields.get(name));
    if let Some(id) = only("Ref").and_then(Value::as_str) {
        return id.to_owned();
    }
    if let Some([Value::String(id), Value::String(attribute)]) =
        only("Fn::GetAtt").and_then(Value::as_array).map(Vec::as_slice)
    {
        return format!("{id}.{attribute}");
    }
    match (value, only("Fn::Sub")) {
        (_, Some(Value::String(text))) | (Value::String(text), _) => text.clone(),
        (Value::Object(_), _) => sorted(value).to_string(),
        _ => value.to_string(),
    }
}

/// The members of every object by key, so that two orders of one condition are one text.
fn sorted(value: &Value) -> Value {
    let mut value = value.clone();
    value.sort_all_objects();
    value
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn atoms(type_name: &str, properties: Value) -> BTreeSet<Atom> {
        let id = LogicalId::new("Role").expect("an id");
        let Value::Object(properties) = properties else { panic!("properties") };
        grants(&id, &Resource { properties, ..Resource::new(type_name) })
    }

    fn lines(type_name: &str, properties: Value) -> Vec<String> {
        let line = |grant: Grant| {
            let actions: Vec<String> = grant.actions.iter().cloned().collect();
            let effect = if grant.denies { "deny" } else { "allow" };
            format!("{effect} {} {} {}{}", grant.who, actions.join("+"), grant.on, grant.condition.unwrap_or_default())
        };
        together(atoms(type_name, properties).iter()).into_iter().map(line).collect()
    }

    fn policy(statements: Value) -> Value {
        json!({"Policies": [{"PolicyName": "p", "PolicyDocument": {"Statement": statements}}]})
    }

    #[test]
    fn a_statement_that_is_written_in_another_way_is_the_same() {
        let apart = policy(json!([
            {"Effect": "Allow", "Action": "kinesis:GetRecords", "Resource": {"Fn::GetAtt": ["Stream", "Arn"]}},
            {"Effect": "Allow", "Action": ["kinesis:DescribeStream"], "Resource": [{"Fn::GetAtt": ["Stream", "Arn"]}]},
        ]));
        let whole = policy(json!({"Effect": "Allow", "Action": ["kinesis:DescribeStream", "kinesis:GetRecords"],
            "Resource": {"Fn::GetAtt": ["Stream", "Arn"]}}));
        assert_eq!(atoms("AWS::IAM::Role", apart), atoms("AWS::IAM::Role", whole.clone()));
        assert_eq!(lines("AWS::IAM::Role", whole), ["allow Role kinesis:DescribeStream+kinesis:GetRecords Stream.Arn"]);
    }

    #[test]
    fn denials_exceptions_principals_and_conditions_are_told() {
        let statement = json!([{"Effect": "Deny", "Principal": "*", "NotAction": "s3:GetObject",
            "Resource": {"Fn::Sub": "${Bucket.Arn}/*"}, "Condition": {"Bool": {"aws:SecureTransport": "false"}}}]);
        assert_eq!(
            lines("AWS::S3::BucketPolicy", json!({"PolicyDocument": {"Statement": statement}})),
            ["deny * not s3:GetObject ${Bucket.Arn}/*{\"Bool\":{\"aws:SecureTransport\":\"false\"}}"]
        );
        let trust = json!({"AssumeRolePolicyDocument": {"Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole",
            "Principal": {"Service": ["lambda.amazonaws.com", "firehose.amazonaws.com"]}}]}});
        assert_eq!(
            lines("AWS::IAM::Role", trust),
            ["allow firehose.amazonaws.com sts:AssumeRole Role", "allow lambda.amazonaws.com sts:AssumeRole Role"]
        );
        let permission = json!({"Principal": "events.amazonaws.com", "Action": "lambda:InvokeFunction",
            "FunctionName": {"Ref": "Function"}, "SourceArn": {"Fn::GetAtt": ["Rule", "Arn"]}});
        assert_eq!(
            lines("AWS::Lambda::Permission", permission),
            ["allow events.amazonaws.com lambda:InvokeFunction Functionfrom Rule.Arn"]
        );
    }

    #[test]
    fn whoever_may_do_everything_stands_out() {
        let broad =
            |statement: Value| together(atoms("AWS::IAM::Role", policy(statement)).iter()).iter().any(Grant::is_broad);
        assert!(broad(json!({"Effect": "Allow", "Action": "dynamodb:*", "Resource": "arn:aws:dynamodb:::table/t"})));
        assert!(broad(json!({"Effect": "Allow", "Action": "logs:PutLogEvents", "Resource": "*"})));
        assert!(broad(json!({"Effect": "Allow", "Action": "kms:Decrypt", "NotResource": "arn:aws:kms:::key/k"})));
        assert!(!broad(json!({"Effect": "Deny", "Action": "*", "Resource": "*"})));
        assert!(!broad(json!({"Effect": "Allow", "Action": "kms:Decrypt", "Resource": {"Ref": "Key"}})));
    }

    #[test]
    fn what_cannot_be_taken_apart_is_told_whole() {
        let chosen = policy(json!([{"Fn::If": ["Live", {"Effect": "Allow"}, {"Ref": "AWS::NoValue"}]}]));
        let found = lines("AWS::IAM::Role", chosen);
        assert!(found.iter().all(|line| line.contains("Fn::If")) && found.len() == 1, "{found:?}");
    }
}
