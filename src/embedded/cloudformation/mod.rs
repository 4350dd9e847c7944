//! CloudFormation of the embedded cloud: a discrete-event engine that is a function of requests, time
//! and the results of what it asks to have provisioned.
//!
//! It reads no clock, does no I/O and provisions nothing: what has to happen to a resource is handed out
//! as an [`Effect`] and its result handed back. Row ids in the comments (`SQ-06`) point into the
//! behaviour reference that `docs/embedded.md` indexes.

mod actions;
mod apply;
mod change;
mod changes;
mod deployment;
mod document;
mod durations;
mod early;
mod effect;
mod engine;
mod error;
mod evaluate;
mod facts;
mod ids;
mod mode;
mod operation;
mod outputs;
mod policy;
mod record;
mod references;
mod remove;
mod revert;
mod run;
mod settle;
mod state;
mod status;
mod steps;
#[cfg(test)]
mod tests;
mod validate;
mod watch;
mod wire;
mod world;

pub use actions::ACTIONS;
pub use effect::{
    Effect, EffectAction, HandlerError, HandlerErrorCode, Properties, Provisioned, Provisioner, StackRef,
};
pub use engine::{Engine, LoadError};
pub(super) use policy::{like, texts};
pub use wire::{QueryRequest, QueryResponse};

/// A refusal that comes before CloudFormation is asked: throttling, missing permission.
pub(super) fn refusal(status: u16, code: &'static str, message: &str, request_id: &str) -> QueryResponse {
    error::Refusal { status, code, message: message.to_owned() }.respond(request_id)
}
