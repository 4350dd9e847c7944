//! Everything that can be made ready without AWS: resolve, size, pack, render.

use std::collections::{BTreeMap, BTreeSet};

use super::failure::Failure;
use super::load::{Resolved, Shelf};
use crate::artifact::{self, ArtifactFile, ModelFile};
use crate::capacity::{self, Sized};
use crate::diagnostic::{Code, Diagnostic, Diagnostics, FilePath};
use crate::pipeline::{Model, Pipeline, names};
use crate::readiness::{HandlerCode, Handlers};
use crate::render::{self, Assets, Rendered, target_model};
use crate::units::Region;
use crate::workspace::Project;

/// A file that must be in the artifact bucket before the stack is deployed.
#[derive(Clone, Debug)]
pub struct Upload {
    /// What it is, for instance `handlers/score`.
    pub name: String,
    /// Its content-addressed key.
    pub key: String,
    /// Where its bytes are.
    pub source: UploadSource,
}

/// Where the bytes of an upload are.
#[derive(Clone, Debug)]
pub enum UploadSource {
    /// Here.
    Packed(Vec<u8>),
    /// In a file of the pipeline's folder.
    File {
        /// Path from that folder.
        path: String,
    },
}

/// A pipeline that is ready to be compared and deployed.
#[derive(Clone, Debug)]
pub struct Prepared {
    /// With every sizing decided.
    pub sized: Sized,
    /// Its template.
    pub rendered: Rendered,
    /// The artifact bucket.
    pub bucket: String,
    /// What must be in it.
    pub uploads: Vec<Upload>,
    /// What its handlers are written like, for whoever judges them.
    pub handlers: Handlers,
    /// Warnings of resolving and rendering, never errors.
    pub warnings: Diagnostics,
}

/// Makes a pipeline ready for an environment.
///
/// # Errors
/// Everything that is wrong with the files, the handlers, the models or the rendered template.
pub fn prepare(
    shelf: &mut Shelf<'_>,
    name: &str,
    environment: &str,
    region: Option<&Region>,
) -> Result<Prepared, Failure> {
    let Resolved { pipeline, mut warnings } = shelf.resolve(name, environment, region)?;
    let (assets, uploads, handlers) = pack(shelf.project(), name, &pipeline)?;
    let sized = capacity::size(pipeline);
    let rendered = render::render(&sized, &*shelf.templates()?, &assets)?;
    warnings.extend(rendered.warnings.iter().cloned());
    Ok(Prepared { sized, rendered, bucket: assets.bucket, uploads, handlers, warnings })
}

/// Packs handlers and addresses models by content; on the way, reads what people wrote of the handlers.
fn pack(project: &Project, name: &str, pipeline: &Pipeline) -> Result<(Assets, Vec<Upload>, Handlers), Failure> {
    let mut assets = Assets {
        bucket: names::artifact_bucket(pipeline.account(), pipeline.region()),
        code: BTreeMap::new(),
        models: BTreeMap::new(),
    };
    let (mut uploads, mut handlers) = (Vec::new(), Handlers::default());
    for (stage, function) in pipeline.functions() {
        let files = project.read_tree(name, &function.code)?;
        let folder = FilePath::new(&format!("stacks/{name}/{}", function.code.trim_end_matches('/')));
        let texts = files.iter().map(|file| (file.path.as_str(), file.bytes.as_slice()));
        handlers.insert(stage.clone(), HandlerCode::pick(&function.runtime, &folder, texts));
        let files = files
            .into_iter()
            .map(|file| ArtifactFile { path: file.path, bytes: file.bytes, executable: file.executable })
            .collect();
        let packed = artifact::zip(files).map_err(|error| {
            let place = pipeline.stage_origin(&stage, "code").place;
            Failure::error(
                Diagnostic::error(Code::FileTrouble, format!("cannot pack the handler of {stage}: {error}"))
                    .at_maybe(place, "this folder"),
            )
        })?;
        let key = artifact::function_key(&stage.name, &packed.digest);
        assets.code.insert(stage.name, key.clone());
        uploads.push(Upload { name: function.code.clone(), key, source: UploadSource::Packed(packed.bytes) });
    }
    for (stage, endpoint) in pipeline.endpoints() {
        let (keys, files) = address_models(project, name, &endpoint.model)?;
        assets.models.insert(stage.clone(), keys);
        uploads.extend(files);
    }
    // One file may be the model of several variants.
    let mut seen = BTreeSet::new();
    uploads.retain(|upload| seen.insert(upload.key.clone()));
    Ok((assets, uploads, handlers))
}

/// Keys of an endpoint's artifacts by their names (a multi-model endpoint's prefix under the empty one), and the files
/// that belong there.
fn address_models(
    project: &Project,
    name: &str,
    model: &Model,
) -> Result<(BTreeMap<String, String>, Vec<Upload>), Failure> {
    let artifacts = model.artifacts();
    let digests =
        artifacts.iter().map(|artifact| project.digest_asset(name, artifact.file)).collect::<Result<Vec<_>, _>>()?;
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
            let keys: Vec<(&str, &str, String)> =
                found.map(|(artifact, digest)| (artifact.name, artifact.file, artifact::model_key(&digest))).collect();
            let by_name = keys.iter().map(|(name, _, key)| ((*name).to_owned(), key.clone())).collect();
            Ok((by_name, keys.into_iter().map(|(_, file, key)| upload(file, key)).collect()))
        }
    }
}
