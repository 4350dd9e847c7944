//! What a plan says besides its changes: how the load meets the pipeline, and what a month of it costs.

use std::sync::LazyLock;

use crate::capacity::{self, Assessment, Sized, Surroundings};
use crate::cost::{self, Prices, Total, Verdict};
use crate::environment::Tier;
use crate::plan::Policy;
use crate::units::{Duration, Money};

/// The outage that recovery is reckoned for; a plan shows nothing of it.
const OUTAGE: Duration = Duration::from_secs(30 * 60);

/// What a pipeline is in for once it is deployed.
#[derive(Clone, Debug)]
pub struct Outlook {
    /// Its capacity, as if nothing else ran in the account: a plan reads no other pipeline.
    pub assessment: Assessment,
    /// What a month costs; `None` where the declared load cannot be reckoned with.
    pub bill: Option<Total>,
    /// The pipeline's budget, and whether the bill is within it.
    pub budget: Option<(Money, Verdict)>,
}

impl Outlook {
    /// What an environment of a tier asks of whoever deploys to it.
    #[must_use]
    pub fn policy(&self, tier: Tier) -> Policy {
        Policy { tier, budget: self.budget.map(|(_, verdict)| verdict) }
    }
}

/// Reckons a pipeline's outlook with the price table of this binary.
#[must_use]
pub fn outlook(sized: &Sized) -> Outlook {
    let assessment = capacity::assess(sized, &Surroundings::default(), OUTAGE);
    let bill = bill(sized);
    Outlook { assessment, bill, budget: budget(sized, bill) }
}

/// Read once for however many plans.
static PRICES: LazyLock<Option<Prices>> = LazyLock::new(|| Prices::built_in().ok());

/// Reads the prices: a thread that has nothing else to do spares the one that asks.
pub(super) fn warm_up() {
    LazyLock::force(&PRICES);
}

/// What a month becomes dearer by, from one pipeline (none: from nothing) to another, and whether that is above what is allowed;
/// `None` where the declared load cannot be reckoned with.
pub(super) fn dearer(before: Option<&Sized>, after: &Sized, most: Money) -> Option<(Total, Verdict)> {
    let prices = PRICES.as_ref()?;
    let (after, _) = cost::estimate(after, prices).ok()?;
    let total = match before {
        None => after.total(),
        Some(before) => {
            let delta = cost::compare(&cost::estimate(before, prices).ok()?.0, &after);
            Total { known: delta.known, unknown: delta.unknown }
        }
    };
    Some((total, cost::within(total.known, total.unknown, most)))
}

fn bill(sized: &Sized) -> Option<Total> {
    PRICES.as_ref().and_then(|prices| cost::estimate(sized, prices).ok()).map(|(estimate, _)| estimate.total())
}

fn budget(sized: &Sized, bill: Option<Total>) -> Option<(Money, Verdict)> {
    let monthly = sized.pipeline().budget().map(|budget| budget.monthly);
    bill.zip(monthly).map(|(bill, monthly)| (monthly, cost::within(bill.known, bill.unknown, monthly)))
}
