//! A small operation that goes wrong, and one that goes well.

use std::collections::BTreeMap;

use super::{Scene, SceneResource};
use crate::event::{Event, EventKind, OperationKind, OperationResult, RootCause};
use crate::observed::{KnownCause, ResourceStatus, StackEvent, StackStatus};
use crate::units::{Duration, Timestamp};

pub(super) const STACK: &str = "fraud-detection-local";
pub(super) const PLACE: &str = "stacks/fraud-detection/pipeline.yaml:44:3";
const STREAM: (&str, &str) = ("StreamTransactions", "AWS::Kinesis::Stream");
const FUNCTION: (&str, &str) = ("ConsumerScoreFunction", "AWS::Lambda::Function");
const ROLE: (&str, &str) = ("ConsumerScoreRole", "AWS::IAM::Role");

pub(super) fn at(millis: i64) -> Timestamp {
    Timestamp::from_millis(1_767_323_045_000 + millis)
}

pub(super) fn scene() -> Scene {
    let resource = |(logical_id, type_name): (&str, &str), stage: &str| SceneResource {
        logical_id: logical_id.into(),
        type_name: type_name.into(),
        stage: stage.into(),
    };
    Scene {
        stack: STACK.into(),
        embedded: true,
        resources: vec![
            resource(STREAM, "stream transactions"),
            resource(ROLE, "consumer score"),
            resource(FUNCTION, "consumer score"),
            resource(("ConsumerScoreMapping", "AWS::Lambda::EventSourceMapping"), "consumer score"),
        ],
    }
}

pub(super) fn event(millis: i64, kind: EventKind) -> Event {
    Event { at: at(millis), kind }
}

pub(crate) fn resource(millis: i64, id: &str, type_name: &str, status: &str, reason: Option<&str>) -> Event {
    let stack_id = format!("arn:aws:cloudformation:eu-west-1:000000000000:stack/{STACK}/1");
    let about_stack = type_name == "AWS::CloudFormation::Stack";
    let kind = EventKind::Resource {
        event: StackEvent {
            event_id: format!("{id}-{millis}"),
            physical_id: if about_stack { stack_id.clone() } else { format!("{id}-1") },
            stack_id,
            timestamp: at(millis),
            logical_id: id.into(),
            type_name: type_name.into(),
            status: ResourceStatus::parse(status),
            reason: reason.map(str::to_owned),
            token: None,
            operation_id: None,
        },
        spec_place: (!about_stack).then(|| PLACE.to_owned()),
    };
    event(millis, kind)
}

fn started() -> Event {
    let (operation, expected) = (OperationKind::Create, Duration::from_secs(60));
    event(0, EventKind::OperationStarted { stack: STACK.into(), operation, resources: 4, expected })
}

fn finished(millis: i64, outcome: OperationResult, status: StackStatus) -> Event {
    let outputs = match outcome {
        OperationResult::Succeeded => {
            [("StreamTransactionsName", "fraud-detection-local-transactions"), ("Topic", "arn:topic")]
                .map(|(key, value)| (key.to_owned(), value.to_owned()))
                .into()
        }
        _ => BTreeMap::new(),
    };
    let took = Duration::from_millis(millis.unsigned_abs());
    let operation = OperationKind::Create;
    event(
        millis,
        EventKind::OperationFinished { stack: STACK.into(), operation, outcome, status: Some(status), took, outputs },
    )
}

/// Before anything failed: a stream is there, a function is being made.
pub(super) fn first_half() -> Vec<Event> {
    vec![
        started(),
        resource(100, STACK, "AWS::CloudFormation::Stack", "CREATE_IN_PROGRESS", Some("User Initiated")),
        resource(400, STREAM.0, STREAM.1, "CREATE_IN_PROGRESS", None),
        resource(500, ROLE.0, ROLE.1, "CREATE_IN_PROGRESS", None),
        resource(8_400, STREAM.0, STREAM.1, "CREATE_COMPLETE", None),
        resource(17_000, ROLE.0, ROLE.1, "CREATE_COMPLETE", None),
        resource(17_500, FUNCTION.0, FUNCTION.1, "CREATE_IN_PROGRESS", None),
    ]
}

pub(super) fn failing_create() -> Vec<Event> {
    let reason = "The role defined for the function cannot be assumed by Lambda.";
    let mut events = vec![event(
        -900,
        EventKind::Artifact {
            name: "handlers/score".into(),
            key: "code/ab12.zip".into(),
            bytes: 12_288,
            already_there: false,
        },
    )];
    events.push(event(-500, EventKind::ChangeSetCreating { stack: STACK.into(), name: "plan-8f21c0".into() }));
    events.extend(first_half());
    events.extend([
        resource(20_000, FUNCTION.0, FUNCTION.1, "CREATE_FAILED", Some(reason)),
        resource(20_100, "QueueScore", "AWS::SQS::Queue", "CREATE_FAILED", Some("Resource creation cancelled")),
        resource(
            20_200,
            STACK,
            "AWS::CloudFormation::Stack",
            "ROLLBACK_IN_PROGRESS",
            Some("The following resource(s) failed to create: [ConsumerScoreFunction]."),
        ),
        event(20_300, EventKind::Waiting { reason: "Rate exceeded".into(), pause: Duration::from_secs(2) }),
        resource(25_000, STREAM.0, STREAM.1, "DELETE_IN_PROGRESS", None),
        resource(31_000, STREAM.0, STREAM.1, "DELETE_COMPLETE", None),
    ]);
    let root_cause = RootCause {
        logical_id: FUNCTION.0.into(),
        type_name: FUNCTION.1.into(),
        reason: reason.into(),
        spec_place: Some(PLACE.into()),
        known: KnownCause::of(FUNCTION.1, reason),
    };
    events.push(finished(
        34_000,
        OperationResult::RolledBack { root_cause: Some(root_cause) },
        StackStatus::RollbackComplete,
    ));
    events
}

pub(super) fn good_create() -> Vec<Event> {
    let mut events = first_half();
    events.push(resource(24_000, FUNCTION.0, FUNCTION.1, "CREATE_COMPLETE", None));
    events.push(resource(25_000, "ConsumerScoreMapping", "AWS::Lambda::EventSourceMapping", "CREATE_COMPLETE", None));
    events.push(finished(42_000, OperationResult::Succeeded, StackStatus::CreateComplete));
    events
}
