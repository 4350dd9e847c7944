//! What keeps and carries records and messages: `tests/features/data.yaml`.

use super::*;
use crate::pipeline::fixture::written;

const DATA: &str = include_str!("../../../tests/features/data.yaml");
const ENVIRONMENT: &str = include_str!("../../../tests/features/prod.yaml");

fn pipeline() -> Pipeline {
    written(DATA, ENVIRONMENT, &[])
}

fn data() -> Rendered {
    rendered(pipeline())
}

fn arn(id: &str) -> Value {
    json!({"Fn::GetAtt": [id, "Arn"]})
}

/// The statement of a resource's policy document.
fn allowed(rendered: &Rendered, id: &str, property: &str, sid: &str) -> Option<Value> {
    let statements = rendered.properties(id)[property]["Statement"].clone();
    statements.as_array().expect("statements").iter().find(|statement| statement["Sid"] == sid).cloned()
}

// ---- queues and topics ------------------------------------------------------------------------------------------

#[test]
fn a_queue_gives_up_into_its_own_queue_which_takes_from_nobody_else() {
    let rendered = data();
    let queue = rendered.properties("QueueWork");
    assert_eq!(queue["RedrivePolicy"], json!({"deadLetterTargetArn": arn("QueueWorkDead"), "maxReceiveCount": 3}));
    assert_eq!(
        (&queue["MessageRetentionPeriod"], &queue["VisibilityTimeout"], &queue["DelaySeconds"]),
        (&json!(172_800), &json!(360), &json!(10))
    );
    let dead = rendered.properties("QueueWorkDead");
    let own = "arn:aws:sqs:eu-west-1:123456789012:data-prod-work";
    assert_eq!(dead["RedriveAllowPolicy"], json!({"redrivePermission": "byQueue", "sourceQueueArns": [own]}));
    assert_eq!(dead["MessageRetentionPeriod"], 1_209_600, "or what is old in its first queue is gone at once");
}

#[test]
fn both_queues_take_tls_alone() {
    let rendered = data();
    for id in ["QueueWorkPolicy", "QueueWorkDeadPolicy"] {
        let tls = allowed(&rendered, id, "PolicyDocument", "TlsOnly").expect("is there");
        assert_eq!(
            (&tls["Effect"], &tls["Condition"]),
            (&json!("Deny"), &json!({"Bool": {"aws:SecureTransport": "false"}}))
        );
    }
}

#[test]
fn a_topic_delivers_to_a_queue_whose_policy_and_key_admit_it_and_only_it() {
    let rendered = data();
    let policy = allowed(&rendered, "QueueHumanReviewPolicy", "PolicyDocument", "DeliverFromTopics").expect("is there");
    assert_eq!(policy["Condition"], json!({"ArnEquals": {"aws:SourceArn": [{"Ref": "TopicModerated"}]}}));
    let key = allowed(&rendered, "KeyEvidence", "KeyPolicy", "DeliverFromTopics").expect("is there");
    assert_eq!(key["Principal"], json!({"Service": "sns.amazonaws.com"}));
    // Literal, since the topic itself may refer to the key.
    let topic = "arn:aws:sns:eu-west-1:123456789012:data-prod-moderated";
    assert_eq!(
        key["Condition"],
        json!({"StringEquals": {"aws:SourceAccount": "123456789012"}, "ArnEquals": {"aws:SourceArn": [topic]}})
    );
    let subscription = rendered.resource("TopicModeratedQueueHumanReview");
    assert_eq!(subscription.properties["Endpoint"], arn("QueueHumanReview"));
    assert_eq!(subscription.depends_on, [LogicalId::new("QueueHumanReviewPolicy").expect("an id")]);
}

#[test]
fn a_key_admits_no_service_that_does_not_use_it_by_itself() {
    let rendered = rendered(written(&DATA.replace("{key: evidence}", "managed"), ENVIRONMENT, &[]));
    let statements = rendered.properties("KeyEvidence")["KeyPolicy"]["Statement"].clone();
    assert_eq!(statements.as_array().map(Vec::len), Some(1), "{statements}");
    assert_eq!(statements[0]["Sid"], "Administration");
}

#[test]
fn keys_turn_and_have_an_alias() {
    let rendered = data();
    let key = rendered.properties("KeyEverything");
    assert_eq!((&key["EnableKeyRotation"], &key["RotationPeriodInDays"]), (&json!(true), &json!(180)));
    assert_eq!(rendered.properties("KeyEverythingAlias")["AliasName"], "alias/data-prod-everything");
}

#[test]
fn whatever_is_kept_is_encrypted_as_its_stage_says() {
    let rendered = data();
    let key = arn("KeyEverything");
    assert_eq!(rendered.properties("QueueWork")["KmsMasterKeyId"], key);
    assert_eq!(rendered.properties("QueueWorkDead")["KmsMasterKeyId"], key);
    assert_eq!(rendered.properties("TopicModerated")["KmsMasterKeyId"], key);
    assert_eq!(rendered.properties("TopicPlain")["KmsMasterKeyId"], "alias/aws/sns");
    assert_eq!(rendered.properties("StreamEvents")["StreamEncryption"]["KeyId"], key);
    assert_eq!(rendered.properties("StreamResults")["StreamEncryption"]["KeyId"], "alias/aws/kinesis");
    assert_eq!(rendered.properties("TableScaled")["SSESpecification"]["KMSMasterKeyId"], key);
    assert_eq!(rendered.properties("TableFixed")["SSESpecification"], json!({"SSEEnabled": true}));
    let bucket = |id: &str| rendered.properties(id)["BucketEncryption"]["ServerSideEncryptionConfiguration"][0].clone();
    assert_eq!(
        bucket("BucketEvidence"),
        json!({"ServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": arn("KeyEvidence")}, "BucketKeyEnabled": true})
    );
    assert_eq!(bucket("BucketScratch"), json!({"ServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}));
    assert_eq!(bucket("ArchiveEventsBucket")["ServerSideEncryptionByDefault"]["KMSMasterKeyID"], key);
}

// ---- buckets ----------------------------------------------------------------------------------------------------

#[test]
fn every_bucket_is_private_over_tls_and_drops_unfinished_uploads() {
    let rendered = data();
    let buckets: Vec<&LogicalId> = rendered.of_type("AWS::S3::Bucket").map(|(id, _)| id).collect();
    assert_eq!(buckets.len(), 5);
    for id in buckets {
        let bucket = rendered.properties(id.as_str());
        let blocked = bucket["PublicAccessBlockConfiguration"].as_object().expect("is there");
        assert!(blocked.len() == 4 && blocked.values().all(|value| value == true), "{id}");
        assert_eq!(bucket["OwnershipControls"]["Rules"], json!([{"ObjectOwnership": "BucketOwnerEnforced"}]), "{id}");
        let rules = bucket["LifecycleConfiguration"]["Rules"].as_array().expect("rules");
        assert!(rules.iter().any(|rule| rule.get("AbortIncompleteMultipartUpload").is_some()), "{id}");
        let policy = format!("{id}Policy");
        assert!(allowed(&rendered, &policy, "PolicyDocument", "TlsOnly").is_some(), "{id}");
    }
}

#[test]
fn old_versions_go_the_way_of_what_replaced_them() {
    let rendered = data();
    let rule = |id: &str| rendered.properties(id)["LifecycleConfiguration"]["Rules"][0].clone();
    assert_eq!(rule("BucketContent")["NoncurrentVersionTransitions"][0]["StorageClass"], "GLACIER");
    assert_eq!(rule("BucketScratch")["NoncurrentVersionExpiration"], json!({"NoncurrentDays": 7}));
    assert_eq!(rule("BucketEvidence")["Id"], "unfinished-uploads", "kept for ever");
}

// ---- tables -----------------------------------------------------------------------------------------------------

#[test]
fn a_table_and_each_of_its_indexes_scale_by_reads_and_by_writes() {
    let rendered = data();
    let targets: Vec<(&str, &str)> = rendered
        .of_type("AWS::ApplicationAutoScaling::ScalableTarget")
        .filter_map(|(_, target)| {
            Some((target.properties["ResourceId"].as_str()?, target.properties["ScalableDimension"].as_str()?))
        })
        .collect();
    let table = "table/data-prod-scaled";
    for (resource, kind) in [
        (table.to_owned(), "table"),
        (format!("{table}/index/by-kind"), "index"),
        (format!("{table}/index/by-tenant"), "index"),
    ] {
        for what in ["Read", "Write"] {
            let dimension = format!("dynamodb:{kind}:{what}CapacityUnits");
            assert!(targets.contains(&(resource.as_str(), dimension.as_str())), "{resource} {dimension}");
        }
    }
    assert_eq!(targets.len(), 6);
    let policy = rendered.properties("TableScaledIndexByKindWriteScalingPolicy");
    let tracking = &policy["TargetTrackingScalingPolicyConfiguration"];
    assert_eq!(tracking["TargetValue"], 60);
    assert_eq!(tracking["PredefinedMetricSpecification"]["PredefinedMetricType"], "DynamoDBWriteCapacityUtilization");
    assert_eq!(policy["ScalingTargetId"], json!({"Ref": "TableScaledIndexByKindWriteScalingTarget"}));
    assert_eq!(rendered.properties("TableScaled")["ProvisionedThroughput"]["WriteCapacityUnits"], 10);
}

#[test]
fn every_key_attribute_is_defined_once_and_nothing_else_is() {
    let table = data().properties("TableScaled");
    let attributes: Vec<&str> = table["AttributeDefinitions"]
        .as_array()
        .expect("attributes")
        .iter()
        .filter_map(|attribute| attribute["AttributeName"].as_str())
        .collect();
    assert_eq!(attributes, ["id", "at", "kind", "tenant_id"]);
    let indexes = &table["GlobalSecondaryIndexes"];
    assert_eq!(indexes[1]["Projection"], json!({"ProjectionType": "KEYS_ONLY"}));
    assert_eq!(indexes[1]["ProvisionedThroughput"], json!({"ReadCapacityUnits": 5, "WriteCapacityUnits": 10}));
    assert_eq!(data().properties("TableFixed")["GlobalSecondaryIndexes"][0]["Projection"]["ProjectionType"], "ALL");
}

#[test]
fn an_index_of_an_on_demand_table_has_no_units() {
    let text = DATA.replace("capacity: {provisioned: {read: 5, write: 5}}", "capacity: on-demand");
    let table = rendered(written(&text, ENVIRONMENT, &[])).properties("TableFixed");
    assert_eq!(table["GlobalSecondaryIndexes"][0].get("ProvisionedThroughput"), None);
}

// ---- archives ---------------------------------------------------------------------------------------------------

#[test]
fn parquet_is_written_by_a_glue_table_that_the_role_may_read_and_no_other() {
    let rendered = data();
    let destination = rendered.properties("ArchiveEventsDelivery")["ExtendedS3DestinationConfiguration"].clone();
    assert_eq!(destination["CompressionFormat"], "UNCOMPRESSED", "Firehose takes nothing else beside Parquet");
    let schema = &destination["DataFormatConversionConfiguration"]["SchemaConfiguration"];
    assert_eq!(
        (&schema["DatabaseName"], &schema["TableName"]),
        (&json!({"Ref": "ArchiveDatabase"}), &json!({"Ref": "ArchiveEventsTable"}))
    );
    let read = rendered.statement("ArchiveEventsRole", "ReadSchema").expect("is granted");
    let glue = |resource: &str| format!("arn:aws:glue:eu-west-1:123456789012:{resource}");
    assert_eq!(read["Resource"], json!([glue("catalog"), glue("database/data_prod"), glue("table/data_prod/events")]));
    let columns = rendered.properties("ArchiveEventsTable")["TableInput"]["StorageDescriptor"]["Columns"].clone();
    assert_eq!(columns[2], json!({"Name": "amount", "Type": "double"}));
}

#[test]
fn objects_are_laid_out_by_the_fields_of_records_and_athena_finds_them() {
    let rendered = data();
    let destination = rendered.properties("ArchiveEventsDelivery")["ExtendedS3DestinationConfiguration"].clone();
    assert_eq!(
        destination["Prefix"],
        "data/tenant=!{partitionKeyFromQuery:tenant}/country=!{partitionKeyFromQuery:country}/!{timestamp:yyyy/MM/dd/HH}/"
    );
    let processors = &destination["ProcessingConfiguration"]["Processors"];
    assert_eq!(processors[0]["Parameters"][0]["ParameterValue"], "{tenant: .tenant_id, country: .address.country}");
    assert_eq!(processors.as_array().map(Vec::len), Some(1), "Parquet has no lines");
    assert!(destination["ErrorOutputPrefix"].as_str().is_some_and(|prefix| !prefix.contains("partitionKey")));
    assert_eq!(destination["DynamicPartitioningConfiguration"]["RetryOptions"], json!({"DurationInSeconds": 300}));
    let table = rendered.properties("ArchiveEventsTable")["TableInput"].clone();
    // `arrival_hour` is a column already, and Athena refuses a table that has a name twice.
    let keys: Vec<&str> =
        table["PartitionKeys"].as_array().expect("keys").iter().filter_map(|key| key["Name"].as_str()).collect();
    assert_eq!(keys, ["tenant", "country", "arrival_hour_of_object"]);
    let template = table["Parameters"]["storage.location.template"].as_str().expect("a template");
    assert!(template.ends_with("/data/tenant=${tenant}/country=${country}/${arrival_hour_of_object}/"), "{template}");
}

#[test]
fn lines_stay_lines_where_records_stay_json() {
    let rendered = data();
    let destination = rendered.properties("ArchiveOutsideDelivery")["ExtendedS3DestinationConfiguration"].clone();
    assert_eq!(destination["ProcessingConfiguration"]["Processors"][0]["Type"], "AppendDelimiterToRecord");
    assert_eq!(destination["Prefix"], "data/!{timestamp:yyyy/MM/dd/HH}/");
    assert_eq!(destination.get("DynamicPartitioningConfiguration"), None);
    assert!(!rendered.has("ArchiveOutsideTable"));
}

#[test]
fn an_archive_opens_the_key_of_its_stream_and_seals_with_its_own() {
    let rendered = data();
    for (role, sid, actions, service) in [
        ("ArchiveEventsRole", "ReadStreamKey", json!(["kms:Decrypt"]), "kinesis"),
        ("ArchiveEventsRole", "WriteObjectsKey", json!(["kms:Decrypt", "kms:GenerateDataKey"]), "s3"),
        ("ArchiveOutsideRole", "ReadStreamKey", json!(["kms:Decrypt"]), "kinesis"),
    ] {
        let statement = rendered.statement(role, sid).unwrap_or_else(|| panic!("no {sid} of {role}"));
        let via = format!("{service}.eu-west-1.amazonaws.com");
        assert_eq!(statement["Action"], actions, "{sid}");
        assert_eq!(statement["Condition"], json!({"StringEquals": {"kms:ViaService": via}}), "{sid}");
    }
    assert_eq!(rendered.statement("ArchiveOutsideRole", "WriteObjectsKey"), None);
}

// ---- budget and producers ---------------------------------------------------------------------------------------

#[test]
fn a_budget_counts_what_the_pipeline_is_tagged_with_and_may_tell_the_alarm_topic() {
    let rendered = data();
    let budget = rendered.properties("Budget");
    assert_eq!(budget["Budget"]["BudgetLimit"], json!({"Amount": 500, "Unit": "USD"}));
    let tags = json!([
        {"Tags": {"Key": "sluice:pipeline", "Values": ["data"]}},
        {"Tags": {"Key": "sluice:environment", "Values": ["prod"]}},
        {"Dimensions": {"Key": "REGION", "Values": ["eu-west-1"]}},
    ]);
    assert_eq!(budget["Budget"]["FilterExpression"]["And"], tags);
    let told = budget["NotificationsWithSubscribers"].as_array().expect("notifications");
    let thresholds: Vec<&Value> = told.iter().map(|told| &told["Notification"]["Threshold"]).collect();
    assert_eq!(thresholds, [50, 80, 100]);
    for (id, property) in [("AlarmTopicPolicy", "PolicyDocument"), ("AlarmTopicKey", "KeyPolicy")] {
        let statement = allowed(&rendered, id, property, "BudgetsOfThisAccount").expect("is admitted");
        assert_eq!(statement["Condition"]["StringEquals"]["aws:SourceAccount"], "123456789012", "{id}");
    }
    assert!(allowed(&super::rendered(production()), "AlarmTopicKey", "KeyPolicy", "BudgetsOfThisAccount").is_none());
}

#[test]
fn each_stream_that_records_enter_has_a_policy_for_producers_and_no_other_has() {
    let rendered = data();
    let ids: Vec<&str> = rendered.of_type("AWS::IAM::ManagedPolicy").map(|(id, _)| id.as_str()).collect();
    assert_eq!(ids, ["StreamEventsProducerPolicy", "StreamOutsideProducerPolicy"], "a function writes to `results`");
    let policy = rendered.properties("StreamEventsProducerPolicy");
    assert_eq!(policy.get("ManagedPolicyName"), None);
    let statements = &policy["PolicyDocument"]["Statement"];
    assert_eq!(
        statements[0]["Action"],
        json!(["kinesis:DescribeStreamSummary", "kinesis:ListShards", "kinesis:PutRecord", "kinesis:PutRecords"])
    );
    assert_eq!(statements[0]["Resource"], json!([arn("StreamEvents")]));
    assert_eq!(
        (&statements[1]["Action"], &statements[1]["Resource"]),
        (&json!(["kms:GenerateDataKey"]), &json!([arn("KeyEverything")]))
    );
    assert!(rendered.template.outputs.contains_key("StreamEventsProducerPolicyArn"));
}

#[test]
fn a_producer_is_told_all_it_needs_before_anything_is_deployed() {
    let found = producers(&capacity::size(pipeline()));
    let names: Vec<&str> = found.iter().map(|producer| producer.name.as_str()).collect();
    assert_eq!(names, ["data-prod-events", "data-prod-outside"]);
    let events = &found[0];
    assert_eq!(events.batch, Some(500));
    let key = events.key.as_ref().expect("a key");
    // 1 % of 1,000 records of 2 KiB a second: 10 records, 20,480 bytes, 2 % of a shard's megabyte.
    assert_eq!((key.field.as_str(), key.records_per_second), ("tenant_id", 10.0));
    assert!((key.percent_of_shard - 2.048).abs() < 1e-9, "{}", key.percent_of_shard);
    let statements = &events.policy["Statement"];
    assert_eq!(statements[0]["Resource"], json!(["arn:aws:kinesis:eu-west-1:123456789012:stream/data-prod-events"]));
    // The key has no id yet, but it has its alias.
    assert_eq!(
        statements[1]["Condition"]["ForAnyValue:StringEquals"]["kms:ResourceAliases"],
        json!(["alias/data-prod-everything"])
    );
}

#[test]
fn no_allowed_action_of_any_policy_has_a_wildcard_but_the_administration_of_a_key() {
    fn statements<'a>(value: &'a Value, found: &mut Vec<&'a Value>) {
        match value {
            Value::Object(members) => {
                if members.get("Effect").is_some_and(|effect| effect == "Allow") {
                    found.push(value);
                }
                members.values().for_each(|member| statements(member, found));
            }
            Value::Array(items) => items.iter().for_each(|item| statements(item, found)),
            _ => {}
        }
    }
    let rendered = data();
    for (id, resource) in &rendered.template.resources {
        let properties = Value::Object(resource.properties.clone());
        let mut found = Vec::new();
        statements(&properties, &mut found);
        for statement in found.into_iter().filter(|statement| statement["Sid"] != "Administration") {
            assert!(!statement["Action"].to_string().contains('*'), "{id}: {statement}");
        }
    }
}
