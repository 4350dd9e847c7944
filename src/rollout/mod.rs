//! One deployment as a pure state machine, and what to do when it ends badly.
