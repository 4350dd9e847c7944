//! The CloudFormation of a foundation.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::model::{Foundation, Roles};
use super::{VERSION, VERSION_TAG, boundary};
use crate::ci::{self, Branch, BranchError, Deployable, Platform, Reach, Repository, RepositoryError, Tokens, TooMuch};
use crate::environment::{Jobs, Takers, Tier};
use crate::pipeline::names;
use crate::render;
use crate::template::{DeletionPolicy, Output, Resource, Template};
use crate::units::{EnvironmentName, LogicalId};

/// How long what was replaced or removed in the bucket can be brought back, in days.
const OLD_VERSIONS_DAYS: u32 = 30;
/// The same of leases, of which nobody needs an old one.
const OLD_LEASES_DAYS: u32 = 1;
/// After how many days the parts of an upload that was never finished go.
const UNFINISHED_DAYS: u32 = 7;
/// How often the key is exchanged, in days.
const ROTATION_DAYS: u32 = 365;
/// How long the key can be brought back after it was given up, in days: the longest that KMS waits.
const PENDING_DAYS: u32 = 30;
/// The name under which people find the key.
const KEY_ALIAS: &str = "alias/sluice-artifacts";

/// Why there can be no template.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unmade {
    /// A role would need more rights than a role can hold.
    #[error(transparent)]
    TooMuch(#[from] TooMuch),
    /// The code host has no such repository.
    #[error(transparent)]
    Repository(#[from] RepositoryError),
    /// No branch has such a name.
    #[error(transparent)]
    Branch(#[from] BranchError),
}

impl Foundation {
    /// The template: the same shares give the same bytes.
    ///
    /// # Errors
    /// When a role would need more rights than a role can hold, or would be taken by jobs of what is no repository.
    pub fn template(&self) -> Result<Template, Unmade> {
        let mut template = Template {
            description: Some(format!(
                "What Sluice needs in account {} and {}: artifacts, ledger, leases, roles",
                self.account, self.region
            )),
            metadata: self.metadata(),
            ..Template::default()
        };
        let key = self.shares.values().any(|share| share.own_key);
        template.resources.insert(id(&["artifact", "bucket"]), self.bucket(key));
        template.resources.insert(id(&["artifact", "bucket", "policy"]), bucket_policy());
        output(
            &mut template,
            &["artifact", "bucket", "name"],
            &reference(&BUCKET),
            "Bucket of artifacts, ledger, leases",
        );
        output(&mut template, &["foundation", "version"], &json!(VERSION.to_string()), "Version of this foundation");
        if key {
            self.add_key(&mut template);
        }
        for (name, share) in &self.shares {
            if let Some(roles) = &share.roles {
                self.add_roles(&mut template, name, roles)?;
            }
        }
        render::answer_findings(&mut template);
        Ok(template)
    }

    /// The first of the two steps in which a bucket that is there already is taken in: CloudFormation imports it as it is, and
    /// only a change after that gives it the settings (`cloudformation-behaviour.md` CI-04).
    #[must_use]
    pub fn adoption(&self) -> Template {
        let mut bucket = self.bucket(false);
        bucket.properties.retain(|name, _| name == "BucketName");
        Template {
            metadata: self.metadata(),
            resources: BTreeMap::from([(id(&BUCKET), bucket)]),
            ..Template::default()
        }
    }

    /// The bucket's name.
    #[must_use]
    pub fn bucket_name(&self) -> String {
        names::artifact_bucket(&self.account, &self.region)
    }

    /// Tags of the stack.
    #[must_use]
    pub fn tags(&self) -> BTreeMap<String, String> {
        BTreeMap::from([(VERSION_TAG.to_owned(), VERSION.to_string())])
    }

    fn partition(&self) -> &'static str {
        names::partition(self.region.as_str())
    }

    fn bucket(&self, key: bool) -> Resource {
        let encryption = if key {
            json!({
                "ServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": attribute(&KEY, "Arn")},
                "BucketKeyEnabled": true,
            })
        } else {
            json!({"ServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}})
        };
        let old = |id: &str, prefix: &str, days: u32| {
            json!({
                "Id": id,
                "Status": "Enabled",
                "Prefix": prefix,
                "NoncurrentVersionExpiration": {"NoncurrentDays": days},
                "ExpiredObjectDeleteMarker": true,
            })
        };
        kept(
            "AWS::S3::Bucket",
            json!({
                "BucketName": self.bucket_name(),
                "BucketEncryption": {"ServerSideEncryptionConfiguration": [encryption]},
                "VersioningConfiguration": {"Status": "Enabled"},
                "OwnershipControls": {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]},
                "PublicAccessBlockConfiguration": {
                    "BlockPublicAcls": true,
                    "BlockPublicPolicy": true,
                    "IgnorePublicAcls": true,
                    "RestrictPublicBuckets": true,
                },
                "LifecycleConfiguration": {"Rules": [
                    old("old-versions", "", OLD_VERSIONS_DAYS),
                    old("old-leases", "locks/", OLD_LEASES_DAYS),
                    {
                        "Id": "unfinished-uploads",
                        "Status": "Enabled",
                        "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": UNFINISHED_DAYS},
                    },
                ]},
                "Tags": [{"Key": VERSION_TAG, "Value": VERSION.to_string()}],
            }),
        )
    }

    /// The key. Whoever may read or write an object may have it decrypted or encrypted through S3, as AWS's own key for S3
    /// has it, so that no role needs a statement about the key.
    fn add_key(&self, template: &mut Template) {
        let (partition, account) = (self.partition(), &self.account);
        let suffix = if partition == "aws-cn" { "amazonaws.com.cn" } else { "amazonaws.com" };
        let policy = json!({
            "Version": "2012-10-17",
            "Statement": [
                {
                    "Sid": "Administration",
                    "Effect": "Allow",
                    "Principal": {"AWS": format!("arn:{partition}:iam::{account}:root")},
                    "Action": render::KEY_ADMINISTRATION,
                    "Resource": "*",
                },
                {
                    "Sid": "ThroughS3",
                    "Effect": "Allow",
                    "Principal": {"AWS": "*"},
                    "Action": ["kms:Decrypt", "kms:DescribeKey", "kms:Encrypt", "kms:GenerateDataKey"],
                    "Resource": "*",
                    "Condition": {"StringEquals": {
                        "kms:CallerAccount": account,
                        "kms:ViaService": format!("s3.{}.{suffix}", self.region),
                    }},
                },
            ],
        });
        let key = kept(
            "AWS::KMS::Key",
            json!({
                "Description": "Artifacts, ledger and leases of Sluice",
                "EnableKeyRotation": true,
                "RotationPeriodInDays": ROTATION_DAYS,
                "PendingWindowInDays": PENDING_DAYS,
                "KeyPolicy": policy,
            }),
        );
        template.resources.insert(id(&KEY), key);
        let alias = plain("AWS::KMS::Alias", json!({"AliasName": KEY_ALIAS, "TargetKeyId": reference(&KEY)}));
        template.resources.insert(id(&["artifact", "key", "alias"]), alias);
        output(template, &["artifact", "key", "arn"], &attribute(&KEY, "Arn"), "Key of the bucket");
    }

    /// The roles of one environment, and the boundary of what they make unless it names another.
    fn add_roles(&self, template: &mut Template, name: &EnvironmentName, roles: &Roles) -> Result<(), Unmade> {
        let bounding = ["boundary", name.as_str()];
        let boundary = match &roles.boundary {
            Some(arn) => json!(arn),
            None => {
                let policy = json!({
                    "Description": format!("The most that roles of pipelines in {name} may do"),
                    "PolicyDocument": boundary::document(self.partition()),
                });
                template.resources.insert(id(&bounding), plain("AWS::IAM::ManagedPolicy", policy));
                let told = format!("Boundary of roles in {name}: `permissions_boundary` of its file");
                output(template, &["boundary", name.as_str(), "arn"], &reference(&bounding), &told);
                reference(&bounding)
            }
        };
        let environment = Deployable {
            name: name.clone(),
            // Decides nothing about roles.
            tier: Tier::Production,
            account: self.account.clone(),
            regions: roles.regions.clone(),
            after: None,
            boundary: Some(boundary),
            pipelines: roles.pipelines.clone(),
            types: ci::known_types(),
        };
        let [plans, deploys] = self.trusts(name, &roles.takers)?;
        let role = |words, description, trust, session| ci::Role {
            words,
            name: None,
            description,
            trust,
            session,
            reach: Reach::Environment,
        };
        let plan = role(vec!["plan", name.as_str()], ci::PLANS.to_owned(), plans, ci::PLAN_SESSION);
        plan.planning(template, &[&environment])?;
        let deploy = role(vec!["deploy", name.as_str()], format!("Deploys to {name}"), deploys, ci::DEPLOY_SESSION);
        Ok(deploy.deploying(template, &environment)?)
    }

    /// Who may take the role that plans, and who the one that deploys.
    fn trusts(&self, name: &EnvironmentName, takers: &Takers) -> Result<[Value; 2], Unmade> {
        let people = (!takers.people.is_empty())
            .then(|| json!({"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"AWS": takers.people}}));
        let jobs = takers.jobs.as_ref().map(|jobs| self.job_trusts(name, jobs)).transpose()?;
        let [plans, deploys] = jobs.map_or([None, None], |both| both.map(Some));
        Ok([plans, deploys].map(|jobs| ci::trust(people.iter().cloned().chain(jobs).collect())))
    }

    /// The same of a repository's jobs.
    fn job_trusts(&self, name: &EnvironmentName, jobs: &Jobs) -> Result<[Value; 2], Unmade> {
        let platform = match &jobs.gitlab {
            None => Platform::GitHub,
            Some(host) => Platform::GitLab { host: host.clone() },
        };
        let repository = Repository::new(&platform, &jobs.repository)?;
        let branch = Branch::new(&jobs.branch)?;
        let tokens = Tokens { platform: &platform, branch: &branch };
        let provider =
            json!(format!("arn:{}:iam::{}:oidc-provider/{}", self.partition(), self.account, tokens.issuer()));
        let subject = |rest: &str| json!(format!("{}{rest}", ci::subject(&platform, &repository)));
        Ok([tokens.plan(&provider, &subject), tokens.deploy(name, &provider, &subject)])
    }
}

/// What the bucket and the key are called in the template.
const BUCKET: [&str; 2] = ["artifact", "bucket"];
const KEY: [&str; 2] = ["artifact", "key"];

/// Nobody reaches it but over TLS.
fn bucket_policy() -> Resource {
    let whole = attribute(&BUCKET, "Arn");
    let policy = json!({
        "Version": "2012-10-17",
        "Statement": [{
            "Sid": "TlsOnly",
            "Effect": "Deny",
            "Principal": "*",
            "Action": "s3:*",
            "Resource": [whole, {"Fn::Join": ["", [whole, "/*"]]}],
            "Condition": {"Bool": {"aws:SecureTransport": "false"}},
        }],
    });
    plain("AWS::S3::BucketPolicy", json!({"Bucket": reference(&BUCKET), "PolicyDocument": policy}))
}

fn id(words: &[&str]) -> LogicalId {
    LogicalId::from_words(words)
}

fn reference(words: &[&str]) -> Value {
    json!({"Ref": id(words)})
}

fn attribute(words: &[&str], name: &str) -> Value {
    json!({"Fn::GetAtt": [id(words), name]})
}

fn plain(type_name: &str, properties: Value) -> Resource {
    let properties = match properties {
        Value::Object(members) => members,
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => Map::new(),
    };
    Resource { properties, ..Resource::new(type_name) }
}

/// One that outlives its stack, unless the making of it failed.
fn kept(type_name: &str, properties: Value) -> Resource {
    Resource {
        deletion_policy: Some(DeletionPolicy::RetainExceptOnCreate),
        update_replace_policy: Some(DeletionPolicy::Retain),
        ..plain(type_name, properties)
    }
}

fn output(template: &mut Template, words: &[&str], value: &Value, description: &str) {
    let output = Output { value: value.clone(), description: Some(description.to_owned()) };
    template.outputs.insert(id(words), output);
}
