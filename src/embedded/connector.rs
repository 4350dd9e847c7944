//! The embedded cloud as the HTTP client of the AWS SDK: the same requests and responses as on the wire,
//! without one.

use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_runtime_api::http::StatusCode;
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::byte_stream::ByteStream;

use super::cloud::EmbeddedCloud;
use super::wire::{Request, Response};

impl EmbeddedCloud {
    /// This cloud as the SDK's HTTP client.
    #[must_use]
    pub fn http_client(&self) -> SharedHttpClient {
        SharedHttpClient::new(self.clone())
    }
}

impl HttpClient for EmbeddedCloud {
    fn http_connector(&self, _: &HttpConnectorSettings, _: &RuntimeComponents) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }
}

impl HttpConnector for EmbeddedCloud {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let cloud = self.clone();
        HttpConnectorFuture::new(async move {
            let request = read(request).await.map_err(|error| ConnectorError::user(error.into()))?;
            let response = cloud.handle(request).await.map_err(|error| ConnectorError::user(Box::new(error)))?;
            write(response).map_err(|error| ConnectorError::user(error.into()))
        })
    }
}

async fn read(mut request: HttpRequest) -> Result<Request, String> {
    let (host, path, query) = split(request.uri());
    let mut headers = http::HeaderMap::new();
    for (name, value) in request.headers() {
        if let (Ok(name), Ok(value)) =
            (http::HeaderName::from_bytes(name.as_bytes()), http::HeaderValue::from_str(value))
        {
            headers.append(name, value);
        }
    }
    let method = request.method().to_owned();
    let body = ByteStream::new(request.take_body()).collect().await.map_err(|error| error.to_string())?.into_bytes();
    Ok(Request { method, host, path, query, headers, body })
}

/// Host without port, path, query.
fn split(uri: &str) -> (String, String, String) {
    let rest = uri.split_once("://").map_or(uri, |(_, rest)| rest);
    let (authority, path) = rest.find(['/', '?']).map_or((rest, ""), |at| rest.split_at(at));
    let (path, query) = path.split_once('?').unwrap_or((path, ""));
    let host = authority.split(':').next().unwrap_or(authority).to_lowercase();
    let path = if path.is_empty() { "/" } else { path };
    (host, path.to_owned(), query.to_owned())
}

fn write(response: Response) -> Result<HttpResponse, String> {
    let status = StatusCode::try_from(response.status).map_err(|error| error.to_string())?;
    let mut out = HttpResponse::new(status, SdkBody::from(response.body));
    for (name, value) in &response.headers {
        if let Ok(value) = value.to_str() {
            out.headers_mut().append(name.as_str().to_owned(), value.to_owned());
        }
    }
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn uris_come_apart() {
        let parts = split("https://b.s3.eu-west-1.amazonaws.com:443/a%20b?x-id=Get");
        assert_eq!(parts, ("b.s3.eu-west-1.amazonaws.com".to_owned(), "/a%20b".to_owned(), "x-id=Get".to_owned()));
        assert_eq!(split("http://127.0.0.1:4566"), ("127.0.0.1".to_owned(), "/".to_owned(), String::new()));
    }
}
