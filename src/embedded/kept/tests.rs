//! What the services that are ours whole refuse, and what they change on the way.

use serde_json::{Value, json};

use super::KeptService;
use crate::embedded::tests::cloud;

async fn answer(cloud: &crate::embedded::EmbeddedCloud, service: KeptService, action: &str, body: Value) -> Value {
    let mut turn = cloud.turn().await.unwrap();
    let answer = turn.inner().unwrap().back.kept(service, action, &body);
    turn.save().await.unwrap();
    answer.unwrap_or_else(|refusal| json!({"code": refusal.code, "message": refusal.message}))
}

#[tokio::test]
async fn the_catalogue_folds_names_and_takes_tables_with_their_database() {
    let cloud = cloud();
    let glue = |action: &'static str, body: Value| answer(&cloud, KeptService::Glue, action, body);
    glue("CreateDatabase", json!({"DatabaseInput": {"Name": "Fraud_Local"}})).await;
    let again = glue("CreateDatabase", json!({"DatabaseInput": {"Name": "fraud_local"}})).await;
    assert_eq!(again["code"], json!("AlreadyExistsException"));
    glue("CreateTable", json!({"DatabaseName": "FRAUD_LOCAL", "TableInput": {"Name": "T"}})).await;
    let updated = json!({"DatabaseName": "fraud_local", "TableInput": {"Name": "t", "TableType": "EXTERNAL_TABLE"}});
    glue("UpdateTable", updated).await;
    let table = glue("GetTable", json!({"DatabaseName": "fraud_local", "Name": "t"})).await;
    assert_eq!(table.pointer("/Table/VersionId"), Some(&json!("1")));
    assert_eq!(table.pointer("/Table/TableType"), Some(&json!("EXTERNAL_TABLE")));
    glue("DeleteDatabase", json!({"Name": "fraud_local"})).await;
    glue("CreateDatabase", json!({"DatabaseInput": {"Name": "fraud_local"}})).await;
    let table = glue("GetTable", json!({"DatabaseName": "fraud_local", "Name": "t"})).await;
    assert_eq!(table["code"], json!("EntityNotFoundException"));
}

#[tokio::test]
async fn a_parameter_is_overwritten_only_on_request_and_only_with_what_its_pattern_allows() {
    let cloud = cloud();
    let ssm = |body: Value| answer(&cloud, KeptService::Ssm, "PutParameter", body);
    let given = json!({"Name": "/p", "Value": "1", "Type": "String", "AllowedPattern": "^[0-9]+$"});
    assert_eq!(ssm(given.clone()).await["Version"], json!(1));
    assert_eq!(ssm(given).await["code"], json!("ParameterAlreadyExists"));
    let over = |value: &str| json!({"Name": "/p", "Value": value, "Overwrite": true, "AllowedPattern": "^[0-9]+$"});
    assert_eq!(ssm(over("2")).await["Version"], json!(2));
    assert_eq!(ssm(over("two")).await["code"], json!("ParameterPatternMismatchException"));
}

#[tokio::test]
async fn a_budget_has_one_topic_for_each_notification_and_a_name_of_its_own() {
    let cloud = cloud();
    let budgets = |body: Value| answer(&cloud, KeptService::Budgets, "CreateBudget", body);
    let budget = json!({"BudgetName": "b", "BudgetType": "COST", "TimeUnit": "MONTHLY", "BudgetLimit": {"Amount": 5, "Unit": "USD"}});
    let topic = |name: &str| json!({"SubscriptionType": "SNS", "Address": name});
    let notified = |subscribers: Value| json!({"Budget": budget, "NotificationsWithSubscribers": [{"Notification": {"Threshold": 80}, "Subscribers": subscribers}]});
    assert_eq!(budgets(notified(json!([topic("a"), topic("b")]))).await["code"], json!("InvalidParameterException"));
    assert_eq!(budgets(notified(json!([topic("a")]))).await, json!({}));
    assert_eq!(budgets(notified(json!([topic("a")]))).await["code"], json!("DuplicateRecordException"));
}

#[tokio::test]
async fn an_operation_that_is_not_answered_says_so() {
    let refused = answer(&cloud(), KeptService::Glue, "StartJobRun", json!({})).await;
    assert_eq!(refused["message"], json!("The embedded cloud does not answer StartJobRun of Glue."));
}
