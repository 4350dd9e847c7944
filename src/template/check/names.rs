//! Two resources cannot have one physical name: the second is refused when the first is there.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use super::{Rule, Violation};
use crate::template::model::{Resource, Template};
use crate::template::path::PropertyPath;
use crate::template::schema;
use crate::units::LogicalId;

/// Every resource that has what only one of its type may have, in the order of their logical ids. Functions are
/// compared as they are written: what they compute is not known here.
pub(super) fn taken_twice(template: &Template) -> Vec<Violation> {
    let mut owners: BTreeMap<(&str, Vec<String>), &LogicalId> = BTreeMap::new();
    let mut found = Vec::new();
    for (id, resource) in &template.resources {
        let Some((property, name)) = named(resource) else { continue };
        let shown = name.join(" and ");
        match owners.entry((resource.type_name.as_str(), name)) {
            Entry::Vacant(free) => {
                free.insert(id);
            }
            Entry::Occupied(taken) => found.push(Violation {
                logical_id: Some(id.clone()),
                path: PropertyPath::of(property),
                rule: Rule::Duplicate,
                message: format!("`{}` of the same type has {shown} already, and there may be one", taken.get()),
                source: None,
            }),
        }
    }
    found
}

/// What tells a resource apart from others of its type, as JSON, with the first of the properties that do.
fn named(resource: &Resource) -> Option<(&'static str, Vec<String>)> {
    let unique = schema::facts(&resource.type_name)?.unique_by();
    let first = unique.first().filter(|name| resource.properties.contains_key(**name))?;
    let value = |name: &&str| resource.properties.get(*name).map_or_else(String::new, ToString::to_string);
    Some((first, unique.iter().map(value).collect()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::template::check;

    #[test]
    fn the_second_of_one_name_and_type_is_told() {
        let queue = |name: &str| format!("{{Type: \"AWS::SQS::Queue\", Properties: {{QueueName: {name}}}}}");
        let text = format!(
            "Resources:\n  A: {}\n  B: {}\n  C: {}\n  D: {}\n  T: {{Type: \"AWS::SNS::Topic\", Properties: {{TopicName: one}}}}\n",
            queue("one"),
            queue("two"),
            queue("one"),
            queue("{\"Fn::Sub\": one}"),
        );
        let told: Vec<String> =
            check(&Template::parse(&text).expect("a template")).iter().map(ToString::to_string).collect();
        assert_eq!(told, ["C.QueueName: `A` of the same type has \"one\" already, and there may be one (duplicate)"]);
    }
}
