//! The Python tools of the test suite.

use std::path::{Path, PathBuf};
use std::process::Command;

/// What to do where they are missing.
pub const HOW: &str = "run the tests with scripts/test, which installs the Python tools";

/// The Python of `scripts/test`.
pub fn python() -> PathBuf {
    std::env::var_os("SLUICE_TEST_PYTHON").map(PathBuf::from).expect(HOW)
}

/// A program that was installed beside it.
pub fn tool(name: &str) -> PathBuf {
    python().with_file_name(name)
}

/// Runs a script of this repository with a Python and shows what it said where it fails.
pub fn passes_with(python: &Path, script: &str, arguments: &[impl AsRef<std::ffi::OsStr>]) {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join(script);
    let ran = Command::new(python).arg(&script).args(arguments).output();
    let ran = ran.unwrap_or_else(|error| panic!("{}: {error}; {HOW}", python.display()));
    let said = format!("{}{}", String::from_utf8_lossy(&ran.stdout), String::from_utf8_lossy(&ran.stderr));
    assert!(ran.status.success(), "{}:\n{said}", script.display());
}

/// Runs a script of this repository with the Python of `scripts/test`.
pub fn passes(script: &str, arguments: &[impl AsRef<std::ffi::OsStr>]) {
    passes_with(&python(), script, arguments);
}
