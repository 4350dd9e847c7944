//! The world as it is: physical ids, attributes and exports at execution time.

use std::collections::BTreeMap;

use serde_json::Value;

use super::changes::attribute_of;
use super::engine::Engine;
use super::evaluate::{Pseudo, World};
use super::state::{Deployment, Stack};

/// A stack's resources and the exports of the other stacks.
pub(super) struct Actual<'a> {
    pub stack: &'a Stack,
    pub exports: &'a BTreeMap<String, String>,
}

impl World for Actual<'_> {
    fn reference(&self, logical_id: &str) -> Result<Value, String> {
        let physical = self.stack.resources.get(logical_id).and_then(|resource| resource.physical_id.clone());
        physical.map(Value::from).ok_or_else(|| unresolved(logical_id))
    }

    fn attribute(&self, logical_id: &str, attribute: &str) -> Result<Value, String> {
        let Some(resource) = self.stack.resources.get(logical_id).filter(|resource| resource.physical_id.is_some())
        else {
            return Err(unresolved(logical_id));
        };
        attribute_of(resource, attribute)
            .ok_or_else(|| format!("Resource type {} does not support attribute {{{attribute}}}", resource.type_name))
    }

    fn import(&self, name: &str) -> Result<Value, String> {
        self.exports.get(name).cloned().map(Value::from).ok_or_else(|| format!("No export named {name} found"))
    }
}

fn unresolved(logical_id: &str) -> String {
    format!("Unresolved resource dependencies [{logical_id}] in the Resources block of the template")
}

impl Engine {
    /// Exports of every live stack (of every other one, while a stack is being worked on).
    pub(super) fn exports(&self) -> BTreeMap<String, String> {
        let outputs =
            self.state.stacks.values().filter(|stack| stack.deleted.is_none()).flat_map(|stack| &stack.outputs);
        outputs.filter_map(|output| Some((output.export.clone()?, output.value.clone()))).collect()
    }

    /// What the pseudo parameters stand for in a stack.
    pub(super) fn pseudo(&self, stack_name: &str, stack_id: &str, target: &Deployment) -> Pseudo {
        Pseudo {
            account: self.state.account.to_string(),
            region: self.state.region.to_string(),
            partition: self.state.partition.clone(),
            stack_id: stack_id.to_owned(),
            stack_name: stack_name.to_owned(),
            notifications: target.notifications.clone(),
        }
    }
}
