//! How fast AWS may be asked: a token bucket for every operation in every account and region. It costs nothing until the first
//! throttled answer; then calls wait for their turn, at the rate that was seen to get through, and the rate grows again.
//!
//! CloudFormation throttles each operation by itself, and polling must not slow down what it waits for; the SDK's own adaptive
//! mode has one bucket for each service, and one throttled call in a quiet minute holds it back for many (measured:
//! `docs/deploying.md`).

use std::collections::{BTreeMap, VecDeque};
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use aws_sdk_sts::config::interceptors::FinalizerInterceptorContextRef;
use aws_sdk_sts::config::{ConfigBag, Intercept, RuntimeComponents};
use aws_sdk_sts::error::BoxError;
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::interceptors::dyn_dispatch_hint;
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};

use super::settings::Sleeper;
use crate::units::{Duration, Timestamp};

/// Calls a second below which no bucket falls.
const SLOWEST: f64 = 1.0;
/// What is kept of the rate that got through, when more was tried.
const BACK: f64 = 0.8;
/// Calls a second by which the rate grows in a second.
const GROWTH: f64 = 0.5;
/// How long one cut lasts before the next: what was sent before it tells nothing of it.
const CUT_LASTS: f64 = 1.0;
/// Codes of throttled answers, as AWS's services spell them.
const CODES: [&str; 5] = ["Throttl", "TooManyRequestsException", "RequestLimitExceeded", "SlowDown", "Rate exceeded"];

/// One operation's bucket. Moments are seconds.
#[derive(Debug, Default)]
struct Bucket {
    /// Calls a second; none until something was throttled.
    rate: Option<f64>,
    /// Calls that may be sent now; below zero, those that wait for their turn.
    level: f64,
    /// When the level was last reckoned.
    at: f64,
    /// When the rate was last cut.
    cut: f64,
    /// When the calls of the last second got through.
    through: VecDeque<f64>,
}

impl Bucket {
    /// Takes a call's turn; says how long until it comes, in seconds.
    fn take(&mut self, now: f64) -> f64 {
        let Some(rate) = self.rate else { return 0.0 };
        let passed = (now - self.at).max(0.0);
        let rate = rate + GROWTH * passed;
        self.rate = Some(rate);
        self.level = (self.level + rate * passed).min(rate.max(1.0));
        self.at = now;
        self.level -= 1.0;
        (-self.level / rate).max(0.0)
    }

    /// Takes down how a call ended.
    fn answered(&mut self, now: f64, throttled: bool) {
        while self.through.front().is_some_and(|then| *then < now - 1.0) {
            self.through.pop_front();
        }
        if !throttled {
            self.through.push_back(now);
        } else if now >= self.cut + CUT_LASTS || self.rate.is_none() {
            let seen = u32::try_from(self.through.len()).map_or(f64::MAX, f64::from);
            let known = self.rate.unwrap_or(f64::MAX);
            self.rate = Some((seen.min(known) * BACK).max(SLOWEST));
            // Whoever waits keeps its turn; nobody else is sent at once.
            self.level = self.level.min(0.0);
            (self.at, self.cut) = (now, now);
        }
    }
}

/// The buckets. Clones share them.
#[derive(Clone)]
pub(super) struct Pace {
    now: Arc<dyn Fn() -> Timestamp + Send + Sync>,
    sleep: Option<Sleeper>,
    buckets: Arc<Mutex<BTreeMap<String, Bucket>>>,
}

impl Pace {
    pub(super) fn new(now: Arc<dyn Fn() -> Timestamp + Send + Sync>, sleep: Option<Sleeper>) -> Self {
        Self { now, sleep, buckets: Arc::default() }
    }

    /// The same client, at this pace.
    pub(super) fn client(&self, client: SharedHttpClient) -> SharedHttpClient {
        SharedHttpClient::new(Paced { inner: client, pace: self.clone() })
    }

    /// Seconds, to the millisecond.
    fn moment(&self) -> f64 {
        std::time::Duration::from_millis(u64::try_from((self.now)().as_millis()).unwrap_or(0)).as_secs_f64()
    }

    fn with<T>(&self, operation: String, act: impl FnOnce(&mut Bucket, f64) -> T) -> T {
        let now = self.moment();
        act(self.buckets.lock().unwrap_or_else(PoisonError::into_inner).entry(operation).or_default(), now)
    }
}

impl fmt::Debug for Pace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Pace")
    }
}

/// What an operation is called where its request says so, else the service's address and the kind of request.
fn operation(request: &HttpRequest) -> String {
    let target = request.headers().get("x-amz-target");
    let body = || request.body().bytes().and_then(|bytes| std::str::from_utf8(bytes).ok());
    let form = || body()?.split('&').find_map(|field| field.strip_prefix("Action="));
    let uri = request.uri();
    let named = || uri.split(['?', '&']).find_map(|field| field.strip_prefix("x-id="));
    let path = || uri.split_once("/operation/").map(|(_, name)| name);
    let host = uri.split("//").nth(1).and_then(|rest| rest.split(['/', '?']).next()).unwrap_or_default();
    match target.or_else(form).or_else(named).or_else(path) {
        Some(name) => format!("{host} {name}"),
        None => format!("{host} {}", request.method()),
    }
}

fn is_throttled(response: &HttpResponse) -> bool {
    let status = response.status().as_u16();
    if status == 429 {
        return true;
    }
    let says = |text: &[u8]| CODES.iter().any(|code| text.windows(code.len()).any(|part| part == code.as_bytes()));
    let header = response.headers().get("x-amzn-errortype").is_some_and(|text| says(text.as_bytes()));
    (400..=503).contains(&status) && (header || response.body().bytes().is_some_and(says))
}

#[dyn_dispatch_hint]
impl Intercept for Pace {
    fn name(&self) -> &'static str {
        "sluice pace"
    }

    fn read_after_attempt(
        &self,
        context: &FinalizerInterceptorContextRef<'_>,
        _components: &RuntimeComponents,
        _bag: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        if let (Some(request), Some(response)) = (context.request(), context.response()) {
            let throttled = is_throttled(response);
            self.with(operation(request), |bucket, now| bucket.answered(now, throttled));
        }
        Ok(())
    }
}

/// A client whose calls wait for their turn.
#[derive(Clone, Debug)]
struct Paced {
    inner: SharedHttpClient,
    pace: Pace,
}

impl HttpClient for Paced {
    fn http_connector(&self, settings: &HttpConnectorSettings, parts: &RuntimeComponents) -> SharedHttpConnector {
        let inner = self.inner.http_connector(settings, parts);
        SharedHttpConnector::new(PacedConnector { inner, pace: self.pace.clone() })
    }
}

#[derive(Clone, Debug)]
struct PacedConnector {
    inner: SharedHttpConnector,
    pace: Pace,
}

impl HttpConnector for PacedConnector {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let Some(sleep) = self.pace.sleep.clone() else { return self.inner.call(request) };
        let turn = self.pace.with(operation(&request), Bucket::take);
        if turn <= 0.0 {
            return self.inner.call(request);
        }
        let inner = self.inner.clone();
        HttpConnectorFuture::new(async move {
            let wait = std::time::Duration::from_secs_f64(turn).as_millis();
            // Rounded up: a turn never comes too early.
            sleep(Duration::from_millis(u64::try_from(wait).unwrap_or(u64::MAX).saturating_add(1))).await;
            inner.call(request).await
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_waits_until_something_was_throttled() {
        let mut bucket = Bucket::default();
        assert!((0..1_000).all(|_| bucket.take(0.0) == 0.0));
    }

    #[test]
    fn after_a_throttled_answer_calls_go_out_at_the_rate_that_got_through() {
        let mut bucket = Bucket::default();
        (0..10).for_each(|_| bucket.answered(5.0, false));
        (0..30).for_each(|_| bucket.answered(5.0, true));
        assert_eq!(bucket.rate, Some(8.0), "one cut, however many were throttled at once");
        let turns: Vec<f64> = (0..3).map(|_| bucket.take(5.0)).collect();
        assert_eq!(turns, [0.125, 0.25, 0.375]);
    }

    #[test]
    fn the_rate_grows_again_and_never_falls_below_the_slowest() {
        let mut bucket = Bucket::default();
        bucket.answered(0.0, true);
        assert_eq!(bucket.rate, Some(SLOWEST));
        bucket.answered(2.0, true);
        assert_eq!(bucket.rate, Some(SLOWEST));
        bucket.take(22.0);
        assert_eq!(bucket.rate, Some(SLOWEST + 10.0));
    }

    #[test]
    fn an_operation_is_known_by_whatever_its_protocol_has() {
        let request = |uri: &str, body: &'static str| {
            let mut request = HttpRequest::new(body.into());
            request.set_uri(uri).unwrap();
            request
        };
        let named = |uri, body| operation(&request(uri, body));
        assert_eq!(named("https://a.b/", "Action=DescribeStacks&Version=1"), "a.b DescribeStacks");
        assert_eq!(named("https://s3.b/x?x-id=PutObject", ""), "s3.b PutObject");
        assert_eq!(named("https://m.b/service/G/operation/GetMetricData", ""), "m.b GetMetricData");
        assert_eq!(named("https://l.b/2015-03-31/functions", ""), "l.b GET");
    }
}
