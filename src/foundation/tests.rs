//! What a foundation holds, for two environments that share an account and a region.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::*;
use crate::diagnostic::FilePath;
use crate::environment::{self, Environment};
use crate::template::{self, Rule, Template};
use crate::units::{LogicalId, PipelineName, Region};

const ROLES: &str = "foundation:
  key: customer-managed
  roles:
    people: [arn:aws:iam::123456789012:role/ml-platform]
    jobs: {github: {repository: acme/streams}}
";

fn environment(name: &str, more: &str) -> Environment {
    let text = format!(
        "environment: {name}\ntier: production\naccount: \"123456789012\"\nregions: [eu-west-1, us-east-1]\n{more}"
    );
    let file = FilePath::new(&format!("environments/{name}.yaml"));
    environment::read(&file, text.as_bytes()).unwrap().environment().clone()
}

fn region(name: &str) -> Region {
    Region::new(name).unwrap()
}

fn pipelines() -> Vec<PipelineName> {
    ["scoring", "windowed-aggregation"].map(|name| PipelineName::new(name).unwrap()).to_vec()
}

fn foundation(environment: &Environment, region: &Region, deployed: Option<&Template>) -> Foundation {
    let share = Share::of(environment, region, &pipelines(), &BTreeSet::new());
    Foundation::new(environment, region, share, deployed).unwrap()
}

fn made(environment: &Environment, at: &str) -> Template {
    foundation(environment, &region(at), None).template().unwrap()
}

fn resource<'a>(template: &'a Template, id: &str) -> Option<&'a template::Resource> {
    template.resources.get(&LogicalId::new(id).unwrap())
}

#[test]
fn a_foundation_breaks_no_resource_schema_and_refers_to_nothing_that_is_not_there() {
    for more in ["", ROLES] {
        let template = made(&environment("prod", more), "eu-west-1");
        let found: Vec<_> =
            template::check(&template).into_iter().filter(|found| found.rule != Rule::UnknownType).collect();
        assert!(found.is_empty(), "{found:?}");
    }
}

#[test]
fn without_a_wish_it_is_the_bucket_alone_private_versioned_encrypted_and_kept() {
    let template = made(&environment("prod", ""), "eu-west-1");
    let types: Vec<&str> = template.resources.values().map(|resource| resource.type_name.as_str()).collect();
    assert_eq!(types, ["AWS::S3::Bucket", "AWS::S3::BucketPolicy"]);
    let bucket = resource(&template, "ArtifactBucket").unwrap();
    assert_eq!(bucket.properties["BucketName"], "sluice-artifacts-123456789012-eu-west-1");
    assert_eq!(bucket.properties["VersioningConfiguration"]["Status"], "Enabled");
    let closed = bucket.properties["PublicAccessBlockConfiguration"].as_object().unwrap();
    assert!(closed.len() == 4 && closed.values().all(|on| *on == true));
    assert_eq!(bucket.deletion_policy, Some(template::DeletionPolicy::RetainExceptOnCreate));
    assert_eq!(bucket.update_replace_policy, Some(template::DeletionPolicy::Retain));
    let policy = &resource(&template, "ArtifactBucketPolicy").unwrap().properties["PolicyDocument"]["Statement"][0];
    assert_eq!((&policy["Effect"], &policy["Principal"]), (&json!("Deny"), &json!("*")));
    assert_eq!(policy["Condition"]["Bool"]["aws:SecureTransport"], "false");
}

#[test]
fn roles_and_their_boundary_stand_in_the_first_region_only_and_reach_into_every_one() {
    let prod = environment("prod", ROLES);
    let home = made(&prod, "eu-west-1");
    let trust = &resource(&home, "DeployProdRole").unwrap().properties["AssumeRolePolicyDocument"]["Statement"];
    assert_eq!(trust[0]["Principal"]["AWS"], json!(["arn:aws:iam::123456789012:role/ml-platform"]));
    let provider = "arn:aws:iam::123456789012:oidc-provider/token.actions.githubusercontent.com";
    assert_eq!(trust[1]["Principal"]["Federated"], provider);
    let subject = &trust[1]["Condition"]["StringEquals"]["token.actions.githubusercontent.com:sub"];
    assert_eq!(*subject, json!(["repo:acme/streams:environment:prod"]));
    let text = home.to_canonical_json();
    for allowed in ["eu-west-1:123456789012:stack/*-prod/*", "us-east-1:123456789012:stack/*-prod/*"] {
        assert!(text.contains(allowed), "{allowed}");
    }
    // CloudFormation cuts the names that it makes up for this one's roles.
    assert!(text.contains("role/windowed-aggregation-pro*"));
    let away = made(&prod, "us-east-1");
    assert!(away.resources.values().all(|resource| !resource.type_name.starts_with("AWS::IAM::")));
    assert!(resource(&away, "ArtifactKey").is_some());
}

#[test]
fn whoever_deploys_makes_roles_only_with_the_boundary() {
    let condition = |template: &Template| {
        let policies = template.resources.iter().filter(|(id, _)| id.as_str().starts_with("DeployProdPolicy"));
        let statements = policies.flat_map(|(_, policy)| {
            policy.properties["PolicyDocument"]["Statement"].as_array().cloned().unwrap_or_default()
        });
        let bounded = statements.into_iter().find(|statement| statement["Sid"] == "ChangeBoundedRole").unwrap();
        bounded["Condition"]["StringEquals"]["iam:PermissionsBoundary"].clone()
    };
    let own = made(&environment("prod", ROLES), "eu-west-1");
    assert_eq!(condition(&own), json!({"Ref": "BoundaryProd"}));
    let theirs = "arn:aws:iam::123456789012:policy/theirs";
    let other = environment("prod", &format!("{ROLES}permissions_boundary: {theirs}\n"));
    let given = made(&other, "eu-west-1");
    assert_eq!(condition(&given), theirs);
    assert!(resource(&given, "BoundaryProd").is_none());
    // Named in the file after it was made, the foundation's own stays the foundation's own.
    let share = Share::of(&other, &region("eu-west-1"), &pipelines(), &BTreeSet::from([theirs]));
    assert_eq!(share.roles.unwrap().boundary, None);
}

#[test]
fn an_environment_that_is_bootstrapped_leaves_the_shares_of_others_as_they_are() {
    let (prod, staging) = (environment("prod", ROLES), environment("staging", ""));
    let first = made(&prod, "eu-west-1");
    // What is deployed is read back as CloudFormation gives it.
    let deployed = Template::parse(&first.to_canonical_json()).unwrap();
    let both = foundation(&staging, &region("eu-west-1"), Some(&deployed));
    let names: Vec<&str> = both.environments().map(|name| name.as_str()).collect();
    assert_eq!(names, ["prod", "staging"]);
    let template = both.template().unwrap();
    assert_eq!(template.resources, first.resources);
    // And the same again is the same bytes.
    let again = foundation(&prod, &region("eu-west-1"), Some(&template)).template().unwrap();
    assert_eq!(again.to_canonical_json(), template.to_canonical_json());
}

#[test]
fn what_this_sluice_did_not_make_is_not_built_upon() {
    let prod = environment("prod", "");
    let mut template = made(&prod, "eu-west-1");
    let of = |template: &Template| {
        let share = Share::of(&prod, &region("eu-west-1"), &[], &BTreeSet::new());
        Foundation::new(&prod, &region("eu-west-1"), share, Some(template)).unwrap_err()
    };
    template.metadata.values_mut().for_each(|kept| kept["version"] = json!(VERSION + 1));
    assert_eq!(of(&template), Unreadable::Newer(VERSION + 1));
    template.metadata.values_mut().for_each(|kept| kept["version"] = Value::Null);
    assert_eq!(of(&template), Unreadable::Foreign);
    template.metadata.clear();
    assert_eq!(of(&template), Unreadable::Foreign);
}

#[test]
fn a_repository_that_no_host_could_have_is_told() {
    let prod = environment("prod", "foundation: {roles: {jobs: {github: {repository: a/b/c}}}}\n");
    assert!(matches!(foundation(&prod, &region("eu-west-1"), None).template(), Err(Unmade::Repository(_))));
}

#[test]
fn a_bucket_that_is_there_is_taken_in_before_it_is_changed() {
    let foundation = foundation(&environment("prod", ROLES), &region("eu-west-1"), None);
    let adoption = foundation.adoption();
    let bucket = resource(&adoption, "ArtifactBucket").unwrap();
    assert_eq!(bucket.properties.keys().collect::<Vec<_>>(), ["BucketName"]);
    assert!(bucket.deletion_policy.is_some());
    assert_eq!(adoption.resources.len(), 1);
    assert_eq!(adoption.metadata, foundation.template().unwrap().metadata);
}
