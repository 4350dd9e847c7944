//! `AWS::Budgets::Budget`.

use serde_json::{Map, Value, json};

use super::props::{loosen, object, text};
use super::{Made, already_exists, gone, invented_name, made, tag_list};
use crate::embedded::back::Back;
use crate::embedded::calls::Refusal;
use crate::embedded::cloudformation::{Effect, EffectAction, HandlerError, HandlerErrorCode, Properties};
use crate::embedded::kept::KeptService;

fn call(back: &mut Back, action: &str, mut body: Value) -> Result<Value, Refusal> {
    let account = back.account().to_string();
    if let Some(map) = body.as_object_mut() {
        map.insert("AccountId".to_owned(), json!(account));
    }
    back.kept(KeptService::Budgets, action, &body)
}

fn arn(back: &Back, name: &str) -> String {
    format!("arn:aws:budgets::{}:budget/{name}", back.account())
}

/// Tags of the budget: the stack's, and its own, which are in a property of another name.
fn tags(effect: &Effect, properties: &Properties) -> std::collections::BTreeMap<String, String> {
    let own = properties.get("ResourceTags").cloned().unwrap_or_default();
    super::tags(effect, &Map::from_iter([("Tags".to_owned(), own)]))
}

fn budget_of(properties: &Properties, name: &str) -> Value {
    let mut budget = object(properties, "Budget");
    budget.insert("BudgetName".to_owned(), json!(name));
    loosen(&Value::Object(budget), &["BudgetName", "Amount", "CostFilters", "FilterExpression", "Unit"])
}

pub(crate) async fn budget(back: &mut Back, effect: &Effect) -> Made {
    match &effect.action {
        EffectAction::Create { properties } => {
            let given = text(&object(properties, "Budget"), "BudgetName");
            let name = given.unwrap_or_else(|| invented_name(effect, 100));
            let notifications = properties.get("NotificationsWithSubscribers").map(|list| loosen(list, &["Address"]));
            let body = json!({
                "Budget": budget_of(properties, &name),
                "NotificationsWithSubscribers": notifications.unwrap_or_else(|| json!([])),
                "ResourceTags": tag_list(&tags(effect, properties)),
            });
            call(back, "CreateBudget", body).map_err(|refusal| match refusal.handler_code() {
                HandlerErrorCode::AlreadyExists => already_exists(effect, &name),
                _ => HandlerError::from(refusal),
            })?;
            budget_made(&name)
        }
        EffectAction::Update { physical_id: name, before, after, tags_before } => {
            call(back, "UpdateBudget", json!({"NewBudget": budget_of(after, name)}))?;
            let arn = arn(back, name);
            let mut old = tags_before.clone();
            old.extend(tags(effect, before));
            let now = tags(effect, after);
            let removed = super::removed_tags(&old, &now);
            call(back, "UntagResource", json!({"ResourceARN": arn, "ResourceTagKeys": removed}))?;
            call(back, "TagResource", json!({"ResourceARN": arn, "ResourceTags": tag_list(&now)}))?;
            budget_made(name)
        }
        EffectAction::Delete { physical_id: name, .. } => {
            call(back, "DeleteBudget", json!({"BudgetName": name}))?;
            gone()
        }
        EffectAction::Read { physical_id: name } => {
            call(back, "DescribeBudget", json!({"BudgetName": name}))?;
            budget_made(name)
        }
    }
}

fn budget_made(name: &str) -> Made {
    made(name, [("Id", name.to_owned())])
}
