//! Plans of each temperament.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::{About, Outlook};
use crate::capacity::{Answer, Assessment, Bottleneck, LatencyBudget, Level, Quota, QuotaUse, Resource, Unknown};
use crate::cost::{self, Range, Total};
use crate::diagnostic::{FilePath, Place, Span};
use crate::pipeline::{Origin, StageKind, StageRef};
use crate::plan::{
    AccessChange, Action, Baseline, BlockedBy, Change, ChangeKind, ConsumerEffect, DataAtRisk, DataEnd, Decider,
    Expected, Grant, Move, Permission, Plan, PlanKind, PositionReset, Reason, Records, Remedy, Removal, ResourcePlan,
    Summary, Sureness, Unchanged, Verdict,
};
use crate::template::{PropertyPath, Recreation};
use crate::units::{Digest, Duration, LogicalId, Money, StageName, Timestamp};
use crate::view::graph::{Flow, FlowKind, Graph, Node, NodeKind};

pub(super) fn about() -> About {
    About {
        pipeline: "fraud-detection".into(),
        environment: "local".into(),
        account: "000000000000".into(),
        region: "eu-west-1".into(),
        embedded: true,
        outlook: None,
        topology: None,
        consent: Vec::new(),
    }
}

/// What a plan is about that will not carry its peak, is late, and is too dear.
pub(super) fn strained() -> About {
    let stage = StageRef::new(StageKind::Consumer, &StageName::new("score").unwrap());
    let quota = QuotaUse {
        quota: Quota::LambdaConcurrency,
        need: 1_800.0,
        default: 1_000.0,
        source: "https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html",
        raise: true,
        how: "18 functions of 100".into(),
    };
    let latency = LatencyBudget {
        parts: Vec::new(),
        total_p50: Duration::from_millis(80),
        total_p99: Duration::from_millis(420),
        target: Some(Duration::from_millis(200)),
        lever: None,
        assumes: None,
    };
    let bottleneck = Bottleneck { stage, resource: Resource::Parallelism, multiple: 1.4, at: Some(Level::Peak) };
    let unknown =
        Unknown { question: "how large an item is".into(), answer: Answer::Declare("tables.decisions.item".into()) };
    let assessment = Assessment {
        stages: Vec::new(),
        bottleneck: Some(bottleneck),
        latency: Some(latency),
        recovery: Vec::new(),
        advice: Vec::new(),
        quotas: vec![quota],
        unknown: vec![unknown],
    };
    let usd = |cents| Money::from_cents(cents).unwrap();
    let known = Range { steady: usd(123_456), peak: usd(345_678) };
    let budget = Some((usd(100_000), cost::Verdict::Above));
    About {
        embedded: false,
        outlook: Some(Outlook::of(assessment, Some(Total { known, unknown: 2 }), budget)),
        consent: vec![Permission::ConsumerReset { logical_id: id("ConsumerScoreMapping") }, Permission::OverBudget],
        ..about()
    }
}

/// A stream, its consumer and a table.
pub(super) fn topology() -> Graph {
    let node = |id: &str, kind, label: &str, detail: &str| Node {
        id: id.to_owned(),
        kind,
        label: label.to_owned(),
        detail: detail.to_owned(),
    };
    let flow = |from, to, kind, label: &str| Flow { from, to, kind, label: label.to_owned() };
    Graph {
        pipeline: "fraud-detection".to_owned(),
        environment: "local".to_owned(),
        nodes: vec![
            node("stream-transactions", NodeKind::Stream, "transactions", "4 shards · 7d"),
            node("table-decisions", NodeKind::Table, "decisions", ""),
            node("consumer-score", NodeKind::Consumer, "score", "python3.13"),
            node("producers", NodeKind::Producers, "producers", ""),
        ],
        edges: vec![
            flow(3, 0, FlowKind::Sends, "peak 9000/s"),
            flow(0, 2, FlowKind::Reads, "fan-out"),
            flow(2, 1, FlowKind::Writes, "writes"),
        ],
    }
}

fn id(text: &str) -> LogicalId {
    LogicalId::new(text).unwrap()
}

fn origin(kind: StageKind, name: &str, line: u32, column: u32) -> Origin {
    let stage = StageRef::new(kind, &StageName::new(name).unwrap());
    let file = FilePath::new("stacks/fraud-detection/pipeline.yaml");
    let place = Place { file, span: Span { start: 0, end: 1 }, line, column };
    Origin { spec_path: stage.path(), place: Some(place), stage: Some(stage), escapes: Vec::new() }
}

pub(in crate::view) fn change(path: &str, before: Value, after: Value, recreation: Recreation) -> Change {
    Change {
        path: PropertyPath::of(path),
        inside: None,
        kind: ChangeKind::Modified,
        before: Some(before),
        after: Some(after),
        known_after_apply: false,
        recreation,
        caused_by: None,
        sensitive: false,
    }
}

fn resource(name: &str, type_name: &str, action: Action, reason: Reason, origin: Option<Origin>) -> ResourcePlan {
    ResourcePlan {
        logical_id: id(name),
        type_name: type_name.into(),
        physical_id: (action != Action::Create).then(|| format!("{name}-1")),
        action,
        reasons: vec![reason],
        changes: Vec::new(),
        sureness: Sureness::Certain,
        decided_by: BTreeSet::from([Decider::Schema, Decider::ChangeSet]),
        removal: None,
        remedies: Vec::new(),
        expected: Expected { typical: Duration::from_secs(10), slow: Duration::from_secs(20) },
        origin,
    }
}

/// What stays: a function and its log group, and alarms of the pipeline.
fn same(at: usize) -> Unchanged {
    let score = StageRef::new(StageKind::Consumer, &StageName::new("score").unwrap());
    let (logical_id, type_name, stage) = match at {
        0 => (id("ConsumerScoreFunction"), "AWS::Lambda::Function", Some(score)),
        1 => (id("LogGroup"), "AWS::Logs::LogGroup", None),
        at => (id(&format!("Alarm{at}")), "AWS::CloudWatch::Alarm", None),
    };
    Unchanged { logical_id, type_name: type_name.to_owned(), stage }
}

fn plan(kind: PlanKind, resources: Vec<ResourcePlan>, unchanged: usize) -> Plan {
    let mut by_action = BTreeMap::new();
    for resource in &resources {
        *by_action.entry(resource.action).or_insert(0) += 1;
    }
    let template = Digest::new(&"3b9e".repeat(16)).unwrap();
    let baseline = match kind {
        PlanKind::Create => Baseline::Absent,
        PlanKind::Update | PlanKind::Destroy => Baseline::Stack {
            id: "arn:aws:cloudformation:eu-west-1:000000000000:stack/fraud-detection-local/1".into(),
            template: template.clone(),
            updated: Timestamp::from_millis(1_767_323_045_000),
        },
    };
    Plan {
        format_version: crate::plan::FORMAT_VERSION.into(),
        stack: "fraud-detection-local".into(),
        kind,
        baseline,
        template,
        not_asked: None,
        resources,
        outputs: Vec::new(),
        tags: Vec::new(),
        consumers: Vec::new(),
        data: Vec::new(),
        effects: Vec::new(),
        access: Vec::new(),
        moves: Vec::new(),
        left_out: Vec::new(),
        rollback: None,
        drain: None,
        hand_overs: Vec::new(),
        paused: Vec::new(),
        unmeasured: Vec::new(),
        unchanged: (0..unchanged).map(same).collect(),
        expected: Expected { typical: Duration::from_secs(40), slow: Duration::from_secs(120) },
        summary: Summary { by_action, unchanged, ..Summary::default() },
    }
}

pub(super) fn empty() -> Plan {
    plan(PlanKind::Update, Vec::new(), 4)
}

pub(super) fn change_of_parallel() -> Plan {
    let at = origin(StageKind::Consumer, "score", 44, 50);
    let mut mapping = resource(
        "ConsumerScoreMapping",
        "AWS::Lambda::EventSourceMapping",
        Action::Update,
        Reason::InPlace,
        Some(at.clone()),
    );
    mapping.changes = vec![change("ParallelizationFactor", json!(4), json!(8), Recreation::Never)];
    let mut plan = plan(PlanKind::Update, vec![mapping], 4);
    plan.consumers = vec![ConsumerEffect {
        logical_id: id("ConsumerScoreMapping"),
        verdict: Verdict::Continues,
        records: Records::Untouched,
        behind: None,
        amount: None,
        rule: "V-3".into(),
        because: vec![PropertyPath::of("ParallelizationFactor")],
        origin: Some(at),
    }];
    plan
}

pub(super) fn create() -> Plan {
    let new = |name, type_name, origin| resource(name, type_name, Action::Create, Reason::New, origin);
    let resources = vec![
        new("ConsumerScoreFunction", "AWS::Lambda::Function", Some(origin(StageKind::Consumer, "score", 44, 3))),
        new("ConsumerScoreRole", "AWS::IAM::Role", Some(origin(StageKind::Consumer, "score", 44, 3))),
        new("Dashboard", "AWS::CloudWatch::Dashboard", None),
        new("StreamTransactions", "AWS::Kinesis::Stream", Some(origin(StageKind::Stream, "transactions", 17, 3))),
    ];
    plan(PlanKind::Create, resources, 0)
}

pub(super) fn risky() -> Plan {
    let stream = origin(StageKind::Stream, "transactions", 17, 3);
    let table = origin(StageKind::Table, "decisions", 24, 3);
    let consumer = origin(StageKind::Consumer, "score", 44, 3);
    let path = PropertyPath::of("Name");
    let mut blocked = resource(
        "StreamTransactions",
        "AWS::Kinesis::Stream",
        Action::Cannot,
        Reason::Blocked(BlockedBy::FixedName {
            property: "Name".into(),
            name: "fraud-detection-local-transactions".into(),
            path: PropertyPath::of("StreamEncryption"),
        }),
        Some(stream),
    );
    blocked.remedies = vec![
        Remedy::KeepValue { path: "StreamEncryption".into(), deployed: json!({"EncryptionType": "KMS"}) },
        Remedy::NewStage,
    ];
    let mut mapping = resource(
        "ConsumerScoreMapping",
        "AWS::Lambda::EventSourceMapping",
        Action::Replace,
        Reason::CreateOnly { path: PropertyPath::of("StartingPosition") },
        Some(consumer.clone()),
    );
    mapping.changes = vec![change("StartingPosition", json!("TRIM_HORIZON"), json!("LATEST"), Recreation::Always)];
    mapping.removal = Some(Removal::Deleted);
    let mut deleted =
        resource("TableDecisions", "AWS::DynamoDB::Table", Action::Delete, Reason::Removed, Some(table.clone()));
    deleted.removal = Some(Removal::Deleted);
    let mut plan = plan(PlanKind::Update, vec![mapping, blocked, deleted], 3);
    plan.consumers = vec![
        ConsumerEffect {
            logical_id: id("ArchiveTransactions"),
            verdict: Verdict::Continues,
            records: Records::Untouched,
            behind: None,
            amount: None,
            rule: "V-1".into(),
            because: Vec::new(),
            origin: None,
        },
        ConsumerEffect {
            logical_id: id("ConsumerScoreMapping"),
            verdict: Verdict::Resets,
            records: Records::ReadAgain { from: PositionReset::TrimHorizon },
            behind: None,
            amount: None,
            rule: "V-4".into(),
            because: vec![path],
            origin: Some(consumer),
        },
    ];
    let grant = |actions: &[&str], on: &str| Grant {
        denies: false,
        who: "ConsumerScoreRole".into(),
        actions: actions.iter().map(|action| (*action).to_owned()).collect(),
        on: on.into(),
        condition: None,
    };
    plan.access = vec![AccessChange {
        logical_id: id("ConsumerScoreRole"),
        gained: vec![grant(&["kinesis:DescribeStream", "kinesis:GetRecords"], "*")],
        lost: vec![grant(&["dynamodb:PutItem"], "TableDecisions.Arn")],
    }];
    plan.moves = vec![Move { from: id("TopicScore"), to: id("TopicRate"), removal: Some(Removal::Deleted) }];
    plan.data = vec![DataAtRisk {
        logical_id: id("TableDecisions"),
        type_name: "AWS::DynamoDB::Table".into(),
        physical_id: Some("fraud-detection-local-decisions".into()),
        end: DataEnd::Removed,
        removal: Removal::Deleted,
        held: None,
        amount: None,
        origin: Some(table),
    }];
    plan
}
