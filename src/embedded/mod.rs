//! The embedded cloud: an AWS that lives inside the process, with a clock of its own.
//!
//! CloudFormation is ours (`cloudformation`); the resource services come from `winterbaume`. Nothing
//! here leaves the machine.

pub mod cloudformation;
