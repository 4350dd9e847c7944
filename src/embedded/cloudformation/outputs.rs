//! Outputs and exports: evaluated when all resources are done, refused where another stack stands in the way.

use std::collections::BTreeMap;

use super::document::scalar_text;
use super::engine::Engine;
use super::evaluate::Scope;
use super::references;
use super::state::{Deployment, Stack, StackOutput};
use super::world::Actual;

impl Engine {
    /// The outputs that the operation's target gives.
    ///
    /// # Errors
    /// The stack's reason when one cannot be evaluated (SQ-29) or an export is taken (ER-16) or in use (ER-13).
    pub(super) fn outputs(&self, stack: &Stack) -> Result<Vec<StackOutput>, String> {
        let Some(target) = stack.operation.as_ref().and_then(|operation| operation.target.as_ref()) else {
            return Ok(Vec::new());
        };
        let outputs = self.evaluate_outputs(stack, target)?;
        for export in outputs.iter().filter_map(|output| output.export.as_ref()) {
            if let Some(owner) = self.exporter(export) {
                return Err(format!("Export with name {export} is already exported by stack {owner}"));
            }
        }
        for old in &stack.outputs {
            let Some(export) = &old.export else { continue };
            let new = outputs.iter().find(|output| output.export.as_ref() == Some(export));
            let importers = self.importers(export);
            if importers.is_empty() {
                continue;
            }
            match new {
                None => {
                    let users = importers.join(", ");
                    return Err(format!("Delete canceled. Cannot delete export {export} as it is in use by {users}."));
                }
                Some(new) if new.value != old.value => {
                    let users = importers.join(", ");
                    return Err(format!("Update canceled. Cannot update export {export} as it is in use by {users}."));
                }
                Some(_) => {}
            }
        }
        Ok(outputs)
    }

    fn evaluate_outputs(&self, stack: &Stack, target: &Deployment) -> Result<Vec<StackOutput>, String> {
        let scope = Scope::new(&target.document, &target.parameters, self.pseudo(&stack.name, &stack.id, target))?;
        let exports = self.exports();
        let world = Actual { stack, exports: &exports };
        let mut found = Vec::new();
        for (key, output) in &target.document.outputs {
            let condition = output.get("Condition").and_then(serde_json::Value::as_str);
            if !scope.holds(condition) {
                continue;
            }
            let text = |value: Option<&serde_json::Value>| match value {
                None => Ok(None),
                Some(value) => scope
                    .value(value, &world)
                    .map(|value| value.map(|value| scalar_text(&value).unwrap_or_else(|| value.to_string()))),
            };
            let path = |text: String| match references::function(output.get("Value").unwrap_or(output)) {
                Some((name, _)) => format!("[Error] /Outputs/{key}/Value/{name}: {text}"),
                None => text,
            };
            found.push(StackOutput {
                key: key.clone(),
                value: text(output.get("Value")).map_err(path)?.unwrap_or_default(),
                description: output.get("Description").and_then(scalar_text),
                export: text(output.get("Export").and_then(|export| export.get("Name")))?,
            });
        }
        Ok(found)
    }

    /// The name of another live stack that exports a name.
    fn exporter(&self, export: &str) -> Option<String> {
        let live = self.state.stacks.values().filter(|stack| stack.deleted.is_none());
        let has = |stack: &&Stack| stack.outputs.iter().any(|output| output.export.as_deref() == Some(export));
        live.filter(has).map(|stack| stack.name.clone()).next()
    }

    /// Names of the other live stacks that import a name.
    pub(super) fn importers(&self, export: &str) -> Vec<String> {
        let exports: BTreeMap<String, String> = self.exports();
        let live = self.state.stacks.values().filter(|stack| stack.deleted.is_none());
        let imports = |stack: &&Stack| {
            stack
                .deployed
                .as_ref()
                .is_some_and(|deployed| self.imports_of(stack, deployed, &exports).contains(&export.to_owned()))
        };
        live.filter(imports).map(|stack| stack.name.clone()).collect()
    }

    /// Every name that a deployment imports.
    fn imports_of(&self, stack: &Stack, deployed: &Deployment, exports: &BTreeMap<String, String>) -> Vec<String> {
        let pseudo = self.pseudo(&stack.name, &stack.id, deployed);
        let Ok(scope) = Scope::new(&deployed.document, &deployed.parameters, pseudo) else { return Vec::new() };
        let world = Actual { stack, exports };
        let mut found = Vec::new();
        let properties = deployed.document.resources.values().flat_map(|definition| definition.properties.values());
        for value in properties.chain(deployed.document.outputs.values()) {
            collect_imports(value, &mut |name| {
                if let Ok(Some(name)) = scope.value(name, &world) {
                    found.extend(scalar_text(&name));
                }
            });
        }
        found
    }
}

fn collect_imports(value: &serde_json::Value, found: &mut impl FnMut(&serde_json::Value)) {
    if let Some(("Fn::ImportValue", name)) = references::function(value) {
        found(name);
    }
    match value {
        serde_json::Value::Array(items) => items.iter().for_each(|item| collect_imports(item, found)),
        serde_json::Value::Object(members) => members.values().for_each(|member| collect_imports(member, found)),
        _ => {}
    }
}
