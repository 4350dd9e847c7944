//! Releases: made from the files, and made ready again from their records alone.

use std::collections::{BTreeMap, BTreeSet};

use super::failure::Failure;
use super::load::{Resolved, Shelf};
use super::pack::Packs;
use super::prepare::{Prepared, Upload, UploadSource};
use crate::artifact;
use crate::capacity;
use crate::diagnostic::{Code, Diagnostic, Diagnostics, Place};
use crate::pipeline::{Function, Model, Pipeline, StageKind, StageRef};
use crate::readiness::Handlers;
use crate::release::{Content, RELEASE_FORMAT, Release, TOOL};
use crate::render::{self, Assets, TemplateSources};
use crate::units::{Digest, Region};
use crate::workspace::Project;

pub(super) use super::releases::{fetch, keep};

/// A release that was made from the files, and what it needs in a bucket.
#[derive(Debug)]
pub(super) struct Made {
    /// The release.
    pub(super) release: Release,
    /// Every artifact that it names.
    pub(super) uploads: Vec<Upload>,
}

/// Makes the release of a pipeline from the files. The environment only says how it is resolved: what it changes in the pipeline
/// is no part of a release, and neither is anything else of it.
///
/// # Errors
/// What is wrong with the files, the handlers or the models, or an archive that was not made.
pub(super) fn released(
    shelf: &mut Shelf<'_>,
    pipeline: &str,
    environment: &str,
    region: Option<&Region>,
) -> Result<Made, Failure> {
    let templates = shelf.templates()?;
    let resolved = plain(shelf, pipeline, environment, region)?;
    let Packs { assets, uploads, .. } = shelf.pack(pipeline, &resolved)?;
    let artifacts: BTreeMap<String, Digest> =
        uploads.iter().map(|upload| (upload.key.clone(), digest(&upload.source))).collect();
    let unmade: Diagnostics = assets
        .code
        .iter()
        .filter(|(_, key)| !artifacts.contains_key(*key))
        .map(|(stage, _)| {
            Diagnostic::error(Code::ReleaseUnmade, format!("the archive of {stage} was not made"))
                .note("its digest is not known before it is, and a release is named by it")
                .help("make the release where builds run and packages can be installed: `sluice release create`")
        })
        .collect();
    if unmade.has_errors() {
        return Err(unmade.into());
    }
    let file = shelf.project().pipeline_file(pipeline);
    let spec = shelf.texts().get(&file).cloned().unwrap_or_default();
    let names = templates.texts().map(|(file, text)| {
        let name = file.as_str().rsplit('/').next().unwrap_or_default();
        (name.to_owned(), artifact::digest_of(text.as_bytes()))
    });
    let content = Content {
        format_version: RELEASE_FORMAT,
        pipeline: resolved.name().clone(),
        tool: TOOL.to_owned(),
        spec: artifact::digest_of(spec.as_bytes()),
        templates: names.collect(),
        code: assets.code,
        models: assets.models,
        artifacts,
    };
    let sources = templates.texts().map(|(file, text)| (file.clone(), text.to_owned()));
    let sources = sources.chain([(content.pipeline_file(), spec)]).collect();
    Ok(Made { release: Release::of(content, sources), uploads })
}

fn digest(source: &UploadSource) -> Digest {
    match source {
        UploadSource::Packed(bytes) => artifact::digest_of(bytes),
        UploadSource::File { digest, .. } => digest.clone(),
    }
}

/// A pipeline as its own file has it. What its functions and models are made from is the same in every environment, so where it
/// does not resolve in the one that is meant (which may only name a network that another one has) any other will do.
fn plain(
    shelf: &mut Shelf<'_>,
    pipeline: &str,
    environment: &str,
    region: Option<&Region>,
) -> Result<Pipeline, Failure> {
    let first = match shelf.resolve_plain(pipeline, environment, region) {
        Ok(Resolved { pipeline, .. }) => return Ok(pipeline),
        Err(failure) => failure,
    };
    for other in shelf.project().environments()?.iter().filter(|other| *other != environment) {
        if let Ok(Resolved { pipeline, .. }) = shelf.resolve_plain(pipeline, other, None) {
            return Ok(pipeline);
        }
    }
    Err(first)
}

/// Makes a release ready for an environment: the pipeline file and the templates are the release's, what they point at are its
/// artifacts, and the environment is the project's. Nothing else of the project is read but the files of pipelines whose
/// streams it reads.
///
/// # Errors
/// What is wrong with the environment's file, with the two together or with the rendered template; and where the environment
/// changes what the release carries.
pub(super) fn prepare_release(
    shelf: &mut Shelf<'_>,
    release: &Release,
    environment: &str,
    region: Option<&Region>,
) -> Result<Prepared, Failure> {
    let mut pinned = pin(shelf.project(), release)?;
    let prepared = prepare_pinned(&mut pinned, release, environment, region);
    let texts = pinned.texts().clone();
    shelf.remember(texts);
    prepared
}

/// A shelf that holds a release in the place of its pipeline's files.
pub(super) fn pin<'a>(project: &'a Project, release: &Release) -> Result<Shelf<'a>, Failure> {
    let templates = release.templates().map(|(file, text)| (file.clone(), text.to_owned()));
    let templates = TemplateSources::with_project(templates)?;
    let (code, models) = (release.content.code.clone(), release.content.models.clone());
    let assets = Assets { bucket: String::new(), code, models };
    Ok(Shelf::pinned(project, release.content.pipeline.as_str(), release.spec(), templates, assets))
}

/// The same with the release's own shelf at hand.
pub(super) fn prepare_pinned(
    pinned: &mut Shelf<'_>,
    release: &Release,
    environment: &str,
    region: Option<&Region>,
) -> Result<Prepared, Failure> {
    let name = release.content.pipeline.as_str();
    let Resolved { pipeline, mut warnings } = pinned.resolve(name, environment, region)?;
    let own = plain(pinned, name, environment, region)?;
    let changed = overlaid(release, &own, &pipeline);
    if changed.has_errors() {
        return Err(Failure { kind: super::failure::FailureKind::Refused, diagnostics: changed });
    }
    warnings.extend(other_tool(release));
    let assets = pinned.pack(name, &pipeline)?.assets;
    let sized = capacity::size(pipeline);
    let rendered = render::render(&sized, &*pinned.templates()?, &assets)?;
    warnings.extend(rendered.warnings.iter().cloned());
    let (bucket, handlers) = (assets.bucket, Handlers::default());
    Ok(Prepared { sized, rendered, bucket, uploads: Vec::new(), handlers, warnings })
}

/// A release of another version is deployed with its own templates; what the program reckons may be another thing today.
fn other_tool(release: &Release) -> Option<Diagnostic> {
    let (tool, digest) = (&release.content.tool, release.digest.short());
    (tool != TOOL).then(|| {
        Diagnostic::warning(Code::ReleaseOtherTool, format!("{tool} made the release {digest}, and this is {TOOL}"))
            .note("its templates are its own; what stands in them is decided by this version: read the plan")
            .help(format!("to be sure that nothing else differs, run {tool}"))
    })
}

/// What an environment changes of that which a release carries: functions and models that are not the release's.
fn overlaid(release: &Release, own: &Pipeline, here: &Pipeline) -> Diagnostics {
    let refused = |stage: &StageRef, what: &str, place: Option<Place>| {
        let (digest, environment) = (release.digest.short(), here.environment().name());
        Diagnostic::error(
            Code::ReleaseOverlaid,
            format!("{environment} changes the {what} of {stage}, which the release {digest} carries"),
        )
        .at_maybe(place, "changed here")
        .note("a release takes the bytes that were proven to the next environment, and these would be others")
        .help(format!(
            "take it out of the environment's file, or deploy the files: `sluice deploy {} --env {environment}`",
            here.name()
        ))
    };
    let mut found = Diagnostics::new();
    let of: BTreeMap<StageRef, &Function> = own.functions().collect();
    for (stage, function) in here.functions() {
        let field = of.get(&stage).map_or(Some("code"), |own| other_archive(own, function));
        let carried = release.content.code.contains_key(&stage.name);
        if let Some(field) = field.or((!carried).then_some("code")) {
            found.push(refused(&stage, field, here.stage_origin(&stage, field).place));
        }
    }
    for (name, endpoint) in here.endpoints() {
        let same = own.endpoints().get(name).is_some_and(|own| same_models(&own.model, &endpoint.model));
        if !same || !release.content.models.contains_key(name) {
            let stage = StageRef::new(StageKind::Endpoint, name);
            found.push(refused(&stage, "models", here.stage_origin(&stage, "model").place));
        }
    }
    found
}

/// The first setting by which the archive of one function becomes another one.
fn other_archive(own: &Function, here: &Function) -> Option<&'static str> {
    let made = here.build.is_some() || here.requirements.is_some();
    let differs = [
        ("code", own.code != here.code),
        ("build", own.build != here.build),
        ("requirements", own.requirements != here.requirements),
        // What a folder holds is packed as it is, for whatever runs it.
        ("runtime", made && own.runtime != here.runtime),
    ];
    differs.into_iter().find_map(|(field, differs)| differs.then_some(field))
}

fn same_models(own: &Model, here: &Model) -> bool {
    let files = |model: &Model| -> BTreeSet<(String, String)> {
        model.artifacts().iter().map(|one| (one.name.to_owned(), one.file.to_owned())).collect()
    };
    let several = |model: &Model| matches!(model, Model::Multi { .. });
    several(own) == several(here) && files(own) == files(here)
}
