//! Functions in every shape: `tests/features/functions.yaml`.

use super::*;
use crate::pipeline::fixture::written;

const FUNCTIONS: &str = include_str!("../../../tests/features/functions.yaml");
const ENVIRONMENT: &str = include_str!("../../../tests/features/prod.yaml");
const NEIGHBOUR: &str = include_str!("../../../tests/features/neighbour.yaml");

/// The feature pipeline with some of its words replaced.
fn functions(changes: &[(&str, &str)]) -> Rendered {
    let text = changes.iter().fold(FUNCTIONS.to_owned(), |text, (from, to)| {
        assert!(text.contains(from), "the file has no {from}");
        text.replace(from, to)
    });
    rendered(written(&text, ENVIRONMENT, &[NEIGHBOUR]))
}

fn statements(rendered: &Rendered, role: &str) -> Vec<Value> {
    rendered.properties(role)["Policies"][0]["PolicyDocument"]["Statement"].as_array().expect("statements").clone()
}

fn sids(rendered: &Rendered, role: &str) -> Vec<String> {
    statements(rendered, role).iter().filter_map(|statement| statement["Sid"].as_str().map(str::to_owned)).collect()
}

fn arn(id: &str) -> Value {
    json!({"Fn::GetAtt": [id, "Arn"]})
}

fn below(id: &str, path: &str) -> Value {
    json!({"Fn::Join": ["", [arn(id), path]]})
}

#[test]
fn each_edge_is_one_right_on_one_resource() {
    let rendered = functions(&[]);
    for (sid, actions, resources) in [
        (
            "ReadFeatures",
            json!(["dynamodb:BatchGetItem", "dynamodb:GetItem", "dynamodb:Query"]),
            json!([arn("TableProfiles"), below("TableProfiles", "/index/by-mail")]),
        ),
        ("WriteTables", json!(["dynamodb:PutItem", "dynamodb:UpdateItem"]), json!([arn("TableResults")])),
        (
            "PutRecords",
            json!(["kinesis:PutRecord", "kinesis:PutRecords"]),
            json!([arn("StreamEnriched"), arn("StreamLate")]),
        ),
        ("SendMessages", json!(["sqs:SendMessage"]), json!([arn("QueueRequests")])),
        ("PublishNotifications", json!(["sns:Publish"]), json!([{"Ref": "TopicDone"}])),
        ("PutObjects", json!(["s3:PutObject"]), json!([below("BucketPayloads", "/*")])),
        ("GetObjects", json!(["s3:GetObject"]), json!([below("BucketAnswers", "/*")])),
        (
            "Score",
            json!(["sagemaker:InvokeEndpoint"]),
            json!(["arn:aws:sagemaker:eu-west-1:123456789012:endpoint/functions-prod-scoring"]),
        ),
        (
            "ScoreLater",
            json!(["sagemaker:InvokeEndpointAsync"]),
            json!(["arn:aws:sagemaker:eu-west-1:123456789012:endpoint/functions-prod-moderation"]),
        ),
    ] {
        let statement = rendered.statement("ConsumerEnrichRole", sid).unwrap_or_else(|| panic!("no {sid}"));
        assert_eq!((&statement["Action"], &statement["Resource"]), (&actions, &resources), "{sid}");
    }
    assert_eq!(sids(&rendered, "WorkerReviewRole"), ["WriteLogs", "ReceiveMessages"]);
}

#[test]
fn a_customers_key_is_used_through_the_service_alone_and_a_managed_one_needs_nothing() {
    let rendered = functions(&[]);
    for (sid, actions, service) in [
        ("ReadStreamKey", json!(["kms:Decrypt"]), "kinesis"),
        ("PutRecordsKey", json!(["kms:GenerateDataKey"]), "kinesis"),
        ("ReadFeaturesKey", json!(["kms:Decrypt", "kms:DescribeKey"]), "dynamodb"),
        ("SendMessagesKey", json!(["kms:Decrypt", "kms:GenerateDataKey"]), "sqs"),
        ("PublishNotificationsKey", json!(["kms:Decrypt", "kms:GenerateDataKey"]), "sns"),
        ("GetObjectsKey", json!(["kms:Decrypt"]), "s3"),
    ] {
        let statement = rendered.statement("ConsumerEnrichRole", sid).unwrap_or_else(|| panic!("no {sid}"));
        assert_eq!((&statement["Action"], &statement["Resource"]), (&actions, &json!([arn("KeyData")])), "{sid}");
        let via = json!({"StringEquals": {"kms:ViaService": format!("{service}.eu-west-1.amazonaws.com")}});
        assert_eq!(statement["Condition"], via, "{sid}");
    }
    assert_eq!(
        sids(&functions(&[("encryption: {key: data}", "encryption: managed")]), "WorkerInferRole"),
        ["WriteLogs", "ReceiveMessages", "PutObjects", "ScoreLater"]
    );
}

#[test]
fn another_pipelines_stream_is_named_and_its_key_found_by_alias() {
    let rendered = functions(&[]);
    let stream = "arn:aws:kinesis:eu-west-1:123456789012:stream/neighbour-prod-orders";
    assert_eq!(rendered.properties("ConsumerOtherMapping")["EventSourceArn"], stream);
    assert_eq!(rendered.statement("ConsumerOtherRole", "ReadStream").expect("is granted")["Resource"], json!([stream]));
    let key = rendered.statement("ConsumerOtherRole", "ReadStreamKeyOfOthers").expect("is granted");
    assert_eq!(key["Resource"], json!(["arn:aws:kms:eu-west-1:123456789012:key/*"]));
    let alias = json!({"kms:ResourceAliases": ["alias/neighbour-prod-orders"]});
    assert_eq!(key["Condition"]["ForAnyValue:StringEquals"], alias);
}

#[test]
fn a_worker_of_a_queue_polls_it_in_batches() {
    let rendered = functions(&[]);
    let mapping = rendered.properties("WorkerInferMapping");
    assert_eq!(mapping["EventSourceArn"], arn("QueueRequests"));
    assert_eq!(
        (&mapping["BatchSize"], &mapping["MaximumBatchingWindowInSeconds"], &mapping["ScalingConfig"]),
        (&json!(100), &json!(2), &json!({"MaximumConcurrency": 20}))
    );
    assert_eq!(mapping["FunctionResponseTypes"], json!(["ReportBatchItemFailures"]));
    let plain = rendered.properties("WorkerReviewMapping");
    assert_eq!((plain.get("FunctionResponseTypes"), plain.get("ScalingConfig")), (None, None));
    assert!(!rendered.has("WorkerInferFailedRecords"), "the queue has dead letters of its own");
}

#[test]
fn a_worker_of_a_topic_loses_nothing() {
    let rendered = functions(&[]);
    let failed = arn("WorkerNotifyFailedRecords");
    let subscription = rendered.resource("WorkerNotifySubscription");
    assert_eq!(subscription.properties["Endpoint"], json!({"Ref": "WorkerNotifyAlias"}));
    assert_eq!(subscription.properties["RedrivePolicy"], json!({"deadLetterTargetArn": failed}));
    let first: Vec<&str> = subscription.depends_on.iter().map(LogicalId::as_str).collect();
    assert_eq!(first, ["WorkerNotifyFailedRecordsPolicy", "WorkerNotifyInvocation", "WorkerNotifyPermission"]);
    let invocation = rendered.properties("WorkerNotifyInvocation");
    assert_eq!(
        (&invocation["Qualifier"], &invocation["MaximumRetryAttempts"], &invocation["MaximumEventAgeInSeconds"]),
        (&json!("live"), &json!(1), &json!(1_800))
    );
    assert_eq!(invocation["DestinationConfig"]["OnFailure"]["Destination"], failed);
    assert_eq!(
        rendered.statement("WorkerNotifyRole", "SendFailedRecords").expect("is granted")["Resource"],
        json!([failed])
    );
    assert_eq!(rendered.properties("WorkerNotifyPermission")["SourceArn"], json!({"Ref": "TopicDone"}));
}

#[test]
fn the_failure_queue_of_a_topics_worker_takes_from_that_topic_and_is_encrypted_as_it() {
    let rendered = functions(&[]);
    let policy = rendered.properties("WorkerNotifyFailedRecordsPolicy")["PolicyDocument"]["Statement"].clone();
    let admits = policy.as_array().expect("statements").iter().find(|statement| statement["Effect"] == "Allow");
    assert_eq!(
        admits.expect("one")["Condition"],
        json!({"ArnEquals": {"aws:SourceArn": {"Ref": "TopicDone"}}}),
        "{policy}"
    );
    let queue = rendered.properties("WorkerNotifyFailedRecords");
    assert_eq!((queue.get("SqsManagedSseEnabled"), &queue["KmsMasterKeyId"]), (None, &arn("KeyData")));
    assert!(rendered.statement("WorkerNotifyRole", "SendFailedRecordsKey").is_some());
    let pointers = rendered.properties("ConsumerEnrichFailedRecords");
    assert_eq!((&pointers["SqsManagedSseEnabled"], pointers.get("KmsMasterKeyId")), (&json!(true), None));
}

#[test]
fn a_function_in_a_network_lets_lambda_manage_interfaces_and_its_code_not() {
    let rendered = functions(&[]);
    let config = rendered.properties("ConsumerEnrichFunction")["VpcConfig"].clone();
    assert_eq!(config["SecurityGroupIds"], json!(["sg-0123456789abcdef0"]));
    assert_eq!(config["SubnetIds"].as_array().map(Vec::len), Some(2));
    for sid in ["JoinNetwork", "ReadNetwork"] {
        let statement = rendered.statement("ConsumerEnrichRole", sid).expect("is granted");
        assert_eq!(statement["Condition"]["Null"], json!({"lambda:SourceFunctionArn": "true"}), "{sid}");
    }
    assert_eq!(rendered.properties("ConsumerOtherFunction").get("VpcConfig"), None);
    assert!(rendered.statement("ConsumerOtherRole", "JoinNetwork").is_none());
}

#[test]
fn concurrency_is_reserved_on_the_function_and_provisioned_on_the_alias() {
    let rendered = functions(&[]);
    assert_eq!(rendered.properties("ConsumerEnrichFunction")["ReservedConcurrentExecutions"], 40);
    let warm = rendered.properties("ConsumerEnrichAlias")["ProvisionedConcurrencyConfig"].clone();
    assert_eq!(warm, json!({"ProvisionedConcurrentExecutions": 4}));
    let stopped = rendered.properties("WorkerNotifyFunction")["ReservedConcurrentExecutions"].clone();
    assert_eq!(stopped, 0, "none is a number");
    assert_eq!(rendered.properties("WorkerInferFunction").get("ReservedConcurrentExecutions"), None);
}

fn versions(rendered: &Rendered) -> Vec<&LogicalId> {
    rendered.of_type("AWS::Lambda::Version").map(|(id, _)| id).collect()
}

#[test]
fn what_a_version_freezes_publishes_one_and_reserved_concurrency_does_not() {
    let plain = functions(&[]);
    let reserved = functions(&[("{reserved: 40, provisioned: 4}", "{reserved: 41, provisioned: 5}")]);
    assert_eq!(versions(&reserved), versions(&plain), "Lambda would publish nothing, and CloudFormation fail");
    for change in
        [("tracing: true", "tracing: false"), ("layer:tools:7", "layer:tools:8"), ("network: private\n", "\n")]
    {
        assert_ne!(versions(&functions(&[change])), versions(&plain), "{change:?}");
    }
}

#[test]
fn every_role_has_the_boundary_and_one_that_names_another_keeps_it() {
    let boundary = "arn:aws:iam::123456789012:policy/boundary";
    let trust = r#"AssumeRolePolicyDocument: {Version: "2012-10-17", Statement: []}"#;
    let extra = format!(
        "\ncloudformation:\n  resources:\n    Extra: {{Type: AWS::IAM::Role, Properties: {{{trust}}}}}\n    Own: {{Type: \
         AWS::IAM::Role, Properties: {{{trust}, PermissionsBoundary: arn:aws:iam::aws:policy/PowerUserAccess}}}}\n"
    );
    let rendered = rendered(written(&format!("{FUNCTIONS}{extra}"), ENVIRONMENT, &[NEIGHBOUR]));
    let mut roles = 0;
    for (id, role) in rendered.of_type("AWS::IAM::Role") {
        let expected = if id.as_str() == "Own" { "arn:aws:iam::aws:policy/PowerUserAccess" } else { boundary };
        assert_eq!(role.properties["PermissionsBoundary"], expected, "{id}");
        roles += 1;
    }
    assert!(roles >= 9, "{roles}");
}

#[test]
fn the_handler_is_told_of_every_kind_of_edge() {
    let told = functions(&[]).properties("ConsumerEnrichFunction")["Environment"]["Variables"].clone();
    let expected = json!({
        "BUCKET_ANSWERS": {"Ref": "BucketAnswers"},
        "BUCKET_PAYLOADS": {"Ref": "BucketPayloads"},
        "ENDPOINT_MODERATION": "functions-prod-moderation",
        "ENDPOINT_SCORING": "functions-prod-scoring",
        "FALLBACK_ENDPOINT": "functions-prod-moderation",
        "METRICS_NAMESPACE": "StreamingML/Production",
        "QUEUE_REQUESTS": {"Ref": "QueueRequests"},
        "REQUEST_TTL_SECONDS_MODERATION": "21600",
        "STREAM_ENRICHED": {"Ref": "StreamEnriched"},
        "STREAM_LATE": {"Ref": "StreamLate"},
        "TABLE_PROFILES": {"Ref": "TableProfiles"},
        "TABLE_RESULTS": {"Ref": "TableResults"},
        "TOPIC_DONE": {"Ref": "TopicDone"},
        "TTL_ATTRIBUTE_RESULTS": "expires_at",
        "TTL_SECONDS_RESULTS": "2592000",
    });
    assert_eq!(told, expected);
}

#[test]
fn new_code_waits_for_every_endpoint_that_it_may_ask() {
    let waits: Vec<String> =
        functions(&[]).resource("ConsumerEnrichAlias").depends_on.iter().map(ToString::to_string).collect();
    assert_eq!(waits, ["EndpointModeration", "EndpointScoring"]);
}

#[test]
fn no_right_has_a_wildcard_action_and_only_those_without_resources_are_on_everything() {
    let allowed = ["LogInToRegistry", "PublishMetrics", "ReadNetwork", "Trace"];
    let rendered = functions(&[]);
    for (id, role) in rendered.of_type("AWS::IAM::Role") {
        for statement in statements(&rendered, id.as_str()) {
            let actions = statement["Action"].as_array().expect("actions");
            assert!(actions.iter().all(|action| !action.as_str().unwrap_or("*").contains('*')), "{id}: {statement}");
            let everything = statement["Resource"].as_array().expect("resources").contains(&json!("*"));
            assert!(!everything || allowed.iter().any(|sid| statement["Sid"] == *sid), "{id}: {statement}");
        }
        assert!(role.properties.contains_key("AssumeRolePolicyDocument"));
    }
}
