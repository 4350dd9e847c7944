//! Template × observed: what a deployment would change, why, and what it puts at risk.
