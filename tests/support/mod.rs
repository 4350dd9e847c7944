//! Runs the real binary in a folder, an environment and a time of its own, and keeps what it said.
//!
//! Nothing of the machine gets in: the environment is empty but for what is set here, the clock stands at a fixed
//! moment and moves only when the program sleeps, the width is fixed. So an outcome is the same everywhere and
//! can be kept as a snapshot.

mod folder;
pub mod git;

use std::collections::BTreeMap;
use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use tempfile::TempDir;

/// The moment at which every run begins.
const CLOCK: &str = "2026-01-02T03:04:05Z";

/// A project in a temporary folder.
pub struct Project {
    folder: TempDir,
}

/// Holds a command to its exit code.
pub fn ends(outcome: &Outcome, code: i32) {
    assert_eq!(outcome.code, Some(code), "{outcome}");
}

impl Project {
    /// Returns a folder with `stacks` and `environments` as this repository has them.
    pub fn of_this_repository() -> Self {
        let project = Self::empty();
        folder::fill(&project.path(""));
        project
    }

    /// Returns an empty folder: not a project yet.
    pub fn empty() -> Self {
        Self { folder: tempfile::tempdir().expect("a temporary folder can be made") }
    }

    /// Returns a project of one pipeline, `orders`, with a handler, and the environment `here` of a tier in the embedded cloud.
    pub fn of_orders(spec: &str, tier: &str) -> Self {
        let project = Self::empty();
        project.write("stacks/orders/pipeline.yaml", spec);
        project.write("stacks/orders/handlers/score/app.py", "def handler(event, context):\n    return {}\n");
        project.write(
            "environments/here.yaml",
            format!(
                "environment: here\ntier: {tier}\ntarget: embedded\naccount: \"123456789012\"\nregions: [eu-west-1]\n"
            ),
        );
        project
    }

    /// A path inside the project.
    pub fn path(&self, path: &str) -> PathBuf {
        self.folder.path().join("project").join(path)
    }

    /// Writes a file and the folders above it.
    pub fn write(&self, path: &str, bytes: impl AsRef<[u8]>) {
        let path = self.path(path);
        fs::create_dir_all(path.parent().expect("a file has a folder")).expect("the folder can be made");
        fs::write(path, bytes).expect("the file can be written");
    }

    /// Replaces the one place of a file that reads `from`.
    pub fn edit(&self, path: &str, from: &str, to: &str) {
        let text = fs::read_to_string(self.path(path)).expect("the file is readable");
        assert_eq!(text.matches(from).count(), 1, "{path} holds `{from}` exactly once");
        self.write(path, text.replace(from, to));
    }

    /// Every file of the project that the binary did not make for its embedded cloud, with its content.
    pub fn files(&self) -> BTreeMap<PathBuf, Vec<u8>> {
        let mut files = BTreeMap::new();
        collect(&self.path(""), &mut files);
        files
    }

    /// Runs `sluice` with arguments separated by blanks.
    pub fn sluice(&self, arguments: &str) -> Outcome {
        self.sluice_with(arguments, &[])
    }

    /// The same with variables in its environment.
    pub fn sluice_with(&self, arguments: &str, variables: &[(&str, &str)]) -> Outcome {
        fs::create_dir_all(self.path("")).expect("the project's folder can be made");
        let home = self.folder.path().join("home");
        fs::create_dir_all(&home).expect("a home can be made");
        let output = Command::new(env!("CARGO_BIN_EXE_sluice"))
            .args(arguments.split_whitespace())
            .current_dir(self.path(""))
            .env_clear()
            .env("HOME", &home)
            .env("COLUMNS", "100")
            .env("LANG", "C.UTF-8")
            .env("NO_COLOR", "1")
            .env("SLUICE_CLOCK", CLOCK)
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .envs(variables.iter().copied())
            .stdin(Stdio::null())
            .output()
            .expect("the binary runs");
        Outcome {
            command: arguments.to_owned(),
            code: output.status.code(),
            stdout: self.redact(&output.stdout),
            stderr: self.redact(&output.stderr),
        }
    }

    /// Takes out what differs from machine to machine and from release to release.
    fn redact(&self, bytes: &[u8]) -> String {
        let mut text = String::from_utf8_lossy(bytes).into_owned();
        let folder = self.folder.path();
        let real = folder.canonicalize().expect("the folder is there");
        for path in [real.as_path(), folder] {
            text = text.replace(&path.display().to_string(), "[TEMP]");
        }
        text.replace(concat!("sluice ", env!("CARGO_PKG_VERSION")), "sluice [VERSION]").replace(
            concat!("\"tool_version\": \"", env!("CARGO_PKG_VERSION"), "\""),
            "\"tool_version\": \"[VERSION]\"",
        )
    }
}

/// What a run said and how it ended.
#[must_use = "snapshot an outcome or check its code"]
pub struct Outcome {
    command: String,
    /// The exit code; none if a signal ended it.
    pub code: Option<i32>,
    /// The result.
    pub stdout: String,
    /// Progress and diagnostics.
    pub stderr: String,
}

impl Outcome {
    /// The outcome with what there is per resource counted instead of listed: new and removed resources of a plan,
    /// rows of a status, and the events that end something.
    pub fn folded(&self) -> String {
        let mut lines: Vec<String> = Vec::new();
        let mut counts: BTreeMap<String, usize> = BTreeMap::new();
        for line in self.to_string().lines().filter(|line| !line.contains("_IN_PROGRESS ")) {
            match counted(line) {
                Some(kind) => *counts.entry(kind).or_default() += 1,
                None => lines.push(line.to_owned()),
            }
        }
        lines.extend(counts.into_iter().map(|(kind, count)| format!("{count} x {kind}")));
        lines.join("\n")
    }
}

/// What a line is counted as; nothing for one that is kept.
fn counted(line: &str) -> Option<String> {
    let words: Vec<&str> = line.split_whitespace().collect();
    match words.as_slice() {
        ["+", _, kind] if kind.starts_with("AWS::") => Some("planned: create".to_owned()),
        ["-", _, kind, end @ ..] if kind.starts_with("AWS::") => Some(format!("planned: {}", end.join(" "))),
        [time, elapsed, ..] if time.len() == 8 && time.contains(':') && elapsed.starts_with('+') => {
            let status =
                words.iter().find(|word| word.len() > 3 && word.chars().all(|c| c.is_ascii_uppercase() || c == '_'))?;
            Some(format!("event: {status}"))
        }
        _ => words
            .iter()
            .find(|word| line.starts_with("  ") && word.ends_with("_COMPLETE"))
            .map(|word| format!("row: {word}")),
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "$ sluice {}", self.command)?;
        match self.code {
            Some(code) => writeln!(f, "exit {code}")?,
            None => writeln!(f, "ended by a signal")?,
        }
        writeln!(f, "--- stdout\n{}--- stderr\n{}---", ended(&self.stdout), ended(&self.stderr))
    }
}

/// The text with its last line ended, so that what follows it stands on a line of its own.
fn ended(text: &str) -> String {
    if text.is_empty() || text.ends_with('\n') { text.to_owned() } else { format!("{text}\u{2424}\n") }
}

fn collect(folder: &Path, files: &mut BTreeMap<PathBuf, Vec<u8>>) {
    for entry in fs::read_dir(folder).expect("the folder is readable") {
        let path = entry.expect("the entry is readable").path();
        let kind = fs::symlink_metadata(&path).expect("the entry is readable");
        if kind.is_dir() {
            collect(&path, files);
        } else if kind.is_file() {
            let bytes = fs::read(&path).expect("the file is readable");
            files.insert(path, bytes);
        }
    }
}
