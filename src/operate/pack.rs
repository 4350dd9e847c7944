//! What a template points at: handlers packed, models addressed by content, each file once for all environments.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::failure::Failure;
use super::load::Shelf;
use super::make::{Archive, Handler};
use super::prepare::{Upload, UploadSource};
use super::requirements;
use crate::artifact::{self, IgnoreRules, ModelFile};
use crate::diagnostic::{Code, Diagnostic, Diagnostics, FilePath};
use crate::pipeline::{Model, Pipeline, names};
use crate::readiness::{HandlerCode, Handlers};
use crate::render::{Assets, target_model};
use crate::units::{ByteSize, Digest};
use crate::workspace::{Project, ReadFile};

/// Handlers and models of one pipeline after another: they are the same in every environment.
#[derive(Debug, Default)]
pub(super) struct Packing {
    pipeline: String,
    handlers: BTreeMap<MadeOf, Packed>,
    models: BTreeMap<String, Digest>,
}

/// What decides an archive besides the files: two functions may share a folder.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct MadeOf {
    code: String,
    runtime: String,
    build: Option<(Vec<String>, String, Vec<String>)>,
    requirements: Option<String>,
}

/// A handler: as it is uploaded, and as people wrote it.
#[derive(Debug)]
struct Packed {
    archive: Archive,
    code: Arc<HandlerCode>,
    /// Whether it names packages that nobody puts in.
    left: bool,
    /// The packages whose versions its requirements leave open.
    loose: Vec<String>,
}

/// What a template points at, ready to be rendered and uploaded.
#[derive(Debug)]
pub(super) struct Packs {
    /// Where everything will lie.
    pub(super) assets: Assets,
    /// What must be there.
    pub(super) uploads: Vec<Upload>,
    /// What handlers are written like.
    pub(super) handlers: Handlers,
    /// What somebody should look at, never errors.
    pub(super) warnings: Diagnostics,
}

impl Shelf<'_> {
    /// Packs handlers and addresses models by content.
    pub(super) fn pack(&mut self, name: &str, pipeline: &Pipeline) -> Result<Packs, Failure> {
        let bucket = names::artifact_bucket(pipeline.account(), pipeline.region());
        if let Some(pinned) = self.pinned_assets(name) {
            let assets = Assets { bucket, ..pinned.clone() };
            let (uploads, handlers) = (Vec::new(), Handlers::default());
            return Ok(Packs { assets, uploads, handlers, warnings: Diagnostics::new() });
        }
        let project = self.project();
        let packing = self.packing();
        if packing.pipeline != name {
            *packing = Packing { pipeline: name.to_owned(), ..Packing::default() };
        }
        let mut assets = Assets {
            bucket,
            code: BTreeMap::new(),
            models: BTreeMap::new(),
        };
        let (mut uploads, mut handlers, mut warnings) = (Vec::new(), Handlers::default(), Diagnostics::new());
        for (stage, function) in pipeline.functions() {
            let handler = Handler { project, name, pipeline, stage: &stage, function };
            let packed = packing.handler(handler)?;
            warnings.extend(packed.warnings(handler));
            let key = artifact::function_key(&stage.name, packed.archive.digest());
            handlers.insert(stage.clone(), Arc::clone(&packed.code));
            if let Archive::Made { bytes, .. } = &packed.archive {
                let source = UploadSource::Packed(Arc::clone(bytes));
                uploads.push(Upload { name: function.code.clone(), key: key.clone(), source });
            }
            assets.code.insert(stage.name, key);
        }
        for (stage, endpoint) in pipeline.endpoints() {
            let (keys, files) = packing.address(project, &endpoint.model)?;
            assets.models.insert(stage.clone(), keys);
            uploads.extend(files);
        }
        // One file may be the model of several variants.
        let mut seen = BTreeSet::new();
        uploads.retain(|upload| seen.insert(upload.key.clone()));
        Ok(Packs { assets, uploads, handlers, warnings })
    }
}

impl Packed {
    /// What somebody should know of an archive.
    fn warnings(&self, handler: Handler<'_>) -> Diagnostics {
        let Handler { pipeline, stage, function, .. } = handler;
        let place = |field: &str| pipeline.stage_origin(stage, field).place;
        let mut told = Diagnostics::new();
        if let Archive::Made { bytes, .. } = &self.archive {
            let size = ByteSize::from_bytes(bytes.len() as u64);
            if size > artifact::LARGE_ZIPPED {
                let large = Diagnostic::warning(Code::HandlerLarge, format!("the archive of {stage} has {size:.1}"));
                told.push(
                    large
                        .at_maybe(place("code"), "this folder")
                        .note("the larger it is, the longer a cold start takes")
                        .help("leave out what the function does not need, in `.sluiceignore`"),
                );
            }
        }
        if self.left {
            let file = format!("{}/{}", function.code, requirements::CUSTOMARY);
            let left = format!("the packages of `{file}` are not in the archive of {stage}");
            told.push(
                Diagnostic::warning(Code::RequirementsLeft, left)
                    .at_maybe(place("code"), "this folder")
                    .help(format!("put them in: `requirements: {}`", requirements::CUSTOMARY))
                    .help("where a layer or the runtime has them, name the file in the folder's `.sluiceignore`"),
            );
        }
        if !self.loose.is_empty() {
            let title = format!("the requirements of {stage} leave versions open: {}", self.loose.join(", "));
            told.push(
                Diagnostic::warning(Code::RequirementsLoose, title)
                    .at_maybe(place("requirements"), "this file")
                    .note("another machine may resolve others, and then the function changes though nobody changed it")
                    .help("write a lock: `uv pip compile --generate-hashes` or `pip-compile --generate-hashes`"),
            );
        }
        told
    }
}

/// What a handler's folder says stays out of its archive.
fn rules(project: &Project, name: &str, code: &str) -> Result<IgnoreRules, Failure> {
    let file = FilePath::new(&format!("stacks/{name}/{code}/{}", artifact::IGNORE_FILE));
    Ok(match project.read(&file)? {
        ReadFile::Bytes(bytes) => IgnoreRules::parse(&String::from_utf8_lossy(&bytes)),
        ReadFile::Missing | ReadFile::TooLarge { .. } => IgnoreRules::default(),
    })
}

impl Packing {
    fn handler(&mut self, handler: Handler<'_>) -> Result<&Packed, Failure> {
        let Handler { project, name, function, .. } = handler;
        let made_of = MadeOf {
            code: function.code.clone(),
            runtime: function.runtime.clone(),
            build: function.build.clone().map(|build| (build.command, build.output, build.inputs)),
            requirements: function.requirements.clone(),
        };
        match self.handlers.entry(made_of) {
            Entry::Occupied(packed) => Ok(packed.into_mut()),
            Entry::Vacant(free) => {
                let rules = rules(project, name, &function.code)?;
                let mut files = project.list_tree(name, &function.code)?;
                files.retain(|file| !rules.excludes(&file.path));
                // Before a byte of it is read: a folder may hold a data set by mistake.
                artifact::weigh(files.iter().map(|file| (file.path.as_str(), file.bytes)))
                    .map_err(|error| handler.unpacked(&error))?;
                let files = project.read_files(name, &function.code, files)?;
                let folder = FilePath::new(&format!("stacks/{name}/{}", function.code));
                let texts = || files.iter().map(|file| (file.path.as_str(), file.bytes.as_slice()));
                let code = Arc::new(HandlerCode::pick(&function.runtime, &folder, texts()));
                let text = |file: &str| {
                    let bytes = texts().find(|(path, _)| *path == file).map(|(_, bytes)| bytes);
                    bytes.map(String::from_utf8_lossy)
                };
                let installed = || texts().any(|(path, _)| path.contains(".dist-info/"));
                let python = function.runtime.starts_with("python");
                let asked = function.requirements.is_some() || function.build.is_some();
                let left = python && !asked && text(requirements::CUSTOMARY).is_some() && !installed();
                let lock = function.requirements.as_deref().and_then(text);
                let loose = lock.map(|lock| requirements::loose(&lock)).unwrap_or_default();
                let archive = handler.archive(files)?;
                Ok(free.insert(Packed { archive, code, left, loose }))
            }
        }
    }

    /// Keys of an endpoint's artifacts by their names (a multi-model endpoint's prefix under the empty one), and the
    /// files that belong there.
    fn address(
        &mut self,
        project: &Project,
        model: &Model,
    ) -> Result<(BTreeMap<String, String>, Vec<Upload>), Failure> {
        let artifacts = model.artifacts();
        let digests =
            artifacts.iter().map(|artifact| self.digest(project, artifact.file)).collect::<Result<Vec<_>, _>>()?;
        let upload = |file: &str, key: String, digest: &Digest| Upload {
            name: file.to_owned(),
            key,
            source: UploadSource::File { path: file.to_owned(), digest: digest.clone() },
        };
        let found = || artifacts.iter().zip(&digests);
        match model {
            Model::Multi { .. } => {
                let file = |name: &str, digest: &Digest| ModelFile { name: target_model(name), digest: digest.clone() };
                let files: Vec<ModelFile> = found().map(|(artifact, digest)| file(artifact.name, digest)).collect();
                let prefix = artifact::model_set_prefix(&files);
                let key = |name: &str| format!("{prefix}{}", target_model(name));
                let uploads =
                    found().map(|(artifact, digest)| upload(artifact.file, key(artifact.name), digest)).collect();
                Ok((BTreeMap::from([(String::new(), prefix)]), uploads))
            }
            Model::Single { .. } | Model::Variants(_) => {
                let key = artifact::model_key;
                let by_name = found().map(|(artifact, digest)| (artifact.name.to_owned(), key(digest))).collect();
                let uploads = found().map(|(artifact, digest)| upload(artifact.file, key(digest), digest)).collect();
                Ok((by_name, uploads))
            }
        }
    }

    fn digest(&mut self, project: &Project, file: &str) -> Result<Digest, Failure> {
        if let Some(known) = self.models.get(file) {
            return Ok(known.clone());
        }
        let digest = project.digest_asset(&self.pipeline, file)?;
        self.models.insert(file.to_owned(), digest.clone());
        Ok(digest)
    }
}
