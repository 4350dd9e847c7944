//! Files that somebody names on the command line.

use std::path::Path;

use super::failure::Failure;
use crate::diagnostic::{Code, Diagnostic, FilePath};
use crate::units::ByteSize;
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
        ReadFile::TooLarge { .. } => {
            let most = ByteSize::from_bytes(most);
            let large = Diagnostic::error(Code::FileTrouble, format!("{name} is larger than {most}"));
            return Err(large
                .note(format!("a {what} has {most} at most; no more than that was read"))
                .help(format!("name the file that holds the {what}"))
                .into());
        }
    };
    let text = String::from_utf8(bytes).map_err(|_| refuse(format!("{name} is not UTF-8 text")))?;
    // Editors of some systems put a byte order mark before it, which is no part of the text.
    let text = text.strip_prefix('\u{feff}').map(str::to_owned).unwrap_or(text);
    Ok((name, text))
}
