//! From a request to what is to be deployed: template, parameters, tags, capabilities, triggers.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::document::{Document, scalar_text};
use super::engine::Engine;
use super::error::{Answer, Refusal};
use super::evaluate::{Parameter, Scope};
use super::state::{Deployment, RollbackConfiguration, Trigger};
use super::validate;
use super::wire::QueryRequest;
use crate::template::limits;

impl Engine {
    /// Builds and checks what a request wants deployed under a stack.
    pub(super) fn target(
        &self,
        request: &QueryRequest,
        previous: Option<&Deployment>,
        stack_name: &str,
        stack_id: &str,
    ) -> Answer<Deployment> {
        let (text, document) = template(request, previous)?;
        let parameters = parameters(&document, request, previous)?;
        let target = Deployment {
            text,
            document,
            parameters,
            tags: request.tags().or_else(|| previous.map(|p| p.tags.clone())).unwrap_or_default(),
            capabilities: request.list("Capabilities").unwrap_or_default(),
            notifications: request
                .list("NotificationARNs")
                .or_else(|| previous.map(|p| p.notifications.clone()))
                .unwrap_or_default(),
            role: request.text("RoleARN").map(str::to_owned).or_else(|| previous.and_then(|p| p.role.clone())),
            rollback: rollback(request, previous)?,
        };
        if target.tags.len() > limits::TAGS {
            return Err(Refusal::constraint("tags", "tags", "have length less than or equal to 50"));
        }
        if target.notifications.len() > limits::NOTIFICATION_TOPICS {
            let rule = "have length less than or equal to 5";
            return Err(Refusal::constraint("notificationARNs", "notificationARNs", rule));
        }
        if let (Some(role), false) = (request.text("RoleARN"), request.role_trusts) {
            return Err(Refusal::validation(format!("Role {role} is invalid or cannot be assumed")));
        }
        let scope = Scope::new(&target.document, &target.parameters, self.pseudo(stack_name, stack_id, &target))
            .map_err(Refusal::validation)?;
        validate::check(&scope)?;
        allowed_types(request, &target.document)?;
        validate::acknowledged(&target.document, &target.capabilities)?;
        Ok(target)
    }
}

/// The template of a request, its text and parsed.
pub(super) fn template(request: &QueryRequest, previous: Option<&Deployment>) -> Answer<(String, Document)> {
    let keep = request.flag("UsePreviousTemplate").unwrap_or(false);
    let (body, url) = (request.text("TemplateBody"), request.text("TemplateURL"));
    match (keep, body, url) {
        (true, None, None) => {
            let previous = previous.ok_or_else(no_template)?;
            Ok((previous.text.clone(), previous.document.clone()))
        }
        (true, _, _) => {
            Err(Refusal::validation("You cannot specify both usePreviousTemplate and Template Body/Template URL."))
        }
        (false, Some(body), None) => {
            if body.len() > limits::BODY_BYTES {
                return Err(Refusal::constraint(body, "templateBody", "have length less than or equal to 51200"));
            }
            Ok((body.to_owned(), Document::parse(body)?))
        }
        (false, None, Some(url)) => {
            let text = fetched(request, url)?;
            Ok((text.clone(), Document::parse(&text)?))
        }
        (false, Some(_), Some(_)) => {
            Err(Refusal::validation("You cannot specify both Template URL and Template Body."))
        }
        (false, None, None) => Err(no_template()),
    }
}

fn no_template() -> Refusal {
    Refusal::validation("Either Template URL or Template Body must be specified.")
}

/// TV-24, TV-25.
fn fetched(request: &QueryRequest, url: &str) -> Answer<String> {
    if !url.starts_with("https://") && !url.starts_with("http://") {
        return Err(Refusal::validation("TemplateURL must be a supported URL."));
    }
    match request.documents.get(url) {
        Some(Ok(text)) if text.len() > limits::S3_BODY_BYTES => {
            Err(Refusal::validation("Template may not exceed 1000000 bytes in size."))
        }
        Some(Ok(text)) => Ok(text.clone()),
        Some(Err(code)) if code == "NoSuchKey" => {
            Err(Refusal::validation("S3 error: The specified key does not exist."))
        }
        Some(Err(_)) => Err(Refusal::validation("S3 error: Access Denied")),
        None => {
            let host = url.split("://").nth(1).and_then(|rest| rest.split('/').next()).unwrap_or_default();
            Err(Refusal::validation(format!("S3 error: Domain name specified in {host} is not a valid S3 domain")))
        }
    }
}

/// ER-12.
fn allowed_types(request: &QueryRequest, document: &Document) -> Answer<()> {
    let Some(allowed) = request.list("ResourceTypes").filter(|allowed| !allowed.is_empty()) else { return Ok(()) };
    let fits = |type_name: &str| {
        allowed.iter().any(|pattern| match pattern.strip_suffix('*') {
            Some(beginning) => type_name.starts_with(beginning),
            None => pattern == type_name,
        })
    };
    match document.resources.values().find(|definition| !fits(&definition.type_name)) {
        Some(definition) => Err(Refusal::validation(format!(
            "Resource type {} is not allowed by parameter ResourceTypes [{}]",
            definition.type_name,
            allowed.join(", ")
        ))),
        None => Ok(()),
    }
}

/// Parameters by what was given, what was before and what the template says (CS-30 to CS-33).
pub(super) fn parameters(
    document: &Document,
    request: &QueryRequest,
    previous: Option<&Deployment>,
) -> Answer<BTreeMap<String, Parameter>> {
    let mut given: BTreeMap<String, BTreeMap<String, String>> = request
        .records("Parameters")
        .unwrap_or_default()
        .into_iter()
        .filter_map(|record| Some((record.get("ParameterKey")?.clone(), record)))
        .collect();
    let mut found = BTreeMap::new();
    let mut missing = Vec::new();
    for (name, declaration) in &document.parameters {
        let record = given.remove(name);
        let kind = declaration.get("Type").and_then(Value::as_str).unwrap_or("String");
        let keep = record.as_ref().is_some_and(|r| r.get("UsePreviousValue").is_some_and(|flag| flag == "true"));
        let value = if keep {
            previous.and_then(|previous| previous.parameters.get(name)).map(|parameter| parameter.value.clone())
        } else {
            let explicit = record.and_then(|mut record| record.remove("ParameterValue"));
            explicit.or_else(|| declaration.get("Default").and_then(default_text))
        };
        let Some(value) = value else {
            if kind.starts_with("AWS::SSM::Parameter") {
                let text = format!("Parameter {name} should either have input value or default value");
                return Err(Refusal::validation(text));
            }
            missing.push(name.as_str());
            continue;
        };
        constraints(name, declaration, &value)?;
        let resolved = match kind.starts_with("AWS::SSM::Parameter::Value<") {
            true => Some(stored(request, &value)?),
            false => None,
        };
        let list = kind == "CommaDelimitedList" || kind.contains("List<") || kind.ends_with("<CommaDelimitedList>");
        found.insert(
            name.clone(),
            Parameter {
                value,
                no_echo: declaration.get("NoEcho").and_then(scalar_text).is_some_and(|flag| flag == "true"),
                list,
                resolved,
            },
        );
    }
    if !missing.is_empty() {
        return Err(Refusal::validation(format!("Parameters: [{}] must have values", missing.join(", "))));
    }
    if !given.is_empty() {
        let unknown: Vec<&str> = given.keys().map(String::as_str).collect();
        return Err(Refusal::validation(format!("Parameters: [{}] do not exist in the template", unknown.join(", "))));
    }
    Ok(found)
}

/// What the parameter store says under a name. The text of the refusal is quoted by clients, not recorded.
fn stored(request: &QueryRequest, name: &str) -> Answer<String> {
    request.stored.get(name).cloned().ok_or_else(|| {
        Refusal::validation(format!("Unable to fetch parameters [{name}] from parameter store for this account."))
    })
}

fn default_text(value: &Value) -> Option<String> {
    scalar_text(value)
}

fn constraints(name: &str, declaration: &Value, value: &str) -> Answer<()> {
    let refuse = |text: String| {
        let told = declaration.get("ConstraintDescription").and_then(Value::as_str);
        Err(Refusal::validation(match told {
            Some(told) => format!("Parameter {name} failed to satisfy constraint: {told}"),
            None => text,
        }))
    };
    let limit = |key: &str| declaration.get(key).and_then(scalar_text).and_then(|text| text.parse::<f64>().ok());
    if declaration.get("Type").and_then(Value::as_str) == Some("Number") {
        let Ok(number) = value.trim().parse::<f64>() else {
            return Err(Refusal::validation(format!("Parameter '{name}' must be a number.")));
        };
        if let Some(least) = limit("MinValue").filter(|least| number < *least) {
            return refuse(format!("Parameter '{name}' must be a number not less than {least}"));
        }
        if let Some(most) = limit("MaxValue").filter(|most| number > *most) {
            return refuse(format!("Parameter '{name}' must be a number not greater than {most}"));
        }
    }
    if let Some(Value::Array(allowed)) = declaration.get("AllowedValues")
        && !allowed.iter().filter_map(scalar_text).any(|one| one == value)
    {
        return refuse(format!("Parameter '{name}' must be one of AllowedValues"));
    }
    let length = value.chars().count() as f64;
    if let Some(least) = limit("MinLength").filter(|least| length < *least) {
        return refuse(format!("Parameter '{name}' must contain at least {least} characters"));
    }
    if let Some(most) = limit("MaxLength").filter(|most| length > *most) {
        return refuse(format!("Parameter '{name}' must contain at most {most} characters"));
    }
    if value.len() > 4096 {
        return Err(Refusal::constraint(value, "parameters", "have length less than or equal to 4096"));
    }
    Ok(())
}

fn rollback(request: &QueryRequest, previous: Option<&Deployment>) -> Answer<RollbackConfiguration> {
    let triggers = request.records("RollbackConfiguration.RollbackTriggers");
    let minutes = request.number("RollbackConfiguration.MonitoringTimeInMinutes");
    if triggers.is_none() && minutes.is_none() {
        return Ok(previous.map(|previous| previous.rollback.clone()).unwrap_or_default());
    }
    if minutes.is_some_and(|minutes| minutes > limits::MONITORING_MINUTES) {
        let rule = "have value less than or equal to 180";
        return Err(Refusal::constraint("minutes", "rollbackConfiguration.monitoringTimeInMinutes", rule));
    }
    let Some(records) = triggers else { return Ok(RollbackConfiguration { triggers: None, minutes }) };
    let mut triggers = Vec::new();
    for mut record in records {
        let (arn, type_name) = (record.remove("Arn").unwrap_or_default(), record.remove("Type").unwrap_or_default());
        if !matches!(type_name.as_str(), "AWS::CloudWatch::Alarm" | "AWS::CloudWatch::CompositeAlarm") {
            return Err(Refusal::validation("Rollback Trigger Type not supported"));
        }
        let parts: Vec<&str> = arn.splitn(7, ':').collect();
        if !matches!(parts.as_slice(), ["arn", _, "cloudwatch", _, _, "alarm", name] if !name.is_empty()) {
            return Err(Refusal::validation("RelativeId of a Rollback Trigger's ARN is incorrect"));
        }
        triggers.push(Trigger { arn, type_name });
    }
    if triggers.len() > 5 {
        let rule = "have length less than or equal to 5";
        return Err(Refusal::constraint("rollbackTriggers", "rollbackConfiguration.rollbackTriggers", rule));
    }
    Ok(RollbackConfiguration { triggers: Some(triggers), minutes })
}

/// The declared parameters of a template, for summaries.
pub(super) fn declared(document: &Document) -> impl Iterator<Item = (&String, &Map<String, Value>)> {
    document.parameters.iter().filter_map(|(name, declaration)| Some((name, declaration.as_object()?)))
}
