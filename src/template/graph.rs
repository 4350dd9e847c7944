//! Which resource needs which, in which order they are made, and cycles by name.

use std::collections::{BTreeMap, BTreeSet};

use super::intrinsic::for_each_reference;
use super::model::{Resource, Template};
use crate::units::LogicalId;

/// Resources that need each other.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("circular dependency: {}", chain(path))]
pub struct Cycle {
    /// One cycle in order: each needs the next, the last needs the first. Never empty.
    pub path: Vec<LogicalId>,
    /// Everything that cannot be ordered: members of cycles and what depends on them (TV-03 lists all of them).
    pub blocked: BTreeSet<LogicalId>,
}

fn chain(path: &[LogicalId]) -> String {
    let mut names: Vec<&str> = path.iter().map(LogicalId::as_str).collect();
    names.extend(path.first().map(LogicalId::as_str));
    names.join(" → ")
}

impl Template {
    /// The resources of this template that a resource needs: through `Ref`, `Fn::GetAtt`, `Fn::Sub` and `DependsOn`.
    /// Names that are no resource of this template are left out.
    #[must_use]
    pub fn references(&self, resource: &Resource) -> BTreeSet<LogicalId> {
        let mut found: BTreeSet<LogicalId> =
            resource.depends_on.iter().filter(|id| self.resources.contains_key(*id)).cloned().collect();
        for value in resource.properties.values() {
            for_each_reference(value, |target, _| {
                if !found.contains(target)
                    && let Some((id, _)) = self.resources.get_key_value(target)
                {
                    found.insert(id.clone());
                }
            });
        }
        found
    }

    /// What each resource needs.
    #[must_use]
    pub fn dependencies(&self) -> BTreeMap<LogicalId, BTreeSet<LogicalId>> {
        self.resources.iter().map(|(id, resource)| (id.clone(), self.references(resource))).collect()
    }

    /// The resources in an order in which they can be made: each after what it needs, else by name.
    ///
    /// # Errors
    /// A cycle, named.
    pub fn creation_order(&self) -> Result<Vec<LogicalId>, Cycle> {
        order(&self.dependencies())
    }
}

fn order(needs: &BTreeMap<LogicalId, BTreeSet<LogicalId>>) -> Result<Vec<LogicalId>, Cycle> {
    let mut open: BTreeMap<&LogicalId, usize> = needs.iter().map(|(id, needed)| (id, needed.len())).collect();
    let mut dependents: BTreeMap<&LogicalId, Vec<&LogicalId>> = BTreeMap::new();
    for (id, needed) in needs {
        for other in needed {
            dependents.entry(other).or_default().push(id);
        }
    }
    let mut ready: BTreeSet<&LogicalId> = open.iter().filter(|(_, count)| **count == 0).map(|(id, _)| *id).collect();
    let mut ordered = Vec::new();
    while let Some(id) = ready.pop_first() {
        open.remove(id);
        ordered.push(id.clone());
        for dependent in dependents.get(id).into_iter().flatten() {
            if let Some(count) = open.get_mut(dependent) {
                *count -= 1;
                if *count == 0 {
                    ready.insert(dependent);
                }
            }
        }
    }
    if open.is_empty() {
        return Ok(ordered);
    }
    let blocked: BTreeSet<LogicalId> = open.keys().map(|id| (*id).clone()).collect();
    Err(Cycle { path: find_cycle(needs, &blocked), blocked })
}

/// Walks from need to need inside `blocked`, where each has at least one, until a name comes again.
fn find_cycle(needs: &BTreeMap<LogicalId, BTreeSet<LogicalId>>, blocked: &BTreeSet<LogicalId>) -> Vec<LogicalId> {
    let mut walked: Vec<LogicalId> = Vec::new();
    let mut here = blocked.first().cloned();
    while let Some(id) = here {
        if let Some(from) = walked.iter().position(|seen| *seen == id) {
            return walked.split_off(from);
        }
        here = needs.get(&id).and_then(|needed| needed.intersection(blocked).next().cloned());
        walked.push(id);
    }
    walked
}

#[cfg(test)]
mod tests {
    use super::*;

    fn template(edges: &[(&str, &[&str])]) -> Template {
        let mut template = Template::default();
        for (id, needed) in edges {
            let mut resource = Resource::new("AWS::SQS::Queue");
            for (at, other) in needed.iter().enumerate() {
                resource.properties.insert(format!("P{at}"), serde_json::json!({ "Ref": other }));
            }
            template.resources.insert(LogicalId::new(id).expect("an id"), resource);
        }
        template
    }

    #[test]
    fn each_resource_comes_after_what_it_needs() {
        let order = template(&[("A", &["C"]), ("B", &[]), ("C", &["B"]), ("D", &["AWS::Region"])]).creation_order();
        let names: Vec<String> = order.expect("an order").iter().map(ToString::to_string).collect();
        assert_eq!(names, ["B", "C", "A", "D"]);
    }

    #[test]
    fn a_cycle_is_named_and_what_hangs_on_it_is_not_part_of_it() {
        let cycle = template(&[("A", &["B"]), ("B", &["C"]), ("C", &["B"]), ("D", &[])]).creation_order();
        let cycle = cycle.expect_err("a cycle");
        assert_eq!(cycle.to_string(), "circular dependency: B → C → B");
        assert_eq!(cycle.blocked.len(), 3);
    }

    #[test]
    fn a_resource_that_needs_itself_is_a_cycle() {
        let cycle = template(&[("A", &["A"])]).creation_order().expect_err("a cycle");
        assert_eq!(cycle.to_string(), "circular dependency: A → A");
    }
}
