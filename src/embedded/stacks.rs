//! CloudFormation's engine on the wire: requests in, answers out, and whether anything changed.

use serde_json::Value;

use super::EmbeddedError;
use super::back::Back;
use super::cloud::Settings;
use super::cloudformation::{Effect, HandlerError, Provisioned};
use super::wire::{Request, Response};
use crate::units::Timestamp;

/// The engine, and whether it has to be saved.
#[derive(Debug)]
pub(super) struct Stacks {
    changed: bool,
}

impl Stacks {
    pub fn new(settings: &Settings) -> Self {
        let _ = settings;
        Self { changed: true }
    }

    pub fn load(stored: &Value) -> Result<Self, EmbeddedError> {
        let _ = stored;
        Ok(Self { changed: false })
    }

    pub fn save(&self) -> Result<Value, EmbeddedError> {
        Ok(Value::Null)
    }

    /// Whether there is anything new to save; asks once.
    pub fn take_changed(&mut self) -> bool {
        std::mem::take(&mut self.changed)
    }

    pub fn next_due(&self) -> Option<Timestamp> {
        None
    }

    pub fn poll(&mut self, at: Timestamp) -> Vec<Effect> {
        let _ = at;
        Vec::new()
    }

    pub fn complete(&mut self, effect_id: u64, result: Result<Provisioned, HandlerError>) {
        let _ = (effect_id, result);
        self.changed = true;
    }

    pub async fn answer(&mut self, back: &mut Back, request: &Request) -> Result<Response, EmbeddedError> {
        let _ = (back, request);
        Ok(Response::query_error(501, "NotImplemented", "", ""))
    }
}
