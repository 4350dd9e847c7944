//! Alarms made of alarms: those that the file asks for, and those that may roll a deployment back.

use serde::Serialize;

use super::AlarmView;
use crate::pipeline::{AlarmRef, CompositeRule, Origin, Pipeline, RollbackGroup, names};
use crate::render::scene::Scene;
use crate::units::LogicalId;

/// One composite, decided.
#[derive(Serialize)]
pub(super) struct Composite {
    id: LogicalId,
    name: String,
    description: String,
    rule: String,
    members: Vec<LogicalId>,
    /// Whom it tells; nobody where it only rolls back, since its members tell already.
    topic_id: Option<LogicalId>,
}

impl Composite {
    pub(super) fn id(&self) -> &LogicalId {
        &self.id
    }
}

/// The alarms of a group of stages that may roll a deployment back.
pub(in crate::render) fn rollback_members(
    alarms: &[AlarmView],
    group: RollbackGroup,
) -> impl Iterator<Item = &AlarmView> {
    alarms.iter().filter(move |alarm| alarm.stage.kind.rollback_group() == group && alarm.arms_rollback)
}

/// The composites of every group that has an alarm to roll back by.
pub(super) fn of_rollback(pipeline: &Pipeline, alarms: &[AlarmView]) -> Vec<Composite> {
    let of = |group: RollbackGroup| {
        let members: Vec<(LogicalId, &str)> =
            rollback_members(alarms, group).map(|alarm| (alarm.id.clone(), alarm.name())).collect();
        (!members.is_empty()).then(|| Composite {
            id: names::shared_id(&["rollback", group.as_str()]),
            name: pipeline.rollback_alarm_name(group),
            description: format!(
                "Something among the {} of {} is in trouble; armed while a deployment is watched",
                group.watches(),
                pipeline.stack_name()
            ),
            rule: rule(members.iter().map(|(_, name)| *name), " OR "),
            members: members.iter().map(|(id, _)| id.clone()).collect(),
            topic_id: None,
        })
    };
    RollbackGroup::ALL.into_iter().filter_map(of).collect()
}

/// The composites that the file asks for, each with where it stands.
pub(super) fn of_file(scene: &Scene<'_>) -> Vec<(Composite, Origin)> {
    let pipeline = scene.pipeline;
    let named = |alarm: &AlarmRef| match alarm {
        AlarmRef::Recommended(stage, alarm) => (names::alarm_id(stage, *alarm), pipeline.alarm_name(stage, *alarm)),
        AlarmRef::Metric(metric, alarm) => {
            (names::metric_alarm_id(metric, alarm), pipeline.metric_alarm_name(metric, alarm))
        }
    };
    let of = |composite: &crate::pipeline::Composite| {
        let (members, texts): (Vec<LogicalId>, Vec<String>) = composite.alarms.iter().map(named).unzip();
        let (between, which) = match composite.rule {
            CompositeRule::Any => (" OR ", "Any"),
            CompositeRule::All => (" AND ", "All"),
        };
        let view = Composite {
            id: names::composite_id(&composite.name),
            name: pipeline.composite_name(&composite.name),
            description: format!("{which} of the alarms that make {} of {}", composite.name, pipeline.stack_name()),
            rule: rule(texts.iter().map(String::as_str), between),
            members,
            topic_id: Some(scene.topic_id()),
        };
        (view, pipeline.origin(&format!("composites.{}", composite.name)))
    };
    pipeline.composites().values().map(of).collect()
}

/// `ALARM("a") OR ALARM("b")`; names hold no quotes.
fn rule<'a>(names: impl Iterator<Item = &'a str>, between: &str) -> String {
    names.map(|name| format!("ALARM(\"{name}\")")).collect::<Vec<_>>().join(between)
}
