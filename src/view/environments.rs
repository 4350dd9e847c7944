//! A pipeline in two environments: what is meant to differ by the line that makes it, what merely differs as a number.

use serde_json::{Value, json};

use super::TOOL_VERSION;
use super::plan::{MARKDOWN_LIMIT, change_name, change_values, changes, code, escape, fence};
use super::style::{Label, Look, Palette, Symbols};
use super::table::{Cell, Table};
use super::words::{json as to_value, plural, printable};
use crate::plan::{
    Change, ChangeKind, Deliberate, EnvironmentDiff, Presence, ResourceDifference, Setter, Setting, SettingKind, Side,
};

/// Returns the comparison; its last line is `Diff: N settings differ, N of them reach what is deployed; N values follow from name, account and region.`
#[must_use]
pub fn to_text(look: &Look, diff: &EnvironmentDiff) -> String {
    let heading = format!("{}: {} {} {}", diff.pipeline, diff.before.environment, look.arrow(), diff.after.environment);
    let mut out = format!("{}\n", look.paint(Label::Heading, heading));
    for side in [&diff.before, &diff.after] {
        out.push_str(&format!("{}\n", look.paint(Label::Faint, whereabouts(side))));
    }
    let (reaching, idle): (Vec<&Deliberate>, Vec<&Deliberate>) =
        diff.deliberate.iter().partition(|deliberate| deliberate.reaches_something());
    for deliberate in reaching {
        out.push('\n');
        out.push_str(&settings(look, &deliberate.settings));
        if !deliberate.stack.is_empty() {
            out.push_str(&format!("    {} the stack itself\n", look.paint(Label::Changed, "~")));
        }
        out.push_str(&changes(look, &deliberate.stack));
        for resource in &deliberate.resources {
            out.push_str(&resource_text(look, diff, resource));
        }
    }
    if !idle.is_empty() {
        out.push_str(&format!(
            "\n{}\n",
            look.paint(Label::Heading, "Set differently, without a difference in any resource")
        ));
        let all: Vec<Setting> = idle.into_iter().flat_map(|deliberate| deliberate.settings.clone()).collect();
        out.push_str(&settings(look, &all));
    }
    if diff.is_empty() {
        out.push_str(&format!("\n{}\n", look.paint(Label::Good, "Nothing is meant to differ.")));
    }
    if diff.derived.values > 0 {
        out.push_str(&format!(
            "\n{}\n",
            look.paint(Label::Faint, format!("{}; `--output json` lists them", follows(diff)))
        ));
    }
    out.push_str(&format!("\n{}\n", look.paint(Label::Heading, summary(diff))));
    out
}

/// `prod is eu-west-1 of 123456789012, production tier, stack orders-prod`.
fn whereabouts(side: &Side) -> String {
    format!("{}: {} / {}, tier {}, stack {}", side.environment, side.account, side.region, tier(side), side.stack)
}

fn tier(side: &Side) -> String {
    to_value(&side.tier).as_str().unwrap_or_default().to_owned()
}

/// How many values differ only because of where the environments are.
fn follows(diff: &EnvironmentDiff) -> String {
    let derived = &diff.derived;
    let values = plural(derived.values, "value");
    format!("{values} in {} merely follow from name, account and region", plural(derived.resources.len(), "resource"))
}

fn summary(diff: &EnvironmentDiff) -> String {
    let reaching = diff.deliberate.iter().filter(|deliberate| deliberate.reaches_something());
    let reaching: usize = reaching.map(|deliberate| deliberate.settings.len()).sum();
    let settings: usize = diff.deliberate.iter().map(|deliberate| deliberate.settings.len()).sum();
    let verb = if settings == 1 { "differs" } else { "differ" };
    format!(
        "Diff: {} {verb}, {reaching} of them reach what is deployed; {} from name, account and region.",
        plural(settings, "setting"),
        if diff.derived.values == 1 {
            "1 value follows".to_owned()
        } else {
            format!("{} values follow", diff.derived.values)
        }
    )
}

/// Each setting with its values, and below it where they stand.
fn settings(look: &Look, settings: &[Setting]) -> String {
    let mut out = String::new();
    for setting in settings {
        let values = format!("{} {} {}", value(setting, &setting.before), look.arrow(), value(setting, &setting.after));
        let path = look.paint(Label::Heading, printable(&setting.path));
        let mut table = Table::new();
        table.row([Cell::plain(values)]);
        let note = if setting.kind == SettingKind::Tier { "  (what follows are its defaults)" } else { "" };
        let joined = table.render(look, 4);
        out.push_str(&format!("  {path}{}\n{joined}", look.paint(Label::Faint, note)));
        if let Some(places) = places(look.arrow(), setting) {
            out.push_str(&format!("    {}\n", look.paint(Label::Place, places)));
        }
    }
    out
}

fn value(setting: &Setting, setter: &Setter) -> String {
    let unset = match setting.kind {
        SettingKind::Pipeline => "(default)",
        SettingKind::Tier | SettingKind::Environment => "(not set)",
    };
    setter.value.as_ref().map_or_else(|| unset.to_owned(), |value| printable(value).into_owned())
}

/// Where the values of a setting stand; one place where only one side sets it, or both do in one line.
fn places(arrow: &str, setting: &Setting) -> Option<String> {
    let [before, after] =
        [&setting.before, &setting.after].map(|setter| setter.place.as_ref().map(ToString::to_string));
    match (before, after) {
        (Some(before), Some(after)) if before != after => Some(format!("{before} {arrow} {after}")),
        (before, after) => after.or(before),
    }
}

fn resource_text(look: &Look, diff: &EnvironmentDiff, resource: &ResourceDifference) -> String {
    let (symbol, label) = sign(resource.presence);
    let only = only(diff, resource.presence).map(|text| format!("  {text}")).unwrap_or_default();
    let head = format!(
        "    {} {}  {}{}\n",
        look.paint(label, symbol),
        look.paint(label, &resource.logical_id),
        look.paint(Label::Faint, printable(&resource.type_name)),
        look.paint(label, only)
    );
    head + &changes(look, &resource.changes)
}

fn sign(presence: Presence) -> (&'static str, Label) {
    match presence {
        Presence::Both => ("~", Label::Changed),
        Presence::OnlyBefore => ("-", Label::Removed),
        Presence::OnlyAfter => ("+", Label::Added),
    }
}

fn only(diff: &EnvironmentDiff, presence: Presence) -> Option<String> {
    match presence {
        Presence::Both => None,
        Presence::OnlyBefore => Some(format!("only in {}", diff.before.environment)),
        Presence::OnlyAfter => Some(format!("only in {}", diff.after.environment)),
    }
}

/// Returns the comparison as JSON: the data with `tool_version`, and whether anything is meant to differ as `differs`. `derived` lists what text only counts.
#[must_use]
pub fn to_json(diff: &EnvironmentDiff) -> Value {
    let mut value = to_value(diff);
    if let Value::Object(fields) = &mut value {
        fields.insert("tool_version".to_owned(), json!(TOOL_VERSION));
        fields.insert("differs".to_owned(), json!(!diff.is_empty()));
    }
    value
}

/// The look of the details.
const LOOK: Look = Look { palette: Palette::Plain, symbols: Symbols::Unicode, width: 160 };
/// Characters kept free for the lines after the details.
const TAIL: usize = 1_000;

/// Returns the comparison as Markdown, at most as long as a comment may be: a table of the settings, each resource folded
/// below. What did not fit is counted.
#[must_use]
pub fn to_markdown(diff: &EnvironmentDiff) -> String {
    let (before, after) = (&diff.before, &diff.after);
    let mut out = format!("### {}: {} → {}\n\n", diff.pipeline, before.environment, after.environment);
    for side in [before, after] {
        out.push_str(&format!("{}<br>\n", escape(&whereabouts(side))));
    }
    let mut cut = 0;
    if diff.is_empty() {
        out.push_str("\nNothing is meant to differ.\n");
    } else {
        out.push_str(&format!(
            "\n| Setting | {} | {} | Resources | Line |\n|---|---|---|--:|---|\n",
            before.environment, after.environment
        ));
        for deliberate in &diff.deliberate {
            for setting in &deliberate.settings {
                let row = row(deliberate, setting);
                if out.chars().count() + row.chars().count() > MARKDOWN_LIMIT / 2 {
                    cut += 1;
                } else {
                    out.push_str(&row);
                }
            }
        }
        cut += details(&mut out, diff);
    }
    if cut > 0 {
        let text = plural(cut, "part");
        out.push_str(&format!("\n> [!WARNING]\n> **Cut:** {text} did not fit. `--output json` has everything.\n"));
    }
    out.push_str(&format!("\n{}\n\n`{}`\n", escape(&follows(diff)), summary(diff)));
    out
}

fn row(deliberate: &Deliberate, setting: &Setting) -> String {
    let tier = if setting.kind == SettingKind::Tier { " (its defaults)" } else { "" };
    format!(
        "| `{}`{tier} | `{}` | `{}` | {} | {} |\n",
        code(&setting.path),
        code(&value(setting, &setting.before)),
        code(&value(setting, &setting.after)),
        reach(deliberate),
        escape(&places("→", setting).unwrap_or_default())
    )
}

/// How many resources a setting reaches, the stack itself named.
fn reach(deliberate: &Deliberate) -> String {
    match (deliberate.resources.len(), deliberate.stack.is_empty()) {
        (count, true) => count.to_string(),
        (0, false) => "the stack".to_owned(),
        (count, false) => format!("{count}, the stack"),
    }
}

/// Writes the folded details, never splitting a setting; returns how many did not fit.
fn details(out: &mut String, diff: &EnvironmentDiff) -> usize {
    let mut room = MARKDOWN_LIMIT.saturating_sub(out.chars().count() + TAIL);
    let (mut body, mut cut) = (String::new(), 0);
    for deliberate in diff.deliberate.iter().filter(|deliberate| deliberate.reaches_something()) {
        let block = block(diff, deliberate);
        match room.checked_sub(block.chars().count()) {
            Some(left) => {
                room = left;
                body.push_str(&block);
            }
            None => cut += 1,
        }
    }
    let fence = fence(&body);
    out.push_str(&format!(
        "\n<details><summary>Every property</summary>\n\n{fence}diff\n{body}{fence}\n\n</details>\n"
    ));
    cut
}

fn block(diff: &EnvironmentDiff, deliberate: &Deliberate) -> String {
    let paths: Vec<&str> = deliberate.settings.iter().map(|setting| setting.path.as_str()).collect();
    let mut out = format!("@@ {} @@\n", printable(&paths.join(", ")));
    if !deliberate.stack.is_empty() {
        out.push_str("! the stack itself\n");
    }
    out.push_str(&lines(&deliberate.stack));
    for resource in &deliberate.resources {
        let (symbol, _) = sign(resource.presence);
        let symbol = if symbol == "~" { "!" } else { symbol };
        let only = only(diff, resource.presence).map(|text| format!(", {text}")).unwrap_or_default();
        out.push_str(&format!("{symbol} {} ({}){only}\n", resource.logical_id, printable(&resource.type_name)));
        out.push_str(&lines(&resource.changes));
    }
    out
}

fn lines(changes: &[Change]) -> String {
    let line = |change: &Change| {
        let sign = match change.kind {
            ChangeKind::Added => '+',
            ChangeKind::Removed => '-',
            ChangeKind::Modified => '!',
        };
        format!("{sign}     {}  {}\n", change_name(change), change_values(&LOOK, change, 400))
    };
    changes.iter().map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::{FilePath, Place, Span};
    use crate::environment::Tier;
    use crate::plan::Derived;
    use crate::template::Recreation;
    use crate::units::{AccountId, EnvironmentName, LogicalId, PipelineName, Region};
    use crate::view::plan::fixtures::change;

    fn side(name: &str, tier: Tier, account: &str) -> Side {
        Side {
            environment: EnvironmentName::new(name).unwrap(),
            tier,
            account: AccountId::new(account).unwrap(),
            region: Region::new("eu-west-1").unwrap(),
            stack: format!("orders-{name}"),
        }
    }

    fn setter(value: &str, file: &str, line: u32) -> Setter {
        let place = Place { file: FilePath::new(file), span: Span { start: 0, end: 1 }, line, column: 3 };
        Setter { value: Some(value.to_owned()), place: Some(place) }
    }

    fn resource(id: &str, type_name: &str, presence: Presence, changes: Vec<Change>) -> ResourceDifference {
        let logical_id = LogicalId::new(id).unwrap();
        ResourceDifference { logical_id, type_name: type_name.to_owned(), stage: None, presence, changes }
    }

    fn setting(path: &str, kind: SettingKind, before: Setter, after: Setter) -> Setting {
        Setting { path: path.to_owned(), kind, before, after }
    }

    fn two() -> EnvironmentDiff {
        let (staging, prod) = ("environments/staging.yaml", "environments/prod.yaml");
        let stream = resource(
            "StreamOrders",
            "AWS::Kinesis::Stream",
            Presence::Both,
            vec![change("ShardCount", json!(4), json!(24), Recreation::Never)],
        );
        let log = resource(
            "LogGroup",
            "AWS::Logs::LogGroup",
            Presence::Both,
            vec![change("RetentionInDays", json!(30), json!(90), Recreation::Never)],
        );
        let alarm = resource("AlarmBudget", "AWS::CloudWatch::Alarm", Presence::OnlyAfter, Vec::new());
        let deliberate = vec![
            Deliberate {
                settings: vec![setting(
                    "streams.orders.capacity",
                    SettingKind::Pipeline,
                    Setter::default(),
                    setter("{provisioned: {shards: 24}}", prod, 21),
                )],
                stack: Vec::new(),
                resources: vec![stream],
            },
            Deliberate {
                settings: vec![setting(
                    "tier",
                    SettingKind::Tier,
                    setter("staging", staging, 3),
                    setter("production", prod, 3),
                )],
                stack: vec![change("TerminationProtection", json!(false), json!(true), Recreation::Never)],
                resources: vec![alarm, log],
            },
            Deliberate {
                settings: vec![setting(
                    "gates",
                    SettingKind::Environment,
                    Setter::default(),
                    setter("{soak: 30m} | `x`", prod, 12),
                )],
                stack: Vec::new(),
                resources: Vec::new(),
            },
        ];
        let derived = Derived {
            values: 41,
            stack: Vec::new(),
            resources: vec![resource(
                "StreamOrders",
                "AWS::Kinesis::Stream",
                Presence::Both,
                vec![change("Name", json!("orders-staging"), json!("orders-prod"), Recreation::Never)],
            )],
        };
        EnvironmentDiff {
            format_version: crate::plan::FORMAT_VERSION,
            pipeline: PipelineName::new("orders").unwrap(),
            before: side("staging", Tier::Staging, "444455556666"),
            after: side("prod", Tier::Production, "123456789012"),
            deliberate,
            derived,
        }
    }

    fn alike() -> EnvironmentDiff {
        EnvironmentDiff { deliberate: Vec::new(), ..two() }
    }

    #[test]
    fn what_is_meant_stands_by_its_line_and_what_merely_differs_is_counted() {
        insta::assert_snapshot!(to_text(&Look::plain(), &two()));
        insta::assert_snapshot!(to_markdown(&two()));
    }

    #[test]
    fn where_nothing_is_meant_to_differ_it_says_so_in_every_form() {
        let text = to_text(&Look::plain(), &alike());
        assert!(text.contains("Nothing is meant to differ.") && text.contains("41 values"), "{text}");
        assert!(to_markdown(&alike()).contains("Nothing is meant to differ."));
        assert_eq!(to_json(&alike()).get("differs"), Some(&json!(false)));
    }

    #[test]
    fn json_holds_what_text_only_counts() {
        let json = to_json(&two());
        assert_eq!(json.pointer("/derived/resources/0/changes/0/before"), Some(&json!("orders-staging")));
        assert_eq!(json.pointer("/deliberate/1/settings/0/after/place/line"), Some(&json!(3)));
    }

    #[test]
    fn markdown_stays_under_the_limit_however_much_differs() {
        let mut diff = two();
        let one = diff.deliberate.first().cloned().unwrap();
        diff.deliberate = vec![one; 3_000];
        let text = to_markdown(&diff);
        assert!(text.chars().count() <= MARKDOWN_LIMIT && text.contains("**Cut:**"), "{}", text.chars().count());
    }
}
