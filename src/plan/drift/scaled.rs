//! What scales by itself, and between which bounds: the scalable targets of a deployed template.

use serde_json::Value;

use crate::observed::StackDescription;
use crate::template::{Template, references_in};

/// The bounds between which something may move a number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Band {
    /// For instance `table/orders-prod-state`.
    resource: String,
    /// For instance `dynamodb:table:ReadCapacityUnits`.
    dimension: String,
    /// At least.
    pub(super) min: u64,
    /// At most.
    pub(super) max: u64,
}

/// All of a stack.
#[derive(Clone, Debug, Default)]
pub(super) struct Bands(Vec<Band>);

impl Bands {
    /// Reads them from the deployed template.
    pub(super) fn of(template: &Template, stack: &StackDescription) -> Self {
        let targets = template.resources.values().filter(|one| one.type_name.ends_with("::ScalableTarget"));
        let bands = targets.filter_map(|target| {
            let number = |name: &str| match target.properties.get(name)? {
                Value::Number(number) => number.as_u64(),
                Value::String(text) => text.parse().ok(),
                _ => None,
            };
            let dimension = target.properties.get("ScalableDimension")?.as_str()?.to_owned();
            let resource = target.properties.get("ResourceId")?;
            let resource = match resource {
                Value::String(text) => text.clone(),
                // Written with a reference: what it refers to is named by its end.
                other => {
                    let first = references_in(other).into_iter().next()?;
                    stack.resources.get(first.target.as_str())?.physical_id.clone()?
                }
            };
            Some(Band { resource, dimension, min: number("MinCapacity")?, max: number("MaxCapacity")? })
        });
        Self(bands.collect())
    }

    /// The bounds of a number of a resource, by the start of the resource's name for auto scaling and the end of the dimension.
    pub(super) fn find(&self, resource: &str, dimension: &str) -> Option<&Band> {
        let starts = |band: &&Band| {
            band.resource == resource || band.resource.strip_prefix(resource).is_some_and(|rest| rest.starts_with('/'))
        };
        self.0.iter().filter(starts).find(|band| band.dimension.ends_with(dimension))
    }

    /// Every band of a resource.
    pub(super) fn all<'a>(&'a self, resource: &'a str) -> impl Iterator<Item = &'a Band> {
        self.0.iter().filter(move |band| {
            band.resource == resource || band.resource.strip_prefix(resource).is_some_and(|rest| rest.starts_with('/'))
        })
    }
}

impl Band {
    /// Whether a number lies between the bounds.
    pub(super) fn holds(&self, number: u64) -> bool {
        (self.min..=self.max).contains(&number)
    }
}
