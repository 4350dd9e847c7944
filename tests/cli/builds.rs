//! Build commands and Python requirements: when they run, what they make, how their failures look.

use std::io::{Read as _, Write as _};

use super::support::{Outcome, Project};

const SPEC: &str = "stacks/orders/pipeline.yaml";
const SCORE: &str = "stacks/orders/handlers/score";

fn spec(more: &str) -> String {
    format!(
        "pipeline: orders\nowner: commerce-ml\nstreams:\n  orders: {{capacity: on-demand}}\nconsumers:\n  score:\n    \
         from: orders\n    code: handlers/score\n    handler: app.handler\n{more}"
    )
}

fn project(more: &str) -> Project {
    let project = Project::empty();
    project.write(SPEC, spec(more));
    project.write(
        "environments/here.yaml",
        "environment: here\ntier: development\ntarget: embedded\naccount: \"123456789012\"\nregions: [eu-west-1]\n",
    );
    project
}

fn ends(outcome: &Outcome, code: i32) {
    assert_eq!(outcome.code, Some(code), "{outcome}");
}

/// Runs with the programs of this machine.
fn run(project: &Project, arguments: &str) -> Outcome {
    let path = std::env::var("PATH").expect("there are programs");
    project.sluice_with(arguments, &[("PATH", path.as_str()), ("AWS_SECRET_ACCESS_KEY", "leaked"), ("STAGE", "x")])
}

/// The key of the code in a rendered template.
fn key(rendered: &Outcome) -> String {
    ends(rendered, 0);
    let key = rendered.stdout.split("functions/score/").nth(1).and_then(|rest| rest.split(".zip").next());
    key.expect("the template names the archive").to_owned()
}

const BUILD: &str = "    build:
      command: [sh, -c, \"mkdir dist && cat ../../shared/head.py app.src > dist/app.py && env > env.txt\"]
      output: dist
      inputs: [shared]
      variables: [STAGE]
";

fn built() -> Project {
    let project = project(BUILD);
    project.write(&format!("{SCORE}/app.src"), "def handler(event, context):\n    return {}\n");
    project.write("stacks/orders/shared/head.py", "import os\n");
    project
}

#[test]
fn a_build_runs_once_for_the_same_inputs_and_never_for_a_check() {
    let project = built();
    let checked = run(&project, "check orders --env here");
    ends(&checked, 0);
    assert!(!checked.stderr.contains("building") && !project.path(".sluice/cache").exists(), "{checked}");
    let first = run(&project, "render orders --env here");
    assert!(first.stderr.contains("building handlers/score of consumer score: sh -c mkdir dist"), "{first}");
    let again = run(&project, "render orders --env here");
    assert!(!again.stderr.contains("building"), "{again}");
    assert_eq!(key(&first), key(&again));
    // The same inputs elsewhere give the same bytes, and nothing was left in the folder.
    assert_eq!(key(&run(&built(), "render orders --env here")), key(&first));
    assert!(!project.path(&format!("{SCORE}/dist")).exists());
    project.write("stacks/orders/shared/head.py", "import sys\n");
    let changed = run(&project, "render orders --env here");
    assert!(changed.stderr.contains("building"), "{changed}");
    assert_ne!(key(&changed), key(&first));
}

#[test]
fn what_a_build_made_is_deployed_and_an_unchanged_one_is_no_change() {
    let project = built();
    let deployed = run(&project, "deploy orders --env here --yes");
    ends(&deployed, 0);
    assert!(deployed.stderr.contains("ARTIFACT_UPLOADED   handlers/score"), "{deployed}");
    let again = run(&project, "deploy orders --env here --yes");
    assert!(again.stdout.contains("No changes.") && !again.stderr.contains("building"), "{again}");
}

#[test]
fn a_plan_against_another_state_of_the_files_builds_only_the_present_one() {
    let (project, before) = (built(), built());
    let plan = format!("plan orders --env here --against {}", before.path("").display());
    let same = run(&project, &plan);
    ends(&same, 0);
    assert!(same.stdout.contains("No changes.") && same.stderr.matches("building").count() == 1, "{same}");
    project.write("stacks/orders/shared/head.py", "import sys\n");
    let changed = run(&project, &plan);
    assert!(
        changed.stdout.contains("ConsumerScoreFunction") && changed.stderr.matches("building").count() == 1,
        "{changed}"
    );
}

#[test]
fn a_build_that_fails_shows_its_line_and_its_last_words() {
    let failing = |command: &str, more: &str| {
        let project = project(&format!("    build: {{command: {command}{more}}}\n"));
        project.write(&format!("{SCORE}/app.src"), "x\n");
        run(&project, "plan orders --env here --against nothing")
    };
    insta::assert_snapshot!(
        "ended_with_a_code",
        failing("[sh, -c, \"echo compiling; echo no such type >&2; exit 2\"]", "")
    );
    insta::assert_snapshot!("no_such_program", failing("[no-such-compiler-at-all, --fast]", ""));
    insta::assert_snapshot!("no_output", failing("[sh, -c, \"true\"]", ", output: dist"));
    insta::assert_snapshot!("too_long", failing("[sh, -c, \"sleep 20\"]", ", timeout: 1s"));
}

#[test]
fn what_cannot_be_a_build_is_told_by_a_check() {
    let project = project(
        "    build: {command: [], output: ../dist, inputs: [nowhere]}\n    requirements: needed.txt\n    runtime: nodejs22.x\n",
    );
    project.write(&format!("{SCORE}/app.js"), "x\n");
    insta::assert_snapshot!("wrong_settings", run(&project, "check orders --env here"));
}

#[test]
fn a_build_sees_no_credentials_and_the_variables_it_asks_for() {
    let project = project(
        "    build:\n      command: [sh, -c, \"env > app.py; test -z \\\"$AWS_SECRET_ACCESS_KEY\\\" -a \\\"$STAGE\\\" = x -a $SLUICE_RUNTIME = python3.13\"]\n      variables: [STAGE]\n",
    );
    project.write(&format!("{SCORE}/app.src"), "x\n");
    ends(&run(&project, "render orders --env here"), 0);
}

/// A wheel of one module, as an index would give it.
fn wheel(project: &Project, name: &str, platform: &str) {
    let mut archive = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    let info = format!("{name}-1.0.dist-info");
    let files = [
        (format!("{name}/__init__.py"), "ANSWER = 42\n".to_owned()),
        (format!("{info}/METADATA"), format!("Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")),
        (
            format!("{info}/WHEEL"),
            format!("Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: {platform}\n"),
        ),
        (
            format!("{info}/RECORD"),
            format!("{name}/__init__.py,,\n{info}/METADATA,,\n{info}/WHEEL,,\n{info}/RECORD,,\n"),
        ),
    ];
    for (path, text) in files {
        archive.start_file(path, zip::write::SimpleFileOptions::default()).expect("a member");
        archive.write_all(text.as_bytes()).expect("its content");
    }
    let bytes = archive.finish().expect("a wheel").into_inner();
    project.write(&format!("stacks/orders/wheels/{name}-1.0-{platform}.whl"), bytes);
}

/// A project that requires a package of a folder, and the programs to resolve it with: only pip, of the tests' own Python.
fn requiring(lock: &str) -> (Project, String) {
    let project = project("    requirements: requirements.txt\n");
    project.write(&format!("{SCORE}/app.py"), "import kit\n\n\ndef handler(event, context):\n    return {}\n");
    project.write(&format!("{SCORE}/requirements.txt"), lock);
    wheel(&project, "kit", "cp313-cp313-manylinux2014_x86_64");
    let python = std::env::var("SLUICE_TEST_PYTHON").unwrap_or_else(|_| "python3".to_owned());
    let path = std::env::var("PATH").expect("there are programs");
    project.write("bin/python3", format!("#!/bin/sh\nPATH='{path}' exec {python} \"$@\"\n"));
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let executable = std::fs::Permissions::from_mode(0o755);
        std::fs::set_permissions(project.path("bin/python3"), executable).expect("the mode can be set");
    }
    let bin = project.path("bin").display().to_string();
    (project, bin)
}

const LOCK: &str = "--no-index\n--find-links ../../wheels\nkit==1.0\n";

/// The paths in the only archive that is kept.
fn archived(project: &Project) -> Vec<String> {
    let folder = project.path(".sluice/cache/archives");
    let mut files = std::fs::read_dir(folder).expect("there are archives");
    let file = files.next().expect("there is one").expect("it is readable").path();
    let bytes = std::fs::read(file).expect("it is readable");
    let mut archive =
        zip::ZipArchive::new(std::io::Cursor::new(bytes.get(64..).expect("an archive").to_vec())).expect("an archive");
    let mut paths = Vec::new();
    for at in 0..archive.len() {
        let mut member = archive.by_index(at).expect("a member");
        member.read_to_end(&mut Vec::new()).expect("it is whole");
        paths.push(member.name().expect("a name").into_owned());
    }
    paths
}

#[test]
fn requirements_are_packed_for_lambdas_platform_once_and_alike_everywhere() {
    let (project, bin) = requiring(LOCK);
    let render = |project: &Project, path: &str| project.sluice_with("render orders --env here", &[("PATH", path)]);
    let first = render(&project, &bin);
    let key_of_first = key(&first);
    assert!(first.stderr.contains("resolving handlers/score/requirements.txt of consumer score with pip"), "{first}");
    assert_eq!(
        archived(&project),
        ["app.py", "kit-1.0.dist-info/METADATA", "kit-1.0.dist-info/WHEEL", "kit/__init__.py", "requirements.txt"]
    );
    // What is kept needs no installer.
    let again = render(&project, "/nowhere");
    assert_eq!((key(&again), again.stderr.contains("resolving")), (key_of_first.clone(), false));
    let (other, bin) = requiring(LOCK);
    assert_eq!(key(&render(&other, &bin)), key_of_first);
    // Another wheel under the same name is another lock.
    wheel(&other, "kit2", "py3-none-any");
    assert!(render(&other, &bin).stderr.contains("resolving"));
}

#[test]
fn what_cannot_be_resolved_is_told_at_its_line_with_the_words_of_the_installer() {
    let (project, bin) = requiring(LOCK);
    project.edit(&format!("{SCORE}/requirements.txt"), "kit==1.0", "kit==2.0");
    let failed = project.sluice_with("plan orders --env here --against nothing", &[("PATH", bin.as_str())]);
    ends(&failed, 1);
    for told in ["E3063", "pipeline.yaml:10:19", "pip ended with code 1", "No matching distribution found for kit==2.0"]
    {
        assert!(failed.stderr.contains(told), "{told}: {failed}");
    }
    insta::assert_snapshot!(
        "no_installer",
        project.sluice_with("plan orders --env here --against nothing", &[("PATH", "/nowhere")])
    );
    // A check needs none of it.
    ends(&project.sluice("check orders --env here"), 0);
}

#[test]
fn requirements_that_nobody_packs_and_versions_that_are_open_are_warned_of() {
    let project = project("");
    project.write(&format!("{SCORE}/app.py"), "def handler(event, context):\n    return {}\n");
    project.write(&format!("{SCORE}/requirements.txt"), "numpy\n");
    insta::assert_snapshot!("left", project.sluice("check orders --env here").stderr);
    project.write(SPEC, spec("    requirements: requirements.txt\n"));
    insta::assert_snapshot!("loose", project.sluice("check orders --env here").stderr);
    project.write(SPEC, spec(""));
    project.write(&format!("{SCORE}/.sluiceignore"), "requirements.txt\n");
    let quiet = project.sluice("check orders --env here");
    assert!(!quiet.stderr.contains("W3064"), "{quiet}");
}
