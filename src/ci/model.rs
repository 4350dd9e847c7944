//! What a project's CI is made from, and what it is made of.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;
use sha2::{Digest as _, Sha256};

use super::repository::{Branch, Repository};
use crate::environment::Tier;
use crate::pipeline::names;
use crate::units::{AccountId, Digest, EnvironmentName, PipelineName, Region};

/// A code host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Platform {
    /// GitHub Actions.
    GitHub,
    /// GitLab CI/CD.
    GitLab {
        /// The instance's host name, for instance `gitlab.com`.
        host: String,
    },
}

/// Everything that the files follow from.
#[derive(Clone, Debug)]
pub struct Ci {
    /// The code host.
    pub platform: Platform,
    /// The repository.
    pub repository: Repository,
    /// The branch whose state is deployed.
    pub branch: Branch,
    /// The project's folder in the repository, `.` for its root.
    pub folder: String,
    /// Shell commands that bring `sluice` into a runner, at least one.
    pub install: Vec<String>,
    /// The command that makes these files, as people type it.
    pub command: String,
    /// The environments that are deployed to AWS, each after the one it is promoted from.
    pub environments: Vec<Deployable>,
}

/// An environment that is deployed to AWS.
#[derive(Clone, Debug)]
pub struct Deployable {
    /// Its name.
    pub name: EnvironmentName,
    /// Its tier.
    pub tier: Tier,
    /// Its account.
    pub account: AccountId,
    /// Its regions, at least one.
    pub regions: Vec<Region>,
    /// The environment that is deployed before it, also one of these.
    pub after: Option<EnvironmentName>,
    /// The boundary that every role made there has: its ARN, or what gives it in a template.
    pub boundary: Option<Value>,
    /// The pipelines, each after those whose streams it reads.
    pub pipelines: Vec<PipelineName>,
    /// The resource types of all of them.
    pub types: BTreeSet<String>,
}

/// Who a file belongs to once it is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Written {
    /// Sluice, until somebody edits it: its first line tells.
    Ours,
    /// The project: it is only written where there is none.
    Once,
}

/// A role whose rights do not fit, however they are written.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the rights of role `{role}` are more than {policies} managed policies of {characters} characters hold")]
pub struct TooMuch {
    /// The role's name.
    pub role: String,
    /// How many policies a role takes.
    pub policies: usize,
    /// What each of them holds, in characters.
    pub characters: usize,
}

/// One file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CiFile {
    /// Its path from the root of the repository, forward slashes.
    pub path: String,
    /// Its content.
    pub text: String,
    /// Whose it is.
    pub written: Written,
}

impl Ci {
    /// What tells one way to install from another, for caches.
    pub(super) fn install_digest(&self) -> String {
        Digest::of_sha256(&Sha256::digest(self.install.join("\n").as_bytes()).into()).short().to_owned()
    }

    /// The environments of each account.
    pub(super) fn accounts(&self) -> BTreeMap<&AccountId, Vec<&Deployable>> {
        let mut accounts: BTreeMap<&AccountId, Vec<&Deployable>> = BTreeMap::new();
        for environment in &self.environments {
            accounts.entry(&environment.account).or_default().push(environment);
        }
        accounts
    }

    /// A path in the project's folder, from the root of the repository.
    pub(super) fn inside(&self, path: &str) -> String {
        if self.folder == "." { path.to_owned() } else { format!("{}/{path}", self.folder) }
    }

    /// The path of an account's roles, from the root of the repository.
    pub(super) fn roles_path(&self, account: &AccountId) -> String {
        self.inside(&format!("ci/roles-{account}.yaml"))
    }

    /// The accounts, each with the path of the template of its roles and the region to deploy that in.
    #[must_use]
    pub fn role_templates(&self) -> Vec<(AccountId, String, Region)> {
        let first = |environments: &[&Deployable]| environments.first().and_then(|one| one.regions.first().cloned());
        let accounts = self.accounts().into_iter();
        accounts
            .filter_map(|(account, environments)| {
                Some((account.clone(), self.roles_path(account), first(&environments)?))
            })
            .collect()
    }

    /// The name of the stack that holds an account's roles.
    #[must_use]
    pub fn roles_stack(&self) -> String {
        let plain = |c: char| if c.is_ascii_alphanumeric() { c } else { '-' };
        self.repository.role_name("ci").chars().map(plain).collect()
    }
}

impl Deployable {
    /// A line for each pipeline in each region, in the order in which they are deployed.
    pub(super) fn each(&self, line: impl Fn(&PipelineName, &Region) -> String) -> String {
        let line = &line;
        let lines = self.regions.iter().flat_map(|region| self.pipelines.iter().map(move |name| line(name, region)));
        lines.collect::<Vec<_>>().join("\n")
    }

    /// Its partition of AWS.
    pub(super) fn partition(&self) -> &'static str {
        self.regions.first().map_or("aws", |region| names::partition(region.as_str()))
    }

    /// The ARN of the role that plans in its account.
    pub(super) fn plan_role(&self, repository: &Repository) -> String {
        self.role(&repository.role_name("plan"))
    }

    /// The ARN of the role that deploys it.
    pub(super) fn deploy_role(&self, repository: &Repository) -> String {
        self.role(&repository.role_name(self.name.as_str()))
    }

    fn role(&self, name: &str) -> String {
        format!("arn:{}:iam::{}:role/{name}", self.partition(), self.account)
    }
}
