//! Template × observed: what a deployment would change, why, and what it puts at risk.
//!
//! Pure: the same desired and observed state give the same plan. How a plan looks is `view`'s business; how it
//! is carried out is `rollout`'s. Only [`approve`] makes an [`ApprovedPlan`], and only that may be carried out.

mod model;

pub use model::{
    Action, Baseline, BlockedBy, Change, ChangeKind, ConsumerEffect, DataAtRisk, DataEnd, Decider, Expected,
    FORMAT_VERSION, OutputChange, Plan, PlanKind, PositionReset, Reason, Records, Remedy, Removal, ResourcePlan,
    Summary, Sureness, TagChange, Verdict,
};
