//! When objects of S3 were written, by the cloud's clock: the service knows only the machine's.

use serde_json::{Value, json};

use super::back::Back;
use super::wire::{Request, Response};
use crate::units::Timestamp;

/// Elements of S3's lists that are one object or one version of it.
const ELEMENTS: [&str; 3] = ["Contents", "Version", "DeleteMarker"];

impl Back {
    /// Remembers that an object was written. `request` has its bucket in its path.
    pub(crate) fn object_written(&mut self, request: &Request, response: &Response) {
        let segments = request.segments();
        let Some((bucket, key)) = segments.split_first().filter(|(_, key)| !key.is_empty()) else { return };
        let writes = match request.method.as_str() {
            "PUT" => request.query.is_empty() || request.query == "x-id=PutObject",
            "POST" => request.query.contains("uploadId="),
            _ => false,
        };
        if !writes || !response.is_success() {
            return;
        }
        let version = response.headers.get("x-amz-version-id").and_then(|id| id.to_str().ok()).unwrap_or("null");
        let (now, key) = (json!(self.now.as_millis()), key.join("/"));
        let times = self.world.details.entry(format!("s3-times/{bucket}")).or_insert_with(|| json!({}));
        if let Value::Object(times) = times {
            // The newest version is also what lists without versions show.
            times.insert(format!("{key}?{version}"), now.clone());
            times.insert(key, now);
        }
    }

    /// Tells the times of objects in a list, and of one object.
    pub(crate) fn tell_object_times(&self, request: &Request, response: &mut Response) {
        let segments = request.segments();
        let Some((bucket, key)) = segments.split_first() else { return };
        let Some(Value::Object(times)) = self.world.details.get(&format!("s3-times/{bucket}")) else { return };
        let time = |key: &str, version: Option<&str>| {
            let found = version.and_then(|version| times.get(&format!("{key}?{version}"))).or_else(|| times.get(key));
            found.and_then(Value::as_i64).map(Timestamp::from_millis)
        };
        if !key.is_empty() {
            let version = response.headers.get("x-amz-version-id").and_then(|id| id.to_str().ok());
            let told = time(&key.join("/"), version).and_then(http_date);
            if let (Some(told), true) = (told, response.headers.contains_key(http::header::LAST_MODIFIED)) {
                response.headers.insert(http::header::LAST_MODIFIED, told);
            }
            return;
        }
        let Ok(text) = std::str::from_utf8(&response.body) else { return };
        if !text.contains("<LastModified>") {
            return;
        }
        let mut told = text.to_owned();
        for element in ELEMENTS {
            told = retimed(&told, element, &time);
        }
        response.body = told.into();
        response.headers.remove(http::header::CONTENT_LENGTH);
    }
}

/// The list with the times that are known.
fn retimed(list: &str, element: &str, time: &impl Fn(&str, Option<&str>) -> Option<Timestamp>) -> String {
    let (open, close) = (format!("<{element}>"), format!("</{element}>"));
    let mut out = String::with_capacity(list.len());
    let mut rest = list;
    while let Some((before, after)) = rest.split_once(&open) {
        let Some((inside, further)) = after.split_once(&close) else { break };
        let known = text_of(inside, "Key").and_then(|key| time(key, text_of(inside, "VersionId")));
        let inside = match (known, text_of(inside, "LastModified")) {
            (Some(known), Some(said)) => inside.replacen(said, &known.to_string(), 1),
            (None, _) | (_, None) => inside.to_owned(),
        };
        out.push_str(&format!("{before}{open}{inside}{close}"));
        rest = further;
    }
    out.push_str(rest);
    out
}

fn text_of<'t>(xml: &'t str, element: &str) -> Option<&'t str> {
    let (_, after) = xml.split_once(&format!("<{element}>"))?;
    after.split_once(&format!("</{element}>")).map(|(text, _)| text)
}

fn http_date(at: Timestamp) -> Option<http::HeaderValue> {
    let date = aws_smithy_types::DateTime::from_millis(at.as_millis());
    date.fmt(aws_smithy_types::date_time::Format::HttpDate).ok()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_version_has_the_time_of_its_own_writing() {
        let list = "<L><Version><Key>a</Key><LastModified>2020</LastModified><VersionId>1</VersionId></Version>\
                    <Version><Key>b</Key><LastModified>2021</LastModified><VersionId>2</VersionId></Version></L>";
        let time =
            |key: &str, version: Option<&str>| ((key, version) == ("a", Some("1"))).then(|| Timestamp::from_millis(0));
        let told = retimed(list, "Version", &time);
        assert!(told.contains("<Key>a</Key><LastModified>1970-01-01T00:00:00"), "{told}");
        assert!(told.contains("<Key>b</Key><LastModified>2021</LastModified>") && told.ends_with("</L>"), "{told}");
    }
}
