//! What stands in a plan: documents of every version that was ever written stay readable and valid, and laws hold for
//! pipelines that nobody thought of.
#![expect(
    clippy::disallowed_methods,
    clippy::expect_used,
    clippy::panic,
    reason = "tests read the repository and stop where they cannot"
)]

#[path = "../support/assets.rs"]
mod assets;
mod compatibility;
mod laws;
mod made;
mod schema;
