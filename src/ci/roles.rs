//! The CloudFormation of the roles that CI acts in, a template for each account.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::mark::marked;
use super::model::{Ci, CiFile, Deployable, Platform, TooMuch, Written};
use super::policy::{self, Names};
use super::repository::{Branch, Repository};
use crate::template::{DeletionPolicy, Output, Resource, Template};
use crate::units::{AccountId, EnvironmentName, LogicalId};

/// GitHub's issuer of tokens, and the audience that aws-actions/configure-aws-credentials asks for
/// (docs.github.com, "Configuring OpenID Connect in Amazon Web Services").
const GITHUB_ISSUER: &str = "token.actions.githubusercontent.com";
const GITHUB_AUDIENCE: &str = "sts.amazonaws.com";
/// How long a session may last, in seconds: a plan takes minutes, an endpoint's roll-out hours.
pub const PLAN_SESSION: u32 = 3_600;
/// The same of a role that deploys.
pub const DEPLOY_SESSION: u32 = 14_400;
/// What a role that plans is for.
pub const PLANS: &str = "Plans: reads, makes and removes change sets";

/// A template for each account.
pub(super) fn files(ci: &Ci) -> Result<Vec<CiFile>, TooMuch> {
    let template_of = |(account, environments): (&AccountId, Vec<&Deployable>)| {
        let body = template(ci, &environments)?.to_canonical_yaml();
        let text = marked(&format!("# Made by `{}`.\n{body}", ci.command));
        Ok(CiFile { path: ci.roles_path(account), text, written: Written::Ours })
    };
    ci.accounts().into_iter().map(template_of).collect()
}

fn template(ci: &Ci, environments: &[&Deployable]) -> Result<Template, TooMuch> {
    let names: Vec<&str> = environments.iter().map(|environment| environment.name.as_str()).collect();
    let mut template = Template {
        description: Some(format!(
            "Roles in which CI of {} plans and deploys: {}",
            ci.repository.path(),
            names.join(", ")
        )),
        parameters: parameters(ci),
        conditions: BTreeMap::from([("MakesProvider".to_owned(), json!({"Fn::Equals": [{"Ref": "ProviderArn"}, ""]}))]),
        ..Template::default()
    };
    template.resources.insert(id(&["provider"]), provider(ci));
    let tokens = Tokens { platform: &ci.platform, branch: &ci.branch };
    let plan = Role {
        words: vec!["plan"],
        name: Some(ci.repository.role_name("plan")),
        description: PLANS.to_owned(),
        trust: trust(vec![tokens.plan(&taken(), &sub)]),
        session: PLAN_SESSION,
        reach: Reach::Pipelines,
    };
    plan.planning(&mut template, environments)?;
    for environment in environments {
        let role = Role {
            words: vec!["deploy", environment.name.as_str()],
            name: Some(ci.repository.role_name(environment.name.as_str())),
            description: format!("Deploys to {}", environment.name),
            trust: trust(vec![tokens.deploy(&environment.name, &taken(), &sub)]),
            session: DEPLOY_SESSION,
            reach: Reach::Pipelines,
        };
        role.deploying(&mut template, environment)?;
    }
    Ok(template)
}

fn id(words: &[&str]) -> LogicalId {
    LogicalId::from_words(words)
}

fn parameters(ci: &Ci) -> BTreeMap<String, Value> {
    let subject = subject(&ci.platform, &ci.repository);
    let about = match &ci.platform {
        Platform::GitHub => {
            "How tokens of the repository name it. Repositories made, renamed or moved after 15 July 2026 carry numbers: \
             repo:OWNER@OWNER-ID/NAME@REPOSITORY-ID"
        }
        Platform::GitLab { .. } => "How tokens of the project name it",
    };
    BTreeMap::from([
        (
            "ProviderArn".to_owned(),
            json!({
                "Type": "String",
                "Default": "",
                "AllowedPattern": "(arn:aws[a-z-]*:iam::[0-9]{12}:oidc-provider/.+)?",
                "Description": "The account's OIDC provider for this issuer where there is one already; empty makes it",
            }),
        ),
        (
            "Subject".to_owned(),
            json!({"Type": "String", "Default": subject, "AllowedPattern": "[^*?]+", "Description": about}),
        ),
    ])
}

fn provider(ci: &Ci) -> Resource {
    let tokens = Tokens { platform: &ci.platform, branch: &ci.branch };
    let (issuer, audience) = (tokens.issuer(), tokens.audience());
    Resource {
        properties: members(json!({"Url": format!("https://{issuer}"), "ClientIdList": [audience]})),
        condition: Some("MakesProvider".to_owned()),
        // Other repositories may have come to use it.
        deletion_policy: Some(DeletionPolicy::RetainExceptOnCreate),
        update_replace_policy: Some(DeletionPolicy::Retain),
        ..Resource::new("AWS::IAM::OIDCProvider")
    }
}

/// The provider that is made, or that is there already.
fn taken() -> Value {
    json!({"Fn::If": ["MakesProvider", {"Ref": "Provider"}, {"Ref": "ProviderArn"}]})
}

fn sub(rest: &str) -> Value {
    json!({"Fn::Sub": format!("${{Subject}}{rest}")})
}

/// How tokens of a repository name it.
#[must_use]
pub fn subject(platform: &Platform, repository: &Repository) -> String {
    match platform {
        Platform::GitHub => format!("repo:{}", repository.as_str()),
        Platform::GitLab { .. } => format!("project_path:{}", repository.as_str()),
    }
}

/// Tokens that jobs of a repository are given, as roles know them.
#[derive(Clone, Copy, Debug)]
pub struct Tokens<'a> {
    /// The code host that gives them.
    pub platform: &'a Platform,
    /// The branch that is deployed.
    pub branch: &'a Branch,
}

impl Tokens<'_> {
    /// Their issuer as IAM names it.
    #[must_use]
    pub fn issuer(&self) -> &str {
        match self.platform {
            Platform::GitHub => GITHUB_ISSUER,
            Platform::GitLab { host } => host,
        }
    }

    fn audience(&self) -> String {
        match self.platform {
            Platform::GitHub => GITHUB_AUDIENCE.to_owned(),
            Platform::GitLab { host } => format!("https://{host}"),
        }
    }

    /// The statement that lets jobs plan: pull requests of the repository, and the branch that is deployed. `subject` names
    /// the repository and what follows.
    #[must_use]
    pub fn plan(&self, provider: &Value, subject: &dyn Fn(&str) -> Value) -> Value {
        match self.platform {
            // docs.github.com, "OpenID Connect reference", example subject claims.
            Platform::GitHub => {
                let branch = format!(":ref:refs/heads/{}", self.branch.as_str());
                self.taking(provider, "StringEquals", &json!([subject(":pull_request"), subject(&branch)]))
            }
            // docs.gitlab.com, "ID token authentication": project_path:{path}:ref_type:{type}:ref:{branch}. A merge request's
            // is its source branch.
            Platform::GitLab { .. } => self.taking(provider, "StringLike", &json!([subject(":ref_type:branch:ref:*")])),
        }
    }

    /// The statement that lets jobs deploy to an environment. GitHub's tokens of a job with an environment name that;
    /// GitLab's name the branch.
    #[must_use]
    pub fn deploy(&self, environment: &EnvironmentName, provider: &Value, subject: &dyn Fn(&str) -> Value) -> Value {
        let rest = match self.platform {
            Platform::GitHub => format!(":environment:{environment}"),
            Platform::GitLab { .. } => format!(":ref_type:branch:ref:{}", self.branch.as_str()),
        };
        self.taking(provider, "StringEquals", &json!([subject(&rest)]))
    }

    fn taking(&self, provider: &Value, operator: &str, subjects: &Value) -> Value {
        let issuer = self.issuer();
        let mut conditions: BTreeMap<&str, Map<String, Value>> = BTreeMap::new();
        conditions.entry("StringEquals").or_default().insert(format!("{issuer}:aud"), self.audience().into());
        conditions.entry(operator).or_default().insert(format!("{issuer}:sub"), subjects.clone());
        json!({
            "Effect": "Allow",
            "Action": "sts:AssumeRoleWithWebIdentity",
            "Principal": {"Federated": provider},
            "Condition": conditions,
        })
    }
}

/// A trust policy of these statements.
#[must_use]
pub fn trust(statements: Vec<Value>) -> Value {
    json!({"Version": "2012-10-17", "Statement": statements})
}

/// Which pipelines a role is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// Those that there are, where naming them is no more than a role can hold; else as [`Self::Environment`].
    Pipelines,
    /// Every one of the environment, those to come included.
    Environment,
}

/// A role with its policies.
#[derive(Clone, Debug)]
pub struct Role<'a> {
    /// What its logical ids begin with.
    pub words: Vec<&'a str>,
    /// Its name; none where CloudFormation makes one up.
    pub name: Option<String>,
    /// What it is for.
    pub description: String,
    /// Who may take it.
    pub trust: Value,
    /// How long a session may last, in seconds, 3,600 to 43,200.
    pub session: u32,
    /// Which pipelines it is for.
    pub reach: Reach,
}

impl Role<'_> {
    /// Adds it as one that plans in environments of one account.
    ///
    /// # Errors
    /// When it would need more rights than a role can hold.
    pub fn planning(self, template: &mut Template, environments: &[&Deployable]) -> Result<(), TooMuch> {
        self.add(template, |names| policy::plan(environments, names))
    }

    /// Adds it as one that deploys to an environment.
    ///
    /// # Errors
    /// When it would need more rights than a role can hold.
    pub fn deploying(self, template: &mut Template, environment: &Deployable) -> Result<(), TooMuch> {
        self.add(template, |names| policy::deploy(environment, names))
    }

    fn add(self, template: &mut Template, statements: impl Fn(Names) -> Vec<Value>) -> Result<(), TooMuch> {
        let by_pipeline = || policy::spread(statements(Names::Pipelines));
        let policies = match self.reach {
            Reach::Pipelines => by_pipeline(),
            Reach::Environment => None,
        };
        let policies = policies.or_else(|| policy::spread(statements(Names::Environment))).ok_or_else(|| TooMuch {
            role: self.name.clone().unwrap_or_else(|| self.words.join("-")),
            policies: policy::MOST_POLICIES,
            characters: policy::LONGEST_POLICY,
        })?;
        let part = |last: &str| id(&self.words.iter().copied().chain([last]).collect::<Vec<_>>());
        let mut attached = Vec::new();
        for (at, statements) in policies.into_iter().enumerate() {
            let logical_id = part(&format!("policy{}", at + 1));
            attached.push(json!({"Ref": logical_id}));
            let document = json!({"Version": "2012-10-17", "Statement": statements});
            let policy = Resource {
                properties: members(json!({"Description": self.description, "PolicyDocument": document})),
                ..Resource::new("AWS::IAM::ManagedPolicy")
            };
            template.resources.insert(logical_id, policy);
        }
        let role = part("role");
        template.outputs.insert(
            part("role-arn"),
            Output { value: json!({"Fn::GetAtt": [role, "Arn"]}), description: Some(self.description.clone()) },
        );
        let mut properties = members(json!({
            "Description": self.description,
            "MaxSessionDuration": self.session,
            "AssumeRolePolicyDocument": self.trust,
            "ManagedPolicyArns": attached,
        }));
        properties.extend(self.name.map(|name| ("RoleName".to_owned(), name.into())));
        template.resources.insert(role, Resource { properties, ..Resource::new("AWS::IAM::Role") });
        Ok(())
    }
}

fn members(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(members) => members,
        _ => Map::new(),
    }
}
