//! Stack policies: who may update what (SP-01).

use serde_json::Value;

use super::error::{Answer, Refusal};
use super::state::Stack;
use crate::template::limits;

/// Checks a stack policy's text (TV-27, SP-03).
pub(super) fn check(text: &str) -> Answer<()> {
    if text.len() > limits::STACK_POLICY_BYTES {
        let rule = format!("have length less than or equal to {}", limits::STACK_POLICY_BYTES);
        return Err(Refusal::constraint(text, "stackPolicyBody", &rule));
    }
    let invalid = || Refusal::validation("Error validating stack policy: Invalid stack policy");
    let policy: Value = serde_json::from_str(text).map_err(|_| invalid())?;
    let Value::Object(members) = &policy else { return Err(invalid()) };
    match members.get("Statement") {
        None if members.is_empty() => Ok(()),
        Some(Value::Array(statements)) if statements.iter().all(well_formed) => Ok(()),
        _ => Err(invalid()),
    }
}

fn well_formed(statement: &Value) -> bool {
    let effect = matches!(statement.get("Effect").and_then(Value::as_str), Some("Allow" | "Deny"));
    let action = statement.get("Action").or_else(|| statement.get("NotAction"));
    let known = action.map(texts).unwrap_or_default();
    let known = !known.is_empty() && known.iter().all(|one| one.starts_with("Update:"));
    let principal = statement.get("Principal").and_then(Value::as_str) == Some("*");
    effect && known && principal && (statement.get("Resource").is_some() || statement.get("NotResource").is_some())
}

/// Why the policy in force forbids an update of a resource; `None` where it allows it (ER-38).
pub(super) fn denial(stack: &Stack, logical_id: &str, type_name: &str, replace: bool) -> Option<String> {
    let temporary = stack.operation.as_ref().and_then(|operation| operation.policy.as_deref());
    let policy: Value = serde_json::from_str(temporary.or(stack.policy.as_deref())?).ok()?;
    let statements = policy.get("Statement")?.as_array()?;
    let action = if replace { "Update:Replace" } else { "Update:Modify" };
    let resource = format!("LogicalResourceId/{logical_id}");
    let mut allowed = false;
    for (at, statement) in statements.iter().enumerate() {
        if !applies(statement, action, &resource, type_name) {
            continue;
        }
        if statement.get("Effect").and_then(Value::as_str) == Some("Deny") {
            let shown = |name: &str| statement.get(name).map(texts).unwrap_or_default().join(", ");
            return Some(format!(
                "Action denied by stack policy: Statement [#{}] does not allow [{}] for resource [{}];",
                at + 1,
                shown("Action"),
                shown("Resource")
            ));
        }
        allowed = true;
    }
    (!allowed).then(|| "Action not allowed by stack policy".to_owned())
}

fn applies(statement: &Value, action: &str, resource: &str, type_name: &str) -> bool {
    let any = |name: &str, text: &str| statement.get(name).map(|v| texts(v).iter().any(|pattern| like(pattern, text)));
    let action = any("Action", action).or_else(|| any("NotAction", action).map(|hit| !hit)).unwrap_or(false);
    let resource = any("Resource", resource).or_else(|| any("NotResource", resource).map(|hit| !hit)).unwrap_or(false);
    let typed = statement.get("Condition").and_then(Value::as_object).is_none_or(|tests| {
        tests.values().all(|test| {
            test.get("ResourceType").is_none_or(|types| texts(types).iter().any(|pattern| like(pattern, type_name)))
        })
    });
    action && resource && typed
}

pub(in crate::embedded) fn texts(value: &Value) -> Vec<String> {
    match value {
        Value::String(text) => vec![text.clone()],
        Value::Array(items) => items.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
        _ => Vec::new(),
    }
}

/// Matches with `*` for any text.
pub(in crate::embedded) fn like(pattern: &str, text: &str) -> bool {
    let Some((head, rest)) = pattern.split_once('*') else { return pattern == text };
    let Some(tail) = text.strip_prefix(head) else { return false };
    if rest.is_empty() {
        return true;
    }
    (0..=tail.len()).any(|at| tail.get(at..).is_some_and(|end| like(rest, end)))
}
