//! The history as a page: a row for each environment, a bar for as long as a release ran there.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::{Chapter, minute, outcome_words, row_words};
use crate::release::{Ended, Entry, Fact};
use crate::units::Timestamp;
use crate::view::style::Label;
use crate::view::words::markup;
use crate::view::{EMBEDDED_NOTICE, TOOL_VERSION};

const STYLE: &str = include_str!("page.css");
/// Width of the bars, of the names before them, and heights, in user units of the picture.
const WIDTH: f64 = 880.0;
const NAMES: f64 = 120.0;
const ROW: f64 = 44.0;
const BAR: f64 = 20.0;
/// Below this width a bar has no room for the release's name.
const NAMED: f64 = 84.0;
/// How many looks a bar can have: releases that follow each other differ.
const SHADES: usize = 6;

/// As long as one release ran.
struct Stay<'a> {
    release: &'a str,
    from: Timestamp,
    to: Timestamp,
    open: bool,
}

/// Returns the page.
#[must_use]
pub fn to_html(pipeline: &str, chapters: &[Chapter<'_>]) -> String {
    let title = markup(&format!("History of {pipeline}"));
    let mut out = format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>{title}</title>\n\
         <style>\n{STYLE}</style>\n</head>\n<body>\n<main>\n<h1>{title}</h1>\n"
    );
    if chapters.iter().any(|chapter| chapter.embedded) {
        let _ = writeln!(out, "<p class=\"notice\">{}</p>", markup(EMBEDDED_NOTICE));
    }
    out.push_str(&picture(chapters));
    for chapter in chapters {
        let _ = writeln!(out, "<h2>{} <small>{}</small></h2>", markup(chapter.environment), markup(chapter.region));
        out.push_str(&table(chapter));
    }
    let _ = writeln!(out, "<footer>{}</footer>\n</main>\n</body>\n</html>", markup(&format!("sluice {TOOL_VERSION}")));
    out
}

/// The stays of releases in an environment.
fn stays<'a>(chapter: &'a Chapter<'a>) -> Vec<Stay<'a>> {
    let mut stays: Vec<Stay<'a>> = Vec::new();
    for entry in chapter.entries {
        let at = since(entry);
        let running = entry.running.as_ref().map(crate::release::ReleaseDigest::as_str);
        if let Some(last) = stays.last_mut().filter(|last| last.open) {
            if running == Some(last.release) {
                continue;
            }
            (last.to, last.open) = (at, false);
        }
        if let Some(release) = running {
            stays.push(Stay { release, from: at, to: chapter.at, open: true });
        }
    }
    stays
}

fn since(entry: &Entry) -> Timestamp {
    match &entry.fact {
        Fact::Deployment { ended, .. } => *ended,
        Fact::Judged { .. } | Fact::Removal { .. } => entry.at,
    }
}

fn picture(chapters: &[Chapter<'_>]) -> String {
    let moments = || chapters.iter().flat_map(|chapter| chapter.entries).map(since);
    let Some(first) = moments().min() else { return "<p>Nothing is recorded.</p>\n".to_owned() };
    let last = chapters.iter().map(|chapter| chapter.at).chain(moments()).max().unwrap_or(first);
    let whole = (last.as_millis() - first.as_millis()).max(1);
    let x = |moment: Timestamp| NAMES + WIDTH * (moment.as_millis() - first.as_millis()) as f64 / whole as f64;
    let mut shades: BTreeMap<&str, usize> = BTreeMap::new();
    let height = ROW * chapters.len() as f64 + 28.0;
    let mut out = format!(
        "<svg viewBox=\"0 0 {:.0} {height:.0}\" role=\"img\" aria-label=\"What ran when\">\n",
        NAMES + WIDTH + 12.0
    );
    for (number, chapter) in chapters.iter().enumerate() {
        let y = ROW * number as f64 + 8.0;
        let _ =
            writeln!(out, "<text x=\"0\" y=\"{:.1}\" class=\"name\">{}</text>", y + 14.0, markup(chapter.environment));
        for stay in stays(chapter) {
            let known = shades.len();
            let shade = *shades.entry(stay.release).or_insert(known) % SHADES;
            out.push_str(&bar(&stay, shade, x(stay.from), x(stay.to), y));
        }
        for entry in chapter.entries {
            out.push_str(&mark(entry, x(since(entry)), y));
        }
    }
    let y = height - 6.0;
    let _ = writeln!(
        out,
        "<text x=\"{NAMES}\" y=\"{y:.1}\" class=\"axis\">{}</text>\n<text x=\"{:.1}\" y=\"{y:.1}\" class=\"axis end\">{}</text>\n</svg>",
        markup(&minute(first)),
        NAMES + WIDTH,
        markup(&minute(last))
    );
    out
}

fn bar(stay: &Stay<'_>, shade: usize, from: f64, to: f64, y: f64) -> String {
    let short = stay.release.get(..12).unwrap_or(stay.release);
    let until = if stay.open { "runs".to_owned() } else { format!("until {}", minute(stay.to)) };
    let width = (to - from).max(2.0);
    let title = markup(&format!("{short}: since {}, {until}", minute(stay.from)));
    let mut out = format!(
        "<g><title>{title}</title><rect x=\"{from:.1}\" y=\"{y:.1}\" width=\"{width:.1}\" height=\"{BAR}\" rx=\"3\" class=\"s{shade}\"/>"
    );
    if width >= NAMED {
        let _ =
            write!(out, "<text x=\"{:.1}\" y=\"{:.1}\" class=\"in\">{}</text>", from + 6.0, y + 14.0, markup(short));
    }
    out.push_str("</g>\n");
    out
}

/// What did not go well stands below the bar.
fn mark(entry: &Entry, x: f64, y: f64) -> String {
    let (class, what) = match &entry.fact {
        Fact::Deployment { outcome: Ended::Succeeded, .. } | Fact::Judged { passed: true, .. } => return String::new(),
        Fact::Deployment { outcome, .. } => {
            let (label, words) = outcome_words(*outcome);
            (if label == Label::Warning { "warn" } else { "bad" }, words)
        }
        Fact::Judged { .. } => ("bad", "failed its gates"),
        Fact::Removal { .. } => ("gone", "removed"),
    };
    let title = markup(&format!("{what}, {}", minute(entry.at)));
    format!(
        "<g><title>{title}</title><circle cx=\"{x:.1}\" cy=\"{:.1}\" r=\"4\" class=\"{class}\"/></g>\n",
        y + BAR + 7.0
    )
}

fn table(chapter: &Chapter<'_>) -> String {
    let mut out = String::from(
        "<table>\n<tr><th>No</th><th>When (UTC)</th><th>Release</th><th>How</th><th>Took</th><th>What</th></tr>\n",
    );
    for entry in chapter.entries.iter().rev() {
        let [number, when, release, how, took, what] = row_words(entry);
        let cells = [number, when, format!("<code>{}</code>", markup(&release)), how, took, what];
        let cells: Vec<String> = cells
            .iter()
            .enumerate()
            .map(|(at, cell)| if at == 2 { format!("<td>{cell}</td>") } else { format!("<td>{}</td>", markup(cell)) })
            .collect();
        let _ = writeln!(out, "<tr>{}</tr>", cells.concat());
    }
    out.push_str("</table>\n");
    out
}
