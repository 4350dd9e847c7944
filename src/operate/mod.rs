//! One file per command: orders the calls of the other rooms.
