//! Folders of people's files: what a relative path leads to, and what a folder holds.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Component, Path, PathBuf};

use super::error::WorkspaceError;

/// More files than this are no handler but a mistake (a virtual environment, a data set).
const MAX_FILES: usize = 20_000;

/// Operating systems give up after about this many links in a row.
const MAX_LINKS: usize = 40;

/// What a relative path leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PathState {
    /// A folder.
    Folder,
    /// A file of so many bytes.
    File {
        /// Its size.
        bytes: u64,
    },
    /// Nothing.
    Missing,
    /// A place outside the folder it must stay in, by `..`, by an absolute path or through a link.
    Outside,
    /// A link that leads back to itself.
    Loop,
}

/// One file of a folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileBytes {
    /// Path from the folder, forward slashes.
    pub path: String,
    /// Its content.
    pub bytes: Vec<u8>,
    /// Whether its owner may execute it.
    pub executable: bool,
}

/// One file of a folder, not yet read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileEntry {
    /// Path from the folder, forward slashes.
    pub path: String,
    /// Its size.
    pub bytes: u64,
    /// Whether its owner may execute it.
    pub executable: bool,
}

/// Says what `relative` leads to from `base`, never following it out of `base`.
pub(super) fn path_state(base: &Path, relative: &str) -> PathState {
    let path = Path::new(relative);
    if path.components().any(|part| !matches!(part, Component::Normal(_) | Component::CurDir)) {
        return PathState::Outside;
    }
    let Ok(base) = base.canonicalize() else {
        return PathState::Missing;
    };
    match base.join(path).canonicalize() {
        Ok(real) if !real.starts_with(&base) => PathState::Outside,
        Ok(real) => match fs::metadata(&real) {
            Ok(meta) if meta.is_dir() => PathState::Folder,
            Ok(meta) => PathState::File { bytes: meta.len() },
            Err(_) => PathState::Missing,
        },
        Err(_) if leads_round(&base, path) => PathState::Loop,
        Err(_) => PathState::Missing,
    }
}

/// Whether a link on the way to `relative` leads back to itself, told the same way on every platform.
fn leads_round(base: &Path, relative: &Path) -> bool {
    let mut here = base.to_owned();
    for part in relative.components() {
        here.push(part);
        let mut hop = here.clone();
        for _ in 0..MAX_LINKS {
            let Ok(target) = fs::read_link(&hop) else { break };
            hop = hop.parent().map_or_else(|| target.clone(), |parent| parent.join(&target));
        }
        if fs::read_link(&hop).is_ok() {
            return true;
        }
    }
    false
}

/// Lists every file below `folder`, sorted by path. Links are followed as long as they stay inside `fence`;
/// a link that leads out or back to a folder above it is an error.
pub(super) fn list_tree(fence: &Path, folder: &Path) -> Result<Vec<FileEntry>, WorkspaceError> {
    let fence = fence.canonicalize().map_err(WorkspaceError::io("read", fence))?;
    let mut files = Vec::new();
    let mut above = BTreeSet::new();
    walk(&fence, folder, "", &mut above, &mut files)?;
    files.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(files)
}

/// Reads files of a folder that was listed.
pub(super) fn read_files(folder: &Path, files: Vec<FileEntry>) -> Result<Vec<FileBytes>, WorkspaceError> {
    let read = |FileEntry { path, executable, .. }: FileEntry| {
        let whole = folder.join(&path);
        let bytes = fs::read(&whole).map_err(WorkspaceError::io("read", &whole))?;
        Ok(FileBytes { path, bytes, executable })
    };
    files.into_iter().map(read).collect()
}

/// Reads one file below `folder`, by its path from there.
pub(super) fn read_one(folder: &Path, path: &str) -> Result<FileBytes, WorkspaceError> {
    let whole = folder.join(path);
    let meta = fs::metadata(&whole).map_err(WorkspaceError::io("read", &whole))?;
    let bytes = fs::read(&whole).map_err(WorkspaceError::io("read", &whole))?;
    Ok(FileBytes { path: path.to_owned(), bytes, executable: is_executable(&meta) })
}

/// Reads every file below `folder`, as [`list_tree`] finds them.
pub(super) fn read_tree(fence: &Path, folder: &Path) -> Result<Vec<FileBytes>, WorkspaceError> {
    read_files(folder, list_tree(fence, folder)?)
}

fn walk(
    fence: &Path,
    folder: &Path,
    prefix: &str,
    above: &mut BTreeSet<PathBuf>,
    files: &mut Vec<FileEntry>,
) -> Result<(), WorkspaceError> {
    let real = folder.canonicalize().map_err(WorkspaceError::io("read", folder))?;
    if !real.starts_with(fence) {
        return Err(refused(folder, "it leads out of the project"));
    }
    if !above.insert(real.clone()) {
        return Err(refused(folder, "it leads back to a folder above itself"));
    }
    for entry in fs::read_dir(&real).map_err(WorkspaceError::io("list", folder))? {
        let entry = entry.map_err(WorkspaceError::io("list", folder))?;
        let path = entry.path();
        let name = entry.file_name().into_string().map_err(|_| WorkspaceError::NotUtf8 { path: path.clone() })?;
        let inside = if prefix.is_empty() { name } else { format!("{prefix}/{name}") };
        let meta = fs::metadata(&path).map_err(WorkspaceError::io("read", &path))?;
        if meta.is_dir() {
            walk(fence, &path, &inside, above, files)?;
            continue;
        }
        let target = path.canonicalize().map_err(WorkspaceError::io("read", &path))?;
        if !target.starts_with(fence) {
            return Err(refused(&path, "it leads out of the project"));
        }
        if files.len() >= MAX_FILES {
            return Err(WorkspaceError::TooManyFiles { path: folder.to_owned(), limit: MAX_FILES });
        }
        files.push(FileEntry { path: inside, bytes: meta.len(), executable: is_executable(&meta) });
    }
    above.remove(&real);
    Ok(())
}

fn refused(path: &Path, why: &'static str) -> WorkspaceError {
    WorkspaceError::io("follow", path)(std::io::Error::other(why))
}

#[cfg(unix)]
fn is_executable(meta: &fs::Metadata) -> bool {
    use std::os::unix::fs::PermissionsExt;
    meta.permissions().mode() & 0o100 != 0
}

#[cfg(not(unix))]
fn is_executable(_: &fs::Metadata) -> bool {
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fixture() -> tempfile::TempDir {
        let dir = tempfile::tempdir().unwrap();
        fs::create_dir_all(dir.path().join("project/handlers/score")).unwrap();
        fs::write(dir.path().join("project/handlers/score/app.py"), "x").unwrap();
        fs::write(dir.path().join("secret"), "y").unwrap();
        dir
    }

    #[test]
    fn a_path_is_told_apart_as_folder_file_missing_or_outside() {
        let dir = fixture();
        let base = dir.path().join("project");
        assert_eq!(path_state(&base, "handlers/score"), PathState::Folder);
        assert_eq!(path_state(&base, "handlers/score/app.py"), PathState::File { bytes: 1 });
        assert_eq!(path_state(&base, "handlers/nope"), PathState::Missing);
        assert_eq!(path_state(&base, "../secret"), PathState::Outside);
        assert_eq!(path_state(&base, "/etc/passwd"), PathState::Outside);
    }

    #[cfg(unix)]
    #[test]
    fn links_that_lead_out_or_round_are_seen_for_what_they_are() {
        let dir = fixture();
        let base = dir.path().join("project");
        std::os::unix::fs::symlink(dir.path().join("secret"), base.join("out")).unwrap();
        std::os::unix::fs::symlink("round", base.join("round")).unwrap();
        assert_eq!(path_state(&base, "out"), PathState::Outside);
        assert_eq!(path_state(&base, "round"), PathState::Loop);
        std::os::unix::fs::symlink("..", base.join("handlers/score/up")).unwrap();
        assert!(read_tree(&base, &base.join("handlers")).unwrap_err().to_string().contains("folder above"));
    }

    #[test]
    fn a_tree_is_read_in_path_order() {
        let dir = fixture();
        let base = dir.path().join("project");
        fs::write(base.join("handlers/score/a.txt"), "1").unwrap();
        let paths: Vec<_> = read_tree(&base, &base.join("handlers")).unwrap().into_iter().map(|f| f.path).collect();
        assert_eq!(paths, ["score/a.txt", "score/app.py"]);
    }
}
