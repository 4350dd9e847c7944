//! The CloudFormation of the roles that CI acts in, a template for each account.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::mark::marked;
use super::model::{Ci, CiFile, Deployable, Platform, TooMuch, Written};
use super::policy::{self, Names};
use crate::template::{DeletionPolicy, Output, Resource, Template};
use crate::units::{AccountId, LogicalId};

/// GitHub's issuer of tokens, and the audience that aws-actions/configure-aws-credentials asks for
/// (docs.github.com, "Configuring OpenID Connect in Amazon Web Services").
const GITHUB_ISSUER: &str = "token.actions.githubusercontent.com";
const GITHUB_AUDIENCE: &str = "sts.amazonaws.com";
/// How long a session may last, in seconds: a plan takes minutes, an endpoint's roll-out hours.
pub(super) const PLAN_SESSION: u32 = 3_600;
/// The same of a role that deploys.
pub(super) const DEPLOY_SESSION: u32 = 14_400;

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
    let plan = Role {
        words: vec!["plan"],
        name: ci.repository.role_name("plan"),
        description: "Plans: reads, makes and removes change sets".to_owned(),
        trust: plan_trust(ci),
        session: PLAN_SESSION,
    };
    plan.add(&mut template, |names| policy::plan(environments, names))?;
    for environment in environments {
        let role = Role {
            words: vec!["deploy", environment.name.as_str()],
            name: ci.repository.role_name(environment.name.as_str()),
            description: format!("Deploys to {}", environment.name),
            trust: deploy_trust(ci, environment),
            session: DEPLOY_SESSION,
        };
        role.add(&mut template, |names| policy::deploy(environment, names))?;
    }
    Ok(template)
}

fn id(words: &[&str]) -> LogicalId {
    LogicalId::from_words(words)
}

fn parameters(ci: &Ci) -> BTreeMap<String, Value> {
    let subject = match &ci.platform {
        Platform::GitHub => format!("repo:{}", ci.repository.as_str()),
        Platform::GitLab { .. } => format!("project_path:{}", ci.repository.as_str()),
    };
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

/// The issuer of tokens as IAM names it, and the audience.
fn issuer(ci: &Ci) -> (String, String) {
    match &ci.platform {
        Platform::GitHub => (GITHUB_ISSUER.to_owned(), GITHUB_AUDIENCE.to_owned()),
        Platform::GitLab { host } => (host.clone(), format!("https://{host}")),
    }
}

fn provider(ci: &Ci) -> Resource {
    let (issuer, audience) = issuer(ci);
    Resource {
        properties: members(json!({"Url": format!("https://{issuer}"), "ClientIdList": [audience]})),
        condition: Some("MakesProvider".to_owned()),
        // Other repositories may have come to use it.
        deletion_policy: Some(DeletionPolicy::RetainExceptOnCreate),
        update_replace_policy: Some(DeletionPolicy::Retain),
        ..Resource::new("AWS::IAM::OIDCProvider")
    }
}

/// Whose tokens are taken: pull requests of the repository, and the branch that is deployed.
fn plan_trust(ci: &Ci) -> Value {
    let branch = ci.branch.as_str();
    match &ci.platform {
        // docs.github.com, "OpenID Connect reference", example subject claims.
        Platform::GitHub => {
            trust(ci, "StringEquals", json!([sub(":pull_request"), sub(&format!(":ref:refs/heads/{branch}"))]))
        }
        // docs.gitlab.com, "ID token authentication": project_path:{path}:ref_type:{type}:ref:{branch}. A merge request's
        // is its source branch.
        Platform::GitLab { .. } => trust(ci, "StringLike", json!([sub(":ref_type:branch:ref:*")])),
    }
}

/// GitHub's tokens of a job with an environment name that; GitLab's name the branch.
fn deploy_trust(ci: &Ci, environment: &Deployable) -> Value {
    let subject = match &ci.platform {
        Platform::GitHub => format!(":environment:{}", environment.name),
        Platform::GitLab { .. } => format!(":ref_type:branch:ref:{}", ci.branch.as_str()),
    };
    trust(ci, "StringEquals", json!([sub(&subject)]))
}

fn sub(rest: &str) -> Value {
    json!({"Fn::Sub": format!("${{Subject}}{rest}")})
}

fn trust(ci: &Ci, operator: &str, subjects: Value) -> Value {
    let (issuer, audience) = issuer(ci);
    let mut conditions: BTreeMap<&str, Map<String, Value>> = BTreeMap::new();
    conditions.entry("StringEquals").or_default().insert(format!("{issuer}:aud"), audience.into());
    conditions.entry(operator).or_default().insert(format!("{issuer}:sub"), subjects);
    json!({
        "Version": "2012-10-17",
        "Statement": [{
            "Effect": "Allow",
            "Action": "sts:AssumeRoleWithWebIdentity",
            "Principal": {"Federated": {"Fn::If": ["MakesProvider", {"Ref": "Provider"}, {"Ref": "ProviderArn"}]}},
            "Condition": conditions,
        }],
    })
}

/// A role with its policies.
struct Role<'a> {
    words: Vec<&'a str>,
    name: String,
    description: String,
    trust: Value,
    /// Seconds.
    session: u32,
}

impl Role<'_> {
    /// Adds it with its policies: by the names of the pipelines where that fits.
    fn add(self, template: &mut Template, statements: impl Fn(Names) -> Vec<Value>) -> Result<(), TooMuch> {
        let policies = policy::spread(statements(Names::Pipelines))
            .or_else(|| policy::spread(statements(Names::Environment)))
            .ok_or_else(|| TooMuch {
                role: self.name.clone(),
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
        let properties = json!({
            "RoleName": self.name,
            "Description": self.description,
            "MaxSessionDuration": self.session,
            "AssumeRolePolicyDocument": self.trust,
            "ManagedPolicyArns": attached,
        });
        template
            .resources
            .insert(role, Resource { properties: members(properties), ..Resource::new("AWS::IAM::Role") });
        Ok(())
    }
}

fn members(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(members) => members,
        _ => Map::new(),
    }
}
