//! What a plan says, line by line, as the tables write it.

use std::collections::{BTreeMap, BTreeSet};

use sluicegate::plan::{Action, BlockedBy, Change, Plan, Reason, Removal, ResourcePlan};

/// Types that watch or permit: where they change in place, come or go, they are only counted.
const ATTENDANTS: [&str; 16] = [
    "AWS::Budgets::Budget",
    "AWS::CloudWatch::Alarm",
    "AWS::CloudWatch::AnomalyDetector",
    "AWS::CloudWatch::CompositeAlarm",
    "AWS::CloudWatch::Dashboard",
    "AWS::IAM::ManagedPolicy",
    "AWS::IAM::Policy",
    "AWS::IAM::Role",
    "AWS::Lambda::Permission",
    "AWS::Logs::LogGroup",
    "AWS::Logs::LogStream",
    "AWS::S3::BucketPolicy",
    "AWS::SNS::TopicPolicy",
    "AWS::SQS::QueuePolicy",
    "AWS::KMS::Alias",
    "AWS::SSM::Parameter",
];

/// Every line about a plan: what is listed, what is counted, readers, data.
pub fn lines(plan: &Plan) -> Vec<String> {
    let mut lines = Vec::new();
    let mut counted: BTreeMap<&str, usize> = BTreeMap::new();
    for resource in &plan.resources {
        if ATTENDANTS.contains(&resource.type_name.as_str())
            && matches!(resource.action, Action::Create | Action::Update | Action::Delete)
            && !is_override(resource)
        {
            *counted.entry(resource.action.symbol()).or_default() += 1;
        } else {
            lines.push(listed(resource));
        }
    }
    lines.extend(counted.into_iter().map(|(sign, count)| format!("{sign} {count} attendants")));
    lines.extend(plan.consumers.iter().map(|effect| {
        format!("reader {} {:?} {} {:?}", effect.logical_id, effect.verdict, effect.rule, effect.records)
    }));
    let listed = |id| plan.resource(id).is_some_and(|plan| !ATTENDANTS.contains(&plan.type_name.as_str()));
    let moves = plan.moves.iter().filter(|moved| listed(&moved.to));
    lines.extend(moves.map(|moved| format!("moved {} <- {}", moved.to, moved.from)));
    lines.extend(plan.effects.iter().map(|effect| {
        let consequence = serde_json::to_value(&effect.consequence).unwrap();
        format!("effect {} {}", effect.logical_id, consequence["code"].as_str().unwrap())
    }));
    lines.extend(plan.data.iter().map(|data| format!("data {} {:?} {:?}", data.logical_id, data.end, data.removal)));
    lines
}

fn is_override(resource: &ResourcePlan) -> bool {
    resource.reasons.iter().any(|reason| matches!(reason, Reason::ChangeSetSays { .. }))
}

fn listed(resource: &ResourcePlan) -> String {
    let mut line = format!("{} {}", resource.action.symbol(), stable(resource.logical_id.as_str()));
    for reason in &resource.reasons {
        if let Some(text) = cause(reason, &resource.changes) {
            line.push(' ');
            line.push_str(&text);
        }
    }
    match resource.removal {
        Some(Removal::Retained) => line.push_str(" (kept)"),
        Some(Removal::DeletedIfEmpty) => line.push_str(" (kept unless empty)"),
        Some(Removal::Deleted) | None => {}
    }
    line
}

/// A logical id without the hash of code and settings that ends a version's.
fn stable(id: &str) -> String {
    match id.rsplit_once("Version") {
        Some((stem, hash)) if hash.len() == 12 => format!("{stem}Version*"),
        _ => id.to_owned(),
    }
}

/// Why, as far as the action's sign does not say it already.
fn cause(reason: &Reason, changes: &[Change]) -> Option<String> {
    Some(match reason {
        Reason::New | Reason::Removed | Reason::StackDestroyed => return None,
        Reason::InPlace => tops(changes),
        Reason::StackTags => "stack-tags".to_owned(),
        Reason::AttributesOnly { attributes } => attributes.iter().cloned().collect::<Vec<_>>().join(","),
        Reason::CreateOnly { path } => path.to_string(),
        Reason::ConditionallyCreateOnly { path } => format!("{path}?"),
        Reason::ReplacedReference { path, target, .. } => format!("{path}<-{}", stable(target.as_str())),
        Reason::OtherType { before, after } => format!("{before}->{after}"),
        Reason::ExistsOutside { name } => format!("exists:{name}"),
        Reason::Blocked(by) => blocked(by),
        Reason::ChangeSetSays { schema_action } => format!("CHANGE-SET-INSTEAD-OF:{schema_action:?}"),
    })
}

fn blocked(by: &BlockedBy) -> String {
    match by {
        BlockedBy::FixedName { name, path, .. } => format!("fixed-name:{name} {path}"),
        BlockedBy::MappingExists { path } => format!("mapping-exists {path}"),
        BlockedBy::IdentityTaken { properties, path } => format!("taken:{} {path}", properties.join("+")),
        BlockedBy::NotUpdatable { path } => format!("not-updatable {path}"),
        BlockedBy::ToServerless { path } => format!("to-serverless {path}"),
        BlockedBy::Scaled { path, variants } => {
            format!("scaled:{} {path}", variants.iter().cloned().collect::<Vec<_>>().join("+"))
        }
        BlockedBy::TooMuchAtOnce { path, .. } => format!("at-once {path}"),
        BlockedBy::NameTaken { name, .. } => format!("name-taken:{name}"),
    }
}

/// The properties that change.
fn tops(changes: &[Change]) -> String {
    let tops: BTreeSet<&str> = changes.iter().filter_map(|change| change.path.top()).collect();
    tops.into_iter().collect::<Vec<_>>().join(",")
}
