//! What stands behind the wire besides CloudFormation: the resource services, what is known of every
//! provisioned resource, and what people asked to go wrong.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::EmbeddedError;
use super::consumers::Flows;
use super::faults::Faults;
use super::mappings::Mapping;
use super::metrics::{Alarm, AlarmState, Metrics};
use super::services::{Files, Service, ServiceName};
use super::wire::{Request, Response};
use crate::units::{AccountId, Digest, Region, Timestamp};
use crate::workspace::StateStore;

/// A resource as CloudFormation last applied it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Record {
    /// Its properties.
    pub properties: Map<String, Value>,
    /// What `Fn::GetAtt` gives.
    pub attributes: BTreeMap<String, Value>,
    /// When it was made.
    pub made: Option<Timestamp>,
}

/// The part of the state that is neither CloudFormation's nor a service's own.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct World {
    /// Provisioned resources by `type|physical id`.
    pub records: BTreeMap<String, Record>,
    /// What the services' answers lack, by subject: merged over them.
    pub details: BTreeMap<String, Value>,
    /// What the services that are ours whole keep.
    pub kept: super::kept::Shelves,
    /// Queues that were deleted, by name, and when: the name is not free at once.
    pub deleted_queues: BTreeMap<String, Timestamp>,
    /// Event source mappings by UUID.
    pub mappings: BTreeMap<String, Mapping>,
    /// Alarms by name.
    pub alarms: BTreeMap<String, Alarm>,
    /// Published points.
    pub metrics: Metrics,
    /// What is to go wrong.
    pub faults: Faults,
    /// Load and checkpoints.
    pub flows: Flows,
    /// ARN of who is calling, where it was changed.
    pub identity: Option<String>,
    /// Numbers what is made, so that made-up ids differ and repeat in every run.
    pub counter: u64,
}

/// The resource services and the world they share.
#[derive(Debug)]
pub(crate) struct Back {
    account: AccountId,
    region: Region,
    store: StateStore,
    files: Files,
    running: BTreeMap<ServiceName, Service>,
    touched: BTreeSet<ServiceName>,
    saved: BTreeMap<ServiceName, Digest>,
    /// The rest of the state.
    pub world: World,
    /// The cloud's time at this request.
    pub now: Timestamp,
}

impl Back {
    /// Nothing running yet; services that have saved state are read when first touched.
    #[must_use]
    pub(crate) fn new(
        account: AccountId,
        region: Region,
        store: StateStore,
        files: Files,
        saved: BTreeMap<ServiceName, Digest>,
        world: World,
        now: Timestamp,
    ) -> Self {
        Self { account, region, store, files, running: BTreeMap::new(), touched: BTreeSet::new(), saved, world, now }
    }

    /// The account.
    #[must_use]
    pub(crate) fn account(&self) -> &AccountId {
        &self.account
    }

    /// The region.
    #[must_use]
    pub(crate) fn region(&self) -> &Region {
        &self.region
    }

    /// The files of S3.
    #[must_use]
    pub(crate) fn files(&self) -> &Files {
        &self.files
    }

    /// The store of blobs.
    #[must_use]
    pub(crate) fn store(&self) -> &StateStore {
        &self.store
    }

    /// Whether time has to go on in small steps: load flows, or alarms watch.
    #[must_use]
    pub(crate) fn is_watched(&self) -> bool {
        !self.world.flows.loads.is_empty()
    }

    /// ARN of who is calling.
    #[must_use]
    pub(crate) fn caller(&self) -> String {
        let given = self.world.identity.clone();
        given.unwrap_or_else(|| format!("arn:aws:sts::{}:assumed-role/sluice-deploy/sluice", self.account))
    }

    /// The answer of STS to who is calling.
    #[must_use]
    pub(crate) fn caller_identity(&self) -> Response {
        let caller = self.caller();
        // arn:PARTITION:sts::ACCOUNT:…
        let account = caller.split(':').nth(4).filter(|account| account.len() == 12).unwrap_or(self.account.as_str());
        let xml = format!(
            "<GetCallerIdentityResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><GetCallerIdentityResult>\
             <Arn>{}</Arn><UserId>AROAEMBEDDEDCLOUD:sluice</UserId><Account>{}</Account></GetCallerIdentityResult>\
             </GetCallerIdentityResponse>",
            super::wire::escape(&caller),
            super::wire::escape(account)
        );
        Response::new(200, "text/xml", xml)
    }

    /// Every alarm's state.
    #[must_use]
    pub(crate) fn alarm_states(&self) -> BTreeMap<String, AlarmState> {
        self.world.alarms.iter().map(|(name, alarm)| (name.clone(), alarm.state)).collect()
    }

    /// Whether there is a stream of that name.
    pub(crate) async fn has_stream(&mut self, name: &str) -> bool {
        let body = serde_json::json!({"StreamName": name});
        self.json(ServiceName::Kinesis, "Kinesis_20131202.DescribeStreamSummary", body).await.is_ok()
    }

    /// The bucket that handler code and models are uploaded to; there from the start.
    #[must_use]
    pub(crate) fn artifact_bucket(&self) -> String {
        format!("sluice-artifacts-{}-{}", self.account, self.region)
    }

    /// `arn:aws:<service>:<region>:<account>:<resource>`.
    #[must_use]
    pub(crate) fn arn(&self, service: &str, resource: &str) -> String {
        format!("arn:aws:{service}:{}:{}:{resource}", self.region, self.account)
    }

    /// The next number.
    pub(crate) fn next(&mut self) -> u64 {
        self.world.counter += 1;
        self.world.counter
    }

    /// What is known of a provisioned resource.
    #[must_use]
    pub(crate) fn record(&self, type_name: &str, physical_id: &str) -> Option<&Record> {
        self.world.records.get(&format!("{type_name}|{physical_id}")).or_else(|| {
            // One that lies in something is found by its own name.
            let (start, end) = (format!("{type_name}|"), format!("|{physical_id}"));
            let within = self.world.records.range(start.clone()..).take_while(|(key, _)| key.starts_with(&start));
            within.filter(|(key, _)| key.ends_with(&end)).map(|(_, record)| record).next()
        })
    }

    /// Remembers what a subject's answers lack.
    pub(crate) fn remember(&mut self, subject: &str, details: Value) {
        match self.world.details.get_mut(subject) {
            Some(known) => merge(known, &details),
            None => {
                self.world.details.insert(subject.to_owned(), details);
            }
        }
    }

    /// Forgets a subject.
    pub(crate) fn forget(&mut self, subject: &str) {
        self.world.details.remove(subject);
    }

    /// Sends one request to a service.
    ///
    /// # Errors
    /// When the service's saved state cannot be read.
    pub(crate) async fn service_call(
        &mut self,
        name: ServiceName,
        request: &Request,
    ) -> Result<Response, EmbeddedError> {
        self.start(name).await?;
        let Some(service) = self.running.get(&name) else {
            return Err(EmbeddedError::Internal(format!("{name:?} did not start")));
        };
        self.touched.insert(name);
        Ok(service.handle(request).await)
    }

    async fn start(&mut self, name: ServiceName) -> Result<(), EmbeddedError> {
        if self.running.contains_key(&name) {
            return Ok(());
        }
        let service = Service::empty(name, &self.account, &self.region, &self.files);
        match self.saved.get(&name) {
            Some(digest) => {
                let state = super::saved::document(&self.store, digest)?;
                service.restore(state).await.map_err(EmbeddedError::Unreadable)?;
            }
            None if name == ServiceName::S3 => {
                let bucket = self.artifact_bucket();
                let body = format!(
                    "<CreateBucketConfiguration><LocationConstraint>{}</LocationConstraint></CreateBucketConfiguration>",
                    self.region
                );
                let request = Request {
                    method: "PUT".to_owned(),
                    host: String::new(),
                    path: format!("/{bucket}"),
                    query: String::new(),
                    headers: http::HeaderMap::new(),
                    body: body.into(),
                };
                let answer = service.handle(&request).await;
                if !answer.is_success() {
                    return Err(EmbeddedError::Internal(format!("{bucket} could not be made")));
                }
            }
            None => {}
        }
        self.running.insert(name, service);
        Ok(())
    }

    /// Puts the state of every service that was touched into the store, and tells where each one's is.
    ///
    /// # Errors
    /// When a state cannot be written.
    pub(crate) async fn save(&mut self) -> Result<BTreeMap<ServiceName, Digest>, EmbeddedError> {
        for name in std::mem::take(&mut self.touched) {
            if let Some(service) = self.running.get(&name) {
                let state = service.snapshot().await.map_err(EmbeddedError::Internal)?;
                let digest = super::saved::write_document(&self.store, &state)?;
                self.saved.insert(name, digest);
            }
        }
        Ok(self.saved.clone())
    }
}

/// Merges objects key by key; everything else is replaced.
pub(crate) fn merge(into: &mut Value, from: &Value) {
    match (into, from) {
        (Value::Object(into), Value::Object(from)) => {
            for (key, value) in from {
                match into.get_mut(key) {
                    Some(known) => merge(known, value),
                    None => {
                        into.insert(key.clone(), value.clone());
                    }
                }
            }
        }
        (into, from) => *into = from.clone(),
    }
}
