//! `sluice deploy --revert-drift`: puts back what was deployed, by a drift-aware change set.
//!
//! What was deployed is put back, not what the files say by now: edits that nobody deployed yet stay for the next deployment.

use serde_json::Value;

use super::connect::cadence;
use super::deploy::{Company, Tools, ask};
use super::drift::{At, look};
use super::failure::{Failure, FailureKind};
use super::lease::{self, Place, Wish};
use super::load::Shelf;
use super::plan::spec_places;
use super::prepare::prepare;
use super::recover::{RecoverOrder, Stuck, follow, stuck};
use crate::cloud::{ChangeSetKind, ChangeSetRequest};
use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::event::OperationResult;
use crate::observed::{ChangeSet, ChangeSetState, Replacement, StackDescription, StackStatus};
use crate::pipeline::names;
use crate::plan::{Drift, DriftVerdict, Drifted, SeenBy};
use crate::rollout::Goal;
use crate::template::Template;
use crate::units::{Duration, Region, Timestamp};
use crate::workspace::{Clock, Project};

/// A change set that reads every resource takes longer than one that compares templates.
const LONGEST: Duration = Duration::from_secs(15 * 60);
/// How often to look whether an operation has begun.
const LOOKS: u32 = 30;

/// Whose drift is to be put back.
#[derive(Clone, Debug)]
pub struct RevertOrder {
    /// Pipeline.
    pub pipeline: String,
    /// Environment.
    pub environment: String,
    /// Region, where the environment has several.
    pub region: Option<Region>,
}

/// Drift that was looked at, to be put back.
#[derive(Clone, Debug)]
pub struct Revertible {
    /// The stack as it stands.
    pub stuck: Stuck,
    /// Its drift.
    pub drift: Drift,
    /// When it was looked at, by the server's clock.
    pub at: Timestamp,
    /// What could not be looked at.
    pub warnings: Diagnostics,
    stack: StackDescription,
}

impl Revertible {
    /// What is put back: what nobody meant, and CloudFormation can see.
    pub fn put_back(&self) -> impl Iterator<Item = &Drifted> {
        self.drift.unintended().filter(|one| one.seen_by == SeenBy::CloudFormation)
    }

    /// What nobody meant and CloudFormation cannot see, so that a person has to put it back.
    pub fn beyond(&self) -> impl Iterator<Item = &Drifted> {
        self.drift.unintended().filter(|one| one.seen_by == SeenBy::Service)
    }
}

/// Looks for drift that can be put back.
///
/// # Errors
/// The stack is not there or in a state that forbids it, or it may not be looked at.
pub async fn revertible(shelf: &mut Shelf<'_>, order: &RevertOrder, tools: Tools<'_>) -> Result<Revertible, Failure> {
    let standing = RecoverOrder {
        pipeline: order.pipeline.clone(),
        environment: order.environment.clone(),
        region: order.region.clone(),
        without: false,
    };
    let stuck = stuck(shelf, &standing, tools).await?;
    let prepared = prepare(shelf, &order.pipeline, &order.environment, order.region.as_ref()).ok();
    let Some(stack) = stuck.stack.clone() else {
        return Err(Failure::error(
            Diagnostic::error(
                Code::NothingToDrift,
                format!("{} is not deployed, so nothing can have drifted", stuck.name),
            )
            .help(format!("sluice deploy {} --env {}", order.pipeline, order.environment)),
        ));
    };
    let place =
        At { cloud: &stuck.cloud, environment: &stuck.environment, region: &stuck.region, name: &stuck.pipeline };
    let pipeline = prepared.as_ref().map(|prepared| prepared.sized.pipeline());
    let (drift, warnings) = look(place, &stack, pipeline, &stuck.origins, tools.clock).await?;
    let at = stuck.cloud.time();
    Ok(Revertible { drift, at, warnings, stack, stuck })
}

/// Puts it back, after having asked, under the lease.
///
/// # Errors
/// Nobody agreed, somebody else is at work, a resource would be replaced, or the stack did not take it.
pub async fn revert(
    project: &Project,
    found: &Revertible,
    yes: bool,
    tools: Tools<'_>,
    company: &mut dyn Company,
) -> Result<OperationResult, Failure> {
    if found.put_back().next().is_none() {
        return Ok(OperationResult::NothingToDo);
    }
    let stuck = &found.stuck;
    ask(yes, company, &format!("Put back what was deployed in {}?", stuck.name))?;
    let place = Place {
        project,
        cloud: &stuck.cloud,
        environment: &stuck.environment,
        region: &stuck.region,
        pipeline: &stuck.pipeline,
    };
    let wish = Wish { place, owner: &stuck.caller, command: "deploy --revert-drift", work: None };
    let mut held = lease::take(&wish, company).await?;
    let result = match begin(found, tools.clock).await {
        Ok(false) => Ok(OperationResult::NothingToDo),
        Ok(true) => {
            let goal = Goal::Settle { stack: stuck.name.clone(), origins: spec_places(&stuck.origins) };
            match follow(stuck, goal, tools, company, Some(&mut held)).await {
                Ok(OperationResult::NothingToDo) => over(found).await,
                other => other,
            }
        }
        Err(failure) => Err(failure),
    };
    held.release(company).await?;
    result
}

/// How an operation ended that was over before anybody followed it.
async fn over(found: &Revertible) -> Result<OperationResult, Failure> {
    let stuck = &found.stuck;
    let head = stuck.cloud.stack_head(&stuck.name).await?;
    match head.map(|head| head.status) {
        Some(StackStatus::UpdateComplete) => Ok(OperationResult::Succeeded),
        status => {
            let status = status.map_or_else(|| "gone".to_owned(), |status| status.to_string());
            let title = format!("what was deployed was not put back: {} is {status}", stuck.name);
            let help = format!("sluice status {} --env {}", stuck.pipeline, stuck.environment.name());
            Err(Failure {
                kind: FailureKind::RolledBack,
                diagnostics: Diagnostic::error(Code::DeploymentFailed, title).help(help).into(),
            })
        }
    }
}

/// Makes the change set and begins with it; false where CloudFormation finds nothing to do.
async fn begin(found: &Revertible, clock: &dyn Clock) -> Result<bool, Failure> {
    let stuck = &found.stuck;
    let name = format!("sluice-revert-{}", found.at.as_millis());
    let request = ChangeSetRequest {
        stack: stuck.name.clone(),
        name: name.clone(),
        kind: ChangeSetKind::Update,
        template: template(found).to_canonical_json(),
        artifact_bucket: names::artifact_bucket(stuck.environment.account(), &stuck.region),
        tags: found.stack.tags.clone(),
        role: None,
        import_existing: false,
        rollback_alarms: Vec::new(),
        watch: None,
        description: "Puts back what was deployed".to_owned(),
    };
    stuck.cloud.create_reverting_change_set(&request).await?;
    let made = match made(found, &name, clock).await {
        Ok(made) => made,
        Err(failure) => {
            stuck.cloud.delete_change_set(&stuck.name, &name).await?;
            return Err(failure);
        }
    };
    if made.is_empty_change() {
        stuck.cloud.delete_change_set(&stuck.name, &name).await?;
        return Ok(false);
    }
    stuck.cloud.execute_change_set(&stuck.name, &name, &name).await?;
    // A read may be behind: the stack is followed from where it has begun.
    for _ in 0..LOOKS {
        let head = stuck.cloud.stack_head(&stuck.name).await?;
        if head.is_some_and(|head| head.change_set_name() == Some(name.as_str())) {
            break;
        }
        clock.sleep(pause(found, clock)).await;
    }
    Ok(true)
}

fn pause(found: &Revertible, clock: &dyn Clock) -> Duration {
    cadence(&found.stuck.environment, clock.is_virtual()).first
}

/// Waits for the change set, and takes none that would replace something.
async fn made(found: &Revertible, name: &str, clock: &dyn Clock) -> Result<ChangeSet, Failure> {
    let stuck = &found.stuck;
    let refused = |why: String| {
        let title = "CloudFormation cannot put back what was deployed";
        Failure::error(Diagnostic::error(Code::ChangeSetRefused, title).note(why))
    };
    let pause = pause(found, clock);
    let mut waited = Duration::ZERO;
    loop {
        match stuck.cloud.describe_change_set(&stuck.name, name).await? {
            Some(set) if set.is_empty_change() => return Ok(set),
            Some(set) if set.state == ChangeSetState::Ready => {
                let replaced = set.changes.iter().find(|change| {
                    change.physical_id.is_some()
                        && matches!(change.replacement, Some(Replacement::True | Replacement::Conditional))
                });
                return match replaced {
                    None => Ok(set),
                    Some(change) => Err(Failure {
                        kind: FailureKind::Refused,
                        ..refused(format!("{} would be replaced by that, which nobody agreed to", change.logical_id))
                    }),
                };
            }
            Some(set) if set.state == ChangeSetState::Failed => {
                return Err(refused(set.reason.unwrap_or_else(|| "no reason given".to_owned())));
            }
            Some(_) | None if waited > LONGEST => {
                return Err(refused(format!("the change set was still being made after {LONGEST}")));
            }
            Some(_) | None => {
                clock.sleep(pause).await;
                waited = Duration::from_micros(waited.as_micros() + pause.as_micros());
            }
        }
    }
}

/// The deployed template, in which what is meant to be otherwise is so: CloudFormation then leaves it alone (DR-10). What auto
/// scaling moves it leaves alone by itself.
fn template(found: &Revertible) -> Template {
    let mut template = found.stack.template.clone().unwrap_or_default();
    for one in &found.drift.drifted {
        let meant = matches!(one.verdict, DriftVerdict::Intended { .. }) && one.seen_by == SeenBy::CloudFormation;
        let scaled = one.path.as_deref().is_some_and(|path| {
            path.contains("ProvisionedThroughput") || path.starts_with("/ProvisionedConcurrencyConfig")
        });
        let (Some(path), Some(actual), true) = (&one.path, &one.actual, meant && !scaled) else { continue };
        let Some(resource) = template.resources.get_mut(&one.logical_id) else { continue };
        let actual = serde_json::from_str(actual).unwrap_or_else(|_| Value::String(actual.clone()));
        let mut properties = Value::Object(std::mem::take(&mut resource.properties));
        if let Some(place) = properties.pointer_mut(path) {
            *place = actual;
        }
        if let Value::Object(properties) = properties {
            resource.properties = properties;
        }
    }
    template
}
