//! Streams, and the keys that stages are encrypted with.

use std::collections::BTreeSet;

use super::{Carry, days, seconds};
use crate::import::document::{Block, Out};
use crate::import::value::Item;
use crate::import::world::{Kind, Resource, View};
use crate::spec::{KmsArn, Text, refused};
use crate::units::ShardMetric;

impl<'w> Carry<'w> {
    pub(super) fn streams(&self) -> Block {
        let mut section = Block::default();
        for resource in self.world.of(Kind::Stream) {
            if let Some(name) = self.parts.stage(resource) {
                let stage = self.stream(resource);
                self.stage(&mut section, "stream", name, stage, resource);
            }
        }
        section
    }

    fn stream(&self, resource: &Resource) -> Block {
        let view = resource.view();
        view.skip(&["Name", "EnforceConsumerDeletion", "Arn"]);
        let mut stage = Block::default();
        stage.put_some("capacity", self.stream_capacity(&view));
        // AWS keeps records for a day where nothing is said, Sluice as long as the tier asks for.
        let hours = self.whole_or(&view, "RetentionPeriodHours", 24, 24..=8760);
        stage.put_some("retention", hours.map(|hours| seconds(hours * 3_600)));
        stage.put_some("shard_metrics", self.shard_metrics(&view));
        match self.text(&view, "StreamEncryption.EncryptionType").as_deref() {
            Some("KMS") => stage.put_some("encryption", self.encryption(&view, "StreamEncryption.KeyId")),
            // Sluice encrypts in any case.
            Some(_) | None => view.skip(&["StreamEncryption.KeyId"]),
        }
        stage
    }

    fn stream_capacity(&self, view: &View<'_>) -> Option<Out> {
        let mode = view.get("StreamModeDetails.StreamMode");
        let mode = mode.map_or(Some("PROVISIONED".to_owned()), |_| self.text(view, "StreamModeDetails.StreamMode"));
        match mode.as_deref() {
            Some("ON_DEMAND") => {
                if view.get("ShardCount").is_some_and(|item| item.as_number() != Some(0.0)) {
                    self.lost(view, "ShardCount", "a stream on demand has no fixed number of shards");
                }
                Some(Out::word("on-demand"))
            }
            Some("PROVISIONED") => {
                // Without a number of shards, one (AWS::Kinesis::Stream).
                let shards = self.whole_or(view, "ShardCount", 1, 1..=100_000)?;
                let detail = Block::default().with("shards", Out::word(shards));
                Some(Out::choice("provisioned", Out::Map(detail)))
            }
            Some(other) => {
                self.lost(view, "StreamModeDetails.StreamMode", &format!("`{other}` is no mode of a stream"));
                None
            }
            None => None,
        }
    }

    fn shard_metrics(&self, view: &View<'_>) -> Option<Out> {
        let names = self.texts(view, "DesiredShardLevelMetrics")?;
        let mut wanted = BTreeSet::new();
        for name in &names {
            match ShardMetric::parse(name) {
                Some(known) => {
                    wanted.insert(known);
                }
                None if name == "ALL" => wanted.extend(ShardMetric::ALL),
                None => self.lost(view, "DesiredShardLevelMetrics", &format!("`{name}` is no shard-level metric")),
            }
        }
        if wanted.len() == ShardMetric::ALL.len() {
            return Some(Out::word("all"));
        }
        let names: Vec<String> = wanted.iter().map(ToString::to_string).collect();
        (!names.is_empty()).then(|| Out::choice("only", Out::names(&names)))
    }

    /// The texts of a list.
    pub(super) fn texts(&self, view: &View<'_>, path: &str) -> Option<Vec<String>> {
        self.read(view, path, |item| item.members().into_iter().map(Item::as_text).collect())
    }

    pub(super) fn keys(&self) -> Block {
        let mut section = Block::default();
        for resource in self.world.of(Kind::Key) {
            let Some(name) = self.parts.stage(resource) else { continue };
            let view = resource.view();
            view.skip(&[
                "Tags",
                "Enabled",
                "IsEnabled",
                "EnableKeyRotation",
                "PendingWindowInDays",
                "KeyPolicy",
                "Policy",
            ]);
            let mut key = Block::default();
            key.put_some("description", self.checked::<Text<800>>(&view, "Description").map(Out::text));
            // Sluice's keys always rotate; AWS rotates once a year where no period is given.
            let period = self.whole_or(&view, "RotationPeriodInDays", 365, 90..=2560);
            key.put_unless("rotation", period, 365, days);
            self.stage(&mut section, "key", name, key, resource);
        }
        section
    }

    /// The key that a stage is encrypted with; `None` for the ones that AWS keeps.
    pub(super) fn encryption(&self, view: &View<'_>, path: &str) -> Option<Out> {
        let field = view.field(path)?;
        if let Some(key) = self.world.meant(&field.item, &[Kind::Key, Kind::KeyAlias]) {
            let stage = self.behind_alias(key).and_then(|key| self.parts.stage(key));
            if stage.is_none() {
                self.lost(view, path, "its key is not carried over");
            }
            return stage.map(|name| Out::choice("key", Out::word(name)));
        }
        let text = self.text(view, path)?;
        if text.contains("alias/aws/") {
            return None;
        }
        if let Some(why) = refused::<KmsArn>(&text) {
            self.lost(view, path, &why);
            return None;
        }
        Some(Out::choice("arn", Out::text(text)))
    }

    /// The key that an alias leads to; a key is itself.
    fn behind_alias(&self, key: &'w Resource) -> Option<&'w Resource> {
        if key.kind != Some(Kind::KeyAlias) {
            return Some(key);
        }
        key.view().get("TargetKeyId").and_then(|item| self.world.meant(item, &[Kind::Key]))
    }
}
