//! Resources by stage, each folding out to why it changes and to its properties before and after.

use serde_json::Value;

use super::super::stages::{InStage, by_stage};
use super::super::{Detail, text, words};
use super::Level;
use crate::plan::{Action, Change, ChangeKind, Decider, Plan, PlanKind, ResourcePlan, Sureness, Unchanged};
use crate::view::style::{Look, Palette, Symbols};
use crate::view::words::{clip, columns, markup, plural, short_duration};

/// Most columns of a value that stands unfolded.
const SHORT: usize = 72;
/// Most changes of a resource that stands unfolded, where nothing about it is dangerous.
const FEW: usize = 6;

const LOOK: Look = Look { palette: Palette::Plain, symbols: Symbols::Unicode, width: 100 };

/// All resources, by stage.
pub(super) fn section(plan: &Plan, detail: Detail, level: Level<'_>) -> String {
    let stages = by_stage(plan, detail);
    if stages.is_empty() {
        return String::new();
    }
    let mut out = format!("<section>\n{}", level.heading(1, "", "Resources"));
    for (stage, InStage { changed, same }) in stages {
        let count = if changed.is_empty() { String::new() } else { format!(" <span>{}</span>", changed.len()) };
        let title = format!("{}{count}", markup(&stage));
        out.push_str(&format!("<section class=\"stage\">\n{}", level.heading(2, &anchor(&stage), &title)));
        for resource in changed {
            out.push_str(&one(plan, resource, detail));
        }
        out.push_str(&unchanged(&same));
        out.push_str("</section>\n");
    }
    let listed = detail.unchanged && !plan.unchanged.is_empty();
    if plan.summary.unchanged > 0 && !listed {
        out.push_str(&format!("<p class=\"faint\">{}.</p>\n", words::unchanged(plan.summary.unchanged)));
    }
    out.push_str("</section>\n");
    out
}

/// The id of the part of the page that is about a stage: that of its node in the topology.
pub(super) fn anchor(stage: &str) -> String {
    stage.replace(' ', "-")
}

/// How an action is called in the style sheet.
pub(super) fn class_of(action: Action) -> &'static str {
    match action {
        Action::Create | Action::Import => "new",
        Action::Update => "changed",
        Action::Replace | Action::ReplaceDeletingFirst | Action::Undecided => "replaced",
        Action::Delete => "removed",
        Action::Cannot => "cannot",
    }
}

fn one(plan: &Plan, resource: &ResourcePlan, detail: Detail) -> String {
    let class = class_of(resource.action);
    let head = format!(
        "<span class=\"sign\" aria-hidden=\"true\">{}</span> <b>{}</b> <span class=\"type\">{}</span> <span class=\"what\">{}</span>",
        markup(resource.action.symbol()),
        resource.logical_id,
        markup(&resource.type_name),
        markup(words::action(resource.action))
    );
    if detail.compact {
        return format!("<p class=\"resource {class}\">{head}</p>\n");
    }
    let calm = matches!(resource.action, Action::Create | Action::Import)
        || plan.kind == PlanKind::Destroy
        || resource.action == Action::Update && resource.changes.len() > FEW;
    let open = if calm { "" } else { " open" };
    format!(
        "<details class=\"resource {class}\"{open}><summary>{head}</summary>\n<div class=\"body\">\n{}{}</div></details>\n",
        why(resource),
        changes(resource)
    )
}

/// Where it comes from, why it changes, what becomes of the present one, and how sure that is.
fn why(resource: &ResourcePlan) -> String {
    let mut out = String::new();
    let mut line = |class: &str, text: &str| out.push_str(&format!("<p class=\"{class}\">{}</p>\n", markup(text)));
    if let Some(place) = words::place(resource.origin.as_ref()) {
        line("place", &place);
    }
    for escape in words::escapes(resource.origin.as_ref()) {
        line("warning", &escape);
    }
    for reason in resource.reasons.iter().map(words::reason).filter(|reason| !reason.is_empty()) {
        line("reason", &reason);
    }
    for remedy in &resource.remedies {
        line("instead", &format!("instead: {}", words::remedy(remedy)));
    }
    if let Some(removal) = resource.removal {
        line("plain", words::removal(removal));
    }
    if let Some(name) = &resource.physical_id {
        line("faint", &format!("now {name}"));
    }
    line("faint", &sure(resource));
    out
}

fn sure(resource: &ResourcePlan) -> String {
    let sure = match resource.sureness {
        Sureness::Certain => "certain",
        Sureness::Likely => "likely",
        Sureness::Unknown => "not known",
    };
    let by = resource.decided_by.iter().map(|by| match by {
        Decider::Schema => "the resource's schema",
        Decider::ChangeSet => "CloudFormation's change set",
    });
    let by = by.collect::<Vec<_>>().join(" and ");
    format!("{sure}, says {by}; takes about {}", short_duration(resource.expected.typical))
}

fn changes(resource: &ResourcePlan) -> String {
    if resource.changes.is_empty() {
        return String::new();
    }
    let new = resource.changes.iter().all(|change| change.kind == ChangeKind::Added);
    let heads =
        if new { "<th scope=\"col\">Value</th>" } else { "<th scope=\"col\">Before</th><th scope=\"col\">After</th>" };
    let caption = match resource.changes.len() {
        1 if new => "1 property".to_owned(),
        count if new => format!("{count} properties"),
        count => plural(count, "change"),
    };
    let mut out = format!(
        "<div class=\"wide\"><table class=\"changes\">\n<caption>{caption}</caption>\n<thead><tr><th scope=\"col\">Property</th>{heads}</tr></thead>\n<tbody>\n"
    );
    for change in &resource.changes {
        let (sign, class) = match change.kind {
            ChangeKind::Added => ("+", "new"),
            ChangeKind::Removed => ("-", "removed"),
            ChangeKind::Modified => ("~", "changed"),
        };
        let cause = change.caused_by.as_ref().map(|id| format!(" <small>from {id}</small>")).unwrap_or_default();
        let [before, after] = sides(change);
        let before = if new { String::new() } else { format!("<td class=\"before\">{before}</td>") };
        out.push_str(&format!(
            "<tr class=\"{class}\"><th scope=\"row\"><span class=\"sign\" aria-hidden=\"true\">{sign}</span> {}{cause}</th>{before}<td class=\"after\">{after}</td></tr>\n",
            markup(&text::name(change))
        ));
    }
    out.push_str("</tbody></table></div>\n");
    out
}

/// A property before and after; empty where it is not there.
fn sides(change: &Change) -> [String; 2] {
    let said = |text: &str| format!("<span class=\"faint\">{text}</span>");
    if change.sensitive {
        return [said("(secret)"), said("(secret)")];
    }
    let before = match (&change.before, change.kind) {
        (Some(before), _) => value(before),
        (None, ChangeKind::Added) => String::new(),
        (None, ChangeKind::Removed | ChangeKind::Modified) => said("(not known)"),
    };
    let after = match (&change.after, change.kind) {
        (Some(after), _) => value(after),
        (None, _) if change.known_after_apply => said("(known after the deployment)"),
        (None, ChangeKind::Removed) => String::new(),
        (None, ChangeKind::Added | ChangeKind::Modified) => said("(none)"),
    };
    [before, after]
}

/// A value, folded where it is long.
fn value(value: &Value) -> String {
    let line = words::value(value);
    if columns(&line) <= SHORT {
        return format!("<code>{}</code>", markup(&line));
    }
    let whole = match value {
        Value::String(text) => text.clone(),
        other => format!("{other:#}"),
    };
    let whole: Vec<String> = whole.lines().map(markup).collect();
    format!(
        "<details class=\"long\"><summary><code>{}</code></summary><pre>{}</pre></details>",
        markup(&clip(&LOOK, &line, SHORT)),
        whole.join("\n")
    )
}

/// What stays as it is.
fn unchanged(same: &[&Unchanged]) -> String {
    if same.is_empty() {
        return String::new();
    }
    let each = same.iter().map(|one| {
        format!("<li><code>{}</code> <span class=\"type\">{}</span></li>", one.logical_id, markup(&one.type_name))
    });
    format!(
        "<details class=\"same\"><summary>{}</summary><ul>{}</ul></details>\n",
        plural(same.len(), "unchanged resource"),
        each.collect::<String>()
    )
}
