//! Overlays at the level of the tree: every node keeps its own file and place, so provenance is free.

use super::decode::Shape;
use super::tree::{Entry, Node, Value};

/// Merges `over` into `base`: records and maps key by key, everything else whole; `null` takes a value away,
/// which goes back to the default.
#[must_use]
pub fn merge(base: &Node, over: &Node, shape: Shape) -> Node {
    let (Value::Mapping(below), Value::Mapping(above)) = (&base.value, &over.value) else {
        return over.clone();
    };
    let inner: &dyn Fn(&str) -> Shape = match shape {
        Shape::Whole => return over.clone(),
        Shape::Map(values) => &move |_| values(),
        Shape::Record(fields) => {
            let fields = fields();
            &move |key| fields.iter().find(|(name, _)| *name == key).map_or(Shape::Whole, |(_, shape)| shape())
        }
    };
    let mut merged: Vec<Entry> = below.clone();
    for entry in above {
        let at = merged.iter().position(|existing| existing.key == entry.key);
        match (&entry.value.value, at) {
            (Value::Null, Some(at)) => {
                merged.remove(at);
            }
            (Value::Null, None) => {}
            (_, Some(at)) => {
                if let Some(existing) = merged.get_mut(at) {
                    existing.value = merge(&existing.value, &entry.value, inner(&entry.key));
                }
            }
            (_, None) => merged.push(entry.clone()),
        }
    }
    Node { value: Value::Mapping(merged), place: base.place.clone() }
}
