//! A plan as a page in one file: no script, nothing from the network, light and dark, on paper too. What is dangerous stands
//! first; the stages that change are ringed in the topology; every resource folds out to its properties before and after.

mod parts;
mod resources;
mod topology;

use super::findings::dangers;
use super::many::{Entry, counts, tally, total};
use super::{About, Detail, words};
use crate::diagnostic::Severity;
use crate::plan::{Action, Plan, PlanKind, Summary};
use crate::view::graph::figure_style;
use crate::view::style::Label;
use crate::view::words::{markup, plural};
use crate::view::{EMBEDDED_NOTICE, TOOL_VERSION};

/// The look of the page; colours of the topology are the picture's own.
const STYLE: &str = include_str!("page.css");

/// How deep the headings of a plan stand, and what its ids begin with.
#[derive(Clone, Copy)]
struct Level<'a> {
    depth: usize,
    prefix: &'a str,
}

impl Level<'_> {
    /// A heading so much below the plan's own.
    fn heading(self, below: usize, id: &str, text: &str) -> String {
        let depth = self.depth + below;
        let id = if id.is_empty() { String::new() } else { format!(" id=\"{}{}\"", self.prefix, markup(id)) };
        format!("<h{depth}{id}>{text}</h{depth}>\n")
    }
}

/// Returns the page of one plan.
#[must_use]
pub fn to_html(plan: &Plan, about: &About, detail: Detail) -> String {
    let title = format!("Plan: {} in {}", about.pipeline, about.environment);
    let level = Level { depth: 1, prefix: "" };
    page(&title, &format!("<main class=\"plan\">\n{}</main>\n", body(plan, about, detail, level)))
}

/// Returns one page of several plans: a table of all, then each.
#[must_use]
pub fn many_to_html(entries: &[Entry], detail: Detail) -> String {
    let title = format!("Plans: {}", tally(entries));
    let mut out = format!(
        "<main class=\"plan\">\n<header>\n<p class=\"kind\">Sluice plans</p>\n<h1>{}</h1>\n{}</header>\n",
        markup(&tally(entries)),
        numbers(&total(entries))
    );
    out.push_str(&table(entries));
    for (at, entry) in entries.iter().enumerate() {
        let name = format!("{} in {}", markup(&entry.pipeline), markup(&entry.environment));
        match &entry.outcome {
            Ok((plan, about)) => {
                let prefix = format!("p{at}-");
                let inner = body(plan, about, detail, Level { depth: 2, prefix: &prefix });
                let open = if plan.is_empty() { "" } else { " open" };
                out.push_str(&format!(
                    "<details class=\"one\" id=\"p{at}\"{open}><summary><h2>{name}</h2></summary>\n<article>\n{inner}</article>\n</details>\n"
                ));
            }
            Err(found) => {
                out.push_str(&format!(
                    "<section class=\"one failed\" id=\"p{at}\"><h2>{name} cannot be planned</h2>\n<ul>\n"
                ));
                for one in found {
                    let place = one.place().map(|place| format!(" <code>{}</code>", markup(&place.to_string())));
                    let place = place.unwrap_or_default();
                    out.push_str(&format!("<li><b>{}</b> {}{place}</li>\n", one.code, markup(&one.title)));
                }
                out.push_str("</ul></section>\n");
            }
        }
    }
    out.push_str("</main>\n");
    page(&title, &out)
}

/// A whole page round its content.
fn page(title: &str, content: &str) -> String {
    format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<meta name=\"color-scheme\" content=\"light dark\">\n\
         <meta name=\"generator\" content=\"sluice {TOOL_VERSION}\">\n<title>{}</title>\n<style>\n{STYLE}{}</style>\n</head>\n<body>\n\
         {content}<footer><p>Made by Sluice {TOOL_VERSION}. This page loads nothing and runs nothing.</p></footer>\n</body>\n</html>\n",
        markup(title),
        figure_style()
    )
}

fn body(plan: &Plan, about: &About, detail: Detail, level: Level<'_>) -> String {
    let mut out = head(plan, about, level);
    out.push_str(&parts::dangers(plan, about, level));
    if let Some(graph) = &about.topology {
        out.push_str(&topology::section(plan, graph, level));
    } else {
        out.push_str("<p class=\"faint\">This plan was written without its topology.</p>\n");
    }
    out.push_str(&resources::section(plan, detail, level));
    if !detail.compact {
        out.push_str(&parts::readers(plan, level));
        out.push_str(&parts::effects(plan, level));
        out.push_str(&parts::access(plan, level));
        out.push_str(&parts::outlook(plan, about, level));
        out.push_str(&parts::outputs(plan, level));
    }
    out.push_str(&parts::next(plan, about, level));
    out
}

fn head(plan: &Plan, about: &About, level: Level<'_>) -> String {
    let (label, verdict) = verdict(plan, about);
    // One of several has its name on its fold.
    let title = match level.depth {
        1 => {
            let name = format!("{} <span>in {}</span>", markup(&about.pipeline), markup(&about.environment));
            format!("<p class=\"kind\">Sluice plan</p>\n{}", level.heading(0, "", &name))
        }
        _ => String::new(),
    };
    let mut out = format!(
        "<header>\n{title}<p class=\"where\">{} / {} · stack <code>{}</code>, {} · template <code>{}</code></p>\n",
        markup(&about.account),
        markup(&about.region),
        markup(&plan.stack),
        markup(&words::baseline(&plan.baseline)),
        plan.template.short()
    );
    for notice in words::not_looked_at(&plan.baseline).into_iter().chain(about.embedded.then_some(EMBEDDED_NOTICE)) {
        out.push_str(&format!("<p class=\"notice\">{}</p>\n", markup(notice)));
    }
    for text in words::doubts(plan) {
        out.push_str(&format!("<p class=\"notice\">{}.</p>\n", prose(&text)));
    }
    out.push_str(&format!(
        "<p class=\"verdict {}\">{}</p>\n{}</header>\n",
        class(label),
        markup(&verdict),
        numbers(&plan.summary)
    ));
    out
}

/// The plan in a sentence.
fn verdict(plan: &Plan, about: &About) -> (Label, String) {
    if plan.is_empty() {
        return (Label::Good, "No changes.".to_owned());
    }
    let impossible = plan.summary.count(Action::Cannot);
    if impossible > 0 {
        let text = format!("Cannot be deployed as it is: a service will refuse {}.", plural(impossible, "change"));
        return (Label::Bad, text);
    }
    let found = dangers(plan, about);
    let worst = found.iter().filter(|danger| danger.severity == Severity::Error).count();
    match (worst, found.len()) {
        (0, 0) if plan.kind == PlanKind::Create => {
            (Label::Good, "A new stack: nothing is there that could be lost.".to_owned())
        }
        (0, 0) => (Label::Good, "Nothing is lost, replaced or read anew.".to_owned()),
        (0, some) => (Label::Warning, format!("Look before it is deployed: {} below.", plural(some, "thing"))),
        (worst, _) => (Label::Bad, format!("Dangerous: {} below.", plural(worst, "reason"))),
    }
}

/// How many of what, as tiles.
fn numbers(summary: &Summary) -> String {
    let [add, change, replace, destroy, import] = counts(summary);
    let (undecided, impossible) = (summary.count(Action::Undecided), summary.count(Action::Cannot));
    let always = [
        (add, "to add", "new"),
        (change, "to change", "changed"),
        (replace, "to replace", "replaced"),
        (destroy, "to destroy", "removed"),
    ];
    let rest = [
        (import, "to import", "new"),
        (undecided, "undecided", "replaced"),
        (impossible, "impossible", "cannot"),
        (summary.unchanged, "unchanged", "zero"),
    ];
    let tiles = always.into_iter().chain(rest.into_iter().filter(|(count, _, _)| *count > 0));
    let tiles = tiles.map(|(count, what, class)| {
        let class = if count == 0 { "zero" } else { class };
        format!("<li class=\"{class}\"><b>{count}</b> {what}</li>\n")
    });
    format!("<ul class=\"counts\">\n{}</ul>\n", tiles.collect::<String>())
}

/// The table of several plans.
fn table(entries: &[Entry]) -> String {
    let mut out = String::from(
        "<section><h2>All of them</h2>\n<div class=\"wide\"><table class=\"summary\">\n<thead><tr><th scope=\"col\">Pipeline</th><th scope=\"col\">Environment</th>\
         <th scope=\"col\">Add</th><th scope=\"col\">Change</th><th scope=\"col\">Replace</th><th scope=\"col\">Destroy</th><th scope=\"col\">Import</th>\
         <th scope=\"col\">Riskiest</th></tr></thead>\n<tbody>\n",
    );
    for (at, entry) in entries.iter().enumerate() {
        let numbers: String = match &entry.outcome {
            Ok((plan, _)) => counts(&plan.summary).map(|count| format!("<td class=\"number\">{count}</td>")).concat(),
            Err(_) => "<td class=\"number\">-</td>".repeat(5),
        };
        let worst = match entry.worst() {
            Some((label, text)) => format!("<span class=\"{}\">{}</span>", class(label), markup(&text)),
            None if entry.changes() => String::new(),
            None => "<span class=\"faint\">no changes</span>".to_owned(),
        };
        out.push_str(&format!(
            "<tr><th scope=\"row\"><a href=\"#p{at}\">{}</a></th><td>{}</td>{numbers}<td>{worst}</td></tr>\n",
            markup(&entry.pipeline),
            markup(&entry.environment)
        ));
    }
    out.push_str("</tbody></table></div></section>\n");
    out
}

/// How a label is called in the style sheet.
fn class(label: Label) -> &'static str {
    match label {
        Label::Good | Label::Added => "good",
        Label::Bad | Label::Removed => "bad",
        Label::Warning | Label::Changed | Label::Busy => "warning",
        Label::Faint => "faint",
        Label::Heading | Label::Place | Label::Command | Label::Plain => "plain",
    }
}

/// Our own words, with commands in backquotes.
fn prose(text: &str) -> String {
    let mut out = String::new();
    for (at, part) in text.split('`').enumerate() {
        let part = markup(part);
        if at % 2 == 1 { out.push_str(&format!("<code>{part}</code>")) } else { out.push_str(&part) }
    }
    out
}

#[cfg(test)]
mod tests;
