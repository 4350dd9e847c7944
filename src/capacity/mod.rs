//! Sizing: what was left open is decided once, each decision with its reason.
