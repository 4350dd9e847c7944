//! `sluice import`: a pipeline file from Terraform or CloudFormation.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::failure::Failure;
use crate::diagnostic::{Code, Diagnostic, Diagnostics, FilePath};
use crate::import::{self, Imported, Source, Wish};
use crate::spec;
use crate::units::PipelineName;
use crate::workspace::{ReadFile, read_file, write_new_file};

/// What is imported.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Language {
    /// The files of one Terraform module.
    Terraform,
    /// One CloudFormation template.
    Template,
}

/// What was asked for.
#[derive(Clone, Debug)]
pub struct ImportOrder {
    /// The language of the files.
    pub language: Language,
    /// The files, relative to the present folder or absolute.
    pub files: Vec<PathBuf>,
    /// The pipeline's name, if given.
    pub name: Option<String>,
    /// The owner, if given.
    pub owner: Option<String>,
    /// The folder that gets the pipeline file; none for standard output.
    pub out: Option<PathBuf>,
}

/// An imported pipeline, and where it was written to.
#[derive(Clone, Debug)]
pub struct Written {
    /// What was imported.
    pub imported: Imported,
    /// The file that was written, as people name it; none where it goes to standard output.
    pub file: Option<PathBuf>,
}

/// How an import went.
#[derive(Clone, Debug)]
pub struct ImportRun {
    /// The texts of the files that were read.
    pub texts: BTreeMap<FilePath, String>,
    /// What came of it.
    pub outcome: Result<Written, Failure>,
}

/// Imports files and writes the pipeline file where that was asked for. Nothing is written unless all went well.
#[must_use]
pub fn import(folder: &Path, order: &ImportOrder) -> ImportRun {
    let mut texts = BTreeMap::new();
    let outcome = run(folder, order, &mut texts);
    ImportRun { texts, outcome }
}

fn run(folder: &Path, order: &ImportOrder, texts: &mut BTreeMap<FilePath, String>) -> Result<Written, Failure> {
    let wish = wish(folder, order)?;
    let target = order.out.as_ref().map(|out| out.join("pipeline.yaml"));
    if let Some(target) = target
        .as_ref()
        .filter(|target| matches!(read_file(&folder.join(target)), Ok(ReadFile::Bytes(_) | ReadFile::TooLarge { .. })))
    {
        return Err(in_the_way(target).into());
    }
    let sources = read(folder, order)?;
    for source in &sources {
        if let Ok(text) = std::str::from_utf8(&source.bytes) {
            texts.insert(source.file.clone(), text.to_owned());
        }
    }
    let imported = match (order.language, sources.as_slice()) {
        (Language::Template, [source]) => import::template(source, &wish)?,
        (Language::Template | Language::Terraform, sources) => import::terraform(sources, &wish)?,
    };
    if let Some(target) = &target
        && !write_new_file(&folder.join(target), imported.text.as_bytes())?
    {
        return Err(in_the_way(target).into());
    }
    Ok(Written { imported, file: target })
}

fn in_the_way(target: &Path) -> Diagnostic {
    let title = format!("`{}` is there already, and an import overwrites nothing", target.display());
    Diagnostic::error(Code::WouldOverwrite, title)
        .help("name another folder with `--out`, or leave it out and read the pipeline file on standard output")
}

fn wish(folder: &Path, order: &ImportOrder) -> Result<Wish, Failure> {
    let named = order.name.as_deref().map(|typed| {
        PipelineName::new(typed).map_err(|error| {
            Diagnostic::error(Code::BadArgument, format!("`{typed}` is not the name of a pipeline: it {error}"))
        })
    });
    let named = named.transpose()?;
    // A pipeline is called as its folder is.
    let of_folder = order.out.as_ref().and_then(|out| PipelineName::new(out.file_name()?.to_str()?).ok());
    if let Some(why) = order.owner.as_deref().and_then(spec::refused::<spec::TagText>) {
        return Err(Diagnostic::error(Code::BadArgument, format!("the owner is refused: {why}")).into());
    }
    Ok(Wish { name: named.or(of_folder), otherwise: source_name(folder, order), owner: order.owner.clone() })
}

/// What the source is called: a file that is called like every other one takes the name of its folder.
fn source_name(folder: &Path, order: &ImportOrder) -> String {
    let Some(first) = order.files.first() else { return String::new() };
    let stem = first.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default();
    let common = order.files.len() > 1 || ["main", "index", "template", "stack"].contains(&stem);
    let above = folder.join(first).parent().and_then(|above| above.file_name()?.to_str().map(str::to_owned));
    above.filter(|_| common).unwrap_or_else(|| stem.to_owned())
}

fn read(folder: &Path, order: &ImportOrder) -> Result<Vec<Source>, Failure> {
    let (mut found, mut sources) = (Diagnostics::new(), Vec::new());
    for path in &order.files {
        let file = FilePath::new(&path.display().to_string());
        match read_file(&folder.join(path))? {
            ReadFile::Bytes(bytes) => sources.push(Source { file, bytes }),
            ReadFile::TooLarge { bytes } => found.push(spec::too_large(&file, bytes)),
            ReadFile::Missing => {
                found.push(Diagnostic::error(Code::FileTrouble, format!("there is no file `{file}`")));
            }
        }
    }
    Ok(found.into_result(sources)?.0)
}
