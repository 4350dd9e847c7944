//! An environment as read, every default filled in.

use std::collections::BTreeMap;

use super::gates::Gates;
use crate::diagnostic::FilePath;
use crate::units::{AccountId, EnvironmentName, LocalName, Money, Region};

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

/// What `sluice bootstrap` makes for an environment besides the artifact bucket.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct FoundationWish {
    /// Whether artifacts are protected with a key of the account instead of S3's own.
    pub own_key: bool,
    /// The roles that plan and deploy; none where they are not wanted.
    pub roles: Option<Takers>,
}

/// Who may take the roles of a foundation; somebody always may.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Takers {
    /// Roles or users, by ARN.
    pub people: Vec<String>,
    /// Jobs of a repository.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub jobs: Option<Jobs>,
}

/// Jobs of a repository on a code host.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Jobs {
    /// The host name of a GitLab instance; none for GitHub.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gitlab: Option<String>,
    /// The repository, as its tokens name it.
    pub repository: String,
    /// The branch that is deployed.
    pub branch: String,
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
    pub(super) max_monthly_increase: Option<Money>,
    pub(super) gates: Gates,
    pub(super) tags: BTreeMap<String, String>,
    pub(super) permissions_boundary: Option<String>,
    pub(super) foundation: FoundationWish,
    pub(super) networks: BTreeMap<LocalName, Network>,
}

/// A network that functions may stand in.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Network {
    /// Ids of its subnets, 1 to 16.
    pub subnets: Vec<String>,
    /// Ids of its security groups, 1 to 5.
    pub security_groups: Vec<String>,
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
    /// The most a change may add to a month's cost.
    #[must_use]
    pub fn max_monthly_increase(&self) -> Option<Money> {
        self.max_monthly_increase
    }
    /// What a promotion to it must pass.
    #[must_use]
    pub fn gates(&self) -> &Gates {
        &self.gates
    }
    /// Tags put on every resource besides Sluice's own.
    #[must_use]
    pub fn tags(&self) -> &BTreeMap<String, String> {
        &self.tags
    }
    /// The boundary of every role's permissions: the ARN of a managed policy.
    #[must_use]
    pub fn permissions_boundary(&self) -> Option<&str> {
        self.permissions_boundary.as_deref()
    }
    /// What its foundation holds besides the artifact bucket.
    #[must_use]
    pub fn foundation(&self) -> &FoundationWish {
        &self.foundation
    }
    /// Networks that functions may stand in.
    #[must_use]
    pub fn networks(&self) -> &BTreeMap<LocalName, Network> {
        &self.networks
    }
}
