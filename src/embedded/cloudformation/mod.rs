//! CloudFormation of the embedded cloud: a discrete-event engine that is a function of requests, time
//! and the results of what it asks to have provisioned.
//!
//! It reads no clock, does no I/O and provisions nothing: what has to happen to a resource is handed out
//! as an [`Effect`] and its result handed back. Row ids in the comments (`SQ-06`) point into the
//! behaviour reference that `docs/embedded.md` indexes.

mod effect;

pub use effect::{
    Effect, EffectAction, HandlerError, HandlerErrorCode, Properties, Provisioned, Provisioner, StackRef,
};
