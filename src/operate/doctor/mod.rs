//! `sluice doctor`: every check that can be made before the first write, and none that writes.

mod account;
mod names;
mod permissions;
mod quotas;
mod stack;

use super::connect::Connector;
use super::failure::Failure;
use super::load::{Shelf, region_of};
use super::prepare::{Prepared, prepare};
use crate::cloud::{Cloud, CloudError};
use crate::diagnostic::{Code, Diagnostics};
use crate::environment::{Environment, Target};
use crate::observed::{FailureKind, Observed};
use crate::rollout::{Check, CheckArea, Checkup};
use crate::units::{EnvironmentName, Region};
use crate::workspace::Clock;

/// What is to be looked at.
#[derive(Clone, Debug)]
pub struct DoctorOrder {
    /// The pipeline; none looks at the environment alone.
    pub pipeline: Option<String>,
    /// Environment.
    pub environment: String,
    /// Region, where the environment has several.
    pub region: Option<Region>,
}

/// What was found.
#[derive(Clone, Debug)]
pub struct Examined {
    /// The environment.
    pub environment: EnvironmentName,
    /// The region.
    pub region: Region,
    /// Whether its cloud is the embedded one.
    pub embedded: bool,
    /// The checks.
    pub checkup: Checkup,
}

/// Where the checks are made.
#[derive(Clone, Copy)]
struct Site<'a> {
    cloud: &'a Cloud,
    environment: &'a Environment,
    region: &'a Region,
}

impl Site<'_> {
    /// What is typed after a command for this pipeline.
    fn of(&self, pipeline: &str) -> String {
        let name = self.environment.name();
        match self.environment.regions() {
            [_] => format!("{pipeline} --env {name}"),
            _ => format!("{pipeline} --env {name} --region {}", self.region),
        }
    }
}

/// Makes every check.
///
/// # Errors
/// The environment's file is wrong, or there is no such environment or pipeline; what is wrong with the pipeline is a check.
pub async fn doctor(
    shelf: &mut Shelf<'_>,
    order: &DoctorOrder,
    connector: &dyn Connector,
    clock: &dyn Clock,
) -> Result<Examined, Failure> {
    let environment = shelf.environment(&order.environment)?.environment().clone();
    let region = region_of(&environment, order.region.as_ref())?;
    let mut checks = Vec::new();
    let prepared = match &order.pipeline {
        Some(pipeline) => {
            match prepare(shelf, pipeline, &order.environment, order.region.as_ref()) {
                Ok(prepared) => {
                    checks.push(code(&prepared));
                    Some(prepared)
                }
                // That there is no such pipeline is a mistake in what was typed.
                Err(failure) if !shelf.project().pipelines()?.contains(pipeline) => return Err(failure),
                Err(failure) => {
                    checks.push(broken(&failure.diagnostics, pipeline, &environment));
                    None
                }
            }
        }
        None => None,
    };
    let cloud = connector.connect(&environment, &region).await?;
    let site = Site { cloud: &cloud, environment: &environment, region: &region };
    let caller = account::caller(site, clock, &mut checks).await;
    if let Some(caller) = &caller {
        checks.push(account::foundation(site).await);
        if let (Some(pipeline), Some(prepared)) = (&order.pipeline, &prepared) {
            let observed = stack::look(site, pipeline, &prepared.rendered.stack_name, &mut checks).await;
            checks.push(stack::lease(shelf.project(), site, prepared).await);
            checks.push(permissions::check(site, prepared, caller).await);
            checks.extend(quotas::check(shelf, order, site, prepared, observed.as_ref()).await);
            checks.extend(names::check(site, prepared, observed.as_ref()).await);
        }
    } else {
        let rest = [CheckArea::Foundation];
        let of_pipeline =
            [CheckArea::Stack, CheckArea::Lease, CheckArea::Permissions, CheckArea::Quotas, CheckArea::Names];
        let rest = rest.into_iter().chain(of_pipeline.into_iter().filter(|_| prepared.is_some()));
        checks.extend(rest.map(|area| Check::unknown(area, "not looked at: the credentials do not serve")));
    }
    Ok(Examined {
        environment: environment.name().clone(),
        embedded: *environment.target() == Target::Embedded,
        region,
        checkup: Checkup { checks }.sorted(),
    })
}

/// What would be uploaded and deployed.
fn code(prepared: &Prepared) -> Check {
    let resources = prepared.rendered.template.resources.len();
    let uploads = prepared.uploads.len();
    let found = match uploads {
        1 => format!("the pipeline passes its check: {resources} resources, 1 file to upload"),
        _ => format!("the pipeline passes its check: {resources} resources, {uploads} files to upload"),
    };
    let lines = prepared.uploads.iter().map(|upload| match &upload.source {
        super::prepare::UploadSource::Packed(bytes) => format!("{}: {} bytes packed", upload.name, bytes.len()),
        super::prepare::UploadSource::File { path, .. } => format!("{}: {path}", upload.name),
    });
    Check::ok(CheckArea::Code, found).details(lines)
}

/// What is wrong with the pipeline's files.
fn broken(found: &Diagnostics, pipeline: &str, environment: &Environment) -> Check {
    let first = found.iter().next();
    let code = first.map_or(Code::FileTrouble, |diagnostic| diagnostic.code);
    let lines = found.iter().map(|diagnostic| {
        let place = diagnostic.place().map(|place| format!("{place}: ")).unwrap_or_default();
        format!("{place}{} ({})", diagnostic.title, diagnostic.code)
    });
    Check::failed(CheckArea::Code, code, format!("{pipeline} cannot be deployed as its files are"))
        .details(lines)
        .help(format!("sluice check {pipeline} --env {}", environment.name()))
}

/// Why a question has no answer: denied, not supported, unreachable.
fn unanswered(area: CheckArea, what: &str, refusal: &CloudError) -> Check {
    let why = match refusal.kind {
        FailureKind::AccessDenied => "the caller may not ask",
        FailureKind::Unreachable => "there is no answer",
        _ => "AWS does not say",
    };
    Check::unknown(area, format!("{what} cannot be told: {why}")).detail(refusal.to_string())
}

/// Whether the stack holds a resource already.
fn holds(observed: Option<&Observed>, id: &crate::units::LogicalId) -> bool {
    let stack = observed.and_then(Observed::stack);
    stack.is_some_and(|stack| stack.resources.get(id).is_some_and(|one| one.physical_id.is_some()))
}
