//! The resource services: one `winterbaume` service each, made when it is first touched.
//!
//! A service lives in a scope of its own (one account, one region). Its state is taken out as JSON with
//! sorted keys, so that equal states are equal bytes.

mod files;
mod route;

pub(crate) use files::Files;
pub(crate) use route::{Destination, path_style, service_of};

use serde_json::Value;
use winterbaume_core::{MockRequest, MockService, StatefulService};

use super::wire::{Request, Response};
use crate::units::{AccountId, Region};

/// The account that `winterbaume` uses whatever one asks for.
const THEIRS: &str = "123456789012";

macro_rules! services {
    ($($variant:ident = $host:literal, $type:ty, $make:expr;)*) => {
        /// A resource service of the embedded cloud.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
        #[serde(rename_all = "lowercase")]
        pub enum ServiceName {
            $(#[doc = $host] $variant,)*
        }

        impl ServiceName {
            /// Every service.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// The first label of its host name.
            #[must_use]
            pub fn host(self) -> &'static str {
                match self { $(Self::$variant => $host,)* }
            }
        }

        enum Inside { $($variant($type),)* }

        /// A service that is running, with its state.
        pub(crate) struct Service {
            inside: Inside,
            name: ServiceName,
            account: AccountId,
            region: Region,
        }

        impl Service {
            /// Starts a service with nothing in it.
            #[must_use]
            pub(crate) fn empty(name: ServiceName, account: &AccountId, region: &Region, files: &Files) -> Self {
                let _ = files;
                let inside = match name {
                    $(ServiceName::$variant => Inside::$variant(($make)(files)),)*
                };
                Self { inside, name, account: account.clone(), region: region.clone() }
            }

            /// Puts saved state back.
            ///
            /// # Errors
            /// Says why the state is not one that the service understands.
            pub(crate) async fn restore(&self, state: Value) -> Result<(), String> {
                match &self.inside {
                    $(Inside::$variant(service) => {
                        let view = serde_json::from_value(state).map_err(|error| error.to_string())?;
                        service.restore(THEIRS, self.region.as_str(), view).await.map_err(|error| error.to_string())
                    })*
                }
            }

            /// Takes the state out.
            ///
            /// # Errors
            /// Says why it cannot be written as JSON.
            pub(crate) async fn snapshot(&self) -> Result<Value, String> {
                let state = match &self.inside {
                    $(Inside::$variant(service) => serde_json::to_value(service.snapshot(THEIRS, self.region.as_str()).await),)*
                };
                state.map(sorted).map_err(|error| error.to_string())
            }

            async fn dispatch(&self, request: MockRequest) -> winterbaume_core::MockResponse {
                match &self.inside { $(Inside::$variant(service) => service.handle(request).await,)* }
            }
        }
    };
}

services! {
    Autoscaling = "application-autoscaling", winterbaume_applicationautoscaling::ApplicationAutoScalingService, |_: &Files| winterbaume_applicationautoscaling::ApplicationAutoScalingService::new();
    Cloudwatch = "monitoring", winterbaume_cloudwatch::CloudWatchService, |_: &Files| winterbaume_cloudwatch::CloudWatchService::new();
    Dynamodb = "dynamodb", winterbaume_dynamodb::DynamoDbService, |_: &Files| winterbaume_dynamodb::DynamoDbService::new();
    Firehose = "firehose", winterbaume_firehose::FirehoseService, |_: &Files| winterbaume_firehose::FirehoseService::new();
    Iam = "iam", winterbaume_iam::IamService, |_: &Files| winterbaume_iam::IamService::new();
    Kinesis = "kinesis", winterbaume_kinesis::KinesisService, |_: &Files| winterbaume_kinesis::KinesisService::new();
    Kms = "kms", winterbaume_kms::KmsService, |_: &Files| winterbaume_kms::KmsService::new();
    Lambda = "lambda", winterbaume_lambda::LambdaService, |_: &Files| winterbaume_lambda::LambdaService::new();
    Logs = "logs", winterbaume_cloudwatchlogs::CloudWatchLogsService, |_: &Files| winterbaume_cloudwatchlogs::CloudWatchLogsService::new();
    S3 = "s3", winterbaume_s3::S3Service, |files: &Files| winterbaume_s3::S3Service::with_vfs(std::sync::Arc::new(files.clone()));
    Sagemaker = "sagemaker", winterbaume_sagemaker::SageMakerService, |_: &Files| winterbaume_sagemaker::SageMakerService::new();
    Sns = "sns", winterbaume_sns::SnsService, |_: &Files| winterbaume_sns::SnsService::new();
    Sqs = "sqs", winterbaume_sqs::SqsService, |_: &Files| winterbaume_sqs::SqsService::new();
    Sts = "sts", winterbaume_sts::StsService, |_: &Files| winterbaume_sts::StsService::new();
}

impl ServiceName {
    /// The name that AWS's own errors give it.
    #[must_use]
    pub fn title(self) -> &'static str {
        match self {
            Self::Autoscaling => "ApplicationAutoScaling",
            Self::Cloudwatch => "CloudWatch",
            Self::Dynamodb => "DynamoDb",
            Self::Firehose => "Firehose",
            Self::Iam => "Iam",
            Self::Kinesis => "Kinesis",
            Self::Kms => "Kms",
            Self::Lambda => "Lambda",
            Self::Logs => "CloudWatchLogs",
            Self::S3 => "S3",
            Self::Sagemaker => "SageMaker",
            Self::Sns => "Sns",
            Self::Sqs => "Sqs",
            Self::Sts => "Sts",
        }
    }
}

impl std::fmt::Debug for Service {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Service").field(&self.name).finish()
    }
}

impl Service {
    /// Answers one request.
    pub(crate) async fn handle(&self, request: &Request) -> Response {
        // S3 carries other people's bytes and names, and no account: nothing is exchanged in it.
        let opaque = self.name == ServiceName::S3;
        let exchange = |bytes: &bytes::Bytes| if opaque { bytes.clone() } else { self.swap(bytes) };
        let exchange_text = |text: &str| {
            String::from_utf8_lossy(&exchange(&bytes::Bytes::copy_from_slice(text.as_bytes()))).into_owned()
        };
        let query = if request.query.is_empty() { String::new() } else { format!("?{}", request.query) };
        let path = exchange_text(&format!("{}{query}", request.path));
        let mut headers = request.headers.clone();
        // The scope is this service's whatever region the caller signed for.
        headers.remove(http::header::AUTHORIZATION);
        let inner = MockRequest {
            method: request.method.clone(),
            uri: format!("https://{}.{}.amazonaws.com{path}", self.name.host(), self.region),
            headers,
            body: exchange(&request.body),
        };
        let answer = self.dispatch(inner).await;
        let mut headers = http::HeaderMap::new();
        for (name, value) in &answer.headers {
            let exchanged = value.to_str().ok().and_then(|text| http::HeaderValue::from_str(&exchange_text(text)).ok());
            headers.insert(name.clone(), exchanged.unwrap_or_else(|| value.clone()));
        }
        Response { status: answer.status, headers, body: exchange(&answer.body) }
    }

    /// Exchanges our account and the services' own, both ways, so that each side sees its own. Both are
    /// twelve digits, so no length that a protocol counts can change.
    fn swap(&self, bytes: &bytes::Bytes) -> bytes::Bytes {
        let (ours, theirs) = (self.account.as_str().as_bytes(), THEIRS.as_bytes());
        let found = bytes.windows(theirs.len()).any(|window| window == ours || window == theirs);
        if ours == theirs || !found {
            return bytes.clone();
        }
        let mut out = Vec::with_capacity(bytes.len());
        let mut rest: &[u8] = bytes;
        while let Some((&first, after)) = rest.split_first() {
            if let Some(tail) = rest.strip_prefix(ours) {
                out.extend_from_slice(theirs);
                rest = tail;
            } else if let Some(tail) = rest.strip_prefix(theirs) {
                out.extend_from_slice(ours);
                rest = tail;
            } else {
                out.push(first);
                rest = after;
            }
        }
        out.into()
    }
}

/// Sorts the keys of every object.
fn sorted(value: Value) -> Value {
    match value {
        Value::Object(map) => {
            let tree: std::collections::BTreeMap<String, Value> =
                map.into_iter().map(|(key, value)| (key, sorted(value))).collect();
            Value::Object(tree.into_iter().collect())
        }
        Value::Array(items) => Value::Array(items.into_iter().map(sorted).collect()),
        scalar @ (Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_)) => scalar,
    }
}
