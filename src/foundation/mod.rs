//! The foundation of an account and region: the bucket that holds artifacts, ledger and leases, the key that may protect
//! it, and the roles that plan and deploy with the boundary of what they make.
//!
//! Pure: it knows what environments ask for and gives back a template. One stack serves every environment of its account
//! and region, of whatever project, so each environment's share is kept in the template's metadata: who bootstraps one
//! leaves the others' as they are.

mod boundary;
mod model;
mod template;
#[cfg(test)]
mod tests;

pub use model::{Foundation, Roles, Share, Unreadable};
pub use template::Unmade;

/// The version of what this Sluice makes. It grows when a command needs something that earlier foundations have not.
pub const VERSION: u32 = 1;

/// The stack's name: no pipeline's stack is without a hyphen.
pub const STACK: &str = "SluiceFoundation";

/// The tag of the bucket and of the stack that tells the version.
pub const VERSION_TAG: &str = "sluice:foundation";
