//! `AWS::Glue::Database` and `AWS::Glue::Table`.

use serde_json::{Map, Value, json};

use super::props::{object, required, text};
use super::{Made, already_exists, gone, invented_name, made, not_found};
use crate::embedded::back::Back;
use crate::embedded::calls::Refusal;
use crate::embedded::cloudformation::{Effect, EffectAction, HandlerError, HandlerErrorCode, Properties};
use crate::embedded::kept::KeptService;

fn call(back: &mut Back, action: &str, body: Value) -> Result<Value, Refusal> {
    back.kept(KeptService::Glue, action, &body)
}

/// How a catalogue entry is written in a template: its name may stand beside its input or in it.
struct Entry {
    input: &'static str,
    name: &'static str,
}

const DATABASE: Entry = Entry { input: "DatabaseInput", name: "DatabaseName" };
const TABLE: Entry = Entry { input: "TableInput", name: "Name" };

/// The input of a catalogue entry under its name, and that name.
fn input(effect: &Effect, properties: &Properties, entry: &Entry, physical_id: Option<&str>) -> (String, Value) {
    let mut input: Map<String, Value> = object(properties, entry.input);
    let given = physical_id.map(str::to_owned);
    let given = given.or_else(|| text(properties, entry.name)).or_else(|| text(&input, "Name"));
    let name = given.unwrap_or_else(|| invented_name(effect, 255).to_lowercase()).to_lowercase();
    input.insert("Name".to_owned(), json!(name));
    (name, Value::Object(input))
}

fn created(effect: &Effect, name: &str, answer: Result<Value, Refusal>) -> Made {
    answer.map_err(|refusal| match refusal.handler_code() {
        HandlerErrorCode::AlreadyExists => already_exists(effect, name),
        _ => HandlerError::from(refusal),
    })?;
    made(name, [])
}

pub(crate) async fn database(back: &mut Back, effect: &Effect) -> Made {
    match &effect.action {
        EffectAction::Create { properties } => {
            let (name, input) = input(effect, properties, &DATABASE, None);
            let body = json!({"CatalogId": required(properties, "CatalogId")?, "DatabaseInput": input});
            let answer = call(back, "CreateDatabase", body);
            created(effect, &name, answer)
        }
        EffectAction::Update { physical_id, after, .. } => {
            let (_, input) = input(effect, after, &DATABASE, Some(physical_id));
            call(back, "UpdateDatabase", json!({"Name": physical_id, "DatabaseInput": input}))?;
            made(physical_id, [])
        }
        EffectAction::Delete { physical_id, .. } => {
            call(back, "DeleteDatabase", json!({"Name": physical_id}))?;
            gone()
        }
        EffectAction::Read { physical_id } => {
            call(back, "GetDatabase", json!({"Name": physical_id}))?;
            made(physical_id, [])
        }
    }
}

pub(crate) async fn table(back: &mut Back, effect: &Effect) -> Made {
    match &effect.action {
        EffectAction::Create { properties } => {
            let (name, input) = input(effect, properties, &TABLE, None);
            let body = json!({
                "CatalogId": required(properties, "CatalogId")?,
                "DatabaseName": required(properties, "DatabaseName")?,
                "TableInput": input,
            });
            let answer = call(back, "CreateTable", body);
            created(effect, &name, answer)
        }
        EffectAction::Update { physical_id, after, .. } => {
            let (_, input) = input(effect, after, &TABLE, Some(physical_id));
            let within = required(after, "DatabaseName")?;
            call(back, "UpdateTable", json!({"DatabaseName": within, "TableInput": input}))?;
            made(physical_id, [])
        }
        EffectAction::Delete { physical_id, properties } => {
            let within = required(properties, "DatabaseName")?;
            call(back, "DeleteTable", json!({"DatabaseName": within, "Name": physical_id}))?;
            gone()
        }
        EffectAction::Read { physical_id } => {
            // Its name alone does not find a table: the database is what it was made in.
            let record = super::known(back, effect, physical_id).ok_or_else(|| not_found(effect, physical_id))?;
            let within = required(&record.properties, "DatabaseName")?;
            call(back, "GetTable", json!({"DatabaseName": within, "Name": physical_id}))?;
            made(physical_id, [])
        }
    }
}
