//! Names of a pipeline's resources: within AWS's limits, and all different.

use std::collections::BTreeMap;

use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::pipeline::model::Pipeline;
use crate::pipeline::names;
use crate::pipeline::stage::{StageKind, StageRef};
use crate::units::LogicalId;

/// Checks lengths and logical ids of one pipeline.
pub(super) fn check(pipeline: &Pipeline, found: &mut Diagnostics) {
    let mut ids: BTreeMap<LogicalId, StageRef> = BTreeMap::new();
    for stage in pipeline.stages() {
        found.extend(too_long(pipeline, &stage));
        if let Some(other) = ids.insert(names::logical_id(&stage, ""), stage.clone()) {
            let title = format!("{} names `{}` and `{}` become one logical id", stage.kind, other.name, stage.name);
            let place = |stage: &StageRef| pipeline.stage_origin(stage, "").place;
            let diagnostic = Diagnostic::error(Code::NameCollision, title).at_maybe(place(&stage), "");
            let diagnostic = diagnostic.at_maybe(place(&other), "the other one");
            found.push(diagnostic.help("rename one of the two"));
        }
    }
}

fn too_long(pipeline: &Pipeline, stage: &StageRef) -> Option<Diagnostic> {
    let base = pipeline.physical_name(&stage.name);
    names::limits(stage.kind).iter().find_map(|(what, longest, suffix)| {
        let over = (base.len() + suffix.len()).checked_sub(*longest).filter(|over| *over > 0)?;
        let title =
            format!("the name of the {what}, `{base}{suffix}`, is {over} characters too long: AWS takes {longest}");
        let help = format!("shorten the stage's name by {over} characters, or that of the pipeline or the environment");
        let place = pipeline.stage_origin(stage, "").place;
        Some(Diagnostic::error(Code::NameTooLong, title).at_maybe(place, "").help(help))
    })
}

/// Finds physical names that two pipelines of one account and region would both want, over all pipelines ×
/// environments of a project: `a` in environment `b` with stage `c-d` against `a-b` in `c` with stage `d`.
#[must_use]
pub fn collisions<'a>(pipelines: impl IntoIterator<Item = &'a Pipeline>) -> Diagnostics {
    let mut owners: BTreeMap<(String, String, StageKind, String), (&Pipeline, StageRef)> = BTreeMap::new();
    let mut found = Diagnostics::new();
    for pipeline in pipelines {
        for stage in pipeline.stages() {
            let home = (pipeline.account().to_string(), pipeline.region().to_string());
            let name = pipeline.physical_name(&stage.name);
            let key = (home.0, home.1, stage.kind, name.clone());
            let Some((other, other_stage)) = owners.get(&key) else {
                owners.insert(key, (pipeline, stage));
                continue;
            };
            let title = format!(
                "{} `{name}` would belong to pipeline `{}` in `{}` and to pipeline `{}` in `{}`",
                stage.kind,
                other.name(),
                other.environment().name(),
                pipeline.name(),
                pipeline.environment().name(),
            );
            let diagnostic = Diagnostic::error(Code::NameCollision, title)
                .at_maybe(pipeline.stage_origin(&stage, "").place, "")
                .at_maybe(other.stage_origin(other_stage, "").place, "the other one");
            found.push(diagnostic.help("rename one of the stages"));
        }
    }
    found
}
