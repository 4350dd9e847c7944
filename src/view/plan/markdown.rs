//! A plan as a pull-request comment: a hidden marker to find it again by, the verdict, warnings above everything,
//! a table, and the details folded.

use std::collections::BTreeMap;

use super::findings::dangers;
use super::{About, Detail, outlook, text, words};
use crate::diagnostic::Severity;
use crate::plan::{Action, Plan, ResourcePlan};
use crate::view::EMBEDDED_NOTICE;
use crate::view::style::{Label, Look, Palette, Symbols};
use crate::view::words::{plural, printable};

/// Most characters of a comment: code hosts refuse 65,536, and a link or a greeting must still fit.
pub const MARKDOWN_LIMIT: usize = 60_000;

/// Characters kept free for what is said of what did not fit.
const TAIL: usize = 700;

/// The look of the details.
const LOOK: Look = Look { palette: Palette::Plain, symbols: Symbols::Unicode, width: 160 };

/// Returns the comment, at most [`MARKDOWN_LIMIT`] characters. Where it would be longer, what stays unchanged goes first, then the
/// properties of what is least risky, then rows of the table, the least risky first. What did not fit is counted and said loudly.
#[must_use]
pub fn to_markdown(plan: &Plan, about: &About, detail: Detail) -> String {
    let marker = format!(
        "<!-- sluice:plan pipeline={} env={} region={} -->\n",
        marked(&about.pipeline),
        marked(&about.environment),
        marked(&about.region)
    );
    let room = MARKDOWN_LIMIT - marker.chars().count().min(MARKDOWN_LIMIT);
    format!("{marker}{}", within(plan, about, detail, room))
}

/// What was typed or read, as far as it can be names: nothing else gets into a marker.
pub(super) fn marked(typed: &str) -> String {
    typed
        .chars()
        .filter(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | ','))
        .take(MOST_NAMED)
        .collect::<String>()
        .replace("--", "-")
}

/// Characters of names in a marker.
const MOST_NAMED: usize = 500;

/// Text that knows how many characters it has, and may have.
struct Sheet {
    text: String,
    used: usize,
}

impl Sheet {
    fn write(&mut self, text: &str) {
        self.used += text.chars().count();
        self.text.push_str(text);
    }

    /// Writes a text that fits below a limit; says whether it did.
    fn fit(&mut self, text: &str, limit: usize) -> bool {
        let fits = self.used + text.chars().count() <= limit;
        if fits {
            self.write(text);
        }
        fits
    }
}

/// The comment without its marker, in at most `limit` characters where that leaves room for the head and the dangers.
pub(super) fn within(plan: &Plan, about: &About, detail: Detail, limit: usize) -> String {
    let mut out = Sheet { text: String::new(), used: 0 };
    out.write(&head(plan, about));
    let (warnings, mut hidden) = warnings(plan, about, limit / 2);
    out.write(&warnings);
    let mut shown: Vec<&ResourcePlan> = plan.resources.iter().collect();
    shown.sort_by_key(|resource| rank(resource.action));
    // The table gets at most half of the comment, so that the riskiest resources have their details too.
    let mut cut = table(&mut out, &shown, limit / 2);
    out.write(&access(plan, limit / 6));
    out.write(&notes(plan, about));
    let next = next(plan, about, limit / 4);
    let room = limit.saturating_sub(TAIL + next.chars().count());
    if !detail.compact {
        cut = cut.max(details(&mut out, &shown, room));
    }
    if detail.unchanged && !out.fit(&unchanged(plan), room) {
        hidden.push(format!("the list of {}", plural(plan.unchanged.len(), "unchanged resource")));
    }
    if cut > 0 {
        hidden.push(format!("{} in full", plural(cut, "resource")));
    }
    if !hidden.is_empty() {
        out.write(&format!(
            "\n> [!WARNING]\n> **Cut:** {} did not fit into this comment. `sluice plan {} --env {} --output json` has everything.\n",
            hidden.join(" and "),
            code(&about.pipeline),
            code(&about.environment)
        ));
    }
    out.write(&next);
    out.text
}

/// What to type next, by which template, and the counts once more for whoever searches for them.
fn next(plan: &Plan, about: &About, limit: usize) -> String {
    let told = words::next(plan, about).into_iter().map(|step| match step.command {
        Some(command) if command.chars().count() <= limit => format!("{}: `{}`", step.when, code(&command)),
        Some(_) => format!(
            "{}: `sluice deploy`, and a consent by name for each of {}",
            step.when,
            plural(about.consent.len(), "danger")
        ),
        None => step.when.to_owned(),
    });
    let told: Vec<String> = told.chain([format!("template `{}`", plan.template.short())]).collect();
    format!("\n{}\n\n`{}`\n", told.join(" · "), plan.summary)
}

/// What stays as it is, folded.
fn unchanged(plan: &Plan) -> String {
    if plan.unchanged.is_empty() {
        return String::new();
    }
    let mut out = format!("\n<details><summary>{}</summary>\n\n", plural(plan.unchanged.len(), "unchanged resource"));
    for same in &plan.unchanged {
        let stage = escape(&words::stage_name(same.stage.as_ref()));
        out.push_str(&format!("- `{}` {} · {stage}\n", same.logical_id, escape(&same.type_name)));
    }
    out.push_str("\n</details>\n");
    out
}

fn head(plan: &Plan, about: &About) -> String {
    let summary = plan.summary.to_string();
    let verdict = if plan.is_empty() {
        "no changes".to_owned()
    } else {
        summary.trim_start_matches("Plan: ").trim_end_matches('.').to_owned()
    };
    let symbol = if is_alarming(plan, about) { "⚠️ " } else { "" };
    let mut out = format!(
        "### {symbol}{} · {}: {verdict}\n\n{} / {} · stack `{}`",
        escape(&about.pipeline),
        escape(&about.environment),
        escape(&about.account),
        escape(&about.region),
        code(&plan.stack)
    );
    if let Some(text) = words::not_looked_at(&plan.baseline) {
        out.push_str(&format!(", {}  \n{text}", escape(&words::baseline(&plan.baseline))));
    }
    out.push('\n');
    for text in words::doubts(plan) {
        out.push_str(&format!("\n> [!WARNING]\n> {}\n", escape(&text).replace("\\`", "`")));
    }
    if about.embedded {
        out.push_str(&format!("\n*{EMBEDDED_NOTICE}*\n"));
    }
    out
}

pub(super) fn is_alarming(plan: &Plan, about: &About) -> bool {
    !dangers(plan, about).is_empty() || plan.resources.iter().any(|resource| resource.action.replaces())
}

/// The caution block, what it leaves out where there is more than fits: what cannot work, what is lost, which readers lose
/// their place.
fn warnings(plan: &Plan, about: &About, limit: usize) -> (String, Vec<String>) {
    let found = dangers(plan, about);
    if found.is_empty() && about.consent.is_empty() {
        return (String::new(), Vec::new());
    }
    let severe = found.iter().any(|danger| danger.severity == Severity::Error);
    let kind = if severe { "CAUTION" } else { "WARNING" };
    let mut out = Sheet { text: String::new(), used: 0 };
    out.write(&format!("\n> [!{kind}]\n"));
    let mut cut = 0;
    for danger in &found {
        let about = danger.logical_id.map(|id| format!("`{id}` ")).unwrap_or_default();
        let mut lines = format!("> - {about}{}\n", escape(&danger.text));
        for instead in &danger.instead {
            lines.push_str(&format!("> - instead: {}\n", escape(instead)));
        }
        if !out.fit(&lines, limit) {
            cut += 1;
        }
    }
    if cut > 0 {
        out.write(&format!("> - and {} more\n", plural(cut, "danger")));
    }
    let flags = words::flags(&about.consent);
    if !flags.is_empty()
        && !out.fit(
            &format!("> - not deployed to {} without `{}`\n", escape(&about.environment), flags.trim_start()),
            limit,
        )
    {
        out.write(&format!(
            "> - not deployed to {} without {} by name\n",
            escape(&about.environment),
            plural(about.consent.len(), "consent")
        ));
    }
    (out.text, (cut > 0).then(|| plural(cut, "danger")).into_iter().collect())
}

/// Writes the table of what is not simply new; returns how many resources did not fit.
fn table(out: &mut Sheet, resources: &[&ResourcePlan], limit: usize) -> usize {
    let mut resources = resources.iter().filter(|resource| resource.action != Action::Create).peekable();
    if resources.peek().is_none() {
        return 0;
    }
    out.write("\n| | Resource | Type | Action | Why | Line |\n|---|---|---|---|---|---|\n");
    let mut cut = 0;
    for resource in resources {
        if cut > 0 || !out.fit(&row(resource), limit) {
            cut += 1;
        }
    }
    cut
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
    parts.extend(words::guard(plan).into_iter().map(|(_, text)| format!("**Rollback** {}", escape(&text))));
    parts.extend(words::readers(plan).into_iter().map(|(_, text)| format!("**Readers** {}", escape(&text))));
    if plan.summary.unchanged > 0 {
        parts.push(format!("**Unchanged** {}", plan.summary.unchanged));
    }
    if parts.is_empty() { String::new() } else { format!("\n{}\n", parts.join("<br>\n")) }
}

/// Writes the folded details, never splitting a resource; returns how many did not fit.
fn details(out: &mut Sheet, resources: &[&ResourcePlan], limit: usize) -> usize {
    if resources.is_empty() {
        return 0;
    }
    let mut body = Sheet { text: String::new(), used: out.used };
    let mut cut = 0;
    for resource in resources {
        if cut > 0 || !body.fit(&block(resource), limit) {
            cut += 1;
        }
    }
    let (body, fence) = (body.text.as_str(), fence(&body.text));
    if !body.is_empty() {
        out.write(&format!(
            "\n<details><summary>Every property</summary>\n\n{fence}diff\n{body}{fence}\n\n</details>\n"
        ));
    }
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

/// The worse an action, the lower.
pub(super) fn rank(action: Action) -> u8 {
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
    use crate::plan::Permission;

    #[test]
    fn a_risky_plan_warns_above_everything() {
        insta::assert_snapshot!(to_markdown(&risky(), &about(), Detail::default()));
    }

    #[test]
    fn a_calm_plan_has_no_warning() {
        let text = to_markdown(&change_of_parallel(), &about(), Detail::default());
        assert!(!text.contains("> [!"), "{text}");
        assert!(
            text.starts_with("<!-- sluice:plan pipeline=fraud-detection env=local region=eu-west-1 -->\n"),
            "{text}"
        );
        assert!(to_markdown(&empty(), &about(), Detail::default()).contains("fraud-detection · local: no changes"));
    }

    #[test]
    fn a_huge_plan_stays_under_the_limit_and_says_what_was_cut() {
        let mut plan = create();
        let one = plan.resources.first().cloned().unwrap();
        plan.resources = vec![one; 4_000];
        let text = to_markdown(&plan, &about(), Detail::default());
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
        let text = to_markdown(&plan, &about(), Detail::default());
        assert!(text.contains("````diff\n"), "{text}");
        assert!(!text.contains("\n</details>|"), "{text}");
        let table: Vec<&str> = text.lines().filter(|line| line.starts_with('|')).collect();
        assert!(table.iter().all(|row| !row.contains("@everyone") && !row.contains("<b>")), "{table:?}");
    }

    #[test]
    fn whoever_wrote_the_names_of_a_shown_plan_gets_nothing_past_the_marker_or_the_head() {
        let mut about = about();
        for name in [&mut about.pipeline, &mut about.environment, &mut about.account, &mut about.region] {
            *name = "--> <script>alert(1)</script> @all `x` \u{202e}".to_owned();
        }
        let mut plan = change_of_parallel();
        plan.stack = "`<b>`".to_owned();
        let text = to_markdown(&plan, &about, Detail::default());
        assert!(text.starts_with("<!-- sluice:plan pipeline=-scriptalert1scriptallx env="), "{text}");
        assert!(!text.contains('\u{202e}'), "{text}");
        // What is to be typed stands in backquotes, which nothing leaves; reading a plan refuses such names.
        let (told, typed) = text.split_once("\nAfter merge: `").unwrap();
        assert!(!told.contains("<script") && !told.contains("@all"), "{text}");
        assert_eq!(told.matches("-->").count(), 1 + told.matches("<!-- -->").count(), "{text}");
        assert_eq!(typed.lines().next().map(|line| line.matches('`').count()), Some(3), "{typed}");
    }

    #[test]
    fn what_stays_goes_first_where_there_is_no_room_and_then_what_is_least_risky() {
        let all = Detail { unchanged: true, ..Detail::default() };
        let small = to_markdown(&risky(), &about(), all);
        assert!(small.contains("<summary>3 unchanged resources</summary>") && !small.contains("**Cut:**"), "{small}");
        let mut plan = risky();
        let same = plan.unchanged.first().cloned().unwrap();
        plan.unchanged = vec![same; 2_000];
        let text = to_markdown(&plan, &about(), all);
        assert!(text.contains("**Cut:** the list of 2000 unchanged resources did not fit"), "{text}");
        assert!(text.contains("<summary>Every property</summary>"), "{text}");
        let new = create().resources.first().cloned().unwrap();
        plan.resources.extend(vec![new; 2_000]);
        let text = to_markdown(&plan, &about(), all);
        assert!(text.chars().count() <= MARKDOWN_LIMIT && text.contains(" resources in full did not fit"), "{text}");
        assert!(text.contains("! ✗ StreamTransactions") && text.contains("- - TableDecisions"), "{text}");
    }

    #[test]
    fn compact_folds_no_properties() {
        let text = to_markdown(&risky(), &about(), Detail { compact: true, ..Detail::default() });
        assert!(text.contains("[!CAUTION]") && !text.contains("<details>"), "{text}");
    }

    #[test]
    fn the_next_command_names_what_would_be_lost_and_is_missing_where_nothing_can_be_deployed() {
        assert!(to_markdown(&risky(), &about(), Detail::default()).contains("nothing of this can be deployed"));
        let mut plan = risky();
        plan.resources.retain(|resource| resource.action != Action::Cannot);
        let lost = plan.data.iter().map(|risk| Permission::DataLoss { logical_id: risk.logical_id.clone() });
        let about = About { consent: lost.collect(), ..about() };
        let text = to_markdown(&plan, &about, Detail::default());
        let command = "`sluice deploy fraud-detection --env local --allow-data-loss TableDecisions`";
        assert!(text.contains(&format!("After merge: {command}")), "{text}");
    }
}
