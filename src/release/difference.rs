//! What two releases do not have in common.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::digest::ReleaseDigest;
use super::record::Release;

/// What a release is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Ingredient {
    /// Which pipeline it is.
    Pipeline,
    /// The version of the tool.
    Tool,
    /// The pipeline file.
    Spec,
    /// A template.
    Template,
    /// A function's archive.
    Code,
    /// A model, or the models of an endpoint that serves several.
    Model,
}

/// One thing that differs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Change {
    /// What it is.
    pub what: Ingredient,
    /// Which one: a template's file, a stage; empty where there is only one.
    pub name: String,
    /// As the first release has it: a digest, a key, a version; none where it has none.
    pub before: Option<String>,
    /// As the second one has it.
    pub after: Option<String>,
}

/// What two releases do not have in common.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Difference {
    /// The first release.
    pub before: ReleaseDigest,
    /// The second one.
    pub after: ReleaseDigest,
    /// What differs; empty where they are the same.
    pub changes: Vec<Change>,
}

/// Compares two releases.
#[must_use]
pub fn difference(before: &Release, after: &Release) -> Difference {
    let (a, b) = (&before.content, &after.content);
    let alone = |text: &str| BTreeMap::from([(String::new(), text.to_owned())]);
    let models = |release: &Release| -> BTreeMap<String, String> {
        let keys = release.content.models.iter();
        let named =
            |stage: &str, name: &str| if name.is_empty() { stage.to_owned() } else { format!("{stage}/{name}") };
        keys.flat_map(|(stage, keys)| keys.iter().map(move |(name, key)| (named(stage.as_str(), name), key.clone())))
            .collect()
    };
    let texts = |map: &BTreeMap<String, crate::units::Digest>| -> BTreeMap<String, String> {
        map.iter().map(|(name, digest)| (name.clone(), digest.to_string())).collect()
    };
    let code = |release: &Release| -> BTreeMap<String, String> {
        release.content.code.iter().map(|(stage, key)| (stage.to_string(), key.clone())).collect()
    };
    let changes = [
        changed(Ingredient::Pipeline, &alone(a.pipeline.as_str()), &alone(b.pipeline.as_str())),
        changed(Ingredient::Tool, &alone(&a.tool), &alone(&b.tool)),
        changed(Ingredient::Spec, &alone(a.spec.as_str()), &alone(b.spec.as_str())),
        changed(Ingredient::Template, &texts(&a.templates), &texts(&b.templates)),
        changed(Ingredient::Code, &code(before), &code(after)),
        changed(Ingredient::Model, &models(before), &models(after)),
    ];
    Difference {
        before: before.digest.clone(),
        after: after.digest.clone(),
        changes: changes.into_iter().flatten().collect(),
    }
}

fn changed(what: Ingredient, before: &BTreeMap<String, String>, after: &BTreeMap<String, String>) -> Vec<Change> {
    let names: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
    let change = |name: &String| {
        let (before, after) = (before.get(name).cloned(), after.get(name).cloned());
        (before != after).then(|| Change { what, name: name.clone(), before, after })
    };
    names.into_iter().filter_map(change).collect()
}

#[cfg(test)]
mod tests {
    use super::super::record::tests::release;
    use super::*;

    #[test]
    fn a_release_differs_from_itself_in_nothing() {
        let one = release("a");
        assert_eq!(difference(&one, &one).changes, Vec::new());
    }

    #[test]
    fn what_differs_is_named_with_what_it_was_and_what_it_is() {
        let (before, mut after) = (release("a"), release("b"));
        after.content.tool = "sluice 9.9.9".to_owned();
        after.content.code.clear();
        after.content.templates.insert("new.yaml.hbs".to_owned(), after.content.spec.clone());
        let told: Vec<_> = difference(&before, &after)
            .changes
            .into_iter()
            .map(|change| (change.what, change.name, change.before.is_some(), change.after.is_some()))
            .collect();
        let wanted = [
            (Ingredient::Tool, "", true, true),
            (Ingredient::Spec, "", true, true),
            (Ingredient::Template, "new.yaml.hbs", false, true),
            (Ingredient::Code, "score", true, false),
        ];
        assert_eq!(told, wanted.map(|(what, name, before, after)| (what, name.to_owned(), before, after)));
    }
}
