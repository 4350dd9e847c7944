//! The functions of Terraform that can be evaluated without files, clocks or networks.

use std::collections::{BTreeMap, BTreeSet};

use crate::diagnostic::Place;
use crate::import::value::{Fields, Item, Value};

use super::eval::why;

/// Calls a function.
pub(super) fn call(name: &str, arguments: &[Item], place: Option<Place>) -> Item {
    match name {
        // References inside stay references.
        "jsonencode" => match arguments {
            [value] => Item::new(Value::Json(Box::new(value.clone())), place),
            _ => misused(name, place),
        },
        "jsondecode" => arguments.first().and_then(Item::decoded).unwrap_or_else(|| open(name, arguments, place)),
        "tolist" | "toset" | "tomap" | "sensitive" | "nonsensitive" | "one" => match arguments {
            [value] => value.clone(),
            _ => misused(name, place),
        },
        "try" | "coalesce" => {
            let known = |item: &&Item| item.value != Value::Null && item.why_unknown().is_none();
            arguments.iter().find(known).cloned().unwrap_or_else(|| open(name, arguments, place))
        }
        "format" => format(arguments, place.clone()).unwrap_or_else(|| open(name, arguments, place)),
        "concat" => {
            let lists: Option<Vec<Vec<Item>>> = arguments.iter().map(list).collect();
            lists.map_or_else(|| open(name, arguments, place.clone()), |lists| listed(lists.concat(), &place))
        }
        "merge" => merge(arguments, place.clone()).unwrap_or_else(|| open(name, arguments, place)),
        "join" => match arguments {
            [separator, Item { value: Value::List(items), .. }] => separator.between(items, place),
            _ => open(name, arguments, place),
        },
        "lookup" => match arguments {
            [Item { value: Value::Map(fields), .. }, key, default @ ..] => {
                let found = key.as_text().and_then(|key| fields.get(&key)).map(|field| field.item.clone());
                found.or_else(|| default.first().cloned()).unwrap_or_else(|| open(name, arguments, place))
            }
            _ => open(name, arguments, place),
        },
        "element" => match arguments {
            [Item { value: Value::List(items), .. }, index] if !items.is_empty() => {
                let index = index.as_number().filter(|index| *index >= 0.0).map(|index| index as usize % items.len());
                index.and_then(|index| items.get(index).cloned()).unwrap_or_else(|| open(name, arguments, place))
            }
            _ => open(name, arguments, place),
        },
        _ => known(name, arguments, &place).unwrap_or_else(|| open(name, arguments, place)),
    }
}

/// The functions whose arguments must all be known.
fn known(name: &str, arguments: &[Item], place: &Option<Place>) -> Option<Item> {
    let first = arguments.first()?;
    let text = |index: usize| arguments.get(index).and_then(Item::as_text);
    let number = |index: usize| arguments.get(index).and_then(Item::as_number);
    let texted = |text: String| Some(Item::text(text, place.clone()));
    let numbered = |number: f64| Some(Item::number(number, place.clone()));
    match name {
        "tostring" => texted(text(0)?),
        "tonumber" => numbered(number(0)?),
        "tobool" => Some(Item::new(Value::Bool(first.as_flag()?), place.clone())),
        "lower" => texted(text(0)?.to_lowercase()),
        "upper" => texted(text(0)?.to_uppercase()),
        "trimspace" => texted(text(0)?.trim().to_owned()),
        "trimprefix" => {
            let whole = text(0)?;
            texted(whole.strip_prefix(text(1)?.as_str()).unwrap_or(&whole).to_owned())
        }
        "trimsuffix" => {
            let whole = text(0)?;
            texted(whole.strip_suffix(text(1)?.as_str()).unwrap_or(&whole).to_owned())
        }
        // Between slashes stands a regular expression, which is not evaluated; an empty text stands everywhere.
        "replace" => {
            let (whole, from, to) = (text(0)?, text(1)?, text(2)?);
            if from.is_empty() || from.starts_with('/') || whole.len().saturating_mul(to.len()) > 1 << 20 {
                return None;
            }
            texted(whole.replace(&from, &to))
        }
        "split" => {
            let (separator, whole) = (text(0)?, text(1)?);
            if separator.is_empty() {
                return None;
            }
            Some(listed(whole.split(&separator).map(|part| Item::text(part, place.clone())).collect(), place))
        }
        "basename" => texted(text(0)?.rsplit('/').next().unwrap_or_default().to_owned()),
        "abs" => numbered(number(0)?.abs()),
        "ceil" => numbered(number(0)?.ceil()),
        "floor" => numbered(number(0)?.floor()),
        "max" | "min" => {
            let numbers: Vec<f64> = arguments.iter().map(Item::as_number).collect::<Option<_>>()?;
            numbered(numbers.into_iter().reduce(if name == "max" { f64::max } else { f64::min })?)
        }
        "length" => numbered(match &first.value {
            Value::List(items) => items.len(),
            Value::Map(fields) => fields.0.len(),
            _ => text(0)?.chars().count(),
        } as f64),
        "keys" => {
            let names = first.fields()?.0.iter().map(|field| Item::text(field.name.as_str(), place.clone()));
            Some(listed(names.collect(), place))
        }
        "values" => Some(listed(first.fields()?.0.iter().map(|field| field.item.clone()).collect(), place)),
        "contains" => {
            let wanted = arguments.get(1)?.to_json()?;
            let there = list(first)?.iter().any(|item| item.to_json().as_ref() == Some(&wanted));
            Some(Item::new(Value::Bool(there), place.clone()))
        }
        "compact" => {
            let kept = list(first)?.into_iter().filter(|item| item.as_text().is_none_or(|text| !text.is_empty()));
            Some(listed(kept.filter(|item| item.value != Value::Null).collect(), place))
        }
        "flatten" => {
            let outer = list(first)?;
            Some(listed(outer.iter().flat_map(Item::members).cloned().collect(), place))
        }
        "distinct" => {
            let (mut seen, mut kept) = (BTreeSet::new(), Vec::new());
            for item in list(first)? {
                if seen.insert(item.to_json()?.to_string()) {
                    kept.push(item);
                }
            }
            Some(listed(kept, place))
        }
        _ => None,
    }
}

fn list(item: &Item) -> Option<Vec<Item>> {
    match &item.value {
        Value::List(items) => Some(items.clone()),
        _ => None,
    }
}

fn listed(items: Vec<Item>, place: &Option<Place>) -> Item {
    Item::new(Value::List(items), place.clone())
}

fn merge(arguments: &[Item], place: Option<Place>) -> Option<Item> {
    let (mut merged, mut positions) = (Fields::default(), BTreeMap::new());
    for field in arguments.iter().map(Item::fields).collect::<Option<Vec<_>>>()?.into_iter().flat_map(|all| &all.0) {
        let position = *positions.entry(field.name.as_str()).or_insert(merged.0.len());
        match merged.0.get_mut(position) {
            Some(known) => *known = field.clone(),
            None => merged.0.push(field.clone()),
        }
    }
    Some(Item::new(Value::Map(merged), place))
}

/// `%s`, `%d`, `%v` and `%%`; anything with a width or a precision is left alone.
fn format(arguments: &[Item], place: Option<Place>) -> Option<Item> {
    let pattern = arguments.first()?.as_text()?;
    let mut values = arguments.iter().skip(1);
    let mut pieces = Vec::new();
    let mut rest = pattern.as_str();
    while let Some((before, after)) = rest.split_once('%') {
        pieces.push(Item::text(before, place.clone()));
        let mut letters = after.chars();
        match letters.next()? {
            '%' => pieces.push(Item::text("%", place.clone())),
            's' | 'd' | 'v' => pieces.push(values.next()?.clone()),
            _ => return None,
        }
        rest = letters.as_str();
    }
    pieces.push(Item::text(rest, place.clone()));
    Some(Item::joined(pieces, place))
}

fn misused(name: &str, place: Option<Place>) -> Item {
    Item::unknown(format!("`{name}` is called with the wrong number of arguments"), place)
}

fn open(name: &str, arguments: &[Item], place: Option<Place>) -> Item {
    let reason = match arguments.iter().find(|argument| argument.to_json().is_none()) {
        Some(argument) => why(argument),
        None => "it is not evaluated here".to_owned(),
    };
    Item::unknown(format!("the call of `{name}` is open: {reason}"), place)
}
