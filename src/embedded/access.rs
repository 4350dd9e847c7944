//! What a role may do, as far as services ask before they take it: Lambda for event source mappings, networks and
//! destinations. Whoever calls the embedded cloud itself is not asked (docs/embedded.md).

use serde_json::Value;

use super::back::{Back, Record};
use super::cloudformation::{like, texts};
use super::mappings::made_up_uuid;
use super::wire::{Request, Response, escape};

impl Back {
    /// Whether a role's policies allow an action on a resource. `None` where it cannot be told: a role that was not
    /// deployed here, or one with a policy whose text is not known here.
    #[must_use]
    pub(crate) fn role_allows(&self, role: &str, action: &str, resource: &str) -> Option<bool> {
        let (name, role) = self.role(role)?;
        let (documents, complete) = self.policies_of(name, role);
        let boundary = role.properties.get("PermissionsBoundary").and_then(Value::as_str);
        let bounded = boundary
            .and_then(|arn| self.managed(arn))
            .is_none_or(|document| decide(&[document], action, resource) == Some(true));
        match decide(&documents, action, resource) {
            Some(allowed) => Some(allowed && bounded),
            None if complete => Some(false),
            None => None,
        }
    }

    /// Whether a service may assume a role; `None` for a role that was not deployed here.
    #[must_use]
    pub(crate) fn role_trusts(&self, role: &str, service: &str) -> Option<bool> {
        let (_, role) = self.role(role)?;
        let trust = read(role.properties.get("AssumeRolePolicyDocument")?)?;
        Some(statements(&trust).iter().any(|statement| {
            let principals = statement.pointer("/Principal/Service").map(texts).unwrap_or_default();
            statement.get("Effect").and_then(Value::as_str) == Some("Allow")
                && principals.iter().any(|principal| principal == service)
        }))
    }

    /// Answers a simulation of a principal's policies (IAM API reference, SimulatePrincipalPolicy). A role that was deployed
    /// here is judged by its policies; whoever else calls may do everything but what somebody had denied.
    pub(crate) fn simulated(&self, request: &Request) -> Response {
        let form = request.form();
        let given = form.get("PolicySourceArn").map(String::as_str).unwrap_or_default();
        let listed = |name: &str| -> Vec<&String> {
            let of = |at: u32| form.get(&format!("{name}.member.{at}"));
            (1..).map_while(of).collect()
        };
        let star = "*".to_owned();
        let (actions, mut resources) = (listed("ActionNames"), listed("ResourceArns"));
        if resources.is_empty() {
            resources.push(&star);
        }
        let mut members = String::new();
        for action in actions {
            let operation = action.split(':').nth(1).unwrap_or(action);
            for resource in &resources {
                let decision = if self.world.faults.denies(operation) {
                    "explicitDeny"
                } else if self.role(given).is_none() {
                    "allowed"
                } else {
                    match self.role_allows(given, action, resource) {
                        Some(true) => "allowed",
                        Some(false) => "implicitDeny",
                        None => {
                            let message = "The embedded cloud does not know the text of a policy of this role.";
                            return Response::query_error(
                                501,
                                "NotImplemented",
                                message,
                                &made_up_uuid(0, given, action),
                            );
                        }
                    }
                };
                members.push_str(&format!(
                    "<member><EvalActionName>{}</EvalActionName><EvalResourceName>{}</EvalResourceName>\
                     <EvalDecision>{decision}</EvalDecision><MatchedStatements/><MissingContextValues/></member>",
                    escape(action),
                    escape(resource)
                ));
            }
        }
        let xml = format!(
            "<SimulatePrincipalPolicyResponse xmlns=\"https://iam.amazonaws.com/doc/2010-05-08/\">\
             <SimulatePrincipalPolicyResult><IsTruncated>false</IsTruncated><EvaluationResults>{members}</EvaluationResults>\
             </SimulatePrincipalPolicyResult></SimulatePrincipalPolicyResponse>"
        );
        Response::new(200, "text/xml", xml)
    }

    fn role(&self, arn: &str) -> Option<(&str, &Record)> {
        self.world.records.iter().find_map(|(key, record)| {
            let name = key.strip_prefix("AWS::IAM::Role|")?;
            (record.attributes.get("Arn").and_then(Value::as_str) == Some(arn)).then_some((name, record))
        })
    }

    fn managed(&self, arn: &str) -> Option<Value> {
        read(self.record("AWS::IAM::ManagedPolicy", arn)?.properties.get("PolicyDocument")?)
    }

    /// Every policy document of a role, and whether these are all.
    fn policies_of(&self, name: &str, role: &Record) -> (Vec<Value>, bool) {
        let mut documents: Vec<Value> = role
            .properties
            .get("Policies")
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
            .filter_map(|policy| read(policy.get("PolicyDocument")?))
            .collect();
        let mut complete = true;
        for arn in role.properties.get("ManagedPolicyArns").map(texts).unwrap_or_default() {
            match self.managed(&arn) {
                Some(document) => documents.push(document),
                None => complete = false,
            }
        }
        documents.extend(self.world.records.iter().filter_map(|(key, record)| {
            let attached = key.starts_with("AWS::IAM::Policy|") || key.starts_with("AWS::IAM::ManagedPolicy|");
            let roles = record.properties.get("Roles").map(texts).unwrap_or_default();
            (attached && roles.iter().any(|role| role == name))
                .then(|| read(record.properties.get("PolicyDocument")?))?
        }));
        (documents, complete)
    }
}

/// A policy document, given as an object or as text.
fn read(document: &Value) -> Option<Value> {
    match document {
        Value::String(text) => serde_json::from_str(text).ok(),
        Value::Object(_) => Some(document.clone()),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Array(_) => None,
    }
}

fn statements(document: &Value) -> Vec<Value> {
    match document.get("Statement") {
        Some(Value::Array(list)) => list.clone(),
        Some(one @ Value::Object(_)) => vec![one.clone()],
        Some(_) | None => Vec::new(),
    }
}

/// What documents decide together; `None` where none of them says anything. A condition of an Allow is taken to
/// hold and one of a Deny not to: who calls, from where and when is not modelled.
fn decide(documents: &[Value], action: &str, resource: &str) -> Option<bool> {
    let mut allowed = None;
    for statement in documents.iter().flat_map(statements) {
        let any = |name: &str, text: &str| {
            statement.get(name).map(|value| texts(value).iter().any(|pattern| like(pattern, text)))
        };
        let action = any("Action", action).or_else(|| any("NotAction", action).map(|hit| !hit)).unwrap_or(false);
        let resource =
            any("Resource", resource).or_else(|| any("NotResource", resource).map(|hit| !hit)).unwrap_or(false);
        if !action || !resource {
            continue;
        }
        match statement.get("Effect").and_then(Value::as_str) {
            Some("Deny") if statement.get("Condition").is_none() => return Some(false),
            Some("Allow") => allowed = Some(true),
            Some(_) | None => {}
        }
    }
    allowed
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_deny_beats_an_allow_and_silence_decides_nothing() {
        let document = json!({"Statement": [
            {"Effect": "Allow", "Action": ["sqs:Receive*", "sqs:Delete*"], "Resource": "arn:aws:sqs:*:q"},
            {"Effect": "Deny", "Action": "sqs:DeleteQueue", "Resource": "*"},
        ]});
        let asked = |action| decide(std::slice::from_ref(&document), action, "arn:aws:sqs:eu-west-1:1:q");
        assert_eq!(asked("sqs:ReceiveMessage"), Some(true));
        assert_eq!(asked("sqs:DeleteQueue"), Some(false));
        assert_eq!(asked("sqs:SendMessage"), None);
        assert_eq!(decide(&[document], "sqs:ReceiveMessage", "arn:aws:sqs:eu-west-1:1:other"), None);
    }
}
