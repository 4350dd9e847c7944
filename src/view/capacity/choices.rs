//! What could be chosen, as a page.

use super::About;
use super::assessment::{exact, given, heading, unknowns};
use super::chart::{Curve, draw, rounded};
use super::page::{Page, Said, Section};
use crate::capacity::{
    BatchCurve, Choices, Inference, InferenceChoice, ReadChoice, SizedStream, StreamChoice, StreamMode,
};
use crate::units::Duration;
use crate::view::style::Label;
use crate::view::words::plural;

/// Longest bar of a curve.
const BAR: f64 = 24.0;

pub(super) fn page(about: &About, choices: &Choices) -> Page {
    let mut sections: Vec<Section> = choices.streams.iter().map(stream).collect();
    sections.push(reads(&choices.reads));
    sections.push(inference(&choices.inference));
    sections.extend(choices.batches.iter().map(batches));
    sections.push(unknowns(&choices.unknown));
    Page { heading: heading(about, "decisions"), intro: given(about), sections }
}

fn stream(choice: &StreamChoice) -> Section {
    let now = match choice.now {
        SizedStream::OnDemand => "on-demand".to_owned(),
        SizedStream::Provisioned { shards } => {
            format!("provisioned with {}", plural(usize::try_from(shards).unwrap_or(usize::MAX), "shard"))
        }
    };
    let mut section = Section {
        headings: vec!["LOAD", "RECORDS/S", "SHARDS", "PROVISIONED", "ON-DEMAND", "ADVANTAGE", "LEAST"],
        says: vec![
            (Label::Plain, format!("now {now}; {}", choice.why)),
            (Label::Faint, format!("USD a month, list prices of {}, one peak a day", choice.prices)),
        ],
        ..Section::new(format!("{}: {}", choice.stage, choice.better.as_str()))
    };
    // Every other point of the curve: a hundredth, a thirtieth, a tenth … of the declared load.
    for point in choice.curve.iter().step_by(2) {
        section.rows.push(vec![
            (Label::Plain, format!("{}x", rounded(point.multiple))),
            (Label::Plain, rounded(point.records)),
            (Label::Plain, point.shards.to_string()),
            (Label::Plain, rounded(point.provisioned)),
            (Label::Plain, rounded(point.on_demand)),
            (Label::Plain, rounded(point.advantage)),
            (Label::Good, least(point.cheapest()).to_owned()),
        ]);
    }
    let curve = |marks, mode: StreamMode| Curve {
        marks,
        points: choice.curve.iter().map(|point| (point.records, point.cost(mode))).collect(),
    };
    let curves = [
        curve(('p', 'p'), StreamMode::Provisioned),
        curve(('o', 'o'), StreamMode::OnDemand),
        curve(('a', 'a'), StreamMode::OnDemandAdvantage),
    ];
    let end = |point: Option<&crate::capacity::ModePoint>| {
        point.map_or_else(String::new, |point| format!("{} records/s", rounded(point.records)))
    };
    let along = (end(choice.curve.first()), end(choice.curve.last()));
    section.drawing = draw(&curves, "USD", (&along.0, &along.1)).map(|(mut unicode, mut ascii)| {
        let legend = format!("{:>12}p provisioned, o on-demand, a on-demand advantage, * several", "");
        unicode.push(legend.clone());
        ascii.push(legend);
        (unicode, ascii)
    });
    section.points = break_even(choice);
    section.points.extend(choice.key_advice.iter().map(|text| (Label::Plain, text.clone())));
    section
}

/// A mode as its column is headed.
fn least(mode: StreamMode) -> &'static str {
    match mode {
        StreamMode::Provisioned => "provisioned",
        StreamMode::OnDemand => "on-demand",
        StreamMode::OnDemandAdvantage => "advantage",
    }
}

fn break_even(choice: &StreamChoice) -> Vec<Said> {
    let shape = "at this shape of traffic";
    let mut said = vec![match choice.break_even_records {
        Some(records) => format!("break-even of provisioned and on-demand: {} records/s {shape}", rounded(records)),
        None => format!("no break-even of provisioned and on-demand {shape}: one is always cheaper"),
    }];
    said.push(match choice.break_even_peak {
        Some(ratio) if ratio <= 1.0 => "on-demand costs no more even for a load without peaks".to_owned(),
        Some(ratio) => format!("on-demand costs no more where the peak is above {} times the average", rounded(ratio)),
        None => "no peak makes on-demand the cheaper one at this average".to_owned(),
    });
    said.extend(choice.advantage_records.map(|records| {
        format!("on-demand advantage costs less than on-demand beyond {} records/s on average", rounded(records))
    }));
    said.into_iter().map(|text| (Label::Plain, text)).collect()
}

fn verdict(now: &str, better: &str) -> Said {
    if now == better { (Label::Good, better.to_owned()) } else { (Label::Changed, format!("{better}, not {now}")) }
}

fn reads(all: &[ReadChoice]) -> Section {
    let name = |fan_out: bool| if fan_out { "fan-out" } else { "shared" };
    let rows = all.iter().map(|choice| {
        vec![
            (Label::Plain, choice.stage.name.to_string()),
            verdict(name(choice.fan_out), name(choice.better_fan_out)),
            (Label::Faint, choice.why.clone()),
        ]
    });
    Section { headings: vec!["CONSUMER", "READ", "WHY"], rows: rows.collect(), ..Section::new("Fan-out or shared") }
}

fn inference(all: &[InferenceChoice]) -> Section {
    let rows = all.iter().map(|choice| {
        let InferenceChoice { stage, endpoint, now, better, why } = choice;
        vec![
            (Label::Plain, stage.name.to_string()),
            (Label::Plain, endpoint.name.to_string()),
            verdict(Inference::as_str(*now), Inference::as_str(*better)),
            (Label::Faint, why.clone()),
        ]
    });
    let headings = vec!["FUNCTION", "ENDPOINT", "ASKS", "WHY"];
    Section { headings, rows: rows.collect(), ..Section::new("Synchronous, queued or asynchronous") }
}

fn batches(curve: &BatchCurve) -> Section {
    let whole =
        |gathers: Duration, takes: Duration| (gathers.as_micros().saturating_add(takes.as_micros())).max(1) as f64;
    let logs: Vec<f64> = curve.points.iter().map(|point| whole(point.gathers, point.takes).log10()).collect();
    let least = logs.iter().copied().fold(f64::MAX, f64::min);
    let most = logs.iter().copied().fold(f64::MIN, f64::max);
    let mut section = Section {
        headings: vec!["SIZE", "GATHERS", "TAKES", "CALLS/M", "KEEPS UP", "LATENCY, LOGARITHMIC"],
        ..Section::new(format!("Batch size against latency: {}", curve.stage))
    };
    for (point, log) in curve.points.iter().zip(logs) {
        let part = if most > least { (log - least) / (most - least) } else { 0.0 };
        let bar = "#".repeat(1 + (part * (BAR - 1.0)).round() as usize);
        let mark = if point.size == curve.now { " <- now" } else { "" };
        let keeps_up = if point.keeps_up { (Label::Good, "yes") } else { (Label::Bad, "no") };
        section.rows.push(vec![
            (Label::Plain, point.size.to_string()),
            (Label::Plain, exact(point.gathers)),
            (Label::Plain, exact(point.takes)),
            (Label::Plain, rounded(point.invocations_per_million)),
            (keeps_up.0, keeps_up.1.to_owned()),
            (Label::Plain, format!("{bar}{mark}")),
        ]);
    }
    section.points.push(match curve.least {
        Some(least) => (
            Label::Plain,
            format!(
                "batches of {least} are the smallest that keep up with the peak; a batch waits no longer than `window`"
            ),
        ),
        None => (
            Label::Bad,
            "no batch size keeps up with the peak: more shards, or more batches of each at once".to_owned(),
        ),
    });
    section
}
