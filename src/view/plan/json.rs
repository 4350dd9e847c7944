//! A plan for a program. Within a major format version fields are only added; `schemas/plan.schema.json` is made from
//! the types that write it.

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Map, Value};

use super::{About, Outlook, words};
use crate::plan::{Action, FORMAT_VERSION, Inputs, Permission, Plan, ResourcePlan, Summary};
use crate::view::TOOL_VERSION;
use crate::view::graph::Graph;
use crate::view::words::json as to_value;

/// What a plan is about, before the plan's own fields.
#[derive(Serialize, JsonSchema)]
pub(super) struct Head<'a> {
    /// Version of this format, MAJOR.MINOR: within a major version fields and values are only added.
    format_version: &'static str,
    /// The Sluice that wrote it.
    tool_version: &'static str,
    /// The pipeline.
    pipeline: &'a str,
    /// The environment.
    environment: &'a str,
    /// The account it deploys to.
    account: &'a str,
    /// The region it deploys to.
    region: &'a str,
    /// Whether that is the embedded cloud.
    embedded: bool,
    /// Whether there is anything to do.
    changes: bool,
    /// Whether no service will refuse anything in it.
    applyable: bool,
    /// Resources by verb.
    counts: Counts,
    /// What must be agreed to by name before it is deployed; absent where a yes is enough.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    consent: Vec<Demand<'a>>,
    /// How the load meets it and what a month costs; null where it is being removed.
    outlook: Option<&'a Outlook>,
    /// The stages and what flows between them; absent where nobody drew it.
    #[serde(skip_serializing_if = "Option::is_none")]
    topology: Option<&'a Graph>,
    /// What it was made from, where it was saved to be deployed.
    #[serde(skip_serializing_if = "Option::is_none")]
    saved: Option<&'a Inputs>,
}

/// Something grave that has to be agreed to by name.
#[derive(Serialize, JsonSchema)]
struct Demand<'a> {
    /// What is allowed, and whose.
    #[serde(flatten)]
    permission: &'a Permission,
    /// The flag of `sluice deploy` that does it.
    flag: String,
    /// The code of its lack.
    code: &'static str,
}

/// Resources by verb.
#[derive(Serialize, JsonSchema)]
pub(super) struct Counts {
    /// They are made.
    add: usize,
    /// They change in place.
    change: usize,
    /// Others take their place.
    replace: usize,
    /// They leave the stack.
    destroy: usize,
    /// They exist and are taken in.
    import: usize,
    /// In place or replaced: known only when it happens.
    undecided: usize,
    /// The service will refuse it.
    impossible: usize,
    /// They stay as they are.
    unchanged: usize,
}

impl From<&Summary> for Counts {
    fn from(summary: &Summary) -> Self {
        Self {
            add: summary.count(Action::Create),
            change: summary.count(Action::Update),
            replace: summary.count(Action::Replace) + summary.count(Action::ReplaceDeletingFirst),
            destroy: summary.count(Action::Delete),
            import: summary.count(Action::Import),
            undecided: summary.count(Action::Undecided),
            impossible: summary.count(Action::Cannot),
            unchanged: summary.unchanged,
        }
    }
}

/// What stands beside a resource's own fields.
#[derive(Serialize, JsonSchema)]
pub(super) struct Beside {
    /// The action by its parts: a replacement names `delete` too, so that whoever looks for it never misses one.
    actions: &'static [Verb],
    /// The stage, as `stream orders`; `pipeline` for what belongs to the whole pipeline.
    stage: String,
    /// Where in the pipeline file it comes from, `file:line:column`.
    spec: Option<String>,
}

/// A part of an action.
#[derive(Clone, Copy, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum Verb {
    /// One is made.
    Create,
    /// It changes in place.
    Update,
    /// One goes.
    Delete,
    /// One is taken in.
    Import,
}

/// Returns the plan with what it is about: `schemas/plan.schema.json` says every field.
#[must_use]
pub fn to_json(plan: &Plan, about: &About) -> Value {
    document(plan, about, None)
}

/// Returns the plan with what it was made from, sealed: what `deploy --plan` takes.
#[must_use]
pub fn saved_to_json(plan: &Plan, about: &About, inputs: &Inputs) -> Value {
    let mut sealed = document(plan, about, Some(inputs));
    // The digest is of what a reader reads: a number in text may come back as the one beside it.
    let seal =
        serde_json::from_str(&sealed.to_string()).map_or_else(|_| Inputs::seal(&sealed), |read| Inputs::seal(&read));
    if let Some(Value::Object(saved)) = sealed.get_mut("saved") {
        saved.insert("document".to_owned(), seal.as_str().into());
    }
    sealed
}

fn document(plan: &Plan, about: &About, saved: Option<&Inputs>) -> Value {
    let head = Head {
        format_version: FORMAT_VERSION,
        tool_version: TOOL_VERSION,
        pipeline: &about.pipeline,
        environment: &about.environment,
        account: &about.account,
        region: &about.region,
        embedded: about.embedded,
        changes: !plan.is_empty(),
        applyable: plan.impossible().next().is_none(),
        counts: Counts::from(&plan.summary),
        consent: about.consent.iter().map(demand).collect(),
        outlook: about.outlook.as_ref(),
        topology: about.topology.as_ref(),
        saved,
    };
    let mut out = fields(&head);
    out.extend(fields(plan));
    // Whatever version it was read from.
    out.insert("format_version".to_owned(), FORMAT_VERSION.into());
    if let Some(Value::Array(resources)) = out.get_mut("resources") {
        for (value, resource) in resources.iter_mut().zip(&plan.resources) {
            if let Value::Object(own) = value {
                own.extend(fields(&beside(resource)));
            }
        }
    }
    Value::Object(out)
}

fn fields(data: &impl Serialize) -> Map<String, Value> {
    match to_value(data) {
        Value::Object(fields) => fields,
        other => Map::from_iter([("value".to_owned(), other)]),
    }
}

fn demand(permission: &Permission) -> Demand<'_> {
    Demand { permission, flag: permission.flag(), code: permission.code().as_str() }
}

fn beside(resource: &ResourcePlan) -> Beside {
    Beside {
        actions: verbs(resource.action),
        stage: words::stage(resource.origin.as_ref()),
        spec: words::place(resource.origin.as_ref()),
    }
}

fn verbs(action: Action) -> &'static [Verb] {
    match action {
        Action::Create => &[Verb::Create],
        Action::Update => &[Verb::Update],
        Action::Replace => &[Verb::Create, Verb::Delete],
        Action::ReplaceDeletingFirst => &[Verb::Delete, Verb::Create],
        Action::Delete => &[Verb::Delete],
        Action::Import => &[Verb::Import],
        Action::Undecided => &[Verb::Update, Verb::Create, Verb::Delete],
        Action::Cannot => &[],
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::fixtures::{about, change_of_parallel, risky};
    use super::*;

    #[test]
    fn the_document_of_a_small_change() {
        let mut json = to_json(&change_of_parallel(), &about());
        assert_eq!(
            json.as_object_mut().and_then(|fields| fields.shift_remove("tool_version")),
            Some(json!(TOOL_VERSION))
        );
        insta::assert_json_snapshot!(json);
    }

    #[test]
    fn whoever_looks_for_delete_finds_replacements_too() {
        let json = to_json(&risky(), &about());
        let text = json.to_string();
        assert!(text.contains(r#""actions":["create","delete"]"#), "{text}");
        assert_eq!(json.get("applyable"), Some(&json!(false)));
    }
}
