//! What Lambda does with asynchronous invocations of a function, version or alias.
//!
//! Ours, because the in-process service keeps one configuration a function and forgets the qualifier.

use serde_json::{Value, json};

use super::refuse;
use crate::embedded::back::Back;
use crate::embedded::calls::Refusal;
use crate::embedded::services::ServiceName;
use crate::embedded::wire::{Request, Response, parse_form};

const CONFIGURATIONS: &str = "lambda/invoke";
const SETTINGS: [&str; 3] = ["MaximumRetryAttempts", "MaximumEventAgeInSeconds", "DestinationConfig"];

/// Whether a request to Lambda is about asynchronous invocation.
#[must_use]
pub(crate) fn is_about_invocations(request: &Request) -> bool {
    request.segments().get(3).map(String::as_str) == Some("event-invoke-config")
}

fn missing(arn: &str) -> Refusal {
    let message = format!("The function {arn} doesn't have an EventInvokeConfig");
    Refusal { status: 404, ..refuse("Lambda", "ResourceNotFoundException", message) }
}

impl Back {
    /// Answers a request about asynchronous invocation.
    pub(crate) async fn invocations_call(&mut self, request: &Request) -> Response {
        let segments = request.segments();
        let name = segments.get(2).cloned().unwrap_or_default();
        let qualifier = parse_form(&request.query).remove("Qualifier").unwrap_or_else(|| "$LATEST".to_owned());
        let body: Value = serde_json::from_slice(&request.body).unwrap_or(Value::Null);
        let listing = segments.get(4).map(String::as_str) == Some("list");
        let answer = match request.method.as_str() {
            "GET" if listing => Ok(self.list_invoke_configs(&name)),
            "GET" => self.get_invoke_config(&name, &qualifier),
            "PUT" => self.put_invoke_config(&name, &qualifier, &body, false).await,
            "POST" => self.put_invoke_config(&name, &qualifier, &body, true).await,
            "DELETE" => self.delete_invoke_config(&name, &qualifier),
            _ => Err(missing(&name)),
        };
        match answer {
            Ok(Value::Null) => Response::new(204, "application/json", ""),
            Ok(answer) => Response::new(200, "application/json", answer.to_string()),
            Err(refusal) => Response::json_error(refusal.status, &refusal.code, &refusal.message),
        }
    }

    fn qualified_arn(&self, name: &str, qualifier: &str) -> String {
        let name = name.split(":function:").nth(1).unwrap_or(name).split(':').next().unwrap_or(name);
        self.arn("lambda", &format!("function:{name}:{qualifier}"))
    }

    /// Configures asynchronous invocation; with `over` what is not said stays as it is.
    ///
    /// # Errors
    /// When there is no such function or qualifier, or its role may not send to a destination.
    pub(crate) async fn put_invoke_config(
        &mut self,
        name: &str,
        qualifier: &str,
        body: &Value,
        over: bool,
    ) -> Result<Value, Refusal> {
        let arn = self.qualified_arn(name, qualifier);
        let function = self.function_behind(&arn).await?;
        for outcome in ["OnFailure", "OnSuccess"] {
            let destination = body.pointer(&format!("/DestinationConfig/{outcome}/Destination"));
            if let Some(destination) = destination.and_then(Value::as_str).filter(|arn| !arn.is_empty()) {
                self.may_send(&function, destination)?;
            }
        }
        let mut document = if over { self.get_invoke_config(name, qualifier)? } else { json!({"FunctionArn": arn}) };
        if let Some(map) = document.as_object_mut() {
            for setting in SETTINGS {
                if let Some(given) = body.get(setting) {
                    map.insert(setting.to_owned(), given.clone());
                }
            }
            map.entry("DestinationConfig").or_insert_with(|| json!({"OnSuccess": {}, "OnFailure": {}}));
            map.insert("LastModified".to_owned(), json!(self.now.as_millis() as f64 / 1_000.0));
        }
        self.shelf(CONFIGURATIONS).insert(arn, document.clone());
        Ok(document)
    }

    /// A function's role may send to a destination of its invocations, or the configuration is refused.
    fn may_send(&self, function: &Value, destination: &str) -> Result<(), Refusal> {
        let role = function.get("Role").and_then(Value::as_str).unwrap_or_default();
        let (action, word) = match destination.split(':').nth(2) {
            Some("sqs") => ("sqs:SendMessage", "SendMessage"),
            Some("sns") => ("sns:Publish", "Publish"),
            Some("lambda") => ("lambda:InvokeFunction", "InvokeFunction"),
            Some("events") => ("events:PutEvents", "PutEvents"),
            Some(_) | None => ("s3:PutObject", "PutObject"),
        };
        let resource = if action == "s3:PutObject" { format!("{destination}/x") } else { destination.to_owned() };
        if self.role_allows(role, action, &resource) == Some(false) {
            let message =
                format!("The function's execution role does not have permissions to call {word} on {destination}");
            return Err(refuse("Lambda", "InvalidParameterValueException", message));
        }
        Ok(())
    }

    /// The configuration of the function behind a qualified ARN.
    ///
    /// # Errors
    /// When the function, the version or the alias is not there.
    pub(crate) async fn function_behind(&mut self, arn: &str) -> Result<Value, Refusal> {
        let tail = arn.split(":function:").nth(1).unwrap_or(arn);
        let (name, qualifier) = tail.split_once(':').unwrap_or((tail, "$LATEST"));
        let gone = || {
            let message = format!("Function not found: {arn}");
            Refusal { status: 404, ..refuse("Lambda", "ResourceNotFoundException", message) }
        };
        let path = format!("/2015-03-31/functions/{name}/configuration");
        let function = self.rest(ServiceName::Lambda, "GET", &path, None).await.map_err(|_| gone())?;
        let there = match qualifier {
            "$LATEST" => true,
            number if number.parse::<u64>().is_ok() => {
                self.world.details.contains_key(&format!("lambda/{name}:{number}"))
            }
            alias => {
                let path = format!("/2015-03-31/functions/{name}/aliases/{alias}");
                self.rest(ServiceName::Lambda, "GET", &path, None).await.is_ok()
            }
        };
        if there { Ok(function) } else { Err(gone()) }
    }

    /// Describes a configuration.
    ///
    /// # Errors
    /// When there is none.
    pub(crate) fn get_invoke_config(&self, name: &str, qualifier: &str) -> Result<Value, Refusal> {
        let arn = self.qualified_arn(name, qualifier);
        self.on_shelf(CONFIGURATIONS, &arn).cloned().ok_or_else(|| missing(&arn))
    }

    fn list_invoke_configs(&self, name: &str) -> Value {
        let prefix = self.qualified_arn(name, "");
        let found: Vec<&Value> = self
            .all_on_shelf(CONFIGURATIONS)
            .filter(|(arn, _)| arn.starts_with(&prefix))
            .map(|(_, document)| document)
            .collect();
        json!({"FunctionEventInvokeConfigs": found})
    }

    /// Removes a configuration.
    ///
    /// # Errors
    /// When there is none.
    pub(crate) fn delete_invoke_config(&mut self, name: &str, qualifier: &str) -> Result<Value, Refusal> {
        let arn = self.qualified_arn(name, qualifier);
        self.shelf(CONFIGURATIONS).remove(&arn).map(|_| Value::Null).ok_or_else(|| missing(&arn))
    }

    /// Removes every configuration of a function that goes.
    pub(crate) fn forget_invoke_configs(&mut self, name: &str) {
        let prefix = self.qualified_arn(name, "");
        self.shelf(CONFIGURATIONS).retain(|arn, _| !arn.starts_with(&prefix));
    }
}
