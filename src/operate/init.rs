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
const ENVIRONMENTS: &[BuiltIn] = files![];

/// The built-in stacks.
const STACKS: &[(&str, &[BuiltIn])] = &[("fraud-detection", files![])];

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
