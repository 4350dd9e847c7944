//! The words for what a plan holds.

use std::collections::BTreeSet;

use serde_json::Value;

use super::About;
use crate::diagnostic::Place;
use crate::observed::{Held, HeldUnit};
use crate::pipeline::{Escape, Origin, StageRef};
use crate::plan::{
    Action, Amount, AmountOf, Baseline, BlockedBy, Bound, Consequence, ConsumerEffect, DataAtRisk, DataEnd, Drain,
    DrainedReader, Grant, Lacking, Measure, Move, NotAsked, Permission, Plan, PlanKind, PositionReset, Reason, Records,
    Remedy, Removal, Risk, Source, Unarmed, Verdict,
};
use crate::units::{ByteSize, Duration, LogicalId};
use crate::view::style::Label;
use crate::view::words::{grouped, keeping_costs, plural, printable, short_duration};

/// What a plan was compared with, after the name of its stack.
pub(super) fn baseline(baseline: &Baseline) -> String {
    match baseline {
        Baseline::Absent => "a new stack".to_owned(),
        Baseline::Stack { updated, .. } => format!("against the stack of {updated}"),
        Baseline::Files { source, .. } => format!("against {}", self::source(source)),
        Baseline::Missing { source, lacking } => format!("a new stack: {}", self::lacking(source, *lacking)),
    }
}

/// What a plan that was compared with files does not say; none for one that looked at what is deployed.
pub(super) fn not_looked_at(baseline: &Baseline) -> Option<&'static str> {
    match baseline {
        Baseline::Absent | Baseline::Stack { .. } => None,
        Baseline::Files { .. } | Baseline::Missing { .. } => {
            Some("this is what the files change; what is deployed was not looked at")
        }
    }
}

/// Why the plan stands on weaker ground than it could, and what it would tell if it could be counted.
pub(super) fn doubts(plan: &Plan) -> Vec<String> {
    not_asked(plan).into_iter().chain(unmeasured(plan)).collect()
}

/// Why CloudFormation was not asked; none where it was, or where nobody would ask it.
fn not_asked(plan: &Plan) -> Option<String> {
    Some(match plan.not_asked.as_ref()? {
        NotAsked::Denied { message } => format!(
            "CloudFormation was not asked, for it was refused: {}. What follows stands on the published schemas and the \
             deployed template alone; `cloudformation:CreateChangeSet` lets it be confirmed",
            printable(message.trim_end_matches('.'))
        ),
        NotAsked::StackState { status } => format!(
            "the stack is {}, and nothing can be changed until that is over: `sluice status` says what to do. What follows \
             stands on the published schemas and the deployed template alone",
            printable(status)
        ),
        NotAsked::NoFoundation { environment } => format!(
            "CloudFormation was not asked, for it takes a template of this size from the artifact bucket, and there is none: \
             `sluice bootstrap --env {environment}` makes it. What follows stands on the published schemas and the deployed \
             template alone"
        ),
    })
}

/// Another state of the files: `git:main (c5edb2bcbd19)`.
pub(super) fn source(source: &Source) -> String {
    match source {
        Source::Revision { revision, commit } => format!("git:{revision} ({})", commit.get(..12).unwrap_or(commit)),
        Source::Folder { path } => format!("the project in {path}"),
        Source::Template { path } => format!("the template {path}"),
        Source::Release { digest } => format!("release {}", digest.get(..12).unwrap_or(digest)),
    }
}

fn lacking(source: &Source, lacking: Lacking) -> String {
    let source = self::source(source);
    match lacking {
        Lacking::Project => format!("{source} has no project here"),
        Lacking::Pipeline => format!("{source} has no such pipeline"),
        Lacking::Environment => format!("{source} has no such environment"),
        Lacking::Account => format!("in {source} the environment is in another account"),
        Lacking::Region => format!("in {source} the environment is not in this region"),
    }
}

/// The flags that say what must be said by name, each after a space.
pub(super) fn flags(consent: &[Permission]) -> String {
    consent.iter().map(|permission| format!(" {}", permission.flag())).collect()
}

/// What became of a resource that only got another logical id.
pub(super) fn moved(moved: &Move) -> String {
    let end = match moved.removal {
        Some(Removal::Retained) => "stays, outside the stack",
        Some(Removal::DeletedIfEmpty) => "is deleted if it is empty",
        Some(Removal::Deleted) | None => "is deleted",
    };
    format!("was {}, otherwise the same; nothing is renamed: this one is made, and that one {end}", moved.from)
}

/// What somebody may do, or must not: `kinesis:GetRecords on StreamOrders.Arn`, with whom where it is not the holder.
pub(super) fn grant(holder: &LogicalId, grant: &Grant) -> String {
    let actions: Vec<&str> = grant.actions.iter().map(String::as_str).collect();
    let denial = if grant.denies { "denial of " } else { "" };
    let who = if grant.who == holder.as_str() { String::new() } else { format!(" for {}", grant.who) };
    let condition = grant.condition.as_ref().map(|condition| format!(" if {condition}")).unwrap_or_default();
    printable(&format!("{denial}{} on {}{who}{condition}", actions.join(", "), grant.on)).into_owned()
}

/// What happens to a resource, in a word or two.
pub(super) fn action(action: Action) -> &'static str {
    match action {
        Action::Create => "create",
        Action::Update => "update in place",
        Action::Replace => "REPLACE: create the new one, then remove the old one",
        Action::ReplaceDeletingFirst => "REPLACE: remove the old one, then create the new one",
        Action::Delete => "REMOVE",
        Action::Import => "take in",
        Action::Undecided => "update or replace, known only when it happens",
        Action::Cannot => "CANNOT: the service will refuse it",
    }
}

/// Why a resource has its action; empty where the action says it all.
pub(super) fn reason(reason: &Reason) -> String {
    match reason {
        Reason::New | Reason::Removed | Reason::StackDestroyed | Reason::InPlace => String::new(),
        Reason::StackTags => "only its tags change, handed down from the stack".to_owned(),
        Reason::AttributesOnly { attributes } => {
            let list: Vec<&str> = attributes.iter().map(String::as_str).collect();
            format!("only {} beside its properties changes", list.join(", "))
        }
        Reason::CreateOnly { path } => format!("forced by {path}, which only a new resource can have"),
        Reason::ConditionallyCreateOnly { path } => format!("because of {path}, which sometimes needs a new resource"),
        Reason::ReplacedReference { path, target, attribute } => {
            let of = attribute.as_ref().map(|attribute| format!("'s {attribute}")).unwrap_or_default();
            format!("{path} refers to {target}{of}, which is replaced")
        }
        Reason::OtherType { before, after } => format!("its type changes from {before} to {after}"),
        Reason::ExistsOutside { name } => format!("{name} already exists outside the stack"),
        Reason::Blocked(by) => blocked(by),
        Reason::ChangeSetSays { schema_action: Some(schema) } => {
            format!("CloudFormation's change set says so; the schema alone would say: {}", action(*schema))
        }
        Reason::ChangeSetSays { schema_action: None } => "CloudFormation's change set says so".to_owned(),
    }
}

fn blocked(by: &BlockedBy) -> String {
    match by {
        BlockedBy::FixedName { property, name, path } => format!(
            "changing {path} needs a new resource, and CloudFormation replaces nothing that has a fixed name ({property} is {name})"
        ),
        BlockedBy::MappingExists { path } => format!(
            "changing {path} needs a second mapping of the same function and stream, which is refused while the first is there"
        ),
        BlockedBy::IdentityTaken { properties, path } => format!(
            "changing {path} needs a second resource with the same {}, which must be unique",
            properties.join(" and ")
        ),
        BlockedBy::NotUpdatable { path } => format!("the service has no way to change {path}"),
        BlockedBy::ToServerless { path } => {
            format!("{path} makes an endpoint of instances a serverless one; SageMaker refuses that")
        }
        BlockedBy::Scaled { path, variants } => format!(
            "{path} gives {} other instances, or removes it, while it scales by itself; SageMaker refuses that",
            listed(variants)
        ),
        BlockedBy::TooMuchAtOnce { path, bound } => format!("{path} cannot change so much at once: {}", most(bound)),
        BlockedBy::NameTaken { name, why } => format!("{name} exists outside the stack and cannot be taken in: {why}"),
    }
}

fn listed(names: &BTreeSet<String>) -> String {
    names.iter().map(|name| printable(name).into_owned()).collect::<Vec<_>>().join(", ")
}

/// What a service does at most.
fn most(bound: &Bound) -> String {
    match bound {
        Bound::DoubleOrHalve { open, wanted } => {
            format!("Kinesis doubles or halves the open shards in one update, and from {open} to {wanted} is more")
        }
        Bound::OneIndex { come, go } => {
            let both = [("makes", come), ("removes", go)].into_iter().filter(|(_, names)| !names.is_empty());
            let both: Vec<String> = both.map(|(verb, names)| format!("{verb} {}", listed(names))).collect();
            format!("DynamoDB makes or removes one index in an update, and this one {}", both.join(" and "))
        }
        Bound::ExpiryChanging => {
            "the time to live was changed less than an hour ago, and DynamoDB takes one such change an hour".to_owned()
        }
        Bound::OneExpiry { before, after: None } => format!(
            "the time to live is on for {}; DynamoDB switches it off when it is told Enabled: false with that attribute, and refuses to have it left out",
            printable(before)
        ),
        Bound::OneExpiry { before, after: Some(after) } => format!(
            "the time to live is on for {}; DynamoDB switches it off before it switches it on for {}, and takes one such change an hour",
            printable(before),
            printable(after)
        ),
    }
}

/// The values of several deployments, one after the other.
fn steps(path: &str, values: &[Value], apart: Duration) -> String {
    let each: Vec<String> =
        values.iter().map(|step| if step.is_null() { "left out".to_owned() } else { value(step) }).collect();
    let pause = if apart == Duration::ZERO { String::new() } else { format!(", {} apart", short_duration(apart)) };
    format!("deploy {} times{pause}, with {path} {}", values.len(), each.join(", then "))
}

/// What works instead.
pub(super) fn remedy(remedy: &Remedy) -> String {
    match remedy {
        Remedy::Wait { span } => format!("deploy again in {span}"),
        Remedy::KeepValue { path, deployed } => format!("keep {path} as it is deployed: {}", value(deployed)),
        Remedy::NewStage => {
            "add a stage under a new name, move readers and writers over, then remove the old one".to_owned()
        }
        Remedy::RemoveThenAdd => "remove the stage in one deployment and add it again in the next".to_owned(),
        Remedy::Stepwise { path, values, apart } => steps(path, values, *apart),
        Remedy::OtherName { name } => {
            format!("add one under another name, and remove {} in the deployment after", printable(name))
        }
        Remedy::UnscaleFirst { targets } => {
            let targets: Vec<&str> = targets.iter().map(LogicalId::as_str).collect();
            format!(
                "deploy once with a fixed number of instances, so that {} goes; then change it, and let it scale again",
                targets.join(" and ")
            )
        }
        Remedy::RemoveOutside { name } => format!("remove or rename {name} outside the stack"),
    }
}

/// What becomes of what leaves.
pub(super) fn removal(removal: Removal) -> &'static str {
    match removal {
        Removal::Deleted => "the present one is deleted",
        Removal::DeletedIfEmpty => {
            "the present one is deleted if it is empty, and stays outside the stack if it is not"
        }
        Removal::Retained => "the present one stays, outside the stack",
    }
}

/// A value on one line; references as people write them in templates.
pub(super) fn value(value: &Value) -> String {
    match value {
        Value::String(text) => printable(text).into_owned(),
        Value::Object(fields) => {
            let reference =
                fields.iter().next().filter(|_| fields.len() == 1).and_then(|(name, of)| reference(name, of));
            printable(&reference.unwrap_or_else(|| value.to_string())).into_owned()
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Array(_) => printable(&value.to_string()).into_owned(),
    }
}

/// A value that may not be there.
pub(super) fn side(side: &Option<Value>) -> String {
    side.as_ref().map_or_else(|| "(none)".to_owned(), value)
}

/// `!Ref Topic`, `!GetAtt Topic.TopicName`.
fn reference(function: &str, of: &Value) -> Option<String> {
    match function {
        "Ref" => Some(format!("!Ref {}", of.as_str()?)),
        "Fn::GetAtt" => match of.as_array()?.as_slice() {
            [id, attribute] => Some(format!("!GetAtt {}.{}", id.as_str()?, attribute.as_str()?)),
            _ => None,
        },
        _ => None,
    }
}

/// What happens to a consumer's position, loud where records are concerned.
pub(super) fn verdict(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Starts => "starts",
        Verdict::Continues => "continues",
        Verdict::Resumes => "resumes",
        Verdict::Pauses => "pauses",
        Verdict::Resets => "RESETS",
        Verdict::Stops => "STOPS",
        Verdict::Fails => "FAILS",
    }
}

/// Whether somebody should look at a consumer before anything is deployed.
pub(super) fn is_risky(effect: &ConsumerEffect) -> bool {
    effect.risk().is_some()
}

/// What a change means for a consumer's records.
pub(super) fn records(effect: &ConsumerEffect) -> String {
    let mut text = of_records(effect);
    if let Some(amount) = &effect.amount {
        text.push_str(&format!(": {}", self::amount(amount)));
    }
    if let Some(behind) = effect.behind {
        text.push_str(&format!("; measured just now: {} behind", short_duration(behind)));
    }
    if effect.loses_unread() {
        text.push_str(&format!(
            "; these records are LOST unread; refused without --allow-data-loss {}",
            effect.logical_id
        ));
    }
    text
}

/// How many records, how large together, and what that reckons with.
fn amount(amount: &Amount) -> String {
    let size = format!("{} records, {:.1}", grouped(amount.records), ByteSize::from_bytes(amount.bytes));
    match amount.of {
        AmountOf::Retention => format!("at most {size}, what arrives in {} at the declared load", amount.span),
        AmountOf::Unread => format!("about {size} at the declared load"),
        AmountOf::MinuteBehind => format!("{size} for each minute that it is behind, at the declared load"),
    }
}

fn of_records(effect: &ConsumerEffect) -> String {
    match &effect.records {
        Records::Untouched => match effect.verdict {
            Verdict::Pauses => "keeps its position; records wait in the stream until their retention ends".to_owned(),
            Verdict::Fails => "the deployment fails before anything changes".to_owned(),
            Verdict::Starts | Verdict::Continues | Verdict::Resumes | Verdict::Resets | Verdict::Stops => {
                "no record is skipped or read again".to_owned()
            }
        },
        Records::ReadFrom(start) => format!("reads from {}", position(start)),
        Records::ReadAgain { from } => {
            format!(
                "its position is lost; a new reader starts from {} and reads again what was already read",
                position(from)
            )
        }
        Records::Skipped => {
            "its position is lost; records written before the new reader starts are SKIPPED if not yet read".to_owned()
        }
        Records::ExpireSooner { before, after } => format!(
            "records are kept {} h instead of {} h; a reader that is further behind loses the rest",
            value(after),
            value(before)
        ),
        Records::Filtered => "records that the new filter drops are passed over for good".to_owned(),
        Records::LostWithStream { stream } => format!("records not yet read go with {stream}"),
        Records::NotRead => "nobody reads for it any more".to_owned(),
    }
}

fn position(start: &PositionReset) -> String {
    match start {
        PositionReset::TrimHorizon => "the oldest record still there".to_owned(),
        PositionReset::Latest => "the tip of the stream, once polling begins".to_owned(),
        PositionReset::AtTimestamp { at } => format!("the moment {}", value(at)),
        PositionReset::Unknown => "a position that the template does not spell out".to_owned(),
    }
}

/// What becomes of data; `removal` where the whole stack is removed, which is agreed to as a whole.
pub(super) fn data(risk: &DataAtRisk, removal: bool) -> String {
    let end = match risk.end {
        DataEnd::Removed => "leaves the stack",
        DataEnd::Replaced => "is replaced by a new, empty one",
        DataEnd::MaybeReplaced => "might be replaced by a new, empty one",
    };
    let much = match (&risk.held, &risk.amount) {
        (Some(held), _) => format!(", {}", self::held(held)),
        (None, Some(much)) => format!(", {}", amount(much)),
        (None, None) => String::new(),
    };
    match risk.removal {
        Removal::Deleted if removal => format!("is deleted; its data are LOST{much}"),
        Removal::Deleted => {
            format!("{end}; its data are LOST{much}; refused without --allow-data-loss {}", risk.logical_id)
        }
        Removal::DeletedIfEmpty => format!(
            "{end}; with objects in it {} is not deleted and stays, outside the stack",
            risk.physical_id.as_deref().unwrap_or("the old one")
        ),
        Removal::Retained => {
            let costs =
                keeping_costs(&risk.type_name).map(|costs| format!("; kept, it costs {costs}")).unwrap_or_default();
            format!("{end}; its data stay in {}{much}{costs}", risk.physical_id.as_deref().unwrap_or("the old one"))
        }
    }
}

/// What was counted.
fn held(held: &Held) -> String {
    let (noun, when) = match held.unit {
        HeldUnit::Items => ("item", " by DynamoDB's last count, up to six hours ago"),
        HeldUnit::Messages => ("message", ""),
        HeldUnit::Objects => ("object", ""),
        HeldUnit::Records => ("record", " taken in within its retention"),
    };
    let more = if held.more { "more than " } else { "" };
    let size = held.bytes.map(|bytes| format!(", {:.1}", ByteSize::from_bytes(bytes))).unwrap_or_default();
    let plural = if held.count == 1 { "" } else { "s" };
    format!("{more}{} {noun}{plural}{size}{when}", grouped(held.count))
}

/// What rolls the deployment back by itself, and what could and does not.
pub(super) fn guard(plan: &Plan) -> Vec<(Label, String)> {
    let Some(guard) = &plan.rollback else { return Vec::new() };
    let mut lines = Vec::new();
    if !guard.armed.is_empty() {
        let names: Vec<&str> = guard.armed.iter().map(|alarm| alarm.logical_id.as_str()).collect();
        let text =
            format!("{} in ALARM rolls it back, until {} after the last resource", names.join(" or "), guard.watch);
        lines.push((Label::Plain, text));
    }
    lines.extend(guard.unarmed.iter().map(|alarm| {
        let why = match &alarm.why {
            Unarmed::InAlarm => {
                format!(
                    "is in ALARM and would roll it back at once; refused without --allow-alarm {}",
                    alarm.logical_id
                )
            }
            Unarmed::Paused { mappings } => {
                let names: Vec<&str> = mappings.iter().map(LogicalId::as_str).collect();
                format!("is not armed: {} paused, and its lag grows because of that", names.join(", "))
            }
            Unarmed::Unseen => "is not armed: it is not there, or may not be looked at".to_owned(),
        };
        (Label::Warning, format!("{} {why}", alarm.logical_id))
    }));
    lines
}

/// Which readers are paused meanwhile, and which somebody paused before.
pub(super) fn readers(plan: &Plan) -> Vec<(Label, String)> {
    let mut lines = Vec::new();
    if let Some(drain) = &plan.drain {
        if drain.readers.is_empty() {
            lines.push((Label::Plain, "none is drained: none that stays is touched".to_owned()));
        }
        lines.extend(drain.readers.iter().map(|reader| drained(drain, reader)));
    }
    lines.extend(plan.hand_overs.iter().map(|one| {
        let again = one.again.map(|records| format!("; about {} records are read again", grouped(records)));
        let text = format!(
            "{} is handed over: its successor reads from {} on, {} before now ({} behind, {} for safety); none is skipped{}",
            one.consumer,
            one.from,
            short_duration(one.back()),
            short_duration(one.behind),
            short_duration(one.margin),
            again.unwrap_or_default()
        );
        (Label::Plain, text)
    }));
    lines.extend(plan.paused.iter().map(|paused| {
        let by = paused.by.as_ref().map(|by| format!(" by {}", printable(by))).unwrap_or_default();
        let since = paused.since.map(|since| format!(" since {since}")).unwrap_or_default();
        (Label::Warning, format!("{} was paused{by}{since}, and stays paused", paused.logical_id))
    }));
    lines
}

fn drained(drain: &Drain, reader: &DrainedReader) -> (Label, String) {
    let mut text = format!(
        "{} is paused for up to {}, then reads on; under {} behind is waited for",
        reader.consumer,
        short_duration(drain.pause),
        short_duration(reader.limit)
    );
    if let Some(waiting) = reader.waiting {
        text.push_str(&format!("; {} records wait by then, at the declared load", grouped(waiting)));
    }
    if let Some(behind) = reader.behind {
        text.push_str(&format!("; {} behind just now", short_duration(behind)));
    }
    let expires = drain.too_long().any(|one| one == reader);
    if let Some(kept) = reader.retention {
        text.push_str(&format!("; its stream keeps records for {kept}"));
    }
    if expires {
        text.push_str(": records would EXPIRE unread; refused");
    }
    (if expires { Label::Bad } else { Label::Plain }, text)
}

/// What would be worth knowing and is not known.
fn unmeasured(plan: &Plan) -> Vec<String> {
    let all = plan.unmeasured.iter().map(|one| {
        let what = match one.what {
            Measure::Holding => "how much it holds",
            Measure::Lag => "how far it is behind",
        };
        format!("{}: {what} is not known: {}", one.logical_id, printable(&one.why))
    });
    all.collect()
}

/// What a change brings with it, and what to do about it.
pub(super) fn consequence(consequence: &Consequence) -> String {
    match consequence {
        Consequence::KeyDropped { property } => format!(
            "{property} goes: what is written from now on is not encrypted with a key of KMS; name one to keep it"
        ),
        Consequence::ExpiryOff { attribute } => format!(
            "items no longer expire by {}, and the table grows; once off, it takes an hour until it can be on again",
            printable(attribute)
        ),
        Consequence::RecoveryOff => {
            "it can no longer be restored to a moment, and the moments that were kept are gone; make a backup before"
                .to_owned()
        }
        Consequence::AlarmLost { watched } => {
            let watched: Vec<&str> = watched.iter().map(LogicalId::as_str).collect();
            format!("is an alarm that goes while {} stays; keep it, or silence it until a day", watched.join(" and "))
        }
        Consequence::Resharded { before, after } => {
            let from = before.map(|before| format!("from {before} ")).unwrap_or_default();
            format!("is resharded {from}to {after}: readers go on; Kinesis does this ten times a day at most")
        }
        Consequence::ModeSwitched { mode } => {
            format!("switches to {}; Kinesis does this twice a day at most", printable(mode))
        }
        Consequence::ParallelCalls { before, after } => {
            let less =
                if after < before { ": less is carried off at once, and the lag grows if it is needed" } else { "" };
            format!("calls its function for {after} batches at once at most instead of {before}{less}")
        }
        Consequence::ScaledValueReset { property, to } => {
            format!("{property} is set to {}, whatever the scaling has made of it; deploy while it is quiet", value(to))
        }
        Consequence::FleetExchanged { instances, keeps_count } => {
            let many = match instances {
                _ if *keeps_count => " with as many instances as there are now".to_owned(),
                Some(count) => format!(" with {}", plural(usize::try_from(*count).unwrap_or(usize::MAX), "instance")),
                None => String::new(),
            };
            let paid = if instances.is_some() { "; until then both are there and paid for" } else { "" };
            format!("a second fleet{many} takes over without an interruption{paid}")
        }
    }
}

/// The worst that a plan does, in a few words.
pub(super) fn risk(risk: Risk) -> &'static str {
    match risk {
        Risk::Impossible => "cannot be changed",
        Risk::DataLost => "its data are LOST",
        Risk::ReaderFails => "reader FAILS",
        Risk::ReaderResets => "reader RESETS",
        Risk::ReaderStops => "reader STOPS",
        Risk::RecordsAtRisk => "records may not be read",
        Risk::Replaced => "REPLACED",
        Risk::DataLeft => "its data stay behind",
        Risk::Undecided => "may be replaced",
        Risk::Removed => "removed",
    }
}

/// `file:line:column` of an origin.
pub(super) fn place(origin: Option<&Origin>) -> Option<String> {
    origin.and_then(|origin| origin.place.as_ref()).map(ToString::to_string)
}

/// What had its hand in a resource besides its stage, each with its place; none where nothing had.
pub(super) fn escapes(origin: Option<&Origin>) -> Vec<String> {
    let Some(origin) = origin else { return Vec::new() };
    let at = |path: &str, place: Option<&Place>| match place {
        Some(place) => format!("{path} at {place}"),
        None => path.to_owned(),
    };
    let told = origin.escapes.iter().map(|escape| match escape {
        Escape::Template { file } => format!("made by {file} instead of the built-in template"),
        Escape::Patch { spec_path, place } => format!("patched by {}", at(spec_path, place.as_ref())),
        Escape::LeftOut { spec_path, place } => format!("left out by {}", at(spec_path, place.as_ref())),
        Escape::Resource => format!("added by {}", at(&origin.spec_path, origin.place.as_ref())),
    });
    told.collect()
}

/// The stage of an origin, or what stands for resources of no stage.
pub(super) fn stage(origin: Option<&Origin>) -> String {
    stage_name(origin.and_then(|origin| origin.stage.as_ref()))
}

/// A stage, or what stands for none.
pub(super) fn stage_name(stage: Option<&StageRef>) -> String {
    stage.map_or_else(|| "pipeline".to_owned(), ToString::to_string)
}

/// What to do after a plan was looked at.
pub(super) struct Next {
    /// When, or what else.
    pub(super) when: &'static str,
    /// What to type then; none where there is nothing.
    pub(super) command: Option<String>,
}

/// What to do next; what would be lost has to be named.
pub(super) fn next(plan: &Plan, about: &About) -> Vec<Next> {
    let target = format!("{} --env {}", about.pipeline, about.environment);
    if plan.is_empty() {
        return Vec::new();
    }
    if plan.impossible().next().is_some() {
        let refused = "Change what is refused as it says, then plan again: nothing of this can be deployed";
        return vec![Next { when: refused, command: None }];
    }
    let (when, mut command) = match plan.kind {
        PlanKind::Create | PlanKind::Update => ("After merge", format!("sluice deploy {target}")),
        PlanKind::Destroy => ("To remove it", format!("sluice destroy {target}")),
    };
    command.push_str(&flags(&about.consent));
    vec![Next { when, command: Some(command) }]
}

/// How long it takes: `about 40s, 2m 00s when it is slow`.
pub(super) fn time(typical: Duration, slow: Duration) -> String {
    if slow > typical {
        format!("about {}, {} when it is slow", short_duration(typical), short_duration(slow))
    } else {
        format!("about {}", short_duration(typical))
    }
}

/// `1 unchanged resource is not shown`.
pub(super) fn unchanged(count: usize) -> String {
    let verb = if count == 1 { "is" } else { "are" };
    format!("{} {verb} not shown", plural(count, "unchanged resource"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn references_read_as_people_write_them_and_all_else_as_it_is() {
        assert_eq!(value(&json!({"Ref": "Topic"})), "!Ref Topic");
        assert_eq!(value(&json!({"Fn::GetAtt": ["Topic", "Arn"]})), "!GetAtt Topic.Arn");
        assert_eq!(value(&json!({"Fn::GetAtt": ["Topic"]})), r#"{"Fn::GetAtt":["Topic"]}"#);
        assert_eq!(value(&json!({"Ref": "A", "B": 1})), r#"{"Ref":"A","B":1}"#);
        assert_eq!(value(&json!("a\nb")), "a\\nb");
    }
}
