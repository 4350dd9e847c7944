//! What the readiness rules say of pipelines besides their findings, which are diagnostics: scores, levels, what is
//! suppressed; and all of it as JUnit.

use serde_json::{Value, json};

use super::diagnostics::Tally;
use super::style::{Label, Look};
use super::table::{Cell, Table};
use super::words::{plural, printable};
use crate::diagnostic::{Area, Diagnostic, Diagnostics, Severity};
use crate::readiness::{Framework, Maturity, Outcome, Report, Score};

/// A pipeline in an environment, and what the rules say of it.
#[derive(Clone, Copy, Debug)]
pub struct Pair<'a> {
    /// The pipeline.
    pub pipeline: &'a str,
    /// The environment.
    pub environment: &'a str,
    /// What the rules say.
    pub report: &'a Report,
}

/// A table longer than this is read by nobody.
const MOST_ROWS: usize = 100;

/// Returns the scores and the level of one pair with what is suppressed, or a line for each of several; empty for none.
#[must_use]
pub fn to_text(look: &Look, pairs: &[Pair<'_>]) -> String {
    match pairs {
        [] => String::new(),
        [one] => alone(look, one),
        several if several.len() <= MOST_ROWS => beside(look, several),
        several => format!("{} without a table; `--output json` has their scores\n", plural(several.len(), "pair")),
    }
}

fn alone(look: &Look, pair: &Pair<'_>) -> String {
    let mut table = Table::new();
    for score in &pair.report.scores {
        table.row([
            Cell::plain(score.framework.words()),
            Cell::new(grade(score.percent), percent(score.percent)),
            Cell::new(Label::Faint, letters(score)),
        ]);
    }
    let maturity = &pair.report.maturity;
    table.row([Cell::plain("maturity"), Cell::plain(level(maturity)), Cell::new(Label::Faint, next(maturity))]);
    for judged in &pair.report.findings {
        if let Some(entry) = &judged.suppressed {
            let until = entry.until.to_string();
            let day = until.split('T').next().unwrap_or_default();
            let why = format!("{} until {day}: {}", judged.finding.title, entry.reason);
            table.row([
                Cell::new(Label::Faint, "suppressed"),
                Cell::new(Label::Faint, judged.rule.code.as_str()),
                Cell::new(Label::Faint, why),
            ]);
        }
    }
    format!("\n{}", table.render(look, 2))
}

fn beside(look: &Look, pairs: &[Pair<'_>]) -> String {
    let mut headings = vec!["PIPELINE", "ENVIRONMENT"];
    headings.extend(Framework::ALL.map(Framework::words));
    headings.extend(["MATURITY", "SUPPRESSED", "FINDINGS"]);
    let mut table = Table::with_headings(&headings);
    for pair in pairs {
        let scores = pair.report.scores.iter().map(|score| Cell::new(grade(score.percent), percent(score.percent)));
        let suppressed = pair.report.findings.iter().filter(|judged| judged.suppressed.is_some()).count();
        let found = Tally::of(&pair.report.diagnostics());
        let cells = [Cell::plain(pair.pipeline), Cell::plain(pair.environment)].into_iter().chain(scores);
        let more = [
            Cell::plain(level(&pair.report.maturity)),
            Cell::new(Label::Faint, if suppressed == 0 { String::new() } else { suppressed.to_string() }),
            Cell::new(if found.errors > 0 { Label::Bad } else { Label::Warning }, found.summary()),
        ];
        table.row(cells.chain(more));
    }
    format!("\n{}", table.render(look, 2))
}

fn percent(percent: Option<u32>) -> String {
    percent.map_or_else(|| "-".to_owned(), |percent| format!("{percent} %"))
}

/// Nine tenths are good, seven tenths are worth a look.
fn grade(percent: Option<u32>) -> Label {
    match percent {
        None => Label::Faint,
        Some(90..) => Label::Good,
        Some(70..90) => Label::Warning,
        Some(_) => Label::Bad,
    }
}

fn letters(score: &Score) -> String {
    let each = score.letters.iter().map(|(letter, score)| format!("{} {}", letter.as_str(), percent(*score)));
    each.collect::<Vec<_>>().join(", ")
}

fn level(maturity: &Maturity) -> String {
    format!("{} of 4", maturity.level.map_or(0, |level| level.number()))
}

fn next(maturity: &Maturity) -> String {
    let here = maturity.level.map_or("not yet a pipeline", |level| level.words());
    match maturity.next {
        None => here.to_owned(),
        Some(next) => format!("{here}; {}, {}, needs {}", next.number(), next.words(), maturity.needs.join("; ")),
    }
}

/// Returns, pair by pair, `pipeline`, `environment`, `scores` (by framework: `percent` and `letters`), `maturity` (`level`,
/// `next`, `needs`) and `suppressed` (each with `code`, `title`, `stage`, `reason`, `until`).
#[must_use]
pub fn to_json(pairs: &[Pair<'_>]) -> Value {
    pairs.iter().map(pair_json).collect()
}

fn pair_json(pair: &Pair<'_>) -> Value {
    let suppressed = pair.report.findings.iter().filter_map(|judged| {
        let entry = judged.suppressed.as_ref()?;
        let stage = judged.finding.stage.as_ref().map(|stage| stage.path());
        Some(json!({
            "code": judged.rule.code,
            "title": judged.finding.title,
            "stage": stage,
            "reason": entry.reason,
            "until": entry.until,
        }))
    });
    let maturity = &pair.report.maturity;
    json!({
        "pipeline": pair.pipeline,
        "environment": pair.environment,
        "scores": pair.report.scores,
        "maturity": {
            "level": maturity.level.map(|level| level.number()),
            "name": maturity.level.map(|level| level.words()),
            "next": maturity.next.map(|level| level.number()),
            "needs": maturity.needs,
        },
        "suppressed": suppressed.collect::<Vec<_>>(),
    })
}

/// Returns a check as JUnit XML: a suite of what is wrong with files, then one for each pair with a case for each rule.
/// Errors are failures; warnings and informations stand in the output of a case that passes; a rule whose findings are all
/// suppressed is skipped.
#[must_use]
pub fn to_junit(found: &Diagnostics, pairs: &[Pair<'_>]) -> String {
    let of_files: Vec<&Diagnostic> = found.iter().filter(|one| one.code.area() != Area::Readiness).collect();
    let cases = of_files.iter().map(|one| Case {
        class: "files".to_owned(),
        name: one.code.as_str().to_owned(),
        told: vec![one],
        skipped: None,
    });
    let mut suites = vec![suite("files", &cases.collect::<Vec<_>>())];
    for pair in pairs {
        let class = format!("{}.{}", pair.pipeline, pair.environment);
        let cases: Vec<Case<'_>> =
            pair.report.outcomes.iter().map(|outcome| case(&class, outcome, pair.report)).collect();
        suites.push(suite(&format!("{} in {}", pair.pipeline, pair.environment), &cases));
    }
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"sluice check\">\n{}</testsuites>\n",
        suites.concat()
    )
}

/// One case of a suite.
struct Case<'a> {
    class: String,
    name: String,
    told: Vec<&'a Diagnostic>,
    skipped: Option<String>,
}

fn case<'a>(class: &str, outcome: &Outcome, report: &'a Report) -> Case<'a> {
    let own = || report.findings.iter().filter(|judged| judged.rule.code == outcome.rule.code);
    let told: Vec<&Diagnostic> =
        own().filter(|judged| judged.suppressed.is_none()).map(|judged| &judged.diagnostic).collect();
    let reason = own().find_map(|judged| judged.suppressed.as_ref()).map(|entry| entry.reason.clone());
    let skipped = reason.filter(|_| told.is_empty());
    let code = outcome.rule.code;
    Case { class: class.to_owned(), name: format!("{code} {}", code.title()), told, skipped }
}

fn suite(name: &str, cases: &[Case<'_>]) -> String {
    let failed = |case: &&Case<'_>| case.told.iter().any(|one| one.severity == Severity::Error);
    let (failures, skipped) =
        (cases.iter().filter(failed).count(), cases.iter().filter(|case| case.skipped.is_some()).count());
    let inner: String = cases.iter().map(written).collect();
    let count = cases.len();
    format!(
        "  <testsuite name=\"{}\" tests=\"{count}\" failures=\"{failures}\" errors=\"0\" skipped=\"{skipped}\">\n{inner}  </testsuite>\n",
        escaped(name)
    )
}

fn written(case: &Case<'_>) -> String {
    let head = format!("    <testcase classname=\"{}\" name=\"{}\"", escaped(&case.class), escaped(&case.name));
    if let Some(reason) = &case.skipped {
        return format!("{head}>\n      <skipped message=\"{}\"/>\n    </testcase>\n", escaped(reason));
    }
    if case.told.is_empty() {
        return format!("{head}/>\n");
    }
    let (mut failures, mut out) = (String::new(), String::new());
    for one in &case.told {
        let sentences: Vec<&str> =
            std::iter::once(&one.title).chain(&one.notes).chain(&one.help).map(String::as_str).collect();
        let place = one.place().map(|place| format!("{place}: ")).unwrap_or_default();
        let text = escaped(&format!("{place}{}", sentences.join("\n")));
        match one.severity {
            Severity::Error => failures.push_str(&format!(
                "      <failure type=\"{}\" message=\"{}\">{text}</failure>\n",
                one.code,
                escaped(&one.title)
            )),
            Severity::Warning | Severity::Info => out.push_str(&format!("{text}\n")),
        }
    }
    let out = if out.is_empty() { out } else { format!("      <system-out>{out}</system-out>\n") };
    format!("{head}>\n{failures}{out}    </testcase>\n")
}

/// A text as XML takes it: what XML 1.0 has no characters for is written out.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\n' | '\t' => out.push(c),
            c if c.is_control() || matches!(c, '\u{fffe}' | '\u{ffff}') => out.push_str(&printable(&c.to_string())),
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::Code;

    #[test]
    fn what_xml_has_no_character_for_is_written_out() {
        assert_eq!(escaped("a<b> & \"c\"\u{1b}[2J\u{0}"), "a&lt;b&gt; &amp; &quot;c&quot;\\u{1b}[2J\\u{0}");
    }

    #[test]
    fn an_error_of_a_file_is_a_failure_and_a_warning_is_not() {
        let found = [Diagnostic::error(Code::BadName, "bad"), Diagnostic::warning(Code::IdleQueue, "idle")];
        let text = to_junit(&found.into_iter().collect(), &[]);
        assert!(text.contains("tests=\"2\" failures=\"1\""), "{text}");
        assert!(text.contains("<failure type=\"E1011\" message=\"bad\">bad</failure>"), "{text}");
        assert!(text.contains("<system-out>idle\n</system-out>"), "{text}");
    }
}
