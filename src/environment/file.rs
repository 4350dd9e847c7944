//! The environment file, declared (see `spec::declare` for what follows from a declaration).

use std::collections::BTreeMap;

use super::gates::GatesSpec;
use crate::diagnostic::{Code, Diagnostic};
use crate::spec::{
    Decode, Definitions, Email, FormatVersion, Node, PipelineFile, Reader, TagKey, TagText, Text, checked_texts,
    choice, record,
};
use crate::units::{AccountId, EnvironmentName, LocalName, Money, PipelineName, Region};

record! {
    /// An environment that pipelines are deployed to.
    "an environment file" EnvironmentSpec {
        /// The version of this file's format; left out, it is 1.
        sluice: Option<FormatVersion>,
        /// The environment's name, which is also the file's: letters and digits.
        environment: EnvironmentName,
        /// Decides defaults and how strict the rules are.
        tier: TierChoice,
        /// Where its AWS is. Left out, `aws`.
        target: Option<TargetChoice>,
        /// The account, twelve digits in quotes. Embedded environments may leave it out.
        account: Option<AccountId>,
        /// The regions, the default one first. Embedded environments may leave it out.
        regions: Vec<Region>,
        /// The role that deploys; left out, whoever calls.
        role: Option<RoleArn>,
        /// The environment that a release must have passed before.
        promotes_from: Option<EnvironmentName>,
        /// Who hears of alarms.
        notify: Option<NotifySpec>,
        /// What changes may cost.
        budget: Option<BudgetSpec>,
        /// What a promotion to this environment must pass.
        gates: Option<GatesSpec>,
        /// Tags put on every resource.
        tags: BTreeMap<TagKey, TagText>,
        /// The boundary of every role's permissions, by ARN.
        permissions_boundary: Option<PolicyArn>,
        /// What `sluice bootstrap` makes here besides the artifact bucket.
        foundation: Option<FoundationSpec>,
        /// Networks that functions may stand in.
        networks: BTreeMap<LocalName, NetworkSpec>,
        /// What differs here, by pipeline: an overlay on the pipeline file.
        pipelines: BTreeMap<PipelineName, Overlay>,
    }

    /// Who hears of alarms.
    "`notify`" NotifySpec {
        /// An address that is subscribed to the pipeline's topic.
        email: Option<Email>,
    }

    /// A network that functions may stand in.
    "a network" NetworkSpec {
        /// Its subnets, 1 to 16.
        subnets: Vec<SubnetId>,
        /// Its security groups, 1 to 5.
        security_groups: Vec<SecurityGroupId>,
    }

    /// What the foundation of an account and region holds besides the artifact bucket.
    "`foundation`" FoundationSpec {
        /// The key that protects artifacts. Left out, S3's own. One environment that asks for a key gives it to all that share
        /// the account and region.
        key: Option<FoundationKeyChoice>,
        /// Roles that plan and deploy. Left out, none are made.
        roles: Option<FoundationRolesSpec>,
    }

    /// Who may take the roles that plan and deploy; at least somebody.
    "roles of the foundation" FoundationRolesSpec {
        /// Roles or users that may take both, by ARN.
        people: Vec<RoleArn>,
        /// A repository whose jobs may take them.
        jobs: Option<JobsChoice>,
    }

    /// A repository of GitHub.
    "a repository of GitHub" GithubJobsSpec {
        /// The repository, `OWNER/NAME`, or `OWNER@ID/NAME@ID` where its tokens carry numbers.
        repository: RepositoryPath,
        /// The branch whose state is deployed. Left out, `main`.
        branch: Option<BranchName>,
    }

    /// A project of GitLab.
    "a project of GitLab" GitlabJobsSpec {
        /// The project's path.
        repository: RepositoryPath,
        /// The branch whose state is deployed. Left out, `main`.
        branch: Option<BranchName>,
        /// The instance. Left out, `gitlab.com`.
        host: Option<HostName>,
    }

    /// What changes may cost.
    "a budget" BudgetSpec {
        /// The most a change may add to a month, for instance `250 USD`.
        max_monthly_increase: Money,
    }

    /// A server that speaks AWS's protocols.
    "an endpoint target" EndpointTargetSpec {
        /// Its address, for instance `http://127.0.0.1:5000`.
        url: Url,
    }
}

choice! {
    /// How strict the rules are, and what survives.
    "a tier" TierChoice {
        /// Nothing is kept, nothing is protected.
        "development" => Development,
        /// Like production, but the stack may be deleted.
        "staging" => Staging,
        /// Everything is kept and protected.
        "production" => Production,
    }

    /// Whose key protects artifacts.
    "a key of the foundation" FoundationKeyChoice {
        /// S3's own: it costs nothing.
        "service" => Service,
        /// One of the account, made with the foundation.
        "customer-managed" => CustomerManaged,
    }

    /// Whose jobs may take the roles of the foundation.
    "jobs of a code host" JobsChoice {
        /// Jobs of GitHub Actions.
        "github" => Github(GithubJobsSpec),
        /// Jobs of GitLab CI/CD.
        "gitlab" => Gitlab(GitlabJobsSpec),
    }

    /// Where an environment's AWS is.
    "a target" TargetChoice {
        /// Amazon's.
        "aws" => Aws,
        /// The one inside Sluice.
        "embedded" => Embedded,
        /// A server that speaks AWS's protocols.
        "endpoint" => Endpoint(EndpointTargetSpec),
    }
}

/// What an environment changes in one pipeline's file. Checked field by field when the environment is read, and
/// again as a whole when it is merged.
#[derive(Clone, Debug, PartialEq)]
pub struct Overlay(pub(super) Node);

impl Decode for Overlay {
    fn decode(node: &Node, reader: &mut Reader) -> Option<Self> {
        let found = Reader::overlay().read::<PipelineFile>(node).found;
        let refused = found.has_errors();
        reader.absorb(found);
        for entry in node.entries().iter().filter(|entry| entry.key == "pipeline" || entry.key == "sluice") {
            let title = format!("an overlay cannot change `{}`", entry.key);
            let place = entry.key_place.clone();
            reader.error(Diagnostic::error(Code::Conflict, title).at(place, "").help("remove it"));
        }
        if refused { None } else { Some(Self(node.clone())) }
    }

    fn schema(definitions: &mut Definitions) -> serde_json::Value {
        definitions.overlay::<PipelineFile>()
    }
}

checked_texts! {
    /// A role or user, by ARN.
    RoleArn <= 2048, "the ARN of a role or user", "arn:aws:iam::123456789012:role/release-owner",
        "^arn:aws[a-z-]*:(iam|sts)::[0-9]{12}:.+$",
        |text| {
            let parts: Vec<&str> = text.splitn(6, ':').collect();
            matches!(parts.as_slice(), ["arn", partition, "iam" | "sts", "", account, rest]
                if partition.starts_with("aws") && AccountId::new(account).is_ok()
                    && !rest.is_empty() && !rest.contains(char::is_whitespace))
        };
    /// A managed policy, by ARN.
    PolicyArn <= 2048, "the ARN of a managed policy", "arn:aws:iam::123456789012:policy/boundary",
        "^arn:aws[a-z-]*:iam::([0-9]{12}|aws):policy/.+$",
        |text| {
            let parts: Vec<&str> = text.splitn(6, ':').collect();
            matches!(parts.as_slice(), ["arn", partition, "iam", "", account, rest]
                if partition.starts_with("aws") && (*account == "aws" || AccountId::new(account).is_ok())
                    && rest.strip_prefix("policy/").is_some_and(|name| !name.is_empty())
                    && !rest.contains(char::is_whitespace))
        };
    /// A repository on a code host.
    RepositoryPath <= 1024, "the path of a repository", "acme/streams",
        "^[A-Za-z0-9._-]+(@[0-9]+)?(/[A-Za-z0-9._-]+(@[0-9]+)?)+$",
        |text| text.contains('/') && text.split('/').all(|part| {
            let (name, number) = part.split_once('@').unwrap_or((part, "0"));
            !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"._-".contains(&b))
                && !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit())
        });
    /// A branch.
    BranchName <= 200, "the name of a branch", "main", "^[A-Za-z0-9][A-Za-z0-9._/-]*$",
        |text| text.starts_with(|c: char| c.is_ascii_alphanumeric())
            && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"._/-".contains(&b));
    /// A host.
    HostName <= 255, "the name of a host", "gitlab.example.com", "^[A-Za-z0-9][A-Za-z0-9.-]*(:[0-9]+)?$",
        |text| text.starts_with(|c: char| c.is_ascii_alphanumeric())
            && text.bytes().all(|b| b.is_ascii_alphanumeric() || b".-:".contains(&b));
    /// A subnet.
    SubnetId <= 24, "the id of a subnet", "subnet-0123456789abcdef0", "^subnet-[0-9a-f]{8,17}$",
        |text| text.strip_prefix("subnet-").is_some_and(hexadecimal);
    /// A security group.
    SecurityGroupId <= 20, "the id of a security group", "sg-0123456789abcdef0", "^sg-[0-9a-f]{8,17}$",
        |text| text.strip_prefix("sg-").is_some_and(hexadecimal);
    /// The address of a server.
    Url <= 2048, "the address of a server", "http://127.0.0.1:5000", "^https?://[^\\s]+$",
        |text| {
            let host = text.strip_prefix("http://").or_else(|| text.strip_prefix("https://"));
            host.is_some_and(|host| !host.is_empty() && !host.starts_with('/'))
                && !text.contains(|c: char| c.is_whitespace() || c.is_control())
        };
}

fn hexadecimal(text: &str) -> bool {
    (8..=17).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b))
}
