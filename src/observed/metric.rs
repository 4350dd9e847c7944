//! Metrics as they are asked for.

use std::collections::BTreeMap;

use crate::units::Duration;

/// A metric of CloudWatch, and what becomes of a period's points.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct MetricName {
    /// Its namespace, for instance `AWS/Lambda`.
    pub namespace: String,
    /// Its name.
    pub name: String,
    /// Its dimensions.
    pub dimensions: BTreeMap<String, String>,
    /// As CloudWatch spells it: `Sum`, `p99`.
    pub statistic: String,
}

/// What is asked of CloudWatch's metrics.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MetricQuery {
    /// One metric.
    Metric(MetricName),
    /// An expression over metrics, a search or a query.
    Expression {
        /// As `GetMetricData` takes it.
        text: String,
        /// The metrics that it names, by their ids.
        inputs: BTreeMap<String, MetricName>,
    },
}

/// A question, and how long one data point of the answer gathers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Gauge {
    /// What is asked.
    pub query: MetricQuery,
    /// How long one data point gathers: whole minutes.
    pub period: Duration,
}
