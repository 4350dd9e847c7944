//! Endpoints: models, instances, how a new configuration takes over.

use std::collections::BTreeMap;

use super::{Resolver, defaults};
use crate::diagnostic::{Code, closest};
use crate::pipeline::model::{Endpoint, EndpointRollout, Image, Model, ServiceTime, Serving};
use crate::spec::{
    EndpointSpec, ImageChoice, ModelChoice, MultiModelSpec, RealTimeSpec, RolloutChoice, ServingChoice, Text,
};
use crate::units::StageName;

impl Resolver<'_> {
    pub(super) fn endpoints(&mut self) -> BTreeMap<StageName, Endpoint> {
        let file = self.file;
        file.endpoints.iter().map(|(name, spec)| (name.clone(), self.endpoint(name, spec))).collect()
    }

    fn endpoint(&mut self, name: &StageName, spec: &EndpointSpec) -> Endpoint {
        let path = format!("endpoints.{name}");
        let model = match &spec.model {
            ModelChoice::Multi(multi) => self.multi_model(&format!("{path}.model.multi-model"), multi),
            ModelChoice::Single(single) => {
                self.check_model_file(&format!("{path}.model.single.artifact"), &single.artifact.0);
                Model::Single { image: image(&single.image), artifact: single.artifact.0.clone() }
            }
        };
        let ServingChoice::RealTime(real_time) = &spec.serving;
        let serving = self.real_time(&format!("{path}.serving.real-time"), real_time);
        let latency = spec.latency.as_ref().map(|latency| ServiceTime { p50: latency.p50.0, p99: latency.p99.0 });
        if let Some(measured) = latency.as_ref().filter(|measured| measured.p99 < measured.p50) {
            let title = format!("the 99th percentile ({}) is below the median ({})", measured.p99, measured.p50);
            let diagnostic = self.error(Code::Conflict, &format!("{path}.latency.p99"), title);
            self.push(diagnostic.help("swap the two, or measure again"));
        }
        Endpoint { name: name.clone(), model, serving, latency }
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
        let diagnostic = self.error(Code::UnknownReference, &format!("{path}.{field}"), title);
        self.push(match closest(&name.0, spec.models.keys().map(|known| known.0.as_str())) {
            Some(meant) => diagnostic.help(format!("did you mean `{meant}`?")),
            None => diagnostic.help("add it under `models:`"),
        });
    }

    fn real_time(&mut self, path: &str, spec: &RealTimeSpec) -> Serving {
        let (min, max) = match &spec.instances {
            None => defaults::instances(self.tier),
            Some(instances) => (instances.min.0, instances.max.map_or(instances.min.0, |max| max.0)),
        };
        if max < min {
            let title = format!("at most {max} instances is fewer than at least {min}");
            let diagnostic = self.error(Code::Conflict, &format!("{path}.instances.max"), title);
            self.push(diagnostic.help(format!("raise `max` to {min} or more, or lower `min`")));
        }
        let rollout = match &spec.rollout {
            Some(RolloutChoice::AllAtOnce) => EndpointRollout::AllAtOnce,
            Some(RolloutChoice::Canary(canary)) => {
                let instances = canary.instances.0;
                if instances.saturating_mul(2) > min {
                    let title = format!("a canary of {instances} is more than half of {min} instances");
                    let note =
                        "SageMaker refuses a canary above half of the fleet, and the fleet may be at its minimum";
                    let diagnostic = self.error(Code::Conflict, &format!("{path}.rollout.canary.instances"), title);
                    let diagnostic =
                        self.also(diagnostic, &format!("{path}.instances.min"), "the fleet at its minimum");
                    let help =
                        format!("raise `instances.min` to {}, or use `all-at-once`", instances.saturating_mul(2));
                    self.push(diagnostic.note(note).help(help));
                }
                EndpointRollout::Canary { instances, wait: canary.wait.map_or(defaults::CANARY_WAIT, |wait| wait.0) }
            }
            None if min >= 2 => EndpointRollout::Canary { instances: 1, wait: defaults::CANARY_WAIT },
            None => EndpointRollout::AllAtOnce,
        };
        Serving::RealTime { instance: spec.instance.0.clone(), min, max, rollout }
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
