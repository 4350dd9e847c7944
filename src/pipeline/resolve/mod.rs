//! Pipeline file × environment → [`Pipeline`]: overlay, defaults by tier, references, and AWS's bounds between
//! fields. Everything wrong is found in one run, beside what cannot be read at all.
//!
//! Pure: what paths and other pipelines' names lead to is handed in as [`FolderFacts`].

mod alarms;
mod archives;
mod consumers;
mod defaults;
mod endpoints;
mod finding;
mod functions;
mod graph;
mod messaging;
mod metrics;
mod naming;
mod neighbours;
mod paths;
mod readiness;
mod references;
mod security;
mod serving;
mod streams;
mod tables;
mod workers;

use std::collections::{BTreeMap, BTreeSet};

use super::facts::FolderFacts;
use super::model::{EscapeHatch, LatencyClass, LatencyTarget, Pipeline, Readiness};
use super::places::{Places, SetAt};
use crate::diagnostic::{Code, Diagnostic, Diagnostics, Layer, closest};
use crate::environment::{Environment, EnvironmentFile};
use crate::spec::{LatencyClassChoice, Merged, PipelineFile, SpecFile};
use crate::units::{Duration, Region};

pub use naming::collisions;

/// Resolves a pipeline file in an environment and one of its regions (`None` for the first).
///
/// # Errors
/// Everything that is wrong with what the two files mean together; with success come the warnings.
pub fn resolve(
    spec: &SpecFile,
    environment: &EnvironmentFile,
    region: Option<&Region>,
    folder: &FolderFacts,
) -> Result<(Pipeline, Diagnostics), Diagnostics> {
    let Some(merged) = spec.merged(environment.overlay(spec.name())) else { return Err(spec.found().clone()) };
    let places = places(spec, &merged);
    let (region, wrong) = pick_region(environment, region);
    let region = region.ok_or_else(|| wrong.clone().into_iter().collect::<Diagnostics>())?;
    let mut found = merged.found.clone();
    found.extend(wrong);
    let mut resolver = Resolver::new(&merged, environment, &region, folder, &places);
    resolver.check_home(spec);
    let pipeline = resolver.assemble();
    resolver.check_whole(&pipeline);
    found.extend(resolver.found);
    found.into_result(pipeline)
}

fn places(spec: &SpecFile, merged: &Merged) -> Places {
    let mut places = Places::default();
    for (path, place) in merged.places() {
        let layer = if &place.file == spec.file() { Layer::Base } else { Layer::Environment };
        places.insert(path, SetAt { place, layer });
    }
    places
}

/// The region that was asked for, or the environment's first one; and what is wrong with the asking.
fn pick_region(environment: &EnvironmentFile, asked: Option<&Region>) -> (Option<Region>, Option<Diagnostic>) {
    let regions = environment.environment().regions();
    let first = regions.first().cloned();
    let Some(region) = asked.filter(|region| !regions.contains(region)) else {
        return (asked.cloned().or(first), None);
    };
    let all: Vec<&str> = regions.iter().map(Region::as_str).collect();
    let name = environment.environment().name();
    let title = format!("environment `{name}` is not in region `{region}`");
    let diagnostic = Diagnostic::error(Code::UnknownReference, title)
        .at_maybe(environment.place("regions").cloned(), "")
        .note(format!("its regions are {}", all.join(", ")));
    let diagnostic = match closest(region.as_str(), all) {
        Some(meant) => diagnostic.help(format!("did you mean `{meant}`?")),
        None => diagnostic,
    };
    (first, Some(diagnostic))
}

/// What every check needs.
struct Resolver<'a> {
    file: &'a PipelineFile,
    merged: &'a Merged,
    environment: &'a EnvironmentFile,
    region: &'a Region,
    folder: &'a FolderFacts,
    places: &'a Places,
    broken: &'a BTreeSet<String>,
    found: Diagnostics,
}

impl<'a> Resolver<'a> {
    fn new(
        merged: &'a Merged,
        environment: &'a EnvironmentFile,
        region: &'a Region,
        folder: &'a FolderFacts,
        places: &'a Places,
    ) -> Self {
        let (file, broken) = (&merged.file, &merged.broken);
        Self { file, merged, environment, region, folder, places, broken, found: Diagnostics::new() }
    }

    fn environment(&self) -> &'a Environment {
        self.environment.environment()
    }

    /// The pipeline, as far as it can be read.
    fn assemble(&mut self) -> Pipeline {
        let file = self.file;
        let mut pipeline = Pipeline {
            name: file.pipeline.clone(),
            owner: file.owner.0.clone(),
            description: file.description.as_ref().map(|text| text.0.clone()).unwrap_or_default(),
            environment: self.environment().clone(),
            region: self.region.clone(),
            traffic: self.traffic(),
            latency: self.latency(),
            budget: self.budget(),
            keys: self.keys(),
            streams: self.streams(),
            tables: self.tables(),
            queues: self.queues(),
            topics: self.topics(),
            buckets: self.buckets(),
            endpoints: self.endpoints(),
            consumers: self.consumers(),
            workers: self.workers(),
            archives: self.archives(),
            metrics: self.metrics(),
            alarms: BTreeMap::new(),
            composites: BTreeMap::new(),
            readiness: Readiness::default(),
            escape: self.escape(),
            places: self.places.clone(),
        };
        pipeline.alarms = self.alarms(&pipeline);
        pipeline.composites = self.composites(&pipeline);
        pipeline.readiness = self.readiness(&pipeline);
        pipeline
    }

    /// What only shows when all stages are there.
    fn check_whole(&mut self, pipeline: &Pipeline) {
        self.check_circles(pipeline);
        self.check_readers(pipeline);
        self.check_queues(pipeline);
        if !finding::touches(self.broken, "pipeline") {
            naming::check(pipeline, &mut self.found);
        }
    }

    /// `stacks/<name>/pipeline.yaml` is found by its folder, so it must hold the pipeline of that name.
    fn check_home(&mut self, spec: &SpecFile) {
        let folder = spec.file().as_str().strip_prefix("stacks/").and_then(|rest| rest.strip_suffix("/pipeline.yaml"));
        if let Some(folder) = folder.filter(|folder| *folder != spec.name().as_str()) {
            let title = format!("the folder is `{folder}`, the pipeline in it is called `{}`", spec.name());
            let help = format!("write `pipeline: {folder}`, or rename the folder");
            self.push(self.error(Code::NameMismatch, "pipeline", title).help(help));
        }
    }

    fn latency(&mut self) -> Option<LatencyTarget> {
        let spec = self.file.latency.as_ref()?;
        let target = spec.target.0;
        let of_target = if target < Duration::from_millis(100) {
            LatencyClass::UltraLow
        } else if target < Duration::from_secs(1) {
            LatencyClass::Low
        } else if target < Duration::from_secs(60) {
            LatencyClass::Medium
        } else {
            LatencyClass::High
        };
        let class = spec.class.as_ref().map_or(of_target, |class| match class {
            LatencyClassChoice::UltraLow => LatencyClass::UltraLow,
            LatencyClassChoice::Low => LatencyClass::Low,
            LatencyClassChoice::Medium => LatencyClass::Medium,
            LatencyClassChoice::High => LatencyClass::High,
        });
        if class != of_target {
            let title = format!("a target of {target} is not of the declared latency class");
            let note = "ultra-low is below 100ms, low below 1s, medium below 1m, high from there";
            let finding = self.error(Code::Conflict, "latency.class", title).note(note);
            self.push(finding.help("remove `class`; it follows from the target"));
        }
        Some(LatencyTarget { target, class })
    }

    fn escape(&mut self) -> EscapeHatch {
        let Some(spec) = &self.file.cloudformation else { return EscapeHatch::default() };
        for (section, entries) in [("patch", &spec.patch), ("resources", &spec.resources)] {
            // A patch with nothing leaves the resource out.
            let right = |value: &serde_json::Value| value.is_object() || (section == "patch" && value.is_null());
            for (id, value) in entries.iter().filter(|(_, value)| !right(&value.0)) {
                let kind = if value.0.is_null() { "nothing" } else { "a single value or a list" };
                let path = format!("cloudformation.{section}.{id}");
                let title = format!("`{id}` must be a mapping, it is {kind}");
                self.push(self.error(Code::WrongType, &path, title));
            }
        }
        let plain = |entries: &BTreeMap<crate::units::LogicalId, crate::spec::Json>| {
            entries.iter().map(|(id, value)| (id.to_string(), value.0.clone())).collect()
        };
        EscapeHatch { patch: plain(&spec.patch), resources: plain(&spec.resources) }
    }
}

#[cfg(test)]
mod pages;
#[cfg(test)]
mod tests;
