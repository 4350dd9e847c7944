//! A network on which one call goes wrong: it is throttled, fails, is not answered, is cut off, is answered from the past; or
//! on which the process dies.

use std::io;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_runtime_api::http::StatusCode;
use aws_smithy_types::body::SdkBody;
use sluicegate::embedded::{CallFault, EmbeddedCloud, Request};
use sluicegate::units::Timestamp;
use sluicegate::workspace::{Clock, StandingClock, StateStore};
use tokio::sync::Notify;

/// What happens to a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fault {
    /// The service has no time for it.
    Throttle,
    /// The service fails, with status 500.
    Error,
    /// No answer comes.
    Timeout,
    /// The connection is cut before the service hears of it.
    ResetBefore,
    /// The service acts on it, and the connection is cut before the answer.
    ResetAfter,
    /// The answer is from before the last order to CloudFormation. Reads only, and of services that read so.
    Stale,
}

impl Fault {
    pub const ALL: [Self; 6] =
        [Self::Throttle, Self::Error, Self::Timeout, Self::ResetBefore, Self::ResetAfter, Self::Stale];
}

/// How often.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Depth {
    /// The first attempt; the SDK makes others.
    Attempt,
    /// Every attempt of the call.
    Call,
}

/// When, in the life of a call, the process dies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Dies {
    BeforeTheRequest,
    BeforeTheAnswer,
}

/// What befalls one run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Trouble {
    /// One call goes wrong.
    Call { number: usize, fault: Fault, depth: Depth },
    /// The process dies at one call.
    Death { number: usize, dies: Dies },
}

/// A call that was made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call {
    /// `cloudformation`.
    pub service: String,
    /// `DescribeStacks`, or method and path.
    pub name: String,
}

/// Verbs of calls that only look.
const READS: [&str; 7] = ["Describe", "Get", "List", "Head", "Validate", "GET ", "HEAD "];

impl Call {
    fn of(request: &HttpRequest) -> Self {
        let uri = request.uri();
        let rest = uri.split_once("://").map_or(uri, |(_, rest)| rest);
        let (host, path) = rest.find(['/', '?']).map_or((rest, "/"), |at| rest.split_at(at));
        let (path, query) = path.split_once('?').unwrap_or((path, ""));
        let mut headers = http::HeaderMap::new();
        if let Some(target) = request.headers().get("x-amz-target") {
            headers.insert("x-amz-target", target.parse().unwrap());
        }
        let asked = Request {
            method: request.method().to_owned(),
            host: host.to_owned(),
            path: path.to_owned(),
            query: query.to_owned(),
            headers,
            body: request.body().bytes().unwrap_or_default().to_vec().into(),
        };
        Self { service: host.split('.').next().unwrap_or_default().to_owned(), name: asked.action() }
    }

    /// Whether it may change the world.
    pub fn writes(&self) -> bool {
        !READS.iter().any(|verb| self.name.starts_with(verb))
    }

    /// Whether it is an order to CloudFormation.
    fn orders(&self) -> bool {
        self.service == "cloudformation" && self.writes()
    }

    /// Whether an answer to it can be from the past. S3 reads what was written last, STS knows no past.
    pub fn may_be_stale(&self) -> bool {
        !self.writes() && !["s3", "sts"].contains(&self.service.as_str())
    }

    /// The same name for calls of the same kind.
    pub fn kind(&self) -> String {
        let name = self.name.split_once(' ').map_or(self.name.clone(), |(method, path)| {
            format!("{method} {}", path.split('/').nth(2).unwrap_or_default())
        });
        format!("{} {name}", self.service)
    }
}

/// What a cloud was like once.
#[derive(Clone, Debug)]
pub struct Past {
    pub at: Timestamp,
    pub store: StateStore,
}

/// Answers that no service gives to what was asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Instead {
    /// From a call on, that the credentials have expired.
    Expired { from: usize },
    /// To one call, something that is no answer to it.
    Garbage { number: usize },
}

impl Instead {
    fn answer(self, number: usize, call: &Call) -> Option<HttpResponse> {
        let (status, body) = match self {
            Self::Expired { from } if number >= from => {
                let error = "<Error><Type>Sender</Type><Code>ExpiredToken</Code><Message>The token has expired.</Message></Error>";
                let body = match call.service.as_str() {
                    "s3" => error.to_owned(),
                    "cloudformation" | "sts" => format!("<ErrorResponse>{error}</ErrorResponse>"),
                    _ => r#"{"__type": "ExpiredTokenException", "message": "The token has expired."}"#.to_owned(),
                };
                (if call.service == "sts" { 403_u16 } else { 400 }, body)
            }
            Self::Garbage { number: wrong } if number == wrong => (200, "<html><body>sign in to the ne".to_owned()),
            Self::Expired { .. } | Self::Garbage { .. } => return None,
        };
        Some(HttpResponse::new(StatusCode::try_from(status).unwrap(), SdkBody::from(body)))
    }
}

/// The network.
#[derive(Clone, Debug)]
pub struct Faulty {
    pub cloud: EmbeddedCloud,
    pub store: StateStore,
    pub clock: Arc<StandingClock>,
    pub trouble: Option<Trouble>,
    /// Before the last order to CloudFormation.
    pub past: Arc<Mutex<Option<Past>>>,
    /// Whether the past is to be remembered.
    pub remembers: bool,
    /// What is answered in the services' place.
    pub instead: Option<Instead>,
    pub calls: Arc<Mutex<Vec<Call>>>,
    pub sent: Arc<AtomicUsize>,
    pub dead: Arc<Notify>,
}

impl Faulty {
    pub fn new(cloud: EmbeddedCloud, store: StateStore, clock: Arc<StandingClock>) -> Self {
        Self {
            cloud,
            store,
            clock,
            trouble: None,
            past: Arc::default(),
            remembers: false,
            instead: None,
            calls: Arc::default(),
            sent: Arc::default(),
            dead: Arc::default(),
        }
    }

    async fn answer(self, request: HttpRequest, number: usize, call: Call) -> Result<HttpResponse, ConnectorError> {
        if let Some(answer) = self.instead.and_then(|instead| instead.answer(number, &call)) {
            return Ok(answer);
        }
        let again = is_repeated(&request);
        match self.trouble {
            Some(Trouble::Death { number: last, dies }) if number == last => {
                if dies == Dies::BeforeTheAnswer {
                    let _ = HttpConnector::call(&self.cloud, request).await;
                }
                self.dead.notify_one();
                return std::future::pending().await;
            }
            Some(Trouble::Call { number: wrong, fault, depth })
                if number == wrong && (depth == Depth::Call || !again) =>
            {
                return self.go_wrong(request, fault).await;
            }
            Some(_) | None => {}
        }
        if self.remembers && call.orders() {
            self.cloud.keep().await.unwrap();
            let past = Past { at: self.clock.now(), store: self.store.fork().unwrap() };
            *self.past.lock().unwrap() = Some(past);
        }
        HttpConnector::call(&self.cloud, request).await
    }

    async fn go_wrong(&self, request: HttpRequest, fault: Fault) -> Result<HttpResponse, ConnectorError> {
        let cut = || io::Error::new(io::ErrorKind::ConnectionReset, "connection reset by peer");
        match fault {
            Fault::Throttle | Fault::Error => {
                let fault = if fault == Fault::Throttle { CallFault::Throttle } else { CallFault::Error };
                self.cloud.fail_calls("*", fault, 1).await.unwrap();
                HttpConnector::call(&self.cloud, request).await
            }
            Fault::Timeout => Err(ConnectorError::timeout("no answer within the time that is allowed".into())),
            Fault::ResetBefore => Err(ConnectorError::io(cut().into())),
            Fault::ResetAfter => {
                let _ = HttpConnector::call(&self.cloud, request).await;
                Err(ConnectorError::io(cut().into()))
            }
            Fault::Stale => {
                let past = self.past.lock().unwrap().clone();
                let Some(past) = past else { return HttpConnector::call(&self.cloud, request).await };
                let clock = Arc::new(StandingClock::at(past.at));
                let settings = self.cloud.settings().clone();
                let then = EmbeddedCloud::held(past.store.fork().unwrap(), settings, clock);
                HttpConnector::call(&then, request).await
            }
        }
    }
}

/// Whether the SDK made an attempt before this one.
fn is_repeated(request: &HttpRequest) -> bool {
    request.headers().get("amz-sdk-request").is_some_and(|attempt| !attempt.contains("attempt=1"))
}

impl HttpClient for Faulty {
    fn http_connector(&self, _: &HttpConnectorSettings, _: &RuntimeComponents) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }
}

impl HttpConnector for Faulty {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let call = Call::of(&request);
        let number = if is_repeated(&request) {
            self.sent.load(Ordering::SeqCst).saturating_sub(1)
        } else {
            self.calls.lock().unwrap().push(call.clone());
            self.sent.fetch_add(1, Ordering::SeqCst)
        };
        HttpConnectorFuture::new(self.clone().answer(request, number, call))
    }
}
