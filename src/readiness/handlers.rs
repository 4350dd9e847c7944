//! The text of handlers, handed in by somebody who may read files.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::diagnostic::FilePath;
use crate::pipeline::StageRef;

/// One file of a handler.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HandlerFile {
    /// The file, from the project's root.
    pub file: FilePath,
    /// Its text.
    pub text: String,
}

/// The files of a handler that are worth reading: those in its runtime's language, in the folder itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HandlerCode(pub Vec<HandlerFile>);

/// Files of a handler beyond this many are libraries that came with it.
const MOST_FILES: usize = 32;
/// A larger file was not written by a person.
const LONGEST_FILE: usize = 256 << 10;

impl HandlerCode {
    /// Picks the files of a handler's folder that a person wrote; `files` are paths from the folder and their bytes.
    #[must_use]
    pub fn pick<'f>(runtime: &str, folder: &FilePath, files: impl IntoIterator<Item = (&'f str, &'f [u8])>) -> Self {
        let ending = match runtime {
            python if python.starts_with("python") => ".py",
            _ => return Self::default(),
        };
        let own = files
            .into_iter()
            .filter(|(path, bytes)| path.ends_with(ending) && !path.contains('/') && bytes.len() <= LONGEST_FILE);
        let read = own.filter_map(|(path, bytes)| {
            let text = std::str::from_utf8(bytes).ok()?.to_owned();
            Some(HandlerFile { file: FilePath::new(&format!("{folder}/{path}")), text })
        });
        Self(read.take(MOST_FILES).collect())
    }
}

/// Handlers by the stage whose function runs them. A stage that is not here is not judged by its code.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Handlers(BTreeMap<StageRef, Arc<HandlerCode>>);

impl Handlers {
    /// Remembers the code of a stage's handler; code in a language that nobody here reads is not remembered.
    pub fn insert(&mut self, stage: StageRef, code: Arc<HandlerCode>) {
        if !code.0.is_empty() {
            self.0.insert(stage, code);
        }
    }

    /// The code of a stage's handler, if it can be read.
    #[must_use]
    pub fn get(&self, stage: &StageRef) -> Option<&HandlerCode> {
        self.0.get(stage).map(AsRef::as_ref)
    }
}
