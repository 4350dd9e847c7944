//! Streams of other pipelines: whoever reads one is deployed after it.

use crate::cloud::Cloud;
use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::operate::Failure;
use crate::pipeline::{Pipeline, StageKind, StageRef, StreamFrom};

/// Every stream of another pipeline that a consumer reads and that is not there. CloudFormation would only find out
/// when it makes the consumer's mapping, and roll everything back.
pub(super) async fn missing(cloud: &Cloud, pipeline: &Pipeline) -> Result<Diagnostics, Failure> {
    let mut found = Diagnostics::new();
    for (name, consumer) in pipeline.consumers() {
        let StreamFrom::Other(other) = &consumer.from else { continue };
        let stream = pipeline.stream_name(&consumer.from);
        if cloud.live_stream(&stream).await?.is_some() {
            continue;
        }
        let title = format!("consumer `{name}` reads stream `{stream}`, which is not there");
        let stage = StageRef::new(StageKind::Consumer, name);
        let environment = pipeline.environment().name();
        found.push(
            Diagnostic::error(Code::UpstreamMissing, title)
                .at_maybe(pipeline.stage_origin(&stage, "from").place, "")
                .note(format!("it is stream `{}` of pipeline `{}`", other.stream, other.pipeline))
                .help(format!("deploy that one first: `sluice deploy {} --env {environment}`", other.pipeline)),
        );
    }
    Ok(found)
}
