//! In which order environments are deployed.

use std::collections::BTreeMap;

use crate::environment::{Environment, Target};
use crate::units::EnvironmentName;

/// The nearest environment upwards that is deployed to AWS: what is promoted through an environment inside this machine
/// comes from the one before that.
#[must_use]
pub fn promoted_from<'a>(
    environment: &Environment,
    all: &'a BTreeMap<EnvironmentName, Environment>,
) -> Option<&'a EnvironmentName> {
    let mut from = environment.promotes_from();
    // A circle is told by `order`; here it only must not go on for ever.
    for _ in 0..all.len() {
        let (name, before) = all.get_key_value(from?)?;
        if *before.target() == Target::Aws {
            return Some(name);
        }
        from = before.promotes_from();
    }
    None
}

/// The environments, each after the one it is promoted from, otherwise by name.
///
/// # Errors
/// The environments that promote from each other in a circle.
pub fn order(all: &BTreeMap<EnvironmentName, Environment>) -> Result<Vec<&Environment>, Vec<EnvironmentName>> {
    let mut ordered: Vec<&Environment> = Vec::new();
    let mut left: Vec<&Environment> = all.values().collect();
    while !left.is_empty() {
        let settled = |environment: &&Environment| {
            let before = environment.promotes_from().filter(|name| all.contains_key(name.as_str()));
            before.is_none_or(|name| ordered.iter().any(|done| done.name() == name))
        };
        let (next, waiting): (Vec<_>, Vec<_>) = left.into_iter().partition(settled);
        if next.is_empty() {
            return Err(waiting.into_iter().map(|environment| environment.name().clone()).collect());
        }
        ordered.extend(next);
        left = waiting;
    }
    Ok(ordered)
}
