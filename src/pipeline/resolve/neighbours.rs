//! Streams of other pipelines.

use super::{Resolver, places};
use crate::diagnostic::Code;
use crate::pipeline::facts::{FolderFacts, Neighbour};
use crate::pipeline::model::{Encryption, OtherKey, OtherStream, OtherStreamFacts, Pipeline, StreamFrom};
use crate::pipeline::names;
use crate::pipeline::stage::StageKind;
use crate::spec::{SpecFile, StreamSource};
use crate::units::{PipelineName, StageName};

impl Resolver<'_> {
    /// The stream that a consumer reads.
    pub(super) fn source(&mut self, path: &str, from: &StreamSource) -> StreamFrom {
        let path = format!("{path}.from");
        match &from.pipeline {
            None => {
                self.check_known(StageKind::Stream, &from.stream, &path);
                StreamFrom::Own(from.stream.clone())
            }
            Some(pipeline) if *pipeline == self.file.pipeline => {
                let finding = self.error(Code::Conflict, &path, "this is the pipeline itself");
                self.push(finding.help(format!("write `from: {}`", from.stream)));
                StreamFrom::Own(from.stream.clone())
            }
            Some(pipeline) => {
                let facts = self.other_stream(&path, pipeline, &from.stream);
                StreamFrom::Other(OtherStream { pipeline: pipeline.clone(), stream: from.stream.clone(), facts })
            }
        }
    }

    fn other_stream(&mut self, path: &str, pipeline: &PipelineName, stream: &StageName) -> Option<OtherStreamFacts> {
        let folder = self.folder;
        let spec = match folder.neighbour(pipeline)? {
            Neighbour::Read(spec) => spec,
            Neighbour::Unreadable => return None,
            Neighbour::Missing(known) => {
                let title = format!("there is no pipeline `{pipeline}`");
                let finding = self.error(Code::OtherPipeline, path, title);
                let finding = finding.meant(pipeline.as_str(), known.iter().map(String::as_str));
                let known: Vec<String> = known.iter().map(|known| format!("`{known}`")).collect();
                self.push(finding.note(format!("this project has {}", known.join(", "))));
                return None;
            }
        };
        let other = self.outline(spec)?;
        if let Some(found) = other.streams().get(stream) {
            return Some(OtherStreamFacts {
                capacity: found.capacity.clone(),
                retention: found.retention,
                key: match &found.encryption {
                    Encryption::Managed => None,
                    Encryption::Key(key) => {
                        Some(OtherKey::Alias(names::key_alias(pipeline, self.environment().name(), key)))
                    }
                    Encryption::Arn(arn) => Some(OtherKey::Arn(arn.clone())),
                },
                traffic: other.traffic().get(stream).cloned(),
            });
        }
        if spec.base().streams.contains_key(stream) || spec.found().has_errors() {
            return None;
        }
        let title = format!("pipeline `{pipeline}` has no stream `{stream}`");
        let known: Vec<&str> = other.streams().keys().map(StageName::as_str).collect();
        let finding = self.error(Code::OtherPipeline, path, title).meant(stream.as_str(), known.iter().copied());
        self.push(match known.as_slice() {
            [] => finding.note(format!("`{}` declares no stream at all", spec.file())),
            known => finding.note(format!("`{}` declares `{}`", spec.file(), known.join("`, `"))),
        });
        None
    }

    /// Another pipeline in the same environment and region, as far as it can be read; what is wrong with it is for its
    /// own `check` to say.
    pub(super) fn outline(&self, spec: &SpecFile) -> Option<Pipeline> {
        let merged = spec.merged(self.environment.overlay(spec.name()))?;
        let (places, nothing) = (places(spec, &merged), FolderFacts::none());
        Some(Resolver::new(&merged, self.environment, self.region, &nothing, &places).assemble())
    }
}
