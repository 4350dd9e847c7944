//! What happens to resources of any service: keys, names, rights, quotas, throttling.

use super::{ANY, AS_IT_IS, FUNCTION, KnownCause, MANAGED_POLICY, POLICY, ROLE, later, seen};

pub(super) const CAUSES: &[KnownCause] = &[
    KnownCause {
        id: "policy-too-large",
        cause: "The policy is longer than IAM takes: this stage touches too many others.",
        fix: "Divide the consumer: fewer tables, queues and buckets for each function.",
        types: &[ROLE, POLICY, MANAGED_POLICY],
        texts: &["maximum policy size", "cannot exceed quota for policysize"],
        recorded: &[
            seen(
                ROLE,
                "Maximum policy size of 10240 bytes exceeded for role r (Service: Iam, Status Code: 409, Request ID: r)",
                "COM",
            ),
            seen(
                MANAGED_POLICY,
                "Cannot exceed quota for PolicySize: 6144 (Service: Iam, Status Code: 409, Request ID: r)",
                "COM",
            ),
        ],
        ..ANY
    },
    KnownCause {
        id: "role-quota",
        cause: "The account has as many roles, or policies, as its quota allows.",
        fix: "Ask Service Quotas (IAM, us-east-1) for more, or remove what nobody uses.",
        types: &[ROLE, MANAGED_POLICY],
        texts: &["cannot exceed quota for"],
        recorded: &[seen(
            ROLE,
            "Cannot exceed quota for RolesPerAccount: 1000 (Service: Iam, Status Code: 409, Request ID: r)",
            "COM",
        )],
        ..ANY
    },
    KnownCause {
        id: "principal-unknown",
        cause: "A policy names a role or an account that is not there (any more).",
        fix: "Mend the ARN. A role that was deleted and made again under its name is another one: name it afresh.",
        texts: &["invalid principal in policy"],
        recorded: &[seen(
            "AWS::KMS::Key",
            "Invalid principal in policy: \"AWS\":\"arn:aws:iam::1:role/gone\" (Service: Kms, Status Code: 400, Request ID: r)",
            "COM",
        )],
        ..ANY
    },
    KnownCause {
        id: "key-unusable",
        cause: "The key is disabled, waits for its deletion, or is not there.",
        fix: "Enable it, or call its deletion off: `aws kms cancel-key-deletion`. What was encrypted with a key that is \
              gone is gone too.",
        field: Some("encryption"),
        texts: &[
            "kmsdisabled",
            "kmsinvalidstate",
            "kmsnotfound",
            "key…is disabled",
            "key…pending deletion",
            "key…is pending import",
        ],
        recorded: &[
            seen(
                "AWS::Kinesis::Stream",
                "KMSInvalidStateException: arn:aws:kms:eu-west-1:1:key/k is pending deletion.",
                "COM",
            ),
            seen(
                "AWS::SQS::Queue",
                "arn:aws:kms:eu-west-1:1:key/k is disabled. (Service: Kms, Status Code: 400, Request ID: r)",
                "COM",
            ),
        ],
        ..ANY
    },
    KnownCause {
        id: "key-denied",
        cause: "Whoever works here may not use the key: with a key of KMS, the key's own policy has the last word.",
        fix: "The key's policy must let in the role that the message names, or leave it to IAM (`Principal: root`) and the \
              role have the right. For a key of another account both are needed.",
        field: Some("encryption"),
        texts: &[
            "kmsaccessdenied",
            "not authorized to perform: kms:",
            "does not have permission to…kms",
            "kms key…access denied",
            "access denied…kms",
        ],
        recorded: &[
            seen(
                "AWS::Kinesis::Stream",
                "KMSAccessDeniedException: User: arn:aws:iam::1:role/r is not authorized to perform: kms:GenerateDataKey on resource: arn:aws:kms:eu-west-1:1:key/k",
                "COM",
            ),
            seen(
                FUNCTION,
                "User: arn:aws:sts::1:assumed-role/r/s is not authorized to perform: kms:Decrypt on resource: arn:aws:kms:eu-west-1:1:key/k because no identity-based policy allows the kms:Decrypt action (Service: Lambda, Status Code: 403, Request ID: r)",
                "ER-39 (form)",
            ),
        ],
        ..ANY
    },
    KnownCause {
        id: "secret-missing",
        cause: "A secret or a parameter that the template refers to is not there, or has no such key.",
        fix: "Make it in this account and region before deploying, and look at its spelling.",
        texts: &[
            "can't find the specified secret",
            "could not find a value associated with jsonkey",
            "parameters: […]…cannot be found",
            "parameternotfound",
        ],
        recorded: &[
            seen(
                FUNCTION,
                "Secrets Manager can't find the specified secret. (Service: AWSSecretsManager; Status Code: 400; Error Code: ResourceNotFoundException; Request ID: r)",
                "COM",
            ),
            seen(FUNCTION, "Could not find a value associated with JSONKey in SecretString", "COM"),
        ],
        ..ANY
    },
    KnownCause {
        id: "named-resource-replaced",
        cause: "The change needs another resource, and the old one has the name: CloudFormation makes the new one first.",
        fix: "Give the stage another name, or remove it in one deployment and make it in the next; `sluice plan` says which \
              loses what.",
        texts: &["cannot update a stack when a custom-named resource requires replacing"],
        recorded: &[seen(
            "AWS::Kinesis::Stream",
            "CloudFormation cannot update a stack when a custom-named resource requires replacing. Rename p-prod-s and update the stack again.",
            "ER-33",
        )],
        ..ANY
    },
    KnownCause {
        id: "name-in-other-stack",
        cause: "Another stack of this account has a resource of this name.",
        fix: "Name the stage, or the pipeline, otherwise; or destroy the other stack if it is what this one replaces.",
        texts: &["already exists in stack"],
        recorded: &[seen(
            "AWS::SNS::Topic",
            "p-prod-t already exists in stack arn:aws:cloudformation:eu-west-1:1:stack/other/1",
            "ER-34",
        )],
        ..ANY
    },
    KnownCause {
        id: "name-taken",
        cause: "A resource of this name is there already, outside this stack.",
        fix: "If it was kept by a destroyed stack, `sluice deploy` takes it in again. Else give the stage another name, or \
              remove what has its name.",
        codes: &["AlreadyExists"],
        texts: &["already exists"],
        recorded: &[seen(
            "AWS::SQS::Queue",
            "Resource of type 'AWS::SQS::Queue' with identifier 'q' already exists.",
            "ER-35",
        )],
        ..ANY
    },
    KnownCause {
        id: "stack-policy",
        cause: "The stack's policy forbids this change: somebody put it there to protect the resource.",
        fix: "Ask who set it. `aws cloudformation set-stack-policy` lifts it, and it cannot be lifted for one change set only.",
        texts: &["denied by stack policy", "not allowed by stack policy"],
        recorded: &[seen(
            "AWS::DynamoDB::Table",
            "Action denied by stack policy: Statement [#1] does not allow [Update:*] for resource [*];",
            "ER-38",
        )],
        ..ANY
    },
    KnownCause {
        id: "no-rollback-no-replacement",
        cause: "The stack was last deployed with its rollback off, and CloudFormation replaces nothing there.",
        fix: "`sluice recover` puts the last good state back; deploy then.",
        texts: &["replacement type updates not supported on stack with disable-rollback"],
        recorded: &[seen(
            "AWS::Lambda::Version",
            "Replacement type updates not supported on stack with disable-rollback.",
            "SQ-34",
        )],
        ..ANY
    },
    KnownCause {
        id: "property-refused",
        cause: "CloudFormation's own look at the properties found one that the service would not take.",
        fix: "If a patch under `cloudformation.patch` sets it, mend the patch. If not, `sluice check` should have said so: \
              please report it.",
        field: Some("cloudformation.patch"),
        texts: &["property validation failure", "model validation failed", "properties validation failed"],
        recorded: &[seen(
            "AWS::Lambda::Function",
            "Property validation failure: [The property {/Type} is required]",
            "SQ-31",
        )],
        ..ANY
    },
    KnownCause {
        id: "throttled",
        cause: "The service was asked too often, by this stack or by others in the account, and CloudFormation gave up \
                asking.",
        fix: "Nothing is to be mended. Where many pipelines are deployed at once, deploy fewer at a time.",
        again: later(60),
        codes: &["Throttling"],
        texts: &[
            "rate exceeded",
            "throttlingexception",
            "toomanyrequests",
            "too many requests",
            "slowdown",
            "reduce your request rate",
        ],
        recorded: &[
            seen("AWS::IAM::Role", "Rate exceeded (Service: Iam, Status Code: 400, Request ID: r)", "ER-40 (words)"),
            seen(
                "AWS::CloudWatch::Alarm",
                "Resource handler returned message: \"…\" (RequestToken: t, HandlerErrorCode: Throttling)",
                "ER-37",
            ),
        ],
        ..ANY
    },
    KnownCause {
        id: "boundary",
        cause: "A permissions boundary, or a policy of the organisation, forbids what was tried, whatever the role's own \
                policies say.",
        fix: "Ask who keeps the boundary; the message names the action.",
        texts: &["explicit deny", "permissions boundary allows"],
        recorded: &[seen(
            "AWS::IAM::Role",
            "User: arn:aws:sts::1:assumed-role/deploy/s is not authorized to perform: iam:CreateRole on resource: arn:aws:iam::1:role/r with an explicit deny in a service control policy (Service: Iam, Status Code: 403, Request ID: r)",
            "ER-39 (form)",
        )],
        ..ANY
    },
    KnownCause {
        id: "denied",
        cause: "The role that deploys may not do this.",
        fix: "Allow it the action that the message names. `sluice bootstrap` and `sluice ci init` make roles that have what \
              the project needs; after an upgrade of Sluice, run them again.",
        codes: &["AccessDenied"],
        texts: &[
            "is not authorized to perform",
            "not authorized to perform this action",
            "access denied",
            "accessdenied",
        ],
        recorded: &[
            seen(
                "AWS::Kinesis::Stream",
                "User: arn:aws:sts::1:assumed-role/deploy/s is not authorized to perform: kinesis:CreateStream on resource: arn:aws:kinesis:eu-west-1:1:stream/s because no identity-based policy allows the kinesis:CreateStream action (Service: Kinesis, Status Code: 400, Request ID: r)",
                "ER-39",
            ),
            seen(
                "AWS::SNS::Topic",
                "Resource handler returned message: \"…\" (RequestToken: t, HandlerErrorCode: AccessDenied)",
                "ER-37",
            ),
        ],
        ..ANY
    },
    KnownCause {
        id: "quota",
        cause: "A quota of the account is used up; the message says which.",
        fix: "Ask Service Quotas for more in this region, or make room.",
        codes: &["ServiceLimitExceeded"],
        texts: &["limitexceeded", "limit exceeded", "quota", "exceeds the maximum number"],
        recorded: &[
            seen(
                "AWS::CloudWatch::Alarm",
                "Resource handler returned message: \"…\" (RequestToken: t, HandlerErrorCode: ServiceLimitExceeded)",
                "ER-37",
            ),
            seen(
                "AWS::KMS::Key",
                "LimitExceededException: 1 has exceeded the limit of 100000 keys (Service: Kms, Status Code: 400, Request ID: r)",
                "COM",
            ),
        ],
        ..ANY
    },
    KnownCause {
        id: "not-stable",
        cause: "The service took the order, and the resource did not become ready in the time that CloudFormation waits.",
        fix: "Look at the resource in its own service: its state usually says why. If it is ready by now, deploy again.",
        again: AS_IT_IS,
        codes: &["NotStabilized"],
        texts: &["did not stabilize", "exceeded attempts to wait"],
        recorded: &[seen(
            "AWS::DynamoDB::Table",
            "Resource handler returned message: \"Exceeded attempts to wait\" (RequestToken: t, HandlerErrorCode: NotStabilized)",
            "ER-37; COM",
        )],
        ..ANY
    },
    KnownCause {
        id: "service-fault",
        cause: "The service failed by itself.",
        fix: "Nothing is to be mended. If it goes on, the AWS Health Dashboard says whether it is known.",
        again: later(300),
        codes: &["ServiceInternalError", "InternalFailure", "HandlerInternalFailure", "NetworkFailure"],
        texts: &[
            "internal failure",
            "internal error",
            "service unavailable",
            "serviceunavailable",
            "status code: 500",
            "status code: 503",
        ],
        recorded: &[
            seen(
                "AWS::SageMaker::Endpoint",
                "Resource handler returned message: \"…\" (RequestToken: t, HandlerErrorCode: ServiceInternalError)",
                "ER-37",
            ),
            seen("AWS::Kinesis::Stream", "Internal Failure", "COM"),
        ],
        ..ANY
    },
];
