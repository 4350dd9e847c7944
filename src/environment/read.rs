//! Reading an environment file: bytes → tree → [`Environment`] and the overlays it holds.

use std::collections::BTreeMap;

use super::file::{
    EnvironmentSpec, FoundationKeyChoice, FoundationSpec, JobsChoice, NetworkSpec, Overlay, TargetChoice, TierChoice,
};
use super::gates;
use super::model::{Environment, FoundationWish, Jobs, Network, Notify, Takers, Target, Tier};
use crate::diagnostic::{Code, Diagnostic, Diagnostics, FilePath, Place};
use crate::spec::{self, Node, Reader};
use crate::units::{AccountId, LocalName, PipelineName, Region};

/// The account of embedded environments that name none; the documentation's own.
const EMBEDDED_ACCOUNT: &str = "123456789012";
/// The region of embedded environments that name none.
const EMBEDDED_REGION: &str = "eu-west-1";

/// An environment file that has been read: the environment, and what it changes in pipelines.
#[derive(Clone, Debug)]
pub struct EnvironmentFile {
    environment: Environment,
    overlays: BTreeMap<PipelineName, Overlay>,
    tree: Node,
}

impl EnvironmentFile {
    /// The environment.
    #[must_use]
    pub fn environment(&self) -> &Environment {
        &self.environment
    }

    /// The file as it was read.
    #[must_use]
    pub fn tree(&self) -> &Node {
        &self.tree
    }

    /// What it changes in a pipeline's file.
    #[must_use]
    pub fn overlay(&self, pipeline: &PipelineName) -> Option<&Node> {
        self.overlays.get(pipeline).map(|overlay| &overlay.0)
    }

    /// The pipelines it changes something in, each with the place where it does.
    pub fn overlaid(&self) -> impl Iterator<Item = (&PipelineName, &Place)> {
        self.overlays.iter().map(|(name, overlay)| (name, &overlay.0.place))
    }

    /// The same environment, which changes nothing in any pipeline.
    #[must_use]
    pub fn without_overlays(&self) -> Self {
        Self { overlays: BTreeMap::new(), ..self.clone() }
    }

    /// The same environment, which changes only what is `wanted` in pipelines: asked about every entry of its overlays by its
    /// dotted path from the pipeline's file.
    #[must_use]
    pub fn with_overlays(&self, wanted: &dyn Fn(&str, &Node) -> bool) -> Self {
        let pruned = |overlay: &Overlay| Overlay(overlay.0.pruned(wanted));
        let overlays = self.overlays.iter().map(|(name, overlay)| (name.clone(), pruned(overlay)));
        Self { overlays: overlays.collect(), ..self.clone() }
    }

    /// Where one of its own settings stands, by dotted path.
    #[must_use]
    pub fn place(&self, path: &str) -> Option<&Place> {
        self.tree.find(path).map(|node| &node.place)
    }
}

/// Reads an environment file.
///
/// # Errors
/// Everything that is wrong with it, its overlays included, in one go.
pub fn read(file: &FilePath, bytes: &[u8]) -> Result<EnvironmentFile, Diagnostics> {
    read_tree(file, spec::parse(file, bytes)?)
}

/// Reads a tree as if it stood in a file.
///
/// # Errors
/// Everything that is wrong with it, its overlays included, in one go.
pub fn read_tree(file: &FilePath, tree: Node) -> Result<EnvironmentFile, Diagnostics> {
    let reading = Reader::whole().read::<EnvironmentSpec>(&tree);
    let (decoded, mut found) = reading.found.into_result(reading.value)?;
    let Some(decoded) = decoded else { return Err(found) };
    let place = |path: &str| tree.get(path).map_or_else(|| tree.place.clone(), |node| node.place.clone());
    found.extend(misplaced(file, &decoded, &place));
    let target = target(&decoded);
    let account = decoded.account.clone().or_else(|| embedded(&target, || AccountId::new(EMBEDDED_ACCOUNT).ok()));
    let mut regions = decoded.regions.clone();
    if regions.is_empty() {
        regions.extend(embedded(&target, || Region::new(EMBEDDED_REGION).ok()));
    }
    if account.is_none() {
        found.push(missing("account", "\"123456789012\"", place("target")));
    }
    if regions.is_empty() {
        found.push(missing("regions", "[eu-west-1]", place("target")));
    }
    found.extend(repeated_region(&tree, &regions));
    if let Some(spec) = &decoded.gates {
        found.extend(gates::wrong(spec, &tree, decoded.budget.is_some()));
    }
    found.extend(untakeable_roles(&decoded, &tree));
    found.extend(decoded.networks.iter().flat_map(|(name, network)| crowded(&tree, name, network)));
    let (account, found) = found.into_result(account)?;
    let Some(account) = account else { return Err(found) };
    let environment = environment(file, &decoded, target, account, regions);
    Ok(EnvironmentFile { environment, overlays: decoded.pipelines, tree })
}

fn environment(
    file: &FilePath,
    decoded: &EnvironmentSpec,
    target: Target,
    account: AccountId,
    regions: Vec<Region>,
) -> Environment {
    let email = decoded.notify.as_ref().and_then(|notify| notify.email.as_ref()).map(|email| email.0.clone());
    Environment {
        file: file.clone(),
        name: decoded.environment.clone(),
        tier: match decoded.tier {
            TierChoice::Development => Tier::Development,
            TierChoice::Staging => Tier::Staging,
            TierChoice::Production => Tier::Production,
        },
        target,
        account,
        regions,
        role: decoded.role.as_ref().map(|role| role.0.clone()),
        promotes_from: decoded.promotes_from.clone(),
        notify: Notify { email },
        max_monthly_increase: decoded.budget.as_ref().map(|budget| budget.max_monthly_increase),
        gates: decoded.gates.as_ref().map(gates::gates).unwrap_or_default(),
        tags: decoded.tags.iter().map(|(key, value)| (key.0.clone(), value.0.clone())).collect(),
        permissions_boundary: decoded.permissions_boundary.as_ref().map(|policy| policy.0.clone()),
        foundation: decoded.foundation.as_ref().map(foundation).unwrap_or_default(),
        networks: decoded.networks.iter().map(|(name, spec)| (name.clone(), network(spec))).collect(),
    }
}

/// The branch that is deployed where nothing says another, and the host of GitLab that is meant.
const MAIN: &str = "main";
const GITLAB: &str = "gitlab.com";

fn foundation(spec: &FoundationSpec) -> FoundationWish {
    let branch = |typed: Option<&str>| typed.unwrap_or(MAIN).to_owned();
    FoundationWish {
        own_key: match spec.key {
            Some(FoundationKeyChoice::CustomerManaged) => true,
            Some(FoundationKeyChoice::Service) | None => false,
        },
        roles: spec.roles.as_ref().map(|roles| Takers {
            people: roles.people.iter().map(|arn| arn.0.clone()).collect(),
            jobs: roles.jobs.as_ref().map(|jobs| match jobs {
                JobsChoice::Github(of) => Jobs {
                    gitlab: None,
                    repository: of.repository.0.clone(),
                    branch: branch(of.branch.as_ref().map(|branch| branch.0.as_str())),
                },
                JobsChoice::Gitlab(of) => Jobs {
                    gitlab: Some(of.host.as_ref().map_or(GITLAB, |host| host.0.as_str()).to_owned()),
                    repository: of.repository.0.clone(),
                    branch: branch(of.branch.as_ref().map(|branch| branch.0.as_str())),
                },
            }),
        }),
    }
}

fn network(spec: &NetworkSpec) -> Network {
    Network {
        subnets: spec.subnets.iter().map(|subnet| subnet.0.clone()).collect(),
        security_groups: spec.security_groups.iter().map(|group| group.0.clone()).collect(),
    }
}

fn target(decoded: &EnvironmentSpec) -> Target {
    match &decoded.target {
        None | Some(TargetChoice::Aws) => Target::Aws,
        Some(TargetChoice::Embedded) => Target::Embedded,
        Some(TargetChoice::Endpoint(endpoint)) => Target::Endpoint { url: endpoint.url.0.clone() },
    }
}

fn embedded<T>(target: &Target, value: impl FnOnce() -> Option<T>) -> Option<T> {
    match target {
        Target::Embedded => value(),
        Target::Aws | Target::Endpoint { .. } => None,
    }
}

fn missing(field: &str, example: &str, place: Place) -> Diagnostic {
    Diagnostic::error(Code::MissingSetting, format!("an environment outside this machine needs `{field}`"))
        .at(place, "")
        .help(format!("add `{field}: {example}`, or `target: embedded` for the cloud inside Sluice"))
}

/// `environments/prod.yaml` is found by its name, so it must hold the environment of that name.
fn misplaced(file: &FilePath, decoded: &EnvironmentSpec, place: &impl Fn(&str) -> Place) -> Option<Diagnostic> {
    let stem = file.as_str().strip_prefix("environments/")?.strip_suffix(".yaml")?;
    if stem == decoded.environment.as_str() {
        return None;
    }
    let name = &decoded.environment;
    let title = format!("the file of environment `{name}` must be `environments/{name}.yaml`, it is `{file}`");
    let help = format!("write `environment: {stem}`, or rename the file");
    Some(Diagnostic::error(Code::NameMismatch, title).at(place("environment"), "").help(help))
}

fn repeated_region(tree: &Node, regions: &[Region]) -> Option<Diagnostic> {
    let repeated =
        regions.iter().enumerate().find(|(at, region)| regions.iter().take(*at).any(|other| other == *region));
    let (_, region) = repeated?;
    let place = tree.get("regions").map(|node| node.place.clone());
    Some(Diagnostic::error(Code::DuplicateField, format!("the region `{region}` is given twice")).at_maybe(place, ""))
}

/// A role that nobody may take is none.
fn untakeable_roles(decoded: &EnvironmentSpec, tree: &Node) -> Option<Diagnostic> {
    let roles = decoded.foundation.as_ref()?.roles.as_ref()?;
    if !roles.people.is_empty() || roles.jobs.is_some() {
        return None;
    }
    let place = tree.find("foundation.roles").map(|node| node.place.clone());
    let told = Diagnostic::error(Code::MissingSetting, "nobody may take the roles of the foundation");
    Some(told.at_maybe(place, "").help("name roles or users in `people`, or a repository in `jobs`"))
}

/// Most subnets and security groups of a function (the schema of `AWS::Lambda::Function`).
const MOST_SUBNETS: usize = 16;
const MOST_GROUPS: usize = 5;

/// A network without subnets or security groups is none, and Lambda takes only so many.
fn crowded(tree: &Node, name: &LocalName, network: &NetworkSpec) -> Vec<Diagnostic> {
    let counts = [
        ("subnets", network.subnets.len(), MOST_SUBNETS),
        ("security_groups", network.security_groups.len(), MOST_GROUPS),
    ];
    let wrong = counts.into_iter().filter(|(_, count, most)| *count == 0 || count > most);
    let node = tree.get("networks").and_then(|networks| networks.get(name.as_str()));
    wrong
        .map(|(field, count, most)| {
            let title = format!("network `{name}` has {count} `{field}`; Lambda takes 1 to {most}");
            let place = node.map(|node| node.get(field).unwrap_or(node).place.clone());
            Diagnostic::error(Code::OutOfRange, title).at_maybe(place, "")
        })
        .collect()
}
