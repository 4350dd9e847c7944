//! The laws of plans, and the changes that people ask about.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::cost;
use crate::diagnostic::Code;
use crate::environment::Tier;
use crate::observed::{
    ChangeSet, ChangeSetState, ExecutionState, Observed, ObservedResource, Replacement, ResourceAction, ResourceChange,
    ResourceStatus, StackDescription, StackStatus,
};
use crate::pipeline::{Escape, Origin, Origins};
use crate::template::{Recreation, Template};
use crate::units::{ByteSize, LogicalId, Rate, Timestamp};

/// Where only the loss of data is asked about.
const LENIENT: Policy = Policy { tier: Tier::Development, budget: None };
/// Where everything is.
const STRICT: Policy = Policy { tier: Tier::Production, budget: None };

fn id(text: &str) -> LogicalId {
    LogicalId::new(text).expect("an id")
}

/// A stream with a fan-out reader, a function behind an alias, an archive, a table and a dashboard.
fn pipeline() -> Value {
    json!({
        "Stream": {"Type": "AWS::Kinesis::Stream", "UpdateReplacePolicy": "Retain",
            "DeletionPolicy": "RetainExceptOnCreate",
            "Properties": {"Name": "p-dev-t", "ShardCount": 4, "RetentionPeriodHours": 168}},
        "FanOut": {"Type": "AWS::Kinesis::StreamConsumer",
            "Properties": {"ConsumerName": "p-dev-s", "StreamARN": {"Fn::GetAtt": ["Stream", "Arn"]}}},
        "Role": {"Type": "AWS::IAM::Role", "Properties": {"AssumeRolePolicyDocument": {"Statement": []}}},
        "Function": {"Type": "AWS::Lambda::Function", "Properties": {"FunctionName": "p-dev-s", "MemorySize": 512,
            "Code": {"S3Bucket": "b", "S3Key": "functions/s/1.zip"}, "Role": {"Fn::GetAtt": ["Role", "Arn"]}}},
        "Version1": {"Type": "AWS::Lambda::Version", "Properties": {"FunctionName": {"Ref": "Function"}}},
        "Alias": {"Type": "AWS::Lambda::Alias", "Properties": {"Name": "live", "FunctionName": {"Ref": "Function"},
            "FunctionVersion": {"Fn::GetAtt": ["Version1", "Version"]}}},
        "Mapping": {"Type": "AWS::Lambda::EventSourceMapping", "Properties": {
            "FunctionName": {"Ref": "Alias"}, "EventSourceArn": {"Fn::GetAtt": ["FanOut", "ConsumerARN"]},
            "StartingPosition": "TRIM_HORIZON", "ParallelizationFactor": 4}},
        "Table": {"Type": "AWS::DynamoDB::Table", "Properties": {"TableName": "p-dev-f",
            "AttributeDefinitions": [{"AttributeName": "k", "AttributeType": "S"}],
            "KeySchema": [{"AttributeName": "k", "KeyType": "HASH"}]}},
        "Archive": {"Type": "AWS::KinesisFirehose::DeliveryStream", "Properties": {
            "KinesisStreamSourceConfiguration": {"KinesisStreamARN": {"Fn::GetAtt": ["Stream", "Arn"]},
                "RoleARN": {"Fn::GetAtt": ["Role", "Arn"]}}}},
        "Board": {"Type": "AWS::CloudWatch::Dashboard", "Properties": {"DashboardName": "p-dev",
            "DashboardBody": {"Fn::Sub": "{\"widgets\":[{\"width\":6,\"region\":\"${AWS::Region}\"}]}"}}},
    })
}

/// The pipeline with some members set by JSON pointer; `null` removes.
fn with(edits: &[(&str, Value)]) -> Value {
    let mut resources = pipeline();
    for (pointer, value) in edits {
        let (parent, key) = pointer.rsplit_once('/').expect("a pointer");
        let Some(Value::Object(members)) = resources.pointer_mut(parent) else { panic!("no {parent}") };
        match value {
            Value::Null => members.shift_remove(key),
            value => members.insert(key.to_owned(), value.clone()),
        };
    }
    resources
}

fn template(resources: Value) -> Template {
    Template::from_value(json!({ "Resources": resources })).expect("a template")
}

fn desired(resources: Value) -> Desired {
    Desired {
        stack: "p-dev".to_owned(),
        template: template(resources),
        tags: BTreeMap::from([("owner".to_owned(), "team".to_owned())]),
        origins: Origins::new(),
        loads: BTreeMap::new(),
    }
}

fn deployed(resources: Value) -> Observed {
    let template = template(resources);
    let resources = template.resources.iter().map(|(id, resource)| {
        let found = ObservedResource {
            type_name: resource.type_name.clone(),
            physical_id: Some(format!("physical-{id}")),
            status: ResourceStatus::CreateComplete,
            reason: None,
        };
        (id.clone(), found)
    });
    Observed::Present(Box::new(StackDescription {
        id: "arn:aws:cloudformation:eu-west-1:123456789012:stack/p-dev/1".to_owned(),
        name: "p-dev".to_owned(),
        status: StackStatus::CreateComplete,
        status_reason: None,
        parameters: BTreeMap::new(),
        tags: BTreeMap::from([("owner".to_owned(), "team".to_owned())]),
        outputs: BTreeMap::new(),
        resources: resources.collect(),
        template: Some(template),
        created: Timestamp::from_millis(0),
        updated: None,
        termination_protection: false,
        change_set_id: None,
    }))
}

/// The plan for some edits of the deployed pipeline.
fn plan(edits: &[(&str, Value)]) -> Plan {
    compare(&desired(with(edits)), &deployed(pipeline()), &Known::default())
}

fn signs(plan: &Plan) -> Vec<String> {
    plan.resources.iter().map(|resource| format!("{} {}", resource.action.symbol(), resource.logical_id)).collect()
}

fn verdicts(plan: &Plan) -> Vec<String> {
    plan.consumers.iter().map(|e| format!("{} {:?} {} {:?}", e.logical_id, e.verdict, e.rule, e.records)).collect()
}

#[test]
fn nothing_changes_when_nothing_changed() {
    let plan = plan(&[]);
    assert!(plan.is_empty());
    assert_eq!(plan.summary.unchanged, 10);
    assert_eq!(plan.summary.to_string(), "Plan: 0 to add, 0 to change, 0 to replace, 0 to destroy.");
    assert_eq!(plan.expected, Expected::default());
}

#[test]
fn the_digest_of_a_plan_is_that_of_what_it_does_not_of_when_or_how_much() {
    let wider = || plan(&[("/Mapping/Properties/ParallelizationFactor", json!(8))]);
    let mut later = wider();
    later.expected = Expected::default();
    later.consumers.clear();
    if let Baseline::Stack { updated, .. } = &mut later.baseline {
        *updated = Timestamp::from_millis(1);
    }
    later.resources[0].sureness = Sureness::Likely;
    later.resources[0].decided_by = BTreeSet::from([Decider::ChangeSet]);
    assert_eq!(later.digest(), wider().digest());
    let others = [
        plan(&[]),
        plan(&[("/Mapping/Properties/ParallelizationFactor", json!(9))]),
        plan(&[("/Stream/Properties/RetentionPeriodHours", json!(24))]),
        compare(&desired(pipeline()), &Observed::Absent, &Known::default()),
        Plan { stack: "p-prod".to_owned(), ..wider() },
        Plan { tags: vec![TagChange { key: "owner".to_owned(), before: None, after: None }], ..wider() },
    ];
    let mut digests: BTreeSet<String> = others.iter().map(|plan| plan.digest().to_string()).collect();
    digests.insert(wider().digest().to_string());
    assert_eq!(digests.len(), others.len() + 1, "each of them is another one");
}

#[test]
fn a_first_deployment_adds_everything_and_every_reader_starts() {
    let plan = compare(&desired(pipeline()), &Observed::Absent, &Known::default());
    assert_eq!((plan.kind, &plan.baseline), (PlanKind::Create, &Baseline::Absent));
    assert_eq!(plan.summary.count(Action::Create), 10);
    assert_eq!(
        verdicts(&plan),
        ["Archive Starts V-12 ReadFrom(Latest)".to_owned(), "Mapping Starts SIM-1 ReadFrom(TrimHorizon)".to_owned()]
    );
    assert!(plan.expected.typical.as_secs() > 60 && plan.expected.slow > plan.expected.typical);
}

#[test]
fn a_queues_reader_has_no_position_to_lose() {
    let mapping = json!({"Type": "AWS::Lambda::EventSourceMapping", "Properties": {
        "FunctionName": {"Ref": "Alias"}, "EventSourceArn": "arn:aws:sqs:eu-west-1:123456789012:q", "BatchSize": 10}});
    let first = compare(&desired(with(&[("/Poll", mapping)])), &Observed::Absent, &Known::default());
    assert!(verdicts(&first).iter().all(|verdict| !verdict.starts_with("Poll")), "{:?}", verdicts(&first));
}

#[test]
fn parallelism_changes_in_place_and_the_consumer_continues() {
    let plan = plan(&[("/Mapping/Properties/ParallelizationFactor", json!(8))]);
    assert_eq!(signs(&plan), ["~ Mapping"]);
    let [change] = plan.resources[0].changes.as_slice() else { panic!("one change") };
    assert_eq!(
        (change.path.to_string(), &change.before, &change.after),
        ("ParallelizationFactor".to_owned(), &Some(json!(4)), &Some(json!(8)))
    );
    assert_eq!(verdicts(&plan), ["Mapping Continues V-1 Untouched"]);
    assert_eq!(plan.summary.to_string(), "Plan: 0 to add, 1 to change, 0 to replace, 0 to destroy.");
    assert_eq!(plan.resources[0].physical_id.as_deref(), Some("physical-Mapping"));
}

#[test]
fn another_start_position_alone_is_refused_by_the_service() {
    let plan = plan(&[("/Mapping/Properties/StartingPosition", json!("LATEST"))]);
    assert_eq!(signs(&plan), ["✗ Mapping"]);
    assert!(matches!(plan.resources[0].reasons[0], Reason::Blocked(BlockedBy::MappingExists { .. })));
    let keep = Remedy::KeepValue { path: "StartingPosition".to_owned(), deployed: json!("TRIM_HORIZON") };
    assert_eq!(plan.resources[0].remedies, [keep, Remedy::NewStage, Remedy::RemoveThenAdd]);
    assert_eq!(verdicts(&plan), ["Mapping Fails V-5 Untouched"]);
    assert_eq!(plan.summary.to_string(), "Plan: 0 to add, 0 to change, 0 to replace, 0 to destroy, 1 impossible.");
}

#[test]
fn a_renamed_stream_replaces_its_readers_and_loses_what_they_have_not_read() {
    let plan = plan(&[("/Stream/Properties/Name", json!("p-dev-u"))]);
    assert_eq!(signs(&plan), ["+/- Archive", "+/- FanOut", "+/- Mapping", "+/- Stream"]);
    let fan_out = plan.resource(&id("FanOut")).expect("planned");
    let because = Reason::ReplacedReference {
        path: crate::template::PropertyPath::of("StreamARN"),
        target: id("Stream"),
        attribute: Some("Arn".to_owned()),
    };
    assert_eq!(fan_out.reasons, [because]);
    assert!(fan_out.changes[0].known_after_apply && fan_out.changes[0].recreation == Recreation::Always);
    assert_eq!(
        verdicts(&plan),
        [
            "Archive Resets V-12 Skipped".to_owned(),
            "Mapping Resets V-8 LostWithStream { stream: \"Stream\" }".to_owned()
        ]
    );
    let [data] = plan.data.as_slice() else { panic!("one resource with data") };
    assert_eq!((data.end, data.removal), (DataEnd::Replaced, Removal::Retained));
    assert_eq!((plan.summary.retained, plan.summary.data_loss, plan.summary.consumer_resets), (1, 0, 2));
}

#[test]
fn a_tag_on_a_fan_out_consumer_cannot_change_because_its_name_is_taken() {
    let plan = plan(&[("/FanOut/Properties/Tags", json!([{"Key": "a", "Value": "b"}]))]);
    assert_eq!(signs(&plan), ["✗ FanOut"]);
    assert!(matches!(plan.resources[0].reasons[0], Reason::Blocked(BlockedBy::IdentityTaken { .. })));
}

#[test]
fn from_fan_out_to_shared_reading_resets_the_consumer() {
    let edits = [("/Mapping/Properties/EventSourceArn", json!({"Fn::GetAtt": ["Stream", "Arn"]}))];
    let from_start = plan(&edits);
    assert_eq!(signs(&from_start), ["+/- Mapping"]);
    assert_eq!(verdicts(&from_start), ["Mapping Resets V-4 ReadAgain { from: TrimHorizon }"]);
    let [edit] = edits;
    let from_tip = plan(&[edit, ("/Mapping/Properties/StartingPosition", json!("LATEST"))]);
    assert_eq!(verdicts(&from_tip), ["Mapping Resets V-4 Skipped"]);
}

#[test]
fn a_renamed_logical_id_collides_with_itself() {
    let mut resources = with(&[("/Mapping", Value::Null)]);
    resources["Reader"] = pipeline()["Mapping"].clone();
    let plan = compare(&desired(resources), &deployed(pipeline()), &Known::default());
    assert_eq!(signs(&plan), ["- Mapping", "✗ Reader"]);
}

#[test]
fn the_key_of_a_named_table_cannot_change() {
    let plan = plan(&[("/Table/Properties/KeySchema/0/AttributeName", json!("other"))]);
    assert_eq!(signs(&plan), ["✗ Table"]);
    let Reason::Blocked(BlockedBy::FixedName { property, name, .. }) = &plan.resources[0].reasons[0] else {
        panic!("a fixed name")
    };
    assert_eq!((property.as_str(), name.as_str()), ("TableName", "p-dev-f"));
}

#[test]
fn new_code_publishes_a_version_and_moves_the_alias_in_place() {
    let mut resources = with(&[
        ("/Function/Properties/Code/S3Key", json!("functions/s/2.zip")),
        ("/Version1", Value::Null),
        ("/Alias/Properties/FunctionVersion", json!({"Fn::GetAtt": ["Version2", "Version"]})),
    ]);
    resources["Version2"] = pipeline()["Version1"].clone();
    let plan = compare(&desired(resources), &deployed(pipeline()), &Known::default());
    assert_eq!(signs(&plan), ["~ Alias", "~ Function", "- Version1", "+ Version2"]);
    assert!(plan.consumers.is_empty() && plan.data.is_empty());
}

#[test]
fn a_wider_widget_is_one_change_inside_the_dashboard() {
    let body = "{\"widgets\":[{\"width\":12,\"region\":\"${AWS::Region}\"}]}";
    let plan = plan(&[("/Board/Properties/DashboardBody", json!({ "Fn::Sub": body }))]);
    let [change] = plan.resources[0].changes.as_slice() else { panic!("one change") };
    assert_eq!(change.inside.as_ref().map(ToString::to_string).as_deref(), Some("widgets[0].width"));
}

#[test]
fn shorter_retention_and_other_shards_concern_the_readers() {
    let plan =
        plan(&[("/Stream/Properties/RetentionPeriodHours", json!(24)), ("/Stream/Properties/ShardCount", json!(8))]);
    assert_eq!(
        verdicts(&plan),
        [
            "Archive Continues V-7 Untouched".to_owned(),
            "Archive Continues V-9 ExpireSooner { before: Number(168), after: Number(24) }".to_owned(),
            "Mapping Continues V-7 Untouched".to_owned(),
            "Mapping Continues V-9 ExpireSooner { before: Number(168), after: Number(24) }".to_owned(),
        ]
    );
}

#[test]
fn a_paused_consumer_resumes_where_it_was() {
    let off = ("/Mapping/Properties/Enabled", json!(false));
    assert_eq!(verdicts(&plan(std::slice::from_ref(&off))), ["Mapping Pauses V-3 NotRead"]);
    let on = ("/Mapping/Properties/Enabled", json!(true));
    let resumed = compare(&desired(with(&[on])), &deployed(with(std::slice::from_ref(&off))), &Known::default());
    assert_eq!(verdicts(&resumed), ["Mapping Resumes V-3 Untouched"]);
    // A template that says nothing of it leaves it as it is.
    let silent = compare(&desired(pipeline()), &deployed(with(&[off])), &Known::default());
    assert_eq!(verdicts(&silent), ["Mapping Pauses V-3 NotRead"]);
}

#[test]
fn removed_data_is_lost_or_kept_by_the_deployed_policy() {
    let plan = plan(&[("/Table", Value::Null), ("/Archive", Value::Null)]);
    assert_eq!(signs(&plan), ["- Archive", "- Table"]);
    let [data] = plan.data.as_slice() else { panic!("one resource with data") };
    assert_eq!((data.logical_id.as_str(), data.end, data.removal), ("Table", DataEnd::Removed, Removal::Deleted));
    assert_eq!(verdicts(&plan), ["Archive Stops V-12 NotRead"]);
}

#[test]
fn destroying_says_what_goes_and_what_stays() {
    let plan = destroy("p-dev", &deployed(pipeline()), &Origins::new());
    assert_eq!((plan.kind, plan.summary.count(Action::Delete), plan.summary.retained), (PlanKind::Destroy, 10, 1));
    let kept: Vec<&str> = plan
        .resources
        .iter()
        .filter(|resource| resource.removal == Some(Removal::Retained))
        .map(|resource| resource.logical_id.as_str())
        .collect();
    assert_eq!(kept, ["Stream"]);
    assert!(destroy("p-dev", &Observed::Absent, &Origins::new()).is_empty());
}

#[test]
fn what_was_left_behind_is_taken_in_where_its_policy_keeps_it() {
    let existing = |name: &str| ExistingResource { physical_id: name.to_owned(), owner: None };
    let known = Known {
        existing: BTreeMap::from([(id("Stream"), existing("p-dev-t")), (id("Table"), existing("p-dev-f"))]),
        ..Known::default()
    };
    let wanted = desired(pipeline());
    let named: Vec<String> = named_resources(&wanted.template)
        .into_iter()
        .filter(|named| named.adoptable)
        .map(|named| format!("{} {}", named.logical_id, named.name))
        .collect();
    assert_eq!(named, ["Stream p-dev-t"]);
    let plan = compare(&wanted, &Observed::Absent, &known);
    assert_eq!(plan.resource(&id("Stream")).map(|plan| plan.action), Some(Action::Import));
    let table = plan.resource(&id("Table")).expect("planned");
    assert_eq!(table.action, Action::Cannot);
    assert!(matches!(table.reasons[0], Reason::Blocked(BlockedBy::NameTaken { .. })));
    assert!(plan.summary.to_string().contains("1 to import, 1 impossible"));
}

#[test]
fn new_tags_of_the_stack_reach_every_taggable_resource() {
    let mut wanted = desired(pipeline());
    wanted.tags.insert("cost".to_owned(), "ml".to_owned());
    let plan = compare(&wanted, &deployed(pipeline()), &Known::default());
    assert_eq!(plan.tags.len(), 1);
    assert_eq!(
        plan.resource(&id("Stream")).map(|p| (p.action, p.reasons.clone())),
        Some((Action::Update, vec![Reason::StackTags]))
    );
    assert_eq!(plan.resource(&id("FanOut")).map(|plan| plan.action), Some(Action::Undecided));
    assert!(plan.resource(&id("Version1")).is_none());
    // The change set says that the fan-out consumer is replaced; its name on the stream is still taken then.
    let change_set = Some(said("FanOut", "AWS::Kinesis::StreamConsumer", Replacement::True));
    let plan = compare(&wanted, &deployed(pipeline()), &Known { change_set, ..Known::default() });
    let fan_out = plan.resource(&id("FanOut")).expect("planned");
    assert_eq!(fan_out.action, Action::Cannot);
    assert!(matches!(fan_out.reasons[0], Reason::Blocked(BlockedBy::IdentityTaken { .. })));
}

fn said(logical_id: &str, type_name: &str, replacement: Replacement) -> ChangeSet {
    ChangeSet {
        id: "arn".to_owned(),
        name: "plan".to_owned(),
        stack_id: "arn".to_owned(),
        state: ChangeSetState::Ready,
        execution: ExecutionState::Available,
        reason: None,
        changes: vec![ResourceChange {
            logical_id: id(logical_id),
            type_name: type_name.to_owned(),
            physical_id: None,
            action: ResourceAction::Modify,
            replacement: Some(replacement),
            details: Vec::new(),
        }],
        created: None,
    }
}

#[test]
fn a_change_set_confirms_or_corrects_the_schemas() {
    let wanted = desired(with(&[("/Role/Properties/MaxSessionDuration", json!(7200))]));
    let against = |change_set| {
        let known = Known { change_set: Some(change_set), ..Known::default() };
        compare(&wanted, &deployed(pipeline()), &known).resource(&id("Role")).cloned().expect("planned")
    };
    let agreed = against(said("Role", "AWS::IAM::Role", Replacement::False));
    assert_eq!((agreed.action, agreed.decided_by.len(), agreed.sureness), (Action::Update, 2, Sureness::Certain));
    let corrected = against(said("Role", "AWS::IAM::Role", Replacement::True));
    assert_eq!(corrected.action, Action::Replace);
    assert_eq!(corrected.reasons[0], Reason::ChangeSetSays { schema_action: Some(Action::Update) });
    let silent = against(said("Board", "AWS::CloudWatch::Dashboard", Replacement::False));
    assert_eq!(silent.sureness, Sureness::Likely);
}

#[test]
fn consent_is_needed_and_data_loss_is_named_one_by_one() {
    let world = deployed(pipeline());
    let risky = || plan(&[("/Table", Value::Null)]);
    let yes = Consent { yes: true, ..Consent::default() };
    let loss = Permission::DataLoss { logical_id: id("Table") };
    assert_eq!(approve(risky(), &world, LENIENT, &yes), Err(Refusal::Unnamed(vec![loss.clone()])));
    let named = Consent { yes: true, given: BTreeSet::from([loss]) };
    let approved = approve(risky(), &world, LENIENT, &named).expect("approved");
    assert_eq!(approved.removals(), BTreeSet::from([id("Table")]));
    assert_eq!(approve(plan(&[]), &world, STRICT, &Consent::default()), Err(Refusal::NotApproved));
    assert_eq!(approve(risky(), &Observed::Absent, LENIENT, &named), Err(Refusal::Stale));
    let blocked = plan(&[("/Mapping/Properties/StartingPosition", json!("LATEST"))]);
    assert_eq!(approve(blocked, &world, LENIENT, &yes), Err(Refusal::Impossible(vec![id("Mapping")])));
    let gone = destroy("p-dev", &world, &Origins::new());
    assert!(approve(gone, &world, STRICT, &yes).is_ok());
}

#[test]
fn production_refuses_what_development_tells() {
    // A fan-out reader of another name: its ARN is another, and so is the mapping that reads through it.
    let replaced = plan(&[("/FanOut/Properties/ConsumerName", json!("other"))]);
    let asked = |tier: Tier, budget: Option<cost::Verdict>| {
        let demands = Policy { tier, budget }.demands(&replaced);
        demands.iter().map(Permission::flag).collect::<Vec<String>>()
    };
    assert_eq!(asked(Tier::Development, None), Vec::<String>::new());
    assert_eq!(asked(Tier::Staging, Some(cost::Verdict::Above)), ["--allow-consumer-reset Mapping"]);
    assert_eq!(
        asked(Tier::Production, Some(cost::Verdict::Above)),
        ["--allow-consumer-reset Mapping", "--allow-replacement FanOut", "--allow-over-budget"]
    );
    assert_eq!(asked(Tier::Production, Some(cost::Verdict::AboveAtPeak)).len(), 2);
    let refused = approve(replaced, &deployed(pipeline()), STRICT, &Consent { yes: true, ..Consent::default() });
    let told = refused.expect_err("refused").diagnostics();
    let codes: Vec<Code> = told.iter().map(|one| one.code).collect();
    assert_eq!(codes, [Code::PlanConsumerReset, Code::PlanReplacement]);
    let unchanged = Policy { budget: Some(cost::Verdict::Above), ..STRICT }.demands(&plan(&[]));
    assert_eq!(unchanged, [], "nothing is spent by changing nothing");
}

#[test]
fn records_are_counted_where_the_load_is_declared() {
    let reset = [("/Mapping/Properties/EventSourceArn", json!({"Fn::GetAtt": ["Stream", "Arn"]}))];
    let load = Load { records: Rate::parse("100/s").expect("a rate"), record: ByteSize::from_bytes(1_000) };
    let counted = |edits: &[(&str, Value)], loads: &[&str]| {
        let loads = loads.iter().map(|name| (id(name), load)).collect();
        let wanted = Desired { loads, ..desired(with(edits)) };
        compare(&wanted, &deployed(pipeline()), &Known::default())
    };
    let amount = |plan: Plan| plan.consumers.iter().find(|effect| effect.logical_id == id("Mapping")).unwrap().amount;
    // A week of it is retained, and the new reader begins at the oldest.
    let week = amount(counted(&reset, &["Stream"])).expect("counted");
    assert_eq!((week.records, week.bytes, week.of), (60_480_000, 60_480_000_000, AmountOf::Retention));
    assert_eq!(amount(counted(&reset, &[])), None, "nobody said how much there is");
    let latest = [reset[0].clone(), ("/Mapping/Properties/StartingPosition", json!("LATEST"))];
    let minute = amount(counted(&latest, &["Mapping"])).expect("counted");
    assert_eq!((minute.records, minute.of), (6_000, AmountOf::MinuteBehind));
    let shorter = [("/Stream/Properties/RetentionPeriodHours", json!(24))];
    assert_eq!(amount(counted(&shorter, &["Stream"])).map(|amount| amount.records), Some(51_840_000));
    let gone = counted(&[("/Stream", Value::Null)], &["Stream"]);
    assert_eq!(gone.data[0].amount.map(|amount| amount.records), Some(60_480_000));
}

#[test]
fn a_plan_is_json_with_a_version() {
    let value = serde_json::to_value(plan(&[("/Stream/Properties/Name", json!("x"))])).expect("JSON");
    assert_eq!(value["format_version"], FORMAT_VERSION);
    assert_eq!(value["resources"][0]["action"], "replace");
    assert_eq!(value["summary"]["by_action"]["replace"], 4);
    assert_eq!(value["consumers"][0]["records"]["effect"], "skipped");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// Whatever is edited: comparing again with what was planned finds nothing, and the sum of all counts is the sum
    /// of all resources.
    #[test]
    fn a_carried_out_plan_leaves_nothing_to_plan(
        memory in 128u32..1024, shards in 1u32..9, name in "[a-z]{1,3}", drop_table in any::<bool>(), parallel in 1u32..10,
    ) {
        let mut edits = vec![
            ("/Function/Properties/MemorySize", json!(memory)),
            ("/Stream/Properties/ShardCount", json!(shards)),
            ("/Stream/Properties/Name", json!(name)),
            ("/Mapping/Properties/ParallelizationFactor", json!(parallel)),
        ];
        if drop_table {
            edits.push(("/Table", Value::Null));
        }
        let wanted = with(&edits);
        let plan = compare(&desired(wanted.clone()), &deployed(pipeline()), &Known::default());
        let counted: usize = plan.summary.by_action.values().sum();
        prop_assert_eq!(counted, plan.resources.len());
        prop_assert_eq!(counted + plan.summary.unchanged, 10);
        prop_assert!(plan.resources.iter().all(|resource| !resource.reasons.is_empty()));
        prop_assert!(compare(&desired(wanted.clone()), &deployed(wanted), &Known::default()).is_empty());
    }
}

#[test]
fn what_is_left_out_is_told_whether_the_stack_has_it_or_not() {
    let patch = Escape::LeftOut { spec_path: "cloudformation.patch.Board".to_owned(), place: None };
    let origin = Origin { spec_path: String::new(), place: None, stage: None, escapes: vec![patch.clone()] };
    let mut wanted = desired(with(&[("/Board", Value::Null)]));
    wanted.origins.insert(id("Board"), origin);
    let first = compare(&wanted, &Observed::Absent, &Known::default());
    assert_eq!(first.never_made().map(|left| left.logical_id.as_str()).collect::<Vec<_>>(), ["Board"]);
    let later = compare(&wanted, &deployed(pipeline()), &Known::default());
    let removed = later.resource(&id("Board")).expect("is removed");
    assert_eq!(removed.action, Action::Delete);
    assert_eq!(removed.origin.as_ref().expect("an origin").escapes, [patch]);
    assert_eq!((later.left_out.len(), later.never_made().count()), (1, 0));
}

#[test]
fn files_are_compared_like_a_stack_and_say_what_they_are() {
    let source = Source::Revision { revision: "main".to_owned(), commit: "c0ffee".to_owned() };
    let stack = |template: Value| {
        let template = Template::from_value(json!({"Resources": template})).expect("a template");
        EarlierStack { template, tags: None }
    };
    let wanted = desired(with(&[("/Function/Properties/MemorySize", json!(1024))]));
    let earlier = Earlier { source: source.clone(), stack: Ok(stack(pipeline())) };
    let plan = compare_files(&wanted, &earlier);
    assert_eq!(plan.kind, PlanKind::Update);
    assert_eq!(plan.resources.iter().map(|plan| plan.logical_id.as_str()).collect::<Vec<_>>(), ["Function"]);
    assert!(matches!(&plan.baseline, Baseline::Files { source: found, .. } if *found == source));
    let same =
        Earlier { source: source.clone(), stack: Ok(EarlierStack { template: wanted.template.clone(), tags: None }) };
    assert!(compare_files(&wanted, &same).is_empty(), "a template alone says nothing of tags");
    let new = compare_files(&wanted, &Earlier { source: source.clone(), stack: Err(Lacking::Pipeline) });
    assert_eq!((new.kind, new.summary.count(Action::Create)), (PlanKind::Create, 10));
    assert_eq!(new.baseline, Baseline::Missing { source, lacking: Lacking::Pipeline });
    // What was compared with files is never carried out: it says nothing of what is deployed.
    let yes = Consent { yes: true, ..Consent::default() };
    assert_eq!(approve(plan, &deployed(pipeline()), LENIENT, &yes), Err(Refusal::Stale));
}

#[test]
fn the_riskiest_effect_is_the_one_to_look_at_first() {
    let riskiest =
        |edits: &[(&str, Value)]| plan(edits).riskiest().map(|found| (found.risk, found.logical_id.to_string()));
    assert_eq!(riskiest(&[("/Function/Properties/MemorySize", json!(1024))]), None);
    assert_eq!(riskiest(&[("/Version1", Value::Null)]), None, "versions come and go");
    assert_eq!(riskiest(&[("/Board", Value::Null)]), Some((Risk::Removed, "Board".to_owned())));
    let both = [("/Board", Value::Null), ("/Table", Value::Null)];
    assert_eq!(riskiest(&both), Some((Risk::DataLost, "Table".to_owned())));
    let refused = [("/Table", Value::Null), ("/Mapping/Properties/StartingPosition", json!("LATEST"))];
    assert_eq!(riskiest(&refused), Some((Risk::Impossible, "Mapping".to_owned())));
}
