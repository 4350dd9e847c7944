//! How fast AWS may be asked. Every operation has a token bucket of its own in every account and region: the SDK's adaptive
//! one (CUBIC), which costs nothing until the first throttled answer, then slows down and finds the rate that is allowed.
//!
//! The SDK itself keeps one bucket for each service; but CloudFormation throttles each operation by itself, and polling must
//! not slow down what it waits for.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use aws_sdk_sts::config::interceptors::BeforeSerializationInterceptorContextRef;
use aws_sdk_sts::config::retry::{ClientRateLimiter, RetryPartition};
use aws_sdk_sts::config::{ConfigBag, Intercept};
use aws_sdk_sts::error::BoxError;
use aws_smithy_runtime_api::client::interceptors::dyn_dispatch_hint;
use aws_smithy_runtime_api::client::orchestrator::Metadata;

use crate::units::Timestamp;

/// The interceptor that names each call's bucket. Clones share them.
#[derive(Clone)]
pub(super) struct Pace {
    now: Arc<dyn Fn() -> Timestamp + Send + Sync>,
    buckets: Arc<Mutex<BTreeMap<String, RetryPartition>>>,
}

impl Pace {
    pub(super) fn new(now: Arc<dyn Fn() -> Timestamp + Send + Sync>) -> Self {
        Self { now, buckets: Arc::default() }
    }

    fn bucket(&self, operation: &Metadata) -> RetryPartition {
        let name = format!("{}.{}", operation.service(), operation.name());
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        let bucket = buckets.entry(name.clone()).or_insert_with(|| {
            // Seconds are enough to begin with: what is measured is measured by the SDK.
            let seconds = f64::from(u32::try_from((self.now)().as_millis() / 1000).unwrap_or(u32::MAX));
            RetryPartition::custom(name).client_rate_limiter(ClientRateLimiter::new(seconds)).build()
        });
        bucket.clone()
    }
}

impl fmt::Debug for Pace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Pace")
    }
}

#[dyn_dispatch_hint]
impl Intercept for Pace {
    fn name(&self) -> &'static str {
        "sluice pace"
    }

    fn read_before_execution(
        &self,
        _context: &BeforeSerializationInterceptorContextRef<'_>,
        bag: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        if let Some(bucket) = bag.load::<Metadata>().map(|operation| self.bucket(operation)) {
            bag.interceptor_state().store_put(bucket);
        }
        Ok(())
    }
}
