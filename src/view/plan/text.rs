//! A plan for a person at a terminal: what happens by stage, what it means for records and data, how long it
//! takes, and a last line that scripts may search for.

use std::collections::BTreeMap;

use super::stages::{InStage, by_stage};
use super::{About, Detail, outlook, words};
use crate::observed::Holding;
use crate::plan::{
    Action, Baseline, Change, ChangeKind, Gravity, Permission, Plan, PlanKind, Reason, Removal, ResourcePlan,
};
use crate::units::LogicalId;
use crate::view::EMBEDDED_NOTICE;
use crate::view::style::{Label, Look, Symbols};
use crate::view::table::{Cell, Table};
use crate::view::words::{clip, columns, pad, plural, printable, wrap};

/// The narrowest room in which a value before or after is shown.
const NARROWEST_VALUE: usize = 12;

/// Returns the whole plan. Its last line is `Plan: N to add, N to change, N to replace, N to destroy.`, further counts
/// (`N to import`, `N undecided`, `N impossible`) follow where they are not zero.
#[must_use]
pub fn to_text(look: &Look, plan: &Plan, about: &About, detail: Detail) -> String {
    let mut out = head(look, plan, about);
    if plan.is_empty() {
        let text = match &plan.baseline {
            Baseline::Absent | Baseline::Stack { .. } => format!("{} is what the files describe", plan.stack),
            Baseline::Files { source, .. } | Baseline::Missing { source, .. } => {
                format!("The files describe the same as {}", words::source(source))
            }
        };
        let text = format!("No changes. {}.", printable(&text));
        out.push_str(&format!("\n{}\n", look.paint(Label::Good, text)));
    }
    if !plan.is_empty() || detail.unchanged {
        out.push_str(&resources(look, plan, detail));
    }
    out.push_str(&consequences(look, plan, about, detail));
    out.push_str(&format!("\n{}\n", look.paint(Label::Heading, &plan.summary)));
    out
}

/// Returns the plan of a removal: what goes, what stays behind, what is lost, which buckets are emptied first.
#[must_use]
pub fn removal_to_text(look: &Look, plan: &Plan, about: &About, emptied: &BTreeMap<String, Holding>) -> String {
    let rest = format!("({} / {})  stack {}, to be removed", about.account, about.region, plan.stack);
    let mut out = title(look, about, &rest);
    out.push_str(&resources(look, plan, Detail::default()));
    out.push_str(&consequences(look, plan, about, Detail::default()));
    if !emptied.is_empty() {
        out.push_str(&format!("\n{}\n", look.paint(Label::Heading, "Emptied first, every version")));
    }
    for (bucket, holding) in emptied {
        let more = if holding.more { "more than " } else { "" };
        let objects = plural(usize::try_from(holding.versions).unwrap_or(usize::MAX), "object");
        out.push_str(&format!("  {} {bucket}  {more}{objects}, {}\n", look.symbol("✗", "x"), holding.bytes));
    }
    out.push_str(&format!("\n{}\n", look.paint(Label::Heading, &plan.summary)));
    out
}

fn head(look: &Look, plan: &Plan, about: &About) -> String {
    let against = words::baseline(&plan.baseline);
    let rest = format!(
        "({} / {})  stack {}, {}, template {}",
        about.account,
        about.region,
        plan.stack,
        printable(&against),
        plan.template.short()
    );
    let mut out = title(look, about, &rest);
    if let Some(text) = words::not_looked_at(&plan.baseline) {
        out.push_str(&format!("{}\n", look.paint(Label::Faint, text)));
    }
    for line in words::doubts(plan).iter().flat_map(|text| wrap(text, look.columns())) {
        out.push_str(&format!("{}\n", look.paint(Label::Warning, line)));
    }
    out
}

/// Which pipeline it is about, and where that is.
fn title(look: &Look, about: &About, rest: &str) -> String {
    let name = look.paint(Label::Heading, format_args!("{} in {}", about.pipeline, about.environment));
    let mut out = format!("{name} {}\n", look.paint(Label::Faint, rest));
    if about.embedded {
        out.push_str(&format!("{}\n", look.paint(Label::Warning, EMBEDDED_NOTICE)));
    }
    out
}

/// The resources by stage, in the order of their stages' names; what belongs to the whole pipeline comes last.
fn resources(look: &Look, plan: &Plan, detail: Detail) -> String {
    let widest = plan.resources.iter().map(|resource| columns(resource.logical_id.as_str())).max().unwrap_or(0);
    let mut out = String::new();
    for (stage, InStage { changed, same }) in by_stage(plan, detail) {
        out.push_str(&format!("\n  {}\n", look.paint(Label::Heading, stage)));
        for resource in changed {
            out.push_str(&resource_text(look, resource, widest, detail));
        }
        for unchanged in same {
            let line =
                format!("    = {}  {}", pad(unchanged.logical_id.as_str(), widest), printable(&unchanged.type_name));
            out.push_str(&format!("{}\n", look.paint(Label::Faint, line)));
        }
    }
    let told = detail.unchanged && !plan.unchanged.is_empty();
    if plan.summary.unchanged > 0 && !plan.resources.is_empty() && !told {
        out.push_str(&format!("\n  {}\n", look.paint(Label::Faint, words::unchanged(plan.summary.unchanged))));
    }
    out
}

fn resource_text(look: &Look, resource: &ResourcePlan, widest: usize, detail: Detail) -> String {
    let label = label(resource.action);
    let mut out = format!(
        "  {} {}  {}",
        look.paint(label, format_args!("{:>3}", symbol(look, resource.action))),
        look.paint(label, pad(resource.logical_id.as_str(), widest)),
        look.paint(Label::Faint, printable(&resource.type_name)),
    );
    let escapes = words::escapes(resource.origin.as_ref());
    if resource.action == Action::Create {
        if !escapes.is_empty() {
            out.push_str(&format!("  {}", look.paint(Label::Warning, printable(&escapes.join(", ")))));
        }
        out.push('\n');
        return out;
    }
    if resource.reasons.as_slice() == [Reason::StackDestroyed] {
        let (label, end) = match resource.removal {
            Some(Removal::Retained) => (Label::Warning, "stays, outside the stack"),
            Some(Removal::DeletedIfEmpty) => (Label::Warning, "deleted if it is empty"),
            Some(Removal::Deleted) | None => (Label::Plain, "deleted"),
        };
        out.push_str(&format!("  {}\n", look.paint(label, end)));
        return out;
    }
    out.push_str(&format!("  {}\n", look.paint(label, words::action(resource.action))));
    if detail.compact {
        return out;
    }
    let mut line = |label: Label, text: &str| {
        for (at, part) in wrap(text, look.columns().saturating_sub(10)).into_iter().enumerate() {
            let indent = if at == 0 { "      " } else { "        " };
            out.push_str(&format!("{indent}{}\n", look.paint(label, part)));
        }
    };
    if let Some(place) = words::place(resource.origin.as_ref()) {
        line(Label::Place, &place);
    }
    for escape in &escapes {
        line(Label::Warning, &printable(escape));
    }
    for reason in resource.reasons.iter().map(words::reason).filter(|reason| !reason.is_empty()) {
        line(label, &printable(&reason));
    }
    for remedy in &resource.remedies {
        line(Label::Plain, &printable(&format!("instead: {}", words::remedy(remedy))));
    }
    if let Some(removal) = resource.removal {
        line(Label::Plain, words::removal(removal));
    }
    out.push_str(&changes(look, &resource.changes));
    out
}

/// The changed properties, their names aligned.
pub(in crate::view) fn changes(look: &Look, changes: &[Change]) -> String {
    let names: Vec<String> = changes.iter().map(name).collect();
    let widest = names.iter().map(|name| columns(name)).max().unwrap_or(0);
    let mut out = String::new();
    for (change, name) in changes.iter().zip(&names) {
        let (symbol, label) = match change.kind {
            ChangeKind::Added => ("+", Label::Added),
            ChangeKind::Removed => ("-", Label::Removed),
            ChangeKind::Modified => ("~", Label::Changed),
        };
        let room = look.columns().saturating_sub(widest + 10);
        let cause = change.caused_by.as_ref().map(|id| format!("  (from {id})")).unwrap_or_default();
        out.push_str(&format!(
            "      {} {}  {}{}\n",
            look.paint(label, symbol),
            pad(name, widest),
            values(look, change, room),
            look.paint(Label::Faint, cause),
        ));
    }
    out
}

/// The path of a change, with the path inside where the property holds JSON text.
pub(in crate::view) fn name(change: &Change) -> String {
    let path = change.path.to_string();
    let name = match &change.inside {
        Some(inside) if !inside.is_root() => format!("{path}: {inside}"),
        Some(_) | None => path,
    };
    printable(&name).into_owned()
}

/// The value before, an arrow, the value after, cut to `room` columns.
pub(in crate::view) fn values(look: &Look, change: &Change, room: usize) -> String {
    if change.sensitive {
        return "(secret)".to_owned();
    }
    let after = match &change.after {
        Some(after) => words::value(after),
        None if change.known_after_apply => "(known after the deployment)".to_owned(),
        None => "(none)".to_owned(),
    };
    match change.kind {
        ChangeKind::Added => clip(look, &after, room.max(NARROWEST_VALUE)).into_owned(),
        ChangeKind::Removed => {
            let before = change.before.as_ref().map(words::value).unwrap_or_else(|| "(not known)".to_owned());
            clip(look, &before, room.max(NARROWEST_VALUE)).into_owned()
        }
        ChangeKind::Modified => {
            let before = change.before.as_ref().map(words::value).unwrap_or_else(|| "(not known)".to_owned());
            let both = room.saturating_sub(columns(look.arrow()) + 2).max(2 * NARROWEST_VALUE);
            // A short side leaves its room to the long one.
            let left = columns(&before).min(both.saturating_sub(columns(&after)).max(both / 2));
            let right = both.saturating_sub(left);
            format!("{} {} {}", clip(look, &before, left), look.arrow(), clip(look, &after, right))
        }
    }
}

/// What the changes mean for readers and data, what else changes, how the load meets what is planned, what it costs, and
/// how long it takes; what is risky first, and nothing else where it is to be compact.
fn consequences(look: &Look, plan: &Plan, about: &About, detail: Detail) -> String {
    let mut table = Table::new();
    risks(&mut table, plan, about, detail);
    if !detail.compact {
        rest(look, &mut table, plan, about);
    }
    let text = table.render(look, 0);
    if text.is_empty() { text } else { format!("\n{text}") }
}

fn row(table: &mut Table, label: Label, what: &str, name: &str, text: String) {
    table.row([Cell::new(label, what), Cell::plain(name), Cell::new(label, text)]);
}

fn risks(table: &mut Table, plan: &Plan, about: &About, detail: Detail) {
    for resource in plan.impossible() {
        let reason = resource.reasons.first().map(words::reason).unwrap_or_default();
        row(table, Label::Bad, "Cannot", resource.logical_id.as_str(), reason);
    }
    for risk in &plan.data {
        let label = if risk.removal == Removal::Deleted { Label::Bad } else { Label::Warning };
        row(table, label, "Data", risk.logical_id.as_str(), words::data(risk, plan.kind == PlanKind::Destroy));
    }
    let shown = plan.consumers.iter().filter(|effect| !detail.compact || words::is_risky(effect));
    let mut effects: Vec<_> = shown.collect();
    effects.sort_by_key(|effect| !words::is_risky(effect));
    for effect in effects {
        let label = if words::is_risky(effect) { Label::Bad } else { Label::Plain };
        let text = format!("{}: {}", words::verdict(effect.verdict), words::records(effect));
        row(table, label, "Reader", effect.logical_id.as_str(), text);
    }
    for effect in plan.effects.iter().filter(|effect| !detail.compact || effect.severity != Gravity::Info) {
        let label = if effect.severity == Gravity::Info { Label::Plain } else { Label::Warning };
        row(table, label, "Effect", effect.logical_id.as_str(), words::consequence(&effect.consequence));
    }
    for moved in &plan.moves {
        row(table, Label::Warning, "Moved", moved.to.as_str(), words::moved(moved));
    }
    for change in &plan.access {
        let both =
            change.gained.iter().map(|grant| ("gains ", grant)).chain(change.lost.iter().map(|it| ("loses ", it)));
        for (verb, grant) in both {
            let broad = verb == "gains " && grant.is_broad();
            if detail.compact && !broad {
                continue;
            }
            let label = if broad { Label::Warning } else { Label::Plain };
            let text = format!("{verb}{}", words::grant(&change.logical_id, grant));
            row(table, label, "Access", change.logical_id.as_str(), text);
        }
    }
    // What is lost says so itself, above.
    let told = |one: &&Permission| matches!(one, Permission::DataLoss { .. } | Permission::Alarm { .. });
    for permission in about.consent.iter().filter(|one| !told(one)) {
        let id = permission.logical_id().map_or("", LogicalId::as_str);
        row(table, Label::Warning, "Consent", id, format!("refused without {}", permission.flag()));
    }
}

fn rest(look: &Look, table: &mut Table, plan: &Plan, about: &About) {
    let new = plan.outputs.iter().filter(|output| output.before.is_none());
    let new: Vec<&str> = new.map(|output| output.name.as_str()).collect();
    if !new.is_empty() {
        row(table, Label::Plain, "Outputs", "new", new.join(" "));
    }
    for output in plan.outputs.iter().filter(|output| output.before.is_some()) {
        let [before, after] = [&output.before, &output.after].map(words::side);
        row(table, Label::Plain, "Output", output.name.as_str(), format!("{before} {} {after}", look.arrow()));
    }
    for tag in &plan.tags {
        let value = |value: &Option<String>| value.clone().unwrap_or_else(|| "(none)".to_owned());
        let text = match &tag.before {
            None => value(&tag.after),
            Some(before) => format!("{before} {} {}", look.arrow(), value(&tag.after)),
        };
        row(table, Label::Plain, "Tag", &tag.key, text);
    }
    for left in plan.never_made() {
        let text = words::escapes(Some(&left.origin)).pop().unwrap_or_default();
        row(table, Label::Warning, "Not made", left.logical_id.as_str(), text);
    }
    for line in outlook::lines(about) {
        row(table, line.label, line.what, &line.place, line.text);
    }
    if !plan.is_empty() {
        row(table, Label::Plain, "Time", "", words::time(plan.expected.typical, plan.expected.slow));
    }
    for (label, text) in words::guard(plan) {
        row(table, label, "Rollback", "", text);
    }
    for (label, text) in words::readers(plan) {
        row(table, label, "Readers", "", text);
    }
}

fn symbol(look: &Look, action: Action) -> &'static str {
    match (action, look.symbols) {
        (Action::Cannot, Symbols::Ascii) => "x",
        _ => action.symbol(),
    }
}

fn label(action: Action) -> Label {
    match action {
        Action::Create | Action::Import => Label::Added,
        Action::Update => Label::Changed,
        Action::Replace | Action::ReplaceDeletingFirst | Action::Delete | Action::Cannot => Label::Bad,
        Action::Undecided => Label::Warning,
    }
}

#[cfg(test)]
mod tests {
    use super::super::fixtures::{about, change_of_parallel, create, empty, risky};
    use super::*;

    #[test]
    fn one_changed_value_shows_exactly_one_changed_property() {
        let look = Look { symbols: Symbols::Unicode, ..Look::plain() };
        insta::assert_snapshot!(to_text(&look, &change_of_parallel(), &about(), Detail::default()));
    }

    #[test]
    fn what_is_risky_stands_first_among_the_consequences() {
        insta::assert_snapshot!(to_text(&Look::plain(), &risky(), &about(), Detail::default()));
    }

    #[test]
    fn compact_tells_resources_and_dangers_and_nothing_else() {
        let compact = Detail { compact: true, ..Detail::default() };
        insta::assert_snapshot!(to_text(&Look::plain(), &risky(), &about(), compact));
        let calm = to_text(&Look::plain(), &change_of_parallel(), &about(), compact);
        assert!(!calm.contains("4 -> 8") && !calm.contains("Reader"), "{calm}");
        assert!(calm.ends_with("Plan: 0 to add, 1 to change, 0 to replace, 0 to destroy.\n"), "{calm}");
    }

    #[test]
    fn what_stays_is_listed_in_its_stage_where_somebody_asks() {
        let unchanged = Detail { unchanged: true, ..Detail::default() };
        insta::assert_snapshot!(to_text(&Look::plain(), &change_of_parallel(), &about(), unchanged));
        let none = to_text(&Look::plain(), &empty(), &about(), unchanged);
        assert!(none.contains("No changes.") && none.contains("= LogGroup"), "{none}");
    }

    #[test]
    fn a_new_stack_is_a_list_without_properties() {
        insta::assert_snapshot!(to_text(&Look::plain(), &create(), &about(), Detail::default()));
    }

    #[test]
    fn no_changes_says_so_and_still_ends_with_the_stable_line() {
        let text = to_text(&Look::plain(), &empty(), &about(), Detail::default());
        assert!(text.contains("\nNo changes. fraud-detection-local is what the files describe.\n"), "{text}");
        assert!(text.ends_with("\nPlan: 0 to add, 0 to change, 0 to replace, 0 to destroy.\n"), "{text}");
    }

    #[test]
    fn the_last_line_is_plain_enough_to_search_for_in_every_plan() {
        for plan in [change_of_parallel(), risky(), create(), empty()] {
            let text = to_text(&Look::plain(), &plan, &about(), Detail::default());
            assert_eq!(text.lines().last().unwrap(), plan.summary.to_string());
        }
    }

    #[test]
    fn a_removal_is_a_list_that_tells_what_goes_from_what_stays() {
        let mut plan = risky();
        plan.kind = PlanKind::Destroy;
        for resource in &mut plan.resources {
            (resource.action, resource.reasons) = (Action::Delete, vec![Reason::StackDestroyed]);
            let table = resource.type_name == "AWS::DynamoDB::Table";
            resource.removal = Some(if table { Removal::Retained } else { Removal::Deleted });
        }
        let text = removal_to_text(&Look::plain(), &plan, &about(), &BTreeMap::new());
        assert!(text.contains("LOST") && !text.contains("--allow-data-loss"), "{text}");
        assert!(text.contains("    - ConsumerScoreMapping  AWS::Lambda::EventSourceMapping  deleted\n"), "{text}");
        assert!(
            text.contains("    - TableDecisions        AWS::DynamoDB::Table  stays, outside the stack\n"),
            "{text}"
        );
    }

    #[test]
    fn the_escape_hatch_shows_beside_whatever_it_touched() {
        use crate::diagnostic::FilePath;
        use crate::pipeline::Escape;
        let path = "cloudformation.patch.ConsumerScoreMapping".to_owned();
        let escapes = vec![
            Escape::Template { file: FilePath::new("templates/consumer.yaml.hbs") },
            Escape::Patch { spec_path: path, place: None },
        ];
        for (mut plan, at_line_end) in [(change_of_parallel(), false), (create(), true)] {
            let resource = plan.resources.iter_mut().find(|resource| resource.origin.is_some()).unwrap();
            resource.origin.as_mut().unwrap().escapes = escapes.clone();
            let text = to_text(&Look::plain(), &plan, &about(), Detail::default());
            let made = "made by templates/consumer.yaml.hbs instead of the built-in template";
            let patched = "patched by cloudformation.patch.ConsumerScoreMapping";
            let expected =
                if at_line_end { format!("  {made}, {patched}\n") } else { format!("      {made}\n      {patched}\n") };
            assert!(text.contains(&expected), "{text}");
            let markdown = super::super::to_markdown(&plan, &about(), Detail::default());
            assert!(
                markdown.contains("templates/consumer.yaml.hbs") && markdown.contains(&patched[11..30]),
                "{markdown}"
            );
        }
    }

    #[test]
    fn a_secret_value_is_never_shown() {
        let mut plan = change_of_parallel();
        for change in plan.resources.iter_mut().flat_map(|resource| &mut resource.changes) {
            change.sensitive = true;
        }
        let text = to_text(&Look::plain(), &plan, &about(), Detail::default());
        assert!(text.contains("(secret)") && !text.contains("4 -> 8"), "{text}");
    }
}
