//! What policies in a template may not say: rights without bounds.
//!
//! A statement that allows names its actions one by one and the resources they are for. `Resource: "*"` stands only
//! beside actions for which IAM knows no resource ([`UNBOUNDED`]). Nobody is let in without a condition. Values that
//! functions compute are not judged; `docs/security.md` says what remains.

use std::fmt;

use serde::Serialize;
use serde_json::{Map, Value};

use super::model::{Resource, Template};
use super::path::{PropertyPath, Trail};
use crate::units::LogicalId;

/// Actions for which IAM knows no resource, and why (service authorization reference, "Actions, resources, and condition
/// keys" of each service).
pub const UNBOUNDED: &[(&str, &str)] = &[
    ("cloudwatch:PutMetricData", "CloudWatch knows no resource for it; a condition on the namespace bounds it"),
    ("ec2:DescribeNetworkInterfaces", "EC2 knows no resource for it"),
    ("ec2:DescribeSecurityGroups", "EC2 knows no resource for it"),
    ("ec2:DescribeSubnets", "EC2 knows no resource for it"),
    ("ec2:DescribeVpcs", "EC2 knows no resource for it"),
    ("ecr:GetAuthorizationToken", "ECR knows no resource for it: a token is for the whole registry"),
    ("xray:GetSamplingRules", "X-Ray knows no resource for it"),
    ("xray:GetSamplingStatisticSummaries", "X-Ray knows no resource for it"),
    ("xray:GetSamplingTargets", "X-Ray knows no resource for it"),
    ("xray:PutTelemetryRecords", "X-Ray knows no resource for it"),
    ("xray:PutTraceSegments", "X-Ray knows no resource for it"),
];

/// Policies of AWS's own that allow everything, or everything of a service, by the end of their names.
const TOO_WIDE: [&str; 3] = ["AdministratorAccess", "PowerUserAccess", "FullAccess"];

/// Which rule a policy breaks.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Excess {
    /// An action with `*` or `?` in it.
    ActionWildcard(String),
    /// `Resource: "*"` beside actions that could be bounded.
    EveryResource(Vec<String>),
    /// `NotAction` or `NotResource` beside `Allow`: everything but.
    AllBut(&'static str),
    /// Anybody may do it, or take on the role, without a condition.
    Anybody,
    /// A policy of AWS's own that allows everything of at least one service.
    WidePolicy(String),
}

impl fmt::Display for Excess {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ActionWildcard(action) => {
                write!(f, "allows `{action}`: actions are named one by one, since a wildcard grows with the service")
            }
            Self::EveryResource(actions) => {
                write!(f, "allows {} on every resource, and narrower ones exist", actions.join(", "))
            }
            Self::AllBut(element) => write!(f, "allows everything but what `{element}` lists"),
            Self::Anybody => f.write_str("lets anybody in: `Principal: \"*\"` without a condition"),
            Self::WidePolicy(arn) => write!(f, "attaches `{arn}`, which allows far more than a stage needs"),
        }
    }
}

/// One rule broken in one place.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// The resource.
    pub logical_id: LogicalId,
    /// Where in its properties.
    pub path: PropertyPath,
    /// Which rule.
    pub excess: Excess,
}

/// Every right without bounds that a template gives, by logical id.
#[must_use]
pub fn excesses(template: &Template) -> Vec<Finding> {
    let mut found = Vec::new();
    let root = PropertyPath::root();
    for (id, resource) in &template.resources {
        let mut walk = Walk { id, identity: gives_to_itself(resource), found: &mut found };
        for (name, value) in &resource.properties {
            walk.value(&Trail::Key(&Trail::Root(&root), name), name, value);
        }
    }
    found
}

/// Whether the policies in a resource say what their holder may do, not who may use the resource. In the policy of a
/// key or a bucket `Resource: "*"` means the thing itself.
fn gives_to_itself(resource: &Resource) -> bool {
    resource.type_name.starts_with("AWS::IAM::") || resource.type_name.starts_with("AWS::SSO::")
}

struct Walk<'a> {
    id: &'a LogicalId,
    identity: bool,
    found: &'a mut Vec<Finding>,
}

impl Walk<'_> {
    /// Looks for policies anywhere below: a mapping with `Statement` is one.
    fn value(&mut self, path: &Trail<'_>, name: &str, value: &Value) {
        match value {
            Value::Object(members) => {
                if let Some(statements) = members.get("Statement") {
                    self.policy(&Trail::Key(path, "Statement"), name, statements);
                    return;
                }
                for (name, member) in members {
                    self.value(&Trail::Key(path, name), name, member);
                }
            }
            Value::Array(items) => {
                for (at, item) in items.iter().enumerate() {
                    self.value(&Trail::Index(path, at), name, item);
                }
            }
            Value::String(text) if name == "ManagedPolicyArns" && TOO_WIDE.iter().any(|end| text.ends_with(end)) => {
                self.add(path, Excess::WidePolicy(text.clone()));
            }
            // Some resources take their policy as JSON text.
            Value::String(text) if name.ends_with("Policy") || name.ends_with("PolicyDocument") => {
                if let Ok(policy @ Value::Object(_)) = serde_json::from_str(text) {
                    self.value(path, name, &policy);
                }
            }
            Value::String(_) | Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
    }

    fn policy(&mut self, path: &Trail<'_>, name: &str, statements: &Value) {
        // Who may take a role on is a resource policy inside an identity.
        let identity = self.identity && name != "AssumeRolePolicyDocument";
        match statements {
            Value::Array(items) => {
                for (at, item) in items.iter().enumerate() {
                    self.statement(&Trail::Index(path, at), identity, item);
                }
            }
            one => self.statement(path, identity, one),
        }
    }

    fn statement(&mut self, path: &Trail<'_>, identity: bool, statement: &Value) {
        let Some(statement) = statement.as_object() else { return };
        if statement.get("Effect").and_then(Value::as_str) != Some("Allow") {
            return;
        }
        for element in ["NotAction", "NotResource"].into_iter().filter(|element| statement.contains_key(*element)) {
            self.add(&Trail::Key(path, element), Excess::AllBut(element));
        }
        let actions = texts(statement.get("Action"));
        if identity {
            for action in actions.iter().filter(|action| action.contains(['*', '?'])) {
                self.add(&Trail::Key(path, "Action"), Excess::ActionWildcard((*action).to_owned()));
            }
            self.resources(path, &actions, statement);
        } else if anybody(statement) && !statement.contains_key("Condition") {
            self.add(&Trail::Key(path, "Principal"), Excess::Anybody);
        }
    }

    fn resources(&mut self, path: &Trail<'_>, actions: &[&str], statement: &Map<String, Value>) {
        if !texts(statement.get("Resource")).iter().any(|resource| everything(resource)) {
            return;
        }
        let bounded: Vec<String> = actions
            .iter()
            .filter(|action| !UNBOUNDED.iter().any(|(known, _)| known.eq_ignore_ascii_case(action)))
            .map(|action| (*action).to_owned())
            .collect();
        if !bounded.is_empty() {
            self.add(&Trail::Key(path, "Resource"), Excess::EveryResource(bounded));
        }
    }

    fn add(&mut self, path: &Trail<'_>, excess: Excess) {
        self.found.push(Finding { logical_id: self.id.clone(), path: path.path(), excess });
    }
}

/// The texts of an element that is one text or a list; what functions compute is left out.
fn texts(element: Option<&Value>) -> Vec<&str> {
    match element {
        Some(Value::String(text)) => vec![text],
        Some(Value::Array(items)) => items.iter().filter_map(Value::as_str).collect(),
        Some(_) | None => Vec::new(),
    }
}

/// `*`, or an ARN of which everything after the account is one: `arn:aws:s3:::*`.
fn everything(resource: &str) -> bool {
    resource == "*" || (resource.starts_with("arn:") && resource.splitn(6, ':').nth(5).is_some_and(|rest| rest == "*"))
}

fn anybody(statement: &Map<String, Value>) -> bool {
    match statement.get("Principal") {
        Some(Value::Object(members)) => texts(members.get("AWS")).contains(&"*"),
        principal => texts(principal).contains(&"*"),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn template(type_name: &str, properties: Value) -> Template {
        Template::from_value(json!({"Resources": {"R": {"Type": type_name, "Properties": properties}}}))
            .expect("a template")
    }

    fn role(statement: Value) -> Vec<String> {
        let policies = json!([{"PolicyName": "p", "PolicyDocument": {"Statement": [statement]}}]);
        told(&template("AWS::IAM::Role", json!({"Policies": policies})))
    }

    fn told(template: &Template) -> Vec<String> {
        excesses(template).iter().map(|finding| format!("{}: {}", finding.path, finding.excess)).collect()
    }

    #[test]
    fn a_statement_that_names_actions_and_resources_is_let_through() {
        for resource in [json!("arn:aws:s3:::b/*"), json!({"Fn::GetAtt": ["B", "Arn"]}), json!(["arn:aws:sqs:r:1:q"])] {
            let found = role(json!({"Effect": "Allow", "Action": ["s3:GetObject"], "Resource": resource}));
            assert_eq!(found, Vec::<String>::new(), "{resource}");
        }
    }

    #[test]
    fn every_resource_is_let_through_only_beside_actions_that_know_none() {
        let statement = |actions: Value| json!({"Effect": "Allow", "Action": actions, "Resource": "*"});
        for (action, _) in UNBOUNDED {
            assert_eq!(role(statement(json!(action))), Vec::<String>::new());
        }
        let found = role(statement(json!(["xray:PutTraceSegments", "s3:GetObject"])));
        assert_eq!(
            found,
            [
                "Policies[0].PolicyDocument.Statement[0].Resource: allows s3:GetObject on every resource, and narrower ones exist"
            ]
        );
        let all_of_s3 = json!({"Effect": "Allow", "Action": "s3:GetObject", "Resource": ["arn:aws:s3:::*"]});
        assert_eq!(role(all_of_s3).len(), 1);
    }

    #[test]
    fn wildcards_exceptions_and_wide_policies_are_told_and_denials_are_not() {
        for action in ["*", "s3:*", "s3:Get*", "s3:GetObjec?"] {
            let found = role(json!({"Effect": "Allow", "Action": action, "Resource": "arn:aws:s3:::b"}));
            assert!(found.len() == 1 && found[0].contains(action), "{found:?}");
        }
        assert_eq!(role(json!({"Effect": "Allow", "NotAction": "iam:*", "Resource": "arn:aws:s3:::b"})).len(), 1);
        assert_eq!(
            role(json!({"Effect": "Allow", "Action": "s3:GetObject", "NotResource": "arn:aws:s3:::b"})).len(),
            1
        );
        assert_eq!(role(json!({"Effect": "Deny", "Action": "*", "Resource": "*"})), Vec::<String>::new());
        let wide = json!({"ManagedPolicyArns": ["arn:aws:iam::aws:policy/AmazonS3FullAccess"]});
        assert_eq!(told(&template("AWS::IAM::Role", wide)).len(), 1);
    }

    #[test]
    fn nobody_is_let_in_without_a_condition_neither_to_a_role_nor_to_a_resource() {
        let open = json!({"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"});
        let trust = json!({"AssumeRolePolicyDocument": {"Statement": open}});
        assert_eq!(told(&template("AWS::IAM::Role", trust)).len(), 1);
        let mut statement = json!({"Effect": "Allow", "Principal": "*", "Action": "sqs:*", "Resource": "*"});
        let policy = |statement: &Value| json!({"Queues": ["q"], "PolicyDocument": {"Statement": [statement]}});
        let found = told(&template("AWS::SQS::QueuePolicy", policy(&statement)));
        assert_eq!(
            found,
            ["PolicyDocument.Statement[0].Principal: lets anybody in: `Principal: \"*\"` without a condition"]
        );
        statement["Condition"] = json!({"StringEquals": {"aws:SourceAccount": "123456789012"}});
        assert_eq!(told(&template("AWS::SQS::QueuePolicy", policy(&statement))), Vec::<String>::new());
    }

    #[test]
    fn the_key_policy_of_a_key_speaks_of_the_key_itself() {
        let root =
            json!({"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::1:root"}, "Action": "kms:*", "Resource": "*"});
        let key = json!({"KeyPolicy": {"Statement": [root]}});
        assert_eq!(told(&template("AWS::KMS::Key", key)), Vec::<String>::new());
    }
}
