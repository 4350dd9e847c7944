//! What a person or a program reads: text, JSON, JSON lines, Markdown and SARIF of what other rooms found out.
//!
//! A view takes data and returns text. It decides nothing (what is risky, what to do next and how a command
//! exits are settled before a view sees them), prints nothing and asks nobody: width, colour and symbols are
//! handed in as a [`Look`]. Whatever text says, JSON says too, because both read the same data.

pub mod approval;
pub mod capacity;
pub mod causes;
pub mod ci;
pub mod comment;
pub mod cost;
pub mod diagnostics;
pub mod doctor;
pub mod drift;
pub mod environments;
pub mod events;
pub mod explain;
pub mod gates;
pub mod gc;
pub mod graph;
pub mod history;
pub mod import;
pub mod lease;
pub mod many;
pub mod next_steps;
pub mod outputs;
pub mod pause;
pub mod plan;
pub mod producer;
pub mod promotion;
pub mod readiness;
pub mod recover;
pub mod release;
pub mod status;
pub mod style;
mod table;
mod words;

pub use style::{Label, Look, Palette, Symbols};
pub use table::{Cell, Table};
pub use words::{clock_time, plural, printable, short_duration};

/// What every screen of a run on the embedded cloud says.
pub const EMBEDDED_NOTICE: &str = "embedded cloud: nothing of this is AWS; handlers do not run";

/// The version of every JSON format that this room writes. Within a major version fields are only added.
pub const FORMAT_VERSION: &str = "1.0";

/// The version of the tool that writes.
pub(crate) const TOOL_VERSION: &str = env!("CARGO_PKG_VERSION");
