//! Speaking to the resource services in their own wire protocols, from inside.

use std::collections::BTreeMap;

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue};
use serde_json::Value;

use super::back::Back;
use super::cloudformation::{HandlerError, HandlerErrorCode};
use super::services::ServiceName;
use super::wire::{self, Request, Response};

/// What a service answered when it would not.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{code}: {message}")]
pub struct Refusal {
    /// HTTP status; 0 if the service could not be started.
    pub status: u16,
    /// The error's code, without namespace.
    pub code: String,
    /// The service's words.
    pub message: String,
    /// Who refused, as CloudFormation's handlers name it: `Kinesis`; none where it was not a service.
    pub service: Option<&'static str>,
}

impl Refusal {
    /// Whether the thing asked for is not there.
    #[must_use]
    pub fn is_not_found(&self) -> bool {
        matches!(self.handler_code(), HandlerErrorCode::NotFound)
    }

    /// The class that CloudFormation's handlers give it.
    #[must_use]
    pub fn handler_code(&self) -> HandlerErrorCode {
        let code = self.code.as_str();
        let says = |text: &str| self.message.contains(text);
        match code {
            "AccessDenied" | "AccessDeniedException" => HandlerErrorCode::AccessDenied,
            "Throttling" | "ThrottlingException" | "TooManyRequestsException" => HandlerErrorCode::Throttling,
            "NoSuchEntity"
            | "NoSuchBucket"
            | "NoSuchKey"
            | "NotFound"
            | "NotFoundException"
            | "ResourceNotFoundException"
            | "ResourceNotFound"
            | "QueueDoesNotExist"
            | "EntityNotFoundException"
            | "ObjectNotFoundException"
            | "ParameterNotFound"
            | "DashboardNotFoundError" => HandlerErrorCode::NotFound,
            "BucketAlreadyExists"
            | "BucketAlreadyOwnedByYou"
            | "EntityAlreadyExists"
            | "ResourceAlreadyExistsException"
            | "AlreadyExistsException"
            | "DuplicateRecordException"
            | "QueueNameExists"
            | "QueueAlreadyExists" => HandlerErrorCode::AlreadyExists,
            "ResourceInUseException" | "ResourceInUse" | "ResourceConflictException" => {
                if says("already exist") {
                    HandlerErrorCode::AlreadyExists
                } else {
                    HandlerErrorCode::ResourceConflict
                }
            }
            "LimitExceededException" | "LimitExceeded" | "ServiceQuotaExceededException" | "ResourceLimitExceeded" => {
                HandlerErrorCode::ServiceLimitExceeded
            }
            "ValidationException" | "ValidationError" if says("Could not find") || says("does not exist") => {
                HandlerErrorCode::NotFound
            }
            "ValidationException" | "ValidationError" if says("already exist") => HandlerErrorCode::AlreadyExists,
            "ValidationException"
            | "ValidationError"
            | "InvalidParameterValueException"
            | "InvalidParameterValue"
            | "InvalidParameterException"
            | "InvalidArgumentException"
            | "InvalidParameter"
            | "InvalidAttributeValue"
            | "MalformedPolicyDocument"
            | "MalformedPolicy"
            | "InvalidBucketName"
            | "InvalidInputException"
            | "InvalidParameterCombination"
            | "ParameterPatternMismatchException"
            | "SerializationException" => HandlerErrorCode::InvalidRequest,
            _ if code.contains("NonExistent") || code.contains("NoSuch") => HandlerErrorCode::NotFound,
            _ if self.status == 404 => HandlerErrorCode::NotFound,
            _ if self.status >= 500 => HandlerErrorCode::ServiceInternalError,
            _ => HandlerErrorCode::GeneralServiceException,
        }
    }
}

impl From<Refusal> for HandlerError {
    fn from(refusal: Refusal) -> Self {
        let code = refusal.handler_code();
        let message = match refusal.service {
            Some(service) => {
                let id = super::mappings::made_up_uuid(0, service, &refusal.message);
                let status = refusal.status;
                // S3 ends otherwise than the rest (SQ-21, ER-36).
                if service == "S3" {
                    let said = refusal.message.trim_end_matches('.');
                    let more = super::mappings::made_up_uuid(1, service, said);
                    format!(
                        "{said} (Service: S3, Status Code: {status}, Request ID: {id}, Extended Request ID: {more})"
                    )
                } else {
                    let said = refusal.message;
                    format!(
                        "{said} (Service: {service}, Status Code: {status}, Request ID: {id}) (SDK Attempt Count: 1)"
                    )
                }
            }
            None => refusal.message,
        };
        Self::new(code, message)
    }
}

impl Back {
    /// A call in the JSON protocols, `target` as `Kinesis_20131202.CreateStream`.
    ///
    /// # Errors
    /// What the service refuses.
    pub(crate) async fn json(&mut self, service: ServiceName, target: &str, body: Value) -> Result<Value, Refusal> {
        let headers = [("x-amz-target", target), ("content-type", "application/x-amz-json-1.1")];
        let answer = self.inside(service, "POST", "/", "", &headers, Bytes::from(body.to_string())).await?;
        Ok(parse(&answer))
    }

    /// A call in the Query protocol.
    ///
    /// # Errors
    /// What the service refuses.
    pub(crate) async fn query(
        &mut self,
        service: ServiceName,
        version: &str,
        action: &str,
        parameters: &[(String, String)],
    ) -> Result<String, Refusal> {
        let mut form: BTreeMap<String, String> = parameters.iter().cloned().collect();
        form.insert("Action".to_owned(), action.to_owned());
        form.insert("Version".to_owned(), version.to_owned());
        let headers = [("content-type", "application/x-www-form-urlencoded")];
        let answer = self.inside(service, "POST", "/", "", &headers, Bytes::from(wire::write_form(&form))).await?;
        Ok(String::from_utf8_lossy(&answer.body).into_owned())
    }

    /// A call in the REST protocols; `path` may carry a query.
    ///
    /// # Errors
    /// What the service refuses.
    pub(crate) async fn rest(
        &mut self,
        service: ServiceName,
        method: &str,
        path: &str,
        body: Option<Value>,
    ) -> Result<Value, Refusal> {
        let (path, query) = path.split_once('?').unwrap_or((path, ""));
        let body = body.map(|body| Bytes::from(body.to_string())).unwrap_or_default();
        let answer = self.inside(service, method, path, query, &[("content-type", "application/json")], body).await?;
        Ok(parse(&answer))
    }

    /// A call to S3; `path` may carry a query.
    ///
    /// # Errors
    /// What the service refuses.
    pub(crate) async fn s3(
        &mut self,
        method: &str,
        path: &str,
        headers: &[(&'static str, &str)],
        body: Bytes,
    ) -> Result<Response, Refusal> {
        let (path, query) = path.split_once('?').unwrap_or((path, ""));
        self.inside(ServiceName::S3, method, path, query, headers, body).await
    }

    async fn inside(
        &mut self,
        service: ServiceName,
        method: &str,
        path: &str,
        query: &str,
        headers: &[(&'static str, &str)],
        body: Bytes,
    ) -> Result<Response, Refusal> {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            if let Ok(value) = HeaderValue::from_str(value) {
                map.insert(HeaderName::from_static(name), value);
            }
        }
        let request = Request {
            method: method.to_owned(),
            host: format!("{}.{}.amazonaws.com", service.host(), self.region()),
            path: path.to_owned(),
            query: query.to_owned(),
            headers: map,
            body,
        };
        let answer = self.service_call(service, &request).await.map_err(|error| Refusal {
            status: 0,
            code: "InternalFailure".to_owned(),
            message: error.to_string(),
            service: None,
        })?;
        if answer.is_success() {
            Ok(answer)
        } else {
            Err(Refusal { service: Some(service.title()), ..refusal(&answer) })
        }
    }
}

fn parse(answer: &Response) -> Value {
    serde_json::from_slice(&answer.body).unwrap_or(Value::Null)
}

/// Reads the error of any protocol.
#[must_use]
pub(crate) fn refusal(answer: &Response) -> Refusal {
    let text = String::from_utf8_lossy(&answer.body);
    let json: Value = serde_json::from_str(&text).unwrap_or(Value::Null);
    let field = |names: &[&str]| names.iter().find_map(|name| json.get(*name)?.as_str().map(str::to_owned));
    let header = answer.headers.get("x-amzn-errortype").and_then(|value| value.to_str().ok()).map(str::to_owned);
    let code = header
        .or_else(|| field(&["__type", "code", "Code"]))
        .or_else(|| wire::xml_text(&text, "Code"))
        .unwrap_or_else(|| format!("Http{}", answer.status));
    let code = code.rsplit('#').next().unwrap_or(&code).split(':').next().unwrap_or(&code).to_owned();
    let message = field(&["message", "Message", "errorMessage"])
        .or_else(|| wire::xml_text(&text, "Message"))
        .unwrap_or_else(|| text.chars().take(200).collect());
    Refusal { status: answer.status, code, message, service: None }
}
