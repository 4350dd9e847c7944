//! Gates: what a promotion must pass, and how each turned out.

use serde::{Deserialize, Serialize};

use crate::environment::{Gates, Overridable};
use crate::units::{PipelineName, Timestamp};

/// The kinds of gates. Their names are what people type behind `--override`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum GateKind {
    /// The source runs this release, and it was verified there.
    Verified,
    /// It ran there for long enough.
    Soak,
    /// Readers were not further behind than allowed.
    IteratorAge,
    /// No more records failed than allowed.
    FailedRecords,
    /// Functions failed no more often than allowed.
    Errors,
    /// Nobody was throttled more often than allowed.
    Throttles,
    /// Endpoints failed no more often than allowed.
    EndpointErrors,
    /// Endpoints answered as fast as wanted.
    EndpointLatency,
    /// Archives were written as soon as wanted.
    ArchiveFreshness,
    /// A metric of the file's own.
    Metric,
    /// No alarm rings.
    Alarms,
    /// It is as ready as wanted.
    Readiness,
    /// Nothing drifted.
    Drift,
    /// It costs no more than allowed.
    Budget,
    /// It is a time at which changes are made.
    Window,
    /// Who must agree did.
    Approval,
    /// A command of people's own said yes.
    Command,
}

/// How a gate turned out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// It is passed.
    Pass,
    /// It is not.
    Fail,
    /// Nobody can say: it may be passed later. Never a pass.
    Inconclusive,
}

/// How one gate turned out, and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct GateResult {
    /// Which.
    pub gate: GateKind,
    /// What it is about where there are several of a kind: a metric's or command's name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// How.
    pub verdict: Verdict,
    /// Why, in one sentence with its numbers.
    pub why: String,
    /// Until when it waits, where that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Timestamp>,
}

impl GateKind {
    /// Every kind, in the order in which they are shown.
    pub const ALL: [Self; 17] = [
        Self::Verified,
        Self::Soak,
        Self::IteratorAge,
        Self::FailedRecords,
        Self::Errors,
        Self::Throttles,
        Self::EndpointErrors,
        Self::EndpointLatency,
        Self::ArchiveFreshness,
        Self::Metric,
        Self::Alarms,
        Self::Readiness,
        Self::Drift,
        Self::Budget,
        Self::Window,
        Self::Approval,
        Self::Command,
    ];

    /// Its name, as people type it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Verified => "verified",
            Self::Soak => "soak",
            Self::IteratorAge => "iterator-age",
            Self::FailedRecords => "failed-records",
            Self::Errors => "errors",
            Self::Throttles => "throttles",
            Self::EndpointErrors => "endpoint-errors",
            Self::EndpointLatency => "endpoint-latency",
            Self::ArchiveFreshness => "archive-freshness",
            Self::Metric => "metric",
            Self::Alarms => "alarms",
            Self::Readiness => "readiness",
            Self::Drift => "drift",
            Self::Budget => "budget",
            Self::Window => "window",
            Self::Approval => "approval",
            Self::Command => "command",
        }
    }

    /// Reads a name as people type it.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text)
    }

    /// Whether it is judged after a promotion too, on what was promoted: it measures what runs.
    #[must_use]
    pub fn is_baked(self) -> bool {
        match self {
            Self::IteratorAge
            | Self::FailedRecords
            | Self::Errors
            | Self::Throttles
            | Self::EndpointErrors
            | Self::EndpointLatency
            | Self::ArchiveFreshness
            | Self::Metric
            | Self::Alarms => true,
            Self::Verified
            | Self::Soak
            | Self::Readiness
            | Self::Drift
            | Self::Budget
            | Self::Window
            | Self::Approval
            | Self::Command => false,
        }
    }

    /// Whether somebody with a reason may override it: that a release was proven, and that who must agree did, only where the
    /// environment says so.
    #[must_use]
    pub fn may_be_overridden(self, gates: &Gates) -> bool {
        match self {
            Self::Verified => gates.overridable.contains(&Overridable::Verified),
            Self::Approval => gates.overridable.contains(&Overridable::Approval),
            Self::Soak
            | Self::IteratorAge
            | Self::FailedRecords
            | Self::Errors
            | Self::Throttles
            | Self::EndpointErrors
            | Self::EndpointLatency
            | Self::ArchiveFreshness
            | Self::Metric
            | Self::Alarms
            | Self::Readiness
            | Self::Drift
            | Self::Budget
            | Self::Window
            | Self::Command => true,
        }
    }
}

impl std::fmt::Display for GateKind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A gate that must be passed: its kind, and its name where there are several of a kind.
pub type Asked = (GateKind, Option<String>);

/// The gates that measure what runs, of those that an environment asks a pipeline for: before a promotion in the environment
/// that the release was proven in, after it in this one.
#[must_use]
pub fn baked(gates: &Gates, pipeline: &PipelineName) -> Vec<Asked> {
    let single = [
        (GateKind::IteratorAge, gates.iterator_age_p99.is_some()),
        (GateKind::FailedRecords, gates.failed_records.is_some()),
        (GateKind::Errors, gates.errors.is_some()),
        (GateKind::Throttles, gates.throttles.is_some()),
        (GateKind::EndpointErrors, gates.endpoint_errors.is_some()),
        (GateKind::EndpointLatency, gates.endpoint_p99.is_some()),
        (GateKind::ArchiveFreshness, gates.freshness.is_some()),
        (GateKind::Alarms, gates.alarms_quiet),
    ];
    let concerned = gates.metrics.iter().filter(|(_, gate)| concerns(&gate.pipelines, pipeline));
    let metrics = concerned.map(|(name, _)| (GateKind::Metric, Some(name.to_string())));
    single.into_iter().filter(|(_, asked)| *asked).map(|(kind, _)| (kind, None)).chain(metrics).collect()
}

/// Whether a gate that names pipelines is about one; one that names none is about all.
fn concerns(pipelines: &[PipelineName], pipeline: &PipelineName) -> bool {
    pipelines.is_empty() || pipelines.contains(pipeline)
}

/// The gates that an environment asks a pipeline for before something is deployed to it, in the order in which they are shown.
/// `promoted` says whether it takes releases from another environment: only then is there something to measure before.
#[must_use]
pub fn asked_for(gates: &Gates, pipeline: &PipelineName, promoted: bool) -> Vec<Asked> {
    let single = [
        (GateKind::Verified, promoted),
        (GateKind::Soak, promoted && gates.soak.is_some()),
        (GateKind::Readiness, gates.readiness.is_some()),
        (GateKind::Drift, gates.no_drift),
        (GateKind::Budget, gates.within_budget),
        (GateKind::Window, !gates.windows.is_empty() || !gates.freezes.is_empty()),
        (GateKind::Approval, gates.approval.is_some()),
    ];
    let mut asked: Vec<Asked> = single.into_iter().filter(|(_, asked)| *asked).map(|(kind, _)| (kind, None)).collect();
    if promoted {
        asked.extend(baked(gates, pipeline));
    }
    let commands = gates.commands.iter().filter(|(_, gate)| concerns(&gate.pipelines, pipeline));
    asked.extend(commands.map(|(name, _)| (GateKind::Command, Some(name.to_string()))));
    asked.sort();
    asked
}

impl GateResult {
    /// It turned out so, without anything to wait for.
    #[must_use]
    pub fn new(gate: GateKind, verdict: Verdict, why: impl Into<String>) -> Self {
        Self { gate, name: None, verdict, why: why.into(), until: None }
    }

    /// The one of a name.
    #[must_use]
    pub fn named(self, name: &str) -> Self {
        Self { name: Some(name.to_owned()), ..self }
    }

    /// It waits until then.
    #[must_use]
    pub fn until(self, moment: Option<Timestamp>) -> Self {
        Self { until: moment, ..self }
    }

    /// Which gate it is of.
    #[must_use]
    pub fn is_of(&self, asked: &Asked) -> bool {
        (self.gate, &self.name) == (asked.0, &asked.1)
    }

    /// What people call it: `soak`, `metric fraud-drift`.
    #[must_use]
    pub fn called(&self) -> String {
        match &self.name {
            Some(name) => format!("{} {name}", self.gate),
            None => self.gate.to_string(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_environment_asks_a_pipeline_for_what_concerns_it() {
        let name = |text| crate::units::LocalName::new(text).expect("a name");
        let pipeline = |text| PipelineName::new(text).expect("a name");
        let command = |pipelines| crate::environment::CommandGate {
            run: vec!["true".to_owned()],
            timeout: crate::units::Duration::from_secs(1),
            variables: Vec::new(),
            pipelines,
        };
        let gates = Gates {
            errors: Some(0),
            soak: Some(crate::units::Duration::from_secs(60)),
            no_drift: true,
            commands: [
                (name("all"), command(Vec::new())),
                (name("one"), command(vec![pipeline("orders")])),
                (name("other"), command(vec![pipeline("fraud")])),
            ]
            .into(),
            ..Gates::default()
        };
        let asked = |promoted| -> Vec<String> {
            let asked = asked_for(&gates, &pipeline("orders"), promoted).into_iter();
            asked.map(|(kind, name)| GateResult { name, ..GateResult::new(kind, Verdict::Pass, "") }.called()).collect()
        };
        assert_eq!(asked(true), ["verified", "soak", "errors", "drift", "command all", "command one"]);
        assert_eq!(
            asked(false),
            ["drift", "command all", "command one"],
            "nothing is measured before the first environment"
        );
        assert_eq!(baked(&gates, &pipeline("orders")), [(GateKind::Errors, None)]);
    }

    #[test]
    fn a_kind_is_written_as_people_type_it() {
        for kind in GateKind::ALL {
            assert_eq!(GateKind::parse(kind.as_str()), Some(kind));
            assert_eq!(serde_json::to_value(kind).ok(), Some(serde_json::json!(kind.as_str())));
        }
        assert_eq!(GateKind::parse("golden"), None);
    }
}
