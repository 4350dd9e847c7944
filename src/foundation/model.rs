//! What the environments of an account and region ask of their foundation.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::VERSION;
use crate::environment::{Environment, Takers};
use crate::template::Template;
use crate::units::{AccountId, EnvironmentName, PipelineName, Region};

/// Where the template's metadata keeps the shares.
const METADATA: &str = "SluiceFoundation";

/// What one environment asks for. Kept in the template's metadata.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Share {
    /// Whether artifacts are to be protected with a key of the account.
    pub own_key: bool,
    /// The roles that plan and deploy; none where they are not wanted, or stand in the foundation of the environment's
    /// first region, since roles are an account's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub roles: Option<Roles>,
}

/// The roles of an environment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Roles {
    /// The regions that it is deployed to, at least one.
    pub regions: Vec<Region>,
    /// Its pipelines whose names CloudFormation would cut; any other is allowed by its environment's name.
    pub pipelines: Vec<PipelineName>,
    /// The boundary of what the deploying role makes, by ARN; none for the foundation's own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub boundary: Option<String>,
    /// Who may take them.
    pub takers: Takers,
}

/// The foundation of an account and region, as it should be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Foundation {
    pub(super) account: AccountId,
    pub(super) region: Region,
    pub(super) shares: BTreeMap<EnvironmentName, Share>,
}

/// Why a deployed stack is not understood.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unreadable {
    /// It was not made by Sluice.
    #[error("it was not made by `sluice bootstrap`")]
    Foreign,
    /// It was made by a newer Sluice.
    #[error("it is of version {0}, and this Sluice knows {VERSION}")]
    Newer(u32),
}

/// What the metadata holds.
#[derive(Serialize, Deserialize)]
struct Kept {
    version: u32,
    environments: BTreeMap<EnvironmentName, Share>,
}

impl Share {
    /// What an environment asks of the foundation in one of its regions. `made` are the boundaries that this foundation has
    /// made: an environment that names one of them names the foundation's own.
    #[must_use]
    pub fn of(environment: &Environment, region: &Region, pipelines: &[PipelineName], made: &BTreeSet<&str>) -> Self {
        let wish = environment.foundation();
        let takers = wish.roles.clone().filter(|_| environment.regions().first() == Some(region));
        let given = environment.permissions_boundary().filter(|arn| !made.contains(arn));
        Self {
            own_key: wish.own_key,
            roles: takers.map(|takers| Roles {
                regions: environment.regions().to_vec(),
                pipelines: crate::ci::cut_names(pipelines, environment.name()),
                boundary: given.map(str::to_owned),
                takers,
            }),
        }
    }
}

impl Foundation {
    /// A foundation with one environment's share, beside those that the deployed one has.
    ///
    /// # Errors
    /// When the deployed template is not one that this Sluice can go on from.
    pub fn new(
        environment: &Environment,
        region: &Region,
        share: Share,
        deployed: Option<&Template>,
    ) -> Result<Self, Unreadable> {
        let mut shares = deployed.map(shares).transpose()?.unwrap_or_default();
        shares.insert(environment.name().clone(), share);
        Ok(Self { account: environment.account().clone(), region: region.clone(), shares })
    }

    /// The environments that it serves.
    pub fn environments(&self) -> impl Iterator<Item = &EnvironmentName> {
        self.shares.keys()
    }

    pub(super) fn metadata(&self) -> Map<String, Value> {
        let kept = Kept { version: VERSION, environments: self.shares.clone() };
        Map::from_iter([(METADATA.to_owned(), json!(kept))])
    }
}

/// The shares that a deployed foundation has.
fn shares(template: &Template) -> Result<BTreeMap<EnvironmentName, Share>, Unreadable> {
    let kept = template.metadata.get(METADATA).ok_or(Unreadable::Foreign)?;
    let version = kept.get("version").and_then(Value::as_u64).and_then(|number| u32::try_from(number).ok());
    match version {
        None => Err(Unreadable::Foreign),
        Some(newer) if newer > VERSION => Err(Unreadable::Newer(newer)),
        Some(_) => {
            let kept: Kept = serde_json::from_value(kept.clone()).map_err(|_| Unreadable::Foreign)?;
            Ok(kept.environments)
        }
    }
}
