//! Names of a pipeline's resources: within AWS's limits, and all different.

use std::collections::BTreeMap;

use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::pipeline::model::Pipeline;
use crate::pipeline::names::{self, NameSpace};
use crate::pipeline::stage::StageRef;
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
    clashes(pipeline, found);
}

fn too_long(pipeline: &Pipeline, stage: &StageRef) -> Option<Diagnostic> {
    pipeline.taken_names(stage).into_iter().find_map(|(space, name)| {
        let (what, longest) = (space.as_str(), space.longest());
        let over = name.len().checked_sub(longest).filter(|over| *over > 0)?;
        let title = format!("the name of the {what}, `{name}`, is {over} characters too long: AWS takes {longest}");
        let help = format!("shorten the stage's name by {over} characters, or that of the pipeline or the environment");
        let place = pipeline.stage_origin(stage, "").place;
        Some(Diagnostic::error(Code::NameTooLong, title).at_maybe(place, "").help(help))
    })
}

/// Finds names that two stages of one pipeline would both want: a consumer and a worker are both functions, and a
/// queue called `score-failed` has the name of what consumer `score` gave up.
fn clashes(pipeline: &Pipeline, found: &mut Diagnostics) {
    let mut owners: BTreeMap<(NameSpace, String), Option<StageRef>> = BTreeMap::new();
    owners.insert((NameSpace::Topic, pipeline.topic_name()), None);
    for stage in pipeline.stages() {
        for (space, name) in pipeline.taken_names(&stage) {
            let Some(other) = owners.get(&(space, name.clone())) else {
                owners.insert((space, name), Some(stage.clone()));
                continue;
            };
            let whose = other.as_ref().map_or_else(|| "the pipeline's alarms".to_owned(), |other| format!("{other}"));
            let title = format!("{} `{name}` would belong to {stage} and to {whose}", space.as_str());
            let place = |stage: &StageRef| pipeline.stage_origin(stage, "").place;
            let diagnostic = Diagnostic::error(Code::NameCollision, title).at_maybe(place(&stage), "");
            let diagnostic = diagnostic.at_maybe(other.as_ref().and_then(place), "the other one");
            found.push(diagnostic.help("rename one of the two"));
        }
    }
}

/// Finds physical names that two pipelines of one account and region would both want, over all pipelines ×
/// environments of a project: `a` in environment `b` with stage `c-d` against `a-b` in `c` with stage `d`.
#[must_use]
pub fn collisions<'a>(pipelines: impl IntoIterator<Item = &'a Pipeline>) -> Diagnostics {
    let mut owners: BTreeMap<(&str, &str, NameSpace, String), (&Pipeline, StageRef)> = BTreeMap::new();
    let mut found = Diagnostics::new();
    for pipeline in pipelines {
        for stage in pipeline.stages() {
            for (space, name) in pipeline.taken_names(&stage) {
                let key = (pipeline.account().as_str(), pipeline.region().as_str(), space, name);
                match owners.get(&key) {
                    // Two stages of one pipeline are told apart when it is resolved.
                    Some((other, _)) if is_same(other, pipeline) => {}
                    Some(other) => found.push(collision(space, &key.3, other, (pipeline, &stage))),
                    None => {
                        owners.insert(key, (pipeline, stage.clone()));
                    }
                }
            }
        }
    }
    found
}

fn is_same(a: &Pipeline, b: &Pipeline) -> bool {
    a.name() == b.name() && a.environment().name() == b.environment().name()
}

fn collision(space: NameSpace, name: &str, other: &(&Pipeline, StageRef), one: (&Pipeline, &StageRef)) -> Diagnostic {
    let (other, other_stage) = other;
    let (pipeline, stage) = one;
    let title = format!(
        "{} `{name}` would belong to pipeline `{}` in `{}` and to pipeline `{}` in `{}`",
        space.as_str(),
        other.name(),
        other.environment().name(),
        pipeline.name(),
        pipeline.environment().name(),
    );
    Diagnostic::error(Code::NameCollision, title)
        .at_maybe(pipeline.stage_origin(stage, "").place, "")
        .at_maybe(other.stage_origin(other_stage, "").place, "the other one")
        .help("rename one of the stages")
}
