//! The repository of git that a project lies in, read from its files: where it is, and where it came from.

use std::fs;
use std::path::{Path, PathBuf};

/// A repository on disk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GitRepository {
    /// The folder that holds `.git`.
    pub root: PathBuf,
    /// The address of the remote `origin`, if it has one.
    pub origin: Option<String>,
}

/// Finds the repository that a folder lies in by walking up. What cannot be read is not there.
#[must_use]
pub fn git_repository(start: &Path) -> Option<GitRepository> {
    let start = start.canonicalize().ok()?;
    let root = start.ancestors().find(|folder| folder.join(".git").exists())?;
    let config = fs::read_to_string(settings(&root.join(".git"))?.join("config")).unwrap_or_default();
    Some(GitRepository { root: root.to_owned(), origin: origin(&config) })
}

/// The folder of the settings: `.git` itself, or what the `.git` file of a further working tree leads to.
fn settings(git: &Path) -> Option<PathBuf> {
    if git.is_dir() {
        return Some(git.to_owned());
    }
    let text = fs::read_to_string(git).ok()?;
    let folder = git.parent()?.join(text.strip_prefix("gitdir:")?.trim());
    match fs::read_to_string(folder.join("commondir")) {
        Ok(common) => Some(folder.join(common.trim())),
        Err(_) => Some(folder),
    }
}

fn origin(config: &str) -> Option<String> {
    let mut inside = false;
    for line in config.lines().map(str::trim) {
        if line.starts_with('[') {
            inside = line == "[remote \"origin\"]";
        } else if let (true, Some((key, value))) = (inside, line.split_once('='))
            && key.trim() == "url"
        {
            return Some(value.trim().trim_matches('"').to_owned());
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    const CONFIG: &str = "[core]\n\tbare = false\n[remote \"fork\"]\n\turl = https://x/y/z\n[remote \"origin\"]\n\turl = git@github.com:acme/streams.git\n\tfetch = +refs\n";

    #[test]
    fn the_origin_is_read_from_a_clone_and_from_a_further_working_tree() {
        let dir = tempfile::tempdir().unwrap();
        let folder = dir.path().canonicalize().unwrap();
        let (clone, tree) = (folder.join("clone"), folder.join("tree"));
        fs::create_dir_all(clone.join(".git/worktrees/tree")).unwrap();
        fs::create_dir_all(clone.join("ml/stacks")).unwrap();
        fs::create_dir_all(&tree).unwrap();
        fs::write(clone.join(".git/config"), CONFIG).unwrap();
        fs::write(clone.join(".git/worktrees/tree/commondir"), "../..\n").unwrap();
        fs::write(tree.join(".git"), format!("gitdir: {}\n", clone.join(".git/worktrees/tree").display())).unwrap();
        let origin = Some("git@github.com:acme/streams.git".to_owned());
        let found = git_repository(&clone.join("ml/stacks")).unwrap();
        assert_eq!(found, GitRepository { root: clone, origin: origin.clone() });
        assert_eq!(git_repository(&tree).unwrap(), GitRepository { root: tree, origin });
    }

    #[test]
    fn a_repository_without_an_origin_has_none() {
        let dir = tempfile::tempdir().unwrap();
        fs::create_dir_all(dir.path().join(".git")).unwrap();
        assert_eq!(git_repository(dir.path()).unwrap().origin, None);
    }
}
