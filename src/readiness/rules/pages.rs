//! Pages of AWS's documentation that rules rest on.

use crate::readiness::rule::Page;

pub(super) const KINESIS_QUOTAS: Page = Page(
    "Amazon Kinesis Data Streams Developer Guide, Quotas and limits",
    "https://docs.aws.amazon.com/streams/latest/dev/service-sizes-and-limits.html",
);
pub(super) const KINESIS_KEYS: Page = Page(
    "Amazon Kinesis Data Streams Developer Guide, Terminology and concepts",
    "https://docs.aws.amazon.com/streams/latest/dev/key-concepts.html",
);
pub(super) const FAN_OUT: Page = Page(
    "Amazon Kinesis Data Streams Developer Guide, Enhanced fan-out consumers",
    "https://docs.aws.amazon.com/streams/latest/dev/enhanced-consumers.html",
);
pub(super) const KINESIS_METRICS: Page = Page(
    "Amazon Kinesis Data Streams Developer Guide, Monitoring with CloudWatch",
    "https://docs.aws.amazon.com/streams/latest/dev/monitoring-with-cloudwatch.html",
);
pub(super) const KINESIS_BEHIND: Page = Page(
    "Amazon Kinesis Data Streams Developer Guide, Troubleshoot consumers",
    "https://docs.aws.amazon.com/streams/latest/dev/troubleshooting-consumers.html",
);
pub(super) const LAMBDA_KINESIS: Page = Page(
    "AWS Lambda Developer Guide, Using Lambda with Kinesis",
    "https://docs.aws.amazon.com/lambda/latest/dg/with-kinesis.html",
);
pub(super) const LAMBDA_MAPPING: Page = Page(
    "AWS Lambda API Reference, CreateEventSourceMapping",
    "https://docs.aws.amazon.com/lambda/latest/api/API_CreateEventSourceMapping.html",
);
pub(super) const BATCH_FAILURES: Page = Page(
    "AWS Lambda Developer Guide, Partial batch responses with Kinesis",
    "https://docs.aws.amazon.com/lambda/latest/dg/services-kinesis-batchfailurereporting.html",
);
pub(super) const GIVEN_UP: Page = Page(
    "AWS Lambda Developer Guide, Discarded batch records of Kinesis",
    "https://docs.aws.amazon.com/lambda/latest/dg/kinesis-on-failure-destination.html",
);
pub(super) const WINDOWS: Page = Page(
    "AWS Lambda Developer Guide, Stateful processing of Kinesis streams",
    "https://docs.aws.amazon.com/lambda/latest/dg/services-kinesis-windows.html",
);
pub(super) const CONCURRENCY: Page = Page(
    "AWS Lambda Developer Guide, Function scaling",
    "https://docs.aws.amazon.com/lambda/latest/dg/lambda-concurrency.html",
);
pub(super) const PROVISIONED: Page = Page(
    "AWS Lambda Developer Guide, Provisioned concurrency",
    "https://docs.aws.amazon.com/lambda/latest/dg/provisioned-concurrency.html",
);
pub(super) const LAMBDA_PRACTICES: Page = Page(
    "AWS Lambda Developer Guide, Best practices",
    "https://docs.aws.amazon.com/lambda/latest/dg/best-practices.html",
);
pub(super) const ENDPOINT_PRACTICES: Page = Page(
    "Amazon SageMaker Developer Guide, Best practices for hosting",
    "https://docs.aws.amazon.com/sagemaker/latest/dg/deployment-best-practices.html",
);
pub(super) const ENDPOINT_SCALING: Page = Page(
    "Amazon SageMaker Developer Guide, Automatic scaling of models",
    "https://docs.aws.amazon.com/sagemaker/latest/dg/endpoint-auto-scaling.html",
);
pub(super) const ENDPOINT_ASYNC: Page = Page(
    "Amazon SageMaker Developer Guide, Asynchronous inference",
    "https://docs.aws.amazon.com/sagemaker/latest/dg/async-inference.html",
);
pub(super) const GUARDRAILS: Page = Page(
    "Amazon SageMaker Developer Guide, Deployment guardrails",
    "https://docs.aws.amazon.com/sagemaker/latest/dg/deployment-guardrails.html",
);
pub(super) const DATA_QUALITY: Page = Page(
    "Amazon SageMaker Developer Guide, Data quality",
    "https://docs.aws.amazon.com/sagemaker/latest/dg/model-monitor-data-quality.html",
);
pub(super) const CONDITIONS: Page = Page(
    "Amazon DynamoDB Developer Guide, Condition expression CLI example",
    "https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Expressions.ConditionExpressions.html",
);
pub(super) const TIME_TO_LIVE: Page = Page(
    "Amazon DynamoDB Developer Guide, Time to Live",
    "https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/TTL.html",
);
pub(super) const RECOMMENDED_ALARMS: Page = Page(
    "Amazon CloudWatch User Guide, Recommended alarms",
    "https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Best_Practice_Recommended_Alarms_AWS_Services.html",
);
pub(super) const ALARM_ACTIONS: Page = Page(
    "Amazon CloudWatch User Guide, Notifying users on alarm changes",
    "https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Notify_Users_Alarm_Changes.html",
);
pub(super) const FIREHOSE_SOURCE: Page = Page(
    "Amazon Data Firehose Developer Guide, Kinesis Data Streams as a source",
    "https://docs.aws.amazon.com/firehose/latest/dev/writing-with-kinesis-streams.html",
);
pub(super) const FAULT_INJECTION: Page =
    Page("AWS Fault Injection Service User Guide", "https://docs.aws.amazon.com/fis/latest/userguide/what-is.html");
pub(super) const SERVICE_QUOTAS: Page = Page(
    "Service Quotas User Guide, Requesting a quota increase",
    "https://docs.aws.amazon.com/servicequotas/latest/userguide/request-quota-increase.html",
);
pub(super) const KEY_POLICIES: Page = Page(
    "AWS KMS Developer Guide, Key policies",
    "https://docs.aws.amazon.com/kms/latest/developerguide/key-policies.html",
);
