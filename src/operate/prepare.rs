//! Everything that can be made ready without AWS: resolve, size, pack, render.

use std::collections::BTreeMap;

use super::failure::Failure;
use super::load::{Resolved, Shelf};
use crate::artifact::{self, ArtifactFile, ModelFile};
use crate::capacity::{self, Sized};
use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::pipeline::{Model, Pipeline, names};
use crate::render::{self, Assets, Rendered};
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
    /// Warnings, never errors.
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
    let Resolved { pipeline, warnings } = shelf.resolve(name, environment, region)?;
    let (assets, uploads) = pack(shelf.project(), name, &pipeline)?;
    let sized = capacity::size(pipeline);
    let rendered = render::render(&sized, &*shelf.templates()?, &assets)?;
    Ok(Prepared { sized, rendered, bucket: assets.bucket, uploads, warnings })
}

/// Packs handlers and addresses models by content.
fn pack(project: &Project, name: &str, pipeline: &Pipeline) -> Result<(Assets, Vec<Upload>), Failure> {
    let mut assets = Assets {
        bucket: names::artifact_bucket(pipeline.account(), pipeline.region()),
        code: BTreeMap::new(),
        models: BTreeMap::new(),
    };
    let mut uploads = Vec::new();
    for (stage, function) in pipeline.functions() {
        let files = project.read_tree(name, &function.code)?;
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
        let (asset, files) = address_models(project, name, &endpoint.model)?;
        assets.models.insert(stage.clone(), asset);
        uploads.extend(files);
    }
    Ok((assets, uploads))
}

/// The prefix (or key) of an endpoint's models, and the files that belong below it: `<name>.tar.gz` of each model or
/// variant, `model.tar.gz` of a single one and `shadow.tar.gz` of its shadow.
fn address_models(project: &Project, name: &str, model: &Model) -> Result<(String, Vec<Upload>), Failure> {
    let file = |name: &str| format!("{}.tar.gz", if name.is_empty() { "model" } else { name });
    let paths: Vec<(String, &str)> =
        model.artifacts().into_iter().map(|artifact| (file(artifact.name), artifact.file)).collect();
    let files = paths
        .iter()
        .map(|(file, path)| Ok(ModelFile { name: file.clone(), digest: project.digest_asset(name, path)? }))
        .collect::<Result<Vec<_>, Failure>>()?;
    let prefix = artifact::model_set_prefix(&files);
    let uploads = paths
        .into_iter()
        .map(|(file, path)| Upload {
            name: path.to_owned(),
            key: format!("{prefix}{file}"),
            source: UploadSource::File { path: path.to_owned() },
        })
        .collect();
    let asset = match model {
        Model::Multi { .. } | Model::Variants(_) => prefix,
        Model::Single { .. } => format!("{prefix}model.tar.gz"),
    };
    Ok((asset, uploads))
}
