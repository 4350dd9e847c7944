//! Another state of the files to compare with: a git revision, another project's folder, a rendered template. Needs no
//! credentials and no network.

use std::path::Path;

use super::failure::Failure;
use super::load::{Resolved, Shelf};
use super::named::named_file;
use super::prepare::{Prepared, prepare};
use super::release::{pin, prepare_pinned};
use super::saved::is_plan;
use crate::capacity::Sized;
use crate::diagnostic::{Code, Diagnostic, Diagnostics, FilePath, closest};
use crate::plan::{Earlier, EarlierStack, Lacking, Source};
use crate::release::Release;
use crate::template::Template;
use crate::units::Region;
use crate::workspace::{Checkout, GitError, MAX_FILE_BYTES, Project, Spot, spot};

/// The folders of a project that a rendering reads.
const FOLDERS: [&str; 3] = ["stacks", "environments", "templates"];

/// Endings of rendered templates.
const TEMPLATES: [&str; 4] = ["yaml", "yml", "json", "template"];

/// Another state of the files, at hand as long as this lives.
#[derive(Debug)]
pub struct EarlierFiles {
    source: Source,
    held: Held,
}

#[derive(Debug)]
enum Held {
    /// A project; `None` where the revision has none at that place.
    Project {
        project: Option<Project>,
        /// Keeps the folder.
        checkout: Option<Checkout>,
    },
    Template(Box<Template>),
    /// A release; what is not in it (the environment, neighbours) is the present project's.
    Release {
        project: Project,
        release: Box<Release>,
    },
}

impl EarlierFiles {
    /// The project as a revision of its repository has it.
    ///
    /// # Errors
    /// Where there is no git, no repository or no such revision.
    pub fn of_revision(project: &Project, revision: &str) -> Result<Self, Failure> {
        let checkout = Checkout::of(project.root(), revision, &FOLDERS)?;
        let source = Source::Revision { revision: revision.to_owned(), commit: checkout.commit().to_owned() };
        // Its builds are not run again; what was made from the same inputs is the same.
        let earlier = Project::at(&checkout.project()).map(|earlier| earlier.with_caches_of(project));
        let held = Held::Project { project: earlier, checkout: Some(checkout) };
        Ok(Self { source, held })
    }

    /// What `typed`, seen from `folder`, leads to: another project's folder, or a rendered template.
    ///
    /// # Errors
    /// Where it leads to neither, or the template cannot be read.
    pub fn of_path(project: &Project, folder: &Path, typed: &str) -> Result<Self, Failure> {
        let path = folder.join(typed);
        if let Some(other) = Project::at(&path) {
            if other.root() == project.root() {
                return Err(itself(typed).into());
            }
            let held = Held::Project { project: Some(other.with_caches_of(project)), checkout: None };
            return Ok(Self { source: Source::Folder { path: typed.to_owned() }, held });
        }
        if !TEMPLATES.iter().any(|ending| path.extension().is_some_and(|found| found.eq_ignore_ascii_case(ending))) {
            return Err(nothing_there(project, typed, spot(&path))?.into());
        }
        let template = read_template(folder, typed)?;
        Ok(Self { source: Source::Template { path: typed.to_owned() }, held: Held::Template(Box::new(template)) })
    }

    /// A release, in the project as it is.
    #[must_use]
    pub fn of_release(project: &Project, release: Release) -> Self {
        let source = Source::Release { digest: release.digest.to_string() };
        Self { source, held: Held::Release { project: project.clone(), release: Box::new(release) } }
    }

    /// Where it is.
    #[must_use]
    pub fn source(&self) -> &Source {
        &self.source
    }

    /// The project, where it is one.
    pub(super) fn project(&self) -> Option<&Project> {
        match &self.held {
            Held::Project { project, .. } => project.as_ref(),
            Held::Template(_) => None,
            Held::Release { project, .. } => Some(project),
        }
    }

    /// An empty shelf of these files; none where they are no project.
    fn shelf(&self) -> Result<Option<Shelf<'_>>, Failure> {
        match &self.held {
            Held::Project { project, .. } => Ok(project.as_ref().map(Shelf::new)),
            Held::Template(_) => Ok(None),
            Held::Release { project, release } => pin(project, release).map(Some),
        }
    }

    /// A pipeline as these files have it, and what to call that: `in git:main`.
    ///
    /// # Errors
    /// Where they have no such pipeline or environment, or cannot be read.
    pub(super) fn resolve(
        &self,
        present: &mut Shelf<'_>,
        pipeline: &str,
        environment: &str,
        region: Option<&Region>,
    ) -> Result<(Resolved, String), Failure> {
        let called = match &self.source {
            Source::Revision { revision, .. } => format!("in git:{revision}"),
            Source::Folder { path } | Source::Template { path } => format!("in {path}"),
            Source::Release { digest } => format!("in release {}", short(digest)),
        };
        let Some(mut shelf) = self.shelf()? else {
            let title = format!("there is no project {called} whose costs could be compared");
            return Err(Diagnostic::error(Code::BadArgument, title).into());
        };
        let resolved = shelf.resolve(pipeline, environment, region);
        resolved.map(|resolved| (resolved, called)).map_err(|failure| self.blame(present, &shelf, failure))
    }

    /// What is wrong with it, named as such; the texts of its files go on the shelf of the present ones.
    fn blame(&self, present: &mut Shelf<'_>, shelf: &Shelf<'_>, failure: Failure) -> Failure {
        present.remember(shelf.texts().iter().map(|(file, text)| (self.file(file), text.clone())));
        self.does_not_render(failure)
    }

    /// Names a file of it so that a person finds it: `main:stacks/a/pipeline.yaml` as git does, or by its folder.
    fn file(&self, file: &FilePath) -> FilePath {
        FilePath::new(&match (&self.source, &self.held) {
            (Source::Revision { revision, .. }, Held::Project { checkout: Some(checkout), .. }) => {
                format!("{revision}:{}{file}", checkout.prefix())
            }
            (Source::Folder { path }, _) => format!("{}/{file}", path.trim_end_matches('/')),
            (Source::Release { digest }, Held::Release { release, .. }) if release.sources.contains_key(file) => {
                format!("release:{}:{file}", short(digest))
            }
            (Source::Revision { .. } | Source::Template { .. } | Source::Release { .. }, _) => file.to_string(),
        })
    }

    /// What is wrong with it, named as such.
    fn does_not_render(&self, mut failure: Failure) -> Failure {
        let (what, instead) = match &self.source {
            Source::Revision { revision, commit } => {
                (format!("revision `{revision}` ({})", short(commit)), "a revision that passes `sluice check`")
            }
            Source::Folder { path } => (format!("the project in `{path}`"), "a project that passes `sluice check`"),
            Source::Template { path } => (format!("`{path}`"), "another one"),
            Source::Release { digest } => (format!("release {}", short(digest)), "another release"),
        };
        for label in failure.diagnostics.iter_mut().flat_map(|diagnostic| &mut diagnostic.labels) {
            label.place.file = self.file(&label.place.file);
        }
        let first = Diagnostic::error(
            Code::BaselineUnusable,
            format!("{what} does not render, so nothing can be compared with it"),
        )
        .note("what follows is wrong there, not in the present files")
        .help(format!("compare with {instead}, or with nothing: `--against nothing`"));
        let mut all = Diagnostics::from(first);
        all.extend(failure.diagnostics);
        Failure { kind: failure.kind, diagnostics: all }
    }
}

/// The beginning of a commit's name.
fn short(commit: &str) -> &str {
    commit.get(..12).unwrap_or(commit)
}

/// Reads stacks out of another state of the files.
pub(super) struct EarlierShelf<'a> {
    files: &'a EarlierFiles,
    shelf: Option<Shelf<'a>>,
}

impl<'a> EarlierShelf<'a> {
    /// A reader beside the one of the present files. What both compile alike is compiled once.
    pub(super) fn beside(present: &mut Shelf<'_>, files: &'a EarlierFiles) -> Result<Self, Failure> {
        if let Held::Release { .. } = &files.held {
            return Ok(Self { files, shelf: files.shelf()? });
        }
        let Some(project) = files.project() else { return Ok(Self { files, shelf: None }) };
        let shelf = if project.templates()? == present.project().templates()? {
            Shelf::sibling(project, present.templates()?)
        } else {
            Shelf::new(project)
        };
        Ok(Self { files, shelf: Some(shelf) })
    }

    /// The stack of a pipeline, as it was, and the pipeline where its files are known.
    ///
    /// # Errors
    /// Why it does not render; the texts of its files are then on the shelf of the present ones.
    pub(super) fn stack(
        &mut self,
        present: &mut Shelf<'_>,
        desired: &Prepared,
    ) -> Result<(Earlier, Option<Sized>), Failure> {
        let source = self.files.source.clone();
        let found = match (&self.files.held, &mut self.shelf) {
            (Held::Template(template), _) => {
                Ok((EarlierStack { template: template.as_ref().clone(), tags: None }, None))
            }
            (Held::Project { .. } | Held::Release { .. }, None) => Err(Lacking::Project),
            (Held::Release { release, .. }, Some(shelf)) => match render_release(shelf, release, desired) {
                Ok(stack) => stack,
                Err(failure) => return Err(self.files.blame(present, shelf, failure)),
            },
            (Held::Project { .. }, Some(shelf)) => match render(shelf, desired) {
                Ok(stack) => stack,
                Err(failure) => return Err(self.files.blame(present, shelf, failure)),
            },
        };
        Ok(match found {
            Ok((stack, sized)) => (Earlier { source, stack: Ok(stack) }, sized),
            Err(lacking) => (Earlier { source, stack: Err(lacking) }, None),
        })
    }

    /// What is to be said where a template is not one of the stack that is planned.
    pub(super) fn foreign(&self, desired: &Prepared) -> Option<Diagnostic> {
        let (Held::Template(template), Source::Template { path }) = (&self.files.held, &self.files.source) else {
            return None;
        };
        let planned = desired.sized.pipeline();
        let (pipeline, environment) = (planned.name().as_str(), planned.environment().name().as_str());
        let says = |name: &str| template.metadata.get("Sluice")?.get(name)?.as_str();
        let warning = |title: String| Some(Diagnostic::warning(Code::BaselineForeign, title));
        match (says("pipeline"), says("environment")) {
            (Some(of), Some(within)) if (of, within) == (pipeline, environment) => None,
            (Some(of), Some(within)) if of == pipeline => warning(format!("{path} is a template of {of} in {within}"))
                .map(|told| {
                    told.help(format!("`sluice diff {within} {environment} {pipeline}` compares two environments"))
                }),
            (Some(of), Some(within)) => warning(format!("{path} is a template of the pipeline {of} in {within}"))
                .map(|told| told.help(format!("name a template of {pipeline} in {environment}"))),
            _ => {
                let known = &desired.rendered.template.resources;
                let strange = !known.is_empty() && !template.resources.keys().any(|id| known.contains_key(id));
                let title = || format!("{path} has no logical id in common with {pipeline}");
                strange.then(title).and_then(warning).map(|told| told.help("look whether this is the right template"))
            }
        }
    }

    /// Forgets the pipeline files that were read.
    pub(super) fn forget_specs(&mut self) {
        if let Some(shelf) = &mut self.shelf {
            shelf.forget_specs();
        }
    }
}

/// A stack, and the pipeline that it was made from where that is known.
type Found = (EarlierStack, Option<Sized>);

/// The same stack, or why the files do not have it: another account or region has another one.
fn render(shelf: &mut Shelf<'_>, desired: &Prepared) -> Result<Result<Found, Lacking>, Failure> {
    let wanted = desired.sized.pipeline();
    let (name, environment) = (wanted.name().as_str(), wanted.environment().name().as_str());
    let project = shelf.project();
    if !project.has(&project.pipeline_file(name)) {
        return Ok(Err(Lacking::Pipeline));
    }
    if !project.has(&project.environment_file(environment)) {
        return Ok(Err(Lacking::Environment));
    }
    let was = shelf.environment(environment)?.environment();
    if was.account() != wanted.account() {
        return Ok(Err(Lacking::Account));
    }
    if !was.regions().contains(wanted.region()) {
        return Ok(Err(Lacking::Region));
    }
    let prepared = prepare(shelf, name, environment, Some(wanted.region()))?;
    let stack = EarlierStack { template: prepared.rendered.template, tags: Some(prepared.rendered.tags) };
    Ok(Ok((stack, Some(prepared.sized))))
}

/// The stack of a release in the present environment.
fn render_release(
    shelf: &mut Shelf<'_>,
    release: &Release,
    desired: &Prepared,
) -> Result<Result<Found, Lacking>, Failure> {
    let wanted = desired.sized.pipeline();
    if release.content.pipeline != *wanted.name() {
        return Ok(Err(Lacking::Pipeline));
    }
    let environment = wanted.environment().name().as_str();
    let prepared = prepare_pinned(shelf, release, environment, Some(wanted.region()))?;
    let stack = EarlierStack { template: prepared.rendered.template, tags: Some(prepared.rendered.tags) };
    Ok(Ok((stack, Some(prepared.sized))))
}

fn read_template(folder: &Path, typed: &str) -> Result<Template, Failure> {
    let (name, text) = named_file(folder, Path::new(typed), "template", MAX_FILE_BYTES)?;
    if is_plan(&text) {
        let plan = Diagnostic::error(Code::BadArgument, format!("{name} is a plan, not a template to compare with"));
        return Err(plan
            .help(format!("`sluice show {name}` shows it, `sluice deploy --plan {name}` deploys it where it was saved"))
            .help("`sluice render PIPELINE --env ENV` writes a template to compare with")
            .into());
    }
    Template::parse(&text).map_err(|error| {
        let title = format!("{name} is no template that can be compared with: {error}");
        Diagnostic::error(Code::BaselineUnusable, title).help("`sluice render PIPELINE --env ENV` writes one").into()
    })
}

/// The project as it is, which nothing can differ from.
fn itself(typed: &str) -> Diagnostic {
    Diagnostic::error(Code::BadArgument, format!("`{typed}` is this project itself, from which nothing can differ"))
        .help("compare with what is committed, `--against git:HEAD`, or with the folder of another copy")
}

/// Why `typed` is nothing to compare with, and what was probably meant.
fn nothing_there(project: &Project, typed: &str, spot: Spot) -> Result<Diagnostic, Failure> {
    let title = match spot {
        Spot::File | Spot::Other => format!("{typed} is neither the folder of a project nor a rendered template"),
        Spot::Folder => {
            format!("the folder {typed} is no project: it does not hold both `stacks/` and `environments/`")
        }
        Spot::Free | Spot::NoFolder => format!("there is no project in {typed} to compare with"),
    };
    let wrong = Diagnostic::error(Code::BadArgument, title);
    if let Some(word) = closest(typed, ["live", "nothing"]) {
        return Ok(wrong.help(format!("did you mean `{word}`?")));
    }
    if project.environments()?.iter().any(|environment| environment == typed) {
        return Ok(wrong.help(format!("an environment is compared by `sluice diff {typed} OTHER`")));
    }
    Ok(wrong.help(
        "write a git revision as `git:main`, or the folder of another project, or a rendered template (.yaml, .json)",
    ))
}

impl From<GitError> for Failure {
    fn from(error: GitError) -> Self {
        let text = error.to_string();
        let unusable = |text: String| Diagnostic::error(Code::GitUnusable, text);
        match error {
            GitError::NotInstalled => {
                unusable(text).help("install git, or compare with a folder: `--against PATH`").into()
            }
            GitError::NoRepository { .. } => {
                unusable(text).help("compare with the folder of another project instead: `--against PATH`").into()
            }
            GitError::Refused { .. } => unusable(text).into(),
            GitError::Files(error) => error.into(),
            GitError::UnknownRevision { revision, known, shallow } => {
                no_revision(text, &revision, &known, shallow).into()
            }
        }
    }
}

fn no_revision(title: String, revision: &str, known: &[String], shallow: bool) -> Diagnostic {
    let wrong = Diagnostic::error(Code::UnknownRevision, title);
    let wrong = match known {
        [] => wrong.note("it has no branch and no tag yet"),
        _ => wrong,
    };
    // A clone that is made for a build has the branches of its remote, under the remote's name.
    let of_remote = known.iter().find(|name| name.ends_with(&format!("/{revision}"))).map(String::as_str);
    let wrong = match of_remote.or_else(|| closest(revision, known.iter().map(String::as_str))) {
        Some(close) => wrong.help(format!("did you mean `git:{close}`?")),
        None => wrong.help("`git log --oneline` lists the commits, `git branch --all` the branches"),
    };
    if shallow {
        let note = "this clone is shallow: it holds only the newest commits";
        return wrong.note(note).help("fetch the others with `git fetch --unshallow` (`fetch-depth: 0` for actions/checkout, `GIT_DEPTH: 0` in GitLab)");
    }
    wrong
}

/// What a command compares with, as typed: `git:REVISION` or a path.
///
/// # Errors
/// Where it leads nowhere.
pub fn earlier_files(project: &Project, folder: &Path, typed: &str) -> Result<EarlierFiles, Failure> {
    match typed.strip_prefix("git:") {
        Some(revision) => EarlierFiles::of_revision(project, revision),
        None => EarlierFiles::of_path(project, folder, typed),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn help(diagnostic: &Diagnostic) -> String {
        diagnostic.help.join("; ")
    }

    #[test]
    fn a_branch_that_only_the_remote_has_is_found_there() {
        let known = ["origin/main".to_owned(), "mine".to_owned()];
        assert!(help(&no_revision(String::new(), "main", &known, false)).contains("`git:origin/main`"));
        assert!(help(&no_revision(String::new(), "mien", &known, false)).contains("`git:mine`"));
        assert!(help(&no_revision(String::new(), "HEAD~9", &known, true)).contains("--unshallow"));
    }
}
