//! From a handler's folder to its archive: the command that builds it, the Python packages that it requires, and what is
//! known of both already.
//!
//! Both are dear and need more than files, so each is made once for the same inputs and kept (`.sluice/cache`). Where
//! nothing may be run (a check, a status, what a plan is compared with) and nothing is kept, the digest of the inputs stands in for
//! the digest of the archive: it changes when they do (ADR 0082).

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::failure::Failure;
use super::requirements;
use crate::artifact::{self, ArtifactError, ArtifactFile, Digesting};
use crate::diagnostic::{Code, Diagnostic};
use crate::pipeline::{Build, Function, Pipeline, StageRef};
use crate::units::{Digest, Duration};
use crate::workspace::{Ended, FileBytes, PathState, Project, Ran, Run, Workplace};

/// The architecture of every function (`templates/function.yaml.hbs`).
pub(super) const ARCHITECTURE: &str = "x86_64";
/// A moment that a build may take for the present one: 1980-01-01, the date of every file in an archive.
const EPOCH: &str = "315532800";
/// So many lines of what a command said last are shown.
const LINES: usize = 15;

/// Whose archive is to be made.
#[derive(Clone, Copy)]
pub(super) struct Handler<'a> {
    pub(super) project: &'a Project,
    /// The pipeline's folder.
    pub(super) name: &'a str,
    pub(super) pipeline: &'a Pipeline,
    pub(super) stage: &'a StageRef,
    pub(super) function: &'a Function,
}

/// An archive, or what stands in for it.
#[derive(Clone, Debug)]
pub(super) enum Archive {
    /// It is here.
    Made {
        /// SHA-256 of it.
        digest: Digest,
        /// Its bytes.
        bytes: Arc<[u8]>,
    },
    /// Nothing was to be run for it; the digest of what it would be made from.
    Unmade(Digest),
}

impl Archive {
    /// The digest that addresses it.
    pub(super) fn digest(&self) -> &Digest {
        match self {
            Self::Made { digest, .. } | Self::Unmade(digest) => digest,
        }
    }

    fn of(bytes: Vec<u8>) -> Self {
        Self::Made { digest: artifact::digest_of(&bytes), bytes: bytes.into() }
    }
}

impl Handler<'_> {
    /// Makes the archive of the folder's own files.
    pub(super) fn archive(self, files: Vec<FileBytes>) -> Result<Archive, Failure> {
        let own = match &self.function.build {
            None => Archive::of(self.zip(archived(files))?),
            Some(build) => self.built(build, &files)?,
        };
        match &self.function.requirements {
            None => Ok(own),
            Some(file) => self.with_packages(own, file),
        }
    }

    fn zip(self, files: Vec<ArtifactFile>) -> Result<Vec<u8>, Failure> {
        artifact::zip(files).map(|packed| packed.bytes).map_err(|error| self.unpacked(&error))
    }

    /// Why it cannot be packed, at its line.
    pub(super) fn unpacked(self, error: &ArtifactError) -> Failure {
        let (stage, function) = (self.stage, self.function);
        let place = self.pipeline.stage_origin(stage, "code").place;
        let ArtifactError::TooLarge { size, most, largest } = error else {
            let title = format!("cannot pack the handler of {stage}: {error}");
            return Failure::error(Diagnostic::error(Code::FileTrouble, title).at_maybe(place, "this folder"));
        };
        let title = format!("the handler of {stage} has {size:.1} unzipped; Lambda takes {most}, layers included");
        let named: Vec<String> = largest.iter().map(|(path, size)| format!("{path} {size:.1}")).collect();
        let told = Diagnostic::error(Code::HandlerTooLarge, title).at_maybe(place, "this folder");
        let told = told.note(format!("largest: {}", named.join(", ")));
        let told = match function.layers.as_slice() {
            [] => told,
            layers => told.note(format!("{} layers count too; their sizes are not known here", layers.len())),
        };
        let ignoring = format!("{}/{}", function.code, artifact::IGNORE_FILE);
        Failure::error(told.help(format!("name what the function does not need in `{ignoring}`")))
    }

    /// The archive of what the build command leaves.
    fn built(self, build: &Build, files: &[FileBytes]) -> Result<Archive, Failure> {
        let inputs = self.inputs(build, files)?;
        let made_from = made_from(self.function, build, &inputs);
        let cache = self.project.cache("builds");
        if let Some(bytes) = cache.get(&made_from) {
            return Ok(Archive::of(bytes));
        }
        let Some(tell) = self.project.runner() else { return Ok(Archive::Unmade(made_from)) };
        let command = build.command.join(" ");
        tell(&format!("building {} of {}: {command}", self.function.code, self.stage));
        let place = Workplace::new()?;
        for (below, files) in &inputs {
            place.put(below, files)?;
        }
        let run = Run {
            command: build.command.clone(),
            seen: build.variables.clone(),
            set: BTreeMap::from([
                ("SLUICE_ARCHITECTURE".to_owned(), ARCHITECTURE.to_owned()),
                ("SLUICE_RUNTIME".to_owned(), self.function.runtime.clone()),
                ("SOURCE_DATE_EPOCH".to_owned(), EPOCH.to_owned()),
            ]),
            limit: build.timeout,
        };
        let code = &self.function.code;
        let ran = place.run(&place.files().join(code), &run)?;
        if ran.ended != Ended::Code(0) {
            return Err(self.build_failed(build, &ran, &how(&ran, build.timeout)));
        }
        let output = format!("{code}/{}", build.output);
        let Some(left) = place.read(&output)? else {
            return Err(self.build_failed(build, &ran, &format!("left no folder `{}`", build.output)));
        };
        let bytes = self.zip(archived(left))?;
        // A folder that cannot be written to only loses what it would remember.
        let _ = cache.put(&made_from, &bytes);
        Ok(Archive::of(bytes))
    }

    /// What a build may read, by the folder it lies in.
    fn inputs(self, build: &Build, files: &[FileBytes]) -> Result<Vec<(String, Vec<FileBytes>)>, Failure> {
        let mut inputs = vec![(self.function.code.clone(), files.to_vec())];
        for path in &build.inputs {
            let path = path.trim_end_matches('/');
            let read = match self.project.path_state(self.name, path) {
                PathState::Folder => (path.to_owned(), self.project.read_tree(self.name, path)?),
                // A missing one is an error of the file, told by its check.
                PathState::Missing | PathState::Outside | PathState::Loop => continue,
                PathState::File { .. } => (String::new(), vec![self.project.read_one(self.name, path)?]),
            };
            inputs.push(read);
        }
        Ok(inputs)
    }

    fn build_failed(self, build: &Build, ran: &Ran, what: &str) -> Failure {
        let place = self.pipeline.stage_origin(self.stage, "build.command").place;
        let told = Diagnostic::error(Code::BuildFailed, format!("the build of {} {what}", self.stage));
        let told = told.at_maybe(place, "this command").note(format!(
            "`{}` in {}",
            build.command.join(" "),
            self.function.code
        ));
        let told = last_words(told, &ran.said);
        Failure::error(match ran.ended {
            Ended::NoProgram => told
                .help("install it, or name a program that is there")
                .help("no shell is started: `command: [sh, -c, \"…\"]` starts one"),
            Ended::TooLong => told.help("raise the build's `timeout`, at most 1h"),
            Ended::Code(_) | Ended::Signal => told.help("run the command in a copy of the folder to see all of it"),
        })
    }

    /// The archive with the packages that a requirements file names.
    fn with_packages(self, own: Archive, file: &str) -> Result<Archive, Failure> {
        let lock = requirements::Lock::read(self, file)?;
        let mut both = Digesting::default();
        both.update(b"archive 1\n");
        both.update(own.digest().as_str().as_bytes());
        both.update(lock.digest().as_str().as_bytes());
        let made_from = both.finish();
        let cache = self.project.cache("archives");
        let Archive::Made { bytes: own, .. } = own else { return Ok(Archive::Unmade(made_from)) };
        if let Some(bytes) = cache.get(&made_from) {
            return Ok(Archive::of(bytes));
        }
        let Some(packages) = lock.packages(self)? else { return Ok(Archive::Unmade(made_from)) };
        let unzip = |bytes: &[u8]| artifact::unzip(bytes).map_err(|error| self.unpacked(&error));
        let mut files = unzip(&own)?;
        if !packages.is_empty() {
            files.extend(unzip(&packages)?);
        }
        let bytes = self.zip(files)?;
        let _ = cache.put(&made_from, &bytes);
        Ok(Archive::of(bytes))
    }
}

/// How a command ended, as a phrase.
pub(super) fn how(ran: &Ran, limit: Duration) -> String {
    match ran.ended {
        Ended::Code(code) => format!("ended with code {code}"),
        Ended::Signal => "was ended by a signal".to_owned(),
        Ended::TooLong => format!("was ended after {limit}"),
        Ended::NoProgram => "did not begin: there is no such program".to_owned(),
    }
}

/// Adds the last lines of what a command said.
pub(super) fn last_words(told: Diagnostic, said: &str) -> Diagnostic {
    let lines: Vec<&str> = said.lines().map(str::trim_end).filter(|line| !line.is_empty()).collect();
    let last = lines.get(lines.len().saturating_sub(LINES)..).unwrap_or_default();
    if last.is_empty() { told.note("it said nothing") } else { told.note(format!("it said:\n{}", last.join("\n"))) }
}

pub(super) fn archived(files: Vec<FileBytes>) -> Vec<ArtifactFile> {
    let file = |FileBytes { path, bytes, executable }| ArtifactFile { path, bytes, executable };
    files.into_iter().map(file).collect()
}

/// The digest of everything that decides what a build makes.
fn made_from(function: &Function, build: &Build, inputs: &[(String, Vec<FileBytes>)]) -> Digest {
    let mut digesting = Digesting::default();
    let mut line = |text: &str| {
        // No two lists write the same bytes: every text is preceded by its length.
        digesting.update(format!("{}:{text}\n", text.len()).as_bytes());
    };
    line("build 1");
    line(&function.runtime);
    line(ARCHITECTURE);
    line(&function.code);
    line(&build.output);
    build.command.iter().for_each(|word| line(word));
    // One file may be named twice, as a file and in its folder.
    let files: BTreeSet<(String, bool, Digest)> = inputs
        .iter()
        .flat_map(|(below, files)| files.iter().map(move |file| (below, file)))
        .map(|(below, file)| (format!("{below}/{}", file.path), file.executable, artifact::digest_of(&file.bytes)))
        .collect();
    for (path, executable, digest) in files {
        line(&path);
        line(if executable { "x" } else { "-" });
        line(digest.as_str());
    }
    digesting.finish()
}
