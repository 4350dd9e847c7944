//! A lease that was taken away, or that was not there.

use serde::Serialize;

use super::style::{Label, Look};
use super::words::json;
use super::{FORMAT_VERSION, TOOL_VERSION};
use crate::rollout::Lease;

/// What became of a lease.
#[derive(Clone, Debug, Serialize)]
pub struct Unlocked<'a> {
    /// The pipeline.
    pub pipeline: &'a str,
    /// The environment.
    pub environment: &'a str,
    /// The region.
    pub region: &'a str,
    /// Whether there was one, which is gone now.
    pub removed: bool,
    /// Whether its time was over anyway.
    pub expired: bool,
    /// What it said; none where there was none, or nothing that can be read.
    pub lease: Option<&'a Lease>,
}

#[derive(Serialize)]
struct Document<'a> {
    format_version: &'static str,
    tool_version: &'static str,
    #[serde(flatten)]
    unlocked: &'a Unlocked<'a>,
}

/// Returns the document.
#[must_use]
pub fn to_json(unlocked: &Unlocked<'_>) -> serde_json::Value {
    json(&Document { format_version: FORMAT_VERSION, tool_version: TOOL_VERSION, unlocked })
}

/// Returns what became of it, in a line or two.
#[must_use]
pub fn to_text(look: &Look, unlocked: &Unlocked<'_>) -> String {
    let Unlocked { pipeline, environment, region, removed, expired, lease } = unlocked;
    let place = format!("{pipeline} in {environment} ({region})");
    if !removed {
        return format!("{place} is not locked\n");
    }
    let whose = match lease {
        Some(lease) => {
            let over = if *expired { ", which had run out" } else { "" };
            let told = format!("`{}` since {}, leased until {}{over}", lease.command, lease.since, lease.until);
            format!("  {}\n  {}\n", lease.owner, look.paint(Label::Faint, told))
        }
        None => String::new(),
    };
    format!("{}\n{whose}", look.paint(Label::Good, format!("unlocked {place}")))
}
