//! Requests and responses as they travel on the wire, and the little of each protocol that routing and
//! provisioning need: forms, flat XML, JSON errors.

use std::collections::BTreeMap;

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue};
use serde_json::{Value, json};

/// One HTTP request to the embedded cloud.
#[derive(Clone, Debug)]
pub struct Request {
    /// `GET`, `PUT`, …
    pub method: String,
    /// Host without port, lower case; may be a loopback address.
    pub host: String,
    /// Path, still percent-encoded, beginning with `/`.
    pub path: String,
    /// Query without `?`, still encoded; empty if there is none.
    pub query: String,
    /// Headers.
    pub headers: HeaderMap,
    /// Body, whole.
    pub body: Bytes,
}

/// One HTTP response of the embedded cloud.
#[derive(Clone, Debug)]
pub struct Response {
    /// Status code.
    pub status: u16,
    /// Headers.
    pub headers: HeaderMap,
    /// Body, whole.
    pub body: Bytes,
}

impl Request {
    /// A header's value, where it is text.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    /// The body of the AWS Query protocol as parameters.
    #[must_use]
    pub fn form(&self) -> BTreeMap<String, String> {
        parse_form(&String::from_utf8_lossy(&self.body))
    }

    /// The path's segments, decoded, without empty ones.
    #[must_use]
    pub fn segments(&self) -> Vec<String> {
        self.path.split('/').filter(|part| !part.is_empty()).map(decode).collect()
    }

    /// The operation, for screens, faults and overrides: `DescribeStreamSummary`, or `GET /2015-03-31/functions` where the
    /// protocol has no name for it.
    #[must_use]
    pub fn action(&self) -> String {
        if let Some(target) = self.header("x-amz-target") {
            return target.rsplit('.').next().unwrap_or(target).to_owned();
        }
        if let Some(operation) = self.path.split("/operation/").nth(1) {
            return operation.to_owned();
        }
        if self.method == "POST"
            && let Some(action) = self.form().remove("Action")
        {
            return action;
        }
        // S3 has no other name for it, and not every client gives this one.
        parse_form(&self.query).remove("x-id").unwrap_or_else(|| format!("{} {}", self.method, self.path))
    }
}

impl Response {
    /// A response with one content type.
    #[must_use]
    pub fn new(status: u16, content_type: &'static str, body: impl Into<Bytes>) -> Self {
        let mut headers = HeaderMap::new();
        headers.insert(http::header::CONTENT_TYPE, HeaderValue::from_static(content_type));
        Self { status, headers, body: body.into() }
    }

    /// A JSON answer.
    #[must_use]
    pub fn json(status: u16, body: &Value) -> Self {
        Self::new(status, "application/x-amz-json-1.1", body.to_string())
    }

    /// An error in the JSON protocols' form.
    #[must_use]
    pub fn json_error(status: u16, code: &str, message: &str) -> Self {
        let mut response = Self::json(status, &json!({"__type": code, "message": message, "Message": message}));
        response.set("x-amzn-errortype", code);
        response
    }

    /// An error in the Query protocol's form.
    #[must_use]
    pub fn query_error(status: u16, code: &str, message: &str, request_id: &str) -> Self {
        let fault = if status < 500 { "Sender" } else { "Receiver" };
        Self::new(
            status,
            "text/xml",
            format!(
                "<ErrorResponse><Error><Type>{fault}</Type><Code>{}</Code><Message>{}</Message></Error><RequestId>{request_id}</RequestId></ErrorResponse>",
                escape(code),
                escape(message)
            ),
        )
    }

    /// An error in S3's form.
    #[must_use]
    pub fn s3_error(status: u16, code: &str, message: &str, request_id: &str) -> Self {
        Self::new(
            status,
            "application/xml",
            format!(
                "<?xml version=\"1.0\" encoding=\"UTF-8\"?><Error><Code>{}</Code><Message>{}</Message><RequestId>{request_id}</RequestId></Error>",
                escape(code),
                escape(message)
            ),
        )
    }

    /// Sets a header; a value that cannot be one is left out.
    pub fn set(&mut self, name: &'static str, value: &str) {
        if let Ok(value) = HeaderValue::from_str(value) {
            self.headers.insert(HeaderName::from_static(name), value);
        }
    }

    /// Whether it is a 2xx.
    #[must_use]
    pub fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }
}

/// Reads `a=b&c=d`.
#[must_use]
pub(crate) fn parse_form(text: &str) -> BTreeMap<String, String> {
    text.split('&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            (decode(&name.replace('+', " ")), decode(&value.replace('+', " ")))
        })
        .collect()
}

/// Writes parameters as a form.
#[must_use]
pub(crate) fn write_form(parameters: &BTreeMap<String, String>) -> String {
    let pairs: Vec<String> =
        parameters.iter().map(|(name, value)| format!("{}={}", encode(name), encode(value))).collect();
    pairs.join("&")
}

/// Percent-encodes everything but unreserved characters.
#[must_use]
pub(crate) fn encode(text: &str) -> String {
    text.bytes().fold(String::with_capacity(text.len()), |mut out, byte| {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'~') {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
        out
    })
}

/// Undoes percent-encoding; a broken escape stays as it is.
#[must_use]
pub(crate) fn decode(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        let escaped = (byte == b'%')
            .then(|| text.get(at + 1..at + 3))
            .flatten()
            .and_then(|digits| u8::from_str_radix(digits, 16).ok());
        match escaped {
            Some(value) => {
                out.push(value);
                at += 3;
            }
            None => {
                out.push(byte);
                at += 1;
            }
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}

/// Escapes text for XML.
#[must_use]
pub(crate) fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

/// The text of the first `<tag>…</tag>`, unescaped. Enough for the flat answers that provisioning reads.
#[must_use]
pub(crate) fn xml_text(xml: &str, tag: &str) -> Option<String> {
    let start = xml.find(&format!("<{tag}>"))? + tag.len() + 2;
    let rest = xml.get(start..)?;
    let text = rest.get(..rest.find(&format!("</{tag}>"))?)?;
    Some(
        text.replace("&lt;", "<")
            .replace("&gt;", ">")
            .replace("&quot;", "\"")
            .replace("&apos;", "'")
            .replace("&#34;", "\"")
            .replace("&#39;", "'")
            .replace("&amp;", "&"),
    )
}

/// Undoes the `aws-chunked` content encoding that SDKs use for checksummed uploads.
#[must_use]
pub(crate) fn unchunk(body: &Bytes) -> Bytes {
    let mut out = Vec::with_capacity(body.len());
    let mut rest: &[u8] = body;
    while let Some(line_end) = rest.windows(2).position(|pair| pair == b"\r\n") {
        let header = String::from_utf8_lossy(rest.get(..line_end).unwrap_or_default()).into_owned();
        let digits = header.split(';').next().unwrap_or_default().trim();
        let Ok(size) = usize::from_str_radix(digits, 16) else { break };
        let start = line_end + 2;
        let Some(chunk) = rest.get(start..start.saturating_add(size)) else { break };
        if size == 0 {
            break;
        }
        out.extend_from_slice(chunk);
        rest = rest.get(start + size + 2..).unwrap_or_default();
    }
    Bytes::from(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_round_trip() {
        let form = BTreeMap::from([("A b".to_owned(), "ü&=+ %".to_owned()), ("B".to_owned(), String::new())]);
        assert_eq!(parse_form(&write_form(&form)), form);
    }

    #[test]
    fn chunked_uploads_are_put_together() {
        let body =
            Bytes::from_static(b"4;chunk-signature=x\r\nwiki\r\n5\r\npedia\r\n0\r\nx-amz-checksum-crc32:AA\r\n\r\n");
        assert_eq!(&unchunk(&body)[..], b"wikipedia");
    }

    #[test]
    fn a_broken_escape_is_left_alone() {
        assert_eq!(decode("100%"), "100%");
        assert_eq!(decode("%zz%41"), "%zzA");
    }
}
