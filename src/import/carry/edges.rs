//! Edges from what a function may do: its role's statements say which tables it reads and writes, where it sends
//! to, what it scores with.

use std::collections::BTreeSet;

use super::Carry;
use crate::import::document::{Block, Out};
use crate::import::value::{Fields, Item, Value};
use crate::import::world::{Kind, Resource};

/// Names by edge.
#[derive(Debug, Default)]
pub(super) struct Edges {
    features: BTreeSet<String>,
    writes: BTreeSet<String>,
    endpoints: Vec<String>,
    late: Option<String>,
    streams: BTreeSet<String>,
    queues: BTreeSet<String>,
    topics: BTreeSet<String>,
    buckets: BTreeSet<String>,
    reads: BTreeSet<String>,
}

/// Kinds of resources that statements may lead to.
const TARGETS: [Kind; 6] = [Kind::Table, Kind::Stream, Kind::Queue, Kind::Topic, Kind::Bucket, Kind::Endpoint];

impl Edges {
    /// The edges of a function.
    pub(super) fn of(carry: &Carry<'_>, function: &Resource) -> Self {
        let mut edges = Self::default();
        let role = function.view().get("Role").and_then(|item| carry.world.meant(item, &[Kind::Role]));
        for document in role.map(|role| carry.documents(role)).unwrap_or_default() {
            let statements = document.get("Statement").map(|field| field.item.members()).unwrap_or_default();
            for statement in statements.into_iter().filter_map(Item::fields) {
                edges.read(carry, statement);
            }
        }
        edges
    }

    fn read(&mut self, carry: &Carry<'_>, statement: &Fields) {
        let members = |name| statement.get(name).map(|field| field.item.members()).unwrap_or_default();
        let deny = members("Effect").first().and_then(|effect| effect.as_text()).is_some_and(|effect| effect == "Deny");
        let late = members("Sid").first().and_then(|sid| sid.as_text()).is_some_and(|sid| sid == "PutLateRecords");
        if deny {
            return;
        }
        let actions: Vec<String> = members("Action").into_iter().filter_map(Item::as_text).collect();
        let mine = |action: &str, names: &[&str]| {
            let (service, operation) = action.split_once(':').unwrap_or((action, ""));
            names.iter().any(|name| {
                let (wanted_service, wanted) = name.split_once(':').unwrap_or((name, ""));
                service.eq_ignore_ascii_case(wanted_service)
                    && match operation.split_once('*') {
                        Some((begins, _)) => wanted.starts_with(begins),
                        None => operation == wanted,
                    }
            })
        };
        let may = |names: &[&str]| actions.iter().any(|action| mine(action, names));
        for item in members("Resource") {
            let Some(target) = carry.world.meant(item, &TARGETS).or_else(|| object_bucket(carry, item)) else {
                continue;
            };
            let Some(name) = carry.parts.stage(target).map(str::to_owned) else { continue };
            match target.kind {
                Some(Kind::Table) => {
                    if may(&["dynamodb:GetItem", "dynamodb:BatchGetItem", "dynamodb:Query", "dynamodb:Scan"]) {
                        self.features.insert(name.clone());
                    }
                    if may(&[
                        "dynamodb:PutItem",
                        "dynamodb:UpdateItem",
                        "dynamodb:BatchWriteItem",
                        "dynamodb:DeleteItem",
                    ]) {
                        self.writes.insert(name);
                    }
                }
                Some(Kind::Stream) if may(&["kinesis:PutRecord", "kinesis:PutRecords"]) => {
                    if late && self.late.is_none() {
                        self.late = Some(name);
                    } else {
                        self.streams.insert(name);
                    }
                }
                Some(Kind::Queue) if may(&["sqs:SendMessage"]) => {
                    self.queues.insert(name);
                }
                Some(Kind::Topic) if may(&["sns:Publish"]) => {
                    self.topics.insert(name);
                }
                Some(Kind::Bucket) => {
                    if may(&["s3:GetObject"]) {
                        self.reads.insert(name.clone());
                    }
                    if may(&["s3:PutObject"]) {
                        self.buckets.insert(name);
                    }
                }
                Some(Kind::Endpoint)
                    if may(&["sagemaker:InvokeEndpoint", "sagemaker:InvokeEndpointAsync"])
                        && !self.endpoints.contains(&name) =>
                {
                    self.endpoints.push(name);
                }
                _ => {}
            }
        }
    }

    /// Writes the edges into a function.
    pub(super) fn write(&self, into: &mut Block) {
        let names = |set: &BTreeSet<String>| set.iter().cloned().collect::<Vec<_>>();
        into.put_names("features", &names(&self.features));
        into.put_some("scores_with", self.endpoints.first().map(Out::word));
        into.put_some("falls_back_to", self.endpoints.get(1).map(Out::word));
        into.put_names("writes", &names(&self.writes));
        let mut sends = Block::default();
        sends.put_names("streams", &names(&self.streams));
        sends.put_names("queues", &names(&self.queues));
        sends.put_names("topics", &names(&self.topics));
        sends.put_names("buckets", &names(&self.buckets));
        into.put_block("sends", sends);
        into.put_names("reads", &names(&self.reads));
    }

    /// The stream that late records go to; consumers have one, workers send to it like to any other.
    pub(super) fn late(&self) -> Option<&str> {
        self.late.as_deref()
    }
}

/// The bucket of objects that are spelt as `<bucket's ARN>/*`.
fn object_bucket<'w>(carry: &Carry<'w>, item: &Item) -> Option<&'w Resource> {
    let text = item.as_text()?;
    let name = text.strip_prefix("arn:aws:s3:::")?.split('/').next()?;
    carry.world.of(Kind::Bucket).find(|bucket| bucket.name().is_some_and(|known| known == name))
}

impl<'w> Carry<'w> {
    /// Every policy document of a role.
    fn documents(&self, role: &'w Resource) -> Vec<Fields> {
        let mut items: Vec<&Item> = Vec::new();
        for policy in role.view().each("Policies") {
            items.extend(policy.get("PolicyDocument"));
        }
        let is_role = |item: &Item| {
            let members = item.members();
            members
                .iter()
                .any(|one| self.world.meant(one, &[Kind::Role]).is_some_and(|found| found.address == role.address))
        };
        let of_role =
            |policy: &'w Resource| ["Roles", "Role"].iter().any(|field| policy.view().get(field).is_some_and(is_role));
        let attached: Vec<&str> = self
            .world
            .of(Kind::PolicyAttachment)
            .filter(|attachment| attachment.view().get("Role").is_some_and(is_role))
            .filter_map(|attachment| self.world.meant(attachment.view().get("PolicyArn")?, &[Kind::ManagedPolicy]))
            .map(|policy| policy.address.as_str())
            .collect();
        let managed = role.view().get("ManagedPolicyArns").map(|item| item.references()).unwrap_or_default();
        for policy in self.world.of(Kind::RolePolicy).chain(self.world.of(Kind::ManagedPolicy)) {
            let named = managed.iter().any(|reference| reference.address == policy.address);
            if of_role(policy) || named || attached.contains(&policy.address.as_str()) {
                items.extend(policy.view().get("PolicyDocument"));
            }
        }
        items.into_iter().filter_map(|item| self.document(item)).collect()
    }

    /// A policy document: spelt out, as JSON text, or made by a data source.
    fn document(&self, item: &Item) -> Option<Fields> {
        if let Value::Reference(reference) = &item.value {
            return self
                .world
                .at(reference)
                .filter(|source| source.kind == Some(Kind::PolicyDocument))
                .map(|source| source.fields.clone());
        }
        item.decoded()?.fields().cloned()
    }
}
