//! Releases: made from the files, and made ready again from their records alone.

use std::collections::{BTreeMap, BTreeSet};

use super::failure::Failure;
use super::load::{Overlaid, Resolved, Shelf};
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

/// A pipeline with the stages of its own file, and these made from what the file says: that is the same in every environment.
/// Where it does not resolve as it is in the one that is meant (the file may name a network or a layer that only another one has,
/// and leave it to overlays to say what the others take) any other will do; at last one whose overlay says the rest.
fn plain(
    shelf: &mut Shelf<'_>,
    pipeline: &str,
    environment: &str,
    region: Option<&Region>,
) -> Result<Pipeline, Failure> {
    let first = match shelf.resolve_as(pipeline, environment, region, Overlaid::No) {
        Ok(Resolved { pipeline, .. }) => return Ok(pipeline),
        Err(failure) => failure,
    };
    let mut places = vec![(environment.to_owned(), region.cloned())];
    for other in shelf.project().environments()? {
        let file = shelf.environment(&other);
        let regions = file.map(|file| file.environment().regions().to_vec()).unwrap_or_default();
        places.extend(regions.into_iter().map(|region| (other.clone(), Some(region))));
    }
    for overlaid in [Overlaid::No, Overlaid::Carried] {
        for (environment, region) in &places {
            if let Ok(Resolved { pipeline, .. }) = shelf.resolve_as(pipeline, environment, region.as_ref(), overlaid) {
                return Ok(pipeline);
            }
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

#[cfg(test)]
#[expect(clippy::disallowed_methods, reason = "tests make the files of a project")]
mod tests {
    use std::fs;

    use super::super::prepare::prepare;
    use super::*;

    const SPEC: &str = "pipeline: orders
owner: commerce-ml
streams:
  orders: {capacity: on-demand}
consumers:
  score: {from: orders, code: handlers/score, handler: app.handler}
";

    struct Files(tempfile::TempDir);

    impl Files {
        fn new() -> Self {
            let files = Self(tempfile::tempdir().unwrap());
            files.write("stacks/orders/pipeline.yaml", SPEC);
            files.write("stacks/orders/handlers/score/app.py", "def handler(event, context):\n    return {}\n");
            for (name, tier) in [("dev", "development"), ("prod", "production")] {
                let text = format!("environment: {name}\ntier: {tier}\ntarget: embedded\n");
                files.write(&format!("environments/{name}.yaml"), &text);
            }
            files
        }

        fn write(&self, path: &str, text: &str) {
            let path = self.0.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }

        fn project(&self) -> Project {
            Project::at(self.0.path()).unwrap()
        }
    }

    fn made(project: &Project, environment: &str) -> Made {
        released(&mut Shelf::new(project), "orders", environment, None).unwrap()
    }

    fn codes(diagnostics: &Diagnostics) -> Vec<Code> {
        diagnostics.iter().map(|told| told.code).collect()
    }

    #[test]
    fn a_release_gives_the_stack_of_its_files_when_these_are_gone() {
        let files = Files::new();
        let project = files.project();
        let Made { release, uploads } = made(&project, "dev");
        let stacks = ["dev", "prod"].map(|name| prepare(&mut Shelf::new(&project), "orders", name, None).unwrap());
        files.write("stacks/orders/pipeline.yaml", "pipeline: [");
        files.write("templates/stream.yaml.hbs", "{{nonsense");
        fs::remove_dir_all(files.0.path().join("stacks/orders/handlers")).unwrap();
        for stack in stacks {
            let name = stack.sized.pipeline().environment().name().as_str();
            let mut shelf = Shelf::new(&project);
            let again = prepare_release(&mut shelf, &release, name, None).unwrap();
            assert_eq!(again.rendered.template, stack.rendered.template, "{name}");
            assert!(again.uploads.is_empty() && codes(&again.warnings).is_empty());
            // Whoever shows places shows them in the text that was released.
            assert_eq!(shelf.texts().get(&release.content.pipeline_file()).map(String::as_str), Some(SPEC));
        }
        let keys: Vec<&String> = uploads.iter().map(|upload| &upload.key).collect();
        assert_eq!(keys, release.content.artifacts.keys().collect::<Vec<_>>());
    }

    #[test]
    fn the_environment_that_it_is_resolved_in_is_no_part_of_a_release() {
        let files = Files::new();
        let project = files.project();
        let first = made(&project, "dev").release;
        assert_eq!(made(&project, "prod").release, first);
        // Where the file does not resolve without what one environment changes in it, another one says what it is.
        files.write("stacks/orders/pipeline.yaml", &SPEC.replace("app.handler}", "app.handler, network: private}"));
        files.write(
            "environments/dev.yaml",
            "environment: dev\ntier: development\ntarget: embedded\npipelines: {orders: {consumers: {score: {network: null}}}}\n",
        );
        files.write(
            "environments/prod.yaml",
            "environment: prod\ntier: production\ntarget: embedded\nnetworks:\n  private: {subnets: \
             [subnet-0aaaaaaaaaaaaaaa1], security_groups: [sg-0aaaaaaaaaaaaaaa1]}\n",
        );
        let networked = made(&project, "dev").release;
        assert_eq!(made(&project, "prod").release, networked);
        assert!(networked.digest != first.digest && networked.content.code == first.content.code);
        for name in ["dev", "prod"] {
            prepare_release(&mut Shelf::new(&project), &networked, name, None).unwrap();
        }
        // And where it resolves nowhere without an overlay, it does so with one, which still changes nothing of it.
        fs::remove_file(files.0.path().join("environments/prod.yaml")).unwrap();
        assert_eq!(made(&project, "dev").release, networked);
        files.write("stacks/orders/handlers/other/app.py", "other = True\n");
        files.write(
            "environments/dev.yaml",
            "environment: dev\ntier: development\ntarget: embedded\npipelines:\n  orders:\n    consumers:\n      score: \
             {network: null, code: handlers/other}\n      more: {from: orders, code: handlers/other, handler: app.handler}\n",
        );
        assert_eq!(made(&project, "dev").release, networked);
        assert!(prepare_release(&mut Shelf::new(&project), &networked, "dev", None).is_err());
    }

    #[test]
    fn what_another_version_of_the_tool_made_is_taken_with_its_own_templates_and_a_warning() {
        let files = Files::new();
        let project = files.project();
        let Made { mut release, .. } = made(&project, "dev");
        release.content.tool = "sluice 0.0.1".to_owned();
        let older = Release::of(release.content, release.sources);
        let prepared = prepare_release(&mut Shelf::new(&project), &older, "dev", None).unwrap();
        assert_eq!(codes(&prepared.warnings), [Code::ReleaseOtherTool]);
    }

    #[test]
    fn an_overlay_that_changes_code_or_models_is_refused_and_one_that_changes_the_rest_is_not() {
        let files = Files::new();
        let project = files.project();
        let release = made(&project, "dev").release;
        let overlaid = |score: &str| {
            let head = "environment: dev\ntier: development\ntarget: embedded\npipelines:\n  orders:\n    consumers:\n";
            files.write("environments/dev.yaml", &format!("{head}      score: {score}\n"));
            prepare_release(&mut Shelf::new(&project), &release, "dev", None)
        };
        assert!(overlaid("{memory: 2 GiB, runtime: python3.12}").is_ok());
        for changed in ["{code: handlers/other}", "{requirements: requirements.txt}", "{build: {command: [make]}}"] {
            let refused = overlaid(changed).unwrap_err();
            assert_eq!(codes(&refused.diagnostics), [Code::ReleaseOverlaid], "{changed}");
        }
        let more = "{}\n      more: {from: orders, code: handlers/score, handler: app.handler}";
        assert_eq!(codes(&overlaid(more).unwrap_err().diagnostics), [Code::ReleaseOverlaid]);
    }
}
