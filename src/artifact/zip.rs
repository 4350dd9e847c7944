//! Handler folders as zips that are the same, byte for byte, wherever and whenever they are made.

use std::io::{Cursor, Write};

use sha2::{Digest as _, Sha256};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, DateTime, ZipWriter};

use super::address::hex;
use super::ignore::{IGNORE_FILE, Ignored};
use crate::units::{ByteSize, Digest};

/// The largest code, unpacked, that Lambda takes (Lambda quotas: "Deployment package (.zip file archive) size",
/// 250 MB unzipped).
const LARGEST_UNPACKED: u64 = 250 << 20;

/// One file of a handler.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ArtifactFile {
    /// Path from the handler's folder, forward slashes.
    pub path: String,
    /// Its content.
    pub bytes: Vec<u8>,
    /// Whether it may be executed.
    pub executable: bool,
}

/// A packed handler.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Artifact {
    /// The zip.
    pub bytes: Vec<u8>,
    /// SHA-256 of the zip.
    pub digest: Digest,
}

/// Why a handler cannot be packed.
#[derive(Debug, thiserror::Error)]
pub enum ArtifactError {
    /// There is nothing in it.
    #[error("the folder holds no file that belongs into it")]
    Empty,
    /// It is larger than Lambda takes.
    #[error("its files are {} together, and Lambda takes {}", ByteSize::from_bytes(*.bytes), ByteSize::from_bytes(LARGEST_UNPACKED))]
    TooLarge {
        /// Size, unpacked.
        bytes: u64,
    },
    /// The packer refused.
    #[error("it cannot be packed: {0}")]
    Zip(#[from] zip::result::ZipError),
    /// The packer could not write.
    #[error("it cannot be packed: {0}")]
    Io(#[from] std::io::Error),
    /// The digest came out as no digest.
    #[error("it cannot be addressed: {0}")]
    Address(#[from] crate::units::NameError),
}

/// Packs files: sorted, with one fixed time, and no trace of whose they are.
///
/// # Errors
/// When nothing is left to pack, or it is larger than Lambda takes.
pub fn zip(mut files: Vec<ArtifactFile>) -> Result<Artifact, ArtifactError> {
    let own = files.iter().find(|file| file.path == IGNORE_FILE);
    let ignored = Ignored::read(&own.map(|file| String::from_utf8_lossy(&file.bytes).into_owned()).unwrap_or_default());
    files.retain(|file| !ignored.names(&file.path));
    files.sort_by(|a, b| a.path.cmp(&b.path));
    if files.is_empty() {
        return Err(ArtifactError::Empty);
    }
    let bytes: u64 = files.iter().map(|file| file.bytes.len() as u64).sum();
    if bytes > LARGEST_UNPACKED {
        return Err(ArtifactError::TooLarge { bytes });
    }
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    for file in &files {
        let mode = if file.executable { 0o755 } else { 0o644 };
        let options = SimpleFileOptions::default()
            .compression_method(CompressionMethod::Deflated)
            .last_modified_time(DateTime::default())
            .unix_permissions(mode);
        writer.start_file(file.path.as_str(), options)?;
        writer.write_all(&file.bytes)?;
    }
    let bytes = writer.finish()?.into_inner();
    let digest = Digest::new(&hex(&Sha256::digest(&bytes)))?;
    Ok(Artifact { bytes, digest })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn file(path: &str, text: &str) -> ArtifactFile {
        ArtifactFile { path: path.to_owned(), bytes: text.as_bytes().to_vec(), executable: false }
    }

    proptest! {
        #[test]
        fn the_same_files_in_any_order_give_the_same_bytes(
            texts in prop::collection::btree_map("[a-z]{1,8}\\.py", ".{0,64}", 1..8),
            seed in any::<u64>(),
        ) {
            let sorted: Vec<_> = texts.iter().map(|(path, text)| file(path, text)).collect();
            let mut shuffled = sorted.clone();
            shuffled.rotate_left(usize::try_from(seed % 8).unwrap() % sorted.len());
            prop_assert_eq!(zip(sorted).unwrap(), zip(shuffled).unwrap());
        }
    }

    #[test]
    fn leftovers_do_not_change_the_address() {
        let clean = zip(vec![file("app.py", "x")]).unwrap();
        let used = zip(vec![file("app.py", "x"), file("__pycache__/app.cpython-313.pyc", "y")]).unwrap();
        assert_eq!(clean.digest, used.digest);
    }

    #[test]
    fn another_content_or_mode_is_another_address() {
        let base = zip(vec![file("app.py", "x")]).unwrap().digest;
        assert_ne!(base, zip(vec![file("app.py", "y")]).unwrap().digest);
        let executable = ArtifactFile { executable: true, ..file("app.py", "x") };
        assert_ne!(base, zip(vec![executable]).unwrap().digest);
    }

    #[test]
    fn a_folder_with_nothing_but_leftovers_is_refused() {
        assert!(matches!(zip(vec![file("a.pyc", "")]), Err(ArtifactError::Empty)));
    }
}
