//! Budgets: each with its notifications, their subscribers, and tags.

use serde_json::{Map, Value, json};

use super::{Answer, KeptService, drop_tags, items, members, put_tags, text};
use crate::embedded::back::Back;
use crate::embedded::calls::Refusal;

const BUDGETS: &str = "budgets";

pub(super) fn answer(back: &mut Back, action: &str, body: &Value) -> Answer {
    let name = text(body, "BudgetName");
    Some(match action {
        "CreateBudget" => create(back, body),
        "DescribeBudget" => budget(back, &name).map(|found| json!({"Budget": found.get("Budget")})),
        "DescribeBudgets" => {
            let all: Vec<Option<&Value>> = back.all_on_shelf(BUDGETS).map(|(_, one)| one.get("Budget")).collect();
            Ok(json!({"Budgets": all}))
        }
        "UpdateBudget" => update(back, body),
        "DeleteBudget" => budget(back, &name).map(|_| ()).map(|()| {
            back.shelf(BUDGETS).remove(&name);
            json!({})
        }),
        "DescribeNotificationsForBudget" => budget(back, &name).map(|found| {
            let all: Vec<Option<Value>> =
                items(found, "Notifications").iter().map(|one| one.get("Notification").cloned()).collect();
            json!({"Notifications": all})
        }),
        "DescribeSubscribersForNotification" => budget(back, &name).map(|found| {
            let asked = body.get("Notification");
            let known = items(found, "Notifications");
            let subscribers = known
                .iter()
                .find(|one| same_notification(one.get("Notification"), asked))
                .map(|one| items(one, "Subscribers"));
            json!({"Subscribers": subscribers.unwrap_or_default()})
        }),
        "ListTagsForResource" => tagged(back, body, |tags| json!({"ResourceTags": tags})),
        "TagResource" => tagged(back, body, |tags| {
            put_tags(tags, &items(body, "ResourceTags"));
            json!({})
        }),
        "UntagResource" => tagged(back, body, |tags| {
            drop_tags(tags, &items(body, "ResourceTagKeys"));
            json!({})
        }),
        _ => return None,
    })
}

fn budget<'a>(back: &'a Back, name: &str) -> Result<&'a Value, Refusal> {
    let missing = || {
        let message = format!("Unable to get budget: {name} - the budget doesn't exist.");
        KeptService::Budgets.refuse("NotFoundException", message)
    };
    back.on_shelf(BUDGETS, name).ok_or_else(missing)
}

fn create(back: &mut Back, body: &Value) -> Result<Value, Refusal> {
    let given = members(body, "Budget");
    let name = given.get("BudgetName").and_then(Value::as_str).unwrap_or_default().to_owned();
    if budget(back, &name).is_ok() {
        let message = format!("Error creating budget: {name} - the budget already exists.");
        return Err(KeptService::Budgets.refuse("DuplicateRecordException", message));
    }
    let notifications = items(body, "NotificationsWithSubscribers");
    // "You can have up to 10 email addresses and one Amazon SNS topic per alert" (AWS Budgets user guide).
    for notification in &notifications {
        let subscribers = items(notification, "Subscribers");
        let of = |kind: &str| {
            subscribers.iter().filter(|one| one.get("SubscriptionType").and_then(Value::as_str) == Some(kind)).count()
        };
        if of("SNS") > 1 || of("EMAIL") > 10 || subscribers.is_empty() {
            let message = "A notification has one to ten e-mail addresses and at most one SNS topic.";
            return Err(KeptService::Budgets.refuse("InvalidParameterException", message));
        }
    }
    let document = json!({
        "Budget": described(given, back),
        "Notifications": notifications,
        "Tags": items(body, "ResourceTags"),
    });
    back.shelf(BUDGETS).insert(name, document);
    Ok(json!({}))
}

fn update(back: &mut Back, body: &Value) -> Result<Value, Refusal> {
    let given = members(body, "NewBudget");
    let name = given.get("BudgetName").and_then(Value::as_str).unwrap_or_default().to_owned();
    let mut document = budget(back, &name)?.clone();
    let described = described(given, back);
    if let Some(place) = document.get_mut("Budget") {
        *place = described;
    }
    back.shelf(BUDGETS).insert(name, document);
    Ok(json!({}))
}

/// A budget as it is described: amounts are text, and what was spent is told.
fn described(mut given: Map<String, Value>, back: &Back) -> Value {
    if let Some(amount) = given.get_mut("BudgetLimit").and_then(|limit| limit.get_mut("Amount"))
        && !amount.is_string()
    {
        *amount = json!(amount.to_string());
    }
    let unit = given.get("BudgetLimit").and_then(|limit| limit.get("Unit")).cloned().unwrap_or_else(|| json!("USD"));
    given.insert("CalculatedSpend".to_owned(), json!({"ActualSpend": {"Amount": "0.0", "Unit": unit}}));
    given.insert("LastUpdatedTime".to_owned(), json!(back.now.as_millis() as f64 / 1_000.0));
    Value::Object(given)
}

/// Notifications have no name: type, comparison and threshold tell them apart.
fn same_notification(one: Option<&Value>, other: Option<&Value>) -> bool {
    let (Some(one), Some(other)) = (one, other) else { return false };
    let number = |value: &Value| value.get("Threshold").and_then(Value::as_f64);
    ["NotificationType", "ComparisonOperator"].iter().all(|field| one.get(*field) == other.get(*field))
        && number(one) == number(other)
}

fn tagged(back: &mut Back, body: &Value, act: impl FnOnce(&mut Vec<Value>) -> Value) -> Result<Value, Refusal> {
    let arn = text(body, "ResourceARN");
    let name = arn.rsplit_once("budget/").map_or(arn.as_str(), |(_, name)| name).to_owned();
    budget(back, &name)?;
    let answer = back.shelf(BUDGETS).get_mut(&name).and_then(|document| document.get_mut("Tags")).map(|tags| {
        let mut list = tags.as_array().cloned().unwrap_or_default();
        let answer = act(&mut list);
        *tags = Value::Array(list);
        answer
    });
    Ok(answer.unwrap_or_default())
}
