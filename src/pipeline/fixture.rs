//! The fraud-detection pipeline, resolved, for tests of the rooms that come after resolving.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::*;
use crate::diagnostic::FilePath;
use crate::environment::{self, Environment, Tier};
use crate::spec;
use crate::units::{ByteSize, Count, Duration, Percent, PipelineName, Rate, ShardMetric, StageName};

/// A stage name.
pub(crate) fn name(text: &str) -> StageName {
    StageName::new(text).expect("a stage name")
}

fn by_name<T>(stages: impl IntoIterator<Item = (StageName, T)>) -> BTreeMap<StageName, T> {
    stages.into_iter().collect()
}

fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

/// A pipeline as its file writes it, in an environment as its file writes it, beside other pipelines.
pub(crate) fn written(pipeline: &str, environment: &str, neighbours: &[&str]) -> Pipeline {
    let read = |text: &str| spec::read(&FilePath::new("pipeline.yaml"), text.as_bytes()).expect("a file");
    let environment =
        environment::read(&FilePath::new("environment.yaml"), environment.as_bytes()).expect("an environment");
    let mut facts = FolderFacts::none();
    for neighbour in neighbours.iter().map(|text| read(text)) {
        facts.insert_neighbour(neighbour.name().clone(), Neighbour::Read(Arc::new(neighbour)));
    }
    resolve(&read(pipeline), &environment, None, &facts).expect("resolves").0
}

impl Pipeline {
    /// `stacks/fraud-detection/pipeline.yaml` in an environment of a tier.
    pub(crate) fn fixture(tier: Tier) -> Self {
        let environment = Environment::fixture(tier);
        Self {
            name: PipelineName::new("fraud-detection").expect("a name"),
            owner: "payments-ml".to_owned(),
            description: "Scores card transactions while they are being authorised.".to_owned(),
            region: environment.regions()[0].clone(),
            environment,
            traffic: by_name([(name("transactions"), traffic())]),
            latency: Some(LatencyTarget { target: Duration::from_millis(500), class: LatencyClass::Low }),
            budget: None,
            keys: BTreeMap::new(),
            streams: by_name([
                stream("transactions", StreamCapacity::Auto),
                stream("late-transactions", StreamCapacity::OnDemand),
            ]),
            tables: by_name([table("card-features", "card_id", 30), table("decisions", "transaction_id", 90)]),
            queues: BTreeMap::new(),
            topics: BTreeMap::new(),
            buckets: BTreeMap::new(),
            endpoints: by_name([(name("scoring"), endpoint())]),
            consumers: by_name([(name("score"), consumer())]),
            workers: BTreeMap::new(),
            archives: by_name([(name("transactions"), archive())]),
            metrics: BTreeMap::new(),
            alarms: BTreeMap::new(),
            composites: BTreeMap::new(),
            readiness: Readiness::default(),
            escape: EscapeHatch::default(),
            places: Places::default(),
        }
    }

    /// The one consumer, to be changed.
    pub(crate) fn score(&mut self) -> &mut Consumer {
        self.consumers.get_mut("score").expect("is there")
    }
    /// The one endpoint, to be changed.
    pub(crate) fn scoring(&mut self) -> &mut Endpoint {
        self.endpoints.get_mut("scoring").expect("is there")
    }
    /// The main stream, to be changed.
    pub(crate) fn transactions(&mut self) -> &mut Stream {
        self.streams.get_mut("transactions").expect("is there")
    }
    /// The description, to be changed.
    pub(crate) fn set_description(&mut self, text: &str) {
        text.clone_into(&mut self.description);
    }
    /// The escape hatch, to be changed.
    pub(crate) fn escape_mut(&mut self) -> &mut EscapeHatch {
        &mut self.escape
    }
    /// Tunes one alarm.
    pub(crate) fn tune(&mut self, kind: StageKind, stage: &str, alarm: AlarmId, tuning: AlarmTuning) {
        self.alarms.entry(StageRef::new(kind, &name(stage))).or_default().insert(alarm, tuning);
    }
}

fn traffic() -> Traffic {
    Traffic {
        steady: Rate::Records(1_200.0),
        peak: Rate::Records(9_000.0),
        burst: seconds(1_200),
        record: ByteSize::from_bytes(1_229),
        key: Some(KeySpread { field: "card_id".to_owned(), distinct: Count(2_000_000), hottest: Percent::new(0.3) }),
    }
}

fn stream(text: &str, capacity: StreamCapacity) -> (StageName, Stream) {
    let shard_metrics = if text == "transactions" { ShardMetric::ALL.into_iter().collect() } else { BTreeSet::new() };
    let retention = seconds(7 * 86_400);
    (name(text), Stream { name: name(text), capacity, retention, shard_metrics, encryption: Encryption::Managed })
}

fn table(text: &str, key: &str, days: u64) -> (StageName, Table) {
    let ttl = Ttl::Expires { attribute: "expires_at".to_owned(), after: Some(seconds(days * 86_400)) };
    let table = Table {
        name: name(text),
        key: key.to_owned(),
        sort: None,
        ttl,
        capacity: TableCapacity::OnDemand,
        point_in_time_recovery: true,
        indexes: BTreeMap::new(),
        encryption: Encryption::Managed,
    };
    (name(text), table)
}

fn endpoint() -> Endpoint {
    let models = ["fraud-v7", "fraud-v6"].map(|model| (model.to_owned(), format!("models/{model}.tar.gz")));
    Endpoint {
        name: name("scoring"),
        model: Model::Multi {
            image: Image::Builtin { name: "xgboost".to_owned(), version: "1.7-1".to_owned() },
            models: models.into_iter().collect(),
            default: "fraud-v7".to_owned(),
            fallback: Some("fraud-v6".to_owned()),
        },
        serving: Serving::RealTime {
            instance: "ml.c5.xlarge".to_owned(),
            min: 2,
            max: 8,
            rollout: EndpointRollout::Canary { instances: 1, wait: seconds(300) },
        },
        latency: Some(ServiceTime { p50: Duration::from_millis(9), p99: Duration::from_millis(35) }),
    }
}

fn consumer() -> Consumer {
    Consumer {
        name: name("score"),
        from: StreamFrom::Own(name("transactions")),
        function: function(),
        read: ReadMode::FanOut,
        start: StartPosition::TrimHorizon,
        batch: Batch { size: 20, window: Duration::ZERO, parallel: 4, tumbling: None },
        failure: Failure {
            retries: Some(3),
            max_age: Some(seconds(3_600)),
            bisect: true,
            report_items: true,
            to: FailureDestination::OwnQueue,
        },
        late_to: Some(name("late-transactions")),
        filters: Vec::new(),
    }
}

fn function() -> Function {
    Function {
        code: "handlers/score".to_owned(),
        build: None,
        requirements: None,
        handler: "app.handler".to_owned(),
        runtime: "python3.13".to_owned(),
        memory: ByteSize::from_mib(1_024),
        timeout: seconds(60),
        features: vec![name("card-features")],
        scores_with: Some(name("scoring")),
        falls_back_to: None,
        writes: vec![name("decisions")],
        sends: Sends::default(),
        reads: Vec::new(),
        environment: BTreeMap::new(),
        network: None,
        layers: Vec::new(),
        concurrency: Concurrency::default(),
        tracing: false,
        log_retention_days: 30,
        work: Some(Work { fixed: Duration::from_millis(12), per_record: Duration::from_millis(2) }),
    }
}

fn archive() -> Archive {
    Archive {
        stream: name("transactions"),
        format: ArchiveFormat::Json { compress: Compression::Gzip },
        buffer_size: ByteSize::from_mib(64),
        buffer_every: seconds(300),
        keep_standard: seconds(90 * 86_400),
        then: AfterStandard::Glacier,
        partition_by: Vec::new(),
        encryption: Encryption::Managed,
    }
}
