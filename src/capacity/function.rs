//! Functions: batches at once, instances at once, invocations, the time of one.

use super::SizedStream;
use super::batch::Batches;
use super::flow::{Flow, Flows, Site, shards_at, undeclared};
use super::limit::{self, CONCURRENCY, QUEUE_AT_ONCE, QUEUE_IN_FLIGHT, page};
use super::load::{Levels, counted, number, time};
use super::report::{Answer, Level, Need, Resource, Supply, Unknown};
use super::stream::{hottest, skew};
use crate::pipeline::{Consumer, Function, StageKind, StageRef, Traffic, WorkSource, Worker};

/// A function with everything that its sums need.
#[derive(Clone, Debug)]
pub(super) struct Running<'a> {
    pub(super) stage: StageRef,
    pub(super) function: &'a Function,
    pub(super) flow: &'a Flow,
    pub(super) batches: Batches,
    pub(super) feed: Feed<'a>,
}

/// What invokes a function.
#[derive(Clone, Copy, Debug)]
pub(super) enum Feed<'a> {
    /// A stream.
    Stream { consumer: &'a Consumer, capacity: SizedStream, traffic: &'a Traffic },
    /// A queue, so many batches of it at once at most.
    Queue { most: f64, bounded: bool },
    /// A topic, each message by itself.
    Topic,
}

impl Running<'_> {
    /// The shards of its stream.
    pub(super) fn shards(&self, level: Level) -> f64 {
        match self.feed {
            Feed::Stream { capacity, traffic, .. } => shards_at(capacity, traffic, level),
            Feed::Queue { .. } | Feed::Topic => 1.0,
        }
    }

    pub(super) fn records(&self, level: Level) -> f64 {
        self.flow.records.at(level)
    }

    /// Invocations a second.
    pub(super) fn invocations(&self, level: Level) -> f64 {
        self.batches.invocations(self.records(level), self.shards(level))
    }

    /// Records of a batch.
    pub(super) fn fill(&self, level: Level) -> f64 {
        self.batches.fill(self.records(level), self.lanes(level))
    }

    /// Batches that can be worked on at once.
    pub(super) fn lanes(&self, level: Level) -> f64 {
        self.shards(level) * self.batches.parallel
    }

    /// Instances at once.
    pub(super) fn concurrency(&self, level: Level) -> f64 {
        let needed = match self.feed {
            Feed::Stream { .. } => self.batches.concurrency(self.records(level), self.shards(level)),
            Feed::Queue { .. } | Feed::Topic => {
                let fill = self.fill(level);
                self.records(level) / fill * self.batches.takes(fill)
            }
        };
        match self.feed {
            Feed::Queue { most, bounded: true } => needed.min(most.max(self.batches.at_once(self.records(level)))),
            Feed::Queue { .. } | Feed::Stream { .. } | Feed::Topic => needed,
        }
    }
}

/// Every function of which enough is known; what is not known of the others goes to `unknown`.
pub(super) fn running<'a>(site: Site<'a>, flows: &'a Flows, unknown: &mut Vec<Unknown>) -> Vec<Running<'a>> {
    let consumers = site
        .pipeline()
        .consumers()
        .values()
        .filter_map(|consumer| running_consumer(site, flows, consumer).map_err(|what| unknown.extend(what)).ok());
    let mut all: Vec<Running<'_>> = consumers.collect();
    let workers = site.pipeline().workers().values();
    all.extend(workers.filter_map(|worker| running_worker(flows, worker).map_err(|what| unknown.extend(what)).ok()));
    all
}

fn no_work(stage: &StageRef) -> Unknown {
    Unknown {
        question: format!("how long {stage} works on a batch, and so how many of it run at once"),
        answer: Answer::Declare(format!("{}.work", stage.path())),
    }
}

fn running_consumer<'a>(site: Site<'a>, flows: &'a Flows, consumer: &'a Consumer) -> Result<Running<'a>, Vec<Unknown>> {
    let stage = StageRef::new(StageKind::Consumer, &consumer.name);
    let source = site.source(&consumer.from);
    let mut missing = Vec::new();
    if source.traffic.is_none() {
        missing.push(Unknown {
            question: format!("how many records reach {stage}"),
            answer: Answer::Declare(undeclared(&consumer.from)),
        });
    }
    if source.capacity.is_none() {
        missing.push(Unknown {
            question: format!("how many shards the stream of {stage} has"),
            answer: Answer::Declare(format!("streams.{}.capacity of the other pipeline", consumer.from.stream())),
        });
    }
    if consumer.function.work.is_none() {
        missing.push(no_work(&stage));
    }
    let (Some(traffic), Some(capacity), Some(work), Some(flow)) =
        (source.traffic, source.capacity, consumer.function.work.as_ref(), flows.get(&stage))
    else {
        return Err(missing);
    };
    let batches = Batches::of(&consumer.batch, consumer.read, work, traffic.record.as_bytes() as f64);
    let feed = Feed::Stream { consumer, capacity, traffic };
    Ok(Running { stage, function: &consumer.function, flow, batches, feed })
}

fn running_worker<'a>(flows: &'a Flows, worker: &'a Worker) -> Result<Running<'a>, Vec<Unknown>> {
    let stage = StageRef::new(StageKind::Worker, &worker.name);
    let flow = flows.get(&stage);
    let mut missing = Vec::new();
    if flow.is_none() {
        missing.push(Unknown {
            question: format!("how many messages reach {stage}"),
            answer: Answer::Declare("the traffic of every stream whose records lead to it".to_owned()),
        });
    }
    if worker.function.work.is_none() {
        missing.push(no_work(&stage));
    }
    let (Some(work), Some(flow)) = (worker.function.work.as_ref(), flow) else { return Err(missing) };
    let (batches, feed) = match &worker.from {
        WorkSource::Queue { batch, window, most_at_once, .. } => (
            Batches::of_queue(*batch, window.as_secs_f64(), work),
            Feed::Queue { most: most_at_once.map_or(QUEUE_AT_ONCE, f64::from), bounded: most_at_once.is_some() },
        ),
        WorkSource::Topic { .. } => (Batches::of_queue(1, 0.0, work), Feed::Topic),
    };
    Ok(Running { stage, function: &worker.function, flow, batches, feed })
}

/// What a function needs; `pool` is what the account's other functions leave.
pub(super) fn needs(run: &Running<'_>, pool: f64) -> Vec<Need> {
    let mut needs = match run.feed {
        Feed::Stream { consumer, capacity, traffic } => of_stream(run, consumer, capacity, traffic),
        Feed::Queue { most, .. } => of_queue(run, most),
        Feed::Topic => Vec::new(),
    };
    needs.push(concurrency(run, pool));
    needs.push(invocations(run));
    let takes = run.batches.takes(run.batches.size);
    let timeout = Supply::Fixed(run.function.timeout.as_secs_f64());
    needs.push(Need::new(Resource::Timeout, Levels::of(|_| takes), timeout, page::LAMBDA_QUOTAS).how(format!(
        "{} + {} × {} = {} for a full batch; it may take {}",
        time(run.batches.fixed),
        counted(run.batches.size, "record"),
        time(run.batches.per_record),
        time(takes),
        run.function.timeout
    )));
    needs
}

fn of_stream(run: &Running<'_>, consumer: &Consumer, capacity: SizedStream, traffic: &Traffic) -> Vec<Need> {
    let batches = run.batches;
    let share = hottest(traffic);
    let each = batches.takes(batches.size) / batches.size;
    let sum = format!(
        "{} records/s × {} a record in full batches of {} = {} at once at the peak",
        number(run.records(Level::Peak)),
        time(each),
        number(batches.size),
        number(batches.at_once(run.records(Level::Peak)))
    );
    let parallel = consumer.batch.parallel;
    let parallelism = match capacity {
        SizedStream::Provisioned { shards } => {
            let shards = f64::from(shards);
            let skew = share.map_or(1.0, |share| skew(share, shards));
            let need = Levels::of(|level| batches.at_once(run.records(level)) * skew);
            let have = Supply::Fixed(shards * batches.parallel);
            Need::new(Resource::Parallelism, need, have, page::LAMBDA_KINESIS).how(format!(
                "{sum}, of which the busiest shard has {} times its part; {} × parallel {parallel} = {}",
                number(skew),
                counted(shards, "shard"),
                number(shards * batches.parallel)
            ))
        }
        SizedStream::OnDemand => {
            let need = Levels::of(|level| batches.at_once(run.records(level)) / run.shards(level));
            Need::new(Resource::Parallelism, need, Supply::Fixed(batches.parallel), page::LAMBDA_KINESIS).how(format!(
                "{sum}, of one of the {} shards that the writers make Kinesis open {}; parallel {parallel} allows as \
                 many",
                number(run.shards(Level::Peak)),
                number(need.peak)
            ))
        }
    };
    let mut needs = vec![parallelism.assuming(run.flow.assumes.clone())];
    if let Some(share) = share {
        let need = Levels::of(|level| batches.at_once(run.records(level)) * share);
        needs.push(
            Need::new(Resource::HottestKey, need, Supply::Fixed(1.0), page::LAMBDA_KINESIS)
                .how(format!(
                    "{sum}; the busiest key has {} % of them, and its batches come one after the other",
                    number(share * 100.0)
                ))
                .assuming(run.flow.assumes.clone()),
        );
    }
    needs
}

fn of_queue(run: &Running<'_>, most: f64) -> Vec<Need> {
    let batches = run.batches;
    let at_once = Levels::of(|level| batches.at_once(run.records(level)));
    let flying = Levels::of(|level| run.concurrency(level) * run.fill(level));
    let peak = number(run.records(Level::Peak));
    vec![
        Need::new(Resource::Parallelism, at_once, Supply::Fixed(most), page::LAMBDA_SQS)
            .how(format!(
                "{peak} messages/s × {} a message in full batches of {} = {} at once at the peak; {} batches of a queue \
                 are worked on at once",
                time(batches.takes(batches.size) / batches.size),
                number(batches.size),
                number(at_once.peak),
                number(most)
            ))
            .assuming(run.flow.assumes.clone()),
        Need::new(Resource::QueueInFlight, flying, Supply::Fixed(QUEUE_IN_FLIGHT), page::SQS)
            .how(format!(
                "{} at once × {} at the peak; a queue has 120,000 in flight",
                number(run.concurrency(Level::Peak)),
                counted(run.fill(Level::Peak), "message")
            ))
            .assuming(run.flow.assumes.clone()),
    ]
}

fn concurrency(run: &Running<'_>, pool: f64) -> Need {
    let need = Levels::of(|level| run.concurrency(level));
    let fill = run.fill(Level::Peak);
    let (have, has) = match run.function.concurrency.reserved {
        Some(reserved) => (Supply::Fixed(f64::from(reserved)), format!("{reserved} are reserved")),
        None => (
            Supply::Elastic { now: pool, most: pool },
            format!("{} of the account are left by what is reserved", number(pool)),
        ),
    };
    let lanes = match run.feed {
        Feed::Stream { .. } => format!(", and no more than the {} there are", number(run.lanes(Level::Peak))),
        Feed::Queue { .. } | Feed::Topic => String::new(),
    };
    Need::new(Resource::Concurrency, need, have, page::LAMBDA_CONCURRENCY)
        .how(format!(
            "{} invocations/s × {} with {} each{lanes} = {} at the peak; {has}",
            number(run.invocations(Level::Peak)),
            time(run.batches.takes(fill)),
            counted(fill, "record"),
            number(need.peak)
        ))
        .assuming(run.flow.assumes.clone())
}

fn invocations(run: &Running<'_>) -> Need {
    let need = Levels::of(|level| run.invocations(level));
    let most = CONCURRENCY * limit::REQUESTS_PER_CONCURRENCY;
    let window = run.batches.tumbling.map_or_else(String::new, |window| {
        format!(", and one for each shard at the end of each window of {}", time(window))
    });
    Need::new(Resource::Invocations, need, Supply::Elastic { now: most, most }, page::LAMBDA_QUOTAS)
        .how(format!(
            "{} records/s in batches of {}{window} = {} invocations/s at the peak; an account's 1,000 instances take \
             10,000/s",
            number(run.records(Level::Peak)),
            number(run.fill(Level::Peak)),
            number(need.peak)
        ))
        .assuming(run.flow.assumes.clone())
}
