//! Keys, encryption, budgets.

use super::super::declare::{choice, record};
use super::super::leaf::{Days, KmsArn, PercentFrom, Positive, Text};
use crate::units::{Money, StageName};

record! {
    /// A KMS key.
    "a key" KmsKeySpec {
        /// What it protects, in a sentence.
        description: Option<Text<800>>,
        /// How often its material changes, 90d to 2560d (KMS's `RotationPeriodInDays`). Left out, 365d.
        rotation: Option<Days<90, 2560>>,
    }

    /// What the pipeline may cost in a month.
    "a budget" CostBudgetSpec {
        /// The amount, for instance `500 USD`.
        monthly: Positive<Money>,
        /// At which shares of it somebody is told; at most ten. Left out, 80% and 100%.
        alert_at: Vec<PercentFrom<1, 1000>>,
    }
}

choice! {
    /// How something is encrypted at rest.
    "an encryption" EncryptionChoice {
        /// With keys that AWS keeps.
        "managed" => Managed,
        /// With a key under `keys:`.
        "key" => Key(StageName),
        /// With a key that exists, by ARN.
        "arn" => Arn(KmsArn),
    }
}
