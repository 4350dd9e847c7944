//! What a page says besides resources: dangers, readers, the outlook, outputs and tags, and what to type next.

use super::super::{About, findings, outlook as lines, words};
use super::{Level, class, prose};
use crate::diagnostic::Severity;
use crate::plan::{Gravity, Plan};
use crate::view::words::markup;

/// What is dangerous, above everything else.
pub(super) fn dangers(plan: &Plan, about: &About, level: Level<'_>) -> String {
    let found = findings::dangers(plan, about);
    if found.is_empty() && about.consent.is_empty() {
        return String::new();
    }
    let mut out = format!("<section class=\"dangers\">\n{}<ul>\n", level.heading(1, "", "Look at this first"));
    for danger in found {
        let class = if danger.severity == Severity::Error { "bad" } else { "warning" };
        out.push_str(&format!(
            "<li class=\"{class}\"><span class=\"code\">{}</span> {}{}",
            danger.code,
            danger.logical_id.map(|id| format!("<b>{id}</b> ")).unwrap_or_default(),
            markup(&danger.text)
        ));
        if !danger.instead.is_empty() {
            let each = danger.instead.iter().map(|text| format!("<li>{}</li>", markup(text)));
            out.push_str(&format!("<p class=\"instead\">What works instead:</p><ul>{}</ul>", each.collect::<String>()));
        }
        out.push_str("</li>\n");
    }
    out.push_str("</ul>\n");
    if !about.consent.is_empty() {
        let flags: String = about.consent.iter().map(|one| format!("<li><code>{}</code></li>", one.flag())).collect();
        let environment = markup(&about.environment);
        out.push_str(&format!("<p>Not deployed to {environment} without a consent by name:</p><ul>{flags}</ul>\n"));
    }
    out.push_str("</section>\n");
    out
}

/// What happens to each reader.
pub(super) fn readers(plan: &Plan, level: Level<'_>) -> String {
    if plan.consumers.is_empty() {
        return String::new();
    }
    let mut out = section(level, "Readers", &["Reader", "Its position", "Its records"]);
    let mut effects: Vec<_> = plan.consumers.iter().collect();
    effects.sort_by_key(|effect| !words::is_risky(effect));
    for effect in effects {
        let class = if words::is_risky(effect) { "bad" } else { "plain" };
        out.push_str(&format!(
            "<tr><th scope=\"row\"><code>{}</code></th><td class=\"{class}\">{}</td><td>{}</td></tr>\n",
            effect.logical_id,
            words::verdict(effect.verdict),
            markup(&words::records(effect))
        ));
    }
    out.push_str(END);
    out
}

/// What else the changes bring with them that is no danger.
pub(super) fn effects(plan: &Plan, level: Level<'_>) -> String {
    let calm = plan.effects.iter().filter(|effect| effect.severity == Gravity::Info);
    let calm = calm.map(|effect| (&effect.logical_id, words::consequence(&effect.consequence)));
    let moved = plan.moves.iter().map(|moved| (&moved.to, words::moved(moved)));
    let rows: String = calm
        .chain(moved)
        .map(|(id, what)| format!("<tr><th scope=\"row\"><code>{id}</code></th><td>{}</td></tr>\n", markup(&what)))
        .collect();
    if rows.is_empty() {
        return rows;
    }
    format!("{}{rows}{END}", section(level, "What comes with it", &["Resource", "What"]))
}

/// Who may do what from now on, or no longer.
pub(super) fn access(plan: &Plan, level: Level<'_>) -> String {
    let mut rows = String::new();
    for change in &plan.access {
        let gained = change.gained.iter().map(|grant| ("gains", grant));
        for (verb, grant) in gained.chain(change.lost.iter().map(|grant| ("loses", grant))) {
            let class = if verb == "gains" && grant.is_broad() { "warning" } else { "plain" };
            rows.push_str(&format!(
                "<tr><th scope=\"row\"><code>{}</code></th><td class=\"{class}\">{verb} {}</td></tr>\n",
                change.logical_id,
                markup(&words::grant(&change.logical_id, grant))
            ));
        }
    }
    if rows.is_empty() {
        return rows;
    }
    format!("{}{rows}{END}", section(level, "Access", &["Who holds it", "What it may do"]))
}

/// How the load meets it, what it costs, how long it takes, and what cannot be told.
pub(super) fn outlook(plan: &Plan, about: &About, level: Level<'_>) -> String {
    let mut rows: Vec<(&str, String, String)> = Vec::new();
    for line in lines::lines(about) {
        let place = if line.place.is_empty() { String::new() } else { format!("<b>{}</b>: ", markup(&line.place)) };
        rows.push((class(line.label), line.what.to_owned(), place + &prose(&line.text)));
    }
    if !plan.is_empty() {
        let time = words::time(plan.expected.typical, plan.expected.slow);
        rows.push(("plain", "Time".to_owned(), markup(&time)));
    }
    rows.extend(
        words::guard(plan).into_iter().map(|(label, text)| (class(label), "Rollback".to_owned(), markup(&text))),
    );
    rows.extend(
        words::readers(plan).into_iter().map(|(label, text)| (class(label), "Readers".to_owned(), markup(&text))),
    );
    if rows.is_empty() {
        return String::new();
    }
    let mut out = format!("<section>\n{}<dl class=\"outlook\">\n", level.heading(1, "", "Load, time and cost"));
    for (class, what, text) in rows {
        out.push_str(&format!("<div class=\"{class}\"><dt>{}</dt><dd>{text}</dd></div>\n", markup(&what)));
    }
    out.push_str("</dl>\n");
    let unknown = about.outlook.iter().flat_map(|outlook| &outlook.unknown);
    let questions: String =
        unknown.map(|one| format!("<li>{}: {}</li>", markup(&one.question), markup(&one.answer.to_string()))).collect();
    if !questions.is_empty() {
        out.push_str(&format!("<details><summary>What is not known</summary><ul>{questions}</ul></details>\n"));
    }
    out.push_str("</section>\n");
    out
}

/// Outputs, tags of the stack and what was taken out of the template.
pub(super) fn outputs(plan: &Plan, level: Level<'_>) -> String {
    let mut out = String::new();
    if !plan.outputs.is_empty() {
        out.push_str(&section(level, "Outputs", &["Output", "Before", "After"]));
        for output in &plan.outputs {
            let [before, after] = [&output.before, &output.after].map(words::side);
            out.push_str(&row(output.name.as_str(), &before, &after));
        }
        out.push_str(END);
    }
    if !plan.tags.is_empty() {
        out.push_str(&section(level, "Tags of the stack", &["Tag", "Before", "After"]));
        for tag in &plan.tags {
            let [before, after] = [&tag.before, &tag.after].map(|side| side.as_deref().unwrap_or("(none)"));
            out.push_str(&row(&tag.key, before, after));
        }
        out.push_str(END);
    }
    if plan.never_made().next().is_some() {
        out.push_str(&section(level, "Not made", &["Resource", "Why"]));
        for left in plan.never_made() {
            let why = words::escapes(Some(&left.origin)).pop().unwrap_or_default();
            let id = &left.logical_id;
            out.push_str(&format!("<tr><th scope=\"row\"><code>{id}</code></th><td>{}</td></tr>\n", markup(&why)));
        }
        out.push_str(END);
    }
    out
}

/// What to type next.
pub(super) fn next(plan: &Plan, about: &About, level: Level<'_>) -> String {
    let steps = words::next(plan, about);
    if steps.is_empty() {
        return String::new();
    }
    let mut out = format!("<section class=\"next\">\n{}", level.heading(1, "", "Next"));
    for step in steps {
        out.push_str(&format!("<p>{}{}</p>\n", markup(step.when), if step.command.is_some() { ":" } else { "." }));
        if let Some(command) = step.command {
            out.push_str(&format!("<pre><code>{}</code></pre>\n", markup(&command)));
        }
    }
    out.push_str("</section>\n");
    out
}

const END: &str = "</tbody></table></div></section>\n";

fn section(level: Level<'_>, title: &str, columns: &[&str]) -> String {
    let columns: String = columns.iter().map(|column| format!("<th scope=\"col\">{column}</th>")).collect();
    format!(
        "<section>\n{}<div class=\"wide\"><table>\n<thead><tr>{columns}</tr></thead>\n<tbody>\n",
        level.heading(1, "", title)
    )
}

fn row(name: &str, before: &str, after: &str) -> String {
    let [name, before, after] = [name, before, after].map(markup);
    format!(
        "<tr><th scope=\"row\"><code>{name}</code></th><td><code>{before}</code></td><td><code>{after}</code></td></tr>\n"
    )
}
