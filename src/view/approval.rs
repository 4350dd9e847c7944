//! Approvals: one that was given, or those that were taken back.

use serde_json::{Value, json};

use super::style::{Label, Look};
use super::words::{plural, printable, wrap};
use super::{FORMAT_VERSION, TOOL_VERSION};
use crate::release::{Approved, ReleaseDigest, Subject};

/// An approval that counts now.
#[derive(Clone, Copy, Debug)]
pub struct Given<'a> {
    /// The approval.
    pub approved: &'a Approved,
    /// Who has approved the same, this one included.
    pub by: &'a [String],
    /// How many must.
    pub needed: u32,
}

/// Approvals that are gone now.
#[derive(Clone, Copy, Debug)]
pub struct Withdrawn<'a> {
    /// Whose.
    pub by: &'a str,
    /// The release.
    pub release: &'a ReleaseDigest,
    /// What each was of.
    pub subjects: &'a [Subject],
}

/// Returns the document of an approval: `approved`, `by`, `needed`.
#[must_use]
pub fn given_to_json(given: &Given<'_>) -> Value {
    json!({
        "format_version": FORMAT_VERSION,
        "tool_version": TOOL_VERSION,
        "approved": given.approved,
        "by": given.by,
        "needed": given.needed,
    })
}

/// Returns what a person reads of an approval.
#[must_use]
pub fn given_to_text(look: &Look, given: &Given<'_>) -> String {
    let Subject { pipeline, environment, release, plan, .. } = &given.approved.subject;
    let plan = plan.to_string();
    let plan = plan.get(..12).unwrap_or(&plan);
    let done = format!("approved release {} of {pipeline} for {environment}, plan {plan}", release.short());
    let so_far = match usize::try_from(given.needed).unwrap_or(usize::MAX).saturating_sub(given.by.len()) {
        0 => "that is enough; it counts until the release or the plan is another one".to_owned(),
        more => format!("{more} more must approve"),
    };
    let mut out = format!("{}\n", look.paint(Label::Good, done));
    for line in wrap(&printable(&format!("as {}; {so_far}", given.approved.by)), look.columns().saturating_sub(2)) {
        out.push_str(&format!("  {}\n", look.paint(Label::Faint, line)));
    }
    out
}

/// Returns the document of approvals that were taken back: `by`, `release`, `withdrawn`.
#[must_use]
pub fn withdrawn_to_json(withdrawn: &Withdrawn<'_>) -> Value {
    json!({
        "format_version": FORMAT_VERSION,
        "tool_version": TOOL_VERSION,
        "by": withdrawn.by,
        "release": withdrawn.release,
        "withdrawn": withdrawn.subjects,
    })
}

/// Returns what a person reads of approvals that were taken back.
#[must_use]
pub fn withdrawn_to_text(look: &Look, withdrawn: &Withdrawn<'_>) -> String {
    let release = withdrawn.release.short();
    let whose = look.paint(Label::Faint, printable(withdrawn.by));
    match withdrawn.subjects.len() {
        0 => format!("release {release} was not approved\n  {whose}\n"),
        count => {
            let done = format!("took back {} of release {release}", plural(count, "approval"));
            format!("{}\n  {whose}\n", look.paint(Label::Good, done))
        }
    }
}
