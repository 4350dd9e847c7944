//! What a template points at: handlers packed, models addressed by content, each file once for all environments.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::failure::Failure;
use super::load::Shelf;
use super::prepare::{Upload, UploadSource};
use crate::artifact::{self, ArtifactFile, ModelFile};
use crate::diagnostic::{Code, Diagnostic, FilePath};
use crate::pipeline::{Function, Model, Pipeline, StageRef, names};
use crate::readiness::{HandlerCode, Handlers};
use crate::render::{Assets, target_model};
use crate::units::Digest;
use crate::workspace::Project;

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

impl Shelf<'_> {
    /// Packs handlers and addresses models by content.
    pub(super) fn pack(&mut self, name: &str, pipeline: &Pipeline) -> Result<(Assets, Vec<Upload>, Handlers), Failure> {
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
        let (mut uploads, mut handlers) = (Vec::new(), Handlers::default());
        for (stage, function) in pipeline.functions() {
            let packed = packing.handler(project, pipeline, &stage, function)?;
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
        Ok((assets, uploads, handlers))
    }
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
                let files = project.read_tree(&self.pipeline, &function.code)?;
                let folder =
                    FilePath::new(&format!("stacks/{}/{}", self.pipeline, function.code.trim_end_matches('/')));
                let texts = files.iter().map(|file| (file.path.as_str(), file.bytes.as_slice()));
                let code = Arc::new(HandlerCode::pick(&function.runtime, &folder, texts));
                let files = files
                    .into_iter()
                    .map(|file| ArtifactFile { path: file.path, bytes: file.bytes, executable: file.executable })
                    .collect();
                let packed = artifact::zip(files).map_err(|error| {
                    let place = pipeline.stage_origin(stage, "code").place;
                    Failure::error(
                        Diagnostic::error(Code::FileTrouble, format!("cannot pack the handler of {stage}: {error}"))
                            .at_maybe(place, "this folder"),
                    )
                })?;
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
        let found = artifacts.iter().zip(digests);
        let upload = |file: &str, key: String| Upload {
            name: file.to_owned(),
            key,
            source: UploadSource::File { path: file.to_owned() },
        };
        match model {
            Model::Multi { .. } => {
                let files: Vec<ModelFile> =
                    found.map(|(artifact, digest)| ModelFile { name: target_model(artifact.name), digest }).collect();
                let prefix = artifact::model_set_prefix(&files);
                let uploads = artifacts
                    .iter()
                    .map(|artifact| upload(artifact.file, format!("{prefix}{}", target_model(artifact.name))))
                    .collect();
                Ok((BTreeMap::from([(String::new(), prefix)]), uploads))
            }
            Model::Single { .. } | Model::Variants(_) => {
                let keys: Vec<(&str, &str, String)> = found
                    .map(|(artifact, digest)| (artifact.name, artifact.file, artifact::model_key(&digest)))
                    .collect();
                let by_name = keys.iter().map(|(name, _, key)| ((*name).to_owned(), key.clone())).collect();
                Ok((by_name, keys.into_iter().map(|(_, file, key)| upload(file, key)).collect()))
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
