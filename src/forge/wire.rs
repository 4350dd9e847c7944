//! One call at a time over the AWS SDK's HTTP client, which brings the TLS that the rest of the program uses; which
//! answers are worth another attempt, and when.

use std::future::Future;
use std::pin::Pin;

use aws_smithy_http_client::tls::rustls_provider::CryptoMode;
use aws_smithy_http_client::{Connector, proxy::ProxyConfig, tls};
use aws_smithy_runtime_api::client::http::{HttpConnector, HttpConnectorSettings};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::byte_stream::ByteStream;
use serde_json::Value;

use super::address::{Address, Token};
use super::failure::ForgeError;
use crate::diagnostic::chain;
use crate::units::{Duration, Timestamp};

/// How often a call is made at most.
const ATTEMPTS: u32 = 5;
/// The longest that is waited before another attempt. Who asks for more is told of, not waited for.
const LONGEST_WAIT: Duration = Duration::from_secs(120);
/// The most that an answer may hold: a hundred comments of the longest kind, with room to spare.
const MOST_BYTES: usize = 64 << 20;
/// How long a connection and an answer may take.
const CONNECT: std::time::Duration = std::time::Duration::from_secs(10);
const ANSWER: std::time::Duration = std::time::Duration::from_secs(60);

/// A wait that somebody else arranges.
pub type Sleep<'a> = Pin<Box<dyn Future<Output = ()> + Send + 'a>>;

/// How time passes.
pub trait Waiting {
    /// The present moment.
    fn now(&self) -> Timestamp;
    /// Waits.
    fn sleep(&self, pause: Duration) -> Sleep<'_>;
}

/// An answer that is good.
pub(super) struct Answer {
    pub(super) body: Value,
    /// Whether there is a page after this one.
    pub(super) more: bool,
}

/// An answer that is not, and the pause after which another attempt is worth while.
pub(super) struct Trouble {
    pub(super) error: ForgeError,
    again: Option<Pause>,
}

/// How long to wait.
enum Pause {
    /// As long as the attempts before suggest.
    Usual,
    /// As the code host asks for.
    Asked(Duration),
}

/// A code host that can be called.
pub(super) struct Wire<'a> {
    connector: Connector,
    pub(super) address: &'a Address,
    token: &'a Token,
    time: &'a dyn Waiting,
}

impl<'a> Wire<'a> {
    pub(super) fn new(address: &'a Address, token: &'a Token, time: &'a dyn Waiting) -> Self {
        let settings = HttpConnectorSettings::builder().connect_timeout(CONNECT).read_timeout(ANSWER).build();
        let connector = Connector::builder()
            .tls_provider(tls::Provider::Rustls(CryptoMode::AwsLc))
            .proxy_config(ProxyConfig::from_env())
            .connector_settings(settings)
            .build();
        Self { connector, address, token, time }
    }

    /// Makes a call that may be made again, as often as is worth while.
    pub(super) async fn persist(&self, method: &str, url: &str, body: Option<&Value>) -> Result<Answer, ForgeError> {
        let mut attempt = 1;
        loop {
            match self.once(method, url, body).await {
                Ok(answer) => return Ok(answer),
                Err(trouble) => self.wait(attempt, trouble).await?,
            }
            attempt += 1;
        }
    }

    /// Waits until another attempt is worth while.
    pub(super) async fn wait(&self, attempt: u32, trouble: Trouble) -> Result<(), ForgeError> {
        let pause = match trouble.again {
            None => return Err(trouble.error),
            Some(Pause::Asked(pause)) if pause > LONGEST_WAIT => return Err(trouble.error),
            Some(Pause::Asked(pause)) => pause,
            Some(Pause::Usual) => Duration::from_secs(1 << attempt.min(6).saturating_sub(1)),
        };
        if attempt >= ATTEMPTS {
            return Err(match trouble.error {
                ForgeError::Fault { status, said, .. } => ForgeError::Fault { status, said, attempts: attempt },
                other => other,
            });
        }
        self.time.sleep(pause).await;
        Ok(())
    }

    /// Makes a call once.
    pub(super) async fn once(&self, method: &str, url: &str, body: Option<&Value>) -> Result<Answer, Trouble> {
        let request = self.request(method, url, body).map_err(for_good)?;
        let response = self.connector.call(request).await.map_err(|lost| {
            let error = ForgeError::Unreachable { why: chain(&lost) };
            // What this program itself got wrong does not pass by waiting.
            if lost.is_user() { for_good(error) } else { Trouble { error, again: Some(Pause::Usual) } }
        })?;
        self.read(response).await
    }

    fn request(&self, method: &str, url: &str, body: Option<&Value>) -> Result<HttpRequest, ForgeError> {
        let wrong = |error: &dyn std::error::Error| ForgeError::Unreachable { why: error.to_string() };
        let text = body.map(Value::to_string);
        let mut request = HttpRequest::new(text.clone().map_or_else(SdkBody::empty, SdkBody::from));
        request.set_method(method).map_err(|error| wrong(&error))?;
        request.set_uri(url).map_err(|error| wrong(&error))?;
        let mut headers = self.address.headers(self.token);
        headers.push(("user-agent", concat!("sluice/", env!("CARGO_PKG_VERSION")).to_owned()));
        if let Some(text) = text {
            headers.push(("content-type", "application/json".to_owned()));
            headers.push(("content-length", text.len().to_string()));
        }
        for (name, value) in headers {
            // A token with a line break in it is none; what it holds is nobody's business.
            let fits = request.headers_mut().try_insert(name, value).is_ok();
            if !fits {
                let said = "it holds characters that no token has".to_owned();
                return Err(ForgeError::Unauthorised { said });
            }
        }
        Ok(request)
    }

    async fn read(&self, mut response: HttpResponse) -> Result<Answer, Trouble> {
        let status = response.status().as_u16();
        let header = |name: &str| response.headers().get(name).map(str::to_owned);
        let more = header("link").is_some_and(|link| link.contains("rel=\"next\""));
        let location = header("location");
        let limit = Limit {
            asked: header("retry-after").and_then(|text| text.trim().parse().ok()),
            left: header("x-ratelimit-remaining").or_else(|| header("ratelimit-remaining")),
            reset: header("x-ratelimit-reset").or_else(|| header("ratelimit-reset")).and_then(|text| text.parse().ok()),
        };
        let text = collect(response.take_body()).await?;
        if (200..300).contains(&status) {
            let body = serde_json::from_str(&text);
            let body = body.map_err(|error| for_good(ForgeError::NotUnderstood { why: error.to_string() }))?;
            return Ok(Answer { body, more });
        }
        let said = said(&text);
        if status == 429 || (status == 403 && limit.is_reached(&said)) {
            let wait = limit.wait(self.time.now());
            return Err(Trouble {
                error: ForgeError::Limited { wait },
                again: Some(wait.map_or(Pause::Usual, Pause::Asked)),
            });
        }
        Err(match status {
            401 => for_good(ForgeError::Unauthorised { said }),
            403 => for_good(ForgeError::Forbidden { said }),
            404 => for_good(ForgeError::NotFound { said }),
            301 | 302 | 307 | 308 => for_good(ForgeError::Moved { to: location.unwrap_or(said) }),
            500.. => {
                let asked = limit.asked.map(|seconds| Pause::Asked(Duration::from_secs(seconds)));
                let error = ForgeError::Fault { status, said, attempts: 1 };
                Trouble { error, again: Some(asked.unwrap_or(Pause::Usual)) }
            }
            _ => for_good(ForgeError::Refused { status, said }),
        })
    }
}

/// What the headers say of how many calls are taken (docs.github.com, "Rate limits for the REST API"; docs.gitlab.com,
/// "Rate limits").
struct Limit {
    /// Seconds to wait.
    asked: Option<u64>,
    left: Option<String>,
    /// When there are more, in seconds of Unix time.
    reset: Option<i64>,
}

impl Limit {
    fn is_reached(&self, said: &str) -> bool {
        self.asked.is_some() || self.left.as_deref() == Some("0") || said.to_lowercase().contains("rate limit")
    }

    fn wait(&self, now: Timestamp) -> Option<Duration> {
        let reset = || {
            let at = self.reset.filter(|_| self.left.as_deref() == Some("0"))?;
            // A second more: clocks differ.
            u64::try_from(at.saturating_sub(now.as_millis() / 1_000)).ok().map(|seconds| seconds + 1)
        };
        self.asked.or_else(reset).map(Duration::from_secs)
    }
}

fn for_good(error: ForgeError) -> Trouble {
    Trouble { error, again: None }
}

async fn collect(body: SdkBody) -> Result<String, Trouble> {
    let (mut stream, mut bytes) = (ByteStream::new(body), Vec::new());
    loop {
        match stream.try_next().await {
            Ok(None) => return Ok(String::from_utf8_lossy(&bytes).into_owned()),
            Ok(Some(piece)) if bytes.len() + piece.len() <= MOST_BYTES => bytes.extend_from_slice(&piece),
            Ok(Some(_)) => {
                let why = format!("it is longer than {MOST_BYTES} bytes");
                return Err(for_good(ForgeError::NotUnderstood { why }));
            }
            Err(error) => {
                let error = ForgeError::Unreachable { why: chain(&error) };
                return Err(Trouble { error, again: Some(Pause::Usual) });
            }
        }
    }
}

/// What an answer says is wrong, in one line: `message` of GitHub, `message` or `error` of GitLab, or its beginning.
fn said(text: &str) -> String {
    let value: Option<Value> = serde_json::from_str(text).ok();
    let field = |name: &str| match value.as_ref()?.get(name)? {
        Value::Null => None,
        Value::String(text) => Some(text.clone()),
        other => Some(other.to_string()),
    };
    let words = match (field("message").or_else(|| field("error")), field("errors")) {
        (Some(message), Some(errors)) => format!("{message} {errors}"),
        (Some(message), None) => message,
        (None, _) => text.to_owned(),
    };
    let line: String = words.split_whitespace().collect::<Vec<_>>().join(" ").chars().take(300).collect();
    if line.is_empty() { "it gave no reason".to_owned() } else { line }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_host_says_is_told_in_one_line() {
        assert_eq!(said(r#"{"message": "Not Found", "status": "404"}"#), "Not Found");
        assert_eq!(said(r#"{"message": {"note": ["is too long"]}}"#), r#"{"note":["is too long"]}"#);
        assert_eq!(said(r#"{"error": "insufficient_scope"}"#), "insufficient_scope");
        assert_eq!(said("<html>\n <b>Bad Gateway</b>"), "<html> <b>Bad Gateway</b>");
        assert_eq!(said(""), "it gave no reason");
    }

    #[test]
    fn a_limit_says_when_it_ends_in_either_way() {
        let now = Timestamp::from_millis(1_000_000);
        let limit = |asked, left: &str, reset| Limit { asked, left: Some(left.to_owned()), reset };
        assert_eq!(limit(Some(7), "0", Some(1_060)).wait(now), Some(Duration::from_secs(7)));
        assert_eq!(limit(None, "0", Some(1_060)).wait(now), Some(Duration::from_secs(61)));
        assert_eq!(limit(None, "12", Some(1_060)).wait(now), None);
        assert!(!limit(None, "12", None).is_reached("Resource not accessible by integration"));
        assert!(limit(None, "12", None).is_reached("You have exceeded a secondary rate limit"));
    }
}
