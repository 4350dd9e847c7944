//! A project on disk: the folder that holds `stacks/` and `environments/`.

use std::fs;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use sha2::{Digest as _, Sha256};

use super::cache::Cache;
use super::error::WorkspaceError;
use super::folder::{self, FileBytes, FileEntry, PathState};
use super::parts::PartReader;
use crate::diagnostic::FilePath;
use crate::units::Digest;

/// Pipeline and environment files above this size are refused before they are read.
pub const MAX_FILE_BYTES: u64 = 1 << 20;

/// What reading a file that people write gave.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ReadFile {
    /// Its bytes.
    Bytes(Vec<u8>),
    /// It is larger than what is asked for, [`MAX_FILE_BYTES`] for most files, and was not read to its end.
    TooLarge {
        /// Its size; as much as was read of what has none, such as a device.
        bytes: u64,
    },
    /// There is no such file.
    Missing,
}

/// A project on disk.
#[derive(Clone, Debug)]
pub struct Project {
    root: PathBuf,
    /// Where dear results are kept: the same folder for a project and for other states of it.
    caches: PathBuf,
    runner: Option<Runner>,
}

/// Who hears of a command of the project's own before it begins.
pub type Runner = fn(&str);

impl Project {
    /// Finds the project that `start` is in by walking up.
    ///
    /// # Errors
    /// [`WorkspaceError::NoProject`] where no folder upwards holds `stacks/` and `environments/`.
    pub fn find(start: &Path) -> Result<Self, WorkspaceError> {
        let start = start.canonicalize().map_err(WorkspaceError::io("open", start))?;
        let mut folder: Option<&Path> = Some(start.as_path());
        while let Some(here) = folder {
            if here.join("stacks").is_dir() && here.join("environments").is_dir() {
                return Ok(Self::of(here.to_owned()));
            }
            folder = here.parent();
        }
        Err(WorkspaceError::NoProject { start })
    }

    /// The project whose root is `folder` itself; `None` where it does not hold `stacks/` and `environments/`.
    #[must_use]
    pub fn at(folder: &Path) -> Option<Self> {
        let root = folder.canonicalize().ok()?;
        (root.join("stacks").is_dir() && root.join("environments").is_dir()).then(|| Self::of(root))
    }

    fn of(root: PathBuf) -> Self {
        Self { caches: root.join(".sluice").join("cache"), root, runner: None }
    }

    /// The same project, of which commands may be run (builds, installers); each is told before it begins.
    #[must_use]
    pub fn running(self, runner: Runner) -> Self {
        Self { runner: Some(runner), ..self }
    }

    /// The same project, which keeps dear results where another one does.
    #[must_use]
    pub fn with_caches_of(self, other: &Self) -> Self {
        Self { caches: other.caches.clone(), ..self }
    }

    /// Who hears of commands; none where none may be run.
    #[must_use]
    pub fn runner(&self) -> Option<Runner> {
        self.runner
    }

    /// The results of one kind.
    #[must_use]
    pub fn cache(&self, kind: &str) -> Cache {
        Cache::at(self.caches.join(kind))
    }

    /// The project's root folder.
    #[must_use]
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The names of the pipelines: folders of `stacks/` that hold a `pipeline.yaml`.
    ///
    /// # Errors
    /// When `stacks/` cannot be listed.
    pub fn pipelines(&self) -> Result<Vec<String>, WorkspaceError> {
        let mut names: Vec<String> = self
            .list("stacks")?
            .into_iter()
            .filter(|name| self.root.join("stacks").join(name).join("pipeline.yaml").exists())
            .collect();
        names.sort();
        Ok(names)
    }

    /// The names of the environments: `.yaml` files of `environments/`.
    ///
    /// # Errors
    /// When `environments/` cannot be listed.
    pub fn environments(&self) -> Result<Vec<String>, WorkspaceError> {
        let mut names: Vec<String> = self
            .list("environments")?
            .into_iter()
            .filter_map(|name| name.strip_suffix(".yaml").map(str::to_owned))
            .filter(|name| !name.is_empty() && !name.starts_with('.'))
            .collect();
        names.sort();
        Ok(names)
    }

    /// The pipeline file of a pipeline.
    #[must_use]
    pub fn pipeline_file(&self, pipeline: &str) -> FilePath {
        FilePath::new(&format!("stacks/{pipeline}/pipeline.yaml"))
    }

    /// The file of an environment.
    #[must_use]
    pub fn environment_file(&self, environment: &str) -> FilePath {
        FilePath::new(&format!("environments/{environment}.yaml"))
    }

    /// Whether there is such a file.
    #[must_use]
    pub fn has(&self, file: &FilePath) -> bool {
        self.root.join(file.as_str()).is_file()
    }

    /// Reads a file that people write, unless it is unreasonably large.
    ///
    /// # Errors
    /// When the file is there but cannot be read.
    pub fn read(&self, file: &FilePath) -> Result<ReadFile, WorkspaceError> {
        read_file(&self.root.join(file.as_str()))
    }

    /// Says what a path inside a pipeline's folder leads to.
    #[must_use]
    pub fn path_state(&self, pipeline: &str, relative: &str) -> PathState {
        folder::path_state(&self.pipeline_folder(pipeline), relative)
    }

    /// Reads every file below a folder of a pipeline, sorted by path.
    ///
    /// # Errors
    /// When a file cannot be read, or a link leads out of the pipeline's folder or round in a circle.
    pub fn read_tree(&self, pipeline: &str, relative: &str) -> Result<Vec<FileBytes>, WorkspaceError> {
        let fence = self.pipeline_folder(pipeline);
        folder::read_tree(&fence, &fence.join(relative))
    }

    /// Lists every file below a folder of a pipeline, sorted by path, without reading any.
    ///
    /// # Errors
    /// When a link leads out of the pipeline's folder or round in a circle.
    pub fn list_tree(&self, pipeline: &str, relative: &str) -> Result<Vec<FileEntry>, WorkspaceError> {
        let fence = self.pipeline_folder(pipeline);
        folder::list_tree(&fence, &fence.join(relative))
    }

    /// Reads files that [`Self::list_tree`] listed.
    ///
    /// # Errors
    /// When one cannot be read.
    pub fn read_files(
        &self,
        pipeline: &str,
        relative: &str,
        files: Vec<FileEntry>,
    ) -> Result<Vec<FileBytes>, WorkspaceError> {
        folder::read_files(&self.pipeline_folder(pipeline).join(relative), files)
    }

    /// Reads one file of a pipeline's folder whole, with what it may be used for.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn read_one(&self, pipeline: &str, relative: &str) -> Result<FileBytes, WorkspaceError> {
        folder::read_one(&self.pipeline_folder(pipeline), relative)
    }

    /// Opens one file of a pipeline's folder, to be read in parts.
    ///
    /// # Errors
    /// When it cannot be opened.
    pub fn open_asset(&self, pipeline: &str, relative: &str) -> Result<PartReader, WorkspaceError> {
        PartReader::open(&self.pipeline_folder(pipeline).join(relative))
    }

    /// Reads one file of a pipeline's folder whole, whatever its size.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn read_asset(&self, pipeline: &str, relative: &str) -> Result<Vec<u8>, WorkspaceError> {
        let path = self.pipeline_folder(pipeline).join(relative);
        fs::read(&path).map_err(WorkspaceError::io("read", &path))
    }

    /// The SHA-256 digest of one file of a pipeline's folder, read in pieces, whatever its size.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn digest_asset(&self, pipeline: &str, relative: &str) -> Result<Digest, WorkspaceError> {
        let mut file = self.open_asset(pipeline, relative)?;
        let mut hash = Sha256::new();
        loop {
            let piece = file.next(1 << 16)?;
            if piece.is_empty() {
                return Ok(Digest::of_sha256(&hash.finalize().into()));
            }
            hash.update(piece);
        }
    }

    /// Reads the project's own Handlebars files: `templates/*.hbs`, by file name.
    ///
    /// # Errors
    /// When the folder is there but cannot be read.
    pub fn templates(&self) -> Result<Vec<(FilePath, String)>, WorkspaceError> {
        let folder = self.root.join("templates");
        if !folder.is_dir() {
            return Ok(Vec::new());
        }
        let mut found = Vec::new();
        for name in self.list("templates")?.into_iter().filter(|name| name.ends_with(".hbs")) {
            let path = folder.join(&name);
            let text = fs::read_to_string(&path).map_err(WorkspaceError::io("read", &path))?;
            found.push((FilePath::new(&format!("templates/{name}")), text));
        }
        found.sort();
        Ok(found)
    }

    fn pipeline_folder(&self, pipeline: &str) -> PathBuf {
        self.root.join("stacks").join(pipeline)
    }

    fn list(&self, folder: &str) -> Result<Vec<String>, WorkspaceError> {
        let path = self.root.join(folder);
        let mut names = Vec::new();
        for entry in fs::read_dir(&path).map_err(WorkspaceError::io("list", &path))? {
            let entry = entry.map_err(WorkspaceError::io("list", &path))?;
            names.push(entry.file_name().into_string().map_err(|_| WorkspaceError::NotUtf8 { path: entry.path() })?);
        }
        Ok(names)
    }
}

/// Reads a file that people write, unless it is unreasonably large.
///
/// # Errors
/// When the file is there but cannot be read.
pub fn read_file(path: &Path) -> Result<ReadFile, WorkspaceError> {
    read_file_within(path, MAX_FILE_BYTES)
}

/// Reads a file of so many bytes at most.
///
/// # Errors
/// When the file is there but cannot be read.
pub fn read_file_within(path: &Path, most: u64) -> Result<ReadFile, WorkspaceError> {
    let file = match fs::File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(ReadFile::Missing),
        Err(error) => return Err(WorkspaceError::io("read", path)(error)),
    };
    let meta = file.metadata().map_err(WorkspaceError::io("read", path))?;
    if meta.len() > most {
        return Ok(ReadFile::TooLarge { bytes: meta.len() });
    }
    let expected = usize::try_from(meta.len()).unwrap_or_default();
    within(file, most, expected).map_err(WorkspaceError::io("read", path))
}

/// Reads to the end, or past `most` bytes: a device or a pipe does not say beforehand how much there is.
fn within(source: impl std::io::Read, most: u64, expected: usize) -> std::io::Result<ReadFile> {
    let mut bytes = Vec::with_capacity(expected);
    let read = source.take(most.saturating_add(1)).read_to_end(&mut bytes)?;
    let read = u64::try_from(read).unwrap_or(u64::MAX);
    Ok(if read > most { ReadFile::TooLarge { bytes: read } } else { ReadFile::Bytes(bytes) })
}

/// Reads standard input, unless it is unreasonably large.
///
/// # Errors
/// When it cannot be read.
pub fn read_input() -> Result<ReadFile, WorkspaceError> {
    within(std::io::stdin().lock(), MAX_FILE_BYTES, 0).map_err(WorkspaceError::io("read", Path::new("standard input")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_project_is_found_from_any_folder_below_it() {
        let dir = tempfile::tempdir().unwrap();
        fs::create_dir_all(dir.path().join("stacks/a/handlers")).unwrap();
        fs::create_dir_all(dir.path().join("environments")).unwrap();
        let project = Project::find(&dir.path().join("stacks/a/handlers")).unwrap();
        assert_eq!(project.root(), dir.path().canonicalize().unwrap());
    }

    #[test]
    fn a_folder_without_a_project_says_where_it_looked() {
        let dir = tempfile::tempdir().unwrap();
        let error = Project::find(dir.path()).unwrap_err().to_string();
        assert!(error.contains("no project here"), "{error}");
    }

    #[test]
    fn what_has_no_end_is_read_no_further_than_it_may_be() {
        assert_eq!(within(std::io::repeat(0), 7, 0).unwrap(), ReadFile::TooLarge { bytes: 8 });
        assert_eq!(within(&b"1234567"[..], 7, 0).unwrap(), ReadFile::Bytes(b"1234567".to_vec()));
        #[cfg(unix)]
        assert_eq!(read_file_within(Path::new("/dev/zero"), 9).unwrap(), ReadFile::TooLarge { bytes: 10 });
    }

    #[test]
    fn a_huge_file_is_told_without_being_read() {
        let dir = tempfile::tempdir().unwrap();
        fs::create_dir_all(dir.path().join("stacks/a")).unwrap();
        fs::create_dir_all(dir.path().join("environments")).unwrap();
        let file = fs::File::create(dir.path().join("stacks/a/pipeline.yaml")).unwrap();
        file.set_len(50 << 20).unwrap();
        let project = Project::find(dir.path()).unwrap();
        let read = project.read(&project.pipeline_file("a")).unwrap();
        assert_eq!(read, ReadFile::TooLarge { bytes: 50 << 20 });
    }
}
