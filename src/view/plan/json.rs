//! A plan for a program. Within a major format version fields are only added.

use serde_json::{Map, Value, json};

use super::{About, words};
use crate::plan::{Action, Plan, ResourcePlan, Summary};
use crate::view::TOOL_VERSION;
use crate::view::words::json as to_value;

/// Returns the plan with what it is about. Besides the plan's own fields: `tool_version`, `pipeline`,
/// `environment`, `account`, `region`, `embedded`; `changes` (whether there is anything to do) and `applyable` (whether
/// nothing in it is impossible); `counts` by verb; `consent` (what must be agreed to by name, with its flag); `outlook` (what gives way first,
/// latency, quotas to raise, what a month costs); and per resource `actions`, a list that names a replacement by its
/// parts, so that whoever looks for `delete` never misses one, `stage` and `spec` (`file:line:column`).
#[must_use]
pub fn to_json(plan: &Plan, about: &About) -> Value {
    let mut out = Map::new();
    out.insert("format_version".to_owned(), json!(plan.format_version));
    out.insert("tool_version".to_owned(), json!(TOOL_VERSION));
    out.insert("pipeline".to_owned(), json!(about.pipeline));
    out.insert("environment".to_owned(), json!(about.environment));
    out.insert("account".to_owned(), json!(about.account));
    out.insert("region".to_owned(), json!(about.region));
    out.insert("embedded".to_owned(), json!(about.embedded));
    out.insert("changes".to_owned(), json!(!plan.is_empty()));
    out.insert("applyable".to_owned(), json!(plan.impossible().next().is_none()));
    out.insert("counts".to_owned(), counts(plan));
    out.insert("consent".to_owned(), consent(about));
    out.insert("outlook".to_owned(), to_value(&about.outlook));
    if let Value::Object(fields) = to_value(plan) {
        out.extend(fields);
    }
    if let Some(Value::Array(resources)) = out.get_mut("resources") {
        for (value, resource) in resources.iter_mut().zip(&plan.resources) {
            if let Value::Object(fields) = value {
                extend(fields, resource);
            }
        }
    }
    Value::Object(out)
}

/// What must be agreed to by name, each with its flag.
fn consent(about: &About) -> Value {
    let all = about.consent.iter().map(|permission| {
        let mut value = to_value(permission);
        if let Value::Object(fields) = &mut value {
            fields.insert("flag".to_owned(), json!(permission.flag()));
            fields.insert("code".to_owned(), json!(permission.code().as_str()));
        }
        value
    });
    all.collect()
}

fn extend(fields: &mut Map<String, Value>, resource: &ResourcePlan) {
    fields.insert("actions".to_owned(), json!(actions(resource.action)));
    fields.insert("stage".to_owned(), json!(words::stage(resource.origin.as_ref())));
    fields.insert("spec".to_owned(), json!(words::place(resource.origin.as_ref())));
}

fn actions(action: Action) -> &'static [&'static str] {
    match action {
        Action::Create => &["create"],
        Action::Update => &["update"],
        Action::Replace => &["create", "delete"],
        Action::ReplaceDeletingFirst => &["delete", "create"],
        Action::Delete => &["delete"],
        Action::Import => &["import"],
        Action::Undecided => &["update", "create", "delete"],
        Action::Cannot => &[],
    }
}

fn counts(plan: &Plan) -> Value {
    of_summary(&plan.summary)
}

/// Counts by verb.
pub(super) fn of_summary(summary: &Summary) -> Value {
    json!({
        "add": summary.count(Action::Create),
        "change": summary.count(Action::Update),
        "replace": summary.count(Action::Replace) + summary.count(Action::ReplaceDeletingFirst),
        "destroy": summary.count(Action::Delete),
        "import": summary.count(Action::Import),
        "undecided": summary.count(Action::Undecided),
        "impossible": summary.count(Action::Cannot),
        "unchanged": summary.unchanged,
    })
}

#[cfg(test)]
mod tests {
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
