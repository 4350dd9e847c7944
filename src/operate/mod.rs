//! One file per command: orders the calls of the other rooms.

mod drive;

pub use drive::{Interrupt, drive};
