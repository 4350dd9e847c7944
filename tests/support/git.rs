//! A git repository around a project: nothing of this machine's settings gets in, and the same commits have the same names.

use std::path::Path;
use std::process::Command;

/// Variables under which git is the same everywhere.
pub const VARIABLES: [(&str, &str); 8] = [
    ("GIT_CONFIG_GLOBAL", "/dev/null"),
    ("GIT_CONFIG_NOSYSTEM", "1"),
    ("GIT_AUTHOR_NAME", "Nobody"),
    ("GIT_AUTHOR_EMAIL", "nobody@example.com"),
    ("GIT_AUTHOR_DATE", "2026-01-01T00:00:00Z"),
    ("GIT_COMMITTER_NAME", "Nobody"),
    ("GIT_COMMITTER_EMAIL", "nobody@example.com"),
    ("GIT_COMMITTER_DATE", "2026-01-01T00:00:00Z"),
];

/// Runs git in a folder and returns what it said.
pub fn git(folder: &Path, arguments: &[&str]) -> String {
    let output = Command::new("git").args(arguments).current_dir(folder).envs(VARIABLES).output().expect("git runs");
    assert!(output.status.success(), "git {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("git speaks UTF-8").trim_end().to_owned()
}

/// Makes a folder a repository whose branch is `main`, and commits all that is in it.
pub fn repository(folder: &Path) {
    git(folder, &["init", "--quiet", "--initial-branch=main"]);
    commit(folder, "first");
}

/// Commits everything that changed.
pub fn commit(folder: &Path, message: &str) {
    git(folder, &["add", "--all"]);
    git(folder, &["commit", "--quiet", "--message", message]);
}
