//! The pure core, piece by piece: read, resolve, render, compare, and a plan of 500 resources in every form. `cargo bench`
//! runs it.

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
use sluicegate::diagnostic::{Diagnostics, FilePath};
use sluicegate::environment::{self, EnvironmentFile};
use sluicegate::observed::{Observed, StackDescription, StackStatus};
use sluicegate::operate;
use sluicegate::pipeline::{self, FolderFacts, Pipeline};
use sluicegate::plan::{Action, ChangeKind, Desired, Known, Plan, ResourcePlan, compare};
use sluicegate::render::{Assets, Rendered, TemplateSources, render};
use sluicegate::spec::{self, SpecFile};
use sluicegate::units::{LogicalId, Timestamp};
use sluicegate::view::Look;
use sluicegate::view::graph::topology;
use sluicegate::view::plan::{self as view, About, Detail, Outlook};

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

/// As many resources as a stack may have: half of them new, half of them changed in everything.
fn of_500_resources(new: &Plan) -> Plan {
    let resources = new.resources.iter().cycle().take(500).enumerate().map(|(number, resource)| {
        let mut resource = ResourcePlan {
            logical_id: LogicalId::new(&format!("{}{number}", resource.logical_id)).expect("an id"),
            ..resource.clone()
        };
        if number % 2 == 0 {
            resource.action = Action::Update;
            for change in &mut resource.changes {
                (change.kind, change.before) = (ChangeKind::Modified, change.after.clone());
            }
        }
        resource
    });
    Plan { resources: resources.collect(), ..new.clone() }
}

/// A plan in every form.
fn forms(c: &mut Criterion, plan: &Plan, about: &About) {
    let (look, all) = (Look::plain(), Detail { compact: false, unchanged: true });
    c.bench_function("500 resources as text", |b| b.iter(|| view::to_text(&look, black_box(plan), about, all)));
    c.bench_function("500 resources as JSON", |b| b.iter(|| format!("{:#}", view::to_json(black_box(plan), about))));
    c.bench_function("500 resources as Markdown", |b| b.iter(|| view::to_markdown(black_box(plan), about, all)));
    c.bench_function("500 resources as a page", |b| b.iter(|| view::to_html(black_box(plan), about, all)));
    c.bench_function("500 resources as SARIF", |b| {
        b.iter(|| view::to_sarif(black_box(plan), about, &Diagnostics::new()).to_string());
    });
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

    let outlook = operate::outlook(&sized);
    let about = About {
        pipeline: "fraud-detection".to_owned(),
        environment: "prod".to_owned(),
        account: "123456789012".to_owned(),
        region: "eu-west-1".to_owned(),
        embedded: false,
        outlook: Some(Outlook::of(outlook.assessment, outlook.bill, outlook.budget)),
        topology: Some(topology(&sized)),
        consent: Vec::new(),
    };
    let new = compare(&before, &Observed::Absent, &Known::default());
    forms(c, &of_500_resources(&new), &about);
}

criterion_group!(benches, core);
criterion_main!(benches);
