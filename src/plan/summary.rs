//! The counts of a plan, from what they count.

use super::model::{ConsumerEffect, DataAtRisk, Plan, Removal, ResourcePlan, Summary, Verdict};

impl Summary {
    /// Counts what a plan holds; `unchanged` is how many resources stay as they are.
    #[must_use]
    pub fn of(resources: &[ResourcePlan], consumers: &[ConsumerEffect], data: &[DataAtRisk], unchanged: usize) -> Self {
        let mut summary = Self { unchanged, ..Self::default() };
        for plan in resources {
            *summary.by_action.entry(plan.action).or_default() += 1;
        }
        summary.retained = resources.iter().filter(|plan| plan.removal == Some(Removal::Retained)).count();
        summary.consumer_resets = consumers.iter().filter(|effect| effect.verdict == Verdict::Resets).count();
        summary.data_loss = data.iter().filter(|data| data.removal == Removal::Deleted).count();
        summary
    }
}

impl Plan {
    /// The counts of what the plan holds: its summary, unless somebody changed either.
    #[must_use]
    pub fn counted(&self) -> Summary {
        // Plans of version 1.0 say how many resources stay as they are, and not which.
        let unchanged = if self.unchanged.is_empty() { self.summary.unchanged } else { self.unchanged.len() };
        Summary::of(&self.resources, &self.consumers, &self.data, unchanged)
    }
}
