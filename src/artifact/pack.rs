//! A folder as a zip that is the same wherever it is made.

use std::collections::BTreeMap;
use std::io::{Cursor, Read as _, Write as _};

use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, DateTime, System, ZipArchive, ZipWriter};

use super::ignore::IgnoreRules;
use super::key::digest_of;
use crate::units::{ByteSize, Digest};

/// The file of a handler folder that says what stays out of its archive.
pub const IGNORE_FILE: &str = ".sluiceignore";
/// Largest archive that Lambda takes in a request; a larger one it takes from S3 only, by which way Sluice sends every
/// one, and shows no code of it in its console (Lambda developer guide, "Lambda quotas": deployment package).
pub const LARGE_ZIPPED: ByteSize = ByteSize::from_mib(50);
/// Largest code and layers unpacked, however they are sent: 262,144,000 bytes (the same page).
pub const MAX_UNZIPPED: ByteSize = ByteSize::from_mib(250);
/// How many files are named of a folder that is too large.
const NAMED: usize = 5;

/// One file of a folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ArtifactFile {
    /// Path from the top of the folder, forward slashes.
    pub path: String,
    /// Its content.
    pub bytes: Vec<u8>,
    /// Whether it may be executed.
    pub executable: bool,
}

/// An archive and its address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Artifact {
    /// The archive.
    pub bytes: Vec<u8>,
    /// SHA-256 of the archive.
    pub digest: Digest,
    /// How many files are in it.
    pub files: usize,
    /// Their size before compression.
    pub unzipped: ByteSize,
}

/// Why a folder cannot be packed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ArtifactError {
    /// Nothing is left to pack.
    #[error("there is no file to pack")]
    Empty,
    /// Two files have one path.
    #[error("`{0}` comes twice")]
    Twice(String),
    /// A path leaves the folder, or is not a path of an archive.
    #[error("`{0}` is not a path inside the folder")]
    Outside(String),
    /// Too large before compression.
    #[error("the files have {size:.1} together; Lambda takes {most} unzipped, layers included")]
    TooLarge {
        /// Their size.
        size: ByteSize,
        /// The limit.
        most: ByteSize,
        /// The largest of them, largest first, with their sizes.
        largest: Vec<(String, ByteSize)>,
    },
    /// An archive that was kept is not one.
    #[error("an archive cannot be read: {0}")]
    Read(String),
    /// The archive writer gave up, which writing to memory does not explain.
    #[error("the archive cannot be written: {0}")]
    Write(String),
}

/// Weighs files by their paths and sizes in bytes, before any of them is read.
///
/// # Errors
/// Together they are more than Lambda unpacks.
pub fn weigh<'f>(files: impl IntoIterator<Item = (&'f str, u64)>) -> Result<ByteSize, ArtifactError> {
    let mut files: Vec<(&str, u64)> = files.into_iter().collect();
    let size = ByteSize::from_bytes(files.iter().fold(0, |sum, (_, bytes)| sum.saturating_add(*bytes)));
    if size <= MAX_UNZIPPED {
        return Ok(size);
    }
    files.sort_by(|(one, small), (other, large)| large.cmp(small).then(one.cmp(other)));
    let largest = files.iter().take(NAMED).map(|(path, bytes)| ((*path).to_owned(), ByteSize::from_bytes(*bytes)));
    Err(ArtifactError::TooLarge { size, most: MAX_UNZIPPED, largest: largest.collect() })
}

/// Packs files into a zip: sorted by path, dated 1980-01-01, mode 0644 or 0755, deflated. Leaves out by-products
/// and whatever a `.sluiceignore` at the top names.
///
/// # Errors
/// No file is left, paths collide or leave the folder, or they are more than Lambda unpacks.
pub fn zip(files: Vec<ArtifactFile>) -> Result<Artifact, ArtifactError> {
    let rules = files.iter().find(|file| file.path == IGNORE_FILE).map(|file| String::from_utf8_lossy(&file.bytes));
    let rules = IgnoreRules::parse(rules.as_deref().unwrap_or_default());
    let mut sorted = BTreeMap::new();
    for file in files.into_iter().filter(|file| !rules.excludes(&file.path)) {
        if file.path.split('/').any(|part| matches!(part, "" | "." | "..")) || file.path.contains(['\\', '\0']) {
            return Err(ArtifactError::Outside(file.path));
        }
        if let Some(earlier) = sorted.insert(file.path.clone(), file) {
            return Err(ArtifactError::Twice(earlier.path));
        }
    }
    if sorted.is_empty() {
        return Err(ArtifactError::Empty);
    }
    let unzipped = weigh(sorted.values().map(|file| (file.path.as_str(), file.bytes.len() as u64)))?;
    let count = sorted.len();
    let bytes = write(sorted.into_values()).map_err(|error| ArtifactError::Write(error.to_string()))?;
    let digest = digest_of(&bytes);
    Ok(Artifact { bytes, digest, files: count, unzipped })
}

/// Takes the files out of an archive again.
///
/// # Errors
/// It is none that [`zip`] makes.
pub fn unzip(bytes: &[u8]) -> Result<Vec<ArtifactFile>, ArtifactError> {
    let broken = |error: &dyn std::fmt::Display| ArtifactError::Read(error.to_string());
    let mut archive = ZipArchive::new(Cursor::new(bytes)).map_err(|error| broken(&error))?;
    let mut files = Vec::with_capacity(archive.len());
    for at in 0..archive.len() {
        let mut member = archive.by_index(at).map_err(|error| broken(&error))?;
        let path = member.name().map_err(|error| broken(&error))?.into_owned();
        let executable = member.unix_mode().is_some_and(|mode| mode & 0o100 != 0);
        let mut bytes = Vec::new();
        member.read_to_end(&mut bytes).map_err(|error| broken(&error))?;
        files.push(ArtifactFile { path, bytes, executable });
    }
    Ok(files)
}

fn write(files: impl Iterator<Item = ArtifactFile>) -> zip::result::ZipResult<Vec<u8>> {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    for file in files {
        let options = SimpleFileOptions::default()
            .compression_method(CompressionMethod::Deflated)
            .compression_level(Some(6))
            .last_modified_time(DateTime::default())
            .system(System::Unix)
            .unix_permissions(if file.executable { 0o755 } else { 0o644 });
        writer.start_file(file.path, options)?;
        writer.write_all(&file.bytes)?;
    }
    Ok(writer.finish()?.into_inner())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn file(path: &str, text: &str) -> ArtifactFile {
        ArtifactFile { path: path.to_owned(), bytes: text.as_bytes().to_vec(), executable: false }
    }

    fn paths(artifact: &Artifact) -> Vec<String> {
        let mut archive = zip::ZipArchive::new(Cursor::new(artifact.bytes.clone())).expect("an archive");
        (0..archive.len())
            .map(|at| archive.by_index(at).expect("a member").name().expect("a name").into_owned())
            .collect()
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn the_order_of_files_does_not_matter(
            files in prop::collection::btree_map("[a-z]{1,4}(/[a-z]{1,4}){0,2}\\.py", any::<Vec<u8>>(), 1..8),
            seed in any::<u64>(),
        ) {
            let files: Vec<ArtifactFile> = files
                .into_iter()
                .map(|(path, bytes)| ArtifactFile { executable: bytes.len() % 2 == 0, path, bytes })
                .collect();
            let mut shuffled = files.clone();
            let turn = usize::try_from(seed % 8).expect("small") % shuffled.len();
            shuffled.rotate_left(turn);
            shuffled.reverse();
            prop_assert_eq!(zip(files), zip(shuffled));
        }
    }

    #[test]
    fn what_goes_in_comes_out_with_fixed_dates_and_modes() {
        let mut run = file("bin/run", "#!/bin/sh");
        run.executable = true;
        let artifact = zip(vec![file("app.py", "print()"), run]).expect("an archive");
        assert_eq!((artifact.files, artifact.unzipped.as_bytes()), (2, 16));
        let mut archive = zip::ZipArchive::new(Cursor::new(artifact.bytes)).expect("an archive");
        let mut member = archive.by_name("bin/run").expect("a member");
        let mut text = String::new();
        member.read_to_string(&mut text).expect("text");
        assert_eq!((text.as_str(), member.unix_mode().map(|mode| mode & 0o777)), ("#!/bin/sh", Some(0o755)));
        assert_eq!(member.last_modified(), Some(DateTime::default()));
    }

    #[test]
    fn an_archive_that_is_opened_and_packed_again_is_the_same() {
        let mut run = file("bin/run", "#!/bin/sh");
        run.executable = true;
        let artifact = zip(vec![file("app.py", "print()"), run]).expect("an archive");
        let files = unzip(&artifact.bytes).expect("its files");
        assert_eq!(files.iter().map(|file| file.executable).collect::<Vec<_>>(), [false, true]);
        assert_eq!(zip(files).expect("an archive"), artifact);
        assert!(matches!(unzip(b"nothing"), Err(ArtifactError::Read(_))));
    }

    #[test]
    fn by_products_and_ignored_files_stay_out() {
        let files = vec![
            file("app.py", "a"),
            file("__pycache__/app.pyc", "b"),
            file(".sluiceignore", "tests\n"),
            file("tests/test_app.py", "c"),
        ];
        assert_eq!(paths(&zip(files).expect("an archive")), ["app.py"]);
    }

    #[test]
    fn nothing_twice_and_outside_are_refused() {
        assert_eq!(zip(vec![file("a.pyc", "")]), Err(ArtifactError::Empty));
        assert_eq!(zip(vec![file("a", "1"), file("a", "2")]), Err(ArtifactError::Twice("a".into())));
        for bad in ["../a", "/a", "a//b", "a\\b", "."] {
            assert_eq!(zip(vec![file(bad, "")]), Err(ArtifactError::Outside(bad.into())));
        }
    }

    #[test]
    fn what_lambda_would_not_unpack_is_refused_with_its_largest_files() {
        const MIB: u64 = 1 << 20;
        let files: Vec<(String, u64)> = (1..=8).map(|size| (format!("{size}.bin"), size * 10 * MIB)).collect();
        let weighed = weigh(files.iter().map(|(path, bytes)| (path.as_str(), *bytes)));
        let Err(ArtifactError::TooLarge { size, largest, .. }) = weighed else { panic!("{weighed:?}") };
        assert_eq!(size, ByteSize::from_mib(360));
        let named: Vec<&str> = largest.iter().map(|(path, _)| path.as_str()).collect();
        assert_eq!(named, ["8.bin", "7.bin", "6.bin", "5.bin", "4.bin"]);
        assert_eq!(weigh([("just", 250 * MIB)]), Ok(MAX_UNZIPPED));
        assert!(weigh([("over", 250 * MIB), ("it", 1)]).is_err());
    }

    #[test]
    fn a_known_folder_has_a_known_address() {
        // Changes when the archive writer changes; then every deployed function is uploaded and published once more.
        let artifact = zip(vec![file("app.py", "def handler(event, context):\n    return {}\n")]).expect("an archive");
        assert_eq!(artifact.digest.short(), "93aa55291e35");
    }
}
