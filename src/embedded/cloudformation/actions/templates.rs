//! `GetTemplate`, `GetTemplateSummary`, `ValidateTemplate`.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::super::deployment::{declared, template};
use super::super::document::{Document, scalar_text};
use super::super::engine::Engine;
use super::super::error::{Answer, Refusal};
use super::super::evaluate::Parameter;
use super::super::evaluate::{Pseudo, Scope};
use super::super::status::Status;
use super::super::validate;
use super::super::wire::{QueryRequest, Xml};

impl Engine {
    /// ST-11, TV-26.
    pub(super) fn get_template(&self, request: &QueryRequest) -> Answer<Xml> {
        let text = match request.text("ChangeSetName") {
            Some(given) => {
                if !given.starts_with("arn:") && request.text("StackName").is_none() {
                    return Err(Refusal::validation("StackName is a required parameter."));
                }
                self.locate(request)?.1.target.text.clone()
            }
            None => {
                let Some(given) = request.text("StackName") else {
                    return Err(Refusal::validation("StackName is required if ChangeSetName is not specified."));
                };
                let stack = self.find(given).ok_or_else(|| Refusal::no_stack_with_id(given))?;
                stack.shown().map(|shown| shown.text.clone()).unwrap_or_default()
            }
        };
        let mut xml = Xml::default();
        xml.text("TemplateBody", &text).texts("StagesAvailable", ["Original", "Processed"]);
        Ok(xml)
    }

    pub(super) fn get_template_summary(&self, request: &QueryRequest) -> Answer<Xml> {
        let document = match request.text("StackName") {
            Some(given) => {
                let stack = self.find(given).ok_or_else(|| Refusal::no_stack_with_id(given))?;
                if stack.status == Status::ReviewInProgress {
                    return Err(Refusal::validation(
                        "GetTemplateSummary cannot be called on REVIEW_IN_PROGRESS stacks.",
                    ));
                }
                stack.shown().map(|shown| shown.document.clone()).unwrap_or_default()
            }
            None => template(request, None)?.1,
        };
        let mut xml = Xml::default();
        summarise(&mut xml, &document, true);
        let types: BTreeSet<&str> = document.resources.values().map(|one| one.type_name.as_str()).collect();
        xml.texts("ResourceTypes", types);
        Ok(xml)
    }

    pub(super) fn validate_template(&self, request: &QueryRequest) -> Answer<Xml> {
        let (_, document) = template(request, None)?;
        // Parameters stand for themselves: only what holds for every value is checked.
        let parameters: BTreeMap<String, Parameter> = document
            .parameters
            .iter()
            .map(|(name, declaration)| {
                let value = declaration.get("Default").and_then(scalar_text).unwrap_or_default();
                (name.clone(), Parameter { value, ..Parameter::default() })
            })
            .collect();
        let scope = Scope::new(&document, &parameters, Pseudo::default()).map_err(Refusal::validation)?;
        validate::check(&scope)?;
        let mut xml = Xml::default();
        summarise(&mut xml, &document, false);
        Ok(xml)
    }
}

/// What both summaries share (ER-32).
fn summarise(xml: &mut Xml, document: &Document, typed: bool) {
    xml.list("Parameters", declared(document), |xml, (name, declaration)| {
        let text = |key: &str| declaration.get(key).and_then(scalar_text);
        xml.text("ParameterKey", name).maybe("DefaultValue", text("Default").as_deref());
        if typed {
            xml.maybe("ParameterType", text("Type").as_deref());
        }
        xml.flag("NoEcho", text("NoEcho").as_deref() == Some("true"));
        xml.maybe("Description", text("Description").as_deref());
        if let (true, Some(Value::Array(allowed))) = (typed, declaration.get("AllowedValues")) {
            let allowed: Vec<String> = allowed.iter().filter_map(scalar_text).collect();
            xml.node("ParameterConstraints", |xml| {
                xml.texts("AllowedValues", allowed.iter().map(String::as_str));
            });
        }
    });
    xml.maybe("Description", document.description.as_deref());
    let (needed, types) = validate::capabilities(document);
    if !needed.is_empty() {
        xml.texts("Capabilities", needed);
        if !types.is_empty() {
            let reason = format!("The following resource(s) require capabilities: [{}]", types.join(", "));
            xml.text("CapabilitiesReason", &reason);
        }
    }
    if !document.transforms.is_empty() {
        xml.texts("DeclaredTransforms", document.transforms.iter().map(String::as_str));
    }
    if let (true, Some(metadata)) = (typed, &document.metadata) {
        xml.text("Metadata", &metadata.to_string());
    }
}
