//! Stage names from the names of a source.

use std::collections::{BTreeMap, BTreeSet};

use super::world::{Mark, Resource};
use crate::spec::kebab;

/// Longest name of a stage.
const LONGEST: usize = 40;

/// The names given so far.
#[derive(Debug)]
pub(super) struct Names {
    /// What every name begins with, to be left out.
    prefix: String,
    /// By section.
    taken: BTreeMap<&'static str, BTreeSet<String>>,
    /// The number that the next one of a name gets.
    next: BTreeMap<(&'static str, String), usize>,
}

impl Names {
    /// With the prefix that Sluice gave the names, or that all of them share.
    pub(super) fn new(mark: Option<&Mark>, physical: &[String]) -> Self {
        let prefix = match mark {
            Some(mark) => format!("{}-{}-", mark.pipeline, mark.environment),
            None => common_prefix(physical),
        };
        Self { prefix, taken: BTreeMap::new(), next: BTreeMap::new() }
    }

    /// A name for a resource in a section; the second value is the text it was made from.
    pub(super) fn give(&mut self, section: &'static str, resource: &Resource) -> (String, String) {
        let whole = resource.name().unwrap_or_else(|| resource.label.clone());
        let own = whole.strip_prefix(&self.prefix).filter(|rest| !rest.is_empty()).unwrap_or(&whole);
        let name = self.free(section, &stage_name(own, section));
        (name, whole)
    }

    /// The name, or the first of `name-2`, `name-3` … that is free.
    pub(super) fn free(&mut self, section: &'static str, name: &str) -> String {
        let taken = self.taken.entry(section).or_default();
        let next = self.next.entry((section, name.to_owned())).or_insert(2);
        let mut free = name.to_owned();
        while !taken.insert(free.clone()) {
            let number = *next;
            *next += 1;
            let ending = format!("-{number}");
            let kept = name.get(..name.len().min(LONGEST - ending.len())).unwrap_or(name);
            free = format!("{}{ending}", kept.trim_end_matches('-'));
        }
        free
    }
}

/// A text as the name of a stage; `fallback` where nothing of it can stay.
pub(super) fn stage_name(text: &str, fallback: &str) -> String {
    let mut name = kebab(text);
    if name.is_empty() {
        name = fallback.trim_end_matches('s').to_owned();
    }
    if !name.starts_with(|c: char| c.is_ascii_lowercase()) {
        name.insert_str(0, "n-");
    }
    name.truncate(LONGEST);
    name.trim_end_matches('-').to_owned()
}

/// The words that every name begins with, their hyphen included; at least one word of each name stays.
fn common_prefix(names: &[String]) -> String {
    let [first, _, ..] = names else { return String::new() };
    let words: Vec<&str> = first.split_inclusive('-').collect();
    let mut prefix = String::new();
    for word in words.iter().filter(|word| word.ends_with('-')) {
        let longer = format!("{prefix}{word}");
        if !names.iter().all(|name| name.len() > longer.len() && name.starts_with(&longer)) {
            break;
        }
        prefix = longer;
    }
    prefix
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_always_one_that_a_stage_may_have() {
        for (text, name) in [
            ("ml-inference-events", "ml-inference-events"),
            ("ml_inference_stream", "ml-inference-stream"),
            ("MyOrdersStream", "my-orders-stream"),
            ("7days", "n-7days"),
            ("???", "stream"),
            ("", "stream"),
        ] {
            assert_eq!(stage_name(text, "streams"), name);
        }
        let long = stage_name(&"a-".repeat(50), "streams");
        assert!(crate::units::StageName::new(&long).is_ok(), "{long}");
    }

    #[test]
    fn two_of_one_name_are_told_apart_within_the_length() {
        let mut names = Names::new(None, &[]);
        let long = "a".repeat(40);
        assert_eq!(names.free("streams", &long), long);
        assert_eq!(names.free("streams", &long), format!("{}-2", "a".repeat(38)));
        assert_eq!(names.free("tables", &long), long);
    }

    #[test]
    fn a_prefix_is_left_out_only_where_all_names_share_it() {
        let texts = |all: &[&str]| all.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
        assert_eq!(common_prefix(&texts(&["app-prod-events", "app-prod-late"])), "app-prod-");
        assert_eq!(common_prefix(&texts(&["app-prod", "app-prod-late"])), "app-");
        assert_eq!(common_prefix(&texts(&["app-events"])), "");
        assert_eq!(common_prefix(&texts(&["a-b", "c-b"])), "");
    }
}
