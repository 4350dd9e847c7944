//! The built-in stacks as CloudFormation: fraud detection in every environment, the others in production. And
//! `tests/features/`: small pipelines that together use every feature of the language.
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

#[path = "support/assets.rs"]
mod assets;

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use sluicegate::capacity;
use sluicegate::diagnostic::FilePath;
use sluicegate::environment;
use sluicegate::operate::{self, Shelf};
use sluicegate::pipeline::{self, FolderFacts, Neighbour, Pipeline};
use sluicegate::render::{Rendered, TemplateSources, render};
use sluicegate::spec::{self, SpecFile};
use sluicegate::template::Template;
use sluicegate::view::graph;
use sluicegate::workspace::Project;

const ENVIRONMENTS: [&str; 5] = ["local", "dev", "rehearsal", "staging", "prod"];
/// The stack that is kept for every environment.
const EXAMPLE: &str = "fraud-detection";
const FEATURES: [&str; 3] = ["data", "endpoints", "functions"];

fn project() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn read(path: &str) -> (FilePath, Vec<u8>) {
    (FilePath::new(path), fs::read(project().join(path)).unwrap_or_else(|error| panic!("{path}: {error}")))
}

fn spec(path: &str) -> SpecFile {
    let (file, bytes) = read(path);
    spec::read(&file, &bytes).unwrap_or_else(|found| panic!("{path}: {found:?}"))
}

fn resolved(pipeline: &str, environment: &str, facts: &FolderFacts) -> Pipeline {
    let (file, bytes) = read(environment);
    let environment = environment::read(&file, &bytes).expect("the environment file");
    let resolved = pipeline::resolve(&spec(pipeline), &environment, None, facts);
    resolved.unwrap_or_else(|found| panic!("{pipeline}: {found:?}")).0
}

/// The names of the built-in stacks.
fn stacks() -> Vec<String> {
    let folders = fs::read_dir(project().join("stacks")).expect("stacks");
    let mut names: Vec<String> =
        folders.map(|folder| folder.expect("a stack").file_name().into_string().expect("a name in UTF-8")).collect();
    names.sort();
    names
}

fn stack(name: &str, environment: &str) -> Rendered {
    let mut facts = FolderFacts::none();
    for other in stacks().iter().filter(|other| *other != name) {
        let other = spec(&format!("stacks/{other}/pipeline.yaml"));
        facts.insert_neighbour(other.name().clone(), Neighbour::Read(Arc::new(other)));
    }
    rendered(resolved(&format!("stacks/{name}/pipeline.yaml"), &format!("environments/{environment}.yaml"), &facts))
}

fn feature(name: &str) -> Rendered {
    let mut facts = FolderFacts::none();
    let neighbour = spec("tests/features/neighbour.yaml");
    facts.insert_neighbour(neighbour.name().clone(), Neighbour::Read(Arc::new(neighbour)));
    rendered(resolved(&format!("tests/features/{name}.yaml"), "tests/features/prod.yaml", &facts))
}

fn rendered(pipeline: Pipeline) -> Rendered {
    let assets = assets::assets(&pipeline);
    let sources = TemplateSources::built_in().expect("templates");
    render(&capacity::size(pipeline), &sources, &assets).expect("renders")
}

/// Every golden file and what stands in it.
fn golden() -> impl Iterator<Item = (PathBuf, Rendered)> {
    let file = |name: String| Path::new("tests/golden").join(name);
    let examples = stacks().into_iter().flat_map(move |name| {
        let environments = if name == EXAMPLE { &ENVIRONMENTS[..] } else { &["prod"] };
        environments
            .iter()
            .map(move |environment| (file(format!("{name}.{environment}.yaml")), stack(&name, environment)))
            .collect::<Vec<_>>()
    });
    examples.chain(FEATURES.into_iter().map(move |name| (file(format!("feature.{name}.yaml")), feature(name))))
}

#[test]
fn every_environment_and_every_feature_renders_its_golden_template() {
    let mut different = Vec::new();
    for (file, rendered) in golden() {
        let text = rendered.template.to_canonical_yaml();
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
    for (file, Rendered { template, .. }) in golden() {
        assert_eq!(Template::parse(&template.to_canonical_json()).as_ref(), Ok(&template), "{file:?}");
        assert_eq!(Template::parse(&template.to_canonical_yaml()).as_ref(), Ok(&template), "{file:?}");
    }
}

#[test]
fn every_resource_points_at_a_line_of_the_pipeline_or_environment_file() {
    for (file, rendered) in golden() {
        for (id, origin) in rendered.origins.iter() {
            let place =
                origin.place.as_ref().unwrap_or_else(|| panic!("{id} comes from nowhere: {}", origin.spec_path));
            assert!(place.line > 0, "{id}");
        }
        assert!(rendered.warnings.is_empty(), "{file:?}: {:?}", rendered.warnings);
    }
}

#[test]
fn an_environment_overrides_what_auto_would_have_decided() {
    let shards = |environment: &str| {
        stack(EXAMPLE, environment).template.resources["StreamTransactions"].properties["ShardCount"].clone()
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
