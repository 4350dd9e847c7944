//! SageMaker endpoints, with their configuration and models.

use super::parts::Left;
use super::{Carry, placeholder, seconds};
use crate::import::document::{Block, Out};
use crate::import::names::stage_name;
use crate::import::value::{Item, Value};
use crate::import::world::{Kind, Resource, View};
use crate::spec::{Instance, PLACEHOLDER, Text};
use crate::units::ByteSize;

impl<'w> Carry<'w> {
    pub(super) fn endpoints(&self) -> Block {
        let mut section = Block::default();
        for resource in self.world.of(Kind::Endpoint) {
            let Some(name) = self.parts.stage(resource) else { continue };
            match self.endpoint(name, resource) {
                Some(endpoint) => self.stage(&mut section, "endpoint", name, endpoint, resource),
                None => {
                    let why =
                        "what it serves, or how, cannot be told: its configuration, model, container or instances"
                            .to_owned();
                    self.parts.leave(resource, Left::Lost(why));
                }
            }
        }
        section
    }

    fn endpoint(&self, name: &str, resource: &'w Resource) -> Option<Block> {
        let view = resource.view();
        view.skip(&["EndpointName", "RetainAllVariantProperties"]);
        let config = self.world.meant(view.get("EndpointConfigName")?, &[Kind::EndpointConfig])?;
        let variants = config.view().each("ProductionVariants");
        let first = variants.first()?;
        let multi = self.model_of(first).is_some_and(|model| container(model).is_some_and(|own| is_multi(&own)));
        let model = match variants.as_slice() {
            [one] if multi => Out::choice("multi-model", Out::Map(self.multi_model(one)?)),
            [one] => {
                let mut single = self.single_model(one)?;
                single.put_some("shadow", self.shadow(config, &single));
                Out::choice("single", Out::Map(single))
            }
            several => {
                let mut block = Block::default();
                for variant in several.iter().take(10) {
                    let called = stage_name(&self.text(variant, "VariantName")?, "variant");
                    let weight = self.whole_or(variant, "InitialVariantWeight", 1, 0..=1_000_000)?;
                    block.put(&called, Out::Map(self.single_model(variant)?.with("weight", Out::word(weight))));
                }
                Out::choice("variants", Out::Map(block))
            }
        };
        let serving = self.serving(name, resource, config, first)?;
        Some(Block::default().with("model", model).with("serving", serving))
    }

    fn model_of(&self, variant: &View<'w>) -> Option<&'w Resource> {
        self.world.meant(variant.get("ModelName")?, &[Kind::Model])
    }

    fn image(&self, container: &View<'_>) -> Option<Out> {
        self.checked::<Text<255>>(container, "Image").map(|uri| Out::choice("uri", Out::text(uri)))
    }

    fn single_model(&self, variant: &View<'w>) -> Option<Block> {
        let model = self.model_of(variant)?;
        let own = container(model)?;
        let image = self.image(&own)?;
        Some(Block::default().with("image", image).with("artifact", Out::text(self.artifact(model, &own))))
    }

    /// The model's file beside the pipeline file.
    fn artifact(&self, model: &Resource, container: &View<'_>) -> String {
        let url = container.get("ModelDataUrl").and_then(Item::as_text).unwrap_or_default();
        let last = url.rsplit('/').next().filter(|last| last.ends_with(".tar.gz")).unwrap_or("model.tar.gz");
        let safe: String =
            last.chars().map(|c| if c.is_ascii_alphanumeric() || "._-".contains(c) { c } else { '-' }).collect();
        let path = format!("models/{safe}");
        let from = if url.is_empty() { "its model".to_owned() } else { format!("`{url}`") };
        self.to_decide(model, &format!("put {from} at `{path}` beside the pipeline file"));
        path
    }

    fn multi_model(&self, variant: &View<'w>) -> Option<Block> {
        let model = self.model_of(variant)?;
        let own = container(model)?;
        let image = self.image(&own)?;
        own.skip(&["ModelDataUrl", "MultiModelConfig"]);
        self.to_decide(model, "a multi-model names its models; write them under `models`, and which is the default");
        let file = Out::text(format!("models/{}.tar.gz", PLACEHOLDER));
        let models = Block::default().with(PLACEHOLDER, file);
        Some(Block::default().with("image", image).with("models", Out::Map(models)).with("default", placeholder()))
    }

    fn shadow(&self, config: &'w Resource, single: &Block) -> Option<Out> {
        let mut shadows = config.view().each("ShadowProductionVariants").into_iter();
        let shadow = shadows.next()?;
        if shadows.next().is_some() {
            self.lost(&config.view(), "ShadowProductionVariants", "an endpoint has one shadow; the first one is taken");
        }
        shadow.skip(&["VariantName", "InstanceType", "InitialInstanceCount"]);
        let model = self.single_model(&shadow)?;
        let mut block = Block::default();
        block.absorb(model.only("artifact"));
        if model.only("image") != single.only("image") {
            block.absorb(model.only("image"));
        }
        let share = |view: &View<'_>| view.get("InitialVariantWeight").and_then(Item::as_number).unwrap_or(1.0);
        let main = config.view().each("ProductionVariants").first().map_or(1.0, share);
        let percent = share(&shadow) / main * 100.0;
        if percent.is_finite() && percent > 0.0 && percent <= 100.0 && percent != 50.0 {
            block.put("share", Out::word(format!("{}%", (percent * 100.0).round() / 100.0)));
        }
        Some(Out::Map(block))
    }

    fn serving(&self, name: &str, endpoint: &'w Resource, config: &'w Resource, variant: &View<'w>) -> Option<Out> {
        variant.skip(&["VariantName", "InitialVariantWeight"]);
        let config = config.view();
        config.skip(&["EndpointConfigName", "Tags"]);
        if config.field("KmsKeyId").is_some() {
            self.lost(&config, "KmsKeyId", "disks of instances are encrypted with a key that AWS keeps");
        }
        if let Some(serverless) = variant.part("ServerlessConfig") {
            let memory = self.whole(&serverless, "MemorySizeInMB", 1024..=6144)?;
            let most = self.whole(&serverless, "MaxConcurrency", 1..=200)?;
            let mut concurrency = Block::default().with("max", Out::word(most));
            concurrency
                .put_some("provisioned", self.whole(&serverless, "ProvisionedConcurrency", 1..=200).map(Out::word));
            let detail = Block::default()
                .with("memory", Out::word(ByteSize::from_mib(memory)))
                .with("concurrency", Out::Map(concurrency));
            return Some(Out::choice("serverless", Out::Map(detail)));
        }
        let instance = self.checked::<Instance>(variant, "InstanceType")?;
        let mut serving = Block::default().with("instance", Out::text(instance));
        let count = self.whole_or(variant, "InitialInstanceCount", 1, 0..=1000);
        let (min, max) = match self.scaling(endpoint, "variant:DesiredInstanceCount") {
            Some((min, max)) => (Some(min), Some(max)),
            None => (count, None),
        };
        let mut instances = Block::default();
        instances.put_some("min", min.map(Out::word));
        instances.put_some("max", max.filter(|max| Some(*max) != min).map(Out::word));
        serving.put_block("instances", instances);
        let Some(queued) = config.part("AsyncInferenceConfig") else {
            serving.put_some("rollout", self.rollout(&endpoint.view(), min.unwrap_or(1)));
            return Some(Out::choice("real-time", Out::Map(serving)));
        };
        let parallel = self.whole(&queued, "ClientConfig.MaxConcurrentInvocationsPerInstance", 1..=1000);
        serving.put_some("parallel", parallel.map(Out::word));
        self.exchange(name, &queued, &mut serving);
        Some(Out::choice("async", Out::Map(serving)))
    }

    /// Buckets and topics of an asynchronous endpoint.
    fn exchange(&self, name: &str, queued: &View<'w>, serving: &mut Block) {
        let output = queued.get("OutputConfig.S3OutputPath");
        let bucket = output.and_then(|item| self.bucket_of(item)).and_then(|bucket| self.parts.stage(bucket));
        // Where requests are put is known to their senders only.
        serving.put("input", bucket.map_or_else(placeholder, Out::word));
        serving.put("output", bucket.map_or_else(placeholder, Out::word));
        let what = match bucket {
            Some(bucket) => format!(
                "endpoint `{name}`: which bucket requests are put into is not in the source; `{bucket}` is taken"
            ),
            None => format!("endpoint `{name}`: its buckets are not in the source; write `input` and `output`"),
        };
        self.to_decide(queued.resource, &what);
        for (field, path) in [("success", "SuccessTopic"), ("error", "ErrorTopic")] {
            let path = format!("OutputConfig.NotificationConfig.{path}");
            let topic = self.meant(queued, &path, &[Kind::Topic]).and_then(|topic| self.parts.stage(topic));
            serving.put_some(field, topic.map(Out::word));
        }
    }

    fn bucket_of(&self, item: &Item) -> Option<&'w Resource> {
        let by_reference = self.world.meant(item, &[Kind::Bucket]);
        by_reference.or_else(|| {
            let text = item.as_text()?;
            let name = text.strip_prefix("s3://")?.split('/').next()?;
            self.world.of(Kind::Bucket).find(|bucket| bucket.name().is_some_and(|known| known == name))
        })
    }

    fn rollout(&self, endpoint: &View<'_>, min: u64) -> Option<Out> {
        let path = "DeploymentConfig.BlueGreenUpdatePolicy.TrafficRoutingConfiguration";
        endpoint.skip(&[
            "DeploymentConfig.BlueGreenUpdatePolicy.TerminationWaitInSeconds",
            "DeploymentConfig.BlueGreenUpdatePolicy.MaximumExecutionTimeoutInSeconds",
            "DeploymentConfig.AutoRollbackConfiguration",
        ]);
        let canary = self.text(endpoint, &format!("{path}.Type")).as_deref() == Some("CANARY");
        let wait = self.whole(endpoint, &format!("{path}.WaitIntervalInSeconds"), 0..=3600);
        let size = self.whole(endpoint, &format!("{path}.CanarySize.Value"), 1..=500);
        let counted = self.text(endpoint, &format!("{path}.CanarySize.Type")).as_deref() == Some("INSTANCE_COUNT");
        if !canary {
            // Sluice's own default is a canary wherever there are two instances.
            return (min >= 2).then(|| Out::word("all-at-once"));
        }
        let Some(size) = size.filter(|size| counted && size * 2 <= min) else {
            self.lost(
                endpoint,
                &format!("{path}.CanarySize"),
                "a canary is a number of instances, at most half of them",
            );
            return None;
        };
        let mut detail = Block::default().with("instances", Out::word(size));
        detail.put_unless("wait", wait, 300, seconds);
        Some(Out::choice("canary", Out::Map(detail)))
    }
}

/// The one container of a model.
fn container(model: &Resource) -> Option<View<'_>> {
    let view = model.view();
    view.skip(&["ModelName", "ExecutionRoleArn", "Tags"]);
    view.part("PrimaryContainer").or_else(|| view.part("Containers"))
}

fn is_multi(container: &View<'_>) -> bool {
    container.get("Mode").is_some_and(|item| item.value == Value::Text("MultiModel".to_owned()))
}
