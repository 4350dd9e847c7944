//! Endpoints: what they serve.

use std::collections::BTreeMap;

use super::finding::Finding;
use super::{Resolver, defaults};
use crate::diagnostic::{Code, closest};
use crate::pipeline::model::{Endpoint, Image, Model, ServiceTime, Shadow, Variant};
use crate::pipeline::stage::{StageKind, StageRef};
use crate::spec::{
    EndpointSpec, ImageChoice, ModelChoice, MultiModelSpec, ServingChoice, SingleModelSpec, Source, Text, VariantSpec,
};
use crate::units::{LocalName, StageName};

/// How many variants an endpoint can have (the schema of `AWS::SageMaker::EndpointConfig`); one alone is `single`.
const VARIANTS: std::ops::RangeInclusive<usize> = 2..=10;

impl Resolver<'_> {
    pub(super) fn endpoints(&mut self) -> BTreeMap<StageName, Endpoint> {
        let file = self.file;
        file.endpoints.iter().map(|(name, spec)| (name.clone(), self.endpoint(name, spec))).collect()
    }

    fn endpoint(&mut self, name: &StageName, spec: &EndpointSpec) -> Endpoint {
        let path = StageRef::new(StageKind::Endpoint, name).path();
        let model = match &spec.model {
            ModelChoice::Multi(multi) => self.multi_model(&format!("{path}.model.multi-model"), multi),
            ModelChoice::Single(single) => self.single_model(&format!("{path}.model.single"), single),
            ModelChoice::Variants(variants) => self.variants(&format!("{path}.model.variants"), variants),
        };
        self.check_combination(&path, spec);
        let serving = self.serving(&format!("{path}.serving"), &spec.serving);
        let latency = spec.latency.as_ref().map(|latency| ServiceTime { p50: latency.p50.0, p99: latency.p99.0 });
        if let Some(measured) = latency.as_ref().filter(|measured| measured.p99 < measured.p50) {
            let title = format!("the 99th percentile ({}) is below the median ({})", measured.p99, measured.p50);
            let finding = self.error(Code::Conflict, &format!("{path}.latency.p99"), title);
            self.push(finding.help("swap the two, or measure again"));
        }
        Endpoint { name: name.clone(), model, serving, latency }
    }

    /// What SageMaker does not do together.
    fn check_combination(&mut self, path: &str, spec: &EndpointSpec) {
        let (serving, asked) = match &spec.serving {
            ServingChoice::RealTime(_) => return,
            ServingChoice::Async(_) => ("async", Source::SageMakerAsync),
            ServingChoice::Serverless(_) => ("serverless", Source::SageMakerServerless),
        };
        let (model, why, source) = match &spec.model {
            ModelChoice::Multi(_) => {
                let why = "only a real-time request can name the model it is for (`TargetModel`)";
                ("multi-model", why, Some(asked))
            }
            ModelChoice::Variants(_) => {
                // Of asynchronous endpoints no page of AWS says it.
                let source = Some(asked).filter(|page| *page == Source::SageMakerServerless);
                ("variants", "requests are split between variants in real time only", source)
            }
            ModelChoice::Single(single) if single.shadow.is_some() => {
                let why = "SageMaker copies requests of real-time endpoints only";
                ("single.shadow", why, Some(Source::SageMakerShadow))
            }
            ModelChoice::Single(_) => return,
        };
        let title = format!("`{model}` and `{serving}` exclude each other");
        let finding = self.error(Code::Conflict, &format!("{path}.model.{model}"), title);
        let finding = self.also(finding, &format!("{path}.serving.{serving}"), "how it serves").note(why);
        let finding = source.into_iter().fold(finding, Finding::source);
        self.push(finding.help("serve `real-time`, or a `single` model alone"));
    }

    fn single_model(&mut self, path: &str, spec: &SingleModelSpec) -> Model {
        self.check_model_file(&format!("{path}.artifact"), &spec.artifact.0);
        let shadow = spec.shadow.as_ref().map(|shadow| {
            self.check_model_file(&format!("{path}.shadow.artifact"), &shadow.artifact.0);
            Shadow {
                image: image(shadow.image.as_ref().unwrap_or(&spec.image)),
                artifact: shadow.artifact.0.clone(),
                share: shadow.share.map_or(defaults::SHADOW_SHARE, |share| share.0),
            }
        });
        Model::Single { image: image(&spec.image), artifact: spec.artifact.0.clone(), shadow }
    }

    fn variants(&mut self, path: &str, variants: &BTreeMap<LocalName, VariantSpec>) -> Model {
        if !VARIANTS.contains(&variants.len()) {
            let (least, most) = (VARIANTS.start(), VARIANTS.end());
            let title = format!("{} variants; an endpoint is split between {least} to {most}", variants.len());
            self.push(self.error(Code::OutOfRange, path, title).help("serve one model with `single`"));
        }
        if !variants.is_empty() && variants.values().all(|variant| variant.weight.0 == 0) {
            let title = "all weights are zero, so nobody would answer";
            self.push(self.error(Code::Conflict, path, title).help("give at least one variant a weight"));
        }
        for (name, variant) in variants {
            self.check_model_file(&format!("{path}.{name}.artifact"), &variant.artifact.0);
        }
        let variant = |(name, spec): (&LocalName, &VariantSpec)| {
            let (image, artifact) = (image(&spec.image), spec.artifact.0.clone());
            (name.clone(), Variant { image, artifact, weight: spec.weight.0 })
        };
        Model::Variants(variants.iter().map(variant).collect())
    }

    fn multi_model(&mut self, path: &str, spec: &MultiModelSpec) -> Model {
        if spec.models.is_empty() {
            let title = "a multi-model endpoint needs at least one model";
            self.push(self.error(Code::MissingSetting, path, title).help("add one under `models:`"));
        }
        self.check_model_name(path, "default", &spec.default, spec);
        if let Some(fallback) = &spec.fallback {
            self.check_model_name(path, "fallback", fallback, spec);
            if *fallback == spec.default {
                let title = format!("`{}` is both the default and its own fallback", fallback.0);
                let help = "name another model, or remove `fallback`";
                self.push(self.error(Code::Conflict, &format!("{path}.fallback"), title).help(help));
            }
        }
        let mut by_file: BTreeMap<&str, &str> = BTreeMap::new();
        for (model, file) in &spec.models {
            let model_path = format!("{path}.models.{}", model.0);
            self.check_model_file(&model_path, &file.0);
            // The container knows a model by its file's name alone.
            let base = file.0.rsplit('/').next().unwrap_or(&file.0);
            if let Some(other) = by_file.insert(base, &model.0) {
                let title = format!("models `{other}` and `{}` have files of one name, `{base}`", model.0);
                let help = "rename one of the files; a multi-model endpoint tells models apart by it";
                self.push(self.error(Code::Conflict, &model_path, title).help(help));
            }
        }
        Model::Multi {
            image: image(&spec.image),
            models: spec.models.iter().map(|(name, file)| (name.0.clone(), file.0.clone())).collect(),
            default: spec.default.0.clone(),
            fallback: spec.fallback.as_ref().map(|fallback| fallback.0.clone()),
        }
    }

    fn check_model_name(&mut self, path: &str, field: &str, name: &Text<63>, spec: &MultiModelSpec) {
        if spec.models.contains_key(name) {
            return;
        }
        let title = format!("there is no model `{}`", name.0);
        let finding = self.error(Code::UnknownReference, &format!("{path}.{field}"), title);
        self.push(match closest(&name.0, spec.models.keys().map(|known| known.0.as_str())) {
            Some(meant) => finding.help(format!("did you mean `{meant}`?")),
            None => finding.help("add it under `models:`"),
        });
    }
}

fn image(spec: &ImageChoice) -> Image {
    match spec {
        ImageChoice::Builtin(builtin) => {
            Image::Builtin { name: builtin.name.0.clone(), version: builtin.version.0.clone() }
        }
        ImageChoice::Uri(uri) => Image::Uri(uri.0.clone()),
    }
}
