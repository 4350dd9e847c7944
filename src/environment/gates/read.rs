//! From `gates` as written to gates as meant, and what is wrong with them.

use std::collections::BTreeMap;

use super::file::{
    AlarmsGateChoice, BoundChoice, BudgetGateChoice, CommandGateSpec, DayChoice, DriftGateChoice, GatesSpec,
    MeasureChoice, MetricGateSpec, MetricOfSpec, OverridableChoice, ReadinessGateChoice, WindowSpec, minutes_of_day,
    offset_minutes,
};
use super::model::{
    Approval, Bound, CommandGate, Day, Freeze, Gates, Measured, MetricGate, MetricOf, Overridable, ReadinessLevel,
    Window,
};
use crate::diagnostic::{Code, Diagnostic, Place};
use crate::spec::Node;
use crate::units::{Duration, Statistic};

/// How long one data point gathers where nothing is said.
const PERIOD: Duration = Duration::from_secs(60);
/// How long a command may take where nothing is said.
const TIMEOUT: Duration = Duration::from_secs(60);
/// Most dimensions of a metric (CloudWatch API reference, `Metric`).
const MOST_DIMENSIONS: usize = 30;

pub(in crate::environment) fn gates(spec: &GatesSpec) -> Gates {
    Gates {
        soak: spec.soak.map(|soak| soak.0),
        bake: spec.bake.map(|bake| bake.0),
        least_traffic: spec.least_traffic.map(|least| least.0),
        iterator_age_p99: spec.iterator_age.as_ref().map(|gate| gate.p99.0),
        failed_records: spec.failed_records.map(|most| most.0),
        errors: spec.errors.map(|most| most.0),
        throttles: spec.throttles.map(|most| most.0),
        endpoint_errors: spec.endpoint.as_ref().and_then(|gate| gate.errors).map(|most| most.0),
        endpoint_p99: spec.endpoint.as_ref().and_then(|gate| gate.p99).map(|most| most.0),
        freshness: spec.freshness.map(|most| most.0),
        metrics: spec.metrics.iter().map(|(name, gate)| (name.clone(), metric_gate(gate))).collect(),
        alarms_quiet: match spec.alarms {
            Some(AlarmsGateChoice::Quiet) => true,
            None => false,
        },
        readiness: spec.readiness.as_ref().map(level),
        no_drift: match spec.drift {
            Some(DriftGateChoice::None) => true,
            None => false,
        },
        within_budget: match spec.budget {
            Some(BudgetGateChoice::Within) => true,
            None => false,
        },
        windows: spec.windows.iter().map(window).collect(),
        freezes: spec
            .freezes
            .iter()
            .map(|freeze| Freeze { from: freeze.from, to: freeze.to, reason: freeze.reason.0.clone() })
            .collect(),
        approval: spec.approval.as_ref().map(|approval| Approval {
            by: approval.by.iter().map(|role| role.0.clone()).collect(),
            count: approval.count.map_or(1, |count| count.0),
        }),
        commands: spec.commands.iter().map(|(name, gate)| (name.clone(), command(gate))).collect(),
        overridable: spec.overridable.iter().map(overridable).collect(),
    }
}

fn level(choice: &ReadinessGateChoice) -> ReadinessLevel {
    match choice {
        ReadinessGateChoice::Reactive => ReadinessLevel::Reactive,
        ReadinessGateChoice::Stateful => ReadinessLevel::Stateful,
        ReadinessGateChoice::FeatureStore => ReadinessLevel::FeatureStore,
        ReadinessGateChoice::Continuous => ReadinessLevel::Continuous,
    }
}

fn overridable(choice: &OverridableChoice) -> Overridable {
    match choice {
        OverridableChoice::Verified => Overridable::Verified,
        OverridableChoice::Approval => Overridable::Approval,
    }
}

fn metric_gate(spec: &MetricGateSpec) -> MetricGate {
    MetricGate {
        of: match &spec.of {
            MeasureChoice::Metric(metric) => Measured::Metric(metric_of(metric)),
            MeasureChoice::Expression(expression) => Measured::Expression {
                text: expression.text.0.clone(),
                inputs: expression.inputs.iter().map(|(id, metric)| (id.0.clone(), metric_of(metric))).collect(),
            },
        },
        keep: match spec.keep {
            BoundChoice::Below(bound) => Bound::Below(bound.0),
            BoundChoice::Above(bound) => Bound::Above(bound.0),
        },
        period: spec.period.map_or(PERIOD, |period| period.0),
        pipelines: spec.pipelines.clone(),
    }
}

fn metric_of(spec: &MetricOfSpec) -> MetricOf {
    let dimensions = spec.dimensions.iter().map(|(name, value)| (name.0.clone(), value.0.clone()));
    MetricOf {
        namespace: spec.namespace.0.clone(),
        name: spec.name.0.clone(),
        dimensions: dimensions.collect::<BTreeMap<_, _>>(),
        statistic: spec.statistic.unwrap_or(Statistic::Average),
    }
}

fn command(spec: &CommandGateSpec) -> CommandGate {
    CommandGate {
        run: spec.run.iter().map(|word| word.0.clone()).collect(),
        timeout: spec.timeout.map_or(TIMEOUT, |timeout| timeout.0),
        variables: spec.variables.iter().map(|name| name.0.clone()).collect(),
        pipelines: spec.pipelines.clone(),
    }
}

fn window(spec: &WindowSpec) -> Window {
    let days = spec.days.iter().map(|day| match day {
        DayChoice::Monday => Day::Monday,
        DayChoice::Tuesday => Day::Tuesday,
        DayChoice::Wednesday => Day::Wednesday,
        DayChoice::Thursday => Day::Thursday,
        DayChoice::Friday => Day::Friday,
        DayChoice::Saturday => Day::Saturday,
        DayChoice::Sunday => Day::Sunday,
    });
    Window {
        days: if spec.days.is_empty() { Day::ALL.to_vec() } else { days.collect() },
        from: minutes_of_day(&spec.from.0).unwrap_or_default(),
        to: minutes_of_day(&spec.to.0).unwrap_or_default(),
        offset: spec.zone.as_ref().and_then(|zone| offset_minutes(&zone.0)).unwrap_or_default(),
    }
}

/// What is wrong with gates that nobody could pass, or that ask for nothing: it would only be found out at the promotion.
pub(in crate::environment) fn wrong(spec: &GatesSpec, tree: &Node, has_budget: bool) -> Vec<Diagnostic> {
    let place =
        |path: &str| tree.find(&format!("gates.{path}")).or_else(|| tree.get("gates")).map(|node| node.place.clone());
    let mut found: Vec<Diagnostic> = Vec::new();
    found.extend(unreachable_approval(spec, place("approval")));
    if spec.endpoint.as_ref().is_some_and(|gate| gate.errors.is_none() && gate.p99.is_none()) {
        let told = Diagnostic::error(Code::MissingSetting, "the endpoint gate asks for nothing");
        found.push(told.at_maybe(place("endpoint"), "").help("write `errors`, `p99` or both"));
    }
    if spec.budget.is_some() && !has_budget {
        let told = Diagnostic::error(Code::MissingSetting, "the budget gate needs the environment's `budget`");
        found.push(told.at_maybe(place("budget"), "").help("add `budget: {max_monthly_increase: 250 USD}`"));
    }
    for freeze in spec.freezes.iter().filter(|freeze| freeze.from >= freeze.to) {
        let title = format!("a freeze ends on {}, which is not after {}", freeze.to, freeze.from);
        found.push(Diagnostic::error(Code::Conflict, title).at_maybe(place("freezes"), "").help("swap the two"));
    }
    for (name, gate) in &spec.commands {
        if gate.run.is_empty() {
            let told = Diagnostic::error(Code::MissingSetting, format!("the command gate `{name}` has no command"));
            let place = place(&format!("commands.{name}"));
            found.push(told.at_maybe(place, "").help("write `run: [program, argument]`"));
        }
    }
    for (name, gate) in &spec.metrics {
        found.extend(wrong_metric(name.as_str(), gate, place(&format!("metrics.{name}"))));
    }
    found
}

fn unreachable_approval(spec: &GatesSpec, place: Option<Place>) -> Option<Diagnostic> {
    let approval = spec.approval.as_ref()?;
    let needed = approval.count.map_or(1, |count| count.0);
    let mut different: Vec<&str> = approval.by.iter().map(|role| role.0.as_str()).collect();
    different.sort_unstable();
    different.dedup();
    if usize::try_from(needed).is_ok_and(|needed| needed <= different.len()) {
        return None;
    }
    let title = format!("{needed} must approve, and only {} may", different.len());
    Some(Diagnostic::error(Code::Conflict, title).at_maybe(place, "").help("name more in `by`, or lower `count`"))
}

fn wrong_metric(name: &str, gate: &MetricGateSpec, place: Option<Place>) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    let metrics: Vec<&MetricOfSpec> = match &gate.of {
        MeasureChoice::Metric(metric) => vec![metric],
        MeasureChoice::Expression(expression) => {
            let text = expression.text.0.trim_start().to_ascii_uppercase();
            if expression.inputs.is_empty() && !text.contains("SEARCH(") && !text.starts_with("SELECT") {
                let title = format!("the expression of gate `{name}` measures nothing");
                found.push(
                    Diagnostic::error(Code::MissingSetting, title)
                        .at_maybe(place.clone(), "")
                        .help("name the metrics that it is made of in `inputs`, or write a `SEARCH(…)` or `SELECT …`"),
                );
            }
            expression.inputs.values().collect()
        }
    };
    if metrics.iter().any(|metric| metric.dimensions.len() > MOST_DIMENSIONS) {
        let title = format!("a metric of gate `{name}` has more than {MOST_DIMENSIONS} dimensions");
        found.push(Diagnostic::error(Code::OutOfRange, title).at_maybe(place, ""));
    }
    found
}
