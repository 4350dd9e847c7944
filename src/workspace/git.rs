//! Revisions of the git repository that a project stands in, read beside it: neither its work tree nor its index is touched.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use super::error::WorkspaceError;
use super::temporary::TemporaryFolder;

/// Most names of branches and tags that are read to find the one that was meant.
const MOST_NAMES: &str = "--count=2000";

/// Variables by which git, when it runs a hook, tells the commands in it where they are. Here the project's folder
/// tells that, and the index is never the user's.
const TOLD_BY_HOOKS: [&str; 5] = ["GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX", "GIT_COMMON_DIR"];

/// Settings of every run: no hook and no monitor of the user's runs, and nothing is left out of a revision.
const SETTINGS: [&str; 3] = ["core.hooksPath=/dev/null", "core.fsmonitor=false", "core.sparseCheckout=false"];

/// Why a revision cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum GitError {
    /// There is no git.
    #[error("git is not installed, or not on the PATH")]
    NotInstalled,
    /// The project stands in no repository.
    #[error("{} is not in a git repository", folder.display())]
    NoRepository {
        /// The project's folder.
        folder: PathBuf,
    },
    /// The repository has nothing of that name.
    #[error("there is no revision `{revision}` in this repository")]
    UnknownRevision {
        /// What was asked for.
        revision: String,
        /// Branches and tags that are there.
        known: Vec<String>,
        /// Whether the clone holds only the newest commits.
        shallow: bool,
    },
    /// Git refused.
    #[error("git cannot {doing}: {message}")]
    Refused {
        /// What was being done, for instance `read main`.
        doing: String,
        /// Git's own words.
        message: String,
    },
    /// The operating system refused.
    #[error(transparent)]
    Files(#[from] WorkspaceError),
}

/// Some paths of a project as a revision has them, in a folder that is gone when this is dropped.
#[derive(Debug)]
pub struct Checkout {
    folder: TemporaryFolder,
    commit: String,
    prefix: String,
}

impl Checkout {
    /// Reads `paths` of the project at `root` as `revision` has them: a branch, a tag, a commit, `HEAD~1`. A path that
    /// the revision does not have is left out. No network is used, even by a clone that is to fetch on demand.
    ///
    /// # Errors
    /// Where there is no git, no repository, no such revision, or git refuses.
    pub fn of(root: &Path, revision: &str, paths: &[&str]) -> Result<Self, GitError> {
        let repository = Repository::find(root, revision)?;
        let folder = TemporaryFolder::new()?;
        let files = folder.path().join(FILES);
        fs::create_dir(&files).map_err(WorkspaceError::io("make", &files))?;
        let found = repository.present(paths, revision)?;
        if !found.is_empty() {
            let mut git = git(&files);
            git.env("GIT_INDEX_FILE", folder.path().join("index")).env("GIT_DIR", &repository.folder);
            git.env("GIT_WORK_TREE", &files).arg("--literal-pathspecs");
            git.args(["checkout", "--quiet", "--force", repository.commit.as_str(), "--"]).args(&found);
            successful(git, || format!("read the files of {revision}"))?;
        }
        Ok(Self { folder, commit: repository.commit, prefix: repository.prefix })
    }

    /// The project's folder as the revision has it; it may not be there.
    #[must_use]
    pub fn project(&self) -> PathBuf {
        self.folder.path().join(FILES).join(&self.prefix)
    }

    /// The commit, in full.
    #[must_use]
    pub fn commit(&self) -> &str {
        &self.commit
    }

    /// The project's folder inside the repository, empty or ended by a slash.
    #[must_use]
    pub fn prefix(&self) -> &str {
        &self.prefix
    }
}

/// The commit that the project at `root` stands at, in full, and whether its stacks or templates differ from that or are not in it;
/// none where there is no git, no repository or no commit yet.
#[must_use]
pub fn git_head(root: &Path) -> Option<(String, bool)> {
    let commit = Repository::find(root, "HEAD").ok()?.commit;
    let mut status = git(root);
    status.args(["status", "--porcelain", "--", "stacks", "templates"]);
    let output = successful(status, || "compare the files with HEAD".to_owned()).ok()?;
    Some((commit, !output.stdout.is_empty()))
}

/// The folder of a checkout that holds the files.
const FILES: &str = "files";

/// A repository and a commit in it.
struct Repository {
    /// The project's folder.
    root: PathBuf,
    /// Git's own folder.
    folder: String,
    /// The project's folder inside the repository.
    prefix: String,
    commit: String,
}

impl Repository {
    fn find(root: &Path, revision: &str) -> Result<Self, GitError> {
        let mut git = git(root);
        git.args(["rev-parse", "--absolute-git-dir", "--show-prefix", "--is-shallow-repository"]);
        // A name that begins with a dash would be an option; no revision does.
        let asked = !revision.starts_with('-') && !revision.is_empty();
        git.args(asked.then(|| format!("{revision}^{{commit}}")));
        let output = run(git)?;
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        let mut lines = text.lines().map(str::to_owned);
        let (Some(folder), Some(prefix), Some(shallow)) = (lines.next(), lines.next(), lines.next()) else {
            return Err(no_repository(root, &output));
        };
        match (lines.next().filter(|_| asked && output.status.success()), lines.next()) {
            (Some(commit), None) if commit.bytes().all(|byte| byte.is_ascii_hexdigit()) => {
                Ok(Self { root: root.to_owned(), folder, prefix, commit })
            }
            _ => Err(GitError::UnknownRevision {
                revision: revision.to_owned(),
                known: names(root)?,
                shallow: shallow == "true",
            }),
        }
    }

    /// Which of the project's paths the commit has; with them the files of attributes that say how text and large
    /// files are written, down from the top of the repository.
    fn present(&self, paths: &[&str], revision: &str) -> Result<Vec<String>, GitError> {
        let mut wanted: Vec<String> = vec![ATTRIBUTES.to_owned()];
        let ends = self.prefix.match_indices('/').map(|(at, _)| at);
        wanted.extend(ends.filter_map(|at| Some(format!("{}/{ATTRIBUTES}", self.prefix.get(..at)?))));
        wanted.extend(paths.iter().map(|path| format!("{}{path}", self.prefix)));
        let mut git = git(&self.root);
        git.args(["ls-tree", "--full-tree", "--name-only", "-z", &self.commit, "--"]).args(&wanted);
        let output = successful(git, || format!("list the files of {revision}"))?;
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        Ok(text.split('\0').filter(|path| !path.is_empty()).map(str::to_owned).collect())
    }
}

/// Where git keeps how files of a folder are written.
const ATTRIBUTES: &str = ".gitattributes";

fn no_repository(root: &Path, output: &Output) -> GitError {
    let message = words(output);
    if message.contains("not a git repository") {
        GitError::NoRepository { folder: root.to_owned() }
    } else {
        GitError::Refused { doing: "read the repository".to_owned(), message }
    }
}

/// Branches and tags, those of remotes included.
fn names(root: &Path) -> Result<Vec<String>, GitError> {
    let mut git = git(root);
    git.args(["for-each-ref", "--format=%(refname:short)", MOST_NAMES, "refs/heads", "refs/tags", "refs/remotes"]);
    let output = successful(git, || "list branches and tags".to_owned())?;
    Ok(String::from_utf8_lossy(&output.stdout).lines().map(str::to_owned).collect())
}

/// A run of git that asks nobody, fetches nothing and speaks English.
fn git(folder: &Path) -> Command {
    let mut git = Command::new("git");
    git.current_dir(folder).stdin(Stdio::null());
    git.env("LC_ALL", "C").env("GIT_TERMINAL_PROMPT", "0").env("GIT_NO_LAZY_FETCH", "1").env("GIT_OPTIONAL_LOCKS", "0");
    for name in TOLD_BY_HOOKS {
        git.env_remove(name);
    }
    git.args(SETTINGS.iter().flat_map(|setting| [OsStr::new("-c"), OsStr::new(setting)]));
    git
}

fn run(mut git: Command) -> Result<Output, GitError> {
    git.output().map_err(|error| match error.kind() {
        std::io::ErrorKind::NotFound => GitError::NotInstalled,
        _ => GitError::Refused { doing: "be started".to_owned(), message: error.to_string() },
    })
}

fn successful(git: Command, doing: impl FnOnce() -> String) -> Result<Output, GitError> {
    let output = run(git)?;
    if output.status.success() {
        return Ok(output);
    }
    Err(GitError::Refused { doing: doing(), message: words(&output) })
}

/// What git said, on one line.
fn words(output: &Output) -> String {
    let text = String::from_utf8_lossy(&output.stderr);
    let lines = text.lines().map(|line| line.trim().trim_start_matches("fatal: ").trim_start_matches("error: "));
    let said: Vec<&str> = lines.filter(|line| !line.is_empty()).collect();
    if said.is_empty() { format!("it ended with {}", output.status) } else { said.join("; ") }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A repository whose project stands in `sub`, with two commits; the second one changes `stacks/a` and adds `templates`.
    fn repository() -> tempfile::TempDir {
        let dir = tempfile::tempdir().unwrap();
        let project = dir.path().join("sub");
        fs::create_dir_all(project.join("stacks")).unwrap();
        fs::create_dir_all(project.join("environments")).unwrap();
        fs::write(dir.path().join(".gitattributes"), "*.crlf text eol=crlf\n").unwrap();
        fs::write(dir.path().join("elsewhere"), "not asked for").unwrap();
        fs::write(project.join("stacks/a"), "one\n").unwrap();
        fs::write(project.join("stacks/b.crlf"), "line\r\n").unwrap();
        fs::write(project.join("environments/dev.yaml"), "x\n").unwrap();
        said(dir.path(), &["init", "--quiet", "--initial-branch=main"]);
        commit(dir.path(), "first");
        fs::write(project.join("stacks/a"), "two\n").unwrap();
        fs::create_dir_all(project.join("templates")).unwrap();
        fs::write(project.join("templates/t.hbs"), "t").unwrap();
        commit(dir.path(), "second");
        dir
    }

    fn commit(folder: &Path, message: &str) {
        said(folder, &["add", "--all"]);
        said(folder, &["commit", "--quiet", "--message", message]);
    }

    fn said(folder: &Path, arguments: &[&str]) -> String {
        let mut git = git(folder);
        git.env("GIT_CONFIG_GLOBAL", "/dev/null").env("GIT_CONFIG_NOSYSTEM", "1");
        for (name, value) in [("NAME", "Nobody"), ("EMAIL", "nobody@example.com"), ("DATE", "2026-01-01T00:00:00Z")] {
            git.env(format!("GIT_AUTHOR_{name}"), value).env(format!("GIT_COMMITTER_{name}"), value);
        }
        git.args(arguments);
        let output = successful(git, || arguments.join(" ")).unwrap();
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    }

    const PATHS: [&str; 3] = ["stacks", "environments", "templates"];

    #[test]
    fn a_revision_is_read_from_a_subfolder_as_git_would_write_it_and_nothing_else_is_touched() {
        let dir = repository();
        let (project, index) = (dir.path().join("sub"), dir.path().join(".git/index"));
        fs::write(project.join("stacks/a"), "edited\n").unwrap();
        let (before, status) = (fs::read(&index).unwrap(), said(dir.path(), &["status", "--porcelain"]));
        let old = Checkout::of(&project, "HEAD~1", &PATHS).unwrap();
        assert_eq!(old.prefix(), "sub/");
        assert_eq!(old.commit(), said(dir.path(), &["rev-parse", "HEAD~1"]));
        assert_eq!(fs::read_to_string(old.project().join("stacks/a")).unwrap(), "one\n");
        assert_eq!(fs::read_to_string(old.project().join("stacks/b.crlf")).unwrap(), "line\r\n");
        assert!(old.project().join("environments/dev.yaml").is_file());
        assert!(!old.project().join("templates").exists() && !old.project().join("../elsewhere").exists());
        let new = Checkout::of(&project, "main", &PATHS).unwrap();
        assert_eq!(fs::read_to_string(new.project().join("stacks/a")).unwrap(), "two\n");
        assert_eq!(fs::read(project.join("stacks/a")).unwrap(), b"edited\n");
        assert_eq!((fs::read(&index).unwrap(), said(dir.path(), &["status", "--porcelain"])), (before, status));
        let folder = old.folder.path().to_owned();
        drop(old);
        assert!(!folder.exists());
    }

    #[test]
    fn hooks_of_the_user_are_not_run() {
        let dir = repository();
        let hook = dir.path().join(".git/hooks/post-checkout");
        fs::create_dir_all(hook.parent().unwrap()).unwrap();
        fs::write(&hook, "#!/bin/sh\ntouch \"$GIT_DIR/hook-ran\"\n").unwrap();
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            fs::set_permissions(&hook, fs::Permissions::from_mode(0o755)).unwrap();
        }
        Checkout::of(&dir.path().join("sub"), "HEAD", &PATHS).unwrap();
        assert!(!dir.path().join(".git/hook-ran").exists());
    }

    #[test]
    fn what_is_no_revision_is_told_with_what_is_there() {
        let dir = repository();
        said(dir.path(), &["tag", "v1"]);
        for typed in ["mian", "-h", "", "HEAD~7", "HEAD:stacks", "HEAD~1..HEAD", "--all"] {
            match Checkout::of(&dir.path().join("sub"), typed, &PATHS) {
                Err(GitError::UnknownRevision { revision, known, shallow: false }) => {
                    assert_eq!((revision.as_str(), known), (typed, vec!["main".to_owned(), "v1".to_owned()]));
                }
                other => panic!("{typed}: {other:?}"),
            }
        }
    }

    #[test]
    fn a_shallow_clone_says_that_it_is_one() {
        let dir = repository();
        let clone = tempfile::tempdir().unwrap();
        let from = format!("file://{}", dir.path().display());
        said(clone.path(), &["clone", "--quiet", "--depth=1", &from, "c"]);
        let error = Checkout::of(&clone.path().join("c/sub"), "HEAD~1", &PATHS).unwrap_err();
        assert!(matches!(error, GitError::UnknownRevision { shallow: true, .. }), "{error:?}");
    }

    #[test]
    fn the_head_is_told_with_whether_files_differ_from_it() {
        let dir = repository();
        let project = dir.path().join("sub");
        let commit = said(dir.path(), &["rev-parse", "HEAD"]);
        assert_eq!(git_head(&project), Some((commit.clone(), false)));
        fs::write(dir.path().join("elsewhere"), "not of the project").unwrap();
        assert_eq!(git_head(&project), Some((commit.clone(), false)));
        fs::write(project.join("stacks/new"), "x").unwrap();
        assert_eq!(git_head(&project), Some((commit, true)));
        assert_eq!(git_head(tempfile::tempdir().unwrap().path()), None);
    }

    #[test]
    fn outside_of_a_repository_it_says_so() {
        let dir = tempfile::tempdir().unwrap();
        let error = Checkout::of(dir.path(), "HEAD", &PATHS).unwrap_err();
        assert!(matches!(error, GitError::NoRepository { .. }), "{error:?}");
    }
}
