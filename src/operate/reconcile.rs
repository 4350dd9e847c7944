//! `sluice reconcile`: for schedulers. Promotes what may go to an environment, judges what runs there, and reports what waits. It
//! asks nobody, and does nothing twice: whoever runs it at the same moment finds the lease taken.

use std::collections::{BTreeMap, BTreeSet};

use super::bootstrap::Founding;
use super::deploy::{Answer, Company, Leaving, Tools};
use super::failure::{Failure, FailureKind};
use super::load::Shelf;
use super::prepare::Prepared;
use super::promote::{PromoteOrder, Promoted, PromotionEnd, promote, promotion_order};
use super::toward::TowardOrder;
use crate::diagnostic::{Code, Diagnostics, FilePath};
use crate::event::Event;
use crate::plan::Plan;
use crate::units::{EnvironmentName, Region};

/// What is to be reconciled.
#[derive(Clone, Debug)]
pub struct ReconcileOrder {
    /// Pipelines; all of the project where none is named.
    pub pipelines: Vec<String>,
    /// The environment that releases go to.
    pub environment: String,
    /// Region, where the environment has several.
    pub region: Option<Region>,
}

/// What became of every pipeline.
#[derive(Clone, Debug)]
pub struct Reconciled {
    /// The environment.
    pub environment: EnvironmentName,
    /// The pipelines, each after those whose streams it reads.
    pub pipelines: Vec<(String, Standing)>,
}

/// What became of one pipeline.
#[derive(Clone, Debug)]
pub enum Standing {
    /// It was promoted, judged, or nothing was to be done.
    Promoted(Box<Promoted>),
    /// It may not go yet, or not at all, or somebody else is at work: the next time may find it otherwise.
    Waits(Failure),
    /// Nothing that is proven runs where releases come from.
    Nothing(Failure),
    /// It went wrong.
    Failed(Failure),
}

/// Reconciles an environment.
///
/// # Errors
/// The project or the environment's file is wrong, or the environment takes releases from nowhere.
pub async fn reconcile(shelf: &mut Shelf<'_>, order: &ReconcileOrder, tools: Tools<'_>) -> Result<Reconciled, Failure> {
    let environment = shelf.environment(&order.environment)?.environment().name().clone();
    let all = promotion_order(shelf.project())?;
    let meant = all.into_iter().filter(|name| order.pipelines.is_empty() || order.pipelines.contains(name));
    let mut pipelines = Vec::new();
    for pipeline in meant.collect::<Vec<_>>() {
        if tools.interrupt.is_raised() {
            break;
        }
        let standing = one(shelf, order, &pipeline, tools).await?;
        pipelines.push((pipeline, standing));
    }
    Ok(Reconciled { environment, pipelines })
}

async fn one(
    shelf: &mut Shelf<'_>,
    order: &ReconcileOrder,
    pipeline: &str,
    tools: Tools<'_>,
) -> Result<Standing, Failure> {
    let promotion = PromoteOrder {
        toward: TowardOrder {
            pipeline: pipeline.to_owned(),
            environment: order.environment.clone(),
            region: order.region.clone(),
            release: None,
        },
        from: None,
        overrides: Vec::new(),
        given: BTreeSet::new(),
        yes: true,
        wait: false,
    };
    let failure = match Box::pin(promote(shelf, &promotion, tools, &mut Nobody)).await {
        Ok(promoted) => return Ok(Standing::Promoted(Box::new(promoted))),
        Err(failure) => failure,
    };
    let says = |code: Code| failure.diagnostics.iter().any(|told| told.code == code);
    Ok(if says(Code::PromotionPath) {
        return Err(failure);
    } else if says(Code::ReleaseUnclear) {
        Standing::Nothing(failure)
    } else if failure.kind == FailureKind::Refused {
        Standing::Waits(failure)
    } else {
        Standing::Failed(failure)
    })
}

impl Standing {
    /// Whether something was changed.
    #[must_use]
    pub fn changed(&self) -> bool {
        match self {
            Self::Promoted(promoted) => match promoted.end {
                PromotionEnd::AlreadyThere | PromotionEnd::Held(_) => false,
                PromotionEnd::Done(_)
                | PromotionEnd::Baking { .. }
                | PromotionEnd::Verified(_)
                | PromotionEnd::GoneBack { .. } => true,
            },
            Self::Waits(_) | Self::Nothing(_) | Self::Failed(_) => false,
        }
    }
}

/// Nobody watches a scheduler.
struct Nobody;

impl Company for Nobody {
    fn warned(&mut self, _: &Diagnostics, _: &BTreeMap<FilePath, String>) {}
    fn planned(&mut self, _: &Prepared, _: &Plan) {}
    fn leaving(&mut self, _: &Leaving<'_>) {}
    fn founding(&mut self, _: &Founding<'_>) {}
    fn listens(&self) -> bool {
        false
    }
    fn agree(&mut self, _: &str) -> Answer {
        Answer::Nobody
    }
    fn tell(&mut self, _: Event) {}
}
