//! The only room that names `aws_sdk_*` and `aws_config`: one typed facade over AWS.
//!
//! Every method asks one question or gives one order, takes and returns types of `observed`, and never
//! decides what to do next. Retries of a single call are the SDK's (standard mode); how fast they follow each other, `pace` decides; waiting for an
//! operation belongs to `rollout`. The HTTP client is injected, which is how the embedded cloud is reached
//! by the very same code as Amazon's.

mod account;
mod artifact;
mod bucket;
mod change_set;
mod download;
mod drift;
mod failure;
mod gauge;
mod guarded;
mod keeping;
mod live;
mod measure;
mod pace;
mod parts;
mod pricing;
mod read;
mod settings;
mod stack;
#[cfg(test)]
mod tests;
mod trace;

use crate::units::{AccountId, Region};

pub use account::Context;
pub use artifact::{Uploaded, artifact_url};
pub use change_set::{ChangeSetKind, ChangeSetRequest};
pub use download::Download;
pub use guarded::{Etag, Guarded};
pub use keeping::{Hidden, KeptVersion, TaggedStack};
pub use measure::Reader;
pub use parts::{SentPart, UploadInParts, part_size};
pub use settings::{CloudSettings, Credentials, Sleeper};
pub use stack::EventsUntil;
pub use trace::{Call, TraceSink};

/// Why AWS refused; see [`crate::observed::FailureKind`] for what may be done about it.
pub use crate::observed::Failure as CloudError;

/// One account's services in one region.
#[derive(Clone, Debug)]
pub struct Cloud {
    region: Region,
    /// Whether another server stands in for AWS.
    stand_in: bool,
    cloudformation: aws_sdk_cloudformation::Client,
    cloudwatch: aws_sdk_cloudwatch::Client,
    dynamodb: aws_sdk_dynamodb::Client,
    credentials: Option<aws_sdk_sts::config::SharedCredentialsProvider>,
    firehose: aws_sdk_firehose::Client,
    iam: aws_sdk_iam::Client,
    kinesis: aws_sdk_kinesis::Client,
    lambda: aws_sdk_lambda::Client,
    pricing: aws_sdk_pricing::Client,
    quotas: aws_sdk_servicequotas::Client,
    s3: aws_sdk_s3::Client,
    sagemaker: aws_sdk_sagemaker::Client,
    sqs: aws_sdk_sqs::Client,
    sts: aws_sdk_sts::Client,
    tracer: trace::Tracer,
}

/// Who is calling.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// The account.
    pub account: AccountId,
    /// The caller's ARN.
    pub arn: String,
}

impl Cloud {
    /// Prepares the clients. Nothing is sent yet, except that named profiles and roles are looked up when the
    /// first call needs credentials.
    pub async fn connect(settings: CloudSettings) -> Self {
        let region = settings.region.clone();
        let stand_in = settings.endpoint_url.is_some();
        // A bucket in the host name needs a name server that knows it; a server on one address has none.
        let path_style_urls = stand_in || settings.http_client.is_some();
        let (config, tracer) = settings::load(settings).await;
        macro_rules! client {
            ($service:ident) => {
                $service::Client::from_conf(
                    $service::config::Builder::from(&config)
                        .interceptor(tracer.clone())
                        .retry_partition(settings::allowance())
                        .build(),
                )
            };
        }
        let pricing = aws_sdk_pricing::config::Builder::from(&config)
            .interceptor(tracer.clone())
            .retry_partition(settings::allowance())
            .region(aws_config::Region::new(pricing::PRICING_REGION));
        let s3 = aws_sdk_s3::config::Builder::from(&config)
            .interceptor(tracer.clone())
            .retry_partition(settings::allowance())
            .force_path_style(path_style_urls);
        Self {
            region,
            stand_in,
            cloudformation: client!(aws_sdk_cloudformation),
            cloudwatch: client!(aws_sdk_cloudwatch),
            dynamodb: client!(aws_sdk_dynamodb),
            credentials: config.credentials_provider(),
            firehose: client!(aws_sdk_firehose),
            iam: client!(aws_sdk_iam),
            kinesis: client!(aws_sdk_kinesis),
            lambda: client!(aws_sdk_lambda),
            pricing: aws_sdk_pricing::Client::from_conf(pricing.build()),
            quotas: client!(aws_sdk_servicequotas),
            s3: aws_sdk_s3::Client::from_conf(s3.build()),
            sagemaker: client!(aws_sdk_sagemaker),
            sqs: client!(aws_sdk_sqs),
            sts: client!(aws_sdk_sts),
            tracer,
        }
    }

    /// The region that calls go to.
    #[must_use]
    pub fn region(&self) -> &Region {
        &self.region
    }

    /// Asks STS who is calling.
    ///
    /// # Errors
    /// No credentials, wrong ones, or no answer.
    pub async fn identity(&self) -> Result<Identity, CloudError> {
        let refused = |error| failure::of("STS", "GetCallerIdentity", error);
        let answer = self.sts.get_caller_identity().send().await.map_err(refused)?;
        let account = answer.account().and_then(|text| AccountId::new(text).ok());
        let account = account.ok_or_else(|| failure::answer("STS", "GetCallerIdentity", "no account in the answer"))?;
        Ok(Identity { account, arn: answer.arn().unwrap_or_default().to_owned() })
    }
}
