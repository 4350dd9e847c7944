//! Endpoints: how often they are asked, and how many instances that takes.

use super::function::Running;
use super::limit::page;
use super::load::{Levels, number, time};
use super::queueing::{Service, servers_for, servers_without_queue};
use super::report::{Answer, Level, Need, Resource, Supply, Unknown};
use crate::pipeline::{Endpoint, Model, Pipeline, ServiceTime, Serving, StageKind, StageRef};

/// How a function asks an endpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Asks {
    /// Once for each record.
    EachRecord,
    /// Once for each batch.
    EachBatch,
}

/// How a function asks an endpoint: a handler whose work on one record is shorter than a call cannot make one for each,
/// and an asynchronous request is one object.
pub(super) fn asks(run: &Running<'_>, endpoint: &Endpoint, latency: &ServiceTime) -> Asks {
    match endpoint.serving {
        Serving::Async { .. } => Asks::EachRecord,
        Serving::RealTime { .. } | Serving::Serverless { .. }
            if run.batches.per_record >= latency.p50.as_secs_f64() =>
        {
            Asks::EachRecord
        }
        Serving::RealTime { .. } | Serving::Serverless { .. } => Asks::EachBatch,
    }
}

/// The service time of one call.
pub(super) fn service(latency: &ServiceTime) -> Service {
    Service::measured(latency.p50.as_secs_f64().max(1e-6), latency.p99.as_secs_f64().max(1e-6))
}

/// The part of all calls that the busiest model of an endpoint answers on instances of its own.
pub(super) fn busiest_share(model: &Model) -> f64 {
    match model {
        Model::Multi { .. } | Model::Single { .. } => 1.0,
        Model::Variants(variants) => {
            let weights = variants.values().map(|variant| f64::from(variant.weight));
            let (sum, most) = weights.fold((0.0, 0.0_f64), |(sum, most), weight| (sum + weight, most.max(weight)));
            if sum > 0.0 { most / sum } else { 1.0 }
        }
    }
}

/// Calls a second, and how that came about.
struct Calls {
    rate: Levels,
    words: Vec<String>,
    assumes: Option<String>,
}

impl Calls {
    fn add(&mut self, run: &Running<'_>, asks: Asks) {
        let (per, words) = match asks {
            Asks::EachRecord => (1.0, "one call for each record".to_owned()),
            Asks::EachBatch => {
                (run.batches.size, format!("one call for each full batch of {}", number(run.batches.size)))
            }
        };
        self.rate = self.rate.plus(Levels::of(|level| run.records(level) / per));
        self.words.push(format!("{} records/s of {}, {words}", number(run.records(Level::Peak)), run.stage));
        if self.assumes.is_none() {
            self.assumes.clone_from(&run.flow.assumes);
        }
    }
}

/// What every endpoint of a pipeline needs, as far as that is known.
pub(super) fn needs(
    pipeline: &Pipeline,
    running: &[Running<'_>],
    unknown: &mut Vec<Unknown>,
) -> Vec<(StageRef, Vec<Need>)> {
    let of = |endpoint: &Endpoint| {
        let stage = StageRef::new(StageKind::Endpoint, &endpoint.name);
        let asked =
            pipeline.functions().filter(|(_, function)| function.endpoints().any(|name| *name == endpoint.name));
        let askers: Vec<StageRef> = asked.map(|(stage, _)| stage).collect();
        if askers.is_empty() {
            return Err(Vec::new());
        }
        let Some(latency) = &endpoint.latency else {
            return Err(vec![Unknown {
                question: format!("how long {stage} takes for a call, and so how many instances it needs"),
                answer: Answer::Declare(format!("{}.latency", stage.path())),
            }]);
        };
        let mut calls = Calls { rate: Levels::default(), words: Vec::new(), assumes: None };
        for asker in &askers {
            let Some(run) = running.iter().find(|run| run.stage == *asker) else {
                return Err(vec![Unknown {
                    question: format!("how often {asker} asks {stage}"),
                    answer: Answer::Declare(format!("{}.work, and the traffic that reaches it", asker.path())),
                }]);
            };
            calls.add(run, asks(run, endpoint, latency));
            if run.function.scores_with.as_ref() != Some(&endpoint.name) {
                calls.assumes = Some(format!("the endpoint that {stage} stands in for is down"));
            }
        }
        Ok((stage.clone(), vec![need(endpoint, latency, &calls)]))
    };
    let all = pipeline.endpoints().values();
    all.filter_map(|endpoint| of(endpoint).map_err(|what| unknown.extend(what)).ok()).collect()
}

fn fleet(min: u32, max: u32) -> Supply {
    if min == max {
        Supply::Fixed(f64::from(max))
    } else {
        Supply::Elastic { now: f64::from(min), most: f64::from(max) }
    }
}

fn need(endpoint: &Endpoint, latency: &ServiceTime, calls: &Calls) -> Need {
    let service = service(latency);
    let share = busiest_share(&endpoint.model);
    let rate = |level| calls.rate.at(level) * share;
    let wait = latency.p50.as_secs_f64();
    let busy = number(rate(Level::Peak) * service.mean);
    let asked = format!(
        "{} = {} calls/s × {} on average = {busy} busy at the peak",
        calls.words.join(" and "),
        number(rate(Level::Peak)),
        time(service.mean)
    );
    let need = match &endpoint.serving {
        Serving::RealTime { min, max, .. } => {
            let servers = Levels::of(|level| servers_for(rate(level), service, wait));
            Need::new(Resource::Instances, servers, fleet(*min, *max), page::ENDPOINT_SCALING).how(format!(
                "{asked}, one call at a time on each; with {} of them 99 of 100 calls wait no longer than a median call \
                 takes ({}), with {min} to {max} instances to have",
                number(servers.peak),
                latency.p50
            ))
        }
        Serving::Async { min, max, parallel, .. } => {
            let at_once = f64::from(parallel.unwrap_or(1));
            let servers = Levels::of(|level| (rate(level) * service.mean / at_once).ceil());
            Need::new(Resource::Instances, servers, fleet(*min, *max), page::ASYNC_SCALING).how(format!(
                "{asked}, {} at once on each instance; requests may wait, so {} keep up, with {min} to {max} to have",
                number(at_once),
                number(servers.peak)
            ))
        }
        Serving::Serverless { max, .. } => {
            let servers = Levels::of(|level| servers_without_queue(rate(level), service));
            Need::new(Resource::Concurrency, servers, Supply::Fixed(f64::from(*max)), page::SERVERLESS).how(format!(
                "{asked}; nothing waits at a serverless endpoint, and with {} at once no more than one call in a \
                 hundred is turned away, of {max} allowed",
                number(servers.peak)
            ))
        }
    };
    need.assuming(calls.assumes.clone())
}
