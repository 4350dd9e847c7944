//! Sluice turns one declarative pipeline file into a production streaming-ML system on AWS.
//!
//! The rooms and which room may use which are fixed in `tests/layering.rs`.

pub mod diagnostic;
pub mod embedded;
pub mod environment;
pub mod event;
pub mod observed;
pub mod pipeline;
pub mod template;
pub mod units;
pub mod workspace;
