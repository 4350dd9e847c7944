//! How a stream may be paid for, and what its key does.

use super::{ModePoint, StreamChoice, StreamMode};
use crate::capacity::KeyVerdict;
use crate::capacity::assess::readers;
use crate::capacity::flow::Site;
use crate::capacity::limit::ON_DEMAND_GROWTH;
use crate::capacity::load::{Load, counted, number};
use crate::capacity::producer::hottest_key;
use crate::capacity::rates::{Shape, StreamRates};
use crate::capacity::report::Level;
use crate::capacity::stream::{Pressure, shards_for};
use crate::pipeline::{Consumer, Pipeline, StageKind, StageRef, Stream, Traffic};

/// Hours of a month, as AWS's calculator has it.
const MONTH: f64 = 730.0;
const DAY: f64 = 86_400.0;

/// A stream's price as a function of its traffic.
struct Priced<'a> {
    shape: Shape,
    pressure: Pressure,
    rates: &'a StreamRates,
    average: Load,
    peak: Load,
}

impl Priced<'_> {
    /// The prices at a multiple of the traffic, with the peak stretched besides.
    fn at(&self, multiple: f64, stretch: f64) -> ModePoint {
        let average = self.average.times(multiple);
        let shards = shards_for(self.peak.times(multiple * stretch), &self.pressure).shards;
        ModePoint {
            multiple,
            records: average.records,
            shards,
            provisioned: self.shape.provisioned_per_hour(self.rates, shards, average) * MONTH,
            on_demand: self.shape.on_demand_per_hour(self.rates, average) * MONTH,
            advantage: self.shape.advantage_per_hour(self.rates, average) * MONTH,
        }
    }

    /// The highest load at which a comparison changes, within a thousandth and a thousand times the traffic.
    fn crossing(&self, cheaper: impl Fn(&ModePoint) -> bool) -> Option<f64> {
        const STEPS: i32 = 60;
        let multiple = |step: i32| 10_f64.powf(f64::from(step) / 10.0);
        let at = |multiple: f64| cheaper(&self.at(multiple, 1.0));
        let last = at(multiple(STEPS / 2));
        let step = (-STEPS / 2..STEPS / 2).rev().find(|step| at(multiple(*step)) != last)?;
        let found = bisect(multiple(step), multiple(step + 1), |multiple| at(multiple) == last);
        Some(self.average.records * found)
    }
}

/// Where a test that fails at `low` and holds at `high` begins to hold.
fn bisect(mut low: f64, mut high: f64, holds: impl Fn(f64) -> bool) -> f64 {
    for _ in 0..40 {
        let middle = f64::midpoint(low, high);
        if holds(middle) {
            high = middle;
        } else {
            low = middle;
        }
    }
    high
}

/// The mean load of a day with one peak.
fn average(traffic: &Traffic) -> Load {
    let part = (traffic.burst.as_secs_f64() / DAY).min(1.0);
    let (steady, peak) =
        (Load::at(traffic, Level::Steady).times(1.0 - part), Load::at(traffic, Level::Peak).times(part));
    Load { records: steady.records + peak.records, bytes: steady.bytes + peak.bytes }
}

pub(super) fn stream_choice(
    site: Site<'_>,
    stream: &Stream,
    traffic: &Traffic,
    rates: &StreamRates,
) -> Option<StreamChoice> {
    let now = site.sized.stream_capacity(&stream.name)?;
    let readers = readers(site, &stream.name);
    let pressure = Pressure { readers, ..Pressure::of(site.pipeline(), &stream.name, traffic) };
    let (average, peak) = (average(traffic), Load::at(traffic, Level::Peak));
    let priced = Priced { shape: Shape::of(stream, traffic, readers), pressure, rates, average, peak };
    let costs = priced.at(1.0, 1.0);
    let ratio = peak.records / average.records.max(f64::MIN_POSITIVE);
    let stretched = |stretch: f64| priced.at(1.0, stretch / ratio);
    let dearer = |stretch: f64| {
        let point = stretched(stretch);
        point.provisioned >= point.on_demand
    };
    let better = costs.cheapest();
    let others = [StreamMode::Provisioned, StreamMode::OnDemand, StreamMode::OnDemandAdvantage];
    let others = others
        .into_iter()
        .filter(|mode| *mode != better)
        .map(|mode| format!("{:.2} USD {}", costs.cost(mode), mode.as_str()));
    let growth = if ratio > ON_DEMAND_GROWTH && better != StreamMode::Provisioned {
        "; a peak of more than twice the highest load of the last 30 days is throttled for minutes"
    } else {
        ""
    };
    let why = format!(
        "{:.2} USD a month {}, against {}, at {} records/s on average and a peak of {} times that{growth}",
        costs.cost(better),
        better.as_str(),
        others.collect::<Vec<_>>().join(" and "),
        number(average.records),
        number(ratio)
    );
    let steps = (-8..=8).map(|step| 10_f64.powf(f64::from(step) / 4.0));
    Some(StreamChoice {
        stage: StageRef::new(StageKind::Stream, &stream.name),
        now,
        costs,
        curve: steps.map(|multiple| priced.at(multiple, 1.0)).collect(),
        better,
        why,
        break_even_records: priced.crossing(|point| point.on_demand <= point.provisioned),
        break_even_peak: dearer(1_000.0).then(|| if dearer(1.0) { 1.0 } else { bisect(1.0, 1_000.0, dearer) }),
        advantage_records: priced.crossing(|point| point.advantage < point.on_demand),
        key: hottest_key(traffic),
        key_advice: key_advice(site.pipeline(), stream, traffic, costs.shards),
        prices: rates.region.clone(),
    })
}

/// What to make of the partition key: its busiest value, how evenly few values fall on many shards, and order.
fn key_advice(pipeline: &Pipeline, stream: &Stream, traffic: &Traffic, shards: u32) -> Vec<String> {
    let mut advice = Vec::new();
    match (hottest_key(traffic), &traffic.key) {
        (Some(hot), Some(key)) => {
            advice.push(format!(
                "the busiest {} takes {} % of its shard at the peak{}",
                key.field,
                number(hot.percent_of_shard),
                match hot.verdict {
                    KeyVerdict::Fits => "",
                    KeyVerdict::Tight => ", and more shards do not mend that",
                    KeyVerdict::Exceeds => ": split it, or its records are throttled however many shards there are",
                }
            ));
            // Keys fall on shards by their hash: the fuller of many shards has three standard deviations more than the mean.
            let each = key.distinct.0 as f64 / f64::from(shards.max(1));
            let uneven = 3.0 / each.max(f64::MIN_POSITIVE).sqrt() * 100.0;
            let all = counted(f64::from(shards), "shard");
            advice.push(if each < 1.0 {
                format!("{} different values for {all}: some get nothing, whatever the load", key.distinct)
            } else {
                format!(
                    "{} different values are {} for each of {all}: by chance alone the fullest has about {} % \
                     more than the mean",
                    key.distinct,
                    number(each),
                    number(uneven)
                )
            });
        }
        (None, _) | (_, None) => {
            advice.push(format!("nobody said how keys spread: declare traffic.{}.key", stream.name))
        }
    }
    let of = |consumer: &&Consumer| consumer.from.own() == Some(&stream.name);
    for consumer in pipeline.consumers().values().filter(of) {
        advice.push(match (consumer.batch.tumbling, consumer.batch.parallel) {
            (Some(_), _) => {
                format!("{} keeps its windows by shard: all records of one key must have one key", consumer.name)
            }
            (None, 1) => format!("{} sees the records of a shard in order", consumer.name),
            (None, _) => {
                format!("{} sees the records of one key in order, and those of different keys in none", consumer.name)
            }
        });
    }
    advice
}
