//! Tables.

use std::collections::BTreeMap;

use super::{Carry, placeholder, seconds};
use crate::import::document::{Block, Out};
use crate::import::names::stage_name;
use crate::import::value::Value;
use crate::import::world::{Kind, Resource, View};
use crate::spec::Text;

impl Carry<'_> {
    pub(super) fn tables(&self) -> Block {
        let mut section = Block::default();
        for resource in self.world.of(Kind::Table) {
            if let Some(name) = self.parts.stage(resource) {
                let stage = self.table(name, resource);
                self.stage(&mut section, "table", name, stage, resource);
            }
        }
        section
    }

    fn table(&self, name: &str, resource: &Resource) -> Block {
        let view = resource.view();
        view.skip(&["TableName", "SSESpecification.SSEType"]);
        self.lost_unless(&view, "TableClass", "STANDARD", "tables of a pipeline are of the standard class");
        self.protection(&view);
        let types = self.attribute_types(&view);
        let mut table = Block::default();
        if !self.key_of(&view, &types, &mut table) {
            table.put("key", placeholder());
            self.to_decide(resource, "the partition key cannot be told; write it");
        }
        self.ttl(name, &view, &mut table);
        table.put_some("capacity", self.table_capacity(&view));
        let recovery = self.flag(&view, "PointInTimeRecoverySpecification.PointInTimeRecoveryEnabled", false);
        table.put_some("point_in_time_recovery", recovery.map(Out::word));
        table.put_block("indexes", self.indexes(&view, &types));
        view.skip(&["SSESpecification.SSEEnabled"]);
        table.put_some("encryption", self.encryption(&view, "SSESpecification.KMSMasterKeyId"));
        table
    }

    /// A table that Sluice made is protected as its environment asks for.
    fn protection(&self, view: &View<'_>) {
        let path = "DeletionProtectionEnabled";
        if view.field(path).is_some() && self.world.mark.is_none() {
            self.setting_anew(view, path, "tables are protected in production and staging, and not in development");
        }
    }

    /// Attribute types by name.
    fn attribute_types(&self, view: &View<'_>) -> BTreeMap<String, String> {
        let attributes = view.each("AttributeDefinitions").into_iter();
        attributes
            .filter_map(|attribute| {
                Some((self.text(&attribute, "AttributeName")?, self.text(&attribute, "AttributeType")?))
            })
            .collect()
    }

    /// Writes `key` and `sort`; false where there is no partition key.
    fn key_of(&self, view: &View<'_>, types: &BTreeMap<String, String>, into: &mut Block) -> bool {
        let mut found = false;
        for part in view.each("KeySchema") {
            let (name, role) = (self.checked::<Text<255>>(&part, "AttributeName"), self.text(&part, "KeyType"));
            let (Some(name), Some(role)) = (name, role) else { continue };
            if let Some(other) = types.get(&name).filter(|known| *known != "S") {
                self.lost(&part, "AttributeName", &format!("its type `{other}`; keys are strings in a pipeline file"));
            }
            let hash = role == "HASH";
            found |= hash;
            into.put(if hash { "key" } else { "sort" }, Out::text(name));
        }
        found
    }

    fn ttl(&self, name: &str, view: &View<'_>, table: &mut Block) {
        let attribute = self.checked::<Text<255>>(view, "TimeToLiveSpecification.AttributeName");
        let enabled = self.flag(view, "TimeToLiveSpecification.Enabled", attribute.is_some());
        match (attribute, enabled) {
            (Some(attribute), Some(true) | None) => {
                let mut ttl = Block::default().with("attribute", Out::text(attribute));
                ttl.put_some("after", self.ttl_told(name).map(seconds));
                table.put("ttl", Out::Map(ttl));
            }
            (None, Some(true) | None) => {
                table.put("ttl", Out::Map(Block::default().with("attribute", placeholder())));
                let on = if enabled.is_some() { "TTL is on" } else { "TTL may be on" };
                self.to_decide(view.resource, &format!("{on}, its attribute is missing: write it, or `no_ttl`"));
            }
            (_, Some(false)) => {
                let reason = "imported from a table whose items never expire; decide whether they should";
                table.put("no_ttl", Out::Map(Block::default().with("reason", Out::text(reason))));
                self.to_decide(view.resource, "its items never expire; decide whether they should, and edit `no_ttl`");
            }
        }
    }

    /// How long after writing items of a table expire, as Sluice told the handlers that write it.
    fn ttl_told(&self, table: &str) -> Option<u64> {
        self.world.mark.as_ref()?;
        let variable = format!("TTL_SECONDS_{}", table.replace('-', "_").to_uppercase());
        self.world.of(Kind::Function).find_map(|function| {
            let variables = function.view().get("Environment.Variables")?;
            variables.fields()?.get(&variable)?.item.as_text()?.parse().ok()
        })
    }

    fn table_capacity(&self, view: &View<'_>) -> Option<Out> {
        let path = "BillingMode";
        let mode = if view.get(path).is_some() { self.text(view, path)? } else { "PROVISIONED".to_owned() };
        if mode == "PAY_PER_REQUEST" {
            view.skip(&["ProvisionedThroughput.ReadCapacityUnits", "ProvisionedThroughput.WriteCapacityUnits"]);
            return None;
        }
        let units = |name: &str| self.whole(view, &format!("ProvisionedThroughput.{name}"), 1..=40_000);
        let (read, write) = (units("ReadCapacityUnits")?, units("WriteCapacityUnits")?);
        let bounds = |dimension: &str| self.scaling(view.resource, dimension);
        if let (Some(read), Some(write)) = (bounds("ReadCapacityUnits"), bounds("WriteCapacityUnits")) {
            let range = |(min, max)| Out::Map(Block::default().with("min", Out::word(min)).with("max", Out::word(max)));
            let detail = Block::default().with("read", range(read)).with("write", range(write));
            return Some(Out::choice("autoscaled", Out::Map(detail)));
        }
        let detail = Block::default().with("read", Out::word(read)).with("write", Out::word(write));
        Some(Out::choice("provisioned", Out::Map(detail)))
    }

    /// Least and most units that a dimension of a resource scales between.
    pub(super) fn scaling(&self, resource: &Resource, dimension: &str) -> Option<(u64, u64)> {
        self.world.of(Kind::ScalableTarget).find_map(|target| {
            let view = target.view();
            if !view.get("ScalableDimension")?.as_text()?.ends_with(dimension) {
                return None;
            }
            let item = view.get("ResourceId")?;
            let named = |text: &str| resource.name().is_some_and(|name| text.split('/').any(|part| part == name));
            let refers = item.references().iter().any(|reference| reference.address == resource.address);
            let spelt = item.as_text().is_some_and(|text| named(&text) && !text.contains("/index/"));
            let index = matches!(&item.value, Value::Pieces(pieces) if pieces.iter().any(|piece| {
                piece.as_text().is_some_and(|text| text.contains("/index/"))
            }));
            if !(refers && !index || spelt) {
                return None;
            }
            Some((self.whole(&view, "MinCapacity", 0..=40_000)?, self.whole(&view, "MaxCapacity", 1..=40_000)?))
        })
    }

    fn indexes(&self, view: &View<'_>, types: &BTreeMap<String, String>) -> Block {
        let mut indexes = Block::default();
        for index in view.each("GlobalSecondaryIndexes") {
            let Some(name) = self.text(&index, "IndexName") else { continue };
            let mut entry = Block::default();
            if !self.key_of(&index, types, &mut entry) {
                self.lost(&index, "IndexName", "its partition key cannot be told");
                continue;
            }
            match self.text(&index, "Projection.ProjectionType").as_deref() {
                Some("KEYS_ONLY") => entry.put("project", Out::word("keys-only")),
                Some("INCLUDE") => {
                    index.skip(&["Projection.NonKeyAttributes"]);
                    self.lost(
                        &index,
                        "Projection.ProjectionType",
                        "an index holds all attributes, or its keys only; `all` is taken",
                    );
                }
                Some(_) | None => {}
            }
            // The table's capacity covers its indexes.
            index.skip(&["ProvisionedThroughput.ReadCapacityUnits", "ProvisionedThroughput.WriteCapacityUnits"]);
            indexes.put(&stage_name(&name, "index"), Out::Map(entry));
        }
        indexes
    }
}
