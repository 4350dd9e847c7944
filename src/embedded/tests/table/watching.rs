//! Alarms, detectors, dashboards, budgets.

use super::*;

fn cloudwatch(action: &'static str, body: Value) -> Ask {
    Ask::Json("monitoring", action, body)
}

pub(super) fn cases() -> Vec<Case> {
    let alarms = || {
        cloudwatch(
            "GraniteServiceVersion20100801.DescribeAlarms",
            json!({"AlarmTypes": ["MetricAlarm", "CompositeAlarm"]}),
        )
    };
    let tags =
        |arn: String| cloudwatch("GraniteServiceVersion20100801.ListTagsForResource", json!({"ResourceARN": arn}));
    let topic = arn("sns", "t");
    let age = json!({"Namespace": "AWS/Lambda", "MetricName": "IteratorAge", "Dimensions": [{"Name": "FunctionName", "Value": "f"}]});
    vec![
        Case::of(
            Kind::Alarm,
            json!({
                "AlarmName": "age", "AlarmDescription": "Behind", "ActionsEnabled": true,
                "Namespace": "AWS/Lambda", "MetricName": "IteratorAge", "Statistic": "Maximum", "Unit": "Milliseconds",
                "Dimensions": [{"Name": "FunctionName", "Value": "f"}], "Period": 60,
                "EvaluationPeriods": 3, "DatapointsToAlarm": 2, "Threshold": 30_000, "ComparisonOperator": "GreaterThanThreshold",
                "TreatMissingData": "notBreaching", "AlarmActions": [topic], "OKActions": [topic], "InsufficientDataActions": [topic],
            }),
        )
        .reads(
            alarms(),
            &[
                ("/AlarmName", "/MetricAlarms/0/AlarmName"),
                ("/AlarmDescription", "/MetricAlarms/0/AlarmDescription"),
                ("/ActionsEnabled", "/MetricAlarms/0/ActionsEnabled"),
                ("/Namespace", "/MetricAlarms/0/Namespace"),
                ("/MetricName", "/MetricAlarms/0/MetricName"),
                ("/Statistic", "/MetricAlarms/0/Statistic"),
                ("/Unit", "/MetricAlarms/0/Unit"),
                ("/Dimensions", "/MetricAlarms/0/Dimensions"),
                ("/Period", "/MetricAlarms/0/Period"),
                ("/EvaluationPeriods", "/MetricAlarms/0/EvaluationPeriods"),
                ("/DatapointsToAlarm", "/MetricAlarms/0/DatapointsToAlarm"),
                ("/Threshold", "/MetricAlarms/0/Threshold"),
                ("/ComparisonOperator", "/MetricAlarms/0/ComparisonOperator"),
                ("/TreatMissingData", "/MetricAlarms/0/TreatMissingData"),
                ("/AlarmActions", "/MetricAlarms/0/AlarmActions"),
                ("/OKActions", "/MetricAlarms/0/OKActions"),
                ("/InsufficientDataActions", "/MetricAlarms/0/InsufficientDataActions"),
            ],
        )
        .tags(tags(arn("cloudwatch", "alarm:age")), "/Tags")
        .change("/Threshold", json!(60_000))
        .gives("age", &[("Arn", arn("cloudwatch", "alarm:age"))]),
        Case::of(
            Kind::Alarm,
            json!({
                "AlarmName": "slow", "Namespace": "AWS/SageMaker", "MetricName": "ModelLatency", "ExtendedStatistic": "p99",
                "EvaluateLowSampleCountPercentile": "ignore", "Period": 60, "EvaluationPeriods": 5, "Threshold": 50_000,
                "ComparisonOperator": "GreaterThanThreshold",
            }),
        )
        .reads(
            alarms(),
            &[
                ("/AlarmName", "/MetricAlarms/0/AlarmName"),
                ("/Namespace", "/MetricAlarms/0/Namespace"),
                ("/MetricName", "/MetricAlarms/0/MetricName"),
                ("/ExtendedStatistic", "/MetricAlarms/0/ExtendedStatistic"),
                ("/EvaluateLowSampleCountPercentile", "/MetricAlarms/0/EvaluateLowSampleCountPercentile"),
                ("/Period", "/MetricAlarms/0/Period"),
                ("/EvaluationPeriods", "/MetricAlarms/0/EvaluationPeriods"),
                ("/Threshold", "/MetricAlarms/0/Threshold"),
                ("/ComparisonOperator", "/MetricAlarms/0/ComparisonOperator"),
            ],
        )
        .change("/ExtendedStatistic", json!("p95"))
        .gives("slow", &[]),
        Case::of(
            Kind::Alarm,
            json!({
                "AlarmName": "odd", "EvaluationPeriods": 3, "ComparisonOperator": "LessThanLowerOrGreaterThanUpperThreshold",
                "ThresholdMetricId": "band",
                "Metrics": [
                    {"Id": "m", "ReturnData": true, "MetricStat": {"Metric": age, "Period": 60, "Stat": "Maximum"}},
                    {"Id": "band", "Expression": "ANOMALY_DETECTION_BAND(m, 2)", "Label": "expected"}],
            }),
        )
        .reads(
            alarms(),
            &[
                ("/AlarmName", "/MetricAlarms/0/AlarmName"),
                ("/EvaluationPeriods", "/MetricAlarms/0/EvaluationPeriods"),
                ("/ComparisonOperator", "/MetricAlarms/0/ComparisonOperator"),
                ("/ThresholdMetricId", "/MetricAlarms/0/ThresholdMetricId"),
                ("/Metrics", "/MetricAlarms/0/Metrics"),
            ],
        )
        .change("/Metrics/1/Expression", json!("ANOMALY_DETECTION_BAND(m, 3)"))
        .gives("odd", &[]),
        Case::of(
            Kind::CompositeAlarm,
            json!({
                "AlarmName": "unhealthy", "AlarmDescription": "Something of p", "AlarmRule": "ALARM(\"age\")", "ActionsEnabled": true,
                "AlarmActions": [topic], "OKActions": [topic], "InsufficientDataActions": [topic],
                "ActionsSuppressor": "age", "ActionsSuppressorWaitPeriod": 60, "ActionsSuppressorExtensionPeriod": 120,
            }),
        )
        .needs([("Age", "AWS::CloudWatch::Alarm", json!({
            "AlarmName": "age", "Namespace": "n", "MetricName": "m", "Statistic": "Sum", "Period": 60, "EvaluationPeriods": 1,
            "Threshold": 1, "ComparisonOperator": "GreaterThanThreshold"}))])
        .reads(
            alarms(),
            &[
                ("/AlarmName", "/CompositeAlarms/0/AlarmName"),
                ("/AlarmDescription", "/CompositeAlarms/0/AlarmDescription"),
                ("/AlarmRule", "/CompositeAlarms/0/AlarmRule"),
                ("/ActionsEnabled", "/CompositeAlarms/0/ActionsEnabled"),
                ("/AlarmActions", "/CompositeAlarms/0/AlarmActions"),
                ("/OKActions", "/CompositeAlarms/0/OKActions"),
                ("/InsufficientDataActions", "/CompositeAlarms/0/InsufficientDataActions"),
                ("/ActionsSuppressor", "/CompositeAlarms/0/ActionsSuppressor"),
                ("/ActionsSuppressorWaitPeriod", "/CompositeAlarms/0/ActionsSuppressorWaitPeriod"),
                ("/ActionsSuppressorExtensionPeriod", "/CompositeAlarms/0/ActionsSuppressorExtensionPeriod"),
            ],
        )
        .tags(tags(arn("cloudwatch", "alarm:unhealthy")), "/Tags")
        .change("/AlarmRule", json!("NOT OK(\"age\")"))
        .gives("unhealthy", &[("Arn", arn("cloudwatch", "alarm:unhealthy"))]),
        Case::of(
            Kind::AnomalyDetector,
            json!({
                "SingleMetricAnomalyDetector": {"Namespace": "Sluice/p", "MetricName": "Score", "Stat": "Average", "Dimensions": [{"Name": "Service", "Value": "fraud"}]},
                "Configuration": {"MetricTimeZone": "Europe/Berlin"},
                "MetricCharacteristics": {"PeriodicSpikes": true},
            }),
        )
        .reads(
            cloudwatch("GraniteServiceVersion20100801.DescribeAnomalyDetectors", json!({})),
            &[
                ("/SingleMetricAnomalyDetector", "/AnomalyDetectors/0/SingleMetricAnomalyDetector"),
                ("/Configuration", "/AnomalyDetectors/0/Configuration"),
                ("/MetricCharacteristics", "/AnomalyDetectors/0/MetricCharacteristics"),
            ],
        )
        .change("/Configuration/MetricTimeZone", json!("UTC"))
        .change("/SingleMetricAnomalyDetector/Stat", json!("Maximum"))
        .gives("*-*-*-*-*", &[("Id", "*-*-*-*-*".to_owned())]),
        Case::of(
            Kind::AnomalyDetector,
            json!({"Namespace": "Sluice/p", "MetricName": "Score", "Stat": "Average", "Dimensions": [{"Name": "Service", "Value": "fraud"}]}),
        )
        .reads(
            cloudwatch("GraniteServiceVersion20100801.DescribeAnomalyDetectors", json!({})),
            &[
                ("/Namespace", "/AnomalyDetectors/0/Namespace"),
                ("/MetricName", "/AnomalyDetectors/0/MetricName"),
                ("/Stat", "/AnomalyDetectors/0/Stat"),
                ("/Dimensions", "/AnomalyDetectors/0/Dimensions"),
            ],
        )
        .gives("*", &[]),
        Case::of(
            Kind::AnomalyDetector,
            json!({"MetricMathAnomalyDetector": {"MetricDataQueries": [
                {"Id": "m", "ReturnData": false, "MetricStat": {"Metric": age, "Period": 60, "Stat": "Maximum"}},
                {"Id": "e", "Expression": "m / 1000", "ReturnData": true}]}}),
        )
        .reads(
            cloudwatch("GraniteServiceVersion20100801.DescribeAnomalyDetectors", json!({})),
            &[("/MetricMathAnomalyDetector", "/AnomalyDetectors/0/MetricMathAnomalyDetector")],
        )
        .gives("*", &[]),
        Case::of(Kind::Dashboard, json!({"DashboardName": "p-local", "DashboardBody": "{\"widgets\":[]}"}))
            .reads(
                cloudwatch("GraniteServiceVersion20100801.GetDashboard", json!({"DashboardName": "p-local"})),
                &[("/DashboardName", "/DashboardName"), ("/DashboardBody", "/DashboardBody")],
            )
            .tags(tags(format!("arn:aws:cloudwatch::{ACCOUNT}:dashboard/p-local")), "/Tags")
            .change("/DashboardBody", json!("{\"widgets\":[{\"type\":\"text\"}]}"))
            .gives("p-local", &[]),
        Case::of(
            Kind::Budget,
            json!({
                "Budget": {"BudgetName": "p-local", "BudgetType": "COST", "TimeUnit": "MONTHLY", "BudgetLimit": {"Amount": 500, "Unit": "USD"},
                    "CostFilters": {"TagKeyValue": ["user:sluice:pipeline$p"]}},
                "NotificationsWithSubscribers": [{
                    "Notification": {"NotificationType": "ACTUAL", "ComparisonOperator": "GREATER_THAN", "Threshold": 80, "ThresholdType": "PERCENTAGE"},
                    "Subscribers": [{"SubscriptionType": "EMAIL", "Address": "oncall@example.com"}, {"SubscriptionType": "SNS", "Address": topic}]}],
            }),
        )
        .reads(
            Ask::Json("budgets", "AWSBudgetServiceGateway.DescribeBudget", json!({"AccountId": ACCOUNT, "BudgetName": "p-local"})),
            &[("/Budget", "/Budget")],
        )
        .reads(
            Ask::Json(
                "budgets",
                "AWSBudgetServiceGateway.DescribeNotificationsForBudget",
                json!({"AccountId": ACCOUNT, "BudgetName": "p-local"}),
            ),
            &[("/NotificationsWithSubscribers/0/Notification", "/Notifications/0")],
        )
        .reads(
            Ask::Json(
                "budgets",
                "AWSBudgetServiceGateway.DescribeSubscribersForNotification",
                json!({"AccountId": ACCOUNT, "BudgetName": "p-local",
                    "Notification": {"NotificationType": "ACTUAL", "ComparisonOperator": "GREATER_THAN", "Threshold": 80, "ThresholdType": "PERCENTAGE"}}),
            ),
            &[("/NotificationsWithSubscribers/0/Subscribers", "/Subscribers")],
        )
        .untold(&["NotificationsWithSubscribers"])
        .tags(
            Ask::Json(
                "budgets",
                "AWSBudgetServiceGateway.ListTagsForResource",
                json!({"ResourceARN": format!("arn:aws:budgets::{ACCOUNT}:budget/p-local")}),
            ),
            "/ResourceTags",
        )
        .change("/Budget/BudgetLimit/Amount", json!(600))
        .gives("p-local", &[("Id", "p-local".to_owned())]),
    ]
}
