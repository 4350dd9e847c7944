//! Independent witnesses: cfn-lint and checkov on what is rendered, boto3 and other people's tools on what is served, and the
//! generator of the schema facts on what is committed. They need Python and Node packages, which `scripts/test` installs.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::disallowed_methods,
    reason = "a test starts other programs and stops where it cannot"
)]

#[path = "tools/fidelity.rs"]
mod fidelity;
#[path = "support/folder.rs"]
mod folder;
#[path = "tools/peers.rs"]
mod peers;
#[path = "support/python.rs"]
mod python;
#[path = "support/served.rs"]
mod served;

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use served::Served;

const SLUICE: &str = env!("CARGO_BIN_EXE_sluice");

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The Python that has checkov, which needs other versions of what the rest needs.
fn checkov() -> PathBuf {
    std::env::var_os("SLUICE_TEST_CHECKOV").map(PathBuf::from).expect(python::HOW)
}

fn project() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    folder::fill(folder.path());
    folder
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
            let mut lint = Command::new(python::tool("cfn-lint"));
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

#[test]
fn checkov_fails_nothing_and_every_suppression_suppresses_something() {
    let project = project();
    sluice(project.path(), &["render", "--output", "json", "--out", "rendered"]);
    python::passes_with(&checkov(), "tests/python/test_checkov.py", &[project.path().join("rendered")]);
}

#[test]
fn actions_on_every_resource_have_no_narrower_one_in_the_service_authorization_reference() {
    python::passes_with(&checkov(), "tests/python/test_narrowest.py", &[root().join("docs/security.md")]);
}

/// The roles of CI for the projects of this repository, on either code host.
#[test]
fn roles_for_ci_pass_cfn_lint_and_allow_no_more_than_the_service_authorization_reference_offers() {
    let project = project();
    for host in ["github", "gitlab"] {
        sluice(project.path(), &["ci", "init", host, "--repo", "acme/streams", "--force"]);
        let roles = project.path().join("ci");
        lint(&roles, 3, |_| true);
        let templates = fs::read_dir(&roles).unwrap().map(|entry| entry.unwrap().path());
        python::passes_with(&checkov(), "tests/python/test_roles.py", &templates.collect::<Vec<_>>());
    }
}

/// The foundation with everything that an environment can ask for, and with nothing.
#[test]
fn the_foundation_passes_cfn_lint_and_checkov_and_its_roles_are_as_narrow_as_the_reference_offers() {
    let project = project();
    let rendered = project.path().join("foundation");
    fs::create_dir(&rendered).unwrap();
    let all = "foundation:\n  key: customer-managed\n  roles:\n    people: [\"arn:aws:iam::123456789012:role/ml\"]\n    \
               jobs: {github: {repository: acme/streams}}\n";
    for (name, wish) in [("plain", ""), ("all", all)] {
        let text = format!(
            "environment: {name}\ntier: production\naccount: \"123456789012\"\nregions: [eu-west-1, us-east-1]\n{wish}"
        );
        fs::write(project.path().join(format!("environments/{name}.yaml")), text).unwrap();
        let template = sluice(project.path(), &["bootstrap", "--env", name, "--print"]);
        fs::write(rendered.join(format!("{name}.yaml")), template).unwrap();
    }
    lint(&rendered, 2, |_| true);
    python::passes_with(&checkov(), "tests/python/test_roles.py", &[rendered.join("all.yaml")]);
    python::passes_with(&checkov(), "tests/python/test_checkov.py", &[rendered.as_os_str(), OsStr::new("20")]);
}

#[test]
fn the_handlers_of_every_stack_do_what_its_readme_says() {
    python::passes("tests/python/test_handlers.py", &[""; 0]);
}

#[test]
fn the_models_of_every_stack_are_those_that_their_generator_writes() {
    python::passes("scripts/generate-models.py", &["--check"]);
}

#[test]
fn the_schema_facts_are_those_of_the_published_schemas() {
    python::passes("scripts/generate-schema-facts.py", &["--check"]);
}

#[test]
fn other_clients_are_answered_with_what_was_deployed() {
    let project = project();
    sluice(project.path(), &["deploy", "fraud-detection", "--env", "local", "--yes"]);
    let served = Served::start(project.path());
    python::passes("tests/python/test_embedded_serve.py", &[served.url.as_str(), "fraud-detection-local"]);
}
