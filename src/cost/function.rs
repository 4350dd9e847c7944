//! Lines of functions (aws-facts.md 3.2). Lambda's pollers cost nothing of their own.

use super::exact::{Quantity, SECONDS};
use super::item::{Ledger, Owner, Range};
use super::load;
use super::meter::Meter;
use crate::capacity::Sized;
use crate::pipeline::{Consumer, Function, StageKind, StageRef, Work, WorkSource, Worker};
use crate::units::grouped;

/// Mebibytes × milliseconds of a GB-second.
const GB_SECOND: u128 = 1_024 * 1_000;

/// Invocations of a month and milliseconds of one.
#[derive(Clone, Copy, Debug)]
struct Runs {
    count: u128,
    millis: u128,
}

pub(super) fn of_consumer(ledger: &mut Ledger<'_>, sized: &Sized, consumer: &Consumer) {
    let stage = StageRef::new(StageKind::Consumer, &consumer.name);
    let owner = Owner::Stage(stage.clone());
    let Some(traffic) = load::read_by(sized.pipeline(), consumer) else {
        ledger.add_unknown(&owner, Meter::LambdaRequest, load::undeclared(consumer));
        ledger.add_unknown(&owner, Meter::LambdaGbSecond, load::undeclared(consumer));
        return standing(ledger, &owner, &consumer.function);
    };
    let batches = load::batches(sized, consumer, traffic);
    // A tumbling window ends in an invocation of its own.
    let ends = consumer.batch.tumbling.map_or(0, |window| {
        let shards = u128::from(load::shards_read(sized, consumer, traffic));
        shards * u128::from(SECONDS) / u128::from(window.as_secs().max(1))
    });
    let counts = batches.map(|batches| batches.count.saturating_add(ends));
    let mut how = format!("batches of {} records", Quantity::ratio(batches.steady.fill, 1_000_000));
    if batches.peak.fill != batches.steady.fill {
        how.push_str(&format!(", of {} at peak", Quantity::ratio(batches.peak.fill, 1_000_000)));
    }
    if !consumer.filters.is_empty() {
        how.push_str("; as if the filters let every record pass");
    }
    ledger.add(&owner, Meter::LambdaRequest, counts.map(Quantity::whole), how);
    match &consumer.function.work {
        Some(work) => {
            let runs = batches.with(counts, |batches, count| Runs { count, millis: millis(work, batches.fill) });
            durations(ledger, &owner, &consumer.function, runs);
        }
        None => {
            let why = format!("nobody measured how long it runs: declare `{}.work`", stage.path());
            ledger.add_unknown(&owner, Meter::LambdaGbSecond, why);
        }
    }
    standing(ledger, &owner, &consumer.function);
}

pub(super) fn of_worker(ledger: &mut Ledger<'_>, worker: &Worker) {
    let owner = Owner::Stage(StageRef::new(StageKind::Worker, &worker.name));
    let why = match &worker.from {
        WorkSource::Queue { queue, .. } => format!("how many messages queue {queue} gets is not declared anywhere"),
        WorkSource::Topic { topic, .. } => format!("how many messages topic {topic} gets is not declared anywhere"),
    };
    ledger.add_unknown(&owner, Meter::LambdaRequest, why.clone());
    ledger.add_unknown(&owner, Meter::LambdaGbSecond, why);
    standing(ledger, &owner, &worker.function);
}

/// Milliseconds of an invocation, as Lambda bills them: rounded up.
fn millis(work: &Work, fill: u128) -> u128 {
    let records = u128::from(work.per_record.as_micros()).saturating_mul(fill).div_ceil(1_000_000);
    u128::from(work.fixed.as_micros()).saturating_add(records).div_ceil(1_000).max(1)
}

/// What runs in instances that are kept warm has a rate of its own.
fn durations(ledger: &mut Ledger<'_>, owner: &Owner, function: &Function, runs: Range<Runs>) {
    let memory = u128::from(function.memory.as_mib());
    let all =
        runs.map(|runs| Quantity::ratio(runs.count.saturating_mul(runs.millis).saturating_mul(memory), GB_SECOND));
    let of = |millis| format!("{} ms x {} MiB", grouped(millis), grouped(memory));
    let mut how = of(runs.steady.millis);
    if runs.peak.millis != runs.steady.millis {
        how.push_str(&format!(", {} at peak", of(runs.peak.millis)));
    }
    let warm = warm(function);
    ledger.add(owner, Meter::ProvisionedDuration, all.map(|all| all.most(warm)), format!("{how}, in warm instances"));
    ledger.add(owner, Meter::LambdaGbSecond, all.map(|all| all.minus(warm)), how);
}

/// GB-seconds of the instances that are kept warm.
fn warm(function: &Function) -> Quantity {
    let instances = u128::from(function.concurrency.provisioned.unwrap_or(0));
    Quantity::ratio(instances * u128::from(function.memory.as_mib()) * u128::from(SECONDS), 1_024)
}

/// What a function costs besides running.
fn standing(ledger: &mut Ledger<'_>, owner: &Owner, function: &Function) {
    if let Some(instances) = function.concurrency.provisioned {
        let how =
            format!("{} instances x {} MiB x {} s", grouped(instances), function.memory.as_mib(), grouped(SECONDS));
        ledger.add(owner, Meter::ProvisionedGbSecond, Range::flat(warm(function)), how);
    }
    ledger.add_unknown(owner, Meter::LogGb, "how much the handler logs is in its code");
    if function.tracing {
        ledger.add_unknown(owner, Meter::Trace, "how many requests are traced depends on X-Ray's sampling");
    }
}
