//! A template while it grows: fragments are placed, parsed and merged, and nothing is ever overwritten.

use std::collections::BTreeMap;

use serde_json::{Map, json};

use super::scene::{Fragment, shortened};
use super::sources::{TemplateName, TemplateSources};
use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::pipeline::{Escape, Origins, Pipeline};
use crate::template::{Template, TemplateError, limits};
use crate::units::LogicalId;

pub(super) struct Draft<'a> {
    sources: &'a TemplateSources,
    template: Template,
    origins: Origins,
    placed_by: BTreeMap<LogicalId, TemplateName>,
    found: Diagnostics,
}

impl<'a> Draft<'a> {
    pub(super) fn new(pipeline: &Pipeline, sources: &'a TemplateSources) -> Self {
        let description = match pipeline.description() {
            "" => format!("Pipeline {} in {}", pipeline.name(), pipeline.environment().name()),
            text => text.to_owned(),
        };
        let template = Template {
            description: Some(shortened(&description, limits::DESCRIPTION_BYTES).to_owned()),
            metadata: Map::from_iter([(
                "Sluice".to_owned(),
                json!({"pipeline": pipeline.name(), "environment": pipeline.environment().name()}),
            )]),
            ..Template::default()
        };
        Self { sources, template, origins: Origins::new(), placed_by: BTreeMap::new(), found: Diagnostics::new() }
    }

    /// Places one fragment and merges what it gives.
    pub(super) fn place(&mut self, name: TemplateName, fragment: Result<Fragment, Diagnostic>) {
        let placed = fragment.and_then(|mut fragment| {
            let value = self.sources.place(name, std::mem::take(&mut fragment.view))?;
            let template = Template::from_value(value).map_err(|error| self.misshapen(name, &error))?;
            Ok((fragment, template))
        });
        match placed {
            Ok((fragment, template)) => self.merge(name, &fragment, template),
            Err(told) => self.found.push(told),
        }
    }

    fn merge(&mut self, name: TemplateName, fragment: &Fragment, template: Template) {
        let shadow = self.sources.shadow(name);
        for (id, resource) in template.resources {
            if let Some(first) = self.placed_by.insert(id.clone(), name) {
                self.found.push(self.twice(&id, first, name));
            }
            let narrower = fragment.narrower.iter().find(|(narrow, _)| *narrow == id).map(|(_, origin)| origin);
            self.origins.insert(id.clone(), narrower.unwrap_or(&fragment.origin).clone());
            if let Some(file) = shadow {
                self.origins.escape(&id, Escape::Template { file: file.clone() });
            }
            self.template.resources.insert(id, resource);
        }
        for (id, output) in template.outputs {
            if self.template.outputs.insert(id.clone(), output).is_some() {
                self.found.push(self.twice(&id, name, name));
            }
        }
        // What a project's own template may bring along.
        self.template.parameters.extend(template.parameters);
        self.template.conditions.extend(template.conditions);
    }

    fn twice(&self, id: &LogicalId, first: TemplateName, second: TemplateName) -> Diagnostic {
        Diagnostic::error(Code::DuplicateLogicalId, format!("`{id}` is made twice"))
            .note(format!("once by {}, once by {}", self.sources.file(first), self.sources.file(second)))
            .help("logical ids are made from kind and name of a stage; rename one of the stages, or the id in the template")
    }

    fn misshapen(&self, name: TemplateName, error: &TemplateError) -> Diagnostic {
        Diagnostic::error(
            Code::TemplateResult,
            format!("{} does not give CloudFormation: {error}", self.sources.file(name)),
        )
        .note("lines and paths are those of the text that the template gives, after its values were placed")
    }

    /// Ends the draft; `last` may still change it.
    pub(super) fn finish(
        mut self,
        last: impl FnOnce(&mut Template, &mut Origins) -> Vec<Diagnostic>,
    ) -> Result<(Template, Origins), Diagnostics> {
        let told = last(&mut self.template, &mut self.origins);
        self.found.extend(told);
        self.found.into_result((self.template, self.origins)).map(|(drafted, _)| drafted)
    }
}
