//! The built-in stacks together: they use the whole language, their handlers do what their roles allow, every one of
//! them lives from creation to removal in every tier, and the page that maps the field to them names only what exists.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::disallowed_methods,
    reason = "a test reads the repository, sets up projects of its own and stops where it cannot"
)]

#[path = "../support/company.rs"]
mod company;
#[path = "../support/folder.rs"]
mod folder;
#[path = "../support/kept.rs"]
mod kept;

mod coverage;
mod features;
mod handlers;
mod language;
mod life;
mod project;
