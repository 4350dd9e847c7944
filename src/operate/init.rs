//! `sluice init`: a new project from a stack that is inside the binary.

use std::path::{Path, PathBuf};

use super::failure::Failure;
use crate::diagnostic::{Code, Diagnostic, closest};
use crate::workspace::{is_empty_folder, write_file};

/// A file of a built-in stack: its path in the project, and its bytes.
type BuiltIn = (&'static str, &'static [u8]);

macro_rules! files {
    ($($path:literal),* $(,)?) => {
        &[$(($path, include_bytes!(concat!("../../", $path)))),*]
    };
}

/// What every new project gets.
const ENVIRONMENTS: &[BuiltIn] = files![
    "environments/dev.yaml",
    "environments/local.yaml",
    "environments/prod.yaml",
    "environments/rehearsal.yaml",
    "environments/staging.yaml",
];

/// The built-in stacks.
const STACKS: &[(&str, &[BuiltIn])] = &[(
    "fraud-detection",
    files![
        "stacks/fraud-detection/README.md",
        "stacks/fraud-detection/events/late-bad-and-repeated.json",
        "stacks/fraud-detection/events/ordinary.json",
        "stacks/fraud-detection/handlers/score/app.py",
        "stacks/fraud-detection/models/fraud-v6.tar.gz",
        "stacks/fraud-detection/models/fraud-v7.tar.gz",
        "stacks/fraud-detection/pipeline.yaml",
    ],
)];

/// A project that was begun.
#[derive(Clone, Debug)]
pub struct Started {
    /// Its folder.
    pub folder: PathBuf,
    /// The stack it was begun from.
    pub stack: &'static str,
    /// The files that were written, by their path in the project.
    pub files: Vec<&'static str>,
}

/// Writes a new project.
///
/// # Errors
/// When the folder is not empty, there is no such stack, or a file cannot be written.
pub fn init(folder: &Path, stack: &str) -> Result<Started, Failure> {
    let Some((stack, files)) = STACKS.iter().find(|(name, _)| *name == stack) else {
        let names: Vec<&str> = STACKS.iter().map(|(name, _)| *name).collect();
        let diagnostic = Diagnostic::error(Code::UnknownStack, format!("there is no built-in stack `{stack}`"))
            .note(format!("there are: {}", names.join(", ")));
        return Err(match closest(stack, names) {
            Some(close) => diagnostic.help(format!("did you mean `{close}`?")),
            None => diagnostic,
        }
        .into());
    };
    if !is_empty_folder(folder)? {
        return Err(Diagnostic::error(Code::FolderNotEmpty, format!("the folder `{}` is not empty", folder.display()))
            .help("name a new folder: `sluice init my-project`")
            .into());
    }
    let mut written = Vec::new();
    for (path, bytes) in ENVIRONMENTS.iter().chain(*files) {
        write_file(&folder.join(path), bytes)?;
        written.push(*path);
    }
    written.sort_unstable();
    Ok(Started { folder: folder.to_owned(), stack, files: written })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    /// Every file below a folder of the repository, by its path from the root.
    #[expect(clippy::disallowed_methods, reason = "a test looks at the repository itself")]
    fn on_disk(folder: &str) -> BTreeSet<String> {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let (mut found, mut folders) = (BTreeSet::new(), vec![root.join(folder)]);
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() && !path.ends_with("__pycache__") {
                    folders.push(path);
                } else if path.is_file() {
                    found.insert(path.strip_prefix(root).unwrap().to_str().unwrap().replace('\\', "/"));
                }
            }
        }
        found
    }

    #[test]
    fn a_new_project_gets_every_file_of_the_stack_and_every_environment() {
        let inside: BTreeSet<String> = ENVIRONMENTS.iter().map(|(path, _)| (*path).to_owned()).collect();
        assert_eq!(inside, on_disk("environments"));
        for (stack, files) in STACKS {
            let inside: BTreeSet<String> = files.iter().map(|(path, _)| (*path).to_owned()).collect();
            assert_eq!(inside, on_disk(&format!("stacks/{stack}")));
        }
    }

    #[test]
    fn a_folder_that_holds_something_is_left_alone() {
        let dir = tempfile::tempdir().unwrap();
        write_file(&dir.path().join("mine"), b"x").unwrap();
        let refused = init(dir.path(), "fraud-detection").unwrap_err();
        assert_eq!(refused.diagnostics.iter().next().unwrap().code, Code::FolderNotEmpty);
    }
}
