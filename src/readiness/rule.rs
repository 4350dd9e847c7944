//! What a rule is.

use serde::Serialize;

use super::case::Case;
use super::finding::Verdict;
use crate::diagnostic::{Code, Severity};
use crate::environment::Tier;

/// A rule: what it looks for, why, who says so, and how bad a finding is in which tier.
#[derive(Clone, Copy, Debug)]
pub struct Rule {
    /// Its code; the page of the code shows an example that it finds and one that it does not.
    pub code: Code,
    /// Why it is asked for, in one sentence without a full stop.
    pub rationale: &'static str,
    /// The part of the source text that it comes from.
    pub text: &'static str,
    /// AWS's own page, where there is one.
    pub page: Option<Page>,
    /// The letters of the frameworks that it serves, at least one.
    pub serves: &'static [Letter],
    /// How bad a finding is.
    pub tiers: Tiers,
    /// Looks at a pipeline: one verdict for each thing that the rule is about. Nothing to look at gives none.
    pub look: fn(&Case<'_>) -> Vec<Verdict>,
}

/// A page of AWS's documentation: title and address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Page(pub &'static str, pub &'static str);

/// How bad a finding is in each tier; `None` where the rule is not asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tiers {
    /// In development.
    pub development: Option<Severity>,
    /// In staging.
    pub staging: Option<Severity>,
    /// In production.
    pub production: Option<Severity>,
}

impl Tiers {
    /// Wrong wherever it runs.
    pub const WRONG: Self = Self::new(Some(Severity::Warning), Some(Severity::Error), Some(Severity::Error));
    /// Fails under the load that is declared; a smaller environment may be smaller.
    pub const BREAKS: Self = Self::new(None, Some(Severity::Warning), Some(Severity::Error));
    /// Fails one day, or costs more than it should.
    pub const RISKS: Self = Self::new(None, Some(Severity::Info), Some(Severity::Warning));
    /// Matters where people depend on it.
    pub const MATTERS: Self = Self::new(None, None, Some(Severity::Warning));
    /// Worth knowing before production.
    pub const TELLS: Self = Self::new(None, None, Some(Severity::Info));

    const fn new(development: Option<Severity>, staging: Option<Severity>, production: Option<Severity>) -> Self {
        Self { development, staging, production }
    }

    /// How bad a finding is in a tier.
    #[must_use]
    pub fn of(self, tier: Tier) -> Option<Severity> {
        match tier {
            Tier::Development => self.development,
            Tier::Staging => self.staging,
            Tier::Production => self.production,
        }
    }
}

/// What scores are given for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Framework {
    /// The STREAM framework, as far as the text spells its letters out.
    Stream,
    /// The SCALE framework.
    Scale,
    /// The text's checklists.
    Checklists,
}

impl Framework {
    /// Every framework.
    pub const ALL: [Self; 3] = [Self::Stream, Self::Scale, Self::Checklists];

    /// Its name for people.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::Stream => "STREAM",
            Self::Scale => "SCALE",
            Self::Checklists => "checklists",
        }
    }
}

macro_rules! letters {
    ($($(#[$doc:meta])* $name:ident: $framework:ident, $word:literal;)*) => {
        /// A letter of a framework, or a checklist.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
        pub enum Letter {
            $($(#[$doc])* #[serde(rename = $word)] $name,)*
        }

        impl Letter {
            /// Every letter, by framework.
            pub const ALL: &'static [Self] = &[$(Self::$name,)*];

            /// The framework it belongs to.
            #[must_use]
            pub fn framework(self) -> Framework {
                match self { $(Self::$name => Framework::$framework,)* }
            }

            /// Its name in one lower-case word.
            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$name => $word,)* }
            }
        }
    };
}

letters! {
    /// Scalability design: ten times the load from day one.
    Scalability: Stream, "scalability";
    /// Temporal handling: event time, processing time, late arrivals.
    Temporal: Stream, "temporal";
    /// Resilience patterns: dead letters, circuit breakers, failure at every layer.
    Resilience: Stream, "resilience";
    /// Exactly-once semantics, or at-least-once with what it needs.
    ExactlyOnce: Stream, "exactly-once";
    /// Steady-state analysis.
    Steady: Scale, "steady-state";
    /// Ceiling identification.
    Ceiling: Scale, "ceiling";
    /// Amplification factors.
    Amplification: Scale, "amplification";
    /// Latency budgets.
    Latency: Scale, "latency";
    /// Elasticity.
    Elasticity: Scale, "elasticity";
    /// Kinesis stream production readiness.
    StreamList: Checklists, "stream";
    /// Production streaming-ML readiness.
    ProductionList: Checklists, "production";
    /// Production deployment.
    DeploymentList: Checklists, "deployment";
    /// Monitoring and alerting.
    MonitoringList: Checklists, "monitoring";
}
