//! Kinesis and Firehose.

use super::{ANY, AS_IT_IS, DELIVERY, KnownCause, STREAM, later, seen};

const FAN_OUT: &str = "AWS::Kinesis::StreamConsumer";

pub(super) const CAUSES: &[KnownCause] = &[
    KnownCause {
        id: "shard-quota",
        cause: "The account would have more shards in this region than its quota allows.",
        fix: "Ask Service Quotas for more `Shards per Region`, use fewer shards, or `capacity: on-demand`.",
        field: Some("streams.NAME.capacity"),
        types: &[STREAM],
        texts: &["would exceed the shard limit for the account"],
        recorded: &[seen(
            STREAM,
            "This request would exceed the shard limit for the account 000000000000 in us-east-1. Current shard count for the account: 4. Limit: 3. Number of additional shards that would have resulted from this request: 1. (Service: Kinesis, Status Code: 400, Request ID: r)",
            "mhart/kinesalite#72",
        )],
        ..ANY
    },
    KnownCause {
        id: "streams-at-once",
        cause: "Kinesis makes and deletes at most five streams of an account at once, and others are at it.",
        fix: "Nothing is to be mended. Where many pipelines are deployed at once, deploy fewer at a time.",
        again: AS_IT_IS,
        types: &[STREAM],
        texts: &["streams that can simultaneously be in creating or deleting"],
        recorded: &[seen(
            STREAM,
            "This request would have exceed the limit on the number  of streams that can simultaneously be in CREATING or DELETING for the account 1. Limit: 5.",
            "hashicorp/terraform-provider-aws#1339",
        )],
        ..ANY
    },
    KnownCause {
        id: "reshard-too-far",
        cause: "One update at most doubles or halves the shards of a stream.",
        fix: "Go there in steps, a deployment for each: `sluice plan` names them.",
        field: Some("streams.NAME.capacity.provisioned.shards"),
        types: &[STREAM],
        texts: &["cannot scale up over double", "cannot scale down below half", "more than double", "below half"],
        recorded: &[seen(
            STREAM,
            "UpdateShardCount cannot scale up over double your current open shard count. Current open shard count: 2 Target shard count: 10 (Service: Kinesis, Status Code: 400, Request ID: r)",
            "COM",
        )],
        ..ANY
    },
    KnownCause {
        id: "reshard-too-often",
        cause: "The shards of a stream change at most ten times in 24 hours.",
        fix: "Wait until the oldest change is a day ago; `capacity: on-demand` follows the load by itself.",
        field: Some("streams.NAME.capacity"),
        again: later(24 * 3_600),
        types: &[STREAM],
        texts: &[
            "more than 10 times",
            "10 times per rolling 24",
            "updateshardcount…24 hour",
            "updateshardcount…24-hour",
        ],
        recorded: &[seen(
            STREAM,
            "You cannot scale more than 10 times per rolling 24-hour period per stream (Service: Kinesis, Status Code: 400, Request ID: r)",
            "words of the API reference, UpdateShardCount",
        )],
        ..ANY
    },
    KnownCause {
        id: "mode-switched-twice",
        cause: "A stream switches between on-demand and provisioned at most twice in 24 hours.",
        fix: "Leave the mode as it is until a day after the first switch, and deploy the rest of the change.",
        field: Some("streams.NAME.capacity"),
        again: later(24 * 3_600),
        types: &[STREAM],
        texts: &["mode…24 hours", "mode…24-hour", "updatestreammode…limit"],
        recorded: &[seen(
            STREAM,
            "UpdateStreamMode: you can switch between on-demand and provisioned modes twice within 24 hours (Service: Kinesis, Status Code: 400, Request ID: r)",
            "words of the API reference, UpdateStreamMode",
        )],
        ..ANY
    },
    KnownCause {
        id: "on-demand-quota",
        cause: "The account has as many on-demand streams in this region as its quota allows.",
        fix: "Ask Service Quotas for more `On-demand data streams per account`, or provision the shards of this one.",
        field: Some("streams.NAME.capacity"),
        types: &[STREAM],
        texts: &["on-demand stream…limit", "ondemandstreamcountlimit", "limit…on-demand"],
        recorded: &[seen(
            STREAM,
            "This request would exceed the limit of on-demand streams for the account (Service: Kinesis, Status Code: 400, Request ID: r)",
            "words of the API reference, DescribeLimits; hashicorp/terraform-provider-aws#38094",
        )],
        ..ANY
    },
    KnownCause {
        id: "stream-busy",
        cause: "The stream is being resharded, encrypted or kept for another time at this moment, and takes one change \
                after the other.",
        fix: "Nothing is to be mended. If somebody else changes the stream beside this stack, let them finish.",
        again: AS_IT_IS,
        types: &[STREAM, FAN_OUT],
        texts: &["not active, instead in state"],
        recorded: &[seen(
            STREAM,
            "Stream s under account 1 not ACTIVE, instead in state UPDATING (Service: Kinesis, Status Code: 400, Request ID: r)",
            "COM",
        )],
        ..ANY
    },
    KnownCause {
        id: "delivery-source-rights",
        cause: "The delivery stream's role may not read the stream yet: rights that were given a moment ago take seconds \
                to spread.",
        fix: "Deploy again once. If it goes on, a permissions boundary, or the key of the stream, forbids it.",
        field: Some("archive.NAME"),
        again: AS_IT_IS,
        types: &[DELIVERY],
        texts: &["not authorized to perform: kinesis:"],
        recorded: &[seen(
            DELIVERY,
            "Role arn:aws:iam::1:role/r is not authorized to perform: kinesis:DescribeStream on resource arn:aws:kinesis:eu-west-1:1:stream/s. (Service: AmazonKinesisFirehose; Status Code: 400; Error Code: InvalidArgumentException; Request ID: r)",
            "aws/aws-cdk#5221",
        )],
        ..ANY
    },
    KnownCause {
        id: "delivery-catalogue-rights",
        cause: "The delivery stream's role may not read the table that describes its columns: Glue, or Lake Formation, \
                which guards the account's catalogue, refuses it.",
        fix: "Deploy again once, for rights take seconds to spread. If it goes on, Lake Formation must grant the role \
              DESCRIBE and SELECT on the table, or the database be left to IAM alone.",
        field: Some("archive.NAME.format"),
        again: AS_IT_IS,
        types: &[DELIVERY],
        texts: &["access was denied when calling glue", "lake formation permission"],
        recorded: &[seen(
            DELIVERY,
            "Access was denied when calling Glue. Please ensure that the role specified in the data format conversion configuration has the necessary permissions. Insufficient Lake Formation permission(s) on t (Service: AWSGlue; Status Code: 400; Error Code: AccessDeniedException; Request ID: r)",
            "hashicorp/terraform-provider-aws#17254",
        )],
        ..ANY
    },
];
