//! What a rendered pipeline must hold, each trap under its own name.

use std::collections::BTreeMap;

use proptest::prelude::*;
use serde_json::{Value, json};

mod alarms;
mod data;
mod endpoints;
mod functions;

use super::*;
use crate::capacity;
use crate::pipeline::fixture::name;
use crate::pipeline::{
    AlarmId, AlarmTuning, Artifact, Endpoint, EndpointRollout, FailureDestination, Image, Model, Pipeline, ReadMode,
    Serving, StageKind, StartPosition, StreamCapacity,
};
use crate::template::Resource;
use crate::units::{Duration, LogicalId, Timestamp};

/// One key per function and artifact, told apart by their names instead of their contents.
fn assets(pipeline: &Pipeline) -> Assets {
    let keys = |endpoint: &Endpoint| -> BTreeMap<String, String> {
        match &endpoint.model {
            Model::Multi { .. } => BTreeMap::from([(String::new(), format!("models/{}/", endpoint.name))]),
            single => {
                let key = |artifact: Artifact<'_>| format!("models/{}-{}/model.tar.gz", endpoint.name, artifact.name);
                single.artifacts().into_iter().map(|artifact| (artifact.name.to_owned(), key(artifact))).collect()
            }
        }
    };
    Assets {
        bucket: "sluice-artifacts-123456789012-eu-west-1".to_owned(),
        code: pipeline.functions().map(|(stage, _)| (stage.name.clone(), format!("code/{}.zip", stage.name))).collect(),
        models: pipeline.endpoints().values().map(|endpoint| (endpoint.name.clone(), keys(endpoint))).collect(),
    }
}

/// The built-in templates, compiled once for all tests.
fn sources() -> &'static TemplateSources {
    static SOURCES: std::sync::OnceLock<TemplateSources> = std::sync::OnceLock::new();
    SOURCES.get_or_init(|| TemplateSources::built_in().expect("templates"))
}

fn try_rendered(pipeline: Pipeline) -> Result<Rendered, Diagnostics> {
    let assets = assets(&pipeline);
    render(&capacity::size(pipeline), sources(), &assets)
}

fn rendered(pipeline: Pipeline) -> Rendered {
    try_rendered(pipeline).expect("renders")
}

fn production() -> Pipeline {
    Pipeline::fixture(Tier::Production)
}

fn changed(change: impl FnOnce(&mut Pipeline)) -> Rendered {
    let mut pipeline = production();
    change(&mut pipeline);
    rendered(pipeline)
}

impl Rendered {
    fn resource(&self, id: &str) -> &Resource {
        self.template.resources.get(id).unwrap_or_else(|| panic!("no {id} among {:?}", self.template.resources.keys()))
    }
    fn properties(&self, id: &str) -> Value {
        Value::Object(self.resource(id).properties.clone())
    }
    fn of_type<'a>(&'a self, type_name: &'a str) -> impl Iterator<Item = (&'a LogicalId, &'a Resource)> {
        self.template.resources.iter().filter(move |(_, resource)| resource.type_name == type_name)
    }
    fn has(&self, id: &str) -> bool {
        self.template.resources.contains_key(id)
    }
    fn statement(&self, role: &str, sid: &str) -> Option<Value> {
        let statements = self.properties(role)["Policies"][0]["PolicyDocument"]["Statement"].clone();
        statements.as_array()?.iter().find(|statement| statement["Sid"] == sid).cloned()
    }
}

#[test]
fn the_same_input_gives_the_same_bytes() {
    assert_eq!(
        rendered(production()).template.to_canonical_json(),
        rendered(production()).template.to_canonical_json()
    );
}

// ---- tiers ------------------------------------------------------------------------------------------------------

#[test]
fn stateful_resources_survive_in_staging_and_production_and_only_there() {
    use crate::template::DeletionPolicy::{Delete, Retain, RetainExceptOnCreate};
    let stateful = [
        "StreamTransactions",
        "TableDecisions",
        "ArchiveTransactionsBucket",
        "ConsumerScoreFailedRecords",
        "AlarmTopicKey",
    ];
    for (tier, deletion, replace) in [
        (Tier::Production, RetainExceptOnCreate, Retain),
        (Tier::Staging, RetainExceptOnCreate, Retain),
        (Tier::Development, Delete, Delete),
    ] {
        let rendered = rendered(Pipeline::fixture(tier));
        for id in stateful {
            assert_eq!(rendered.resource(id).deletion_policy, Some(deletion), "{id} in {tier:?}");
            assert_eq!(rendered.resource(id).update_replace_policy, Some(replace), "{id} in {tier:?}");
        }
        assert_eq!(rendered.properties("TableDecisions")["DeletionProtectionEnabled"], tier != Tier::Development);
        assert_eq!(rendered.termination_protection, tier == Tier::Production);
    }
}

#[test]
fn sluice_tags_win_and_are_on_the_stack_alone() {
    let rendered = rendered(production());
    let tags: Vec<(&str, &str)> = rendered.tags.iter().map(|(key, value)| (key.as_str(), value.as_str())).collect();
    assert_eq!(
        tags,
        [
            ("cost-center", "42"),
            ("sluice:environment", "prod"),
            ("sluice:owner", "payments-ml"),
            ("sluice:pipeline", "fraud-detection")
        ]
    );
    assert!(rendered.template.resources.values().all(|resource| !resource.properties.contains_key("Tags")));
}

// ---- traps ------------------------------------------------------------------------------------------------------

#[test]
fn a_fan_out_consumer_has_no_tag_that_could_ever_change() {
    let properties = rendered(production()).properties("ConsumerScoreFanOut");
    assert_eq!(
        properties,
        json!({"ConsumerName": "fraud-detection-prod-score", "StreamARN": {"Fn::GetAtt": ["StreamTransactions", "Arn"]}})
    );
}

#[test]
fn the_alarm_topic_has_a_key_that_admits_cloudwatch() {
    let rendered = rendered(production());
    assert_eq!(rendered.properties("AlarmTopic")["KmsMasterKeyId"], json!({"Fn::GetAtt": ["AlarmTopicKey", "Arn"]}));
    let statements = rendered.properties("AlarmTopicKey")["KeyPolicy"]["Statement"].clone();
    let admits = statements.as_array().expect("statements").iter().any(|statement| {
        statement["Principal"]["Service"] == "cloudwatch.amazonaws.com"
            && statement["Action"] == json!(["kms:Decrypt", "kms:GenerateDataKey"])
    });
    assert!(admits, "{statements}");
}

#[test]
fn an_endpoint_waits_for_its_alarms_which_do_not_refer_to_it() {
    let rendered = rendered(production());
    let endpoint = rendered.resource("EndpointScoring");
    let alarms = &endpoint.properties["DeploymentConfig"]["AutoRollbackConfiguration"]["Alarms"];
    let names: Vec<&str> =
        alarms.as_array().expect("alarms").iter().filter_map(|alarm| alarm["AlarmName"].as_str()).collect();
    assert_eq!(names.len(), 3);
    for name in names {
        let (id, alarm) = rendered
            .of_type("AWS::CloudWatch::Alarm")
            .find(|(_, alarm)| alarm.properties["AlarmName"] == name)
            .expect("the alarm is there under its literal name");
        assert!(endpoint.depends_on.contains(id), "{id}");
        assert!(!Value::Object(alarm.properties.clone()).to_string().contains("EndpointScoring"), "{id}");
    }
}

#[test]
fn iterator_age_is_the_functions_and_an_idle_stream_does_not_ring() {
    let alarm = rendered(production()).properties("AlarmConsumerScoreIteratorAge");
    assert_eq!((&alarm["Namespace"], &alarm["MetricName"]), (&json!("AWS/Lambda"), &json!("IteratorAge")));
    assert_eq!(alarm["Dimensions"], json!([{"Name": "FunctionName", "Value": "fraud-detection-prod-score"}]));
    assert_eq!((&alarm["Statistic"], &alarm["TreatMissingData"]), (&json!("Maximum"), &json!("notBreaching")));
    assert_eq!((&alarm["EvaluationPeriods"], &alarm["DatapointsToAlarm"]), (&json!(15), &json!(15)));
}

#[test]
fn no_alarm_rings_for_want_of_data() {
    for (id, alarm) in rendered(production()).of_type("AWS::CloudWatch::Alarm") {
        assert_ne!(alarm.properties["TreatMissingData"], "breaching", "{id}");
    }
}

#[test]
fn a_consumer_that_does_not_read_has_an_alarm_of_its_own() {
    let alarm = rendered(production()).properties("AlarmConsumerScoreNotReading");
    let metrics: Vec<&str> = alarm["Metrics"]
        .as_array()
        .expect("metrics")
        .iter()
        .filter_map(|metric| metric["MetricStat"]["Metric"]["MetricName"].as_str())
        .collect();
    assert_eq!(metrics, ["IncomingRecords", "PolledEventCount", "Invocations"]);
    assert_eq!(alarm["TreatMissingData"], "notBreaching");
    let mapping = rendered(production()).properties("ConsumerScoreMapping");
    assert_eq!(mapping["MetricsConfig"], json!({"Metrics": ["EventCount"]}), "or the polled count is never published");
}

#[test]
fn alarms_that_may_roll_back_are_one_composite_per_group_and_at_most_five() {
    let rendered = rendered(production());
    let names: Vec<&str> = rendered
        .of_type("AWS::CloudWatch::CompositeAlarm")
        .filter_map(|(_, alarm)| alarm.properties["AlarmName"].as_str())
        .collect();
    assert_eq!(names.len(), 4, "a group without such an alarm has none");
    assert!(rendered.rollback_alarms.iter().all(|name| names.contains(&name.as_str())), "{names:?}");
    let functions = rendered.resource("RollbackFunctions");
    let rule = functions.properties["AlarmRule"].as_str().expect("a literal rule");
    assert!(rule.starts_with("ALARM(\"fraud-detection-prod-score-consumer-iterator-age\") OR ALARM(\""), "{rule}");
    assert!(functions.depends_on.contains(&LogicalId::new("AlarmConsumerScoreIteratorAge").expect("an id")));
}

#[test]
fn a_canary_of_two_instances_is_by_count() {
    let config = rendered(production()).properties("EndpointScoring")["DeploymentConfig"].clone();
    let policy = &config["BlueGreenUpdatePolicy"];
    assert_eq!(policy["TrafficRoutingConfiguration"]["CanarySize"], json!({"Type": "INSTANCE_COUNT", "Value": 1}));
    let waits = policy["TrafficRoutingConfiguration"]["WaitIntervalInSeconds"].as_u64().expect("a wait")
        + policy["TerminationWaitInSeconds"].as_u64().expect("a wait");
    assert!(policy["MaximumExecutionTimeoutInSeconds"].as_u64().expect("a timeout") > waits);
}

#[test]
fn a_canary_of_more_than_half_the_fleet_is_decided_against_with_its_reason() {
    let mut pipeline = production();
    let rollout = EndpointRollout::Canary { instances: 1, wait: Duration::from_secs(300) };
    pipeline.scoring().serving = Serving::RealTime { instance: "ml.c5.xlarge".to_owned(), min: 1, max: 1, rollout };
    let sized = capacity::size(pipeline.clone());
    assert!(
        sized
            .decisions()
            .iter()
            .any(|decision| decision.spec_path.ends_with("rollout") && decision.reason.contains("half"))
    );
    let rendered = rendered(pipeline);
    assert_eq!(
        rendered.properties("EndpointScoring")["DeploymentConfig"]["BlueGreenUpdatePolicy"]["TrafficRoutingConfiguration"]
            ["Type"],
        "ALL_AT_ONCE"
    );
    assert!(!rendered.has("EndpointScoringScalingTarget"), "nothing to scale between one and one");
}

#[test]
fn a_roll_out_keeps_the_instances_that_autoscaling_reached_and_only_those() {
    assert_eq!(rendered(production()).properties("EndpointScoring")["RetainAllVariantProperties"], true);
    let fixed = changed(|pipeline| {
        let rollout = EndpointRollout::Canary { instances: 1, wait: Duration::from_secs(300) };
        pipeline.scoring().serving = Serving::RealTime { instance: "ml.c5.xlarge".to_owned(), min: 3, max: 3, rollout };
    });
    assert_eq!(
        fixed.properties("EndpointScoring")["RetainAllVariantProperties"],
        false,
        "or 2 to 3 would change nothing"
    );
}

#[test]
fn code_goes_live_only_when_its_endpoint_is_in_service() {
    assert_eq!(
        rendered(production()).resource("ConsumerScoreAlias").depends_on,
        [LogicalId::new("EndpointScoring").expect("an id")]
    );
}

// ---- identity ---------------------------------------------------------------------------------------------------

fn version_id(rendered: &Rendered) -> LogicalId {
    rendered.of_type("AWS::Lambda::Version").map(|(id, _)| id.clone()).next().expect("a version")
}

#[test]
fn whatever_changes_the_function_publishes_a_version_and_nothing_else_does() {
    let plain = rendered(production());
    let version = version_id(&plain);
    assert_eq!(plain.properties("ConsumerScoreAlias")["FunctionVersion"], json!({"Fn::GetAtt": [version, "Version"]}));
    let memory = changed(|pipeline| pipeline.score().function.memory = crate::units::ByteSize::from_mib(2_048));
    assert_ne!(version_id(&memory), version);
    let patched = changed(|pipeline| {
        pipeline
            .escape_mut()
            .patch
            .insert("ConsumerScoreFunction".to_owned(), json!({"TracingConfig": {"Mode": "Active"}}));
    });
    assert_ne!(version_id(&patched), version);
    let mapping = changed(|pipeline| pipeline.score().batch.parallel = 8);
    assert_eq!(version_id(&mapping), version);
}

#[test]
fn a_new_model_renames_model_and_configuration_and_the_endpoint_keeps_its_name() {
    let plain = rendered(production());
    let mut newer = assets(&production());
    newer.models.insert(name("scoring"), BTreeMap::from([(String::new(), "models/newer/".to_owned())]));
    let other = render(&capacity::size(production()), sources(), &newer).expect("renders");
    for (id, property) in [("EndpointScoringModel", "ModelName"), ("EndpointScoringConfig", "EndpointConfigName")] {
        let (a, b) = (plain.properties(id)[property].clone(), other.properties(id)[property].clone());
        assert_ne!(a, b, "{property}");
        assert!(
            a.as_str().is_some_and(|name| name.starts_with("fraud-detection-prod-scoring-") && name.len() <= 63),
            "{a}"
        );
    }
    assert_eq!(
        plain.properties("EndpointScoring")["EndpointName"],
        other.properties("EndpointScoring")["EndpointName"]
    );
}

// ---- mapping ----------------------------------------------------------------------------------------------------

#[test]
fn every_field_of_batch_failure_start_and_filter_reaches_the_mapping() {
    let mapping = changed(|pipeline| {
        let score = pipeline.score();
        score.read = ReadMode::Shared;
        score.start = StartPosition::At(Timestamp::from_millis(1_767_225_600_500));
        score.batch.parallel = 1;
        score.batch.window = Duration::from_secs(5);
        score.batch.tumbling = Some(Duration::from_secs(60));
        score.failure.retries = None;
        score.failure.max_age = None;
        score.failure.report_items = false;
    });
    let properties = mapping.properties("ConsumerScoreMapping");
    assert_eq!(properties["StartingPosition"], "AT_TIMESTAMP");
    assert_eq!(properties["StartingPositionTimestamp"], 1_767_225_600);
    assert_eq!(properties["EventSourceArn"], json!({"Fn::GetAtt": ["StreamTransactions", "Arn"]}));
    assert_eq!(
        (&properties["TumblingWindowInSeconds"], &properties["MaximumBatchingWindowInSeconds"]),
        (&json!(60), &json!(5))
    );
    assert_eq!(
        (&properties["MaximumRetryAttempts"], &properties["MaximumRecordAgeInSeconds"]),
        (&json!(-1), &json!(-1))
    );
    let filtered = changed(|pipeline| {
        pipeline.score().filters = vec![json!({"data": {"amount": [{"numeric": [">", 100]}]}})];
    });
    assert_eq!(
        filtered.properties("ConsumerScoreMapping")["FilterCriteria"],
        json!({"Filters": [{"Pattern": "{\"data\":{\"amount\":[{\"numeric\":[\">\",100]}]}}"}]})
    );
    assert_eq!(properties.get("FunctionResponseTypes"), None);
    assert!(!mapping.has("ConsumerScoreFanOut"));
}

#[test]
fn discarded_records_go_where_the_file_says_with_just_that_right() {
    for (to, arn, sid, action) in [
        (
            FailureDestination::Queue("dead".to_owned()),
            "arn:aws:sqs:eu-west-1:123456789012:dead",
            "SendFailedRecords",
            "sqs:SendMessage",
        ),
        (
            FailureDestination::Topic("dead".to_owned()),
            "arn:aws:sns:eu-west-1:123456789012:dead",
            "PublishFailedRecords",
            "sns:Publish",
        ),
        (FailureDestination::Bucket("dead".to_owned()), "arn:aws:s3:::dead", "PutFailedRecords", "s3:PutObject"),
    ] {
        let rendered = changed(|pipeline| pipeline.score().failure.to = to);
        assert_eq!(rendered.properties("ConsumerScoreMapping")["DestinationConfig"]["OnFailure"]["Destination"], arn);
        let statement = rendered.statement("ConsumerScoreRole", sid).expect("is granted");
        assert_eq!(statement["Action"], json!([action]));
        assert!(statement["Resource"][0].as_str().is_some_and(|resource| resource.starts_with(arn)));
        assert!(!rendered.has("ConsumerScoreFailedRecords") && !rendered.has("AlarmConsumerScoreFailedRecords"));
    }
}

#[test]
fn a_consumer_may_do_what_its_edges_need_and_no_more() {
    let rendered = changed(|pipeline| {
        let score = pipeline.score();
        score.function.features.clear();
        score.function.writes.clear();
        score.function.scores_with = None;
        score.late_to = None;
        score.read = ReadMode::Shared;
    });
    let statements = rendered.properties("ConsumerScoreRole")["Policies"][0]["PolicyDocument"]["Statement"].clone();
    let sids: Vec<&str> =
        statements.as_array().expect("statements").iter().filter_map(|statement| statement["Sid"].as_str()).collect();
    assert_eq!(sids, ["WriteLogs", "ReadStream", "SendFailedRecords"]);
    assert_eq!(rendered.properties("ConsumerScoreFunction").get("Environment"), None);
}

#[test]
fn no_role_has_a_right_on_everything_but_where_iam_offers_no_resource() {
    let allowed = ["PublishMetrics", "LogInToRegistry"];
    for (id, role) in rendered(production()).of_type("AWS::IAM::Role") {
        for statement in role.properties["Policies"][0]["PolicyDocument"]["Statement"].as_array().expect("statements") {
            let everything =
                statement["Resource"].as_array().expect("resources").iter().any(|resource| resource == "*");
            assert!(!everything || allowed.iter().any(|sid| statement["Sid"] == *sid), "{id}: {statement}");
        }
    }
}

#[test]
fn the_handler_is_told_where_its_edges_lead() {
    let variables = changed(|pipeline| {
        pipeline.score().function.environment.insert("LOG_LEVEL".to_owned(), "INFO".to_owned());
    })
    .properties("ConsumerScoreFunction")["Environment"]["Variables"]
        .clone();
    let expected = json!({
        "DEFAULT_MODEL": "fraud-v7.tar.gz",
        "ENDPOINT_SCORING": "fraud-detection-prod-scoring",
        "FALLBACK_MODEL": "fraud-v6.tar.gz",
        "LOG_LEVEL": "INFO",
        "STREAM_LATE_TRANSACTIONS": {"Ref": "StreamLateTransactions"},
        "TABLE_CARD_FEATURES": {"Ref": "TableCardFeatures"},
        "TABLE_DECISIONS": {"Ref": "TableDecisions"},
        "TTL_ATTRIBUTE_DECISIONS": "expires_at",
        "TTL_SECONDS_DECISIONS": "7776000",
    });
    assert_eq!(variables, expected);
}

// ---- streams ----------------------------------------------------------------------------------------------------

#[test]
fn on_demand_provisioned_and_auto_each_give_their_own_stream() {
    let on_demand = changed(|pipeline| pipeline.transactions().capacity = StreamCapacity::OnDemand)
        .properties("StreamTransactions");
    assert_eq!(
        (&on_demand["StreamModeDetails"]["StreamMode"], on_demand.get("ShardCount")),
        (&json!("ON_DEMAND"), None)
    );
    let fixed = changed(|pipeline| pipeline.transactions().capacity = StreamCapacity::Provisioned { shards: 24 })
        .properties("StreamTransactions");
    assert_eq!((&fixed["StreamModeDetails"]["StreamMode"], &fixed["ShardCount"]), (&json!("PROVISIONED"), &json!(24)));
    let auto = rendered(production()).properties("StreamTransactions");
    // 9,000/s × 1,229 bytes × 1.25 is 13.8 shards; the hottest key takes 0.3 % more of one of them.
    assert_eq!(auto["ShardCount"], 15);
}

// ---- alarms: tuning ---------------------------------------------------------------------------------------------

#[test]
fn a_threshold_replaces_the_default_and_points_at_its_line() {
    let rendered = changed(|pipeline| {
        pipeline.tune(StageKind::Consumer, "score", AlarmId::ConsumerIteratorAge, AlarmTuning::Threshold(30_000.0));
    });
    assert_eq!(rendered.properties("AlarmConsumerScoreIteratorAge")["Threshold"], json!(30_000));
    let origin =
        rendered.origins.get(&LogicalId::new("AlarmConsumerScoreIteratorAge").expect("an id")).expect("an origin");
    assert_eq!(origin.spec_path, "alarms.score.iterator_age");
}

#[test]
fn a_silenced_alarm_stays_tells_nobody_and_rolls_nothing_back() {
    let rendered = changed(|pipeline| {
        let until = Timestamp::parse("2027-01-01").expect("a day");
        let silence = AlarmTuning::Silence { reason: "load test".to_owned(), until };
        pipeline.tune(StageKind::Endpoint, "scoring", AlarmId::EndpointLatency, silence);
    });
    let alarm = rendered.properties("AlarmEndpointScoringLatency");
    assert_eq!(alarm["ActionsEnabled"], false);
    assert!(
        alarm["AlarmDescription"]
            .as_str()
            .is_some_and(|text| text.ends_with("Silenced until 2027-01-01T00:00:00.000Z: load test")),
        "{alarm}"
    );
    assert!(!rendered.properties("RollbackEndpoints").to_string().contains("Latency"));
    assert!(!rendered.properties("EndpointScoring").to_string().contains("latency"));
}

// ---- what people write cannot break out -------------------------------------------------------------------------

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]
    #[test]
    fn no_text_breaks_out_of_its_place(text in "[\\PC\n\t\"'{}!&*#:\\-\\\\|>%@`\u{85}\u{2028}]{0,60}") {
        let mut pipeline = production();
        pipeline.set_description(&text);
        let silence = AlarmTuning::Silence { reason: text.clone(), until: Timestamp::from_millis(0) };
        pipeline.tune(StageKind::Table, "decisions", AlarmId::TableSystemErrors, silence);
        pipeline.score().function.environment.insert("TEXT".to_owned(), text.clone());
        let plain = rendered(production());
        let odd = rendered(pipeline);
        let function = odd.properties("ConsumerScoreFunction");
        let description = odd.properties("AlarmTableDecisionsSystemErrors")["AlarmDescription"].clone();
        prop_assert!(description.as_str().is_some_and(|description| description.ends_with(&text)));
        prop_assert_eq!(&function["Environment"]["Variables"]["TEXT"], &json!(text));
        let without_version = |rendered: &Rendered| -> Vec<LogicalId> {
            let version = version_id(rendered);
            rendered.template.resources.keys().filter(|id| **id != version).cloned().collect()
        };
        prop_assert_eq!(without_version(&odd), without_version(&plain));
    }
}

#[test]
fn braces_tags_and_quotes_stay_text() {
    for text in [
        "{{json id}}",
        "{{{id}}}",
        "!Ref StreamTransactions",
        "\"\n  Evil:\n    Type: AWS::IAM::User",
        "' # &a *a",
        "${AWS::AccountId}",
    ] {
        let rendered = changed(|pipeline| {
            pipeline.score().function.environment.insert("TEXT".to_owned(), text.to_owned());
        });
        assert_eq!(rendered.properties("ConsumerScoreFunction")["Environment"]["Variables"]["TEXT"], text);
    }
}

#[test]
fn what_the_escape_hatch_breaks_is_told_before_anything_is_sent() {
    for (patch, words) in [
        (json!({"RetentionPeriodHours": "long"}), "RetentionPeriodHours"),
        (json!({"RetentionHours": 48}), "RetentionHours"),
        (json!({"StreamEncryption": {"EncryptionType": "KMS", "KeyId": {"Ref": "Nowhere"}}}), "Nowhere"),
    ] {
        let mut pipeline = production();
        pipeline.escape_mut().patch.insert("StreamTransactions".to_owned(), patch);
        let told = try_rendered(pipeline).expect_err(words);
        assert!(
            told.iter().any(|told| told.code == crate::diagnostic::Code::SchemaViolation && told.title.contains(words)),
            "{told:?}"
        );
    }
}

/// A policy that allows everything on every queue.
fn wide_policy() -> Value {
    json!({
        "Type": "AWS::IAM::ManagedPolicy",
        "Properties": {"PolicyDocument": {
            "Version": "2012-10-17",
            "Statement": [{"Effect": "Allow", "Action": "sqs:*", "Resource": "*"}],
        }},
    })
}

#[test]
fn a_right_without_bounds_is_an_error_where_people_depend_on_it_and_a_warning_where_they_try_things_out() {
    use crate::diagnostic::{Code, Severity};
    let of = |tier: Tier| {
        let mut pipeline = Pipeline::fixture(tier);
        pipeline.escape_mut().resources.insert("Wide".to_owned(), wide_policy());
        try_rendered(pipeline)
    };
    for tier in [Tier::Production, Tier::Staging] {
        let told = of(tier).expect_err("is refused");
        let codes: Vec<Code> = told.iter().map(|told| told.code).collect();
        assert_eq!(codes, [Code::UnboundedRight; 2], "{told:?}");
    }
    let warnings = of(Tier::Development).expect("renders").warnings;
    assert!(warnings.iter().all(|told| told.severity == Severity::Warning), "{warnings:?}");
    assert_eq!(warnings.len(), 2);
}

#[test]
fn a_patched_policy_and_a_shadowed_template_are_looked_at_again_and_named() {
    let mut pipeline = production();
    let statement = json!([{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}]);
    let policies = json!([{"PolicyName": "edges", "PolicyDocument": {"Statement": statement}}]);
    pipeline.escape_mut().patch.insert("ConsumerScoreRole".to_owned(), json!({"Policies": policies}));
    let told = try_rendered(pipeline).expect_err("is refused");
    let words: Vec<&str> = told.iter().map(|told| told.title.as_str()).collect();
    assert!(words.iter().any(|words| words.contains("allows s3:GetObject on every resource")), "{words:?}");

    let own = TemplateName::Function.built_in().replace("Action: {{json actions}}", "Action: \"*\"");
    let file = crate::diagnostic::FilePath::new("templates/function.yaml.hbs");
    let sources = TemplateSources::with_project([(file.clone(), own)]).expect("loads");
    let pipeline = production();
    let assets = assets(&pipeline);
    let told = render(&capacity::size(pipeline), &sources, &assets).expect_err("is refused");
    let first = told.iter().next().expect("one");
    assert!(first.title.contains("allows `*`"), "{first:?}");
    assert_eq!(first.place().map(|place| &place.file), Some(&file));
}

#[test]
fn every_tier_gives_no_right_without_bounds_by_itself() {
    for tier in [Tier::Development, Tier::Staging, Tier::Production] {
        let rendered = rendered(Pipeline::fixture(tier));
        assert_eq!(crate::template::access::excesses(&rendered.template), Vec::new());
        assert!(rendered.warnings.is_empty(), "{:?}", rendered.warnings);
    }
}

#[test]
fn more_resources_than_cloudformation_takes_are_refused_with_both_numbers() {
    let own = rendered(production()).template.resources.len();
    let with = |count: usize| {
        let mut pipeline = production();
        for at in 0..count - own {
            pipeline.escape_mut().resources.insert(format!("Extra{at}"), json!({"Type": "AWS::SQS::Queue"}));
        }
        try_rendered(pipeline)
    };
    assert!(with(500).is_ok());
    let told = with(501).expect_err("is refused");
    let told: Vec<(&str, &str)> = told.iter().map(|told| (told.code.as_str(), told.title.as_str())).collect();
    assert_eq!(told, [("E3033", "501 resources; CloudFormation allows 500 (limit)")]);
}

#[test]
fn what_is_wrong_with_the_template_as_a_whole_names_pipeline_and_environment() {
    let mut pipeline = production();
    let environment = pipeline.environment().name().to_string();
    let queue = |other: &str| json!({"Type": "AWS::SQS::Queue", "Properties": {"QueueName": {"Ref": other}}});
    pipeline.escape_mut().resources.insert("One".to_owned(), queue("Other"));
    pipeline.escape_mut().resources.insert("Other".to_owned(), queue("One"));
    let note = format!("pipeline `{}` in environment `{environment}`", pipeline.name());
    let told = try_rendered(pipeline).expect_err("is refused");
    assert!(told.iter().all(|told| told.title.contains("circular") && told.notes.contains(&note)), "{told:?}");
}

#[test]
fn what_a_service_refuses_after_a_patch_is_told_with_the_page_that_says_so() {
    let cases = [
        (
            "StreamTransactions",
            json!({"StreamModeDetails": {"StreamMode": "ON_DEMAND"}, "ShardCount": 2}),
            "ShardCount",
        ),
        ("StreamTransactions", json!({"RetentionPeriodHours": 23}), "24 hours at least"),
        ("ConsumerScoreMapping", json!({"TumblingWindowInSeconds": 60, "ParallelizationFactor": 2}), "more than 1"),
        ("ConsumerScoreMapping", json!({"ScalingConfig": {"MaximumConcurrency": 2}}), "Amazon SQS only"),
    ];
    for (id, patch, words) in cases {
        let mut pipeline = production();
        pipeline.escape_mut().patch.insert(id.to_owned(), patch);
        let told = try_rendered(pipeline).expect_err(words);
        let told = told.iter().find(|told| told.code == crate::diagnostic::Code::ServiceRefuses).expect(words);
        assert!(told.title.contains(words), "{told:?}");
        assert!(told.notes.iter().any(|note| note.contains("https://docs.aws.amazon.com/")), "{told:?}");
    }
}

#[test]
fn what_the_escape_hatch_and_the_projects_own_templates_did_is_remembered() {
    use crate::pipeline::Escape;
    let file = crate::diagnostic::FilePath::new("templates/dashboard.yaml.hbs");
    let same = TemplateName::Table.built_in().to_owned();
    let own = TemplateName::Dashboard.built_in().replace("DashboardName: {{json name}}", "DashboardName: mine");
    let same_file = crate::diagnostic::FilePath::new("templates/table.yaml.hbs");
    let sources = TemplateSources::with_project([(file.clone(), own), (same_file, same)]).expect("loads");
    let mut pipeline = production();
    pipeline.escape_mut().patch.insert("StreamTransactions".to_owned(), json!({"RetentionPeriodHours": 48}));
    pipeline.escape_mut().patch.insert("AlarmStreamTransactionsGetSuccess".to_owned(), Value::Null);
    pipeline.escape_mut().resources.insert("Extra".to_owned(), json!({"Type": "AWS::SQS::Queue"}));
    let assets = assets(&pipeline);
    let rendered = render(&capacity::size(pipeline), &sources, &assets).expect("renders");
    assert!(!rendered.has("AlarmStreamTransactionsGetSuccess"));
    let escapes =
        |id: &str| rendered.origins.get(&LogicalId::new(id).expect("an id")).expect("an origin").escapes.clone();
    assert_eq!(escapes("Dashboard"), [Escape::Template { file }]);
    assert_eq!(
        escapes("StreamTransactions"),
        [Escape::Patch { spec_path: "cloudformation.patch.StreamTransactions".to_owned(), place: None }]
    );
    assert_eq!(escapes("Extra"), [Escape::Resource]);
    assert_eq!(
        escapes("AlarmStreamTransactionsGetSuccess"),
        [Escape::LeftOut {
            spec_path: "cloudformation.patch.AlarmStreamTransactionsGetSuccess".to_owned(),
            place: None
        }],
        "what is left out is remembered though the template lacks it"
    );
    assert_eq!(escapes("TableDecisions"), [], "a copy of the built-in template is no other template");
}

#[test]
fn an_extra_resource_of_a_type_without_known_schema_is_a_warning() {
    let rendered = changed(|pipeline| {
        pipeline
            .escape_mut()
            .resources
            .insert("Extra".to_owned(), json!({"Type": "AWS::EC2::VPC", "Properties": {"CidrBlock": "10.0.0.0/16"}}));
    });
    assert!(rendered.has("Extra"));
    assert_eq!(rendered.warnings.iter().map(|told| told.code.as_str()).collect::<Vec<_>>(), ["W3031"]);
}

// ---- diagnostics ------------------------------------------------------------------------------------------------

#[test]
fn everything_that_is_wrong_is_told_in_one_run() {
    let mut pipeline = production();
    pipeline.scoring().model = Model::Single {
        image: Image::Builtin { name: "xgbost".to_owned(), version: "1.7-1".to_owned() },
        artifact: "models/a.tar.gz".to_owned(),
        shadow: None,
    };
    pipeline.escape_mut().patch.insert("StreamTransaction".to_owned(), json!({}));
    let told = try_rendered(pipeline).expect_err("is refused");
    let codes: Vec<&str> = told.iter().map(|diagnostic| diagnostic.code.as_str()).collect();
    assert_eq!(codes, ["E3028", "E3027"]);
}

#[test]
fn a_projects_own_template_replaces_the_built_in_one() {
    let own = TemplateName::Dashboard.built_in().replace("DashboardName: {{json name}}", "DashboardName: mine");
    let sources =
        TemplateSources::with_project([(crate::diagnostic::FilePath::new("templates/dashboard.yaml.hbs"), own)])
            .expect("loads");
    let rendered = render(&capacity::size(production()), &sources, &assets(&production())).expect("renders");
    assert_eq!(rendered.properties("Dashboard")["DashboardName"], "mine");
}

#[test]
fn every_resource_knows_where_it_comes_from() {
    let rendered = rendered(production());
    for id in rendered.template.resources.keys() {
        assert!(rendered.origins.get(id).is_some(), "{id}");
    }
    assert_eq!(rendered.origins.iter().count(), rendered.template.resources.len());
}
