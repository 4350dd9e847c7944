//! What `sluice check` is told: suppressions of stages that exist, failures that were tried out.

use super::Resolver;
use crate::diagnostic::Code;
use crate::pipeline::model::{ChaosTest, Injected, Pipeline, Readiness, Suppression};
use crate::pipeline::stage::StageRef;
use crate::spec::{InjectedChoice, StagePath, SuppressionSpec};

impl Resolver<'_> {
    pub(super) fn readiness(&mut self, pipeline: &Pipeline) -> Readiness {
        let Some(spec) = &self.file.readiness else { return Readiness::default() };
        let entries = spec.suppress.iter().enumerate();
        let suppressions = entries.filter_map(|(index, entry)| self.suppression(pipeline, index, entry)).collect();
        let chaos = spec.chaos.as_ref().map(|chaos| ChaosTest {
            on: chaos.on,
            failures: chaos.failures.iter().map(injected).collect(),
            report: chaos.report.as_ref().map(|report| report.0.clone()),
        });
        Readiness { suppressions, chaos }
    }

    /// `None` where the stage is not there: a suppression of nothing must not become one of everything.
    fn suppression(&mut self, pipeline: &Pipeline, index: usize, spec: &SuppressionSpec) -> Option<Suppression> {
        let path = format!("readiness.suppress.{index}");
        let stage = match &spec.stage {
            None => None,
            Some(written) => Some(self.stage_at(pipeline, &format!("{path}.stage"), written)?),
        };
        Some(Suppression { rule: spec.rule.0, stage, reason: spec.reason.0.clone(), until: spec.until, path })
    }

    fn stage_at(&mut self, pipeline: &Pipeline, path: &str, written: &StagePath) -> Option<StageRef> {
        let wanted = format!("{}.{}", written.section, written.stage);
        let found = pipeline.stages().find(|stage| stage.path() == wanted);
        if found.is_none() {
            let known: Vec<String> = pipeline.stages().map(|stage| stage.path()).collect();
            let title = format!("there is no stage `{wanted}`");
            let finding = self.error(Code::UnknownReference, path, title);
            self.push(finding.meant(&wanted, known.iter().map(String::as_str)));
        }
        found
    }
}

fn injected(choice: &InjectedChoice) -> Injected {
    match choice {
        InjectedChoice::EndpointDown => Injected::EndpointDown,
        InjectedChoice::NetworkLatency => Injected::NetworkLatency,
        InjectedChoice::MalformedRecords => Injected::MalformedRecords,
        InjectedChoice::TableThrottled => Injected::TableThrottled,
    }
}
