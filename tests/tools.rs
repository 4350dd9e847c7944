//! Independent witnesses: cfn-lint on what is rendered, boto3 on what is served, and the generator of the schema
//! facts on what is committed. They need Python packages, which `scripts/test` installs.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::disallowed_methods,
    reason = "a test starts other programs and stops where it cannot"
)]

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

const SLUICE: &str = env!("CARGO_BIN_EXE_sluice");

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The Python of `scripts/test`.
fn python() -> PathBuf {
    std::env::var_os("SLUICE_TEST_PYTHON")
        .map(PathBuf::from)
        .expect("run the tests with scripts/test, which installs the Python tools")
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &to.join(entry.file_name()));
        } else {
            fs::copy(entry.path(), to.join(entry.file_name())).unwrap();
        }
    }
}

fn project() -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    for folder in ["stacks", "environments"] {
        copy(&root().join(folder), &dir.path().join(folder));
    }
    dir
}

fn sluice(project: &Path, arguments: &[&str]) -> String {
    let done = Command::new(SLUICE).args(arguments).current_dir(project).env("NO_COLOR", "1").output().unwrap();
    let told = String::from_utf8_lossy(&done.stderr).into_owned();
    assert!(done.status.success(), "sluice {arguments:?}: {told}");
    String::from_utf8(done.stdout).unwrap()
}

/// Lints the templates of a folder that `wanted` picks, in as many processes as there are cores: cfn-lint takes seconds
/// for each.
fn lint(folder: &Path, least: usize, wanted: impl Fn(&str) -> bool) {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut files: Vec<PathBuf> = entries.filter(|path| wanted(path.file_name().unwrap().to_str().unwrap())).collect();
    files.sort();
    assert!(files.len() >= least, "only {} templates in {folder:?}", files.len());
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let share = files.len().div_ceil(cores);
    let linters: Vec<Child> = files
        .chunks(share)
        .map(|files| {
            let mut lint = Command::new(python().with_file_name("cfn-lint"));
            lint.args(files).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
        })
        .collect();
    for linter in linters {
        let lint = linter.wait_with_output().unwrap();
        let said = format!("{}{}", String::from_utf8_lossy(&lint.stdout), String::from_utf8_lossy(&lint.stderr));
        assert!(lint.status.success() && said.trim().is_empty(), "cfn-lint:\n{said}");
    }
}

#[test]
fn cfn_lint_finds_nothing_in_any_stack_and_environment_in_yaml_or_json() {
    let project = project();
    for form in ["yaml", "json"] {
        sluice(project.path(), &["render", "--output", form, "--out", "rendered"]);
    }
    let stacks = fs::read_dir(root().join("stacks")).unwrap().count();
    let environments = fs::read_dir(root().join("environments")).unwrap().count();
    lint(&project.path().join("rendered"), 2 * stacks * environments, |_| true);
}

/// `tests/golden.rs` holds these files to what is rendered.
#[test]
fn cfn_lint_finds_nothing_in_any_feature() {
    lint(&root().join("tests/golden"), 3, |name| name.starts_with("feature."));
}

/// Runs a script of this repository.
fn passes(script: &str, arguments: &[&str]) {
    let ran = Command::new(python()).arg(root().join(script)).args(arguments).output().unwrap();
    let said = format!("{}{}", String::from_utf8_lossy(&ran.stdout), String::from_utf8_lossy(&ran.stderr));
    assert!(ran.status.success(), "{script}:\n{said}");
}

#[test]
fn the_handlers_of_every_stack_do_what_its_readme_says() {
    passes("tests/python/test_handlers.py", &[]);
}

#[test]
fn the_models_of_every_stack_are_those_that_their_generator_writes() {
    passes("scripts/generate-models.py", &["--check"]);
}

#[test]
fn the_schema_facts_are_those_of_the_published_schemas() {
    passes("scripts/generate-schema-facts.py", &["--check"]);
}

/// A served cloud; ends with the test.
struct Served(Child, String);

impl Served {
    fn start(project: &Path) -> Self {
        let mut child = Command::new(SLUICE)
            .args(["embedded", "serve", "--port", "0"])
            .current_dir(project)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let url = line.trim().strip_prefix("AWS_ENDPOINT_URL=").unwrap_or_else(|| panic!("served {line:?}")).to_owned();
        Self(child, url)
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn other_clients_are_answered_with_what_was_deployed() {
    let project = project();
    sluice(project.path(), &["deploy", "fraud-detection", "--env", "local", "--yes"]);
    let served = Served::start(project.path());
    let script = root().join("tests/python/test_embedded_serve.py");
    let asked = Command::new(python()).arg(script).arg(&served.1).arg("fraud-detection-local").output().unwrap();
    let said = format!("{}{}", String::from_utf8_lossy(&asked.stdout), String::from_utf8_lossy(&asked.stderr));
    assert!(asked.status.success(), "{said}");
}
