//! One line per attempt of every call, for `-v`: what was asked, how long it took, how it ended. Never
//! what was sent, so that no secret can be in it.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use aws_sdk_sts::config::interceptors::{BeforeTransmitInterceptorContextRef, FinalizerInterceptorContextRef};
use aws_sdk_sts::config::{ConfigBag, Intercept, RuntimeComponents};
use aws_sdk_sts::error::BoxError;
use aws_sdk_sts::operation::RequestId;
use aws_smithy_runtime_api::client::interceptors::dyn_dispatch_hint;
use aws_smithy_runtime_api::client::orchestrator::Metadata;
use aws_smithy_runtime_api::client::retries::RequestAttempts;
use aws_smithy_types::DateTime;
use aws_smithy_types::config_bag::{Storable, StoreReplace};
use aws_smithy_types::date_time::Format;
use serde::Serialize;

use crate::units::{Duration, Timestamp};

/// One attempt of one call.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Call {
    /// When it began.
    pub at: Timestamp,
    /// For instance `CloudFormation`.
    pub service: String,
    /// For instance `DescribeStacks`.
    pub action: String,
    /// 1 for the first.
    pub attempt: u32,
    /// How long the answer took.
    pub took: Duration,
    /// HTTP status; `None` if no answer came.
    pub status: Option<u16>,
    /// What support asks for.
    pub request_id: Option<String>,
}

/// Who hears of calls. Called from within the call; must not block.
pub type TraceSink = Arc<dyn Fn(&Call) + Send + Sync>;

/// The interceptor that measures calls.
#[derive(Clone)]
pub(super) struct Tracer {
    now: Arc<dyn Fn() -> Timestamp + Send + Sync>,
    sink: Option<TraceSink>,
    told: Arc<Mutex<Option<Told>>>,
}

/// A moment by a server's clock, and by ours.
#[derive(Clone, Copy)]
struct Told {
    theirs: Timestamp,
    ours: Timestamp,
}

impl Tracer {
    pub(super) fn new(now: Arc<dyn Fn() -> Timestamp + Send + Sync>, sink: Option<TraceSink>) -> Self {
        Self { now, sink, told: Arc::default() }
    }

    /// The present moment by the clock of whoever answers, reckoned from the newest answer that told it.
    pub(super) fn time(&self) -> Timestamp {
        let now = (self.now)();
        let told = *self.told.lock().unwrap_or_else(PoisonError::into_inner);
        told.map_or(now, |told| told.theirs.plus(now.since(told.ours)))
    }

    /// By how many milliseconds the clock of whoever answers is ahead of ours.
    pub(super) fn ahead(&self) -> Option<i64> {
        let told = *self.told.lock().unwrap_or_else(PoisonError::into_inner);
        told.map(|told| told.theirs.as_millis() - told.ours.as_millis())
    }

    /// Takes down the moment that an answer tells; an older one than is known is behind.
    fn note(&self, date: &str) {
        let Some(theirs) = DateTime::from_str(date, Format::HttpDate).ok().and_then(|date| date.to_millis().ok())
        else {
            return;
        };
        let (theirs, ours) = (Timestamp::from_millis(theirs), (self.now)());
        let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        if told.is_none_or(|told| told.theirs <= theirs) {
            *told = Some(Told { theirs, ours });
        }
    }
}

impl fmt::Debug for Tracer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Tracer")
    }
}

#[derive(Debug)]
struct Began(Timestamp);

impl Storable for Began {
    type Storer = StoreReplace<Self>;
}

#[dyn_dispatch_hint]
impl Intercept for Tracer {
    fn name(&self) -> &'static str {
        "sluice call trace"
    }

    fn read_before_transmit(
        &self,
        _context: &BeforeTransmitInterceptorContextRef<'_>,
        _components: &RuntimeComponents,
        bag: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        if self.sink.is_some() {
            bag.interceptor_state().store_put(Began((self.now)()));
        }
        Ok(())
    }

    fn read_after_attempt(
        &self,
        context: &FinalizerInterceptorContextRef<'_>,
        _components: &RuntimeComponents,
        bag: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        if let Some(date) = context.response().and_then(|response| response.headers().get("date")) {
            self.note(date);
        }
        let Some(sink) = &self.sink else { return Ok(()) };
        // An attempt that never left the machine (no credentials) has no beginning and is no call.
        let Some(Began(at)) = bag.load::<Began>() else { return Ok(()) };
        let operation = bag.load::<Metadata>();
        sink(&Call {
            at: *at,
            service: operation.map_or("?", Metadata::service).to_owned(),
            action: operation.map_or("?", Metadata::name).to_owned(),
            attempt: bag.load::<RequestAttempts>().map_or(1, RequestAttempts::attempts),
            took: (self.now)().since(*at),
            status: context.response().map(|response| response.status().as_u16()),
            request_id: context.response().and_then(|response| response.request_id()).map(str::to_owned),
        });
        Ok(())
    }
}
