//! Files that somebody names on the command line.

use std::path::Path;

use super::failure::Failure;
use crate::diagnostic::{Code, Diagnostic, FilePath};
use crate::workspace::{ReadFile, read_file_within};

/// Reads a file that was named, as it was named from a folder, of `most` bytes at most; `what` says what it should be.
///
/// # Errors
/// When it is not there, too large, no UTF-8 text, or cannot be read.
pub fn named_file(folder: &Path, file: &Path, what: &str, most: u64) -> Result<(FilePath, String), Failure> {
    let name = FilePath::new(&file.display().to_string());
    let refuse = |text: String| Failure::from(Diagnostic::error(Code::FileTrouble, text));
    let bytes = match read_file_within(&folder.join(file), most)? {
        ReadFile::Bytes(bytes) => bytes,
        ReadFile::Missing => return Err(refuse(format!("there is no {what} {name}"))),
        ReadFile::TooLarge { bytes } => {
            return Err(refuse(format!("{name} has {bytes} bytes; a {what} has {most} at most")));
        }
    };
    let text = String::from_utf8(bytes).map_err(|_| refuse(format!("{name} is not UTF-8 text")))?;
    Ok((name, text))
}
