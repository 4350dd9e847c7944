//! A release on its way to an environment: what it would do there, where it was to prove itself, and what ran in both.

use super::connect::same_account;
use super::deploy::Tools;
use super::failure::Failure;
use super::gates::{Judging, Side};
use super::lease::Place;
use super::ledger::Book;
use super::load::{Shelf, region_of};
use super::plan::{Keep, plan_ready};
use super::prepare::Prepared;
use super::release::prepare_release;
use super::releases::{self, Store};
use crate::cloud::Cloud;
use crate::diagnostic::{Code, Diagnostic};
use crate::environment::Environment;
use crate::pipeline::names;
use crate::plan::Plan;
use crate::release::{Ledger, Release, ReleaseDigest};
use crate::units::{EnvironmentName, PipelineName, Region};
use crate::workspace::Project;

/// What is asked about.
#[derive(Clone, Debug)]
pub struct TowardOrder {
    /// Pipeline.
    pub pipeline: String,
    /// The environment that the release goes to.
    pub environment: String,
    /// Region, where the environment has several.
    pub region: Option<Region>,
    /// The release, by its digest or the beginning of it; none for the one that runs where it is to prove itself.
    pub release: Option<String>,
}

/// An environment that was reached: its cloud, and what ran there. Nothing of the pipeline's files is read for it.
pub(super) struct Ground {
    /// The environment.
    pub(super) environment: Environment,
    /// The region.
    pub(super) region: Region,
    /// Its cloud.
    pub(super) cloud: Cloud,
    /// What ran there.
    pub(super) ledger: Ledger,
    /// Who is calling, by ARN.
    pub(super) by: String,
}

impl Ground {
    async fn at(
        project: &Project,
        pipeline: &PipelineName,
        environment: Environment,
        region: Region,
        tools: Tools<'_>,
    ) -> Result<Self, Failure> {
        let cloud = tools.connector.connect(&environment, &region).await?;
        let by = same_account(&cloud, &environment).await?.arn;
        let place = Place { project, cloud: &cloud, environment: &environment, region: &region, pipeline };
        let ledger = Book::of(place).read().await?;
        Ok(Self { environment, region, cloud, ledger, by })
    }

    /// Its artifact bucket.
    pub(super) fn bucket(&self) -> String {
        names::artifact_bucket(self.environment.account(), &self.region)
    }

    /// The release made ready for it.
    fn prepare(&self, shelf: &mut Shelf<'_>, release: &Release) -> Result<Prepared, Failure> {
        prepare_release(shelf, release, self.environment.name().as_str(), Some(&self.region))
    }
}

/// Where a release goes, and where it was to prove itself.
pub(super) struct Way {
    /// The pipeline.
    pub(super) pipeline: PipelineName,
    /// Where it goes.
    pub(super) target: Ground,
    /// Where it was to prove itself; none where the environment takes releases from nowhere.
    pub(super) source: Option<Ground>,
}

impl Way {
    /// Reaches both environments.
    ///
    /// # Errors
    /// What is wrong with their files, or that one cannot be reached.
    pub(super) async fn find(shelf: &mut Shelf<'_>, order: &TowardOrder, tools: Tools<'_>) -> Result<Self, Failure> {
        let pipeline = PipelineName::new(&order.pipeline).map_err(|error| {
            Failure::error(Diagnostic::error(Code::BadName, format!("`{}` {error}", order.pipeline)))
        })?;
        let environment = shelf.environment(&order.environment)?.environment().clone();
        let region = region_of(&environment, order.region.as_ref())?;
        let from: Option<EnvironmentName> = environment.promotes_from().cloned();
        let before = match &from {
            Some(from) => Some(shelf.environment(from.as_str())?.environment().clone()),
            None => None,
        };
        let project = shelf.project();
        let source = match before {
            Some(before) => {
                // The same region proves most; where the environment before has no such one, its first.
                let region = region_of(&before, Some(&region)).or_else(|_| region_of(&before, None))?;
                Some(Ground::at(project, &pipeline, before, region, tools).await?)
            }
            None => None,
        };
        let target = Ground::at(project, &pipeline, environment, region, tools).await?;
        Ok(Self { pipeline, target, source })
    }

    /// The environment that says which release is meant: where it was to prove itself.
    fn proving(&self) -> &Ground {
        self.source.as_ref().unwrap_or(&self.target)
    }

    /// The release that is meant: by what was typed, of those that either environment keeps; or the one that runs where it was to
    /// prove itself.
    ///
    /// # Errors
    /// There is none, several are meant, or it is not what it was.
    pub(super) async fn meant(&self, order: &TowardOrder) -> Result<Release, Failure> {
        let typed = match (&order.release, self.proving().ledger.running()) {
            (Some(typed), _) => typed.as_str(),
            (None, Some(running)) => running.as_str(),
            (None, None) => return Err(runs_nothing(self.proving(), &self.pipeline)),
        };
        let grounds: Vec<&Ground> = self.source.iter().chain([&self.target]).collect();
        let buckets: Vec<String> = grounds.iter().map(|ground| ground.bucket()).collect();
        let stores: Vec<Store<'_>> =
            grounds.iter().zip(&buckets).map(|(ground, bucket)| Store::Bucket(&ground.cloud, bucket)).collect();
        for store in &stores {
            if let Some(release) = store.find(&self.pipeline, typed).await? {
                return Ok(release);
            }
        }
        Err(releases::unknown(&stores, &self.pipeline, typed).await?)
    }
}

/// That an environment runs nothing that its ledger knows.
pub(super) fn runs_nothing(ground: &Ground, pipeline: &PipelineName) -> Failure {
    let environment = ground.environment.name();
    let title = format!("{environment} runs no release of {pipeline} that its ledger knows");
    let help = format!("sluice deploy {pipeline} --env {environment}");
    Failure::error(Diagnostic::error(Code::ReleaseUnclear, title).help(help))
}

/// An environment with the release made ready for it.
pub(super) struct Stand {
    /// The environment.
    pub(super) ground: Ground,
    /// The release there.
    pub(super) prepared: Prepared,
}

impl Stand {
    pub(super) fn side(&self) -> Side<'_> {
        Side { cloud: &self.ground.cloud, prepared: &self.prepared }
    }

    pub(super) fn environment(&self) -> &Environment {
        &self.ground.environment
    }
}

/// A release on its way.
pub(super) struct Toward {
    /// Where it was to prove itself; none where the environment takes releases from nowhere.
    pub(super) source: Option<Stand>,
    /// Where it goes.
    pub(super) target: Stand,
    /// The release.
    pub(super) release: ReleaseDigest,
    /// What it would do there.
    pub(super) plan: Plan,
    /// What runs there, where its release is kept.
    pub(super) running: Option<Prepared>,
}

impl Toward {
    /// What there is to be judged.
    pub(super) fn judging<'a>(&'a self, project: &'a Project, tools: Tools<'a>) -> Judging<'a> {
        Judging {
            source: self.source.as_ref().map(|source| (source.side(), &source.ground.ledger)),
            target: self.target.side(),
            release: &self.release,
            plan: &self.plan,
            running: self.running.as_ref().map(|running| &running.sized),
            by: &self.target.ground.by,
            project,
            tools,
        }
    }
}

/// Looks at both environments and plans the release for the one that it goes to.
///
/// # Errors
/// What is wrong with the release or the environments, or what AWS refuses; nobody knows which release is meant.
pub(super) async fn toward(shelf: &mut Shelf<'_>, order: &TowardOrder, tools: Tools<'_>) -> Result<Toward, Failure> {
    let way = Way::find(shelf, order, tools).await?;
    let release = way.meant(order).await?;
    let prepared = way.target.prepare(shelf, &release)?;
    let source = match way.source {
        Some(ground) => Some(Stand { prepared: ground.prepare(shelf, &release)?, ground }),
        None => None,
    };
    let running = running(shelf, &way.target, &way.pipeline).await?;
    let planned = Box::pin(plan_ready(prepared.clone(), Keep::Nothing, tools, shelf.texts())).await?;
    let target = Stand { ground: way.target, prepared };
    Ok(Toward { source, target, release: release.digest, plan: planned.plan, running })
}

/// What runs in an environment, made ready as its release has it; none where nothing runs, or its release is not kept or cannot
/// be made ready any more.
async fn running(shelf: &mut Shelf<'_>, ground: &Ground, pipeline: &PipelineName) -> Result<Option<Prepared>, Failure> {
    let Some(digest) = ground.ledger.running() else { return Ok(None) };
    let bucket = ground.bucket();
    let kept = Store::Bucket(&ground.cloud, &bucket).find(pipeline, digest.as_str()).await?;
    Ok(kept.and_then(|release| ground.prepare(shelf, &release).ok()))
}

/// The release that runs in an environment, made ready there.
///
/// # Errors
/// Nothing runs there that its ledger knows, or its release is not kept.
pub(super) async fn standing_in(
    shelf: &mut Shelf<'_>,
    order: &TowardOrder,
    tools: Tools<'_>,
) -> Result<Stand, Failure> {
    let Way { pipeline, target: ground, .. } = Way::find(shelf, order, tools).await?;
    let Some(digest) = ground.ledger.running() else { return Err(runs_nothing(&ground, &pipeline)) };
    let release = releases::fetch(&ground.cloud, &ground.bucket(), &pipeline, digest.as_str()).await?;
    let prepared = ground.prepare(shelf, &release)?;
    Ok(Stand { ground, prepared })
}
