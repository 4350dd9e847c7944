//! The embedded cloud: an AWS that lives inside the process, with a clock of its own.
//!
//! CloudFormation is ours (`cloudformation`); the resource services come from `winterbaume`, completed where
//! they know less than AWS. It is plugged into the SDK as its HTTP client, or offered on a loopback address.
//! Nothing here leaves the machine.

mod access;
mod back;
mod calls;
mod cbor;
mod changed;
mod cloud;
pub mod cloudformation;
mod commands;
mod connector;
mod consumers;
mod expression;
mod faults;
mod kept;
mod mappings;
mod metrics;
mod objects;
mod operations;
mod present;
mod provision;
mod reading;
mod rule;
mod saved;
mod serve;
mod services;
mod stacks;
mod time;
mod watching;
mod wire;

#[cfg(test)]
mod tests;

use std::net::SocketAddr;

pub use cloud::{EmbeddedCloud, Settings};
pub use commands::{Records, Status};
pub use consumers::{MappingStatus, Work};
pub use faults::{CallFault, FailOn};
pub use metrics::AlarmState;
pub use operations::{may_be_stale, operations};
pub use provision::Kind;
pub use serve::Server;
pub use services::ServiceName;
pub use time::Speed;
pub use wire::{Request, Response};

use crate::workspace::StateError;

/// Why the embedded cloud could not answer at all. What it refuses is an answer, not one of these.
#[derive(Debug, thiserror::Error)]
pub enum EmbeddedError {
    /// Its state could not be locked, read or written.
    #[error(transparent)]
    State(#[from] StateError),
    /// Its state is not what this version writes.
    #[error("the embedded cloud's state cannot be read: {0}; `sluice embedded reset` begins anew")]
    Unreadable(String),
    /// Its state was written by a newer version.
    #[error(
        "the embedded cloud's state has format {0}, which is newer than this sluice; use the newer one, or `sluice embedded reset`"
    )]
    Newer(u32),
    /// It may be served on loopback only.
    #[error("{0} is not a loopback address: whoever reaches the embedded cloud may do anything in it")]
    NotLoopback(SocketAddr),
    /// The address cannot be listened on.
    #[error("cannot listen on {address}: {source}")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// What the system said.
        source: std::io::Error,
    },
    /// It was asked about something that is not there.
    #[error("{0}")]
    NotThere(String),
    /// A bug.
    #[error("the embedded cloud failed: {0}")]
    Internal(String),
}
