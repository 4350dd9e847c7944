//! `sluice rollback`: an earlier release that was proven here is deployed again, by the same machinery as any other.
//!
//! The project's pipeline file is not read: what is gone back to lies in the bucket.

use std::collections::BTreeSet;

use super::carry::have_artifacts;
use super::deploy::{Company, DeployOrder, Tools};
use super::deployment::{Carried, Ready, deploy_ready, environment_file};
use super::failure::Failure;
use super::load::Shelf;
use super::plan::{Keep, plan_ready};
use super::toward::Site;
use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::event::OperationResult;
use crate::plan::{Action, Permission, Plan};
use crate::release::{ReleaseDigest, Via, may_return, previous_good};
use crate::units::Region;

/// What is to be gone back to.
#[derive(Clone, Debug)]
pub struct RollbackOrder {
    /// Pipeline.
    pub pipeline: String,
    /// Environment.
    pub environment: String,
    /// Region, where the environment has several.
    pub region: Option<Region>,
    /// The release; none for the newest good one before the one that runs.
    pub to: Option<String>,
    /// What was agreed to by name.
    pub given: BTreeSet<Permission>,
    /// Do not ask.
    pub yes: bool,
    /// Whether failed gates ask for it, not a person.
    pub automatic: bool,
}

/// How it ended.
#[derive(Clone, Debug)]
pub struct GoneBack {
    /// The release that runs again.
    pub release: ReleaseDigest,
    /// The release that ran.
    pub ran: Option<ReleaseDigest>,
    /// How the deployment ended.
    pub result: OperationResult,
}

/// Goes back to an earlier release.
///
/// # Errors
/// There is none to go back to, it was never proven here, or whatever keeps it from being deployed.
pub async fn go_back(
    shelf: &mut Shelf<'_>,
    order: &RollbackOrder,
    tools: Tools<'_>,
    company: &mut dyn Company,
) -> Result<GoneBack, Failure> {
    let site = Site::open(shelf, &order.pipeline, &order.environment, order.region.as_ref(), tools).await?;
    let wanted = match &order.to {
        Some(typed) => typed.clone(),
        None => previous_good(&site.environment, &site.ledger).ok_or_else(|| none_before(&site))?.to_string(),
    };
    let release = Box::pin(site.fetch(&wanted)).await?;
    let digest = release.digest.clone();
    let ran = site.ledger.running().cloned();
    if !may_return(&site.environment, &site.ledger, &digest) {
        return Err(never_proven(&site, &digest));
    }
    Box::pin(have_artifacts(&site.cloud, &site.bucket(), &release)).await?;
    let stand = site.with(shelf, &release)?;
    let planned = Box::pin(plan_ready(stand.prepared.clone(), Keep::Nothing, tools, shelf.texts())).await?;
    let lasting = lasting(&planned.plan, &digest);
    if !lasting.is_empty() {
        company.warned(&lasting, shelf.texts());
    }
    let carried = Carried {
        release,
        via: Via::Rollback { automatic: order.automatic },
        gates: Vec::new(),
        approvals: Vec::new(),
        overrides: Vec::new(),
        environment_file: environment_file(shelf, &order.environment),
    };
    let ready = Ready { prepared: stand.prepared, carried, shown: Some(planned.plan) };
    let deployment = DeployOrder {
        pipeline: order.pipeline.clone(),
        environment: order.environment.clone(),
        region: Some(stand.site.region.clone()),
        yes: order.yes,
        given: order.given.clone(),
        reviewed: None,
        drain: None,
        hand_over: None,
    };
    let deployed = Box::pin(deploy_ready(shelf, ready, &deployment, tools, company)).await?;
    Ok(GoneBack { release: digest, ran, result: deployed.result })
}

fn none_before(site: &Site) -> Failure {
    let (environment, pipeline) = (site.environment.name(), &site.pipeline);
    let title = format!("there is no earlier release of {pipeline} that was proven in {environment}");
    Failure::refused(
        Diagnostic::error(Code::NothingToReturnTo, title)
            .note("only what was deployed here and found well is gone back to")
            .help(format!("look at what ran: sluice history {pipeline} --env {environment}")),
    )
}

fn never_proven(site: &Site, digest: &ReleaseDigest) -> Failure {
    let (environment, pipeline) = (site.environment.name(), &site.pipeline);
    let title = format!("release {} of {pipeline} was never proven in {environment}", digest.short());
    Failure::refused(
        Diagnostic::error(Code::NothingToReturnTo, title)
            .note("going back passes no gates, so that it takes only what passed them here before")
            .help(format!("look at what ran: sluice history {pipeline} --env {environment}")),
    )
}

/// What going back does not undo.
fn lasting(plan: &Plan, digest: &ReleaseDigest) -> Diagnostics {
    let mut notes: Vec<String> = Vec::new();
    if plan.is_empty() {
        return Diagnostics::new();
    }
    notes.push(
        "what was written meanwhile stays written: records, items, objects and predictions of the newer release"
            .to_owned(),
    );
    let touches = |type_name: &str, path: &str| {
        plan.resources.iter().any(|one| {
            one.type_name == type_name
                && one.action == Action::Update
                && one.changes.iter().any(|change| change.path.to_string().contains(path))
        })
    };
    if touches("AWS::Kinesis::Stream", "RetentionPeriodHours") {
        notes.push("records that expired under a shorter retention do not come back".to_owned());
    }
    if touches("AWS::DynamoDB::Table", "TimeToLive") {
        notes.push("items that expired meanwhile do not come back".to_owned());
    }
    if touches("AWS::Kinesis::Stream", "ShardCount") {
        notes.push("records stay in the shards that they were put into; order holds only within those".to_owned());
    }
    let title = format!("going back to {} does not undo everything", digest.short());
    notes.into_iter().fold(Diagnostic::warning(Code::RollbackLasting, title), Diagnostic::note).into()
}
