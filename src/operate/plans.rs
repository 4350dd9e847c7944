//! Plans of many pipelines: each is made whatever becomes of the others, and they are told in the order in which they
//! would be deployed.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::deploy::Tools;
use super::earlier::{EarlierFiles, EarlierShelf};
use super::failure::Failure;
use super::load::{Shelf, once, only_pipeline};
use super::plan::{Keep, Planned, plan_afresh, plan_beside, plan_live};
use super::share::{shares, side_by_side};
use crate::diagnostic::FilePath;
use crate::pipeline::{Pipeline, StreamFrom};
use crate::units::Region;
use crate::workspace::Project;

/// What plans stand on that need no credentials.
#[derive(Clone, Copy, Debug)]
pub enum Footing<'a> {
    /// Nothing is deployed.
    Nothing,
    /// Another state of the files.
    Files(&'a EarlierFiles),
}

/// What became of one pipeline in one environment.
#[derive(Debug)]
pub struct PlanOutcome<T> {
    /// The pipeline.
    pub pipeline: String,
    /// The environment.
    pub environment: String,
    /// The pipelines whose streams it reads.
    pub reads: BTreeSet<String>,
    /// What was kept of its plan, or why there is none.
    pub outcome: Result<T, Failure>,
    /// The texts of its files, for whoever shows places in them.
    pub texts: BTreeMap<FilePath, String>,
}

/// Which pipelines in which environments: those that were typed, each once, or all there are.
///
/// # Errors
/// When none was typed and there are several, or none.
pub fn pairs_to_plan(
    project: &Project,
    pipelines: &[String],
    all: bool,
    environments: &[String],
) -> Result<Vec<(String, String)>, Failure> {
    let pipelines = match pipelines {
        [] if all => project.pipelines()?,
        [] => vec![only_pipeline(project, None).map_err(or_all)?],
        typed => once(typed),
    };
    let environments = once(environments);
    // Pipeline by pipeline: what was read and packed of one serves all its environments.
    Ok(pipelines.iter().flat_map(|p| environments.iter().map(move |e| (p.clone(), e.clone()))).collect())
}

/// Where it is not clear which of several is meant, all of them may be.
fn or_all(mut failure: Failure) -> Failure {
    for several in failure.diagnostics.iter_mut().filter(|found| !found.help.is_empty()) {
        several.help.push("or plan all of them: `--all`".to_owned());
    }
    failure
}

/// Plans every pair without credentials, on every processor. `keep` takes from a plan what is needed of it.
///
/// # Errors
/// When the templates of a project cannot be read; what is wrong with a pair is its own outcome.
pub fn plan_all<T: Send>(
    project: &Project,
    pairs: &[(String, String)],
    region: Option<&Region>,
    footing: Footing<'_>,
    keep: &(dyn Fn(Planned) -> T + Sync),
) -> Result<Vec<PlanOutcome<T>>, Failure> {
    let mut first = Shelf::new(project);
    let templates = first.templates()?;
    let done = side_by_side(shares(pairs), |chunk| {
        plan_share(Shelf::sibling(project, Arc::clone(&templates)), chunk, region, footing, keep)
    });
    done.into_iter().collect::<Result<Vec<_>, _>>().map(|shares| shares.into_iter().flatten().collect())
}

fn plan_share<T>(
    mut shelf: Shelf<'_>,
    pairs: &[(String, String)],
    region: Option<&Region>,
    footing: Footing<'_>,
    keep: &(dyn Fn(Planned) -> T + Sync),
) -> Result<Vec<PlanOutcome<T>>, Failure> {
    let mut then = match footing {
        Footing::Nothing => None,
        Footing::Files(files) => Some(EarlierShelf::beside(&mut shelf, files)?),
    };
    let mut done = Vec::with_capacity(pairs.len());
    let mut last: Option<&str> = None;
    for (pipeline, environment) in pairs {
        if last.replace(pipeline).is_some_and(|last| last != pipeline) {
            // What was read of one pipeline is of no use to the next.
            shelf.forget_specs();
            if let Some(then) = &mut then {
                then.forget_specs();
            }
        }
        let planned = match &mut then {
            None => plan_afresh(&mut shelf, pipeline, environment, region),
            Some(then) => plan_beside(&mut shelf, then, pipeline, environment, region),
        };
        done.push(one(&mut shelf, pipeline, environment, planned, keep));
    }
    Ok(done)
}

/// Plans every pair against its live stack, one after the other.
pub async fn plan_all_live<T>(
    project: &Project,
    pairs: &[(String, String)],
    region: Option<&Region>,
    tools: Tools<'_>,
    keep: &(dyn Fn(Planned) -> T + Sync),
) -> Vec<PlanOutcome<T>> {
    let mut shelf = Shelf::new(project);
    let mut done = Vec::with_capacity(pairs.len());
    for (pipeline, environment) in pairs {
        let planned = plan_live(&mut shelf, pipeline, environment, region, Keep::Nothing, tools).await;
        done.push(one(&mut shelf, pipeline, environment, planned, keep));
    }
    done
}

fn one<T>(
    shelf: &mut Shelf<'_>,
    pipeline: &str,
    environment: &str,
    planned: Result<Planned, Failure>,
    keep: &dyn Fn(Planned) -> T,
) -> PlanOutcome<T> {
    let reads = match &planned {
        Ok(planned) => upstreams(planned.prepared.sized.pipeline()),
        Err(_) => shelf.reads(pipeline),
    };
    let told = match &planned {
        Ok(planned) => &planned.prepared.warnings,
        Err(failure) => &failure.diagnostics,
    };
    let named: BTreeSet<&FilePath> = told.iter().flat_map(|d| &d.labels).map(|label| &label.place.file).collect();
    let texts = named.into_iter().filter_map(|file| Some((file.clone(), shelf.texts().get(file)?.clone()))).collect();
    let outcome = planned.map(keep);
    PlanOutcome { pipeline: pipeline.to_owned(), environment: environment.to_owned(), reads, outcome, texts }
}

/// The pipelines whose streams a pipeline reads.
pub(super) fn upstreams(pipeline: &Pipeline) -> BTreeSet<String> {
    let from = pipeline.consumers().values().filter_map(|consumer| match &consumer.from {
        StreamFrom::Other(other) => Some(other.pipeline.to_string()),
        StreamFrom::Own(_) => None,
    });
    from.collect()
}

/// Puts each pipeline behind those whose streams it reads, by name where nothing else decides. Environments stay in their
/// order; pipelines that read each other in a circle begin with the first by name.
#[must_use]
pub fn in_order<T>(mut all: Vec<PlanOutcome<T>>) -> Vec<PlanOutcome<T>> {
    let mut ordered = Vec::with_capacity(all.len());
    while let Some(environment) = all.first().map(|one| one.environment.clone()) {
        let (mut waiting, rest): (BTreeMap<String, PlanOutcome<T>>, Vec<PlanOutcome<T>>) = {
            let (here, rest): (Vec<_>, Vec<_>) = all.into_iter().partition(|one| one.environment == environment);
            (here.into_iter().map(|one| (one.pipeline.clone(), one)).collect(), rest)
        };
        while let Some(name) = next(&waiting) {
            ordered.extend(waiting.remove(&name));
        }
        all = rest;
    }
    ordered
}

/// The first that waits for nobody; in a circle, the first.
fn next<T>(waiting: &BTreeMap<String, PlanOutcome<T>>) -> Option<String> {
    let free = waiting
        .values()
        .find(|one| !one.reads.iter().any(|other| *other != one.pipeline && waiting.contains_key(other)));
    free.or_else(|| waiting.values().next()).map(|one| one.pipeline.clone())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn one_of(pipeline: &str, environment: &str, reads: &[&str]) -> PlanOutcome<()> {
        PlanOutcome {
            pipeline: pipeline.to_owned(),
            environment: environment.to_owned(),
            reads: reads.iter().map(|&name| name.to_owned()).collect(),
            outcome: Ok(()),
            texts: BTreeMap::new(),
        }
    }

    fn names(all: Vec<PlanOutcome<()>>) -> Vec<String> {
        in_order(all).into_iter().map(|one| format!("{}.{}", one.environment, one.pipeline)).collect()
    }

    #[test]
    fn whoever_reads_a_stream_comes_after_its_pipeline_in_every_environment() {
        let all = ["prod", "dev"].iter().flat_map(|e| {
            [one_of("a", e, &["c"]), one_of("b", e, &["elsewhere"]), one_of("c", e, &["d"]), one_of("d", e, &[])]
        });
        let order = names(all.collect());
        assert_eq!(order, ["prod.b", "prod.d", "prod.c", "prod.a", "dev.b", "dev.d", "dev.c", "dev.a"]);
    }

    #[test]
    fn a_circle_begins_with_the_first_by_name_and_nobody_is_left_out() {
        let all = vec![one_of("b", "dev", &["a"]), one_of("a", "dev", &["b"]), one_of("c", "dev", &["c"])];
        assert_eq!(names(all), ["dev.c", "dev.a", "dev.b"]);
    }

    proptest! {
        /// Whatever reads whatever: nobody is lost, and without a circle everybody comes after those it reads.
        #[test]
        fn order_keeps_everybody_and_puts_readers_last(reads in prop::collection::vec(prop::collection::vec(0usize..8, 0..4), 1..8)) {
            // Nobody reads one of a higher number, so there is no circle; names count the other way round.
            let name = |number: usize| format!("p{}", 9 - number);
            let all = reads.iter().enumerate().map(|(number, reads)| {
                let reads = reads.iter().filter(|other| **other < number).map(|other| name(*other)).collect();
                PlanOutcome { reads, ..one_of(&name(number), "dev", &[]) }
            });
            let ordered = in_order(all.collect());
            prop_assert_eq!(ordered.len(), reads.len());
            for (at, one) in ordered.iter().enumerate() {
                let before: BTreeSet<&String> = ordered.iter().take(at).map(|one| &one.pipeline).collect();
                prop_assert!(one.reads.iter().all(|read| before.contains(read)), "{} before what it reads", one.pipeline);
            }
        }
    }
}
