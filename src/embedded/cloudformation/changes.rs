//! What a change set lists: per resource, which property changes, why, and whether that recreates it
//! (section 1.2 of the behaviour reference).

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

use super::change::{Action, Change, Changes, Detail, Leaf, Source, leaves};
use super::document::{Definition, Policy, stringly};
use super::evaluate::{KNOWN_AFTER_APPLY, Scope, World};
use super::facts;
use super::references;
use super::state::{Deployment, Stack, StackResource};
use crate::template::Recreation;

/// What becomes of a resource that others may refer to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fate {
    Added,
    Replaced,
    InPlace,
}

/// Everything a comparison looks at.
pub(super) struct Comparison<'a> {
    pub stack: &'a Stack,
    pub target: &'a Deployment,
    pub scope: &'a Scope<'a>,
    pub exports: &'a BTreeMap<String, String>,
    pub imports: &'a BTreeMap<String, String>,
}

struct Foreseen<'a> {
    comparison: &'a Comparison<'a>,
    fates: BTreeMap<String, Fate>,
}

impl Foreseen<'_> {
    fn present(&self, logical_id: &str) -> Option<&StackResource> {
        match self.fates.get(logical_id) {
            Some(Fate::Added | Fate::Replaced) => None,
            Some(Fate::InPlace) | None => self.comparison.stack.resources.get(logical_id),
        }
    }
}

impl World for Foreseen<'_> {
    fn reference(&self, logical_id: &str) -> Result<Value, String> {
        let known = self.present(logical_id).and_then(|resource| resource.physical_id.clone());
        Ok(Value::from(known.unwrap_or_else(|| KNOWN_AFTER_APPLY.to_owned())))
    }

    fn attribute(&self, logical_id: &str, attribute: &str) -> Result<Value, String> {
        let known = self.present(logical_id).and_then(|resource| attribute_of(resource, attribute));
        Ok(known.unwrap_or_else(|| Value::from(KNOWN_AFTER_APPLY)))
    }

    fn import(&self, name: &str) -> Result<Value, String> {
        let known = self.comparison.exports.get(name).cloned();
        Ok(Value::from(known.unwrap_or_else(|| KNOWN_AFTER_APPLY.to_owned())))
    }
}

/// An attribute of a resource: what the service gave back, else the property of that name.
pub(super) fn attribute_of(resource: &StackResource, attribute: &str) -> Option<Value> {
    resource.live.attributes.get(attribute).or_else(|| resource.live.properties.get(attribute)).cloned()
}

impl Comparison<'_> {
    /// The changes, in the service's order (CH-26).
    ///
    /// # Errors
    /// A template error met while evaluating.
    pub(super) fn changes(&self) -> Result<Changes, String> {
        Ok(Changes { plain: self.list(false)?, valued: self.list(true)? })
    }

    fn list(&self, valued: bool) -> Result<Vec<Change>, String> {
        let mut foreseen = Foreseen { comparison: self, fates: BTreeMap::new() };
        let mut found = Vec::new();
        for logical_id in self.order() {
            let Some(definition) = self.target.document.resources.get(&logical_id) else { continue };
            let old = self.stack.resources.get(&logical_id).filter(|r| !r.status.gone() && r.physical_id.is_some());
            let change = match old {
                None => Some(self.added(&logical_id, definition, &mut foreseen, valued)?),
                Some(old) => self.modified(&logical_id, definition, old, &mut foreseen, valued)?,
            };
            found.extend(change);
        }
        for (logical_id, resource) in self.stack.present() {
            if !self.scope.exists(logical_id) && resource.physical_id.is_some() {
                found.push(removed(logical_id, resource, valued));
            }
        }
        // An id that is the beginning of another comes after it.
        found.sort_by_cached_key(|change| change.logical_id.clone() + "\u{10FFFF}");
        Ok(found)
    }

    /// The resources of the target, what is needed first.
    fn order(&self) -> Vec<String> {
        let mut done = BTreeSet::new();
        let mut order = Vec::new();
        for logical_id in self.target.document.resources.keys().filter(|id| self.scope.exists(id)) {
            self.visit(logical_id, &mut done, &mut order);
        }
        order
    }

    fn visit(&self, logical_id: &str, done: &mut BTreeSet<String>, order: &mut Vec<String>) {
        if !self.scope.exists(logical_id) || !done.insert(logical_id.to_owned()) {
            return;
        }
        for need in self.target.document.needs(logical_id) {
            self.visit(&need, done, order);
        }
        order.push(logical_id.to_owned());
    }

    fn added(
        &self,
        logical_id: &str,
        definition: &Definition,
        foreseen: &mut Foreseen<'_>,
        valued: bool,
    ) -> Result<Change, String> {
        let after = self.scope.members(&definition.properties, foreseen)?;
        foreseen.fates.insert(logical_id.to_owned(), Fate::Added);
        let import = self.imports.get(logical_id);
        Ok(Change {
            action: if import.is_some() { Action::Import } else { Action::Add },
            logical_id: logical_id.to_owned(),
            physical_id: import.cloned(),
            type_name: definition.type_name.clone(),
            replacement: None,
            policy_action: None,
            scope: Vec::new(),
            details: Vec::new(),
            before: None,
            after: valued.then(|| context(&after)),
        })
    }

    fn modified(
        &self,
        logical_id: &str,
        definition: &Definition,
        old: &StackResource,
        foreseen: &mut Foreseen<'_>,
        valued: bool,
    ) -> Result<Option<Change>, String> {
        let after = self.scope.members(&definition.properties, foreseen)?;
        let mut details = self.property_details(logical_id, definition, old, &after, foreseen, valued);
        details.extend(self.other_details(logical_id, definition, old, foreseen)?);
        if details.is_empty() {
            return Ok(None);
        }
        let replacement = replacement(&details);
        let fate = if replacement == "False" { Fate::InPlace } else { Fate::Replaced };
        foreseen.fates.insert(logical_id.to_owned(), fate);
        let scope: BTreeSet<String> = details.iter().map(|detail| detail.attribute.clone()).collect();
        let policy_action = (replacement == "True").then(|| match definition.replace.unwrap_or_default() {
            Policy::Delete => "ReplaceAndDelete".to_owned(),
            Policy::Retain | Policy::RetainExceptOnCreate => "ReplaceAndRetain".to_owned(),
            Policy::Snapshot => "ReplaceAndSnapshot".to_owned(),
        });
        Ok(Some(Change {
            action: Action::Modify,
            logical_id: logical_id.to_owned(),
            physical_id: old.physical_id.clone(),
            type_name: definition.type_name.clone(),
            replacement: Some(replacement.to_owned()),
            policy_action,
            scope: scope.into_iter().collect(),
            details,
            before: valued.then(|| context(&old.live.properties)),
            after: valued.then(|| context(&after)),
        }))
    }

    fn property_details(
        &self,
        logical_id: &str,
        definition: &Definition,
        old: &StackResource,
        after: &Map<String, Value>,
        foreseen: &Foreseen<'_>,
        valued: bool,
    ) -> Vec<Detail> {
        let old_raw = self.stack.deployed.as_ref().and_then(|deployed| deployed.document.resources.get(logical_id));
        let before = &old.live.properties;
        let mut details = Vec::new();
        for name in before.keys().chain(after.keys().filter(|name| !before.contains_key(*name))) {
            let raw = definition.properties.get(name);
            let same_text = old_raw.and_then(|definition| definition.properties.get(name)) == raw;
            let mut changed = Vec::new();
            leaves(before.get(name), after.get(name), &format!("/{name}"), &mut changed);
            let causes = raw.filter(|_| same_text).map(|raw| self.causes(raw, foreseen)).unwrap_or_default();
            let property = Property { type_name: &definition.type_name, name, changed: &changed };
            if changed.is_empty() {
                // Told only without values: with them, the old value stands in and nothing differs (CH-11).
                if !valued {
                    let dynamic =
                        causes.iter().filter(|cause| !cause.is_static && cause.source == Source::ResourceAttribute);
                    details.extend(dynamic.map(|cause| property.detail(cause, None)));
                }
                continue;
            }
            let mut causes: Vec<Cause> = causes.into_iter().filter(|cause| cause.is_static).collect();
            if causes.is_empty() {
                causes.push(Cause { source: Source::DirectModification, entity: None, is_static: true });
            } else if valued && causes.iter().any(|cause| cause.source != Source::ParameterReference) {
                causes.push(Cause { source: Source::DirectModification, entity: None, is_static: false });
            }
            for cause in &causes {
                if valued {
                    details.extend(changed.iter().map(|leaf| property.detail(cause, Some(leaf))));
                } else {
                    details.push(property.detail(cause, None));
                }
            }
        }
        details
    }

    fn other_details(
        &self,
        logical_id: &str,
        definition: &Definition,
        old: &StackResource,
        foreseen: &Foreseen<'_>,
    ) -> Result<Vec<Detail>, String> {
        let mut details = Vec::new();
        let metadata = match &definition.metadata {
            Some(metadata) => self.scope.value(metadata, foreseen)?,
            None => None,
        };
        if metadata.as_ref().map(stringly) != old.live.metadata.as_ref().map(stringly) {
            let old_raw = self.stack.deployed.as_ref().and_then(|deployed| deployed.document.resources.get(logical_id));
            let same_text = old_raw.and_then(|definition| definition.metadata.as_ref()) == definition.metadata.as_ref();
            let causes = definition.metadata.as_ref().filter(|_| same_text).map(|raw| self.causes(raw, foreseen));
            let cause = causes.unwrap_or_default().into_iter().find(|cause| cause.is_static);
            let cause = cause.unwrap_or(Cause { source: Source::DirectModification, entity: None, is_static: true });
            details.push(Detail {
                attribute: "Metadata".to_owned(),
                name: None,
                recreation: Recreation::Never,
                is_static: cause.is_static,
                source: cause.source,
                cause: cause.entity,
                leaf: None,
            });
        }
        let facts = facts::of(&definition.type_name);
        if facts.is_some_and(facts::Facts::tagged) && old.live.tags != self.target.tags {
            details.push(Detail {
                attribute: "Tags".to_owned(),
                name: None,
                recreation: facts.map_or(Recreation::Never, facts::Facts::tag_recreation),
                is_static: true,
                source: Source::DirectModification,
                cause: None,
                leaf: None,
            });
        }
        Ok(details)
    }

    /// Which parameters and resources make an unchanged expression give another value.
    fn causes(&self, raw: &Value, foreseen: &Foreseen<'_>) -> Vec<Cause> {
        let mut found: Vec<Cause> = Vec::new();
        let old_parameters = self.stack.deployed.as_ref().map(|deployed| &deployed.parameters);
        for reference in references::in_value(raw) {
            let cause = match (&reference.attribute, foreseen.fates.get(&reference.target)) {
                (None, None) => {
                    let new = self.target.parameters.get(&reference.target);
                    let old = old_parameters.and_then(|parameters| parameters.get(&reference.target));
                    if new.is_none() || new.map(|p| &p.value) == old.map(|p| &p.value) {
                        continue;
                    }
                    Cause { source: Source::ParameterReference, entity: Some(reference.target), is_static: true }
                }
                (None, Some(Fate::Replaced | Fate::Added)) => {
                    Cause { source: Source::ResourceReference, entity: Some(reference.target), is_static: true }
                }
                (None, Some(Fate::InPlace)) | (Some(_), None) => continue,
                (Some(attribute), Some(fate)) => Cause {
                    source: Source::ResourceAttribute,
                    entity: Some(format!("{}.{attribute}", reference.target)),
                    is_static: *fate != Fate::InPlace,
                },
            };
            if !found.contains(&cause) {
                found.push(cause);
            }
        }
        found
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Cause {
    source: Source,
    entity: Option<String>,
    is_static: bool,
}

struct Property<'a> {
    type_name: &'a str,
    name: &'a str,
    changed: &'a [Leaf],
}

impl Property<'_> {
    fn detail(&self, cause: &Cause, leaf: Option<&Leaf>) -> Detail {
        let recreation = match (facts::of(self.type_name), leaf) {
            (None, _) => Recreation::Never,
            (Some(facts), Some(leaf)) => facts.recreation(leaf),
            (Some(facts), None) => {
                let inner = self.changed.iter().map(|leaf| facts.recreation(leaf)).max();
                inner.unwrap_or_else(|| facts.recreation_of(self.name))
            }
        };
        Detail {
            attribute: "Properties".to_owned(),
            name: Some(self.name.to_owned()),
            recreation,
            is_static: cause.is_static,
            source: cause.source,
            cause: cause.entity.clone(),
            leaf: leaf.cloned(),
        }
    }
}

/// CH-22: the strongest detail wins.
fn replacement(details: &[Detail]) -> &'static str {
    if details.iter().any(|detail| detail.recreation == Recreation::Always && detail.is_static) {
        "True"
    } else if details.iter().any(|detail| detail.recreation != Recreation::Never) {
        "Conditional"
    } else {
        "False"
    }
}

fn removed(logical_id: &str, resource: &StackResource, valued: bool) -> Change {
    let policy = match resource.deletion {
        Policy::Delete => "Delete",
        Policy::Retain | Policy::RetainExceptOnCreate => "Retain",
        Policy::Snapshot => "Snapshot",
    };
    Change {
        action: Action::Remove,
        logical_id: logical_id.to_owned(),
        physical_id: resource.physical_id.clone(),
        type_name: resource.type_name.clone(),
        replacement: None,
        policy_action: Some(policy.to_owned()),
        scope: Vec::new(),
        details: Vec::new(),
        before: valued.then(|| context(&resource.live.properties)),
        after: None,
    }
}

fn context(properties: &Map<String, Value>) -> String {
    json!({ "Properties": stringly(&Value::Object(properties.clone())) }).to_string()
}
