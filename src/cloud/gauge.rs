//! Metrics and alarms as gates ask for them: values of a window, whether there is such a metric at all, what rings.

use std::collections::BTreeMap;

use aws_sdk_cloudwatch::types::{
    AlarmType, Dimension, DimensionFilter, Metric, MetricDataQuery, MetricStat, StateValue,
};
use aws_smithy_types::DateTime;

use super::{Cloud, CloudError, failure};
use crate::observed::{Gauge, MetricName, MetricQuery};
use crate::units::{Duration, Timestamp};

const CLOUDWATCH: &str = "CloudWatch";
/// Most queries of one request (CloudWatch API reference, `GetMetricData`: 500); fewer, so that answers stay small.
const MOST_QUERIES: usize = 100;
/// Most names of one request (CloudWatch API reference, `DescribeAlarms`).
const MOST_ALARMS: usize = 100;

impl Cloud {
    /// The values that each question has in a window, period by period, the newest first.
    ///
    /// # Errors
    /// The metrics may not be read, or an expression is not understood.
    pub async fn gauge(
        &self,
        gauges: &[Gauge],
        from: Timestamp,
        until: Timestamp,
    ) -> Result<Vec<Vec<f64>>, CloudError> {
        let mut found = vec![Vec::new(); gauges.len()];
        let mut together = Vec::new();
        for (at, gauge) in gauges.iter().enumerate() {
            match &gauge.query {
                MetricQuery::Metric(metric) => {
                    together.push((at, query(&format!("m{at}"), metric, gauge.period, true)))
                }
                // The ids in it are its own, so it goes alone.
                MetricQuery::Expression { text, inputs } => {
                    let mut queries: Vec<MetricDataQuery> =
                        inputs.iter().map(|(id, metric)| query(id, metric, gauge.period, false)).collect();
                    let id = format!("m{at}");
                    let asked = MetricDataQuery::builder().id(&id).expression(text).period(seconds(gauge.period));
                    queries.push(asked.return_data(true).build());
                    // A search gives several series under one id.
                    let values = self.metric_values(queries, from, until).await?;
                    if let Some(slot) = found.get_mut(at) {
                        *slot = values.into_iter().filter(|(of, _)| *of == id).flat_map(|(_, values)| values).collect();
                    }
                }
            }
        }
        for chunk in together.chunks(MOST_QUERIES) {
            let queries = chunk.iter().map(|(_, query)| query.clone()).collect();
            for (id, values) in self.metric_values(queries, from, until).await? {
                let at = id.strip_prefix('m').and_then(|at| at.parse::<usize>().ok());
                if let Some(slot) = at.and_then(|at| found.get_mut(at)) {
                    slot.extend(values);
                }
            }
        }
        Ok(found)
    }

    async fn metric_values(
        &self,
        queries: Vec<MetricDataQuery>,
        from: Timestamp,
        until: Timestamp,
    ) -> Result<Vec<(String, Vec<f64>)>, CloudError> {
        let mut found = Vec::new();
        let mut token = None;
        loop {
            let request = self
                .cloudwatch
                .get_metric_data()
                .start_time(DateTime::from_millis(from.as_millis()))
                .end_time(DateTime::from_millis(until.as_millis()))
                .set_metric_data_queries(Some(queries.clone()))
                .set_next_token(token);
            let answer = request.send().await.map_err(|error| failure::of(CLOUDWATCH, "GetMetricData", error))?;
            let results = answer.metric_data_results();
            found.extend(results.iter().filter_map(|result| Some((result.id()?.to_owned(), result.values().to_vec()))));
            token = answer.next_token;
            if token.is_none() {
                return Ok(found);
            }
        }
    }

    /// Whether CloudWatch knows a metric: it lists those that had a point in the last two weeks (CloudWatch API reference,
    /// `ListMetrics`).
    ///
    /// # Errors
    /// The metrics may not be listed.
    pub async fn metric_is_known(&self, metric: &MetricName) -> Result<bool, CloudError> {
        let filters = metric.dimensions.iter();
        let filters = filters.map(|(name, value)| DimensionFilter::builder().name(name).value(value).build());
        let mut token = None;
        loop {
            let request = self
                .cloudwatch
                .list_metrics()
                .namespace(&metric.namespace)
                .metric_name(&metric.name)
                .set_dimensions(Some(filters.clone().collect()))
                .set_next_token(token);
            let answer = request.send().await.map_err(|error| failure::of(CLOUDWATCH, "ListMetrics", error))?;
            // Filters also let metrics through that have more dimensions.
            if answer.metrics().iter().any(|found| found.dimensions().len() == metric.dimensions.len()) {
                return Ok(true);
            }
            token = answer.next_token;
            if token.is_none() {
                return Ok(false);
            }
        }
    }

    /// Of alarms by name, composite ones too, those that are in ALARM, and how many of them there are at all.
    ///
    /// # Errors
    /// The alarms may not be read.
    pub async fn ringing(&self, names: &[String]) -> Result<(Vec<String>, usize), CloudError> {
        let mut states: BTreeMap<String, bool> = BTreeMap::new();
        for chunk in names.chunks(MOST_ALARMS) {
            let request = self
                .cloudwatch
                .describe_alarms()
                .alarm_types(AlarmType::MetricAlarm)
                .alarm_types(AlarmType::CompositeAlarm)
                .max_records(100)
                .set_alarm_names(Some(chunk.to_vec()));
            let answer = request.send().await.map_err(|error| failure::of(CLOUDWATCH, "DescribeAlarms", error))?;
            let metric = answer.metric_alarms().iter().map(|alarm| (alarm.alarm_name(), alarm.state_value()));
            let composite = answer.composite_alarms().iter().map(|alarm| (alarm.alarm_name(), alarm.state_value()));
            for (name, state) in metric.chain(composite) {
                let name = name.unwrap_or_default().to_owned();
                states.insert(name, matches!(state, Some(StateValue::Alarm)));
            }
        }
        let count = states.len();
        Ok((states.into_iter().filter(|(_, rings)| *rings).map(|(name, _)| name).collect(), count))
    }
}

fn seconds(period: Duration) -> i32 {
    i32::try_from(period.as_secs()).unwrap_or(i32::MAX)
}

fn query(id: &str, metric: &MetricName, period: Duration, returned: bool) -> MetricDataQuery {
    let dimensions = metric.dimensions.iter();
    let dimensions = dimensions.map(|(name, value)| Dimension::builder().name(name).value(value).build());
    let named = Metric::builder()
        .namespace(&metric.namespace)
        .metric_name(&metric.name)
        .set_dimensions(Some(dimensions.collect()))
        .build();
    let stat = MetricStat::builder().metric(named).period(seconds(period)).stat(&metric.statistic).build();
    MetricDataQuery::builder().id(id).metric_stat(stat).return_data(returned).build()
}
