//! What only Python can tell: that the schema facts are those of the pinned release, and that `cfn-lint` finds
//! nothing in what is rendered. `scripts/test` installs what is needed and names it in `SLUICE_TEST_PYTHON`;
//! without it these tests say so and pass.

use std::path::{Path, PathBuf};
use std::process::Command;

use sluicegate::template::{Template, check};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The Python that has the packages of `tests/requirements.txt`.
fn python() -> Option<Command> {
    let Some(path) = std::env::var_os("SLUICE_TEST_PYTHON") else {
        println!("skipped: SLUICE_TEST_PYTHON is not set; scripts/test sets it");
        return None;
    };
    let mut command = Command::new(path);
    command.current_dir(root());
    Some(command)
}

fn assert_silent(mut command: Command) {
    let output = command.output().expect("Python runs");
    let said = [output.stdout, output.stderr].concat();
    assert!(output.status.success() && said.is_empty(), "{}", String::from_utf8_lossy(&said));
}

/// The golden templates, one per environment; the tests of `render` hold them equal to what is rendered.
fn goldens() -> Vec<PathBuf> {
    let folder = root().join("tests/golden");
    let entries = std::fs::read_dir(folder).expect("the folder is readable");
    let paths = entries.map(|entry| entry.expect("the entry is readable").path());
    let mut found: Vec<PathBuf> = paths.filter(|path| path.extension().is_some_and(|end| end == "yaml")).collect();
    found.sort();
    assert!(found.len() >= 3, "one golden template per tier");
    found
}

#[test]
fn the_schema_facts_are_those_of_the_pinned_release() {
    let Some(mut command) = python() else { return };
    command.args(["scripts/generate-schema-facts.py", "--check"]);
    assert_silent(command);
}

#[test]
fn cfn_lint_finds_nothing_in_yaml_or_json() {
    let Some(mut command) = python() else { return };
    let folder = tempfile::tempdir().expect("a folder");
    command.args(["-c", "from cfnlint.runner import main; main()", "--regions", "eu-west-1", "--"]);
    for path in goldens() {
        let text = std::fs::read_to_string(&path).expect("the file is readable");
        let template = Template::parse(&text).expect("a template");
        let name = path.file_stem().expect("a name").to_string_lossy().into_owned();
        for (end, text) in [("yaml", template.to_canonical_yaml()), ("json", template.to_canonical_json())] {
            let file = folder.path().join(format!("{name}.{end}"));
            std::fs::write(&file, text).expect("the folder is writable");
            command.arg(file);
        }
    }
    assert_silent(command);
}

#[test]
fn our_own_checker_finds_nothing_either() {
    for path in goldens() {
        let text = std::fs::read_to_string(&path).expect("the file is readable");
        let found = check(&Template::parse(&text).expect("a template"));
        assert!(found.is_empty(), "{}: {}", path.display(), found.iter().map(|v| format!("{v}\n")).collect::<String>());
    }
}

#[test]
fn the_golden_templates_are_canonical() {
    for path in goldens() {
        let text = std::fs::read_to_string(&path).expect("the file is readable");
        assert_eq!(Template::parse(&text).expect("a template").to_canonical_yaml(), text, "{}", path.display());
    }
}
