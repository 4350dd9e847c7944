//! Databases and tables of the Glue data catalogue.

use serde_json::{Map, Value, json};

use super::{Answer, KeptService, members, text};
use crate::embedded::back::Back;
use crate::embedded::calls::Refusal;

const DATABASES: &str = "glue/database";
const TABLES: &str = "glue/table";

pub(super) fn answer(back: &mut Back, action: &str, body: &Value) -> Answer {
    Some(match action {
        "CreateDatabase" => create_database(back, body),
        "GetDatabase" => database(back, &text(body, "Name")).map(|found| json!({"Database": found})),
        "GetDatabases" => {
            Ok(json!({"DatabaseList": back.all_on_shelf(DATABASES).map(|(_, found)| found).collect::<Vec<_>>()}))
        }
        "UpdateDatabase" => update_database(back, body),
        "DeleteDatabase" => delete_database(back, &text(body, "Name")),
        "CreateTable" => create_table(back, body),
        "GetTable" => {
            table(back, &text(body, "DatabaseName"), &text(body, "Name")).map(|found| json!({"Table": found}))
        }
        "GetTables" => tables(back, &text(body, "DatabaseName")),
        "UpdateTable" => update_table(back, body),
        "DeleteTable" => delete_table(back, &text(body, "DatabaseName"), &text(body, "Name")),
        _ => return None,
    })
}

/// The catalogue folds names to lower case.
fn key(name: &str) -> String {
    name.to_lowercase()
}

fn table_key(database: &str, name: &str) -> String {
    format!("{}|{}", key(database), key(name))
}

fn missing_name() -> Refusal {
    KeptService::Glue.refuse("InvalidInputException", "Name must be specified.")
}

/// The input's name, checked, and the input with it folded.
fn named(body: &Value, member: &str) -> Result<(String, Map<String, Value>), Refusal> {
    let mut input = members(body, member);
    let name = input.get("Name").and_then(Value::as_str).map(key).filter(|name| !name.is_empty());
    let name = name.ok_or_else(missing_name)?;
    input.insert("Name".to_owned(), json!(name));
    Ok((name, input))
}

fn database<'a>(back: &'a Back, name: &str) -> Result<&'a Value, Refusal> {
    let missing = || KeptService::Glue.refuse("EntityNotFoundException", format!("Database {name} not found."));
    back.on_shelf(DATABASES, &key(name)).ok_or_else(missing)
}

fn table<'a>(back: &'a Back, database_name: &str, name: &str) -> Result<&'a Value, Refusal> {
    database(back, database_name)?;
    let missing = || KeptService::Glue.refuse("EntityNotFoundException", "Entity Not Found");
    back.on_shelf(TABLES, &table_key(database_name, name)).ok_or_else(missing)
}

fn catalog(back: &Back, body: &Value) -> Value {
    body.get("CatalogId").cloned().unwrap_or_else(|| json!(back.account()))
}

fn seconds(back: &Back) -> Value {
    json!(back.now.as_millis() as f64 / 1_000.0)
}

fn create_database(back: &mut Back, body: &Value) -> Result<Value, Refusal> {
    let (name, input) = named(body, "DatabaseInput")?;
    if database(back, &name).is_ok() {
        return Err(KeptService::Glue.refuse("AlreadyExistsException", "Database already exists."));
    }
    let (catalog, made) = (catalog(back, body), seconds(back));
    let document = described_database(input, &catalog, &made);
    back.shelf(DATABASES).insert(name, document);
    Ok(json!({}))
}

fn described_database(mut input: Map<String, Value>, catalog: &Value, made: &Value) -> Value {
    // Without Lake Formation everybody may do everything, and the answer says so.
    input.entry("CreateTableDefaultPermissions").or_insert_with(
        || json!([{"Principal": {"DataLakePrincipalIdentifier": "IAM_ALLOWED_PRINCIPALS"}, "Permissions": ["ALL"]}]),
    );
    input.insert("CatalogId".to_owned(), catalog.clone());
    input.insert("CreateTime".to_owned(), made.clone());
    Value::Object(input)
}

fn update_database(back: &mut Back, body: &Value) -> Result<Value, Refusal> {
    let name = text(body, "Name");
    let known = database(back, &name)?;
    let field = |field: &str| known.get(field).cloned().unwrap_or_default();
    let (catalog, made) = (field("CatalogId"), field("CreateTime"));
    let mut input = members(body, "DatabaseInput");
    input.insert("Name".to_owned(), json!(key(&name)));
    let document = described_database(input, &catalog, &made);
    back.shelf(DATABASES).insert(key(&name), document);
    Ok(json!({}))
}

/// Deletes a database with its tables.
fn delete_database(back: &mut Back, name: &str) -> Result<Value, Refusal> {
    database(back, name)?;
    back.shelf(DATABASES).remove(&key(name));
    let within = format!("{}|", key(name));
    back.shelf(TABLES).retain(|table, _| !table.starts_with(&within));
    Ok(json!({}))
}

fn create_table(back: &mut Back, body: &Value) -> Result<Value, Refusal> {
    let within = text(body, "DatabaseName");
    database(back, &within)?;
    let (name, input) = named(body, "TableInput")?;
    if table(back, &within, &name).is_ok() {
        return Err(KeptService::Glue.refuse("AlreadyExistsException", "Table already exists."));
    }
    let made = json!({
        "DatabaseName": key(&within),
        "CatalogId": catalog(back, body),
        "CreateTime": seconds(back),
        "CreatedBy": back.caller(),
        "IsRegisteredWithLakeFormation": false,
    });
    put_table(back, &within, &name, input, &made, 0);
    Ok(json!({}))
}

/// Keeps a table: what was given, over what stays for its whole life.
fn put_table(back: &mut Back, within: &str, name: &str, input: Map<String, Value>, lasting: &Value, version: u64) {
    let mut document = lasting.as_object().cloned().unwrap_or_default();
    document.extend(input);
    document.insert("UpdateTime".to_owned(), seconds(back));
    document.insert("VersionId".to_owned(), json!(version.to_string()));
    back.shelf(TABLES).insert(table_key(within, name), Value::Object(document));
}

fn tables(back: &Back, within: &str) -> Result<Value, Refusal> {
    database(back, within)?;
    let prefix = format!("{}|", key(within));
    let found: Vec<&Value> =
        back.all_on_shelf(TABLES).filter(|(table, _)| table.starts_with(&prefix)).map(|(_, found)| found).collect();
    Ok(json!({"TableList": found}))
}

fn update_table(back: &mut Back, body: &Value) -> Result<Value, Refusal> {
    let within = text(body, "DatabaseName");
    let (name, input) = named(body, "TableInput")?;
    let known = table(back, &within, &name)?;
    let lasting: Map<String, Value> =
        ["DatabaseName", "CatalogId", "CreateTime", "CreatedBy", "IsRegisteredWithLakeFormation"]
            .iter()
            .filter_map(|field| Some(((*field).to_owned(), known.get(*field)?.clone())))
            .collect();
    let version = text(known, "VersionId").parse::<u64>().unwrap_or_default() + 1;
    put_table(back, &within, &name, input, &Value::Object(lasting), version);
    Ok(json!({}))
}

fn delete_table(back: &mut Back, within: &str, name: &str) -> Result<Value, Refusal> {
    table(back, within, name)?;
    back.shelf(TABLES).remove(&table_key(within, name));
    Ok(json!({}))
}
