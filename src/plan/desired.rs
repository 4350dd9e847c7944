//! What goes into a comparison.

use std::collections::{BTreeMap, BTreeSet};

use super::model::{Lacking, Source};
use crate::observed::ChangeSet;
use crate::pipeline::Origins;
use crate::template::schema::facts;
use crate::template::{DeletionPolicy, Template};
use crate::units::{ByteSize, LogicalId, Rate};

/// What should be there.
#[derive(Clone, Debug, PartialEq)]
pub struct Desired {
    /// Stack name.
    pub stack: String,
    /// The template.
    pub template: Template,
    /// Tags of the stack.
    pub tags: BTreeMap<String, String>,
    /// Where in the pipeline file each resource comes from.
    pub origins: Origins,
    /// The declared load of streams, by the stream, or by the mapping that reads one of another pipeline.
    pub loads: BTreeMap<LogicalId, Load>,
}

/// The ordinary load of a stream, as declared.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Load {
    /// How many records.
    pub records: Rate,
    /// The size of one.
    pub record: ByteSize,
}

/// What another state of the files says of the same stack.
#[derive(Clone, Debug, PartialEq)]
pub struct Earlier {
    /// Where those files are.
    pub source: Source,
    /// The stack, or what they lack for there to be one.
    pub stack: Result<EarlierStack, Lacking>,
}

/// A stack as another state of the files says it.
#[derive(Clone, Debug, PartialEq)]
pub struct EarlierStack {
    /// Its template.
    pub template: Template,
    /// Tags of the stack; none where a template alone is known, which does not hold them: they count as unchanged.
    pub tags: Option<BTreeMap<String, String>>,
}

/// What else is known of the world, besides the stack.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Known {
    /// Resources that are not in the stack though something of their name and type exists in the account, by the
    /// logical id that would stand for them. [`named_resources`] says what to look for.
    pub existing: BTreeMap<LogicalId, ExistingResource>,
    /// How many shards of the deployed streams are open, by logical id, where somebody asked: a template does not tell
    /// it of a stream that scales by itself.
    pub open_shards: BTreeMap<LogicalId, u64>,
    /// Tables of which the expiry was changed less than an hour ago.
    pub expiry_changing: BTreeSet<LogicalId>,
    /// The change set of this very template, if one was made.
    pub change_set: Option<ChangeSet>,
}

/// Something that exists outside the stack.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExistingResource {
    /// Its physical id.
    pub physical_id: String,
    /// The stack that has it, if another one does: then it can be neither made nor taken in.
    pub owner: Option<String>,
}

/// A resource whose physical name is written in the template.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NamedResource {
    /// Logical id.
    pub logical_id: LogicalId,
    /// Its type.
    pub type_name: String,
    /// The name.
    pub name: String,
    /// Whether it may be taken into a stack: its deletion policy keeps it (`cloudformation-behaviour.md` CI-03).
    pub adoptable: bool,
}

/// Resources of a template whose names could be taken already, by logical id.
#[must_use]
pub fn named_resources(template: &Template) -> Vec<NamedResource> {
    let named = template.resources.iter().filter_map(|(id, resource)| {
        let property = facts(&resource.type_name)?.name_property()?;
        let name = resource.properties.get(property)?.as_str()?;
        Some(NamedResource {
            logical_id: id.clone(),
            type_name: resource.type_name.clone(),
            name: name.to_owned(),
            adoptable: keeps(resource.deletion_policy),
        })
    });
    named.collect()
}

/// Whether a policy leaves the resource behind.
pub(super) fn keeps(policy: Option<DeletionPolicy>) -> bool {
    match policy {
        Some(DeletionPolicy::Retain | DeletionPolicy::RetainExceptOnCreate) => true,
        Some(DeletionPolicy::Delete) | None => false,
    }
}
