//! Reading a pipeline file: bytes → tree → types, alone and with an environment's overlay.

use super::decode::{Decode as _, Reader};
use super::file::{ModelChoice, PipelineFile};
use super::merge::merge;
use super::tree::{Node, Value};
use super::undecided::undecided;
use super::yaml::{self, MAX_BYTES};
use crate::diagnostic::{Code, Diagnostic, Diagnostics, FilePath, Place};
use crate::units::{ByteSize, PipelineName};

/// A pipeline file that has been read: well formed on its own, not yet resolved.
#[derive(Clone, Debug)]
pub struct SpecFile {
    file: FilePath,
    tree: Node,
    base: PipelineFile,
}

/// What a path in a pipeline file must lead to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ReferenceKind {
    /// A folder of handler code.
    HandlerFolder,
    /// A file that may hold the handler; one of the candidates must be there.
    HandlerFile,
    /// A model file.
    ModelFile,
}

/// A path in a pipeline file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reference {
    /// The path, relative to the pipeline file's folder, as written.
    pub path: String,
    /// What it must lead to.
    pub kind: ReferenceKind,
}

/// A pipeline file with an environment's overlay merged over it.
#[derive(Clone, Debug)]
pub struct Merged {
    /// What both files say together.
    pub file: PipelineFile,
    /// Where each value was set, by dotted path: the place of a scalar, or of a collection's key.
    pub places: Vec<(String, Place)>,
}

/// The error for a file that is too large to be read at all.
#[must_use]
pub fn too_large(file: &FilePath, bytes: u64) -> Diagnostic {
    let (size, most) = (ByteSize::from_bytes(bytes), ByteSize::from_bytes(MAX_BYTES as u64));
    Diagnostic::error(Code::FileTooLarge, format!("`{file}` is too large: {size:.1}, at most {most} are read"))
        .help("keep data out of pipeline and environment files; models and code stand beside them")
}

/// Reads a pipeline file.
///
/// # Errors
/// Everything that is wrong with the file on its own, in one go.
pub fn read(file: &FilePath, bytes: &[u8]) -> Result<SpecFile, Diagnostics> {
    let tree = yaml::parse(file, bytes)?;
    let base = decode(&tree)?;
    Ok(SpecFile { file: file.clone(), tree, base })
}

fn decode(tree: &Node) -> Result<PipelineFile, Diagnostics> {
    let (decoded, found) = Reader::whole().read::<PipelineFile>(tree);
    let (decoded, found) = found.into_result(decoded)?;
    decoded.ok_or(found)
}

impl SpecFile {
    /// The file.
    #[must_use]
    pub fn file(&self) -> &FilePath {
        &self.file
    }

    /// The pipeline's name.
    #[must_use]
    pub fn name(&self) -> &PipelineName {
        &self.base.pipeline
    }

    /// What the file says before any overlay.
    #[must_use]
    pub fn base(&self) -> &PipelineFile {
        &self.base
    }

    /// Where a value of the file stands, by dotted path.
    #[must_use]
    pub fn place(&self, path: &str) -> Option<&Place> {
        let mut node = &self.tree;
        for part in path.split('.') {
            node = node.get(part)?;
        }
        Some(&node.place)
    }

    /// Merges an overlay over the file.
    ///
    /// # Errors
    /// What is wrong with the result, each error at the place of the value that causes it, in either file.
    pub fn merged(&self, overlay: Option<&Node>) -> Result<Merged, Diagnostics> {
        let Some(overlay) = overlay.filter(|node| node.value != Value::Null) else {
            undecided(&self.tree).into_result(())?;
            return Ok(Merged { file: self.base.clone(), places: places(&self.tree) });
        };
        let tree = merge(&self.tree, overlay, PipelineFile::shape());
        undecided(&tree).into_result(())?;
        Ok(Merged { file: decode(&tree)?, places: places(&tree) })
    }

    /// The paths that the file names, so that somebody who may can look where they lead.
    /// With overlays, more may be named: see [`referenced_paths`].
    #[must_use]
    pub fn referenced_paths(&self) -> Vec<Reference> {
        referenced_paths(&self.base)
    }
}

fn places(tree: &Node) -> Vec<(String, Place)> {
    let mut places = Vec::new();
    tree.walk(&mut |path, node| places.push((path.to_owned(), node.place.clone())));
    places
}

/// The paths that a pipeline file names.
#[must_use]
pub fn referenced_paths(file: &PipelineFile) -> Vec<Reference> {
    let mut references = Vec::new();
    for consumer in file.consumers.values() {
        references.push(Reference { path: consumer.code.0.clone(), kind: ReferenceKind::HandlerFolder });
        let runtime = consumer.runtime.as_ref().map_or("", |runtime| runtime.0.as_str());
        let candidates = handler_files(&consumer.code.0, &consumer.handler.0, runtime);
        references.extend(candidates.into_iter().map(|path| Reference { path, kind: ReferenceKind::HandlerFile }));
    }
    for endpoint in file.endpoints.values() {
        let files: Vec<&str> = match &endpoint.model {
            ModelChoice::Multi(multi) => multi.models.values().map(|path| path.0.as_str()).collect(),
            ModelChoice::Single(single) => vec![&single.artifact.0],
        };
        let model = |path: &str| Reference { path: path.to_owned(), kind: ReferenceKind::ModelFile };
        references.extend(files.into_iter().map(model));
    }
    references
}

/// The files of which one must hold the handler; none where the runtime finds it in another way.
#[must_use]
pub fn handler_files(code: &str, handler: &str, runtime: &str) -> Vec<String> {
    let Some((module, _)) = handler.rsplit_once('.') else {
        return Vec::new();
    };
    let folder = code.trim_end_matches('/');
    let endings: &[&str] = match runtime {
        "" => &[".py", "/__init__.py"],
        python if python.starts_with("python") => &[".py", "/__init__.py"],
        node if node.starts_with("nodejs") => &[".js", ".mjs", ".cjs"],
        ruby if ruby.starts_with("ruby") => &[".rb"],
        _ => &[],
    };
    let module = if runtime.starts_with("nodejs") || runtime.starts_with("ruby") {
        module.to_owned()
    } else {
        module.replace('.', "/")
    };
    endings.iter().map(|ending| format!("{folder}/{module}{ending}")).collect()
}
