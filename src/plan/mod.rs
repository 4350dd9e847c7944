//! Template × observed: what a deployment would change, why, and what it puts at risk.
//!
//! Pure: the same desired and observed state give the same plan. How a plan looks is `view`'s business; how it
//! is carried out is `rollout`'s. Only [`approve`] makes an [`ApprovedPlan`], and only that may be carried out.

mod access;
mod amounts;
mod blocked;
mod bounds;
mod change_set;
mod classify;
mod compare;
mod consent;
mod consumers;
mod desired;
mod diff;
mod digest;
mod drain;
mod drift;
mod duration;
mod effects;
mod environments;
mod fleets;
mod guard;
mod handover;
mod inputs;
mod measured;
mod model;
mod moves;
mod riskiest;
mod secrets;
mod summary;
#[cfg(test)]
mod tests;

pub use access::{AccessChange, Grant};
pub use amounts::{Amount, AmountOf};
pub use compare::{compare, compare_files, destroy};
pub use consent::{ApprovedPlan, Consent, Permission, Policy, Refusal, approve};
pub use desired::{Desired, Earlier, EarlierStack, ExistingResource, Known, Load, NamedResource, named_resources};
pub use drain::{Drain, DrainOf, DrainedReader, PausedReader, SETTLING, arriving, lag_limit};
pub use drift::{Drift, Drifted, Live, Paused, SeenBy, Sighting, Unchecked, Verdict as DriftVerdict};
pub use effects::{Consequence, Effect, Gravity};
pub use environments::{
    Deliberate, Derived, EnvironmentDiff, Presence, ResourceDifference, Setter, Setting, SettingKind, Side, Stand,
    Step, environments,
};
pub use guard::{Guard, GuardAlarm, Unarmed, UnarmedAlarm, watch_time};
pub use handover::{HandOver, HandOverOf, MARGIN, take_over};
pub use inputs::Inputs;
pub use measured::{Measure, Measured, Unmeasured};
pub use model::{
    Action, Baseline, BlockedBy, Bound, Change, ChangeKind, ConsumerEffect, DataAtRisk, DataEnd, Decider, Expected,
    FORMAT_VERSION, Lacking, NotAsked, OutputChange, Plan, PlanKind, PositionReset, Reason, Records, Remedy, Removal,
    ResourcePlan, Source, Summary, Sureness, TagChange, Unchanged, Verdict,
};
pub use moves::Move;
pub use riskiest::{Risk, Riskiest};
