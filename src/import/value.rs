//! What a source says, as data: values with their places, references between resources kept as references.

use serde_json::{Map, Number, Value as Json};

use crate::diagnostic::Place;

/// Largest value that evaluating may make, in nodes and bytes of text: sources that double and double again end here.
pub(super) const MAX_SIZE: usize = 1 << 20;

/// Deepest nesting of a value; each expression adds less than that to what it is made of.
const MAX_DEPTH: usize = 128;

/// Why the content of a `dynamic` block is not known.
pub(super) const DYNAMIC: &str = "dynamic blocks are not evaluated";

/// A value and where it stands.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Item {
    pub(super) value: Value,
    pub(super) place: Option<Place>,
}

/// A value of a source.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Value {
    Null,
    Bool(bool),
    Number(Number),
    Text(String),
    List(Vec<Item>),
    Map(Fields),
    /// Something another resource has.
    Reference(Reference),
    /// A text some of whose pieces are not known here.
    Pieces(Vec<Item>),
    /// The JSON text of a value.
    Json(Box<Item>),
    /// Cannot be told from the source; why.
    Unknown(String),
}

/// Something another resource has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Reference {
    /// The resource, as the source names it.
    pub(super) address: String,
    /// Which of its attributes; empty for what the source calls the resource itself.
    pub(super) attribute: String,
}

/// The fields of a mapping, in the order of the source.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Fields(pub(super) Vec<Field>);

/// A field: its name in CloudFormation's words, its name as written, and its value.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Field {
    pub(super) name: String,
    pub(super) written: String,
    pub(super) place: Option<Place>,
    pub(super) item: Item,
}

impl Fields {
    pub(super) fn get(&self, name: &str) -> Option<&Field> {
        self.0.iter().find(|field| field.name == name)
    }

    pub(super) fn push(&mut self, name: impl Into<String>, item: Item) {
        let name = name.into();
        self.0.push(Field { written: name.clone(), name, place: item.place.clone(), item });
    }

    /// Puts a field at a dotted path of names, making the mappings on the way. A repeated block becomes a list.
    pub(super) fn insert(&mut self, path: &str, field: Field) {
        let Some((first, rest)) = path.split_once('.') else {
            match self.0.iter_mut().find(|known| known.name == path) {
                Some(known) => known.item.append(field.item),
                None => self.0.push(Field { name: path.to_owned(), ..field }),
            }
            return;
        };
        if self.get(first).is_none() {
            let item = Item { value: Value::Map(Self::default()), place: field.place.clone() };
            let (written, place) = (field.written.clone(), field.place.clone());
            self.0.push(Field { name: first.to_owned(), written, place, item });
        }
        for known in self.0.iter_mut().filter(|known| known.name == first) {
            if let Value::Map(inner) = &mut known.item.value {
                inner.insert(rest, field.clone());
            }
        }
    }
}

impl Item {
    pub(super) fn new(value: Value, place: Option<Place>) -> Self {
        Self { value, place }
    }

    pub(super) fn text(text: impl Into<String>, place: Option<Place>) -> Self {
        Self::new(Value::Text(text.into()), place)
    }

    pub(super) fn number(number: f64, place: Option<Place>) -> Self {
        const EXACT: f64 = 9_007_199_254_740_992.0;
        let value = if number.fract() == 0.0 && number.abs() < EXACT {
            Value::Number(Number::from(number as i64))
        } else {
            Number::from_f64(number).map_or_else(|| unknown("the number is not finite"), Value::Number)
        };
        Self::new(value, place)
    }

    pub(super) fn unknown(why: impl Into<String>, place: Option<Place>) -> Self {
        Self::new(Value::Unknown(why.into()), place)
    }

    /// From JSON, every value at one place.
    pub(super) fn from_json(json: Json, place: &Option<Place>) -> Self {
        let value = match json {
            Json::Null => Value::Null,
            Json::Bool(flag) => Value::Bool(flag),
            Json::Number(number) => Value::Number(number),
            Json::String(text) => Value::Text(text),
            Json::Array(items) => Value::List(items.into_iter().map(|item| Self::from_json(item, place)).collect()),
            Json::Object(members) => {
                let mut fields = Fields::default();
                for (name, member) in members {
                    fields.push(name, Self::from_json(member, place));
                }
                Value::Map(fields)
            }
        };
        Self::new(value, place.clone())
    }

    /// As JSON, if nothing in it is open.
    pub(super) fn to_json(&self) -> Option<Json> {
        Some(match &self.value {
            Value::Null => Json::Null,
            Value::Bool(flag) => Json::Bool(*flag),
            Value::Number(number) => Json::Number(number.clone()),
            Value::Text(text) => Json::String(text.clone()),
            Value::List(items) => Json::Array(items.iter().map(Self::to_json).collect::<Option<_>>()?),
            Value::Map(fields) => {
                let members = fields.0.iter().map(|field| Some((field.name.clone(), field.item.to_json()?)));
                Json::Object(members.collect::<Option<Map<_, _>>>()?)
            }
            Value::Json(inner) => Json::String(inner.to_json()?.to_string()),
            Value::Reference(_) | Value::Pieces(_) | Value::Unknown(_) => return None,
        })
    }

    /// As text, the way both languages turn scalars into text.
    pub(super) fn as_text(&self) -> Option<String> {
        match &self.value {
            Value::Text(text) => Some(text.clone()),
            Value::Bool(flag) => Some(flag.to_string()),
            Value::Number(number) => Some(number.to_string()),
            Value::Json(inner) => inner.to_json().map(|json| json.to_string()),
            Value::Null
            | Value::List(_)
            | Value::Map(_)
            | Value::Reference(_)
            | Value::Pieces(_)
            | Value::Unknown(_) => None,
        }
    }

    /// As a number, also from a text that is one.
    pub(super) fn as_number(&self) -> Option<f64> {
        match &self.value {
            Value::Number(number) => number.as_f64(),
            Value::Text(text) => text.parse().ok().filter(|number: &f64| number.is_finite()),
            _ => None,
        }
    }

    /// As a flag, also from a text that is one.
    pub(super) fn as_flag(&self) -> Option<bool> {
        match &self.value {
            Value::Bool(flag) => Some(*flag),
            Value::Text(text) => text.to_ascii_lowercase().parse().ok(),
            _ => None,
        }
    }

    /// The members of a list; anything else but nothing is a list of one.
    pub(super) fn members(&self) -> Vec<&Self> {
        match &self.value {
            Value::List(items) => items.iter().collect(),
            Value::Null => Vec::new(),
            _ => vec![self],
        }
    }

    pub(super) fn fields(&self) -> Option<&Fields> {
        match &self.value {
            Value::Map(fields) => Some(fields),
            _ => None,
        }
    }

    /// The value that a JSON text stands for; a structure stands for itself.
    pub(super) fn decoded(&self) -> Option<Self> {
        match &self.value {
            Value::Json(inner) => Some((**inner).clone()),
            Value::Text(text) => serde_json::from_str(text).ok().map(|json| Self::from_json(json, &self.place)),
            Value::List(_) | Value::Map(_) => Some(self.clone()),
            _ => None,
        }
    }

    /// Every reference inside, in order.
    pub(super) fn references(&self) -> Vec<&Reference> {
        let mut found = Vec::new();
        self.visit(&mut |item| {
            if let Value::Reference(reference) = &item.value {
                found.push(reference);
            }
        });
        found
    }

    /// Why the value is not known, where it is not.
    pub(super) fn why_unknown(&self) -> Option<String> {
        let mut why = None;
        self.visit(&mut |item| {
            if let Value::Unknown(reason) = &item.value {
                why.get_or_insert_with(|| reason.clone());
            }
        });
        why
    }

    fn visit<'a>(&'a self, see: &mut impl FnMut(&'a Self)) {
        see(self);
        match &self.value {
            Value::List(items) | Value::Pieces(items) => items.iter().for_each(|item| item.visit(see)),
            Value::Map(fields) => fields.0.iter().for_each(|field| field.item.visit(see)),
            Value::Json(inner) => inner.visit(see),
            Value::Null
            | Value::Bool(_)
            | Value::Number(_)
            | Value::Text(_)
            | Value::Reference(_)
            | Value::Unknown(_) => {}
        }
    }

    /// How large the value is, in nodes and bytes of text.
    pub(super) fn size(&self) -> usize {
        let mut size = 0_usize;
        self.visit(&mut |item| {
            size += 1;
            if let Value::Text(text) = &item.value {
                size += text.len();
            }
        });
        size
    }

    /// The value, unless it has grown past all reason.
    pub(super) fn bounded(self) -> Self {
        if self.size() > MAX_SIZE {
            return Self::unknown("it expands to more than a mebibyte", self.place);
        }
        if self.depth() > MAX_DEPTH {
            return Self::unknown(format!("it is nested deeper than {MAX_DEPTH} levels"), self.place);
        }
        self
    }

    fn depth(&self) -> usize {
        let deepest = |items: &[Self]| items.iter().map(Self::depth).max().unwrap_or(0);
        1 + match &self.value {
            Value::List(items) | Value::Pieces(items) => deepest(items),
            Value::Map(fields) => fields.0.iter().map(|field| field.item.depth()).max().unwrap_or(0),
            Value::Json(inner) => inner.depth(),
            Value::Null
            | Value::Bool(_)
            | Value::Number(_)
            | Value::Text(_)
            | Value::Reference(_)
            | Value::Unknown(_) => 0,
        }
    }

    /// Pieces of a text as one value: plain text where every piece is known.
    pub(super) fn joined(pieces: Vec<Self>, place: Option<Place>) -> Self {
        let mut joined: Vec<Self> = Vec::new();
        for piece in pieces {
            match piece.as_text() {
                Some(text) => match joined.last_mut() {
                    Some(Self { value: Value::Text(last), .. }) => last.push_str(&text),
                    _ => joined.push(Self::text(text, piece.place)),
                },
                None => match piece.value {
                    Value::Pieces(inner) => joined.extend(inner),
                    _ => joined.push(piece),
                },
            }
        }
        match <[Self; 1]>::try_from(joined) {
            Ok([one]) => Self { place, ..one },
            Err(none) if none.is_empty() => Self::text("", place),
            Err(several) => Self::new(Value::Pieces(several), place),
        }
    }

    /// The text of some values with this one between each two.
    pub(super) fn between(&self, items: &[Self], place: Option<Place>) -> Self {
        let mut pieces = Vec::new();
        for item in items {
            if !pieces.is_empty() {
                pieces.push(self.clone());
            }
            pieces.push(item.clone());
        }
        Self::joined(pieces, place)
    }

    fn append(&mut self, other: Self) {
        match &mut self.value {
            Value::List(items) => items.push(other),
            _ => {
                let first = self.clone();
                self.value = Value::List(vec![first, other]);
            }
        }
    }
}

fn unknown(why: &str) -> Value {
    Value::Unknown(why.to_owned())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn known_pieces_become_one_text_and_an_open_one_keeps_them_apart() {
        let text = |text: &str| Item::text(text, None);
        assert_eq!(Item::joined(vec![text("a"), Item::number(2.0, None)], None), text("a2"));
        let open = Reference { address: "x.y".to_owned(), attribute: "arn".to_owned() };
        let reference = Item::new(Value::Reference(open), None);
        assert_eq!(Item::joined(vec![reference.clone()], None), reference);
        let joined = Item::joined(vec![reference, text("/*")], None);
        assert_eq!(joined.references().len(), 1);
        assert_eq!(joined.as_text(), None);
    }

    #[test]
    fn a_json_text_is_what_it_stands_for() {
        let value = Item::from_json(json!({"a": [1, true, null, "x"]}), &None);
        let encoded = Item::new(Value::Json(Box::new(value.clone())), None);
        assert_eq!(encoded.as_text().unwrap(), r#"{"a":[1,true,null,"x"]}"#);
        assert_eq!(encoded.decoded().unwrap(), value);
        assert_eq!(Item::text(encoded.as_text().unwrap(), None).decoded().unwrap(), value);
    }

    #[test]
    fn repeated_blocks_become_a_list_and_paths_make_what_they_lead_through() {
        let mut fields = Fields::default();
        for number in [1.0, 2.0] {
            let item = Item::number(number, None);
            fields.insert("A", Field { name: "A".into(), written: "a".into(), place: None, item });
        }
        let item = Item::number(3.0, None);
        fields.insert("B.C", Field { name: String::new(), written: "c".into(), place: None, item });
        let mut map = Map::new();
        map.insert("A".into(), json!([1, 2]));
        map.insert("B".into(), json!({"C": 3}));
        assert_eq!(Item::new(Value::Map(fields), None).to_json().unwrap(), Json::Object(map));
    }
}
