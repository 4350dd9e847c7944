//! CloudFormation's engine on the wire: requests in, answers out, and whether anything changed.

use std::collections::BTreeMap;

use bytes::Bytes;
use serde_json::Value;

use super::EmbeddedError;
use super::back::Back;
use super::cloud::Settings;
use super::cloudformation::{Effect, Engine, HandlerError, LoadError, Provisioned, QueryRequest};
use super::services::ServiceName;
use super::wire::{Request, Response, decode, xml_text};
use crate::units::Timestamp;

/// The engine, and whether it has to be saved.
#[derive(Debug)]
pub(super) struct Stacks {
    engine: Engine,
    changed: bool,
}

impl Stacks {
    /// No stacks yet.
    pub(super) fn new(settings: &Settings) -> Self {
        Self { engine: Engine::new(settings.account.clone(), settings.region.clone(), "aws"), changed: true }
    }

    /// Stacks as saved.
    pub(super) fn load(stored: &Value) -> Result<Self, EmbeddedError> {
        let engine = Engine::load(stored).map_err(|error| match error {
            LoadError::Newer(format) => EmbeddedError::Newer(format),
            LoadError::Malformed(error) => EmbeddedError::Unreadable(error.to_string()),
        })?;
        Ok(Self { engine, changed: false })
    }

    /// Everything to be saved.
    pub(super) fn save(&self) -> Result<Value, EmbeddedError> {
        self.engine.save().map_err(|error| EmbeddedError::Internal(error.to_string()))
    }

    /// Logical id and type of every resource of every stack that is there.
    pub(super) fn resources(&self) -> BTreeMap<String, String> {
        self.engine.resources().map(|(id, type_name)| (id.to_owned(), type_name.to_owned())).collect()
    }

    /// Whether there is anything new to save; asks once.
    pub(super) fn take_changed(&mut self) -> bool {
        std::mem::take(&mut self.changed)
    }

    /// When something falls due next.
    pub(super) fn next_due(&self) -> Option<Timestamp> {
        self.engine.next_due()
    }

    /// What has to be done by `at`.
    pub(super) fn poll(&mut self, at: Timestamp) -> Vec<Effect> {
        if self.engine.next_due().is_some_and(|due| due <= at) {
            self.changed = true;
        }
        self.engine.poll(at)
    }

    /// What came of it.
    pub(super) fn complete(&mut self, effect_id: u64, result: Result<Provisioned, HandlerError>) {
        self.engine.complete(effect_id, result);
        self.changed = true;
    }

    /// Answers a request. Reading numbers the request and changes nothing else, so it is not saved.
    pub(super) async fn answer(&mut self, back: &mut Back, request: &Request) -> Result<Response, EmbeddedError> {
        let mut params = request.form();
        if request.method == "GET" {
            params.extend(super::wire::parse_form(&request.query));
        }
        let action = params.remove("Action").unwrap_or_default();
        params.remove("Version");
        let documents = documents(back, &params).await?;
        let role_trusts = match params.get("RoleARN").filter(|role| !role.is_empty()) {
            Some(role) => may_be_assumed(back, role).await,
            None => true,
        };
        let stored = super::kept::stored_parameters(back);
        let reads = ["Describe", "List", "Get", "Validate", "Estimate"].iter().any(|verb| action.starts_with(verb));
        let caller = back.caller();
        let asked = QueryRequest { action, params, caller, documents, stored, role_trusts };
        let answer = self.engine.handle(&asked, back.now);
        self.changed |= !reads;
        let mut response = Response::new(answer.status, "text/xml", answer.xml);
        response.set("x-amzn-requestid", &answer.request_id);
        Ok(response)
    }
}

/// What the URLs in a request point at, by URL.
async fn documents(
    back: &mut Back,
    params: &BTreeMap<String, String>,
) -> Result<BTreeMap<String, Result<String, String>>, EmbeddedError> {
    let mut found = BTreeMap::new();
    for name in ["TemplateURL", "StackPolicyURL", "StackPolicyDuringUpdateURL"] {
        let Some(url) = params.get(name) else { continue };
        let text = match object_of(url) {
            Some(path) => match back.s3("GET", &path, &[], Bytes::new()).await {
                Ok(response) => Ok(String::from_utf8_lossy(&response.body).into_owned()),
                Err(refusal) => Err(refusal.code),
            },
            // Nothing was fetched: the engine says that it is no address of S3's.
            None => continue,
        };
        found.insert(url.clone(), text);
    }
    Ok(found)
}

/// Whether CloudFormation may assume a role: one of another account is taken at its word.
async fn may_be_assumed(back: &mut Back, role: &str) -> bool {
    const SERVICE: &str = "cloudformation.amazonaws.com";
    if let Some(trusts) = back.role_trusts(role, SERVICE) {
        return trusts;
    }
    let own = role.split(':').nth(4) == Some(back.account().as_str());
    let name = role.rsplit('/').next().unwrap_or(role).to_owned();
    let asked = back.query(ServiceName::Iam, "2010-05-08", "GetRole", &[("RoleName".to_owned(), name)]).await;
    match asked {
        Ok(found) => decode(&xml_text(&found, "AssumeRolePolicyDocument").unwrap_or_default()).contains(SERVICE),
        Err(_) => !own,
    }
}

/// `/bucket/key` of an S3 URL in either style; `None` for any other URL.
fn object_of(url: &str) -> Option<String> {
    let rest = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://"))?;
    let (host, path) = rest.split_once('/')?;
    let path = path.split('?').next().unwrap_or(path);
    let host = host.split(':').next().unwrap_or(host);
    let own = host.starts_with("s3.") || host.starts_with("s3-") || host == "127.0.0.1" || host == "localhost";
    if own {
        return Some(format!("/{path}"));
    }
    let bucket = host.get(..host.find(".s3")?)?;
    Some(format!("/{}/{path}", decode(bucket)))
}

#[cfg(test)]
mod tests {
    use super::object_of;

    #[test]
    fn template_urls_of_both_styles_name_an_object() {
        assert_eq!(object_of("https://s3.eu-west-1.amazonaws.com/b/k/t.json"), Some("/b/k/t.json".to_owned()));
        assert_eq!(object_of("https://b.s3.eu-west-1.amazonaws.com/k/t.json?x=1"), Some("/b/k/t.json".to_owned()));
        assert_eq!(object_of("https://example.com/t.json"), None);
    }
}
