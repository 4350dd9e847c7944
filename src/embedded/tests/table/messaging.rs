//! Queues, topics, and what hangs on them.

use super::*;

fn queue_url(name: &str) -> String {
    format!("https://sqs.eu-west-1.amazonaws.com/{ACCOUNT}/{name}")
}

fn topic() -> (&'static str, &'static str, Value) {
    ("Topic", "AWS::SNS::Topic", json!({"TopicName": "t"}))
}

fn sns(action: &str, parameter: &'static str, value: String) -> Ask {
    Ask::Query("sns", "2010-03-31", vec![("Action", action.to_owned()), (parameter, value)])
}

pub(super) fn cases() -> Vec<Case> {
    let attributes = |queue: &str| {
        let body = json!({"QueueUrl": queue_url(queue), "AttributeNames": ["All"]});
        Ask::Json("sqs", "AmazonSQS.GetQueueAttributes", body)
    };
    vec![
        Case::of(
            Kind::Queue,
            json!({
                "QueueName": "q",
                "DelaySeconds": 5,
                "VisibilityTimeout": 360,
                "MessageRetentionPeriod": 345_600,
                "MaximumMessageSize": 262_144,
                "ReceiveMessageWaitTimeSeconds": 20,
                "RedrivePolicy": {"deadLetterTargetArn": arn("sqs", "dead"), "maxReceiveCount": 5},
                "RedriveAllowPolicy": {"redrivePermission": "denyAll"},
                "KmsMasterKeyId": "alias/data",
                "KmsDataKeyReusePeriodSeconds": 300,
            }),
        )
        .needs([("Dead", "AWS::SQS::Queue", json!({"QueueName": "dead", "MessageRetentionPeriod": 1_209_600}))])
        .reads(
            attributes("q"),
            &[
                ("/DelaySeconds", "/Attributes/DelaySeconds"),
                ("/VisibilityTimeout", "/Attributes/VisibilityTimeout"),
                ("/MessageRetentionPeriod", "/Attributes/MessageRetentionPeriod"),
                ("/MaximumMessageSize", "/Attributes/MaximumMessageSize"),
                ("/ReceiveMessageWaitTimeSeconds", "/Attributes/ReceiveMessageWaitTimeSeconds"),
                ("/RedrivePolicy", "/Attributes/RedrivePolicy"),
                ("/RedriveAllowPolicy", "/Attributes/RedriveAllowPolicy"),
                ("/KmsMasterKeyId", "/Attributes/KmsMasterKeyId"),
                ("/KmsDataKeyReusePeriodSeconds", "/Attributes/KmsDataKeyReusePeriodSeconds"),
            ],
        )
        .untold(&["QueueName"])
        .tags(Ask::Json("sqs", "AmazonSQS.ListQueueTags", json!({"QueueUrl": queue_url("q")})), "/Tags")
        .change("/VisibilityTimeout", json!(720))
        .change("/RedrivePolicy/maxReceiveCount", json!(3))
        .change("/RedriveAllowPolicy", json!({"redrivePermission": "allowAll"}))
        .gives(
            queue_url("q"),
            &[("Arn", arn("sqs", "q")), ("QueueName", "q".to_owned()), ("QueueUrl", queue_url("q"))],
        ),
        Case::of(
            Kind::Queue,
            json!({
                "QueueName": "q.fifo",
                "FifoQueue": true,
                "ContentBasedDeduplication": true,
                "DeduplicationScope": "messageGroup",
                "FifoThroughputLimit": "perMessageGroupId",
                "SqsManagedSseEnabled": true,
            }),
        )
        .reads(
            attributes("q.fifo"),
            &[
                ("/FifoQueue", "/Attributes/FifoQueue"),
                ("/ContentBasedDeduplication", "/Attributes/ContentBasedDeduplication"),
                ("/DeduplicationScope", "/Attributes/DeduplicationScope"),
                ("/FifoThroughputLimit", "/Attributes/FifoThroughputLimit"),
                ("/SqsManagedSseEnabled", "/Attributes/SqsManagedSseEnabled"),
            ],
        )
        .untold(&["QueueName"])
        .change("/ContentBasedDeduplication", json!(false))
        .gives(queue_url("q.fifo"), &[]),
        Case::of(Kind::QueuePolicy, json!({"Queues": [queue_url("q")], "PolicyDocument": policy()}))
            .needs([("Queue", "AWS::SQS::Queue", json!({"QueueName": "q"}))])
            .reads(attributes("q"), &[("/PolicyDocument", "/Attributes/Policy")])
            .untold(&["Queues"])
            .change("/PolicyDocument", other_policy())
            .gives("*", &[("Id", "*".to_owned())]),
        Case::of(
            Kind::Topic,
            json!({
                "TopicName": "t.fifo",
                "FifoTopic": true,
                "ContentBasedDeduplication": true,
                "DisplayName": "done",
                "KmsMasterKeyId": "alias/data",
                "SignatureVersion": "2",
                "TracingConfig": "Active",
            }),
        )
        .reads(
            sns("GetTopicAttributes", "TopicArn", "$REF".to_owned()),
            &[
                ("/FifoTopic", "/GetTopicAttributesResult/Attributes/FifoTopic"),
                ("/ContentBasedDeduplication", "/GetTopicAttributesResult/Attributes/ContentBasedDeduplication"),
                ("/DisplayName", "/GetTopicAttributesResult/Attributes/DisplayName"),
                ("/KmsMasterKeyId", "/GetTopicAttributesResult/Attributes/KmsMasterKeyId"),
                ("/SignatureVersion", "/GetTopicAttributesResult/Attributes/SignatureVersion"),
                ("/TracingConfig", "/GetTopicAttributesResult/Attributes/TracingConfig"),
            ],
        )
        .untold(&["TopicName"])
        .tags(sns("ListTagsForResource", "ResourceArn", "$REF".to_owned()), "/ListTagsForResourceResult/Tags")
        .change("/DisplayName", json!("finished"))
        .gives(arn("sns", "t.fifo"), &[("TopicArn", arn("sns", "t.fifo"))]),
        Case::of(Kind::TopicPolicy, json!({"Topics": [arn("sns", "t")], "PolicyDocument": policy()}))
            .needs([topic()])
            .reads(
                sns("GetTopicAttributes", "TopicArn", arn("sns", "t")),
                &[("/PolicyDocument", "/GetTopicAttributesResult/Attributes/Policy")],
            )
            .untold(&["Topics"])
            .change("/PolicyDocument", other_policy())
            .gives("*", &[("Id", "*".to_owned())]),
        Case::of(
            Kind::Subscription,
            json!({
                "TopicArn": arn("sns", "t"),
                "Protocol": "sqs",
                "Endpoint": arn("sqs", "q"),
                "RawMessageDelivery": true,
                "FilterPolicy": {"kind": ["moderated"]},
                "FilterPolicyScope": "MessageBody",
                "RedrivePolicy": {"deadLetterTargetArn": arn("sqs", "dead")},
                "DeliveryPolicy": {"healthyRetryPolicy": {"numRetries": 3}},
                "SubscriptionRoleArn": role_arn(),
            }),
        )
        .needs([topic()])
        .reads(
            sns("GetSubscriptionAttributes", "SubscriptionArn", "$REF".to_owned()),
            &[
                ("/TopicArn", "/GetSubscriptionAttributesResult/Attributes/TopicArn"),
                ("/Protocol", "/GetSubscriptionAttributesResult/Attributes/Protocol"),
                ("/Endpoint", "/GetSubscriptionAttributesResult/Attributes/Endpoint"),
                ("/RawMessageDelivery", "/GetSubscriptionAttributesResult/Attributes/RawMessageDelivery"),
                ("/FilterPolicy", "/GetSubscriptionAttributesResult/Attributes/FilterPolicy"),
                ("/FilterPolicyScope", "/GetSubscriptionAttributesResult/Attributes/FilterPolicyScope"),
                ("/RedrivePolicy", "/GetSubscriptionAttributesResult/Attributes/RedrivePolicy"),
                ("/DeliveryPolicy", "/GetSubscriptionAttributesResult/Attributes/DeliveryPolicy"),
                ("/SubscriptionRoleArn", "/GetSubscriptionAttributesResult/Attributes/SubscriptionRoleArn"),
            ],
        )
        .change("/FilterPolicy", json!({"kind": ["approved", "rejected"]}))
        .change("/RawMessageDelivery", json!(false))
        .change("/Endpoint", json!(arn("sqs", "other")))
        .gives(format!("{}:*", arn("sns", "t")), &[("Arn", format!("{}:*", arn("sns", "t")))]),
        Case::of(
            Kind::Subscription,
            json!({"TopicArn": arn("sns", "t"), "Protocol": "email", "Endpoint": "oncall@example.com"}),
        )
        .needs([topic()])
        .reads(
            sns("GetSubscriptionAttributes", "SubscriptionArn", "$REF".to_owned()),
            &[
                ("/TopicArn", "/GetSubscriptionAttributesResult/Attributes/TopicArn"),
                ("/Protocol", "/GetSubscriptionAttributesResult/Attributes/Protocol"),
                ("/Endpoint", "/GetSubscriptionAttributesResult/Attributes/Endpoint"),
            ],
        )
        .gives(format!("{}:*", arn("sns", "t")), &[]),
    ]
}
