//! The pure core, piece by piece: read, resolve, render, compare. `cargo bench` runs it.

#![expect(
    clippy::expect_used,
    clippy::disallowed_methods,
    reason = "a benchmark reads the example project and stops where it cannot"
)]

use std::collections::BTreeMap;
use std::hint::black_box;
use std::path::Path;

use criterion::{Criterion, criterion_group, criterion_main};
use sluicegate::capacity;
use sluicegate::diagnostic::FilePath;
use sluicegate::environment::{self, EnvironmentFile};
use sluicegate::observed::{Observed, StackDescription, StackStatus};
use sluicegate::pipeline::{self, FolderFacts, Pipeline};
use sluicegate::plan::{Desired, Known, compare};
use sluicegate::render::{Assets, Rendered, TemplateSources, render};
use sluicegate::spec::{self, SpecFile};
use sluicegate::units::Timestamp;

const PIPELINE: &str = "stacks/fraud-detection/pipeline.yaml";
const ENVIRONMENT: &str = "environments/prod.yaml";

fn bytes(path: &str) -> Vec<u8> {
    std::fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).expect("the example project is there")
}

fn read(bytes: &[u8]) -> SpecFile {
    spec::read(&FilePath::new(PIPELINE), bytes).expect("the example reads")
}

fn resolve(spec: &SpecFile, environment: &EnvironmentFile) -> Pipeline {
    pipeline::resolve(spec, environment, None, &FolderFacts::none()).expect("the example resolves").0
}

fn assets(pipeline: &Pipeline) -> Assets {
    Assets {
        bucket: "sluice-artifacts-123456789012-eu-west-1".to_owned(),
        code: pipeline.consumers().keys().map(|stage| (stage.clone(), format!("functions/{stage}/0.zip"))).collect(),
        models: pipeline
            .endpoints()
            .keys()
            .map(|stage| (stage.clone(), [(String::new(), "models/0/".to_owned())].into()))
            .collect(),
    }
}

fn desired(rendered: Rendered) -> Desired {
    Desired {
        stack: rendered.stack_name,
        template: rendered.template,
        tags: rendered.tags,
        origins: rendered.origins,
        loads: std::collections::BTreeMap::new(),
    }
}

/// The stack as it would be if `desired` were deployed.
fn deployed(desired: &Desired) -> Observed {
    Observed::Present(Box::new(StackDescription {
        id: "arn:aws:cloudformation:eu-west-1:123456789012:stack/x/1".to_owned(),
        name: desired.stack.clone(),
        status: StackStatus::CreateComplete,
        status_reason: None,
        template: Some(desired.template.clone()),
        parameters: BTreeMap::new(),
        tags: desired.tags.clone(),
        outputs: BTreeMap::new(),
        resources: BTreeMap::new(),
        created: Timestamp::from_millis(0),
        updated: None,
        termination_protection: false,
        change_set_id: None,
    }))
}

fn core(c: &mut Criterion) {
    let (text, environment) = (bytes(PIPELINE), bytes(ENVIRONMENT));
    let environment = environment::read(&FilePath::new(ENVIRONMENT), &environment).expect("the environment reads");
    let spec = read(&text);
    let resolved = resolve(&spec, &environment);
    let assets = assets(&resolved);
    let sized = capacity::size(resolved);
    let sources = TemplateSources::built_in().expect("the templates compile");
    let before = desired(render(&sized, &sources, &assets).expect("the example renders"));
    let observed = deployed(&before);
    let changed = String::from_utf8(text.clone()).expect("UTF-8").replace("parallel: 4", "parallel: 8");
    let sized_after = capacity::size(resolve(&read(changed.as_bytes()), &environment));
    let after = desired(render(&sized_after, &sources, &assets).expect("the example renders"));

    c.bench_function("read", |b| b.iter(|| read(black_box(&text))));
    c.bench_function("resolve", |b| b.iter(|| resolve(black_box(&spec), &environment)));
    c.bench_function("render", |b| b.iter(|| render(black_box(&sized), &sources, &assets)));
    c.bench_function("compare", |b| b.iter(|| compare(black_box(&after), &observed, &Known::default())));
}

criterion_group!(benches, core);
criterion_main!(benches);
