//! Sluice turns one declarative pipeline file into a production streaming-ML system on AWS.
//!
//! A pipeline file and an environment file are read (`spec`, `environment`), resolved (`pipeline`), sized
//! (`capacity`), rendered to CloudFormation (`render`, `template`), compared with what is there (`observed`,
//! `plan`) and rolled out (`rollout`) through one facade over AWS (`cloud`), which may be Amazon's or the one
//! inside the binary (`embedded`). `operate` orders the calls of each command, `view` renders what happened,
//! `cli` composes. Which room may use which is the table in `tests/layering.rs`.

pub mod artifact;
pub mod capacity;
pub mod ci;
pub mod cli;
pub mod cloud;
pub mod cost;
pub mod diagnostic;
pub mod embedded;
pub mod environment;
pub mod event;
pub mod forge;
pub mod foundation;
pub mod import;
pub mod observed;
pub mod operate;
pub mod pipeline;
pub mod plan;
pub mod readiness;
pub mod release;
pub mod render;
pub mod rollout;
pub mod spec;
pub mod template;
pub mod units;
pub mod view;
pub mod workspace;
