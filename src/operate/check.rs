//! `sluice check`: every problem of every selected pipeline in every selected environment, in one run, on every
//! processor; then every readiness rule.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::failure::Failure;
use super::load::Shelf;
use super::prepare::prepare;
use super::promotions::promotions;
use super::share::{shares, side_by_side, workers};
use crate::capacity::{self, Sized, Surroundings};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::pipeline::{self, Pipeline, StreamFrom};
use crate::readiness::{self, Case, Handlers, Report};
use crate::render::TemplateSources;
use crate::units::{Duration, Region, Timestamp};
use crate::workspace::Project;

/// The outage after which consumers must catch up: what it takes until somebody has woken up and mended it.
const OUTAGE: Duration = Duration::from_secs(30 * 60);

/// What a check found.
#[derive(Clone, Debug, Default)]
pub struct Checked {
    /// Everything found, each problem once even where it concerns several environments, as bad as in the strictest.
    pub diagnostics: Diagnostics,
    /// The pairs of pipeline and environment that were looked at.
    pub looked_at: Vec<(String, String)>,
    /// What the readiness rules say, pair by pair; a pair that is not sound has none.
    pub reports: Vec<Looked>,
    /// Problems of pairs that are not sound, in the order in which they were looked at.
    pub unsound: Vec<(usize, Diagnostics)>,
}

/// What the readiness rules say of a pair.
#[derive(Clone, Debug)]
pub struct Looked {
    /// Its place among the pairs that were looked at.
    pub index: usize,
    /// The pipeline in its environment.
    pub sized: Sized,
    /// What the rules say.
    pub report: Report,
}

/// A pair that is sound, on its way to the rules.
struct Sound {
    index: usize,
    sized: Sized,
    handlers: Handlers,
    warnings: Diagnostics,
}

/// Checks pipelines in environments, up to the rendered template and the readiness rules, as of a moment.
///
/// # Errors
/// Only when the project itself cannot be read; what is wrong with its files is the result.
pub fn check(
    project: &Project,
    pairs: &[(String, String)],
    region: Option<&Region>,
    now: Timestamp,
) -> Result<Checked, Failure> {
    let mut checked = Checked { looked_at: pairs.to_vec(), ..Checked::default() };
    let (sound, unsound) = prepare_all(project, pairs, region)?;
    checked.unsound = unsound;
    let mut found = promotions(project, pairs.iter().map(|(_, environment)| environment.as_str()))?;
    for (_, wrong) in &checked.unsound {
        found.extend(wrong.clone());
    }
    for pair in &sound {
        found.extend(pair.warnings.clone());
        found.extend(pair.sized.pipeline().lapsed_silences(now));
    }
    let resolved: Vec<Pipeline> = sound.iter().map(|pair| pair.sized.pipeline().clone()).collect();
    found.extend(pipeline::collisions(&resolved));
    drop(resolved);
    checked.reports = judge_all(sound, now);
    for looked in &checked.reports {
        found.extend(looked.report.diagnostics());
    }
    checked.diagnostics = once(found);
    Ok(checked)
}

/// Each problem once, where it was first met, and as bad as anywhere.
fn once(found: Diagnostics) -> Diagnostics {
    let mut kept: Vec<Diagnostic> = Vec::new();
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    for diagnostic in found {
        match seen.get(&diagnostic.to_string()).and_then(|at| kept.get_mut(*at)) {
            Some(known) => known.severity = known.severity.min(diagnostic.severity),
            None => {
                seen.insert(diagnostic.to_string(), kept.len());
                kept.push(diagnostic);
            }
        }
    }
    kept.into_iter().collect()
}

type Sorted = (Vec<Sound>, Vec<(usize, Diagnostics)>);

fn prepare_all(project: &Project, pairs: &[(String, String)], region: Option<&Region>) -> Result<Sorted, Failure> {
    let templates = match Shelf::new(project).templates() {
        Ok(templates) => templates,
        // The project's own templates concern every pair alike.
        Err(failure) => return Ok((Vec::new(), vec![(0, failure.diagnostics)])),
    };
    let indexed: Vec<(usize, &(String, String))> = pairs.iter().enumerate().collect();
    let done = side_by_side(shares(&indexed), |chunk| prepare_share(project, Arc::clone(&templates), chunk, region));
    let mut sorted: Sorted = (Vec::new(), Vec::new());
    for (sound, unsound) in done {
        sorted.0.extend(sound);
        sorted.1.extend(unsound);
    }
    Ok(sorted)
}

fn prepare_share(
    project: &Project,
    templates: Arc<TemplateSources>,
    pairs: &[(usize, &(String, String))],
    region: Option<&Region>,
) -> Sorted {
    let mut shelf = Shelf::sibling(project, templates);
    let mut sorted: Sorted = (Vec::new(), Vec::new());
    let mut last: Option<&str> = None;
    for (index, (pipeline, environment)) in pairs {
        if last.is_some_and(|last| last != pipeline) {
            // Pairs come pipeline by pipeline: what is read of one is of no use to the next.
            shelf.forget_specs();
        }
        last = Some(pipeline);
        match prepare(&mut shelf, pipeline, environment, region) {
            Ok(ready) => sorted.0.push(Sound {
                index: *index,
                sized: ready.sized,
                handlers: ready.handlers,
                warnings: ready.warnings,
            }),
            Err(failure) => sorted.1.push((*index, failure.diagnostics)),
        }
    }
    sorted
}

/// Asks every rule of every pair, beside the pipelines that it shares a stream with.
fn judge_all(sound: Vec<Sound>, now: Timestamp) -> Vec<Looked> {
    let around = neighbours(&sound);
    let mut shares: Vec<Vec<(Sound, Vec<Sized>)>> = Vec::new();
    let share = sound.len().div_ceil(workers()).max(1);
    for pair in sound.into_iter().zip(around) {
        match shares.last_mut().filter(|last| last.len() < share) {
            Some(last) => last.push(pair),
            None => shares.push(vec![pair]),
        }
    }
    let judge = |(pair, around): (Sound, Vec<Sized>)| {
        let Sound { index, sized, handlers, .. } = pair;
        let assessment = capacity::assess(&sized, &Surroundings { neighbours: &around }, OUTAGE);
        let report = readiness::check(&Case::new(&sized, &assessment, &handlers, now));
        Looked { index, sized, report }
    };
    side_by_side(shares, |share| share.into_iter().map(judge).collect::<Vec<_>>()).into_iter().flatten().collect()
}

/// For each pair the selected pipelines of its environment and region whose streams it reads, or that read one of its own.
/// What else shares the account is reckoned by `sluice capacity`: a finding must not depend on what else was selected.
fn neighbours(sound: &[Sound]) -> Vec<Vec<Sized>> {
    let account = |sized: &Sized| {
        let pipeline = sized.pipeline();
        (pipeline.environment().name().clone(), pipeline.region().clone(), pipeline.name().clone())
    };
    let index: BTreeMap<_, usize> = sound.iter().enumerate().map(|(at, pair)| (account(&pair.sized), at)).collect();
    let mut around: Vec<BTreeSet<usize>> = vec![BTreeSet::new(); sound.len()];
    for (at, pair) in sound.iter().enumerate() {
        let (environment, region, _) = account(&pair.sized);
        for consumer in pair.sized.pipeline().consumers().values() {
            let StreamFrom::Other(other) = &consumer.from else { continue };
            let key = (environment.clone(), region.clone(), other.pipeline.clone());
            let Some(read) = index.get(&key) else { continue };
            for (one, another) in [(at, *read), (*read, at)] {
                if let Some(known) = around.get_mut(one) {
                    known.insert(another);
                }
            }
        }
    }
    let sized = |at: &usize| sound.get(*at).map(|pair| pair.sized.clone());
    around.iter().map(|known| known.iter().filter_map(sized).collect()).collect()
}
