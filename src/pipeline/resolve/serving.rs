//! Endpoints: how they serve.

use super::{Resolver, defaults};
use crate::diagnostic::Code;
use crate::pipeline::model::{EndpointRollout, Serving};
use crate::pipeline::stage::StageKind;
use crate::spec::{AsyncSpec, RealTimeSpec, RolloutChoice, ServerlessSpec, ServingChoice};

impl Resolver<'_> {
    pub(super) fn serving(&mut self, path: &str, choice: &ServingChoice) -> Serving {
        match choice {
            ServingChoice::RealTime(spec) => self.real_time(&format!("{path}.real-time"), spec),
            ServingChoice::Async(spec) => self.asynchronous(&format!("{path}.async"), spec),
            ServingChoice::Serverless(spec) => self.serverless(&format!("{path}.serverless"), spec),
        }
    }

    fn check_fleet(&mut self, path: &str, min: u32, max: u32) {
        if max < min {
            let title = format!("at most {max} instances is fewer than at least {min}");
            let finding = self.error(Code::Conflict, &format!("{path}.instances.max"), title);
            self.push(finding.help(format!("raise `max` to {min} or more, or lower `min`")));
        }
    }

    fn asynchronous(&mut self, path: &str, spec: &AsyncSpec) -> Serving {
        let (min, max) = match &spec.instances {
            None => defaults::async_instances(self.environment().tier()),
            Some(asked) => (asked.min.0, asked.max.map_or(asked.min.0.max(1), |max| max.0)),
        };
        self.check_fleet(path, min, max);
        for (field, name) in [("input", &spec.input), ("output", &spec.output)] {
            self.check_known(StageKind::Bucket, name, &format!("{path}.{field}"));
        }
        for (field, name) in [("success", &spec.success), ("error", &spec.error)] {
            if let Some(name) = name {
                self.check_known(StageKind::Topic, name, &format!("{path}.{field}"));
            }
        }
        Serving::Async {
            instance: spec.instance.0.clone(),
            min,
            max,
            parallel: spec.parallel.map(|parallel| parallel.0),
            input: spec.input.clone(),
            output: spec.output.clone(),
            success: spec.success.clone(),
            error: spec.error.clone(),
            expires: spec.expires.map_or(defaults::REQUEST_EXPIRES, |expires| expires.0),
        }
    }

    fn serverless(&mut self, path: &str, spec: &ServerlessSpec) -> Serving {
        let max = spec.concurrency.max.0;
        let provisioned = spec.concurrency.provisioned.map(|provisioned| provisioned.0);
        if let Some(warm) = provisioned.filter(|warm| *warm > max) {
            let title = format!("{warm} warm containers are more than the {max} that may run");
            let finding = self.error(Code::Conflict, &format!("{path}.concurrency.provisioned"), title);
            let finding = self.also(finding, &format!("{path}.concurrency.max"), "the ceiling");
            let note = "`ProvisionedConcurrency` is at most `MaxConcurrency` (SageMaker API)";
            self.push(finding.note(note).help(format!("lower `provisioned` to {max}, or raise `max`")));
        }
        Serving::Serverless { memory: spec.memory.0, max, provisioned }
    }

    fn real_time(&mut self, path: &str, spec: &RealTimeSpec) -> Serving {
        let (min, max) = match &spec.instances {
            None => defaults::instances(self.environment().tier()),
            Some(instances) => (instances.min.0, instances.max.map_or(instances.min.0, |max| max.0)),
        };
        self.check_fleet(path, min, max);
        let rollout = match &spec.rollout {
            Some(RolloutChoice::AllAtOnce) => EndpointRollout::AllAtOnce,
            Some(RolloutChoice::Canary(canary)) => {
                let instances = canary.instances.0;
                if instances.saturating_mul(2) > min {
                    let title = format!("a canary of {instances} is more than half of {min} instances");
                    let note =
                        "SageMaker refuses a canary above half of the fleet, and the fleet may be at its minimum";
                    let finding = self.error(Code::Conflict, &format!("{path}.rollout.canary.instances"), title);
                    let finding = self.also(finding, &format!("{path}.instances.min"), "the fleet at its minimum");
                    let help =
                        format!("raise `instances.min` to {}, or use `all-at-once`", instances.saturating_mul(2));
                    self.push(finding.note(note).help(help));
                }
                EndpointRollout::Canary { instances, wait: canary.wait.map_or(defaults::CANARY_WAIT, |wait| wait.0) }
            }
            None if min >= 2 => EndpointRollout::Canary { instances: 1, wait: defaults::CANARY_WAIT },
            None => EndpointRollout::AllAtOnce,
        };
        Serving::RealTime { instance: spec.instance.0.clone(), min, max, rollout }
    }
}
