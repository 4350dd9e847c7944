//! How long a deployment is expected to take.

use std::collections::BTreeMap;

use super::model::{Action, Expected, ResourcePlan};
use crate::template::Template;
use crate::units::{Duration, LogicalId};

/// Typical and slow seconds of creation, update and deletion. Stream, consumer and mapping times follow
/// `stream-behaviour.md` SIM-1 and SIM-10, queues `cloudformation-behaviour.md` SQ-04; the rest are common
/// observations, rounded, and only ever shown as "about".
struct Times {
    create: (u64, u64),
    update: (u64, u64),
    delete: (u64, u64),
}

const fn times(create: (u64, u64), update: (u64, u64), delete: (u64, u64)) -> Times {
    Times { create, update, delete }
}

fn of_type(type_name: &str) -> Times {
    match type_name {
        "AWS::Kinesis::Stream" => times((10, 30), (30, 900), (12, 60)),
        "AWS::Kinesis::StreamConsumer" => times((10, 30), (10, 30), (10, 60)),
        "AWS::DynamoDB::Table" => times((11, 60), (12, 600), (16, 60)),
        "AWS::SageMaker::Endpoint" => times((270, 900), (420, 1_800), (20, 120)),
        "AWS::KinesisFirehose::DeliveryStream" => times((75, 180), (20, 120), (25, 120)),
        "AWS::Lambda::EventSourceMapping" => times((25, 90), (25, 90), (25, 90)),
        "AWS::Lambda::Function" => times((6, 30), (8, 60), (4, 30)),
        "AWS::IAM::Role" | "AWS::IAM::Policy" | "AWS::IAM::ManagedPolicy" => times((18, 30), (16, 30), (3, 10)),
        "AWS::SQS::Queue" => times((61, 70), (60, 70), (61, 70)),
        "AWS::S3::Bucket" => times((14, 30), (13, 30), (3, 60)),
        "AWS::KMS::Key" => times((124, 180), (12, 60), (3, 10)),
        _ => times((3, 15), (3, 15), (2, 15)),
    }
}

fn expected((typical, slow): (u64, u64)) -> Expected {
    Expected { typical: Duration::from_secs(typical), slow: Duration::from_secs(slow) }
}

fn sum(a: Expected, b: Expected) -> Expected {
    let add = |a: Duration, b: Duration| Duration::from_micros(a.as_micros().saturating_add(b.as_micros()));
    Expected { typical: add(a.typical, b.typical), slow: add(a.slow, b.slow) }
}

fn longest(a: Expected, b: Expected) -> Expected {
    Expected { typical: a.typical.max(b.typical), slow: a.slow.max(b.slow) }
}

/// How long one resource takes.
pub(super) fn of_resource(type_name: &str, action: Action) -> Expected {
    let times = of_type(type_name);
    match action {
        Action::Create => expected(times.create),
        Action::Update | Action::Import => expected(times.update),
        Action::Delete => expected(times.delete),
        Action::Replace | Action::ReplaceDeletingFirst => sum(expected(times.create), expected(times.delete)),
        Action::Undecided => longest(expected(times.update), sum(expected(times.create), expected(times.delete))),
        Action::Cannot => Expected::default(),
    }
}

/// What CloudFormation itself needs before the first and after the last resource.
const AROUND: Expected = Expected { typical: Duration::from_secs(5), slow: Duration::from_secs(15) };

/// How long all of them take: resources run side by side, each after what it needs; what leaves goes last.
pub(super) fn of_all(resources: &[ResourcePlan], template: &Template) -> Expected {
    if resources.is_empty() {
        return Expected::default();
    }
    let by_id: BTreeMap<&LogicalId, &ResourcePlan> = resources.iter().map(|plan| (&plan.logical_id, plan)).collect();
    let needs = template.dependencies();
    // A template with a cycle is never deployed, and has no longest chain.
    let order = template.creation_order().unwrap_or_default();
    let mut done: BTreeMap<&LogicalId, Expected> = BTreeMap::new();
    let mut whole = Expected::default();
    for id in &order {
        let before = needs.get(id).into_iter().flatten().filter_map(|need| done.get(need).copied());
        let start = before.fold(Expected::default(), longest);
        let own = by_id.get(id).map_or(Expected::default(), |plan| plan.expected);
        let end = sum(start, own);
        whole = longest(whole, end);
        done.insert(id, end);
    }
    let leaving = resources.iter().filter(|plan| plan.action == Action::Delete).map(|plan| plan.expected);
    sum(sum(whole, leaving.fold(Expected::default(), longest)), AROUND)
}
