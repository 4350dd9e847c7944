//! A stack as it is: status, resources with their places in the pipeline, outputs.

use serde_json::{Value, json};

use super::outputs;
use super::style::{Label, Look};
use super::table::{Cell, Table};
use super::words::{json as to_value, plural, printable, wrap};
use super::{EMBEDDED_NOTICE, FORMAT_VERSION};
use crate::observed::{Observed, ObservedResource, ResourceStatus, StackDescription, StackStatus};
use crate::pipeline::Origins;
use crate::units::LogicalId;

/// Returns the stack as text; where there is none, says so.
#[must_use]
pub fn to_text(look: &Look, stack: &str, observed: &Observed, origins: &Origins, embedded: bool) -> String {
    let mut out = String::new();
    let heading = look.paint(Label::Heading, printable(stack));
    match observed {
        Observed::Absent => out.push_str(&format!("{heading}  is not deployed\n")),
        Observed::Present(stack) => out.push_str(&format!("{heading}  {}\n", status_line(look, stack))),
    }
    if embedded {
        out.push_str(&format!("{}\n", look.paint(Label::Warning, EMBEDDED_NOTICE)));
    }
    let Observed::Present(stack) = observed else { return out };
    if let Some(reason) = &stack.status_reason {
        for line in wrap(&printable(reason), look.columns().saturating_sub(4)) {
            out.push_str(&format!("  {line}\n"));
        }
    }
    if !stack.resources.is_empty() {
        out.push_str(&format!("\n{}\n", look.paint(Label::Heading, plural(stack.resources.len(), "resource"))));
        out.push_str(&resources(look, stack, origins));
    }
    if !stack.outputs.is_empty() {
        out.push_str(&format!("\n{}\n", look.paint(Label::Heading, "Outputs")));
        out.push_str(&outputs::to_text(look, &stack.outputs));
    }
    out
}

fn status_line(look: &Look, stack: &StackDescription) -> String {
    let mut more = format!("created {}", stack.created);
    if let Some(updated) = stack.updated {
        more.push_str(&format!(", updated {updated}"));
    }
    if stack.termination_protection {
        more.push_str(", protected against deletion");
    }
    format!("{}  {}", look.paint(stack_label(&stack.status), &stack.status), look.paint(Label::Faint, more))
}

/// One row per resource, by stage; a reason stands under its resource.
fn resources(look: &Look, stack: &StackDescription, origins: &Origins) -> String {
    let mut rows: Vec<Row<'_>> =
        stack.resources.iter().map(|(id, resource)| (stage(origins, id), id, resource)).collect();
    rows.sort_by(|a, b| (a.0.is_empty(), &a.0, a.1).cmp(&(b.0.is_empty(), &b.0, b.1)));
    // The logical id tells the type; the physical id is what nobody can guess.
    let wide = [table(&rows, &[Column::Stage, Column::Type]), table(&rows, &[Column::Stage])];
    let mut out = match wide.iter().find(|table| table.fits(look, 2)) {
        Some(table) => table.render(look, 2),
        None => by_stage(look, &rows),
    };
    for (_, id, resource) in &rows {
        if let (Some(reason), Label::Bad) = (&resource.reason, label(&resource.status)) {
            out.push_str(&format!("  {}\n", look.paint(Label::Bad, id)));
            for line in wrap(&printable(reason), look.columns().saturating_sub(4)) {
                out.push_str(&format!("    {line}\n"));
            }
        }
    }
    out
}

type Row<'a> = (String, &'a LogicalId, &'a ObservedResource);

/// A column that a narrow screen can do without.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Column {
    Stage,
    Type,
}

fn table(rows: &[Row<'_>], shown: &[Column]) -> Table {
    let optional = |column: Column, cell: Cell| shown.contains(&column).then_some(cell);
    let row = |[stage, id, status, kind, physical]: [Cell; 5]| {
        let cells =
            [optional(Column::Stage, stage), Some(id), Some(status), optional(Column::Type, kind), Some(physical)];
        cells.into_iter().flatten().collect::<Vec<_>>()
    };
    let mut table = Table::new();
    if shown.contains(&Column::Stage) {
        let headings = ["STAGE", "RESOURCE", "STATUS", "TYPE", "PHYSICAL ID"];
        table.row(row(headings.map(|heading| Cell::new(Label::Faint, heading))));
    }
    for (stage, id, resource) in rows {
        table.row(row([
            Cell::plain(stage),
            Cell::plain(id.as_str()),
            Cell::new(label(&resource.status), resource.status.as_str()),
            Cell::new(Label::Faint, &resource.type_name),
            Cell::new(Label::Faint, resource.physical_id.as_deref().unwrap_or("(never made)")),
        ]));
    }
    table
}

/// For narrow screens: stages as headings.
fn by_stage(look: &Look, rows: &[Row<'_>]) -> String {
    let chunks = rows.chunk_by(|a, b| a.0 == b.0).map(|rows| {
        let stage = rows.first().map_or("", |(stage, _, _)| stage.as_str());
        let heading = if stage.is_empty() { "pipeline" } else { stage };
        format!("  {}\n{}", look.paint(Label::Heading, heading), table(rows, &[]).render(look, 2))
    });
    chunks.collect()
}

fn stage(origins: &Origins, id: &LogicalId) -> String {
    origins.get(id).and_then(|origin| origin.stage.as_ref()).map(ToString::to_string).unwrap_or_default()
}

fn label(status: &ResourceStatus) -> Label {
    status_label(status.as_str())
}

fn stack_label(status: &StackStatus) -> Label {
    status_label(status.as_str())
}

/// Statuses are read by their ends, so that one this version does not know still gets its colour.
fn status_label(status: &str) -> Label {
    if status.ends_with("_FAILED") || status.contains("ROLLBACK") {
        Label::Bad
    } else if status.ends_with("_IN_PROGRESS") {
        Label::Busy
    } else {
        Label::Good
    }
}

/// Returns the stack as JSON: `stack`, `exists`, `embedded`, and where it exists `status`, `status_reason`, `id`,
/// `created`, `updated`, `termination_protection`, `resources` (each with `logical_id`, `type_name`, `physical_id`, `status`,
/// `reason`, `stage`, `spec`), `outputs`, `tags`.
#[must_use]
pub fn to_json(stack: &str, observed: &Observed, origins: &Origins, embedded: bool) -> Value {
    let Observed::Present(found) = observed else {
        return json!({"format_version": FORMAT_VERSION, "stack": stack, "exists": false, "embedded": embedded});
    };
    let resources: Vec<Value> =
        found.resources.iter().map(|(id, resource)| resource_json(id, resource, origins)).collect();
    json!({
        "format_version": FORMAT_VERSION,
        "stack": stack,
        "exists": true,
        "embedded": embedded,
        "id": found.id,
        "status": found.status,
        "status_reason": found.status_reason,
        "created": found.created,
        "updated": found.updated,
        "termination_protection": found.termination_protection,
        "resources": resources,
        "outputs": found.outputs,
        "tags": found.tags,
    })
}

fn resource_json(id: &LogicalId, resource: &ObservedResource, origins: &Origins) -> Value {
    let origin = origins.get(id);
    let mut value = json!({"logical_id": id});
    if let (Some(fields), Value::Object(more)) = (value.as_object_mut(), to_value(resource)) {
        fields.extend(more);
        fields.insert("stage".to_owned(), json!(origin.and_then(|o| o.stage.as_ref()).map(ToString::to_string)));
        fields.insert("spec".to_owned(), json!(origin.and_then(|o| o.place.as_ref()).map(ToString::to_string)));
    }
    value
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::pipeline::{Origin, StageKind, StageRef};
    use crate::units::{StageName, Timestamp};

    fn stack() -> Observed {
        let resource = |type_name: &str, status: &str, reason: Option<&str>| ObservedResource {
            type_name: type_name.into(),
            physical_id: Some(format!("{type_name}-1")),
            status: ResourceStatus::parse(status),
            reason: reason.map(str::to_owned),
        };
        Observed::Present(Box::new(StackDescription {
            id: "arn:aws:cloudformation:eu-west-1:000000000000:stack/fraud-detection-local/1".into(),
            name: "fraud-detection-local".into(),
            status: StackStatus::UpdateRollbackComplete,
            status_reason: None,
            template: None,
            parameters: BTreeMap::new(),
            tags: BTreeMap::new(),
            outputs: BTreeMap::from([("TopicAlarms".to_owned(), "arn:topic".to_owned())]),
            resources: BTreeMap::from([
                (id("Topic"), resource("AWS::SNS::Topic", "CREATE_COMPLETE", None)),
                (
                    id("StreamTransactions"),
                    resource("AWS::Kinesis::Stream", "UPDATE_FAILED", Some("Shard limit exceeded")),
                ),
            ]),
            created: Timestamp::from_millis(1_767_323_045_000),
            updated: None,
            termination_protection: true,
            change_set_id: None,
        }))
    }

    fn id(text: &str) -> LogicalId {
        LogicalId::new(text).unwrap()
    }

    fn origins() -> Origins {
        let stage = StageRef::new(StageKind::Stream, &StageName::new("transactions").unwrap());
        let origin = Origin { spec_path: stage.path(), place: None, stage: Some(stage), escapes: Vec::new() };
        [(id("StreamTransactions"), origin)].into_iter().collect()
    }

    #[test]
    fn a_stack_shows_stages_statuses_reasons_and_outputs() {
        insta::assert_snapshot!(to_text(&Look::plain(), "fraud-detection-local", &stack(), &origins(), true));
    }

    #[test]
    fn what_is_not_there_is_said_to_be_not_there() {
        let text = to_text(&Look::plain(), "a-local", &Observed::Absent, &Origins::new(), false);
        assert_eq!(text, "a-local  is not deployed\n");
        let json = to_json("a-local", &Observed::Absent, &Origins::new(), false);
        assert_eq!(json.get("exists"), Some(&Value::Bool(false)));
    }

    #[test]
    fn json_says_all_that_text_says() {
        insta::assert_json_snapshot!(to_json("fraud-detection-local", &stack(), &origins(), true));
    }
}
