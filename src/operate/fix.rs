//! `sluice check --fix`: writes what rules would have written, into the file that set the value, comments and layout kept.

use std::collections::{BTreeMap, BTreeSet};

use super::check::Checked;
use super::failure::Failure;
use crate::diagnostic::{Code, Diagnostic, FilePath, Layer};
use crate::readiness::Fix;
use crate::spec;
use crate::workspace::{Project, ReadFile, write_file};

/// A value that was written.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Fixed {
    /// The file.
    pub file: FilePath,
    /// Dotted path in the file.
    pub path: String,
    /// The value, as YAML.
    pub to: String,
    /// The rule that asked for it.
    pub rule: Code,
    /// Why it was left as it was; `None` where it was written.
    pub left: Option<String>,
}

/// Writes every fix of what a check found. A file is changed whole or not at all, and one whose fixes do not fit is left.
///
/// # Errors
/// When a file cannot be read or written; what was written before stays, and is whole.
pub fn fix(project: &Project, checked: &Checked) -> Result<Vec<Fixed>, Failure> {
    let mut done = Vec::new();
    let mut files: BTreeMap<FilePath, Vec<(String, String, Code)>> = BTreeMap::new();
    let mut seen = BTreeSet::new();
    for looked in &checked.reports {
        for judged in looked.report.told() {
            let Some(fix) = &judged.finding.fix else { continue };
            let (file, path) = target(looked, fix);
            // What two environments ask of one line is written once: the first of them is told, the next check tells more.
            if seen.insert((file.clone(), path.clone())) {
                files.entry(file).or_default().push((path, fix.to.clone(), judged.rule.code));
            }
        }
    }
    for (file, fixes) in files {
        let ReadFile::Bytes(bytes) = project.read(&file)? else {
            return Err(Diagnostic::error(Code::FileTrouble, format!("`{file}` is gone")).into());
        };
        let before = String::from_utf8_lossy(&bytes).into_owned();
        let mut text = before.clone();
        for (path, to, rule) in fixes {
            let left = match spec::set(&text, &path, &to) {
                Ok(changed) => {
                    text = changed;
                    None
                }
                Err(error) => Some(error.to_string()),
            };
            done.push(Fixed { file: file.clone(), path, to, rule, left });
        }
        if text != before {
            write_file(&project.root().join(file.as_str()), text.as_bytes())?;
        }
    }
    Ok(done)
}

/// The file that set the value, or what encloses it, and the path there: an overlay's values stand below its pipeline.
fn target(looked: &super::check::Looked, fix: &Fix) -> (FilePath, String) {
    let pipeline = looked.sized.pipeline();
    let overlaid = pipeline.places().nearest(&fix.path).is_some_and(|at| at.layer == Layer::Environment);
    if overlaid {
        let path = format!("pipelines.{}.{}", pipeline.name(), fix.path);
        return (pipeline.environment().file().clone(), path);
    }
    (FilePath::new(&format!("stacks/{}/pipeline.yaml", pipeline.name())), fix.path.clone())
}
