//! The embedded cloud: AWS inside the binary, as an HTTP client and as a loopback server.
//!
//! CloudFormation is ours (`cloudformation`); the resource services come from `winterbaume`. Nothing
//! here leaves the machine.

pub mod cloudformation;
