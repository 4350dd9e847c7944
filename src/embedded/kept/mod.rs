//! Services that are ours whole: shelves of documents, each answering the few operations that a deployment and
//! whoever looks at it need.
//!
//! They keep everything they are given. The in-process services of the same names would have to be completed in
//! nearly every answer (budgets without subscribers, tables without their type), which is more code than this.

mod budgets;
mod detectors;
mod glue;
mod invoke;
mod quotas;
mod ssm;

pub(crate) use invoke::is_about_invocations;
pub(crate) use quotas::{ON_DEMAND_STREAMS, shards};
pub(crate) use ssm::stored_parameters;

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::back::Back;
use super::calls::Refusal;
use super::wire::{Request, Response};

/// Documents by shelf and key.
pub(crate) type Shelves = BTreeMap<String, BTreeMap<String, Value>>;

/// A service that is ours whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum KeptService {
    /// Budgets.
    Budgets,
    /// The data catalogue of Glue.
    Glue,
    /// Service Quotas.
    Quotas,
    /// Parameters of Systems Manager.
    Ssm,
}

impl KeptService {
    /// The name that AWS's own errors give it.
    pub(crate) fn title(self) -> &'static str {
        match self {
            Self::Budgets => "Budgets",
            Self::Glue => "Glue",
            Self::Quotas => "ServiceQuotas",
            Self::Ssm => "Ssm",
        }
    }

    fn refuse(self, code: &str, message: impl Into<String>) -> Refusal {
        refuse(self.title(), code, message)
    }
}

impl Back {
    /// One operation of a service that is ours.
    ///
    /// # Errors
    /// What the service refuses.
    pub(crate) fn kept(&mut self, service: KeptService, action: &str, body: &Value) -> Result<Value, Refusal> {
        let answer = match service {
            KeptService::Budgets => budgets::answer(self, action, body),
            KeptService::Glue => glue::answer(self, action, body),
            KeptService::Quotas => quotas::answer(self, action, body),
            KeptService::Ssm => ssm::answer(self, action, body),
        };
        answer.unwrap_or_else(|| {
            let message = format!("The embedded cloud does not answer {action} of {}.", service.title());
            Err(Refusal { status: 501, ..service.refuse("NotImplementedException", message) })
        })
    }

    /// Answers a request to a service that is ours.
    pub(crate) fn kept_call(&mut self, service: KeptService, request: &Request) -> Response {
        let body: Value = serde_json::from_slice(&request.body).unwrap_or(Value::Null);
        match self.kept(service, &request.action(), &body) {
            Ok(answer) => Response::json(200, &answer),
            Err(refusal) => Response::json_error(refusal.status, &refusal.code, &refusal.message),
        }
    }

    fn shelf(&mut self, name: &str) -> &mut BTreeMap<String, Value> {
        self.world.kept.entry(name.to_owned()).or_default()
    }

    fn on_shelf(&self, name: &str, key: &str) -> Option<&Value> {
        self.world.kept.get(name)?.get(key)
    }

    fn all_on_shelf(&self, name: &str) -> impl Iterator<Item = (&String, &Value)> {
        self.world.kept.get(name).into_iter().flatten()
    }
}

/// What most operations give: an answer, a refusal, or `None` where there is no such operation.
type Answer = Option<Result<Value, Refusal>>;

fn refuse(service: &'static str, code: &str, message: impl Into<String>) -> Refusal {
    Refusal { status: 400, code: code.to_owned(), message: message.into(), service: Some(service) }
}

fn text(body: &Value, name: &str) -> String {
    body.get(name).and_then(Value::as_str).unwrap_or_default().to_owned()
}

fn members(body: &Value, name: &str) -> Map<String, Value> {
    body.get(name).and_then(Value::as_object).cloned().unwrap_or_default()
}

fn items(body: &Value, name: &str) -> Vec<Value> {
    body.get(name).and_then(Value::as_array).cloned().unwrap_or_default()
}

/// Puts tags of the form `{"Key": …, "Value": …}` over those that are there.
fn put_tags(tags: &mut Vec<Value>, new: &[Value]) {
    for tag in new {
        tags.retain(|known| known.get("Key") != tag.get("Key"));
        tags.push(tag.clone());
    }
}

fn drop_tags(tags: &mut Vec<Value>, keys: &[Value]) {
    tags.retain(|tag| !keys.iter().any(|key| tag.get("Key") == Some(key)));
}

#[cfg(test)]
mod tests;
