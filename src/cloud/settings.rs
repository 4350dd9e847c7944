//! How to reach AWS, and the SDK configuration made of it.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::SystemTime;

use aws_config::{BehaviorVersion, SdkConfig};
use aws_sdk_sts::config::retry::{RetryConfig, RetryPartition, TokenBucket};
use aws_sdk_sts::config::timeout::TimeoutConfig;
use aws_sdk_sts::config::{
    AsyncSleep, Credentials as SdkCredentials, SharedAsyncSleep, SharedCredentialsProvider, Sleep,
    StalledStreamProtectionConfig,
};
use aws_smithy_async::time::{SharedTimeSource, TimeSource};
use aws_smithy_http_client::tls;
use aws_smithy_runtime_api::client::http::SharedHttpClient;

use super::pace::Pace;
use super::trace::{TraceSink, Tracer};
use crate::units::{Duration, Region, Timestamp};

/// Waits; how long a wait takes is the caller's affair (a test's clock moves on at once).
pub type Sleeper = Arc<dyn Fn(Duration) -> Pin<Box<dyn Future<Output = ()> + Send>> + Send + Sync>;

/// Attempts per call, the first included (SDK standard mode); how fast they follow each other is [`Pace`]'s.
const ATTEMPTS: u32 = 5;
/// The name under which an assumed role appears in CloudTrail.
const SESSION: &str = "sluice";

/// Whose credentials sign the calls.
pub enum Credentials {
    /// The SDK's default chain (environment, profile, SSO, container, instance).
    Chain {
        /// A named profile instead of the default one.
        profile: Option<String>,
        /// A role to assume with them.
        role: Option<String>,
    },
    /// Given ones, for a cloud that does not check them. Nothing of the machine's configuration is read.
    Static {
        /// Access key id; the embedded cloud tells callers apart by it.
        access_key: String,
        /// Secret.
        secret: String,
    },
}

/// How to reach AWS.
pub struct CloudSettings {
    /// The region.
    pub region: Region,
    /// A server that speaks AWS's protocols, instead of Amazon's.
    pub endpoint_url: Option<String>,
    /// Whose credentials.
    pub credentials: Credentials,
    /// The HTTP client instead of the SDK's own: the embedded cloud.
    pub http_client: Option<SharedHttpClient>,
    /// The present moment, for the trace.
    pub now: Arc<dyn Fn() -> Timestamp + Send + Sync>,
    /// How to wait between attempts and for a call's turn; with `None` the SDK waits in real time, and calls wait for no turn.
    pub sleep: Option<Sleeper>,
    /// Who hears of every call.
    pub trace: Option<TraceSink>,
}

struct Sleeping(Sleeper);

impl fmt::Debug for Sleeping {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Sleeping")
    }
}

impl AsyncSleep for Sleeping {
    fn sleep(&self, duration: std::time::Duration) -> Sleep {
        // Clocks here count milliseconds: whoever waits for less would find that no time has passed, and wait again for ever.
        let millis = u64::try_from(duration.as_micros().div_ceil(1_000)).unwrap_or(u64::MAX);
        Sleep::new(Nap(Mutex::new((self.0)(Duration::from_millis(millis)))))
    }
}

/// The clock that is slept on, for whoever reckons with the time between calls.
struct Telling(Arc<dyn Fn() -> Timestamp + Send + Sync>);

impl fmt::Debug for Telling {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Telling")
    }
}

impl TimeSource for Telling {
    fn now(&self) -> SystemTime {
        let since = u64::try_from((self.0)().as_millis()).unwrap_or(0);
        SystemTime::UNIX_EPOCH + std::time::Duration::from_millis(since)
    }
}

/// The SDK wants a future that may be shared; this one is never locked, only reached through `&mut`.
struct Nap(Mutex<Pin<Box<dyn Future<Output = ()> + Send>>>);

impl Future for Nap {
    type Output = ();
    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        self.0.get_mut().unwrap_or_else(PoisonError::into_inner).as_mut().poll(context)
    }
}

/// The SDK's own client.
fn own_client() -> SharedHttpClient {
    let tls = tls::Provider::Rustls(tls::rustls_provider::CryptoMode::AwsLc);
    aws_smithy_http_client::Builder::new().tls_provider(tls).build_https()
}

/// The SDK's allowance for attempts after the first, which many clients share: what is throttled takes nothing from it, because
/// [`Pace`] sees to it that it is not sent again too early.
pub(super) fn allowance() -> RetryPartition {
    RetryPartition::custom("sluice").token_bucket(TokenBucket::builder().throttling_retry_cost(0).build()).build()
}

/// Makes the SDK's configuration and the interceptors that every client gets.
pub(super) async fn load(settings: CloudSettings) -> (SdkConfig, Tracer) {
    let region = aws_config::Region::new(settings.region.as_str().to_owned());
    let telling = Telling(Arc::clone(&settings.now));
    let pace = Pace::new(Arc::clone(&settings.now), settings.sleep.clone());
    let tracer = Tracer::new(settings.now, settings.trace);
    let retries = RetryConfig::standard().with_max_attempts(ATTEMPTS);
    let config = match settings.credentials {
        Credentials::Static { access_key, secret } => {
            let credentials = SdkCredentials::new(access_key, secret, None, None, "sluice");
            let mut builder = SdkConfig::builder()
                .behavior_version(BehaviorVersion::latest())
                .region(region)
                .retry_config(retries)
                .credentials_provider(SharedCredentialsProvider::new(credentials));
            builder = builder.http_client(pace.client(settings.http_client.clone().unwrap_or_else(own_client)));
            if settings.http_client.is_some() {
                // Time-outs guard against networks; in process there is none, and a simulated clock would let
                // every one of them expire at once.
                builder = builder
                    .timeout_config(TimeoutConfig::disabled())
                    .stalled_stream_protection(StalledStreamProtectionConfig::disabled());
            }
            if let Some(sleep) = settings.sleep {
                builder = builder
                    .sleep_impl(SharedAsyncSleep::new(Sleeping(sleep)))
                    .time_source(SharedTimeSource::new(telling));
            }
            builder.set_endpoint_url(settings.endpoint_url);
            builder.build()
        }
        Credentials::Chain { profile, role } => {
            let mut loader =
                aws_config::defaults(BehaviorVersion::latest()).region(region.clone()).retry_config(retries);
            if let Some(profile) = profile {
                loader = loader.profile_name(profile);
            }
            if let Some(url) = settings.endpoint_url {
                loader = loader.endpoint_url(url);
            }
            let client = settings.http_client.unwrap_or_else(own_client);
            let base = loader.http_client(pace.client(client)).load().await;
            match role {
                None => base,
                Some(role) => {
                    let provider = aws_config::sts::AssumeRoleProvider::builder(role)
                        .session_name(SESSION)
                        .region(region)
                        .configure(&base)
                        .build()
                        .await;
                    base.into_builder().credentials_provider(SharedCredentialsProvider::new(provider)).build()
                }
            }
        }
    };
    (config, tracer)
}
