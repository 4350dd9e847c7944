//! What an alarm looks at, and how CloudWatch wants to be asked for it.

use serde::Serialize;
use serde_json::{Value, json};

use super::Comparison;
use crate::render::scene::number;
use crate::units::Statistic;

/// One dimension, in CloudFormation's spelling.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(in crate::render) struct Dimension {
    pub(super) name: String,
    pub(super) value: Value,
}

/// What an alarm looks at.
pub(super) enum Signal {
    /// One metric.
    Metric { namespace: String, name: String, dimensions: Vec<Dimension> },
    /// The same metric of several things, as one.
    Several { namespace: String, name: String, dimensions: Vec<Vec<Dimension>>, together: Together },
    /// Metric math; the query with `id` is the one that is compared.
    Math { metrics: Value, id: &'static str },
}

/// How several become one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Together {
    /// The worst of them.
    Max,
    /// All of them.
    Sum,
}

/// From when on it is trouble.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Limit {
    /// From a number on.
    Threshold(f64),
    /// Outside of what CloudWatch learnt to be usual, by so many standard deviations.
    Band(f64),
}

/// The part of an alarm that says what is compared with what.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Compared {
    metric: Option<Metric>,
    metrics: Option<Value>,
    period_seconds: u64,
    comparison: &'static str,
    threshold: Value,
    band_id: Option<&'static str>,
}

#[derive(Clone, Debug, Serialize)]
struct Metric {
    namespace: String,
    name: String,
    dimensions: Vec<Dimension>,
    statistic: String,
    percentile: bool,
}

/// Id of the one query that a single metric becomes in metric math.
const OBSERVED: &str = "observed";
/// Id of the band around it.
const BAND: &str = "usual";

impl Signal {
    /// The same metric of several things; of one thing it is that one's.
    pub(super) fn several(
        namespace: &str,
        name: &str,
        mut dimensions: Vec<Vec<Dimension>>,
        together: Together,
    ) -> Self {
        let (namespace, name) = (namespace.to_owned(), name.to_owned());
        match dimensions.len() {
            0 | 1 => Self::Metric { namespace, name, dimensions: dimensions.pop().unwrap_or_default() },
            _ => Self::Several { namespace, name, dimensions, together },
        }
    }

    /// What is compared with what. A band needs metric math, and CloudWatch trains it by itself once an alarm asks for it
    /// (CloudWatch user guide, "Using anomaly detection"): no detector has to be made.
    pub(super) fn compared(
        self,
        statistic: Statistic,
        period_seconds: u64,
        comparison: Comparison,
        limit: Limit,
    ) -> Compared {
        let (comparison, threshold, band) = match limit {
            Limit::Threshold(threshold) => (comparison.with_threshold(), number(threshold), None),
            Limit::Band(width) => (comparison.with_band(), Value::Null, Some(width)),
        };
        let (metric, metrics) = match (self, band) {
            (Self::Metric { namespace, name, dimensions }, None) => {
                let percentile = matches!(statistic, Statistic::Percentile(_));
                (Some(Metric { namespace, name, dimensions, statistic: statistic.to_string(), percentile }), None)
            }
            (signal, band) => {
                let (mut queries, id) = signal.queries(statistic, period_seconds);
                queries.extend(band.map(|width| {
                    json!({
                        "Id": BAND,
                        "Label": "what is usual",
                        "Expression": format!("ANOMALY_DETECTION_BAND({id}, {width})"),
                        "ReturnData": true,
                    })
                }));
                (None, Some(Value::Array(queries)))
            }
        };
        Compared { metric, metrics, period_seconds, comparison, threshold, band_id: band.map(|_| BAND) }
    }

    /// The signal in metric math, and the id of the query that is compared.
    fn queries(self, statistic: Statistic, period_seconds: u64) -> (Vec<Value>, &'static str) {
        let query = |id: &str, namespace: &str, name: &str, dimensions: &[Dimension], returned: bool| {
            json!({
                "Id": id,
                "ReturnData": returned,
                "MetricStat": {
                    "Metric": {"Namespace": namespace, "MetricName": name, "Dimensions": dimensions},
                    "Period": period_seconds,
                    "Stat": statistic.to_string(),
                },
            })
        };
        match self {
            Self::Metric { namespace, name, dimensions } => {
                (vec![query(OBSERVED, &namespace, &name, &dimensions, true)], OBSERVED)
            }
            Self::Several { namespace, name, dimensions, together } => {
                let ids: Vec<String> = (1..=dimensions.len()).map(|number| format!("part{number}")).collect();
                let (function, label) = match together {
                    Together::Max => ("MAX", format!("worst {name}")),
                    Together::Sum => ("SUM", format!("all {name}")),
                };
                let expression = format!("{function}([{}])", ids.join(", "));
                let one = json!({"Id": OBSERVED, "Label": label, "Expression": expression, "ReturnData": true});
                let parts = ids.iter().zip(&dimensions).map(|(id, of)| query(id, &namespace, &name, of, false));
                ([one].into_iter().chain(parts).collect(), OBSERVED)
            }
            Self::Math { metrics, id } => match metrics {
                Value::Array(queries) => (queries, id),
                other => (vec![other], id),
            },
        }
    }
}
