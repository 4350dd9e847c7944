//! An assessment as a page.

use super::About;
use super::page::{Page, Said, Section};
use crate::capacity::{
    Assessment, Bottleneck, Decision, LatencyBudget, Level, Need, Quota, QuotaUse, Recovery, Resource, Supply,
};
use crate::units::Duration;
use crate::view::style::Label;
use crate::view::words::short_duration;

/// The part of what there is beyond which somebody should look.
const TIGHT: f64 = 0.8;

pub(super) fn page(about: &About, assessment: &Assessment, decisions: &[Decision]) -> Page {
    let mut sources = Sources::default();
    let mut sections = vec![chosen(decisions)];
    sections.extend(assessment.stages.iter().map(|stage| needs(&stage.stage.to_string(), &stage.needs, &mut sources)));
    sections.extend(assessment.latency.as_ref().map(latency));
    sections.push(recovery(&assessment.recovery));
    sections.push(advice(assessment));
    sections.push(quotas(&assessment.quotas, &mut sources));
    sections.push(unknown(assessment));
    sections.push(Section { points: sources.listed(), ..Section::new("Sources") });
    Page { heading: heading(about, "capacity"), intro: intro(about, assessment), sections }
}

pub(super) fn heading(about: &About, what: &str) -> String {
    format!("{what} of {} in {}, {}", about.pipeline, about.environment, about.region)
}

/// What a person must know of the numbers before reading them.
pub(super) fn given(about: &About) -> Vec<Said> {
    let mut intro = Vec::new();
    if let Some(traffic) = &about.traffic {
        intro.push((Label::Faint, format!("at a steady {traffic} instead of the declared load, peaks in proportion")));
    }
    if !about.unread.is_empty() {
        let unread = about.unread.join(", ");
        intro.push((Label::Warning, format!("not reckoned with, for they do not pass their check: {unread}")));
    }
    intro
}

fn intro(about: &About, assessment: &Assessment) -> Vec<Said> {
    let mut intro = given(about);
    intro.push(match &assessment.bottleneck {
        None => (Label::Warning, "nothing can be said of what gives way first: see what is unknown".to_owned()),
        Some(bottleneck) => bottleneck_line(bottleneck),
    });
    let raised: Vec<&str> =
        assessment.quotas.iter().filter(|quota| quota.raise).map(|quota| quota.quota.words()).collect();
    if !raised.is_empty() {
        intro.push((Label::Bad, format!("quotas that must be raised: {}", raised.join("; "))));
    }
    intro
}

fn bottleneck_line(bottleneck: &Bottleneck) -> Said {
    let (label, text) = carries(bottleneck);
    (label, format!("bottleneck: {}, {text}", bottleneck.stage))
}

/// What runs out at a bottleneck, and at which load.
pub(crate) fn carries(bottleneck: &Bottleneck) -> Said {
    let Bottleneck { stage: _, resource, multiple, at } = bottleneck;
    let (label, when) = match at {
        Some(Level::Steady) => (Label::Bad, "does not carry the steady load"),
        Some(Level::Peak) => (Label::Bad, "does not carry the peak"),
        Some(Level::Tenfold) => (Label::Warning, "carries the peak, but not the tenfold"),
        None => (Label::Good, "carries the peak, and the tenfold"),
    };
    let gives =
        if *multiple < 1e6 { format!("; it gives way at {multiple:.1} times the steady load") } else { String::new() };
    (label, format!("{}: {when}{gives}", resource.words()))
}

fn chosen(decisions: &[Decision]) -> Section {
    let points = decisions
        .iter()
        .map(|Decision { spec_path, chosen, reason }| (Label::Plain, format!("{spec_path}: {chosen}, for {reason}")));
    Section { points: points.collect(), ..Section::new("Left open, and decided") }
}

/// Pages by number, so that each is written once.
#[derive(Default)]
struct Sources(Vec<&'static str>);

impl Sources {
    fn number(&mut self, page: &'static str) -> usize {
        match self.0.iter().position(|known| *known == page) {
            Some(at) => at + 1,
            None => {
                self.0.push(page);
                self.0.len()
            }
        }
    }

    fn listed(&self) -> Vec<Said> {
        self.0.iter().enumerate().map(|(at, page)| (Label::Faint, format!("[{}] {page}", at + 1))).collect()
    }
}

fn needs(stage: &str, needs: &[Need], sources: &mut Sources) -> Section {
    let mut section =
        Section { headings: vec!["NEEDS", "STEADY", "PEAK", "10X", "HAS", "USED", "ROOM"], ..Section::new(stage) };
    for need in needs {
        let amount = |level| (Label::Plain, need.resource.amount(need.at(level)));
        section.rows.push(vec![
            (Label::Plain, short(need.resource).to_owned()),
            amount(Level::Steady),
            amount(Level::Peak),
            amount(Level::Tenfold),
            (Label::Plain, supply(need.resource, need.have)),
            used(need),
            (Label::Faint, room(need)),
        ]);
        let assumes = need.assumes.as_ref().map_or_else(String::new, |what| format!("; taken for granted: {what}"));
        let text = format!("{}: {}{assumes} [{}]", short(need.resource), need.how, sources.number(need.source));
        section.points.push((Label::Faint, text));
    }
    section
}

/// A resource in a column: without its unit, which the amounts carry.
fn short(resource: Resource) -> &'static str {
    match resource {
        Resource::WriteBytes => "bytes written",
        Resource::WriteRecords => "records written",
        Resource::HottestShard => "busiest shard",
        Resource::HottestKey => "busiest key",
        Resource::SharedReadBytes => "shared reads",
        Resource::SharedReads => "GetRecords",
        Resource::FanOutReadBytes => "fan-out reads",
        Resource::Parallelism => "batches at once",
        Resource::Concurrency => "at once",
        Resource::Timeout => "full batch",
        Resource::Instances => "instances",
        Resource::Invocations => "invocations",
        Resource::ReadUnits => "read units",
        Resource::WriteUnits => "write units",
        Resource::PartitionHeat => "busiest item",
        Resource::Delivery => "archived",
        Resource::KmsRequests => "KMS requests",
        Resource::QueueInFlight => "in flight",
        Resource::FanOutReaders => "fan-out readers",
    }
}

fn supply(resource: Resource, have: Supply) -> String {
    match have {
        Supply::Fixed(have) => resource.amount(have),
        Supply::Elastic { now, most } if now < most => {
            format!("{} to {}", resource.amount(now), resource.amount(most))
        }
        Supply::Elastic { most, .. } => resource.amount(most),
        Supply::Unbounded => "no bound".to_owned(),
    }
}

/// The part of what there can be that the peak takes, in words as well as in colour.
fn used(need: &Need) -> Said {
    let part = need.utilisation(Level::Peak);
    match need.have {
        Supply::Unbounded => (Label::Faint, "-".to_owned()),
        Supply::Fixed(_) | Supply::Elastic { .. } => {
            let percent = if part < 1e5 { format!("{:.0}%", part * 100.0) } else { "far too much".to_owned() };
            if part > 1.0 {
                (Label::Bad, format!("{percent} !"))
            } else if part > TIGHT {
                (Label::Warning, percent)
            } else {
                (Label::Good, percent)
            }
        }
    }
}

fn room(need: &Need) -> String {
    let headroom = need.headroom();
    match need.have {
        Supply::Unbounded => "-".to_owned(),
        Supply::Fixed(_) | Supply::Elastic { .. } => {
            let grows = if need.outgrows(Level::Peak) && headroom >= 1.0 { ", once grown" } else { "" };
            let times = if headroom < 1_000.0 { format!("{headroom:.1}x") } else { ">1000x".to_owned() };
            format!("{times}{grows}")
        }
    }
}

/// A duration to the tenth of a millisecond, or in larger units.
pub(crate) fn exact(duration: Duration) -> String {
    let micros = duration.as_micros();
    if micros < 10_000_000 { format!("{:.1} ms", micros as f64 / 1e3) } else { short_duration(duration) }
}

fn latency(budget: &LatencyBudget) -> Section {
    let mut section =
        Section { headings: vec!["STEP", "WHERE", "P50 STEADY", "P99 PEAK", "HOW"], ..Section::new("Latency") };
    for part in &budget.parts {
        section.rows.push(vec![
            (Label::Plain, part.name.words().to_owned()),
            (Label::Plain, part.stage.name.to_string()),
            (Label::Plain, exact(part.p50)),
            (Label::Plain, exact(part.p99)),
            (Label::Faint, part.how.clone()),
        ]);
    }
    let (label, against) = against_target(budget.total_p99, budget.target, budget.assumes.as_deref());
    section.rows.push(vec![
        (Label::Heading, "together".to_owned()),
        (Label::Plain, String::new()),
        (Label::Heading, exact(budget.total_p50)),
        (label, exact(budget.total_p99)),
        (label, against),
    ]);
    section.points.extend(budget.lever.as_ref().map(|lever| {
        (Label::Plain, format!("largest lever: `{}` takes {} off the 99th percentile", lever.what, exact(lever.gain)))
    }));
    section
}

/// How the 99th percentile stands to the target.
pub(crate) fn against_target(p99: Duration, target: Option<Duration>, assumes: Option<&str>) -> Said {
    match target {
        None => (Label::Plain, "no target is declared".to_owned()),
        Some(target) if p99 <= target => (Label::Good, format!("within the target of {target}")),
        Some(target) => match assumes {
            None => (Label::Bad, format!("beyond the target of {target}")),
            Some(assumes) => (Label::Warning, format!("beyond the target of {target}, if {assumes}")),
        },
    }
}

fn recovery(all: &[Recovery]) -> Section {
    let headings = vec!["CONSUMER", "OUTAGE", "CATCHES UP IN", "HOW"];
    let rows = all.iter().map(|recovery| {
        let catch_up = match recovery.catch_up {
            Some(time) => (Label::Good, short_duration(time)),
            None => (Label::Bad, "never".to_owned()),
        };
        vec![
            (Label::Plain, recovery.consumer.name.to_string()),
            (Label::Plain, recovery.outage.to_string()),
            catch_up,
            (Label::Faint, recovery.how.clone()),
        ]
    });
    Section { headings, rows: rows.collect(), ..Section::new("After an outage") }
}

fn advice(assessment: &Assessment) -> Section {
    let points = assessment.advice.iter().map(|advice| {
        (Label::Changed, format!("{}: {} instead of {}: {}", advice.spec_path, advice.to, advice.from, advice.why))
    });
    Section { points: points.collect(), ..Section::new("Would be chosen instead") }
}

fn quotas(all: &[QuotaUse], sources: &mut Sources) -> Section {
    let mut section = Section { headings: vec!["QUOTA", "NEEDED", "DEFAULT", "", "HOW"], ..Section::new("Quotas") };
    for quota in all {
        let (label, verdict) = if quota.raise { (Label::Bad, "raise it") } else { (Label::Good, "enough") };
        section.rows.push(vec![
            (Label::Plain, named(quota.quota).to_owned()),
            (Label::Plain, quota.quota.amount(quota.need)),
            (Label::Plain, quota.quota.amount(quota.default)),
            (label, verdict.to_owned()),
            (Label::Faint, format!("{} [{}]", quota.how, sources.number(quota.source))),
        ]);
    }
    section
}

fn named(quota: Quota) -> &'static str {
    match quota {
        Quota::LambdaConcurrency => "Lambda concurrency",
        Quota::Shards => "shards",
        Quota::OnDemandStreams => "on-demand streams",
        Quota::OnDemandWrite => "on-demand writes",
        Quota::ShardsPerStream => "shards of a stream",
        Quota::LambdaRequests => "Lambda requests",
        Quota::TableWriteUnits => "write units",
        Quota::TableReadUnits => "read units",
        Quota::KmsRequests => "KMS requests",
    }
}

fn unknown(assessment: &Assessment) -> Section {
    unknowns(&assessment.unknown)
}

/// What cannot be told, and what would tell it.
pub(super) fn unknowns(all: &[crate::capacity::Unknown]) -> Section {
    let points = all.iter().map(|unknown| (Label::Warning, format!("{}: {}", unknown.question, unknown.answer)));
    Section { points: points.collect(), ..Section::new("Unknown") }
}
