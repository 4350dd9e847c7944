//! The stack's state, and who has the pipeline's lease.

use super::{Site, unanswered};
use crate::diagnostic::Code;
use crate::observed::Observed;
use crate::operate::lease::Place;
use crate::operate::prepare::Prepared;
use crate::rollout::{Check, CheckArea, Lease, Way};
use crate::workspace::Project;

/// Looks at the stack. None where it could not be looked at.
pub(super) async fn look(site: Site<'_>, pipeline: &str, stack: &str, checks: &mut Vec<Check>) -> Option<Observed> {
    let area = CheckArea::Stack;
    let observed = match site.cloud.describe_stack(stack).await {
        Ok(observed) => observed,
        Err(refusal) => {
            checks.push(unanswered(area, &format!("the state of {stack}"), &refusal));
            return None;
        }
    };
    let target = site.of(pipeline);
    let check = match &observed {
        Observed::Absent => Check::ok(area, format!("{stack} is not deployed yet")),
        Observed::Present(found) => {
            let said = format!("{stack} is {}", found.status);
            match Way::out_of(&found.status) {
                _ if !found.status.is_settled() => {
                    Check::warning(area, format!("{said}: something runs on it")).help(format!("sluice watch {target}"))
                }
                Some(way) => {
                    let check =
                        Check::failed(area, Code::StackStuck, format!("{said}, and does not leave that by itself"));
                    let check = check.details(found.status_reason.clone());
                    match way {
                        // An empty stack of a failed first deployment is cleared away by the next one.
                        Way::Delete { .. } if found.resources.values().all(|one| one.physical_id.is_none()) => {
                            Check::warning(area, format!("{said}; the next deployment clears it away"))
                                .help(format!("sluice recover {target}"))
                        }
                        _ => check.help(format!("sluice recover {target}")),
                    }
                }
                None => Check::ok(area, said),
            }
        }
    };
    checks.push(check);
    Some(observed)
}

/// Who is at work on the pipeline.
pub(super) async fn lease(project: &Project, site: Site<'_>, prepared: &Prepared) -> Check {
    let area = CheckArea::Lease;
    let pipeline = prepared.sized.pipeline().name();
    let Site { cloud, environment, region } = site;
    let place = Place { project, cloud, environment, region, pipeline };
    let found = match place.record().await {
        Ok(found) => found,
        Err(failure) => {
            let why = failure.diagnostics.iter().map(|diagnostic| diagnostic.title.clone());
            return Check::unknown(area, "who is at work on it could not be read").details(why);
        }
    };
    let Some(found) = found else { return Check::ok(area, format!("nobody is at work on {pipeline}")) };
    let unlock = format!("sluice unlock {}", site.of(pipeline.as_str()));
    match Lease::read(&found.bytes) {
        Ok(lease) => {
            let since = format!("`{}` since {}, leased until {}", lease.command, lease.since, lease.until);
            if lease.is_expired(cloud.time()) {
                return Check::ok(
                    area,
                    format!("the lease of {} has run out; the next deployment takes it", lease.owner),
                )
                .detail(since);
            }
            Check::failed(area, Code::LeaseHeld, format!("{} is at work on {pipeline}", lease.owner))
                .detail(since)
                .help(format!("wait for it; if you know that it is over: {unlock}"))
        }
        Err(why) => Check::failed(area, Code::LeaseHeld, format!("the lease on {pipeline} cannot be read"))
            .detail(why.to_string())
            .help(unlock),
    }
}
