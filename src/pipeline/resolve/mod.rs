//! Pipeline file × environment → [`Pipeline`]: overlay, defaults by tier, references, and AWS's bounds between
//! fields. Everything wrong is found in one run.
//!
//! Pure: what paths lead to is handed in as [`FolderFacts`].

mod alarms;
mod consumers;
mod defaults;
mod endpoints;
mod graph;
mod naming;
mod paths;
mod stages;

use std::collections::BTreeMap;

use super::facts::FolderFacts;
use super::model::{EscapeHatch, LatencyClass, LatencyTarget, Pipeline};
use super::places::{Places, SetAt};
use super::stage::StageKind;
use crate::diagnostic::{Code, Diagnostic, Diagnostics, Layer, closest};
use crate::environment::{EnvironmentFile, Tier};
use crate::spec::{LatencyClassChoice, PipelineFile, SpecFile};
use crate::units::{Duration, Region, StageName};

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
    let merged = spec.merged(environment.overlay(spec.name()))?;
    let mut places = Places::default();
    for (path, place) in merged.places {
        let layer = if &place.file == spec.file() { Layer::Base } else { Layer::Environment };
        places.insert(path, SetAt { place, layer });
    }
    let tier = environment.environment().tier();
    let mut resolver = Resolver { file: &merged.file, tier, folder, places: &places, found: Diagnostics::new() };
    resolver.check_home(spec);
    let region = resolver.region(environment, region);
    let parts = resolver.parts();
    let found = resolver.found;
    let pipeline = region.map(|region| Pipeline {
        name: merged.file.pipeline.clone(),
        owner: merged.file.owner.0.clone(),
        description: merged.file.description.as_ref().map(|text| text.0.clone()).unwrap_or_default(),
        environment: environment.environment().clone(),
        region,
        traffic: parts.traffic,
        latency: parts.latency,
        streams: parts.streams,
        tables: parts.tables,
        endpoints: parts.endpoints,
        consumers: parts.consumers,
        archives: parts.archives,
        alarms: parts.alarms,
        escape: parts.escape,
        places,
    });
    let (pipeline, mut found) = found.into_result(pipeline)?;
    let Some(pipeline) = pipeline else { return Err(found) };
    naming::check(&pipeline, &mut found);
    found.into_result(pipeline)
}

/// The stages of a pipeline on the way to becoming one.
struct Parts {
    traffic: BTreeMap<StageName, super::Traffic>,
    latency: Option<LatencyTarget>,
    streams: BTreeMap<StageName, super::Stream>,
    tables: BTreeMap<StageName, super::Table>,
    endpoints: BTreeMap<StageName, super::Endpoint>,
    consumers: BTreeMap<StageName, super::Consumer>,
    archives: BTreeMap<StageName, super::Archive>,
    alarms: alarms::Tuning,
    escape: EscapeHatch,
}

/// What every check needs.
struct Resolver<'a> {
    file: &'a PipelineFile,
    tier: Tier,
    folder: &'a FolderFacts,
    places: &'a Places,
    found: Diagnostics,
}

impl Resolver<'_> {
    fn parts(&mut self) -> Parts {
        let parts = Parts {
            traffic: self.traffic(),
            latency: self.latency(),
            streams: self.streams(),
            tables: self.tables(),
            endpoints: self.endpoints(),
            consumers: self.consumers(),
            archives: self.archives(),
            alarms: self.alarms(),
            escape: self.escape(),
        };
        self.check_circles();
        self.check_readers();
        parts
    }

    /// An error at the value of a path, or at what encloses it.
    fn error(&self, code: Code, path: &str, title: impl Into<String>) -> Diagnostic {
        Diagnostic::error(code, title).at_maybe(self.places.nearest(path).map(|at| at.place.clone()), "")
    }

    /// A second place in an error.
    fn also(&self, diagnostic: Diagnostic, path: &str, text: &str) -> Diagnostic {
        diagnostic.at_maybe(self.places.nearest(path).map(|at| at.place.clone()), text)
    }

    fn push(&mut self, diagnostic: Diagnostic) {
        self.found.push(diagnostic);
    }

    /// Checks that a name at `path` is that of a stage of a kind.
    fn check_known(&mut self, kind: StageKind, name: &StageName, path: &str) -> bool {
        let names: Vec<&StageName> = self.names(kind);
        if names.contains(&name) {
            return true;
        }
        let diagnostic = self.error(Code::UnknownReference, path, format!("there is no {kind} `{name}`"));
        let diagnostic = match closest(name.as_str(), names.iter().map(|known| known.as_str())) {
            Some(meant) => diagnostic.help(format!("did you mean `{meant}`?")),
            None => diagnostic.help(format!("declare it under `{}:`", kind.section())),
        };
        let diagnostic = if names.is_empty() {
            diagnostic.note(format!("the file declares no {kind} at all"))
        } else {
            let all: Vec<String> = names.iter().map(|known| format!("`{known}`")).collect();
            diagnostic.note(format!("declared under `{}`: {}", kind.section(), all.join(", ")))
        };
        self.push(diagnostic);
        false
    }

    fn names(&self, kind: StageKind) -> Vec<&StageName> {
        match kind {
            StageKind::Stream => self.file.streams.keys().collect(),
            StageKind::Table => self.file.tables.keys().collect(),
            StageKind::Endpoint => self.file.endpoints.keys().collect(),
            StageKind::Consumer => self.file.consumers.keys().collect(),
            StageKind::Archive => self.file.archive.keys().collect(),
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

    fn region(&mut self, environment: &EnvironmentFile, asked: Option<&Region>) -> Option<Region> {
        let regions = environment.environment().regions();
        match asked {
            None => regions.first().cloned(),
            Some(region) if regions.contains(region) => Some(region.clone()),
            Some(region) => {
                let all: Vec<&str> = regions.iter().map(Region::as_str).collect();
                let name = environment.environment().name();
                let title = format!("environment `{name}` is not in region `{region}`");
                let diagnostic = Diagnostic::error(Code::UnknownReference, title)
                    .at_maybe(environment.place("regions").cloned(), "")
                    .note(format!("its regions are {}", all.join(", ")));
                self.push(match closest(region.as_str(), all) {
                    Some(meant) => diagnostic.help(format!("did you mean `{meant}`?")),
                    None => diagnostic,
                });
                None
            }
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
            let diagnostic = self.error(Code::Conflict, "latency.class", title).note(note);
            self.push(diagnostic.help("remove `class`; it follows from the target"));
        }
        Some(LatencyTarget { target, class })
    }

    fn escape(&mut self) -> EscapeHatch {
        let Some(spec) = &self.file.cloudformation else { return EscapeHatch::default() };
        for (section, entries) in [("patch", &spec.patch), ("resources", &spec.resources)] {
            // A patch with nothing leaves the resource out.
            let wrong = |value: &serde_json::Value| !value.is_object() && !(section == "patch" && value.is_null());
            for (id, value) in entries.iter().filter(|(_, value)| wrong(&value.0)) {
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
