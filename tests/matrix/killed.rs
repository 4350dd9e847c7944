//! The real process, really killed.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};

use sluicegate::units::Region;

use crate::company::{Clouds, clock};
use crate::kept::embedded;
use crate::{folder, runtime};

fn deploy(folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_sluice"));
    command.args(["deploy", "fraud-detection", "--env", "rehearsal", "--yes"]).current_dir(folder);
    command.env_clear().env("HOME", folder).env("NO_COLOR", "1").env("SLUICE_CLOCK", "2026-03-01T08:00:00Z");
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
    command
}

/// The leases that are there.
fn leases(folder: &Path) -> usize {
    let clock = clock();
    let http = embedded(folder, "rehearsal", &clock).http_client();
    runtime().block_on(async {
        let cloud = Clouds { http, clock }.open(&Region::new("eu-west-1").unwrap()).await;
        cloud.list_artifacts("sluice-artifacts-123456789012-eu-west-1", "locks/").await.unwrap().len()
    })
}

#[test]
fn a_process_that_is_killed_at_any_line_is_carried_on_by_the_next() {
    let mut killed = 0;
    for lines in [1, 3, 10, 60, 150] {
        let project = tempfile::tempdir().unwrap();
        folder::fill(project.path());
        let mut process = deploy(project.path()).spawn().unwrap();
        let said = BufReader::new(process.stderr.take().unwrap());
        let heard = said.lines().map_while(Result::ok).take(lines).count();
        process.kill().unwrap();
        let ended = process.wait().unwrap();
        assert_eq!(heard, lines, "it said no more before it ended");
        killed += usize::from(ended.code().is_none());
        let again = deploy(project.path()).output().unwrap();
        assert_eq!(again.status.code(), Some(0), "{lines}: {}", String::from_utf8_lossy(&again.stderr));
        assert_eq!(leases(project.path()), 0, "{lines}");
    }
    assert!(killed >= 3, "only {killed} were killed before they had ended");
}
