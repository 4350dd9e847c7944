//! CloudWatch in its JSON and CBOR protocols: points that are put, alarms with the states that they really have, detectors,
//! dashboards and tags.
//!
//! The in-process service speaks the older protocols only, keeps no alarm states of its own and no points that reading
//! gives.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::back::Back;
use super::metrics::{Alarm, MetricName};
use super::wire::{Request, Response};
use super::{cbor, expression};
use crate::units::Timestamp;

const TARGET: &str = "GraniteServiceVersion20100801.";

/// Whether a request to CloudWatch is in one of the newer protocols.
#[must_use]
pub(crate) fn is_newer(request: &Request) -> bool {
    cbor::is_cbor(request) || request.header("x-amz-target").is_some_and(|target| target.starts_with(TARGET))
}

impl Back {
    /// Answers a CloudWatch request in one of the newer protocols.
    pub(crate) fn watching(&mut self, request: &Request) -> Response {
        if !cbor::is_cbor(request) {
            return self.watching_json(request);
        }
        match cbor::as_json(request) {
            Some(request) => cbor::answer(&self.watching_json(&request)),
            None => cbor::answer(&Response::json_error(400, "SerializationException", "the body cannot be read")),
        }
    }

    fn watching_json(&mut self, request: &Request) -> Response {
        let asked: Value = serde_json::from_slice(&request.body).unwrap_or(Value::Null);
        match request.action().as_str() {
            "PutMetricData" => {
                self.put_points(&asked);
                Response::json(200, &json!({}))
            }
            "DescribeAlarms" => Response::json(200, &self.describe_alarms(&asked)),
            "EnableAlarmActions" => self.alarm_actions(&asked, true),
            "DisableAlarmActions" => self.alarm_actions(&asked, false),
            "GetMetricData" => Response::json(200, &self.metric_data(&asked)),
            "ListMetrics" => Response::json(200, &self.list_metrics(&asked)),
            "PutAnomalyDetector" => {
                self.put_detector(&asked);
                Response::json(200, &json!({}))
            }
            "DescribeAnomalyDetectors" => Response::json(200, &self.describe_detectors(&asked)),
            "DeleteAnomalyDetector" => match self.delete_detector(&asked) {
                Ok(()) => Response::json(200, &json!({})),
                Err(refusal) => Response::json_error(refusal.status, &refusal.code, &refusal.message),
            },
            "GetDashboard" => {
                let name = asked.get("DashboardName").and_then(Value::as_str).unwrap_or_default();
                match self.world.details.get(&format!("dashboard/{name}")) {
                    Some(dashboard) => Response::json(200, &without_tags(dashboard)),
                    None => not_found(&format!("Dashboard {name} does not exist")),
                }
            }
            "ListDashboards" => {
                let prefix = asked.get("DashboardNamePrefix").and_then(Value::as_str).unwrap_or_default();
                let start = format!("dashboard/{prefix}");
                let listed: Vec<Value> = self
                    .world
                    .details
                    .range(start.clone()..)
                    .take_while(|(subject, _)| subject.starts_with(&start))
                    .map(|(_, dashboard)| {
                        let size = dashboard.get("DashboardBody").and_then(Value::as_str).map_or(0, str::len);
                        let mut entry = without_tags(dashboard);
                        if let Some(map) = entry.as_object_mut() {
                            map.remove("DashboardBody");
                            map.insert("Size".to_owned(), json!(size));
                        }
                        entry
                    })
                    .collect();
                Response::json(200, &json!({"DashboardEntries": listed}))
            }
            "ListTagsForResource" => {
                let arn = asked.get("ResourceARN").and_then(Value::as_str).unwrap_or_default();
                match self.tags_of_watcher(arn) {
                    Some(tags) => Response::json(200, &json!({"Tags": tags})),
                    None => not_found(&format!("{arn} does not exist")),
                }
            }
            action => Response::json_error(
                501,
                "NotImplementedException",
                &format!("The embedded cloud does not answer {action} of CloudWatch in this protocol."),
            ),
        }
    }

    /// Switches the actions of alarms on or off, past CloudFormation.
    fn alarm_actions(&mut self, asked: &Value, enabled: bool) -> Response {
        let names = asked.get("AlarmNames").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str);
        for name in names {
            if let Some(alarm) = self.world.alarms.remove(name) {
                let mut definition = alarm.definition().clone();
                definition.insert("ActionsEnabled".to_owned(), json!(enabled));
                let alarm = Alarm::defined(&definition, Some(alarm), self.now);
                self.world.alarms.insert(name.to_owned(), alarm);
            }
        }
        Response::json(200, &json!({}))
    }

    /// Tags of an alarm or a dashboard, by its ARN.
    fn tags_of_watcher(&self, arn: &str) -> Option<Value> {
        let tags = match (arn.split_once(":alarm:"), arn.split_once(":dashboard/")) {
            (Some((_, alarm)), _) => self.world.alarms.get(alarm)?.definition().get("Tags"),
            (None, Some((_, name))) => self.world.details.get(&format!("dashboard/{name}"))?.get("Tags"),
            (None, None) => return None,
        };
        Some(tags.cloned().unwrap_or_else(|| json!([])))
    }

    fn put_points(&mut self, asked: &Value) {
        let namespace = asked.get("Namespace").and_then(Value::as_str).unwrap_or_default().to_owned();
        for datum in asked.get("MetricData").and_then(Value::as_array).into_iter().flatten() {
            let text =
                |value: &Value, name: &str| value.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
            let dimensions: BTreeMap<String, String> = datum
                .get("Dimensions")
                .and_then(Value::as_array)
                .into_iter()
                .flatten()
                .map(|pair| (text(pair, "Name"), text(pair, "Value")))
                .collect();
            let metric = MetricName { namespace: namespace.clone(), name: text(datum, "MetricName"), dimensions };
            let single = datum.get("Value").and_then(Value::as_f64);
            let many = datum.get("Values").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_f64);
            for value in single.into_iter().chain(many) {
                self.world.metrics.publish(&metric, self.now, value);
            }
        }
        self.judge_alarms();
    }

    /// The points of metrics, period by period, newest first, and of expressions over them.
    fn metric_data(&self, asked: &Value) -> Value {
        let moment = |name: &str| asked.get(name).and_then(Value::as_f64).map(|seconds| (seconds * 1_000.0) as i64);
        let (from, until) = (moment("StartTime").unwrap_or_default(), moment("EndTime").unwrap_or_default());
        let queries = asked.get("MetricDataQueries").and_then(Value::as_array).cloned().unwrap_or_default();
        let text = |query: &Value, name: &str| query.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
        let period = |query: &Value| {
            let given = query.pointer("/MetricStat/Period").or_else(|| query.get("Period")).and_then(Value::as_i64);
            given.unwrap_or(60).max(1) * 1_000
        };
        let value = |id: &str, start: i64, length: i64| -> Option<f64> {
            let query = queries.iter().find(|query| text(query, "Id") == id)?;
            let stat = query.get("MetricStat")?;
            let metric = MetricName::read(stat.get("Metric")?.as_object()?)?;
            let [start, end] = [start, start + length].map(Timestamp::from_millis);
            self.world.metrics.statistic(&metric.key(), &text(stat, "Stat"), start, end)
        };
        let wanted = queries.iter().filter(|query| query.get("ReturnData") != Some(&json!(false)));
        let results = wanted.map(|query| {
            let (id, length) = (text(query, "Id"), period(query));
            let starts = (from.div_euclid(length) * length..until).step_by(usize::try_from(length).unwrap_or(1));
            // At most so many points in one answer (CloudWatch API reference, GetMetricData).
            let starts: Vec<i64> = starts.take(100_800).collect();
            let points = starts.into_iter().rev().filter_map(|start| {
                let found = match query.get("Expression").and_then(Value::as_str) {
                    Some(expression) => expression::evaluate(expression, &|id| value(id, start, length)),
                    None => value(&id, start, length),
                };
                Some((start as f64 / 1_000.0, found?))
            });
            let (times, values): (Vec<f64>, Vec<f64>) = points.unzip();
            json!({"Id": id, "Label": id, "Timestamps": times, "Values": values, "StatusCode": "Complete"})
        });
        json!({"MetricDataResults": results.collect::<Vec<Value>>(), "Messages": []})
    }

    /// Metrics that have points, by namespace, name and some of their dimensions. CloudWatch lists what had one in two weeks;
    /// here a day is kept.
    fn list_metrics(&self, asked: &Value) -> Value {
        let text = |name: &str| asked.get(name).and_then(Value::as_str);
        let filters: Vec<(String, Option<String>)> = asked
            .get("Dimensions")
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
            .filter_map(|filter| {
                let value = filter.get("Value").and_then(Value::as_str).map(str::to_owned);
                Some((filter.get("Name")?.as_str()?.to_owned(), value))
            })
            .collect();
        let fits = |metric: &MetricName| {
            filters.iter().all(|(name, value)| {
                metric.dimensions.get(name).is_some_and(|found| value.as_ref().is_none_or(|wanted| wanted == found))
            })
        };
        let found = self.world.metrics.names(text("Namespace"), text("MetricName")).into_iter().filter(fits);
        let metrics = found.map(|metric| {
            let dimensions: Vec<Value> =
                metric.dimensions.iter().map(|(name, value)| json!({"Name": name, "Value": value})).collect();
            json!({"Namespace": metric.namespace, "MetricName": metric.name, "Dimensions": dimensions})
        });
        json!({"Metrics": metrics.collect::<Vec<Value>>()})
    }

    fn describe_alarms(&self, asked: &Value) -> Value {
        let names = asked.get("AlarmNames").and_then(Value::as_array).cloned().unwrap_or_default();
        let prefix = asked.get("AlarmNamePrefix").and_then(Value::as_str).unwrap_or_default();
        let state = asked.get("StateValue").and_then(Value::as_str);
        let types =
            asked.get("AlarmTypes").and_then(Value::as_array).cloned().unwrap_or_else(|| vec![json!("MetricAlarm")]);
        let (mut metric, mut composite) = (Vec::new(), Vec::new());
        for (name, alarm) in &self.world.alarms {
            let wanted = (names.is_empty() || names.contains(&json!(name)))
                && name.starts_with(prefix)
                && state.is_none_or(|state| state == alarm.state.as_str());
            if !wanted {
                continue;
            }
            let described = self.describe_alarm(name, alarm);
            if alarm.rule().is_none() {
                metric.push(described);
            } else if types.contains(&json!("CompositeAlarm")) {
                composite.push(described);
            }
        }
        if !types.contains(&json!("MetricAlarm")) {
            metric.clear();
        }
        json!({"MetricAlarms": metric, "CompositeAlarms": composite})
    }

    fn describe_alarm(&self, name: &str, alarm: &Alarm) -> Value {
        let mut described = alarm.definition().clone();
        described.remove("Tags");
        let since = json!(alarm.since.as_millis() as f64 / 1_000.0);
        for (field, value) in [
            ("AlarmName", json!(name)),
            ("AlarmArn", json!(self.arn("cloudwatch", &format!("alarm:{name}")))),
            ("StateValue", json!(alarm.state.as_str())),
            ("StateUpdatedTimestamp", since.clone()),
            ("StateTransitionedTimestamp", since),
        ] {
            described.insert(field.to_owned(), value);
        }
        described.entry("ActionsEnabled").or_insert(json!(true));
        Value::Object(described)
    }
}

fn without_tags(dashboard: &Value) -> Value {
    let mut shown = dashboard.clone();
    if let Some(map) = shown.as_object_mut() {
        map.remove("Tags");
    }
    shown
}

fn not_found(message: &str) -> Response {
    Response::json_error(404, "ResourceNotFound", message)
}
