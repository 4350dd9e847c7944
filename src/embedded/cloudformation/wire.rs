//! The AWS Query protocol: form parameters in, XML out (section 8 of the behaviour reference).

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::error::Refusal;
use crate::units::Timestamp;

const NAMESPACE: &str = "http://cloudformation.amazonaws.com/doc/2010-05-15/";

/// A request, its form body decoded.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct QueryRequest {
    /// `Action`.
    pub action: String,
    /// Every other form parameter, decoded (`Parameters.member.1.ParameterKey`).
    pub params: BTreeMap<String, String>,
    /// ARN of who is calling.
    pub caller: String,
    /// What `TemplateURL` and `StackPolicyURL` point at, by URL, fetched beforehand: the text, or S3's error code
    /// (`NoSuchKey`, `AccessDenied`).
    pub documents: BTreeMap<String, Result<String, String>>,
    /// What the parameter store holds, by name, looked up beforehand (CS-34).
    pub stored: BTreeMap<String, String>,
    /// Whether `RoleARN`, where it is given, names a role that CloudFormation may assume (ER-11).
    pub role_trusts: bool,
}

/// An answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QueryResponse {
    /// HTTP status.
    pub status: u16,
    /// The body, `text/xml`.
    pub xml: String,
    /// Request id, also for the header `x-amzn-RequestId` (WI-05).
    pub request_id: String,
}

impl QueryRequest {
    /// A parameter that is given and not empty.
    pub(super) fn text(&self, name: &str) -> Option<&str> {
        self.params.get(name).map(String::as_str).filter(|text| !text.is_empty())
    }

    /// A parameter that must be given.
    pub(super) fn required(&self, name: &str) -> Result<&str, Refusal> {
        self.text(name).ok_or_else(|| Refusal::missing(&lower_first(name)))
    }

    /// A boolean parameter; absent is `None`.
    pub(super) fn flag(&self, name: &str) -> Option<bool> {
        self.text(name).map(|text| text.eq_ignore_ascii_case("true"))
    }

    /// A whole number; absent or malformed is `None`.
    pub(super) fn number(&self, name: &str) -> Option<u32> {
        self.text(name).and_then(|text| text.parse().ok())
    }

    /// A list of texts: `None` when it is not sent at all, empty when it is sent empty (WI-02).
    pub(super) fn list(&self, name: &str) -> Option<Vec<String>> {
        let mut found = Vec::new();
        while let Some(item) = self.params.get(&format!("{name}.member.{}", found.len() + 1)) {
            found.push(item.clone());
        }
        (!found.is_empty() || self.params.contains_key(name)).then_some(found)
    }

    /// A list of structures, each as its members by name.
    pub(super) fn records(&self, name: &str) -> Option<Vec<BTreeMap<String, String>>> {
        let mut found = Vec::new();
        loop {
            let prefix = format!("{name}.member.{}.", found.len() + 1);
            let record: BTreeMap<String, String> = self
                .params
                .range(prefix.clone()..)
                .take_while(|(key, _)| key.starts_with(&prefix))
                .map(|(key, value)| (key.get(prefix.len()..).unwrap_or_default().to_owned(), value.clone()))
                .collect();
            if record.is_empty() {
                break;
            }
            found.push(record);
        }
        (!found.is_empty() || self.params.contains_key(name)).then_some(found)
    }

    /// Tags; `None` when not sent.
    pub(super) fn tags(&self) -> Option<BTreeMap<String, String>> {
        self.records("Tags").map(|tags| {
            tags.into_iter()
                .filter_map(|mut tag| Some((tag.remove("Key")?, tag.remove("Value").unwrap_or_default())))
                .collect()
        })
    }

    /// Everything that was asked, as one text: equal texts mean equal requests (ER-06).
    pub(super) fn fingerprint(&self) -> String {
        let mut text = self.action.clone();
        for (key, value) in &self.params {
            let _ = write!(text, "\n{key}={value}");
        }
        text
    }
}

fn lower_first(name: &str) -> String {
    let mut chars = name.chars();
    chars.next().map(|first| first.to_ascii_lowercase().to_string() + chars.as_str()).unwrap_or_default()
}

/// XML under construction. An element that is not written is absent; an empty list is written empty: the two
/// differ for a reader (WI-03).
#[derive(Clone, Debug, Default)]
pub(super) struct Xml(String);

impl Xml {
    /// An element with text.
    pub(super) fn text(&mut self, name: &str, text: &str) -> &mut Self {
        let _ = write!(self.0, "<{name}>{}</{name}>", escaped(text));
        self
    }

    /// An element with text, if there is any.
    pub(super) fn maybe(&mut self, name: &str, text: Option<&str>) -> &mut Self {
        if let Some(text) = text {
            self.text(name, text);
        }
        self
    }

    /// `true` or `false`.
    pub(super) fn flag(&mut self, name: &str, flag: bool) -> &mut Self {
        self.text(name, if flag { "true" } else { "false" })
    }

    /// A moment (WI-06).
    pub(super) fn time(&mut self, name: &str, at: Timestamp) -> &mut Self {
        self.text(name, &at.to_string())
    }

    /// An element with elements in it.
    pub(super) fn node(&mut self, name: &str, fill: impl FnOnce(&mut Self)) -> &mut Self {
        let mut inner = Self::default();
        fill(&mut inner);
        if inner.0.is_empty() {
            let _ = write!(self.0, "<{name}/>");
        } else {
            let _ = write!(self.0, "<{name}>{}</{name}>", inner.0);
        }
        self
    }

    /// A list, written even when empty.
    pub(super) fn list<T>(
        &mut self,
        name: &str,
        items: impl IntoIterator<Item = T>,
        mut fill: impl FnMut(&mut Self, T),
    ) -> &mut Self {
        self.node(name, |list| {
            for item in items {
                list.node("member", |member| fill(member, item));
            }
        })
    }

    /// A list of texts, written even when empty.
    pub(super) fn texts<'a>(&mut self, name: &str, items: impl IntoIterator<Item = &'a str>) -> &mut Self {
        self.node(name, |list| {
            for item in items {
                list.text("member", item);
            }
        })
    }

    /// Wraps what was written as the answer to `action`. Actions whose model has no result shape get none.
    pub(super) fn respond(self, action: &str, request_id: &str) -> QueryResponse {
        let result = match action {
            "DeleteStack" | "SetStackPolicy" | "CancelUpdateStack" => String::new(),
            _ if self.0.is_empty() => format!("<{action}Result/>"),
            _ => format!("<{action}Result>{}</{action}Result>", self.0),
        };
        let xml = format!(
            "<{action}Response xmlns=\"{NAMESPACE}\">{result}<ResponseMetadata><RequestId>{request_id}</RequestId>\
             </ResponseMetadata></{action}Response>"
        );
        QueryResponse { status: 200, xml, request_id: request_id.to_owned() }
    }
}

impl Refusal {
    /// The refusal as an answer (WI-04): the request id is a sibling of `Error`.
    pub(super) fn respond(&self, request_id: &str) -> QueryResponse {
        let kind = if self.status >= 500 { "Receiver" } else { "Sender" };
        let xml = format!(
            "<ErrorResponse xmlns=\"{NAMESPACE}\"><Error><Type>{kind}</Type><Code>{}</Code><Message>{}</Message></Error>\
             <RequestId>{request_id}</RequestId></ErrorResponse>",
            self.code,
            escaped(&self.message)
        );
        QueryResponse { status: self.status, xml, request_id: request_id.to_owned() }
    }
}

fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\r' => out.push_str("&#13;"),
            // XML 1.0 has no way to write the other control characters.
            c if c.is_control() && c != '\n' && c != '\t' => out.push('\u{fffd}'),
            c => out.push(c),
        }
    }
    out
}
