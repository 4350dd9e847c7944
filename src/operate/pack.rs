//! What a template points at: handlers packed, models addressed by content, each file once for all environments.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::failure::Failure;
use super::load::Shelf;
use super::prepare::{Upload, UploadSource};
use crate::artifact::{self, ArtifactError, ArtifactFile, IgnoreRules, ModelFile};
use crate::diagnostic::{Code, Diagnostic, Diagnostics, FilePath};
use crate::pipeline::{Function, Model, Pipeline, StageRef, names};
use crate::readiness::{HandlerCode, Handlers};
use crate::render::{Assets, target_model};
use crate::units::{ByteSize, Digest};
use crate::workspace::{Project, ReadFile};

/// Handlers and models of one pipeline after another: they are the same in every environment.
#[derive(Debug, Default)]
pub(super) struct Packing {
    pipeline: String,
    handlers: BTreeMap<String, Packed>,
    models: BTreeMap<String, Digest>,
}

/// A handler: as it is uploaded, and as people wrote it.
#[derive(Debug)]
struct Packed {
    digest: Digest,
    bytes: Arc<[u8]>,
    code: Arc<HandlerCode>,
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
        let project = self.project();
        let packing = self.packing();
        if packing.pipeline != name {
            *packing = Packing { pipeline: name.to_owned(), ..Packing::default() };
        }
        let mut assets = Assets {
            bucket: names::artifact_bucket(pipeline.account(), pipeline.region()),
            code: BTreeMap::new(),
            models: BTreeMap::new(),
        };
        let (mut uploads, mut handlers, mut warnings) = (Vec::new(), Handlers::default(), Diagnostics::new());
        for (stage, function) in pipeline.functions() {
            let packed = packing.handler(project, pipeline, &stage, function)?;
            warnings.extend(large(pipeline, &stage, packed));
            let key = artifact::function_key(&stage.name, &packed.digest);
            let source = UploadSource::Packed(Arc::clone(&packed.bytes));
            handlers.insert(stage.clone(), Arc::clone(&packed.code));
            assets.code.insert(stage.name, key.clone());
            uploads.push(Upload { name: function.code.clone(), key, source });
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

/// What somebody should know of an archive that Lambda takes from S3 only.
fn large(pipeline: &Pipeline, stage: &StageRef, packed: &Packed) -> Option<Diagnostic> {
    let size = ByteSize::from_bytes(packed.bytes.len() as u64);
    (size > artifact::LARGE_ZIPPED).then(|| {
        let place = pipeline.stage_origin(stage, "code").place;
        Diagnostic::warning(Code::HandlerLarge, format!("the archive of {stage} has {size:.1}"))
            .at_maybe(place, "this folder")
            .note("the larger it is, the longer a cold start takes")
            .help("leave out what the function does not need, in `.sluiceignore`")
    })
}

/// Why a handler cannot be packed, at its line.
fn unpacked(pipeline: &Pipeline, stage: &StageRef, function: &Function, error: &ArtifactError) -> Failure {
    let place = pipeline.stage_origin(stage, "code").place;
    let ArtifactError::TooLarge { size, most, largest } = error else {
        let title = format!("cannot pack the handler of {stage}: {error}");
        return Failure::error(Diagnostic::error(Code::FileTrouble, title).at_maybe(place, "this folder"));
    };
    let title = format!("the handler of {stage} has {size:.1} unzipped; Lambda takes {most}, layers included");
    let named: Vec<String> = largest.iter().map(|(path, size)| format!("{path} {size:.1}")).collect();
    let told = Diagnostic::error(Code::HandlerTooLarge, title).at_maybe(place, "this folder");
    let told = told.note(format!("largest: {}", named.join(", ")));
    let told = match function.layers.as_slice() {
        [] => told,
        layers => told.note(format!("{} layers count too; their sizes are not known here", layers.len())),
    };
    let ignoring = format!("{}/{}", function.code, artifact::IGNORE_FILE);
    Failure::error(told.help(format!("name what the function does not need in `{ignoring}`")))
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
    fn handler(
        &mut self,
        project: &Project,
        pipeline: &Pipeline,
        stage: &StageRef,
        function: &Function,
    ) -> Result<&Packed, Failure> {
        match self.handlers.entry(function.code.clone()) {
            Entry::Occupied(packed) => Ok(packed.into_mut()),
            Entry::Vacant(free) => {
                let wrong = |error| unpacked(pipeline, stage, function, &error);
                let rules = rules(project, &self.pipeline, &function.code)?;
                let mut files = project.list_tree(&self.pipeline, &function.code)?;
                files.retain(|file| !rules.excludes(&file.path));
                // Before a byte of it is read: a folder may hold a data set by mistake.
                artifact::weigh(files.iter().map(|file| (file.path.as_str(), file.bytes))).map_err(wrong)?;
                let files = project.read_files(&self.pipeline, &function.code, files)?;
                let folder =
                    FilePath::new(&format!("stacks/{}/{}", self.pipeline, function.code.trim_end_matches('/')));
                let texts = files.iter().map(|file| (file.path.as_str(), file.bytes.as_slice()));
                let code = Arc::new(HandlerCode::pick(&function.runtime, &folder, texts));
                let files = files
                    .into_iter()
                    .map(|file| ArtifactFile { path: file.path, bytes: file.bytes, executable: file.executable })
                    .collect();
                let packed = artifact::zip(files).map_err(wrong)?;
                Ok(free.insert(Packed { digest: packed.digest, bytes: packed.bytes.into(), code }))
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
