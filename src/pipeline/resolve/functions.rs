//! What consumers and workers have in common: code, edges, networks, layers, concurrency.

use super::paths::leads_out;
use super::{Resolver, defaults};
use crate::diagnostic::Code;
use crate::pipeline::model::{Build, Concurrency, Function, FunctionNetwork, Sends, Work};
use crate::pipeline::stage::{StageKind, StageRef};
use crate::spec::{BuildSpec, FunctionSpec, SendsSpec, in_folder};
use crate::units::LocalName;

/// Runtimes that can be created today (Lambda developer guide, supported runtimes).
const RUNTIMES: [&str; 17] = [
    "python3.10",
    "python3.11",
    "python3.12",
    "python3.13",
    "python3.14",
    "nodejs20.x",
    "nodejs22.x",
    "nodejs24.x",
    "java11",
    "java17",
    "java21",
    "java25",
    "dotnet8",
    "ruby3.3",
    "ruby3.4",
    "provided.al2",
    "provided.al2023",
];

/// Days that CloudWatch Logs can keep (the schema of `AWS::Logs::LogGroup`).
const LOG_DAYS: [u32; 22] =
    [1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653];

/// Most layers of a function (Lambda developer guide, quotas).
const MOST_LAYERS: usize = 5;
/// All environment variables of a function together.
const VARIABLES_BYTES: usize = 4_096;

impl Resolver<'_> {
    pub(super) fn function(&mut self, stage: &StageRef, spec: &FunctionSpec) -> Function {
        let path = stage.path();
        self.check_edges(&path, spec);
        let runtime = spec.runtime.as_ref().map_or(defaults::RUNTIME, |runtime| runtime.0.as_str());
        self.check_runtime(&path, runtime, &spec.handler.0);
        // What a build makes is not there yet.
        let written = if spec.build.is_none() { spec.handler.0.as_str() } else { "" };
        self.check_handler(&path, &spec.code.0, written, runtime);
        let build = spec.build.as_ref().map(|build| self.build(&path, build));
        self.check_requirements(&path, spec, runtime);
        self.check_variables(&path, spec);
        let sends = spec.sends.as_ref();
        let sent = |pick: fn(&SendsSpec) -> &Vec<_>| sends.map(|sends| pick(sends).clone()).unwrap_or_default();
        Function {
            code: spec.code.0.trim_end_matches('/').to_owned(),
            build,
            requirements: spec.requirements.as_ref().map(|file| file.0.clone()),
            handler: spec.handler.0.clone(),
            runtime: runtime.to_owned(),
            memory: spec.memory.map_or(defaults::MEMORY, |memory| memory.0),
            timeout: spec.timeout.map_or(defaults::TIMEOUT, |timeout| timeout.0),
            features: spec.features.clone(),
            scores_with: spec.scores_with.clone(),
            falls_back_to: spec.falls_back_to.clone(),
            writes: spec.writes.clone(),
            sends: Sends {
                streams: sent(|sends| &sends.streams),
                queues: sent(|sends| &sends.queues),
                topics: sent(|sends| &sends.topics),
                buckets: sent(|sends| &sends.buckets),
            },
            reads: spec.reads.clone(),
            environment: spec.environment.iter().map(|(key, value)| (key.0.clone(), value.0.clone())).collect(),
            network: spec.network.as_ref().and_then(|name| self.network(&path, name)),
            layers: self.layers(&path, spec),
            concurrency: self.concurrency(&path, spec),
            tracing: spec.tracing.unwrap_or(false),
            log_retention_days: self.log_days(&path, spec),
            work: spec.work.as_ref().map(|work| Work { fixed: work.fixed, per_record: work.per_record }),
        }
    }

    fn build(&mut self, path: &str, spec: &BuildSpec) -> Build {
        let path = format!("{path}.build");
        if spec.command.is_empty() {
            let finding = self.error(Code::MissingSetting, &format!("{path}.command"), "the build has no command");
            self.push(finding.help("write the program and its arguments: `command: [make, package]`"));
        }
        let output = spec.output.as_ref().map_or("", |output| output.0.trim_end_matches('/')).to_owned();
        if leads_out(&output) {
            let title = format!("`{output}` leads out of the handler's folder");
            let finding = self.error(Code::MissingFile, &format!("{path}.output"), title);
            self.push(finding.note("a build works on a copy of the folder, and what it leaves elsewhere is gone"));
        }
        for (index, input) in spec.inputs.iter().enumerate() {
            self.check_input(&format!("{path}.inputs.{index}"), &input.0);
        }
        Build {
            command: spec.command.iter().map(|word| word.0.clone()).collect(),
            output,
            inputs: spec.inputs.iter().map(|input| input.0.clone()).collect(),
            variables: spec.variables.iter().map(|name| name.0.clone()).collect(),
            timeout: spec.timeout.map_or(defaults::BUILD_TIMEOUT, |timeout| timeout.0),
        }
    }

    fn check_requirements(&mut self, path: &str, spec: &FunctionSpec, runtime: &str) {
        let Some(file) = &spec.requirements else { return };
        let at = format!("{path}.requirements");
        if !runtime.starts_with("python") {
            let title = format!("`requirements` are Python packages, and the function runs on `{runtime}`");
            let finding = self.error(Code::Conflict, &at, title);
            let finding = self.also(finding, &format!("{path}.runtime"), "this runtime");
            return self.push(finding.help("install what it needs with a `build`"));
        }
        self.check_requirements_file(&at, &in_folder(&spec.code.0, &file.0));
    }

    fn check_edges(&mut self, path: &str, spec: &FunctionSpec) {
        for (field, kind, names) in [
            ("features", StageKind::Table, &spec.features),
            ("writes", StageKind::Table, &spec.writes),
            ("reads", StageKind::Bucket, &spec.reads),
        ] {
            self.check_list(kind, names, &format!("{path}.{field}"));
        }
        if let Some(sends) = &spec.sends {
            for (field, kind, names) in [
                ("streams", StageKind::Stream, &sends.streams),
                ("queues", StageKind::Queue, &sends.queues),
                ("topics", StageKind::Topic, &sends.topics),
                ("buckets", StageKind::Bucket, &sends.buckets),
            ] {
                self.check_list(kind, names, &format!("{path}.sends.{field}"));
            }
        }
        for (field, name) in [("scores_with", &spec.scores_with), ("falls_back_to", &spec.falls_back_to)] {
            if let Some(name) = name {
                self.check_known(StageKind::Endpoint, name, &format!("{path}.{field}"));
            }
        }
        let Some(fallback) = &spec.falls_back_to else { return };
        let at = format!("{path}.falls_back_to");
        match &spec.scores_with {
            None => {
                let finding = self.error(Code::MissingSetting, &at, "there is nothing to fall back from");
                let finding = self.also(finding, &format!("{path}.scores_with"), "no endpoint is asked first");
                self.push(finding.help("name the endpoint that is asked first in `scores_with`"));
            }
            Some(first) if first == fallback => {
                let title = format!("`{fallback}` is both the endpoint and its own fallback");
                let finding = self.error(Code::Conflict, &at, title);
                self.push(finding.help("name another endpoint, or remove `falls_back_to`"));
            }
            Some(_) => {}
        }
    }

    fn network(&mut self, path: &str, name: &LocalName) -> Option<FunctionNetwork> {
        let environment = self.environment();
        if let Some(network) = environment.networks().get(name) {
            let (subnets, security_groups) = (network.subnets.clone(), network.security_groups.clone());
            return Some(FunctionNetwork { name: name.clone(), subnets, security_groups });
        }
        let title = format!("environment `{}` has no network `{name}`", environment.name());
        let known: Vec<&str> = environment.networks().keys().map(LocalName::as_str).collect();
        let finding = self.error(Code::UnknownReference, &format!("{path}.network"), title).meant(name.as_str(), known);
        let help = format!(
            "add `networks: {{{name}: {{subnets: [subnet-…], security_groups: [sg-…]}}}}` to `{}`",
            environment.file()
        );
        self.push(finding.help(help));
        None
    }

    fn layers(&mut self, path: &str, spec: &FunctionSpec) -> Vec<String> {
        let layers: Vec<String> = spec.layers.iter().map(|layer| layer.0.clone()).collect();
        let path = format!("{path}.layers");
        self.check_most(&path, layers.len(), MOST_LAYERS, "layers", "a Lambda function takes five layers");
        self.check_distinct(&path, &layers);
        for (index, layer) in layers.iter().enumerate() {
            let region = layer.split(':').nth(3).unwrap_or_default();
            if region != self.region.as_str() {
                let title = format!("the layer is in `{region}`, the function in `{}`", self.region);
                let finding = self.error(Code::Conflict, &format!("{path}.{index}"), title);
                let note = "a function uses layers of its own region only (Lambda developer guide)";
                self.push(finding.note(note).help("set it in each environment's overlay"));
            }
        }
        layers
    }

    fn concurrency(&mut self, path: &str, spec: &FunctionSpec) -> Concurrency {
        let Some(asked) = &spec.concurrency else { return Concurrency::default() };
        let path = format!("{path}.concurrency");
        let (reserved, provisioned) = (asked.reserved.map(|n| n.0), asked.provisioned.map(|n| n.0));
        if let (Some(reserved), Some(provisioned)) = (reserved, provisioned)
            && provisioned > reserved
        {
            let title = format!("{provisioned} provisioned instances are more than the {reserved} reserved ones");
            let finding = self.error(Code::Conflict, &format!("{path}.provisioned"), title);
            let finding = self.also(finding, &format!("{path}.reserved"), "the function's ceiling");
            let note =
                "provisioned concurrency is taken from what is reserved for the function (Lambda developer guide)";
            self.push(
                finding.note(note).help(format!("raise `reserved` to {provisioned} or more, or lower `provisioned`")),
            );
        }
        Concurrency { reserved, provisioned }
    }

    fn check_runtime(&mut self, path: &str, runtime: &str, handler: &str) {
        if !RUNTIMES.contains(&runtime) {
            let title = format!("`{runtime}` is not a runtime of Lambda that can be created today");
            let finding = self.error(Code::UnknownChoice, &format!("{path}.runtime"), title);
            let finding = finding.note(format!("runtimes are `{}`", RUNTIMES.join("`, `")));
            self.push(finding.meant(runtime, RUNTIMES));
        }
        let needs_module = ["python", "nodejs", "ruby"].iter().any(|family| runtime.starts_with(family));
        let well_formed = !handler.contains(char::is_whitespace)
            && (!needs_module
                || handler.rsplit_once('.').is_some_and(|(file, function)| !file.is_empty() && !function.is_empty()));
        if !well_formed {
            let title = format!("`{}` is not a handler", handler.escape_debug());
            let finding = self.error(Code::BadName, &format!("{path}.handler"), title);
            self.push(finding.help("write `module.function`, for instance `app.handler`"));
        }
    }

    fn check_variables(&mut self, path: &str, spec: &FunctionSpec) {
        let bytes: usize = spec.environment.iter().map(|(key, value)| key.0.len() + value.0.len()).sum();
        if bytes > VARIABLES_BYTES {
            let title = format!("the environment variables have {bytes} bytes; Lambda takes at most {VARIABLES_BYTES}");
            self.push(self.error(Code::OutOfRange, &format!("{path}.environment"), title));
        }
    }

    fn log_days(&mut self, path: &str, spec: &FunctionSpec) -> u32 {
        let Some(kept) = spec.log_retention else { return defaults::log_retention_days(self.environment().tier()) };
        let days = u32::try_from(kept.0.as_days()).unwrap_or(u32::MAX);
        if !LOG_DAYS.contains(&days) {
            let longer = LOG_DAYS.iter().find(|choice| **choice > days).unwrap_or(&3653);
            let title = format!("CloudWatch Logs cannot keep logs for {days} days");
            let all: Vec<String> = LOG_DAYS.iter().map(u32::to_string).collect();
            let finding = self.error(Code::OutOfRange, &format!("{path}.log_retention"), title);
            self.push(
                finding.note(format!("it keeps {} days", all.join(", "))).help(format!("did you mean `{longer}d`?")),
            );
        }
        days
    }
}
