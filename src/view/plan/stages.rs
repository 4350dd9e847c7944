//! What a plan shows of each stage.

use std::collections::BTreeMap;

use super::Detail;
use crate::foundation;
use crate::pipeline::StageRef;
use crate::plan::{Plan, ResourcePlan, Unchanged};

/// What there is to show of a stage.
#[derive(Default)]
pub(super) struct InStage<'a> {
    /// What changes.
    pub(super) changed: Vec<&'a ResourcePlan>,
    /// What stays as it is.
    pub(super) same: Vec<&'a Unchanged>,
}

/// What a plan is of, which is what belongs to no stage belongs to.
#[must_use]
pub fn whole(plan: &Plan) -> &'static str {
    if plan.stack == foundation::STACK { "foundation" } else { "pipeline" }
}

/// What there is to show by stage, in the order of their names; what belongs to the whole pipeline comes last.
pub(super) fn by_stage(plan: &Plan, detail: Detail) -> Vec<(String, InStage<'_>)> {
    let mut stages: BTreeMap<(bool, String), InStage<'_>> = BTreeMap::new();
    let name = |stage: Option<&StageRef>| stage.map_or_else(|| whole(plan).to_owned(), ToString::to_string);
    let key = |stage: Option<&StageRef>| (stage.is_none(), name(stage));
    for resource in &plan.resources {
        let stage = resource.origin.as_ref().and_then(|origin| origin.stage.as_ref());
        stages.entry(key(stage)).or_default().changed.push(resource);
    }
    for same in plan.unchanged.iter().filter(|_| detail.unchanged) {
        stages.entry(key(same.stage.as_ref())).or_default().same.push(same);
    }
    stages.into_iter().map(|((_, stage), shown)| (stage, shown)).collect()
}
