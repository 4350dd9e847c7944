//! Pages of AWS's documentation that say why something is refused, so that nobody has to take Sluice's word for it.

use std::fmt;

/// A page of AWS's documentation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// How Lambda reads a Kinesis stream.
    LambdaKinesis,
    /// The settings of an event source mapping, and of which sources each is.
    LambdaMapping,
    /// What a stream is created with.
    KinesisCreateStream,
    /// The quotas of Kinesis data streams.
    KinesisQuotas,
    /// How Firehose buffers.
    FirehoseBuffering,
    /// How the time to live of a table is set.
    DynamoTimeToLive,
    /// How an asynchronous endpoint is asked.
    SageMakerAsync,
    /// What serverless endpoints do, and what they exclude.
    SageMakerServerless,
    /// What shadow tests exclude.
    SageMakerShadow,
    /// Which endpoints deployment guardrails are for.
    SageMakerGuardrails,
}

impl Source {
    /// The title of the page after that of its guide, and its address.
    fn page(self) -> (&'static str, &'static str) {
        match self {
            Self::LambdaKinesis => (
                "AWS Lambda Developer Guide, Using Lambda with Kinesis",
                "https://docs.aws.amazon.com/lambda/latest/dg/with-kinesis.html",
            ),
            Self::LambdaMapping => (
                "AWS Lambda API Reference, CreateEventSourceMapping",
                "https://docs.aws.amazon.com/lambda/latest/api/API_CreateEventSourceMapping.html",
            ),
            Self::KinesisCreateStream => (
                "Amazon Kinesis API Reference, CreateStream",
                "https://docs.aws.amazon.com/kinesis/latest/APIReference/API_CreateStream.html",
            ),
            Self::KinesisQuotas => (
                "Amazon Kinesis Data Streams Developer Guide, Quotas and limits",
                "https://docs.aws.amazon.com/streams/latest/dev/service-sizes-and-limits.html",
            ),
            Self::FirehoseBuffering => (
                "Amazon Data Firehose Developer Guide, Buffering",
                "https://docs.aws.amazon.com/firehose/latest/dev/buffering.html",
            ),
            Self::DynamoTimeToLive => (
                "Amazon DynamoDB API Reference, UpdateTimeToLive",
                "https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_UpdateTimeToLive.html",
            ),
            Self::SageMakerAsync => (
                "Amazon SageMaker Developer Guide, Invoke an asynchronous endpoint",
                "https://docs.aws.amazon.com/sagemaker/latest/dg/async-inference-invoke-endpoint.html",
            ),
            Self::SageMakerServerless => (
                "Amazon SageMaker Developer Guide, Serverless inference, Feature exclusions",
                "https://docs.aws.amazon.com/sagemaker/latest/dg/serverless-endpoints.html",
            ),
            Self::SageMakerShadow => (
                "Amazon SageMaker Developer Guide, Shadow tests, Exclusions",
                "https://docs.aws.amazon.com/sagemaker/latest/dg/shadow-tests-exclusions.html",
            ),
            Self::SageMakerGuardrails => (
                "Amazon SageMaker Developer Guide, Deployment guardrails",
                "https://docs.aws.amazon.com/sagemaker/latest/dg/deployment-guardrails.html",
            ),
        }
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (title, address) = self.page();
        write!(f, "{title}: {address}")
    }
}
