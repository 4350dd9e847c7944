//! Drift: what is otherwise than it was deployed, the most dangerous first; what is meant to be so is folded.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::{Value, json};

use super::next_steps::{self, NextStep};
use super::style::{Label, Look};
use super::words::{json as to_value, plural, printable, wrap};
use super::{EMBEDDED_NOTICE, FORMAT_VERSION, TOOL_VERSION};
use crate::plan::{Drift, DriftVerdict, Drifted, SeenBy, Unchecked};
use crate::units::Timestamp;

/// Whose drift it is.
#[derive(Clone, Debug, Serialize)]
pub struct About<'a> {
    /// The pipeline.
    pub pipeline: &'a str,
    /// The environment.
    pub environment: &'a str,
    /// The region.
    pub region: &'a str,
    /// The stack's name.
    pub stack: &'a str,
    /// Whether it stands in the embedded cloud.
    pub embedded: bool,
    /// When it was looked at.
    pub at: Timestamp,
    /// What to type next.
    pub next: &'a [NextStep],
}

/// Returns the document: `format_version`, `tool_version`, `pipeline`, `environment`, `region`, `stack`, `embedded`, `at`,
/// `next`, `summary` (`dangerous`, `unexpected`, `intended`, `checked`), `drifted` (each with `logical_id`, `type_name`,
/// `physical_id`, `path`, `expected`, `actual`, `verdict`, `meaning` or `reason`, `seen_by`, `origin`), `unchecked`.
#[must_use]
pub fn to_json(about: &About<'_>, drift: &Drift) -> Value {
    let mut document = json!({"format_version": FORMAT_VERSION, "tool_version": TOOL_VERSION});
    if let (Some(fields), Value::Object(more), Value::Object(found)) =
        (document.as_object_mut(), to_value(about), to_value(drift))
    {
        fields.extend(more);
        fields.insert("summary".to_owned(), summary(drift));
        fields.extend(found);
        fields.remove("checked");
    }
    document
}

fn summary(drift: &Drift) -> Value {
    let (dangerous, unexpected, intended) = drift.counts();
    json!({"dangerous": dangerous, "unexpected": unexpected, "intended": intended, "checked": drift.checked})
}

/// Returns a line for each difference (`kind` is `drifted`), one for each type that was not checked (`unchecked`), and at last
/// one with the counts (`summary`).
#[must_use]
pub fn to_json_lines(about: &About<'_>, drift: &Drift) -> Vec<Value> {
    let line = |kind: &str, value: Value| {
        let mut line = json!({"format_version": FORMAT_VERSION, "kind": kind});
        if let (Some(fields), Value::Object(more)) = (line.as_object_mut(), value) {
            fields.extend(more);
        }
        line
    };
    let mut end = to_value(about);
    if let Some(fields) = end.as_object_mut() {
        fields.insert("summary".to_owned(), summary(drift));
    }
    let drifted = drift.drifted.iter().map(|one| line("drifted", to_value(one)));
    let unchecked = drift.unchecked.iter().map(|one| line("unchecked", to_value(one)));
    drifted.chain(unchecked).chain([line("summary", end)]).collect()
}

/// Returns what a person reads.
#[must_use]
pub fn to_text(look: &Look, about: &About<'_>, drift: &Drift) -> String {
    let mut page = Page { look, out: String::new() };
    let (dangerous, unexpected, intended) = drift.counts();
    let (label, said) = match (dangerous, unexpected) {
        (0, 0) => (Label::Good, "as deployed".to_owned()),
        (0, others) => (Label::Warning, plural(others, "unexpected difference")),
        (dangers, 0) => (Label::Bad, plural(dangers, "dangerous difference")),
        (dangers, others) => (Label::Bad, format!("{}, {others} unexpected", plural(dangers, "dangerous difference"))),
    };
    let heading = look.paint(Label::Heading, printable(about.stack));
    page.out.push_str(&format!("{heading}  {}\n", look.paint(label, said)));
    if about.embedded {
        page.out.push_str(&format!("{}\n", look.paint(Label::Warning, EMBEDDED_NOTICE)));
    }
    page.unintended(drift);
    page.intended(drift, intended);
    page.unchecked(&drift.unchecked);
    let checked = plural(drift.checked, "resource");
    page.out.push_str(&format!("\n{}\n", look.paint(Label::Faint, format!("CloudFormation checked {checked}"))));
    page.out.push_str(&next_steps::to_text(look, about.next));
    page.out
}

/// Returns what putting back would do: what is put back, and what a person has to.
#[must_use]
pub fn reverting(look: &Look, put_back: &[&Drifted], beyond: &[&Drifted]) -> String {
    let name = |one: &Drifted| match &one.path {
        Some(path) => format!("{} {}", one.logical_id, path.trim_start_matches('/')),
        None => format!("{} (made anew, with nothing in it)", one.logical_id),
    };
    let mut page = Page { look, out: String::new() };
    if put_back.is_empty() {
        page.paragraph(0, Label::Good, "nothing to put back");
    } else {
        page.paragraph(0, Label::Heading, "Is put back");
        for one in put_back {
            page.paragraph(2, Label::Changed, &format!("{} {}", look.symbol("↻", "~"), name(one)));
        }
    }
    if !beyond.is_empty() {
        page.paragraph(0, Label::Heading, "Is not put back, because CloudFormation does not see it");
        for one in beyond {
            page.paragraph(2, Label::Warning, &name(one));
        }
    }
    page.out
}

struct Page<'a> {
    look: &'a Look,
    out: String,
}

impl Page<'_> {
    fn paragraph(&mut self, indent: usize, label: Label, text: &str) {
        for line in wrap(&printable(text), self.look.columns().saturating_sub(indent)) {
            self.out.push_str(&format!("{:indent$}{}\n", "", self.look.paint(label, line)));
        }
    }

    /// Differences that nobody meant, by resource.
    fn unintended(&mut self, drift: &Drift) {
        let mut last = None;
        let all: Vec<&Drifted> = drift.unintended().collect();
        for (at, one) in all.iter().copied().enumerate() {
            let dangerous = matches!(one.verdict, DriftVerdict::Dangerous { .. });
            if last != Some((&one.logical_id, dangerous)) {
                self.resource(one, dangerous);
                last = Some((&one.logical_id, dangerous));
            }
            self.difference(one);
            // What several properties of a resource mean together is said once, below the last of them.
            let said = |one: &Drifted| (one.logical_id.clone(), one.verdict.clone(), one.origin.clone(), one.seen_by);
            if all.get(at + 1).is_none_or(|next| said(next) != said(one)) {
                self.meaning(one);
            }
        }
    }

    fn resource(&mut self, one: &Drifted, dangerous: bool) {
        let (label, mark) = if dangerous {
            (Label::Bad, self.look.symbol("✗", "x"))
        } else {
            (Label::Warning, self.look.symbol("~", "~"))
        };
        let what = if one.path.is_none() { "  is gone" } else { "" };
        let type_name = self.look.paint(Label::Faint, &one.type_name);
        let heading = self.look.paint(label, format!("{mark} {}", one.logical_id));
        self.out.push_str(&format!("\n{heading}  {type_name}{}\n", self.look.paint(label, what)));
    }

    fn difference(&mut self, one: &Drifted) {
        if let Some(path) = &one.path {
            let path = path.trim_start_matches('/');
            let nothing = self.look.symbol("∅", "(nothing)");
            let value = |value: &Option<String>| printable(value.as_deref().unwrap_or(nothing)).into_owned();
            let (expected, actual, arrow) = (value(&one.expected), value(&one.actual), self.look.arrow());
            let line = format!("    {path}  {expected} {arrow} {actual}");
            if super::words::columns(&line) <= self.look.columns() {
                self.out.push_str(&format!("{line}\n"));
            } else {
                self.out.push_str(&format!("    {path}\n"));
                self.paragraph(6, Label::Plain, &expected);
                self.paragraph(6, Label::Plain, &format!("{arrow} {actual}"));
            }
        }
    }

    fn meaning(&mut self, one: &Drifted) {
        if let DriftVerdict::Dangerous { meaning } | DriftVerdict::Unexpected { meaning } = &one.verdict {
            self.paragraph(6, Label::Plain, meaning);
        }
        let place = one.origin.as_ref().and_then(|origin| origin.place.as_ref());
        if let Some(place) = place {
            self.out
                .push_str(&format!("      {}\n", self.look.paint(Label::Place, format!("deployed as {place} says"))));
        }
        if one.seen_by == SeenBy::Service {
            self.paragraph(6, Label::Faint, "seen by asking its service: CloudFormation does not look there");
        }
    }

    /// What is meant to be so: a line for each.
    fn intended(&mut self, drift: &Drift, count: usize) {
        if count == 0 {
            return;
        }
        let heading = format!("Meant to be so ({count})");
        self.out.push_str(&format!("\n{}\n", self.look.paint(Label::Heading, heading)));
        for one in &drift.drifted {
            let DriftVerdict::Intended { reason } = &one.verdict else { continue };
            let path = one.path.as_deref().unwrap_or_default().trim_start_matches('/');
            let value = |value: &Option<String>| value.clone().unwrap_or_else(|| "(nothing)".to_owned());
            let (expected, actual, arrow) = (value(&one.expected), value(&one.actual), self.look.arrow());
            let line = format!("{} {path} {expected} {arrow} {actual}: {reason}", one.logical_id);
            self.paragraph(2, Label::Faint, &line);
        }
    }

    /// Types that CloudFormation has no way to check.
    fn unchecked(&mut self, unchecked: &[Unchecked]) {
        if unchecked.is_empty() {
            return;
        }
        self.out.push_str(&format!("\n{}\n", self.look.paint(Label::Heading, "Not checked by CloudFormation")));
        let mut groups: BTreeMap<(bool, Option<&str>), Vec<String>> = BTreeMap::new();
        for one in unchecked {
            let count = one.resources.len();
            let named = if count == 1 { one.type_name.clone() } else { format!("{} ({count})", one.type_name) };
            groups.entry((!one.asked, one.reason.as_deref())).or_default().push(named);
        }
        for ((silent, reason), types) in groups {
            let why = match (silent, reason) {
                (_, Some(reason)) => reason.to_owned(),
                (false, None) => "their services were asked instead".to_owned(),
                (true, None) => "nobody was asked".to_owned(),
            };
            self.paragraph(2, Label::Faint, &format!("{}: {why}", types.join(", ")));
        }
    }
}
