//! From names on the command line to resolved pipelines: every file read once, every problem told once.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::failure::Failure;
use super::outlook;
use super::pack::Packing;
use crate::diagnostic::{Code, Diagnostic, Diagnostics, FilePath, closest};
use crate::environment::{self, Environment, EnvironmentFile};
use crate::pipeline::{self, FolderFacts, Neighbour, PathFact, Pipeline};
use crate::render::{Assets, TemplateSources};
use crate::spec::{self, Node, SpecFile};
use crate::template::schema;
use crate::units::{ByteSize, PipelineName, Region};
use crate::workspace::{MAX_FILE_BYTES, PathState, Project, ReadFile};

/// A project's files as far as they have been read.
#[derive(Debug)]
pub struct Shelf<'a> {
    project: &'a Project,
    specs: BTreeMap<String, Result<Arc<SpecFile>, Diagnostics>>,
    environments: BTreeMap<String, Result<EnvironmentFile, Diagnostics>>,
    texts: BTreeMap<FilePath, String>,
    templates: Option<Arc<TemplateSources>>,
    packing: Packing,
    /// Pipelines whose files are not those of the folder, and what they point at: what their paths lead to says nothing.
    pinned: BTreeMap<String, Assets>,
}

/// Whether what an environment changes in a pipeline counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Overlaid {
    /// All of it.
    Yes,
    /// All but which stages there are and what their archives and models are made from.
    Carried,
    /// None of it.
    No,
}

/// A pipeline resolved for an environment, and what is worth a warning.
#[derive(Clone, Debug)]
pub struct Resolved {
    /// The pipeline.
    pub pipeline: Pipeline,
    /// Warnings, never errors.
    pub warnings: Diagnostics,
}

impl<'a> Shelf<'a> {
    /// Returns an empty shelf.
    #[must_use]
    pub fn new(project: &'a Project) -> Self {
        Self {
            project,
            specs: BTreeMap::new(),
            environments: BTreeMap::new(),
            texts: BTreeMap::new(),
            templates: None,
            packing: Packing::default(),
            pinned: BTreeMap::new(),
        }
    }

    /// A shelf on which a pipeline's file is `text`, the templates and what they point at are these, whatever the project has.
    pub(super) fn pinned(
        project: &'a Project,
        name: &str,
        text: &str,
        templates: TemplateSources,
        assets: Assets,
    ) -> Self {
        let file = project.pipeline_file(name);
        let mut shelf = Self::sibling(project, Arc::new(templates));
        shelf.specs.insert(name.to_owned(), spec::read_partly(&file, text.as_bytes()).map(Arc::new));
        shelf.texts.insert(file, text.to_owned());
        shelf.pinned.insert(name.to_owned(), assets);
        shelf
    }

    /// An empty shelf beside another one, with the templates that were compiled there.
    #[must_use]
    pub fn sibling(project: &'a Project, templates: Arc<TemplateSources>) -> Self {
        Self { templates: Some(templates), ..Self::new(project) }
    }

    /// The project.
    #[must_use]
    pub fn project(&self) -> &'a Project {
        self.project
    }

    /// What a pipeline points at whose file is not the folder's.
    pub(super) fn pinned_assets(&self, name: &str) -> Option<&Assets> {
        self.pinned.get(name)
    }

    /// What was packed so far.
    pub(super) fn packing(&mut self) -> &mut Packing {
        &mut self.packing
    }

    /// Forgets the pipeline files that were read; environments stay, and so do files that are not the folder's.
    pub fn forget_specs(&mut self) {
        self.specs.retain(|name, _| self.pinned.contains_key(name));
    }

    /// The texts of the files that were read, for whoever shows places in them.
    #[must_use]
    pub fn texts(&self) -> &BTreeMap<FilePath, String> {
        &self.texts
    }

    /// Keeps texts of other files for whoever shows places in them.
    pub(super) fn remember(&mut self, texts: impl IntoIterator<Item = (FilePath, String)>) {
        self.texts.extend(texts);
    }

    /// The built-in templates, shadowed by the project's own; compiled once.
    ///
    /// # Errors
    /// What is wrong with the project's own.
    pub fn templates(&mut self) -> Result<Arc<TemplateSources>, Failure> {
        if let Some(templates) = &self.templates {
            return Ok(Arc::clone(templates));
        }
        let own = self.project.templates()?;
        self.texts.extend(own.iter().cloned());
        let templates = Arc::new(TemplateSources::with_project(own)?);
        let warming = Arc::clone(&templates);
        // Nobody waits for it: what it has not compiled or read by then, whoever needs it does.
        std::thread::spawn(move || {
            warming.warm_up();
            schema::warm_up();
            outlook::warm_up();
        });
        self.templates = Some(Arc::clone(&templates));
        Ok(templates)
    }

    /// Reads an environment.
    ///
    /// # Errors
    /// What is wrong with its file.
    pub fn environment(&mut self, name: &str) -> Result<&EnvironmentFile, Failure> {
        if !self.environments.contains_key(name) {
            let file = self.project.environment_file(name);
            let known = |project: &Project| project.environments();
            let read = match self.bytes(&file)? {
                Ok(bytes) => environment::read(&file, &bytes),
                Err(None) => Err(unknown(Code::UnknownEnvironment, "environment", name, &known(self.project)?)),
                Err(Some(too_large)) => Err(too_large.into()),
            };
            self.environments.insert(name.to_owned(), read);
        }
        kept(&self.environments, name)
    }

    /// Reads a pipeline file.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn spec(&mut self, name: &str) -> Result<&SpecFile, Failure> {
        let spec = self.spec_partly(name)?;
        let (spec, _) = spec.found().clone().into_result(spec)?;
        Ok(spec)
    }

    /// The pipelines whose streams a pipeline file names, as far as it can be read.
    pub(super) fn reads(&mut self, name: &str) -> BTreeSet<String> {
        let spec = self.spec_partly(name);
        spec.map(|spec| spec::read_pipelines(spec.base()).into_iter().map(ToString::to_string).collect())
            .unwrap_or_default()
    }

    /// Reads what can be read of a pipeline file.
    fn spec_partly(&mut self, name: &str) -> Result<&Arc<SpecFile>, Failure> {
        if !self.specs.contains_key(name) {
            let file = self.project.pipeline_file(name);
            let read = match self.bytes(&file)? {
                Ok(bytes) => spec::read_partly(&file, &bytes).map(Arc::new),
                Err(None) => Err(unknown(Code::UnknownPipeline, "pipeline", name, &self.project.pipelines()?)),
                Err(Some(too_large)) => Err(too_large.into()),
            };
            self.specs.insert(name.to_owned(), read);
        }
        kept(&self.specs, name)
    }

    /// Resolves a pipeline in an environment.
    ///
    /// # Errors
    /// Everything that is wrong with both files, and with the two together.
    pub fn resolve(&mut self, name: &str, environment: &str, region: Option<&Region>) -> Result<Resolved, Failure> {
        self.resolve_as(name, environment, region, Overlaid::Yes)
    }

    /// Resolves a pipeline in an environment with as much of what the environment changes in it as is said.
    ///
    /// # Errors
    /// Everything that is wrong with both files, and with the two together.
    pub(super) fn resolve_as(
        &mut self,
        name: &str,
        environment: &str,
        region: Option<&Region>,
        overlaid: Overlaid,
    ) -> Result<Resolved, Failure> {
        let mut wrong = Diagnostics::new();
        let read = self.spec_partly(name).map(|spec| spec.found().clone());
        let environment_read = self.environment(environment).err();
        if read.is_err() || environment_read.is_some() {
            wrong.extend(read.unwrap_or_else(|failure| failure.diagnostics));
            wrong.extend(environment_read.into_iter().flat_map(|failure| failure.diagnostics));
            return Err(wrong.into());
        }
        let facts = self.facts(name)?;
        let (spec, environment) = (kept(&self.specs, name)?, kept(&self.environments, environment)?);
        let (pipeline, warnings) = match overlaid {
            Overlaid::Yes => pipeline::resolve(spec, environment, region, &facts)?,
            Overlaid::No => pipeline::resolve(spec, &environment.without_overlays(), region, &facts)?,
            Overlaid::Carried => {
                let carried = |path: &str, node: &Node| is_carried(spec, path, node);
                pipeline::resolve(spec, &environment.with_overlays(&carried), region, &facts)?
            }
        };
        Ok(Resolved { pipeline, warnings })
    }

    /// What stands beside a pipeline file that was read.
    pub(super) fn facts(&mut self, name: &str) -> Result<FolderFacts, Failure> {
        let mut facts = self.folder_facts(name)?;
        self.meet_neighbours(name, &mut facts)?;
        Ok(facts)
    }

    /// Reads the pipelines whose streams a pipeline reads, and those that they read in turn.
    fn meet_neighbours(&mut self, name: &str, facts: &mut FolderFacts) -> Result<(), Failure> {
        let of = |spec: &SpecFile| -> Vec<PipelineName> {
            spec::read_pipelines(spec.base()).into_iter().filter(|other| other.as_str() != name).cloned().collect()
        };
        let mut next = of(kept(&self.specs, name)?);
        while let Some(other) = next.pop() {
            if facts.neighbour(&other).is_some() {
                continue;
            }
            let known = self.project.pipelines()?;
            let neighbour = if !known.iter().any(|pipeline| pipeline == other.as_str()) {
                Neighbour::Missing(known)
            } else if let Ok(spec) = self.spec_partly(other.as_str()) {
                next.extend(of(spec));
                Neighbour::Read(Arc::clone(spec))
            } else {
                Neighbour::Unreadable
            };
            facts.insert_neighbour(other, neighbour);
        }
        Ok(())
    }

    /// What the paths that a pipeline file names lead to.
    fn folder_facts(&self, name: &str) -> Result<FolderFacts, Failure> {
        let mut facts = FolderFacts::default();
        if self.pinned.contains_key(name) {
            return Ok(facts);
        }
        for reference in kept(&self.specs, name)?.referenced_paths() {
            let fact = match self.project.path_state(name, &reference.path) {
                PathState::Folder => PathFact::Folder,
                PathState::File { bytes } => PathFact::File { bytes },
                PathState::Missing => PathFact::Missing,
                PathState::Outside => PathFact::Outside,
                PathState::Loop => PathFact::Loop,
            };
            facts.insert(reference.path.clone(), fact);
        }
        Ok(facts)
    }

    /// The bytes of a file that people write: `Err(None)` where there is no such file, `Err(Some(…))` where it is
    /// too large to be one.
    fn bytes(&mut self, file: &FilePath) -> Result<Result<Vec<u8>, Option<Diagnostic>>, Failure> {
        Ok(match self.project.read(file)? {
            ReadFile::Bytes(bytes) => {
                self.texts.insert(file.clone(), String::from_utf8_lossy(&bytes).into_owned());
                Ok(bytes)
            }
            ReadFile::Missing => Err(None),
            ReadFile::TooLarge { bytes } => Err(Some(
                Diagnostic::error(
                    Code::FileTooLarge,
                    format!(
                        "{file} is {}, more than the {} a file of this kind may have",
                        ByteSize::from_bytes(bytes),
                        ByteSize::from_bytes(MAX_FILE_BYTES)
                    ),
                )
                .help("a pipeline is a page or two of YAML: check that this is the right file"),
            )),
        })
    }
}

/// Whether an entry of an overlay leaves it as it is which stages with archives and models there are, and what these are made
/// from.
fn is_carried(spec: &SpecFile, path: &str, node: &Node) -> bool {
    let parts: Vec<&str> = path.split('.').collect();
    match parts.as_slice() {
        ["consumers" | "workers" | "endpoints", _] => {
            spec.place(path).is_some() && !matches!(node.value, spec::Value::Null)
        }
        ["consumers" | "workers", _, "code" | "build" | "requirements" | "runtime"] | ["endpoints", _, "model"] => {
            false
        }
        _ => true,
    }
}

/// The outcome that was kept for `name`.
fn kept<'m, T>(all: &'m BTreeMap<String, Result<T, Diagnostics>>, name: &str) -> Result<&'m T, Failure> {
    match all.get(name) {
        Some(Ok(found)) => Ok(found),
        Some(Err(wrong)) => Err(wrong.clone().into()),
        None => Err(Diagnostics::new().into()),
    }
}

fn unknown(code: Code, what: &str, name: &str, known: &[String]) -> Diagnostics {
    let diagnostic = Diagnostic::error(code, format!("there is no {what} `{name}`"));
    let diagnostic = match closest(name, known.iter().map(String::as_str)) {
        Some(close) => diagnostic.help(format!("did you mean `{close}`?")),
        None => diagnostic,
    };
    match known {
        [] => diagnostic.note(format!("this project has no {what} yet")),
        known => diagnostic.note(format!("this project has: {}", known.join(", "))),
    }
    .into()
}

/// Names in the order in which they were typed, each once.
pub(super) fn once(typed: &[String]) -> Vec<String> {
    let mut seen = BTreeSet::new();
    typed.iter().filter(|name| seen.insert(*name)).cloned().collect()
}

/// Which pipelines, which environments: what was typed, each once, or all there are.
///
/// # Errors
/// When the project has none, or cannot be listed.
pub fn select(
    project: &Project,
    pipelines: &[String],
    environments: &[String],
) -> Result<Vec<(String, String)>, Failure> {
    let or_all = |typed: &[String], all: Vec<String>| if typed.is_empty() { all } else { once(typed) };
    let pipelines = or_all(pipelines, project.pipelines()?);
    let environments = or_all(environments, project.environments()?);
    for (list, what) in [(&pipelines, "pipeline"), (&environments, "environment")] {
        if list.is_empty() {
            return Err(Diagnostic::error(Code::Ambiguous, format!("this project has no {what} yet")).into());
        }
    }
    Ok(pipelines.iter().flat_map(|p| environments.iter().map(move |e| (p.clone(), e.clone()))).collect())
}

/// The one pipeline that is meant: the one that was typed, or the only one there is.
///
/// # Errors
/// When none was typed and there are several, or none.
pub fn only_pipeline(project: &Project, typed: Option<&str>) -> Result<String, Failure> {
    if let Some(typed) = typed {
        return Ok(typed.to_owned());
    }
    let all = project.pipelines()?;
    match all.as_slice() {
        [one] => Ok(one.clone()),
        [] => Err(Diagnostic::error(Code::Ambiguous, "this project has no pipeline yet").into()),
        several => {
            let open =
                Diagnostic::error(Code::Ambiguous, format!("there are several pipelines: {}", several.join(", ")));
            Err(Failure::usage(open.help("name the one that is meant")))
        }
    }
}

/// The region that is meant: the one that was typed, if the environment lists it, or the environment's first.
///
/// # Errors
/// When the environment does not list the region that was typed.
pub fn region_of(environment: &Environment, typed: Option<&Region>) -> Result<Region, Failure> {
    let listed = environment.regions();
    match (typed, listed.first()) {
        (Some(typed), _) if listed.contains(typed) => Ok(typed.clone()),
        (None, Some(first)) => Ok(first.clone()),
        (Some(typed), _) => {
            let names: Vec<&str> = listed.iter().map(Region::as_str).collect();
            Err(Diagnostic::error(
                Code::BadArgument,
                format!("{} does not list the region {typed}", environment.name()),
            )
            .help(format!("it lists: {}", names.join(", ")))
            .into())
        }
        (None, None) => {
            Err(Diagnostic::error(Code::BadArgument, format!("{} lists no region", environment.name())).into())
        }
    }
}
