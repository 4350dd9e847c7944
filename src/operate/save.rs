//! Where a plan may be saved: in a folder that is there, and over nothing but another plan.

use std::path::Path;

use super::failure::Failure;
use super::named::named_file;
use super::saved::is_plan;
use crate::diagnostic::{Code, Diagnostic};
use crate::workspace::{Spot, spot};

/// Makes sure that a plan may be saved in a file, as it was named from a folder; `most` bytes are the most that a plan has.
///
/// # Errors
/// When its folder is missing, or something else than a plan is in its place.
pub fn may_save(folder: &Path, file: &Path, most: u64) -> Result<(), Failure> {
    let name = file.display();
    let refuse = |text: String| Diagnostic::error(Code::FileTrouble, text);
    match spot(&folder.join(file)) {
        Spot::Free => Ok(()),
        Spot::NoFolder => {
            let above = file.parent().unwrap_or(file).display();
            let missing = refuse(format!("the plan cannot be saved to {name}: there is no folder {above}"));
            Err(missing.help(format!("make it first: `mkdir -p {above}`")).into())
        }
        Spot::Folder => {
            let taken = refuse(format!("the plan cannot be saved to {name}, which is a folder"));
            Err(taken.help(format!("name a file in it: `--out {}`", file.join("plan.json").display())).into())
        }
        Spot::Other => {
            let other = refuse(format!("the plan cannot be saved to {name}, which is no regular file"));
            Err(other.help("name a file; `--output json` prints the plan on standard output").into())
        }
        Spot::File if named_file(folder, file, "plan", most).is_ok_and(|(_, text)| may_go(&text)) => Ok(()),
        Spot::File => {
            let taken = Diagnostic::error(Code::WouldOverwrite, format!("{name} is there already, and holds no plan"));
            Err(taken
                .note("`--out` writes over nothing but another plan, or an empty file")
                .help(format!("name another file, or remove it first: `rm {name}`"))
                .into())
        }
    }
}

/// Whether nothing is lost with a text: it is empty, or a plan of whatever version.
fn may_go(text: &str) -> bool {
    text.trim().is_empty() || is_plan(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plan_goes_and_anything_else_stays() {
        for (text, goes) in [
            ("", true),
            ("\n", true),
            (r#"{"format_version": "9.9", "resources": []}"#, true),
            (r#"{"format_version": "1.0", "plans": []}"#, true),
            (r#"{"format_version": "1.0", "regions": {}}"#, false),
            (r#"{"Resources": {}}"#, false),
            ("notes", false),
        ] {
            assert_eq!(may_go(text), goes, "{text}");
        }
    }
}
