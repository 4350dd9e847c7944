//! An embedded cloud where the binary itself would keep it.

use std::path::Path;
use std::sync::Arc;

use sluicegate::embedded::EmbeddedCloud;
use sluicegate::workspace::{StandingClock, StateStore};

use crate::company::settings;

/// The embedded cloud of a project's environment.
pub fn embedded(project: &Path, environment: &str, clock: &Arc<StandingClock>) -> EmbeddedCloud {
    let store = StateStore::folder(project.join(".sluice/embedded").join(environment));
    EmbeddedCloud::open(store, settings(environment), Arc::<StandingClock>::clone(clock))
}
