//! Comments on pull and merge requests, over HTTP: the one that carries a plan's hidden marker is edited in place, or a
//! new one is posted.
//!
//! GitHub's and GitLab's interfaces differ in addresses, headers and field names, and in nothing that matters here. Waiting is
//! handed in, so that a test's clock moves on at once.

mod address;
mod comment;
mod failure;
mod post;
mod wire;

pub use address::{Address, AddressError, Host, Token};
pub use comment::{Comment, LONGEST, NoComment};
pub use failure::ForgeError;
pub use post::{Outcome, Posted, put};
pub use wire::{Sleep, Waiting};
