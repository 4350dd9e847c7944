//! Two who deploy one pipeline at once, from folders of their own, against one cloud on loopback.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::disallowed_methods,
    reason = "a test starts other programs and stops where it cannot"
)]

#[path = "support/folder.rs"]
mod folder;
#[path = "support/served.rs"]
mod served;

use std::fs;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use served::Served;

fn sluice(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_sluice"));
    command.args(arguments).current_dir(folder).env_clear().env("HOME", folder).env("NO_COLOR", "1");
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// Whether the pipeline's lease is there.
fn is_leased(served: &Served) -> bool {
    let path = "/sluice-artifacts-123456789012-eu-west-1/locks/shared/fraud-detection";
    served.ask("HEAD", path).starts_with("HTTP/1.1 200")
}

/// Waits until it is.
fn until_leased(served: &Served) {
    let patience = Instant::now() + Duration::from_secs(60);
    while !is_leased(served) {
        assert!(Instant::now() < patience, "no lease was taken");
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// A project of somebody's, whose environment is the served cloud.
fn operator(served: &Served) -> tempfile::TempDir {
    let project = tempfile::tempdir().unwrap();
    folder::fill(project.path());
    let environment = format!(
        "environment: shared\ntier: development\ntarget: {{endpoint: {{url: \"{}\"}}}}\naccount: \"123456789012\"\n\
         regions: [eu-west-1]\n",
        served.url
    );
    fs::write(project.path().join("environments/shared.yaml"), environment).unwrap();
    project
}

fn told(output: &Output) -> String {
    format!(
        "{:?}\n{}{}",
        output.status,
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    )
}

#[test]
fn of_two_who_deploy_at_once_one_proceeds_and_the_other_is_told_who_that_is() {
    let home = tempfile::tempdir().unwrap();
    folder::fill(home.path());
    let served = Served::start(home.path());
    let (first, second) = (operator(&served), operator(&served));
    let deploy = ["deploy", "fraud-detection", "--env", "shared", "--yes"];

    let proceeding = sluice(first.path(), &deploy).spawn().unwrap();
    until_leased(&served);
    let refused = sluice(second.path(), &deploy).output().unwrap();
    let proceeded = proceeding.wait_with_output().unwrap();

    assert_eq!(proceeded.status.code(), Some(0), "{}", told(&proceeded));
    assert_eq!(refused.status.code(), Some(3), "{}", told(&refused));
    let owner = "is being changed by arn:aws:sts::123456789012:assumed-role/sluice-deploy/sluice";
    assert!(told(&refused).contains(owner), "{}", told(&refused));
    assert!(told(&refused).contains("sluice unlock fraud-detection --env shared"), "{}", told(&refused));
    // Nothing is left, and the second one's turn has come: there is nothing to do.
    assert!(!is_leased(&served));
    let again = sluice(second.path(), &deploy).output().unwrap();
    assert_eq!(again.status.code(), Some(0), "{}", told(&again));
}

#[test]
fn who_was_killed_goes_on_at_once_from_the_same_folder() {
    let home = tempfile::tempdir().unwrap();
    folder::fill(home.path());
    let served = Served::start(home.path());
    let first = operator(&served);
    let deploy = ["deploy", "fraud-detection", "--env", "shared", "--yes"];

    let mut dying = sluice(first.path(), &deploy).spawn().unwrap();
    until_leased(&served);
    dying.kill().unwrap();
    dying.wait().unwrap();
    let again = sluice(first.path(), &deploy).output().unwrap();
    assert_eq!(again.status.code(), Some(0), "{}", told(&again));
    assert!(!is_leased(&served));
}
