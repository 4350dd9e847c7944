//! What a rule looks at, and the questions that several rules ask of it.

use std::collections::BTreeMap;

use super::finding::{Finding, Verdict};
use super::handlers::Handlers;
use super::scan::Scan;
use crate::capacity::{Assessment, Level, Need, Resource, Sized, SizedStream};
use crate::environment::Tier;
use crate::pipeline::{
    AlarmId, AlarmTuning, Consumer, Endpoint, Function, LatencyClass, Pipeline, Serving, StageKind, StageRef,
    StreamFrom,
};
use crate::units::{Duration, StageName, Timestamp};

/// A sized pipeline, what `capacity` says of it, the code of its handlers, and the moment.
#[derive(Debug)]
pub struct Case<'a> {
    sized: &'a Sized,
    assessment: &'a Assessment,
    scans: BTreeMap<StageRef, Scan<'a>>,
    now: Timestamp,
}

impl<'a> Case<'a> {
    /// Reads the handlers.
    #[must_use]
    pub fn new(sized: &'a Sized, assessment: &'a Assessment, handlers: &'a Handlers, now: Timestamp) -> Self {
        let scan = |(stage, _): (StageRef, &Function)| handlers.get(&stage).map(|code| (stage, Scan::of(code)));
        let scans = sized.pipeline().functions().filter_map(scan).collect();
        Self { sized, assessment, scans, now }
    }

    /// The pipeline.
    pub(super) fn pipeline(&self) -> &'a Pipeline {
        self.sized.pipeline()
    }

    /// What `capacity` says.
    pub(super) fn assessment(&self) -> &'a Assessment {
        self.assessment
    }

    /// The moment.
    pub(super) fn now(&self) -> Timestamp {
        self.now
    }

    /// The tier of the environment.
    pub(super) fn tier(&self) -> Tier {
        self.pipeline().environment().tier()
    }

    /// Every consumer with its stage.
    pub(super) fn consumers(&self) -> impl Iterator<Item = (StageRef, &'a Consumer)> {
        let stage = |(name, consumer)| (StageRef::new(StageKind::Consumer, name), consumer);
        self.pipeline().consumers().iter().map(stage)
    }

    /// Every endpoint with its stage.
    pub(super) fn endpoints(&self) -> impl Iterator<Item = (StageRef, &'a Endpoint)> {
        let stage = |(name, endpoint)| (StageRef::new(StageKind::Endpoint, name), endpoint);
        self.pipeline().endpoints().iter().map(stage)
    }

    /// What was read of a function's code; `None` where it cannot be read.
    pub(super) fn scan(&self, stage: &StageRef) -> Option<&Scan<'a>> {
        self.scans.get(stage)
    }

    /// Every function whose code was read.
    pub(super) fn scanned(&self) -> impl Iterator<Item = (StageRef, &'a Function, &Scan<'a>)> {
        self.pipeline().functions().filter_map(|(stage, function)| {
            let scan = self.scans.get(&stage)?;
            Some((stage, function, scan))
        })
    }

    /// The endpoint that a function asks and waits for: not an asynchronous one.
    pub(super) fn waited_for(&self, function: &Function) -> Option<(StageRef, &'a Endpoint)> {
        let name = function.scores_with.as_ref()?;
        let endpoint = self.pipeline().endpoints().get(name)?;
        let waits = !matches!(endpoint.serving, Serving::Async { .. });
        waits.then(|| (StageRef::new(StageKind::Endpoint, name), endpoint))
    }

    /// Open shards of the stream that a consumer reads; `None` on demand, or where it is another pipeline's.
    pub(super) fn shards(&self, from: &StreamFrom) -> Option<u32> {
        self.open_shards(from.own()?)
    }

    /// Open shards of a stream; `None` on demand.
    pub(super) fn open_shards(&self, stream: &StageName) -> Option<u32> {
        match self.sized.stream_capacity(stream)? {
            SizedStream::OnDemand => None,
            SizedStream::Provisioned { shards } => Some(shards),
        }
    }

    /// Whether somebody waits for the answer: below a second.
    pub(super) fn is_urgent(&self) -> bool {
        match self.pipeline().latency().map(|latency| latency.class) {
            Some(LatencyClass::UltraLow | LatencyClass::Low) => true,
            Some(LatencyClass::Medium | LatencyClass::High) | None => false,
        }
    }

    /// The age in milliseconds at which a consumer's iterator-age alarm rings; `None` where it is silent or learns.
    pub(super) fn age_alarm(&self, stage: &StageRef, consumer: &Consumer) -> Option<Duration> {
        match self.pipeline().alarm_tuning(stage, AlarmId::ConsumerIteratorAge) {
            None => Some(self.pipeline().tolerated_lag(consumer)),
            Some(AlarmTuning::Threshold(milliseconds)) => Some(Duration::from_micros((milliseconds * 1e3) as u64)),
            Some(AlarmTuning::Anomaly { .. } | AlarmTuning::Silence { .. }) => None,
        }
    }

    /// Needs of some resources, stage by stage.
    pub(super) fn needs(&self, resources: &'static [Resource]) -> impl Iterator<Item = (&'a StageRef, &'a Need)> {
        let known = self.assessment.stages.iter();
        known.flat_map(move |stage| {
            stage.needs.iter().filter(|need| resources.contains(&need.resource)).map(|need| (&stage.stage, need))
        })
    }

    /// One verdict for each need of some resources of stages of some kinds: whether the peak fits.
    pub(super) fn short_at_peak(
        &self,
        kinds: &'static [StageKind],
        resources: &'static [Resource],
        field: fn(&StageRef) -> &'static str,
    ) -> Vec<Verdict> {
        let needs = self.needs(resources).filter(|(stage, _)| kinds.contains(&stage.kind));
        needs.map(|(stage, need)| self.short(stage, field(stage), need, Level::Peak)).collect()
    }

    /// Whether a need fits at a load, and if not, the sum and what would be chosen instead.
    pub(super) fn short(&self, stage: &StageRef, field: &str, need: &Need, level: Level) -> Verdict {
        if need.fits(level) {
            return None;
        }
        let have = need.have.most().unwrap_or_default();
        let at = match level {
            Level::Steady => "the steady load",
            Level::Peak => "the peak",
            Level::Tenfold => "ten times the steady load",
        };
        let title = format!(
            "{stage} needs {} {} at {at} and has {}",
            amount(need.at(level)),
            need.resource.words(),
            amount(have)
        );
        let finding = Finding::of(stage, field, title).note(need.how.clone()).note(need.source);
        let finding = match &need.assumes {
            Some(assumed) => finding.note(format!("taken for granted: {assumed}")).mild_if(true),
            None => finding,
        };
        Some(match level {
            Level::Steady | Level::Peak => self.advised(stage, finding),
            Level::Tenfold => finding,
        })
    }

    /// Adds what `capacity` would choose for the stage.
    pub(super) fn advised(&self, stage: &StageRef, finding: Finding) -> Finding {
        let path = format!("{}.", stage.path());
        let Some(advice) = self.assessment.advice.iter().find(|advice| advice.spec_path.starts_with(&path)) else {
            return finding;
        };
        let help =
            format!("write `{}` at `{}` instead of `{}`: {}", advice.to, advice.spec_path, advice.from, advice.why);
        finding.help(help).fix(advice.spec_path.clone(), advice.to.clone())
    }
}

/// A number as people say it: `1.2`, `14`, `9,000`, `7.2M`.
pub(super) fn amount(value: f64) -> String {
    for (least, unit) in [(1e12, "T"), (1e9, "G"), (1e6, "M")] {
        if value >= least {
            return format!("{}{unit}", short(value / least));
        }
    }
    if value >= 1_000.0 {
        let whole = value.round();
        return format!("{},{:03}", (whole / 1e3).floor(), whole % 1e3);
    }
    short(value)
}

fn short(value: f64) -> String {
    let text = if value >= 100.0 {
        format!("{value:.0}")
    } else if value >= 10.0 {
        format!("{value:.1}")
    } else {
        format!("{value:.2}")
    };
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_said_as_people_say_them() {
        let said: Vec<String> = [0.0, 0.5, 1.0, 12.34, 150.4, 9_000.0, 12_345.6, 7.2e9, 1e18].map(amount).into();
        assert_eq!(said, ["0", "0.5", "1", "12.3", "150", "9,000", "12,346", "7.2G", "1000000T"]);
    }
}
