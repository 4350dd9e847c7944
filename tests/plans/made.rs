//! Pipelines as somebody might write them, and plans from one to another.

use std::collections::BTreeMap;

use proptest::prelude::*;
use sluicegate::capacity::{self, Sized};
use sluicegate::diagnostic::FilePath;
use sluicegate::environment;
use sluicegate::observed::{Observed, StackDescription, StackStatus};
use sluicegate::operate;
use sluicegate::pipeline::{self, FolderFacts};
use sluicegate::plan::{Desired, Known, Plan, compare};
use sluicegate::render::{TemplateSources, render};
use sluicegate::spec;
use sluicegate::units::Timestamp;
use sluicegate::view::graph::topology;
use sluicegate::view::plan::{About, Outlook};

use super::assets::assets;

/// A pipeline.
#[derive(Clone, Debug)]
pub struct Made {
    shards: Option<u32>,
    days: u32,
    fan_out: bool,
    parallel: u32,
    memory: u32,
    tip: bool,
    key: Option<&'static str>,
    archive: bool,
    queue: bool,
    owner: &'static str,
    patch: Option<&'static str>,
    production: bool,
}

/// Any of them.
pub fn made() -> impl Strategy<Value = Made> {
    let stream = (prop::option::of(1u32..12), 1u32..30);
    let reader = (any::<bool>(), 1u32..=10, 2u32..9, any::<bool>());
    let stages = (prop::option::of(prop_oneof![Just("id"), Just("other")]), any::<bool>(), any::<bool>());
    let owner = prop_oneof![Just("commerce-ml"), Just("payments")];
    let patch = prop::option::of(prop_oneof![
        Just("{Dashboard: null}"),
        Just("{StreamOrders: {Properties: {Name: other-name}}}"),
        Just("{ConsumerScoreMapping: {Properties: {Enabled: false}}}"),
    ]);
    (stream, reader, stages, owner, patch, any::<bool>()).prop_map(
        |(stream, reader, stages, owner, patch, production)| {
            let ((shards, days), (fan_out, parallel, memory, tip), (key, archive, queue)) = (stream, reader, stages);
            Made {
                shards,
                days,
                fan_out,
                parallel,
                memory: memory * 128,
                tip,
                key,
                archive,
                queue,
                owner,
                patch,
                production,
            }
        },
    )
}

impl Made {
    fn text(&self) -> String {
        let capacity =
            self.shards.map_or("on-demand".to_owned(), |shards| format!("{{provisioned: {{shards: {shards}}}}}"));
        let mut text = format!(
            "pipeline: orders\nowner: '{}'\nstreams:\n  orders: {{capacity: {capacity}, retention: {}d}}\n",
            self.owner, self.days
        );
        text.push_str("traffic:\n  orders: {steady: 200/s, peak: 1500/s, record: 1 KiB, key: {field: k, distinct: 2M, hottest: 0.3%}}\n");
        text.push_str(&format!(
            "consumers:\n  score:\n    from: orders\n    code: handlers/score\n    handler: app.handler\n    runtime: python3.13\n    memory: {} MiB\n    read: {}\n    start: {}\n    batch: {{size: 20, parallel: {}}}\n    work: {{fixed: 12ms, per_record: 2ms}}\n    failure: {{retries: 3, max_age: 1h}}\n",
            self.memory,
            if self.fan_out { "fan-out" } else { "shared" },
            if self.tip { "latest" } else { "trim-horizon" },
            self.parallel
        ));
        if let Some(key) = self.key {
            text.push_str("    writes: [state]\n");
            text.push_str(&format!("tables:\n  state: {{key: {key}, ttl: {{attribute: expires_at, after: 30d}}}}\n"));
        }
        if self.queue {
            text.push_str("queues:\n  review: {read_by: people}\n");
        }
        if self.archive {
            text.push_str("archive:\n  orders: {format: json, compress: gzip}\n");
        }
        if let Some(patch) = self.patch {
            text.push_str(&format!("cloudformation: {{patch: {patch}}}\n"));
        }
        text
    }

    fn environment(&self) -> String {
        let tier = if self.production { "production" } else { "development" };
        format!("environment: prod\ntier: {tier}\ntarget: aws\naccount: \"123456789012\"\nregions: [eu-west-1]\n")
    }

    /// The pipeline with every sizing decided.
    pub fn sized(&self) -> Sized {
        let text = self.text();
        let spec = spec::read(&FilePath::new("stacks/orders/pipeline.yaml"), text.as_bytes())
            .unwrap_or_else(|found| panic!("{text}\n{found:?}"));
        let environment = environment::read(&FilePath::new("environments/prod.yaml"), self.environment().as_bytes())
            .expect("an environment");
        let resolved = pipeline::resolve(&spec, &environment, None, &FolderFacts::none());
        capacity::size(resolved.unwrap_or_else(|found| panic!("{text}\n{found:?}")).0)
    }

    /// What it is to be deployed as, and what its plans are about.
    pub fn desired(&self) -> (Desired, About) {
        let sized = self.sized();
        let sources = TemplateSources::built_in().expect("templates");
        let rendered = render(&sized, &sources, &assets(sized.pipeline())).expect("renders");
        let outlook = operate::outlook(&sized);
        let about = About {
            pipeline: "orders".to_owned(),
            environment: "prod".to_owned(),
            account: "123456789012".to_owned(),
            region: "eu-west-1".to_owned(),
            embedded: false,
            outlook: Some(Outlook::of(outlook.assessment, outlook.bill, outlook.budget)),
            topology: Some(topology(&sized)),
            consent: Vec::new(),
        };
        let desired = Desired {
            stack: rendered.stack_name,
            template: rendered.template,
            tags: rendered.tags,
            origins: rendered.origins,
            loads: BTreeMap::new(),
        };
        (desired, about)
    }
}

/// The stack as it would be if `desired` were deployed.
pub fn deployed(desired: &Desired) -> Observed {
    Observed::Present(Box::new(StackDescription {
        id: "arn:aws:cloudformation:eu-west-1:123456789012:stack/orders-prod/1".to_owned(),
        name: desired.stack.clone(),
        status: StackStatus::UpdateComplete,
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

/// The plan from one to the other.
pub fn planned(before: &Desired, after: &Desired) -> Plan {
    compare(after, &deployed(before), &Known::default())
}
