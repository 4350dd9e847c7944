//! DynamoDB, S3, SQS and the groups of CloudWatch Logs.

use super::{ANY, AS_IT_IS, BUCKET, KnownCause, LOG_GROUP, QUEUE, TABLE, later, seen};

pub(super) const CAUSES: &[KnownCause] = &[
    KnownCause {
        id: "indexes-one-at-a-time",
        cause: "DynamoDB makes or removes one index of a table in an update; renaming one is both.",
        fix: "Add or remove one index, deploy, then the next; a table that is new takes all of them at once.",
        field: Some("tables.NAME.indexes"),
        types: &[TABLE],
        texts: &[
            "cannot perform more than one gsi creation or deletion",
            "only 1 online index can be created or deleted",
        ],
        recorded: &[seen(
            TABLE,
            "Resource handler returned message: \"Cannot perform more than one GSI creation or deletion in a single update\" (RequestToken: a993, HandlerErrorCode: InvalidRequest)",
            "aws-amplify/amplify-cli#12826, aws/aws-cdk#14920",
        )],
        ..ANY
    },
    KnownCause {
        id: "tables-at-once",
        cause: "DynamoDB makes, changes and deletes only so many tables of an account at once, and others are at it.",
        fix: "Nothing is to be mended. Where many pipelines are deployed at once, deploy fewer at a time.",
        again: AS_IT_IS,
        types: &[TABLE],
        texts: &["tables can be created, updated, or deleted simultaneously", "tables that can be created simul"],
        recorded: &[seen(
            TABLE,
            "Subscriber limit exceeded: Only 10 tables can be created, updated, or deleted simultaneously",
            "serverless/serverless#2622",
        )],
        ..ANY
    },
    KnownCause {
        id: "expiry-within-the-hour",
        cause: "The expiry of a table's items was changed a short while ago; DynamoDB takes an hour over it and refuses a \
                second change meanwhile.",
        fix: "Wait for the hour, or leave `ttl` as it is and deploy the rest.",
        field: Some("tables.NAME.ttl"),
        again: later(3_600),
        types: &[TABLE],
        texts: &["time to live has been modified multiple times"],
        recorded: &[seen(
            TABLE,
            "Time to live has been modified multiple times within a fixed interval (Service: DynamoDb, Status Code: 400, Request ID: r)",
            "COM; API reference, UpdateTimeToLive",
        )],
        ..ANY
    },
    KnownCause {
        id: "billing-switched-today",
        cause: "A table goes to on-demand capacity only so often a day, and was switched today.",
        fix: "Leave `capacity` as it is for a day, and deploy the rest of the change.",
        field: Some("tables.NAME.capacity"),
        again: later(24 * 3_600),
        types: &[TABLE],
        texts: &["update to payperrequest mode are limited"],
        recorded: &[seen(
            TABLE,
            "Subscriber limit exceeded: Update to PayPerRequest mode are limited to once in 1 day(s).",
            "aws-amplify/amplify-cli#1054",
        )],
        ..ANY
    },
    KnownCause {
        id: "capacity-lowered-too-often",
        cause: "The fixed capacity of a table is lowered only so often a day.",
        fix: "Leave it until tomorrow (UTC), or let it scale: `capacity: {scaled: …}`.",
        field: Some("tables.NAME.capacity"),
        again: later(24 * 3_600),
        types: &[TABLE],
        texts: &["provisioned throughput decreases are limited", "reduce provisioned throughput…times"],
        recorded: &[seen(
            TABLE,
            "Subscriber limit exceeded: Provisioned throughput decreases are limited within a given UTC day. After the first 4 decreases, each subsequent decrease in the same UTC day can be performed at most once every 3600 seconds.",
            "COM",
        )],
        ..ANY
    },
    KnownCause {
        id: "table-busy",
        cause: "The table is being made, changed or backed up at this moment, and takes one change after the other.",
        fix: "Nothing is to be mended. An index that is being filled can take hours: `aws dynamodb describe-table` shows it.",
        again: AS_IT_IS,
        types: &[TABLE],
        texts: &["attempt to change a resource which is still in use", "backups are being enabled"],
        recorded: &[
            seen(
                TABLE,
                "Attempt to change a resource which is still in use: Table is being updated: t (Service: DynamoDb, Status Code: 400, Request ID: r)",
                "COM",
            ),
            seen(
                TABLE,
                "Backups are being enabled for the table: t. Please retry later (Service: DynamoDb, Status Code: 400, Request ID: r)",
                "COM",
            ),
        ],
        ..ANY
    },
    KnownCause {
        id: "table-protected",
        cause: "The table is protected against deletion, as tables of staging and production are.",
        fix: "Take the table out of the file, which leaves it behind, and delete it by hand when nobody needs it.",
        types: &[TABLE],
        texts: &["protected against deletion"],
        recorded: &[seen(
            TABLE,
            "Resource cannot be deleted as it is currently protected against deletion. Disable deletion protection first. (Service: DynamoDb, Status Code: 400, Request ID: r)",
            "COM",
        )],
        ..ANY
    },
    KnownCause {
        id: "bucket-not-empty",
        cause: "S3 deletes no bucket that still holds an object, an older version of one, or a delete marker.",
        fix: "Empty it, then `sluice recover`; or leave it behind with `--without`. Whatever still writes to it must stop first.",
        types: &[BUCKET],
        texts: &["the bucket you tried to delete is not empty", "you must delete all versions in the bucket"],
        recorded: &[seen(
            BUCKET,
            "Resource handler returned message: \"The bucket you tried to delete is not empty (Service: S3, Status Code: 409, Request ID: r, Extended Request ID: e)\" (RequestToken: t, HandlerErrorCode: GeneralServiceException)",
            "SQ-21",
        )],
        ..ANY
    },
    KnownCause {
        id: "bucket-name-settling",
        cause: "A bucket of this name was deleted a short while ago, and S3 has not let go of the name everywhere.",
        fix: "Nothing is to be mended; it can take an hour.",
        again: later(900),
        types: &[BUCKET],
        texts: &["conflicting conditional operation is currently in progress"],
        recorded: &[seen(
            BUCKET,
            "A conflicting conditional operation is currently in progress against this resource. Please try again. (Service: Amazon S3; Status Code: 409; Error Code: OperationAborted; Request ID: r)",
            "COM",
        )],
        ..ANY
    },
    KnownCause {
        id: "bucket-taken",
        cause: "A bucket of this name is there already, perhaps in another account: names of buckets are the world's.",
        fix: "If it is yours and was kept by a destroyed stack, `sluice deploy` takes it in again; else give the stage another name.",
        field: Some("archive.NAME"),
        types: &[BUCKET],
        texts: &[
            "bucket namespace is shared",
            "bucket name is not available",
            "already exists",
            "already owned by you",
            "bucketalreadyexists",
        ],
        recorded: &[
            seen(BUCKET, "my-bucket already exists", "ER-35"),
            seen(
                BUCKET,
                "The requested bucket name is not available. The bucket namespace is shared by all users of the system. Please select a different name and try again. (Service: Amazon S3; Status Code: 409; Error Code: BucketAlreadyExists; Request ID: r)",
                "COM",
            ),
        ],
        ..ANY
    },
    KnownCause {
        id: "queue-name-resting",
        cause: "A queue of this name was deleted less than a minute ago; SQS keeps the name for so long.",
        fix: "Nothing is to be mended.",
        again: later(60),
        types: &[QUEUE],
        texts: &["after deleting a queue before you can create another"],
        recorded: &[seen(
            QUEUE,
            "You must wait 60 seconds after deleting a queue before you can create another with the same name. (Service: Sqs, Status Code: 400, Request ID: r)",
            "COM",
        )],
        ..ANY
    },
    KnownCause {
        id: "log-group-exists",
        cause: "The log group is there already. Lambda makes it by itself when a function of that name is called, also by \
                a last invocation after its stack is gone.",
        fix: "Delete it, or keep its lines: `aws logs create-export-task` first. Deploy again then.",
        types: &[LOG_GROUP],
        texts: &["already exists"],
        recorded: &[seen(
            LOG_GROUP,
            "Resource handler returned message: \"Resource of type 'AWS::Logs::LogGroup' with identifier '{\"/properties/LogGroupName\":\"/aws/lambda/f\"}' already exists.\" (RequestToken: 258d, HandlerErrorCode: AlreadyExists)",
            "aws-solutions/amazon-marketing-cloud-uploader-from-aws#167",
        )],
        ..ANY
    },
    KnownCause {
        id: "log-group-key",
        cause: "CloudWatch Logs may not use the key that the log group is to be encrypted with.",
        fix: "The key's policy must let `logs.REGION.amazonaws.com` encrypt and decrypt for this log group.",
        field: Some("encryption"),
        types: &[LOG_GROUP],
        texts: &[
            "the specified kms key does not exist or is not allowed",
            "the specified kms key id could not be found",
        ],
        recorded: &[seen(
            LOG_GROUP,
            "The specified KMS key does not exist or is not allowed to be used with Arn 'arn:aws:logs:eu-west-2:1:log-group:g'",
            "hashicorp/terraform-provider-aws#29282",
        )],
        ..ANY
    },
];
