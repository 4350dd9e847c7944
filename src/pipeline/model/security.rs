//! Keys, encryption, budgets.

use crate::units::{Duration, Money, Percent, StageName};

/// How something is encrypted at rest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Encryption {
    /// With keys that AWS keeps: those that a service uses where nothing is asked for, or its AWS-managed key.
    Managed,
    /// With a key of this pipeline.
    Key(StageName),
    /// With a key that exists in the pipeline's account and region, by ARN.
    Arn(String),
}

impl Encryption {
    /// The pipeline's own key, if it is one.
    #[must_use]
    pub fn own_key(&self) -> Option<&StageName> {
        match self {
            Self::Key(key) => Some(key),
            Self::Managed | Self::Arn(_) => None,
        }
    }
}

/// A KMS key of the pipeline. Its alias: [`super::Pipeline::key_alias`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Key {
    /// Its name in the pipeline.
    pub name: StageName,
    /// What it protects; may be empty.
    pub description: String,
    /// How often its material changes, in whole days, 90 to 2,560.
    pub rotation: Duration,
}

/// What the pipeline may cost in a month, in one environment and region.
#[derive(Clone, Debug, PartialEq)]
pub struct CostBudget {
    /// The amount.
    pub monthly: Money,
    /// At which shares of it somebody is told, ascending, 1 to 10 of them.
    pub alert_at: Vec<Percent>,
}
