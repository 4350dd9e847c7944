//! How fast AWS may be asked: a token bucket for every operation in every account and region. It costs nothing until the first
//! throttled answer; then calls wait for their turn, at the rate that was seen to get through, and the rate grows again.
//!
//! CloudFormation throttles each operation by itself, and polling must not slow down what it waits for; the SDK's own adaptive
//! mode has one bucket for each service, and one throttled call in a quiet minute holds it back for many (measured:
//! `docs/deploying.md`).

use std::collections::{BTreeMap, VecDeque};
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use aws_sdk_sts::config::RuntimeComponents;
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient, SharedHttpConnector,
};
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
        // The rate grows while the call waits: r·t + g·t²/2 is what will have been allowed by then.
        let missing = (-self.level).max(0.0);
        ((rate * rate + 2.0 * GROWTH * missing).sqrt() - rate) / GROWTH
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

    fn with<T>(&self, operation: &str, act: impl FnOnce(&mut Bucket, f64) -> T) -> T {
        let now = self.moment();
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        act(buckets.entry(operation.to_owned()).or_default(), now)
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
        let (inner, pace, operation) = (self.inner.clone(), self.pace.clone(), operation(&request));
        HttpConnectorFuture::new(async move {
            let turn = pace.with(&operation, Bucket::take);
            if turn > 0.0 {
                let wait = std::time::Duration::from_secs_f64(turn).as_millis();
                // Rounded up: a turn never comes too early.
                sleep(Duration::from_millis(u64::try_from(wait).unwrap_or(u64::MAX).saturating_add(1))).await;
            }
            let answer = inner.call(request).await;
            let throttled = answer.as_ref().is_ok_and(is_throttled);
            pace.with(&operation, |bucket, now| bucket.answered(now, throttled));
            answer
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
        let turns: Vec<f64> = (0..100).map(|_| bucket.take(5.0)).collect();
        assert!((turns[0] - 0.125).abs() < 0.001, "{turns:?}");
        // A hundred at 8 a second would take 12.5 s; the rate grows meanwhile.
        assert!((turns[99] - 9.61).abs() < 0.01, "{turns:?}");
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

    /// Answers as a service that is asked too much.
    #[derive(Debug)]
    struct Throttling;

    impl HttpConnector for Throttling {
        fn call(&self, _: HttpRequest) -> HttpConnectorFuture {
            let body = "<ErrorResponse><Error><Code>Throttling</Code></Error></ErrorResponse>";
            HttpConnectorFuture::ready(Ok(HttpResponse::new(400.try_into().unwrap(), body.into())))
        }
    }

    #[tokio::test]
    async fn a_call_after_a_throttled_one_waits_for_its_turn_and_others_do_not() {
        let slept = Arc::new(Mutex::new(Vec::new()));
        let noted = Arc::clone(&slept);
        let sleep: Sleeper = Arc::new(move |pause| {
            noted.lock().unwrap().push(pause);
            Box::pin(async {})
        });
        let pace = Pace::new(Arc::new(|| Timestamp::from_millis(0)), Some(sleep));
        let connector = PacedConnector { inner: SharedHttpConnector::new(Throttling), pace };
        let call = |action: &'static str| {
            let mut request = HttpRequest::new(action.into());
            request.set_uri("https://a.b/").unwrap();
            connector.call(request)
        };
        call("Action=DescribeStacks").await.unwrap();
        assert!(slept.lock().unwrap().is_empty(), "nobody waits until something was throttled");
        call("Action=DescribeStacks").await.unwrap();
        assert_eq!(*slept.lock().unwrap(), [Duration::from_millis(829)]);
        call("Action=CreateChangeSet").await.unwrap();
        assert_eq!(slept.lock().unwrap().len(), 1);
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
