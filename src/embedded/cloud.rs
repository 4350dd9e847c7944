//! The cloud as a whole: state, time, and who answers what.
//!
//! A request locks the state, brings it up to the present moment, is answered, and leaves the state saved.
//! Several processes may use one cloud at once: whoever comes second waits, then reads what the first one left.

use std::sync::Arc;

use aws_smithy_types::DateTime;
use aws_smithy_types::date_time::Format;
use tokio::sync::{Mutex, MutexGuard};

use super::EmbeddedError;
use super::back::{Back, World};
use super::cbor;
use super::faults::CallFault;
use super::kept::is_about_invocations;
use super::mappings::{is_about_mappings, made_up_uuid};
use super::operations::called;
use super::saved::{self, Root};
use super::services::{Destination, Files, ServiceName, path_style, service_of};
use super::stacks::Stacks;
use super::time::Speed;
use super::watching::is_newer;
use super::wire::{Request, Response, unchunk};
use crate::units::{AccountId, Duration, EnvironmentName, Region, Timestamp};
use crate::workspace::{Clock, StateGuard, StateStore};

/// While load or alarms are watched, time goes on in steps of at most this.
const WATCHED_STEP: Duration = Duration::from_secs(60);
/// A long time is taken in no more steps than this.
const MOST_STEPS: u64 = 1_000;

/// After so many writes, blobs that nothing names any more are removed.
const WRITES_PER_SWEEP: u32 = 100;

/// What an embedded cloud is told about itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// Its account.
    pub account: AccountId,
    /// Its region.
    pub region: Region,
    /// The environment it stands for.
    pub environment: EnvironmentName,
    /// How fast time runs while CloudFormation is at work.
    pub speed: Speed,
}

/// An embedded cloud. Clones are the same cloud.
#[derive(Clone, Debug)]
pub struct EmbeddedCloud {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    settings: Settings,
    store: StateStore,
    clock: Arc<dyn Clock>,
    inner: Mutex<Option<Inner>>,
    /// Whether state stays in memory until it is asked to be kept.
    held: bool,
}

/// What is in memory of the state.
#[derive(Debug)]
pub(super) struct Inner {
    root: Root,
    /// The root's bytes as last read or written: other bytes mean that another process was here.
    bytes: Option<Vec<u8>>,
    pub stacks: Stacks,
    pub back: Back,
    world: World,
    requests: u64,
    /// Whether time was moved by hand.
    moved: bool,
    writes: u32,
}

/// One turn at the state, from lock to save.
pub(super) struct Turn<'a> {
    shared: &'a Shared,
    inner: MutexGuard<'a, Option<Inner>>,
    guard: StateGuard,
}

impl EmbeddedCloud {
    /// Opens the cloud whose state is in `store`. Nothing is read or written before the first request.
    #[must_use]
    pub fn open(store: StateStore, settings: Settings, clock: Arc<dyn Clock>) -> Self {
        Self { shared: Arc::new(Shared { settings, store, clock, inner: Mutex::new(None), held: false }) }
    }

    /// The same for whoever is alone with the state and asks much: it is read once, and written when [`Self::keep`] is
    /// called and never else.
    #[must_use]
    pub fn held(store: StateStore, settings: Settings, clock: Arc<dyn Clock>) -> Self {
        Self { shared: Arc::new(Shared { settings, store, clock, inner: Mutex::new(None), held: true }) }
    }

    /// Writes what a cloud that is [held](Self::held) holds.
    ///
    /// # Errors
    /// When the state cannot be locked, read or written.
    pub async fn keep(&self) -> Result<(), EmbeddedError> {
        self.turn().await?.write().await
    }

    /// What it was told about itself.
    #[must_use]
    pub fn settings(&self) -> &Settings {
        &self.shared.settings
    }

    /// The bucket for handler code and models, there from the start.
    #[must_use]
    pub fn artifact_bucket(&self) -> String {
        format!("sluice-artifacts-{}-{}", self.shared.settings.account, self.shared.settings.region)
    }

    /// Answers one request. What AWS would refuse is an answer.
    ///
    /// # Errors
    /// When the state cannot be locked, read or written.
    pub async fn handle(&self, request: Request) -> Result<Response, EmbeddedError> {
        let mut turn = self.turn().await?;
        turn.settle().await?;
        let mut response = turn.inner()?.answer(&request).await?;
        let inner = turn.inner()?;
        inner.requests += 1;
        let request_id = made_up_uuid(inner.requests, &inner.back.now.to_string(), &request.action());
        if response.headers.get("x-amzn-requestid").is_none() {
            response.set("x-amzn-requestid", &request_id);
        }
        response.set("x-amz-request-id", &request_id);
        // The cloud's own time: whoever reckons with a server's clock must find it moved on with everything else.
        if let Ok(date) = DateTime::from_millis(inner.back.now.as_millis()).fmt(Format::HttpDate) {
            response.set("date", &date);
        }
        turn.save().await?;
        Ok(response)
    }

    /// Forgets everything.
    ///
    /// # Errors
    /// When the state cannot be locked or removed.
    pub async fn reset(&self) -> Result<(), EmbeddedError> {
        let mut inner = self.shared.inner.lock().await;
        self.shared.store.lock()?.clear()?;
        *inner = None;
        Ok(())
    }

    pub(super) async fn turn(&self) -> Result<Turn<'_>, EmbeddedError> {
        let mut inner = self.shared.inner.lock().await;
        let guard = self.shared.store.lock()?;
        let bytes = guard.root()?;
        let unchanged = |inner: &Inner| self.shared.held || (bytes.is_some() && inner.bytes == bytes);
        let current = inner.as_ref().is_some_and(unchanged);
        if !current {
            *inner = Some(self.shared.load(&guard, bytes)?);
        }
        Ok(Turn { shared: &self.shared, inner, guard })
    }
}

impl Shared {
    fn load(&self, guard: &StateGuard, bytes: Option<Vec<u8>>) -> Result<Inner, EmbeddedError> {
        let root = match &bytes {
            Some(bytes) => Root::read(bytes)?,
            None => Root::fresh(self.clock.now()),
        };
        let files = Files::new(self.store.clone());
        files.restore(saved::read(&self.store, root.files.as_ref())?);
        guard.sweep(&root.blobs(&files))?;
        let stacks = match &root.stacks {
            Some(digest) => Stacks::load(&saved::document(&self.store, digest)?)?,
            None => Stacks::new(&self.settings),
        };
        let world: World = saved::read(&self.store, root.world.as_ref())?;
        let back = Back::new(
            self.settings.account.clone(),
            self.settings.region.clone(),
            self.store.clone(),
            files,
            root.services.clone(),
            world.clone(),
            root.clock.here(),
        );
        Ok(Inner { root, bytes, stacks, back, world, requests: 0, moved: false, writes: 0 })
    }
}

impl Turn<'_> {
    pub(super) fn inner(&mut self) -> Result<&mut Inner, EmbeddedError> {
        self.inner.as_mut().ok_or_else(|| EmbeddedError::Internal("the state was not loaded".to_owned()))
    }

    /// Brings everything up to the present moment.
    pub(super) async fn settle(&mut self) -> Result<(), EmbeddedError> {
        let (wall, speed) = (self.shared.clock.now(), self.shared.settings.speed);
        let inner = self.inner()?;
        let clock = inner.root.clock;
        let busy = inner.stacks.next_due().is_some();
        let target = if busy { clock.busy(wall, speed) } else { clock.idle(wall) };
        let ended = inner.run_to(target, busy).await?;
        if let Some(end) = ended {
            inner.run_to(clock.ended(wall, speed, end), false).await?;
        }
        Ok(())
    }

    /// Moves time on by `span`, whatever the wall clock says.
    pub(super) async fn advance(&mut self, span: Duration) -> Result<Timestamp, EmbeddedError> {
        let inner = self.inner()?;
        let target = inner.back.now.plus(span);
        inner.run_to(target, false).await?;
        // Time itself is a change, even where nothing happened in it.
        inner.moved = true;
        Ok(target)
    }

    /// Ends the turn: what changed is saved, unless it is held.
    pub(super) async fn save(mut self) -> Result<(), EmbeddedError> {
        if !self.shared.held {
            return self.write().await;
        }
        let wall = self.shared.clock.now();
        let inner = self.inner()?;
        inner.root.clock.settle(inner.back.now, wall);
        inner.moved = true;
        Ok(())
    }

    /// Saves what changed.
    async fn write(mut self) -> Result<(), EmbeddedError> {
        let (wall, store) = (self.shared.clock.now(), self.shared.store.clone());
        let Some(inner) = self.inner.as_mut() else { return Ok(()) };
        let mut root = inner.root.clone();
        root.services = inner.back.save().await?;
        let index = inner.back.files().index();
        if !index.is_empty() {
            root.files = Some(saved::write(&store, &index)?);
        }
        if inner.stacks.take_changed() {
            let digest = saved::write_document(&store, &inner.stacks.save()?)?;
            if root.stacks.as_ref() != Some(&digest) {
                root.stacks_before = root.stacks.replace(digest);
            }
        }
        if inner.back.world != inner.world {
            root.world = Some(saved::write(&store, &inner.back.world)?);
            inner.world = inner.back.world.clone();
        } else if inner.bytes.is_some() && root == inner.root && !inner.moved {
            return Ok(());
        }
        root.clock.settle(inner.back.now, wall);
        let bytes = serde_json::to_vec_pretty(&root).map_err(|error| EmbeddedError::Internal(error.to_string()))?;
        self.guard.write_root(&bytes)?;
        inner.root = root;
        inner.bytes = Some(bytes);
        inner.moved = false;
        inner.writes += 1;
        if inner.writes % WRITES_PER_SWEEP == 0 {
            self.guard.sweep(&inner.root.blobs(inner.back.files()))?;
        }
        Ok(())
    }
}

impl Inner {
    /// Goes on to `target`, in the order in which things fall due. With `until_idle` it stops when CloudFormation
    /// has nothing under way any more, and tells when that was.
    async fn run_to(&mut self, target: Timestamp, until_idle: bool) -> Result<Option<Timestamp>, EmbeddedError> {
        let span = target.since(self.back.now).as_micros() / MOST_STEPS;
        let step = Duration::from_micros(span.max(WATCHED_STEP.as_micros()));
        loop {
            let watched = if self.back.is_watched() { self.back.now.plus(step) } else { target };
            let due = self.stacks.next_due().unwrap_or(target);
            let at = watched.min(due).min(target).max(self.back.now);
            self.back.now = at;
            self.back.flow().await;
            self.back.judge_alarms();
            self.work(at).await;
            if until_idle && self.stacks.next_due().is_none() {
                return Ok(Some(at));
            }
            if at >= target {
                return Ok(None);
            }
        }
    }

    /// Does what CloudFormation wants done by `at`.
    async fn work(&mut self, at: Timestamp) {
        loop {
            let effects = self.stacks.poll(at);
            if effects.is_empty() {
                return;
            }
            for effect in effects {
                let result = self.back.carry_out(&effect).await;
                self.stacks.complete(effect.id, result);
            }
        }
    }

    async fn answer(&mut self, request: &Request) -> Result<Response, EmbeddedError> {
        let action = request.action();
        let Some(destination) = service_of(request) else {
            return Ok(Response::json_error(
                400,
                "UnknownOperationException",
                "The embedded cloud has no such service.",
            ));
        };
        let faults = &mut self.back.world.faults;
        let fault =
            faults.take_call(&action).or_else(|| called(destination, request).and_then(|name| faults.take_call(name)));
        match (fault, destination) {
            (Some(CallFault::Throttle), _) => {
                return Ok(refuse(destination, request, "Throttling", 400, "Rate exceeded"));
            }
            (Some(CallFault::Error), _) => {
                return Ok(refuse(
                    destination,
                    request,
                    "InternalFailure",
                    500,
                    "The service failed and knows not why.",
                ));
            }
            (Some(CallFault::Deny), _) => {
                let (caller, action) = (self.back.caller(), rule_name(destination, request));
                let place = match destination {
                    Destination::CloudFormation => denied_on(&self.back, request, &action),
                    Destination::Kept(_) | Destination::Service(_) => String::new(),
                };
                let message = format!("User: {caller} is not authorized to perform: {action}{place}");
                return Ok(refuse(destination, request, "AccessDenied", 403, &message));
            }
            (Some(CallFault::Stale), Destination::CloudFormation) => {
                if let Some(before) = self.root.stacks_before.clone() {
                    let mut old = Stacks::load(&saved::document(self.back.store(), &before)?)?;
                    return old.answer(&mut self.back, request).await;
                }
            }
            (Some(CallFault::Stale) | None, _) => {}
        }
        match destination {
            Destination::CloudFormation => {
                let response = self.stacks.answer(&mut self.back, request).await?;
                self.work(self.back.now).await;
                Ok(response)
            }
            Destination::Service(service) => self.service(service, request).await,
            Destination::Kept(service) => Ok(self.back.kept_call(service, request)),
        }
    }

    async fn service(&mut self, service: ServiceName, request: &Request) -> Result<Response, EmbeddedError> {
        if service == ServiceName::Lambda && is_about_mappings(request) {
            return Ok(self.back.mappings_call(request).await);
        }
        if service == ServiceName::Lambda && is_about_invocations(request) {
            return Ok(self.back.invocations_call(request).await);
        }
        if service == ServiceName::Lambda {
            if let Some(response) = self.back.version_deleted(request) {
                return Ok(response);
            }
            match self.back.named_version(request).await {
                Some(Ok(version)) => {
                    let mut response = self.back.service_call(service, &version.unqualified(request)).await?;
                    self.back.complete_version(&version, &mut response);
                    return Ok(response);
                }
                Some(Err(response)) => return Ok(response),
                None => {}
            }
        }
        if service == ServiceName::Sts && request.action() == "GetCallerIdentity" {
            return Ok(self.back.caller_identity());
        }
        if service == ServiceName::Iam && request.action() == "SimulatePrincipalPolicy" {
            return Ok(self.back.simulated(request));
        }
        if service == ServiceName::Cloudwatch && is_newer(request) {
            return Ok(self.back.watching(request));
        }
        if let Some(answer) = self.back.answered_aside(service, request) {
            return Ok(answer);
        }
        if service == ServiceName::Firehose
            && let Some(answer) = self.back.delivery_changed(request)
        {
            return Ok(answer);
        }
        let mut inner = if service == ServiceName::S3 { path_style(request) } else { request.clone() };
        let chunked = request.header("content-encoding").is_some_and(|coding| coding.contains("aws-chunked"))
            || request.header("x-amz-content-sha256").is_some_and(|hash| hash.starts_with("STREAMING-"));
        if chunked {
            inner.body = unchunk(&request.body);
            inner.headers.remove(http::header::CONTENT_ENCODING);
            inner.headers.remove("x-amz-trailer");
        }
        let queue = (service == ServiceName::Sqs).then(|| queue_named(request)).flatten();
        if let (Some(name), "CreateQueue") = (&queue, request.action().as_str())
            && let Err(refusal) = self.back.queue_name_is_free(name)
        {
            return Ok(Response::json_error(refusal.status, &refusal.code, &refusal.message));
        }
        let mut response = self.back.service_call(service, &inner).await?;
        if let (Some(name), "DeleteQueue", true) = (&queue, request.action().as_str(), response.is_success()) {
            self.back.queue_is_gone(name);
        }
        if response.is_success() {
            self.back.changed_past_formation(service, request);
        }
        if service == ServiceName::S3 {
            self.back.object_written(&inner, &response);
            self.back.tell_object_times(&inner, &mut response);
        }
        self.back.complete(service, request, &mut response);
        Ok(response)
    }
}

/// Where an action of CloudFormation's was denied, and why (ER-39).
fn denied_on(back: &Back, request: &Request, action: &str) -> String {
    let given = request.form().remove("StackName").unwrap_or_default();
    let stack = match given.as_str() {
        "" => back.arn("cloudformation", "stack/*/*"),
        arn if arn.starts_with("arn:") => given,
        name => back.arn("cloudformation", &format!("stack/{name}/*")),
    };
    format!(" on resource: {stack} because no identity-based policy allows the {action} action")
}

/// An operation as permissions name it: `cloudformation:CreateChangeSet`.
fn rule_name(destination: Destination, request: &Request) -> String {
    let name = called(destination, request).map_or_else(|| request.action(), str::to_owned);
    match destination {
        Destination::CloudFormation => format!("cloudformation:{name}"),
        Destination::Kept(service) => format!("{}:{name}", service.title().to_lowercase()),
        Destination::Service(ServiceName::Cloudwatch) => format!("cloudwatch:{name}"),
        // Its permissions are older than its operations.
        Destination::Service(ServiceName::S3) => match name.as_str() {
            "HeadBucket" | "ListObjectsV2" => "s3:ListBucket".to_owned(),
            "HeadObject" => "s3:GetObject".to_owned(),
            "ListObjectVersions" => "s3:ListBucketVersions".to_owned(),
            "CompleteMultipartUpload" | "CreateMultipartUpload" | "UploadPart" => "s3:PutObject".to_owned(),
            _ => format!("s3:{name}"),
        },
        Destination::Service(service) => format!("{}:{name}", service.host()),
    }
}

/// The queue that a request to SQS names, by its name or its URL.
fn queue_named(request: &Request) -> Option<String> {
    let asked: serde_json::Value = serde_json::from_slice(&request.body).ok()?;
    let given = asked.get("QueueName").or_else(|| asked.get("QueueUrl"))?.as_str()?;
    Some(given.rsplit('/').next().unwrap_or(given).to_owned())
}

/// A refusal in the protocol of whoever is asked.
fn refuse(destination: Destination, request: &Request, code: &'static str, status: u16, message: &str) -> Response {
    if destination == Destination::Service(ServiceName::Cloudwatch) && is_newer(request) {
        let refusal = Response::json_error(status, &format!("{code}Exception"), message);
        return if cbor::is_cbor(request) { cbor::answer(&refusal) } else { refusal };
    }
    let id = made_up_uuid(0, code, message);
    match destination {
        Destination::CloudFormation => {
            let answer = super::cloudformation::refusal(status, code, message, &id);
            let mut response = Response::new(answer.status, "text/xml", answer.xml);
            response.set("x-amzn-requestid", &answer.request_id);
            response
        }
        Destination::Service(ServiceName::Iam | ServiceName::Sns | ServiceName::Sts | ServiceName::Cloudwatch) => {
            Response::query_error(status, code, message, &id)
        }
        Destination::Service(ServiceName::S3) => {
            let (code, status) = match code {
                "Throttling" => ("SlowDown", 503),
                "InternalFailure" => ("InternalError", status),
                _ => (code, status),
            };
            Response::s3_error(status, code, message, &id)
        }
        Destination::Kept(_)
        | Destination::Service(
            ServiceName::Autoscaling
            | ServiceName::Dynamodb
            | ServiceName::Firehose
            | ServiceName::Kinesis
            | ServiceName::Kms
            | ServiceName::Lambda
            | ServiceName::Logs
            | ServiceName::Sagemaker
            | ServiceName::Sqs,
        ) => Response::json_error(status, &format!("{code}Exception"), message),
    }
}
