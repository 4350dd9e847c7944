//! The digest of a plan: what somebody approves. Two plans that would do the same have the same one, whenever they were made.

use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::model::{Plan, ResourcePlan};
use crate::units::Digest;

impl Plan {
    /// SHA-256 over what it would do: the stack, the template, every resource with its action, properties and what becomes of
    /// its data, outputs and tags. Times, amounts, prices, how sure it is and how much something holds are not part of it.
    #[must_use]
    pub fn digest(&self) -> Digest {
        let mut done = json!({
            "format": 1,
            "stack": self.stack,
            "kind": self.kind,
            "template": self.template,
            "resources": self.resources.iter().map(resource).collect::<Vec<Value>>(),
            "outputs": self.outputs,
            "tags": self.tags,
            "data": self.data.iter().map(|data| json!({
                "logical_id": data.logical_id,
                "physical_id": data.physical_id,
                "end": data.end,
                "removal": data.removal,
            })).collect::<Vec<Value>>(),
        });
        done.sort_all_objects();
        Digest::of_sha256(&Sha256::digest(done.to_string().as_bytes()).into())
    }
}

fn resource(plan: &ResourcePlan) -> Value {
    let changes = plan.changes.iter().map(|change| {
        json!({
            "path": change.path,
            "inside": change.inside,
            "before": change.before,
            "after": change.after,
            "known_after_apply": change.known_after_apply,
        })
    });
    json!({
        "logical_id": plan.logical_id,
        "type": plan.type_name,
        "physical_id": plan.physical_id,
        "action": plan.action,
        "removal": plan.removal,
        "changes": changes.collect::<Vec<Value>>(),
    })
}
