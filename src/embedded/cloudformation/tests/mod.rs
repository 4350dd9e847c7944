//! The engine against a scripted provisioner, in virtual time.

mod change_sets;
mod changes;
mod creation;
mod deletion;
mod describing;
mod drift;
mod evaluating;
mod exports;
mod fidelity;
mod imports;
mod policies;
mod refusals;
mod rollback;
mod templates;
mod triggers;
mod update;
mod wire;

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::effect::{Effect, EffectAction, HandlerError, HandlerErrorCode, Properties, Provisioned};
use super::engine::Engine;
use super::wire::QueryRequest;
use crate::units::{AccountId, Duration, Region, Timestamp};

/// An answer.
pub(super) struct Reply {
    pub(super) status: u16,
    pub(super) xml: String,
}

impl Reply {
    /// The text of the first element of a name.
    pub(super) fn get(&self, name: &str) -> Option<String> {
        texts(&self.xml, name).into_iter().next()
    }
    pub(super) fn all(&self, name: &str) -> Vec<String> {
        texts(&self.xml, name)
    }
    pub(super) fn has(&self, part: &str) -> bool {
        self.xml.contains(part)
    }
    /// `Code: Message` of an error.
    pub(super) fn error(&self) -> String {
        format!("{}: {}", self.get("Code").unwrap_or_default(), self.get("Message").unwrap_or_default())
    }
    #[track_caller]
    pub(super) fn ok(self) -> Self {
        assert_eq!(self.status, 200, "{}", self.xml);
        self
    }
}

/// Texts of all elements of a name, entities resolved.
pub(super) fn texts(xml: &str, name: &str) -> Vec<String> {
    let (open, close) = (format!("<{name}>"), format!("</{name}>"));
    let mut found = Vec::new();
    let mut rest = xml;
    while let Some((_, after)) = rest.split_once(&open) {
        let Some((inner, tail)) = after.split_once(&close) else { break };
        let text = inner.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"").replace("&amp;", "&");
        found.push(text);
        rest = tail;
    }
    found
}

/// The engine with a world around it.
pub(super) struct Cloud {
    pub(super) engine: Engine,
    pub(super) now: Timestamp,
    /// Errors to answer with, by `create Queue`, `update Queue`, `delete Queue`; each is used up.
    pub(super) faults: BTreeMap<String, Vec<HandlerError>>,
    /// What exists, by physical id.
    pub(super) live: BTreeMap<String, Properties>,
    pub(super) alarms: BTreeMap<String, String>,
    /// Effects carried out, `create Queue`.
    pub(super) log: Vec<String>,
    pub(super) effects: Vec<Effect>,
    made: u32,
}

impl Cloud {
    pub(super) fn new() -> Self {
        let account = AccountId::new("123456789012").expect("account");
        let region = Region::new("eu-west-1").expect("region");
        Self {
            engine: Engine::new(account, region, "aws"),
            now: Timestamp::parse("2026-09-26T22:21:45.000Z").expect("time"),
            faults: BTreeMap::new(),
            live: BTreeMap::new(),
            alarms: BTreeMap::new(),
            log: Vec::new(),
            effects: Vec::new(),
            made: 0,
        }
    }

    pub(super) fn send(&mut self, action: &str, params: &[(&str, &str)]) -> Reply {
        self.settle();
        let params = params.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
        let caller = "arn:aws:iam::123456789012:user/me".to_owned();
        let request = QueryRequest {
            action: action.to_owned(),
            params,
            caller,
            documents: BTreeMap::new(),
            role_trusts: true,
            ..QueryRequest::default()
        };
        let response = self.engine.handle(&request, self.now);
        Reply { status: response.status, xml: response.xml }
    }

    pub(super) fn fault(&mut self, what: &str, error: HandlerError) {
        self.faults.entry(what.to_owned()).or_default().push(error);
    }

    /// Carries out everything due by now.
    pub(super) fn settle(&mut self) {
        loop {
            let effects = self.engine.poll(self.now);
            if effects.is_empty() {
                return;
            }
            for effect in effects {
                let result = self.apply(&effect);
                self.engine.complete(effect.id, result);
            }
        }
    }

    pub(super) fn advance(&mut self, seconds: u64) {
        self.now = self.now.plus(Duration::from_secs(seconds));
        self.settle();
    }

    /// Goes on until nothing is under way.
    pub(super) fn finish(&mut self) {
        self.settle();
        for _ in 0..10_000 {
            let Some(due) = self.engine.next_due() else { return };
            self.now = self.now.max(due);
            self.settle();
        }
        panic!("never comes to rest");
    }

    fn apply(&mut self, effect: &Effect) -> Result<Provisioned, HandlerError> {
        let verb = match &effect.action {
            EffectAction::Create { .. } => "create",
            EffectAction::Update { .. } => "update",
            EffectAction::Delete { .. } => "delete",
            EffectAction::Read { .. } => "read",
        };
        let what = format!("{verb} {}", effect.logical_id);
        self.log.push(what.clone());
        self.effects.push(effect.clone());
        let fault = self.faults.get_mut(&what).filter(|queue| !queue.is_empty()).map(|queue| queue.remove(0));
        if let Some(error) = fault {
            return Err(error);
        }
        let missing = || HandlerError::new(HandlerErrorCode::NotFound, "not found");
        match &effect.action {
            EffectAction::Create { properties } => {
                self.made += 1;
                let named = ["Name", "QueueName", "TopicName", "TableName", "BucketName", "RoleName", "FunctionName"];
                let name = named.iter().find_map(|key| properties.get(*key)?.as_str().map(str::to_owned));
                let id = name.unwrap_or_else(|| format!("{}-{}-{}", effect.stack.name, effect.logical_id, self.made));
                self.live.insert(id.clone(), properties.clone());
                Ok(described(&id, properties))
            }
            EffectAction::Update { physical_id, after, .. } => {
                self.live.insert(physical_id.clone(), after.clone());
                Ok(described(physical_id, after))
            }
            EffectAction::Delete { physical_id, properties } => {
                self.live.remove(physical_id).ok_or_else(missing)?;
                Ok(described(physical_id, properties))
            }
            EffectAction::Read { physical_id } => {
                if let Some(state) = self.alarms.get(physical_id) {
                    let attributes = BTreeMap::from([("StateValue".to_owned(), Value::from(state.clone()))]);
                    return Ok(Provisioned {
                        physical_id: physical_id.clone(),
                        attributes,
                        properties: Properties::new(),
                    });
                }
                let properties = self.live.get(physical_id).ok_or_else(missing)?;
                Ok(Provisioned { properties: properties.clone(), ..described(physical_id, properties) })
            }
        }
    }

    /// `Queue CREATE_COMPLETE`, `stack CREATE_IN_PROGRESS User Initiated`, oldest first.
    pub(super) fn events(&mut self, stack: &str) -> Vec<String> {
        let mut found = Vec::new();
        let mut token = String::new();
        loop {
            let reply = self.send("DescribeStackEvents", &[("StackName", stack), ("NextToken", &token)]).ok();
            for member in texts(&reply.xml, "member") {
                let get = |name: &str| texts(&member, name).into_iter().next();
                let about_stack = get("ResourceType").as_deref() == Some("AWS::CloudFormation::Stack");
                let who = if about_stack { "stack".to_owned() } else { get("LogicalResourceId").unwrap_or_default() };
                let reason = get("ResourceStatusReason").map(|reason| format!(" {reason}")).unwrap_or_default();
                found.push(format!("{who} {}{reason}", get("ResourceStatus").unwrap_or_default()));
            }
            match reply.get("NextToken") {
                Some(next) => token = next,
                None => break,
            }
        }
        found.reverse();
        found
    }

    /// Events since a number of them.
    pub(super) fn events_after(&mut self, stack: &str, seen: usize) -> Vec<String> {
        self.events(stack).split_off(seen)
    }

    pub(super) fn status(&mut self, stack: &str) -> String {
        self.send("DescribeStacks", &[("StackName", stack)]).get("StackStatus").unwrap_or_default()
    }

    pub(super) fn reason(&mut self, stack: &str) -> Option<String> {
        self.send("DescribeStacks", &[("StackName", stack)]).get("StackStatusReason")
    }

    /// Creates a stack and waits.
    #[track_caller]
    pub(super) fn create(&mut self, stack: &str, template: &Value) -> String {
        let body = template.to_string();
        let params =
            [("StackName", stack), ("TemplateBody", body.as_str()), ("Capabilities.member.1", "CAPABILITY_NAMED_IAM")];
        let id = self.send("CreateStack", &params).ok().get("StackId").expect("id");
        self.finish();
        id
    }

    /// Updates a stack and waits.
    #[track_caller]
    pub(super) fn update(&mut self, stack: &str, template: &Value) {
        self.update_with(stack, template, &[]).ok();
        self.finish();
    }

    pub(super) fn update_with(&mut self, stack: &str, template: &Value, more: &[(&str, &str)]) -> Reply {
        let body = template.to_string();
        let mut params = vec![
            ("StackName", stack),
            ("TemplateBody", body.as_str()),
            ("Capabilities.member.1", "CAPABILITY_NAMED_IAM"),
        ];
        params.extend_from_slice(more);
        self.send("UpdateStack", &params)
    }

    /// Makes a change set and waits for it. Gives its id.
    #[track_caller]
    pub(super) fn change_set(
        &mut self,
        stack: &str,
        name: &str,
        kind: &str,
        template: &Value,
        more: &[(&str, &str)],
    ) -> String {
        let body = template.to_string();
        let mut params = vec![
            ("StackName", stack),
            ("ChangeSetName", name),
            ("ChangeSetType", kind),
            ("TemplateBody", body.as_str()),
            ("Capabilities.member.1", "CAPABILITY_IAM"),
        ];
        params.extend_from_slice(more);
        let id = self.send("CreateChangeSet", &params).ok().get("Id").expect("id");
        self.finish();
        id
    }

    pub(super) fn describe_changes(&mut self, change_set: &str, valued: bool) -> Reply {
        let flag = if valued { "true" } else { "false" };
        self.send("DescribeChangeSet", &[("ChangeSetName", change_set), ("IncludePropertyValues", flag)]).ok()
    }

    /// Executes and waits.
    #[track_caller]
    pub(super) fn execute(&mut self, change_set: &str) {
        self.send("ExecuteChangeSet", &[("ChangeSetName", change_set)]).ok();
        self.finish();
    }
}

fn described(id: &str, properties: &Properties) -> Provisioned {
    let mut attributes: BTreeMap<String, Value> =
        properties.iter().filter(|(_, value)| value.is_string()).map(|(k, v)| (k.clone(), v.clone())).collect();
    attributes.insert("Arn".to_owned(), Value::from(format!("arn:aws:test:eu-west-1:123456789012:{id}")));
    Provisioned { physical_id: id.to_owned(), attributes, properties: Properties::new() }
}

/// A template of topics: `(logical id, properties)`.
pub(super) fn topics(resources: &[(&str, Value)]) -> Value {
    let resources: serde_json::Map<String, Value> = resources
        .iter()
        .map(|(id, properties)| ((*id).to_owned(), json!({"Type": "AWS::SNS::Topic", "Properties": properties})))
        .collect();
    json!({ "Resources": resources })
}

/// An error as a service gives it.
pub(super) fn boom() -> HandlerError {
    HandlerError::new(HandlerErrorCode::GeneralServiceException, "boom (Service: Sns, Status Code: 400, Request ID: r)")
}

/// The text CloudFormation makes of [`boom`], without the token that changes.
pub(super) fn is_boom(event: &str) -> bool {
    event.contains(
        "Resource handler returned message: \"boom (Service: Sns, Status Code: 400, Request ID: r)\" (RequestToken: ",
    ) && event.ends_with(", HandlerErrorCode: GeneralServiceException)")
}

/// Events with the changing part of handler texts cut.
pub(super) fn short(events: Vec<String>) -> Vec<String> {
    events
        .into_iter()
        .map(|event| {
            if is_boom(&event) {
                event.split(" Resource handler").next().unwrap_or_default().to_owned() + " boom"
            } else {
                event
            }
        })
        .collect()
}

/// The logical ids that hold nothing any more are gone from the world too.
pub(super) fn names(live: &BTreeMap<String, Properties>) -> BTreeSet<String> {
    live.keys().cloned().collect()
}
