//! Lines of endpoints (aws-facts.md 3.6).

use super::exact::{HOURS, Quantity, SECONDS};
use super::item::{Ledger, Owner, Range};
use super::meter::Meter;
use crate::pipeline::{Endpoint, Model, Serving, StageKind, StageRef};
use crate::units::grouped;

pub(super) fn lines(ledger: &mut Ledger<'_>, endpoint: &Endpoint) {
    let owner = Owner::Stage(StageRef::new(StageKind::Endpoint, &endpoint.name));
    match &endpoint.serving {
        Serving::RealTime { instance, min, max, .. } | Serving::Async { instance, min, max, .. } => {
            let (fleets, shadows) = (fleets(&endpoint.model), shadows(&endpoint.model));
            // A shadow is as large as the smallest fleet, and stays so.
            let of = |instances: u32| u64::from(instances) * fleets + u64::from(*min) * shadows;
            let hours = Range { steady: of(*min), peak: of(*max) }.map(|instances| Quantity::whole(instances * HOURS));
            let how = fleet_in_words(*min, *max, fleets, shadows);
            ledger.add(&owner, Meter::Hosting(instance.clone()), hours, how);
        }
        Serving::Serverless { memory, provisioned, .. } => {
            let why = "how many calls it gets, and how long they take, is on the bill only";
            ledger.add_unknown(&owner, Meter::ServerlessGbSecond, why);
            if let Some(provisioned) = provisioned {
                let warm = u128::from(*provisioned) * u128::from(memory.as_mib()) * u128::from(SECONDS);
                let how = format!("{provisioned} x {memory} x {} s", grouped(SECONDS));
                ledger.add(&owner, Meter::ServerlessProvisioned, Range::flat(Quantity::ratio(warm, 1_024)), how);
            }
        }
    }
    ledger.add_unknown(&owner, Meter::InferenceGb, "the size of requests and answers is not declared anywhere");
}

/// Fleets of instances that answer: every variant has its own.
pub(super) fn fleets(model: &Model) -> u64 {
    match model {
        Model::Multi { .. } | Model::Single { .. } => 1,
        Model::Variants(variants) => variants.len() as u64,
    }
}

/// Fleets of instances that answer nobody.
fn shadows(model: &Model) -> u64 {
    match model {
        Model::Single { shadow, .. } => u64::from(shadow.is_some()),
        Model::Multi { .. } | Model::Variants(_) => 0,
    }
}

fn fleet_in_words(min: u32, max: u32, fleets: u64, shadows: u64) -> String {
    let mut words = if min == max { format!("{min}") } else { format!("{min} to {max}") };
    words.push_str(" instances");
    if fleets > 1 {
        words.push_str(&format!(" for each of {fleets} models"));
    }
    if shadows > 0 {
        words.push_str(&format!(" and {min} of the shadow"));
    }
    format!("{words}, {HOURS} h")
}
