//! `ListStacks`, `ListExports`, `ListImports`.

use super::super::engine::Engine;
use super::super::error::{Answer, Refusal};
use super::super::state::Stack;
use super::super::wire::{QueryRequest, Xml};
use super::page;

impl Engine {
    /// Deleted ones too, newest first (DE-13).
    pub(super) fn list_stacks(&self, request: &QueryRequest) -> Answer<Xml> {
        let wanted = request.list("StackStatusFilter").filter(|wanted| !wanted.is_empty());
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

    pub(super) fn list_exports(&self) -> Xml {
        let live = self.state.stacks.values().filter(|stack| stack.deleted.is_none());
        let exports = live.flat_map(|stack| stack.outputs.iter().map(move |output| (stack, output)));
        let mut xml = Xml::default();
        xml.list("Exports", exports.filter(|(_, output)| output.export.is_some()), |xml, (stack, output)| {
            xml.text("ExportingStackId", &stack.id)
                .maybe("Name", output.export.as_deref())
                .text("Value", &output.value);
        });
        xml
    }

    /// ER-18.
    pub(super) fn list_imports(&self, request: &QueryRequest) -> Answer<Xml> {
        let export = request.required("ExportName")?;
        let importers = self.importers(export);
        if importers.is_empty() {
            return Err(Refusal::validation(format!("Export '{export}' is not imported by any stack.")));
        }
        let mut xml = Xml::default();
        xml.texts("Imports", importers.iter().map(String::as_str));
        Ok(xml)
    }
}
