//! What the caller may do, by simulation: every action that a deployment of this pipeline takes, each on an example of what it
//! is done on.

use std::collections::{BTreeMap, BTreeSet};

use super::Site;
use crate::ci::{self, Deployable, Needed};
use crate::cloud::{CloudError, Context, Identity};
use crate::diagnostic::Code;
use crate::observed::{Decision, FailureKind, Simulated};
use crate::operate::prepare::Prepared;
use crate::rollout::{Check, CheckArea};

/// Simulates what a deployment takes.
pub(super) async fn check(site: Site<'_>, prepared: &Prepared, caller: &Identity) -> Check {
    let area = CheckArea::Permissions;
    let pipeline = prepared.sized.pipeline();
    let environment = site.environment;
    let types = prepared.rendered.template.resources.values().map(|resource| resource.type_name.clone()).collect();
    let deployable = Deployable {
        name: environment.name().clone(),
        tier: environment.tier(),
        account: environment.account().clone(),
        regions: vec![site.region.clone()],
        after: None,
        boundary: environment.permissions_boundary().map(Into::into),
        pipelines: vec![pipeline.name().clone()],
        types,
    };
    let Some(principal) = principal(site, &caller.arn).await else {
        return Check::unknown(area, format!("the rights of {} cannot be simulated", caller.arn))
            .detail("a simulation takes a user or a role; the account's root user may do everything");
    };
    let needed = ci::needed(&deployable);
    let mut told = Vec::new();
    for one in &needed {
        match simulated(site, &principal, one).await {
            Ok(found) => told.extend(found),
            Err(refusal) => return refused(&principal, &refusal),
        }
    }
    let unknown: BTreeSet<String> = {
        let types = prepared.rendered.template.resources.values().map(|resource| resource.type_name.as_str());
        let known = ci::known_types();
        types.filter(|name| !known.contains(*name)).map(str::to_owned).collect()
    };
    judged(&principal, &told, &unknown)
}

/// The user or role behind a caller, by ARN.
async fn principal(site: Site<'_>, caller: &str) -> Option<String> {
    // arn:PARTITION:sts::ACCOUNT:assumed-role/ROLE/SESSION
    let parts: Vec<&str> = caller.splitn(6, ':').collect();
    let [_, partition, service, _, account, rest] = parts.as_slice() else { return None };
    match (*service, rest.split('/').collect::<Vec<_>>().as_slice()) {
        ("sts", ["assumed-role", role, ..]) => {
            // A role's path stands in its ARN and not in its session's.
            let known = site.cloud.role_arn(role).await.ok();
            Some(known.unwrap_or_else(|| format!("arn:{partition}:iam::{account}:role/{role}")))
        }
        ("iam", ["user" | "role", ..]) => Some(caller.to_owned()),
        _ => None,
    }
}

async fn simulated(site: Site<'_>, principal: &str, needed: &Needed) -> Result<Vec<Simulated>, CloudError> {
    let context: Vec<Context> = needed
        .context
        .iter()
        .map(|(key, values)| Context {
            key: key.clone(),
            list: key == "aws:CalledVia",
            // A key that has one value at a time is told with one.
            values: if key == "aws:CalledVia" { values.clone() } else { values.iter().take(1).cloned().collect() },
        })
        .collect();
    let resources: Vec<String> = needed.resources.iter().take(1).cloned().collect();
    match site.cloud.simulate(principal, &needed.actions, &resources, &context).await {
        // IAM takes only actions together that are authorised by the same kinds of resources.
        Err(refusal) if refusal.message.contains("authorization information") => {
            let mut told = Vec::new();
            for action in &needed.actions {
                let one = std::slice::from_ref(action);
                told.extend(site.cloud.simulate(principal, one, &resources, &context).await?);
            }
            Ok(told)
        }
        answer => answer,
    }
}

fn refused(principal: &str, refusal: &CloudError) -> Check {
    let found = match refusal.kind {
        FailureKind::AccessDenied => "what the caller may do cannot be told: it may not simulate its own policies",
        FailureKind::NotFound => "what the caller may do cannot be told: IAM does not know it",
        _ => "what the caller may do cannot be told: AWS does not simulate it",
    };
    Check::unknown(CheckArea::Permissions, found).detail(refusal.to_string()).help(format!(
        "allow iam:SimulatePrincipalPolicy on {principal}, to be told before a deployment instead of in it"
    ))
}

/// What the simulations say together.
fn judged(principal: &str, told: &[Simulated], unknown: &BTreeSet<String>) -> Check {
    let area = CheckArea::Permissions;
    let denied = told.iter().filter(|one| one.decision != Decision::Allowed && one.missing.is_empty());
    let mut missing: BTreeMap<&str, (&str, Decision)> = BTreeMap::new();
    for one in denied {
        missing.entry(&one.action).or_insert((&one.resource, one.decision));
    }
    let depends: BTreeSet<&str> = told
        .iter()
        .filter(|one| one.decision != Decision::Allowed && !one.missing.is_empty())
        .map(|one| one.action.as_str())
        .filter(|action| !missing.contains_key(action))
        .collect();
    let actions: BTreeSet<&str> = told.iter().map(|one| one.action.as_str()).collect();
    let count = actions.len();
    if !missing.is_empty() {
        let lines = missing.iter().map(|(action, (resource, decision))| match decision {
            Decision::Denied => format!("{action} on {resource}: a policy denies it"),
            Decision::Allowed | Decision::NotAllowed => format!("{action} on {resource}: nothing allows it"),
        });
        return Check::failed(
            area,
            Code::PermissionMissing,
            format!("{} of {count} actions that the deployment takes are not allowed", missing.len()),
        )
        .details(lines)
        .help(format!("allow them to {principal}, or act as a role that may: `--role ARN`"))
        .help("the roles of `sluice bootstrap` and `sluice ci init` have them");
    }
    let unknown: Vec<&str> = unknown.iter().map(String::as_str).collect();
    let open = depends.is_empty() && unknown.is_empty();
    let check = if open {
        Check::ok(area, format!("{count} actions that the deployment takes are allowed, as simulated"))
    } else {
        Check::warning(area, format!("{count} actions were simulated, and some could not be decided"))
    };
    let check = check
        .details(depends.iter().map(|action| format!("{action}: it hangs on a condition that cannot be simulated")));
    let check = check.details(unknown.iter().map(|name| format!("{name}: Sluice does not know what it takes")));
    if open { check } else { check.help("deploy once into an environment where nothing hangs on it") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rollout::Health;

    fn one(action: &str, decision: Decision, missing: &[&str]) -> Simulated {
        let missing = missing.iter().map(|key| (*key).to_owned()).collect();
        Simulated { action: action.to_owned(), resource: "*".to_owned(), decision, missing }
    }

    fn check(told: &[Simulated]) -> Check {
        judged("arn:role", told, &BTreeSet::new())
    }

    #[test]
    fn what_is_not_allowed_is_named_and_a_condition_that_nobody_knows_is_no_failure() {
        assert_eq!(check(&[one("s3:PutObject", Decision::Allowed, &[])]).health, Health::Ok);
        let denied =
            check(&[one("s3:PutObject", Decision::Allowed, &[]), one("kms:CreateKey", Decision::NotAllowed, &[])]);
        assert_eq!(denied.health, Health::Failed);
        assert_eq!(denied.details, ["kms:CreateKey on *: nothing allows it"]);
        let open = check(&[one("iam:CreateRole", Decision::NotAllowed, &["aws:SourceIp"])]);
        assert_eq!(open.health, Health::Warning);
    }

    #[test]
    fn a_type_whose_rights_are_not_known_is_told() {
        let check = judged("arn:role", &[], &BTreeSet::from(["AWS::Odd::One".to_owned()]));
        assert_eq!(check.health, Health::Warning);
        assert!(check.details.iter().any(|line| line.contains("AWS::Odd::One")));
    }
}
