//! The example pipeline as CloudFormation, one golden template per environment.
//!
//! Golden files are read line by line when they change: `SLUICE_BLESS=1 cargo test --test golden` writes them, and the
//! difference is what a reviewer looks at. Handlers and models stand under fixed digests, so that only what the
//! pipeline means shows here.

#![expect(
    clippy::disallowed_methods,
    clippy::expect_used,
    clippy::panic,
    reason = "a test reads the example project and its golden files and stops where it cannot"
)]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use sluicegate::capacity;
use sluicegate::diagnostic::FilePath;
use sluicegate::environment;
use sluicegate::operate::{self, Shelf};
use sluicegate::pipeline::{self, FolderFacts, Pipeline};
use sluicegate::render::{Assets, Rendered, TemplateSources, render};
use sluicegate::spec;
use sluicegate::template::Template;
use sluicegate::view::graph;
use sluicegate::workspace::Project;

const ENVIRONMENTS: [&str; 5] = ["local", "dev", "rehearsal", "staging", "prod"];

fn project() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn read(path: &str) -> (FilePath, Vec<u8>) {
    (FilePath::new(path), fs::read(project().join(path)).unwrap_or_else(|error| panic!("{path}: {error}")))
}

fn resolved(environment: &str) -> Pipeline {
    let (file, bytes) = read("stacks/fraud-detection/pipeline.yaml");
    let spec = spec::read(&file, &bytes).expect("the pipeline file");
    let (file, bytes) = read(&format!("environments/{environment}.yaml"));
    let environment = environment::read(&file, &bytes).expect("the environment file");
    pipeline::resolve(&spec, &environment, None, &FolderFacts::none()).expect("resolves").0
}

fn rendered(environment: &str) -> Rendered {
    let pipeline = resolved(environment);
    let digest = "0123456789abcdef".repeat(4);
    let stages =
        |names: Vec<_>, key: String| -> BTreeMap<_, _> { names.into_iter().map(|name| (name, key.clone())).collect() };
    let assets = Assets {
        bucket: pipeline::names::artifact_bucket(pipeline.account(), pipeline.region()),
        code: stages(pipeline.consumers().keys().cloned().collect(), format!("functions/score/{digest}.zip")),
        models: stages(pipeline.endpoints().keys().cloned().collect(), format!("models/{digest}/")),
    };
    let sources = TemplateSources::built_in().expect("templates");
    render(&capacity::size(pipeline), &sources, &assets).expect("renders")
}

#[test]
fn every_environment_renders_its_golden_template() {
    let mut different = Vec::new();
    for environment in ENVIRONMENTS {
        let text = rendered(environment).template.to_canonical_yaml();
        let file = Path::new("tests/golden").join(format!("fraud-detection.{environment}.yaml"));
        if std::env::var_os("SLUICE_BLESS").is_some() {
            fs::write(project().join(&file), &text).expect("written");
        }
        if fs::read_to_string(project().join(&file)).unwrap_or_default() != text {
            different.push(file);
        }
    }
    assert!(different.is_empty(), "{different:?} differ; look at the difference, then bless it with SLUICE_BLESS=1");
}

#[test]
fn json_and_yaml_are_one_template() {
    for environment in ENVIRONMENTS {
        let template = rendered(environment).template;
        assert_eq!(Template::parse(&template.to_canonical_json()).as_ref(), Ok(&template), "{environment}");
        assert_eq!(Template::parse(&template.to_canonical_yaml()).as_ref(), Ok(&template), "{environment}");
    }
}

#[test]
fn every_resource_points_at_a_line_of_the_pipeline_or_environment_file() {
    let rendered = rendered("prod");
    for (id, origin) in rendered.origins.iter() {
        let place = origin.place.as_ref().unwrap_or_else(|| panic!("{id} comes from nowhere: {}", origin.spec_path));
        assert!(place.line > 0, "{id}");
    }
    assert!(rendered.warnings.is_empty(), "{:?}", rendered.warnings);
}

#[test]
fn an_environment_overrides_what_auto_would_have_decided() {
    let shards = |environment: &str| {
        rendered(environment).template.resources["StreamTransactions"].properties["ShardCount"].clone()
    };
    assert_eq!(shards("prod"), 24);
    assert_eq!(shards("staging"), 15);
}

#[test]
fn the_page_of_every_stack_shows_the_topology_of_its_pipeline() {
    let repository = Project::find(&project()).expect("this repository is a project");
    let mut shelf = Shelf::new(&repository);
    let mut wrong = Vec::new();
    for pipeline in repository.pipelines().expect("stacks/") {
        let file = project().join("stacks").join(&pipeline).join("README.md");
        let page = fs::read_to_string(&file).unwrap_or_default();
        let shape = operate::shape(&mut shelf, &pipeline, None, None).expect("resolves");
        let Some(fresh) = graph::placed(&page, &graph::to_mermaid(&graph::topology(&shape.sized))) else {
            wrong.push(format!("{pipeline} has no place for its topology"));
            continue;
        };
        if fresh != page && std::env::var_os("SLUICE_BLESS").is_some() {
            fs::write(&file, &fresh).expect("written");
        } else if fresh != page {
            wrong.push(format!("{pipeline} shows an old topology"));
        }
    }
    assert!(wrong.is_empty(), "{wrong:?}; write them with SLUICE_BLESS=1, or `sluice graph PIPELINE --out README.md`");
}
