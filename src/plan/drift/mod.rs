//! Drift: what is otherwise than it was deployed, told apart by what it means.
//!
//! CloudFormation compares properties; it does not know that the resources form a stream. Here its findings are merged with
//! what the services themselves say, and every difference is *intended* (something is meant to move that value by itself, and
//! it moved within its bounds), *dangerous* (records, secrets, or somebody's night are at risk) or just *unexpected*.

mod intended;
mod live;
mod meaning;
mod model;
mod scaled;
mod spec;
#[cfg(test)]
mod tests;

pub use live::{Live, Paused};
pub use model::{Drift, Drifted, SeenBy, Unchecked, Verdict};

use std::collections::{BTreeMap, BTreeSet};

use crate::observed::{DriftStatus, SeenDifference, SeenDrift, StackDescription};
use crate::pipeline::{Origins, Pipeline};
use crate::template::Template;
use crate::units::LogicalId;

/// What drift is told from.
#[derive(Clone, Copy, Debug)]
pub struct Sighting<'a> {
    /// The deployed stack.
    pub stack: &'a StackDescription,
    /// What CloudFormation saw.
    pub seen: &'a [SeenDrift],
    /// What the services say, by logical id.
    pub live: &'a BTreeMap<LogicalId, Live>,
    /// Readers that are noted as paused.
    pub paused: &'a BTreeMap<LogicalId, Paused>,
    /// The pipeline as its file says it now; none where the file does not pass its check.
    pub pipeline: Option<&'a Pipeline>,
    /// Where its resources come from.
    pub origins: &'a Origins,
}

impl Drift {
    /// Tells what was seen apart.
    #[must_use]
    pub fn of(sighting: Sighting<'_>) -> Self {
        let empty = Template::default();
        let template = sighting.stack.template.as_ref().unwrap_or(&empty);
        let scaled = scaled::Bands::of(template, sighting.stack);
        let mut drifted = Vec::new();
        for seen in sighting.seen {
            let from = SeenBy::CloudFormation;
            match seen.status {
                DriftStatus::Deleted => {
                    let verdict = meaning::gone(&seen.type_name);
                    drifted.push(sighting.told(&seen.logical_id, &seen.type_name, None, verdict, from));
                }
                DriftStatus::Modified => drifted.extend(seen.differences.iter().map(|difference| {
                    let verdict = intended::judge(&scaled, sighting.paused, seen, difference)
                        .unwrap_or_else(|| meaning::changed(&seen.type_name, difference));
                    sighting.told(&seen.logical_id, &seen.type_name, Some(difference), verdict, from)
                })),
                DriftStatus::InSync | DriftStatus::NotChecked => {}
            }
        }
        for (id, live) in sighting.live {
            let known: BTreeSet<String> = drifted
                .iter()
                .filter(|drifted| drifted.logical_id == *id)
                .map(|drifted| drifted.path.clone().unwrap_or_default())
                .collect();
            drifted.extend(live::differences(id, live, template, sighting, &scaled, &known));
        }
        drifted.sort_by(|a, b| {
            (a.verdict.rank(), &a.logical_id, &a.path).cmp(&(b.verdict.rank(), &b.logical_id, &b.path))
        });
        let checked: BTreeSet<&LogicalId> = sighting
            .seen
            .iter()
            .filter(|seen| seen.status != DriftStatus::NotChecked)
            .map(|seen| &seen.logical_id)
            .collect();
        Self { drifted, checked: checked.len(), unchecked: sighting.unchecked(&checked) }
    }
}

impl Sighting<'_> {
    /// A difference with its place in the pipeline file.
    fn told(
        &self,
        id: &LogicalId,
        type_name: &str,
        difference: Option<&SeenDifference>,
        verdict: Verdict,
        seen_by: SeenBy,
    ) -> Drifted {
        let path = difference.map(|difference| difference.path.clone());
        let origin = spec::origin(self, id, type_name, path.as_deref());
        Drifted {
            logical_id: id.clone(),
            type_name: type_name.to_owned(),
            physical_id: self.stack.resources.get(id).and_then(|resource| resource.physical_id.clone()),
            path,
            expected: difference.and_then(|difference| difference.expected.clone()),
            actual: difference.and_then(|difference| difference.actual.clone()),
            verdict,
            seen_by,
            origin,
        }
    }

    /// The types that CloudFormation did not check, with their resources; those of which a service was asked are told so.
    fn unchecked(&self, checked: &BTreeSet<&LogicalId>) -> Vec<Unchecked> {
        let mut types: BTreeMap<&str, Unchecked> = BTreeMap::new();
        let there = self
            .stack
            .resources
            .iter()
            .filter(|(id, resource)| resource.physical_id.is_some() && !checked.contains(id));
        for (id, resource) in there {
            let one = types.entry(&resource.type_name).or_insert_with(|| Unchecked {
                type_name: resource.type_name.clone(),
                resources: Vec::new(),
                asked: false,
                reason: self.seen.iter().find(|seen| seen.logical_id == *id).and_then(|seen| seen.reason.clone()),
            });
            one.resources.push(id.clone());
            one.asked |= self.live.contains_key(id);
        }
        types.into_values().collect()
    }
}
