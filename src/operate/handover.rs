//! Measuring from which moment on the successors of readers have to read.

use std::collections::BTreeMap;

use super::failure::{Failure, FailureKind};
use super::readers::Reader;
use crate::cloud::Cloud;
use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::observed::StackDescription;
use crate::plan::HandOver;
use crate::units::{Duration, LogicalId, StageName};

/// The longest an invocation can take (AWS Lambda developer guide, "Lambda quotas"), where the function does not say.
const LONGEST_INVOCATION: Duration = Duration::from_secs(900);

/// Measures how far readers are behind, and reckons where their successors begin.
///
/// # Errors
/// How far one is behind is not known: then nobody can say where to begin without skipping something.
pub(super) async fn measured(
    cloud: &Cloud,
    stack: &StackDescription,
    readers: BTreeMap<LogicalId, StageName>,
) -> Result<Vec<HandOver>, Failure> {
    let (mut found, mut unknown) = (Vec::new(), Diagnostics::default());
    for (id, consumer) in readers {
        let Some(reader) = Reader::of(cloud, stack, &id).await? else { continue };
        let Some(behind) = reader.behind(cloud).await? else {
            unknown.extend([not_known(&consumer)]);
            continue;
        };
        let function = match reader.function() {
            Some(name) => cloud.live_function(name, None).await?,
            None => None,
        };
        let timeout = function.map_or(LONGEST_INVOCATION, |function| function.timeout);
        found.push(HandOver::of(id, consumer, cloud.time(), behind, timeout));
    }
    if unknown.has_errors() {
        return Err(Failure { kind: FailureKind::Refused, diagnostics: unknown });
    }
    Ok(found)
}

fn not_known(consumer: &StageName) -> Diagnostic {
    Diagnostic::error(Code::HandOverUnknown, format!("how far {consumer} is behind is not known"))
        .note("it published no reading in the last quarter of an hour: nothing came, it is paused, or it is stuck")
        .help("deploy without `--hand-over`, with `start: trim-horizon` where nothing may be skipped")
}
