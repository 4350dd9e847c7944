//! Values stand in slots: text never meets what people wrote.
//!
//! `{{json value}}` keeps the value and leaves a numbered slot in its place. When the text is read as YAML, the values
//! are put into their slots. So a value cannot break out of its place, whatever is in it, and what is read, the
//! skeleton, is the same for every stage of the same shape and is read once.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use serde_json::{Map, Value};

use crate::template::Template;

/// Begins a slot, as YAML writes it inside quotes and as it is read.
const SLOT_WRITTEN: &str = "\"\\0";
const SLOT_READ: char = '\0';
/// More shapes than this are not remembered; a project has some tens.
const MOST_REMEMBERED: usize = 1_024;

/// The values of one text, in the order of their slots.
#[derive(Clone, Debug, Default)]
pub(super) struct Values(Arc<Mutex<Vec<Value>>>);

impl Values {
    /// Keeps a value and gives the slot to write in its place.
    pub(super) fn keep(&self, value: &Value) -> String {
        let mut values = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        values.push(value.clone());
        format!("{SLOT_WRITTEN}{}\"", values.len() - 1)
    }

    /// The values kept so far.
    pub(super) fn take(&self) -> Vec<Value> {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Skeletons that were read before.
#[derive(Debug, Default)]
pub(super) struct Skeletons(Mutex<BTreeMap<String, Arc<Value>>>);

impl Skeletons {
    /// Reads a placed text as YAML and puts its values in.
    pub(super) fn fill(&self, placed: String, values: Vec<Value>) -> Result<Value, String> {
        let mut values: Vec<Option<Value>> = values.into_iter().map(Some).collect();
        filled(&*self.read(placed)?, &mut values)
    }

    fn read(&self, text: String) -> Result<Arc<Value>, String> {
        if let Ok(known) = self.0.lock()
            && let Some(skeleton) = known.get(&text)
        {
            return Ok(Arc::clone(skeleton));
        }
        let skeleton = Arc::new(Template::read_yaml(&text).map_err(|error| error.to_string())?);
        if let Ok(mut known) = self.0.lock()
            && known.len() < MOST_REMEMBERED
        {
            known.insert(text, Arc::clone(&skeleton));
        }
        Ok(skeleton)
    }
}

fn filled(skeleton: &Value, values: &mut [Option<Value>]) -> Result<Value, String> {
    match skeleton {
        Value::String(text) => Ok(in_slot(text, values)?.unwrap_or_else(|| skeleton.clone())),
        Value::Array(items) => items.iter().map(|item| filled(item, values)).collect(),
        Value::Object(members) => {
            let mut object = Map::with_capacity(members.len());
            for (name, member) in members {
                let name = match in_slot(name, values)? {
                    None => name.clone(),
                    Some(Value::String(name)) => name,
                    Some(_) => return Err("a value that is not text stands where a name must be".to_owned()),
                };
                if object.contains_key(&name) {
                    return Err(format!("`{name}` is there twice"));
                }
                object.insert(name, filled(member, values)?);
            }
            Ok(Value::Object(object))
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => Ok(skeleton.clone()),
    }
}

/// Takes the value whose slot `text` is; none for ordinary text.
fn in_slot(text: &str, values: &mut [Option<Value>]) -> Result<Option<Value>, String> {
    if let Some(slot) = text.strip_prefix(SLOT_READ).and_then(|index| values.get_mut(index.parse::<usize>().ok()?)) {
        // Every slot is written once, so it is read twice only where an alias repeats it.
        let value = slot.take().ok_or("a YAML alias repeats a value; CloudFormation has no aliases")?;
        return Ok(Some(value));
    }
    if text.contains('\\') && text.contains(SLOT_WRITTEN) {
        return Err(format!(
            "a value is part of a longer text, which begins `{}`; it must stand alone",
            text.split('"').next().unwrap_or_default().trim()
        ));
    }
    Ok(None)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    /// Fills what `write` makes of the values that it keeps.
    fn fill(write: impl FnOnce(&Values) -> String) -> Result<Value, String> {
        let values = Values::default();
        let text = write(&values);
        Skeletons::default().fill(text, values.take())
    }

    #[test]
    fn types_survive_as_values_and_names_and_under_tags() {
        let value = json!({"a": [1, 1.5, true, null, "1", "yes"], "b": "x\n\"{{y}}\" !Ref z # no\u{85}\u{2028}"});
        let filled = fill(|values| {
            let (name, id) = (values.keep(&json!("name")), values.keep(&json!("id")));
            format!("? {name}\n: {{x: {}, y: !Ref {id}}}\n", values.keep(&value))
        });
        assert_eq!(filled, Ok(json!({"name": {"x": value, "y": {"Ref": "id"}}})));
    }

    #[test]
    fn a_value_inside_a_longer_text_is_refused() {
        for before in ["a: prefix-", "a: |\n  b "] {
            assert!(fill(|values| format!("{before}{}\n", values.keep(&json!("x")))).is_err(), "{before}");
        }
    }

    #[test]
    fn an_alias_of_a_value_is_told() {
        let repeated = fill(|values| format!("a: &x {}\nb: *x\n", values.keep(&json!("once"))));
        assert!(repeated.is_err_and(|why| why.contains("alias")));
    }

    #[test]
    fn a_name_that_comes_twice_is_told() {
        let twice = fill(|values| {
            let name = values.keep(&json!("same"));
            format!("{name}: 1\n{}: 2\n", values.keep(&json!("same")))
        });
        assert_eq!(twice, Err("`same` is there twice".to_owned()));
    }

    #[test]
    fn two_texts_of_one_shape_are_read_once() {
        let skeletons = Skeletons::default();
        for value in [1, 2] {
            let values = Values::default();
            let text = format!("a: {}", values.keep(&json!(value)));
            assert_eq!(skeletons.fill(text, values.take()), Ok(json!({"a": value})));
        }
        assert_eq!(skeletons.0.lock().expect("free").len(), 1);
    }

    proptest! {
        #[test]
        fn any_text_comes_back_as_it_went_in(text in any::<String>(), name in any::<String>()) {
            let value = json!({ name: [text, 1] });
            let filled = fill(|values| format!("at: {}\nnext: 1\n", values.keep(&value)));
            prop_assert_eq!(filled, Ok(json!({"at": value, "next": 1})));
        }
    }
}
