//! The only room that touches files, git, the clock and the terminal's input.

pub mod clock;
