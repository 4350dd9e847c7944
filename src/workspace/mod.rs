//! The only room that touches files, git, the clock and the terminal's input.
//!
//! Everything here is a thin, typed layer over the operating system: it reads, writes and tells; it
//! understands neither YAML nor pipelines.
#![expect(clippy::disallowed_methods, reason = "this is the room that may touch files and the clock")]

mod cache;
mod clock;
mod error;
mod folder;
mod git;
mod note;
mod output;
mod parts;
mod project;
mod repository;
mod state;
mod temporary;
mod terminal;
mod workplace;

pub use cache::Cache;
pub use clock::{Clock, StandingClock, SystemClock};
pub use error::WorkspaceError;
pub use folder::{FileBytes, FileEntry, PathState};
pub use git::{Checkout, GitError, git_head};
pub use note::{Note, chance};
pub use output::{Spot, append_line, is_empty_folder, list_folder, read_text, spot, write_file, write_new_file};
pub use parts::PartReader;
pub use project::{MAX_FILE_BYTES, Project, ReadFile, Runner, read_file, read_file_within, read_input};
pub use repository::{GitRepository, git_repository};
pub use state::{StateError, StateGuard, StateStore};
pub use terminal::{ask_line, terminal_size};
pub use workplace::{Ended, Ran, Run, Workplace, has_program};
