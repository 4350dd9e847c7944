//! Folders for tests that bring their own way of running things.

use std::fs;
use std::path::Path;

use tempfile::TempDir;

/// A temporary folder with `stacks` and `environments` as this repository has them.
pub fn project() -> TempDir {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    fill(folder.path());
    folder
}

/// Copies `stacks` and `environments` of this repository.
pub fn fill(project: &Path) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    for part in ["stacks", "environments"] {
        copy(&root.join(part), &project.join(part));
    }
}

/// Copies a folder with everything in it.
pub fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("the folder can be made");
    for entry in fs::read_dir(from).expect("the folder is readable") {
        let entry = entry.expect("the entry is readable");
        let (from, to) = (entry.path(), to.join(entry.file_name()));
        if from.is_dir() {
            copy(&from, &to);
        } else {
            fs::copy(from, to).expect("the file can be copied");
        }
    }
}
