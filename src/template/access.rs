//! What policies in a template may not say: rights without bounds.
//!
//! A statement that allows names its actions one by one and the resources they are for. `Resource: "*"` stands only
//! beside actions for which IAM knows no resource ([`UNBOUNDED`]). Nobody is let in without a condition. Of values that
//! functions compute, what is written in them is judged and what is put in is not; `docs/security.md` says what remains.

use std::fmt;

use serde::Serialize;
use serde_json::{Map, Value};

use super::intrinsic::{function, opaque, sub_text};
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
        let root = Trail::Root(&root);
        for (name, value) in &resource.properties {
            walk.value(&Trail::Key(&root, name), name, value);
        }
        if resource.type_name == "AWS::Lambda::Permission" {
            walk.permission(&root, &resource.properties);
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
            Value::String(_) | Value::Object(_) if name == "ManagedPolicyArns" => {
                for arn in texts(Some(value)).into_iter().filter(|arn| TOO_WIDE.iter().any(|end| arn.ends_with(end))) {
                    self.add(path, Excess::WidePolicy(arn));
                }
            }
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
        self.statements(path, identity, statements);
    }

    fn statements(&mut self, path: &Trail<'_>, identity: bool, statements: &Value) {
        match (function(statements), statements) {
            (Some(("Fn::If", Value::Array(parts))), _) => {
                let path = Trail::Key(path, "Fn::If");
                for (at, branch) in parts.iter().enumerate().skip(1) {
                    self.statements(&Trail::Index(&path, at), identity, branch);
                }
            }
            (_, Value::Array(items)) => {
                for (at, item) in items.iter().enumerate() {
                    self.statements(&Trail::Index(path, at), identity, item);
                }
            }
            (_, one) => self.statement(path, identity, one),
        }
    }

    fn statement(&mut self, path: &Trail<'_>, identity: bool, statement: &Value) {
        let Some(statement) = statement.as_object() else { return };
        if !texts(statement.get("Effect")).iter().any(|effect| effect == "Allow") {
            return;
        }
        for element in ["NotAction", "NotResource"].into_iter().filter(|element| statement.contains_key(*element)) {
            self.add(&Trail::Key(path, element), Excess::AllBut(element));
        }
        let actions = texts(statement.get("Action"));
        if identity {
            for action in actions.iter().filter(|action| action.contains(['*', '?'])) {
                self.add(&Trail::Key(path, "Action"), Excess::ActionWildcard(action.clone()));
            }
            self.resources(path, &actions, statement);
        } else if anybody(statement) && !statement.contains_key("Condition") {
            self.add(&Trail::Key(path, "Principal"), Excess::Anybody);
        }
    }

    /// A Lambda permission is a statement about one function, its action and its principal properties of their own.
    fn permission(&mut self, path: &Trail<'_>, properties: &Map<String, Value>) {
        for action in texts(properties.get("Action")).into_iter().filter(|action| action.contains(['*', '?'])) {
            self.add(&Trail::Key(path, "Action"), Excess::ActionWildcard(action));
        }
        let bounded =
            ["SourceArn", "SourceAccount", "PrincipalOrgID"].iter().any(|name| properties.contains_key(*name));
        if anybody(properties) && !bounded {
            self.add(&Trail::Key(path, "Principal"), Excess::Anybody);
        }
    }

    fn resources(&mut self, path: &Trail<'_>, actions: &[String], statement: &Map<String, Value>) {
        if !texts(statement.get("Resource")).iter().any(|resource| everything(resource)) {
            return;
        }
        let bounded: Vec<String> = actions
            .iter()
            .filter(|action| !action.contains("${"))
            .filter(|action| !UNBOUNDED.iter().any(|(known, _)| known.eq_ignore_ascii_case(action)))
            .cloned()
            .collect();
        if !bounded.is_empty() {
            self.add(&Trail::Key(path, "Resource"), Excess::EveryResource(bounded));
        }
    }

    fn add(&mut self, path: &Trail<'_>, excess: Excess) {
        self.found.push(Finding { logical_id: self.id.clone(), path: path.path(), excess });
    }
}

/// The texts of an element that is one text or a list; `${…}` stands where a function puts a value in. What a function
/// computes as a whole (`Ref`, `Fn::GetAtt`) is left out.
fn texts(element: Option<&Value>) -> Vec<String> {
    let mut found = Vec::new();
    if let Some(element) = element {
        collect(element, &mut found);
    }
    found
}

fn collect(element: &Value, found: &mut Vec<String>) {
    match (function(element), element) {
        (Some(("Fn::Sub", argument)), _) => found.extend(sub_text(argument).map(str::to_owned)),
        (Some(("Fn::Join", Value::Array(parts))), _) => found.extend(joined(parts)),
        (Some(("Fn::If", Value::Array(parts))), _) => parts.iter().skip(1).for_each(|branch| collect(branch, found)),
        (Some(_), _) => {}
        (None, Value::String(text)) => found.push(text.clone()),
        (None, Value::Array(items)) => items.iter().for_each(|item| collect(item, found)),
        (None, Value::Null | Value::Bool(_) | Value::Number(_) | Value::Object(_)) => {}
    }
}

fn joined(parts: &[Value]) -> Option<String> {
    let [Value::String(between), Value::Array(items)] = parts else { return None };
    let items: Vec<&str> = items
        .iter()
        .map(|item| match (function(item), item) {
            (None, Value::String(text)) => text,
            (Some(("Fn::Sub", argument)), _) => sub_text(argument).unwrap_or("${}"),
            _ => "${}",
        })
        .collect();
    Some(items.join(between))
}

/// `*`, or an ARN that leaves open which service, or which of its things: `arn:*`, `arn:aws:s3:::*`.
fn everything(resource: &str) -> bool {
    let resource = opaque(resource);
    let Some(wild) = resource.find('*') else { return false };
    if !resource.starts_with("arn:") {
        return "arn:".starts_with(&resource[..wild]);
    }
    let parts: Vec<&str> = resource.splitn(6, ':').collect();
    match parts.as_slice() {
        [_, _, service, _, _, rest] => {
            // Only S3 has nothing but names on both sides of the slash; elsewhere a kind of thing stands before it.
            let open = rest.contains('*') && rest.chars().all(|c| c == '*' || (c == '/' && *service == "s3"));
            service.contains(['*', '?']) || open
        }
        // A wildcard in the last part takes the missing ones along.
        short => short.last().is_some_and(|last| last.contains('*')),
    }
}

fn anybody(statement: &Map<String, Value>) -> bool {
    let named = |principal: Option<&Value>| texts(principal).iter().any(|name| name == "*");
    match statement.get("Principal") {
        Some(principal @ Value::Object(members)) if function(principal).is_none() => named(members.get("AWS")),
        principal => named(principal),
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
    fn a_wildcard_inside_a_function_counts_as_if_it_were_written_plainly() {
        let sub = |text: &str| json!({ "Fn::Sub": text });
        let join = json!({"Fn::Join": ["", ["arn:", {"Ref": "AWS::Partition"}, ":s3:::*"]]});
        let either = json!({"Fn::If": ["C", "*", "arn:aws:s3:::b"]});
        let listed = json!({"Fn::Sub": ["*", {}]});
        for resource in [sub("*"), sub("arn:${AWS::Partition}:s3:::*"), listed, join, either] {
            let found = role(json!({"Effect": "Allow", "Action": "s3:GetObject", "Resource": [resource]}));
            assert!(found.len() == 1 && found[0].contains("on every resource"), "{found:?}");
        }
        for action in [sub("s3:*"), sub("${Service}:Get*")] {
            let found = role(json!({"Effect": sub("Allow"), "Action": action, "Resource": "arn:aws:s3:::b"}));
            assert!(found.len() == 1 && found[0].contains("a wildcard grows"), "{found:?}");
        }
        for resource in [sub("${Bucket.Arn}/*"), sub("arn:${AWS::Partition}:sqs:${AWS::Region}:${AWS::AccountId}:q*")] {
            let found = role(json!({"Effect": "Allow", "Action": "s3:GetObject", "Resource": resource}));
            assert_eq!(found, Vec::<String>::new());
        }
        let wide = json!({"ManagedPolicyArns": [sub("arn:${AWS::Partition}:iam::aws:policy/AdministratorAccess")]});
        assert_eq!(told(&template("AWS::IAM::Role", wide)).len(), 1);
        let open = json!({"Effect": "Allow", "Principal": {"AWS": sub("*")}, "Action": "sts:AssumeRole"});
        let trust =
            json!({"AssumeRolePolicyDocument": {"Statement": {"Fn::If": ["C", open, {"Ref": "AWS::NoValue"}]}}});
        assert_eq!(told(&template("AWS::IAM::Role", trust)).len(), 1);
    }

    #[test]
    fn an_arn_that_leaves_the_service_or_all_of_its_things_open_is_every_resource() {
        for arn in ["*", "**", "arn*", "arn:*", "arn:aws:*", "arn:aws:s3*", "arn:aws:*:::b", "arn:aws:s3:::*/*"] {
            assert!(everything(arn), "{arn}");
        }
        for arn in [
            "arn:aws:s3:::b",
            "arn:*:s3:::b/*",
            "arn:aws:sqs:*:*:q",
            "arn:aws:logs:r:1:log-group:*",
            "arn:aws:ec2:r:1:*/*",
        ] {
            assert!(!everything(arn), "{arn}");
        }
    }

    #[test]
    fn a_lambda_permission_names_its_action_and_whom_it_lets_in() {
        let permission = |properties: Value| told(&template("AWS::Lambda::Permission", properties));
        let found = permission(json!({"Action": "lambda:*", "FunctionName": "f", "Principal": "s3.amazonaws.com"}));
        assert!(found.len() == 1 && found[0].starts_with("Action: allows `lambda:*`"), "{found:?}");
        let mut open = json!({"Action": "lambda:InvokeFunction", "FunctionName": "f", "Principal": "*"});
        assert_eq!(permission(open.clone()).len(), 1);
        open["SourceAccount"] = json!("123456789012");
        assert_eq!(permission(open), Vec::<String>::new());
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
