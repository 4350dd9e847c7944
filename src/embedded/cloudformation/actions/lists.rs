//! `ListStacks`, `ListExports`, `ListImports`.

use serde_json::Value;

use super::super::engine::Engine;
use super::super::error::{Answer, Refusal};
use super::super::state::{Stack, StackOutput};
use super::super::status::Status;
use super::super::wire::{QueryRequest, Xml};
use super::page;

impl Engine {
    /// Deleted ones too, newest first (DE-13).
    pub(super) fn list_stacks(&self, request: &QueryRequest) -> Answer<Xml> {
        let wanted = request.list("StackStatusFilter").filter(|wanted| !wanted.is_empty());
        let known = |name: &&String| serde_json::from_value::<Status>(Value::from(name.as_str())).is_ok();
        if let Some(strange) = wanted.iter().flatten().find(|name| !known(name)) {
            return Err(Refusal::constraint(
                strange,
                "stackStatusFilter",
                "satisfy enum value set of the stack's statuses",
            ));
        }
        let fits = |stack: &&Stack| wanted.as_ref().is_none_or(|w| w.iter().any(|one| one == stack.status.as_str()));
        let mut listed: Vec<&Stack> = self.state.stacks.values().filter(fits).collect();
        listed.sort_by(|a, b| b.created.cmp(&a.created).then_with(|| b.id.cmp(&a.id)));
        let (shown, next) = page(&listed, request, 100);
        let mut xml = Xml::default();
        xml.list("StackSummaries", shown, |xml, stack| {
            let described = stack.shown().and_then(|shown| shown.document.description.as_deref());
            xml.text("StackId", &stack.id).text("StackName", &stack.name).maybe("TemplateDescription", described);
            xml.time("CreationTime", stack.created);
            if let Some(updated) = stack.updated {
                xml.time("LastUpdatedTime", updated);
            }
            if let Some(deleted) = stack.deleted {
                xml.time("DeletionTime", deleted);
            }
            xml.text("StackStatus", stack.status.as_str()).maybe("StackStatusReason", stack.reason.as_deref());
            xml.node("DriftInformation", |xml| {
                let status = stack.drift.map_or("NOT_CHECKED", |(status, _)| status.as_str());
                xml.text("StackDriftStatus", status);
            });
        });
        xml.maybe("NextToken", next.as_deref());
        Ok(xml)
    }

    pub(super) fn list_exports(&self, request: &QueryRequest) -> Xml {
        let live = self.state.stacks.values().filter(|stack| stack.deleted.is_none());
        let outputs = live.flat_map(|stack| stack.outputs.iter().map(move |output| (stack, output)));
        let exports: Vec<(&Stack, &StackOutput)> = outputs.filter(|(_, output)| output.export.is_some()).collect();
        let (shown, next) = page(&exports, request, 100);
        let mut xml = Xml::default();
        xml.list("Exports", shown, |xml, (stack, output)| {
            xml.text("ExportingStackId", &stack.id)
                .maybe("Name", output.export.as_deref())
                .text("Value", &output.value);
        });
        xml.maybe("NextToken", next.as_deref());
        xml
    }

    /// ER-18.
    pub(super) fn list_imports(&self, request: &QueryRequest) -> Answer<Xml> {
        let export = request.required("ExportName")?;
        let importers = self.importers(export);
        if importers.is_empty() {
            return Err(Refusal::validation(format!("Export '{export}' is not imported by any stack.")));
        }
        let (shown, next) = page(&importers, request, 100);
        let mut xml = Xml::default();
        xml.texts("Imports", shown.iter().map(String::as_str)).maybe("NextToken", next.as_deref());
        Ok(xml)
    }

    /// There is no stack set, and none can be made (ER-46).
    pub(super) fn no_stack_set(&self, request: &QueryRequest) -> Answer<Xml> {
        let given = request.required("StackSetName")?;
        Err(Refusal { status: 404, code: "StackSetNotFoundException", message: format!("StackSet {given} not found") })
    }

    pub(super) fn list_stack_sets(&self) -> Xml {
        let mut xml = Xml::default();
        xml.texts("Summaries", []);
        xml
    }
}
