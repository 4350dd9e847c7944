//! Reading a pipeline file: bytes → tree → types, alone and with an environment's overlay.

use std::collections::BTreeSet;

use super::decode::{Decode as _, Reader, Reading};
use super::file::{FunctionSpec, ModelChoice, PipelineFile};
use super::merge::merge;
use super::tree::{Entry, Node, Value};
use super::undecided::undecided;
use super::yaml::{self, MAX_BYTES};
use crate::diagnostic::{Code, Diagnostic, Diagnostics, FilePath, Place};
use crate::units::{ByteSize, PipelineName};

/// A pipeline file that has been read, not yet resolved.
#[derive(Clone, Debug)]
pub struct SpecFile {
    file: FilePath,
    tree: Node,
    base: PipelineFile,
    found: Diagnostics,
}

/// What a path in a pipeline file must lead to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ReferenceKind {
    /// A folder of handler code.
    HandlerFolder,
    /// A file or folder that a build reads besides the handler's.
    BuildInput,
    /// A file of Python requirements.
    Requirements,
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
    /// What both files say together, as far as it can be read.
    pub file: PipelineFile,
    /// The same as a tree.
    pub tree: Node,
    /// What cannot be read, each error at the place of the value that causes it, in either file.
    pub found: Diagnostics,
    /// The dotted paths of what cannot be read.
    pub broken: BTreeSet<String>,
}

impl Merged {
    /// Where each value was set, by dotted path: the place of a scalar, or of a collection's key.
    #[must_use]
    pub fn places(&self) -> Vec<(String, Place)> {
        let mut places = Vec::new();
        self.tree.walk(&mut |path, node| places.push((path.to_owned(), node.place.clone())));
        places
    }
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
    let spec = read_partly(file, bytes)?;
    let (spec, _) = spec.found.clone().into_result(spec)?;
    Ok(spec)
}

/// Reads what can be read of a pipeline file; what is wrong with the rest is [`SpecFile::found`].
///
/// # Errors
/// Why nothing of it can be read.
pub fn read_partly(file: &FilePath, bytes: &[u8]) -> Result<SpecFile, Diagnostics> {
    let tree = yaml::parse(file, bytes)?;
    let Reading { value, found, .. } = decode(&tree);
    match value {
        Some(base) => Ok(SpecFile { file: file.clone(), tree, base, found }),
        None => Err(found),
    }
}

/// What stands for a name or an owner that cannot be read.
const UNREADABLE: &str = "unreadable";

/// Reads a tree. Of a file's own two needs, its name and its owner, what cannot be read is replaced, so that the rest
/// can be judged; the error is among what was found.
fn decode(tree: &Node) -> Reading<PipelineFile> {
    let reading = Reader::whole().read::<PipelineFile>(tree);
    let Value::Mapping(entries) = &tree.value else { return reading };
    if reading.value.is_some() {
        return reading;
    }
    let mut entries = entries.clone();
    for field in ["pipeline", "owner"].into_iter().filter(|field| reading.broken.contains(*field)) {
        entries.retain(|entry| entry.key != field);
        let value = Value::Scalar { text: UNREADABLE.to_owned(), plain: true };
        let (key, place) = (field.to_owned(), tree.place.clone());
        entries.push(Entry { key, key_place: place.clone(), value: Node { value, place } });
    }
    let patched = Node { value: Value::Mapping(entries), place: tree.place.clone() };
    Reading { value: Reader::whole().read::<PipelineFile>(&patched).value, ..reading }
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

    /// What cannot be read of the file; empty for one from [`read`].
    #[must_use]
    pub fn found(&self) -> &Diagnostics {
        &self.found
    }

    /// What the file says before any overlay.
    #[must_use]
    pub fn base(&self) -> &PipelineFile {
        &self.base
    }

    /// Where a value of the file stands, by dotted path.
    #[must_use]
    pub fn place(&self, path: &str) -> Option<&Place> {
        self.tree.find(path).map(|node| &node.place)
    }

    /// Merges an overlay over the file. What cannot be read of the result is in [`Merged::found`]; `None` if that is
    /// everything.
    #[must_use]
    pub fn merged(&self, overlay: Option<&Node>) -> Option<Merged> {
        let overlay = overlay.filter(|node| node.value != Value::Null);
        let tree = overlay.map_or_else(|| self.tree.clone(), |over| merge(&self.tree, over, PipelineFile::shape()));
        let Reading { value, found: merged, broken } = decode(&tree);
        // What an overlay replaces must be readable all the same: another environment may have no overlay.
        let mut found = self.found.clone();
        found.extend(merged.into_iter().filter(|error| !self.found.iter().any(|known| known == error)));
        found.extend(undecided(&tree));
        value.map(|file| Merged { file, tree, found, broken })
    }

    /// The same file with another tree in it: another pipeline that might have been written.
    ///
    /// # Errors
    /// What cannot be read of the tree.
    pub fn with_tree(&self, tree: Node) -> Result<Self, Diagnostics> {
        let Reading { value, mut found, .. } = decode(&tree);
        found.extend(undecided(&tree));
        let (base, found) = found.into_result(value)?;
        let Some(base) = base else { return Err(found) };
        Ok(Self { file: self.file.clone(), tree, base, found })
    }

    /// The paths that the file names, so that somebody who may can look where they lead.
    /// With overlays, more may be named: see [`referenced_paths`].
    #[must_use]
    pub fn referenced_paths(&self) -> Vec<Reference> {
        referenced_paths(&self.base)
    }
}

/// The paths that a pipeline file names.
#[must_use]
pub fn referenced_paths(file: &PipelineFile) -> Vec<Reference> {
    let mut references = Vec::new();
    for function in functions(file) {
        references.push(Reference { path: function.code.0.clone(), kind: ReferenceKind::HandlerFolder });
        let runtime = function.runtime.as_ref().map_or("", |runtime| runtime.0.as_str());
        let inputs = function.build.iter().flat_map(|build| &build.inputs);
        references.extend(inputs.map(|path| Reference { path: path.0.clone(), kind: ReferenceKind::BuildInput }));
        let requirements = function.requirements.iter().map(|file| in_folder(&function.code.0, &file.0));
        references.extend(requirements.map(|path| Reference { path, kind: ReferenceKind::Requirements }));
        let candidates = handler_files(&function.code.0, &function.handler.0, runtime);
        references.extend(candidates.into_iter().map(|path| Reference { path, kind: ReferenceKind::HandlerFile }));
    }
    for endpoint in file.endpoints.values() {
        let files: Vec<&str> = match &endpoint.model {
            ModelChoice::Multi(multi) => multi.models.values().map(|path| path.0.as_str()).collect(),
            ModelChoice::Single(single) => {
                let shadow = single.shadow.as_ref().map(|shadow| shadow.artifact.0.as_str());
                [single.artifact.0.as_str()].into_iter().chain(shadow).collect()
            }
            ModelChoice::Variants(variants) => variants.values().map(|variant| variant.artifact.0.as_str()).collect(),
        };
        let model = |path: &str| Reference { path: path.to_owned(), kind: ReferenceKind::ModelFile };
        references.extend(files.into_iter().map(model));
    }
    references
}

/// What consumers and workers run.
fn functions(file: &PipelineFile) -> impl Iterator<Item = &FunctionSpec> {
    let consumers = file.consumers.values().map(|consumer| &consumer.function);
    consumers.chain(file.workers.values().map(|worker| &worker.function))
}

/// The pipelines whose streams a pipeline file's consumers read.
#[must_use]
pub fn read_pipelines(file: &PipelineFile) -> BTreeSet<&PipelineName> {
    file.consumers.values().filter_map(|consumer| consumer.from.pipeline.as_ref()).collect()
}

/// A path in a handler's folder, from the pipeline's.
#[must_use]
pub fn in_folder(code: &str, path: &str) -> String {
    format!("{}/{path}", code.trim_end_matches('/'))
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
