//! A release on its way to an environment: what it would do there, where it was to prove itself, and what ran in both. The
//! release is the one that lies in the bucket of where it was to prove itself: the project's pipeline file is not read.

use super::connect::same_account;
use super::deploy::Tools;
use super::failure::Failure;
use super::gates::{Judging, Side};
use super::ledger::Book;
use super::load::{Shelf, region_of};
use super::plan::{Keep, plan_ready};
use super::prepare::Prepared;
use super::release::{fetch, prepare_release};
use crate::cloud::Cloud;
use crate::diagnostic::{Code, Diagnostic};
use crate::environment::Environment;
use crate::pipeline::names;
use crate::plan::Plan;
use crate::release::{Fact, Ledger, Release, ReleaseDigest};
use crate::units::{PipelineName, Region};
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

/// An environment, looked at.
pub(super) struct Site {
    /// The environment.
    pub(super) environment: Environment,
    /// The region.
    pub(super) region: Region,
    /// The pipeline.
    pub(super) pipeline: PipelineName,
    /// Its cloud.
    pub(super) cloud: Cloud,
    /// What ran there.
    pub(super) ledger: Ledger,
    /// Who is calling, by ARN.
    pub(super) by: String,
}

impl Site {
    /// Looks at an environment, in `region` or else in its first.
    ///
    /// # Errors
    /// Its file is wrong, its account cannot be reached, or its ledger cannot be read.
    pub(super) async fn open(
        shelf: &mut Shelf<'_>,
        pipeline: &str,
        environment: &str,
        region: Option<&Region>,
        tools: Tools<'_>,
    ) -> Result<Self, Failure> {
        let pipeline = PipelineName::new(pipeline)
            .map_err(|error| Failure::error(Diagnostic::error(Code::BadName, format!("`{pipeline}` {error}"))))?;
        let environment = shelf.environment(environment)?.environment().clone();
        let region = region_of(&environment, region)?;
        let cloud = tools.connector.connect(&environment, &region).await?;
        let by = same_account(&cloud, &environment).await?.arn;
        let ledger = Book::at(&cloud, &environment, &region, &pipeline).read().await?;
        Ok(Self { environment, region, pipeline, cloud, ledger, by })
    }

    /// Its artifact bucket.
    pub(super) fn bucket(&self) -> String {
        names::artifact_bucket(self.environment.account(), &self.region)
    }

    /// The ledger, to be written.
    pub(super) fn book(&self) -> Book<'_> {
        Book::at(&self.cloud, &self.environment, &self.region, &self.pipeline)
    }

    /// A release of its bucket.
    ///
    /// # Errors
    /// There is none of that name, or it is not what it was.
    pub(super) async fn fetch(&self, digest: &str) -> Result<Release, Failure> {
        fetch(&self.cloud, &self.bucket(), &self.pipeline, digest).await
    }

    /// The release that runs, from its bucket.
    ///
    /// # Errors
    /// None does that the ledger knows, or it is not what it was.
    pub(super) async fn running(&self) -> Result<Release, Failure> {
        match self.ledger.running() {
            Some(digest) => self.fetch(digest.as_str()).await,
            None => Err(self.runs_none()),
        }
    }

    fn runs_none(&self) -> Failure {
        let (environment, pipeline) = (self.environment.name(), &self.pipeline);
        let title = format!("{environment} runs no release of {pipeline} that its ledger knows");
        let told = Diagnostic::error(Code::ReleaseUnclear, title);
        let names: Vec<&str> = releases(&self.ledger).into_iter().rev().take(5).map(ReleaseDigest::short).collect();
        let told = if names.is_empty() { told } else { told.note(format!("it did run: {}", names.join(", "))) };
        Failure::error(told.help(format!("sluice deploy {pipeline} --env {environment}")))
    }

    /// The same with a release made ready for it.
    ///
    /// # Errors
    /// The release does not fit the environment.
    pub(super) fn with(self, shelf: &mut Shelf<'_>, release: &Release) -> Result<Stand, Failure> {
        let prepared = prepare_release(shelf, release, self.environment.name().as_str(), Some(&self.region))?;
        Ok(Stand { prepared, site: self })
    }
}

/// An environment, and a release made ready for it.
pub(super) struct Stand {
    /// The release there.
    pub(super) prepared: Prepared,
    /// The environment.
    pub(super) site: Site,
}

impl Stand {
    pub(super) fn side(&self) -> Side<'_> {
        Side { cloud: &self.site.cloud, prepared: &self.prepared }
    }

    pub(super) fn environment(&self) -> &Environment {
        &self.site.environment
    }
}

/// A release on its way, not yet planned.
pub(super) struct Way {
    /// Where it was to prove itself; none where the environment takes releases from nowhere.
    pub(super) source: Option<Stand>,
    /// Where it goes.
    pub(super) target: Stand,
    /// The release.
    pub(super) release: Release,
}

/// A release on its way.
pub(super) struct Toward {
    /// From where to where.
    pub(super) way: Way,
    /// What it would do there.
    pub(super) plan: Plan,
}

impl Toward {
    /// What there is to be judged.
    pub(super) fn judging<'a>(&'a self, project: &'a Project, tools: Tools<'a>) -> Judging<'a> {
        Judging {
            source: self.way.source.as_ref().map(|source| (source.side(), &source.site.ledger)),
            target: self.way.target.side(),
            release: &self.way.release.digest,
            plan: &self.plan,
            running: None,
            by: &self.way.target.site.by,
            project,
            tools,
        }
    }
}

impl Way {
    /// Plans it.
    ///
    /// # Errors
    /// What AWS refuses.
    pub(super) async fn planned(self, shelf: &Shelf<'_>, tools: Tools<'_>) -> Result<Toward, Failure> {
        let prepared = self.target.prepared.clone();
        let planned = Box::pin(plan_ready(prepared, Keep::Nothing, tools, shelf.texts())).await?;
        Ok(Toward { way: self, plan: planned.plan })
    }
}

/// Looks at both environments and plans.
///
/// # Errors
/// What is wrong with the files, or what AWS refuses; nobody knows which release is meant.
pub(super) async fn toward(shelf: &mut Shelf<'_>, order: &TowardOrder, tools: Tools<'_>) -> Result<Toward, Failure> {
    let way = Box::pin(way(shelf, order, tools)).await?;
    Box::pin(way.planned(shelf, tools)).await
}

/// Looks at the environment that a release goes to, and at the one that it comes from.
///
/// # Errors
/// As [`toward`].
pub(super) async fn way(shelf: &mut Shelf<'_>, order: &TowardOrder, tools: Tools<'_>) -> Result<Way, Failure> {
    let target = Site::open(shelf, &order.pipeline, &order.environment, order.region.as_ref(), tools).await?;
    let source = match target.environment.promotes_from().cloned() {
        None => None,
        Some(from) => {
            let environment = shelf.environment(from.as_str())?.environment();
            // The same region proves most; where the environment before has no such one, its first.
            let region = region_of(environment, Some(&target.region)).or_else(|_| region_of(environment, None))?;
            Some(Site::open(shelf, &order.pipeline, from.as_str(), Some(&region), tools).await?)
        }
    };
    let proving = source.as_ref().unwrap_or(&target);
    let release = match &order.release {
        Some(typed) => proving.fetch(typed).await?,
        None => proving.running().await?,
    };
    let source = source.map(|source| source.with(shelf, &release)).transpose()?;
    Ok(Way { source, target: target.with(shelf, &release)?, release })
}

/// Every release of a ledger once, the newest last.
fn releases(ledger: &Ledger) -> Vec<&ReleaseDigest> {
    let mut found: Vec<&ReleaseDigest> = Vec::new();
    for entry in ledger.entries() {
        if let Fact::Deployment { release, .. } = &entry.fact {
            found.retain(|known| *known != release);
            found.push(release);
        }
    }
    found
}
