//! A plan as a pull-request comment: a hidden marker to find it again by, the verdict, warnings above everything,
//! a table, and the details folded.

use std::collections::BTreeMap;

use super::{About, outlook, text, words};
use crate::plan::{Action, Gravity, Plan, PlanKind, Removal, ResourcePlan};
use crate::view::EMBEDDED_NOTICE;
use crate::view::style::{Label, Look, Palette, Symbols};
use crate::view::words::{plural, printable};

/// Most characters of a comment: code hosts refuse 65,536, and a link or a greeting must still fit.
pub const MARKDOWN_LIMIT: usize = 60_000;

/// Characters kept free for the lines after the details.
const TAIL: usize = 1_500;

/// The look of the details.
const LOOK: Look = Look { palette: Palette::Plain, symbols: Symbols::Unicode, width: 160 };

/// Returns the comment, at most [`MARKDOWN_LIMIT`] characters. What did not fit is counted and said loudly.
#[must_use]
pub fn to_markdown(plan: &Plan, about: &About) -> String {
    let marker =
        format!("<!-- sluice:plan pipeline={} env={} region={} -->\n", about.pipeline, about.environment, about.region);
    let room = MARKDOWN_LIMIT - marker.chars().count().min(MARKDOWN_LIMIT);
    format!("{marker}{}", within(plan, about, room))
}

/// The comment without its marker, in at most `limit` characters where that leaves room for the head and the dangers.
pub(super) fn within(plan: &Plan, about: &About, limit: usize) -> String {
    let mut out = head(plan, about);
    out.push_str(&warnings(plan, about));
    let mut shown: Vec<&ResourcePlan> = plan.resources.iter().collect();
    shown.sort_by_key(|resource| rank(resource.action));
    let mut cut = table(&mut out, &shown, limit / 2);
    out.push_str(&access(plan, limit / 6));
    out.push_str(&notes(plan, about));
    cut = cut.max(details(&mut out, &shown, limit.saturating_sub(TAIL)));
    if cut > 0 {
        let text = plural(cut, "resource");
        out.push_str(&format!(
            "\n> [!WARNING]\n> **Cut:** {text} did not fit into this comment in full. `sluice plan {} --env {} --output json` has everything.\n",
            about.pipeline, about.environment
        ));
    }
    out.push_str(&format!(
        "\nAfter merge: `sluice deploy {} --env {}{}` · template `{}`\n\n`{}`\n",
        about.pipeline,
        about.environment,
        words::flags(&about.consent),
        plan.template.short(),
        plan.summary
    ));
    out
}

fn head(plan: &Plan, about: &About) -> String {
    let summary = plan.summary.to_string();
    let verdict = if plan.is_empty() {
        "no changes".to_owned()
    } else {
        summary.trim_start_matches("Plan: ").trim_end_matches('.').to_owned()
    };
    let symbol = if is_alarming(plan) { "⚠️ " } else { "" };
    let mut out = format!(
        "### {symbol}{} · {}: {verdict}\n\n{} / {} · stack `{}`",
        about.pipeline, about.environment, about.account, about.region, plan.stack
    );
    if let Some(text) = words::not_looked_at(&plan.baseline) {
        out.push_str(&format!(", {}  \n{text}", escape(&words::baseline(&plan.baseline))));
    }
    out.push('\n');
    if let Some(text) = words::not_asked(plan) {
        out.push_str(&format!("\n> [!WARNING]\n> {}\n", escape(&text).replace("\\`", "`")));
    }
    if about.embedded {
        out.push_str(&format!("\n*{EMBEDDED_NOTICE}*\n"));
    }
    out
}

pub(super) fn is_alarming(plan: &Plan) -> bool {
    plan.impossible().next().is_some()
        || !plan.data.is_empty()
        || plan.consumers.iter().any(words::is_risky)
        || plan.resources.iter().any(|resource| resource.action.replaces())
}

/// The caution block: what cannot work, what is lost, which readers lose their place.
fn warnings(plan: &Plan, about: &About) -> String {
    let mut lines = Vec::new();
    for resource in plan.impossible() {
        let reason = resource.reasons.first().map(words::reason).unwrap_or_default();
        lines.push(format!("`{}` cannot be changed: {}", resource.logical_id, escape(&reason)));
        lines.extend(resource.remedies.iter().map(|remedy| format!("instead: {}", escape(&words::remedy(remedy)))));
    }
    for risk in &plan.data {
        lines.push(format!("`{}` {}", risk.logical_id, escape(&words::data(risk, plan.kind == PlanKind::Destroy))));
    }
    for effect in plan.consumers.iter().filter(|effect| words::is_risky(effect)) {
        let text = format!("{}: {}", words::verdict(effect.verdict), words::records(effect));
        lines.push(format!("`{}` {}", effect.logical_id, escape(&text)));
    }
    for effect in plan.effects.iter().filter(|effect| effect.severity != Gravity::Info) {
        lines.push(format!("`{}` {}", effect.logical_id, escape(&words::consequence(&effect.consequence))));
    }
    if !about.consent.is_empty() {
        lines.push(format!(
            "not deployed to {} without `{}`",
            about.environment,
            words::flags(&about.consent).trim_start()
        ));
    }
    if lines.is_empty() {
        return String::new();
    }
    let severe = plan.impossible().next().is_some()
        || plan.data.iter().any(|risk| risk.removal == Removal::Deleted)
        || plan.consumers.iter().any(words::is_risky);
    let kind = if severe { "CAUTION" } else { "WARNING" };
    let quoted: Vec<String> = lines.iter().map(|line| format!("> - {line}\n")).collect();
    format!("\n> [!{kind}]\n{}", quoted.concat())
}

/// Writes the table of what is not simply new; returns how many resources did not fit.
fn table(out: &mut String, resources: &[&ResourcePlan], limit: usize) -> usize {
    let resources: Vec<&&ResourcePlan> =
        resources.iter().filter(|resource| resource.action != Action::Create).collect();
    if resources.is_empty() {
        return 0;
    }
    out.push_str("\n| | Resource | Type | Action | Why | Line |\n|---|---|---|---|---|---|\n");
    for (at, resource) in resources.iter().enumerate() {
        let row = row(resource);
        // The table gets at most half of the comment, so that the riskiest resources have their details too.
        if out.chars().count() + row.chars().count() > limit {
            return resources.len() - at;
        }
        out.push_str(&row);
    }
    0
}

fn row(resource: &ResourcePlan) -> String {
    let why: Vec<String> = match resource.action {
        Action::Create | Action::Update | Action::Undecided | Action::Import => resource
            .changes
            .iter()
            .take(3)
            .map(|change| format!("`{}` {}", code(&text::name(change)), escape(&text::values(&LOOK, change, 60))))
            .chain((resource.changes.len() > 3).then(|| format!("and {} more", resource.changes.len() - 3)))
            .collect(),
        Action::Replace | Action::ReplaceDeletingFirst | Action::Delete | Action::Cannot => resource
            .reasons
            .iter()
            .map(words::reason)
            .filter(|reason| !reason.is_empty())
            .map(|reason| escape(&reason))
            .collect(),
    };
    let escapes = words::escapes(resource.origin.as_ref());
    let place = words::place(resource.origin.as_ref()).into_iter().chain(escapes);
    let place = place.map(|text| escape(&text)).collect::<Vec<_>>().join("<br>");
    let action = words::action(resource.action).split([':', ',']).next().unwrap_or_default().to_lowercase();
    format!(
        "| {} | `{}` | {} | {action} | {} | {} |\n",
        resource.action.symbol(),
        resource.logical_id,
        escape(resource.type_name.trim_start_matches("AWS::")),
        why.join("<br>"),
        place
    )
}

/// What somebody may do from now on, or no longer; at most so many characters, and how many lines were left out.
fn access(plan: &Plan, limit: usize) -> String {
    let lines = plan.access.iter().flat_map(|change| {
        let gained = change.gained.iter().map(|grant| ("gains", grant));
        gained.chain(change.lost.iter().map(|grant| ("loses", grant))).map(|(verb, grant)| {
            let mark = if verb == "gains" && grant.is_broad() { "⚠️ " } else { "" };
            format!("- {mark}`{}` {verb} {}\n", change.logical_id, escape(&words::grant(&change.logical_id, grant)))
        })
    });
    let (mut out, mut used, mut cut) = (String::new(), 0, 0);
    for line in lines {
        let length = line.chars().count();
        if cut > 0 || used + length > limit {
            cut += 1;
        } else {
            used += length;
            out.push_str(&line);
        }
    }
    if cut > 0 {
        out.push_str(&format!("- **Cut:** {} more; `--output json` has all of them\n", plural(cut, "statement")));
    }
    if out.is_empty() { out } else { format!("\n**Access**\n\n{out}") }
}

/// What is new, readers that go on, outputs, tags, the outlook and time, each on a line.
fn notes(plan: &Plan, about: &About) -> String {
    let mut parts = Vec::new();
    let mut new: BTreeMap<String, usize> = BTreeMap::new();
    for resource in plan.resources.iter().filter(|resource| resource.action == Action::Create) {
        *new.entry(words::stage(resource.origin.as_ref())).or_default() += 1;
    }
    if !new.is_empty() {
        let list: Vec<String> =
            new.iter().map(|(stage, count)| format!("{}: {}", escape(stage), plural(*count, "resource"))).collect();
        parts.push(format!("**New** {}", list.join(", ")));
    }
    let escaped = plan.resources.iter().filter(|resource| resource.action == Action::Create);
    let escaped: Vec<String> = escaped
        .flat_map(|resource| {
            let told = words::escapes(resource.origin.as_ref()).into_iter();
            told.map(|text| format!("`{}` {}", resource.logical_id, escape(&text)))
        })
        .chain(plan.never_made().filter_map(|left| {
            let text = words::escapes(Some(&left.origin)).pop()?;
            Some(format!("`{}` {}", left.logical_id, escape(&text)))
        }))
        .collect();
    if !escaped.is_empty() {
        parts.push(format!("**Escape hatch** {}", escaped.join(", ")));
    }
    let calm: Vec<_> = plan.consumers.iter().filter(|effect| !words::is_risky(effect)).collect();
    if !calm.is_empty() {
        let list: Vec<String> =
            calm.iter().map(|effect| format!("`{}` {}", effect.logical_id, words::verdict(effect.verdict))).collect();
        parts.push(format!("**Readers** {}", list.join(", ")));
    }
    for moved in &plan.moves {
        parts.push(format!("**Moved** `{}` {}", moved.to, escape(&words::moved(moved))));
    }
    if !plan.outputs.is_empty() {
        let list: Vec<String> = plan.outputs.iter().map(|output| format!("`{}`", output.name)).collect();
        parts.push(format!("**Outputs** {}", list.join(", ")));
    }
    if !plan.tags.is_empty() {
        let list: Vec<String> = plan.tags.iter().map(|tag| format!("`{}`", code(&tag.key))).collect();
        parts.push(format!("**Tags** {}", list.join(", ")));
    }
    parts.extend(outlook::lines(about).into_iter().map(|line| {
        let mark = if line.label == Label::Bad { "⚠️ " } else { "" };
        let text = [line.place, line.text].into_iter().filter(|text| !text.is_empty());
        // The words are ours, with commands in backquotes.
        let text = text.map(|text| escape(&text).replace("\\`", "`"));
        format!("**{}** {mark}{}", line.what, text.collect::<Vec<_>>().join(": "))
    }));
    if !plan.is_empty() {
        parts.push(format!("**Time** {}", words::time(plan.expected.typical, plan.expected.slow)));
    }
    if plan.summary.unchanged > 0 {
        parts.push(format!("**Unchanged** {}", plan.summary.unchanged));
    }
    if parts.is_empty() { String::new() } else { format!("\n{}\n", parts.join("<br>\n")) }
}

/// Writes the folded details, never splitting a resource; returns how many did not fit.
fn details(out: &mut String, resources: &[&ResourcePlan], limit: usize) -> usize {
    if resources.is_empty() {
        return 0;
    }
    let room = limit.saturating_sub(out.chars().count());
    let mut body = String::new();
    let mut used = 0;
    let mut cut = 0;
    for resource in resources {
        let block = block(resource);
        let length = block.chars().count();
        if cut > 0 || used + length > room {
            cut += 1;
        } else {
            used += length;
            body.push_str(&block);
        }
    }
    let fence = fence(&body);
    out.push_str(&format!(
        "\n<details><summary>Every property</summary>\n\n{fence}diff\n{body}{fence}\n\n</details>\n"
    ));
    cut
}

/// One resource for a `diff` fence, which colours lines by their first character.
fn block(resource: &ResourcePlan) -> String {
    let sign = match resource.action {
        Action::Create | Action::Import => '+',
        Action::Delete => '-',
        Action::Update | Action::Replace | Action::ReplaceDeletingFirst | Action::Undecided | Action::Cannot => '!',
    };
    let mut out =
        format!("{sign} {} {} ({})\n", resource.action.symbol(), resource.logical_id, printable(&resource.type_name));
    for change in &resource.changes {
        let sign = match change.kind {
            crate::plan::ChangeKind::Added => '+',
            crate::plan::ChangeKind::Removed => '-',
            crate::plan::ChangeKind::Modified => '!',
        };
        out.push_str(&format!("{sign}     {}  {}\n", text::name(change), text::values(&LOOK, change, 400)));
    }
    out
}

/// A fence that nothing in `body` can close.
pub(in crate::view) fn fence(body: &str) -> String {
    let longest = body.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    "`".repeat(longest.max(2) + 1)
}

fn rank(action: Action) -> u8 {
    match action {
        Action::Cannot => 0,
        Action::ReplaceDeletingFirst | Action::Replace => 1,
        Action::Delete => 2,
        Action::Undecided => 3,
        Action::Update => 4,
        Action::Import => 5,
        Action::Create => 6,
    }
}

/// Text that Markdown, HTML, tables and mentions leave alone.
pub(in crate::view) fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in printable(text).chars() {
        match c {
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            // An empty comment after the sign keeps a mention from reaching anybody.
            '@' => out.push_str("@<!-- -->"),
            '|' | '`' | '*' | '_' | '[' | ']' | '\\' | '#' | '~' => {
                out.push('\\');
                out.push(c);
            }
            _ => out.push(c),
        }
    }
    out
}

/// Text for inside backquotes in a table.
pub(in crate::view) fn code(text: &str) -> String {
    printable(text).replace('`', "'").replace('|', "\\|")
}

#[cfg(test)]
mod tests {
    use super::super::fixtures::{about, change_of_parallel, create, empty, risky};
    use super::*;

    #[test]
    fn a_risky_plan_warns_above_everything() {
        insta::assert_snapshot!(to_markdown(&risky(), &about()));
    }

    #[test]
    fn a_calm_plan_has_no_warning() {
        let text = to_markdown(&change_of_parallel(), &about());
        assert!(!text.contains("> [!"), "{text}");
        assert!(
            text.starts_with("<!-- sluice:plan pipeline=fraud-detection env=local region=eu-west-1 -->\n"),
            "{text}"
        );
        assert!(to_markdown(&empty(), &about()).contains("fraud-detection · local: no changes"));
    }

    #[test]
    fn a_huge_plan_stays_under_the_limit_and_says_what_was_cut() {
        let mut plan = create();
        let one = plan.resources.first().cloned().unwrap();
        plan.resources = vec![one; 4_000];
        let text = to_markdown(&plan, &about());
        assert!(text.chars().count() <= MARKDOWN_LIMIT, "{}", text.chars().count());
        assert!(text.contains("**Cut:**"), "{text}");
        assert_eq!(text.matches("<details>").count(), text.matches("</details>").count());
        assert_eq!(text.matches("```").count() % 2, 0);
    }

    #[test]
    fn no_value_breaks_out_of_the_comment() {
        let mut plan = change_of_parallel();
        for change in plan.resources.iter_mut().flat_map(|resource| &mut resource.changes) {
            change.after = Some("```\n</details>|@everyone <b>".into());
        }
        let text = to_markdown(&plan, &about());
        assert!(text.contains("````diff\n"), "{text}");
        assert!(!text.contains("\n</details>|"), "{text}");
        let table: Vec<&str> = text.lines().filter(|line| line.starts_with('|')).collect();
        assert!(table.iter().all(|row| !row.contains("@everyone") && !row.contains("<b>")), "{table:?}");
    }
}
