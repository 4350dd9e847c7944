//! The embedded cloud from the outside: requests in, answers out; and each provisioned type through the API
//! of its service.

mod drift;
mod life;
mod refusals;
mod stacks;
mod table;
mod types;

use std::collections::BTreeMap;
use std::sync::Arc;

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue};
use serde_json::{Value, json};

use super::cloudformation::{Effect, EffectAction, HandlerError, HandlerErrorCode, Properties, Provisioned, StackRef};
use super::*;
use crate::units::{AccountId, Duration, EnvironmentName, Region, Timestamp};
use crate::workspace::{StandingClock, StateStore};

const ACCOUNT: &str = "999988887777";

pub(super) fn cloud_in(store: StateStore) -> EmbeddedCloud {
    let settings = Settings {
        account: AccountId::new(ACCOUNT).unwrap(),
        region: Region::new("eu-west-1").unwrap(),
        environment: EnvironmentName::new("local").unwrap(),
        speed: Speed::Real,
    };
    let start = Timestamp::parse("2026-01-01T00:00:00Z").unwrap();
    EmbeddedCloud::open(store, settings, Arc::new(StandingClock::at(start)))
}

pub(super) fn cloud() -> EmbeddedCloud {
    cloud_in(StateStore::memory())
}

pub(super) fn request(
    service: &str,
    method: &str,
    path: &str,
    target: Option<&str>,
    body: impl Into<Bytes>,
) -> Request {
    let (path, query) = path.split_once('?').unwrap_or((path, ""));
    let mut headers = HeaderMap::new();
    let scope = format!(
        "AWS4-HMAC-SHA256 Credential=AKID/20260101/eu-west-1/{service}/aws4_request, SignedHeaders=host, Signature=0"
    );
    headers.insert(http::header::AUTHORIZATION, HeaderValue::from_str(&scope).unwrap());
    if let Some(target) = target {
        headers.insert(HeaderName::from_static("x-amz-target"), HeaderValue::from_str(target).unwrap());
    }
    Request {
        method: method.to_owned(),
        host: "127.0.0.1".to_owned(),
        path: path.to_owned(),
        query: query.to_owned(),
        headers,
        body: body.into(),
    }
}

pub(super) async fn json_call(cloud: &EmbeddedCloud, service: &str, target: &str, body: Value) -> Value {
    let response = cloud.handle(request(service, "POST", "/", Some(target), body.to_string())).await.unwrap();
    assert!(response.is_success(), "{target}: {}", String::from_utf8_lossy(&response.body));
    serde_json::from_slice(&response.body).unwrap()
}

pub(super) async fn get(cloud: &EmbeddedCloud, service: &str, path: &str) -> Value {
    let response = cloud.handle(request(service, "GET", path, None, "")).await.unwrap();
    assert!(response.is_success(), "{path}: {}", String::from_utf8_lossy(&response.body));
    serde_json::from_slice(&response.body).unwrap()
}

pub(super) fn properties(value: Value) -> Properties {
    value.as_object().cloned().unwrap()
}

pub(super) async fn effect(
    cloud: &EmbeddedCloud,
    logical_id: &str,
    kind: Kind,
    action: EffectAction,
) -> Result<Provisioned, HandlerError> {
    let mut turn = cloud.turn().await.unwrap();
    turn.settle().await.unwrap();
    let inner = turn.inner().unwrap();
    let effect = Effect {
        reverting: false,
        id: 1,
        at: inner.back.now,
        stack: StackRef {
            name: "p-local".to_owned(),
            id: format!("arn:aws:cloudformation:eu-west-1:{ACCOUNT}:stack/p-local/1"),
            account: AccountId::new(ACCOUNT).unwrap(),
            region: Region::new("eu-west-1").unwrap(),
        },
        logical_id: logical_id.to_owned(),
        type_name: kind.name().to_owned(),
        action,
        tags: BTreeMap::from([("sluice:pipeline".to_owned(), "p".to_owned())]),
        token: format!("token-{logical_id}"),
    };
    let made = inner.back.carry_out(&effect).await;
    turn.save().await.unwrap();
    made
}

pub(super) async fn create(cloud: &EmbeddedCloud, kind: Kind, given: Value) -> Provisioned {
    let made = effect(cloud, "It", kind, EffectAction::Create { properties: properties(given) }).await;
    made.unwrap_or_else(|error| panic!("{}: {error}", kind.name()))
}

pub(super) async fn upload(cloud: &EmbeddedCloud, key: &str, bytes: &'static [u8]) {
    let path = format!("/{}/{key}", cloud.artifact_bucket());
    let response = cloud.handle(request("s3", "PUT", &path, None, Bytes::from_static(bytes))).await.unwrap();
    assert!(response.is_success(), "{}", String::from_utf8_lossy(&response.body));
}

pub(super) async fn function(cloud: &EmbeddedCloud) -> Provisioned {
    upload(cloud, "code/one.zip", b"zipped").await;
    create(
        cloud,
        Kind::Function,
        json!({
            "FunctionName": "f", "Runtime": "python3.13", "Handler": "app.handler", "MemorySize": 1024, "Timeout": 60,
            "Role": format!("arn:aws:iam::{ACCOUNT}:role/r"), "Architectures": ["arm64"],
            "Code": {"S3Bucket": cloud.artifact_bucket(), "S3Key": "code/one.zip"},
            "Environment": {"Variables": {"TABLE": "t"}},
            "LoggingConfig": {"LogFormat": "JSON", "LogGroup": "/aws/lambda/f"},
        }),
    )
    .await
}
