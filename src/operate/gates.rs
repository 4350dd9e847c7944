//! Gates: measuring what they ask for, and deciding on it.
//!
//! Nothing that cannot be measured keeps gates from being judged: a gate that may not be looked at is inconclusive and says why.

use std::collections::BTreeMap;

use serde_json::json;

use super::approvals;
use super::deploy::Tools;
use super::drift::{self, At};
use super::failure::Failure;
use super::gauges::{self, Window, said};
use super::outlook;
use super::prepare::Prepared;
use crate::capacity::{self, Sized, Surroundings};
use crate::cloud::Cloud;
use crate::cost::Verdict as Cost;
use crate::diagnostic::Diagnostics;
use crate::environment::{CommandGate, Environment, Gates};
use crate::observed::Observed;
use crate::pipeline::Pipeline;
use crate::plan::{Plan, PlanKind};
use crate::readiness::{self, Case};
use crate::release::{
    self, Answered, Approved, Asked, Candidate, Dearer, Decision, GateKind, GateResult, Ledger, Overridden, Proving,
    ReleaseDigest, Subject, Taken, Traffic, Verdict,
};
use crate::units::{Duration, LocalName, Timestamp};
use crate::workspace::{Ended, Project, Run, Workplace};

/// How long is measured where no soak time says it.
const SPAN: Duration = Duration::from_secs(30 * 60);
/// The minute under way counts too.
const MINUTE: Duration = Duration::from_secs(60);
/// The outage that recovery is reckoned for, as in a check.
const OUTAGE: Duration = Duration::from_secs(30 * 60);
/// Microseconds of the units of metrics.
const MILLISECOND: u64 = 1_000;
const SECOND: u64 = 1_000_000;
/// The most of what a command said that is shown, in characters.
const SAID: usize = 200;

/// A pipeline in an environment, and the environment's cloud.
#[derive(Clone, Copy)]
pub(super) struct Side<'a> {
    pub(super) cloud: &'a Cloud,
    pub(super) prepared: &'a Prepared,
}

impl<'a> Side<'a> {
    fn pipeline(self) -> &'a Pipeline {
        self.prepared.sized.pipeline()
    }

    fn environment(self) -> &'a Environment {
        self.pipeline().environment()
    }
}

/// What is judged: a release on its way to an environment.
#[derive(Clone, Copy)]
pub(super) struct Judging<'a> {
    /// Where it was to prove itself, and what ran there; none where the environment takes releases from nowhere.
    pub(super) source: Option<(Side<'a>, &'a Ledger)>,
    /// Where it goes.
    pub(super) target: Side<'a>,
    /// The release.
    pub(super) release: &'a ReleaseDigest,
    /// What it would do there.
    pub(super) plan: &'a Plan,
    /// What runs there, where a release tells it: what the new one costs is compared with it.
    pub(super) running: Option<&'a Sized>,
    /// Who asks, by ARN.
    pub(super) by: &'a str,
    /// The project, in whose folder commands run.
    pub(super) project: &'a Project,
    /// Time, clouds.
    pub(super) tools: Tools<'a>,
}

impl<'a> Judging<'a> {
    /// What is to be approved.
    pub(super) fn subject(&self) -> Subject {
        let pipeline = self.target.pipeline();
        Subject {
            pipeline: pipeline.name().clone(),
            environment: pipeline.environment().name().clone(),
            region: pipeline.region().clone(),
            release: self.release.clone(),
            plan: self.plan.digest(),
        }
    }

    fn gates(&self) -> &'a Gates {
        self.target.environment().gates()
    }
}

/// Measures and judges every gate that the target asks for and that measures something: all but those that the ledger, the
/// clock and the approvals decide, which [`release::decide`] judges.
///
/// # Errors
/// A cloud cannot be reached.
pub(super) async fn judge(judging: &Judging<'_>) -> Result<Vec<GateResult>, Failure> {
    let target = judging.target;
    let promoted = target.environment().promotes_from().is_some();
    let asked = release::asked_for(judging.gates(), target.pipeline().name(), promoted);
    let mut results = Vec::new();
    if promoted {
        results.extend(measured_in_source(judging, &asked).await);
    }
    for gate in asked.iter().filter(|(kind, _)| !kind.is_baked()) {
        match gate.0 {
            GateKind::Readiness => results.extend(readiness(judging)),
            GateKind::Drift => results.push(drifted(judging).await),
            GateKind::Budget => results.extend(budget(judging)),
            GateKind::Command => results.extend(command(judging, gate.1.as_deref())?),
            _ => {}
        }
    }
    Ok(results)
}

/// Judges the release for good: measures, reads the approvals, and decides by the rules.
///
/// # Errors
/// A cloud cannot be reached, or the approvals cannot be read.
pub(super) async fn decide(
    judging: &Judging<'_>,
    overrides: &[Overridden],
    warnings: &mut Diagnostics,
) -> Result<Decision, Failure> {
    let measured = judge(judging).await?;
    let kept = approvals::read(judging.target, judging.release, warnings).await?;
    let approvals: Vec<Approved> = kept.into_iter().map(|kept| kept.approved).collect();
    let subject = judging.subject();
    let source = judging.source.map(|(side, ledger)| Proving {
        environment: side.environment(),
        ledger,
        now: side.cloud.time(),
    });
    Ok(release::decide(&Candidate {
        subject: &subject,
        target: judging.target.environment(),
        source,
        measured: &measured,
        approvals: &approvals,
        overrides,
        now: judging.target.cloud.time(),
    }))
}

/// Judges what was promoted while it runs in the target: the gates that measure, from when it was there until now.
pub(super) async fn bake(target: Side<'_>, since: Timestamp) -> Vec<GateResult> {
    let asked = release::baked(target.environment().gates(), target.pipeline().name());
    let window = Window { from: since, until: target.cloud.time().plus(MINUTE) };
    measured(target, target.environment().gates(), &asked, window).await
}

/// Measures where the release was to prove itself, over the last of the time that it did.
async fn measured_in_source(judging: &Judging<'_>, asked: &[Asked]) -> Vec<GateResult> {
    let baked: Vec<Asked> = asked.iter().filter(|(kind, _)| kind.is_baked()).cloned().collect();
    let unknown = |why: &str| -> Vec<GateResult> {
        let result = |(kind, name): &Asked| GateResult {
            name: name.clone(),
            ..GateResult::new(*kind, Verdict::Inconclusive, why)
        };
        baked.iter().map(result).collect()
    };
    let Some((side, ledger)) = judging.source else {
        return unknown("the environment that it was to prove itself in is not known");
    };
    let now = side.cloud.time();
    let stays = release::stays(ledger, judging.release, release::is_judged(side.environment()));
    let Some(stay) = release::longest(&stays, now) else {
        return unknown("it never ran verified, so there is nothing to measure");
    };
    let (from, until) = stay.window(judging.gates().soak.unwrap_or(SPAN), now);
    let until = if stay.until.is_none() { until.plus(MINUTE) } else { until };
    measured(side, judging.gates(), &baked, Window { from, until }).await
}

/// Measures in an environment what gates ask for.
async fn measured(side: Side<'_>, gates: &Gates, asked: &[Asked], window: Window) -> Vec<GateResult> {
    let mut results = Vec::with_capacity(asked.len());
    if asked.is_empty() {
        return results;
    }
    let traffic = traffic(side, gates, window).await;
    for (kind, name) in asked {
        let found = match (kind, name) {
            (GateKind::Alarms, _) => Some(alarms(side).await),
            (GateKind::Metric, Some(name)) => own_metric(side, gates, name, window, &traffic).await,
            (kind, _) => built_in(side, gates, *kind, window, &traffic).await,
        };
        results.extend(found);
    }
    results
}

/// How much came in.
async fn traffic(side: Side<'_>, gates: &Gates, window: Window) -> Traffic {
    let readings = gauges::read(side.cloud, window, gauges::traffic(side.pipeline()), false).await;
    let mut records = Ok(0.0);
    for (_, reading) in readings {
        records = match (records, reading) {
            (Ok(sum), release::Reading::Points(points)) => Ok(sum + points.iter().sum::<f64>()),
            (Ok(sum), release::Reading::Silent | release::Reading::Unknown(_)) => Ok(sum),
            (Ok(_), release::Reading::Refused(why)) => Err(why),
            (Err(why), _) => Err(why),
        };
    }
    Traffic { records: records.map(whole), least: gates.least_traffic.unwrap_or(1) }
}

/// A sum of a metric as a whole number, not below nothing.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "cut at the bounds of what counts")]
fn whole(value: f64) -> u64 {
    value.max(0.0).round() as u64
}

/// A gate on metrics that every pipeline has.
async fn built_in(
    side: Side<'_>,
    gates: &Gates,
    kind: GateKind,
    window: Window,
    traffic: &Traffic,
) -> Option<GateResult> {
    let pipeline = side.pipeline();
    let counted = match kind {
        GateKind::FailedRecords => Some((gauges::failed_records(pipeline), "failed records", gates.failed_records)),
        GateKind::Errors => Some((gauges::errors(pipeline), "failed invocations", gates.errors)),
        GateKind::Throttles => Some((gauges::throttles(pipeline), "throttled calls", gates.throttles)),
        GateKind::EndpointErrors => Some((gauges::endpoint_errors(pipeline), "failed requests", gates.endpoint_errors)),
        _ => None,
    };
    if let Some((sources, what, most)) = counted {
        let readings = gauges::read(side.cloud, window, sources, false).await;
        return Some(release::count(kind, what, &readings, most?, traffic));
    }
    let (sources, taken, unit, most) = match kind {
        GateKind::IteratorAge => (gauges::iterator_age(pipeline), Taken::P99, MILLISECOND, gates.iterator_age_p99),
        GateKind::EndpointLatency => (gauges::endpoint_latency(pipeline), Taken::P99, 1, gates.endpoint_p99),
        GateKind::ArchiveFreshness => (gauges::freshness(pipeline), Taken::Most, SECOND, gates.freshness),
        _ => return None,
    };
    let readings = gauges::read(side.cloud, window, sources, true).await;
    Some(release::level(kind, &readings, taken, unit, most?, traffic))
}

/// A gate on a metric of the environment file's own.
async fn own_metric(
    side: Side<'_>,
    gates: &Gates,
    name: &str,
    window: Window,
    traffic: &Traffic,
) -> Option<GateResult> {
    let gate = gates.metrics.get(&LocalName::new(name).ok()?)?;
    let reading = gauges::read_own(side.cloud, window, gate, side.pipeline()).await;
    Some(release::metric(name, &reading, gate.keep, traffic))
}

/// Whether an alarm of the stack rings.
async fn alarms(side: Side<'_>) -> GateResult {
    let stack = side.cloud.describe_stack(&side.prepared.rendered.stack_name).await;
    let names: Vec<String> = match stack {
        Ok(Observed::Present(stack)) => {
            let of = |kind: &str| matches!(kind, "AWS::CloudWatch::Alarm" | "AWS::CloudWatch::CompositeAlarm");
            let alarms = stack.resources.values().filter(|resource| of(&resource.type_name));
            alarms.filter_map(|resource| resource.physical_id.clone()).collect()
        }
        Ok(Observed::Absent) => Vec::new(),
        Err(refusal) => return release::alarms(&Err(said(&refusal)), 0),
    };
    match side.cloud.ringing(&names).await {
        Ok((ringing, watched)) => release::alarms(&Ok(ringing), watched),
        Err(refusal) => release::alarms(&Err(said(&refusal)), 0),
    }
}

/// The level of the maturity model that the target's pipeline has reached.
fn readiness(judging: &Judging<'_>) -> Option<GateResult> {
    let wanted = judging.gates().readiness?;
    let Prepared { sized, handlers, .. } = judging.target.prepared;
    let assessment = capacity::assess(sized, &Surroundings::default(), OUTAGE);
    let now = judging.target.cloud.time();
    let report = readiness::check(&Case::new(sized, &assessment, handlers, now));
    let reached = report.maturity.level.map_or(0, readiness::Level::number);
    Some(release::readiness(wanted, reached, &report.maturity.needs))
}

/// Whether anything drifted that nobody meant, in the source or in the target.
async fn drifted(judging: &Judging<'_>) -> GateResult {
    let sides = judging.source.map(|(side, _)| side).into_iter().chain([judging.target]);
    let mut looked = Vec::new();
    for side in sides {
        let name = side.environment().name().as_str();
        match unintended(side, judging.tools).await {
            Ok(None) => {}
            Ok(Some(found)) if found.is_empty() => looked.push(name),
            Ok(Some(found)) => return release::drift(&[name], &Ok(found)),
            Err(why) => return release::drift(&[name], &Err(why)),
        }
    }
    release::drift(&looked, &Ok(Vec::new()))
}

/// What drifted that nobody meant; none where nothing is deployed.
async fn unintended(side: Side<'_>, tools: Tools<'_>) -> Result<Option<Vec<String>>, String> {
    let stack = match side.cloud.describe_stack(&side.prepared.rendered.stack_name).await {
        Ok(Observed::Present(stack)) => stack,
        Ok(Observed::Absent) => return Ok(None),
        Err(refusal) => return Err(said(&refusal)),
    };
    let pipeline = side.pipeline();
    let place =
        At { cloud: side.cloud, environment: side.environment(), region: pipeline.region(), name: pipeline.name() };
    let looked = drift::look(place, &stack, Some(pipeline), &side.prepared.rendered.origins, tools.clock).await;
    let (found, _) = looked.map_err(|failure| {
        let first = failure.diagnostics.into_iter().next();
        first.map_or_else(|| "drift could not be detected".to_owned(), |told| told.title)
    })?;
    let mut ids: Vec<String> = found.unintended().map(|one| one.logical_id.to_string()).collect();
    ids.dedup();
    Ok(Some(ids))
}

/// Whether the change is within the environment's budget.
fn budget(judging: &Judging<'_>) -> Option<GateResult> {
    let most = judging.target.environment().max_monthly_increase()?;
    let after = &judging.target.prepared.sized;
    let reckoned = match (judging.running, judging.plan.kind) {
        (Some(running), _) => outlook::dearer(Some(running), after, most),
        (None, PlanKind::Create) => outlook::dearer(None, after, most),
        (None, _) if judging.plan.is_empty() => outlook::dearer(Some(after), after, most),
        (None, _) => {
            let why = "what runs there is of no release that is kept, so what it costs is not known".to_owned();
            return Some(release::budget(most, &Err(why)));
        }
    };
    let dearer = reckoned.map(|(total, verdict)| Dearer {
        by: if verdict == Cost::Above { total.known.steady } else { total.known.peak },
        above: matches!(verdict, Cost::Above | Cost::AboveAtPeak),
        unknown: total.unknown,
    });
    let dearer = dearer.ok_or_else(|| "the declared load cannot be reckoned with".to_owned());
    Some(release::budget(most, &dearer))
}

/// Asks a command of the environment file's own.
fn command(judging: &Judging<'_>, name: Option<&str>) -> Result<Option<GateResult>, Failure> {
    let Some(name) = name else { return Ok(None) };
    let known = LocalName::new(name).ok().and_then(|name| judging.gates().commands.get(&name));
    let Some(gate) = known else { return Ok(None) };
    Ok(Some(release::command(name, &answered(judging, gate)?)))
}

fn answered(judging: &Judging<'_>, gate: &CommandGate) -> Result<Answered, Failure> {
    let subject = judging.subject();
    let document = json!({
        "format_version": 1,
        "pipeline": subject.pipeline,
        "environment": subject.environment,
        "region": subject.region,
        "from": judging.source.map(|(side, _)| side.environment().name()),
        "release": subject.release,
        "plan": subject.plan,
        "by": judging.by,
        "at": judging.target.cloud.time(),
    });
    let run =
        Run { command: gate.run.clone(), seen: gate.variables.clone(), set: BTreeMap::new(), limit: gate.timeout };
    let place = Workplace::new()?;
    let ran = match place.run_with(judging.project.root(), &run, document.to_string().as_bytes()) {
        Ok(ran) => ran,
        // Such as a file that may not be executed: the others are judged all the same.
        Err(error) => return Ok(Answered::NotRun(error.to_string())),
    };
    let last = ran.said.lines().map(str::trim).rfind(|line| !line.is_empty());
    let said: String = last.unwrap_or_default().chars().filter(|c| !c.is_control()).take(SAID).collect();
    Ok(match ran.ended {
        Ended::Code(code) => Answered::Code(code, said),
        Ended::Signal => Answered::Signal,
        Ended::TooLong => Answered::TooLong(gate.timeout),
        Ended::NoProgram => {
            let program = gate.run.first().map_or("", String::as_str);
            Answered::NotRun(format!("there is no program `{program}`"))
        }
    })
}
