//! `sluice ci init`: what a code host needs to plan and deploy this project, made from its environments and pipelines.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use super::failure::Failure;
use super::load::Shelf;
use super::prepare::prepare;
use super::promotions::{circular, unknown_promotion};
use crate::ci::{self, Branch, Ci, CiFile, Deployable, FileState, Platform, Repository, Written};
use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::environment::{Environment, EnvironmentFile, Target};
use crate::spec;
use crate::units::{EnvironmentName, PipelineName};
use crate::workspace::{GitRepository, Project, ReadFile, git_repository, read_file, write_file};

/// The host of GitLab that is meant where nothing says another.
const GITLAB: &str = "gitlab.com";

/// A code host.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CodeHost {
    /// GitHub.
    GitHub,
    /// GitLab.
    GitLab,
}

/// What was asked for.
#[derive(Clone, Debug)]
pub struct CiOrder {
    /// The code host.
    pub host: CodeHost,
    /// The repository as typed; left out, the remote `origin` says it.
    pub repository: Option<String>,
    /// GitLab's host name as typed; left out, the remote `origin` says it, or it is gitlab.com.
    pub instance: Option<String>,
    /// The branch that is deployed.
    pub branch: String,
    /// Shell commands that bring `sluice` into a runner; where there is none, from the package registry.
    pub install: Vec<String>,
}

/// What is done with the files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CiDoing {
    /// Nothing: they are shown.
    Show,
    /// They are compared with those that are there.
    Check,
    /// They are written.
    Write {
        /// Also over what somebody edited.
        force: bool,
    },
}

/// The files of a project's CI.
#[derive(Clone, Debug)]
pub struct CiMade {
    /// What they follow from.
    pub ci: Ci,
    /// The files, each with what was there before.
    pub files: Vec<(CiFile, FileState)>,
    /// What is worth knowing.
    pub warnings: Diagnostics,
}

/// Makes the files, and does with them what was asked. Nothing is written unless all can be.
///
/// # Errors
/// What is wrong with the project or the order, files that are in the way, or files that differ.
pub fn ci(shelf: &mut Shelf<'_>, order: &CiOrder, doing: CiDoing) -> Result<CiMade, Failure> {
    let project = shelf.project();
    let git = git_repository(project.root());
    let (root, folder) = placed(project, git.as_ref());
    let (platform, repository) = repository(order, git.as_ref())?;
    let branch = Branch::new(&order.branch).map_err(|error| bad(&order.branch, error))?;
    let install = install(order)?;
    let command = command(order, &platform, &repository, &branch);
    let environments = environments(shelf)?;
    let ci = Ci { platform, repository, branch, folder, install, command, environments };
    let mut files = Vec::new();
    for file in ci::files(&ci).map_err(|error| Diagnostic::error(Code::TemplateLimit, error.to_string()))? {
        let there = match read_file(&root.join(&file.path))? {
            ReadFile::Bytes(bytes) => Some(String::from_utf8_lossy(&bytes).into_owned()),
            // Nothing of Sluice's is as large.
            ReadFile::TooLarge { .. } => Some(String::new()),
            ReadFile::Missing => None,
        };
        let state = match (file.written, &there) {
            // It is enough that it includes the jobs.
            (Written::Once, Some(there)) if there.contains(".gitlab/sluice.yml") => FileState::Same,
            (Written::Once | Written::Ours, there) => ci::state(there.as_deref(), &file.text),
        };
        files.push((file, state));
    }
    let warnings = warnings(&ci, &files);
    match doing {
        CiDoing::Show => {}
        CiDoing::Check => stale(&ci, &files)?,
        CiDoing::Write { force } => write(&root, &files, force)?,
    }
    Ok(CiMade { ci, files, warnings })
}

/// The root of the repository, and the project's folder in it.
fn placed(project: &Project, git: Option<&GitRepository>) -> (PathBuf, String) {
    let root = git.map_or_else(|| project.root().to_owned(), |git| git.root.clone());
    let inside = project.root().strip_prefix(&root).unwrap_or(Path::new(""));
    let parts: Vec<String> = inside.components().map(|part| part.as_os_str().to_string_lossy().into_owned()).collect();
    (root, if parts.is_empty() { ".".to_owned() } else { parts.join("/") })
}

fn bad(typed: &str, why: impl std::fmt::Display) -> Diagnostic {
    Diagnostic::error(Code::BadArgument, format!("`{typed}` is refused: {why}"))
}

fn repository(order: &CiOrder, git: Option<&GitRepository>) -> Result<(Platform, Repository), Failure> {
    let remote = git.and_then(|git| git.origin.as_deref()).and_then(Repository::of_remote);
    let platform = match order.host {
        CodeHost::GitHub => Platform::GitHub,
        CodeHost::GitLab => {
            let host = order.instance.clone().or_else(|| remote.as_ref().map(|(host, _)| host.clone()));
            let host = host.unwrap_or_else(|| GITLAB.to_owned());
            let plain = |b: u8| b.is_ascii_alphanumeric() || b".-:".contains(&b);
            if !host.bytes().all(plain) || host.is_empty() || host.len() > 255 {
                return Err(bad(&host, "a host name has letters, digits, hyphens and dots").into());
            }
            Platform::GitLab { host }
        }
    };
    let typed = order.repository.clone().or_else(|| remote.map(|(_, path)| path)).ok_or_else(|| {
        Diagnostic::error(Code::BadArgument, "the repository is not known: there is no remote `origin`")
            .help("name it with `--repo`, for instance `--repo acme/streams`")
    })?;
    let repository = Repository::new(&platform, &typed).map_err(|error| bad(&typed, error))?;
    Ok((platform, repository))
}

fn install(order: &CiOrder) -> Result<Vec<String>, Failure> {
    if let Some(typed) = order.install.iter().find(|line| line.trim().is_empty() || line.chars().any(char::is_control))
    {
        return Err(bad(typed, "a command is one line").into());
    }
    if order.install.is_empty() {
        let version = env!("CARGO_PKG_VERSION");
        return Ok(vec![format!("cargo install --locked --version {version} {}", env!("CARGO_PKG_NAME"))]);
    }
    Ok(order.install.clone())
}

/// The command that makes the same files again.
fn command(order: &CiOrder, platform: &Platform, repository: &Repository, branch: &Branch) -> String {
    let mut words = vec!["sluice ci init".to_owned()];
    match platform {
        Platform::GitHub => words.push("github".to_owned()),
        Platform::GitLab { host } => words.push(format!("gitlab --host {host}")),
    }
    words.push(format!("--repo {}", repository.as_str()));
    words.push(format!("--branch {}", branch.as_str()));
    words.extend(order.install.iter().map(|line| format!("--install {}", ci::shell_word(line))));
    words.join(" ")
}

/// The environments that are deployed to AWS, in the order of promotion, with what is deployed there.
fn environments(shelf: &mut Shelf<'_>) -> Result<Vec<Deployable>, Failure> {
    let all = read_environments(shelf)?;
    let plain: BTreeMap<EnvironmentName, Environment> =
        all.iter().map(|(name, file)| (name.clone(), file.environment().clone())).collect();
    let mut found = Diagnostics::new();
    for file in all.values() {
        found.extend(unknown_promotion(file, plain.keys().map(EnvironmentName::as_str)));
    }
    let ((), _) = found.into_result(())?;
    let ordered = ci::order(&plain).map_err(|circle| {
        let names: Vec<&str> = circle.iter().map(EnvironmentName::as_str).collect();
        let place = circle.first().and_then(|name| all.get(name)?.place("promotes_from"));
        circular(&names.join(", ")).at_maybe(place.cloned(), "")
    })?;
    let pipelines = pipelines(shelf)?;
    let mut deployable = Vec::new();
    for environment in ordered.into_iter().filter(|environment| *environment.target() == Target::Aws) {
        deployable.push(Deployable {
            name: environment.name().clone(),
            tier: environment.tier(),
            account: environment.account().clone(),
            regions: environment.regions().to_vec(),
            after: ci::promoted_from(environment, &plain).cloned(),
            boundary: environment.permissions_boundary().map(Into::into),
            types: types(shelf, environment.name(), &pipelines)?,
            pipelines: pipelines.clone(),
        });
    }
    if deployable.is_empty() {
        return Err(Diagnostic::error(Code::NothingForCi, "no environment of this project is deployed to AWS")
            .note("an environment with `target: embedded` runs inside Sluice, one with `endpoint` on a stand-in")
            .help("write an environment file with `target: aws`, an account and regions")
            .into());
    }
    Ok(deployable)
}

fn read_environments(shelf: &mut Shelf<'_>) -> Result<BTreeMap<EnvironmentName, EnvironmentFile>, Failure> {
    let mut all = BTreeMap::new();
    let mut found = Diagnostics::new();
    for name in shelf.project().environments()? {
        match shelf.environment(&name) {
            Ok(file) => {
                all.insert(file.environment().name().clone(), file.clone());
            }
            Err(failure) => found.extend(failure.diagnostics),
        }
    }
    Ok(found.into_result(all)?.0)
}

/// The pipelines, each after those whose streams it reads. Those that read each other come by name; `check` tells them.
fn pipelines(shelf: &mut Shelf<'_>) -> Result<Vec<PipelineName>, Failure> {
    let mut reads: BTreeMap<PipelineName, BTreeSet<PipelineName>> = BTreeMap::new();
    for name in shelf.project().pipelines()? {
        let spec = shelf.spec(&name)?;
        let sources = spec::read_pipelines(spec.base()).into_iter().filter(|other| other.as_str() != name).cloned();
        let sources = sources.collect();
        reads.insert(PipelineName::new(&name).map_err(|error| bad(&name, error))?, sources);
    }
    if reads.is_empty() {
        return Err(Diagnostic::error(Code::Ambiguous, "this project has no pipeline yet").into());
    }
    let (mut ordered, known): (Vec<PipelineName>, BTreeSet<PipelineName>) =
        (Vec::new(), reads.keys().cloned().collect());
    while !reads.is_empty() {
        let waits = |sources: &BTreeSet<PipelineName>| {
            sources.iter().any(|source| known.contains(source) && !ordered.contains(source))
        };
        let mut next: Vec<PipelineName> =
            reads.iter().filter(|(_, sources)| !waits(sources)).map(|(name, _)| name.clone()).collect();
        if next.is_empty() {
            next = reads.keys().cloned().collect();
        }
        reads.retain(|name, _| !next.contains(name));
        ordered.extend(next);
    }
    Ok(ordered)
}

/// The resource types of every pipeline in an environment. They are the same in each of its regions.
fn types(
    shelf: &mut Shelf<'_>,
    environment: &EnvironmentName,
    pipelines: &[PipelineName],
) -> Result<BTreeSet<String>, Failure> {
    let (mut types, mut found) = (BTreeSet::new(), Diagnostics::new());
    for pipeline in pipelines {
        match prepare(shelf, pipeline.as_str(), environment.as_str(), None) {
            Ok(prepared) => {
                types.extend(prepared.rendered.template.resources.into_values().map(|resource| resource.type_name));
            }
            Err(failure) => found.extend(failure.diagnostics),
        }
    }
    Ok(found.into_result(types)?.0)
}

fn warnings(ci: &Ci, files: &[(CiFile, FileState)]) -> Diagnostics {
    let mut found = Diagnostics::new();
    for name in ci::unknown_types(ci) {
        let title = format!("the rights that `{name}` takes are not known here, and the roles do not have them");
        found.push(
            Diagnostic::warning(Code::UnknownRights, title)
                .help("add a managed policy of your own to the deploying role, in a stack of its own"),
        );
    }
    let kept = |(file, state): &&(CiFile, FileState)| file.written == Written::Once && *state == FileState::Edited;
    for (file, _) in files.iter().filter(kept) {
        let title = format!("`{}` does not include the jobs", file.path);
        found.push(
            Diagnostic::warning(Code::WouldOverwrite, title).help("add `include: [{local: .gitlab/sluice.yml}]`"),
        );
    }
    found
}

fn stale(ci: &Ci, files: &[(CiFile, FileState)]) -> Result<(), Failure> {
    let mut found = Diagnostics::new();
    for (file, state) in files.iter().filter(|(file, _)| file.written == Written::Ours) {
        let how = match state {
            FileState::Same => continue,
            FileState::Missing => "is not there",
            FileState::Older => "is not what the project's files describe",
            FileState::Edited => "was edited",
        };
        found.push(
            Diagnostic::error(Code::CiStale, format!("`{}` {how}", file.path))
                .help(format!("run `{}` and commit what it writes", ci.command)),
        );
    }
    Ok(found.into_result(()).map(|((), _)| ())?)
}

fn write(root: &Path, files: &[(CiFile, FileState)], force: bool) -> Result<(), Failure> {
    let ours = || files.iter().filter(|(file, _)| file.written == Written::Ours);
    let mut found = Diagnostics::new();
    for (file, _) in ours().filter(|(_, state)| *state == FileState::Edited && !force) {
        found.push(
            Diagnostic::error(Code::WouldOverwrite, format!("`{}` was edited, or is not Sluice's", file.path))
                .note("nothing was written")
                .help("look at the difference with `--print`, or write over it with `--force`"),
        );
    }
    let ((), _) = found.into_result(())?;
    for (file, state) in files {
        let wanted = match (file.written, state) {
            (_, FileState::Same) | (Written::Once, FileState::Older | FileState::Edited) => false,
            (_, FileState::Missing) | (Written::Ours, FileState::Older | FileState::Edited) => true,
        };
        if wanted {
            write_file(&root.join(&file.path), file.text.as_bytes())?;
        }
    }
    Ok(())
}
