//! Answers of the XML protocols as JSON: enough of it to point into.

use serde_json::{Map, Value};

/// Reads a document: elements become members, `member` and `entry` lists become lists and maps, what repeats becomes
/// a list.
pub(super) fn read(text: &str) -> Value {
    let text = text.trim_start();
    let text = text.strip_prefix("<?xml").and_then(|rest| rest.split_once("?>")).map_or(text, |(_, rest)| rest);
    element(text.trim_start()).map_or(Value::Null, |(_, value, _)| value)
}

/// The first element: its name, what is in it, and what comes after.
fn element(text: &str) -> Option<(String, Value, &str)> {
    let rest = text.trim_start().strip_prefix('<')?;
    let (tag, rest) = rest.split_once('>')?;
    let name = tag.split_whitespace().next()?.trim_end_matches('/').to_owned();
    if tag.ends_with('/') {
        return Some((name, Value::String(String::new()), rest));
    }
    let mut children = Vec::new();
    let mut rest = rest;
    while rest.trim_start().starts_with('<') && !rest.trim_start().starts_with("</") {
        let (child, value, after) = element(rest)?;
        children.push((child, value));
        rest = after;
    }
    let end = rest.find(&format!("</{name}>"))?;
    let inner = &rest[..end];
    let after = &rest[end + name.len() + 3..];
    let value = if children.is_empty() { Value::String(unescape(inner)) } else { gather(children) };
    Some((name, value, after))
}

fn gather(children: Vec<(String, Value)>) -> Value {
    if children.iter().all(|(name, _)| name == "member") {
        return children.into_iter().map(|(_, value)| value).collect();
    }
    if children.iter().all(|(name, _)| name == "entry") {
        let pairs = children.into_iter().map(|(_, pair)| {
            let key = pair.get("key").and_then(Value::as_str).unwrap_or_default().to_owned();
            (key, pair.get("value").cloned().unwrap_or_default())
        });
        return Value::Object(pairs.collect());
    }
    let mut map: Map<String, Value> = Map::new();
    for (name, value) in children {
        match map.get_mut(&name) {
            Some(Value::Array(list)) => list.push(value),
            Some(one) => *one = Value::Array(vec![one.take(), value]),
            None => {
                map.insert(name, value);
            }
        }
    }
    Value::Object(map)
}

fn unescape(text: &str) -> String {
    text.replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&quot;", "\"")
        .replace("&#34;", "\"")
        .replace("&#39;", "'")
        .replace("&apos;", "'")
        .replace("&amp;", "&")
}
