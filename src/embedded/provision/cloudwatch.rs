//! `AWS::CloudWatch::Alarm`, `CompositeAlarm`, `AnomalyDetector` and `Dashboard`.
//!
//! The definition goes to the service, so that it can be described; the state is worked out by `metrics`,
//! because the service keeps neither M-of-N nor the treatment of missing data.

use serde_json::{Map, Value, json};

use super::props::{as_text, document, loosen, text};
use super::{Made, already_exists, gone, invented_name, made, not_found, tag_list, tags};
use crate::embedded::back::Back;
use crate::embedded::calls::Refusal;
use crate::embedded::cloudformation::{Effect, EffectAction, Properties};
use crate::embedded::mappings::made_up_uuid;
use crate::embedded::metrics::Alarm;
use crate::embedded::services::ServiceName;

async fn call(back: &mut Back, action: &str, parameters: &[(String, String)]) -> Result<String, Refusal> {
    back.query(ServiceName::Cloudwatch, "2010-08-01", action, parameters).await
}

/// Flattens properties into query parameters: `Dimensions.member.1.Name`.
fn flatten(prefix: &str, value: &Value, out: &mut Vec<(String, String)>) {
    match value {
        Value::Object(map) => {
            for (name, inner) in map {
                let path = if prefix.is_empty() { name.clone() } else { format!("{prefix}.{name}") };
                flatten(&path, inner, out);
            }
        }
        Value::Array(items) => {
            for (at, item) in (1..).zip(items) {
                flatten(&format!("{prefix}.member.{at}"), item, out);
            }
        }
        Value::Null => {}
        Value::Bool(_) | Value::Number(_) | Value::String(_) => out.push((prefix.to_owned(), as_text(value))),
    }
}

fn alarm_arn(back: &Back, name: &str) -> String {
    back.arn("cloudwatch", &format!("alarm:{name}"))
}

/// An alarm may be named by its name or its ARN.
fn alarm_name(given: &str) -> String {
    given.split(":alarm:").nth(1).unwrap_or(given).to_owned()
}

pub(crate) async fn alarm(back: &mut Back, effect: &Effect) -> Made {
    either(back, effect, "PutMetricAlarm").await
}

pub(crate) async fn composite(back: &mut Back, effect: &Effect) -> Made {
    either(back, effect, "PutCompositeAlarm").await
}

async fn either(back: &mut Back, effect: &Effect, action: &str) -> Made {
    match &effect.action {
        EffectAction::Create { properties } => {
            let name = text(properties, "AlarmName").unwrap_or_else(|| invented_name(effect, 255));
            if back.world.alarms.contains_key(&name) {
                return Err(already_exists(effect, &name));
            }
            put(back, effect, action, &name, properties).await?;
            alarm_made(back, &name)
        }
        EffectAction::Update { physical_id, after, .. } => {
            put(back, effect, action, physical_id, after).await?;
            alarm_made(back, physical_id)
        }
        EffectAction::Delete { physical_id, .. } => {
            call(back, "DeleteAlarms", &[("AlarmNames.member.1".to_owned(), physical_id.clone())]).await?;
            back.world.alarms.remove(physical_id);
            gone()
        }
        EffectAction::Read { physical_id } => {
            let name = alarm_name(physical_id);
            let state =
                back.world.alarms.get(&name).map(|alarm| alarm.state).ok_or_else(|| not_found(effect, &name))?;
            let mut read = alarm_made(back, &name)?;
            read.attributes.insert("StateValue".to_owned(), Value::String(state.as_str().to_owned()));
            Ok(read)
        }
    }
}

fn alarm_made(back: &Back, name: &str) -> Made {
    made(name, [("Arn", alarm_arn(back, name))])
}

async fn put(
    back: &mut Back,
    effect: &Effect,
    action: &str,
    name: &str,
    properties: &Properties,
) -> Result<(), Refusal> {
    let mut wanted: Map<String, Value> = properties.clone();
    wanted.insert("AlarmName".to_owned(), Value::String(name.to_owned()));
    wanted.remove("Tags");
    // An alarm on an expression has no metric of its own; the service insists on one, so it is given the first
    // that the expression reads.
    if let Some(metrics) = wanted.remove("Metrics") {
        let first = metrics.as_array().into_iter().flatten().find_map(|query| query.get("MetricStat"));
        for (field, from) in [
            ("MetricName", "/Metric/MetricName"),
            ("Namespace", "/Metric/Namespace"),
            ("Period", "/Period"),
            ("Statistic", "/Stat"),
        ] {
            if let Some(value) = first.and_then(|stat| stat.pointer(from)) {
                wanted.entry(field).or_insert_with(|| value.clone());
            }
        }
    }
    let mut parameters = Vec::new();
    flatten("", &Value::Object(wanted), &mut parameters);
    call(back, action, &parameters).await?;
    let old = back.world.alarms.remove(name);
    let mut definition = properties.clone();
    definition.insert("Tags".to_owned(), tag_list(&tags(effect, properties)));
    let alarm = Alarm::defined(&definition, old, back.now);
    back.world.alarms.insert(name.to_owned(), alarm);
    Ok(())
}

pub(crate) async fn dashboard(back: &mut Back, effect: &Effect) -> Made {
    match &effect.action {
        EffectAction::Create { properties } => {
            let name = text(properties, "DashboardName").unwrap_or_else(|| invented_name(effect, 255));
            put_dashboard(back, effect, &name, properties).await?;
            made(name, [])
        }
        EffectAction::Update { physical_id, after, .. } => {
            put_dashboard(back, effect, physical_id, after).await?;
            made(physical_id, [])
        }
        EffectAction::Delete { physical_id, .. } => {
            call(back, "DeleteDashboards", &[("DashboardNames.member.1".to_owned(), physical_id.clone())]).await?;
            back.forget(&format!("dashboard/{physical_id}"));
            gone()
        }
        EffectAction::Read { physical_id } => {
            call(back, "GetDashboard", &[("DashboardName".to_owned(), physical_id.clone())])
                .await
                .map_err(|_| not_found(effect, physical_id))?;
            made(physical_id, [])
        }
    }
}

async fn put_dashboard(back: &mut Back, effect: &Effect, name: &str, properties: &Properties) -> Result<(), Refusal> {
    let body = document(properties.get("DashboardBody"));
    let parameters = [("DashboardName".to_owned(), name.to_owned()), ("DashboardBody".to_owned(), body.clone())];
    call(back, "PutDashboard", &parameters).await?;
    back.forget(&format!("dashboard/{name}"));
    back.remember(
        &format!("dashboard/{name}"),
        json!({
            "DashboardName": name,
            "DashboardArn": format!("arn:aws:cloudwatch::{}:dashboard/{name}", back.account()),
            "DashboardBody": body,
            "LastModified": back.now.as_millis() as f64 / 1_000.0,
            "Tags": tag_list(&tags(effect, properties)),
        }),
    );
    Ok(())
}

/// A detector's properties as a request.
fn asked(properties: &Properties) -> Value {
    loosen(&Value::Object(properties.clone()), &["Value", "MetricName", "Namespace"])
}

pub(crate) async fn detector(back: &mut Back, effect: &Effect) -> Made {
    match &effect.action {
        EffectAction::Create { properties } => {
            let asked = asked(properties);
            if back.has_detector(&asked) {
                return Err(already_exists(effect, &effect.logical_id));
            }
            back.put_detector(&asked);
            let number = back.next();
            let id = made_up_uuid(number, "anomaly-detector", &asked.to_string());
            made(id.clone(), [("Id", id)])
        }
        EffectAction::Update { physical_id, after, .. } => {
            back.put_detector(&asked(after));
            made(physical_id, [("Id", physical_id.clone())])
        }
        EffectAction::Delete { properties, .. } => {
            back.delete_detector(&asked(properties))?;
            gone()
        }
        EffectAction::Read { physical_id } => {
            super::known(back, effect, physical_id).ok_or_else(|| not_found(effect, physical_id))?;
            made(physical_id, [("Id", physical_id.clone())])
        }
    }
}
