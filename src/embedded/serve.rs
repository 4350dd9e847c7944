//! The embedded cloud on a loopback address, for clients that bring their own HTTP: AWS CLI, boto3.

use std::convert::Infallible;
use std::net::SocketAddr;

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;

use super::EmbeddedError;
use super::cloud::EmbeddedCloud;
use super::wire::{Request, Response};

/// The most that a body may hold: a handler's zip with room to spare.
const MOST_BYTES: usize = 512 << 20;

/// A listening server.
#[derive(Debug)]
pub struct Server {
    cloud: EmbeddedCloud,
    listener: TcpListener,
    address: SocketAddr,
}

impl Server {
    /// Listens. Port 0 takes any that is free.
    ///
    /// # Errors
    /// When the address is not a loopback address (anybody who reaches it may do anything), or is taken.
    pub async fn bind(cloud: EmbeddedCloud, address: SocketAddr) -> Result<Self, EmbeddedError> {
        if !address.ip().is_loopback() {
            return Err(EmbeddedError::NotLoopback(address));
        }
        let cannot = |source| EmbeddedError::Listen { address, source };
        let listener = TcpListener::bind(address).await.map_err(cannot)?;
        let address = listener.local_addr().map_err(cannot)?;
        Ok(Self { cloud, listener, address })
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Answers until the future is dropped.
    ///
    /// # Errors
    /// When no more connections can be taken.
    pub async fn run(self) -> Result<(), EmbeddedError> {
        let address = self.address;
        loop {
            let (stream, _) =
                self.listener.accept().await.map_err(|source| EmbeddedError::Listen { address, source })?;
            let cloud = self.cloud.clone();
            tokio::spawn(async move {
                let service = service_fn(move |request| answer(cloud.clone(), request));
                // A client that hangs up is its own business.
                let _ =
                    hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
            });
        }
    }
}

async fn answer(
    cloud: EmbeddedCloud,
    request: hyper::Request<Incoming>,
) -> Result<hyper::Response<Full<Bytes>>, Infallible> {
    let response = match read(request).await {
        Ok(request) => cloud
            .handle(request)
            .await
            .unwrap_or_else(|error| Response::json_error(500, "InternalFailure", &error.to_string())),
        Err(message) => Response::json_error(400, "BadRequest", &message),
    };
    let mut out = hyper::Response::new(Full::new(response.body));
    *out.status_mut() = http::StatusCode::from_u16(response.status).unwrap_or(http::StatusCode::INTERNAL_SERVER_ERROR);
    *out.headers_mut() = response.headers;
    // The length is this server's business.
    out.headers_mut().remove(http::header::TRANSFER_ENCODING);
    Ok(out)
}

async fn read(request: hyper::Request<Incoming>) -> Result<Request, String> {
    let (parts, body) = request.into_parts();
    let body =
        http_body_util::Limited::new(body, MOST_BYTES).collect().await.map_err(|error| error.to_string())?.to_bytes();
    let host = parts.headers.get(http::header::HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
    let host = host.rsplit_once(':').map_or(host, |(host, _)| host).to_lowercase();
    Ok(Request {
        method: parts.method.as_str().to_owned(),
        host,
        path: parts.uri.path().to_owned(),
        query: parts.uri.query().unwrap_or_default().to_owned(),
        headers: parts.headers,
        body,
    })
}
