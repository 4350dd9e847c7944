//! Anomaly detectors of CloudWatch: kept by the metric that each of them watches.

use serde_json::{Value, json};

use super::refuse;
use crate::embedded::back::Back;
use crate::embedded::calls::Refusal;
use crate::embedded::metrics::MetricName;

const DETECTORS: &str = "cloudwatch/detector";

/// What a request says of the metric: flat in the older form, nested in the newer ones.
fn watched(asked: &Value) -> Value {
    match asked.get("MetricMathAnomalyDetector") {
        Some(math) => json!({"MetricMathAnomalyDetector": math}),
        None => {
            let single = asked.get("SingleMetricAnomalyDetector").unwrap_or(asked);
            let field = |name: &str| single.get(name).cloned().unwrap_or_default();
            let mut dimensions = single.get("Dimensions").and_then(Value::as_array).cloned().unwrap_or_default();
            dimensions.sort_by_key(Value::to_string);
            json!({
                "Namespace": field("Namespace"),
                "MetricName": field("MetricName"),
                "Stat": field("Stat"),
                "Dimensions": dimensions,
            })
        }
    }
}

impl Back {
    /// Keeps a detector; one of the same metric and statistic is replaced.
    pub(crate) fn put_detector(&mut self, asked: &Value) {
        let watched = watched(asked);
        let mut document = watched.clone();
        if let Some(map) = document.as_object_mut() {
            for part in ["Configuration", "MetricCharacteristics"] {
                if let Some(given) = asked.get(part) {
                    map.insert(part.to_owned(), given.clone());
                }
            }
            if !map.contains_key("MetricMathAnomalyDetector") {
                map.insert("SingleMetricAnomalyDetector".to_owned(), watched.clone());
            }
        }
        self.shelf(DETECTORS).insert(watched.to_string(), document);
    }

    /// Whether there is a detector of what is asked for.
    #[must_use]
    pub(crate) fn has_detector(&self, asked: &Value) -> bool {
        self.on_shelf(DETECTORS, &watched(asked).to_string()).is_some()
    }

    /// Removes a detector.
    ///
    /// # Errors
    /// When there is none of that metric and statistic.
    pub(crate) fn delete_detector(&mut self, asked: &Value) -> Result<(), Refusal> {
        let removed = self.shelf(DETECTORS).remove(&watched(asked).to_string());
        removed.map(|_| ()).ok_or_else(|| Refusal {
            status: 404,
            ..refuse("CloudWatch", "ResourceNotFoundException", "The anomaly detector does not exist.")
        })
    }

    /// Describes the detectors that a request asks for.
    #[must_use]
    pub(crate) fn describe_detectors(&self, asked: &Value) -> Value {
        let wanted = |detector: &Value| {
            ["Namespace", "MetricName"]
                .iter()
                .all(|field| asked.get(*field).is_none_or(|value| detector.get(*field) == Some(value)))
        };
        let found = self.all_on_shelf(DETECTORS).map(|(_, detector)| detector).filter(|detector| wanted(detector));
        let found: Vec<Value> = found.map(|detector| self.with_training(detector)).collect();
        json!({"AnomalyDetectors": found})
    }

    /// A detector and whether enough is known of its metric.
    fn with_training(&self, detector: &Value) -> Value {
        let statistic = detector.get("Stat").and_then(Value::as_str).unwrap_or("Average");
        let metric = detector.as_object().and_then(MetricName::read);
        let expected = metric.and_then(|metric| {
            self.world.metrics.expected(&metric.key(), statistic, 60_000, self.now.as_millis(), 2.0)
        });
        let mut told = detector.clone();
        if let Some(map) = told.as_object_mut() {
            let state = if expected.is_some() { "TRAINED" } else { "PENDING_TRAINING" };
            map.insert("StateValue".to_owned(), json!(state));
        }
        told
    }
}
