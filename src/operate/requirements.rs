//! Python packages for a function: resolved from a requirements file for Lambda's platform, whatever this machine is.
//!
//! Only wheels are taken, so that nothing is compiled here for somewhere else, and what installers write beside them is
//! left out, so that the same wheels give the same bytes.

use std::collections::{BTreeMap, BTreeSet};

use super::failure::Failure;
use super::make::{ARCHITECTURE, Handler, archived, how, last_words};
use crate::artifact::{self, ArtifactError, Digesting};
use crate::diagnostic::{Code, Diagnostic};
use crate::units::{Digest, Duration};
use crate::workspace::{Ended, FileBytes, PathState, Run, Workplace, has_program};

/// The name that a requirements file has by custom.
pub(super) const CUSTOMARY: &str = "requirements.txt";
/// After so long an installer is ended.
const LIMIT: Duration = Duration::from_secs(15 * 60);
/// The generic names of Linux that Lambda's own comes after: Amazon Linux 2023 has glibc 2.34, Amazon Linux 2 has 2.26 (Lambda
/// developer guide, "Lambda runtimes"; PEP 600). The first is what `uv` is told.
const AL2023: [&str; 4] = ["manylinux_2_28", "manylinux_2_24", "manylinux_2_17", "manylinux2014"];
const AL2: [&str; 2] = ["manylinux_2_17", "manylinux2014"];
/// What installers write into a package's `.dist-info` that says how and where it was installed.
const WRITTEN_BY_INSTALLERS: [&str; 6] =
    ["RECORD", "INSTALLER", "REQUESTED", "direct_url.json", "uv_cache.json", "uv_build.json"];

/// A requirements file with everything that decides what it comes to.
#[derive(Debug)]
pub(super) struct Lock {
    file: String,
    digest: Digest,
}

impl Lock {
    /// Reads a requirements file of a handler's folder, and the files that it names.
    pub(super) fn read(handler: Handler<'_>, file: &str) -> Result<Self, Failure> {
        let (mut digesting, mut seen) = (Digesting::default(), BTreeSet::new());
        digesting.update(format!("requirements 1\n{}\n{ARCHITECTURE}\n", handler.function.runtime).as_bytes());
        let file = format!("{}/{file}", handler.function.code);
        include(handler, &file, &mut digesting, &mut seen)?;
        Ok(Self { file, digest: digesting.finish() })
    }

    /// The digest of what decides which packages there are.
    pub(super) fn digest(&self) -> &Digest {
        &self.digest
    }

    /// The packages as an archive, empty where there are none; `None` where nothing is kept of them and nothing may be run.
    pub(super) fn packages(&self, handler: Handler<'_>) -> Result<Option<Vec<u8>>, Failure> {
        let cache = handler.project.cache("requirements");
        if let Some(bytes) = cache.get(&self.digest) {
            return Ok(Some(bytes));
        }
        let Some(tell) = handler.project.runner() else { return Ok(None) };
        let installer = Installer::found().ok_or_else(|| missing(handler))?;
        tell(&format!("resolving {} of {} with {}", self.file, handler.stage, installer.name()));
        let place = Workplace::new()?;
        let target = place.files().join("packages");
        let (folder, name) = self.file.rsplit_once('/').unwrap_or(("", &self.file));
        let mut command = installer.command(&handler.function.runtime);
        command.extend(["--target".to_owned(), target.to_string_lossy().into_owned()]);
        command.extend(["-r".to_owned(), name.to_owned()]);
        // Where packages come from is the caller's affair: an index of their own, with credentials of its own.
        let seen = ["PIP_*", "UV_*"].map(str::to_owned).to_vec();
        let run = Run { command, seen, set: BTreeMap::new(), limit: LIMIT };
        let folder = handler.project.root().join("stacks").join(handler.name).join(folder);
        let ran = place.run(&folder, &run)?;
        if ran.ended != Ended::Code(0) {
            let at = handler.pipeline.stage_origin(handler.stage, "requirements").place;
            let title = format!(
                "the requirements of {} cannot be resolved: {} {}",
                handler.stage,
                installer.name(),
                how(&ran, LIMIT)
            );
            let told =
                last_words(Diagnostic::error(Code::RequirementsFailed, title).at_maybe(at, "this file"), &ran.said);
            return Err(Failure::error(told.help(format!(
                "every package needs a wheel for {} on {ARCHITECTURE} Linux; one that has none is built into a wheel first",
                handler.function.runtime
            ))));
        }
        let files = place.read("packages")?.unwrap_or_default();
        let files: Vec<FileBytes> = files.into_iter().filter(|file| is_of_the_package(&file.path)).collect();
        let bytes = match artifact::zip(archived(files)) {
            Ok(packed) => packed.bytes,
            Err(ArtifactError::Empty) => Vec::new(),
            Err(error) => return Err(handler.unpacked(&error)),
        };
        let _ = cache.put(&self.digest, &bytes);
        Ok(Some(bytes))
    }
}

/// Takes in a file and what it names: other files of requirements, constraints, folders of wheels.
fn include(
    handler: Handler<'_>,
    path: &str,
    digesting: &mut Digesting,
    seen: &mut BTreeSet<String>,
) -> Result<(), Failure> {
    if !seen.insert(path.to_owned()) {
        return Ok(());
    }
    let mut line = |path: &str, bytes: &[u8]| {
        digesting.update(format!("{path}\n{}\n", artifact::digest_of(bytes)).as_bytes());
    };
    match handler.project.path_state(handler.name, path) {
        PathState::File { .. } => {
            let bytes = handler.project.read_asset(handler.name, path)?;
            line(path, &bytes);
            let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
            for named in named(&String::from_utf8_lossy(&bytes)) {
                if let Some(path) = beside(folder, &named) {
                    include(handler, &path, digesting, seen)?;
                }
            }
        }
        PathState::Folder => {
            for file in handler.project.read_tree(handler.name, path)? {
                line(&format!("{path}/{}", file.path), &file.bytes);
            }
        }
        // An address, or something outside: the installer says what it makes of it.
        PathState::Missing | PathState::Outside | PathState::Loop => {}
    }
    Ok(())
}

/// A path that starts from a folder, without `.` and `..`; none where it leads out of the pipeline's.
fn beside(folder: &str, path: &str) -> Option<String> {
    let mut parts: Vec<&str> = folder.split('/').filter(|part| !part.is_empty()).collect();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()?),
            part => parts.push(part),
        }
    }
    (!path.starts_with('/') && !path.contains("://")).then(|| parts.join("/"))
}

/// What the lines of a requirements file name beside packages.
fn named(text: &str) -> Vec<String> {
    const OPTIONS: [&str; 6] = ["--requirement", "--constraint", "--find-links", "-r", "-c", "-f"];
    let value = |line: &str| {
        let rest = OPTIONS.iter().find_map(|option| line.strip_prefix(option))?;
        let value = rest.trim_start_matches(['=', ' ', '\t']);
        (!value.is_empty()).then(|| value.to_owned())
    };
    lines(text).iter().filter_map(|line| value(line)).collect()
}

/// The lines of a requirements file without comments, those that a backslash continues as one.
fn lines(text: &str) -> Vec<String> {
    let whole = text.replace("\r\n", "\n").replace("\\\n", " ");
    let bare = whole.lines().map(|line| match line.trim_start().starts_with('#') {
        true => "",
        false => line.split(" #").next().unwrap_or_default().trim(),
    });
    bare.filter(|line| !line.is_empty()).map(str::to_owned).collect()
}

/// The requirements of a file that another day may give another version.
pub(super) fn loose(text: &str) -> Vec<String> {
    let is_package = |line: &&String| !line.starts_with('-') && !line.starts_with('.') && !line.contains("://");
    let is_fixed = |line: &str| line.contains("==") && !line.contains("==*") && !line.contains(".*");
    let name =
        |line: &String| line.split([' ', ';', '[', '<', '>', '=', '~', '!', ',']).next().unwrap_or_default().to_owned();
    lines(text).iter().filter(is_package).filter(|line| !is_fixed(line)).map(name).collect()
}

fn is_of_the_package(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    let metadata = path.split('/').next().is_some_and(|folder| folder.ends_with(".dist-info"));
    // Scripts begin with the path of this machine's Python, and a function runs none.
    !path.starts_with("bin/") && path != ".lock" && !(metadata && WRITTEN_BY_INSTALLERS.contains(&name))
}

/// What resolves and installs packages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Installer {
    Uv,
    Pip,
}

impl Installer {
    /// What is on this machine; the faster one first.
    fn found() -> Option<Self> {
        [(Self::Uv, "uv"), (Self::Pip, "python3")].into_iter().find(|(_, name)| has_program(name)).map(|(it, _)| it)
    }

    fn name(self) -> &'static str {
        match self {
            Self::Uv => "uv",
            Self::Pip => "pip",
        }
    }

    /// The command for wheels of Lambda's platform and a runtime's Python.
    fn command(self, runtime: &str) -> Vec<String> {
        let version = runtime.trim_start_matches("python");
        let old = matches!(version, "3.10" | "3.11");
        let platforms: &[&str] = if old { &AL2 } else { &AL2023 };
        let words = |text: &str| text.split(' ').map(str::to_owned).collect::<Vec<_>>();
        match self {
            Self::Uv => {
                let platform = platforms.first().copied().unwrap_or_default();
                let mut command = words("uv pip install --only-binary :all: --no-progress --python-version");
                command.extend([version.to_owned(), "--python-platform".to_owned()]);
                command.push(format!("{ARCHITECTURE}-{platform}"));
                command
            }
            Self::Pip => {
                let mut command = words(
                    "python3 -m pip install --disable-pip-version-check --no-input --no-compile --progress-bar off \
                     --only-binary=:all: --implementation cp --python-version",
                );
                command.push(version.to_owned());
                for platform in platforms {
                    command.extend(["--platform".to_owned(), format!("{platform}_{ARCHITECTURE}")]);
                }
                command
            }
        }
    }
}

/// There is nothing to resolve with.
fn missing(handler: Handler<'_>) -> Failure {
    let at = handler.pipeline.stage_origin(handler.stage, "requirements").place;
    let title =
        format!("the requirements of {} cannot be resolved: neither uv nor python3 is on the PATH", handler.stage);
    Failure::error(
        Diagnostic::error(Code::RequirementsFailed, title)
            .at_maybe(at, "this file")
            .help("install uv (https://docs.astral.sh/uv), or Python with pip")
            .help("or put the packages into the folder yourself and leave `requirements` out"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_file_names_beside_packages_decides_too() {
        let text = "# -r not-this.txt\n-r base.txt\n--constraint=limits.txt\nnumpy==2.3.4 \\\n    --hash=sha256:ab\n-f ./wheels # ours\n--no-index\n";
        assert_eq!(named(text), ["base.txt", "limits.txt", "./wheels"]);
        assert_eq!(lines(text).len(), 5);
        let from = |path| beside("handlers/score", path);
        assert_eq!(
            (from("../../wheels"), from("./a/../b")),
            (Some("wheels".to_owned()), Some("handlers/score/b".to_owned()))
        );
        assert_eq!((from("../../../x"), from("/x"), from("https://x/y")), (None, None, None));
    }

    #[test]
    fn what_another_day_may_resolve_otherwise_is_told() {
        let text = "numpy==2.3.4\npandas>=2\nboto3\nurllib3==2.*\nhttps://x/y.whl\n-r base.txt\nscipy[all]~=1.1 ; python_version > '3'\n";
        assert_eq!(loose(text), ["pandas", "boto3", "urllib3", "scipy"]);
    }

    #[test]
    fn what_an_installer_writes_for_itself_stays_out() {
        for path in ["bin/f2py", "demo-1.0.dist-info/RECORD", "demo-1.0.dist-info/INSTALLER", ".lock"] {
            assert!(!is_of_the_package(path), "{path}");
        }
        for path in ["demo/__init__.py", "demo/bin/x", "demo-1.0.dist-info/METADATA", "demo/RECORD"] {
            assert!(is_of_the_package(path), "{path}");
        }
    }

    #[test]
    fn each_runtime_gets_wheels_that_its_linux_takes() {
        let pip = Installer::Pip.command("python3.13").join(" ");
        assert!(pip.ends_with("--python-version 3.13 --platform manylinux_2_28_x86_64 --platform manylinux_2_24_x86_64 --platform manylinux_2_17_x86_64 --platform manylinux2014_x86_64"), "{pip}");
        assert!(!Installer::Pip.command("python3.11").join(" ").contains("2_28"));
        let uv = Installer::Uv.command("python3.12").join(" ");
        assert!(uv.ends_with("--python-version 3.12 --python-platform x86_64-manylinux_2_28"), "{uv}");
    }
}
