//! describing
