//! Alarms and log groups as they are.

use serde_json::{Value, json};

use super::{gone, same_names};
use crate::embedded::back::Back;
use crate::embedded::calls::Refusal;
use crate::embedded::cloudformation::Properties;
use crate::embedded::services::ServiceName;

pub(super) fn alarm(back: &Back, id: &str, wanted: &Properties) -> Properties {
    let name = id.split(":alarm:").nth(1).unwrap_or(id);
    let Some(alarm) = back.world.alarms.get(name) else { return Properties::new() };
    let mut live = alarm.definition().clone();
    live.entry("ActionsEnabled").or_insert(json!(true));
    let names: Vec<&str> =
        wanted.keys().map(String::as_str).filter(|name| !matches!(*name, "AlarmName" | "Tags")).collect();
    same_names(&Value::Object(live), wanted, &names)
}

pub(super) async fn log_group(back: &mut Back, name: &str, wanted: &Properties) -> Result<Properties, Refusal> {
    let body = json!({"logGroupNamePrefix": name});
    let found = back.seen(ServiceName::Logs, "Logs_20140328.DescribeLogGroups", body).await?;
    let mut listed = found.get("logGroups").and_then(Value::as_array).into_iter().flatten();
    let live = listed.find(|group| group.get("logGroupName") == Some(&json!(name))).ok_or_else(gone)?;
    let told = json!({"RetentionInDays": live.get("retentionInDays"), "KmsKeyId": live.get("kmsKeyId")});
    Ok(same_names(&told, wanted, &["RetentionInDays", "KmsKeyId"]))
}
