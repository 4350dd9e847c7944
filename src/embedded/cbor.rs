//! CloudWatch's newest protocol, Smithy RPC v2 CBOR, over the JSON one: the same shapes, other bytes.
//!
//! Source: Smithy 2.0 specification, "Smithy RPC v2 CBOR protocol". Moments travel as tag 1, seconds since 1970.

use ciborium::Value as Cbor;
use serde_json::{Map, Number, Value};

use super::wire::{Request, Response};

const MEDIA: &str = "application/cbor";
/// The tag of a moment (RFC 8949, 3.4.2).
const MOMENT: u64 = 1;

/// Whether a request is in this protocol.
#[must_use]
pub(crate) fn is_cbor(request: &Request) -> bool {
    request.header("smithy-protocol") == Some("rpc-v2-cbor")
}

/// The same request in the JSON protocol; `None` if its body cannot be read.
#[must_use]
pub(crate) fn as_json(request: &Request) -> Option<Request> {
    let body: Value = match request.body.as_ref() {
        [] => Value::Object(Map::new()),
        bytes => to_json(ciborium::from_reader(bytes).ok()?)?,
    };
    Some(Request { body: body.to_string().into(), ..request.clone() })
}

/// A JSON answer in this protocol.
#[must_use]
pub(crate) fn answer(json: &Response) -> Response {
    let body: Value = serde_json::from_slice(&json.body).unwrap_or(Value::Null);
    let mut bytes = Vec::new();
    // Writing into memory does not fail.
    let _ = ciborium::into_writer(&to_cbor("", &body), &mut bytes);
    let mut response = Response::new(json.status, MEDIA, bytes);
    response.set("smithy-protocol", "rpc-v2-cbor");
    response
}

fn to_json(value: Cbor) -> Option<Value> {
    Some(match value {
        Cbor::Integer(number) => Value::Number(i64::try_from(i128::from(number)).ok()?.into()),
        Cbor::Float(number) => Number::from_f64(number).map_or(Value::Null, Value::Number),
        Cbor::Text(text) => Value::String(text),
        Cbor::Bool(truth) => Value::Bool(truth),
        Cbor::Null => Value::Null,
        Cbor::Tag(_, inner) => to_json(*inner)?,
        Cbor::Array(items) => Value::Array(items.into_iter().map(to_json).collect::<Option<_>>()?),
        Cbor::Map(members) => {
            let read = members.into_iter().map(|(name, value)| Some((name.into_text().ok()?, to_json(value)?)));
            Value::Object(read.collect::<Option<_>>()?)
        }
        // Nothing that CloudWatch takes is made of bytes.
        _ => return None,
    })
}

fn to_cbor(name: &str, value: &Value) -> Cbor {
    match value {
        Value::Null => Cbor::Null,
        Value::Bool(truth) => Cbor::Bool(*truth),
        Value::Number(number) if is_moment(name) => {
            Cbor::Tag(MOMENT, Box::new(Cbor::Float(number.as_f64().unwrap_or_default())))
        }
        Value::Number(number) if is_fraction(name) => Cbor::Float(number.as_f64().unwrap_or_default()),
        Value::Number(number) => match number.as_i64() {
            Some(whole) => Cbor::Integer(whole.into()),
            None => Cbor::Float(number.as_f64().unwrap_or_default()),
        },
        Value::String(text) => Cbor::Text(text.clone()),
        Value::Array(items) => Cbor::Array(items.iter().map(|item| to_cbor(name, item)).collect()),
        Value::Object(members) => {
            let written = members.iter().map(|(name, value)| (Cbor::Text(name.clone()), to_cbor(name, value)));
            Cbor::Map(written.collect())
        }
    }
}

/// Whether members of this name hold numbers that need not be whole: a reader does not take an integer for one.
fn is_fraction(name: &str) -> bool {
    matches!(name, "Threshold" | "Values")
}

/// Whether members of this name hold moments: `StateUpdatedTimestamp`, `Timestamps`.
fn is_moment(name: &str) -> bool {
    name.ends_with("Timestamp") || name == "Timestamps"
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn shapes_come_back_as_they_went_and_moments_are_tagged() {
        let shape = json!({"Timestamps": [1.5, 2.0], "Values": [0.25, 3.0], "Name": "m0", "Count": 7, "On": true, "None": null});
        let written = to_cbor("", &shape);
        let Cbor::Map(members) = &written else { panic!("a map") };
        assert!(matches!(members[0].1, Cbor::Array(ref all) if all.iter().all(|one| one.is_tag())));
        assert_eq!(to_json(written), Some(shape));
    }
}
