//! An environment as read, every default filled in.

use std::collections::BTreeMap;

use crate::diagnostic::FilePath;
use crate::units::{AccountId, EnvironmentName, Region};

/// How strict the rules are and what survives (DESIGN section 8).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Tier {
    /// Nothing is kept, nothing is protected.
    Development,
    /// Like production, but the stack may be deleted.
    Staging,
    /// Everything is kept and protected.
    Production,
}

/// Where an environment's AWS is.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Target {
    /// Amazon's.
    Aws,
    /// The one inside this binary.
    Embedded,
    /// A server that speaks AWS's protocols.
    Endpoint {
        /// Its address, loopback or not.
        url: String,
    },
}

/// Who hears of alarms.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct Notify {
    /// An address subscribed to the pipeline's topic.
    pub email: Option<String>,
}

/// A resolved environment.
#[derive(Clone, Debug)]
pub struct Environment {
    pub(super) file: FilePath,
    pub(super) name: EnvironmentName,
    pub(super) tier: Tier,
    pub(super) target: Target,
    pub(super) account: AccountId,
    pub(super) regions: Vec<Region>,
    pub(super) role: Option<String>,
    pub(super) promotes_from: Option<EnvironmentName>,
    pub(super) notify: Notify,
    pub(super) tags: BTreeMap<String, String>,
}

impl Environment {
    /// The file it was read from.
    #[must_use]
    pub fn file(&self) -> &FilePath {
        &self.file
    }
    /// Its name.
    #[must_use]
    pub fn name(&self) -> &EnvironmentName {
        &self.name
    }
    /// Its tier.
    #[must_use]
    pub fn tier(&self) -> Tier {
        self.tier
    }
    /// Where its AWS is.
    #[must_use]
    pub fn target(&self) -> &Target {
        &self.target
    }
    /// The account it deploys to.
    #[must_use]
    pub fn account(&self) -> &AccountId {
        &self.account
    }
    /// The regions it deploys to, at least one, the first is the default.
    #[must_use]
    pub fn regions(&self) -> &[Region] {
        &self.regions
    }
    /// The role that deploys.
    #[must_use]
    pub fn role(&self) -> Option<&str> {
        self.role.as_deref()
    }
    /// The environment that a release must have passed before.
    #[must_use]
    pub fn promotes_from(&self) -> Option<&EnvironmentName> {
        self.promotes_from.as_ref()
    }
    /// Who hears of alarms.
    #[must_use]
    pub fn notify(&self) -> &Notify {
        &self.notify
    }
    /// Tags put on every resource besides Sluice's own.
    #[must_use]
    pub fn tags(&self) -> &BTreeMap<String, String> {
        &self.tags
    }
}
