//! Commands of a project's own, run on a copy of some of its files: what they see, how long they may take, what they leave.

use std::collections::BTreeMap;
use std::fs;
use std::io::{Read as _, Seek as _, SeekFrom};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::error::WorkspaceError;
use super::folder::{self, FileBytes};
use super::temporary::TemporaryFolder;
use crate::units::Duration;

/// How often a command is looked after.
const LOOK: std::time::Duration = std::time::Duration::from_millis(20);
/// So much of the end of what a command said is kept, in bytes.
const KEPT: u64 = 16 << 10;
/// Variables that every command sees: where programs and their caches are, in which language they speak, and how the network
/// is reached. What names credentials is not among them.
const SEEN: [&str; 22] = [
    "PATH",
    "HOME",
    "USER",
    "LOGNAME",
    "SHELL",
    "LANG",
    "LC_ALL",
    "LC_CTYPE",
    "TZ",
    "TMPDIR",
    "TEMP",
    "TMP",
    "SystemRoot",
    "USERPROFILE",
    "http_proxy",
    "https_proxy",
    "no_proxy",
    "HTTP_PROXY",
    "HTTPS_PROXY",
    "NO_PROXY",
    "SSL_CERT_FILE",
    "SSL_CERT_DIR",
];

/// A command to run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Run {
    /// The program and its arguments; at least the program.
    pub command: Vec<String>,
    /// Variables of ours that it sees by name, besides those that every command sees; `*` at the end stands for any.
    pub seen: Vec<String>,
    /// Variables that are set for it.
    pub set: BTreeMap<String, String>,
    /// After so long it is ended.
    pub limit: Duration,
}

/// How a command ended, and the end of what it said on both streams.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ran {
    /// How it ended.
    pub ended: Ended,
    /// The last of what it said.
    pub said: String,
}

/// How a command ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// By itself, with this code.
    Code(i32),
    /// By a signal that was not ours.
    Signal,
    /// By us, because it took too long.
    TooLong,
    /// It never began: there is no such program.
    NoProgram,
}

/// Whether there is a program of this name.
#[must_use]
pub fn has_program(name: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path)
        .any(|folder| folder.join(name).is_file() || folder.join(format!("{name}.exe")).is_file())
}

/// A folder of its own, gone when nobody needs it any more.
#[derive(Debug)]
pub struct Workplace(TemporaryFolder);

impl Workplace {
    /// Makes an empty one.
    ///
    /// # Errors
    /// What the operating system says.
    pub fn new() -> Result<Self, WorkspaceError> {
        let place = Self(TemporaryFolder::new()?);
        let files = place.files();
        fs::create_dir(&files).map_err(WorkspaceError::io("make", &files))?;
        Ok(place)
    }

    /// The folder that commands work in.
    #[must_use]
    pub fn files(&self) -> PathBuf {
        self.0.path().join("files")
    }

    /// Puts files below a folder of it.
    ///
    /// # Errors
    /// What the operating system says.
    pub fn put(&self, below: &str, files: &[FileBytes]) -> Result<(), WorkspaceError> {
        for file in files {
            let path = self.files().join(below).join(&file.path);
            if let Some(folder) = path.parent() {
                fs::create_dir_all(folder).map_err(WorkspaceError::io("make", folder))?;
            }
            fs::write(&path, &file.bytes).map_err(WorkspaceError::io("write", &path))?;
            if file.executable {
                make_executable(&path)?;
            }
        }
        Ok(())
    }

    /// Reads every file below a folder of it; `None` where there is no such folder.
    ///
    /// # Errors
    /// What the operating system says; a link leads out of it.
    pub fn read(&self, below: &str) -> Result<Option<Vec<FileBytes>>, WorkspaceError> {
        let folder = self.files().join(below);
        if !folder.is_dir() {
            return Ok(None);
        }
        folder::read_tree(&self.files(), &folder).map(Some)
    }

    /// Runs a command in a folder of it, or in another one, with a clean environment, to its end.
    ///
    /// # Errors
    /// What the operating system says.
    pub fn run(&self, folder: &Path, run: &Run) -> Result<Ran, WorkspaceError> {
        self.run_with(folder, run, &[])
    }

    /// The same with something to read on its standard input.
    ///
    /// # Errors
    /// What the operating system says.
    pub fn run_with(&self, folder: &Path, run: &Run, input: &[u8]) -> Result<Ran, WorkspaceError> {
        let Some((program, arguments)) = run.command.split_first() else {
            return Ok(Ran { ended: Ended::NoProgram, said: String::new() });
        };
        let log = self.0.path().join("said");
        let said = fs::File::create(&log).map_err(WorkspaceError::io("write", &log))?;
        let also = said.try_clone().map_err(WorkspaceError::io("write", &log))?;
        let mut command = Command::new(program);
        command.args(arguments).current_dir(folder).env_clear().envs(seen(&run.seen)).envs(&run.set);
        // Whatever the command is, it needs no cloud.
        for file in ["AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"] {
            command.env(file, self.0.path().join("none"));
        }
        command.env("AWS_EC2_METADATA_DISABLED", "true");
        // A file, not a pipe: what reads none of it, or outlives the command, must not keep us waiting.
        let read = if input.is_empty() { Stdio::null() } else { self.kept_input(input)?.into() };
        let begun = command.stdin(read).stdout(said).stderr(also).spawn();
        let mut child = match begun {
            Ok(child) => child,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                return Ok(Ran { ended: Ended::NoProgram, said: String::new() });
            }
            Err(error) => return Err(WorkspaceError::io("run", Path::new(program))(error)),
        };
        let limit = std::time::Duration::from_micros(run.limit.as_micros());
        let begun = std::time::Instant::now();
        let ended = loop {
            match child.try_wait().map_err(WorkspaceError::io("run", Path::new(program)))? {
                Some(status) => break status.code().map_or(Ended::Signal, Ended::Code),
                None if begun.elapsed() >= limit => {
                    let _ = child.kill();
                    let _ = child.wait();
                    break Ended::TooLong;
                }
                None => std::thread::sleep(LOOK),
            }
        };
        Ok(Ran { ended, said: last_of(&log)? })
    }
}

impl Workplace {
    /// What a command reads, as a file at its beginning.
    fn kept_input(&self, input: &[u8]) -> Result<fs::File, WorkspaceError> {
        let path = self.0.path().join("read");
        fs::write(&path, input).map_err(WorkspaceError::io("write", &path))?;
        fs::File::open(&path).map_err(WorkspaceError::io("read", &path))
    }
}

/// The variables of ours that a command sees.
fn seen(more: &[String]) -> impl Iterator<Item = (String, String)> {
    let wanted = |name: &str| {
        let fits = |rule: &String| rule.strip_suffix('*').map_or(rule == name, |begins| name.starts_with(begins));
        SEEN.contains(&name) || more.iter().any(fits)
    };
    let ours: Vec<(String, String)> = std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
        .filter(|(name, _)| wanted(name))
        .collect();
    ours.into_iter()
}

fn last_of(log: &Path) -> Result<String, WorkspaceError> {
    let read = || -> std::io::Result<String> {
        let mut file = fs::File::open(log)?;
        let length = file.metadata()?.len();
        file.seek(SeekFrom::Start(length.saturating_sub(KEPT)))?;
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes)?;
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    };
    read().map_err(WorkspaceError::io("read", log))
}

#[cfg(unix)]
fn make_executable(path: &Path) -> Result<(), WorkspaceError> {
    use std::os::unix::fs::PermissionsExt;
    fs::set_permissions(path, fs::Permissions::from_mode(0o755)).map_err(WorkspaceError::io("write", path))
}

#[cfg(not(unix))]
fn make_executable(_: &Path) -> Result<(), WorkspaceError> {
    Ok(())
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    fn shell(script: &str, limit: Duration) -> Run {
        let command = ["sh", "-c", script].map(str::to_owned).to_vec();
        Run { command, seen: Vec::new(), set: BTreeMap::new(), limit }
    }

    fn long() -> Duration {
        Duration::from_secs(60)
    }

    #[test]
    fn a_command_works_on_its_copy_and_what_it_leaves_is_read() {
        let place = Workplace::new().unwrap();
        let file = |path: &str, text: &str| FileBytes {
            path: path.to_owned(),
            bytes: text.as_bytes().to_vec(),
            executable: path == "make.sh",
        };
        place
            .put(
                "code",
                &[file("make.sh", "#!/bin/sh\nmkdir dist && tr a-z A-Z < in.txt > dist/out.txt"), file("in.txt", "x")],
            )
            .unwrap();
        let run = Run { command: vec!["./make.sh".to_owned()], ..shell("", long()) };
        let ran = place.run(&place.files().join("code"), &run).unwrap();
        assert_eq!((ran.ended, ran.said.as_str()), (Ended::Code(0), ""));
        assert_eq!(place.read("code/dist").unwrap().unwrap(), [file("out.txt", "X")]);
        assert_eq!(place.read("code/nothing").unwrap(), None);
    }

    #[test]
    fn it_sees_no_credentials_of_its_caller_and_what_is_set_for_it() {
        let place = Workplace::new().unwrap();
        let mut run = shell("env", long());
        run.set.insert("MADE_FOR".to_owned(), "lambda".to_owned());
        let said = place.run(&place.files(), &run).unwrap().said;
        let allowed = |name: &str| SEEN.contains(&name) || ["MADE_FOR", "PWD", "OLDPWD", "SHLVL", "_"].contains(&name);
        for line in said.lines() {
            let name = line.split('=').next().unwrap();
            let switched_off = ["AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE", "AWS_EC2_METADATA_DISABLED"];
            assert!(allowed(name) || switched_off.contains(&name), "{line}");
        }
        assert!(said.contains("MADE_FOR=lambda") && said.contains("AWS_EC2_METADATA_DISABLED=true"), "{said}");
    }

    #[test]
    fn it_reads_what_it_is_handed_and_may_leave_it_unread() {
        let place = Workplace::new().unwrap();
        let long_text = "x".repeat(1 << 20);
        let counted = place.run_with(&place.files(), &shell("wc -c", long()), long_text.as_bytes()).unwrap();
        assert_eq!((counted.ended, counted.said.trim()), (Ended::Code(0), "1048576"));
        let unread = place.run_with(&place.files(), &shell("exit 2", long()), long_text.as_bytes()).unwrap();
        assert_eq!(unread.ended, Ended::Code(2));
        let nothing = place.run(&place.files(), &shell("wc -c", long())).unwrap();
        assert_eq!(nothing.said.trim(), "0", "and nothing of what its caller is handed");
    }

    #[test]
    fn every_way_to_end_is_told_with_the_last_words() {
        let place = Workplace::new().unwrap();
        let ends = |run: &Run| place.run(&place.files(), run).unwrap();
        let failed = ends(&shell("echo out; echo err >&2; exit 3", long()));
        assert_eq!((failed.ended, failed.said.as_str()), (Ended::Code(3), "out\nerr\n"));
        // What it began and left running holds nobody up.
        let slow = ends(&shell("echo begun; sleep 30 & sleep 30", Duration::from_millis(150)));
        assert_eq!((slow.ended, slow.said.as_str()), (Ended::TooLong, "begun\n"));
        assert_eq!(ends(&shell("kill -9 $$", long())).ended, Ended::Signal);
        let none = Run { command: vec!["no-such-program-at-all".to_owned()], ..shell("", long()) };
        assert_eq!(ends(&none).ended, Ended::NoProgram);
        assert!(has_program("sh") && !has_program("no-such-program-at-all"));
    }
}
