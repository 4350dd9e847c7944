//! What an endpoint serves: its models, and the variants between which it divides or copies requests.

use serde::Serialize;
use serde_json::{Value, json};

use super::stage;
use crate::diagnostic::{Code, Diagnostic};
use crate::pipeline::{Endpoint, Image, Model, Serving, names};
use crate::render::image;
use crate::render::scene::Scene;
use crate::units::LogicalId;

/// Models and variants, ready to be placed, and what the role needs of them.
pub(super) struct Served<'a> {
    pub(super) models: Vec<ModelView>,
    pub(super) variants: Vec<VariantView<'a>>,
    pub(super) shadows: Vec<VariantView<'a>>,
    /// Keys and prefixes of the artifacts.
    pub(super) keys: Vec<&'a str>,
    /// ECR repositories of the images, each once.
    pub(super) repositories: Vec<String>,
}

#[derive(Serialize)]
pub(super) struct ModelView {
    pub(super) id: LogicalId,
    name: String,
    role: LogicalId,
    image: String,
    mode: &'static str,
    isolated: bool,
    data_url: String,
}

#[derive(Serialize)]
pub(super) struct VariantView<'a> {
    name: &'a str,
    model: LogicalId,
    weight: Value,
    fleet: Option<Fleet<'a>>,
    serverless: Option<Serverless>,
}

#[derive(Serialize)]
struct Fleet<'a> {
    instance: &'a str,
    count: u32,
}

/// In CloudFormation's spelling.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Serverless {
    #[serde(rename = "MemorySizeInMB")]
    memory_size_in_mb: u64,
    max_concurrency: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    provisioned_concurrency: Option<u32>,
}

/// The variant that takes every request where there is only one.
pub(super) const ALL_TRAFFIC: &str = "AllTraffic";

/// One variant before it is placed.
struct Variant<'a> {
    name: &'a str,
    /// The name of its artifact ([`crate::pipeline::Artifact`]).
    artifact: &'a str,
    image: &'a Image,
    weight: Value,
    /// It gets copies and answers nobody.
    shadow: bool,
}

/// The variants of an endpoint, production first. A shadow's weight against that of the one production variant is the
/// share of requests that it gets a copy of ("Shadow variants", SageMaker developer guide).
fn variants(model: &Model) -> Vec<Variant<'_>> {
    let only = |image| Variant { name: ALL_TRAFFIC, artifact: "", image, weight: json!(1), shadow: false };
    match model {
        Model::Multi { image, .. } => vec![only(image)],
        Model::Single { image, shadow, .. } => {
            let copy = shadow.as_ref().map(|shadow| Variant {
                name: "Shadow",
                artifact: "shadow",
                image: &shadow.image,
                weight: json!(shadow.share.as_fraction()),
                shadow: true,
            });
            [only(image)].into_iter().chain(copy).collect()
        }
        Model::Variants(variants) => variants
            .iter()
            .map(|(name, variant)| Variant {
                name: name.as_str(),
                artifact: name.as_str(),
                image: &variant.image,
                weight: json!(variant.weight),
                shadow: false,
            })
            .collect(),
    }
}

fn model_id(endpoint: &Endpoint, variant: &str) -> LogicalId {
    let part = if variant == ALL_TRAFFIC { "Model".to_owned() } else { format!("model-{variant}") };
    names::logical_id(&stage(&endpoint.name), &part)
}

/// The logical ids of an endpoint's models, which are immutable and therefore named by content.
pub(in crate::render) fn model_ids(endpoint: &Endpoint) -> Vec<LogicalId> {
    variants(&endpoint.model).iter().map(|variant| model_id(endpoint, variant.name)).collect()
}

/// The production variants' names: what scales and what alarms watch.
#[must_use]
pub fn names_of(model: &Model) -> Vec<&str> {
    variants(model).into_iter().filter(|variant| !variant.shadow).map(|variant| variant.name).collect()
}

pub(super) fn served<'a>(
    scene: &'a Scene<'_>,
    endpoint: &'a Endpoint,
    role: &LogicalId,
) -> Result<Served<'a>, Diagnostic> {
    let mode = match &endpoint.model {
        Model::Multi { .. } => "MultiModel",
        Model::Single { .. } | Model::Variants(_) => "SingleModel",
    };
    let mut served = Served {
        models: Vec::new(),
        variants: Vec::new(),
        shadows: Vec::new(),
        keys: Vec::new(),
        repositories: Vec::new(),
    };
    for variant in variants(&endpoint.model) {
        let keys = scene.assets.models.get(&endpoint.name);
        let Some(key) = keys.and_then(|keys| keys.get(variant.artifact)) else {
            return Err(Diagnostic::error(
                Code::AssetMissing,
                format!("the models of endpoint `{}` were not collected", endpoint.name),
            ));
        };
        let image = resolve_image(scene, endpoint, variant.image)?;
        let id = model_id(endpoint, variant.name);
        served.keys.push(key);
        served.repositories.extend(image.repository_arn.filter(|arn| !served.repositories.contains(arn)));
        served.models.push(ModelView {
            id: id.clone(),
            // Two variants of one artifact are two models, so the variant is part of what is hashed.
            name: format!("{}-{}", scene.pipeline.physical_name(&endpoint.name), variant.name),
            role: role.clone(),
            image: image.uri,
            mode,
            // A serverless endpoint has no network isolation ("Feature exclusions", SageMaker developer guide).
            isolated: image.offline && !matches!(endpoint.serving, Serving::Serverless { .. }),
            data_url: format!("s3://{}/{key}", scene.assets.bucket),
        });
        let shadow = variant.shadow;
        let placed = place(variant, id, &endpoint.serving);
        if shadow { served.shadows.push(placed) } else { served.variants.push(placed) }
    }
    Ok(served)
}

fn place<'a>(variant: Variant<'a>, model: LogicalId, serving: &'a Serving) -> VariantView<'a> {
    let (fleet, serverless) = match serving {
        Serving::RealTime { instance, min, .. } => (Some(Fleet { instance, count: *min }), None),
        // A configuration begins with one instance at least; autoscaling takes it to none.
        Serving::Async { instance, min, .. } => (Some(Fleet { instance, count: (*min).max(1) }), None),
        Serving::Serverless { memory, max, provisioned } => {
            let config = Serverless {
                memory_size_in_mb: memory.as_mib(),
                max_concurrency: *max,
                provisioned_concurrency: *provisioned,
            };
            (None, Some(config))
        }
    };
    VariantView { name: variant.name, model, weight: variant.weight, fleet, serverless }
}

fn resolve_image(scene: &Scene<'_>, endpoint: &Endpoint, image: &Image) -> Result<image::Resolved, Diagnostic> {
    match image {
        Image::Uri(uri) => Ok(image::Resolved::given(uri)),
        Image::Builtin { name, version } => {
            image::built_in(name, version, scene.pipeline.region()).map_err(|refusal| {
                let place = scene.pipeline.stage_origin(&stage(&endpoint.name), "model").place;
                refusal.at_maybe(place, "asked for here")
            })
        }
    }
}
