//! Lambda: functions, versions and mappings.

use super::{ALIAS, ANY, AS_IT_IS, DELIVERY, FUNCTION, KnownCause, MAPPING, MODEL, VERSION, seen};

pub(super) const CAUSES: &[KnownCause] = &[
    KnownCause {
        id: "role-not-assumable",
        cause: "The role was made a moment ago and is not known everywhere yet: IAM takes seconds to spread.",
        fix: "Nothing is to be mended. If it happens again, the trust of the role does not name the service: look for a \
              patch of it under `cloudformation.patch`.",
        again: AS_IT_IS,
        types: &[FUNCTION, DELIVERY, MODEL],
        texts: &["role…cannot be assumed by lambda", "unable to assume role", "could not assume role"],
        recorded: &[
            seen(
                FUNCTION,
                "The role defined for the function cannot be assumed by Lambda. (Service: Lambda, Status Code: 400, …)",
                "Pizzaface/Alexa-Chromecast-Skill-2.0#9, ubergeek42/lambda-letsencrypt#30",
            ),
            seen(
                DELIVERY,
                "Firehose is unable to assume role arn:aws:iam::1:role/r. Please check the role provided.",
                "COM",
            ),
            seen(
                MODEL,
                "Could not assume role arn:aws:iam::1:role/r. Please ensure that the role exists and allows principal 'sagemaker.amazonaws.com' to assume the role.",
                "COM",
            ),
        ],
        ..ANY
    },
    KnownCause {
        id: "concurrency-floor",
        cause: "Reserving so many instances would leave the account fewer unreserved ones than Lambda insists on; a new \
                account may have ten in all.",
        fix: "Reserve less, or ask Service Quotas for more `Concurrent executions` in this region.",
        field: Some("consumers.NAME.concurrency.reserved"),
        types: &[FUNCTION],
        texts: &["decreases account's unreservedconcurrentexecution below"],
        recorded: &[seen(
            FUNCTION,
            "Resource handler returned message: \"Specified ReservedConcurrentExecutions for function decreases account's UnreservedConcurrentExecution below its minimum value of [10]. (Service: Lambda, Status Code: 400, Request ID: 2cf9) (SDK Attempt Count: 1)\" (RequestToken: 3166, HandlerErrorCode: InvalidRequest)",
            "aws-samples/sample-one-click-generative-ai-solutions#3, awslabs/amazon-neptune-tools#324",
        )],
        ..ANY
    },
    KnownCause {
        id: "provisioned-above-reserved",
        cause: "More instances are to be kept warm than are reserved for the function.",
        fix: "Raise `reserved`, or lower `provisioned` to it.",
        field: Some("consumers.NAME.concurrency"),
        types: &[FUNCTION, ALIAS, VERSION],
        texts: &["provisioned concurrency should not be greater than the reservedconcurrentexecution"],
        recorded: &[seen(
            ALIAS,
            "Requested Provisioned Concurrency should not be greater than the reservedConcurrentExecution for function",
            "COM",
        )],
        ..ANY
    },
    KnownCause {
        id: "code-too-large",
        cause: "The unpacked code, layers included, is larger than the 250 MiB that Lambda takes.",
        fix: "Leave out what the handler does not import (`.sluiceignore`); boto3 and the AWS SDKs are in the runtime.",
        field: Some("consumers.NAME.code"),
        types: &[FUNCTION],
        texts: &["unzipped size must be smaller than"],
        recorded: &[seen(
            FUNCTION,
            "Resource handler returned message: \"Unzipped size must be smaller than 262144000 bytes (Service: Lambda, Status Code: 400, Request ID: 69b4, Extended Request ID: null)\" (RequestToken: 282a, HandlerErrorCode: InvalidRequest)",
            "amazon-connect/voicemail-for-amazon-connect#77",
        )],
        ..ANY
    },
    KnownCause {
        id: "code-storage-full",
        cause: "The account's versions of functions fill the storage that Lambda gives it in this region (75 GB at first).",
        fix: "Remove versions that nothing serves any more, of other stacks too, or ask for more `Function and layer storage`.",
        types: &[FUNCTION, VERSION],
        texts: &["code storage limit exceeded", "codestorageexceeded"],
        recorded: &[seen(
            VERSION,
            "Code storage limit exceeded. (Service: Lambda, Status Code: 400, Request ID: r)",
            "COM",
        )],
        ..ANY
    },
    KnownCause {
        id: "code-missing",
        cause: "The code is not where the template says: the artifact was removed from the bucket, or the bucket is in \
                another region.",
        fix: "Deploy again, which uploads what is missing. If it goes on, look at lifecycle rules on the artifact bucket.",
        again: AS_IT_IS,
        types: &[FUNCTION],
        texts: &["error occurred while getobject", "s3 error code: nosuchkey", "s3 error code: nosuchbucket"],
        recorded: &[seen(
            FUNCTION,
            "Error occurred while GetObject. S3 Error Code: NoSuchKey. S3 Error Message: The specified key does not exist. (Service: Lambda, Status Code: 400, Request ID: r)",
            "COM",
        )],
        ..ANY
    },
    KnownCause {
        id: "code-denied",
        cause: "Whoever deploys may not read the code in the artifact bucket, or not use its key.",
        fix: "Allow the deploying role `s3:GetObject` on the artifact bucket, and `kms:Decrypt` on its key: `sluice \
              bootstrap` makes a role that has both.",
        types: &[FUNCTION],
        texts: &["access has been denied by s3"],
        recorded: &[seen(
            FUNCTION,
            "Resource handler returned message: \"Your access has been denied by S3, please make sure your request credentials have permission to GetObject for my-bucket/code.zip. S3 Error Code: AccessDenied. S3 Error Message: Access Denied (Service: Lambda, Status Code: 403, Request ID: r)\" (RequestToken: t, HandlerErrorCode: AccessDenied)",
            "aws-samples/mlops-sagemaker-github-actions#9",
        )],
        ..ANY
    },
    KnownCause {
        id: "runtime-gone",
        cause: "Lambda makes and changes no functions with this runtime any more.",
        fix: "Name a runtime that is supported, and try the handler with it.",
        field: Some("consumers.NAME.runtime"),
        types: &[FUNCTION],
        texts: &["is no longer supported for creating or updating"],
        recorded: &[seen(
            FUNCTION,
            "Resource handler returned message: \"The runtime parameter of python3.7 is no longer supported for creating or updating AWS Lambda functions. We recommend you use a supported runtime while creating or updating functions. (Service: Lambda, Status Code: 400, Request ID: d368)\" (RequestToken: 6fbd, HandlerErrorCode: InvalidRequest)",
            "vittorio-nardone/disposable_app#3",
        )],
        ..ANY
    },
    KnownCause {
        id: "variables-too-large",
        cause: "The environment variables of the function are more than the 4 KB that Lambda takes, those that Sluice \
                adds for its edges included.",
        fix: "Put long values into a parameter or a secret, and give the handler its name.",
        field: Some("consumers.NAME.environment"),
        types: &[FUNCTION],
        texts: &["environment variables you have provided exceeded the 4kb limit"],
        recorded: &[seen(
            FUNCTION,
            "Lambda was unable to configure your environment variables because the environment variables you have provided exceeded the 4KB limit. String measured: {…} (Service: Lambda, Status Code: 400, Request ID: r)",
            "COM",
        )],
        ..ANY
    },
    KnownCause {
        id: "variable-reserved",
        cause: "An environment variable has a name that Lambda keeps for itself.",
        fix: "Rename it: `AWS_REGION`, `AWS_ACCESS_KEY_ID`, `LAMBDA_TASK_ROOT` and their like cannot be set.",
        field: Some("consumers.NAME.environment"),
        types: &[FUNCTION],
        texts: &["contains reserved keys that are currently not supported for modification"],
        recorded: &[seen(
            FUNCTION,
            "Lambda was unable to configure your environment variables because the environment variables you have provided contains reserved keys that are currently not supported for modification. Reserved keys used in this request: AWS_REGION",
            "COM",
        )],
        ..ANY
    },
    KnownCause {
        id: "network-rights",
        cause: "The function stands in a network, and its role may not make the interfaces for that; a role that was made \
                a moment ago may just not be known everywhere yet.",
        fix: "Deploy again once. If it goes on, a permissions boundary or a patch takes `ec2:CreateNetworkInterface` away.",
        field: Some("consumers.NAME.network"),
        again: AS_IT_IS,
        types: &[FUNCTION],
        texts: &["does not have permissions to call createnetworkinterface"],
        recorded: &[seen(
            FUNCTION,
            "The provided execution role does not have permissions to call CreateNetworkInterface on EC2 (Service: Lambda, Status Code: 400, Request ID: r)",
            "COM",
        )],
        ..ANY
    },
    KnownCause {
        id: "function-busy",
        cause: "Somebody else changes the function at this moment.",
        fix: "Find out who changes it beside this stack, and let them finish.",
        again: AS_IT_IS,
        types: &[FUNCTION, VERSION, ALIAS],
        texts: &["an update is in progress for resource"],
        recorded: &[seen(
            FUNCTION,
            "The operation cannot be performed at this time. An update is in progress for resource: arn:aws:lambda:eu-west-1:1:function:f (Service: Lambda, Status Code: 409, Request ID: r)",
            "COM",
        )],
        ..ANY
    },
    KnownCause {
        id: "mapping-exists",
        cause: "This function reads this source already, through a mapping that is not, or not any more, this resource: one \
                made by hand, of another stack, or of another name.",
        fix: "Delete the mapping that the message names if nobody needs it: its position is lost, so read on with `start: \
              {at: …}`. To change only `start` of a reader, change nothing else and see `sluice explain E4022`.",
        field: Some("consumers.NAME.from"),
        types: &[MAPPING],
        texts: &["provided mapping already exists", "event source mapping with…already exists"],
        recorded: &[
            seen(
                MAPPING,
                "The event source arn (\" arn:aws:kinesis:eu-west-1:1:stream/s \") and function (\" f:live \") provided mapping already exists. Please update or delete the existing mapping with UUID 106257e3-ec6a-4fb2-af2d-f26f163a603d",
                "STATE-5; aws/serverless-application-model#1320",
            ),
            seen(
                MAPPING,
                "An event source mapping with SQS arn (\" arn:aws:sqs:us-east-1:1:q \") and function (\" f \") already exists. Please update or delete the existing mapping with UUID 2bac96f9",
                "DataBiosphere/azul#3399, aws/chalice#2146",
            ),
        ],
        ..ANY
    },
    KnownCause {
        id: "reader-rights",
        cause: "The function's role may not read the stream yet: Lambda tries it when the mapping is made, and rights that \
                were given a moment ago take seconds to spread.",
        fix: "Deploy again once. If it goes on, a permissions boundary, a policy of the organisation or the key of the \
              stream forbids it: another pipeline's stream with a key of its own must let this role decrypt.",
        field: Some("consumers.NAME.from"),
        again: AS_IT_IS,
        types: &[MAPPING],
        texts: &["cannot access stream", "cannot access event source"],
        recorded: &[
            seen(
                MAPPING,
                "Resource handler returned message: \"Invalid request provided: Cannot access stream arn:aws:kinesis:eu-west-1:1:stream/s. Please ensure the role can perform the GetRecords, GetShardIterator, DescribeStream, ListShards, and ListStreams Actions on your stream in IAM. (Service: Lambda, Status Code: 400, Request ID: r, Extended Request ID: null)\" (RequestToken: t, HandlerErrorCode: InvalidRequest)",
                "STATE-7; aws-samples/cross-account-amazon-dynamodb-replication#11, alertlogic/cwe-collector#2",
            ),
            seen(
                MAPPING,
                "Cannot access event source arn:aws:kinesis:eu-west-1:1:stream/s/consumer/c:1. Please ensure the role can perform the DescribeStreamSummary, ListShards, GetShardIterator and GetRecords actions on your stream and SubscribeToShard on your consumer.",
                "STATE-7",
            ),
        ],
        ..ANY
    },
    KnownCause {
        id: "read-stream-gone",
        cause: "The stream that is read is not there: of another pipeline that is not deployed, or removed meanwhile.",
        fix: "Deploy the pipeline that makes the stream first: `sluice deploy` tells the order.",
        field: Some("consumers.NAME.from"),
        types: &[MAPPING],
        texts: &["stream not found:"],
        recorded: &[seen(MAPPING, "Stream not found: arn:aws:kinesis:eu-west-1:1:stream/s", "STATE-6")],
        ..ANY
    },
    KnownCause {
        id: "reader-throttled",
        cause: "So much is read from the stream already that Lambda's own trial read was refused.",
        fix: "Deploy again, best in a quiet hour; for good, read through `read: fan-out`, or give the stream more shards.",
        field: Some("consumers.NAME.read"),
        again: AS_IT_IS,
        types: &[MAPPING],
        texts: &["exception while reading from provided stream…rate exceeded"],
        recorded: &[seen(
            MAPPING,
            "Received Exception while reading from provided stream. Rate exceeded for shard shardId-000000000000 in stream s under account 1.",
            "STATE-12",
        )],
        ..ANY
    },
    KnownCause {
        id: "mapping-busy",
        cause: "The mapping is being changed at this moment, by somebody else or by an earlier order.",
        fix: "Find out who changes it beside this stack, and let them finish.",
        again: AS_IT_IS,
        types: &[MAPPING],
        texts: &["event source mapping because it is in use"],
        recorded: &[seen(MAPPING, "Cannot update the event source mapping because it is in use.", "COM")],
        ..ANY
    },
    KnownCause {
        id: "destination-rights",
        cause: "The function's role may not send to the place for given-up records, or not read its queue, yet.",
        fix: "Deploy again once. If it goes on, look at the policy and the key of the queue, topic or bucket: one that \
              this pipeline does not make must let the role in.",
        field: Some("consumers.NAME.failure.to"),
        again: AS_IT_IS,
        types: &[MAPPING, FUNCTION, "AWS::Lambda::EventInvokeConfig"],
        texts: &[
            "does not have permissions to call sendmessage",
            "does not have permissions to call receivemessage",
            "does not have permissions to call publish",
        ],
        recorded: &[seen(
            MAPPING,
            "The provided execution role does not have permissions to call ReceiveMessage on SQS (Service: Lambda, Status Code: 400, Request ID: r)",
            "COM",
        )],
        ..ANY
    },
    KnownCause {
        id: "visibility-too-short",
        cause: "Messages of the queue come back before the worker has had its time with them.",
        fix: "Make the worker's `timeout` shorter than the time for which the queue hides a message, or that one longer.",
        field: Some("workers.NAME.timeout"),
        types: &[MAPPING],
        texts: &["queue visibility timeout…is less than function timeout"],
        recorded: &[seen(
            MAPPING,
            "Invalid request provided: Queue visibility timeout: 30 seconds is less than Function timeout: 60 seconds (Service: Lambda, Status Code: 400, Request ID: r)",
            "COM",
        )],
        ..ANY
    },
];
