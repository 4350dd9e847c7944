//! Statements of the roles: what Sluice itself calls, and what CloudFormation does in the caller's name for every
//! resource type of the pipelines. Resources are limited to the names that the environment's stacks give.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::model::Deployable;
use super::rights::{self, Grant, On};
use crate::pipeline::names;
use crate::units::{EnvironmentName, PipelineName, Region};

/// The most that a managed policy may have, in characters, blanks not counted (IAM quotas).
pub(super) const LONGEST_POLICY: usize = 6_144;
/// How many managed policies a role takes (IAM quotas, the default).
pub(super) const MOST_POLICIES: usize = 10;
/// CloudFormation cuts the stack's name in the names that it makes up where they would become too long; roles have 64
/// characters of which the last 13 are chance, and half of the rest is the stack's.
const KEPT_OF_STACK: usize = 24;
/// The tag that every deployed stack has, and the empty shell of a first change set has not.
const STACK_TAG: &str = "aws:ResourceTag/sluice:pipeline";

/// Where code, models and templates lie in the artifact bucket.
const ARTIFACTS: [&str; 4] = ["functions/", "models/", "releases/", "templates/"];

/// What a deployment takes: actions, examples of the resources that they are done on, and what is told of the request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Needed {
    /// What they are for, for instance `ChangeStream`.
    pub purpose: String,
    /// For instance `kinesis:CreateStream`.
    pub actions: Vec<String>,
    /// ARNs, or `*`: names as the environment's stacks give them, where a name is not known an example.
    pub resources: Vec<String>,
    /// Keys of conditions with the values that they would have.
    pub context: Vec<(String, Vec<String>)>,
}

/// What a deployment of an environment's pipelines takes, as the role that deploys is given it.
#[must_use]
pub fn needed(environment: &Deployable) -> Vec<Needed> {
    let texts = |value: Option<&Value>| -> Vec<String> {
        match value {
            Some(Value::Array(list)) => list.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
            Some(Value::String(one)) => vec![one.clone()],
            _ => Vec::new(),
        }
    };
    let of = |statement: &Value| Needed {
        purpose: statement.get("Sid").and_then(Value::as_str).unwrap_or_default().to_owned(),
        actions: texts(statement.get("Action")),
        // A policy names many by a star; somebody who acts names one.
        resources: texts(statement.get("Resource"))
            .into_iter()
            .map(|arn| if arn == "*" { arn } else { arn.replace('*', "example") })
            .collect(),
        context: statement
            .get("Condition")
            .and_then(Value::as_object)
            .into_iter()
            .flat_map(|operators| operators.iter().filter(|(operator, _)| operator.contains("StringEquals")))
            .filter_map(|(_, keys)| keys.as_object())
            .flatten()
            .map(|(key, values)| (key.clone(), texts(Some(values))))
            .filter(|(_, values)| !values.is_empty())
            .collect(),
    };
    deploy(environment, Names::Pipelines).iter().map(of).collect()
}

/// Looks at stacks and change sets.
const STACK_READ: &[&str] = &[
    "cloudformation:DescribeChangeSet",
    "cloudformation:DescribeEvents",
    "cloudformation:DescribeStackEvents",
    "cloudformation:DescribeStacks",
    "cloudformation:GetTemplate",
    "cloudformation:ListStackResources",
];
/// Makes and removes change sets; neither touches a resource.
const STACK_PLAN: &[&str] = &["cloudformation:CreateChangeSet", "cloudformation:DeleteChangeSet"];
/// Changes stacks.
const STACK_WRITE: &[&str] = &[
    "cloudformation:CancelUpdateStack",
    "cloudformation:ContinueUpdateRollback",
    "cloudformation:DeleteStack",
    "cloudformation:ExecuteChangeSet",
    "cloudformation:TagResource",
    "cloudformation:UntagResource",
    "cloudformation:UpdateTerminationProtection",
];
/// Reads what gates measure; AWS offers nothing narrower than every metric (service authorization reference, "Actions, resources,
/// and condition keys for Amazon CloudWatch").
const METRICS: &[&str] = &["cloudwatch:GetMetricData", "cloudwatch:ListMetrics"];
/// Services that are given roles of a pipeline.
const PASSED_TO: &[&str] = &["firehose.amazonaws.com", "lambda.amazonaws.com", "sagemaker.amazonaws.com"];
/// Services of AWS that make a role of their own when they are used for the first time.
const OWN_ROLES: &[&str] = &[
    "contributorinsights.dynamodb.amazonaws.com",
    "dynamodb.application-autoscaling.amazonaws.com",
    "lambda.application-autoscaling.amazonaws.com",
    "replication.dynamodb.amazonaws.com",
    "sagemaker.application-autoscaling.amazonaws.com",
];

/// How names of resources are limited.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Names {
    /// To those of the pipelines that there are.
    Pipelines,
    /// To those of the environment; where listing the pipelines makes more than a role can hold.
    Environment,
}

/// The statements of the role that plans in an account: it reads, and makes and removes change sets.
pub(super) fn plan(environments: &[&Deployable], names: Names) -> Vec<Value> {
    let mut statements = Vec::new();
    let places = || environments.iter().copied();
    let stacks: Vec<String> = places().flat_map(|environment| stacks(environment, names)).collect();
    statements.push(allow("LookAtStacks", STACK_READ, &stacks, None));
    statements.push(allow("MakeAndRemoveChangeSets", STACK_PLAN, &stacks, None));
    // The shell that a stack's first change set leaves; a deployed stack has its tags.
    let shell = json!({"Null": {STACK_TAG: "true"}});
    statements.push(allow("RemoveEmptyShells", &["cloudformation:DeleteStack"], &stacks, Some(shell)));
    let all = buckets(environments);
    statements.push(allow("FindArtifacts", &["s3:ListBucket"], &all, None));
    // A template of more than 51,200 bytes is handed to CloudFormation through the bucket.
    let templates: Vec<String> = all.iter().map(|bucket| format!("{bucket}/templates/*")).collect();
    statements.push(allow("HandOverTemplates", &["s3:GetObject", "s3:PutObject"], &templates, None));
    let of = |prefix: fn(&EnvironmentName) -> String| -> Vec<String> {
        let below = |environment: &&Deployable| -> Vec<String> {
            let prefix = prefix(&environment.name);
            buckets(&[*environment]).iter().map(|bucket| format!("{bucket}/{prefix}*")).collect()
        };
        environments.iter().flat_map(below).collect()
    };
    let releases: Vec<String> = all.iter().map(|bucket| format!("{bucket}/{}*", names::RELEASES)).collect();
    let kept = [of(names::approvals_prefix), of(names::ledgers_prefix), releases].concat();
    statements.push(allow("ReadLedgerAndReleases", &["s3:GetObject"], &kept, None));
    statements.push(allow("ReadMetrics", METRICS, &["*".to_owned()], None));
    statements.extend(reads(environments, names));
    statements
}

/// The statements of the role that deploys an environment.
pub(super) fn deploy(environment: &Deployable, names: Names) -> Vec<Value> {
    let environments = [environment];
    let stacks = stacks(environment, names);
    let own: Vec<&str> = [STACK_READ, STACK_PLAN, STACK_WRITE].concat();
    let mut statements = vec![allow("Stacks", &own, &stacks, None)];
    let buckets = buckets(&environments);
    statements.push(allow("FindArtifacts", &["s3:GetBucketTagging", "s3:ListBucket"], &buckets, None));
    let below = |prefix: &str| buckets.iter().map(|bucket| format!("{bucket}/{prefix}*")).collect::<Vec<_>>();
    let objects: Vec<String> = ARTIFACTS.iter().flat_map(|prefix| below(prefix)).collect();
    // Large ones go in parts, which are given up where one does not arrive.
    let hand_over = ["s3:AbortMultipartUpload", "s3:GetObject", "s3:PutObject"];
    statements.push(allow("HandOverArtifacts", &hand_over, &objects, None));
    let leases = below(&names::lease_prefix(&environment.name));
    let lease = ["s3:DeleteObject", "s3:GetObject", "s3:PutObject"];
    statements.push(allow("HoldLeases", &lease, &leases, None));
    let ledger = below(&names::ledgers_prefix(&environment.name));
    let kept = [ledger, below(names::RELEASES)].concat();
    statements.push(allow("WriteLedger", &["s3:GetObject", "s3:PutObject"], &kept, None));
    let approvals = below(&names::approvals_prefix(&environment.name));
    statements.push(allow("ReadApprovals", &["s3:GetObject"], &approvals, None));
    statements.push(allow("ReadMetrics", METRICS, &["*".to_owned()], None));
    statements.extend(reads(&environments, names));
    if environment.types.contains("AWS::Lambda::EventSourceMapping") {
        // A mapping's ARN says nothing of whose it is; the function that it calls does.
        let own = json!({"ArnLike": {"lambda:FunctionArn": places(On::Function, &environments, names)}});
        let mappings = places(On::Mapping, &environments, names);
        statements.push(allow("PauseReaders", &["lambda:UpdateEventSourceMapping"], &mappings, Some(own)));
    }
    for (on, actions) in merged(&environments, |rights| rights.write) {
        let actions: Vec<&str> = actions.iter().map(String::as_str).collect();
        let condition = guard(on, environment.boundary.as_ref());
        statements.push(allow(&format!("Change{on:?}"), &actions, &places(on, &environments, names), Some(condition)));
    }
    statements
}

fn reads(environments: &[&Deployable], names: Names) -> Vec<Value> {
    merged(environments, |rights| rights.read)
        .into_iter()
        .map(|(on, actions)| {
            let actions: Vec<&str> = actions.iter().map(String::as_str).collect();
            allow(&format!("LookAt{on:?}"), &actions, &places(on, environments, names), None)
        })
        .collect()
}

/// Actions of every type of the environments, by what they are allowed on.
fn merged(environments: &[&Deployable], of: fn(&rights::Rights) -> &'static [Grant]) -> BTreeMap<On, BTreeSet<String>> {
    let mut merged: BTreeMap<On, BTreeSet<String>> = BTreeMap::new();
    let types: BTreeSet<&String> = environments.iter().flat_map(|environment| &environment.types).collect();
    for rights in types.into_iter().filter_map(|name| rights::of(name)) {
        for grant in of(&rights) {
            merged.entry(grant.0).or_default().extend(rights::actions(grant));
        }
    }
    merged
}

/// What a change is bound to: only CloudFormation does it in the caller's name, never the caller itself.
fn guard(on: On, boundary: Option<&Value>) -> Value {
    let through = json!({"aws:CalledVia": ["cloudformation.amazonaws.com"]});
    match (on, boundary) {
        (On::PassedRole, _) => json!({"StringEquals": {"iam:PassedToService": PASSED_TO}}),
        (On::ServiceRole, _) => json!({"StringEquals": {"iam:AWSServiceName": OWN_ROLES}}),
        (On::BoundedRole, Some(boundary)) => json!({
            "ForAnyValue:StringEquals": through,
            "StringEquals": {"iam:PermissionsBoundary": boundary},
        }),
        _ => json!({"ForAnyValue:StringEquals": through}),
    }
}

fn allow(sid: &str, actions: &[&str], resources: &[String], condition: Option<Value>) -> Value {
    let mut actions: Vec<&str> = actions.to_vec();
    actions.sort_unstable();
    let mut statement = json!({"Sid": sid, "Effect": "Allow", "Action": actions, "Resource": resources});
    if let (Some(condition), Some(members)) = (condition, statement.as_object_mut()) {
        members.insert("Condition".to_owned(), condition);
    }
    statement
}

fn stacks(environment: &Deployable, names: Names) -> Vec<String> {
    let one = |place: &Place<'_>| place.arn("cloudformation", &format!("stack/{}/*", place.stack));
    expand(&[environment], names, one)
}

fn buckets(environments: &[&Deployable]) -> Vec<String> {
    let mut buckets: Vec<String> = environments
        .iter()
        .flat_map(|environment| {
            environment.regions.iter().map(|region| {
                format!("arn:{}:s3:::{}", environment.partition(), names::artifact_bucket(&environment.account, region))
            })
        })
        .collect();
    buckets.dedup();
    buckets
}

/// A stack's place in the world.
struct Place<'a> {
    environment: &'a Deployable,
    region: &'a Region,
    /// The stack's name, or what stands for every one.
    stack: String,
    /// Begins the names that CloudFormation makes up.
    made_up: String,
}

impl Place<'_> {
    fn arn(&self, service: &str, resource: &str) -> String {
        let (partition, account) = (self.environment.partition(), &self.environment.account);
        format!("arn:{partition}:{service}:{}:{account}:{resource}", self.region)
    }

    /// The same for a service that is the same in every region.
    fn global(&self, service: &str, resource: &str) -> String {
        format!("arn:{}:{service}::{}:{resource}", self.environment.partition(), self.environment.account)
    }
}

/// What is made of every stack and region, each once, in order.
fn expand(environments: &[&Deployable], names: Names, each: impl Fn(&Place<'_>) -> String) -> Vec<String> {
    let mut found = BTreeSet::new();
    for environment in environments {
        let stacks: Vec<(String, String)> = match names {
            Names::Pipelines => environment
                .pipelines
                .iter()
                .map(|pipeline| {
                    let stack = names::stack(pipeline, &environment.name);
                    let made_up = cut(&stack).unwrap_or_else(|| format!("{stack}-*"));
                    (stack, made_up)
                })
                .collect(),
            Names::Environment => {
                let every = format!("*-{}", environment.name);
                let cut =
                    environment.pipelines.iter().filter_map(|pipeline| cut(&names::stack(pipeline, &environment.name)));
                let cut: Vec<_> = cut.map(|cut| (every.clone(), cut)).collect();
                cut.into_iter().chain([(every.clone(), format!("{every}-*"))]).collect()
            }
        };
        for region in &environment.regions {
            for (stack, made_up) in &stacks {
                let (stack, made_up) = (stack.clone(), made_up.clone());
                found.insert(each(&Place { environment, region, stack, made_up }));
            }
        }
    }
    found.into_iter().collect()
}

/// What names that CloudFormation makes up begin with where the stack's name is too long to be kept.
fn cut(stack: &str) -> Option<String> {
    if stack.len() > KEPT_OF_STACK { stack.get(..KEPT_OF_STACK).map(|kept| format!("{kept}*")) } else { None }
}

/// The pipelines whose names CloudFormation would cut in an environment, so that its name does not allow what it makes up.
#[must_use]
pub fn cut_names(pipelines: &[PipelineName], environment: &EnvironmentName) -> Vec<PipelineName> {
    pipelines.iter().filter(|pipeline| cut(&names::stack(pipeline, environment)).is_some()).cloned().collect()
}

/// The resources that `on` stands for (names: DESIGN 8; forms of ARNs: AWS's service authorization reference).
fn places(on: On, environments: &[&Deployable], names: Names) -> Vec<String> {
    let each = |form: &dyn Fn(&Place<'_>) -> String| expand(environments, names, form);
    let named = |service: &str, before: &str| each(&|place| place.arn(service, &format!("{before}{}-*", place.stack)));
    match on {
        On::Anything => vec!["*".to_owned()],
        On::Alarm => named("cloudwatch", "alarm:"),
        On::Alias => named("kms", "alias/"),
        On::BoundedRole | On::PassedRole | On::Role => {
            each(&|place| place.global("iam", &format!("role/{}", place.made_up)))
        }
        On::Bucket => each(&|place| format!("arn:{}:s3:::{}-*", place.environment.partition(), place.stack)),
        On::Budget => each(&|place| place.global("budgets", &format!("budget/{}-*", place.stack))),
        On::Catalog => {
            let database = |place: &Place<'_>| place.stack.replace('-', "_");
            let mut found = each(&|place| place.arn("glue", "catalog"));
            found.extend(each(&|place| place.arn("glue", &format!("database/{}", database(place)))));
            found.extend(each(&|place| place.arn("glue", &format!("table/{}/*", database(place)))));
            found
        }
        On::Dashboard => each(&|place| place.global("cloudwatch", &format!("dashboard/{}", place.stack))),
        On::DeliveryStream => named("firehose", "deliverystream/"),
        On::Endpoint => named("sagemaker", "endpoint/"),
        On::EndpointConfig => named("sagemaker", "endpoint-config/"),
        On::Function => named("lambda", "function:"),
        // Keys are known by numbers.
        On::Key => each(&|place| place.arn("kms", "key/*")),
        On::LogGroup => {
            let mut found = named("logs", "log-group:/aws/lambda/");
            found.extend(named("logs", "log-group:/aws/kinesisfirehose/"));
            found.extend(named("logs", "log-group:/aws/sagemaker/Endpoints/"));
            found
        }
        // So are mappings.
        On::Mapping => each(&|place| place.arn("lambda", "event-source-mapping:*")),
        On::Model => named("sagemaker", "model/"),
        On::Policy => each(&|place| place.global("iam", &format!("policy/{}", place.made_up))),
        On::Queue => named("sqs", ""),
        On::ScalableTarget => each(&|place| place.arn("application-autoscaling", "scalable-target/*")),
        On::ServiceRole => each(&|place| place.global("iam", "role/aws-service-role/*")),
        On::Stream => named("kinesis", "stream/"),
        On::Table => named("dynamodb", "table/"),
        On::Topic => named("sns", ""),
        On::TrackingAlarm => each(&|place| place.arn("cloudwatch", "alarm:TargetTracking-*")),
    }
}

/// Spreads statements over policies that are each short enough; none where a statement alone is too long.
pub(super) fn spread(statements: Vec<Value>) -> Option<Vec<Vec<Value>>> {
    let room = LONGEST_POLICY - r#"{"Version":"2012-10-17","Statement":[]}"#.len();
    let (mut policies, mut used): (Vec<Vec<Value>>, usize) = (Vec::new(), room);
    for statement in statements {
        let length = statement.to_string().chars().filter(|c| !c.is_whitespace()).count() + 1;
        if length > room {
            return None;
        }
        match policies.last_mut() {
            Some(last) if used + length <= room => {
                last.push(statement);
                used += length;
            }
            _ => {
                policies.push(vec![statement]);
                used = length;
            }
        }
    }
    (policies.len() <= MOST_POLICIES).then_some(policies)
}
