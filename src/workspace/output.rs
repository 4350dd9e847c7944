//! Files that commands write for people: whole or not at all.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use super::error::WorkspaceError;
use crate::units::Timestamp;

/// Writes a file, making the folders above it. A reader sees the old content or the new, never a part.
///
/// # Errors
/// When the operating system refuses.
pub fn write_file(path: &Path, bytes: &[u8]) -> Result<(), WorkspaceError> {
    let part = write_part(path, bytes)?;
    fs::rename(&part, path).map_err(|error| without(&part, WorkspaceError::io("write", path)(error)))
}

/// Writes a file that must not be there yet; false where it is, and then it is left alone.
///
/// # Errors
/// When the operating system refuses.
pub fn write_new_file(path: &Path, bytes: &[u8]) -> Result<bool, WorkspaceError> {
    if path.exists() {
        return Ok(false);
    }
    let part = write_part(path, bytes)?;
    // A link fails where something has come into its place meanwhile; a rename would push it out.
    let linked = fs::hard_link(&part, path);
    fs::remove_file(&part).map_err(WorkspaceError::io("remove", &part))?;
    match linked {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => Ok(false),
        Err(error) => Err(WorkspaceError::io("write", path)(error)),
    }
}

/// Writes the content beside the place where it is to be, making the folders above it.
fn write_part(path: &Path, bytes: &[u8]) -> Result<PathBuf, WorkspaceError> {
    let folder = folder_of(path);
    fs::create_dir_all(folder).map_err(WorkspaceError::io("make", folder))?;
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(".part");
    let part = path.with_file_name(name);
    fs::write(&part, bytes).map_err(|error| without(&part, WorkspaceError::io("write", path)(error)))?;
    Ok(part)
}

/// Removes what was written so far of a file that could not be written.
fn without(part: &Path, error: WorkspaceError) -> WorkspaceError {
    // If even that fails, the first reason is the one to tell.
    let _ = fs::remove_file(part);
    error
}

/// What stands where a file is to be written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Spot {
    /// Nothing yet.
    Free,
    /// A file.
    File,
    /// A folder.
    Folder,
    /// Something else: a device, a pipe, a link that leads nowhere.
    Other,
    /// The folder that it would be in is not there.
    NoFolder,
}

/// Says what stands at a path.
#[must_use]
pub fn spot(path: &Path) -> Spot {
    match fs::metadata(path) {
        Ok(meta) if meta.is_file() => Spot::File,
        Ok(meta) if meta.is_dir() => Spot::Folder,
        Ok(_) => Spot::Other,
        Err(_) if fs::symlink_metadata(path).is_ok() => Spot::Other,
        Err(_) if folder_of(path).is_dir() => Spot::Free,
        Err(_) => Spot::NoFolder,
    }
}

/// The folder that a path is in.
fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// Reads a text file that somebody named on the command line.
///
/// # Errors
/// When the operating system refuses, or the file is not UTF-8.
pub fn read_text(path: &Path) -> Result<String, WorkspaceError> {
    fs::read_to_string(path).map_err(WorkspaceError::io("read", path))
}

/// Adds a line to a file, making it where it is not there.
///
/// # Errors
/// When the operating system refuses.
pub fn append_line(path: &Path, line: &str) -> Result<(), WorkspaceError> {
    let mut file =
        fs::OpenOptions::new().create(true).append(true).open(path).map_err(WorkspaceError::io("open", path))?;
    writeln!(file, "{line}").map_err(WorkspaceError::io("write", path))
}

/// The names of what lies in a folder, each with the moment of its last change, in no order; nothing where there is no folder.
/// What has no name in UTF-8 is left out.
///
/// # Errors
/// When it is there and cannot be listed.
pub fn list_folder(path: &Path) -> Result<Vec<(String, Timestamp)>, WorkspaceError> {
    let entries = match fs::read_dir(path) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(WorkspaceError::io("list", path)(error)),
    };
    let mut found = Vec::new();
    for entry in entries {
        let entry = entry.map_err(WorkspaceError::io("list", path))?;
        let changed = entry.metadata().ok().and_then(|meta| meta.modified().ok());
        let since = changed.and_then(|at| at.duration_since(std::time::UNIX_EPOCH).ok());
        let at = since.and_then(|since| i64::try_from(since.as_millis()).ok()).unwrap_or_default();
        if let Ok(name) = entry.file_name().into_string() {
            found.push((name, Timestamp::from_millis(at)));
        }
    }
    Ok(found)
}

/// Whether a folder is new or holds nothing.
///
/// # Errors
/// When it is there and cannot be listed, or is a file.
pub fn is_empty_folder(path: &Path) -> Result<bool, WorkspaceError> {
    match fs::read_dir(path) {
        Ok(mut entries) => Ok(entries.next().is_none()),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(true),
        Err(error) => Err(WorkspaceError::io("list", path)(error)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_left_of_a_file_that_could_not_be_written() {
        let folder = tempfile::tempdir().expect("a folder");
        let taken = folder.path().join("taken");
        fs::create_dir_all(taken.join("inside")).expect("a folder in its place");
        assert!(write_file(&taken, b"text").is_err());
        assert_eq!(fs::read_dir(folder.path()).expect("is there").count(), 1);
    }

    #[test]
    fn a_written_file_is_whole_and_leaves_no_part_behind() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a/b/c.yaml");
        write_file(&path, b"x: 1\n").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"x: 1\n");
        assert_eq!(fs::read_dir(path.parent().unwrap()).unwrap().count(), 1);
    }

    #[test]
    fn a_new_file_never_takes_the_place_of_another() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a/pipeline.yaml");
        assert!(write_new_file(&path, b"one").unwrap());
        assert!(!write_new_file(&path, b"two").unwrap());
        assert_eq!(fs::read(&path).unwrap(), b"one");
        assert_eq!(fs::read_dir(path.parent().unwrap()).unwrap().count(), 1);
    }

    #[test]
    fn a_place_to_write_to_is_told_by_what_stands_there() {
        let dir = tempfile::tempdir().unwrap();
        let at = |path: &str| spot(&dir.path().join(path));
        fs::write(dir.path().join("file"), "x").unwrap();
        assert_eq!(
            (at("free"), at("file"), at(""), at("no/where")),
            (Spot::Free, Spot::File, Spot::Folder, Spot::NoFolder)
        );
        #[cfg(unix)]
        {
            std::os::unix::fs::symlink("nowhere", dir.path().join("link")).unwrap();
            assert_eq!((at("link"), spot(Path::new("/dev/null"))), (Spot::Other, Spot::Other));
        }
    }

    #[test]
    fn an_old_file_stays_where_the_new_one_cannot_be_written() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("plan.json");
        write_file(&path, b"old").unwrap();
        fs::create_dir(dir.path().join("plan.json.part")).unwrap();
        assert!(write_file(&path, b"new").is_err());
        assert_eq!(fs::read(&path).unwrap(), b"old");
    }

    #[test]
    fn a_folder_with_a_file_is_not_empty_and_a_missing_one_is() {
        let dir = tempfile::tempdir().unwrap();
        assert!(is_empty_folder(&dir.path().join("new")).unwrap());
        fs::write(dir.path().join("x"), "").unwrap();
        assert!(!is_empty_folder(dir.path()).unwrap());
    }
}
