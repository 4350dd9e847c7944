//! How a resource really is now, in the shape of its CloudFormation properties: what drift detection compares.
//!
//! Every value is asked of the resource's own service, as any caller would ask, so that what somebody changed past
//! CloudFormation shows. Only what the template sets is told (DR-05); a property that the service does not tell is left out
//! and so not checked, one that is gone is `null`. Which properties these are stands in `docs/embedded.md`.

mod compute;
mod data;
mod messaging;
mod rights;
mod watching;

use http::{HeaderMap, HeaderName, HeaderValue};
use serde_json::{Map, Value};

use super::back::Back;
use super::calls::Refusal;
use super::cloudformation::Properties;
use super::provision::Kind;
use super::services::ServiceName;
use super::wire::Request;

impl Back {
    /// Reads a resource. `wanted` are its properties as they were applied last.
    ///
    /// # Errors
    /// When the service does not answer; "not found" where it is gone.
    pub(crate) async fn as_it_is(&mut self, kind: Kind, id: &str, wanted: &Properties) -> Result<Properties, Refusal> {
        let seen = match kind {
            Kind::Stream => data::stream(self, id, wanted).await?,
            Kind::StreamPolicy => data::stream_policy(self, id, wanted).await?,
            Kind::Table => data::table(self, id, wanted).await?,
            Kind::Bucket => data::bucket(self, id, wanted).await?,
            Kind::BucketPolicy => data::bucket_policy(self, id, wanted).await?,
            Kind::DeliveryStream => data::delivery_stream(self, id, wanted).await?,
            Kind::Mapping => compute::mapping(self, id, wanted)?,
            Kind::Function => compute::function(self, id, wanted).await?,
            Kind::FunctionAlias => compute::alias(self, id, wanted).await?,
            Kind::InvokeConfig => compute::invoke_config(self, id, wanted)?,
            Kind::Permission => compute::permission(self, id, wanted).await?,
            Kind::ScalableTarget => compute::scalable_target(self, id).await?,
            Kind::ScalingPolicy => compute::scaling_policy(self, wanted).await?,
            Kind::Queue => messaging::queue(self, id, wanted).await?,
            Kind::Topic => messaging::topic(self, id, wanted).await?,
            Kind::Subscription => messaging::subscription(self, id, wanted).await?,
            Kind::Role => rights::role(self, id, wanted).await?,
            Kind::ManagedPolicy => rights::managed_policy(self, id, wanted).await?,
            Kind::Key => rights::key(self, id, wanted).await?,
            Kind::KeyAlias => rights::key_alias(self, id, wanted).await?,
            Kind::Alarm | Kind::CompositeAlarm => watching::alarm(self, id, wanted),
            Kind::LogGroup => watching::log_group(self, id, wanted).await?,
            // Nothing of these can be changed past CloudFormation but that they are there.
            Kind::StreamConsumer
            | Kind::FunctionVersion
            | Kind::LogStream
            | Kind::Dashboard
            | Kind::Parameter
            | Kind::CatalogDatabase
            // And these CloudFormation itself does not check.
            | Kind::AnomalyDetector
            | Kind::Budget
            | Kind::CatalogTable
            | Kind::Policy
            | Kind::Model
            | Kind::EndpointConfig
            | Kind::Endpoint
            | Kind::TopicPolicy
            | Kind::QueuePolicy => Properties::new(),
        };
        Ok(wanted.keys().filter_map(|name| Some((name.clone(), seen.get(name)?.clone()))).collect())
    }

    /// A call in the JSON protocols, answered as any caller would see it.
    ///
    /// # Errors
    /// What the service refuses.
    async fn seen(&mut self, service: ServiceName, target: &str, body: Value) -> Result<Value, Refusal> {
        let mut headers = HeaderMap::new();
        if let Ok(target) = HeaderValue::from_str(target) {
            headers.insert(HeaderName::from_static("x-amz-target"), target);
        }
        self.seen_by("POST", service, "/", headers, body.to_string()).await
    }

    /// A read in the REST protocols, answered as any caller would see it.
    ///
    /// # Errors
    /// What the service refuses.
    async fn seen_at(&mut self, service: ServiceName, path: &str) -> Result<Value, Refusal> {
        self.seen_by("GET", service, path, HeaderMap::new(), String::new()).await
    }

    async fn seen_by(
        &mut self,
        method: &str,
        service: ServiceName,
        path: &str,
        mut headers: HeaderMap,
        body: String,
    ) -> Result<Value, Refusal> {
        headers.insert(http::header::CONTENT_TYPE, HeaderValue::from_static("application/x-amz-json-1.1"));
        let (path, query) = path.split_once('?').unwrap_or((path, ""));
        let request = Request {
            method: method.to_owned(),
            host: format!("{}.{}.amazonaws.com", service.host(), self.region()),
            path: path.to_owned(),
            query: query.to_owned(),
            headers,
            body: body.into(),
        };
        let unreachable = |error: super::EmbeddedError| Refusal {
            status: 0,
            code: "InternalFailure".to_owned(),
            message: error.to_string(),
            service: None,
        };
        let mut answer = self.service_call(service, &request).await.map_err(unreachable)?;
        if !answer.is_success() {
            return Err(Refusal { service: Some(service.title()), ..super::calls::refusal(&answer) });
        }
        self.complete(service, &request, &mut answer);
        Ok(serde_json::from_slice(&answer.body).unwrap_or(Value::Null))
    }
}

/// "There is none."
fn gone() -> Refusal {
    Refusal {
        status: 404,
        code: "ResourceNotFoundException".to_owned(),
        message: "The resource you requested does not exist.".to_owned(),
        service: None,
    }
}

/// "Not found" is an answer.
fn if_there<T>(answer: Result<T, Refusal>) -> Result<Option<T>, Refusal> {
    match answer {
        Ok(found) => Ok(Some(found)),
        Err(refusal) if refusal.is_not_found() => Ok(None),
        Err(refusal) => Err(refusal),
    }
}

/// A live value in the words of the wanted one: what a service adds by itself (defaults, ids) is left out, and a number that
/// the template gives as text stays text.
fn like(live: &Value, wanted: &Value) -> Value {
    match (live, wanted) {
        (Value::Object(live), Value::Object(wanted)) => {
            let kept = wanted.iter().filter_map(|(name, wanted)| Some((name.clone(), like(live.get(name)?, wanted))));
            Value::Object(kept.collect())
        }
        (Value::Array(live), Value::Array(wanted)) if live.len() == wanted.len() => {
            live.iter().zip(wanted).map(|(live, wanted)| like(live, wanted)).collect()
        }
        (live, wanted) if scalar(live).is_some() && scalar(live) == scalar(wanted) => wanted.clone(),
        (live, _) => live.clone(),
    }
}

fn scalar(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        // A service that reckons in fractions tells a whole number as one.
        Value::Number(number) => Some(match number.as_f64() {
            Some(float) if number.is_f64() && float.fract() == 0.0 => format!("{float:.0}"),
            Some(_) | None => number.to_string(),
        }),
        Value::Bool(flag) => Some(flag.to_string()),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}

/// Copies settings that have the same name in the service's answer; one that it does not have is `null`.
fn same_names(live: &Value, wanted: &Properties, names: &[&str]) -> Properties {
    let of = |name: &&str| {
        let wanted = wanted.get(*name)?;
        Some(((*name).to_owned(), live.get(*name).map_or(Value::Null, |live| like(live, wanted))))
    };
    names.iter().filter_map(of).collect()
}

/// A set in the order in which the template has it; what the template does not have comes last.
fn in_order(live: Vec<String>, wanted: Option<&Value>) -> Value {
    let wanted: Vec<&str> = wanted.and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str).collect();
    let mut sorted: Vec<String> =
        wanted.iter().filter(|one| live.iter().any(|live| live == *one)).map(|one| (*one).to_owned()).collect();
    sorted.extend(live.into_iter().filter(|one| !wanted.contains(&one.as_str())));
    sorted.into()
}

/// A document that a service keeps as text, in the template's own form where it says the same.
fn document(live: &str, wanted: Option<&Value>) -> Value {
    let Ok(live) = serde_json::from_str::<Value>(live) else { return Value::String(live.to_owned()) };
    let parsed = match wanted {
        Some(Value::String(text)) => serde_json::from_str(text).unwrap_or(Value::Null),
        Some(other) => other.clone(),
        None => Value::Null,
    };
    match wanted {
        Some(wanted) if parsed == live => wanted.clone(),
        Some(_) | None => live,
    }
}

/// An object's member as an object.
fn member<'a>(value: &'a Value, at: &str) -> Option<&'a Map<String, Value>> {
    value.pointer(at).and_then(Value::as_object)
}
